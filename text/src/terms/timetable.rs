//! From times to slots: deadlines, one after the other.

use super::{fail, field, time};
use crate::{board::BoardTerms, failure::Failure};
use std::time::Duration;

/// How a duration is written, for help texts.
const EXAMPLES: &str = "write it as in \"90s\", \"10m\" or \"1h 30m\"";

/// The longest duration, in slots.
const MAX_SLOTS: u64 = 1 << 32;

pub(super) fn duration(at: &str, text: &str) -> Result<Duration, Failure> {
    if time::is_time(text) {
        let why = format!("{text:?} is a time, and a duration is expected here");
        return fail(at, why).map_err(|failure: Failure| failure.with_help(EXAMPLES));
    }
    humantime::parse_duration(text).or_else(|error| {
        fail(at, format!("{text:?} is not a duration ({error})"))
            .map_err(|failure: Failure| failure.with_help(EXAMPLES))
    })
}

/// Deadlines, each in a slot after the one before.
#[derive(Clone, Debug)]
pub struct Timetable {
    board: BoardTerms,
    /// The last deadline, and of what.
    last: Option<(&'static str, u64)>,
    /// Where a time was named: what it came to.
    named: Vec<String>,
}

impl Timetable {
    /// No deadline yet.
    #[must_use]
    pub fn new(board: BoardTerms) -> Self {
        Self { board, last: None, named: Vec::new() }
    }

    /// A duration in slots, rounded up.
    ///
    /// # Errors
    /// `terms.field`, naming the field `at`.
    pub fn slots(&self, at: &str, text: &str) -> Result<u64, Failure> {
        let duration = duration(at, text)?;
        let slots = duration.as_millis().div_ceil(self.board.slot.max(1).into());
        match u64::try_from(slots).ok().filter(|slots| (1..=MAX_SLOTS).contains(slots)) {
            Some(slots) => Ok(slots),
            None => fail(at, format!("{text:?} is {slots} slots, and must be 1 to 2^32")),
        }
    }

    /// How many whole slots so many milliseconds hold.
    pub fn whole_slots(&self, milliseconds: u64) -> u64 {
        milliseconds / self.board.slot.max(1)
    }

    /// The next deadline: the last slot of a phase that lasts so long, or the last one that ends at or
    /// before a time.
    ///
    /// # Errors
    /// `terms.field`, naming the field `at`.
    pub fn next(&mut self, at: &'static str, text: &str) -> Result<u64, Failure> {
        let last = self.last.map_or(0, |(_, slot)| slot);
        let slot = if time::is_time(text) {
            let slot = self.slot_ending_by(at, text)?;
            let ends = self.board.clock().time_of(slot);
            self.named.push(format!("{at} = {text:?} is {ends}"));
            slot
        } else {
            let or_a_time = |failure: Failure| {
                let help = failure.help.clone();
                help.map_or(failure.clone(), |help| {
                    failure.with_help(format!("{help}, or as in 2026-12-01 10:30 America/New_York"))
                })
            };
            last.saturating_add(self.slots(at, text).map_err(or_a_time)?)
        };
        self.last = Some((at, slot));
        Ok(slot)
    }

    fn slot_ending_by(&self, at: &str, text: &str) -> Result<u64, Failure> {
        let time = time::read(at, text)?;
        let BoardTerms { starts, slot, .. } = self.board;
        let ended = time.saturating_sub(starts) / slot.max(1);
        let (before, least) = match self.last {
            None => (format!("slot 0 ends at {}", self.board.clock().time_of(0)), 0),
            Some((before, last)) => {
                let next = last.saturating_add(1);
                (format!("{before} ends at {}", self.board.clock().time_of(last)), next)
            }
        };
        match ended.checked_sub(1).filter(|slot| *slot >= least) {
            Some(slot) => Ok(slot),
            None => Err(field(at, format!("no slot of this phase ends by {text:?}: {before}"))
                .with_help("write a later time, or make the phases before it shorter")),
        }
    }

    /// What every time came to that was named.
    pub fn into_named(self) -> Vec<String> {
        self.named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::bytes::PartyKey;

    /// Slots of 10 s from 2026-12-01T15:00:00Z on.
    fn timetable() -> Timetable {
        let starts = time::read("board.starts", "2026-12-01T15:00Z").unwrap();
        Timetable::new(BoardTerms { key: PartyKey([1; 32]), starts, slot: 10_000 })
    }

    #[test]
    fn a_deadline_is_the_last_slot_that_ends_at_or_before_its_time() {
        for (text, slot) in [
            ("2026-12-01T15:00:10Z", 0),
            ("2026-12-01T15:00:19.999Z", 0),
            ("2026-12-01T15:00:20Z", 1),
            ("2026-12-01 10:30 America/New_York", 179),
        ] {
            let mut timetable = timetable();
            assert_eq!(timetable.next("schedule.deals", text), Ok(slot), "{text}");
            let ends = timetable.board.clock().time_of(slot);
            let named = timetable.into_named();
            assert!(named[0].contains(text) && named[0].ends_with(&ends), "{named:?}");
        }
        let failure = timetable().next("schedule.deals", "2026-12-01T15:00:09Z").unwrap_err();
        assert!(failure.sentence.contains("slot 0 ends at 2026-12-01T15:00:10Z"), "{failure}");
    }

    #[test]
    fn times_and_durations_follow_one_another() {
        let mut timetable = timetable();
        assert_eq!(timetable.next("schedule.deals", "10m"), Ok(60));
        assert_eq!(timetable.next("schedule.complaints", "11s"), Ok(62), "rounded up");
        let failure = timetable.clone().next("schedule.commits", "2026-12-01T15:10Z").unwrap_err();
        assert!(
            failure.sentence.contains("schedule.complaints ends at 2026-12-01T15:10:30Z"),
            "{failure}"
        );
        assert_eq!(timetable.next("schedule.commits", "2026-12-01T10:30-05:00"), Ok(179));
        assert_eq!(timetable.next("schedule.reveals", "10m"), Ok(239));
    }

    #[test]
    fn what_is_neither_says_how_both_are_written() {
        let help = timetable().next("schedule.deals", "soon").unwrap_err().help.unwrap();
        assert!(help.contains("10m") && help.contains("America/New_York"), "{help}");
        let failure = timetable().slots("schedule.step", "2026-12-01T15:10Z").unwrap_err();
        assert!(failure.sentence.contains("is a time"), "{failure}");
    }
}
