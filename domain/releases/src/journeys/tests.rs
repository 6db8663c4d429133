//! What is promised of journeys, on a real repository.

use super::find::catch_up;
use super::{Arrival, Line, Linked, Place, link, of_task, unlink};
use crate::deployments::Kind;
use crate::environments::{self, Environment, EnvironmentChange};
use crate::fixture::{Hub, hub};
use crate::journeys::reach::{Station, reach};
use base::id::{EnvironmentId, ProjectId, RepositoryId, TaskId};
use base::{Actor, Error, Time};
use repos::repository::{self, NewRepository};
use repos::{Mirrors, Repository};
use std::path::PathBuf;
use std::process::Command;

/// That something is at a place, and nobody saw it come.
pub(super) fn at(place: Place) -> Arrival {
    Arrival { place, since: None, deployment: None }
}

/// A commit of the first task.
pub(super) fn commit(id: &str, change: &str, arrivals: &[Arrival]) -> Linked {
    Linked {
        task: TaskId(1),
        repository: RepositoryId(1),
        commit: id.to_owned(),
        change: change.to_owned(),
        title: String::new(),
        author: String::new(),
        fixes: false,
        linked_by: None,
        arrivals: arrivals.to_vec(),
    }
}

/// A line with beta and production, and their places.
pub(super) fn line() -> (Line, Place, Place) {
    let environment = |id: i64, name: &str| Environment {
        id: EnvironmentId(id),
        name: name.to_owned(),
        repository: RepositoryId(1),
        after: None,
        rank: id,
        enabled: true,
        disabled_reason: String::new(),
        restricted: false,
        if_busy: environments::IfBusy::Refuse,
        epoch: 0,
        lock_project: ProjectId(id),
        deployment_project: ProjectId(id + 10),
        deployed: None,
        made_at: Time::from_millis(0),
        made_by: None,
    };
    let environments = vec![environment(1, "beta"), environment(2, "production")];
    let place = |id| Place::Environment(EnvironmentId(id));
    (Line { repository: RepositoryId(1), environments }, place(1), place(2))
}

/// A hub whose environments take their commits from a real remote.
struct Bed {
    hub: Hub,
    mirrors: Mirrors,
    repository: Repository,
    up: PathBuf,
}

async fn bed(place: db::testing::Place) -> Bed {
    let hub = hub(place).await;
    let (folder, policy) = (hub.place.folder().to_owned(), web::TargetPolicy::parse("").expect("a list"));
    let mirrors = Mirrors::open(&folder.join("data"), hub.db.limits(), policy).expect("opened");
    let up = folder.join("shop.git");
    git(&folder, &["init", "-q", "--bare", "-b", "main", "shop.git"]);
    let mut tx = hub.by(&hub.ann).await;
    let new = NewRepository {
        name: "shop".to_owned(),
        address: up.to_string_lossy().into_owned(),
        ..NewRepository::default()
    };
    let (repository, _) = repository::register(&mut tx, mirrors.sealing(), new).await.expect("registered");
    tx.commit().await.expect("committed");
    for name in ["beta", "production"] {
        let id = hub.environment(name).await.id;
        let mut tx = hub.by(&hub.ann).await;
        let change = EnvironmentChange { repository: Some(repository.id), ..EnvironmentChange::default() };
        environments::change(&mut tx, id, change).await.expect("changed");
        tx.commit().await.expect("committed");
    }
    Bed { hub, mirrors, repository, up }
}

fn git(dir: &std::path::Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Jonas")
            .env(format!("GIT_{role}_EMAIL"), "jonas@example.com");
    }
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Bed {
    /// A commit on a branch that grew out of `parent`.
    fn grow(&self, branch: &str, message: &str, parent: Option<&str>) -> String {
        let tree = git(&self.up, &["mktree"]);
        let mut arguments = vec!["commit-tree", &tree, "-m", message];
        arguments.extend(parent.map(|_| "-p").into_iter().chain(parent));
        let id = git(&self.up, &arguments);
        git(&self.up, &["update-ref", &format!("refs/heads/{branch}"), &id]);
        id
    }

    async fn look(&self) {
        self.mirrors.fetch(&self.hub.db, self.repository.id).await.expect("fetched");
        self.find().await;
    }

    async fn find(&self) {
        catch_up(&self.hub.db, &self.mirrors, self.repository.id).await.expect("found");
    }

    async fn task(&self, name: &str) -> TaskId {
        let mut tx = self.hub.by(&self.hub.bob).await;
        let project = work::projects::NewProject { name: "Shop".to_owned(), ..Default::default() };
        let project = work::projects::create(&mut tx, project).await.expect("made").id;
        let new = work::tasks::NewTask::named(name, project);
        let task = work::tasks::create(&mut tx, new).await.expect("made").id;
        tx.commit().await.expect("committed");
        task
    }

    async fn deploy(&self, name: &str, commit: &str, kind: Kind) {
        let wish = self.hub.at(name).deploy(commit).of_kind(kind);
        wish.expect_started(&self.hub.ann).await.succeed().await;
        self.find().await;
    }

    /// The stations of a task: `.` ahead, `+` there, `!` blocked.
    async fn stations(&self, task: TaskId) -> String {
        let mut tx = self.hub.by(&self.hub.bob).await;
        let commits = of_task(&mut tx, task).await.expect("listed");
        let lines = super::lines(&mut tx).await.expect("listed");
        let reach = reach(&lines[&self.repository.id], &commits.iter().collect::<Vec<_>>(), &[]);
        let mark = |station: &Station| match station {
            Station::Ahead => '.',
            Station::There => '+',
            Station::Blocked => '!',
        };
        reach.stations.iter().map(|(_, station)| mark(station)).collect()
    }

    async fn told(&self, task: TaskId) -> Vec<String> {
        let mut tx = self.hub.by_itself().await;
        let all =
            work::stories::list(&mut tx, task, &work::page::Page::first(100)).await.expect("listed").items;
        let ours = all.into_iter().filter(|story| story.kind == work::stories::StoryKind::Reported);
        ours.map(|story| story.text).collect()
    }
}

db::on_both! { bed;
    async fn a_commit_that_names_a_task_takes_it_along_the_line(bed) {
        let base = bed.grow("main", "base", None);
        bed.look().await;
        bed.deploy("beta", &base, Kind::Forward).await;
        let task = bed.task("Keep unread marks").await;
        assert_eq!(bed.stations(task).await, "...");

        let work = bed.grow("marks", &format!("Keep marks\n\nFixes: {task}"), Some(&base));
        bed.look().await;
        assert_eq!(bed.stations(task).await, "...", "on a branch only");
        git(&bed.up, &["update-ref", "refs/heads/main", &work]);
        bed.look().await;
        assert_eq!(bed.stations(task).await, "+..");
        bed.deploy("beta", &work, Kind::Forward).await;
        assert_eq!(bed.stations(task).await, "++.");
        bed.deploy("production", &base, Kind::Forward).await;
        assert_eq!(bed.stations(task).await, "++.");
        bed.deploy("beta", &base, Kind::Rollback).await;
        assert_eq!(bed.stations(task).await, "+..", "rolled back");
        bed.deploy("beta", &work, Kind::Forward).await;
        bed.deploy("production", &work, Kind::Forward).await;
        assert_eq!(bed.stations(task).await, "+++");

        let short = &work[..7];
        assert_eq!(bed.told(task).await, [
            format!("Jonas committed {short}: Keep marks"),
            "Merged into main".to_owned(),
            "Reached beta with deployment 2".to_owned(),
            "No longer on beta since deployment 4".to_owned(),
            "Reached beta with deployment 5".to_owned(),
            "Reached production with deployment 6".to_owned(),
        ]);
        let mut tx = bed.hub.by(&bed.hub.bob).await;
        let linked = of_task(&mut tx, task).await.expect("listed");
        assert!(linked.len() == 1 && linked[0].fixes && linked[0].linked_by.is_none(), "{linked:?}");
        assert!(linked[0].arrivals.iter().all(|arrival| arrival.since.is_some()), "all of it was seen: {linked:?}");
        drop(tx);
        bed.find().await;
        assert_eq!(bed.told(task).await.len(), 6, "looking again tells nothing again");
    }

    async fn what_was_there_before_anybody_looked_is_no_news(bed) {
        let task = bed.task("Old work").await;
        let base = bed.grow("main", &format!("Task: {task}"), None);
        let tip = bed.grow("main", "next", Some(&base));
        bed.mirrors.fetch(&bed.hub.db, bed.repository.id).await.expect("fetched");
        bed.find().await;
        assert_eq!(bed.stations(task).await, "+..");
        assert!(bed.told(task).await.is_empty());
        bed.deploy("beta", &tip, Kind::Forward).await;
        assert_eq!(bed.told(task).await, ["Reached beta with deployment 1"]);
    }

    async fn people_link_commits_and_take_them_away_again(bed) {
        let base = bed.grow("main", "nothing about tasks", None);
        bed.look().await;
        let task = bed.task("Marks").await;
        let commit = bed.mirrors.history(&bed.repository, &base, 0, 1).await.expect("read").remove(0);
        let arrivals = crate::journeys::find::arrivals_of(&bed.hub.db, &bed.mirrors, &bed.repository, &base).await.expect("asked");
        let mut tx = bed.hub.by(&bed.hub.gus).await;
        let refused: Error = link(&mut tx, task, &bed.repository, &commit, &arrivals).await.expect_err("guests may not");
        assert!(refused.is_missing(), "{refused:?}");
        drop(tx);
        let mut tx = bed.hub.by(&bed.hub.bob).await;
        link(&mut tx, task, &bed.repository, &commit, &arrivals).await.expect("linked");
        link(&mut tx, task, &bed.repository, &commit, &arrivals).await.expect("once more is the same");
        tx.commit().await.expect("committed");
        assert_eq!(bed.stations(task).await, "+..");
        assert_eq!(bed.told(task).await, [format!("linked {}", &base[..7])]);
        bed.deploy("beta", &base, Kind::Forward).await;
        assert_eq!(bed.stations(task).await, "++.");

        let mut tx = bed.hub.by(&bed.hub.bob).await;
        unlink(&mut tx, task, &base).await.expect("unlinked");
        assert_eq!(unlink(&mut tx, task, &base).await.expect_err("it is gone").code(), "commit.not_linked");
        tx.commit().await.expect("committed");
        assert_eq!(bed.stations(task).await, "...");
    }

    async fn a_list_asks_once_and_shows_a_column_only_where_there_is_something(bed) {
        let (task, other) = (bed.task("Marks").await, bed.task("Something else").await);
        let frame = |tasks: Vec<TaskId>| {
            let db = bed.hub.db.clone();
            let actor = bed.hub.actor(&bed.hub.bob);
            async move {
                let mut tx = db.read(&actor).await.expect("begun");
                (crate::journeys::WHERE.cells)(&mut tx, &tasks).await.expect("cells")
            }
        };
        assert!(frame(vec![task, other]).await.is_empty(), "no commit, no column");
        let commit = bed.grow("main", &format!("Task: {task}"), None);
        bed.look().await;
        let cells = frame(vec![task, other]).await;
        assert!(cells[&task].0.contains("merged") && cells[&other].0.contains("no commit yet"), "{cells:?}");
        assert!(frame(vec![other]).await.is_empty());
        bed.deploy("beta", &commit, Kind::Forward).await;
        let beta = bed.hub.environment("beta").await;
        let mut tx = bed.hub.by_itself().await;
        let deployment = crate::deployments::deployed(&mut tx, &beta).await.expect("read").and_then(|it| it.task);
        drop(tx);
        let deployment = deployment.expect("a deployment is a task");
        let cells = frame(vec![task, deployment]).await;
        assert!(cells[&task].0.contains("on beta") && cells[&deployment].0.is_empty(), "{cells:?}");
        let lock = bed.hub.at("production").task_in_lock_project("Broken", &bed.hub.bob).await;
        let cells = frame(vec![lock]).await;
        assert!(cells[&lock].0.contains("blocks production") && cells[&lock].0.contains("stop"), "{cells:?}");
        let mut tx = bed.hub.db.read(&Actor::system()).await.expect("begun");
        assert!(crate::journeys::tasks_of(&mut tx, bed.repository.id, &["0".repeat(40)]).await.expect("asked").is_empty());
    }
}
