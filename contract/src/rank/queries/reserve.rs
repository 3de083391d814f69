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
    rank::question::{Answer, Ask},
    setting::Setting,
    unary_encoding::UnaryEncoding,
};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;
use talea_protocol::price::PriceGrid;

/// A test, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ReserveTest {
    bids: Vec<UnaryEncoding>,
    reserve: UnaryEncoding,
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
        bids: impl Iterator<Item = UnaryEncoding>,
        reserve: UnaryEncoding,
        grid: &PriceGrid,
        setting: &Setting,
    ) -> Self {
        let bids: Vec<_> = bids.collect();
        let one = Ciphertext::trivial(setting.generators.value);
        let radix = grid.shape.radices().next().unwrap_or(1);
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
    pub(crate) fn start(&self, grid: &PriceGrid) -> QueryProgress<bool> {
        self.select(grid)
    }

    /// With the answer to what it asked last. Done: whether some bid reaches the reserve.
    pub(crate) fn resume(&mut self, answer: Answer, grid: &PriceGrid) -> QueryProgress<bool> {
        match (self.awaits, answer) {
            (Awaits::Products, Answer::Products(entries)) => {
                self.products = Products::of_later_digit(&self.flags, entries);
                self.reached = self.reached.doubled();
                self.awaits = Awaits::Selections;
                self.select(grid)
            }
            (Awaits::Selections, Answer::Products(products)) => self.take(&products, grid),
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
    fn options(&self, j: usize, grid: &PriceGrid) -> Vec<Ciphertext> {
        if self.is_last_digit(grid) {
            return vec![self.products.column(j).into_iter().sum()];
        }
        let above = self.products.column(j.saturating_add(1)).into_iter().sum();
        [above].into_iter().chain(self.products.unit_column(j)).collect()
    }

    /// Entries of a unary encoding that belong to the digits before this one.
    fn before(&self, grid: &PriceGrid) -> usize {
        grid.shape.radices().take(self.done).map(|radix| radix.saturating_sub(1)).sum()
    }

    /// Asks for `V[t][j] * (f(j) - f(j-1))`, for every selection and `0 < j < B`.
    fn select(&self, grid: &PriceGrid) -> QueryProgress<bool> {
        let options: Vec<Vec<Ciphertext>> =
            (0..self.products.radix()).map(|j| self.options(j, grid)).collect();
        let steps: Vec<(Ciphertext, Vec<Ciphertext>)> = self
            .reserve
            .entries(self.before(grid), self.products.radix().saturating_sub(1))
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
    fn take(&mut self, products: &[Ciphertext], grid: &PriceGrid) -> QueryProgress<bool> {
        let width = self.products.radix().saturating_sub(1).max(1);
        let mut selected = self
            .options(0, grid)
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
        let factors = factors(&self.bids, &self.flags, self.before(grid), radix);
        QueryProgress::Ask(Ask::Multiply(factors))
    }
}
