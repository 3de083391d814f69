//! What a finding looks like: bars, dots in order, and a grid of who bid and won. Each is an SVG by itself whose
//! colours are those of its page.

use crate::statistics::{float, float_of, median};
use talea_text::drawing::{begin, end, line, rectangle, text};

/// A picture of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// How often.
    Bars(Bars),
    /// One value per auction.
    Dots(Dots),
    /// Who bid where.
    Grid(Grid),
}

/// Counts side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What is counted.
    pub title: String,
    /// A word on it.
    pub note: String,
    /// The bars, from left to right.
    pub counts: Vec<u32>,
    /// What stands below, from 0 at the left to 1 at the right.
    pub marks: Vec<(f64, String)>,
}

/// Values in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dots {
    /// What they are.
    pub title: String,
    /// A word on it.
    pub note: String,
    /// The values, at least 0.
    pub values: Vec<f64>,
    /// Of what.
    pub unit: &'static str,
    /// Which of them to point at: from the first to before the second.
    pub shaded: Option<(usize, usize)>,
}

/// Who bid where, and who won.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// What it shows.
    pub title: String,
    /// A word on it.
    pub note: String,
    /// Auctions.
    pub columns: usize,
    /// Bidders.
    pub rows: Vec<GridRow>,
}

/// One bidder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridRow {
    /// Its name.
    pub name: String,
    /// The auctions in which it bid.
    pub bids: Vec<usize>,
    /// Those that it won.
    pub wins: Vec<usize>,
}

const WIDTH: usize = 760;
const LEFT: usize = 60;
const RIGHT: usize = 20;
const TOP: usize = 44;
const HEIGHT: usize = 200;
const FOOT: usize = 28;
const ROW: usize = 18;
/// A row's name is cut here.
const NAME: usize = 18;
const CHARACTER: usize = 7;

impl Picture {
    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        match self {
            Self::Bars(bars) => bars.svg(),
            Self::Dots(dots) => dots.svg(),
            Self::Grid(grid) => grid.svg(),
        }
    }
}

/// A frame with a title, and how wide it is inside.
fn frame(out: &mut String, (title, note): (&str, &str), left: usize, height: usize) -> f64 {
    begin(out, (WIDTH, TOP + height + FOOT), title);
    text(out, (0, 14), "class=\"heading\"", title);
    text(out, (0, 30), "class=\"prices\"", note);
    float(WIDTH.saturating_sub(left).saturating_sub(RIGHT))
}

/// A place on the picture, to a tenth.
fn tenth(place: f64) -> f64 {
    let place = if place.is_finite() { place } else { 0.0 };
    (place * 10.0).round() / 10.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place on a picture of less than a thousand wide"
)]
fn whole(place: f64) -> usize {
    place.clamp(0.0, 10_000.0) as usize
}

impl Bars {
    fn svg(&self) -> String {
        let mut out = String::new();
        let inside = frame(&mut out, (&self.title, &self.note), LEFT, HEIGHT);
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let width = inside / float(self.counts.len().max(1));
        let bottom = TOP + HEIGHT;
        for (at, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = float_of((*count).into()) / float_of(most.into()) * float(HEIGHT);
            let left = float(LEFT) + float(at) * width;
            let corner = [left + 0.5, float(bottom) - height, width - 1.0, height].map(tenth);
            rectangle(&mut out, "bar", corner);
        }
        line(&mut out, "axis", [LEFT, bottom, WIDTH - RIGHT, bottom]);
        text(&mut out, (LEFT - 6, TOP + 8), END, &most.to_string());
        text(&mut out, (LEFT - 6, bottom), END, "0");
        for (at, mark) in &self.marks {
            let x = float(LEFT) + at * inside;
            let height = if mark == "0" { [TOP, bottom + 4] } else { [bottom, bottom + 4] };
            let [upper, lower] = height.map(float);
            line(&mut out, "axis", [tenth(x), upper, tenth(x), lower]);
            let anchor = format!("class=\"prices\" text-anchor=\"{}\"", anchor(*at));
            text(&mut out, (whole(x), bottom + 18), &anchor, mark);
        }
        end(&mut out);
        out
    }
}

const END: &str = "class=\"prices\" text-anchor=\"end\"";

fn anchor(at: f64) -> &'static str {
    if at >= 1.0 { "end" } else { "middle" }
}

impl Dots {
    /// The upper end: three times the median, so that a few large values do not press all others down.
    fn top(&self) -> f64 {
        let most = self.values.iter().copied().fold(0.0, f64::max);
        let top = median(&self.values).map_or(most, |median| most.min(median * 3.0));
        if top > 0.0 && top.is_finite() { top } else { 1.0 }
    }

    fn svg(&self) -> String {
        let mut out = String::new();
        let inside = frame(&mut out, (&self.title, &self.note), LEFT, HEIGHT);
        let (top, bottom) = (self.top(), TOP + HEIGHT);
        let step = inside / float(self.values.len().max(1));
        let x_of = |at: usize| float(LEFT) + float(at) * step;
        if let Some((from, to)) = self.shaded.filter(|(from, to)| from < to) {
            let corner = [x_of(from), float(TOP), x_of(to) - x_of(from), float(HEIGHT)];
            rectangle(&mut out, "shade", corner.map(tenth));
        }
        for (at, value) in self.values.iter().enumerate() {
            let share = (value / top).clamp(0.0, 1.0);
            let middle = (x_of(at) + step / 2.0, float(bottom) - share * float(HEIGHT));
            rectangle(&mut out, "bar", [middle.0 - 1.5, middle.1 - 1.5, 3.0, 3.0].map(tenth));
        }
        line(&mut out, "axis", [LEFT, bottom, WIDTH - RIGHT, bottom]);
        line(&mut out, "axis", [LEFT, TOP, LEFT, bottom]);
        text(&mut out, (LEFT - 6, TOP + 8), END, &format!("{top:.1} {}", self.unit));
        text(&mut out, (LEFT - 6, bottom), END, "0");
        text(&mut out, (LEFT, bottom + 18), "class=\"prices\"", "1");
        text(&mut out, (WIDTH - RIGHT, bottom + 18), END, &self.values.len().to_string());
        end(&mut out);
        out
    }
}

impl Grid {
    fn svg(&self) -> String {
        let mut out = String::new();
        let named = self.rows.iter().map(|row| row.name.chars().count().min(NAME)).max();
        let left = LEFT.max(named.unwrap_or(0) * CHARACTER + 10);
        let height = self.rows.len() * ROW;
        let inside = frame(&mut out, (&self.title, &self.note), left, height);
        let step = inside / float(self.columns.max(1));
        let width = (step - 0.4).max(0.9);
        for (at, row) in self.rows.iter().enumerate() {
            let bottom = TOP + at.saturating_add(1) * ROW - 4;
            let name: String = row.name.chars().take(NAME).collect();
            text(&mut out, (left - 8, bottom), END, &name);
            line(&mut out, "rule", [left, bottom, WIDTH - RIGHT, bottom]);
            let marks = row.bids.iter().map(|bid| (bid, "bid", 3.0));
            let marks = marks.chain(row.wins.iter().map(|win| (win, "bar", 12.0)));
            for (column, class, height) in marks.filter(|(column, ..)| **column < self.columns) {
                let x = float(left) + float(*column) * step;
                rectangle(&mut out, class, [x, float(bottom) - height, width, height].map(tenth));
            }
        }
        let below = TOP + height + 14;
        text(&mut out, (left, below), "class=\"prices\"", "1");
        text(&mut out, (WIDTH - RIGHT, below), END, &self.columns.to_string());
        end(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(values: Vec<f64>) -> Picture {
        let (title, note) = ("Dots".into(), "<note>".into());
        Picture::Dots(Dots { title, note, values, unit: "%", shaded: Some((0, 2)) })
    }

    #[test]
    fn bars_stand_for_counts() {
        let bars = Bars {
            title: "Bars".into(),
            note: String::new(),
            counts: vec![0, 5, 10],
            marks: vec![(0.5, "0".into())],
        };
        let svg = Picture::Bars(bars).svg();
        assert_eq!(svg.matches("class=\"bar\"").count(), 2);
        assert!(svg.contains("height=\"200\"/>") && svg.contains("height=\"100\"/>"), "{svg}");
    }

    #[test]
    fn what_is_no_number_is_drawn_somewhere_and_breaks_nothing() {
        for values in [vec![], vec![f64::NAN], vec![f64::INFINITY, 1.0], vec![0.0, 0.0]] {
            let svg = dots(values).svg();
            assert!(
                svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"),
                "{svg}"
            );
            assert!(svg.contains("&lt;note&gt;"));
        }
    }

    #[test]
    fn a_win_is_a_bid_that_stands_out() {
        let row = GridRow { name: "a".repeat(40), bids: vec![0, 1, 9], wins: vec![1] };
        let (title, note) = ("Grid".into(), String::new());
        let svg = Picture::Grid(Grid { title, note, columns: 5, rows: vec![row] }).svg();
        assert_eq!(
            svg.matches("class=\"bid\"").count(),
            2,
            "what is beyond the columns is not drawn"
        );
        assert_eq!(svg.matches("class=\"bar\"").count(), 1);
        assert!(svg.contains(&"a".repeat(NAME)) && !svg.contains(&"a".repeat(NAME + 1)));
    }
}
