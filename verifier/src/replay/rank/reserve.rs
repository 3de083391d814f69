//! The reserve test: is any ranked bid at least the reserve? (Section 11.)

use rayon::prelude::*;

use super::{
    dialogue::{Halt, KeyholderChannel},
    question::Factor,
    unary::{UnaryEncoding, rows},
};
use crate::group::Cipher;

/// Whether any of the bids, in tie order, reaches the reserve.
pub(crate) async fn is_met(
    channel: &KeyholderChannel,
    bids: &[&UnaryEncoding],
    reserve: &UnaryEncoding,
) -> Result<bool, Halt> {
    // N counts the bids above the reserve, as far as the digits seen tell; q_i says whether bid i
    // has the reserve's digits so far.
    let mut n = Cipher::zero();
    let mut equal = Vec::new();
    for (t, digit) in reserve.iter().enumerate() {
        if t > 0 {
            n = n.doubled();
        }
        let rows = rows(channel, t, bids, &equal).await?;
        let is_last = t.saturating_add(1) == reserve.len();

        // S_j = sum over i of P[i][j], j = 0 .. B_t
        let width = digit.len().saturating_add(2);
        let column =
            |j: usize| -> Option<Cipher> { rows.iter().map(|row| row.get(j).copied()).sum() };
        let sums: Option<Vec<Cipher>> = (0..width).into_par_iter().map(column).collect();
        let sums = sums.ok_or(Halt::Lost)?;

        // N selects S_(j+1), at the last digit S_j; a bid P[i][j] - P[i][j+1].
        let mut selected: Vec<Vec<Cipher>> = vec![
            sums.iter()
                .skip(usize::from(!is_last))
                .take(width.saturating_sub(1))
                .copied()
                .collect(),
        ];
        if !is_last {
            let steps = |row: &Vec<Cipher>| {
                row.iter().zip(row.iter().skip(1)).map(|(p, next)| *p - *next).collect()
            };
            selected.extend(rows.iter().map(steps));
        }
        let mut selections = select(channel, digit, &selected).await?.into_iter();
        n = n.doubled() + selections.next().ok_or(Halt::Lost)?;
        equal = selections.collect();
    }
    let none = channel.are_zero(vec![n]).await?;
    none.first().map(|none| !none).ok_or(Halt::Lost)
}

/// Of every function `f(j)` its value at the reserve's digit, at twice the scale:
/// `2*f(0) + sum over 0 < j < B_t of 2 * V[t][j] * (f(j) - f(j-1))`. One question for all.
async fn select(
    channel: &KeyholderChannel,
    digit: &[Cipher],
    functions: &[Vec<Cipher>],
) -> Result<Vec<Cipher>, Halt> {
    let factors = functions.iter().flat_map(|f| {
        let steps = f.iter().zip(f.iter().skip(1)).map(|(before, here)| *here - *before);
        steps.zip(digit).map(|(y, v)| Factor { y, bits: vec![*v] })
    });
    let products = channel.products(factors.collect()).await?.concat();
    let mut products = products.chunks(digit.len());
    functions
        .iter()
        .map(|f| {
            let first = f.first().ok_or(Halt::Lost)?.doubled();
            let terms = products.next().ok_or(Halt::Lost)?;
            Ok(first + terms.iter().copied().sum())
        })
        .collect()
}
