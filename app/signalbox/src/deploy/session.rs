//! A session of its own for the command, so that all of it can be stopped, and nothing of ours gets into it.
//!
//! The only unsafe code of the program: what happens in the child between fork and exec can't be written without.

use tokio::process::Command;

/// Makes `command` start in its own session, with no descriptors but the standard three.
///
/// A script that starts a daemon would otherwise hand it our descriptors, and locks held through them never end.
#[expect(
    unsafe_code,
    reason = "pre_exec runs between fork and exec; it calls async-signal-safe functions only"
)]
pub fn detach(command: &mut Command) {
    // SAFETY: setsid, close_range and fcntl are async-signal-safe, and nothing here allocates or takes a lock.
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() == -1 {
                return Err(std::io::Error::last_os_error());
            }
            close_others_on_exec();
            Ok(())
        });
    }
}

/// Marks instead of closing: the standard library still has to report through a descriptor when exec fails.
#[expect(unsafe_code, reason = "see `detach`")]
fn close_others_on_exec() {
    const LAST_GUESSED: libc::c_int = 1024;
    // SAFETY: these calls only change flags of descriptors, and a number that is not open is an error that is ignored.
    unsafe {
        #[cfg(target_os = "linux")]
        if libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) == 0 {
            return;
        }
        for descriptor in 3..LAST_GUESSED {
            libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}
