//! What other domains saw happen to a task's work, told in its stream.

use super::{StoryKind, tell};
use crate::tasks;
use crate::watchers::Watchers;
use base::id::TaskId;
use base::{Result, Right};
use db::Tx;
use serde_json::json;

/// Something that another domain saw.
#[derive(Clone, Debug)]
pub struct Report {
    /// What, as words that follow a name, or that stand alone when the program itself reports: "reached beta with deployment 41".
    pub text: String,
    /// What it looks like: the name of an icon, or `green` and `idle` for a lamp.
    pub sign: &'static str,
    /// A part of the text that is a link, and its address.
    pub link: Option<(String, String)>,
}

/// Tells of it on a task. For who may comment there.
pub async fn report(tx: &mut Tx, task: TaskId, report: &Report) -> Result<()> {
    let about = tasks::require(tx, task, Right::Comment).await?;
    let link = report.link.as_ref().map(|(text, href)| json!({"text": text, "href": href}));
    let data = json!({"sign": report.sign, "link": link});
    let told = tell(tx, task, StoryKind::Reported, &report.text, data).await?;
    let watchers = Watchers::of(tx, &about).await?;
    let data = tasks::facts(&about, json!({"text": report.text, "stories": [told]}));
    watchers.enter(tx, "task.reported", task, data);
    Ok(())
}
