//! Running rules: a follower of the journal.

use super::matching::{matches, may_matter};
use super::{Action, CHAIN_MAX, Rule, store};
use crate::fields::Input;
use crate::names::{Place, Text};
use crate::stories::{self, NewComment};
use crate::tasks::{self, TaskChange};
use crate::{entries, fields, projects};
use base::id::{ProjectId, RuleId, TaskId};
use base::{Actor, Error, Kind, Result, Right};
use db::Tx;
use journal::{Entry, Follower};
use std::sync::Arc;

/// The mark that what a rule does leaves in the journal: `rule:` and the chain of rules that led there.
const MARK: &str = "rule:";

/// The rules that led to an entry, the first one first.
fn chain(entry: &Entry) -> Vec<i64> {
    let marked = entry.request.as_deref().and_then(|request| request.strip_prefix(MARK));
    marked.unwrap_or_default().split(',').filter_map(|id| id.parse().ok()).collect()
}

fn wants(entry: &Entry) -> bool {
    may_matter(entry) && chain(entry).len() < CHAIN_MAX
}

/// The follower that runs the rules.
pub(crate) fn follower() -> Follower {
    Follower { name: "work.rules", wants, act: Arc::new(|tx, entry| Box::pin(act(tx, entry))) }
}

async fn act(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let Some(task) = entries::task(entry) else { return Ok(()) };
    let ran = chain(entry);
    let projects =
        entry.parents.iter().filter(|parent| parent.kind == "project").map(|parent| ProjectId(parent.id));
    for project in projects {
        for rule in store::in_force(tx, project).await? {
            if matches(&rule.trigger, project, entry) && !ran.contains(&rule.id.0) {
                run(tx, &rule, task, &ran).await?;
            }
        }
    }
    Ok(())
}

/// Runs a rule on a task of its project now, whatever it waits for otherwise; returns the rule with what went wrong, if anything did.
pub async fn by_hand(tx: &mut Tx, rule: RuleId, task: TaskId) -> Result<Rule> {
    let rule = super::get(tx, rule).await?;
    projects::require(tx, rule.project, Right::Edit).await?;
    tasks::get(tx, task).await?;
    if tasks::store::seat(tx, task, rule.project).await?.is_none() {
        return Err(Error::invalid("rule.elsewhere", "the task is not in the project of the rule"));
    }
    if !rule.is_enabled {
        return Err(Error::invalid("rule.disabled", format!("the rule {} is not in force", rule.name)));
    }
    run(tx, &rule, task, &[]).await?;
    super::get(tx, rule.id).await
}

async fn run(tx: &mut Tx, rule: &Rule, task: TaskId, ran: &[i64]) -> Result<()> {
    // The entry may be old, and told of to the projects of the task's parents too.
    let there = tasks::store::by_id(tx, task).await?.is_some_and(|task| task.deleted_at.is_none());
    if !there || tasks::store::seat(tx, task, rule.project).await?.is_none() {
        return Ok(());
    }
    let ids: Vec<String> = ran.iter().chain([&rule.id.0]).map(ToString::to_string).collect();
    let request = Some(format!("{MARK}{}", ids.join(",")));
    let before = tx.become_actor(Actor { name: format!("Rule: {}", rule.name), request, ..Actor::system() });
    let mut done = Ok(());
    for action in &rule.actions {
        done = carry_out(tx, rule, task, action).await;
        if done.is_err() {
            break;
        }
    }
    tx.become_actor(before);
    match done {
        Ok(()) => store::record_run(tx, rule.id, None).await,
        Err(error) if is_its_own_fault(&error) => store::record_run(tx, rule.id, Some(error.message())).await,
        Err(error) => Err(error),
    }
}

/// Whether it would go wrong again: the section was deleted, the person was deactivated. Anything else is tried again. Every action is
/// one verb, each of which refuses before it writes, so what was done before it stays and nothing is done by half.
fn is_its_own_fault(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Denied | Kind::Missing | Kind::Conflict)
        && error.code() != "db.constraint"
}

async fn carry_out(tx: &mut Tx, rule: &Rule, task: TaskId, action: &Action) -> Result<()> {
    match action {
        Action::MoveToSection { section } => {
            let seat = tasks::store::seat(tx, task, rule.project).await?;
            if seat.is_some_and(|seat| seat.section == *section) {
                return Ok(());
            }
            tasks::add_to_section(tx, task, *section, Some(Place::First)).await
        }
        Action::Assign { user } => {
            let change = TaskChange { assignee: Some(*user), ..TaskChange::default() };
            tasks::change(tx, task, change).await.map(drop)
        }
        Action::Comment { text } => {
            let new = NewComment { text: Text::Plain(text.clone()), ..NewComment::default() };
            stories::comment(tx, task, new).await.map(drop)
        }
        Action::Complete => tasks::complete(tx, task).await.map(drop),
        Action::AddToProject { project } => match tasks::store::seat(tx, task, *project).await? {
            Some(_) => Ok(()),
            None => tasks::add_to_project(tx, task, *project, None, None).await,
        },
        Action::SetField { field, value } => {
            let input = match value {
                None => Input::Clear,
                Some(value) => crate::csv::input(&fields::get(tx, *field).await?, value)?,
            };
            let change = TaskChange { fields: vec![(*field, input)], ..TaskChange::default() };
            tasks::change(tx, task, change).await.map(drop)
        }
    }
}
