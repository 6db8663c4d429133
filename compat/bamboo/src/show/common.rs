//! What the result of a plan and that of a job of it have in common.

use super::words::Life;
use crate::call::Call;
use crate::wire::expand::Expand;
use crate::wire::page::{folded, whole};
use serde_json::{Value, json};

/// One result, of a run or of a part of it.
pub struct Common<'a> {
    /// Its key.
    pub key: &'a str,
    /// The key of what was built.
    pub of: &'a str,
    /// Its id.
    pub id: i64,
    /// Its number.
    pub number: i64,
    /// What can be shown whole of it.
    pub expands: &'static str,
    /// What was built.
    pub plan: Value,
    /// The name of that.
    pub plan_name: &'a str,
    /// The name of the project.
    pub project_name: &'a str,
    /// The commit.
    pub commit: &'a str,
    /// Where it is in its life.
    pub life: Life,
    /// Whether nothing of it was done yet.
    pub not_run_yet: bool,
    /// Why it was started, as HTML.
    pub reason: &'a str,
}

/// The record. Nothing is known of tests here; clients read the counts all the same.
pub fn record(call: &Call<'_>, common: Common<'_>) -> Value {
    let Common { key, life, reason, number, .. } = common;
    json!({
        "expand": common.expands,
        "link": {"href": call.link(&format!("rest/api/latest/result/{key}")), "rel": "self"},
        "plan": common.plan,
        "planName": common.plan_name,
        "projectName": common.project_name,
        "key": key,
        "buildResultKey": key,
        "planResultKey": {"key": key, "entityKey": {"key": common.of}, "resultNumber": number},
        "id": common.id,
        "number": number,
        "buildNumber": number,
        "lifeCycleState": life.cycle,
        "state": life.state,
        "buildState": life.state,
        "finished": life.is_finished(),
        "successful": life.is_successful(),
        "notRunYet": common.not_run_yet,
        "continuable": false,
        "restartable": false,
        "onceOff": false,
        "specsResult": false,
        "buildReason": reason,
        "reasonSummary": reason,
        "buildTestSummary": "No tests found",
        "successfulTestCount": 0,
        "failedTestCount": 0,
        "quarantinedTestCount": 0,
        "skippedTestCount": 0,
        "vcsRevisionKey": common.commit,
    })
}

/// A list below a result: shown whole where that was asked for.
pub fn opened(expand: &Expand, name: &str, child: &str, items: Vec<Value>) -> Value {
    match expand.has(name) {
        true => whole(child, items),
        false => folded(items.len()),
    }
}
