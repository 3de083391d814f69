//! The reserve test: is any ranked bid at least the reserve? (Section 11.)

use talea_protocol::price::Shape;

use super::{
    super::unary_encoding::{self, UnaryEncoding},
    dialogue::{Halt, KeyholderChannel},
    unary::Rows,
};
use crate::group::Cipher;

/// Whether any of the bids, in tie order, reaches the reserve.
pub(crate) async fn is_met(
    channel: &KeyholderChannel,
    shape: &Shape,
    bids: &[&UnaryEncoding],
    reserve: &UnaryEncoding,
) -> Result<bool, Halt> {
    // N counts the bids above the reserve, as far as the digits seen tell; q_i says whether bid i
    // has the reserve's digits so far.
    let mut n = Cipher::zero();
    let mut equal = Vec::new();
    for (t, indices) in unary_encoding::digits(shape).into_iter().enumerate() {
        if t > 0 {
            n = n.doubled();
        }
        let digit = reserve.entries(indices.clone()).ok_or(Halt::Lost)?;
        let rows = Rows::of(channel, (t, indices), bids, &equal, None).await?;
        let is_last = t.saturating_add(1) == shape.digits();

        // S_j = sum over i of P[i][j], j = 0 ..= B_t
        let all: Vec<usize> = (0..=digit.len().saturating_add(1)).collect();
        let mut sums = rows.sums(&all, |_| 1).ok_or(Halt::Lost)?;

        // N selects S_(j+1), at the last digit S_j; a bid P[i][j] - P[i][j+1].
        if !is_last {
            sums.rotate_left(1);
        }
        let mut selection = Selection::with_capacity(&digit, if is_last { 1 } else { bids.len() });
        selection.of(sums);
        if !is_last {
            for i in 0..bids.len() {
                let row: Option<Vec<Cipher>> = all.iter().map(|j| rows.get(i, *j)).collect();
                let row = row.ok_or(Halt::Lost)?;
                selection.of(row.iter().zip(row.iter().skip(1)).map(|(p, next)| *p - *next));
            }
        }
        drop(rows);
        let mut selections = selection.select(channel).await?.into_iter();
        n = n.doubled() + selections.next().ok_or(Halt::Lost)?;
        equal = selections.collect();
    }
    let none = channel.are_zero(vec![n]).await?;
    none.first().map(|none| !none).ok_or(Halt::Lost)
}

/// Of every function `f(j)` its value at the reserve's digit, at twice the scale:
/// `2*f(0) + sum over 0 < j < B_t of 2 * V[t][j] * (f(j) - f(j-1))`. One question for all.
struct Selection<'a> {
    /// `V[t][j]`.
    digit: &'a [Cipher],
    /// `f(0)` of each.
    firsts: Vec<Cipher>,
    /// `f(j) - f(j-1)`, function by function.
    steps: Vec<Cipher>,
}

impl<'a> Selection<'a> {
    fn with_capacity(digit: &'a [Cipher], functions: usize) -> Self {
        let steps = Vec::with_capacity(functions.saturating_mul(digit.len()));
        Self { digit, firsts: Vec::with_capacity(functions), steps }
    }

    /// Adds a function, from its value at 0 on.
    fn of(&mut self, f: impl IntoIterator<Item = Cipher>) {
        let mut f = f.into_iter();
        let Some(first) = f.next() else { return };
        self.firsts.push(first);
        let mut before = first;
        self.steps.extend(
            f.take(self.digit.len()).map(|here| here - std::mem::replace(&mut before, here)),
        );
    }

    async fn select(self, channel: &KeyholderChannel) -> Result<Vec<Cipher>, Halt> {
        let Self { digit, firsts, steps } = self;
        let bit = |step: usize, _: usize| digit.get(step.checked_rem(digit.len())?).copied();
        let products = channel.products(&steps, 1, bit).await?;
        drop(steps);
        let mut products = products.chunks(digit.len());
        let value = |first: &Cipher| {
            let terms = products.next().ok_or(Halt::Lost)?;
            Ok(first.doubled() + terms.iter().copied().sum())
        };
        firsts.iter().map(value).collect()
    }
}
