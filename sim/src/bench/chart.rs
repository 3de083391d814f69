//! A picture of how costs grow: one SVG that needs nothing else, with logarithmic scales.
//!
//! Two panels stand side by side, by bidders and by prices. Each has costs above, as multiples of the yardstick,
//! and bytes below, both per bidder.

use super::growth::{Growth, Point};
use std::fmt::{self, Write as _};
use talea_text::money::grouped;

/// Size of the picture, in pixels.
const SIZE: (f64, f64) = (1000.0, 640.0);

/// Left edges of the panels.
const LEFT: [f64; 2] = [76.0, 576.0];
/// Width of a panel, without the names of its lines.
const WIDTH: f64 = 336.0;
/// Top and height of the costs.
const COSTS: (f64, f64) = (96.0, 290.0);
/// Top and height of the bytes.
const BYTES: (f64, f64) = (426.0, 120.0);
/// Least distance between the names of two lines.
const NAME_GAP: f64 = 15.0;

/// A line of a plot: its name, its colour, and what it shows of a point. The colours are told apart by people
/// who see fewer of them, too (Okabe and Ito, 2008).
type Line = (&'static str, &'static str, fn(&Point) -> f64);

const COST_LINES: [Line; 3] = [
    ("parties", "#0072b2", |point| point.parties),
    ("contract", "#d55e00", |point| point.contract),
    ("verifier", "#009e73", |point| point.verifier),
];
const BYTE_LINES: [Line; 1] = [("transcript", "#333333", |point| point.bytes as f64)];

/// The picture, as the text of an SVG file.
#[must_use]
pub fn svg(growth: &Growth) -> String {
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = draw(&mut svg, growth);
    svg
}

fn draw(svg: &mut String, growth: &Growth) -> fmt::Result {
    let (width, height) = SIZE;
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="13" fill="#222222" role="img" aria-labelledby="title">
<title id="title">Costs and bytes per bidder, by number of bidders and of prices</title>
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="24" y="32" font-size="18" font-weight="bold">Costs and bytes per bidder</text>
<text x="24" y="52">One lot, first price, quorum 2 of 3; processor time. The yardstick is {unit}.</text>"##,
        unit = growth.unit
    )?;
    let Growth { by_bidders, by_prices, .. } = growth;
    let prices =
        by_bidders.first().map(|p| format!("{} prices, {}", grouped(p.levels.into()), p.shape));
    let bidders = by_prices.first().map(|p| format!("{} bidders", p.bidders));
    let [left, right] = LEFT;
    let panels = [
        Panel {
            left,
            name: "bidders",
            fixed: prices.unwrap_or_default(),
            points: by_bidders,
            x_of: |point| point.bidders as f64,
            x_name: |x| x.to_string(),
        },
        Panel {
            left: right,
            name: "prices",
            fixed: bidders.unwrap_or_default(),
            points: by_prices,
            x_of: |point| f64::from(point.levels),
            x_name: |x| format!("2{}", superscript(x.log2().round() as u32)),
        },
    ];
    // Both panels have the same scales, so that they can be compared.
    let plots = [
        Plot::new(COSTS, "multiples of the yardstick", &COST_LINES, growth),
        Plot::new(BYTES, "bytes", &BYTE_LINES, growth),
    ];
    for panel in &panels {
        panel.draw(svg, &plots)?;
    }
    writeln!(svg, "</svg>")
}

/// Costs and bytes by one size.
struct Panel<'a> {
    left: f64,
    name: &'static str,
    /// The size that stays.
    fixed: String,
    points: &'a [Point],
    x_of: fn(&Point) -> f64,
    x_name: fn(f64) -> String,
}

impl Panel<'_> {
    fn draw(&self, svg: &mut String, plots: &[Plot<'_>]) -> fmt::Result {
        let Self { left, name, fixed, points, x_of, x_name } = self;
        let xs: Vec<f64> = points.iter().map(x_of).collect();
        let x = Scale::new(&xs, (*left, WIDTH));
        let (top, bottom) = (COSTS.0, BYTES.0 + BYTES.1);
        writeln!(
            svg,
            r#"<text x="{left}" y="{}" font-weight="bold">By {name}: {fixed}</text>"#,
            top - 14.0
        )?;
        for value in &xs {
            let at = x.at(*value);
            for Plot { top, height, .. } in plots {
                writeln!(svg, r##"<path d="M{at:.1} {top}v{height}" stroke="#e4e4e4"/>"##)?;
            }
            writeln!(
                svg,
                r#"<text x="{at:.1}" y="{}" text-anchor="middle">{}</text>"#,
                bottom + 20.0,
                x_name(*value)
            )?;
        }
        for plot in plots {
            plot.draw_axis(svg, &x)?;
            plot.draw_lines(svg, &x, points, *x_of)?;
        }
        let (middle, below) = (left + WIDTH / 2.0, bottom + 44.0);
        writeln!(
            svg,
            r#"<text x="{middle}" y="{below}" text-anchor="middle">{name} (logarithmic)</text>"#
        )
    }
}

/// What some lines have in common.
struct Plot<'a> {
    top: f64,
    height: f64,
    unit: &'static str,
    lines: &'a [Line],
    y: Scale,
}

impl<'a> Plot<'a> {
    fn new(
        (top, height): (f64, f64),
        unit: &'static str,
        lines: &'a [Line],
        growth: &Growth,
    ) -> Self {
        let points = growth.by_bidders.iter().chain(&growth.by_prices);
        let values: Vec<f64> =
            points.flat_map(|point| lines.iter().map(|(_, _, of)| of(point))).collect();
        // Upwards: a larger value is higher.
        let y = Scale::new(&values, (top + height, -height)).rounded();
        Self { top, height, unit, lines, y }
    }

    fn draw_axis(&self, svg: &mut String, x: &Scale) -> fmt::Result {
        let Self { top, height, unit, y, .. } = self;
        let (left, right) = (x.begin, x.begin + x.length);
        for tick in y.ticks() {
            let at = y.at(tick);
            writeln!(
                svg,
                r##"<path d="M{left} {at:.1}H{right}" stroke="#e4e4e4"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"##,
                left - 8.0,
                at + 4.5,
                amount(tick)
            )?;
        }
        writeln!(
            svg,
            r##"<path d="M{left} {top}v{height}H{right}" fill="none" stroke="#222222"/>"##
        )?;
        writeln!(
            svg,
            r#"<text transform="translate({} {}) rotate(-90)" text-anchor="middle">{unit}</text>"#,
            left - 56.0,
            top + height / 2.0
        )
    }

    fn draw_lines(
        &self,
        svg: &mut String,
        x: &Scale,
        points: &[Point],
        x_of: fn(&Point) -> f64,
    ) -> fmt::Result {
        let mut names = Vec::new();
        for (name, colour, of) in self.lines {
            let places: Vec<(f64, f64)> =
                points.iter().map(|point| (x.at(x_of(point)), self.y.at(of(point)))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let path = path.join(" ");
            writeln!(
                svg,
                r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#
            )?;
            for (x, y) in &places {
                writeln!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#)?;
            }
            names.extend(places.last().map(|(_, y)| (*y, *name, *colour)));
        }
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = f64::NEG_INFINITY;
        for (at, name, colour) in names {
            let at = at.max(free);
            free = at + NAME_GAP;
            let (x, y) = (x.begin + x.length + 10.0, at + 4.5);
            writeln!(svg, r#"<text x="{x}" y="{y:.1}" fill="{colour}">{name}</text>"#)?;
        }
        Ok(())
    }
}

/// A logarithmic scale: values between `low` and `high` stand within `length` pixels from `begin`.
struct Scale {
    low: f64,
    high: f64,
    begin: f64,
    length: f64,
}

impl Scale {
    /// From the least to the largest of these values.
    fn new(values: &[f64], (begin, length): (f64, f64)) -> Self {
        // A logarithm needs a value above 0; without values any scale will do.
        let positive = || values.iter().copied().filter(|value| *value > 0.0);
        let low = positive().reduce(f64::min).unwrap_or(1.0);
        let high = positive().reduce(f64::max).unwrap_or(1.0);
        Self { low, high, begin, length }
    }

    /// From the tick below to the tick above.
    fn rounded(self) -> Self {
        let low = self.round().filter(|tick| *tick <= self.low).fold(self.low, |_, tick| tick);
        let high = self.round().find(|tick| *tick >= self.high).unwrap_or(self.high);
        Self { low, high, ..self }
    }

    fn at(&self, value: f64) -> f64 {
        let whole = (self.high / self.low).ln();
        let part = if whole > 0.0 { (value.max(self.low) / self.low).ln() / whole } else { 0.5 };
        self.begin + self.length * part
    }

    /// 1, 2 and 5 times the powers of ten, upwards: all within, and at least one more on each side.
    fn round(&self) -> impl Iterator<Item = f64> + use<> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade)))
    }

    /// Those that lie within.
    fn ticks(&self) -> Vec<f64> {
        self.round().filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }
}

/// An amount of few digits.
fn amount(value: f64) -> String {
    if value < 1.0 { value.to_string() } else { grouped(value as u128) }
}

/// An exponent.
fn superscript(value: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    value
        .to_string()
        .bytes()
        .filter_map(|digit| DIGITS.get(usize::from(digit.wrapping_sub(b'0'))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(bidders: usize, levels: u32, cost: f64) -> Point {
        let (parties, contract, verifier) = (10.0 * cost, cost, cost / 2.0);
        let shape = "[2 x 8]".into();
        Point { bidders, levels, shape, parties, contract, verifier, bytes: 1000 * bidders as u64 }
    }

    fn growth() -> Growth {
        Growth {
            schema: "test",
            unit: "one verification",
            by_bidders: vec![point(8, 256, 2.0), point(16, 256, 4.0), point(32, 256, 8.0)],
            by_prices: vec![point(8, 256, 2.0), point(8, u32::MAX, 9.0)],
        }
    }

    /// The places of a line's points.
    fn line(svg: &str, colour: &str) -> Vec<(f64, f64)> {
        let end = format!("\" fill=\"none\" stroke=\"{colour}\"");
        let (before, _) = svg.split_once(&end).unwrap();
        let (_, points) = before.rsplit_once("points=\"").unwrap();
        let number = |text: &str| text.parse().unwrap();
        let place = |text: &str| text.split_once(',').map(|(x, y)| (number(x), number(y)));
        points.split(' ').map(|text| place(text).unwrap()).collect()
    }

    #[test]
    fn what_doubles_rises_by_the_same_height_each_time() {
        let svg = svg(&growth());
        for (_, colour, _) in COST_LINES.iter().chain(&BYTE_LINES) {
            let places = line(&svg, colour);
            let [a, b, c] = places.try_into().unwrap();
            assert!(a.1 > b.1 && b.1 > c.1, "{colour}");
            assert!((a.1 - b.1 - (b.1 - c.1)).abs() < 0.3, "{colour}");
            assert!((b.0 - a.0 - (c.0 - b.0)).abs() < 0.3, "{colour}");
        }
    }

    #[test]
    fn axes_say_what_they_count_in_which_unit() {
        let svg = svg(&growth());
        for words in [
            "bidders (logarithmic)",
            "prices (logarithmic)",
            ">multiples of the yardstick<",
            ">bytes<",
            "The yardstick is one verification.",
            "256 prices, [2 x 8]",
            ">2⁸<",
            ">2³²<",
            ">32<",
            ">parties<",
            ">contract<",
            ">verifier<",
            ">transcript<",
        ] {
            assert!(svg.contains(words), "{words:?} is missing");
        }
        assert!(!svg.contains("href") && !svg.contains("NaN"));
    }

    #[test]
    fn names_of_lines_do_not_cover_each_other() {
        let mut growth = growth();
        for point in growth.by_bidders.iter_mut().chain(&mut growth.by_prices) {
            (point.parties, point.contract, point.verifier) = (3.0, 3.0, 3.0);
        }
        let svg = svg(&growth);
        let heights: Vec<f64> = ["parties", "contract", "verifier"]
            .iter()
            .map(|name| {
                let (before, _) = svg.split_once(&format!(">{name}<")).unwrap();
                let (_, y) = before.rsplit_once("y=\"").unwrap();
                y.split_once('"').unwrap().0.parse().unwrap()
            })
            .collect();
        assert!(
            heights.windows(2).all(|pair| (pair[1] - pair[0]).abs() >= NAME_GAP),
            "{heights:?}"
        );
    }

    #[test]
    fn a_picture_of_nothing_is_a_picture() {
        let nothing = Growth { by_bidders: Vec::new(), by_prices: Vec::new(), ..growth() };
        let svg = svg(&nothing);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }

    #[test]
    fn ticks_are_round_and_within() {
        let scale = Scale::new(&[70.0, 3.0], (0.0, 100.0));
        assert_eq!(scale.ticks(), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(scale.at(3.0), 0.0);
        assert!((scale.at(70.0) - 100.0).abs() < 1e-9);
        let rounded = scale.rounded();
        assert_eq!(rounded.ticks(), [2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        assert_eq!((rounded.at(2.0), rounded.at(100.0)), (0.0, 100.0));
        assert_eq!([0.5, 20_000.0].map(amount), ["0.5", "20,000"]);
    }
}
