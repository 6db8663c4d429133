//! Teams and who is in them.

use super::parts::{counted, picture};
use crate::teams::{self, Team, TeamChange};
use crate::users::{self, User, UserFilter};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::Role;
use base::id::{TeamId, UserId};
use maud::{Markup, html};
use web::ui::{self, Frame, Page, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

const HERE: &str = "/settings/teams";
/// People offered in one list; beyond it the address is typed.
const OFFERED: usize = 500;

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(list).post(make))
        .route("/settings/teams/{team}", get(one).post(change))
        .route("/settings/teams/{team}/delete", post(delete))
        .route("/settings/teams/{team}/members", post(add))
        .route("/settings/teams/{team}/members/{user}/{what}", post(put))
}

async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let teams = teams::list(&mut tx).await?;
    let sizes = teams::sizes(&mut tx).await?;
    let size = |team: &Team| sizes.get(&team.id).copied().unwrap_or(0);
    let content = html! {
        p.lead { "A team can be given rights like a person. Whoever joins it gets what it was given." }
        ul.rows {
            @for team in &teams {
                li { a.item href={ (HERE) "/" (team.id) } {
                    span.strong.long { (team.name) } span.dim.grow.clip { (team.description) }
                    span.dim.nowrap { (counted(size(team), "person", "people")) }
                } }
            }
        }
        @if frame.actor.role != Role::Guest {
            section.block {
                div.block-head { h2 { "New team" } }
                form.form method="post" action=(HERE) data-morph {
                    (ui::field("Name", "name", "text", "", "", None))
                    (ui::field("What it is for", "description", "text", "", "You are in it from the start.", None))
                    (ui::refusal())
                    div.row { button.btn.primary { "Make team" } }
                }
            }
        }
    };
    Ok(ui::settings(&frame, Page::new("Teams"), HERE, content))
}

async fn one(State(app): State<App>, frame: Frame, Path(id): Path<TeamId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let team = teams::get(&mut tx, id).await?;
    let members = teams::members(&mut tx, id).await?;
    let is_admin = frame.actor.role == Role::Admin;
    let is_in = members.iter().any(|user| frame.actor.user == Some(user.id));
    let runs = is_admin || (is_in && frame.actor.role == Role::Member && !team.is_everyone);
    let others = match runs && !team.is_everyone {
        true => users::list(&mut tx, &UserFilter { limit: OFFERED, ..UserFilter::default() }).await?,
        false => Vec::new(),
    };
    let others: Vec<&User> =
        others.iter().filter(|user| members.iter().all(|member| member.id != user.id)).collect();
    let content = html! {
        @if !team.description.is_empty() { p.lead.long { (team.description) } }
        @if team.is_everyone { p.note { "Every administrator and member is in this team, and no guest. It follows their roles." } }
        section.block {
            div.block-head { h2 { "Members " span.count { (members.len()) } } }
            @if members.is_empty() { (ui::empty("Nobody is in this team yet.")) }
            ul.rows { @for user in &members { li { div.item {
                (picture(user)) a.strong.grow.clip href={ "/settings/people/" (user.id) } { (user.name) }
                @if runs && !team.is_everyone { (ui::press_icon(&format!("{HERE}/{id}/members/{}/remove", user.id), "x", &format!("Take {} out of the team", user.name))) }
            } } } }
            @if !others.is_empty() { (add_form(id, &others)) }
        }
        @if runs { (change_form(&team, is_admin)) }
    };
    Ok(ui::settings(&frame, Page::new(&team.name).crumb("Teams", HERE), HERE, content))
}

fn add_form(id: TeamId, others: &[&User]) -> Markup {
    html! {
        form.inline method="post" action={ (HERE) "/" (id) "/members" } data-morph {
            label.field { span { "Add somebody" } select.input name="user" { @for user in others { (ui::option(&user.id.to_string(), &format!("{} · {}", user.name, user.email), false)) } } }
            button.btn { "Add to the team" }
            (ui::refusal())
        }
    }
}

fn change_form(team: &Team, is_admin: bool) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Change" } }
            form.form method="post" action={ (HERE) "/" (team.id) } data-morph {
                (ui::field("Name", "name", "text", &team.name, "", None))
                (ui::field("What it is for", "description", "text", &team.description, "", None))
                (ui::refusal())
                div.row { button.btn.primary { "Save" } }
            }
        }
        @if is_admin && !team.is_everyone {
            section.block.danger-zone {
                p.dim { "Deleting the team takes away what it was given. It cannot be undone." }
                (ui::press(&format!("{HERE}/{}/delete", team.id), "danger", &format!("Delete the team {}", team.name)))
            }
        }
    }
}

async fn make(State(app): State<App>, Auth(actor): Auth, pairs: Pairs) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let team = teams::create(&mut tx, pairs.get("name"), pairs.get("description")).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{}", team.id), &format!("The team {} is made", team.name)))
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<TeamId>,
    pairs: Pairs,
) -> Result<Response> {
    let text = |name: &str| pairs.opt(name).map(str::to_owned);
    let mut tx = app.db.write(&actor).await?;
    let change = TeamChange { name: text("name"), description: text("description") };
    teams::change(&mut tx, id, change).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{id}"), "The team is saved"))
}

async fn delete(State(app): State<App>, Auth(actor): Auth, Path(id): Path<TeamId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let team = teams::get(&mut tx, id).await?;
    teams::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(done(HERE, &format!("The team {} is deleted", team.name)))
}

async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<TeamId>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, pairs.get("user")).await?;
    teams::add(&mut tx, id, user.id).await?;
    tx.commit().await?;
    Ok(said(id, &user, true))
}

async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, user, what)): Path<(TeamId, UserId, String)>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::get(&mut tx, user).await?;
    let is_in = match what.as_str() {
        "add" => teams::add(&mut tx, id, user.id).await.map(|()| true)?,
        "remove" => teams::remove(&mut tx, id, user.id).await.map(|()| false)?,
        _ => return Err(base::Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    tx.commit().await?;
    Ok(said(id, &user, is_in))
}

fn said(id: TeamId, user: &User, is_in: bool) -> Response {
    let (text, back) = if is_in { ("is in the team", "remove") } else { ("is out of the team", "add") };
    let undo = Undo(format!("{HERE}/{id}/members/{}/{back}", user.id));
    done_with_undo(&format!("{HERE}/{id}"), &format!("{} {text}", user.name), undo)
}
