//! `/sections`: the order of a project.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::{ProjectId, SectionId, TaskId};
use work::names::Place;
use work::tasks::Within;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/projects/{project}/sections" => list),
    route!(POST "/projects/{project}/sections" => create),
    route!(POST "/projects/{project}/sections/insert" => insert),
    route!(GET "/sections/{section}" => get),
    route!(PUT "/sections/{section}" => rename),
    route!(DELETE "/sections/{section}" => delete),
    route!(GET "/sections/{section}/tasks" => tasks),
    route!(POST "/sections/{section}/addTask" => add_task),
];

/// Reads a pair of anchors; both at once, or an anchor with nothing to anchor, are refused by the domain.
pub fn place<T: From<i64>>(call: &Call<'_>, before: &str, after: &str) -> Result<Option<Place<T>>> {
    Place::from_pair(value::given_id(&call.data, before)?, value::given_id(&call.data, after)?)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let project: ProjectId = call.id("project")?;
    let mut tx = call.read().await?;
    let sections = work::sections::list(&mut tx, project).await?;
    let want = call.fields.compact();
    // Sections are few and ordered by hand: a page is cut by place, and a token holds the place.
    let places: Vec<_> = sections.into_iter().zip(1_i64..).collect();
    let listed = call.cut(places, |(_, place)| *place)?;
    let mut records = Vec::with_capacity(listed.items.len());
    for (section, _) in &listed.items {
        records.push(show::small::section(&mut tx, call, section, want).await?);
    }
    call.list(&listed, records)
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let section = work::sections::get(&mut tx, call.id("section")?).await?;
    Ok(Answer::ok(show::small::section(&mut tx, call, &section, call.fields.full()).await?))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let project: ProjectId = call.id("project")?;
    let name = value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?;
    let place = place(call, "insert_before", "insert_after")?.unwrap_or(Place::Last);
    let mut tx = call.write().await?;
    work::projects::get(&mut tx, project).await?;
    let section = work::sections::create(&mut tx, project, &name, place).await;
    let section = section.map_err(|error| fault::in_body("insert_before/insert_after", error))?;
    let record = show::small::section(&mut tx, call, &section, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "sections"))
}

async fn rename(call: &Call<'_>) -> Result<Answer> {
    let section: SectionId = call.id("section")?;
    let mut tx = call.write().await?;
    let section = match value::text(&call.data, "name")?.flatten() {
        Some(name) => work::sections::rename(&mut tx, section, &name).await?,
        None => work::sections::get(&mut tx, section).await?,
    };
    let record = show::small::section(&mut tx, call, &section, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::sections::delete(&mut tx, call.id("section")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn insert(call: &Call<'_>) -> Result<Answer> {
    let project: ProjectId = call.id("project")?;
    let section: SectionId = value::required_id(&call.data, "section")?;
    let place = place(call, "before_section", "after_section")?
        .ok_or_else(|| value::missing_input("before_section"))?;
    let mut tx = call.write().await?;
    work::projects::get(&mut tx, project).await?;
    work::sections::put(&mut tx, project, section, place)
        .await
        .map_err(|error| fault::in_body("section", error))?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn tasks(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::tasks::listed(&mut tx, call, Within::Section(call.id("section")?)).await
}

/// Puts a task at the top of the section unless told otherwise: the opposite of adding it to the project.
async fn add_task(call: &Call<'_>) -> Result<Answer> {
    let section: SectionId = call.id("section")?;
    let task: TaskId = value::required_id(&call.data, "task")?;
    let place = place(call, "insert_before", "insert_after")?;
    let mut tx = call.write().await?;
    work::sections::get(&mut tx, section).await?;
    work::tasks::add_to_section(&mut tx, task, section, place)
        .await
        .map_err(|error| fault::in_body("task", error))?;
    tx.commit().await?;
    Ok(Answer::empty())
}
