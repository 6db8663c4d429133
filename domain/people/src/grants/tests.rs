//! What grants promise.

use super::*;
use crate::fixture::{hub, refusal};

const BETA: &str = "environment:5";

fn set_of(rights: &[Right]) -> RightSet {
    RightSet::of(rights)
}

db::on_both! { hub;
    async fn nobody_grants_what_they_lack(hub) {
        let mut tx = hub.by_itself().await;
        endow(&mut tx, BETA, &[(Holder::User(hub.bob.id), set_of(&[Right::Admin, Right::Lock]))]).await.expect("endowed");
        assert_eq!(refusal(endow(&mut tx, BETA, &[]).await), "grant.endowed", "once");
        tx.commit().await.expect("committed");

        let gus = Holder::User(hub.gus.id);
        let mut tx = hub.by(&hub.bob).await;
        allow(&mut tx, BETA, gus, set_of(&[Right::Lock])).await.expect("Bob has it to give");
        assert_eq!(refusal(allow(&mut tx, BETA, gus, set_of(&[Right::Deploy])).await), "grant.lacking");
        assert_eq!(refusal(set(&mut tx, BETA, Holder::User(hub.bob.id), RightSet::ALL).await), "grant.lacking");
        tx.commit().await.expect("committed");

        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(refusal(allow(&mut tx, BETA, gus, set_of(&[Right::Edit])).await), "right.missing");
        assert_eq!(refusal(allow(&mut tx, "environment:6", gus, set_of(&[Right::View])).await), "subject.missing");
        drop(tx);

        let mut tx = hub.by_token(&hub.ann, &[Right::Deploy]).await;
        assert_eq!(refusal(allow(&mut tx, BETA, gus, set_of(&[Right::View])).await), "token.scope", "a token narrows an administrator");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        allow(&mut tx, BETA, gus, RightSet::ALL).await.expect("an administrator lacks nothing");
    }

    async fn a_right_is_checked_with_teams_roles_and_scopes(hub) {
        let mut tx = hub.by_itself().await;
        let everyone = crate::teams::everyone(&mut tx).await.expect("made");
        endow(&mut tx, BETA, &[(Holder::Team(everyone.id), set_of(&[Right::Comment])), (Holder::User(hub.bob.id), set_of(&[Right::Deploy]))])
            .await
            .expect("endowed");
        assert_eq!(rights::on(&mut tx, BETA).await.expect("read"), RightSet::ALL);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(rights::on(&mut tx, BETA).await.expect("read"), set_of(&[Right::Comment, Right::Deploy]), "both together");
        rights::require(&mut tx, BETA, Right::Deploy).await.expect("his own");
        assert_eq!(refusal(rights::require(&mut tx, BETA, Right::Edit).await), "right.missing");
        drop(tx);
        let mut tx = hub.by_token(&hub.bob, &[Right::Comment]).await;
        assert_eq!(refusal(rights::require(&mut tx, BETA, Right::Deploy).await), "token.scope");
        drop(tx);
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(refusal(rights::require(&mut tx, BETA, Right::View).await), "subject.missing", "guests are not everyone");
        drop(tx);
        let mut tx = hub.db.write(&base::Actor::stranger()).await.expect("begun");
        assert_eq!(refusal(rights::require(&mut tx, BETA, Right::View).await), "subject.missing");
    }

    async fn lists_hold_what_may_be_seen_and_nothing_else(hub) {
        let mut tx = hub.by_itself().await;
        let everyone = crate::teams::everyone(&mut tx).await.expect("made");
        let view = set_of(&[Right::View]);
        endow(&mut tx, "project:1", &[(Holder::Team(everyone.id), view), (Holder::User(hub.bob.id), view)]).await.expect("endowed");
        endow(&mut tx, "project:2", &[(Holder::User(hub.gus.id), view)]).await.expect("endowed");
        endow(&mut tx, "environment:3", &[(Holder::User(hub.gus.id), view)]).await.expect("endowed");
        assert_eq!(subjects(&mut tx, "project", hub.bob.id).await.expect("read"), [1]);
        assert_eq!(subjects(&mut tx, "project", hub.gus.id).await.expect("read"), [2]);
        let sql = format!("select 1 from person where 2 in ({}) limit 1", visible_sql("project", 1));
        assert!(tx.opt(&sql, &db::params![hub.gus.id]).await.expect("run").is_some());
        assert!(tx.opt(&sql, &db::params![hub.bob.id]).await.expect("run").is_none());
        let mut filter = db::Filter::default();
        let (condition, values) = visible_condition("p.id", "project", hub.gus.id);
        filter.and(&condition, values);
        tx.rows(&format!("select p.id from person p where {}", filter.sql()), filter.params()).await.expect("run");
        drop_subject(&mut tx, "project:2").await.expect("dropped");
        assert_eq!(subjects(&mut tx, "project", hub.gus.id).await.expect("read"), [] as [i64; 0]);
    }

    async fn those_who_can_help_are_named(hub) {
        let mut tx = hub.by_itself().await;
        endow(&mut tx, BETA, &[(Holder::User(hub.bob.id), set_of(&[Right::Lock])), (Holder::User(hub.gus.id), set_of(&[Right::View]))])
            .await
            .expect("endowed");
        let names: Vec<_> = who_has(&mut tx, BETA, Right::Lock).await.expect("read").into_iter().map(|user| user.name).collect();
        assert_eq!(names, ["ann", "bob"]);
        assert_eq!(list(&mut tx, BETA).await.expect("read").len(), 2);
    }

    async fn a_right_can_be_given_up_and_taken_away(hub) {
        let mut tx = hub.by_itself().await;
        let (bob, gus) = (Holder::User(hub.bob.id), Holder::User(hub.gus.id));
        endow(&mut tx, BETA, &[(bob, set_of(&[Right::Edit])), (gus, set_of(&[Right::View]))]).await.expect("endowed");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(revoke(&mut tx, BETA, gus).await), "right.missing");
        revoke(&mut tx, BETA, bob).await.expect("his own");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        set(&mut tx, BETA, gus, RightSet::NONE).await.expect("nothing takes it all away");
        assert_eq!(list(&mut tx, BETA).await.expect("read"), []);
        assert_eq!(refusal(set(&mut tx, "nonsense", gus, RightSet::NONE).await), "subject.malformed");
        tx.commit().await.expect("committed");
        assert_eq!(hub.verbs().await.iter().filter(|verb| *verb == "grant.revoked").count(), 2);
    }
}
