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

/// What an auditor who has only the contract says: the outcome of a closed transcript, nothing
/// for one that is not closed yet, or that the record is wrong.
pub fn first_opinion(transcript: &[u8]) -> Result<Option<Outcome>, Wrong> {
    let mut rest = transcript.strip_prefix(MAGIC).ok_or(Wrong)?;
    let mut auction: Option<Auction> = None;
    let mut closed = false;
    while !rest.is_empty() {
        let (header, after) = rest.split_first_chunk::<RECORD_HEADER_BYTES>().ok_or(Wrong)?;
        let (kind, length) = RecordKind::read_header(header).ok_or(Wrong)?;
        let (body, after) = after.split_at_checked(length).ok_or(Wrong)?;
        rest = after;
        match (kind, &mut auction, closed) {
            (RecordKind::Genesis, None, false) => {
                let genesis: Genesis = borsh::from_slice(body).map_err(|_| Wrong)?;
                let opened = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
                auction = Some(opened.map_err(|_| Wrong)?);
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
                closed = true;
            }
            _ => return Err(Wrong),
        }
    }
    let auction = auction.ok_or(Wrong)?;
    Ok(if closed { auction.outcome() } else { None })
}

/// Both find the outcome right.
pub fn agree_that_it_is_valid(transcript: &[u8], outcome: &Outcome) {
    let report = second_opinion(transcript);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    assert_eq!(first_opinion(transcript), Ok(Some(outcome.clone())));
}
