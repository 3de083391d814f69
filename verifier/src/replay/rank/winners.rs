//! Who wins at the price that was found (section 11, Winners).

use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{check::Check, outcome::Standing, terms::Mechanism};

use super::{
    dialogue::{Halt, Line},
    price::Found,
    search::Search,
};
use crate::group::{Cipher, bases};

/// How each ranked bid, in tie order, stands to the price, if it wins.
///
/// Of what was found the first `bids` participants are the ranked bids. Where a reserve `binds` a
/// uniform price, fewer bids may be at the price than there are places.
pub(crate) async fn winners(
    line: &Line,
    mechanism: Mechanism,
    fan_out: u16,
    binds: bool,
    bids: usize,
    found: &Found,
) -> Result<Vec<Option<Standing>>, Halt> {
    let above = found.above.get(..bids).ok_or(Halt::Lost)?;
    let at = found.at.get(..bids).ok_or(Halt::Lost)?;
    let is_uniform = mechanism != Mechanism::FirstPrice;
    let mut standings = vec![None; bids];
    let mut places = usize::from(mechanism.units());
    if is_uniform {
        let one = bases().g * found.scale;
        let mut winning = 0usize;
        for (standing, m) in standings.iter_mut().zip(line.open(above.to_vec()).await?) {
            let wins = m == one;
            line.judge(Check::CountOpened, wins || m.is_identity())?;
            *standing = wins.then_some(Standing::AbovePrice);
            winning = winning.saturating_add(usize::from(wins));
        }
        let left = places.checked_sub(winning);
        line.judge(Check::CountOpened, left.is_some())?;
        places = left.ok_or(Halt::Lost)?;
    }

    // At the price, one after the other, among the bids beyond the last one found here.
    let mut from = 0usize;
    while places > 0 && from < bids {
        let beyond = at.get(from..).ok_or(Halt::Lost)?;
        let none = is_uniform && binds;
        let Some(next) = first_flag(line, fan_out, beyond, none).await? else {
            break;
        };
        let place = from.saturating_add(next);
        *standings.get_mut(place).ok_or(Halt::Lost)? = Some(Standing::AtPrice);
        from = place.saturating_add(1);
        places = places.saturating_sub(1);
    }
    Ok(standings)
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
