//! The board of terms. The terms say who runs it and what a slot is, so that everybody can tell when a
//! deadline falls without asking the board.

use crate::{
    failure::{Code, Failure},
    names,
};
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use talea_protocol::{
    bytes::{Domain, PartyKey, printable},
    chain::{ChainHome, SlotUnit},
    terms::Terms,
};

const MAGIC: &str = "talea-board/1";

/// 9999-12-31T23:59:59Z, since 1970.
const LAST_YEAR_OF_FOUR_DIGITS: Duration = Duration::from_secs(253_402_300_799);

/// What terms say of their board, in their domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardTerms {
    /// Who signs checkpoints.
    pub key: PartyKey,
    /// When slot 0 begins, in milliseconds since 1970.
    pub starts: u64,
    /// The length of a slot, in milliseconds; at least 1.
    pub slot: u64,
}

impl BoardTerms {
    /// As the domain of terms.
    ///
    /// # Errors
    /// `terms.field` never: it is short enough.
    pub fn domain(&self) -> Result<Domain, Failure> {
        let Self { key, starts, slot } = self;
        let text = format!("{MAGIC} {} {starts} {slot}", names::party(key));
        Domain::new(&text)
            .map_err(|fault| Failure::new(Code::TermsField, format!("domain: {fault}")))
    }

    /// Reads the domain of terms.
    ///
    /// # Errors
    /// `board.folder` if these terms are not for a board of this kind.
    pub fn of(terms: &Terms) -> Result<Self, Failure> {
        let other = || {
            let sentence = match ChainHome::of(&terms.domain) {
                Some(ChainHome { chain_id, contract, .. }) => format!(
                    "these terms are for contract {} on chain {}, and not for a board",
                    printable(contract),
                    printable(chain_id)
                ),
                None => format!(
                    "the domain of the terms is {:?}, which does not name a board",
                    terms.domain.as_str()
                ),
            };
            Failure::new(Code::BoardFolder, sentence)
        };
        let mut words = terms.domain.as_str().split(' ');
        let mut word = || words.next().ok_or_else(other);
        if word()? != MAGIC {
            return Err(other());
        }
        let key = names::read_party(word()?)?;
        let starts = word()?.parse().map_err(|_| other())?;
        let slot = word()?.parse().map_err(|_| other())?;
        if slot == 0 || words.next().is_some() {
            return Err(other());
        }
        Ok(Self { key, starts, slot })
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> SlotClock {
        SlotClock { starts: self.starts, slot: self.slot }
    }
}

/// When slots begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotClock {
    /// When slot 0 begins, in milliseconds since 1970.
    pub starts: u64,
    /// The length of a slot, in milliseconds; at least 1.
    pub slot: u64,
}

impl SlotClock {
    /// The clock of a chain whose slots are seconds since 1970.
    pub const SECONDS: Self = Self { starts: 0, slot: 1_000 };

    /// The clock of these terms: a board's, or that of a chain whose slots are seconds since 1970. Nothing if they
    /// have none, as on a chain whose slots are blocks.
    #[must_use]
    pub fn of(terms: &Terms) -> Option<Self> {
        match ChainHome::of(&terms.domain) {
            Some(ChainHome { slots: SlotUnit::Seconds, .. }) => Some(Self::SECONDS),
            Some(ChainHome { slots: SlotUnit::Blocks, .. }) => None,
            None => BoardTerms::of(terms).ok().map(|board| board.clock()),
        }
    }

    /// The slot at a time; 0 before the first.
    #[must_use]
    pub fn slot_at(&self, time: SystemTime) -> u64 {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        since.saturating_sub(self.starts) / self.slot.max(1)
    }

    /// When a slot ends.
    #[must_use]
    pub fn end_of(&self, slot: u64) -> SystemTime {
        let end = self.starts.saturating_add(slot.saturating_add(1).saturating_mul(self.slot));
        // Not every system's clock goes as far as the terms may.
        UNIX_EPOCH
            .checked_add(Duration::from_millis(end))
            .unwrap_or(UNIX_EPOCH + LAST_YEAR_OF_FOUR_DIGITS + Duration::from_secs(1))
    }

    /// The time when a slot ends, by RFC 3339; nothing after the year 9999, for its years have four
    /// digits.
    #[must_use]
    pub fn rfc3339_of(&self, slot: u64) -> Option<String> {
        rfc3339(self.end_of(slot))
    }

    /// The time when a slot ends, in words.
    #[must_use]
    pub fn time_of(&self, slot: u64) -> String {
        self.rfc3339_of(slot).unwrap_or_else(|| FAR.into())
    }
}

/// A time by RFC 3339, in UTC; nothing after the year 9999.
#[must_use]
pub fn rfc3339(time: SystemTime) -> Option<String> {
    (time <= UNIX_EPOCH + LAST_YEAR_OF_FOUR_DIGITS)
        .then(|| humantime::format_rfc3339_seconds(time).to_string())
}

/// A time that RFC 3339 cannot write.
pub const FAR: &str = "after the year 9999";

/// The end of a slot, as exports write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The slot.
    pub slot: u64,
    /// When it ends, by RFC 3339; nothing where the terms have no clock, and after the year 9999.
    pub at: Option<String>,
}

impl Moment {
    /// The end of a slot, by a clock if there is one.
    #[must_use]
    pub fn of(clock: Option<&SlotClock>, slot: u64) -> Self {
        Self { slot, at: clock.and_then(|clock| clock.rfc3339_of(slot)) }
    }

    /// As people read it: the time, or else the slot.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.at {
            Some(at) => at.replace('T', " ").replace('Z', " UTC"),
            None => format!("slot {}", self.slot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_begin_and_end_where_they_say() {
        let terms = BoardTerms { key: PartyKey([1; 32]), starts: 10_000, slot: 500 };
        let clock = terms.clock();
        let at = |ms| clock.slot_at(UNIX_EPOCH + Duration::from_millis(ms));
        assert_eq!([0, 9_999, 10_000, 10_499, 10_500].map(at), [0, 0, 0, 0, 1]);
        assert_eq!(clock.end_of(0), UNIX_EPOCH + Duration::from_millis(10_500));
        assert!(terms.domain().is_ok());
        assert_eq!(clock.time_of(0), "1970-01-01T00:00:10Z");
        let seconds = SlotClock { starts: 0, slot: 1_000 };
        assert_eq!(seconds.time_of(253_402_300_798), "9999-12-31T23:59:59Z");
        assert_eq!(seconds.time_of(253_402_300_799), "after the year 9999");
        let last = BoardTerms { key: PartyKey([255; 32]), starts: u64::MAX, slot: u64::MAX };
        assert!(last.domain().is_ok(), "the longest fits");
        let last = last.clock();
        assert_eq!(last.time_of(u64::MAX), "after the year 9999");
        let words = |clock, slot| Moment::of(clock, slot).in_words();
        assert_eq!(words(Some(&clock), 0), "1970-01-01 00:00:10 UTC");
        assert_eq!([words(Some(&last), 7), words(None, 7)], ["slot 7", "slot 7"]);
    }
}
