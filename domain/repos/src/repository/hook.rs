//! Hooks: the address that names a repository to its hosting service, and the secret that proves a push.
//!
//! The address is kept as a hash, the secret sealed: neither can be read back, so a lost one is renewed.

use super::{Repository, require_owner, store, view};
use crate::sealing::Sealing;
use base::id::RepositoryId;
use base::{Error, Result, Secret};
use db::Tx;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Where pushes are announced, and the secret that proves them. Shown once.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Names the repository in the path.
    pub token: String,
    /// What the sender signs with.
    pub secret: Secret,
}

/// Makes a new address for pushes; the old one ends at once. `secret` is what the sender gave out itself, if it did.
pub async fn renew_hook(tx: &mut Tx, sealing: &Sealing, name: &str, secret: Option<Secret>) -> Result<Hook> {
    let repository = view(tx, name).await?;
    require_owner(tx, &repository)?;
    if repository.hosted {
        return Err(super::hosted::only(
            "Pushes to a hosted repository are noticed as they come; nobody has to announce them",
        ));
    }
    if secret.as_ref().is_some_and(|secret| !(16..=500).contains(&secret.reveal().len())) {
        return Err(Error::invalid(
            "hook.secret",
            "a secret has 16 to 500 characters; leave it out to have one made",
        ));
    }
    let (hook, hash, sealed) = new(sealing, repository.id, secret);
    store::set_hook(tx, repository.id, &hash, sealed).await?;
    journal::enter(
        tx,
        "repository.changed",
        repository.subject(),
        &[],
        json!({"name": repository.name, "hook": "renewed"}),
    );
    Ok(hook)
}

/// The repository that a hook's token names, with the secret that proves a push. Checks no right: the token is the right.
pub(crate) async fn by_hook(tx: &mut Tx, sealing: &Sealing, token: &str) -> Result<(Repository, Secret)> {
    let unknown = || Error::missing("hook.unknown", "there is no hook at this address");
    let repository = store::by_hook(tx, &hash_of(token)).await?.ok_or_else(unknown)?;
    if repository.hosted {
        return Err(unknown());
    }
    let hidden = store::hidden(tx, repository.id).await?;
    let secret = sealing.unseal(&hook_purpose(repository.id), &hidden.hook_secret)?;
    Ok((repository, secret))
}

fn hash_of(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hook_purpose(id: RepositoryId) -> String {
    format!("repository {id} hook")
}

pub(super) fn new(sealing: &Sealing, id: RepositoryId, secret: Option<Secret>) -> (Hook, String, Vec<u8>) {
    let secret = secret.unwrap_or_else(|| Secret::new(base::random::word::<40>()));
    let sealed = sealing.seal(&hook_purpose(id), &secret);
    let token = base::random::word::<32>();
    let hash = hash_of(&token);
    (Hook { token, secret }, hash, sealed)
}
