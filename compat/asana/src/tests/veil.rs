//! Nobody learns through this API what is called what they may not see.

use super::hooks::{Receiver, settle};
use super::{Hub, hub};
use serde_json::{Value, json};

const SECRET: &str = "Zanzibar";

/// Ann's secret project and task, and a task that Gus and Bob see.
struct Scene {
    task: String,
    project: String,
    other: String,
    hidden: String,
}

async fn scene(hub: &Hub) -> Scene {
    let hidden = hub
        .post(
            "/projects",
            json!({"name": format!("{SECRET} project"), "workspace": hub.workspace, "public": false}),
        )
        .await
        .gid();
    let other =
        hub.post("/tasks", json!({"name": format!("{SECRET} task"), "projects": [hidden]})).await.gid();
    let task = hub.task("seen").await;
    let (gus, bob) = ("gus@hub.example", "bob@hub.example");
    hub.post(&format!("/tasks/{task}/addFollowers"), json!({"followers": [gus, bob]})).await.data();
    Scene { task, project: hub.project.clone(), other, hidden }
}

/// Everything that names secret things happens to the task that all see.
async fn happen(hub: &Hub, scene: &Scene) {
    let Scene { task, other, hidden, .. } = scene;
    for (path, data) in [
        ("addProject", json!({"project": hidden})),
        ("removeProject", json!({"project": hidden})),
        ("addDependencies", json!({"dependencies": [other]})),
        ("setParent", json!({"parent": other})),
        ("setParent", json!({"parent": null})),
        ("stories", json!({"html_text": format!("<body>as <a data-asana-gid=\"{other}\"/></body>")})),
    ] {
        let reply = hub.post(&format!("/tasks/{task}/{path}"), data).await;
        assert!(reply.status < 300, "{path} {}", reply.body);
    }
}

const STORY: &str = "opt_fields=text,html_text,project.name,old_section.name,new_section.name,task.name,dependency.name,duplicated_to.name,resource_subtype";

db::on_both! { hub;
    async fn stories_and_records_name_only_what_their_reader_sees(hub) {
        let scene = scene(&hub).await;
        happen(&hub, &scene).await;
        let task = &scene.task;
        let part = hub.post(&format!("/tasks/{}/subtasks", scene.other), json!({"name": "part", "followers": ["gus@hub.example", "bob@hub.example"]})).await.gid();
        let whole = "opt_fields=name,parent,parent.name,dependencies.name,dependents.name,memberships.project.name,projects.name,notes,html_notes";
        let ann = hub.get(&format!("/tasks/{task}/stories?{STORY}")).await;
        assert!(ann.body.to_string().matches(SECRET).count() > 8, "{}", ann.body);
        for token in [&hub.gus, &hub.bob] {
            let told = hub.by(token, "GET", &format!("/tasks/{task}/stories?{STORY}"), None).await;
            let kinds: Vec<&str> = told.data().as_array().expect("a list").iter().filter_map(|it| it["resource_subtype"].as_str()).collect();
            assert!(["added_to_project", "dependency_added", "added_to_task", "comment_added"].iter().all(|it| kinds.contains(it)), "{kinds:?}");
            let mut paths = vec![format!("/tasks/{task}/stories"), format!("/tasks/{task}?{whole}"), format!("/tasks/{part}?{whole}"), format!("/tasks/{part}")];
            paths.push(format!("/tasks/{task}/stories?{STORY}"));
            for story in ann.data().as_array().expect("a list") {
                paths.push(format!("/stories/{}", story["gid"].as_str().expect("an id")));
            }
            for path in paths {
                let reply = hub.by(token, "GET", &path, None).await;
                assert_eq!(reply.status, 200, "{path}");
                assert!(!reply.body.to_string().contains(SECRET), "{path} {}", reply.body);
            }
            let batch = json!({"actions": [{"method": "get", "relative_path": format!("/tasks/{task}/stories")}]});
            let reply = hub.by(token, "POST", "/batch", Some(batch)).await;
            assert_eq!(reply.data()[0]["status_code"], 200);
            assert!(!reply.body.to_string().contains(SECRET), "{}", reply.body);
        }
    }

    async fn events_name_only_what_their_reader_sees(hub) {
        let scene = scene(&hub).await;
        let streams = |token| {
            let (task, project) = (scene.task.clone(), scene.project.clone());
            [(token, task), (token, project)]
        };
        let mut open = Vec::new();
        for (token, resource) in streams(&hub.bob).into_iter().chain([(&hub.gus, scene.task.clone())]) {
            let fresh = hub.by(token, "GET", &format!("/events?resource={resource}"), None).await;
            assert_eq!(fresh.status, 412);
            open.push((token, resource, fresh.body["sync"].as_str().expect("a token").to_owned()));
        }
        happen(&hub, &scene).await;
        hub.delete(&format!("/stories/{}", last_comment(&hub, &scene.task).await)).await.data();
        for (token, resource, sync) in open {
            let reply = hub.by(token, "GET", &format!("/events?resource={resource}&sync={sync}"), None).await;
            assert!(reply.data().as_array().expect("a list").len() > 5, "{}", reply.body);
            let body = reply.body.to_string();
            assert!(!body.contains(SECRET) && !body.contains(&scene.hidden) && !body.contains(&scene.other), "{body}");
        }
    }

    async fn letters_hold_only_what_the_owner_of_the_webhook_sees(hub) {
        let scene = scene(&hub).await;
        let (receiver, address) = Receiver::listen().await;
        let hook = json!({"resource": scene.task, "target": format!("{address}/h")});
        assert_eq!(hub.by(&hub.gus, "POST", "/webhooks", Some(hook)).await.status, 201);
        settle(&hub).await;
        happen(&hub, &scene).await;
        settle(&hub).await;
        let letters: Vec<Value> = receiver.letters().into_iter().map(|(_, letter)| letter).collect();
        let events: usize = letters.iter().filter_map(|letter| letter["events"].as_array()).map(Vec::len).sum();
        assert!(events > 5, "{letters:?}");
        let text = json!(letters).to_string();
        assert!(!text.contains(SECRET) && !text.contains(&scene.hidden) && !text.contains(&scene.other), "{text}");
    }
}

async fn last_comment(hub: &Hub, task: &str) -> String {
    let told = hub.get(&format!("/tasks/{task}/stories")).await;
    let stories = told.data().as_array().expect("a list").clone();
    let comment = stories.iter().rev().find(|story| story["resource_subtype"] == "comment_added");
    comment.and_then(|story| story["gid"].as_str()).expect("a comment").to_owned()
}
