//! `/attachments`: files and links that hang on tasks.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::TaskId;
use db::Tx;
use work::attachments::Attachment;
use work::page::Listed;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/attachments" => list),
    route!(POST "/attachments" => create),
    route!(GET "/attachments/{attachment}" => get),
    route!(DELETE "/attachments/{attachment}" => delete),
    route!(GET "/tasks/{task}/attachments" => of_task),
    route!(POST "/tasks/{task}/attachments" => create_on_task),
];

async fn listed(tx: &mut Tx, call: &Call<'_>, task: TaskId) -> Result<Answer> {
    let Listed { items, next } = work::attachments::list(tx, task, &call.page()?).await?;
    let want = call.fields.compact();
    let records = items.iter().map(|it| show::small::attachment(call, it, want)).collect();
    call.list(&Listed::<()> { items: vec![], next }, records)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let task = value::id("parent", call.query.required("parent")?)?;
    let mut tx = call.read().await?;
    listed(&mut tx, call, task).await
}

async fn of_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    listed(&mut tx, call, task).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let attachment = work::attachments::get(&mut tx, call.id("attachment")?).await?;
    Ok(Answer::ok(show::small::attachment(call, &attachment, call.fields.full())))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::attachments::delete(&mut tx, call.id("attachment")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// A file is kept before the transaction begins; a link has its address in the body.
async fn added(tx: &mut Tx, call: &Call<'_>, task: TaskId) -> Result<Attachment> {
    let name = value::text(&call.data, "name")?.flatten().filter(|name| !name.is_empty());
    if let Some(upload) = &call.upload {
        let name = upload.name.clone().or(name).unwrap_or_else(|| "attachment".to_owned());
        return work::attachments::add_file(tx, task, &name, &upload.blob.hash, upload.blob.size).await;
    }
    let url = value::text(&call.data, "url")?.flatten().ok_or_else(|| value::missing_input("file"))?;
    let name = name.unwrap_or_else(|| url.clone());
    work::attachments::add_link(tx, task, &name, &url).await
}

/// Unlike every other creation, this one answers 200.
async fn create(call: &Call<'_>) -> Result<Answer> {
    let task: TaskId = value::required_id(&call.data, "parent")?;
    let mut tx = call.write().await?;
    let attachment = added(&mut tx, call, task).await.map_err(|error| fault::in_body("parent", error))?;
    tx.commit().await?;
    Ok(Answer::ok(show::small::attachment(call, &attachment, call.fields.full())))
}

async fn create_on_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    let attachment = added(&mut tx, call, task).await?;
    tx.commit().await?;
    Ok(Answer::ok(show::small::attachment(call, &attachment, call.fields.full())))
}
