//! What the tools say about terms that are valid and leave something open.

use talea_protocol::{
    caution::{Caution, cautions},
    limits::MAX_ROUNDS,
    price::Rung,
    terms::{Depth, Disclosure},
};
use talea_sim::play::{BidPlan, Seat};
use talea_tests::Small;

/// The codes of the cautions about `threshold` of `members` with this many endorsements.
fn codes(threshold: u16, members: usize, endorsements: u16) -> Vec<&'static str> {
    let mut terms =
        Small { groups: vec![(threshold, vec![Seat::Own; members])], ..Small::default() }.terms();
    let mut groups = terms.quorum.to_vec();
    groups[0].endorsements = endorsements;
    terms.quorum = talea_tests::list(groups);
    cautions(&terms).iter().map(Caution::code).collect()
}

#[test]
fn a_group_without_members_to_spare_is_named() {
    assert_eq!(codes(2, 2, 2), ["quorum.veto"]);
    assert_eq!(codes(1, 1, 1), ["quorum.veto"]);
    assert_eq!(codes(3, 5, 4), [""; 0]);
}

#[test]
fn too_few_endorsements_are_those_with_which_two_heads_can_be_endorsed() {
    // All pairs of sets of endorsers, as bit masks, against the formula.
    for members in 1..=6u32 {
        for threshold in 1..=members {
            for endorsements in threshold..=members {
                let sets: Vec<u32> =
                    (0..1u32 << members).filter(|set| set.count_ones() == endorsements).collect();
                // Fewer than the threshold are dishonest: a larger intersection has an honest one.
                let split =
                    sets.iter().any(|a| sets.iter().any(|b| (a & b).count_ones() < threshold));
                let codes = codes(threshold as u16, members as usize, endorsements as u16);
                let cautioned = codes.contains(&"quorum.split-endorsement");
                assert_eq!(cautioned, split, "{threshold} of {members}, {endorsements} endorse");
            }
        }
    }
}

#[test]
fn bids_that_cost_nothing_are_named_where_anybody_may_bid() {
    let of = |small: Small| -> Vec<&'static str> {
        cautions(&small.terms()).iter().map(Caution::code).collect()
    };
    let small = Small { groups: vec![(3, vec![Seat::Own; 5])], ..Small::default() };
    let split = "quorum.split-endorsement";
    assert_eq!(of(Small { stakes: (0, 0, 0), ..small.clone() }), [split, "stakes.free-bids"]);
    assert_eq!(of(Small { stakes: (0, 0, 0), listed: true, ..small.clone() }), [split]);
    assert_eq!(of(small), [split]);
}

/// A single bid among others that stand, through every bucket of the ladder: with as many rounds as the
/// caution asks for it never sees the last one, with one less it does.
#[test]
fn rounds_whose_last_one_a_single_bid_can_reach_are_named() {
    // Eight rungs as four buckets of two. The leader stands in the highest.
    for (limit, reaches) in [(4, true), (5, true), (6, false), (7, false)] {
        let small = Small {
            groups: vec![(2, vec![Seat::Own; 3])],
            lots: vec![(8, vec![2, 1])],
            bidders: 2,
            disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
            rounds: Some((limit, false)),
            ..Small::default()
        };
        let mut plan = small.plan(&[&[7, 0]]);
        let rung = |bucket: u32| Rung(2 * bucket);
        let creeping = (1..4).map(|bucket| BidPlan {
            lot: 0,
            bidder: 1,
            rung: rung(bucket),
            conduct: Default::default(),
        });
        plan.rounds = creeping.map(|bid| vec![bid]).take(limit as usize - 1).collect();
        let (played, _) = small.play(&plan);
        assert_eq!(played.auction.round() + 1 == limit, reaches, "{limit} rounds");
        let codes: Vec<&str> = cautions(&plan.terms).iter().map(Caution::code).collect();
        assert_eq!(codes.contains(&"rounds.known-last"), reaches, "{limit} rounds");
        assert!(!codes.contains(&"rounds.cover"));
    }
    let small = Small {
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((2, true)),
        ..Small::default()
    };
    assert!(cautions(&small.terms()).contains(&Caution::CoverBetweenRounds));
}

#[test]
fn a_caution_says_what_to_do() {
    let sentences: Vec<String> =
        cautions(&Small::default().terms()).iter().map(ToString::to_string).collect();
    assert_eq!(
        sentences,
        ["group group 0 endorses with 2: unless the runtime has finality, a board and dishonest \
          members fewer than the threshold can have two bid sets endorsed, and compare them; 3 \
          endorsements exclude it"]
    );
}

#[test]
fn no_caution_asks_for_more_rounds_than_there_may_be() {
    for bits in 1..=10u8 {
        let small = Small {
            lots: vec![(1 << bits, vec![bits])],
            disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 9 }) },
            rounds: Some((3, false)),
            ..Small::default()
        };
        let cautions = cautions(&small.terms());
        let of_rounds = |caution: &&Caution| caution.code() == "rounds.known-last";
        let sentence = cautions.iter().find(of_rounds).unwrap().to_string();
        let advice = match (1usize << bits) + 2 {
            limit if limit <= MAX_ROUNDS => format!("with a limit of {limit} no single bid can"),
            _ => "with a first digit of 62 values, and the highest limit, none can".into(),
        };
        assert!(sentence.ends_with(&advice), "{bits} bits: {sentence}");
    }
}
