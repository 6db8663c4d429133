//! How big a job file may be. Each limit is named in the finding that it causes.

/// Bytes in one job file.
pub const FILE_BYTES: usize = 1 << 20;
/// Lists and maps inside each other.
pub const DEPTH: usize = 40;
/// Values in one file, those that aliases repeat included.
pub const VALUES: usize = 50_000;
/// Bytes in all texts of one file, those that aliases repeat included.
pub const TEXT_BYTES: usize = 8 << 20;
/// Keys of one map.
pub const KEYS: usize = 2_000;
/// Documents in one file.
pub const JOBS: usize = 100;
/// Things that start one job.
pub const TRIGGERS: usize = 50;
/// Other jobs that one job is frozen around.
pub const FREEZES: usize = 10;
/// Parameters of one job.
pub const PARAMS: usize = 50;
/// Stages of one job.
pub const STAGES: usize = 50;
/// Parts of one job, the matrix written out.
pub const PARTS: usize = 256;
/// Steps of one part.
pub const STEPS: usize = 200;
/// Steps of one job, the matrix written out.
pub const STEPS_IN_JOB: usize = 4_000;
/// Entries of a list or map that has no limit of its own.
pub const ENTRIES: usize = 500;
/// Characters in a name or title.
pub const NAME_CHARS: usize = 200;
/// Characters in a description, a script or the value of a variable.
pub const TEXT_CHARS: usize = 65_536;
/// Findings that are told of one file.
pub const FINDINGS: usize = 100;
