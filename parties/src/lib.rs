//! talea parties
pub mod masks;
pub mod proofs;
