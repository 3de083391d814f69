//! What an auction must come to, by plain definitions over bids in the clear.

use talea_protocol::{
    outcome::PriceComparison,
    terms::{Disclosure, Mechanism},
};

/// What is to be ranked: levels, in tie order.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) mechanism: Mechanism,
    pub(crate) disclosure: Disclosure,
    pub(crate) bids: Vec<u32>,
    /// One that binds, and whether it is opened.
    pub(crate) reserve: Option<(u32, bool)>,
    /// Radix of the first digit, and levels that share one.
    pub(crate) buckets: (u32, u32),
}

/// What it must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The price's level, and the winners by their place in tie order.
    pub(crate) award: Option<(u32, Vec<(usize, PriceComparison)>)>,
    pub(crate) cover: Option<u32>,
    pub(crate) depth: Option<Vec<u32>>,
    pub(crate) bids: Option<Vec<u32>>,
    pub(crate) reserve: Option<u32>,
}

impl Market {
    pub(crate) fn expected(&self) -> Expected {
        let award = self.award();
        let everything = self.disclosure == Disclosure::Everything;
        let (mut cover, mut depth) = (None, None);
        if let (Disclosure::Facts { cover: c, depth: d }, Some((_, winners))) =
            (self.disclosure, &award)
        {
            let lost = |place: &usize| winners.iter().all(|(winner, _)| winner != place);
            let losers = (0..self.bids.len()).filter(lost).map(|place| self.bids[place]);
            cover = losers.max().filter(|_| c);
            depth = d.filter(|d| self.bids.len() >= d.min_bids as usize).map(|_| self.depth());
        }
        Expected {
            award,
            cover,
            depth,
            bids: everything.then(|| self.bids.clone()),
            reserve: self
                .reserve
                .and_then(|(reserve, opened)| (opened || everything).then_some(reserve)),
        }
    }

    /// Bids at least the reserve, best first, and among equals in tie order: the first win. They
    /// pay the best bid that did not win or the reserve, whichever is more, and in a first-price
    /// auction their own.
    fn award(&self) -> Option<(u32, Vec<(usize, PriceComparison)>)> {
        let least = self.reserve.map_or(0, |(reserve, _)| reserve);
        let mut able: Vec<(usize, u32)> =
            self.bids.iter().copied().enumerate().filter(|(_, bid)| *bid >= least).collect();
        able.sort_by_key(|(place, bid)| (std::cmp::Reverse(*bid), *place));
        let units = match self.mechanism {
            Mechanism::FirstPrice => {
                let (place, bid) = *able.first()?;
                return Some((bid, vec![(place, PriceComparison::AtPrice)]));
            }
            Mechanism::UniformPrice { units } => usize::from(units),
            other => panic!("{other:?} has no award"),
        };
        if able.is_empty() {
            return None;
        }
        let price = able.get(units).map_or(least, |(_, bid)| *bid);
        let compared = self.reserve.is_some() || self.bids.len() > units;
        able.truncate(units);
        able.sort();
        let winners = able.into_iter().map(|(place, bid)| {
            let comparison = match bid > price {
                _ if !compared => PriceComparison::NotCompared,
                true => PriceComparison::AbovePrice,
                false => PriceComparison::AtPrice,
            };
            (place, comparison)
        });
        Some((price, winners.collect()))
    }

    /// The bids but the `units` best, counted by first digit.
    fn depth(&self) -> Vec<u32> {
        let (radix, width) = self.buckets;
        let mut bids = self.bids.clone();
        bids.sort();
        let units = usize::from(self.mechanism.units());
        bids.truncate(bids.len().saturating_sub(units));
        (0..radix)
            .map(|bucket| bids.iter().filter(|bid| **bid / width == bucket).count() as u32)
            .collect()
    }
}
