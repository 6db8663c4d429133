//! `/tasks`.

mod input;

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::id::{ProjectId, SectionId, TagId, TaskId};
use base::{Error, Result};
use db::Tx;
use work::page::Listed;
use work::tasks::{Completed, Filter, Task, Within};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/tasks" => list),
    route!(POST "/tasks" => create),
    route!(POST "/workspaces/{workspace}/tasks" => create),
    route!(GET "/tasks/{task}" => get),
    route!(PUT "/tasks/{task}" => change),
    route!(DELETE "/tasks/{task}" => delete),
    route!(GET "/projects/{project}/tasks" => of_project),
    route!(GET "/tasks/{task}/subtasks" => subtasks),
    route!(POST "/tasks/{task}/subtasks" => create_subtask),
    route!(POST "/tasks/{task}/duplicate" => crate::jobs::duplicate_task),
];

/// The task in the path: an id, or `external:<id>` with the name that another system gave it.
pub async fn in_path(tx: &mut Tx, call: &Call<'_>) -> Result<TaskId> {
    match call.param("task").strip_prefix("external:") {
        Some(name) => Ok(work::tasks::by_external(tx, name).await?.id),
        None => call.id("task"),
    }
}

/// Answers with tasks of which one page was read.
pub async fn answer(tx: &mut Tx, call: &Call<'_>, listed: Listed<Task>) -> Result<Answer> {
    let Listed { items, next } = listed;
    let records = show::task::tasks(tx, call, items, call.fields.compact()).await?;
    call.list(&Listed::<()> { items: vec![], next }, records)
}

/// `completed_since`: open tasks, and those completed since then; `now` leaves the open ones alone.
fn completed(call: &Call<'_>) -> Result<Completed> {
    match call.query.get("completed_since") {
        None => Ok(Completed::Any),
        Some("now") => Ok(Completed::Open),
        Some(_) => Ok(call.query.time("completed_since")?.map_or(Completed::Any, Completed::Since)),
    }
}

/// Lists the tasks of a container as the query says.
pub async fn listed(tx: &mut Tx, call: &Call<'_>, within: Within) -> Result<Answer> {
    let filter = Filter { completed: completed(call)?, modified_since: call.query.time("modified_since")? };
    let want = call.fields.compact();
    if want.is_compact() {
        let names = work::tasks::list_names(tx, within, &filter, &call.page()?).await?;
        return call.page_of(&names, Answer::written(show::task_names(&names.items)));
    }
    let listed = work::tasks::list(tx, within, &filter, &call.page()?).await?;
    answer(tx, call, listed).await
}

/// Which container a bare list is about. Without one it is an error: an empty list would open every lock.
async fn container(tx: &mut Tx, call: &Call<'_>) -> Result<Within> {
    let query = &call.query;
    if let Some(section) = query.id::<SectionId>("section")? {
        return Ok(Within::Section(section));
    }
    if let Some(project) = query.id::<ProjectId>("project")? {
        return Ok(Within::Project(project));
    }
    if let Some(tag) = query.id::<TagId>("tag")? {
        return Ok(Within::Tag(tag));
    }
    if let Some(list) = query.id("user_task_list")? {
        return Ok(Within::List(list));
    }
    let Some(assignee) = query.get("assignee") else {
        let error = value::bad(
            "workspace",
            "Missing input: You should specify one of project, tag, section, user_task_list, or assignee + workspace",
        );
        return Err(error);
    };
    let workspace = query.id("workspace")?.ok_or_else(|| value::missing_input("workspace"))?;
    crate::workspaces::check(tx, workspace).await?;
    Ok(Within::Assignee(call.user(tx, "assignee", assignee).await?))
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let within = container(&mut tx, call).await?;
    listed(&mut tx, call, within).await
}

async fn of_project(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    listed(&mut tx, call, Within::Project(call.id("project")?)).await
}

async fn subtasks(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = in_path(&mut tx, call).await?;
    listed(&mut tx, call, Within::Parent(task)).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id = in_path(&mut tx, call).await?;
    let task = work::tasks::get(&mut tx, id).await?;
    Ok(Answer::ok(show::task::task(&mut tx, call, task, call.fields.full()).await?))
}

async fn made(mut tx: Tx, call: &Call<'_>, new: work::tasks::NewTask) -> Result<Answer> {
    let task = work::tasks::create(&mut tx, new).await.map_err(|error| match error.is_missing() {
        true => Error::invalid("asana.reference", error.message()),
        false => error,
    })?;
    let record = show::task::task(&mut tx, call, task, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "tasks"))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let in_workspace = !call.param("workspace").is_empty();
    if in_workspace {
        crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    }
    let new = input::new_task(&mut tx, call).await?;
    let has_workspace = in_workspace || value::given_id::<i64>(&call.data, "workspace")?.flatten().is_some();
    if new.homes.is_empty() && new.parent.is_none() && !has_workspace {
        return Err(value::bad(
            "workspace",
            "Missing input: You should specify one of workspace, parent, projects",
        ));
    }
    made(tx, call, new).await
}

async fn create_subtask(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let parent = in_path(&mut tx, call).await?;
    work::tasks::get(&mut tx, parent).await?;
    let mut new = input::new_task(&mut tx, call).await?;
    new.parent = Some(parent);
    made(tx, call, new).await
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let id = in_path(&mut tx, call).await?;
    work::tasks::get(&mut tx, id).await?;
    let change = input::task_change(&mut tx, call).await?;
    let task =
        work::tasks::change(&mut tx, id, change).await.map_err(|error| fault::in_body("task", error))?;
    let record = show::task::task(&mut tx, call, task, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let id = in_path(&mut tx, call).await?;
    work::tasks::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
