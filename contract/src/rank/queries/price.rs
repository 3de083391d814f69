//! The price search: the bid of which at most `limit` are better, digit by digit. Section 11 of
//! `docs/spec.md`, "Price search".

use super::{QueryProgress, participants::Participants, products::Products, search::Search};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Opened,
        program::{Lists, LotSetting},
        question::{Answer, Ask},
        sums::Sums,
        vectors::Vector,
        work::Factors,
    },
    store::encoding,
};
use alloc::{boxed::Box, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use curve25519_dalek::Scalar;
use talea_protocol::{
    outcome::Excess,
    price::{Level, PriceGrid},
};

/// A search, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PriceSearch {
    participants: Participants,
    comparison: Comparison,
    /// The price's digits so far.
    digits: Vec<u32>,
    /// Whether each participant lies above these digits, at the current scale; nothing if nobody will ask.
    above: Option<Vector>,
    /// The weighted sum of that.
    above_in_all: Held,
    products: Products,
    search: Search,
}

/// How what is at a level or better is compared with what there is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Comparison {
    /// By tests whether it is at most the limit. The level is the largest at which it is more.
    AtMost { limit: u16 },
    /// The same in a market, where no level beyond the grid is found, whatever the answers.
    AtMostOnGrid { limit: u16 },
    /// By opening what it is beyond an offer. The level is the largest at which that is so much or more, and on the grid.
    Excess(Box<ExcessComparison>),
}

/// A comparison by what is wanted beyond an offer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ExcessComparison {
    /// In units, encrypted or public.
    pub(crate) offer: Held,
    /// The level is the largest at which it is so much.
    pub(crate) at_least: i64,
    /// What it can be.
    pub(crate) range: (i64, i64),
    /// What it is, at every level that was asked about.
    pub(crate) opened: Vec<Excess>,
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
        comparison: Comparison,
        tells_above: bool,
        lot_setting: LotSetting<'_>,
    ) -> Self {
        let products = Products::of_first_digit(&participants, lot_setting);
        let search = Search::new(products.radix().saturating_sub(1));
        Self {
            participants,
            comparison,
            digits: Vec::new(),
            above: tells_above.then(Vector::default),
            above_in_all: Ciphertext::zero().into(),
            products,
            search,
        }
    }

    /// `2^(t-1)` in digit `t`; twice that where quantities are sealed, for the first digit has products too.
    fn scale(&self, digits: usize) -> Scalar {
        let first = if self.participants.are_sealed { Scalar::from(2u8) } else { Scalar::ONE };
        (1..digits).fold(first, |scale, _| scale + scale)
    }

    /// The scale of the digit that is searched.
    fn current_scale(&self) -> Scalar {
        self.scale(self.digits.len().saturating_add(1))
    }

    /// Continues as far as possible: with the answer to its last question, or from its beginning.
    pub(crate) fn resume(
        &mut self,
        answer: Option<Answer>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Found> {
        match answer {
            None if self.products.are_to_be_made() => {
                return QueryProgress::Ask(Ask::Multiply { gates: self.products.gates() });
            }
            None => {}
            Some(Answer::AtMost(at_most)) => {
                // The digit is the largest at which there are more than the limit.
                let more = at_most.into_iter().map(|at_most| !at_most).collect();
                self.narrow(more, lot_setting);
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
            Some(Answer::Opened(opened)) => {
                // K13
                let Some(more) = self.read(&opened, lot_setting) else {
                    return QueryProgress::Alarm;
                };
                self.narrow(more, lot_setting);
            }
        }
        match self.search.found() {
            None => QueryProgress::Ask(self.test(lot_setting)),
            Some(digit) => self.take(digit, lot_setting),
        }
    }

    /// Asks about `T_j = sum over i of g_i (above_i + P[i][j])`, at every point.
    fn test(&self, lot_setting: LotSetting<'_>) -> Ask {
        let points = self.search.points(lot_setting.setting.terms.fan_out);
        let above = self.above_in_all.get();
        let counts = points.iter().map(|j| above + self.products.sum(*j));
        let scale = self.current_scale();
        match &self.comparison {
            Comparison::AtMost { limit } | Comparison::AtMostOnGrid { limit } => {
                Ask::AtMost { limit: *limit, scale, counts: counts.collect() }
            }
            Comparison::Excess(excess) => {
                let offer = excess.offer.get().scaled(&scale);
                Ask::Open(counts.map(|count| Held::from(count - offer)).collect())
            }
        }
    }

    /// Narrows by whether there is more at each point; in a market there is not where no level is.
    fn narrow(&mut self, more: Vec<bool>, lot_setting: LotSetting<'_>) {
        let fan_out = lot_setting.setting.terms.fan_out;
        let stays = !matches!(self.comparison, Comparison::AtMost { .. });
        let points = self.search.points(fan_out).into_iter();
        let is_on_grid = |j| !stays || self.level_at(j, lot_setting.grid()).is_some();
        let more: Vec<bool> =
            more.into_iter().zip(points).map(|(more, j)| more && is_on_grid(j)).collect();
        self.search.narrow(fan_out, more);
    }

    /// Whether the opened excess is as much as is asked for at each point. Nothing if no bids can give it (K13).
    fn read(&mut self, opened: &[Opened], lot_setting: LotSetting<'_>) -> Option<Vec<bool>> {
        let points = self.search.points(lot_setting.setting.terms.fan_out);
        let levels: Vec<Level> =
            points.iter().map(|j| self.prefix(*j, lot_setting.grid())).collect();
        let scale = self.current_scale();
        let Comparison::Excess(comparison) = &mut self.comparison else { return None };
        let ExcessComparison { at_least, range, opened: record, .. } = comparison.as_mut();
        let sums = Sums::of(opened, &scale, lot_setting.setting.generators.value);
        let units = sums.read(|_| *range)?;
        let excess = levels.into_iter().zip(&units);
        record.extend(excess.map(|(level, units)| Excess { level, units: *units }));
        Some(units.iter().map(|units| units >= at_least).collect())
    }

    /// The level with the digits so far, `j`, and then zeros; nothing if it is not on the grid.
    fn level_at(&self, j: usize, grid: &PriceGrid) -> Option<Level> {
        let level = self.prefix(j, grid);
        grid.price(level).map(|_| level)
    }

    fn prefix(&self, j: usize, grid: &PriceGrid) -> Level {
        let j = u32::try_from(j).unwrap_or(u32::MAX);
        let digits = self.digits.iter().copied().chain([j]).chain(core::iter::repeat(0));
        let level = digits.zip(grid.shape.radices()).fold(0u64, |level, (digit, radix)| {
            let radix = u64::try_from(radix).unwrap_or(u64::MAX);
            level.saturating_mul(radix).saturating_add(digit.into())
        });
        Level(u32::try_from(level).unwrap_or(u32::MAX))
    }

    /// What it opened.
    pub(crate) fn take_excess(&mut self) -> Vec<Excess> {
        match &mut self.comparison {
            Comparison::Excess(excess) => core::mem::take(&mut excess.opened),
            Comparison::AtMost { .. } | Comparison::AtMostOnGrid { .. } => Vec::new(),
        }
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
