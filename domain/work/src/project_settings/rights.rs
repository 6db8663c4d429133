//! Who may do what in a project.

use super::{access_words, address, only_looks, open, page, people, privacy_words};
use crate::members::{self, Member, Party};
use crate::projects::{Access, Privacy, Project};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{AnyId, ProjectId};
use base::{Error, Right};
use maud::{Markup, html};
use people::teams::{self, Team};
use people::users::User;
use web::ui::{self, Frame, done};
use web::{App, Auth, Pairs, Path, Result};

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/projects/{project}/rights", get(shown).post(share))
        .route("/settings/projects/{project}/rights/{member}", post(change))
        .route("/settings/projects/{project}/rights/{member}/end", post(end))
}

async fn shown(State(app): State<App>, frame: Frame, Path(id): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let members = members::list(&mut tx, id).await?;
    let (people, teams) = (people(&mut tx).await?, teams::list(&mut tx).await?);
    let runs = held.contains(Right::Admin);
    let content = html! {
        (only_looks(held, Right::Admin, "in this project"))
        table.table.cards {
            thead { tr { th { "Who" } th { "What they may" } th { span.vh { "Actions" } } } }
            tbody {
                tr { td.strong { "Administrators" } td.dim { "May do everything, everywhere" } td {} }
                (audience(&project, &teams))
                @for member in &members { (row(&frame, &project, member, runs)) }
            }
        }
        @if runs { (share_form(&project, &members, &people, &teams)) }
    };
    Ok(page(&frame, &project, "/rights", content))
}

/// Whoever sees the project without being invited.
fn audience(project: &Project, teams: &[Team]) -> Markup {
    let team =
        teams.iter().find(|team| project.team == Some(team.id)).map_or("its team", |team| team.name.as_str());
    html! {
        @if project.privacy != Privacy::Private {
            tr {
                td.strong { @if project.privacy == Privacy::Team { "Team " (team) } @else { (privacy_words(project.privacy)) } }
                td.dim { (access_words(project.default_access)) }
                td.acts { a.t-s href=(address(project.id, "")) { "General" } }
            }
        }
    }
}

fn row(frame: &Frame, project: &Project, member: &Member, runs: bool) -> Markup {
    let is_me = matches!(member.party, Party::User(user) if frame.actor.user == Some(user));
    let path = address(project.id, &format!("/rights/{}", member.id));
    let name = &member.name;
    html! {
        tr {
            td {
                div.row {
                    @match member.party {
                        Party::User(user) => (ui::avatar(user, name, "")),
                        Party::Team(_) => span.chip { "team" },
                    }
                    span.strong.long { (name) }
                }
            }
            td {
                @if runs {
                    form.inline method="post" action=(path) data-morph {
                        select.input name="access" data-send aria-label={ "What " (name) " may" } { (accesses(member.access)) }
                        noscript { button.btn.sm { "Save" } }
                        (ui::refusal())
                    }
                } @else { span.dim { (access_words(member.access)) } }
            }
            td.acts { @if runs || is_me { (ui::press_icon(&format!("{path}/end"), "x", &format!("Take {name} out of the project"))) } }
        }
    }
}

fn accesses(chosen: Access) -> Markup {
    html! { @for access in Access::ALL { (ui::option(access.as_str(), access_words(*access), chosen == *access)) } }
}

fn share_form(project: &Project, members: &[Member], people: &[User], teams: &[Team]) -> Markup {
    let is_in = |party: Party| members.iter().any(|member| member.party == party);
    html! {
        section.block {
            div.block-head { h2 { "Share it" } }
            form.form method="post" action=(address(project.id, "/rights")) data-morph {
                label.field { span { "With" } select.input name="with" {
                    optgroup label="People" { @for user in people.iter().filter(|user| !is_in(Party::User(user.id))) { (ui::option(&format!("user:{}", user.id), &user.name, false)) } }
                    optgroup label="Teams" { @for team in teams.iter().filter(|team| !is_in(Party::Team(team.id))) { (ui::option(&format!("team:{}", team.id), &team.name, false)) } }
                } }
                label.field { span { "They" } select.input name="access" { (accesses(Access::Editor)) } }
                (ui::refusal())
                div.row { button.btn.primary { "Share" } }
            }
        }
    }
}

fn party(text: &str) -> base::Result<Party> {
    match text.split_once(':') {
        Some(("user", id)) => Ok(Party::User(id.parse()?)),
        Some(("team", id)) => Ok(Party::Team(id.parse()?)),
        _ => Err(Error::invalid("party.missing", "Choose a person or a team")),
    }
}

fn access(pairs: &Pairs) -> base::Result<Access> {
    Access::parse(pairs.get("access"))
}

async fn share(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<ProjectId>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let member = members::put(&mut tx, id, party(pairs.get("with"))?, access(&pairs)?).await?;
    tx.commit().await?;
    Ok(done(&address(id, "/rights"), &format!("The project is shared with {}", member.name)))
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, member)): Path<(ProjectId, AnyId)>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let member = members::change(&mut tx, member, access(&pairs)?).await?;
    tx.commit().await?;
    let may = access_words(member.access);
    let may = may.strip_prefix("May ").unwrap_or(may);
    Ok(done(&address(id, "/rights"), &format!("{} may {may} now", member.name)))
}

async fn end(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, member)): Path<(ProjectId, AnyId)>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let member = members::get(&mut tx, member).await?;
    members::delete(&mut tx, member.id).await?;
    // Whoever leaves a private project sees it no more.
    let next = if crate::projects::get(&mut tx, id).await.is_ok() {
        address(id, "/rights")
    } else {
        super::HERE.to_owned()
    };
    tx.commit().await?;
    Ok(done(&next, &format!("{} is out of the project", member.name)))
}
