//! `/stories`: comments, and what happened to a task.

use crate::call::Call;
use crate::projects::text;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::value::{self, Data};
use base::Result;
use work::names::Text;
use work::page::Listed;
use work::stories::{CommentChange, NewComment};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/tasks/{task}/stories" => of_task),
    route!(POST "/tasks/{task}/stories" => comment),
    route!(GET "/stories/{story}" => get),
    route!(PUT "/stories/{story}" => change),
    route!(DELETE "/stories/{story}" => delete),
];

async fn of_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    let Listed { items, next } = work::stories::list(&mut tx, task, &call.page()?).await?;
    let records = show::story::stories(&mut tx, call, &items, call.fields.compact()).await?;
    call.list(&Listed::<()> { items: vec![], next }, records)
}

/// What a comment says. Both forms at once are refused here: unlike notes, nobody sends a comment back whole.
fn says(data: &Data) -> Result<Option<Text>> {
    if value::text(data, "text")?.is_some() && value::text(data, "html_text")?.is_some() {
        return Err(value::bad("text", "Only one of text and html_text may be given"));
    }
    text(data, "text", "html_text")
}

async fn comment(call: &Call<'_>) -> Result<Answer> {
    let new = NewComment {
        text: says(&call.data)?.ok_or_else(|| value::missing_input("text"))?,
        is_pinned: value::flag(&call.data, "is_pinned")?.unwrap_or(false),
        sticker: value::text(&call.data, "sticker_name")?.flatten(),
    };
    let mut tx = call.write().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    let story = work::stories::comment(&mut tx, task, new).await?;
    let record = show::story::story(&mut tx, call, &story, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "stories"))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let story = work::stories::get(&mut tx, call.id("story")?).await?;
    Ok(Answer::ok(show::story::story(&mut tx, call, &story, call.fields.full()).await?))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let change = CommentChange {
        text: says(&call.data)?,
        is_pinned: value::flag(&call.data, "is_pinned")?,
        sticker: value::text(&call.data, "sticker_name")?,
        liked: value::flag(&call.data, "liked")?.or(value::flag(&call.data, "hearted")?),
    };
    let mut tx = call.write().await?;
    let story = work::stories::change(&mut tx, call.id("story")?, change).await?;
    let record = show::story::story(&mut tx, call, &story, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::stories::delete(&mut tx, call.id("story")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
