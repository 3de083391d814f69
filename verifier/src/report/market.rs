//! How a market cleared and what a survey came to, for people.

use talea_protocol::{
    commitment::TradeSide,
    mechanism::Mechanism,
    outcome::{Clearing, Clears, Ending, Excess, Margins, Quote, Statistics, Trade},
    price::{Level, Price},
    terms::Lot,
};

use super::LotRow;
use crate::replay::terms::quote;

/// A price as people write it, with its level.
pub(super) fn written(lot: &Lot, quote: &Quote) -> String {
    format!("{} (level {})", lot.grid.scale.write(quote.price), quote.level.0)
}

/// Units that a bid trades.
pub(super) fn traded(trade: &Trade) -> u64 {
    trade.better.saturating_add(trade.shared)
}

/// The first price of every bin, and the answers in it.
pub(super) fn bins<'a>(
    row: &'a LotRow,
    bins: &'a [u32],
) -> impl Iterator<Item = (Quote, u32)> + 'a {
    let width = match row.mechanism {
        Mechanism::Survey { bin_levels, .. } => bin_levels,
        _ => 0,
    };
    let from = move |bin: u32| quote(&row.lot.grid, Level(bin.saturating_mul(width)));
    (0u32..).zip(bins).filter_map(move |(bin, answers)| Some((from(bin)?, *answers)))
}

/// How such a lot ended, in a sentence. Nothing of other endings.
pub(super) fn sentence(row: &LotRow) -> Option<String> {
    let at = |clearing: &Clearing| written(&row.lot, &clearing.price);
    Some(match row.ending.as_ref()? {
        Ending::Cleared(clearing) => {
            let units = volume(&clearing.trades);
            match reduced(clearing) {
                None => format!("CLEARED at {}: {units} units are traded", at(clearing)),
                Some((pay, get)) => {
                    let [pay, get] = [pay, get].map(|quote| written(&row.lot, quote));
                    format!(
                        "CLEARED: {units} units are traded, buyers pay {pay}, sellers get {get}"
                    )
                }
            }
        }
        Ending::NoTrade(clearing) => {
            format!("NO TRADE: nothing is traded at {}", at(clearing))
        }
        Ending::OneSided => {
            "ONE-SIDED: one side of the market has no valid bid; nothing was opened".into()
        }
        Ending::Surveyed(statistics) => {
            format!("SURVEYED: the levels of {} answers sum to {}", row.ranked, statistics.sum)
        }
        Ending::TooFewAnswers => {
            format!("TOO FEW ANSWERS: there are {}; nothing was opened", row.ranked)
        }
        Ending::Sold(_)
        | Ending::Declined(_)
        | Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted => return None,
    })
}

/// What buyers pay and what sellers get, where a trade is given up because the last pair does not agree to the price.
fn reduced(clearing: &Clearing) -> Option<(&Quote, &Quote)> {
    let Margins { last_buyer, last_seller, .. } = clearing.margins.as_ref()?;
    let agree = last_seller.level..=last_buyer.level;
    (!agree.contains(&clearing.price.level)).then_some((last_buyer, last_seller))
}

/// What is traded in all: where there are two sides, each trades as much as the other.
fn volume(trades: &[Trade]) -> u64 {
    let of = |side: TradeSide| {
        let side = trades.iter().filter(|trade| trade.side == side).map(traded);
        side.fold(0, u64::saturating_add)
    };
    of(TradeSide::Buy).max(of(TradeSide::Sell))
}

/// What else is known of such a lot.
pub(super) fn lines(row: &LotRow) -> Vec<String> {
    match &row.ending {
        Some(Ending::Cleared(clearing) | Ending::NoTrade(clearing)) => {
            clearing_lines(&row.lot, clearing)
        }
        Some(Ending::Surveyed(statistics)) => statistics_lines(row, statistics),
        _ => Vec::new(),
    }
}

fn clearing_lines(lot: &Lot, clearing: &Clearing) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Clears { lowest, highest }) = &clearing.between {
        let [lowest, highest] = [lowest, highest].map(|quote| written(lot, quote));
        lines.push(format!("between: it would clear at {lowest} to {highest}"));
    }
    if let Some(margins) = &clearing.margins {
        let Margins { last_buyer, next_buyer, last_seller, next_seller } = margins;
        let [last_buyer, next_buyer, last_seller, next_seller] =
            [last_buyer, next_buyer, last_seller, next_seller].map(|quote| written(lot, quote));
        lines
            .push(format!("last pair that can trade: {last_buyer} is bid, {last_seller} is asked"));
        lines.push(format!(
            "next pair, or the ends of the grid: {next_buyer} is bid, {next_seller} is asked"
        ));
    }
    if !clearing.trades.is_empty() {
        lines.push("trades, in the order in which equal bids win".into());
    }
    lines.extend(clearing.trades.iter().map(|trade| trade_line(lot, trade)));
    if !clearing.excess.is_empty() {
        lines.push("excess: what is wanted beyond what is offered, at every level opened".into());
    }
    lines.extend(clearing.excess.iter().map(|Excess { level, units }| {
        let on_grid = quote(&lot.grid, *level).filter(|_| level.0 < lot.grid.levels);
        match on_grid {
            Some(quote) => format!("  at {}: {units}", written(lot, &quote)),
            None => format!("  at level {}, beyond the grid: {units}", level.0),
        }
    }));
    lines
}

fn trade_line(lot: &Lot, trade: &Trade) -> String {
    let verb = match trade.side {
        TradeSide::Buy => "buys",
        TradeSide::Sell => "sells",
    };
    let Trade { party, better, at_price, shared, .. } = trade;
    let amount = lot.grid.scale.write(Price(trade.amount));
    format!(
        "  {party} {verb} {} units for {amount}: {better} better than the price, {shared} of {at_price} at it",
        traded(trade)
    )
}

fn statistics_lines(row: &LotRow, statistics: &Statistics) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(squares) = statistics.squares {
        lines.push(format!("squares: those of the levels sum to {squares}"));
    }
    if let Some(counts) = &statistics.bins {
        lines.push("histogram: answers, by the value from which their bin goes".into());
        let full = bins(row, counts).filter(|(_, answers)| *answers > 0);
        lines.extend(
            full.map(|(from, answers)| format!("  from {}: {answers}", written(&row.lot, &from))),
        );
    }
    lines
}
