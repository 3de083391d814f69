//! What winners pay who pay as they bid: the sum of quantity times level over their steps that are better than the
//! price, and no step's own level. Section 11 of `docs/spec.md`, "Amounts".

use super::{
    Priced, Rules,
    bids::{MarketBid, bids_of, times},
    clearing::Units,
};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Opened,
        program::{LotSetting, level_of_entries},
        sums::Sums,
        work::Factors,
    },
    ranked_bids::RankedBid,
};
use alloc::vec::Vec;
use core::ops::Range;
use curve25519_dalek::Scalar;

/// What has to be asked first.
pub(super) enum Asked {
    /// So many products.
    Gates(usize),
    /// These sums are to be opened, at this scale.
    Sums(Vec<Ciphertext>, Scalar),
}

/// The bids that have something to pay, with their ranked steps.
fn paying<'a>(
    bids: &'a [MarketBid],
    units: &'a [Units],
    ranked: &'a [RankedBid],
) -> impl Iterator<Item = (&'a MarketBid, &'a [RankedBid])> {
    let paying = bids.iter().zip(units).filter(|(_, units)| units.better > 0);
    paying.filter_map(|(bid, _)| Some((bid, ranked.get(bid.steps.clone())?)))
}

/// From its beginning.
pub(super) fn ask(priced: &Priced, units: &[Units], lot_setting: LotSetting<'_>) -> Asked {
    let Some(rules) = Rules::of(lot_setting) else { return Asked::Gates(0) };
    let (bids, ranked) = (bids_of(lot_setting, rules.curve), lot_setting.ranked());
    let mut paying = paying(&bids, units, &ranked);
    if !priced.was_searched() {
        let levels = |step: &RankedBid| times(lot_setting.level(step), step.quantity);
        let sums = paying.map(|(_, steps)| steps.iter().map(levels).sum());
        return Asked::Sums(sums.collect(), Scalar::ONE);
    }
    let steps = paying.by_ref().map(|(_, steps)| steps.len()).sum::<usize>();
    Asked::Gates(steps.saturating_mul(gates_of_step(rules, lot_setting)))
}

/// Gates for each step: one, or one for each entry of its level.
fn gates_of_step(rules: Rules, lot_setting: LotSetting<'_>) -> usize {
    if rules.are_sealed() { lot_setting.grid().shape.entries() } else { 1 }
}

/// The factors of some of the gates.
pub(super) fn factors(
    gates: Range<usize>,
    priced: &Priced,
    units: &[Units],
    lot_setting: LotSetting<'_>,
) -> Vec<Factors> {
    let Some(rules) = Rules::of(lot_setting) else { return Vec::new() };
    let (bids, ranked) = (bids_of(lot_setting, rules.curve), lot_setting.ranked());
    let places: Vec<usize> =
        paying(&bids, units, &ranked).flat_map(|(bid, _)| bid.steps.clone()).collect();
    let of_step = gates_of_step(rules, lot_setting);
    let to_bit = priced.scale.0.invert();
    let factors = gates.filter_map(|gate| {
        let place = places.get(gate.checked_div(of_step)?)?;
        let (step, above) = (ranked.get(*place)?, priced.above.get(*place)?);
        if rules.are_sealed() {
            let entry = gate.checked_rem(of_step)?;
            let x = lot_setting.entries(step, entry, 1).first().copied()?;
            return Some(Factors { x, y: above.in_both_forms() });
        }
        let y = times(lot_setting.level(step), step.quantity);
        Some(Factors { x: above.get().scaled(&to_bit), y: y.into() })
    });
    factors.collect()
}

/// What is to be opened once the gates have made their `2*x*y - y`, and its scale.
pub(super) fn of_products(
    priced: &Priced,
    units: &[Units],
    turned: Vec<Ciphertext>,
    lot_setting: LotSetting<'_>,
) -> (Vec<Ciphertext>, Scalar) {
    let Some(rules) = Rules::of(lot_setting) else { return (Vec::new(), Scalar::ONE) };
    let (bids, ranked) = (bids_of(lot_setting, rules.curve), lot_setting.ranked());
    let mut turned = turned.into_iter();
    let shape = &lot_setting.grid().shape;
    let mut of_step = |place: usize, step: &RankedBid| -> Ciphertext {
        if !rules.are_sealed() {
            let y = times(lot_setting.level(step), step.quantity);
            return turned.next().map_or_else(Ciphertext::zero, |turned| turned + y);
        }
        let above = priced.above.get(place).map_or_else(Ciphertext::zero, Held::get);
        let products = turned.by_ref().take(shape.entries()).map(|turned| turned + above);
        level_of_entries(shape, products)
    };
    let sums = paying(&bids, units, &ranked)
        .map(|(bid, steps)| {
            bid.steps.clone().zip(steps).map(|(place, step)| of_step(place, step)).sum()
        })
        .collect();
    let two = Scalar::from(2u8);
    (sums, if rules.are_sealed() { two * priced.scale.0 } else { two })
}

/// What the bids with better units pay for them, in levels. Nothing if no bids can (K13).
pub(super) fn read(
    units: &[Units],
    opened: &[Opened],
    scale: &Scalar,
    lot_setting: LotSetting<'_>,
) -> Option<Vec<u64>> {
    let highest = u64::from(lot_setting.grid().levels.saturating_sub(1));
    let most = units
        .iter()
        .filter(|units| units.better > 0)
        .map(|units| units.better.checked_mul(highest).and_then(|most| i64::try_from(most).ok()));
    let most: Vec<i64> = most.collect::<Option<_>>()?;
    let sums = Sums::of(opened, scale, lot_setting.setting.generators.value);
    let numbers = sums.read(|place| (0, most.get(place).copied().unwrap_or(0)))?;
    numbers.into_iter().map(|number| u64::try_from(number).ok()).collect()
}
