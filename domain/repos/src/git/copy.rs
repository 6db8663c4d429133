//! A copy of a repository that others push to meanwhile: whole, though nothing stands still.
//!
//! Refs are read first: what they name is on the disk by then, and nothing is ever thrown away, only packed anew. So the packs are
//! listed again until nothing is new; a pack that vanished in between has its content in one that came. What git can make again from
//! the rest (graphs, indexes over several packs) stays out, because it would not fit.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// What of a repository's folder is copied besides refs and objects.
const PLAIN: &[&str] = &["HEAD", "config", "packed-refs", "shallow"];

/// Gives every file of the repository at `dir` to `take`, by its path in the folder; the file is open and stays readable.
pub fn copy(dir: &Path, take: &mut dyn FnMut(&Path, &mut File) -> Result<()>) -> Result<()> {
    // Loose refs before the packed ones: a ref that is being packed is in one of the two then.
    for folder in ["logs", "refs"] {
        tree(dir, Path::new(folder), &|_| true, take)?;
    }
    for name in PLAIN {
        one(dir, Path::new(name), take)?;
    }
    // Loose objects before packs, for the same reason.
    tree(dir, Path::new("objects"), &|name| name.len() == 2 || name.len() > 30, take)?;
    packs(dir, take)
}

fn is_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Gives one file, unless it is gone. Whether it was there is returned.
fn one(dir: &Path, name: &Path, take: &mut dyn FnMut(&Path, &mut File) -> Result<()>) -> Result<bool> {
    match File::open(dir.join(name)) {
        Ok(mut file) => take(name, &mut file).map(|()| true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn entries(dir: &Path) -> Result<Vec<(String, bool)>> {
    let listed = match std::fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for entry in listed {
        let entry = entry?;
        // Links are none of git's doing here.
        match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => {
                all.push((entry.file_name().to_string_lossy().into_owned(), kind.is_dir()));
            }
            _ => {}
        }
    }
    all.sort();
    Ok(all)
}

fn tree(
    dir: &Path,
    at: &Path,
    wants: &dyn Fn(&str) -> bool,
    take: &mut dyn FnMut(&Path, &mut File) -> Result<()>,
) -> Result<()> {
    for (name, is_folder) in entries(&dir.join(at))? {
        if !wants(&name) || name.ends_with(".lock") {
            continue;
        }
        if is_folder {
            tree(dir, &at.join(name), wants, take)?;
        } else {
            one(dir, &at.join(name), take)?;
        }
    }
    Ok(())
}

/// A pack counts when it has its index, which git writes last; both are never changed.
fn packs(dir: &Path, take: &mut dyn FnMut(&Path, &mut File) -> Result<()>) -> Result<()> {
    let at = PathBuf::from("objects/pack");
    let mut done = BTreeSet::new();
    loop {
        let listed = entries(&dir.join(&at))?.into_iter().map(|(name, _)| PathBuf::from(name));
        let new: Vec<PathBuf> = listed
            .filter(|name| name.extension() == Some(OsStr::new("idx")) && !is_over_several(name))
            .filter(|name| !done.contains(name))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        for index in new {
            // The pack first: an index without a pack is an error to git, a pack without an index is nothing.
            if one(dir, &at.join(index.with_extension("pack")), take)? {
                one(dir, &at.join(index.with_extension("rev")), take)?;
                one(dir, &at.join(&index), take)?;
            }
            done.insert(index);
        }
    }
}

fn is_over_several(name: &Path) -> bool {
    name.to_str().is_none_or(|name| name.starts_with("multi-pack-index"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testbed::{Folder, Upstream, git};

    fn copied(from: &Path, to: &Path, mut meanwhile: impl FnMut(&Path)) {
        copy(from, &mut |name, file| {
            meanwhile(name);
            let target = to.join(name);
            std::fs::create_dir_all(target.parent().expect("a folder"))?;
            std::io::copy(file, &mut File::create(target)?).map(drop)
        })
        .expect("copied");
        for folder in ["refs", "objects"] {
            std::fs::create_dir_all(to.join(folder)).expect("made");
        }
    }

    #[test]
    fn a_copy_is_whole_though_everything_is_packed_anew_and_more_is_pushed_meanwhile() {
        let folder = Folder::new();
        let up = Upstream::new(&folder.path().join("up.git"));
        for n in 0..5 {
            up.grow("main", &format!("commit {n}"));
            up.run(&["repack", "-q", "-d"]);
        }
        up.run(&["multi-pack-index", "write"]);
        up.run(&["commit-graph", "write", "--reachable"]);
        let (tip, to) = (up.run(&["rev-parse", "main"]), folder.path().join("copy.git"));
        let mut n_packs = 0;
        copied(&up.dir, &to, |name| {
            if name.extension() == Some(OsStr::new("pack")) {
                n_packs += 1;
                if n_packs == 2 {
                    // The listed ones vanish, and their objects are elsewhere.
                    up.grow("main", "meanwhile");
                    up.run(&["repack", "-q", "-a", "-d"]);
                    up.run(&["pack-refs", "--all"]);
                }
            }
        });
        git(&to, &["fsck", "--full", "--strict"]);
        assert_eq!(git(&to, &["rev-parse", "main"]), tip, "as it was when the copy began");
        assert_eq!(git(&to, &["rev-list", "--count", "main"]), "5");
    }
}
