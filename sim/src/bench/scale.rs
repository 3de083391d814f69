//! What thousands of bidders on one lot cost: the most memory that was held, and processor time per bidder.
//!
//! Such a lot takes minutes, so each work is done once. The yardstick is measured in the midst of it, again
//! and again, so that both see the same disturbances.

use super::{
    lot::{self, one_lot},
    memory::Memory,
    options::grid,
    rules::Rules,
    yardstick::{UNIT, Yardstick, processor_time},
};
use crate::{
    failure::{Code, Failure},
    run::{simulation_failure, write_transcript},
    verify_after::verify_transcript,
};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use serde::Serialize;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

/// One lot of 65,536 prices, first price, quorum 2 of 3, one thread.
#[derive(Clone, Debug, Serialize)]
pub struct ScaleFigures {
    /// Bidders.
    pub bidders: usize,
    /// Bytes of the transcript per bidder.
    pub bytes_per_bidder: u64,
    /// The verifier.
    pub verifier: WorkFigures,
    /// The contract.
    pub contract: WorkFigures,
}

/// What one work on a whole transcript cost.
#[derive(Clone, Debug, Serialize)]
pub struct WorkFigures {
    /// Processor time per bidder, in yardsticks.
    pub cost_per_bidder: f64,
    /// The same in microseconds, on this machine.
    pub microseconds_per_bidder: f64,
    /// Most bytes held, beyond what was held before.
    pub peak_bytes: Option<usize>,
}

/// All sizes.
#[derive(Clone, Debug, Serialize)]
pub struct Scale {
    /// Names this layout.
    pub schema: &'static str,
    /// What a cost of 1 is.
    pub unit: &'static str,
    /// By number of bidders, as asked for.
    pub lots: Vec<ScaleFigures>,
}

impl Scale {
    /// Measures a lot of each size; `progress` hears of each part before it begins. With a folder, transcripts
    /// stay there as `scale-NUMBER.talea`, and one that is there is not made again.
    ///
    /// # Errors
    /// [`Failure`] if a run fails, or a transcript cannot be read or written.
    pub fn measure(
        sizes: &[usize],
        folder: Option<&Path>,
        memory: Option<&dyn Memory>,
        progress: impl Fn(&str),
    ) -> Result<Self, Failure> {
        // What cannot be written is found out before minutes have passed.
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
        }
        let mut yardstick = Yardstick::new();
        let lots = sizes.iter().map(|bidders| {
            progress(&format!("{bidders} bidders: the auction itself"));
            let transcript = transcript(*bidders, folder)?;
            progress(&format!("{bidders} bidders: the verifier"));
            let verifier = Work::new(&mut yardstick, memory)
                .measure(*bidders, |pause| verify(&transcript, pause))?;
            progress(&format!("{bidders} bidders: the contract"));
            let contract = Work::new(&mut yardstick, memory)
                .measure(*bidders, |pause| replay(&transcript, pause))?;
            let bytes_per_bidder = (transcript.len() / bidders) as u64;
            Ok(ScaleFigures { bidders: *bidders, bytes_per_bidder, verifier, contract })
        });
        let lots = lots.collect::<Result<_, Failure>>()?;
        Ok(Self { schema: "talea-sim-scale/1", unit: UNIT, lots })
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
        let columns = ["bidders", "bytes", "verifier", "ms", "KiB", "contract", "ms", "KiB"];
        rows.load_preset(ASCII_MARKDOWN).set_header(columns);
        for column in rows.column_iter_mut() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let cells = |work: &WorkFigures| {
            let peak = work.peak_bytes.map_or("-".into(), |bytes| (bytes / 1024).to_string());
            let milliseconds = work.microseconds_per_bidder / 1000.0;
            [format!("{:.3}", work.cost_per_bidder), format!("{milliseconds:.2}"), peak]
        };
        for lot in &self.lots {
            let counts = [lot.bidders.to_string(), lot.bytes_per_bidder.to_string()];
            rows.add_row(
                counts.into_iter().chain(cells(&lot.verifier)).chain(cells(&lot.contract)),
            );
        }
        format!(
            "One lot of 65,536 prices: bytes, cost and processor time per bidder, memory of the whole.\n\
             Costs are multiples of {}.\n\n{rows}\n",
            self.unit
        )
    }
}

/// The lot's transcript.
fn transcript(bidders: usize, folder: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let grid = grid(65_536, &[&[4][..], &[1; 12]].concat());
    let run = || one_lot(&grid, bidders, &Rules::FIRST_PRICE).map_err(simulation_failure);
    let Some(folder) = folder else { return run() };
    let path = folder.join(format!("scale-{bidders}.talea"));
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let transcript = run()?;
            let unwritable = |error| Failure::unwritable(&path, &error);
            write_transcript(&path, |file| file.write_all(&transcript).map_err(unwritable))?;
            Ok(transcript)
        }
        read => read.map_err(|error| Failure::unreadable(&path, &error)),
    }
}

/// A measurement under way.
struct Work<'a> {
    yardstick: &'a mut Yardstick,
    memory: Option<&'a dyn Memory>,
    /// How often the yardstick was measured, and how long that took.
    yardsticks: (u32, Duration),
}

impl<'a> Work<'a> {
    fn new(yardstick: &'a mut Yardstick, memory: Option<&'a dyn Memory>) -> Self {
        Self { yardstick, memory, yardsticks: (0, Duration::ZERO) }
    }

    /// Measures what `work` does between its pauses; it pauses at least once.
    fn measure(
        mut self,
        bidders: usize,
        work: impl FnOnce(&mut dyn FnMut()) -> Result<(), Failure>,
    ) -> Result<WorkFigures, Failure> {
        let before = self.memory.map(Memory::reset);
        let mut done = Ok(());
        let whole = processor_time(|| done = work(&mut || self.pause()));
        done?;
        let peak = self.memory.map(Memory::peak);
        let (count, yardsticks) = self.yardsticks;
        let per_bidder = whole.saturating_sub(yardsticks).as_secs_f64() / bidders as f64;
        Ok(WorkFigures {
            cost_per_bidder: per_bidder * f64::from(count) / yardsticks.as_secs_f64(),
            microseconds_per_bidder: per_bidder * 1e6,
            peak_bytes: peak.zip(before).map(|(peak, before)| peak.saturating_sub(before)),
        })
    }

    fn pause(&mut self) {
        const TIMES: u32 = 20;
        let (count, time) = &mut self.yardsticks;
        *time += processor_time(|| (0..TIMES).for_each(|_| self.yardstick.verify()));
        *count += TIMES;
    }
}

fn verify(transcript: &[u8], pause: &mut dyn FnMut()) -> Result<(), Failure> {
    let options = talea_verifier::Options { jobs: Some(1) };
    verify_transcript(transcript, Path::new("the transcript"), &options, |_| pause()).map(drop)
}

fn replay(transcript: &[u8], pause: &mut dyn FnMut()) -> Result<(), Failure> {
    let (mut auction, entries) = lot::open(transcript);
    for (at, entry) in entries.enumerate() {
        if at.is_multiple_of(256) {
            pause();
        }
        let applied = auction.apply(entry.slot, &entry.instruction);
        applied.map_err(|refusal| Failure::new(Code::RunRefused, refusal.to_string()))?;
    }
    Ok(())
}
