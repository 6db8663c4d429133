//! Lists in pages by counting, under the three spellings that clients have for it.

use super::query::Query;
use serde_json::{Value, json};

/// What a page has when nobody says.
const USUAL: usize = 25;

/// More than this are never given at once.
const MOST: usize = 1_000;

/// The part of a list that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many are left out.
    pub start: usize,
    /// How many there are at most.
    pub max: usize,
}

impl Page {
    /// Reads it. What is no number is as if it were not there.
    pub fn read(query: &Query) -> Self {
        let number = |keys: [&str; 4]| keys.into_iter().find_map(|key| query.get(key)?.parse::<usize>().ok());
        let start = number(["start-index", "startIndex", "start", "offset"]).unwrap_or(0);
        let max = number(["max-results", "max-result", "maxResults", "limit"]).unwrap_or(USUAL);
        Self { start, max: max.min(MOST) }
    }

    /// That part of a list that is all there.
    pub fn cut<T>(self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.start).take(self.max).collect()
    }
}

/// A list in its envelope: `size` counts all of it, not the page.
pub fn collection(child: &str, size: usize, page: Page, items: Vec<Value>) -> Value {
    json!({"size": size, "expand": child, "start-index": page.start, "max-result": page.max, child: items})
}

/// A list that is not shown.
pub fn folded(size: usize) -> Value {
    json!({"size": size, "start-index": 0, "max-result": 0})
}

/// A list that is shown whole.
pub fn whole(child: &str, items: Vec<Value>) -> Value {
    collection(child, items.len(), Page { start: 0, max: items.len() }, items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_understood() {
        for (query, start, max) in [
            ("", 0, 25),
            ("max-results=5&start-index=10", 10, 5),
            ("max-result=7&start-index=0", 0, 7),
            ("start=3&limit=2", 3, 2),
            ("max-results=-1&start-index=x", 0, 25),
            ("max-results=999999999", 0, 1_000),
        ] {
            assert_eq!(Page::read(&Query::parse(query.as_bytes())), Page { start, max }, "{query}");
        }
        assert_eq!(Page { start: 1, max: 2 }.cut(vec![1, 2, 3, 4]), [2, 3]);
        assert!(Page { start: usize::MAX, max: 1 }.cut(vec![1]).is_empty());
    }
}
