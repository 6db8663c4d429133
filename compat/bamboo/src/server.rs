//! What this server says of itself.

use crate::call::{Answer, Call};
use crate::routes::{Route, route};
use base::Result;
use serde_json::json;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest" => root),
    route!(GET "/rest/api/latest/info" => info),
    route!(GET "/rest/api/latest/server" => server),
];

/// The version whose answers these are; clients decide by it what they may ask for.
const VERSION: &str = "12.1.8";
const BUILD: &str = "120109";
const BUILD_DATE: &str = "2026-06-01T11:23:19.000Z";

async fn info(_: &Call<'_>) -> Result<Answer> {
    Ok(Answer::ok(json!({
        "version": VERSION,
        "edition": "",
        "buildDate": BUILD_DATE,
        "buildNumber": BUILD,
        "state": "RUNNING",
        "specsVersion": VERSION,
        "product": concat!("Signalbox ", env!("CARGO_PKG_VERSION")),
    })))
}

async fn server(call: &Call<'_>) -> Result<Answer> {
    Ok(Answer::ok(json!({
        "state": "RUNNING",
        "reindexInProgress": false,
        "version": VERSION,
        "buildNumber": BUILD,
        "baseUrl": call.app.link("/bamboo"),
    })))
}

async fn root(call: &Call<'_>) -> Result<Answer> {
    let resource = |name: &str| json!({"name": name, "link": {"href": call.link(&format!("rest/api/latest/{name}")), "rel": "self"}});
    let all: Vec<_> =
        ["agent", "currentUser", "info", "plan", "project", "queue", "result", "server"].map(resource).into();
    Ok(Answer::ok(json!({"resources": {"size": all.len(), "resource": all}})))
}
