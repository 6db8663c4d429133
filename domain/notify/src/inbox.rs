//! The channel to somebody's inbox. Where inboxes are is not known here: the program wires a [`Put`].

use crate::message::News;
use base::Result;
use base::id::UserId;
use db::Tx;
use std::future::Future;
use std::pin::Pin;

/// What is put into an inbox.
#[derive(Clone, Debug)]
pub struct Item {
    /// Whose inbox.
    pub user: UserId,
    /// What it says.
    pub news: News,
    /// Where it leads: a path on this server.
    pub path: String,
}

/// An answer that comes later.
pub type Doing<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Puts an item into an inbox, in the transaction that notes that it was.
pub type Put = for<'a> fn(&'a mut Tx, &'a Item) -> Doing<'a>;
