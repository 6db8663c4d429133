//! Reading the job files of a commit from the mirror.

use super::sync::{Read, ReadFile};
use crate::file;
use base::Result;
use base::id::RepositoryId;
use repos::Mirror;

/// Where job files are: one at the top, and any in this folder.
pub(crate) const PATHS: [&str; 3] = ["signalbox.yaml", "signalbox.yml", "signalbox/"];

/// A longer file is not read as YAML; it says so as a finding.
const BYTES_MAX: u64 = 1_048_576;
/// Files that are looked at in one repository.
const FILES_MAX: usize = 200;

/// Whether a path of a commit is a job file.
pub(crate) fn is_job_file(path: &str) -> bool {
    let in_folder = path.strip_prefix("signalbox/").is_some_and(|rest| !rest.contains('/'));
    (in_folder || path == "signalbox.yaml" || path == "signalbox.yml")
        && (path.ends_with(".yaml") || path.ends_with(".yml"))
}

/// Every job file in `commit`.
pub(crate) async fn read(mirror: &Mirror, repository: RepositoryId, commit: &str) -> Result<Read> {
    let found = mirror.files(commit, &PATHS).await?;
    let mut files = Vec::new();
    for source in found.into_iter().filter(|file| is_job_file(&file.path)).take(FILES_MAX) {
        let text = if source.size > BYTES_MAX {
            // One character too many is enough for the parser to say so.
            " ".repeat(usize::try_from(BYTES_MAX).unwrap_or(0) + 1)
        } else {
            String::from_utf8_lossy(&mirror.content(&source).await?).into_owned()
        };
        let parsed = file::parse(&text);
        files.push(ReadFile { path: source.path, text, parsed });
    }
    Ok(Read { repository, commit: commit.to_owned(), files })
}

#[cfg(test)]
#[test]
fn job_files_are_at_the_top_or_directly_in_their_folder() {
    for path in ["signalbox.yaml", "signalbox.yml", "signalbox/nightly.yaml"] {
        assert!(is_job_file(path), "{path}");
    }
    for path in ["other.yaml", "signalbox/deep/nightly.yaml", "signalbox/readme.md", "x/signalbox.yaml"] {
        assert!(!is_job_file(path), "{path}");
    }
}
