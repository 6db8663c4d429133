//! The table of endpoints: the router and the README are both made of it.

use crate::call::{Answer, Answering, Call};
use percent_encoding::percent_decode_str;

/// What answers an endpoint.
pub type Handler = for<'a> fn(&'a Call<'a>) -> Answering<'a>;

/// The methods that any endpoint has.
pub const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

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

/// Who comes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Programs, with a token.
    Api,
    /// Browsers too, with their cookie: nothing is changed here.
    Browser,
}

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Route {
    /// The HTTP method; `*` is every one.
    pub method: &'static str,
    /// The path below `/bamboo`; `{x}` is one variable part, `{*x}` or a last `*` any rest.
    pub path: &'static str,
    /// How far it is served.
    pub support: Support,
    /// Who comes through.
    pub door: Door,
    /// What answers it.
    pub run: Handler,
}

/// Makes a [`Route`]: `route!(GET "/rest/api/latest/plan" => plans::list)`; with `file` before it, one for browsers too.
macro_rules! route {
    (file $path:literal => $($run:ident)::+) => {
        $crate::routes::Route { door: $crate::routes::Door::Browser, ..$crate::routes::route!(GET $path => $($run)::+) }
    };
    ($method:ident $path:literal => $($run:ident)::+) => {
        $crate::routes::Route {
            method: stringify!($method),
            path: $path,
            support: $crate::routes::Support::Full,
            door: $crate::routes::Door::Api,
            run: |call| Box::pin($($run)::+(call)),
        }
    };
}
pub(crate) use route;

const fn refused(method: &'static str, path: &'static str) -> Route {
    Route { method, path, support: Support::Refused, door: Door::Api, run: |_| Box::pin(never()) }
}

/// Refused before it runs.
async fn never() -> base::Result<Answer> {
    Err(base::Error::missing("bamboo.refused", "This is not offered here"))
}

const REFUSED: &[Route] = &[
    refused("DELETE", "/rest/api/latest/project/{project}"),
    refused("DELETE", "/rest/api/latest/plan/{plan}"),
    refused("POST", "/rest/api/latest/plan/{plan}/variable"),
    refused("PUT", "/rest/api/latest/plan/{plan}/variable/{name}"),
    refused("DELETE", "/rest/api/latest/plan/{plan}/variable/{name}"),
    refused("POST", "/rest/api/latest/project/{project}/repository"),
    refused("DELETE", "/rest/api/latest/project/{project}/repository/{repository}"),
    refused("POST", "/rest/api/latest/deploy/project"),
    refused("PUT", "/rest/api/latest/deploy/project/{project}"),
    refused("DELETE", "/rest/api/latest/deploy/project/{project}"),
    refused("POST", "/rest/api/latest/deploy/project/{project}/environment"),
    refused("PUT", "/rest/api/latest/deploy/environment/{environment}"),
    refused("DELETE", "/rest/api/latest/deploy/environment/{environment}"),
    refused("POST", "/rest/api/latest/agent/{agent}/capability"),
    refused("DELETE", "/rest/api/latest/agent/{agent}/capability"),
    refused("DELETE", "/rest/api/latest/agent/{agent}/capability/{key}"),
    refused("POST", "/rest/api/latest/server/pause"),
    refused("POST", "/rest/api/latest/server/resume"),
    refused("PUT", "/rest/api/latest/server/prepareForRestart"),
    refused("*", "/rest/api/latest/access-token/*"),
    refused("*", "/rest/api/latest/admin/*"),
    refused("*", "/rest/api/latest/chart/*"),
    refused("*", "/rest/api/latest/elasticConfiguration/*"),
    refused("*", "/rest/api/latest/elasticInstances/*"),
    refused("*", "/rest/api/latest/planDirectoryInfo/*"),
    refused("*", "/rest/api/latest/quickFilter/*"),
    refused("*", "/rest/api/latest/reindex/*"),
    refused("*", "/rest/admin/*"),
    refused("*", "/rest/plugins/*"),
    refused("*", "/rest/responsibility/*"),
    refused("POST", "/build/admin/deletePlanResults.action"),
];

/// Every endpoint, by resource.
pub const ROUTES: &[&[Route]] = &[
    crate::server::ROUTES,
    crate::projects::ROUTES,
    crate::plans::ROUTES,
    crate::branches::ROUTES,
    crate::search::ROUTES,
    crate::queue::ROUTES,
    crate::results::ROUTES,
    crate::remarks::ROUTES,
    crate::files::ROUTES,
    crate::deployments::ROUTES,
    crate::deploy_queue::ROUTES,
    crate::versions::ROUTES,
    crate::agents::ROUTES,
    crate::people::ROUTES,
    REFUSED,
];

/// The endpoint for a request, and what stands in the variable parts of its path.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let candidates = ROUTES.iter().flat_map(|routes| routes.iter());
    let found = candidates
        .filter(|route| route.method == method || route.method == "*")
        .filter_map(|route| matched(route.path, &parts).map(|params| (route, params)));
    // `/result/status/{key}` before `/result/{key}/{number}`: fewer variable parts say more, and any rest says least.
    found.min_by_key(|(route, params)| (route.path.contains('*'), params.len()))
}

fn matched(pattern: &'static str, parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let mut params = Vec::new();
    for (place, expected) in pattern.trim_start_matches('/').split('/').enumerate() {
        let rest = parts.get(place..).unwrap_or_default();
        if expected == "*" {
            return Some(params);
        }
        match (expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')), rest.first()) {
            (Some(name), Some(part)) => match name.strip_prefix('*') {
                Some(name) => {
                    params.push((name, decoded(&rest.join("/"))));
                    return Some(params);
                }
                None => params.push((name, decoded(part))),
            },
            (None, Some(part)) if *part == expected => {}
            (_, _) => return None,
        }
    }
    (parts.len() == pattern.trim_start_matches('/').split('/').count()).then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn paths_find_their_endpoint() {
        for (method, path, wanted, params) in [
            (
                "GET",
                "/rest/api/latest/result/status/A-B-1",
                "/rest/api/latest/result/status/{key}",
                vec!["A-B-1"],
            ),
            (
                "GET",
                "/rest/api/latest/result/A-B/latest",
                "/rest/api/latest/result/{key}/{number}",
                vec!["A-B", "latest"],
            ),
            (
                "GET",
                "/rest/api/latest/result/A-B-1/label",
                "/rest/api/latest/result/{key}/label",
                vec!["A-B-1"],
            ),
            ("POST", "/rest/api/latest/queue/deployment", "/rest/api/latest/queue/deployment", vec![]),
            ("POST", "/rest/api/latest/queue/A-B", "/rest/api/latest/queue/{key}", vec!["A-B"]),
            (
                "GET",
                "/browse/A-B-1/artifact/shared/x/a%20b/c.txt",
                "/browse/{key}/artifact/{place}/{name}/{*path}",
                vec!["A-B-1", "shared", "x", "a b/c.txt"],
            ),
            ("GET", "/rest/admin/latest/config/agents", "/rest/admin/*", vec![]),
        ] {
            let (route, found) = find(method, path).unwrap_or_else(|| panic!("{method} {path} is there"));
            let found: Vec<&str> = found.iter().map(|(_, value)| value.as_str()).collect();
            assert_eq!((route.path, found), (wanted, params), "{method} {path}");
        }
        for (method, path) in [
            ("PATCH", "/rest/api/latest/plan"),
            ("GET", "/nonsense"),
            ("GET", "/"),
            ("GET", "/rest/api/latest/plan/A-B/x/y/z"),
        ] {
            assert!(find(method, path).is_none(), "{method} {path}");
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
