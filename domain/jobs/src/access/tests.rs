//! What the owner of a job may, and who that is.

use super::*;
use crate::fixture::{Hub, hub};
use crate::jobs;
use people::teams;
use people::users::{NewUser, User, UserChange};

async fn person(hub: &Hub, name: &str) -> User {
    let mut tx = hub.by_itself().await;
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: Some(name.to_owned()),
        role: Role::Member,
        password: None,
    };
    let made = users::create(&mut tx, new).await.expect("made");
    tx.commit().await.expect("committed");
    made
}

async fn team(hub: &Hub, name: &str, members: &[&User]) {
    let mut tx = hub.by(&hub.ann).await;
    let made = teams::create(&mut tx, name, "").await.expect("made");
    teams::remove(&mut tx, made.id, hub.ann.id).await.expect("whoever makes a team is in it");
    for member in members {
        teams::add(&mut tx, made.id, member.id).await.expect("in it");
    }
    tx.commit().await.expect("committed");
}

/// What somebody may do with the job; nothing where it is hidden from them.
async fn held(hub: &Hub, user: &User) -> Vec<Right> {
    let job = hub.job("report").await;
    let mut tx = hub.by(user).await;
    let held = jobs::rights(&mut tx, &job).await.expect("read");
    let seen = jobs::named(&mut tx, "report", Right::View).await;
    let listed = jobs::list(&mut tx).await.expect("listed");
    assert_eq!(seen.is_ok(), held.contains(Right::View));
    assert_eq!(listed.len(), usize::from(held.contains(Right::View)));
    if let Err(error) = seen {
        assert!(error.is_missing(), "whoever may not see it is told that there is none");
    }
    [Right::View, Right::Run, Right::Log].into_iter().filter(|right| held.contains(*right)).collect()
}

fn file(owner: &str) -> String {
    format!("name: report\nowner: {owner}\npermissions: {{view: owner, run: owner, log: owner}}\nsteps: x\n")
}

db::on_both! { hub;
    async fn the_members_of_a_team_that_owns_a_job_are_its_owners(hub) {
        let (lea, cleo) = (person(&hub, "lea").await, person(&hub, "cleo").await);
        team(&hub, "Licensing", &[&lea]).await;
        let all = [Right::View, Right::Run, Right::Log];
        for owner in ["team:licensing", "'team: Licensing'", "Licensing", "lea@example.com", "'user:LEA@example.com'"] {
            hub.commit(&file(owner)).await;
            assert_eq!(held(&hub, &lea).await, all, "{owner}");
            assert_eq!(held(&hub, &cleo).await, [], "{owner}");
            assert_eq!(held(&hub, &hub.ann).await, all, "an administrator");
        }
        // Somebody who leaves the team owns nothing any more.
        hub.commit(&file("team:Licensing")).await;
        let mut tx = hub.by(&hub.ann).await;
        let licensing = teams::of_user(&mut tx, lea.id).await.expect("read").into_iter().find(|team| team.name == "Licensing").expect("hers");
        teams::remove(&mut tx, licensing.id, lea.id).await.expect("out");
        tx.commit().await.expect("committed");
        assert_eq!(held(&hub, &lea).await, []);
    }

    async fn nobody_takes_a_right_by_what_they_call_themselves(hub) {
        let (lea, cleo) = (person(&hub, "lea").await, person(&hub, "cleo").await);
        team(&hub, "licensing", &[&lea]).await;
        for owner in ["team:licensing", "licensing", "lea", "user:lea"] {
            hub.commit(&file(owner)).await;
            for name in ["licensing", "team:licensing", "lea", "user:lea", "lea@example.com"] {
                let mut tx = hub.by(&cleo).await;
                let called = UserChange { name: Some(name.to_owned()), ..UserChange::default() };
                users::change(&mut tx, cleo.id, called).await.expect("anybody may");
                tx.commit().await.expect("committed");
                assert_eq!(held(&hub, &cleo).await, [], "{name} for {owner}");
            }
        }
        hub.commit(&file("lea@example.com")).await;
        let mut tx = hub.by(&cleo).await;
        teams::create(&mut tx, "lea@example.com", "").await.expect("any member may");
        tx.commit().await.expect("committed");
        assert_eq!(held(&hub, &cleo).await, [], "an address is a person");
        hub.commit(&file("nobody").replace("view: owner", "view: [lea, user:lea]")).await;
        assert_eq!(held(&hub, &lea).await, [], "a name gives no right, and the file was warned of");
        let warned = crate::file::parse(&file("nobody").replace("view: owner", "view: lea")).findings;
        assert_eq!(warned[0].to_string(), "3:21: warning: permissions.view: \"lea\" is no address, and so gives nobody a right (write the person's address, or team:lea)");
    }

    async fn mail_to_the_owner_goes_to_the_members_of_the_team(hub) {
        let (lea, cleo) = (person(&hub, "lea").await, person(&hub, "cleo").await);
        team(&hub, "licensing", &[&lea]).await;
        hub.commit(&file("team:licensing")).await;
        let agent = hub.agent("small", &[]).await;
        let job = hub.job("report").await;
        let mut tx = hub.by(&lea).await;
        let asked = crate::runs::Ask { commit: crate::fixture::COMMIT.to_owned(), trusted: true, ..Default::default() };
        let run = crate::runs::ask(&mut tx, job.id, asked).await.expect("she may");
        tx.commit().await.expect("committed");
        hub.carry_out(&agent, "failed").await;
        hub.settle().await;
        let told = notify::deliveries::about(&mut hub.by_itself().await, &run.subject()).await.expect("read");
        let names: BTreeSet<&str> = told.iter().map(|one| one.recipient.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["lea"]));
        let mut tx = hub.by(&cleo).await;
        assert!(crate::runs::require(&mut tx, run.id, Right::View).await.expect_err("hidden").is_missing());
        assert!(!crate::may_see(&mut tx, &run.subject()).await.expect("read"), "nor by what is live");
    }
}
