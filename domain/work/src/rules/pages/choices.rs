//! The two halves of a rule as choices: one list says what must happen with what it is about, another what is done. A field beside the
//! list takes a text where one is needed, so that no script is.

use crate::fields::{Field, FieldKind};
use crate::projects::Project;
use crate::rules::{Action, Trigger};
use crate::sections::Section;
use base::id::{FieldId, ProjectId, UserId};
use base::{Error, Result};
use maud::{Markup, html};
use people::users::User;
use std::sync::Arc;
use web::Pairs;

/// What rules of a project can be about.
pub(super) struct Choices {
    pub sections: Vec<Section>,
    pub fields: Vec<Arc<Field>>,
    pub people: Vec<User>,
    pub projects: Vec<Project>,
}

/// One line of a list: its value, its words, and whether it needs a text.
struct Choice {
    value: String,
    words: String,
    takes_text: bool,
}

impl Choice {
    fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into(), takes_text: false }
    }

    fn with_text(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { takes_text: true, ..Self::new(value, words) }
    }
}

fn is_list(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Enum | FieldKind::MultiEnum)
}

impl Choices {
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id).map(|field| &**field)
    }

    pub fn person(&self, id: UserId) -> &str {
        self.people
            .iter()
            .find(|user| user.id == id)
            .map_or("somebody who is not here any more", |user| user.name.as_str())
    }

    pub fn project(&self, id: ProjectId) -> &str {
        self.projects
            .iter()
            .find(|project| project.id == id)
            .map_or("a project that you do not see", |project| project.name.as_str())
    }

    fn triggers(&self) -> Vec<(&'static str, Vec<Choice>)> {
        let sections = self.sections.iter();
        let mut changes = Vec::new();
        for field in &self.fields {
            changes.push(Choice::new(format!("field:{}", field.id), format!("{} changes", field.name)));
            let to = |id: String, name: &str| {
                Choice::new(format!("field:{}={id}", field.id), format!("{} becomes {name}", field.name))
            };
            changes.extend(
                field
                    .options
                    .iter()
                    .filter(|option| option.enabled)
                    .map(|option| to(option.id.to_string(), &option.name)),
            );
            if matches!(field.kind, FieldKind::Text | FieldKind::Number | FieldKind::Date) {
                changes.push(Choice::with_text(
                    format!("field-to:{}", field.id),
                    format!("{} becomes …", field.name),
                ));
            }
        }
        vec![
            (
                "A task",
                vec![
                    Choice::new("task_added", "a task comes into the project"),
                    Choice::new("completed", "a task is completed"),
                    Choice::new("reopened", "a task is reopened"),
                    Choice::new("commented", "somebody comments"),
                    Choice::with_text("commented-with", "a comment contains …"),
                ],
            ),
            (
                "It is moved",
                sections
                    .map(|section| {
                        Choice::new(
                            format!("section:{}", section.id),
                            format!("a task is moved to {}", section.name),
                        )
                    })
                    .collect(),
            ),
            ("A field", changes),
        ]
    }

    fn actions(&self) -> Vec<(&'static str, Vec<Choice>)> {
        let mut sets = Vec::new();
        for field in &self.fields {
            let to = |name: &str| {
                Choice::new(format!("set:{}={name}", field.id), format!("set {} to {name}", field.name))
            };
            if is_list(field) {
                sets.extend(
                    field.options.iter().filter(|option| option.enabled).map(|option| to(&option.name)),
                );
            } else if !matches!(field.kind, FieldKind::People | FieldKind::Reference) {
                sets.push(Choice::with_text(
                    format!("set-to:{}", field.id),
                    format!("set {} to …", field.name),
                ));
            }
            sets.push(Choice::new(format!("clear:{}", field.id), format!("clear {}", field.name)));
        }
        let mut assigns = vec![Choice::new("assign:", "take its assignee away")];
        assigns.extend(
            self.people.iter().map(|user| {
                Choice::new(format!("assign:{}", user.id), format!("assign it to {}", user.name))
            }),
        );
        vec![
            ("", vec![Choice::with_text("comment", "comment …"), Choice::new("complete", "complete it")]),
            (
                "Move it",
                self.sections
                    .iter()
                    .map(|section| {
                        Choice::new(format!("section:{}", section.id), format!("move it to {}", section.name))
                    })
                    .collect(),
            ),
            ("Assign it", assigns),
            ("Set a field", sets),
            (
                "Add it to a project",
                self.projects
                    .iter()
                    .map(|project| {
                        Choice::new(format!("project:{}", project.id), format!("add it to {}", project.name))
                    })
                    .collect(),
            ),
        ]
    }

    /// The choice of what must happen.
    pub fn trigger(&self, now: Option<&Trigger>) -> Markup {
        let (value, text) = now.map_or((String::new(), String::new()), |now| self.told_trigger(now));
        part("when", "When", &self.triggers(), &value, &text, "choose what must happen")
    }

    /// The choice of one thing that is done.
    pub fn action(&self, at: usize, now: Option<&Action>) -> Markup {
        let (value, text) = now.map_or((String::new(), String::new()), |now| self.told_action(now));
        let (label, nothing) =
            if at == 0 { ("Then", "choose what is done") } else { ("And then", "nothing more") };
        part(&format!("then{at}"), label, &self.actions(), &value, &text, nothing)
    }

    fn told_trigger(&self, trigger: &Trigger) -> (String, String) {
        let plain = |value: &str| (value.to_owned(), String::new());
        match trigger {
            Trigger::TaskAdded => plain("task_added"),
            Trigger::Completed => plain("completed"),
            Trigger::Reopened => plain("reopened"),
            Trigger::MovedToSection { section } => plain(&format!("section:{section}")),
            Trigger::FieldChanged { field, to: None } => plain(&format!("field:{field}")),
            Trigger::FieldChanged { field, to: Some(to) } => {
                let found = self.field(*field).filter(|field| is_list(field));
                match found.and_then(|field| {
                    field.options.iter().find(|option| {
                        option.id.to_string() == *to || option.name.eq_ignore_ascii_case(to.trim())
                    })
                }) {
                    Some(option) => plain(&format!("field:{field}={}", option.id)),
                    None => (format!("field-to:{field}"), to.clone()),
                }
            }
            Trigger::Commented { contains: None } => plain("commented"),
            Trigger::Commented { contains: Some(text) } => ("commented-with".to_owned(), text.clone()),
        }
    }

    fn told_action(&self, action: &Action) -> (String, String) {
        let plain = |value: String| (value, String::new());
        match action {
            Action::MoveToSection { section } => plain(format!("section:{section}")),
            Action::Assign { user } => {
                plain(format!("assign:{}", user.map_or(String::new(), |user| user.to_string())))
            }
            Action::Comment { text } => ("comment".to_owned(), text.clone()),
            Action::Complete => plain("complete".to_owned()),
            Action::AddToProject { project } => plain(format!("project:{project}")),
            Action::SetField { field, value: None } => plain(format!("clear:{field}")),
            Action::SetField { field, value: Some(value) } => match self.field(*field).is_some_and(is_list) {
                true => plain(format!("set:{field}={value}")),
                false => (format!("set-to:{field}"), value.clone()),
            },
        }
    }
}

fn part(
    name: &str,
    label: &str,
    groups: &[(&'static str, Vec<Choice>)],
    chosen: &str,
    text: &str,
    nothing: &str,
) -> Markup {
    let line = |choice: &Choice| html! { option value=(choice.value) selected[choice.value == chosen] data-text[choice.takes_text] { (choice.words) } };
    html! {
        div.part {
            select.input name=(name) aria-label=(label) required[nothing.starts_with("choose")] {
                option value="" { (nothing) }
                @for (group, choices) in groups {
                    @if group.is_empty() { @for choice in choices { (line(choice)) } }
                    @else if !choices.is_empty() { optgroup label=(group) { @for choice in choices { (line(choice)) } } }
                }
            }
            input.input.part-text name={ (name) "-text" } value=(text) aria-label={ (label) ": the text" } placeholder="the text" autocomplete="off";
        }
    }
}

fn wrong() -> Error {
    Error::invalid("rule.choice", "Choose what must happen and what is done then")
}

fn text(pairs: &Pairs, name: &str) -> Result<String> {
    let text = pairs.filled(&format!("{name}-text")).map(str::to_owned);
    text.ok_or_else(|| Error::invalid("rule.text", "Write the text that belongs to the choice beside it"))
}

/// What must happen, from the form.
pub(super) fn trigger(pairs: &Pairs) -> Result<Trigger> {
    match pairs.get("when") {
        "task_added" => Ok(Trigger::TaskAdded),
        "completed" => Ok(Trigger::Completed),
        "reopened" => Ok(Trigger::Reopened),
        "commented" => Ok(Trigger::Commented { contains: None }),
        "commented-with" => Ok(Trigger::Commented { contains: Some(text(pairs, "when")?) }),
        other => match other.split_once(':').ok_or_else(wrong)? {
            ("section", id) => Ok(Trigger::MovedToSection { section: id.parse()? }),
            ("field-to", id) => {
                Ok(Trigger::FieldChanged { field: id.parse()?, to: Some(text(pairs, "when")?) })
            }
            ("field", rest) => match rest.split_once('=') {
                Some((id, to)) => Ok(Trigger::FieldChanged { field: id.parse()?, to: Some(to.to_owned()) }),
                None => Ok(Trigger::FieldChanged { field: rest.parse()?, to: None }),
            },
            _ => Err(wrong()),
        },
    }
}

/// One thing that is done, from the form; none when nothing was chosen.
pub(super) fn action(pairs: &Pairs, at: usize) -> Result<Option<Action>> {
    let name = format!("then{at}");
    Ok(Some(match pairs.get(&name) {
        "" => return Ok(None),
        "comment" => Action::Comment { text: text(pairs, &name)? },
        "complete" => Action::Complete,
        other => match other.split_once(':').ok_or_else(wrong)? {
            ("section", id) => Action::MoveToSection { section: id.parse()? },
            ("assign", "") => Action::Assign { user: None },
            ("assign", id) => Action::Assign { user: Some(id.parse()?) },
            ("project", id) => Action::AddToProject { project: id.parse()? },
            ("clear", id) => Action::SetField { field: id.parse()?, value: None },
            ("set-to", id) => Action::SetField { field: id.parse()?, value: Some(text(pairs, &name)?) },
            ("set", rest) => {
                let (id, value) = rest.split_once('=').ok_or_else(wrong)?;
                Action::SetField { field: id.parse()?, value: Some(value.to_owned()) }
            }
            _ => return Err(wrong()),
        },
    }))
}
