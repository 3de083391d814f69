//! Whose bids a query is about.

use crate::{elgamal::Ciphertext, rank::program::LotSetting, unary_encoding::EncodingId};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;

/// The ranked bids of the lot, in tie order, and its reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Participants {
    /// Ranked bids that do not take part, by their places, ascending.
    without: Vec<u32>,
    /// A reserve that takes part, and how often it counts. All others count once.
    reserve: Option<(EncodingId, u16)>,
}

impl Participants {
    /// All ranked bids but these.
    pub(crate) fn without(without: Vec<u32>) -> Self {
        Self { without, reserve: None }
    }

    /// All ranked bids, and a reserve that counts so many times.
    pub(crate) fn with(reserve: Option<(EncodingId, u16)>) -> Self {
        Self { without: Vec::new(), reserve }
    }

    /// How many there are.
    pub(crate) fn count(&self, lot_setting: LotSetting<'_>) -> usize {
        let all = lot_setting.count_ranked().saturating_sub(self.without.len());
        all.saturating_add(self.reserve.iter().len())
    }

    /// The unary encoding of one of them.
    pub(crate) fn id(&self, i: usize, lot_setting: LotSetting<'_>) -> Option<EncodingId> {
        let without = self.without.iter().filter_map(|place| usize::try_from(*place).ok());
        let place = without.fold(i, |at, without| at.saturating_add((without <= at).into()));
        match self.reserve {
            Some((reserve, _)) if place >= lot_setting.count_ranked() => Some(reserve),
            _ => lot_setting.ranked_at(place).map(|bid| bid.unary),
        }
    }

    /// `sum over i of g_i * terms_i`, of as many terms as there are participants.
    pub(crate) fn weigh(&self, terms: impl Iterator<Item = Ciphertext>, all: usize) -> Ciphertext {
        let weight = self.reserve.map_or(1, |(_, weight)| weight);
        let last = all.saturating_sub(1);
        let weigh = |(i, term): (usize, Ciphertext)| match i == last && weight != 1 {
            true => term.scaled(&Scalar::from(weight)),
            false => term,
        };
        terms.enumerate().map(weigh).sum()
    }

    /// `sum over i of g_i * U_i[1][j]`, for `0 < j < B_1`: the sums that the lot has, and what is different here.
    pub(crate) fn first_digits(&self, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
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
            change(reserve, &|entry| entry.scaled(&Scalar::from(weight)));
        }
        sums
    }
}
