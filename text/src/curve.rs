//! Bids that are curves, as people write them: a step is a quantity at a price, `200@99.50`, or a line of a CSV file.

use crate::{
    failure::{Code, Failure},
    lists::List,
    lot::{price, read_bid},
    money::grouped,
};
use talea_protocol::{
    commitment::TradeSide,
    mechanism::{Curve, Mechanism, Quantities},
    price::{Level, Side},
    terms::{Lot, Terms},
};

/// A bid that is a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// On which side of the market.
    pub side: TradeSide,
    /// Levels and units, in the order in which they were written.
    pub steps: Vec<(Level, u32)>,
}

impl Steps {
    /// In words, without an end: `buy 200 at 99.50, 100 at 99.25`. Steps of nothing are left out.
    #[must_use]
    pub fn in_words(&self, lot: &Lot) -> String {
        let verb = verb(self.side);
        let steps = self.steps.iter().filter(|(_, units)| *units > 0);
        let steps: Vec<String> = steps
            .map(|(level, units)| format!("{} at {}", grouped((*units).into()), price(lot, *level)))
            .collect();
        if steps.is_empty() {
            format!("{verb} nothing")
        } else {
            format!("{verb} {}", steps.join(", "))
        }
    }
}

/// A step as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it stands, for complaints.
    pub at: String,
    /// Units.
    pub quantity: String,
    /// The price.
    pub price: String,
}

impl Written {
    /// Reads `QUANTITY@PRICE`; nothing if there is no `@`.
    #[must_use]
    pub fn read(at: &str, text: &str) -> Option<Self> {
        let (quantity, price) = text.split_once('@')?;
        let [quantity, price] = [quantity, price].map(|part| part.trim().to_owned());
        Some(Self { at: at.to_owned(), quantity, price })
    }
}

/// The steps in a CSV file called `name`, with the columns `price` and `quantity`.
///
/// # Errors
/// `curve.step`, naming the line and the column.
pub fn read_csv(name: &str, bytes: &[u8]) -> Result<Vec<Written>, Failure> {
    let list = List::read(name, bytes, &["price", "quantity"], &[], Code::CurveStep)?;
    let step = |line: crate::lists::ListRow<'_>| {
        Ok(Written {
            at: format!("{name} line {}", line.number()),
            quantity: line.need("quantity", "write the units of the step")?.to_owned(),
            price: line.need("price", "write the price of the step")?.to_owned(),
        })
    };
    list.lines().map(step).collect()
}

/// What a side does.
fn verb(side: TradeSide) -> &'static str {
    match side {
        TradeSide::Buy => "buy",
        TradeSide::Sell => "sell",
    }
}

/// The side on which a lot is bid for, where it has one: buyers bid where the highest price wins.
#[must_use]
pub fn side_of(terms: &Terms, lot: &Lot) -> Option<TradeSide> {
    match (terms.mechanism, lot.grid.side) {
        (Mechanism::TwoSided { .. }, _) => None,
        (_, Side::HighestWins) => Some(TradeSide::Buy),
        (_, Side::LowestWins) => Some(TradeSide::Sell),
    }
}

/// Reads a curve for a lot, on the side that was asked for, if any was.
///
/// # Errors
/// `curve.form` if the auction takes no curves; `curve.side`; `curve.step` of a step that cannot be read;
/// `curve.order` if prices do not fall, or for sellers rise; `curve.size` if there are too many steps or units.
pub fn read(
    terms: &Terms,
    lot: &Lot,
    asked: Option<TradeSide>,
    written: &[Written],
) -> Result<Steps, Failure> {
    let curve = terms.mechanism.curve().ok_or_else(|| {
        let sentence =
            format!("the auction takes one price for {}, and no quantities", lot.identifier);
        Failure::new(Code::CurveForm, sentence).with_help("write LOT=PRICE")
    })?;
    let side = read_side(terms, lot, asked)?;
    let steps = written.iter().map(|step| read_step(lot, curve, step));
    let steps: Vec<(Level, u32)> = steps.collect::<Result<_, Failure>>()?;
    let curves = Steps { side, steps };
    require_order(lot, &curves, written)?;
    require_size(lot, curve, &curves)?;
    Ok(curves)
}

/// That a lot's bids are one price each.
///
/// # Errors
/// `curve.form` if they are curves.
pub fn require_one_price(terms: &Terms, lot: &Lot) -> Result<(), Failure> {
    if terms.mechanism.curve().is_none() {
        return Ok(());
    }
    let sentence = format!(
        "the auction takes curves: a bid on {} is a quantity at each of its prices",
        lot.identifier
    );
    Err(Failure::new(Code::CurveForm, sentence)
        .with_help("write LOT=QUANTITY@PRICE once for each step, or --curve LOT=FILE.csv"))
}

fn read_side(terms: &Terms, lot: &Lot, asked: Option<TradeSide>) -> Result<TradeSide, Failure> {
    match (side_of(terms, lot), asked) {
        (None, None) => {
            let sentence = format!("buyers and sellers bid on {}: which is this?", lot.identifier);
            Err(Failure::new(Code::CurveSide, sentence).with_help("add --buy or --sell"))
        }
        (Some(takes), Some(asked)) if takes != asked => {
            let sentence = format!("{} takes bids to {} alone", lot.identifier, verb(takes));
            Err(Failure::new(Code::CurveSide, sentence)
                .with_help(format!("remove --{}", verb(asked))))
        }
        (takes, asked) => {
            takes.or(asked).ok_or_else(|| Failure::new(Code::CurveSide, "the bid has no side"))
        }
    }
}

fn read_step(lot: &Lot, curve: Curve, step: &Written) -> Result<(Level, u32), Failure> {
    let Written { at, quantity, price } = step;
    let fail = |what: String| Failure::new(Code::CurveStep, format!("{at}: {what}"));
    let units: u32 = match quantity.parse() {
        Ok(0) => return Err(fail("a step is for 1 unit at least".into())),
        Ok(units) => units,
        Err(_) => {
            return Err(fail(format!("{quantity:?} is not a number of units"))
                .with_help("write digits only, as in 2500@99.50"));
        }
    };
    if let Quantities::Sealed { bits } = curve.quantities {
        let most = 1u32.checked_shl(bits.into()).unwrap_or(u32::MAX).saturating_sub(1);
        if units > most {
            let what = format!("a step is for {} units at most, not {units}", grouped(most.into()));
            return Err(Failure::new(Code::CurveSize, format!("{at}: {what}"))
                .with_help("divide it into steps at neighbouring prices"));
        }
    }
    let level =
        read_bid(at, lot, price).map_err(|failure| Failure { code: Code::CurveStep, ..failure })?;
    Ok((level, units))
}

/// Buyers want more only at a lower price, and sellers offer more only at a higher one. The rules of an auction take
/// steps in any order; a person who writes them in another has made a slip.
fn require_order(lot: &Lot, curve: &Steps, written: &[Written]) -> Result<(), Failure> {
    let price_of = |level: Level| lot.grid.price(level).map(|price| price.0);
    let neighbours = curve.steps.iter().zip(curve.steps.iter().skip(1)).zip(written.iter().skip(1));
    for (((before, _), (level, _)), step) in neighbours {
        let (earlier, later) = (price_of(*before), price_of(*level));
        let (is_in_order, word, verb) = match curve.side {
            TradeSide::Buy => (later < earlier, "below", "fall"),
            TradeSide::Sell => (later > earlier, "above", "rise"),
        };
        if !is_in_order {
            let [before, own] = [*before, *level].map(|level| price(lot, level));
            let sentence =
                format!("{}: {own} is not {word} the price of the step before, {before}", step.at);
            return Err(Failure::new(Code::CurveOrder, sentence).with_help(format!(
                "prices of a bid to {} {verb} from step to step; add up what is at one price",
                self::verb(curve.side)
            )));
        }
    }
    Ok(())
}

fn require_size(lot: &Lot, curve: Curve, own: &Steps) -> Result<(), Failure> {
    let fail =
        |what: String| Err(Failure::new(Code::CurveSize, format!("{}: {what}", lot.identifier)));
    let (steps, most) = (own.steps.len(), curve.steps);
    if steps == 0 {
        return fail("a bid has one step at least".into());
    }
    if steps > most.into() {
        return fail(format!("a bid has {most} steps at most, not {steps}"));
    }
    let units = own.steps.iter().map(|(_, units)| u64::from(*units)).fold(0, u64::saturating_add);
    let most = curve.most();
    if units > most {
        let [units, most] = [units, most].map(|units| grouped(units.into()));
        return fail(format!("a bid is for {most} units at most, and this one is for {units}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::{Domain, PartyKey, Text},
        mechanism::{ClearingRule, Comparisons, Pricing},
        price::{Price, PriceGrid, Scale, Shape},
        terms::Schedule,
    };

    const PUBLIC: Quantities = Quantities::Public { most: 1_000 };

    fn terms(mechanism: Mechanism, side: Side) -> Terms {
        let [name, identifier] = ["Power", "power"].map(|text| Text::new(text).unwrap());
        let shape = Shape::new(&[5, 5]).unwrap();
        let (start, scale) = (Price(5_000), Scale::Decimal(2));
        let grid = PriceGrid { side, start, tick: 5, levels: 1_000, scale, shape };
        let lots = vec![Lot { name, identifier, quantity: 500, grid }];
        let [seller, custodian] = [1, 2].map(|byte| PartyKey([byte; 32]));
        let domain = Domain::new("test").unwrap();
        let new = TermsBuilder::new(domain, seller, custodian, Schedule::even(10));
        TermsBuilder { mechanism, lots, ..new }.build().unwrap()
    }

    fn curves(quantities: Quantities) -> Mechanism {
        let curve = Curve { steps: 3, quantities };
        let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
        Mechanism::Curves { curve, pricing, least: 1, comparisons }
    }

    fn two_sided() -> Mechanism {
        let curve = Curve { steps: 3, quantities: PUBLIC };
        let (rule, comparisons) = (ClearingRule::Lowest, Comparisons::Opened);
        Mechanism::TwoSided { curve, rule, comparisons }
    }

    fn of(terms: &Terms, side: Option<TradeSide>, steps: &[&str]) -> Result<Steps, Failure> {
        let steps: Vec<Written> = (1..)
            .zip(steps)
            .map(|(n, step)| Written::read(&format!("step {n}"), step).unwrap())
            .collect();
        read(terms, &terms.lots[0], side, &steps)
    }

    #[track_caller]
    fn refused(read: Result<Steps, Failure>, code: Code, sentence: &str) {
        let failure = read.unwrap_err();
        assert_eq!((failure.code, failure.sentence.as_str()), (code, sentence));
    }

    #[test]
    fn a_curve_is_read_in_the_order_in_which_it_is_written() {
        let sale = terms(curves(PUBLIC), Side::HighestWins);
        let curve = of(&sale, None, &["200@99.50", "100 @ 99", "700@50"]).unwrap();
        assert_eq!(curve.side, TradeSide::Buy);
        assert_eq!(curve.steps, [(Level(990), 200), (Level(980), 100), (Level(0), 700)]);
        assert_eq!(curve.in_words(&sale.lots[0]), "buy 200 at 99.50, 100 at 99.00, 700 at 50.00");
        let procurement = terms(curves(PUBLIC), Side::LowestWins);
        let curve = of(&procurement, None, &["200@49", "1@50"]).unwrap();
        assert_eq!(
            curve,
            Steps { side: TradeSide::Sell, steps: vec![(Level(20), 200), (Level(0), 1)] }
        );
        let market = terms(two_sided(), Side::HighestWins);
        for (side, steps) in
            [(TradeSide::Buy, ["1@60", "2@59"]), (TradeSide::Sell, ["2@59", "1@60"])]
        {
            assert_eq!(of(&market, Some(side), &steps).unwrap().side, side);
        }
        let nothing = Steps { side: TradeSide::Sell, steps: vec![(Level(0), 0)] };
        assert_eq!(nothing.in_words(&sale.lots[0]), "sell nothing");
    }

    #[test]
    fn prices_that_do_not_fall_or_for_sellers_rise_are_refused() {
        let sale = terms(curves(PUBLIC), Side::HighestWins);
        for (steps, own, before) in
            [(["1@60", "1@61"], "61.00", "60.00"), (["1@60", "1@60"], "60.00", "60.00")]
        {
            let sentence =
                format!("step 2: {own} is not below the price of the step before, {before}");
            refused(of(&sale, None, &steps), Code::CurveOrder, &sentence);
        }
        let market = terms(two_sided(), Side::HighestWins);
        refused(
            of(&market, Some(TradeSide::Sell), &["1@60", "1@59"]),
            Code::CurveOrder,
            "step 2: 59.00 is not above the price of the step before, 60.00",
        );
        let procurement = terms(curves(PUBLIC), Side::LowestWins);
        refused(
            of(&procurement, None, &["1@40", "1@39.95"]),
            Code::CurveOrder,
            "step 2: 39.95 is not above the price of the step before, 40.00",
        );
    }

    #[test]
    fn a_side_is_asked_for_where_there_are_two_and_another_is_refused() {
        let market = terms(two_sided(), Side::HighestWins);
        refused(
            of(&market, None, &["1@60"]),
            Code::CurveSide,
            "buyers and sellers bid on power: which is this?",
        );
        let sale = terms(curves(PUBLIC), Side::HighestWins);
        assert!(of(&sale, Some(TradeSide::Buy), &["1@60"]).is_ok());
        refused(
            of(&sale, Some(TradeSide::Sell), &["1@60"]),
            Code::CurveSide,
            "power takes bids to buy alone",
        );
    }

    #[test]
    fn steps_and_units_have_bounds() {
        let sale = terms(curves(PUBLIC), Side::HighestWins);
        refused(
            of(&sale, None, &["0@60"]),
            Code::CurveStep,
            "step 1: a step is for 1 unit at least",
        );
        refused(
            of(&sale, None, &["-1@60"]),
            Code::CurveStep,
            "step 1: \"-1\" is not a number of units",
        );
        refused(
            of(&sale, None, &["1,000@60"]),
            Code::CurveStep,
            "step 1: \"1,000\" is not a number of units",
        );
        let off_grid = of(&sale, None, &["1@60.01"]).unwrap_err();
        assert_eq!(off_grid.code, Code::CurveStep);
        assert!(
            off_grid.sentence.starts_with("step 1: \"60.01\" is not on the grid"),
            "{off_grid}"
        );
        refused(of(&sale, None, &[]), Code::CurveSize, "power: a bid has one step at least");
        let four = ["1@60", "1@59", "1@58", "1@57"];
        refused(of(&sale, None, &four), Code::CurveSize, "power: a bid has 3 steps at most, not 4");
        assert!(of(&sale, None, &["600@60", "400@59"]).is_ok());
        refused(
            of(&sale, None, &["600@60", "401@59"]),
            Code::CurveSize,
            "power: a bid is for 1,000 units at most, and this one is for 1,001",
        );
        let sealed = terms(curves(Quantities::Sealed { bits: 3 }), Side::HighestWins);
        assert!(of(&sealed, None, &["7@60", "7@59", "7@58"]).is_ok());
        refused(
            of(&sealed, None, &["8@60"]),
            Code::CurveSize,
            "step 1: a step is for 7 units at most, not 8",
        );
    }

    #[test]
    fn a_price_where_curves_are_bid_and_a_curve_where_prices_are_is_refused() {
        let one_price = terms(Mechanism::FirstPrice, Side::HighestWins);
        refused(
            of(&one_price, None, &["1@60"]),
            Code::CurveForm,
            "the auction takes one price for power, and no quantities",
        );
        assert!(require_one_price(&one_price, &one_price.lots[0]).is_ok());
        let sale = terms(curves(PUBLIC), Side::HighestWins);
        let failure = require_one_price(&sale, &sale.lots[0]).unwrap_err();
        assert_eq!(failure.code, Code::CurveForm);
        let survey = Mechanism::Survey { min_answers: 2, bin_levels: 0, squares: false };
        let survey = terms(survey, Side::HighestWins);
        assert!(require_one_price(&survey, &survey.lots[0]).is_ok());
    }

    #[test]
    fn a_file_of_steps_has_prices_and_quantities_in_any_order() {
        let steps = read_csv("own.csv", b"quantity,price\n200,99.50\n100,99\n").unwrap();
        let expected = |at: &str, quantity: &str, price: &str| Written {
            at: at.into(),
            quantity: quantity.into(),
            price: price.into(),
        };
        assert_eq!(
            steps,
            [expected("own.csv line 2", "200", "99.50"), expected("own.csv line 3", "100", "99")]
        );
        for (bytes, said) in [
            (&b"price\n1\n"[..], "quantity"),
            (b"price,quantity\n99,\n", "own.csv line 2, column quantity: is empty"),
            (b"price,quantity\n,3\n", "own.csv line 2, column price: is empty"),
        ] {
            let failure = read_csv("own.csv", bytes).unwrap_err();
            assert_eq!(failure.code, Code::CurveStep);
            assert!(failure.sentence.contains(said), "{failure}");
        }
    }
}
