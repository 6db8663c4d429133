//! What the API and the pages do alike before and around the verbs: asking the network, outside of any transaction.

use super::NewHosted;
use crate::git::{Fetched, Source};
use crate::{Mirrors, Repository, repository};
use base::{Actor, Error, Kind, Role};
use std::time::Duration;
use web::App;

/// A host whose name is not found so quickly is left to the first fetch to judge.
const LOOKUP: Duration = Duration::from_secs(2);

/// Refuses a private host at once rather than at the first fetch, which checks again. Outside any transaction.
pub(super) async fn check_target(mirrors: &Mirrors, actor: &Actor, address: &str) -> base::Result<()> {
    if actor.role == Role::Guest {
        // The verb refuses them; the server looks up no names for them.
        return Ok(());
    }
    let source = Source::parse(address)?;
    let Some((host, port)) = source.host() else { return Ok(()) };
    match tokio::time::timeout(LOOKUP, mirrors.policy().addresses(host, port)).await {
        Ok(Err(error)) if error.kind() == Kind::Invalid => Err(error),
        _ => Ok(()),
    }
}

/// Fetches a repository that the actor sees, and returns what changed and how it is now.
pub(super) async fn fetch_now(app: &App, actor: &Actor, name: &str) -> base::Result<(Fetched, Repository)> {
    let found = repository::view(&mut app.db.read(actor).await?, name).await?;
    let fetched =
        app.part::<Mirrors>()?.fetch(&app.db, found.id).await.map_err(|error| match error.kind() {
            // It is the remote that is down, not this server.
            Kind::Unavailable => {
                Error::conflict("repository.unreadable", format!("{name} cannot be read: {error}"))
            }
            _ => error,
        })?;
    let now = repository::view(&mut app.db.read(actor).await?, &found.name).await?;
    Ok((fetched, now))
}

/// Makes a hosted repository, and its folder at once.
pub(crate) async fn make(app: &App, actor: &Actor, new: NewHosted) -> base::Result<Repository> {
    let mirrors = app.part::<Mirrors>()?;
    let mut tx = app.db.write(actor).await?;
    let made = repository::create(&mut tx, mirrors.sealing(), new).await?;
    tx.commit().await?;
    if let Err(error) = mirrors.fetch(&app.db, made.id).await {
        // It is there; the chore that was left makes its folder, and so does whoever uses it first.
        tracing::warn!(?error, "the folder of {} could not be made yet", made.name);
    }
    Ok(made)
}
