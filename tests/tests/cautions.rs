//! What the tools say about terms that are valid and leave something open.

use std::collections::BTreeSet;
use talea_cli::{board::clock::BoardTerms, book::Book, terms::in_words};
use talea_protocol::{
    bytes::PartyKey,
    caution::{Caution, cautions},
    limits::{MAX_BIDS_PER_LOT, MAX_ROUNDS},
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Account, ReserveResult},
    price::Level,
    quorum::Group,
    terms::{Admission, Depth, Disclosure, Reserve, Terms, Ties},
};
use talea_sim::simulate::{BidPlan, ReservePlan, Seat};
use talea_tests::{Small, harness::Harness, replay::edit, text};

/// Terms for listed bidders with a group of `threshold` of `members`, so many of whom endorse.
fn terms(threshold: u16, members: usize, endorsements: u16) -> Terms {
    let groups = vec![(threshold, vec![Seat::Own; members])];
    let mut terms = Small { groups, listed: true, ..Small::default() }.terms();
    edit(&mut terms.quorum, |groups| groups[0].endorsements = endorsements);
    terms
}

fn codes_of(terms: &Terms) -> Vec<&'static str> {
    cautions(terms).iter().map(Caution::code).collect()
}

/// The codes of the cautions about `threshold` of `members` with this many endorsements.
fn codes(threshold: u16, members: usize, endorsements: u16) -> Vec<&'static str> {
    codes_of(&terms(threshold, members, endorsements))
}

/// The cautions about terms with one thing altered that have nothing else to caution about.
fn altered(alter: impl FnOnce(&mut Terms)) -> Vec<&'static str> {
    let mut terms = terms(3, 5, 4);
    assert_eq!(cautions(&terms), []);
    alter(&mut terms);
    codes_of(&terms)
}

// ---- the quorum ----

#[test]
fn a_group_without_members_to_spare_is_named() {
    assert_eq!(codes(2, 2, 2), ["quorum.veto"]);
    assert_eq!(codes(1, 1, 1), ["quorum.veto", "quorum.lone-witness"]);
    assert_eq!(codes(3, 5, 4), [""; 0]);
    // All must endorse: also where a threshold of them is enough to rank.
    assert_eq!(codes(2, 3, 3), ["quorum.veto"]);
    assert_eq!(codes(3, 4, 4), ["quorum.veto"]);
    assert_eq!(codes(3, 5, 5), [""; 0], "four are enough");
    assert_eq!(codes(2, 4, 4), [""; 0], "three are enough");
}

/// A group is named if and only if some single member can void by staying away, from endorsing or from ranking.
#[test]
fn one_member_has_a_veto_where_all_are_needed_to_rank_or_to_endorse() {
    for members in 1..=8usize {
        for threshold in 1..=members {
            for asked in threshold..=members {
                // The least number of which any two sets share a threshold, found by counting down.
                let sharing = (threshold..=members).find(|e| 2 * e >= members + threshold).unwrap();
                let wanted = asked.min(sharing);
                let terms = terms(threshold as u16, members, asked as u16);
                let group = &terms.quorum[0];
                assert_eq!(group.endorsements_wanted(members), wanted);
                let expected = (wanted == members).then(|| Caution::Veto {
                    group: group.name.clone(),
                    members,
                    for_ranking: threshold == members,
                });
                let is_veto = |caution: &Caution| matches!(caution, Caution::Veto { .. });
                let found = cautions(&terms).into_iter().find(is_veto);
                assert_eq!(found, expected, "{threshold} of {members}, {asked} asked");
            }
        }
    }
}

#[test]
fn a_witness_whose_one_word_is_enough_is_named() {
    let of = |threshold, members, is_witness| {
        let mut terms = terms(threshold, members, members as u16);
        // Another group, so that there is a witness in any case.
        edit(&mut terms.quorum, |groups| {
            groups.push(terms_of_another());
            groups[0].is_witness = is_witness;
        });
        codes_of(&terms).contains(&"quorum.lone-witness")
    };
    for members in 1..=4 {
        assert!(of(1, members, true), "1 of {members}");
        assert!(!of(1, members, false), "1 of {members} who are no witnesses");
    }
    assert!(!of(2, 2, true) && !of(2, 3, true));
    // Whether something is at stake or not: it is the group's word that counts.
    let mut lone = terms(1, 3, 2);
    lone.stakes.deposit = 0;
    assert_eq!(codes_of(&lone), ["quorum.lone-witness"]);
}

/// A group about which nothing is to be said.
fn terms_of_another() -> Group {
    Group { name: text("others"), ..terms(3, 5, 4).quorum[0].clone() }
}

#[test]
fn a_deposit_that_nobody_witnesses_is_named() {
    let with = |deposit, witnesses: [bool; 2]| {
        altered(|terms| {
            terms.stakes.deposit = deposit;
            edit(&mut terms.quorum, |groups| {
                groups.push(terms_of_another());
                for (group, is_witness) in groups.iter_mut().zip(witnesses) {
                    group.is_witness = is_witness;
                }
            });
        })
    };
    assert_eq!(with(1, [false, false]), ["quorum.no-witness"]);
    for witnesses in [[true, false], [false, true], [true, true]] {
        assert_eq!(with(1, witnesses), [""; 0], "{witnesses:?}");
    }
    assert_eq!(with(0, [false, false]), [""; 0], "there is nothing to lose");
}

#[test]
fn witnesses_without_a_margin_are_named() {
    let with = |deposit, is_witness, witness_slots| {
        altered(|terms| {
            terms.stakes.deposit = deposit;
            terms.schedule.witness_slots = witness_slots;
            edit(&mut terms.quorum, |groups| groups[0].is_witness = is_witness);
        })
    };
    assert_eq!(with(1, true, 0), ["quorum.no-margin"]);
    assert_eq!(with(1, true, 1), [""; 0]);
    assert_eq!(with(1, false, 0), ["quorum.no-witness"], "nobody attests anything");
    assert_eq!(with(0, true, 0), [""; 0], "there is nothing to save");
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

// ---- where anybody may bid ----

#[test]
fn what_anybody_may_do_with_many_keys_is_named_where_there_is_no_list() {
    const FIRST_PRICE: Mechanism = Mechanism::FirstPrice;
    const SECOND_PRICE: Mechanism = Mechanism::SECOND_PRICE;
    let with = |mechanism, ties, deposit, is_open| {
        altered(|terms| {
            (terms.mechanism, terms.ties, terms.stakes.deposit) = (mechanism, ties, deposit);
            if is_open {
                terms.admission = Admission::Open;
            }
        })
    };
    let [shills, last, free, room] =
        ["mechanism.shills", "ties.last-reveal", "stakes.free-bids", "stakes.crowding-out"];
    let [earliest, lottery] = [Ties::EarliestCommit, Ties::Lottery];
    assert_eq!(with(FIRST_PRICE, earliest, 1, true), [room]);
    assert_eq!(with(FIRST_PRICE, earliest, 0, true), [free, room]);
    assert_eq!(with(FIRST_PRICE, lottery, 1, true), [last, room]);
    assert_eq!(with(SECOND_PRICE, earliest, 1, true), [shills, room]);
    assert_eq!(with(SECOND_PRICE, lottery, 0, true), [shills, last, free, room]);
    // Who is on a list is known to be somebody.
    for mechanism in [FIRST_PRICE, SECOND_PRICE] {
        for ties in [earliest, lottery] {
            for deposit in [0, 1] {
                assert_eq!(with(mechanism, ties, deposit, false), [""; 0]);
            }
        }
    }
}

/// What one party pays in fees who makes all the bids that a lot takes, and what it has at stake
/// meanwhile: as the caution says, and as the money shows when it does so.
#[test]
fn the_price_of_all_the_room_of_a_lot_is_told_to_the_unit() {
    for (room, (deposit, fee, growth), fees) in [
        (1, (100, 1, 7), 1),
        (2, (100, 1, 7), 1 + 8),
        (3, (5, 2, 1), 2 + 3 + 4),
        (4, (100, 0, 3), 3 + 6 + 9),
        (4, (100, 9, 0), 36),
    ] {
        let small = Small { bidders: 4, stakes: (deposit, 30, fee), ..Small::default() };
        let mut terms = small.terms();
        (terms.max_bids_per_lot, terms.stakes.fee_growth) = (room, growth);
        let told = cautions(&terms);
        let deposits = u64::from(room) * deposit;
        assert!(told.contains(&Caution::CrowdingOut { room, fees, deposits }), "{told:?}");

        let mut harness = Harness::at_commits(&small, &terms);
        let bidders: Vec<PartyKey> =
            (0..room as usize).map(|index| harness.bidder(index)).collect();
        for index in 0..bidders.len() {
            harness.commit(index, 0, 1);
        }
        let accounts = harness.auction().accounts();
        let of = |field: fn(&Account) -> u64| -> u64 {
            accounts.iter().filter(|a| bidders.contains(&a.party)).map(field).sum()
        };
        assert_eq!((of(|a| a.forfeited), of(|a| a.locked)), (fees, deposits));
    }
}

#[test]
fn the_price_of_all_the_room_does_not_overflow() {
    let mut terms = Small::default().terms();
    terms.max_bids_per_lot = MAX_BIDS_PER_LOT;
    terms.stakes.deposit = u64::MAX / 2;
    terms.stakes.fee_growth = u64::MAX / 2 / u64::from(MAX_BIDS_PER_LOT);
    let (room, all) = (MAX_BIDS_PER_LOT, u64::MAX);
    let expected = Caution::CrowdingOut { room, fees: all, deposits: all };
    assert!(cautions(&terms).contains(&expected));
}

// ---- what is shown ----

#[test]
fn a_reserve_that_is_opened_although_it_is_not_to_be_is_named() {
    let with = |disclosure, opened: Option<bool>| {
        altered(|terms| {
            terms.disclosure = disclosure;
            terms.reserve = opened.map(|opened| Reserve { until: 25, opened });
        })
    };
    assert_eq!(with(Disclosure::Everything, Some(false)), ["disclosure.opened-reserve"]);
    assert_eq!(with(Disclosure::Everything, Some(true)), [""; 0], "as the terms say");
    assert_eq!(with(Disclosure::Everything, None), [""; 0]);
    assert_eq!(with(Disclosure::WINNER_AND_PRICE, Some(false)), [""; 0]);
    // So it is.
    for disclosure in [Disclosure::Everything, Disclosure::WINNER_AND_PRICE] {
        for opened in [false, true] {
            let small = Small { disclosure, reserve: Some(opened), ..Small::default() };
            let mut plan = small.plan(&[&[1, 3, 2]]);
            plan.reserves = vec![ReservePlan { lot: 0, level: Level(2), is_revealed: true }];
            let (simulated, _) = small.simulate(&plan);
            let is_opened = matches!(simulated.outcome.lots[0].reserve, ReserveResult::Opened(_));
            assert_eq!(is_opened, plan.terms.opens_reserves(), "{disclosure:?}, {opened}");
            // And in the words in which the terms are read.
            let board = BoardTerms { key: plan.terms.seller, starts: 0, slot: 100 };
            plan.terms.domain = board.domain().unwrap();
            let words = in_words(&plan.terms, &Book::default()).unwrap();
            assert_eq!(words.contains("opened at the end"), is_opened, "{words}");
            assert_eq!(words.contains("never opened"), !is_opened, "{words}");
        }
    }
}

#[test]
fn a_depth_that_shows_single_losers_is_named() {
    for (mechanism, sufficient) in [
        (Mechanism::FirstPrice, 4),
        (Mechanism::UniformPrice { units: 1 }, 4),
        (Mechanism::UniformPrice { units: 5 }, 8),
    ] {
        let with = |min_bids, cover| {
            altered(|terms| {
                terms.mechanism = mechanism;
                terms.disclosure = Disclosure::Facts { cover, depth: Some(Depth { min_bids }) };
            })
        };
        assert_eq!(with(sufficient - 1, false), ["disclosure.narrow-depth"]);
        assert_eq!(with(sufficient, false), [""; 0]);
        assert_eq!(with(sufficient, true), ["disclosure.depth-with-cover"]);
    }
    let cover = Disclosure::Facts { cover: true, depth: None };
    assert_eq!(altered(|terms| terms.disclosure = cover), [""; 0]);
}

// ---- markets and surveys ----

#[test]
fn what_a_market_or_a_survey_leaves_open_is_named() {
    let with = |mechanism, is_open| {
        altered(|terms| {
            terms.mechanism = mechanism;
            if is_open {
                terms.admission = Admission::Open;
            }
        })
    };
    let public = |most| Curve { steps: 1, quantities: Quantities::Public { most } };
    let sealed = Curve { steps: 1, quantities: Quantities::Sealed { bits: 2 } };
    let curves =
        |curve, pricing, comparisons| Mechanism::Curves { curve, pricing, least: 1, comparisons };
    let two_sided = |curve, rule, comparisons| Mechanism::TwoSided { curve, rule, comparisons };
    let survey =
        |min_answers, bin_levels| Mechanism::Survey { min_answers, bin_levels, squares: false };
    let [quantities, excess, surplus] =
        ["mechanism.public-quantities", "mechanism.opened-excess", "mechanism.surplus"];
    let [few, single] = ["survey.few-answers", "survey.single-bins"];
    let [shills, sides, many, room] =
        ["mechanism.shills", "mechanism.both-sides", "survey.many-answers", "stakes.crowding-out"];
    let [hidden, opened] = [Comparisons::Hidden, Comparisons::Opened];
    let cases: [(Mechanism, &[&str], Option<&str>); 10] = [
        (curves(public(1), Pricing::Uniform, hidden), &[], Some(shills)),
        (curves(public(2), Pricing::Uniform, hidden), &[quantities], Some(shills)),
        (curves(public(2), Pricing::PayAsBid, opened), &[quantities, excess], None),
        (curves(sealed, Pricing::PayAsBid, hidden), &[], None),
        (two_sided(sealed, ClearingRule::Middle, opened), &[excess], Some(sides)),
        (two_sided(public(1), ClearingRule::TradeReduction, hidden), &[surplus], Some(sides)),
        (survey(9, 2), &[few], Some(many)),
        (survey(10, 2), &[], Some(many)),
        (survey(10, 1), &[single], Some(many)),
        (survey(2, 1), &[few, single], Some(many)),
    ];
    for (mechanism, whoever, of_many_keys) in cases {
        assert_eq!(with(mechanism, false), whoever, "{mechanism:?}");
        let open: Vec<&str> = whoever.iter().copied().chain(of_many_keys).chain([room]).collect();
        assert_eq!(with(mechanism, true), open, "{mechanism:?}");
    }
}

// ---- rounds ----

/// A single bid among others that stand, through every bucket of the grid: with as many rounds as the
/// caution asks for it never sees the last one, with one less it does.
#[test]
fn rounds_whose_last_one_a_single_bid_can_reach_are_named() {
    // Eight levels as four buckets of two. The leader stands in the highest.
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
        let level = |bucket: u32| Level(2 * bucket);
        let creeping = (1..4).map(|bucket| BidPlan {
            lot: 0,
            bidder: 1,
            level: level(bucket),
            conduct: Default::default(),
        });
        plan.rounds = creeping.map(|bid| vec![bid]).take(limit as usize - 1).collect();
        let (simulated, _) = small.simulate(&plan);
        assert_eq!(simulated.auction.round() + 1 == limit, reaches, "{limit} rounds");
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
    let told = |terms: &Terms| -> Vec<String> {
        cautions(terms).iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told(&Small::default().terms()),
        [
            "group group 0 attests with its first 2 endorsements: a member that endorses early and \
             attests nothing prevents every attestation, and a member that bids cannot be attested; ask \
             for one endorsement more",
            "group group 0 needs 2 endorsements: unless the runtime has finality, a board and fewer \
             dishonest members than the threshold can get two sets of bids endorsed, and compare them; \
             3 endorsements exclude this",
            "anybody may bid, and a lot takes 500 bids: one party can make all of them and keep others \
             out, for 500 in fees and 50000 in deposits that come back; a fee that grows as a lot \
             fills, or a list of bidders, prevents this"
        ]
    );
    let mut unwitnessed = terms(2, 3, 3);
    edit(&mut unwitnessed.quorum, |groups| groups[0].is_witness = false);
    assert_eq!(
        told(&unwitnessed),
        [
            "group group 0 needs all of its members to endorse: each member can void every lot by not \
             endorsing, and loses its bonds",
            "no group is a witness: a bidder whose reveal the board drops loses its deposit"
        ]
    );
    let mut alone = terms(1, 1, 1);
    alone.schedule.witness_slots = 0;
    assert_eq!(
        told(&alone),
        [
            "group group 0 needs all of its members to decrypt: its one member can void a lot by \
             staying away, even after the first digits of its price are known",
            "group group 0 is a witness with a threshold of 1: if the other witnesses agree, any one \
             member decides whose deposit is saved",
            "witnesses attest even what they receive in the last slot: a bidder can hand its bid to \
             them alone when the board can no longer take it, and so withdraw it without losing its \
             deposit"
        ]
    );
}

#[test]
fn no_two_cautions_have_one_code() {
    let group = text("g");
    let all = [
        Caution::Veto { group: group.clone(), members: 1, for_ranking: true },
        Caution::LoneWitness { group: group.clone() },
        Caution::ScarceWitness { group: group.clone(), endorsements: 2 },
        Caution::NoWitness,
        Caution::NoMargin,
        Caution::SplitEndorsement { group, endorsements: 2, sufficient: 3 },
        Caution::NarrowDepth { min_bids: 1, sufficient: 4 },
        Caution::DepthWithCover,
        Caution::OpenedReserve,
        Caution::CoverBetweenRounds,
        Caution::KnownLastRound { limit: 2, sufficient: 6 },
        Caution::Shills,
        Caution::BothSides,
        Caution::Surplus,
        Caution::PublicQuantities,
        Caution::OpenedExcess { room: 5 },
        Caution::ManyAnswers,
        Caution::FewAnswers { min_answers: 2 },
        Caution::SingleBins,
        Caution::LastReveal,
        Caution::FreeBids,
        Caution::CrowdingOut { room: 1, fees: 0, deposits: 0 },
    ];
    let codes: BTreeSet<&str> = all.iter().map(Caution::code).collect();
    assert_eq!(codes.len(), all.len());
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
            limit if limit <= MAX_ROUNDS => {
                format!("with a limit of {limit} no single bid can do this")
            }
            _ => "with a first digit of 62 values and the highest limit no single bid can do this"
                .into(),
        };
        assert!(sentence.ends_with(&advice), "{bits} bits: {sentence}");
    }
}
