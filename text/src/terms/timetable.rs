//! From times to slots: deadlines, one after the other.

use super::{fail, field, time};
use crate::{board::SlotClock, failure::Failure};
use std::time::Duration;

/// How a duration is written, for help texts.
const EXAMPLES: &str = "write it as in \"90s\", \"10m\" or \"1h 30m\"";
/// How numbers of blocks and heights are, where slots are blocks.
const BLOCKS_EXAMPLE: &str = "slots of this chain are blocks: write it as in \"100 blocks\"";
const HEIGHT_EXAMPLE: &str = "slots of this chain are blocks: write it as in \"height 1200000\"";

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

/// The number of `"100 blocks"`; nothing if the text is none.
fn blocks(text: &str) -> Option<u64> {
    let (number, word) = text.trim().split_once(' ')?;
    number.parse().ok().filter(|_| ["block", "blocks"].contains(&word.trim()))
}

/// The number of `"height 1200000"`; nothing if the text is none.
fn height(text: &str) -> Option<u64> {
    text.trim().strip_prefix("height ")?.trim().parse().ok()
}

/// Reads a height.
///
/// # Errors
/// `terms.field`, naming the field `at`.
pub(super) fn read_height(at: &str, text: &str) -> Result<u64, Failure> {
    let not_one = || field(at, format!("{text:?} is not a height")).with_help(HEIGHT_EXAMPLE);
    height(text).ok_or_else(not_one)
}

/// Deadlines, each in a slot after the one before.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// Nothing where slots are blocks.
    clock: Option<SlotClock>,
    /// The slot from which the first deadline counts; nothing where nobody said.
    origin: Option<u64>,
    /// The last deadline, and of what.
    last: Option<(&'static str, u64)>,
    /// Where a time was named: what it came to.
    named: Vec<String>,
}

impl Timetable {
    /// No deadline yet: the first counts from a slot of this clock.
    #[must_use]
    pub fn new(clock: SlotClock, origin: u64) -> Self {
        Self { clock: Some(clock), origin: Some(origin), last: None, named: Vec::new() }
    }

    /// No deadline yet, where slots are blocks: the first counts from this height, if one is given.
    pub(super) fn of_blocks(origin: Option<u64>) -> Self {
        Self { clock: None, origin, last: None, named: Vec::new() }
    }

    /// A duration in slots, rounded up.
    ///
    /// # Errors
    /// `terms.field`, naming the field `at`.
    pub fn slots(&self, at: &str, text: &str) -> Result<u64, Failure> {
        let slots = match &self.clock {
            Some(_) if blocks(text).is_some() => {
                let why = format!("{text:?} is a number of blocks, and slots are no blocks here");
                return Err(field(at, why).with_help(EXAMPLES));
            }
            Some(clock) => duration(at, text)?.as_millis().div_ceil(clock.slot.max(1).into()),
            None => {
                let why = || field(at, format!("{text:?} is not a number of blocks"));
                blocks(text).ok_or_else(|| why().with_help(BLOCKS_EXAMPLE))?.into()
            }
        };
        match u64::try_from(slots).ok().filter(|slots| (1..=MAX_SLOTS).contains(slots)) {
            Some(slots) => Ok(slots),
            None => fail(at, format!("{text:?} is {slots} slots, and must be 1 to 2^32")),
        }
    }

    /// How many whole slots so many milliseconds hold; any number where slots are blocks, of which nobody knows how
    /// long they last.
    pub fn whole_slots(&self, milliseconds: u64) -> u64 {
        self.clock.map_or(u64::MAX, |clock| milliseconds / clock.slot.max(1))
    }

    /// The next deadline: the last slot of a phase that lasts so long, or the last one that ends at or
    /// before a time, or a height.
    ///
    /// # Errors
    /// `terms.field`, naming the field `at`.
    pub fn next(&mut self, at: &'static str, text: &str) -> Result<u64, Failure> {
        let slot = match self.clock {
            Some(clock) if time::is_time(text) => {
                let slot = self.slot_ending_by(&clock, at, text)?;
                self.named.push(format!("{at} = {text:?} is {}", clock.time_of(slot)));
                slot
            }
            None if text.trim().starts_with("height") => self.later_height(at, text)?,
            _ => {
                let slots = self.slots(at, text).map_err(|failure| self.or_an_instant(failure))?;
                self.before(at)?.saturating_add(slots)
            }
        };
        self.last = Some((at, slot));
        Ok(slot)
    }

    /// The slot from which the next deadline counts.
    fn before(&self, at: &str) -> Result<u64, Failure> {
        let before = self.last.map(|(_, slot)| slot).or(self.origin);
        before.ok_or_else(|| {
            field(
                at,
                "a number of blocks counts from the height chain.starts, which is not set".into(),
            )
            .with_help("set it, as in starts = \"height 1200000\", or write a height here")
        })
    }

    fn or_an_instant(&self, failure: Failure) -> Failure {
        let instant = match self.clock {
            Some(_) => "or as in 2026-12-01 10:30 America/New_York",
            None => "or as in \"height 1200000\"",
        };
        match failure.help.clone() {
            Some(help) => failure.with_help(format!("{help}, {instant}")),
            None => failure,
        }
    }

    /// The first slot that the next deadline can be.
    fn least(&self) -> u64 {
        self.last.map_or(self.origin.unwrap_or(0), |(_, last)| last.saturating_add(1))
    }

    fn later_height(&self, at: &str, text: &str) -> Result<u64, Failure> {
        let height = read_height(at, text)?;
        if height >= self.least() {
            return Ok(height);
        }
        let before = match self.last {
            None => format!("chain.starts is height {}", self.least()),
            Some((before, last)) => format!("{before} ends at height {last}"),
        };
        Err(field(at, format!("no block of this phase has the {text}: {before}"))
            .with_help("write a greater height, or make the phases before it shorter"))
    }

    fn slot_ending_by(&self, clock: &SlotClock, at: &str, text: &str) -> Result<u64, Failure> {
        let time = time::read(at, text)?;
        let ended = time.saturating_sub(clock.starts) / clock.slot.max(1);
        let least = self.least();
        let before = match self.last {
            None => format!("slot {least} ends at {}", clock.time_of(least)),
            Some((before, last)) => format!("{before} ends at {}", clock.time_of(last)),
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
    /// Slots of 10 s from 2026-12-01T15:00:00Z on.
    fn timetable() -> Timetable {
        let starts = time::read("board.starts", "2026-12-01T15:00Z").unwrap();
        Timetable::new(SlotClock { starts, slot: 10_000 }, 0)
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
            let ends = timetable.clock.unwrap().time_of(slot);
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

    #[test]
    fn deadlines_of_a_chain_count_from_where_they_start() {
        let mut seconds = Timetable::new(SlotClock { starts: 0, slot: 1_000 }, 1_800_000_000);
        assert_eq!(seconds.next("schedule.deals", "90s"), Ok(1_800_000_090));
        let mut early = Timetable::new(SlotClock { starts: 0, slot: 1_000 }, 1_800_000_000);
        let failure = early.next("schedule.deals", "2027-01-15T08:00:00Z").unwrap_err();
        assert!(
            failure.sentence.contains("slot 1800000000 ends at 2027-01-15T08:00:01Z"),
            "{failure}"
        );
        let mut blocks = Timetable::of_blocks(Some(1_000));
        assert_eq!(blocks.next("schedule.deals", "100 blocks"), Ok(1_100));
        assert_eq!(blocks.next("schedule.complaints", "1 block"), Ok(1_101));
        assert_eq!(blocks.next("schedule.commits", "height 1102"), Ok(1_102));
        assert_eq!(blocks.slots("schedule.step", " 7  blocks "), Ok(7));
        assert_eq!(Timetable::of_blocks(None).next("schedule.deals", "height 7"), Ok(7));
    }

    #[test]
    fn what_is_no_block_or_has_no_start_says_what_to_write() {
        let of = |origin: Option<u64>, text: &str| {
            let mut timetable = Timetable::of_blocks(origin);
            timetable.next("schedule.deals", text).unwrap_err()
        };
        for (origin, text, why, help) in [
            (
                Some(9),
                "10m",
                "not a number of blocks",
                "\"100 blocks\", or as in \"height 1200000\"",
            ),
            (Some(9), "2026-12-01T15:10Z", "not a number of blocks", "\"height 1200000\""),
            (Some(9), "0 blocks", "is 0 slots", ""),
            (Some(9), "-1 blocks", "not a number of blocks", "100 blocks"),
            (Some(9), "height", "not a height", "height 1200000"),
            (Some(9), "height 99999999999999999999", "not a height", "height 1200000"),
            (Some(9), "height 8", "chain.starts is height 9", "a greater height"),
            (None, "100 blocks", "chain.starts, which is not set", "starts = \"height 1200000\""),
        ] {
            let failure = of(origin, text);
            assert!(failure.sentence.contains(why), "{text}: {failure}");
            assert!(failure.help.unwrap_or_default().contains(help), "{text}");
        }
        let mut blocks = Timetable::of_blocks(Some(5));
        blocks.next("schedule.deals", "2 blocks").unwrap();
        let failure = blocks.next("schedule.complaints", "height 7").unwrap_err();
        assert!(failure.sentence.contains("schedule.deals ends at height 7"), "{failure}");
        let failure = timetable().next("schedule.deals", "100 blocks").unwrap_err();
        assert!(failure.sentence.contains("slots are no blocks here"), "{failure}");
    }
}
