//! Who wins at the price that was found (section 11, Winners).

use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{check::Check, outcome::PriceComparison};

use super::{
    dialogue::{Halt, KeyholderChannel},
    price::Found,
    search::Search,
};
use crate::{
    decryptions::Topic,
    group::{Cipher, bases},
};

/// Opens of each bid whether it is above the price (K13): so it wins. How many of the places are left.
///
/// Of what was found the first participants are the ranked bids, as many as there are `comparisons`.
pub(crate) async fn above(
    channel: &KeyholderChannel,
    found: &Found,
    places: u16,
    comparisons: &mut [Option<PriceComparison>],
) -> Result<usize, Halt> {
    let above = found.above.get(..comparisons.len()).ok_or(Halt::Lost)?;
    let one = bases().g * found.scale;
    let mut winning = 0usize;
    channel.turn_to(Topic::Winners);
    let opened = channel.open(above.to_vec()).await?;
    channel.has_counted(opened.iter().map(|m| usize::from(*m == one)));
    for (comparison, m) in comparisons.iter_mut().zip(opened) {
        let wins = m == one;
        channel.judge(Check::CountOpened, wins || m.is_identity())?;
        *comparison = wins.then_some(PriceComparison::AbovePrice);
        winning = winning.saturating_add(usize::from(wins));
    }
    let left = usize::from(places).checked_sub(winning);
    channel.judge(Check::CountOpened, left.is_some())?;
    left.ok_or(Halt::Lost)
}

/// Finds as many bids at the price as there are places, in tie order. Fewer may be there only if they
/// `may_run_out`.
pub(crate) async fn at_price(
    channel: &KeyholderChannel,
    fan_out: u16,
    found: &Found,
    (mut places, may_run_out): (usize, bool),
    comparisons: &mut [Option<PriceComparison>],
) -> Result<(), Halt> {
    let bids = comparisons.len();
    let at = found.at.get(..bids).ok_or(Halt::Lost)?;
    channel.turn_to(Topic::Winners);
    // One after the other, each among the bids beyond the last one found.
    let mut from = 0usize;
    while places > 0 && from < bids {
        let beyond = at.get(from..).ok_or(Halt::Lost)?;
        let Some(next) = first_flag(channel, fan_out, beyond, may_run_out).await? else {
            break;
        };
        let place = from.saturating_add(next);
        *comparisons.get_mut(place).ok_or(Halt::Lost)? = Some(PriceComparison::AtPrice);
        from = place.saturating_add(1);
        places = places.saturating_sub(1);
    }
    Ok(())
}

/// The place of the first flag that is set; there may be none only if `none` says so. A search
/// with the predicate "`S_j` is zero", `S_j` the sum of the first `j` flags.
async fn first_flag(
    channel: &KeyholderChannel,
    fan_out: u16,
    flags: &[Cipher],
    none: bool,
) -> Result<Option<usize>, Halt> {
    let m = flags.len();
    let mut search = Search::up_to(if none { m } else { m.saturating_sub(1) });
    loop {
        if let Some(found) = search.found() {
            return Ok((found < m).then_some(found));
        }
        let points = search.points(fan_out);
        let zero = channel.are_zero(prefixes(flags, &points)).await?;
        search.narrow(&points, &zero);
    }
}

/// `S_j` at every point, ascending, in one pass.
fn prefixes(flags: &[Cipher], points: &[usize]) -> Vec<Cipher> {
    let mut flags = flags.iter();
    let mut sum = Cipher::zero();
    let mut taken = 0usize;
    points
        .iter()
        .map(|point| {
            for flag in flags.by_ref().take(point.saturating_sub(taken)) {
                sum = sum + *flag;
            }
            taken = *point;
            sum
        })
        .collect()
}
