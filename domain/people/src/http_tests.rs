//! What people's doors answer: the native API and the pages, without a network between.

use crate::fixture::{Hub, hub};
use crate::{links, passwords, tokens, users};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::{Clock, Limits, Secret};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) struct Door<'a> {
    hub: &'a Hub,
    router: axum::Router,
}

pub(crate) struct Answer {
    pub status: StatusCode,
    pub cookie: Option<String>,
    pub cookies: Vec<String>,
    pub location: String,
    pub text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }
}

pub(crate) async fn door(hub: &Hub) -> Door<'_> {
    let app = web::App::new(web::AppParts {
        db: hub.db.clone(),
        clock: Clock::system(),
        limits: Limits::default(),
        blobs: blobs::Blobs::open(hub.place.folder().join("blobs")).await.expect("a folder"),
        public_url: "https://hub.example/".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |app, headers| Box::pin(crate::door::authenticate(&app.db, headers)),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts: Default::default(),
        stop: tokio::sync::watch::channel(false).1,
    });
    let (api, _) = crate::api().split_for_parts();
    Door { hub, router: axum::Router::new().nest("/api/v1", api).merge(crate::pages()).with_state(app) }
}

impl Door<'_> {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("answered");
        let (parts, body) = response.into_parts();
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let cookie = text(header::SET_COOKIE);
        let location = text(header::LOCATION).unwrap_or_default();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let cookies = parts.headers.get_all(header::SET_COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
        Answer {
            status: parts.status,
            cookie,
            cookies,
            location,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn post_form(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request"))
            .await
    }

    async fn token_of(&self, user: &users::User) -> String {
        let mut tx = self.hub.by(user).await;
        let new = tokens::NewToken { name: "test".to_owned(), ..Default::default() };
        let (_, text) = tokens::create(&mut tx, user.id, new).await.expect("made");
        tx.commit().await.expect("committed");
        text.reveal().to_owned()
    }
}

db::on_both! { hub;
    async fn an_administrator_makes_a_person_and_their_token_over_http(hub) {
        let door = door(&hub).await;
        let ann = door.token_of(&hub.ann).await;
        let made = door.call(&ann, "POST", "/api/v1/users", json!({"email": "cleo@example.com", "name": "Cleo", "role": "member"})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let cleo = made.json();
        assert_eq!((&cleo["id"], &cleo["email"], &cleo["role"]), (&cleo["gid"], &json!("cleo@example.com"), &json!("member")));
        let id = cleo["id"].as_str().expect("ids are texts");
        let token = door.call(&ann, "POST", &format!("/api/v1/users/{id}/tokens"), json!({"name": "cron", "scopes": ["deploy"]})).await;
        assert_eq!(token.status, StatusCode::CREATED, "{}", token.text);
        let text = token.json()["token"].as_str().expect("shown once").to_owned();
        let me = door.call(&text, "GET", "/api/v1/users/me", json!({})).await.json();
        assert_eq!(me["id"], cleo["id"]);
        let tokens = door.call(&ann, "GET", "/api/v1/users/cleo%40example.com/tokens", json!({})).await.json();
        assert_eq!(tokens["data"][0]["name"], "cron");
        assert!(tokens["data"][0].get("token").is_none(), "never again");
        let path = format!("/api/v1/users/{id}/tokens/{}", tokens["data"][0]["id"].as_str().expect("an id"));
        assert_eq!(door.call(&ann, "DELETE", &path, json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(door.call(&text, "GET", "/api/v1/users/me", json!({})).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn what_makes_no_sense_is_refused_with_a_code(hub) {
        let door = door(&hub).await;
        let (ann, bob) = (door.token_of(&hub.ann).await, door.token_of(&hub.bob).await);
        for (token, method, path, body, status, code) in [
            ("", "GET", "/api/v1/users", json!({}), 401, "token.unknown"),
            (&*bob, "POST", "/api/v1/users", json!({"email": "x@y"}), 403, "role.too_low"),
            (&*ann, "POST", "/api/v1/users", json!({"email": "bob@example.com"}), 409, "user.email_taken"),
            (&*ann, "POST", "/api/v1/users", json!({"email": "x@y", "role": "king"}), 400, "body.malformed"),
            (&*ann, "POST", "/api/v1/users", json!([1]), 400, "body.malformed"),
            (&*ann, "POST", "/api/v1/users", json!({}), 400, "body.malformed"),
            (&*ann, "GET", "/api/v1/users/%00", json!({}), 404, "user.missing"),
            (&*ann, "GET", "/api/v1/users?limit=0", json!({}), 400, "limit.invalid"),
            (&*ann, "GET", "/api/v1/users?team=x", json!({}), 400, "query.malformed"),
            (&*ann, "GET", "/api/v1/teams/x", json!({}), 404, "path.unknown"),
            (&*ann, "GET", "/api/v1/grants/nonsense", json!({}), 400, "subject.malformed"),
            (&*ann, "PUT", "/api/v1/grants/project:1", json!({"user": "me", "rights": ["view"]}), 404, "subject.missing"),
            (&*ann, "PATCH", "/api/v1/users/me", json!({"active": false}), 409, "user.last_admin"),
            (&*bob, "PATCH", "/api/v1/workspace", json!({"name": "Bobland"}), 403, "role.too_low"),
            (&*ann, "PUT", "/api/v1/users/me/photo", json!("not an image"), 400, "photo.type"),
        ] {
            let answer = door.call(token, method, path, body).await;
            assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)), "{method} {path}");
        }
    }

    async fn teams_and_photos_work_over_http(hub) {
        let door = door(&hub).await;
        let ann = door.token_of(&hub.ann).await;
        let team = door.call(&ann, "POST", "/api/v1/teams", json!({"name": "Ops"})).await.json();
        let members = format!("/api/v1/teams/{}/members", team["id"].as_str().expect("an id"));
        let added = door.call(&ann, "POST", &members, json!({"user": "bob@example.com"})).await;
        assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.text);
        assert_eq!(door.call(&ann, "GET", &members, json!({})).await.json()["data"].as_array().map(Vec::len), Some(2));
        let png = Request::put("/api/v1/users/me/photo").header(header::AUTHORIZATION, format!("Bearer {ann}"));
        let put = door.send(png.body(Body::from(&b"\x89PNG\r\n\x1a\n"[..])).expect("a request")).await;
        assert!(put.json()["photo"].as_str().is_some_and(|url| url.starts_with("https://hub.example/api/v1/users/")));
        assert!(door.call(&ann, "GET", "/api/v1/users/me/photo", json!({})).await.text.contains("PNG"));
        assert_eq!(door.call(&ann, "DELETE", "/api/v1/users/me/photo", json!({})).await.json()["photo"], Value::Null);
    }

    async fn a_person_signs_in_and_out_in_a_browser(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.ann).await;
        let link = links::make_password(&mut tx, hub.bob.id).await.expect("made");
        tx.commit().await.expect("committed");
        let path = format!("/password/{}", link.reveal());
        assert!(door.get(&path, "").await.text.contains("A new password for bob"));
        let short = door.post_form(&path, "password=x").await;
        assert!(short.status == StatusCode::BAD_REQUEST && short.text.contains("between 8 and"), "{}", short.text);
        let set = door.post_form(&path, "password=correct+horse").await;
        assert!(set.status == StatusCode::SEE_OTHER && set.cookie.is_some());
        assert_eq!(door.get(&path, "").await.status, StatusCode::NOT_FOUND, "it works once");

        let wrong = door.post_form("/login", "email=%3Cscript%3E&password=x&next=%2Ftasks").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert!(wrong.text.contains("That email and password do not match. Try again, or set a new password."));
        assert!(!wrong.text.contains("<script>") && wrong.text.contains("&lt;script&gt;"), "what was typed is shown inert");
        let right = door.post_form("/login", "email=bob%40example.com&password=correct+horse&next=%2Ftasks").await;
        assert_eq!((right.status, right.location.as_str()), (StatusCode::SEE_OTHER, "/tasks"));
        let cookie = right.cookie.expect("signed in");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure"), "{cookie}");
        let cookie = cookie.split(';').next().expect("a cookie");
        assert_eq!(door.get("/api/v1/users/me", cookie).await.json()["email"], "bob@example.com");
        assert_eq!(door.get("/login?next=/tasks", cookie).await.location, "/tasks", "who is signed in goes on");
        let out = Request::post("/logout").header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
        assert_eq!(door.send(out).await.location, "/login");
        assert_eq!(door.get("/api/v1/users/me", cookie).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_password_is_changed_only_with_the_one_before(hub) {
        let door = door(&hub).await;
        let (ann, bob) = (door.token_of(&hub.ann).await, door.token_of(&hub.bob).await);
        let first = door.call(&bob, "PATCH", "/api/v1/users/me", json!({"password": "correct horse"})).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        for body in [json!({"password": "battery staple"}), json!({"password": "battery staple", "current_password": "wrong"})] {
            assert_eq!(door.call(&bob, "PATCH", "/api/v1/users/me", body).await.json()["code"], "password.current");
        }
        let path = format!("/api/v1/users/{}", hub.bob.id);
        let theirs = door.call(&ann, "PATCH", &path, json!({"password": "battery staple"})).await;
        assert_eq!(theirs.json()["code"], "password.not_yours");
        let body = json!({"password": "battery staple", "current_password": "correct horse"});
        assert_eq!(door.call(&bob, "PATCH", "/api/v1/users/me", body).await.status, StatusCode::OK);
        let mut tx = hub.by(&hub.bob).await;
        let stored = users::password_of(&mut tx, "bob@example.com").await.expect("read").and_then(|(_, stored)| stored);
        drop(tx);
        assert!(passwords::verify(stored, Secret::new("battery staple")).await.expect("verified"));
    }
}

mod first_start {
    use super::*;
    use crate::bootstrap::{Bootstrap, FirstStart, first_start};

    async fn unclaimed(place: db::testing::Place) -> (Hub, Secret) {
        // The hub's people are made after the link, so that the link is all there is at first.
        let (place, db) = crate::fixture::empty(place).await;
        let mut tx = db.write(&base::Actor::system()).await.expect("begun");
        let Ok(Bootstrap::Link(link)) = first_start(&mut tx, FirstStart::default()).await else {
            panic!("a link")
        };
        tx.commit().await.expect("committed");
        let nobody = crate::fixture::nobody(db.clock().now());
        (Hub { place, db, ann: nobody.clone(), bob: nobody.clone(), gus: nobody }, link)
    }

    db::on_both! { unclaimed;
        async fn the_set_up_link_makes_the_first_administrator_and_signs_them_in(start) {
            let (hub, link) = start;
            let door = door(&hub).await;
            let path = format!("/setup/{}", link.reveal());
            assert_eq!(door.get("/setup/wrong", "").await.status, StatusCode::NOT_FOUND);
            assert!(door.get(&path, "").await.text.contains("first administrator"));
            let bad = door.post_form(&path, "name=Ann&email=nonsense&password=correct+horse").await;
            assert!(bad.status == StatusCode::BAD_REQUEST && bad.text.contains("is not an e-mail address"), "{}", bad.text);
            let done = door.post_form(&path, "name=Ann&email=ann%40example.com&password=correct+horse").await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
            let cookie = done.cookie.expect("signed in");
            let me = door.get("/api/v1/users/me", cookie.split(';').next().expect("a cookie")).await.json();
            assert_eq!((&me["name"], &me["role"]), (&json!("Ann"), &json!("admin")));
            assert_eq!(door.post_form(&path, "name=Eve&email=e%40e&password=correct+horse").await.status, StatusCode::NOT_FOUND);
        }
    }
}
