//! The group, its three generators, and the way between elements and their encodings.
//!
//! Three bases live here and must not be confused (spec section 1): amounts and bits are written
//! over the *value base* `G`, commitments are blinded over the *blinding base* `H`, and keys,
//! randomness and shares stand over the *key base* `K`.

use bulletproofs::PedersenGens;
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
};
use sha2::Sha512;
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
};

/// The three generators.
///
/// Nobody may know the logarithm of one of them over another, and nobody can choose them: every
/// verifier derives them again from fixed bytes. Were `log_G H` known, a commitment would open to
/// any bid; were `log_G K` known, a quorum that colludes could open the second half of a ciphertext
/// to any message.
#[derive(Clone, Debug, PartialEq)]
pub struct Generators {
    /// `G`, the value base: the basepoint of ristretto255 (RFC 9496).
    pub value: RistrettoPoint,
    /// `H`, the blinding base: Bulletproofs' own, the encoding of `G` hashed to the group with
    /// SHA3-512.
    pub blinding: RistrettoPoint,
    /// `K`, the key base: [`labels::KEY_BASE`] hashed to the group with SHA-512.
    pub key: RistrettoPoint,
}

impl Generators {
    /// Derives them from the fixed bytes that they come from.
    #[must_use]
    pub fn derive() -> Self {
        Self {
            value: RISTRETTO_BASEPOINT_POINT,
            blinding: PedersenGens::default().B_blinding,
            key: RistrettoPoint::hash_from_bytes::<Sha512>(labels::KEY_BASE),
        }
    }
}

/// The element that `point` encodes; nothing if the encoding is not the canonical one of RFC 9496.
/// The identity is an element like any other here: whoever refuses it says so.
#[must_use]
pub fn decode_point(point: &Point) -> Option<RistrettoPoint> {
    CompressedRistretto(point.0).decompress()
}

/// The scalar that `scalar` encodes; nothing if it is not below the group order.
#[must_use]
pub fn decode_scalar(scalar: &WireScalar) -> Option<Scalar> {
    Scalar::from_canonical_bytes(scalar.0).into()
}

/// The one encoding of an element.
#[must_use]
pub fn encode_point(point: &RistrettoPoint) -> Point {
    Point(point.compress().to_bytes())
}

/// The one encoding of a scalar.
#[must_use]
pub fn encode_scalar(scalar: &Scalar) -> WireScalar {
    WireScalar(scalar.to_bytes())
}
