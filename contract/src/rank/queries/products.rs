//! One digit's products: which bids have the prefix so far and then at least `j`.

use crate::elgamal::Ciphertext;
use alloc::{sync::Arc, vec::Vec};

/// `P[i][j]`, `j = 0 ..= B`: an encryption of whether participant `i` has the prefix and a digit of
/// at least `j`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Products {
    /// `P[i][0]`: whether it has the prefix, at the scale of the digit.
    leading: Vec<Ciphertext>,
    /// `P[i][j]` for `0 < j < B`, participant by participant.
    entries: Vec<Ciphertext>,
    width: usize,
}

impl Products {
    /// Of the first digit: everybody has the empty prefix, so they are the unary encodings themselves.
    pub(crate) fn of_first_digit(
        encodings: &[Arc<[Ciphertext]>],
        one: Ciphertext,
        radix: usize,
    ) -> Self {
        let width = radix.saturating_sub(1);
        let entries = encodings.iter().flat_map(|unary| unary.iter().take(width).copied());
        Self { leading: encodings.iter().map(|_| one).collect(), entries: entries.collect(), width }
    }

    /// Of a later digit, whose products came from gates: they are at twice the scale of the
    /// flags; code that ignores this computes wrong prices.
    pub(crate) fn of_later_digit(flags: &[Ciphertext], entries: Vec<Ciphertext>) -> Self {
        let width = entries.len().checked_div(flags.len()).unwrap_or(0);
        Self { leading: flags.iter().map(Ciphertext::doubled).collect(), entries, width }
    }

    /// `B`.
    pub(crate) fn radix(&self) -> usize {
        self.width.saturating_add(1)
    }

    /// `P[i][j]` of every participant.
    pub(crate) fn column(&self, j: usize) -> impl Iterator<Item = Ciphertext> + '_ {
        let rows = self.leading.iter().zip(self.entries.chunks(self.width.max(1)));
        rows.map(move |(leading, row)| match j.checked_sub(1) {
            None => *leading,
            Some(index) => row.get(index).copied().unwrap_or_else(Ciphertext::zero),
        })
    }

    /// `P[i][j] - P[i][j+1]` of every participant: whether its digit is `j`.
    pub(crate) fn unit_column(&self, j: usize) -> impl Iterator<Item = Ciphertext> + '_ {
        let next = self.column(j.saturating_add(1));
        self.column(j).zip(next).map(|(at_least, more)| at_least - more)
    }
}

/// The factors of a later digit's products: `x = U_i[t][j]`, `y = a_i`, participant by participant.
/// `before` entries of each unary encoding belong to the digits before.
pub(crate) fn factors(
    encodings: &[Arc<[Ciphertext]>],
    flags: &[Ciphertext],
    before: usize,
    radix: usize,
) -> Vec<(Ciphertext, Ciphertext)> {
    let width = radix.saturating_sub(1);
    let of_one = |(unary, flag): (&Arc<[Ciphertext]>, &Ciphertext)| {
        let flag = *flag;
        let bits: Vec<Ciphertext> = unary.iter().skip(before).take(width).copied().collect();
        bits.into_iter().map(move |bit| (bit, flag))
    };
    encodings.iter().zip(flags).flat_map(of_one).collect()
}
