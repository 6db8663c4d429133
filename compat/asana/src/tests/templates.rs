//! Project templates.

use super::{hub, keys};
use serde_json::json;

db::on_both! { hub;
    async fn a_project_is_saved_as_a_template_and_made_again_by_a_job(hub) {
        let me = hub.get("/users/me").await.gid();
        let task = json!({"name": "ship", "projects": [hub.project], "due_on": "2026-12-04", "assignee": me});
        hub.post("/tasks", task).await.data();
        let job = hub.post(&format!("/projects/{}/saveAsTemplate", hub.project), json!({"name": "Train", "workspace": hub.workspace, "public": true})).await;
        assert_eq!((job.status, &job.data()["status"], &job.data()["new_project"]), (201, &json!("succeeded"), &json!(null)), "{}", job.body);
        let template = job.data()["new_project_template"]["gid"].as_str().expect("made").to_owned();
        let again = hub.get(&format!("/jobs/{}", job.gid())).await;
        assert_eq!(again.data()["new_project_template"]["name"], "Train");
        let own = format!("/project_templates/{template}");
        let shown = hub.get(&own).await;
        assert_eq!(keys(shown.data()), ["color", "description", "gid", "name", "owner", "public", "requested_dates", "requested_roles", "resource_type", "team"]);
        assert_eq!((&shown.data()["requested_dates"][0]["gid"], &shown.data()["owner"]["gid"]), (&json!("1"), &json!(me)));
        assert_eq!(hub.get(&format!("/project_templates?workspace={}", hub.workspace)).await.names(), ["Train"]);
        let team = shown.data()["team"]["gid"].as_str().expect("a team").to_owned();
        assert_eq!(hub.get(&format!("/teams/{team}/project_templates")).await.names(), ["Train"]);
        let typed = format!("/workspaces/{}/typeahead?resource_type=project_template&query=tra", hub.workspace);
        assert_eq!(hub.get(&typed).await.names(), ["Train"]);

        let make = format!("{own}/instantiateProject");
        assert_eq!(hub.post(&make, json!({"name": "Train 8"})).await.status, 400, "strictly asked, the start is missing");
        let new = json!({"name": "Train 8", "public": false, "requested_dates": [{"gid": "1", "value": "2027-02-01"}]});
        let job = hub.post(&make, new).await;
        assert_eq!((job.status, &job.data()["new_project"]["name"]), (201, &json!("Train 8")), "{}", job.body);
        let project = job.data()["new_project"]["gid"].as_str().expect("made").to_owned();
        let tasks = hub.get(&format!("/projects/{project}/tasks?opt_fields=name,due_on,assignee.gid")).await;
        assert_eq!(tasks.data(), &json!([{"gid": tasks.data()[0]["gid"], "name": "ship", "due_on": "2027-02-01", "assignee": {"gid": me}}]));
        assert_eq!(hub.get(&format!("/projects/{project}")).await.data()["privacy_setting"], "private");
        for bad in [json!([{"gid": "7", "value": "2027-02-01"}]), json!([{"gid": "1", "value": "soon"}]), json!("2027-02-01")] {
            assert_eq!(hub.post(&make, json!({"name": "x", "requested_dates": bad})).await.status, 400);
        }
        assert_eq!(hub.post(&make, json!({"name": "Loose", "is_strict": false})).await.status, 201);
        assert_eq!(hub.by(&hub.gus, "GET", &own, None).await.status, 403);
        assert_eq!(hub.by(&hub.bob, "DELETE", &own, None).await.status, 403);
        assert_eq!(hub.by(&hub.bob, "POST", &make, Some(json!({"name": "Bob", "is_strict": false}))).await.status, 201);
        assert_eq!(hub.delete(&own).await.status, 200);
        assert_eq!(hub.get(&own).await.status, 404);
    }
}
