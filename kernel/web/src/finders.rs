//! What the palette finds besides tasks: each domain may lend a finder, and the wiring hands them to whoever draws it.

use base::Result;
use db::Tx;
use std::future::Future;
use std::pin::Pin;

/// Something that the palette can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it leads.
    pub href: String,
    /// The name of its icon.
    pub icon: &'static str,
    /// What it is called, or does.
    pub name: String,
    /// What it is: "Job".
    pub noun: &'static str,
}

/// Finds what fits some words and may be seen by the actor. It is asked while somebody types: it must be quick, and give a few.
pub type Finder =
    for<'a> fn(&'a mut Tx, &'a str) -> Pin<Box<dyn Future<Output = Result<Vec<Found>>> + Send + 'a>>;

/// All finders, in the order in which their findings are shown. The wiring puts them among the parts of [`crate::App`].
#[derive(Clone, Copy, Debug)]
pub struct Finders(pub &'static [Finder]);
