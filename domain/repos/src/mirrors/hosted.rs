//! Repositories that are here: made ready before anybody works on them, and looked at after every push.
//!
//! What a push did is the difference between the refs that there are and those that were told last. So nothing that git took is lost:
//! a look that did not come to its end is made again, by the next push, at the next start, or within the hour.

use super::{Held, Mirrors, finish};
use crate::git::{CHANGES_TOLD, Fetched, Mirror, RefChange, Tips, compare, digest};
use crate::repository::{self, Repository};
use base::id::{RepositoryId, UserId};
use base::{Actor, Door, Error, Result};
use db::Db;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Packs are joined when pushes have been quiet for so long.
const TIDY_AFTER: Duration = Duration::from_secs(20);

/// The code of what another server has.
pub(super) const ELSEWHERE: &str = "repository.elsewhere";

/// The name of a folder of repositories, made with it.
pub(super) fn home(folder: &Path) -> Result<String> {
    let path = folder.join("home");
    let failed = |error: std::io::Error| {
        Error::unavailable("git.home", format!("{} cannot be read or made", path.display())).because(error)
    };
    match std::fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
        _ => {
            let name = base::random::word::<16>();
            std::fs::write(&path, &name).map_err(failed)?;
            Ok(name)
        }
    }
}

impl Mirrors {
    /// Makes a hosted repository ready to be served, and leaves the way free for one transfer while the permit lives.
    pub(crate) async fn open_hosted(
        &self,
        db: &Db,
        repository: &Repository,
    ) -> Result<(Mirror, tokio::sync::OwnedSemaphorePermit)> {
        let permit = self.0.transfers.clone().try_acquire_owned().map_err(|_| {
            let message = "As many clones and pushes as this server takes are going on (git_transfers). Try again in a minute.";
            Error::unavailable("git.busy", message)
        })?;
        let turn = self.turn(repository.id);
        let mut held = turn.held.lock().await;
        let known = repository::told_refs(&mut db.read(&Actor::system()).await?, repository.id).await?;
        let mirror = self.ready(db, repository, &mut held, &known).await?;
        Ok((mirror, permit))
    }

    /// Notices what somebody pushed, in the turn of the repository.
    pub(crate) async fn pushed(&self, db: &Db, id: RepositoryId, pusher: &Actor) -> Result<Fetched> {
        let (mirrors, db, pusher) = (self.clone(), db.clone(), pusher.clone());
        finish(tokio::spawn(async move {
            let turn = mirrors.turn(id);
            let mut held = turn.held.lock().await;
            mirrors.fetch_in_turn(&db, id, &turn, &mut held, Some(&pusher)).await
        }))
        .await
    }

    /// Joins the packs that pushes left.
    pub(crate) async fn tidy(&self, db: &Db, id: RepositoryId) -> Result<()> {
        match repository::get(&mut db.read(&Actor::system()).await?, id).await {
            Ok(_) if self.mirror(id).exists().await => self.mirror(id).tidy().await,
            // Elsewhere.
            Ok(_) => {}
            // Removed meanwhile.
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn ready(&self, db: &Db, repository: &Repository, held: &mut Held, known: &Tips) -> Result<Mirror> {
        let mirror = self.mirror(repository.id);
        if !mirror.exists().await {
            self.claim(db, repository).await?;
            if !known.is_empty() {
                let message = format!(
                    "the folder of {} is gone from this server; bring back {} from a copy",
                    repository.name,
                    mirror.dir().display()
                );
                return Err(Error::unavailable("repository.lost", message));
            }
            mirror.make(repository.default_branch().unwrap_or("main")).await?;
        }
        if !held.is_swept {
            // Whatever worked on it before belonged to a server that is gone.
            mirror.sweep().await?;
            held.is_swept = true;
        }
        Ok(mirror)
    }

    /// Refuses to make what another server has: it would be empty here, and everything would seem to be gone.
    async fn claim(&self, db: &Db, repository: &Repository) -> Result<()> {
        let mut tx = db.write(&Actor::system()).await?;
        let home = repository::claim(&mut tx, repository.id, &self.0.home).await?;
        tx.commit().await?;
        if home == self.0.home {
            return Ok(());
        }
        let message = format!(
            "{} is kept by another server of this installation, whose folder of repositories is not this one's",
            repository.name
        );
        Err(Error::unavailable(ELSEWHERE, message))
    }

    /// Compares the refs that there are with those that were told, and tells the difference, to each who made it their own.
    pub(super) async fn notice(
        &self,
        db: &Db,
        repository: &Repository,
        held: &mut Held,
        pusher: Option<&Actor>,
    ) -> Result<Fetched> {
        let known = repository::told_refs(&mut db.read(&Actor::system()).await?, repository.id).await?;
        let mirror = self.ready(db, repository, held, &known).await?;
        let now = mirror.tips().await?;
        let mut changes = compare(&known, &now);
        let told = changes.len().min(CHANGES_TOLD);
        mirror.mark_forced(&mut changes[..told], &known, &now).await;
        if !changes.is_empty() {
            mirror.keep_lost(&changes, &known).await?;
        }
        let branch = branch(repository, &now);
        let default_branch = mirror.point_head(repository.chosen_branch.clone().or(branch.clone())).await?;
        let (n_changed, digest) = (changes.len(), digest(&now));
        if n_changed > 0 || repository.state != repository::State::Ready {
            for (actor, part) in by_pusher(db, &mirror, &changes, pusher).await? {
                let mut tx = db.write(&actor).await?;
                repository::record_pushed(&mut tx, repository, &part, &now, branch.clone(), &digest).await?;
                if !part.is_empty() {
                    let (id, at) = (repository.id, tx.now().plus(TIDY_AFTER));
                    let key = id.to_string();
                    chores::enqueue_at(&mut tx, crate::TIDY, json!({"repository": id}), at, Some(&key))
                        .await?;
                }
                tx.commit().await?;
            }
        }
        changes.truncate(CHANGES_TOLD);
        Ok(Fetched { changes, n_changed, default_branch, is_shallow: false, digest })
    }
}

/// The default branch when nobody chose it: what it was, or the one that was pushed while that has no commit.
fn branch(repository: &Repository, now: &Tips) -> Option<String> {
    let has = |branch: &str| now.contains_key(&format!("refs/heads/{branch}"));
    let before = repository.remote_branch.as_deref();
    if before.is_some_and(has) {
        return before.map(str::to_owned);
    }
    let first = || now.keys().find_map(|name| name.strip_prefix("refs/heads/"));
    let usual = ["main", "master", "trunk"].into_iter().find(|name| has(name));
    usual.or_else(first).or(before).map(str::to_owned)
}

/// Changes by whoever made them, as the repository noted it; what it did not note was done by whoever pushes now.
async fn by_pusher(
    db: &Db,
    mirror: &Mirror,
    changes: &[RefChange],
    pusher: Option<&Actor>,
) -> Result<Vec<(Actor, Vec<RefChange>)>> {
    let own = pusher.cloned().unwrap_or_else(Actor::system);
    let mut parts: BTreeMap<Option<i64>, Vec<RefChange>> = BTreeMap::new();
    for change in changes {
        let noted = match &change.new {
            Some(object) => mirror.pushed_by(&change.name, object).await,
            None => None,
        };
        let who = noted.or(own.user.map(|user| user.0));
        parts.entry(who).or_default().push(change.clone());
    }
    if parts.is_empty() {
        return Ok(vec![(own, Vec::new())]);
    }
    let mut told = Vec::new();
    for (who, part) in parts {
        let actor = match who.map(UserId) {
            user if user == own.user => own.clone(),
            Some(user) => match people::users::opt(&mut db.read(&Actor::system()).await?, user).await? {
                Some(user) => people::door::actor_of(&user, Door::Api),
                None => Actor::system(),
            },
            None => Actor::system(),
        };
        told.push((actor, part));
    }
    Ok(told)
}
