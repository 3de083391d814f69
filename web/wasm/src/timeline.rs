//! What was said when: the entries of a transcript in runs of one kind, from the records alone.
//!
//! Nothing is verified here. The page shows it beside a verdict of the verifier.

use borsh::BorshDeserialize;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    io::{self, Read},
};
use talea_protocol::{
    bytes::PartyKey,
    instruction::SignedInstruction,
    terms::Terms,
    transcript::{Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_text::board::SlotClock;

/// Entries of one kind, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Of which kind.
    pub kind: &'static str,
    /// The first, from 1.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// By how many signers.
    pub signers: usize,
    /// The slot of the first.
    pub first_slot: u64,
    /// The slot of the last.
    pub last_slot: u64,
    /// When the first slot ends, by RFC 3339; nothing where the terms have no clock.
    pub at: Option<String>,
    /// Bytes of the instructions.
    pub bytes: u64,
}

/// The runs of a transcript, as far as its records can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// The slot in which it opened.
    pub opened: Option<u64>,
    /// In their order.
    pub runs: Vec<Run>,
}

impl Timeline {
    /// Reads a transcript up to its end, or to where it is no transcript any more.
    pub fn read(source: impl Read) -> Self {
        let mut timeline = Self::default();
        // What is not a transcript has no timeline; the verifier says what is wrong with it.
        let _ = timeline.fill(source);
        timeline
    }

    fn fill(&mut self, mut source: impl Read) -> io::Result<()> {
        let mut magic = [0; MAGIC.len()];
        source.read_exact(&mut magic)?;
        let mut clock = None;
        let mut signers = BTreeSet::new();
        let mut entries = 0u64;
        while let Some((kind, body)) = record(&mut source)? {
            match kind {
                RecordKind::Genesis => {
                    let genesis: Genesis = decode(&body)?;
                    self.opened = Some(genesis.slot);
                    let terms: Terms = decode(&genesis.terms)?;
                    clock = SlotClock::of(&terms);
                }
                RecordKind::Entry => {
                    entries = entries.saturating_add(1);
                    let entry: Entry = decode(&body)?;
                    self.take(entries, &entry, clock.as_ref(), &mut signers);
                }
                RecordKind::Closing => {}
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        number: u64,
        entry: &Entry,
        clock: Option<&SlotClock>,
        signers: &mut BTreeSet<PartyKey>,
    ) {
        let Some((signed, instruction)) = SignedInstruction::read_unverified(&entry.instruction)
        else {
            return;
        };
        let kind = instruction.kind();
        let bytes = u64::try_from(entry.instruction.len()).unwrap_or(u64::MAX);
        if let Some(run) = self.runs.last_mut().filter(|run| run.kind == kind) {
            signers.insert(signed.signer);
            run.last = number;
            run.last_slot = entry.slot;
            run.signers = signers.len();
            run.bytes = run.bytes.saturating_add(bytes);
            return;
        }
        *signers = BTreeSet::from([signed.signer]);
        self.runs.push(Run {
            kind,
            first: number,
            last: number,
            signers: 1,
            first_slot: entry.slot,
            last_slot: entry.slot,
            at: clock.and_then(|clock| clock.rfc3339_of(entry.slot)),
            bytes,
        });
    }
}

fn decode<T: BorshDeserialize>(bytes: &[u8]) -> io::Result<T> {
    borsh::from_slice(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}

/// The next record; nothing at the end, or where one is not whole.
fn record(source: &mut impl Read) -> io::Result<Option<(RecordKind, Vec<u8>)>> {
    let mut header = [0; RECORD_HEADER_BYTES];
    match source.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let Some((kind, length)) = RecordKind::read_header(&header) else { return Ok(None) };
    let mut body = vec![0; length];
    source.read_exact(&mut body)?;
    Ok(Some((kind, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSCRIPT: &[u8] = include_bytes!("../../../scenarios/tampered.talea");

    #[test]
    fn runs_hold_every_entry_once_and_in_order() {
        let timeline = Timeline::read(TRANSCRIPT);
        assert!(timeline.runs.len() > 3);
        let mut next = 1;
        for run in &timeline.runs {
            assert_eq!(run.first, next);
            assert!(run.last >= run.first && run.signers > 0);
            next = run.last + 1;
        }
        let kinds: Vec<_> = timeline.runs.iter().map(|run| run.kind).collect();
        assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]), "{kinds:?}");
        assert!(kinds.contains(&"commit"));
    }

    #[test]
    fn a_file_that_breaks_off_has_a_timeline_up_to_there() {
        let whole = Timeline::read(TRANSCRIPT);
        for length in (0..TRANSCRIPT.len()).step_by(97) {
            let part = Timeline::read(&TRANSCRIPT[..length]);
            assert!(part.runs.len() <= whole.runs.len());
        }
        assert_eq!(Timeline::read(&b"a photograph"[..]), Timeline::default());
    }
}
