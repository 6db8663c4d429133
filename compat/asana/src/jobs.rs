//! `/jobs`: copies that were asked for.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::value;
use base::Result;
use base::id::AnyId;
use serde_json::Value;
use work::copies::{ProjectParts, Shift, TaskParts};

/// The endpoints; the copies themselves are asked for under `/tasks` and `/projects`.
pub const ROUTES: &[Route] = &[route!(GET "/jobs/{job}" => get)];

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: AnyId = call.id("job")?;
    let copying = work::copies::get(&mut tx, id).await?;
    Ok(Answer::ok(show::small::job(&copying, call.fields.full())))
}

/// The words of `include`: text with commas, or a list.
fn include(call: &Call<'_>) -> Result<Option<String>> {
    match call.data.get("include") {
        Some(Value::Array(words)) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Ok(Some(words.join(",")))
        }
        _ => Ok(value::text(&call.data, "include")?.flatten()),
    }
}

/// Copies a task.
pub async fn duplicate_task(call: &Call<'_>) -> Result<Answer> {
    let name = value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?;
    let parts = TaskParts::parse(&include(call)?.unwrap_or_default());
    let mut tx = call.write().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    let copying = work::copies::task(&mut tx, task, &name, parts).await?;
    tx.commit().await?;
    Ok(Answer::created(show::small::job(&copying, call.fields.full()), "jobs"))
}

/// Asks for a copy of a project.
pub async fn duplicate_project(call: &Call<'_>) -> Result<Answer> {
    let name = value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?;
    let include = include(call)?.unwrap_or_default();
    let words = value::words(&include);
    let dates = value::object(&call.data, "schedule_dates")?.unwrap_or_default();
    let shift = match value::date(&dates, "start_on")?.flatten() {
        Some(start) => Some(Shift::StartOn(start)),
        None => value::date(&dates, "due_on")?.flatten().map(Shift::DueOn),
    };
    let parts = ProjectParts {
        tasks: TaskParts::parse(&include),
        members: words.iter().any(|word| word == "members"),
        notes: words.iter().any(|word| word == "notes"),
        shift,
        skip_weekends: value::flag(&dates, "should_skip_weekends")?.unwrap_or(false),
    };
    let mut tx = call.write().await?;
    let copying = work::copies::project(&mut tx, call.id("project")?, &name, parts).await?;
    tx.commit().await?;
    Ok(Answer::created(show::small::job(&copying, call.fields.full()), "jobs"))
}
