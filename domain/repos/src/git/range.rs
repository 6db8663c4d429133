//! Commits, and what lies between two of them. Reachability decides, never dates: clocks of committers are years off.

use super::Mirror;
use base::{Error, Result, Time};

/// The most of one commit's message that is taken over; the rest is in the repository.
const MESSAGE_CHARS_MAX: usize = 10_000;
/// The most of a title or a name.
const LINE_CHARS_MAX: usize = 500;

/// What git prints of each commit, for [`read`]. No field can hold a NUL; anything else a message may hold.
pub(super) const LOG_FORMAT: &str = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B%x00";

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Commit)]
pub struct Commit {
    /// The full id.
    pub id: String,
    /// Its parents; more than one when it merges.
    pub parents: Vec<String>,
    /// The first line of its message.
    pub title: String,
    /// The whole message.
    pub message: String,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub author_email: String,
    /// When they say they wrote it.
    #[schema(value_type = String, format = DateTime)]
    pub authored_at: Time,
    /// When it says it was made.
    #[schema(value_type = String, format = DateTime)]
    pub committed_at: Time,
}

/// What going from one commit to another brings.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CommitRange)]
pub struct Range {
    /// Where it starts; none for everything up to `to`.
    pub from: Option<String>,
    /// Where it ends.
    pub to: String,
    /// How many commits `to` has that `from` has not.
    pub count: u64,
    /// How many commits `from` has that `to` has not: more than none is a step back or aside.
    pub leaving: u64,
    /// The commits that `count` counts, children before parents, as many as were asked for.
    pub commits: Vec<Commit>,
}

impl Mirror {
    /// What lies between two full ids, with the first `limit` commits.
    pub async fn range(&self, from: Option<&str>, to: &str, limit: usize) -> Result<Range> {
        self.refuse_shallow().await?;
        let mut asked = vec![to.to_owned()];
        asked.extend(from.map(|from| format!("^{from}")));
        for id in [Some(to), from].into_iter().flatten() {
            if !super::is_full_id(id) || self.commits(vec![id.to_owned()]).await?.is_empty() {
                let shown: String = id.chars().take(100).collect();
                return Err(Error::invalid(
                    "commit.unknown",
                    format!("the repository has no commit {shown}"),
                ));
            }
        }
        let count = self.count(&asked).await?;
        let leaving = match from {
            Some(from) => self.count(&[from.to_owned(), format!("^{to}")]).await?,
            None => 0,
        };
        let commits = if limit == 0 { Vec::new() } else { self.log(&asked, 0, limit).await? };
        Ok(Range { from: from.map(str::to_owned), to: to.to_owned(), count, leaving, commits })
    }

    /// The history of one full id, children before parents, leaving out the first `skip`.
    pub async fn history(&self, of: &str, skip: usize, limit: usize) -> Result<Vec<Commit>> {
        self.log(&[of.to_owned()], skip, limit).await
    }

    async fn count(&self, asked: &[String]) -> Result<u64> {
        let printed = self.call(["rev-list", "--count", "--stdin"]).input(lines(asked)).output().await?;
        let count = String::from_utf8_lossy(&printed).trim().parse();
        count.map_err(|error| Error::bug("git.count", "git counted and printed no number").because(error))
    }

    async fn log(&self, asked: &[String], skip: usize, limit: usize) -> Result<Vec<Commit>> {
        let arguments = [
            "log".to_owned(),
            "--topo-order".to_owned(),
            "--no-show-signature".to_owned(),
            "--no-color".to_owned(),
            format!("--skip={skip}"),
            format!("--max-count={limit}"),
            LOG_FORMAT.to_owned(),
            "--stdin".to_owned(),
        ];
        let printed = self.call(arguments).input(lines(asked)).output().await?;
        Ok(read(&String::from_utf8_lossy(&printed)))
    }
}

/// What git reads from its standard input.
pub(super) fn lines(words: &[String]) -> String {
    words.iter().map(|word| format!("{word}\n")).collect()
}

/// The commits that git printed in [`LOG_FORMAT`].
pub(super) fn read(printed: &str) -> Vec<Commit> {
    let fields: Vec<&str> = printed.split('\0').collect();
    fields.chunks_exact(7).filter_map(commit).collect()
}

fn commit(fields: &[&str]) -> Option<Commit> {
    let &[id, parents, author, email, authored, committed, message] = fields else { return None };
    let message = message.trim_end();
    Some(Commit {
        // A line break follows each commit before the next one starts.
        id: id.trim_start().to_owned(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        title: shortened(message.lines().next().unwrap_or_default(), LINE_CHARS_MAX),
        message: shortened(message, MESSAGE_CHARS_MAX),
        author: shortened(author, LINE_CHARS_MAX),
        author_email: shortened(email, LINE_CHARS_MAX),
        authored_at: time(authored),
        committed_at: time(committed),
    })
}

/// A commit may claim any second that fits its header; those beyond the year 9999 are taken for the epoch.
fn time(seconds: &str) -> Time {
    let seconds = seconds.trim().parse::<i64>().ok().filter(|s| (0..=253_402_300_799).contains(s));
    Time::from_millis(seconds.unwrap_or(0) * 1_000)
}

fn shortened(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
