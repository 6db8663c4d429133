//! The pages of people who are not signed in yet: the sign-in, and what it shares with the set-up and the password link.

use crate::users;
use crate::{door, sessions, sign_in, workspace};
use axum::Router;
use axum::extract::{ConnectInfo, Form, FromRequestParts, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base::{Actor, Error, Kind, Secret};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::SocketAddr;
use web::{App, Maybe, Query, Result, ui};

/// The doors.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/login", get(login_page).post(login)).route("/logout", post(logout))
}

/// From where a request comes. Behind a proxy on the same machine it is the address that the proxy names.
pub(super) struct From(pub sign_in::From);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(
        parts: &mut request::Parts,
        _: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        let text = |name: &HeaderName| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Only the last address was written by the proxy; those before it are whatever the client sent.
        let forwarded =
            text(&HeaderName::from_static("x-forwarded-for")).rsplit(',').next().unwrap_or_default().trim();
        let address = match peer {
            Some(peer) if peer.is_loopback() && forwarded.parse::<std::net::IpAddr>().is_ok() => {
                forwarded.to_owned()
            }
            Some(peer) => peer.to_string(),
            None => String::new(),
        };
        Ok(Self(sign_in::From { address, agent: text(&header::USER_AGENT).to_owned() }))
    }
}

/// A form as it was sent; one that cannot be read is shown again.
pub(super) type Sent<T> = std::result::Result<Form<T>, axum::extract::rejection::FormRejection>;

/// A form's answer: the page again with a sentence, or the way on with a session.
pub(super) fn again(error: &Error, page: Markup) -> Response {
    let mut response = (web_status(error), page).into_response();
    if let Kind::Limited { retry_after_s } = error.kind() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
    }
    response
}

fn web_status(error: &Error) -> StatusCode {
    match error.kind() {
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Kind::Conflict => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Whether an error is the person's to mend, so that the form is shown again.
pub(super) fn is_theirs(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Unauthenticated | Kind::Limited { .. } | Kind::Conflict)
}

fn cookie(app: &App, value: &str, lasts_s: u64) -> Result<HeaderValue> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{secure}", door::COOKIE);
    let value = HeaderValue::from_str(&text);
    Ok(value.map_err(|error| Error::bug("session.cookie", "A cookie is a header").because(error))?)
}

pub(super) fn signed_in(app: &App, secret: &Secret, next: &str) -> Result<Response> {
    with_session(app, Redirect::to(next).into_response(), secret)
}

/// The answer, which also signs this browser in.
pub(super) fn with_session(app: &App, mut response: Response, secret: &Secret) -> Result<Response> {
    let cookie = cookie(app, secret.reveal(), sessions::LIFETIME.as_secs())?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// A path of this server to go to; anything else, such as `//elsewhere`, is the first page.
fn safe_next(next: Option<&str>) -> &str {
    let is_ours =
        |next: &&str| next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    next.filter(is_ours).filter(|next| next.is_ascii()).unwrap_or("/")
}

pub(super) fn brand() -> Markup {
    html! {
        span.brand {
            span.signal data-is="green" role="img" aria-label="green" { i {} i {} i {} } " Signalbox"
        }
    }
}

/// A field of a door. The reader's place is where they have to write next.
pub(super) struct Field<'a> {
    pub label: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub complete: &'a str,
    pub value: &'a str,
    pub is_next: bool,
}

impl Field<'_> {
    pub fn shown(&self, beside: Markup, hint: &str) -> Markup {
        let note = format!("{}-note", self.name);
        html! {
            div.field {
                span.row { label for=(self.name) { (self.label) } (beside) }
                input.input id=(self.name) type=(self.kind) name=(self.name) autocomplete=(self.complete) value=(self.value)
                    aria-describedby=[(!hint.is_empty()).then_some(&note)] autofocus[self.is_next] required;
                @if !hint.is_empty() { small id=(note) { (hint) } }
            }
        }
    }
}

pub(super) const PASSWORD_HINT: &str = "At least 8 characters. Length is the only rule.";

pub(super) fn form(action: &str, title: &str, problem: Option<&str>, fields: Markup, button: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            div { (brand()) h1 { (title) } }
            @if let Some(problem) = problem { p.note.red role="alert" { (problem) @if !problem.ends_with('.') { "." } } }
            (fields)
            button.btn.primary.block { (button) }
        }
    }
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    email: String,
    password: Option<Secret>,
    next: Option<String>,
}

async fn login_form(app: &App, problem: Option<&str>, email: &str, next: &str) -> Result<Markup> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    let workspace = workspace::current(&mut tx).await?.name;
    let admins = users::admins(&mut tx).await?;
    let title = format!("Sign in to {workspace}");
    let has_email = !email.is_empty();
    let at = Field {
        label: "Email",
        kind: "email",
        name: "email",
        complete: "username",
        value: email,
        is_next: !has_email,
    };
    let word = Field {
        label: "Password",
        kind: "password",
        name: "password",
        complete: "current-password",
        value: "",
        is_next: has_email,
    };
    let fields = html! {
        input type="hidden" name="next" value=(next);
        (at.shown(html! {}, ""))
        (word.shown(html! { a.push href="/password" { "Forgot it?" } }, ""))
    };
    let content = html! {
        div.stack {
            (form("/login", &title, problem, fields, "Sign in"))
            @if let Some(who) = keeper(&admins) { p.t-s.dim { "No account? Ask " (who) "." } }
        }
    };
    Ok(ui::door("Sign in", content))
}

/// Whom to ask for an account: the first names of the administrators, who are told to anybody who stands at the door.
pub(super) fn keeper(admins: &[users::User]) -> Option<String> {
    let first = |user: &users::User| user.name.split_whitespace().next().unwrap_or(&user.name).to_owned();
    match admins {
        [] => None,
        [one] => Some(format!("{}, who looks after this server", first(one))),
        [one, two, ..] => Some(format!("{} or {}, who look after this server", first(one), first(two))),
    }
}

async fn login_page(State(app): State<App>, who: Maybe, Query(query): Query<Next>) -> Result<Response> {
    let next = safe_next(query.next.as_deref());
    if who.0.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    Ok(login_form(&app, None, "", next).await?.into_response())
}

async fn login(State(app): State<App>, From(from): From, form: Sent<Login>) -> Result<Response> {
    let Ok(Form(form)) = form else {
        return Err(Error::invalid("form.malformed", "The form could not be read; sign in again").into());
    };
    let next = safe_next(form.next.as_deref());
    let password = form.password.unwrap_or_else(|| Secret::new(""));
    match sign_in::sign_in(&app.db, &form.email, password, &from).await {
        Ok((_, secret)) => signed_in(&app, &secret, next),
        Err(error) if is_theirs(&error) => {
            Ok(again(&error, login_form(&app, Some(error.message()), &form.email, next).await?))
        }
        Err(error) => Err(error.into()),
    }
}

async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    if let Some(secret) = door::cookie(&headers) {
        // Whoever has the cookie may end its session; nothing else is looked at.
        let actor = door::actor(&app.db, &headers).await?.unwrap_or_else(Actor::stranger);
        let mut tx = app.db.write(&actor).await?;
        sessions::end_by_secret(&mut tx, &secret).await?;
        tx.commit().await?;
    }
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie(&app, "", 0)?);
    Ok(response)
}

#[cfg(test)]
#[test]
fn nobody_is_sent_elsewhere_after_signing_in() {
    for (given, went) in [
        (Some("/tasks/1?x=y"), "/tasks/1?x=y"),
        (Some("//evil.example"), "/"),
        (Some("/\\evil.example"), "/"),
        (Some("https://evil.example"), "/"),
        (Some("/a\r\nSet-Cookie: x"), "/"),
        (Some(""), "/"),
        (None, "/"),
    ] {
        assert_eq!(safe_next(given), went);
    }
}
