//! An auction, replayed as its board shows it: every entry is applied with the rules of the contract, so that
//! what the page shows is what the rules make of the transcript, and not what the board says.

use crate::fault::Fault;
use std::collections::BTreeMap;
use talea_contract::Auction;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::BidId,
    instruction::{Instruction, SignedInstruction},
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_replay::{BidLine, merkle};
use talea_text::{
    board::{BoardTerms, SlotClock},
    failure::Code,
};

/// One entry, as far as the page needs it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// In which slot.
    pub slot: u64,
    /// Who said it.
    pub signer: PartyKey,
    /// What kind of instruction it is.
    pub kind: &'static str,
}

/// A replay that is fed with a transcript, piece by piece.
pub struct Follower {
    auction: Auction,
    board: Option<BoardTerms>,
    lines: Vec<Line>,
    by_id: BTreeMap<Digest, u64>,
    bids: BTreeMap<BidId, BidLine>,
    tree: merkle::Tree,
    closed: bool,
}

/// What the page has received and not replayed: at most one record that is not whole.
#[derive(Default)]
pub struct Feed {
    rest: Vec<u8>,
    began: bool,
    follower: Option<Follower>,
}

fn invalid(why: impl Into<String>) -> Fault {
    Fault::new(Code::BoardInvalid, why)
}

impl Feed {
    /// Takes the bytes that follow, and replays every record that is whole by now.
    ///
    /// # Errors
    /// `board.invalid` if the rules do not allow what the board shows. Nothing more can be fed then.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.rest.extend_from_slice(bytes);
        if !self.began {
            let Some(start) = self.rest.get(..MAGIC.len()) else { return Ok(()) };
            if start != MAGIC {
                return Err(invalid("what the board sends is not a transcript"));
            }
            self.rest.drain(..MAGIC.len());
            self.began = true;
        }
        let mut at = 0usize;
        while let Some((kind, length)) = self.header(at)? {
            let body = at.saturating_add(RECORD_HEADER_BYTES);
            let end = body.saturating_add(length);
            let Some(body) = self.rest.get(body..end) else { break };
            match &mut self.follower {
                None => self.follower = Some(Follower::open(kind, body)?),
                Some(follower) => follower.record(kind, body)?,
            }
            at = end;
        }
        self.rest.drain(..at.min(self.rest.len()));
        Ok(())
    }

    fn header(&self, at: usize) -> Result<Option<(RecordKind, usize)>, Fault> {
        let header = self.rest.get(at..at.saturating_add(RECORD_HEADER_BYTES));
        let Some(header) = header.and_then(|header| header.try_into().ok()) else {
            return Ok(None);
        };
        let header = RecordKind::read_header(header);
        header
            .map(Some)
            .ok_or_else(|| invalid("what the board sends is not a record of a transcript"))
    }

    /// The replay, once the genesis is here.
    ///
    /// # Errors
    /// `not-yet` before.
    pub fn follower(&self) -> Result<&Follower, Fault> {
        self.follower.as_ref().ok_or_else(|| {
            Fault::new(Code::NotYet, "the board has not shown the auction's terms yet")
        })
    }
}

impl Follower {
    fn open(kind: RecordKind, body: &[u8]) -> Result<Self, Fault> {
        if kind != RecordKind::Genesis {
            return Err(invalid("the transcript does not begin with its terms"));
        }
        let genesis: Genesis =
            borsh::from_slice(body).map_err(|error| invalid(error.to_string()))?;
        let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature)
            .map_err(|refusal| invalid(refusal.to_string()))?;
        let board = BoardTerms::of(auction.terms()).ok();
        Ok(Self {
            auction,
            board,
            lines: Vec::new(),
            by_id: BTreeMap::new(),
            bids: BTreeMap::new(),
            tree: merkle::Tree::default(),
            closed: false,
        })
    }

    fn record(&mut self, kind: RecordKind, body: &[u8]) -> Result<(), Fault> {
        let number = self.entries().saturating_add(1);
        let wrong = |why: String| invalid(format!("entry {number}: {why}"));
        if self.closed {
            return Err(wrong("a record follows the outcome, which must be the last".into()));
        }
        match kind {
            RecordKind::Genesis => Err(wrong("a second genesis; a transcript has one".into())),
            RecordKind::Entry => {
                let entry: Entry =
                    borsh::from_slice(body).map_err(|error| wrong(error.to_string()))?;
                let applied = self
                    .auction
                    .apply(entry.slot, &entry.instruction)
                    .map_err(|refusal| wrong(refusal.to_string()))?;
                if applied.head != entry.head {
                    let (expected, found) = (applied.head, entry.head);
                    return Err(wrong(format!("expected the head {expected}, found {found}")));
                }
                self.index(number, &entry, body);
                Ok(())
            }
            RecordKind::Closing => {
                let closing: Closing =
                    borsh::from_slice(body).map_err(|error| wrong(error.to_string()))?;
                let is_derived = closing.head == self.auction.head()
                    && Some(closing.outcome) == self.auction.outcome();
                if !is_derived {
                    return Err(wrong(
                        "the outcome is not the one that the entries lead to".into(),
                    ));
                }
                self.closed = true;
                Ok(())
            }
        }
    }

    fn index(&mut self, number: u64, entry: &Entry, body: &[u8]) {
        self.tree.push(merkle::leaf(body));
        self.by_id.entry(Digest::of(&[&entry.instruction])).or_insert(number);
        // It was accepted, so it decodes.
        let Some((signed, instruction)) = SignedInstruction::read_unverified(&entry.instruction)
        else {
            return;
        };
        match &instruction {
            Instruction::Commit(commit) | Instruction::Reserve(commit) => {
                let bid = BidId { lot: commit.lot, round: commit.round, bidder: signed.signer };
                self.bids.insert(
                    bid,
                    BidLine {
                        commitment: commit.commitment,
                        seal: commit.seal,
                        committed: number,
                        revealed: None,
                    },
                );
            }
            Instruction::CommitCurve(commit) => {
                let bid = BidId { lot: commit.lot, round: commit.round, bidder: signed.signer };
                // C9: there is a step.
                if let Some(first) = commit.steps.first() {
                    let line = BidLine {
                        commitment: first.commitment,
                        seal: commit.seal,
                        committed: number,
                        revealed: None,
                    };
                    self.bids.insert(bid, line);
                }
            }
            Instruction::Reveal(reveals) => {
                for reveal in reveals.iter() {
                    if let Some(line) = self.bids.get_mut(&reveal.bid) {
                        line.revealed.get_or_insert(number);
                    }
                }
            }
            _ => {}
        }
        let kind = instruction.kind();
        self.lines.push(Line { slot: entry.slot, signer: signed.signer, kind });
    }

    /// The auction's state.
    pub fn auction(&self) -> &Auction {
        &self.auction
    }

    /// What the terms say of the board.
    ///
    /// # Errors
    /// `board.folder` if they name none.
    pub fn board(&self) -> Result<&BoardTerms, Fault> {
        self.board.as_ref().ok_or_else(|| {
            Fault::new(Code::BoardFolder, "the terms of this auction name no board of this kind")
        })
    }

    /// When slots end, if the terms have a clock.
    pub fn clock(&self) -> Option<SlotClock> {
        SlotClock::of(self.auction.terms())
    }

    /// The entries so far.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        u64::try_from(self.tree.leaves().len()).unwrap_or(u64::MAX)
    }

    /// Every bid that was committed.
    pub fn bids(&self) -> impl Iterator<Item = (&BidId, &BidLine)> {
        self.bids.iter()
    }

    /// What the transcript shows of a bid.
    pub fn bid(&self, bid: &BidId) -> Option<&BidLine> {
        self.bids.get(bid)
    }

    /// The entry that these signed bytes became.
    pub fn entry_of(&self, instruction: &Digest) -> Option<u64> {
        self.by_id.get(instruction).copied()
    }

    /// The leaf of an entry, counted from 1.
    pub fn leaf_of(&self, entry: u64) -> Option<Digest> {
        let at = usize::try_from(entry).ok()?.checked_sub(1)?;
        self.tree.leaves().get(at).copied()
    }

    /// The root over so many entries; nothing if there are fewer.
    pub fn root_after(&self, entries: u64) -> Option<Digest> {
        self.tree.root(entries)
    }

    /// Whether the outcome is recorded.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/transcripts");
        std::fs::read(format!("{folder}/{name}.talea")).unwrap()
    }

    #[test]
    fn pieces_of_a_transcript_lead_to_what_the_whole_does() {
        for name in ["accepted", "below-reserve", "chunks"] {
            let transcript = vector(name);
            let (mut whole, mut pieces) = (Feed::default(), Feed::default());
            whole.take(&transcript).unwrap();
            for piece in transcript.chunks(977) {
                pieces.take(piece).unwrap();
            }
            let (whole, pieces) = (whole.follower().unwrap(), pieces.follower().unwrap());
            assert_eq!(whole.auction().head(), pieces.auction().head());
            assert_eq!(whole.root_after(whole.entries()), pieces.root_after(whole.entries()));
            assert!(pieces.is_closed(), "{name}");
        }
    }

    #[test]
    fn what_the_rules_do_not_allow_is_followed_no_further() {
        let transcript = include_bytes!("../../../scenarios/tampered.talea");
        let fault = Feed::default().take(transcript).unwrap_err();
        assert_eq!(fault.code, "board.invalid");
        assert!(fault.sentence.starts_with("entry 12: "), "{fault:?}");
        for name in ["c3-twice", "c6-proof"] {
            let fault = Feed::default().take(&vector(name)).unwrap_err();
            assert_eq!(fault.code, "board.invalid", "{name}");
        }
        assert_eq!(Feed::default().take(&[7; 40]).unwrap_err().code, "board.invalid");
        let nothing = Feed::default();
        assert_eq!(nothing.follower().err().map(|fault| fault.code).as_deref(), Some("not-yet"));
    }
}
