//! Which digits to write a grid's levels in.
//!
//! The shape decides what a lot costs. With radices `B_1 .. B_d` of `m_1 .. m_d` bits, `n` bids,
//! and `q` keyholder acts per step (the thresholds of all groups added up), a lot needs
//!
//! | | how much |
//! |---|---|
//! | commits | `n` range proofs, whatever the shape |
//! | reveals | `n * (sum of (B_t - 1)` unary encoding entries `+ sum of m_t` bits`)` |
//! | gates | `n * sum over t >= 2 of (B_t - 1)` gates, `q` turns each, and one opening of `q` shares |
//! | tests | per digit and for the winner a search, each of its points blinded and opened by `q` |
//!
//! Every item is weighted by what it costs to make once and to verify once ([`weights`]). A step is a round trip to the keyholders; it is counted and shown, and weighted only with what its
//! messages cost, because how long people take nobody can measure here.
//!
//! What follows: with more than a few bids, bits beat every other radix where there are gates, since
//! a bit costs one gate and a digit of radix 4 three for two bits. The first digit has no gates, so
//! it may be as large as its entries are cheaper than the gates that they replace: a radix of 16
//! for a quorum of two, of 32 for one of four.

use crate::failure::{Code, Failure};
use talea_protocol::{
    limits::MAX_BIDS_PER_LOT,
    price::{PriceGrid, Shape},
    sealed_bid::SealedBid,
    terms::{Lot, Mechanism},
};

/// What each item costs to make once and to verify once, in thousandths of one verification of a
/// 64-bit Bulletproof. Measured in a release build on one core, in chunks of 128 where there are
/// chunks; on other machines the ratios differ a little, and the order of shapes hardly at all.
pub mod weights {
    /// A level's range proof, per bit: 20 to make, 13 to verify.
    pub const RANGE_PER_BIT: u64 = 33;
    /// One ciphertext of a unary encoding: 29 to make, 14 to verify.
    pub const UNARY_ENTRY: u64 = 43;
    /// The argument for one bit of a level: 22 to make, 8 to verify.
    pub const UNARY_BIT: u64 = 30;
    /// One keyholder's turn on one gate: 96 to make, 53 to verify.
    pub const GATE_TURN: u64 = 149;
    /// One keyholder's blinding of one ciphertext: 100 to make, 65 to verify.
    pub const BLINDING: u64 = 165;
    /// One keyholder's decryption share for one ciphertext: 35 to make, 15 to verify.
    pub const SHARE: u64 = 50;
    /// One message of a keyholder: its signature, and what a proof costs whatever its length.
    pub const MESSAGE: u64 = 150;
}

/// What a shape has to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Levels of the grid.
    pub levels: u32,
    /// Bids on the lot.
    pub bidders: u32,
    /// Keyholder acts per step: the thresholds of all groups added up.
    pub acts: u32,
    /// Test points asked at once.
    pub fan_out: u16,
}

/// What a lot costs under a shape, in thousandths of one verification of a 64-bit Bulletproof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Commits of all bids.
    pub commits: u64,
    /// Reveals of all bids.
    pub reveals: u64,
    /// Gates, with the opening of their signs.
    pub gates: u64,
    /// Zero-tests of the searches, at worst.
    pub tests: u64,
    /// Messages of keyholders.
    pub messages: u64,
    /// Steps, at worst: round trips to the keyholders.
    pub steps: u64,
    /// Bytes of a sealed bid.
    pub sealed_bid_bytes: u64,
}

impl Cost {
    /// All work together.
    #[must_use]
    pub fn work(&self) -> u64 {
        [self.commits, self.reveals, self.gates, self.tests, self.messages]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// A shape and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The shape.
    pub shape: Shape,
    /// Its cost.
    pub cost: Cost,
}

/// What a lot costs with this shape.
#[must_use]
pub fn cost(shape: &Shape, load: &Load) -> Cost {
    let [n, q] = [load.bidders, load.acts].map(u64::from);
    let times = |factors: &[u64]| factors.iter().copied().fold(1, u64::saturating_mul);
    let radices: Vec<u64> = shape.radices().map(wide).collect();
    let gates: u64 = radices.iter().skip(1).map(|radix| radix.saturating_sub(1)).sum();

    // Each round of a search is a Blind step and a Decrypt step; each later digit begins with a
    // Gate step and a Decrypt step.
    let searches = radices.iter().map(|radix| radix.saturating_sub(1)).chain([n.saturating_sub(1)]);
    let (mut points, mut steps) = (0u64, 0u64);
    for last in searches {
        let (asked, rounds) = search(last, load.fan_out.into());
        points = points.saturating_add(asked);
        steps = steps.saturating_add(times(&[2, rounds]));
    }
    steps = steps.saturating_add(times(&[2, wide(shape.digits().saturating_sub(1))]));

    let entry_and_bits = times(&[weights::UNARY_ENTRY, wide(shape.entries())])
        .saturating_add(times(&[weights::UNARY_BIT, wide(shape.bits())]));
    Cost {
        commits: times(&[n, wide(shape.bits()), weights::RANGE_PER_BIT]),
        reveals: times(&[n, entry_and_bits]),
        gates: times(&[n, gates, q, weights::GATE_TURN + weights::SHARE]),
        tests: times(&[points, q, weights::BLINDING + weights::SHARE]),
        messages: times(&[steps, q, weights::MESSAGE]),
        steps,
        sealed_bid_bytes: wide(SealedBid::encoded_len(shape)),
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The points asked and the rounds needed, at worst, to find one of `last + 1` candidates.
fn search(last: u64, fan_out: u64) -> (u64, u64) {
    let fan_out = fan_out.max(1);
    let (mut span, mut points, mut rounds) = (last, 0u64, 0u64);
    while span > 0 {
        let asked = span.min(fan_out);
        points = points.saturating_add(asked);
        rounds = rounds.saturating_add(1);
        // The points cut span + 1 candidates into asked + 1 parts; the largest is left.
        span = span.saturating_add(1).div_ceil(asked.saturating_add(1)).saturating_sub(1);
    }
    (points, rounds)
}

/// Shapes that can hold the load's levels, the best first: every first digit, then digits of one,
/// two or three bits. Shapes of more bits than the levels need only cost more.
///
/// # Errors
/// `suggest.load` if no lot can have such a load.
pub fn candidates(load: &Load) -> Result<Vec<Candidate>, Failure> {
    let refuse = |sentence: &str| Err(Failure::new(Code::SuggestLoad, sentence));
    if load.levels < 2 {
        return refuse("a grid needs at least two levels");
    }
    if !(1..=MAX_BIDS_PER_LOT).contains(&load.bidders) {
        return refuse("a lot takes 1 to 65,535 bids");
    }
    if !(1..=512).contains(&load.acts) {
        return refuse("a quorum has 1 to 512 acting members");
    }
    if load.fan_out == 0 {
        return refuse("the fan-out is at least 1");
    }
    let bits = u32::BITS.saturating_sub(load.levels.saturating_sub(1).leading_zeros());
    let bits = u8::try_from(bits).unwrap_or(32);
    let mut found: Vec<Candidate> = Vec::new();
    for first in 1..=bits.min(10) {
        for later in 1..=3 {
            let mut digits = vec![first];
            let mut rest = bits.saturating_sub(first);
            // A digit that is shorter than the others is the first of them.
            let odd = rest.checked_rem(later).unwrap_or(0);
            if odd > 0 {
                digits.push(odd);
                rest = rest.saturating_sub(odd);
            }
            digits.extend((0..rest.checked_div(later).unwrap_or(0)).map(|_| later));
            let known = |found: &[Candidate]| {
                found.iter().any(|candidate| candidate.shape.digit_bits() == digits)
            };
            if let Some(shape) = Shape::new(&digits).ok().filter(|_| !known(&found)) {
                found.push(Candidate { cost: cost(&shape, load), shape });
            }
        }
    }
    found.sort_by_key(|candidate| (candidate.cost.work(), candidate.cost.steps));
    Ok(found)
}

/// The best shape for a load.
///
/// # Errors
/// As [`candidates`].
pub fn suggest(load: &Load) -> Result<Shape, Failure> {
    let best = candidates(load)?.into_iter().next();
    best.map(|candidate| candidate.shape)
        .ok_or_else(|| Failure::new(Code::SuggestLoad, "no shape holds that many levels"))
}

/// The best shape for a survey with so many levels to a bin, or none: one digit, or two.
///
/// With two digits an edge of the histogram needs a product for each answer, unless the second digit is 0 there; and
/// squares need one for each value of the first digit but 0.
///
/// # Errors
/// As [`candidates`].
pub fn for_survey(load: &Load, bin_levels: u32, squares: bool) -> Result<Shape, Failure> {
    candidates(load)?;
    let bits = u32::BITS.saturating_sub(load.levels.saturating_sub(1).leading_zeros());
    let bits = u8::try_from(bits).unwrap_or(32);
    let shapes = (1..=bits).filter_map(|first| match bits.saturating_sub(first) {
        0 => Shape::new(&[first]).ok(),
        second => Shape::new(&[first, second]).ok(),
    });
    let work = |shape: &Shape| {
        let [n, q] = [load.bidders, load.acts].map(u64::from);
        let product = (weights::GATE_TURN + weights::SHARE).saturating_mul(q);
        let answer = wide(shape.entries()).saturating_mul(weights::UNARY_ENTRY).saturating_add(
            product.saturating_mul(products(shape, load.levels, bin_levels, squares)),
        );
        n.saturating_mul(answer)
    };
    shapes.min_by_key(work).ok_or_else(|| {
        Failure::new(Code::SuggestLoad, "a survey takes 2^20 levels at most, in one digit or two")
    })
}

/// A lot in the shape that is best for its mechanism, unless its shape is its author's own.
///
/// # Errors
/// As [`candidates`].
pub fn fitted(
    lot: Lot,
    is_own: bool,
    mechanism: Mechanism,
    load: impl Fn(u32) -> Load,
) -> Result<Lot, Failure> {
    match mechanism {
        Mechanism::Survey { bin_levels, squares, .. } if !is_own => {
            let shape = for_survey(&load(lot.grid.levels), bin_levels, squares)?;
            Ok(Lot { grid: PriceGrid { shape, ..lot.grid }, ..lot })
        }
        _ => Ok(lot),
    }
}

/// The products that each answer of a survey needs.
fn products(shape: &Shape, levels: u32, bin_levels: u32, squares: bool) -> u64 {
    let [_, second] = shape.digit_bits() else { return 0 };
    let width = 1u32.checked_shl((*second).into()).unwrap_or(u32::MAX);
    let edges = |step: u32| levels.saturating_sub(1).checked_div(step).unwrap_or(0);
    // Edges on the first value of a second digit are those at multiples of both.
    let whole = (1..=width).find(|times| bin_levels.saturating_mul(*times).is_multiple_of(width));
    let free = whole.map_or(0, |times| edges(bin_levels.saturating_mul(times)));
    let of_bins = edges(bin_levels).saturating_sub(free);
    let of_squares =
        if squares { wide(shape.radices().next().unwrap_or(1).saturating_sub(1)) } else { 0 };
    u64::from(of_bins).saturating_add(of_squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(levels: u32, bidders: u32) -> Load {
        Load { levels, bidders, acts: 2, fan_out: 15 }
    }

    #[test]
    fn every_suggestion_holds_its_levels_and_wastes_no_bit() {
        for levels in [2, 3, 5, 256, 257, 1_000, 65_536, 65_537, 1 << 31, u32::MAX] {
            for bidders in [1, 3, 128, 65_535] {
                for candidate in candidates(&load(levels, bidders)).unwrap() {
                    let bits = candidate.shape.bits();
                    assert!(1u64 << bits >= u64::from(levels), "{levels} in {}", candidate.shape);
                    assert!(
                        1u64 << (bits - 1) < u64::from(levels),
                        "{levels} in {}",
                        candidate.shape
                    );
                }
            }
        }
    }

    #[test]
    fn a_larger_first_digit_then_bits() {
        let shape = suggest(&load(65_536, 32)).unwrap();
        let (first, later) = shape.digit_bits().split_first().unwrap();
        assert!((2..=5).contains(first), "{shape}");
        assert!(later.iter().all(|bits| *bits == 1), "{shape}");
    }

    #[test]
    fn more_keyholders_make_gates_dearer_and_first_digits_longer() {
        let first = |acts| {
            let load = Load { acts, ..load(65_536, 32) };
            suggest(&load).unwrap().digit_bits()[0]
        };
        assert!(first(1) <= first(2) && first(2) <= first(8) && first(8) < first(64));
    }

    #[test]
    fn searches_are_counted_as_the_contract_asks() {
        assert_eq!(search(0, 15), (0, 0));
        assert_eq!(search(1, 15), (1, 1));
        assert_eq!(search(15, 15), (15, 1));
        assert_eq!(search(31, 15), (16, 2));
        assert_eq!(search(1023, 1), (10, 10));
    }

    #[test]
    fn impossible_loads_are_refused() {
        for load in [
            Load { levels: 1, ..load(2, 1) },
            load(2, 0),
            load(2, 65_536),
            Load { acts: 0, ..load(2, 1) },
            Load { fan_out: 0, ..load(2, 1) },
        ] {
            assert_eq!(suggest(&load).unwrap_err().code, Code::SuggestLoad);
        }
    }

    #[test]
    fn a_survey_has_the_shape_with_the_fewest_entries_and_products() {
        let shape = |levels, bins, squares| {
            for_survey(&load(levels, 100), bins, squares).unwrap().digit_bits().to_vec()
        };
        // Nothing but the sum: as few entries as can be.
        assert_eq!(shape(256, 0, false), [4, 4]);
        // Edges on multiples of 16 need no product.
        assert_eq!(shape(256, 16, false), [4, 4]);
        assert_eq!(products(&Shape::new(&[4, 4]).unwrap(), 256, 16, false), 0);
        assert_eq!(products(&Shape::new(&[4, 4]).unwrap(), 256, 16, true), 15);
        // 10, 20 .. 250, without 80, 160 and 240.
        assert_eq!(products(&Shape::new(&[4, 4]).unwrap(), 256, 10, false), 22);
        assert_eq!(products(&Shape::new(&[8]).unwrap(), 256, 10, true), 0);
        // A product is dear, an entry cheap: one digit if there are many edges.
        assert_eq!(shape(64, 1, true), [6]);
        assert!(for_survey(&load(u32::MAX, 100), 0, false).is_err());
    }
}
