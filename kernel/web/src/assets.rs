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

macro_rules! text {
    ($($file:literal),+) => { [$(include_str!(concat!("../assets/", $file))),+].join("\n").into_bytes() };
}

/// The scripts, in the order in which they need each other. One file, so that a first load asks once.
fn script() -> Vec<u8> {
    text!(
        "js/idiomorph.min.js",
        "js/10-page.js",
        "js/20-live.js",
        "js/30-frame.js",
        "js/40-tracker.js",
        "js/45-inbox.js",
        "js/47-line.js"
    )
}

fn all() -> Vec<Asset> {
    let svg = "image/svg+xml";
    vec![
        Asset { name: "app.css", kind: "text/css; charset=utf-8", content: text!("app.css", "kit.css") },
        Asset { name: "app.js", kind: "text/javascript; charset=utf-8", content: script() },
        Asset { name: "icons.svg", kind: svg, content: text!("icons.svg") },
        Asset { name: "favicon-green.svg", kind: svg, content: text!("favicon-green.svg") },
        Asset { name: "favicon-amber.svg", kind: svg, content: text!("favicon-amber.svg") },
        Asset { name: "favicon-red.svg", kind: svg, content: text!("favicon-red.svg") },
        Asset {
            name: "fonts/inter-latin-wght-normal.woff2",
            kind: "font/woff2",
            content: include_bytes!("../assets/fonts/inter-latin-wght-normal.woff2").to_vec(),
        },
    ]
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let all = all();
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
