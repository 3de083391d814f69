//! What terms with curves, two sides or a survey must hold to, each bound in a sentence that names the field: check T8
//! of the specification.

use crate::{
    failure::{Code, Failure},
    money::grouped,
    rules::within,
};
use talea_protocol::{
    limits::{
        MAX_BUCKETS, MAX_MARKET_BIDS, MAX_OPENED_SUM, MAX_PAID_SUM, MAX_SEALED_BID_BYTES,
        MAX_SEARCHED, MAX_SHOWN_BUCKETS, MAX_SURVEY_SUM, MAX_UNITS,
    },
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::{Level, PriceGrid, Shape, Side},
    sealed_bid::SealedBid,
    terms::{Disclosure, Lot, Terms},
};

/// Judges terms whose mechanism is of this kind; others are not judged here.
///
/// # Errors
/// `scenario.bound`, `scenario.field`: the first bound that does not hold, naming the field of a file.
pub fn judge(terms: &Terms) -> Result<(), Failure> {
    match terms.mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => Ok(()),
        Mechanism::Curves { curve, pricing, least: _, comparisons } => {
            alone(terms, "mechanism.curves")?;
            Market { terms, at: "mechanism.curves", curve }.judge_curves(pricing, comparisons)
        }
        Mechanism::TwoSided { curve, rule, comparisons } => {
            alone(terms, "mechanism.two-sided")?;
            let market = Market { terms, at: "mechanism.two-sided", curve };
            market.judge_rule(rule, comparisons)?;
            market.judge_two_sided(comparisons)
        }
        Mechanism::Survey { min_answers: _, bin_levels, squares } => {
            alone(terms, "mechanism.survey")?;
            judge_survey(terms, bin_levels, squares)
        }
    }
}

/// What goes with no such mechanism: a reserve, the seller's say, rounds, and facts beside those that it opens.
fn alone(terms: &Terms, mechanism: &str) -> Result<(), Failure> {
    let (cover, depth) = match terms.disclosure {
        Disclosure::Everything => {
            return Err(conflict("disclosure.everything", mechanism, "remove it"));
        }
        Disclosure::Facts { cover, depth } => (cover, depth),
    };
    for (is_set, field, help) in [
        (terms.reserve.is_some(), "reserve", "remove [reserve]"),
        (terms.acceptance.is_some(), "acceptance", "remove [acceptance]"),
        (terms.rounds.is_some(), "rounds", "remove [rounds]"),
        (cover, "disclosure.cover", "remove it"),
        (depth.is_some(), "disclosure.depth_from", "remove it"),
    ] {
        if is_set {
            return Err(conflict(field, mechanism, help));
        }
    }
    Ok(())
}

fn conflict(field: &str, mechanism: &str, help: &str) -> Failure {
    let sentence = format!("{field} cannot be set together with {mechanism}");
    Failure::new(Code::ScenarioField, sentence).with_help(help)
}

/// A number that is too large, in a sentence: what it is, how large, and how large it may be.
fn at_most(at: &str, what: &str, value: u128, most: u64, help: &str) -> Result<(), Failure> {
    if value <= most.into() {
        return Ok(());
    }
    let sentence =
        format!("{at}: {what} is {}, and must be {} or less", grouped(value), grouped(most.into()));
    Err(Failure::new(Code::ScenarioBound, sentence).with_help(help))
}

/// The lots, each with what a sentence calls it.
fn lots(terms: &Terms) -> impl Iterator<Item = (String, &Lot)> {
    let called = |(index, lot): (usize, &Lot)| format!("lots[{index}] ({})", lot.name);
    terms.lots.iter().enumerate().map(move |(index, lot)| (called((index, lot)), lot))
}

fn distance(grid: &PriceGrid) -> u128 {
    grid.levels.saturating_sub(1).into()
}

/// The terms of a market in which a bid is a curve.
struct Market<'a> {
    terms: &'a Terms,
    /// The mechanism's table.
    at: &'static str,
    curve: Curve,
}

impl Market<'_> {
    fn judge_curves(&self, pricing: Pricing, comparisons: Comparisons) -> Result<(), Failure> {
        let (room, most) = (u128::from(self.terms.max_bids_per_lot), self.curve.most());
        for (at, lot) in lots(self.terms) {
            self.judge_lot(&at, lot)?;
            let quantity = u128::from(lot.quantity);
            let sum = room.saturating_mul(most.into()).saturating_add(quantity);
            let what = "max_bids_per_lot times the most units of a bid, and the quantity,";
            at_most(&at, what, sum, MAX_OPENED_SUM, LESS_ROOM)?;
            if pricing == Pricing::PayAsBid {
                let won = quantity.min(most.into());
                let paid = won.saturating_mul(distance(&lot.grid));
                let what = "with pay-as-bid, the most units that one bid wins times the number of prices less one";
                let help = "take fewer prices, a larger tick, or smaller bids";
                at_most(&at, what, paid, MAX_OPENED_SUM, help)?;
                let all = quantity.min(room.saturating_mul(most.into()));
                let what =
                    "with pay-as-bid, the units that are sold times the number of prices less one";
                at_most(&at, what, all.saturating_mul(distance(&lot.grid)), MAX_PAID_SUM, help)?;
            }
            if comparisons == Comparisons::Hidden {
                let what = "with hidden comparisons, the quantity";
                let most = u64::try_from(MAX_UNITS).unwrap_or(u64::MAX);
                at_most(&at, what, quantity, most, OPENED)?;
            }
        }
        self.judge_all()
    }

    /// Trade reduction is for bids of one unit.
    fn judge_rule(&self, rule: ClearingRule, comparisons: Comparisons) -> Result<(), Failure> {
        let Self { at, curve, .. } = self;
        let needed = match (curve.quantities, comparisons) {
            _ if rule != ClearingRule::TradeReduction => return Ok(()),
            _ if curve.steps != 1 => "steps = 1",
            (Quantities::Public { most: 1 }, Comparisons::Hidden) => return Ok(()),
            (Quantities::Public { most: 1 }, Comparisons::Opened) => "comparisons = \"hidden\"",
            _ => "quantities = { public = { most = 1 } }",
        };
        let sentence = format!("{at}.clearing_price: \"trade-reduction\" needs {needed}");
        Err(Failure::new(Code::ScenarioField, sentence)
            .with_help("it is for bids of one unit each, compared under encryption"))
    }

    fn judge_two_sided(&self, comparisons: Comparisons) -> Result<(), Failure> {
        let Self { terms, at, curve } = self;
        let room = u128::from(terms.max_bids_per_lot);
        for (lot_at, lot) in lots(terms) {
            if lot.grid.side == Side::LowestWins {
                let sentence = format!("{lot_at}.side must be \"sale\" in a two-sided market");
                let help = "buyers want low prices and sellers high ones on one and the same grid";
                return Err(Failure::new(Code::ScenarioField, sentence).with_help(help));
            }
            self.judge_lot(&lot_at, lot)?;
        }
        let units = room.saturating_mul(curve.most().into());
        let what = "max_bids_per_lot times the most units of a bid";
        at_most(at, what, units, MAX_OPENED_SUM, LESS_ROOM)?;
        if comparisons == Comparisons::Hidden {
            if let Quantities::Sealed { .. } = curve.quantities {
                let sentence = format!(
                    "{at}.comparisons: hidden ones need public quantities in a two-sided market"
                );
                return Err(Failure::new(Code::ScenarioField, sentence).with_help(OPENED));
            }
            let most = u64::try_from(MAX_UNITS).unwrap_or(u64::MAX);
            at_most(at, &format!("with hidden comparisons, {what}"), units, most, OPENED)?;
        }
        self.judge_all()
    }

    /// What a lot of any market must hold to.
    fn judge_lot(&self, at: &str, lot: &Lot) -> Result<(), Failure> {
        let Self { at: mechanism, curve, .. } = self;
        let bits = curve.quantities.sealed_bits();
        let field = format!("{mechanism}.quantities.sealed.bits");
        let Some(shape) = lot.grid.shape.with_bits(bits) else {
            let sentence = format!(
                "{field} is {bits}, and with so many digits of one bit behind it the shape {} of {at} has more \
                 than 32 digits or 32 bits",
                lot.grid.shape
            );
            return Err(Failure::new(Code::ScenarioBound, sentence)
                .with_help("take fewer prices or smaller quantities"));
        };
        let numbers = u128::from(lot.grid.levels)
            .saturating_mul(1u128.checked_shl(bits.into()).unwrap_or(u128::MAX));
        let what = format!("the number of prices of {at} times 2 to the power of {bits}");
        let help = "take fewer prices or smaller quantities";
        at_most(&field, &what, numbers, u32::MAX.into(), help)?;
        let bytes = SealedBid::encoded_len(&shape).saturating_mul(curve.steps.into());
        let bytes = u128::try_from(bytes.saturating_add(32)).unwrap_or(u128::MAX);
        let what = format!("the length in bytes of a sealed bid on {at}, whose shape is {shape},");
        let most = u64::try_from(MAX_SEALED_BID_BYTES).unwrap_or(u64::MAX);
        let help = "take fewer steps, or a shape with smaller digits";
        at_most(&format!("{mechanism}.steps"), &what, bytes, most, help)?;
        let last = Level(lot.grid.levels.saturating_sub(1));
        let prices = [Level(0), last].map(|level| lot.grid.price(level));
        let largest = prices.iter().flatten().map(|price| price.0.unsigned_abs()).max();
        let amount = u128::from(largest.unwrap_or(u64::MAX)).saturating_mul(curve.most().into());
        let what = "the largest price, in units of its scale, times the most units of a bid";
        let help = "take a coarser scale or smaller bids";
        at_most(at, what, amount, i64::MAX.unsigned_abs(), help)
    }

    /// What all lots of any market must hold to together.
    fn judge_all(&self) -> Result<(), Failure> {
        let Self { terms, .. } = self;
        let lots = u128::try_from(terms.lots.len()).unwrap_or(u128::MAX);
        let bids = lots.saturating_mul(terms.max_bids_per_lot.into());
        let what = "the number of lots times it";
        at_most("max_bids_per_lot", what, bids, MAX_MARKET_BIDS, LESS_ROOM)?;
        let entries = terms.lots.iter().map(|lot| lot.grid.shape.entries()).max().unwrap_or(0);
        let tested = u128::try_from(entries.saturating_mul(2)).unwrap_or(u128::MAX);
        let what = "the number of lots times twice the entries of the largest shape";
        let help = "take fewer lots, or shapes with smaller digits";
        at_most("lots", what, lots.saturating_mul(tested), MAX_SEARCHED, help)
    }
}

const LESS_ROOM: &str = "lower max_bids_per_lot, or take smaller bids";
const OPENED: &str = "write comparisons = \"opened\", or sell fewer units in larger pieces";

fn judge_survey(terms: &Terms, bin_levels: u32, squares: bool) -> Result<(), Failure> {
    let room = u128::from(terms.max_bids_per_lot);
    let mut shown = 0u128;
    for (at, lot) in lots(terms) {
        if !is_short(&lot.grid.shape) {
            let sentence = format!(
                "{at}: the shape {} has {} digits, and a survey takes one digit or two",
                lot.grid.shape,
                lot.grid.shape.digits()
            );
            return Err(Failure::new(Code::ScenarioShape, sentence)
                .with_help("remove the shape to use the suggested one, or take fewer prices"));
        }
        let distance = distance(&lot.grid);
        let sum = room.saturating_mul(distance);
        let what = "max_bids_per_lot times the number of prices less one";
        at_most(&at, what, sum, MAX_SURVEY_SUM, FEWER_ANSWERS)?;
        if squares {
            let what =
                "with squares, max_bids_per_lot times the square of the number of prices less one";
            at_most(&at, what, sum.saturating_mul(distance), MAX_SURVEY_SUM, FEWER_ANSWERS)?;
        }
        let bins = lot
            .grid
            .levels
            .checked_div(bin_levels)
            .map_or(0, |_| lot.grid.levels.div_ceil(bin_levels));
        let most = u32::try_from(MAX_BUCKETS).unwrap_or(u32::MAX);
        within(&format!("mechanism.survey.bin_levels: the number of bins of {at}"), bins, 0, most)
            .map_err(|failure| failure.with_help("put more prices into a bin"))?;
        shown = shown.saturating_add(bins.into());
    }
    let what = "the number of bins of all lots";
    at_most(
        "mechanism.survey.bin_levels",
        what,
        shown,
        MAX_SHOWN_BUCKETS,
        "put more prices into a bin",
    )
}

const FEWER_ANSWERS: &str = "lower max_bids_per_lot, or take fewer prices";

/// Whether a survey takes it.
fn is_short(shape: &Shape) -> bool {
    (1..=2).contains(&shape.digits())
}
