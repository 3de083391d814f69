//! How an auction stands, for whoever asks: no key is needed.

use crate::{
    board::clock::{FAR, Moment, now},
    book::{self, Book, Person},
    names,
    replica::{BidLine, Replay},
};
use serde::Serialize;
use std::{collections::BTreeSet, fmt::Write as _};
use talea_contract::{Auction, Due, Phase, standing::Standing};
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    outcome::{Award, Clearing, Ending},
    price::Level,
    quorum::keyholders,
    terms::{Admission, Lot, Terms},
};
use talea_replay::Signatures;
use talea_text::{
    clearing::{self, ClearingReport},
    ending,
    lot::{price, price_decimal},
    names::short,
    statistics::StatisticsReport,
    survey::{self, SurveyReport},
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-status/1";

/// How an auction stands.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    schema: &'static str,
    auction: String,
    phase: &'static str,
    /// What happens in it, who must act, and what comes next.
    phase_in_words: &'static str,
    round: u32,
    entries: usize,
    /// That of the last entry.
    slot: u64,
    deadline: Option<Deadline>,
    waiting_for: Vec<Waiting>,
    committed: Committed,
    lots: Vec<LotStatus>,
    /// Of the party that was asked for.
    party: Option<PartyStatus>,
    closed: bool,
    /// Whom the terms name, and what an address book says of them.
    people: Option<Vec<Person>>,
    /// Of a folder: what its board signed.
    board_signatures: Option<Signatures>,
}

#[derive(Clone, Debug, Serialize)]
struct Deadline {
    #[serde(flatten)]
    moment: Moment,
    /// Nothing where the terms name no board, and so no time.
    passed: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
struct Waiting {
    /// Group and member, as in `buyers 2`.
    keyholder: String,
    party: String,
    #[serde(rename = "for")]
    what: String,
}

/// Bidders who have committed in this round, on whatever lot.
#[derive(Clone, Copy, Debug, Serialize)]
struct Committed {
    bidders: usize,
    /// How many may bid, if the terms list them.
    invited: Option<usize>,
}

/// What stands in the transcript of one party's bids.
#[derive(Clone, Debug, Serialize)]
struct PartyStatus {
    party: String,
    /// Whether the terms let it bid.
    invited: bool,
    bids: Vec<PartyBid>,
}

/// Its last bid on a lot.
#[derive(Clone, Debug, Serialize)]
struct PartyBid {
    lot: u32,
    identifier: String,
    round: Option<u32>,
    /// The entry of its commit.
    committed: Option<u64>,
    /// The entry of its reveal.
    revealed: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct LotStatus {
    lot: u32,
    identifier: String,
    name: String,
    /// Bids committed in this round, and how many of them are revealed.
    committed: usize,
    revealed: usize,
    state: &'static str,
    /// In words.
    result: String,
    winners: Vec<String>,
    price: Option<String>,
    price_decimal: Option<String>,
    /// What the rounds have shown so far.
    surveys: Vec<SurveyReport>,
    /// How a market of curves cleared.
    clearing: Option<ClearingReport>,
    /// What a survey opened.
    statistics: Option<StatisticsReport>,
}

impl LotStatus {
    fn of(replay: &Replay, number: u32, lot: &Lot) -> Self {
        let auction = replay.auction();
        let answers = this_round(replay).filter(|(bid, _)| {
            let is_active = |standing: Standing| standing.active.is_some();
            bid.lot == number && auction.standing(number, &bid.bidder).is_some_and(is_active)
        });
        let answers = u32::try_from(answers.count()).unwrap_or(u32::MAX);
        let LotEnding { state, words: result, winners, price: level } =
            lot_ending(auction, number, Some((lot, answers)));
        let winners = winners.iter().map(names::party).collect();
        let (clearing, statistics) = match auction.ending(number) {
            Some(Ending::Cleared(clearing) | Ending::NoTrade(clearing)) => {
                (Some(ClearingReport::of(auction.terms(), lot, &clearing)), None)
            }
            Some(Ending::Surveyed(statistics)) => {
                let mechanism = auction.terms().mechanism;
                (None, Some(StatisticsReport::of(mechanism, lot, answers, &statistics)))
            }
            _ => (None, None),
        };
        let lines = || this_round(replay).filter(|(bid, _)| bid.lot == number);
        Self {
            lot: number,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            committed: lines().count(),
            revealed: lines().filter(|(_, line)| line.revealed.is_some()).count(),
            state,
            result,
            winners,
            price: level.map(|level| price(lot, level)),
            price_decimal: level.map(|level| price_decimal(lot, level)),
            surveys: SurveyReport::all(&lot.grid, &auction.surveys(number)),
            clearing,
            statistics,
        }
    }
}

/// How a lot ended or stands.
struct LotEnding {
    /// In one word.
    state: &'static str,
    /// In words.
    words: String,
    /// Who won; in a market whoever trades something.
    winners: Vec<PartyKey>,
    /// What all of them pay.
    price: Option<Level>,
}

impl LotEnding {
    fn new(state: &'static str, words: impl Into<String>) -> Self {
        Self { state, words: words.into(), winners: Vec::new(), price: None }
    }

    fn with(self, award: &Award) -> Self {
        let winners = award.sales.iter().map(|sale| sale.winner).collect();
        Self { winners, price: Some(award.quote.level), ..self }
    }

    fn with_trades(self, clearing: &Clearing) -> Self {
        let traded = clearing.trades.iter().filter(|trade| trade.units() > 0);
        let winners = traded.map(|trade| trade.party).collect();
        let price = clearing::common_price(clearing).map(|quote| quote.level);
        Self { winners, price, ..self }
    }
}

fn lot_ending(auction: &Auction, number: u32, lot: Option<(&Lot, u32)>) -> LotEnding {
    let Some(ending) = auction.ending(number) else {
        return match auction.award_to_decide(number) {
            Some(a) => LotEnding::new("deciding", "the seller may accept or decline").with(&a),
            None => LotEnding::new("open", "not decided"),
        };
    };
    let state = ending.kind();
    match &ending {
        Ending::Sold(a) => LotEnding::new(state, "sold").with(a),
        Ending::Declined(a) => LotEnding::new(state, "did not trade: the seller declined").with(a),
        Ending::BelowReserve => LotEnding::new(state, "did not trade: no bid reached the reserve"),
        Ending::Unsold => LotEnding::new(state, "unsold: no valid bid was revealed"),
        Ending::Void(cause) => LotEnding::new(state, format!("void: {cause}")),
        Ending::Halted => LotEnding::new(state, "halted: an alarm about soundness"),
        Ending::Cleared(_)
        | Ending::NoTrade(_)
        | Ending::OneSided
        | Ending::Surveyed(_)
        | Ending::TooFewAnswers => {
            let words = lot.and_then(|(lot, answers)| {
                ending::of_market(auction.terms(), lot, answers, &ending)
            });
            let ended = LotEnding::new(state, words.unwrap_or_default());
            match &ending {
                Ending::Cleared(clearing) => ended.with_trades(clearing),
                _ => ended,
            }
        }
    }
}

/// The state of a lot in one word.
#[must_use]
pub fn lot_state(auction: &Auction, number: u32) -> &'static str {
    lot_ending(auction, number, None).state
}

/// What happens in a phase, who must act, and what comes next.
fn in_words(phase: Phase, terms: &Terms) -> &'static str {
    match (phase, terms.reserve.is_some(), terms.rounds.is_some()) {
        (Phase::Deals, ..) => {
            "keyholders make the key to which bids are encrypted, each with talea keyholder run; bids \
             come after their complaints"
        }
        (Phase::Complaints, true, _) => {
            "running keyholders check their shares and complain about wrong ones; the seller's reserves \
             come next"
        }
        (Phase::Complaints, false, _) => {
            "running keyholders check their shares and complain about wrong ones; bids come next"
        }
        (Phase::Reserves, ..) => {
            "the seller commits its reserves, with talea reserve; bids come next"
        }
        (Phase::Commits, _, true) => {
            "bidders commit, with talea bid, and from the second round on with improve or stand; reveals \
             come next"
        }
        (Phase::Commits, _, false) => "bidders commit, with talea bid; reveals come next",
        (Phase::Reveals, ..) => {
            "bidders hand in their sealed bids, with talea reveal; a bid that is not revealed does not \
             count; ranking comes next"
        }
        (Phase::Endorsing, ..) => {
            "running keyholders endorse the transcript, to confirm that they saw the same bids; ranking \
             comes next"
        }
        (Phase::Ranking, _, true) => {
            "running keyholders find the best of the sealed bids, step by step; another round or the \
             outcome comes next"
        }
        (Phase::Ranking, _, false) => {
            "running keyholders find the best of the sealed bids, step by step; the outcome comes next"
        }
        (Phase::Closed, ..) => {
            "the auction is over: see talea result, talea verify and talea report"
        }
    }
}

/// The bids of the current round whose commits are in, without the seller's reserves.
fn this_round(replay: &Replay) -> impl Iterator<Item = (&BidId, &BidLine)> {
    let (round, seller) = (replay.auction().round(), replay.auction().terms().seller);
    replay.bids().filter(move |(bid, _)| bid.round == round && bid.bidder != seller)
}

impl Committed {
    fn of(replay: &Replay) -> Self {
        let bidders: BTreeSet<PartyKey> = this_round(replay).map(|(bid, _)| bid.bidder).collect();
        let invited = match &replay.auction().terms().admission {
            Admission::Open => None,
            Admission::Listed(keys) => Some(keys.len()),
        };
        Self { bidders: bidders.len(), invited }
    }

    fn in_words(self, round: u32) -> String {
        let Self { bidders, invited } = self;
        let round = if round > 0 { format!(" in round {round}") } else { String::new() };
        match invited {
            Some(invited) => format!("{bidders} of {invited} invited bidders{round}"),
            None => format!("{bidders} bidders{round}; anybody may"),
        }
    }
}

impl PartyStatus {
    fn of(replay: &Replay, party: PartyKey) -> Self {
        let terms = replay.auction().terms();
        let bids = (0..).zip(terms.lots.iter()).map(|(number, lot)| {
            let own = |(bid, _): &(&BidId, &BidLine)| bid.lot == number && bid.bidder == party;
            let last = replay.bids().filter(own).max_by_key(|(bid, _)| bid.round);
            PartyBid {
                lot: number,
                identifier: lot.identifier.to_string(),
                round: last.map(|(bid, _)| bid.round),
                committed: last.map(|(_, line)| line.committed),
                revealed: last.and_then(|(_, line)| line.revealed),
            }
        });
        let invited = match &terms.admission {
            Admission::Open => true,
            Admission::Listed(keys) => keys.contains(&party),
        };
        Self { party: names::party(&party), invited, bids: bids.collect() }
    }

    fn write(&self, text: &mut String) {
        let Self { party, invited, bids } = self;
        let is_listed = if *invited { "" } else { ", whom the terms do not list as a bidder" };
        let _ = writeln!(text, "\nbids of {party}{is_listed}");
        for PartyBid { identifier, round, committed, revealed, .. } in bids {
            let of_round = match round {
                Some(round) if *round > 0 => format!(" in round {round}"),
                _ => String::new(),
            };
            let _ = match (committed, revealed) {
                (None, _) => writeln!(text, "  {identifier}: no commit"),
                (Some(entry), None) => {
                    writeln!(
                        text,
                        "  {identifier}: committed{of_round}, entry {entry}; not revealed"
                    )
                }
                (Some(entry), Some(revealed)) => writeln!(
                    text,
                    "  {identifier}: committed{of_round}, entry {entry}; revealed, entry {revealed}"
                ),
            };
        }
    }
}

impl Status {
    /// How far a replay is.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        let auction = replay.auction();
        let terms = auction.terms();
        let deadline = auction.deadline().map(|slot| Deadline {
            moment: Moment::of(replay.clock(), slot),
            passed: replay.clock().map(|clock| now() > clock.end_of(slot)),
        });
        let waiting_for = keyholders(&terms.quorum).filter_map(|(id, member)| {
            let dues = auction.dues(id);
            let group = terms
                .quorum
                .get(usize::from(id.group))
                .map_or(String::new(), |g| g.name.to_string());
            let what = match dues.first()? {
                Due::Endorse { round, .. } => format!("endorsing round {round}"),
                Due::Rank { header, .. } => format!("step {} of lot {}", header.step, header.lot),
            };
            let more = if dues.len() > 1 {
                format!(" and {} more", dues.len() - 1)
            } else {
                String::new()
            };
            Some(Waiting {
                keyholder: format!("{group} {}", id.member),
                party: names::party(&member.signing),
                what: what + &more,
            })
        });
        let lots = (0..).zip(terms.lots.iter());
        Self {
            schema: SCHEMA,
            auction: names::auction(&auction.id()),
            phase: auction.phase().name(),
            phase_in_words: in_words(auction.phase(), terms),
            round: auction.round(),
            entries: replay.lines().len(),
            slot: auction.slot(),
            deadline,
            waiting_for: waiting_for.collect(),
            committed: Committed::of(replay),
            lots: lots.map(|(number, lot)| LotStatus::of(replay, number, lot)).collect(),
            party: None,
            closed: replay.is_closed(),
            people: None,
            board_signatures: None,
        }
    }

    /// With what was accepted of this party's bids.
    #[must_use]
    pub fn with_party(self, replay: &Replay, party: Option<PartyKey>) -> Self {
        Self { party: party.map(|party| PartyStatus::of(replay, party)), ..self }
    }

    /// With what an address book says of the keyholders, and of the others whom the terms name.
    #[must_use]
    pub fn with_people(self, replay: &Replay, book: &Book) -> Self {
        Self { people: Some(book.people(replay.auction().terms())), ..self }
    }

    /// With what the board signed of it.
    #[must_use]
    pub fn signed(self, signatures: Option<Signatures>) -> Self {
        Self { board_signatures: signatures, ..self }
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_text::json::to_json(self) + "\n"
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "auction  {}", self.auction);
        let round = if self.round > 0 { format!(", round {}", self.round) } else { String::new() };
        let _ = writeln!(text, "phase    {}{round}, {} entries", self.phase, self.entries);
        let _ = writeln!(text, "now      {}", self.phase_in_words);
        if let Some(Deadline { moment: Moment { slot, at }, passed }) = &self.deadline {
            let time = match (at, passed) {
                (Some(at), _) => format!("{at}, "),
                (None, Some(_)) => format!("{FAR}, "),
                (None, None) => String::new(),
            };
            let late = if *passed == Some(true) { " (passed: the board is behind)" } else { "" };
            let _ = writeln!(text, "until    {time}slot {slot}{late}");
        }
        if let Some(signatures) = &self.board_signatures {
            let _ = writeln!(text, "signed   {}", signatures.in_words());
        }
        text.push_str(&self.people.as_deref().map(book::in_lines).unwrap_or_default());
        for Waiting { keyholder, what, .. } in &self.waiting_for {
            let _ = writeln!(text, "waiting  for {keyholder}: {what}");
        }
        let _ = writeln!(text, "bids     from {}", self.committed.in_words(self.round));
        let rows = self.lots.iter().map(|lot| {
            let winners: Vec<String> = lot
                .winners
                .iter()
                .filter_map(|name| names::read_party(name).ok())
                .map(|party| short(&party))
                .collect();
            let price = lot.price.clone().unwrap_or_default();
            vec![
                lot.identifier.clone(),
                lot.name.clone(),
                lot.committed.to_string(),
                lot.revealed.to_string(),
                lot.result.clone(),
                price,
                winners.join(" "),
            ]
        });
        let heading = ["lot", "name", "committed", "revealed", "result", "price", "winner"];
        text.push('\n');
        text.push_str(&talea_text::table::table(&heading, rows.collect(), &[2, 3, 5]));
        text.push('\n');
        if let Some(party) = &self.party {
            party.write(&mut text);
        }
        for lot in &self.lots {
            if let Some(clearing) = &lot.clearing {
                let _ = writeln!(text, "\n{}: what each bid trades", lot.identifier);
                let _ = writeln!(text, "{}", clearing.trades_table(short));
                if let Some(excess) = clearing.excess_table() {
                    let _ = writeln!(text, "\n{excess}");
                }
            }
            if let Some(table) = lot.statistics.as_ref().and_then(StatisticsReport::table) {
                let _ = writeln!(text, "\n{}: answers\n{table}", lot.identifier);
            }
        }
        for lot in self.lots.iter().filter(|lot| !lot.surveys.is_empty()) {
            let _ = writeln!(
                text,
                "\n{}: bids after each round, without the best ones",
                lot.identifier
            );
            let _ = writeln!(text, "{}", survey::table(&lot.surveys));
        }
        text
    }
}
