//! One digit's products: which bids have the prefix so far and then at least `j`.

use crate::{
    elgamal::Ciphertext,
    unary_encoding::{EncodingId, Encodings},
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// `P[i][j]`, `j = 0 ..= B`: an encryption of whether participant `i` has the prefix and a digit of
/// at least `j`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Products {
    /// `P[i][0]`: whether it has the prefix, at the scale of the digit.
    leading: Vec<Ciphertext>,
    /// `P[i][j]` for `0 < j < B`.
    entries: Entries,
    width: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Entries {
    /// Of the first digit, decoded column by column.
    Sealed(Vec<EncodingId>),
    /// Of a later digit, participant by participant.
    Multiplied(Vec<Ciphertext>),
}

impl Products {
    /// Of the first digit: everybody has the empty prefix, so they are the unary encodings themselves.
    pub(crate) fn of_first_digit(bids: &[EncodingId], one: Ciphertext, radix: usize) -> Self {
        let leading = bids.iter().map(|_| one).collect();
        let entries = Entries::Sealed(bids.to_vec());
        Self { leading, entries, width: radix.saturating_sub(1) }
    }

    /// Of a later digit, whose products came from gates: they are at twice the scale of the
    /// flags; code that ignores this computes wrong prices.
    pub(crate) fn of_later_digit(flags: &[Ciphertext], entries: Vec<Ciphertext>) -> Self {
        let width = entries.len().checked_div(flags.len()).unwrap_or(0);
        let leading = flags.iter().map(Ciphertext::doubled).collect();
        Self { leading, entries: Entries::Multiplied(entries), width }
    }

    /// `B`.
    pub(crate) fn radix(&self) -> usize {
        self.width.saturating_add(1)
    }

    /// `P[i][j]` of every participant.
    pub(crate) fn column(&self, j: usize, encodings: &Encodings) -> Vec<Ciphertext> {
        let Some(index) = j.checked_sub(1) else { return self.leading.clone() };
        if index >= self.width {
            return self.leading.iter().map(|_| Ciphertext::zero()).collect();
        }
        match &self.entries {
            Entries::Sealed(bids) => {
                bids.iter().filter_map(|id| encodings.expect(id)?.get(index)).collect()
            }
            Entries::Multiplied(entries) => {
                entries.chunks(self.width).filter_map(|row| row.get(index)).copied().collect()
            }
        }
    }

    /// `P[i][j] - P[i][j+1]` of every participant: whether its digit is `j`.
    pub(crate) fn unit_column(&self, j: usize, encodings: &Encodings) -> Vec<Ciphertext> {
        let next = self.column(j.saturating_add(1), encodings);
        self.column(j, encodings)
            .into_iter()
            .zip(next)
            .map(|(at_least, more)| at_least - more)
            .collect()
    }
}

/// The factors of a later digit's products: `x = U_i[t][j]`, `y = a_i`, participant by participant.
/// `before` entries of each unary encoding belong to the digits before.
pub(crate) fn factors(
    bids: &[EncodingId],
    flags: &[Ciphertext],
    (before, radix): (usize, usize),
    encodings: &Encodings,
) -> Vec<(Ciphertext, Ciphertext)> {
    let width = radix.saturating_sub(1);
    let of_one = |(id, flag): (&EncodingId, &Ciphertext)| {
        let unary = encodings.expect(id);
        let entries = unary.iter().flat_map(|unary| unary.entries(before, width));
        entries.map(|bit| (bit, *flag)).collect::<Vec<_>>()
    };
    bids.iter().zip(flags).flat_map(of_one).collect()
}
