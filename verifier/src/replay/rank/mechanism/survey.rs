//! A survey: of the answers nothing is opened but sums over all of them.

use std::iter::repeat_n;

use rayon::prelude::*;
use talea_protocol::{
    bytes::List,
    check::Check,
    limits::MAX_BUCKETS,
    outcome::{Ending, Statistics},
    price::{PriceGrid, Shape},
};

use crate::{
    decryptions::Topic,
    group::{Cipher, bases},
    replay::{
        rank::{
            dialogue::{Halt, KeyholderChannel},
            reading::{Bounded, read},
        },
        unary_encoding::UnaryEncoding,
    },
};

/// What the terms say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Questions {
    /// Of fewer answers nothing is opened.
    pub(crate) min_answers: u32,
    /// Levels of a bin; 0 for no histogram.
    pub(crate) bin_levels: u32,
    pub(crate) squares: bool,
}

/// Answers that are worth a task of their own.
const ANSWERS_AT_ONCE: usize = 64;

pub(crate) async fn survey(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    questions: Questions,
    answers: &[&UnaryEncoding],
) -> Result<Ending, Halt> {
    let n = u64::try_from(answers.len()).unwrap_or(u64::MAX);
    if n < u64::from(questions.min_answers) {
        return Ok(Ending::TooFewAnswers);
    }
    channel.turn_to(Topic::Statistics);
    let plan = Plan::of(grid, questions).ok_or(Halt::Lost)?;
    let pairs: Option<Vec<Vec<(Cipher, Cipher)>>> =
        answers.par_iter().map(|answer| plan.products(answer)).collect();
    let products = channel.products_of(pairs.ok_or(Halt::Lost)?.concat()).await?;
    let products = column_sums(plan.products_of_answer(), &products);
    let entries = plan.entry_sums(answers).ok_or(Halt::Lost)?;

    let opened = channel.open(plan.asked(&entries, &products).ok_or(Halt::Lost)?).await?;
    let most = plan.most(n).ok_or(Halt::Lost)?;
    let bounded: Vec<Bounded> =
        opened.into_iter().zip(most).map(|(m, most)| (m, 0..=most)).collect();
    let read = read(&(bases().g + bases().g), &bounded);
    channel.has_read(read.iter().filter_map(|sum| *sum));
    let mut sums = Vec::with_capacity(read.len());
    for sum in read {
        channel.judge(Check::CountOpened, sum.is_some())?;
        sums.push(sum.and_then(|sum| u64::try_from(sum).ok()).ok_or(Halt::Lost)?);
    }
    plan.statistics(channel, n, &sums)
}

/// An edge of a bin, by its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    first: usize,
    /// 0 also where there is one digit.
    second: usize,
}

/// What is asked about the answers to a lot.
struct Plan<'a> {
    shape: &'a Shape,
    /// `B_1`.
    radix: usize,
    /// `m_2` and `B_2`, where there are two digits.
    second: Option<(u8, usize)>,
    /// `levels - 1`.
    last: u64,
    has_bins: bool,
    edges: Vec<Edge>,
    squares: bool,
}

impl<'a> Plan<'a> {
    fn of(grid: &'a PriceGrid, questions: Questions) -> Option<Self> {
        let shape = &grid.shape;
        let radices: Vec<usize> = shape.radices().collect();
        let (radix, second) = match (radices.as_slice(), shape.digit_bits()) {
            ([radix], _) => (*radix, None),
            ([radix, second], [_, bits]) => (*radix, Some((*bits, *second))),
            _ => return None,
        };
        let width = second.map_or(1, |(_, radix)| radix);
        let levels = usize::try_from(grid.levels).ok()?;
        let step = usize::try_from(questions.bin_levels).ok()?;
        let edge = |level: usize| {
            Some(Edge { first: level.checked_div(width)?, second: level.checked_rem(width)? })
        };
        let edges = match step {
            0 => Vec::new(),
            _ => (step..levels).step_by(step).map(edge).collect::<Option<_>>()?,
        };
        Some(Self {
            shape,
            radix,
            second,
            last: u64::from(grid.levels).saturating_sub(1),
            has_bins: step > 0,
            edges,
            squares: questions.squares,
        })
    }

    /// `U[1][j]`, `j = 0 ..= B_1`, of the entries.
    fn first(&self, entries: &[Cipher], j: usize) -> Option<Cipher> {
        match j.checked_sub(1) {
            None => Some(Cipher::one()),
            Some(_) if j == self.radix => Some(Cipher::zero()),
            Some(before) => entries.get(before).copied(),
        }
    }

    /// Entries of the second digit.
    fn seconds<'b>(&self, entries: &'b [Cipher]) -> &'b [Cipher] {
        entries.get(self.radix.saturating_sub(1)..).unwrap_or_default()
    }

    /// Edges that fall between two first digits need no product.
    fn edges_within(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.second > 0)
    }

    fn products_of_answer(&self) -> usize {
        let squares =
            self.second.filter(|_| self.squares).map_or(0, |_| self.radix.saturating_sub(1));
        self.edges_within().count().saturating_add(squares)
    }

    /// What is multiplied for an answer: for each edge whether its first digit is the answer's with whether the second
    /// is reached; and for the squares the entries of the first digit with the second digit.
    fn products(&self, answer: &UnaryEncoding) -> Option<Vec<(Cipher, Cipher)>> {
        let mut pairs = Vec::with_capacity(self.products_of_answer());
        if self.second.is_none() {
            return Some(pairs);
        }
        let entries = answer.entries(0..self.shape.entries())?;
        for Edge { first, second } in self.edges_within() {
            let beyond = self.first(&entries, first.checked_add(1)?)?;
            let here = self.first(&entries, *first)? - beyond;
            let reached = self.seconds(&entries).get(second.checked_sub(1)?)?;
            pairs.push((here, *reached));
        }
        if self.squares {
            let second: Cipher = self.seconds(&entries).iter().copied().sum();
            let first = entries.get(..self.radix.checked_sub(1)?)?;
            pairs.extend(first.iter().map(|entry| (*entry, second)));
        }
        Some(pairs)
    }

    /// The sums over all answers of each entry.
    fn entry_sums(&self, answers: &[&UnaryEncoding]) -> Option<Vec<Cipher>> {
        let entries = self.shape.entries();
        let none = || vec![Cipher::zero(); entries];
        let add = |sums: Vec<Cipher>, answer: &&UnaryEncoding| {
            Some(added(sums, answer.entries(0..entries)?.iter()))
        };
        let join = |sums: Vec<Cipher>, others: Vec<Cipher>| Some(added(sums, others.iter()));
        answers.par_iter().with_min_len(ANSWERS_AT_ONCE).try_fold(none, add).try_reduce(none, join)
    }

    /// What is opened, at scale 2, of sums over all answers.
    fn asked(&self, entries: &[Cipher], products: &[Cipher]) -> Option<Vec<Cipher>> {
        let (first, second) = entries.split_at_checked(self.radix.checked_sub(1)?)?;
        let shifted = |cipher: Cipher, bits: u8| (0..bits).fold(cipher, |c, _| c.doubled());
        let bits = self.second.map_or(0, |(bits, _)| bits);
        let sum = |entries: &[Cipher]| -> Cipher { entries.iter().copied().sum() };
        let mut asked = vec![(shifted(sum(first), bits) + sum(second)).doubled()];

        let mut products = products.iter().copied();
        for edge in &self.edges {
            // All reach level 0, and that is no edge.
            asked.push(if edge.second == 0 {
                self.first(entries, edge.first)?.doubled()
            } else {
                let beyond = self.first(entries, edge.first.checked_add(1)?)?;
                beyond.doubled() + products.next()?
            });
        }
        if self.squares {
            let of_first = odd_multiples(first);
            let of_second = odd_multiples(second);
            let twice_bits = bits.checked_mul(2)?;
            let crossed = shifted(products.sum::<Cipher>().doubled(), bits);
            asked.push((shifted(of_first, twice_bits) + of_second).doubled() + crossed);
        }
        Some(asked)
    }

    /// **K13**: the most that each can be, of `n` answers.
    fn most(&self, n: u64) -> Option<Vec<i64>> {
        let sum = n.checked_mul(self.last)?;
        let counts = repeat_n(n, self.edges.len());
        let squares = self.squares.then(|| sum.saturating_mul(self.last));
        let all = [sum].into_iter().chain(counts).chain(squares);
        all.map(|most| i64::try_from(most).ok()).collect()
    }

    /// What was opened of `n` answers, in words.
    fn statistics(&self, channel: &KeyholderChannel, n: u64, sums: &[u64]) -> Result<Ending, Halt> {
        let (sum, rest) = sums.split_first().ok_or(Halt::Lost)?;
        let (reach, squares) = rest.split_at_checked(self.edges.len()).ok_or(Halt::Lost)?;
        let reach: Vec<u64> = [n].into_iter().chain(reach.iter().copied()).chain([0]).collect();
        let falls = reach.is_sorted_by(|here, next| here >= next);
        channel.judge(Check::CountOpened, falls)?;
        let bins = reach.iter().zip(reach.iter().skip(1));
        let bins = bins.map(|(here, next)| u32::try_from(here.saturating_sub(*next)).ok());
        let bins = bins.collect::<Option<Vec<u32>>>().ok_or(Halt::Lost)?;
        let bins = List::<u32, MAX_BUCKETS>::new(bins).map_err(|_| Halt::Lost)?;
        Ok(Ending::Surveyed(Statistics {
            sum: *sum,
            bins: self.has_bins.then_some(bins),
            squares: squares.first().copied(),
        }))
    }
}

/// `sum of (2j - 1) U[j]`, `j` from 1: an encryption of the square of the digit.
fn odd_multiples(entries: &[Cipher]) -> Cipher {
    (0u32..).zip(entries).map(|(j, entry)| entry.times(j.saturating_mul(2).saturating_add(1))).sum()
}

fn added<'a>(mut sums: Vec<Cipher>, others: impl Iterator<Item = &'a Cipher>) -> Vec<Cipher> {
    sums.iter_mut().zip(others).for_each(|(sum, other)| *sum = *sum + *other);
    sums
}

/// The sums of rows of so many.
fn column_sums(columns: usize, rows: &[Cipher]) -> Vec<Cipher> {
    let none = vec![Cipher::zero(); columns];
    rows.chunks(columns.max(1)).fold(none, |sums, row| added(sums, row.iter()))
}
