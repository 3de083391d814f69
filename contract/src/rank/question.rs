//! What a ranking can ask of keyholders about encrypted values. Section 11 of `docs/spec.md`,
//! "Questions".
//!
//! | asked | steps | answer |
//! |---|---|---|
//! | [`Ask::Open`] | Decrypt | the messages |
//! | [`Ask::AtMost`], limit 0 | Blind, Decrypt | which are zero |
//! | [`Ask::AtMost`], other limits | Shuffle, Decrypt | which are counts from 0 to the limit |
//! | [`Ask::Multiply`] | Gate, Decrypt | encryptions of `2*x*y - y` |
//!
//! A ciphertext without randomness is public: it is read, and no keyholder is asked.

use super::{opened::Opened, step::Completed, work::Work};
use crate::{
    elgamal::{Ciphertext, Held},
    setting::Setting,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;

/// A question about a list of ciphertexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// What do they hold?
    Open(Vec<Held>),
    /// Which of these counts, each written as `scale * n * G`, are at most `limit`?
    AtMost { limit: u16, scale: Scalar, counts: Vec<Ciphertext> },
    /// Multiply so many pairs `(x, y)`, `x` an encryption of 0 or 1. Whoever asks makes the pairs of a chunk when they are
    /// needed: together they would be more than one instruction can carry.
    Multiply { gates: usize },
}

/// What came back, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Opened(Vec<Opened>),
    AtMost(Vec<bool>),
    /// Without the `y` that whoever asked has.
    Products(Vec<Ciphertext>),
}

/// A question on its way, between two steps of it: what is known of each item already.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Pending {
    /// A Decrypt step.
    Open { read: Vec<Option<Opened>> },
    /// Blind.
    Blind { read: Vec<Option<bool>> },
    /// A Decrypt step of the blinded ciphertexts.
    ZeroTest { read: Vec<Option<bool>> },
    /// A Shuffle step.
    Shuffle { read: Vec<Option<bool>> },
    /// A Decrypt step of the shuffled lists, all of one length.
    ShuffledTest { read: Vec<Option<bool>>, entries: usize },
    /// Gate.
    Gate,
    /// A Decrypt step of the signs, of which none can be read: its chunks are those of the gates.
    Signs,
    /// A Decrypt step of the other signs where some can be read.
    SomeSigns { read: Vec<Option<Opened>> },
}

/// How far a question came.
pub(crate) enum QuestionProgress {
    /// To a step of keyholders.
    Step(Work, Pending),
    Answer(Answer),
    /// To something that no accepted proof allows (K10).
    Alarm,
}

impl Ask {
    /// Asks: the first step, or the answer if everything can be read.
    pub(crate) fn pose(self, setting: &Setting) -> QuestionProgress {
        match self {
            Self::Open(ciphertexts) => {
                let (sealed, read) = split(ciphertexts, |c| read_public(c, setting));
                if sealed.is_empty() {
                    return QuestionProgress::Answer(Answer::Opened(merge(&read, Vec::new())));
                }
                QuestionProgress::Step(Work::decrypt(&sealed, setting), Pending::Open { read })
            }
            Self::AtMost { limit: 0, scale: _, counts } => {
                let zero = |c: &Held| Some(read_public(c, setting)?.is_zero());
                let (sealed, read) = split(counts.into_iter().map(Held::from), zero);
                if sealed.is_empty() {
                    return QuestionProgress::Answer(Answer::AtMost(merge(&read, Vec::new())));
                }
                QuestionProgress::Step(Work::blind(sealed, setting), Pending::Blind { read })
            }
            Self::AtMost { limit, scale, counts } => {
                let at_most = |c: &Held| {
                    let count = read_public(c, setting)?.count(&scale, limit.into());
                    Some(count.is_some())
                };
                let (sealed, read) = split(counts.into_iter().map(Held::from), at_most);
                if sealed.is_empty() {
                    return QuestionProgress::Answer(Answer::AtMost(merge(&read, Vec::new())));
                }
                let lists: Vec<Vec<Ciphertext>> = sealed
                    .iter()
                    .map(|count| candidates(&count.get(), limit, &scale, setting))
                    .collect();
                QuestionProgress::Step(Work::shuffle(&lists, setting), Pending::Shuffle { read })
            }
            Self::Multiply { gates: 0 } => QuestionProgress::Answer(Answer::Products(Vec::new())),
            Self::Multiply { gates } => {
                QuestionProgress::Step(Work::gates(gates, setting), Pending::Gate)
            }
        }
    }
}

/// `T - (limit - i) * scale * (O, G)` for `i = 0 .. 2^k`, `2^k` the least power above the limit:
/// one of them is zero exactly if `T` is a count of at most `limit`. Those beyond the limit ask for
/// a count below zero, which cannot occur.
fn candidates(
    count: &Ciphertext,
    limit: u16,
    scale: &Scalar,
    setting: &Setting,
) -> Vec<Ciphertext> {
    let unit = setting.generators.value * scale;
    let entries = usize::from(limit).saturating_add(1).next_power_of_two();
    let mut e = count.e - unit * Scalar::from(limit);
    let mut list = Vec::with_capacity(entries);
    for _ in 0..entries {
        list.push(Ciphertext { r: count.r, e });
        e += unit;
    }
    list
}

impl Pending {
    /// Goes on after its step is complete.
    pub(crate) fn proceed(&self, done: Completed<'_>, setting: &Setting) -> QuestionProgress {
        match self {
            Self::Open { read } => {
                QuestionProgress::Answer(Answer::Opened(merge(read, done.opened(setting))))
            }
            Self::Blind { read } => {
                let work = Work::decrypt_before(done.chunks());
                QuestionProgress::Step(work, Self::ZeroTest { read: read.clone() })
            }
            Self::ZeroTest { read } => {
                let zeros = done.opened(setting).iter().map(Opened::is_zero).collect();
                QuestionProgress::Answer(Answer::AtMost(merge(read, zeros)))
            }
            Self::Shuffle { read } => {
                let lists = done.shuffled();
                let entries = lists.first().map_or(0, Vec::len);
                let work = Work::decrypt(&lists.concat(), setting);
                QuestionProgress::Step(work, Self::ShuffledTest { read: read.clone(), entries })
            }
            Self::ShuffledTest { read, entries } => {
                let opened = done.opened(setting);
                let lists = opened.chunks((*entries).max(1));
                let some_zero = lists.map(|list| list.iter().any(Opened::is_zero)).collect();
                QuestionProgress::Answer(Answer::AtMost(merge(read, some_zero)))
            }
            Self::Gate if !done.shows_signs() => {
                QuestionProgress::Step(Work::decrypt_before(done.chunks()), Self::Signs)
            }
            Self::Gate => {
                let signs = done.signs();
                let (sealed, read) = split(signs, |sign: &Held| read_public(sign, setting));
                if sealed.is_empty() {
                    return products(&done.gated(), &merge(&read, Vec::new()));
                }
                QuestionProgress::Step(Work::decrypt(&sealed, setting), Self::SomeSigns { read })
            }
            Self::Signs => products(&done.gated(), &done.opened(setting)),
            Self::SomeSigns { read } => products(&done.gated(), &merge(read, done.opened(setting))),
        }
    }

    /// Whether its step is about gates that are done.
    pub(crate) fn is_about_gates(&self) -> bool {
        matches!(self, Self::Signs | Self::SomeSigns { .. })
    }
}

/// `v*Y_last`, which is `y` less than an encryption of `2*x*y`, now that the signs `v` are known (K10).
fn products(gated: &[Ciphertext], signs: &[Opened]) -> QuestionProgress {
    let products = gated
        .iter()
        .zip(signs)
        .map(|(last, sign)| sign.is_positive_sign().map(|plus| if plus { *last } else { -*last }));
    match products.collect() {
        Some(products) => QuestionProgress::Answer(Answer::Products(products)),
        None => QuestionProgress::Alarm,
    }
}

fn read_public(held: &Held, setting: &Setting) -> Option<Opened> {
    held.is_public().then(|| Opened::read(&held.get(), setting.generators.value))
}

/// Those that keyholders must be asked about, and per place what everybody can read; nothing if that is nothing.
fn split<C, T>(
    ciphertexts: impl IntoIterator<Item = C>,
    read: impl Fn(&C) -> Option<T>,
) -> (Vec<C>, Vec<Option<T>>) {
    let mut sealed = Vec::new();
    let mut all = Vec::new();
    for ciphertext in ciphertexts {
        let known = read(&ciphertext);
        if known.is_none() {
            sealed.push(ciphertext);
        }
        all.push(known);
    }
    if sealed.len() == all.len() {
        all.clear();
    }
    (sealed, all)
}

/// Puts what was read and what was asked back in one order.
fn merge<T: Copy>(read: &[Option<T>], asked: Vec<T>) -> Vec<T> {
    if read.is_empty() {
        return asked;
    }
    let mut asked = asked.into_iter();
    // There is one answer for everything that was not read.
    read.iter().filter_map(|known| known.or_else(|| asked.next())).collect()
}
