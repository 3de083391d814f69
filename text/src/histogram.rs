//! The depth as a picture: one SVG file, a row per lot, a panel per round.
//!
//! Self-contained and without scripts; numbers stand beside the bars, so nothing depends on colour.

use crate::{
    drawing::{escaped, text},
    statistics::{BinReport, bins},
    survey::buckets,
};
use std::fmt::Write as _;
use talea_protocol::{
    outcome::{Disclosed, Ending, Statistics},
    terms::{Lot, Mechanism},
};

/// The depths of one lot.
#[derive(Clone, Debug)]
pub struct Row {
    /// What people call the lot.
    pub name: String,
    /// The title of each panel, with the bids per bucket.
    pub panels: Vec<(String, Vec<u32>)>,
    /// The prices of each bucket, from the worst for the seller to the best.
    pub buckets: Vec<String>,
    /// How the lot ended, in words.
    pub ending: String,
    /// What bars count.
    pub counts: Counts,
}

/// What bars count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// Bids without the best ones: a depth.
    #[default]
    Bids,
    /// Answers to a survey.
    Answers,
}

impl Counts {
    /// What a picture is of.
    fn note(self) -> &'static str {
        match self {
            Self::Bids => "bids in each range of prices, without the best ones",
            Self::Answers => "answers in each range",
        }
    }

    /// None of them.
    fn none(self) -> &'static str {
        match self {
            Self::Bids => "no bids",
            Self::Answers => "no answers",
        }
    }
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
        let buckets = buckets(&lot.grid, first);
        let panels = depths
            .into_iter()
            .map(|(label, depth)| (label, depth.iter().take(buckets.len()).copied().collect()));
        Some(Self {
            name: format!("{} ({})", lot.name, lot.identifier),
            panels: panels.collect(),
            buckets: buckets.iter().map(|b| format!("{} .. {}", b.from, b.to)).collect(),
            ending,
            counts: Counts::Bids,
        })
    }

    /// The histogram that a survey opened of a lot; nothing if it opened none.
    #[must_use]
    pub fn of_survey(
        mechanism: Mechanism,
        lot: &Lot,
        statistics: &Statistics,
        ending: String,
    ) -> Option<Self> {
        let bins = bins(mechanism, &lot.grid, statistics)?;
        let counts = bins.iter().map(|bin| bin.answers).collect();
        Some(Self {
            name: format!("{} ({})", lot.name, lot.identifier),
            panels: vec![("answers".into(), counts)],
            buckets: bins.iter().map(BinReport::range).collect(),
            ending,
            counts: Counts::Answers,
        })
    }

    /// The depths or the histogram of a lot, whichever its terms open.
    #[must_use]
    pub fn of_lot(
        mechanism: Mechanism,
        lot: &Lot,
        disclosed: &Disclosed,
        ended: Option<&Ending>,
        ending: String,
    ) -> Option<Self> {
        match ended {
            Some(Ending::Surveyed(statistics)) => {
                Self::of_survey(mechanism, lot, statistics, ending)
            }
            _ => Self::of(lot, disclosed, ending),
        }
    }
}

const MARGIN: usize = 24;
/// A character of a bucket's prices is at most this wide.
const LABEL_CHARACTER: usize = 7;
/// And one of the title, and of a lot's name.
const TITLE_CHARACTER: usize = 11;
const NAME_CHARACTER: usize = 9;
const PANEL: usize = 150;
/// Room beside the longest bar, for its number.
const NUMBER: usize = 40;
const GAP: usize = 26;
const BAR: usize = 16;
/// Above a lot's panels: its name.
const NAME: usize = 44;
/// Above a panel's bars: what it shows.
const LABEL: usize = 20;
const FOOT: usize = 40;

/// How a picture by itself looks. On a page the page's style sheet says it, by the same classes.
const STYLE: &str = "<style>
svg { fill: #1d2733; } .page { fill: #fff; } .prices { fill: #56616f; font-size: 11px; }
.title { font-size: 17px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
.heading { font-weight: 600; } .note { fill: #56616f; } .axis { stroke: #56616f; } .bar { fill: #2f6f9f; }
@media (prefers-color-scheme: dark) {
svg { fill: #e3e8ee; } .page { fill: #1a2129; } .prices, .note { fill: #a3afbd; } .axis { stroke: #a3afbd; }
.bar { fill: #6fb1e0; }
}
</style>";

/// The most bids in a bucket, over all rows: the longest bar.
fn most(rows: &[Row]) -> u32 {
    let counts = rows.iter().flat_map(|row| &row.panels).flat_map(|(_, depth)| depth);
    counts.max().copied().unwrap_or(0).max(1)
}

/// How wide the prices of these rows are.
fn label_width<'a>(rows: impl IntoIterator<Item = &'a Row>) -> usize {
    let labels = rows.into_iter().flat_map(|row| &row.buckets).map(|label| label.chars().count());
    labels.max().unwrap_or(0) * LABEL_CHARACTER + 10
}

/// The picture. All bars have one scale.
#[must_use]
pub fn svg(title: &str, rows: &[Row]) -> String {
    let panels = rows.iter().map(|row| row.panels.len()).max().unwrap_or(0);
    let labels = label_width(rows);
    let names = rows.iter().map(|row| row.name.chars().count() * NAME_CHARACTER).max();
    let titles = (title.chars().count() * TITLE_CHARACTER).max(names.unwrap_or(0));
    let width = MARGIN * 2 + (labels + panels * (PANEL + GAP)).max(titles);
    let foot = |row: &Row| if row.ending.is_empty() { 0 } else { FOOT };
    let height_of = |row: &Row| NAME + LABEL + row.buckets.len() * BAR + foot(row);
    let height = MARGIN * 2 + 40 + rows.iter().map(height_of).sum::<usize>();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" role=\"img\">"
    );
    let _ = writeln!(out, "<title>{}</title>\n{STYLE}", escaped(title));
    let _ = writeln!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>");
    text(&mut out, (MARGIN, MARGIN + 14), "class=\"title\"", title);
    let counts = rows.first().map_or(Counts::Bids, |row| row.counts);
    text(&mut out, (MARGIN, MARGIN + 32), "class=\"note\"", counts.note());
    let most = most(rows);
    let mut y = MARGIN + 40;
    for row in rows {
        text(&mut out, (MARGIN, y + 28), "class=\"name\"", &row.name);
        let left = MARGIN + labels;
        draw_prices(&mut out, row, (left, y + NAME + LABEL));
        for (index, panel) in row.panels.iter().enumerate() {
            draw_panel(&mut out, panel, (left + index * (PANEL + GAP), y + NAME), most);
        }
        let below = y + NAME + LABEL + row.buckets.len() * BAR + 20;
        if !row.ending.is_empty() {
            text(&mut out, (left, below), "", &row.ending);
        }
        y += height_of(row);
    }
    out.push_str("</svg>\n");
    out
}

/// The panels of each row as pictures by themselves, each with its prices: for a page that sets them
/// beside or below one another, and whose style sheet colours `prices`, `heading`, `axis` and `bar`. All
/// bars have one scale.
#[must_use]
pub fn panels(rows: &[Row]) -> Vec<Vec<String>> {
    let most = most(rows);
    let picture = |row: &Row, panel: &(String, Vec<u32>)| {
        let labels = label_width([row]);
        let (width, height) = (labels + PANEL, LABEL + row.buckets.len() * BAR + 4);
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\">\n<title>{}, {}: {}</title>",
            escaped(&row.name),
            escaped(&panel.0),
            escaped(&in_words(row, &panel.1))
        );
        draw_prices(&mut out, row, (labels, LABEL));
        draw_panel(&mut out, panel, (labels, 0), most);
        out.push_str("</svg>\n");
        out
    };
    let of_row = |row: &Row| row.panels.iter().map(|panel| picture(row, panel)).collect();
    rows.iter().map(of_row).collect()
}

/// The panels of each of these lots, in their order, with what was disclosed of it and how it ended; of a lot whose terms
/// disclose neither a depth nor a histogram there are none.
#[must_use]
pub fn panels_of<'a>(
    mechanism: Mechanism,
    lots: impl IntoIterator<Item = (&'a Lot, &'a Disclosed, Option<&'a Ending>)>,
) -> Vec<Vec<String>> {
    let row =
        |(lot, disclosed, ending)| Row::of_lot(mechanism, lot, disclosed, ending, String::new());
    let rows: Vec<Option<Row>> = lots.into_iter().map(row).collect();
    let shown: Vec<bool> = rows.iter().map(Option::is_some).collect();
    let mut drawn = panels(&rows.into_iter().flatten().collect::<Vec<_>>()).into_iter();
    let of_lot = |is_shown: bool| if is_shown { drawn.next() } else { None };
    shown.into_iter().map(of_lot).map(Option::unwrap_or_default).collect()
}

/// What a panel shows, for whoever does not see it: the best prices first, as they are drawn.
fn in_words(row: &Row, depth: &[u32]) -> String {
    let counts = row.buckets.iter().zip(depth).rev().filter(|(_, bids)| **bids > 0);
    let counts: Vec<String> = counts.map(|(prices, bids)| format!("{bids} at {prices}")).collect();
    if counts.is_empty() { row.counts.none().into() } else { counts.join(", ") }
}

/// Where the bar of a bucket begins: the best price on top, as in a book of orders.
fn y_of(bucket: usize, buckets: usize) -> usize {
    buckets.saturating_sub(bucket + 1) * BAR
}

/// The prices, to the left of the bars.
fn draw_prices(out: &mut String, row: &Row, (right, top): (usize, usize)) {
    for (bucket, prices) in row.buckets.iter().enumerate() {
        let at = (right.saturating_sub(10), top + y_of(bucket, row.buckets.len()) + BAR - 4);
        text(out, at, "class=\"prices\" text-anchor=\"end\"", prices);
    }
}

/// What a panel shows, and its bars below.
fn draw_panel(
    out: &mut String,
    (label, depth): &(String, Vec<u32>),
    (left, top): (usize, usize),
    most: u32,
) {
    text(out, (left, top + LABEL - 8), "class=\"heading\"", label);
    let first = top + LABEL;
    let bottom = first + depth.len() * BAR;
    let _ = writeln!(
        out,
        "<line class=\"axis\" x1=\"{left}\" y1=\"{first}\" x2=\"{left}\" y2=\"{bottom}\"/>"
    );
    for (bucket, bids) in depth.iter().enumerate().filter(|(_, bids)| **bids > 0) {
        let length = ((PANEL - NUMBER) * *bids as usize / most as usize).max(2);
        let y = first + y_of(bucket, depth.len());
        let _ = writeln!(
            out,
            "<rect class=\"bar\" x=\"{left}\" y=\"{}\" width=\"{length}\" height=\"{}\"/>",
            y + 2,
            BAR - 4
        );
        text(out, (left + length + 5, y + BAR - 4), "", &bids.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::List,
        price::{Price, PriceGrid, Scale, Side},
    };

    fn row() -> Row {
        Row {
            name: "Lot <1> & \"more\"".into(),
            panels: vec![("round 0".into(), vec![2, 0, 1]), ("round 1".into(), vec![0, 0, 3])],
            buckets: vec!["1 .. 2".into(), "3 .. 4".into(), "5 .. 6".into()],
            ending: "sold at 6".into(),
            counts: Counts::Bids,
        }
    }

    #[test]
    fn every_count_that_is_not_zero_has_a_bar_with_its_number() {
        let picture = svg("Depth", &[row()]);
        assert_eq!(picture.matches("class=\"bar\"").count(), 3);
        for number in [">2<", ">1<", ">3<"] {
            assert_eq!(picture.matches(number).count(), 1, "{number}");
        }
        assert!(picture.contains("sold at 6"));
    }

    /// The widths of the bars, in the order in which they are drawn.
    fn bars(picture: &str) -> Vec<usize> {
        let bars = picture.split("class=\"bar\"").skip(1);
        let width = |bar: &str| bar.split("width=\"").nth(1)?.split('"').next()?.parse().ok();
        bars.map(|bar| width(bar).unwrap()).collect()
    }

    #[test]
    fn so_many_bids_are_drawn_as_long_in_every_panel_and_lot() {
        let other = Row {
            panels: vec![("at the end".into(), vec![1, 6])],
            buckets: vec!["1 .. 2".into(), "3 .. 4".into()],
            ..row()
        };
        let rows = [row(), other];
        // 2 and 1, 3; 1 and 6.
        let each = bars(&svg("Depth", &rows));
        assert_eq!(each, [2, 1, 3, 1, 6].map(|bids| bids * (PANEL - NUMBER) / 6));
        let panels: Vec<usize> = panels(&rows).iter().flatten().flat_map(|p| bars(p)).collect();
        assert_eq!(panels, each);
    }

    #[test]
    fn panels_by_themselves_say_what_they_show() {
        let panels = panels(&[row()]);
        let [[first, second]] = [<[String; 2]>::try_from(panels[0].clone()).unwrap()];
        assert!(first.contains(">round 0<") && second.contains(">round 1<"));
        for panel in [first, second] {
            assert!(panel.contains("5 .. 6") && !panel.contains("fill="), "{panel}");
            assert!(panel.contains("Lot &lt;1&gt;"), "{panel}");
        }
    }

    #[test]
    fn whoever_does_not_see_a_panel_hears_its_numbers() {
        let empty = Row { panels: vec![("round 2".into(), vec![0, 0, 0])], ..row() };
        let panels = panels(&[row(), empty]).concat();
        let title =
            |panel: &str| panel.split("<title>").nth(1)?.split('<').next().map(str::to_owned);
        let titles: Vec<String> = panels.iter().filter_map(|panel| title(panel)).collect();
        let said: Vec<&str> =
            titles.iter().filter_map(|title| title.rsplit("&quot;").next()).collect();
        let expected =
            [", round 0: 1 at 5 .. 6, 2 at 1 .. 2", ", round 1: 3 at 5 .. 6", ", round 2: no bids"];
        assert_eq!(said, expected);
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

    #[test]
    fn a_survey_is_drawn_as_answers_in_bins() {
        let shape = talea_protocol::price::Shape::new(&[3]).unwrap();
        let [name, identifier] =
            ["Rate", "rate"].map(|text| talea_protocol::bytes::Text::new(text).unwrap());
        let grid = PriceGrid {
            side: Side::HighestWins,
            start: Price(0),
            tick: 1,
            levels: 7,
            scale: Scale::Decimal(0),
            shape,
        };
        let lot = Lot { name, identifier, quantity: 1, grid };
        let bins = List::new(vec![4, 0, 9]).unwrap();
        let statistics = Statistics { sum: 40, bins: Some(bins), squares: None };
        let survey = |bin_levels| Mechanism::Survey { min_answers: 2, bin_levels, squares: false };
        let disclosed = Disclosed::default();
        let ended = Ending::Surveyed(statistics);
        let row =
            Row::of_lot(survey(3), &lot, &disclosed, Some(&ended), "surveyed".into()).unwrap();
        assert_eq!(row.buckets, ["0 .. 2", "3 .. 5", "6"]);
        let picture = svg("Answers", std::slice::from_ref(&row));
        assert!(
            picture.contains("answers in each range") && !picture.contains("bids"),
            "{picture}"
        );
        assert_eq!(bars(&picture).len(), 2);
        assert!(panels(&[row])[0][0].contains(": 9 at 6, 4 at 0 .. 2</title>"));
        let Ending::Surveyed(statistics) = ended else { panic!() };
        let without = Ending::Surveyed(Statistics { bins: None, ..statistics });
        assert!(Row::of_lot(survey(0), &lot, &disclosed, Some(&without), String::new()).is_none());
        assert!(Row::of_lot(survey(3), &lot, &disclosed, None, String::new()).is_none());
    }
}
