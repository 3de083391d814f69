//! The relations that parties prove, one to a file; `parties/src/proofs` has the twin that proves
//! what each of these verifies.
//!
//! | module | what is known to hold once it verifies | spec |
//! |---|---|---|
//! | [`possession`] | a dealer knows its constant term, and the randomness of its ephemeral key | 7 |
//! | [`complaint`] | a point is the one shared between a complainer and its dealer | 7 |
//! | [`range`] | a commitment is to no level beyond the last of its grid | 8 |
//! | [`unary`] | a unary encoding encrypts the committed level | 9 |
//! | [`gate`] | conditional gate: two ciphertexts were multiplied by the same secret sign | 11 |
//! | [`shuffle`] | lists were shuffled and their entries multiplied by secrets, none of them zero | 11 |
//! | [`blind`] | of a plaintext-equality test with zero, both halves of a ciphertext were multiplied by the same secret, not by zero | 11 |
//! | [`decryption_share`] | decryption shares were made with the keyholder's share of the key | 11 |
//! | [`auditor`] | somebody knows an auditor's secret | 20 |
//! | [`opening`] | a commitment opens to a level, unless the auditor says so itself | 20 |
//!
//! Each has a `Statement` with `absorb`, which prover and verifier share, and a `verify`. Both are
//! total: bytes that no honest party sends are refused, never a panic. Verification handles no
//! secret, and its time depends on its input.

use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};

pub mod auditor;
pub mod blind;
pub mod complaint;
pub mod decryption_share;
pub mod gate;
pub mod masked;
pub mod opening;
pub mod possession;
pub mod range;
pub mod shuffle;
pub mod unary;

/// Why a proof was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// Some bytes do not decode, or are not canonical.
    #[error("a point or scalar is not in its canonical encoding")]
    NotCanonical,
    /// A point is the identity where that would cancel a secret.
    #[error("a point is the identity where it must not be")]
    Identity,
    /// A list's length differs from the statement's.
    #[error("a list must have {expected} items and has {actual}")]
    Length {
        /// The length that the statement gives.
        expected: usize,
        /// The length that came.
        actual: usize,
    },
    /// The proof is well formed and does not verify.
    #[error("the proof does not prove its statement")]
    False,
}

impl ProofFault {
    /// `Err` unless `actual` is the `expected` length.
    fn unless_length(expected: usize, actual: usize) -> Result<(), Self> {
        if expected == actual { Ok(()) } else { Err(Self::Length { expected, actual }) }
    }

    /// `Err` unless a statement about `items` items has any, and `actual` is their number.
    fn unless_complete(items: usize, actual: usize) -> Result<(), Self> {
        Self::unless_length(items.max(1), items)?;
        Self::unless_length(items, actual)
    }

    /// `Err` unless `holds`.
    fn unless(holds: bool) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self::False) }
    }
}

/// A sum of scalars times points, gathered term by term and computed at once.
///
/// # Invariants
/// There are as many scalars as points.
struct Sum {
    scalars: alloc::vec::Vec<Scalar>,
    points: alloc::vec::Vec<RistrettoPoint>,
}

impl Sum {
    /// The empty sum, with room for `terms`.
    fn with_capacity(terms: usize) -> Self {
        Self {
            scalars: alloc::vec::Vec::with_capacity(terms),
            points: alloc::vec::Vec::with_capacity(terms),
        }
    }

    /// Adds `scalar * point`.
    fn add(&mut self, scalar: Scalar, point: RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(point);
    }

    /// Whether the sum is `O`.
    fn vanishes(&self) -> bool {
        RistrettoPoint::vartime_multiscalar_mul(&self.scalars, &self.points).is_identity()
    }
}

/// `response * base - challenge * image`: the announcement that a compact proof leaves out.
fn announcement(
    response: &Scalar,
    base: &RistrettoPoint,
    challenge: &Scalar,
    image: &RistrettoPoint,
) -> RistrettoPoint {
    RistrettoPoint::vartime_multiscalar_mul([*response, -challenge], [*base, *image])
}
