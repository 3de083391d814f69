//! What happened in an auction, as data.

use crate::{
    csv,
    html::{self, Reader},
    lot::LotReport,
    parties::{AccountReport, BidderReport, KeyholderReport},
    supervision::Supervision,
    verification::verify_file,
};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use talea_protocol::{
    bytes::PartyKey,
    price::Side,
    terms::{Admission, Mechanism, Terms},
};
use talea_replay::{Replay, Signatures};
use talea_text::{
    board::Moment,
    book::{Acquaintance, Book},
    failure::{Code, Exit, Failure},
    histogram, names,
    terms::{MemberData, TermsData},
    timeline::Timeline,
};
use talea_verifier::{Verdict, failure::Subject};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-report/3";

/// What happened in an auction.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The independent verifier's.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub verdict_in_words: String,
    /// Why the transcript is invalid.
    pub reason: Option<Reason>,
    /// Of a folder: what its board signed.
    pub board_signatures: Option<Signatures>,
    /// Of a folder: why it is not what its board signed.
    #[serde(serialize_with = "as_code_and_sentence")]
    pub board_failure: Option<Failure>,
    /// What was auctioned, by whom.
    pub title: String,
    /// The auction's id.
    pub auction: Option<String>,
    /// The phase after the last entry.
    pub phase: Option<&'static str>,
    /// How many entries the transcript has after its opening.
    pub entries: usize,
    /// When the auction was opened.
    pub opened: Option<Moment>,
    /// When the last entry was taken, or the opening if there is none.
    pub last: Option<Moment>,
    /// Nothing if they did not pass.
    pub terms: Option<TermsData>,
    /// How many bidders the terms list.
    pub invited: Option<usize>,
    /// What was said, kind by kind.
    pub timeline: Vec<Event>,
    /// The lots, in the order of the terms.
    pub lots: Vec<LotReport>,
    /// Whoever committed a bid.
    pub bidders: Vec<BidderReport>,
    /// The keyholders.
    pub keyholders: Vec<KeyholderReport>,
    /// What everybody's money came to.
    pub accounts: Vec<AccountReport>,
    /// Names of parties out of the address book of whoever made the report, by their keys; nothing where none
    /// was asked. The transcript proves none of them.
    pub known_as: Option<BTreeMap<String, String>>,
    /// The independent verifier's report (schema talea-verify/2).
    pub verification: Value,
    /// What a supervisor asks; nothing of an invalid transcript.
    pub supervision: Option<Supervision>,
    /// Who committed a bid, per lot.
    #[serde(skip)]
    pub committed: Vec<BTreeSet<PartyKey>>,
    /// What the independent verifier found, as it gave it.
    #[serde(skip)]
    pub verified: talea_verifier::Report,
    /// What the picture of the timeline shows.
    #[serde(skip)]
    pub course: Option<Timeline>,
    /// What the pictures of depth show, or of what a survey counted.
    #[serde(skip)]
    pub depths: Vec<histogram::Row>,
}

/// The check that failed first.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// Its number in the specification.
    pub check: &'static str,
    /// What it says.
    pub rule: &'static str,
    /// Where in the transcript, as the verifier counts: entries from 1.
    pub place: String,
    /// What was expected and what was found.
    pub sentence: String,
}

/// Everything of one kind that was said.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// The kind of instruction.
    pub kind: &'static str,
    /// In words.
    pub what: &'static str,
    /// How many things of this kind.
    pub count: usize,
    /// In how many instructions: one may reveal several sealed bids.
    pub instructions: usize,
    /// When the first was taken.
    pub first: Moment,
    /// When the last was taken.
    pub last: Moment,
}

/// The kinds of instructions, in the order of an auction, in words.
const KINDS: [(&str, &str); 15] = [
    ("fund", "money reported"),
    ("deal", "keys dealt"),
    ("complain", "complaints"),
    ("reserve", "reserves committed"),
    ("commit", "bids committed"),
    ("commit-curve", "curves committed"),
    ("reveal", "sealed bids and reserves revealed"),
    ("endorse", "endorsements"),
    ("shuffle", "counts shuffled"),
    ("gate", "products under encryption"),
    ("blind", "counts blinded"),
    ("decrypt", "decryption shares"),
    ("vouch", "vouches for posts that the board did not take"),
    ("decide", "seller's decisions"),
    ("tick", "deadlines passed"),
];

fn as_code_and_sentence<S: serde::Serializer>(
    failure: &Option<Failure>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct View<'a> {
        code: &'static str,
        sentence: &'a str,
    }
    let view = failure.as_ref();
    view.map(|failure| View { code: failure.code.name(), sentence: &failure.sentence })
        .serialize(serializer)
}

impl Reason {
    fn of(verified: &talea_verifier::Report) -> Option<Self> {
        let failure = verified.failure.as_ref()?;
        let Subject { place, slot, instruction, signer } = failure.subject;
        let slot = slot.map(|slot| format!("slot {slot}"));
        let signer = signer
            .map(|key| format!(" signed by {} ({})", names::party(&key), verified.role(&key)));
        let instruction = instruction.map(|kind| format!("{kind}{}", signer.unwrap_or_default()));
        let parts = [Some(place.to_string()), slot, instruction];
        Some(Self {
            check: failure.check.number(),
            rule: failure.check.sentence(),
            place: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            sentence: failure.sentence.clone(),
        })
    }

    fn in_words(&self) -> String {
        let Self { check, rule, place, sentence } = self;
        format!("{check} {rule}: at {place}: {sentence}")
    }
}

/// What is auctioned, by whom, and when bids are due.
fn title(terms: Option<&Terms>, due: Option<&Moment>) -> String {
    let (Some(terms), Some(due)) = (terms, due) else { return "A transcript".into() };
    let what = match terms.lots.as_ref() {
        [lot] => format!("{} ({})", lot.name, lot.identifier),
        lots => format!("{} lots", lots.len()),
    };
    let is_procurement = terms.lots.iter().all(|lot| lot.grid.side == Side::LowestWins);
    let kind = match terms.mechanism {
        Mechanism::Survey { .. } => "Survey",
        Mechanism::TwoSided { .. } => "Two-sided market",
        _ if is_procurement => "Procurement",
        _ => "Auction",
    };
    let seller = names::short(&terms.seller);
    let when = if due.at.is_some() { due.in_words() } else { format!("in {}", due.in_words()) };
    format!("{kind} of {what} by {seller}, bids due {when}")
}

impl Report {
    /// The report of a transcript, and the replay that it is made from: nothing of one that is invalid.
    ///
    /// # Errors
    /// `board.folder` if there is no transcript, `file.unreadable`; `board.invalid` if the replay does
    /// not allow what the verifier does. A transcript that the verifier finds invalid is no error: the
    /// report says so.
    pub fn of(transcript: &Path) -> Result<(Self, Option<Replay>), Failure> {
        let opened = Replay::open(transcript);
        if let Err(failure) = &opened
            && failure.code != Code::BoardInvalid
        {
            return Err(failure.clone());
        }
        let verified = verify_file(transcript)?;
        let verdict = Self::of_verdict(&verified);
        if verdict.is_invalid() {
            return Ok((verdict, None));
        }
        let mut replay = opened?;
        // A board that runs may have appended more since.
        replay.advance_within(verified.file.map_or(u64::MAX, |(_, bytes)| bytes))?;
        Ok((verdict.with_events(&replay, &verified), Some(replay)))
    }

    /// With what a board's folder shows of its signatures, or why the folder is not what the board signed.
    #[must_use]
    pub fn with_signatures(self, found: Result<Signatures, Failure>) -> Self {
        let (board_signatures, board_failure) = match found {
            Ok(signatures) => (Some(signatures), None),
            Err(failure) => (None, Some(failure)),
        };
        Self { board_signatures, board_failure, ..self }
    }

    /// What the verifier alone can say.
    fn of_verdict(verified: &talea_verifier::Report) -> Self {
        let terms = verified.terms.as_ref();
        let data = terms.map(TermsData::of);
        Self {
            schema: SCHEMA,
            verdict: verified.verdict,
            verdict_in_words: verified.headline(),
            reason: Reason::of(verified),
            board_signatures: None,
            board_failure: None,
            title: title(terms, data.as_ref().map(|data| &data.schedule.commits_until)),
            auction: verified.auction.as_ref().map(names::auction),
            phase: None,
            entries: 0,
            opened: None,
            last: None,
            terms: data,
            invited: match terms.map(|terms| &terms.admission) {
                Some(Admission::Listed(keys)) => Some(keys.len()),
                Some(Admission::Open) | None => None,
            },
            timeline: Vec::new(),
            lots: Vec::new(),
            bidders: Vec::new(),
            keyholders: Vec::new(),
            accounts: Vec::new(),
            known_as: None,
            verification: serde_json::from_str(&verified.to_json()).unwrap_or(Value::Null),
            supervision: None,
            committed: Vec::new(),
            verified: verified.clone(),
            course: None,
            depths: Vec::new(),
        }
    }

    /// With what happened in a transcript that keeps the rules.
    fn with_events(self, replay: &Replay, verified: &talea_verifier::Report) -> Self {
        let terms = replay.auction().terms();
        let lots = verified.lots.iter().enumerate();
        let last = replay.lines().last().map_or_else(|| replay.opened(), |line| line.slot);
        let depth = |row: &talea_verifier::report::LotRow| {
            let (ending, words) = (row.ending.as_ref(), String::new());
            histogram::Row::of_lot(terms.mechanism, &row.lot, &row.disclosed, ending, words)
        };
        let keyholders = KeyholderReport::all(replay);
        let supervision = Supervision::of(replay, &keyholders, &verified.lots);
        Self {
            phase: Some(replay.auction().phase().name()),
            entries: replay.lines().len(),
            opened: Some(Moment::of(replay.clock(), replay.opened())),
            last: Some(Moment::of(replay.clock(), last)),
            timeline: timeline(replay),
            lots: lots.map(|(at, row)| LotReport::of(at, row, terms)).collect(),
            bidders: BidderReport::all(replay),
            keyholders,
            supervision: Some(supervision),
            committed: committed(replay),
            course: Some(course(replay)),
            accounts: AccountReport::all(verified),
            depths: verified.lots.iter().filter_map(depth).collect(),
            ..self
        }
    }

    /// With the names by which an address book knows whoever occurs.
    #[must_use]
    pub fn with_names(self, book: &Book) -> Self {
        let mut parties: Vec<&String> = self.bidders.iter().map(|bidder| &bidder.party).collect();
        parties.extend(self.accounts.iter().map(|account| &account.party));
        let mut members = Vec::new();
        if let Some(terms) = &self.terms {
            parties.push(&terms.seller);
            parties.extend(terms.board.iter().map(|board| &board.party));
            parties.extend(terms.custodian.iter().chain(&terms.beneficiary));
            parties.extend(terms.bidders.iter().flatten());
            members.extend(terms.quorum.iter().flat_map(|group| &group.members));
        }
        let named = |party: &String, found: Acquaintance<'_>| {
            found.name().map(|name| (party.clone(), name.to_owned()))
        };
        let mut known: BTreeMap<String, String> = parties
            .into_iter()
            .filter_map(|party| named(party, book.party(&names::read_party(party).ok()?)))
            .collect();
        for MemberData { party, keyholder } in members {
            // A signing key alone does not make a keyholder somebody whom one knows.
            known.remove(party);
            let keys = names::read_keyholder(keyholder).ok();
            known.extend(keys.and_then(|keys| named(party, book.keyholder(&keys))));
        }
        Self { known_as: Some(known), ..self }
    }

    /// The name by which a party is known, if it is.
    #[must_use]
    pub fn name_of(&self, party: &str) -> Option<&str> {
        self.known_as.as_ref()?.get(party).map(String::as_str)
    }

    /// Whether the transcript breaks the rules.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.verdict == Verdict::Invalid
    }

    /// Whether the outcome is on the record, and valid.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.verdict == Verdict::Valid
    }

    /// How the process ends that reported this: an auction that is not over is reported as well as any.
    ///
    /// # Errors
    /// That of a folder which is not what its board signed.
    pub fn exit(&self) -> Result<Exit, Failure> {
        match &self.board_failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_invalid() => Ok(Exit::Invalid),
            None => Ok(Exit::Ok),
        }
    }

    /// What speaks against the transcript or the folder, in a sentence.
    #[must_use]
    pub fn objection(&self) -> Option<String> {
        let of_board = |failure: &Failure| format!("{}: {}", failure.code, failure.sentence);
        self.reason.as_ref().map(Reason::in_words).or(self.board_failure.as_ref().map(of_board))
    }

    /// The verdict in a word.
    #[must_use]
    pub fn verdict_word(&self) -> String {
        let word = match self.verdict {
            Verdict::Valid => "VALID",
            Verdict::Invalid => "INVALID",
            Verdict::Undecided => "UNDECIDED",
        };
        word.into()
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_text::json::to_json(self) + "\n"
    }

    /// The lots, a row each, for a spreadsheet.
    #[must_use]
    pub fn csv(&self) -> String {
        csv::csv(self)
    }

    /// As people read it, in a browser or on paper.
    #[must_use]
    pub fn html(&self, reader: Reader) -> String {
        html::html(self, reader)
    }
}

/// Who committed a bid, per lot. What a seller commits is a reserve.
fn committed(replay: &Replay) -> Vec<BTreeSet<PartyKey>> {
    let terms = replay.auction().terms();
    let of_lot = |lot| {
        let bids = replay.bids().map(|(bid, _)| bid);
        let bids = bids.filter(|bid| bid.lot == lot && bid.bidder != terms.seller);
        bids.map(|bid| bid.bidder).collect()
    };
    (0..).zip(terms.lots.iter()).map(|(lot, _)| of_lot(lot)).collect()
}

/// What the picture of the timeline shows: every instruction, and the deadlines that the terms name.
fn course(replay: &Replay) -> Timeline {
    let slots = |kind| {
        let lines = replay.lines().iter().filter(move |line| line.kind == kind);
        lines.map(|line| line.slot).collect::<Vec<_>>()
    };
    let rows = KINDS.into_iter().map(|(kind, what)| (what.to_owned(), slots(kind)));
    let span = match replay.lines() {
        [first, .., last] => (first.slot, last.slot),
        [only] => (only.slot, only.slot),
        [] => (0, 0),
    };
    let schedule = &replay.auction().terms().schedule;
    let in_words = |slot| Moment::of(replay.clock(), slot).in_words();
    Timeline {
        span,
        ends: (in_words(span.0), in_words(span.1)),
        rows: rows.filter(|(_, slots)| !slots.is_empty()).collect(),
        deadlines: vec![
            ("bids due".into(), schedule.commits_until),
            ("reveals due".into(), schedule.reveals_until),
        ],
    }
}

fn timeline(replay: &Replay) -> Vec<Event> {
    let moment = |slot: u64| Moment::of(replay.clock(), slot);
    let events = KINDS.into_iter().filter_map(|(kind, what)| {
        let lines: Vec<_> = replay.lines().iter().filter(|line| line.kind == kind).collect();
        Some(Event {
            kind,
            what,
            count: lines.iter().map(|line| line.count).sum(),
            instructions: lines.len(),
            first: moment(lines.first()?.slot),
            last: moment(lines.last()?.slot),
        })
    });
    events.collect()
}
