//! `/tags`.

use crate::call::Call;
use crate::projects::color;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::value;
use base::Result;
use db::Tx;
use serde_json::Value;
use work::page::Listed;
use work::tags::{Tag, TagChange};
use work::tasks::Within;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/tags" => list),
    route!(POST "/tags" => create),
    route!(GET "/tags/{tag}" => get),
    route!(PUT "/tags/{tag}" => change),
    route!(DELETE "/tags/{tag}" => delete),
    route!(GET "/tags/{tag}/tasks" => tasks),
    route!(GET "/workspaces/{workspace}/tags" => list),
    route!(POST "/workspaces/{workspace}/tags" => create),
    route!(GET "/tasks/{task}/tags" => of_task),
];

async fn record(tx: &mut Tx, call: &Call<'_>, tag: Tag) -> Result<Value> {
    Ok(show::small::tags(tx, call, &[tag], call.fields.full()).await?.remove(0))
}

async fn answer(tx: &mut Tx, call: &Call<'_>, listed: Listed<Tag>) -> Result<Answer> {
    let records = show::small::tags(tx, call, &listed.items, call.fields.compact()).await?;
    call.list(&listed, records)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    if !call.param("workspace").is_empty() {
        crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    } else if let Some(workspace) = call.query.id("workspace")? {
        crate::workspaces::check(&mut tx, workspace).await?;
    }
    let listed = work::tags::list(&mut tx, &call.page()?).await?;
    answer(&mut tx, call, listed).await
}

async fn of_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    let mut tags = work::tags::of(&mut tx, task).await?;
    tags.sort_by_key(|tag| tag.id);
    let listed = call.cut(tags, |tag| tag.id.0)?;
    answer(&mut tx, call, listed).await
}

async fn tasks(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::tasks::listed(&mut tx, call, Within::Tag(call.id("tag")?)).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let tag = work::tags::get(&mut tx, call.id("tag")?).await?;
    Ok(Answer::ok(record(&mut tx, call, tag).await?))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let name = value::text(&call.data, "name")?.flatten().unwrap_or_default();
    let notes = value::text(&call.data, "notes")?.flatten().unwrap_or_default();
    let color = color(&call.data)?.flatten();
    let mut tx = call.write().await?;
    crate::workspaces::check_in_body(&mut tx, call).await?;
    if !call.param("workspace").is_empty() {
        crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    }
    let tag = work::tags::create(&mut tx, &name, color, &notes).await?;
    let record = record(&mut tx, call, tag).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "tags"))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let change = TagChange {
        name: value::text(&call.data, "name")?.flatten(),
        color: color(&call.data)?,
        notes: value::text(&call.data, "notes")?.map(Option::unwrap_or_default),
    };
    let mut tx = call.write().await?;
    let tag = work::tags::change(&mut tx, call.id("tag")?, change).await?;
    let record = record(&mut tx, call, tag).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::tags::delete(&mut tx, call.id("tag")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
