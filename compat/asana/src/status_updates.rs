//! `/status_updates` and the older `/project_statuses`: how a project is doing.

use crate::call::Call;
use crate::projects::{text, word};
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::{AnyId, ProjectId};
use db::Tx;
use work::names::Text;
use work::page::Listed;
use work::statuses::Status;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/status_updates" => list),
    route!(POST "/status_updates" => create),
    route!(GET "/status_updates/{status_update}" => get),
    route!(DELETE "/status_updates/{status_update}" => delete),
    route!(GET "/projects/{project}/project_statuses" => of_project),
    route!(POST "/projects/{project}/project_statuses" => create_in_project),
    route!(GET "/project_statuses/{status_update}" => get),
    route!(DELETE "/project_statuses/{status_update}" => delete),
];

async fn listed(tx: &mut Tx, call: &Call<'_>, project: ProjectId) -> Result<Answer> {
    let Listed { items, next } = work::statuses::list(tx, project, &call.page()?).await?;
    let mut records = Vec::with_capacity(items.len());
    for update in &items {
        records.push(show::small::status(tx, call, update, call.fields.compact()).await?);
    }
    call.list(&Listed::<()> { items: vec![], next }, records)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let project = value::id("parent", call.query.required("parent")?)?;
    let mut tx = call.read().await?;
    listed(&mut tx, call, project).await
}

async fn of_project(call: &Call<'_>) -> Result<Answer> {
    let project = call.id("project")?;
    let mut tx = call.read().await?;
    listed(&mut tx, call, project).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: AnyId = call.id("status_update")?;
    let update = work::statuses::get(&mut tx, id).await?;
    Ok(Answer::ok(show::small::status(&mut tx, call, &update, call.fields.full()).await?))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let id: AnyId = call.id("status_update")?;
    work::statuses::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// The word, or the colour of scripts older than it.
fn status(call: &Call<'_>) -> Result<Status> {
    if let Some(status) = word(&call.data, "status_type", Status::parse)? {
        return Ok(status);
    }
    match value::text(&call.data, "color")?.flatten().as_deref() {
        Some("green") => Ok(Status::OnTrack),
        Some("yellow") => Ok(Status::AtRisk),
        Some("red") => Ok(Status::OffTrack),
        Some("blue") => Ok(Status::OnHold),
        Some("complete") => Ok(Status::Complete),
        Some(other) => Err(value::bad("color", format!("Not a recognized color: {other}"))),
        None => Err(value::missing_input("status_type")),
    }
}

async fn made(mut tx: Tx, call: &Call<'_>, project: ProjectId) -> Result<Answer> {
    let title = value::text(&call.data, "title")?.flatten().unwrap_or_default();
    let says = text(&call.data, "text", "html_text")?.unwrap_or(Text::Plain(String::new()));
    let status = status(call)?;
    let update = work::statuses::create(&mut tx, project, &title, says, status).await;
    let update = update.map_err(|error| {
        if call.param("project").is_empty() { fault::in_body("parent", error) } else { error }
    })?;
    let record = show::small::status(&mut tx, call, &update, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "status_updates"))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let project = value::required_id(&call.data, "parent")?;
    made(call.write().await?, call, project).await
}

async fn create_in_project(call: &Call<'_>) -> Result<Answer> {
    let project = call.id("project")?;
    made(call.write().await?, call, project).await
}
