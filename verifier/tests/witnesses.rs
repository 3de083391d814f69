//! Tests of what keyholders say of what the transcript does not show, of time-outs, and of who is at
//! fault when a lot is void.

use std::collections::BTreeSet;

use talea_protocol::{
    bytes::{Digest, List},
    check::Check,
    commitment::BidId,
    instruction::Instruction,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::Duty,
    terms::{Depth, Disclosure, Terms},
};

use super::{
    auction::{
        Auction, BOND, COMMITS, DEPOSIT, FEE, Hidden, REVEALS, Rules, bidder, key, party, report,
        seat,
    },
    refusals::{at_commits, at_endorsing, at_ranking, at_reveals, id, is_gate, refuse, until},
};
use crate::report::Verdict;

fn tick(auction: &mut Auction) {
    auction.post(&party("anybody"), &Instruction::Tick);
}

/// The deadline passes.
fn pass(auction: &mut Auction) {
    auction.pass();
    tick(auction);
}

fn vouch(auction: &mut Auction, who: KeyholderId, duty: Duty, heard: &[KeyholderId]) {
    let vouch = auction.vouch(duty, heard);
    auction.post(&seat(who), &vouch);
}

fn act(auction: &mut Auction, chunk: usize, who: KeyholderId) {
    let act = auction.act(0, chunk, who);
    auction.post(&seat(who), &act);
}

/// The bonds that these keyholders lost, in a valid file whose only lot is void.
#[track_caller]
fn lost(auction: &Auction, cause: VoidCause, ids: &[KeyholderId]) -> Vec<u64> {
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    assert_eq!(report.lots[0].ending, Some(Ending::Void(cause)));
    ids.iter().map(|id| auction.account(&seat(*id)).forfeited).collect()
}

const THREE: [KeyholderId; 3] = [
    KeyholderId { group: 0, member: 1 },
    KeyholderId { group: 0, member: 2 },
    KeyholderId { group: 0, member: 3 },
];

mod vouching {
    use super::*;

    /// The clauses that any duty has.
    #[track_caller]
    fn refuse_forms(auction: &Auction, who: KeyholderId, duty: Duty, due: &[KeyholderId]) {
        let signer = seat(who);
        let with = |change: &dyn Fn(&mut talea_protocol::ranking::Vouch)| {
            let Instruction::Vouch(mut vouch) = auction.vouch(duty, due) else { unreachable!() };
            change(&mut vouch);
            Instruction::Vouch(vouch)
        };
        let list = |ids: &[KeyholderId]| List::new(ids.to_vec()).unwrap();
        for bad in [
            with(&|v| v.round = 1),
            with(&|v| v.head = Digest([0; 32])),
            with(&|v| v.heard = List::default()),
            with(&|v| v.heard = list(&[due[0], due[0]])),
            with(&|v| v.heard = list(&[due[1], due[0]])),
            // Itself, alone and among others.
            with(&|v| v.heard = list(&[who])),
            with(&|v| {
                let mut ids = [due, &[who]].concat();
                ids.sort();
                v.heard = list(&ids);
            }),
            // No such member, no such group.
            with(&|v| v.heard = list(&[id(0, 0)])),
            with(&|v| v.heard = list(&[id(0, 9)])),
            with(&|v| v.heard = list(&[due[0], id(7, 1)])),
        ] {
            refuse(auction, &signer, &bad, Check::VouchDue);
        }
        // Not by a stranger, a bidder, or the seller.
        for stranger in [party("anybody"), bidder(0), party("seller")] {
            refuse(auction, &stranger, &with(&|_| ()), Check::EnvelopeRole);
        }
    }

    #[test]
    fn k14_of_endorsements() {
        let rules = Rules { groups: vec![(1, 1, 4), (2, 2, 3)], ..Rules::default() };
        let mut auction = at_endorsing(810, &rules, &[3, 9]);
        let due = [id(0, 1), id(1, 1)];
        refuse_forms(&auction, id(0, 2), Duty::Endorsement, &due);
        let signer = seat(id(0, 2));
        // No lot has a step.
        let step = auction.vouch(Duty::Chunk { lot: 0, step: 0, chunk: 0 }, &due);
        refuse(&auction, &signer, &step, Check::VouchDue);
        // Who has endorsed; and of a group that wants no more, who has not.
        let endorsement = auction.endorsement(vec![]);
        auction.post(&seat(id(0, 1)), &endorsement);
        auction.post(&seat(id(1, 1)), &endorsement);
        for idle in [id(0, 1), id(0, 3), id(1, 1)] {
            let bad = auction.vouch(Duty::Endorsement, &[idle]);
            refuse(&auction, &signer, &bad, Check::VouchDue);
        }
        vouch(&mut auction, id(0, 2), Duty::Endorsement, &[id(1, 2), id(1, 3)]);
        // After the deadline there is nobody left to be excluded, and no phase for it.
        auction.pass();
        let late = auction.vouch(Duty::Endorsement, &[id(1, 2)]);
        refuse(&auction, &signer, &late, Check::EnvelopePhase);
    }

    #[test]
    fn k14_of_turns() {
        let mut auction = at_ranking(811, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        let step = auction.chunk(0, 0);
        // The one due is 1.
        let signer = seat(id(0, 3));
        for idle in [&[id(0, 2)][..], &[id(0, 1), id(0, 2)]] {
            let bad = auction.vouch(step, idle);
            refuse(&auction, &signer, &bad, Check::VouchDue);
        }
        let Duty::Chunk { step: number, .. } = step else { unreachable!() };
        for duty in [
            Duty::Endorsement,
            Duty::Chunk { lot: 0, step: number, chunk: 1 },
            Duty::Chunk { lot: 0, step: number, chunk: u32::MAX },
            Duty::Chunk { lot: 1, step: number, chunk: 0 },
            Duty::Chunk { lot: u32::MAX, step: number, chunk: 0 },
            Duty::Chunk { lot: 0, step: number + 1, chunk: 0 },
            Duty::Chunk { lot: 0, step: number - 1, chunk: 0 },
        ] {
            let bad = auction.vouch(duty, &[id(0, 1)]);
            refuse(&auction, &signer, &bad, Check::VouchDue);
        }
        // In the last slot it is in time, and after it the keyholder is excluded.
        auction.slot = auction.replay.next_deadline().unwrap() + 1;
        let late = auction.vouch(step, &[id(0, 1)]);
        refuse(&auction, &signer, &late, Check::VouchDue);
        auction.slot -= 1;
        vouch(&mut auction, id(0, 3), step, &[id(0, 1)]);
        // Who has acted is not due.
        act(&mut auction, 0, id(0, 1));
        let acted = auction.vouch(step, &[id(0, 1)]);
        refuse(&auction, &seat(id(0, 2)), &acted, Check::VouchDue);
        vouch(&mut auction, id(0, 3), step, &[id(0, 2)]);
    }

    #[test]
    fn k14_of_what_is_open_to_all() {
        // The first step is a Blind.
        let mut auction = at_ranking(812, &Rules::default(), &[3, 9]);
        let step = auction.chunk(0, 0);
        refuse_forms(&auction, id(0, 2), step, &[id(0, 1), id(0, 3)]);
        act(&mut auction, 0, id(0, 3));
        let acted = auction.vouch(step, &[id(0, 1), id(0, 3)]);
        refuse(&auction, &seat(id(0, 2)), &acted, Check::VouchDue);
        vouch(&mut auction, id(0, 3), step, &[id(0, 1), id(0, 2)]);
        // Of a group that has its acts nobody is due.
        let rules = Rules { groups: vec![(1, 1, 3), (1, 1, 1)], ..Rules::default() };
        let mut auction = at_ranking(813, &rules, &[3, 9]);
        let step = auction.chunk(0, 0);
        act(&mut auction, 0, id(0, 2));
        let bad = auction.vouch(step, &[id(0, 1)]);
        refuse(&auction, &seat(id(1, 1)), &bad, Check::VouchDue);
        vouch(&mut auction, id(0, 1), step, &[id(1, 1)]);
    }

    /// Each chunk is a duty of its own.
    #[test]
    fn k14_is_of_one_chunk() {
        let rules = Rules { groups: vec![(2, 2, 4)], chunk_items: 1, ..Rules::default() };
        let mut auction = at_ranking(814, &rules, &[3, 9]);
        until(&mut auction, is_gate);
        act(&mut auction, 0, id(0, 1));
        let [first, second] = [0, 1].map(|chunk| auction.chunk(0, chunk));
        for (duty, idle) in [(first, id(0, 1)), (second, id(0, 2)), (first, id(0, 3))] {
            let bad = auction.vouch(duty, &[idle]);
            refuse(&auction, &seat(id(0, 4)), &bad, Check::VouchDue);
        }
        vouch(&mut auction, id(0, 4), first, &[id(0, 2)]);
        vouch(&mut auction, id(0, 4), second, &[id(0, 1)]);
        // Complete, and nobody is due in it.
        act(&mut auction, 0, id(0, 2));
        let bad = auction.vouch(first, &[id(0, 2)]);
        refuse(&auction, &seat(id(0, 3)), &bad, Check::VouchDue);
    }

    #[test]
    fn k15_once_for_each_on_a_duty() {
        let mut auction = at_endorsing(815, &Rules::default(), &[3, 9]);
        vouch(&mut auction, id(0, 2), Duty::Endorsement, &[id(0, 3)]);
        let signer = seat(id(0, 2));
        for again in [&[id(0, 3)][..], &[id(0, 1), id(0, 3)]] {
            let again = auction.vouch(Duty::Endorsement, again);
            refuse(&auction, &signer, &again, Check::VouchOnce);
        }
        // K14 stands before it.
        let worse = auction.vouch(Duty::Endorsement, &[id(0, 3), id(0, 4)]);
        refuse(&auction, &signer, &worse, Check::VouchDue);
        // Another keyholder, by the same one; and by another, the same.
        vouch(&mut auction, id(0, 2), Duty::Endorsement, &[id(0, 1)]);
        vouch(&mut auction, id(0, 1), Duty::Endorsement, &[id(0, 3)]);
        // Another duty.
        auction.endorse(&[]);
        let step = auction.chunk(0, 0);
        vouch(&mut auction, id(0, 2), step, &[id(0, 3)]);
        let again = auction.vouch(step, &[id(0, 3)]);
        refuse(&auction, &signer, &again, Check::VouchOnce);
    }

    #[test]
    fn e4_in_endorsing_and_ranking_alone() {
        let auction = at_commits(816, &Rules::default());
        let early = auction.vouch(Duty::Endorsement, &[id(0, 1)]);
        refuse(&auction, &seat(id(0, 2)), &early, Check::EnvelopePhase);
        let (mut auction, _) = at_reveals(817, &Rules::default(), &[3]);
        let early = auction.vouch(Duty::Endorsement, &[id(0, 1)]);
        refuse(&auction, &seat(id(0, 2)), &early, Check::EnvelopePhase);
        // The instruction's own slot may begin the phase; its head is the one before it.
        tick(&mut auction);
        auction.slot = REVEALS + 1;
        let head = auction.replay.head();
        let Instruction::Vouch(mut vouch) = early else { unreachable!() };
        vouch.head = head;
        auction.post(&seat(id(0, 2)), &Instruction::Vouch(vouch));
        assert_eq!(auction.replay.phase().name(), "Endorsing");
    }

    /// It keeps nobody in, and gives nobody time.
    #[test]
    fn a_vouch_changes_no_deadline() {
        let mut auction = at_ranking(818, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        let before = auction.replay.next_deadline();
        auction.slot += 5;
        let step = auction.chunk(0, 0);
        for who in [2, 3] {
            vouch(&mut auction, id(0, who), step, &[id(0, 1)]);
        }
        assert_eq!(auction.replay.next_deadline(), before);
        pass(&mut auction);
        assert_eq!(auction.replay.lot_states()[0].excluded, BTreeSet::from([id(0, 1)]));
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
        let row = report.checks.iter().find(|row| row.check == Check::VouchDue).unwrap();
        assert_eq!((row.count.performed, row.count.adverse), (2, 0));
    }

    #[test]
    fn both_views_know_it() {
        let mut auction = at_endorsing(819, &Rules::default(), &[3, 9]);
        vouch(&mut auction, id(0, 2), Duty::Endorsement, &[id(0, 3)]);
        let again = auction.vouch(Duty::Endorsement, &[id(0, 3)]);
        let report = auction.attempt(&seat(id(0, 2)), &again);
        let text = report.checks_to_text() + &report.to_text();
        let place = format!("Vouch signed by {} (keyholder 2 of group 0)", key(&seat(id(0, 2))));
        for part in [
            "  K15 a keyholder vouches once for another's post",
            place.as_str(),
            "keyholder 0.2 has already vouched for keyholder 0.3",
            "  K14 PASS ",
            "  K15 FAIL ",
            "  M4  PASS ",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["failure"]["check"], "K15");
        assert_eq!(json["failure"]["instruction"], "Vouch");
    }
}

mod excused {
    use super::*;

    /// Only member 2 endorses, and these vouch for these.
    fn unendorsed(
        seed: u64,
        rules: &Rules,
        change: impl FnOnce(&mut Terms),
        vouches: &[(KeyholderId, &[KeyholderId])],
    ) -> Auction {
        let mut auction = Auction::open_with(seed, rules, change);
        auction.ceremony();
        auction.begin_commits();
        let hidden = [auction.commit(0, &bidder(0), 3), auction.commit(0, &bidder(1), 9)];
        auction.reveal(&hidden);
        let endorsement = auction.endorsement(vec![]);
        auction.post(&seat(id(0, 2)), &endorsement);
        for (who, heard) in vouches {
            vouch(&mut auction, *who, Duty::Endorsement, heard);
        }
        pass(&mut auction);
        auction
    }

    #[test]
    fn who_was_heard_by_a_threshold_of_the_others_keeps_its_bond() {
        let rules = Rules::default();
        let [one, two, three] = THREE;
        let cases: [(&[(KeyholderId, &[KeyholderId])], [u64; 3]); 5] = [
            (&[], [BOND, 0, BOND]),
            (&[(two, &[one])], [BOND, 0, BOND]),
            (&[(two, &[one]), (three, &[one])], [0, 0, BOND]),
            (&[(two, &[one, three]), (one, &[three])], [BOND, 0, 0]),
            (&[(two, &[one, three]), (one, &[three]), (three, &[one])], [0, 0, 0]),
        ];
        for (seed, (vouches, expected)) in (820..).zip(cases) {
            let auction = unendorsed(seed, &rules, |_| (), vouches);
            assert_eq!(lost(&auction, VoidCause::Endorsement, &THREE), expected, "{vouches:?}");
            let received = auction.account(&party("beneficiary")).received;
            assert_eq!(received, 2 * FEE + expected.iter().sum::<u64>());
        }
    }

    /// Two groups; each that is a witness and counts must say so.
    #[test]
    fn each_witness_is_needed() {
        let rules = Rules { groups: vec![(2, 2, 3), (1, 1, 1)], ..Rules::default() };
        let [one, two, three] = THREE;
        let other = id(1, 1);
        let ids = [one, two, three, other];
        let by_first: &[(KeyholderId, &[KeyholderId])] = &[(two, &[one, other]), (three, &[one])];
        let by_all: &[(KeyholderId, &[KeyholderId])] =
            &[(two, &[one, other]), (three, &[one, other]), (other, &[one])];
        let witness = |first: bool, second: bool| {
            move |terms: &mut Terms| {
                let mut groups = terms.quorum.clone().into_inner();
                (groups[0].is_witness, groups[1].is_witness) = (first, second);
                terms.quorum = List::new(groups).unwrap();
            }
        };
        let run = |seed, change, vouches| {
            let auction = unendorsed(seed, &rules, change, vouches);
            lost(&auction, VoidCause::Endorsement, &ids)
        };
        // Of what the other group's only member posted, its own group is no witness.
        assert_eq!(run(830, witness(true, true), by_first), [BOND, 0, BOND, BOND]);
        assert_eq!(run(831, witness(true, true), by_all), [0, 0, BOND, 0]);
        assert_eq!(run(832, witness(true, false), by_first), [0, 0, BOND, BOND]);
        assert_eq!(run(833, witness(false, true), by_first), [BOND, 0, BOND, BOND]);
        assert_eq!(run(834, witness(false, true), by_all), [0, 0, BOND, BOND]);
        assert_eq!(run(835, witness(false, false), by_all), [BOND, 0, BOND, BOND]);
    }

    /// The first in turn is late, then the second; then too few are left.
    fn untaken(seed: u64, vouches: &[(KeyholderId, KeyholderId)]) -> Vec<u64> {
        let mut auction = at_ranking(seed, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        let step = auction.chunk(0, 0);
        for late in [id(0, 1), id(0, 2)] {
            for (who, heard) in vouches.iter().filter(|(_, heard)| *heard == late) {
                vouch(&mut auction, *who, step, &[*heard]);
            }
            pass(&mut auction);
        }
        lost(&auction, VoidCause::Quorum, &THREE)
    }

    #[test]
    fn each_of_those_whose_turn_came_is_judged_by_itself() {
        let [one, two, three] = THREE;
        assert_eq!(untaken(840, &[]), [BOND, BOND, 0]);
        assert_eq!(untaken(841, &[(two, one), (three, one)]), [0, BOND, 0]);
        assert_eq!(untaken(842, &[(three, one), (three, two)]), [BOND, BOND, 0]);
        // Who is excluded from the lot is a keyholder and a witness all the same.
        assert_eq!(untaken(843, &[(one, two), (three, two)]), [BOND, 0, 0]);
        let all = [(two, one), (three, one), (one, two), (three, two)];
        assert_eq!(untaken(844, &all), [0, 0, 0]);
    }

    /// What was said on one step says nothing of another.
    #[test]
    fn a_vouch_is_of_its_step() {
        let mut auction = at_ranking(845, &Rules::default(), &[3, 9]);
        let step = auction.chunk(0, 0);
        // All three are due in a Blind.
        let [one, two, three] = THREE;
        vouch(&mut auction, two, step, &[one, three]);
        vouch(&mut auction, three, step, &[one]);
        act(&mut auction, 0, two);
        act(&mut auction, 0, three);
        assert_ne!(auction.chunk(0, 0), step);
        pass(&mut auction);
        assert_eq!(lost(&auction, VoidCause::Quorum, &THREE), [BOND; 3]);
    }

    fn rounds() -> Rules {
        Rules {
            shape: vec![1, 1],
            levels: 4,
            fan_out: 3,
            disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 2 }) },
            rounds: Some((5, true)),
            ..Rules::default()
        }
    }

    /// Bids of round 0, and its survey's first step.
    fn surveying(seed: u64, rules: &Rules) -> (Auction, Vec<Hidden>) {
        let mut auction = Auction::open(seed, rules);
        auction.ceremony();
        auction.begin_commits();
        let hidden: Vec<Hidden> = (0..2).map(|n| auction.commit(0, &bidder(n), n as u32)).collect();
        auction.reveal(&hidden);
        auction.endorse(&[]);
        (auction, hidden)
    }

    fn next_round(auction: &mut Auction, hidden: &[Hidden]) {
        auction.act_all();
        let next: Vec<Hidden> =
            (0..2).map(|n| auction.improve(&bidder(n), &hidden[n], 3)).collect();
        auction.pass();
        let reveals = Auction::reveals(&next);
        auction.post(&party("carrier"), &reveals);
    }

    /// Steps are counted anew in each round, and so are vouches.
    #[test]
    fn a_vouch_is_of_its_round() {
        let rules = Rules { groups: vec![(2, 2, 2), (1, 1, 1)], ..rounds() };
        let (mut auction, hidden) = surveying(846, &rules);
        let step = auction.chunk(0, 0);
        vouch(&mut auction, id(1, 1), step, &[id(0, 1)]);
        next_round(&mut auction, &hidden);
        auction.endorse(&[]);
        assert_eq!(auction.chunk(0, 0), step);
        pass(&mut auction);
        let ids = [id(0, 1), id(0, 2), id(1, 1)];
        assert_eq!(lost(&auction, VoidCause::Quorum, &ids), [BOND, 0, 0]);
    }

    /// Each deadline is judged by itself: what was excused once does not excuse what comes later.
    #[test]
    fn an_excuse_is_of_one_deadline() {
        let rules = Rules { groups: vec![(1, 2, 3)], ..rounds() };
        for vouched in [false, true] {
            let (mut auction, hidden) = surveying(847, &rules);
            let step = auction.chunk(0, 0);
            if vouched {
                vouch(&mut auction, id(0, 2), step, &[id(0, 1)]);
            }
            pass(&mut auction);
            assert_eq!(auction.replay.lot_states()[0].excluded, BTreeSet::from([id(0, 1)]));
            next_round(&mut auction, &hidden);
            // Now the second alone endorses; what the first posted is confirmed, or was before.
            let endorsement = auction.endorsement(vec![]);
            auction.post(&seat(id(0, 2)), &endorsement);
            if !vouched {
                vouch(&mut auction, id(0, 2), Duty::Endorsement, &[id(0, 1)]);
            }
            pass(&mut auction);
            assert_eq!(lost(&auction, VoidCause::Endorsement, &THREE), [BOND, 0, BOND]);
        }
    }
}

mod attested {
    use super::*;

    /// The second bidder of two does not reveal; these attest it. What it forfeited but fees.
    fn unrevealed(
        seed: u64,
        rules: &Rules,
        change: impl FnOnce(&mut Terms),
        bidder_of: &ed25519_dalek::SigningKey,
        attesting: &[KeyholderId],
    ) -> u64 {
        let mut auction = Auction::open_with(seed, rules, change);
        auction.ceremony();
        auction.begin_commits();
        let revealed = auction.commit(0, &bidder(0), 3);
        let lost = auction.commit(0, bidder_of, 9);
        auction.reveal(&[revealed]);
        auction.slot = REVEALS + 1;
        tick(&mut auction);
        let committee = auction.replay.committee().unwrap();
        let all: Vec<KeyholderId> = committee.keyholders().collect();
        // Those who attest endorse first, and of the others as many as are wanted still.
        for (group, seats) in committee.seats() {
            let (mut order, others): (Vec<KeyholderId>, Vec<KeyholderId>) =
                all.iter().filter(|id| id.group == group).partition(|id| attesting.contains(id));
            order.extend(others);
            for who in order.into_iter().take(seats.wanted) {
                let said = if attesting.contains(&who) { vec![lost.id] } else { vec![] };
                let endorsement = auction.endorsement(said);
                auction.post(&seat(who), &endorsement);
            }
        }
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
        auction.account(bidder_of).forfeited - FEE
    }

    #[test]
    fn a_missing_bid_needs_each_witness() {
        let rules = Rules { groups: vec![(2, 2, 3), (1, 1, 1)], ..Rules::default() };
        let second = |is_witness: bool| {
            move |terms: &mut Terms| {
                let mut groups = terms.quorum.clone().into_inner();
                groups[1].is_witness = is_witness;
                terms.quorum = List::new(groups).unwrap();
            }
        };
        let who = bidder(1);
        let run = |seed, is_witness, attesting: &[KeyholderId]| {
            unrevealed(seed, &rules, second(is_witness), &who, attesting)
        };
        let all = [id(0, 1), id(0, 2), id(1, 1)];
        assert_eq!(run(850, true, &all), 0);
        assert_eq!(run(851, true, &all[..2]), DEPOSIT);
        assert_eq!(run(852, true, &all[1..]), DEPOSIT);
        assert_eq!(run(853, true, &all[2..]), DEPOSIT);
        assert_eq!(run(854, false, &all[..2]), 0);
        assert_eq!(run(855, false, &all[2..]), DEPOSIT);
    }

    /// A bidder who is a keyholder does not count for itself, and the others of its group do.
    #[test]
    fn nobody_is_a_witness_in_its_own_cause() {
        let run = |seed, group, attesting: &[KeyholderId]| {
            let rules = Rules { groups: vec![group], ..Rules::default() };
            unrevealed(seed, &rules, |_| (), &seat(id(0, 1)), attesting)
        };
        assert_eq!(run(860, (1, 1, 2), &[id(0, 1)]), DEPOSIT);
        assert_eq!(run(861, (1, 1, 2), &[id(0, 2)]), 0);
        assert_eq!(run(862, (2, 3, 3), &[id(0, 1), id(0, 2)]), DEPOSIT);
        assert_eq!(run(863, (2, 3, 3), &[id(0, 2), id(0, 3)]), 0);
        // Without it there are too few, and no other group counts.
        assert_eq!(run(864, (2, 2, 2), &[id(0, 1), id(0, 2)]), DEPOSIT);
    }

    /// A seller alone in its group saves neither its reserve nor its shills.
    #[test]
    fn a_seller_alone_in_its_group_saves_nothing() {
        let rules =
            Rules { groups: vec![(1, 1, 1), (2, 2, 3)], reserve: Some(true), ..Rules::default() };
        let buyers = [id(1, 1), id(1, 2)];
        for (attesting, of_reserve, of_shill) in [
            (&[id(0, 1)][..], DEPOSIT, DEPOSIT),
            // The seller's own group does not count for its reserve, and is needed for another's bid.
            (&buyers, 0, DEPOSIT),
            (&[id(0, 1), buyers[0], buyers[1]], 0, 0),
        ] {
            let mut auction = Auction::open_with(870, &rules, |terms| {
                let mut groups = terms.quorum.clone().into_inner();
                let mut members = groups[0].members.clone().into_inner();
                members[0].signing = terms.seller;
                groups[0].members = List::new(members).unwrap();
                terms.quorum = List::new(groups).unwrap();
            });
            let signer = |who: KeyholderId| match who.group {
                0 => party("seller"),
                _ => seat(who),
            };
            for who in auction.ids() {
                auction.fund(key(&signer(who)), BOND);
                let deal = auction.deal_as(who, key(&signer(who)));
                auction.post(&signer(who), &Instruction::Deal(deal));
            }
            auction.begin_commits();
            auction.fund(key(&party("seller")), DEPOSIT);
            let (commit, reserve) = auction.commitment(0, &party("seller"), 3);
            auction.post(&party("seller"), &Instruction::Reserve(commit));
            let hidden = auction.commit(0, &bidder(0), 4);
            let shill = auction.commit(0, &bidder(1), 9);
            auction.reveal(&[hidden]);
            auction.slot = REVEALS + 1;
            tick(&mut auction);
            let mut missing = vec![reserve.id, shill.id];
            missing.sort();
            for who in [id(0, 1), buyers[0], buyers[1]] {
                let said = if attesting.contains(&who) { missing.clone() } else { vec![] };
                let endorsement = auction.endorsement(said);
                auction.post(&signer(who), &endorsement);
            }
            // Nobody acts in the ranking, and the lot is void.
            while auction.replay.lot_states()[0].ending.is_none() {
                pass(&mut auction);
            }
            // The seller was due, too: its bond is lost whatever becomes of its reserve.
            let lost = auction.account(&party("seller")).forfeited;
            assert_eq!(lost, BOND + of_reserve);
            assert_eq!(auction.account(&bidder(1)).forfeited, FEE + of_shill);
        }
    }

    /// Witnesses attest bids of keyholders' own making only where they are missing.
    #[test]
    fn k1_a_bid_that_is_not_missing() {
        let (mut auction, hidden) = at_reveals(871, &Rules::default(), &[3, 9]);
        auction.reveal(&hidden[..1]);
        auction.slot = REVEALS + 1;
        tick(&mut auction);
        let nobody = BidId { lot: 0, round: 0, bidder: key(&party("nobody")) };
        let bad = auction.endorsement(vec![nobody]);
        refuse(&auction, &seat(id(0, 1)), &bad, Check::EndorseHead);
    }
}

mod deadlines {
    use super::*;

    fn of_chunks(auction: &Auction) -> Vec<u64> {
        let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
        ranking.step.chunks.iter().map(|chunk| chunk.deadline).collect()
    }

    fn out(auction: &Auction) -> BTreeSet<KeyholderId> {
        auction.replay.lot_states()[0].excluded.clone()
    }

    /// A Gate step of three chunks, with a quorum of 3 of 5, at its first slot. A turn takes 13 slots.
    fn three_chunks(seed: u64) -> (Auction, u64) {
        let rules = Rules { groups: vec![(3, 3, 5)], chunk_items: 1, ..Rules::default() };
        let mut auction = at_ranking(seed, &rules, &[3, 9, 4]);
        until(&mut auction, is_gate);
        let start = auction.slot;
        assert_eq!(of_chunks(&auction), [start + 13; 3]);
        (auction, start)
    }

    #[test]
    fn an_act_gives_its_own_chunk_time_and_no_other() {
        let (mut auction, start) = three_chunks(880);
        auction.slot = start + 5;
        act(&mut auction, 1, id(0, 1));
        assert_eq!(of_chunks(&auction), [start + 13, start + 18, start + 13]);
        assert_eq!(auction.replay.next_deadline(), Some(start + 13));
        auction.slot = start + 13;
        act(&mut auction, 1, id(0, 2));
        auction.slot += 1;
        tick(&mut auction);
        // Who was due in the others is excluded, and whoever is due next has its time.
        assert_eq!(out(&auction), BTreeSet::from([id(0, 1)]));
        assert_eq!(of_chunks(&auction), [start + 27, start + 26, start + 27]);
    }

    /// A keyholder that posts one chunk at each deadline holds nothing up.
    #[test]
    fn drip() {
        let (mut auction, start) = three_chunks(881);
        auction.slot = start + 13;
        act(&mut auction, 0, id(0, 1));
        auction.slot = start + 14;
        let drop = auction.act(0, 1, id(0, 1));
        refuse(&auction, &seat(id(0, 1)), &drop, Check::RankActor);
    }

    #[test]
    fn a_chunk_whose_due_keyholder_was_put_out_by_another_gets_its_time_anew() {
        let (mut auction, start) = three_chunks(882);
        auction.slot = start + 5;
        act(&mut auction, 0, id(0, 1));
        auction.slot = start + 10;
        act(&mut auction, 1, id(0, 1));
        act(&mut auction, 2, id(0, 1));
        act(&mut auction, 2, id(0, 2));
        // Due: 2 until 18, 2 until 23, 3 until 23.
        assert_eq!(of_chunks(&auction), [start + 18, start + 23, start + 23]);
        auction.slot = start + 20;
        tick(&mut auction);
        assert_eq!(out(&auction), BTreeSet::from([id(0, 2)]));
        assert_eq!(of_chunks(&auction), [start + 33, start + 33, start + 23]);
        // And 3 is excluded by the third alone, though it is due in all.
        auction.slot = start + 24;
        tick(&mut auction);
        assert_eq!(out(&auction), BTreeSet::from([id(0, 2), id(0, 3)]));
        assert_eq!(of_chunks(&auction), [start + 37; 3]);
    }

    /// What is complete has no deadline.
    #[test]
    fn a_complete_chunk_is_not_late() {
        let rules = Rules { groups: vec![(1, 1, 3)], chunk_items: 1, ..Rules::default() };
        let mut auction = at_ranking(883, &rules, &[3, 9]);
        until(&mut auction, is_gate);
        let start = auction.slot;
        act(&mut auction, 0, id(0, 1));
        pass(&mut auction);
        assert_eq!(out(&auction), BTreeSet::from([id(0, 1)]));
        assert_eq!(auction.replay.next_deadline(), Some(start + 13 + 12));
        assert_eq!(of_chunks(&auction)[0], start + 12);
    }

    /// What is open to all times out for all, in every chunk that lacks acts.
    #[test]
    fn of_a_blind_in_chunks() {
        let rules =
            Rules { groups: vec![(2, 2, 4)], fan_out: 3, chunk_items: 1, ..Rules::default() };
        let mut auction = at_ranking(884, &rules, &[3, 9]);
        let start = auction.slot;
        assert_eq!(of_chunks(&auction), [start + 12; 3]);
        // Complete; short of one; nobody.
        auction.slot = start + 4;
        for (chunk, who) in [(0, 1), (0, 2), (1, 3)] {
            act(&mut auction, chunk, id(0, who));
        }
        assert_eq!(auction.replay.next_deadline(), Some(start + 12));
        let step = auction.chunk(0, 2);
        vouch(&mut auction, id(0, 1), step, &[id(0, 2), id(0, 3), id(0, 4)]);
        auction.slot = start + 13;
        tick(&mut auction);
        // 3 acted in one chunk and not in the other.
        let report = report(&auction.closed(), 2);
        assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Quorum)));
        assert_eq!(out(&auction), (1..=4).map(|member| id(0, member)).collect());
    }

    /// However late an instruction comes, it passes one deadline of a lot, and leaves the next its time.
    #[test]
    fn one_instruction_passes_one_deadline() {
        let mut auction = at_ranking(885, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        auction.slot = 1_000_000;
        tick(&mut auction);
        assert_eq!(out(&auction), BTreeSet::from([id(0, 1)]));
        assert_eq!(auction.replay.next_deadline(), Some(1_000_012));
        let early = auction.attempt(&party("anybody"), &Instruction::Tick);
        assert_eq!(early.failure.unwrap().check, Check::EnvelopePhase);
        // The next are in time.
        auction.slot = 1_000_011;
        auction.rank(&BTreeSet::from([id(0, 1)]));
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
    }

    /// Nor the end of reveals and that of endorsing.
    #[test]
    fn reveals_and_endorsing_do_not_end_together() {
        let (mut auction, hidden) = at_reveals(886, &Rules::default(), &[3, 9]);
        auction.reveal(&hidden[..1]);
        auction.slot = 5_000;
        tick(&mut auction);
        assert_eq!(auction.replay.phase().name(), "Endorsing");
        assert_eq!(auction.replay.next_deadline(), Some(5_010));
        auction.slot = 5_010;
        auction.endorse(&[]);
        assert_eq!(auction.replay.phase().name(), "Ranking");
        // Nor does it pass the end of commits and that of reveals.
        let mut auction = at_commits(887, &Rules::default());
        auction.commit(0, &bidder(0), 3);
        auction.slot = COMMITS + 1_000;
        tick(&mut auction);
        assert_eq!(auction.replay.phase().name(), "Reveals");
        let slots = REVEALS - COMMITS;
        assert_eq!(auction.replay.next_deadline(), Some(COMMITS + 999 + slots));
    }

    /// Deadlines are sums that saturate.
    #[test]
    fn the_last_slot_of_all() {
        let mut auction = at_ranking(888, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        auction.slot = u64::MAX;
        tick(&mut auction);
        assert_eq!(auction.replay.next_deadline(), Some(u64::MAX));
        let step = auction.chunk(0, 0);
        vouch(&mut auction, id(0, 3), step, &[id(0, 2)]);
        let early = auction.attempt(&party("anybody"), &Instruction::Tick);
        assert_eq!(early.failure.unwrap().check, Check::EnvelopePhase);
    }
}
