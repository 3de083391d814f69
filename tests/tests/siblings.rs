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
use talea_sim::play::Seat;
use talea_tests::{Small, is_sold_to, list, opinions, stage::Stage};

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

fn outcome(stage: &Stage) -> Outcome {
    stage.auction().outcome().expect("the auction is closed")
}

/// The outcome, which both verifications find.
fn agreed(stage: Stage) -> Outcome {
    let outcome = outcome(&stage);
    opinions::agree_that_it_is_valid(&stage.board.into_inner().1, &outcome);
    outcome
}

/// Two bids on every lot are committed and revealed; Endorsing has begun.
fn endorsing(mut stage: Stage) -> Stage {
    let lots = stage.auction().terms().lots.len() as u32;
    let bids = (0..lots).flat_map(|lot| [(0, lot, 5), (1, lot, 2)]);
    let reveals: Vec<Reveal> =
        bids.map(|(bidder, lot, level)| stage.commit(bidder, lot, level)).collect();
    stage.pass();
    stage.reveal(reveals);
    assert_eq!(stage.auction().phase(), Phase::Endorsing);
    stage
}

/// A keyholder's word for others, by places in turn order, on what is due first.
#[track_caller]
fn vouch(stage: &mut Stage, voucher: usize, heard: &[usize]) {
    let duty = stage.auction().duties()[0];
    vouch_on(stage, duty, voucher, heard);
}

#[track_caller]
fn vouch_on(stage: &mut Stage, duty: Duty, voucher: usize, heard: &[usize]) {
    let heard = heard.iter().map(|place| stage.keyholders[*place].id()).collect();
    let auction = stage.board.auction();
    let vouch = stage.keyholders[voucher].vouch(auction, duty, &heard).expect("it has a share");
    stage.submit(&vouch);
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
    let mut stage = endorsing(Stage::at_commits(&small, &terms));
    stage.act_until(Phase::Ranking);
    vouch(&mut stage, 1, &[0]);
    vouch(&mut stage, 2, &[0]);
    stage.pass();
    assert!(stage.auction().is_out(0, id(0, 1)) && stage.auction().is_excused(0, id(0, 1)));
    while stage.auction().phase() == Phase::Ranking {
        assert!(stage.act(1) || stage.act(2), "the two go on");
    }
    // Round 1: nobody bids again.
    stage.pass();
    assert_eq!(stage.auction().phase(), Phase::Endorsing);
    assert!(stage.act(1) && stage.act(2));
    stage.pass();
    assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
    let found = lost(&terms, &outcome(&stage));
    agreed(stage);
    assert_eq!(found, [BOND, 0, 0], "nobody vouched for its endorsement");
}

/// The other way round: out of the lot by its own fault in round 0, excused for the endorsement of round
/// 1 that voids it.
#[test]
fn an_excuse_for_an_endorsement_covers_no_earlier_fault() {
    let small = rounds();
    let terms = asking(&small, 3);
    let mut stage = endorsing(Stage::at_commits(&small, &terms));
    stage.act_until(Phase::Ranking);
    stage.pass();
    assert!(stage.auction().is_out(0, id(0, 1)) && !stage.auction().is_excused(0, id(0, 1)));
    while stage.auction().phase() == Phase::Ranking {
        assert!(stage.act(1) || stage.act(2), "the two go on");
    }
    stage.pass();
    assert!(stage.act(1) && stage.act(2));
    vouch(&mut stage, 1, &[0]);
    vouch(&mut stage, 2, &[0]);
    stage.pass();
    assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
    agreed(stage);
}

// ---- a ring of vouches ----

/// What remains open: more than a threshold of the only witnesses, who could decrypt everything too, stay
/// away from a step, vouch for each other, and pay nothing.
#[test]
fn more_than_a_threshold_of_the_witnesses_excuse_each_other_from_a_step() {
    let small = small(&[(2, 4)]);
    let terms = small.terms();
    let mut stage = endorsing(Stage::at_commits(&small, &terms));
    stage.act_until(Phase::Ranking);
    assert!(stage.act(3), "the honest one acts");
    for place in 0..3 {
        let others: Vec<usize> = (0..3).filter(|other| *other != place).collect();
        vouch(&mut stage, place, &others);
    }
    stage.pass();
    assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    assert_eq!(lost(&terms, &agreed(stage)), [0; 4]);
}

/// The same by not endorsing: two of a 1-of-3, of which two endorsements are wanted. With a second group of
/// witnesses, which does not say so, they pay.
#[test]
fn another_group_of_witnesses_makes_them_pay() {
    for groups in [&[(1, 3)][..], &[(1, 3), (1, 1)]] {
        let small = small(groups);
        let terms = asking(&small, 2);
        let mut stage = endorsing(Stage::at_commits(&small, &terms));
        assert!(stage.act(2), "the honest one endorses");
        vouch(&mut stage, 0, &[1]);
        vouch(&mut stage, 1, &[0]);
        if groups.len() > 1 {
            assert!(stage.act(3), "the other group does its part");
        }
        stage.pass();
        assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Endorsement)));
        let lost = lost(&terms, &agreed(stage));
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
    let mut stage = Stage::open(&small, &terms);
    stage.fund_everybody();
    let mut candidates = std::mem::take(&mut stage.candidates);
    let (last, third) = (candidates.pop().unwrap(), candidates.pop().unwrap());
    let (second, first) = (candidates.pop().unwrap(), candidates.pop().unwrap());
    stage.candidates = vec![first];
    stage.deal();
    let of_first = second.received(stage.auction(), id(0, 1)).expect("it was dealt");
    let own = Scalar::random(&mut stage.rng);
    let dealt = second.deal_chosen(stage.board.auction(), &[own], |_, s| s, &mut stage.rng);
    stage.submit(&dealt.expect("it is named").0);
    stage.candidates = vec![third];
    stage.deal();
    let of_third = last.received(stage.auction(), id(1, 1)).expect("it was dealt");
    let sum = of_first + own + of_third;
    let dealt = last.deal_chosen(stage.board.auction(), &[-sum], |_, s| s, &mut stage.rng);
    let deal = dealt.expect("it is named").0;
    if stage.board.submit(stage.slot, &deal).is_ok() {
        while stage.auction().phase() != Phase::Closed {
            stage.pass();
        }
        let outcome = agreed(stage);
        panic!("{:?}, forfeited {:?}", outcome.lots[0].ending, lost(&terms, &outcome));
    }
}

/// What remains open where one member is a threshold: an honest deal waits; the other member reads its constant,
/// and deals the opposite first. Then the honest one is refused, and its dealer deals anew.
#[test]
fn where_one_is_a_threshold_it_can_have_a_deal_that_waits_refused() {
    let small = small(&[(1, 2)]);
    let mut stage = Stage::open(&small, &small.terms());
    stage.fund_everybody();
    let (other, honest) = (stage.candidates.pop().unwrap(), stage.candidates.pop().unwrap());
    let (waits, _) = honest.deal(stage.board.auction(), &mut stage.rng).expect("it is named");
    let mut shown = stage.auction().clone();
    shown.apply(stage.slot, &waits).expect("a good deal");
    let constant = other.received(&shown, id(0, 1)).expect("it was dealt");
    let dealt = other.deal_chosen(stage.board.auction(), &[-constant], |_, s| s, &mut stage.rng);
    stage.submit(&dealt.expect("it is named").0);
    assert!(stage.board.submit(stage.slot, &waits).is_err());
    let honest = small.cast().into_candidates().remove(0).remove(0);
    let (anew, _) = honest.deal(stage.board.auction(), &mut stage.rng).expect("it is named");
    stage.submit(&anew);
}

// ---- witnesses who are not there ----

/// Two groups of 2 of 3; one member of the first never deals, for nothing. The board drops the posts of
/// another of the first group, for whom everybody else vouches.
#[test]
fn who_never_deals_takes_nobodys_witnesses_away() {
    let small = small(&[(2, 3), (2, 3)]);
    let terms = small.terms();
    let mut stage = Stage::open(&small, &terms);
    stage.fund_everybody();
    stage.candidates.remove(2);
    stage.deal();
    stage.finish_ceremony();
    let mut stage = endorsing(stage);
    stage.act_until(Phase::Ranking);
    let ids: Vec<KeyholderId> = stage.keyholders.iter().map(|keyholder| keyholder.id()).collect();
    assert_eq!(ids, [id(0, 1), id(0, 2), id(1, 1), id(1, 2), id(1, 3)]);
    for voucher in 1..5 {
        vouch(&mut stage, voucher, &[0]);
    }
    for place in [1, 2, 3] {
        assert!(stage.act(place));
    }
    stage.pass();
    assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    let lost = lost(&terms, &agreed(stage));
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
    let mut stage = Stage::at_commits(&small, &asking(&small, endorsements));
    let dropped = stage.commit(0, 0, 5);
    let revealed = stage.commit(1, 0, 2);
    stage.pass();
    stage.reveal(vec![revealed]);
    stage.pass();
    for place in 0..3 {
        if stage.auction().phase() == Phase::Endorsing {
            stage.posts(place, &[dropped.bid]).iter().for_each(|post| stage.submit(post));
        }
    }
    let (harmed, winner) = (stage.bidder(0), stage.bidder(1));
    let outcome = stage.finish();
    assert!(is_sold_to(&outcome.lots[0].ending, winner));
    agreed(stage);
    assert_eq!(lost_of(&outcome, harmed), forfeited, "with {endorsements} endorsements");
}

// ---- time ----

/// A board is silent from before the end of the commits until after that of the reveals: one tick, and
/// nobody could reveal, or hand a sealed bid to a keyholder that goes by the transcript.
#[test]
fn reveals_have_their_time_however_late_they_begin() {
    let small = small(&[(2, 3)]);
    let mut stage = Stage::at_commits(&small, &small.terms());
    let reveals = vec![stage.commit(0, 0, 5), stage.commit(1, 0, 2)];
    stage.slot = stage.auction().terms().schedule.reveals_until + 1;
    stage.pass();
    if stage.auction().phase() != Phase::Reveals {
        let bidders = [0, 1].map(|bidder| stage.bidder(bidder));
        let outcome = stage.finish();
        let lost = bidders.map(|bidder| lost_of(&outcome, bidder));
        panic!("{:?}, forfeited {lost:?}", outcome.lots[0].ending);
    }
    stage.reveal(reveals);
}

/// The same within the margin: there are reveals, but none that keyholders may attest.
#[test]
fn reveals_begin_before_the_margin_of_their_witnesses() {
    let small = small(&[(2, 3)]);
    let mut stage = Stage::at_commits(&small, &small.terms());
    let schedule = stage.auction().terms().schedule;
    stage.commit(0, 0, 5);
    stage.slot = schedule.reveals_until - schedule.witness_slots + 1;
    stage.pass();
    assert_eq!(stage.auction().phase(), Phase::Reveals);
    let left = stage.auction().deadline().unwrap() - stage.slot;
    assert!(left > schedule.witness_slots, "{left} slots are left, of which none is attested");
}

// ---- vouches, chunk by chunk ----

/// Others vouch for a keyholder at the beginning of a step. The board takes its post on one chunk after
/// all; on the others it stays away.
#[test]
fn a_vouch_is_spent_once_a_post_is_there() {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let terms = small.terms();
    let mut stage = endorsing(Stage::at_commits(&small, &terms));
    stage.act_until(Phase::Ranking);
    stage.act_until_gates();
    vouch(&mut stage, 1, &[0]);
    vouch(&mut stage, 2, &[0]);
    let posts = stage.posts(0, &[]);
    assert!(posts.len() > 1);
    stage.submit(&posts[0]);
    stage.pass();
    assert!(stage.auction().is_out(0, id(0, 1)));
    assert!(!stage.auction().is_excused(0, id(0, 1)), "it was heard by the board");
}

/// The beginning of a step of gates, one to a chunk, in which the first keyholder is due everywhere.
fn at_gates() -> Stage {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let mut stage = endorsing(Stage::at_commits(&small, &small.terms()));
    stage.act_until(Phase::Ranking);
    stage.act_until_gates();
    stage
}

/// A keyholder for whom others vouched on one chunk acts on it after all. It hands in the same signed words
/// once more, and stays away from the others.
#[test]
fn a_word_that_is_handed_in_again_excuses_from_nothing() {
    let mut stage = at_gates();
    let duty = stage.auction().duties()[0];
    let heard = [id(0, 1)].into();
    let words = [1, 2].map(|voucher: usize| {
        let auction = stage.board.auction();
        stage.keyholders[voucher].vouch(auction, duty, &heard).expect("it has a share")
    });
    words.iter().for_each(|word| stage.submit(word));
    let posts = stage.posts(0, &[]);
    stage.submit(&posts[0]);
    for word in &words {
        // Nobody who signed it has a part in this.
        let _ = stage.board.submit(stage.slot, word);
    }
    stage.pass();
    assert!(stage.auction().is_out(0, id(0, 1)));
    assert!(!stage.auction().is_excused(0, id(0, 1)), "the words were for another chunk");
}

/// A board drops all posts of two keyholders in a step of shares, and both others hold and vouch for all of them. In the
/// last slot it takes one chunk of each; the words for the others stand.
#[test]
fn a_board_wipes_out_no_words_by_taking_one_post() {
    let small = Small { chunk_items: 1, ..small(&[(2, 3)]) };
    let terms = small.terms();
    let mut stage = at_gates();
    // Gates first, so that there are many chunks of shares.
    let is_share = |due: &Due| matches!(due, Due::Rank { task: Task::Decrypt(_), .. });
    while !stage.auction().dues(id(0, 1)).iter().any(is_share) {
        assert!((0..3).any(|place| stage.act(place)), "somebody is due");
    }
    let posts: Vec<Vec<Vec<u8>>> = (0..2).map(|place| stage.posts(place, &[])).collect();
    assert!(posts.iter().all(|posts| posts.len() > 1), "shares of several signs");
    assert!(stage.act(2));
    for duty in stage.auction().duties() {
        for (voucher, heard) in [(0, &[1][..]), (1, &[0]), (2, &[0, 1])] {
            vouch_on(&mut stage, duty, voucher, heard);
        }
    }
    stage.slot = stage.auction().deadline().unwrap();
    stage.submit(&posts[0][0]);
    stage.submit(&posts[1][1]);
    stage.pass();
    assert_eq!(stage.auction().ending(0), Some(Ending::Void(VoidCause::Quorum)));
    assert_eq!(lost(&terms, &agreed(stage)), [0, 0, 0], "every post was vouched for in time");
}

/// Two of four act on every chunk at a time of their own, or never; the others at once. No step takes
/// longer than a duration for each turn and for each keyholder that it puts out. This one holds.
#[test]
fn no_step_takes_longer_than_its_turns_and_those_put_out() {
    use rand_core::RngCore as _;
    let mut worst = (0, 0);
    for seed in 0..40 {
        let small = Small { chunk_items: 1, seed, ..small(&[(2, 4)]) };
        let mut stage = endorsing(Stage::at_commits(&small, &small.terms()));
        stage.act_until(Phase::Ranking);
        let mut rng = talea_tests::rng(seed);
        let schedule = stage.auction().terms().schedule;
        let dur = schedule.step_slots + 2 * schedule.step_slots_per_bid;
        let mut plans = std::collections::BTreeMap::new();
        let outs = |stage: &Stage| (1..5).filter(|m| stage.auction().is_out(0, id(0, *m))).count();
        let mut begun = (stage.auction().duties(), stage.slot, outs(&stage));
        while stage.auction().phase() != Phase::Closed {
            for place in [2, 3, 0, 1] {
                if place > 1 {
                    stage.act(place);
                    continue;
                }
                let dues = stage.auction().dues(stage.keyholders[place].id());
                let chunks = dues.iter().filter_map(|due| match due {
                    Due::Rank { header, .. } => Some((header.step, header.chunk)),
                    Due::Endorse { .. } => None,
                });
                let chunks: Vec<(u32, u32)> = chunks.collect();
                if chunks.is_empty() {
                    continue;
                }
                // Most often in the last slot.
                let slot = stage.slot;
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
                let posts = stage.posts(place, &[]);
                for at in ready {
                    let _ = posts.get(at).map(|post| stage.board.submit(stage.slot, post));
                }
            }
            if stage.auction().phase() == Phase::Closed {
                break;
            }
            let duties = stage.auction().duties();
            if duties != begun.0 {
                let put_out = outs(&stage) - begun.2;
                let bound = (2 + put_out as u64) * (dur + 1);
                let took = stage.slot - begun.1;
                assert!(took <= bound, "{took} slots of {bound}, seed {seed}");
                worst = worst.max((took, bound));
                begun = (duties, stage.slot, outs(&stage));
                continue;
            }
            stage.slot += 1;
            if stage.auction().deadline().is_some_and(|deadline| deadline < stage.slot) {
                stage.pass();
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
    let mut stage = Stage::at_commits(&small, &small.terms());
    let others: Vec<Reveal> = (1..6).map(|bidder| stage.commit(bidder, 0, 3)).collect();
    let own = [0, 1].map(|lot| stage.commit(0, lot, 1));
    stage.pass();
    stage.reveal(others.clone());
    for own in own {
        let again = [others.clone(), vec![own]].concat();
        let carried = stage.carry(again);
        match stage.board.submit(stage.slot, &carried) {
            Err(talea_parties::board::BoardError::Refused(refusal)) => {
                assert_eq!(refusal.check, Check::RevealCommit);
            }
            taken => panic!("{} bytes recorded again: {taken:?}", carried.len()),
        }
    }
}
