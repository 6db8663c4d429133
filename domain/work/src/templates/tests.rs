use super::*;
use crate::copies::Shift;
use crate::fixture::*;
use crate::http_tests::{call, door, id, send};
use crate::projects::Privacy;
use crate::tasks::{self, NewTask, TaskChange, Want, When, Within};
use axum::http::StatusCode;
use base::Date;
use base::id::ProjectId;
use people::users::UserChange;
use std::collections::BTreeMap;

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A project with two sections, dates, a subtask, a dependency, an assignee and a tag.
async fn source(hub: &Hub) -> ProjectId {
    let mut tx = hub.by(&hub.bob).await;
    let p = new_project(&mut tx, "Release").await;
    let second = new_section(&mut tx, &p, "After").await;
    let tag = crate::tags::create(&mut tx, "billing", None, "").await.expect("made");
    let on = |text: &str| Some(When::On(day(text)));
    let first = NewTask {
        due: on("2026-12-01"),
        assignee: Some(hub.cay.id),
        tags: vec![tag.id],
        ..NewTask::named("freeze", p.id)
    };
    let freeze = tasks::create(&mut tx, first).await.expect("made");
    let at = base::Time::parse("2026-12-04T15:00:00Z").expect("a time");
    let ship = NewTask { due: Some(When::At(at)), start: on("2026-12-03"), ..NewTask::named("ship", p.id) };
    let ship = tasks::create(&mut tx, ship).await.expect("made");
    tasks::add_to_section(&mut tx, ship.id, second.id, None).await.expect("moved");
    tasks::add_dependencies(&mut tx, ship.id, &[freeze.id]).await.expect("waits");
    let part = new_subtask(&mut tx, &ship, "tell everybody").await;
    let mine = TaskChange { assignee: Some(Some(hub.bob.id)), ..TaskChange::default() };
    tasks::change(&mut tx, part.id, mine).await.expect("given");
    tx.commit().await.expect("committed");
    p.id
}

fn new(people: People, is_public: bool) -> NewTemplate {
    NewTemplate { name: "Release train".to_owned(), team: None, is_public, people }
}

db::on_both! { hub;
    async fn a_project_of_a_template_has_its_sections_tasks_and_days(hub) {
        let project = source(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let template = save(&mut tx, project, new(People::Keep, true)).await.expect("saved");
        assert_eq!((template.outline.count(), template.outline.is_dated(), template.outline.roles.len()), (3, true, 0));
        let wanted = NewFromTemplate { name: "Release 8".to_owned(), shift: Some(Shift::StartOn(day("2027-01-11"))), ..NewFromTemplate::default() };
        let made = make(&mut tx, template.id, wanted).await.expect("made");
        assert_eq!(made.name, "Release 8");
        let sections: Vec<String> = crate::sections::list(&mut tx, made.id).await.expect("listed").into_iter().map(|s| s.name).collect();
        assert_eq!(sections, ["Untitled section", "After"]);
        assert_eq!(order(&mut tx, made.id).await, ["freeze", "ship"]);
        let all = tasks::list(&mut tx, Within::Project(made.id), &tasks::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        let freeze = tasks::full(&mut tx, all[0].id, &Want::ALL).await.expect("there");
        assert_eq!((freeze.task.due_on, freeze.task.assignee, freeze.tags.len()), (Some(day("2027-01-11")), Some(hub.cay.id), 1));
        let ship = tasks::full(&mut tx, all[1].id, &Want::ALL).await.expect("there");
        assert_eq!(ship.task.due_at.map(|at| at.to_string()).as_deref(), Some("2027-01-14T15:00:00.000Z"));
        assert_eq!((ship.task.start_on, &ship.dependencies, ship.num_subtasks), (Some(day("2027-01-13")), &vec![freeze.task.id], 1));
        let back = NewFromTemplate { shift: Some(Shift::DueOn(day("2027-01-14"))), ..NewFromTemplate::default() };
        let made = make(&mut tx, template.id, back).await.expect("made");
        let all = tasks::list(&mut tx, Within::Project(made.id), &tasks::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        assert_eq!((made.name.as_str(), all[0].due_on), ("Release train", Some(day("2027-01-11"))), "told from the end");
    }

    async fn roles_are_filled_when_a_project_is_made(hub) {
        let project = source(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let template = save(&mut tx, project, new(People::Roles, true)).await.expect("saved");
        let roles: Vec<u32> = template.outline.roles.iter().map(|role| role.id).collect();
        assert_eq!(roles, [1, 2]);
        let named = TemplateChange { roles: vec![TemplateRole { id: 1, name: "Release manager".to_owned() }], ..TemplateChange::default() };
        let changed = change(&mut tx, template.id, named).await.expect("changed");
        assert_eq!(changed.outline.roles[0].name, "Release manager");
        let wanted = NewFromTemplate { roles: BTreeMap::from([(1, hub.ann.id)]), ..NewFromTemplate::default() };
        let made = make(&mut tx, template.id, wanted).await.expect("made");
        let all = tasks::list(&mut tx, Within::Project(made.id), &tasks::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        assert_eq!((all[0].assignee, all[0].due_on), (Some(hub.ann.id), Some(day("2026-11-01"))), "it starts today unless it is said");
        let wrong = NewFromTemplate { roles: BTreeMap::from([(9, hub.ann.id)]), ..NewFromTemplate::default() };
        assert_eq!(make(&mut tx, template.id, wrong).await.expect_err("no such role").code(), "template.role");
    }

    async fn a_template_is_seen_by_its_team_and_changed_by_whoever_saved_it(hub) {
        let project = source(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let open = save(&mut tx, project, new(People::Drop, true)).await.expect("saved");
        let own = save(&mut tx, project, new(People::Drop, false)).await.expect("saved");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(list(&mut tx).await.expect("listed").iter().map(|t| t.id).collect::<Vec<_>>(), [open.id]);
        assert_eq!(get(&mut tx, own.id).await.expect_err("Bob's").code(), "template.hidden");
        assert_eq!(make(&mut tx, own.id, NewFromTemplate::default()).await.expect_err("Bob's").code(), "template.hidden");
        assert_eq!(delete(&mut tx, open.id).await.expect_err("not hers").code(), "template.not_own");
        make(&mut tx, open.id, NewFromTemplate::default()).await.expect("hers to use");
        let mut tx = { drop(tx); hub.by(&hub.gus).await };
        assert!(list(&mut tx).await.is_err() && get(&mut tx, open.id).await.is_err(), "guests make no projects");
        let mut tx = { drop(tx); hub.by(&hub.ann).await };
        delete(&mut tx, open.id).await.expect("an administrator may");
        assert!(get(&mut tx, open.id).await.is_err());
        assert_eq!(restore(&mut tx, open.id).await.expect("back").id, open.id);
        tx.commit().await.expect("committed");
        let verbs = hub.verbs(Subject::new("template", open.id)).await;
        assert_eq!(verbs, ["template.saved", "template.deleted", "template.restored"]);
    }

    async fn hidden_tasks_do_not_come_along(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let secret = new_private(&mut tx, "Secret").await;
        new_task(&mut tx, &secret, "hidden").await;
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(save(&mut tx, secret.id, new(People::Keep, true)).await.expect_err("hidden").code(), "project.hidden");
    }

    async fn times_of_day_are_those_of_whoever_makes_the_project(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let zone = UserChange { time_zone: Some("Europe/Berlin".to_owned()), ..UserChange::default() };
        people::users::change(&mut tx, hub.bob.id, zone).await.expect("moved");
        tx.commit().await.expect("committed");
        let project = source(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let template = save(&mut tx, project, new(People::Keep, true)).await.expect("saved");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        let wanted = NewFromTemplate { shift: Some(Shift::StartOn(day("2027-01-11"))), ..NewFromTemplate::default() };
        let made = make(&mut tx, template.id, wanted).await.expect("made");
        let all = tasks::list(&mut tx, Within::Project(made.id), &tasks::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        assert_eq!(all[1].due_at.map(|at| at.to_string()).as_deref(), Some("2027-01-14T16:00:00.000Z"), "four in the afternoon, wherever that is");
    }

    async fn templates_are_saved_and_used_over_http(hub) {
        let project = source(&hub).await;
        let door = door(&hub).await;
        let new = serde_json::json!({"name": "Train", "public": true, "people": "roles"});
        let (status, template) = call(&door, &hub.bob, "POST", &format!("/api/v1/projects/{project}/template"), new).await;
        assert_eq!((status, &template["dated"], &template["sections"][1]["tasks"][0]["due_in"]), (StatusCode::CREATED, &true.into(), &3.into()), "{template}");
        let own = format!("/api/v1/project-templates/{}", id(&template));
        let (status, made) = call(&door, &hub.cay, "POST", &format!("{own}/projects"), serde_json::json!({"name": "R9", "start_on": "2027-02-01", "roles": {"1": "me"}})).await;
        assert_eq!((status, made["name"].as_str()), (StatusCode::CREATED, Some("R9")), "{made}");
        let page = format!("/templates/{}", id(&template));
        let (status, text) = send(&door, &hub.cay, "GET", &page, "").await;
        assert!(status == StatusCode::OK && text.contains("tell everybody") && text.contains("3 days after the start") && !text.contains("Delete the template"), "{text}");
        let (status, _) = send(&door, &hub.cay, "POST", &format!("{page}/projects"), "name=R10&day=2027-03-01&from=start&role-1=me&privacy=private").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.cay).await;
        let found = crate::projects::list(&mut tx, &crate::projects::Filter::default(), &crate::page::Page::first(9)).await.expect("listed").items;
        let made = found.iter().find(|project| project.name == "R10").expect("made");
        assert_eq!(made.privacy, Privacy::Private);
        drop(tx);
        let (status, text) = send(&door, &hub.bob, "GET", &format!("/projects/{project}/template"), "").await;
        assert!(status == StatusCode::OK && text.contains("Roles, filled each time"), "{text}");
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{page}/delete"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "GET", &page, "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{page}/restore"), "").await.0, StatusCode::SEE_OTHER);
        assert!(send(&door, &hub.bob, "GET", "/projects/new", "").await.1.contains("From a template"));
        assert!(send(&door, &hub.bob, "GET", "/templates", "").await.1.contains("Train"));
    }
}
