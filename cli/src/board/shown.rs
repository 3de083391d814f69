//! What a board shows to those who ask over a network: what it has synced and signed, and nothing that it has not.
//! The board writes it; many read it at the same time and keep no board waiting. It is made anew from the
//! transcript at every start.

use crate::{
    board::checkpoint::{Checkpoint, Receipt},
    failure::Failure,
    replica::{EntrySummary, Replica, index_of},
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    quorum::KeyholderId,
};
use talea_replay::merkle::Tree;
use tokio::sync::watch;

/// An entry, as far as it is known without reading the transcript.
#[derive(Clone, Debug)]
pub struct ShownEntry {
    /// What the transcript says of it.
    pub summary: EntrySummary,
    /// The head after it.
    pub head: Digest,
    /// Where its body begins in the transcript.
    offset: u64,
    length: usize,
}

/// A lot, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLot {
    /// As the terms call it.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// In one word, as `talea status` has it.
    pub state: &'static str,
}

/// What is due of a keyholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownDue {
    /// Its endorsement of a round.
    Endorse {
        /// The round.
        round: u32,
        /// The head to endorse.
        head: Digest,
    },
    /// A chunk of a step of a lot's ranking.
    Rank {
        /// The lot, from 0.
        lot: u32,
        /// The round.
        round: u32,
        /// The step.
        step: u32,
        /// The chunk.
        chunk: u32,
    },
}

/// How an auction stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Entries.
    pub entries: u64,
    /// The head after the last of them.
    pub head: Digest,
    /// The slot of the last of them.
    pub slot: u64,
    /// How many bytes of the transcript may be shown.
    pub transcript_bytes: u64,
    /// How many bytes of the file of checkpoints may be shown.
    pub checkpoints_bytes: u64,
    /// The newest checkpoint, which speaks of all these entries.
    pub checkpoint: Option<Arc<Checkpoint>>,
    /// The phase.
    pub phase: &'static str,
    /// The round, from 0.
    pub round: u32,
    /// The last slot of the phase, and the slot by the clock until which what arrives is in time for it.
    pub deadline: Option<(u64, u64)>,
    /// Whether the outcome is recorded.
    pub closed: bool,
    /// Every lot.
    pub lots: Arc<[ShownLot]>,
    /// What is due of each keyholder, if anything is.
    pub dues: Arc<BTreeMap<KeyholderId, Vec<ShownDue>>>,
    /// The outcome as `talea status --json` writes it, once it is recorded.
    pub outcome: Option<Arc<str>>,
    /// Why the board stopped, if it did.
    pub stopped: Option<Failure>,
    /// How often it synced the transcript since the start.
    pub syncs: u64,
    /// How many instructions it has judged since the start, and how many of them the rules took.
    pub judged: u64,
    /// See `judged`.
    pub accepted: u64,
}

impl Standing {
    /// Before anything is known.
    fn nothing() -> Self {
        Self {
            entries: 0,
            head: Digest([0; 32]),
            slot: 0,
            transcript_bytes: 0,
            checkpoints_bytes: 0,
            checkpoint: None,
            phase: "",
            round: 0,
            deadline: None,
            closed: false,
            lots: [].into(),
            dues: Arc::default(),
            outcome: None,
            stopped: None,
            syncs: 0,
            judged: 0,
            accepted: 0,
        }
    }
}

#[derive(Default)]
struct Index {
    entries: Vec<ShownEntry>,
    by_id: BTreeMap<Digest, u64>,
    tree: Tree,
}

/// What one board shows.
pub struct Shown {
    transcript: PathBuf,
    board: PartyKey,
    index: RwLock<Index>,
    standing: watch::Sender<Arc<Standing>>,
}

impl Shown {
    /// Nothing of this board's transcript yet.
    #[must_use]
    pub fn new(transcript: PathBuf, board: PartyKey) -> Self {
        let standing = watch::Sender::new(Arc::new(Standing::nothing()));
        Self { transcript, board, index: RwLock::default(), standing }
    }

    /// Shows what is new in a replica, all of which is synced and signed.
    pub fn show(&self, replica: &Replica, standing: Standing) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for number in index.entries.len() as u64 + 1..=standing.entries {
            let found = (replica.line(number), replica.head_after(number), replica.span_of(number));
            let (Some(summary), Some(head), Some((offset, length))) = found else { break };
            let leaf = index_of(number).and_then(|at| replica.tree().leaves().get(at));
            let Some(leaf) = leaf else { break };
            index.tree.push(*leaf);
            index.by_id.entry(summary.id).or_insert(number);
            index.entries.push(ShownEntry { summary: summary.clone(), head, offset, length });
        }
        drop(index);
        self.standing.send_replace(Arc::new(standing));
    }

    /// Shows that the board stopped, and why.
    pub fn stop(&self, why: &Failure) {
        self.standing.send_modify(|standing| {
            let stopped = Some(why.clone());
            *standing = Arc::new(Standing { stopped, ..(**standing).clone() });
        });
    }

    fn index<T>(&self, read: impl FnOnce(&Index) -> T) -> T {
        read(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the auction stands.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.borrow().clone()
    }

    /// The same, and whatever comes next.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Arc<Standing>> {
        self.standing.subscribe()
    }

    /// The entry that these signed bytes became.
    #[must_use]
    pub fn entry_of(&self, id: &Digest) -> Option<u64> {
        self.index(|index| index.by_id.get(id).copied())
    }

    /// So many entries at most, from this number on.
    #[must_use]
    pub fn entries(&self, from: u64, most: usize) -> Vec<(u64, ShownEntry)> {
        self.index(|index| {
            let begin = index_of(from).unwrap_or(usize::MAX);
            let found = index.entries.get(begin..).unwrap_or_default().iter().take(most);
            (from..).zip(found.cloned()).collect()
        })
    }

    /// The body of an entry, from the transcript.
    ///
    /// # Errors
    /// Those of the system.
    pub fn body(&self, entry: &ShownEntry) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.transcript)?;
        file.seek(SeekFrom::Start(entry.offset))?;
        let mut body = vec![0; entry.length];
        file.read_exact(&mut body)?;
        Ok(body)
    }

    /// The receipt of an entry under the newest checkpoint; nothing if none speaks of it yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn receipt(&self, number: u64) -> io::Result<Option<Receipt>> {
        let found = self.entries(number, 1).pop();
        let (Some((_, entry)), Some(checkpoint)) = (found, self.standing().checkpoint.clone())
        else {
            return Ok(None);
        };
        let body = self.body(&entry)?;
        let of =
            |index: &Index| Receipt::under(&checkpoint, &self.board, (number, &body), &index.tree);
        Ok(self.index(of))
    }

    /// The roots of the trees over the first `from` and the first `to` entries, and the proof that the one is the
    /// beginning of the other; nothing if there are not so many.
    #[must_use]
    pub fn consistency(&self, from: u64, to: u64) -> Option<(Digest, Digest, Vec<Digest>)> {
        self.index(|index| {
            let tree = &index.tree;
            Some((tree.root(from)?, tree.root(to)?, tree.consistency(from, to)?))
        })
    }

    /// The transcript's file.
    #[must_use]
    pub fn transcript(&self) -> &Path {
        &self.transcript
    }
}
