//! From an HTTP request to a handler and back. Everything that can go wrong before a handler runs is answered here, in the same
//! envelope as everything else: a framework's own 404, 405, 413, 415 or 422 would mean success to some clients.

use crate::call::{Call, Shared};
use crate::gate::{self, Budget};
use crate::routes::Support;
use crate::wire::answer::{Answer, Style};
use crate::wire::body::{self, Format, Parsed};
use crate::wire::client::Client;
use crate::wire::fault::{self, Fault};
use crate::wire::fields::Fields;
use crate::wire::query::Query;
use crate::wire::value::flag_word;
use crate::{download, routes, upload};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, header};
use base::{Actor, Error, Kind, Limit, Result};
use futures_util::FutureExt;
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value};
use std::panic::AssertUnwindSafe;
use web::App;
use web::middleware::RequestId;

/// Answers a request.
pub async fn serve(app: App, shared: &Shared, request: Request) -> Response<Body> {
    let mut style = Style { client: Client::of(request.headers()), pretty: false };
    // A panic is logged by its hook; without this the answer would not be in the envelope.
    let outcome = AssertUnwindSafe(answer(&app, shared, request, &mut style)).catch_unwind().await;
    match outcome.unwrap_or_else(|_| Err(Error::bug("asana.panic", "a handler panicked"))) {
        Ok(Outcome::Answer(answer)) => style.answer(answer),
        Ok(Outcome::File(response)) => response,
        Err(error) => style.fault(Fault::of(&error, app.public_url.as_str())),
    }
}

enum Outcome {
    Answer(Answer),
    File(Response<Body>),
}

async fn answer(app: &App, shared: &Shared, request: Request, style: &mut Style) -> Result<Outcome> {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query().unwrap_or(""));
    style.pretty = is_pretty(&query, &Map::new());
    let seal = shared.seal(app).await?;
    if let Some(token) = path.strip_prefix("/download/")
        && matches!(method.as_str(), "GET" | "HEAD")
    {
        return download::send(app, &seal, token).await.map(Outcome::File);
    }
    let mut actor = authenticated(app, request.headers()).await?;
    actor.request = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let (parsed, upload) = read_body(app, request, &method).await?;
    style.pretty |= is_pretty(&query, &parsed.options);
    let mut query = query;
    for key in ["limit", "offset"] {
        if let Some(Value::String(text)) = parsed.options.get(key) {
            query.push(key, text.as_str());
        }
    }
    let fields = Fields::read(&query, &parsed.options);
    let style = style.clone();
    let call = Call {
        app,
        shared,
        actor,
        path,
        params: Vec::new(),
        query,
        data: parsed.data,
        upload,
        fields,
        style,
        seal,
    };
    // The actions of a batch are counted one by one, the batch itself is free.
    if call.path.trim_matches('/') != "batch" {
        take_budget(&call, Budget::Requests, 1)?;
    }
    run(&method, call).await.map(Outcome::Answer)
}

/// Takes from the caller's budget.
pub fn take_budget(call: &Call<'_>, budget: Budget, count: u32) -> Result<()> {
    let caller = call.actor.token.map_or_else(|| call.actor.user.map_or(0, |user| user.0), |token| token.0);
    call.shared.budgets.take(caller, budget, count, &call.app.limits)
}

/// Finds the handler and runs it.
pub async fn run(method: &str, mut call: Call<'_>) -> Result<Answer> {
    let Some((route, params)) = routes::find(method, &call.path) else {
        let shown: String = call.path.chars().take(200).collect();
        return Err(Error::missing(
            "asana.route",
            format!("No matching route for request: {method} {shown}"),
        ));
    };
    if route.support == Support::Refused {
        tracing::info!(method, path = call.path, "a client asked for an endpoint that is not offered");
    }
    call.params = params;
    (route.run)(&call).await.map_err(|error| in_their_words(error, &call))
}

/// Who calls. Only the header counts: a browser's cookie must not let a foreign page call this API.
async fn authenticated(app: &App, headers: &HeaderMap) -> Result<Actor> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(gate::nobody());
    }
    (app.authenticate)(app, headers).await?.ok_or_else(gate::nobody)
}

async fn read_body(app: &App, request: Request, method: &str) -> Result<(Parsed, Option<upload::Upload>)> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let format = body::format(content_type);
    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
    if has_body && format == Format::Multipart {
        let (parsed, upload) = upload::read(request, &app.blobs, &app.limits).await?;
        return Ok((parsed, upload));
    }
    let most = app.limits.count(Limit::BodyBytes);
    let bytes = Limited::new(request.into_body(), most).collect().await.map_err(|error| {
        Error::invalid(
            "asana.body",
            format!("The request body could not be read, or is larger than {most} bytes"),
        )
        .because(error)
    })?;
    // Python 5 sends `{}` with every DELETE. It is read, so that the connection can go on, and says nothing.
    match has_body {
        true => Parsed::read(format, &bytes.to_bytes()).map(|parsed| (parsed, None)),
        false => Ok((Parsed::default(), None)),
    }
}

/// `opt_pretty` with or without a value, or `pretty` among the options.
fn is_pretty(query: &Query, options: &Map<String, Value>) -> bool {
    let asked =
        query.has("opt_pretty") && query.get("opt_pretty").is_none_or(|word| flag_word(word) != Some(false));
    let option = match options.get("pretty") {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(word)) => flag_word(word) != Some(false),
        _ => false,
    };
    asked || option
}

/// Turns what the domain says about a missing thing into what clients match on: `task: Unknown object: 9` when the path names
/// it, 403 when it is there and hidden, 400 when only the body names it.
fn in_their_words(error: Error, call: &Call<'_>) -> Error {
    if error.kind() != Kind::Missing || error.code().starts_with("asana.") {
        return error;
    }
    let (noun, what) = error.code().split_once('.').unwrap_or((error.code(), ""));
    let param = call.params.iter().find(|(name, _)| *name == noun || is_alias(name, noun));
    // A list names its container in the query.
    let asked = [noun, "parent", "resource"].into_iter().find_map(|key| call.query.get(key));
    match (param, what) {
        (Some((name, id)), "hidden") => fault::forbidden(name, id),
        (None, "hidden") => Error::denied("asana.forbidden", error.message()),
        (Some((name, id)), _) => fault::unknown(name, id),
        (None, _) if call.data.is_empty() => asked.map_or(error, |id| fault::unknown(noun, id)),
        (None, _) => Error::invalid("asana.reference", error.message()),
    }
}

/// Nouns that the path calls otherwise than the domain does.
fn is_alias(param: &str, noun: &str) -> bool {
    matches!(
        (param, noun),
        ("custom_field", "field")
            | ("enum_option", "option")
            | ("membership", "member")
            | ("job", "copying" | "copy")
            | ("user_task_list", "list")
            | ("rule_trigger", "rule")
            | ("status_update", "status")
            | ("story", "comment")
    )
}
