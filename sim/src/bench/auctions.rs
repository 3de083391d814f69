//! What a whole auction costs: the contract and the verifier on its transcript.

use super::{
    lot::{one_lot, replay},
    memory::Memory,
    options::Options,
    rules::Rules,
    verification::verify,
    yardstick::{Yardstick, speedup},
};
use crate::simulate::SimulationError;
use serde::Serialize;
use std::hint::black_box;
use talea_protocol::price::PriceGrid;

/// One lot with a quorum of 2 of 3.
#[derive(Clone, Debug, Serialize)]
pub struct AuctionFigures {
    /// Levels of the grid.
    pub levels: u32,
    /// Its digits.
    pub shape: String,
    /// Bidders.
    pub bidders: usize,
    /// The contract on the whole transcript, per bidder, one core.
    pub contract_per_bidder: f64,
    /// The verifier on the whole transcript, per bidder, one core.
    pub verifier_per_bidder: f64,
    /// How many times faster the verifier is on all cores.
    pub verifier_speedup: f64,
    /// Threads of that run.
    pub verifier_jobs: usize,
    /// Bytes of the transcript per bidder.
    pub bytes_per_bidder: u64,
    /// Most bytes that the contract held.
    pub contract_peak_bytes: Option<usize>,
    /// Most bytes that the verifier held.
    pub verifier_peak_bytes: Option<usize>,
}

/// Measures one lot with so many bidders.
///
/// # Errors
/// [`SimulationError`] if the run fails.
pub(super) fn figures(
    yardstick: &mut Yardstick,
    options: &Options,
    memory: Option<&dyn Memory>,
    grid: &PriceGrid,
    bidders: usize,
) -> Result<AuctionFigures, SimulationError> {
    let transcript = one_lot(grid, bidders, &Rules::FIRST_PRICE)?;
    let time = options.time_per_figure;
    let per_bidder = bidders as f64;
    let peak_of = |work: &dyn Fn()| {
        memory.map(|memory| {
            let before = memory.reset();
            work();
            memory.peak().saturating_sub(before)
        })
    };
    let contract = yardstick.ratio(time, || drop(black_box(replay(&transcript))));
    let verifier = yardstick.ratio(time, || verify(&transcript, 1));
    let jobs = options.threads();
    Ok(AuctionFigures {
        levels: grid.levels,
        shape: grid.shape.to_string(),
        bidders,
        contract_per_bidder: contract / per_bidder,
        verifier_per_bidder: verifier / per_bidder,
        verifier_speedup: speedup(time, || verify(&transcript, 1), || verify(&transcript, jobs)),
        verifier_jobs: jobs,
        bytes_per_bidder: transcript.len() as u64 / bidders as u64,
        contract_peak_bytes: peak_of(&|| drop(black_box(replay(&transcript)))),
        verifier_peak_bytes: peak_of(&|| verify(&transcript, 1)),
    })
}
