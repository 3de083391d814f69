//! ElGamal ciphertexts `(R, E) = (r*K, m*G + r*PK)`, decoded, and their arithmetic.
//!
//! Sums of ciphertexts encrypt sums of messages. A ciphertext whose `R` is the identity is
//! *public*: its `E` is its message (spec section 11, "Reading without keyholders").

use crate::{
    group::{decode_point, encode_point},
    store::encoding,
};
use borsh::{BorshDeserialize, BorshSerialize};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ciphertext {
    /// `R`, the randomness.
    #[borsh(serialize_with = "encoding::point::write", deserialize_with = "encoding::point::read")]
    pub r: RistrettoPoint,
    /// `E`, the masked message.
    #[borsh(serialize_with = "encoding::point::write", deserialize_with = "encoding::point::read")]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Generators;
    use talea_protocol::bytes::Point;

    /// `Enc(m; r)` under the quorum secret 5.
    fn sealed(m: u64, r: u64) -> Ciphertext {
        let Generators { value, key, .. } = Generators::derive();
        let (m, r) = (Scalar::from(m), Scalar::from(r));
        Ciphertext { r: key * r, e: value * m + key * (Scalar::from(5u8) * r) }
    }

    #[test]
    fn arithmetic_is_the_messages_arithmetic() {
        assert_eq!(sealed(2, 3) + sealed(4, 5), sealed(6, 8));
        assert_eq!(sealed(6, 8) - sealed(4, 5), sealed(2, 3));
        assert_eq!(-sealed(1, 1) + sealed(1, 1), Ciphertext::zero());
        assert_eq!(sealed(2, 3).doubled(), sealed(4, 6));
        assert_eq!(sealed(2, 3).scaled(&Scalar::from(7u8)), sealed(14, 21));
        assert_eq!([sealed(1, 2), sealed(3, 4)].into_iter().sum::<Ciphertext>(), sealed(4, 6));
        assert_eq!([].into_iter().sum::<Ciphertext>(), Ciphertext::zero());
    }

    #[test]
    fn a_ciphertext_without_randomness_is_public() {
        let message = Generators::derive().value;
        assert!(Ciphertext::trivial(message).is_public());
        assert_eq!(Ciphertext::trivial(message), sealed(1, 0));
        assert!(!sealed(1, 1).is_public());
        // Randomness that cancels makes the message public.
        assert!((sealed(3, 4) - sealed(1, 4)).is_public());
    }

    #[test]
    fn an_encoding_reads_back_and_no_other_is_read() {
        let ciphertext = sealed(1, 2);
        let encoded = ciphertext.encode();
        assert_eq!(Ciphertext::decode(&encoded), Some(ciphertext));
        let none = Point([0xff; 32]);
        assert_eq!(Ciphertext::decode(&WireCiphertext { r: none, ..encoded }), None);
        assert_eq!(Ciphertext::decode(&WireCiphertext { e: none, ..encoded }), None);
    }
}
