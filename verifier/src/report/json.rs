//! The JSON view. Numbers that are money, prices or slots are strings.

mod market;

use serde::Serialize;
use talea_protocol::{
    bytes::List,
    limits::MAX_BUCKETS,
    outcome::{
        Award, Disclosed, Ending, OpenedBid, PriceComparison, Quote, ReserveResult, Sale, Survey,
    },
    terms::Lot,
};

use super::{CheckStatus, LotRow, Report, SCHEMA, TOOL, VERSION, Verdict, lot};
use crate::failure::{Failure, Place};
use market::{ClearingView, StatisticsView};

/// The report, field by field.
#[derive(Serialize)]
pub(super) struct View<'a> {
    schema: &'static str,
    tool: ToolView,
    verdict: Verdict,
    /// Whether the file begins as a transcript does.
    is_transcript: bool,
    file: Option<FileView>,
    entries: u64,
    auction: Option<String>,
    head: Option<String>,
    outcome_sha256: Option<String>,
    failure: Option<FailureView<'a>>,
    progress: Option<ProgressView>,
    lots: Vec<LotView<'a>>,
    accounts: Vec<AccountView>,
    checks: Vec<CheckView>,
    cautions: Vec<CautionView>,
    not_verified: Vec<String>,
}

#[derive(Serialize)]
struct ToolView {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct FileView {
    sha256: String,
    bytes: u64,
}

#[derive(Serialize)]
struct FailureView<'a> {
    check: &'static str,
    place: &'static str,
    entry: Option<u64>,
    slot: Option<String>,
    instruction: Option<&'static str>,
    signer: Option<String>,
    role: Option<String>,
    sentence: &'a str,
}

#[derive(Serialize)]
struct ProgressView {
    phase: &'static str,
    /// Where there are rounds.
    round: Option<u32>,
    slot: String,
    deadline: Option<String>,
}

#[derive(Serialize)]
struct LotView<'a> {
    index: usize,
    name: &'a str,
    identifier: &'a str,
    quantity: String,
    ending: &'static str,
    cause: Option<String>,
    winner: Option<String>,
    /// As people write it, at the lot's scale.
    price: Option<String>,
    /// In minor units.
    price_minor: Option<String>,
    level: Option<u32>,
    commits: usize,
    ranked: usize,
    invalid: usize,
    /// Of a lot that was sold, or would have been.
    winners: Vec<WinnerView>,
    /// The last slot for the seller's decision, while the lot waits for it.
    decision_until: Option<String>,
    reserve: Option<ReserveView>,
    /// What the surveys between rounds showed, from round 0.
    surveys: Vec<SurveyView>,
    cover: Option<QuoteView>,
    depth: Option<Vec<BucketView>>,
    bids: Option<Vec<BidView>>,
    /// Of a market that cleared, or in which nothing is traded.
    clearing: Option<ClearingView>,
    /// Of a survey that was answered.
    statistics: Option<StatisticsView>,
}

#[derive(Serialize)]
struct WinnerView {
    party: String,
    comparison: &'static str,
}

#[derive(Serialize)]
struct QuoteView {
    /// As people write it, at the lot's scale.
    price: String,
    /// In minor units.
    price_minor: String,
    level: u32,
}

#[derive(Serialize)]
struct ReserveView {
    state: &'static str,
    opened: Option<QuoteView>,
}

#[derive(Serialize)]
struct SurveyView {
    depth: Option<Vec<BucketView>>,
    cover: Option<QuoteView>,
}

/// Bids of one bucket, those that are among the best not counted.
#[derive(Serialize)]
struct BucketView {
    /// The first price of the bucket. Nothing if the whole bucket lies beyond the grid.
    from: Option<QuoteView>,
    bids: u32,
}

#[derive(Serialize)]
struct BidView {
    party: String,
    #[serde(flatten)]
    quote: QuoteView,
}

#[derive(Serialize)]
struct AccountView {
    party: String,
    role: String,
    funded: String,
    received: String,
    available: String,
    settlement: String,
    forfeited: String,
}

#[derive(Serialize)]
struct CheckView {
    number: &'static str,
    sentence: &'static str,
    status: CheckStatus,
    performed: u64,
    adverse: u64,
}

#[derive(Serialize)]
struct CautionView {
    code: &'static str,
    sentence: String,
}

impl<'a> View<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA,
            tool: ToolView { name: TOOL, version: VERSION },
            verdict: report.verdict,
            is_transcript: report.is_transcript,
            file: report.file.map(|(digest, bytes)| FileView { sha256: digest.to_string(), bytes }),
            entries: report.entries,
            auction: report.auction.map(|digest| digest.to_string()),
            head: report.head.map(|digest| digest.to_string()),
            outcome_sha256: report.outcome.map(|digest| digest.to_string()),
            failure: report.failure.as_ref().map(|f| FailureView::of(report, f)),
            progress: report.progress.map(|progress| ProgressView {
                phase: progress.phase,
                round: progress.round,
                slot: progress.slot.to_string(),
                deadline: progress.deadline.map(|slot| slot.to_string()),
            }),
            lots: report.lots.iter().enumerate().map(LotView::of).collect(),
            accounts: report
                .accounts
                .iter()
                .map(|a| AccountView {
                    party: a.party.to_string(),
                    role: report.role(&a.party),
                    funded: a.funded.to_string(),
                    received: a.received.to_string(),
                    available: a.available.to_string(),
                    settlement: a.settlement.to_string(),
                    forfeited: a.forfeited.to_string(),
                })
                .collect(),
            checks: report
                .checks
                .iter()
                .map(|row| CheckView {
                    number: row.check.number(),
                    sentence: row.check.sentence(),
                    status: row.status,
                    performed: row.count.performed,
                    adverse: row.count.adverse,
                })
                .collect(),
            cautions: report
                .cautions()
                .iter()
                .map(|caution| CautionView { code: caution.code(), sentence: caution.to_string() })
                .collect(),
            not_verified: report.not_verified(),
        }
    }
}

impl<'a> FailureView<'a> {
    fn of(report: &Report, failure: &'a Failure) -> Self {
        let subject = &failure.subject;
        let (place, entry) = match subject.place {
            Place::Genesis => ("genesis", None),
            Place::Entry(index) => ("entry", Some(index)),
            Place::Closing => ("closing", None),
            Place::AfterClosing => ("after-closing", None),
        };
        Self {
            check: failure.check.number(),
            place,
            entry,
            slot: subject.slot.map(|slot| slot.to_string()),
            instruction: subject.instruction,
            signer: subject.signer.map(|key| key.to_string()),
            role: subject.signer.map(|key| report.role(&key)),
            sentence: &failure.sentence,
        }
    }
}

impl QuoteView {
    fn of(lot: &Lot, quote: &Quote) -> Self {
        Self {
            price: lot.grid.scale.write(quote.price),
            price_minor: quote.price.0.to_string(),
            level: quote.level.0,
        }
    }
}

impl ReserveView {
    /// Nothing where there was no reserve.
    fn of(lot: &Lot, reserve: &ReserveResult) -> Option<Self> {
        let (state, opened) = match reserve {
            ReserveResult::None => return None,
            ReserveResult::Lapsed => ("lapsed", None),
            ReserveResult::Sealed => ("sealed", None),
            ReserveResult::Opened(quote) => ("opened", Some(QuoteView::of(lot, quote))),
        };
        Some(Self { state, opened })
    }
}

impl<'a> LotView<'a> {
    fn of((index, row): (usize, &'a LotRow)) -> Self {
        let quote = |quote: &Quote| QuoteView::of(&row.lot, quote);
        let Disclosed { surveys, cover, depth, bids } = &row.disclosed;
        let bucket = |(from, bids): (Option<Quote>, &u32)| BucketView {
            from: from.as_ref().map(quote),
            bids: *bids,
        };
        let buckets = |depth: &List<u32, MAX_BUCKETS>| -> Vec<BucketView> {
            lot::buckets(&row.lot, depth).map(bucket).collect()
        };
        let survey = |survey: &Survey| SurveyView {
            depth: survey.depth.as_ref().map(buckets),
            cover: survey.cover.as_ref().map(quote),
        };
        let bid =
            |bid: &OpenedBid| BidView { party: bid.bidder.to_string(), quote: quote(&bid.quote) };
        let mut view = Self {
            index,
            name: row.lot.name.as_str(),
            identifier: row.lot.identifier.as_str(),
            quantity: row.lot.quantity.to_string(),
            ending: "undecided",
            cause: None,
            winner: None,
            price: None,
            price_minor: None,
            level: None,
            commits: row.commits,
            ranked: row.ranked,
            invalid: row.invalid,
            winners: Vec::new(),
            decision_until: row.decision_until.map(|slot| slot.to_string()),
            reserve: row.reserve.as_ref().and_then(|reserve| ReserveView::of(&row.lot, reserve)),
            surveys: surveys.iter().map(survey).collect(),
            cover: cover.as_ref().map(quote),
            depth: depth.as_ref().map(buckets),
            bids: bids.as_ref().map(|bids| bids.iter().map(bid).collect()),
            clearing: ClearingView::of(row),
            statistics: StatisticsView::of(row),
        };
        match &row.ending {
            None => (),
            Some(Ending::Sold(award)) => {
                view.ending = "sold";
                // Readers of the first fields know of one winner.
                if let [sale] = award.sales.as_ref() {
                    view.winner = Some(sale.winner.to_string());
                }
                view.award(row, award);
            }
            Some(Ending::Declined(award)) => {
                view.ending = "declined";
                view.award(row, award);
            }
            Some(Ending::BelowReserve) => view.ending = "below-reserve",
            Some(Ending::Unsold) => view.ending = "unsold",
            Some(Ending::Void(cause)) => {
                view.ending = "void";
                view.cause = Some(cause.to_string());
            }
            Some(Ending::Halted) => view.ending = "halted",
            Some(Ending::Cleared(_)) => view.ending = "cleared",
            Some(Ending::NoTrade(_)) => view.ending = "no-trade",
            Some(Ending::OneSided) => view.ending = "one-sided",
            Some(Ending::Surveyed(_)) => view.ending = "surveyed",
            Some(Ending::TooFewAnswers) => view.ending = "too-few-answers",
        }
        view
    }

    /// The price, and who won at it.
    fn award(&mut self, row: &LotRow, award: &Award) {
        let QuoteView { price, price_minor, level } = QuoteView::of(&row.lot, &award.quote);
        self.price = Some(price);
        self.price_minor = Some(price_minor);
        self.level = Some(level);
        let winner = |sale: &Sale| WinnerView {
            party: sale.winner.to_string(),
            comparison: match sale.comparison {
                PriceComparison::AbovePrice => "above-price",
                PriceComparison::AtPrice => "at-price",
                PriceComparison::NotCompared => "not-compared",
            },
        };
        self.winners = award.sales.iter().map(winner).collect();
    }
}
