//! Finding out which commits belong to tasks and where they are: the chore that follows each fetch and each deployment.
//!
//! Git is asked first and outside of any transaction: once for the new messages, and twice at most for each place that moved.
//! What was found is written only while the places are what they were when it was asked; otherwise it is asked again.

use super::naming::{self, PATTERN};
use super::reach::{Station, reach};
use super::{Arrival, Line, Linked, Place, store, tell};
use crate::environments::{self, Environment};
use crate::{deployments, words};
use base::id::{EnvironmentId, RepositoryId, TaskId};
use base::{Actor, Error, Result, Time};
use db::Tx;
use journal::{Entry, Follower};
use repos::{Commit, Mirror, Mirrors, Repository};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use web::App;

/// The chore.
const CHORE: &str = "releases.journeys";

/// Commits that one look into the messages takes; the first look into an old repository takes the newest.
const MOST: usize = 20_000;
/// Commits that one transaction writes.
const AT_ONCE: usize = 200;
/// How often it is begun again because something moved meanwhile, before the chore is tried later.
const TURNS: usize = 5;

/// Has journeys looked at again when a repository was fetched, or when what an environment has may have changed.
pub(crate) fn follower() -> Follower {
    Follower {
        name: CHORE,
        wants: |entry| {
            let verbs =
                ["deployment.succeeded", "deployment.resolved", "deployment.reported", "environment.made"];
            matches!(entry.verb.as_str(), "repository.fetched" | "repository.pushed" | "environment.changed")
                || verbs.contains(&entry.verb.as_str())
        },
        act: Arc::new(|tx, entry| Box::pin(follow(tx, entry))),
    }
}

async fn follow(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let subjects = || std::iter::once(&entry.subject).chain(&entry.parents);
    let repository = match subjects().find(|subject| subject.kind == "environment") {
        Some(environment) => match environments::unchecked(tx, EnvironmentId(environment.id)).await {
            Ok(environment) => environment.repository,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(error),
        },
        None if entry.subject.kind == "repository" => RepositoryId(entry.subject.id),
        None => return Ok(()),
    };
    let now = tx.now();
    let key = repository.to_string();
    chores::enqueue_at(tx, CHORE, json!({"repository": repository}), now, Some(&key)).await
}

/// What does the chore.
pub(crate) fn handler(app: &App) -> chores::Handler {
    let app = app.clone();
    chores::Handler::new(CHORE, move |chore| {
        let app = app.clone();
        async move {
            let id = serde_json::from_value(chore.payload["repository"].clone()).map_err(|error| {
                Error::bug("chore.payload", "a chore of journeys names no repository").because(error)
            })?;
            catch_up(&app.db, app.part::<Mirrors>()?, id).await
        }
    })
}

/// A place with the commit that it has.
struct Stop {
    place: Place,
    tip: String,
    /// The commit that it had when its rows were made.
    seen: Option<String>,
    /// Since when it has the tip, by which deployment, and whether nothing was there before.
    since: Time,
    deployment: Option<i64>,
    is_first: bool,
}

/// Brings everything about a repository up to date.
pub(super) async fn catch_up(db: &db::Db, mirrors: &Mirrors, id: RepositoryId) -> Result<()> {
    let mirror = mirrors.mirror(id);
    if !mirror.exists().await || mirror.is_shallow().await? {
        // What is cut off cannot be said to be anywhere.
        return Ok(());
    }
    for _ in 0..TURNS {
        let mut tx = db.read(&Actor::system()).await?;
        let repository = match repos::repository::get(&mut tx, id).await {
            Err(gone) if gone.is_missing() => return Ok(()),
            found => found?,
        };
        drop(tx);
        let stops = stops(db, mirrors, &repository).await?;
        if messages(db, &mirror, &repository, &stops).await?
            && moves(db, &mirror, &repository, &stops).await?
        {
            return Ok(());
        }
    }
    Err(Error::unavailable("journeys.moving", "the places of commits moved while they were looked at"))
}

/// Where the commits of a repository can be: its default branch and its environments.
async fn stops(db: &db::Db, mirrors: &Mirrors, repository: &Repository) -> Result<Vec<Stop>> {
    let mirror = mirrors.mirror(repository.id);
    // An empty repository has none.
    let tip = mirror.resolve("HEAD").await.ok();
    let mut tx = db.read(&Actor::system()).await?;
    let mut stops = Vec::new();
    if let Some(tip) = tip {
        let seen = store::seen(&mut tx, repository.id, Place::Branch).await?;
        let since = tx.now();
        stops.push(Stop { place: Place::Branch, tip, seen, since, deployment: None, is_first: false });
    }
    for environment in of_repository(&mut tx, repository.id).await? {
        let Some(deployed) = deployments::deployed(&mut tx, &environment).await? else { continue };
        let place = Place::Environment(environment.id);
        stops.push(Stop {
            place,
            seen: store::seen(&mut tx, repository.id, place).await?,
            since: deployed.ended_at.unwrap_or(deployed.state_at),
            deployment: Some(deployed.number),
            is_first: deployed.previous_commit.is_none(),
            tip: deployed.commit,
        });
    }
    drop(tx);
    let mut known = Vec::new();
    for stop in stops {
        // What runs somewhere may come from a repository that the environment no longer uses.
        if mirror.resolve(&stop.tip).await.is_ok() {
            known.push(stop);
        }
    }
    Ok(known)
}

async fn of_repository(tx: &mut Tx, repository: RepositoryId) -> Result<Vec<Environment>> {
    let all = environments::list(tx).await?;
    Ok(all.into_iter().filter(|environment| environment.repository == repository).collect())
}

/// Whether the places are still what they were when git was asked about them.
async fn holds(tx: &mut Tx, repository: RepositoryId, stops: &[Stop]) -> Result<bool> {
    for stop in stops {
        if store::seen(tx, repository, stop.place).await? != stop.seen {
            return Ok(false);
        }
        if let Place::Environment(id) = stop.place {
            let environment = environments::unchecked(tx, id).await?;
            let deployed = deployments::deployed(tx, &environment).await?;
            if deployed.is_none_or(|deployed| Some(deployed.number) != stop.deployment) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Where these commits are, among the stops.
async fn arrivals(
    mirror: &Mirror,
    commits: &[String],
    stops: &[Stop],
) -> Result<BTreeMap<String, Vec<Arrival>>> {
    let mut found: BTreeMap<String, Vec<Arrival>> = BTreeMap::new();
    for stop in stops {
        let outside = mirror.outside(commits, &stop.tip).await?;
        let came: BTreeSet<String> = match &stop.seen {
            Some(seen) if *seen != stop.tip => mirror.outside(commits, seen).await?,
            None if stop.is_first => commits.iter().cloned().collect(),
            _ => BTreeSet::new(),
        };
        for commit in commits.iter().filter(|commit| !outside.contains(*commit)) {
            let was_seen = came.contains(commit);
            found.entry(commit.clone()).or_default().push(Arrival {
                place: stop.place,
                since: was_seen.then_some(stop.since),
                deployment: stop.deployment.filter(|_| was_seen),
            });
        }
    }
    Ok(found)
}

/// Reads the messages that were not read yet. False when something moved meanwhile.
async fn messages(db: &db::Db, mirror: &Mirror, repository: &Repository, stops: &[Stop]) -> Result<bool> {
    let heads = mirror.heads().await?;
    let mut tx = db.read(&Actor::system()).await?;
    let read_to = store::read_to(&mut tx, repository.id).await?;
    drop(tx);
    if read_to.as_ref() == Some(&heads) {
        return Ok(true);
    }
    let found = mirror.saying(&[PATTERN], read_to.as_deref().unwrap_or_default(), MOST).await?;
    let ids: Vec<String> = found.iter().map(|commit| commit.id.clone()).collect();
    let arrivals = arrivals(mirror, &ids, stops).await?;
    // The oldest first, as they were made.
    let found: Vec<Commit> = found.into_iter().rev().collect();
    let mut pieces = found.chunks(AT_ONCE).peekable();
    loop {
        let piece = pieces.next().unwrap_or_default();
        let mut tx = db.write(&Actor::system()).await?;
        if !holds(&mut tx, repository.id, stops).await? {
            return Ok(false);
        }
        // What was there before anybody looked is no news.
        keep(&mut tx, repository, piece, &arrivals, read_to.is_none()).await?;
        let is_last = pieces.peek().is_none();
        if is_last {
            store::set_read_to(&mut tx, repository.id, &heads).await?;
        }
        tx.commit().await?;
        if is_last {
            return Ok(true);
        }
    }
}

/// Keeps which tasks these commits name.
async fn keep(
    tx: &mut Tx,
    repository: &Repository,
    commits: &[Commit],
    arrivals: &BTreeMap<String, Vec<Arrival>>,
    is_quiet: bool,
) -> Result<()> {
    let named: Vec<(&Commit, TaskId, bool)> = commits
        .iter()
        .flat_map(|commit| {
            naming::tasks(&commit.message).into_iter().map(move |(task, fixes)| (commit, task, fixes))
        })
        .collect();
    let ids: Vec<TaskId> =
        named.iter().map(|(_, task, _)| *task).collect::<BTreeSet<_>>().into_iter().collect();
    let known: Vec<TaskId> = work::tasks::visible(tx, &ids).await?.iter().map(|task| task.id).collect();
    if known.is_empty() {
        return Ok(());
    }
    let before = store::of_tasks(tx, &known).await?;
    for (commit, task, fixes) in named.into_iter().filter(|(_, task, _)| known.contains(task)) {
        let linked = Linked {
            task,
            repository: repository.id,
            commit: commit.id.clone(),
            change: naming::change(commit),
            title: commit.title.clone(),
            author: commit.author.clone(),
            fixes,
            linked_by: None,
            arrivals: Vec::new(),
        };
        if store::insert(tx, &linked).await? {
            store::arrive(tx, repository.id, &commit.id, arrivals.get(&commit.id).map_or(&[], Vec::as_slice))
                .await?;
            if !is_quiet {
                let short = words::short(&commit.id);
                let text =
                    format!("{} committed {short}: {}", commit.author, words::shortened(&commit.title, 80));
                let href = format!("/repositories/{}/commits/{}", repository.name, commit.id);
                tell(tx, task, text, "git-commit-horizontal", Some((short.to_owned(), href))).await?;
            }
        }
    }
    if is_quiet { Ok(()) } else { news(tx, repository, &known, &before, false).await }
}

/// Looks at the places that have another commit than they had. False when something moved meanwhile.
async fn moves(db: &db::Db, mirror: &Mirror, repository: &Repository, stops: &[Stop]) -> Result<bool> {
    for stop in stops.iter().filter(|stop| stop.seen.as_ref() != Some(&stop.tip)) {
        let mut tx = db.read(&Actor::system()).await?;
        let all = store::all(&mut tx, repository.id, stop.place).await?;
        drop(tx);
        let commits: Vec<String> = all.keys().cloned().collect();
        let now = arrivals(mirror, &commits, std::slice::from_ref(stop)).await?;
        let changed: Vec<String> =
            all.into_iter().filter(|(id, was)| now.contains_key(id) != *was).map(|(id, _)| id).collect();
        let mut pieces = changed.chunks(AT_ONCE).peekable();
        loop {
            let piece = pieces.next().unwrap_or_default();
            let mut tx = db.write(&Actor::system()).await?;
            if !holds(&mut tx, repository.id, std::slice::from_ref(stop)).await? {
                return Ok(false);
            }
            let before = store::with_commits(&mut tx, repository.id, piece).await?;
            let tasks: BTreeSet<TaskId> = before.iter().map(|linked| linked.task).collect();
            let left: Vec<String> = piece.iter().filter(|id| !now.contains_key(*id)).cloned().collect();
            store::leave(&mut tx, repository.id, &left, stop.place).await?;
            for commit in piece {
                store::arrive(&mut tx, repository.id, commit, now.get(commit).map_or(&[], Vec::as_slice))
                    .await?;
            }
            news(&mut tx, repository, &tasks.into_iter().collect::<Vec<_>>(), &before, true).await?;
            let is_last = pieces.peek().is_none();
            if is_last {
                store::set_seen(&mut tx, repository.id, stop.place, &stop.tip).await?;
            }
            tx.commit().await?;
            if is_last {
                break;
            }
        }
    }
    Ok(true)
}

/// Tells on each task what it reached and what it left since `before`.
async fn news(
    tx: &mut Tx,
    repository: &Repository,
    tasks: &[TaskId],
    before: &[Linked],
    tells_merges: bool,
) -> Result<()> {
    let line = Line { repository: repository.id, environments: of_repository(tx, repository.id).await? };
    let after = store::of_tasks(tx, tasks).await?;
    for task in tasks {
        let was: Vec<&Linked> = before.iter().filter(|linked| linked.task == *task).collect();
        let is: Vec<&Linked> = after.iter().filter(|linked| linked.task == *task).collect();
        let (was, now) = (reach(&line, &was, &[]).stations, reach(&line, &is, &[]).stations);
        for ((place, was), (_, now)) in was.into_iter().zip(now) {
            match (place, was, now) {
                (Place::Branch, Station::Ahead, Station::There) if tells_merges => {
                    let branch = repository.default_branch().unwrap_or("the default branch");
                    tell(tx, *task, format!("Merged into {branch}"), "git-merge", None).await?;
                }
                (Place::Environment(id), was, now) if was != now => {
                    environment_news(tx, &line, *task, id, now == Station::There, &is).await?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn environment_news(
    tx: &mut Tx,
    line: &Line,
    task: TaskId,
    id: EnvironmentId,
    is_there: bool,
    commits: &[&Linked],
) -> Result<()> {
    let Some(environment) = line.environments.iter().find(|environment| environment.id == id) else {
        return Ok(());
    };
    let came =
        commits.iter().flat_map(|linked| &linked.arrivals).filter(|at| at.place == Place::Environment(id));
    let number = if is_there {
        // Nobody saw it come: it was there before anybody looked.
        let Some(number) = came.filter_map(|at| at.deployment).max() else { return Ok(()) };
        number
    } else {
        match deployments::deployed(tx, environment).await? {
            Some(deployed) => deployed.number,
            None => return Ok(()),
        }
    };
    let deployment = format!("deployment {}", words::number(number.unsigned_abs()));
    let href = format!("/environments/{}/deployments/{number}", environment.name);
    let (text, sign) = if is_there {
        (format!("Reached {} with {deployment}", environment.name), "green")
    } else {
        (format!("No longer on {} since {deployment}", environment.name), "idle")
    };
    tell(tx, task, text, sign, Some((deployment, href))).await
}

/// Where one commit is now, for somebody who links it.
pub(super) async fn arrivals_of(
    db: &db::Db,
    mirrors: &Mirrors,
    repository: &Repository,
    commit: &str,
) -> Result<Vec<Arrival>> {
    let mirror = mirrors.mirror(repository.id);
    if mirror.is_shallow().await? {
        return Ok(Vec::new());
    }
    let stops = stops(db, mirrors, repository).await?;
    let mut found = arrivals(&mirror, &[commit.to_owned()], &stops).await?;
    Ok(found.remove(commit).unwrap_or_default())
}
