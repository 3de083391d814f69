//! Which messages an auction comes to: of each lot what became of it, of each bid that was opened how it fared, of each
//! sale the trade.

use super::{
    instrument::{currency, instrument, price_type, sides},
    message::Message,
};
use crate::{decimal::scaled, mechanism::require_one_price, number};
use talea_report::{
    Report,
    lot::{BidReport, LotReport},
};
use talea_text::{
    failure::{Code, Failure},
    terms::{LotData, TermsData},
};

/// FIX 5.0 SP2.
const APPLICATION_VERSION: &str = "9";
/// Who writes, and to whom: this is a file, and no session.
const SENDER: &str = "TALEA";
const TARGET: &str = "ANY";
/// A party's name is its own, and it buys or sells.
const PROPRIETARY: &str = "D";
const BUYER_OR_SELLER: &str = "27";

/// No price has more places after its point.
const MAX_PLACES: usize = 12;

/// How a bid fared (QuoteRespType).
const HIT: &str = "1";
const COVER: &str = "4";
const DONE_AWAY: &str = "5";
const PASS: &str = "6";
const TIED: &str = "9";
const TIED_COVER: &str = "10";

/// The outcome of an auction, or what is known of one that is not over.
///
/// # Errors
/// `standard.mechanism` of curves and surveys; `standard.clock` if the terms say not when slots end, `standard.number`; `board.invalid` of a transcript that breaks
/// the rules.
pub fn messages(report: &Report) -> Result<Vec<u8>, Failure> {
    let terms = report.terms.as_ref().filter(|_| !report.is_invalid()).ok_or_else(|| {
        Failure::new(Code::BoardInvalid, "nothing is published of an invalid transcript")
    })?;
    require_one_price("FIX", terms)?;
    let time = report.last.as_ref().and_then(|last| last.at.as_deref()).ok_or_else(|| {
        Failure::new(
            Code::StandardClock,
            "the terms have no clock, and every FIX message has the time when it was sent",
        )
        .with_help("terms that name a board, or a chain whose slots are seconds, have one")
    })?;
    let mut bodies = Vec::new();
    for (lot, of_terms) in report.lots.iter().zip(&terms.lots) {
        bodies.extend(Outcome { report, terms, lot, of_terms, time }.bodies()?);
    }
    let sent = timestamp(time);
    let headed = (1u64..).zip(bodies).map(|(number, Body { kind, encoded, message })| {
        Message::default()
            .with(35, kind)
            .with(1128, APPLICATION_VERSION)
            .with(49, SENDER)
            .with(56, TARGET)
            .with(34, number)
            .with(52, &sent)
            .with_some(347, encoded.then_some("UTF-8"))
            .and(message)
            .bytes()
    });
    Ok(headed.flatten().collect())
}

/// A message without its header.
struct Body {
    kind: &'static str,
    /// Whether it has text in UTF-8.
    encoded: bool,
    message: Message,
}

/// A lot, and all that is to be said of it.
#[derive(Clone, Copy)]
struct Outcome<'a> {
    report: &'a Report,
    terms: &'a TermsData,
    lot: &'a LotReport,
    of_terms: &'a LotData,
    time: &'a str,
}

impl Outcome<'_> {
    fn bodies(self) -> Result<Vec<Body>, Failure> {
        let responses = self.responses()?;
        let trades = self.trades()?;
        Ok(std::iter::once(self.status()?).chain(responses).chain(trades).collect())
    }

    fn body(self, kind: &'static str, message: Message) -> Body {
        Body { kind, encoded: !self.lot.name.is_ascii(), message }
    }

    fn id(self, part: &str) -> String {
        format!("{}-lot-{}{part}", self.terms.auction, self.lot.lot)
    }

    fn kept<'a>(self, what: &str, decimal: &'a str) -> Result<&'a str, Failure> {
        let what = format!("{what} of {}", self.lot.identifier);
        number::kept(decimal).ok_or_else(|| number::too_long(&what, decimal))
    }

    fn price(self, decimal: Option<&String>) -> Result<Option<&str>, Failure> {
        decimal.map(|decimal| self.kept("a price", decimal)).transpose()
    }

    /// What became of the lot: QuoteStatusReport.
    fn status(self) -> Result<Body, Failure> {
        let status = match self.lot.state {
            "sold" => "0",
            "declined" => "11",
            "below-reserve" => "5",
            "unsold" => "7",
            "void" | "halted" => "17",
            "deciding" => "10",
            _ => "16",
        };
        let (side, _) = sides(self.of_terms);
        let message = Message::default()
            .with(117, self.id(""))
            .and(instrument(self.lot))
            .with(54, side)
            .with(38, self.kept("the quantity", &self.lot.quantity)?)
            .with_some(15, currency(self.report))
            .with_some(423, price_type(self.report, self.of_terms))
            .with_some(44, self.price(self.lot.price_decimal.as_ref())?)
            .with(60, timestamp(self.time))
            .with(297, status)
            .with(58, &self.lot.result);
        Ok(self.body("AI", message))
    }

    /// How each bid fared of which something was opened: QuoteResponse. Of a lot of which all bids were, all;
    /// otherwise of the winners, and of the best losing one, whose bidder stays unknown.
    fn responses(self) -> Result<Vec<Body>, Failure> {
        if let Some(bids) = &self.lot.bids {
            let fared = bids.iter().enumerate().map(|(place, bid)| {
                let how = self.how(bid, bids);
                self.response(place, how, Some(&bid.party), Some(&bid.price_decimal))
            });
            return fared.collect();
        }
        let how = if self.lot.state == "sold" { HIT } else { PASS };
        let winners = self.lot.winners.iter().enumerate().map(|(place, winner)| {
            self.response(place, how, Some(winner), self.lot.price_decimal.as_ref())
        });
        let cover = self.lot.cover_decimal.as_ref().map(|cover| {
            self.response(self.lot.winners.len(), self.cover_fared(), None, Some(cover))
        });
        winners.chain(cover).collect()
    }

    /// How the best losing bid fared, of which no more than the price is known.
    fn cover_fared(self) -> &'static str {
        let is_tied =
            self.terms.mechanism.kind == "first-price" && self.lot.cover == self.lot.price;
        match (self.lot.state, is_tied) {
            ("sold", true) => TIED,
            ("sold", false) => COVER,
            _ => PASS,
        }
    }

    /// How a bid fared among all.
    fn how(self, bid: &BidReport, bids: &[BidReport]) -> &'static str {
        if self.lot.state != "sold" {
            return PASS;
        }
        let is_winner = |bid: &BidReport| self.lot.winners.contains(&bid.party);
        if is_winner(bid) {
            return HIT;
        }
        let price = self.lot.price.as_ref();
        // At a uniform price the best losing bid is the price, and no winner bid the same.
        let is_tied = bids.iter().any(|bid| is_winner(bid) && Some(&bid.price) == price);
        if is_tied && Some(&bid.price) == price {
            return TIED;
        }
        let lost: Vec<_> =
            bids.iter().filter(|bid| !is_winner(bid)).map(|bid| self.rank(bid)).collect();
        let (own, best) = (self.rank(bid), lost.iter().max().copied());
        match lost.iter().filter(|other| Some(**other) == best).count() {
            _ if best != Some(own) => DONE_AWAY,
            1 => COVER,
            _ => TIED_COVER,
        }
    }

    /// Prices as numbers, of which the better is the greater. Bids stand in tie order, which says nothing of it.
    fn rank(self, bid: &BidReport) -> Option<i128> {
        let price = scaled(&bid.price_decimal, MAX_PLACES)?;
        if self.of_terms.side == "lowest-wins" { price.checked_neg() } else { Some(price) }
    }

    fn response(
        self,
        place: usize,
        how: &'static str,
        bidder: Option<&String>,
        price: Option<&String>,
    ) -> Result<Body, Failure> {
        let (side, _) = sides(self.of_terms);
        let id = self.id(&format!("-bid-{place}"));
        let party = bidder.map_or_else(Message::default, |bidder| party(bidder));
        let message = Message::default()
            .with(693, &id)
            .with(117, &id)
            .with(694, how)
            .and(party)
            .and(instrument(self.lot))
            .with(54, side)
            .with_some(15, currency(self.report))
            .with(60, timestamp(self.time))
            .with_some(423, price_type(self.report, self.of_terms))
            .with_some(44, self.price(price)?);
        Ok(self.body("AJ", message))
    }

    /// The trade with each winner: TradeCaptureReport. Of a lot of several units every winner has one.
    fn trades(self) -> Result<Vec<Body>, Failure> {
        if self.lot.state != "sold" {
            return Ok(Vec::new());
        }
        let quantity = if self.terms.mechanism.units == 1 { &self.lot.quantity } else { "1" };
        let quantity = self.kept("the quantity", quantity)?;
        let price = self.price(self.lot.price_decimal.as_ref())?;
        let amount = self.lot.amount.as_ref();
        let amount = amount.map(|amount| self.kept("the amount", amount)).transpose()?;
        let (bidder, seller) = sides(self.of_terms);
        let trade = |(place, winner): (usize, &String)| {
            let message = Message::default()
                .with(571, self.id(&format!("-award-{place}")))
                .with(487, "0")
                .with(856, "0")
                .with(150, "F")
                .with(570, "N")
                .with_some(423, price_type(self.report, self.of_terms))
                .and(instrument(self.lot))
                .with(32, quantity)
                .with_some(31, price)
                .with_some(15, currency(self.report))
                .with(75, date(self.time))
                .with(60, timestamp(self.time))
                .with_some(381, amount)
                .with(552, "2")
                .with(54, bidder)
                .and(party(winner))
                .with(54, seller)
                .and(party(&self.terms.seller));
            self.body("AE", message)
        };
        Ok(self.lot.winners.iter().enumerate().map(trade).collect())
    }
}

/// A party by its public key.
fn party(key: &str) -> Message {
    Message::default()
        .with(453, "1")
        .with(448, key)
        .with(447, PROPRIETARY)
        .with(452, BUYER_OR_SELLER)
}

/// A time of RFC 3339 in UTC, as FIX writes it.
fn timestamp(time: &str) -> String {
    time.replace('-', "").replace('T', "-").replace('Z', "")
}

/// Its day.
fn date(time: &str) -> String {
    time.replace('-', "").chars().take(8).collect()
}
