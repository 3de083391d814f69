//! The group, its three generators, and the encoding and decoding of elements.
//!
//! Three bases live here and must not be confused (spec section 1): amounts and bits are written
//! over the *value base* `G`, commitments are blinded over the *blinding base* `H`, and keys,
//! randomness and shares are over the *key base* `K`.

use alloc::vec::Vec;
use curve25519_dalek::{
    constants::{RISTRETTO_BASEPOINT_COMPRESSED, RISTRETTO_BASEPOINT_POINT},
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
};
use sha2::{Digest as _, Sha512};
use sha3::Sha3_512;
use talea_protocol::{
    bytes::{Digest as WireDigest, Point, Scalar as WireScalar},
    labels,
    limits::MAX_VECTOR,
};

/// The generators.
///
/// Nobody may know the logarithm of one of them over another, and nobody can choose them: every
/// verifier derives them again from fixed bytes. Were `log_G H` known, a commitment would open to
/// any bid; were `log_G K` known, a quorum that colludes could open the second half of a ciphertext
/// to any message.
#[derive(Clone, Debug, PartialEq)]
pub struct Generators {
    /// `G`, the value base: the basepoint of ristretto255 (RFC 9496).
    pub value: RistrettoPoint,
    /// `H`, the blinding base: the encoding of `G` hashed to the group with SHA3-512, which is Bulletproofs' own, so
    /// that its proofs speak of our commitments too.
    pub blinding: RistrettoPoint,
    /// `K`, the key base: [`labels::KEY_BASE`] hashed to the group with SHA-512.
    pub key: RistrettoPoint,
    /// `V_l`, the vector bases: [`labels::VECTOR_BASE`] and the index `l`, hashed to the group with
    /// SHA-512. There are [`MAX_VECTOR`].
    pub vector: Vec<RistrettoPoint>,
    /// SHA-256 over the encodings of all vector bases: by it statements name them.
    pub vector_digest: WireDigest,
}

impl Generators {
    /// Derives them from the fixed bytes that they come from.
    #[must_use]
    pub fn derive() -> Self {
        let vector: Vec<RistrettoPoint> = (0u32..).take(MAX_VECTOR).map(vector_base).collect();
        let encoded: Vec<[u8; 32]> = vector.iter().map(|base| encode_point(base).0).collect();
        Self {
            value: RISTRETTO_BASEPOINT_POINT,
            blinding: RistrettoPoint::hash_from_bytes::<Sha3_512>(
                RISTRETTO_BASEPOINT_COMPRESSED.as_bytes(),
            ),
            key: RistrettoPoint::hash_from_bytes::<Sha512>(labels::KEY_BASE),
            vector_digest: WireDigest::of(&[encoded.as_flattened()]),
            vector,
        }
    }
}

/// `V_l`.
fn vector_base(l: u32) -> RistrettoPoint {
    let hash = Sha512::new().chain_update(labels::VECTOR_BASE).chain_update(l.to_le_bytes());
    RistrettoPoint::from_hash(hash)
}

/// The element that `point` encodes; nothing if the encoding is not the canonical one of RFC 9496.
/// The identity is decoded like any other element: a caller that refuses it does so itself.
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use curve25519_dalek::traits::IsIdentity as _;

    #[test]
    fn the_generators_differ_and_come_from_fixed_bytes() {
        let Generators { value, blinding, key, vector, .. } = Generators::derive();
        assert_eq!(vector.len(), MAX_VECTOR);
        let all: Vec<RistrettoPoint> = [value, blinding, key].into_iter().chain(vector).collect();
        assert!(all.iter().all(|generator| !generator.is_identity()));
        let different: BTreeSet<[u8; 32]> =
            all.iter().map(|generator| encode_point(generator).0).collect();
        assert_eq!(different.len(), all.len());
        // RFC 9496, appendix A.1, and Bulletproofs as published.
        let encoded = |point| hex(&encode_point(&point).0);
        assert_eq!(
            encoded(value),
            "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
        );
        assert_eq!(
            encoded(blinding),
            "8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134"
        );
        assert_eq!(encoded(key), KEY);
        assert_eq!([all[3], all[66]].map(encoded), VECTOR);
    }

    /// Frozen: another value would be another protocol.
    const KEY: &str = "428d1ba143be62135c51c0e19aba66ededa366168cc24ef4943175bda0e8dc04";

    /// The first and the last vector base.
    const VECTOR: [&str; 2] = [
        "086b803388c53d3a92109eb8ad270aa752884d6e84c0ac0aab3e9b1570159e7e",
        "54990936eeb83bc58e966a6db722ae27b4a6adc645036d6d5dadeabe60220856",
    ];

    fn hex(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
    }

    #[test]
    fn only_canonical_encodings_are_read() {
        // The group order, the field's prime, a negative element, and p + 1, which reads as 1 where
        // encodings are reduced.
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let prime = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        let prime_and_one = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        let negative = "0100000000000000000000000000000000000000000000000000000000000000";
        let bytes = |text: &str| {
            core::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        };
        assert_eq!(decode_scalar(&WireScalar(bytes(order))), None);
        assert_eq!(decode_scalar(&WireScalar([0xff; 32])), None);
        assert_eq!(decode_scalar(&WireScalar([0; 32])), Some(Scalar::ZERO));
        for text in [prime, prime_and_one, negative] {
            assert_eq!(decode_point(&Point(bytes(text))), None, "{text}");
        }
        let identity = decode_point(&Point::IDENTITY).unwrap();
        assert!(identity.is_identity());
        assert_eq!(encode_point(&identity), Point::IDENTITY);
    }
}
