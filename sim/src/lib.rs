//! Runs every party of an auction with real cryptography, and measures what it costs.
//!
//! In the order in which a run goes:
//!
//! | module | what it holds |
//! |---|---|
//! | [`scenario`] | who takes part, under which terms, and what everybody does |
//! | [`seed`] | where every secret of a simulated auction comes from |
//! | [`simulate`] | all parties through the contract, into a transcript |
//! | [`auditor`] | the same auction in the clear, to compare with |
//! | [`verify_after`] | the independent verifier's word on the transcript |
//! | [`report`] | what was simulated, for people and for tools |
//! | [`run`] | all of these for one scenario |
//! | [`tenders`] | all of these for a public record of real bids |
//! | [`input`] | files from outside |
//! | [`bench`](mod@bench) | what an auction costs, as ratios |
//! | [`compare`] | what bidders make of a mechanism, over many auctions |
//! | [`screens`] | what screens for red flags make of auctions whose truth is known |
//! | [`cli`] | the command line |
//!
//! What people read and write stands in [`talea_text`]; [`failure`] is its.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::todo,
    clippy::string_slice
)]

pub mod auditor;
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it measures honest work; what fails there is a fault to see at once"
)]
pub mod bench;
pub mod cli;
pub mod compare;
pub mod input;
pub mod orders;
pub mod plain;
pub mod report;
pub mod run;
pub mod scenario;
pub mod screens;
pub mod seed;
pub mod simulate;
pub mod tenders;
pub mod verify_after;

pub use talea_text::failure;
