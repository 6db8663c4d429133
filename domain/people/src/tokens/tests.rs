//! What tokens promise, up to the headers of a request.

use super::*;
use crate::fixture::{Hub, hub, refusal};
use axum::http::{HeaderMap, HeaderValue, header};
use base::{Actor, Door};
use std::time::Duration;

fn named(name: &str) -> NewToken {
    NewToken { name: name.to_owned(), ..NewToken::default() }
}

async fn made(hub: &Hub, owner: &users::User, new: NewToken) -> (Token, String) {
    let mut tx = hub.by(owner).await;
    let (token, text) = create(&mut tx, owner.id, new).await.expect("made");
    tx.commit().await.expect("committed");
    (token, text.reveal().to_owned())
}

async fn who(hub: &Hub, header: &str) -> Option<Actor> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(header).expect("a header"));
    door::actor(&hub.db, &headers).await.expect("read")
}

db::on_both! { hub;
    async fn a_token_acts_for_its_owner_until_it_is_revoked(hub) {
        let (token, text) = made(&hub, &hub.bob, NewToken { scopes: Some(vec![Right::Deploy]), ..named("cron") }).await;
        assert!(text.starts_with("sb_") && text.len() == 35, "a token that one can recognise: {text}");
        for _ in 0..2 {
            let actor = who(&hub, &format!("Bearer {text}")).await.expect("known");
            assert_eq!((actor.user, actor.door, actor.token), (Some(hub.bob.id), Door::Api, Some(token.id)));
            assert_eq!(actor.scopes, Some(vec![Right::Deploy]));
        }
        assert!(who(&hub, &format!("Bearer {text}x")).await.is_none());
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(refusal(revoke(&mut tx, hub.bob.id, token.id).await), "role.too_low");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        revoke(&mut tx, hub.bob.id, token.id).await.expect("his own");
        tx.commit().await.expect("committed");
        assert!(who(&hub, &format!("Bearer {text}")).await.is_none(), "at once, although it was remembered");
    }

    async fn a_remembered_token_ends_with_its_owner_s_access(hub) {
        let (_, text) = made(&hub, &hub.bob, named("cron")).await;
        assert!(who(&hub, &format!("Bearer {text}")).await.is_some());
        let mut tx = hub.by(&hub.ann).await;
        users::change(&mut tx, hub.bob.id, users::UserChange { role: Some(Role::Guest), ..Default::default() }).await.expect("changed");
        tx.commit().await.expect("committed");
        assert_eq!(who(&hub, &format!("Bearer {text}")).await.expect("known").role, Role::Guest, "the new role at once");
        let mut tx = hub.by(&hub.ann).await;
        users::deactivate(&mut tx, hub.bob.id).await.expect("deactivated");
        tx.commit().await.expect("committed");
        assert!(who(&hub, &format!("Bearer {text}")).await.is_none());
    }

    async fn a_token_expires_although_it_is_remembered(hub) {
        let at = hub.place.clock().now().plus(Duration::from_secs(60));
        let (_, text) = made(&hub, &hub.bob, NewToken { expires_at: Some(at), ..named("short") }).await;
        assert!(who(&hub, &format!("Bearer {text}")).await.is_some());
        hub.place.clock().advance(Duration::from_secs(60));
        assert!(who(&hub, &format!("Bearer {text}")).await.is_none());
    }

    async fn an_address_beside_a_token_must_be_its_owner_s(hub) {
        use base64::Engine as _;
        let (_, text) = made(&hub, &hub.bob, named("wiki")).await;
        let basic = |text: String| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        assert!(who(&hub, &basic(format!("BOB@example.com:{text}"))).await.is_some());
        assert!(who(&hub, &basic(format!("ann@example.com:{text}"))).await.is_none());
        assert!(who(&hub, &basic(format!("{text}:"))).await.is_some());
    }

    async fn tokens_are_made_for_oneself_and_never_wider_than_the_one_in_use(hub) {
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(create(&mut tx, hub.ann.id, named("x")).await), "role.too_low");
        assert_eq!(refusal(list(&mut tx, hub.ann.id).await), "role.too_low");
        assert_eq!(refusal(create(&mut tx, hub.bob.id, named(" ")).await), "token.name");
        let past = NewToken { expires_at: Some(tx.now()), ..named("x") };
        assert_eq!(refusal(create(&mut tx, hub.bob.id, past).await), "token.expired");
        drop(tx);
        let mut tx = hub.by_token(&hub.bob, &[Right::Edit]).await;
        assert_eq!(refusal(create(&mut tx, hub.bob.id, named("x")).await), "token.scope");
        let wider = NewToken { scopes: Some(vec![Right::Edit, Right::Deploy]), ..named("x") };
        assert_eq!(refusal(create(&mut tx, hub.bob.id, wider).await), "token.scope");
        let same = NewToken { scopes: Some(vec![Right::Edit]), ..named("x") };
        create(&mut tx, hub.bob.id, same).await.expect("no wider");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        create(&mut tx, hub.bob.id, named("for Bob")).await.expect("administrators make them for anybody");
    }

    async fn no_secret_is_in_the_journal(hub) {
        let (_, text) = made(&hub, &hub.bob, named("cron")).await;
        let mut tx = hub.by_itself().await;
        let query = journal::Query { limit: 1_000, ..journal::Query::default() };
        for entry in journal::read(&mut tx, &query).await.expect("read") {
            let told = entry.data.to_string();
            assert!(!told.contains(&text) && !told.contains(&hash::of(&text)), "{told}");
        }
    }
}
