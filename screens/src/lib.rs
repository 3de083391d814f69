//! Screens over many auctions: red flags, from what the auctions disclosed and nothing else.
//!
//! A screen is a statistic with a source in the literature. Its result is a set of figures and a flag, or the
//! sentence that it cannot be run, because the terms did not disclose what it needs. **A flag is no proof**: it
//! says where to look.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`record`] | an auction as a screen sees it: what was disclosed of it |
//! | [`verified`] | records of a transcript that was verified |
//! | [`statistics`], [`permutation`] | tails, moments and ranks; what chance alone would show |
//! | [`screen`], [`finding`] | a screen by name: source, needs, smallest sample; what it found |
//! | [`missing_bids`], [`isolated`], [`variance`], [`spread`], [`rotation`], [`declines`] | a screen each |
//! | [`run`](mod@run) | all of them over the records |
//! | [`picture`], [`html`] | findings as pictures and as sections of a page |
//!
//! Everything is a function of the records: no clock, no file, and chance comes from a seed that findings state.
//! Money stays whole numbers; floats are for statistics alone.

#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::todo,
    clippy::string_slice
)]

pub mod declines;
pub mod finding;
pub mod html;
pub mod isolated;
pub mod missing_bids;
pub mod permutation;
pub mod picture;
pub mod record;
pub mod rotation;
pub mod run;
pub mod screen;
pub mod spread;
pub mod statistics;
#[cfg(test)]
mod testing;
pub mod variance;
pub mod verified;

pub use finding::Finding;
pub use permutation::Chance;
pub use record::Record;
pub use run::{run, run_with};
pub use screen::Screen;
