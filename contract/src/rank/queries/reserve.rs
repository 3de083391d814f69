//! The reserve test: does any bid reach the seller's reserve? Section 11 of `docs/spec.md`,
//! "Reserve test".
//!
//! The digits of the reserve are never opened, so the search's choice of the next digit is made
//! under encryption: a *selection*, by the reserve's own bits.

use super::{QueryProgress, participants::Participants, products::Products};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        program::{Lists, LotSetting},
        question::{Answer, Ask},
        vectors::Vector,
        work::Factors,
    },
    unary_encoding::EncodingId,
};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use curve25519_dalek::Scalar;
use talea_protocol::price::PriceGrid;

/// A test, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ReserveTest {
    participants: Participants,
    reserve: EncodingId,
    /// Digits done.
    done: usize,
    /// `N`: how many bids lie above the reserve's digits so far, at the current scale.
    reached: Held,
    /// Of whether bid `i` has these digits, which is `q_i`.
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
    pub(crate) fn new(reserve: EncodingId, lot_setting: LotSetting<'_>) -> Self {
        let participants = Participants::default();
        Self {
            reserve,
            done: 0,
            reached: Ciphertext::zero().into(),
            products: Products::of_first_digit(&participants, lot_setting),
            participants,
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
            (Awaits::Products, Answer::Products(turned)) => {
                self.products.take(turned, &self.participants);
                self.reached = self.reached.get().doubled().into();
                self.awaits = Awaits::Selections;
                self.select(lot_setting)
            }
            (Awaits::Selections, Answer::Products(turned)) => self.take(&turned, lot_setting),
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

    /// How many selections there are in this digit: of `N`, and unless it is the last one of each bid's flag.
    fn selections(&self, lot_setting: LotSetting<'_>) -> usize {
        match self.is_last_digit(lot_setting.grid()) {
            true => 1,
            false => self.products.count().saturating_add(1),
        }
    }

    /// `f(j)` of a selection of this digit: of the first one, for `N`, the number of bids above the digit `j` (at the
    /// last one: at least `j`), then of each bid whether its digit is `j`.
    fn option(
        &self,
        (selection, j): (usize, usize),
        product: impl Fn(usize, usize) -> Ciphertext,
        grid: &PriceGrid,
    ) -> Ciphertext {
        let next = j.saturating_add(1);
        match selection.checked_sub(1) {
            None if self.is_last_digit(grid) => self.products.sum(j),
            None => self.products.sum(next),
            Some(i) => product(i, j) - product(i, next),
        }
    }

    /// Entries of a unary encoding that belong to the digits before this one.
    fn before(&self, grid: &PriceGrid) -> usize {
        grid.shape.radices().take(self.done).map(|radix| radix.saturating_sub(1)).sum()
    }

    /// Asks for `V[t][j] * (f(j) - f(j-1))`, for every selection and `0 < j < B`.
    fn select(&self, lot_setting: LotSetting<'_>) -> QueryProgress<bool> {
        let width = self.products.radix().saturating_sub(1);
        let gates = self.selections(lot_setting).saturating_mul(width);
        QueryProgress::Ask(Ask::Multiply { gates })
    }

    /// The factors of some of the gates that it asked for.
    pub(crate) fn factors(
        &self,
        gates: Range<usize>,
        lists: Lists<'_>,
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        let with = (&self.participants, lists);
        if self.awaits == Awaits::Products {
            return self.products.factors(gates, with, lot_setting);
        }
        let grid = lot_setting.grid();
        let product = |i, j| self.products.get_of((i, j), with, lot_setting);
        let width = self.products.radix().saturating_sub(1);
        let before = self.before(grid);
        let reserve = lot_setting.bids.encodings.entries(self.reserve, before, width);
        let factors = gates.filter_map(|gate| {
            let (selection, j) = (gate.checked_div(width)?, gate.checked_rem(width)?);
            let option = |j| self.option((selection, j), product, grid);
            let step = option(j.saturating_add(1)) - option(j);
            Some(Factors { x: *reserve.get(j)?, y: step.into() })
        });
        factors.collect()
    }

    /// Its lists.
    pub(crate) fn lists(&mut self) -> Vec<&mut Vector> {
        self.products.lists().into()
    }

    /// Puts the selections together: `2*f(0) + sum of p_j`, at twice the scale. Of each `p_j` it has `p_j` less
    /// `f(j) - f(j-1)`, so these add up to `f(B-1) - f(0)`.
    fn take(&mut self, turned: &[Ciphertext], lot_setting: LotSetting<'_>) -> QueryProgress<bool> {
        let grid = lot_setting.grid();
        let width = self.products.radix().saturating_sub(1);
        let product = |i, j| self.products.get((i, j), &self.participants, lot_setting);
        let option = |at| self.option(at, product, grid);
        let mut selected = turned.chunks(width.max(1)).enumerate().map(|(selection, turned)| {
            let ends = option((selection, 0)) + option((selection, width));
            ends + turned.iter().copied().sum()
        });
        let reached = selected.next().unwrap_or_else(Ciphertext::zero);
        let flags: Vec<Ciphertext> = selected.collect();
        let reached = self.reached.get().doubled() + reached;
        self.reached = reached.into();
        if self.is_last_digit(grid) {
            self.awaits = Awaits::Zero;
            let counts = vec![reached];
            return QueryProgress::Ask(Ask::AtMost { limit: 0, scale: Scalar::ONE, counts });
        }
        let next = self.products.of_next_digit(&flags, lot_setting);
        let Some(products) = next else { return QueryProgress::Alarm };
        self.products = products;
        self.done = self.done.saturating_add(1);
        self.awaits = Awaits::Products;
        QueryProgress::Ask(Ask::Multiply { gates: self.products.gates() })
    }
}
