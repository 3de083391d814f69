//! The report of an auction: what happened, for a regulator or an auditor who was not there.
//!
//! It needs a transcript and nothing else. What the independent verifier says of it stands first: of
//! one that is invalid nothing is reported but where, and why.
//!
//! | module | what it holds |
//! |---|---|
//! | [`verification`] | what the independent verifier says of a transcript |
//! | [`report`] | what happened, as data |
//! | [`lot`], [`parties`] | of each lot, and of whoever took part |
//! | [`supervision`] | what a supervisor asks: who could decrypt and who did, defaults, ties, reserves |
//! | [`auctions`] | many of them, with screens over what they disclosed |
//! | `html`, `csv` | the same as one page without scripts or outside links, and for a spreadsheet |

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod auctions;
mod counts;
mod csv;
mod html;
pub mod lot;
pub mod parties;
pub mod report;
pub mod supervision;
pub mod verification;

pub use auctions::Auctions;
pub use html::Reader;
pub use report::Report;
pub use verification::verify_file;
