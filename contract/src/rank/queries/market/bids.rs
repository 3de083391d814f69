//! The bids of a market: what each holds at most, and where its steps stand.

use super::Rules;
use crate::{
    curve::most_of_steps, elgamal::Ciphertext, rank::program::LotSetting, ranked_bids::RankedBid,
};
use alloc::vec::Vec;
use core::ops::Range;
use curve25519_dalek::Scalar;
use talea_protocol::{bytes::PartyKey, commitment::TradeSide, mechanism::Curve};

/// A bid of a market.
pub(super) struct MarketBid {
    pub(super) party: PartyKey,
    pub(super) side: TradeSide,
    /// The places of its steps among those that are ranked.
    pub(super) steps: Range<usize>,
    /// What its steps hold; at most, where that is sealed.
    pub(super) most: u64,
}

impl MarketBid {
    /// Whether it wants what is offered: all do but the sellers of a two-sided market.
    pub(super) fn is_demand(&self, rules: Rules) -> bool {
        !rules.is_two_sided() || self.side == TradeSide::Buy
    }
}

/// The bids of a lot in tie order: the steps of each stand together.
pub(super) fn bids_of(lot_setting: LotSetting<'_>, curve: Curve) -> Vec<MarketBid> {
    let ranked = lot_setting.ranked();
    let mut from = 0usize;
    let bids = ranked.chunk_by(|a, b| a.bidder == b.bidder).filter_map(|steps| {
        let first = steps.first()?;
        let to = from.saturating_add(steps.len());
        let bid = MarketBid {
            party: first.bidder,
            side: first.side,
            steps: from..to,
            most: most_of_steps(curve, steps.iter().map(|step| step.quantity)),
        };
        from = to;
        Some(bid)
    });
    bids.collect()
}

/// A ciphertext as often as a step counts: where its quantity is sealed the ciphertext counts it already.
pub(super) fn times(flag: Ciphertext, quantity: u32) -> Ciphertext {
    match quantity {
        0 | 1 => flag,
        quantity => flag.times(quantity),
    }
}

/// The units of a step, encrypted or public.
pub(super) fn units(step: &RankedBid, rules: Rules, lot_setting: LotSetting<'_>) -> Ciphertext {
    if rules.are_sealed() {
        lot_setting.quantity(step)
    } else {
        lot_setting.one().times(step.quantity)
    }
}

/// `A`, what is offered.
pub(super) fn offer(rules: Rules, lot_setting: LotSetting<'_>) -> Ciphertext {
    if !rules.is_two_sided() {
        return lot_setting.one().scaled(&Scalar::from(lot_setting.lot.quantity));
    }
    let ranked = lot_setting.ranked();
    let offered = ranked.iter().filter(|step| step.side == TradeSide::Sell);
    offered.map(|step| units(step, rules, lot_setting)).sum()
}
