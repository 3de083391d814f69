//! The first price: the best bid wins and pays what it bid.

use talea_protocol::price::Level;

use super::{Comparisons, Entrants, first_at_price};
use crate::replay::rank::{
    dialogue::{Halt, KeyholderChannel},
    price, winners,
};

/// Nobody is above the best bid, so that is not opened. The reserve test has already decided on a reserve.
pub(super) async fn price_and_winners(
    entrants: &Entrants<'_>,
    channel: &KeyholderChannel,
) -> Result<(Level, Comparisons), Halt> {
    let (grid, fan_out) = (entrants.grid, entrants.fan_out);
    let (bids, known) = (entrants.participants(), entrants.first_sums);
    let found = price::search(channel, grid, fan_out, 0, &bids, known).await?;
    let mut comparisons = vec![None; entrants.bids.len()];
    winners::at_price(channel, fan_out, &found, (1, false), &mut comparisons).await?;
    Ok((found.level, comparisons))
}

pub(super) fn in_the_clear(bids: &[Level]) -> Option<(Level, Comparisons)> {
    let best = bids.iter().max().copied()?;
    Some((best, first_at_price(bids, best, 1)))
}
