//! When what was said, as a picture: a row for each kind, a mark for each instant, a line for each deadline.
//!
//! For a page whose style sheet colours `prices`, `heading`, `axis` and `bar`. Numbers stand beside the marks, so
//! nothing depends on colour.

use crate::drawing;
use std::{collections::BTreeSet, fmt::Write as _};

/// What the picture shows.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The first slot and the last.
    pub span: (u64, u64),
    /// The same in words.
    pub ends: (String, String),
    /// Kinds of things said, in words, each with the slots in which they were, in order.
    pub rows: Vec<(String, Vec<u64>)>,
    /// Deadlines, in words, each with its last slot.
    pub deadlines: Vec<(String, u64)>,
}

const LABELS: u64 = 230;
const WIDTH: u64 = 560;
const COUNT: u64 = 60;
const ROW: u64 = 20;
const HEAD: u64 = 16;
const MARK: u64 = 12;
/// Words in small letters that end where they are set.
const PRICES_AT_END: &str = "class=\"prices\" text-anchor=\"end\"";

impl Timeline {
    /// How far from the left a slot lies.
    fn x(&self, slot: u64) -> u64 {
        let (first, last) = self.span;
        let (whole, part) = (last.saturating_sub(first).max(1), slot.clamp(first, last.max(first)));
        let wide = u128::from(part - first) * u128::from(WIDTH) / u128::from(whole);
        LABELS + u64::try_from(wide).unwrap_or(WIDTH)
    }

    /// The deadlines that lie within the span. A name stands on a line of its own.
    fn shown_deadlines(&self) -> impl Iterator<Item = &(String, u64)> {
        let (first, last) = self.span;
        self.deadlines.iter().filter(move |(_, slot)| (first..=last).contains(slot))
    }

    /// The picture, or nothing if nothing was said.
    #[must_use]
    pub fn svg(&self, title: &str) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let named = self.shown_deadlines().count() as u64;
        let top = HEAD + named * ROW;
        let bottom = top + self.rows.len() as u64 * ROW;
        let (width, height) = (LABELS + WIDTH + COUNT, bottom + 2 * ROW);
        let mut out = String::new();
        drawing::begin(&mut out, (size(width), size(height)), title);
        for ((name, slot), at) in self.shown_deadlines().zip(0..) {
            let (x, y) = (self.x(*slot), HEAD + at * ROW);
            let _ = writeln!(
                out,
                "<line class=\"axis\" stroke-dasharray=\"3 3\" x1=\"{x}\" y1=\"{y}\" x2=\"{x}\" y2=\"{bottom}\"/>"
            );
            text(&mut out, (x.saturating_sub(6), y + 10), PRICES_AT_END, name);
        }
        for ((name, slots), at) in self.rows.iter().zip(0..) {
            let y = top + at * ROW;
            text(&mut out, (LABELS - 10, y + 14), "text-anchor=\"end\"", name);
            let marks: BTreeSet<u64> = slots.iter().map(|slot| self.x(*slot)).collect();
            for x in marks {
                drawing::rectangle(&mut out, "bar", [x, y + 4, 3, MARK]);
            }
            text(&mut out, (LABELS + WIDTH + 10, y + 14), "", &slots.len().to_string());
        }
        let right = LABELS + WIDTH;
        drawing::line(&mut out, "axis", [LABELS, bottom, right, bottom]);
        let (from, to) = &self.ends;
        text(&mut out, (LABELS, bottom + 18), "class=\"prices\"", from);
        text(&mut out, (right, bottom + 18), PRICES_AT_END, to);
        drawing::end(&mut out);
        Some(out)
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn text(out: &mut String, (x, y): (u64, u64), attributes: &str, words: &str) {
    drawing::text(out, (size(x), size(y)), attributes, words);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Timeline {
        Timeline {
            span: (10, 110),
            ends: ("slot 10".into(), "slot 110".into()),
            rows: vec![
                ("bids <committed>".into(), vec![10, 60, 60]),
                ("reveals".into(), vec![110]),
            ],
            deadlines: vec![("bids due".into(), 60), ("after the end".into(), 500)],
        }
    }

    #[test]
    fn what_happened_later_stands_further_right_and_each_row_says_how_often() {
        let timeline = timeline();
        assert_eq!(
            [10, 60, 110].map(|slot| timeline.x(slot)),
            [LABELS, LABELS + WIDTH / 2, LABELS + WIDTH]
        );
        let picture = timeline.svg("Timeline").unwrap();
        // Two instants of the first row, one of the second.
        assert_eq!(picture.matches("class=\"bar\"").count(), 3);
        assert!(picture.contains(">3</text>") && picture.contains(">1</text>"));
        assert!(picture.contains("bids &lt;committed&gt;") && picture.contains(">bids due<"));
        assert!(!picture.contains("after the end"), "a deadline that was not reached");
    }

    #[test]
    fn spans_of_no_length_and_of_every_length_have_a_picture() {
        for span in [(0, 0), (u64::MAX, u64::MAX), (0, u64::MAX), (5, 1)] {
            let timeline = Timeline { span, ..timeline() };
            assert!(timeline.svg("Timeline").is_some());
            for slot in [0, 1, u64::MAX] {
                assert!((LABELS..=LABELS + WIDTH).contains(&timeline.x(slot)), "{span:?} {slot}");
            }
        }
        assert_eq!(Timeline { rows: Vec::new(), ..timeline() }.svg("Timeline"), None);
    }
}
