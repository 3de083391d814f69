//! The auction in the clear: what bids come to when anybody may see them.
//!
//! Written the plain way, by sorting, and apart from contract and verifier: both are measured
//! against it.

pub mod market;
mod reduction;
pub mod survey;

use std::{cmp::Reverse, iter};
use survey::PlainSurvey;
use talea_protocol::{
    bytes::{List, PartyKey},
    limits::MAX_BUCKETS,
    outcome::{
        Award, Disclosed, Ending, OpenedBid, PriceComparison, Quote, ReserveResult, Sale, Survey,
    },
    price::{Level, PriceGrid},
    terms::{Disclosure, Mechanism, Terms},
};

/// A lot whose bids anybody may see.
#[derive(Clone, Copy, Debug)]
pub struct PlainLot<'a> {
    /// The terms.
    pub terms: &'a Terms,
    /// The lot's grid.
    pub grid: &'a PriceGrid,
    /// The valid bids, in the order in which ties are broken.
    pub bids: &'a [(PartyKey, Level)],
    /// The reserve, if one binds.
    pub reserve: Option<Level>,
    /// Whether the seller declines, where it has a say.
    pub declines: bool,
}

/// What a lot comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainResult {
    /// How it ends.
    pub ending: Ending,
    /// What the terms have opened.
    pub disclosed: Disclosed,
    /// What becomes of the reserve.
    pub reserve: ReserveResult,
}

impl PlainLot<'_> {
    fn quote(&self, level: Level) -> Quote {
        let price = self.grid.price(level);
        Quote { level, price: price.unwrap_or(self.grid.start) }
    }

    /// The places of the bids, best first, and of equals the first in tie order.
    fn by_rank(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.bids.len()).collect();
        places.sort_by_key(|place| Reverse(self.level(*place)));
        places
    }

    fn level(&self, place: usize) -> Option<Level> {
        self.bids.get(place).map(|(_, level)| *level)
    }

    /// The price, and how many of the best bids win. Nothing if none reaches the reserve.
    fn price(&self, ranked: &[usize]) -> Option<(Level, usize)> {
        let reaching = ranked.iter().filter(|place| self.level(**place) >= self.reserve).count();
        let level_at = |rank: usize| ranked.get(rank).and_then(|place| self.level(*place));
        match self.terms.mechanism {
            _ if reaching == 0 => None,
            Mechanism::FirstPrice => Some((level_at(0)?, 1)),
            Mechanism::UniformPrice { units } => {
                let units = usize::from(units);
                let best_loser = level_at(units).filter(|_| reaching > units);
                let price = best_loser.or(self.reserve).unwrap_or(Level(0));
                Some((price, reaching.min(units)))
            }
            // No bid of one level is for these.
            Mechanism::Curves { .. } | Mechanism::TwoSided { .. } => None,
            // Nobody wins.
            Mechanism::Survey { .. } => None,
        }
    }

    fn award(&self, ranked: &[usize]) -> Option<Award> {
        let (price, winners) = self.price(ranked)?;
        let was_compared = match self.terms.mechanism {
            Mechanism::UniformPrice { units } => {
                self.reserve.is_some() || self.bids.len() > usize::from(units)
            }
            Mechanism::FirstPrice
            | Mechanism::Curves { .. }
            | Mechanism::TwoSided { .. }
            | Mechanism::Survey { .. } => true,
        };
        let mut places: Vec<usize> = ranked.iter().copied().take(winners).collect();
        places.sort_unstable();
        let sales = places.into_iter().filter_map(|place| {
            let (winner, level) = *self.bids.get(place)?;
            let comparison = match (was_compared, level > price) {
                (false, _) => PriceComparison::NotCompared,
                (true, true) => PriceComparison::AbovePrice,
                (true, false) => PriceComparison::AtPrice,
            };
            Some(Sale { winner, comparison })
        });
        Some(Award { quote: self.quote(price), sales: List::new(sales.collect()).ok()? })
    }

    /// The bids beyond the best ones, counted by their first digit.
    fn depth(&self, ranked: &[usize]) -> Vec<u32> {
        let hidden = usize::from(self.terms.mechanism.units());
        let lower_bits: u32 =
            self.grid.shape.digit_bits().iter().skip(1).map(|bits| u32::from(*bits)).sum();
        let buckets = self.grid.shape.radices().next().unwrap_or(1);
        let mut depth: Vec<u32> = iter::repeat_n(0, buckets).collect();
        for level in ranked.iter().skip(hidden).filter_map(|place| self.level(*place)) {
            let bucket = usize::try_from(level.0 >> lower_bits).unwrap_or(usize::MAX);
            if let Some(count) = depth.get_mut(bucket) {
                *count = count.saturating_add(1);
            }
        }
        depth
    }

    /// What a round shows of the lot.
    #[must_use]
    pub fn survey(&self) -> Survey {
        let ranked = self.by_rank();
        let hidden = usize::from(self.terms.mechanism.units());
        let shows_cover = self.terms.rounds.is_some_and(|rounds| rounds.cover);
        let cover = ranked.get(hidden).and_then(|place| self.level(*place)).filter(|_| shows_cover);
        Survey { depth: self.shown_depth(&ranked), cover: cover.map(|level| self.quote(level)) }
    }

    /// The depth, if the terms show one of so many bids.
    fn shown_depth(&self, ranked: &[usize]) -> Option<List<u32, MAX_BUCKETS>> {
        let Disclosure::Facts { depth: Some(depth), .. } = self.terms.disclosure else {
            return None;
        };
        let enough = self.bids.len() as u64 >= u64::from(depth.min_bids);
        if enough { List::new(self.depth(ranked)).ok() } else { None }
    }

    /// How a survey ends.
    fn surveyed(&self) -> Option<Ending> {
        let Mechanism::Survey { min_answers, bin_levels, squares } = self.terms.mechanism else {
            return None;
        };
        let answers: Vec<Level> = self.bids.iter().map(|(_, level)| *level).collect();
        let levels = self.grid.levels;
        PlainSurvey { levels, min_answers, bin_levels, squares, answers: &answers }.ending()
    }

    /// What the lot comes to.
    #[must_use]
    pub fn result(&self) -> PlainResult {
        let sealed = self.reserve.map_or(ReserveResult::None, |_| ReserveResult::Sealed);
        if self.bids.is_empty() {
            let disclosed = Disclosed::default();
            return PlainResult { ending: Ending::Unsold, disclosed, reserve: sealed };
        }
        if let Some(ending) = self.surveyed() {
            let disclosed = Disclosed::default();
            return PlainResult { ending, disclosed, reserve: sealed };
        }
        let ranked = self.by_rank();
        let award = self.award(&ranked);
        let mut disclosed = Disclosed::default();
        let mut opens_reserve = self.terms.reserve.is_some_and(|reserve| reserve.opened);
        match self.terms.disclosure {
            Disclosure::Everything => {
                let open = |(bidder, level): &(PartyKey, Level)| OpenedBid {
                    bidder: *bidder,
                    quote: self.quote(*level),
                };
                disclosed.bids = Some(self.bids.iter().map(open).collect());
                opens_reserve = true;
            }
            Disclosure::Facts { cover, .. } => {
                if let Some(award) = &award {
                    let mut losers = ranked.iter().skip(award.sales.len());
                    let best = losers.next().and_then(|place| self.level(*place));
                    disclosed.cover = best.filter(|_| cover).map(|level| self.quote(level));
                    disclosed.depth = self.shown_depth(&ranked);
                }
            }
        }
        let reserve = match self.reserve {
            Some(level) if opens_reserve => ReserveResult::Opened(self.quote(level)),
            Some(_) | None => sealed,
        };
        let ending = match award {
            None => Ending::BelowReserve,
            Some(award) if self.declines && self.terms.acceptance.is_some() => {
                Ending::Declined(award)
            }
            Some(award) => Ending::Sold(award),
        };
        PlainResult { ending, disclosed, reserve }
    }
}
