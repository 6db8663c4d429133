//! Labels and comments of results.

use crate::call::{Answer, Call};
use crate::catalogue::{no_plan, no_result, run_of, seen};
use crate::routes::{Route, route};
use crate::versions;
use crate::wire::page::collection;
use base::{Error, Result, Right};
use db::Tx;
use jobs::runs::Run;
use jobs::runs::remarks::{self, Comment};
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/result/{key}/comment" => comments),
    route!(POST "/rest/api/latest/result/{key}/comment" => comment),
    route!(GET "/rest/api/latest/result/{key}/label" => labels),
    route!(POST "/rest/api/latest/result/{key}/label" => label),
    route!(DELETE "/rest/api/latest/result/{key}/label/{label}" => unlabel),
];

/// The run that the path names.
async fn run(call: &Call<'_>, tx: &mut Tx) -> Result<Run> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    let number = meant.number.ok_or_else(|| no_result(text))?;
    let job = seen(jobs::jobs::require(tx, meant.plan.id, Right::View).await, || no_plan(text))?;
    run_of(tx, &job, number, Right::View, text).await
}

/// Labels as records; those that name versions are told as versions.
pub fn label_records(all: &[String]) -> Vec<Value> {
    let own = all.iter().filter(|name| !name.starts_with(versions::LABEL));
    own.map(|name| json!({"name": name})).collect()
}

/// Comments as records.
pub fn comment_records(all: &[Comment]) -> Vec<Value> {
    let record = |comment: &Comment| {
        json!({
            "id": comment.id.0, "author": comment.user_name, "content": comment.text,
            "creationDate": comment.made_at.to_string(), "modificationDate": comment.made_at.to_string(),
        })
    };
    all.iter().map(record).collect()
}

async fn comments(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let mut tx = call.read().await?;
    let run = run(call, &mut tx).await?;
    let all = comment_records(&remarks::comments(&mut tx, run.id).await?);
    Ok(Answer::ok(json!({"comments": collection("comment", all.len(), page, page.cut(all))})))
}

async fn comment(call: &Call<'_>) -> Result<Answer> {
    let text = call
        .text("content")
        .ok_or_else(|| Error::invalid("bamboo.comment", "Say something: content is missing"))?;
    let mut tx = call.write().await?;
    let run = run(call, &mut tx).await?;
    remarks::comment(&mut tx, run.id, text).await?;
    tx.commit().await?;
    Ok(Answer::done())
}

async fn labels(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let mut tx = call.read().await?;
    let run = run(call, &mut tx).await?;
    let all = label_records(&remarks::labels(&mut tx, run.id).await?);
    Ok(Answer::ok(json!({"labels": collection("label", all.len(), page, page.cut(all))})))
}

async fn label(call: &Call<'_>) -> Result<Answer> {
    let name = call
        .text("name")
        .ok_or_else(|| Error::invalid("bamboo.label", "Say which label: name is missing"))?;
    let mut tx = call.write().await?;
    let run = run(call, &mut tx).await?;
    remarks::label(&mut tx, run.id, name).await?;
    tx.commit().await?;
    Ok(Answer::done())
}

async fn unlabel(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let run = run(call, &mut tx).await?;
    remarks::unlabel(&mut tx, run.id, call.param("label")).await?;
    tx.commit().await?;
    Ok(Answer::done())
}
