//! Who is here: the list, invitations, and one person with their role.

use super::parts::{picture, role_field, role_meaning, role_name, role_said};
use crate::users::{self, NewUser, User, UserChange, UserFilter};
use crate::{links, teams};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::UserId;
use base::{Role, Secret};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Pairs, Path, Query, Result};

const HERE: &str = "/settings/people";
const SHOWN: usize = 100;

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(list).post(invite))
        .route("/settings/people/{user}", get(one).post(change))
        .route("/settings/people/{user}/reactivate", post(reactivate))
        .route("/settings/people/{user}/password-link", post(password_link))
}

/// Which people are shown.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    q: Option<String>,
    #[serde(default)]
    gone: bool,
    after: Option<UserId>,
}

/// What was made a moment ago and is shown once.
struct Made<'a> {
    user: &'a User,
    link: String,
}

async fn list(State(app): State<App>, frame: Frame, Query(shown): Query<Shown>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    page(&mut tx, &frame, &shown, None).await
}

async fn page(tx: &mut Tx, frame: &Frame, shown: &Shown, made: Option<Made<'_>>) -> Result<Markup> {
    let filter = UserFilter {
        query: shown.q.clone().filter(|query| !query.trim().is_empty()),
        include_inactive: shown.gone,
        after: shown.after,
        limit: SHOWN + 1,
        ..UserFilter::default()
    };
    let mut people = users::list(tx, &filter).await?;
    let has_more = people.len() > SHOWN;
    people.truncate(SHOWN);
    let is_admin = frame.actor.role == Role::Admin;
    let content = html! {
        @if let Some(made) = &made { (link_once(made)) }
        (search(shown))
        @if people.is_empty() { (ui::empty("Nobody is found. Search for part of a name or an address.")) } @else { (table(&people)) }
        @if let Some(last) = people.last().filter(|_| has_more) { p { a.btn href={ (HERE) "?" (next(shown, last)) } { "More people" } } }
        @if is_admin { section.block #invite { div.block-head { h2 { "Invite somebody" } } (invitation()) } }
    };
    Ok(ui::settings(frame, Page::new("People"), HERE, content))
}

fn next(shown: &Shown, last: &User) -> String {
    let mut pairs = vec![("after", last.id.to_string())];
    pairs.extend(shown.q.clone().map(|q| ("q", q)));
    pairs.extend(shown.gone.then(|| ("gone", "true".to_owned())));
    ui::query(pairs)
}

fn search(shown: &Shown) -> Markup {
    html! {
        form.inline method="get" action=(HERE) role="search" {
            label.field { span.vh { "Name or address" } input.input type="search" name="q" value=(shown.q.as_deref().unwrap_or_default()) placeholder="Name or address"; }
            (ui::tick("gone", "true", shown.gone, "also who was deactivated"))
            button.btn { "Search" }
        }
    }
}

fn table(people: &[User]) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "Name" } th { "Address" } th { "Role" } } }
            tbody {
                @for user in people {
                    tr {
                        td { div.row { (picture(user)) a.strong.long href={ (HERE) "/" (user.id) } { (user.name) } @if !user.active { (ui::chip("", "deactivated")) } } }
                        td.dim.long { (user.email) }
                        td.dim { (role_name(user.role)) }
                    }
                }
            }
        }
    }
}

fn invitation() -> Markup {
    html! {
        form.form method="post" action=(HERE) data-morph {
            (ui::field("Email", "email", "email", "", "They sign in with it.", None))
            (ui::field("Name", "name", "text", "", "Left empty, it is the first part of the address.", None))
            (role_field(Role::Member))
            p.t-s.dim { "You get a link with which they set their password. Give it to them yourself: such links are not mailed." }
            (ui::refusal())
            div.row { button.btn.primary { "Invite" } }
        }
    }
}

fn link_once(made: &Made) -> Markup {
    let title = format!("A password link for {}", made.user.name);
    ui::once(
        &title,
        &made.link,
        "Copy it now: it is shown only this once. It works once, for seven days, and whoever opens it chooses the password.",
    )
}

fn address(app: &App, link: &Secret) -> String {
    app.link(&format!("/password/{}", link.reveal()))
}

async fn invite(State(app): State<App>, frame: Frame, pairs: Pairs) -> Result<Markup> {
    let new = NewUser {
        email: pairs.get("email").to_owned(),
        name: pairs.filled("name").map(str::to_owned),
        role: pairs.parsed("role")?.unwrap_or(Role::Member),
        password: None,
    };
    let mut tx = app.db.write(&frame.actor).await?;
    let user = users::create(&mut tx, new).await?;
    let link = links::make_password(&mut tx, user.id).await?;
    let made = Made { user: &user, link: address(&app, &link) };
    let markup = page(&mut tx, &frame, &Shown::default(), Some(made)).await?;
    tx.commit().await?;
    Ok(markup)
}

async fn one(State(app): State<App>, frame: Frame, Path(id): Path<UserId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    person(&mut tx, &frame, id, None).await
}

async fn person(tx: &mut Tx, frame: &Frame, id: UserId, link: Option<String>) -> Result<Markup> {
    let user = users::get(tx, id).await?;
    let teams = teams::of_user(tx, id).await?;
    let is_admin = frame.actor.role == Role::Admin;
    let content = html! {
        @if let Some(link) = link { (link_once(&Made { user: &user, link })) }
        div.row.row-3 {
            (picture(&user))
            div.grow { p.strong.long { (user.name) } p.dim.long { (user.email) " · " (role_meaning(user.role)) } }
            @if !user.active { (ui::chip("amber", "deactivated")) }
        }
        dl.kv.block {
            dt { "Here since" } dd { (frame.time(user.created_at)) }
            dt { "Time zone" } dd { (user.time_zone) }
            dt { "Teams" } dd { @for team in &teams { a.chip href={ "/settings/teams/" (team.id) } { (team.name) } } @if teams.is_empty() { "none that you see" } }
        }
        @if is_admin { (administration(&user)) }
    };
    let page = Page::new(&user.name).crumb("People", HERE);
    Ok(ui::settings(frame, page, HERE, content))
}

fn administration(user: &User) -> Markup {
    let path = format!("{HERE}/{}", user.id);
    html! {
        section.block {
            div.block-head { h2 { "Change" } }
            form.form method="post" action=(path) data-morph {
                (ui::field("Name", "name", "text", &user.name, "", None))
                (ui::field("Email", "email", "email", &user.email, "They sign in with it.", None))
                (role_field(user.role))
                (ui::refusal())
                div.row { button.btn.primary { "Save" } }
            }
        }
        section.block {
            div.block-head { h2 { "Access" } }
            div.row.wrap {
                @if user.active { (ui::press(&format!("{path}/password-link"), "", "Make a password link")) }
                a.btn href={ "/settings/tokens?user=" (user.id) } { "Tokens" }
                a.btn href={ "/settings/sessions?user=" (user.id) } { "Sessions" }
                @if user.active { a.btn.danger href={ (path) "/leave" } { "Deactivate " (user.name) } }
                @else { (ui::press(&format!("{path}/reactivate"), "", &format!("Let {} in again", user.name))) }
            }
        }
    }
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<UserId>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let before = users::get(&mut tx, id).await?;
    let change = UserChange {
        name: pairs.filled("name").map(str::to_owned),
        email: pairs.filled("email").map(str::to_owned),
        role: pairs.parsed("role")?,
        ..UserChange::default()
    };
    let user = users::change(&mut tx, id, change).await?;
    tx.commit().await?;
    let said = match before.role == user.role {
        true => format!("{} is saved", user.name),
        false => format!("{} is {} now", user.name, role_said(user.role)),
    };
    Ok(done(&format!("{HERE}/{id}"), &said))
}

async fn reactivate(State(app): State<App>, Auth(actor): Auth, Path(id): Path<UserId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::change(&mut tx, id, UserChange { active: Some(true), ..UserChange::default() }).await?;
    tx.commit().await?;
    Ok(done(
        &format!("{HERE}/{id}"),
        &format!("{} may come in again, with a new password link if they need one", user.name),
    ))
}

async fn password_link(State(app): State<App>, frame: Frame, Path(id): Path<UserId>) -> Result<Markup> {
    let mut tx = app.db.write(&frame.actor).await?;
    let link = links::make_password(&mut tx, id).await?;
    let markup = person(&mut tx, &frame, id, Some(address(&app, &link))).await?;
    tx.commit().await?;
    Ok(markup)
}
