//! Records of a transcript that was verified: what its report holds, and who committed.

use crate::record::{Bid, Ending, Opened, Record, Reserve};
use std::collections::BTreeSet;
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Award, Disclosed, Ending as LotEnding, ReserveResult},
    terms::{Mechanism, Terms},
};
use talea_verifier::{LotRow, Report, Verdict};

/// What a report does not say of the auction itself.
pub struct Context<'a> {
    /// When bids were due, among the auctions that are screened together.
    pub order: u64,
    /// Who committed a bid, per lot in the order of the terms. Nothing where that was not read; then only what
    /// the outcome opened is known.
    pub committed: &'a [BTreeSet<PartyKey>],
    /// What people call a key.
    pub name: &'a dyn Fn(&PartyKey) -> String,
}

/// One record per lot; none of a transcript that is not valid, and none of a market of curves or a survey: screens
/// compare bids of one price each, of which the best win.
#[must_use]
pub fn records(report: &Report, context: &Context<'_>) -> Vec<Record> {
    let Some(terms) = report.terms.as_ref().filter(|_| report.verdict == Verdict::Valid) else {
        return Vec::new();
    };
    match terms.mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => {}
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => {
            return Vec::new();
        }
    }
    let lots = report.lots.iter().enumerate();
    lots.map(|(place, row)| record(terms, row, place, context)).collect()
}

fn record(terms: &Terms, row: &LotRow, place: usize, context: &Context<'_>) -> Record {
    let award = row.ending.as_ref().and_then(award);
    let name = context.name;
    Record {
        name: format!("{} ({})", row.lot.name, row.lot.identifier),
        order: context.order,
        side: row.lot.grid.side,
        seller: name(&terms.seller),
        tick: row.lot.grid.tick,
        limit: Some(row.lot.grid.start.0),
        reserve: reserve(row.reserve),
        bidders: bidders(row, context.committed.get(place), name),
        valid_bids: Some(row.ranked),
        units: terms.mechanism.units(),
        pays_own_bid: terms.mechanism.pays_own_bid(),
        ending: ending(row.ending.as_ref()),
        winners: award
            .iter()
            .flat_map(|award| award.sales.iter())
            .map(|sale| name(&sale.winner))
            .collect(),
        price: award.map(|award| award.quote.price.0),
        opened: opened(&row.disclosed, name),
    }
}

fn award(ending: &LotEnding) -> Option<&Award> {
    match ending {
        LotEnding::Sold(award) | LotEnding::Declined(award) => Some(award),
        LotEnding::BelowReserve
        | LotEnding::Unsold
        | LotEnding::Void(_)
        | LotEnding::Halted
        | LotEnding::Cleared(_)
        | LotEnding::NoTrade(_)
        | LotEnding::OneSided
        | LotEnding::Surveyed(_)
        | LotEnding::TooFewAnswers => None,
    }
}

fn ending(ending: Option<&LotEnding>) -> Ending {
    match ending {
        Some(LotEnding::Sold(_)) => Ending::Sold,
        Some(LotEnding::Declined(_)) => Ending::Declined,
        Some(LotEnding::BelowReserve) => Ending::BelowReserve,
        // A market of curves or a survey has no record.
        Some(
            LotEnding::Unsold
            | LotEnding::Void(_)
            | LotEnding::Halted
            | LotEnding::Cleared(_)
            | LotEnding::NoTrade(_)
            | LotEnding::OneSided
            | LotEnding::Surveyed(_)
            | LotEnding::TooFewAnswers,
        )
        | None => Ending::Nothing,
    }
}

fn reserve(reserve: Option<ReserveResult>) -> Reserve {
    match reserve {
        Some(ReserveResult::Opened(quote)) => Reserve::Opened(quote.price.0),
        Some(ReserveResult::Sealed) => Reserve::Sealed,
        Some(ReserveResult::None | ReserveResult::Lapsed) | None => Reserve::None,
    }
}

fn bidders(
    row: &LotRow,
    committed: Option<&BTreeSet<PartyKey>>,
    name: &dyn Fn(&PartyKey) -> String,
) -> Option<BTreeSet<String>> {
    if let Some(committed) = committed {
        return Some(committed.iter().map(name).collect());
    }
    let bids = row.disclosed.bids.as_ref()?;
    Some(bids.iter().map(|bid| name(&bid.bidder)).collect())
}

fn opened(disclosed: &Disclosed, name: &dyn Fn(&PartyKey) -> String) -> Opened {
    match (&disclosed.bids, disclosed.cover) {
        (Some(bids), _) => {
            let bid = |bid: &talea_protocol::outcome::OpenedBid| Bid {
                price: bid.quote.price.0,
                bidder: name(&bid.bidder),
            };
            Opened::All(bids.iter().map(bid).collect())
        }
        (None, Some(cover)) => Opened::Cover(cover.price.0),
        (None, None) => Opened::Nothing,
    }
}
