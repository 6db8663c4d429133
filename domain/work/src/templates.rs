//! Templates: a project that was saved to be made again, with its sections, its tasks, dates told from a start, and either people or
//! roles that are filled when a project is made of it. Comments and files are not part of it.
//!
//! A template belongs to whoever saved it. A public one is seen by its team, which can make projects of it.

pub(crate) mod api;
mod make;
mod outline;
pub(crate) mod pages;
mod save;
mod store;
#[cfg(test)]
mod tests;

pub use make::{NewFromTemplate, make, making};
pub use outline::*;
pub use save::{NewTemplate, People, save, saving};

use crate::checks;
use crate::names::Named;
use base::id::{AnyId, TeamId, UserId};
use base::{Error, Limit, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::{Value, json};

/// A template by name.
pub type TemplateName = Named<AnyId>;

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub notes: String,
    /// The team that sees it when it is public, and that its projects belong to.
    pub team: Option<TeamId>,
    /// A colour word.
    pub color: Option<String>,
    /// An icon word.
    pub icon: Option<String>,
    /// How its projects open.
    pub view: crate::projects::View,
    /// Whether its team sees it.
    pub is_public: bool,
    /// What it holds.
    pub outline: Outline,
    /// When it was saved.
    pub created_at: Time,
    /// Who saved it.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub modified_at: Time,
}

/// What changes about a template; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TemplateChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub notes: Option<String>,
    /// Whether its team sees it.
    pub is_public: Option<bool>,
    /// New names of roles.
    pub roles: Vec<TemplateRole>,
}

fn subject(template: AnyId) -> Subject {
    Subject::new("template", template)
}

fn unknown(template: AnyId) -> Error {
    Error::missing(
        "template.unknown",
        format!("There is no project template {template}, or you may not see it"),
    )
}

fn hidden(template: AnyId) -> Error {
    let what = format!("There is no project template {template}, or you may not see it");
    Error::missing("template.hidden", what)
}

fn enter(tx: &mut Tx, verb: &'static str, template: &Template, mut data: Value) {
    data["name"] = json!(template.name);
    let parents: Vec<Subject> = template.team.map(|team| Subject::new("team", team)).into_iter().collect();
    journal::enter(tx, verb, subject(template.id), &parents, data);
}

/// Checks that the actor is somebody who may make projects.
fn require_maker(tx: &Tx, right: Right) -> Result<()> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, right)
}

/// The teams of the actor, whose public templates they see; none when they see all.
async fn teams(tx: &mut Tx) -> Result<Option<Vec<TeamId>>> {
    match tx.actor().user.filter(|_| !rights::sees_all(tx)) {
        Some(me) => Ok(Some(people::teams::of_user(tx, me).await?.into_iter().map(|team| team.id).collect())),
        None => Ok(None),
    }
}

fn is_seen(tx: &Tx, template: &Template, teams: Option<&[TeamId]>) -> bool {
    let is_own = template.created_by.is_some() && template.created_by == tx.actor().user;
    let is_shared =
        |teams: &[TeamId]| template.is_public && template.team.is_none_or(|team| teams.contains(&team));
    is_own || teams.is_none_or(is_shared)
}

/// Lists the templates that the actor sees, by name; without what they hold.
pub async fn list(tx: &mut Tx) -> Result<Vec<Template>> {
    require_maker(tx, Right::View)?;
    let teams = teams(tx).await?;
    let most = tx.limits().count(Limit::UnpagedObjects);
    let mut found = store::all(tx, most).await?;
    found.retain(|template| is_seen(tx, template, teams.as_deref()));
    Ok(found)
}

/// Returns a template that the actor sees, with what it holds.
pub async fn get(tx: &mut Tx, template: AnyId) -> Result<Template> {
    require_maker(tx, Right::View)?;
    let teams = teams(tx).await?;
    let found = store::by_id(tx, template, false).await?.ok_or_else(|| unknown(template))?;
    if is_seen(tx, &found, teams.as_deref()) { Ok(found) } else { Err(hidden(template)) }
}

/// Whether the actor may change a template: whoever saved it, and administrators.
pub fn may_change(tx: &Tx, template: &Template) -> bool {
    let is_own = template.created_by.is_some() && template.created_by == tx.actor().user;
    is_own || rights::require_role(tx, Role::Admin).is_ok()
}

fn require_owner(tx: &Tx, template: &Template) -> Result<()> {
    require_maker(tx, Right::Edit)?;
    if may_change(tx, template) {
        return Ok(());
    }
    Err(Error::denied("template.not_own", "Only whoever saved a template can change it, and administrators"))
}

/// Changes a template: not what it holds; for that, a project is made of it, changed, and saved again.
pub async fn change(tx: &mut Tx, template: AnyId, change: TemplateChange) -> Result<Template> {
    let old = get(tx, template).await?;
    require_owner(tx, &old)?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = checks::name(tx, name, "the name")?;
    }
    if let Some(notes) = &change.notes {
        new.notes = checks::text(tx, notes, "the notes")?;
    }
    new.is_public = change.is_public.unwrap_or(old.is_public);
    for role in &change.roles {
        let name = checks::name(tx, &role.name, "the name of a role")?;
        let found = new.outline.roles.iter_mut().find(|found| found.id == role.id);
        found
            .ok_or_else(|| Error::invalid("template.role", format!("the template has no role {}", role.id)))?
            .name = name;
    }
    let roles = |template: &Template| json!(template.outline.roles);
    let differences = [
        ("name", json!(old.name), json!(new.name)),
        ("notes", json!(old.notes), json!(new.notes)),
        ("is_public", json!(old.is_public), json!(new.is_public)),
        ("roles", roles(&old), roles(&new)),
    ];
    let changed: Vec<_> = differences.into_iter().filter(|(_, was, is)| was != is).collect();
    if !changed.is_empty() {
        new.modified_at = tx.now();
        store::update(tx, &new).await?;
    }
    for (field, was, is) in changed {
        enter(tx, "template.changed", &new, json!({"field": field, "old": was, "new": is}));
    }
    Ok(new)
}

/// Deletes a template; projects that were made of it stay.
pub async fn delete(tx: &mut Tx, template: AnyId) -> Result<Template> {
    let found = get(tx, template).await?;
    require_owner(tx, &found)?;
    let now = tx.now();
    store::set_deleted(tx, template, Some(now)).await?;
    enter(tx, "template.deleted", &found, json!({}));
    Ok(found)
}

/// Takes a deleted template back.
pub async fn restore(tx: &mut Tx, template: AnyId) -> Result<Template> {
    require_maker(tx, Right::Edit)?;
    let found = store::by_id(tx, template, true).await?.filter(|found| may_change(tx, found));
    let found = found.ok_or_else(|| unknown(template))?;
    store::set_deleted(tx, template, None).await?;
    enter(tx, "template.restored", &found, json!({}));
    Ok(found)
}
