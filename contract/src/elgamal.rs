//! ElGamal ciphertexts `(R, E) = (r*K, m*G + r*PK)`, decoded, and their arithmetic.
//!
//! Sums of ciphertexts encrypt sums of messages. A ciphertext whose `R` is the identity is
//! *public*: its `E` is its message (spec section 11, "Reading without keyholders").

use crate::group::{decode_point, encode_point};
use core::{
    iter::Sum,
    ops::{Add, Neg, Sub},
};
use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _},
};
use talea_protocol::sealed_bid::Ciphertext as WireCiphertext;

/// A ciphertext of decoded elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ciphertext {
    /// `R`, the randomness.
    pub r: RistrettoPoint,
    /// `E`, the masked message.
    pub e: RistrettoPoint,
}

impl Ciphertext {
    /// `(O, message)`: the public encryption, with no randomness.
    #[must_use]
    pub fn trivial(message: RistrettoPoint) -> Self {
        Self { r: RistrettoPoint::identity(), e: message }
    }

    /// `(O, O)`: the public encryption of zero, and the sum of nothing.
    #[must_use]
    pub fn zero() -> Self {
        Self::trivial(RistrettoPoint::identity())
    }

    /// Twice this ciphertext.
    #[must_use]
    pub fn doubled(&self) -> Self {
        *self + *self
    }

    /// This ciphertext times `factor`, in constant time.
    #[must_use]
    pub fn scaled(&self, factor: &Scalar) -> Self {
        Self { r: self.r * factor, e: self.e * factor }
    }

    /// Whether `R` is the identity, so that `E` is the message for everybody to read.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.r.is_identity()
    }

    /// The ciphertext that these bytes encode; nothing if a component is not canonical.
    #[must_use]
    pub fn decode(encoded: &WireCiphertext) -> Option<Self> {
        Some(Self { r: decode_point(&encoded.r)?, e: decode_point(&encoded.e)? })
    }

    /// The one encoding of this ciphertext.
    #[must_use]
    pub fn encode(&self) -> WireCiphertext {
        WireCiphertext { r: encode_point(&self.r), e: encode_point(&self.e) }
    }
}

impl Add for Ciphertext {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { r: self.r + other.r, e: self.e + other.e }
    }
}

impl Sub for Ciphertext {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { r: self.r - other.r, e: self.e - other.e }
    }
}

impl Neg for Ciphertext {
    type Output = Self;

    fn neg(self) -> Self {
        Self { r: -self.r, e: -self.e }
    }
}

impl Sum for Ciphertext {
    fn sum<I: Iterator<Item = Self>>(ciphertexts: I) -> Self {
        ciphertexts.fold(Self::zero(), Add::add)
    }
}
