//! What the pages of tasks promise.

use crate::fixture::{Hub, actor, hub, new_private, new_project, new_section, new_task, order, whole};
use crate::http_tests::{door, send};
use crate::tasks::{self, Completed, Within};
use axum::http::StatusCode;
use base::id::TaskId;

const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

fn coded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn open(hub: &Hub, task: TaskId) -> crate::tasks::FullTask {
    let mut tx = hub.db.read(&actor(&hub.bob)).await.expect("begun");
    whole(&mut tx, task).await
}

db::on_both! { hub;
    async fn markup_in_names_notes_and_comments_is_text(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, HOSTILE).await;
        let section = new_section(&mut tx, &project, HOSTILE).await;
        let task = new_task(&mut tx, &project, HOSTILE).await;
        tasks::add_to_section(&mut tx, task.id, section.id, None).await.expect("moved");
        tx.commit().await.expect("committed");
        let set = |pairs: Vec<(&str, &str)>| coded(&pairs);
        for (path, body) in [
            (format!("/tasks/{}/set", task.id), set(vec![("notes", HOSTILE), ("add-tag", HOSTILE)])),
            (format!("/tasks/{}/comments", task.id), set(vec![("text", "[x](javascript:alert(1)) <script>alert(3)</script>")])),
            (format!("/tasks/{}/subtasks", task.id), set(vec![("line", HOSTILE)])),
        ] {
            let (status, answer) = send(&door, &hub.bob, "POST", &path, &body).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {answer}");
        }
        for path in [
            format!("/tasks/{}", task.id),
            format!("/projects/{}?task={}", project.id, task.id),
            format!("/projects/{}?view=board", project.id),
            format!("/projects/{}?q=%3Cscript%3E&group=none", project.id),
            "/projects".to_owned(),
            "/search?q=script".to_owned(),
            "/palette?q=script".to_owned(),
            "/suggest/tasks?q=script".to_owned(),
        ] {
            let (status, page) = send(&door, &hub.bob, "GET", &path, "").await;
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
            assert!(page.contains("&lt;script&gt;alert"), "{path} shows it");
            assert!(!page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains("href=\"javascript"), "{path} runs it");
        }
    }

    async fn what_one_may_not_see_is_absent_and_what_one_may_not_do_is_not_offered(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let secret = new_private(&mut tx, "Secret plan").await;
        let task = new_task(&mut tx, &secret, "Secret step").await;
        let shared = new_project(&mut tx, "Shared").await;
        let open = new_task(&mut tx, &shared, "Open step").await;
        tasks::add_dependencies(&mut tx, open.id, &[task.id]).await.expect("waits");
        crate::projects::change(&mut tx, shared.id, crate::projects::ProjectChange {
            default_access: Some(crate::projects::Access::Viewer), ..Default::default()
        }).await.expect("changed");
        tx.commit().await.expect("committed");
        for path in [format!("/tasks/{}", task.id), format!("/projects/{}", secret.id)] {
            assert_eq!(send(&door, &hub.cay, "GET", &path, "").await.0, StatusCode::NOT_FOUND);
        }
        for (verb, body) in [("set", "name=mine"), ("complete", ""), ("delete", ""), ("comments", "text=hi"), ("place", "due=today")] {
            let (status, _) = send(&door, &hub.cay, "POST", &format!("/tasks/{}/{verb}", task.id), body).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{verb}");
        }
        for path in ["/projects", "/search?q=step", "/palette?q=secret", "/suggest/tasks?q=secret", "/trash"] {
            let (status, page) = send(&door, &hub.cay, "GET", path, "").await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(!page.contains("Secret step") && !page.contains("Secret plan"), "{path}");
        }
        let beside = format!("/projects/{}?task={}", shared.id, task.id);
        assert!(!send(&door, &hub.cay, "GET", &beside, "").await.1.contains("Secret"), "no pane of a hidden task");
        let (_, page) = send(&door, &hub.cay, "GET", &format!("/tasks/{}", open.id), "").await;
        assert!(page.contains("Open step") && !page.contains("Secret step"));
        for control in ["/delete", "name=\"notes\"", "Mark complete", "name=\"due\""] {
            assert!(!page.contains(control), "{control} is for editors");
        }
        assert_eq!(send(&door, &hub.cay, "POST", &format!("/tasks/{}/set", open.id), "name=x").await.0, StatusCode::FORBIDDEN);
    }

    async fn a_field_takes_what_people_type_and_says_what_it_does_not_understand(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Garden").await;
        let task = new_task(&mut tx, &project, "Water").await.id;
        tx.commit().await.expect("committed");
        let set = format!("/tasks/{task}/set");
        for (pairs, status) in [
            (vec![("due", "4 Dec"), ("assignee", "ca"), ("add-tag", "wet")], StatusCode::SEE_OTHER),
            (vec![("due", "31 Feb")], StatusCode::BAD_REQUEST),
            (vec![("assignee", "nobody-of-that-name")], StatusCode::BAD_REQUEST),
            (vec![("colour", "red")], StatusCode::BAD_REQUEST),
        ] {
            let (found, answer) = send(&door, &hub.bob, "POST", &set, &coded(&pairs)).await;
            assert_eq!(found, status, "{pairs:?}: {answer}");
        }
        let full = open(&hub, task).await;
        assert_eq!(full.task.due_on.map(|day| day.to_string()), Some("2026-12-04".to_owned()));
        assert_eq!(full.assignee.map(|who| who.id), Some(hub.cay.id));
        assert_eq!(full.tags.len(), 1);
        let line = coded(&[("name", "Mow the lawn @bob fri #wet")]);
        assert_eq!(send(&door, &hub.cay, "POST", &format!("/projects/{}", project.id), &line).await.0, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.bob).await;
        let found = tasks::list(&mut tx, Within::Assignee(hub.bob.id), &tasks::Filter { completed: Completed::Open, modified_since: None }, &crate::page::Page::first(10)).await.expect("listed");
        let made = found.items.iter().find(|task| task.name == "Mow the lawn").expect("it is Bob's");
        assert_eq!(made.due_on.map(|day| day.to_string()), Some("2026-11-06".to_owned()));
    }

    async fn one_undo_brings_several_tasks_back_to_where_they_were(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Garden").await;
        let later = new_section(&mut tx, &project, "Later").await;
        let mut ids = Vec::new();
        for name in ["a", "b", "c", "d"] {
            ids.push(new_task(&mut tx, &project, name).await.id);
        }
        tx.commit().await.expect("committed");
        let mut before = crate::tasks::pages::undo::Before::default();
        let mut tx = hub.by(&hub.bob).await;
        before.seats(&mut tx, project.id, &ids[1..3]).await.expect("read");
        drop(tx);
        let address = before.address().expect("short enough").0;
        let chosen = format!("task={}&task={}&do=move&section={}", ids[1], ids[2], later.id);
        assert_eq!(send(&door, &hub.bob, "POST", "/tasks/bulk", &chosen).await.0, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(order(&mut tx, project.id).await, ["a", "d", "b", "c"]);
        drop(tx);
        assert_eq!(send(&door, &hub.cay, "POST", &address, "").await.0, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(order(&mut tx, project.id).await, ["a", "b", "c", "d"]);
        drop(tx);
        for (address, status) in [
            (format!("/tasks/undo?restore={}", ids[0]), StatusCode::NOT_FOUND),
            ("/tasks/undo?drop+table=1".to_owned(), StatusCode::BAD_REQUEST),
            (format!("/tasks/undo?seat*{}*{}*zzz!={}", project.id, later.id, ids[0]), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(send(&door, &hub.bob, "POST", &address, "").await.0, status, "{address}");
        }
    }

    async fn a_comment_mentions_people_and_is_changed_by_its_author_alone(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Garden").await;
        let task = new_task(&mut tx, &project, "Water").await.id;
        tx.commit().await.expect("committed");
        let said = coded(&[("text", "Ask @cay about **this**")]);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("/tasks/{task}/comments"), &said).await.0, StatusCode::SEE_OTHER);
        assert!(open(&hub, task).await.followers.iter().any(|who| who.id == hub.cay.id), "who is mentioned follows");
        let (_, page) = send(&door, &hub.bob, "GET", &format!("/tasks/{task}"), "").await;
        assert!(page.contains("<strong>this</strong>") && page.contains("class=\"mention\"") && page.contains("Ask @cay about **this**"));
        let story = page.split("id=\"edit-").nth(1).and_then(|rest| rest.split('"').next()).expect("an editor").to_owned();
        let change = format!("/tasks/{task}/comments/{story}");
        assert_eq!(send(&door, &hub.cay, "POST", &change, "text=no").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &change, "text=yes").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{change}/delete"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("/tasks/{task}/comments"), "text=++").await.0, StatusCode::BAD_REQUEST);
    }

    async fn a_comment_is_liked_pinned_deleted_and_taken_back(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        let said = crate::stories::comment(&mut tx, task.id, crate::stories::NewComment::from("read me")).await.expect("said");
        tx.commit().await.expect("committed");
        let (page, own) = (format!("/tasks/{}", task.id), format!("/tasks/{}/comments/{}", task.id, said.id));
        let shown = async |user| send(&door, user, "GET", &page, "").await.1;
        for (path, body) in [(format!("{own}/like"), "on=true"), (format!("{own}/pin"), "on=true"), (format!("{page}/set"), "liked=true")] {
            let (status, answer) = send(&door, &hub.cay, "POST", &path, body).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {answer}");
        }
        let text = shown(&hub.cay).await;
        assert!(text.contains("aria-label=\"Pinned comments\"") && text.contains("Do not like this comment any more") && text.contains("Do not like this task any more"), "{text}");
        assert!(shown(&hub.bob).await.contains("Like this comment, as cay does"));
        assert!(!text.contains("Delete comment"), "another's comment");
        assert_eq!(send(&door, &hub.cay, "POST", &format!("{own}/delete"), "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{own}/delete"), "").await.0, StatusCode::SEE_OTHER);
        assert!(!shown(&hub.bob).await.contains("read me"));
        assert_eq!(send(&door, &hub.cay, "POST", &format!("{own}/restore"), "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{own}/restore"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(shown(&hub.bob).await.matches("read me").count(), 3, "above, in the stream, and in its editor");
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{own}/pin"), "on=false").await.0, StatusCode::SEE_OTHER);
        assert!(!shown(&hub.bob).await.contains("Pinned comments"));
    }
}
