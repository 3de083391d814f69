//! What is made of unary encodings: the rows of a digit, and a unary encoding's digits themselves (section 11).

use std::{collections::BTreeMap, ops::Range};

use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::Identity as _};
use rayon::prelude::*;
use talea_protocol::{
    bytes::Point,
    check::Check,
    price::{Level, PriceGrid},
};

use super::{
    super::unary_encoding::{self, UnaryEncoding},
    dialogue::{Halt, KeyholderChannel},
};
use crate::group::{Cipher, bases, encode_double_elements};

/// `P[i][j]`, `j = 0 ..= B_t`, of a digit `t`.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    /// `B_t - 1`.
    width: usize,
    between: Between<'a>,
}

/// `P[i][j]`, `0 < j < B_t`.
#[derive(Debug)]
enum Between<'a> {
    /// Of the first digit: the entries themselves, at these indices, and what is known of their sums.
    Entries(&'a [&'a UnaryEncoding], Range<usize>, Option<&'a FirstSums>),
    /// Of every other: products of the entries with the bidders' flags `a_i`, row by row.
    Products(Vec<Cipher>, &'a [Cipher]),
}

impl<'a> Rows<'a> {
    /// Of the digit number `t` from 0, whose entries are at these indices.
    pub(crate) async fn of(
        channel: &KeyholderChannel,
        (t, digit): (usize, Range<usize>),
        encodings: &'a [&'a UnaryEncoding],
        flags: &'a [Cipher],
        known: Option<&'a FirstSums>,
    ) -> Result<Self, Halt> {
        let width = digit.len();
        if t == 0 {
            return Ok(Self::first(encodings, digit, known));
        }
        let from = digit.start;
        let bit = |i: usize, j: usize| encodings.get(i)?.get(from.checked_add(j)?);
        let products = channel.products(flags, width, bit).await?;
        Ok(Self { width, between: Between::Products(products, flags) })
    }

    /// Of the first digit. What is known is of the first ones.
    pub(crate) fn first(
        encodings: &'a [&'a UnaryEncoding],
        digit: Range<usize>,
        known: Option<&'a FirstSums>,
    ) -> Self {
        Self { width: digit.len(), between: Between::Entries(encodings, digit, known) }
    }

    fn count(&self) -> usize {
        match &self.between {
            Between::Entries(encodings, ..) => encodings.len(),
            Between::Products(_, flags) => flags.len(),
        }
    }

    /// `P[i][j]`.
    pub(crate) fn get(&self, i: usize, j: usize) -> Option<Cipher> {
        let Some(before) = j.checked_sub(1) else {
            // U_i[1][0] = (O, G), and then 2*a_i.
            return Some(match &self.between {
                Between::Entries(..) => Cipher::one(),
                Between::Products(_, flags) => flags.get(i)?.doubled(),
            });
        };
        if before == self.width {
            return Some(Cipher::zero());
        }
        match &self.between {
            Between::Entries(encodings, digit, _) => {
                let index = digit.start.checked_add(before)?;
                encodings.get(i)?.get(index).filter(|_| digit.contains(&index))
            }
            Between::Products(products, _) => {
                let row = i.checked_mul(self.width)?;
                products.get(row.checked_add(before)?).copied().filter(|_| before < self.width)
            }
        }
    }

    /// `sum over i of g_i P[i][j]` for each of these `j`; what is known of sums has weight 1. No row is decoded
    /// as a whole, nor kept.
    pub(crate) fn sums(
        &self,
        columns: &[usize],
        weight: impl Fn(usize) -> u32 + Sync,
    ) -> Option<Vec<Cipher>> {
        let none = || vec![Cipher::zero(); columns.len()];
        let add = |mut sums: Vec<Cipher>, i: usize| {
            for (sum, j) in sums.iter_mut().zip(columns) {
                *sum = *sum + self.get(i, *j)?.times(weight(i));
            }
            Some(sums)
        };
        let join = |mut sums: Vec<Cipher>, others: Vec<Cipher>| {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum = *sum + other);
            Some(sums)
        };
        let (from, known) = match &self.between {
            Between::Entries(.., Some(known)) => (known.count, known.at(columns)?),
            _ => (0, none()),
        };
        let others = (from..self.count())
            .into_par_iter()
            .with_min_len(ROWS_AT_ONCE)
            .try_fold(none, add)
            .try_reduce(none, join)?;
        join(known, others)
    }
}

/// `sum over i of P[i][j]`, `0 < j < B_1`, added up as bids are accepted, so that no row need be decoded for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FirstSums {
    /// Of how many bids.
    count: usize,
    sums: Vec<Cipher>,
}

impl FirstSums {
    /// Adds a bid's entries of the first digit.
    pub(crate) fn add(&mut self, entries: &[Cipher]) {
        self.count = self.count.saturating_add(1);
        self.sums.resize(entries.len(), Cipher::zero());
        self.sums.iter_mut().zip(entries).for_each(|(sum, entry)| *sum = *sum + *entry);
    }

    /// Of how many bids.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// For these `j`.
    fn at(&self, columns: &[usize]) -> Option<Vec<Cipher>> {
        let count = Scalar::from(u64::try_from(self.count).ok()?);
        let sum = |j: &usize| match j.checked_sub(1) {
            // All P[i][0] are (O, G).
            None => Some(Cipher { e: bases().g * count, ..Cipher::zero() }),
            Some(before) if before == self.sums.len() => Some(Cipher::zero()),
            Some(before) => self.sums.get(before).copied(),
        };
        columns.iter().map(sum).collect()
    }
}

/// Rows that are worth a task of their own.
const ROWS_AT_ONCE: usize = 64;

/// The level that these digits make: `sum j_t 2^s_t`. **K11**: it is one of the grid's.
pub(crate) fn level(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    digits: &[usize],
) -> Result<Level, Halt> {
    let value = digits
        .iter()
        .zip(grid.shape.radices())
        .try_fold(0usize, |value, (digit, radix)| value.checked_mul(radix)?.checked_add(*digit));
    let level = value.and_then(|value| u32::try_from(value).ok()).ok_or(Halt::Lost)?;
    channel.judge(Check::PriceOnGrid, level < grid.levels)?;
    Ok(Level(level))
}

/// Opens the digits of unary encodings, and so their levels. **K13**: digit `t` is one of `0 .. B_t - 1`.
pub(crate) async fn open_levels(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    encodings: &[&UnaryEncoding],
) -> Result<Vec<Level>, Halt> {
    // Digit t is sum U[t][j] over 0 < j < B_t.
    let digits = unary_encoding::digits(&grid.shape);
    let digit = |(unary, indices): (&UnaryEncoding, &Range<usize>)| -> Option<Cipher> {
        Some(unary.entries(indices.clone())?.iter().copied().sum())
    };
    let sums: Option<Vec<Cipher>> = encodings
        .par_iter()
        .flat_map_iter(|unary| digits.iter().map(|indices| digit((unary, indices))))
        .collect();
    let opened = channel.open(sums.ok_or(Halt::Lost)?).await?;
    let most = grid.shape.radices().max().unwrap_or(0).saturating_sub(1);
    let opened = Counts::up_to(most).of(&opened);
    let mut digits = Vec::with_capacity(opened.len());
    for (digit, radix) in
        opened.into_iter().zip(grid.shape.radices().collect::<Vec<_>>().iter().cycle())
    {
        let digit = digit.filter(|digit| digit < radix);
        channel.judge(Check::CountOpened, digit.is_some())?;
        digits.push(digit.ok_or(Halt::Lost)?);
    }
    channel.has_counted(digits.iter().copied());
    digits.chunks(grid.shape.digits().max(1)).map(|digits| level(channel, grid, digits)).collect()
}

/// Small counts, known by the encodings of their doubles: those cost one inversion for all.
pub(crate) struct Counts(BTreeMap<Point, usize>);

impl Counts {
    /// `0 ..= most`.
    pub(crate) fn up_to(most: usize) -> Self {
        let g = bases().g;
        let zero = RistrettoPoint::identity();
        let multiples = std::iter::successors(Some(zero), |sum| Some(sum + g));
        let multiples: Vec<RistrettoPoint> = multiples.take(most.saturating_add(1)).collect();
        Self(encode_double_elements(&multiples).into_iter().zip(0..).collect())
    }

    /// Which `n` each is as `n*G`, if it is one of the known.
    pub(crate) fn of(&self, opened: &[RistrettoPoint]) -> Vec<Option<usize>> {
        let encoded = encode_double_elements(opened);
        encoded.iter().map(|double| self.0.get(double).copied()).collect()
    }
}
