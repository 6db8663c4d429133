//! The handle on all mirrors of this server: what other domains ask, and the one place that fetches.
//!
//! Every fetch of a repository waits for its turn, and one that began after somebody asked is good for them, too: a hundred
//! deployments that name a branch at the same moment cause one or two fetches. Fetches go on when whoever asked has left.

mod hosted;
#[cfg(test)]
mod tests;

use crate::commit;
use crate::git::{
    Commit, Contains, Fetch, Fetched, Git, Mirror, Range, Rule, Source, end_orphans, is_full_id, sweep_keys,
};
use crate::repository::{self, Repository, State};
use crate::sealing::Sealing;
use base::id::RepositoryId;
use base::{Actor, Error, Kind, Limit, Limits, Result, Stopwatch};
use db::Db;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use web::TargetPolicy;

/// A commit that a fetch did not bring is not fetched for again so soon, when only a condition asks for it.
const MISS_REMEMBERED: Duration = Duration::from_secs(10);
/// Misses remembered at once; beyond it they are forgotten rather than memory growing without end.
const MISSES_MAX: usize = 10_000;

/// All mirrors of this server. Cheap to clone; made once, at wiring.
#[derive(Clone)]
pub struct Mirrors(Arc<Inner>);

struct Inner {
    git: Git,
    sealing: Sealing,
    policy: TargetPolicy,
    turns: Mutex<HashMap<RepositoryId, Arc<Turn>>>,
    misses: Mutex<HashMap<(RepositoryId, String), Stopwatch>>,
    /// Clones, fetches and pushes that are served at once.
    transfers: Arc<tokio::sync::Semaphore>,
    /// The name of the folder that the repositories are in.
    home: String,
}

/// Whose turn it is to fetch one repository.
#[derive(Default)]
struct Turn {
    begun: std::sync::atomic::AtomicU64,
    held: tokio::sync::Mutex<Held>,
}

#[derive(Default)]
struct Held {
    is_swept: bool,
    failure: Option<(&'static str, String)>,
}

impl Mirrors {
    /// Prepares the mirrors in `data`. Makes the key for secrets at the first start.
    pub fn open(data: &Path, limits: &Limits, policy: TargetPolicy) -> Result<Self> {
        let sealing = Sealing::open(data)?;
        let git = Git::open(&data.join("repositories"), Duration::from_secs(limits.get(Limit::GitSeconds)))?;
        sweep_keys(git.home());
        end_orphans(&git);
        let most = limits.count(Limit::GitTransfers).min(tokio::sync::Semaphore::MAX_PERMITS);
        let transfers = Arc::new(tokio::sync::Semaphore::new(most));
        let (turns, misses, home) = (Mutex::default(), Mutex::default(), hosted::home(git.home())?);
        Ok(Self(Arc::new(Inner { git, sealing, policy, turns, misses, transfers, home })))
    }

    /// What seals secrets at rest.
    pub fn sealing(&self) -> &Sealing {
        &self.0.sealing
    }

    /// Which hosts may be contacted.
    pub fn policy(&self) -> &TargetPolicy {
        &self.0.policy
    }

    /// The mirror of a repository, whether it is there yet or not.
    pub fn mirror(&self, id: RepositoryId) -> Mirror {
        Mirror::new(&self.0.git, self.0.git.home().join(format!("{id}.git")))
    }

    /// The one commit that `rev` means, as a full id. A name is looked up at the remote first, because a branch may have moved; an id is
    /// fetched for once when it is unknown. Codes: `commit.unknown`, `commit.ambiguous`, `repository.shallow`.
    pub async fn resolve(&self, db: &Db, repository: &Repository, rev: &str) -> Result<String> {
        let rev = rev.trim();
        if !is_full_id(rev) && !is_beginning(rev) {
            self.freshen(db, repository.id).await.map_err(|error| unreadable(repository, rev, &error))?;
            return self.mirror(repository.id).resolve(rev).await;
        }
        self.resolve_known(db, repository, rev).await
    }

    /// Like [`Mirrors::resolve`], but content with what the mirror has: for looking, not for deploying.
    pub async fn resolve_known(&self, db: &Db, repository: &Repository, rev: &str) -> Result<String> {
        let mirror = self.mirror(repository.id);
        match mirror.resolve(rev).await {
            Err(error) if error.code() == "commit.unknown" => {}
            known => return known,
        }
        self.freshen(db, repository.id).await.map_err(|error| unreadable(repository, rev, &error))?;
        mirror.resolve(rev).await
    }

    /// What lies between two full ids, with the first `limit` commits.
    pub async fn range(
        &self,
        repository: &Repository,
        from: Option<&str>,
        to: &str,
        limit: usize,
    ) -> Result<Range> {
        self.mirror(repository.id).range(from, to, limit).await
    }

    /// The history of one full id, leaving out the first `skip`.
    pub async fn history(
        &self,
        repository: &Repository,
        of: &str,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Commit>> {
        self.mirror(repository.id).history(of, skip, limit).await
    }

    /// Whether `commit` contains `ancestor`, both full ids. Yes and no are remembered for ever.
    pub async fn contains(
        &self,
        db: &Db,
        repository: &Repository,
        commit: &str,
        ancestor: &str,
    ) -> Result<Contains> {
        let system = Actor::system();
        let mut tx = db.read(&system).await?;
        if let Some(rule) = commit::remembered(&mut tx, repository.id, commit, ancestor).await? {
            return Ok(rule.into());
        }
        drop(tx);
        let mirror = self.mirror(repository.id);
        let mut found = mirror.contains(commit, ancestor).await;
        let wanted = format!("{commit} {ancestor}");
        let is_missing =
            matches!(found.rule, Rule::CommitUnknown | Rule::AncestorUnknown | Rule::RepositoryUnreadable);
        if is_missing && !self.missed_lately(repository.id, &wanted) {
            // Why it failed is in the repository's state and in the journal.
            let _ = self.freshen(db, repository.id).await;
            found = mirror.contains(commit, ancestor).await;
            if found.rule.answer() == crate::Answer::Unknown {
                self.remember_miss(repository.id, wanted);
            }
        }
        let mut tx = db.read(&system).await?;
        let state = repository::get(&mut tx, repository.id).await?.state;
        drop(tx);
        if found.rule == Rule::NotReached && state != State::Ready {
            // The remote cannot be read: what it would say by now is not known.
            return Ok(Rule::RepositoryUnreadable.into());
        }
        if found.rule.answer() != crate::Answer::Unknown {
            let mut tx = db.write(&system).await?;
            commit::remember(&mut tx, repository.id, commit, ancestor, found.rule).await?;
            tx.commit().await?;
        }
        Ok(found)
    }

    /// Fetches a repository now and records what was found.
    pub async fn fetch(&self, db: &Db, id: RepositoryId) -> Result<Fetched> {
        let (mirrors, db) = (self.clone(), db.clone());
        finish(tokio::spawn(async move {
            let turn = mirrors.turn(id);
            let mut held = turn.held.lock().await;
            mirrors.fetch_in_turn(&db, id, &turn, &mut held, None).await
        }))
        .await
    }

    /// Makes sure that a fetch began after this call; shares it with everybody who asks meanwhile.
    async fn freshen(&self, db: &Db, id: RepositoryId) -> Result<()> {
        let (mirrors, db) = (self.clone(), db.clone());
        let turn = self.turn(id);
        let seen = turn.begun.load(std::sync::atomic::Ordering::SeqCst);
        finish(tokio::spawn(async move {
            let mut held = turn.held.lock().await;
            if turn.begun.load(std::sync::atomic::Ordering::SeqCst) > seen {
                let failure = held.failure.clone();
                return failure.map_or(Ok(()), |(code, message)| Err(Error::unavailable(code, message)));
            }
            mirrors.fetch_in_turn(&db, id, &turn, &mut held, None).await.map(drop)
        }))
        .await
    }

    async fn fetch_in_turn(
        &self,
        db: &Db,
        id: RepositoryId,
        turn: &Turn,
        held: &mut Held,
        pusher: Option<&Actor>,
    ) -> Result<Fetched> {
        turn.begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let system = Actor::system();
        let repository = repository::get(&mut db.read(&system).await?, id).await?;
        let outcome = match repository.hosted {
            true => self.notice(db, &repository, held, pusher).await,
            false => self.fetch_unrecorded(db, &repository, held).await,
        };
        crate::looks::moved(&self.mirror(id));
        held.failure = outcome.as_ref().err().map(|error| (error.code(), error.message().to_owned()));
        let is_elsewhere = |error: &Error| error.is_missing() || error.code() == hosted::ELSEWHERE;
        if outcome.as_ref().is_err_and(is_elsewhere) || (repository.hosted && outcome.is_ok()) {
            return outcome;
        }
        let mut tx = db.write(&system).await?;
        repository::record(&mut tx, id, &outcome).await?;
        tx.commit().await?;
        outcome
    }

    async fn fetch_unrecorded(&self, db: &Db, repository: &Repository, held: &mut Held) -> Result<Fetched> {
        let id = repository.id;
        let mut tx = db.read(&Actor::system()).await?;
        let sealed = repository::store::credential(&mut tx, id).await?;
        drop(tx);
        let source = Source::parse(&repository.address)?;
        let credential =
            sealed.map(|sealed| repository::unsealed(&self.0.sealing, id, &sealed)).transpose()?;
        let mirror = self.mirror(id);
        if !held.is_swept {
            // Whatever worked on it before belonged to a server that is gone.
            mirror.sweep().await?;
            held.is_swept = true;
        }
        let wanted = Fetch {
            source: &source,
            credential: credential.as_ref(),
            policy: &self.0.policy,
            default_branch: repository.chosen_branch.as_deref(),
        };
        mirror.fetch(wanted).await
    }

    /// Removes the mirror of a repository that is gone.
    pub(crate) async fn discard(&self, db: &Db, id: RepositoryId) -> Result<()> {
        let turn = self.turn(id);
        let _held = turn.held.lock().await;
        let mut tx = db.read(&Actor::system()).await?;
        let is_gone = repository::get(&mut tx, id).await.is_err_and(|error| error.is_missing());
        drop(tx);
        if is_gone { self.mirror(id).remove().await } else { Ok(()) }
    }

    fn turn(&self, id: RepositoryId) -> Arc<Turn> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }

    /// How often a repository was fetched, or tried, since this server started.
    #[cfg(test)]
    pub(crate) fn fetches_begun(&self, id: RepositoryId) -> u64 {
        self.turn(id).begun.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn missed_lately(&self, id: RepositoryId, wanted: &str) -> bool {
        let misses = self.0.misses.lock().unwrap_or_else(PoisonError::into_inner);
        misses.get(&(id, wanted.to_owned())).is_some_and(|since| since.elapsed() < MISS_REMEMBERED)
    }

    fn remember_miss(&self, id: RepositoryId, wanted: String) {
        let mut misses = self.0.misses.lock().unwrap_or_else(PoisonError::into_inner);
        if misses.len() >= MISSES_MAX {
            misses.clear();
        }
        misses.insert((id, wanted), Stopwatch::start());
    }
}

async fn finish<T>(task: tokio::task::JoinHandle<Result<T>>) -> Result<T> {
    task.await.map_err(|error| Error::bug("mirror.task", "a fetch broke off").because(error))?
}

/// Whether it can only be meant as an id that is not written out. Short ones may be names.
fn is_beginning(rev: &str) -> bool {
    (7..40).contains(&rev.len()) && rev.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A name that cannot be looked up is unknown, whatever the mirror remembers of it.
fn unreadable(repository: &Repository, rev: &str, error: &Error) -> Error {
    if error.kind() == Kind::Bug || error.is_missing() {
        return Error::new(error.kind(), error.code(), error.message());
    }
    let shown: String = rev.chars().take(100).collect();
    let message = format!(
        "{shown:?} cannot be looked up, because the repository {} cannot be read: {}",
        repository.name,
        error.message()
    );
    Error::invalid("commit.unknown", message)
}
