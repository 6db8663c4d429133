//! The workspace: the one row that people, teams and projects belong to. It is made at the first start.

mod store;

use crate::rights;
use base::id::WorkspaceId;
use base::{Error, Limit, Result, Role};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// The workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name, usually the company's.
    pub name: String,
    /// The domains of its people's addresses.
    pub email_domains: Vec<String>,
}

/// The workspace.
pub async fn current(tx: &mut Tx) -> Result<Workspace> {
    store::current(tx)
        .await?
        .ok_or_else(|| Error::unavailable("workspace.missing", "Signalbox has not been set up yet"))
}

/// Gives the workspace another name. For administrators.
pub async fn rename(tx: &mut Tx, name: &str) -> Result<Workspace> {
    rights::require_role(tx, Role::Admin)?;
    let name = valid_name(tx, name)?;
    let mut workspace = current(tx).await?;
    if workspace.name != name {
        let old = std::mem::replace(&mut workspace.name, name);
        store::rename(tx, &workspace).await?;
        let data = json!({"name": workspace.name, "old_name": old});
        journal::enter(tx, "workspace.renamed", Subject::new("workspace", workspace.id.0), &[], data);
    }
    Ok(workspace)
}

/// Makes the workspace unless it is there.
pub(crate) async fn make(tx: &mut Tx, name: &str) -> Result<Workspace> {
    if let Some(workspace) = store::current(tx).await? {
        return Ok(workspace);
    }
    let workspace = Workspace { id: tx.new_id(), name: valid_name(tx, name)?, email_domains: Vec::new() };
    store::insert(tx, &workspace).await?;
    let data = json!({"name": workspace.name});
    journal::enter(tx, "workspace.created", Subject::new("workspace", workspace.id.0), &[], data);
    Ok(workspace)
}

/// Makes changes that depend on everybody's roles wait for one another.
pub(crate) async fn lock(tx: &mut Tx) -> Result<()> {
    store::lock(tx).await
}

/// Counts the domain of a new address among the workspace's.
pub(crate) async fn learn_domain(tx: &mut Tx, email: &str) -> Result<()> {
    let Some((_, domain)) = email.rsplit_once('@') else { return Ok(()) };
    let domain = domain.to_lowercase();
    let mut workspace = current(tx).await?;
    if domain != "localhost" && !workspace.email_domains.contains(&domain) {
        workspace.email_domains.push(domain);
        store::set_domains(tx, &workspace).await?;
    }
    Ok(())
}

fn valid_name(tx: &Tx, name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::invalid("workspace.name", "A workspace needs a name, without line breaks"));
    }
    tx.limits().check(Limit::NameChars, name.chars().count(), "the name")?;
    Ok(name.to_owned())
}
