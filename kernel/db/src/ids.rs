//! Ids are given out from blocks that the database hands to each process, so that nodes never collide.

use base::id;
use std::sync::atomic::{AtomicI64, Ordering};

/// How many ids one block holds. A transaction that needs more than half of it at once would run out; the limits on
/// imports keep every transaction far below.
pub(crate) const BLOCK: i64 = 1 << 20;

/// Reserves a block and returns its end (exclusive).
pub(crate) const RESERVE: &str = "update id_block set next_id = next_id + $1 returning next_id";

/// The table, made before every migration.
pub(crate) const TABLE: &str =
    "create table if not exists id_block (one bigint primary key, next_id bigint not null)";

/// The table's only row.
pub(crate) const SEED: &str = "insert into id_block (one, next_id) values (1, $1) on conflict do nothing";

/// The ids that this process may give out.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    next: AtomicI64,
    end: AtomicI64,
}

impl Ids {
    /// Whether a new block should be reserved before the next transaction begins.
    pub(crate) fn are_running_out(&self) -> bool {
        self.end.load(Ordering::SeqCst) - self.next.load(Ordering::SeqCst) < BLOCK / 2
    }

    /// Starts giving out the block that ends at `end`; what was left of the one before is skipped.
    pub(crate) fn use_block(&self, end: i64) {
        self.next.store(end - BLOCK, Ordering::SeqCst);
        self.end.store(end, Ordering::SeqCst);
    }

    /// Gives out an id.
    pub(crate) fn take(&self) -> i64 {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        debug_assert!((id::FIRST..=id::MAX).contains(&id), "ids are reserved before a transaction begins");
        id
    }
}
