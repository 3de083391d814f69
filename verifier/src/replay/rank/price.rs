//! The price search: the largest level that more than `M` bids reach, digit by digit (section 11).

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::price::{Level, PriceGrid};

use super::{
    dialogue::{Halt, KeyholderChannel},
    search::Search,
    unary::{UnaryEncoding, level, rows},
};
use crate::group::Cipher;

/// Who takes part in a price search.
#[derive(Clone, Copy)]
pub(crate) struct Participant<'a> {
    pub(crate) unary: &'a UnaryEncoding,
    /// `g_i`, at least 1.
    pub(crate) weight: u16,
}

/// What a price search found.
pub(crate) struct Found {
    pub(crate) level: Level,
    /// `above_i`, at scale `2^(d-1)`: whether the participant is above the level.
    pub(crate) above: Vec<Cipher>,
    /// `a_i`, at the same scale: whether it is at the level.
    pub(crate) at: Vec<Cipher>,
    /// `2^(d-1)`.
    pub(crate) scale: Scalar,
}

/// Searches the level of which at most `limit` participants, counted by weight, are above.
pub(crate) async fn search(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    fan_out: u16,
    limit: u16,
    participants: &[Participant<'_>],
) -> Result<Found, Halt> {
    let encodings: Vec<&UnaryEncoding> = participants.iter().map(|one| one.unary).collect();
    let mut above = vec![Cipher::zero(); participants.len()];
    let mut at = Vec::new();
    let mut digits = Vec::new();
    let mut scale = Scalar::ONE;
    for (t, radix) in grid.shape.radices().collect::<Vec<_>>().into_iter().enumerate() {
        if t > 0 {
            scale += scale;
            above = above.iter().map(Cipher::doubled).collect();
        }
        let rows = rows(channel, t, &encodings, &at).await?;

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
            let at_most = channel.are_at_most(limit, scale, totals).await?;
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
    Ok(Found { level: level(channel, grid, &digits)?, above, at, scale })
}
