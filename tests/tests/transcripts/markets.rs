//! Markets of curves and surveys: every ending and every option, on grids of three or four levels.

use super::{
    Case,
    auctions::{bid, finished, simulated, small},
};
use talea_protocol::{
    commitment::TradeSide,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::Side,
    terms::Ties,
};
use talea_tests::{CurveBid, Small, harness::Harness};

use ClearingRule::{Highest, Lowest, Middle, TradeReduction};
use Comparisons::{Hidden, Opened};
use TradeSide::{Buy, Sell};

/// At most two steps, of four units in all.
pub const PUBLIC: Curve = Curve { steps: 2, quantities: Quantities::Public { most: 4 } };
/// Two steps of up to three units each.
pub const SEALED: Curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: 2 } };
/// One step of one unit.
const ONE: Curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };

fn buys(steps: &[(u32, u32)]) -> CurveBid {
    (Buy, steps.to_vec())
}

fn sells(steps: &[(u32, u32)]) -> CurveBid {
    (Sell, steps.to_vec())
}

/// Two units for sale on a grid of three levels in two digits: there is a level beyond it.
pub fn market(mechanism: Mechanism) -> Small {
    Small { lots: vec![(3, vec![1, 1])], quantity: 2, max_bids: 4, mechanism, ..small() }
}

/// Curves at a uniform price, of which one may trade a unit.
pub fn curves(curve: Curve, pricing: Pricing, comparisons: Comparisons) -> Mechanism {
    Mechanism::Curves { curve, pricing, least: 1, comparisons }
}

pub fn two_sided(curve: Curve, rule: ClearingRule, comparisons: Comparisons) -> Mechanism {
    Mechanism::TwoSided { curve, rule, comparisons }
}

fn market_of(file: &'static str, title: &'static str, small: &Small, bids: &[CurveBid]) -> Case {
    let small = Small { bidders: bids.len(), ..small.clone() };
    simulated(file, title, &small, &small.plan_of_curves(bids))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = markets_of_one_side();
    cases.extend(markets_of_two_sides());
    cases.extend(trade_reduction());
    cases.extend(surveys());
    cases
}

fn markets_of_one_side() -> Vec<Case> {
    let uniform = |comparisons| market(curves(PUBLIC, Pricing::Uniform, comparisons));
    let least = |least| {
        let (pricing, comparisons) = (Pricing::Uniform, Opened);
        market(Mechanism::Curves { curve: PUBLIC, pricing, least, comparisons })
    };
    let pays = |curve| market(curves(curve, Pricing::PayAsBid, Opened));
    let procurement = Small { side: Side::LowestWins, ..pays(PUBLIC) };
    let lottery = Small { ties: Ties::Lottery, ..uniform(Hidden) };
    let sealed = market(curves(SEALED, Pricing::Uniform, Opened));
    vec![
        market_of(
            "curves.talea",
            "curves at a uniform price: more is wanted at the highest level than there is, and the level beyond it \
             is tested",
            &uniform(Opened),
            &[buys(&[(2, 1), (0, 3)]), buys(&[(2, 2)])],
        ),
        market_of(
            "curves-hidden.talea",
            "curves at a uniform price, with comparisons that are not opened: one step is better than the price",
            &uniform(Hidden),
            &[buys(&[(2, 1), (0, 3)]), buys(&[(1, 2)])],
        ),
        market_of(
            "curves-not-searched.talea",
            "curves that want less than there is: the price is the lowest level, and nothing is searched",
            &Small { quantity: 3, ..uniform(Opened) },
            &[buys(&[(1, 1)]), buys(&[(2, 1)])],
        ),
        market_of(
            "curves-lottery.talea",
            "curves that tie: chance decides who has the unit that cannot be shared",
            &lottery,
            &[buys(&[(1, 1)]), buys(&[(1, 1)]), buys(&[(1, 1)])],
        ),
        market_of(
            "curves-least.talea",
            "curves of which the smallest would be given less than the least, and is left out",
            &least(2),
            &[buys(&[(1, 1)]), buys(&[(1, 3)])],
        ),
        market_of(
            "curves-least-of-all.talea",
            "curves none of which can be given the least: nothing is traded",
            &least(3),
            &[buys(&[(1, 2)]), buys(&[(1, 2)])],
        ),
        market_of(
            "curves-pay-as-bid.talea",
            "a procurement by curves that are paid what they ask",
            &procurement,
            &[sells(&[(2, 1), (0, 1)]), sells(&[(1, 2)])],
        ),
        market_of(
            "curves-pay-as-bid-not-searched.talea",
            "curves that pay what they bid, where nothing is searched",
            &Small { quantity: 3, ..pays(PUBLIC) },
            &[buys(&[(2, 1), (1, 1)])],
        ),
        market_of(
            "curves-sealed.talea",
            "curves of sealed quantities that pay what they bid: one bidder has a single step, and nobody sees it",
            &pays(SEALED),
            &[buys(&[(2, 1), (0, 2)]), buys(&[(1, 3)])],
        ),
        market_of(
            "curves-sealed-nothing.talea",
            "curves of sealed quantities that are all 0: nothing is traded",
            &sealed,
            &[buys(&[])],
        ),
        a_step_too_few(),
    ]
}

/// What is revealed has one step where the commit has two.
fn a_step_too_few() -> Case {
    let small = market(curves(PUBLIC, Pricing::Uniform, Opened));
    let mut harness = Harness::at_commits(&small, &small.terms());
    let halved = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let reveals = vec![
        harness.commit_curve_altered(0, (0, Buy), &[(2, 1), (1, 1)], halved),
        harness.commit_curve(1, (0, Buy), &[(1, 1)]),
    ];
    harness.pass();
    harness.reveal(reveals);
    let title = "a curve of two steps of which one is revealed: the whole bid is invalid";
    finished("curves-invalid.talea", title, harness)
}

fn markets_of_two_sides() -> Vec<Case> {
    let with = |curve, rule, comparisons| market(two_sided(curve, rule, comparisons));
    vec![
        market_of(
            "two-sided-middle.talea",
            "a buyer and a seller trade in the middle between the lowest and the highest possible price",
            &with(PUBLIC, Middle, Opened),
            &[buys(&[(2, 1)]), sells(&[(0, 1)])],
        ),
        market_of(
            "two-sided-lowest.talea",
            "a buyer and two sellers at the lowest possible price, at which one seller trades a part",
            &with(PUBLIC, Lowest, Hidden),
            &[buys(&[(2, 3)]), sells(&[(0, 2)]), sells(&[(1, 2)])],
        ),
        market_of(
            "two-sided-highest.talea",
            "two buyers and a seller of sealed quantities at the highest possible price",
            &with(SEALED, Highest, Opened),
            &[buys(&[(2, 1), (1, 1)]), sells(&[(0, 2)])],
        ),
        market_of(
            "two-sided-nothing-offered.talea",
            "a seller of a sealed 0: the search for the highest price stays on the grid, and nothing is traded",
            &with(SEALED, Highest, Opened),
            &[buys(&[(2, 1)]), sells(&[])],
        ),
        market_of(
            "two-sided-no-trade.talea",
            "a buyer who pays less than the seller asks: nothing is traded",
            &with(PUBLIC, Lowest, Hidden),
            &[buys(&[(0, 1)]), sells(&[(1, 1)])],
        ),
        market_of(
            "one-sided.talea",
            "two buyers and no seller",
            &with(PUBLIC, Lowest, Hidden),
            &[buys(&[(2, 1)]), buys(&[(1, 1)])],
        ),
    ]
}

fn trade_reduction() -> Vec<Case> {
    let small = market(two_sided(ONE, TradeReduction, Hidden));
    let [buy, sell] = [Buy, Sell].map(|side| move |level| (side, vec![(level, 1)]));
    vec![
        market_of(
            "reduction.talea",
            "trade reduction: two pairs can trade, and one of them does",
            &small,
            &[buy(2), buy(2), sell(0), sell(2)],
        ),
        market_of(
            "reduction-none.talea",
            "trade reduction: the next buyer and the next seller make a price at which the pair can trade",
            &small,
            &[buy(2), buy(0), sell(0), sell(2)],
        ),
        market_of(
            "reduction-of-the-only-pair.talea",
            "trade reduction: one pair can trade, and does not",
            &small,
            &[buy(2), sell(2)],
        ),
        market_of(
            "reduction-no-pair.talea",
            "trade reduction: no pair can trade",
            &small,
            &[buy(0), sell(1)],
        ),
    ]
}

fn surveys() -> Vec<Case> {
    let survey = |bin_levels, squares| {
        let mechanism = Mechanism::Survey { min_answers: 2, bin_levels, squares };
        Small { mechanism, ..small() }
    };
    let one_digit = Small { lots: vec![(4, vec![2])], ..survey(2, true) };
    vec![
        bid("survey.talea", "a survey: the sum alone", &survey(0, false), &[&[1, 3]]),
        bid(
            "survey-bins-and-squares.talea",
            "a survey with bins of one level, and the sum of squares",
            &survey(1, true),
            &[&[1, 3]],
        ),
        bid(
            "survey-one-digit.talea",
            "a survey of one digit with bins of two levels, and the sum of squares",
            &one_digit,
            &[&[1, 3]],
        ),
        bid("too-few-answers.talea", "a survey with one answer of two", &survey(0, true), &[&[1]]),
    ]
}
