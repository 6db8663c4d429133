//! The button that has somebody told when an environment opens.

use crate::{environments, openings, words};
use axum::extract::State;
use axum::response::Response;
use base::Right;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui;
use web::{App, Auth, Form, Path, Result};

/// The button, as it is for who waits already and for who does not.
pub(super) fn button(name: &str, waits: bool) -> Markup {
    html! {
        form method="post" action={ "/environments/" (name) "/watch" } data-morph="#gate" {
            @if waits { button.btn.sm name="wait" value="false" aria-pressed="true" { (ui::icon("bell-off")) " Don’t tell me" } }
            @else { button.btn.sm name="wait" value="true" { (ui::icon("bell")) " Tell me when it opens" } }
        }
    }
}

/// Whether they want to be told.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    wait: bool,
}

/// Has somebody told, or takes that back.
pub(super) async fn set(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    if wish.wait {
        openings::wait(&mut tx, environment.id).await?;
    } else {
        openings::forget(&mut tx, environment.id).await?;
    }
    tx.commit().await?;
    let said = words::capital(&environment.name);
    let text = match wish.wait {
        true => format!("Your inbox will say when {} opens", environment.name),
        false => format!("{said} opens without telling you"),
    };
    Ok(ui::done(&format!("/environments/{}", environment.name), &text))
}
