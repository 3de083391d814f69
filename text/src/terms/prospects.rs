//! What becomes of terms that are valid: those that can never work are refused, and those that hardly will, or
//! not as their author may think, are said to be so before anybody signs.
//!
//! What follows from the protocol alone is in [`talea_protocol::caution`]. Here stands what needs a clock, or
//! who the board is.

use crate::{board::SlotClock, currency::minor_units};
use std::time::SystemTime;
use talea_protocol::{
    bytes::PartyKey,
    price::Side,
    terms::{Admission, Disclosure, Mechanism, Money, Openings, Quotation, Terms},
};

/// The deadlines that terms name, in their order, each with what is due until then.
fn deadlines(terms: &Terms) -> Vec<(&'static str, u64)> {
    let schedule = terms.schedule;
    let mut deadlines =
        vec![("deals", schedule.deals_until), ("complaints", schedule.complaints_until)];
    deadlines.extend(terms.reserve.map(|reserve| ("reserves", reserve.until)));
    deadlines.push(("bids", schedule.commits_until));
    deadlines.push(("reveals", schedule.reveals_until));
    deadlines
}

/// Those of whom the rules take no bid (C2), each with what it is called.
fn barred(terms: &Terms) -> Vec<(&'static str, PartyKey)> {
    let mut barred = vec![("seller", terms.seller), ("custodian", terms.custodian)];
    barred.extend(terms.stakes.beneficiary.map(|key| ("beneficiary", key)));
    barred
}

/// A listed bidder of whom the rules take no bid, by what it is called.
pub(super) fn listed_and_barred(terms: &Terms) -> Option<&'static str> {
    let Admission::Listed(keys) = &terms.admission else { return None };
    let barred = barred(terms).into_iter();
    barred.filter(|(_, key)| keys.contains(key)).map(|(who, _)| who).next()
}

/// How many are listed, of whom the rules take bids; nothing where anybody may bid.
fn invited(terms: &Terms) -> Option<u64> {
    let Admission::Listed(keys) = &terms.admission else { return None };
    let barred = barred(terms);
    let invited = keys.iter().filter(|key| barred.iter().all(|(_, other)| other != *key));
    Some(u64::try_from(invited.count()).unwrap_or(u64::MAX))
}

/// Why no auction can be held under these terms from now on.
pub enum Hopeless {
    /// Nobody may bid.
    NobodyAdmitted,
    /// It is too late to open it: deadlines have passed.
    Passed(String),
}

impl Hopeless {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NobodyAdmitted => {
                "list the bidders under bidders, or remove the field to let anybody bid"
            }
            Self::Passed(_) => {
                "make new terms with later deadlines, or a later starts: talea terms new"
            }
        }
    }
}

impl std::fmt::Display for Hopeless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NobodyAdmitted => {
                f.write_str("nobody may bid: no party in the list of bidders is allowed to bid")
            }
            Self::Passed(sentence) => f.write_str(sentence),
        }
    }
}

/// Whether no auction can be held under these terms, and why. Where no clock tells when a slot ends, nothing passes.
pub fn hopeless(terms: &Terms, now: SystemTime) -> Option<Hopeless> {
    if invited(terms) == Some(0) {
        return Some(Hopeless::NobodyAdmitted);
    }
    let clock = SlotClock::of(terms)?;
    // An auction opens before the first deadline (T3), and time does not go back.
    let passed = deadlines(terms);
    let passed: Vec<_> =
        passed.into_iter().take_while(|(_, slot)| clock.end_of(*slot) <= now).collect();
    let (first, slot) = passed.first()?;
    let mut sentence = format!("the deadline for {first} passed at {}", clock.time_of(*slot));
    if let Some((last, slot)) = passed.last().filter(|(last, _)| last != first) {
        let time = clock.time_of(*slot);
        sentence.push_str(&format!(", and the last that has passed, for {last}, at {time}"));
    }
    sentence.push_str(": no auction can be opened under these terms any more");
    Some(Hopeless::Passed(sentence))
}

/// A consequence of terms that their author may not think of.
pub(super) struct Doubt {
    /// A stable name, for tools.
    pub(super) code: &'static str,
    /// What it is.
    pub(super) sentence: String,
}

/// What follows from a mechanism whose bids are curves or answers, where a lot takes at most so many bids.
fn doubts_of_markets(terms: &Terms, most: u64, doubt: &mut impl FnMut(&'static str, String)) {
    match terms.mechanism {
        Mechanism::TwoSided { .. } if most < 2 => doubt(
            "mechanism.one-sided",
            format!("at most {most} bids can be made on a lot: a buyer and a seller are needed"),
        ),
        Mechanism::Survey { min_answers, .. } if most < min_answers.into() => doubt(
            "survey.never",
            format!(
                "at most {most} answers can be given to a question, and {min_answers} are needed: nothing is \
                 ever opened"
            ),
        ),
        _ => {}
    }
    let of_lot = terms.money.is_some_and(|money| money.quotation == Quotation::Lot);
    if of_lot && terms.mechanism.curve().is_some() {
        let sentence = "a price is an amount for the whole lot, and a bid is for some units of it: nothing says \
                        what these come to";
        doubt("money.whole-lot", sentence.into());
    }
}

/// The doubts that apply to these terms, in a fixed order. A board may be a party of the auction, a chain is none.
pub(super) fn doubts(terms: &Terms, board: Option<PartyKey>) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut doubt = |code, sentence: String| doubts.push(Doubt { code, sentence });
    let room = u64::from(terms.max_bids_per_lot);
    let invited = invited(terms);
    // A bidder bids once on a lot.
    let most = invited.unwrap_or(u64::MAX).min(room);
    if let Some(invited) = invited {
        if invited > room {
            doubt(
                "bidders.no-room",
                format!(
                    "{invited} bidders are listed and a lot takes {room} bids: if all of them bid on a \
                     lot, the last ones are refused"
                ),
            );
        }
        if invited == 1 {
            doubt("bidders.alone", "one bidder is listed: it has no competitor".into());
        }
    }
    doubts_of_markets(terms, most, &mut doubt);
    let units = u64::from(terms.mechanism.units());
    let takes_one_price =
        matches!(terms.mechanism, Mechanism::FirstPrice | Mechanism::UniformPrice { .. });
    if takes_one_price && !terms.mechanism.pays_own_bid() && most <= units {
        doubt(
            "mechanism.no-loser",
            format!(
                "at most {most} bids can be made on a lot, and {units} win: no losing bid can set the \
                 price, so all win at the first price of the grid, or at the seller's reserve if it \
                 commits one"
            ),
        );
    }
    if let Disclosure::Facts { depth: Some(depth), .. } = terms.disclosure {
        let least = u64::from(depth.min_bids).max(units.saturating_add(1));
        if most < least {
            let rounds = match terms.rounds {
                None => "",
                Some(_) => ", and rounds have nothing to show",
            };
            doubt(
                "disclosure.depth-never",
                format!(
                    "at most {most} bids can be made on a lot, and a depth needs {least}: it is never \
                     shown{rounds}"
                ),
            );
        }
    }
    if let Some(Money { currency, quotation }) = terms.money {
        if minor_units(currency).is_none() {
            doubt(
                "money.currency",
                format!("{currency} is no currency with a minor unit in the list of ISO 4217"),
            );
        }
        let kind = match quotation {
            Quotation::Yield => Some("yield"),
            Quotation::Spread => Some("spread"),
            Quotation::Lot | Quotation::Unit | Quotation::Percent => None,
        };
        let highest = terms.lots.iter().any(|lot| lot.grid.side == Side::HighestWins);
        if let Some(kind) = kind.filter(|_| highest) {
            doubt(
                "money.highest-yield",
                format!(
                    "the highest {kind} wins a lot, and whoever buys at a higher {kind} pays less"
                ),
            );
        }
    }
    if terms.openings == Openings::Recorded && board.is_none() {
        let sentence = "openings to an auditor must be on a board's record, and these terms name no board: no \
                        auditor's program reads one";
        doubt("openings.no-record", sentence.into());
    }
    if let Some(who) = listed_and_barred(terms) {
        doubt(
            "bidders.barred",
            format!("the {who} is a listed bidder, and the rules refuse its bids"),
        );
    }
    let is_board = |key: &PartyKey| board == Some(*key);
    if matches!(&terms.admission, Admission::Listed(keys) if keys.iter().any(is_board)) {
        let sentence =
            "the board is a listed bidder, and it decides which commits of others it takes";
        doubt("bidders.board", sentence.into());
    }
    if is_board(&terms.seller) {
        let sentence = "the seller runs the board, and so decides which commits are taken";
        doubt("board.seller", sentence.into());
    }
    if let [group] = &terms.quorum[..]
        && group.threshold == 1
    {
        let sentence = format!(
            "each member of group {} can decrypt alone: it can read every bid once bids are revealed",
            group.name
        );
        doubt("quorum.alone", sentence);
    }
    doubts
}
