//! The reserve test: does any bid reach the seller's reserve? Section 11 of `docs/spec.md`,
//! "Reserve test".
//!
//! The digits of the reserve are never opened, so the search's choice of the next digit is made
//! under encryption: a *selection*, by the reserve's own bits.

use super::{
    QueryProgress,
    products::{Products, factors},
};
use crate::{
    elgamal::Ciphertext,
    rank::{
        program::LotSetting,
        question::{Answer, Ask},
    },
    unary_encoding::EncodingId,
};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;
use talea_protocol::price::PriceGrid;

/// A test, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ReserveTest {
    bids: Vec<EncodingId>,
    reserve: EncodingId,
    /// Digits done.
    done: usize,
    /// `N`: how many bids lie above the reserve's digits so far, at the current scale.
    reached: Ciphertext,
    /// `q_i`: whether bid `i` has these digits, at the current scale.
    flags: Vec<Ciphertext>,
    products: Products,
    awaits: Awaits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Awaits {
    /// The products of a later digit.
    Products,
    /// The products of this digit's selections.
    Selections,
    /// The last test.
    Zero,
}

impl ReserveTest {
    pub(crate) fn new(
        bids: impl Iterator<Item = EncodingId>,
        reserve: EncodingId,
        lot_setting: LotSetting<'_>,
    ) -> Self {
        let bids: Vec<_> = bids.collect();
        let one = Ciphertext::trivial(lot_setting.setting.generators.value);
        let radix = lot_setting.grid().shape.radices().next().unwrap_or(1);
        let products = Products::of_first_digit(&bids, one, radix);
        Self {
            flags: vec![one; bids.len()],
            bids,
            reserve,
            done: 0,
            reached: Ciphertext::zero(),
            products,
            awaits: Awaits::Selections,
        }
    }

    /// From its beginning.
    pub(crate) fn start(&self, lot_setting: LotSetting<'_>) -> QueryProgress<bool> {
        self.select(lot_setting)
    }

    /// With the answer to what it asked last. Done: whether some bid reaches the reserve.
    pub(crate) fn resume(
        &mut self,
        answer: Answer,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<bool> {
        match (self.awaits, answer) {
            (Awaits::Products, Answer::Products(entries)) => {
                self.products = Products::of_later_digit(&self.flags, entries);
                self.reached = self.reached.doubled();
                self.awaits = Awaits::Selections;
                self.select(lot_setting)
            }
            (Awaits::Selections, Answer::Products(products)) => self.take(&products, lot_setting),
            (Awaits::Zero, Answer::AtMost(zero)) => match zero.as_slice() {
                [nobody] => QueryProgress::Done(!nobody),
                _ => QueryProgress::Alarm,
            },
            (Awaits::Products | Awaits::Selections | Awaits::Zero, _) => QueryProgress::Alarm,
        }
    }

    fn is_last_digit(&self, grid: &PriceGrid) -> bool {
        self.done.saturating_add(1) >= grid.shape.digits()
    }

    /// `f(j)` of every selection of this digit: for `N` the number of bids above the digit `j` (at the
    /// last one: at least `j`), then for each bid whether its digit is `j`.
    fn options(&self, j: usize, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
        let encodings = lot_setting.encodings;
        if self.is_last_digit(lot_setting.grid()) {
            return vec![self.products.column(j, encodings).into_iter().sum()];
        }
        let above = self.products.column(j.saturating_add(1), encodings).into_iter().sum();
        [above].into_iter().chain(self.products.unit_column(j, encodings)).collect()
    }

    /// Entries of a unary encoding that belong to the digits before this one.
    fn before(&self, grid: &PriceGrid) -> usize {
        grid.shape.radices().take(self.done).map(|radix| radix.saturating_sub(1)).sum()
    }

    /// Asks for `V[t][j] * (f(j) - f(j-1))`, for every selection and `0 < j < B`.
    fn select(&self, lot_setting: LotSetting<'_>) -> QueryProgress<bool> {
        let options: Vec<Vec<Ciphertext>> =
            (0..self.products.radix()).map(|j| self.options(j, lot_setting)).collect();
        let reserve = lot_setting.encodings.expect(&self.reserve);
        let width = self.products.radix().saturating_sub(1);
        let before = self.before(lot_setting.grid());
        let steps: Vec<(Ciphertext, Vec<Ciphertext>)> = reserve
            .iter()
            .flat_map(|reserve| reserve.entries(before, width))
            .zip(options.iter().zip(options.iter().skip(1)))
            .map(|(bit, (before, after))| {
                (bit, after.iter().zip(before).map(|(after, before)| *after - *before).collect())
            })
            .collect();
        let selections = options.first().map_or(0, Vec::len);
        let factors = (0..selections).flat_map(|selection| {
            steps.iter().filter_map(move |(bit, steps)| Some((*bit, *steps.get(selection)?)))
        });
        QueryProgress::Ask(Ask::Multiply(factors.collect()))
    }

    /// Puts the selections together: `2*f(0) + sum of p_j`, at twice the scale.
    fn take(
        &mut self,
        products: &[Ciphertext],
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<bool> {
        let (grid, encodings) = (lot_setting.grid(), lot_setting.encodings);
        let width = self.products.radix().saturating_sub(1).max(1);
        let mut selected = self
            .options(0, lot_setting)
            .into_iter()
            .zip(products.chunks(width))
            .map(|(first, products)| first.doubled() + products.iter().copied().sum());
        let reached = selected.next().unwrap_or_else(Ciphertext::zero);
        let flags: Vec<Ciphertext> = selected.collect();
        self.reached = self.reached.doubled() + reached;
        self.flags = flags;
        if self.is_last_digit(grid) {
            self.awaits = Awaits::Zero;
            let counts = vec![self.reached];
            return QueryProgress::Ask(Ask::AtMost { limit: 0, scale: Scalar::ONE, counts });
        }
        self.done = self.done.saturating_add(1);
        self.awaits = Awaits::Products;
        let radix = grid.shape.radices().nth(self.done).unwrap_or(1);
        let part = (self.before(grid), radix);
        let factors = factors(&self.bids, &self.flags, part, encodings);
        QueryProgress::Ask(Ask::Multiply(factors))
    }
}
