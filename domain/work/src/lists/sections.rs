//! The sections of the actor's own list. A list always has at least one.

use super::{ensure, own, store, told};
use crate::names::{Place, SectionName};
use crate::{checks, rank};
use base::id::{AnyId, SectionId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use serde_json::json;

/// The actor's list and its sections in order, with their ranks.
async fn all(tx: &mut Tx) -> Result<(AnyId, Vec<(SectionName, String)>)> {
    people::rights::require_scope(tx, Right::Edit)?;
    let me = own(tx)?;
    let list = ensure(tx, me).await?.id;
    Ok((list, store::ranked(tx, list).await?))
}

fn find(all: &[(SectionName, String)], section: SectionId) -> Result<usize> {
    let found = all.iter().position(|(found, _)| found.id == section);
    found.ok_or_else(|| {
        Error::missing("section.unknown", format!("There is no section {section} in your list"))
    })
}

/// Adds a section at the end.
pub async fn add(tx: &mut Tx, name: &str) -> Result<SectionName> {
    let (list, all) = all(tx).await?;
    tx.limits().check(Limit::SectionsPerProject, all.len() + 1, "the list")?;
    let name = checks::name(tx, name, "the name")?;
    let last = all.last().map(|(_, rank)| rank.as_str());
    let id = store::insert_section(tx, list, &name, &rank::between(last, None)?).await?;
    told(tx, json!({"field": "sections", "added": {"id": id, "name": name}}))?;
    Ok(SectionName::new(id, name))
}

/// Renames a section.
pub async fn rename(tx: &mut Tx, section: SectionId, name: &str) -> Result<()> {
    let (_, all) = all(tx).await?;
    let old = all[find(&all, section)?].0.name.clone();
    let name = checks::name(tx, name, "the name")?;
    store::rename_section(tx, section, &name).await?;
    told(tx, json!({"field": "sections", "id": section, "old": old, "new": name}))
}

/// Puts a section before or after another, first or last.
pub async fn put(tx: &mut Tx, section: SectionId, place: Place<SectionId>) -> Result<()> {
    let (_, mut all) = all(tx).await?;
    let moved = all.remove(find(&all, section)?);
    let at = match place {
        Place::First => 0,
        Place::Last => all.len(),
        Place::Before(anchor) if anchor == section => return Ok(()),
        Place::After(anchor) if anchor == section => return Ok(()),
        Place::Before(anchor) => find(&all, anchor)?,
        Place::After(anchor) => find(&all, anchor)? + 1,
    };
    let rank_at = |at: Option<usize>| at.and_then(|at| all.get(at)).map(|(_, rank)| rank.as_str());
    let rank = rank::between(rank_at(at.checked_sub(1)), rank_at(Some(at)))?;
    store::rank_section(tx, section, &rank).await?;
    told(tx, json!({"field": "sections", "moved": moved.0}))
}

/// Deletes a section; its tasks go to the first of the others.
pub async fn delete(tx: &mut Tx, section: SectionId) -> Result<()> {
    let (_, mut all) = all(tx).await?;
    let (gone, _) = all.remove(find(&all, section)?);
    let Some((first, _)) = all.first() else {
        return Err(Error::invalid("section.last", "A list keeps at least one section"));
    };
    store::empty_section(tx, section, first.id).await?;
    store::delete_section(tx, section).await?;
    told(tx, json!({"field": "sections", "removed": gone}))
}
