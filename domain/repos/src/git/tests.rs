//! Promises of a mirror, on real repositories.

mod history;
mod names;
mod running;
mod sought;

use super::Mirror;
use super::testbed::{Folder, Upstream};

fn bed() -> (Folder, Upstream, Mirror) {
    let folder = Folder::new();
    let upstream = Upstream::new(&folder.path().join("up stream.git"));
    let mirror = Mirror::new(&folder.git(), folder.path().join("repositories/1.git"));
    (folder, upstream, mirror)
}

async fn code(mirror: &Mirror, rev: &str) -> &'static str {
    mirror.resolve(rev).await.expect_err(rev).code()
}
