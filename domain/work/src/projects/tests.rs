use super::*;
use crate::fixture::*;
use crate::members::{self, Party};
use crate::names::Place;
use crate::sections;
use crate::statuses::{self, Status};
use crate::tasks;

db::on_both! { hub;
    async fn a_project_starts_with_one_section_that_cannot_be_deleted(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Lock").await;
        let first = sections::list(&mut tx, p.id).await.expect("listed");
        assert_eq!(first.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), [sections::UNTITLED]);
        assert_eq!(sections::delete(&mut tx, first[0].id).await.expect_err("the last").code(), "section.last");
        let b = sections::create(&mut tx, p.id, "b", Place::Last).await.expect("made");
        let a = sections::create(&mut tx, p.id, "a", Place::Before(b.id)).await.expect("made");
        sections::put(&mut tx, p.id, a.id, Place::First).await.expect("moved");
        let t = tasks::create(&mut tx, tasks::NewTask::named("t", p.id)).await.expect("made");
        assert_eq!(tasks::full(&mut tx, t.id, &tasks::Want::FULL).await.expect("there").homes[0].section.id, a.id);
        assert_eq!(sections::delete(&mut tx, a.id).await.expect_err("not empty").code(), "section.not_empty");
        tasks::delete(&mut tx, t.id).await.expect("deleted");
        sections::delete(&mut tx, a.id).await.expect("empty now");
        tasks::restore(&mut tx, t.id).await.expect("restored into another section");
        assert_eq!(order(&mut tx, p.id).await, ["t"]);
        sections::rename(&mut tx, b.id, "c").await.expect("renamed");
        let shown = sections::list(&mut tx, p.id).await.expect("listed");
        assert_eq!(shown.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), [sections::UNTITLED, "c"]);
        assert!(sections::create(&mut tx, p.id, " ", Place::Last).await.is_err());
    }

    async fn sharing_is_for_those_who_administer_and_words_mean_rights(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_private(&mut tx, "Secret").await;
        let t = new_task(&mut tx, &p, "t").await;
        let member = members::put(&mut tx, p.id, Party::User(hub.gus.id), Access::Commenter).await.expect("shared");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        get(&mut tx, p.id).await.expect("seen");
        crate::stories::comment(&mut tx, t.id, "hi".into()).await.expect("commented");
        assert_eq!(tasks::complete(&mut tx, t.id).await.expect_err("not an editor").code(), "task.denied");
        let error = members::put(&mut tx, p.id, Party::User(hub.cay.id), Access::Admin).await.expect_err("no admin");
        assert_eq!(error.code(), "project.denied");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        members::change(&mut tx, member.id, Access::Editor).await.expect("changed");
        members::add(&mut tx, p.id, &[hub.cay.id]).await.expect("added");
        let shown = members::list(&mut tx, p.id).await.expect("listed");
        assert_eq!(shown.iter().map(|m| m.access).collect::<Vec<_>>(), [Access::Admin, Access::Editor, Access::Editor]);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        tasks::complete(&mut tx, t.id).await.expect("an editor now");
        members::delete(&mut tx, member.id).await.expect("everybody may leave");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(get(&mut tx, p.id).await.expect_err("left").code(), "project.hidden");
    }

    async fn privacy_decides_who_sees_it_uninvited(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let new = NewProject { name: "Read".into(), default_access: Some(Access::Viewer), ..NewProject::default() };
        let p = create(&mut tx, new).await.expect("made");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        get(&mut tx, p.id).await.expect("seen");
        let error = tasks::create(&mut tx, tasks::NewTask::named("x", p.id)).await.expect_err("a viewer");
        assert_eq!(error.code(), "project.denied");
        let hide = ProjectChange { privacy: Some(Privacy::Private), ..ProjectChange::default() };
        assert!(change(&mut tx, p.id, hide.clone()).await.is_err());
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        change(&mut tx, p.id, hide).await.expect("hidden");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(get(&mut tx, p.id).await.expect_err("hidden").code(), "project.hidden");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        let team = people::teams::create(&mut tx, "Ops", "").await.expect("made");
        people::teams::add(&mut tx, team.id, hub.gus.id).await.expect("joined");
        let give = ProjectChange { privacy: Some(Privacy::Team), team: Some(team.id), ..ProjectChange::default() };
        change(&mut tx, p.id, give).await.expect("given to the team");
        let own = ProjectChange { owner: Some(Some(hub.cay.id)), ..ProjectChange::default() };
        change(&mut tx, p.id, own).await.expect("handed over");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        get(&mut tx, p.id).await.expect("a guest in the team sees it");
        drop(tx);
        let mut tx = hub.by(&hub.cay).await;
        members::add(&mut tx, p.id, &[hub.gus.id]).await.expect("the owner administers it");
        let found = get(&mut tx, p.id).await.expect("there");
        let shown = fill(&mut tx, vec![found]).await.expect("filled").remove(0);
        assert_eq!(shown.owner.map(|o| o.id), Some(hub.cay.id));
        assert_eq!(shown.team.map(|t| t.name), Some("Ops".to_owned()));
    }

    async fn counts_and_statuses_say_how_it_stands(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Lock").await;
        let a = new_task(&mut tx, &p, "a").await;
        new_subtask(&mut tx, &a, "below").await;
        let m = tasks::NewTask { kind: Some(tasks::TaskKind::Milestone), ..tasks::NewTask::named("m", p.id) };
        tasks::create(&mut tx, m).await.expect("made");
        tasks::complete(&mut tx, a.id).await.expect("completed");
        let counts = task_counts(&mut tx, p.id).await.expect("counted");
        assert_eq!(counts, TaskCounts { tasks: 2, open: 1, milestones: 1, open_milestones: 1 });
        let text = crate::names::Text::Plain("fine".into());
        statuses::create(&mut tx, p.id, "", text.clone(), Status::OnTrack).await.expect("written");
        let red = statuses::create(&mut tx, p.id, "Red", text, Status::OffTrack).await.expect("written");
        let found = get(&mut tx, p.id).await.expect("there");
        let shown = fill(&mut tx, vec![found]).await.expect("filled").remove(0);
        assert_eq!(shown.status.map(|s| s.id), Some(red.id), "the newest counts");
        statuses::delete(&mut tx, red.id).await.expect("deleted");
        assert_eq!(statuses::list(&mut tx, p.id, &Page::first(9)).await.expect("listed").items.len(), 1);
        add_followers(&mut tx, p.id, &[hub.cay.id]).await.expect("added");
        change(&mut tx, p.id, ProjectChange { name: Some("New".into()), archived: Some(true), ..Default::default() }).await.expect("changed");
        delete(&mut tx, p.id).await.expect("deleted");
        assert!(get(&mut tx, p.id).await.is_err());
        restore(&mut tx, p.id).await.expect("restored");
        assert_eq!(get(&mut tx, p.id).await.expect("back").name, "New");
        tx.commit().await.expect("committed");
        let verbs = hub.verbs(Subject::new("project", p.id)).await;
        for verb in ["project.created", "project.changed", "status_update.added", "project.deleted", "project.restored"] {
            assert!(verbs.iter().any(|v| v == verb), "{verb} is missing from {verbs:?}");
        }
    }
}
