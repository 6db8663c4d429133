//! Nobody learns from the history of what they may see what is called what they may not.

use crate::copies::{self, TaskParts};
use crate::fields::{FieldKind, Input, NewField};
use crate::fixture::*;
use crate::http_tests::{door, send};
use crate::members::Party;
use crate::names::Text;
use crate::projects::{Access, Project};
use crate::stories::NewComment;
use crate::tasks::{Task, TaskChange, When};
use crate::{fields, happenings, inbox, members, sections, stories, tasks};
use axum::http::StatusCode;
use db::Tx;
use journal::{Followers, Query, Subject};

const SECRET: &str = "Zanzibar";

/// An open task with a past among secret things, and a part of a secret task.
struct Scene {
    open: Project,
    task: Task,
    part: Task,
}

fn secret(what: &str) -> String {
    format!("{SECRET} {what}")
}

/// Everything that a history can name happens between what all see and what only Bob does.
async fn scene(hub: &Hub) -> Scene {
    let mut tx = hub.by(&hub.bob).await;
    let open = new_project(&mut tx, "Open").await;
    members::put(&mut tx, open.id, Party::User(hub.gus.id), Access::Commenter).await.expect("shared");
    let task = new_task(&mut tx, &open, "seen").await;
    tasks::add_followers(&mut tx, task.id, &[hub.gus.id, hub.cay.id]).await.expect("followed");
    let hidden = new_private(&mut tx, &secret("project")).await;
    let cellar = sections::create(&mut tx, hidden.id, &secret("section"), crate::names::Place::Last)
        .await
        .expect("made");
    let other = new_task(&mut tx, &hidden, &secret("task")).await;
    let hall = sections::list(&mut tx, hidden.id).await.expect("listed")[0].id;
    tasks::add_to_project(&mut tx, task.id, hidden.id, Some(hall), None).await.expect("added");
    tasks::add_to_section(&mut tx, task.id, cellar.id, None).await.expect("moved");
    tasks::remove_from_project(&mut tx, task.id, hidden.id).await.expect("removed");
    tasks::set_parent(&mut tx, task.id, Some(other.id), None).await.expect("moved");
    tasks::set_parent(&mut tx, task.id, None, None).await.expect("moved");
    tasks::add_dependencies(&mut tx, task.id, &[other.id]).await.expect("waits");
    let later = TaskChange {
        due: Some(Some(When::On("2026-12-24".parse().expect("a day")))),
        ..TaskChange::default()
    };
    tasks::change(&mut tx, other.id, later).await.expect("moved");
    tasks::complete(&mut tx, other.id).await.expect("completed");
    tasks::remove_dependencies(&mut tx, task.id, &[other.id]).await.expect("waits no longer");
    refer(&mut tx, &open, &task, &other).await;
    copies::task(&mut tx, task.id, &secret("copy"), TaskParts::default()).await.expect("copied");
    for thing in [other.id.0, hidden.id.0] {
        let text = Text::Rich(format!("<body>as in <a data-asana-gid=\"{thing}\"/></body>"));
        stories::comment(&mut tx, task.id, NewComment { text, ..NewComment::default() }).await.expect("said");
    }
    let part = new_subtask(&mut tx, &other, "part").await;
    tasks::add_followers(&mut tx, part.id, &[hub.gus.id, hub.cay.id]).await.expect("followed");
    tx.commit().await.expect("committed");
    assert!(!Followers::new(hub.db.clone(), vec![inbox::follower()]).catch_up().await);
    Scene { open, task, part }
}

/// Lets a custom field of the open task name the secret one, and nothing.
async fn refer(tx: &mut Tx, open: &Project, task: &Task, other: &Task) {
    let new = NewField {
        kind: FieldKind::Reference,
        name: "Fixes".to_owned(),
        description: String::new(),
        precision: None,
        format: None,
        currency_code: None,
        custom_label: None,
        custom_label_position: None,
        notifies: false,
        is_global: true,
        options: Vec::new(),
    };
    let field = fields::create(tx, new).await.expect("made");
    fields::add_to_project(tx, open.id, field.id, true, None).await.expect("shown");
    let set = TaskChange { fields: vec![(field.id, Input::Ids(vec![other.id.0]))], ..TaskChange::default() };
    tasks::change(tx, task.id, set).await.expect("set");
}

impl Scene {
    /// Every door of this crate that tells of the task.
    fn doors(&self) -> Vec<String> {
        let (task, part, project) = (self.task.id, self.part.id, self.open.id);
        let mut doors = vec![
            "/api/v1/inbox".to_owned(),
            "/inbox".to_owned(),
            "/my-tasks".to_owned(),
            "/search?q=seen".to_owned(),
            "/api/v1/search?q=seen".to_owned(),
            format!("/api/v1/tasks?project={project}"),
            format!("/api/v1/projects/{project}/export.csv"),
            format!("/projects/{project}?pane={task}"),
        ];
        for task in [task, part] {
            doors.extend(["stories", "comments"].map(|list| format!("/api/v1/tasks/{task}/{list}")));
            doors.extend([format!("/api/v1/tasks/{task}"), format!("/tasks/{task}")]);
        }
        doors
    }
}

db::on_both! { hub;
    async fn no_door_tells_the_name_of_what_is_hidden(hub) {
        let scene = scene(&hub).await;
        let door = door(&hub).await;
        for reader in [&hub.gus, &hub.cay] {
            for path in scene.doors() {
                let (status, body) = send(&door, reader, "GET", &path, "").await;
                assert_eq!(status, StatusCode::OK, "{path} {body}");
                let around = body.find(SECRET).map(|at| body[at.saturating_sub(200)..].chars().take(400).collect::<String>());
                assert_eq!(around, None, "{path} as {}", reader.name);
            }
            // The history is whole: it only does not say the names.
            let mut tx = hub.by(reader).await;
            let kinds = story_kinds(&mut tx, scene.task.id).await;
            for kind in [
                "added_to_project", "section_changed", "removed_from_project", "added_to_task", "removed_from_task", "dependency_added",
                "dependency_due_date_changed", "dependency_marked_complete", "dependency_removed", "reference_custom_field_changed", "duplicated",
            ] {
                assert!(kinds.contains(&kind.to_owned()), "{kind} of {kinds:?}");
            }
        }
    }

    async fn whoever_sees_it_reads_the_names(hub) {
        let scene = scene(&hub).await;
        for reader in [&hub.bob, &hub.ann] {
            let mut tx = hub.by(reader).await;
            let told = stories::list(&mut tx, scene.task.id, &crate::page::Page::first(100)).await.expect("listed").items;
            let said: Vec<&str> = told.iter().map(|story| story.text.as_str()).collect();
            for wanted in ["added to Zanzibar project", "moved to Zanzibar section in Zanzibar project", "waits for \"Zanzibar task\"",
                "\"Zanzibar task\", which this task waits for, was completed", "changed Fixes to Zanzibar task", "as in Zanzibar task"] {
                assert!(said.contains(&wanted), "{wanted} of {said:?}");
            }
        }
        let mut tx = hub.by(&hub.gus).await;
        let told = stories::list(&mut tx, scene.task.id, &crate::page::Page::first(100)).await.expect("listed").items;
        let said: Vec<&str> = told.iter().map(|story| story.text.as_str()).collect();
        for wanted in ["added to Open", "added to a project that you may not see", "waits for a task that you may not see", "changed Fixes",
            "as in Private Link"] {
            assert!(said.contains(&wanted), "{wanted} of {said:?}");
        }
    }

    async fn no_event_tells_the_name_of_what_is_hidden(hub) {
        let scene = scene(&hub).await;
        for (reader, hears) in [(&hub.gus, false), (&hub.cay, false), (&hub.bob, true)] {
            let mut tx = hub.by(reader).await;
            let mut told = String::new();
            for subject in [Subject::new("task", scene.task.id), Subject::new("task", scene.part.id)] {
                let query = Query { subject: Some(subject), limit: 1_000, ..Query::default() };
                for entry in journal::read(&mut tx, &query).await.expect("read") {
                    told += &format!("{:?}\n", happenings::told(&mut tx, &entry).await.expect("told"));
                }
            }
            assert_eq!(told.contains(SECRET), hears, "{} {told}", reader.name);
        }
    }

    async fn an_item_of_a_task_that_one_sees_no_longer_cannot_be_marked(hub) {
        let scene = scene(&hub).await;
        let mut tx = hub.by(&hub.gus).await;
        let items = inbox::list(&mut tx, inbox::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        let item = items.iter().find(|item| item.task == Some(scene.task.id)).expect("told").id;
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        members::remove(&mut tx, scene.open.id, &[hub.gus.id]).await.expect("ended");
        tasks::remove_followers(&mut tx, scene.task.id, &[hub.gus.id]).await.expect("removed");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(inbox::mark(&mut tx, item, Some(false), None).await.expect_err("gone").code(), "inbox.unknown");
    }
}
