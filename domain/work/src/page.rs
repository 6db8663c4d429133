//! Lists are read in pages: by key, so that what is deleted or added between two pages neither hides nor repeats a row.

use base::{Error, Limit, Limits, Result};

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where the page before ended: the `next` of its answer.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

impl Page {
    /// The first `limit`.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    /// Everything, as far as an answer without paging goes.
    pub fn all(limits: &Limits) -> Self {
        Self::first(limits.count(Limit::UnpagedObjects))
    }

    /// The key parts of the row that the page before ended with.
    pub(crate) fn key<const N: usize>(&self) -> Result<Option<[String; N]>> {
        let Some(after) = &self.after else { return Ok(None) };
        let parts: Vec<String> = after.split('|').map(str::to_owned).collect();
        parts.try_into().map(Some).map_err(|_| stale())
    }

    /// The id of the row that the page before ended with, for lists in order of ids; zero is before every id.
    pub(crate) fn after_id(&self) -> Result<i64> {
        match self.key::<1>()? {
            None => Ok(0),
            Some([id]) => id.parse().map_err(|_| stale()),
        }
    }
}

/// The page token is none of ours.
pub(crate) fn stale() -> Error {
    Error::invalid("page.stale", "this page token is not known any more; start again from the first page")
}

/// Part of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Where the next page starts; none at the end.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Cuts `items` (asked for with one more than `limit`) to the page, and keys the next one by its last row.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
