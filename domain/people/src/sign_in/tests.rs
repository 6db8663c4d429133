//! What signing in, sessions and one-time links promise.

use super::*;
use crate::bootstrap::{Bootstrap, FirstStart, first_start};
use crate::fixture::{Hub, empty, hub, new, refusal};
use crate::{links, passwords, tokens};
use axum::http::{HeaderMap, HeaderValue, header};
use base::Role;

fn from() -> From {
    From { address: "10.1.2.3".to_owned(), agent: "a browser".to_owned() }
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

async fn with_password(hub: &Hub, user: &User, password: &str) {
    let hash = passwords::hash(secret(password)).await.expect("long enough");
    let mut tx = hub.by(user).await;
    users::set_password(&mut tx, user.id, &hash).await.expect("their own");
    tx.commit().await.expect("committed");
}

async fn who(db: &Db, cookie: &Secret) -> Option<Actor> {
    let mut headers = HeaderMap::new();
    let value = format!("{}={}", door::COOKIE, cookie.reveal());
    headers.insert(header::COOKIE, HeaderValue::from_str(&value).expect("a header"));
    door::actor(db, &headers).await.expect("read")
}

db::on_both! { hub;
    async fn the_right_password_opens_and_signing_out_closes(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        let (user, cookie) = sign_in(&hub.db, "Bob@example.com", secret("correct horse"), &from()).await.expect("signed in");
        assert_eq!(user.id, hub.bob.id);
        assert_eq!(who(&hub.db, &cookie).await.expect("signed in").door, Door::Web);
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(sessions::list(&mut tx, hub.bob.id).await.expect("read")[0].address, "10.1.2.3");
        sessions::end_by_secret(&mut tx, &cookie).await.expect("signed out");
        tx.commit().await.expect("committed");
        assert!(who(&hub.db, &cookie).await.is_none());
    }

    async fn a_refusal_never_says_which_of_the_two_was_wrong(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        let mut told = Vec::new();
        for (email, password) in [("bob@example.com", "wrong horse"), ("nobody@example.com", "correct horse"), ("ann@example.com", ""), ("\u{0}", "x")] {
            let error = sign_in(&hub.db, email, secret(password), &from()).await.expect_err("refused");
            told.push((error.code(), error.message().to_owned()));
        }
        told.dedup();
        assert_eq!(told, [("sign_in.no_match", "That email and password do not match. Try again, or set a new password.".to_owned())]);
    }

    async fn guessing_is_stopped_per_account_and_per_address_for_a_quarter_of_an_hour(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        let elsewhere = |n: u64| From { address: format!("10.0.0.{n}"), agent: String::new() };
        let most = hub.db.limits().get(Limit::FailedLoginsPerQuarterHour);
        for n in 0..most {
            // Counted without the work of argon2, which is the same every time.
            count_attempt(&hub.db, "bob@example.com", &elsewhere(n).address).await.expect("below the limit");
        }
        let refused = sign_in(&hub.db, "bob@example.com", secret("correct horse"), &elsewhere(999)).await;
        assert_eq!(refusal(refused), "sign_in.too_many", "even with the right password");
        for n in 0..most {
            count_attempt(&hub.db, &format!("{n}@example.com"), "10.9.9.9").await.expect("below the limit");
        }
        let there = From { address: "10.9.9.9".to_owned(), agent: String::new() };
        assert_eq!(refusal(sign_in(&hub.db, "ann@example.com", secret("x"), &there).await), "sign_in.too_many");
        hub.place.clock().advance(WINDOW);
        sign_in(&hub.db, "bob@example.com", secret("correct horse"), &there).await.expect("the window has passed");
    }

    async fn being_right_forgives_what_went_before_from_the_same_place(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        for _ in 0..hub.db.limits().get(Limit::FailedLoginsPerQuarterHour) - 1 {
            count_attempt(&hub.db, "bob@example.com", "10.1.2.3").await.expect("below the limit");
        }
        for _ in 0..2 {
            sign_in(&hub.db, "bob@example.com", secret("correct horse"), &from()).await.expect("signed in");
        }
    }

    async fn a_session_slides_while_it_is_used_and_ends_when_it_is_not(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        let (_, cookie) = sign_in(&hub.db, "bob@example.com", secret("correct horse"), &from()).await.expect("signed in");
        hub.place.clock().advance(sessions::LIFETIME / 2);
        let mut tx = hub.by_itself().await;
        let (session, _) = sessions::by_hash(&mut tx, &crate::hash::of(cookie.reveal())).await.expect("read").expect("there");
        let at = tx.now();
        sessions::slide(&mut tx, session.id, at).await.expect("slid");
        tx.commit().await.expect("committed");
        hub.place.clock().advance(sessions::LIFETIME * 3 / 4);
        assert!(who(&hub.db, &cookie).await.is_some(), "it was used half-way");
        hub.place.clock().advance(sessions::LIFETIME);
        assert!(who(&hub.db, &cookie).await.is_none());
    }

    async fn a_new_password_ends_the_sessions_of_the_old_one(hub) {
        with_password(&hub, &hub.bob, "correct horse").await;
        let (_, cookie) = sign_in(&hub.db, "bob@example.com", secret("correct horse"), &from()).await.expect("signed in");
        assert!(who(&hub.db, &cookie).await.is_some());
        let mut tx = hub.by(&hub.ann).await;
        let link = links::make_password(&mut tx, hub.bob.id).await.expect("by an administrator");
        tx.commit().await.expect("committed");
        let hash = passwords::hash(secret("battery staple")).await.expect("long enough");
        let mut tx = hub.db.write(&Actor::stranger()).await.expect("begun");
        assert_eq!(refusal(links::use_password(&mut tx, "wrong", &hash).await), "link.used");
        assert_eq!(links::use_password(&mut tx, link.reveal(), &hash).await.expect("used").id, hub.bob.id);
        assert_eq!(refusal(links::use_password(&mut tx, link.reveal(), &hash).await), "link.used", "once");
        tx.commit().await.expect("committed");
        assert!(who(&hub.db, &cookie).await.is_none());
        assert_eq!(refusal(sign_in(&hub.db, "bob@example.com", secret("correct horse"), &from()).await), "sign_in.no_match");
        sign_in(&hub.db, "bob@example.com", secret("battery staple"), &from()).await.expect("signed in");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(links::make_password(&mut tx, hub.ann.id).await), "role.too_low");
    }
}

mod first_starts {
    use super::*;
    db::on_both! { empty;
        async fn without_a_name_a_link_makes_the_first_administrator_once(start) {
            let (_place, db) = start;
            let mut links = Vec::new();
            for _ in 0..2 {
                let mut tx = db.write(&Actor::system()).await.expect("begun");
                let Ok(Bootstrap::Link(link)) = first_start(&mut tx, FirstStart::default()).await else { panic!("a link") };
                tx.commit().await.expect("committed");
                links.push(link);
            }
            let mut tx = db.write(&Actor::stranger()).await.expect("begun");
            let admin = links::use_setup(&mut tx, links[0].reveal(), new("ann@example.com", Role::Guest)).await.expect("used");
            assert_eq!(admin.role, Role::Admin);
            for link in &links {
                assert_eq!(refusal(links::use_setup(&mut tx, link.reveal(), new("eve@example.com", Role::Admin)).await), "link.used");
            }
            tx.commit().await.expect("committed");
            let mut tx = db.write(&Actor::system()).await.expect("begun");
            assert!(matches!(first_start(&mut tx, FirstStart::default()).await, Ok(Bootstrap::Already)));
            let workspace = crate::workspace::current(&mut tx).await.expect("made");
            assert_eq!((workspace.name.as_str(), workspace.email_domains), ("Signalbox", vec!["example.com".to_owned()]));
        }

        async fn a_token_alone_is_enough_and_works_as_it_was_given(start) {
            let (_place, db) = start;
            let mut tx = db.write(&Actor::system()).await.expect("begun");
            let given = FirstStart { workspace: Some("Northgate".to_owned()), token: Some(secret("letmein")), ..FirstStart::default() };
            let Ok(Bootstrap::Made(admin)) = first_start(&mut tx, given).await else { panic!("made") };
            assert_eq!((admin.email.as_str(), admin.role), ("admin@localhost", Role::Admin));
            assert_eq!(crate::workspace::current(&mut tx).await.expect("made").name, "Northgate");
            tx.commit().await.expect("committed");
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer letmein"));
            let actor = door::actor(&db, &headers).await.expect("read").expect("known");
            assert_eq!(actor.user, Some(admin.id));
            let mut tx = db.write(&actor).await.expect("begun");
            tokens::create(&mut tx, admin.id, tokens::NewToken { name: "next".to_owned(), ..Default::default() }).await.expect("made");
        }

        async fn an_address_and_a_password_are_enough(start) {
            let (_place, db) = start;
            let password = passwords::hash(secret("correct horse")).await.expect("long enough");
            let mut tx = db.write(&Actor::system()).await.expect("begun");
            let given = FirstStart { email: Some("ann@example.com".to_owned()), password: Some(password), ..FirstStart::default() };
            assert!(matches!(first_start(&mut tx, given).await, Ok(Bootstrap::Made(_))));
            tx.commit().await.expect("committed");
            sign_in(&db, "ann@example.com", secret("correct horse"), &from()).await.expect("signed in");
            let mut tx = db.write(&Actor::stranger()).await.expect("begun");
            assert_eq!(refusal(first_start(&mut tx, FirstStart::default()).await), "bootstrap.system");
        }
    }
}
