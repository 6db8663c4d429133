//! Paging: `limit` and `offset` in, `next_page` out.
//!
//! Without `limit` there is no paging and no `next_page` at all: the newest JavaScript client sends none, and a page size of
//! our own would hide the lock that stands on the second page. With `limit` the key is there, `null` at the end.

use super::query::Query;
use super::seal::Seal;
use super::value::bad;
use base::{Limit, Limits, Result};
use serde_json::{Value, json};
use work::page::{Listed, Page};

/// How the caller wants a list.
#[derive(Clone, Debug)]
pub struct Paging {
    /// How many entries of a page were asked for; none without paging.
    pub limit: Option<usize>,
    /// The key that the page before ended with.
    after: Option<String>,
    /// The path without the prefix of the API, and the query without the offset: what a token belongs to.
    path: String,
    query: String,
}

impl Paging {
    /// Reads `limit` and `offset`.
    pub fn read(path: &str, query: &Query, limits: &Limits, seal: &Seal) -> Result<Self> {
        let most = limits.count(Limit::PageObjects);
        let limit = match query.get("limit") {
            None => None,
            Some(text) => match text.parse::<usize>() {
                Ok(n) if (1..=most).contains(&n) => Some(n),
                _ => return Err(bad("limit", format!("Must be between 1 and {most}"))),
            },
        };
        let query_again = query.rewritten("offset");
        let after = match query.get("offset") {
            None => None,
            Some(token) => Some(seal.open(&purpose(path, query), token).ok_or_else(|| {
                bad("offset", "Your pagination token is invalid or has expired; start again without it")
            })?),
        };
        Ok(Self { limit, after, path: path.to_owned(), query: query_again })
    }

    /// The part of the list to read.
    pub fn page(&self, limits: &Limits) -> Page {
        match self.limit {
            Some(limit) => Page { after: self.after.clone(), limit },
            None => Page { after: self.after.clone(), ..Page::all(limits) },
        }
    }

    /// The value of `next_page`; none when it must not be there.
    pub fn next_page<T>(
        &self,
        listed: &Listed<T>,
        query: &Query,
        public_url: &str,
        seal: &Seal,
    ) -> Option<Value> {
        self.limit?;
        let Some(key) = &listed.next else { return Some(Value::Null) };
        let offset = seal.close(&purpose(&self.path, query), key);
        let joint = if self.query.is_empty() { "" } else { "&" };
        // Ruby clients put the prefix before `path` themselves; node clients follow `uri` as it is.
        let path = format!("{}?{}{joint}offset={offset}", self.path, self.query);
        let uri = format!("{}/api/1.0{path}", public_url.trim_end_matches('/'));
        Some(json!({ "offset": offset, "path": path, "uri": uri }))
    }
}

/// What a token is bound to: the list and its filters. The size of the page and the fields may change on the way: a
/// client that wants so many items in all asks for fewer on its last page.
fn purpose(path: &str, query: &Query) -> String {
    let mut pairs: Vec<_> = query.pairs().iter().filter(|(k, _)| !is_about_form(k)).collect();
    pairs.sort();
    pairs.iter().fold(format!("page {path}"), |text, (key, value)| format!("{text}\n{key}={value}"))
}

fn is_about_form(key: &str) -> bool {
    matches!(key, "limit" | "offset" | "body") || key.starts_with("opt_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, raw: &str) -> Result<(Paging, Query)> {
        let query = Query::parse(raw);
        Paging::read(path, &query, &Limits::default(), &Seal::new(b"k")).map(|paging| (paging, query))
    }

    fn next(path: &str, raw: &str, key: Option<&str>) -> Option<Value> {
        let (paging, query) = read(path, raw).expect("readable");
        let listed = Listed { items: vec![1], next: key.map(str::to_owned) };
        paging.next_page(&listed, &query, "https://hub.example/", &Seal::new(b"k"))
    }

    #[test]
    fn without_a_limit_there_is_no_paging_and_with_one_the_key_is_always_there() {
        assert_eq!(next("/tasks", "project=1", Some("7")), None);
        assert_eq!(next("/tasks", "project=1&limit=1", None), Some(Value::Null));
        assert_eq!(read("/tasks", "").expect("readable").0.page(&Limits::default()).limit, 1_000);
    }

    #[test]
    fn the_next_page_repeats_every_parameter_on_the_public_origin() {
        let raw = "project=11&completed_since=now&opt_fields=name%2Cassignee.name&limit=2";
        let page = next("/tasks", raw, Some("7|9")).expect("given");
        let (offset, path) = (page["offset"].as_str().expect("text"), page["path"].as_str().expect("text"));
        assert_eq!(path, format!("/tasks?{raw}&offset={offset}"));
        assert_eq!(page["uri"], format!("https://hub.example/api/1.0{path}"));
        let again = read("/tasks", path.split_once('?').expect("a query").1).expect("readable").0;
        assert_eq!(again.page(&Limits::default()).after.as_deref(), Some("7|9"));
    }

    #[test]
    fn a_token_holds_for_its_list_only_and_numbers_are_none() {
        let page = next("/tasks", "project=11&limit=2", Some("7")).expect("given");
        let offset = page["offset"].as_str().expect("text");
        assert!(
            read("/tasks", &format!("limit=1&project=11&opt_fields=name&offset={offset}")).is_ok(),
            "a smaller last page"
        );
        assert!(read("/tasks", &format!("project=12&limit=2&offset={offset}")).is_err());
        assert!(read("/projects", &format!("project=11&limit=2&offset={offset}")).is_err());
        for made_up in ["50", "0", "abc", "eyJ0eXAiOiJKV1QifQ"] {
            let error = read("/tasks", &format!("project=11&limit=2&offset={made_up}")).expect_err("refused");
            assert!(error.message().starts_with("offset: "), "{error}");
        }
    }

    #[test]
    fn a_limit_outside_its_range_is_refused() {
        for bad in ["0", "101", "-1", "ten", "1.5"] {
            assert!(read("/tasks", &format!("limit={bad}")).is_err(), "{bad}");
        }
        assert!(read("/tasks", "limit=100").is_ok() && read("/tasks", "limit=").is_ok());
    }
}
