//! Whole auctions, readable as stories.

use talea_protocol::{
    outcome::{Award, Ending, PriceComparison, Quote, ReserveResult, Sale, VoidCause},
    price::Level,
    terms::{Mechanism, Ties},
};
use talea_sim::simulate::{Plan, ReservePlan, Seat};
use talea_tests::{Small, is_sold_to, list, plain_ending};

#[test]
fn three_bid_and_the_best_wins_at_its_price() {
    let small = Small { lots: vec![(200, vec![4, 1, 1, 2])], ..Small::default() };
    let plan = small.plan(&[&[57, 199, 3]]);
    let (simulated, _) = small.simulate(&plan);

    let cast = small.cast();
    let [lot] = &simulated.outcome.lots[..] else { panic!("one lot") };
    let price = plan.terms.lots[0].grid.price(Level(199)).unwrap();
    let winner = cast.bidder(1).unwrap();
    let sales = list([Sale { winner, comparison: PriceComparison::AtPrice }]);
    let award = Award { quote: Quote { level: Level(199), price }, sales };
    assert_eq!(lot.ending, Ending::Sold(award));
    assert_eq!((lot.commits, lot.ranked, lot.invalid), (3, 3, 0));
}

#[test]
fn a_tie_goes_to_the_earliest_commit() {
    let small = Small { lots: vec![(5, vec![1, 2])], bidders: 4, ..Small::default() };
    let plan = small.plan(&[&[1, 4, 4, 4]]);
    let (simulated, _) = small.simulate(&plan);
    let winner = small.cast().bidder(1).unwrap();
    assert!(is_sold_to(&simulated.outcome.lots[0].ending, winner));
}

#[test]
fn a_lottery_gives_everybody_who_tied_a_chance() {
    let lots = vec![(5, vec![3]); 30];
    let groups = vec![(1, vec![Seat::Own])];
    let small = Small { groups, lots, ties: Ties::Lottery, ..Small::default() };
    let (simulated, _) = small.simulate(&small.plan(&[&[3, 3, 3][..]; 30]));
    for bidder in 0..3 {
        let party = small.cast().bidder(bidder).unwrap();
        let won =
            simulated.outcome.lots.iter().filter(|lot| is_sold_to(&lot.ending, party)).count();
        assert!((3..=20).contains(&won), "bidder {bidder} won {won} of 30");
    }
}

/// The award of the only lot.
fn award(small: &Small, plan: &Plan) -> Award {
    let (simulated, _) = small.simulate(plan);
    match &simulated.outcome.lots[0].ending {
        Ending::Sold(award) => award.clone(),
        other => panic!("{other:?}"),
    }
}

/// Winners by their index, each with its comparison, and the level that all pay.
fn sold(small: &Small, award: &Award) -> (Vec<(usize, PriceComparison)>, u32) {
    let bidder = |winner| (0..small.bidders).find(|b| small.cast().bidder(*b) == Some(winner));
    let sales = award.sales.iter().map(|sale| (bidder(sale.winner).unwrap(), sale.comparison));
    (sales.collect(), award.quote.level.0)
}

#[test]
fn at_the_second_price_the_best_pays_the_next_bid() {
    let mechanism = Mechanism::UniformPrice { units: 1 };
    let small = Small { lots: vec![(200, vec![4, 1, 1, 2])], mechanism, ..Small::default() };
    let award = award(&small, &small.plan(&[&[57, 199, 3]]));
    assert_eq!(sold(&small, &award), (vec![(1, PriceComparison::AbovePrice)], 57));
}

#[test]
fn three_units_go_to_the_three_best_at_one_price() {
    let mechanism = Mechanism::UniformPrice { units: 3 };
    let lots = vec![(16, vec![2, 2])];
    let small = Small { lots, bidders: 5, mechanism, ..Small::default() };
    // Two bid more than the price; of the three who bid it the earliest has the last unit.
    let award = award(&small, &small.plan(&[&[9, 12, 9, 15, 9]]));
    let (above, at) = (PriceComparison::AbovePrice, PriceComparison::AtPrice);
    assert_eq!(sold(&small, &award), (vec![(0, at), (1, above), (3, above)], 9));
}

#[test]
fn a_seller_with_a_reserve_keeps_what_nobody_pays_for() {
    let mechanism = Mechanism::UniformPrice { units: 2 };
    let lots = vec![(16, vec![2, 2])];
    let small = Small { lots, mechanism, reserve: Some(true), ..Small::default() };
    let mut plan = small.plan(&[&[9, 12, 3]]);
    let reserve = |level| vec![ReservePlan { lot: 0, level: Level(level), is_revealed: true }];
    // One bid reaches it and pays it; then two do; then none.
    plan.reserves = reserve(10);
    let (above, at) = (PriceComparison::AbovePrice, PriceComparison::AtPrice);
    assert_eq!(sold(&small, &award(&small, &plan)), (vec![(1, above)], 10));
    plan.reserves = reserve(9);
    assert_eq!(sold(&small, &award(&small, &plan)), (vec![(0, at), (1, above)], 9));
    plan.reserves = reserve(13);
    let (simulated, _) = small.simulate(&plan);
    let [lot] = &simulated.outcome.lots[..] else { panic!("one lot") };
    assert_eq!(lot.ending, Ending::BelowReserve);
    let quote =
        Quote { level: Level(13), price: plan.terms.lots[0].grid.price(Level(13)).unwrap() };
    assert_eq!(lot.reserve, ReserveResult::Opened(quote));
}

#[test]
fn a_seller_may_decline_what_it_does_not_like() {
    let small = Small { acceptance: true, ..Small::default() };
    let mut plan = small.plan(&[&[2, 0, 4]]);
    plan.declines.insert(0);
    let (simulated, _) = small.simulate(&plan);
    let Ending::Declined(award) = &simulated.outcome.lots[0].ending else { panic!("it declined") };
    assert_eq!(sold(&small, award), (vec![(2, PriceComparison::AtPrice)], 4));
}

#[test]
fn lots_are_decided_each_by_itself() {
    let shape = vec![2, 1];
    let lots = vec![(8, shape.clone()), (8, shape.clone()), (8, shape)];
    let small = Small { lots, ..Small::default() };
    let plan = small.plan(&[&[0, 7, 5], &[], &[3]]);
    let (simulated, _) = small.simulate(&plan);
    let bidders: Vec<_> = (0..3).map(|b| small.cast().bidder(b).unwrap()).collect();
    let bids = [
        vec![(bidders[0], Level(0)), (bidders[1], Level(7)), (bidders[2], Level(5))],
        vec![],
        vec![(bidders[0], Level(3))],
    ];
    for (lot, bids) in bids.iter().enumerate() {
        let expected = plain_ending(&plan.terms, lot as u32, bids);
        assert_eq!(simulated.outcome.lots[lot].ending, expected, "lot {lot}");
    }
}

#[test]
fn seller_and_buyers_hold_the_quorum_together() {
    let groups = vec![(1, vec![Seat::Seller]), (2, vec![Seat::Bidder(0), Seat::Own, Seat::Own])];
    let small = Small { groups, ..Small::default() };
    let plan = small.plan(&[&[2, 0, 4]]);
    let (simulated, _) = small.simulate(&plan);
    let winner = small.cast().bidder(2).unwrap();
    assert!(is_sold_to(&simulated.outcome.lots[0].ending, winner));
}

#[test]
fn without_bids_every_lot_is_unsold() {
    let small = Small { lots: vec![(5, vec![3]), (5, vec![3])], ..Small::default() };
    let plan = small.plan(&[]);
    let (simulated, _) = small.simulate(&plan);
    assert!(simulated.outcome.lots.iter().all(|lot| lot.ending == Ending::Unsold));
}

#[test]
fn too_few_deals_void_the_auction() {
    let small = Small::default();
    let absent = talea_sim::simulate::KeyholderConduct::NeverDeals;
    let plan = small.plan(&[&[1]]);
    let plan = talea_tests::with_keyholder(plan, 0, 1, absent);
    let plan = talea_tests::with_keyholder(plan, 0, 3, absent);
    let (simulated, _) = small.simulate(&plan);
    assert_eq!(simulated.outcome.lots[0].ending, Ending::Void(VoidCause::Setup));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let small = Small::default();
    let plan = small.plan(&[&[1, 2, 3]]);
    assert_eq!(small.simulate(&plan).1, small.simulate(&plan).1);
}
