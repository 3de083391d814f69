//! A second verification of an auction: its transcript is replayed, and nothing in it is trusted.
//!
//! Written from `docs/spec.md` and the wire types alone. In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | `cli` | arguments in, exit code out |
//! | [`verify`](mod@verify) | a transcript, from its first byte to its last |
//! | `reader` | the file as a stream of records |
//! | `intake` | decoding and signatures, many entries at a time |
//! | `batch` | how much is done together |
//! | `workers` | the threads, where there are any |
//! | `keys` | Ed25519, strictly |
//! | `replay` | the auction, derived a second time: one file per phase |
//! | [`docket`] | what was checked, what is still to be checked, the first failure of all |
//! | [`decryptions`] | what keyholders decrypted, for whoever asks |
//! | [`failure`] | where a replay stops, and why |
//! | [`report`] | what was found, for people and for tools |
//! | [`proofs`] | the equations, a second time: one relation, one file |
//! | [`fiat_shamir`] | the hash state of a proof, and the weights of a fold |
//! | [`group`] | the group, its generators, decoding |
//!
//! ```no_run
//! use talea_verifier::{Options, verify};
//! let file = std::fs::File::open("auction.talea")?;
//! let report = verify(file, &Options::default(), |_progress| ())?;
//! println!("{}", report.to_text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod batch;
#[cfg(feature = "command-line")]
pub mod cli;
pub mod decryptions;
pub mod docket;
pub mod failure;
pub mod fiat_shamir;
pub mod group;
mod intake;
mod keys;
pub mod proofs;
mod reader;
mod replay;
pub mod report;
pub mod verify;
mod workers;

pub use failure::{Failure, Fault, Place};
pub use report::{CheckStatus, LotRow, Report, Verdict};
pub use verify::{Options, Progress, verify, verify_decryptions};
