//! Markets and surveys through the contract, with real cryptography, and through the verifier, against the same in
//! the clear.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use std::path::Path;
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{List, PartyKey, Text},
    commitment::TradeSide,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending, LotResult, Trade},
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    quorum::Group,
    terms::{Lot, Schedule, Ties},
};
use talea_sim::{
    auditor,
    simulate::{BidPlan, BidderConduct, Cast, CurvePlan, Plan, Seat, Simulated, simulate},
    verify_after::verify_transcript,
};
use talea_verifier::Options;

const LEVELS: u32 = 13;
const BIDDERS: usize = 5;
const SEALED: Quantities = Quantities::Sealed { bits: 3 };
const PUBLIC: Quantities = Quantities::Public { most: 12 };
const RULES: [ClearingRule; 3] =
    [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest];

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// What is to be sold, how, and in which digits.
#[derive(Clone, Debug)]
struct Market {
    mechanism: Mechanism,
    side: Side,
    ties: Ties,
    quantity: u64,
    digits: &'static [u8],
    fan_out: u16,
}

impl Market {
    fn of(mechanism: Mechanism) -> Self {
        let (side, ties) = (Side::HighestWins, Ties::EarliestCommit);
        Self { mechanism, side, ties, quantity: 10, digits: &[2, 2], fan_out: 2 }
    }

    fn cast() -> Cast {
        Cast::draw(&[vec![Seat::Own]], BIDDERS, &mut rng(1))
    }

    /// A plan without bids.
    fn plan(&self) -> Plan {
        let cast = Self::cast();
        let text = |text: &str| Text::new(text).unwrap();
        let grid = PriceGrid {
            side: self.side,
            start: Price(-20),
            tick: 7,
            levels: LEVELS,
            scale: Scale::Decimal(0),
            shape: Shape::new(self.digits).unwrap(),
        };
        let lot = Lot { name: text("a"), identifier: text("a"), quantity: self.quantity, grid };
        let group = Group {
            name: text("g"),
            threshold: 1,
            endorsements: 1,
            is_witness: false,
            members: List::new(vec![cast.member(0, 0).unwrap()]).unwrap(),
        };
        let (seller, custodian) = (cast.seller(), cast.custodian());
        let new =
            TermsBuilder::new(Text::new("test").unwrap(), seller, custodian, Schedule::even(10));
        let terms = TermsBuilder {
            lots: vec![lot],
            mechanism: self.mechanism,
            ties: self.ties,
            stakes: cast.token_stakes(),
            max_bids_per_lot: BIDDERS as u32,
            quorum: vec![group],
            fan_out: self.fan_out,
            ..new
        };
        Plan {
            terms: terms.build().unwrap(),
            opening_slot: 1,
            bids: Vec::new(),
            curves: Vec::new(),
            rounds: Vec::new(),
            reserves: Vec::new(),
            declines: Default::default(),
            keyholders: Default::default(),
        }
    }

    /// The outcome of curves, if it is what they imply.
    fn run(&self, curves: Vec<CurvePlan>) -> Result<Simulated, String> {
        run(&Plan { curves, ..self.plan() })
    }
}

/// Runs a plan, has the transcript verified, and compares.
fn run(plan: &Plan) -> Result<Simulated, String> {
    let mut transcript = Vec::new();
    let simulated = simulate(Market::cast(), plan, &mut transcript, &mut rng(2));
    let simulated = simulated.map_err(|error| error.to_string())?;
    let name = Path::new("the transcript");
    verify_transcript(transcript.as_slice(), name, &Options::default(), |_| ())
        .map_err(|failure| failure.sentence)?;
    let differences = auditor::differences(plan, &bidders(), &simulated.outcome);
    if differences.is_empty() { Ok(simulated) } else { Err(differences.join("; ")) }
}

fn bidders() -> Vec<PartyKey> {
    let cast = Market::cast();
    (0..BIDDERS).map(|bidder| cast.bidder(bidder).unwrap()).collect()
}

fn result(simulated: &Simulated) -> &LotResult {
    simulated.outcome.lots.first().unwrap()
}

fn cleared(simulated: &Simulated) -> &Clearing {
    match &result(simulated).ending {
        Ending::Cleared(clearing) => clearing,
        other => panic!("{other:?}"),
    }
}

/// Per trade: whose, better, at the price, shared, amount.
fn trades(clearing: &Clearing) -> Vec<(usize, [u64; 3], i64)> {
    let bidders = bidders();
    let of = |trade: &Trade| {
        let bidder = bidders.iter().position(|bidder| *bidder == trade.party).unwrap();
        (bidder, [trade.better, trade.at_price, trade.shared], trade.amount)
    };
    clearing.trades.iter().map(of).collect()
}

fn curve(bidder: usize, side: TradeSide, steps: &[(u32, u32)]) -> CurvePlan {
    let steps = steps.iter().map(|(level, units)| (Level(*level), *units)).collect();
    CurvePlan { lot: 0, bidder, side, steps, conduct: BidderConduct::Honest }
}

fn buy(bidder: usize, steps: &[(u32, u32)]) -> CurvePlan {
    curve(bidder, TradeSide::Buy, steps)
}

fn sell(bidder: usize, steps: &[(u32, u32)]) -> CurvePlan {
    curve(bidder, TradeSide::Sell, steps)
}

fn curves(quantities: Quantities, pricing: Pricing, comparisons: Comparisons) -> Mechanism {
    Mechanism::Curves { curve: Curve { steps: 2, quantities }, pricing, least: 1, comparisons }
}

fn two_sided(quantities: Quantities, rule: ClearingRule, comparisons: Comparisons) -> Mechanism {
    Mechanism::TwoSided { curve: Curve { steps: 2, quantities }, rule, comparisons }
}

fn reduction() -> Mechanism {
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let (rule, comparisons) = (ClearingRule::TradeReduction, Comparisons::Hidden);
    Mechanism::TwoSided { curve, rule, comparisons }
}

fn buyers() -> Vec<CurvePlan> {
    vec![buy(0, &[(9, 3), (5, 4)]), buy(1, &[(7, 2)]), buy(2, &[(5, 3), (2, 2)]), buy(3, &[(4, 7)])]
}

#[test]
fn curves_sell_to_the_best_steps_and_share_out_the_rest() {
    for (quantities, comparisons) in [
        (PUBLIC, Comparisons::Hidden),
        (PUBLIC, Comparisons::Opened),
        (SEALED, Comparisons::Hidden),
        (SEALED, Comparisons::Opened),
    ] {
        let market = Market::of(curves(quantities, Pricing::Uniform, comparisons));
        let simulated = market.run(buyers()).unwrap();
        let clearing = cleared(&simulated);
        assert_eq!(clearing.price.price, Price(15));
        let expected = [(0, [3, 4, 3], 90), (1, [2, 0, 0], 30), (2, [0, 3, 2], 30)];
        assert_eq!(trades(clearing), expected);
        assert_eq!(clearing.excess.is_empty(), comparisons == Comparisons::Hidden);
        let as_bid = Market::of(curves(quantities, Pricing::PayAsBid, comparisons));
        let simulated = as_bid.run(buyers()).unwrap();
        let amounts: Vec<i64> = trades(cleared(&simulated)).iter().map(|trade| trade.2).collect();
        assert_eq!(amounts, [3 * 43 + 3 * 15, 2 * 29, 2 * 15]);
    }
}

#[test]
fn bidders_who_cheat_or_stay_away_change_nothing_but_the_counts() {
    let market = Market::of(curves(SEALED, Pricing::Uniform, Comparisons::Opened));
    let mut curves = buyers();
    let conducts = [BidderConduct::NeverReveals, BidderConduct::RevealsRubbish];
    for (curve, conduct) in curves.iter_mut().skip(1).zip(conducts) {
        curve.conduct = conduct;
    }
    let simulated = market.run(curves).unwrap();
    let LotResult { commits, ranked, invalid, .. } = result(&simulated);
    assert_eq!([*commits, *ranked, *invalid], [4, 2, 1]);
    let expected = [(0, [7, 0, 0], 7 * 8), (3, [0, 7, 3], 3 * 8)];
    assert_eq!(trades(cleared(&simulated)), expected);
    let bidders = bidders();
    let accounts = &simulated.outcome.accounts;
    let account = |bidder: usize| accounts.iter().find(|a| a.party == bidders[bidder]).unwrap();
    assert_eq!([0, 1, 2, 3].map(|bidder| account(bidder).forfeited), [0, 1, 1, 0]);
    assert_eq!([0, 1, 2, 3].map(|bidder| account(bidder).settlement), [1, 0, 0, 1]);
}

#[test]
fn buyers_and_sellers_trade_at_the_price_of_the_rule() {
    let curves =
        || vec![buy(0, &[(9, 2)]), sell(1, &[(4, 2)]), sell(2, &[(11, 5)]), buy(3, &[(3, 3)])];
    for (quantities, comparisons) in [
        (PUBLIC, Comparisons::Hidden),
        (PUBLIC, Comparisons::Opened),
        (SEALED, Comparisons::Opened),
    ] {
        for (rule, level) in RULES.into_iter().zip([4, 6, 9]) {
            let market = Market::of(two_sided(quantities, rule, comparisons));
            let simulated = market.run(curves()).unwrap();
            let clearing = cleared(&simulated);
            assert_eq!(
                clearing.price.level,
                Level(level),
                "{quantities:?} {comparisons:?} {rule:?}"
            );
            let paid = i64::from(level) * 7 - 20;
            let amounts: Vec<_> = trades(clearing).iter().map(|t| (t.0, t.2)).collect();
            assert_eq!(amounts, [(0, 2 * paid), (1, 2 * paid)]);
        }
    }
}

#[test]
fn trade_reduction_pays_sellers_what_buyers_pay_or_less() {
    let market = Market::of(reduction());
    let of = |levels: [u32; 5]| {
        let side = |bidder| if bidder < 3 { TradeSide::Buy } else { TradeSide::Sell };
        let curve = |(bidder, level): (usize, &u32)| curve(bidder, side(bidder), &[(*level, 1)]);
        let simulated = market.run(levels.iter().enumerate().map(curve).collect()).unwrap();
        let trades = trades(cleared(&simulated));
        trades.iter().map(|trade| (trade.0, trade.2)).collect::<Vec<_>>()
    };
    let price = |level: i64| level * 7 - 20;
    // Two pairs. The next buyer bids 6 and there is no next seller: the price 9 suits both.
    assert_eq!(of([11, 9, 6, 2, 4]), [0, 1, 3, 4].map(|bidder| (bidder, price(9))));
    // The price would be 8, in the middle of 4 and 12, and the last buyer bids less: one pair is left.
    assert_eq!(of([11, 7, 4, 2, 4]), [(0, price(7)), (3, price(4))]);
}

#[test]
fn a_market_without_a_side_a_price_or_a_unit_ends_without_a_trade() {
    let market = Market::of(two_sided(SEALED, ClearingRule::Middle, Comparisons::Opened));
    let ending = |curves| result(&market.run(curves).unwrap()).ending.clone();
    assert_eq!(ending(vec![buy(0, &[(9, 2)]), buy(1, &[(3, 1)])]), Ending::OneSided);
    assert_eq!(ending(vec![]), Ending::Unsold);
    let is_no_trade = |curves| matches!(ending(curves), Ending::NoTrade(_));
    assert!(is_no_trade(vec![buy(0, &[(3, 2)]), sell(1, &[(9, 2)])]));
    assert!(is_no_trade(vec![buy(0, &[]), sell(1, &[(9, 2)])]), "nothing is wanted");
    assert!(is_no_trade(vec![buy(0, &[(3, 2)]), sell(1, &[])]), "nothing is offered");
    assert!(is_no_trade(vec![buy(0, &[]), sell(1, &[])]));
}

#[test]
fn a_survey_opens_its_statistics_and_no_answer() {
    for (digits, bin_levels, squares) in [
        (&[4][..], 0, false),
        (&[4], 3, true),
        (&[2, 2], 5, true),
        (&[1, 3], 4, false),
        (&[2, 2], 1, true),
    ] {
        let mechanism = Mechanism::Survey { min_answers: 3, bin_levels, squares };
        let market = Market { digits, ..Market::of(mechanism) };
        for (answers, is_told) in [(&[0, 12, 7, 7][..], true), (&[0, 12], false)] {
            let bid = |(bidder, level): (usize, &u32)| BidPlan {
                lot: 0,
                bidder,
                level: Level(*level),
                conduct: BidderConduct::Honest,
            };
            let bids = answers.iter().enumerate().map(bid).collect();
            let simulated = run(&Plan { bids, ..market.plan() }).unwrap();
            match &result(&simulated).ending {
                Ending::Surveyed(statistics) => {
                    assert!(is_told);
                    assert_eq!(statistics.sum, 26);
                    assert_eq!(statistics.squares, squares.then_some(144 + 49 + 49));
                    assert_eq!(statistics.bins.is_some(), bin_levels > 0);
                }
                other => assert!(!is_told && *other == Ending::TooFewAnswers, "{other:?}"),
            }
        }
    }
}

fn markets() -> impl Strategy<Value = Market> {
    let quantities = prop::sample::select(&[PUBLIC, SEALED]);
    let pricing = prop::sample::select(&[Pricing::Uniform, Pricing::PayAsBid]);
    let sales = (quantities.clone(), pricing, 1..5u32, prop::bool::ANY, prop::bool::ANY).prop_map(
        |(quantities, pricing, least, is_opened, is_procurement)| {
            let comparisons = if is_opened { Comparisons::Opened } else { Comparisons::Hidden };
            let curve = Curve { steps: 2, quantities };
            let mechanism = Mechanism::Curves { curve, pricing, least, comparisons };
            let side = if is_procurement { Side::LowestWins } else { Side::HighestWins };
            Market { side, ..Market::of(mechanism) }
        },
    );
    let both = (quantities, prop::sample::select(&RULES), prop::bool::ANY).prop_map(
        |(quantities, rule, is_opened)| {
            // Hidden comparisons need public quantities.
            let is_opened = is_opened || quantities == SEALED;
            let comparisons = if is_opened { Comparisons::Opened } else { Comparisons::Hidden };
            Market::of(two_sided(quantities, rule, comparisons))
        },
    );
    let reduction = Just(Market::of(reduction()));
    const SHAPES: [&[u8]; 4] = [&[4], &[2, 2], &[1, 3], &[1, 1, 1, 1]];
    let ties = prop::sample::select(&[Ties::EarliestCommit, Ties::Lottery]);
    let rest = (ties, 1..16u64, prop::sample::select(&SHAPES), 1..5u16);
    (prop_oneof![3 => sales, 3 => both, 1 => reduction], rest).prop_map(
        |(market, (ties, quantity, digits, fan_out))| Market {
            ties,
            quantity,
            digits,
            fan_out,
            ..market
        },
    )
}

fn bids() -> impl Strategy<Value = Vec<(bool, Vec<(u32, u32)>)>> {
    let steps = prop::collection::vec((0..LEVELS, 1..6u32), 1..=2);
    prop::collection::vec((prop::bool::ANY, steps), 1..=BIDDERS)
}

/// Each runs an auction, which takes about a tenth of a second. `PROPTEST_CASES` asks for more.
#[test]
fn markets_at_random_come_to_what_their_bids_imply_in_the_clear() {
    let default = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { 24 };
    let config = Config { cases, failure_persistence: None, ..default };
    let outcome = TestRunner::new(config).run(&(markets(), bids()), |(market, bids)| {
        let curve = |(bidder, (buys, steps)): (usize, (bool, Vec<_>))| {
            let side = match (market.mechanism, market.side) {
                (Mechanism::TwoSided { .. }, _) if buys => TradeSide::Buy,
                (Mechanism::TwoSided { .. }, _) | (_, Side::LowestWins) => TradeSide::Sell,
                (_, Side::HighestWins) => TradeSide::Buy,
            };
            match (market.mechanism, steps.first()) {
                // Bids are of one unit.
                (mechanism, Some((level, _))) if mechanism == reduction() => {
                    curve(bidder, side, &[(*level, 1)])
                }
                _ => curve(bidder, side, &steps),
            }
        };
        let curves = bids.into_iter().enumerate().map(curve).collect();
        market.run(curves).map(|_| ()).map_err(TestCaseError::fail)
    });
    outcome.unwrap();
}
