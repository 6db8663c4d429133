//! Pages for people who are not signed in, and pages of what went wrong.

use super::{Aspect, signal};
use crate::assets;
use http::{HeaderMap, StatusCode};
use maud::{DOCTYPE, Markup, html};

pub(super) fn head(title: &str, worst: Aspect) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) " · Signalbox" }
        link rel="preload" href=(assets::path("fonts/inter-latin-wght-normal.woff2")) as="font" type="font/woff2" crossorigin;
        link rel="stylesheet" href=(assets::path("app.css"));
        link #favicon rel="icon" href=(assets::path(&format!("favicon-{}.svg", worst.word())));
    }
}

/// A page for somebody who is not signed in: the sign-in, the set-up.
pub fn door(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme="auto" {
            head { (head(title, Aspect::Green)) }
            body {
                div.door {
                    main.door-form #content { (content) }
                    div.door-art aria-hidden="true" {
                        (art())
                        p { "Every deployment, lock, job, error and alert is a task that somebody can own, discuss and finish." }
                        small { "Signalbox " (env!("CARGO_PKG_VERSION")) }
                    }
                }
            }
        }
    }
}

/// A page that strangers fill in: nothing of the workspace but what its maker wrote.
pub fn public(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme="auto" {
            head { (head(title, Aspect::Green)) }
            body.public { main #content { (content) } footer.faint.t-s { "Made with Signalbox" } }
        }
    }
}

/// What a page of something that went wrong is made from.
pub(crate) struct Wrong<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// What happened, and what to do.
    pub message: &'a str,
    /// Who may do what was refused, when the error knows.
    pub who_may: &'a [String],
    /// The page of this server that they came from.
    pub back: Option<&'a str>,
    /// The theme of the reader.
    pub headers: &'a HeaderMap,
}

/// The page of an answer that went wrong: what happened, what to do, who can help, and the way back.
pub(crate) fn error_page(wrong: &Wrong) -> Markup {
    let status = wrong.status;
    let title = match status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN => "This is not yours to do",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        StatusCode::CONFLICT => "Something changed meanwhile",
        s if s.is_server_error() => "Something went wrong",
        _ => "That did not work",
    };
    let sentence = match status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        true => "Something went wrong inside Signalbox. Nothing was lost; the log says more.",
        false => wrong.message,
    };
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(super::theme::of(wrong.headers)) {
            head { (head(title, Aspect::Amber)) }
            body.public {
                main.wrong #content {
                    a.brand href="/" { (signal(Aspect::Amber, "Attention")) " Signalbox" }
                    h1 { (title) }
                    p.t-l #problem { (super::page::capitalised(sentence)) @if !sentence.ends_with(['.', '?']) { "." } }
                    @if !wrong.who_may.is_empty() { p { "Who may: " (wrong.who_may.join(", ")) "." } }
                    p.row.wrap {
                        @if let Some(back) = wrong.back { a.btn.primary href=(back) { "Go back" } }
                        a.btn href="/" { "Go to the first page" }
                    }
                    @if status == StatusCode::NOT_FOUND && is_known(wrong.headers) {
                        form.row action="/search" method="get" role="search" {
                            input.input name="q" type="search" aria-label="Search" placeholder="Search for what you expected";
                            button.btn { "Search" }
                        }
                    }
                }
            }
        }
    }
}

/// Whether somebody is signed in, as far as a page of an error needs to know.
fn is_known(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split("; ")).any(|pair| pair.starts_with("signalbox_session="))
}

/// Two lines, a junction and a signal: drawn, so that the first page loads nothing more.
fn art() -> Markup {
    html! {
        svg viewBox="0 0 760 900" preserveAspectRatio="xMidYMid slice" fill="none" stroke-linecap="round" stroke-linejoin="round" {
            g stroke="#1e2927" { @for x in (60..760).step_by(60) { path d={ "M" (x) " 0V900" } {} } }
            g stroke="#33433f" stroke-width="3" { path d="M0 250H760" {} path d="M0 430H760" {} path d="M0 550H760" opacity=".6" {} }
            defs { pattern #hx width="11" height="11" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { path d="M0 0V11" stroke="#f4b740" stroke-width="1.6" opacity=".6" {} } }
            rect x="292" y="214" width="138" height="256" fill="url(#hx)" {}
            path d="M292 214V470" stroke="#f4b740" stroke-width="1.5" {}
            path d="M0 250H270L430 430H560" stroke="#3ccb80" stroke-width="4" {}
            g fill="#3ccb80" { @for x in (22..280).step_by(30) { rect x=(x) y="234" width="10" height="32" rx="3" {} } }
            g fill="#101716" stroke="#6b7c77" stroke-width="2" { @for x in (442..760).step_by(30) { rect x=(x) y="235" width="10" height="30" rx="3" {} } }
            rect x="413" y="405" width="34" height="50" rx="9" fill="#3ccb80" {}
            path d="m422 430 6 6 11-13" stroke="#101716" stroke-width="4.5" {}
            rect x="560" y="535" width="240" height="30" rx="6" fill="#ff5a4e" {}
            rect x="552" y="411" width="98" height="38" rx="19" fill="#0a0f0e" stroke="#4a5b56" stroke-width="1.5" {}
            circle cx="574" cy="430" r="9" fill="#2c3936" {}
            circle cx="601" cy="430" r="9" fill="#2c3936" {}
            rect x="619" y="421" width="18" height="18" rx="3" fill="#ff5a4e" {}
        }
    }
}
