//! What the tools say about terms that are valid and leave something open.

use talea_protocol::caution::{Caution, cautions};
use talea_sim::play::Seat;
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
