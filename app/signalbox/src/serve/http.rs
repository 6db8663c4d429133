//! The router and the listener.

use super::wiring::Work;
use super::{audit, audit_page, health, home, settings, test_clock, wiring};
use crate::cli::Serve;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Json, Router};
use axum_server::Handle;
use base::{Error, Limit, Limits, Result};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use web::{App, middleware};

/// How long requests that were begun may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Every door of the server.
pub(super) fn router(app: App, clock: Option<Work>) -> Router {
    let (native, document) = wiring::native_api().merge(audit::api()).split_for_parts();
    let document = web::api::document(document);
    let native = native
        .route("/openapi.json", get(move || async move { Json(document.clone()) }))
        .fallback(middleware::not_found)
        .method_not_allowed_fallback(middleware::wrong_method)
        .layer(from_fn_with_state(app.clone(), middleware::once));
    let mut router = Router::new()
        .nest("/api/v1", native)
        .nest("/api/1.0", wiring::asana_api(&app))
        // A nested router does not take the bare prefix with its slash: scripts with an empty path see an envelope too.
        .route_service("/api/1.0/", wiring::asana_api(&app).with_state(app.clone()))
        .nest("/bamboo", wiring::bamboo_api(&app))
        .merge(wiring::pages())
        .merge(wiring::hooks())
        .merge(home::pages())
        .merge(audit_page::pages())
        .merge(settings::pages())
        .merge(web::live::routes())
        .merge(web::assets::routes())
        .merge(health::routes());
    if let Some(work) = clock {
        router = router.merge(test_clock::routes(work));
    }
    // What git sends is compressed already.
    let packs = NotForContentType::const_new("application/x-git-");
    let compressed =
        SizeAbove::new(1_024).and(NotForContentType::SSE).and(NotForContentType::IMAGES).and(packs);
    router
        .fallback(middleware::not_found)
        .method_not_allowed_fallback(middleware::wrong_method)
        .layer(DefaultBodyLimit::max(app.limits.count(Limit::BodyBytes)))
        .layer(from_fn_with_state(app.clone(), middleware::same_origin))
        .layer(from_fn_with_state(app.clone(), middleware::timely))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(from_fn(health::count))
        .layer(from_fn(middleware::frame))
        .with_state(app)
}

/// A panic is a mistake in Signalbox: it is logged by the panic hook, answered, and ends nothing else.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    web::Problem(Error::bug("bug.panic", "a handler panicked")).into_response()
}

/// Takes the address.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|e| {
        Error::unavailable(
            "listen.refused",
            format!("{address} cannot be listened on ({e}); choose another with --listen"),
        )
    })?;
    listener.set_nonblocking(true).map_err(|e| Error::unavailable("listen.refused", e.to_string()))?;
    Ok(listener)
}

/// Bounds what somebody may send before a handler looks at it. Larger headers are answered with 431.
fn bound(builder: &mut Builder<TokioExecutor>, limits: &Limits) {
    // The least that the parser works with.
    let bytes = limits.count(Limit::HeaderBytes).max(8_192);
    let patience = Duration::from_secs(limits.get(Limit::HeaderSeconds));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(bytes);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(u32::try_from(bytes).unwrap_or(u32::MAX));
}

/// Answers until `stopped`, then finishes what was begun.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    options: &Serve,
    limits: &Limits,
    mut stopped: watch::Receiver<bool>,
) -> Result<()> {
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        // An Err means that the sender is gone: the server is stopping.
        let _ = stopped.wait_for(|stop| *stop).await;
        stopping.graceful_shutdown(Some(GRACE));
    });
    let failed =
        |e: std::io::Error| Error::unavailable("listen.failed", format!("the server cannot listen: {e}"));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match (&options.tls_cert, &options.tls_key) {
        (Some(cert), Some(key)) => {
            let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(cert, key).await.map_err(|e| {
                Error::invalid("tls.unreadable", format!("--tls-cert and --tls-key take PEM files: {e}"))
            })?;
            let mut server = axum_server::from_tcp_rustls(listener, tls).map_err(failed)?;
            bound(server.http_builder(), limits);
            server.handle(handle).serve(service).await.map_err(failed)
        }
        _ => {
            let mut server = axum_server::from_tcp(listener).map_err(failed)?;
            bound(server.http_builder(), limits);
            server.handle(handle).serve(service).await.map_err(failed)
        }
    }
}
