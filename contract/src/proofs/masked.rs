//! Secret bits and signs, committed to as a vector (spec section 2): what proofs about them have in
//! common.
//!
//! Not a proof by itself. [`Fold`] gathers the equations of one or of many proofs, so that one
//! multi-scalar multiplication checks all of them.

use super::{ProofFault, Sum};
use crate::{
    fiat_shamir::FiatShamir,
    group::{Generators, decode_point, decode_scalar},
};
use alloc::vec::Vec;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    limits::MAX_VECTOR,
    masked::{Masked, Quadratic, VectorOpening},
};

/// `z`. Every integer of 18 bytes is a response.
#[must_use]
pub fn decode(masked: &Masked) -> Scalar {
    let mut bytes = [0u8; 32];
    if let Some(low) = bytes.first_chunk_mut() {
        *low = masked.0;
    }
    // Below 2^144, so below the group order.
    Scalar::from_bytes_mod_order(bytes)
}

/// Absorbs every base of a proof about masked values, in the order of the spec.
pub fn absorb_bases(fs: &mut FiatShamir, gens: &Generators, quorum_key: &RistrettoPoint) {
    let [value, blinding, key] = &gens.encoded;
    fs.point(b"value-base", value);
    fs.point(b"blinding-base", blinding);
    fs.point(b"key-base", key);
    fs.digest(b"vector-bases", &gens.vector_digest);
    fs.element(b"quorum-key", quorum_key);
}

/// Absorbs the announcements of openings of vectors and of a quadratic equation.
pub fn absorb_announcements<'a>(
    fs: &mut FiatShamir,
    openings: impl IntoIterator<Item = &'a VectorOpening>,
    squares: &Quadratic,
) {
    for opening in openings {
        fs.point(b"vector-announcement", &opening.announcement);
    }
    fs.point(b"linear", &squares.linear);
    fs.point(b"constant", &squares.constant);
}

/// Absorbs the responses of bits, and of what they answer for.
pub fn absorb_responses<'a>(
    fs: &mut FiatShamir,
    masked: &[Masked],
    openings: impl IntoIterator<Item = &'a VectorOpening>,
    squares: &Quadratic,
) {
    for bit in masked {
        fs.masked(b"bit", bit);
    }
    absorb_blindings(fs, openings, squares);
}

/// `sum y^(l+1) (z_l^2 - x z_l) + x * sum q_l z_l`: that the `z_l` hide bits, whose place values `q_l` add up to a
/// committed number.
#[must_use]
pub fn square_sum(
    masked: &[Scalar],
    places: impl IntoIterator<Item = Scalar>,
    x: Scalar,
    y: Scalar,
) -> Scalar {
    let mut power_of_y = y;
    let mut sum = Scalar::ZERO;
    for (z, place) in masked.iter().zip(places) {
        sum += z * (power_of_y * (z - x) + x * place);
        power_of_y *= y;
    }
    sum
}

/// Absorbs the responses of a quadratic equation and of the openings of vectors.
pub fn absorb_blindings<'a>(
    fs: &mut FiatShamir,
    openings: impl IntoIterator<Item = &'a VectorOpening>,
    squares: &Quadratic,
) {
    for opening in openings {
        fs.scalar(b"vector-blinding", &opening.blinding);
    }
    fs.scalar(b"square-blinding", &squares.blinding);
}

/// A [`VectorOpening`] of decoded elements.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    commitment: RistrettoPoint,
    announcement: RistrettoPoint,
    blinding: Scalar,
}

impl Opening {
    /// Nothing if something is not canonical.
    #[must_use]
    pub fn decode(opening: &VectorOpening) -> Option<Self> {
        let VectorOpening { commitment, announcement, blinding } = opening;
        Some(Self {
            commitment: decode_point(commitment)?,
            announcement: decode_point(announcement)?,
            blinding: decode_scalar(blinding)?,
        })
    }
}

/// A [`Quadratic`] of decoded elements.
#[derive(Clone, Copy, Debug)]
pub struct Squares {
    linear: RistrettoPoint,
    constant: RistrettoPoint,
    blinding: Scalar,
}

impl Squares {
    /// Nothing if something is not canonical.
    #[must_use]
    pub fn decode(squares: &Quadratic) -> Option<Self> {
        let Quadratic { linear, constant, blinding } = squares;
        Some(Self {
            linear: decode_point(linear)?,
            constant: decode_point(constant)?,
            blinding: decode_scalar(blinding)?,
        })
    }
}

/// Equations folded into one sum: multiples of points, and those of the generators gathered.
///
/// # Invariants
/// Whoever adds an equation multiplies all of it with a weight of its own.
pub struct Fold {
    /// The multiple of `G`.
    pub value: Scalar,
    /// The multiple of `H`.
    pub blinding: Scalar,
    /// The multiple of `K`.
    pub key: Scalar,
    /// The multiple of `PK`.
    pub quorum_key: Scalar,
    /// The multiples of the vector bases.
    vector: [Scalar; MAX_VECTOR],
    sum: Sum,
}

impl Fold {
    /// No equation yet; room for this many terms.
    pub fn with_capacity(terms: usize) -> Self {
        let fixed = MAX_VECTOR.saturating_add(4);
        let zero = Scalar::ZERO;
        let sum = Sum::with_capacity(terms.saturating_add(fixed));
        let vector = [zero; MAX_VECTOR];
        Self { value: zero, blinding: zero, key: zero, quorum_key: zero, vector, sum }
    }

    /// Adds `scalar * point`.
    pub fn add(&mut self, scalar: Scalar, point: RistrettoPoint) {
        self.sum.add(scalar, point);
    }

    /// Adds `sum z_l V_l + w*H = A + x*S`.
    pub fn add_opening(
        &mut self,
        weight: Scalar,
        challenge: Scalar,
        masked: &[Scalar],
        opening: &Opening,
    ) {
        for (of_base, z) in self.vector.iter_mut().zip(masked) {
            *of_base += weight * z;
        }
        self.blinding += weight * opening.blinding;
        self.add(-weight, opening.announcement);
        self.add(-weight * challenge, opening.commitment);
    }

    /// Adds `value*G + t*H = x*T_1 + T_0`; the caller knows `value` from the masked values.
    pub fn add_squares(
        &mut self,
        weight: Scalar,
        challenge: Scalar,
        value: Scalar,
        squares: &Squares,
    ) {
        self.value += weight * value;
        self.blinding += weight * squares.blinding;
        self.add(-weight * challenge, squares.linear);
        self.add(-weight, squares.constant);
    }

    /// `Ok` if the sum is `O`.
    ///
    /// # Errors
    /// [`ProofFault::False`] otherwise.
    pub fn vanishes(
        self,
        gens: &Generators,
        quorum_key: &RistrettoPoint,
    ) -> Result<(), ProofFault> {
        let Self { value, blinding, key, quorum_key: of_quorum_key, vector, mut sum } = self;
        let is_used = |scalar: &Scalar| *scalar != Scalar::ZERO;
        let fixed = [
            (value, gens.value),
            (blinding, gens.blinding),
            (key, gens.key),
            (of_quorum_key, *quorum_key),
        ];
        for (scalar, base) in fixed.into_iter().filter(|(scalar, _)| is_used(scalar)) {
            sum.add(scalar, base);
        }
        // Vector bases beyond the last that counts are not even decoded.
        let used = vector.iter().rposition(is_used).map_or(0, |last| last.saturating_add(1));
        for (scalar, base) in vector.into_iter().take(used).zip(gens.vector.iter()) {
            sum.add(scalar, *base);
        }
        ProofFault::unless(sum.vanishes())
    }
}

/// Decodes all, or nothing if one is not canonical.
pub(super) fn all<'a, T: 'a, U>(
    items: impl IntoIterator<Item = &'a T>,
    decode: impl Fn(&T) -> Option<U>,
) -> Option<Vec<U>> {
    items.into_iter().map(decode).collect()
}
