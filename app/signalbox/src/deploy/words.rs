//! The lines that `signalbox deploy` prints of its own.

use crate::deploy::start::{Started, text};
use serde_json::Value;
use std::time::Duration;

/// `deployment 318 beta 9f3c2e1 (14 commits since 1b44f0d) started, token 812, lease 60s -> https://...`
pub fn started(started: &Started) -> String {
    let since = match (&started.previous, started.commits) {
        (Some(previous), Some(0)) => format!(" (nothing new since {})", short(previous)),
        (Some(previous), Some(1)) => format!(" (1 commit since {})", short(previous)),
        (Some(previous), Some(count)) => format!(" ({count} commits since {})", short(previous)),
        (Some(previous), None) => format!(" (after {})", short(previous)),
        (None, _) => " (the first)".to_owned(),
    };
    format!(
        "deployment {} {} {}{since} started, token {}, lease {}s -> {}",
        started.number,
        started.environment,
        short(&started.commit),
        started.token,
        started.lease.as_secs(),
        started.url
    )
}

/// The first characters of a commit id, as many as people use; anything else is left alone.
pub fn short(commit: &str) -> &str {
    let is_id = commit.len() >= 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id { &commit[..7] } else { commit }
}

/// `40s`, `4m10s`, `2h5m`.
pub fn took(length: Duration) -> String {
    let s = length.as_secs();
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m{}s", s / 60, s % 60),
        _ => format!("{}h{}m", s / 3_600, s % 3_600 / 60),
    }
}

/// One line for each blocker but the one that the sentence is about, then when to ask again.
pub fn blockers(decision: &Value) -> Vec<String> {
    let all = decision["blockers"].as_array().map(Vec::as_slice).unwrap_or_default();
    // The sentence is about the primary blocker: given by its place, or as the blocker itself.
    let primary = match &decision["primary"] {
        Value::Number(place) => place.as_u64().and_then(|place| usize::try_from(place).ok()),
        blocker => {
            text(&blocker["id"]).and_then(|id| all.iter().position(|b| text(&b["id"]).as_ref() == Some(&id)))
        }
    };
    let others = all.iter().enumerate().filter(|(place, _)| *place != primary.unwrap_or(0));
    let mut lines: Vec<_> =
        others.filter_map(|(_, b)| Some(format!("also: {}", b["sentence"].as_str()?))).collect();
    if let Some(at) = decision["next_change_at"].as_str() {
        lines.push(format!("this may change at {at}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_line_says_what_starts_where_and_since_what() {
        let id = "9f3c2e1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let mut first = Started {
            number: "318".to_owned(),
            token: 812,
            lease: Duration::from_secs(60),
            environment: "beta".to_owned(),
            commit: id.to_owned(),
            previous: Some("1b44f0d".to_owned()),
            commits: Some(14),
            url: "https://hub/d/318".to_owned(),
            ..Started::default()
        };
        assert_eq!(
            started(&first),
            "deployment 318 beta 9f3c2e1 (14 commits since 1b44f0d) started, token 812, lease 60s -> https://hub/d/318"
        );
        first.previous = None;
        assert!(started(&first).contains("9f3c2e1 (the first) started"));
    }

    #[test]
    fn lengths_read_like_a_stopwatch() {
        for (s, shown) in [(0, "0s"), (59, "59s"), (250, "4m10s"), (7_500, "2h5m")] {
            assert_eq!(took(Duration::from_secs(s)), shown);
        }
    }

    #[test]
    fn every_blocker_but_the_primary_gets_a_line() {
        let decision = json!({"primary": {"id": "1"}, "next_change_at": "2026-11-22T10:15:00.000Z",
            "blockers": [{"id": "2", "sentence": "b is frozen"}, {"id": "1", "sentence": "a is locked"}]});
        assert_eq!(blockers(&decision), ["also: b is frozen", "this may change at 2026-11-22T10:15:00.000Z"]);
        assert!(blockers(&Value::Null).is_empty());
    }
}
