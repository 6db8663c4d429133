//! The table of endpoints: the router and the README are both made of it.

use crate::call::{Answering, Call};
use percent_encoding::percent_decode_str;

/// What answers an endpoint.
pub type Handler = for<'a> fn(&'a Call<'a>) -> Answering<'a>;

/// How far an endpoint is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Does what it says.
    Full,
    /// Answers 404 in the envelope.
    Refused,
}

impl Support {
    /// The word in the README.
    #[cfg(test)]
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "supported",
            Self::Refused => "refused",
        }
    }
}

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Route {
    /// The HTTP method; `*` is every one.
    pub method: &'static str,
    /// The path without the prefix of the API; `{x}` is one variable part, a last `*` any rest.
    pub path: &'static str,
    /// How far it is served.
    pub support: Support,
    /// What answers it.
    pub run: Handler,
}

/// Makes a [`Route`]: `route!(GET "/tasks/{task}" => tasks::get)`.
macro_rules! route {
    ($method:ident $path:literal => $($run:ident)::+) => {
        $crate::routes::Route {
            method: stringify!($method),
            path: $path,
            support: $crate::routes::Support::Full,
            run: |call| Box::pin($($run)::+(call)),
        }
    };
}
pub(crate) use route;

/// Makes a refused [`Route`].
const fn refused(path: &'static str) -> Route {
    Route { method: "*", path, support: Support::Refused, run: |call| Box::pin(refuse(call)) }
}

async fn refuse(call: &Call<'_>) -> base::Result<crate::wire::answer::Answer> {
    Err(base::Error::missing("asana.refused", format!("This server does not offer {}", call.path)))
}

const REFUSED: &[Route] = &[
    refused("/access_requests/*"),
    refused("/agents/*"),
    refused("/allocations/*"),
    refused("/budgets/*"),
    refused("/custom_types/*"),
    refused("/exports/*"),
    refused("/goal_relationships/*"),
    refused("/goals/*"),
    refused("/ooo_entries/*"),
    refused("/organization_exports/*"),
    refused("/portfolio_memberships/*"),
    refused("/portfolios/*"),
    refused("/project_briefs/*"),
    refused("/project_portfolio_settings/*"),
    refused("/rates/*"),
    refused("/reactions/*"),
    refused("/roles/*"),
    refused("/task_templates/*"),
    refused("/time_periods/*"),
    refused("/time_tracking_categories/*"),
    refused("/time_tracking_entries/*"),
    refused("/timesheet_approval_statuses/*"),
    refused("/workspaces/{workspace}/audit_log_events"),
    refused("/workspaces/{workspace}/tasks/custom_id/{custom_id}"),
];

/// Every endpoint, by resource.
pub const ROUTES: &[&[Route]] = &[
    crate::users::ROUTES,
    crate::workspaces::ROUTES,
    crate::teams::ROUTES,
    crate::projects::ROUTES,
    crate::project_templates::ROUTES,
    crate::memberships::ROUTES,
    crate::sections::ROUTES,
    crate::status_updates::ROUTES,
    crate::tasks::ROUTES,
    crate::relations::ROUTES,
    crate::user_task_lists::ROUTES,
    crate::search::ROUTES,
    crate::typeahead::ROUTES,
    crate::stories::ROUTES,
    crate::attachments::ROUTES,
    crate::tags::ROUTES,
    crate::custom_fields::ROUTES,
    crate::events::ROUTES,
    crate::webhooks::ROUTES,
    crate::jobs::ROUTES,
    crate::batch::ROUTES,
    crate::rule_triggers::ROUTES,
    REFUSED,
];

/// The endpoint for a request, and what stands in the variable parts of its path.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let method = if method == "HEAD" { "GET" } else { method };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let candidates = ROUTES.iter().flat_map(|routes| routes.iter());
    let mut found = candidates
        .filter(|route| route.method == method || route.method == "*")
        .filter_map(|route| matched(route.path, &parts).map(|params| (route, params)));
    let first = found.next()?;
    // `/workspaces/{w}/tasks/search` before `/workspaces/{w}/tasks/{x}`: fewer variable parts say more.
    Some(found.fold(first, |best, next| if next.1.len() < best.1.len() { next } else { best }))
}

fn matched(pattern: &'static str, parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let mut rest = parts.iter();
    for expected in pattern.trim_start_matches('/').split('/') {
        if expected == "*" {
            return Some(params);
        }
        let part = rest.next();
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name, percent_decode_str(part?).decode_utf8_lossy().into_owned())),
            None if part == Some(&expected) => {}
            None => return None,
        }
    }
    rest.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn found(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        find(method, path).map(|(route, params)| (route.path, params.into_iter().map(|(_, v)| v).collect()))
    }

    #[test]
    fn paths_find_their_endpoint() {
        for (method, path, wanted, params) in [
            ("GET", "/users/me", "/users/{user}", vec!["me"]),
            ("GET", "/users/bob%40hub.example", "/users/{user}", vec!["bob@hub.example"]),
            ("GET", "/tasks/", "/tasks", vec![]),
            ("HEAD", "/tasks/9", "/tasks/{task}", vec!["9"]),
            ("GET", "/workspaces/5/tasks/search", "/workspaces/{workspace}/tasks/search", vec!["5"]),
            ("POST", "/workspaces/5/tasks", "/workspaces/{workspace}/tasks", vec!["5"]),
            ("GET", "/portfolios", "/portfolios/*", vec![]),
            ("PUT", "/goals/1/x", "/goals/*", vec![]),
        ] {
            let params: Vec<String> = params.into_iter().map(str::to_owned).collect();
            assert_eq!(found(method, path), Some((wanted, params)), "{method} {path}");
        }
        for (method, path) in
            [("PATCH", "/tasks/9"), ("GET", "/nonsense"), ("GET", "/"), ("GET", "/tasks/9/9/9")]
        {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn the_readme_lists_exactly_the_endpoints_that_are_served() {
        let readme: BTreeSet<String> = include_str!("../README.md")
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim().replace(' ', ""))
            .collect();
        let served: BTreeSet<String> = ROUTES
            .iter()
            .flat_map(|routes| routes.iter())
            .map(|route| {
                format!("| `{} {}` | {} |", route.method, route.path, route.support.word()).replace(' ', "")
            })
            .collect();
        let missing: Vec<_> = served.difference(&readme).collect();
        let extra: Vec<_> = readme.difference(&served).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "not in the README: {missing:#?}\nnot served: {extra:#?}"
        );
    }
}
