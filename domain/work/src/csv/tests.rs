//! What import and export of tables promise.

use super::*;
use crate::fixture::{Hub, hub, new_project, new_section, new_subtask, order, whole};
use crate::tasks::{TaskChange, When};

async fn import(hub: &Hub, user: &people::User, project: ProjectId, text: &str) -> Result<Vec<String>> {
    let mut tx = hub.by(user).await;
    let table = read(text.as_bytes(), tx.limits().count(Limit::ImportRows))?;
    let mut known = begin(&mut tx, project, &table).await?;
    put(&mut tx, project, &mut known, &table.rows).await?;
    tx.commit().await?;
    Ok(unknown_columns(&table, &known))
}

async fn export_all(tx: &mut Tx, project: ProjectId) -> String {
    let (mut text, mut next) = export(tx, project, None).await.expect("exported");
    while next.is_some() {
        let (part, after) = export(tx, project, next).await.expect("exported");
        text.push_str(&part);
        next = after;
    }
    text
}

#[test]
fn a_table_is_read_however_a_spreadsheet_writes_it() {
    for text in [
        "Name,Due Date,Tags\nOne,2026-11-22,\"a, b\"\n,,\n",
        "\u{feff}name;due date;tags\r\nOne;2026-11-22;\"a, b\"\r\n",
        "Task\tDeadline\tLabels\nOne\t2026-11-22 10:00\ta,b\n",
    ] {
        let table = read(text.as_bytes(), 10).expect("read");
        assert_eq!(table.rows.len(), 1, "{text}");
        let row = &table.rows[0];
        assert_eq!(
            (row.name.as_str(), row.tags.as_slice()),
            ("One", ["a".to_owned(), "b".to_owned()].as_slice())
        );
        assert_eq!(row.due, Some(When::On("2026-11-22".parse().expect("a day"))));
    }
    for (text, code) in [
        ("", "import.no_name"),
        ("Due Date\n2026-11-22\n", "import.no_name"),
        ("Name,Due Date\nx,22.11.2026\n", "import.date"),
        ("Name\na\nb\nc\n", "limit.exceeded"),
    ] {
        assert_eq!(read(text.as_bytes(), 2).expect_err("refused").code(), code, "{text:?}");
    }
    assert_eq!(read(b"Name\n\xff\xfe\n", 2).expect_err("refused").code(), "import.encoding");
}

#[test]
fn no_cell_is_a_formula_and_every_cell_comes_back() {
    for text in ["=1+1", "@x", "-1", "+1", "'quoted", "plain", "", "\tx"] {
        let inert = write::inert(text);
        assert!(!inert.starts_with(['=', '+', '-', '@', '\t']), "{inert}");
        let table = read(format!("Name\n\"{inert}\"\nend").as_bytes(), 9).expect("read");
        let first = if text.is_empty() { "end" } else { text };
        assert_eq!(table.rows[0].name, first);
    }
}

db::on_both! { hub;
    async fn what_was_exported_can_be_imported_again(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = new_project(&mut tx, "Source").await;
        let doing = new_section(&mut tx, &project, "Doing").await;
        let new = NewTask {
            notes: Some(Text::Plain("two\nlines, \"quoted\"".to_owned())),
            homes: vec![NewHome { project: project.id, section: Some(doing.id) }],
            ..NewTask::named("=formula", project.id)
        };
        let task = tasks::create(&mut tx, new).await.expect("made");
        new_subtask(&mut tx, &task, "part").await;
        let change = TaskChange { assignee: Some(Some(hub.bob.id)), due: Some(Some(When::On("2026-11-22".parse().expect("a day")))), ..TaskChange::default() };
        tasks::change(&mut tx, task.id, change).await.expect("changed");
        let tag = tags::create(&mut tx, "red", None, "").await.expect("made");
        tags::add(&mut tx, task.id, tag.id).await.expect("added");
        let done = crate::fixture::new_task(&mut tx, &project, "done").await;
        tasks::complete(&mut tx, done.id).await.expect("completed");
        let text = export_all(&mut tx, project.id).await;
        assert!(text.starts_with("Task ID,Created At,"), "{text}");
        assert!(text.contains("'=formula") && text.contains("bob@example.com") && text.contains("2026-11-22"), "{text}");
        let target = new_project(&mut tx, "Target").await;
        tx.commit().await.expect("committed");

        let ignored = import(&hub, &hub.ann, target.id, &text).await.expect("imported");
        assert!(ignored.is_empty(), "{ignored:?}");
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(order(&mut tx, target.id).await, ["done", "=formula"], "parts are parts, not tasks of the project");
        let found = tasks::list(&mut tx, Within::Project(target.id), &tasks::Filter::default(), &Page::first(9)).await.expect("listed");
        let full = whole(&mut tx, found.items[1].id).await;
        assert_eq!(full.task.notes, "two\nlines, \"quoted\"");
        assert_eq!(full.assignee.map(|person| person.id), Some(hub.bob.id));
        assert_eq!((full.homes[0].section.name.as_str(), full.tags[0].id, full.num_subtasks), ("Doing", tag.id, 1));
        assert_eq!(full.task.due_on, Some("2026-11-22".parse().expect("a day")));
        assert!(found.items[0].is_completed());
    }

    async fn an_import_is_refused_to_those_who_may_not_edit_and_names_the_row_that_is_wrong(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = crate::fixture::new_private(&mut tx, "Mine").await;
        tx.commit().await.expect("committed");
        assert_eq!(import(&hub, &hub.bob, project.id, "Name\nx\n").await.expect_err("refused").code(), "project.hidden");
        let ignored = import(&hub, &hub.ann, project.id, "Name,Mood,Assignee\nx,good,Nobody Here\n").await.expect("imported");
        assert_eq!(ignored, ["Mood"]);
        let long = format!("Name\nok\n{}\n", "x".repeat(20_000));
        let error = import(&hub, &hub.ann, project.id, &long).await.expect_err("refused");
        assert!(error.message().starts_with("row 3: "), "{error}");
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(order(&mut tx, project.id).await, ["x"], "nothing of a refused portion stays");
        let text = export_all(&mut tx, project.id).await;
        assert_eq!(text.lines().count(), 2);
    }
}
