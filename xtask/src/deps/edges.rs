//! The arrows: `app -> compat -> domain -> kernel`, and the few that are allowed inside each level.
//!
//! The rule speaks of folders, not of names, so that a new crate falls under it by where it is put.

use super::metadata::Crate;

/// Domains that may know another domain; all of them may know `people`.
const INSIDE_DOMAIN: &[(&str, &[&str])] =
    &[("releases", &["work", "repos"]), ("errors", &["work", "repos"]), ("jobs", &["repos", "notify"])];

/// Kernel crates and what each may know.
const INSIDE_KERNEL: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("db", &["base"]),
    ("journal", &["base", "db"]),
    ("chores", &["base", "db"]),
    ("blobs", &["base", "db"]),
    ("web", &["base", "db", "journal", "chores", "blobs"]),
];

/// Packages that only the named places may depend on, each with the reason that the fault gives.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (
        &["rusqlite", "tokio-postgres", "deadpool-postgres", "sqlx"],
        &["kernel/db"],
        "only kernel/db knows which database runs",
    ),
    (
        &["reqwest", "ureq", "hyper", "hyper-util"],
        &["compat/", "domain/notify", "app/", "tools/"],
        "a domain imports no HTTP client; facades and domain/notify deliver",
    ),
    (&["getrandom", "rand"], &["kernel/base"], "only kernel/base reads a random source"),
    (&["chrono", "time"], &[], "time is jiff's, through kernel/base"),
];

/// Every fault among the arrows, as sentences.
pub fn faults(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for from in crates {
        for (name, kind) in &from.needs {
            if let Some(to) = crates.iter().find(|c| c.name == *name) {
                if let Err(why) = allowed(&from.place, &to.place) {
                    faults.push(format!("{} must not depend on {} ({kind}): {why}", from.place, to.place));
                }
            } else if let Some(why) = reserved(&from.place, name) {
                faults.push(format!("{} must not depend on {name} ({kind}): {why}", from.place));
            }
        }
    }
    faults
}

/// Why a package is not for the crate at `from`.
fn reserved(from: &str, package: &str) -> Option<&'static str> {
    let rule = RESERVED.iter().find(|(packages, _, _)| packages.contains(&package))?;
    let (_, places, why) = rule;
    let is_named =
        |place: &&str| if place.ends_with('/') { from.starts_with(*place) } else { from == *place };
    if places.iter().any(is_named) { None } else { Some(why) }
}

/// Whether the crate at `from` may depend on the crate at `to`, both as `level/noun`.
fn allowed(from: &str, to: &str) -> Result<(), &'static str> {
    let (from_level, from_noun) = from.split_once('/').unwrap_or((from, ""));
    let (to_level, to_noun) = to.split_once('/').unwrap_or((to, ""));
    let listed = |rules: &[(&str, &[&str])]| {
        rules.iter().any(|(noun, may)| *noun == from_noun && may.contains(&to_noun))
    };
    let fine = match (from_level, to_level) {
        ("app", _) if from_noun == "e2e" => to_level == "kernel" && to_noun == "base",
        ("app", _) if from_noun == "agent" => to_level == "kernel" && to_noun == "base",
        ("app", "app") => from_noun == "signalbox" && matches!(to_noun, "reactions" | "agent"),
        ("app", "compat") => from_noun == "signalbox",
        ("app", "domain" | "kernel") | ("compat" | "domain", "kernel") | ("compat", "domain") => true,
        ("domain", "domain") => to_noun == "people" || listed(INSIDE_DOMAIN),
        ("kernel", "kernel") => listed(INSIDE_KERNEL),
        _ => false,
    };
    if fine { Ok(()) } else { Err(reason(from_level, to_level, from_noun)) }
}

fn reason(from: &str, to: &str, noun: &str) -> &'static str {
    match (from, to) {
        ("app", _) if noun == "e2e" => "the end-to-end tests know the program from outside only",
        ("app", _) if noun == "agent" => "the agent speaks HTTP and knows no domain",
        ("domain", "domain") => "domains meet in people, in reactions, or in an arrow that DESIGN.md draws",
        ("compat", "compat") => "a facade stands alone",
        ("kernel", "kernel") => "the kernel's order is base, db, then journal, chores and blobs, then web",
        ("xtask" | "tools", _) | (_, "tools") => "tools know nothing of the product, nor it of them",
        _ => "arrows go app -> compat -> domain -> kernel",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_down_and_only_where_drawn() {
        for (from, to, fine) in [
            ("app/signalbox", "compat/asana", true),
            ("app/signalbox", "app/reactions", true),
            ("app/signalbox", "app/agent", true),
            ("app/reactions", "domain/releases", true),
            ("app/reactions", "compat/asana", false),
            ("app/reactions", "app/signalbox", false),
            ("app/e2e", "domain/work", false),
            ("app/e2e", "kernel/base", true),
            ("app/agent", "domain/jobs", false),
            ("compat/asana", "domain/work", true),
            ("compat/asana", "compat/sentry", false),
            ("domain/work", "domain/people", true),
            ("domain/releases", "domain/work", true),
            ("domain/errors", "domain/repos", true),
            ("domain/jobs", "domain/work", false),
            ("domain/jobs", "domain/repos", true),
            ("domain/jobs", "domain/notify", true),
            ("domain/notify", "domain/jobs", false),
            ("domain/people", "domain/work", false),
            ("domain/alerts", "domain/work", false),
            ("domain/work", "compat/asana", false),
            ("kernel/db", "kernel/base", true),
            ("kernel/base", "kernel/db", false),
            ("kernel/web", "kernel/journal", true),
            ("kernel/journal", "kernel/chores", false),
            ("kernel/db", "domain/people", false),
            ("tools/renewals", "kernel/base", false),
            ("tools/renewals", "domain/work", false),
            ("tools/renewals", "tools/other", false),
            ("app/signalbox", "tools/renewals", false),
            ("xtask", "kernel/base", false),
        ] {
            assert_eq!(allowed(from, to).is_ok(), fine, "{from} -> {to}");
        }
    }

    #[test]
    fn databases_and_http_clients_have_their_places() {
        for (from, package, fine) in [
            ("kernel/db", "rusqlite", true),
            ("domain/work", "rusqlite", false),
            ("app/signalbox", "tokio-postgres", false),
            ("domain/releases", "reqwest", false),
            ("domain/work", "reqwest", false),
            ("app/signalbox", "reqwest", true),
            ("compat/asana", "reqwest", true),
            ("tools/renewals", "reqwest", true),
            ("tools/renewals", "rusqlite", false),
            ("domain/people", "getrandom", false),
            ("domain/people", "argon2", true),
            ("domain/work", "chrono", false),
        ] {
            assert_eq!(reserved(from, package).is_none(), fine, "{from} -> {package}");
        }
    }

    #[test]
    fn a_forbidden_arrow_is_named_with_its_reason() {
        let made = |name: &str, place: &str, needs: &[&str]| Crate {
            name: name.into(),
            place: place.into(),
            needs: needs.iter().map(|n| (n.to_string(), "dev".to_string())).collect(),
            folder: place.into(),
        };
        let crates =
            [made("work", "domain/work", &["compat-asana"]), made("compat-asana", "compat/asana", &["work"])];
        assert_eq!(
            faults(&crates),
            [
                "domain/work must not depend on compat/asana (dev): arrows go app -> compat -> domain -> kernel"
            ]
        );
    }
}
