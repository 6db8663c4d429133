use super::*;
use crate::fixture::*;
use crate::names::{Place, Text};
use crate::page::Page;
use crate::stories;
use base::{Date, Kind, Time};
use journal::Subject;
use std::time::Duration;

fn subject(task: &Task) -> Subject {
    Subject::new("task", task.id)
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

db::on_both! { hub;
    async fn a_new_task_stands_at_the_end_of_the_first_section_and_tells_who_made_it(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let doing = new_section(&mut tx, &lock, "Doing").await;
        new_task(&mut tx, &lock, "a").await;
        let home = NewHome { project: lock.id, section: Some(doing.id) };
        tasks_create(&mut tx, NewTask { name: "d".into(), homes: vec![home], ..NewTask::default() }).await;
        let new = NewTask {
            assignee: Some(hub.cay.id),
            notes: Some(Text::Rich(format!("<body>for <a data-asana-gid=\"{}\"/></body>", hub.ann.id))),
            due: Some(When::On(day("2026-12-01"))),
            ..NewTask::named("b", lock.id)
        };
        let b = tasks_create(&mut tx, new).await;
        assert_eq!(order(&mut tx, lock.id).await, ["a", "b", "d"]);
        let found = whole(&mut tx, b.id).await;
        assert_eq!(found.task.notes, format!("for @{}", hub.ann.name));
        assert_eq!(found.assignee.as_ref().map(|p| p.id), Some(hub.cay.id));
        assert_eq!(found.created_by.as_ref().map(|p| p.id), Some(hub.bob.id));
        let mut followers: Vec<_> = found.followers.iter().map(|p| p.id).collect();
        followers.sort();
        let mut expected = [hub.ann.id, hub.bob.id, hub.cay.id];
        expected.sort();
        assert_eq!(followers, expected, "creator, assignee and who is mentioned follow it");
        assert_eq!(found.homes.len(), 1);
        assert_eq!(found.homes[0].section.name, crate::sections::UNTITLED);
        assert_eq!(story_kinds(&mut tx, b.id).await, ["added_to_project", "assigned"]);
        tx.commit().await.expect("committed");
        let entries = hub.journal(subject(&b)).await;
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].0, "task.created");
        assert_eq!(entries[0].1["homes"][0]["project"]["id"], lock.id.to_string());
        assert!(hub.verbs(Subject::new("project", lock.id)).await.contains(&"task.created".to_owned()));
    }

    async fn completing_twice_tells_nothing_the_second_time(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let a = new_task(&mut tx, &lock, "a").await;
        let version = projects::get(&mut tx, lock.id).await.expect("there").version;
        let done = complete(&mut tx, a.id).await.expect("completed");
        assert_eq!((done.completed_at, done.completed_by), (Some(tx.now()), Some(hub.bob.id)));
        assert!(projects::get(&mut tx, lock.id).await.expect("there").version > version, "the gate must notice");
        assert!(open_tasks(&mut tx, lock.id).await.expect("read").is_empty());
        let stories = story_kinds(&mut tx, a.id).await;
        complete(&mut tx, a.id).await.expect("nothing to do");
        assert_eq!(story_kinds(&mut tx, a.id).await, stories);
        let open = reopen(&mut tx, a.id).await.expect("reopened");
        assert_eq!((open.completed_at, open.completed_by), (None, None));
        assert_eq!(open_tasks(&mut tx, lock.id).await.expect("read").len(), 1);
        tx.commit().await.expect("committed");
        assert_eq!(hub.verbs(subject(&a)).await, ["task.created", "task.completed", "task.reopened"]);
    }

    async fn completed_since_shows_open_tasks_and_those_completed_lately(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let old = new_task(&mut tx, &lock, "old").await;
        let late = new_task(&mut tx, &lock, "late").await;
        let open = new_task(&mut tx, &lock, "open").await;
        complete(&mut tx, old.id).await.expect("completed");
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(3_600));
        let mut tx = hub.by(&hub.bob).await;
        complete(&mut tx, late.id).await.expect("completed");
        let (within, now) = (Within::Project(lock.id), tx.now());
        assert_eq!(order_in(&mut tx, within, Completed::Any).await, ["old", "late", "open"]);
        assert_eq!(order_in(&mut tx, within, Completed::Open).await, ["open"]);
        assert_eq!(order_in(&mut tx, within, Completed::Since(now)).await, ["late", "open"]);
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(60));
        let mut tx = hub.by(&hub.bob).await;
        let other = new_project(&mut tx, "Other").await;
        let before = get(&mut tx, open.id).await.expect("there").modified_at;
        add_to_project(&mut tx, open.id, other.id, None, None).await.expect("added");
        let since = Filter { modified_since: Some(tx.now()), ..Filter::default() };
        let found = list(&mut tx, within, &since, &Page::first(10)).await.expect("listed").items;
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), [open.id], "being added to a project counts");
        assert_eq!(found[0].modified_at, before, "but is no modification");
        stories::comment(&mut tx, open.id, "hello".into()).await.expect("commented");
        assert_eq!(get(&mut tx, open.id).await.expect("there").modified_at, tx.now(), "a comment is one");
    }

    async fn places_are_kept_and_null_differs_from_absent(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let first = crate::sections::list(&mut tx, lock.id).await.expect("listed").remove(0);
        let second = new_section(&mut tx, &lock, "Second").await;
        let [a, b, c] = [new_task(&mut tx, &lock, "a").await, new_task(&mut tx, &lock, "b").await, new_task(&mut tx, &lock, "c").await];
        let put = async |tx: &mut Tx, t: &Task, s: Option<&crate::sections::Section>, p: Option<Place<TaskId>>| {
            add_to_project(tx, t.id, lock.id, s.map(|s| s.id), p).await
        };
        put(&mut tx, &a, None, Some(Place::After(b.id))).await.expect("moved");
        assert_eq!(order(&mut tx, lock.id).await, ["b", "a", "c"]);
        put(&mut tx, &c, None, Some(Place::Before(b.id))).await.expect("moved");
        assert_eq!(order(&mut tx, lock.id).await, ["c", "b", "a"]);
        put(&mut tx, &a, Some(&second), None).await.expect("moved");
        put(&mut tx, &b, Some(&second), Some(Place::First)).await.expect("moved");
        assert_eq!(order(&mut tx, lock.id).await, ["c", "b", "a"]);
        put(&mut tx, &c, None, None).await.expect("moved to the end of the project");
        assert_eq!(order(&mut tx, lock.id).await, ["b", "a", "c"]);
        add_to_section(&mut tx, a.id, second.id, None).await.expect("moved to the top");
        assert_eq!(order(&mut tx, lock.id).await, ["a", "b", "c"]);
        put(&mut tx, &c, None, Some(Place::First)).await.expect("moved to the beginning");
        assert_eq!(whole(&mut tx, c.id).await.homes[0].section.id, first.id);
        let before = order(&mut tx, lock.id).await;
        for bad in [Some(Place::Before(TaskId(7))), Some(Place::After(c.id))] {
            let error = put(&mut tx, &a, Some(&second), bad).await.expect_err("not in this section");
            assert_eq!(error.kind(), Kind::Invalid);
        }
        assert_eq!(order(&mut tx, lock.id).await, before, "a refused move leaves everything where it was");
        assert!(Place::from_pair(Some(Some(a.id)), Some(None)).is_err(), "both are too many");
        let kinds = story_kinds(&mut tx, a.id).await;
        put(&mut tx, &a, None, Some(Place::After(a.id))).await.expect("beside itself is where it is");
        put(&mut tx, &a, Some(&second), Some(Place::Last)).await.expect("moved");
        put(&mut tx, &a, Some(&second), Some(Place::Last)).await.expect("it is there");
        assert_eq!(story_kinds(&mut tx, a.id).await, kinds, "moves within a section are no story");
    }

    async fn a_task_lives_in_many_projects_and_pages_survive_what_happens_to_them(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let (errors, lock) = (new_project(&mut tx, "Errors").await, new_project(&mut tx, "Lock").await);
        let mut made = Vec::new();
        for i in 0..10 {
            made.push(new_task(&mut tx, &errors, &format!("t{i}")).await);
        }
        add_to_project(&mut tx, made[3].id, lock.id, None, None).await.expect("added");
        add_to_project(&mut tx, made[3].id, lock.id, None, None).await.expect("again");
        assert_eq!(whole(&mut tx, made[3].id).await.homes.len(), 2);
        assert_eq!(story_kinds(&mut tx, made[3].id).await, ["added_to_project", "added_to_project"]);
        let filter = Filter::default();
        let within = Within::Project(errors.id);
        let mut page = Page::first(4);
        let one = list(&mut tx, within, &filter, &page).await.expect("listed");
        assert_eq!(one.items.len(), 4);
        page.after = one.next;
        delete(&mut tx, made[3].id).await.expect("the cursor's row goes");
        delete(&mut tx, made[0].id).await.expect("and one before it");
        add_to_project(&mut tx, made[4].id, errors.id, None, Some(Place::First)).await.expect("one moves behind");
        let two = list(&mut tx, within, &filter, &page).await.expect("listed");
        let shown: Vec<_> = two.items.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(shown, ["t5", "t6", "t7", "t8"]);
        page.after = two.next;
        let three = list(&mut tx, within, &filter, &page).await.expect("listed");
        assert_eq!((three.items.len(), three.next), (1, None));
        for bad in ["50", "a|b", "||||", ""] {
            page.after = Some(bad.to_owned());
            assert!(list(&mut tx, within, &filter, &page).await.is_err(), "{bad:?} is no page");
        }
        remove_from_project(&mut tx, made[5].id, errors.id).await.expect("removed");
        remove_from_project(&mut tx, made[5].id, errors.id).await.expect("again");
        assert_eq!(story_kinds(&mut tx, made[5].id).await, ["added_to_project", "removed_from_project"]);
        for i in 0..19 {
            let more = new_project(&mut tx, &format!("p{i}")).await;
            add_to_project(&mut tx, made[6].id, more.id, None, None).await.expect("up to twenty");
        }
        let error = add_to_project(&mut tx, made[6].id, lock.id, None, None).await.expect_err("twenty is the limit");
        assert_eq!(error.code(), "limit.exceeded");
    }

    async fn what_is_private_is_hidden_and_what_is_shared_is_not(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let secret = new_private(&mut tx, "Secret").await;
        let open = new_project(&mut tx, "Open").await;
        let hidden = new_task(&mut tx, &secret, "hidden").await;
        let below = new_subtask(&mut tx, &hidden, "below").await;
        let both = new_task(&mut tx, &secret, "both").await;
        add_to_project(&mut tx, both.id, open.id, None, None).await.expect("added");
        tx.commit().await.expect("committed");

        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(projects::get(&mut tx, secret.id).await.expect_err("private").code(), "project.hidden");
        assert_eq!(projects::get(&mut tx, ProjectId(1)).await.expect_err("none").code(), "project.unknown");
        assert_eq!(get(&mut tx, hidden.id).await.expect_err("private").code(), "task.hidden");
        assert_eq!(get(&mut tx, below.id).await.expect_err("below a private one").code(), "task.hidden");
        let seen = whole(&mut tx, both.id).await;
        assert_eq!(seen.homes.iter().map(|h| h.project.name.as_str()).collect::<Vec<_>>(), ["Open"]);
        let shown = visible(&mut tx, &[hidden.id, below.id, both.id]).await.expect("read");
        assert_eq!(shown.iter().map(|t| t.id).collect::<Vec<_>>(), [both.id]);
        let listed = projects::list(&mut tx, &projects::Filter::default(), &Page::first(10)).await.expect("listed");
        assert_eq!(listed.items.len(), 1, "private projects are absent");
        let notes = Text::Rich(format!("<body><a data-asana-gid=\"{}\"/></body>", hidden.id));
        let change = TaskChange { notes: Some(notes), ..TaskChange::default() };
        let error = super::change(&mut tx, both.id, change).await.expect_err("nobody mentions what they cannot see");
        assert_eq!(error.code(), "rich_text.mention");
        drop(tx);

        let mut tx = hub.by(&hub.bob).await;
        add_followers(&mut tx, hidden.id, &[hub.cay.id, hub.gus.id]).await.expect("added");
        tx.commit().await.expect("committed");
        for (user, sees) in [(&hub.cay, vec![hidden.id, below.id, both.id]), (&hub.gus, vec![hidden.id, below.id])] {
            let mut tx = hub.by(user).await;
            assert_eq!(get(&mut tx, hidden.id).await.expect("a follower sees it").id, hidden.id);
            assert_eq!(get(&mut tx, below.id).await.expect("and what is below").id, below.id);
            stories::comment(&mut tx, below.id, "hi".into()).await.expect("and may comment");
            assert_eq!(complete(&mut tx, hidden.id).await.expect_err("but not change it").code(), "task.denied");
            let mut shown: Vec<_> =
                visible(&mut tx, &[hidden.id, below.id, both.id]).await.expect("read").iter().map(|t| t.id).collect();
            shown.sort();
            assert_eq!(shown, sees);
        }
        let mut tx = hub.by(&hub.gus).await;
        assert!(projects::get(&mut tx, open.id).await.is_err(), "a guest sees only what was shared");
        let error = create(&mut tx, NewTask::named("x", open.id)).await.expect_err("and makes nothing there");
        assert_eq!(error.code(), "project.hidden");
        assert!(order_in(&mut tx, Within::Assignee(hub.gus.id), Completed::Any).await.is_empty());
    }

    async fn dates_exclude_each_other_and_a_start_needs_a_due_date(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let a = new_task(&mut tx, &lock, "a").await;
        let at = Time::parse("2026-12-24T22:30:00Z").expect("a time");
        let set = async |tx: &mut Tx, due: Option<Option<When>>, start: Option<Option<When>>| {
            change(tx, a.id, TaskChange { due, start, ..TaskChange::default() }).await
        };
        let start = Some(Some(When::On(day("2026-12-20"))));
        assert_eq!(set(&mut tx, None, start).await.expect_err("no due date").code(), "task.dates");
        let found = set(&mut tx, Some(Some(When::At(at))), None).await.expect("set");
        assert_eq!((found.due_on, found.due_at), (Some(day("2026-12-24")), Some(at)));
        let found = set(&mut tx, Some(Some(When::On(day("2026-12-25")))), start).await.expect("set");
        assert_eq!((found.due_on, found.due_at, found.start_on), (Some(day("2026-12-25")), None, Some(day("2026-12-20"))));
        assert!(set(&mut tx, Some(Some(When::On(day("2026-12-01")))), None).await.is_err(), "due before the start");
        let found = set(&mut tx, Some(None), None).await.expect("cleared");
        assert_eq!((found.due_on, found.start_on), (None, None));
        assert_eq!(story_kinds(&mut tx, a.id).await[1..], ["due_date_changed", "due_date_changed", "start_date_changed", "due_date_changed", "start_date_changed"]);
        let milestone = NewTask {
            kind: Some(TaskKind::Milestone), due: Some(When::On(day("2026-12-25"))), start: Some(When::On(day("2026-12-20"))),
            ..NewTask::named("m", lock.id)
        };
        assert!(create(&mut tx, milestone).await.is_err(), "a milestone has no start");
    }

    async fn an_instant_is_on_the_day_that_it_is_where_whoever_sets_it_lives(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let zone = people::users::UserChange { time_zone: Some("Europe/Berlin".to_owned()), ..Default::default() };
        people::users::change(&mut tx, hub.bob.id, zone).await.expect("moved");
        tx.commit().await.expect("committed");
        let at = Time::parse("2026-12-24T23:30:00Z").expect("a time");
        for (user, on) in [(&hub.bob, "2026-12-25"), (&hub.cay, "2026-12-24")] {
            let mut tx = hub.by(user).await;
            let lock = new_project(&mut tx, "Lock").await;
            let made = tasks_create(&mut tx, NewTask { due: Some(When::At(at)), ..NewTask::named("made", lock.id) }).await;
            let other = new_task(&mut tx, &lock, "changed").await;
            let due = TaskChange { due: Some(Some(When::At(at))), ..TaskChange::default() };
            let changed = change(&mut tx, other.id, due).await.expect("changed");
            for task in [made, changed] {
                assert_eq!((task.due_on, task.due_at), (Some(day(on)), Some(at)), "{}", user.name);
            }
        }
    }

    async fn an_approval_is_completed_by_its_decision(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let a = tasks_create(&mut tx, NewTask { kind: Some(TaskKind::Approval), ..NewTask::named("a", lock.id) }).await;
        assert_eq!(a.approval, Some(Approval::Pending));
        let decide = async |tx: &mut Tx, approval| {
            change(tx, a.id, TaskChange { approval: Some(approval), ..TaskChange::default() }).await.expect("decided")
        };
        assert!(decide(&mut tx, Approval::Rejected).await.is_completed());
        assert!(!decide(&mut tx, Approval::Pending).await.is_completed());
        assert_eq!(complete(&mut tx, a.id).await.expect("completed").approval, Some(Approval::Approved));
        assert_eq!(reopen(&mut tx, a.id).await.expect("reopened").approval, Some(Approval::Pending));
        let plain = new_task(&mut tx, &lock, "plain").await;
        let wrong = TaskChange { approval: Some(Approval::Approved), ..TaskChange::default() };
        assert_eq!(change(&mut tx, plain.id, wrong).await.expect_err("not an approval").code(), "task.not_approval");
    }

    async fn subtasks_nest_five_deep_and_never_in_a_circle(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let root = new_task(&mut tx, &lock, "root").await;
        let mut last = root.clone();
        for i in 0..5 {
            last = new_subtask(&mut tx, &last, &format!("level {i}")).await;
        }
        let deeper = NewTask { name: "too deep".into(), parent: Some(last.id), ..NewTask::default() };
        assert_eq!(create(&mut tx, deeper).await.expect_err("five levels").code(), "limit.exceeded");
        assert_eq!(set_parent(&mut tx, root.id, Some(last.id), None).await.expect_err("deep or a circle").kind(), Kind::Invalid);
        let [a, b] = [new_subtask(&mut tx, &root, "a").await, new_subtask(&mut tx, &root, "b").await];
        set_parent(&mut tx, b.id, Some(root.id), Some(Place::Before(a.id))).await.expect("moved");
        set_parent(&mut tx, a.id, Some(root.id), Some(Place::First)).await.expect("moved");
        assert_eq!(order_in(&mut tx, Within::Parent(root.id), Completed::Any).await, ["a", "level 0", "b"]);
        assert!(set_parent(&mut tx, a.id, Some(root.id), Some(Place::After(last.id))).await.is_err(), "no sibling");
        assert!(set_parent(&mut tx, a.id, Some(a.id), None).await.is_err(), "not its own part");
        set_parent(&mut tx, a.id, None, None).await.expect("free");
        assert_eq!(story_kinds(&mut tx, a.id).await, ["removed_from_task"]);
        assert_eq!(whole(&mut tx, root.id).await.num_subtasks, 2);
        assert!(whole(&mut tx, b.id).await.homes.is_empty(), "subtasks are not in the parent's projects");
        tx.commit().await.expect("committed");
        let of_project = hub.journal(Subject::new("project", lock.id)).await;
        let created = of_project.iter().filter(|(verb, _)| verb == "task.created").count();
        assert_eq!(created, 8, "a project hears of its subtasks too");
    }

    async fn dependencies_tell_who_waits_and_cannot_run_in_a_circle(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let [a, b, c] = [new_task(&mut tx, &lock, "a").await, new_task(&mut tx, &lock, "b").await, new_task(&mut tx, &lock, "c").await];
        add_dependencies(&mut tx, a.id, &[b.id]).await.expect("added");
        add_dependencies(&mut tx, a.id, &[b.id]).await.expect("again");
        add_dependents(&mut tx, c.id, &[b.id]).await.expect("added");
        assert_eq!(add_dependencies(&mut tx, c.id, &[a.id]).await.expect_err("a circle").code(), "task.circle");
        let found = whole(&mut tx, b.id).await;
        assert_eq!((found.dependencies, found.dependents), (vec![c.id], vec![a.id]));
        complete(&mut tx, b.id).await.expect("completed");
        assert_eq!(story_kinds(&mut tx, a.id).await[1..], ["dependency_added", "dependency_marked_complete"]);
        remove_dependencies(&mut tx, a.id, &[b.id]).await.expect("removed");
        assert!(dependencies(&mut tx, a.id).await.expect("read").is_empty());
    }

    async fn the_trash_gives_back_what_it_took_until_its_time_is_over(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let a = new_task(&mut tx, &lock, "a").await;
        let below = new_subtask(&mut tx, &a, "below").await;
        stories::comment(&mut tx, a.id, "why".into()).await.expect("commented");
        delete(&mut tx, a.id).await.expect("deleted");
        assert_eq!(get(&mut tx, a.id).await.expect_err("in the trash").code(), "task.unknown");
        assert!(get(&mut tx, below.id).await.is_err());
        assert!(open_tasks(&mut tx, lock.id).await.expect("read").is_empty(), "a deleted lock holds nothing");
        let found = trash(&mut tx, &Page::first(10)).await.expect("listed").items;
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), [a.id]);
        restore(&mut tx, a.id).await.expect("restored");
        get(&mut tx, below.id).await.expect("what went with it is back");
        assert_eq!(open_tasks(&mut tx, lock.id).await.expect("read").len(), 1);
        delete(&mut tx, a.id).await.expect("deleted");
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(29 * 86_400));
        let mut tx = hub.by(&hub.ann).await;
        assert!(!purge_expired(&mut tx).await.expect("purged"));
        assert_eq!(trash(&mut tx, &Page::first(10)).await.expect("listed").items.len(), 1);
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(2 * 86_400));
        let mut tx = hub.by(&hub.ann).await;
        purge_expired(&mut tx).await.expect("purged");
        assert!(trash(&mut tx, &Page::first(10)).await.expect("listed").items.is_empty());
        assert!(restore(&mut tx, a.id).await.is_err());
        assert_eq!(project_task_names(&mut tx, lock.id).await, Vec::<String>::new());
    }

    async fn whoever_locks_the_project_sees_every_task_that_came_before(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let held = new_task(&mut tx, &lock, "held").await;
        tx.commit().await.expect("committed");
        for (what, open) in [("create", 2), ("complete", 1), ("reopen", 2), ("delete", 1), ("restore", 2), ("leave", 1), ("join", 2)] {
            let mut tx = hub.by(&hub.bob).await;
            match what {
                "create" => drop(new_task(&mut tx, &lock, "new").await),
                "complete" => complete(&mut tx, held.id).await.map(drop).expect(what),
                "reopen" => reopen(&mut tx, held.id).await.map(drop).expect(what),
                "delete" => delete(&mut tx, held.id).await.expect(what),
                "restore" => restore(&mut tx, held.id).await.map(drop).expect(what),
                "leave" => remove_from_project(&mut tx, held.id, lock.id).await.expect(what),
                _ => add_to_project(&mut tx, held.id, lock.id, None, None).await.expect(what),
            }
            let (db, by, id) = (hub.db.clone(), actor(&hub.ann), lock.id);
            let mut gate = tokio::spawn(async move {
                let mut tx = db.write(&by).await.expect("begun");
                tx.rows("select id from project where id = $1 /*pg: for update */", &db::params![id]).await.expect("locked");
                open_tasks(&mut tx, id).await.expect("read").len()
            });
            let early = tokio::time::timeout(Duration::from_millis(50), &mut gate).await;
            assert!(early.is_err(), "{what}: the gate waits for the change that came before it");
            tx.commit().await.expect("committed");
            assert_eq!(gate.await.expect("decided"), open, "{what}: and sees it then");
        }
    }

    async fn assigning_makes_a_follower_and_a_story_and_liking_needs_only_sight(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let lock = new_project(&mut tx, "Lock").await;
        let a = new_task(&mut tx, &lock, "a").await;
        let assign = |assignee| TaskChange { assignee: Some(assignee), ..TaskChange::default() };
        change(&mut tx, a.id, assign(Some(hub.cay.id))).await.expect("assigned");
        change(&mut tx, a.id, assign(Some(hub.cay.id))).await.expect("again");
        assert!(whole(&mut tx, a.id).await.followers.iter().any(|p| p.id == hub.cay.id));
        assert_eq!(order_in(&mut tx, Within::Assignee(hub.cay.id), Completed::Open).await, ["a"]);
        change(&mut tx, a.id, assign(None)).await.expect("unassigned");
        assert_eq!(story_kinds(&mut tx, a.id).await, ["added_to_project", "assigned", "unassigned"]);
        let nobody = assign(Some(base::id::UserId(7)));
        assert_eq!(change(&mut tx, a.id, nobody).await.expect_err("nobody").code(), "user.unknown");
        let liked = |liked| TaskChange { liked: Some(liked), ..TaskChange::default() };
        change(&mut tx, a.id, liked(true)).await.expect("liked");
        change(&mut tx, a.id, liked(true)).await.expect("again");
        assert_eq!(whole(&mut tx, a.id).await.likes.len(), 1);
        change(&mut tx, a.id, liked(false)).await.expect("unliked");
        assert!(whole(&mut tx, a.id).await.likes.is_empty());
        let named = TaskChange { name: Some("b\nc".into()), notes: Some(Text::Plain("<n>".into())), ..TaskChange::default() };
        let found = change(&mut tx, a.id, named).await.expect("changed");
        assert_eq!((found.name.as_str(), found.notes.as_str()), ("b c", "<n>"));
        let html = crate::mentions::expand(&mut tx, found.html.as_deref(), &found.notes, "").await.expect("expanded");
        assert_eq!(html, "<body>&lt;n&gt;</body>");
        let external = |id: &str| Some(External { id: Some(id.into()), data: None });
        let new = NewTask { external: external("E-1"), ..NewTask::named("x", lock.id) };
        let x = tasks_create(&mut tx, new).await;
        assert_eq!(by_external(&mut tx, "E-1").await.expect("found").id, x.id);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        let twice = NewTask { external: external("E-1"), ..NewTask::named("y", lock.id) };
        assert_eq!(create(&mut tx, twice).await.expect_err("taken").code(), "external.taken");
    }
}

async fn tasks_create(tx: &mut Tx, new: NewTask) -> Task {
    create(tx, new).await.expect("made")
}

async fn project_task_names(tx: &mut Tx, project: ProjectId) -> Vec<String> {
    order(tx, project).await
}
