//! Faults of markets and surveys, one each.

use super::{
    Case,
    auctions::small,
    faults::{Base, fault, genesis, refused_last},
    markets::{PUBLIC, SEALED, curves, market, two_sided},
};
use talea_protocol::{
    commitment::{BidId, Commit, CurveCommit, CurveStep, TradeSide},
    instruction::Instruction,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::{Level, Shape, Side},
    terms::{Acceptance, Depth, Disclosure, Reserve, Terms},
};
use talea_tests::{
    Small, chosen_unary,
    harness::Harness,
    list,
    replay::{Kind, edit},
    rng,
};

use Comparisons::{Hidden, Opened};

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = terms_of_markets();
    cases.extend(terms_of_surveys());
    cases.extend(forms());
    cases.extend(steps());
    cases
}

fn public() -> Small {
    market(curves(PUBLIC, Pricing::Uniform, Opened))
}

/// A genesis with good terms of this mechanism, one thing altered.
fn altered(mechanism: Mechanism, alter: impl FnOnce(&mut Terms)) -> Vec<u8> {
    let mut terms = market(mechanism).terms();
    alter(&mut terms);
    genesis(borsh::to_vec(&terms).expect("to memory"))
}

fn of(mechanism: Mechanism) -> Vec<u8> {
    altered(mechanism, |_| ())
}

fn terms_of_markets() -> Vec<Case> {
    let with =
        |steps, quantities| of(curves(Curve { steps, quantities }, Pricing::Uniform, Opened));
    let good = curves(PUBLIC, Pricing::Uniform, Opened);
    let pays = |quantity, levels| {
        let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 << 20 } };
        altered(curves(curve, Pricing::PayAsBid, Opened), |t| {
            edit(&mut t.lots, |lots| {
                lots[0].quantity = quantity;
                lots[0].grid.levels = levels;
                lots[0].grid.shape = Shape::new(&[4, 4]).expect("a possible shape");
            });
        })
    };
    let facts = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
    let reduction = |curve| of(two_sided(curve, ClearingRule::TradeReduction, Hidden));
    let least = Mechanism::Curves {
        curve: PUBLIC,
        pricing: Pricing::Uniform,
        least: 0,
        comparisons: Opened,
    };
    let t8 = |file, title, transcript| fault(file, "T8", title, transcript);
    vec![
        t8("t8-reserve.talea", "a market of curves with a reserve", {
            altered(good, |t| t.reserve = Some(Reserve { until: 25, opened: true }))
        }),
        t8("t8-acceptance.talea", "a market of curves with the seller's say", {
            altered(good, |t| t.acceptance = Some(Acceptance { slots: 7 }))
        }),
        t8("t8-depth.talea", "a market of curves that discloses a depth", {
            altered(good, |t| t.disclosure = facts)
        }),
        t8("t8-no-steps.talea", "curves of no step", with(0, Quantities::Public { most: 4 })),
        t8("t8-steps.talea", "curves of nine steps", with(9, Quantities::Public { most: 4 })),
        t8("t8-no-units.talea", "bids of no unit", with(2, Quantities::Public { most: 0 })),
        t8(
            "t8-bits.talea",
            "sealed quantities of 17 bits",
            with(1, Quantities::Sealed { bits: 17 }),
        ),
        t8("t8-least.talea", "a least of no unit", of(least)),
        t8("t8-sum.talea", "all bids and the quantity are 2^26 units and one more", {
            let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 << 20 } };
            altered(curves(curve, Pricing::Uniform, Opened), |t| {
                t.max_bids_per_lot = 63;
                edit(&mut t.lots, |lots| lots[0].quantity = (1 << 20) + 1);
            })
        }),
        t8("t8-amounts.talea", "a price times the units of a bid beyond 63 bits", {
            altered(good, |t| {
                edit(&mut t.lots, |lots| lots[0].grid.start.0 = i64::MAX / 4);
            })
        }),
        t8(
            "t8-pay-as-bid.talea",
            "where winners pay as bid, units times levels beyond 2^26",
            pays(1 << 19, 130),
        ),
        t8("t8-hidden.talea", "hidden comparisons of a lot of 64 units", {
            altered(curves(PUBLIC, Pricing::Uniform, Hidden), |t| {
                edit(&mut t.lots, |lots| lots[0].quantity = 64);
            })
        }),
        t8("t8-bids.talea", "five lots of 65,535 bids", {
            altered(good, |t| {
                t.max_bids_per_lot = 65_535;
                edit(&mut t.lots, |lots| *lots = vec![lots[0].clone(); 5]);
            })
        }),
        t8("t8-hidden-two-sided.talea", "hidden comparisons of 64 units in all bids", {
            altered(two_sided(PUBLIC, ClearingRule::Lowest, Hidden), |t| t.max_bids_per_lot = 16)
        }),
        t8(
            "t8-hidden-sealed.talea",
            "hidden comparisons of sealed quantities in a two-sided market",
            of(two_sided(SEALED, ClearingRule::Lowest, Hidden)),
        ),
        t8("t8-falling.talea", "a two-sided market whose prices fall", {
            altered(two_sided(PUBLIC, ClearingRule::Lowest, Hidden), |t| {
                edit(&mut t.lots, |lots| lots[0].grid.side = Side::LowestWins);
            })
        }),
        t8(
            "t8-reduction.talea",
            "trade reduction of bids of two steps",
            reduction(Curve { steps: 2, quantities: Quantities::Public { most: 1 } }),
        ),
        t8(
            "t8-reduction-units.talea",
            "trade reduction of bids of two units",
            reduction(Curve { steps: 1, quantities: Quantities::Public { most: 2 } }),
        ),
    ]
}

fn terms_of_surveys() -> Vec<Case> {
    let survey =
        |min_answers, bin_levels, squares| Mechanism::Survey { min_answers, bin_levels, squares };
    let shaped = |mechanism, levels, shape: &[u8]| {
        altered(mechanism, |t| {
            edit(&mut t.lots, |lots| {
                lots[0].grid.levels = levels;
                lots[0].grid.shape = Shape::new(shape).expect("a possible shape");
            });
        })
    };
    let t8 = |file, title, transcript| fault(file, "T8", title, transcript);
    vec![
        t8("t8-answers.talea", "a survey that opens a single answer", of(survey(1, 0, false))),
        t8(
            "t8-digits.talea",
            "a survey of three digits",
            shaped(survey(2, 0, false), 8, &[1, 1, 1]),
        ),
        t8("t8-bins.talea", "a survey of 1,025 bins", shaped(survey(2, 1, false), 1_025, &[6, 5])),
        t8("t8-squares.talea", "squares of answers that add up beyond 2^32", {
            // 4 * 32,769^2 is more.
            shaped(survey(2, 0, true), 32_770, &[8, 8])
        }),
    ]
}

/// C9, each wrong form.
fn forms() -> Vec<Case> {
    let bids = [(TradeSide::Buy, vec![(2, 1), (1, 1)]), (TradeSide::Buy, vec![(1, 2)])];
    let base = |small: Small| {
        let plan = small.plan_of_curves(&bids);
        Base::of(small, &plan)
    };
    let [of_public, of_sealed] =
        [public(), market(curves(SEALED, Pricing::Uniform, Opened))].map(base);
    let c9 = |file, title, transcript| fault(file, "C9", title, transcript);
    let survey = Mechanism::Survey { min_answers: 2, bin_levels: 0, squares: false };
    let survey = market(survey);
    let plan = survey.plan(&[&[1, 2]]);
    let survey = Base::of(survey, &plan);
    let plan = small().plan(&[&[1, 2]]);
    let levels = Base::of(small(), &plan);
    vec![
        c9(
            "c9-level.talea",
            "a bid of one level in a market of curves",
            of_public.altered(Kind::CommitCurve, |instruction| {
                let CurveCommit { lot, round, steps, seal, .. } = curve_of(instruction);
                let CurveStep { commitment, range_proof, .. } = steps[0].clone();
                *instruction = Instruction::Commit(Commit {
                    lot: *lot,
                    round: *round,
                    commitment,
                    range_proof,
                    seal: *seal,
                });
            }),
        ),
        c9("c9-curve.talea", "a curve in a first price", levels.altered(Kind::Commit, as_curve)),
        c9("c9-survey.talea", "a curve in a survey", survey.altered(Kind::Commit, as_curve)),
        c9("c9-no-steps.talea", "a curve of no step", of_steps(&of_public, Vec::clear)),
        c9("c9-steps.talea", "a curve of a step too many", {
            of_steps(&of_public, |steps| steps.push(steps[0].clone()))
        }),
        c9("c9-no-units.talea", "a step of no unit", {
            of_steps(&of_public, |steps| steps[1].quantity = 0)
        }),
        c9("c9-units.talea", "a curve of a unit too many", {
            of_steps(&of_public, |steps| steps[1].quantity = 4)
        }),
        c9("c9-units-wrapped.talea", "quantities that add up to two units modulo 2^32", {
            of_steps(&of_public, |steps| {
                (steps[0].quantity, steps[1].quantity) = (u32::MAX, 3);
            })
        }),
        c9("c9-side.talea", "a bid to sell where bids are to buy", {
            of_public.altered(Kind::CommitCurve, |instruction| {
                curve_of(instruction).side = TradeSide::Sell;
            })
        }),
        c9("c9-sealed-steps.talea", "a curve of sealed quantities with a step too few", {
            of_steps(&of_sealed, |steps| steps.truncate(1))
        }),
        c9("c9-sealed-units.talea", "a step that shows a quantity where they are sealed", {
            of_steps(&of_sealed, |steps| steps[0].quantity = 1)
        }),
    ]
}

fn curve_of(instruction: &mut Instruction) -> &mut CurveCommit {
    match instruction {
        Instruction::CommitCurve(commit) => commit,
        other => panic!("it is no curve: {other:?}"),
    }
}

/// A commit as a curve of one step of one unit.
fn as_curve(instruction: &mut Instruction) {
    let Instruction::Commit(commit) = instruction else { panic!("it is no commit") };
    let Commit { lot, round, commitment, range_proof, seal } = commit.clone();
    let steps = list([CurveStep { quantity: 1, commitment, range_proof }]);
    *instruction =
        Instruction::CommitCurve(CurveCommit { lot, round, side: TradeSide::Buy, steps, seal });
}

/// The first curve with its steps altered.
fn of_steps(base: &Base, alter: impl FnOnce(&mut Vec<CurveStep>)) -> Vec<u8> {
    base.altered(Kind::CommitCurve, |instruction| edit(&mut curve_of(instruction).steps, alter))
}

/// C6 and C7 of another step than the first.
fn steps() -> Vec<Case> {
    let bids = [(TradeSide::Buy, vec![(2, 1), (1, 1)])];
    let base = Base::of(public(), &public().plan_of_curves(&bids));
    vec![
        fault("c6-step.talea", "C6", "a curve whose second step has a proof that does not hold", {
            of_steps(&base, |steps| {
                edit(&mut steps[1].range_proof.masked, |bits| bits[0].0[0] ^= 1);
            })
        }),
        fault("c6-swapped.talea", "C6", "a curve of two steps in the order of the other", {
            of_steps(&base, |steps| steps.swap(0, 1))
        }),
        fault(
            "c6-step-twice.talea",
            "C6",
            "a curve of one step twice, with the proof of the first",
            of_steps(&base, |steps| steps[1] = steps[0].clone()),
        ),
        twice_in_a_bid(),
        twice_in_two_bids(),
    ]
}

/// A curve of one bidder whose steps commit to level 1 with these blindings, each with a proof of its own.
fn chosen(harness: &Harness, bidder: usize, blindings: &[u32]) -> Vec<u8> {
    let bidder = harness.bidder(bidder);
    let bid = BidId { lot: 0, round: 0, bidder };
    let steps = (0u32..).zip(blindings).map(|(number, blinding)| {
        let opening = (Level(1), curve25519_dalek::Scalar::from(*blinding));
        chosen_unary::step(harness.auction(), &bid, (number, 1), opening, &mut rng(9))
    });
    let steps = list(steps);
    let (side, seal) = (TradeSide::Buy, Default::default());
    let commit = CurveCommit { lot: 0, round: 0, side, steps, seal };
    harness.sign(bidder, &Instruction::CommitCurve(commit))
}

fn twice_in_a_bid() -> Case {
    let harness = Harness::at_commits(&public(), &public().terms());
    let curve = chosen(&harness, 0, &[1_000, 1_000]);
    refused_last("c7-steps.talea", "C7", "two steps of a bid with one commitment", harness, &curve)
}

fn twice_in_two_bids() -> Case {
    let mut harness = Harness::at_commits(&public(), &public().terms());
    let [first, second] =
        [(0, [1_000, 1_001]), (1, [1_002, 1_001])].map(|(who, of)| chosen(&harness, who, &of));
    harness.submit(&first);
    let title = "a second step with the commitment of a step of another bid";
    refused_last("c7-step.talea", "C7", title, harness, &second)
}
