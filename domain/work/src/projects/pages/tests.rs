//! What the pages of projects promise.

use crate::fixture::{hub, new_project, new_section, new_task};
use crate::http_tests::{door, send};
use crate::tasks::{self, NewHome, NewTask, TaskChange};
use axum::http::StatusCode;

db::on_both! { hub;
    async fn every_section_shows_its_first_tasks_and_the_way_to_the_rest(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Long").await;
        let later = new_section(&mut tx, &project, "Later").await;
        for n in 0..130 {
            new_task(&mut tx, &project, &format!("first {n:03}")).await;
        }
        for n in 0..20 {
            let home = NewHome { project: project.id, section: Some(later.id) };
            tasks::create(&mut tx, NewTask { name: format!("later {n:03}"), homes: vec![home], ..NewTask::default() }).await.expect("made");
        }
        tx.commit().await.expect("committed");
        let page = format!("/projects/{}", project.id);
        let (status, html) = send(&door, &hub.bob, "GET", &page, "").await;
        assert_eq!(status, StatusCode::OK, "{html}");
        let rows = |html: &str| html.matches("data-task=").count();
        assert_eq!(rows(&html), 100);
        assert!(html.contains("first 000") && html.contains("later 019") && !html.contains("first 090"));
        let more = html.split("more=").nth(1).and_then(|rest| rest.split('"').next()).expect("a way to the rest");
        let (_, html) = send(&door, &hub.bob, "GET", &format!("{page}?more={more}"), "").await;
        assert!(html.contains("first 129") && html.contains("later 019"));
        let (_, html) = send(&door, &hub.bob, "GET", &format!("{page}?q=first&sort=name&from=100"), "").await;
        assert_eq!(rows(&html), 30);
        assert!(!html.contains("later 000"));
    }

    async fn filters_and_views_are_in_the_address(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Garden").await;
        let mine = new_task(&mut tx, &project, "Mine").await;
        let done = new_task(&mut tx, &project, "Finished").await;
        new_task(&mut tx, &project, "Anybody").await;
        let change = TaskChange {
            assignee: Some(Some(hub.bob.id)),
            due: Some(Some(tasks::When::On("2026-11-01".parse().expect("a day")))),
            ..TaskChange::default()
        };
        tasks::change(&mut tx, mine.id, change).await.expect("changed");
        tasks::complete(&mut tx, done.id).await.expect("completed");
        tx.commit().await.expect("committed");
        for (query, shows, hides) in [
            ("", vec!["Mine", "Anybody"], vec!["Finished"]),
            ("done=all", vec!["Mine", "Anybody", "Finished"], vec![]),
            ("done=only", vec!["Finished"], vec!["Mine"]),
            ("assignee=me", vec!["Mine"], vec!["Anybody"]),
            ("assignee=nobody", vec!["Anybody"], vec!["Mine"]),
            ("due=none", vec!["Anybody"], vec!["Mine"]),
            ("q=any+BODY", vec!["Anybody"], vec!["Mine"]),
            ("group=assignee", vec!["Nobody", "Mine"], vec![]),
            ("group=due&sort=name", vec!["No date", "Mine"], vec![]),
            ("view=board", vec!["Mine", "class=\"card\""], vec![]),
            ("view=calendar&month=2026-11", vec!["Mine", "November 2026"], vec!["Anybody"]),
            ("view=nonsense&sort=x&month=x&task=x&more=x&from=x", vec!["Mine"], vec![]),
        ] {
            let (status, html) = send(&door, &hub.bob, "GET", &format!("/projects/{}?{query}", project.id), "").await;
            assert_eq!(status, StatusCode::OK, "{query}: {html}");
            let list = html.split("id=\"list\"").nth(1).expect("a list");
            shows.iter().for_each(|text| assert!(list.contains(text), "{query} shows {text}"));
            hides.iter().for_each(|text| assert!(!list.contains(&format!(">{text}<")), "{query} hides {text}"));
        }
    }

    async fn projects_are_made_marked_and_copied(hub) {
        let door = door(&hub).await;
        let made = "name=Garden&notes=**green**&view=board&color=dark-green&privacy=private&sections=To+do%0D%0ADone";
        let (status, answer) = send(&door, &hub.bob, "POST", "/projects", made).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{answer}");
        let (_, list) = send(&door, &hub.bob, "GET", "/projects", "").await;
        let project = list.split("/projects/").find_map(|rest| rest.split('/').next().filter(|id| id.parse::<i64>().is_ok())).expect("listed").to_owned();
        assert!(!send(&door, &hub.cay, "GET", "/projects", "").await.1.contains("Garden"));
        let page = format!("/projects/{project}");
        let (_, html) = send(&door, &hub.bob, "GET", &page, "").await;
        assert!(html.contains("id=\"list\"") && html.contains("To do") && html.contains("Done") && html.contains("#4d8a3a"));
        for (path, body) in [("star", "on=true"), ("duplicate", ""), ("sections", "name=Later")] {
            let (status, answer) = send(&door, &hub.bob, "POST", &format!("{page}/{path}"), body).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {answer}");
            assert_eq!(send(&door, &hub.cay, "POST", &format!("{page}/{path}"), body).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (_, html) = send(&door, &hub.bob, "GET", &page, "").await;
        assert!(html.contains("No longer a favourite") && html.contains("Later"));
        assert!(send(&door, &hub.bob, "GET", "/projects", "").await.1.contains("Copy of Garden"));
        assert_eq!(send(&door, &hub.bob, "POST", "/projects", "name=").await.0, StatusCode::BAD_REQUEST);
    }
}
