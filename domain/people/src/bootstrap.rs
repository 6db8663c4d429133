//! The first start: the workspace, the team of everyone and the first administrator.

use crate::passwords::PasswordHash;
use crate::users::{NewUser, User};
use crate::{links, teams, tokens, users, workspace};
use base::{Error, Result, Role, Secret};
use db::Tx;

/// What the environment says about the first start.
#[derive(Clone, Debug, Default)]
pub struct FirstStart {
    /// The workspace's name; without one it is "Signalbox".
    pub workspace: Option<String>,
    /// The first administrator's address; without one it is admin@localhost.
    pub email: Option<String>,
    /// Their password, hashed before the transaction.
    pub password: Option<PasswordHash>,
    /// A token of theirs, taken as it is.
    pub token: Option<Secret>,
}

/// How the first start went.
#[derive(Clone, Debug)]
pub enum Bootstrap {
    /// There are people already; the environment was not looked at.
    Already,
    /// The first administrator was made from the environment.
    Made(User),
    /// Nobody is here and nobody was named: whoever opens `/setup/{this}` becomes the first administrator.
    Link(Secret),
}

/// Makes what a new Signalbox needs; on every later start this finds it there. For the program itself.
pub async fn first_start(tx: &mut Tx, given: FirstStart) -> Result<Bootstrap> {
    if !tx.actor().is_system() {
        return Err(Error::denied("bootstrap.system", "Only the program itself starts for the first time"));
    }
    // Several nodes may start at once; the others wait here and then find everything done.
    tx.batch("/*pg: lock table workspace in exclusive mode */").await?;
    workspace::make(tx, given.workspace.as_deref().unwrap_or("Signalbox")).await?;
    if teams::everyone(tx).await.is_err() {
        teams::make_everyone(tx).await?;
    }
    if !users::is_nobody_here(tx).await? {
        return Ok(Bootstrap::Already);
    }
    if given.email.is_none() && given.password.is_none() && given.token.is_none() {
        return links::make_setup(tx).await.map(Bootstrap::Link);
    }
    let email = given.email.unwrap_or_else(|| "admin@localhost".to_owned());
    let admin =
        users::create(tx, NewUser { email, name: None, role: Role::Admin, password: given.password }).await?;
    if let Some(token) = given.token {
        let new = tokens::NewToken { name: "first start".to_owned(), scopes: None, expires_at: None };
        tokens::create_given(tx, admin.id, new, &token).await?;
    }
    Ok(Bootstrap::Made(admin))
}
