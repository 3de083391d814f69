//! How a market cleared, and what a survey came to.

use serde::Serialize;
use talea_protocol::{
    commitment::TradeSide,
    outcome::{Clearing, Clears, Ending, Excess, Margins, Statistics, Trade},
    price::Price,
    terms::Lot,
};

use super::{super::market, LotRow, QuoteView};
use crate::replay::terms::quote;

#[derive(Serialize)]
pub(super) struct ClearingView {
    price: QuoteView,
    /// Where the price is the middle of two.
    between: Option<ClearsView>,
    /// Of a trade reduction in which a pair can trade.
    margins: Option<MarginsView>,
    /// In the order in which it was opened; empty where comparisons are hidden.
    excess: Vec<ExcessView>,
    /// In tie order.
    trades: Vec<TradeView>,
}

#[derive(Serialize)]
struct ClearsView {
    lowest: QuoteView,
    highest: QuoteView,
}

#[derive(Serialize)]
struct MarginsView {
    last_buyer: QuoteView,
    next_buyer: QuoteView,
    last_seller: QuoteView,
    next_seller: QuoteView,
}

#[derive(Serialize)]
struct ExcessView {
    level: u32,
    /// Nothing beyond the grid.
    price: Option<String>,
    units: String,
}

#[derive(Serialize)]
struct TradeView {
    party: String,
    side: &'static str,
    better: String,
    at_price: String,
    shared: String,
    units: String,
    /// As people write it, at the lot's scale.
    amount: String,
    /// In minor units.
    amount_minor: String,
}

#[derive(Serialize)]
pub(super) struct StatisticsView {
    sum: u64,
    bins: Option<Vec<BinView>>,
    squares: Option<u64>,
}

#[derive(Serialize)]
struct BinView {
    from: QuoteView,
    answers: u32,
}

impl ClearingView {
    /// Nothing of a lot that did not end so.
    pub(super) fn of(row: &LotRow) -> Option<Self> {
        let (Ending::Cleared(clearing) | Ending::NoTrade(clearing)) = row.ending.as_ref()? else {
            return None;
        };
        let Clearing { price, between, margins, excess, trades } = clearing;
        let lot = &row.lot;
        Some(Self {
            price: QuoteView::of(lot, price),
            between: between.as_ref().map(|Clears { lowest, highest }| ClearsView {
                lowest: QuoteView::of(lot, lowest),
                highest: QuoteView::of(lot, highest),
            }),
            margins: margins.as_ref().map(|margins| MarginsView::of(lot, margins)),
            excess: excess.iter().map(|excess| ExcessView::of(lot, excess)).collect(),
            trades: trades.iter().map(|trade| TradeView::of(lot, trade)).collect(),
        })
    }
}

impl MarginsView {
    fn of(lot: &Lot, margins: &Margins) -> Self {
        let Margins { last_buyer, next_buyer, last_seller, next_seller } = margins;
        Self {
            last_buyer: QuoteView::of(lot, last_buyer),
            next_buyer: QuoteView::of(lot, next_buyer),
            last_seller: QuoteView::of(lot, last_seller),
            next_seller: QuoteView::of(lot, next_seller),
        }
    }
}

impl ExcessView {
    fn of(lot: &Lot, Excess { level, units }: &Excess) -> Self {
        let quote = quote(&lot.grid, *level).filter(|_| level.0 < lot.grid.levels);
        Self {
            level: level.0,
            price: quote.map(|quote| lot.grid.scale.write(quote.price)),
            units: units.to_string(),
        }
    }
}

impl TradeView {
    fn of(lot: &Lot, trade: &Trade) -> Self {
        Self {
            party: trade.party.to_string(),
            side: match trade.side {
                TradeSide::Buy => "buy",
                TradeSide::Sell => "sell",
            },
            better: trade.better.to_string(),
            at_price: trade.at_price.to_string(),
            shared: trade.shared.to_string(),
            units: market::traded(trade).to_string(),
            amount: lot.grid.scale.write(Price(trade.amount)),
            amount_minor: trade.amount.to_string(),
        }
    }
}

impl StatisticsView {
    /// Nothing of a lot that did not end so.
    pub(super) fn of(row: &LotRow) -> Option<Self> {
        let Ending::Surveyed(Statistics { sum, bins, squares }) = row.ending.as_ref()? else {
            return None;
        };
        let bins = bins.as_ref().map(|bins| {
            let view = |(from, answers)| BinView { from: QuoteView::of(&row.lot, &from), answers };
            market::bins(row, bins).map(view).collect()
        });
        Some(Self { sum: *sum, bins, squares: *squares })
    }
}
