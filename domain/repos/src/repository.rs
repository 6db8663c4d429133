//! Repositories: remotes that are mirrored. Registering, changing, removing, and what fetching them found.
//!
//! Members register remotes and see all repositories; what is registered is changed by administrators and by whoever
//! registered it. Paths on the server's own disk are for administrators: git would read whatever the server may read.

pub(crate) mod api;
#[cfg(test)]
mod api_tests;
mod asked;
mod checks;
mod credential;
mod hook;
mod hosted;
mod kept;
mod outcome;
pub(crate) mod pages;
pub(crate) mod store;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use asked::make as make_hosted;
pub(crate) use credential::unsealed;
pub use credential::{CredentialKind, NewCredential};
pub(crate) use hook::by_hook;
pub use hook::{Hook, renew_hook};
pub use hosted::{NewHosted, Pushers, create};
pub(crate) use hosted::{claim, look_at_hosted, open_to, record_pushed, refuse_push, told_refs};
pub use kept::{Kept, kept};
pub(crate) use outcome::{due, is_any_due, record};

use crate::git::Source;
use crate::sealing::Sealing;
use base::id::{RepositoryId, UserId};
use base::{Error, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::json;

/// How often a remote is looked at unless somebody says otherwise.
pub const POLL_S: u64 = 60;
/// The longest pause between two looks that can be set.
pub const POLL_S_MAX: u64 = 7 * 86_400;
/// The shortest.
pub const POLL_S_MIN: u64 = 10;

base::text_enum! {
    /// What is known of a repository.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = RepositoryState)]
    pub enum State {
        /// Registered, and not fetched yet.
        New = "new",
        /// Mirrored whole.
        Ready = "ready",
        /// Mirrored, but its remote's history is cut off.
        Shallow = "shallow",
        /// The last fetch failed.
        Unreadable = "unreadable",
    }
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its id.
    pub id: RepositoryId,
    /// Its name.
    pub name: String,
    /// Where it is fetched from; never holds a credential.
    pub address: String,
    /// The default branch that somebody set.
    pub chosen_branch: Option<String>,
    /// The default branch that the remote names.
    pub remote_branch: Option<String>,
    /// What sort of credential is stored.
    pub credential: Option<CredentialKind>,
    /// Seconds between two looks at the remote; zero for never.
    pub poll_s: u64,
    /// What is known of it.
    pub state: State,
    /// Why it is unreadable.
    pub problem: Option<String>,
    /// When it was tried last.
    pub attempted_at: Option<Time>,
    /// When it was fetched last.
    pub fetched_at: Option<Time>,
    /// When it was registered.
    pub made_at: Time,
    /// Who registered it.
    pub made_by: Option<UserId>,
    /// Whether it is here and people push to it; otherwise it is fetched from elsewhere.
    pub hosted: bool,
    /// Who may push to it, when it is hosted.
    pub pushers: Pushers,
    /// Since when it takes no pushes.
    pub archived_at: Option<Time>,
}

impl Repository {
    /// The branch that `HEAD` means.
    pub fn default_branch(&self) -> Option<&str> {
        self.chosen_branch.as_deref().or(self.remote_branch.as_deref())
    }

    /// What its entries are kept under.
    pub fn subject(&self) -> Subject {
        Subject::new("repository", self.id)
    }
}

/// What is to be registered.
#[derive(Clone, Debug, Default)]
pub struct NewRepository {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Where it is fetched from.
    pub address: String,
    /// The default branch, when it is not to be the remote's.
    pub default_branch: Option<String>,
    /// What proves that we may read it.
    pub credential: Option<NewCredential>,
    /// Seconds between two looks at the remote.
    pub poll_s: Option<u64>,
}

/// What is to change; what is not given stays, and an inner `None` removes.
#[derive(Clone, Debug, Default)]
pub struct RepositoryChange {
    /// Its name.
    pub name: Option<String>,
    /// Where it is fetched from. A new host loses the stored credential, so that nobody can have it sent to themselves.
    pub address: Option<String>,
    /// The default branch.
    pub default_branch: Option<Option<String>>,
    /// The credential.
    pub credential: Option<Option<NewCredential>>,
    /// Seconds between two looks.
    pub poll_s: Option<u64>,
    /// Who may push to it, when it is hosted.
    pub pushers: Option<Pushers>,
    /// Whether it takes no pushes, when it is hosted.
    pub archived: Option<bool>,
}

/// The repository of a name. Checks no right: for verbs of other domains that did.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Repository> {
    store::by_name(tx, name).await?.ok_or_else(|| missing(name))
}

/// The repository of an id. Checks no right: for verbs of other domains that did.
pub async fn get(tx: &mut Tx, id: RepositoryId) -> Result<Repository> {
    store::by_id(tx, id).await?.ok_or_else(|| missing(id))
}

/// The repository of a name, for whoever may see repositories.
pub async fn view(tx: &mut Tx, name: &str) -> Result<Repository> {
    if !may_see(tx)? {
        return Err(missing(name));
    }
    find(tx, name).await
}

/// The repositories after an id, in order of registration. Guests see none.
pub async fn list(tx: &mut Tx, after: i64, limit: usize) -> Result<Vec<Repository>> {
    if may_see(tx)? { store::list(tx, after, limit).await } else { Ok(Vec::new()) }
}

/// Registers a repository; the first fetch follows by itself.
pub async fn register(tx: &mut Tx, sealing: &Sealing, new: NewRepository) -> Result<(Repository, Hook)> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let source = Source::parse(&new.address)?;
    require_local(tx, &source)?;
    let id: RepositoryId = tx.new_id();
    let (kind, sealed) = credential::sealed(sealing, id, &source, new.credential)?;
    let repository = Repository {
        id,
        name: checks::name(new.name)?,
        address: source.to_string(),
        chosen_branch: checks::branch(new.default_branch)?,
        remote_branch: None,
        credential: kind,
        poll_s: checks::poll(new.poll_s.unwrap_or(POLL_S))?,
        state: State::New,
        problem: None,
        attempted_at: None,
        fetched_at: None,
        made_at: tx.now(),
        made_by: tx.actor().user,
        hosted: false,
        pushers: Pushers::Members,
        archived_at: None,
    };
    checks::refuse_taken(tx, &repository).await?;
    let (hook, hash, hook_secret) = hook::new(sealing, id, None);
    store::insert(tx, &repository, sealed, &hash, hook_secret).await?;
    let told =
        json!({"name": repository.name, "address": repository.address, "credential": repository.credential});
    journal::enter(tx, "repository.registered", repository.subject(), &[], told);
    request_fetch(tx, id).await?;
    Ok((repository, hook))
}

/// Changes a repository.
pub async fn change(
    tx: &mut Tx,
    sealing: &Sealing,
    name: &str,
    change: RepositoryChange,
) -> Result<Repository> {
    let old = view(tx, name).await?;
    require_owner(tx, &old)?;
    let mut new = old.clone();
    if let Some(name) = change.name {
        new.name = checks::name(name)?;
        checks::refuse_taken(tx, &new).await?;
    }
    if old.hosted {
        let change = RepositoryChange { name: None, ..change };
        return hosted::change(tx, &old, new, change).await;
    }
    if change.pushers.is_some() || change.archived.is_some() {
        return Err(hosted::only("What is fetched from elsewhere takes no pushes here"));
    }
    let old_source = Source::parse(&old.address)?;
    let source = change.address.as_deref().map_or_else(|| Ok(old_source.clone()), Source::parse)?;
    require_local(tx, &source)?;
    new.address = source.to_string();
    if let Some(branch) = change.default_branch {
        new.chosen_branch = checks::branch(branch)?;
    }
    new.poll_s = checks::poll(change.poll_s.unwrap_or(old.poll_s))?;
    store::update(tx, &new).await?;
    let stays_with_host = old_source.host() == source.host() && old_source.transport() == source.transport();
    let credential = change.credential.or((!stays_with_host && old.credential.is_some()).then_some(None));
    let credential_changed = credential.is_some();
    if let Some(credential) = credential {
        let (kind, sealed) = credential::sealed(sealing, new.id, &source, credential)?;
        store::set_credential(tx, new.id, kind, sealed).await?;
        new.credential = kind;
    }
    if new != old || credential_changed {
        let told = json!({"name": new.name, "old": told(&old), "new": told(&new), "credential_changed": credential_changed});
        journal::enter(tx, "repository.changed", new.subject(), &[], told);
        request_fetch(tx, new.id).await?;
    }
    Ok(new)
}

/// Removes a repository and its mirror. What refers to it stops the removal. For a hosted one its name has to be said again:
/// its commits are nowhere else.
pub async fn remove(tx: &mut Tx, name: &str, confirmed: Option<&str>) -> Result<()> {
    let repository = view(tx, name).await?;
    require_owner(tx, &repository)?;
    if repository.hosted && confirmed.map(str::trim) != Some(&repository.name) {
        let message = format!(
            "This removes {0} with every commit in it, for good. Write {0} to confirm it.",
            repository.name
        );
        return Err(Error::invalid("repository.unconfirmed", message));
    }
    store::delete(tx, repository.id).await.map_err(|error| match db::violated_constraint(&error) {
        Some(_) => Error::conflict(
            "repository.in_use",
            format!(
                "{} is in use; remove what refers to it first, or give that another repository",
                repository.name
            ),
        ),
        None => error,
    })?;
    let told = json!({"name": repository.name, "address": repository.address, "hosted": repository.hosted});
    if repository.hosted {
        people::grants::drop_subject(tx, &repository.subject().to_string()).await?;
    }
    journal::enter(tx, "repository.removed", repository.subject(), &[], told);
    chores::enqueue(tx, crate::DISCARD, json!({"repository": repository.id})).await.map(drop)
}

/// Has a repository fetched soon; several requests for the same one become one fetch.
pub async fn request_fetch(tx: &mut Tx, id: RepositoryId) -> Result<()> {
    let now = tx.now();
    chores::enqueue_at(tx, crate::FETCH, json!({"repository": id}), now, Some(&id.to_string())).await
}

fn may_see(tx: &Tx) -> Result<bool> {
    rights::require_role(tx, Role::Guest)?;
    rights::require_scope(tx, Right::View)?;
    Ok(tx.actor().is_system() || tx.actor().role != Role::Guest)
}

fn require_owner(tx: &Tx, repository: &Repository) -> Result<()> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let is_own = repository.made_by.is_some() && repository.made_by == tx.actor().user;
    if is_own { Ok(()) } else { rights::require_role(tx, Role::Admin) }
}

fn require_local(tx: &Tx, source: &Source) -> Result<()> {
    if source.is_local() { rights::require_role(tx, Role::Admin) } else { Ok(()) }
}

fn told(repository: &Repository) -> serde_json::Value {
    json!({
        "name": repository.name, "address": repository.address, "default_branch": repository.chosen_branch,
        "poll_seconds": repository.poll_s, "credential": repository.credential, "pushers": repository.pushers,
        "archived": repository.archived_at.is_some(),
    })
}

fn missing(what: impl std::fmt::Display) -> Error {
    let shown: String = what.to_string().chars().take(100).collect();
    Error::missing("repository.missing", format!("there is no repository {shown}, or you may not see it"))
}
