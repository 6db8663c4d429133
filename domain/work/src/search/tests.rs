//! What search and typeahead promise.

use super::*;
use crate::fields::{self, FieldKind, Input, NewField, NewOption};
use crate::fixture::{hub, new_private, new_project, new_section, new_subtask, new_task};
use crate::names::{Place, Text};
use crate::tasks::{self, NewTask, TaskChange, When};
use crate::typeahead::{self, Noun};

fn names(found: &[Task]) -> Vec<&str> {
    found.iter().map(|task| task.name.as_str()).collect()
}

async fn found(tx: &mut Tx, wanted: SearchFilter) -> Vec<String> {
    let wanted = SearchFilter { sort_by: Some(SortBy::CreatedAt), ascending: true, ..wanted };
    find(tx, &wanted).await.expect("searched").into_iter().map(|task| task.name).collect()
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

db::on_both! { hub;
    async fn words_are_found_in_any_case_and_signs_are_taken_literally(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = new_project(&mut tx, "P").await;
        for name in ["Fix the LOCK on beta", "lock production", "100% done", "a_b"] {
            new_task(&mut tx, &project, name).await;
        }
        let noted = NewTask { notes: Some(Text::Plain("Mentions Beta only".to_owned())), ..NewTask::named("other", project.id) };
        tasks::create(&mut tx, noted).await.expect("made");
        for (text, hits) in [
            ("lock", vec!["Fix the LOCK on beta", "lock production"]),
            ("beta lock", vec!["Fix the LOCK on beta"]),
            ("BETA", vec!["Fix the LOCK on beta", "other"]),
            ("%", vec!["100% done"]),
            ("_", vec!["a_b"]),
            ("\\", vec![]),
            ("", vec!["Fix the LOCK on beta", "lock production", "100% done", "a_b", "other"]),
        ] {
            let wanted = SearchFilter { text: Some(text.to_owned()), ..SearchFilter::default() };
            assert_eq!(found(&mut tx, wanted).await, hits, "{text:?}");
        }
        let best = SearchFilter { text: Some("beta".to_owned()), sort_by: Some(SortBy::Relevance), ..SearchFilter::default() };
        assert_eq!(names(&find(&mut tx, &best).await.expect("searched")), ["Fix the LOCK on beta", "other"]);
    }

    async fn what_one_may_not_see_is_not_found(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let secret = new_private(&mut tx, "Secret plans").await;
        new_task(&mut tx, &secret, "secret task").await;
        let open = new_project(&mut tx, "Open").await;
        let gone = new_task(&mut tx, &open, "secret and deleted").await;
        tasks::delete(&mut tx, gone.id).await.expect("deleted");
        tx.commit().await.expect("committed");
        for user in [&hub.bob, &hub.gus] {
            let mut tx = hub.by(user).await;
            let wanted = SearchFilter { text: Some("secret".to_owned()), ..SearchFilter::default() };
            assert!(found(&mut tx, wanted).await.is_empty());
            for noun in [Noun::Task, Noun::Project] {
                assert!(typeahead::find(&mut tx, noun, "secret", 10).await.expect("searched").is_empty());
            }
        }
        let mut tx = hub.by(&hub.ann).await;
        assert_eq!(typeahead::find(&mut tx, Noun::Task, "SECRET", 10).await.expect("searched").len(), 1);
    }

    async fn every_condition_narrows(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let (p, q) = (new_project(&mut tx, "P").await, new_project(&mut tx, "Q").await);
        let section = new_section(&mut tx, &p, "Doing").await;
        let first = new_task(&mut tx, &p, "first").await;
        let second = new_task(&mut tx, &p, "second").await;
        let third = new_task(&mut tx, &q, "third").await;
        let part = new_subtask(&mut tx, &first, "part").await;
        tasks::add_to_project(&mut tx, first.id, q.id, None, None).await.expect("added");
        tasks::add_to_section(&mut tx, second.id, section.id, None).await.expect("moved");
        let change = TaskChange { assignee: Some(Some(hub.bob.id)), due: Some(Some(When::On(day("2026-11-10")))), ..TaskChange::default() };
        tasks::change(&mut tx, second.id, change).await.expect("changed");
        tasks::complete(&mut tx, third.id).await.expect("completed");
        tasks::add_dependencies(&mut tx, second.id, &[first.id]).await.expect("added");
        let tag = crate::tags::create(&mut tx, "red", None, "").await.expect("made");
        crate::tags::add(&mut tx, third.id, tag.id).await.expect("added");
        let f = SearchFilter::default;
        for (what, wanted, hits) in [
            ("completed", SearchFilter { completed: Some(true), ..f() }, vec!["third"]),
            ("subtask", SearchFilter { is_subtask: Some(true), ..f() }, vec!["part"]),
            ("blocked", SearchFilter { is_blocked: Some(true), ..f() }, vec!["second"]),
            ("blocking", SearchFilter { is_blocking: Some(true), ..f() }, vec!["first"]),
            ("no attachment", SearchFilter { has_attachment: Some(true), ..f() }, vec![]),
            ("assignee", SearchFilter { assignee: Among::any(vec![hub.bob.id]), ..f() }, vec!["second"]),
            ("not assignee", SearchFilter { assignee: Among { not: vec![hub.bob.id], ..Among::default() }, ..f() }, vec!["first", "third", "part"]),
            ("unassigned", SearchFilter { assignee: Among { or_none: true, ..Among::default() }, completed: Some(false), ..f() }, vec!["first", "part"]),
            ("followers", SearchFilter { followers: Among::any(vec![hub.bob.id]), ..f() }, vec!["second"]),
            ("any project", SearchFilter { projects: Among::any(vec![p.id, q.id]), ..f() }, vec!["first", "second", "third"]),
            ("all projects", SearchFilter { projects: Among { all: vec![p.id, q.id], ..Among::default() }, ..f() }, vec!["first"]),
            ("not project", SearchFilter { projects: Among { not: vec![p.id], ..Among::default() }, is_subtask: Some(false), ..f() }, vec!["third"]),
            ("section", SearchFilter { sections: Among::any(vec![section.id]), ..f() }, vec!["second"]),
            ("tag", SearchFilter { tags: Among::any(vec![tag.id]), ..f() }, vec!["third"]),
            ("due on", SearchFilter { due_on: Days { on: Some(Some(day("2026-11-10"))), ..Days::default() }, ..f() }, vec!["second"]),
            ("due before", SearchFilter { due_on: Days { before: Some(day("2026-11-09")), ..Days::default() }, ..f() }, vec![]),
            ("due after", SearchFilter { due_on: Days { after: Some(day("2026-11-10")), ..Days::default() }, ..f() }, vec!["second"]),
            ("created on", SearchFilter { created_on: Days { on: Some(Some(day("2026-11-01"))), ..Days::default() }, ..f() }, vec!["first", "second", "third", "part"]),
            ("created after", SearchFilter { created_on: Days { after: Some(day("2026-11-02")), ..Days::default() }, ..f() }, vec![]),
        ] {
            assert_eq!(found(&mut tx, wanted).await, hits, "{what}");
        }
        assert_eq!(find(&mut tx, &SearchFilter { limit: Some(2), ..f() }).await.expect("searched").len(), 2);
        let absurd = SearchFilter { assignee: Among::any(vec![part.created_by.expect("made by Ann"); VALUES_MAX + 1]), ..f() };
        assert_eq!(find(&mut tx, &absurd).await.expect_err("refused").code(), "search.too_long");
    }

    async fn values_of_custom_fields_are_searched(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = new_project(&mut tx, "Errors").await;
        let mut made = Vec::new();
        for (kind, name) in [(FieldKind::Text, "Digest"), (FieldKind::Number, "Seen"), (FieldKind::Enum, "Level"), (FieldKind::MultiEnum, "Where")] {
            let options = match kind {
                FieldKind::Enum | FieldKind::MultiEnum => ["high", "low"].iter().map(|name| NewOption { name: (*name).to_owned(), color: None, enabled: true }).collect(),
                _ => Vec::new(),
            };
            let new = NewField {
                kind, name: name.to_owned(), description: String::new(), precision: (kind == FieldKind::Number).then_some(1), format: None, currency_code: None,
                custom_label: None, custom_label_position: None, notifies: false, is_global: false, options,
            };
            let field = fields::create(&mut tx, new).await.expect("made");
            fields::add_to_project(&mut tx, project.id, field.id, true, None).await.expect("shown");
            made.push(field);
        }
        let high = made[2].options[0].id;
        let both: Vec<i64> = made[3].options.iter().map(|option| option.id.0).collect();
        let values = vec![
            (made[0].id, Input::Text("ABC-123".to_owned())), (made[1].id, Input::Number(41.5)), (made[2].id, Input::Text(high.to_string())), (made[3].id, Input::Ids(both)),
        ];
        tasks::create(&mut tx, NewTask { fields: values, ..NewTask::named("crash", project.id) }).await.expect("made");
        new_task(&mut tx, &project, "empty").await;
        let low = made[3].options[1].id.to_string();
        for (field, test, hits) in [
            (0, FieldTest::Is("ABC-123".to_owned()), vec!["crash"]),
            (0, FieldTest::Is("ABC".to_owned()), vec![]),
            (0, FieldTest::StartsWith("abc".to_owned()), vec!["crash"]),
            (0, FieldTest::EndsWith("123".to_owned()), vec!["crash"]),
            (0, FieldTest::Contains("c-1".to_owned()), vec!["crash"]),
            (0, FieldTest::IsSet(false), vec!["empty"]),
            (0, FieldTest::IsSet(true), vec!["crash"]),
            (1, FieldTest::Is("41.5".to_owned()), vec!["crash"]),
            (1, FieldTest::Is("nonsense".to_owned()), vec![]),
            (1, FieldTest::GreaterThan(41.0), vec!["crash"]),
            (1, FieldTest::LessThan(41.0), vec![]),
            (2, FieldTest::Is(high.to_string()), vec!["crash"]),
            (2, FieldTest::Is("high".to_owned()), vec![]),
            (3, FieldTest::Is(low), vec!["crash"]),
        ] {
            let told = format!("{test:?}");
            let wanted = SearchFilter { fields: vec![(made[field].id, test)], ..SearchFilter::default() };
            assert_eq!(found(&mut tx, wanted).await, hits, "{told}");
        }
        let hits = typeahead::find(&mut tx, Noun::Field, "e", 10).await.expect("searched");
        assert_eq!(hits.iter().map(|hit| hit.name.as_str()).collect::<std::collections::BTreeSet<_>>(), ["Digest", "Level", "Seen", "Where"].into());
    }

    async fn names_that_begin_with_it_come_first(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = new_project(&mut tx, "Beta locks").await;
        new_project(&mut tx, "Locks").await;
        crate::tags::create(&mut tx, "locked", None, "").await.expect("made");
        crate::sections::create(&mut tx, project.id, "x", Place::Last).await.expect("made");
        let mut named = Vec::new();
        for noun in [Noun::Project, Noun::Tag, Noun::User, Noun::Team] {
            let query = if noun == Noun::User { "bo" } else if noun == Noun::Team { "every" } else { "lock" };
            named.extend(typeahead::find(&mut tx, noun, query, 10).await.expect("searched").into_iter().map(|hit| hit.name));
        }
        assert_eq!(named, ["Locks", "Beta locks", "locked", "bob", "Everyone"]);
    }
}
