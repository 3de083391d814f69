//! Times as people write them: with an offset from UTC, or by the clocks of a place.

use super::fail;
use crate::failure::Failure;
use jiff::{
    Timestamp,
    civil::DateTime,
    fmt::temporal::{Pieces, PiecesOffset},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// How a time is written, for help texts.
const EXAMPLES: &str = "write it as in 2026-12-01T15:30:00Z, 2026-12-01T10:30-05:00 or \
                        2026-12-01 10:30 America/New_York";

/// Whether a text is meant as a time, and not as a duration: it begins with a year.
pub(super) fn is_time(text: &str) -> bool {
    let (year, rest) = text.trim().split_at_checked(4).unwrap_or_default();
    rest.starts_with('-') && year.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a time, in milliseconds since 1970: RFC 3339 with an offset, or a local time with a zone of the
/// IANA list, in brackets as RFC 9557 has it or after a space.
///
/// # Errors
/// `terms.field`: it is no time, is before 1970, names no zone, or is a local time that clocks show twice
/// or never.
pub fn read(at: &str, text: &str) -> Result<u64, Failure> {
    let instant = instant(at, text)?;
    u64::try_from(instant.as_millisecond())
        .or_else(|_| fail(at, format!("{text:?} is before 1970")))
}

fn instant(at: &str, text: &str) -> Result<Timestamp, Failure> {
    let no_time = |why: String| {
        fail(at, format!("{text:?} is not a time: {why}"))
            .map_err(|f: Failure| f.with_help(EXAMPLES))
    };
    let bracketed = zone_in_brackets(text);
    let pieces = match Pieces::parse(&bracketed) {
        Ok(pieces) => pieces,
        Err(error) => return no_time(error.to_string()),
    };
    let Some(time) = pieces.time() else { return no_time("it has no time of day".into()) };
    let local = DateTime::from_parts(pieces.date(), time);
    let zone = match pieces.to_time_zone() {
        Ok(zone) => zone,
        Err(error) => return no_time(error.to_string()),
    };
    let by_offset = |offset: Offset| offset.to_timestamp(local);
    let instant = match (pieces.offset(), zone) {
        (None, None) => {
            return no_time("it has neither an offset from UTC nor a time zone".into());
        }
        (None, Some(zone)) => return local_instant(at, text, local, &zone),
        (Some(offset), None) => by_offset(offset.to_numeric_offset()),
        (Some(offset), Some(zone)) => {
            let instant = by_offset(offset.to_numeric_offset());
            let there = instant.as_ref().ok().map(|instant| zone.to_offset(*instant));
            // Z says nothing of the offset at the place.
            let there = there.filter(|_| offset != PiecesOffset::Zulu);
            if let Some(there) = there.filter(|there| *there != offset.to_numeric_offset()) {
                return no_time(format!("clocks in that zone are {there} from UTC then"));
            }
            instant
        }
    };
    instant.or_else(|error| no_time(error.to_string()))
}

/// `2026-12-01 10:30 America/New_York` as `2026-12-01 10:30[America/New_York]`.
fn zone_in_brackets(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.rsplit_once(' ') {
        Some((time, zone)) if zone.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("{time}[{zone}]")
        }
        _ => text,
    }
}

/// The instant at which the clocks of a place show a time, if there is one and no other.
fn local_instant(
    at: &str,
    text: &str,
    local: DateTime,
    zone: &TimeZone,
) -> Result<Timestamp, Failure> {
    let of = |offset: Offset| {
        offset.to_timestamp(local).or_else(|error| fail(at, format!("{text:?}: {error}")))
    };
    let (earlier, later, often) = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => return of(offset),
        AmbiguousOffset::Fold { before, after } => (before, after, "twice"),
        // By the clocks after the change it would be before it, and the other way round.
        AmbiguousOffset::Gap { before, after } => (after, before, "never, as clocks skip it,"),
    };
    let shown = |offset| {
        of(offset).map(|instant| instant.display_with_offset(zone.to_offset(instant)).to_string())
    };
    let (earlier, later) = (shown(earlier)?, shown(later)?);
    let sentence =
        format!("{text:?} comes {often} in that zone: it could mean {earlier} or {later}");
    fail(at, sentence).map_err(|f: Failure| f.with_help("write the one you mean"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> u64 {
        read("at", text).unwrap_or_else(|failure| panic!("{}", failure.sentence))
    }

    #[test]
    fn a_time_has_an_offset_or_a_place() {
        let expected = ms("2026-12-01T15:30:00Z");
        assert_eq!(expected, 1_796_139_000_000);
        for text in [
            "2026-12-01T10:30-05:00",
            "2026-12-01 10:30:00-05:00",
            "2026-12-01t15:30z",
            "2026-12-01T10:30[America/New_York]",
            "2026-12-01T10:30:00-05:00[America/New_York]",
            "2026-12-01T15:30Z[America/New_York]",
            " 2026-12-01 10:30 America/New_York ",
            "2026-12-01  15:30   Europe/London",
            "2026-12-01 15:30 UTC",
        ] {
            assert!(is_time(text), "{text}");
            assert_eq!(ms(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_how_one_is_written() {
        for (text, word) in [
            ("2026-12-01T10:30", "neither an offset from UTC nor a time zone"),
            ("2026-12-01", "no time of day"),
            ("2026-12-01 10:30 America/Atlantis", "America/Atlantis"),
            ("2026-12-01T10:30-04:00[America/New_York]", "-05 from UTC"),
            ("2026-13-01T10:30Z", "not a time"),
            ("tomorrow", "not a time"),
            ("", "not a time"),
        ] {
            let failure = read("at", text).unwrap_err();
            assert!(failure.sentence.contains(word), "{text}: {}", failure.sentence);
            assert!(failure.help.unwrap().contains("America/New_York"), "{text}");
        }
        assert!(read("at", "1969-12-31T23:59:59Z").unwrap_err().sentence.contains("before 1970"));
        for text in ["10m", "2h", "", "90s", "2026", "äöüß-"] {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn a_local_time_that_comes_twice_or_never_is_refused_with_both_instants() {
        for (text, first, second) in [
            (
                "2026-11-01 01:30 America/New_York",
                "2026-11-01T01:30:00-04:00",
                "2026-11-01T01:30:00-05:00",
            ),
            (
                "2026-03-08T02:30[America/New_York]",
                "2026-03-08T01:30:00-05:00",
                "2026-03-08T03:30:00-04:00",
            ),
        ] {
            let failure = read("schedule.commits", text).unwrap_err();
            assert!(failure.sentence.contains(&format!("{first} or {second}")), "{failure}");
            // Either of them can be written instead.
            assert_eq!(ms(second) - ms(first), 3_600_000);
        }
        assert_eq!(ms("2026-11-01T01:30-05:00[America/New_York]"), ms("2026-11-01T06:30Z"));
    }
}
