//! The depth as a picture: one SVG file, a row per lot, a panel per round.
//!
//! Self-contained and without scripts; numbers stand beside the bars, so nothing depends on colour.

use crate::survey::buckets;
use std::fmt::Write as _;
use talea_protocol::{outcome::Disclosed, terms::Lot};

/// The depths of one lot.
#[derive(Clone, Debug)]
pub struct Row {
    /// What people call the lot.
    pub name: String,
    /// What stands above each panel, with the bids per bucket.
    pub panels: Vec<(String, Vec<u32>)>,
    /// The prices of each bucket, from the worst for the seller to the best.
    pub buckets: Vec<String>,
    /// How the lot ended, in words.
    pub ending: String,
}

impl Row {
    /// The depths that were disclosed of a lot: after each round, and at the end if that is another.
    /// Nothing if none was.
    #[must_use]
    pub fn of(lot: &Lot, disclosed: &Disclosed, ending: String) -> Option<Self> {
        let surveys = disclosed.surveys.iter().enumerate().filter_map(|(round, survey)| {
            Some((format!("after round {round}"), survey.depth.as_ref()?))
        });
        let mut depths: Vec<(String, _)> = surveys.collect();
        let last = disclosed.depth.as_ref().map(|depth| ("at the end".to_owned(), depth));
        if depths.last().map(|(_, depth)| depth) != last.as_ref().map(|(_, depth)| depth) {
            depths.extend(last);
        }
        let (_, first) = depths.first()?;
        let buckets = buckets(&lot.ladder, first);
        let panels = depths
            .into_iter()
            .map(|(label, depth)| (label, depth.iter().take(buckets.len()).copied().collect()));
        Some(Self {
            name: format!("{} ({})", lot.name, lot.identifier),
            panels: panels.collect(),
            buckets: buckets.iter().map(|b| format!("{} .. {}", b.from, b.to)).collect(),
            ending,
        })
    }
}

const MARGIN: usize = 24;
/// A character of a bucket's prices is at most this wide.
const LABEL_CHARACTER: usize = 7;
const PANEL: usize = 150;
const GAP: usize = 26;
const BAR: usize = 16;
const HEAD: usize = 64;
const FOOT: usize = 40;

/// The picture.
#[must_use]
pub fn svg(title: &str, rows: &[Row]) -> String {
    let panels = rows.iter().map(|row| row.panels.len()).max().unwrap_or(0);
    let labels = rows.iter().flat_map(|row| &row.buckets).map(|label| label.chars().count()).max();
    let labels = labels.unwrap_or(0) * LABEL_CHARACTER + GAP;
    let width = MARGIN * 2 + labels + panels * (PANEL + GAP);
    let height_of = |row: &Row| HEAD + row.buckets.len() * BAR + FOOT;
    let height = MARGIN * 2 + 40 + rows.iter().map(height_of).sum::<usize>();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" fill=\"#1d2733\" role=\"img\">"
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(title));
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
    let heading = (MARGIN, MARGIN + 14);
    text(&mut out, heading, "font-size=\"17\" font-weight=\"600\"", title);
    let note = "bids per price bucket, without the best ones";
    text(&mut out, (MARGIN, MARGIN + 32), "fill=\"#5a6675\"", note);
    let mut y = MARGIN + 40;
    for row in rows {
        draw(&mut out, row, (MARGIN + labels, y));
        y += height_of(row);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, row: &Row, (labelled, top): (usize, usize)) {
    text(out, (MARGIN, top + 28), "font-size=\"14\" font-weight=\"600\"", &row.name);
    let first = top + HEAD;
    // The best price on top, as in a book of orders.
    let y_of = |bucket: usize| first + (row.buckets.len() - 1 - bucket) * BAR;
    for (bucket, prices) in row.buckets.iter().enumerate() {
        let at = (labelled - 10, y_of(bucket) + BAR - 4);
        text(out, at, "text-anchor=\"end\" font-size=\"11\" fill=\"#5a6675\"", prices);
    }
    let most = row.panels.iter().flat_map(|(_, depth)| depth).max().copied().unwrap_or(0).max(1);
    for (index, (label, depth)) in row.panels.iter().enumerate() {
        let left = labelled + index * (PANEL + GAP);
        text(out, (left, first - 8), "font-weight=\"600\"", label);
        let bottom = first + row.buckets.len() * BAR;
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{first}\" x2=\"{left}\" y2=\"{bottom}\" stroke=\"#9aa5b1\"/>"
        );
        for (bucket, bids) in depth.iter().enumerate().filter(|(_, bids)| **bids > 0) {
            let length = PANEL.saturating_sub(24) * *bids as usize / most as usize;
            let y = y_of(bucket);
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#2f6f9f\"/>",
                y + 2,
                length.max(2),
                BAR - 4
            );
            let at = (left + length.max(2) + 5, y + BAR - 4);
            text(out, at, "font-size=\"11\"", &bids.to_string());
        }
    }
    let below = first + row.buckets.len() * BAR + 20;
    text(out, (labelled, below), "", &row.ending);
}

fn text(out: &mut String, (x, y): (usize, usize), attributes: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {attributes}>{}</text>", escaped(words));
}

/// Text for XML and HTML: their five characters, and no control characters but ends of lines.
#[must_use]
pub fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            name: "Lot <1> & \"more\"".into(),
            panels: vec![("round 0".into(), vec![2, 0, 1]), ("round 1".into(), vec![0, 0, 3])],
            buckets: vec!["1 .. 2".into(), "3 .. 4".into(), "5 .. 6".into()],
            ending: "sold at 6".into(),
        }
    }

    #[test]
    fn every_count_that_is_not_zero_has_a_bar_with_its_number() {
        let picture = svg("Depth", &[row()]);
        assert_eq!(picture.matches("fill=\"#2f6f9f\"").count(), 3);
        for number in [">2<", ">1<", ">3<"] {
            assert_eq!(picture.matches(number).count(), 1, "{number}");
        }
        assert!(picture.contains("sold at 6"));
    }

    #[test]
    fn names_cannot_break_the_picture() {
        let picture = svg("a<script>", &[row()]);
        assert!(!picture.contains("<script"));
        assert!(picture.contains("Lot &lt;1&gt; &amp; &quot;more&quot;"));
        assert_eq!(escaped("a\u{0}b"), "a\u{fffd}b");
    }

    #[test]
    fn nothing_to_show_is_a_picture_too() {
        assert!(svg("empty", &[]).ends_with("</svg>\n"));
    }
}
