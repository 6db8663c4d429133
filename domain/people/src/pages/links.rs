//! The pages behind a link that works once: the set-up, and a new password.

use super::doors::{Field, From, PASSWORD_HINT, Sent, again, brand, form, is_theirs, keeper, signed_in};
use crate::users::{self, NewUser};
use crate::{door, links, passwords, sessions, sign_in};
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Response;
use axum::routing::get;
use base::{Actor, Door, Role, Secret};
use maud::{Markup, html};
use serde::Deserialize;
use web::{App, Path, Result, ui};

/// The pages behind links.
pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/password", get(forgotten_page))
        .route("/password/{link}", get(password_page).post(set_password))
        .route("/setup/{link}", get(setup_page).post(set_up))
}

async fn forgotten_page(State(app): State<App>) -> Result<Markup> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    let admins = users::admins(&mut tx).await?;
    let content = html! {
        div.stack {
            div { (brand()) h1 { "Set a new password" } }
            p { "Ask " (keeper(&admins).unwrap_or_else(|| "an administrator of this server".to_owned())) ", for a password link. It works once, for seven days, and whoever opens it chooses a new password." }
            p { a.btn.block href="/login" { "Back to the sign-in" } }
        }
    };
    Ok(ui::door("Set a new password", content))
}

#[derive(Deserialize)]
struct NewPassword {
    password: Option<Secret>,
}

fn password_form(link: &str, name: &str, problem: Option<&str>) -> Markup {
    let word = Field {
        label: "New password",
        kind: "password",
        name: "password",
        complete: "new-password",
        value: "",
        is_next: true,
    };
    let fields = html! {
        (word.shown(html! {}, PASSWORD_HINT))
        p.t-s.dim { "Wherever you are signed in with the old one, you are signed out." }
    };
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
    let name = Field {
        label: "Your name",
        kind: "text",
        name: "name",
        complete: "name",
        value: &given.name,
        is_next: true,
    };
    let at = Field {
        label: "Email",
        kind: "email",
        name: "email",
        complete: "username",
        value: &given.email,
        is_next: false,
    };
    let word = Field {
        label: "Password",
        kind: "password",
        name: "password",
        complete: "new-password",
        value: "",
        is_next: false,
    };
    let fields = html! {
        p.t-s.dim { "You become the first administrator, and nobody else can use this link." }
        (name.shown(html! {}, ""))
        (at.shown(html! {}, "You sign in with it."))
        (word.shown(html! {}, PASSWORD_HINT))
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
