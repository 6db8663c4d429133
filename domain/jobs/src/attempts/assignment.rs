//! What an agent is told about a try: steps, environment, secrets, limits.

use super::api::archives;
use super::{Attempt, store};
use crate::agents::Agent;
use crate::file::{ArtifactRule, Step};
use crate::jobs;
use crate::runs::{self, Part, Run};
use crate::secrets::{self, Sealed};
use base::id::AttemptId;
use base::{Limit, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use db::Tx;
use repos::Sealing;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::App;

/// What is known of a try besides its rows, gathered in the transaction that gives it out.
pub(super) struct Facts {
    title: String,
    name: String,
    repository: String,
    stage: String,
    secrets: Vec<Sealed>,
    inputs: Vec<Input>,
    fence: Option<i64>,
}

/// A file of an earlier stage that a part gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentInput)]
pub(super) struct Input {
    name: String,
    path: String,
    size: i64,
    sha256: String,
}

impl Facts {
    /// The secrets of a try, opened: after the transaction that gives it out, and nowhere else.
    pub(super) fn opened(&self, sealing: &Sealing) -> Result<BTreeMap<String, String>> {
        let open = |sealed: &Sealed| Ok((sealed.name.clone(), sealed.open(sealing)?.reveal().to_owned()));
        self.secrets.iter().map(open).collect()
    }
}

/// Gathers what a try needs, and notes which secrets it is given.
pub(super) async fn gather(tx: &mut Tx, run: &Run, part: &Part, attempt: &Attempt) -> Result<Facts> {
    let job = jobs::unchecked(tx, run.job).await?;
    let model = jobs::definition(tx, run.definition).await?.model;
    let secrets = secrets::give(tx, &job, run, &model, &part.model.secrets).await?;
    let names: Vec<String> = secrets.iter().map(|sealed| sealed.name.clone()).collect();
    if !names.is_empty() {
        store::set_secrets_given(tx, attempt.id, &names).await?;
    }
    let mut inputs = Vec::new();
    for artifact in available(tx, run).await?.into_iter().filter(|artifact| artifact.shared) {
        if part.model.uses.contains(&artifact.name) {
            let (name, path) = (artifact.name, artifact.path);
            inputs.push(Input { name, path, size: artifact.size, sha256: artifact.hash });
        }
    }
    Ok(Facts {
        title: job.title,
        name: job.name,
        repository: repos::get(tx, run.repository).await?.name,
        stage: model.stages.get(part.stage).map(|stage| stage.name.clone()).unwrap_or_default(),
        secrets,
        inputs,
        fence: run.deployment.map(|_| attempt.epoch),
    })
}

/// The artifacts of a run, and of the run that it repeats in part.
async fn available(tx: &mut Tx, run: &Run) -> Result<Vec<super::Artifact>> {
    let mut all = store::artifacts(tx, run.id).await?;
    if let Some(old) = run.repeats {
        let have: Vec<String> = all.iter().map(|artifact| artifact.name.clone()).collect();
        all.extend(
            store::artifacts(tx, old).await?.into_iter().filter(|artifact| !have.contains(&artifact.name)),
        );
    }
    Ok(all)
}

/// Work for an agent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assignment {
    #[schema(value_type = String)]
    attempt: AttemptId,
    epoch: i64,
    /// Seconds that it may be silent.
    lease: u64,
    renew_every: u64,
    log_limit: u64,
    run: RunJson,
    part: PartJson,
    source: Option<SourceJson>,
    isolation: &'static str,
    image: Option<String>,
    pull: &'static str,
    network: bool,
    env: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    /// Further values that must not be shown.
    mask: Vec<String>,
    steps: Vec<StepJson>,
    finally: Vec<StepJson>,
    finally_budget: u64,
    artifacts: Vec<RuleJson>,
    inputs: Vec<Input>,
    limits: LimitsJson,
    timeouts: TimeoutsJson,
    /// Seconds between asking a process to end and killing it.
    grace: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentRun)]
struct RunJson {
    id: String,
    number: i64,
    job: String,
    title: String,
    url: String,
    cause: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentPart)]
struct PartJson {
    name: String,
    stage: String,
    index: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentSource)]
struct SourceJson {
    repository: String,
    commit: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    kind: &'static str,
    /// The archive itself in base64, when it is small and at hand; it need not be asked for then.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentStep)]
struct StepJson {
    name: String,
    run: String,
    shell: Option<String>,
    workdir: Option<String>,
    env: BTreeMap<String, String>,
    timeout: Option<u64>,
    always: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentArtifact)]
struct RuleJson {
    name: String,
    pattern: String,
    required: bool,
    shared: bool,
    keep: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentLimits)]
struct LimitsJson {
    memory: Option<u64>,
    cpus_milli: Option<u32>,
    pids: Option<u32>,
    disk: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentTimeouts)]
struct TimeoutsJson {
    run: u64,
    silent: Option<u64>,
}

/// Seconds that the steps of `finally` have together, whatever became of the others.
const FINALLY_S: u64 = 300;
/// Seconds between TERM and KILL.
const GRACE_S: u64 = 10;

/// Puts an assignment together.
pub(super) fn assignment(
    app: &App,
    sealing: &Sealing,
    agent: &Agent,
    claimed: super::claim::Claimed,
) -> Result<Assignment> {
    let super::claim::Claimed { attempt, run, part, facts } = claimed;
    let opened = facts.opened(sealing)?;
    let lease = app.limits.get(Limit::RunLeaseSeconds).max(1);
    let model = &part.model;
    let url = app.link(&format!("/runs/{}", run.id));
    let env = environment(app, &facts, &run, &part, &url, agent);
    Ok(Assignment {
        attempt: attempt.id,
        epoch: attempt.epoch,
        lease,
        renew_every: (lease / 3).max(1),
        log_limit: app.limits.get(Limit::RunLogBytes),
        run: RunJson {
            id: run.id.to_string(),
            number: run.number,
            job: facts.name,
            title: facts.title,
            url,
            cause: run.cause.as_str(),
        },
        part: PartJson { name: model.name.clone(), stage: facts.stage, index: part.place },
        source: Some(SourceJson {
            repository: facts.repository,
            commit: run.commit.clone(),
            reference: run.reference.clone(),
            kind: "tar",
            archive: archives::kept_small(&run.commit).map(|archive| BASE64.encode(archive)),
        }),
        isolation: model.isolation.as_str(),
        image: model.image.clone(),
        pull: model.pull.as_str(),
        network: model.network,
        env,
        secrets: opened,
        mask: Vec::new(),
        steps: model.steps.iter().map(step).collect(),
        finally: model.finally.iter().map(step).collect(),
        finally_budget: FINALLY_S,
        artifacts: model.artifacts.iter().map(rule).collect(),
        inputs: facts.inputs,
        limits: LimitsJson {
            memory: model.limits.memory_bytes,
            cpus_milli: model.limits.cpus_milli,
            pids: model.limits.pids,
            disk: model.limits.disk_bytes,
        },
        timeouts: TimeoutsJson { run: model.timeouts.run_s, silent: model.timeouts.silent_s },
        grace: GRACE_S,
    })
}

fn step(step: &Step) -> StepJson {
    StepJson {
        name: step.name.clone(),
        run: step.run.clone(),
        shell: step.shell.clone(),
        workdir: step.workdir.clone(),
        env: step.env.clone(),
        timeout: step.timeout_s,
        always: step.always,
    }
}

fn rule(rule: &ArtifactRule) -> RuleJson {
    RuleJson {
        name: rule.name.clone(),
        pattern: rule.pattern.clone(),
        required: rule.required,
        shared: rule.shared,
        keep: rule.keep_s,
    }
}

/// The environment that every step sees. What the file says is first, so that it cannot take our names.
fn environment(
    app: &App,
    facts: &Facts,
    run: &Run,
    part: &Part,
    url: &str,
    agent: &Agent,
) -> BTreeMap<String, String> {
    let mut env = part.model.env.clone();
    for (name, value) in &part.model.matrix {
        env.insert(format!("MATRIX_{}", upper(name)), value.clone());
    }
    for (name, value) in &run.params {
        env.insert(format!("PARAM_{}", upper(name)), value.clone());
    }
    let ours = [
        ("CI", "true".to_owned()),
        ("SIGNALBOX", "1".to_owned()),
        ("SIGNALBOX_URL", app.link("")),
        ("SIGNALBOX_RUN", run.id.to_string()),
        ("SIGNALBOX_RUN_NUMBER", run.number.to_string()),
        ("SIGNALBOX_RUN_URL", url.to_owned()),
        ("SIGNALBOX_JOB", facts.name.clone()),
        ("SIGNALBOX_PART", part.model.name.clone()),
        ("SIGNALBOX_COMMIT", run.commit.clone()),
        ("SIGNALBOX_REF", run.reference.clone().unwrap_or_default()),
        ("SIGNALBOX_CAUSE", run.cause.as_str().to_owned()),
        ("SIGNALBOX_REPOSITORY", facts.repository.clone()),
        ("SIGNALBOX_AGENT", agent.machine.name.clone()),
        ("SIGNALBOX_SCHEDULED_AT", run.scheduled_at.map(|at| at.to_string()).unwrap_or_default()),
    ];
    env.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    if let Some(fence) = facts.fence {
        env.insert("SIGNALBOX_FENCE".to_owned(), fence.to_string());
    }
    env
}

fn upper(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// Whether an agent may have a file: its try's part uses it.
pub(super) async fn may_have(tx: &mut Tx, attempt: &Attempt, sha256: &str) -> Result<bool> {
    let run = runs::unchecked(tx, attempt.run).await?;
    let part = runs::store::part(tx, attempt.part).await?;
    let uses = part.map(|part| part.model.uses).unwrap_or_default();
    let all = available(tx, &run).await?;
    Ok(all.iter().any(|file| file.shared && file.hash == sha256 && uses.contains(&file.name)))
}
