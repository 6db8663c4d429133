//! The records.

use super::*;

db::on_both! {
    hub;

    async fn a_build_is_queued_as_clients_ask_for_it(hub) {
        let queued = hub.post("queue/LAB-PROV?executeAllStages=true&bamboo.variable.cluster.name=be+ta").await.good();
        assert_eq!(queued, json!({
            "planKey": "LAB-PROV", "buildNumber": 1, "buildResultKey": "LAB-PROV-1", "triggerReason": "Manual build",
            "link": {"href": "https://hub.example/bamboo/rest/api/latest/result/LAB-PROV-1", "rel": "self"},
        }));
        let result = hub.get("result/LAB-PROV-1?max-results=25&expand=variables&include_all_states=False&start-index=0").await.good();
        for (key, wanted) in [
            ("key", json!("LAB-PROV-1")),
            ("buildResultKey", json!("LAB-PROV-1")),
            ("planResultKey", json!({"key": "LAB-PROV-1", "entityKey": {"key": "LAB-PROV"}, "resultNumber": 1})),
            ("number", json!(1)),
            ("buildNumber", json!(1)),
            ("lifeCycleState", json!("Queued")),
            ("state", json!("Unknown")),
            ("buildState", json!("Unknown")),
            ("finished", json!(false)),
            ("successful", json!(false)),
            ("notRunYet", json!(true)),
            ("continuable", json!(false)),
            ("restartable", json!(false)),
            ("planName", json!("Provision")),
            ("projectName", json!("lab")),
            ("vcsRevisionKey", json!(COMMIT)),
            ("artifacts", json!({"size": 0, "start-index": 0, "max-result": 0})),
            ("stages", json!({"size": 2, "start-index": 0, "max-result": 0})),
            ("variables", json!({"size": 1, "expand": "variable", "start-index": 0, "max-result": 1, "variable": [{"name": "cluster_name", "value": "be ta"}]})),
        ] {
            assert_eq!(result[key], wanted, "{key}");
        }
        assert_eq!(result["buildReason"], "Manual run by Bob");
        let queue = hub.get("queue?expand=queuedBuilds").await.good();
        assert_eq!(queue["queuedBuilds"]["size"], 1);
        assert_eq!(queue["queuedBuilds"]["queuedBuild"][0]["buildResultKey"], "LAB-PROV-1");
        let stages = hub.get("result/LAB-PROV-1?expand=stages.stage.results.result").await.good();
        let stage = &stages["stages"]["stage"][1];
        assert_eq!((&stage["name"], &stage["manual"], &stage["lifeCycleState"]), (&json!("Build"), &json!(true), &json!("Pending")));
        let job = &stage["results"]["result"][0];
        assert_eq!((&job["key"], &job["stage"], &job["plan"]["type"]), (&json!("LAB-PROV-PACK-1"), &json!("Build"), &json!("job")));
        assert_eq!(job["logFiles"][0], "https://hub.example/bamboo/download/LAB-PROV-PACK/build_logs/LAB-PROV-PACK-1.log");
        // Old clients ask for jobs as they ask for plans.
        let job = hub.get("result/LAB-PROV-JOB1/latest.json?expand=logEntries&max-results=250").await.good();
        assert_eq!((&job["key"], &job["logEntries"]["size"]), (&json!("LAB-PROV-CHECK-1"), &json!(0)));
        assert_eq!(hub.by(&hub.bob, "DELETE", "queue/LAB-PROV-CHECK-1", None).await.status, 204, "the key of a job stops its build");
        let stopped = hub.get("result/LAB-PROV/latest").await.good();
        assert_eq!((&stopped["lifeCycleState"], &stopped["state"], &stopped["notRunYet"]), (&json!("NotBuilt"), &json!("Unknown"), &json!(false)));
        assert_eq!(hub.by(&hub.bob, "DELETE", "queue/LAB-PROV-1", None).await.status, 204, "it is over, and that is well");
        let list = hub.get("result/LAB-PROV?max-results=25&start-index=0").await.good();
        assert_eq!(list["results"], json!({"size": 0, "expand": "result", "start-index": 0, "max-result": 25, "result": []}));
        let list = hub.get("result/LAB-PROV?includeAllStates=True&start-index=0").await.good();
        assert_eq!(list["results"]["result"][0]["key"], "LAB-PROV-1");
        let again = hub.by(&hub.bob, "PUT", "queue/LAB-PROV-1", None).await.good();
        assert_eq!(again["buildResultKey"], "LAB-PROV-2", "done again with a number of its own");
    }

    async fn plans_and_projects_are_listed_with_their_whole_size(hub) {
        let projects = hub.get("project?start-index=0&max-result=1").await.good();
        assert_eq!((&projects["projects"]["size"], &projects["projects"]["project"][0]["key"]), (&json!(1), &json!("LAB")));
        let project = hub.get("project/LAB?max-results=1&expand=plans&start-index=1").await.good();
        assert_eq!((&project["plans"]["size"], &project["plans"]["plan"][0]["key"]), (&json!(2), &json!("LAB-SHIP")));
        let plan = hub.get("plan/lab-prov?expand=variableContext,stages.stage.plans,actions").await.good();
        for key in ["key", "name", "shortName", "shortKey", "type", "enabled", "isActive", "isBuilding", "isFavourite",
            "averageBuildTimeInSeconds", "description", "project", "projectKey", "projectName", "stages", "branches", "actions", "variableContext", "link"] {
            assert!(keys(&plan).contains(&key), "{key} is missing in {plan}");
        }
        assert_eq!(plan["stages"]["stage"][0]["plans"]["plan"][0]["key"], "LAB-PROV-CHECK");
        assert_eq!(hub.get("plan/LAB-PROV/variables").await.good(), json!([{"name": "cluster_name", "value": "alpha", "variableType": "PLAN"}]));
        let found = hub.get("search/plans?fuzzy=True&searchTerm=PROV&max-results=25&start-index=0").await.good();
        assert_eq!((&found["size"], &found["searchResults"][0]["id"]), (&json!(1), &json!("LAB-PROV")));
    }

    async fn a_plan_is_switched_off_and_on(hub) {
        assert_eq!(hub.by(&hub.bob, "DELETE", "plan/LAB-PROV/enable", None).await.status, 204);
        assert_eq!(hub.get("plan/LAB-PROV").await.good()["enabled"], false);
        let refused = hub.post("queue/LAB-PROV").await;
        assert_eq!((refused.status, refused.body["status-code"].clone()), (400, json!(400)));
        let said = refused.body["message"].as_str().unwrap_or_default();
        assert!(said.starts_with("Provision is disabled: Bob switched it off on 1 November 2026 at 00:00 UTC"), "{said}");
        let bob = hub.actor("bob@hub.example").await;
        let mut tx = hub.db.write(&bob).await.expect("begun");
        let job = jobs::jobs::named(&mut tx, "prov", base::Right::Run).await.expect("there");
        let ask = jobs::runs::Ask { commit: COMMIT.to_owned(), trusted: true, ..jobs::runs::Ask::default() };
        let by_hand = jobs::runs::ask(&mut tx, job.id, ask).await.expect_err("nobody starts it by hand either");
        assert_eq!(by_hand.message(), said, "there is one door");
        drop(tx);
        assert_eq!(hub.post("plan/LAB-PROV/enable").await.status, 204);
        assert_eq!(hub.post("queue/LAB-PROV").await.status, 200);
    }

    async fn a_pause_keeps_the_clock_from_a_plan_and_not_its_clients(hub) {
        let bob = hub.actor("bob@hub.example").await;
        let mut tx = hub.db.write(&bob).await.expect("begun");
        let job = jobs::jobs::named(&mut tx, "prov", base::Right::Run).await.expect("there");
        jobs::jobs::pause(&mut tx, job.id, None, None).await.expect("paused");
        tx.commit().await.expect("committed");
        assert_eq!(hub.get("plan/LAB-PROV").await.good()["enabled"], true);
        hub.post("queue/LAB-PROV").await.good();
    }

    async fn a_build_goes_as_far_as_it_is_asked_to(hub) {
        for (asked, released) in [
            ("", vec![]),
            ("?executeAllStages=false", vec![]),
            ("?stage=Validate&executeAllStages=false", vec![]),
            ("?stage=Build&executeAllStages=false", vec![1]),
            ("?executeAllStages=true", vec![1]),
        ] {
            let queued = hub.post(&format!("queue/LAB-PROV{asked}")).await.good();
            assert_eq!(hub.run(&queued).await.released, released, "{asked}");
        }
        let waiting = hub.post("queue/LAB-PROV").await.good();
        let key = waiting["buildResultKey"].as_str().unwrap_or_default().to_owned();
        let continued = hub.by(&hub.bob, "PUT", &format!("queue/{key}?stage=Build"), None).await.good();
        assert_eq!(continued["buildResultKey"], key.as_str());
        assert_eq!(hub.run(&waiting).await.released, [1], "a stage is let begin before the build has come to it");
        let refused = hub.post("queue/LAB-PROV?stage=Nowhere").await;
        assert_eq!((refused.status, &refused.body["message"]), (400, &json!("There is no stage Nowhere in this run; it has Validate, Build")));
        assert_eq!(hub.get("result/LAB-PROV?includeAllStates=true").await.good()["results"]["size"], 6, "and nothing was started");
    }

    async fn branches_are_made_where_job_files_are(hub) {
        for (path, why) in [
            ("plan/LAB-PROV/branch/nowhere", "lab has no branch nowhere"),
            ("plan/LAB-PROV/branch/x?vcsBranch=refs/heads/main", "main is the branch of LAB-PROV itself"),
        ] {
            let refused = hub.by(ANN, "PUT", path, None).await;
            assert_eq!((refused.status, &refused.body["message"]), (400, &json!(why)));
        }
        assert_eq!(hub.by(&hub.gus, "PUT", "plan/LAB-PROV/branch/nowhere", None).await.status, 404);
        assert_eq!(hub.get("plan/LAB-PROV/branch").await.good()["branches"]["size"], 0);
        assert_eq!(hub.get("plan/LAB-PROV123456789").await.status, 404);
        assert_eq!(hub.get("plan/LAB-PROV/vcsBranches").await.good()["branches"]["branch"], json!([{"name": "main"}]));
    }

    async fn deployments_are_told_in_the_shapes_of_deployments(hub) {
        let all = hub.get("deploy/project/all").await.good();
        let project = &all[0];
        assert_eq!((&project["name"], &project["planKey"]["key"]), (&json!("lab"), &json!("LAB-PROV")));
        let beta = &project["environments"][0];
        assert_eq!((&beta["name"], &beta["operations"]["canExecute"], &beta["deploymentProjectId"]), (&json!("beta"), &json!(true), &project["id"]));
        hub.post("queue/LAB-PROV").await.good();
        let named = json!({"planResultKey": "LAB-PROV-1", "name": "release-1"});
        let version = hub.by(&hub.bob, "POST", &format!("deploy/project/{}/version", project["id"]), Some(named.clone())).await.good();
        assert_eq!(version["name"], "release-1");
        let same = hub.by(&hub.bob, "POST", &format!("deploy/project/{}/version", project["id"]), Some(named)).await.good();
        assert_eq!(same["id"], version["id"]);
        let versions = hub.get(&format!("deploy/project/{}/versions?start=0&limit=25", project["id"])).await.good();
        assert_eq!((&versions["size"], &versions["versions"][0]["planResultKey"]["key"]), (&json!(1), &json!("LAB-PROV-1")));
        let results = hub.get(&format!("deploy/environment/{}/results?max-result=25&start-index=0", beta["id"])).await.good();
        assert_eq!((&results["size"], &results["results"], &results["max-result"]), (&json!(0), &json!([]), &json!(25)));
        assert_eq!(hub.by(&hub.bob, "DELETE", &format!("deploy/version/{}", version["id"]), None).await.status, 204);
        assert_eq!(hub.get(&format!("deploy/project/{}/versions", project["id"])).await.good()["size"], 0);
    }

    async fn rights_are_granted_in_the_words_of_clients(hub) {
        let path = "permissions/plan/LAB-PROV/users/gus@hub.example";
        assert_eq!(hub.by(&hub.gus, "GET", "plan/LAB-PROV", None).await.status, 404);
        assert_eq!(hub.by(&hub.bob, "PUT", path, Some(json!(["READ"]))).await.status, 404, "Bob administers nothing");
        assert_eq!(hub.by(ANN, "PUT", path, Some(json!(["FLY"]))).await.status, 400);
        assert_eq!(hub.by(ANN, "PUT", path, Some(json!(["READ", "BUILD"]))).await.status, 204);
        assert_eq!(hub.by(ANN, "PUT", path, Some(json!(["READ"]))).await.status, 304);
        assert_eq!(hub.by(&hub.gus, "POST", "queue/LAB-PROV", None).await.status, 200);
        assert_eq!(hub.by(ANN, "DELETE", "permissions/plan/LAB-PROV/users/gus", Some(json!(["BUILD"]))).await.status, 204);
        assert_eq!(hub.by(&hub.gus, "POST", "queue/LAB-PROV", None).await.status, 403);
        let holders = hub.by(ANN, "GET", "permissions/plan/LAB-PROV/users?start=0&limit=25", None).await.good();
        assert_eq!(holders["results"][0]["permissions"], json!(["READ", "VIEWCONFIGURATION"]));
        let mut tx = hub.db.read(&Actor::system()).await.expect("begun");
        let query = journal::Query { verb: Some("grant.given".to_owned()), limit: 10, ..journal::Query::default() };
        assert!(!journal::read(&mut tx, &query).await.expect("read").is_empty(), "it is in the journal");
    }
}
