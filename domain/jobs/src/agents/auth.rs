//! Who speaks for an agent: whoever has its token.

use super::{Agent, store};
use axum::extract::FromRequestParts;
use base::{Actor, Door, Error};
use http::header::AUTHORIZATION;
use http::request::Parts;
use web::{App, Problem};

/// An agent that proved which one it is.
#[derive(Clone, Debug)]
pub struct AgentAuth(pub Agent);

impl AgentAuth {
    /// In whose name the reports of the agent are entered: the program's own, under the agent's name.
    pub fn actor(&self) -> Actor {
        Actor { name: format!("Agent {}", self.0.machine.name), door: Door::System, ..Actor::system() }
    }
}

fn void() -> Error {
    Error::unauthenticated(
        "agent.unknown",
        "This token belongs to no agent, or to one that was removed: register again",
    )
}

impl FromRequestParts<App> for AgentAuth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).ok_or_else(void)?;
        let hash = crate::digest::hex(token.as_bytes());
        let mut tx = app.db.read(&Actor::system()).await?;
        let agent = store::by_token(&mut tx, &hash).await?.filter(|agent| agent.gone_at.is_none());
        Ok(Self(agent.ok_or_else(void)?))
    }
}
