//! From answers to a task.

use super::{Form, Question, QuestionKind, Target, enter, store};
use crate::csv::input;
use crate::fields::{self, Field, Input};
use crate::names::Text;
use crate::tasks::{self, NewHome, NewTask, When};
use base::id::{FieldId, TaskId};
use base::{Actor, Date, Error, Limit, Result, random};
use db::Tx;
use std::sync::Arc;

/// What somebody answered.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// What makes a submission sent twice the same one.
    pub entry: Option<String>,
    /// Answers by the question's key or label; those that no question asks for go into the notes.
    pub given: Vec<(String, String)>,
    /// Whether another service has checked them, so that an answer that does not fit goes into the notes instead of being refused.
    pub is_checked: bool,
}

/// The characters of a name that is made from answers; the whole answer is in the notes then.
const NAME_CHARS: usize = 200;

/// Makes a task of a submission, or finds the one that it made before. For everybody who has the form.
pub async fn submit(tx: &mut Tx, form: &Form, answers: Answers) -> Result<TaskId> {
    let entry = answers.entry.clone().unwrap_or_else(random::word::<24>);
    if entry.contains('\0') || entry.chars().count() > 200 {
        return Err(Error::invalid("form.entry", "the id of the entry is too long"));
    }
    if !store::claim(tx, form.id, &entry, TaskId(0)).await? {
        return store::task_of(tx, form.id, &entry).await;
    }
    // Strangers have no rights; the form was made by somebody who may edit the project, and acts for them.
    let before = tx.become_actor(Actor { name: format!("Form: {}", form.name), ..Actor::system() });
    let made = make(tx, form, &entry, answers).await;
    tx.become_actor(before);
    made
}

async fn make(tx: &mut Tx, form: &Form, entry: &str, answers: Answers) -> Result<TaskId> {
    let shown: Vec<Arc<Field>> =
        fields::of_project(tx, form.project).await?.into_iter().map(|setting| setting.field).collect();
    let new = task(form, answers, &shown, tx.limits().count(Limit::TextChars))?;
    let made = tasks::create(tx, new).await?;
    store::set_task(tx, form.id, entry, made.id).await?;
    enter(tx, "form.submitted", form);
    Ok(made.id)
}

/// What the answers come to so far.
#[derive(Default)]
struct Draft {
    names: Vec<String>,
    lines: Vec<String>,
    due: Option<Date>,
    values: Vec<(FieldId, Input)>,
}

fn task(form: &Form, answers: Answers, shown: &[Arc<Field>], most: usize) -> Result<NewTask> {
    let mut given: Vec<(String, String)> = Vec::new();
    for (key, value) in answers.given {
        let value = value.replace('\0', "").trim().to_owned();
        // A checkbox sends its key once for each option.
        match given.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if !value.is_empty() => {
                *values = if values.is_empty() { value } else { format!("{values}, {value}") }
            }
            Some(_) => {}
            None => given.push((key, value)),
        }
    }
    let mut draft = Draft::default();
    for question in &form.questions {
        let at = given.iter().position(|(key, _)| names(question, key));
        let value = at.map(|at| given.remove(at).1).unwrap_or_default();
        match put(&mut draft, question, &value, shown) {
            Ok(()) => {}
            Err(_) if answers.is_checked && value.is_empty() => {}
            Err(_) if answers.is_checked => draft.lines.push(format!("{}: {value}", question.label)),
            Err(error) => return Err(error),
        }
    }
    let extra = given.into_iter().filter(|(_, value)| !value.is_empty());
    draft.lines.extend(extra.map(|(key, value)| format!("{}: {value}", key.replace('\0', ""))));
    let mut name = draft.names.join(" ").replace(['\r', '\n'], " ");
    if name.trim().is_empty() {
        name = format!("A submission of {}", form.name);
    }
    if name.chars().count() > NAME_CHARS {
        draft.lines.insert(0, name.clone());
        name = name.chars().take(NAME_CHARS - 1).chain(['…']).collect();
    }
    let notes: String = draft.lines.join("\n\n").chars().take(most).collect();
    Ok(NewTask {
        name,
        notes: Some(Text::Plain(notes)),
        due: draft.due.map(When::On),
        homes: vec![NewHome { project: form.project, section: form.section }],
        fields: draft.values,
        ..NewTask::default()
    })
}

fn names(question: &Question, key: &str) -> bool {
    question.key.eq_ignore_ascii_case(key.trim())
        || question.label.trim().to_lowercase() == key.trim().to_lowercase()
}

fn put(draft: &mut Draft, question: &Question, value: &str, shown: &[Arc<Field>]) -> Result<()> {
    if value.is_empty() {
        if question.is_required {
            return Err(Error::invalid("form.required", format!("{}: this needs an answer", question.label)));
        }
        return Ok(());
    }
    check(question, value)?;
    match question.target {
        Target::Name => draft.names.push(value.to_owned()),
        Target::Notes => draft.lines.push(format!("{}: {value}", question.label)),
        Target::DueOn => draft.due = Some(crate::csv::date(value)?),
        Target::Field(id) => match shown.iter().find(|field| field.id == id) {
            Some(field) => draft.values.push((id, input(field, value)?)),
            // The project does not show it any more.
            None => draft.lines.push(format!("{}: {value}", question.label)),
        },
    }
    Ok(())
}

fn check(question: &Question, value: &str) -> Result<()> {
    let is_option = |text: &str| question.options.iter().any(|option| option == text.trim());
    let is_good = match question.kind {
        QuestionKind::Line | QuestionKind::Text => true,
        QuestionKind::Email => {
            value.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        }
        QuestionKind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        QuestionKind::Date => crate::csv::date(value).is_ok(),
        QuestionKind::Choice => is_option(value),
        // An option may hold a comma itself.
        QuestionKind::Choices => is_option(value) || value.split(',').all(is_option),
    };
    if is_good {
        return Ok(());
    }
    let wanted = match question.kind {
        QuestionKind::Email => "an e-mail address",
        QuestionKind::Number => "a number",
        QuestionKind::Date => "a day like 2026-11-22",
        _ => "one of the options",
    };
    Err(Error::invalid("form.answer", format!("{}: this takes {wanted}", question.label)))
}
