//! What a ring makes of a market: one of its members is designated, and the others cover it.

use super::{market::Draft, uniform};
use rand_core::RngCore;

/// A ring: the first bidders of the pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// How many.
    pub members: usize,
    /// How much more than the designated one the others ask, at least and at most, on the scale of costs.
    pub cover: (f64, f64),
    /// Who is designated.
    pub turn: Turn,
}

/// Who of a ring is designated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The one whose last win is longest ago.
    Longest,
    /// The one with the lowest cost.
    Cheapest,
}

/// A ring as it goes on: when each member was last designated.
#[derive(Clone, Debug)]
pub struct Meeting {
    ring: Ring,
    last: Vec<usize>,
}

impl Meeting {
    /// A ring that begins.
    #[must_use]
    pub fn new(ring: Ring) -> Self {
        Self { ring, last: vec![0; ring.members] }
    }

    /// Changes the offers of the members that came. Without outsiders the designated one asks nearly all that can
    /// be asked; with some, what it would ask honestly of those that are left.
    pub fn collude(&mut self, draft: &mut Draft, rng: &mut impl RngCore) {
        let members = self.ring.members;
        let (came, outsiders): (Vec<usize>, Vec<usize>) =
            draft.offers.iter().map(|offer| offer.bidder).partition(|bidder| *bidder < members);
        if came.len() < 2 {
            return;
        }
        let Some(designated) = self.designated(draft, &came) else { return };
        if let Some(last) = self.last.get_mut(designated) {
            *last = draft.number.saturating_add(1);
        }
        let (least, most) = self.ring.cover;
        let own = draft.offers.iter().find(|offer| offer.bidder == designated);
        let asked =
            if outsiders.is_empty() { Some(1.0 - most) } else { own.map(|offer| offer.asks) };
        let Some(asked) = asked else { return };
        for offer in draft.offers.iter_mut().filter(|offer| offer.bidder < members) {
            let cover = least + (most - least) * uniform(rng);
            offer.asks = if offer.bidder == designated { asked } else { (asked + cover).min(1.0) };
        }
    }

    fn designated(&self, draft: &Draft, came: &[usize]) -> Option<usize> {
        match self.ring.turn {
            Turn::Longest => {
                came.iter().copied().min_by_key(|bidder| (self.last.get(*bidder).copied(), *bidder))
            }
            Turn::Cheapest => {
                let mut members = draft.offers.iter().filter(|offer| came.contains(&offer.bidder));
                let first = members.next()?;
                let cheapest = members
                    .fold(first, |best, offer| if offer.cost < best.cost { offer } else { best });
                Some(cheapest.bidder)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        screens::market::{Market, Stream},
        seed,
    };

    #[test]
    fn members_cover_the_designated_one_and_take_turns() {
        let market = Market { pool: 4, come: (4, 4), ..Market::TENDERS };
        let rng = &mut seed::generator(1, 0);
        let mut stream = Stream::new(&market, 8, rng);
        let ring = Ring { members: 4, cover: (0.1, 0.2), turn: Turn::Longest };
        let mut meeting = Meeting::new(ring);
        let cover_rng = &mut seed::generator(1, 1);
        let mut winners = Vec::new();
        for number in 0..8 {
            let mut draft = stream.draft(number);
            meeting.collude(&mut draft, cover_rng);
            let mut asks: Vec<(f64, usize)> =
                draft.offers.iter().map(|offer| (offer.asks, offer.bidder)).collect();
            asks.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(asks[1].0 - asks[0].0 >= 0.1 && asks[3].0 <= 1.0, "{asks:?}");
            winners.push(asks[0].1);
        }
        assert_eq!(winners[..4], winners[4..]);
        winners.truncate(4);
        winners.sort_unstable();
        assert_eq!(winners, [0, 1, 2, 3]);
    }

    #[test]
    fn one_member_alone_competes() {
        let market = Market { pool: 4, come: (4, 4), ..Market::TENDERS };
        let rng = &mut seed::generator(1, 0);
        let mut stream = Stream::new(&market, 1, rng);
        let honest = stream.draft(0);
        let mut draft = honest.clone();
        let ring = Ring { members: 1, cover: (0.1, 0.2), turn: Turn::Cheapest };
        Meeting::new(ring).collude(&mut draft, &mut seed::generator(1, 1));
        assert_eq!(draft.offers, honest.offers);
    }
}
