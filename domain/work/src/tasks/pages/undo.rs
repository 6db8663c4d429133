//! Undoing: a toast's button posts what was before, so that nothing has to be kept. It is a change like any other, with the same rights.

use super::common::{back, quietly, several};
use crate::fields::Input;
use crate::names::Place;
use crate::rank;
use crate::tasks::{self, Approval, TaskChange, When, store};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{FieldId, ProjectId, SectionId, TaskId, UserId};
use base::{Date, Error, Result, Time};
use db::Tx;
use std::collections::BTreeMap;
use web::{App, Auth, ui};

/// Longer addresses do not fit into the cookie that carries the toast.
const LONGEST: usize = 2_800;
/// More tasks than one page shows are not changed at once.
const MOST: usize = 100;

/// What was before: what to do, and to which tasks.
#[derive(Debug, Default)]
pub(crate) struct Before(BTreeMap<String, Vec<String>>);

/// A day or an instant, as it stands in an address.
fn written(due: Option<When>) -> String {
    match due {
        None => String::new(),
        Some(When::On(day)) => day.to_string(),
        Some(When::At(at)) => at.millis().to_string(),
    }
}

impl Before {
    fn put(&mut self, what: String, task: TaskId) {
        self.0.entry(what).or_default().push(task.to_string());
    }

    /// The task was open, or was not.
    pub(crate) fn completed(&mut self, task: &tasks::Task) {
        match task.approval {
            Some(approval) => self.put(format!("approval*{approval}"), task.id),
            None => self.put(if task.is_completed() { "complete" } else { "open" }.to_owned(), task.id),
        }
    }

    /// The task was not deleted.
    pub(crate) fn there(&mut self, task: TaskId) {
        self.put("restore".to_owned(), task);
    }

    /// The task was not there.
    pub(crate) fn absent(&mut self, task: TaskId) {
        self.put("delete".to_owned(), task);
    }

    /// Who was to do it.
    pub(crate) fn assignee(&mut self, task: &tasks::Task) {
        self.put(
            format!("assignee*{}", task.assignee.map(|user| user.to_string()).unwrap_or_default()),
            task.id,
        );
    }

    /// When it was due.
    pub(crate) fn due(&mut self, task: &tasks::Task) {
        let due = task.due_at.map(When::At).or(task.due_on.map(When::On));
        self.put(format!("due*{}", written(due)), task.id);
    }

    /// What it was called.
    pub(crate) fn name(&mut self, task: &tasks::Task) {
        self.put(format!("name*{}", task.name), task.id);
    }

    /// A value it had, as it can be set again.
    pub(crate) fn field(&mut self, field: FieldId, value: &str, task: TaskId) {
        self.put(format!("field*{field}*{value}"), task);
    }

    /// Where these stood in a project.
    pub(crate) async fn seats(&mut self, tx: &mut Tx, project: ProjectId, moved: &[TaskId]) -> Result<()> {
        for (task, section, rank) in store::seats_of(tx, project, moved).await? {
            self.put(format!("seat*{project}*{section}*{rank}"), task);
        }
        Ok(())
    }

    /// The address that brings it back; none when it would be too long.
    pub(crate) fn address(&self) -> Option<ui::Undo> {
        let pairs = self.0.iter().map(|(what, tasks)| (what.as_str(), tasks.join(".")));
        let address = super::common::with_query("/tasks/undo", pairs);
        (!self.0.is_empty() && address.len() <= LONGEST).then_some(ui::Undo(address))
    }

    /// Leads to `next`, where a toast offers to bring it back.
    pub(crate) fn done(&self, next: &str, text: &str) -> Response {
        match self.address() {
            Some(undo) => ui::done_with_undo(next, text, undo),
            None => ui::done(next, text),
        }
    }
}

fn malformed() -> Error {
    Error::invalid("undo.malformed", "this can no longer be undone")
}

/// Brings back what an address says.
pub(super) async fn undo(
    State(app): State<App>,
    Auth(actor): Auth,
    headers: HeaderMap,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let mut count = 0;
    for (what, ids) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        for id in ids.split('.') {
            count += 1;
            if count > MOST {
                return Err(malformed().into());
            }
            bring_back(&mut tx, &what, id.parse().map_err(|_| malformed())?).await?;
        }
    }
    tx.commit().await?;
    let next = back(&headers, "/my-tasks");
    Ok(if count > 1 {
        ui::done(&next, &format!("{} are as before", several(count, "task")))
    } else {
        quietly(&next)
    })
}

async fn bring_back(tx: &mut Tx, what: &str, task: TaskId) -> Result<()> {
    let (verb, value) = what.split_once('*').unwrap_or((what, ""));
    let mut change = TaskChange::default();
    match verb {
        "open" => change.completed = Some(false),
        "complete" => change.completed = Some(true),
        "approval" => change.approval = Some(Approval::parse(value)?),
        "restore" => return tasks::restore(tx, task).await.map(drop),
        "delete" => return tasks::delete(tx, task).await,
        "name" => change.name = Some(value.to_owned()),
        "assignee" if value.is_empty() => change.assignee = Some(None),
        "assignee" => change.assignee = Some(Some(value.parse::<UserId>()?)),
        "due" if value.is_empty() => change.due = Some(None),
        "due" => {
            let at = value.parse::<i64>().map(Time::from_millis).map(When::At);
            let on = || value.parse::<Date>().map(When::On).map_err(|_| malformed());
            change.due = Some(Some(at.or_else(|_| on())?));
        }
        "field" => {
            let (field, value) = value.split_once('*').ok_or_else(malformed)?;
            let input = if value.is_empty() { Input::Clear } else { Input::Text(value.to_owned()) };
            change.fields.push((field.parse()?, input));
        }
        "seat" => {
            let [project, section, rank] =
                value.split('*').collect::<Vec<_>>().try_into().map_err(|_| malformed())?;
            return sit_down(tx, task, project.parse()?, section.parse()?, rank).await;
        }
        _ => return Err(malformed()),
    }
    tasks::change(tx, task, change).await.map(drop)
}

async fn sit_down(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: SectionId,
    rank: &str,
) -> Result<()> {
    if rank.len() > 100 || rank::between(Some(rank), None).is_err() {
        return Err(malformed());
    }
    tasks::add_to_project(tx, task, project, Some(section), Some(Place::Last)).await?;
    // Exactly where it was: several that were moved together come back in their order.
    store::reseat(tx, task, project, section, rank).await
}
