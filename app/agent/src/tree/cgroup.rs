//! Cgroups: the one hold on processes that none of them can slip.
//!
//! `cgroup.kill` is in the second version only. On a machine that still runs the first, the second is often mounted beside
//! it ("unified") without controllers: good for killing, while limits go to folders of the first.

use crate::contract::Limits;
use rustix::process::Pid;
use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MOUNT: &str = "/sys/fs/cgroup";
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// The period that the share of processor time is counted in.
const PERIOD_US: u64 = 100_000;
/// How often a folder is asked to go; the kernel needs a moment after the last process.
const REMOVE_TRIES: u32 = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Second,
    Mixed,
}

/// The folder of this agent, in which every attempt gets its own.
#[derive(Clone, Debug)]
pub struct Root {
    version: Version,
    folder: PathBuf,
    /// Where controllers of the first version are, by name.
    first: Vec<(&'static str, PathBuf)>,
    has_controllers: bool,
}

/// The folders of one attempt.
#[derive(Debug)]
pub struct Leaf {
    /// The one of the second version comes first.
    folders: Vec<PathBuf>,
    memory_events: Option<PathBuf>,
}

impl Root {
    /// Finds out whether this program may make cgroups here, and makes its own under `name`.
    pub fn find(name: &str) -> Option<Self> {
        let ours = ours(&std::fs::read_to_string("/proc/self/cgroup").ok()?);
        let mount = Path::new(MOUNT);
        let (version, mount) = if mount.join("cgroup.controllers").exists() {
            (Version::Second, mount.to_owned())
        } else {
            (Version::Mixed, mount.join("unified"))
        };
        let base = join(&mount, ours.get("")?)?;
        let folder = base.join(name);
        make(&folder).ok()?;
        if !folder.join("cgroup.kill").exists() {
            // The kernel is older than 5.14; an empty folder that stays is all the harm.
            let _ = std::fs::remove_dir(&folder);
            return None;
        }
        let mut root = Self { version, folder, first: Vec::new(), has_controllers: false };
        match version {
            Version::Second => root.has_controllers = enable(&base, name) && delegate(&root.folder),
            Version::Mixed => {
                for controller in CONTROLLERS {
                    let base =
                        ours.get(controller).and_then(|path| join(&Path::new(MOUNT).join(controller), path));
                    let folder = base.map(|base| base.join(name)).filter(|folder| make(folder).is_ok());
                    root.first.extend(folder.map(|folder| (controller, folder)));
                }
            }
        }
        Some(root)
    }

    /// The name that the server knows it by.
    pub fn name(&self) -> &'static str {
        match self.version {
            Version::Second => "v2",
            Version::Mixed => "unified",
        }
    }

    /// Whether limits hold for all processes of an attempt together.
    pub fn can_limit(&self) -> bool {
        self.has_controllers || self.first.iter().any(|(name, _)| *name == "memory")
    }

    /// Every folder that an earlier program of the same name left behind.
    pub fn left_behind(&self) -> Vec<PathBuf> {
        self.folders().iter().flat_map(|folder| inner(folder)).collect()
    }

    /// The folders of the agent itself.
    pub fn folders(&self) -> Vec<PathBuf> {
        let first = self.first.iter().map(|(_, folder)| folder.clone());
        std::iter::once(self.folder.clone()).chain(first).collect()
    }

    /// Makes its own folders again where somebody who tidied up took them for forgotten: they are empty while nothing runs.
    fn restore(&self) -> io::Result<()> {
        if !self.folder.exists() {
            make(&self.folder)?;
            if self.has_controllers {
                delegate(&self.folder);
            }
        }
        self.first.iter().try_for_each(|(_, folder)| make(folder))
    }

    /// Makes the folders of an attempt.
    pub fn leaf(&self, name: &str, limits: Limits) -> io::Result<Leaf> {
        self.restore()?;
        let folder = self.folder.join(name);
        make(&folder)?;
        let mut leaf = Leaf { folders: vec![folder.clone()], memory_events: None };
        if self.has_controllers {
            set(&folder, "memory.max", limits.memory)?;
            set(&folder, "memory.swap.max", limits.memory.map(|_| 0)).or_else(ignore_missing)?;
            set(&folder, "pids.max", limits.pids)?;
            if let Some(quota) = quota(limits) {
                std::fs::write(folder.join("cpu.max"), format!("{quota} {PERIOD_US}"))?;
            }
            leaf.memory_events = Some(folder.join("memory.events"));
        }
        for (controller, base) in &self.first {
            // Making one costs the kernel more than starting a process: only what limits something is made.
            let is_wanted = match *controller {
                "memory" => limits.memory.is_some(),
                "pids" => limits.pids.is_some(),
                _ => limits.cpus_milli.is_some(),
            };
            if !is_wanted {
                continue;
            }
            let folder = base.join(name);
            make(&folder)?;
            match *controller {
                "memory" => {
                    set(&folder, "memory.limit_in_bytes", limits.memory)?;
                    set(&folder, "memory.memsw.limit_in_bytes", limits.memory).or_else(ignore_missing)?;
                    leaf.memory_events = Some(folder.join("memory.oom_control"));
                }
                "pids" => set(&folder, "pids.max", limits.pids)?,
                _ => set(&folder, "cpu.cfs_quota_us", quota(limits))?,
            }
            leaf.folders.push(folder);
        }
        Ok(leaf)
    }
}

impl Leaf {
    /// The folders, to be written down.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether memory is counted here.
    pub fn limits_memory(&self) -> bool {
        self.memory_events.is_some()
    }

    /// The folder of the second version, for a process to be born in.
    pub fn cradle(&self) -> io::Result<OwnedFd> {
        let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
        Ok(rustix::fs::open(&self.folders[0], flags, rustix::fs::Mode::empty())?)
    }

    /// The files that a process writes to when it enters.
    pub fn doors(&self) -> io::Result<Vec<OwnedFd>> {
        let open = |folder: &PathBuf| {
            std::fs::File::options().write(true).open(folder.join("cgroup.procs")).map(OwnedFd::from)
        };
        self.folders.iter().map(open).collect()
    }

    /// How many processes the kernel has killed for lack of memory.
    pub fn oom_kills(&self) -> u64 {
        let events = self.memory_events.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        number_after(&events.unwrap_or_default(), "oom_kill").unwrap_or(0)
    }
}

/// How many processes the kernel has killed for lack of memory in the cgroup that `pid` is in.
pub fn oom_kills_around(pid: u32) -> Option<u64> {
    let theirs = ours(&std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?);
    let second = || join(Path::new(MOUNT), theirs.get("")?).map(|folder| folder.join("memory.events"));
    let first = || {
        let folder = join(&Path::new(MOUNT).join("memory"), theirs.get("memory")?)?;
        Some(folder.join("memory.oom_control"))
    };
    let files = [second(), first()].into_iter().flatten();
    files
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .find_map(|text| number_after(&text, "oom_kill"))
}

/// The living members of the cgroup at `folders`, with everything inside it; `None` when there is no such cgroup.
pub fn members(folders: &[PathBuf]) -> Option<Vec<Pid>> {
    let folder = folders.first()?;
    let text = std::fs::read_to_string(folder.join("cgroup.procs")).ok()?;
    let mut pids: Vec<_> = text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)).collect();
    for inner in inner(folder) {
        pids.extend(members(&[inner]).unwrap_or_default());
    }
    Some(pids)
}

/// Kills everything in the cgroup at `folders`.
pub fn kill(folders: &[PathBuf]) {
    if let Some(folder) = folders.first() {
        // Where there is no such cgroup, there is nobody in it.
        let _ = std::fs::write(folder.join("cgroup.kill"), "1");
    }
}

/// Removes the folders, in which nothing lives any more.
pub async fn remove(folders: &[PathBuf]) {
    for folder in folders {
        for _ in 0..REMOVE_TRIES {
            match remove_with_inner(folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Ok(()) | Err(_) => break,
            }
        }
    }
}

fn remove_with_inner(folder: &Path) -> io::Result<()> {
    inner(folder).iter().try_for_each(|inner| remove_with_inner(inner))?;
    std::fs::remove_dir(folder)
}

fn inner(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn make(folder: &Path) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn set(folder: &Path, file: &str, value: Option<u64>) -> io::Result<()> {
    value.map_or(Ok(()), |value| std::fs::write(folder.join(file), value.to_string()))
}

/// Swap is not counted everywhere.
fn ignore_missing(error: io::Error) -> io::Result<()> {
    let is_missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
    if is_missing { Ok(()) } else { Err(error) }
}

fn quota(limits: Limits) -> Option<u64> {
    // The kernel takes no less than a hundredth of a processor.
    limits.cpus_milli.map(|milli| (milli * PERIOD_US / 1000).max(1000))
}

/// This program's own cgroups by controller; the second version's has no name.
fn ours(table: &str) -> HashMap<String, String> {
    let mut ours = HashMap::new();
    for line in table.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        if let (Some(controllers), Some(path)) = (fields.next(), fields.next()) {
            for controller in controllers.split(',') {
                ours.insert(controller.to_owned(), path.to_owned());
            }
        }
    }
    ours
}

/// A path from the table under its mount; one that leads out of what we see is of no use.
fn join(mount: &Path, path: &str) -> Option<PathBuf> {
    let inner = path.strip_prefix('/')?;
    (!inner.split('/').any(|part| part == "..")).then(|| mount.join(inner))
}

/// Hands controllers on from `base`. A cgroup that has processes of its own can't; when it is this program alone, as in a
/// service that was given its own cgroup, it moves into a corner first.
fn enable(base: &Path, name: &str) -> bool {
    if delegate(base) {
        return true;
    }
    let us = std::process::id().to_string();
    let others = std::fs::read_to_string(base.join("cgroup.procs")).unwrap_or_default();
    if others.trim() != us {
        return false;
    }
    let corner = base.join(format!("{name}-agent"));
    make(&corner).and_then(|()| std::fs::write(corner.join("cgroup.procs"), us)).is_ok() && delegate(base)
}

fn delegate(folder: &Path) -> bool {
    let wanted = CONTROLLERS.map(|controller| format!("+{controller}")).join(" ");
    std::fs::write(folder.join("cgroup.subtree_control"), wanted).is_ok()
}

fn number_after(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_kernel_are_read() {
        let ours = ours("9:name=systemd:/\n4:memory:/a/b\n3:cpu,cpuacct:/c\n0::/user.slice/x\n");
        assert_eq!(ours["memory"], "/a/b");
        assert_eq!((ours["cpu"].as_str(), ours["cpuacct"].as_str()), ("/c", "/c"));
        assert_eq!(ours[""], "/user.slice/x");
        assert_eq!(join(Path::new("/m"), "/../x"), None);
        assert_eq!(join(Path::new("/m"), "/"), Some(PathBuf::from("/m/")));
        assert_eq!(number_after("low 0\noom 2\noom_kill 1\noom_group_kill 0", "oom_kill"), Some(1));
    }

    #[test]
    fn a_share_of_a_processor_is_counted_in_periods() {
        let of = |milli| quota(Limits { cpus_milli: Some(milli), ..Limits::default() });
        assert_eq!((of(1500), of(500), of(1)), (Some(150_000), Some(50_000), Some(1000)));
        assert_eq!(quota(Limits::default()), None);
    }
}
