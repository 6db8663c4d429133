//! What repositories look like as JSON, and what is sent of them.

use super::super::{CredentialKind, NewCredential, Pushers, State};
use crate::git::RefChange;
use base::id::RepositoryId;
use base::{Secret, Time};
use serde::{Deserialize, Deserializer, Serialize};

/// A repository.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Repository)]
pub(super) struct RepositoryView {
    /// Its id.
    #[schema(value_type = String)]
    pub(super) id: RepositoryId,
    /// Its name.
    pub(super) name: String,
    /// Where it is fetched from; of a hosted one the address to clone and push to.
    pub(super) url: String,
    /// Whether it is here and people push to it.
    pub(super) hosted: bool,
    /// Who may push to a hosted one besides those who were granted to edit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pushers: Option<Pushers>,
    /// Since when a hosted one takes no pushes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) archived_at: Option<Time>,
    /// The branch that `HEAD` means.
    pub(super) default_branch: Option<String>,
    /// What sort of credential is stored. The credential itself is never shown.
    pub(super) credential: Option<CredentialKind>,
    /// Seconds between two looks at the remote; 0 for never.
    pub(super) poll_seconds: u64,
    /// What is known of it.
    pub(super) state: State,
    /// Why it is unreadable.
    pub(super) problem: Option<String>,
    /// When it was tried last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) attempted_at: Option<Time>,
    /// When it was fetched last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) fetched_at: Option<Time>,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Time,
    /// Where pushes are announced; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hook: Option<HookView>,
}

/// Where pushes are announced. Shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RepositoryHook)]
pub(super) struct HookView {
    /// The address to give to the hosting service.
    pub(super) url: String,
    /// The secret to give to it.
    pub(super) secret: String,
}

/// What a fetch found.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RepositoryFetched)]
pub(super) struct FetchedView {
    /// The repository as it is now.
    pub(super) repository: RepositoryView,
    /// How many refs changed.
    pub(super) count: usize,
    /// The first of them.
    pub(super) changes: Vec<RefChange>,
}

/// What is to be registered.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRepository)]
pub(super) struct NewBody {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub(super) name: String,
    /// https://host/path, ssh://user@host/path, user@host:path; for administrators also an absolute path on the server. Not of a hosted one.
    #[serde(default)]
    pub(super) url: String,
    /// Whether it is to be here, for people to push to.
    #[serde(default)]
    pub(super) hosted: bool,
    /// Who may push to a hosted one; members when absent.
    pub(super) pushers: Option<Pushers>,
    /// The default branch, when it is not to be the remote's.
    pub(super) default_branch: Option<String>,
    /// What proves that Signalbox may read it.
    pub(super) credential: Option<NewCredential>,
    /// Seconds between two looks at the remote, 10 to 604800, or 0 for never; 60 when absent.
    pub(super) poll_seconds: Option<u64>,
}

/// What is to change; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = RepositoryChange)]
pub(super) struct ChangeBody {
    /// Its name.
    pub(super) name: Option<String>,
    /// Where it is fetched from. Another host loses the stored credential.
    pub(super) url: Option<String>,
    /// The default branch; null for the remote's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub(super) default_branch: Option<Option<String>>,
    /// The credential; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<NewCredential>)]
    pub(super) credential: Option<Option<NewCredential>>,
    /// Seconds between two looks at the remote.
    pub(super) poll_seconds: Option<u64>,
    /// Who may push to a hosted one.
    pub(super) pushers: Option<Pushers>,
    /// Whether a hosted one takes no pushes.
    pub(super) archived: Option<bool>,
}

/// What must be said to remove a hosted repository.
#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct Confirmed {
    /// The name of the repository, again, when it is hosted: nothing brings its commits back.
    pub(super) confirm: Option<String>,
}

/// What a new hook is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRepositoryHook)]
pub(super) struct HookBody {
    /// The secret, when the sender gives it out itself (GitLab's signing token); otherwise one is made.
    #[schema(value_type = Option<String>)]
    pub(super) secret: Option<Secret>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}
