//! `signalbox why`: the gate in one sentence, then every blocker.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use crate::deploy::exit;
use serde_json::Value;

/// The options of `signalbox why`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox why production
  signalbox why production --commit 9f3c2e1          may this commit go there?
  signalbox why production --at 2026-11-25T15:00:00Z  may one deploy then?
  signalbox why production --exit-code && echo open")]
pub struct Why {
    /// The environment.
    pub env: String,
    /// Ask about this commit.
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Ask about this instant (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME", value_parser = base::Time::parse)]
    pub at: Option<base::Time>,
    /// End with 75 when the environment is closed.
    #[arg(long)]
    pub exit_code: bool,
}

impl Why {
    /// Asks and prints.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<i32, Failure> {
        let at = self.at.map(|at| at.to_string());
        let asked = [("commit", self.commit.as_deref()), ("at", at.as_deref())];
        let query: Vec<_> = asked.iter().filter_map(|(key, value)| Some((*key, (*value)?))).collect();
        let decision = client.get(&format!("environments/{}/gate", segment(&self.env)), &query).await?;
        print.answer(&decision, sentences);
        Ok(if self.exit_code && decision["open"] != true { exit::BLOCKED } else { 0 })
    }
}

/// The sentence, then every blocker with what can be done about it.
fn sentences(decision: &Value) -> Vec<String> {
    let mut lines = vec![field(decision, "sentence")];
    let blockers = decision["blockers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !blockers.is_empty() {
        lines.push(String::new());
    }
    for blocker in blockers {
        lines.push(format!(
            "  {} {}  {}",
            field(blocker, "kind"),
            field(blocker, "id"),
            field(blocker, "title")
        ));
        for (label, value) in [
            ("", field(blocker, "sentence")),
            ("since: ", field(blocker, "since")),
            ("until: ", field(blocker, "until")),
            ("who can release it: ", names(&blocker["who_can_release"])),
            ("", field(blocker, "task_url")),
        ] {
            if !value.is_empty() {
                lines.push(format!("    {label}{value}"));
            }
        }
    }
    let next = field(decision, "next_change_at");
    if !next.is_empty() {
        lines.push(String::new());
        lines.push(format!("This may change at {next}."));
    }
    lines
}

fn names(list: &Value) -> String {
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |who: &Value| who.as_str().map_or_else(|| field(who, "name"), str::to_owned);
    all.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_sentence_comes_first_and_every_blocker_after_it() {
        let decision = json!({"open": false, "sentence": "production is locked.", "next_change_at": "2026-11-22T10:15:00.000Z",
            "blockers": [{"kind": "lock", "id": "12", "title": "bad build", "who_can_release": ["Ann", {"name": "Ben"}],
                "since": "2026-11-22T09:00:00.000Z"}]});
        assert_eq!(
            sentences(&decision),
            [
                "production is locked.",
                "",
                "  lock 12  bad build",
                "    since: 2026-11-22T09:00:00.000Z",
                "    who can release it: Ann, Ben",
                "",
                "This may change at 2026-11-22T10:15:00.000Z."
            ]
        );
        assert_eq!(sentences(&json!({"open": true, "sentence": "beta is open."})), ["beta is open."]);
    }
}
