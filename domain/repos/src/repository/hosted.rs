//! Repositories that are here: making one, who may read it and push to it, and what pushes did, written down.

use super::{Hook, Repository, RepositoryChange, State, checks, hook, missing, request_fetch, store, told};
use crate::git::{CHANGES_TOLD, RefChange, Tip, Tips};
use crate::sealing::Sealing;
use base::id::RepositoryId;
use base::{Error, Result, Right, Role};
use db::Tx;
use people::grants::{self, Holder};
use people::rights::{self, RightSet};
use serde_json::json;

/// The default branch of a new repository. While nothing was pushed to it, the first branch that comes takes its place.
const BRANCH: &str = "main";

/// Pushes are noticed when they come; what came in another way is looked for so often.
const LOOK_S: u64 = 3_600;

base::text_enum! {
    /// Who may push to a hosted repository besides administrators, whoever made it, and those who were granted to edit it.
    #[derive(Default, utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = RepositoryPushers)]
    pub enum Pushers {
        /// Every member of the workspace.
        #[default]
        Members = "members",
        /// Nobody else.
        Granted = "granted",
    }
}

/// What is to be made.
#[derive(Clone, Debug, Default)]
pub struct NewHosted {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The default branch; `main`, or the first that is pushed, when nobody says.
    pub default_branch: Option<String>,
    /// Who may push to it.
    pub pushers: Pushers,
}

/// What is refused because a repository is hosted, or because it is not.
pub(super) fn only(why: &str) -> Error {
    Error::invalid("repository.hosted", why)
}

/// Makes a repository that people push to. Whoever makes it may say who else may what with it.
pub async fn create(tx: &mut Tx, sealing: &Sealing, new: NewHosted) -> Result<Repository> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let id: RepositoryId = tx.new_id();
    let repository = Repository {
        id,
        name: name(new.name)?,
        address: String::new(),
        chosen_branch: checks::branch(new.default_branch)?,
        remote_branch: Some(BRANCH.to_owned()),
        credential: None,
        poll_s: LOOK_S,
        state: State::Ready,
        problem: None,
        attempted_at: None,
        fetched_at: None,
        made_at: tx.now(),
        made_by: tx.actor().user,
        hosted: true,
        pushers: new.pushers,
        archived_at: None,
    };
    checks::refuse_taken(tx, &repository).await?;
    // It needs no hook, and keeps one that nobody knows: every row has one of its own.
    let (Hook { .. }, hash, secret) = hook::new(sealing, id, None);
    store::insert(tx, &repository, None, &hash, secret).await?;
    let next = tx.now().plus(std::time::Duration::from_secs(LOOK_S));
    store::set_next_fetch(tx, id, next).await?;
    if let Some(user) = tx.actor().user {
        let first = [(Holder::User(user), RightSet::of(&[Right::Admin]))];
        grants::endow(tx, &repository.subject().to_string(), &first).await?;
    }
    let data = json!({"name": repository.name, "hosted": true, "pushers": repository.pushers});
    journal::enter(tx, "repository.registered", repository.subject(), &[], data);
    request_fetch(tx, id).await?;
    Ok(repository)
}

/// A hosted repository has `.git` after its name in its address.
fn name(name: String) -> Result<String> {
    if name.to_ascii_lowercase().ends_with(".git") {
        let message = "the name of a repository that is made here does not end with .git: its address will";
        return Err(Error::invalid("repository.name", message));
    }
    checks::name(name)
}

/// Changes what `new` does not have yet. The caller has checked the right and the name.
pub(super) async fn change(
    tx: &mut Tx,
    old: &Repository,
    mut new: Repository,
    change: RepositoryChange,
) -> Result<Repository> {
    new.name = name(new.name)?;
    if change.address.is_some_and(|address| !address.is_empty())
        || change.credential.flatten().is_some()
        || change.poll_s.is_some_and(|poll_s| poll_s != old.poll_s)
    {
        return Err(only("This repository is here: it has no other address, and nothing to be fetched with"));
    }
    if let Some(branch) = change.default_branch {
        new.chosen_branch = checks::branch(branch)?;
    }
    new.pushers = change.pushers.unwrap_or(old.pushers);
    new.archived_at = match change.archived {
        None => old.archived_at,
        Some(false) => None,
        Some(true) => old.archived_at.or_else(|| Some(tx.now())),
    };
    if new == *old {
        return Ok(new);
    }
    store::update(tx, &new).await?;
    let data = json!({"name": new.name, "old": told(old), "new": told(&new)});
    journal::enter(tx, "repository.changed", new.subject(), &[], data);
    request_fetch(tx, new.id).await?;
    Ok(new)
}

/// The hosted repository of a name, for whoever may read it: members, and guests who were granted to see it.
pub(crate) async fn open_to(tx: &mut Tx, name: &str) -> Result<Repository> {
    rights::require_role(tx, Role::Guest)?;
    let found = store::by_name(tx, name).await?.filter(|found| found.hosted).ok_or_else(|| missing(name))?;
    rights::require_scope(tx, Right::View)?;
    if tx.actor().is_system() || tx.actor().role != Role::Guest {
        return Ok(found);
    }
    let held = rights::on(tx, &found.subject().to_string()).await?;
    if held.contains(Right::View) { Ok(found) } else { Err(missing(name)) }
}

/// Refuses a push that may not be made, in a sentence that git shows to whoever pushes.
pub(crate) async fn refuse_push(tx: &mut Tx, repository: &Repository) -> Result<()> {
    rights::require_scope(tx, Right::Edit)?;
    let actor = tx.actor().clone();
    let is_own = repository.made_by.is_some() && repository.made_by == actor.user;
    let by_role =
        actor.role == Role::Admin || (actor.role == Role::Member && repository.pushers == Pushers::Members);
    if !is_own && !by_role {
        let subject = repository.subject().to_string();
        if !rights::on(tx, &subject).await?.contains(Right::Edit) {
            let who = grants::who_has(tx, &subject, Right::Admin).await?;
            let who: Vec<String> = who.into_iter().take(3).map(|user| user.name).collect();
            let message = format!(
                "{} may read {} and not push to it. {} can grant the right to edit it.",
                actor.name,
                repository.name,
                who.join(" or ")
            );
            return Err(Error::denied("repository.no_push", message));
        }
    }
    match repository.archived_at {
        None => Ok(()),
        Some(at) => Err(Error::denied(
            "repository.archived",
            format!("{} was archived on {} and takes no pushes.", repository.name, at.date_utc()),
        )),
    }
}

/// Which folder of repositories a hosted one is in; `ours` from now on when it is in none yet.
pub(crate) async fn claim(tx: &mut Tx, id: RepositoryId, ours: &str) -> Result<String> {
    store::claim(tx, id, ours).await
}

/// Has every hosted repository looked at soon.
pub(crate) async fn look_at_hosted(tx: &mut Tx) -> Result<()> {
    for id in store::hosted(tx).await? {
        request_fetch(tx, id).await?;
    }
    Ok(())
}

/// The refs as they were told last.
pub(crate) async fn told_refs(tx: &mut Tx, id: RepositoryId) -> Result<Tips> {
    store::refs(tx, id).await
}

/// Writes down what somebody pushed: the refs, that they are told, and the entry that starts what follows from it.
pub(crate) async fn record_pushed(
    tx: &mut Tx,
    repository: &Repository,
    changes: &[RefChange],
    now: &Tips,
    branch: Option<String>,
    digest: &str,
) -> Result<()> {
    for change in changes {
        let tip: Option<&Tip> = now.get(&change.name);
        store::set_ref(tx, repository.id, &change.name, tip).await?;
    }
    let next = tx.now().plus(std::time::Duration::from_secs(LOOK_S));
    store::set_fetched(tx, repository.id, State::Ready, branch, digest, Some(next)).await?;
    let verb = if changes.is_empty() { "repository.fetched" } else { "repository.pushed" };
    let data = json!({
        "name": repository.name, "refs": changes.get(..CHANGES_TOLD).unwrap_or(changes), "count": changes.len(),
        "old_state": repository.state, "state": State::Ready,
    });
    journal::enter(tx, verb, repository.subject(), &[], data);
    Ok(())
}
