//! Checkpoints: the board signs how far the transcript has come. Receipts: an entry is under a
//! checkpoint, checkable years later with the terms alone.

use crate::{Replay, Signatures, index_of, merkle};
use serde::{Deserialize, Serialize};
use talea_contract::signature_holds;
use talea_protocol::{
    bytes::{Digest, PartyKey, Signature},
    instruction::{Instruction, SignedInstruction},
    limits::MAX_INSTRUCTION_BYTES,
    terms::AuctionId,
    transcript::Entry,
};
use talea_text::{
    failure::{Code, Failure},
    names,
    shown::excerpt,
};

/// Prefix of what a board signs.
const LABEL: &[u8] = b"talea/v2/checkpoint";

/// A signed statement of the board: "so many entries, with this root and this head".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The auction's id: `taleaauction1...`.
    pub auction: String,
    /// Entries.
    pub entries: u64,
    /// The root of the Merkle tree over them, in hexadecimal like all other hashes.
    pub root: String,
    /// The head after the last of them.
    pub head: String,
    /// The slot in which it was signed.
    pub slot: u64,
    /// The board's signature.
    pub signature: String,
}

/// The bytes that a text in hexadecimal means, in the one form in which a board writes them. Texts are compared:
/// a second form of the same bytes would look like another history.
fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (hex::encode(bytes) == text).then_some(bytes)
}

fn digest(text: &str) -> Option<Digest> {
    bytes_of(text).map(Digest)
}

fn signed_bytes(
    auction: &AuctionId,
    entries: u64,
    root: &Digest,
    head: &Digest,
    slot: u64,
) -> Vec<u8> {
    [LABEL, &auction.0, &entries.to_le_bytes(), &root.0, &head.0, &slot.to_le_bytes()].concat()
}

impl Checkpoint {
    /// Signs how far a transcript has come, with the board's signature over these bytes.
    #[must_use]
    pub fn sign(replay: &Replay, slot: u64, signature: impl FnOnce(&[u8]) -> Signature) -> Self {
        let entries = replay.lines().len() as u64;
        // There is a root after every number of entries that there are.
        let root = replay.root_after(entries).unwrap_or(Digest::of(&[]));
        let auction = replay.auction();
        Self::over(&auction.id(), entries, (root, auction.head()), slot, signature)
    }

    /// The same over so many entries of an auction, with the root and the head after them.
    #[must_use]
    pub fn over(
        auction: &AuctionId,
        entries: u64,
        (root, head): (Digest, Digest),
        slot: u64,
        signature: impl FnOnce(&[u8]) -> Signature,
    ) -> Self {
        let signature = signature(&signed_bytes(auction, entries, &root, &head, slot));
        Self {
            auction: auction.to_string(),
            entries,
            root: hex::encode(root.0),
            head: hex::encode(head.0),
            slot,
            signature: hex::encode(signature.0),
        }
    }

    /// Whether this board signed it, and it is written as a board writes it: hexadecimal in lower case.
    #[must_use]
    pub fn is_signed_by(&self, board: &PartyKey) -> bool {
        let check = || {
            let auction: AuctionId = self.auction.parse().ok()?;
            (auction.to_string() == self.auction).then_some(())?;
            let (root, head) = (digest(&self.root)?, digest(&self.head)?);
            let message = signed_bytes(&auction, self.entries, &root, &head, self.slot);
            let signature = bytes_of(&self.signature).map(Signature)?;
            Some(signature_holds(board, &message, &signature))
        };
        check().unwrap_or(false)
    }

    /// Whether the board of this auction signed it, for this auction.
    #[must_use]
    pub fn is_of(&self, replay: &Replay) -> bool {
        self.auction == replay.auction().id().to_string()
            && replay.board().is_some_and(|board| self.is_signed_by(&board.key))
    }

    /// Whether a folder keeps to what the board signed here. `shown` is what the folder shows of the
    /// board's signatures.
    ///
    /// # Errors
    /// `board.forked` if the board signed what the folder shows as well: then it convicts the board
    /// before anybody. `board.rewritten` if not: then it is for whoever had the folder from the board.
    pub fn is_kept(&self, replay: &Replay, shown: &[Self]) -> Result<(), Failure> {
        self.agrees_with(replay).map_err(|failure| {
            let signed = shown.iter().find(|other| {
                other.entries >= self.entries
                    && other.is_of(replay)
                    && other.agrees_with(replay).is_ok()
            });
            signed.map_or(failure, |other| forked(self.entries, other.entries))
        })
    }

    /// Whether a transcript, as far as it has come, is one that this checkpoint speaks of.
    ///
    /// # Errors
    /// `board.rewritten` if it is another history, or too short.
    pub fn agrees_with(&self, replay: &Replay) -> Result<(), Failure> {
        let Some(root) = replay.root_after(self.entries) else {
            let sentence = format!(
                "the board signed {} entries and the transcript has {}",
                self.entries,
                replay.lines().len()
            );
            return Err(Failure::new(Code::BoardRewritten, sentence).with_help(
                "a board's transcript never gets shorter; if this folder is a copy, copy it again, \
                 checkpoints first",
            ));
        };
        let root = hex::encode(root.0);
        if root != self.root {
            let sentence = format!(
                "the board signed another history: its root over {} entries is {}, and this \
                 transcript's is {root}",
                self.entries, self.root
            );
            return Err(Failure::new(Code::BoardRewritten, sentence).with_help(
                "keep the folder, the checkpoint, and a note of who gave you the folder: the board did \
                 not sign this history",
            ));
        }
        Ok(())
    }
}

/// What a folder shows of its board's signatures over a transcript.
///
/// # Errors
/// `board.rewritten` or `board.forked` if the board signed another history.
pub fn signatures_over(
    replay: &Replay,
    (checkpoints, others): (&[Checkpoint], usize),
) -> Result<Signatures, Failure> {
    let mut signatures =
        Signatures { entries: replay.lines().len(), signed_entries: None, unusable_lines: others };
    for checkpoint in checkpoints {
        if checkpoint.is_of(replay) {
            checkpoint.is_kept(replay, checkpoints)?;
            let signed = signatures.signed_entries.unwrap_or(0).max(checkpoint.entries);
            signatures.signed_entries = Some(signed);
        } else {
            signatures.unusable_lines += 1;
        }
    }
    Ok(signatures)
}

fn of_another(what: &str, expected: &str, found: &str) -> Failure {
    let found = excerpt(found, MAX_WHY);
    Failure::new(
        Code::Receipt,
        format!("expected a receipt of {what} {expected}, found one of {found}"),
    )
}

/// That a board signed a history of `one` entries, and another one of `other` entries: nobody can have both.
#[must_use]
pub fn forked(one: u64, other: u64) -> Failure {
    let sentence = format!(
        "the board signed two histories: one of {one} entries, and one of {other} entries that \
         contradicts it"
    );
    Failure::new(Code::BoardForked, sentence).with_help(
        "keep both signatures: together they prove to anybody that the board signed two \
             histories",
    )
}

/// Proof that the board took an entry: what a bidder keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// `talea-receipt/2`.
    pub schema: String,
    /// The board's key, as the terms name it.
    pub board: String,
    /// Which entry, from 1.
    pub entry: u64,
    /// The entry itself, as it is in the transcript: slot, signed instruction, head.
    pub body: String,
    /// The hashes beside the way from the leaf to the root.
    pub path: Vec<String>,
    /// Whose root that is.
    pub checkpoint: Checkpoint,
}

/// The schema of receipts.
pub const RECEIPT: &str = "talea-receipt/2";
/// The largest receipt, in bytes: an entry in hexadecimal, and room for the rest.
pub const MAX_RECEIPT: u64 = 2 * MAX_INSTRUCTION_BYTES as u64 + (1 << 16);

/// The most characters of a reason that are shown.
const MAX_WHY: usize = 200;

impl Receipt {
    /// The receipt of an entry, under the first of these checkpoints that speaks of it.
    ///
    /// # Errors
    /// `not-yet` if the board has signed none; `board.forked` and `board.rewritten` if it signed
    /// something else; `file.unreadable`.
    pub fn of(replay: &Replay, checkpoints: &[Checkpoint], entry: u64) -> Result<Self, Failure> {
        let unsigned = || {
            let sentence = format!("the board has signed no checkpoint over entry {entry}");
            Failure::new(Code::NotYet, sentence)
        };
        let is_usable =
            |checkpoint: &&Checkpoint| checkpoint.entries >= entry && checkpoint.is_of(replay);
        let checkpoint = checkpoints.iter().find(is_usable).ok_or_else(unsigned)?;
        checkpoint.is_kept(replay, checkpoints)?;
        let body = replay.body_of(entry)?.ok_or_else(unsigned)?;
        let board = replay.board().ok_or_else(unsigned)?;
        let receipt = Self::under(checkpoint, &board.key, (entry, &body), replay.tree());
        let receipt = receipt.ok_or_else(unsigned)?;
        receipt.verify()?;
        Ok(receipt)
    }

    /// The receipt of an entry with this body under a checkpoint, if that speaks of it. It holds if the board signed
    /// the checkpoint over this tree.
    #[must_use]
    pub fn under(
        checkpoint: &Checkpoint,
        board: &PartyKey,
        (entry, body): (u64, &[u8]),
        tree: &merkle::Tree,
    ) -> Option<Self> {
        let path = tree.path(index_of(entry)?, checkpoint.entries)?;
        Some(Self {
            schema: RECEIPT.into(),
            board: names::party(board),
            entry,
            body: hex::encode(body),
            path: path.iter().map(|hash| hex::encode(hash.0)).collect(),
            checkpoint: checkpoint.clone(),
        })
    }

    /// Reads the bytes of one, and checks it by itself.
    ///
    /// # Errors
    /// `receipt.invalid`.
    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let receipt: Self = serde_json::from_slice(bytes).map_err(|error| {
            // It quotes what it found, at any length.
            let why = excerpt(&error.to_string(), MAX_WHY);
            Failure::new(Code::Receipt, format!("this is not a receipt: {why}"))
        })?;
        receipt.verify()?;
        Ok(receipt)
    }

    /// As a file holds it.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The entry that it is for, if its bytes are those of one.
    #[must_use]
    pub fn read_entry(&self) -> Option<(Entry, SignedInstruction, Instruction)> {
        let entry: Entry = borsh::from_slice(&hex::decode(&self.body).ok()?).ok()?;
        let (signed, instruction) = SignedInstruction::read_unverified(&entry.instruction)?;
        Some((entry, signed, instruction))
    }

    /// Whether it holds by itself: the board signed a root over this entry.
    ///
    /// # Errors
    /// `receipt.invalid`.
    pub fn verify(&self) -> Result<(), Failure> {
        let invalid = |why: &str| Failure::new(Code::Receipt, why.to_owned());
        if self.schema != RECEIPT {
            let found = excerpt(&self.schema, MAX_WHY);
            return Err(invalid(&format!("expected the schema {RECEIPT}, found {found:?}")));
        }
        let board = names::read_party(&self.board)
            .map_err(|_| invalid("its field `board` is not the key of a party"))?;
        if !self.checkpoint.is_signed_by(&board) {
            return Err(invalid("its checkpoint is not signed by the board that it names"));
        }
        let body =
            hex::decode(&self.body).map_err(|_| invalid("its field `body` is not hexadecimal"))?;
        if hex::encode(&body) != self.body {
            return Err(invalid("its field `body` is not hexadecimal in lower case"));
        }
        if self.read_entry().is_none() {
            return Err(invalid("its field `body` is not an entry of a transcript"));
        }
        let leaf = merkle::leaf(&body);
        let path: Option<Vec<Digest>> = self.path.iter().map(|hash| digest(hash)).collect();
        let path =
            path.ok_or_else(|| invalid("its field `path` holds something that is not a hash"))?;
        let at = self.entry.checked_sub(1).ok_or_else(|| {
            invalid(
                "its field `entry` is 0, and entries \
             are counted from 1",
            )
        })?;
        let root = merkle::root_of_path(leaf, at, self.checkpoint.entries, &path);
        let root = root.map(|root| hex::encode(root.0)).unwrap_or_default();
        if root != self.checkpoint.root {
            let signed = excerpt(&self.checkpoint.root, MAX_WHY);
            let why = match root.is_empty() {
                true => format!(
                    "its path does not fit entry {} of {}",
                    self.entry, self.checkpoint.entries
                ),
                false => {
                    format!("its path leads to the root {root}, and the board signed {signed}")
                }
            };
            return Err(invalid(&why));
        }
        Ok(())
    }

    /// Whether a folder keeps what the receipt promised. `shown` is what it shows of the board's
    /// signatures.
    ///
    /// # Errors
    /// As [`Checkpoint::is_kept`]; `receipt.invalid` if the receipt is of another auction.
    pub fn is_kept(&self, replay: &Replay, shown: &[Checkpoint]) -> Result<(), Failure> {
        let auction = replay.auction().id().to_string();
        let board = replay.board().map(|board| names::party(&board.key)).unwrap_or_default();
        self.is_of_auction(&auction, &board)?;
        // Another entry in its place is enough, also where the folder is shorter than the checkpoint.
        let own = hex::decode(&self.body).ok().map(|body| merkle::leaf(&body));
        let shown_there = index_of(self.entry).and_then(|at| replay.tree().leaves().get(at));
        if shown_there.copied() != own {
            let signed = shown.iter().find(|other| {
                other.entries >= self.entry
                    && other.is_of(replay)
                    && other.agrees_with(replay).is_ok()
            });
            if let Some(other) = signed {
                return Err(forked(self.checkpoint.entries, other.entries));
            }
        }
        self.checkpoint.is_kept(replay, shown)
    }

    /// Whether one history can hold this receipt and another one. That nothing speaks against it does
    /// not say that one does: for that, check both against one folder.
    ///
    /// # Errors
    /// `board.forked` if not: the two convict the board before anybody. `receipt.invalid` if they are
    /// not of one auction.
    pub fn goes_with(&self, other: &Self) -> Result<(), Failure> {
        self.is_of_auction(&other.checkpoint.auction, &other.board)?;
        let (one, two) = (&self.checkpoint, &other.checkpoint);
        let two_roots = one.entries == two.entries && one.root != two.root;
        let two_entries = self.entry == other.entry && self.body != other.body;
        if two_roots || two_entries { Err(forked(one.entries, two.entries)) } else { Ok(()) }
    }

    fn is_of_auction(&self, auction: &str, board: &str) -> Result<(), Failure> {
        if self.checkpoint.auction != auction {
            return Err(of_another("auction", auction, &self.checkpoint.auction));
        }
        if self.board != board {
            return Err(of_another("board", board, &self.board));
        }
        Ok(())
    }
}
