//! Who answers for a project, what it is called, who sees it, and whether it is in use.

use super::{access_words, address, only_looks, open, page, people, privacy_words};
use crate::projects::{self, Access, Privacy, Project, ProjectChange};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::Right;
use base::id::{ProjectId, TeamId, UserId};
use maud::{Markup, html};
use people::RightSet;
use people::teams::{self, Team};
use people::users::User;
use web::ui::{self, Frame, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/projects/{project}", get(shown).post(change))
        .route("/settings/projects/{project}/use/{what}", post(put_away))
        .route("/settings/projects/{project}/delete", post(delete))
        .route("/settings/projects/{project}/restore", post(restore))
}

async fn shown(State(app): State<App>, frame: Frame, Path(id): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let (people, teams) = (people(&mut tx).await?, teams::list(&mut tx).await?);
    let content = html! {
        (only_looks(held, Right::Edit, "in this project"))
        @if held.contains(Right::Edit) { (form(&project, held, &people, &teams)) } @else { (facts(&project, &people)) }
        @if held.contains(Right::Edit) { section.block.danger-zone { div.row.wrap {
            @if project.archived { (ui::press(&address(id, "/use/on"), "", "Take out of the archive")) }
            @else { (ui::press(&address(id, "/use/off"), "", "Archive the project")) }
            @if held.contains(Right::Admin) { (ui::press(&address(id, "/delete"), "danger", "Delete the project")) }
        } p.t-s.dim { "An archived project keeps its tasks and leaves the lists. A deleted one can be brought back for as long as the trash keeps it." } } }
    };
    Ok(page(&frame, &project, "", content))
}

fn facts(project: &Project, people: &[User]) -> Markup {
    let owner = people.iter().find(|user| project.owner == Some(user.id));
    html! {
        dl.kv {
            dt { "Name" } dd.long { (project.name) }
            dt { "Owner" } dd { (owner.map_or("nobody", |user| user.name.as_str())) }
            dt { "Who sees it" } dd { (privacy_words(project.privacy)) }
            dt { "They" } dd { (access_words(project.default_access)) }
        }
    }
}

fn form(project: &Project, held: RightSet, people: &[User], teams: &[Team]) -> Markup {
    // An owner who was deactivated is not among those who can be chosen.
    let is_listed = project.owner.is_none_or(|owner| people.iter().any(|user| user.id == owner));
    html! {
        form.form method="post" action=(address(project.id, "")) data-morph {
            (ui::field("Name", "name", "text", &project.name, "", None))
            @if held.contains(Right::Admin) {
                label.field { span { "Owner" } select.input name="owner" {
                    (ui::option("", "Nobody", project.owner.is_none()))
                    @if !is_listed { (ui::option("same", "Somebody who is not here any more", true)) }
                    @for user in people { (ui::option(&user.id.to_string(), &user.name, project.owner == Some(user.id))) }
                } small { "Who answers for it. The owner may change everything." } }
                label.field { span { "Who sees it without being invited" } select.input name="privacy" {
                    @for privacy in Privacy::ALL { (ui::option(privacy.as_str(), privacy_words(*privacy), project.privacy == *privacy)) }
                } }
                label.field { span { "Team" } select.input name="team" {
                    @for team in teams { (ui::option(&team.id.to_string(), &team.name, project.team == Some(team.id))) }
                } }
                label.field { span { "And they" } select.input name="access" {
                    @for access in Access::ALL { (ui::option(access.as_str(), access_words(*access), project.default_access == *access)) }
                } small { "Single people and teams are told apart under Rights." } }
            } @else { p.t-s.dim { "Owner and privacy are for those who administer the project." } }
            (ui::refusal())
            div.row { button.btn.primary { "Save" } }
        }
    }
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<ProjectId>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let before = projects::get(&mut tx, id).await?;
    let owner = match pairs.opt("owner") {
        None | Some("same") => None,
        Some("") => Some(None),
        Some(user) => Some(Some(user.parse::<UserId>()?)),
    };
    // Only what differs is asked for: the rest may take a right that the person does not have.
    let change = ProjectChange {
        name: pairs.opt("name").filter(|name| *name != before.name).map(str::to_owned),
        owner: owner.filter(|owner| *owner != before.owner),
        privacy: pairs.parsed::<Privacy>("privacy")?.filter(|privacy| *privacy != before.privacy),
        team: pairs.parsed::<TeamId>("team")?.filter(|team| before.team != Some(*team)),
        default_access: pairs.parsed::<Access>("access")?.filter(|access| *access != before.default_access),
        ..ProjectChange::default()
    };
    let project = projects::change(&mut tx, id, change).await?;
    tx.commit().await?;
    Ok(done(&address(id, ""), &format!("{} is saved", project.name)))
}

async fn put_away(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, what)): Path<(ProjectId, String)>,
) -> Result<Response> {
    let (archived, said, back) = match what.as_str() {
        "off" => (true, "is archived", "/use/on"),
        "on" => (false, "is in use again", "/use/off"),
        _ => return Err(base::Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    let mut tx = app.db.write(&actor).await?;
    let change = ProjectChange { archived: Some(archived), ..ProjectChange::default() };
    let project = projects::change(&mut tx, id, change).await?;
    tx.commit().await?;
    Ok(done_with_undo(&address(id, ""), &format!("{} {said}", project.name), Undo(address(id, back))))
}

async fn delete(State(app): State<App>, Auth(actor): Auth, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let project = projects::get(&mut tx, id).await?;
    projects::delete(&mut tx, id).await?;
    tx.commit().await?;
    let undo = Undo(address(id, "/restore"));
    Ok(done_with_undo(super::HERE, &format!("{} is deleted", project.name), undo))
}

async fn restore(State(app): State<App>, Auth(actor): Auth, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let project = projects::restore(&mut tx, id).await?;
    tx.commit().await?;
    Ok(done(&address(id, ""), &format!("{} is back", project.name)))
}
