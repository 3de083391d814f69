//! From time to slots. The terms say who runs the board and what a slot is, so that everybody can
//! tell when a deadline falls without asking the board, and whether the board keeps time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use talea_contract::{Auction, Phase};

pub use talea_text::board::{BoardTerms, FAR, Moment, SlotClock};

/// What is set of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    /// It runs, and is wrong by so many milliseconds.
    WrongBy(i64),
    /// It shows so many milliseconds since 1970, until the file says another time.
    At(u64),
}

/// How a test has set this machine's clock: as the file says that the variable `TALEA_CLOCK` names. A number of
/// milliseconds is how wrong the clock is. After `at ` it is the present time, in milliseconds since 1970, and a
/// board has no stop-watch beside it: time passes by steps, and an auction waits for nobody's watch.
///
/// Builds without debug assertions, and so every release, know no such variable. Where it is known, each process
/// reads its own: whoever may set a variable for a party's process may set the clock of that machine as well, and
/// moves nobody else's time by it.
fn setting() -> Setting {
    let path = if cfg!(debug_assertions) { std::env::var_os("TALEA_CLOCK") } else { None };
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    Setting::read(&text.unwrap_or_default())
}

impl Setting {
    /// Reads what a file says; what it cannot mean changes nothing.
    fn read(text: &str) -> Self {
        let text = text.trim();
        match text.strip_prefix("at ").and_then(|time| time.parse().ok()) {
            Some(time) => Self::At(time),
            None => Self::WrongBy(text.parse().unwrap_or(0)),
        }
    }
}

/// This machine's clock, which a test can set.
#[must_use]
pub fn now() -> SystemTime {
    match setting() {
        Setting::WrongBy(0) => SystemTime::now(),
        Setting::WrongBy(ms) if ms < 0 => {
            SystemTime::now() - Duration::from_millis(ms.unsigned_abs())
        }
        Setting::WrongBy(ms) => SystemTime::now() + Duration::from_millis(ms.unsigned_abs()),
        Setting::At(ms) => UNIX_EPOCH + Duration::from_millis(ms),
    }
}

/// How far clock and stop-watch may part before somebody is told.
const DRIFT: Duration = Duration::from_secs(5);

/// The board's time: the system's clock when it starts, and a stop-watch from then on, so that a
/// clock that jumps moves no deadline.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    terms: BoardTerms,
    started: SystemTime,
    /// None where a test moves time by steps.
    watch: Option<Instant>,
}

impl Clock {
    /// Starts now.
    #[must_use]
    pub fn start(terms: BoardTerms) -> Self {
        let watch = match setting() {
            Setting::WrongBy(_) => Some(Instant::now()),
            Setting::At(_) => None,
        };
        Self { terms, started: now(), watch }
    }

    /// The time now.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.watch.map_or_else(now, |watch| self.started + watch.elapsed())
    }

    /// The slot now.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.terms.clock().slot_at(self.time())
    }

    /// By how much the system's clock has jumped since the start, if it has.
    #[must_use]
    pub fn jump(&self) -> Option<Duration> {
        let expected = self.started + self.watch?.elapsed();
        let apart = now().duration_since(expected).unwrap_or_else(|behind| behind.duration());
        (apart > DRIFT).then_some(apart)
    }
}

/// How far the slots of a transcript lie behind the clock, after a board had more to judge before a
/// deadline than there was time for, or did not run.
///
/// What is judged late bears a slot of before, and some deadlines count from that slot. Those who are
/// due until then see it late, and have their time from there: such a deadline passes so much later by
/// the clock. Deadlines that the terms name pass when the terms say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    slots: u64,
    deadline: Option<u64>,
    /// Until when by the clock a step, or the seller's word, may be waited for that began late.
    until: u64,
}

impl Lag {
    /// None yet, in the auction as it is.
    #[must_use]
    pub fn of(auction: &Auction) -> Self {
        Self { slots: 0, deadline: auction.deadline(), until: 0 }
    }

    /// An entry was appended when the clock said `now`.
    pub fn note(&mut self, now: u64, auction: &Auction) {
        let terms = auction.terms();
        let per_bid = terms.schedule.step_slots_per_bid;
        let longest = per_bid.saturating_mul(terms.max_bids_per_lot.into());
        let longest = longest.saturating_add(terms.schedule.step_slots);
        let longest = longest.max(terms.acceptance.map_or(0, |acceptance| acceptance.slots));
        self.note_entry(now, auction.slot(), auction.deadline(), longest);
    }

    fn note_entry(&mut self, now: u64, slot: u64, deadline: Option<u64>, longest: u64) {
        let lag = now.saturating_sub(slot);
        if lag > 0 {
            self.slots = self.slots.max(lag);
            self.until = now.saturating_add(self.slots).saturating_add(longest);
        } else if deadline != self.deadline && now > self.until {
            self.slots = 0;
        }
        self.deadline = deadline;
    }

    /// How many slots later by the clock the auction's next deadline passes.
    #[must_use]
    pub fn at(&self, auction: &Auction) -> u64 {
        let is_named_by_terms = match auction.phase() {
            Phase::Deals | Phase::Complaints | Phase::Reserves | Phase::Closed => true,
            Phase::Commits => auction.round() == 0,
            Phase::Reveals | Phase::Endorsing | Phase::Ranking => false,
        };
        if is_named_by_terms { 0 } else { self.slots }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_as_the_file_says() {
        use Setting::{At, WrongBy};
        let read = ["", "-40\n", "90", "at 1500", "at noon", "noon"].map(Setting::read);
        assert_eq!(read, [WrongBy(0), WrongBy(-40), WrongBy(90), At(1500), WrongBy(0), WrongBy(0)]);
    }

    #[test]
    fn whoever_is_told_late_has_its_time_from_there() {
        let mut lag = Lag { slots: 0, deadline: Some(100), until: 0 };
        let note = |lag: &mut Lag, now, slot, deadline| {
            lag.note_entry(now, slot, Some(deadline), 50);
            lag.slots
        };
        // In time; then an entry that arrived before slot 100 and was judged in slot 130.
        assert_eq!(note(&mut lag, 90, 90, 140), 0);
        assert_eq!(note(&mut lag, 130, 100, 150), 30, "its deadline passes in slot 180");
        // Another lot's entry is in time; the first one's step still has its time.
        assert_eq!(note(&mut lag, 140, 140, 150), 30);
        assert_eq!(note(&mut lag, 145, 145, 160), 30);
        // Once no step can have begun late, it is over, with the next deadline.
        assert_eq!(note(&mut lag, 211, 211, 160), 30);
        assert_eq!(note(&mut lag, 212, 212, 262), 0);
    }
}
