//! What was simulated, for people and for tools.
//!
//! Tables and JSON say the same. In JSON money, prices, seeds and quantities are strings, so that
//! no reader rounds them; the schema is [`SCHEMA`], and only ever gains fields under this name.

use crate::{run::Run, scenario::Scenario};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _, path::Path};
use talea_protocol::{
    bytes::PartyKey,
    caution::cautions,
    outcome::{Account, Ending, LotResult, OpenedBid, PriceComparison, Quote, ReserveResult},
    price::Side,
    terms::{Lot, Terms},
};
use talea_text::{
    clearing::{self, ClearingReport},
    ending, histogram,
    json::to_json,
    statistics::StatisticsReport,
    survey::{self, BucketReport, SurveyReport, buckets},
    table::table,
};

/// The schema of every `--json` of this program.
pub const SCHEMA: &str = "talea-sim/2";

/// What a scenario came to.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    schema: &'static str,
    kind: &'static str,
    title: String,
    seed: String,
    auction: String,
    quorum: String,
    transcript: TranscriptReport,
    lots: Vec<LotReport>,
    accounts: Vec<AccountReport>,
    cautions: Vec<CautionReport>,
}

#[derive(Clone, Debug, Serialize)]
struct TranscriptReport {
    path: String,
    entries: u64,
    bytes: u64,
    head: String,
}

#[derive(Clone, Debug, Serialize)]
struct LotReport {
    lot: usize,
    identifier: String,
    name: String,
    quantity: String,
    side: &'static str,
    levels: u32,
    shape: Vec<usize>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    winner: Option<String>,
    winner_key: Option<String>,
    winners: Vec<WinnerReport>,
    price: Option<String>,
    level: Option<u32>,
    reserve: &'static str,
    reserve_price: Option<String>,
    cover: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    surveys: Vec<SurveyReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<Vec<BucketReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_bids: Option<Vec<OpenedBidReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clearing: Option<ClearingReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<StatisticsReport>,
    bids: u32,
    ranked: u32,
    invalid: u32,
    #[serde(skip)]
    picture: Option<histogram::Row>,
    /// What is told of a market or a survey, for people.
    #[serde(skip)]
    of_market: String,
}

/// A winner, and how its bid compares with the price.
#[derive(Clone, Debug, Serialize)]
struct WinnerReport {
    party: String,
    key: String,
    comparison: &'static str,
}

/// A bid that the terms have opened.
#[derive(Clone, Debug, Serialize)]
struct OpenedBidReport {
    party: String,
    key: String,
    price: String,
    level: u32,
}

#[derive(Clone, Debug, Serialize)]
struct AccountReport {
    party: String,
    key: String,
    funded: String,
    received: String,
    available: String,
    settlement: String,
    forfeited: String,
}

#[derive(Clone, Debug, Serialize)]
struct CautionReport {
    code: &'static str,
    sentence: String,
}

impl RunReport {
    /// Gathers what there is to say about a run whose transcript is at `path`.
    #[must_use]
    pub fn new(scenario: &Scenario, run: &Run, path: &Path) -> Self {
        let Run { seed, terms, names, simulated } = run;
        let by_key: BTreeMap<PartyKey, &str> =
            names.iter().map(|(key, name)| (*key, name.as_str())).collect();
        let called =
            |key: &PartyKey| by_key.get(key).map_or_else(|| key.to_string(), |n| (*n).into());
        let lots = terms.lots.iter().zip(simulated.outcome.lots.iter()).enumerate();
        let lots =
            lots.map(|(index, (lot, result))| LotReport::new(terms, (index, lot), result, called));
        let account = |party: &PartyKey| {
            simulated.outcome.accounts.iter().find(|account| account.party == *party)
        };
        let accounts = names.iter().filter_map(|(key, name)| {
            let Account { party, funded, received, available, locked: _, settlement, forfeited } =
                account(key)?;
            Some(AccountReport {
                party: name.clone(),
                key: party.to_string(),
                funded: funded.to_string(),
                received: received.to_string(),
                available: available.to_string(),
                settlement: settlement.to_string(),
                forfeited: forfeited.to_string(),
            })
        });
        Self {
            schema: SCHEMA,
            kind: "run",
            title: scenario.title.clone(),
            seed: seed.to_string(),
            auction: simulated.outcome.auction.to_string(),
            quorum: scenario.quorum_in_words(),
            transcript: TranscriptReport {
                path: path.display().to_string(),
                entries: simulated.entries,
                bytes: simulated.bytes,
                head: simulated.auction.head().to_string(),
            },
            lots: lots.collect(),
            accounts: accounts.collect(),
            cautions: cautions(terms)
                .iter()
                .map(|caution| CautionReport {
                    code: caution.code(),
                    sentence: caution.to_string(),
                })
                .collect(),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", self.title);
        let _ = writeln!(text, "auction {}", self.auction);
        let _ = writeln!(text, "quorum  {}", self.quorum);
        let _ = writeln!(text);
        let lots = self.lots.iter().map(LotReport::cells).collect();
        let heading = ["lot", "identifier", "name", "result", "winner", "price", "bids"];
        let _ = writeln!(text, "{}", table(&heading, lots, &[0, 5]));
        let _ = writeln!(text);
        for lot in &self.lots {
            text.push_str(&lot.disclosed());
        }
        let accounts = self.accounts.iter().map(AccountReport::cells).collect();
        let heading = ["party", "funded", "received", "released", "settlement", "forfeited"];
        let _ = writeln!(text, "{}", table(&heading, accounts, &[1, 2, 3, 4, 5]));
        if !self.cautions.is_empty() {
            let _ = writeln!(text, "\nLeft open by these terms");
            for caution in &self.cautions {
                let _ = writeln!(text, "  - {}", caution.sentence);
            }
        }
        text
    }

    /// The depths as a picture: of every lot that showed one, after each round.
    #[must_use]
    pub fn histogram(&self) -> String {
        let rows: Vec<histogram::Row> =
            self.lots.iter().filter_map(|lot| lot.picture.clone()).collect();
        histogram::svg(&self.title, &rows)
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl LotReport {
    fn new(
        terms: &Terms,
        (index, lot): (usize, &Lot),
        result: &LotResult,
        called: impl Fn(&PartyKey) -> String,
    ) -> Self {
        let grid = &lot.grid;
        let write = |quote: &Quote| grid.scale.write(quote.price);
        let (why, award) = match &result.ending {
            Ending::Sold(award) => (None, Some(award)),
            Ending::Declined(award) => (Some("the seller declined".into()), Some(award)),
            Ending::BelowReserve => (Some("no bid reached the reserve".into()), None),
            Ending::Unsold if result.commits == 0 => (Some("nobody bid".into()), None),
            Ending::Unsold => (Some("no valid bid was revealed".into()), None),
            Ending::Void(cause) => (Some(cause.to_string()), None),
            Ending::Halted => (Some("a soundness alarm".into()), None),
            Ending::Cleared(_)
            | Ending::NoTrade(_)
            | Ending::OneSided
            | Ending::Surveyed(_)
            | Ending::TooFewAnswers => {
                let words = ending::of_market(terms, lot, result.ranked, &result.ending);
                // The word stands before it.
                (words.map(|words| without(ending::word(&result.ending), words)), None)
            }
        };
        let clearing = match &result.ending {
            Ending::Cleared(clearing) | Ending::NoTrade(clearing) => Some(clearing),
            _ => None,
        };
        let statistics = match &result.ending {
            Ending::Surveyed(statistics) => {
                Some(StatisticsReport::of(terms.mechanism, lot, result.ranked, statistics))
            }
            _ => None,
        };
        let found = award.map(|award| &award.quote);
        let found = found.or_else(|| clearing.and_then(clearing::common_price));
        let clearing = clearing.map(|clearing| ClearingReport::of(terms, lot, clearing));
        let winners = award.into_iter().flat_map(|award| award.sales.iter());
        let winners: Vec<WinnerReport> = winners
            .map(|sale| WinnerReport {
                party: called(&sale.winner),
                key: sale.winner.to_string(),
                comparison: match sale.comparison {
                    PriceComparison::AbovePrice => "above the price",
                    PriceComparison::AtPrice => "at the price",
                    PriceComparison::NotCompared => "not compared",
                },
            })
            .collect();
        let alone = match winners.as_slice() {
            [winner] => Some(winner.clone()),
            _ => None,
        };
        let (reserve, reserve_price) = match &result.reserve {
            ReserveResult::None => ("none", None),
            ReserveResult::Lapsed => ("lapsed", None),
            ReserveResult::Sealed => ("sealed", None),
            ReserveResult::Opened(quote) => ("opened", Some(write(quote))),
        };
        let disclosed = &result.disclosed;
        let price = found.map(write);
        let in_words = ending::in_words(lot, &result.ending, &called);
        let opened = |bid: &OpenedBid| OpenedBidReport {
            party: called(&bid.bidder),
            key: bid.bidder.to_string(),
            price: write(&bid.quote),
            level: bid.quote.level.0,
        };
        Self {
            lot: index,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            quantity: lot.quantity.to_string(),
            side: match grid.side {
                Side::HighestWins => "sale",
                Side::LowestWins => "procurement",
            },
            levels: grid.levels,
            shape: grid.shape.radices().collect(),
            result: ending::word(&result.ending),
            why,
            winner: alone.as_ref().map(|winner| winner.party.clone()),
            winner_key: alone.map(|winner| winner.key),
            winners,
            price,
            level: found.map(|quote| quote.level.0),
            reserve,
            reserve_price,
            cover: disclosed.cover.as_ref().map(write),
            surveys: SurveyReport::all(grid, &disclosed.surveys),
            depth: disclosed.depth.as_ref().map(|depth| buckets(grid, depth)),
            opened_bids: disclosed.bids.as_ref().map(|bids| bids.iter().map(opened).collect()),
            bids: result.commits,
            ranked: result.ranked,
            invalid: result.invalid,
            picture: histogram::Row::of_lot(
                terms.mechanism,
                lot,
                disclosed,
                Some(&result.ending),
                in_words,
            ),
            of_market: tables(clearing.as_ref(), statistics.as_ref(), called),
            clearing,
            statistics,
        }
    }

    /// What the terms have opened besides winners and price, in lines; nothing if nothing.
    fn disclosed(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        if let Some(cover) = &self.cover {
            let _ = writeln!(text, "lot {}: cover (best losing price) {cover}", self.lot);
        }
        if let Some(price) = &self.reserve_price {
            let _ = writeln!(text, "lot {}: the reserve was {price}", self.lot);
        }
        if !self.surveys.is_empty() {
            let _ =
                writeln!(text, "lot {}: depth after each round, without the best bids", self.lot);
            let _ = writeln!(text, "{}", survey::table(&self.surveys));
        }
        if let Some(depth) = self.depth.as_ref().filter(|_| self.surveys.is_empty()) {
            let _ = writeln!(text, "lot {}: depth, without the best bids", self.lot);
            write_depth(&mut text, depth);
        }
        for bid in self.opened_bids.iter().flatten() {
            let _ = writeln!(text, "lot {}: {} bid {}", self.lot, bid.party, bid.price);
        }
        if !self.of_market.is_empty() {
            let _ = writeln!(text, "lot {}: {}", self.lot, self.result);
            let _ = writeln!(text, "{}", self.of_market);
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    fn cells(&self) -> Vec<String> {
        let unrevealed = self.bids.saturating_sub(self.ranked).saturating_sub(self.invalid);
        let flaws: Vec<String> = [(unrevealed, "not revealed"), (self.invalid, "invalid")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, flaw)| format!("{count} {flaw}"))
            .collect();
        let bids = match flaws.as_slice() {
            [] => self.bids.to_string(),
            _ => format!("{} ({})", self.bids, flaws.join(", ")),
        };
        let result = match &self.why {
            Some(why) => format!("{}: {why}", self.result),
            None => self.result.into(),
        };
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        vec![
            self.lot.to_string(),
            self.identifier.clone(),
            self.name.clone(),
            result,
            match self.winners.as_slice() {
                [] => "-".into(),
                winners => {
                    let names: Vec<&str> = winners.iter().map(|w| w.party.as_str()).collect();
                    names.join(", ")
                }
            },
            or_dash(&self.price),
            bids,
        ]
    }
}

/// What follows a word and a colon in these words.
fn without(word: &str, words: String) -> String {
    let rest = words.strip_prefix(word).and_then(|rest| rest.strip_prefix(": "));
    rest.map(str::to_owned).unwrap_or(words)
}

/// The tables of a market or a survey; nothing of any other.
fn tables(
    clearing: Option<&ClearingReport>,
    statistics: Option<&StatisticsReport>,
    called: impl Fn(&PartyKey) -> String,
) -> String {
    let trades = clearing.filter(|clearing| !clearing.trades.is_empty());
    let trades = trades.map(|clearing| clearing.trades_table(called));
    let excess = clearing.and_then(|clearing| clearing.excess_table());
    let bins = statistics.and_then(StatisticsReport::table);
    [trades, excess, bins].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

impl AccountReport {
    fn cells(&self) -> Vec<String> {
        let Self { party, key: _, funded, received, available, settlement, forfeited } = self;
        [party, funded, received, available, settlement, forfeited].map(Clone::clone).to_vec()
    }
}

fn write_depth(text: &mut String, depth: &[BucketReport]) {
    let width = depth.iter().map(|b| b.from.len().max(b.to.len())).max().unwrap_or(0);
    for BucketReport { from, to, bids, .. } in depth.iter().rev() {
        let bar = "#".repeat(usize::try_from(*bids).unwrap_or(usize::MAX).min(60));
        let line = format!("  {from:>width$} .. {to:>width$} {bids:>4} {bar}");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
