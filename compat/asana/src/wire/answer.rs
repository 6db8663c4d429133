//! Answers: always JSON, always `data`, never 204.

use super::client::Client;
use super::fault::Fault;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

/// What npm's clients need to see before they parse an answer.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// What a resource gives back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What stands under `data`.
    pub data: Value,
    /// The same, written already; `data` is null then. Long lists of short records are written without being built.
    pub written: Option<String>,
    /// What stands beside it: `next_page`, `sync`, `X-Hook-Secret`.
    pub beside: Map<String, Value>,
    /// Where the thing made can be read again, without the prefix of the API.
    pub location: Option<String>,
}

impl Answer {
    /// 200 with `data`.
    pub fn ok(data: Value) -> Self {
        Self { status: 200, data, written: None, beside: Map::new(), location: None }
    }

    /// 200 with `{}`: removals and moves. 204 would crash three generations of Python clients.
    pub fn empty() -> Self {
        Self::ok(json!({}))
    }

    /// 201 with the thing made.
    pub fn created(data: Value, noun: &str) -> Self {
        let location = data["gid"].as_str().map(|gid| format!("/{noun}/{gid}"));
        Self { status: 201, data, written: None, beside: Map::new(), location }
    }

    /// 200 with `data` as it is written here.
    pub fn written(data: String) -> Self {
        Self { written: Some(data), ..Self::ok(Value::Null) }
    }

    /// Puts something beside `data`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.beside.insert(key.to_owned(), value.into());
        self
    }

    /// The whole body.
    pub fn into_body(self) -> Value {
        let mut body = self.beside;
        let written = self.written.map(|text| serde_json::from_str(&text).expect("it was written as JSON"));
        body.insert("data".to_owned(), written.unwrap_or(self.data));
        Value::Object(body)
    }

    /// The whole body as text, where `data` is written already.
    fn text(&self) -> Option<String> {
        let data = self.written.as_deref()?;
        let mut text = format!("{{\"data\":{data}");
        for (key, value) in &self.beside {
            text.push_str(&format!(",{}:{value}", Value::from(key.as_str())));
        }
        text.push('}');
        Some(text)
    }
}

/// Adds `"id": <integer>` beside every `gid`, for scripts older than string ids.
pub fn add_integer_ids(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_integer_ids),
        Value::Object(object) => {
            object.values_mut().for_each(add_integer_ids);
            if let Some(id) =
                object.get("gid").and_then(Value::as_str).and_then(|gid| gid.parse::<i64>().ok())
            {
                object.insert("id".to_owned(), id.into());
            }
        }
        _ => {}
    }
}

/// How answers are written for one caller.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// The caller's library.
    pub client: Client,
    /// Whether a person reads it (`opt_pretty`).
    pub pretty: bool,
}

impl Style {
    fn bytes(&self, mut body: Value) -> Vec<u8> {
        if self.client.integer_ids {
            add_integer_ids(&mut body);
        }
        let written = if self.pretty { serde_json::to_vec_pretty(&body) } else { serde_json::to_vec(&body) };
        written.expect("a JSON value can always be written")
    }

    fn response(&self, status: u16, body: Value) -> Response<Body> {
        Self::json(status, self.bytes(body))
    }

    fn json(status: u16, body: Vec<u8>) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        response
    }

    /// Writes an answer.
    pub fn answer(&self, answer: Answer) -> Response<Body> {
        let location =
            answer.location.as_ref().and_then(|path| HeaderValue::from_str(&format!("/api/1.0{path}")).ok());
        let text = if self.pretty || self.client.integer_ids { None } else { answer.text() };
        let mut response = match text {
            Some(text) => Self::json(answer.status, text.into_bytes()),
            None => self.response(answer.status, answer.into_body()),
        };
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }

    /// Writes a refusal.
    pub fn fault(&self, fault: Fault) -> Response<Body> {
        let mut response = self.response(fault.status, fault.body);
        if let Some(seconds) = fault.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_ids_stand_beside_every_gid() {
        let mut value =
            json!({"data": [{"gid": "12", "assignee": {"gid": "5"}, "x": null}, {"gid": "not a number"}]});
        add_integer_ids(&mut value);
        assert_eq!(
            value,
            json!({"data": [{"gid": "12", "id": 12, "assignee": {"gid": "5", "id": 5}, "x": null}, {"gid": "not a number"}]})
        );
    }

    #[test]
    fn a_written_answer_is_the_same_as_one_that_was_built() {
        let data = json!([{ "gid": "1", "name": "a \"quoted\" \u{7} name" }]);
        let (built, written) = (Answer::ok(data.clone()), Answer::written(data.to_string()));
        let (built, written) = (built.with("next_page", json!(null)), written.with("next_page", json!(null)));
        let text: Value = serde_json::from_str(&written.text().expect("written")).expect("JSON");
        assert_eq!(text, built.into_body());
        assert_eq!(written.into_body(), text, "for batches, people and old clients it is built after all");
    }

    #[test]
    fn a_creation_says_where_the_thing_is_and_a_removal_is_200() {
        let style = Style::default();
        let made = style.answer(Answer::created(json!({"gid": "9"}), "tasks"));
        assert_eq!(
            (made.status().as_u16(), &made.headers()["location"]),
            (201, &HeaderValue::from_static("/api/1.0/tasks/9"))
        );
        assert_eq!(made.headers()["content-type"], "application/json; charset=UTF-8");
        assert_eq!(Answer::empty().into_body(), json!({"data": {}}));
        assert_eq!(style.answer(Answer::empty()).status(), 200);
    }
}
