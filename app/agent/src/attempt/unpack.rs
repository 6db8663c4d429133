//! Laying out the source and the files of earlier stages, without a way out of the workspace.

use base::{Error, Result};
use std::path::{Component, Path, PathBuf};

/// How much a source may hold when the job sets no limit.
const BYTES_MAX: u64 = 16 << 30;
const ENTRIES_MAX: u64 = 2_000_000;

fn refused(why: String) -> Error {
    Error::invalid("source.refused", why)
}

fn unreadable(error: std::io::Error) -> Error {
    refused(format!("The source cannot be unpacked: {error}"))
}

/// Unpacks the tar file `from` into the folder `into`.
pub fn unpack_file(from: &Path, into: &Path, bytes_max: Option<u64>) -> Result<u64> {
    let file = std::fs::File::open(from).map_err(unreadable)?;
    unpack(std::io::BufReader::with_capacity(1 << 16, file), into, bytes_max)
}

/// Unpacks a tar archive into the folder `into`.
pub fn unpack(from: impl std::io::Read, into: &Path, bytes_max: Option<u64>) -> Result<u64> {
    let mut archive = tar::Archive::new(from);
    let mut left = bytes_max.unwrap_or(BYTES_MAX).min(BYTES_MAX);
    let mut entries = 0;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        entries += 1;
        left = left
            .checked_sub(entry.size())
            .filter(|_| entries <= ENTRIES_MAX)
            .ok_or_else(|| refused("The source is larger than the workspace may be".to_owned()))?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        if !(kind.is_file() || kind.is_dir() || kind.is_symlink() || kind.is_hard_link()) {
            return Err(refused(format!("The source holds {}, which is no file", path.display())));
        }
        let is_inside =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        // The second check is the archive reader's own: it follows no link that leads out.
        if !is_inside || !entry.unpack_in(into).map_err(unreadable)? {
            return Err(refused(format!(
                "The source holds {}, which leads out of the workspace",
                path.display()
            )));
        }
    }
    Ok(entries)
}

/// Where the relative path `path` is under `root`, with its parent folders made; no link on the way leads out.
pub fn place(root: &Path, path: &str) -> Result<PathBuf> {
    let out = || refused(format!("{path:?} leads out of the workspace"));
    let relative = Path::new(path);
    let name = relative.file_name().ok_or_else(out)?;
    if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(out());
    }
    let mut folder = root.to_owned();
    for part in relative.parent().unwrap_or(Path::new("")).components() {
        folder.push(part);
        let is_new = std::fs::create_dir(&folder).is_ok();
        if !is_new && !std::fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
            return Err(out());
        }
    }
    let file = folder.join(name);
    // A link in the place of the file would be written through.
    if std::fs::symlink_metadata(&file).is_ok_and(|found| !found.is_file()) {
        return Err(out());
    }
    Ok(file)
}

/// The folder that a step runs in: `relative` under `work`, wherever its links lead as long as it is inside.
pub fn inside(work: &Path, relative: &str) -> Result<PathBuf> {
    let missing = || {
        Error::invalid(
            "step.workdir",
            format!("The working folder {relative:?} is not a folder of the workspace"),
        )
    };
    let found = work.join(relative).canonicalize().map_err(|_| missing())?;
    if found.starts_with(work) && found.is_dir() { Ok(found) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> PathBuf {
        let path = std::env::temp_dir().join(format!("unpack-{}", base::random::word::<12>()));
        std::fs::create_dir_all(path.join("work")).expect("a folder");
        path.canonicalize().expect("a path")
    }

    enum Item<'a> {
        File(&'a str, &'a str),
        Link(&'a str, &'a str),
        Hard(&'a str, &'a str),
    }

    fn archive(at: &Path, items: &[Item<'_>]) -> PathBuf {
        let mut builder = tar::Builder::new(Vec::new());
        for item in items {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(0);
            let (name, target, kind, content) = match item {
                Item::File(name, content) => (name, "", tar::EntryType::Regular, *content),
                Item::Link(name, target) => (name, *target, tar::EntryType::Symlink, ""),
                Item::Hard(name, target) => (name, *target, tar::EntryType::Link, ""),
            };
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            // The builder refuses bad names; an attacker's does not.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
            header.set_cksum();
            builder.append(&header, content.as_bytes()).expect("appended");
        }
        let path = at.join("source.tar");
        std::fs::write(&path, builder.into_inner().expect("a tar")).expect("written");
        path
    }

    #[test]
    fn a_source_is_laid_out_with_its_links_and_rights() {
        let at = scratch();
        let tar = archive(&at, &[Item::File("dir/run.sh", "#!/bin/sh\n"), Item::Link("link", "dir/run.sh")]);
        let work = at.join("work");
        assert_eq!(unpack_file(&tar, &work, None).expect("unpacked"), 2);
        assert_eq!(std::fs::read_to_string(work.join("link")).expect("read"), "#!/bin/sh\n");
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(work.join("dir/run.sh")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert!(unpack_file(&tar, &work, Some(3)).is_err(), "larger than allowed");
        std::fs::remove_dir_all(at).expect("removed");
    }

    #[test]
    fn nothing_gets_out_of_the_workspace() {
        for items in [
            &[Item::File("../evil", "x")][..],
            &[Item::File("a/../../evil", "x")],
            &[Item::File("/tmp/evil-of-signalbox", "x")],
            &[Item::Link("out", ".."), Item::File("out/evil", "x")],
            &[Item::Hard("passwd", "/etc/passwd")],
            &[Item::Hard("passwd", "../outside")],
        ] {
            let at = scratch();
            std::fs::write(at.join("outside"), "mine").expect("written");
            let tar = archive(&at, items);
            assert!(unpack_file(&tar, &at.join("work"), None).is_err());
            assert!(!at.join("evil").exists() && !Path::new("/tmp/evil-of-signalbox").exists());
            std::fs::remove_dir_all(at).expect("removed");
        }
    }

    #[test]
    fn files_and_folders_are_placed_inside_only() {
        let at = scratch();
        let work = at.join("work");
        std::os::unix::fs::symlink("/etc", work.join("etc")).expect("a link");
        std::os::unix::fs::symlink(".", work.join("here")).expect("a link");
        assert_eq!(place(&work, "a/b/c.txt").expect("placed"), work.join("a/b/c.txt"));
        for path in ["../x", "/x", "etc/x", "etc", "", "..", "a/../../x", "a"] {
            assert!(place(&work, path).is_err(), "{path}");
        }
        assert_eq!(inside(&work, "here/a/b").expect("inside"), work.join("a/b"));
        for path in ["etc", "..", "/etc", "nowhere"] {
            assert!(inside(&work, path).is_err(), "{path}");
        }
        std::fs::remove_dir_all(at).expect("removed");
    }
}
