//! The first price: the best bid wins and pays what it bid.

use talea_protocol::price::Level;

use super::{Entrants, Standings, first_at_price};
use crate::replay::rank::{
    dialogue::{Halt, Line},
    price, winners,
};

/// Nobody is above the best bid, so that is not opened. What the reserve test has said of a reserve is enough.
pub(super) async fn price_and_winners(
    entrants: &Entrants<'_>,
    line: &Line,
) -> Result<(Level, Standings), Halt> {
    let (grid, fan_out) = (entrants.grid, entrants.fan_out);
    let found = price::search(line, grid, fan_out, 0, &entrants.participants()).await?;
    let mut standings = vec![None; entrants.bids.len()];
    winners::at_price(line, fan_out, &found, (1, false), &mut standings).await?;
    Ok((found.level, standings))
}

pub(super) fn in_the_clear(bids: &[Level]) -> Option<(Level, Standings)> {
    let best = bids.iter().max().copied()?;
    Some((best, first_at_price(bids, best, 1)))
}
