//! How much is done together: enough that no thread lacks work, and no more, for it waits in memory.
//!
//! What is reported depends on none of this.

use crate::group::FOLD_POINTS;

/// So much per thread of the current pool, and `most` at most.
fn per_thread(each: usize, most: usize) -> usize {
    rayon::current_num_threads().saturating_mul(each).min(most)
}

/// Records that are taken in together.
pub(crate) const RECORDS: usize = 1 << 10;

/// The least of that. One thread alone says more often how far it has come.
const LEAST_RECORD_BYTES: usize = if cfg!(target_family = "wasm") { 1 << 18 } else { 1 << 20 };

/// Bytes of records that are taken in together; the last record may go beyond. Decoded, they take five times as
/// much.
pub(crate) fn record_bytes() -> usize {
    per_thread(1 << 19, 1 << 22).max(LEAST_RECORD_BYTES)
}

/// Points of bids' arguments that wait to be judged.
pub(crate) fn argument_points() -> usize {
    per_thread(FOLD_POINTS.saturating_mul(4), 1 << 17)
}

/// Bytes, roughly, of proofs whose verification pays.
pub(crate) fn proof_bytes() -> usize {
    per_thread(1 << 21, MOST_PROOF_BYTES)
}

/// Bytes, roughly, of proofs that wait at most, also for others with which they are cheaper together.
pub(crate) const MOST_PROOF_BYTES: usize = 1 << 25;

/// Checks that may be settled before they are counted.
pub(crate) const CHECKS: usize = 1 << 14;
