//! What happens to every request before and after its handler.

use crate::problem::{Explained, Problem};
use crate::{App, ui};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Error, Stopwatch};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

pub use crate::once::middleware as once;
pub use crate::patience::middleware as timely;

/// The id of a request: in the log, in the journal and in the answer's `X-Request-Id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Only what this server sends runs in its pages; forms go nowhere else, and nobody frames them.
/// Style attributes are allowed, because colours of people and projects and places in a chart are data; style sheets and
/// scripts come from this server's files alone.
const POLICY: &str = "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Gives the request an id, logs it, and sets the security headers of its answer.
pub async fn frame(mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = base::random::word::<16>();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let wants_page = wants_page(request.headers());
    let is_said = ui::is_said(request.headers());
    let asked = Asked::of(&request);
    let is_machine_door =
        path.starts_with("/api/") || path.starts_with("/hooks/") || path.starts_with("/git/");
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if wants_page && !is_machine_door {
        response = explain(response, &asked);
    }
    let status = response.status().as_u16();
    let ms = watch.elapsed().as_secs_f64() * 1_000.0;
    tracing::debug!(request = %id, %method, path = shown(&path), status, ms, "answered");
    let is_shown = response.status().is_success() && is_page(response.headers());
    let headers = response.headers_mut();
    if is_said && is_shown {
        headers.append(header::SET_COOKIE, ui::forgotten());
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A path as the log may show it: some doors have their secret in it.
fn shown(path: &str) -> &str {
    const SECRET: &[&str] =
        &["/hooks/git/", "/hooks/job/", "/hooks/form/", "/setup/", "/password/", "/forms/", "/files/"];
    SECRET.iter().find(|door| path.starts_with(**door)).map_or(path, |door| *door)
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// What a page of something that went wrong needs to know of the request.
struct Asked {
    /// Where to come back to after signing in.
    next: String,
    headers: HeaderMap,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let uri = request.uri();
        // Only what can be asked for again: a form cannot.
        let next = match *request.method() {
            Method::GET => uri.path_and_query().map_or(uri.path(), |all| all.as_str()),
            _ => "/",
        };
        Self { next: next.to_owned(), headers: request.headers().clone() }
    }

    /// The page that they came from, when it is one of this server.
    fn back(&self) -> Option<String> {
        let text = |name: HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        let came = url::Url::parse(text(header::REFERER)?).ok()?;
        let port = came.port().map_or(String::new(), |port| format!(":{port}"));
        let is_here = text(header::HOST)? == format!("{}{port}", came.host_str()?);
        is_here.then(|| came[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    }
}

/// Turns a problem into a page that helps, or into the way to the sign-in.
fn explain(response: Response, asked: &Asked) -> Response {
    let status = response.status();
    let Some(explained) = response.extensions().get::<Explained>().cloned() else { return response };
    if status == StatusCode::UNAUTHORIZED {
        let next: String = url::form_urlencoded::byte_serialize(asked.next.as_bytes()).collect();
        return axum::response::Redirect::to(&format!("/login?next={next}")).into_response();
    }
    let back = asked.back();
    let wrong = ui::Wrong {
        status,
        message: &explained.message,
        who_may: &explained.who_may,
        back: back.as_deref(),
        headers: &asked.headers,
    };
    (status, ui::error_page(&wrong)).into_response()
}

/// Refuses anything unsafe that a foreign page makes a browser do with the person's cookie.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let has_cookie = request.headers().contains_key(header::COOKIE);
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    let path = request.uri().path();
    let is_form = path == "/login" || path.starts_with("/setup/") || path.starts_with("/password/");
    if !is_safe && ((has_cookie && !has_token) || is_form) && !is_from_here(&app, request.headers()) {
        let error = Error::denied(
            "origin.foreign",
            "this came from another site's page; open Signalbox itself and try again",
        );
        return Problem(error).into_response();
    }
    next.run(request).await
}

fn is_from_here(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        // Older browsers and plain clients: the origin, when there is one, must be this server.
        None => match text("origin") {
            None => true,
            Some(origin) => {
                let ours = app.public_url.origin().ascii_serialization();
                let host = text("host").unwrap_or_default();
                origin == ours || origin.split_once("://").is_some_and(|(_, rest)| rest == host)
            }
        },
    }
}

/// The answer to an address that there is not.
pub async fn not_found(request: Request) -> Response {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem(Error::missing("address.unknown", format!("there is nothing at {path}"))).into_response()
}

/// The answer to a method that an address does not take.
pub async fn wrong_method(request: Request) -> Response {
    let path: String = request.uri().path().chars().take(200).collect();
    let error = Error::invalid("method.unknown", format!("{path} does not take {}", request.method()));
    let mut response = Problem(error).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
