//! What the tests of this crate start from: an administrator, two members and a guest, and short words for what they do.

use crate::names::Place;
use crate::page::Page;
use crate::projects::{self, NewProject, Privacy, Project};
use crate::sections::{self, Section};
use crate::tasks::{self, Completed, Filter, NewTask, Task, Want, Within};
use base::id::{ProjectId, TaskId};
use base::{Actor, Door, Role};
use db::{Db, Tx};
use people::User;
use people::bootstrap::{self, Bootstrap, FirstStart};
use people::users::{self, NewUser};

pub(crate) struct Hub {
    pub place: db::testing::Place,
    pub db: Db,
    /// An administrator.
    pub ann: User,
    /// A member.
    pub bob: User,
    /// Another member.
    pub cay: User,
    /// A guest.
    pub gus: User,
}

pub(crate) async fn hub(place: db::testing::Place) -> Hub {
    let db = place.open(&[journal::migrations(), people::migrations(), crate::migrations()]).await;
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = bootstrap::first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let mut made = Vec::new();
    for (email, role) in
        [("bob@example.com", Role::Member), ("cay@example.com", Role::Member), ("gus@e.example", Role::Guest)]
    {
        let new = NewUser { email: email.to_owned(), name: None, role, password: None };
        made.push(users::create(&mut tx, new).await.expect("made"));
    }
    tx.commit().await.expect("committed");
    let [bob, cay, gus] = <[User; 3]>::try_from(made).expect("three");
    Hub { place, db, ann, bob, cay, gus }
}

pub(crate) fn actor(user: &User) -> Actor {
    Actor {
        user: Some(user.id),
        name: user.name.clone(),
        role: user.role,
        door: Door::Api,
        ..Actor::stranger()
    }
}

impl Hub {
    /// A write transaction of `user`.
    pub async fn by(&self, user: &User) -> Tx {
        self.db.write(&actor(user)).await.expect("begun")
    }

    /// The entries of the journal about a subject, as verb and data.
    pub async fn journal(&self, subject: journal::Subject) -> Vec<(String, serde_json::Value)> {
        let mut tx = self.by(&self.ann).await;
        let query = journal::Query { subject: Some(subject), limit: 1_000, ..journal::Query::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        entries.into_iter().map(|entry| (entry.verb, entry.data)).collect()
    }

    /// The verbs of those.
    pub async fn verbs(&self, subject: journal::Subject) -> Vec<String> {
        self.journal(subject).await.into_iter().map(|(verb, _)| verb).collect()
    }
}

pub(crate) async fn new_project(tx: &mut Tx, name: &str) -> Project {
    projects::create(tx, NewProject { name: name.to_owned(), ..NewProject::default() }).await.expect("made")
}

pub(crate) async fn new_private(tx: &mut Tx, name: &str) -> Project {
    let new = NewProject { name: name.to_owned(), privacy: Some(Privacy::Private), ..NewProject::default() };
    projects::create(tx, new).await.expect("made")
}

pub(crate) async fn new_task(tx: &mut Tx, project: &Project, name: &str) -> Task {
    tasks::create(tx, NewTask::named(name, project.id)).await.expect("made")
}

pub(crate) async fn new_subtask(tx: &mut Tx, parent: &Task, name: &str) -> Task {
    let new = NewTask { name: name.to_owned(), parent: Some(parent.id), ..NewTask::default() };
    tasks::create(tx, new).await.expect("made")
}

pub(crate) async fn new_section(tx: &mut Tx, project: &Project, name: &str) -> Section {
    sections::create(tx, project.id, name, Place::Last).await.expect("made")
}

/// The names of the tasks of a project, in order.
pub(crate) async fn order(tx: &mut Tx, project: ProjectId) -> Vec<String> {
    order_in(tx, Within::Project(project), Completed::Any).await
}

pub(crate) async fn order_in(tx: &mut Tx, within: Within, completed: Completed) -> Vec<String> {
    let filter = Filter { completed, modified_since: None };
    let found = tasks::list(tx, within, &filter, &Page::first(1_000)).await.expect("listed");
    found.items.into_iter().map(|task| task.name).collect()
}

pub(crate) async fn whole(tx: &mut Tx, task: TaskId) -> tasks::FullTask {
    tasks::full(tx, task, &Want::ALL).await.expect("there")
}

/// The kinds of the stories of a task, in order.
pub(crate) async fn story_kinds(tx: &mut Tx, task: TaskId) -> Vec<String> {
    let found = crate::stories::list(tx, task, &Page::first(1_000)).await.expect("listed");
    found.items.into_iter().map(|story| story.kind.to_string()).collect()
}
