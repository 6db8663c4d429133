//! `/rule_triggers`: runs a rule by hand. A trigger has the id of its rule; rules themselves are made in the project or under
//! `/api/v1`, and have no other endpoint here.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value::{self, bad};
use base::Result;
use base::id::{RuleId, TaskId};
use serde_json::json;

/// The endpoint.
pub const ROUTES: &[Route] = &[route!(POST "/rule_triggers/{rule_trigger}/run" => run)];

/// `action_data` is accepted and has no reader: actions of rules here take no parameters.
async fn run(call: &Call<'_>) -> Result<Answer> {
    let rule: RuleId = call.id("rule_trigger")?;
    let task: TaskId = value::required_id(&call.data, "resource")?;
    let mut tx = call.write().await?;
    work::rules::get(&mut tx, rule).await?;
    let rule =
        work::rules::by_hand(&mut tx, rule, task).await.map_err(|error| fault::in_body("resource", error))?;
    tx.commit().await?;
    match rule.problem {
        Some(problem) => Err(bad("rule_trigger", problem)),
        None => Ok(Answer::ok(json!({ "message": format!("The rule {} was run", rule.name) }))),
    }
}
