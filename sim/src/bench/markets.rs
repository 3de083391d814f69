//! What markets of curves and surveys cost: the contract on a whole transcript, per step of a bid, beside the uniform
//! price of ten units with as many bids as there are steps.

use super::{
    lot::{Lots, one_lot, one_market, replay},
    options::grid,
    rules::Rules,
    yardstick::Yardstick,
};
use crate::simulate::SimulationError;
use serde::Serialize;
use std::{hint::black_box, time::Duration};
use talea_protocol::{
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::PriceGrid,
};

/// One lot with a quorum of 2 of 3.
#[derive(Clone, Debug, Serialize)]
pub struct MarketFigures {
    /// Which market.
    pub market: String,
    /// Levels of the grid.
    pub levels: u32,
    /// Its digits.
    pub shape: String,
    /// Bidders.
    pub bidders: usize,
    /// Steps of all bids.
    pub steps: usize,
    /// The contract on the whole transcript, per step, one core.
    pub contract_per_step: f64,
    /// The same as a multiple of a bid of the uniform price of ten units, with as many bids, in this run.
    pub contract_to_uniform_price: f64,
    /// Bytes of the transcript per step.
    pub bytes_per_step: u64,
    /// The same as a multiple of that uniform price's.
    pub bytes_to_uniform_price: f64,
}

/// Units of a bid in the markets that are measured.
const UNITS: u32 = 21;
/// Steps of a bid.
const STEPS: u8 = 3;
const PUBLIC: Quantities = Quantities::Public { most: UNITS };
const SEALED: Quantities = Quantities::Sealed { bits: 4 };

/// What is measured, each with its name.
fn markets(bidders: usize) -> Vec<(&'static str, Mechanism)> {
    let curves = |quantities, pricing, comparisons| Mechanism::Curves {
        curve: Curve { steps: STEPS, quantities },
        pricing,
        least: 1,
        comparisons,
    };
    let two_sided = |quantities, rule, comparisons| Mechanism::TwoSided {
        curve: Curve { steps: STEPS, quantities },
        rule,
        comparisons,
    };
    let (hidden, opened) = (Comparisons::Hidden, Comparisons::Opened);
    let (uniform, as_bid) = (Pricing::Uniform, Pricing::PayAsBid);
    let one_unit = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let reduction = Mechanism::TwoSided {
        curve: one_unit,
        rule: ClearingRule::TradeReduction,
        comparisons: hidden,
    };
    let survey = |bin_levels, squares| Mechanism::Survey { min_answers: 2, bin_levels, squares };
    let mut all = vec![
        ("uniform price, public quantities", curves(PUBLIC, uniform, opened)),
        ("uniform price, hidden comparisons", curves(PUBLIC, uniform, hidden)),
        ("uniform price, sealed quantities", curves(SEALED, uniform, opened)),
        ("pay as bid, public quantities", curves(PUBLIC, as_bid, opened)),
        ("pay as bid, sealed quantities", curves(SEALED, as_bid, opened)),
        ("two-sided, lowest, sealed", two_sided(SEALED, ClearingRule::Lowest, opened)),
        ("two-sided, middle, sealed", two_sided(SEALED, ClearingRule::Middle, opened)),
    ];
    // T8: hidden comparisons of two sides are for 63 units.
    if bidders <= 63 {
        all.push(("two-sided, trade reduction", reduction));
    }
    all.extend([
        ("survey: sum", survey(0, false)),
        ("survey: sum, 16 bins, squares", survey(64, true)),
    ]);
    all
}

/// Levels and digits of what is measured: those of a survey are two.
fn grid_of(mechanism: Mechanism) -> PriceGrid {
    match mechanism {
        Mechanism::Survey { .. } => grid(1_024, &[4, 6]),
        _ => grid(1_024, &[4, 1, 1, 1, 1, 1, 1]),
    }
}

/// Measures every market with so many bidders.
///
/// # Errors
/// [`SimulationError`] if a run fails.
pub(super) fn figures(
    yardstick: &mut Yardstick,
    time: Duration,
    bidders: usize,
    progress: impl Fn(&str),
) -> Result<Vec<MarketFigures>, SimulationError> {
    let uniform_price =
        Rules { mechanism: Mechanism::UniformPrice { units: 10 }, ..Rules::FIRST_PRICE };
    let mut per_bid = |bids: usize, transcript: &[u8]| {
        let work = yardstick.ratio(time, || drop(black_box(replay(transcript))));
        (work / bids as f64, transcript.len() as f64 / bids as f64)
    };
    let mut figures = Vec::new();
    let mut beside: Option<(usize, (f64, f64))> = None;
    for (name, mechanism) in markets(bidders) {
        progress(name);
        let grid = grid_of(mechanism);
        let steps_of_bid = mechanism.curve().map_or(1, |curve| usize::from(curve.steps));
        let steps = bidders * steps_of_bid;
        let lots = Lots { grid: &grid, bidders, units: UNITS, mechanism };
        let (work, bytes) = per_bid(steps, &one_market(&lots)?);
        let (work_beside, bytes_beside) = match beside {
            Some((bids, figures)) if bids == steps => figures,
            _ => {
                let grid = grid_of(uniform_price.mechanism);
                per_bid(steps, &one_lot(&grid, steps, &uniform_price)?)
            }
        };
        beside = Some((steps, (work_beside, bytes_beside)));
        figures.push(MarketFigures {
            market: name.into(),
            levels: grid.levels,
            shape: grid.shape.to_string(),
            bidders,
            steps,
            contract_per_step: work,
            contract_to_uniform_price: work / work_beside,
            bytes_per_step: bytes as u64,
            bytes_to_uniform_price: bytes / bytes_beside,
        });
    }
    Ok(figures)
}
