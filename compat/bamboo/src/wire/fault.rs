//! Refusals, in an envelope of which every client finds its part: Bamboo's own `message` and `status-code`, and the `errorMessages`
//! and `errors` that Python's client reads.

use crate::call::Answer;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use base::{Error, Kind};
use serde_json::{Value, json};

/// Python's client takes a 401 of any other type, or with a blank in it, for one without a body.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Denied => 403,
        Kind::Missing | Kind::Gone => 404,
        Kind::Late => 408,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::Limited { .. } => 429,
        Kind::Unavailable => 503,
        Kind::Bug => 500,
    }
}

/// The client asked for something that is not JSON. Kinds of errors have no 406, so that a code stands for it.
pub const NOT_ACCEPTABLE: &str = "bamboo.not_acceptable";

fn json(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A refusal as an answer.
pub fn refused(error: &Error) -> Response<Body> {
    let status = if error.code() == NOT_ACCEPTABLE { 406 } else { status(error.kind()) };
    let message = match error.kind() {
        Kind::Bug => "Something went wrong inside Signalbox. The log says more under the id of this request.",
        _ => error.message(),
    };
    if status >= 500 {
        tracing::error!(code = error.code(), ?error, "a request of a Bamboo client failed");
    }
    let body = json!({"message": message, "status-code": status, "errorMessages": [message], "errors": {}, "code": error.code()});
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    match error.kind() {
        Kind::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Kind::Limited { retry_after_s } => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        Kind::Unavailable => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    response
}

/// Writes an answer.
pub fn answered(answer: Answer) -> Response<Body> {
    match answer {
        Answer::Json(status, body) => json(status, &body),
        Answer::Empty(status) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT);
            response
        }
        Answer::Whole(response) => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_statuses_that_clients_know() {
        for (error, status) in [
            (Error::invalid("x", "m"), 400),
            (Error::unauthenticated("x", "m"), 401),
            (Error::denied("x", "m"), 403),
            (Error::missing("x", "m"), 404),
            (Error::conflict("x", "m"), 409),
            (Error::invalid(NOT_ACCEPTABLE, "m"), 406),
            (Error::limited("x", "m", 30), 429),
            (Error::unavailable("x", "m"), 503),
            (Error::bug("x", "select secret"), 500),
        ] {
            let response = refused(&error);
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json;charset=UTF-8");
        }
        assert_eq!(refused(&Error::limited("x", "m", 30)).headers()[header::RETRY_AFTER], "30");
    }
}
