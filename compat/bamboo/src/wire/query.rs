//! The query of a URL, and forms: in order, with repeats, and with parameters that have no value (`?favourite`).

use url::form_urlencoded;

/// Pairs, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands after `?`, or a form; nothing in it can be an error.
    pub fn parse(raw: &[u8]) -> Self {
        Self(form_urlencoded::parse(raw).into_owned().collect())
    }

    /// Adds the pairs of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Every pair.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The last value of `key` that is not empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(k, v)| k == key && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every value of `key`; commas part values, too.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(k, _)| k == key).flat_map(|(_, v)| v.split(','));
        values.map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether `key` is there at all, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// A boolean in any of the spellings of clients: Python writes `True`. A parameter without a value is true.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.0.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.to_ascii_lowercase())?;
        Some(!matches!(value.as_str(), "false" | "0" | "no" | "off"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_write_flags_and_lists_as_they_like() {
        let query = Query::parse(
            b"include_all_states=False&includeAllStates=True&favourite&label=a&label=b%2Cc&bamboo.variable.release=1.2+3",
        );
        assert_eq!(query.flag("include_all_states"), Some(false));
        assert_eq!(query.flag("includeAllStates"), Some(true));
        assert_eq!((query.flag("favourite"), query.flag("cloverEnabled")), (Some(true), None));
        assert_eq!(query.all("label").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(query.get("bamboo.variable.release"), Some("1.2 3"));
    }
}
