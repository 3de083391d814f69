//! A sealed bid: the bid's level encrypted in unary, digit by digit, with the argument that it is well formed.
//!
//! Its length is a function of the lot's [`Shape`], so its encoding has no length prefixes:
//! the unary encoding, then `I, B, A` of every bit, then `D`, then `z, w, v` of every bit, then `R`. Where
//! ties go by lottery, the bidder's contribution follows ([`split_contribution`]).

use crate::{
    bytes::{List, Point, Scalar},
    commitment::BidId,
    limits::{CONTRIBUTION_BYTES, MAX_REVEALS, MAX_SEALED_BID_BYTES},
    price::Shape,
    terms::Ties,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// An ElGamal ciphertext `(R, E) = (r*K, m*G + r*PK)`, not yet decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ciphertext {
    /// `R`, the randomness.
    pub r: Point,
    /// `E`, the masked message.
    pub e: Point,
}

/// The commitments to one bit of the bid, sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BitCommitments {
    /// `I = Com(i; alpha)`, the bit.
    pub bit: Point,
    /// `B = Com(beta; gamma)`, the bit's mask.
    pub mask: Point,
    /// `A = Com(i*beta; delta)`, their product.
    pub product: Point,
}

/// The responses for one bit of the bid, sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BitResponses {
    /// `z = i*x + beta`.
    pub z: Scalar,
    /// `w = alpha*x + gamma`.
    pub w: Scalar,
    /// `v = alpha*(x - z) + delta`.
    pub v: Scalar,
}

/// The argument that a unary encoding encrypts the committed bid. Bit `l = 0` is the least significant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnaryArgument {
    /// Per bit, least significant first.
    pub bits: Vec<BitCommitments>,
    /// `D_c` for `c = 0 .. m - 1`: the digits share them.
    pub polynomial: Vec<Ciphertext>,
    /// Per bit, least significant first.
    pub responses: Vec<BitResponses>,
    /// `R`, the randomness of the whole.
    pub randomness: Scalar,
}

/// A sealed bid.
///
/// # Invariants
/// Every length is the one that the [`Shape`] implies: [`SealedBid::from_bytes`] is the only way
/// from bytes, and takes no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBid {
    /// `U[t][j]` for `t = 1 ..= d`, `j = 1 .. B_t`, digit by digit.
    pub unary: Vec<Ciphertext>,
    /// The argument.
    pub argument: UnaryArgument,
}

const POINT_BYTES: usize = 32;

impl SealedBid {
    /// Bytes of a sealed bid of this shape.
    pub fn encoded_len(shape: &Shape) -> usize {
        let ciphertexts = shape.entries().saturating_add(shape.longest_digit_bits());
        let units = ciphertexts
            .saturating_mul(2)
            .saturating_add(shape.bits().saturating_mul(6))
            .saturating_add(1);
        units.saturating_mul(POINT_BYTES)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |part: &[u8; 32]| bytes.extend_from_slice(part);
        for ciphertext in &self.unary {
            put(&ciphertext.r.0);
            put(&ciphertext.e.0);
        }
        for bit in &self.argument.bits {
            put(&bit.bit.0);
            put(&bit.mask.0);
            put(&bit.product.0);
        }
        for ciphertext in &self.argument.polynomial {
            put(&ciphertext.r.0);
            put(&ciphertext.e.0);
        }
        for response in &self.argument.responses {
            put(&response.z.0);
            put(&response.w.0);
            put(&response.v.0);
        }
        put(&self.argument.randomness.0);
        bytes
    }

    /// Reads a sealed bid of this shape; nothing if the length is another.
    pub fn from_bytes(bytes: &[u8], shape: &Shape) -> Option<Self> {
        if bytes.len() != Self::encoded_len(shape) {
            return None;
        }
        let mut units = bytes.chunks_exact(POINT_BYTES).map(|unit| {
            let mut out = [0u8; POINT_BYTES];
            out.copy_from_slice(unit);
            out
        });
        let mut next = || units.next();
        let mut unary = Vec::with_capacity(shape.entries());
        for _ in 0..shape.entries() {
            unary.push(Ciphertext { r: Point(next()?), e: Point(next()?) });
        }
        let mut bits = Vec::with_capacity(shape.bits());
        for _ in 0..shape.bits() {
            bits.push(BitCommitments {
                bit: Point(next()?),
                mask: Point(next()?),
                product: Point(next()?),
            });
        }
        let mut polynomial = Vec::with_capacity(shape.longest_digit_bits());
        for _ in 0..shape.longest_digit_bits() {
            polynomial.push(Ciphertext { r: Point(next()?), e: Point(next()?) });
        }
        let mut responses = Vec::with_capacity(shape.bits());
        for _ in 0..shape.bits() {
            responses.push(BitResponses {
                z: Scalar(next()?),
                w: Scalar(next()?),
                v: Scalar(next()?),
            });
        }
        let randomness = Scalar(next()?);
        Some(Self { unary, argument: UnaryArgument { bits, polynomial, responses, randomness } })
    }
}

/// A bidder's contribution to a lottery: random bytes that nobody else knows before the reveal.
pub type Contribution = [u8; CONTRIBUTION_BYTES];

/// Takes the contribution to a lottery off the bytes revealed in a round: what is before it is the
/// [`SealedBid`]. Nothing if there are too few bytes. Without a lottery, and after round 0, there
/// is none.
pub fn split_contribution(
    bytes: &[u8],
    ties: Ties,
    round: u32,
) -> Option<(&[u8], Option<&Contribution>)> {
    if !ties.asks_for_contributions(round) {
        return Some((bytes, None));
    }
    let (sealed_bid, contribution) = bytes.split_last_chunk()?;
    Some((sealed_bid, Some(contribution)))
}

/// One bid's reveal: the bytes that its commit sealed. It authenticates itself, so anybody may
/// carry it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Reveal {
    /// The bid whose seal these bytes open.
    pub bid: BidId,
    /// The sealed bid, and after it in round 0 the contribution to a lottery if there is one.
    pub sealed_bid: List<u8, MAX_SEALED_BID_BYTES>,
}

/// The reveals of one instruction; all of them are accepted or none.
pub type Reveals = List<Reveal, MAX_REVEALS>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_the_shapes() {
        let bits = Shape::new(&[1; 16]).unwrap();
        assert_eq!(SealedBid::encoded_len(&bits), 4_192);
        let one = Shape::new(&[10]).unwrap();
        assert_eq!(SealedBid::encoded_len(&one), 1023 * 64 + 10 * 64 + 10 * 192 + 32);
        let bytes: Vec<u8> = (0..4_192u32).map(|i| (i % 251) as u8).collect();
        let bid = SealedBid::from_bytes(&bytes, &bits).unwrap();
        assert_eq!(bid.to_bytes(), bytes);
        assert_eq!(SealedBid::from_bytes(&bytes[1..], &bits), None);
        assert_eq!(SealedBid::from_bytes(&bytes, &one), None);
    }

    #[test]
    fn the_largest_shape_fits_its_bound() {
        let mut digits = [1u8; 23];
        digits[0] = 10;
        let widest = [10u8, 10, 10, 2];
        for digits in [&digits[..], &widest] {
            let shape = Shape::new(digits).unwrap();
            assert!(SealedBid::encoded_len(&shape) <= MAX_SEALED_BID_BYTES);
        }
    }
}
