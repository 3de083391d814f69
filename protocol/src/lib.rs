//! The nouns of a Talea auction and their canonical bytes.
//!
//! Everything here travels in the open: nothing is secret, nothing is random,
//! nothing is verified beyond its own shape. The modules are in the order in
//! which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`labels`] | every domain-separation string, in one table |
//! | [`limits`] | the static bound of every list and message |
//! | [`chain`] | a chain on which an auction takes place |
//! | [`check`] | the numbered checks of `docs/spec.md` |
//! | [`bytes`] | fixed and bounded byte types: digests, keys, points, scalars, lists |
//! | [`mechanism`] | how price and winners follow from the bids |
//! | [`names`] | keys and ids as people write them |
//! | [`price`] | a lot's price grid: levels, shape, exact prices |
//! | [`notation`] | prices as people write them |
//! | [`quorum`] | who together may decrypt |
//! | [`terms`] | the contract between the parties, hashed to the auction id |
//! | [`builder`](mod@builder) | terms in the making, and the usual value of each field |
//! | [`caution`] | what valid terms leave open |
//! | [`setup`] | the key ceremony: deals and complaints |
//! | [`commitment`] | a committed bid |
//! | [`masked`] | secret bits and signs, committed to and masked |
//! | [`sealed_bid`] | a bid encrypted as a unary encoding, with its argument |
//! | [`ranking`] | what keyholders post to rank bids without opening them |
//! | [`outcome`] | what the program derived |
//! | [`instruction`] | the signed envelope in which all of these travel |
//! | [`claim`] | what is signed to take money out, where a chain keeps it |
//! | [`opening`] | what a bidder shows an auditor, beside the transcript |
//! | [`transcript`] | the hash-chained record of an auction |

#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::as_conversions
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

extern crate alloc;

pub mod builder;
pub mod bytes;
pub mod caution;
pub mod chain;
pub mod check;
pub mod claim;
pub mod commitment;
pub mod instruction;
pub mod labels;
pub mod limits;
pub mod masked;
pub mod mechanism;
pub mod names;
pub mod notation;
pub mod opening;
pub mod outcome;
pub mod price;
pub mod quorum;
pub mod ranking;
pub mod sealed_bid;
pub mod setup;
pub mod terms;
pub mod transcript;
