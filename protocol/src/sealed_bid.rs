//! A sealed bid: the bid's level encrypted in unary, digit by digit, with the argument that it is well formed.
//!
//! Its length is a function of the lot's [`Shape`], so its encoding has no length prefixes:
//! the unary encoding, then `S, A, w`, then `T_1, T_0, t`, then every `D`, then the `z` of every bit, then
//! `R`. Where ties go by lottery, the bidder's contribution follows ([`split_contribution`]).

use crate::{
    bytes::{List, Point, Scalar},
    commitment::BidId,
    limits::{CONTRIBUTION_BYTES, MASKED_BYTES, MAX_REVEALS, MAX_SEALED_BID_BYTES},
    masked::{Masked, Quadratic, VectorOpening},
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

/// The argument that a unary encoding encrypts the committed bid. Bit `l = 0` is the least significant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnaryArgument {
    /// The bits of the bid.
    pub bits: VectorOpening,
    /// That they are 0 or 1, and those of the committed bid.
    pub squares: Quadratic,
    /// `D_c` for `c = 0 .. m - 1`: the digits share them.
    pub polynomial: Vec<Ciphertext>,
    /// `z_l`, the masked bits, least significant first.
    pub masked: Vec<Masked>,
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

/// Bytes of a ciphertext.
const CIPHERTEXT_BYTES: usize = 64;
/// Bytes of what every argument has once: `S`, `A`, `w`, `T_1`, `T_0`, `t`, `R`.
const FIXED_BYTES: usize = 7 * 32;

impl SealedBid {
    /// Bytes of a sealed bid of this shape.
    pub fn encoded_len(shape: &Shape) -> usize {
        let ciphertexts = shape.entries().saturating_add(shape.longest_digit_bits());
        let masked = shape.bits().saturating_mul(MASKED_BYTES);
        let bytes = ciphertexts.saturating_mul(CIPHERTEXT_BYTES).saturating_add(masked);
        bytes.saturating_add(FIXED_BYTES)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { unary, argument } = self;
        let UnaryArgument { bits, squares, polynomial, masked, randomness } = argument;
        let mut bytes = Vec::new();
        unary.iter().for_each(|entry| write(&mut bytes, entry));
        write(&mut bytes, bits);
        write(&mut bytes, squares);
        polynomial.iter().for_each(|term| write(&mut bytes, term));
        masked.iter().for_each(|bit| write(&mut bytes, bit));
        write(&mut bytes, randomness);
        bytes
    }

    /// Reads a sealed bid of this shape; nothing if the length is another.
    pub fn from_bytes(bytes: &[u8], shape: &Shape) -> Option<Self> {
        if bytes.len() != Self::encoded_len(shape) {
            return None;
        }
        let mut rest = bytes;
        let unary = items(&mut rest, shape.entries())?;
        let bits = item(&mut rest)?;
        let squares = item(&mut rest)?;
        let polynomial = items(&mut rest, shape.longest_digit_bits())?;
        let masked = items(&mut rest, shape.bits())?;
        let randomness = item(&mut rest)?;
        Some(Self {
            unary,
            argument: UnaryArgument { bits, squares, polynomial, masked, randomness },
        })
    }
}

/// Appends the canonical bytes of an item.
fn write(bytes: &mut Vec<u8>, item: &impl BorshSerialize) {
    // Memory takes every byte; its writer knows no errors.
    item.serialize(bytes).unwrap_or_default();
}

/// The next item, of a fixed length.
// No tail is left unnoticed: the length of the whole was compared before the first item.
#[expect(clippy::disallowed_methods)]
fn item<T: BorshDeserialize>(bytes: &mut &[u8]) -> Option<T> {
    T::deserialize(bytes).ok()
}

/// The next items.
fn items<T: BorshDeserialize>(bytes: &mut &[u8], count: usize) -> Option<Vec<T>> {
    (0..count).map(|_| item(bytes)).collect()
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
        assert_eq!(SealedBid::encoded_len(&bits), 17 * 64 + 16 * 18 + 224);
        let one = Shape::new(&[10]).unwrap();
        assert_eq!(SealedBid::encoded_len(&one), 1023 * 64 + 10 * 64 + 10 * 18 + 224);
        let bytes: Vec<u8> = (0..1_600u32).map(|i| (i % 251) as u8).collect();
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
