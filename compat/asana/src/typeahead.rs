//! `/typeahead`: a few things whose name contains what was typed.

use crate::call::Call;
use crate::gate::Budget;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::record::named;
use crate::wire::value;
use base::Result;
use base::id::TaskId;
use db::Tx;
use serde_json::Value;
use work::typeahead::{Hit, Noun};

/// The endpoints. Old clients say `type` for `resource_type`, and `organizations` for workspaces.
pub const ROUTES: &[Route] = &[
    route!(GET "/workspaces/{workspace}/typeahead" => typeahead),
    route!(GET "/organizations/{workspace}/typeahead" => typeahead),
];

fn count(call: &Call<'_>) -> Result<usize> {
    match call.query.get("count") {
        None => Ok(20),
        Some(text) => match text.parse::<usize>() {
            Ok(count) if (1..=100).contains(&count) => Ok(count),
            _ => Err(value::bad("count", "Must be between 1 and 100")),
        },
    }
}

async fn typeahead(call: &Call<'_>) -> Result<Answer> {
    crate::dispatch::take_budget(call, Budget::Searches, 1)?;
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    let kind = match call.query.get("resource_type") {
        Some(kind) => kind,
        None => call.query.get("type").ok_or_else(|| value::missing_input("resource_type"))?,
    };
    let noun = match kind {
        "actor" => Noun::User,
        // Kinds of things that there are none of here.
        "agent" | "goal" | "portfolio" => return Ok(Answer::ok(Value::Array(vec![]))),
        "project_template" => return templates(&mut tx, call).await,
        kind => Noun::parse(kind).map_err(|error| value::bad("resource_type", error.message()))?,
    };
    let hits =
        work::typeahead::find(&mut tx, noun, call.query.get("query").unwrap_or(""), count(call)?).await?;
    Ok(Answer::ok(Value::Array(records(&mut tx, call, noun, &hits).await?)))
}

/// Templates are few: they are looked through as they are listed.
async fn templates(tx: &mut Tx, call: &Call<'_>) -> Result<Answer> {
    let wanted = call.query.get("query").unwrap_or("").to_lowercase();
    let mut found = work::templates::list(tx).await?;
    found.retain(|template| template.name.to_lowercase().contains(&wanted));
    found.truncate(count(call)?);
    let records = show::template::templates(tx, call, &found, call.fields.compact()).await?;
    Ok(Answer::ok(Value::Array(records)))
}

/// Records of what was found, loaded only when more than names is wanted.
async fn records(tx: &mut Tx, call: &Call<'_>, noun: Noun, hits: &[Hit]) -> Result<Vec<Value>> {
    let want = call.fields.compact();
    if noun == Noun::Task {
        let ids: Vec<TaskId> = hits.iter().map(|hit| TaskId(hit.id)).collect();
        let found = work::tasks::visible(tx, &ids).await?;
        return show::task::tasks(tx, call, found, want).await;
    }
    if !want.goes_beyond(&["name"]) {
        return Ok(hits.iter().map(|hit| named(noun.as_str(), hit.id, &hit.name, want)).collect());
    }
    let mut records = Vec::with_capacity(hits.len());
    for hit in hits {
        records.extend(record(tx, call, noun, hit).await?);
    }
    Ok(records)
}

async fn record(tx: &mut Tx, call: &Call<'_>, noun: Noun, hit: &Hit) -> Result<Vec<Value>> {
    let (id, want) = (hit.id, call.fields.compact());
    match noun {
        Noun::User => {
            let user = people::users::get(tx, id.into()).await?;
            show::person::users(tx, call, &[user], want).await
        }
        Noun::Project => {
            let project = work::projects::get(tx, id.into()).await?;
            show::project::projects(tx, call, vec![project], want).await
        }
        Noun::Tag => {
            let tag = work::tags::get(tx, id.into()).await?;
            show::small::tags(tx, call, &[tag], want).await
        }
        Noun::Field => Ok(vec![show::field::field(&work::fields::get(tx, id.into()).await?, want)]),
        Noun::Team | Noun::Task => Ok(vec![named(noun.as_str(), id, &hit.name, want)]),
    }
}
