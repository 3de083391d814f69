//! The group, its generators, and decoding (section 1).
//!
//! Four quantities live here. A [`Point`] is an *encoding as it arrived*; a [`RistrettoPoint`] is
//! an element, and exists only if its encoding was canonical. A [`Ciphertext`] is a pair of
//! encodings, a [`Cipher`] a pair of elements.
//!
//! Equations are added up in a [`Fold`]. Its multiplication skips digits that are zero, so a scalar of
//! 128 bits costs half of one of 253: what is subtracted is a negated point, never a negated scalar.

use std::sync::LazyLock;

use curve25519_dalek::{
    RistrettoPoint,
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::CompressedRistretto,
    scalar::Scalar,
    traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _},
};
use sha2::{Digest as _, Sha256, Sha512};
use sha3::Sha3_512;
use talea_protocol::{
    bytes::{Digest, Point, Scalar as WireScalar},
    labels,
    limits::MAX_VECTOR,
    masked::Masked,
    sealed_bid::Ciphertext,
};

/// The generators. Nobody knows a relation between any two of them.
#[derive(Debug)]
pub struct Bases {
    /// `G`, the value base: the ristretto255 basepoint.
    pub g: RistrettoPoint,
    /// `H`, the blinding base: `from_uniform_bytes(SHA3-512(encoding of G))`.
    pub h: RistrettoPoint,
    /// `K`, the key base: `from_uniform_bytes(SHA-512("talea/v2/key-base"))`.
    pub k: RistrettoPoint,
    /// `V_0 .. V_63`, the vector bases:
    /// `V_l = from_uniform_bytes(SHA-512("talea/v2/vector-base" || l u32))`.
    pub v: Vec<RistrettoPoint>,
    /// `SHA-256(V_0 || .. || V_63)`, over their encodings.
    pub v_digest: Digest,
    /// `G`, encoded.
    pub g_wire: Point,
    /// `H`, encoded.
    pub h_wire: Point,
    /// `K`, encoded.
    pub k_wire: Point,
    /// `G / 2`: with it `2U - (O, G)` is the double of `U - (O, G/2)`, and doubles are cheap to
    /// encode in batches.
    pub half_g: RistrettoPoint,
}

/// The generators, derived once.
pub fn bases() -> &'static Bases {
    static BASES: LazyLock<Bases> = LazyLock::new(|| {
        let g = RISTRETTO_BASEPOINT_POINT;
        let h = RistrettoPoint::from_uniform_bytes(&Sha3_512::digest(encode(&g).0).into());
        let k = RistrettoPoint::from_uniform_bytes(&Sha512::digest(labels::KEY_BASE).into());
        let v: Vec<RistrettoPoint> = (0u32..).take(MAX_VECTOR).map(vector_base).collect();
        let encoded = v.iter().fold(Sha256::new(), |hash, base| hash.chain_update(encode(base).0));
        Bases {
            g,
            h,
            k,
            v,
            v_digest: Digest(encoded.finalize().into()),
            g_wire: encode(&g),
            h_wire: encode(&h),
            k_wire: encode(&k),
            half_g: g * Scalar::from(2u8).invert(),
        }
    });
    &BASES
}

/// `V_l`.
fn vector_base(l: u32) -> RistrettoPoint {
    let hash = Sha512::new().chain_update(labels::VECTOR_BASE).chain_update(l.to_le_bytes());
    RistrettoPoint::from_uniform_bytes(&hash.finalize().into())
}

/// The element that `encoding` stands for, if it is the canonical one of its element.
pub fn decode(encoding: &Point) -> Option<RistrettoPoint> {
    CompressedRistretto(encoding.0).decompress()
}

/// The one encoding of `element`.
pub fn encode(element: &RistrettoPoint) -> Point {
    Point(element.compress().to_bytes())
}

/// The scalar that `encoding` encodes, if it is below the group order.
pub fn decode_scalar(encoding: &WireScalar) -> Option<Scalar> {
    Scalar::from_canonical_bytes(encoding.0).into()
}

/// The integer that a masked bit or sign is. Every encoding is canonical.
pub fn masked_integer(masked: &Masked) -> Scalar {
    let mut bytes = [0u8; 32];
    for (byte, masked) in bytes.iter_mut().zip(masked.0) {
        *byte = masked;
    }
    Scalar::from_bytes_mod_order(bytes)
}

/// The one encoding of `scalar`.
pub fn encode_scalar(scalar: &Scalar) -> WireScalar {
    WireScalar(scalar.to_bytes())
}

/// `wide(b)`: 64 bytes little-endian, modulo the group order.
pub fn wide(bytes: &[u8; 64]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(bytes)
}

/// A point, decoded and as on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Decoded.
    pub point: RistrettoPoint,
    /// Encoded.
    pub wire: Point,
}

impl Element {
    /// Encodes `point`.
    pub fn of(point: RistrettoPoint) -> Self {
        Self { point, wire: encode(&point) }
    }
}

/// An ElGamal ciphertext `(R, E)`, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cipher {
    /// `R`, the randomness.
    pub r: RistrettoPoint,
    /// `E`, the masked message.
    pub e: RistrettoPoint,
}

impl Cipher {
    /// `(O, O)`: the public encryption of 0.
    pub fn zero() -> Self {
        Self { r: RistrettoPoint::identity(), e: RistrettoPoint::identity() }
    }

    /// `(O, G)`: the public encryption of 1.
    pub fn one() -> Self {
        Self { r: RistrettoPoint::identity(), e: bases().g }
    }

    /// `(O, n*G)`: the public encryption of an integer.
    pub fn public(n: u64) -> Self {
        Self { r: RistrettoPoint::identity(), e: bases().g * Scalar::from(n) }
    }

    /// Decodes both parts.
    pub fn decode(wire: &Ciphertext) -> Option<Self> {
        Some(Self { r: decode(&wire.r)?, e: decode(&wire.e)? })
    }

    /// Encodes both parts.
    pub fn encode(&self) -> Ciphertext {
        Ciphertext { r: encode(&self.r), e: encode(&self.e) }
    }

    /// Twice the ciphertext.
    pub fn doubled(&self) -> Self {
        *self + *self
    }

    /// A small multiple of the ciphertext.
    pub fn times(&self, n: u32) -> Self {
        if n == 1 {
            return *self;
        }
        let bits = u32::BITS.saturating_sub(n.leading_zeros());
        (0..bits).rev().fold(Self::zero(), |sum, bit| {
            let doubled = sum.doubled();
            if (n >> bit) & 1 == 1 { doubled + *self } else { doubled }
        })
    }

    /// Any multiple of the ciphertext, in variable time: nothing here is secret.
    pub fn multiplied(&self, scalar: &Scalar) -> Self {
        let times =
            |point: &RistrettoPoint| RistrettoPoint::vartime_multiscalar_mul([scalar], [point]);
        Self { r: times(&self.r), e: times(&self.e) }
    }

    /// Whether it is public: its randomness is `O`.
    pub fn is_public(&self) -> bool {
        self.r.is_identity()
    }
}

impl std::ops::Add for Cipher {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { r: self.r + other.r, e: self.e + other.e }
    }
}

impl std::ops::Sub for Cipher {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { r: self.r - other.r, e: self.e - other.e }
    }
}

impl std::ops::Neg for Cipher {
    type Output = Self;
    fn neg(self) -> Self {
        Self { r: -self.r, e: -self.e }
    }
}

impl std::iter::Sum for Cipher {
    fn sum<I: Iterator<Item = Self>>(ciphers: I) -> Self {
        ciphers.fold(Self::zero(), |sum, next| sum + next)
    }
}

/// The encodings of the doubles of `halves`, in order, for the price of one inversion.
pub fn encode_doubles(halves: &[Cipher]) -> Vec<Ciphertext> {
    let parts: Vec<RistrettoPoint> = halves.iter().flat_map(|c| [c.r, c.e]).collect();
    let encoded = RistrettoPoint::double_and_compress_batch(&parts);
    encoded
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [r, e] => Some(Ciphertext { r: Point(r.to_bytes()), e: Point(e.to_bytes()) }),
            _ => None,
        })
        .collect()
}

/// The encodings of the doubles of elements, in order, for the price of one inversion.
pub fn encode_double_elements(halves: &[RistrettoPoint]) -> Vec<Point> {
    let encoded = RistrettoPoint::double_and_compress_batch(halves);
    encoded.into_iter().map(|double| Point(double.to_bytes())).collect()
}

/// `a*P + b*Q`, in variable time: nothing here is secret.
pub fn combine2(a: &Scalar, p: &RistrettoPoint, b: &Scalar, q: &RistrettoPoint) -> RistrettoPoint {
    RistrettoPoint::vartime_multiscalar_mul([a, b], [p, q])
}

/// Points that one multi-scalar multiplication should have at least: its buckets cost as much as 250 of them. Beyond
/// this number nothing is gained, for they leave the cache.
pub const FOLD_POINTS: usize = 4096;

/// A sum of multiples of points that must be `O`, with the generators' multiples gathered.
///
/// A caller that adds an equation multiplies all of it with its own weight
/// ([`Weights`](crate::fiat_shamir::Weights)).
#[derive(Debug)]
pub struct Fold {
    /// Multiple of `G`.
    pub g: Scalar,
    /// Multiple of `H`.
    pub h: Scalar,
    /// Multiple of `K`.
    pub k: Scalar,
    /// Multiple of `PK`.
    pub pk: Scalar,
    /// Multiples of `V_0 ..`.
    v: [Scalar; MAX_VECTOR],
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

/// `G`, `H`, `K`, `PK` and the vector bases.
const GENERATORS: usize = 4 + MAX_VECTOR;

impl Fold {
    /// An empty sum with room for `points` points.
    pub fn with_capacity(points: usize) -> Self {
        Self {
            g: Scalar::ZERO,
            h: Scalar::ZERO,
            k: Scalar::ZERO,
            pk: Scalar::ZERO,
            v: [Scalar::ZERO; MAX_VECTOR],
            scalars: Vec::with_capacity(points.saturating_add(GENERATORS)),
            points: Vec::with_capacity(points.saturating_add(GENERATORS)),
        }
    }

    /// Adds `scalar * point`.
    pub fn add(&mut self, scalar: Scalar, point: &RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(*point);
    }

    /// Subtracts `scalar * point`, and a short scalar stays short.
    pub fn subtract(&mut self, scalar: Scalar, point: &RistrettoPoint) {
        self.add(scalar, &-point);
    }

    /// Adds `weight * sum z_l V_l`. There are at most [`MAX_VECTOR`] of them.
    pub fn add_vector<'a>(&mut self, weight: &Scalar, z: impl IntoIterator<Item = &'a Scalar>) {
        for (sum, z) in self.v.iter_mut().zip(z) {
            *sum += weight * z;
        }
    }

    /// Whether the sum is `O`.
    pub fn vanishes(mut self, quorum_key: &RistrettoPoint) -> bool {
        let bases = bases();
        let fixed =
            [(self.g, bases.g), (self.h, bases.h), (self.k, bases.k), (self.pk, *quorum_key)];
        let vectors = self.v.into_iter().zip(bases.v.iter().copied());
        for (scalar, point) in fixed.into_iter().chain(vectors) {
            if scalar != Scalar::ZERO {
                self.add(scalar, &point);
            }
        }
        RistrettoPoint::vartime_multiscalar_mul(&self.scalars, &self.points).is_identity()
    }
}

/// The quorum key `PK` and its encoding.
#[derive(Clone, Copy, Debug)]
pub struct QuorumKey {
    /// `PK`.
    pub point: RistrettoPoint,
    /// `PK`, encoded.
    pub wire: Point,
}

impl QuorumKey {
    /// With its encoding.
    pub fn new(point: RistrettoPoint) -> Self {
        Self { point, wire: encode(&point) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_are_those_of_the_specification() {
        let b = bases();
        // RFC 9496, A.1.
        assert_eq!(
            hex::encode(b.g_wire.0),
            "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
        );
        // The Bulletproofs authors' blinding base.
        assert_eq!(
            hex::encode(b.h_wire.0),
            "8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134"
        );
        assert_ne!(b.k_wire, b.g_wire);
        assert_ne!(b.k_wire, b.h_wire);
        assert_eq!(b.half_g + b.half_g, b.g);
        assert_eq!(b.v.len(), 64);
        // SHA-512 of the label and the index in four bytes, little-endian.
        let hash = Sha512::digest([&b"talea/v2/vector-base"[..], &[63, 0, 0, 0]].concat());
        assert_eq!(b.v[63], RistrettoPoint::from_uniform_bytes(&hash.into()));
        let fixed = [b.g_wire, b.h_wire, b.k_wire];
        let all: std::collections::BTreeSet<Point> = b.v.iter().map(encode).chain(fixed).collect();
        assert_eq!(all.len(), 67, "no generator is another");
    }

    #[test]
    fn a_masked_value_is_an_integer_in_little_endian() {
        let mut bytes = [0; 18];
        assert_eq!(masked_integer(&Masked(bytes)), Scalar::ZERO);
        bytes[0] = 5;
        assert_eq!(masked_integer(&Masked(bytes)), Scalar::from(5u8));
        bytes[16] = 1;
        let two_to_128 = Scalar::from(u128::MAX) + Scalar::ONE;
        assert_eq!(masked_integer(&Masked(bytes)), two_to_128 + Scalar::from(5u8));
        let largest = two_to_128 * Scalar::from(1u32 << 16) - Scalar::ONE;
        assert_eq!(masked_integer(&Masked([0xff; 18])), largest);
    }

    #[test]
    fn a_fold_vanishes_only_if_every_generator_cancels() {
        let b = bases();
        let pk = b.g + b.k;
        let three = Scalar::from(3u8);
        let filled = || {
            let mut fold = Fold::with_capacity(0);
            (fold.g, fold.h, fold.k, fold.pk) = (three, three, three, three);
            fold.add_vector(&three, &[Scalar::ONE; MAX_VECTOR]);
            fold
        };
        let everything: Vec<RistrettoPoint> =
            [b.g, b.h, b.k, pk].into_iter().chain(b.v.iter().copied()).collect();
        for left_out in (0..everything.len()).map(Some).chain([None]) {
            let mut fold = filled();
            for (at, point) in everything.iter().enumerate() {
                if Some(at) != left_out {
                    fold.subtract(three, point);
                }
            }
            assert_eq!(fold.vanishes(&pk), left_out.is_none());
        }
    }

    #[test]
    fn doubles_encode_like_their_elements() {
        let b = bases();
        let halves =
            [Cipher { r: b.k, e: b.h }, Cipher::zero(), Cipher { r: b.g, e: b.half_g - b.half_g }];
        let expected: Vec<Ciphertext> = halves.iter().map(|c| c.doubled().encode()).collect();
        assert_eq!(encode_doubles(&halves), expected);
        assert_eq!(encode_doubles(&[]), vec![]);
        let doubles = [encode(&(b.k + b.k)), encode(&(b.g + b.g))];
        assert_eq!(encode_double_elements(&[b.k, b.g]), doubles);
    }

    #[test]
    fn small_multiples_are_sums() {
        let b = bases();
        let cipher = Cipher { r: b.k, e: b.h };
        let mut sum = Cipher::zero();
        for n in 0..70 {
            assert_eq!(cipher.times(n), sum);
            sum = sum + cipher;
        }
    }

    #[test]
    fn only_canonical_encodings_decode() {
        // The group order, and one above 2^252 that is not below it.
        let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
            .unwrap();
        assert_eq!(decode_scalar(&WireScalar(order.try_into().unwrap())), None);
        // p + 0: the identity once more.
        let mut p = [0xff; 32];
        p[0] = 0xed;
        p[31] = 0x7f;
        assert_eq!(decode(&Point(p)), None);
        // A negative field element.
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(decode(&Point(one)), None);
        assert_eq!(
            decode(&Point::IDENTITY),
            Some(RistrettoPoint::identity()),
            "identity is refused where the text says so, not here"
        );
    }
}
