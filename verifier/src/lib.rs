//! temp
#![forbid(unsafe_code)]
pub mod fiat_shamir;
pub mod group;
pub mod proofs;
#[cfg(test)]
mod testing;
