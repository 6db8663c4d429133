//! The body of a request comes in time, or the request ends: whoever sends a byte a minute holds nothing up.

use crate::{App, Problem};
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base::{Error, Limit};
use futures_util::{StreamExt as _, stream};
use http::request::Parts;
use http::{HeaderValue, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Ends requests whose body does not come whole within [`Limit::BodySeconds`], or [`Limit::UploadSeconds`] where it is a file or output.
pub async fn middleware(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let limit = limit(&parts);
    let seconds = app.limits.get(limit);
    let is_late = Arc::new(AtomicBool::new(false));
    let is_facade = parts.uri.path().starts_with("/api/1.0/");
    let body = timely(body, Duration::from_secs(seconds), is_late.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if !is_late.load(Ordering::Relaxed) {
        return response;
    }
    // The facade has said it in its own envelope, with a status that its clients know.
    if !is_facade {
        let sentence =
            format!("the body did not come within {seconds} s ({}); send the request again", limit.key());
        response = Problem(Error::late("body.late", sentence)).into_response();
    }
    // The rest of the body is not waited for.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A file or output may come slowly: networks are slow, and output comes as it is printed.
fn limit(parts: &Parts) -> Limit {
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_upload = kind.starts_with("multipart/")
        || kind.starts_with("application/x-git-")
        || kind == "application/octet-stream";
    if is_upload { Limit::UploadSeconds } else { Limit::BodySeconds }
}

/// The same body, which breaks off once the time is over.
fn timely(body: Body, allowed: Duration, is_late: Arc<AtomicBool>) -> Body {
    let end = Box::pin(tokio::time::sleep(allowed));
    let pieces = stream::unfold((body.into_data_stream(), end), move |(mut data, mut end)| {
        let is_late = is_late.clone();
        async move {
            tokio::select! {
                biased;
                piece = data.next() => piece.map(|piece| (piece, (data, end))),
                () = &mut end => {
                    is_late.store(true, Ordering::Relaxed);
                    let error = axum::Error::new(Error::late("body.late", "the body did not come in time"));
                    Some((Err(error), (data, end)))
                }
            }
        }
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn a_body_that_never_ends_breaks_off_and_one_that_is_there_does_not() {
        let begun = stream::iter([Ok::<_, axum::Error>(Bytes::from_static(b"x"))]).chain(stream::pending());
        let is_late = Arc::new(AtomicBool::new(false));
        let body = timely(Body::from_stream(begun), Duration::from_millis(20), is_late.clone());
        assert!(body.collect().await.is_err() && is_late.load(Ordering::Relaxed));
        let is_late = Arc::new(AtomicBool::new(false));
        let body = timely(Body::from("all of it"), Duration::from_secs(30), is_late.clone());
        assert_eq!(body.collect().await.expect("whole").to_bytes(), "all of it");
        assert!(!is_late.load(Ordering::Relaxed));
    }

    #[test]
    fn files_and_output_have_more_time() {
        for (kind, expected) in [
            ("application/json", Limit::BodySeconds),
            ("multipart/form-data; boundary=x", Limit::UploadSeconds),
            ("application/octet-stream", Limit::UploadSeconds),
            ("application/x-git-receive-pack-request", Limit::UploadSeconds),
        ] {
            let request = Request::post("/").header(header::CONTENT_TYPE, kind).body(()).expect("a request");
            assert_eq!(limit(&request.into_parts().0), expected, "{kind}");
        }
    }
}
