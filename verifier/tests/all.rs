//! Every test of the verifier, in one binary: auctions in miniature with every party run by the tests,
//! provers written from the specification like the rest, and what each relation accepts.
//!
//! Many tests look at what a replay knows in the middle of an auction, which is nobody else's business. So
//! this crate compiles the verifier's sources once more, as a module of its own, and sees what they see:
//! the library has no door for tests, and its folder holds nothing but what verifies.

#![allow(
    clippy::needless_range_loop,
    clippy::type_complexity,
    reason = "the provers of the tests keep the letters and indices of the specification"
)]

#[allow(dead_code, missing_docs, reason = "the library's own; whoever uses it is not here")]
#[path = "../src"]
mod verifier {
    pub(crate) mod batch;
    pub(crate) mod cli;
    pub(crate) mod decryptions;
    pub(crate) mod docket;
    pub(crate) mod failure;
    pub(crate) mod fiat_shamir;
    pub(crate) mod group;
    pub(crate) mod intake;
    pub(crate) mod keys;
    pub(crate) mod proofs;
    pub(crate) mod reader;
    pub(crate) mod replay;
    pub(crate) mod report;
    pub(crate) mod verify;
    pub(crate) mod workers;

    pub(crate) use verify::{Options, verify};
}
// The sources name one another from the root of their crate.
use verifier::*;

mod auction;
mod clearing;
mod command_line;
mod curves;
mod market_terms;
mod markets;
mod oracle;
mod provers;
mod ranking;
mod refusals;
mod relations;
mod rounds;
mod setting_up;
mod whole_auctions;
mod witnesses;
