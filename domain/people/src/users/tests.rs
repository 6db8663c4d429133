//! What users can rely on.

use super::*;
use crate::fixture::{Hub, hub, new, refusal};
use crate::{grants, grants::Holder, rights::RightSet};

async fn everyone_s_names(hub: &Hub) -> Vec<String> {
    let mut tx = hub.by_itself().await;
    let team = teams::everyone(&mut tx).await.expect("made");
    teams::members(&mut tx, team.id).await.expect("read").into_iter().map(|user| user.name).collect()
}

db::on_both! { hub;
    async fn administrators_make_people_and_nobody_else_does(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let made = create(&mut tx, NewUser { name: Some(" Cleo Ng ".to_owned()), ..new("Cleo@Example.com", Role::Member) }).await;
        let cleo = made.expect("Ann is an administrator");
        assert_eq!((cleo.name.as_str(), cleo.email.as_str()), ("Cleo Ng", "Cleo@Example.com"));
        tx.commit().await.expect("committed");
        for user in [&hub.bob, &hub.gus] {
            let mut tx = hub.by(user).await;
            assert_eq!(refusal(create(&mut tx, new("x@example.com", Role::Guest)).await), "role.too_low");
        }
        let mut tx = hub.by_token(&hub.ann, &[Right::Edit]).await;
        assert_eq!(refusal(create(&mut tx, new("x@example.com", Role::Guest)).await), "token.scope");
        drop(tx);
        let mut tx = hub.db.write(&base::Actor::stranger()).await.expect("begun");
        assert_eq!(refusal(create(&mut tx, new("x@example.com", Role::Guest)).await), "people.not_signed_in");
        drop(tx);
        assert_eq!(everyone_s_names(&hub).await, ["ann", "bob", "Cleo Ng"], "guests are not everyone");
    }

    async fn an_address_names_one_user_whatever_its_case(hub) {
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(refusal(create(&mut tx, new("BOB@example.COM", Role::Member)).await), "user.email_taken");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        for text in ["Bob@Example.com", " bob@example.com ", &hub.bob.id.to_string()] {
            assert_eq!(find(&mut tx, text).await.expect("found"), hub.bob, "{text:?}");
        }
        assert_eq!(find(&mut tx, "ME").await.expect("found"), hub.ann);
        for text in ["", "bob", "0", "-1", "99999999999999999999", "nobody@example.com", "bob@example.com'--"] {
            assert_eq!(refusal(find(&mut tx, text).await), "user.missing", "{text:?}");
        }
        for email in ["", "bob", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "\u{0}@b", "<a@b>"] {
            if email == "a@b\n" { continue; } // Spaces around an address are a slip, not a mistake.
            assert_eq!(refusal(create(&mut tx, new(email, Role::Member)).await), "user.email", "{email:?}");
        }
    }

    async fn people_change_themselves_and_only_administrators_change_others(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let named = UserChange { name: Some("Bob Marsh".to_owned()), time_zone: Some("Europe/Berlin".to_owned()), ..UserChange::default() };
        let bob = change(&mut tx, hub.bob.id, named.clone()).await.expect("his own");
        assert_eq!((bob.name.as_str(), bob.time_zone.as_str()), ("Bob Marsh", "Europe/Berlin"));
        assert_eq!(refusal(change(&mut tx, hub.ann.id, named).await), "role.too_low");
        let promoted = UserChange { role: Some(Role::Admin), ..UserChange::default() };
        assert_eq!(refusal(change(&mut tx, hub.bob.id, promoted.clone()).await), "role.too_low", "nobody makes himself more");
        let elsewhere = UserChange { time_zone: Some("Mars/Base".to_owned()), ..UserChange::default() };
        assert_eq!(refusal(change(&mut tx, hub.bob.id, elsewhere).await), "user.time_zone");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(change(&mut tx, hub.bob.id, promoted).await.expect("by an administrator").role, Role::Admin);
    }

    async fn the_last_administrator_stays_one(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let demoted = UserChange { role: Some(Role::Member), ..UserChange::default() };
        assert_eq!(refusal(change(&mut tx, hub.ann.id, demoted.clone()).await), "user.last_admin");
        assert_eq!(refusal(deactivate(&mut tx, hub.ann.id).await), "user.last_admin");
        change(&mut tx, hub.bob.id, UserChange { role: Some(Role::Admin), ..UserChange::default() }).await.expect("promoted");
        change(&mut tx, hub.ann.id, demoted).await.expect("there is another one now");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(deactivate(&mut tx, hub.bob.id).await), "user.last_admin");
    }

    async fn who_is_deactivated_keeps_their_name_and_loses_sessions_and_tokens(hub) {
        let mut tx = hub.by(&hub.bob).await;
        sessions::start(&mut tx, "127.0.0.1", "a browser").await.expect("started");
        tokens::create(&mut tx, hub.bob.id, tokens::NewToken { name: "cron".to_owned(), ..Default::default() }).await.expect("made");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        deactivate(&mut tx, hub.bob.id).await.expect("by an administrator");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        assert!(sessions::list(&mut tx, hub.bob.id).await.expect("read").is_empty());
        assert!(tokens::list(&mut tx, hub.bob.id).await.expect("read").is_empty());
        assert!(!get(&mut tx, hub.bob.id).await.expect("still known").active);
        assert!(!list(&mut tx, &UserFilter::default()).await.expect("read").iter().any(|user| user.id == hub.bob.id));
        assert_eq!(grants::rights_on(&mut tx, "project:1", hub.bob.id).await.expect("read"), RightSet::NONE);
        drop(tx);
        let verbs = hub.verbs().await;
        for verb in ["session.started", "token.created", "user.deactivated", "session.ended", "token.revoked"] {
            assert!(verbs.iter().any(|entered| entered == verb), "{verb} is in the journal: {verbs:?}");
        }
    }

    async fn a_guest_sees_those_they_share_something_with(hub) {
        let mut tx = hub.by(&hub.gus).await;
        let seen = list(&mut tx, &UserFilter::default()).await.expect("read");
        assert_eq!(seen.iter().map(|user| user.id).collect::<Vec<_>>(), [hub.gus.id]);
        assert_eq!(refusal(find(&mut tx, "bob@example.com").await), "user.missing");
        drop(tx);
        let mut tx = hub.by_itself().await;
        let both = [(Holder::User(hub.gus.id), RightSet::of(&[Right::View])), (Holder::User(hub.bob.id), RightSet::ALL)];
        grants::endow(&mut tx, "project:7", &both).await.expect("endowed");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(find(&mut tx, "bob@example.com").await.expect("they share a project"), hub.bob);
        assert_eq!(refusal(get(&mut tx, hub.ann.id).await), "user.missing");
    }

    async fn a_list_is_paged_and_searched_without_wildcards(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let page = |after, limit| UserFilter { after, limit, ..UserFilter::default() };
        let first = list(&mut tx, &page(None, 2)).await.expect("read");
        let rest = list(&mut tx, &page(Some(first[1].id), 2)).await.expect("read");
        assert_eq!((first.len(), rest.len()), (2, 1));
        for (query, found) in [("BO", 1), ("example.com", 2), ("%", 0), ("_", 0), ("\\", 0), ("", 3)] {
            let filter = UserFilter { query: Some(query.to_owned()), ..UserFilter::default() };
            assert_eq!(list(&mut tx, &filter).await.expect("read").len(), found, "{query:?}");
        }
    }
}
