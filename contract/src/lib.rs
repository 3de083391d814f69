//! The auction program: deterministic, without input or output.
//!
//! It knows no clock, file, network or randomness. Time and messages come in as arguments of
//! [`Auction::apply`]; entries of the transcript and an outcome go out. What it accepts is decided
//! by numbered checks of `docs/spec.md`; a refusal names the check and changes nothing.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`auction`] | the program: one match of phase and instruction |
//! | [`store`] | the state as records, for a home that keeps them |
//! | `terms_rules`, `setting` | which terms are possible, and what follows from them once for all |
//! | `envelope` | the signature on every instruction |
//! | `ledger`, `close` | every party's account, and the money of a lot that has ended |
//! | [`setup`] | the key ceremony |
//! | `ahead` | signatures and proofs that are verified before their turn |
//! | `bids`, `unary_encoding` | commits, and reveals of bids that stay encrypted |
//! | [`standing`] | how a bid stands, for those who ask |
//! | `endorse`, `witness` | endorsements of the transcript, and vouches for what it does not show |
//! | `lot` | one lot, from its bids to its ending |
//! | `rank` | the price and the winners, found on encrypted bids |
//! | [`proofs`] | one relation per file: statement and verification |
//! | [`fiat_shamir`], [`elgamal`], [`group`] | what the proofs are made of |
//! | [`refusal`] | why something was refused |

#![no_std]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::float_arithmetic, clippy::unreachable, clippy::todo)]
#![cfg_attr(not(test), deny(clippy::string_slice))]
extern crate alloc;

mod ahead;
pub mod auction;
mod bids;
mod close;
mod curve;
pub mod elgamal;
mod endorse;
mod envelope;
pub mod fiat_shamir;
mod first_digits;
pub mod group;
mod ledger;
mod lot;
pub mod proofs;
mod rank;
mod ranked_bids;
pub mod refusal;
pub mod setting;
pub mod setup;
pub mod standing;
pub mod store;
mod terms_rules;
mod unary_encoding;
mod witness;

pub use ahead::{Ahead, Received, Verified};
pub use auction::{Auction, Due, Phase};
pub use bids::{lottery_draw, lottery_seed};
pub use envelope::signature_holds;
pub use rank::work::Task;
pub use refusal::{Fault, Refusal};
pub use store::{Changes, Corrupt, Store};
