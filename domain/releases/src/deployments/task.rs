//! The task that people see of a deployment: opened with it, completed when it succeeded, with the end of the log when not.

use super::{Deployment, store};
use crate::environments::{self, Environment};
use base::Result;
use base::id::TaskId;
use blobs::growing;
use db::Tx;
use work::names::Text;
use work::stories::{self, NewComment};
use work::tasks::{self, NewTask};

/// The most commits that a description lists.
const LISTED: usize = 50;

/// How much of the end of the log goes into a comment.
const TAIL_BYTES: i64 = 16_384;
const TAIL_LINES: usize = 40;
const TAIL_CHARS: usize = 6_000;

/// Opens the task of a deployment that starts.
pub(super) async fn open(tx: &mut Tx, environment: &Environment, deployment: &Deployment) -> Result<TaskId> {
    let name =
        format!("Deployment {}: {} to {}", deployment.number, deployment.short_commit(), environment.name);
    let new = NewTask {
        notes: Some(Text::Plain(description(deployment))),
        ..NewTask::named(name, environment.deployment_project)
    };
    let before = environments::beyond(tx);
    let made = tasks::create(tx, new).await;
    tx.become_actor(before);
    Ok(made?.id)
}

fn description(deployment: &Deployment) -> String {
    let mut text = format!("{} of {}", deployment.kind, deployment.commit);
    if let Some(reference) = &deployment.reference {
        text.push_str(&format!(" ({reference})"));
    }
    text.push_str(&format!(", asked for by {}", deployment.requested_by_name));
    if !deployment.host.is_empty() {
        text.push_str(&format!(" on {}", deployment.host));
    }
    text.push_str(".\n\n");
    let range = &deployment.range;
    match (&range.from, range.count) {
        (Some(from), Some(0)) if *from == range.to => text.push_str("The same commit as before."),
        (Some(from), Some(count)) => {
            let what = if count == 1 { "commit" } else { "commits" };
            text.push_str(&format!(
                "{count} {what}, {}..{}:",
                crate::gate::short(from),
                crate::gate::short(&range.to)
            ));
        }
        (Some(from), None) => text.push_str(&format!("What lies between {from} and it cannot be said.")),
        (None, _) => text.push_str("The first deployment here."),
    }
    for commit in range.commits.iter().take(LISTED) {
        text.push_str(&format!("\n{} {} ({})", crate::gate::short(&commit.id), commit.title, commit.author));
    }
    let listed = range.commits.len().min(LISTED) as u64;
    if let Some(more) =
        range.count.and_then(|count| count.checked_sub(listed)).filter(|more| *more > 0 && listed > 0)
    {
        text.push_str(&format!("\nand {more} more"));
    }
    text
}

/// Completes the task, saying `comment` first if there is one.
pub(super) async fn complete(tx: &mut Tx, deployment: &Deployment, comment: Option<String>) -> Result<()> {
    say(tx, deployment, comment).await?;
    let Some(task) = deployment.task else { return Ok(()) };
    let before = environments::beyond(tx);
    let done = tasks::complete(tx, task).await;
    tx.become_actor(before);
    gone_is_fine(done.map(drop))
}

/// Says something on the task, as plain text: whatever a log contains stays inert.
pub(super) async fn say(tx: &mut Tx, deployment: &Deployment, comment: Option<String>) -> Result<()> {
    let (Some(task), Some(text)) = (deployment.task, comment) else { return Ok(()) };
    let before = environments::beyond(tx);
    let said =
        stories::comment(tx, task, NewComment { text: Text::Plain(text), ..NewComment::default() }).await;
    tx.become_actor(before);
    gone_is_fine(said.map(drop))
}

/// A person may have deleted the task; the deployment ends all the same.
fn gone_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.is_missing() => Ok(()),
        other => other,
    }
}

/// The end of the log as text, for a comment; empty when there was no output.
pub(super) async fn tail(tx: &mut Tx, deployment: &Deployment) -> Result<String> {
    if deployment.output_kept < deployment.output_bytes {
        return Ok(last_lines(&store::output_end(tx, deployment.id).await?));
    }
    let mut from = (deployment.output_kept - TAIL_BYTES).max(0);
    let mut bytes = Vec::new();
    loop {
        let read = growing::read(tx, deployment.id.0, from, usize::MAX).await?;
        if read.is_empty() {
            return Ok(last_lines(&bytes));
        }
        from += read.len() as i64;
        bytes.extend(read);
    }
}

fn last_lines(bytes: &[u8]) -> String {
    let text = plain(&String::from_utf8_lossy(bytes));
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    let shown = shown.trim_matches('\n');
    let chars = shown.chars().count();
    shown.chars().skip(chars.saturating_sub(TAIL_CHARS)).collect()
}

/// Text without what steers a terminal: colours, cursor movements, and other control characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                Some(']') => while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {},
                Some(_) | None => {}
            },
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_plain_text_whatever_the_command_printed() {
        for (given, shown) in [
            ("\u{1b}[31mred\u{1b}[0m\r\nnext", "red\nnext"),
            ("10%\r20%\rdone", "10%\n20%\ndone"),
            ("\u{1b}]0;title\u{7}text\0", "text"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ] {
            assert_eq!(last_lines(given.as_bytes()), shown);
        }
        assert_eq!(last_lines(b"bad \xff\xfe bytes"), "bad \u{fffd}\u{fffd} bytes");
        let long: String = (0..200).map(|n| format!("line {n}\n")).collect();
        assert!(last_lines(long.as_bytes()).starts_with("line 160\n"));
    }
}
