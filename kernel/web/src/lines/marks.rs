//! What an agent writes between the lines of a job: where steps begin and end, where groups do, and what time it is.

use base::Time;
use serde::Deserialize;

/// A step that begins.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    pub name: String,
    pub at: Option<Time>,
}

/// A step that ended.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct End {
    #[serde(default)]
    pub state: String,
    pub took_ms: Option<u64>,
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub(super) enum Read<'a> {
    /// Output.
    Text(&'a [u8]),
    /// A step begins.
    Step(Begin),
    /// The step ends.
    StepEnd(End),
    /// A group begins that can be folded away.
    Group(&'a [u8]),
    /// The group ends.
    GroupEnd,
    /// The next line was written so many milliseconds after the try began.
    At(u64),
}

/// Reads a line of a log that has marks. What looks like a mark and is none is text.
pub(super) fn read(line: &[u8]) -> Read<'_> {
    let trimmed = line.strip_suffix(b"\r").unwrap_or(line);
    if !trimmed.starts_with(b"::") {
        return Read::Text(line);
    }
    if let Some(rest) = line.strip_prefix(b"::raw::") {
        return Read::Text(rest);
    }
    if trimmed == b"::endgroup::" {
        return Read::GroupEnd;
    }
    let known = if let Some(name) = trimmed.strip_prefix(b"::group::") {
        Some(Read::Group(name))
    } else if let Some(at) = trimmed.strip_prefix(b"::at::") {
        str::from_utf8(at).ok().and_then(|at| at.parse().ok()).map(Read::At)
    } else if let Some(json) = trimmed.strip_prefix(b"::step-end::") {
        serde_json::from_slice(json).ok().map(Read::StepEnd)
    } else if let Some(json) = trimmed.strip_prefix(b"::step::") {
        serde_json::from_slice(json).ok().map(Read::Step)
    } else {
        None
    };
    known.unwrap_or(Read::Text(line))
}

#[cfg(test)]
#[test]
fn marks_are_read_and_everything_else_is_text() {
    for (line, expected) in [
        ("plain", Read::Text(b"plain")),
        ("::raw::::at::5", Read::Text(b"::at::5")),
        ("::at::1200", Read::At(1_200)),
        ("::at::soon", Read::Text(b"::at::soon")),
        ("::group::Fetch\r", Read::Group(b"Fetch")),
        ("::endgroup::", Read::GroupEnd),
        ("::metric name=x value=1", Read::Text(b"::metric name=x value=1")),
        ("::step::{\"name\":\"a\"}", Read::Step(Begin { name: "a".to_owned(), at: None })),
        ("::step::{", Read::Text(b"::step::{")),
        (
            "::step-end::{\"index\":0,\"state\":\"failed\",\"exit\":1,\"took_ms\":12}",
            Read::StepEnd(End { state: "failed".to_owned(), took_ms: Some(12) }),
        ),
    ] {
        assert_eq!(read(line.as_bytes()), expected, "{line}");
    }
}
