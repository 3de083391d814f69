//! What became of a lot, for people.

use talea_protocol::{
    outcome::{Award, Ending, PriceComparison, Quote, ReserveResult, Sale, Survey},
    price::Level,
    terms::Lot,
};

use super::{
    LotRow,
    market::{self, written},
};
use crate::replay::terms::quote;

/// What became of a lot: its ending first, and then everything else that is known of it.
pub(super) fn lines(row: &LotRow) -> Vec<String> {
    let written = |quote: &Quote| written(&row.lot, quote);
    let mut lines = vec![ending_sentence(row)];
    if let Some(Ending::Sold(award) | Ending::Declined(award)) = &row.ending
        && award.sales.len() != 1
    {
        let winner = |sale: &Sale| format!("  {}, {}", sale.winner, comparison(sale.comparison));
        lines.extend(award.sales.iter().map(winner));
    }
    lines.extend(market::lines(row));
    lines.push(format!(
        "bids: {} committed, {} ranked, {} invalid",
        row.commits, row.ranked, row.invalid
    ));
    match &row.reserve {
        None | Some(ReserveResult::None) => (),
        Some(ReserveResult::Lapsed) => {
            lines.push("reserve: not revealed, or invalid; it did not bind".into());
        }
        Some(ReserveResult::Sealed) => lines.push("reserve: it bound, and stays sealed".into()),
        Some(ReserveResult::Opened(quote)) => {
            lines.push(format!("reserve: {}", written(quote)));
        }
    }
    let surveys = (0u32..).zip(row.disclosed.surveys.iter());
    lines.extend(surveys.map(|(round, survey)| survey_sentence(&row.lot, round, survey)));
    if let Some(cover) = &row.disclosed.cover {
        lines.push(format!("cover: the best losing bid was {}", written(cover)));
    }
    if let Some(depth) = &row.disclosed.depth {
        lines
            .push("depth: bids without the best, by the price from which their bucket goes".into());
        let full = buckets(&row.lot, depth).filter(|(_, bids)| **bids > 0);
        lines.extend(full.map(|(from, bids)| {
            let from = from.as_ref().map_or_else(|| "beyond the grid".into(), written);
            format!("  from {from}: {bids}")
        }));
    }
    if let Some(bids) = &row.disclosed.bids {
        lines.push("opened bids, in the order in which equal ones win".into());
        lines
            .extend(bids.iter().map(|bid| format!("  {} bid {}", bid.bidder, written(&bid.quote))));
    }
    lines
}

/// What a round showed, in a line.
fn survey_sentence(lot: &Lot, round: u32, survey: &Survey) -> String {
    let mut parts = Vec::new();
    if let Some(depth) = &survey.depth {
        let full = buckets(lot, depth).filter(|(_, bids)| **bids > 0);
        let full: Vec<String> = full
            .map(|(from, bids)| {
                let from = from.map_or_else(
                    || "beyond the grid".into(),
                    |from| format!("from {}", lot.grid.scale.write(from.price)),
                );
                format!("{bids} {from}")
            })
            .collect();
        let full = if full.is_empty() { "none".into() } else { full.join(", ") };
        parts.push(format!("bids without the best: {full}"));
    }
    if let Some(cover) = &survey.cover {
        parts.push(format!("the best of them {}", written(lot, cover)));
    }
    if parts.is_empty() {
        parts.push("nothing was shown".into());
    }
    format!("round {round}: {}", parts.join("; "))
}

/// The first price of every bucket, if it is on the grid, and the bids in it.
pub(super) fn buckets<'a>(
    lot: &'a Lot,
    depth: &'a [u32],
) -> impl Iterator<Item = (Option<Quote>, &'a u32)> + 'a {
    let first = lot.grid.shape.digit_bits().first().copied().unwrap_or(0);
    let below = lot.grid.shape.bits().saturating_sub(first.into());
    let width = 1u32.checked_shl(u32::try_from(below).unwrap_or(u32::MAX)).unwrap_or(u32::MAX);
    (0u32..).zip(depth).map(move |(bucket, bids)| {
        let level = bucket.checked_mul(width).filter(|level| *level < lot.grid.levels);
        (level.and_then(|level| quote(&lot.grid, Level(level))), bids)
    })
}

/// How a winner's bid compares with the price, in words.
fn comparison(comparison: PriceComparison) -> &'static str {
    match comparison {
        PriceComparison::AbovePrice => "whose bid was better",
        PriceComparison::AtPrice => "whose bid was this price",
        PriceComparison::NotCompared => "whose bid was compared with none",
    }
}

/// How a lot ended, in a sentence.
fn ending_sentence(row: &LotRow) -> String {
    let award = |award: &Award| {
        let price = written(&row.lot, &award.quote);
        match award.sales.as_ref() {
            [sale] if sale.comparison == PriceComparison::AtPrice => {
                format!("to {} at {price}", sale.winner)
            }
            [sale] => format!("to {} at {price}, {}", sale.winner, comparison(sale.comparison)),
            sales => format!("to {} winners, each at {price}", sales.len()),
        }
    };
    match &row.ending {
        None => match row.decision_until {
            None => "not decided yet".into(),
            Some(slot) => format!("ranked; the seller may decline until slot {slot}"),
        },
        Some(Ending::Sold(sold)) => format!("SOLD {}", award(sold)),
        Some(Ending::Declined(declined)) => {
            format!("DECLINED by the seller; it would have gone {}", award(declined))
        }
        Some(Ending::BelowReserve) => "BELOW RESERVE: no bid reached the seller's reserve".into(),
        Some(Ending::Unsold) => "UNSOLD: no valid bid was revealed".into(),
        Some(Ending::Void(cause)) => format!("VOID: {cause}"),
        Some(Ending::Halted) => "HALTED: something was opened that the mathematics excludes".into(),
        Some(
            Ending::Cleared(_)
            | Ending::NoTrade(_)
            | Ending::OneSided
            | Ending::Surveyed(_)
            | Ending::TooFewAnswers,
        ) => market::sentence(row).unwrap_or_default(),
    }
}
