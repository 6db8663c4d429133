//! Secrets: values that jobs get and nobody reads back.
//!
//! They are sealed with the server's key, each to its own name, so that a copy of the database alone holds none. A run gets those that its
//! file names; of several with one name the one closest to it: the job's, its environment's, its repository's, the workspace's.

mod api;
pub(crate) mod pages;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;

use crate::file;
use crate::jobs::{self, Job};
use crate::runs::Run;
use base::id::{JobId, RepositoryId, SecretId};
use base::{Error, Limit, Result, Right, Role, Secret as Text, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use repos::Sealing;
use serde_json::json;

/// Where a secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every job.
    Workspace,
    /// The jobs of a repository.
    Repository(RepositoryId),
    /// One job.
    Job(JobId),
    /// Jobs that deploy to an environment, by its name.
    Environment(String),
}

impl Scope {
    /// Reads `workspace`, `repository:NAME`, `job:NAME` or `environment:NAME`.
    pub async fn parse(tx: &mut Tx, text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "workspace" => Ok(Self::Workspace),
            Some(("repository", name)) => repos::find(tx, name).await.map(|found| Self::Repository(found.id)),
            Some(("job", name)) => jobs::named(tx, name, Right::View).await.map(|job| Self::Job(job.id)),
            Some(("environment", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            _ => Err(Error::invalid(
                "secret.scope",
                format!(
                    "{text:.100} is no scope; write workspace, repository:NAME, job:NAME or environment:NAME"
                ),
            )),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Repository(_) => "repository",
            Self::Job(_) => "job",
            Self::Environment(_) => "environment",
        }
    }

    /// What tells scopes of one kind apart.
    fn key(&self) -> String {
        match self {
            Self::Workspace => String::new(),
            Self::Repository(id) => id.to_string(),
            Self::Job(id) => id.to_string(),
            Self::Environment(name) => name.clone(),
        }
    }
}

/// A secret, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// The kind of its scope.
    pub scope: String,
    /// What tells scopes of one kind apart: an id, or the name of an environment.
    pub scope_key: String,
    /// Its name, which is that of the environment variable.
    pub name: String,
    /// Rises with every value.
    pub version: i64,
    /// Whether runs of any branch get it.
    pub any_branch: bool,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Time,
    /// When a run got it last.
    pub given_at: Option<Time>,
}

/// What is shorter is not hidden in output, because it would be found all over; so it is no secret.
const SHORTEST: usize = 4;

/// What a secret is sealed for: a value that is moved to another name does not open.
fn purpose(scope: &str, key: &str, name: &str) -> String {
    format!("job secret {scope} {key} {name}")
}

/// Checks that the actor may set secrets of a scope.
async fn require(tx: &mut Tx, scope: &Scope) -> Result<()> {
    match scope {
        Scope::Job(job) => jobs::require(tx, *job, Right::Secrets).await.map(drop),
        Scope::Repository(repository) => {
            rights::require(tx, &format!("repository:{repository}"), Right::Secrets).await
        }
        Scope::Workspace | Scope::Environment(_) => rights::require_admin(tx).await,
    }
}

/// Sets a secret. Its value is never shown again.
pub async fn set(
    tx: &mut Tx,
    sealing: &Sealing,
    scope: &Scope,
    name: &str,
    value: &Text,
    any_branch: bool,
) -> Result<Secret> {
    require(tx, scope).await?;
    if !is_name(name) {
        let message = "A secret has the name of an environment variable: letters, digits and _, not beginning with a digit";
        return Err(Error::invalid("secret.name", message));
    }
    let bytes = value.reveal().len();
    if bytes == 0 || value.reveal().contains('\0') {
        return Err(Error::invalid("secret.empty", "A secret has a value, without zero characters"));
    }
    if value.reveal().trim().len() < SHORTEST {
        let message = format!(
            "A secret has at least {SHORTEST} characters: a shorter one stands in ordinary output too often to be hidden there"
        );
        return Err(Error::invalid("secret.short", message));
    }
    tx.limits().check(Limit::SecretBytes, bytes, "the value")?;
    let sealed = sealing.seal(&purpose(scope.kind(), &scope.key(), name), value);
    let before = store::find(tx, scope.kind(), &scope.key(), name).await?;
    let secret = Secret {
        id: before.as_ref().map_or_else(|| tx.new_id(), |before| before.id),
        scope: scope.kind().to_owned(),
        scope_key: scope.key(),
        name: name.to_owned(),
        version: before.as_ref().map_or(1, |before| before.version + 1),
        any_branch,
        set_by: tx.actor().name.clone(),
        set_at: tx.now(),
        given_at: before.as_ref().and_then(|before| before.given_at),
    };
    store::put(tx, &secret, &sealed).await?;
    let data = json!({
        "scope": secret.scope, "of": secret.scope_key, "name": name, "version": secret.version, "any_branch": any_branch,
        "before": before.map(|before| json!({"version": before.version, "any_branch": before.any_branch})),
    });
    enter(tx, "secret.set", &secret, data);
    Ok(secret)
}

fn enter(tx: &mut Tx, verb: &'static str, secret: &Secret, data: serde_json::Value) {
    let about: Vec<Subject> = match (secret.scope.as_str(), secret.scope_key.parse()) {
        ("job", Ok(id)) => vec![Subject::new("job", id)],
        ("repository", Ok(id)) => vec![Subject::new("repository", RepositoryId(id))],
        _ => Vec::new(),
    };
    journal::enter(tx, verb, Subject::new("secret", secret.id.0), &about, data);
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && name.len() <= 128 && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Removes a secret.
pub async fn remove(tx: &mut Tx, scope: &Scope, name: &str) -> Result<()> {
    require(tx, scope).await?;
    let found = store::find(tx, scope.kind(), &scope.key(), name).await?;
    let secret = found
        .ok_or_else(|| Error::missing("secret.missing", format!("There is no secret {name:.128} there")))?;
    store::remove(tx, secret.id).await?;
    let data =
        json!({"scope": secret.scope, "of": secret.scope_key, "name": name, "version": secret.version});
    enter(tx, "secret.removed", &secret, data);
    Ok(())
}

/// The secrets that there are, without values. For members; those of jobs they do not see are left out.
pub async fn list(tx: &mut Tx) -> Result<Vec<Secret>> {
    rights::require_role(tx, Role::Member)?;
    let seen: Vec<String> = jobs::list(tx).await?.into_iter().map(|job| job.id.to_string()).collect();
    let all = store::all(tx).await?;
    Ok(all.into_iter().filter(|secret| secret.scope != "job" || seen.contains(&secret.scope_key)).collect())
}

/// The scopes that a job gets its secrets from, the closest first.
fn scopes(job: &Job, model: &file::Job) -> Vec<(&'static str, String)> {
    let mut scopes = vec![("job", job.id.to_string())];
    if let Some(environment) = &model.deploy {
        scopes.push(("environment", environment.clone()));
    }
    scopes.push(("repository", job.repository.to_string()));
    scopes.push(("workspace", String::new()));
    scopes
}

/// The secrets that a job names, each with where it comes from, when it was set anywhere. The caller has checked that the job may be seen.
pub(crate) async fn of_job(
    tx: &mut Tx,
    job: &Job,
    model: &file::Job,
) -> Result<Vec<(String, Option<Secret>)>> {
    let mut names: Vec<&String> =
        model.secrets.iter().chain(model.parts().flat_map(|part| &part.secrets)).collect();
    names.sort_unstable();
    names.dedup();
    let mut all = Vec::new();
    for name in names {
        let mut found = None;
        for (scope, key) in scopes(job, model) {
            found = store::find(tx, scope, &key, name).await?;
            if found.is_some() {
                break;
            }
        }
        all.push((name.clone(), found));
    }
    Ok(all)
}

/// A secret that a run gets, still sealed.
pub(crate) struct Sealed {
    pub name: String,
    purpose: String,
    sealed: Vec<u8>,
}

impl Sealed {
    /// Its value.
    pub(crate) fn open(&self, sealing: &Sealing) -> Result<Text> {
        sealing.unseal(&self.purpose, &self.sealed)
    }
}

/// The secret that requests to a job are signed with, still sealed. It is compared with and given to nobody, so its use is no entry.
pub(crate) async fn of_webhook(
    tx: &mut Tx,
    job: &Job,
    model: &file::Job,
    name: &str,
) -> Result<Option<Sealed>> {
    for (scope, key) in scopes(job, model) {
        if let Some(secret) = store::find(tx, scope, &key, name).await? {
            let sealed = store::sealed(tx, secret.id).await?;
            return Ok(Some(Sealed { name: name.to_owned(), purpose: purpose(scope, &key, name), sealed }));
        }
    }
    Ok(None)
}

/// Finds the secrets that a part of a run gets and enters that it got them. A run of another branch gets only those that say so.
pub(crate) async fn give(
    tx: &mut Tx,
    job: &Job,
    run: &Run,
    model: &file::Job,
    names: &[String],
) -> Result<Vec<Sealed>> {
    let scopes = scopes(job, model);
    let mut given = Vec::new();
    for name in names {
        for (scope, key) in &scopes {
            let Some(secret) = store::find(tx, scope, key, name).await? else { continue };
            if !run.trusted && !secret.any_branch {
                continue;
            }
            let sealed = store::sealed(tx, secret.id).await?;
            store::set_given(tx, secret.id).await?;
            let data = json!({"name": name, "version": secret.version, "run": run.id, "number": run.number, "job": job.name});
            enter(tx, "secret.given", &secret, data);
            given.push(Sealed { name: name.clone(), purpose: purpose(scope, key, name), sealed });
            break;
        }
    }
    Ok(given)
}
