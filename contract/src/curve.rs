//! The form of bids that are curves, and of the numbers to which their steps commit. Sections 3 and 8 of
//! `docs/spec.md`.

use talea_protocol::{
    commitment::TradeSide,
    limits::{
        CONTRIBUTION_BYTES, MAX_BIDS_PER_LOT, MAX_BUCKETS, MAX_MARKET_BIDS, MAX_OPENED_SUM,
        MAX_PAID_SUM, MAX_QUANTITY_BITS, MAX_SEALED_BID_BYTES, MAX_SEARCHED, MAX_SHOWN_BUCKETS,
        MAX_STEPS, MAX_SURVEY_SUM, MAX_UNITS,
    },
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    price::{Level, PriceGrid, Shape, Side},
    sealed_bid::SealedBid,
    terms::{Disclosure, Lot, Terms},
};

/// Units of a bid where they are public, and the least that is shared out.
const MAX_UNITS_OF_BID: u32 = 1 << 20;

/// Bits that a step's commitment has besides its level; 0 where a bid is one level.
pub(crate) fn sealed_bits(mechanism: Mechanism) -> u8 {
    mechanism.curve().map_or(0, |curve| curve.quantities.sealed_bits())
}

/// The digits of what a bid, or a step, encrypts; nothing if they are too many (T8).
pub(crate) fn shape(mechanism: Mechanism, grid: &PriceGrid) -> Option<Shape> {
    grid.shape.with_bits(sealed_bits(mechanism))
}

/// A step commits to less than this.
pub(crate) fn levels(mechanism: Mechanism, grid: &PriceGrid) -> u32 {
    let levels = u64::from(grid.levels).checked_shl(sealed_bits(mechanism).into());
    // T8 bounds it.
    levels.and_then(|levels| u32::try_from(levels).ok()).unwrap_or(u32::MAX)
}

/// C9: whether a curve with these quantities may be bid.
pub(crate) fn has_form(
    mechanism: Mechanism,
    grid: &PriceGrid,
    side: TradeSide,
    quantities: &[u32],
) -> bool {
    let Some(Curve { steps, quantities: policy }) = mechanism.curve() else { return false };
    let of_lot = match grid.side {
        Side::HighestWins => TradeSide::Buy,
        Side::LowestWins => TradeSide::Sell,
    };
    let side_fits = matches!(mechanism, Mechanism::TwoSided { .. }) || side == of_lot;
    let steps = usize::from(steps);
    let quantities_fit = match policy {
        Quantities::Public { most } => {
            let sum: u64 = quantities.iter().map(|quantity| u64::from(*quantity)).sum();
            (1..=steps).contains(&quantities.len())
                && quantities.iter().all(|quantity| *quantity >= 1)
                && sum <= most.into()
        }
        Quantities::Sealed { .. } => {
            quantities.len() == steps && quantities.iter().all(|quantity| *quantity == 0)
        }
    };
    side_fits && quantities_fit
}

/// Units of a bid with these steps; at most, where quantities are sealed.
pub(crate) fn most_of_steps(curve: Curve, quantities: impl Iterator<Item = u32>) -> u64 {
    match curve.quantities {
        Quantities::Public { .. } => quantities.map(u64::from).sum(),
        Quantities::Sealed { .. } => curve.most(),
    }
}

/// T8: why these terms of a market or a survey are impossible.
pub(crate) fn fault(terms: &Terms) -> Option<&'static str> {
    let of_mechanism = match terms.mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => return None,
        Mechanism::Curves { curve, pricing, least, comparisons } => {
            fault_of_curves(terms, curve, (pricing, least, comparisons))
        }
        Mechanism::TwoSided { curve, rule, comparisons } => {
            fault_of_two_sided(terms, curve, (rule, comparisons))
        }
        Mechanism::Survey { min_answers, bin_levels, squares } => {
            fault_of_survey(terms, min_answers, (bin_levels, squares))
        }
    };
    let is_plain = terms.reserve.is_none()
        && terms.acceptance.is_none()
        && terms.rounds.is_none()
        && terms.disclosure == Disclosure::WINNER_AND_PRICE;
    if !is_plain {
        return Some(
            "a market of curves or a survey has no reserve, acceptance or rounds, and discloses nothing more",
        );
    }
    of_mechanism
}

/// The first of these rules that does not hold.
fn first_broken<const N: usize>(rules: [(bool, &'static str); N]) -> Option<&'static str> {
    rules.into_iter().find(|(holds, _)| !holds).map(|(_, why)| why)
}

fn fault_of_curves(
    terms: &Terms,
    curve: Curve,
    (pricing, least, comparisons): (Pricing, u32, Comparisons),
) -> Option<&'static str> {
    let all = u64::from(terms.max_bids_per_lot).saturating_mul(curve.most());
    let lots = || terms.lots.iter();
    fault_of_market(terms, curve).or_else(|| {
        first_broken([
            (
                lots().all(|lot| all.saturating_add(lot.quantity) <= MAX_OPENED_SUM),
                "all bids of a lot and its quantity are 2^26 units at most",
            ),
            (
                pricing == Pricing::Uniform
                    || lots().all(|lot| {
                        let highest = u64::from(lot.grid.levels.saturating_sub(1));
                        let units = lot.quantity.min(curve.most());
                        units.saturating_mul(highest) <= MAX_OPENED_SUM
                    }),
                "where winners pay as bid, the units of a winner times the levels are 2^26 at most",
            ),
            (
                pricing == Pricing::Uniform
                    || lots().all(|lot| {
                        let highest = u64::from(lot.grid.levels.saturating_sub(1));
                        lot.quantity.min(all).saturating_mul(highest) <= MAX_PAID_SUM
                    }),
                "where winners pay as bid, the units of all winners times the levels are 2^36 at most",
            ),
            (
                (1..=MAX_UNITS_OF_BID).contains(&least),
                "the least that is shared out is 1 to 2^20 units",
            ),
            (
                comparisons == Comparisons::Opened || lots().all(|lot| is_hidden(lot.quantity)),
                "hidden comparisons need lots of 63 units at most",
            ),
        ])
    })
}

fn fault_of_two_sided(
    terms: &Terms,
    curve: Curve,
    (rule, comparisons): (ClearingRule, Comparisons),
) -> Option<&'static str> {
    let of_one_unit = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let all = u64::from(terms.max_bids_per_lot).saturating_mul(curve.most());
    fault_of_market(terms, curve).or_else(|| {
        first_broken([
            (all <= MAX_OPENED_SUM, "all bids of a lot are 2^26 units at most"),
            (
                terms.lots.iter().all(|lot| lot.grid.side == Side::HighestWins),
                "the prices of a two-sided market rise",
            ),
            (
                comparisons == Comparisons::Opened
                    || (matches!(curve.quantities, Quantities::Public { .. }) && is_hidden(all)),
                "hidden comparisons need public quantities, of 63 units at most in all bids of a lot",
            ),
            (
                rule != ClearingRule::TradeReduction
                    || (curve == of_one_unit && comparisons == Comparisons::Hidden),
                "trade reduction needs bids of one step and one unit, and hidden comparisons",
            ),
        ])
    })
}

/// What both markets have.
fn fault_of_market(terms: &Terms, curve: Curve) -> Option<&'static str> {
    let mechanism = terms.mechanism;
    let lots = || terms.lots.iter();
    let number = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    let searched = lots().map(|lot| lot.grid.shape.entries()).max().unwrap_or(0);
    let searched = u64::try_from(searched).unwrap_or(u64::MAX).saturating_mul(2);
    first_broken([
        ((1..=MAX_STEPS).contains(&curve.steps.into()), "a curve has 1 to 8 steps"),
        (
            match curve.quantities {
                Quantities::Public { most } => (1..=MAX_UNITS_OF_BID).contains(&most),
                Quantities::Sealed { bits } => (1..=MAX_QUANTITY_BITS).contains(&bits),
            },
            "a bid has 1 to 2^20 units; a sealed quantity has 1 to 16 bits",
        ),
        (
            lots().all(|lot| steps_fit(mechanism, curve, lot)),
            "levels and sealed quantities fit in 32 bits, and all steps in a sealed bid",
        ),
        (lots().all(|lot| amounts_fit(curve, &lot.grid)), "amounts fit in 63 bits"),
        (
            number.saturating_mul(terms.max_bids_per_lot.into()) <= MAX_MARKET_BIDS,
            "a market of curves takes 2^18 bids at most, over all lots",
        ),
        (
            number.saturating_mul(searched) <= MAX_SEARCHED,
            "a market of curves has too many lots for the digits of its prices",
        ),
    ])
}

/// Whether so many units can be compared without opening what is wanted.
fn is_hidden(units: u64) -> bool {
    usize::try_from(units).is_ok_and(|units| units <= MAX_UNITS)
}

fn steps_fit(mechanism: Mechanism, curve: Curve, lot: &Lot) -> bool {
    let Some(shape) = shape(mechanism, &lot.grid) else { return false };
    let levels = u64::from(lot.grid.levels).checked_shl(sealed_bits(mechanism).into());
    let bytes = SealedBid::encoded_len(&shape).saturating_mul(curve.steps.into());
    levels.is_some_and(|levels| u32::try_from(levels).is_ok())
        && bytes.saturating_add(CONTRIBUTION_BYTES) <= MAX_SEALED_BID_BYTES
}

fn amounts_fit(curve: Curve, grid: &PriceGrid) -> bool {
    let ends = [Level(0), Level(grid.levels.saturating_sub(1))];
    ends.into_iter().all(|level| {
        let price = grid.price(level).map(|price| price.0.unsigned_abs());
        let amount = price.and_then(|price| price.checked_mul(curve.most()));
        amount.is_some_and(|amount| i64::try_from(amount).is_ok())
    })
}

fn fault_of_survey(
    terms: &Terms,
    min_answers: u32,
    (bin_levels, squares): (u32, bool),
) -> Option<&'static str> {
    let bids = u64::from(terms.max_bids_per_lot);
    let lots = || terms.lots.iter();
    let highest = |lot: &Lot| u64::from(lot.grid.levels.saturating_sub(1));
    let bins = |lot: &Lot| {
        // In 64 bits: a bin may be of all the levels that 32 hold.
        let (levels, of_bin) = (u64::from(lot.grid.levels), u64::from(bin_levels));
        levels.saturating_add(of_bin.saturating_sub(1)).checked_div(of_bin).unwrap_or(0)
    };
    let most_bins = u64::try_from(MAX_BUCKETS).unwrap_or(u64::MAX);
    first_broken([
        (
            (2..=MAX_BIDS_PER_LOT).contains(&min_answers),
            "a survey opens nothing of less than 2 to 65,535 answers",
        ),
        (
            lots().all(|lot| lot.grid.shape.digits() <= 2),
            "the levels of a survey have one or two digits",
        ),
        (
            lots().all(|lot| {
                let sum = bids.saturating_mul(highest(lot));
                let squares = if squares { sum.saturating_mul(highest(lot)) } else { sum };
                squares <= MAX_SURVEY_SUM
            }),
            "the sum of all answers, or of their squares, is 2^32 at most",
        ),
        (
            bin_levels == 0 || lots().all(|lot| (1..=most_bins).contains(&bins(lot))),
            "a histogram has 1,024 bins at most",
        ),
        (
            lots().map(bins).fold(0, u64::saturating_add) <= MAX_SHOWN_BUCKETS,
            "the histograms of all lots have 2^22 bins at most",
        ),
    ])
}
