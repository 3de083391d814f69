//! A uniform price: the best bids win, and all pay the best losing one. The seller keeps what would go for
//! less than its reserve, if need be every unit, so the reserve counts as many times as there are units.

use crate::rank::{
    plan::Query,
    queries::{Contest, Places},
};
use alloc::{vec, vec::Vec};
use talea_protocol::{limits::MAX_UNITS, outcome::PriceComparison, price::Level};

pub(super) fn is_possible(units: u16) -> bool {
    (1..=MAX_UNITS).contains(&units.into())
}

pub(super) fn queries(units: u16, bids: usize, reserve_binds: bool) -> Vec<Query> {
    if !reserve_binds && bids <= usize::from(units) {
        return vec![Query::AllWin];
    }
    let reserve_weight = if reserve_binds { units } else { 0 };
    // With a reserve fewer bids than units may reach the price.
    let contest = Contest { units, opens_above: true, may_run_out: reserve_binds };
    vec![Query::Price { limit: units, reserve_weight }, Query::Winners(contest)]
}

/// Nothing where there are fewer than the price needs, which does not occur.
pub(super) fn award(units: u16, bids: &[Level], reserve: Option<Level>) -> Option<(Level, Places)> {
    let limit = usize::from(units);
    if reserve.is_none() && bids.len() <= limit {
        let places = (0..bids.len()).map(|place| (place, PriceComparison::NotCompared));
        return Some((Level(0), places.collect()));
    }
    let mut ranked: Vec<Level> = bids.to_vec();
    if let Some(reserve) = reserve {
        ranked.extend(core::iter::repeat_n(reserve, limit));
    }
    ranked.sort_by(|a, b| b.cmp(a));
    let price = ranked.get(limit).copied()?;
    let with = |comparison, matches: fn(&Level, &Level) -> bool| {
        let places = bids.iter().enumerate().filter(move |(_, level)| matches(level, &price));
        places.map(move |(place, _)| (place, comparison))
    };
    let above = with(PriceComparison::AbovePrice, |level, price| level > price);
    let at_price = with(PriceComparison::AtPrice, |level, price| level == price);
    let mut places: Places = above.chain(at_price).take(limit).collect();
    places.sort_by_key(|(place, _)| *place);
    Some((price, places))
}
