//! What the tests of this crate start from: a repository, people, and agents that do what a test says.

use crate::agents::{self, Agent, Invitation, Machine};
use crate::attempts::testing::Held;
use crate::file;
use crate::jobs::{self, Job, Read, ReadFile};
use crate::runs::{self, Ask, Filter, Run, State};
use base::{Actor, Door, Error, Right, Role};
use db::testing::Place;
use db::{Db, Tx};
use people::bootstrap::{Bootstrap, FirstStart, first_start};
use people::users::{self, NewUser, User};
use repos::repository::NewRepository;
use repos::{Repository, Sealing};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) const COMMIT: &str = "1111111111111111111111111111111111111111";

pub(crate) struct Hub {
    pub place: Place,
    pub db: Db,
    pub sealing: Sealing,
    pub repository: Repository,
    runner: chores::Runner,
    /// An administrator.
    pub ann: User,
    /// A member.
    pub bob: User,
    /// A guest.
    pub gus: User,
}

pub(crate) async fn hub(place: Place) -> Hub {
    let migrations = [
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        repos::migrations(),
        notify::migrations(),
        blobs::migrations(),
        crate::migrations(),
    ];
    let db = place.open(&migrations).await;
    let sealing = Sealing::open(&place.folder().join("data")).expect("a key");
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let bob = users::create(&mut tx, person("bob", Role::Member)).await.expect("made");
    let gus = users::create(&mut tx, person("gus", Role::Guest)).await.expect("made");
    tx.become_actor(people::door::actor_of(&ann, Door::Api));
    let new = NewRepository {
        name: "shop".to_owned(),
        address: "https://git.example.com/shop.git".to_owned(),
        ..NewRepository::default()
    };
    let (repository, _) = repos::repository::register(&mut tx, &sealing, new).await.expect("registered");
    tx.commit().await.expect("committed");
    let blobs = blobs::Blobs::open(place.folder().join("blobs")).await.expect("a folder");
    let mut handlers = crate::attempts::handlers(&db, &blobs, &crate::attempts::Signs::default());
    handlers.extend(crate::schedules::handlers(&db));
    let limits = base::Limits::default();
    let mirrors = repos::Mirrors::open(&place.folder().join("data"), &limits, web::TargetPolicy::default())
        .expect("git");
    handlers.extend(crate::notices::handlers(&db, &blobs, mirrors));
    // What is told is looked at before it leaves.
    handlers.push(chores::Handler::new("notify.deliver", |_| async { Ok(()) }));
    handlers.push(chores::Handler::new("repos.fetch", |_| async { Ok(()) }));
    let runner = chores::Runner::new(db.clone(), "test", handlers, Vec::new());
    Hub { place, db, sealing, repository, runner, ann, bob, gus }
}

fn person(name: &str, role: Role) -> NewUser {
    NewUser { email: format!("{name}@example.com"), name: Some(name.to_owned()), role, password: None }
}

impl Hub {
    pub async fn by(&self, user: &User) -> Tx {
        self.db.write(&people::door::actor_of(user, Door::Api)).await.expect("begun")
    }

    pub async fn by_itself(&self) -> Tx {
        self.db.write(&Actor::system()).await.expect("begun")
    }

    /// Commits a job file and has it read.
    pub async fn commit(&self, text: &str) {
        self.commit_files(&[("signalbox.yaml", text)]).await;
    }

    pub async fn commit_files(&self, files: &[(&str, &str)]) {
        let file = |(path, text): &(&str, &str)| ReadFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
            parsed: file::parse(text),
        };
        let read = Read {
            repository: self.repository.id,
            commit: COMMIT.to_owned(),
            files: files.iter().map(file).collect(),
        };
        let mut tx = self.by_itself().await;
        jobs::apply(&mut tx, &read).await.expect("applied");
        tx.commit().await.expect("committed");
    }

    pub async fn job(&self, name: &str) -> Job {
        let mut tx = self.by_itself().await;
        jobs::named(&mut tx, name, Right::View).await.expect("there is such a job")
    }

    pub async fn try_run(&self, name: &str, params: &[(&str, &str)]) -> Result<Run, Error> {
        let job = self.job(name).await;
        let params: BTreeMap<_, _> = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let ask = Ask { commit: COMMIT.to_owned(), trusted: true, params, ..Ask::default() };
        let mut tx = self.by(&self.bob).await;
        let run = runs::ask(&mut tx, job.id, ask).await?;
        tx.commit().await.expect("committed");
        Ok(run)
    }

    pub async fn run(&self, name: &str) -> Run {
        self.try_run(name, &[]).await.expect("started")
    }

    /// The run as it is now.
    pub async fn now(&self, run: &Run) -> Run {
        runs::unchecked(&mut self.by_itself().await, run.id).await.expect("there")
    }

    pub async fn state(&self, run: &Run) -> State {
        self.now(run).await.state
    }

    /// The runs of a job, oldest first.
    pub async fn runs(&self, name: &str) -> Vec<Run> {
        let job = self.job(name).await;
        let filter = Filter { job: Some(job.id), limit: 1_000, ..Filter::default() };
        let mut all = runs::list(&mut self.by_itself().await, &filter).await.expect("listed");
        all.reverse();
        all
    }

    pub async fn agent(&self, name: &str, labels: &[(&str, &str)]) -> Agent {
        let machine = Machine {
            name: name.to_owned(),
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            version: "0.1.0".to_owned(),
            labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            slots: 8,
            ..Machine::default()
        };
        let mut tx = self.by_itself().await;
        let none = Invitation { labels: BTreeMap::new(), pool: None, ends_at: tx.now() };
        let (agent, _) = agents::enroll(&mut tx, machine, &none).await.expect("enrolled");
        tx.commit().await.expect("committed");
        agent
    }

    /// What an agent is given now.
    pub async fn claim(&self, agent: &Agent) -> Vec<Held> {
        let mut tx = self.by_itself().await;
        let held = Held::claim(&mut tx, agent, &self.sealing).await;
        tx.commit().await.expect("committed");
        held
    }

    /// Claims what waits and ends it like this.
    pub async fn carry_out(&self, agent: &Agent, outcome: &str) -> usize {
        let all = self.claim(agent).await;
        for held in &all {
            self.finish(held, outcome).await.expect("taken in");
        }
        all.len()
    }

    pub async fn finish(&self, held: &Held, outcome: &str) -> Result<(), Error> {
        let mut tx = self.by_itself().await;
        held.finish(&mut tx, outcome).await?;
        tx.commit().await
    }

    pub async fn advance(&self, by: Duration) {
        self.place.clock().advance(by);
        self.settle().await;
    }

    pub async fn settle(&self) {
        self.runner.settle().await.expect("chores are done");
    }

    /// The verbs in the journal that begin with one of these, oldest first.
    pub async fn verbs(&self, starts: &[&str]) -> Vec<String> {
        let mut tx = self.by_itself().await;
        let query = journal::Query { limit: 1_000, ..journal::Query::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        let verbs = entries.into_iter().map(|entry| entry.verb.to_string());
        verbs.filter(|verb| starts.iter().any(|start| verb.starts_with(start))).collect()
    }
}
