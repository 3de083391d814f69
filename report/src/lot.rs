//! What became of a lot.

use serde::Serialize;
use std::collections::BTreeSet;
use talea_protocol::{
    outcome::{
        Award, Clearing, Clears, Disclosed, Ending, OpenedBid, PriceComparison, Quote,
        ReserveResult, Statistics,
    },
    price::Level,
    terms::{Mechanism, Terms},
};
use talea_text::{
    clearing::{self, ClearingReport},
    ending, lot, money, names,
    statistics::StatisticsReport,
    survey::{BucketReport, SurveyReport, buckets},
};
use talea_verifier::report::LotRow;

/// What became of a lot. Prices stand in their notation, and as decimal numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LotReport {
    /// Its number in the terms, from 0.
    pub lot: usize,
    /// Its identifier.
    pub identifier: String,
    /// What people call it.
    pub name: String,
    /// How much is offered.
    pub quantity: String,
    /// How it ended or stands, in a word.
    pub state: &'static str,
    /// In words.
    pub result: String,
    /// What every winner pays; for a unit, where bids are curves.
    /// Nothing where winners of curves pay what they bid, or buyers another price than sellers.
    pub price: Option<String>,
    /// The same as a decimal number.
    pub price_decimal: Option<String>,
    /// What the winner pays: quantity times price, where the price is a per cent of it. Nothing of a
    /// lot of several units: whether its quantity is that of one or of all, terms do not say.
    pub amount: Option<String>,
    /// Who won, in tie order; in a market whoever trades something, on both sides.
    pub winners: Vec<String>,
    /// The best losing price, if it was opened.
    pub cover: Option<String>,
    /// The same as a decimal number.
    pub cover_decimal: Option<String>,
    /// What the best losing bid came to, as [`amount`](Self::amount).
    pub cover_amount: Option<String>,
    /// What became of the reserve, in a word.
    pub reserve: &'static str,
    /// The reserve, if it was opened.
    pub reserve_price: Option<String>,
    /// The same as a decimal number.
    pub reserve_price_decimal: Option<String>,
    /// Bids committed.
    pub committed: usize,
    /// Bids ranked.
    pub ranked: usize,
    /// Bids closed as invalid.
    pub invalid: usize,
    /// In words.
    pub opened: Vec<String>,
    /// What the rounds have shown.
    pub surveys: Vec<SurveyReport>,
    /// Bids in each range of prices, if that was opened.
    pub depth: Option<Vec<BucketReport>>,
    /// Every bid, where the terms open them.
    pub bids: Option<Vec<BidReport>>,
    /// How a market of curves cleared, with what each bid trades.
    pub clearing: Option<ClearingReport>,
    /// What a survey opened.
    pub statistics: Option<StatisticsReport>,
}

/// A bid that was opened.
#[derive(Clone, Debug, Serialize)]
pub struct BidReport {
    /// Whose.
    pub party: String,
    /// What it bids.
    pub price: String,
    /// The same as a decimal number.
    pub price_decimal: String,
    /// What it comes to, as [`LotReport::amount`].
    pub amount: Option<String>,
}

/// A lot that has not ended.
fn undecided(decision_until: Option<u64>) -> (&'static str, String) {
    match decision_until {
        Some(slot) => ("deciding", format!("ranked; the seller may decline until slot {slot}")),
        None => ("open", "not decided yet".into()),
    }
}

/// What was sold, or would have been had the seller not declined.
pub(crate) fn award(row: &LotRow) -> Option<&Award> {
    match &row.ending {
        Some(Ending::Sold(award) | Ending::Declined(award)) => Some(award),
        _ => None,
    }
}

/// What became of a lot's reserve, in a word, and the reserve if it was opened. Nothing of a lot that has not ended.
pub(crate) fn reserve(row: &LotRow) -> (Option<&'static str>, Option<&Quote>) {
    match &row.reserve {
        None => (None, None),
        Some(ReserveResult::None) => (Some("none"), None),
        Some(ReserveResult::Lapsed) => (Some("lapsed"), None),
        Some(ReserveResult::Sealed) => (Some("sealed"), None),
        Some(ReserveResult::Opened(quote)) => (Some("opened"), Some(quote)),
    }
}

/// How a lot ended or stands: in a word, and in words.
fn ending(row: &LotRow, terms: &Terms) -> (&'static str, String) {
    match &row.ending {
        None => undecided(row.decision_until),
        Some(Ending::Sold(_)) => ("sold", "sold".into()),
        Some(Ending::Declined(_)) => {
            let words = match row.reserve {
                Some(ReserveResult::Sealed | ReserveResult::Opened(_)) => {
                    "did not trade: declined by the seller, although the reserve was met"
                }
                _ => "did not trade: declined by the seller",
            };
            ("declined", words.into())
        }
        Some(Ending::BelowReserve) => {
            ("below-reserve", "did not trade: no bid reached the committed reserve".into())
        }
        Some(Ending::Unsold) if row.commits == 0 => ("unsold", "did not trade: nobody bid".into()),
        Some(Ending::Unsold) => ("unsold", "did not trade: no valid bid was revealed".into()),
        Some(Ending::Void(cause)) => ("void", format!("void: {cause}")),
        Some(Ending::Halted) => ("halted", "halted: an alarm about soundness".into()),
        Some(
            ended @ (Ending::Cleared(_)
            | Ending::NoTrade(_)
            | Ending::OneSided
            | Ending::Surveyed(_)
            | Ending::TooFewAnswers),
        ) => {
            let answers = u32::try_from(row.ranked).unwrap_or(u32::MAX);
            let words = ending::of_market(terms, &row.lot, answers, ended);
            (ended.kind(), words.unwrap_or_default())
        }
    }
}

/// How a market cleared, or would have.
fn clearing_of(row: &LotRow) -> Option<&Clearing> {
    match &row.ending {
        Some(Ending::Cleared(clearing) | Ending::NoTrade(clearing)) => Some(clearing),
        _ => None,
    }
}

/// What was opened by a market of curves or a survey, in words.
fn opened_by_market(row: &LotRow) -> Vec<String> {
    let price = |quote: &Quote| lot::price(&row.lot, quote.level);
    let mut opened = Vec::new();
    if let Some(Clearing { price: found, between, margins, excess, trades }) = clearing_of(row) {
        opened.push(format!("the price, {}", price(found)));
        if let Some(Clears { lowest, highest }) = between {
            let [lowest, highest] = [lowest, highest].map(price);
            opened.push(format!(
                "the lowest and the highest price at which as much is traded, {lowest} and {highest}"
            ));
        }
        if let Some(margins) = margins {
            let prices = [
                &margins.last_buyer,
                &margins.next_buyer,
                &margins.last_seller,
                &margins.next_seller,
            ];
            let prices = prices.map(price).join(", ");
            opened.push(format!("the bids at the margin, of buyers and sellers: {prices}"));
        }
        let bids = if trades.len() == 1 { "1 bid" } else { &format!("{} bids", trades.len()) };
        opened.push(format!("what {bids} have better than the price and at it, and the amounts"));
        if !excess.is_empty() {
            let tested: BTreeSet<Level> = excess.iter().map(|excess| excess.level).collect();
            let prices =
                if tested.len() == 1 { "1 price" } else { &format!("{} prices", tested.len()) };
            opened.push(format!("what is wanted beyond what is offered, at {prices}"));
        }
    }
    if let Some(Ending::Surveyed(Statistics { sum: _, bins, squares })) = &row.ending {
        opened.push("the sum of the answers".into());
        if let Some(bins) = bins {
            opened.push(format!("how many answers lie in each of {} bins", bins.len()));
        }
        if squares.is_some() {
            opened.push("the sum of their squares".into());
        }
    }
    opened
}

/// What was opened of a lot, in words.
fn opened(row: &LotRow, mechanism: Mechanism, award: Option<&Award>) -> Vec<String> {
    let price = |level: Level| lot::price(&row.lot, level);
    let Disclosed { surveys, cover, depth, bids } = &row.disclosed;
    let mut opened = opened_by_market(row);
    if let Some(award) = award {
        opened.push(format!("the price, {}", price(award.quote.level)));
        opened.push(match award.sales.len() {
            1 => "the winner".to_owned(),
            winners => format!("the {winners} winners"),
        });
    }
    let is_at_price =
        |award: &Award| award.sales.iter().any(|sale| sale.comparison == PriceComparison::AtPrice);
    if !mechanism.pays_own_bid() && award.is_some_and(is_at_price) {
        let words = "that a winner bid the price itself, as did the best loser or the reserve";
        opened.push(words.into());
    }
    if let Some(cover) = cover {
        opened.push(format!("the best losing price, {}", price(cover.level)));
    }
    match (surveys.len(), depth) {
        (0, None) => (),
        (0, Some(_)) => opened.push("the depth".into()),
        (1, _) => opened.push("the depth after one round".into()),
        (rounds, _) => opened.push(format!("the depth after {rounds} rounds")),
    }
    if let Some(ReserveResult::Opened(quote)) = &row.reserve {
        opened.push(format!("the reserve, {}", price(quote.level)));
    }
    if let Some(bids) = bids {
        let at_price =
            |award: &Award| bids.iter().filter(|bid| bid.quote.level == award.quote.level).count();
        let tied = match award.map_or(0, at_price) {
            tied if tied > 1 => format!(", {tied} of them tied at the price"),
            _ => String::new(),
        };
        opened.push(format!("all {} bids{tied}", bids.len()));
    }
    opened
}

impl LotReport {
    pub(crate) fn of(number: usize, row: &LotRow, terms: &Terms) -> Self {
        let mechanism = terms.mechanism;
        let LotRow { lot, commits, ranked, invalid, disclosed, .. } = row;
        let notation = |quote: &Quote| lot::price(lot, quote.level);
        let decimal = |quote: &Quote| lot::price_decimal(lot, quote.level);
        let amount = |quote: &Quote| money::amount(terms, lot, quote.price);
        let (state, result) = ending(row, terms);
        let award = award(row);
        let clearing = clearing_of(row);
        let paid = clearing.filter(|_| state == "cleared").and_then(clearing::common_price);
        let quote = award.map(|award| &award.quote).or(paid);
        let traded = clearing.into_iter().flat_map(|clearing| &clearing.trades);
        let traded =
            traded.filter(|trade| trade.units() > 0).map(|trade| names::party(&trade.party));
        let statistics = match &row.ending {
            Some(Ending::Surveyed(statistics)) => {
                let answers = u32::try_from(*ranked).unwrap_or(u32::MAX);
                Some(StatisticsReport::of(mechanism, lot, answers, statistics))
            }
            _ => None,
        };
        let (reserve, reserve_quote) = reserve(row);
        let Disclosed { surveys, cover, depth, bids } = disclosed;
        let cover = cover.as_ref();
        let bid = |OpenedBid { bidder, quote }: &OpenedBid| BidReport {
            party: names::party(bidder),
            price: notation(quote),
            price_decimal: decimal(quote),
            amount: amount(quote),
        };
        let sales = award.into_iter().flat_map(|award| award.sales.iter());
        Self {
            lot: number,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            quantity: lot.quantity.to_string(),
            state,
            result,
            price: quote.map(notation),
            price_decimal: quote.map(decimal),
            amount: quote.and_then(amount),
            winners: sales.map(|sale| names::party(&sale.winner)).chain(traded).collect(),
            cover: cover.map(notation),
            cover_decimal: cover.map(decimal),
            cover_amount: cover.and_then(amount),
            reserve: reserve.unwrap_or("open"),
            reserve_price: reserve_quote.map(notation),
            reserve_price_decimal: reserve_quote.map(decimal),
            committed: *commits,
            ranked: *ranked,
            invalid: *invalid,
            opened: opened(row, mechanism, award),
            surveys: SurveyReport::all(&lot.grid, surveys),
            depth: depth.as_ref().map(|depth| buckets(&lot.grid, depth)),
            bids: bids.as_ref().map(|bids| bids.iter().map(bid).collect()),
            clearing: clearing.map(|clearing| ClearingReport::of(terms, lot, clearing)),
            statistics,
        }
    }

    /// The lot as the terms put it up, before anybody bid.
    #[must_use]
    pub fn before_bids(&self) -> Self {
        let Self { lot, identifier, name, quantity, .. } = self;
        let (state, result) = undecided(None);
        Self {
            lot: *lot,
            identifier: identifier.clone(),
            name: name.clone(),
            quantity: quantity.clone(),
            state,
            result,
            reserve: "open",
            ..Self::default()
        }
    }
}
