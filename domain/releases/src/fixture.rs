//! What the tests of this crate start from: two environments, an administrator, two members and a guest; and words to say what
//! happens to them.

use crate::deployments::{self, Check, Deployment, Ending, Kind, Outcome, Prepared, Range, Request, Started};
use crate::environments::{self, Environment, IfBusy, NewEnvironment};
use crate::gate::Decision;
use crate::gate::load::{self, Question};
use crate::locks::{self, Lock, NewLock, Placed};
use base::id::{RepositoryId, TaskId};
use base::{Actor, Door, Error, Result, Role, Time};
use blobs::Blobs;
use db::testing::Place;
use db::{Db, Tx};
use people::bootstrap::{Bootstrap, FirstStart, first_start};
use people::users::{self, NewUser, User};
use std::time::Duration;

pub(crate) struct Hub {
    pub place: Place,
    pub db: Db,
    pub blobs: Blobs,
    pub runner: chores::Runner,
    /// An administrator.
    pub ann: User,
    /// Members.
    pub bob: User,
    pub cleo: User,
    /// A guest.
    pub gus: User,
}

pub(crate) async fn hub(place: Place) -> Hub {
    let migrations = [
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        work::migrations(),
        repos::migrations(),
        blobs::migrations(),
        crate::migrations(),
    ];
    let db = place.open(&migrations).await;
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let bob = users::create(&mut tx, person("bob", Role::Member)).await.expect("made");
    let cleo = users::create(&mut tx, person("cleo", Role::Member)).await.expect("made");
    let gus = users::create(&mut tx, person("gus", Role::Guest)).await.expect("made");
    tx.commit().await.expect("committed");
    let blobs = Blobs::open(place.folder().join("blobs")).await.expect("a folder");
    let mut handlers = deployments::chores::handlers(db.clone(), blobs.clone());
    handlers.push(locks::chores::handler(db.clone()));
    let runner = chores::Runner::new(db.clone(), "test", handlers, Vec::new());
    let hub = Hub { place, db, blobs, runner, ann, bob, cleo, gus };
    hub.make("beta", None, false).await;
    hub.make("production", Some("beta"), false).await;
    hub
}

fn person(name: &str, role: Role) -> NewUser {
    NewUser { email: format!("{name}@example.com"), name: Some(name.to_owned()), role, password: None }
}

impl Hub {
    pub fn actor(&self, user: &User) -> Actor {
        people::door::actor_of(user, Door::Api)
    }

    pub async fn by(&self, user: &User) -> Tx {
        self.db.write(&self.actor(user)).await.expect("begun")
    }

    pub async fn by_itself(&self) -> Tx {
        self.db.write(&Actor::system()).await.expect("begun")
    }

    pub async fn make(&self, name: &str, after: Option<&str>, restricted: bool) -> Environment {
        let after = match after {
            Some(after) => Some(self.environment(after).await.id),
            None => None,
        };
        let mut tx = self.by(&self.ann).await;
        let new = NewEnvironment {
            name: name.to_owned(),
            repository: RepositoryId(1),
            after,
            restricted,
            if_busy: IfBusy::Refuse,
        };
        let made = environments::make(&mut tx, new).await.expect("made");
        tx.commit().await.expect("committed");
        made
    }

    pub async fn environment(&self, name: &str) -> Environment {
        let mut tx = self.db.read(&Actor::system()).await.expect("begun");
        environments::named(&mut tx, name, base::Right::View).await.expect("there is such an environment")
    }

    /// An environment to say things about.
    pub fn at<'a>(&'a self, name: &'a str) -> At<'a> {
        At { hub: self, name }
    }

    /// Moves the clock and does what is due then.
    pub async fn advance(&self, by: Duration) {
        self.place.clock().advance(by);
        self.settle().await;
    }

    pub async fn settle(&self) {
        self.runner.settle().await.expect("chores are done");
    }

    /// The verbs of this crate in the journal, oldest first.
    pub async fn verbs(&self) -> Vec<String> {
        let mut tx = self.by_itself().await;
        let query = journal::Query { limit: 1_000, ..journal::Query::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        let ours = |verb: &String| {
            ["lock.", "deployment.", "environment."].iter().any(|noun| verb.starts_with(noun))
        };
        entries.into_iter().map(|entry| entry.verb).filter(ours).collect()
    }

    pub async fn task(&self, task: TaskId) -> work::tasks::Task {
        work::tasks::get(&mut self.by_itself().await, task).await.expect("there is such a task")
    }

    /// What was said on a task.
    pub async fn comments(&self, task: TaskId) -> String {
        let mut tx = self.by_itself().await;
        let stories =
            work::stories::list(&mut tx, task, &work::page::Page::first(100)).await.expect("listed");
        let said = stories.items.into_iter().filter(work::stories::Story::is_comment);
        said.map(|story| story.text).collect::<Vec<_>>().join("\n")
    }
}

/// An environment, in sentences.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    hub: &'a Hub,
    name: &'a str,
}

impl<'a> At<'a> {
    pub async fn lock(&self, reason: &str, by: &User) -> Placed {
        self.lock_as(NewLock::because(reason), by).await.expect("the lock is placed")
    }

    pub async fn lock_as(&self, new: NewLock, by: &User) -> Result<Placed> {
        let id = self.hub.environment(self.name).await.id;
        let mut tx = self.hub.by(by).await;
        let placed = locks::place(&mut tx, id, new).await?;
        tx.commit().await?;
        Ok(placed)
    }

    /// A task added to the lock project as any client of the tracker does it.
    pub async fn task_in_lock_project(&self, name: &str, by: &User) -> TaskId {
        let project = self.hub.environment(self.name).await.lock_project;
        let mut tx = self.hub.by(by).await;
        let task =
            work::tasks::create(&mut tx, work::tasks::NewTask::named(name, project)).await.expect("made");
        tx.commit().await.expect("committed");
        task.id
    }

    pub async fn gate(&self) -> Decision {
        let environment = self.hub.environment(self.name).await;
        let mut tx = self.hub.by(&self.hub.ann).await;
        load::ask(&mut tx, &environment, &Question::default()).await.expect("the gate decides")
    }

    pub async fn locks(&self) -> Vec<Lock> {
        let id = self.hub.environment(self.name).await.id;
        locks::list(&mut self.hub.by(&self.hub.ann).await, id).await.expect("listed")
    }

    /// Wants to deploy; say the rest, then `by`.
    pub fn deploy(&self, commit: &str) -> Wish<'a> {
        let request = Request {
            kind: Kind::Forward,
            commit: commit.to_owned(),
            reference: None,
            slot: None,
            host: "bastion-1".to_owned(),
            pid: Some(4_711),
            if_busy: None,
            if_changed: false,
            key: None,
            print: commit.to_owned(),
        };
        Wish { at: *self, request, is_behind: false, check: Check::InTransaction }
    }
}

/// A deployment that somebody wants.
pub(crate) struct Wish<'a> {
    at: At<'a>,
    request: Request,
    is_behind: bool,
    check: Check,
}

impl<'a> Wish<'a> {
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.request.kind = kind;
        self
    }

    pub fn key(mut self, key: &str) -> Self {
        self.request.key = Some(key.to_owned());
        self
    }

    pub fn slot(mut self, slot: Time, host: &str) -> Self {
        self.request.slot = Some(slot);
        self.request.host = host.to_owned();
        self
    }

    pub fn queued(mut self) -> Self {
        self.request.if_busy = Some(IfBusy::Queue);
        self
    }

    pub fn older_than_what_is_there(mut self) -> Self {
        self.is_behind = true;
        self
    }

    pub fn checked_before(mut self, decision: Decision) -> Self {
        self.check = Check::Before(Box::new(decision));
        self
    }

    pub async fn by(self, user: &User) -> Result<Started> {
        let hub = self.at.hub;
        let environment = hub.environment(self.at.name).await;
        let previous =
            deployments::deployed(&mut hub.by_itself().await, &environment).await?.map(|d| d.commit);
        let prepared = Prepared {
            range: Range { from: previous.clone(), to: self.request.commit.clone(), ..Range::default() },
            previous_commit: previous,
            is_behind: self.is_behind,
        };
        let mut tx = hub.by(user).await;
        let started =
            deployments::start(&mut tx, environment.id, &self.request, &prepared, &self.check).await?;
        tx.commit().await?;
        Ok(started)
    }

    pub async fn expect_started(self, user: &User) -> Running<'a> {
        let hub = self.at.hub;
        match self.by(user).await.expect("an answer") {
            Started::Now(deployment) | Started::Before(deployment) => {
                Running { hub, deployment: *deployment }
            }
            other => panic!("it should have started: {other:?}"),
        }
    }

    pub async fn expect_blocked(self, user: &User) -> Decision {
        match self.by(user).await.expect("an answer") {
            Started::Refused(decision, _) => *decision,
            other => panic!("it should have been refused: {other:?}"),
        }
    }

    pub async fn expect_waits(self, user: &User) -> Deployment {
        match self.by(user).await.expect("an answer") {
            Started::Waits(deployment, _) => *deployment,
            other => panic!("it should wait: {other:?}"),
        }
    }
}

/// A deployment that started, driven by its wrapper.
pub(crate) struct Running<'a> {
    pub hub: &'a Hub,
    pub deployment: Deployment,
}

impl Running<'_> {
    pub fn token(&self) -> i64 {
        self.deployment.token.expect("it has started")
    }

    async fn wrapper(&self) -> Tx {
        self.hub.by(&self.hub.ann).await
    }

    pub async fn beat(&self) -> Result<deployments::Order> {
        let mut tx = self.wrapper().await;
        let order = deployments::heartbeat(&mut tx, self.deployment.id, self.token()).await?;
        tx.commit().await?;
        Ok(order)
    }

    pub async fn print(&self, offset: i64, bytes: &[u8]) -> Result<i64> {
        let mut tx = self.wrapper().await;
        let next = deployments::log::append(&mut tx, self.deployment.id, self.token(), offset, bytes).await?;
        tx.commit().await?;
        Ok(next)
    }

    pub async fn end(&self, outcome: Outcome) -> Result<Deployment> {
        let exit_code = Some(if outcome == Outcome::Succeeded { 0 } else { 3 });
        self.end_with(Ending { outcome, exit_code, signal: None, reason: None, output_bytes: None }).await
    }

    pub async fn end_with(&self, ending: Ending) -> Result<Deployment> {
        let mut tx = self.wrapper().await;
        let ended = deployments::finish(&mut tx, self.deployment.id, self.token(), &ending).await?;
        tx.commit().await?;
        Ok(ended)
    }

    pub async fn succeed(&self) -> Deployment {
        self.end(Outcome::Succeeded).await.expect("it ends")
    }

    pub async fn now(&self) -> Deployment {
        deployments::get(&mut self.wrapper().await, self.deployment.id).await.expect("it is there")
    }

    pub async fn log(&self) -> Vec<u8> {
        let deployment = self.now().await;
        let mut whole = Vec::new();
        loop {
            let at = whole.len() as i64;
            let part = deployments::log::read(&self.hub.db, &self.hub.blobs, &deployment, at, 1 << 20)
                .await
                .expect("read");
            if part.is_empty() {
                return whole;
            }
            whole.extend(part);
        }
    }
}

/// The code of the refusal that was expected.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.map_err(|error: Error| error.code()).expect_err("this should have been refused")
}
