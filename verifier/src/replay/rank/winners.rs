//! Who wins at the price that was found (section 11, Winners).

use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{check::Check, outcome::Standing};

use super::{
    dialogue::{Halt, Line},
    price::Found,
    search::Search,
};
use crate::group::{Cipher, bases};

/// Opens of each bid whether it is above the price (K13): so it wins. How many of the places are left.
///
/// Of what was found the first participants are the ranked bids, as many as there are `standings`.
pub(crate) async fn above(
    line: &Line,
    found: &Found,
    places: u16,
    standings: &mut [Option<Standing>],
) -> Result<usize, Halt> {
    let above = found.above.get(..standings.len()).ok_or(Halt::Lost)?;
    let one = bases().g * found.scale;
    let mut winning = 0usize;
    for (standing, m) in standings.iter_mut().zip(line.open(above.to_vec()).await?) {
        let wins = m == one;
        line.judge(Check::CountOpened, wins || m.is_identity())?;
        *standing = wins.then_some(Standing::AbovePrice);
        winning = winning.saturating_add(usize::from(wins));
    }
    let left = usize::from(places).checked_sub(winning);
    line.judge(Check::CountOpened, left.is_some())?;
    left.ok_or(Halt::Lost)
}

/// Finds as many bids at the price as there are places, in tie order. Fewer may be there only if they
/// `may_run_out`.
pub(crate) async fn at_price(
    line: &Line,
    fan_out: u16,
    found: &Found,
    (mut places, may_run_out): (usize, bool),
    standings: &mut [Option<Standing>],
) -> Result<(), Halt> {
    let bids = standings.len();
    let at = found.at.get(..bids).ok_or(Halt::Lost)?;
    // One after the other, each among the bids beyond the last one found.
    let mut from = 0usize;
    while places > 0 && from < bids {
        let beyond = at.get(from..).ok_or(Halt::Lost)?;
        let Some(next) = first_flag(line, fan_out, beyond, may_run_out).await? else {
            break;
        };
        let place = from.saturating_add(next);
        *standings.get_mut(place).ok_or(Halt::Lost)? = Some(Standing::AtPrice);
        from = place.saturating_add(1);
        places = places.saturating_sub(1);
    }
    Ok(())
}

/// The place of the first flag that is set; there may be none only if `none` says so. A search
/// with the predicate "`S_j` is zero", `S_j` the sum of the first `j` flags.
async fn first_flag(
    line: &Line,
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
        let zero = line.are_zero(prefixes(flags, &points)).await?;
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
