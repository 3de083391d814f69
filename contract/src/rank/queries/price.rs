//! The price search: the bid of which at most `limit` are better, digit by digit. Section 11 of
//! `docs/spec.md`, "Price search".

use super::{
    Turn,
    products::{Products, factors},
    search::Search,
};
use crate::{
    elgamal::Ciphertext,
    rank::question::{Answer, Ask},
    setting::Setting,
};
use alloc::{sync::Arc, vec, vec::Vec};
use curve25519_dalek::Scalar;
use talea_protocol::price::{PriceLadder, Rung};

/// Whose bids are searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Participants {
    ladders: Vec<Arc<[Ciphertext]>>,
    /// How often the last one counts; all others count once.
    last_weight: u16,
}

impl Participants {
    /// Everybody counts once.
    pub(crate) fn bids(ladders: impl Iterator<Item = Arc<[Ciphertext]>>) -> Self {
        Self { ladders: ladders.collect(), last_weight: 1 }
    }

    /// Adds somebody who counts `weight` times.
    pub(crate) fn with(mut self, ladder: Arc<[Ciphertext]>, weight: u16) -> Self {
        self.ladders.push(ladder);
        self.last_weight = weight;
        self
    }

    /// `sum over i of g_i * terms_i`.
    fn weigh(&self, terms: impl Iterator<Item = Ciphertext>) -> Ciphertext {
        let last = self.ladders.len().saturating_sub(1);
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What a search found: the price's rung, and encrypted how everybody stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) rung: Rung,
    /// Per participant, at `scale`.
    pub(crate) above: Vec<Ciphertext>,
    /// Per participant, at `scale`.
    pub(crate) at_price: Vec<Ciphertext>,
    pub(crate) scale: Scalar,
}

impl PriceSearch {
    pub(crate) fn new(
        participants: Participants,
        limit: u16,
        ladder: &PriceLadder,
        setting: &Setting,
    ) -> Self {
        let radix = ladder.shape.radices().next().unwrap_or(1);
        let one = Ciphertext::trivial(setting.generators.value);
        let products = Products::of_first_digit(&participants.ladders, one, radix);
        let everybody = participants.ladders.len();
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

    /// Goes as far as it can: with the answer to what it asked last, or from its beginning.
    pub(crate) fn resume(
        &mut self,
        answer: Option<Answer>,
        ladder: &PriceLadder,
        setting: &Setting,
    ) -> Turn<Found> {
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
            Some(Answer::Opened(_)) => return Turn::Alarm,
        }
        match self.search.found() {
            None => Turn::Ask(self.test(setting)),
            Some(digit) => self.take(digit, ladder),
        }
    }

    /// The at-most-tests of `T_j = sum over i of g_i (above_i + P[i][j])`.
    fn test(&mut self, setting: &Setting) -> Ask {
        self.points = self.search.points(setting.terms.fan_out);
        let above = self.participants.weigh(self.above.iter().copied());
        let count = |j: &usize| above + self.participants.weigh(self.products.column(*j));
        let scale = self.scale(self.digits.len().saturating_add(1));
        Ask::AtMost { limit: self.limit, scale, counts: self.points.iter().map(count).collect() }
    }

    /// Takes a digit, and asks for the next one's products.
    fn take(&mut self, digit: usize, ladder: &PriceLadder) -> Turn<Found> {
        let more = self.products.column(digit.saturating_add(1));
        self.above.iter_mut().zip(more).for_each(|(above, more)| *above = *above + more);
        self.flags = self.products.unit_column(digit).collect();
        self.digits.push(digit);
        let radices = ladder.shape.radices();
        let Some(radix) = ladder.shape.radices().nth(self.digits.len()) else {
            // K11: range proofs exclude a rung beyond the ladder.
            let Some(rung) = rung_of(&self.digits, ladder) else { return Turn::Alarm };
            return Turn::Done(Found {
                rung,
                above: core::mem::take(&mut self.above),
                at_price: core::mem::take(&mut self.flags),
                scale: self.scale(self.digits.len()),
            });
        };
        let before = radices.take(self.digits.len()).map(|radix| radix.saturating_sub(1)).sum();
        let factors = factors(&self.participants.ladders, &self.flags, before, radix);
        Turn::Ask(Ask::Multiply(factors))
    }
}

/// `sum of digit_t * 2^(s_t)`; nothing if it is no rung of the ladder (K11).
pub(crate) fn rung_of(digits: &[usize], ladder: &PriceLadder) -> Option<Rung> {
    let value =
        digits.iter().zip(ladder.shape.radices()).try_fold(0u64, |value, (digit, radix)| {
            let radix = u64::try_from(radix).ok()?;
            value.checked_mul(radix)?.checked_add(u64::try_from(*digit).ok()?)
        })?;
    let rung = u32::try_from(value).ok().map(Rung)?;
    ladder.price(rung).map(|_| rung)
}
