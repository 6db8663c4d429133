//! `/batch`: up to ten requests in one.
//!
//! Each action is a call of its own, with its own transaction: they promise no order and no atomicity.

use crate::call::Call;
use crate::gate::Budget;
use crate::routes::{Route, route};
use crate::wire::answer::Answer;
use crate::wire::body::Parsed;
use crate::wire::fault::Fault;
use crate::wire::fields::Fields;
use crate::wire::query::Query;
use crate::wire::value::{self, Data, bad};
use base::{Limit, Result};
use serde_json::{Map, Value, json};

/// The endpoint.
pub const ROUTES: &[Route] = &[route!(POST "/batch" => batch)];

/// One request of the batch, as far as it can be read.
struct Action {
    method: String,
    path: String,
    query: Query,
    data: Data,
    options: Map<String, Value>,
}

/// How a value stands in a query.
fn in_query(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(in_query).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

impl Action {
    fn read(value: &Value) -> Result<Self> {
        let Value::Object(action) = value else { return Err(bad("actions", "Not an object")) };
        let path = value::text(action, "relative_path")?
            .flatten()
            .ok_or_else(|| bad("relative_path", "Missing input"))?;
        let method =
            value::text(action, "method")?.flatten().ok_or_else(|| bad("method", "Missing input"))?;
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let mut it = Self {
            method: method.to_ascii_uppercase(),
            path: format!("/{}", path.trim_start_matches('/').trim_start_matches("api/1.0/")),
            query: Query::parse(query),
            data: value::object(action, "data")?.unwrap_or_default(),
            options: value::object(action, "options")?.unwrap_or_default(),
        };
        it.move_to_query();
        Ok(it)
    }

    /// Filters and paging stand in `data` and `options`; an ordinary request has them in its URL.
    fn move_to_query(&mut self) {
        if matches!(self.method.as_str(), "GET" | "HEAD" | "DELETE") {
            for (key, value) in std::mem::take(&mut self.data) {
                if let Some(text) = in_query(&value) {
                    self.query.push(&key, text);
                }
            }
        }
        for (option, key) in
            [("limit", "limit"), ("offset", "offset"), ("fields", "opt_fields"), ("expand", "opt_expand")]
        {
            if let Some(text) = self.options.get(option).and_then(in_query) {
                self.query.push(key, text);
            }
        }
    }
}

async fn batch(call: &Call<'_>) -> Result<Answer> {
    let Some(Value::Array(actions)) = call.data.get("actions") else {
        return Err(value::missing_input("actions"));
    };
    let most = call.app.limits.count(Limit::BatchActions);
    if actions.is_empty() || actions.len() > most {
        return Err(bad("actions", format!("Must be between 1 and {most} actions")));
    }
    // All or nothing: a batch that is cut off in the middle would be worse than one that comes back later.
    crate::dispatch::take_budget(call, Budget::Requests, u32::try_from(actions.len()).unwrap_or(u32::MAX))?;
    let mut results = Vec::with_capacity(actions.len());
    for action in actions {
        results.push(result(call, action).await);
    }
    Ok(Answer::ok(Value::Array(results)))
}

async fn result(call: &Call<'_>, action: &Value) -> Value {
    match run(call, action).await {
        Ok(answer) => {
            let mut headers = Map::new();
            if let Some(path) = &answer.location {
                headers.insert("Location".to_owned(), json!(format!("/api/1.0{path}")));
            }
            json!({ "status_code": answer.status, "headers": headers, "body": answer.into_body() })
        }
        Err(error) => {
            let fault = Fault::of(&error, call.app.public_url.as_str());
            let mut headers = Map::new();
            if let Some(seconds) = fault.retry_after {
                headers.insert("Retry-After".to_owned(), json!(seconds.to_string()));
            }
            json!({ "status_code": fault.status, "headers": headers, "body": fault.body })
        }
    }
}

async fn run(call: &Call<'_>, action: &Value) -> Result<Answer> {
    let action = Action::read(action)?;
    let is_nested = action.path.trim_matches('/') == "batch";
    let is_upload = action.method == "POST" && action.path.trim_end_matches('/').ends_with("/attachments");
    if is_nested || is_upload {
        return Err(bad("relative_path", format!("{} cannot be part of a batch", action.path)));
    }
    let Parsed { data, options } = Parsed { data: action.data, options: action.options }.tidied();
    let fields = Fields::read(&action.query, &options);
    let inner = Call {
        app: call.app,
        shared: call.shared,
        actor: call.actor.clone(),
        path: action.path,
        params: Vec::new(),
        query: action.query,
        data,
        upload: None,
        fields,
        style: call.style.clone(),
        seal: call.seal.clone(),
    };
    crate::dispatch::run(&action.method, inner).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_like_the_request_it_stands_for() {
        let action = Action::read(&json!({
            "relative_path": "/tasks", "method": "get",
            "data": {"project": 11, "completed_since": "now", "x": null}, "options": {"limit": 3, "fields": ["name", "notes"]},
        }))
        .expect("readable");
        assert_eq!((action.method.as_str(), action.path.as_str()), ("GET", "/tasks"));
        let pairs: Vec<_> = action.query.pairs().iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(pairs, ["completed_since=now", "project=11", "limit=3", "opt_fields=name,notes"]);
        assert!(action.data.is_empty());
        let action = Action::read(
            &json!({"relative_path": "tasks?opt_fields=name", "method": "POST", "data": {"name": "x"}}),
        )
        .expect("readable");
        assert_eq!(
            (action.path.as_str(), action.query.get("opt_fields"), &action.data["name"]),
            ("/tasks", Some("name"), &json!("x"))
        );
        for bad in [json!(7), json!({}), json!({"relative_path": "/tasks"}), json!({"method": "get"})] {
            assert!(Action::read(&bad).is_err(), "{bad}");
        }
    }
}
