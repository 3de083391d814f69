//! The price search: the bid of which at most `limit` are better, digit by digit. Section 11 of
//! `docs/spec.md`, "Price search".

use super::{
    QueryProgress,
    products::{Products, factors},
    search::Search,
};
use crate::{
    elgamal::Ciphertext,
    rank::{
        program::LotSetting,
        question::{Answer, Ask},
    },
    store::encoding,
    unary_encoding::EncodingId,
};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;
use talea_protocol::price::{Level, PriceGrid};

/// Whose bids are searched.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Participants {
    bids: Vec<EncodingId>,
    /// How often the last one counts; all others count once.
    last_weight: u16,
}

impl Participants {
    /// Every participant counts once.
    pub(crate) fn bids(bids: impl Iterator<Item = EncodingId>) -> Self {
        Self { bids: bids.collect(), last_weight: 1 }
    }

    /// Adds a participant that counts `weight` times.
    pub(crate) fn with(mut self, unary: EncodingId, weight: u16) -> Self {
        self.bids.push(unary);
        self.last_weight = weight;
        self
    }

    /// `sum over i of g_i * terms_i`.
    fn weigh(&self, terms: impl Iterator<Item = Ciphertext>) -> Ciphertext {
        let last = self.bids.len().saturating_sub(1);
        terms
            .enumerate()
            .map(|(i, term)| match i == last && self.last_weight != 1 {
                true => term.scaled(&Scalar::from(self.last_weight)),
                false => term,
            })
            .sum()
    }
}

/// A search, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PriceSearch {
    participants: Participants,
    limit: u16,
    /// The price's digits so far.
    digits: Vec<usize>,
    /// Whether each participant lies above these digits, at the current scale.
    above: Vec<Ciphertext>,
    /// Whether each participant has these digits, at the current scale.
    flags: Vec<Ciphertext>,
    products: Products,
    search: Search,
    /// The points of the test that was asked last.
    points: Vec<usize>,
}

/// What a search found: the price's level, and, encrypted, how every participant compares with it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Found {
    pub(crate) level: Level,
    /// Per participant, at `scale`.
    pub(crate) above: Vec<Ciphertext>,
    /// Per participant, at `scale`.
    pub(crate) at_price: Vec<Ciphertext>,
    #[borsh(
        serialize_with = "encoding::scalar::write",
        deserialize_with = "encoding::scalar::read"
    )]
    pub(crate) scale: Scalar,
}

impl PriceSearch {
    pub(crate) fn new(participants: Participants, limit: u16, lot_setting: LotSetting<'_>) -> Self {
        let LotSetting { setting, .. } = lot_setting;
        let radix = lot_setting.grid().shape.radices().next().unwrap_or(1);
        let one = Ciphertext::trivial(setting.generators.value);
        let products = Products::of_first_digit(&participants.bids, one, radix);
        let everybody = participants.bids.len();
        Self {
            participants,
            limit,
            digits: Vec::new(),
            above: vec![Ciphertext::zero(); everybody],
            flags: vec![one; everybody],
            products,
            search: Search::new(radix.saturating_sub(1)),
            points: Vec::new(),
        }
    }

    /// `2^(t-1)` in digit `t`.
    fn scale(&self, digits: usize) -> Scalar {
        (1..digits).fold(Scalar::ONE, |scale, _| scale + scale)
    }

    /// Continues as far as possible: with the answer to its last question, or from its beginning.
    pub(crate) fn resume(
        &mut self,
        answer: Option<Answer>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Found> {
        match answer {
            None => {}
            Some(Answer::AtMost(at_most)) => {
                // The digit is the largest at which there are more than the limit.
                let more = at_most.into_iter().map(|at_most| !at_most);
                self.search.narrow(self.points.iter().copied().zip(more));
            }
            Some(Answer::Products(entries)) => {
                self.products = Products::of_later_digit(&self.flags, entries);
                self.search = Search::new(self.products.radix().saturating_sub(1));
                self.above.iter_mut().for_each(|above| *above = above.doubled());
            }
            Some(Answer::Opened(_)) => return QueryProgress::Alarm,
        }
        match self.search.found() {
            None => QueryProgress::Ask(self.test(lot_setting)),
            Some(digit) => self.take(digit, lot_setting),
        }
    }

    /// The at-most-tests of `T_j = sum over i of g_i (above_i + P[i][j])`.
    fn test(&mut self, lot_setting: LotSetting<'_>) -> Ask {
        let LotSetting { setting, encodings, .. } = lot_setting;
        self.points = self.search.points(setting.terms.fan_out);
        let above = self.participants.weigh(self.above.iter().copied());
        let count = |j: &usize| {
            above + self.participants.weigh(self.products.column(*j, encodings).into_iter())
        };
        let scale = self.scale(self.digits.len().saturating_add(1));
        Ask::AtMost { limit: self.limit, scale, counts: self.points.iter().map(count).collect() }
    }

    /// Takes a digit, and asks for the next one's products.
    fn take(&mut self, digit: usize, lot_setting: LotSetting<'_>) -> QueryProgress<Found> {
        let (grid, encodings) = (lot_setting.grid(), lot_setting.encodings);
        let more = self.products.column(digit.saturating_add(1), encodings);
        self.above.iter_mut().zip(more).for_each(|(above, more)| *above = *above + more);
        self.flags = self.products.unit_column(digit, encodings);
        self.digits.push(digit);
        let radices = grid.shape.radices();
        let Some(radix) = grid.shape.radices().nth(self.digits.len()) else {
            // K11: range proofs exclude a level beyond the grid.
            let Some(level) = level_of(&self.digits, grid) else { return QueryProgress::Alarm };
            return QueryProgress::Done(Found {
                level,
                above: core::mem::take(&mut self.above),
                at_price: core::mem::take(&mut self.flags),
                scale: self.scale(self.digits.len()),
            });
        };
        let before = radices.take(self.digits.len()).map(|radix| radix.saturating_sub(1)).sum();
        let factors = factors(&self.participants.bids, &self.flags, (before, radix), encodings);
        QueryProgress::Ask(Ask::Multiply(factors))
    }
}

/// `sum of digit_t * 2^(s_t)`; nothing if it is no level of the grid (K11).
pub(crate) fn level_of(digits: &[usize], grid: &PriceGrid) -> Option<Level> {
    let value =
        digits.iter().zip(grid.shape.radices()).try_fold(0u64, |value, (digit, radix)| {
            let radix = u64::try_from(radix).ok()?;
            value.checked_mul(radix)?.checked_add(u64::try_from(*digit).ok()?)
        })?;
    let level = u32::try_from(value).ok().map(Level)?;
    grid.price(level).map(|_| level)
}
