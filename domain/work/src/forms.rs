//! Forms: what a stranger fills in becomes a task of a project.
//!
//! Each question says where its answer goes: into the task's name, its notes, its due date or a custom field. A submission that is sent
//! twice makes one task. Whoever has the address of an open form may submit; the task is made by the program in the form's name.

mod answer;
pub(crate) mod api;
pub(crate) mod pages;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod wufoo;

pub use answer::{Answers, submit};

use crate::{checks, fields, projects, sections};
use base::id::{FieldId, FormId, ProjectId, SectionId, UserId};
use base::{Error, Limit, Result, Right, Secret, Time, random};
use db::Tx;
use journal::Subject;
use serde::{Deserialize, Serialize};
use serde_json::json;

base::text_enum! {
    /// How a question is asked, and what counts as an answer.
    pub enum QuestionKind {
        /// One line.
        Line = "line",
        /// Some lines.
        Text = "text",
        /// An e-mail address.
        Email = "email",
        /// A number.
        Number = "number",
        /// A day.
        Date = "date",
        /// One of the options.
        Choice = "choice",
        /// Some of the options.
        Choices = "choices",
    }
}

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into the task's name.
    Name,
    /// Into its notes, under the question's label.
    Notes,
    /// It is the day the task is due.
    DueOn,
    /// Into a custom field of the project.
    Field(FieldId),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Notes => f.write_str("notes"),
            Self::DueOn => f.write_str("due_on"),
            Self::Field(field) => write!(f, "field:{field}"),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "name" => Ok(Self::Name),
            "notes" => Ok(Self::Notes),
            "due_on" => Ok(Self::DueOn),
            _ => match text.strip_prefix("field:") {
                Some(id) => id.parse().map(Self::Field),
                None => {
                    let message = "an answer goes into one of: name, notes, due_on, field:ID";
                    Err(Error::invalid("form.target", message))
                }
            },
        }
    }
}

impl Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A question of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What names its answer: letters, digits, `-` and `_`. Another service's name for it (`Field1`) is a good one.
    pub key: String,
    /// The question.
    pub label: String,
    /// What helps to answer it.
    #[serde(default)]
    pub help: String,
    /// How it is asked.
    pub kind: QuestionKind,
    /// What may be chosen.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether it must be answered.
    #[serde(default)]
    pub is_required: bool,
    /// Where the answer goes.
    pub target: Target,
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its id.
    pub id: FormId,
    /// The project that its tasks go to.
    pub project: ProjectId,
    /// The section of it; its first one otherwise.
    pub section: Option<SectionId>,
    /// Its name.
    pub name: String,
    /// What is said above the questions.
    pub description: String,
    /// What is said after a submission.
    pub thanks: String,
    /// Whether it takes submissions.
    pub is_open: bool,
    /// The secret part of its address.
    pub token: String,
    /// Whether another service's submissions must bring a key.
    pub has_handshake: bool,
    /// The questions, in order.
    pub questions: Vec<Question>,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<UserId>,
    pub(crate) handshake_hash: Option<String>,
}

/// What a form is to be.
#[derive(Clone, Debug, Default)]
pub struct FormChange {
    /// Its name.
    pub name: Option<String>,
    /// What is said above the questions.
    pub description: Option<String>,
    /// What is said after a submission.
    pub thanks: Option<String>,
    /// The section that its tasks go to.
    pub section: Option<Option<SectionId>>,
    /// Whether it takes submissions.
    pub is_open: Option<bool>,
    /// The key that another service's submissions must bring; `Some(None)` asks for none.
    pub handshake_key: Option<Option<Secret>>,
    /// The questions, in order.
    pub questions: Option<Vec<Question>>,
}

/// More questions than anybody answers.
const QUESTIONS_MAX: usize = 100;

fn unknown() -> Error {
    Error::missing("form.unknown", "There is no such form")
}

fn enter(tx: &mut Tx, verb: &'static str, form: &Form) {
    let project = Subject::new("project", form.project);
    journal::enter(tx, verb, Subject::new("form", form.id), &[project], json!({"name": form.name}));
}

/// Makes a form. For those who may edit the project.
pub async fn create(tx: &mut Tx, project: ProjectId, new: FormChange) -> Result<Form> {
    projects::require(tx, project, Right::Edit).await?;
    if new.name.is_none() {
        return Err(Error::invalid("name.empty", "the name is missing"));
    }
    let mut form = Form {
        id: tx.new_id(),
        project,
        section: None,
        name: String::new(),
        description: String::new(),
        thanks: "Thank you. We have got it.".to_owned(),
        is_open: true,
        token: random::word::<24>(),
        has_handshake: false,
        questions: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().user,
        handshake_hash: None,
    };
    apply(tx, &mut form, new).await?;
    store::insert(tx, &form).await?;
    enter(tx, "form.created", &form);
    Ok(form)
}

/// The forms of a project. For those who may edit it, because the address of a form is all that it takes to submit.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Form>> {
    projects::require(tx, project, Right::Edit).await?;
    store::of_project(tx, project).await
}

/// One form. For those who may edit its project.
pub async fn get(tx: &mut Tx, form: FormId) -> Result<Form> {
    let form = store::by_id(tx, form).await?.ok_or_else(unknown)?;
    projects::require(tx, form.project, Right::Edit).await?;
    Ok(form)
}

/// Changes a form.
pub async fn change(tx: &mut Tx, form: FormId, change: FormChange) -> Result<Form> {
    let mut form = get(tx, form).await?;
    apply(tx, &mut form, change).await?;
    store::update(tx, &form).await?;
    enter(tx, "form.changed", &form);
    Ok(form)
}

/// Deletes a form; the tasks that it made stay.
pub async fn delete(tx: &mut Tx, form: FormId) -> Result<()> {
    let form = get(tx, form).await?;
    store::delete(tx, form.id).await?;
    enter(tx, "form.deleted", &form);
    Ok(())
}

/// The open form with this secret address. For everybody who has it.
pub async fn by_token(tx: &mut Tx, token: &str) -> Result<Form> {
    store::by_token(tx, token).await?.filter(|form| form.is_open).ok_or_else(unknown)
}

async fn apply(tx: &mut Tx, form: &mut Form, change: FormChange) -> Result<()> {
    if let Some(name) = change.name {
        form.name = checks::name(tx, &name, "the name")?;
    }
    if let Some(description) = change.description {
        form.description = checks::text(tx, &description, "the description")?;
    }
    if let Some(thanks) = change.thanks {
        form.thanks = checks::text(tx, &thanks, "the text after a submission")?;
    }
    if let Some(section) = change.section {
        if let Some(section) = section
            && sections::get(tx, section).await?.project.id != form.project
        {
            return Err(Error::invalid(
                "section.elsewhere",
                format!("the section {section} is not in this project"),
            ));
        }
        form.section = section;
    }
    form.is_open = change.is_open.unwrap_or(form.is_open);
    if let Some(key) = change.handshake_key {
        form.handshake_hash = key.map(|key| hash(key.reveal()));
        form.has_handshake = form.handshake_hash.is_some();
    }
    if let Some(questions) = change.questions {
        check_questions(tx, form.project, &questions).await?;
        form.questions = questions;
    }
    Ok(())
}

pub(crate) fn hash(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn check_questions(tx: &mut Tx, project: ProjectId, questions: &[Question]) -> Result<()> {
    if questions.len() > QUESTIONS_MAX {
        return Err(Error::invalid(
            "form.questions",
            format!("a form has at most {QUESTIONS_MAX} questions"),
        ));
    }
    let shown: Vec<FieldId> =
        fields::of_project(tx, project).await?.iter().map(|setting| setting.field.id).collect();
    let mut keys = Vec::new();
    for question in questions {
        let key = checks::word(&question.key, "a key of a question")?.to_lowercase();
        if keys.contains(&key) {
            return Err(Error::invalid(
                "form.key_twice",
                format!("two questions have the key {:?}", question.key),
            ));
        }
        keys.push(key);
        checks::name(tx, &question.label, "the label of a question")?;
        checks::text(tx, &question.help, "the help of a question")?;
        tx.limits().check(Limit::OptionsPerField, question.options.len(), "a question")?;
        for option in &question.options {
            checks::name(tx, option, "an option")?;
        }
        let chooses = matches!(question.kind, QuestionKind::Choice | QuestionKind::Choices);
        if chooses && question.options.is_empty() {
            return Err(Error::invalid(
                "form.options",
                format!("the question {:?} has no options", question.label),
            ));
        }
        if let Target::Field(field) = question.target
            && !shown.contains(&field)
        {
            return Err(Error::invalid(
                "field.elsewhere",
                format!("the project does not show the field {field}"),
            ));
        }
    }
    Ok(())
}
