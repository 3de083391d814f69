//! Masked bits and signs: what a vector commitment and the masked values behind it say, and that the values
//! are bits or signs (section 2). Range proofs, gates, shuffles and unary encodings use both equations alike.

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::{bytes::Point, masked};

use super::{ProofError, point, scalar};
use crate::{
    fiat_shamir::ProofTranscript,
    group::{Fold, bases},
};

/// Absorbs every base of a proof about masked values: of each statement that one part.
pub(super) fn absorb_bases(t: &mut ProofTranscript, quorum_key: &Point) {
    let bases = bases();
    t.point(b"value-base", &bases.g_wire);
    t.point(b"blinding-base", &bases.h_wire);
    t.point(b"key-base", &bases.k_wire);
    t.digest(b"vector-bases", &bases.v_digest);
    t.point(b"quorum-key", quorum_key);
}

/// A vector commitment and how it is opened, everything canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct VectorOpening {
    wire: masked::VectorOpening,
    /// `S`.
    commitment: RistrettoPoint,
    /// `A`.
    announcement: RistrettoPoint,
    /// `w`.
    blinding: Scalar,
}

impl VectorOpening {
    /// Points of its equation that are no generators.
    pub(super) const POINTS: usize = 2;

    pub(super) fn decode(wire: &masked::VectorOpening) -> Result<Self, ProofError> {
        Ok(Self {
            wire: *wire,
            commitment: point(&wire.commitment, || "a vector commitment".into())?,
            announcement: point(&wire.announcement, || "a vector announcement".into())?,
            blinding: scalar(&wire.blinding, || "a vector's blinding".into())?,
        })
    }

    pub(super) fn absorb_commitment(&self, t: &mut ProofTranscript, label: &'static [u8]) {
        t.point(label, &self.wire.commitment);
    }

    pub(super) fn absorb_announcement(&self, t: &mut ProofTranscript, label: &'static [u8]) {
        t.point(label, &self.wire.announcement);
    }

    pub(super) fn absorb_response(&self, t: &mut ProofTranscript) {
        t.scalar(b"vector-blinding", &self.wire.blinding);
    }

    /// Adds an equation, times its weight, for the challenge `x` and the masked values:
    ///
    /// ```text
    /// sum z_l V_l + w*H = A + x*S
    /// ```
    pub(super) fn fold_into(&self, fold: &mut Fold, weight: &Scalar, x: &Scalar, z: &[Scalar]) {
        fold.add_vector(weight, z);
        fold.h += weight * self.blinding;
        fold.subtract(*weight, &self.announcement);
        fold.subtract(weight * x, &self.commitment);
    }
}

/// The lower coefficients of a polynomial of degree 2, committed to; everything canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quadratic {
    wire: masked::Quadratic,
    /// `T_1`.
    linear: RistrettoPoint,
    /// `T_0`.
    constant: RistrettoPoint,
    /// `t`.
    blinding: Scalar,
}

impl Quadratic {
    /// Points of its equation that are no generators.
    pub(super) const POINTS: usize = 2;

    pub(super) fn decode(wire: &masked::Quadratic) -> Result<Self, ProofError> {
        Ok(Self {
            wire: *wire,
            linear: point(&wire.linear, || "the linear coefficient".into())?,
            constant: point(&wire.constant, || "the constant coefficient".into())?,
            blinding: scalar(&wire.blinding, || "the coefficients' blinding".into())?,
        })
    }

    pub(super) fn absorb_announcements(&self, t: &mut ProofTranscript) {
        t.point(b"linear", &self.wire.linear);
        t.point(b"constant", &self.wire.constant);
    }

    pub(super) fn absorb_response(&self, t: &mut ProofTranscript) {
        t.scalar(b"square-blinding", &self.wire.blinding);
    }

    /// Adds an equation, times its weight, for the challenge `x` and the polynomial's value there:
    ///
    /// ```text
    /// value*G + t*H = x*T_1 + T_0
    /// ```
    ///
    /// A term of degree 2 on the right, if there is one, is the caller's.
    pub(super) fn fold_into(&self, fold: &mut Fold, weight: &Scalar, x: &Scalar, value: &Scalar) {
        fold.g += weight * value;
        fold.h += weight * self.blinding;
        fold.subtract(*weight, &self.constant);
        fold.subtract(weight * x, &self.linear);
    }
}
