//! Pages: one environment with its gate, locks and deployments; and the way from a deployment or lock to its task.

use crate::deployments::{self, Deployment, Filter};
use crate::environments;
use crate::gate::load::{self, Question};
use crate::locks::{self, Lock};
use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::get;
use base::Right;
use base::id::{DeploymentId, TaskId};
use maud::{Markup, html};
use web::{App, Auth, Path, Result, ui};

/// Deployments that the page of an environment lists.
const LISTED: usize = 30;

/// The routes of these pages.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/environments/{name}", get(environment))
        .route("/deployments/{id}", get(deployment))
        .route("/locks/{task}", get(lock))
}

async fn environment(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    let decision = load::ask(&mut tx, &environment, &Question::default()).await?;
    let locks = locks::list(&mut tx, environment.id).await?;
    let filter = Filter { environment: Some(environment.id), limit: LISTED, ..Filter::default() };
    let recent = deployments::list(&mut tx, &filter).await?;
    Ok(ui::page(
        &actor,
        &environment.name,
        html! {
            section.gate id="gate" aria-live="polite" {
                div.gate-say { p.lead { (decision.sentence) } }
            }
            section.block id="locks" {
                div.block-head { h2 { "Locks" } }
                @if locks.is_empty() { (ui::empty("No lock holds this environment.")) }
                ul.rows { @for lock in &locks { (lock_row(lock)) } }
            }
            section.block id="history" {
                div.block-head { h2 { "Deployments" } }
                @if recent.is_empty() { (ui::empty("Nothing was deployed here yet.")) }
                ul.rows { @for deployment in &recent { (deployment_row(deployment)) } }
            }
        },
    ))
}

fn lock_row(lock: &Lock) -> Markup {
    html! {
        li.lockrow {
            div {
                a.plain.strong href={ "/tasks/" (lock.task) } { (lock.title) }
                p.why {
                    (lock.owner_name.as_deref().unwrap_or("Nobody is responsible"))
                    ", since " (ui::time(lock.since))
                    @if let Some(until) = lock.until { ", ends by itself " (ui::time(until)) }
                    @if let Some(attempts) = lock.attempts { ", stopped " (attempts.count) " deployments" }
                }
            }
        }
    }
}

fn deployment_row(deployment: &Deployment) -> Markup {
    html! {
        li.lockrow {
            div {
                a.plain.strong href={ "/deployments/" (deployment.id) } {
                    "Deployment " (deployment.number) " of " (deployment.short_commit())
                }
                p.why { (deployment.state) ", " (deployment.requested_by_name) ", " (ui::time(deployment.requested_at)) }
            }
        }
    }
}

async fn deployment(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let deployment = deployments::get(&mut tx, id).await?;
    let environment = environments::get(&mut tx, deployment.environment).await?;
    let title = format!("Deployment {}", deployment.number);
    Ok(ui::page(
        &actor,
        &title,
        html! {
            section.block {
                div.block-head { h2 { (deployment.short_commit()) " to " (environment.name) } }
                p { (deployment.state) ", asked for by " (deployment.requested_by_name) " " (ui::time(deployment.requested_at)) }
                p {
                    a href={ "/environments/" (environment.name) } { (environment.name) } " "
                    @if let Some(task) = deployment.task { a href={ "/tasks/" (task) } { "Its task" } " " }
                    a href={ "/api/v1/deployments/" (deployment.id) "/log" } { "Its log" }
                }
                @if let Some(reason) = &deployment.reason { p { (reason) } }
            }
        },
    ))
}

/// A lock is its task; this address is for whoever has only the lock's.
async fn lock(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Redirect> {
    let mut tx = app.db.read(&actor).await?;
    let lock = locks::get(&mut tx, task).await?;
    Ok(Redirect::to(&format!("/tasks/{}", lock.task)))
}
