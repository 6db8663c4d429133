//! From an HTTP request to a handler and back. What can go wrong before a handler runs is answered here in the same envelope as
//! everything else: these clients read no other, and a page of HTML with 200 is what they fear most.

use crate::call::{Answer, Call};
use crate::routes::{self, Door, Support};
use crate::wire::fault;
use crate::wire::query::Query;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use axum::response::IntoResponse;
use base::{Actor, Error, Kind, Limit, Result};
use base64::Engine as _;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use web::App;
use web::middleware::RequestId;

/// Answers a request.
pub async fn serve(app: App, request: Request) -> Response<Body> {
    let is_page = request.uri().path().starts_with("/browse/")
        && !request.headers().contains_key(header::AUTHORIZATION);
    // A panic is logged by its hook; without this the answer would not be in the envelope.
    let outcome = AssertUnwindSafe(answer(&app, request)).catch_unwind().await;
    match outcome.unwrap_or_else(|_| Err(Error::bug("bamboo.panic", "a handler panicked"))) {
        Ok(answer) => fault::answered(answer),
        // A browser is shown a page, or the way to the sign-in.
        Err(error) if is_page => web::Problem(error).into_response(),
        Err(error) => fault::refused(&error),
    }
}

async fn answer(app: &App, request: Request) -> Result<Answer> {
    let method = request.method().clone();
    let path = usual(request.uri().path(), &method)?;
    let mut query = Query::parse(request.uri().query().unwrap_or("").as_bytes());
    let name = if method == Method::HEAD { "GET" } else { method.as_str() };
    let Some((route, params)) = routes::find(name, &path) else {
        let is_known = routes::METHODS.iter().any(|other| routes::find(other, &path).is_some());
        let what = if is_known {
            format!("{name} is not offered for {path:.200}")
        } else {
            format!("There is no {path:.200} here")
        };
        return Err(Error::missing("bamboo.route", what));
    };
    let is_file = route.door == Door::Browser;
    if !is_file && !takes_json(request.headers()) {
        return Err(Error::invalid(fault::NOT_ACCEPTABLE, "Answers are JSON: send Accept: application/json"));
    }
    let mut actor = authenticated(app, request.headers(), is_file).await?;
    actor.request = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    if let Some(token) = actor.token {
        app.quota.take(&app.limits, Limit::ApiRequestsPerMinute, token.0)?;
    }
    if route.support == Support::Refused {
        tracing::info!(%method, path, "a Bamboo client asked for something that is not offered");
        return Err(Error::missing("bamboo.refused", format!("This server does not offer {path:.200}")));
    }
    let body = read_body(app, request, &mut query).await?;
    let call = Call { app, actor, path, params, query, body };
    (route.run)(&call).await
}

/// A path in its usual form: `/rest/api/1.0/result/A-B/latest.json` is `/rest/api/latest/result/A-B/latest`.
fn usual(path: &str, method: &Method) -> Result<String> {
    let path = path.trim_end_matches('/');
    let Some(rest) = path.strip_prefix("/rest/") else { return Ok(path.to_owned()) };
    let mut parts = rest.splitn(3, '/');
    let (plugin, version, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
    let is_version = version == "latest" || version.starts_with(|c: char| c.is_ascii_digit());
    let version = if is_version { "latest" } else { version };
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return Ok(format!("/rest/{plugin}/{version}"));
    };
    if is_read && rest.ends_with(".xml") {
        return Err(Error::invalid(fault::NOT_ACCEPTABLE, "Answers are JSON: there is no XML here"));
    }
    // What is taken away may have any name; npm's client writes the suffix behind everything else.
    let rest = rest.strip_suffix(".json").filter(|_| *method != Method::DELETE).unwrap_or(rest);
    Ok(format!("/rest/{plugin}/{version}/{rest}"))
}

/// Whether the client can do with JSON. One that says nothing of it would get XML from Bamboo; nobody relies on that.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if all.peek().is_none() {
        return true;
    }
    all.flat_map(|value| value.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        matches!(kind.as_str(), "" | "*/*" | "application/*" | "application/json" | "text/json")
            || kind.ends_with("+json")
    })
}

/// Who calls. A cookie counts only where a browser looks at something: it must not let a foreign page call this API.
async fn authenticated(app: &App, headers: &HeaderMap, takes_cookies: bool) -> Result<Actor> {
    let nobody = || {
        let message =
            "Unauthorized (401): send a token as Authorization: Bearer, or with Basic as the password";
        Error::unauthenticated("bamboo.unauthorized", message)
    };
    if !headers.contains_key(header::AUTHORIZATION) && !takes_cookies {
        return Err(nobody());
    }
    if let Some(token) = headers.get(header::AUTHORIZATION).and_then(password) {
        let mut bearer = HeaderMap::new();
        bearer.insert(header::AUTHORIZATION, token);
        if let Ok(Some(actor)) = (app.authenticate)(app, &bearer).await {
            return Ok(actor);
        }
    }
    match (app.authenticate)(app, headers).await {
        Ok(found) => found.ok_or_else(nobody),
        // Scripts look for the number in the words.
        Err(error) if error.kind() == Kind::Unauthenticated => Err(Error::unauthenticated(
            "bamboo.unauthorized",
            format!("Unauthorized (401): {}", error.message()),
        )),
        Err(error) => Err(error),
    }
}

/// The password of Basic, as a Bearer header: Bamboo's users have names where ours have addresses, and the token alone says who it is.
/// With an address it is left to the door, which checks that the token is that person's.
fn password(value: &HeaderValue) -> Option<HeaderValue> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':')?;
    if name.contains('@') || password.is_empty() {
        return None;
    }
    HeaderValue::try_from(format!("Bearer {password}")).ok()
}

/// Reads what was sent. Python's client says JSON of a body that is empty, other clients send forms.
async fn read_body(app: &App, request: Request, query: &mut Query) -> Result<Value> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let most = app.limits.count(Limit::BodyBytes);
    let read = Limited::new(request.into_body(), most).collect().await;
    let bytes = read.map_err(|error| {
        let message = format!("The body could not be read, or is larger than {most} bytes");
        Error::too_large("bamboo.body", message).because(error)
    })?;
    let bytes = bytes.to_bytes();
    if is_form {
        query.extend(Query::parse(&bytes));
        return Ok(Value::Null);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::invalid("bamboo.body", format!("The body is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_many_spellings() {
        for (path, wanted) in [
            ("/rest/api/latest/result/A-B/latest.json", "/rest/api/latest/result/A-B/latest"),
            ("/rest/api/1.0/info", "/rest/api/latest/info"),
            ("/rest/api/latest/project/", "/rest/api/latest/project"),
            ("/rest/api/latest", "/rest/api/latest"),
            ("/browse/A-B-1/artifact/shared/x/report.json", "/browse/A-B-1/artifact/shared/x/report.json"),
            ("/rest/triggers/latest/remote/changeDetection", "/rest/triggers/latest/remote/changeDetection"),
        ] {
            assert_eq!(usual(path, &Method::GET).expect("fine"), wanted);
        }
        assert_eq!(
            usual("/rest/api/latest/result/A-B.xml", &Method::GET).expect_err("XML").code(),
            fault::NOT_ACCEPTABLE
        );
        assert_eq!(
            usual("/rest/api/latest/queue/A-B.json", &Method::POST).expect("fine"),
            "/rest/api/latest/queue/A-B"
        );
        assert!(
            usual("/rest/api/latest/result/A-B-1/label/x.json", &Method::DELETE)
                .expect("fine")
                .ends_with(".json")
        );
    }

    #[test]
    fn only_a_password_without_an_address_is_taken_for_a_token() {
        let basic = |text: &str| {
            HeaderValue::try_from(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)))
                .expect("a header")
        };
        assert_eq!(password(&basic("alice:tok")), Some(HeaderValue::from_static("Bearer tok")));
        assert_eq!(password(&basic("alice@hub.example:tok")), None);
        assert_eq!(password(&basic("tok:")), None);
        assert_eq!(password(&HeaderValue::from_static("Bearer tok")), None);
    }
}
