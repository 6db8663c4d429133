//! Errors as answers: problem documents for machines, pages for people.

use axum::response::{IntoResponse, Response};
use base::{Error, Kind};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// The result of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// An error on its way out of a handler.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// The status of a kind of error.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Denied => StatusCode::FORBIDDEN,
        Kind::Missing => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::Late => StatusCode::REQUEST_TIMEOUT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The problem document of an error. What caused a bug is in the log, not here.
pub fn document(error: &Error) -> serde_json::Value {
    let status = status(error.kind());
    let detail = match error.kind() {
        Kind::Bug => "Something went wrong inside Signalbox. The log says more under the id of this request.",
        _ => error.message(),
    };
    let mut document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "code": error.code(),
        "detail": detail,
    });
    if let (Some(serde_json::Value::Object(extra)), Some(target)) = (error.detail(), document.as_object_mut())
    {
        for (key, value) in extra {
            target.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    document
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = self.0;
        let status = status(error.kind());
        if status.is_server_error() {
            tracing::error!(code = error.code(), error = ?error, "a request failed");
        }
        let mut response = (status, document(&error).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Kind::Limited { retry_after_s } = error.kind() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        if error.kind() == Kind::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if error.kind() == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The middleware turns this into a page for a browser that asked for one.
        let who_may = error.detail().and_then(|detail| detail["who_may"].as_array());
        let who_may = who_may.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        let who_may = who_may.collect();
        response.extensions_mut().insert(Explained { message: error.message().to_owned(), who_may });
        response
    }
}

/// The error of an answer, kept for whoever wants to say it in another way.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The sentence.
    pub message: String,
    /// Who may do what was refused, when the error knows.
    pub who_may: Vec<String>,
}
