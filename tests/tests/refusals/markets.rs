//! T8 and C9, and the other checks of a commit where a bid is a curve. What the contract refuses in terms the verifier
//! refuses too.

use super::refuses;
use curve25519_dalek::Scalar;
use talea_contract::{Phase, fiat_shamir::Context};
use talea_parties::{bidder::Bidder, seller};
use talea_protocol::{
    bytes::Point,
    check::Check,
    commitment::{BidId, Commit, CurveCommit, CurveStep, TradeSide, seal},
    instruction::Instruction,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::Ending,
    price::{Level, PriceGrid, Shape, Side},
    sealed_bid::Reveal,
    terms::{Acceptance, Depth, Disclosure, Lot, Reserve, Rounds, Terms},
    transcript::{MAGIC, RecordKind},
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    chosen_unary::{self, Chosen},
    harness::Harness,
    list,
    opinions::{first_opinion, second_opinion},
    replay::{Pens, accepted, append, edit, opened},
    rng,
};

use Comparisons::{Hidden, Opened};
use TradeSide::{Buy, Sell};

const MOST_UNITS: u32 = 1 << 20;

fn public(steps: u8, most: u32) -> Curve {
    Curve { steps, quantities: Quantities::Public { most } }
}

fn sealed(steps: u8, bits: u8) -> Curve {
    Curve { steps, quantities: Quantities::Sealed { bits } }
}

fn curves(curve: Curve) -> Mechanism {
    Mechanism::Curves { curve, pricing: Pricing::Uniform, least: 1, comparisons: Opened }
}

fn two_sided(curve: Curve, comparisons: Comparisons) -> Mechanism {
    Mechanism::TwoSided { curve, rule: ClearingRule::Lowest, comparisons }
}

fn survey(min_answers: u32, bin_levels: u32, squares: bool) -> Mechanism {
    Mechanism::Survey { min_answers, bin_levels, squares }
}

/// Two units for sale on each of two lots of four levels.
fn small(mechanism: Mechanism) -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(4, vec![1, 1]); 2],
        quantity: 2,
        max_bids: 5,
        mechanism,
        ..Small::default()
    }
}

// ---- terms ----

/// The check that refuses terms of this mechanism with something altered, the same in both verifications.
#[track_caller]
fn altered(mechanism: Mechanism, alter: impl FnOnce(&mut Terms)) -> Option<&'static str> {
    let small = small(mechanism);
    let mut terms = small.terms();
    alter(&mut terms);
    let pens = Pens::of(&small.cast());
    let genesis = seller::open(pens.identity(terms.seller), &terms, 1).unwrap();
    let mut transcript = MAGIC.to_vec();
    append(&mut transcript, RecordKind::Genesis, &genesis);
    let report = second_opinion(&transcript);
    let second = report.failure.as_ref().map(|failure| failure.check);
    assert_eq!(first_opinion(&transcript).err(), second, "{}", report.to_text());
    second.map(Check::number)
}

#[track_caller]
fn of(mechanism: Mechanism) -> Option<&'static str> {
    altered(mechanism, |_| ())
}

/// The same with every lot altered.
#[track_caller]
fn lots(mechanism: Mechanism, alter: impl Fn(&mut Lot)) -> Option<&'static str> {
    altered(mechanism, |terms| edit(&mut terms.lots, |lots| lots.iter_mut().for_each(alter)))
}

/// The same with every grid of so many levels in this shape.
#[track_caller]
fn shaped(mechanism: Mechanism, levels: u32, shape: &[u8]) -> Option<&'static str> {
    let shape = Shape::new(shape).unwrap();
    lots(mechanism, |lot| lot.grid = PriceGrid { levels, shape: shape.clone(), ..lot.grid.clone() })
}

const T8: Option<&str> = Some("T8");

#[test]
fn t8_a_market_or_a_survey_discloses_nothing_more_and_has_no_reserve_no_say_and_no_rounds() {
    let depth = Some(Depth { min_bids: 1 });
    let facts = |cover, depth| Disclosure::Facts { cover, depth };
    let rounds = Rounds { limit: 2, commit_slots: 6, reveal_slots: 5, cover: false };
    for mechanism in [
        curves(public(2, 4)),
        curves(sealed(2, 2)),
        two_sided(public(2, 4), Hidden),
        survey(2, 1, true),
    ] {
        assert_eq!(of(mechanism), None);
        for opened in [false, true] {
            let reserve = Some(Reserve { until: 25, opened });
            assert_eq!(altered(mechanism, |t| t.reserve = reserve), T8);
        }
        let acceptance = Some(Acceptance { slots: 7 });
        assert_eq!(altered(mechanism, |t| t.acceptance = acceptance), T8);
        for disclosure in [facts(true, None), facts(false, depth), Disclosure::Everything] {
            assert_eq!(altered(mechanism, |t| t.disclosure = disclosure), T8);
        }
        let in_rounds = |t: &mut Terms| {
            (t.rounds, t.disclosure) = (Some(rounds), facts(false, depth));
        };
        assert_eq!(altered(mechanism, in_rounds), T8);
    }
}

#[test]
fn t8_a_curve_has_one_to_eight_steps_and_units() {
    for market in [curves, |curve| two_sided(curve, Opened)] {
        for (steps, verdict) in [(0, T8), (1, None), (8, None), (9, T8), (255, T8)] {
            assert_eq!(of(market(public(steps, 4))), verdict, "{steps} steps");
            assert_eq!(of(market(sealed(steps, 2))), verdict, "{steps} steps");
        }
        for (most, verdict) in
            [(0, T8), (1, None), (MOST_UNITS, None), (MOST_UNITS + 1, T8), (u32::MAX, T8)]
        {
            assert_eq!(of(market(public(1, most))), verdict, "{most} units");
        }
        for (bits, verdict) in [(0, T8), (1, None), (16, None), (17, T8), (32, T8), (255, T8)] {
            assert_eq!(of(market(sealed(1, bits))), verdict, "{bits} bits");
        }
    }
}

#[test]
fn t8_level_and_sealed_quantity_fit_in_32_bits_and_a_shape() {
    for market in [curves, |curve| two_sided(curve, Opened)] {
        let of = |bits, levels, digits| shaped(market(sealed(1, bits)), levels, &vec![1; digits]);
        assert_eq!(of(16, 65_535, 16), None);
        assert_eq!(of(16, 65_536, 16), T8, "2^32");
        assert_eq!(of(15, 65_536, 16), None);
        assert_eq!(of(16, 2, 16), None);
        assert_eq!(of(16, 2, 17), T8, "33 digits");
        assert_eq!(of(15, 2, 17), None);
        // Public quantities have no digits.
        assert_eq!(shaped(market(public(1, 1)), 2, &[1; 32]), None);
    }
}

#[test]
fn t8_all_steps_fit_in_a_sealed_bid() {
    // A step of one digit of nine bits has 33,666 bytes; 2^18 hold seven of them.
    for market in [curves, |curve| two_sided(curve, Opened)] {
        assert_eq!(shaped(market(public(7, 4)), 500, &[9]), None);
        assert_eq!(shaped(market(public(8, 4)), 500, &[9]), T8);
        assert_eq!(shaped(market(sealed(7, 2)), 500, &[9]), None);
        assert_eq!(shaped(market(sealed(8, 2)), 500, &[9]), T8);
    }
}

#[test]
fn t8_all_bids_of_a_lot_add_up_to_2_to_26_units() {
    let with = |mechanism, bids, quantity| {
        altered(mechanism, |terms| {
            terms.max_bids_per_lot = bids;
            edit(&mut terms.lots, |lots| lots[1].quantity = quantity);
        })
    };
    let market = curves(public(1, MOST_UNITS));
    assert_eq!(with(market, 63, 1 << 20), None);
    assert_eq!(with(market, 63, (1 << 20) + 1), T8, "the lot's quantity counts");
    assert_eq!(with(market, 64, 1), T8);
    assert_eq!(with(market, 1, u64::MAX), T8);
    // In a two-sided market it does not.
    let market = two_sided(public(1, MOST_UNITS), Opened);
    assert_eq!(with(market, 64, u64::MAX), None);
    assert_eq!(with(market, 65, 1), T8);
    // 8 * 65,535 of a bid of sealed quantities: 128 of them are 2^26 - 1024.
    assert_eq!(with(two_sided(sealed(8, 16), Opened), 128, 1), None);
    assert_eq!(with(two_sided(sealed(8, 16), Opened), 129, 1), T8);
    assert_eq!(with(curves(sealed(8, 16)), 128, 1_024), None);
    assert_eq!(with(curves(sealed(8, 16)), 128, 1_025), T8);
}

#[test]
fn t8_where_winners_pay_as_bid_units_times_levels_are_bounded() {
    let with = |pricing, most, quantity, levels| {
        let mechanism =
            Mechanism::Curves { curve: public(1, most), pricing, least: 1, comparisons: Opened };
        lots(mechanism, |lot| {
            lot.quantity = quantity;
            (lot.grid.levels, lot.grid.shape) = (levels, Shape::new(&[7]).unwrap());
        })
    };
    let pays = |most, quantity, levels| with(Pricing::PayAsBid, most, quantity, levels);
    assert_eq!(pays(MOST_UNITS, 1 << 20, 65), None);
    assert_eq!(pays(MOST_UNITS, 1 << 20, 66), T8);
    // 65 * 1,032,444 is the most below 2^26: of the lot, or of the bid.
    assert_eq!(pays(MOST_UNITS, 1_032_444, 66), None);
    assert_eq!(pays(MOST_UNITS, 1_032_445, 66), T8);
    assert_eq!(pays(1_032_444, 1 << 20, 66), None);
    assert_eq!(pays(1_032_445, 1 << 20, 66), T8);
    assert_eq!(with(Pricing::Uniform, MOST_UNITS, 1 << 20, 66), None);
}

#[test]
fn t8_amounts_fit_in_63_bits() {
    const HIGHEST: i64 = (1 << 61) - 1;
    for market in [curves(public(2, 4)), two_sided(public(2, 4), Opened)] {
        let start = |start| lots(market, |lot| lot.grid.start.0 = start);
        assert_eq!(start(HIGHEST - 75), None);
        assert_eq!(start(HIGHEST - 74), T8, "the last level is 75 more");
        assert_eq!(start(-HIGHEST), None);
        assert_eq!(start(-HIGHEST - 1), T8);
        assert_eq!(start(i64::MIN), T8);
    }
    let falling = |start| {
        lots(curves(public(2, 4)), |lot| {
            (lot.grid.side, lot.grid.start.0) = (Side::LowestWins, start);
        })
    };
    assert_eq!(falling(HIGHEST), None);
    assert_eq!(falling(HIGHEST + 1), T8);
    assert_eq!(falling(75 - HIGHEST), None);
    assert_eq!(falling(74 - HIGHEST), T8);
}

#[test]
fn t8_the_least_that_is_shared_out_is_a_unit() {
    for (least, verdict) in
        [(0, T8), (1, None), (MOST_UNITS, None), (MOST_UNITS + 1, T8), (u32::MAX, T8)]
    {
        let (pricing, comparisons) = (Pricing::Uniform, Opened);
        let curve = public(2, 4);
        assert_eq!(
            of(Mechanism::Curves { curve, pricing, least, comparisons }),
            verdict,
            "{least}"
        );
    }
}

#[test]
fn t8_hidden_comparisons_are_of_63_units() {
    let of_lot = |curve, quantity| {
        let (pricing, least, comparisons) = (Pricing::Uniform, 1, Hidden);
        let mechanism = Mechanism::Curves { curve, pricing, least, comparisons };
        lots(mechanism, |lot| lot.quantity = quantity)
    };
    for curve in [public(2, 1_000), sealed(2, 8)] {
        assert_eq!(of_lot(curve, 63), None);
        assert_eq!(of_lot(curve, 64), T8);
        assert_eq!(of_lot(curve, u64::MAX), T8);
    }
    let of_bids = |curve, bids| altered(two_sided(curve, Hidden), |t| t.max_bids_per_lot = bids);
    assert_eq!(of_bids(public(1, 3), 21), None);
    assert_eq!(of_bids(public(1, 3), 22), T8);
    assert_eq!(of_bids(public(1, 63), 1), None);
    assert_eq!(of_bids(public(1, 64), 1), T8);
    assert_eq!(of_bids(sealed(1, 1), 1), T8, "sealed quantities are not compared hidden");
}

#[test]
fn t8_a_market_of_curves_has_room_for_its_outcome() {
    let of_bids = |mechanism, number: usize, bids| {
        altered(mechanism, |terms| {
            terms.max_bids_per_lot = bids;
            edit(&mut terms.lots, |lots| *lots = vec![lots[0].clone(); number]);
        })
    };
    for market in [curves(public(1, 4)), two_sided(public(1, 4), Opened)] {
        assert_eq!(of_bids(market, 4, 65_535), None);
        assert_eq!(of_bids(market, 5, 52_428), None);
        assert_eq!(of_bids(market, 5, 52_429), T8);
        // A digit of ten bits has 1,023 entries, and twice as many times 512 is below 2^20.
        let with = |number: usize| {
            altered(market, |terms| {
                edit(&mut terms.lots, |lots| {
                    lots[0].grid.shape = Shape::new(&[10]).unwrap();
                    *lots = vec![lots[0].clone(); number];
                });
            })
        };
        assert_eq!(with(512), None);
        assert_eq!(with(513), T8);
    }
}

#[test]
fn t8_prices_of_a_two_sided_market_rise() {
    let falls = |lot: usize| {
        let market = two_sided(public(2, 4), Hidden);
        altered(market, |t| edit(&mut t.lots, |lots| lots[lot].grid.side = Side::LowestWins))
    };
    assert_eq!([0, 1].map(falls), [T8; 2]);
    assert_eq!(lots(curves(public(2, 4)), |lot| lot.grid.side = Side::LowestWins), None);
}

#[test]
fn t8_trade_reduction_is_of_one_step_and_one_unit_and_compares_hidden() {
    let rule = ClearingRule::TradeReduction;
    let reduction = |curve, comparisons| of(Mechanism::TwoSided { curve, rule, comparisons });
    assert_eq!(reduction(public(1, 1), Hidden), None);
    assert_eq!(reduction(public(1, 1), Opened), T8);
    assert_eq!(reduction(public(2, 1), Hidden), T8);
    assert_eq!(reduction(public(1, 2), Hidden), T8);
    assert_eq!(reduction(sealed(1, 1), Hidden), T8);
}

#[test]
fn t8_a_survey_opens_nothing_of_one_answer() {
    for (answers, verdict) in
        [(0, T8), (1, T8), (2, None), (65_535, None), (65_536, T8), (u32::MAX, T8)]
    {
        assert_eq!(of(survey(answers, 0, false)), verdict, "{answers}");
    }
}

#[test]
fn t8_a_survey_has_one_digit_or_two_and_sums_that_can_be_read() {
    let plain = survey(2, 0, false);
    assert_eq!(shaped(plain, 8, &[3]), None);
    assert_eq!(shaped(plain, 8, &[1, 2]), None);
    assert_eq!(shaped(plain, 8, &[1, 1, 1]), T8);
    let one_lot = |t: &mut Terms| {
        edit(&mut t.lots, |lots| {
            (lots[1].grid.levels, lots[1].grid.shape) = (8, Shape::new(&[1; 3]).unwrap());
        });
    };
    assert_eq!(altered(plain, one_lot), T8, "of every lot");
    let sums = |squares, bids, levels, shape: &[u8]| {
        altered(survey(2, 0, squares), |terms| {
            terms.max_bids_per_lot = bids;
            edit(&mut terms.lots, |lots| {
                (lots[1].grid.levels, lots[1].grid.shape) = (levels, Shape::new(shape).unwrap());
            });
        })
    };
    // 65,535 * 65,537 is 2^32 - 1.
    assert_eq!(sums(false, 65_535, 65_538, &[10, 7]), None);
    assert_eq!(sums(false, 65_535, 65_539, &[10, 7]), T8);
    // 257^2 * 65,026 is the most of these below 2^32.
    assert_eq!(sums(true, 65_026, 258, &[5, 5]), None);
    assert_eq!(sums(true, 65_027, 258, &[5, 5]), T8);
    assert_eq!(sums(false, 65_027, 258, &[5, 5]), None);
}

#[test]
fn t8_a_histogram_has_1024_bins() {
    let bins = |bin_levels, levels| shaped(survey(2, bin_levels, false), levels, &[10, 5]);
    assert_eq!(bins(1, 1_024), None);
    assert_eq!(bins(1, 1_025), T8);
    assert_eq!(bins(2, 2_048), None);
    assert_eq!(bins(2, 2_049), T8, "the last bin is of one level");
    assert_eq!(bins(0, 32_768), None, "there is no histogram");
    assert_eq!(bins(u32::MAX, 32_768), None, "one bin holds all");
}

// ---- commits ----

fn commits(mechanism: Mechanism) -> Harness {
    Harness::at_commits(&small(mechanism), &small(mechanism).terms())
}

/// A curve on the first lot, not submitted.
fn curve(harness: &mut Harness, bidder: usize, side: TradeSide, steps: &[(u32, u32)]) -> Vec<u8> {
    harness.prepare_curve(bidder, (0, side), steps, |sealed_bid| sealed_bid).commit
}

fn curve_of(bytes: &[u8]) -> CurveCommit {
    match opened(bytes).1 {
        Instruction::CommitCurve(commit) => commit,
        other => panic!("it is no curve: {other:?}"),
    }
}

/// A curve, altered and signed again by its bidder.
fn changed(harness: &Harness, bytes: &[u8], alter: impl FnOnce(&mut CurveCommit)) -> Vec<u8> {
    harness.pens.alter(harness.auction(), bytes, |instruction| match instruction {
        Instruction::CommitCurve(commit) => alter(commit),
        other => panic!("it is no curve: {other:?}"),
    })
}

fn steps(harness: &Harness, bytes: &[u8], alter: impl FnOnce(&mut Vec<CurveStep>)) -> Vec<u8> {
    changed(harness, bytes, |commit| edit(&mut commit.steps, alter))
}

/// The first step of a curve, as if it were a bid of one level.
fn as_level(curve: &CurveCommit) -> Instruction {
    let CurveCommit { lot, round, seal, .. } = *curve;
    let CurveStep { commitment, range_proof, .. } = curve.steps[0].clone();
    Instruction::Commit(Commit { lot, round, commitment, range_proof, seal })
}

#[test]
fn c9_a_bid_is_of_the_kind_that_the_mechanism_takes() {
    let mut market = commits(curves(public(2, 4)));
    let curve = curve(&mut market, 0, Buy, &[(1, 1)]);
    let level = market.sign(market.bidder(0), &as_level(&curve_of(&curve)));
    assert_eq!(refuses(&market, &level), "C9");
    market.submit(&curve);
    for mechanism in [Mechanism::FirstPrice, Mechanism::SECOND_PRICE, survey(2, 0, false)] {
        let mut other = commits(mechanism);
        let bid = {
            let (auction, rng) = (other.board.auction(), &mut other.rng);
            other.bidders[0].commit(auction, 0, Level(1), rng).unwrap().commit
        };
        let Instruction::Commit(commit) = opened(&bid).1 else { panic!("a commit") };
        let Commit { lot, round, commitment, range_proof, seal } = commit;
        let steps = list([CurveStep { quantity: 1, commitment, range_proof }]);
        for side in [Buy, Sell] {
            let steps = steps.clone();
            let curve = Instruction::CommitCurve(CurveCommit { lot, round, side, steps, seal });
            assert_eq!(refuses(&other, &other.sign(other.bidder(0), &curve)), "C9");
        }
        other.submit(&bid);
    }
}

#[test]
fn c9_public_quantities_are_units_of_one_to_so_many_steps() {
    let mut harness = commits(curves(public(2, 4)));
    let good = curve(&mut harness, 0, Buy, &[(2, 1), (1, 3)]);
    let altered =
        |alter: fn(&mut Vec<CurveStep>)| refuses(&harness, &steps(&harness, &good, alter));
    assert_eq!(altered(Vec::clear), "C9");
    assert_eq!(altered(|steps| steps.push(steps[0].clone())), "C9", "three steps");
    let eight = |steps: &mut Vec<CurveStep>| *steps = vec![steps[0].clone(); 8];
    assert_eq!(altered(eight), "C9");
    assert_eq!(altered(|steps| steps[0].quantity = 0), "C9");
    assert_eq!(altered(|steps| steps[1].quantity = 0), "C9");
    assert_eq!(altered(|steps| steps[1].quantity = 4), "C9", "five units");
    let wrapping = |steps: &mut Vec<CurveStep>| {
        (steps[0].quantity, steps[1].quantity) = (u32::MAX, 2);
    };
    assert_eq!(altered(wrapping), "C9", "their sum is 1 modulo 2^32");
    // Within its bounds a quantity is what the bidder says, and bound to its signature alone.
    let less = steps(&harness, &good, |steps| steps[1].quantity = 1);
    drop(accepted(harness.auction(), harness.slot, &less));
    let one = steps(&harness, &good, |steps| steps.truncate(1));
    drop(accepted(harness.auction(), harness.slot, &one));
    harness.submit(&good);
}

#[test]
fn c9_sealed_quantities_are_of_all_steps_and_not_shown() {
    let mut harness = commits(curves(sealed(3, 2)));
    let good = curve(&mut harness, 0, Buy, &[(2, 1)]);
    let altered =
        |alter: fn(&mut Vec<CurveStep>)| refuses(&harness, &steps(&harness, &good, alter));
    assert_eq!(curve_of(&good).steps.len(), 3);
    assert_eq!(altered(Vec::clear), "C9");
    assert_eq!(altered(|steps| steps.truncate(1)), "C9");
    assert_eq!(altered(|steps| steps.truncate(2)), "C9");
    assert_eq!(altered(|steps| steps.push(steps[0].clone())), "C9");
    assert_eq!(altered(|steps| steps[0].quantity = 1), "C9");
    assert_eq!(altered(|steps| steps[2].quantity = u32::MAX), "C9");
    harness.submit(&good);
}

#[test]
fn c9_a_market_of_one_side_takes_that_side() {
    for (of_grid, side, other) in [(Side::HighestWins, Buy, Sell), (Side::LowestWins, Sell, Buy)] {
        for shape in [public(2, 4), sealed(2, 2)] {
            let small = Small { side: of_grid, ..small(curves(shape)) };
            let mut harness = Harness::at_commits(&small, &small.terms());
            let good = curve(&mut harness, 0, side, &[(1, 1)]);
            let wrong = changed(&harness, &good, |commit| commit.side = other);
            assert_eq!(refuses(&harness, &wrong), "C9");
            harness.submit(&good);
        }
    }
    // A two-sided market takes both.
    let mut harness = commits(two_sided(public(2, 4), Hidden));
    for (bidder, side) in [(0, Buy), (1, Sell)] {
        let bid = curve(&mut harness, bidder, side, &[(1, 1)]);
        harness.submit(&bid);
    }
}

#[test]
fn c9_the_form_is_asked_for_after_the_lot_and_before_the_bidder() {
    let small = small(curves(public(2, 4)));
    let mut harness = Harness::at_commits(&small, &small.terms());
    let good = curve(&mut harness, 0, Buy, &[(1, 1)]);
    let wrong = |alter: fn(&mut CurveCommit)| {
        changed(&harness, &good, |commit| {
            commit.side = Sell;
            edit(&mut commit.steps, |steps| steps[0].commitment = Point([0xff; 32]));
            alter(commit);
        })
    };
    assert_eq!(refuses(&harness, &wrong(|commit| commit.lot = 2)), "C1");
    assert_eq!(refuses(&harness, &wrong(|commit| commit.round = 1)), "C1");
    let by_seller = |bytes: &[u8]| harness.sign(small.cast().seller(), &opened(bytes).1);
    assert_eq!(refuses(&harness, &by_seller(&wrong(|_| ()))), "C9");
    let no_proof = wrong(|commit| commit.side = Buy);
    assert_eq!(refuses(&harness, &by_seller(&no_proof)), "C2");
    assert_eq!(refuses(&harness, &no_proof), "C6");
    let level = harness.sign(small.cast().seller(), &as_level(&curve_of(&good)));
    assert_eq!(refuses(&harness, &level), "C9");
}

#[test]
fn c1_a_curve_names_a_lot_and_the_only_round() {
    let mut harness = commits(curves(public(2, 4)));
    let good = curve(&mut harness, 0, Buy, &[(1, 1)]);
    for lot in [2, u32::MAX] {
        assert_eq!(refuses(&harness, &changed(&harness, &good, |c| c.lot = lot)), "C1");
    }
    for round in [1, u32::MAX] {
        assert_eq!(refuses(&harness, &changed(&harness, &good, |c| c.round = round)), "C1");
    }
}

#[test]
fn c2_no_curve_is_the_sellers_or_the_custodians() {
    let small = small(two_sided(public(2, 4), Hidden));
    let mut harness = Harness::at_commits(&small, &small.terms());
    for party in [small.cast().seller(), small.cast().custodian()] {
        harness.fund(party, 1_000);
        let bidder = Bidder::new(Pens::of(&small.cast()).take(party));
        for side in [Buy, Sell] {
            let auction = harness.board.auction();
            let bid = bidder.commit_curve(auction, 0, side, &[(Level(1), 1)], &mut rng(3));
            assert_eq!(refuses(&harness, &bid.unwrap().commit), "C2");
        }
    }
}

#[test]
fn c3_a_party_bids_on_one_side_of_a_lot_and_once() {
    let mut harness = commits(two_sided(public(2, 4), Hidden));
    let [buy, again, sell] = [(Buy, 2), (Buy, 1), (Sell, 1)]
        .map(|(side, level)| curve(&mut harness, 0, side, &[(level, 1)]));
    harness.submit(&buy);
    for other in [&buy, &again, &sell] {
        assert_eq!(refuses(&harness, other), "C3");
    }
    // Of another lot it may be a seller.
    drop(harness.commit_curve(0, (1, Sell), &[(1, 1)]));
}

#[test]
fn c4_a_lot_has_room_for_so_many_curves() {
    let mut terms = small(curves(public(2, 4))).terms();
    terms.max_bids_per_lot = 1;
    let mut harness = Harness::at_commits(&small(curves(public(2, 4))), &terms);
    drop(harness.commit_curve(0, (0, Buy), &[(1, 1), (2, 1)]));
    let second = curve(&mut harness, 1, Buy, &[(1, 1)]);
    assert_eq!(refuses(&harness, &second), "C4");
}

#[test]
fn c5_a_curve_has_one_deposit_and_one_fee() {
    let small = Small { stakes: (100, 30, 7), ..small(curves(public(2, 4))) };
    let mut harness = Harness::open(&small, &small.terms());
    let members: Vec<_> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    harness.finish_ceremony();
    let bid = curve(&mut harness, 0, Buy, &[(1, 2), (2, 2)]);
    let bidder = harness.bidder(0);
    assert_eq!(refuses(&harness, &bid), "C5", "nothing");
    harness.fund(bidder, 106);
    assert_eq!(refuses(&harness, &bid), "C5", "a unit short");
    harness.fund(bidder, 1);
    harness.submit(&bid);
    let accounts = harness.auction().accounts();
    let account = accounts.iter().find(|account| account.party == bidder).unwrap();
    assert_eq!((account.available, account.locked, account.forfeited), (0, 100, 7));
}

#[test]
fn c6_every_step_has_a_proof_of_its_own_number() {
    for shape in [public(3, 4), sealed(3, 2)] {
        let mut harness = commits(curves(shape));
        let good = curve(&mut harness, 0, Buy, &[(2, 1), (1, 1), (0, 1)]);
        for step in 0..3 {
            let point = |point| {
                let bytes = steps(&harness, &good, |steps| steps[step].commitment = point);
                refuses(&harness, &bytes)
            };
            assert_eq!([Point([0xff; 32]), Point::IDENTITY].map(point), ["C6"; 2], "step {step}");
            let damaged = steps(&harness, &good, |steps| {
                edit(&mut steps[step].range_proof.masked, |bits| bits[0].0[0] ^= 1);
            });
            assert_eq!(refuses(&harness, &damaged), "C6", "step {step}");
            let short = steps(&harness, &good, |steps| {
                edit(&mut steps[step].range_proof.masked, |bits| bits.truncate(1));
            });
            assert_eq!(refuses(&harness, &short), "C6", "step {step}");
        }
        // A step whose proof is of another number, or of another step.
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let swapped = steps(&harness, &good, |steps| steps.swap(one, other));
            assert_eq!(refuses(&harness, &swapped), "C6", "{one} and {other}");
            let copied = steps(&harness, &good, |steps| steps[other] = steps[one].clone());
            assert_eq!(refuses(&harness, &copied), "C6", "{one} as {other}: C6 before C7");
        }
        let elsewhere = changed(&harness, &good, |commit| commit.lot = 1);
        assert_eq!(refuses(&harness, &elsewhere), "C6", "for another lot");
        harness.submit(&good);
    }
}

/// Where quantities are sealed a step commits to less than `levels * 2^bits`, and a proof over the levels alone, as of
/// public quantities, is none.
#[test]
fn c6_a_sealed_step_is_proved_over_levels_and_quantities() {
    let harness = commits(curves(sealed(1, 2)));
    let bid = BidId { lot: 0, round: 0, bidder: harness.bidder(0) };
    let chosen = (Level(3), Scalar::from(1_000u32));
    let step = chosen_unary::step(harness.auction(), &bid, (0, 0), chosen, &mut rng(9));
    let commit =
        CurveCommit { lot: 0, round: 0, side: Buy, steps: list([step]), seal: Default::default() };
    let bytes = harness.sign(bid.bidder, &Instruction::CommitCurve(commit));
    assert_eq!(refuses(&harness, &bytes), "C6");
}

#[test]
fn c6_a_copied_curve_is_nothing_without_its_bidder() {
    // The copier comes first and is refused; the victim is not.
    let mut harness = commits(curves(sealed(2, 2)));
    let victim = curve(&mut harness, 0, Buy, &[(2, 1), (1, 1)]);
    let own = curve(&mut harness, 1, Buy, &[(1, 1)]);
    let copy = harness.sign(harness.bidder(1), &opened(&victim).1);
    assert_eq!(refuses(&harness, &copy), "C6");
    let of_victim = curve_of(&victim).steps[1].clone();
    let mixed = steps(&harness, &own, |steps| steps[1] = of_victim);
    assert_eq!(refuses(&harness, &mixed), "C6", "one step of the victim's");
    harness.submit(&victim);
    assert_eq!(refuses(&harness, &copy), "C6");
    assert_eq!(refuses(&harness, &mixed), "C6");
    harness.submit(&own);
}

/// A curve with steps of level 1 with these blindings, each with a proof of its own, that seals these bytes.
fn chosen(harness: &Harness, bidder: usize, lot: u32, blindings: &[u32], bytes: &[u8]) -> Vec<u8> {
    let bidder = harness.bidder(bidder);
    let bid = BidId { lot, round: 0, bidder };
    let steps = (0u32..).zip(blindings).map(|(number, blinding)| {
        let opening = (Level(1), Scalar::from(*blinding));
        chosen_unary::step(harness.auction(), &bid, (number, 1), opening, &mut rng(9))
    });
    let (steps, seal) = (list(steps), seal(&harness.auction().id(), &bid, bytes));
    let commit = CurveCommit { lot, round: 0, side: Buy, steps, seal };
    harness.sign(bidder, &Instruction::CommitCurve(commit))
}

#[test]
fn c7_no_commitment_stands_twice_in_a_curve_or_in_two() {
    let mut harness = commits(curves(public(3, 4)));
    let curve = |harness: &Harness, bidder, lot, blindings: &[u32]| {
        chosen(harness, bidder, lot, blindings, &[])
    };
    for twice in [[1_000, 1_000, 1_001], [1_000, 1_001, 1_000], [1_001, 1_000, 1_000]] {
        assert_eq!(refuses(&harness, &curve(&harness, 0, 0, &twice)), "C7", "{twice:?}");
    }
    let first = curve(&harness, 0, 0, &[1_000, 1_001, 1_002]);
    harness.submit(&first);
    // Whatever its step, its bidder and its lot.
    for (bidder, lot, blindings) in [
        (1, 0, [1_000, 1_003, 1_004]),
        (1, 0, [1_003, 1_004, 1_000]),
        (1, 0, [1_003, 1_002, 1_004]),
        (1, 1, [1_003, 1_004, 1_001]),
        (0, 1, [1_001, 1_003, 1_004]),
    ] {
        let bytes = curve(&harness, bidder, lot, &blindings);
        assert_eq!(refuses(&harness, &bytes), "C7", "{blindings:?}");
    }
    // A refused curve leaves none of its commitments behind.
    let other = curve(&harness, 1, 0, &[1_003, 1_004, 1_005]);
    harness.submit(&other);
}

// ---- reveals ----

/// Two bidders' curves, that of the first with its sealed bytes altered: how many bids are ranked and invalid, and
/// the ending.
fn ranked(shape: Curve, alter: impl FnOnce(Vec<u8>) -> Vec<u8>) -> ((u32, u32), Ending) {
    let mut harness = commits(curves(shape));
    let reveals = vec![
        harness.commit_curve_altered(0, (0, Buy), &[(2, 1), (1, 1)], alter),
        harness.commit_curve(1, (0, Buy), &[(1, 1)]),
    ];
    harness.pass();
    harness.reveal(reveals);
    let outcome = harness.finish();
    let lot = &outcome.lots[0];
    ((lot.ranked, lot.invalid), lot.ending.clone())
}

#[test]
fn r3_a_curve_is_revealed_with_all_its_steps_or_is_invalid() {
    for shape in [public(2, 4), sealed(2, 2)] {
        assert_eq!(ranked(shape, |bytes| bytes).0, (2, 0));
        let step = |bytes: &[u8]| bytes.len() / 2;
        for alter in [
            (|bytes, step| bytes[..step].to_vec()) as fn(&[u8], usize) -> Vec<u8>,
            |bytes, step| [bytes, &bytes[..step]].concat(),
            |bytes, _| bytes[1..].to_vec(),
            |bytes, _| [bytes, &[0]].concat(),
            |_, _| Vec::new(),
        ] {
            let (counts, ending) = ranked(shape, |bytes| alter(&bytes, step(&bytes)));
            assert_eq!(counts, (1, 1));
            assert!(matches!(ending, Ending::Cleared(_)), "the other bid trades: {ending:?}");
        }
    }
}

#[test]
fn r4_a_curve_with_one_bad_step_is_invalid_as_a_whole() {
    for shape in [public(2, 4), sealed(2, 2)] {
        for alter in [
            // The steps of the reveal in another order, one step twice, and a response of the second.
            (|bytes, step| [&bytes[step..], &bytes[..step]].concat())
                as fn(&[u8], usize) -> Vec<u8>,
            |bytes, step| [&bytes[..step], &bytes[..step]].concat(),
            |bytes, step| [&bytes[step..], &bytes[step..]].concat(),
            |bytes, _| {
                let mut bytes = bytes.to_vec();
                // The least significant byte of the last scalar.
                let place = bytes.len() - 32;
                bytes[place] ^= 1;
                bytes
            },
        ] {
            let (counts, _) = ranked(shape, |bytes| alter(&bytes, bytes.len() / 2));
            assert_eq!(counts, (1, 1));
        }
    }
}

/// Two steps of one bidder, each with an argument that holds, that share the randomness of an entry.
#[test]
fn r5_no_randomness_stands_in_two_steps_of_a_bid() {
    for (second, counts) in [([7, 8], (1, 0)), ([6, 7], (0, 1)), ([7, 5], (0, 1))] {
        let mut harness = commits(curves(public(2, 4)));
        let (auction, signer) = (harness.auction(), harness.bidder(0));
        let key = auction.quorum_keys().expect("the ceremony is over").key;
        let shape = auction.terms().lots[0].grid.shape.clone();
        let sealed = [(0, [5, 6]), (1, second)].map(|(step, randomness): (u32, [u32; 2])| {
            let rho = Scalar::from(1_000 + step);
            let context = Context { auction: auction.id(), lot: 0, round: 0, step, signer };
            let randomness = randomness.map(|r| Scalar::from(1_000 + r)).to_vec();
            let chosen = Chosen { level: Level(1), rho, randomness };
            chosen.seal(&context, &shape, &key, &mut rng(8)).to_bytes()
        });
        let bytes = sealed.concat();
        let commit = chosen(&harness, 0, 0, &[1_000, 1_001], &bytes);
        harness.submit(&commit);
        harness.pass();
        let bid = BidId { lot: 0, round: 0, bidder: harness.bidder(0) };
        harness.reveal(vec![Reveal { bid, sealed_bid: list(bytes) }]);
        let outcome = harness.finish();
        let lot = &outcome.lots[0];
        assert_eq!((lot.ranked, lot.invalid), counts, "{second:?}");
    }
}

#[test]
fn a_curve_belongs_to_the_phase_of_commits() {
    let mut harness = commits(curves(public(2, 4)));
    let late = curve(&mut harness, 1, Buy, &[(1, 1)]);
    let reveal = harness.commit_curve(0, (0, Buy), &[(1, 1)]);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Reveals);
    assert_eq!(refuses(&harness, &late), "E4");
    harness.reveal(vec![reveal]);
    harness.finish();
    assert_eq!(refuses(&harness, &late), "E4");
}
