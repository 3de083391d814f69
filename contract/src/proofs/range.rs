//! A commitment to a level of the grid (spec section 8, C6), over masked bits.
//!
//! The bits have place values whose sums are the levels and nothing else, so one proof covers both bounds. In a later
//! round a second set of bits is of `b - b_0`: the bid did not get worse, and nobody learns whether it got better.

use super::{
    ProofFault,
    masked::{
        self, Fold, Opening, Squares, absorb_announcements, absorb_bases, absorb_responses,
        square_sum,
    },
};
use crate::{
    fiat_shamir::{Context, FiatShamir, Weights},
    group::{Generators, decode_point},
};
use alloc::vec::Vec;
use core::iter;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{bytes::Point, commitment::RangeProof, labels, masked::VectorOpening};

/// `n`, the bits of a level: the least number with `levels <= 2^n`, and at least 1.
#[must_use]
pub fn bits(levels: u32) -> usize {
    let highest = levels.saturating_sub(1).checked_ilog2().unwrap_or(0);
    usize::try_from(highest).unwrap_or(usize::MAX).saturating_add(1)
}

/// `q_l`, the place values: powers of two, but the last one is what is missing to `levels - 1`. Their sums are
/// `0 .. levels - 1`, all of these and no others.
#[must_use]
pub fn place_values(levels: u32) -> Vec<u32> {
    let powers = iter::successors(Some(1u32), |power| power.checked_mul(2));
    let lower: Vec<u32> = powers.take(bits(levels).saturating_sub(1)).collect();
    let sum = lower.iter().fold(0u32, |sum, value| sum.saturating_add(*value));
    let last = levels.saturating_sub(1).saturating_sub(sum);
    lower.into_iter().chain([last]).collect()
}

/// A commitment to one of `levels` levels.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Number of levels of the grid.
    pub levels: u32,
    /// `PK`, to which the bid will be encrypted: a commit made under the key of another history is
    /// none here.
    pub quorum_key: RistrettoPoint,
    /// `C = b*G + rho*H`.
    pub commitment: Point,
    /// `C_0`, the commitment of the active bid, in a later round.
    pub active: Option<Point>,
}

impl Statement {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { levels, quorum_key, commitment, active } = self;
        absorb_bases(fs, gens, quorum_key);
        fs.integer(b"levels", *levels);
        fs.point(b"commitment", commitment);
        if let Some(active) = active {
            fs.point(b"active", active);
        }
    }

    /// The proof's kind.
    #[must_use]
    pub fn kind(&self) -> &'static [u8] {
        match self.active {
            None => labels::KIND_RANGE,
            Some(_) => labels::KIND_IMPROVEMENT,
        }
    }

    /// How many bits are proved: those of the bid, and in a later round those of what it improves by.
    #[must_use]
    pub fn bits(&self) -> usize {
        bits(self.levels).saturating_mul(if self.active.is_some() { 2 } else { 1 })
    }

    /// `u = y^(2n+1)`, by which an improvement is told apart from the bid: the next power after those of the bits.
    /// Nothing in the first round.
    #[must_use]
    pub fn separator(&self, y: &Scalar) -> Option<Scalar> {
        self.active.map(|_| iter::repeat_n(y, self.bits()).fold(*y, |power, y| power * y))
    }

    /// What a one in each place adds to the sum of the second equation, with this [`separator`](Self::separator).
    #[must_use]
    pub fn places(&self, separator: Option<Scalar>) -> Vec<Scalar> {
        let values: Vec<Scalar> = place_values(self.levels).into_iter().map(Scalar::from).collect();
        let factors = [Some(Scalar::ONE), separator].into_iter().flatten();
        factors.flat_map(|factor| values.iter().map(move |value| factor * value)).collect()
    }
}

/// Absorbs the prover's first message, the commitment to the bits, and draws `y`.
pub fn absorb_bits(fs: &mut FiatShamir, statement: &Statement, bits: &VectorOpening) -> Scalar {
    fs.count(b"bits", statement.bits());
    fs.point(b"vector", &bits.commitment);
    fs.challenge(b"y")
}

/// What a commit claims: that its commitment is to a level, and to none below the active bid's.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The commit's place; the signer is the bidder.
    pub context: Context,
    /// The commitment, and what it is to be.
    pub statement: Statement,
    /// The proof.
    pub proof: &'a RangeProof,
}

/// A claim of decoded elements, well formed and not yet verified.
struct Decoded<'a> {
    claim: Claim<'a>,
    commitment: RistrettoPoint,
    active: Option<RistrettoPoint>,
    bits: Opening,
    squares: Squares,
    /// `z_l`.
    masked: Vec<Scalar>,
}

/// Decodes a claim and checks its form: the number of bits is the statement's, everything is canonical, and `C` is not
/// `O`.
fn decode(claim: Claim<'_>) -> Result<Decoded<'_>, ProofFault> {
    let Claim { statement, proof, .. } = &claim;
    ProofFault::unless_length(statement.bits(), proof.masked.len())?;
    let decoded = decode_all(claim).ok_or(ProofFault::NotCanonical)?;
    if decoded.commitment.is_identity() {
        return Err(ProofFault::Identity);
    }
    Ok(decoded)
}

fn decode_all(claim: Claim<'_>) -> Option<Decoded<'_>> {
    let Claim { statement, proof, .. } = claim;
    let active = match &statement.active {
        None => None,
        Some(active) => Some(decode_point(active)?),
    };
    Some(Decoded {
        claim,
        commitment: decode_point(&statement.commitment)?,
        active,
        bits: Opening::decode(&proof.bits)?,
        squares: Squares::decode(&proof.squares)?,
        masked: proof.masked.iter().map(masked::decode).collect(),
    })
}

/// The challenges of one proof.
#[derive(Clone, Copy, Debug)]
struct Challenges {
    y: Scalar,
    x: Scalar,
}

impl Decoded<'_> {
    /// Hashes the whole proof; the state is finished, for weights to be drawn after it.
    fn hash(&self, gens: &Generators) -> (FiatShamir, Challenges) {
        let Claim { context, statement, proof } = &self.claim;
        let mut fs = FiatShamir::begin(statement.kind(), context);
        statement.absorb(&mut fs, gens);
        let y = absorb_bits(&mut fs, statement, &proof.bits);
        absorb_announcements(&mut fs, [&proof.bits], &proof.squares);
        let x = fs.weight(b"x");
        absorb_responses(&mut fs, &proof.masked, [&proof.bits], &proof.squares);
        (fs, Challenges { y, x })
    }

    /// Adds this proof's two equations, each with a weight of its own.
    fn fold_into(&self, Challenges { y, x }: Challenges, weights: &mut Weights, fold: &mut Fold) {
        let statement = &self.claim.statement;
        // sum z_l V_l + w*H = A + x*S
        fold.add_opening(weights.draw(), x, &self.masked, &self.bits);

        // (sum y^(l+1) (z_l^2 - x z_l) + x * sum q_l z_l)*G + t*H = x^2*C + x*T_1 + T_0
        let square = weights.draw();
        let separator = statement.separator(&y);
        let value = square_sum(&self.masked, statement.places(separator), x, y);
        fold.add_squares(square, x, value, &self.squares);
        let leading = square * x * x;
        fold.add(-leading, self.commitment);
        // In a later round C + u*(C - C_0) stands for C.
        if let Some((active, separator)) = self.active.zip(separator) {
            fold.add(-leading * separator, self.commitment - active);
        }
    }
}

/// The terms of [`Decoded::fold_into`]: `S`, `A`, `T_1`, `T_0`, `C`, `C_0`.
const TERMS: usize = 6;

/// Verifies a claim (C6): `C` is not `O`, it commits to a level of the grid, and to none below the active bid's.
///
/// # Errors
/// The fault that was found first.
pub fn verify(gens: &Generators, claim: Claim<'_>) -> Result<(), ProofFault> {
    let decoded = decode(claim)?;
    let (finished, challenges) = decoded.hash(gens);
    let mut weights = Weights::after([finished]);
    let mut fold = Fold::with_capacity(TERMS);
    decoded.fold_into(challenges, &mut weights, &mut fold);
    fold.vanishes(gens, &claim.statement.quorum_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn sums_of_place_values_are_the_levels_and_nothing_else() {
        for levels in 2..=300 {
            let values = place_values(levels);
            let sum_of = |chosen: u32| {
                let taken = values.iter().enumerate().filter(|(l, _)| (chosen >> l) & 1 == 1);
                taken.map(|(_, value)| *value).sum::<u32>()
            };
            let sums: BTreeSet<u32> = (0..1 << values.len()).map(sum_of).collect();
            assert!(sums.into_iter().eq(0..levels), "{levels} levels: {values:?}");
        }
    }

    #[test]
    fn there_are_as_many_bits_as_a_level_needs() {
        let lengths = [1, 2, 3, 4, 5, 200, 256, 257, 1_024, 65_536, 65_537, u32::MAX].map(bits);
        assert_eq!(lengths, [1, 1, 2, 2, 3, 8, 8, 9, 10, 16, 17, 32]);
        let last = |levels| place_values(levels).last().copied();
        assert_eq!(last(65_536), Some(1 << 15));
        assert_eq!(last(65_537), Some(1));
        assert_eq!(last(u32::MAX), Some((1 << 31) - 1));
    }
}
