//! A mirror that is its own original: people push to it. Making one, serving it, who pushed what, and how large it is.

use super::Mirror;
use super::refs::OURS;
use super::talk::{Ends, Talk};
use base::{Error, Result};
use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What holds for every push and fetch, whatever the configuration of the repository says.
///
/// Objects are checked before they are taken in, but for three old mistakes that long histories are full of. Every push becomes a pack,
/// so that git makes it durable whole; every update of a ref is noted with who made it. Our own refs are nobody's to see or to set. A
/// forced push is taken (what it threw away is kept); the default branch is not deleted.
const RULES: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsync", "all"),
    ("core.logAllRefUpdates", "always"),
    ("receive.fsckObjects", "true"),
    ("receive.fsck.zeroPaddedFilemode", "ignore"),
    ("receive.fsck.badTimezone", "ignore"),
    ("receive.fsck.missingSpaceBeforeDate", "ignore"),
    ("receive.unpackLimit", "1"),
    ("receive.autogc", "false"),
    ("receive.updateServerInfo", "false"),
    ("receive.denyNonFastForwards", "false"),
    ("receive.denyDeletes", "false"),
    ("receive.denyDeleteCurrent", "refuse"),
    ("receive.advertisePushOptions", "false"),
    ("transfer.hideRefs", "refs/signalbox"),
    ("transfer.unpackLimit", "1"),
    ("uploadpack.allowFilter", "true"),
    ("http.getanyfile", "false"),
    ("http.uploadpack", "true"),
    ("http.receivepack", "true"),
    // What one clone may take of the memory besides the objects themselves.
    ("pack.windowMemory", "64m"),
    ("pack.threads", "2"),
];

/// Lines of a log of refs are shorter than this, but for names and titles that are absurdly long.
const LOG_TAIL: u64 = 16 * 1024;

/// One request to `git http-backend`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// What follows the repository in the address, as we wrote it: `info/refs` or the name of a service.
    pub path: &'static str,
    /// The query, as we wrote it.
    pub query: String,
    /// The type of the body, as we wrote it.
    pub content_type: &'static str,
    /// How long the body is, when that is known.
    pub content_length: Option<u64>,
    /// Whether the body is compressed.
    pub is_gzip: bool,
    /// Which version of the protocol the client asks for.
    pub protocol: Option<String>,
    /// Who asks: a name for people, and an id that is found again.
    pub who: (String, i64),
    /// The most that a push may bring.
    pub input_max: u64,
}

impl Mirror {
    /// Makes an empty repository whose default branch will be `branch`, unless there is one.
    pub(crate) async fn make(&self, branch: &str) -> Result<()> {
        if self.exists().await {
            return Ok(());
        }
        // Made beside its place, so that it is there whole or not at all.
        let draft = self.dir.with_extension("making");
        let _ = tokio::fs::remove_dir_all(&draft).await;
        let branch = format!("--initial-branch={branch}");
        let arguments = ["init", "--quiet", "--bare", "--template=", &branch, "--"].map(OsString::from);
        let arguments = arguments.into_iter().chain([draft.clone().into_os_string()]);
        self.git.call(arguments).output().await?;
        tokio::fs::rename(&draft, &self.dir).await.map_err(|error| {
            Error::unavailable("git.make", "the folder of the repository cannot be made").because(error)
        })
    }

    /// Starts `git http-backend` for one request. It sees nothing of the request but what is in `served`.
    pub(crate) fn serve(&self, served: &Served) -> Result<(Talk, Ends)> {
        let folder = self.dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (name, id) = &served.who;
        let mut environment: Vec<(String, String)> = vec![
            ("GIT_PROJECT_ROOT".into(), self.git.home().to_string_lossy().into_owned()),
            ("GIT_HTTP_EXPORT_ALL".into(), "1".into()),
            ("PATH_INFO".into(), format!("/{folder}/{}", served.path)),
            ("QUERY_STRING".into(), served.query.clone()),
            ("REQUEST_METHOD".into(), served.method.into()),
            ("CONTENT_TYPE".into(), served.content_type.into()),
            ("REMOTE_USER".into(), id.to_string()),
            ("REMOTE_ADDR".into(), "signalbox".into()),
            ("GIT_COMMITTER_NAME".into(), plain(name)),
            ("GIT_COMMITTER_EMAIL".into(), format!("{id}{MARK}")),
        ];
        let input_max = served.input_max.to_string();
        let rules = RULES.iter().copied().chain([("receive.maxInputSize", input_max.as_str())]);
        let mut count = 0;
        for (n, (key, value)) in rules.enumerate() {
            environment.push((format!("GIT_CONFIG_KEY_{n}"), key.into()));
            environment.push((format!("GIT_CONFIG_VALUE_{n}"), value.into()));
            count = n + 1;
        }
        environment.push(("GIT_CONFIG_COUNT".into(), count.to_string()));
        if let Some(length) = served.content_length {
            environment.push(("CONTENT_LENGTH".into(), length.to_string()));
        }
        if served.is_gzip {
            environment.push(("HTTP_CONTENT_ENCODING".into(), "gzip".into()));
        }
        if let Some(protocol) = &served.protocol {
            environment.push(("GIT_PROTOCOL".into(), protocol.clone()));
            environment.push(("HTTP_GIT_PROTOCOL".into(), protocol.clone()));
        }
        let environment: Vec<(OsString, OsString)> =
            environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.git.call(["http-backend"]).environment(&environment).talk()
    }

    /// The id of whoever gave a ref the value that it has, when the repository noted it.
    pub(crate) async fn pushed_by(&self, name: &str, object: &str) -> Option<i64> {
        if name.starts_with(OURS) || !name.starts_with("refs/") || name.contains("..") {
            return None;
        }
        let (log, object) = (self.dir.join("logs").join(name), object.to_owned());
        tokio::task::spawn_blocking(move || noted(&last_line(&log)?, &object)).await.ok().flatten()
    }

    /// The bytes that its objects take up on the disk.
    pub(crate) async fn size(&self) -> u64 {
        let objects = self.dir.join("objects");
        tokio::task::spawn_blocking(move || size(&objects)).await.unwrap_or(0)
    }
}

/// What tells the ids that we write from addresses of people.
const MARK: &str = "@signalbox";

/// A name as git takes it for that of a person.
fn plain(name: &str) -> String {
    let is_good = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
    let name: String = name.chars().filter(is_good).take(200).collect();
    if name.trim().is_empty() { "somebody".to_owned() } else { name }
}

fn last_line(log: &Path) -> Option<String> {
    let mut file = std::fs::File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL))).ok()?;
    let mut tail = Vec::new();
    file.take(LOG_TAIL).read_to_end(&mut tail).ok()?;
    String::from_utf8_lossy(&tail).lines().last().map(str::to_owned)
}

/// A line is: the old id, the new id, name, `<address>`, time and zone, a tab, what was done.
fn noted(line: &str, object: &str) -> Option<i64> {
    let (facts, _) = line.split_once('\t').unwrap_or((line, ""));
    let mut ids = facts.splitn(3, ' ');
    let (_, new, who) = (ids.next()?, ids.next()?, ids.next()?);
    let address = who.rsplit_once('<')?.1.split_once('>')?.0;
    (new == object).then(|| address.strip_suffix(MARK)?.parse().ok()).flatten()
}

fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        // Gone since it was listed.
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pushed_is_read_from_the_note_that_belongs_to_the_value() {
        let line = "0000 aaaa Ann Müller <7@signalbox> 1790000000 +0000\tpush";
        assert_eq!(noted(line, "aaaa"), Some(7));
        assert_eq!(noted(line, "bbbb"), None, "an update that nobody noted");
        assert_eq!(noted("0000 aaaa Ann <ann@acme.test> 1790000000 +0000\tpush", "aaaa"), None);
        assert_eq!(noted("", "aaaa"), None);
    }

    #[test]
    fn names_of_people_cannot_break_a_note() {
        assert_eq!(plain("Ann <1@signalbox>\n"), "Ann 1@signalbox");
        assert_eq!(plain(" \n"), "somebody");
    }
}
