//! **T8**: what curves, two-sided markets and surveys ask of terms, each bound at its edge and one beyond.

use talea_protocol::{
    bytes::List,
    check::Check,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::{Price, Shape, Side},
    terms::{Acceptance, Depth, Disclosure, Reserve, Rounds, Terms},
};

use super::{
    auction::{RESERVES, Rules, opening, party, report, secrets, terms},
    provers,
    refusals::{
        assert_refused,
        opening_of::{accept_terms, refuse_terms},
    },
};

/// What a test changes, in one place.
#[derive(Clone, Copy)]
struct Bounds {
    steps: u8,
    quantities: Quantities,
    pricing: Pricing,
    least: u32,
    comparisons: Comparisons,
    /// Where it is two-sided.
    rule: Option<ClearingRule>,
    lots: usize,
    room: u32,
    quantity: u64,
    shape: &'static [u8],
    levels: u32,
    side: Side,
    start: i64,
}

const CURVES: Bounds = Bounds {
    steps: 2,
    quantities: Quantities::Public { most: 100 },
    pricing: Pricing::Uniform,
    least: 1,
    comparisons: Comparisons::Opened,
    rule: None,
    lots: 1,
    room: 50,
    quantity: 1_000,
    shape: &[2, 1, 1],
    levels: 14,
    side: Side::HighestWins,
    start: 9_500,
};

const TWO_SIDED: Bounds = Bounds { rule: Some(ClearingRule::Lowest), ..CURVES };

impl Bounds {
    fn set(self, terms: &mut Terms) {
        let curve = Curve { steps: self.steps, quantities: self.quantities };
        let Self { pricing, least, comparisons, .. } = self;
        terms.mechanism = match self.rule {
            Some(rule) => Mechanism::TwoSided { curve, rule, comparisons },
            None => Mechanism::Curves { curve, pricing, least, comparisons },
        };
        terms.max_bids_per_lot = self.room;
        let mut lot = terms.lots[0].clone();
        lot.quantity = self.quantity;
        lot.grid.shape = Shape::new(self.shape).unwrap();
        (lot.grid.levels, lot.grid.side, lot.grid.start) =
            (self.levels, self.side, Price(self.start));
        terms.lots = List::new(vec![lot; self.lots]).unwrap();
    }

    #[track_caller]
    fn accepted(self) {
        accept_terms(|terms| self.set(terms));
    }

    #[track_caller]
    fn refused(self) {
        refuse_terms(Check::TermsMarkets, |terms| self.set(terms));
    }
}

fn public(most: u32) -> Quantities {
    Quantities::Public { most }
}

fn sealed(bits: u8) -> Quantities {
    Quantities::Sealed { bits }
}

const SURVEY: Mechanism = Mechanism::Survey { min_answers: 2, bin_levels: 0, squares: false };

#[test]
fn t8_nothing_else_goes_with_a_market_or_a_survey() {
    let set: [fn(&mut Terms); 3] = [
        |terms| CURVES.set(terms),
        |terms| TWO_SIDED.set(terms),
        |terms| {
            terms.mechanism = SURVEY;
            CURVES.survey(terms);
        },
    ];
    for set in set {
        accept_terms(set);
        let with = |change: fn(&mut Terms)| {
            refuse_terms(Check::TermsMarkets, |terms| {
                set(terms);
                change(terms);
            });
        };
        with(|t| t.reserve = Some(Reserve { until: RESERVES, opened: false }));
        with(|t| t.acceptance = Some(Acceptance { slots: 1 }));
        with(|t| t.disclosure = Disclosure::Facts { cover: true, depth: None });
        let depth: fn(&mut Terms) = |t| {
            let depth = Some(Depth { min_bids: 1 });
            t.disclosure = Disclosure::Facts { cover: false, depth };
        };
        with(depth);
        with(|t| t.disclosure = Disclosure::Everything);
    }
    // Rounds have a depth to show, so they are refused with it.
    refuse_terms(Check::TermsMarkets, |t| {
        CURVES.set(t);
        t.disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
        t.rounds = Some(Rounds { limit: 2, commit_slots: 9, reveal_slots: 9, cover: false });
    });
}

impl Bounds {
    /// A survey's shape.
    fn survey(self, terms: &mut Terms) {
        let mut lot = terms.lots[0].clone();
        lot.grid.shape = Shape::new(&[2, 2]).unwrap();
        terms.lots = List::new(vec![lot]).unwrap();
    }
}

#[test]
fn t8_steps_and_quantities() {
    Bounds { steps: 0, ..CURVES }.refused();
    Bounds { steps: 1, ..CURVES }.accepted();
    Bounds { steps: 8, ..CURVES }.accepted();
    Bounds { steps: 9, ..CURVES }.refused();
    Bounds { quantities: public(0), ..CURVES }.refused();
    Bounds { quantities: public(1), ..CURVES }.accepted();
    Bounds { quantities: public(1 << 20), ..CURVES }.accepted();
    Bounds { quantities: public((1 << 20) + 1), ..CURVES }.refused();
    let one = Bounds { steps: 1, ..CURVES };
    Bounds { quantities: sealed(0), ..one }.refused();
    Bounds { quantities: sealed(1), ..one }.accepted();
    Bounds { quantities: sealed(16), ..one }.accepted();
    Bounds { quantities: sealed(17), ..one }.refused();
    Bounds { least: 0, ..CURVES }.refused();
    Bounds { least: 1 << 20, ..CURVES }.accepted();
    Bounds { least: (1 << 20) + 1, ..CURVES }.refused();
}

#[test]
fn t8_sealed_numbers_have_a_shape_and_their_steps_fit() {
    let wide = Bounds { steps: 1, quantities: sealed(12), shape: &[10, 10], ..CURVES };
    Bounds { levels: (1 << 20) - 1, ..wide }.accepted();
    // 2^32 numbers.
    Bounds { levels: 1 << 20, ..wide }.refused();
    // Two steps of 131,000 bytes.
    Bounds { levels: 1_000, steps: 2, ..wide }.refused();
    Bounds { levels: 1_000, quantities: sealed(13), ..wide }.refused();
    // 33 digits.
    let long = Bounds { shape: &[1; 17], quantities: sealed(15), ..wide };
    Bounds { levels: 1_000, ..long }.accepted();
    Bounds { levels: 1_000, quantities: sealed(16), ..long }.refused();
}

#[test]
fn t8_sums_of_units_and_of_units_times_levels() {
    let many = Bounds { quantities: public(1 << 20), room: 63, ..CURVES };
    Bounds { quantity: 1 << 20, ..many }.accepted();
    Bounds { quantity: (1 << 20) + 1, ..many }.refused();
    // 3 * 65,535 of each bid.
    let sealed = Bounds { quantities: sealed(16), steps: 3, room: 341, ..CURVES };
    let left = (1 << 26) - 341 * 3 * 65_535;
    Bounds { quantity: left, ..sealed }.accepted();
    Bounds { quantity: left + 1, ..sealed }.refused();

    let own = Bounds {
        pricing: Pricing::PayAsBid,
        steps: 1,
        quantities: public(64),
        shape: &[10, 10, 1],
        levels: (1 << 20) + 1,
        ..CURVES
    };
    own.accepted();
    Bounds { levels: (1 << 20) + 2, ..own }.refused();
    // The lesser of what a bid holds and the lot.
    Bounds { levels: (1 << 20) + 2, quantity: 63, ..own }.accepted();
    Bounds { levels: (1 << 20) + 2, pricing: Pricing::Uniform, ..own }.accepted();
    // Of all winners together: of the lot, or of all bids where they are less.
    let all = Bounds { quantity: 1 << 16, room: 1 << 10, ..own };
    all.accepted();
    Bounds { quantity: (1 << 16) + 1, ..all }.accepted();
    Bounds { quantity: (1 << 16) + 1, room: (1 << 10) + 1, ..all }.refused();
    Bounds { quantity: (1 << 16) + 1, room: (1 << 10) + 1, pricing: Pricing::Uniform, ..all }
        .accepted();
}

#[test]
fn t8_amounts() {
    let two = Bounds { quantities: public(2), ..CURVES };
    let most = 1i64 << 62;
    // The last level is 65 above the first.
    Bounds { start: most - 1 - 65, ..two }.accepted();
    Bounds { start: most - 65, ..two }.refused();
    Bounds { start: 1 - most, ..two }.accepted();
    Bounds { start: -most, ..two }.refused();
    let falls = Bounds { side: Side::LowestWins, ..two };
    Bounds { start: 1 - most + 65, ..falls }.accepted();
    Bounds { start: -most + 65, ..falls }.refused();
}

#[test]
fn t8_hidden_comparisons() {
    let hidden = Bounds { comparisons: Comparisons::Hidden, ..CURVES };
    Bounds { quantity: 63, ..hidden }.accepted();
    Bounds { quantity: 64, ..hidden }.refused();
    Bounds { quantity: 63, quantities: sealed(3), ..hidden }.accepted();
    let sides = Bounds { comparisons: Comparisons::Hidden, ..TWO_SIDED };
    Bounds { quantities: public(7), room: 9, ..sides }.accepted();
    Bounds { quantities: public(8), room: 8, ..sides }.refused();
    Bounds { quantities: sealed(1), room: 1, steps: 1, ..sides }.refused();
    Bounds { quantities: sealed(1), room: 1, steps: 1, ..TWO_SIDED }.accepted();
}

#[test]
fn t8_two_sided_markets() {
    TWO_SIDED.accepted();
    Bounds { side: Side::LowestWins, ..TWO_SIDED }.refused();
    Bounds { side: Side::LowestWins, ..CURVES }.accepted();
    // Without a quantity for sale.
    let most = Bounds { quantities: public(1 << 20), quantity: u64::MAX, ..TWO_SIDED };
    Bounds { room: 64, ..most }.accepted();
    Bounds { room: 65, ..most }.refused();
    let reduction = Bounds {
        rule: Some(ClearingRule::TradeReduction),
        comparisons: Comparisons::Hidden,
        steps: 1,
        quantities: public(1),
        room: 63,
        ..TWO_SIDED
    };
    reduction.accepted();
    Bounds { room: 64, ..reduction }.refused();
    Bounds { comparisons: Comparisons::Opened, ..reduction }.refused();
    Bounds { steps: 2, ..reduction }.refused();
    Bounds { quantities: public(2), room: 9, ..reduction }.refused();
}

#[test]
fn t8_bids_and_levels_that_an_outcome_shows() {
    for market in [CURVES, TWO_SIDED] {
        let bids = Bounds { lots: 5, quantities: public(1), ..market };
        Bounds { room: 52_428, ..bids }.accepted();
        Bounds { room: 52_429, ..bids }.refused();
        let searched = Bounds { steps: 1, room: 1, shape: &[10], levels: 1_000, ..market };
        Bounds { lots: 512, ..searched }.accepted();
        Bounds { lots: 513, ..searched }.refused();
    }
}

/// A survey, and whether it is accepted.
fn survey(
    (min_answers, bin_levels, squares): (u32, u32, bool),
    (shape, levels): (&[u8], u32),
    room: u32,
) -> impl Fn(&mut Terms) {
    move |terms: &mut Terms| {
        terms.mechanism = Mechanism::Survey { min_answers, bin_levels, squares };
        terms.max_bids_per_lot = room;
        let mut lot = terms.lots[0].clone();
        (lot.grid.shape, lot.grid.levels) = (Shape::new(shape).unwrap(), levels);
        terms.lots = List::new(vec![lot]).unwrap();
    }
}

#[test]
fn t8_surveys() {
    let refuse = |terms: &dyn Fn(&mut Terms)| refuse_terms(Check::TermsMarkets, terms);
    let least = |least| survey((least, 0, false), (&[4], 16), 100);
    refuse(&least(1));
    accept_terms(least(2));
    accept_terms(least(65_535));
    refuse(&least(65_536));
    accept_terms(survey((2, 0, false), (&[2, 2], 16), 100));
    refuse(&survey((2, 0, false), (&[2, 1, 1], 16), 100));
    // 65,535 * 65,537 is one less than 2^32.
    let sum = |levels| survey((2, 0, false), (&[10, 7], levels), 65_535);
    accept_terms(sum(65_538));
    refuse(&sum(65_539));
    let squares = |levels, squares| survey((2, 0, squares), (&[10, 7], levels), 1);
    accept_terms(squares(65_537, true));
    refuse(&squares(65_538, true));
    accept_terms(squares(65_538, false));
    let bins = |levels, bin_levels| survey((2, bin_levels, false), (&[10, 1], levels), 1);
    accept_terms(bins(1_024, 1));
    refuse(&bins(1_025, 1));
    accept_terms(bins(1_025, 2));
    accept_terms(bins(1_025, u32::MAX));
    accept_terms(bins(1_025, 0));
}

#[test]
fn t8_stands_after_t7_and_before_t6() {
    let rules = Rules::default();
    let mut terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
    Bounds { steps: 0, ..CURVES }.set(&mut terms);
    let (file, _) = opening(&terms, &party("another seller"));
    assert_refused(&report(&file, 1), Check::TermsMarkets);
    refuse_terms(Check::TermsRules, |t| {
        Bounds { steps: 0, ..CURVES }.set(t);
        t.reserve = Some(Reserve { until: 0, opened: false });
    });
}
