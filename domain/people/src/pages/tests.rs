//! What the pages of people promise.

use crate::fixture::{Hub, hub};
use crate::http_tests::{Answer, Door, door};
use crate::{links, passwords, sessions, tokens, users};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::{Role, Secret};

/// A browser in which somebody is signed in: the cookie.
async fn browser(hub: &Hub, user: &users::User) -> String {
    let mut tx = hub.by(user).await;
    let secret = sessions::start(&mut tx, "192.0.2.1", "Firefox/140.0 Linux").await.expect("started");
    tx.commit().await.expect("committed");
    format!("{}={}", crate::door::COOKIE, secret.reveal())
}

async fn post(door: &Door<'_>, cookie: &str, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    door.send(request.body(Body::from(form.to_owned())).expect("a request")).await
}

/// The text between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before)
        .and_then(|(_, rest)| rest.split_once(after))
        .map(|(found, _)| found)
        .expect("is there")
}

db::on_both! { hub;
    async fn an_invitation_shows_its_link_once_and_the_link_lets_in(hub) {
        let door = door(&hub).await;
        let ann = browser(&hub, &hub.ann).await;
        let made = post(&door, &ann, "/settings/people", "email=cleo%40example.com&name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&role=member").await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        assert!(made.text.contains("&lt;script&gt;alert(1)") && !made.text.contains("<script>alert"), "a name is a name");
        let path = between(&made.text, "https://hub.example", "\"").to_owned();
        let again = door.get("/settings/people", &ann).await;
        assert!(!again.text.contains("/password/"), "shown once");
        assert_eq!(post(&door, "", &path, "password=correct+horse").await.status, StatusCode::SEE_OTHER);
        assert_eq!(door.get(&path, "").await.status, StatusCode::NOT_FOUND, "works once");
        let taken = post(&door, &ann, "/settings/people", "email=CLEO%40example.com&role=member").await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
    }

    async fn only_administrators_are_offered_and_allowed_to_run_people(hub) {
        let door = door(&hub).await;
        let (ann, bob, gus) = (browser(&hub, &hub.ann).await, browser(&hub, &hub.bob).await, browser(&hub, &hub.gus).await);
        let of_ann = format!("/settings/people/{}", hub.ann.id);
        let seen = door.get(&of_ann, &bob).await;
        assert!(seen.status == StatusCode::OK && !seen.text.contains("Deactivate") && !seen.text.contains("Invite"), "{}", seen.text);
        assert!(door.get("/settings/people", &ann).await.text.contains("Invite somebody"));
        for (path, form) in [
            ("/settings/people", "email=x%40y&role=admin"),
            (of_ann.as_str(), "role=guest"),
            (&format!("{of_ann}/password-link"), ""),
            (&format!("{of_ann}/reactivate"), ""),
        ] {
            assert_eq!(post(&door, &bob, path, form).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let last = post(&door, &ann, &of_ann, "role=member").await;
        assert_eq!(last.status, StatusCode::CONFLICT, "the last administrator stays one");
        // A guest sees only people with whom they share something, in lists and by address.
        let list = door.get("/settings/people", &gus).await.text;
        assert!(list.contains("gus@elsewhere.example") && !list.contains("bob@example.com"), "{list}");
        assert_eq!(door.get(&format!("/settings/people/{}", hub.bob.id), &gus).await.status, StatusCode::NOT_FOUND);
        assert!(!list.contains("href=\"/settings/teams\""), "what is not for guests is not in their navigation");
        let promoted = post(&door, &ann, &format!("/settings/people/{}", hub.bob.id), "role=admin").await;
        assert_eq!(promoted.status, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(users::get(&mut tx, hub.bob.id).await.expect("read").role, Role::Admin);
    }

    async fn a_token_is_shown_once_is_as_narrow_as_asked_and_is_revoked(hub) {
        let door = door(&hub).await;
        let (ann, bob) = (browser(&hub, &hub.ann).await, browser(&hub, &hub.bob).await);
        let none = post(&door, &bob, "/settings/tokens", "name=cron&reach=some&days=30").await;
        assert_eq!(none.status, StatusCode::BAD_REQUEST, "a limited token may something");
        let made = post(&door, &bob, "/settings/tokens", "name=cron&reach=some&scope=deploy&scope=view&days=30").await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        let text = format!("sb_{}", between(&made.text, "value=\"sb_", "\""));
        let list = door.get("/settings/tokens", &bob).await.text;
        assert!(list.contains("cron") && !list.contains(&text), "shown once");
        let mut tx = hub.by(&hub.bob).await;
        let token = tokens::list(&mut tx, hub.bob.id).await.expect("listed").remove(0);
        assert_eq!(token.scopes, Some(vec![base::Right::Deploy, base::Right::View]));
        assert!(token.expires_at.is_some());
        drop(tx);
        assert_eq!(door.call(&text, "GET", "/api/v1/users/me", serde_json::json!({})).await.status, StatusCode::OK);
        // Administrators run everybody's; nobody else sees those of others.
        assert!(door.get(&format!("/settings/tokens?user={}", hub.bob.id), &ann).await.text.contains("cron"));
        assert_eq!(door.get(&format!("/settings/tokens?user={}", hub.ann.id), &bob).await.status, StatusCode::FORBIDDEN);
        assert_eq!(post(&door, &bob, "/settings/tokens", &format!("name=x&reach=all&user={}", hub.ann.id)).await.status, StatusCode::FORBIDDEN);
        let path = format!("/settings/tokens/{}/revoke", token.id);
        assert_eq!(post(&door, &bob, &path, "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(door.call(&text, "GET", "/api/v1/users/me", serde_json::json!({})).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn other_sessions_end_and_this_one_stays(hub) {
        let door = door(&hub).await;
        let (here, there) = (browser(&hub, &hub.bob).await, browser(&hub, &hub.bob).await);
        let page = door.get("/settings/sessions", &here).await.text;
        assert!(page.contains("this browser") && page.contains("Firefox on Linux"), "{page}");
        assert_eq!(post(&door, &here, "/settings/sessions/end-others", "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(door.get("/settings/sessions", &there).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(door.get("/settings/sessions", &here).await.status, StatusCode::OK);
        assert_eq!(door.get(&format!("/settings/sessions?user={}", hub.ann.id), &here).await.status, StatusCode::FORBIDDEN);
    }

    async fn a_profile_is_changed_and_a_new_password_signs_out_everywhere_else(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.ann).await;
        let link = links::make_password(&mut tx, hub.bob.id).await.expect("made");
        let hash = passwords::hash(Secret::new("correct horse")).await.expect("hashed");
        links::use_password(&mut tx, link.reveal(), &hash).await.expect("set");
        tx.commit().await.expect("committed");
        let (here, there) = (browser(&hub, &hub.bob).await, browser(&hub, &hub.bob).await);
        let saved = post(&door, &here, "/settings/profile", "name=Bobby&time_zone=Europe%2FBerlin").await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
        assert!(door.get("/settings/profile", &here).await.text.contains("value=\"Europe/Berlin\""));
        assert_eq!(post(&door, &here, "/settings/profile", "name=Bobby&time_zone=Mars").await.status, StatusCode::BAD_REQUEST);
        let path = "/settings/profile/password";
        let wrong = post(&door, &here, path, "current=wrong&password=battery+staple").await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN);
        let set = post(&door, &here, path, "current=correct+horse&password=battery+staple").await;
        assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text);
        assert_eq!(door.get("/settings/profile", &there).await.status, StatusCode::UNAUTHORIZED);
        let cookies = set.cookies.iter().find(|cookie| cookie.starts_with(crate::door::COOKIE)).expect("signed in anew");
        let fresh = cookies.split(';').next().expect("a cookie");
        assert_eq!(door.get("/settings/profile", fresh).await.status, StatusCode::OK);
    }

    async fn a_photo_is_an_image_and_nothing_else(hub) {
        let door = door(&hub).await;
        let bob = browser(&hub, &hub.bob).await;
        let send = async |content: &str| {
            let body = format!("--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x.png\"\r\n\r\n{content}\r\n--b--\r\n");
            let request = Request::post("/settings/profile/photo")
                .header(header::COOKIE, &bob)
                .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
            door.send(request.body(Body::from(body)).expect("a request")).await.status
        };
        assert_eq!(send("<svg onload=alert(1)>").await, StatusCode::BAD_REQUEST);
        assert_eq!(send("GIF89a....").await, StatusCode::SEE_OTHER);
        assert!(door.get("/settings/profile", &bob).await.text.contains("/photo?v="));
        assert_eq!(post(&door, &bob, "/settings/profile/photo", "").await.status, StatusCode::BAD_REQUEST);
        assert_eq!(post(&door, &bob, "/settings/profile/photo/remove", "").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_team_is_run_by_its_members_and_administrators(hub) {
        let door = door(&hub).await;
        let (ann, bob, gus) = (browser(&hub, &hub.ann).await, browser(&hub, &hub.bob).await, browser(&hub, &hub.gus).await);
        let made = post(&door, &ann, "/settings/teams", "name=Ops&description=Keeps+it+running").await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let path = made.location.clone();
        let seen = door.get(&path, &bob).await.text;
        assert!(seen.contains("Keeps it running") && !seen.contains("Add to the team"), "who is not in it is not offered to run it");
        assert_eq!(post(&door, &bob, &format!("{path}/members"), "user=me").await.status, StatusCode::FORBIDDEN);
        assert_eq!(door.get(&path, &gus).await.status, StatusCode::NOT_FOUND);
        assert_eq!(post(&door, &ann, &format!("{path}/members"), &format!("user={}", hub.bob.id)).await.status, StatusCode::SEE_OTHER);
        assert!(door.get(&path, &bob).await.text.contains("Add to the team"));
        let out = format!("{path}/members/{}/remove", hub.bob.id);
        assert_eq!(post(&door, &bob, &out, "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(post(&door, &bob, &format!("{path}/delete"), "").await.status, StatusCode::FORBIDDEN);
        assert_eq!(post(&door, &ann, &format!("{path}/delete"), "").await.status, StatusCode::SEE_OTHER);
    }
}
