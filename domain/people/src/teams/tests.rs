//! What teams can rely on.

use super::*;
use crate::fixture::{hub, refusal};
use crate::{grants, grants::Holder, rights::RightSet};

db::on_both! { hub;
    async fn a_team_gives_its_members_what_it_was_granted_and_no_longer(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let team = create(&mut tx, "Release engineers", "").await.expect("made");
        grants::endow(&mut tx, "environment:1", &[(Holder::Team(team.id), RightSet::of(&[Right::Deploy]))]).await.expect("endowed");
        add(&mut tx, team.id, hub.bob.id).await.expect("added");
        add(&mut tx, team.id, hub.bob.id).await.expect("twice is as once");
        let deploy = RightSet::of(&[Right::Deploy]);
        assert_eq!(grants::rights_on(&mut tx, "environment:1", hub.bob.id).await.expect("read"), deploy);
        remove(&mut tx, team.id, hub.bob.id).await.expect("removed");
        assert_eq!(grants::rights_on(&mut tx, "environment:1", hub.bob.id).await.expect("read"), RightSet::NONE);
        add(&mut tx, team.id, hub.bob.id).await.expect("added");
        delete(&mut tx, team.id).await.expect("deleted");
        assert_eq!(grants::rights_on(&mut tx, "environment:1", hub.bob.id).await.expect("read"), RightSet::NONE);
    }

    async fn only_members_and_administrators_put_people_into_a_team(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let team = create(&mut tx, "Ops", "").await.expect("made");
        assert_eq!(refusal(create(&mut tx, "OPS", "").await), "team.name_taken");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        let team = create(&mut tx, &team.name, "").await.expect("made");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(add(&mut tx, team.id, hub.bob.id).await), "team.not_member", "nobody lets himself in");
        assert_eq!(refusal(delete(&mut tx, team.id).await), "role.too_low");
        assert_eq!(refusal(create(&mut tx, " ", "").await), "team.name");
        drop(tx);
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(refusal(get(&mut tx, team.id).await), "team.missing", "a guest sees their own teams");
        assert_eq!(refusal(create(&mut tx, "Guests", "").await), "role.too_low");
        assert!(list(&mut tx).await.expect("read").is_empty());
    }

    async fn the_team_of_everyone_follows_the_roles(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let everyone = everyone(&mut tx).await.expect("made at the first start");
        assert_eq!(refusal(add(&mut tx, everyone.id, hub.gus.id).await), "team.everyone");
        assert_eq!(refusal(remove(&mut tx, everyone.id, hub.bob.id).await), "team.everyone");
        assert_eq!(refusal(delete(&mut tx, everyone.id).await), "team.everyone");
        let member = users::UserChange { role: Some(Role::Member), ..Default::default() };
        users::change(&mut tx, hub.gus.id, member).await.expect("changed");
        let names: Vec<_> = members(&mut tx, everyone.id).await.expect("read").into_iter().map(|user| user.name).collect();
        assert_eq!(names, ["ann", "bob", "gus"]);
        let guest = users::UserChange { role: Some(Role::Guest), ..Default::default() };
        users::change(&mut tx, hub.gus.id, guest).await.expect("changed");
        assert_eq!(of_user(&mut tx, hub.gus.id).await.expect("read"), []);
    }
}
