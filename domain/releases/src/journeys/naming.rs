//! How a commit's message names tasks: pure.

use base::id::TaskId;
use repos::Commit;

/// What git looks for: anything that may be the id of a task.
pub(super) const PATTERN: &str = "(^|[^0-9])[0-9]{16}([^0-9]|$)";

/// Digits of an id. It is long enough to be meant wherever it stands: alone, after a word, in an address.
const DIGITS: usize = 16;

/// Words before a task that say that the commit fixes it.
const FIXES: [&str; 9] =
    ["fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"];

/// The tasks that a message names, each once, with whether it says that it fixes them. Whether they exist is not asked here.
pub(super) fn tasks(message: &str) -> Vec<(TaskId, bool)> {
    let mut found: Vec<(TaskId, bool)> = Vec::new();
    for line in message.lines() {
        let mut rest = 0;
        for (from, to) in runs(line) {
            let Ok(id) = line[from..to].parse::<i64>() else { continue };
            let fixes = says_fixes(&line[rest..from]);
            rest = to;
            match found.iter_mut().find(|(task, _)| task.0 == id) {
                Some((_, known)) => *known |= fixes,
                None => found.push((TaskId(id), fixes)),
            }
        }
    }
    found
}

/// Where the numbers are that have as many digits as an id.
fn runs(line: &str) -> Vec<(usize, usize)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == DIGITS {
            found.push((at, at + length));
        }
        at += length.max(1);
    }
    found
}

/// Whether the words between the task before and this one say that it is fixed. An address may stand between.
fn says_fixes(before: &str) -> bool {
    let mut words = before.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| FIXES.contains(&word.to_ascii_lowercase().as_str()))
}

/// The change that a commit makes, whatever branch it is on: picking and rebasing keep who wrote what when.
pub(super) fn change(commit: &Commit) -> String {
    format!("{} {} {}", commit.authored_at.millis(), commit.author_email, commit.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_its_id_wherever_that_stands() {
        const ID: i64 = 1_200_000_000_000_186;
        let named =
            |message: &str| tasks(message).iter().map(|(id, fixes)| (id.0, *fixes)).collect::<Vec<_>>();
        for (message, fixes) in [
            ("Keep unread marks\n\nTask: 1200000000000186", false),
            ("1200000000000186 keep unread marks", false),
            ("see https://hub.example/projects/12?task=1200000000000186&view=board", false),
            ("Fixes https://hub.example/tasks/1200000000000186", true),
            ("Keep marks (closes #1200000000000186)", true),
            ("Resolved: 1200000000000186.", true),
            ("a prefix is no word 1200000000000186", false),
        ] {
            assert_eq!(named(message), [(ID, fixes)], "{message}");
        }
        assert_eq!(named("fixes 1200000000000186, touches 1200000000000187"), [(ID, true), (ID + 1, false)]);
        assert_eq!(named("1200000000000186\nfixes 1200000000000186"), [(ID, true)], "once");
        for message in ["", "no 12000000000001861 and no 120000000000018", "deadbeef1200000000000"] {
            assert_eq!(named(message), [], "{message}");
        }
    }
}
