//! The price search: the bid of which at most `limit` are better, digit by digit. Section 11 of
//! `docs/spec.md`, "Price search".

use super::{QueryProgress, participants::Participants, products::Products, search::Search};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        program::{Lists, LotSetting},
        question::{Answer, Ask},
        vectors::Vector,
        work::Factors,
    },
    store::encoding,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use curve25519_dalek::Scalar;
use talea_protocol::price::{Level, PriceGrid};

/// A search, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PriceSearch {
    participants: Participants,
    limit: u16,
    /// The price's digits so far.
    digits: Vec<u32>,
    /// Whether each participant lies above these digits, at the current scale; nothing if nobody will ask.
    above: Option<Vector>,
    /// The weighted sum of that.
    above_in_all: Held,
    products: Products,
    search: Search,
}

/// What a search found: the price's level, and, encrypted, how every participant compares with it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Found {
    pub(crate) level: Level,
    /// Per participant, at `scale`, if it was asked for.
    pub(crate) above: Vec<Held>,
    /// Per participant, at `scale`.
    pub(crate) at_price: Vec<Held>,
    #[borsh(
        serialize_with = "encoding::scalar::write",
        deserialize_with = "encoding::scalar::read"
    )]
    pub(crate) scale: Scalar,
}

impl PriceSearch {
    /// With who is above the price, if `tells_above`.
    pub(crate) fn new(
        participants: Participants,
        limit: u16,
        tells_above: bool,
        lot_setting: LotSetting<'_>,
    ) -> Self {
        let products = Products::of_first_digit(&participants, lot_setting);
        let search = Search::new(products.radix().saturating_sub(1));
        Self {
            participants,
            limit,
            digits: Vec::new(),
            above: tells_above.then(Vector::default),
            above_in_all: Ciphertext::zero().into(),
            products,
            search,
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
                self.search.narrow(lot_setting.setting.terms.fan_out, more);
            }
            Some(Answer::Products(turned)) => {
                self.products.take(turned, &self.participants);
                self.search = Search::new(self.products.radix().saturating_sub(1));
                self.above_in_all = self.above_in_all.get().doubled().into();
                let above = self.above.take();
                let doubled =
                    |above: Vector| above.items.iter().map(|a| a.get().doubled()).collect();
                self.above = above.map(doubled);
            }
            Some(Answer::Opened(_)) => return QueryProgress::Alarm,
        }
        match self.search.found() {
            None => QueryProgress::Ask(self.test(lot_setting)),
            Some(digit) => self.take(digit, lot_setting),
        }
    }

    /// The at-most-tests of `T_j = sum over i of g_i (above_i + P[i][j])`.
    fn test(&self, lot_setting: LotSetting<'_>) -> Ask {
        let points = self.search.points(lot_setting.setting.terms.fan_out);
        let above = self.above_in_all.get();
        let count = |j: &usize| above + self.products.sum(*j);
        let scale = self.scale(self.digits.len().saturating_add(1));
        Ask::AtMost { limit: self.limit, scale, counts: points.iter().map(count).collect() }
    }

    /// Takes a digit, and asks for the next one's products.
    fn take(&mut self, digit: usize, lot_setting: LotSetting<'_>) -> QueryProgress<Found> {
        let grid = lot_setting.grid();
        let next = digit.saturating_add(1);
        let all = self.products.count();
        let product = |i, j| self.products.get((i, j), &self.participants, lot_setting);
        let mut flags = Vec::with_capacity(all);
        let mut all_above = Vec::new();
        for i in 0..all {
            let more = product(i, next);
            flags.push(product(i, digit) - more);
            if let Some(above) = &self.above {
                let above = above.items.get(i).map_or_else(Ciphertext::zero, Held::get);
                all_above.push(above + more);
            }
        }
        self.above = self.above.is_some().then(|| all_above.into_iter().collect());
        self.above_in_all = (self.above_in_all.get() + self.products.sum(next)).into();
        self.digits.push(u32::try_from(digit).unwrap_or(u32::MAX));
        let Some(products) = self.products.of_next_digit(&flags, lot_setting) else {
            // K11: range proofs exclude a level beyond the grid.
            let Some(level) = level_of(&self.digits, grid) else { return QueryProgress::Alarm };
            return QueryProgress::Done(Found {
                level,
                above: self.above.take().unwrap_or_default().items,
                at_price: flags.into_iter().map(Held::from).collect(),
                scale: self.scale(self.digits.len()),
            });
        };
        self.products = products;
        QueryProgress::Ask(Ask::Multiply { gates: self.products.gates() })
    }

    /// The factors of some of the gates that it asked for.
    pub(crate) fn factors(
        &self,
        gates: Range<usize>,
        lists: Lists<'_>,
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        self.products.factors(gates, (&self.participants, lists), lot_setting)
    }

    /// Its lists.
    pub(crate) fn lists(&mut self) -> Vec<&mut Vector> {
        self.products.lists().into_iter().chain(&mut self.above).collect()
    }
}

/// `sum of digit_t * 2^(s_t)`; nothing if it is no level of the grid (K11).
pub(crate) fn level_of(digits: &[u32], grid: &PriceGrid) -> Option<Level> {
    let value =
        digits.iter().zip(grid.shape.radices()).try_fold(0u64, |value, (digit, radix)| {
            let radix = u64::try_from(radix).ok()?;
            value.checked_mul(radix)?.checked_add((*digit).into())
        })?;
    let level = u32::try_from(value).ok().map(Level)?;
    grid.price(level).map(|_| level)
}
