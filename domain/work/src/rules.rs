//! Rules: when this happens to a task of the project, then do that.
//!
//! A follower of the journal runs them (`work.rules`), moments after the change and in a transaction of their own, so that a rule that
//! cannot be carried out never undoes what somebody did; what went wrong stands at the rule. A rule acts with the program's rights, in its
//! own name; its author must have had the right to everything it does when they wrote it. What a rule does may set off other rules, but no rule
//! runs twice in one chain, and a chain ends after [`CHAIN_MAX`].

pub(crate) mod api;
mod matching;
pub(crate) mod pages;
mod run;
mod store;
#[cfg(test)]
mod tests;

pub use run::by_hand;
pub(crate) use run::follower;

use crate::fields::{self, FieldKind};
use crate::{checks, projects, sections};
use base::id::{FieldId, ProjectId, RuleId, SectionId, UserId};
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How many rules may set one another off.
pub const CHAIN_MAX: usize = 5;

/// What must happen to a task of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case")]
pub enum Trigger {
    /// It comes into the project, new or from elsewhere.
    TaskAdded,
    /// It is completed.
    Completed,
    /// It is reopened.
    Reopened,
    /// It comes into this section.
    MovedToSection {
        /// The section.
        section: SectionId,
    },
    /// A custom field changes.
    FieldChanged {
        /// The field.
        field: FieldId,
        /// Only to this: an option's name or id, a text or a number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Somebody comments on it.
    Commented {
        /// Only with this in the text, in any case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contains: Option<String>,
    },
}

/// What is done then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Move it to a section of the project.
    MoveToSection {
        /// The section.
        section: SectionId,
    },
    /// Give it to somebody, or to nobody.
    Assign {
        /// Who.
        user: Option<UserId>,
    },
    /// Comment on it.
    Comment {
        /// What the comment says.
        text: String,
    },
    /// Complete it.
    Complete,
    /// Add it to another project.
    AddToProject {
        /// The project.
        project: ProjectId,
    },
    /// Set a custom field; no value clears it.
    SetField {
        /// The field.
        field: FieldId,
        /// An option's name, a text, a number or a day.
        value: Option<String>,
    },
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// What must happen.
    pub trigger: Trigger,
    /// What is done then, in order.
    pub actions: Vec<Action>,
    /// Whether it is in force.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// How often it ran.
    pub runs: i64,
    /// When it ran last.
    pub ran_at: Option<Time>,
    /// What went wrong then.
    pub problem: Option<String>,
}

/// What a rule is to be; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct RuleChange {
    /// Its name.
    pub name: Option<String>,
    /// What must happen.
    pub trigger: Option<Trigger>,
    /// What is done then.
    pub actions: Option<Vec<Action>>,
    /// Whether it is in force.
    pub is_enabled: Option<bool>,
}

/// More actions than anybody reads.
const ACTIONS_MAX: usize = 20;

fn enter(tx: &mut Tx, verb: &'static str, rule: &Rule) {
    let project = Subject::new("project", rule.project);
    let data =
        json!({"name": rule.name, "when": rule.trigger, "then": rule.actions, "enabled": rule.is_enabled});
    journal::enter(tx, verb, Subject::new("rule", rule.id), &[project], data);
}

/// The rules of a project, in the order in which they run.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Rule>> {
    projects::get(tx, project).await?;
    store::of_project(tx, project).await
}

/// One rule.
pub async fn get(tx: &mut Tx, rule: RuleId) -> Result<Rule> {
    let found = store::by_id(tx, rule).await?;
    let found = found.ok_or_else(|| Error::missing("rule.unknown", format!("There is no rule {rule}")))?;
    projects::get(tx, found.project).await?;
    Ok(found)
}

/// Makes a rule. For those who may edit the project.
pub async fn create(tx: &mut Tx, project: ProjectId, new: RuleChange) -> Result<Rule> {
    projects::lock(tx, project, Right::Edit).await?;
    let others = store::of_project(tx, project).await?.len();
    tx.limits().check(Limit::RulesPerProject, others + 1, "the project")?;
    let missing = |what: &str| Error::invalid("rule.incomplete", format!("{what} is missing"));
    let trigger = new.trigger.ok_or_else(|| missing("when"))?;
    let actions = new.actions.ok_or_else(|| missing("then"))?;
    check(tx, project, &trigger, &actions).await?;
    let name = match new.name {
        Some(name) => checks::name(tx, &name, "the name")?,
        None => "Rule".to_owned(),
    };
    let rule = Rule {
        id: tx.new_id(),
        project,
        name,
        trigger,
        actions,
        is_enabled: new.is_enabled.unwrap_or(true),
        created_at: tx.now(),
        created_by: tx.actor().user,
        runs: 0,
        ran_at: None,
        problem: None,
    };
    store::insert(tx, &rule).await?;
    enter(tx, "rule.created", &rule);
    Ok(rule)
}

/// Changes a rule. For those who may edit the project.
pub async fn change(tx: &mut Tx, rule: RuleId, change: RuleChange) -> Result<Rule> {
    let mut found = get(tx, rule).await?;
    projects::require(tx, found.project, Right::Edit).await?;
    if let Some(name) = &change.name {
        found.name = checks::name(tx, name, "the name")?;
    }
    found.trigger = change.trigger.unwrap_or(found.trigger);
    found.actions = change.actions.unwrap_or(found.actions);
    found.is_enabled = change.is_enabled.unwrap_or(found.is_enabled);
    // All of it again: whoever changes a rule answers for what it does from now on.
    check(tx, found.project, &found.trigger, &found.actions).await?;
    found.problem = None;
    store::update(tx, &found).await?;
    enter(tx, "rule.changed", &found);
    Ok(found)
}

/// Deletes a rule. For those who may edit the project.
pub async fn delete(tx: &mut Tx, rule: RuleId) -> Result<()> {
    let found = get(tx, rule).await?;
    projects::require(tx, found.project, Right::Edit).await?;
    store::delete(tx, rule).await?;
    enter(tx, "rule.deleted", &found);
    Ok(())
}

async fn check(tx: &mut Tx, project: ProjectId, trigger: &Trigger, actions: &[Action]) -> Result<()> {
    match trigger {
        Trigger::TaskAdded | Trigger::Completed | Trigger::Reopened => {}
        Trigger::MovedToSection { section } => check_section(tx, project, *section).await?,
        Trigger::FieldChanged { field, to } => {
            shown(tx, project, *field).await?;
            checks::text(tx, to.as_deref().unwrap_or_default(), "the value")?;
        }
        Trigger::Commented { contains } => {
            checks::text(tx, contains.as_deref().unwrap_or_default(), "the text")?;
        }
    }
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        return Err(Error::invalid(
            "rule.actions",
            format!("a rule does one thing at least and {ACTIONS_MAX} at most"),
        ));
    }
    for action in actions {
        match action {
            Action::Complete => {}
            Action::MoveToSection { section } => check_section(tx, project, *section).await?,
            Action::Assign { user: None } => {}
            Action::Assign { user: Some(user) } => {
                people::users::get(tx, *user).await?;
            }
            Action::Comment { text } => {
                checks::name(tx, text, "the comment").map(drop)?;
            }
            Action::AddToProject { project } => {
                projects::require(tx, *project, Right::Edit).await?;
            }
            Action::SetField { field, value } => {
                let field = shown(tx, project, *field).await?;
                if matches!(field.kind, FieldKind::People | FieldKind::Reference) && value.is_some() {
                    return Err(Error::invalid(
                        "rule.field",
                        "a rule can only clear a field of people or tasks",
                    ));
                }
                if let Some(value) = value {
                    crate::csv::input(&field, checks::text(tx, value, "the value")?.as_str())?;
                }
            }
        }
    }
    Ok(())
}

async fn check_section(tx: &mut Tx, project: ProjectId, section: SectionId) -> Result<()> {
    if sections::get(tx, section).await?.project.id == project {
        return Ok(());
    }
    Err(Error::invalid("section.elsewhere", format!("the section {section} is not in this project")))
}

/// The field, which the project must show.
async fn shown(tx: &mut Tx, project: ProjectId, field: FieldId) -> Result<std::sync::Arc<fields::Field>> {
    let settings = fields::of_project(tx, project).await?;
    let found = settings.into_iter().find(|setting| setting.field.id == field);
    found.map(|setting| setting.field).ok_or_else(|| {
        Error::invalid("field.elsewhere", format!("the project does not show the field {field}"))
    })
}
