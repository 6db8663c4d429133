//! Light or dark: a cookie, so that the first paint is right and no script is needed.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

/// As the reader's system has it.
pub(super) const AUTO: &str = "auto";

const COOKIE: &str = "signalbox_theme";

fn known(theme: &str) -> &'static str {
    match theme {
        "light" => "light",
        "dark" => "dark",
        _ => AUTO,
    }
}

/// The theme that a request's cookie names.
pub(super) fn of(headers: &HeaderMap) -> &'static str {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let named = cookies
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='));
    named.map_or(AUTO, known)
}

/// The answer, which also keeps a theme in this browser. Scripts may read it: the button in the frame sets it too.
pub fn themed(mut answer: Response, theme: &str) -> Response {
    let text = format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", known(theme));
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}
