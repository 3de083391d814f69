//! The two verifications of a transcript: by the contract, replayed, and by the verifier.

use talea_contract::Auction;
use talea_protocol::{
    outcome::Outcome,
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_verifier::{Options, Report, Verdict, verify};

/// The record is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

/// What the independent verifier says.
pub fn second_opinion(transcript: &[u8]) -> Report {
    let options = Options { jobs: Some(1) };
    verify(transcript, &options, |_| ()).expect("memory can be read")
}

/// An auditor who has only the contract, and has read a transcript so far.
#[derive(Clone, Default)]
struct Auditor {
    auction: Option<Auction>,
    closed: bool,
}

impl Auditor {
    /// Reads the first record of these bytes, and says what comes after it.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Wrong> {
        let (header, after) = bytes.split_first_chunk::<RECORD_HEADER_BYTES>().ok_or(Wrong)?;
        let (kind, length) = RecordKind::read_header(header).ok_or(Wrong)?;
        let (body, after) = after.split_at_checked(length).ok_or(Wrong)?;
        match (kind, &mut self.auction, self.closed) {
            (RecordKind::Genesis, None, false) => {
                let genesis: Genesis = borsh::from_slice(body).map_err(|_| Wrong)?;
                let opened = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
                self.auction = Some(opened.map_err(|_| Wrong)?);
            }
            (RecordKind::Entry, Some(auction), false) => {
                let entry: Entry = borsh::from_slice(body).map_err(|_| Wrong)?;
                let applied = auction.apply(entry.slot, &entry.instruction).map_err(|_| Wrong)?;
                if applied != entry {
                    return Err(Wrong);
                }
            }
            (RecordKind::Closing, Some(auction), false) => {
                let closing: Closing = borsh::from_slice(body).map_err(|_| Wrong)?;
                if closing.head != auction.head() || Some(closing.outcome) != auction.outcome() {
                    return Err(Wrong);
                }
                self.closed = true;
            }
            _ => return Err(Wrong),
        }
        Ok(after)
    }

    /// Reads all that is left. The outcome of a closed transcript, nothing for one that is not closed
    /// yet, or that the record is wrong.
    fn finish(mut self, mut rest: &[u8]) -> Result<Option<Outcome>, Wrong> {
        while !rest.is_empty() {
            rest = self.read(rest)?;
        }
        let auction = self.auction.ok_or(Wrong)?;
        Ok(if self.closed { auction.outcome() } else { None })
    }
}

/// What an auditor who has only the contract says of a transcript.
pub fn first_opinion(transcript: &[u8]) -> Result<Option<Outcome>, Wrong> {
    Auditor::default().finish(transcript.strip_prefix(MAGIC).ok_or(Wrong)?)
}

/// What it says of a transcript that it has read and that is changed somewhere: it goes on from the record
/// before the change, for what stands before that it has seen.
pub struct Reread {
    /// Where each record begins, and the auditor who has come that far.
    auditors: Vec<(usize, Auditor)>,
}

impl Reread {
    /// Reads a transcript that is right.
    pub fn of(transcript: &[u8]) -> Result<Self, Wrong> {
        let mut rest = transcript.strip_prefix(MAGIC).ok_or(Wrong)?;
        let (mut auditor, mut auditors) = (Auditor::default(), Vec::new());
        while !rest.is_empty() {
            auditors.push((transcript.len() - rest.len(), auditor.clone()));
            rest = auditor.read(rest)?;
        }
        Ok(Self { auditors })
    }

    /// The transcript again, changed at this byte and perhaps after it.
    pub fn opinion(&self, changed: &[u8], at: usize) -> Result<Option<Outcome>, Wrong> {
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
