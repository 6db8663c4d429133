//! What is in a commit: its files, what changed between two, and the whole of it as an archive.

use super::{Mirror, is_full_id};
use base::{Error, Result};
use tokio::process::Child;

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path from the top of the repository.
    pub path: String,
    /// The id of its content.
    pub object: String,
    /// How many bytes it has.
    pub size: u64,
}

fn whole(commit: &str) -> Result<&str> {
    if is_full_id(commit) {
        Ok(commit)
    } else {
        Err(Error::bug("git.commit", "a commit is named by its full id here"))
    }
}

impl Mirror {
    /// The plain files at `paths` in a commit: files by their names, folders with what lies directly in them.
    pub async fn files(&self, commit: &str, paths: &[&str]) -> Result<Vec<File>> {
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree", whole(commit)?, "--"];
        arguments.extend(paths);
        let printed = self.call(arguments).output().await?;
        let lines = printed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        Ok(lines.filter_map(|line| file(&String::from_utf8_lossy(line))).collect())
    }

    /// The content of a file.
    pub async fn content(&self, file: &File) -> Result<Vec<u8>> {
        self.call(["cat-file", "blob", &file.object]).output().await
    }

    /// The paths that differ between two commits, at most `most`; `None` when there are more, or one of the commits is not there.
    pub async fn changed(&self, from: &str, to: &str, most: usize) -> Result<Option<Vec<String>>> {
        let arguments = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", whole(from)?, whole(to)?];
        let done = self.call(arguments).run().await?;
        if done.code != Some(0) {
            return Ok(None);
        }
        let paths: Vec<String> = done
            .stdout
            .split(|byte| *byte == 0)
            .filter(|path| !path.is_empty())
            .take(most + 1)
            .map(|path| String::from_utf8_lossy(path).into_owned())
            .collect();
        Ok((paths.len() <= most).then_some(paths))
    }

    /// Starts writing the whole of a commit as a tar archive; it is the child's output.
    pub fn archive(&self, commit: &str) -> Result<Child> {
        self.call(["archive", "--format=tar", whole(commit)?]).start()
    }
}

/// A line of `ls-tree --long`: mode, kind, object and size, then the path after a tab. Links and submodules are no files.
fn file(line: &str) -> Option<File> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, kind, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let is_plain = kind == "blob" && mode.starts_with("100");
    is_plain.then_some(())?;
    Some(File { path: path.to_owned(), object: object.to_owned(), size: size.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_folders_are_no_files() {
        let id = "1111111111111111111111111111111111111111";
        assert_eq!(
            file(&format!("100644 blob {id}      12\tsignalbox.yaml")),
            Some(File { path: "signalbox.yaml".to_owned(), object: id.to_owned(), size: 12 })
        );
        assert_eq!(file(&format!("120000 blob {id}      12\tsignalbox.yaml")), None);
        assert_eq!(file(&format!("040000 tree {id}       -\tsignalbox")), None);
    }
}
