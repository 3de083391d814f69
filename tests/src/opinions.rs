//! The two verifications of a transcript: by the contract, replayed, and by the verifier.

use talea_contract::Auction;
use talea_protocol::{
    check::Check,
    outcome::Outcome,
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind, next_head},
};
use talea_verifier::{Options, Report, Verdict, verify};

/// What the independent verifier says.
pub fn second_opinion(transcript: &[u8]) -> Report {
    let options = Options { jobs: Some(1) };
    verify(transcript, &options, |_| ()).expect("memory can be read")
}

/// What an auditor who has only the contract says: the outcome of a closed transcript, or nothing for one
/// that is not closed yet. Framing, heads and the comparison of outcomes are the auditor's own; the
/// contract, which writes all three, does not read them.
///
/// # Errors
/// The first check that fails.
pub fn first_opinion(transcript: &[u8]) -> Result<Option<Outcome>, Check> {
    const FRAMING: Check = Check::RecordFraming;
    let mut rest = transcript.strip_prefix(MAGIC).ok_or(FRAMING)?;
    let mut auction: Option<Auction> = None;
    let mut closed = false;
    while !rest.is_empty() {
        let (header, after) = rest.split_first_chunk::<RECORD_HEADER_BYTES>().ok_or(FRAMING)?;
        let (kind, length) = RecordKind::read_header(header).ok_or(FRAMING)?;
        let (body, after) = after.split_at_checked(length).ok_or(FRAMING)?;
        rest = after;
        match (kind, &mut auction, closed) {
            (RecordKind::Genesis, None, false) => {
                let genesis: Genesis = borsh::from_slice(body).map_err(|_| FRAMING)?;
                let opened = Auction::open(genesis.slot, &genesis.terms, &genesis.signature);
                auction = Some(opened.map_err(|refusal| refusal.check)?);
            }
            (RecordKind::Entry, Some(auction), false) => {
                let entry: Entry = borsh::from_slice(body).map_err(|_| FRAMING)?;
                let head = next_head(&auction.head(), entry.slot, &entry.instruction);
                if entry.head != head {
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
                closed = true;
            }
            _ => return Err(FRAMING),
        }
    }
    let auction = auction.ok_or(FRAMING)?;
    Ok(if closed { auction.outcome() } else { None })
}

/// Both find the outcome right.
pub fn agree_that_it_is_valid(transcript: &[u8], outcome: &Outcome) {
    let report = second_opinion(transcript);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    assert_eq!(first_opinion(transcript), Ok(Some(outcome.clone())));
}
