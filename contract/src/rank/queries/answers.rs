//! The statistics of a survey: sums of all answers, of which no answer itself is opened. Section 11 of
//! `docs/spec.md`, "Survey".

use super::QueryProgress;
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Opened,
        program::{LotSetting, level_of_entries},
        question::{Answer, Ask},
        sums::Sums,
        work::Factors,
    },
    ranked_bids::RankedBid,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use curve25519_dalek::Scalar;
use talea_protocol::{
    bytes::List,
    mechanism::Mechanism,
    outcome::{Ending, Statistics},
    price::Level,
};

/// The query: it keeps nothing between its two questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Answers;

/// Every number is opened at this scale: that of products.
const SCALE: u64 = 2;

/// What the terms ask for, and the digits of an answer.
struct Questions {
    min_answers: usize,
    /// The first levels of all bins but the lowest, as digits.
    edges: Vec<(usize, usize)>,
    /// Those within a first digit, which take a product each.
    split: Vec<(usize, usize)>,
    has_bins: bool,
    squares: bool,
    /// `B_1 - 1`, and `B_2 - 1` or 0.
    widths: (usize, usize),
    highest: u64,
}

impl Questions {
    /// Nothing if the mechanism is no survey, of which no lot asks.
    fn of(lot_setting: LotSetting<'_>) -> Option<Self> {
        let Mechanism::Survey { min_answers, bin_levels, squares } =
            lot_setting.setting.terms.mechanism
        else {
            return None;
        };
        let grid = lot_setting.grid();
        let mut radices = grid.shape.radices().map(|radix| radix.saturating_sub(1));
        let widths = (radices.next()?, radices.next().unwrap_or(0));
        let edge = |edge: u32| {
            let digits = grid.shape.digits_of(Level(edge));
            Some((digits.first().copied()?, digits.get(1).copied().unwrap_or(0)))
        };
        let edges: Vec<(usize, usize)> = match usize::try_from(bin_levels).ok()? {
            0 => Vec::new(),
            bin => (0..grid.levels).step_by(bin).skip(1).filter_map(edge).collect(),
        };
        Some(Self {
            min_answers: usize::try_from(min_answers).unwrap_or(usize::MAX),
            split: edges.iter().filter(|(_, second)| *second > 0).copied().collect(),
            edges,
            has_bins: bin_levels > 0,
            squares,
            widths,
            highest: u64::from(grid.levels.saturating_sub(1)),
        })
    }

    fn has_two_digits(&self) -> bool {
        self.widths.1 > 0
    }

    /// Gates for every answer.
    fn gates(&self) -> usize {
        if !self.has_two_digits() {
            return 0;
        }
        let of_squares = if self.squares { self.widths.0 } else { 0 };
        self.split.len().saturating_add(of_squares)
    }

    /// `m_2`.
    fn second_bits(&self) -> u32 {
        self.widths.1.saturating_add(1).trailing_zeros()
    }
}

/// The entries of an answer's unary encoding, or of all of them together: `U[1]`, then `U[2]`.
struct Entries {
    first: Vec<Ciphertext>,
    second: Vec<Ciphertext>,
}

impl Entries {
    fn of(answer: &RankedBid, questions: &Questions, lot_setting: LotSetting<'_>) -> Self {
        let (first, second) = questions.widths;
        let mut entries = lot_setting.entries(answer, 0, first.saturating_add(second));
        let second = entries.split_off(first.min(entries.len()));
        Self { first: entries, second }
    }

    /// `U[1][j]`, `j >= 1`; nothing is beyond the last.
    fn first(&self, j: usize) -> Ciphertext {
        let entry = j.checked_sub(1).and_then(|at| self.first.get(at));
        entry.copied().unwrap_or_else(Ciphertext::zero)
    }

    fn second(&self, j: usize) -> Ciphertext {
        let entry = j.checked_sub(1).and_then(|at| self.second.get(at));
        entry.copied().unwrap_or_else(Ciphertext::zero)
    }

    /// `b_2`.
    fn second_digit(&self) -> Ciphertext {
        self.second.iter().copied().sum()
    }

    /// Whether the first digit is `j`.
    fn is_first(&self, j: usize, one: Ciphertext) -> Ciphertext {
        let from = if j == 0 { one } else { self.first(j) };
        from - self.first(j.saturating_add(1))
    }

    /// The factors of a gate; `second_digit` is that of these entries.
    fn factors(
        &self,
        gate: usize,
        questions: &Questions,
        (one, second_digit): (Ciphertext, Ciphertext),
    ) -> Factors {
        let y = self.multiplied(gate, questions, second_digit).into();
        let x = match questions.split.get(gate) {
            Some((first, _)) => self.is_first(*first, one),
            None => self.first(gate.saturating_sub(questions.split.len()).saturating_add(1)),
        };
        Factors { x, y }
    }

    /// What a gate multiplies with a bit.
    fn multiplied(
        &self,
        gate: usize,
        questions: &Questions,
        second_digit: Ciphertext,
    ) -> Ciphertext {
        questions.split.get(gate).map_or(second_digit, |(_, second)| self.second(*second))
    }

    /// Adds those of another answer.
    fn add(&mut self, other: &Self) {
        let add = |sums: &mut Vec<Ciphertext>, entries: &[Ciphertext]| {
            sums.resize(entries.len(), Ciphertext::zero());
            sums.iter_mut().zip(entries).for_each(|(sum, entry)| *sum = *sum + *entry);
        };
        add(&mut self.first, &other.first);
        add(&mut self.second, &other.second);
    }
}

impl Answers {
    /// From its beginning.
    pub(crate) fn start(&mut self, lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        let Some(questions) = Questions::of(lot_setting) else { return QueryProgress::Alarm };
        let answers = lot_setting.count_ranked();
        if answers < questions.min_answers {
            return QueryProgress::Done(Ending::TooFewAnswers);
        }
        match questions.gates() {
            0 => self.open(&questions, &[], lot_setting),
            gates => QueryProgress::Ask(Ask::Multiply { gates: gates.saturating_mul(answers) }),
        }
    }

    /// With the answer to what it asked last.
    pub(crate) fn resume(
        &mut self,
        answer: Answer,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let Some(questions) = Questions::of(lot_setting) else { return QueryProgress::Alarm };
        match answer {
            Answer::Products(turned) => self.open(&questions, &turned, lot_setting),
            // K13
            Answer::Opened(opened) => read(&questions, &opened, lot_setting)
                .map_or(QueryProgress::Alarm, |all| QueryProgress::Done(Ending::Surveyed(all))),
            Answer::AtMost(_) => QueryProgress::Alarm,
        }
    }

    /// The factors of some of the gates that it asked for, answer by answer.
    pub(crate) fn factors(&self, gates: Range<usize>, lot_setting: LotSetting<'_>) -> Vec<Factors> {
        let Some(questions) = Questions::of(lot_setting) else { return Vec::new() };
        let of_answer = questions.gates();
        let one = lot_setting.one();
        // The gates of an answer stand together.
        let mut last: Option<(usize, Entries, Ciphertext)> = None;
        let factors = gates.filter_map(|gate| {
            let place = gate.checked_div(of_answer)?;
            let (_, entries, second_digit) = match last.take().filter(|(of, ..)| *of == place) {
                Some(same) => last.insert(same),
                None => {
                    let answer = lot_setting.ranked_at(place)?;
                    let entries = Entries::of(&answer, &questions, lot_setting);
                    let second_digit = entries.second_digit();
                    last.insert((place, entries, second_digit))
                }
            };
            let gate = gate.checked_rem(of_answer)?;
            Some(entries.factors(gate, &questions, (one, *second_digit)))
        });
        factors.collect()
    }

    /// Opens the sum, how many answers reach every edge, and the sum of the squares, once gates made their
    /// `2*x*y - y`. All of this is linear: entries and products are added up first, over all answers.
    fn open(
        &self,
        questions: &Questions,
        turned: &[Ciphertext],
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let mut entries = Entries { first: Vec::new(), second: Vec::new() };
        for answer in lot_setting.ranked() {
            entries.add(&Entries::of(&answer, questions, lot_setting));
        }
        let (of_answer, second_digit) = (questions.gates(), entries.second_digit());
        let products = (0..of_answer).map(|gate| {
            let turned = turned.iter().skip(gate).step_by(of_answer.max(1)).copied();
            turned.sum::<Ciphertext>() + entries.multiplied(gate, questions, second_digit)
        });
        let mut products = products.collect::<Vec<Ciphertext>>().into_iter();
        let all = entries.first.iter().chain(&entries.second).copied();
        let sum = level_of_entries(&lot_setting.grid().shape, all).doubled();
        let reach = questions.edges.iter().map(|(first, second)| match second {
            0 => entries.first(*first).doubled(),
            _ => {
                let product = products.next().unwrap_or_else(Ciphertext::zero);
                entries.first(first.saturating_add(1)).doubled() + product
            }
        });
        let reach: Vec<Ciphertext> = reach.collect();
        let squares = questions.squares.then(|| square(&entries, questions, products.sum()));
        let all = [sum].into_iter().chain(reach).chain(squares).map(Held::from);
        QueryProgress::Ask(Ask::Open(all.collect()))
    }
}

/// The sum of squares at scale 2, of the sums of entries; `cross` is `2 * b_1 * b_2`.
fn square(entries: &Entries, questions: &Questions, cross: Ciphertext) -> Ciphertext {
    // `j^2` is the sum of the first `j` odd numbers.
    let of_digit = |entries: &[Ciphertext]| -> Ciphertext {
        let odd = (0u32..).map(|j| j.saturating_mul(2).saturating_add(1));
        odd.zip(entries).map(|(odd, entry)| entry.times(odd)).sum()
    };
    let bits = questions.second_bits();
    let first = of_digit(&entries.first).shifted(bits.saturating_mul(2));
    (first + of_digit(&entries.second)).doubled() + cross.shifted(bits.saturating_add(1))
}

/// The statistics. Nothing if no answers can give them (K13).
fn read(
    questions: &Questions,
    opened: &[Opened],
    lot_setting: LotSetting<'_>,
) -> Option<Statistics> {
    let answers = u64::try_from(lot_setting.count_ranked()).ok()?;
    let sum = i64::try_from(answers.checked_mul(questions.highest)?).ok()?;
    let squares = || {
        i64::try_from(answers.checked_mul(questions.highest)?.checked_mul(questions.highest)?).ok()
    };
    let squares = if questions.squares { Some(squares()?) } else { None };
    let count = i64::try_from(answers).ok()?;
    let counts = questions.edges.iter().map(|_| count);
    let most: Vec<i64> = [sum].into_iter().chain(counts).chain(squares).collect();
    let generator = lot_setting.setting.generators.value;
    let sums = Sums::of(opened, &Scalar::from(SCALE), generator);
    let numbers = sums.read(|place| (0, most.get(place).copied().unwrap_or(0)))?;
    let numbers: Option<Vec<u64>> = numbers.into_iter().map(|n| u64::try_from(n).ok()).collect();
    let mut numbers = numbers?.into_iter();
    let sum = numbers.next()?;
    let reach: Vec<u64> =
        [answers].into_iter().chain(numbers.by_ref().take(questions.edges.len())).collect();
    let next = reach.iter().skip(1).copied().chain([0]);
    let bins =
        reach.iter().zip(next).map(|(reach, next)| u32::try_from(reach.checked_sub(next)?).ok());
    let bins: Vec<u32> = bins.collect::<Option<_>>()?;
    let bins = if questions.has_bins { Some(List::new(bins).ok()?) } else { None };
    let squares = if questions.squares { Some(numbers.next()?) } else { None };
    Some(Statistics { sum, bins, squares })
}
