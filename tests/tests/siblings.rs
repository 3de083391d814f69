//! Siblings of the attacks in `attacks.rs`, found by looking for each kind again: what must come out, and where
//! something remains open, that it is no more than `docs/security.md` says.

use curve25519_dalek::Scalar;
use talea_contract::{Due, Phase, Task};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Ending, Outcome, VoidCause},
    quorum::{KeyholderId, keyholders},
    ranking::Duty,
    sealed_bid::Reveal,
    terms::{Depth, Disclosure, Terms},
};
use talea_sim::simulate::Seat;
use talea_tests::{Small, harness::Harness, is_sold_to, list, opinions};

const BOND: u64 = 30;
const DEPOSIT: u64 = 100;
const FEE: u64 = 1;

/// Eight levels in two digits, so that there are gates, blindings and shares.
fn small(groups: &[(u16, usize)]) -> Small {
    let groups = groups.iter().map(|(threshold, members)| (*threshold, vec![Seat::Own; *members]));
    Small { groups: groups.collect(), lots: vec![(8, vec![1, 2])], ..Small::default() }
}

/// These terms, with so many endorsements asked of the first group.
fn asking(small: &Small, endorsements: u16) -> Terms {
    let mut terms = small.terms();
    let mut groups = terms.quorum.to_vec();
    groups[0].endorsements = endorsements;
    terms.quorum = list(groups);
    terms
}

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

fn lost_of(outcome: &Outcome, party: PartyKey) -> u64 {
    let account = outcome.accounts.iter().find(|account| account.party == party);
    account.map_or(0, |account| account.forfeited)
}

/// What each member forfeited, in turn order.
fn lost(terms: &Terms, outcome: &Outcome) -> Vec<u64> {
    keyholders(&terms.quorum).map(|(_, member)| lost_of(outcome, member.signing)).collect()
}

fn outcome(harness: &Harness) -> Outcome {
    harness.auction().outcome().expect("the auction is closed")
}

/// The outcome, which both verifications find.
fn agreed(harness: Harness) -> Outcome {
    let outcome = outcome(&harness);
    opinions::agree_that_it_is_valid(&harness.board.into_inner().1, &outcome);
    outcome
}

/// Two bids on every lot are committed and revealed; Endorsing has begun.
fn endorsing(mut harness: Harness) -> Harness {
    let lots = harness.auction().terms().lots.len() as u32;
    let bids = (0..lots).flat_map(|lot| [(0, lot, 5), (1, lot, 2)]);
    let reveals: Vec<Reveal> =
        bids.map(|(bidder, lot, level)| harness.commit(bidder, lot, level)).collect();
    harness.pass();
    harness.reveal(reveals);
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness
}

/// A keyholder's word for others, by places in turn order, on what is due first.
#[track_caller]
fn vouch(harness: &mut Harness, voucher: usize, heard: &[usize]) {
    let duty = harness.auction().duties()[0];
    vouch_on(harness, duty, voucher, heard);
}

#[track_caller]
fn vouch_on(harness: &mut Harness, duty: Duty, voucher: usize, heard: &[usize]) {
    let heard = heard.iter().map(|place| harness.keyholders[*place].id()).collect();
    let auction = harness.board.auction();
    let vouch = harness.keyholders[voucher].vouch(auction, duty, &heard).expect("it has a share");
    harness.submit(&vouch);
}

// ---- excuses that are carried over ----

fn rounds() -> Small {
    Small {
        lots: vec![(8, vec![2, 1])],
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((4, false)),
        ..small(&[(2, 3)])
    }
}

/// A keyholder is excused once, in the survey of round 0. In round 1 it does not endorse, and nobody
/// vouches for it: it voids the lot, and pays.
#[test]
fn an_excuse_in_a_survey_covers_no_later_endorsement() {
    let small = rounds();
    let terms = asking(&small, 3);
    let mut harness = endorsing(Harness::at_commits(&small, &terms));
    harness.act_until(Phase::Ranking);
    vouch(&mut harness, 1, &[0]);
    vouch(&mut harness, 2, &[0]);
    harness.pass();
    assert!(
        harness.auction().is_excluded(0, id(0, 1)) && harness.auction().is_excused(0, id(0, 1))
    );
    while harness.auction().phase() == Phase::Ranking {
        assert!(harness.act(1) || harness.act(2), "the two go on");
    }
    // Round 1: nobody bids again.
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    assert!(harness.act(1) && harness.act(2));
    harness.pass();
    assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
    let found = lost(&terms, &outcome(&harness));
    agreed(harness);
    assert_eq!(found, [BOND, 0, 0], "nobody vouched for its endorsement");
}

/// The other way round: out of the lot by its own fault in round 0, excused for the endorsement of round
/// 1 that voids it.
#[test]
fn an_excuse_for_an_endorsement_covers_no_earlier_fault() {
    let small = rounds();
    let terms = asking(&small, 3);
    let mut harness = endorsing(Harness::at_commits(&small, &terms));
    harness.act_until(Phase::Ranking);
    harness.pass();
    assert!(
        harness.auction().is_excluded(0, id(0, 1)) && !harness.auction().is_excused(0, id(0, 1))
    );
    while harness.auction().phase() == Phase::Ranking {
        assert!(harness.act(1) || harness.act(2), "the two go on");
    }
    harness.pass();
    assert!(harness.act(1) && harness.act(2));
    vouch(&mut harness, 1, &[0]);
    vouch(&mut harness, 2, &[0]);
    harness.pass();
    assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
    agreed(harness);
}

// ---- a ring of vouches ----

/// What remains open: more than a threshold of the only witnesses, who could decrypt everything too, stay
/// away from a step, vouch for each other, and pay nothing.
#[test]
fn more_than_a_threshold_of_the_witnesses_excuse_each_other_from_a_step() {
    let small = small(&[(2, 4)]);
    let terms = small.terms();
    let mut harness = endorsing(Harness::at_commits(&small, &terms));
    harness.act_until(Phase::Ranking);
    assert!(harness.act(3), "the honest one acts");
    for place in 0..3 {
        let others: Vec<usize> = (0..3).filter(|other| *other != place).collect();
        vouch(&mut harness, place, &others);
    }
    harness.pass();
    assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    assert_eq!(lost(&terms, &agreed(harness)), [0; 4]);
}

/// The same by not endorsing: two of a 1-of-3, of which two endorsements are wanted. With a second group of
/// witnesses, which does not say so, they pay.
#[test]
fn another_group_of_witnesses_makes_them_pay() {
    for groups in [&[(1, 3)][..], &[(1, 3), (1, 1)]] {
        let small = small(groups);
        let terms = asking(&small, 2);
        let mut harness = endorsing(Harness::at_commits(&small, &terms));
        assert!(harness.act(2), "the honest one endorses");
        vouch(&mut harness, 0, &[1]);
        vouch(&mut harness, 1, &[0]);
        if groups.len() > 1 {
            assert!(harness.act(3), "the other group does its part");
        }
        harness.pass();
        assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
        let lost = lost(&terms, &agreed(harness));
        assert_eq!(&lost[..3], if groups.len() > 1 { &[BOND, BOND, 0] } else { &[0; 3] });
    }
}

// ---- the last to deal, again ----

/// Two groups of 1 of 2. One member of each works together: whoever deals last makes `PK` vanish, and no
/// bond is lost.
#[test]
fn the_last_deal_cannot_cancel_the_quorums_key() {
    let small = small(&[(1, 2), (1, 2)]);
    let terms = small.terms();
    let mut harness = Harness::open(&small, &terms);
    harness.fund_everybody();
    let mut candidates = std::mem::take(&mut harness.candidates);
    let (last, third) = (candidates.pop().unwrap(), candidates.pop().unwrap());
    let (second, first) = (candidates.pop().unwrap(), candidates.pop().unwrap());
    harness.candidates = vec![first];
    harness.deal();
    let of_first = second.received(harness.auction(), id(0, 1)).expect("it was dealt");
    let own = Scalar::random(&mut harness.rng);
    let dealt = second.deal_chosen(harness.board.auction(), &[own], |_, s| s, &mut harness.rng);
    harness.submit(&dealt.expect("it is named").0);
    harness.candidates = vec![third];
    harness.deal();
    let of_third = last.received(harness.auction(), id(1, 1)).expect("it was dealt");
    let sum = of_first + own + of_third;
    let dealt = last.deal_chosen(harness.board.auction(), &[-sum], |_, s| s, &mut harness.rng);
    let deal = dealt.expect("it is named").0;
    if harness.board.submit(harness.slot, &deal).is_ok() {
        while harness.auction().phase() != Phase::Closed {
            harness.pass();
        }
        let outcome = agreed(harness);
        panic!("{:?}, forfeited {:?}", outcome.lots[0].ending, lost(&terms, &outcome));
    }
}

/// What remains open where one member is a threshold: an honest deal waits; the other member reads its constant,
/// and deals the opposite first. Then the honest one is refused, and its dealer deals anew.
#[test]
fn where_one_is_a_threshold_it_can_have_a_deal_that_waits_refused() {
    let small = small(&[(1, 2)]);
    let mut harness = Harness::open(&small, &small.terms());
    harness.fund_everybody();
    let (other, honest) = (harness.candidates.pop().unwrap(), harness.candidates.pop().unwrap());
    let (waits, _) = honest.deal(harness.board.auction(), &mut harness.rng).expect("it is named");
    let mut shown = harness.auction().clone();
    shown.apply(harness.slot, &waits).expect("a good deal");
    let constant = other.received(&shown, id(0, 1)).expect("it was dealt");
    let dealt =
        other.deal_chosen(harness.board.auction(), &[-constant], |_, s| s, &mut harness.rng);
    harness.submit(&dealt.expect("it is named").0);
    assert!(harness.board.submit(harness.slot, &waits).is_err());
    let honest = small.cast().into_candidates().remove(0).remove(0);
    let (anew, _) = honest.deal(harness.board.auction(), &mut harness.rng).expect("it is named");
    harness.submit(&anew);
}

// ---- witnesses who are not there ----

/// Two groups of 2 of 3; one member of the first never deals, for nothing. The board drops the posts of
/// another of the first group, for whom everybody else vouches.
#[test]
fn who_never_deals_takes_nobodys_witnesses_away() {
    let small = small(&[(2, 3), (2, 3)]);
    let terms = small.terms();
    let mut harness = Harness::open(&small, &terms);
    harness.fund_everybody();
    harness.candidates.remove(2);
    harness.deal();
    harness.finish_ceremony();
    let mut harness = endorsing(harness);
    harness.act_until(Phase::Ranking);
    let ids: Vec<KeyholderId> = harness.keyholders.iter().map(|keyholder| keyholder.id()).collect();
    assert_eq!(ids, [id(0, 1), id(0, 2), id(1, 1), id(1, 2), id(1, 3)]);
    for voucher in 1..5 {
        vouch(&mut harness, voucher, &[0]);
    }
    for place in [1, 2, 3] {
        assert!(harness.act(place));
    }
    harness.pass();
    assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    let lost = lost(&terms, &agreed(harness));
    assert_eq!(lost, [0; 6], "all the others who are there vouched for the first");
}

/// A bidder is a keyholder of a 2-of-3. The board drops its reveal, and takes its endorsement first; both
/// other keyholders hold its sealed bid and say so. What remains open: where no more than two endorse, the second
/// of them comes too late. Tools warn of that, and ask for one more.
#[test]
fn a_keyholders_own_endorsement_costs_its_deposit_where_no_more_are_asked() {
    for (endorsements, forfeited) in [(2, DEPOSIT + FEE), (3, FEE)] {
        own_endorsement_first(endorsements, forfeited);
    }
}

fn own_endorsement_first(endorsements: u16, forfeited: u64) {
    let groups = vec![(2, vec![Seat::Bidder(0), Seat::Own, Seat::Own])];
    let small = Small { groups, ..small(&[]) };
    let mut harness = Harness::at_commits(&small, &asking(&small, endorsements));
    let dropped = harness.commit(0, 0, 5);
    let revealed = harness.commit(1, 0, 2);
    harness.pass();
    harness.reveal(vec![revealed]);
    harness.pass();
    for place in 0..3 {
        if harness.auction().phase() == Phase::Endorsing {
            harness.posts(place, &[dropped.bid]).iter().for_each(|post| harness.submit(post));
        }
    }
    let (harmed, winner) = (harness.bidder(0), harness.bidder(1));
    let outcome = harness.finish();
    assert!(is_sold_to(&outcome.lots[0].ending, winner));
    agreed(harness);
    assert_eq!(lost_of(&outcome, harmed), forfeited, "with {endorsements} endorsements");
}

// ---- time ----

/// A board is silent from before the end of the commits until after that of the reveals: one tick, and
/// nobody could reveal, or hand a sealed bid to a keyholder that goes by the transcript.
#[test]
fn reveals_have_their_time_however_late_they_begin() {
    let small = small(&[(2, 3)]);
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = vec![harness.commit(0, 0, 5), harness.commit(1, 0, 2)];
    harness.slot = harness.auction().terms().schedule.reveals_until + 1;
    harness.pass();
    if harness.auction().phase() != Phase::Reveals {
        let bidders = [0, 1].map(|bidder| harness.bidder(bidder));
        let outcome = harness.finish();
        let lost = bidders.map(|bidder| lost_of(&outcome, bidder));
        panic!("{:?}, forfeited {lost:?}", outcome.lots[0].ending);
    }
    harness.reveal(reveals);
}

/// The same within the margin: there are reveals, but none that keyholders may attest.
#[test]
fn reveals_begin_before_the_margin_of_their_witnesses() {
    let small = small(&[(2, 3)]);
    let mut harness = Harness::at_commits(&small, &small.terms());
    let schedule = harness.auction().terms().schedule;
    harness.commit(0, 0, 5);
    harness.slot = schedule.reveals_until - schedule.witness_slots + 1;
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Reveals);
    let left = harness.auction().deadline().unwrap() - harness.slot;
    assert!(left > schedule.witness_slots, "{left} slots are left, of which none is attested");
}

// ---- vouches, chunk by chunk ----

/// Others vouch for a keyholder at the beginning of a step. The board takes its post on one chunk after
/// all; on the others it stays away.
#[test]
fn a_vouch_is_spent_once_a_post_is_there() {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let terms = small.terms();
    let mut harness = endorsing(Harness::at_commits(&small, &terms));
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    vouch(&mut harness, 1, &[0]);
    vouch(&mut harness, 2, &[0]);
    let posts = harness.posts(0, &[]);
    assert!(posts.len() > 1);
    harness.submit(&posts[0]);
    harness.pass();
    assert!(harness.auction().is_excluded(0, id(0, 1)));
    assert!(!harness.auction().is_excused(0, id(0, 1)), "it was heard by the board");
}

/// The beginning of a step of gates, one to a chunk, in which the first keyholder is due everywhere.
fn at_gates() -> Harness {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let mut harness = endorsing(Harness::at_commits(&small, &small.terms()));
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    harness
}

/// A keyholder for whom others vouched on one chunk acts on it after all. It hands in the same signed words
/// once more, and stays away from the others.
#[test]
fn a_word_that_is_handed_in_again_excuses_from_nothing() {
    let mut harness = at_gates();
    let duty = harness.auction().duties()[0];
    let heard = [id(0, 1)].into();
    let words = [1, 2].map(|voucher: usize| {
        let auction = harness.board.auction();
        harness.keyholders[voucher].vouch(auction, duty, &heard).expect("it has a share")
    });
    words.iter().for_each(|word| harness.submit(word));
    let posts = harness.posts(0, &[]);
    harness.submit(&posts[0]);
    for word in &words {
        // Nobody who signed it has a part in this.
        let _ = harness.board.submit(harness.slot, word);
    }
    harness.pass();
    assert!(harness.auction().is_excluded(0, id(0, 1)));
    assert!(!harness.auction().is_excused(0, id(0, 1)), "the words were for another chunk");
}

/// A board drops all posts of two keyholders in a step of shares, and both others hold and vouch for all of them. In the
/// last slot it takes one chunk of each; the words for the others stand.
#[test]
fn a_board_wipes_out_no_words_by_taking_one_post() {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let terms = small.terms();
    let mut harness = at_gates();
    // Gates first, so that there are many chunks of shares.
    let is_share = |due: &Due| matches!(due, Due::Rank { task: Task::Decrypt { .. }, .. });
    while !harness.auction().dues(id(0, 1)).iter().any(is_share) {
        assert!((0..3).any(|place| harness.act(place)), "somebody is due");
    }
    let posts: Vec<Vec<Vec<u8>>> = (0..2).map(|place| harness.posts(place, &[])).collect();
    assert!(posts.iter().all(|posts| posts.len() > 1), "shares of several signs");
    assert!(harness.act(2));
    for duty in harness.auction().duties() {
        for (voucher, heard) in [(0, &[1][..]), (1, &[0]), (2, &[0, 1])] {
            vouch_on(&mut harness, duty, voucher, heard);
        }
    }
    harness.slot = harness.auction().deadline().unwrap();
    harness.submit(&posts[0][0]);
    harness.submit(&posts[1][1]);
    harness.pass();
    assert_eq!(harness.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    assert_eq!(lost(&terms, &agreed(harness)), [0, 0, 0], "every post was vouched for in time");
}

/// Two of four act on every chunk at a time of their own, or never; the others at once. No step takes
/// longer than a duration for each turn and for each keyholder that it excludes. This one holds.
#[test]
fn no_step_takes_longer_than_its_turns_and_those_put_out() {
    use rand_core::RngCore as _;
    let mut worst = (0, 0);
    for seed in 0..40 {
        let small = Small { chunk_items: 1, seed, ..small(&[(2, 4)]) };
        let mut harness = endorsing(Harness::at_commits(&small, &small.terms()));
        harness.act_until(Phase::Ranking);
        let mut rng = talea_tests::rng(seed);
        let schedule = harness.auction().terms().schedule;
        let dur = schedule.step_slots + 2 * schedule.step_slots_per_bid;
        let mut plans = std::collections::BTreeMap::new();
        let excluded = |harness: &Harness| {
            (1..5).filter(|m| harness.auction().is_excluded(0, id(0, *m))).count()
        };
        let mut begun = (harness.auction().duties(), harness.slot, excluded(&harness));
        while harness.auction().phase() != Phase::Closed {
            for place in [2, 3, 0, 1] {
                if place > 1 {
                    harness.act(place);
                    continue;
                }
                let dues = harness.auction().dues(harness.keyholders[place].id());
                let chunks = dues.iter().filter_map(|due| match due {
                    Due::Rank { header, .. } => Some((header.step, header.chunk)),
                    Due::Endorse { .. } => None,
                });
                let chunks: Vec<(u32, u32)> = chunks.collect();
                if chunks.is_empty() {
                    continue;
                }
                // Most often in the last slot.
                let slot = harness.slot;
                let mut ready = Vec::new();
                for (at, chunk) in chunks.iter().enumerate() {
                    let when = *plans.entry((place, *chunk)).or_insert_with(|| {
                        slot + match rng.next_u32() % 8 {
                            0 => 0,
                            1 => rng.next_u64() % dur,
                            2 => dur + 1,
                            _ => dur,
                        }
                    });
                    if when <= slot {
                        ready.push(at);
                    }
                }
                if ready.is_empty() {
                    continue;
                }
                let posts = harness.posts(place, &[]);
                for at in ready {
                    let _ = posts.get(at).map(|post| harness.board.submit(harness.slot, post));
                }
            }
            if harness.auction().phase() == Phase::Closed {
                break;
            }
            let duties = harness.auction().duties();
            if duties != begun.0 {
                let put_out = excluded(&harness) - begun.2;
                let bound = (2 + put_out as u64) * (dur + 1);
                let took = harness.slot - begun.1;
                assert!(took <= bound, "{took} slots of {bound}, seed {seed}");
                worst = worst.max((took, bound));
                begun = (duties, harness.slot, excluded(&harness));
                continue;
            }
            harness.slot += 1;
            if harness.auction().deadline().is_some_and(|deadline| deadline < harness.slot) {
                harness.pass();
            }
        }
    }
    assert!(worst.0 > 7, "somebody was slow: {worst:?}");
    println!("{worst:?}");
}

// ---- reveals that say again ----

/// Each open bid of somebody's own has as many revealed bids recorded once more as fit.
#[test]
fn one_open_bid_records_no_others_again() {
    let small = Small { bidders: 6, lots: vec![(8, vec![1, 2]); 2], ..small(&[(2, 3)]) };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let others: Vec<Reveal> = (1..6).map(|bidder| harness.commit(bidder, 0, 3)).collect();
    let own = [0, 1].map(|lot| harness.commit(0, lot, 1));
    harness.pass();
    harness.reveal(others.clone());
    for own in own {
        let again = [others.clone(), vec![own]].concat();
        let carried = harness.carry(again);
        match harness.board.submit(harness.slot, &carried) {
            Err(talea_parties::board::BoardError::Refused(refusal)) => {
                assert_eq!(refusal.check, Check::RevealCommit);
            }
            taken => panic!("{} bytes recorded again: {taken:?}", carried.len()),
        }
    }
}
