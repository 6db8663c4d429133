use super::*;
use crate::fixture::*;
use crate::http_tests::{door, send};
use crate::tasks::{Completed, Within};
use axum::http::StatusCode;

db::on_both! { hub;
    async fn a_list_has_sections_of_its_own(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let later = add_section(&mut tx, "Later").await.expect("added");
        let soon = add_section(&mut tx, "Soon").await.expect("added");
        let names = async |tx: &mut Tx| -> Vec<String> {
            let list = ensure(tx, hub.bob.id).await.expect("there").id;
            sections(tx, list).await.expect("listed").into_iter().map(|section| section.name).collect()
        };
        assert_eq!(names(&mut tx).await, [FIRST_SECTION, "Later", "Soon"]);
        put_section(&mut tx, soon.id, Place::Before(later.id)).await.expect("moved");
        rename_section(&mut tx, later.id, "Some day").await.expect("renamed");
        assert_eq!(names(&mut tx).await, [FIRST_SECTION, "Soon", "Some day"]);
        let list = of(&mut tx, hub.bob.id).await.expect("there").id;
        let p = new_project(&mut tx, "P").await;
        let mut made = Vec::new();
        for name in ["a", "b"] {
            let new = tasks::NewTask { assignee: Some(hub.bob.id), ..tasks::NewTask::named(name, p.id) };
            made.push(tasks::create(&mut tx, new).await.expect("made").id);
        }
        put(&mut tx, list, made[0], Some(soon.id), Place::Last).await.expect("put");
        put(&mut tx, list, made[1], Some(soon.id), Place::Before(made[0])).await.expect("put");
        assert_eq!(order_in(&mut tx, Within::List(list), Completed::Open).await, ["b", "a"]);
        delete_section(&mut tx, soon.id).await.expect("deleted");
        let moved = tasks::get(&mut tx, made[0]).await.expect("there");
        let first = sections(&mut tx, list).await.expect("listed")[0].id;
        assert_eq!(moved.list_section, Some(first), "tasks stay");
        delete_section(&mut tx, later.id).await.expect("deleted");
        assert_eq!(delete_section(&mut tx, first).await.expect_err("the last one").code(), "section.last");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(rename_section(&mut tx, first, "mine").await.expect_err("Bob's").code(), "section.unknown");
        drop(tx);
        assert!(hub.verbs(Subject::new("user", hub.bob.id)).await.iter().filter(|verb| *verb == "list.changed").count() > 5);
    }

    async fn ones_own_sections_are_sorted_on_the_page(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "P").await;
        let new = tasks::NewTask { assignee: Some(hub.bob.id), ..tasks::NewTask::named("water the plants", p.id) };
        let task = tasks::create(&mut tx, new).await.expect("made").id;
        tx.commit().await.expect("committed");
        let page = "/my-tasks?by=section";
        let (status, text) = send(&door, &hub.bob, "GET", page, "").await;
        assert!(status == StatusCode::OK && text.contains("Sort into sections"), "{text}");
        for (path, body) in [("/my-tasks/sections/begin", ""), ("/my-tasks/sections", "name=Garden")] {
            assert_eq!(send(&door, &hub.bob, "POST", path, body).await.0, StatusCode::SEE_OTHER, "{path}");
        }
        let mut tx = hub.by(&hub.bob).await;
        let list = of(&mut tx, hub.bob.id).await.expect("there").id;
        let garden = sections(&mut tx, list).await.expect("listed")[1].id;
        drop(tx);
        let place = format!("/tasks/{task}/place");
        assert_eq!(send(&door, &hub.bob, "POST", &place, &format!("section={garden}&before=")).await.0, StatusCode::SEE_OTHER);
        let (_, text) = send(&door, &hub.bob, "GET", page, "").await;
        let own = text.split(&format!("id=\"sec-{garden}\"")).nth(1).expect("the section");
        assert!(own.contains("water the plants"), "{text}");
        let own = format!("/my-tasks/sections/{garden}");
        for body in ["name=Balcony&do=rename", "name=x&do=up", "name=x&do=down", "name=x&do=delete"] {
            assert_eq!(send(&door, &hub.bob, "POST", &own, body).await.0, StatusCode::SEE_OTHER, "{body}");
        }
        assert!(send(&door, &hub.bob, "GET", page, "").await.1.contains("water the plants"));
        assert_eq!(send(&door, &hub.cay, "POST", &place, &format!("section={garden}&before=")).await.0, StatusCode::NOT_FOUND);
    }
}
