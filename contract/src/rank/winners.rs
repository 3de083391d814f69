//! Who won, once the price is known. Section 11 of `docs/spec.md`, "Winners".

use super::{
    price::{Found, Turn},
    question::{Answer, Ask},
    search::Search,
};
use crate::elgamal::Ciphertext;
use alloc::vec::Vec;
use curve25519_dalek::Scalar;
use talea_protocol::{
    outcome::Standing,
    price::Rung,
    terms::{Mechanism, Terms},
};

/// Places of winners in tie order, each with its standing, ascending.
pub(crate) type Places = Vec<(usize, Standing)>;

/// The search for winners, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Winners {
    above: Vec<Ciphertext>,
    at_price: Vec<Ciphertext>,
    scale: Scalar,
    /// Units not yet sold.
    units: usize,
    won: Places,
    /// Bids before this one are decided.
    from: usize,
    /// Whether fewer bids than units may reach the price: where the seller keeps units at its
    /// reserve.
    may_run_out: bool,
    search: Search,
    points: Vec<usize>,
}

impl Winners {
    /// Among `bids` bids, which come first in what was found; a binding reserve comes after them.
    pub(crate) fn new(
        found: Found,
        bids: usize,
        mechanism: Mechanism,
        reserve_binds: bool,
    ) -> Self {
        let Found { rung: _, mut above, mut at_price, scale } = found;
        above.truncate(bids);
        at_price.truncate(bids);
        if mechanism == Mechanism::FirstPrice {
            // Nobody is above the best bid.
            above.clear();
        }
        Self {
            above,
            at_price,
            scale,
            units: mechanism.units().into(),
            won: Vec::new(),
            from: 0,
            may_run_out: reserve_binds && mechanism != Mechanism::FirstPrice,
            search: Search::new(0),
            points: Vec::new(),
        }
    }

    /// From its beginning.
    pub(crate) fn start(&mut self, fan_out: u16) -> Turn<Places> {
        if self.above.is_empty() {
            return self.look_for_next(fan_out);
        }
        Turn::Ask(Ask::Open(self.above.clone()))
    }

    /// With the answer to what it asked last.
    pub(crate) fn resume(&mut self, answer: Answer, fan_out: u16) -> Turn<Places> {
        match answer {
            Answer::Opened(above) => {
                for (place, opened) in above.iter().enumerate() {
                    match opened.count(&self.scale, 1) {
                        Some(0) => {}
                        Some(_) => self.won.push((place, Standing::AbovePrice)),
                        // K13
                        None => return Turn::Alarm,
                    }
                }
                // K13: the price is the bid of which at most so many are better.
                let Some(left) = self.units.checked_sub(self.won.len()) else {
                    return Turn::Alarm;
                };
                self.units = left;
                self.look_for_next(fan_out)
            }
            Answer::AtMost(zero) => {
                self.search.narrow(self.points.iter().copied().zip(zero));
                self.look_further(fan_out)
            }
            Answer::Products(_) => Turn::Alarm,
        }
    }

    fn look_for_next(&mut self, fan_out: u16) -> Turn<Places> {
        let left = self.at_price.len().saturating_sub(self.from);
        if self.units == 0 || left == 0 {
            let mut won = core::mem::take(&mut self.won);
            won.sort_by_key(|(place, _)| *place);
            return Turn::Done(won);
        }
        let hi = if self.may_run_out { left } else { left.saturating_sub(1) };
        self.search = Search::new(hi);
        self.look_further(fan_out)
    }

    fn look_further(&mut self, fan_out: u16) -> Turn<Places> {
        if let Some(ahead) = self.search.found() {
            let place = self.from.saturating_add(ahead);
            self.from = place.saturating_add(1);
            if place < self.at_price.len() {
                self.won.push((place, Standing::AtPrice));
                self.units = self.units.saturating_sub(1);
            }
            return self.look_for_next(fan_out);
        }
        self.points = self.search.points(fan_out);
        let flags = || self.at_price.iter().skip(self.from).copied();
        let counts = self.points.iter().map(|point| flags().take(*point).sum()).collect();
        Turn::Ask(Ask::AtMost { limit: 0, scale: Scalar::ONE, counts })
    }
}

/// What the bids in the clear come to, in tie order: price and winners; nothing if none reaches the
/// reserve.
pub(crate) fn in_the_clear(
    bids: &[Rung],
    reserve: Option<Rung>,
    terms: &Terms,
) -> Option<(Rung, Places)> {
    let best = bids.iter().max().copied()?;
    if reserve.is_some_and(|reserve| best < reserve) {
        return None;
    }
    let limit = usize::from(terms.mechanism.limit());
    if reserve.is_none() && bids.len() <= limit {
        let places = (0..bids.len()).map(|place| (place, Standing::NotCompared));
        return Some((Rung(0), places.collect()));
    }
    // The reserve stands for every unit that the seller keeps.
    let mut ranked: Vec<Rung> = bids.to_vec();
    if let Some(reserve) = reserve {
        ranked.extend(core::iter::repeat_n(reserve, limit));
    }
    ranked.sort_by(|a, b| b.cmp(a));
    let price = ranked.get(limit).copied()?;
    let with = |standing, matches: fn(&Rung, &Rung) -> bool| {
        let places = bids.iter().enumerate().filter(move |(_, rung)| matches(rung, &price));
        places.map(move |(place, _)| (place, standing))
    };
    let units = usize::from(terms.mechanism.units());
    let above = with(Standing::AbovePrice, |rung, price| rung > price);
    let at_price = with(Standing::AtPrice, |rung, price| rung == price);
    let mut places: Places = above.chain(at_price).take(units).collect();
    places.sort_by_key(|(place, _)| *place);
    Some((price, places))
}
