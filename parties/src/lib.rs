//! The secret side of an auction: the parties that deal, bid and rank, and the provers of every proof.
//!
//! | module | who or what |
//! |---|---|
//! | [`identity`] | a party's signing key |
//! | [`seller`] | opens the auction |
//! | [`custodian`] | reports locked money |
//! | [`bidder`] | commits a bid and hands over the sealed one |
//! | [`bid_secrets`] | where every secret of a bid comes from |
//! | [`keyholder`] | deals, complains, endorses, ranks |
//! | [`auditor`] | to whom bidders open their bids |
//! | [`recipient`] | to whom age encrypts |
//! | [`board`] | orders instructions and writes the transcript |
//! | [`choices`] | what a keyholder chooses at a gate or a switch |
//! | [`masks`] | where every secret factor of a keyholder comes from |
//! | [`proofs`] | the twins of `talea_contract::proofs` |
//!
//! Randomness is an argument everywhere. In production it is the operating system's.

pub mod auditor;
mod bases;
pub mod bid_secrets;
pub mod bidder;
pub mod board;
pub mod choices;
pub mod custodian;
pub mod identity;
pub mod keyholder;
pub mod masks;
pub mod proofs;
pub mod recipient;
pub mod seller;
