//! My profile: name, photo, time zone, password, and how Signalbox looks in this browser.

use super::parts::{photo_path, role_meaning};
use crate::users::{self, User, UserChange};
use crate::{sessions, users::api};
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Actor, Error, Role, Secret};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page, done, themed};
use web::{App, Auth, Form, Result};

const HERE: &str = "/settings/profile";

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(shown).post(change))
        .route("/settings/profile/photo", post(set_photo))
        .route("/settings/profile/photo/remove", post(remove_photo))
        .route("/settings/profile/password", post(set_password))
        .route("/settings/profile/appearance", post(appearance))
}

async fn shown(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let me = users::find(&mut tx, "me").await?;
    let has_password =
        users::password_of(&mut tx, &me.email).await?.is_some_and(|(_, stored)| stored.is_some());
    let content = html! {
        section { (photo(&me)) }
        section.block {
            form.form method="post" action=(HERE) data-morph {
                (ui::field("Name", "name", "text", &me.name, "How others see you.", None))
                (zone_field(&me.time_zone))
                p.t-s.dim { (me.email) " · " (role_meaning(me.role)) "." @if me.role != Role::Admin { " An administrator changes these." } }
                (ui::refusal())
                div.row { button.btn.primary { "Save profile" } }
            }
        }
        section.block { div.block-head { h2 { "Appearance in this browser" } } (appearance_form(frame.theme())) }
        section.block { div.block-head { h2 { "Password" } } (password_form(has_password)) }
    };
    Ok(ui::settings(&frame, Page::new("Profile"), HERE, content))
}

fn photo(me: &User) -> Markup {
    let path = photo_path(me);
    html! {
        form.row.row-3.wrap method="post" action="/settings/profile/photo" enctype="multipart/form-data" data-morph {
            @if path.is_none() { (ui::avatar(me.id, &me.name, "photo")) }
            img.photo #photo-preview src=(path.as_deref().unwrap_or("data:,")) alt="Your photo" width="64" height="64" hidden[path.is_none()];
            div.grow {
                label.field { span { "Photo" }
                    input type="file" name="photo" accept="image/png,image/jpeg,image/gif,image/webp" required data-preview="photo-preview" aria-describedby="photo-note";
                    small #photo-note { "A PNG, JPEG, GIF or WebP image of at most 2 MB." }
                }
                (ui::refusal())
            }
            button.btn { "Use this photo" }
        }
        @if path.is_some() { (ui::press("/settings/profile/photo/remove", "quiet sm", "Remove the photo")) }
    }
}

fn zone_field(zone: &str) -> Markup {
    html! {
        div.field {
            span { label for="zone" { "Time zone" } }
            input.input #zone name="time_zone" value=(zone) list="zones" autocomplete="off" aria-describedby="zone-note";
            datalist #zones { @for name in base::jiff::tz::db().available() { option value=(name.as_str()) {} } }
            small #zone-note { "All times are shown in it. Write it like Europe/Berlin. " }
            button.btn.quiet.sm type="button" data-zone="zone" hidden {}
        }
    }
}

fn appearance_form(theme: &str) -> Markup {
    html! {
        form.form method="post" action="/settings/profile/appearance" data-morph {
            label.field { span { "Theme" }
                select.input name="theme" data-theme-choice {
                    (ui::option("auto", "As the system has it", theme == "auto"))
                    (ui::option("light", "Light", theme == "light"))
                    (ui::option("dark", "Dark", theme == "dark"))
                }
            }
            div {
                label.tick { input.check type="checkbox" data-single-keys disabled checked; " " span { "Single keys do things, such as " kbd { "j" } " and " kbd { "k" } " for next and previous" } }
                p.t-s.dim { "Press " kbd { "?" } " for all of them. Switch them off if a screen reader or dictation uses single keys. This is kept in this browser and takes scripts." }
            }
            div.row { button.btn { "Save appearance" } }
        }
    }
}

fn password_form(has_password: bool) -> Markup {
    html! {
        form.form method="post" action="/settings/profile/password" data-morph data-reset {
            @if has_password {
                label.field { span { "Current password" } input.input type="password" name="current" autocomplete="current-password" required; }
            } @else { p.dim { "You have no password yet." } }
            label.field { span { "New password" } input.input type="password" name="password" autocomplete="new-password" minlength="8" required;
                small { "At least 8 characters. Everywhere else you are signed out; here you stay." } }
            (ui::refusal())
            div.row { button.btn { "Set password" } }
        }
    }
}

#[derive(Deserialize)]
struct Profile {
    name: String,
    time_zone: String,
}

async fn change(State(app): State<App>, Auth(actor): Auth, Form(new): Form<Profile>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let me = users::require_signed_in(&tx)?;
    let change = UserChange { name: Some(new.name), time_zone: Some(new.time_zone), ..UserChange::default() };
    users::change(&mut tx, me, change).await?;
    tx.commit().await?;
    Ok(done(HERE, "Your profile is saved"))
}

async fn set_photo(
    State(app): State<App>,
    Auth(actor): Auth,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    let broken = || Error::invalid("photo.malformed", "The photo did not arrive whole; choose it again");
    let mut parts = parts.map_err(|error| broken().because(error))?;
    while let Some(part) = parts.next_field().await.map_err(|error| broken().because(error))? {
        if part.name() == Some("photo") {
            let image = part.bytes().await.map_err(|error| broken().because(error))?;
            api::check_photo(&image)?;
            let blob = app.blobs.put(&image).await?;
            return put_photo(&app, &actor, Some(blob.hash.to_string()), "This is your photo now").await;
        }
    }
    Err(Error::invalid("photo.missing", "Choose a photo first").into())
}

async fn remove_photo(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    put_photo(&app, &actor, None, "The photo is removed").await
}

async fn put_photo(app: &App, actor: &Actor, photo: Option<String>, said: &str) -> Result<Response> {
    let mut tx = app.db.write(actor).await?;
    let me = users::require_signed_in(&tx)?;
    users::change(&mut tx, me, UserChange { photo: Some(photo), ..UserChange::default() }).await?;
    tx.commit().await?;
    Ok(done(HERE, said))
}

#[derive(Deserialize)]
struct NewPassword {
    current: Option<Secret>,
    password: Secret,
}

async fn set_password(
    State(app): State<App>,
    Auth(actor): Auth,
    headers: HeaderMap,
    Form(new): Form<NewPassword>,
) -> Result<Response> {
    let hash = api::new_password(&app, &actor, "me", new.current, new.password).await?;
    let mut tx = app.db.write(&actor).await?;
    let me = users::require_signed_in(&tx)?;
    let here = sessions::of_request(&mut tx, &headers).await?;
    users::set_password(&mut tx, me, &hash).await?;
    // Every session ends with the old password; this one goes on as a new one.
    let secret = match here {
        Some(session) => Some(sessions::start(&mut tx, &session.address, &session.agent).await?),
        None => None,
    };
    tx.commit().await?;
    let answer = done(HERE, "The new password is set, and everywhere else you are signed out");
    match secret {
        Some(secret) => super::doors::with_session(&app, answer, &secret),
        None => Ok(answer),
    }
}

#[derive(Deserialize)]
struct Appearance {
    theme: String,
}

async fn appearance(Auth(_): Auth, Form(new): Form<Appearance>) -> Response {
    themed(done(HERE, "The appearance is saved in this browser"), &new.theme)
}
