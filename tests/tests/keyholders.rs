//! Keyholders that stay away, lie, or are few: the outcome is the honest one or the lot is void, and
//! bonds are lost by those who caused it and by nobody else.

use std::collections::{BTreeMap, BTreeSet};
use talea_contract::Phase;
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    instruction::Instruction,
    outcome::{Account, Ending, Outcome, VoidCause},
    quorum::{KeyholderId, Quorum, keyholders},
    ranking::Duty,
    terms::{Depth, Disclosure, Mechanism, Terms},
};
use talea_sim::simulate::{KeyholderConduct as Conduct, Plan, Seat};
use talea_tests::{
    Small,
    harness::Harness,
    is_sold_to, list,
    replay::{Kind, Replay, edit, opened, refused},
    with_keyholder,
};

const BOND: u64 = 30;
const FEE: u64 = 1;

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

/// Three bid 5, 2 and 7 of eight levels in two digits, so that there are gates, blindings and shares.
fn small(groups: &[(u16, Vec<Seat>)]) -> Small {
    Small { groups: groups.to_vec(), lots: vec![(8, vec![1, 2])], ..Small::default() }
}

/// The same at the second price, for which lists are shuffled.
fn second_price(groups: &[(u16, Vec<Seat>)]) -> Small {
    Small { mechanism: Mechanism::UniformPrice { units: 1 }, ..small(groups) }
}

fn two_of_three() -> Vec<(u16, Vec<Seat>)> {
    vec![(2, vec![Seat::Own; 3])]
}

fn seller_and_buyers() -> Vec<(u16, Vec<Seat>)> {
    vec![(1, vec![Seat::Seller]), (2, vec![Seat::Own; 3])]
}

fn plan(small: &Small) -> Plan {
    small.plan(&[&[5, 2, 7]])
}

/// The outcome of the plan with these keyholders behaving like this.
fn outcome(small: &Small, conduct: &[(KeyholderId, Conduct)]) -> Outcome {
    outcome_of(small, plan(small), conduct)
}

fn outcome_of(small: &Small, mut plan: Plan, conduct: &[(KeyholderId, Conduct)]) -> Outcome {
    for (KeyholderId { group, member }, conduct) in conduct {
        plan = with_keyholder(plan, *group, *member, *conduct);
    }
    small.simulate(&plan).0.outcome
}

/// How many steps the honest ranking has.
fn steps(small: &Small) -> u32 {
    let (_, transcript) = small.simulate(&plan(small));
    let steps = Replay::read(&transcript).entries.into_iter().filter_map(|entry| {
        match opened(&entry.instruction).1 {
            Instruction::Gate(post) => Some(post.header.step),
            Instruction::Shuffle(post) => Some(post.header.step),
            Instruction::Blind(post) => Some(post.header.step),
            Instruction::Decrypt(post) => Some(post.header.step),
            _ => None,
        }
    });
    steps.max().expect("something is ranked") + 1
}

fn accounts(outcome: &Outcome) -> BTreeMap<PartyKey, Account> {
    outcome.accounts.iter().map(|account| (account.party, *account)).collect()
}

/// Who of the quorum lost a bond. Keyholders here bid nothing, so nothing else can be lost.
fn bereft(outcome: &Outcome, quorum: &Quorum) -> BTreeSet<KeyholderId> {
    let accounts = accounts(outcome);
    let lost = |party: &PartyKey| accounts.get(party).map_or(0, |account| account.forfeited);
    let bonds = keyholders(quorum).map(|(id, member)| (id, lost(&member.signing)));
    bonds
        .filter(|(id, lost)| {
            assert!([0, BOND].contains(lost), "{id} lost {lost}");
            *lost > 0
        })
        .map(|(id, _)| id)
        .collect()
}

/// The lot is void for this cause, these keyholders lost their bonds and the others nothing, the bidders
/// (who all revealed) have their deposits and no more, and the beneficiary has the bonds and the fees.
#[track_caller]
fn assert_void(small: &Small, outcome: &Outcome, cause: VoidCause, at_fault: &[KeyholderId]) {
    assert_eq!(outcome.lots[0].ending, Ending::Void(cause));
    let at_fault: BTreeSet<KeyholderId> = at_fault.iter().copied().collect();
    assert_eq!(bereft(outcome, &small.terms().quorum), at_fault);
    let accounts = accounts(outcome);
    for bidder in 0..3 {
        let account = accounts[&small.cast().bidder(bidder).unwrap()];
        assert_eq!(account.available, account.funded - FEE);
        assert_eq!((account.settlement, account.forfeited, account.received), (0, FEE, 0));
    }
    for (id, member) in keyholders(&small.terms().quorum) {
        let account = accounts[&member.signing];
        let lost = if at_fault.contains(&id) { BOND } else { 0 };
        assert_eq!((account.available, account.received), (account.funded - lost, 0), "{id}");
    }
    let beneficiary = accounts[&small.cast().beneficiary()];
    assert_eq!(beneficiary.received, BOND * at_fault.len() as u64 + 3 * FEE);
}

/// Nothing at all is different from the honest auction.
#[track_caller]
fn assert_honest(honest: &Outcome, outcome: &Outcome) {
    assert_eq!(honest.lots, outcome.lots);
    assert_eq!(honest.accounts, outcome.accounts);
}

// ---- one is missing ----

#[test]
fn one_who_leaves_at_any_step_changes_nothing_or_voids_the_lot() {
    for small in [small, second_price]
        .into_iter()
        .flat_map(|of| [two_of_three(), seller_and_buyers()].map(|groups| of(&groups)))
    {
        let groups = small.groups.clone();
        let honest = outcome(&small, &[]);
        assert!(matches!(honest.lots[0].ending, Ending::Sold(_)));
        let steps = steps(&small);
        for (group, (threshold, seats)) in (0u16..).zip(&groups) {
            let is_spare = seats.len() > usize::from(*threshold);
            for member in (1u16..).take(seats.len()) {
                for from_step in 0..=steps {
                    let missing = id(group, member);
                    let left = outcome(&small, &[(missing, Conduct::Leaves { from_step })]);
                    if is_spare || from_step == steps {
                        assert_honest(&honest, &left);
                    } else {
                        assert_void(&small, &left, VoidCause::Quorum, &[missing]);
                    }
                }
            }
        }
    }
}

#[test]
fn the_seller_alone_can_void_its_auction_and_pays_for_it() {
    // What a group of its own costs: a veto, at the price of its bond.
    let small = small(&seller_and_buyers());
    let left = outcome(&small, &[(id(0, 1), Conduct::Leaves { from_step: 0 })]);
    let seller = accounts(&left)[&small.cast().seller()];
    assert_eq!((seller.forfeited, seller.available, seller.received), (BOND, 0, 0));
}

// ---- two are missing ----

#[test]
fn two_of_three_who_leave_void_the_lot_and_pay() {
    let small = small(&two_of_three());
    let steps = steps(&small);
    for (first, second) in [(1, 2), (1, 3), (2, 3)] {
        for from in 0..steps {
            // The second stays as long as the first, or longer.
            for later in [from, (from + steps) / 2, steps - 1] {
                for (one, other) in [(first, second), (second, first)] {
                    let conduct = [
                        (id(0, one), Conduct::Leaves { from_step: from }),
                        (id(0, other), Conduct::Leaves { from_step: later }),
                    ];
                    let left = outcome(&small, &conduct);
                    assert_void(&small, &left, VoidCause::Quorum, &[id(0, one), id(0, other)]);
                }
            }
        }
    }
}

#[test]
fn whose_turn_never_came_is_not_blamed() {
    // In a step of gates, or of lists to be shuffled, one is due after the other. When two of three have
    // let it time out, the lot is void, and nobody knows what the third would have done.
    let of_gates = |instruction: &Instruction| match instruction {
        Instruction::Gate(post) => Some(post.header.step),
        _ => None,
    };
    let of_lists = |instruction: &Instruction| match instruction {
        Instruction::Shuffle(post) => Some(post.header.step),
        _ => None,
    };
    let small = small(&two_of_three());
    let second_price = second_price(&two_of_three());
    assert_two_are_blamed(&small, of_gates);
    assert_two_are_blamed(&second_price, of_gates);
    assert_two_are_blamed(&second_price, of_lists);
    // In the steps before, everybody is wanted at once.
    let all = [1, 2, 3].map(|member| (id(0, member), Conduct::Leaves { from_step: 0 }));
    let left = outcome(&small, &all);
    let everybody = [1, 2, 3].map(|member| id(0, member));
    assert_void(&small, &left, VoidCause::Quorum, &everybody);
}

/// All three leave from the first step of a kind on, and the first two are blamed.
fn assert_two_are_blamed(small: &Small, step: impl Fn(&Instruction) -> Option<u32>) {
    let (_, transcript) = small.simulate(&plan(small));
    let entries = Replay::read(&transcript).entries;
    let from_step = entries.iter().find_map(|entry| step(&opened(&entry.instruction).1));
    let from_step = from_step.expect("there is such a step");
    let all = [1, 2, 3].map(|member| (id(0, member), Conduct::Leaves { from_step }));
    let left = outcome(small, &all);
    assert_void(small, &left, VoidCause::Quorum, &[id(0, 1), id(0, 2)]);
}

#[test]
fn whoever_is_due_for_a_list_has_its_own_time() {
    // Steps of five slots and one more per ranked bid. The first acts in the last slot of its time,
    // so the second has as much again; then it is excluded, and the third takes its turn.
    let small = second_price(&two_of_three());
    let mut harness = revealed(&small);
    harness.act_until(Phase::Ranking);
    let start = harness.slot;
    assert_eq!(harness.auction().deadline(), Some(start + 8));
    harness.slot += 8;
    assert!(harness.act(0));
    assert_eq!(harness.auction().deadline(), Some(start + 16));
    assert!(!harness.act(2), "it is not due");
    // That is noticed five slots late, of which the third loses none.
    harness.slot = start + 16 + 5;
    harness.pass();
    assert_eq!(harness.auction().deadline(), Some(start + 21 + 8));
    assert!(!harness.act(1), "it is excluded");
    assert!(harness.act(2));
    assert_honest(&outcome(&small, &[]), &harness.finish());
}

#[test]
fn a_list_takes_its_turns_whoever_is_left() {
    let small = second_price(&[(2, vec![Seat::Own; 4])]);
    let honest = outcome(&small, &[]);
    for (one, other) in [(1, 2), (1, 4), (2, 3), (3, 4)] {
        let leave = |member| (id(0, member), Conduct::Leaves { from_step: 0 });
        assert_honest(&honest, &outcome(&small, &[leave(one), leave(other)]));
    }
}

#[test]
fn a_buyer_whose_group_had_done_its_part_is_not_blamed_for_the_seller() {
    // Two of the buyers act, the third is not wanted, the seller is missing.
    let small = small(&seller_and_buyers());
    let seller = (id(0, 1), Conduct::Leaves { from_step: 1 });
    for idle in 1..=3 {
        let conduct = [seller, (id(1, idle), Conduct::Leaves { from_step: 0 })];
        let left = outcome(&small, &conduct);
        assert_void(&small, &left, VoidCause::Quorum, &[id(0, 1)]);
    }
}

/// Two lots of two bids each, about to be ranked by two of three.
fn ranking_of_two_lots() -> (Small, Harness) {
    let lots = vec![(8, vec![1, 2]); 2];
    let small = Small { lots, ..small(&two_of_three()) };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let bids = [(0, 0, 5), (1, 0, 2), (0, 1, 3), (1, 1, 6)];
    let reveals = bids.map(|(bidder, lot, level)| harness.commit(bidder, lot, level));
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.act_until(Phase::Ranking);
    (small, harness)
}

#[test]
fn being_out_of_one_lot_is_not_being_out_of_another() {
    let (small, mut harness) = ranking_of_two_lots();

    // The first keyholder takes no turn on lot 0.
    let mut left_lot_0 = false;
    let mut gates_on_lot_1 = 0;
    while harness.auction().phase() == Phase::Ranking {
        let mut progress = false;
        for place in 0..3 {
            for post in harness.posts(place, &[]) {
                let instruction = opened(&post).1;
                if let (0, Instruction::Gate(gate)) = (place, &instruction) {
                    if gate.header.lot == 0 {
                        left_lot_0 = true;
                        continue;
                    }
                    gates_on_lot_1 += 1;
                }
                assert!(
                    !left_lot_0 || place > 0 || lot_of(&instruction) == 1,
                    "it is excluded from lot 0"
                );
                harness.submit(&post);
                progress = true;
            }
        }
        if !progress {
            harness.pass();
        }
    }
    assert!(left_lot_0 && gates_on_lot_1 > 0);
    let outcome = harness.auction().outcome().unwrap();
    for (lot, winner) in [(0, 0), (1, 1)] {
        let winner = small.cast().bidder(winner).unwrap();
        assert!(is_sold_to(&outcome.lots[lot].ending, winner), "lot {lot}");
    }
    assert!(bereft(&outcome, &small.terms().quorum).is_empty());
}

fn lot_of(instruction: &Instruction) -> u32 {
    match instruction {
        Instruction::Gate(post) => post.header.lot,
        Instruction::Shuffle(post) => post.header.lot,
        Instruction::Blind(post) => post.header.lot,
        Instruction::Decrypt(post) => post.header.lot,
        _ => panic!("a rank message"),
    }
}

// ---- endorsements ----

fn with_endorsements(small: &Small, endorsements: &[u16]) -> Plan {
    let mut plan = plan(small);
    edit(&mut plan.terms.quorum, |groups| {
        for (group, wanted) in groups.iter_mut().zip(endorsements) {
            group.endorsements = *wanted;
        }
    });
    plan
}

fn never(members: &[KeyholderId]) -> Vec<(KeyholderId, Conduct)> {
    members.iter().map(|id| (*id, Conduct::NeverEndorses)).collect()
}

#[test]
fn one_who_does_not_endorse_changes_nothing_where_a_threshold_is_enough() {
    let small = small(&two_of_three());
    let honest = outcome(&small, &[]);
    for member in 1..=3 {
        assert_honest(&honest, &outcome(&small, &never(&[id(0, member)])));
    }
}

#[test]
fn two_who_do_not_endorse_void_the_lots_and_pay() {
    let small = small(&two_of_three());
    for (one, other) in [(1, 2), (1, 3), (2, 3)] {
        let missing = [id(0, one), id(0, other)];
        let left = outcome(&small, &never(&missing));
        assert_void(&small, &left, VoidCause::Endorsement, &missing);
    }
}

#[test]
fn one_who_does_not_endorse_voids_the_lots_where_all_must() {
    let small = small(&two_of_three());
    let plan = with_endorsements(&small, &[3]);
    let honest = outcome_of(&small, plan.clone(), &[]);
    assert!(matches!(honest.lots[0].ending, Ending::Sold(_)));
    for member in 1..=3 {
        let missing = [id(0, member)];
        let left = outcome_of(&small, plan.clone(), &never(&missing));
        assert_void(&small, &left, VoidCause::Endorsement, &missing);
    }
}

/// Asked for are so many of a group, wanted the lesser of that and half of keyholders and threshold, rounded
/// up: so many endorse, and one less is not enough.
#[test]
fn so_many_endorsements_are_wanted_as_keyholders_call_for() {
    for (threshold, members, dealing, asked, wanted) in [
        (2, 3, 3, 2, 2),
        (2, 3, 3, 3, 3),
        (2, 3, 2, 3, 2),
        (2, 4, 4, 4, 3),
        (2, 4, 4, 2, 2),
        (2, 4, 3, 4, 3),
        (2, 4, 2, 4, 2),
        (1, 4, 4, 4, 3),
        (1, 4, 1, 4, 1),
        (3, 4, 4, 4, 4),
        (4, 4, 4, 4, 4),
        (3, 5, 5, 5, 4),
        (3, 5, 4, 5, 4),
    ] {
        let what = format!("{threshold} of {members}, {dealing} deal, {asked} asked");
        let small = small(&[(threshold, vec![Seat::Own; members])]);
        let mut terms = small.terms();
        edit(&mut terms.quorum, |groups| groups[0].endorsements = asked);
        let mut harness = Harness::open(&small, &terms);
        harness.fund_everybody();
        harness.candidates.truncate(dealing);
        harness.deal();
        harness.finish_ceremony();
        let reveals = vec![harness.commit(0, 0, 5)];
        harness.pass();
        harness.reveal(reveals);
        for place in 0..wanted {
            assert_eq!(harness.auction().phase(), Phase::Endorsing, "{what}: after {place}");
            assert!(harness.act(place));
        }
        assert_eq!(harness.auction().phase(), Phase::Ranking, "{what}");
        // Time out with one less: all the others are blamed, and whoever never dealt is not.
        let last = harness.keyholders.len();
        let mut harness = Harness::open(&small, &terms);
        harness.fund_everybody();
        harness.candidates.truncate(dealing);
        harness.deal();
        harness.finish_ceremony();
        let reveals = vec![harness.commit(0, 0, 5)];
        harness.pass();
        harness.reveal(reveals);
        (1..wanted).for_each(|place| assert!(harness.act(place)));
        harness.pass();
        let outcome = harness.auction().outcome().expect("time closed it");
        assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Endorsement), "{what}");
        let silent = (0..last).filter(|place| !(1..wanted).contains(place));
        let silent: BTreeSet<_> = silent.map(|place| id(0, place as u16 + 1)).collect();
        assert_eq!(bereft(&outcome, &terms.quorum), silent, "{what}");
    }
}

#[test]
fn only_a_group_that_is_short_is_blamed_for_it() {
    let small = small(&seller_and_buyers());
    let seller = id(0, 1);
    // One of the buyers has not endorsed either, for nobody wanted it to.
    let left = outcome(&small, &never(&[seller]));
    assert_void(&small, &left, VoidCause::Endorsement, &[seller]);
    let left = outcome(&small, &never(&[seller, id(1, 2)]));
    assert_void(&small, &left, VoidCause::Endorsement, &[seller]);
    // Now both groups are short.
    let left = outcome(&small, &never(&[seller, id(1, 2), id(1, 3)]));
    assert_void(&small, &left, VoidCause::Endorsement, &[seller, id(1, 2), id(1, 3)]);
}

#[test]
fn an_unsold_lot_costs_nobody_a_bond() {
    // Endorsing times out, but lot 1 has no ranked bid to be void with; lot 0 has.
    let lots = vec![(8, vec![1, 2]); 2];
    let small = Small { lots, ..small(&two_of_three()) };
    let mut plan = small.plan(&[&[5, 2, 7], &[1]]);
    plan.bids[3].conduct = talea_sim::simulate::BidderConduct::NeverReveals;
    let missing = [id(0, 1), id(0, 2)];
    let left = outcome_of(&small, plan, &never(&missing));
    assert_eq!(left.lots[0].ending, Ending::Void(VoidCause::Endorsement));
    assert_eq!(left.lots[1].ending, Ending::Unsold);
    // One bond each, of two.
    assert_eq!(bereft(&left, &small.terms().quorum), missing.into_iter().collect());
}

// ---- the ceremony ----

#[test]
fn a_dealer_of_a_wrong_share_is_expelled_and_the_auction_goes_on() {
    let small = small(&two_of_three());
    let honest = outcome(&small, &[]);
    for dealer in 1..=3 {
        for to in (1..=3).filter(|to| *to != dealer) {
            let plan = with_keyholder(plan(&small), 0, dealer, Conduct::DealsWrongShare { to });
            let (simulated, _) = small.simulate(&plan);
            for member in 1..=3 {
                let expelled = simulated.auction.was_expelled(id(0, member));
                assert_eq!(expelled, member == dealer, "{dealer} to {to}: {member}");
            }
            // Its bond is lost only if the lot is void.
            assert_honest(&honest, &simulated.outcome);
        }
    }
}

#[test]
fn whoever_complains_falsely_is_expelled_and_the_auction_goes_on() {
    let small = small(&two_of_three());
    let honest = outcome(&small, &[]);
    for complainer in 1..=3 {
        for about in (1..=3).filter(|about| *about != complainer) {
            let conduct = Conduct::ComplainsFalsely { about };
            let plan = with_keyholder(plan(&small), 0, complainer, conduct);
            let (simulated, _) = small.simulate(&plan);
            for member in 1..=3 {
                let expelled = simulated.auction.was_expelled(id(0, member));
                assert_eq!(expelled, member == complainer, "{complainer} about {about}: {member}");
            }
            assert_honest(&honest, &simulated.outcome);
        }
    }
}

#[test]
fn the_expelled_pay_with_those_who_void_the_lot() {
    let small = small(&two_of_three());
    for lie in [Conduct::DealsWrongShare { to: 1 }, Conduct::ComplainsFalsely { about: 1 }] {
        for (leaver, loyal) in [(1, 2), (2, 1)] {
            let conduct = [(id(0, 3), lie), (id(0, leaver), Conduct::Leaves { from_step: 2 })];
            let left = outcome(&small, &conduct);
            assert_void(&small, &left, VoidCause::Quorum, &[id(0, leaver), id(0, 3)]);
            assert!(!bereft(&left, &small.terms().quorum).contains(&id(0, loyal)));
        }
    }
}

/// The auction ended with the ceremony; these lost their bonds, to the beneficiary, for there are no
/// bidders yet.
#[track_caller]
fn assert_stillborn(small: &Small, outcome: &Outcome, at_fault: &[KeyholderId]) {
    assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Setup));
    assert_eq!(outcome.lots[0].commits, 0);
    let at_fault: BTreeSet<KeyholderId> = at_fault.iter().copied().collect();
    assert_eq!(bereft(outcome, &small.terms().quorum), at_fault);
    let beneficiary = accounts(outcome).get(&small.cast().beneficiary()).map_or(0, |a| a.received);
    assert_eq!(beneficiary, BOND * at_fault.len() as u64);
}

#[test]
fn too_few_left_after_the_ceremony_void_the_auction() {
    let small = small(&two_of_three());
    let wrong = |to| Conduct::DealsWrongShare { to };
    let falsely = |about| Conduct::ComplainsFalsely { about };
    let [one, two, three] = [1, 2, 3].map(|member| id(0, member));
    assert_stillborn(&small, &outcome(&small, &[(one, wrong(3)), (two, wrong(3))]), &[one, two]);
    assert_stillborn(
        &small,
        &outcome(&small, &[(one, falsely(3)), (two, falsely(3))]),
        &[one, two],
    );
    assert_stillborn(
        &small,
        &outcome(&small, &[(three, wrong(1)), (two, falsely(1))]),
        &[two, three],
    );
    // Who never dealt had nothing at stake and loses nothing.
    let absent = Conduct::NeverDeals;
    assert_stillborn(&small, &outcome(&small, &[(one, absent), (two, absent)]), &[]);
    assert_stillborn(&small, &outcome(&small, &[(one, absent), (two, wrong(3))]), &[two]);
    let all = [one, two, three].map(|member| (member, absent));
    assert_stillborn(&small, &outcome(&small, &all), &[]);
}

#[test]
fn every_group_must_come_through_the_ceremony() {
    let small = small(&seller_and_buyers());
    let absent = outcome(&small, &[(id(0, 1), Conduct::NeverDeals)]);
    assert_stillborn(&small, &absent, &[]);
    // The seller has no peer that it could cheat; a buyer has.
    let wrong = outcome(&small, &[(id(1, 2), Conduct::DealsWrongShare { to: 3 })]);
    assert!(matches!(wrong.lots[0].ending, Ending::Sold(_)));
}

// ---- who answers ----

/// Every choice of `take` of `0..of`.
fn subsets(of: u16, take: u16) -> Vec<Vec<u16>> {
    let all = (0u32..1 << of).filter(|set| set.count_ones() == u32::from(take));
    all.map(|set| (0..of).filter(|member| set & (1 << member) != 0).collect()).collect()
}

#[test]
fn every_quorum_finds_the_same_winner_and_price() {
    for of in [small, second_price] {
        for (threshold, members) in [(2u16, 3u16), (3, 4)] {
            let small = of(&[(threshold, vec![Seat::Own; members.into()])]);
            let honest = outcome(&small, &[]);
            for answering in subsets(members, threshold) {
                let silent = (0..members).filter(|member| !answering.contains(member));
                let conduct: Vec<_> = silent
                    .map(|member| (id(0, member + 1), Conduct::Leaves { from_step: 0 }))
                    .collect();
                assert_honest(&honest, &outcome(&small, &conduct));
            }
        }
    }
}

#[test]
fn the_first_quorum_counts_in_whatever_order_it_comes() {
    let small = small(&two_of_three());
    let honest = outcome(&small, &[]);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut harness = revealed(&small);
        while harness.auction().phase() != Phase::Closed {
            let progress =
                order.map(|place| harness.auction().phase() != Phase::Closed && harness.act(place));
            assert!(progress.contains(&true), "somebody is due");
        }
        assert_honest(&honest, &harness.auction().outcome().unwrap());
    }
}

#[test]
fn every_chunk_has_a_first_quorum_of_its_own() {
    // One item to a chunk, and another pair of keyholders in each.
    let small = Small { chunk_items: 1, ..small(&two_of_three()) };
    let honest = outcome(&small, &[]);
    let mut harness = revealed(&small);
    harness.act_until(Phase::Ranking);
    let mut pairs = BTreeSet::new();
    while harness.auction().phase() == Phase::Ranking {
        let posts: Vec<_> = (0..3)
            .flat_map(|place| harness.posts(place, &[]).into_iter().map(move |p| (place, p)))
            .collect();
        let mut submitted = 0;
        for (place, post) in posts {
            let instruction = opened(&post).1;
            let chunk = match &instruction {
                Instruction::Gate(_) | Instruction::Shuffle(_) => None,
                Instruction::Blind(post) => Some(post.header.chunk as usize),
                Instruction::Decrypt(post) => Some(post.header.chunk as usize),
                _ => panic!("a rank message"),
            };
            // Chunk 0 waits for keyholders 0 and 1, chunk 1 for 1 and 2, chunk 2 for 2 and 0.
            if let Some(chunk) = chunk {
                let pair = [chunk % 3, (chunk + 1) % 3];
                if !pair.contains(&place) {
                    continue;
                }
                pairs.insert((Kind::of(&instruction), pair));
            }
            harness.submit(&post);
            submitted += 1;
        }
        assert!(submitted > 0, "somebody is due");
    }
    assert!(pairs.len() >= 4, "several quorums in one step: {pairs:?}");
    assert_honest(&honest, &harness.auction().outcome().unwrap());
}

/// The plan's bids, revealed: endorsing waits.
fn revealed(small: &Small) -> Harness {
    revealed_under(small, &small.terms())
}

fn revealed_under(small: &Small, terms: &Terms) -> Harness {
    let mut harness = Harness::at_commits(small, terms);
    let reveals = [(0, 5), (1, 2), (2, 7)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.pass();
    harness.reveal(reveals.to_vec());
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness
}

// ---- posts that a board does not take ----

/// A keyholder's word for others: its place in turn order, and theirs.
type Word<'a> = (usize, &'a [usize]);

/// A vouch on what is due now on the first lot that waits for keyholders, not submitted.
fn vouch(harness: &mut Harness, (voucher, heard): Word<'_>) -> Vec<u8> {
    let duty = harness.auction().duties()[0];
    vouch_on(harness, duty, (voucher, heard))
}

fn vouch_on(harness: &mut Harness, duty: Duty, (voucher, heard): Word<'_>) -> Vec<u8> {
    let heard = heard.iter().map(|place| harness.keyholders[*place].id()).collect();
    let auction = harness.board.auction();
    harness.keyholders[voucher].vouch(auction, duty, &heard).expect("it is shown one head")
}

/// Where a board stops taking posts.
#[derive(Clone, Copy, Debug)]
enum At {
    Endorsing,
    /// The first step, in which all are wanted side by side.
    FirstStep,
}

/// The board takes these keyholders' posts and no others, but for vouches; then time runs out, and the lot
/// is void. The places of those who lost their bonds.
fn bereft_after(
    small: &Small,
    witnesses: &[bool],
    at: At,
    acting: &[usize],
    words: &[Word<'_>],
) -> Vec<usize> {
    let mut terms = small.terms();
    edit(&mut terms.quorum, |groups| {
        for (group, is_witness) in groups.iter_mut().zip(witnesses) {
            group.is_witness = *is_witness;
        }
    });
    let mut harness = revealed_under(small, &terms);
    let cause = match at {
        At::Endorsing => VoidCause::Endorsement,
        At::FirstStep => VoidCause::Quorum,
    };
    if let At::FirstStep = at {
        harness.act_until(Phase::Ranking);
    }
    acting.iter().for_each(|place| assert!(harness.act(*place), "{place} is wanted"));
    for word in words {
        let vouch = vouch(&mut harness, *word);
        harness.submit(&vouch);
    }
    harness.pass();
    let outcome = harness.auction().outcome().expect("the only lot is void");
    let lost = bereft(&outcome, &terms.quorum);
    let at_fault: Vec<KeyholderId> = lost.iter().copied().collect();
    assert_void(small, &outcome, cause, &at_fault);
    let excused = |place: &usize| harness.auction().is_excused(0, harness.keyholders[*place].id());
    let excluded =
        |place: &usize| harness.auction().is_excluded(0, harness.keyholders[*place].id());
    let places = 0..harness.keyholders.len();
    let blamed: Vec<usize> =
        places.clone().filter(|place| excluded(place) && !excused(place)).collect();
    let lost: Vec<usize> =
        places.filter(|place| lost.contains(&harness.keyholders[*place].id())).collect();
    assert_eq!(blamed, lost, "those who are excluded and not excused pay");
    lost
}

#[test]
fn who_was_heard_by_a_threshold_of_the_others_keeps_its_bond() {
    // Two of three; the first's posts are taken, those of the other two are not.
    let small = small(&two_of_three());
    for at in [At::Endorsing, At::FirstStep] {
        let lost = |words: &[Word<'_>]| bereft_after(&small, &[true], at, &[0], words);
        assert_eq!(lost(&[]), [1, 2], "{at:?}");
        assert_eq!(lost(&[(0, &[1, 2])]), [1, 2], "{at:?}: one word of the two needed");
        assert_eq!(lost(&[(1, &[2]), (2, &[1])]), [1, 2], "{at:?}: one word each");
        assert_eq!(lost(&[(0, &[1, 2]), (1, &[2])]), [1], "{at:?}");
        assert_eq!(lost(&[(0, &[1, 2]), (2, &[1])]), [2], "{at:?}");
        assert_eq!(lost(&[(0, &[1]), (0, &[2]), (2, &[1])]), [2], "{at:?}: one by one");
        assert_eq!(lost(&[(0, &[1]), (1, &[2])]), [1, 2], "{at:?}: not of the same one");
        assert_eq!(lost(&[(0, &[1, 2]), (1, &[2]), (2, &[1])]), [0; 0], "{at:?}");
        // Not even the first's are taken: all three are excluded, and each needs both others.
        let lost = |words: &[Word<'_>]| bereft_after(&small, &[true], at, &[], words);
        assert_eq!(lost(&[(0, &[1, 2]), (1, &[2]), (2, &[1])]), [0], "{at:?}");
        assert_eq!(lost(&[(0, &[1, 2]), (1, &[0, 2]), (2, &[0, 1])]), [0; 0], "{at:?}");
    }
}

#[test]
fn a_group_too_small_without_the_silent_one_bears_no_witness_for_it() {
    // Both are needed, so nobody is left to hear either: the group does not count for its members.
    let small = small(&[(2, vec![Seat::Own; 2])]);
    for at in [At::Endorsing, At::FirstStep] {
        assert_eq!(bereft_after(&small, &[true], at, &[0], &[(0, &[1])]), [1], "{at:?}");
        let words: [Word<'_>; 2] = [(0, &[1]), (1, &[0])];
        assert_eq!(bereft_after(&small, &[true], at, &[], &words), [0, 1], "{at:?}");
    }
}

#[test]
fn every_group_of_witnesses_must_have_heard() {
    // The seller alone is place 0, the three buyers are places 1 to 3.
    let small = small(&seller_and_buyers());
    for at in [At::Endorsing, At::FirstStep] {
        // Of the seller's posts the buyers alone can know: its own group does not count for it.
        let lost = |words: &[Word<'_>]| bereft_after(&small, &[true, true], at, &[1, 2], words);
        assert_eq!(lost(&[]), [0], "{at:?}");
        assert_eq!(lost(&[(1, &[0])]), [0], "{at:?}");
        assert_eq!(lost(&[(1, &[0]), (2, &[0])]), [0; 0], "{at:?}");
        // Also the third, who is not waited for itself.
        assert_eq!(lost(&[(3, &[0]), (2, &[0])]), [0; 0], "{at:?}");

        // Of a buyer's posts: both other buyers and the seller.
        let lost = |words: &[Word<'_>]| bereft_after(&small, &[true, true], at, &[0, 1], words);
        assert_eq!(lost(&[(1, &[2, 3]), (2, &[3]), (3, &[2])]), [2, 3], "{at:?}: no seller");
        assert_eq!(lost(&[(0, &[2, 3]), (1, &[2, 3])]), [2, 3], "{at:?}: one buyer");
        assert_eq!(lost(&[(0, &[2, 3]), (1, &[2, 3]), (2, &[3])]), [2], "{at:?}");
        let all: [Word<'_>; 4] = [(0, &[2, 3]), (1, &[2, 3]), (2, &[3]), (3, &[2])];
        assert_eq!(lost(&all), [0; 0], "{at:?}");
    }
}

#[test]
fn the_word_of_a_group_that_is_no_witness_is_neither_needed_nor_enough() {
    let small = small(&seller_and_buyers());
    for at in [At::Endorsing, At::FirstStep] {
        let buyers: [Word<'_>; 3] = [(1, &[2, 3]), (2, &[3]), (3, &[2])];
        let all = [&[(0, &[2, 3][..])][..], &buyers].concat();
        let lost = |witnesses: [bool; 2], words: &[Word<'_>]| {
            bereft_after(&small, &witnesses, at, &[0, 1], words)
        };
        assert_eq!(lost([false, true], &buyers), [0; 0], "{at:?}: the buyers alone");
        assert_eq!(lost([true, false], &buyers), [2, 3], "{at:?}");
        assert_eq!(lost([true, false], &[(0, &[2])]), [3], "{at:?}: the seller alone");
        assert_eq!(lost([false, false], &all), [2, 3], "{at:?}: nobody's");
        // For the seller, who alone is a witness, nobody can speak.
        let words: [Word<'_>; 3] = [(1, &[0]), (2, &[0]), (3, &[0])];
        let lost = bereft_after(&small, &[true, false], at, &[1, 2], &words);
        assert_eq!(lost, [0], "{at:?}");
    }
}

#[test]
fn a_vouch_counts_until_the_deadline_and_not_a_slot_longer() {
    let small = small(&two_of_three());
    for at in [At::Endorsing, At::FirstStep] {
        for late in [0, 1] {
            let mut harness = revealed_under(&small, &small.terms());
            if let At::FirstStep = at {
                harness.act_until(Phase::Ranking);
            }
            assert!(harness.act(0));
            // Of the two words that the second needs one comes in the last slot, or in the one after.
            let words: [Word<'_>; 2] = [(0, &[1]), (2, &[1])];
            let [first, last] = words.map(|word| vouch(&mut harness, word));
            harness.submit(&first);
            harness.slot = harness.auction().deadline().unwrap() + late;
            if late == 0 {
                harness.submit(&last);
            } else {
                assert_eq!(refused(harness.auction(), harness.slot, &last), "E4", "all is over");
            }
            harness.pass();
            let outcome = harness.auction().outcome().unwrap();
            let lost: Vec<KeyholderId> =
                bereft(&outcome, &small.terms().quorum).into_iter().collect();
            let expected = if late == 0 { vec![id(0, 3)] } else { vec![id(0, 2), id(0, 3)] };
            assert_eq!(lost, expected, "{at:?}, {late} slots late");
        }
    }
}

/// The beginning of the first step of gates, of which the second is not due before the first acted.
fn at_gates(small: &Small) -> Harness {
    let mut harness = revealed_under(small, &small.terms());
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    harness
}

#[test]
fn in_a_chain_each_is_excused_in_its_turn_and_who_is_out_is_a_witness_still() {
    let small = small(&two_of_three());
    let quorum = &small.terms().quorum;
    for (words, at_fault) in [
        // Of the first turn and of the second, each by two others.
        ([&[(1, &[0][..]), (2, &[0])][..], &[(0, &[1]), (2, &[1])]], vec![]),
        ([&[(1, &[0]), (2, &[0])], &[(2, &[1])]], vec![id(0, 2)]),
        ([&[(2, &[0])], &[(0, &[1]), (2, &[1])]], vec![id(0, 1)]),
        ([&[], &[]], vec![id(0, 1), id(0, 2)]),
    ] {
        let mut harness = at_gates(&small);
        for words in words {
            for word in words {
                let vouch = vouch(&mut harness, *word);
                harness.submit(&vouch);
            }
            harness.pass();
        }
        let outcome = harness.auction().outcome().expect("two of three are excluded");
        let at_fault: BTreeSet<KeyholderId> = at_fault.into_iter().collect();
        assert_eq!(bereft(&outcome, quorum), at_fault);
        let ids: Vec<KeyholderId> = at_fault.into_iter().collect();
        assert_void(&small, &outcome, VoidCause::Quorum, &ids);
    }
}

#[test]
fn who_is_excused_is_out_all_the_same_and_nobody_pays_where_the_lot_goes_on() {
    let small = small(&two_of_three());
    let mut harness = at_gates(&small);
    for voucher in [1, 2] {
        let vouch = vouch(&mut harness, (voucher, &[0]));
        harness.submit(&vouch);
    }
    let first = id(0, 1);
    assert!(!harness.auction().is_excluded(0, first) && !harness.auction().is_excused(0, first));
    let turn = harness.posts(0, &[]).remove(0);
    harness.pass();
    assert!(harness.auction().is_excluded(0, first) && harness.auction().is_excused(0, first));
    assert_eq!(refused(harness.auction(), harness.slot, &turn), "K4", "it is excluded");
    assert!(!harness.act(0));
    assert_honest(&outcome(&small, &[]), &harness.finish());
}

#[test]
fn a_vouch_is_for_one_duty_and_excuses_from_no_other() {
    // Both others vouch for the first in one step of gates; then the board takes its turn after all. In
    // the next steps it and the second stay away, without a word.
    let small = small(&two_of_three());
    let mut harness = at_gates(&small);
    for voucher in [1, 2] {
        let vouch = vouch(&mut harness, (voucher, &[0]));
        harness.submit(&vouch);
    }
    let step = harness.auction().duties()[0];
    assert!(harness.act(0) && harness.act(1));
    assert_ne!(harness.auction().duties()[0], step);
    assert!(harness.act(2));
    harness.pass();
    let outcome = harness.auction().outcome().expect("two of three are excluded");
    assert_void(&small, &outcome, VoidCause::Quorum, &[id(0, 1), id(0, 2)]);
}

#[test]
fn a_vouch_on_one_lot_saves_no_bond_of_another() {
    let (small, mut harness) = ranking_of_two_lots();
    // Nobody's posts are taken. All vouch for all on lot 1.
    let duties = harness.auction().duties();
    let [first, second] = duties[..] else { panic!("two lots") };
    assert!(matches!((first, second), (Duty::Chunk { lot: 0, .. }, Duty::Chunk { lot: 1, .. })));
    for word in [(0, &[1, 2]), (1, &[0, 2]), (2, &[0, 1])] {
        let vouch = vouch_on(&mut harness, second, (word.0, word.1));
        harness.submit(&vouch);
    }
    harness.pass();
    let outcome = harness.auction().outcome().expect("both lots are void");
    assert!(outcome.lots.iter().all(|lot| lot.ending == Ending::Void(VoidCause::Quorum)));
    // One bond of two.
    assert_eq!(bereft(&outcome, &small.terms().quorum), [1, 2, 3].map(|n| id(0, n)).into());
    for (_, member) in keyholders(&small.terms().quorum) {
        assert_eq!(accounts(&outcome)[&member.signing].available, BOND);
    }
}

#[test]
fn keyholders_whom_a_board_ignores_lose_nothing_if_the_others_speak() {
    // At every step: one of three ignored changes nothing.
    let ignored = |member, from_step| (id(0, member), Conduct::Ignored { from_step });
    let of = [small, second_price];
    for small in of.map(|of| of(&two_of_three())) {
        let honest = outcome(&small, &[]);
        for member in 1..=3 {
            for from_step in 0..steps(&small) {
                assert_honest(&honest, &outcome(&small, &[ignored(member, from_step)]));
            }
        }
    }
    // Three of five are needed, and three are ignored. The two who speak are too few to be believed.
    for small in of.map(|of| of(&[(3, vec![Seat::Own; 5])])) {
        for from_step in 0..steps(&small) {
            let three = [1, 2, 4].map(|member| ignored(member, from_step));
            let left = outcome(&small, &three);
            assert_void(&small, &left, VoidCause::Quorum, &[1, 2, 4].map(|n| id(0, n)));
        }
    }
    // Alone in its group, ignored: the other group, all of whom speak, is the only one that counts.
    for small in of.map(|of| of(&seller_and_buyers())) {
        for from_step in 0..steps(&small) {
            let left = outcome(&small, &[(id(0, 1), Conduct::Ignored { from_step })]);
            assert_void(&small, &left, VoidCause::Quorum, &[]);
        }
    }
}

// ---- what is attested ----

/// A lot without bids ends when reveals do, also if its reserve is still open. Whoever holds that reserve
/// leaves it out of what it attests: the program would refuse the whole endorsement.
#[test]
fn the_reserve_of_a_lot_that_has_ended_spoils_no_endorsement() {
    let small = Small { lots: vec![(5, vec![3]); 2], reserve: Some(false), ..Small::default() };
    let mut harness = Harness::at_reserves(&small, &small.terms());
    harness.reserve(1, 2);
    harness.pass();
    let reveals = vec![harness.commit(0, 0, 1), harness.commit(1, 0, 3)];
    harness.pass();
    harness.reveal(reveals);
    harness.pass();
    assert_eq!(harness.auction().ending(1), Some(Ending::Unsold));
    let reserve = BidId { lot: 1, round: 0, bidder: harness.auction().terms().seller };
    assert!(!harness.auction().is_open(&reserve) && !harness.auction().is_missing(&reserve));
    for place in 0..2 {
        harness.posts(place, &[reserve]).iter().for_each(|post| harness.submit(post));
    }
    let winner = harness.bidder(1);
    assert!(is_sold_to(&harness.finish().lots[0].ending, winner));
}

/// The board drops a commit of round 1. Two of three keyholders hold it and attest it, after one in
/// league with the board.
#[test]
fn who_endorses_first_and_attests_nothing_harms_where_no_more_are_asked() {
    for (endorsements, forfeited) in [(2, 100 + FEE), (3, FEE)] {
        let small = Small {
            lots: vec![(8, vec![2, 1])],
            disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
            rounds: Some((4, false)),
            ..Small::default()
        };
        let mut terms = small.terms();
        let mut groups = terms.quorum.to_vec();
        groups[0].endorsements = endorsements;
        terms.quorum = list(groups);
        let mut harness = Harness::at_commits(&small, &terms);
        let reveals = vec![harness.commit(0, 0, 1), harness.commit(1, 0, 6)];
        harness.pass();
        harness.reveal(reveals);
        harness.act_until(Phase::Commits);
        harness.pass();
        let harmed = harness.bidder(1);
        let missing = vec![BidId { lot: 0, round: 1, bidder: harmed }];
        for (place, attested) in [vec![], missing.clone(), missing].iter().enumerate() {
            if harness.auction().phase() == Phase::Endorsing {
                harness.posts(place, attested).iter().for_each(|post| harness.submit(post));
            }
        }
        let outcome = harness.finish();
        let account = outcome.accounts.iter().find(|account| account.party == harmed).unwrap();
        assert_eq!(account.forfeited, forfeited, "with {endorsements} endorsements");
    }
}
