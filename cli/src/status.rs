//! How an auction stands, for whoever asks: no key is needed.

use crate::{
    board::{
        checkpoint::Signatures,
        clock::{FAR, Moment, now},
    },
    names,
    replica::Replay,
};
use serde::Serialize;
use std::fmt::Write as _;
use talea_contract::{Auction, Due};
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Award, Ending},
    price::Rung,
    quorum::keyholders,
    terms::Lot,
};
use talea_sim::survey::{self, SurveyReport};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-status/1";

/// How an auction stands.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    schema: &'static str,
    auction: String,
    phase: &'static str,
    round: u32,
    entries: usize,
    /// That of the last entry.
    slot: u64,
    deadline: Option<Deadline>,
    waiting_for: Vec<Waiting>,
    lots: Vec<LotStatus>,
    closed: bool,
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

#[derive(Clone, Debug, Serialize)]
struct LotStatus {
    lot: u32,
    identifier: String,
    name: String,
    state: &'static str,
    /// In words.
    result: String,
    winners: Vec<String>,
    price: Option<String>,
    price_decimal: Option<String>,
    /// What the rounds have shown so far.
    surveys: Vec<SurveyReport>,
}

/// The price of a lot, as its users write it.
#[must_use]
pub fn price(lot: &Lot, rung: Rung) -> String {
    lot.ladder.price(rung).map_or(String::new(), |price| lot.ladder.scale.write(price))
}

/// The price of a lot as a decimal number, exactly.
#[must_use]
pub fn price_decimal(lot: &Lot, rung: Rung) -> String {
    lot.ladder.price(rung).map_or(String::new(), |price| lot.ladder.scale.write_decimal(price))
}

/// The beginning and the end of a party's name.
#[must_use]
pub fn short(party: &PartyKey) -> String {
    let name = names::party(party);
    let (head, tail) = (name.get(..17).unwrap_or(&name), name.get(name.len() - 6..).unwrap_or(""));
    format!("{head}..{tail}")
}

impl LotStatus {
    fn of(auction: &Auction, number: u32, lot: &Lot) -> Self {
        let ending = auction.ending(number);
        let award = |award: &Award| {
            let winners = award.sales.iter().map(|sale| names::party(&sale.winner)).collect();
            (winners, Some(award.quote.rung))
        };
        let (state, result, (winners, rung)) = match &ending {
            Some(Ending::Sold(a)) => ("sold", "sold".into(), award(a)),
            Some(Ending::Declined(a)) => {
                ("declined", "did not trade: the seller declined".into(), award(a))
            }
            Some(Ending::BelowReserve) => (
                "below-reserve",
                "did not trade: no bid reached the reserve".into(),
                Default::default(),
            ),
            Some(Ending::Unsold) => {
                ("unsold", "unsold: no valid bid was revealed".into(), Default::default())
            }
            Some(Ending::Void(cause)) => ("void", format!("void: {cause}"), Default::default()),
            Some(Ending::Halted) => {
                ("halted", "halted: an alarm about soundness".into(), Default::default())
            }
            None => match auction.award_to_decide(number) {
                Some(a) => ("deciding", "the seller may accept or decline".into(), award(a)),
                None => ("open", "not decided".into(), Default::default()),
            },
        };
        Self {
            lot: number,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            state,
            result,
            winners,
            price: rung.map(|rung| price(lot, rung)),
            price_decimal: rung.map(|rung| price_decimal(lot, rung)),
            surveys: SurveyReport::all(&lot.ladder, auction.surveys(number)),
        }
    }
}

impl Status {
    /// How a replay stands.
    #[must_use]
    pub fn of(replay: &Replay) -> Self {
        let auction = replay.auction();
        let terms = auction.terms();
        let deadline = auction.deadline().map(|slot| Deadline {
            moment: Moment::of(replay.board(), slot),
            passed: replay.board().map(|board| now() > board.end_of(slot)),
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
            round: auction.round(),
            entries: replay.lines().len(),
            slot: auction.slot(),
            deadline,
            waiting_for: waiting_for.collect(),
            lots: lots.map(|(number, lot)| LotStatus::of(auction, number, lot)).collect(),
            closed: replay.is_closed(),
            board_signatures: None,
        }
    }

    /// With what the board signed of it.
    #[must_use]
    pub fn signed(self, signatures: Option<Signatures>) -> Self {
        Self { board_signatures: signatures, ..self }
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_sim::report::to_json(self) + "\n"
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "auction  {}", self.auction);
        let round = if self.round > 0 { format!(", round {}", self.round) } else { String::new() };
        let _ = writeln!(text, "phase    {}{round}, {} entries", self.phase, self.entries);
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
        for Waiting { keyholder, what, .. } in &self.waiting_for {
            let _ = writeln!(text, "waiting  for {keyholder}: {what}");
        }
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
                lot.result.clone(),
                price,
                winners.join(" "),
            ]
        });
        let heading = ["lot", "name", "result", "price", "winner"];
        text.push('\n');
        text.push_str(&talea_sim::report::table(&heading, rows.collect(), &[3]));
        text.push('\n');
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
