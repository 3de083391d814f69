//! A progress bar for the phase that an auction is in: on a terminal, on stderr, and nowhere else.

use crate::replica::Replica;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{SystemTime, UNIX_EPOCH};
use talea_contract::Phase;

/// The bar. Hidden where nobody sees it.
pub struct Bar(ProgressBar);

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Bar {
    /// An empty bar.
    #[must_use]
    pub fn new() -> Self {
        // Hides itself if stderr is no terminal.
        let bar = ProgressBar::new(1);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos} of {len} {prefix}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Writes something above the bar.
    pub fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Shows how far the current phase has come: lots decided while they are ranked, and time in
    /// all others.
    pub fn show(&self, replica: &Replica) {
        let auction = replica.auction();
        let (done, all, unit) = match auction.phase() {
            Phase::Closed => return self.0.finish_and_clear(),
            Phase::Ranking => {
                let lots = auction.terms().lots.len() as u64;
                let decided = (0u32..).zip(auction.terms().lots.iter());
                let decided = decided.filter(|(lot, _)| auction.ending(*lot).is_some()).count();
                (decided as u64, lots, "lots decided")
            }
            _ => {
                let began = replica.board().clock().end_of(auction.slot());
                let until =
                    auction.deadline().map_or(began, |slot| replica.board().clock().end_of(slot));
                let seconds = |time: SystemTime| {
                    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
                };
                let (began, until) = (seconds(began), seconds(until));
                let now = seconds(SystemTime::now()).clamp(began, until.max(began));
                (now - began, until.saturating_sub(began), "seconds since the last entry")
            }
        };
        self.0.set_message(auction.phase().name());
        self.0.set_prefix(unit);
        self.0.set_length(all);
        self.0.set_position(done);
    }
}
