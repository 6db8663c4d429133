//! What records hold, and what writing them does.

use super::{hub, keys};
use serde_json::{Value, json};

const TASK: [&str; 30] = [
    "actual_time_minutes",
    "assignee",
    "assignee_status",
    "completed",
    "completed_at",
    "created_at",
    "custom_fields",
    "due_at",
    "due_on",
    "followers",
    "gid",
    "hearted",
    "hearts",
    "liked",
    "likes",
    "memberships",
    "modified_at",
    "name",
    "notes",
    "num_hearts",
    "num_likes",
    "parent",
    "permalink_url",
    "projects",
    "resource_subtype",
    "resource_type",
    "start_at",
    "start_on",
    "tags",
    "workspace",
];

db::on_both! { hub;
    async fn a_full_task_has_exactly_the_fields_that_are_promised(hub) {
        let made = hub.post("/tasks", json!({"name": "x", "projects": hub.project})).await;
        assert_eq!(keys(made.data()), TASK);
        let data = made.data();
        assert_eq!(data["memberships"][0]["section"]["name"], "Untitled section");
        assert_eq!((&data["projects"][0]["gid"], &data["completed"], &data["assignee"]), (&json!(hub.project), &json!(false), &Value::Null));
        assert!(data["created_at"].as_str().is_some_and(|at| at.ends_with("000Z")), "{data}");
        let listed = hub.get(&format!("/projects/{}/tasks", hub.project)).await;
        assert_eq!(keys(&listed.data()[0]), ["gid", "name", "resource_subtype", "resource_type"]);
    }

    async fn opt_fields_choose_what_is_shown_in_every_spelling(hub) {
        let task = hub.post("/tasks", json!({"name": "x", "projects": hub.project, "assignee": "me"})).await.gid();
        let path = format!("/tasks/{task}");
        for query in ["opt_fields=name,assignee.name", "opt_fields=name&opt_fields=assignee.name", "opt_fields=%5B%27name%27%2C+%27assignee.name%27%5D", "opt_fields=this.name,(assignee).(name)"] {
            let shown = hub.get(&format!("{path}?{query}")).await;
            assert_eq!((keys(shown.data()), keys(&shown.data()["assignee"])), (vec!["assignee", "gid", "name"], vec!["gid", "name"]), "{query}");
        }
        let whole = hub.get(&format!("{path}?opt_fields=assignee,memberships,created_by")).await;
        assert_eq!(keys(&whole.data()["assignee"]), ["gid", "resource_type"]);
        assert_eq!(keys(&whole.data()["memberships"][0]["project"]), ["gid", "resource_type"]);
        let nested = hub.get(&format!("{path}?opt_fields=memberships.section.name,assignee.email,parent.name,workspace.name")).await;
        assert_eq!(keys(&nested.data()["memberships"][0]), ["section"]);
        assert_eq!((&nested.data()["assignee"]["email"], &nested.data()["parent"]), (&json!("ann@hub.example"), &Value::Null));
        let body = json!({"data": {"name": "y", "fields": "name", "pretty": true}, "options": {"fields": ["completed"]}}).to_string();
        let changed = hub.raw("PUT", &path, ("content-type", "application/json"), &body).await;
        assert_eq!(keys(changed.data()), ["completed", "gid"]);
        let expanded = hub.get(&format!("{path}?opt_expand=assignee")).await;
        assert_eq!(expanded.data()["assignee"]["email"], "ann@hub.example");
    }

    async fn lists_of_ids_come_in_three_forms(hub) {
        let other = hub.post("/projects", json!({"name": "Other", "workspace": hub.workspace})).await.gid();
        let (a, b): (i64, i64) = (hub.project.parse().expect("an id"), other.parse().expect("an id"));
        for (projects, count) in [(json!(hub.project), 1), (json!(a), 1), (json!([a, b]), 2), (json!(format!("{a},{b}")), 2), (json!([{"gid": other}]), 1)] {
            let made = hub.post("/tasks", json!({"name": "x", "projects": projects, "followers": format!("me,{}", hub.bob_id)})).await;
            assert_eq!(made.data()["projects"].as_array().map(Vec::len), Some(count), "{projects}");
            assert_eq!(made.data()["followers"].as_array().map(Vec::len), Some(2));
        }
        assert_eq!(hub.post("/tasks", json!({"name": "x", "projects": ["1"]})).await.status, 400, "unknown in a body is 400");
        assert_eq!(hub.post("/tasks", json!({"name": "x"})).await.status, 400);
        assert_eq!(hub.post("/tasks", json!({"name": "x", "workspace": hub.workspace})).await.status, 201);
        assert_eq!(hub.post(&format!("/workspaces/{}/tasks", hub.workspace), json!({"name": "x"})).await.status, 201);
    }

    async fn null_clears_and_absence_leaves_alone(hub) {
        let task = hub.post("/tasks", json!({"name": "x", "projects": hub.project, "assignee": "me", "due_on": "2026-12-01", "notes": "n"})).await.gid();
        let path = format!("/tasks/{task}");
        let kept = hub.put(&path, json!({"name": "y"})).await;
        assert_eq!((&kept.data()["due_on"], &kept.data()["notes"]), (&json!("2026-12-01"), &json!("n")));
        let at = hub.put(&path, json!({"due_at": "2026-12-02T10:00:00+01:00"})).await;
        assert_eq!((&at.data()["due_at"], &at.data()["due_on"]), (&json!("2026-12-02T09:00:00.000Z"), &json!("2026-12-02")));
        let cleared = hub.put(&path, json!({"assignee": null, "due_on": null})).await;
        assert_eq!((&cleared.data()["assignee"], &cleared.data()["due_on"], &cleared.data()["due_at"]), (&Value::Null, &Value::Null, &Value::Null));
        let mut echoed = hub.get(&path).await.data().clone();
        echoed["name"] = json!("sent back whole");
        assert_eq!(hub.put(&path, echoed).await.data()["name"], "sent back whole");
        assert_eq!(hub.put(&path, json!({"due_on": "soon"})).await.status, 400);
        assert_eq!(hub.put(&path, json!({"completed": "perhaps"})).await.status, 400);
        assert_eq!(hub.put(&path, json!({"completed": "True"})).await.data()["completed"], true);
    }

    async fn moves_answer_with_an_empty_object_and_changes_of_people_with_the_record(hub) {
        let (a, b) = (hub.task("a").await, hub.task("b").await);
        let other = hub.post("/projects", json!({"name": "Other", "workspace": hub.workspace})).await.gid();
        let tag = hub.post("/tags", json!({"name": "t", "workspace": hub.workspace})).await.gid();
        let section = hub.post(&format!("/projects/{}/sections", hub.project), json!({"name": "Later"})).await.gid();
        for (path, data) in [
            (format!("/tasks/{a}/addProject"), json!({"project": other})),
            (format!("/tasks/{a}/removeProject"), json!({"project": other})),
            (format!("/tasks/{a}/addTag"), json!({"tag": tag})),
            (format!("/tasks/{a}/removeTag"), json!({"tag": tag})),
            (format!("/tasks/{a}/addDependencies"), json!({"dependencies": [b]})),
            (format!("/tasks/{a}/removeDependencies"), json!({"dependencies": b})),
            (format!("/tasks/{a}/addDependents"), json!({"dependents": [b]})),
            (format!("/sections/{section}/addTask"), json!({"task": a})),
            (format!("/projects/{}/sections/insert", hub.project), json!({"section": section, "after_section": null})),
        ] {
            let reply = hub.post(&path, data).await;
            assert_eq!((reply.status, &reply.body), (200, &json!({"data": {}})), "{path}");
        }
        for (path, data) in [
            (format!("/tasks/{a}/addFollowers"), json!({"followers": [hub.bob_id]})),
            (format!("/tasks/{a}/removeFollowers"), json!({"followers": "bob@hub.example"})),
            (format!("/tasks/{a}/setParent"), json!({"parent": b})),
            (format!("/tasks/{a}/setParent"), json!({"parent": null})),
        ] {
            assert_eq!(keys(hub.post(&path, data).await.data()), TASK, "{path}");
        }
        for path in ["addMembers", "addFollowers", "removeFollowers", "removeMembers"] {
            let key = if path.ends_with("Members") { "members" } else { "followers" };
            let reply = hub.post(&format!("/projects/{}/{path}", hub.project), json!({key: hub.bob_id})).await;
            assert_eq!(reply.data()["resource_type"], "project", "{path}");
        }
        for (path, data) in [
            (format!("/tasks/{a}/addProject"), json!({"project": "1"})),
            (format!("/tasks/{a}/addProject"), json!({})),
            (format!("/tasks/{a}/setParent"), json!({"parent": a})),
            (format!("/tasks/{a}/addDependencies"), json!({"dependencies": ["1"]})),
            (format!("/tasks/{a}/addProject"), json!({"project": other, "insert_before": b, "insert_after": null})),
        ] {
            assert_eq!(hub.post(&path, data.clone()).await.status, 400, "{path} {data}");
        }
        assert_eq!(hub.post("/tasks/1/addProject", json!({"project": other})).await.status, 404);
    }

    async fn tasks_stand_where_they_were_put(hub) {
        let names = |section: &str| hub.get(Box::leak(format!("/sections/{section}/tasks").into_boxed_str()));
        let (a, b) = (hub.task("a").await, hub.task("b").await);
        let section = hub.post(&format!("/projects/{}/sections", hub.project), json!({"name": "Later"})).await.gid();
        hub.post(&format!("/sections/{section}/addTask"), json!({"task": a})).await;
        hub.post(&format!("/sections/{section}/addTask"), json!({"task": b})).await;
        assert_eq!(names(&section).await.names(), ["b", "a"], "a section takes tasks on top");
        hub.post(&format!("/tasks/{b}/addProject"), json!({"project": hub.project, "section": section})).await;
        assert_eq!(names(&section).await.names(), ["a", "b"], "a project at the end");
        hub.post(&format!("/tasks/{b}/addProject"), json!({"project": hub.project, "section": section, "insert_after": null})).await;
        assert_eq!(names(&section).await.names(), ["b", "a"], "null after is the top");
        hub.post(&format!("/tasks/{b}/addProject"), json!({"project": hub.project, "insert_after": a})).await;
        assert_eq!(names(&section).await.names(), ["a", "b"]);
        let failed = hub.post(&format!("/tasks/{a}/addProject"), json!({"project": hub.project, "insert_before": "1"})).await;
        assert_eq!(failed.status, 400);
        assert_eq!(names(&section).await.names(), ["a", "b"], "a failed move moves nothing");
        assert_eq!(hub.delete(&format!("/sections/{section}")).await.status, 400, "not while it holds tasks");
        let listed = hub.get(&format!("/projects/{}/tasks", hub.project)).await;
        assert_eq!(listed.data().as_array().map(Vec::len), Some(2), "moved, never doubled");
    }

    async fn a_project_shows_its_defaults_and_needs_only_a_team(hub) {
        let team = hub.get(&format!("/workspaces/{}/teams", hub.workspace)).await.data()[0]["gid"].clone();
        let project = hub.post("/projects", json!({"name": "P", "team": team, "notes": "n"})).await;
        let data = project.data();
        for (key, value) in [
            ("archived", json!(false)), ("color", Value::Null), ("completed", json!(false)), ("completed_at", Value::Null),
            ("current_status", Value::Null), ("custom_field_settings", json!([])), ("custom_fields", json!([])),
            ("default_access_level", json!("editor")), ("default_view", json!("list")), ("due_date", Value::Null), ("due_on", Value::Null),
            ("minimum_access_level_for_customization", json!("editor")), ("public", json!(true)), ("start_on", Value::Null), ("notes", json!("n")),
        ] {
            assert_eq!(data[key], value, "{key}");
        }
        assert_eq!(data["owner"]["resource_type"], "user");
        let counts = format!("/projects/{}/task_counts", hub.project);
        hub.task("x").await;
        assert_eq!(hub.get(&counts).await.data(), &json!({}));
        assert_eq!(hub.get(&format!("{counts}?opt_fields=num_tasks,num_incomplete_tasks")).await.data(), &json!({"num_tasks": 1, "num_incomplete_tasks": 1}));
        let private = hub.put(&format!("/projects/{}", project.gid()), json!({"public": false, "color": "none"})).await;
        assert_eq!((&private.data()["public"], &private.data()["privacy_setting"]), (&json!(false), &json!("private")));
    }

    async fn stories_tell_what_happened_and_only_comments_change(hub) {
        let task = hub.post("/tasks", json!({"name": "x", "projects": hub.project})).await.gid();
        hub.put(&format!("/tasks/{task}"), json!({"assignee": hub.bob_id, "due_on": "2026-12-01", "completed": true})).await;
        hub.put(&format!("/tasks/{task}"), json!({"completed": true})).await;
        let comment = hub.post(&format!("/tasks/{task}/stories"), json!({"text": "hello"})).await;
        assert_eq!((comment.status, &comment.data()["type"], &comment.data()["source"]), (201, &json!("comment"), &json!("api")));
        let stories = hub.get(&format!("/tasks/{task}/stories")).await;
        let kinds: Vec<&str> = stories.data().as_array().expect("a list").iter().map(|s| s["resource_subtype"].as_str().expect("text")).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "marked_complete").count(), 1, "completing twice is told once");
        for kind in ["added_to_project", "assigned", "due_date_changed", "comment_added"] {
            assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
        }
        let due = stories.data().as_array().expect("a list").iter().find(|s| s["resource_subtype"] == "due_date_changed").expect("told");
        let due = hub.get(&format!("/stories/{}", due["gid"].as_str().expect("text"))).await;
        assert_eq!(due.data()["new_dates"], json!({"start_on": null, "due_at": null, "due_on": "2026-12-01"}));
        let path = format!("/stories/{}", comment.gid());
        assert_eq!(hub.by(&hub.bob, "PUT", &path, Some(json!({"text": "mine"}))).await.status, 403);
        assert_eq!(hub.put(&path, json!({"text": "changed"})).await.data()["text"], "changed");
        assert_eq!(hub.put(&path, json!({"text": "a", "html_text": "<body>b</body>"})).await.status, 400);
        for html in ["<body><b>no</b></body>", "<body><p>no</p></body>", "<body>unclosed", "no body"] {
            assert_eq!(hub.post(&format!("/tasks/{task}/stories"), json!({"html_text": html})).await.status, 400, "{html}");
        }
        assert_eq!(hub.delete(&path).await.status, 200);
        let mention = hub.post(&format!("/tasks/{task}/stories?opt_fields=html_text,text"), json!({"html_text": format!("<body>see <a data-asana-gid=\"{}\"/></body>", hub.bob_id)})).await;
        assert_eq!(mention.data()["text"], "see @Bob");
        assert!(mention.data()["html_text"].as_str().is_some_and(|html| html.contains("data-asana-type=\"user\"")), "{}", mention.body);
    }

    async fn custom_fields_are_set_by_option_and_shown_with_values(hub) {
        let field = hub.post("/custom_fields", json!({"workspace": hub.workspace, "name": "Severity", "resource_subtype": "enum", "enum_options": [{"name": "crash", "color": "red"}, {"name": "warn"}]})).await;
        let (gid, crash) = (field.gid(), field.data()["enum_options"][0]["gid"].as_str().expect("text").to_owned());
        let setting = hub.post(&format!("/projects/{}/addCustomFieldSetting", hub.project), json!({"custom_field": gid, "is_important": true})).await;
        assert_eq!((setting.status, &setting.data()["custom_field"]["gid"]), (200, &json!(gid)));
        let text = hub.post(&format!("/projects/{}/addCustomFieldSetting", hub.project), json!({"custom_field": {"name": "Fixed in", "type": "text"}})).await;
        let text = text.data()["custom_field"]["gid"].as_str().expect("text").to_owned();
        let crash_number: i64 = crash.parse().expect("an id");
        let task = hub.post("/tasks", json!({"name": "x", "projects": hub.project, "custom_fields": {&gid: crash_number}})).await;
        let entry = |task: &Value, gid: &str| task["custom_fields"].as_array().expect("a list").iter().find(|it| it["gid"] == gid).expect("there").clone();
        let shown = entry(task.data(), &gid);
        assert_eq!((&shown["enum_value"]["gid"], &shown["display_value"], &shown["enabled"]), (&json!(crash), &json!("crash"), &json!(true)));
        assert_eq!((&entry(task.data(), &text)["text_value"], &entry(task.data(), &text)["display_value"]), (&Value::Null, &Value::Null));
        let path = format!("/tasks/{}", task.gid());
        assert_eq!(hub.put(&path, json!({"custom_fields": {&gid: "crash"}})).await.status, 400, "an option is set by its id");
        assert_eq!(hub.put(&path, json!({"custom_fields": {"1": "x"}})).await.status, 400);
        let cleared = hub.put(&path, json!({"custom_fields": {&gid: null, &text: "deadbeef"}})).await;
        assert_eq!((&entry(cleared.data(), &gid)["enum_value"], &entry(cleared.data(), &text)["text_value"]), (&Value::Null, &json!("deadbeef")));
        let listed = hub.get(&format!("/tasks?project={}&opt_fields=custom_fields.name,custom_fields.text_value", hub.project)).await;
        assert_eq!(entry(&listed.data()[0], &text), json!({"gid": text, "name": "Fixed in", "text_value": "deadbeef"}));
        let whole = hub.get(&format!("{path}?opt_fields=custom_fields")).await;
        assert_eq!(entry(whole.data(), &text)["text_value"], "deadbeef", "bare ids would be of no use");
    }

    async fn the_workspace_the_people_and_their_lists_are_found(hub) {
        let me = hub.get("/users/me").await;
        assert_eq!(keys(me.data()), ["email", "gid", "name", "photo", "resource_type", "workspaces"]);
        let workspace = hub.get(&format!("/workspaces/{}", hub.workspace)).await;
        assert_eq!(workspace.data()["is_organization"], true);
        assert_eq!(hub.get(&format!("/workspaces/{}/users", hub.workspace)).await.names(), ["ann", "Bob", "Gus"]);
        assert_eq!(hub.get(&format!("/organizations/{}/teams", hub.workspace)).await.data().as_array().map(Vec::len), Some(1));
        let list = hub.get(&format!("/users/me/user_task_list?workspace={}", hub.workspace)).await;
        assert_eq!(list.data()["resource_type"], "user_task_list");
        hub.post("/tasks", json!({"name": "mine", "workspace": hub.workspace, "assignee": "me"})).await;
        assert_eq!(hub.get(&format!("/user_task_lists/{}/tasks?completed_since=now", list.gid())).await.names(), ["mine"]);
        let copy = hub.task("original").await;
        let job = hub.post(&format!("/tasks/{copy}/duplicate"), json!({"name": "copy", "include": "notes,projects"})).await;
        assert_eq!((job.status, &job.data()["resource_type"]), (201, &json!("job")));
        assert_eq!(hub.get(&format!("/jobs/{}", job.gid())).await.status, 200);
        let update = hub.post("/status_updates", json!({"parent": hub.project, "text": "red", "title": "Train", "status_type": "off_track"})).await;
        assert_eq!((update.status, &update.data()["status_type"]), (201, &json!("off_track")));
        let member = hub.post("/memberships", json!({"parent": hub.project, "member": hub.bob_id, "access_level": "commenter"})).await;
        assert_eq!((member.status, &member.data()["access_level"]), (201, &json!("commenter")));
        assert_eq!(hub.put(&format!("/memberships/{}", member.gid()), json!({"access_level": "editor"})).await.data()["access_level"], "editor");
        assert_eq!(hub.delete(&format!("/memberships/{}", member.gid())).await.status, 200);
    }

    async fn a_rule_is_run_by_hand(hub) {
        let task = hub.task("x").await;
        let mut tx = hub.db.write(&base::Actor::system()).await.expect("a transaction");
        let change = work::rules::RuleChange {
            name: Some("Close it".to_owned()),
            trigger: Some(work::rules::Trigger::Completed),
            actions: Some(vec![work::rules::Action::Complete]),
            is_enabled: Some(true),
        };
        let project = hub.project.parse().expect("an id");
        let rule = work::rules::create(&mut tx, project, change).await.expect("made");
        tx.commit().await.expect("committed");
        let path = format!("/rule_triggers/{}/run", rule.id);
        let ran = hub.post(&path, json!({"resource": task, "action_data": {}})).await;
        assert_eq!((ran.status, ran.data()["message"].is_string()), (200, true));
        assert_eq!(hub.get(&format!("/tasks/{task}")).await.data()["completed"], true);
        assert_eq!(hub.post(&path, json!({"resource": "1"})).await.status, 400);
        let unknown = hub.post("/rule_triggers/1/run", json!({"resource": task})).await;
        assert_eq!((unknown.status, unknown.message()), (404, "rule_trigger: Unknown object: 1"));
    }
}
