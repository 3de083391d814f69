//! K14 and K15: a keyholder's word for others whose posts a board does not take.

use super::refuses;
use talea_contract::{Due, Phase, Task};
use talea_protocol::{
    bytes::Digest,
    instruction::Instruction,
    quorum::KeyholderId,
    ranking::{Duty, Vouch},
};
use talea_sim::simulate::Seat;
use talea_tests::{Small, harness::Harness, list};

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

/// Two lots under `[2 of 4] and [1 of 2]`, of which the second lot has no bids. The last member of the
/// first group never deals. Endorsing has begun, with a tick.
fn endorsing(chunk_items: u16) -> Harness {
    let small = Small {
        groups: vec![(2, vec![Seat::Own; 4]), (1, vec![Seat::Own; 2])],
        lots: vec![(16, vec![1, 3]); 2],
        chunk_items,
        ..Small::default()
    };
    let mut harness = Harness::open(&small, &small.terms());
    harness.fund_everybody();
    harness.candidates.remove(3);
    harness.deal();
    harness.finish_ceremony();
    let reveals = [(0, 5), (1, 2)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.commit(2, 0, 1);
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness
}

/// The first step: blindings, for which all are wanted side by side.
fn side_by_side(chunk_items: u16) -> Harness {
    let mut harness = endorsing(chunk_items);
    harness.act_until(Phase::Ranking);
    assert_eq!(harness.auction().duties(), [Duty::Chunk { lot: 0, step: 0, chunk: 0 }]);
    harness
}

/// A step of gates, which are taken in turn.
fn in_turn() -> Harness {
    let mut harness = side_by_side(512);
    harness.act_until_gates();
    harness
}

/// What a keyholder at this place says for these on what is due.
fn vouch(harness: &Harness, place: usize, heard: &[KeyholderId]) -> Vec<u8> {
    vouch_altered(harness, place, heard, |_| ())
}

fn vouch_altered(
    harness: &Harness,
    place: usize,
    heard: &[KeyholderId],
    alter: impl FnOnce(&mut Vouch),
) -> Vec<u8> {
    let auction = harness.auction();
    let (round, head, duty) = (auction.round(), auction.endorsed_head(), auction.duties()[0]);
    let mut vouch = Vouch { round, head, duty, heard: list(heard.to_vec()) };
    alter(&mut vouch);
    harness.sign(harness.keyholders[place].party(), &Instruction::Vouch(vouch))
}

/// The check that refuses these bytes; nothing if they are accepted.
fn verdict(harness: &Harness, bytes: &[u8]) -> Option<&'static str> {
    let answer = harness.auction().clone().apply(harness.slot, bytes);
    answer.err().map(|_| refuses(harness, bytes))
}

/// The same of the first keyholder's word for these.
fn says(harness: &Harness, heard: &[KeyholderId]) -> Option<&'static str> {
    verdict(harness, &vouch(harness, 0, heard))
}

#[test]
fn k14_a_vouch_names_the_round_the_head_and_the_duty() {
    for (harness, place, heard) in
        [(endorsing(512), 0, id(0, 2)), (side_by_side(512), 0, id(0, 2)), (in_turn(), 1, id(0, 1))]
    {
        let auction = harness.auction();
        let with = |alter: &dyn Fn(&mut Vouch)| {
            verdict(&harness, &vouch_altered(&harness, place, &[heard], |vouch| alter(vouch)))
        };
        assert_eq!(with(&|_| ()), None);
        assert_eq!(with(&|vouch| vouch.round = 1), Some("K14"));
        assert_eq!(with(&|vouch| vouch.round = u32::MAX), Some("K14"));
        assert_eq!(with(&|vouch| vouch.head.0[31] ^= 1), Some("K14"));
        assert_eq!(with(&|vouch| vouch.head = Digest([0; 32])), Some("K14"));
        let current = auction.head();
        assert_ne!(current, auction.endorsed_head());
        assert_eq!(with(&|vouch| vouch.head = current), Some("K14"), "it has moved since");
        for duty in [
            Duty::Endorsement,
            Duty::Chunk { lot: 0, step: 0, chunk: 0 },
            Duty::Chunk { lot: 0, step: 1, chunk: 0 },
            Duty::Chunk { lot: 0, step: u32::MAX, chunk: 0 },
            Duty::Chunk { lot: 1, step: 0, chunk: 0 },
            Duty::Chunk { lot: 2, step: 0, chunk: 0 },
            Duty::Chunk { lot: u32::MAX, step: 0, chunk: 0 },
        ] {
            if auction.duties() != [duty] {
                assert_eq!(with(&|vouch| vouch.duty = duty), Some("K14"), "{duty:?}");
            }
        }
    }
}

#[test]
fn k14_others_are_named_ascending_and_at_least_one() {
    for harness in [endorsing(512), side_by_side(512)] {
        let [own, second, third, other] = [id(0, 1), id(0, 2), id(0, 3), id(1, 2)];
        assert_eq!(says(&harness, &[second]), None);
        assert_eq!(says(&harness, &[second, third, other]), None);
        assert_eq!(says(&harness, &[]), Some("K14"));
        assert_eq!(says(&harness, &[own]), Some("K14"), "itself");
        assert_eq!(says(&harness, &[own, second]), Some("K14"), "itself among others");
        assert_eq!(says(&harness, &[third, second]), Some("K14"));
        assert_eq!(says(&harness, &[other, second]), Some("K14"));
        assert_eq!(says(&harness, &[second, second]), Some("K14"), "strictly");
    }
}

#[test]
fn k14_only_keyholders_are_vouched_for() {
    for harness in [endorsing(512), side_by_side(512)] {
        // Never dealt; no such member; no such group.
        for nobody in [id(0, 4), id(0, 0), id(0, 5), id(1, 3), id(2, 1), id(u16::MAX, u16::MAX)] {
            assert_eq!(says(&harness, &[nobody]), Some("K14"), "{nobody}");
            let mut heard = [id(0, 2), nobody];
            heard.sort();
            assert_eq!(says(&harness, &heard), Some("K14"), "{nobody} among others");
        }
    }
}

#[test]
fn k14_who_has_endorsed_or_is_not_wanted_needs_no_vouch() {
    let mut harness = endorsing(512);
    assert!(harness.act(1));
    assert_eq!(says(&harness, &[id(0, 2)]), Some("K14"), "it has endorsed");
    assert_eq!(says(&harness, &[id(0, 3)]), None);
    assert_eq!(says(&harness, &[id(0, 2), id(0, 3)]), Some("K14"), "one of them has");
    assert!(harness.act(0));
    assert_eq!(says(&harness, &[id(0, 3)]), Some("K14"), "its group has what it wants");
    // Whoever has endorsed may speak for the other group.
    assert_eq!(says(&harness, &[id(1, 1), id(1, 2)]), None);
}

#[test]
fn k14_who_has_acted_or_is_not_wanted_needs_no_vouch() {
    let mut harness = side_by_side(512);
    assert!(harness.act(1));
    assert_eq!(says(&harness, &[id(0, 2)]), Some("K14"), "it has acted");
    assert_eq!(says(&harness, &[id(0, 3)]), None);
    assert!(harness.act(0));
    assert_eq!(says(&harness, &[id(0, 3)]), Some("K14"), "its group has acted");
    assert_eq!(says(&harness, &[id(1, 1), id(1, 2)]), None);
}

#[test]
fn k14_each_chunk_is_a_duty_of_its_own() {
    let mut harness = side_by_side(1);
    let is_aside =
        |due: &Due| matches!(due, Due::Rank { task: Task::Blind(_) | Task::Decrypt { .. }, .. });
    let chunks = |harness: &Harness| {
        harness.auction().dues(id(0, 2)).iter().filter(|due| is_aside(due)).count()
    };
    while chunks(&harness) < 2 {
        assert!((0..5).any(|place| harness.act(place)), "somebody is due");
    }
    let duties = harness.auction().duties();
    for (at, post) in harness.posts(1, &[]).into_iter().enumerate() {
        for (chunk, duty) in duties.iter().enumerate() {
            let word = vouch_altered(&harness, 0, &[id(0, 2)], |vouch| vouch.duty = *duty);
            let expected = (chunk < at).then_some("K14");
            assert_eq!(verdict(&harness, &word), expected, "chunk {chunk} after {at} posts");
        }
        harness.submit(&post);
    }
    let word = vouch(&harness, 0, &[id(0, 2)]);
    assert_eq!(verdict(&harness, &word), Some("K14"));
}

#[test]
fn k14_in_a_chain_only_whose_turn_it_is_is_due() {
    let mut harness = in_turn();
    let word =
        |harness: &Harness, place: usize, heard| verdict(harness, &vouch(harness, place, &[heard]));
    assert_eq!(word(&harness, 1, id(0, 1)), None);
    for not_due in [id(0, 3), id(1, 1), id(1, 2)] {
        assert_eq!(word(&harness, 1, not_due), Some("K14"), "{not_due}");
    }
    assert_eq!(word(&harness, 1, id(0, 2)), Some("K14"), "itself, and not due either");
    // The deadline passes: it is excluded, and the next is due.
    harness.pass();
    assert!(harness.auction().is_excluded(0, id(0, 1)));
    assert_eq!(word(&harness, 2, id(0, 1)), Some("K14"), "it is excluded");
    assert_eq!(word(&harness, 2, id(0, 2)), None);
    assert_eq!(word(&harness, 0, id(0, 2)), None, "who is excluded speaks for others");
    assert!(harness.act(1));
    assert_eq!(word(&harness, 2, id(0, 2)), Some("K14"), "it has taken its turn");
    assert_eq!(word(&harness, 0, id(0, 3)), None);
}

#[test]
fn k14_is_asked_when_the_deadlines_before_have_passed() {
    // What would be right in the last slot is not in the next.
    let mut harness = in_turn();
    let first = vouch(&harness, 1, &[id(0, 1)]);
    harness.slot = harness.auction().deadline().expect("it is ranked");
    assert_eq!(verdict(&harness, &first), None);
    harness.slot += 1;
    assert_eq!(verdict(&harness, &first), Some("K14"));
    let second = vouch(&harness, 2, &[id(0, 2)]);
    assert_eq!(verdict(&harness, &second), None);
}

#[test]
fn k15_a_keyholder_vouches_once_for_each_on_a_duty() {
    for mut harness in [endorsing(512), side_by_side(512)] {
        let first = vouch(&harness, 0, &[id(0, 2)]);
        harness.submit(&first);
        assert_eq!(refuses(&harness, &first), "K15");
        assert_eq!(says(&harness, &[id(0, 2), id(0, 3)]), Some("K15"), "one of them is new");
        assert_eq!(says(&harness, &[id(0, 3)]), None);
        // Others say the same, and the one who was heard says it of its voucher.
        assert_eq!(verdict(&harness, &vouch(&harness, 2, &[id(0, 2)])), None);
        assert_eq!(verdict(&harness, &vouch(&harness, 1, &[id(0, 1)])), None);
    }
}

#[test]
fn k15_another_duty_is_another_word() {
    // The same word of the same for the same, on the endorsement and on two steps.
    let mut harness = endorsing(512);
    for _ in 0..2 {
        let word = vouch(&harness, 0, &[id(0, 2)]);
        harness.submit(&word);
        assert_eq!(refuses(&harness, &word), "K15");
        let duty = harness.auction().duties();
        while harness.auction().duties() == duty {
            assert!([0, 2, 3].into_iter().any(|place| harness.act(place)), "they are enough");
        }
    }
    let word = vouch(&harness, 0, &[id(0, 2)]);
    assert_eq!(verdict(&harness, &word), None);
}

#[test]
fn k14_comes_before_k15() {
    let mut harness = side_by_side(512);
    let word = vouch(&harness, 0, &[id(0, 2)]);
    harness.submit(&word);
    assert!(harness.act(1));
    assert_eq!(refuses(&harness, &word), "K14", "twice, and not due any more");
}

#[test]
fn e3_only_keyholders_vouch() {
    for harness in [endorsing(512), side_by_side(512)] {
        let (_, instruction) = talea_tests::replay::opened(&vouch(&harness, 0, &[id(0, 2)]));
        let terms = harness.auction().terms();
        let never_dealt = terms.quorum[0].members[3].signing;
        for party in [harness.bidder(0), terms.seller, terms.custodian, never_dealt] {
            assert_eq!(refuses(&harness, &harness.sign(party, &instruction)), "E3");
        }
    }
}

#[test]
fn e4_vouches_are_taken_from_the_endorsements_on() {
    let small = Small { groups: vec![(2, vec![Seat::Own; 3])], ..Small::default() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let word = |harness: &Harness, duty| {
        let (round, head) = (0, harness.auction().head());
        let vouch = Vouch { round, head, duty, heard: list(vec![id(0, 2)]) };
        let bytes = harness.sign(harness.keyholders[0].party(), &Instruction::Vouch(vouch));
        verdict(harness, &bytes)
    };
    for phase in [Phase::Commits, Phase::Reveals] {
        assert_eq!(harness.auction().phase(), phase);
        for duty in [Duty::Endorsement, Duty::Chunk { lot: 0, step: 0, chunk: 0 }] {
            assert_eq!(word(&harness, duty), Some("E4"), "{phase:?}");
        }
        if phase == Phase::Commits {
            harness.commit(0, 0, 3);
            harness.pass();
        }
    }
}
