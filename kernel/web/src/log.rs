//! Serving a log that may still grow: whole, in part by ranges, or as it grows by server-sent events that resume by byte.
//!
//! Which log it is, who may read it and where its bytes are is the noun's; it gives a [`Log`].

use crate::{App, Problem, Query, Result};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use base::Error;
use futures_util::stream::{self, Stream};
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;
use utoipa::IntoParams;

/// Bytes read at once.
const STEP: usize = 1_048_576;

/// Output makes no journal entries and so wakes nobody: a follower looks this often, and less often while nothing comes.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const LOOK_AGAIN_AT_LEAST: Duration = Duration::from_millis(900);

/// What a log does on behalf of its reader.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = base::Result<T>> + Send + 'a>>;

/// A log that may still grow.
pub trait Log: Send + Sync + 'static {
    /// How many bytes are kept of it.
    fn length(&self) -> i64;
    /// The word for what its writer came to, when nothing more comes.
    fn end(&self) -> Option<String>;
    /// Looks again: whoever may no longer read it gets an error, and what grew is known.
    fn refresh(&mut self) -> Doing<'_, ()>;
    /// Some bytes from `from` on, at most `most`; none at its present end.
    fn read(&self, from: i64, most: usize) -> Doing<'_, Vec<u8>>;
}

/// How a log is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// `1` streams server-sent events: `output` with `{from, text}`, then `end` with `{state}`.
    follow: Option<String>,
    /// From this byte on; `Last-Event-ID` says the same for a stream that was interrupted.
    from: Option<i64>,
}

/// The part of a log that a request asks for.
#[derive(Debug)]
pub struct Wanted {
    follow: bool,
    from: Option<i64>,
    resumed: Option<i64>,
    range: Option<String>,
}

impl FromRequestParts<App> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Query(query) = Query::<LogQuery>::from_request_parts(parts, app).await?;
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            follow: query.follow.as_deref().is_some_and(|follow| !matches!(follow, "0" | "false" | "")),
            from: query.from,
            resumed: header("last-event-id").and_then(|id| id.parse().ok()),
            range: header("range").map(str::to_owned),
        })
    }
}

/// Answers with a log, or the part of it that is wanted.
pub fn answer(app: &App, log: impl Log, wanted: &Wanted) -> Result<Response> {
    let total = log.length();
    if wanted.follow {
        let from = wanted.resumed.or(wanted.from).unwrap_or(0).clamp(0, total);
        return Ok(follow(app.stop.clone(), log, from).into_response());
    }
    let (first, end, is_part) = match wanted.range.as_deref().map(|asked| range(asked, total)) {
        Some(Asked::Part(first, end)) => (first, end, true),
        Some(Asked::Beyond) => return Ok(beyond(total)),
        Some(Asked::Ignored) | None => (wanted.from.unwrap_or(0).clamp(0, total), total, false),
    };
    let mut response = Response::new(Body::from_stream(bytes(log, first, end)));
    let headers = response.headers_mut();
    described(headers, first, end);
    if is_part {
        let shown = header::HeaderValue::try_from(format!("bytes {first}-{}/{total}", end - 1));
        let shown = shown.map_err(|error| Error::bug("log.range", "a range is ASCII").because(error))?;
        headers.insert(header::CONTENT_RANGE, shown);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Answers with a log that has marks as plain text without them, whole.
pub fn plain(log: impl Log) -> Response {
    let end = log.length();
    let start = (log, 0_i64, Some(crate::lines::Plain::default()));
    let text = stream::try_unfold(start, move |(log, at, plain)| async move {
        let Some(mut plain) = plain else { return Ok(None) };
        if at >= end {
            return Ok::<_, Error>(Some((plain.end(), (log, at, None))));
        }
        let most = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
        let part = log.read(at, most).await?;
        if part.is_empty() {
            return Err(Error::bug("log.short", format!("a log ends at byte {at} and should reach {end}")));
        }
        let next = at + part.len() as i64;
        Ok(Some((plain.feed(&part), (log, next, Some(plain)))))
    });
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, Body::from_stream(text)).into_response()
}

fn described(headers: &mut HeaderMap, first: i64, end: i64) {
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, header::HeaderValue::from(end - first));
}

fn beyond(total: i64) -> Response {
    let error = Error::invalid("log.range", format!("the log has {total} bytes"));
    let mut response = Problem(error).into_response();
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    if let Ok(shown) = header::HeaderValue::try_from(format!("bytes */{total}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, shown);
    }
    response
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// From the first to before the second.
    Part(i64, i64),
    /// Nothing that is there.
    Beyond,
    /// Something that may be ignored: several ranges, another unit, nonsense.
    Ignored,
}

fn range(header: &str, total: i64) -> Asked {
    let Some((first, last)) = header.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Asked::Ignored;
    };
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n >= 0);
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(0) => Asked::Beyond,
            Some(_) if total == 0 => Asked::Beyond,
            Some(tail) => Asked::Part((total - tail).max(0), total),
            None => Asked::Ignored,
        },
        (first, last) => match (number(first), last, number(last)) {
            (Some(first), _, _) if first >= total => Asked::Beyond,
            (Some(first), "", _) => Asked::Part(first, total),
            (Some(first), _, Some(last)) if last >= first => Asked::Part(first, (last + 1).min(total)),
            (Some(_) | None, _, _) => Asked::Ignored,
        },
    }
}

/// The bytes from `first` to before `end`, read as they are sent so that a log of any size needs little memory.
fn bytes(log: impl Log, first: i64, end: i64) -> impl Stream<Item = base::Result<Vec<u8>>> + Send {
    stream::try_unfold((log, first), move |(log, at)| async move {
        if at >= end {
            return Ok(None);
        }
        let most = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
        let part = log.read(at, most).await?;
        if part.is_empty() {
            return Err(Error::bug("log.short", format!("a log ends at byte {at} and should reach {end}")));
        }
        let next = at + part.len() as i64;
        Ok(Some((part, (log, next))))
    })
}

struct Follow<L> {
    stop: tokio::sync::watch::Receiver<bool>,
    log: L,
    at: i64,
    pause: Duration,
    is_over: bool,
}

fn follow<L: Log>(
    stop: tokio::sync::watch::Receiver<bool>,
    log: L,
    from: i64,
) -> Sse<impl Stream<Item = std::result::Result<Event, Infallible>>> {
    let state = Follow { stop, log, at: from, pause: LOOK_AGAIN, is_over: false };
    let stream = stream::unfold(state, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event), follow))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

impl<L: Log> Follow<L> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.is_over || *self.stop.borrow() {
                return None;
            }
            match self.look().await {
                Ok(Some(event)) => return Some(event),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error = ?error, "a log could not be followed");
                    return None; // The reader connects again with the last event's id.
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.pause) => {}
                _ = self.stop.changed() => return None,
            }
            self.pause = (self.pause * 2).min(LOOK_AGAIN_AT_LEAST);
        }
    }

    async fn look(&mut self) -> base::Result<Option<Event>> {
        self.log.refresh().await?;
        let end = self.log.end();
        let part = self.log.read(self.at, STEP).await?;
        if let Some((text, taken)) = text_of(&part, end.is_some()) {
            let from = self.at;
            self.at += taken as i64;
            self.pause = LOOK_AGAIN;
            let data = json!({"from": from, "text": text}).to_string();
            return Ok(Some(Event::default().event("output").id(self.at.to_string()).data(data)));
        }
        let Some(state) = end else { return Ok(None) };
        self.is_over = true;
        Ok(Some(Event::default().event("end").data(json!({"state": state, "bytes": self.at}).to_string())))
    }
}

/// The text of a part and how many bytes of it that is. The beginning of a character whose end has not arrived is left for
/// the next time; what never becomes one is shown as the replacement character.
fn text_of(bytes: &[u8], is_last: bool) -> Option<(String, usize)> {
    let cut = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && !is_last => error.valid_up_to(),
        _ => {
            // A broken byte early on hides an unfinished character at the end.
            let tail = bytes.len().saturating_sub(3);
            let open = (tail..bytes.len()).find(|at| {
                std::str::from_utf8(&bytes[*at..])
                    .is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
            });
            if is_last { bytes.len() } else { open.unwrap_or(bytes.len()) }
        }
    };
    (cut > 0).then(|| (String::from_utf8_lossy(&bytes[..cut]).into_owned(), cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (header, expected) in [
            ("bytes=0-9", Asked::Part(0, 10)),
            ("bytes=90-", Asked::Part(90, 100)),
            ("bytes=90-999", Asked::Part(90, 100)),
            ("bytes=-10", Asked::Part(90, 100)),
            ("bytes=-1000", Asked::Part(0, 100)),
            ("bytes=100-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=5-4", Asked::Ignored),
            ("bytes=0-1,5-6", Asked::Ignored),
            ("lines=0-1", Asked::Ignored),
            ("bytes=x-", Asked::Ignored),
        ] {
            assert_eq!(range(header, 100), expected, "{header}");
        }
    }

    #[test]
    fn a_character_that_arrives_in_two_pieces_is_shown_once_and_whole() {
        let euro = "€".as_bytes();
        assert_eq!(text_of(&euro[..2], false), None);
        assert_eq!(text_of(&[b"a", &euro[..2]].concat(), false), Some(("a".into(), 1)));
        assert_eq!(text_of(&[b"\xff", &euro[..2]].concat(), false), Some(("\u{fffd}".into(), 1)));
        assert_eq!(text_of(&euro[..2], true), Some(("\u{fffd}".into(), 2)));
        assert_eq!(text_of(b"\xff\xfe", false), Some(("\u{fffd}\u{fffd}".into(), 2)));
    }
}
