//! Somebody leaves: their open tasks go to somebody else, and then they come in no more.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use base::id::{TaskId, UserId};
use base::{Actor, Error};
use db::Tx;
use maud::{Markup, html};
use people::users::{self, User, UserFilter};
use web::ui::{self, Frame, Page, Undo, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};
use work::page::Page as Part;
use work::tasks::{self, Completed, Filter, Task, TaskChange, Within};

/// Tasks that change hands in one transaction: nobody else should wait long for theirs.
const PORTION: usize = 100;
/// People offered in one list.
const OFFERED: usize = 500;
/// Tasks that are named; the rest are counted.
const NAMED: usize = 20;

pub(super) fn pages() -> Router<App> {
    Router::new().route("/settings/people/{user}/leave", get(ask).post(leave))
}

async fn open(tx: &mut Tx, user: UserId, limit: usize) -> base::Result<Vec<Task>> {
    let filter = Filter { completed: Completed::Open, modified_since: None };
    Ok(tasks::list(tx, Within::Assignee(user), &filter, &Part::first(limit)).await?.items)
}

async fn ask(State(app): State<App>, frame: Frame, Path(id): Path<UserId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_admin(&mut tx).await?;
    let user = users::get(&mut tx, id).await?;
    let tasks = open(&mut tx, id, 1_000).await?;
    let others = users::list(&mut tx, &UserFilter { limit: OFFERED, ..UserFilter::default() }).await?;
    let path = format!("/settings/people/{id}");
    let content = html! {
        p.lead { "Once " (user.name) " is deactivated, their sessions and tokens end at once. Everything that they did stays theirs, and they can be let in again." }
        @if tasks.is_empty() { p { (user.name) " has no open task." } } @else { (still_open(&user, &tasks)) }
        form.form.block method="post" action={ (path) "/leave" } data-morph {
            @if !tasks.is_empty() {
                label.field { span { "Give these tasks to" } select.input name="heir" {
                    (ui::option("", "Nobody: they wait for somebody to take them", false))
                    (ui::option("keep", "Leave them as they are", false))
                    @for other in others.iter().filter(|other| other.id != id) { (ui::option(&other.id.to_string(), &other.name, frame.actor.user == Some(other.id))) }
                } }
            }
            (ui::refusal())
            div.row { button.btn.danger { "Deactivate " (user.name) } a.btn.quiet href=(path) { "Cancel" } }
        }
    };
    let page = Page::new(format!("{} leaves", user.name))
        .crumb("People", "/settings/people")
        .crumb(&user.name, path);
    Ok(ui::settings(&frame, page, "/settings/people", content))
}

fn still_open(user: &User, tasks: &[Task]) -> Markup {
    html! {
        section {
            div.block-head { h2 { (user.name) " still has " @if tasks.len() == 1 { "1 open task" } @else { (tasks.len()) " open tasks" } } }
            ul.rows { @for task in tasks.iter().take(NAMED) { li { a.item href={ "/tasks/" (task.id) } { span.clip { (task.name) } } } } }
            @if tasks.len() > NAMED { p.t-s.dim { "and " (tasks.len() - NAMED) " more" } }
        }
    }
}

async fn leave(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<UserId>,
    pairs: Pairs,
) -> Result<Response> {
    let heir = match pairs.opt("heir") {
        None | Some("keep") => None,
        Some("") => Some(None),
        Some(heir) => Some(Some(heir.parse::<UserId>()?)),
    };
    // Whether they may leave at all is decided before anything changes hands: the last administrator may not.
    let mut tx = app.db.write(&actor).await?;
    if let Some(Some(heir)) = heir
        && !(users::get(&mut tx, heir).await?.active && heir != id)
    {
        return Err(Error::conflict("user.inactive", "Give the tasks to somebody who is still here").into());
    }
    let user = users::deactivate(&mut tx, id).await?;
    tx.commit().await?;
    let moved = match heir {
        Some(heir) => hand_over(&app, &actor, id, heir).await?,
        None => 0,
    };
    let tasks = match moved {
        0 => String::new(),
        1 => ", and 1 task went to somebody else".to_owned(),
        moved => format!(", and {moved} tasks went to somebody else"),
    };
    let path = format!("/settings/people/{id}");
    let said = format!("{} is deactivated{tasks}", user.name);
    Ok(done_with_undo(&path, &said, Undo(format!("{path}/reactivate"))))
}

async fn hand_over(app: &App, actor: &Actor, from: UserId, to: Option<UserId>) -> base::Result<usize> {
    let mut moved = 0;
    loop {
        let mut tx = app.db.write(actor).await?;
        let portion: Vec<TaskId> = open(&mut tx, from, PORTION).await?.iter().map(|task| task.id).collect();
        for task in &portion {
            let change = TaskChange { assignee: Some(to), ..TaskChange::default() };
            tasks::change(&mut tx, *task, change).await?;
        }
        tx.commit().await?;
        moved += portion.len();
        if portion.len() < PORTION {
            return Ok(moved);
        }
    }
}
