//! What administrators do with agents.

use super::list::{invitation, shown};
use crate::agents::{self, NewInvitation};
use axum::extract::State;
use axum::response::Response;
use base::id::AgentId;
use maud::{Markup, html};
use people::rights;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Path, Result};

/// Makes a registration token, and shows it once.
pub(super) async fn invite(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.write(&frame.actor).await?;
    let (token, _) = agents::invite(&mut tx, NewInvitation::default()).await?;
    tx.commit().await?;
    shown(&app, &frame, Some(invitation(&app, &token))).await
}

async fn set_draining(app: &App, actor: &base::Actor, id: AgentId, draining: bool) -> Result<Response> {
    let mut tx = app.db.write(actor).await?;
    let agent = agents::set_draining(&mut tx, id, draining).await?;
    tx.commit().await?;
    let text = match draining {
        true => format!("{} ends what it does and gets no more", agent.machine.name),
        false => format!("{} gets work again", agent.machine.name),
    };
    Ok(ui::done("/agents", &text))
}

/// An agent gets no more work.
pub(super) async fn drain(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<AgentId>,
) -> Result<Response> {
    set_draining(&app, &actor, id, true).await
}

/// An agent gets work again.
pub(super) async fn undrain(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<AgentId>,
) -> Result<Response> {
    set_draining(&app, &actor, id, false).await
}

/// Asks first, because what it does is lost.
pub(super) async fn remove_form(
    State(app): State<App>,
    Path(id): Path<AgentId>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    rights::require_admin(&mut tx).await?;
    let agent = agents::get(&mut tx, id).await?;
    let name = &agent.machine.name;
    let content = html! {
        form.stack method="post" action={ "/agents/" (id) "/remove" } data-morph {
            p { "Its token is void at once, and what it is doing is lost. To let it end its work, drain it first." }
            (ui::refusal())
            div.row { button.btn.danger { "Remove " (name) } a.btn.quiet href="/agents" { "Cancel" } }
        }
    };
    Ok(frame.page(Page::new(format!("Remove {name}")).crumb("Agents", "/agents").reading(content)))
}

/// Removes it.
pub(super) async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<AgentId>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    agents::remove(&mut tx, id).await?;
    tx.commit().await?;
    Ok(ui::done("/agents", "The agent is removed"))
}
