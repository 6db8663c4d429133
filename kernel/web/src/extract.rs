//! Extractors that answer bad input with a problem document, whatever is wrong with it.

use crate::{App, Problem};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use base::{Error, Limit};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body, and a JSON answer. The content type of a request does not matter: clients send all sorts. An empty body
/// is read as `{}`, because verbs without arguments are sent so.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let body = body(request, app.limits.count(Limit::BodyBytes)).await?;
        let text = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body.as_slice() };
        let value = serde_json::from_slice(text).map_err(|e| {
            let text = e.to_string();
            Error::invalid("body.malformed", format!("the body cannot be read: {text}"))
        })?;
        Ok(Self(value))
    }
}

/// Reads a whole body of at most `most` bytes.
pub(crate) async fn body(request: Request, most: usize) -> base::Result<Vec<u8>> {
    match Limited::new(request.into_body(), most).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(e) if e.is::<LengthLimitError>() => {
            Err(Error::too_large("body.too_large", format!("the body is larger than {most} bytes")))
        }
        Err(e) => Err(Error::invalid("body.broken", "the body ended before its time").because(e)),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Written in one go into room that most answers fit into.
        let mut text = Vec::with_capacity(4_096);
        match serde_json::to_writer(&mut text, &self.0) {
            Ok(()) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
            Err(e) => Problem(Error::bug("body.unwritable", "an answer could not be written").because(e))
                .into_response(),
        }
    }
}

/// The parts of a path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // A malformed id names nothing.
            Err(e) => Err(Error::missing(
                "path.unknown",
                format!("there is nothing at this address: {}", e.body_text()),
            )
            .into()),
        }
    }
}

/// The parameters of a query; unknown ones are ignored.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(e) => Err(Error::invalid(
                "query.malformed",
                format!("a parameter cannot be read: {}", e.body_text()),
            )
            .into()),
        }
    }
}

/// The fields of a form, as a browser sends them.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let body = body(request, app.limits.count(Limit::BodyBytes)).await?;
        let value = serde_urlencoded::from_bytes(&body)
            .map_err(|e| Error::invalid("form.malformed", format!("the form cannot be read: {e}")))?;
        Ok(Self(value))
    }
}

/// The fields of a form in the order in which they came, keeping names that come several times: boxes that were ticked.
#[derive(Clone, Debug, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// The first value with this name; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.opt(name).unwrap_or_default()
    }

    /// The first value with this name.
    pub fn opt(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value with this name, trimmed, when something was filled in.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.opt(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether a box with this name was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.opt(name).is_some()
    }

    /// The value with this name, read; none when nothing was filled in.
    pub fn parsed<T: std::str::FromStr<Err = Error>>(&self, name: &str) -> base::Result<Option<T>> {
        self.filled(name).map(str::parse).transpose()
    }
}

impl FromRequest<App> for Pairs {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let body = body(request, app.limits.count(Limit::BodyBytes)).await?;
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}
