//! The pages of people who are not signed in yet: the sign-in, the set-up and the password link.

use crate::users::NewUser;
use crate::{door, links, passwords, sessions, sign_in, workspace};
use axum::Router;
use axum::extract::{ConnectInfo, Form, FromRequestParts, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base::{Actor, Door, Error, Kind, Role, Secret};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::SocketAddr;
use web::{App, Maybe, Path, Query, Result, ui};

/// The pages of this crate.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/login", get(login_page).post(login))
        .route("/logout", post(logout))
        .route("/password", get(forgotten_page))
        .route("/password/{link}", get(password_page).post(set_password))
        .route("/setup/{link}", get(setup_page).post(set_up))
}

/// From where a request comes. Behind a proxy on the same machine it is the address that the proxy names.
struct From(sign_in::From);

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
type Sent<T> = std::result::Result<Form<T>, axum::extract::rejection::FormRejection>;

/// A form's answer: the page again with a sentence, or the way on with a session.
fn again(error: &Error, page: Markup) -> Response {
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
fn is_theirs(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Unauthenticated | Kind::Limited { .. } | Kind::Conflict)
}

fn cookie(app: &App, value: &str, lasts_s: u64) -> Result<HeaderValue> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{secure}", door::COOKIE);
    let value = HeaderValue::from_str(&text);
    Ok(value.map_err(|error| Error::bug("session.cookie", "A cookie is a header").because(error))?)
}

fn signed_in(app: &App, secret: &Secret, next: &str) -> Result<Response> {
    let mut response = Redirect::to(next).into_response();
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

fn brand() -> Markup {
    html! {
        span.brand {
            span.signal data-is="green" role="img" aria-label="green" { i {} i {} i {} } " Signalbox"
        }
    }
}

fn field(label: &str, kind: &str, name: &str, complete: &str, value: &str) -> Markup {
    html! {
        label.field {
            span { (label) }
            input.input type=(kind) name=(name) autocomplete=(complete) value=(value) required;
        }
    }
}

fn form(action: &str, title: &str, problem: Option<&str>, fields: Markup, button: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            div { (brand()) h1 { (title) } }
            @if let Some(problem) = problem { p.note role="alert" data-is="red" { (problem) } }
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
    let title = format!("Sign in to {workspace}");
    let fields = html! {
        input type="hidden" name="next" value=(next);
        (field("Email", "email", "email", "username", email))
        (field("Password", "password", "password", "current-password", ""))
    };
    let content = html! {
        div {
            (form("/login", &title, problem, fields, "Sign in"))
            p.t-s.dim { a href="/password" { "Set a new password" } }
        }
    };
    Ok(ui::door("Sign in", content))
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

async fn forgotten_page() -> Markup {
    let content = html! {
        div {
            div { (brand()) h1 { "Set a new password" } }
            p { "Ask an administrator of this server for a password link. It works once, and whoever opens it chooses a new password." }
            p { a href="/login" { "Back to the sign-in" } }
        }
    };
    ui::door("Set a new password", content)
}

#[derive(Deserialize)]
struct NewPassword {
    password: Option<Secret>,
}

fn password_form(link: &str, name: &str, problem: Option<&str>) -> Markup {
    let fields = field("New password", "password", "password", "new-password", "");
    let title = format!("A new password for {name}");
    ui::door(
        "Set a new password",
        form(&format!("/password/{link}"), &title, problem, fields, "Set password"),
    )
}

async fn password_page(State(app): State<App>, Path(link): Path<String>) -> Result<Markup> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    let user = links::check_password(&mut tx, &link).await?;
    Ok(password_form(&link, &user.name, None))
}

async fn set_password(
    State(app): State<App>,
    Path(link): Path<String>,
    From(from): From,
    form: Sent<NewPassword>,
) -> Result<Response> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    let user = links::check_password(&mut tx, &link).await?;
    drop(tx);
    let password = form.ok().and_then(|Form(form)| form.password).unwrap_or_else(|| Secret::new(""));
    let password = match passwords::hash(password).await {
        Ok(password) => password,
        Err(error) if is_theirs(&error) => {
            return Ok(again(&error, password_form(&link, &user.name, Some(error.message()))));
        }
        Err(error) => return Err(error.into()),
    };
    let mut tx = app.db.write(&door::actor_of(&user, Door::Web)).await?;
    links::use_password(&mut tx, &link, &password).await?;
    let secret = sessions::start(&mut tx, &from.address, &from.agent).await?;
    tx.commit().await?;
    signed_in(&app, &secret, "/")
}

#[derive(Deserialize, Default)]
struct SetUp {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    password: Option<Secret>,
}

fn setup_form(link: &str, given: &SetUp, problem: Option<&str>) -> Markup {
    let fields = html! {
        p.t-s.dim { "You become the first administrator, and nobody else can use this link." }
        (field("Your name", "text", "name", "name", &given.name))
        (field("Email", "email", "email", "username", &given.email))
        (field("Password", "password", "password", "new-password", ""))
    };
    ui::door(
        "Set up Signalbox",
        form(&format!("/setup/{link}"), "Set up Signalbox", problem, fields, "Start"),
    )
}

async fn setup_page(State(app): State<App>, Path(link): Path<String>) -> Result<Markup> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    links::check_setup(&mut tx, &link).await?;
    Ok(setup_form(&link, &SetUp::default(), None))
}

async fn set_up(
    State(app): State<App>,
    Path(link): Path<String>,
    From(from): From,
    form: Sent<SetUp>,
) -> Result<Response> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    links::check_setup(&mut tx, &link).await?;
    drop(tx);
    let mut given = form.map_or_else(|_| SetUp::default(), |Form(form)| form);
    let password = given.password.take().unwrap_or_else(|| Secret::new(""));
    match become_first(&app, &link, &given, password, &from).await {
        Ok(secret) => signed_in(&app, &secret, "/"),
        Err(error) if is_theirs(&error) => {
            Ok(again(&error, setup_form(&link, &given, Some(error.message()))))
        }
        Err(error) => Err(error.into()),
    }
}

async fn become_first(
    app: &App,
    link: &str,
    given: &SetUp,
    password: Secret,
    from: &sign_in::From,
) -> base::Result<Secret> {
    let password = passwords::hash(password).await?;
    let new = NewUser {
        email: given.email.clone(),
        name: Some(given.name.clone()),
        role: Role::Admin,
        password: Some(password),
    };
    let mut tx = app.db.write(&Actor::stranger()).await?;
    let admin = links::use_setup(&mut tx, link, new).await?;
    tx.become_actor(door::actor_of(&admin, Door::Web));
    let secret = sessions::start(&mut tx, &from.address, &from.agent).await?;
    tx.commit().await?;
    Ok(secret)
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
