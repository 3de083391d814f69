//! The price search: the largest level that more than `M` bids reach, digit by digit (section 11).

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::price::{Level, PriceGrid};

use super::{
    super::unary_encoding::{self, UnaryEncoding},
    dialogue::{Halt, KeyholderChannel},
    search::Search,
    unary::{FirstSums, Rows, level},
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

/// Searches the level of which at most `limit` participants, counted by weight, are above. Sums may be `known` of
/// the first ones, with weight 1.
pub(crate) async fn search(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    fan_out: u16,
    limit: u16,
    participants: &[Participant<'_>],
    known: Option<&FirstSums>,
) -> Result<Found, Halt> {
    let encodings: Vec<&UnaryEncoding> = participants.iter().map(|one| one.unary).collect();
    let weight = |i: usize| participants.get(i).map_or(0, |who| who.weight.into());
    let mut above = vec![Cipher::zero(); participants.len()];
    let mut at = Vec::new();
    let mut digits = Vec::new();
    let mut scale = Scalar::ONE;
    for (t, indices) in unary_encoding::digits(&grid.shape).into_iter().enumerate() {
        if t > 0 {
            scale += scale;
            above.par_iter_mut().for_each(|above| *above = above.doubled());
        }
        let most = indices.len();
        let rows = Rows::of(channel, (t, indices), &encodings, &at, known).await?;

        // T_j = sum over i of g_i (above_i + P[i][j])
        let sure: Cipher =
            above.iter().zip(participants).map(|(above, who)| above.times(who.weight.into())).sum();
        let mut search = Search::up_to(most);
        let digit = loop {
            if let Some(digit) = search.found() {
                break digit;
            }
            let points = search.points(fan_out);
            let sums = rows.sums(&points, weight).ok_or(Halt::Lost)?;
            let totals = sums.into_iter().map(|sum| sure + sum).collect();
            let at_most = channel.are_at_most(limit, scale, totals).await?;
            let more: Vec<bool> = at_most.iter().map(|at_most| !at_most).collect();
            search.narrow(&points, &more);
        };

        at = select(&rows, digit, &mut above).ok_or(Halt::Lost)?;
        digits.push(digit);
    }
    Ok(Found { level: level(channel, grid, &digits)?, above, at, scale })
}

/// With the digit `j`, `above_i` becomes `above_i + P[i][j+1]`, and `a_i`, which is given, becomes
/// `P[i][j] - P[i][j+1]`.
pub(crate) fn select(rows: &Rows<'_>, digit: usize, above: &mut [Cipher]) -> Option<Vec<Cipher>> {
    let select = |(i, above): (usize, &mut Cipher)| {
        let beyond = rows.get(i, digit.checked_add(1)?)?;
        *above = *above + beyond;
        Some(rows.get(i, digit)? - beyond)
    };
    above.par_iter_mut().enumerate().map(select).collect()
}
