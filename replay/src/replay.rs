//! The replay, entry by entry as the file grows.

use crate::merkle;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};
use talea_contract::{Auction, Received, Refusal, Verified};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    commitment::{BidId, seal},
    instruction::{Instruction, SignedInstruction},
    outcome::Outcome,
    sealed_bid::Reveal,
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_text::{
    board::{BoardTerms, SlotClock},
    failure::{Code, Failure},
};

/// One line of the transcript, as far as tools need it.
#[derive(Clone, Debug)]
pub struct EntrySummary {
    /// In which slot.
    pub slot: u64,
    /// Who said it.
    pub signer: PartyKey,
    /// The hash of the signed bytes.
    pub id: Digest,
    /// What kind of instruction it is.
    pub kind: &'static str,
    /// How many things of that kind it holds: a reveal may carry several sealed bids.
    pub count: usize,
}

impl EntrySummary {
    /// Whether it commits a bid, of one price or a curve.
    #[must_use]
    pub fn commits_a_bid(&self) -> bool {
        matches!(self.kind, "commit" | "commit-curve")
    }
}

/// What the transcript shows of a bid, or of a reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BidLine {
    /// `C`; of a curve that of its first step.
    pub commitment: Point,
    /// The seal of its commit.
    pub seal: Digest,
    /// Which entry the commit is.
    pub committed: u64,
    /// Which entry was the first to carry its sealed bid.
    pub revealed: Option<u64>,
}

/// An auction, replayed as far as its transcript goes.
pub struct Replay {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the next record begins.
    offset: u64,
    auction: Auction,
    opened: u64,
    board: Option<BoardTerms>,
    clock: Option<SlotClock>,
    lines: Vec<EntrySummary>,
    /// By the hash of the signed bytes: the first entry with them.
    by_id: BTreeMap<Digest, u64>,
    tree: merkle::Tree,
    /// Where the body of each entry begins, and how long it is.
    spans: Vec<(u64, usize)>,
    heads: Vec<Digest>,
    bids: BTreeMap<BidId, BidLine>,
    closing: Option<Closing>,
}

/// A record as it stands in a file: its kind, its body.
pub type Record = (RecordKind, Vec<u8>);

/// A record of this kind.
///
/// # Errors
/// `internal` if it exceeds its bound.
pub fn record(kind: RecordKind, body: &impl borsh::BorshSerialize) -> Result<Vec<u8>, Failure> {
    let bytes = borsh::to_vec(body).ok().and_then(|body| kind.write(&body));
    bytes.ok_or_else(|| Failure::new(Code::Internal, "a record exceeds its bound"))
}

/// Reads one record; nothing at the end, or where one is not whole yet.
///
/// # Errors
/// Those of the system, and `InvalidData` if there can be no such record.
pub fn read_record(source: &mut impl Read) -> io::Result<Option<Record>> {
    let mut header = [0; RECORD_HEADER_BYTES];
    if !fill(source, &mut header)? {
        return Ok(None);
    }
    let (kind, length) = RecordKind::read_header(&header)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "expected a record here"))?;
    let mut body = Vec::new();
    source.take(length as u64).read_to_end(&mut body)?;
    Ok((body.len() == length).then_some((kind, body)))
}

/// Where an entry of this number stands in a list of all of them: entries are counted from 1.
#[must_use]
pub fn index_of(entry: u64) -> Option<usize> {
    usize::try_from(entry).ok()?.checked_sub(1)
}

/// Whether all of `buffer` could be read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

impl Replay {
    /// Replays what a transcript holds by now.
    ///
    /// # Errors
    /// `board.folder` if there is none, `file.unreadable`, `board.invalid`.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let mut replay = Self::open(path)?;
        replay.advance()?;
        Ok(replay)
    }

    /// Opens a transcript and reads how it begins.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let invalid = |why: String| {
            Failure::new(
                Code::BoardInvalid,
                format!("{} is not a transcript: {why}", path.display()),
            )
        };
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                let sentence = format!("{} does not exist", path.display());
                Failure::new(Code::BoardFolder, sentence)
                    .with_help("give the folder that talea open made")
            }
            _ => Failure::unreadable(path, error),
        })?;
        let mut file = BufReader::new(file);
        let mut magic = [0; MAGIC.len()];
        let unreadable = |error| Failure::unreadable(path, error);
        if !fill(&mut file, &mut magic).map_err(unreadable)? || magic != *MAGIC {
            let expected = String::from_utf8_lossy(MAGIC);
            return Err(invalid(format!(
                "it does not begin with the line {:?}",
                expected.trim_end()
            )));
        }
        let record = read_record(&mut file).map_err(|error| invalid(error.to_string()))?;
        let Some((RecordKind::Genesis, body)) = record else {
            return Err(invalid("it has no genesis".into()));
        };
        let genesis: Genesis =
            borsh::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
        let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature)
            .map_err(|refusal| invalid(refusal.to_string()))?;
        let board = BoardTerms::of(auction.terms()).ok();
        let clock = SlotClock::of(auction.terms());
        let offset = (MAGIC.len() + RECORD_HEADER_BYTES + body.len()) as u64;
        Ok(Self {
            path: path.to_owned(),
            file,
            offset,
            auction,
            opened: genesis.slot,
            board,
            clock,
            lines: Vec::new(),
            by_id: BTreeMap::new(),
            tree: merkle::Tree::default(),
            spans: Vec::new(),
            heads: Vec::new(),
            bids: BTreeMap::new(),
            closing: None,
        })
    }

    /// Replays what was appended since; how many entries that were.
    ///
    /// # Errors
    /// `board.invalid` if the rules do not allow it, `board.rewritten` if what was replayed before
    /// is gone or another, `file.unreadable`.
    pub fn advance(&mut self) -> Result<u64, Failure> {
        self.advance_within(u64::MAX)
    }

    /// As [`advance`](Self::advance), and no further than the first so many bytes of the file.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn advance_within(&mut self, bytes: u64) -> Result<u64, Failure> {
        let length = self.open_anew().map_err(|error| Failure::unreadable(&self.path, error))?;
        if length < self.offset || !self.ends_as_before()? {
            return Err(self.rewritten());
        }
        let before = self.lines.len();
        if length > self.offset {
            let unreadable = |error| Failure::unreadable(&self.path, error);
            self.file.seek(SeekFrom::Start(self.offset)).map_err(unreadable)?;
            while self.offset < bytes
                && let Some((kind, body)) = self.next_record()?
            {
                self.offset += (RECORD_HEADER_BYTES + body.len()) as u64;
                self.take(kind, &body)?;
            }
        }
        Ok((self.lines.len() - before) as u64)
    }

    /// Opens what has the name now: whoever synchronises or copies a folder puts a new file in the place of
    /// the old one. How long it is.
    fn open_anew(&mut self) -> io::Result<u64> {
        let file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        self.file = BufReader::new(file);
        Ok(length)
    }

    /// Applies an instruction that is not in the file yet, and whose proof may be verified already; its record, which the caller appends. If
    /// that fails this replica is ahead of the file, and must not be used again.
    ///
    /// # Errors
    /// The outer one is `internal`: the entry has no encoding. The inner one if the rules refuse; then
    /// nothing changed.
    pub fn extend(
        &mut self,
        slot: u64,
        received: &Received,
        verified: Option<&Verified>,
    ) -> Result<Result<Vec<u8>, Refusal>, Failure> {
        let entry = match self.auction.apply_received(slot, received, verified) {
            Ok(entry) => entry,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let record = record(RecordKind::Entry, &entry)?;
        self.offset += record.len() as u64;
        self.index(&entry, record.get(RECORD_HEADER_BYTES..).unwrap_or_default());
        Ok(Ok(record))
    }

    /// Whether the last entry that was replayed still ends with its head, which hashes all before.
    fn ends_as_before(&mut self) -> Result<bool, Failure> {
        let (Some((offset, length)), Some(head)) = (self.spans.last(), self.heads.last()) else {
            return Ok(true);
        };
        let mut found = [0; 32];
        let at = (offset + *length as u64).saturating_sub(found.len() as u64);
        let read =
            self.file.seek(SeekFrom::Start(at)).and_then(|_| fill(&mut self.file, &mut found));
        let whole = read.map_err(|error| Failure::unreadable(&self.path, error))?;
        Ok(whole && found == head.0)
    }

    fn rewritten(&self) -> Failure {
        let sentence = format!(
            "{} had {} entries, and no longer begins with them: they were removed or changed",
            self.path.display(),
            self.lines.len()
        );
        Failure::new(Code::BoardRewritten, sentence).with_help(
            "keep a copy of it and your receipts, and run: talea receipt check RECEIPT --board FOLDER",
        )
    }

    fn next_record(&mut self) -> Result<Option<Record>, Failure> {
        read_record(&mut self.file).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => self.invalid(&error.to_string()),
            _ => Failure::unreadable(&self.path, error),
        })
    }

    fn invalid(&self, why: &str) -> Failure {
        let sentence = format!("{}, entry {}: {why}", self.path.display(), self.next_entry());
        Failure::new(Code::BoardInvalid, sentence)
            .with_help(
                "anybody can change a copy, so a transcript alone proves nothing against the board: \
                 copy the folder from the board again. If the board itself shows this, keep it with its \
                 checkpoints: a signature of the board over this history proves the fault",
            )
    }

    fn take(&mut self, kind: RecordKind, body: &[u8]) -> Result<(), Failure> {
        if self.closing.is_some() {
            return Err(self.invalid("a record follows the outcome, which must be the last"));
        }
        match kind {
            RecordKind::Genesis => Err(self.invalid("a second genesis; a transcript has one")),
            RecordKind::Entry => {
                let entry: Entry = borsh::from_slice(body)
                    .map_err(|error| self.invalid(&format!("it does not decode: {error}")))?;
                let applied = self
                    .auction
                    .apply(entry.slot, &entry.instruction)
                    .map_err(|refusal| self.invalid(&refusal.to_string()))?;
                if applied.head != entry.head {
                    let (expected, found) = (applied.head, entry.head);
                    let why = format!("expected the head {expected}, found {found}");
                    return Err(self.invalid(&why));
                }
                self.index(&entry, body);
                Ok(())
            }
            RecordKind::Closing => {
                let closing: Closing = borsh::from_slice(body)
                    .map_err(|error| self.invalid(&format!("it does not decode: {error}")))?;
                match self.fault_of(&closing) {
                    Some(fault) => Err(self.invalid(&fault)),
                    None => {
                        self.closing = Some(closing);
                        Ok(())
                    }
                }
            }
        }
    }

    /// What is wrong with a recorded outcome, if anything is.
    fn fault_of(&self, closing: &Closing) -> Option<String> {
        let (expected, found) = (self.auction.head(), closing.head);
        if found != expected {
            return Some(format!("the outcome is of the head {found}, expected {expected}"));
        }
        let Some(derived) = self.auction.outcome() else {
            let phase = self.auction.phase().name();
            return Some(format!(
                "an outcome is recorded, and the auction is in the phase {phase}"
            ));
        };
        let hash = |outcome: &Outcome| Digest::of(&[&borsh::to_vec(outcome).unwrap_or_default()]);
        (closing.outcome != derived).then(|| {
            format!(
                "expected the outcome with the SHA-256 {}, found {}; talea verify names what differs",
                hash(&derived),
                hash(&closing.outcome)
            )
        })
    }

    fn index(&mut self, entry: &Entry, body: &[u8]) {
        // It was accepted, so it decodes.
        let Ok(signed) = borsh::from_slice::<SignedInstruction>(&entry.instruction) else { return };
        let Ok(instruction) = borsh::from_slice::<Instruction>(&signed.payload) else { return };
        let number = self.next_entry();
        match &instruction {
            Instruction::Commit(commit) | Instruction::Reserve(commit) => {
                let bid = BidId { lot: commit.lot, round: commit.round, bidder: signed.signer };
                let line = BidLine {
                    commitment: commit.commitment,
                    seal: commit.seal,
                    committed: number,
                    revealed: None,
                };
                self.bids.insert(bid, line);
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
        // Ticks of one signer are all alike.
        let id = Digest::of(&[&entry.instruction]);
        self.by_id.entry(id).or_insert(number);
        let kind = instruction.kind();
        let count = match &instruction {
            Instruction::Reveal(reveals) => reveals.len(),
            _ => 1,
        };
        let signer = signed.signer;
        self.lines.push(EntrySummary { slot: entry.slot, signer, id, kind, count });
        self.tree.push(merkle::leaf(body));
        self.spans.push((self.offset.saturating_sub(body.len() as u64), body.len()));
        self.heads.push(entry.head);
    }

    /// The number of the entry that comes next; the first is 1.
    fn next_entry(&self) -> u64 {
        self.lines.len() as u64 + 1
    }

    /// The program's state.
    #[must_use]
    pub fn auction(&self) -> &Auction {
        &self.auction
    }

    /// The slot of the opening.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// When the terms' slots end, if they have a clock.
    #[must_use]
    pub fn clock(&self) -> Option<&SlotClock> {
        self.clock.as_ref()
    }

    /// What the terms say of the board, if they name one.
    #[must_use]
    pub fn board(&self) -> Option<&BoardTerms> {
        self.board.as_ref()
    }

    /// The entries so far.
    #[must_use]
    pub fn lines(&self) -> &[EntrySummary] {
        &self.lines
    }

    /// An entry by its number, from 1.
    #[must_use]
    pub fn line(&self, entry: u64) -> Option<&EntrySummary> {
        self.lines.get(index_of(entry)?)
    }

    /// The Merkle tree over the entries.
    #[must_use]
    pub fn tree(&self) -> &merkle::Tree {
        &self.tree
    }

    /// The root of the Merkle tree over so many entries.
    #[must_use]
    pub fn root_after(&self, entries: u64) -> Option<Digest> {
        self.tree.root(entries)
    }

    /// Where the body of an entry begins in the file, and how long it is.
    #[must_use]
    pub fn span_of(&self, entry: u64) -> Option<(u64, usize)> {
        self.spans.get(index_of(entry)?).copied()
    }

    /// The body of an entry, read again from the file; nothing if there is no such entry.
    ///
    /// # Errors
    /// `file.unreadable`.
    pub fn body_of(&self, entry: u64) -> Result<Option<Vec<u8>>, Failure> {
        let Some((offset, length)) = self.span_of(entry) else { return Ok(None) };
        let mut body = vec![0; length];
        // Whoever reads on from here seeks first.
        let mut file = self.file.get_ref();
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut body));
        read.map_err(|error| Failure::unreadable(&self.path, error))?;
        Ok(Some(body))
    }

    /// The head after so many entries, at least 1.
    #[must_use]
    pub fn head_after(&self, entries: u64) -> Option<Digest> {
        self.heads.get(index_of(entries)?).copied()
    }

    /// What the transcript shows of a bid, or of a reserve.
    #[must_use]
    pub fn bid(&self, bid: &BidId) -> Option<&BidLine> {
        self.bids.get(bid)
    }

    /// The seal of a commit or a reserve.
    #[must_use]
    pub fn seal_of(&self, bid: &BidId) -> Option<Digest> {
        self.bid(bid).map(|line| line.seal)
    }

    /// Whether a sealed bid is the one that was committed.
    #[must_use]
    pub fn opens_a_commit(&self, reveal: &Reveal) -> bool {
        let Reveal { bid, sealed_bid } = reveal;
        self.seal_of(bid) == Some(seal(&self.auction().id(), bid, sealed_bid))
    }

    /// Every bid whose commit is in the transcript, of every round, reserves among them.
    pub fn bids(&self) -> impl Iterator<Item = (&BidId, &BidLine)> {
        self.bids.iter()
    }

    /// The entry that these signed bytes became.
    #[must_use]
    pub fn entry_of(&self, id: &Digest) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// Whether the outcome is recorded.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closing.is_some()
    }

    /// Where the records that were replayed end.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}
