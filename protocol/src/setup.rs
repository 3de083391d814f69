//! The key ceremony: one deal per member, complaints that prove themselves.

use crate::{
    bytes::{List, Point, Scalar},
    limits::MAX_MEMBERS,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A compact proof of knowledge of one discrete logarithm, or of the equality of two:
/// challenge and response. The verifier recomputes the announcement and compares the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CompactProof {
    /// Challenge, `c`.
    pub challenge: Scalar,
    /// Response, `z`.
    pub response: Scalar,
}

/// A member's contribution to its group's key, and every other member's share of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Deal {
    /// `A_c = a_c * K` for `c = 0 .. threshold - 1`: exactly as many as the threshold.
    pub commitments: List<Point, MAX_MEMBERS>,
    /// `R = r * K`.
    pub ephemeral: Point,
    /// The share of every *other* member of the group in index order, padded.
    pub shares: List<Scalar, MAX_MEMBERS>,
    /// Knowledge of `a_0`.
    pub constant_proof: CompactProof,
    /// Knowledge of `r`. Without it a corrupt member could re-randomise an honest dealer's
    /// ephemeral and have an honest complaint decrypt the honest share.
    pub ephemeral_proof: CompactProof,
}

/// A member's proof that the share it was dealt is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Complaint {
    /// Index of the accused dealer in the complainer's own group, from 1.
    pub dealer: u16,
    /// `S = p * R`, from which anybody recomputes the padded share.
    pub shared: Point,
    /// `log_K P = log_R S`.
    pub proof: CompactProof,
}
