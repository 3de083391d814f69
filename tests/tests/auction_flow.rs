//! Whole auctions, readable as stories.

use talea_protocol::{
    outcome::{Ending, VoidCause},
    price::Rung,
};
use talea_sim::play::Seat;
use talea_tests::{Small, plain_ending};

#[test]
fn three_bid_and_the_best_wins_at_its_price() {
    let small = Small { lots: vec![(200, vec![4, 1, 1, 2])], ..Small::default() };
    let plan = small.plan(&[&[57, 199, 3]]);
    let (played, _) = small.play(&plan);

    let cast = small.cast();
    let [lot] = &played.outcome.lots[..] else { panic!("one lot") };
    let price = plan.terms.lots[0].ladder.price(Rung(199)).unwrap();
    let winner = cast.bidder(1).unwrap();
    assert_eq!(lot.ending, Ending::Sold { winner, rung: Rung(199), price });
    assert_eq!((lot.commits, lot.ranked, lot.invalid), (3, 3, 0));
}

#[test]
fn a_tie_goes_to_the_earliest_commit() {
    let small = Small { lots: vec![(5, vec![1, 2])], bidders: 4, ..Small::default() };
    let plan = small.plan(&[&[1, 4, 4, 4]]);
    let (played, _) = small.play(&plan);
    let winner = small.cast().bidder(1).unwrap();
    assert!(matches!(played.outcome.lots[0].ending, Ending::Sold { winner: w, .. } if w == winner));
}

#[test]
fn lots_are_decided_each_by_itself() {
    let shape = vec![2, 1];
    let lots = vec![(8, shape.clone()), (8, shape.clone()), (8, shape)];
    let small = Small { lots, ..Small::default() };
    let plan = small.plan(&[&[0, 7, 5], &[], &[3]]);
    let (played, _) = small.play(&plan);
    let bidders: Vec<_> = (0..3).map(|b| small.cast().bidder(b).unwrap()).collect();
    let bids = [
        vec![(bidders[0], Rung(0)), (bidders[1], Rung(7)), (bidders[2], Rung(5))],
        vec![],
        vec![(bidders[0], Rung(3))],
    ];
    for (lot, bids) in bids.iter().enumerate() {
        let expected = plain_ending(&plan.terms, lot as u32, bids);
        assert_eq!(played.outcome.lots[lot].ending, expected, "lot {lot}");
    }
}

#[test]
fn seller_and_buyers_hold_the_quorum_together() {
    let groups = vec![(1, vec![Seat::Seller]), (2, vec![Seat::Bidder(0), Seat::Own, Seat::Own])];
    let small = Small { groups, ..Small::default() };
    let plan = small.plan(&[&[2, 0, 4]]);
    let (played, _) = small.play(&plan);
    let winner = small.cast().bidder(2).unwrap();
    assert!(matches!(played.outcome.lots[0].ending, Ending::Sold { winner: w, .. } if w == winner));
}

#[test]
fn without_bids_every_lot_is_unsold() {
    let small = Small { lots: vec![(5, vec![3]), (5, vec![3])], ..Small::default() };
    let plan = small.plan(&[]);
    let (played, _) = small.play(&plan);
    assert!(played.outcome.lots.iter().all(|lot| lot.ending == Ending::Unsold));
}

#[test]
fn too_few_deals_void_the_auction() {
    let small = Small::default();
    let absent = talea_sim::play::KeyholderConduct::NeverDeals;
    let plan = small.plan(&[&[1]]);
    let plan = talea_tests::with_keyholder(plan, 0, 1, absent);
    let plan = talea_tests::with_keyholder(plan, 0, 3, absent);
    let (played, _) = small.play(&plan);
    assert_eq!(played.outcome.lots[0].ending, Ending::Void(VoidCause::Setup));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let small = Small::default();
    let plan = small.plan(&[&[1, 2, 3]]);
    assert_eq!(small.play(&plan).1, small.play(&plan).1);
}
