//! What a server that was killed left running: gits that work on mirrors for nobody. They end before anything else begins, because the
//! lock files that they hold are swept away.

use super::Git;
use rustix::process::{Pid, Signal, getuid, kill_process_group};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Kills the gits of `git`'s folder whose server is gone. Where processes cannot be looked at, nothing is done.
pub(crate) fn end(git: &Git) {
    let mark = format!("GIT_CONFIG_GLOBAL={}", git.home().join("git.config").display());
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let is_ours = process.metadata().is_ok_and(|of| of.uid() == getuid().as_raw());
        if is_ours && let Some(group) = orphaned(&process.path(), mark.as_bytes()) {
            tracing::warn!(
                group = group.as_raw_nonzero().get(),
                "a git that a killed server left behind is ended"
            );
            // It may have ended by itself meanwhile, which is what was wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The group of a process that carries the mark, leads its group, and whose parent is not this program.
fn orphaned(process: &Path, mark: &[u8]) -> Option<Pid> {
    let environment = std::fs::read(process.join("environ")).ok()?;
    environment.split(|byte| *byte == 0).find(|variable| *variable == mark)?;
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // After the name, which may hold anything: state, parent, group.
    let mut facts = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(1);
    let (parent, group): (i32, i32) = (facts.next()?.parse().ok()?, facts.next()?.parse().ok()?);
    let program = |process: PathBuf| std::fs::read_link(process.join("exe")).ok();
    let is_minded = program(PathBuf::from("/proc").join(parent.to_string())) == program("/proc/self".into());
    let leads = process.file_name()?.to_str()?.parse() == Ok(group);
    (leads && !is_minded).then(|| Pid::from_raw(group)).flatten()
}
