//! The group, its generators, and the encoding and decoding of elements.
//!
//! Three bases live here and must not be confused (spec section 1): amounts and bits are written
//! over the *value base* `G`, commitments are blinded over the *blinding base* `H`, and keys,
//! randomness and shares are over the *key base* `K`.

use alloc::sync::Arc;
use core::{array, fmt};
use curve25519_dalek::{
    constants::{RISTRETTO_BASEPOINT_COMPRESSED, RISTRETTO_BASEPOINT_POINT},
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
};
use spin::Once;
use talea_protocol::{
    bytes::{Digest as WireDigest, Point, Scalar as WireScalar},
    limits::MAX_VECTOR,
};

/// The encodings of `H`, `K` and the vector bases, and SHA-256 over those of the vector bases. A test derives them again
/// from fixed bytes; on a chain every instruction would pay for that.
static ENCODED: &[u8; 32 * (2 + MAX_VECTOR + 1)] = include_bytes!("generators.bin");

/// The unit of this index in [`ENCODED`].
fn encoded(index: usize) -> [u8; 32] {
    ENCODED.as_chunks().0.get(index).copied().unwrap_or_default()
}

/// An element of [`ENCODED`].
fn constant(index: usize) -> RistrettoPoint {
    // All of them are canonical, as a test finds.
    decode_point(&Point(encoded(index))).unwrap_or_default()
}

/// The generators.
///
/// Nobody may know the logarithm of one of them over another, and nobody can choose them: they are hashes of fixed
/// bytes. Were `log_G H` known, a commitment would open to any bid; were `log_G K` known, a quorum that colludes could
/// open the second half of a ciphertext to any message.
#[derive(Clone, Debug, PartialEq)]
pub struct Generators {
    /// `G`, the value base: the basepoint of ristretto255 (RFC 9496).
    pub value: RistrettoPoint,
    /// `H`, the blinding base: the encoding of `G` hashed to the group with SHA3-512, which is Bulletproofs' own, so
    /// that its proofs can speak of our commitments too.
    pub blinding: RistrettoPoint,
    /// `K`, the key base: [`KEY_BASE`](talea_protocol::labels::KEY_BASE) hashed to the group with SHA-512.
    pub key: RistrettoPoint,
    /// The encodings of `G`, `H` and `K`, as proofs absorb them.
    pub encoded: [Point; 3],
    /// `V_l`, the vector bases: [`VECTOR_BASE`](talea_protocol::labels::VECTOR_BASE) and the index `l`, hashed to the
    /// group with SHA-512.
    pub vector: VectorBases,
    /// SHA-256 over the encodings of all vector bases: by it statements name them.
    pub vector_digest: WireDigest,
}

impl Generators {
    /// Decodes them.
    #[must_use]
    pub fn derive() -> Self {
        Self {
            value: RISTRETTO_BASEPOINT_POINT,
            blinding: constant(0),
            key: constant(1),
            encoded: [RISTRETTO_BASEPOINT_COMPRESSED.to_bytes(), encoded(0), encoded(1)].map(Point),
            vector: VectorBases::default(),
            vector_digest: WireDigest(encoded(MAX_VECTOR.saturating_add(2))),
        }
    }
}

/// `V_l`. There are [`MAX_VECTOR`], and each is decoded when it is first asked for: most proofs need a few.
#[derive(Clone)]
pub struct VectorBases(Arc<[Once<RistrettoPoint>; MAX_VECTOR]>);

impl Default for VectorBases {
    fn default() -> Self {
        Self(Arc::new(array::from_fn(|_| Once::new())))
    }
}

impl VectorBases {
    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &RistrettoPoint> {
        let bases = self.0.iter().enumerate();
        bases.map(|(l, base)| base.call_once(|| constant(l.saturating_add(2))))
    }

    /// The same but for one of them: what is said over these is not said over those of the protocol.
    #[must_use]
    pub fn with(&self, l: usize, base: RistrettoPoint) -> Self {
        let own = |(at, known): (usize, &RistrettoPoint)| if at == l { base } else { *known };
        let mut bases = self.iter().enumerate().map(own);
        Self(Arc::new(array::from_fn(|_| Once::initialized(bases.next().unwrap_or_default()))))
    }
}

impl PartialEq for VectorBases {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for VectorBases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(encode_point)).finish()
    }
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
    use alloc::{collections::BTreeSet, string::String, vec::Vec};
    use curve25519_dalek::traits::IsIdentity as _;
    use sha2::{Digest as _, Sha512};
    use sha3::Sha3_512;
    use talea_protocol::labels;

    /// `H`, `K` and the `V_l`, each from the bytes that it is the hash of.
    fn derived() -> Vec<RistrettoPoint> {
        let value = RISTRETTO_BASEPOINT_COMPRESSED.as_bytes();
        let vector_base = |l: u32| {
            let hash = Sha512::new().chain_update(labels::VECTOR_BASE);
            RistrettoPoint::from_hash(hash.chain_update(l.to_le_bytes()))
        };
        let blinding = RistrettoPoint::hash_from_bytes::<Sha3_512>(value);
        let key = RistrettoPoint::hash_from_bytes::<Sha512>(labels::KEY_BASE);
        let vector = (0u32..).take(MAX_VECTOR).map(vector_base);
        [blinding, key].into_iter().chain(vector).collect()
    }

    #[test]
    fn the_generators_are_hashes_of_fixed_bytes() {
        let derived: Vec<[u8; 32]> = derived().iter().map(|base| encode_point(base).0).collect();
        let digest = WireDigest::of(&[derived[2..].as_flattened()]);
        let file = [derived.as_flattened(), &digest.0].concat();
        assert!(file == ENCODED, "contract/src/generators.bin must be {}", hex(&file));
        let gens = Generators::derive();
        let decoded = [gens.blinding, gens.key].into_iter().chain(gens.vector.iter().copied());
        assert!(decoded.map(|base| encode_point(&base).0).eq(derived));
        assert_eq!(gens.vector_digest, digest);
        assert_eq!(
            gens.encoded,
            [gens.value, gens.blinding, gens.key].map(|base| encode_point(&base))
        );
    }

    #[test]
    fn the_generators_differ_and_are_frozen() {
        let Generators { value, blinding, key, vector, .. } = Generators::derive();
        let all: Vec<RistrettoPoint> =
            [value, blinding, key].into_iter().chain(vector.iter().copied()).collect();
        assert_eq!(all.len(), 3 + MAX_VECTOR);
        assert!(all.iter().all(|generator| !generator.is_identity()));
        let different: BTreeSet<[u8; 32]> =
            all.iter().map(|generator| encode_point(generator).0).collect();
        assert_eq!(different.len(), all.len());
        // RFC 9496, appendix A.1, and Bulletproofs as published. Other values would be another protocol.
        let frozen = [
            "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
            "8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134",
            "428d1ba143be62135c51c0e19aba66ededa366168cc24ef4943175bda0e8dc04",
            "086b803388c53d3a92109eb8ad270aa752884d6e84c0ac0aab3e9b1570159e7e",
            "54990936eeb83bc58e966a6db722ae27b4a6adc645036d6d5dadeabe60220856",
        ];
        let encoded = [0, 1, 2, 3, 66].map(|at| hex(&encode_point(&all[at]).0));
        assert_eq!(encoded, frozen);
    }

    #[test]
    fn a_vector_base_is_exchanged_alone() {
        let Generators { key, vector, .. } = Generators::derive();
        let other = vector.with(5, key);
        assert_ne!(other, vector);
        let differ: Vec<usize> =
            (0..MAX_VECTOR).filter(|l| vector.iter().nth(*l) != other.iter().nth(*l)).collect();
        assert_eq!(differ, [5]);
        assert_eq!(other.iter().nth(5), Some(&key));
    }

    fn hex(bytes: &[u8]) -> String {
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
