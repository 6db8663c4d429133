//! `/user_task_lists`: "my tasks".

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::AnyId;
use work::names::Place;
use work::tasks::Within;

/// The endpoints; a person's own list is found under `/users`.
pub const ROUTES: &[Route] = &[
    route!(GET "/user_task_lists/{user_task_list}" => get),
    route!(GET "/user_task_lists/{user_task_list}/tasks" => tasks),
    // Only the clients of one generation know it (Python 0.10, JavaScript 1.0).
    route!(POST "/user_task_lists/{user_task_list}/tasks/insert" => insert),
];

/// The list of a person. It is made when somebody first asks, so this writes.
pub async fn of_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    if let Some(workspace) = call.query.id("workspace")? {
        crate::workspaces::check(&mut tx, workspace).await?;
    }
    let user = crate::users::in_path(&mut tx, call).await?;
    let list = work::lists::ensure(&mut tx, user.id).await?;
    let record = show::small::task_list(&mut tx, &list, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: AnyId = call.id("user_task_list")?;
    let list = work::lists::get(&mut tx, id).await?;
    Ok(Answer::ok(show::small::task_list(&mut tx, &list, call.fields.full()).await?))
}

async fn tasks(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::tasks::listed(&mut tx, call, Within::List(call.id("user_task_list")?)).await
}

async fn insert(call: &Call<'_>) -> Result<Answer> {
    let list: AnyId = call.id("user_task_list")?;
    let task = value::required_id(&call.data, "task")?;
    let section = value::given_id(&call.data, "section")?.flatten();
    let place = crate::sections::place(call, "insert_before", "insert_after")?.unwrap_or(Place::First);
    let mut tx = call.write().await?;
    work::lists::get(&mut tx, list).await?;
    work::lists::put(&mut tx, list, task, section, place)
        .await
        .map_err(|error| fault::in_body("task", error))?;
    tx.commit().await?;
    Ok(Answer::empty())
}
