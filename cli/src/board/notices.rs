//! The board's record of openings: which bid was opened to which auditor, where the terms ask for it.
//!
//! It lies beside the transcript, one line of JSON for each notice. Each line has the hash of all before it and is
//! signed by the board. A notice says nothing of what was opened. It can come at any time, also after the outcome.

use crate::{
    board::clock::BoardTerms,
    failure::{Code, Failure},
    files,
    interrupt::writing,
    replica::Replay,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
};
use talea_contract::{group::Generators, proofs::auditor, signature_holds};
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Signature},
    commitment::BidId,
    opening::{AuditorKey, Notice},
    terms::{AuctionId, Openings},
};

/// Prefix of the record's hashes, and of what a board signs of it.
const LABEL: &[u8] = b"talea/v2/board-notice";
/// The most auditors to whom one bid is opened on the record.
pub const MOST_OF_A_BID: usize = 8;
/// The longest line, in bytes.
const MAX_LINE: u64 = 4_096;

/// A notice on the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The auction's id: `taleaauction1...`.
    pub auction: String,
    /// Its place on the record, from 1.
    pub number: u64,
    /// The slot in which the board took it.
    pub slot: u64,
    /// The lot of the bid.
    pub lot: u32,
    /// The round of the bid.
    pub round: u32,
    /// Whose bid it is: `taleaparty1...`.
    pub bidder: String,
    /// To whom it was opened: `taleaauditor1...`.
    pub auditor: String,
    /// The bidder's signature, in hexadecimal.
    pub bidder_signature: String,
    /// The hash of this notice and of all before it, in hexadecimal.
    pub head: String,
    /// The board's signature over number and head, in hexadecimal.
    pub signature: String,
}

/// Why a notice is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It is of another auction.
    OtherAuction,
    /// The bid is not in the transcript.
    NoCommit,
    /// The bid was opened to as many auditors as there is room for.
    Full,
    /// The bidder has not signed it.
    Signature,
    /// Nobody is known to know the auditor's secret.
    Auditor,
}

impl NotTaken {
    /// Why, for people.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::OtherAuction => "it is of another auction",
            Self::NoCommit => "the transcript shows no commit of this bid",
            Self::Full => "this bid was opened to eight auditors, and the record takes no more",
            Self::Signature => "the bidder's signature does not hold",
            Self::Auditor => "the auditor's key is none",
        }
    }
}

impl Record {
    /// The notice that it is of; nothing if its words mean none.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.bidder_signature, &mut signature).ok()?;
        let bid = BidId { lot: self.lot, round: self.round, bidder: self.bidder.parse().ok()? };
        Some(Notice {
            auction: self.auction.parse().ok()?,
            bid,
            auditor: self.auditor.parse().ok()?,
            signature: Signature(signature),
        })
    }

    /// Whether it follows this state of the record, and the board signed it.
    fn follows(&self, chain: &Chain, notice: &Notice) -> Option<Digest> {
        let head = chain.after(self.slot, notice);
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.signature, &mut signature).ok()?;
        let number = chain.number.checked_add(1)?;
        let message = signed_bytes(&chain.auction, number, &head);
        let holds = self.number == number
            && self.head == hex::encode(head.0)
            && signature_holds(&chain.board, &message, &Signature(signature));
        holds.then_some(head)
    }
}

fn signed_bytes(auction: &AuctionId, number: u64, head: &Digest) -> Vec<u8> {
    [LABEL, &auction.0, &number.to_le_bytes(), &head.0].concat()
}

/// How far a record has come.
#[derive(Clone, Debug)]
struct Chain {
    auction: AuctionId,
    board: PartyKey,
    number: u64,
    head: Digest,
    /// To whom each bid was opened.
    opened: BTreeMap<BidId, Vec<Point>>,
}

impl Chain {
    fn new(auction: AuctionId, board: PartyKey) -> Self {
        let head = Digest::of(&[LABEL, &auction.0]);
        Self { auction, board, number: 0, head, opened: BTreeMap::new() }
    }

    /// The head after one notice more.
    fn after(&self, slot: u64, notice: &Notice) -> Digest {
        Digest::of(&[LABEL, &self.head.0, &slot.to_le_bytes(), &notice.write()])
    }

    fn is_on_record(&self, notice: &Notice) -> bool {
        let auditors = self.opened.get(&notice.bid);
        auditors.is_some_and(|auditors| auditors.contains(&notice.auditor.point))
    }

    /// Whether a notice may be taken that is not on the record. What costs most comes last.
    fn judge(&self, notice: &Notice, has_commit: impl Fn(&BidId) -> bool) -> Result<(), NotTaken> {
        let Notice { auction, bid, auditor, signature } = notice;
        if *auction != self.auction {
            return Err(NotTaken::OtherAuction);
        }
        if !has_commit(bid) {
            return Err(NotTaken::NoCommit);
        }
        if self.opened.get(bid).is_some_and(|auditors| auditors.len() >= MOST_OF_A_BID) {
            return Err(NotTaken::Full);
        }
        let message = Notice::signed_bytes(auction, bid, auditor);
        if !signature_holds(notice.signer(), &message, signature) {
            return Err(NotTaken::Signature);
        }
        auditor::verify(&Generators::derive(), auditor).map_err(|_| NotTaken::Auditor)
    }

    fn take(&mut self, notice: &Notice, head: Digest) {
        (self.number, self.head) = (self.number.saturating_add(1), head);
        self.opened.entry(notice.bid).or_default().push(notice.auditor.point);
    }
}

/// Where the record of a board is: beside its transcript.
#[must_use]
pub fn beside(transcript: &Path) -> PathBuf {
    transcript.with_file_name("notices")
}

/// Goes through a record, line by line. What a crash has left of a line is left out; anything else that is not what
/// the board would have written ends it.
fn walk(
    path: &Path,
    mut chain: Chain,
    has_commit: impl Fn(&BidId) -> bool,
    mut each: impl FnMut(Record, Notice),
) -> Result<Chain, Failure> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(chain),
        Err(error) => return Err(Failure::unreadable(path, error)),
    };
    let mut file = BufReader::new(file);
    loop {
        let mut line = Vec::new();
        let read = file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::unreadable(path, error))? == 0 {
            return Ok(chain);
        }
        let broken = |chain: &Chain, why: &str| {
            let number = chain.number.saturating_add(1);
            let sentence = format!("{}, notice {number}: {why}", path.display());
            Failure::new(Code::AuditRecord, sentence).with_help(
                "anybody can change a copy: take the record from the board again. If the board itself shows \
                 this, keep it: each line has the board's signature",
            )
        };
        let Ok(record) = serde_json::from_slice::<Record>(&line) else {
            if line.len() as u64 >= MAX_LINE {
                return Err(broken(&chain, "the line is too long"));
            }
            // The board may be writing it: the rest of it is no line of its own.
            if !line.ends_with(b"\n") {
                return Ok(chain);
            }
            continue;
        };
        let notice = record.notice().ok_or_else(|| broken(&chain, "it is no notice"))?;
        let head = record.follows(&chain, &notice).ok_or_else(|| {
            broken(&chain, "it does not follow the one before, or the board has not signed it")
        })?;
        chain.judge(&notice, &has_commit).map_err(|why| broken(&chain, why.why()))?;
        if chain.is_on_record(&notice) {
            return Err(broken(&chain, "it is on the record before"));
        }
        chain.take(&notice, head);
        each(record, notice);
    }
}

/// Verifies the whole record of the board of an auction, and goes through the notices of bids that the transcript
/// shows; how many there are of others. A record may be newer than a transcript that is not over.
///
/// # Errors
/// `audit.record` if it is broken, `file.unreadable`, `audit.notice` if the terms name no board.
pub fn read(
    path: &Path,
    replay: &Replay,
    mut each: impl FnMut(Record, &Notice),
) -> Result<u64, Failure> {
    let board = replay.board().ok_or_else(|| {
        let sentence = "these terms ask for a record of openings, and name no board that keeps one";
        Failure::new(Code::AuditNotice, sentence).with_help("a chain takes no notices")
    })?;
    let chain = Chain::new(replay.auction().id(), board.key);
    let is_shown = |bid: &BidId| replay.bid(bid).is_some();
    let mut others = 0;
    walk(
        path,
        chain,
        |bid| is_shown(bid) || !replay.is_closed(),
        |record, notice| match is_shown(&notice.bid) {
            true => each(record, &notice),
            false => others += 1,
        },
    )?;
    Ok(others)
}

/// The record of a board that takes notices.
pub struct Notices {
    path: PathBuf,
    chain: Chain,
}

impl Notices {
    /// Of a board whose terms ask for one; nothing if they do not. A record that is broken is never continued.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(transcript: &Path, replay: &Replay) -> Result<Option<Self>, Failure> {
        let terms = replay.auction().terms();
        if terms.openings == Openings::Private {
            return Ok(None);
        }
        let path = beside(transcript);
        files::end_torn_line(&path)?;
        let chain = Chain::new(replay.auction().id(), BoardTerms::of(terms)?.key);
        let chain = walk(&path, chain, |bid| replay.bid(bid).is_some(), |_, _| ())?;
        Ok(Some(Self { path, chain }))
    }

    /// Takes a notice, once: what is on the record already is not taken again. Whether it is new.
    ///
    /// # Errors
    /// The outer one is `file.unwritable`: then it is not on the record. The inner one says why it is not taken.
    pub fn take(
        &mut self,
        notice: &Notice,
        slot: u64,
        board: &Identity,
        has_commit: impl Fn(&BidId) -> bool,
    ) -> Result<Result<bool, NotTaken>, Failure> {
        if notice.auction == self.chain.auction && self.chain.is_on_record(notice) {
            return Ok(Ok(false));
        }
        if let Err(why) = self.chain.judge(notice, has_commit) {
            return Ok(Err(why));
        }
        let head = self.chain.after(slot, notice);
        let number = self.chain.number.saturating_add(1);
        let Notice { auction, bid: BidId { lot, round, bidder }, auditor, signature } = notice;
        let signed = board.sign_bytes(&signed_bytes(auction, number, &head));
        let record = Record {
            auction: auction.to_string(),
            number,
            slot,
            lot: *lot,
            round: *round,
            bidder: bidder.to_string(),
            auditor: auditor.to_string(),
            bidder_signature: hex::encode(signature.0),
            head: hex::encode(head.0),
            signature: hex::encode(signed.0),
        };
        self.append(&record)?;
        self.chain.take(notice, head);
        Ok(Ok(true))
    }

    fn append(&self, record: &Record) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(record).unwrap_or_default();
        line.push(b'\n');
        let _whole = writing();
        // A write that failed half-way may have left the beginning of a line.
        files::end_torn_line(&self.path)?;
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        let written = file.and_then(|mut file| {
            files::let_everybody_read(&file)?;
            file.write_all(&line)?;
            file.sync_data()
        });
        written.map_err(|error| Failure::unwritable(&self.path, error))
    }
}

/// The place on the record of the opening of a bid to an auditor, if it is on it.
///
/// # Errors
/// As [`read`].
pub fn find(
    path: &Path,
    replay: &Replay,
    bid: &BidId,
    auditor: &AuditorKey,
) -> Result<Option<u64>, Failure> {
    let mut found = None;
    read(path, replay, |record, notice| {
        if notice.bid == *bid && notice.auditor == *auditor {
            found = Some(record.number);
        }
    })?;
    Ok(found)
}
