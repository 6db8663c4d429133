//! Where the commits of a repository are now. Other domains know it; the wiring lends their answer to the pages here.

use base::Result;
use base::id::RepositoryId;
use db::Tx;
use std::future::Future;
use std::pin::Pin;

/// A place that commits go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The address of its page.
    pub href: String,
    /// The full id of the commit that it has.
    pub commit: Option<String>,
}

/// The places of a repository, as far as somebody sees them, in the order that a commit travels.
pub type Find =
    for<'a> fn(&'a mut Tx, RepositoryId) -> Pin<Box<dyn Future<Output = Result<Vec<Place>>> + Send + 'a>>;

/// What finds the places of a repository; among the parts of the app.
#[derive(Clone, Copy)]
pub struct Places(pub Find);
