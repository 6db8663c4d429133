//! `signalbox audit`: the log of everything that happened, and the proof that nobody changed it.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure};
use serde_json::Value;

/// What to do with the log.
#[derive(Debug, clap::Subcommand)]
pub enum Audit {
    /// List entries, oldest first.
    #[command(after_help = "\
Examples:
  signalbox audit list --subject task:1200000000000123
  signalbox audit list --verb lock.released --json")]
    List {
        /// Only those after this number.
        #[arg(long, value_name = "SEQ")]
        after: Option<String>,
        /// Only those about this, such as task:123 or environment:45.
        #[arg(long, value_name = "KIND:ID")]
        subject: Option<String>,
        /// Only this happening, such as deployment.started.
        #[arg(long, value_name = "VERB")]
        verb: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Recompute the chain of hashes and name the first entry that is broken; ends with 1 if there is one.
    Verify,
}

impl Audit {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List { after, subject, verb, limit } => {
                let limit = limit.map(|limit| limit.to_string());
                let asked = [("after", &after), ("subject", &subject), ("verb", &verb), ("limit", &limit)];
                let query: Vec<_> =
                    asked.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?))).collect();
                let answer = client.get("journal", &query).await?;
                print.table(&answer, "nothing has happened", |entry| {
                    ["seq", "at", "actor_name", "verb", "subject"]
                        .iter()
                        .map(|name| field(entry, name))
                        .collect()
                });
                Ok(())
            }
            Self::Verify => {
                let answer = client.get("journal/verify", &[]).await?;
                print.answer(&answer, |answer| vec![verdict(answer)]);
                if answer["whole"] != true {
                    return Err(Failure::Ended(1, "the log is not what was written".to_owned()));
                }
                Ok(())
            }
        }
    }
}

fn verdict(answer: &Value) -> String {
    let (checked, unsealed) = (field(answer, "checked"), field(answer, "unsealed"));
    if answer["whole"] == true {
        return format!(
            "all of the {checked} sealed entries are as they were written, {unsealed} newer ones are not sealed yet; \
             the newest seal is {}",
            field(answer, "hash")
        );
    }
    format!("entry {} is the first that is broken: {}", field(answer, "broken_seq"), field(answer, "why"))
}
