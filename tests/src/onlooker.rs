//! What anybody computes from the posts of a lot, besides what the program derives.

use curve25519_dalek::{RistrettoPoint, Scalar, traits::IsIdentity as _};
use talea_contract::{elgamal::Ciphertext, group::Generators};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    instruction::Instruction,
    labels,
    price::Shape,
    ranking::RankHeader,
    sealed_bid::{Ciphertext as Wire, SealedBid, split_contribution},
    terms::{Terms, Ties},
};

/// A unary encoding of `U[t][j]`, `0 < j < B_t`, digit by digit.
pub type UnaryEncoding = Vec<Vec<Ciphertext>>;

/// What a value shows, its mask taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Something that stays sealed.
    Sealed,
    /// One sign or the other.
    Sign,
    /// A blinded sum, or a shuffled list, without a zero.
    NoZero,
    /// A blinded sum that is zero, or a shuffled list with one zero somewhere.
    Zero,
    /// What an open question asked for.
    Count(u32),
    /// The same, where it may be less than nothing.
    Number(i64),
}

/// Whether an opened sign is plus.
pub fn is_plus(sign: &RistrettoPoint) -> bool {
    let value = Generators::derive().value;
    assert!([value, -value].contains(sign), "a sign");
    *sign == value
}

/// The place of the zero in an opened list, if there is one.
pub fn zero_of(list: &[RistrettoPoint]) -> Option<usize> {
    let mut zeros = (0..).zip(list).filter(|(_, message)| message.is_identity());
    let first = zeros.next().map(|(place, _)| place);
    assert!(zeros.next().is_none(), "a list has one zero, if any");
    first
}

/// The unary encoding of a sealed bid.
pub fn unary_of(terms: &Terms, lot: u32, bytes: &[u8]) -> UnaryEncoding {
    let shape = &terms.lots[lot as usize].grid.shape;
    // A contribution to a lottery may stand after it.
    unary_in(shape, &bytes[..SealedBid::encoded_len(shape)])
}

/// That of a sealed bid of this shape, or of a step of one.
pub fn unary_in(shape: &Shape, sealed: &[u8]) -> UnaryEncoding {
    let sealed = SealedBid::from_bytes(sealed, shape).expect("its length");
    let mut entries = sealed.unary.iter().map(|c| Ciphertext::decode(c).expect("canonical"));
    shape.radices().map(|radix| entries.by_ref().take(radix - 1).collect()).collect()
}

/// Section 11, "Order of the questions": brings bids from commit order into tie order, by what was
/// revealed in round 0. Gives the seed of a lottery.
pub fn draw(
    terms: &Terms,
    lot: u32,
    in_round_0: &[(PartyKey, Vec<u8>)],
    bids: &mut [(PartyKey, Vec<u8>)],
) -> Option<Digest> {
    if terms.ties != Ties::Lottery {
        return None;
    }
    let count = in_round_0.len() as u64;
    let mut drawn: Vec<u8> = terms.auction_id().0.to_vec();
    drawn.extend(lot.to_le_bytes());
    drawn.extend(count.to_le_bytes());
    for (bidder, bytes) in in_round_0 {
        let (_, contribution) = split_contribution(bytes, terms.ties, 0).expect("its length");
        drawn.extend(bidder.0.iter().chain(contribution.expect("ties go by lottery")));
    }
    let seed = Digest::of(&[labels::LOTTERY_SEED, &drawn]);
    bids.sort_by_key(|(bidder, _)| drawn_number(&seed, bidder));
    Some(seed)
}

/// What a lottery with this seed draws for a bidder.
pub fn drawn_number(seed: &Digest, bidder: &PartyKey) -> Digest {
    Digest::of(&[labels::LOTTERY_DRAW, &seed.0, &bidder.0])
}

/// The header of a rank message.
pub fn header_of(instruction: &Instruction) -> Option<RankHeader> {
    match instruction {
        Instruction::Gate(post) => Some(post.header),
        Instruction::Shuffle(post) => Some(post.header),
        Instruction::Blind(post) => Some(post.header),
        Instruction::Decrypt(post) => Some(post.header),
        _ => None,
    }
}

/// The lists of `2^k` entries that a keyholder put out.
pub fn shuffled(outputs: &[Wire], k: u32) -> Vec<Vec<Ciphertext>> {
    let decoded = |wire: &Wire| Ciphertext::decode(wire).expect("it was accepted");
    outputs.chunks(1 << k).map(|list| list.iter().map(decoded).collect()).collect()
}

/// Section 11, "Price search": `above_i` of every unary encoding once the level with these digits is found.
/// `products` holds, for every digit but the first, `v*Y` of every gate, unary encoding by unary encoding.
pub fn above(
    encodings: &[UnaryEncoding],
    digits: &[usize],
    products: &[Vec<Ciphertext>],
) -> Vec<Ciphertext> {
    let above = encodings.iter().enumerate().map(|(bid, unary)| {
        let entry = |row: &[Ciphertext], j: usize| match j {
            0 => None,
            j => Some(row.get(j - 1).copied().unwrap_or_else(Ciphertext::zero)),
        };
        let one = Ciphertext::trivial(Generators::derive().value);
        let (mut above, mut flag) = (Ciphertext::zero(), one);
        for (t, digit) in digits.iter().enumerate() {
            let row: Vec<Ciphertext> = match t.checked_sub(1) {
                None => unary[0].clone(),
                Some(step) => {
                    // v*Y + y, where y is the flag.
                    let width = unary[t].len();
                    let of_bid = products[step].iter().skip(bid * width);
                    above = above.doubled();
                    of_bid.take(width).map(|product| *product + flag).collect()
                }
            };
            let leading = if t == 0 { flag } else { flag.doubled() };
            let more = entry(&row, digit + 1).expect("it is not the first");
            above = above + more;
            flag = entry(&row, *digit).unwrap_or(leading) - more;
        }
        above
    });
    above.collect()
}

/// How many bids have a first digit of at least `j`, `0 < j < B_1`: `T_j` of a depth.
pub fn counts(encodings: &[UnaryEncoding]) -> Vec<Ciphertext> {
    let columns = 0..encodings.first().map_or(0, |unary| unary[0].len());
    columns.map(|j| encodings.iter().map(|unary| unary[0][j]).sum()).collect()
}

/// `n` from `scale * n * G`, if it is a small count.
pub fn count_of(message: &RistrettoPoint, scale: u32) -> Option<u32> {
    let unit = Generators::derive().value * Scalar::from(scale);
    (0..=16).find(|n| unit * Scalar::from(*n) == *message)
}
