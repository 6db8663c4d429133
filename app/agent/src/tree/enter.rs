//! What a process does between fork and exec to become a member of its tree.
//!
//! Unsafe, as what happens there can't be written without; so is `quick.rs`, and nothing else of the agent.

use std::os::fd::{AsRawFd, OwnedFd};
use tokio::process::Command;

/// How a process enters.
pub struct Entry {
    /// The folder of the cgroup of the second version, in which it can be born.
    pub born_in: Option<OwnedFd>,
    /// The open `cgroup.procs` of every cgroup it becomes a member of; the one of the second version comes first.
    pub cgroup: Vec<OwnedFd>,
    /// How much memory each process may have, where they can't be counted together.
    pub data_bytes: Option<u64>,
}

/// Makes `command` enter when it starts: in a session of its own, with no descriptors but the standard three.
#[expect(
    unsafe_code,
    reason = "pre_exec runs between fork and exec; it calls async-signal-safe functions only"
)]
pub fn on_spawn(command: &mut Command, entry: Entry) {
    // SAFETY: every function called in there is async-signal-safe, and nothing allocates or takes a lock.
    unsafe {
        command.pre_exec(move || enter(&entry, true));
    }
}

/// What a child does before it executes; `walks_in` when it was not born in its cgroup.
#[expect(unsafe_code, reason = "see `on_spawn`")]
pub fn enter(entry: &Entry, walks_in: bool) -> std::io::Result<()> {
    // SAFETY: plain system calls with plain numbers, and with pointers to values that live until they return.
    unsafe {
        if libc::setsid() == -1 {
            return Err(std::io::Error::last_os_error());
        }
        let is_inside = usize::from(!walks_in);
        for door in entry.cgroup.iter().skip(is_inside) {
            // "0" stands for the process that writes it.
            if libc::write(door.as_raw_fd(), c"0".as_ptr().cast(), 1) != 1 {
                return Err(std::io::Error::last_os_error());
            }
        }
        if let Some(bytes) = entry.data_bytes {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
            if libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) == -1 {
                return Err(std::io::Error::last_os_error());
            }
        }
        #[cfg(target_os = "linux")]
        {
            // The step must not go on to its next command when nobody is left to take note of it.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // When the whole machine runs out of memory, it is the job that goes, and not the agent or the server.
            let likely = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            if likely >= 0 {
                libc::write(likely, c"500".as_ptr().cast(), 3);
                libc::close(likely);
            }
            // Marked instead of closed: the standard library still has to report through one when exec fails.
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
    }
    Ok(())
}
