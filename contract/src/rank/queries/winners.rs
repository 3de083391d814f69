//! Who won, once the price is known. Section 11 of `docs/spec.md`, "Winners".

use super::{QueryProgress, price::Found, search::Search};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::question::{Answer, Ask},
    store::encoding,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;
use talea_protocol::outcome::PriceComparison;

/// Places of winners in tie order, ascending, each with how its bid compares with the price.
pub(crate) type Places = Vec<(usize, PriceComparison)>;

/// What there is to win, and how it is found who does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Contest {
    /// How many bids win, at most.
    pub(crate) units: u16,
    /// Whether each bid's flag "above the price" is opened. It need not be where no bid can be above.
    pub(crate) opens_above: bool,
    /// Whether fewer bids than units may reach the price: where the seller keeps units at its reserve.
    pub(crate) may_run_out: bool,
}

/// The search for winners, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Winners {
    above: Vec<Held>,
    at_price: Vec<Held>,
    #[borsh(
        serialize_with = "encoding::scalar::write",
        deserialize_with = "encoding::scalar::read"
    )]
    scale: Scalar,
    /// Units not yet sold.
    units: usize,
    won: Places,
    /// Bids before this one are decided.
    from: usize,
    /// As the contest says.
    may_run_out: bool,
    search: Search,
}

impl Winners {
    /// Among `bids` bids, which come first in what was found; a binding reserve comes after them.
    pub(crate) fn new(found: Found, bids: usize, contest: Contest) -> Self {
        let Found { level: _, mut above, mut at_price, scale } = found;
        let Contest { units, opens_above, may_run_out } = contest;
        above.truncate(if opens_above { bids } else { 0 });
        at_price.truncate(bids);
        Self {
            above,
            at_price,
            scale,
            units: units.into(),
            won: Vec::new(),
            from: 0,
            may_run_out,
            search: Search::new(0),
        }
    }

    /// From its beginning.
    pub(crate) fn start(&mut self, fan_out: u16) -> QueryProgress<Places> {
        if self.above.is_empty() {
            return self.look_for_next(fan_out);
        }
        QueryProgress::Ask(Ask::Open(self.above.clone()))
    }

    /// With the answer to what it asked last.
    pub(crate) fn resume(&mut self, answer: Answer, fan_out: u16) -> QueryProgress<Places> {
        match answer {
            Answer::Opened(above) => {
                for (place, opened) in above.iter().enumerate() {
                    match opened.count(&self.scale, 1) {
                        Some(0) => {}
                        Some(_) => self.won.push((place, PriceComparison::AbovePrice)),
                        // K13
                        None => return QueryProgress::Alarm,
                    }
                }
                // K13: the price is the bid of which at most so many are better.
                let Some(left) = self.units.checked_sub(self.won.len()) else {
                    return QueryProgress::Alarm;
                };
                self.units = left;
                self.look_for_next(fan_out)
            }
            Answer::AtMost(zero) => {
                self.search.narrow(fan_out, zero);
                self.look_further(fan_out)
            }
            Answer::Products(_) => QueryProgress::Alarm,
        }
    }

    fn look_for_next(&mut self, fan_out: u16) -> QueryProgress<Places> {
        let left = self.at_price.len().saturating_sub(self.from);
        if self.units == 0 || left == 0 {
            let mut won = core::mem::take(&mut self.won);
            won.sort_by_key(|(place, _)| *place);
            return QueryProgress::Done(won);
        }
        let hi = if self.may_run_out { left } else { left.saturating_sub(1) };
        self.search = Search::new(hi);
        self.look_further(fan_out)
    }

    fn look_further(&mut self, fan_out: u16) -> QueryProgress<Places> {
        if let Some(ahead) = self.search.found() {
            let place = self.from.saturating_add(ahead);
            self.from = place.saturating_add(1);
            if place < self.at_price.len() {
                self.won.push((place, PriceComparison::AtPrice));
                self.units = self.units.saturating_sub(1);
            }
            return self.look_for_next(fan_out);
        }
        let points = self.search.points(fan_out);
        let flags = self.at_price.iter().skip(self.from).map(Held::get);
        let sums = flags.scan(Ciphertext::zero(), |sum, flag| {
            *sum = *sum + flag;
            Some(*sum)
        });
        let last = points.last().copied().unwrap_or(0);
        let sums: Vec<Ciphertext> = sums.take(last).collect();
        let sum = |point: &usize| sums.get(point.checked_sub(1)?).copied();
        let counts = points.iter().filter_map(sum).collect();
        QueryProgress::Ask(Ask::AtMost { limit: 0, scale: Scalar::ONE, counts })
    }
}
