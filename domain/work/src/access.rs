//! Who may see and do what. A project's rights are grants on "project:ID"; a task's come from the projects it is in, from being its
//! creator, assignee or follower, and from its parent.

use crate::projects::{self, Access, Privacy, Project};
use crate::tasks::{self, Task};
use base::id::{ProjectId, TaskId, UserId};
use base::{Error, Result, Right, Role, Value};
use db::{Filter, Tx};
use people::RightSet;
use people::rights;

/// The name under which a project's grants are kept.
pub(crate) fn subject(project: ProjectId) -> String {
    format!("project:{project}")
}

/// The rights that a word stands for.
pub(crate) fn rights_of(access: Access) -> RightSet {
    match access {
        Access::Admin => RightSet::of(&[Right::Admin]),
        Access::Editor => RightSet::of(&[Right::Edit]),
        Access::Commenter => RightSet::of(&[Right::Comment]),
        Access::Viewer => RightSet::of(&[Right::View]),
    }
}

/// Whether the actor holds every right on everything (what a token takes away, aside).
fn holds_all(tx: &Tx) -> bool {
    tx.actor().is_system() || (tx.actor().role == Role::Admin && tx.actor().user.is_some())
}

/// The actor's rights in a project; it may stop looking once `enough` is among them.
pub(crate) async fn on_project(tx: &mut Tx, project: &Project, enough: Right) -> Result<RightSet> {
    if tx.actor().is_system() {
        return Ok(RightSet::ALL);
    }
    // Members need no look at the grants for what is open to them all anyway.
    if project.privacy == Privacy::Workspace && tx.actor().role == Role::Member && tx.actor().user.is_some() {
        let open = rights_of(project.default_access).narrowed_to(tx.actor());
        if open.contains(enough) {
            return Ok(open);
        }
    }
    rights::on(tx, &subject(project.id)).await
}

/// The actor's rights on a task; it may stop looking once `enough` is among them.
pub(crate) async fn on_task(tx: &mut Tx, task: &Task, enough: Right) -> Result<RightSet> {
    if holds_all(tx) {
        let actor = tx.actor();
        return Ok(if actor.is_system() { RightSet::ALL } else { RightSet::ALL.narrowed_to(actor) });
    }
    let Some(me) = tx.actor().user else { return Ok(RightSet::NONE) };
    let mut held = RightSet::NONE;
    if task.assignee == Some(me) || task.created_by == Some(me) {
        held = own(tx, Right::Edit);
    }
    if held.contains(enough) {
        return Ok(held);
    }
    for project in projects::store::homes(tx, &[task.id]).await? {
        held = held.union(on_project(tx, &project, enough).await?);
        if held.contains(enough) {
            return Ok(held);
        }
    }
    if tasks::store::follows(tx, task.id, me).await? {
        held = held.union(own(tx, Right::Comment));
    }
    if !held.contains(enough) && task.parent.is_some() {
        held = held.union(through_parents(tx, task, me, enough).await?);
    }
    Ok(held)
}

fn own(tx: &Tx, right: Right) -> RightSet {
    RightSet::of(&[right]).narrowed_to(tx.actor())
}

async fn through_parents(tx: &mut Tx, task: &Task, me: UserId, enough: Right) -> Result<RightSet> {
    let parents = tasks::store::ancestors(tx, task.id).await?;
    let ids: Vec<TaskId> = parents.iter().map(|parent| parent.id).collect();
    let mut held = RightSet::NONE;
    for parent in &parents {
        if parent.assignee == Some(me) || parent.created_by == Some(me) {
            held = held.union(own(tx, Right::Edit));
        }
        if tasks::store::follows(tx, parent.id, me).await? {
            held = held.union(own(tx, Right::Comment));
        }
    }
    for project in projects::store::homes(tx, &ids).await? {
        if held.contains(enough) {
            break;
        }
        held = held.union(on_project(tx, &project, enough).await?);
    }
    Ok(held)
}

/// Checks that `held` has `right`: Missing when it does not even let them see it, else Denied.
pub(crate) fn check(tx: &Tx, held: RightSet, right: Right, noun: &'static str, id: i64) -> Result<()> {
    if held.contains(right) {
        return Ok(());
    }
    if !held.contains(Right::View) {
        let code = if noun == "project" { "project.hidden" } else { "task.hidden" };
        return Err(Error::missing(code, format!("There is no {noun} {id}, or you may not see it")));
    }
    rights::require_scope(tx, right)?;
    let code = if noun == "project" { "project.denied" } else { "task.denied" };
    let name = &tx.actor().name;
    Err(Error::denied(
        code,
        format!("This takes the right to {right}, which {name} does not have on this {noun}"),
    ))
}

/// Adds the condition that the actor sees the project `p`.
pub(crate) fn seen_projects(tx: &Tx, filter: &mut Filter) {
    filter.and("p.deleted_at is null", []);
    seen_projects_and_trash(tx, filter);
}

/// The same, whether the project was deleted or not.
pub(crate) fn seen_projects_and_trash(tx: &Tx, filter: &mut Filter) {
    let (sql, values) = project_condition(tx, "p");
    filter.and(&sql, values);
}

fn project_condition(tx: &Tx, p: &str) -> (String, Vec<Value>) {
    if rights::sees_all(tx) {
        return ("1 = 1".to_owned(), Vec::new());
    }
    let Some(me) = tx.actor().user.filter(|_| tx.actor().token_allows(Right::View)) else {
        return ("1 = 0".to_owned(), Vec::new());
    };
    let (granted, values) = people::grants::visible_condition(&format!("{p}.id"), "project", me);
    if tx.actor().role == Role::Guest {
        return (granted, values.to_vec());
    }
    (format!("({p}.privacy = 'public_to_workspace' or {granted})"), values.to_vec())
}

/// Adds the condition that the actor sees the task `t`.
pub(crate) fn seen_tasks(tx: &Tx, filter: &mut Filter) {
    let (sql, values) = seen_task(tx);
    filter.and(&sql, values);
}

/// The condition that the actor sees the task `t`, and its values.
pub(crate) fn seen_task(tx: &Tx) -> (String, Vec<Value>) {
    if rights::sees_all(tx) {
        return ("1 = 1".to_owned(), Vec::new());
    }
    let Some(me) = tx.actor().user.filter(|_| tx.actor().token_allows(Right::View)) else {
        return ("1 = 0".to_owned(), Vec::new());
    };
    let (itself, mut values) = task_condition(tx, "t", me);
    let (above, more) = task_condition(tx, "x", me);
    values.extend(more);
    let sql = format!(
        "({itself} or (t.parent_id is not null and exists (
          with recursive up (id, parent_id) as (
            select a.id, a.parent_id from task a where a.id = t.parent_id
            union all select b.id, b.parent_id from task b join up on b.id = up.parent_id)
          select 1 from up join task x on x.id = up.id where {above})))"
    );
    (sql, values)
}

fn task_condition(tx: &Tx, t: &str, me: UserId) -> (String, Vec<Value>) {
    let (project, of_project) = project_condition(tx, "p");
    let sql = format!(
        "({t}.assignee_id = ? or {t}.created_by = ?
          or exists (select 1 from task_follower f where f.task_id = {t}.id and f.user_id = ?)
          or exists (select 1 from membership m join project p on p.id = m.project_id
            where m.task_id = {t}.id and p.deleted_at is null and {project}))"
    );
    let mut values: Vec<Value> = vec![me.into(), me.into(), me.into()];
    values.extend(of_project);
    (sql, values)
}
