//! The first price: the best bid wins and pays what it bid.

use talea_protocol::price::Rung;

use super::{Standings, first_at_price};
use crate::replay::rank::{
    dialogue::{Halt, Line},
    price,
    program::Program,
    winners,
};

/// Nobody is above the best bid, so that is not opened. What the reserve test has said of a reserve is enough.
pub(super) async fn price_and_winners(
    program: &Program,
    line: &Line,
) -> Result<(Rung, Standings), Halt> {
    let (ladder, fan_out) = (&program.ladder, program.fan_out);
    let found = price::search(line, ladder, fan_out, 0, &program.participants()).await?;
    let mut standings = vec![None; program.bids.len()];
    winners::at_price(line, fan_out, &found, (1, false), &mut standings).await?;
    Ok((found.rung, standings))
}

pub(super) fn in_the_clear(bids: &[Rung]) -> Option<(Rung, Standings)> {
    let best = bids.iter().max().copied()?;
    Some((best, first_at_price(bids, best, 1)))
}
