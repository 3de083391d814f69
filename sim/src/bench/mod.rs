//! What an auction costs, as ratios to one 64-bit Bulletproof verification in the same run.
//!
//! Machines differ and this one may be busy, so nothing here is a time: every figure is the median
//! of pairs, the processor time of the work and, right after it, that of the yardstick.
//!
//! | module | what it holds |
//! |---|---|
//! | [`options`] | what to measure |
//! | [`yardstick`] | what every figure is a multiple of |
//! | [`memory`] | how much memory the process holds |
//! | [`fixture`] | what single proofs are measured on |
//! | [`rules`] | the rules of the auctions measured |
//! | [`lot`] | those auctions, and their transcripts |
//! | [`messages`] | figures of a bid's two messages |
//! | [`keyholder`] | figures of keyholders' work |
//! | [`auctions`] | figures of whole auctions |
//! | [`ranking`] | figures of every rule |
//! | [`markets`] | figures of markets of curves and of surveys |
//! | `verification` | the verifier at work |
//! | [`growth`] | figures by number of bidders and of prices |
//! | [`chart`] | a picture of these |
//! | [`scale`] | figures of lots with thousands of bidders |
//! | [`report`] | all of them, for people and for tools |

pub mod auctions;
pub mod chart;
pub mod fixture;
pub mod growth;
pub mod keyholder;
pub mod lot;
pub mod markets;
pub mod memory;
pub mod messages;
pub mod options;
pub mod ranking;
pub mod report;
pub mod rules;
pub mod scale;
mod verification;
pub mod yardstick;

pub use fixture::Bench;
pub use lot::{one_lot, replay};
pub use memory::Memory;
pub use options::{Options, grid, standard_grids};
pub use rules::Rules;
pub use yardstick::Yardstick;

use crate::simulate::SimulationError;
use report::Report;
use talea_protocol::price::PriceGrid;

/// Measures everything asked for; `progress` hears of each part before it begins.
///
/// # Errors
/// [`SimulationError`] if a run fails.
pub fn run(
    options: &Options,
    memory: Option<&dyn Memory>,
    progress: impl Fn(&str),
) -> Result<Report, SimulationError> {
    let mut yardstick = Yardstick::new();
    let mut bench = Bench::new();
    let time = options.time_per_figure;
    progress("keyholders' work");
    let keyholder = keyholder::figures(&mut bench, &mut yardstick, time, options.threads());
    let grids: Vec<PriceGrid> =
        options.grids.iter().map(|(levels, bits)| grid(*levels, bits)).collect();
    let mut messages = Vec::new();
    let mut auctions = Vec::new();
    for grid in &grids {
        let name = format!("{} levels as {}", grid.levels, grid.shape);
        progress(&name);
        messages.push(messages::figures(&mut bench, &mut yardstick, time, grid));
        for bidders in &options.bidders {
            progress(&format!("{name}, {bidders} bidders"));
            let figures = auctions::figures(&mut yardstick, options, memory, grid, *bidders)?;
            auctions.push(figures);
        }
    }
    let rules = match (grids.last(), options.bidders.iter().max()) {
        (Some(grid), Some(bidders)) => {
            ranking::figures(&mut yardstick, time, grid, *bidders, &progress)?
        }
        (None, _) | (_, None) => Vec::new(),
    };
    let markets = match options.bidders.iter().max() {
        Some(bidders) => markets::figures(&mut yardstick, time, (*bidders).min(64), &progress)?,
        None => Vec::new(),
    };
    let (schema, unit) = ("talea-sim-bench/3", yardstick::UNIT);
    Ok(Report { schema, unit, messages, keyholder, auctions, rules, markets })
}
