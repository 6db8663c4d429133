//! Which client is calling: the few answers that differ between generations depend on it.
//!
//! Every client since 2015 says so in `X-Asana-Client-Lib: language=Python&version=0.5.1&...` (the order varies).

use axum::http::HeaderMap;

/// What is known about the caller's library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Whether objects carry the integer `id` beside `gid`: scripts older than the string ids read `task['id']`.
    pub integer_ids: bool,
    /// Whether `/events` answers in one big page: the iterator of Python 5 never leaves its second page.
    pub one_event_page: bool,
}

impl Client {
    /// Reads the headers; anything unknown is an ordinary modern client.
    pub fn of(headers: &HeaderMap) -> Self {
        let text =
            |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_ascii_lowercase();
        let library = text("x-asana-client-lib");
        let part = |key: &str| {
            library
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(k, _)| *k == key)
                .map_or("", |(_, v)| v)
        };
        let mut numbers = part("version").split('.').map(|n| n.parse::<u32>().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let has_version = !part("version").is_empty();
        let from_before_string_ids = match part("language") {
            "python" => has_version && version < (0, 10),
            "nodejs" => has_version && version < (0, 18),
            _ => false,
        };
        let disabled = text("asana-disable").split(',').any(|name| name.trim() == "string_ids");
        Self {
            integer_ids: from_before_string_ids || disabled,
            one_event_page: part("language") == "python" && version.0 == 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_libraries_get_integer_ids_and_python_5_one_page_of_events() {
        for (library, disable, integer_ids, one_event_page) in [
            ("language=Python&version=0.5.1&os=Linux", "", true, false),
            ("os=Linux&version=0.9.3&language=Python", "", true, false),
            ("language=Python&version=0.10.13", "", false, false),
            ("language=Python&version=3.2.3", "", false, false),
            ("language=Python&version=5.4.0", "", false, true),
            ("version=0.14.1&language=NodeJS", "", true, false),
            ("version=0.18.14&language=NodeJS", "", false, false),
            ("version=3.2.0&language=NodeJS", "new_rich_text, string_ids", true, false),
            ("language=Ruby&version=0.1.1", "", false, false),
            ("language=Python", "", false, false),
            ("garbage", "new_sections", false, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-asana-client-lib", library.parse().expect("a header"));
            headers.insert("asana-disable", disable.parse().expect("a header"));
            assert_eq!(Client::of(&headers), Client { integer_ids, one_event_page }, "{library} {disable}");
        }
        assert_eq!(Client::of(&HeaderMap::new()), Client::default());
    }
}
