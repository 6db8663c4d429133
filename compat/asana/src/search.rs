//! `/workspaces/{workspace}/tasks/search`: tasks by any of about fifty conditions.
//!
//! There are no pages: whoever wants more sorts by creation and asks for what is older than the last one. Unknown conditions are
//! ignored, like unknown parameters everywhere; a known one that cannot be read is an error.

use crate::call::Call;
use crate::gate::Budget;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::value::{self, bad};
use base::Result;
use base::id::UserId;
use db::Tx;
use serde_json::Value;
use work::search::{Among, Days, FieldTest, Instants, SearchFilter, SortBy};
use work::tasks::TaskKind;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/workspaces/{workspace}/tasks/search" => search),
    route!(GET "/workspaces/{workspace}/projects/search" => projects),
];

async fn search(call: &Call<'_>) -> Result<Answer> {
    crate::dispatch::take_budget(call, Budget::Searches, 1)?;
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    let filter = filter(&mut tx, call).await?;
    let found = work::search::find(&mut tx, &filter).await?;
    let records = show::task::tasks(&mut tx, call, found, call.fields.compact()).await?;
    Ok(Answer::ok(Value::Array(records)))
}

/// Projects by name; the other conditions of projects are left to lists.
async fn projects(call: &Call<'_>) -> Result<Answer> {
    crate::dispatch::take_budget(call, Budget::Searches, 1)?;
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    let text = call.query.get("text").unwrap_or("").to_lowercase();
    let teams = call.query.ids("teams.any")?;
    let filter = work::projects::Filter { archived: call.query.flag("archived")?, ..Default::default() };
    let mut found =
        work::projects::list(&mut tx, &filter, &work::page::Page::all(&call.app.limits)).await?.items;
    found.retain(|project| {
        let in_team = teams.is_empty() || project.team.is_some_and(|team| teams.contains(&team));
        in_team && project.name.to_lowercase().contains(&text)
    });
    found.truncate(limit(call)?.unwrap_or(100));
    let records = show::project::projects(&mut tx, call, found, call.fields.compact()).await?;
    Ok(Answer::ok(Value::Array(records)))
}

fn limit(call: &Call<'_>) -> Result<Option<usize>> {
    Ok(call.paging()?.limit)
}

/// Ids under `key.any`, `key.not` and `key.all`; the word `null` means having none.
fn among<I: From<i64>>(call: &Call<'_>, key: &str) -> Result<Among<I>> {
    let ids = |suffix: &str| -> Result<(Vec<I>, bool)> {
        let key = format!("{key}.{suffix}");
        let words = call.query.words(&key);
        let is_null = words.iter().any(|word| word == "null");
        let ids = words
            .iter()
            .filter(|word| *word != "null")
            .map(|word| value::id(&key, word))
            .collect::<Result<_>>()?;
        Ok((ids, is_null))
    };
    let (any, or_none) = ids("any")?;
    Ok(Among { any, or_none, not: ids("not")?.0, all: ids("all")?.0 })
}

/// The same for people, who are also named by `me` and by address.
async fn people_among(tx: &mut Tx, call: &Call<'_>, key: &str) -> Result<Among<UserId>> {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    let mut or_none = false;
    for (list, suffix) in lists.iter_mut().zip(["any", "not", "all"]) {
        let key = format!("{key}.{suffix}");
        for word in call.query.words(&key) {
            match word.as_str() {
                "null" => or_none |= suffix == "any",
                word => list.push(call.user(tx, &key, word).await?),
            }
        }
    }
    let [any, not, all] = lists;
    Ok(Among { any, or_none, not, all })
}

fn days(call: &Call<'_>, key: &str) -> Result<Days> {
    let on = match call.query.get(key) {
        None => None,
        Some("null") => Some(None),
        Some(_) => Some(call.query.date(key)?),
    };
    Ok(Days {
        on,
        before: call.query.date(&format!("{key}.before"))?,
        after: call.query.date(&format!("{key}.after"))?,
    })
}

fn instants(call: &Call<'_>, key: &str) -> Result<Instants> {
    Ok(Instants {
        before: call.query.time(&format!("{key}.before"))?,
        after: call.query.time(&format!("{key}.after"))?,
    })
}

/// One condition on a custom field: `custom_fields.<gid>.<test>=value`.
fn field_test(key: &str, test: &str, text: &str) -> Result<Option<FieldTest>> {
    let number = || text.trim().parse::<f64>().map_err(|_| bad(key, format!("Not a number: {text}")));
    Ok(Some(match test {
        "is_set" => match value::flag_word(text) {
            Some(flag) => FieldTest::IsSet(flag),
            None => return Err(bad(key, format!("Not a boolean: {text}"))),
        },
        "value" => FieldTest::Is(text.to_owned()),
        "starts_with" => FieldTest::StartsWith(text.to_owned()),
        "ends_with" => FieldTest::EndsWith(text.to_owned()),
        "contains" => FieldTest::Contains(text.to_owned()),
        "less_than" => FieldTest::LessThan(number()?),
        "greater_than" => FieldTest::GreaterThan(number()?),
        "before" => FieldTest::Before(value::parse_date(key, text)?),
        "after" => FieldTest::After(value::parse_date(key, text)?),
        _ => return Ok(None),
    }))
}

async fn filter(tx: &mut Tx, call: &Call<'_>) -> Result<SearchFilter> {
    let query = &call.query;
    let mut fields = Vec::new();
    for (key, text) in query.pairs() {
        let Some((gid, test)) = key.strip_prefix("custom_fields.").and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        if let Some(test) = field_test(key, test, text)? {
            fields.push((value::id(key, gid)?, test));
        }
    }
    let sort_by = match query.get("sort_by") {
        Some(word) => Some(SortBy::parse(word).map_err(|error| bad("sort_by", error.message()))?),
        None => None,
    };
    let kind = match query.get("resource_subtype") {
        Some(word) => Some(TaskKind::parse(word).map_err(|error| bad("resource_subtype", error.message()))?),
        None => None,
    };
    Ok(SearchFilter {
        text: query.get("text").map(str::to_owned),
        completed: query.flag("completed")?,
        is_subtask: query.flag("is_subtask")?,
        is_blocked: query.flag("is_blocked")?,
        is_blocking: query.flag("is_blocking")?,
        has_attachment: query.flag("has_attachment")?,
        kind,
        assignee: people_among(tx, call, "assignee").await?,
        followers: people_among(tx, call, "followers").await?,
        created_by: people_among(tx, call, "created_by").await?,
        assigned_by: people_among(tx, call, "assigned_by").await?,
        liked_by: people_among(tx, call, "liked_by").await?,
        commented_on_by: people_among(tx, call, "commented_on_by").await?,
        projects: among(call, "projects")?,
        sections: among(call, "sections")?,
        tags: among(call, "tags")?,
        teams: among(call, "teams")?,
        due_on: days(call, "due_on")?,
        start_on: days(call, "start_on")?,
        created_on: days(call, "created_on")?,
        completed_on: days(call, "completed_on")?,
        modified_on: days(call, "modified_on")?,
        due_at: instants(call, "due_at")?,
        created_at: instants(call, "created_at")?,
        completed_at: instants(call, "completed_at")?,
        modified_at: instants(call, "modified_at")?,
        fields,
        sort_by,
        ascending: query.flag("sort_ascending")?.unwrap_or(false),
        limit: limit(call)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_custom_fields_are_read_by_their_test() {
        assert!(matches!(field_test("k", "is_set", "True"), Ok(Some(FieldTest::IsSet(true)))));
        assert!(matches!(field_test("k", "less_than", "2.5"), Ok(Some(FieldTest::LessThan(n))) if n == 2.5));
        assert!(matches!(field_test("k", "after", "2026-01-01"), Ok(Some(FieldTest::After(_)))));
        assert!(matches!(field_test("k", "sounds_like", "x"), Ok(None)));
        assert!(field_test("k", "less_than", "few").is_err() && field_test("k", "is_set", "maybe").is_err());
    }
}
