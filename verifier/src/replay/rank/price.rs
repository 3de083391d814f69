//! The price search: the largest rung that more than `M` bids reach, digit by digit (section 11).

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::price::{PriceLadder, Rung};

use super::{
    dialogue::{Halt, Line},
    ladder::{Ladder, rows, rung},
    search::Search,
};
use crate::group::Cipher;

/// Who takes part in a price search.
#[derive(Clone, Copy)]
pub(crate) struct Participant<'a> {
    pub(crate) ladder: &'a Ladder,
    /// `g_i`, at least 1.
    pub(crate) weight: u16,
}

/// What a price search found.
pub(crate) struct Found {
    pub(crate) rung: Rung,
    /// `above_i`, at scale `2^(d-1)`: whether the participant is above the rung.
    pub(crate) above: Vec<Cipher>,
    /// `a_i`, at the same scale: whether it is at the rung.
    pub(crate) at: Vec<Cipher>,
    /// `2^(d-1)`.
    pub(crate) scale: Scalar,
}

/// Searches the rung of which at most `limit` participants, counted by weight, are above.
pub(crate) async fn search(
    line: &Line,
    ladder: &PriceLadder,
    fan_out: u16,
    limit: u16,
    participants: &[Participant<'_>],
) -> Result<Found, Halt> {
    let ladders: Vec<&Ladder> = participants.iter().map(|one| one.ladder).collect();
    let mut above = vec![Cipher::zero(); participants.len()];
    let mut at = Vec::new();
    let mut digits = Vec::new();
    let mut scale = Scalar::ONE;
    for (t, radix) in ladder.shape.radices().collect::<Vec<_>>().into_iter().enumerate() {
        if t > 0 {
            scale += scale;
            above = above.iter().map(Cipher::doubled).collect();
        }
        let rows = rows(line, t, &ladders, &at).await?;

        // T_j = sum over i of g_i (above_i + P[i][j])
        let weighted = |all: &[Cipher]| -> Cipher {
            all.iter().zip(participants).map(|(one, who)| one.times(who.weight)).sum()
        };
        let sure = weighted(&above);
        let total = |j: &usize| -> Option<Cipher> {
            let column: Option<Vec<Cipher>> = rows.iter().map(|row| row.get(*j).copied()).collect();
            Some(sure + weighted(&column?))
        };
        let mut search = Search::up_to(radix.saturating_sub(1));
        let digit = loop {
            if let Some(digit) = search.found() {
                break digit;
            }
            let points = search.points(fan_out);
            let totals: Option<Vec<Cipher>> = points.par_iter().map(total).collect();
            let totals = totals.ok_or(Halt::Lost)?;
            let at_most = line.are_at_most(limit, scale, totals).await?;
            let more: Vec<bool> = at_most.iter().map(|at_most| !at_most).collect();
            search.narrow(&points, &more);
        };

        // above_i becomes above_i + P[i][j+1], a_i becomes P[i][j] - P[i][j+1].
        at.clear();
        for (above, row) in above.iter_mut().zip(&rows) {
            let here = row.get(digit).ok_or(Halt::Lost)?;
            let beyond = row.get(digit.saturating_add(1)).ok_or(Halt::Lost)?;
            *above = *above + *beyond;
            at.push(*here - *beyond);
        }
        digits.push(digit);
    }
    Ok(Found { rung: rung(line, ladder, &digits)?, above, at, scale })
}
