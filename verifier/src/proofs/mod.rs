//! The equations, a second time. One relation, one file.
//!
//! | module | what it shows | section |
//! |---|---|---|
//! | [`possession`] | a dealer knows its constant term, and the randomness of its ephemeral key | 7 |
//! | [`complaint`] | a complaint's shared point is the one between complainer and dealer | 7 |
//! | [`range`] | the committed bid is a level of the grid | 8 |
//! | [`unary`] | a unary encoding encrypts the committed bid | 9 |
//! | [`gate`] | both ciphertexts of a conditional gate were multiplied by the same sign | 11 |
//! | [`shuffle`] | the entries of lists were moved, and each raised to a power that is not zero | 11 |
//! | [`blind`] | of a plaintext-equality test with zero: both parts of a ciphertext were multiplied by the same factor, which is not zero | 11 |
//! | [`decryption_share`] | a decryption share is the keyholder's own | 11 |
//! | [`auditor`] | somebody knows an auditor's secret | 20 |
//! | [`opening`] | a bid is of this level, unless the auditor made the proof | 20 |
//!
//! Each has a `verify` that takes a statement and a proof as on the wire. Inside, the
//! replay decodes once, on all cores, and calls the same equations on decoded values.
//!
//! No transcript holds the last two: an auditor has them beside it.
//!
//! Possession, complaint, blind, decryption share, auditor and opening are compact: the announcements are recomputed and the
//! challenge drawn again. Range, unary, gate and shuffle are folded (section 2): each equation times a weight of
//! its own, all in one multi-scalar multiplication.

pub mod auditor;
pub mod blind;
pub mod complaint;
pub mod decryption_share;
pub mod gate;
mod masked;
pub mod opening;
pub mod possession;
pub mod range;
pub mod shuffle;
pub(crate) mod turns;
pub mod unary;

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::bytes::{Point, Scalar as WireScalar};

use crate::group;

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// An encoding is not canonical.
    #[error("{0} is not a canonical encoding")]
    NotCanonical(String),
    /// The identity where the specification excludes it.
    #[error("{0} is the identity")]
    Identity(String),
    /// A list's or a proof's length differs from the statement's.
    #[error("{what}: expected {expected}, found {actual}")]
    Length {
        /// Of what.
        what: &'static str,
        /// Length by the statement.
        expected: usize,
        /// Length found.
        actual: usize,
    },
    /// A compact proof's challenge differs from the recomputed one.
    #[error("the challenge must be {expected} and is {actual}")]
    Challenge {
        /// The recomputed challenge.
        expected: WireScalar,
        /// The proof's.
        actual: WireScalar,
    },
    /// An equation does not hold.
    #[error("{0} does not hold")]
    Equation(String),
}

/// Decodes a point; the error names it.
fn point(encoding: &Point, name: impl FnOnce() -> String) -> Result<RistrettoPoint, ProofError> {
    group::decode(encoding).ok_or_else(|| ProofError::NotCanonical(name()))
}

/// Decodes a scalar; the error names it.
fn scalar(encoding: &WireScalar, name: impl FnOnce() -> String) -> Result<Scalar, ProofError> {
    group::decode_scalar(encoding).ok_or_else(|| ProofError::NotCanonical(name()))
}

/// Compares a compact proof's challenge with the one drawn again.
fn same_challenge(expected: &Scalar, actual: &Scalar) -> Result<(), ProofError> {
    if expected == actual {
        return Ok(());
    }
    Err(ProofError::Challenge {
        expected: group::encode_scalar(expected),
        actual: group::encode_scalar(actual),
    })
}

/// Compares a length with the one that the statement gives.
fn same_length(what: &'static str, expected: usize, actual: usize) -> Result<(), ProofError> {
    if expected == actual {
        return Ok(());
    }
    Err(ProofError::Length { what, expected, actual })
}
