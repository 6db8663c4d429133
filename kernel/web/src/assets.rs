//! Styles, icons and the font: in the binary, named by their content, cached for a year.

use crate::App;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    kind: &'static str,
    content: Vec<u8>,
}

struct Assets {
    /// A piece of the hash of all of them: an address changes when anything in it does.
    version: String,
    all: Vec<Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let all = vec![
        Asset {
            name: "app.css",
            kind: "text/css; charset=utf-8",
            content: include_bytes!("../assets/app.css").to_vec(),
        },
        Asset {
            name: "icons.svg",
            kind: "image/svg+xml",
            content: include_bytes!("../assets/icons.svg").to_vec(),
        },
        Asset {
            name: "favicon.svg",
            kind: "image/svg+xml",
            content: include_bytes!("../assets/favicon.svg").to_vec(),
        },
        Asset {
            name: "fonts/inter-latin-wght-normal.woff2",
            kind: "font/woff2",
            content: include_bytes!("../assets/fonts/inter-latin-wght-normal.woff2").to_vec(),
        },
    ];
    let mut hash = Sha256::new();
    for asset in &all {
        hash.update(&asset.content);
    }
    let version = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Assets { version, all }
});

/// The address of an asset: `assets::path("app.css")`.
pub fn path(name: &str) -> String {
    format!("/assets/{}/{name}", ASSETS.version)
}

/// The route of the assets.
pub fn routes() -> Router<App> {
    Router::new().route("/assets/{version}/{*name}", get(asset))
}

async fn asset(Path((_, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.all.iter().find(|asset| asset.name == name) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let mut response = asset.content.as_slice().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
