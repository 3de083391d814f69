//! ElGamal ciphertexts `(R, E) = (r*K, m*G + r*PK)`, decoded, and their arithmetic.
//!
//! Sums of ciphertexts encrypt sums of messages. A ciphertext whose `R` is the identity is
//! *public*: its `E` is its message (spec section 11, "Reading without keyholders").

use crate::group::{decode_point, encode_point};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Read, Result, Write},
};
use core::{
    iter::Sum,
    ops::{Add, Neg, Sub},
};
use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _},
};
use talea_protocol::{bytes::Point, sealed_bid::Ciphertext as WireCiphertext};

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

    /// This ciphertext so many times: of small numbers, far cheaper than [`Self::scaled`], and not in constant time.
    #[must_use]
    pub(crate) fn times(&self, number: u32) -> Self {
        let bits = u32::BITS.saturating_sub(number.leading_zeros());
        (0..bits).rev().fold(Self::zero(), |sum, bit| {
            let doubled = sum.doubled();
            if (number >> bit) & 1 == 1 { doubled + *self } else { doubled }
        })
    }

    /// `2^bits` times this ciphertext.
    #[must_use]
    pub(crate) fn shifted(&self, bits: u32) -> Self {
        (0..bits).fold(*self, |shifted, _| shifted.doubled())
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

/// A ciphertext as a record holds it: decoded when its content is asked for, of which many never are.
///
/// # Invariants
/// There is one of the two forms, and the encoded one decodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    decoded: Option<Ciphertext>,
    encoded: Option<WireCiphertext>,
}

impl Held {
    /// In both forms.
    pub(crate) fn both(decoded: Ciphertext, encoded: WireCiphertext) -> Self {
        Self { decoded: Some(decoded), encoded: Some(encoded) }
    }

    pub(crate) fn get(&self) -> Ciphertext {
        let decode = || self.encoded.as_ref().and_then(Ciphertext::decode);
        self.decoded.or_else(decode).unwrap_or_else(Ciphertext::zero)
    }

    /// The same in both forms.
    pub(crate) fn in_both_forms(&self) -> Self {
        Self::both(self.get(), self.encoded())
    }

    /// `R` alone.
    pub(crate) fn randomness(&self) -> RistrettoPoint {
        let decode = || self.encoded.as_ref().and_then(|encoded| decode_point(&encoded.r));
        self.decoded.map(|decoded| decoded.r).or_else(decode).unwrap_or_default()
    }

    /// `E` alone.
    pub(crate) fn masked(&self) -> RistrettoPoint {
        let decode = || self.encoded.as_ref().and_then(|encoded| decode_point(&encoded.e));
        self.decoded.map(|decoded| decoded.e).or_else(decode).unwrap_or_default()
    }

    /// The encoding of `R`.
    pub(crate) fn encoded_randomness(&self) -> Point {
        self.encoded.map_or_else(|| encode_point(&self.randomness()), |encoded| encoded.r)
    }

    pub(crate) fn encoded(&self) -> WireCiphertext {
        self.encoded.unwrap_or_else(|| self.get().encode())
    }

    /// Whether its message is for everybody to read.
    pub(crate) fn is_public(&self) -> bool {
        match &self.encoded {
            Some(encoded) => encoded.r == Point::IDENTITY,
            None => self.get().is_public(),
        }
    }
}

impl From<Ciphertext> for Held {
    fn from(decoded: Ciphertext) -> Self {
        Self { decoded: Some(decoded), encoded: None }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Held {}

impl BorshSerialize for Held {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        self.encoded().serialize(writer)
    }
}

impl BorshDeserialize for Held {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        Ok(Self { decoded: None, encoded: Some(WireCiphertext::deserialize_reader(reader)?) })
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
        for number in [0, 1, 2, 7, 1_000, u32::MAX] {
            assert_eq!(sealed(2, 3).times(number), sealed(2, 3).scaled(&Scalar::from(number)));
        }
        assert_eq!(sealed(2, 3).shifted(5), sealed(64, 96));
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
