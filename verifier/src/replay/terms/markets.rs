//! What curves, two-sided markets and surveys ask of terms (section 3; **T8**).

use std::ops::RangeInclusive;

use talea_protocol::{
    limits::{
        MAX_BUCKETS, MAX_MARKET_BIDS, MAX_OPENED_SUM, MAX_PAID_SUM, MAX_QUANTITY_BITS,
        MAX_SEALED_BID_BYTES, MAX_SEARCHED, MAX_SHOWN_BUCKETS, MAX_STEPS, MAX_SURVEY_SUM,
        MAX_UNITS,
    },
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::{Level, PriceGrid, Side},
    sealed_bid::SealedBid,
    terms::{Disclosure, Lot, Terms},
};

use super::price;
use crate::replay::curve::{most_units, sealed_bits, step_numbers, step_shape};

/// Units that terms name: the most of a bid, and the least of a share.
const UNITS: RangeInclusive<u32> = 1..=1 << 20;

/// **T8**.
pub(super) fn fault(terms: &Terms) -> Option<String> {
    match terms.mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => None,
        Mechanism::Curves { curve, pricing, least, comparisons } => rules_fault(terms)
            .or_else(|| curve_fault(curve))
            .or_else(|| each_lot(terms, |lot| steps_fault(lot, terms.mechanism)))
            .or_else(|| units_fault("least", least))
            .or_else(|| each_lot(terms, |lot| sale_fault(terms, lot, curve, pricing)))
            .or_else(|| each_lot(terms, |lot| hidden_sale_fault(lot, comparisons)))
            .or_else(|| market_fault(terms)),
        Mechanism::TwoSided { curve, rule, comparisons } => rules_fault(terms)
            .or_else(|| curve_fault(curve))
            .or_else(|| each_lot(terms, |lot| steps_fault(lot, terms.mechanism)))
            .or_else(|| each_lot(terms, |lot| two_sided_fault(terms, lot, curve)))
            .or_else(|| hidden_market_fault(terms, curve, comparisons))
            .or_else(|| reduction_fault(curve, rule, comparisons))
            .or_else(|| market_fault(terms)),
        Mechanism::Survey { min_answers, bin_levels, squares } => rules_fault(terms)
            .or_else(|| bounded("min_answers of a survey", min_answers.into(), 2..=65_535))
            .or_else(|| each_lot(terms, |lot| answers_fault(terms, lot, squares)))
            .or_else(|| bins_fault(terms, bin_levels)),
    }
}

fn bounded(name: &str, value: u64, bounds: RangeInclusive<u64>) -> Option<String> {
    let (least, most) = (bounds.start(), bounds.end());
    (!bounds.contains(&value))
        .then(|| format!("the {name} must be in {least} ..= {most} and is {value}"))
}

fn units_fault(name: &str, units: u32) -> Option<String> {
    bounded(name, units.into(), u64::from(*UNITS.start())..=u64::from(*UNITS.end()))
}

fn each_lot(terms: &Terms, fault: impl Fn(&Lot) -> Option<String>) -> Option<String> {
    let of_lot = |(index, lot)| Some(format!("lot {index}: {}", fault(lot)?));
    terms.lots.iter().enumerate().find_map(of_lot)
}

/// What does not go together with any of them.
fn rules_fault(terms: &Terms) -> Option<String> {
    let has = [
        ("a reserve", terms.reserve.is_some()),
        ("an acceptance", terms.acceptance.is_some()),
        ("rounds", terms.rounds.is_some()),
        (
            "a disclosure of anything else",
            terms.disclosure != Disclosure::Facts { cover: false, depth: None },
        ),
    ];
    let (what, _) = has.into_iter().find(|(_, has)| *has)?;
    Some(format!("this mechanism does not go together with {what}"))
}

fn curve_fault(curve: Curve) -> Option<String> {
    let most = u64::try_from(MAX_STEPS).unwrap_or(u64::MAX);
    bounded("steps of a curve", curve.steps.into(), 1..=most).or_else(|| match curve.quantities {
        Quantities::Public { most } => units_fault("most of a bid", most),
        Quantities::Sealed { bits } => {
            bounded("bits of a quantity", bits.into(), 1..=MAX_QUANTITY_BITS.into())
        }
    })
}

/// Sealed numbers of steps are encrypted in a possible shape, and all steps of a bid fit in a reveal.
fn steps_fault(lot: &Lot, mechanism: Mechanism) -> Option<String> {
    let (grid, bits) = (&lot.grid, sealed_bits(mechanism));
    let numbers = step_numbers(grid.levels, bits);
    if numbers > u64::from(u32::MAX) {
        return Some(format!("levels times 2^{bits} must be below 2^32 and are {numbers}"));
    }
    let Some(shape) = step_shape(grid, bits) else {
        return Some(format!("its shape has no room for {bits} bits of a quantity"));
    };
    let steps = usize::from(mechanism.curve()?.steps);
    let bytes = SealedBid::encoded_len(&shape).saturating_mul(steps).saturating_add(32);
    (bytes > MAX_SEALED_BID_BYTES).then(|| {
        format!("the sealed steps of a bid may have {MAX_SEALED_BID_BYTES} bytes and have {bytes}")
    })
}

/// Units and levels, whose sums are opened, and amounts.
fn sale_fault(terms: &Terms, lot: &Lot, curve: Curve, pricing: Pricing) -> Option<String> {
    let most = most_units(curve);
    wanted_fault(terms, most, lot.quantity)
        .or_else(|| {
            let held = most.min(lot.quantity).saturating_mul(last_level(&lot.grid).into());
            (pricing == Pricing::PayAsBid && held > MAX_OPENED_SUM).then(|| {
                format!(
                    "units of a bid times levels may be {MAX_OPENED_SUM} where winners pay as \
                     bid, and are {held}"
                )
            })
        })
        .or_else(|| {
            let all = most.saturating_mul(terms.max_bids_per_lot.into());
            let paid = all.min(lot.quantity).saturating_mul(last_level(&lot.grid).into());
            (pricing == Pricing::PayAsBid && paid > MAX_PAID_SUM).then(|| {
                format!(
                    "units of all winners times levels may be {MAX_PAID_SUM} where winners pay as \
                     bid, and are {paid}"
                )
            })
        })
        .or_else(|| amount_fault(&lot.grid, most))
}

fn two_sided_fault(terms: &Terms, lot: &Lot, curve: Curve) -> Option<String> {
    let most = most_units(curve);
    wanted_fault(terms, most, 0).or_else(|| amount_fault(&lot.grid, most)).or_else(|| {
        (lot.grid.side != Side::HighestWins)
            .then(|| "in a two-sided market a higher level must be a higher price".into())
    })
}

/// `c * Q + q`.
fn wanted_fault(terms: &Terms, most: u64, offered: u64) -> Option<String> {
    let wanted = most.saturating_mul(terms.max_bids_per_lot.into()).saturating_add(offered);
    (wanted > MAX_OPENED_SUM).then(|| {
        format!("the units of all bids and of the lot may sum to {MAX_OPENED_SUM}, and to {wanted}")
    })
}

fn amount_fault(grid: &PriceGrid, most: u64) -> Option<String> {
    let ends = [Level(0), Level(last_level(grid))].map(|level| price(grid, level).unsigned_abs());
    let dearest = ends.into_iter().max().unwrap_or(0);
    let amount = dearest.saturating_mul(most.into());
    (amount >= 1 << 63)
        .then(|| format!("what a bid comes to must be below 2^63 and may be {amount}"))
}

fn last_level(grid: &PriceGrid) -> u32 {
    grid.levels.saturating_sub(1)
}

fn hidden_sale_fault(lot: &Lot, comparisons: Comparisons) -> Option<String> {
    hidden_fault(comparisons, "units of the lot", lot.quantity)
}

fn hidden_market_fault(terms: &Terms, curve: Curve, comparisons: Comparisons) -> Option<String> {
    if comparisons == Comparisons::Hidden && matches!(curve.quantities, Quantities::Sealed { .. }) {
        return Some("hidden comparisons of a two-sided market need public quantities".into());
    }
    let all = most_units(curve).saturating_mul(terms.max_bids_per_lot.into());
    hidden_fault(comparisons, "units of all bids", all)
}

fn hidden_fault(comparisons: Comparisons, name: &str, units: u64) -> Option<String> {
    let most = u64::try_from(MAX_UNITS).unwrap_or(u64::MAX);
    (comparisons == Comparisons::Hidden && units > most)
        .then(|| format!("hidden comparisons take {most} {name} at most, and here are {units}"))
}

/// Trade reduction is for bids of one unit, which are compared hidden.
fn reduction_fault(curve: Curve, rule: ClearingRule, comparisons: Comparisons) -> Option<String> {
    let one = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    (rule == ClearingRule::TradeReduction && (curve != one || comparisons != Comparisons::Hidden))
        .then(|| {
            "trade reduction takes bids of one step and one public unit, and hidden comparisons"
                .into()
        })
}

/// What an outcome shows of all lots.
fn market_fault(terms: &Terms) -> Option<String> {
    let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    let bids = lots.saturating_mul(terms.max_bids_per_lot.into());
    if bids > MAX_MARKET_BIDS {
        return Some(format!(
            "a market takes at most {MAX_MARKET_BIDS} bids over all lots, and these terms allow {bids}"
        ));
    }
    let entries = terms.lots.iter().map(|lot| lot.grid.shape.entries()).max().unwrap_or(0);
    let entries = u64::try_from(entries).unwrap_or(u64::MAX);
    let searched = lots.saturating_mul(entries).saturating_mul(2);
    (searched > MAX_SEARCHED).then(|| {
        format!(
            "twice the entries of a level times the lots may be {MAX_SEARCHED}, and are {searched}"
        )
    })
}

/// The sums of a survey.
fn answers_fault(terms: &Terms, lot: &Lot, squares: bool) -> Option<String> {
    let digits = lot.grid.shape.digits();
    if digits > 2 {
        return Some(format!("a survey's shape must have one digit or two and has {digits}"));
    }
    let (most, last) = (u64::from(terms.max_bids_per_lot), u64::from(last_level(&lot.grid)));
    let sum = most.saturating_mul(last);
    let of_squares = sum.saturating_mul(last);
    let sums = [("answers", sum, true), ("squares of answers", of_squares, squares)];
    sums.into_iter().find_map(|(name, sum, is_opened)| {
        (is_opened && sum > MAX_SURVEY_SUM)
            .then(|| format!("the {name} may sum to {MAX_SURVEY_SUM}, and to {sum}"))
    })
}

fn bins_fault(terms: &Terms, bin_levels: u32) -> Option<String> {
    if bin_levels == 0 {
        return None;
    }
    let of_lot = |lot: &Lot| u64::from(lot.grid.levels.div_ceil(bin_levels));
    let most = u64::try_from(MAX_BUCKETS).unwrap_or(u64::MAX);
    let too_many = |lot: &Lot| {
        let bins = of_lot(lot);
        (bins > most).then(|| format!("a histogram has at most {most} bins, and this one {bins}"))
    };
    each_lot(terms, too_many).or_else(|| {
        let all = terms.lots.iter().map(of_lot).fold(0u64, u64::saturating_add);
        (all > MAX_SHOWN_BUCKETS).then(|| {
            format!(
                "histograms have at most {MAX_SHOWN_BUCKETS} bins over all lots, and here {all}"
            )
        })
    })
}
