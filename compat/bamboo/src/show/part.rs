//! The parts of a run: Bamboo's job results, in their stages.

use super::common::{self, Common, opened};
use super::result::{Scene, changes, key, reason, times};
use super::{artifact, plan as show_plan, words};
use crate::call::Call;
use crate::catalogue::Plan;
use crate::wire::page::{folded, whole};
use jobs::runs::{Part, Run, State};
use serde_json::{Value, json};

/// The key of the part of a plan.
pub fn job_key(plan: &Plan, part: &str) -> String {
    format!("{}-{part}", plan.key())
}

/// Where its log is.
pub fn log_link(call: &Call<'_>, plan: &Plan, part: &str, run: &Run) -> String {
    let key = job_key(plan, part);
    call.link(&format!("download/{key}/build_logs/{key}-{}.log", run.number))
}

/// What a part of a run came to.
pub fn result(scene: &Scene<'_>, short: &str, part: &Part) -> Value {
    let Scene { call, now, plan, job, run, detail, expand } = *scene;
    let job_key = job_key(plan, short);
    let own = format!("{job_key}-{}", run.number);
    let attempt = detail.attempts.get(&part.id);
    let mut plan_json = show_plan::brief(call, plan, job);
    for (name, value) in [
        ("key", job_key.as_str()),
        ("name", &format!("{} - {} - {}", plan.project_name, job.title, part.model.name)),
        ("shortName", &part.model.name),
        ("buildName", &part.model.name),
        ("shortKey", short),
        ("type", "job"),
    ] {
        plan_json[name] = value.into();
    }
    plan_json["planKey"] = json!({"key": job_key});
    plan_json["master"] = json!({"key": plan.key()});
    let common = Common {
        key: &own,
        of: &job_key,
        id: part.id.0,
        number: run.number,
        expands: "changes,metadata,artifacts,comments,labels,jiraIssues,logEntries",
        plan: plan_json,
        plan_name: &part.model.name,
        project_name: &plan.project_name,
        commit: &run.commit,
        life: words::of_part(part.state),
        not_run_yet: !part.state.is_over() && attempt.is_none(),
        reason: &reason(run),
    };
    let mut all = common::record(call, common);
    all["parent"] =
        json!({"href": call.link(&format!("rest/api/latest/result/{}", key(plan, run))), "rel": "parent"});
    all["stage"] = detail.model.stages.get(part.stage).map(|stage| stage.name.as_str()).into();
    all["logFiles"] = json!([log_link(call, plan, short, run)]);
    all["vcsUpdateDuration"] = 0.into();
    if let Some(sentence) = attempt.and_then(|attempt| attempt.sentence.as_ref()).or(part.sentence.as_ref()) {
        all["message"] = sentence.as_str().into();
    }
    let queued = part.ready_at.unwrap_or(run.made_at);
    all["queueStartedTime"] = queued.to_string().into();
    match attempt {
        Some(attempt) => {
            let waited = attempt.leased_at.since(queued).as_millis();
            all["queueDuration"] = u64::try_from(waited).unwrap_or(u64::MAX).into();
            all["agentId"] = attempt.agent.0.into();
            if let Some(code) = attempt.exit_code {
                all["exitCode"] = code.into();
            }
        }
        None if !part.state.is_over() => all["hasExecutableAgents"] = part.sentence.is_none().into(),
        None => {}
    }
    times(
        &mut all,
        now,
        attempt.map(|attempt| attempt.started_at.unwrap_or(attempt.leased_at)),
        attempt.and_then(|attempt| attempt.ended_at),
    );
    for (name, child) in
        [("jiraIssues", "issue"), ("metadata", "item"), ("comments", "comment"), ("labels", "label")]
    {
        all[name] = opened(expand, name, child, Vec::new());
    }
    all["changes"] = changes(scene);
    let artifacts = artifact::of_run(call, plan, run, detail, Some(part));
    let is_opened = expand.has("artifacts") || expand.has("stages.stage.results.result.artifacts");
    all["artifacts"] = if is_opened { whole("artifact", artifacts) } else { folded(artifacts.len()) };
    all
}

/// The stages of a run with the results in them. Whoever opens the stages sees their results: that is what they are opened for.
pub fn stages(scene: &Scene<'_>) -> Vec<Value> {
    let Scene { run, detail, .. } = *scene;
    let keyed = detail.keyed();
    let stage = |(place, stage): (usize, &jobs::file::Stage)| {
        let inside: Vec<_> = keyed.iter().filter(|(_, part)| part.stage == place).collect();
        let lives: Vec<words::Life> = inside.iter().map(|(_, part)| words::of_part(part.state)).collect();
        let life = of_stage(&lives);
        let passed = lives.iter().filter(|life| life.is_successful()).count();
        let waits = run.state == State::Held && lives.iter().all(|life| life.cycle == "Pending");
        let message = match (life.cycle, life.state) {
            ("Finished", "Successful") => counted(passed, "passed"),
            ("Finished", _) => format!(
                "{}, {passed} passed",
                counted(lives.iter().filter(|life| life.state == "Failed").count(), "failed")
            ),
            ("InProgress", _) => "In progress".to_owned(),
            ("NotBuilt", _) => "Not built".to_owned(),
            _ if waits => "Waits for somebody to let it begin".to_owned(),
            _ => "Pending".to_owned(),
        };
        let results = inside.iter().map(|(key, part)| result(scene, key, part)).collect();
        json!({
            "name": stage.name,
            "description": "",
            "expand": "results",
            "manual": stage.manual,
            "state": life.state,
            "lifeCycleState": life.cycle,
            "restartable": false,
            "runnable": waits && stage.manual,
            "displayClass": life.state,
            "displayMessage": message,
            "collapsedByDefault": false,
            "results": whole("result", results),
        })
    };
    detail.model.stages.iter().enumerate().map(stage).collect()
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {} {word}", if count == 1 { "job" } else { "jobs" })
}

/// What the jobs of a stage come to together.
fn of_stage(lives: &[words::Life]) -> words::Life {
    let any = |cycle: &str| lives.iter().find(|life| life.cycle == cycle).copied();
    let failed = lives.iter().find(|life| life.state == "Failed").copied();
    let going = any("InProgress").or_else(|| any("Queued"));
    going
        .or(failed)
        .or_else(|| any("NotBuilt"))
        .or_else(|| any("Pending"))
        .or_else(|| any("Finished"))
        .unwrap_or(words::Life { cycle: "Finished", state: "Successful" })
}
