//! How an auction stands, for people: what the replay says, with names, prices and times as they are written.

use crate::{bid::Came, follower::Follower};
use serde::Serialize;
use std::collections::BTreeMap;
use talea_contract::Due;
use talea_protocol::{
    bytes::{List, PartyKey},
    commitment::BidId,
    outcome::{Award, Disclosed, Ending, Survey},
    price::{Level, Price, Side},
    quorum::keyholders,
    terms::{Admission, Lot},
};
use talea_text::{clearing, ending, histogram, lot::price, notation};

/// What the page says where bids are curves.
const NO_CURVES: &str = "Bids are curves here: quantities at several prices. This page makes bids of one price; \
                         the command talea bid makes curves.";

/// How an auction stands.
#[derive(Serialize)]
pub struct View {
    auction: String,
    phase: &'static str,
    round: u32,
    /// Rounds at most; nothing where there is one.
    rounds: Option<u32>,
    entries: u64,
    /// That of the last entry.
    slot: u64,
    /// The last slot of the phase.
    deadline: Option<u64>,
    clock: Option<Clock>,
    board: Option<String>,
    /// The bidders whom the terms invite; nothing if anybody may bid.
    invited: Option<usize>,
    deposit: String,
    commit_fee: String,
    /// Why this page makes no bid here, if it makes none.
    refusal: Option<&'static str>,
    lots: Vec<LotView>,
    keyholders: Vec<KeyholderView>,
    bidders: Vec<BidderView>,
    closed: bool,
}

#[derive(Serialize)]
struct Clock {
    start_ms: u64,
    slot_ms: u64,
}

#[derive(Serialize)]
struct LotView {
    lot: u32,
    name: String,
    identifier: String,
    quantity: String,
    side: &'static str,
    /// The worst price of the grid for the seller, and the best.
    from: String,
    to: String,
    tick: String,
    notation: String,
    /// How many prices there are.
    levels: u32,
    /// Bids committed in this round, and how many of them are revealed.
    committed: usize,
    revealed: usize,
    state: &'static str,
    /// Why it is void.
    cause: Option<String>,
    /// How a market of curves or a survey ended.
    words: Option<String>,
    winners: Vec<String>,
    price: Option<String>,
    /// The depths that were disclosed so far, as pictures.
    depths: Vec<String>,
}

#[derive(Serialize)]
struct KeyholderView {
    /// Group and member, as in `buyers 2`.
    name: String,
    party: String,
    /// How many of the group act together.
    threshold: u16,
    expelled: bool,
    /// What it posted, by kind.
    posts: BTreeMap<&'static str, usize>,
    due: Option<String>,
}

#[derive(Serialize)]
struct BidderView {
    party: String,
    bids: Vec<BidView>,
}

#[derive(Serialize)]
struct BidView {
    lot: u32,
    round: u32,
    committed: u64,
    revealed: Option<u64>,
}

/// What stands of one party's bid on a lot.
#[derive(Serialize)]
pub struct OwnBid {
    /// The lot.
    pub lot: u32,
    /// The round of the bid shown: the current one, or the last in which there was one.
    pub round: Option<u32>,
    /// The entry of its commit in the current round.
    pub committed: Option<u64>,
    /// The entry of its reveal in the current round.
    pub revealed: Option<u64>,
    /// Whether it is to be revealed now.
    pub is_open: bool,
    /// Whether what was kept reveals the bid of the current round. The same key may have bid elsewhere.
    pub is_known: bool,
    /// Whether a bid stands, so that this party bids again in a later round.
    pub is_active: bool,
    /// What it came to, once there is an outcome.
    pub came: Option<Came>,
}

/// A party's own part.
#[derive(Serialize)]
pub struct Own {
    /// The party.
    pub party: String,
    /// Whether the terms let it bid.
    pub invited: bool,
    /// Whose part it has otherwise, so that it may not bid.
    pub role: Option<&'static str>,
    /// Money that it may lock.
    pub available: String,
    /// Lot by lot.
    pub bids: Vec<OwnBid>,
}

/// Whether a party may bid, and the part that keeps it from it.
pub fn admission(follower: &Follower, party: &PartyKey) -> (bool, Option<&'static str>) {
    let terms = follower.auction().terms();
    let role = if *party == terms.seller {
        Some("seller")
    } else if *party == terms.custodian {
        Some("custodian")
    } else if Some(*party) == terms.stakes.beneficiary {
        Some("beneficiary")
    } else {
        None
    };
    let listed = match &terms.admission {
        Admission::Open => true,
        Admission::Listed(keys) => keys.contains(party),
    };
    (listed && role.is_none(), role)
}

impl View {
    /// Of a replay.
    pub fn of(follower: &Follower) -> Self {
        let auction = follower.auction();
        let terms = auction.terms();
        let invited = match &terms.admission {
            Admission::Open => None,
            Admission::Listed(keys) => Some(keys.len()),
        };
        let clock = follower.clock();
        Self {
            auction: auction.id().to_string(),
            phase: auction.phase().name(),
            round: auction.round(),
            rounds: terms.rounds.map(|rounds| rounds.limit),
            entries: follower.entries(),
            slot: auction.slot(),
            deadline: auction.deadline(),
            clock: clock.map(|clock| Clock { start_ms: clock.starts, slot_ms: clock.slot }),
            board: follower.board().ok().map(|board| board.key.to_string()),
            invited,
            deposit: terms.stakes.deposit.to_string(),
            commit_fee: terms.stakes.commit_fee.to_string(),
            refusal: terms.mechanism.curve().map(|_| NO_CURVES),
            lots: LotView::all(follower),
            keyholders: KeyholderView::all(follower),
            bidders: BidderView::all(follower),
            closed: follower.is_closed(),
        }
    }
}

impl LotView {
    fn all(follower: &Follower) -> Vec<Self> {
        let auction = follower.auction();
        let lots = || (0..).zip(auction.terms().lots.iter());
        let disclosed: Vec<Disclosed> = match auction.outcome() {
            Some(outcome) => outcome.lots.iter().map(|lot| lot.disclosed.clone()).collect(),
            // Between rounds.
            None => lots().map(|(number, _)| surveyed(auction.surveys(number))).collect(),
        };
        let endings: Vec<Option<Ending>> =
            lots().map(|(number, _)| auction.ending(number)).collect();
        let shown = auction.terms().lots.iter().zip(&disclosed).zip(&endings);
        let shown = shown.map(|((lot, disclosed), ending)| (lot, disclosed, ending.as_ref()));
        let pictures = histogram::panels_of(auction.terms().mechanism, shown);
        lots().zip(pictures).map(|(lot, depths)| Self::of(follower, lot, depths)).collect()
    }

    fn of(follower: &Follower, (number, lot): (u32, &Lot), depths: Vec<String>) -> Self {
        let auction = follower.auction();
        let (round, seller) = (auction.round(), auction.terms().seller);
        let bids = || {
            let here =
                move |bid: &BidId| bid.lot == number && bid.round == round && bid.bidder != seller;
            follower.bids().filter(move |(bid, _)| here(bid))
        };
        let ending = auction.ending(number);
        let award = match &ending {
            Some(Ending::Sold(award) | Ending::Declined(award)) => Some(award.clone()),
            Some(_) => None,
            None => auction.award_to_decide(number),
        };
        let state = match &ending {
            Some(ending) => ending.kind(),
            None if award.is_some() => "deciding",
            None => "open",
        };
        let cause = match &ending {
            Some(Ending::Void(cause)) => Some(cause.to_string()),
            _ => None,
        };
        let answers = bids().filter(|(bid, _)| {
            let standing = auction.standing(number, &bid.bidder);
            standing.is_some_and(|standing| standing.active.is_some())
        });
        let answers = u32::try_from(answers.count()).unwrap_or(u32::MAX);
        let words = ending
            .as_ref()
            .and_then(|ending| ending::of_market(auction.terms(), lot, answers, ending));
        let clearing = match &ending {
            Some(Ending::Cleared(clearing)) => Some(clearing),
            _ => None,
        };
        let traded = clearing.into_iter().flat_map(|clearing| &clearing.trades);
        let traded = traded.filter(|trade| trade.units() > 0);
        let paid = clearing.and_then(clearing::common_price);
        let winners = |award: &Award| {
            award.sales.iter().map(|sale| sale.winner.to_string()).collect::<Vec<_>>()
        };
        let grid = &lot.grid;
        let tick = Price(i64::try_from(grid.tick).unwrap_or(i64::MAX));
        Self {
            lot: number,
            name: lot.name.to_string(),
            identifier: lot.identifier.to_string(),
            quantity: lot.quantity.to_string(),
            side: match grid.side {
                Side::HighestWins => "sale",
                Side::LowestWins => "procurement",
            },
            from: price(lot, Level(0)),
            to: price(lot, Level(grid.levels.saturating_sub(1))),
            tick: grid.scale.write(tick),
            notation: notation::in_words(grid.scale),
            levels: grid.levels,
            committed: bids().count(),
            revealed: bids().filter(|(_, line)| line.revealed.is_some()).count(),
            state,
            cause,
            words,
            winners: match &award {
                Some(award) => winners(award),
                None => traded.map(|trade| trade.party.to_string()).collect(),
            },
            price: award
                .as_ref()
                .map(|award| &award.quote)
                .or(paid)
                .map(|quote| price(lot, quote.level)),
            depths,
        }
    }
}

/// What rounds have disclosed. The contract holds no more of them than fit.
fn surveyed(surveys: Vec<Survey>) -> Disclosed {
    Disclosed { surveys: List::new(surveys).unwrap_or_default(), ..Disclosed::default() }
}

impl KeyholderView {
    fn all(follower: &Follower) -> Vec<Self> {
        let auction = follower.auction();
        let quorum = &auction.terms().quorum;
        let view = |(id, member): (_, &talea_protocol::quorum::Member)| {
            let id: talea_protocol::quorum::KeyholderId = id;
            let group = quorum.get(usize::from(id.group));
            let mut posts = BTreeMap::new();
            for line in follower.lines().iter().filter(|line| line.signer == member.signing) {
                // A keyholder may bid as well, with the same key.
                if !matches!(line.kind, "commit" | "commit-curve" | "reveal" | "tick" | "fund") {
                    *posts.entry(line.kind).or_default() += 1usize;
                }
            }
            let due = auction.dues(id).first().map(|due| match due {
                Due::Endorse { .. } => "its endorsement".to_owned(),
                Due::Rank { header, .. } => format!("step {} of lot {}", header.step, header.lot),
            });
            let group_name = group.map_or(String::new(), |group| group.name.to_string());
            Self {
                name: format!("{group_name} {}", id.member),
                party: member.signing.to_string(),
                threshold: group.map_or(0, |group| group.threshold),
                expelled: auction.was_expelled(id),
                posts,
                due,
            }
        };
        keyholders(quorum).map(view).collect()
    }
}

impl BidderView {
    fn all(follower: &Follower) -> Vec<Self> {
        let mut bidders: BTreeMap<PartyKey, Vec<BidView>> = BTreeMap::new();
        for (bid, line) in follower.bids() {
            let BidId { lot, round, bidder } = *bid;
            let view = BidView { lot, round, committed: line.committed, revealed: line.revealed };
            bidders.entry(bidder).or_default().push(view);
        }
        bidders.into_iter().map(|(party, bids)| Self { party: party.to_string(), bids }).collect()
    }
}
