//! What is told, before anybody knows by which channel: a title, a sentence, facts, and lines of output. Mail programs get it as plain text and
//! as HTML, an inbox the title and the sentence, a webhook the data.

mod render;

pub(crate) use render::{html, text};

use journal::Subject;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// What is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What sort of news it is: "job.failed".
    pub kind: String,
    /// What it is about.
    #[serde(deserialize_with = "subject")]
    pub about: Subject,
    /// What a mail has as its subject.
    pub title: String,
    /// What happened, in a sentence.
    pub sentence: String,
    /// Where more is to be seen: a path on this server.
    pub path: String,
    /// What else is known, in a few words each.
    pub facts: Vec<Fact>,
    /// What takes lines of its own.
    pub blocks: Vec<Block>,
    /// Why it was sent, to whom else, and how to have it stopped.
    pub notes: Vec<String>,
    /// Where it can be stopped: a path on this server.
    pub stop_path: Option<String>,
    /// What mail programs can sort by: the name of what regularly sends such messages.
    pub list: String,
    /// More for programs that sort mail: what follows `X-Signalbox-`, and its value.
    pub headers: BTreeMap<String, String>,
    /// What an inbox says.
    pub news: News,
    /// What a webhook gets besides.
    pub data: serde_json::Value,
}

fn subject<'de, D: Deserializer<'de>>(d: D) -> Result<Subject, D::Error> {
    String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
}

/// One line of an inbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The thing that keeps its place in the inbox, whatever happens to it: "job:12".
    pub subject: String,
    /// What it is called.
    pub title: String,
    /// Who or what did something: "Run 12".
    pub actor: String,
    /// What: "failed at analyse.py".
    pub text: String,
}

/// Something that is known, with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it is like.
    pub value: String,
    /// Where more is to be seen: a path on this server.
    pub path: Option<String>,
}

impl Fact {
    /// A fact.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into(), path: None }
    }
}

/// Lines under a heading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The heading.
    pub title: String,
    /// The lines.
    pub lines: Vec<String>,
    /// Whether they are output, shown as it was printed.
    pub is_output: bool,
}

impl Message {
    /// What a test mail says.
    pub(crate) fn test(workspace: &people::workspace::Workspace, by: &str) -> Self {
        Self {
            kind: "test".to_owned(),
            about: Subject::new("workspace", workspace.id.0),
            title: "Mail from Signalbox arrives".to_owned(),
            sentence: format!("Mail from the Signalbox of {} arrives at this address.", workspace.name),
            path: "/settings/deliveries".to_owned(),
            facts: vec![Fact::new("Asked for by", by)],
            blocks: Vec::new(),
            notes: vec![
                "It was sent to see whether mail arrives, and nothing has to be done about it.".to_owned(),
            ],
            stop_path: None,
            list: "test".to_owned(),
            headers: BTreeMap::new(),
            news: News::default(),
            data: serde_json::Value::Null,
        }
    }
}
