//! Which branches start a job by themselves: for facades whose clients ask for the branches of a job.

use super::pushes::{Moved, trigger};
use crate::file;

/// Whether a push to this branch starts the job.
pub fn is_built(model: &file::Job, branch: &str, default: Option<&str>) -> bool {
    trigger(model, Moved::Branch(branch), default).is_some()
}
