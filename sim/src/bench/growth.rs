//! How what a bidder costs grows with the number of bidders, and with the number of prices.

use super::{
    lot::{one_lot, replay},
    options::grid,
    rules::Rules,
    verification::verify,
    yardstick::{UNIT, Yardstick},
};
use crate::simulate::SimulationError;
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use serde::Serialize;
use std::{hint::black_box, time::Duration};

/// Which sizes to measure.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// How long to measure each figure.
    pub time_per_figure: Duration,
    /// Numbers of bidders, for [`Self::fixed_price_bits`].
    pub bidders: Vec<usize>,
    /// Numbers of prices, as powers of two from 5 to 32, for [`Self::fixed_bidders`].
    pub price_bits: Vec<u32>,
    /// Prices while bidders grow.
    pub fixed_price_bits: u32,
    /// Bidders while prices grow.
    pub fixed_bidders: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            time_per_figure: Duration::from_millis(600),
            bidders: vec![8, 16, 32, 64, 128, 256],
            price_bits: vec![8, 12, 16, 20, 24, 28, 32],
            fixed_price_bits: 16,
            fixed_bidders: 32,
        }
    }
}

impl Sizes {
    /// Few sizes, and small ones: within half a minute or so.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            time_per_figure: Duration::from_millis(150),
            bidders: vec![8, 16, 32],
            price_bits: vec![8, 16, 32],
            fixed_price_bits: 16,
            fixed_bidders: 8,
        }
    }
}

/// What one size costs, per bidder: one lot, first price, quorum 2 of 3, one core.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// Bidders.
    pub bidders: usize,
    /// Prices.
    pub levels: u32,
    /// Their digits.
    pub shape: String,
    /// The bidder itself, and its part of what keyholders and seller do.
    pub parties: f64,
    /// The contract.
    pub contract: f64,
    /// The verifier.
    pub verifier: f64,
    /// Bytes of the transcript.
    pub bytes: u64,
}

/// All sizes.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// Names this layout.
    pub schema: &'static str,
    /// What a ratio of 1 is.
    pub unit: &'static str,
    /// By number of bidders.
    pub by_bidders: Vec<Point>,
    /// By number of prices.
    pub by_prices: Vec<Point>,
}

impl Growth {
    /// Measures all sizes; `progress` hears of each before it begins.
    ///
    /// # Errors
    /// [`SimulationError`] if a run fails.
    pub fn measure(sizes: &Sizes, progress: impl Fn(&str)) -> Result<Self, SimulationError> {
        let mut yardstick = Yardstick::new();
        let mut point = |bidders, price_bits: u32| {
            progress(&format!("{bidders} bidders, 2^{price_bits} prices"));
            Point::measure(&mut yardstick, sizes.time_per_figure, bidders, price_bits)
        };
        let by_bidders = sizes.bidders.iter().map(|n| point(*n, sizes.fixed_price_bits));
        let by_bidders = by_bidders.collect::<Result<_, _>>()?;
        let by_prices = sizes.price_bits.iter().map(|bits| point(sizes.fixed_bidders, *bits));
        let by_prices = by_prices.collect::<Result<_, _>>()?;
        let (schema, unit) = ("talea-sim-growth/1", UNIT);
        Ok(Self { schema, unit, by_bidders, by_prices })
    }

    /// The figures as JSON.
    ///
    /// # Errors
    /// Never, for figures that are numbers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The figures as a table.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut rows = Table::new();
        rows.load_preset(ASCII_MARKDOWN)
            .set_header(["bidders", "levels", "shape", "parties", "contract", "verifier", "bytes"]);
        for column in rows.column_iter_mut() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for point in self.by_bidders.iter().chain(&self.by_prices) {
            let Point { bidders, levels, shape, parties, contract, verifier, bytes } = point;
            rows.add_row([
                bidders.to_string(),
                levels.to_string(),
                shape.clone(),
                format!("{parties:.2}"),
                format!("{contract:.2}"),
                format!("{verifier:.2}"),
                bytes.to_string(),
            ]);
        }
        format!("Cost and bytes per bidder; costs are multiples of {}.\n\n{rows}\n", self.unit)
    }
}

impl Point {
    fn measure(
        yardstick: &mut Yardstick,
        time: Duration,
        bidders: usize,
        price_bits: u32,
    ) -> Result<Self, SimulationError> {
        // One digit of sixteen, the rest bits: what `suggest` prefers for most grids. A grid cannot have 2^32
        // levels, only one less.
        let levels = u32::try_from(1u64 << price_bits.min(32)).unwrap_or(u32::MAX);
        let digits = [&[4][..], &vec![1; price_bits.saturating_sub(4) as usize]].concat();
        let grid = grid(levels, &digits);
        let run = || one_lot(&grid, bidders, &Rules::FIRST_PRICE);
        let transcript = run()?;
        let per_bidder = bidders as f64;
        let contract = yardstick.ratio(time, || drop(black_box(replay(&transcript)))) / per_bidder;
        let verifier = yardstick.ratio(time, || verify(&transcript, 1)) / per_bidder;
        // A run is what all parties do, with the contract once.
        let whole = yardstick.ratio(time, || drop(black_box(run()))) / per_bidder;
        Ok(Self {
            bidders,
            levels,
            shape: grid.shape.to_string(),
            parties: whole - contract,
            contract,
            verifier,
            bytes: transcript.len() as u64 / bidders as u64,
        })
    }
}
