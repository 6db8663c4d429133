//! `signalbox delivery`: what was told to whom, and what became of it.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use reqwest::Method;
use serde_json::{Value, json};

/// What to do with deliveries.
#[derive(Debug, clap::Subcommand)]
pub enum Delivery {
    /// List what was told to whom, newest first.
    List {
        /// Only those in this state: waiting, sent, failed, held or withdrawn.
        #[arg(long)]
        state: Option<String>,
    },
    /// Show one with its tries and what it says.
    Show {
        /// Its id.
        id: String,
    },
    /// Send something again that failed or was held.
    Resend {
        /// Its id.
        #[arg(required_unless_present = "held", conflicts_with = "held")]
        id: Option<String>,
        /// Everything that was held for want of a mail server.
        #[arg(long)]
        held: bool,
    },
    /// Send a mail that only shows that mail arrives.
    Test {
        /// Where it goes; your own address otherwise.
        address: Option<String>,
    },
}

fn line(it: &Value) -> Vec<String> {
    vec![
        field(it, "id"),
        field(it, "state"),
        field(it, "channel"),
        field(it, "recipient"),
        field(it, "title"),
        field(it, "sentence"),
    ]
}

impl Delivery {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List { state } => {
                let query: Vec<(&str, &str)> = state.iter().map(|state| ("state", state.as_str())).collect();
                let answer = client.list("deliveries", &query).await?;
                print.table(&answer, "nothing was told to anybody", line);
            }
            Self::Show { id } => {
                let path = format!("deliveries/{}", segment(&id));
                let answer = client.json(client.request(Method::GET, &path)).await?;
                print.answer(&answer, |it| {
                    let mut lines = vec![line(it).join("  ")];
                    for one in it["tries"].as_array().into_iter().flatten() {
                        lines.push(format!(
                            "{}  {}: {}",
                            field(one, "at"),
                            field(one, "outcome"),
                            field(one, "answer")
                        ));
                    }
                    lines.push(String::new());
                    lines.push(field(it, "text"));
                    lines
                });
            }
            Self::Resend { id: None, .. } => {
                let answer = client.json(client.request(Method::POST, "deliveries/resend-held")).await?;
                print.answer(&answer, |it| match it["count"].as_u64() {
                    Some(0) => vec!["nothing was held".to_owned()],
                    Some(1) => vec!["one message is on its way".to_owned()],
                    _ => vec![format!("{} messages are on their way", field(it, "count"))],
                });
            }
            Self::Resend { id: Some(id), .. } => {
                let path = format!("deliveries/{}/resend", segment(&id));
                let answer = client.json(client.request(Method::POST, &path)).await?;
                print.answer(&answer, |it| {
                    vec![format!("it is on its way to {} again", field(it, "recipient"))]
                });
            }
            Self::Test { address } => {
                let request = client.request(Method::POST, "deliveries/test").json(&json!({"to": address}));
                let answer = client.json(request).await?;
                print.answer(&answer, |it| {
                    vec![format!(
                        "a test mail is on its way to {}; `signalbox delivery show {}` says what became of it",
                        field(it, "recipient"),
                        field(it, "id")
                    )]
                });
            }
        }
        Ok(())
    }
}
