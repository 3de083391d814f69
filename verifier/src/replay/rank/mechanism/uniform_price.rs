//! A uniform price: the best bids win, and all pay the best losing one.

use talea_protocol::{outcome::PriceComparison, price::Level};

use super::{Comparisons, Entrants, first_at_price};
use crate::replay::rank::{
    dialogue::{Halt, KeyholderChannel},
    price::{self, Participant},
    winners,
};

/// The seller keeps what would go for less than its reserve: every unit, if need be. So the reserve takes
/// part as so many bids, and fewer bids than units may reach the price.
pub(super) async fn price_and_winners(
    entrants: &Entrants<'_>,
    units: u16,
    channel: &KeyholderChannel,
) -> Result<(Level, Comparisons), Halt> {
    let bids = entrants.bids.len();
    if entrants.reserve.is_none() && bids <= usize::from(units) {
        return Ok(all_win(bids));
    }
    let mut participants = entrants.participants();
    if let Some(unary) = entrants.reserve {
        participants.push(Participant { unary, weight: units });
    }
    let (grid, fan_out) = (entrants.grid, entrants.fan_out);
    let known = entrants.first_sums;
    let found = price::search(channel, grid, fan_out, units, &participants, known).await?;
    let mut comparisons = vec![None; bids];
    let left = winners::above(channel, &found, units, &mut comparisons).await?;
    let may_run_out = entrants.reserve.is_some();
    winners::at_price(channel, fan_out, &found, (left, may_run_out), &mut comparisons).await?;
    Ok((found.level, comparisons))
}

/// Nobody had to be compared.
fn all_win(bids: usize) -> (Level, Comparisons) {
    (Level(0), vec![Some(PriceComparison::NotCompared); bids])
}

pub(super) fn in_the_clear(
    units: u16,
    bids: &[Level],
    reserve: Option<Level>,
) -> Option<(Level, Comparisons)> {
    let units = usize::from(units);
    if reserve.is_none() && bids.len() <= units {
        return Some(all_win(bids.len()));
    }
    // The price is what at most so many are above.
    let mut all = bids.to_vec();
    all.extend(reserve.into_iter().flat_map(|reserve| std::iter::repeat_n(reserve, units)));
    all.sort_by(|a, b| b.cmp(a));
    let price = *all.get(units)?;
    let above = bids.iter().filter(|bid| **bid > price).count();
    Some((price, first_at_price(bids, price, units.saturating_sub(above))))
}
