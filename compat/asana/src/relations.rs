//! What hangs on a task: projects, tags, followers, parent, dependencies.
//!
//! Which of these answer `{}` and which the full task is fixed by what clients read.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::sections::place;
use crate::show;
use crate::tasks::in_path;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::{TaskId, UserId};
use db::Tx;
use work::tasks::Task;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(POST "/tasks/{task}/addProject" => add_project),
    route!(POST "/tasks/{task}/removeProject" => remove_project),
    route!(POST "/tasks/{task}/addTag" => add_tag),
    route!(POST "/tasks/{task}/removeTag" => remove_tag),
    route!(POST "/tasks/{task}/addFollowers" => add_followers),
    route!(POST "/tasks/{task}/removeFollowers" => remove_followers),
    route!(POST "/tasks/{task}/setParent" => set_parent),
    route!(GET "/tasks/{task}/dependencies" => dependencies),
    route!(GET "/tasks/{task}/dependents" => dependents),
    route!(POST "/tasks/{task}/addDependencies" => add_dependencies),
    route!(POST "/tasks/{task}/removeDependencies" => remove_dependencies),
    route!(POST "/tasks/{task}/addDependents" => add_dependents),
    route!(POST "/tasks/{task}/removeDependents" => remove_dependents),
];

/// The task in the path, which has to be there before anything in the body is looked at.
async fn begin(call: &Call<'_>) -> Result<(Tx, TaskId)> {
    let mut tx = call.write().await?;
    let task = in_path(&mut tx, call).await?;
    work::tasks::get(&mut tx, task).await?;
    Ok((tx, task))
}

async fn finish_empty(tx: Tx) -> Result<Answer> {
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn finish_full(mut tx: Tx, call: &Call<'_>, task: TaskId) -> Result<Answer> {
    let task = work::tasks::get(&mut tx, task).await?;
    let record = show::task::task(&mut tx, call, task, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn add_project(call: &Call<'_>) -> Result<Answer> {
    let project = value::required_id(&call.data, "project")?;
    let section = value::given_id(&call.data, "section")?.flatten();
    let place = place(call, "insert_before", "insert_after")?;
    let (mut tx, task) = begin(call).await?;
    let done = work::tasks::add_to_project(&mut tx, task, project, section, place).await;
    done.map_err(|error| fault::in_body("project", error))?;
    finish_empty(tx).await
}

async fn remove_project(call: &Call<'_>) -> Result<Answer> {
    let project = value::required_id(&call.data, "project")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::remove_from_project(&mut tx, task, project)
        .await
        .map_err(|error| fault::in_body("project", error))?;
    finish_empty(tx).await
}

async fn add_tag(call: &Call<'_>) -> Result<Answer> {
    let tag = value::required_id(&call.data, "tag")?;
    let (mut tx, task) = begin(call).await?;
    work::tags::add(&mut tx, task, tag).await.map_err(|error| fault::in_body("tag", error))?;
    finish_empty(tx).await
}

async fn remove_tag(call: &Call<'_>) -> Result<Answer> {
    let tag = value::required_id(&call.data, "tag")?;
    let (mut tx, task) = begin(call).await?;
    work::tags::remove(&mut tx, task, tag).await.map_err(|error| fault::in_body("tag", error))?;
    finish_empty(tx).await
}

async fn followers(tx: &mut Tx, call: &Call<'_>) -> Result<Vec<UserId>> {
    let texts =
        value::references(&call.data, "followers")?.ok_or_else(|| value::missing_input("followers"))?;
    call.users(tx, "followers", &texts).await
}

async fn add_followers(call: &Call<'_>) -> Result<Answer> {
    let (mut tx, task) = begin(call).await?;
    let users = followers(&mut tx, call).await?;
    work::tasks::add_followers(&mut tx, task, &users)
        .await
        .map_err(|error| fault::in_body("followers", error))?;
    finish_full(tx, call, task).await
}

async fn remove_followers(call: &Call<'_>) -> Result<Answer> {
    let (mut tx, task) = begin(call).await?;
    let users = followers(&mut tx, call).await?;
    work::tasks::remove_followers(&mut tx, task, &users)
        .await
        .map_err(|error| fault::in_body("followers", error))?;
    finish_full(tx, call, task).await
}

async fn set_parent(call: &Call<'_>) -> Result<Answer> {
    // `null` makes it a task of its own; nothing at all is a mistake.
    let parent = value::given_id(&call.data, "parent")?.ok_or_else(|| value::missing_input("parent"))?;
    let place = place(call, "insert_before", "insert_after")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::set_parent(&mut tx, task, parent, place)
        .await
        .map_err(|error| fault::in_body("parent", error))?;
    finish_full(tx, call, task).await
}

async fn others(call: &Call<'_>, found: Vec<Task>, mut tx: Tx) -> Result<Answer> {
    let mut found = found;
    found.sort_by_key(|task| task.id);
    let listed = call.cut(found, |task| task.id.0)?;
    crate::tasks::answer(&mut tx, call, listed).await
}

async fn dependencies(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = in_path(&mut tx, call).await?;
    let found = work::tasks::dependencies(&mut tx, task).await?;
    others(call, found, tx).await
}

async fn dependents(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = in_path(&mut tx, call).await?;
    let found = work::tasks::dependents(&mut tx, task).await?;
    others(call, found, tx).await
}

fn tasks_in_body(call: &Call<'_>, key: &str) -> Result<Vec<TaskId>> {
    value::ids(&call.data, key)?.ok_or_else(|| value::missing_input(key))
}

async fn add_dependencies(call: &Call<'_>) -> Result<Answer> {
    let others = tasks_in_body(call, "dependencies")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::add_dependencies(&mut tx, task, &others)
        .await
        .map_err(|error| fault::in_body("dependencies", error))?;
    finish_empty(tx).await
}

async fn remove_dependencies(call: &Call<'_>) -> Result<Answer> {
    let others = tasks_in_body(call, "dependencies")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::remove_dependencies(&mut tx, task, &others)
        .await
        .map_err(|error| fault::in_body("dependencies", error))?;
    finish_empty(tx).await
}

async fn add_dependents(call: &Call<'_>) -> Result<Answer> {
    let others = tasks_in_body(call, "dependents")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::add_dependents(&mut tx, task, &others)
        .await
        .map_err(|error| fault::in_body("dependents", error))?;
    finish_empty(tx).await
}

async fn remove_dependents(call: &Call<'_>) -> Result<Answer> {
    let others = tasks_in_body(call, "dependents")?;
    let (mut tx, task) = begin(call).await?;
    work::tasks::remove_dependents(&mut tx, task, &others)
        .await
        .map_err(|error| fault::in_body("dependents", error))?;
    finish_empty(tx).await
}
