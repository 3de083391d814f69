//! The depth: how many bids lie in each price bucket, without the best ones. Section 11 of
//! `docs/spec.md`, "Cover and depth".

use super::QueryProgress;
use crate::{
    elgamal::Held,
    rank::{
        opened::Counts,
        program::LotSetting,
        question::{Answer, Ask},
    },
    setting::Setting,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::Scalar;

/// A survey, between two questions of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct DepthSurvey {
    bids: usize,
    /// `M'`: so many of the best bids are not shown.
    hidden: u16,
    /// `T_j`, `0 < j < B_1`: how many bids have a first digit of at least `j`.
    counts: Vec<Held>,
    /// How many of them are opened.
    opened: usize,
}

impl DepthSurvey {
    pub(crate) fn new(hidden: u16, lot_setting: LotSetting<'_>) -> Self {
        let counts = lot_setting.first_digits().into_iter().map(Held::from).collect();
        Self { bids: lot_setting.count_ranked(), hidden, counts, opened: 0 }
    }

    /// From its beginning. Done: the number of bids per bucket.
    pub(crate) fn start(&self) -> QueryProgress<Vec<u32>> {
        let (limit, scale) = (self.hidden, Scalar::ONE);
        let counts = self.counts.iter().map(Held::get).collect();
        QueryProgress::Ask(Ask::AtMost { limit, scale, counts })
    }

    /// With the answer to what it asked last.
    pub(crate) fn resume(&mut self, answer: Answer, setting: &Setting) -> QueryProgress<Vec<u32>> {
        match answer {
            Answer::AtMost(at_most) => {
                // K13: counts do not increase, so those to open come first.
                self.opened = at_most.iter().take_while(|at_most| !**at_most).count();
                if at_most.iter().skip(self.opened).any(|at_most| !at_most) {
                    return QueryProgress::Alarm;
                }
                QueryProgress::Ask(Ask::Open(
                    self.counts.iter().take(self.opened).copied().collect(),
                ))
            }
            Answer::Opened(opened) => {
                let mut reader = Counts::up_to(self.bids);
                let counts =
                    opened.iter().map(|opened| reader.read(opened, &setting.generators.value));
                let Some(counts) = counts.collect::<Option<Vec<usize>>>() else {
                    return QueryProgress::Alarm;
                };
                self.buckets(&counts).map_or(QueryProgress::Alarm, QueryProgress::Done)
            }
            Answer::Products(_) => QueryProgress::Alarm,
        }
    }

    /// The differences of the counts, without the hidden bids. Nothing if no bids can give
    /// these counts (K13).
    fn buckets(&self, counts: &[usize]) -> Option<Vec<u32>> {
        let hidden = usize::from(self.hidden);
        let mut shown = Vec::with_capacity(self.counts.len().saturating_add(2));
        shown.push(self.bids.saturating_sub(hidden));
        for count in counts {
            shown.push(count.checked_sub(hidden).filter(|shown| *shown > 0)?);
        }
        shown.resize(self.counts.len().saturating_add(2), 0);
        let next = shown.iter().skip(1);
        let buckets = shown.iter().zip(next).map(|(this, next)| this.checked_sub(*next));
        buckets.map(|bucket| u32::try_from(bucket?).ok()).collect()
    }
}
