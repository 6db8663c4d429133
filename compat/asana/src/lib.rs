#![doc = include_str!("../README.md")]

mod attachments;
mod batch;
mod call;
mod custom_fields;
mod dispatch;
mod download;
mod events;
mod gate;
mod jobs;
mod memberships;
mod project_templates;
mod projects;
mod relations;
mod routes;
mod rule_triggers;
mod search;
mod sections;
mod show;
mod status_updates;
mod stories;
mod tags;
mod tasks;
mod teams;
#[cfg(test)]
mod tests;
mod typeahead;
mod upload;
mod user_task_lists;
mod users;
mod webhooks;
mod wire;
mod workspaces;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::routing::any;
use call::Shared;
use chores::{Chore, Handler};
use journal::Follower;
use notify::Outgoing;
use std::sync::Arc;
use web::{App, TargetPolicy};

/// The whole API; the application mounts it at `/api/1.0`.
pub fn routes(app: &App) -> Router<App> {
    let shared = Arc::new(Shared::new(outgoing(app)));
    let serve = move |State(app): State<App>, request: Request| {
        let shared = Arc::clone(&shared);
        async move { dispatch::serve(app, &shared, request).await }
    };
    // Bodies have limits of their own here, whose refusals these clients understand.
    Router::new().route("/", any(serve.clone())).fallback(serve).layer(DefaultBodyLimit::disable())
}

/// The chores of this facade: sending the letters of webhooks.
pub fn chores(app: &App) -> Vec<Handler> {
    let (app, outgoing) = (app.clone(), outgoing(app));
    let deliver = Handler::new(work::webhooks::CHORE, move |chore: Chore| {
        let (app, outgoing) = (app.clone(), outgoing.clone());
        async move { webhooks::deliver(&app, &outgoing, webhooks::in_payload(&chore.payload)?).await }
    });
    vec![deliver]
}

/// The followers of this facade: writing down what webhooks will send, in this API's own form.
pub fn followers(_: &App) -> Vec<Follower> {
    vec![work::webhooks::follower(events::compact)]
}

fn outgoing(app: &App) -> Outgoing {
    // Without a policy no private network is open.
    let policy = app.part::<TargetPolicy>().cloned().unwrap_or_default();
    Outgoing::new(policy, &app.limits).expect("an HTTP client without certificates of its own can be made")
}
