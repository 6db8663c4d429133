//! The native API: its routes, its document, and what its lists have in common.

use crate::App;
use base::{Error, Limit, Limits, Result};
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

/// Routes of the native API, with what the document says of them.
pub type Routes = OpenApiRouter<App>;

/// The answer to anything that could not be done.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`; the `code` says more.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What went wrong, for programs; stable.
    pub code: String,
    /// What went wrong and what to do, for people.
    pub detail: String,
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Listing<T> {
    /// The objects.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; absent on the last.
    pub next: Option<String>,
}

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many objects at most, 1 to 100; 50 when absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The number of objects asked for.
    pub fn limit(&self, limits: &Limits) -> Result<usize> {
        let most = limits.count(Limit::PageObjects);
        let Some(text) = &self.limit else { return Ok(most.min(50)) };
        text.parse::<usize>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
            Error::invalid("limit.invalid", format!("limit takes a whole number from 1 to {most}"))
        })
    }

    /// The cursor of a list that is ordered by one number: the last number of the page before.
    pub fn after(&self) -> Result<i64> {
        let Some(text) = &self.cursor else { return Ok(0) };
        text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| {
            Error::invalid(
                "cursor.invalid",
                "this cursor was not given out by this list; start again without one",
            )
        })
    }
}

impl<T> Listing<T> {
    /// A page from up to `limit + 1` objects: one too many says that there is a next page, after `key` of the last shown.
    pub fn from_overfull(mut data: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let has_more = data.len() > limit;
        data.truncate(limit);
        let next = if has_more { data.last().map(key) } else { None };
        Self { data, next }
    }
}

/// Completes the document of the routes with what holds for all of them.
pub fn document(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    document.info.title = "Signalbox".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "The native API of Signalbox. Errors are problem documents (RFC 9457) with a stable `code`. Lists page by `limit` and `cursor`. Every write takes an `Idempotency-Key`."
            .to_owned(),
    );
    document.servers = Some(vec![utoipa::openapi::Server::new("/api/v1")]);
    let components = document.components.get_or_insert_default();
    components
        .security_schemes
        .insert("token".to_owned(), SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)).into());
    document.security =
        Some(vec![utoipa::openapi::security::SecurityRequirement::new("token", Vec::<String>::new())]);
    document
}
