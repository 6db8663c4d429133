//! Who acts, through which door, and what a right is.

use crate::id::{TokenId, UserId};

crate::text_enum! {
    /// What a person is in the workspace.
    pub enum Role {
        /// May do everything but grant what nobody has.
        Admin = "admin",
        /// Sees what is public to the workspace and makes projects.
        Member = "member",
        /// Sees only what was shared with them.
        Guest = "guest",
    }
}

crate::text_enum! {
    /// Through which door something came; stories and the audit log show it.
    pub enum Door {
        /// The web interface.
        Web = "web",
        /// A token, at any API.
        Api = "api",
        /// The program itself: reactions, chores, expiry.
        System = "system",
        /// A public form.
        Form = "form",
    }
}

crate::text_enum! {
    /// What somebody may do to a project, an environment, a job or the workspace.
    pub enum Right {
        /// See it.
        View = "view",
        /// Comment on it.
        Comment = "comment",
        /// Change it.
        Edit = "edit",
        /// Change who may do what.
        Admin = "admin",
        /// Start and drive deployments.
        Deploy = "deploy",
        /// Place and release locks.
        Lock = "lock",
        /// Pass a named blocker.
        Override = "override",
        /// Read the output of runs.
        Log = "log",
        /// Start, cancel and repeat runs of a job.
        Run = "run",
        /// Pause and resume the schedules of a job.
        Schedule = "schedule",
        /// Set and remove the secrets of a job.
        Secrets = "secrets",
    }
}

/// Who acts. Made by the door that authenticated them; verbs check it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The person or machine account; none for the program itself and for strangers.
    pub user: Option<UserId>,
    /// The name to show.
    pub name: String,
    /// What they are in the workspace.
    pub role: Role,
    /// Through which door they came.
    pub door: Door,
    /// The token used, if any.
    pub token: Option<TokenId>,
    /// The rights that the token is limited to; `None` when it is not limited.
    pub scopes: Option<Vec<Right>>,
    /// The id of the request they came with, for the journal.
    pub request: Option<String>,
    /// The `Idempotency-Key` that the request came with: the first write transaction of this actor takes it.
    pub once: Option<String>,
}

impl Actor {
    /// The program itself: reactions, chores, expiry. It may do everything.
    pub fn system() -> Self {
        Self {
            user: None,
            name: "Signalbox".to_owned(),
            role: Role::Admin,
            door: Door::System,
            token: None,
            scopes: None,
            request: None,
            once: None,
        }
    }

    /// A stranger with a form: may do only what the form's verb allows.
    pub fn stranger() -> Self {
        Self {
            user: None,
            name: "A form".to_owned(),
            role: Role::Guest,
            door: Door::Form,
            token: None,
            scopes: None,
            request: None,
            once: None,
        }
    }

    /// Whether this is the program itself.
    pub fn is_system(&self) -> bool {
        self.door == Door::System
    }

    /// Whether the token (if any) lets them use `right` at all; the verb checks the rest.
    pub fn token_allows(&self, right: Right) -> bool {
        match &self.scopes {
            None => true,
            // A token that may change things may look at them: a deploy token has to read the gate.
            Some(scopes) => scopes.contains(&right) || (right == Right::View && !scopes.is_empty()),
        }
    }
}
