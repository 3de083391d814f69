//! What became of an auction's lots, counted.

use crate::lot::LotReport;

/// What became of an auction's lots, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Markets that cleared count, too.
    pub(crate) sold: usize,
    pub(crate) declined: usize,
    pub(crate) below_reserve: usize,
    /// Unsold, without a trade, one-sided, a survey, void, halted, or not decided.
    pub(crate) other: usize,
}

impl Counts {
    pub(crate) fn of(lots: &[LotReport]) -> Self {
        lots.iter().fold(Self::default(), |mut counts, lot| {
            let count = match lot.state {
                "sold" | "cleared" => &mut counts.sold,
                "declined" => &mut counts.declined,
                "below-reserve" => &mut counts.below_reserve,
                _ => &mut counts.other,
            };
            *count += 1;
            counts
        })
    }
}
