//! A transcript replayed by the contract: what a party believes of an auction, and all that it believes.
//!
//! | module | what it holds |
//! |---|---|
//! | `replay` | the replay, entry by entry as the file grows |
//! | `signatures` | what a folder shows of its board's signatures |
//! | [`checkpoint`] | what a board signs: checkpoints, and receipts under them |
//! | [`merkle`] | the tree over the entries, of which a board signs the root |

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod checkpoint;
pub mod merkle;
mod replay;
mod signatures;

pub use replay::{BidLine, EntrySummary, Record, Replay, index_of, read_record, record};
pub use signatures::Signatures;
