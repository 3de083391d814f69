//! Whose bids a query is about.

use crate::{
    elgamal::Ciphertext,
    rank::{program::LotSetting, weighted_sum::WeightedSum},
    ranked_bids::RankedBid,
    unary_encoding::EncodingId,
};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::commitment::TradeSide;

/// Columns of the first digit that are added up together.
const COLUMNS: usize = 64;

/// The ranked bids of the lot, in tie order, and its reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Participants {
    /// Ranked bids that do not take part, by their places, ascending.
    without: Vec<u32>,
    /// A reserve that takes part, and how often it counts.
    reserve: Option<(EncodingId, u16)>,
    /// How often each ranked step of a curve counts; nothing where every bid counts once.
    weights: Option<Vec<u32>>,
    /// Whether steps count as often as their sealed quantities say.
    pub(crate) are_sealed: bool,
}

impl Participants {
    /// All ranked bids but these.
    pub(crate) fn without(without: Vec<u32>) -> Self {
        Self { without, ..Self::default() }
    }

    /// All ranked bids, and a reserve that counts so many times.
    pub(crate) fn with(reserve: Option<(EncodingId, u16)>) -> Self {
        Self { reserve, ..Self::default() }
    }

    /// All ranked steps of curves.
    pub(crate) fn steps(ranked: &[RankedBid], are_sealed: bool) -> Self {
        let weights = (!are_sealed).then(|| ranked.iter().map(|step| step.quantity).collect());
        let weights = weights.or_else(|| Some(vec![1; ranked.len()]));
        Self { weights, are_sealed, ..Self::default() }
    }

    /// The ranked bids of one side of a market, of one unit each.
    pub(crate) fn of_side(ranked: &[RankedBid], side: TradeSide) -> Self {
        let others = (0u32..).zip(ranked).filter(|(_, bid)| bid.side != side);
        let without: Vec<u32> = others.map(|(place, _)| place).collect();
        let weights = Some(vec![1; ranked.len().saturating_sub(without.len())]);
        Self { without, weights, ..Self::default() }
    }

    /// How many there are.
    pub(crate) fn count(&self, lot_setting: LotSetting<'_>) -> usize {
        let all = lot_setting.count_ranked().saturating_sub(self.without.len());
        all.saturating_add(self.reserve.iter().len())
    }

    /// `width` entries of the unary encoding of one of them, from the index `from` on.
    pub(crate) fn entries(
        &self,
        i: usize,
        (from, width): (usize, usize),
        lot_setting: LotSetting<'_>,
    ) -> Vec<Ciphertext> {
        let without = self.without.iter().filter_map(|place| usize::try_from(*place).ok());
        let place = without.fold(i, |at, without| at.saturating_add((without <= at).into()));
        match self.reserve {
            Some((reserve, _)) if place >= lot_setting.count_ranked() => {
                lot_setting.bids.encodings.entries(reserve, from, width)
            }
            _ => match lot_setting.ranked_at(place) {
                Some(bid) => lot_setting.entries(&bid, from, width),
                None => Vec::new(),
            },
        }
    }

    /// How often one of so many counts.
    fn weight(&self, i: usize, all: usize) -> u32 {
        let last = i.saturating_add(1) == all;
        match (&self.weights, self.reserve) {
            (Some(weights), _) => weights.get(i).copied().unwrap_or(1),
            (None, Some((_, weight))) if last => weight.into(),
            (None, _) => 1,
        }
    }

    /// `sum over i of g_i * terms_i`, of as many terms as there are participants.
    pub(crate) fn weigh(&self, terms: impl Iterator<Item = Ciphertext>, all: usize) -> Ciphertext {
        let mut sum = WeightedSum::default();
        terms.enumerate().for_each(|(i, term)| sum.add(term, self.weight(i, all)));
        sum.total()
    }

    /// `sum over i of g_i * U_i[1][j]`, for `0 < j < B_1`: the sums that the lot has, and what is different here.
    pub(crate) fn first_digits(&self, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
        if self.weights.is_some() {
            return self.weighed_first_digits(lot_setting);
        }
        let mut sums = lot_setting.first_digits();
        let width = sums.len();
        let bid = |place: &u32| lot_setting.ranked_at(usize::try_from(*place).ok()?);
        let mut change = |id, by: &dyn Fn(Ciphertext) -> Ciphertext| {
            let entries = lot_setting.bids.encodings.entries(id, 0, width).into_iter();
            sums.iter_mut().zip(entries).for_each(|(sum, entry)| *sum = *sum + by(entry));
        };
        for bid in self.without.iter().filter_map(bid) {
            change(bid.unary, &|entry| -entry);
        }
        if let Some((reserve, weight)) = self.reserve {
            change(reserve, &|entry| entry.times(weight.into()));
        }
        sums
    }

    fn weighed_first_digits(&self, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
        let width = lot_setting.first_width();
        let all = self.count(lot_setting);
        // No more columns at once, so that the memory for them is bounded however many bids there are.
        let columns = |from: usize| {
            let count = width.saturating_sub(from).min(COLUMNS);
            let mut sums: Vec<WeightedSum> = (0..count).map(|_| WeightedSum::default()).collect();
            for i in 0..all {
                let row = self.entries(i, (from, count), lot_setting);
                let weight = self.weight(i, all);
                sums.iter_mut().zip(row).for_each(|(sum, entry)| sum.add(entry, weight));
            }
            sums.into_iter().map(|sum| sum.total())
        };
        (0..width).step_by(COLUMNS).flat_map(columns).collect()
    }

    /// The sealed quantity of each.
    pub(crate) fn quantities(&self, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
        lot_setting.ranked().iter().map(|step| lot_setting.quantity(step)).collect()
    }
}
