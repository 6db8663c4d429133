//! What a request says: which one it is, and what it hands to the run. Pure.

use crate::file::Param;
use axum::http::{HeaderMap, header};
use base::{Error, Result, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// Headers in which senders name a request, the same when they send it again.
const NAMES: &[&str] = &[
    "webhook-id",
    "idempotency-key",
    "x-github-delivery",
    "x-gitlab-event-uuid",
    "x-gitea-delivery",
    "x-forgejo-delivery",
    "x-gogs-delivery",
    "x-request-uuid",
    "x-request-id",
];

/// A request that was signed longer ago was kept by somebody.
const OLD: Duration = Duration::from_secs(3_600);

/// What names the request, when its sender does.
pub(super) fn delivery(headers: &HeaderMap) -> Option<String> {
    NAMES.iter().find_map(|name| {
        let value = headers.get(*name).filter(|value| !value.is_empty())?;
        Some(crate::digest::hex(&[name.as_bytes(), b"\n", value.as_bytes()].concat()))
    })
}

/// Refuses what says that it was signed long ago, or some time from now.
pub(super) fn refuse_old(headers: &HeaderMap, now: Time) -> Result<()> {
    let Some(value) = headers.get("webhook-timestamp") else { return Ok(()) };
    let at = value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).and_then(|s| s.checked_mul(1_000));
    let off = at.map(|at| now.millis().abs_diff(at));
    match off {
        Some(off) if u128::from(off) <= OLD.as_millis() => Ok(()),
        _ => Err(Error::invalid(
            "webhook.old",
            "webhook-timestamp is more than an hour away from the time of this server",
        )),
    }
}

/// The members of the body that the job has parameters for; whatever else is in it is the sender's business.
pub(super) fn params(
    headers: &HeaderMap,
    body: &[u8],
    declared: &[Param],
) -> Result<BTreeMap<String, String>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let members = match serde_json::from_slice(body) {
        Ok(serde_json::Value::Object(members)) => members,
        Err(error) if kind.contains("json") && !body.trim_ascii().is_empty() => {
            return Err(Error::invalid("body.malformed", format!("the body cannot be read: {error}")));
        }
        _ => return Ok(BTreeMap::new()),
    };
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let given =
        declared.iter().filter_map(|param| Some((param.name.clone(), text(members.get(&param.name)?)?)));
    Ok(given.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        HeaderMap::from_iter(given.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))
        }))
    }

    fn declared() -> Vec<Param> {
        let text = "name: a\nparams: {month: {default: x}, count: {type: integer, default: '1'}}\nsteps: [{run: x}]\n";
        crate::file::parse(text).jobs.remove(0).params
    }

    #[test]
    fn only_declared_members_are_handed_on_and_as_people_write_them() {
        let json = headers(&[("content-type", "application/json")]);
        let body = br#"{"month": "2026-11", "count": 3, "other": "x", "ref": "refs/heads/main"}"#;
        let given = params(&json, body, &declared()).expect("read");
        let expected = [("count", "3"), ("month", "2026-11")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(given.into_iter().collect::<Vec<_>>(), expected);
        for (headers, body) in [
            (&json, &b""[..]),
            (&json, b"  "),
            (&json, b"[1]"),
            (&json, b"{\"month\": null}"),
            (&headers(&[]), b"month=x"),
            (&headers(&[]), b"\xff"),
        ] {
            assert!(params(headers, body, &declared()).expect("nothing").is_empty());
        }
        assert_eq!(params(&json, b"{", &declared()).expect_err("not JSON").code(), "body.malformed");
    }

    #[test]
    fn a_request_has_the_name_that_its_sender_gave() {
        let one = headers(&[("x-github-delivery", "a")]);
        assert_eq!(delivery(&one), delivery(&one));
        assert_ne!(delivery(&one), delivery(&headers(&[("x-github-delivery", "b")])));
        assert_ne!(delivery(&one), delivery(&headers(&[("webhook-id", "a")])));
        assert_eq!(delivery(&headers(&[("x-github-delivery", "")])), None);
    }

    #[test]
    fn what_was_signed_long_ago_is_refused() {
        let now = Time::from_millis(1_790_000_000_000);
        for (at, is_good) in [
            ("1790000000", true),
            ("1789996500", true),
            ("1789990000", false),
            ("1790090000", false),
            ("x", false),
        ] {
            assert_eq!(refuse_old(&headers(&[("webhook-timestamp", at)]), now).is_ok(), is_good, "{at}");
        }
        assert!(refuse_old(&headers(&[]), now).is_ok());
    }
}
