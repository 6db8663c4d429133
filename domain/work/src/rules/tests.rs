//! What rules promise.

use super::*;
use crate::fixture::{Hub, hub, new_project, new_section, new_subtask, new_task, whole};
use crate::names::Text;
use crate::stories::{self, NewComment};
use crate::tasks;
use journal::Followers;

async fn settle(hub: &Hub) {
    let failed = Followers::new(hub.db.clone(), vec![follower()]).catch_up().await;
    assert!(!failed, "no rule fails for a reason of the program's");
}

fn new(trigger: Trigger, actions: Vec<Action>) -> RuleChange {
    RuleChange {
        name: Some("r".to_owned()),
        trigger: Some(trigger),
        actions: Some(actions),
        is_enabled: None,
    }
}

fn comment(text: &str) -> NewComment {
    NewComment { text: Text::Plain(text.to_owned()), ..NewComment::default() }
}

db::on_both! { hub;
    async fn when_a_task_is_added_it_is_sorted_and_given_to_somebody(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let (project, other) = (new_project(&mut tx, "Bugs").await, new_project(&mut tx, "All").await);
        let triage = new_section(&mut tx, &project, "Triage").await;
        let actions = vec![
            Action::MoveToSection { section: triage.id },
            Action::Assign { user: Some(hub.cay.id) },
            Action::Comment { text: "Thank you".to_owned() },
            Action::AddToProject { project: other.id },
        ];
        let rule = create(&mut tx, project.id, new(Trigger::TaskAdded, actions)).await.expect("made");
        let task = new_task(&mut tx, &project, "new").await;
        let part = new_subtask(&mut tx, &task, "part").await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        settle(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let full = whole(&mut tx, task.id).await;
        assert_eq!(full.assignee.map(|person| person.id), Some(hub.cay.id));
        assert_eq!(full.homes.iter().map(|home| home.section.name.as_str()).collect::<Vec<_>>(), ["Triage", "Untitled section"]);
        assert_eq!(whole(&mut tx, part.id).await.assignee, None, "a part is not in the project");
        let rule = get(&mut tx, rule.id).await.expect("there");
        assert_eq!((rule.runs, rule.problem), (1, None));
        let said = stories::list(&mut tx, task.id, &crate::page::Page::first(99)).await.expect("listed").items;
        assert_eq!(said.iter().filter(|story| story.is_comment()).count(), 1, "once");
    }

    async fn each_trigger_runs_its_rule_and_no_other(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let (doing, done) = (new_section(&mut tx, &project, "Doing").await, new_section(&mut tx, &project, "Done").await);
        let say = |text: &str| vec![Action::Comment { text: text.to_owned() }];
        for (trigger, text) in [
            (Trigger::Completed, "completed"),
            (Trigger::Reopened, "reopened"),
            (Trigger::MovedToSection { section: done.id }, "in done"),
            (Trigger::Commented { contains: Some("URGENT".to_owned()) }, "hurry"),
        ] {
            create(&mut tx, project.id, new(trigger, say(text))).await.expect("made");
        }
        let task = new_task(&mut tx, &project, "t").await;
        tasks::add_to_section(&mut tx, task.id, doing.id, None).await.expect("moved");
        stories::comment(&mut tx, task.id, comment("calm")).await.expect("said");
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        tasks::complete(&mut tx, task.id).await.expect("completed");
        tasks::reopen(&mut tx, task.id).await.expect("reopened");
        tasks::add_to_section(&mut tx, task.id, done.id, None).await.expect("moved");
        stories::comment(&mut tx, task.id, comment("this is urgent")).await.expect("said");
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let said = stories::list(&mut tx, task.id, &crate::page::Page::first(99)).await.expect("listed").items;
        let said: Vec<_> = said.into_iter().filter(|story| story.is_comment()).map(|story| story.text).collect();
        assert_eq!(said, ["calm", "this is urgent", "completed", "reopened", "in done", "hurry"]);
    }

    async fn rules_that_set_each_other_off_come_to_an_end(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Ping").await;
        let (ping, pong) = (new_section(&mut tx, &project, "Ping").await, new_section(&mut tx, &project, "Pong").await);
        for (from, to) in [(ping.id, pong.id), (pong.id, ping.id)] {
            let rule = new(Trigger::MovedToSection { section: from }, vec![Action::MoveToSection { section: to }]);
            create(&mut tx, project.id, rule).await.expect("made");
        }
        let echo = new(Trigger::Commented { contains: None }, vec![Action::Comment { text: "echo".to_owned() }]);
        let echo = create(&mut tx, project.id, echo).await.expect("made");
        let task = new_task(&mut tx, &project, "ball").await;
        tasks::add_to_section(&mut tx, task.id, ping.id, None).await.expect("moved");
        stories::comment(&mut tx, task.id, comment("hello")).await.expect("said");
        tx.commit().await.expect("committed");
        for _ in 0..20 {
            settle(&hub).await;
        }
        let mut tx = hub.by(&hub.bob).await;
        let runs: Vec<i64> = list(&mut tx, project.id).await.expect("listed").iter().map(|rule| rule.runs).collect();
        assert_eq!(runs, [1, 1, 1], "no rule runs twice in one chain");
        delete(&mut tx, echo.id).await.expect("deleted");
    }

    async fn what_goes_wrong_stands_at_the_rule_and_undoes_nothing(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let section = new_section(&mut tx, &project, "Soon gone").await;
        let actions = vec![Action::MoveToSection { section: section.id }, Action::Complete];
        let rule = create(&mut tx, project.id, new(Trigger::TaskAdded, actions)).await.expect("made");
        sections::delete(&mut tx, section.id).await.expect("deleted");
        let task = new_task(&mut tx, &project, "t").await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        assert!(!tasks::get(&mut tx, task.id).await.expect("there").is_completed());
        let told = get(&mut tx, rule.id).await.expect("there").problem.expect("it says what went wrong");
        assert!(told.contains("section"), "{told}");
    }

    async fn who_writes_a_rule_needs_the_right_to_all_that_it_does(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let secret = crate::fixture::new_private(&mut tx, "Secret").await;
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        let (project, other) = (new_project(&mut tx, "P").await, new_project(&mut tx, "O").await);
        let elsewhere = new_section(&mut tx, &other, "s").await;
        for (trigger, actions, code) in [
            (Trigger::TaskAdded, vec![Action::AddToProject { project: secret.id }], "project.hidden"),
            (Trigger::TaskAdded, vec![], "rule.actions"),
            (Trigger::TaskAdded, vec![Action::MoveToSection { section: elsewhere.id }], "section.elsewhere"),
            (Trigger::TaskAdded, vec![Action::SetField { field: FieldId(5), value: None }], "field.elsewhere"),
            (Trigger::MovedToSection { section: elsewhere.id }, vec![Action::Complete], "section.elsewhere"),
            (Trigger::TaskAdded, vec![Action::Assign { user: Some(UserId(5)) }], "user.missing"),
        ] {
            assert_eq!(create(&mut tx, project.id, new(trigger, actions)).await.expect_err("refused").code(), code);
        }
        let rule = create(&mut tx, project.id, new(Trigger::Completed, vec![Action::Comment { text: "x".to_owned() }])).await.expect("made");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(get(&mut tx, rule.id).await.expect_err("hidden").code(), "project.hidden");
        assert_eq!(delete(&mut tx, rule.id).await.expect_err("hidden").code(), "project.hidden");
    }
}
