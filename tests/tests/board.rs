//! What a board can do: leave out, reorder, show two faces, wait, be fed rubbish. It can refuse
//! service; it cannot change a winner, a price, or what is whose.

use rand_core::RngCore as _;
use std::collections::BTreeSet;
use talea_contract::{Auction, Phase};
use talea_parties::{board::Board, keyholder::KeyholderError};
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    instruction::Instruction,
    outcome::{Account, Ending, Outcome, VoidCause},
    price::Level,
    quorum::{KeyholderId, keyholders},
    ranking::Duty,
    sealed_bid::Reveal,
    terms::{Depth, Disclosure, Mechanism, Ties},
};
use talea_sim::simulate::{BidderConduct, KeyholderConduct, ReservePlan, Seat};
use talea_tests::{
    Small,
    harness::Harness,
    is_sold_to,
    replay::{Replay, accepted, edit, opened, refused},
    rng, with_bidder, with_keyholder,
};

fn small(groups: &[(u16, Vec<Seat>)]) -> Small {
    Small { groups: groups.to_vec(), lots: vec![(8, vec![1, 2])], ..Small::default() }
}

fn two_of_three() -> Small {
    small(&[(2, vec![Seat::Own; 3])])
}

fn seller_and_buyers() -> Small {
    small(&[(1, vec![Seat::Seller]), (2, vec![Seat::Own; 3])])
}

fn account(outcome: &Outcome, party: PartyKey) -> Account {
    *outcome.accounts.iter().find(|account| account.party == party).expect("it has an account")
}

#[track_caller]
fn assert_sold_to(outcome: &Outcome, winner: PartyKey, level: u32) {
    match &outcome.lots[0].ending {
        Ending::Sold(award) => {
            let [sale] = &award.sales[..] else { panic!("{award:?}") };
            assert_eq!((sale.winner, award.quote.level), (winner, Level(level)));
        }
        other => panic!("{other:?}"),
    }
}

// ---- a reveal left out ----

/// Bids 5, 2 and 7; the board never shows the last one's reveal. Endorsing waits.
fn dropped_reveal(small: &Small) -> (Harness, BidId) {
    let mut harness = Harness::at_commits(small, &small.terms());
    let [one, two, best] = [(0, 5), (1, 2), (2, 7)].map(|(b, level)| harness.commit(b, 0, level));
    harness.pass();
    harness.reveal(vec![one, two]);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    (harness, best.bid)
}

/// Everybody endorses; keyholders at these places attest the bid whose reveal was dropped.
fn endorse(harness: &mut Harness, bid: BidId, attesting: &[usize]) {
    for place in 0..harness.keyholders.len() {
        if harness.auction().phase() == Phase::Endorsing {
            let attested = if attesting.contains(&place) { vec![bid] } else { Vec::new() };
            let posts = harness.posts(place, &attested);
            posts.iter().for_each(|post| harness.submit(post));
        }
    }
    assert_eq!(harness.auction().phase(), Phase::Ranking);
}

/// Whether the deposit of the dropped bid is released, after these attested it. The bid is out of
/// the running in any case.
fn is_released(small: &Small, attesting: &[usize]) -> bool {
    let (mut harness, bid) = dropped_reveal(small);
    endorse(&mut harness, bid, attesting);
    let outcome = harness.finish();
    assert_sold_to(&outcome, harness.bidder(0), 5);
    let lot = &outcome.lots[0];
    assert_eq!((lot.commits, lot.ranked, lot.invalid), (3, 2, 0));

    let is_released = is_without_loss(&outcome, bid.bidder);
    let others = [0, 1].map(|bidder| account(&outcome, harness.bidder(bidder)).received);
    assert_eq!(others, [0, 0], "no bidder has anything of it");
    let received = account(&outcome, small.cast().beneficiary()).received;
    assert_eq!(received, if is_released { 3 } else { 103 }, "three fees");
    is_released
}

/// Whether a bidder whose reveal was dropped has its deposit, and lost its fee alone.
#[track_caller]
fn is_without_loss(outcome: &Outcome, bidder: PartyKey) -> bool {
    match account(outcome, bidder) {
        Account { available: 100, forfeited: 1, locked: 0, settlement: 0, .. } => true,
        Account { available: 0, forfeited: 101, locked: 0, settlement: 0, .. } => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reveal_that_a_threshold_saw_costs_no_deposit() {
    let small = two_of_three();
    assert!(is_released(&small, &[0, 1]));
    assert!(!is_released(&small, &[0]));
    assert!(!is_released(&small, &[1]));
    assert!(!is_released(&small, &[]));
    // The third is not asked any more: its word would come too late.
    assert!(!is_released(&small, &[1, 2]));
}

#[test]
fn a_threshold_of_every_group_of_witnesses_is_needed() {
    let small = seller_and_buyers();
    assert!(!is_released(&small, &[0]), "the seller is a group of its own");
    assert!(!is_released(&small, &[1, 2]), "and must agree with the buyers");
    assert!(!is_released(&small, &[0, 1]));
    assert!(!is_released(&small, &[0, 2]));
    assert!(is_released(&small, &[0, 1, 2]));
    let two_groups = small_of_two_groups();
    for lacking in [vec![], vec![0, 1], vec![2, 3], vec![0, 2], vec![0, 1, 2], vec![1, 2, 3]] {
        assert!(!is_released(&two_groups, &lacking), "{lacking:?}");
    }
    assert!(is_released(&two_groups, &[0, 1, 2, 3]));
}

fn small_of_two_groups() -> Small {
    small(&[(2, vec![Seat::Own; 2]), (2, vec![Seat::Own; 2])])
}

/// Bids 5, 2 and 7 under these terms; the reveal of bidder 2 is dropped, and keyholders at these places
/// attest it. Whether its deposit is released.
fn is_released_under(small: &Small, witnesses: &[bool], attesting: &[usize]) -> bool {
    let mut terms = small.terms();
    edit(&mut terms.quorum, |groups| {
        for (group, is_witness) in groups.iter_mut().zip(witnesses) {
            group.is_witness = *is_witness;
        }
    });
    // A bidder who is a keyholder has its bond beside.
    terms.stakes.bond = 0;
    let mut harness = Harness::at_commits(small, &terms);
    let [one, two, best] = [(0, 5), (1, 2), (2, 7)].map(|(b, level)| harness.commit(b, 0, level));
    harness.pass();
    harness.reveal(vec![one, two]);
    harness.pass();
    endorse(&mut harness, best.bid, attesting);
    let outcome = harness.finish();
    is_without_loss(&outcome, best.bid.bidder)
}

#[test]
fn only_the_word_of_witnesses_counts_and_where_there_are_none_nothing_is_attested() {
    let small = small_of_two_groups();
    for (witnesses, attesting, released) in [
        ([true, false], &[0, 1][..], true),
        ([true, false], &[0, 2, 3], false),
        ([true, false], &[2, 3], false),
        ([false, true], &[2, 3], true),
        ([false, true], &[0, 1], false),
        ([true, true], &[2, 3], false),
        ([true, true], &[0, 1, 2, 3], true),
        ([false, false], &[0, 1, 2, 3], false),
    ] {
        let is = is_released_under(&small, &witnesses, attesting);
        assert_eq!(is, released, "{witnesses:?}, {attesting:?}");
    }
}

#[test]
fn a_bidders_own_word_does_not_count_for_its_bid() {
    // Bidder 2, whose reveal is dropped, is the last of three keyholders; three endorse.
    let mut three = small(&[(2, vec![Seat::Own, Seat::Own, Seat::Bidder(2)])]);
    three.groups[0].0 = 3;
    // All three are a threshold: without it the group is too small to count, and no other does.
    assert!(!is_released_under(&three, &[true], &[0, 1, 2]));
    // Two of three, of whom the bidder is one: its word beside one other's is one word.
    let two = small(&[(2, vec![Seat::Bidder(2), Seat::Own, Seat::Own])]);
    assert!(!is_released_under(&two, &[true], &[0, 1]));
    // The others' words are enough, the bidder's silence does not matter.
    let two = small(&[(2, vec![Seat::Own, Seat::Own, Seat::Bidder(2)])]);
    assert!(is_released_under(&two, &[true], &[0, 1]));
}

#[test]
fn a_group_that_is_too_small_without_the_bidder_does_not_count() {
    // Bidder 2 is a group by itself, or one of two who are both needed. The others decide.
    for own in [(1, vec![Seat::Bidder(2)]), (2, vec![Seat::Own, Seat::Bidder(2)])] {
        let buyers = own.1.len();
        let small = small(&[own, (2, vec![Seat::Own; 3])]);
        let all_own: Vec<usize> = (0..buyers).collect();
        let others = [buyers, buyers + 1];
        assert!(is_released_under(&small, &[true, true], &others), "nobody of its own group");
        assert!(!is_released_under(&small, &[true, true], &all_own), "all of its own group");
        assert!(!is_released_under(&small, &[true, true], &[&all_own[..], &others[..1]].concat()));
        // Is its own group the only witness, then nobody can save it.
        let everybody: Vec<usize> = (0..buyers + 3).collect();
        assert!(!is_released_under(&small, &[true, false], &everybody));
    }
}

#[test]
fn what_was_attested_counts_also_where_endorsing_fails() {
    // The last of the second group does not endorse. Both groups are witnesses, or the first alone.
    for (witnesses, attesting, released) in [
        ([true, true], &[0, 1][..], false),
        ([true, true], &[0, 1, 2], false),
        ([true, false], &[0, 1], true),
        ([true, false], &[0, 2], false),
    ] {
        let small = small_of_two_groups();
        let mut terms = small.terms();
        edit(&mut terms.quorum, |groups| {
            for (group, is_witness) in groups.iter_mut().zip(witnesses) {
                group.is_witness = is_witness;
            }
        });
        let mut harness = Harness::at_commits(&small, &terms);
        let [one, best] = [(0, 5), (2, 7)].map(|(bidder, level)| harness.commit(bidder, 0, level));
        harness.pass();
        harness.reveal(vec![one]);
        harness.pass();
        for place in [0, 1, 2] {
            let attested = if attesting.contains(&place) { vec![best.bid] } else { Vec::new() };
            harness.posts(place, &attested).iter().for_each(|post| harness.submit(post));
        }
        harness.pass();
        let outcome = harness.auction().outcome().expect("time closed it");
        assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Endorsement));
        let is = is_without_loss(&outcome, best.bid.bidder);
        assert_eq!(is, released, "{witnesses:?}, {attesting:?}");
    }
}

/// Three tied bids, of which the first two are one party's. What it withholds from the board all keyholders
/// have, and attest: the winner, and what that party lost beyond its fees.
fn drawn(seed: u64, withheld: Option<usize>) -> (usize, u64) {
    let small = Small { ties: Ties::Lottery, seed, ..Small::default() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let mut reveals: Vec<Reveal> = (0..3).map(|bidder| harness.commit(bidder, 0, 4)).collect();
    harness.pass();
    let missing: Vec<BidId> = withheld.map(|at| reveals.remove(at).bid).into_iter().collect();
    harness.reveal(reveals);
    if harness.auction().phase() == Phase::Reveals {
        harness.pass();
    }
    for place in 0..3 {
        harness.posts(place, &missing).iter().for_each(|post| harness.submit(post));
    }
    let outcome = harness.finish();
    let is_sold_to = |bidder: &usize| is_sold_to(&outcome.lots[0].ending, harness.bidder(*bidder));
    let lost = (0..2).map(|bidder| account(&outcome, harness.bidder(bidder)).forfeited - 1);
    ((0..3).find(is_sold_to).unwrap(), lost.sum())
}

/// In league with a board that ignores what keyholders hand in, a party chooses among draws for nothing.
#[test]
fn a_last_revealer_in_league_with_the_board_draws_again_for_nothing() {
    let lost_draws = (1..40).filter(|seed| drawn(*seed, None).0 == 2);
    let mut redrawn = 0;
    for seed in lost_draws {
        let again = [0, 1].map(|withheld| drawn(seed, Some(withheld)));
        assert!(again.iter().all(|(_, lost)| *lost == 0), "{again:?}");
        redrawn += usize::from(again.iter().any(|(winner, _)| *winner != 2));
    }
    assert!(redrawn > 0);
}

/// A board that drops every commit of a round ends the rounds there, attested or not: nothing that is shown
/// has moved. What stands is ranked, and nobody pays.
#[test]
fn a_board_that_drops_every_commit_ends_the_rounds() {
    let small = Small {
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((4, false)),
        ..two_of_three()
    };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = vec![harness.commit(0, 0, 1), harness.commit(1, 0, 6)];
    harness.pass();
    harness.reveal(reveals);
    harness.act_until(Phase::Commits);
    harness.pass();
    let missing = [0, 1].map(|n| BidId { lot: 0, round: 1, bidder: harness.bidder(n) });
    for place in 0..3 {
        harness.posts(place, &missing).iter().for_each(|post| harness.submit(post));
    }
    let outcome = harness.finish();
    assert_eq!(harness.auction().round(), 1, "of four");
    assert_sold_to(&outcome, harness.bidder(1), 6);
    let lost = [0, 1].map(|n| account(&outcome, harness.bidder(n)).forfeited);
    assert_eq!(lost, [1, 1], "the fees");
}

#[test]
fn a_dropped_bid_cannot_come_back_once_reveals_are_closed() {
    let small = two_of_three();
    let mut harness = Harness::at_commits(&small, &small.terms());
    let [one, best] = [(0, 5), (2, 7)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.pass();
    harness.reveal(vec![one]);
    harness.pass();
    let late = harness.carry(vec![best]);
    assert_eq!(refused(harness.auction(), harness.slot, &late), "E4");
}

// ---- two faces ----

/// The same auction on two boards: the same up to the reveals, which come in another order.
fn two_faces() -> [Harness; 2] {
    let orders = [[0, 1, 2], [1, 0, 2]];
    let small = two_of_three();
    let faces = orders.map(|order| {
        let mut harness = Harness::at_commits(&small, &small.terms());
        let reveals = [(0, 5), (1, 2), (2, 7)].map(|(b, level)| harness.commit(b, 0, level));
        harness.pass();
        order.into_iter().for_each(|which| harness.reveal(vec![reveals[which].clone()]));
        assert_eq!(harness.auction().phase(), Phase::Endorsing);
        harness
    });
    assert_eq!(faces[0].auction().id(), faces[1].auction().id());
    assert_ne!(faces[0].auction().head(), faces[1].auction().head());
    faces
}

fn act(harness: &mut Harness, place: usize, shown: &Auction) -> Result<usize, KeyholderError> {
    let posts = harness.keyholders[place].act(shown, &[], &mut harness.rng)?;
    Ok(posts.len())
}

#[test]
fn a_keyholder_endorses_one_head_for_ever() {
    let [mut here, there] = two_faces();
    let shown = here.auction().clone();
    assert_eq!(act(&mut here, 0, &shown), Ok(1));
    let (endorsed, other) = (here.auction().head(), there.auction().head());
    let two_heads = KeyholderError::TwoHeads { endorsed, shown: other };
    assert_eq!(act(&mut here, 0, there.auction()), Err(two_heads));
    // It stays true to the first, whether or not its post arrived.
    assert_eq!(act(&mut here, 0, &shown), Ok(1));
    assert_eq!(act(&mut here, 0, there.auction()), Err(two_heads));
}

#[test]
fn a_keyholder_does_not_rank_under_another_head() {
    // Here it endorsed, or ranked without having been asked to endorse.
    for endorses in [true, false] {
        let [mut here, mut there] = two_faces();
        if !endorses {
            [1, 2].into_iter().for_each(|place| assert!(here.act(place)));
        }
        let shown = here.auction().clone();
        assert_eq!(act(&mut here, 0, &shown), Ok(1));
        // There its own key was used by somebody else, or nobody needed it.
        there.act_until(Phase::Ranking);
        let shown = there.auction().clone();
        let refusal = act(&mut here, 0, &shown).unwrap_err();
        assert!(matches!(refusal, KeyholderError::TwoHeads { .. }), "{refusal}");
    }
}

#[test]
fn what_was_posted_under_one_head_is_refused_under_another() {
    let [mut here, mut there] = two_faces();
    let endorsement = here.posts(0, &[]).remove(0);
    assert_eq!(refused(there.auction(), there.slot, &endorsement), "K1");
    [&mut here, &mut there].into_iter().for_each(|harness| harness.act_until(Phase::Ranking));
    while here.auction().phase() == Phase::Ranking {
        for place in 0..3 {
            if here.auction().phase() == Phase::Closed {
                break;
            }
            for post in here.posts(place, &[]) {
                assert_eq!(refused(there.auction(), there.slot, &post), "K3");
                here.submit(&post);
            }
        }
    }
}

// ---- order within a slot ----

/// All orders of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// In which order three members deal, three bidders commit, reveal, and keyholders act.
#[derive(Clone, Copy, Default)]
struct Order {
    deals: usize,
    commits: usize,
    reveals: usize,
    endorsements: usize,
}

/// The outcome of these bids, everything submitted in this order.
fn outcome_in(order: Order, levels: [u32; 3]) -> Outcome {
    outcome_of(&two_of_three(), order, levels)
}

fn outcome_of(small: &Small, order: Order, levels: [u32; 3]) -> Outcome {
    let mut harness = Harness::open(small, &small.terms());
    harness.fund_everybody();
    let candidates = std::mem::take(&mut harness.candidates);
    let deals = candidates.into_iter().map(|candidate| {
        candidate.deal(harness.board.auction(), &mut harness.rng).expect("it is named")
    });
    let (deals, dealers): (Vec<_>, Vec<_>) = deals.unzip();
    ORDERS[order.deals].into_iter().for_each(|which| harness.submit(&deals[which]));
    harness.dealers = dealers;
    harness.finish_ceremony();

    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    let mut bid = |bidder: usize| {
        harness.bidders[bidder].commit(auction, 0, Level(levels[bidder]), rng).expect("a level")
    };
    let bids = [bid(0), bid(1), bid(2)];
    ORDERS[order.commits].into_iter().for_each(|which| harness.submit(&bids[which].commit));
    harness.pass();
    for which in ORDERS[order.reveals] {
        harness.reveal(vec![bids[which].reveal.clone()]);
    }
    let endorsements = [0, 1, 2].map(|place| harness.posts(place, &[]).remove(0));
    for which in ORDERS[order.endorsements].into_iter().take(2) {
        harness.submit(&endorsements[which]);
    }
    harness.finish()
}

#[test]
fn order_within_a_slot_changes_neither_winner_nor_price_nor_money() {
    let plain = outcome_in(Order::default(), [5, 2, 7]);
    for which in 1..6 {
        let orders = [
            Order { deals: which, ..Order::default() },
            Order { commits: which, ..Order::default() },
            Order { reveals: which, ..Order::default() },
            Order { endorsements: which, ..Order::default() },
            Order { deals: which, commits: 6 - which, reveals: which, endorsements: 6 - which },
        ];
        for order in orders {
            let outcome = outcome_in(order, [5, 2, 7]);
            assert_eq!(outcome.lots, plain.lots);
            assert_eq!(outcome.accounts, plain.accounts);
        }
    }
}

#[test]
fn order_within_a_slot_breaks_ties_and_only_the_order_of_commits() {
    let small = two_of_three();
    for (which, commits) in ORDERS.into_iter().enumerate() {
        let order = Order { deals: 5 - which, commits: which, reveals: 5 - which, endorsements: 1 };
        let outcome = outcome_in(order, [6, 6, 6]);
        let first = small.cast().bidder(commits[0]).unwrap();
        assert_sold_to(&outcome, first, 6);
        // Of two at the top, the earlier.
        let outcome = outcome_in(order, [6, 0, 6]);
        let first = commits.into_iter().find(|bidder| *bidder != 1).unwrap();
        assert_sold_to(&outcome, small.cast().bidder(first).unwrap(), 6);
    }
}

#[test]
fn order_within_a_slot_does_not_touch_a_lottery_once_bids_are_due() {
    // The draw hangs on who revealed, and on what, not on the order in which the board took it.
    let small = Small { ties: Ties::Lottery, ..two_of_three() };
    let plain = outcome_of(&small, Order::default(), [6, 6, 6]);
    for which in 1..6 {
        for order in [
            Order { deals: which, ..Order::default() },
            Order { reveals: which, endorsements: 6 - which, ..Order::default() },
        ] {
            let outcome = outcome_of(&small, order, [6, 6, 6]);
            assert_eq!((&outcome.lots, &outcome.accounts), (&plain.lots, &plain.accounts));
        }
    }
}

#[test]
fn reveals_count_the_same_together_or_apart() {
    let outcomes: Vec<Outcome> = (0..4)
        .map(|split| {
            let small = two_of_three();
            let mut harness = Harness::at_commits(&small, &small.terms());
            let mut reveals: Vec<Reveal> =
                [(0, 5), (1, 2), (2, 7)].map(|(b, level)| harness.commit(b, 0, level)).into();
            harness.pass();
            let rest = reveals.split_off(split);
            [reveals, rest].into_iter().filter(|r| !r.is_empty()).for_each(|r| harness.reveal(r));
            harness.finish()
        })
        .collect();
    for outcome in &outcomes {
        assert_eq!((&outcome.lots, &outcome.accounts), (&outcomes[0].lots, &outcomes[0].accounts));
    }
}

// ---- time ----

/// What can be seen of an auction besides heads and slots, on which ticks leave their mark.
#[derive(Debug, PartialEq)]
struct View {
    phase: Phase,
    deadline: Option<u64>,
    accounts: Vec<Account>,
    endings: Vec<Option<Ending>>,
    due: Vec<Vec<String>>,
    is_keyed: bool,
}

fn view(auction: &Auction) -> View {
    let terms = auction.terms();
    // Which kinds of work, on how many items: not the head under which.
    let due = keyholders(&terms.quorum).map(|(id, _)| {
        let dues = auction.dues(id);
        dues.iter()
            .map(|due| match due {
                talea_contract::Due::Endorse { round, .. } => format!("endorse {round}"),
                talea_contract::Due::Rank { header, task } => {
                    let (lot, step, chunk) = (header.lot, header.step, header.chunk);
                    format!("{lot} {step} {chunk} {task:?}")
                }
            })
            .collect()
    });
    View {
        phase: auction.phase(),
        deadline: auction.deadline(),
        accounts: auction.accounts(),
        endings: (0..terms.lots.len()).map(|lot| auction.ending(lot as u32)).collect(),
        due: due.collect(),
        is_keyed: auction.quorum_keys().is_some(),
    }
}

/// Two lots, a bidder who never reveals, and a keyholder who leaves at the gates.
fn troubled() -> (Small, Vec<u8>) {
    let small = Small { lots: vec![(8, vec![1, 2]); 2], ..two_of_three() };
    let transcript = play_troubled(&small);
    (small, transcript)
}

/// The same at the second price, with a reserve on one lot that is never revealed, and the seller's
/// say.
fn troubled_seller() -> (Small, Vec<u8>) {
    let mechanism = Mechanism::UniformPrice { units: 1 };
    let small = Small { mechanism, reserve: Some(true), acceptance: true, ..troubled().0 };
    let transcript = play_troubled(&small);
    (small, transcript)
}

fn play_troubled(small: &Small) -> Vec<u8> {
    let levels: [&[u32]; 2] = [&[5, 2, 7], &[1, 6]];
    let lots = small.lots.len();
    let mut plan = small.plan(&levels[..lots]);
    if small.reserve.is_some() {
        let reserve = |(lot, is_revealed)| ReservePlan { lot, level: Level(3), is_revealed };
        plan.reserves = [(0, true), (1, false)].into_iter().take(lots).map(reserve).collect();
    }
    let plan = with_bidder(plan, 0, BidderConduct::NeverReveals);
    let plan = with_keyholder(plan, 0, 1, KeyholderConduct::Leaves { from_step: 2 });
    small.simulate(&plan).1
}

#[test]
fn slots_between_two_deadlines_change_nothing() {
    for (small, transcript) in [troubled(), troubled_seller()] {
        let harness = Harness::open(&small, &small.terms());
        let tick = harness.sign(harness.auction().terms().seller, &Instruction::Tick);
        for scene in &Replay::read(&transcript).scenes().0 {
            let mut auction = scene.before.clone();
            // Up to each deadline there is nothing to say.
            while let Some(deadline) = auction.deadline() {
                for slot in auction.slot()..=deadline.min(auction.slot() + 40) {
                    assert_eq!(refused(&auction, slot, &tick), "E4");
                }
                assert_eq!(refused(&auction, deadline, &tick), "E4");
                let next = accepted(&auction, deadline + 1, &tick);
                assert_ne!(view(&next), view(&auction), "a deadline is passed for something");
                auction = next;
            }
        }
    }
}

/// What counts from an instruction's slot, without the deadline.
fn untimed(auction: &Auction) -> View {
    View { deadline: None, ..view(auction) }
}

/// From the reveals on everything counts from the slot at which it was noticed that time had passed. So a
/// late tick changes when, and nothing else.
#[test]
fn what_a_late_tick_begins_has_its_full_time() {
    let second_price = troubled_seller().0;
    for small in [two_of_three(), Small { lots: vec![(8, vec![1, 2])], ..second_price }] {
        let transcript = play_troubled(&small);
        let harness = Harness::open(&small, &small.terms());
        let tick = harness.sign(harness.auction().terms().seller, &Instruction::Tick);
        let mut tried = BTreeSet::new();
        for scene in &Replay::read(&transcript).scenes().0 {
            let mut auction = scene.before.clone();
            while let Some(deadline) = auction.deadline() {
                let punctual = accepted(&auction, deadline + 1, &tick);
                let is_of_the_terms =
                    [Phase::Deals, Phase::Complaints, Phase::Reserves, Phase::Commits]
                        .contains(&auction.phase());
                for late in [2, 3, 1_000, 1 << 40] {
                    if is_of_the_terms {
                        continue;
                    }
                    let tardy = accepted(&auction, deadline + late, &tick);
                    assert_eq!(untimed(&tardy), untimed(&punctual), "{late} slots late");
                    let time = |auction: &Auction| Some(auction.deadline()? - auction.slot());
                    assert_eq!(time(&tardy), time(&punctual), "{late} slots late");
                    tried.insert((auction.phase().name(), punctual.phase().name()));
                }
                auction = punctual;
            }
        }
        for passage in [
            ("Reveals", "Endorsing"),
            ("Endorsing", "Closed"),
            ("Ranking", "Ranking"),
            ("Ranking", "Closed"),
        ] {
            assert!(tried.contains(&passage), "{passage:?} is not among {tried:?}");
        }
    }
}

/// Each lot has its own deadlines, and passes none but its first, however late that is noticed.
#[test]
fn one_instruction_passes_one_deadline_of_each_lot() {
    for (small, transcript) in [troubled(), troubled_seller()] {
        let harness = Harness::open(&small, &small.terms());
        let tick = harness.sign(harness.auction().terms().seller, &Instruction::Tick);
        for scene in &Replay::read(&transcript).scenes().0 {
            let start = &scene.before;
            if start.phase() != Phase::Ranking {
                continue;
            }
            let late = accepted(start, 1 << 40, &tick);
            for lot in 0..2 {
                let out = |auction: &Auction| -> Vec<KeyholderId> {
                    let ids = keyholders(&auction.terms().quorum).map(|(id, _)| id);
                    ids.filter(|id| auction.is_excluded(lot, *id)).collect()
                };
                let duty = start
                    .duties()
                    .into_iter()
                    .find(|duty| matches!(duty, Duty::Chunk { lot: named, .. } if *named == lot));
                // Whoever is excluded now was waited for, and nobody else: not whoever would have been next.
                let expected: BTreeSet<KeyholderId> =
                    duty.map(|duty| start.late(duty)).unwrap_or_default();
                let before = out(start);
                let more: BTreeSet<KeyholderId> =
                    out(&late).into_iter().filter(|id| !before.contains(id)).collect();
                assert_eq!(more, expected, "lot {lot}");
            }
        }
    }
}

/// One group of 2 of 3, steps of 5 slots and 1 more for each of two ranked bids; a third bidder
/// never reveals. Reveals wait, at slot 31.
fn timed() -> (Harness, Vec<Reveal>) {
    let small = two_of_three();
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = [(0, 5), (1, 2)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.commit(2, 0, 7);
    harness.pass();
    assert_eq!((harness.slot, harness.auction().deadline()), (31, Some(40)));
    (harness, reveals.into())
}

const STEP: u64 = 5 + 2;

/// The harness at the beginning of the first step of gates.
fn at_gates() -> Harness {
    let (mut harness, reveals) = timed();
    harness.reveal(reveals);
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    harness
}

#[test]
fn what_begins_counts_from_the_instruction_that_began_it() {
    // Reveals, by completion: with everybody's reveal, at slot 33.
    let small = two_of_three();
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = [(0, 5), (1, 2)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.pass();
    harness.slot = 33;
    harness.reveal(reveals.into());
    assert_eq!(
        (harness.auction().phase(), harness.auction().deadline()),
        (Phase::Endorsing, Some(43))
    );

    // Reveals, by time-out: from the slot at which that is noticed, however late.
    for noticed in [41, 44, 50, 51, 1_000] {
        let (mut harness, reveals) = timed();
        harness.reveal(reveals);
        harness.slot = noticed;
        harness.pass();
        assert_eq!(harness.auction().phase(), Phase::Endorsing);
        assert_eq!(harness.auction().deadline(), Some(noticed + 10));
        // Endorsements, by completion. What counts is ranked bids, of which there are two.
        harness.act_until(Phase::Ranking);
        assert_eq!(harness.auction().deadline(), Some(noticed + STEP));
    }
}

#[test]
fn a_step_counts_from_the_slot_that_completed_the_one_before() {
    let (mut harness, reveals) = timed();
    harness.reveal(reveals);
    harness.act_until(Phase::Ranking);
    let begun = harness.slot;
    harness.slot = begun + 3;
    assert!(harness.act(1));
    assert_eq!(
        harness.auction().deadline(),
        Some(begun + STEP),
        "an act side by side does not move it"
    );
    harness.slot = begun + 5;
    assert!(harness.act(2));
    assert_eq!(harness.auction().deadline(), Some(begun + 5 + STEP));
}

#[test]
fn every_turn_at_gates_has_its_own_time() {
    let mut harness = at_gates();
    let begun = harness.slot;
    assert_eq!(harness.auction().deadline(), Some(begun + STEP));
    harness.slot = begun + STEP;
    assert!(harness.act(0));
    assert_eq!(harness.auction().deadline(), Some(begun + 2 * STEP));
    // The second lets its turn pass; that is noticed two slots late, and the third loses nothing by it.
    harness.slot = begun + 2 * STEP + 3;
    harness.pass();
    assert_eq!(harness.auction().deadline(), Some(begun + 2 * STEP + 3 + STEP));
    assert!(!harness.act(1));
    assert!(harness.act(2));
    assert_eq!(harness.auction().deadline(), Some(harness.slot + STEP), "the next step");
}

#[test]
fn every_lot_has_its_own_time() {
    // Three bids on lot 0 and one on lot 1: steps of 8 slots and of 6. Nobody acts.
    let small = Small { lots: vec![(8, vec![1, 2]); 2], ..two_of_three() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let bids = [(0, 0, 5), (1, 0, 2), (2, 0, 7), (0, 1, 3)];
    let reveals = bids.map(|(bidder, lot, level)| harness.commit(bidder, lot, level));
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.act_until(Phase::Ranking);
    let begun = harness.slot;
    assert_eq!(harness.auction().deadline(), Some(begun + 6));
    harness.pass();
    let void = Some(Ending::Void(VoidCause::Quorum));
    assert_eq!([0, 1].map(|lot| harness.auction().ending(lot)), [None, void]);
    assert_eq!(harness.auction().deadline(), Some(begun + 8));
    let outcome = harness.finish();
    assert_sold_to(&outcome, harness.bidder(2), 7);
}

#[test]
fn time_that_nobody_noticed_runs_out_for_whoever_was_due_and_nobody_else() {
    // However late: the first keyholder's turn is over, and the second's begins.
    for late in [1, 2 * STEP + 1, 1 << 40] {
        let mut harness = at_gates();
        let begun = harness.slot;
        harness.slot = begun + STEP + late;
        harness.pass();
        let ids = [0, 1, 2].map(|place: usize| harness.keyholders[place].id());
        assert_eq!(ids.map(|id| harness.auction().is_excluded(0, id)), [true, false, false]);
        assert_eq!(harness.auction().ending(0), None);
        assert_eq!(harness.auction().deadline(), Some(harness.slot + STEP));
        // A second tick, as late: now the lot is void, and these two pay.
        harness.slot += STEP + late;
        harness.pass();
        assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
        let outcome = harness.auction().outcome().expect("it was the only lot");
        let lost = |place: usize| account(&outcome, harness.keyholders[place].party()).forfeited;
        assert_eq!([0, 1, 2].map(lost), [30, 30, 0]);
    }
}

/// Gates in chunks of one, all three of which wait for the first keyholder.
fn at_chunks_of_gates() -> Harness {
    let small = Small { chunk_items: 1, ..two_of_three() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = [(0, 5), (1, 2)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.pass();
    harness.reveal(reveals.into());
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    assert!(harness.auction().dues(harness.keyholders[0].id()).len() >= 3);
    harness
}

#[test]
fn every_chunk_of_gates_has_its_own_time() {
    let mut harness = at_chunks_of_gates();
    let begun = harness.slot;
    let posts = harness.posts(0, &[]);
    // Two slots in, the first takes its turn in chunk 0: the others wait as before.
    harness.slot = begun + 2;
    harness.submit(&posts[0]);
    assert_eq!(harness.auction().deadline(), Some(begun + STEP));
    // The second, due in chunk 0 until begun + 2 + STEP, acts there: the chunk is complete.
    let turn = harness.posts(1, &[]);
    assert_eq!(turn.len(), 1);
    harness.submit(&turn[0]);
    // The first acts in chunk 1, in its last slot: chunk 1 begins anew, chunk 2 does not.
    harness.slot = begun + STEP;
    harness.submit(&posts[1]);
    assert_eq!(harness.auction().deadline(), Some(begun + STEP), "chunk 2 waits");
    // It is excluded for chunk 2, and every chunk that waits for it has its time from now on.
    harness.pass();
    let ids = [0, 1, 2].map(|place: usize| harness.keyholders[place].id());
    assert_eq!(ids.map(|id| harness.auction().is_excluded(0, id)), [true, false, false]);
    assert_eq!(
        harness.auction().deadline(),
        Some(begun + STEP + STEP),
        "chunk 1 waits for the second"
    );
    // What it posted before stays: the second completes chunk 1 alone.
    let posts = harness.posts(1, &[]);
    harness.submit(&posts[0]);
    assert_eq!(harness.auction().deadline(), Some(begun + STEP + 1 + STEP), "chunk 2");
    assert!(harness.act(1) && harness.act(2));
    let winner = harness.bidder(0);
    let outcome = harness.finish();
    assert_sold_to(&outcome, winner, 5);
}

#[test]
fn a_chunk_that_waits_for_one_who_is_out_has_its_time_anew() {
    // The first keyholder is late in chunk 0 alone: it acted in all others later, and is due in none.
    let mut harness = at_chunks_of_gates();
    let begun = harness.slot;
    let posts = harness.posts(0, &[]);
    harness.slot = begun + 3;
    posts[1..].iter().for_each(|post| harness.submit(post));
    let others = begun + 3 + STEP;
    harness.slot = begun + STEP + 1;
    harness.pass();
    assert!(harness.auction().is_excluded(0, harness.keyholders[0].id()));
    // Chunk 0 has until begun + 1 + 2 * STEP; the others wait for the second, until they did before.
    assert_eq!(harness.auction().deadline(), Some(others));
    let posts = harness.posts(1, &[]);
    posts[1..].iter().for_each(|post| harness.submit(post));
    assert_eq!(harness.auction().deadline(), Some(begun + STEP + 1 + STEP), "chunk 0");
}

/// When time is said to have passed.
#[derive(Clone, Copy, Debug)]
enum Ticks {
    /// As soon as it has.
    Always,
    /// Never: the next instruction passes the deadline by itself.
    Never,
    /// As soon as it has, and again at every slot where nothing is to be said (refused).
    Eager,
}

/// An auction in which bidder 2 never reveals and the first keyholder does not act at gates.
fn outcome_with(ticks: Ticks) -> Outcome {
    let small = two_of_three();
    let mut harness = Harness::open(&small, &small.terms());
    harness.fund_everybody();
    harness.deal();
    let seller = harness.auction().terms().seller;
    let tick = harness.sign(seller, &Instruction::Tick);
    // Lets time pass; gives the auction as it will be at the slot.
    let wait = |harness: &mut Harness, slot: u64| -> Auction {
        if let Ticks::Eager = ticks {
            while harness.slot < slot {
                harness.slot += 1;
                let _ = harness.board.submit(harness.slot, &tick);
            }
        }
        harness.slot = slot;
        let is_due = harness.auction().deadline().is_some_and(|deadline| slot > deadline);
        if is_due && matches!(ticks, Ticks::Always) {
            harness.submit(&tick);
        }
        match harness.auction().deadline() {
            Some(deadline) if slot > deadline => accepted(harness.auction(), slot, &tick),
            _ => harness.auction().clone(),
        }
    };
    let seen = wait(&mut harness, 25);
    for dealer in std::mem::take(&mut harness.dealers) {
        harness.keyholders.push(dealer.into_keyholder(&seen).expect("it dealt"));
    }
    let mut reveals = Vec::new();
    for (bidder, level) in [(0, 5), (1, 7), (2, 6)] {
        let bid = harness.bidders[bidder].commit(&seen, 0, Level(level), &mut harness.rng).unwrap();
        harness.submit(&bid.commit);
        reveals.push(bid.reveal);
    }
    reveals.pop();
    wait(&mut harness, 33);
    harness.reveal(reveals);

    wait(&mut harness, 44);
    while harness.auction().phase() != Phase::Closed {
        let mut progress = false;
        for place in 0..3 {
            let slot = harness.slot;
            let seen = wait(&mut harness, slot);
            if seen.phase() == Phase::Closed {
                break;
            }
            let posts = harness.keyholders[place].act(&seen, &[], &mut harness.rng).unwrap();
            for post in posts {
                let is_gate = matches!(opened(&post).1, Instruction::Gate(_));
                if place > 0 || !is_gate {
                    harness.submit(&post);
                    progress = true;
                }
            }
        }
        if !progress {
            // Two slots more than needed: what follows counts from the tick's slot.
            let deadline = harness.auction().deadline().expect("it waits for the first keyholder");
            wait(&mut harness, deadline + 2);
        }
    }
    harness.auction().outcome().expect("it is closed")
}

#[test]
fn a_tick_never_changes_the_outcome() {
    let outcome = outcome_with(Ticks::Always);
    assert_sold_to(&outcome, two_of_three().cast().bidder(1).unwrap(), 7);
    for ticks in [Ticks::Never, Ticks::Eager] {
        let other = outcome_with(ticks);
        assert_eq!(other.lots, outcome.lots, "{ticks:?}");
        assert_eq!(other.accounts, outcome.accounts, "{ticks:?}");
    }
}

// ---- rubbish ----

#[test]
fn what_is_refused_leaves_no_trace() {
    let (_, transcript) = troubled();
    let replay = Replay::read(&transcript);
    let mut board = Board::open(&replay.genesis, Vec::new()).unwrap();
    let mut rng = rng(31);
    let mut refusals = 0;
    let entries: Vec<&[u8]> = replay.entries.iter().map(|entry| &entry.instruction[..]).collect();
    for (place, entry) in replay.entries.iter().enumerate() {
        for _ in 0..8 {
            let slot = rng.next_u64() % (entry.slot + 1);
            let slot = if rng.next_u32().is_multiple_of(2) { slot } else { entry.slot };
            let any = entries[rng.next_u32() as usize % entries.len()];
            let mut bytes = match rng.next_u32() % 4 {
                // What comes at some other time, or came before.
                0 => any.to_vec(),
                1 => entries[place].to_vec(),
                2 => vec![0; rng.next_u32() as usize % 4096],
                _ => entry.instruction.to_vec(),
            };
            if bytes.is_empty() || rng.next_u32().is_multiple_of(2) {
                let len = bytes.len().max(1);
                bytes.resize(len, 0);
                let mut flip = || bytes[rng.next_u32() as usize % len] ^= 1 << (rng.next_u32() % 8);
                flip();
            }
            // Not everything of this is rubbish; what would be accepted is left out.
            if board.auction().clone().apply(slot, &bytes).is_err() {
                let before = board.auction().clone();
                assert!(board.submit(slot, &bytes).is_err());
                assert!(*board.auction() == before);
                refusals += 1;
            }
        }
        board.submit(entry.slot, &entry.instruction).unwrap();
    }
    assert!(refusals > 4 * replay.entries.len());
    assert_eq!(board.entries() as usize, replay.entries.len());
    assert!(board.into_inner().1 == transcript, "the transcript has other bytes");
}
