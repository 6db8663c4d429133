//! Who comes in, and how refusals look.

use super::*;
use base64::Engine as _;

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("/bamboo{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

db::on_both! {
    hub;

    async fn a_token_comes_in_as_bearer_and_as_basic(hub) {
        let basic = |text: String| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        for value in [format!("Bearer {}", hub.bob), basic(format!("bob@hub.example:{}", hub.bob)), basic(format!("bob:{}", hub.bob)), basic(format!("{}:", hub.bob))] {
            let reply = hub.send(request("GET", "/rest/api/latest/currentUser", &[("authorization", &value)], "")).await;
            assert_eq!((reply.status, &reply.body["fullName"]), (200, &json!("Bob")), "{value}");
        }
        for value in ["Bearer wrong".to_owned(), basic(format!("ann@hub.example:{}", hub.bob)), basic("bob:wrong".to_owned()), "Nonsense".to_owned()] {
            let reply = hub.send(request("GET", "/rest/api/latest/currentUser", &[("authorization", &value)], "")).await;
            assert_eq!((reply.status, &reply.body["status-code"]), (401, &json!(401)), "{value}");
            assert_eq!(reply.headers["content-type"], "application/json;charset=UTF-8");
        }
        let cookie = [("cookie", "signalbox_session=x")];
        assert_eq!(hub.send(request("POST", "/rest/api/latest/queue/LAB-PROV", &cookie, "")).await.status, 401, "a cookie is no key to the API");
    }

    async fn refusals_have_one_shape_and_are_never_html(hub) {
        let bearer = format!("Bearer {}", hub.bob);
        let json = [("authorization", bearer.as_str()), ("accept", "application/json")];
        for (method, path, body, status) in [
            ("GET", "/rest/api/latest/nonsense", "", 404),
            ("GET", "/rest/api/latest/plan/LAB-NONE", "", 404),
            ("GET", "/rest/api/latest/result/LAB-PROV-99", "", 404),
            ("GET", "/rest/api/latest/result/status/LAB-PROV", "", 404),
            ("PATCH", "/rest/api/latest/plan/LAB-PROV", "", 404),
            ("DELETE", "/rest/api/latest/plan/LAB-PROV", "", 404),
            ("GET", "/rest/api/latest/plan.xml", "", 406),
            ("GET", "/rest/api/latest/plan/LAB-PROV/specs?format=JAVA", "", 400),
            ("POST", "/rest/api/latest/queue/LAB-PROV-CHECK", "", 404),
            ("POST", "/rest/api/latest/queue/LAB-PROV?stage=Nowhere", "", 400),
            ("POST", "/rest/api/latest/queue/LAB-PROV?bamboo.variable.x=1", "", 400),
            ("POST", "/rest/api/latest/queue/LAB-PROV", "{not json", 400),
            ("POST", "/rest/api/latest/result/LAB-PROV-1/comment", "{}", 400),
            ("POST", "/rest/api/latest/queue/deployment", "", 400),
            ("GET", "/rest/api/latest/agent/x", "", 404),
            ("GET", "/rest/api/latest/admin/users", "", 403),
            ("GET", "/download/LAB-PROV-CHECK/build_logs/LAB-PROV-CHECK-1.log", "", 404),
            ("GET", "/browse/LAB-NONE", "", 404),
        ] {
            let reply = hub.send(request(method, path, &json, body)).await;
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
            let message = reply.body["message"].as_str().unwrap_or_else(|| panic!("{method} {path}: {}", String::from_utf8_lossy(&reply.bytes)));
            assert_eq!((&reply.body["errorMessages"], &reply.body["errors"], &reply.body["status-code"]), (&json!([message]), &json!({}), &json!(status)));
        }
        let xml = hub.send(request("GET", "/rest/api/latest/plan", &[("authorization", bearer.as_str()), ("accept", "application/xml, text/xml")], "")).await;
        assert_eq!(xml.status, 406);
        for accept in ["*/*", "text/html, application/json;q=0.9", "application/*"] {
            let reply = hub.send(request("GET", "/rest/api/1.0/plan.json", &[("authorization", bearer.as_str()), ("accept", accept)], "")).await;
            assert_eq!(reply.status, 200, "{accept}");
        }
    }

    async fn forms_and_empty_bodies_start_builds(hub) {
        let bearer = format!("Bearer {}", hub.bob);
        for (kind, body) in [("application/x-www-form-urlencoded", "bamboo.variable.cluster_name=x"), ("application/json", ""), ("application/json", "{}"), ("text/plain", " ")] {
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            let reply = hub.send(request("POST", "/rest/api/latest/queue/LAB-PROV", &headers, body)).await;
            assert_eq!(reply.status, 200, "{kind} {body:?}: {}", reply.body);
        }
        let stop = [("authorization", bearer.as_str()), ("x-atlassian-token", "no-check")];
        let reply = hub.send(request("POST", "/build/admin/stopPlan.action?planKey=LAB-PROV", &stop, "")).await;
        assert_eq!(reply.good()["stopped"], 4);
        let reply = hub.send(request("POST", "/rest/triggers/latest/remote/changeDetection", &stop, "")).await;
        assert_eq!(reply.status, 400);
        let reply = hub.send(request("POST", "/rest/triggers/latest/remote/changeDetection?planKey=LAB-PROV&skipBranches=", &stop, "")).await;
        assert_eq!(reply.status, 200);
    }

    async fn what_one_may_not_see_is_not_there(hub) {
        assert_eq!(hub.by(&hub.gus, "GET", "plan", None).await.good()["plans"]["size"], 0);
        assert_eq!(hub.by(&hub.gus, "GET", "project", None).await.good()["projects"]["size"], 0);
        hub.post("queue/LAB-PROV").await.good();
        for path in ["plan/LAB-PROV", "project/LAB", "result/LAB-PROV", "result/LAB-PROV-1", "result/LAB-PROV-1/label", "plan/LAB-PROV/specs"] {
            assert_eq!(hub.by(&hub.gus, "GET", path, None).await.status, 404, "{path}");
        }
        assert_eq!(hub.by(&hub.gus, "GET", "result", None).await.good()["results"]["size"], 0);
        assert_eq!(hub.by(&hub.gus, "POST", "queue/LAB-PROV", None).await.status, 404);
        assert_eq!(hub.by(&hub.gus, "GET", "deploy/project/all", None).await.good(), json!([]));
    }
}
