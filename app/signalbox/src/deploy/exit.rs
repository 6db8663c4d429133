//! Exit codes: the contract with crontabs and scripts. They never change.
//! 0 is: deployed, or nothing to do, or somebody else handled this slot.

/// The command line makes no sense.
pub const USAGE: i32 = 64;
/// The commit is unknown or ambiguous, or the clone is shallow.
pub const COMMIT: i32 = 65;
/// The server was not reached; nothing was started.
pub const UNREACHABLE: i32 = 69;
/// The operating system refused something that the program needs.
pub const OS_ERROR: i32 = 71;
/// A file could not be written.
pub const CANNOT_CREATE: i32 = 73;
/// Blocked by a lock, a freeze or another gate.
pub const BLOCKED: i32 = 75;
/// Another deployment is running.
pub const BUSY: i32 = 76;
/// Not permitted.
pub const NOT_PERMITTED: i32 = 77;
/// The lease was lost; the command was stopped and its outcome is unknown.
pub const LEASE_LOST: i32 = 87;
/// Aborted, by a person or by a signal to the wrapper.
pub const ABORTED: i32 = 88;
/// `--wait` ran out.
pub const WAIT_RAN_OUT: i32 = 124;
/// The command was found and could not be executed, as a shell says it.
pub const NOT_EXECUTABLE: i32 = 126;
/// The command was not found, as a shell says it.
pub const NOT_FOUND: i32 = 127;

/// The code for a command killed by `signal`, as a shell says it.
pub fn killed_by(signal: i32) -> i32 {
    128 + signal
}
