//! Errors in the envelope that every generation of clients understands.
//!
//! Only 400, 401, 403, 404, 412, 429 and 500 ever leave this facade (402 is never needed). Old Python clients answer any
//! other status with `KeyError: 'data'`, and old JavaScript clients take it for a success: a script that asks for locks
//! would then see none.

use base::{Error, Kind};
use serde_json::{Value, json};

/// Where the caller can read what a status means.
const HELP: &str = "For more information on API status codes and how to handle them, read the documentation of this server: ";

/// A refusal, ready to be sent.
#[derive(Debug)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The `errors` envelope, with whatever stands beside it.
    pub body: Value,
    /// Whole seconds to wait, for the `Retry-After` header.
    pub retry_after: Option<u64>,
}

fn envelope(message: &str, public_url: &str) -> Value {
    json!({ "errors": [{ "message": message, "help": format!("{HELP}{public_url}") }] })
}

impl Fault {
    /// Translates an error of a verb. Its kinds are mapped so that no status outside the known set can come out.
    pub fn of(error: &Error, public_url: &str) -> Self {
        let plain = |status: u16, message: &str| Self {
            status,
            body: envelope(message, public_url),
            retry_after: None,
        };
        if let (crate::events::NO_TOKEN, Some(fresh)) = (error.code(), error.detail()) {
            return Self::sync(fresh, public_url);
        }
        match error.kind() {
            Kind::Invalid | Kind::Conflict | Kind::TooLarge | Kind::Late => plain(400, error.message()),
            Kind::Unauthenticated => plain(401, "Not Authorized"),
            Kind::Denied => plain(403, error.message()),
            Kind::Missing | Kind::Gone => plain(404, error.message()),
            Kind::Limited { retry_after_s } => Self::limited(retry_after_s, public_url),
            Kind::Unavailable | Kind::Bug => {
                let phrase = phrase(base::random::below(u64::MAX));
                tracing::error!(phrase, "{error:?}");
                let body = json!({ "errors": [{ "message": "Server Error", "phrase": phrase }] });
                Self { status: 500, body, retry_after: None }
            }
        }
    }

    /// Too many requests. The wait stands in the header for most clients and in the body for JavaScript 0.14.
    fn limited(seconds: u64, public_url: &str) -> Self {
        let message = "You've made too many requests and hit a rate limit. Please retry after the given amount of time.";
        let mut body = envelope(message, public_url);
        let seconds = seconds.max(1);
        body["retry_after"] = seconds.into();
        Self { status: 429, body, retry_after: Some(seconds) }
    }

    /// A sync token that is missing, unknown or too old: the one use of 412, with a fresh token beside the error.
    fn sync(fresh: &Value, public_url: &str) -> Self {
        let message = "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for this query now and use the new sync token for the next sync.";
        let mut body = envelope(message, public_url);
        body["sync"] = fresh.clone();
        Self { status: 412, body, retry_after: None }
    }
}

/// A few words that a person can read out to whoever reads the log.
fn phrase(seed: u64) -> String {
    const COUNTS: &[&str] = &["2", "3", "4", "5", "6", "7", "8", "9"];
    const MOODS: &[&str] = &["calm", "early", "idle", "late", "odd", "quiet", "rusty", "tall"];
    const THINGS: &[&str] =
        &["bells", "couplings", "lamps", "levers", "points", "rails", "signals", "wagons"];
    const DEEDS: &[&str] = &["hum", "jam", "rattle", "roll", "rust", "shunt", "swing", "wait"];
    const HOW: &[&str] = &["again", "briefly", "gently", "loudly", "oddly", "slowly", "twice", "uphill"];
    let pick = |words: &[&'static str], shift: u32| words[usize::try_from(seed >> shift & 7).unwrap_or(0)];
    [pick(COUNTS, 0), pick(MOODS, 3), pick(THINGS, 6), pick(DEEDS, 9), pick(HOW, 12)].join(" ")
}

/// There is no such object, in the words that scripts match on.
pub fn unknown(kind: &str, id: impl std::fmt::Display) -> Error {
    Error::missing("asana.unknown", format!("{kind}: Unknown object: {id}"))
}

/// It exists and the caller may not see it.
pub fn forbidden(kind: &str, id: impl std::fmt::Display) -> Error {
    Error::denied("asana.forbidden", format!("{kind}: You do not have access to this {kind}: {id}"))
}

/// Something that the body names is not there: the request makes no sense, but its path does. So 400, not 404.
pub fn in_body(key: &str, error: Error) -> Error {
    match error.kind() {
        Kind::Missing | Kind::Gone => {
            Error::invalid("asana.reference", format!("{key}: {}", error.message()))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_leaves_that_a_client_would_take_for_success() {
        for (error, status) in [
            (Error::invalid("x", "m"), 400),
            (Error::unauthenticated("x", "m"), 401),
            (Error::denied("x", "m"), 403),
            (Error::missing("x", "m"), 404),
            (Error::conflict("x", "m"), 400),
            (Error::gone("x", "m"), 404),
            (Error::too_large("x", "m"), 400),
            (Error::limited("x", "m", 30), 429),
            (Error::unavailable("x", "m"), 500),
            (Error::bug("x", "m"), 500),
        ] {
            let fault = Fault::of(&error, "https://hub.example");
            assert_eq!(fault.status, status);
            assert!(fault.body["errors"][0]["message"].is_string());
        }
    }

    #[test]
    fn a_limit_says_when_to_come_back_in_both_places() {
        let fault = Fault::of(&Error::limited("x", "m", 30), "");
        assert_eq!((fault.retry_after, &fault.body["retry_after"]), (Some(30), &json!(30)));
    }

    #[test]
    fn a_failure_of_ours_tells_nothing_but_a_phrase() {
        let fault = Fault::of(&Error::bug("x", "select secret from t"), "");
        assert_eq!(fault.body["errors"][0]["message"], "Server Error");
        assert_eq!(phrase(0), "2 calm bells hum again");
        assert!(!fault.body.to_string().contains("secret"));
    }
}
