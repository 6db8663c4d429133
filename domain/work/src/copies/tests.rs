use super::*;
use crate::fixture::*;
use crate::tasks::{Completed, TaskChange};

db::on_both! { hub;
    async fn a_copy_has_what_was_asked_for_and_nothing_else(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Lock").await;
        let t = new_task(&mut tx, &p, "t").await;
        let due = When::On("2026-12-24".parse().expect("a day"));
        let more = TaskChange {
            due: Some(Some(due)), assignee: Some(Some(hub.cay.id)), notes: Some(Text::Plain("why".into())), ..TaskChange::default()
        };
        tasks::change(&mut tx, t.id, more).await.expect("changed");
        new_subtask(&mut tx, &t, "below").await;
        let bare = task_copy(&mut tx, t.id, "").await;
        assert!(bare.homes.is_empty() && bare.task.notes.is_empty() && bare.task.due_on.is_none());
        assert_eq!(bare.task.name, "t");
        let copying = super::task(&mut tx, t.id, "u", TaskParts::parse("notes,projects,subtasks,dates,nonsense")).await.expect("copied");
        let found = whole(&mut tx, copying.new_task.expect("made").id).await;
        assert_eq!((found.task.name.as_str(), found.task.notes.as_str(), found.num_subtasks), ("u", "why", 1));
        assert_eq!((found.homes.len(), found.assignee), (1, None));
        assert_eq!(copying.state, CopyState::Done);
        assert!(story_kinds(&mut tx, t.id).await.contains(&"duplicated".to_owned()));
    }

    async fn a_copied_project_moves_its_dates(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Release").await;
        let second = new_section(&mut tx, &p, "Second").await;
        for (name, day) in [("a", "2026-12-01"), ("b", "2026-12-04")] {
            let new = NewTask { due: Some(When::On(day.parse().expect("a day"))), ..NewTask::named(name, p.id) };
            let made = tasks::create(&mut tx, new).await.expect("made");
            tasks::add_to_section(&mut tx, made.id, second.id, None).await.expect("moved");
        }
        let parts = ProjectParts {
            tasks: TaskParts::parse("task_dates"),
            shift: Some(Shift::StartOn("2027-01-07".parse().expect("a day"))),
            skip_weekends: true,
            ..ProjectParts::default()
        };
        let copying = super::project(&mut tx, p.id, "Next", parts).await.expect("copied");
        let copy = copying.new_project.expect("made").id;
        let found = tasks::list(&mut tx, Within::Project(copy), &Filter::default(), &Page::first(9)).await.expect("listed").items;
        let shown: Vec<_> = found.iter().map(|t| (t.name.as_str(), t.due_on.map(|d| d.to_string()).unwrap_or_default())).collect();
        // Three days after Thursday is Sunday, so Monday.
        assert_eq!(shown, [("b", "2027-01-11".to_owned()), ("a", "2027-01-07".to_owned())]);
        let sections = crate::sections::list(&mut tx, copy).await.expect("listed");
        assert_eq!(sections.len(), 2);
        assert_eq!(order_in(&mut tx, Within::Section(sections[1].id), Completed::Any).await, ["b", "a"]);
    }
}

async fn task_copy(tx: &mut Tx, task: TaskId, parts: &str) -> tasks::FullTask {
    let copying = super::task(tx, task, "", TaskParts::parse(parts)).await.expect("copied");
    whole(tx, copying.new_task.expect("made").id).await
}
