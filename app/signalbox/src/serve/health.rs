//! Liveness, readiness and figures for Prometheus.

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::{Actor, Error, Role, Stopwatch};
use http::{StatusCode, header};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::LazyLock;
use web::{App, Maybe, Problem};

static FIGURES: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    let builder = PrometheusBuilder::new().set_buckets(&buckets).ok()?;
    builder.install_recorder().ok()
});

/// The routes that machines watch.
pub(super) fn routes() -> Router<App> {
    LazyLock::force(&FIGURES);
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
}

/// Ready means that the database answers and no stop was asked for.
async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if *app.stop.borrow() {
        return Err(Error::unavailable("server.stopping", "the server is stopping").into());
    }
    let mut tx = app.db.read(&Actor::system()).await?;
    journal::head(&mut tx).await?;
    Ok("ready\n")
}

/// On loopback without a token; elsewhere for administrators.
async fn figures(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Maybe(actor): Maybe,
) -> Result<Response, Problem> {
    let is_admin = actor.is_some_and(|actor| actor.role == Role::Admin);
    if !peer.ip().is_loopback() && !is_admin {
        return Err(Error::unauthenticated("metrics.closed", "figures need an administrator's token").into());
    }
    let mut tx = app.db.read(&Actor::system()).await?;
    let chores = chores::counts(&mut tx).await?;
    let head = journal::head(&mut tx).await?;
    drop(tx);
    metrics::gauge!("signalbox_chores", "state" => "ready").set(chores.ready as f64);
    metrics::gauge!("signalbox_chores", "state" => "running").set(chores.running as f64);
    metrics::gauge!("signalbox_chores", "state" => "dead").set(chores.dead as f64);
    metrics::counter!("signalbox_journal_entries").absolute(u64::try_from(head).unwrap_or(0));
    metrics::gauge!("signalbox_live_streams").set(web::live::open_streams() as f64);
    let text = FIGURES.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Counts requests and their time by route (not by address, which would grow without end) and class of status.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let class = format!("{}xx", response.status().as_u16() / 100);
    metrics::counter!("signalbox_requests", "route" => route.clone(), "status" => class).increment(1);
    metrics::histogram!("signalbox_request_seconds", "route" => route).record(watch.elapsed().as_secs_f64());
    response
}
