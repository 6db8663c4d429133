//! The query of a URL, in order and with repeats, because `next_page` has to repeat it.

use super::value;
use base::{Date, Result, Time};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is left as it is when a query is written again.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The pairs of a query, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl Query {
    /// Reads the part of a URL after `?`; nothing in it can be an error.
    pub fn parse(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(k, v)| (decode(k), decode(v)))
                .collect(),
        )
    }

    /// Adds a pair.
    pub fn push(&mut self, key: &str, value: impl Into<String>) {
        self.0.push((key.to_owned(), value.into()));
    }

    /// Every pair.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The value of `key` (the last one given), unless it is empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(k, v)| k == key && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every value of `key`.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Whether `key` is there at all, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// A value that has to be there.
    pub fn required(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| value::missing_input(key))
    }

    /// A boolean.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(word) = self.get(key) else { return Ok(None) };
        value::flag_word(word).map(Some).ok_or_else(|| value::bad(key, format!("Not a boolean: {word}")))
    }

    /// An id.
    pub fn id<T: From<i64>>(&self, key: &str) -> Result<Option<T>> {
        self.get(key).map(|text| value::id(key, text)).transpose()
    }

    /// Ids with commas between, or the key repeated.
    pub fn ids<T: From<i64>>(&self, key: &str) -> Result<Vec<T>> {
        self.words(key).iter().map(|word| value::id(key, word)).collect()
    }

    /// Words with commas between, or the key repeated.
    pub fn words(&self, key: &str) -> Vec<String> {
        self.all(key).flat_map(value::words).collect()
    }

    /// An instant.
    pub fn time(&self, key: &str) -> Result<Option<Time>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        // A `+` of an offset that a script did not escape arrives as a space.
        let text = text.replace(' ', "+");
        Time::parse(&text).map(Some).map_err(|_| value::bad(key, format!("Not a valid datetime: {text}")))
    }

    /// A day.
    pub fn date(&self, key: &str) -> Result<Option<Date>> {
        self.get(key).map(|text| value::parse_date(key, text)).transpose()
    }

    /// The query written again without `without`, ready to append to.
    pub fn rewritten(&self, without: &str) -> String {
        let mut out = String::new();
        for (key, value) in self.0.iter().filter(|(k, _)| k != without) {
            if !out.is_empty() {
                out.push('&');
            }
            out.extend(utf8_percent_encode(key, KEPT));
            out.push('=');
            out.extend(utf8_percent_encode(value, KEPT));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_order_repeats_and_odd_values() {
        let query = Query::parse(
            "opt_fields=a&opt_fields=b%2Cc&completed=False&opt_pretty&body=%7B%27data%27%3A+1%7D&x=%ff",
        );
        assert_eq!(query.all("opt_fields").collect::<Vec<_>>(), ["a", "b,c"]);
        assert_eq!(query.words("opt_fields"), ["a", "b", "c"]);
        assert_eq!(query.flag("completed").expect("a boolean"), Some(false));
        assert!(query.has("opt_pretty") && query.get("opt_pretty").is_none());
        assert_eq!(query.get("body"), Some("{'data': 1}"));
        assert_eq!(
            Query::parse("project=11&offset=abc%3D%3D&opt_fields=name%2Cx.y").rewritten("offset"),
            "project=11&opt_fields=name%2Cx.y"
        );
    }

    #[test]
    fn an_unescaped_plus_in_a_time_is_an_offset() {
        let time =
            Query::parse("since=2026-01-01T10:00:00+01:00").time("since").expect("a time").expect("sent");
        assert_eq!(time.to_string(), "2026-01-01T09:00:00.000Z");
    }
}
