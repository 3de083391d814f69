//! What a supervisor asks of an auction: who could decrypt and who did, who did not do what it owed, where bids
//! tied, and what became of reserves.
//!
//! All of it follows from what the terms disclose. Where they do not disclose enough, it says so.

use crate::{
    lot::{self, award},
    parties::KeyholderReport,
};
use serde::Serialize;
use talea_contract::{Auction, Phase, standing::CommitStanding};
use talea_protocol::{
    commitment::BidId,
    outcome::{Ending, PriceComparison, ReserveResult},
    quorum::keyholders,
    terms::{Disclosure, Terms, Ties},
};
use talea_replay::Replay;
use talea_text::names;
use talea_verifier::report::LotRow;

/// What a supervisor asks.
#[derive(Clone, Debug, Serialize)]
pub struct Supervision {
    /// Group by group: a ranking needs every group.
    pub groups: Vec<GroupReport>,
    /// What bidders and the seller owed and did not do.
    pub defaults: Vec<DefaultReport>,
    /// Lot by lot: whether bids tied at the price.
    pub ties: Vec<TieReport>,
    /// Lot by lot: what the reserve was and what the seller did. Nothing of auctions without either.
    pub reserves: Vec<ReserveReport>,
}

/// Who of a group could decrypt, and who did.
#[derive(Clone, Debug, Serialize)]
pub struct GroupReport {
    /// Its name.
    pub name: String,
    /// So many of its members decrypt together.
    pub threshold: u16,
    /// Its members.
    pub members: usize,
    /// The numbers of those who have a share of the key, from 1.
    pub able: Vec<u16>,
    /// Of those who posted decryption shares.
    pub decrypted: Vec<u16>,
    /// Of those who bid with the key with which they sign as keyholders. One who bids with another key is not found.
    pub bidding: Vec<u16>,
    /// Of those who are the seller.
    pub seller: Vec<u16>,
}

/// Something that was owed.
#[derive(Clone, Debug, Serialize)]
pub struct DefaultReport {
    /// Who owed it.
    pub party: String,
    /// The lot.
    pub lot: u32,
    /// Its identifier.
    pub identifier: String,
    /// The round of its last commit.
    pub round: u32,
    /// In a word: `unrevealed`, `invalid`, `update-missed`, `reserve-lapsed`; `attested` if keyholders say that
    /// it tried.
    pub kind: &'static str,
}

/// Whether bids tied.
#[derive(Clone, Debug, Serialize)]
pub struct TieReport {
    /// The lot.
    pub lot: usize,
    /// Its identifier.
    pub identifier: String,
    /// Whether bids tied at the price; nothing if what was disclosed does not say.
    pub tied: Option<bool>,
    /// How many bids were at the price, if all were opened.
    pub bids: Option<usize>,
    /// How ties are broken: `earliest-commit` or `lottery`.
    pub rule: &'static str,
    /// From what this is known, or why it is not.
    pub known_by: &'static str,
}

/// A lot's reserve, and the seller's decision.
#[derive(Clone, Debug, Serialize)]
pub struct ReserveReport {
    /// The lot.
    pub lot: usize,
    /// Its identifier.
    pub identifier: String,
    /// `none`, `lapsed`, `sealed` or `opened`; nothing if the lot has not ended.
    pub reserve: Option<&'static str>,
    /// `accepted`, `declined`, or nothing if there was nothing to decide.
    pub decision: Option<&'static str>,
    /// How many ticks the price lies above the reserve (below, in a procurement), if both were opened.
    pub ticks_above_reserve: Option<u32>,
}

impl Supervision {
    /// Of a replay, and the lots that the verifier derived.
    pub(crate) fn of(replay: &Replay, keyholders: &[KeyholderReport], lots: &[LotRow]) -> Self {
        let auction = replay.auction();
        let terms = auction.terms();
        let has_reserves = terms.reserve.is_some() || terms.acceptance.is_some();
        let mut defaults = defaults(replay);
        defaults.extend((0..).zip(lots).filter_map(|lot| lapsed_reserve(terms, lot)));
        Self {
            groups: groups(replay, keyholders),
            defaults,
            ties: lots.iter().enumerate().filter_map(|lot| tie(terms, lot)).collect(),
            reserves: lots
                .iter()
                .enumerate()
                .filter(|_| has_reserves)
                .map(|lot| ReserveReport::of(terms, lot))
                .collect(),
        }
    }
}

fn groups(replay: &Replay, reports: &[KeyholderReport]) -> Vec<GroupReport> {
    let auction = replay.auction();
    let terms = auction.terms();
    let bids = |party| replay.bids().any(|(bid, _)| bid.bidder == party && party != terms.seller);
    let members = || keyholders(&terms.quorum).zip(reports);
    let group = |(number, group): (u16, &talea_protocol::quorum::Group)| {
        let numbers = |is: &dyn Fn(&talea_protocol::quorum::Member, &KeyholderReport) -> bool| {
            let of_group =
                members().filter(|((id, member), report)| id.group == number && is(member, report));
            of_group.map(|((id, _), _)| id.member).collect::<Vec<_>>()
        };
        GroupReport {
            name: group.name.to_string(),
            threshold: group.threshold,
            members: group.members.len(),
            able: match auction.quorum_keys() {
                Some(_) => numbers(&|_, report| !report.expelled && !report.shareless),
                None => Vec::new(),
            },
            decrypted: numbers(&|_, report| report.said.contains_key("decrypt")),
            bidding: numbers(&|member, _| bids(member.signing)),
            seller: numbers(&|member, _| member.signing == terms.seller),
        }
    };
    (0..).zip(terms.quorum.iter()).map(group).collect()
}

/// Whether bids can no longer be revealed in the round of a commit.
fn is_over(auction: &Auction, round: u32) -> bool {
    round < auction.round()
        || matches!(auction.phase(), Phase::Endorsing | Phase::Ranking | Phase::Closed)
}

fn defaults(replay: &Replay) -> Vec<DefaultReport> {
    let auction = replay.auction();
    let terms = auction.terms();
    let mut last: Vec<&BidId> = Vec::new();
    for (bid, _) in replay.bids().filter(|(bid, _)| bid.bidder != terms.seller) {
        match last.iter_mut().find(|known| (known.lot, known.bidder) == (bid.lot, bid.bidder)) {
            Some(known) if known.round < bid.round => *known = bid,
            Some(_) => (),
            None => last.push(bid),
        }
    }
    let of = |bid: &BidId| {
        let standing = auction.standing(bid.lot, &bid.bidder)?;
        let kind = match standing.commit {
            CommitStanding::Open if is_over(auction, standing.round) => "unrevealed",
            CommitStanding::Lapsed => "unrevealed",
            CommitStanding::Invalid => "invalid",
            CommitStanding::Attested => "attested",
            CommitStanding::Dropped => "update-missed",
            CommitStanding::Open | CommitStanding::Revealed if standing.is_in_default => {
                "update-missed"
            }
            CommitStanding::Open | CommitStanding::Revealed => return None,
        };
        let lot = terms.lots.get(usize::try_from(bid.lot).ok()?)?;
        Some(DefaultReport {
            party: names::party(&bid.bidder),
            lot: bid.lot,
            identifier: lot.identifier.to_string(),
            round: standing.round,
            kind,
        })
    };
    last.into_iter().filter_map(of).collect()
}

fn lapsed_reserve(terms: &Terms, (lot, row): (u32, &LotRow)) -> Option<DefaultReport> {
    (row.reserve == Some(ReserveResult::Lapsed)).then(|| DefaultReport {
        party: names::party(&terms.seller),
        lot,
        identifier: row.lot.identifier.to_string(),
        round: 0,
        kind: "reserve-lapsed",
    })
}

fn tie(terms: &Terms, (lot, row): (usize, &LotRow)) -> Option<TieReport> {
    let price = award(row)?.quote.level;
    let at_price = |comparison| {
        award(row).is_some_and(|award| award.sales.iter().any(|sale| sale.comparison == comparison))
    };
    let pays_own = terms.mechanism.pays_own_bid();
    let shows_cover = matches!(terms.disclosure, Disclosure::Facts { cover: true, .. });
    let (tied, bids, known_by) = match (&row.disclosed.bids, &row.disclosed.cover) {
        (Some(bids), _) => {
            let tied = bids.iter().filter(|bid| bid.quote.level == price).count();
            (Some(tied > 1), Some(tied), "all bids were opened")
        }
        (None, Some(cover)) if pays_own => {
            (Some(cover.level == price), None, "the cover was opened")
        }
        (None, None) if pays_own && shows_cover => (Some(false), None, "there was one bid"),
        (None, _) if pays_own => (None, None, "the terms open neither the cover nor all bids"),
        // The price is the best losing bid, or the reserve.
        (None, _) if at_price(PriceComparison::AtPrice) => (
            Some(true),
            None,
            "a winner bid the price, which is the best losing bid or the reserve",
        ),
        (None, _) => (Some(false), None, "every winner bid better than the price"),
    };
    let rule = match terms.ties {
        Ties::EarliestCommit => "earliest-commit",
        Ties::Lottery => "lottery",
    };
    let identifier = row.lot.identifier.to_string();
    Some(TieReport { lot, identifier, tied, bids, rule, known_by })
}

impl ReserveReport {
    fn of(terms: &Terms, (lot, row): (usize, &LotRow)) -> Self {
        let (reserve, opened) = lot::reserve(row);
        let decision = match &row.ending {
            Some(Ending::Sold(_)) if terms.acceptance.is_some() => Some("accepted"),
            Some(Ending::Declined(_)) => Some("declined"),
            _ => None,
        };
        // A higher level is better for the seller, on either side of the market.
        let ticks = award(row)
            .zip(opened)
            .map(|(award, reserve)| award.quote.level.0.saturating_sub(reserve.level.0));
        let identifier = row.lot.identifier.to_string();
        Self { lot, identifier, reserve, decision, ticks_above_reserve: ticks }
    }
}
