//! What git is answered: the head that `git http-backend` writes, or a refusal that git shows to whoever runs it.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, Kind, Result};

/// The most that the head of an answer may have.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What of the head is passed on; the rest is between the backend and us.
const PASSED_ON: &[HeaderName] =
    &[header::CONTENT_TYPE, header::CACHE_CONTROL, header::EXPIRES, header::PRAGMA, header::WWW_AUTHENTICATE];

/// A refusal. git prints a plain text as "remote: ..." when it asks for the refs, which is what it does first.
pub(super) fn refusal(error: Error) -> Response {
    let kind = error.kind();
    let sentence = match kind {
        Kind::Bug => "Something went wrong inside Signalbox. The log says more under the id of this request.",
        _ => error.message(),
    };
    let body = Body::from(format!("{sentence}\n"));
    let (mut parts, _) = web::Problem(error).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if kind == Kind::Unauthenticated {
        let challenge = HeaderValue::from_static("Basic realm=\"Signalbox\", charset=\"UTF-8\"");
        parts.headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    Response::from_parts(parts, body)
}

/// Where the head ends in what was read so far, and where the body begins.
pub(super) fn head_end(read: &[u8]) -> Option<(usize, usize)> {
    let find =
        |mark: &[u8]| read.windows(mark.len()).position(|part| part == mark).map(|at| (at, at + mark.len()));
    match (find(b"\r\n\r\n"), find(b"\n\n")) {
        (Some(crlf), Some(lf)) => Some(if crlf.0 < lf.0 { crlf } else { lf }),
        (found, None) | (None, found) => found,
    }
}

/// The answer with the head that the backend wrote.
pub(super) fn head(text: &[u8], body: Body) -> Result<Response> {
    let odd = || Error::unavailable("git.odd", "git on this server answered in a way that is not understood");
    let text = std::str::from_utf8(text).map_err(|_| odd())?;
    let mut response = Response::new(body);
    for line in text.lines() {
        let (name, value) = line.split_once(':').ok_or_else(odd)?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            *response.status_mut() = code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(odd)?;
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| odd())?;
        if PASSED_ON.contains(&name) {
            response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| odd())?);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_and_read() {
        let said = b"Status: 404 Not Found\r\nContent-Type: text/plain\r\nX-Other: 1\r\n\r\nbody\n\n";
        let (end, begin) = head_end(said).expect("an end");
        assert_eq!(&said[begin..], b"body\n\n");
        let response = head(&said[..end], Body::empty()).expect("read");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            (response.headers().len(), &response.headers()["content-type"]),
            (1, &HeaderValue::from_static("text/plain"))
        );
        assert_eq!(head_end(b"A: b\n\nx"), Some((4, 6)));
        assert_eq!(head_end(b"A: b\r\n"), None);
        for odd in ["no colon", "Status: x", "Bad Name: x", "A: b\r\n: x"] {
            assert!(head(odd.as_bytes(), Body::empty()).is_err(), "{odd}");
        }
    }
}
