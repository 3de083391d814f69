//! The two verifications of a transcript: by the contract, replayed, and by the verifier.

use talea_contract::Auction;
use talea_protocol::{
    check::Check,
    outcome::Outcome,
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind, next_head},
};
use talea_verifier::{Options, Report, Verdict, verify};

/// What is no record where one is due.
const FRAMING: Check = Check::RecordFraming;

/// What the independent verifier says.
pub fn second_opinion(transcript: &[u8]) -> Report {
    let options = Options { jobs: Some(1) };
    verify(transcript, &options, |_| ()).expect("memory can be read")
}

/// An auditor who has only the contract, and has read a transcript so far. Framing, heads and the comparison
/// of outcomes are its own; the contract, which writes all three, does not read them.
#[derive(Clone, Default)]
struct Auditor {
    auction: Option<Auction>,
    closed: bool,
}

impl Auditor {
    /// Reads the first record of these bytes, and says what comes after it; or the check that fails.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Check> {
        let (header, after) = bytes.split_first_chunk::<RECORD_HEADER_BYTES>().ok_or(FRAMING)?;
        let (kind, length) = RecordKind::read_header(header).ok_or(FRAMING)?;
        let (body, after) = after.split_at_checked(length).ok_or(FRAMING)?;
        match (kind, &mut self.auction, self.closed) {
            (RecordKind::Genesis, None, false) => {
                let genesis: Genesis = borsh::from_slice(body).map_err(|_| FRAMING)?;
                let opened = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
                self.auction = Some(opened.map_err(|refusal| refusal.check)?);
            }
            (RecordKind::Entry, Some(auction), false) => {
                let entry: Entry = borsh::from_slice(body).map_err(|_| FRAMING)?;
                if entry.head != next_head(&auction.head(), entry.slot, &entry.instruction) {
                    return Err(Check::ChainHead);
                }
                let applied = auction.apply(entry.slot, &entry.instruction);
                let applied = applied.map_err(|refusal| refusal.check)?;
                assert!(applied == entry, "the contract's entry is the one that it took");
            }
            (RecordKind::Closing, Some(auction), false) => {
                let closing: Closing = borsh::from_slice(body).map_err(|_| FRAMING)?;
                if closing.head != auction.head() {
                    return Err(Check::ChainHead);
                }
                if Some(closing.outcome) != auction.outcome() {
                    return Err(Check::OutcomeDerived);
                }
                self.closed = true;
            }
            _ => return Err(FRAMING),
        }
        Ok(after)
    }

    /// Reads all that is left. The outcome of a closed transcript, nothing for one that is not closed
    /// yet, or the check that fails.
    fn finish(mut self, mut rest: &[u8]) -> Result<Option<Outcome>, Check> {
        while !rest.is_empty() {
            rest = self.read(rest)?;
        }
        let auction = self.auction.ok_or(FRAMING)?;
        Ok(if self.closed { auction.outcome() } else { None })
    }
}

/// What an auditor who has only the contract says of a transcript.
///
/// # Errors
/// The first check that fails.
pub fn first_opinion(transcript: &[u8]) -> Result<Option<Outcome>, Check> {
    Auditor::default().finish(transcript.strip_prefix(MAGIC).ok_or(FRAMING)?)
}

/// What it says of a transcript that it has read and that is changed somewhere: it goes on from the record
/// before the change, for what stands before that it has seen.
pub struct Reread {
    /// Where each record begins, and the auditor who has come that far.
    auditors: Vec<(usize, Auditor)>,
}

impl Reread {
    /// Reads a transcript that is right.
    pub fn of(transcript: &[u8]) -> Result<Self, Check> {
        let mut rest = transcript.strip_prefix(MAGIC).ok_or(FRAMING)?;
        let (mut auditor, mut auditors) = (Auditor::default(), Vec::new());
        while !rest.is_empty() {
            auditors.push((transcript.len() - rest.len(), auditor.clone()));
            rest = auditor.read(rest)?;
        }
        Ok(Self { auditors })
    }

    /// The transcript again, changed at this byte and perhaps after it.
    pub fn opinion(&self, changed: &[u8], at: usize) -> Result<Option<Outcome>, Check> {
        match self.auditors.iter().rev().find(|(begin, _)| *begin <= at) {
            Some((begin, auditor)) => auditor.clone().finish(&changed[*begin..]),
            None => first_opinion(changed),
        }
    }
}

/// Both find the outcome right.
pub fn agree_that_it_is_valid(transcript: &[u8], outcome: &Outcome) {
    let report = second_opinion(transcript);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    assert_eq!(first_opinion(transcript), Ok(Some(outcome.clone())));
}
