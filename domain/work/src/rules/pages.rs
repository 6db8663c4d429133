//! The rules of a project, as sentences, and the form that makes one.

mod choices;
#[cfg(test)]
mod tests;
mod words;

use super::{Rule, RuleChange};
use crate::project_settings::{self, address, only_looks, open, page};
use crate::{fields, projects, rules, sections};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{ProjectId, RuleId};
use base::{Error, Right};
use choices::Choices;
use maud::{Markup, html};
use web::ui::{self, Frame, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};
use words::Words;

/// Things that one rule made here does; the API takes more.
const ACTIONS: usize = 4;

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/projects/{project}/rules", get(list).post(create))
        .route("/settings/projects/{project}/rules/{rule}", get(one).post(change))
        .route("/settings/projects/{project}/rules/{rule}/{what}", post(put))
}

/// What rules speak of: sections, fields, people and other projects.
async fn choices(tx: &mut db::Tx, project: ProjectId) -> base::Result<Choices> {
    let filter = projects::Filter { archived: Some(false), team: None };
    let all = crate::page::Page::all(tx.limits());
    Ok(Choices {
        sections: sections::list(tx, project).await?,
        fields: fields::of_project(tx, project).await?.into_iter().map(|setting| setting.field).collect(),
        people: project_settings::people(tx).await?,
        projects: projects::list(tx, &filter, &all).await?.items,
    })
}

async fn list(State(app): State<App>, frame: Frame, Path(id): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let all = rules::list(&mut tx, id).await?;
    let choices = choices(&mut tx, id).await?;
    let words = Words(&choices);
    let changes = held.contains(Right::Edit);
    let content = html! {
        (only_looks(held, Right::Edit, "in this project"))
        @if all.is_empty() { (ui::empty("This project has no rule. A rule does something by itself, such as: when a task is moved to Done, complete it.")) }
        ul.rows { @for rule in &all { (row(&frame, &words, rule, changes)) } }
        @if changes { section.block { div.block-head { h2 { "New rule" } } (form(&choices, &address(id, "/rules"), None)) } }
    };
    Ok(page(&frame, &project, "/rules", content))
}

fn row(frame: &Frame, words: &Words, rule: &Rule, changes: bool) -> Markup {
    let path = address(rule.project, &format!("/rules/{}", rule.id));
    html! {
        li { div.item {
            div.grow {
                p.sentence { (words.sentence(rule)) }
                p.t-s.dim {
                    @if changes { a href=(path) { (rule.name) } } @else { (rule.name) }
                    " · " @match rule.runs { 0 => "has not run yet", 1 => "ran once", runs => { "ran " (runs) " times" } }
                    @if let Some(at) = rule.ran_at { ", last " (frame.time(at)) }
                }
                @if let Some(problem) = &rule.problem { p.t-s.r.long { "The last time it could not be carried out: " (problem) } }
            }
            @if !rule.is_enabled { (ui::chip("", "off")) }
            @if changes {
                @if rule.is_enabled { (ui::press(&format!("{path}/off"), "sm", "Switch off")) } @else { (ui::press(&format!("{path}/on"), "sm", "Switch on")) }
            }
        } }
    }
}

fn form(choices: &Choices, action: &str, rule: Option<&Rule>) -> Markup {
    html! {
        form.form.wide method="post" action=(action) data-morph {
            (ui::field("Name", "name", "text", rule.map_or("", |rule| rule.name.as_str()), "Comments and the history say it.", None))
            fieldset { legend { "When" } (choices.trigger(rule.map(|rule| &rule.trigger))) }
            fieldset {
                legend { "Then" }
                @for at in 0..ACTIONS { (choices.action(at, rule.and_then(|rule| rule.actions.get(at)))) }
            }
            (ui::refusal())
            div.row { button.btn.primary { @if rule.is_some() { "Save rule" } @else { "Make rule" } } }
        }
    }
}

async fn one(
    State(app): State<App>,
    frame: Frame,
    Path((id, rule)): Path<(ProjectId, RuleId)>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let rule = found(&mut tx, id, rule).await?;
    let choices = choices(&mut tx, id).await?;
    let path = address(id, &format!("/rules/{}", rule.id));
    let content = html! {
        p.lead.sentence { (Words(&choices).sentence(&rule)) }
        (only_looks(held, Right::Edit, "in this project"))
        @if held.contains(Right::Edit) && rule.actions.len() <= ACTIONS {
            (form(&choices, &path, Some(&rule)))
            div.block.danger-zone { (ui::press(&format!("{path}/delete"), "danger", "Delete the rule")) }
        }
        @if rule.actions.len() > ACTIONS { p.note { "This rule does more than the form can show; it is changed through the API." } }
    };
    Ok(page(&frame, &project, "/rules", content))
}

/// The rule, which must be one of this project.
async fn found(tx: &mut db::Tx, project: ProjectId, rule: RuleId) -> base::Result<Rule> {
    let found = rules::get(tx, rule).await?;
    match found.project == project {
        true => Ok(found),
        false => Err(Error::missing("rule.unknown", format!("There is no rule {rule} in this project"))),
    }
}

fn wanted(pairs: &Pairs) -> base::Result<RuleChange> {
    let actions: Vec<_> = (0..ACTIONS).map(|at| choices::action(pairs, at)).collect::<base::Result<_>>()?;
    let actions: Vec<_> = actions.into_iter().flatten().collect();
    Ok(RuleChange {
        name: pairs.filled("name").map(str::to_owned),
        trigger: Some(choices::trigger(pairs)?),
        actions: Some(actions),
        is_enabled: None,
    })
}

async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<ProjectId>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let rule = rules::create(&mut tx, id, wanted(&pairs)?).await?;
    tx.commit().await?;
    let undo = Undo(address(id, &format!("/rules/{}/delete", rule.id)));
    Ok(done_with_undo(&address(id, "/rules"), "The rule is made and in force", undo))
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, rule)): Path<(ProjectId, RuleId)>,
    pairs: Pairs,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    found(&mut tx, id, rule).await?;
    rules::change(&mut tx, rule, wanted(&pairs)?).await?;
    tx.commit().await?;
    Ok(done(&address(id, "/rules"), "The rule is saved"))
}

async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, rule, what)): Path<(ProjectId, RuleId, String)>,
) -> Result<Response> {
    let here = address(id, "/rules");
    let undo = |back: &str| Undo(address(id, &format!("/rules/{rule}/{back}")));
    let mut tx = app.db.write(&actor).await?;
    found(&mut tx, id, rule).await?;
    let switch = |is_enabled: bool| RuleChange { is_enabled: Some(is_enabled), ..RuleChange::default() };
    let answer = match what.as_str() {
        "on" => {
            rules::change(&mut tx, rule, switch(true)).await?;
            done_with_undo(&here, "The rule is in force", undo("off"))
        }
        "off" => {
            rules::change(&mut tx, rule, switch(false)).await?;
            done_with_undo(&here, "The rule is switched off", undo("on"))
        }
        "delete" => {
            rules::delete(&mut tx, rule).await?;
            done(&here, "The rule is deleted")
        }
        _ => return Err(Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    tx.commit().await?;
    Ok(answer)
}
