//! One digit's products: which bids have the prefix so far and then at least `j`.

use super::participants::Participants;
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        program::{Lists, LotSetting},
        vectors::Vector,
        work::Factors,
    },
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;

/// `P[i][j]`, `j = 0 ..= B`: an encryption of whether participant `i` has the prefix and a digit of
/// at least `j`. Of the first digit, where everybody has the empty prefix, they are the unary encodings themselves; but
/// where steps count as often as their sealed quantities say, these are what everybody has the empty prefix with.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Products {
    /// Entries of each unary encoding that belong to the digits before.
    before: u32,
    /// `B - 1`.
    width: u32,
    /// Whether the entries are the unary encodings themselves.
    are_given: bool,
    /// Otherwise, per participant: whether it has the prefix, at the scale of the digit before. All else is at
    /// twice that scale; code that ignores this computes wrong prices.
    flags: Vector,
    /// Otherwise, once gates have made them: `P[i][j]` for `0 < j < B`, participant by participant.
    entries: Vector,
    /// How many participants there are.
    all: u32,
    /// The weighted sums over all participants, for `0 <= j < B`.
    sums: Vec<Held>,
}

/// The numbers of its lists.
const FLAGS: u32 = 0;
const ENTRIES: u32 = 1;

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl Products {
    pub(crate) fn of_first_digit(participants: &Participants, lot_setting: LotSetting<'_>) -> Self {
        let all = participants.count(lot_setting);
        if participants.are_sealed {
            let flags = participants.quantities(lot_setting).into_iter().collect();
            let (width, all) = (number(lot_setting.first_width()), number(all));
            let (entries, sums) = (Vector::default(), Vec::new());
            return Self { before: 0, width, are_given: false, flags, entries, all, sums };
        }
        let sums = participants.first_digits(lot_setting);
        let everybody = participants.weigh((0..all).map(|_| lot_setting.one()), all);
        Self {
            before: 0,
            width: number(sums.len()),
            are_given: true,
            flags: Vector::default(),
            entries: Vector::default(),
            all: number(all),
            sums: [everybody].into_iter().chain(sums).map(Held::from).collect(),
        }
    }

    /// Of the digit after this one, for whose prefix these are the flags; its entries are still to be made. Nothing
    /// after the last digit.
    pub(crate) fn of_next_digit(
        &self,
        flags: &[Ciphertext],
        lot_setting: LotSetting<'_>,
    ) -> Option<Self> {
        let before = self.before.saturating_add(self.width);
        let mut entries = 0usize;
        let mut radices = lot_setting.grid().shape.radices().skip_while(|radix| {
            let is_before = entries < size(before);
            entries = entries.saturating_add(radix.saturating_sub(1));
            is_before
        });
        let width = number(radices.next()?.saturating_sub(1));
        let (entries, sums, all) = (Vector::default(), Vec::new(), self.all);
        let flags = flags.iter().copied().collect();
        Some(Self { before, width, are_given: false, flags, entries, all, sums })
    }

    /// Whether gates have still to make its entries.
    pub(crate) fn are_to_be_made(&self) -> bool {
        !self.are_given && self.sums.is_empty()
    }

    /// `B`.
    pub(crate) fn radix(&self) -> usize {
        size(self.width).saturating_add(1)
    }

    /// How many participants there are.
    pub(crate) fn count(&self) -> usize {
        size(self.all)
    }

    /// How many gates the entries of a later digit take.
    pub(crate) fn gates(&self) -> usize {
        self.count().saturating_mul(size(self.width))
    }

    /// The factors of some of these gates: `x = U_i[t][j]`, `y = a_i`, participant by participant.
    pub(crate) fn factors(
        &self,
        gates: Range<usize>,
        (participants, lists): (&Participants, Lists<'_>),
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        let width = size(self.width).max(1);
        let mut flag = None;
        let factors = gates.filter_map(|gate| {
            let (i, j) = (gate.checked_div(width)?, gate.checked_rem(width)?);
            let bit = self.entry_of((participants, i), j, lot_setting)?;
            let flag = match flag {
                Some((of, flag)) if of == i => flag,
                _ => flag.insert((i, lists(FLAGS, i)?.in_both_forms())).1,
            };
            Some(Factors { x: bit, y: flag })
        });
        factors.collect()
    }

    /// Takes what the gates made, `2*x*y - y`.
    pub(crate) fn take(&mut self, turned: Vec<Ciphertext>, participants: &Participants) {
        let width = size(self.width).max(1);
        let flags: Vec<Ciphertext> = self.flags.items.iter().map(Held::get).collect();
        let rows = turned.chunks(width).zip(&flags);
        let entries: Vec<Ciphertext> =
            rows.flat_map(|(row, flag)| row.iter().map(|turned| *turned + *flag)).collect();
        let all = flags.len();
        let leading = participants.weigh(flags.iter().map(Ciphertext::doubled), all);
        let column = |j| participants.weigh(entries.iter().skip(j).step_by(width).copied(), all);
        let sums = [leading].into_iter().chain((0..width).map(column)).map(Held::from);
        self.sums = sums.collect();
        self.entries = entries.into_iter().collect();
    }

    /// The entry `j` of this digit of a participant's unary encoding.
    fn entry_of(
        &self,
        (participants, i): (&Participants, usize),
        j: usize,
        lot_setting: LotSetting<'_>,
    ) -> Option<Ciphertext> {
        let at = size(self.before).saturating_add(j);
        participants.entries(i, (at, 1), lot_setting).first().copied()
    }

    /// `P[i][j]`, while it has its lists.
    pub(crate) fn get(
        &self,
        at: (usize, usize),
        participants: &Participants,
        lot_setting: LotSetting<'_>,
    ) -> Ciphertext {
        let lists = |list, at: usize| {
            let list = if list == FLAGS { &self.flags } else { &self.entries };
            list.items.get(at).copied()
        };
        self.get_of(at, (participants, &lists), lot_setting)
    }

    /// `P[i][j]`, with its lists.
    pub(crate) fn get_of(
        &self,
        (i, j): (usize, usize),
        (participants, lists): (&Participants, Lists<'_>),
        lot_setting: LotSetting<'_>,
    ) -> Ciphertext {
        let width = size(self.width);
        let found = match j.checked_sub(1) {
            None if self.are_given => Some(lot_setting.one()),
            None => lists(FLAGS, i).map(|flag| flag.get().doubled()),
            Some(entry) if entry >= width => None,
            Some(entry) if self.are_given => self.entry_of((participants, i), entry, lot_setting),
            Some(entry) => {
                lists(ENTRIES, i.saturating_mul(width).saturating_add(entry)).map(|held| held.get())
            }
        };
        found.unwrap_or_else(Ciphertext::zero)
    }

    /// Its lists, in the order of their numbers.
    pub(crate) fn lists(&mut self) -> [&mut Vector; 2] {
        [&mut self.flags, &mut self.entries]
    }

    /// The weighted sum of the `P[i][j]`.
    pub(crate) fn sum(&self, j: usize) -> Ciphertext {
        self.sums.get(j).map_or_else(Ciphertext::zero, Held::get)
    }
}
