//! One call, read and authenticated, and what handlers need to answer it.

use crate::wire::expand::Expand;
use crate::wire::page::Page;
use crate::wire::query::Query;
use axum::body::Body;
use axum::http::Response;
use base::{Actor, Result};
use db::Tx;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

/// A call.
pub struct Call<'a> {
    /// The server.
    pub app: &'a web::App,
    /// Who calls.
    pub actor: Actor,
    /// The path below `/bamboo`, in its usual form.
    pub path: String,
    /// What stood in the variable parts of the path.
    pub params: Vec<(&'static str, String)>,
    /// The query, and the fields of a form that was sent.
    pub query: Query,
    /// The JSON that was sent; null when there was none.
    pub body: Value,
}

/// What a handler answers with.
pub enum Answer {
    /// JSON with a status.
    Json(u16, Value),
    /// A status and nothing else.
    Empty(u16),
    /// An answer that is ready: a file, or the way to a page.
    Whole(Response<Body>),
}

impl Answer {
    /// 200 with JSON.
    pub fn ok(value: Value) -> Self {
        Self::Json(200, value)
    }

    /// Done, and there is nothing to say.
    pub fn done() -> Self {
        Self::Empty(204)
    }
}

/// An answer that comes later.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

impl Call<'_> {
    /// Begins a transaction that changes something.
    pub async fn write(&self) -> Result<Tx> {
        self.app.db.write(&self.actor).await
    }

    /// Begins a transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        self.app.db.read(&self.actor).await
    }

    /// The text of a variable part of the path.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The number in a variable part of the path. What is none names nothing.
    pub fn id(&self, name: &str) -> Result<i64> {
        let text = self.param(name);
        text.parse().map_err(|_| {
            base::Error::missing("bamboo.unknown", format!("{name}: {text:.80} is no id of anything here"))
        })
    }

    /// Which part of a list is wanted.
    pub fn page(&self) -> Page {
        Page::read(&self.query)
    }

    /// What is to be shown whole.
    pub fn expand(&self) -> Expand {
        Expand::read(&self.query)
    }

    /// A text of the JSON or the form that was sent.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body[key].as_str().or_else(|| self.query.get(key)).filter(|text| !text.trim().is_empty())
    }

    /// The address of something below this API.
    pub fn link(&self, path: &str) -> String {
        self.app.link(&format!("/bamboo/{path}"))
    }
}
