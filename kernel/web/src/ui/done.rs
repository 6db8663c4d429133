//! The end of a form: a redirect that says what happened on the page it leads to.

use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};

/// The cookie that carries the sentence to the next page; the page's answer removes it.
pub(crate) const COOKIE: &str = "signalbox_said";

/// The address that undoes something when it is posted to.
#[derive(Debug)]
pub struct Undo(pub String);

#[derive(Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) undo: Option<String>,
}

/// The page that a form was on, when the browser says so: a path of this server. Otherwise `fallback`.
pub fn back(headers: &HeaderMap, fallback: &str) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let address = referer.and_then(|text| text.parse::<url::Url>().ok());
    address.map_or_else(
        || fallback.to_owned(),
        |url| url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())),
    )
}

/// Leads to `next`, where a toast says `text`.
pub fn done(next: &str, text: &str) -> Response {
    answer(next, &Said { text: text.to_owned(), undo: None })
}

/// Leads to `next`, where a toast says `text` and offers to undo it.
pub fn done_with_undo(next: &str, text: &str, undo: Undo) -> Response {
    answer(next, &Said { text: text.to_owned(), undo: Some(undo.0) })
}

fn answer(next: &str, said: &Said) -> Response {
    // Only addresses of this server: what comes from a form may lead nowhere else.
    let next =
        if next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') { next } else { "/" };
    let mut response = Redirect::to(next).into_response();
    let text = serde_json::to_string(said).unwrap_or_default();
    let coded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    if let Ok(value) =
        HeaderValue::from_str(&format!("{COOKIE}={coded}; Path=/; Max-Age=30; HttpOnly; SameSite=Lax"))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

pub(super) fn said(headers: &HeaderMap) -> Option<Said> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let coded = cookies
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))?;
    // What was coded has no `=` left in it, so it parses as one name.
    let (text, _) = url::form_urlencoded::parse(coded.as_bytes()).next()?;
    let said: Said = serde_json::from_str(&text).ok()?;
    // An undo leads to this server like every form.
    (said.undo.as_deref().is_none_or(|undo| undo.starts_with('/') && !undo.starts_with("//"))).then_some(said)
}

/// Whether a request brings a sentence that its page will have said.
pub(crate) fn is_said(headers: &HeaderMap) -> bool {
    said(headers).is_some()
}

/// The header that removes the sentence.
pub(crate) fn forgotten() -> HeaderValue {
    HeaderValue::from_static("signalbox_said=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}
