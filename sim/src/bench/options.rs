//! What to measure.

use std::time::Duration;
use talea_protocol::price::{Price, PriceGrid, Scale, Shape, Side};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to measure each figure.
    pub time_per_figure: Duration,
    /// Bidders per lot, for whole auctions.
    pub bidders: Vec<usize>,
    /// Levels and digits, most significant first, as bit lengths.
    pub grids: Vec<(u32, Vec<u8>)>,
    /// Threads for parallel runs; 0 takes all cores.
    pub jobs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_per_figure: Duration::from_millis(600),
            bidders: vec![8, 32, 128],
            grids: standard_grids(),
            jobs: 0,
        }
    }
}

impl Options {
    /// Threads for parallel runs.
    pub(super) fn threads(&self) -> usize {
        match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        }
    }

    /// A look at everything, within a minute or so: short grids, few bidders.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            time_per_figure: Duration::from_millis(150),
            bidders: vec![8],
            grids: vec![(256, vec![1; 8]), (65_536, vec![1; 16])],
            jobs: 0,
        }
    }
}

/// The grids that figures are published for.
pub fn standard_grids() -> Vec<(u32, Vec<u8>)> {
    let bits = |first: &[u8], ones: usize| [first, &vec![1; ones][..]].concat();
    vec![
        (256, bits(&[], 8)),
        (256, vec![2; 4]),
        (1_024, bits(&[], 10)),
        (1_024, vec![2; 5]),
        (1_024, bits(&[4], 6)),
        (1_024, vec![10]),
        (65_536, bits(&[], 16)),
        (65_536, vec![2; 8]),
        (65_536, bits(&[4], 12)),
    ]
}

/// A grid for measuring.
///
/// # Panics
/// If the digits are no shape.
#[must_use]
pub fn grid(levels: u32, digit_bits: &[u8]) -> PriceGrid {
    PriceGrid {
        side: Side::HighestWins,
        start: Price(0),
        tick: 1,
        levels,
        scale: Scale::Decimal(2),
        shape: Shape::new(digit_bits).expect("a possible shape"),
    }
}
