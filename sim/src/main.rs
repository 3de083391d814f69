//! `talea-sim`: runs auctions with real cryptography, and measures them.

use peak_alloc::PeakAlloc;
use std::process::ExitCode;
use talea_sim::bench::Memory;

/// Counts what the process holds, so that `bench` can report peaks.
#[global_allocator]
static HELD: PeakAlloc = PeakAlloc;

struct Held;

impl Memory for Held {
    fn reset(&self) -> usize {
        HELD.reset_peak_usage();
        HELD.current_usage()
    }

    fn peak(&self) -> usize {
        HELD.peak_usage()
    }
}

fn main() -> ExitCode {
    talea_sim::cli::main(Some(&Held))
}
