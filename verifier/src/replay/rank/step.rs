//! A step: items in a fixed order, cut into independent chunks (section 11).

use std::{collections::BTreeSet, sync::Arc};

use curve25519_dalek::{RistrettoPoint, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::quorum::KeyholderId;

use super::{
    super::setup::Committee,
    lagrange::{Opened, Opening},
};
use crate::{
    group::{Cipher, Element},
    proofs::{blind, decryption_share, gate::Wires, shuffle::Lists},
};

pub(crate) use crate::proofs::gate::Gate;

/// What a step asks of keyholders.
#[derive(Debug)]
pub(crate) enum Work {
    Gate(Vec<Gate>),
    /// `k`, and the entries of lists of `2^k` each to be shuffled, none public.
    Shuffle(u32, Vec<blind::Item>),
    /// Ciphertexts to be blinded, none public.
    Blind(Vec<Cipher>),
    /// Ciphertexts to be opened, none public: randomness, masked message.
    Decrypt(Vec<(Element, RistrettoPoint)>),
}

impl Work {
    /// How many items.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Gate(items) => items.len(),
            Self::Shuffle(_, entries) => entries.len(),
            Self::Blind(items) => items.len(),
            Self::Decrypt(items) => items.len(),
        }
    }
}

/// What kind of message a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gate,
    Shuffle,
    Blind,
    Decrypt,
}

impl Kind {
    /// Whether keyholders take turns, and one at a time is due.
    pub(crate) fn is_in_turn(self) -> bool {
        match self {
            Self::Gate | Self::Shuffle => true,
            Self::Blind | Self::Decrypt => false,
        }
    }
}

/// What a completed step leaves.
#[derive(Debug)]
pub(crate) enum Done {
    /// The last items of every gate, chunk by chunk.
    Gate(Vec<Arc<Wires>>),
    /// The last entries of every list, list by list.
    Shuffle(Vec<blind::Item>),
    /// The sum of the accepted posts per item.
    Blind(Vec<Cipher>),
    /// What was opened, per item.
    Decrypt(Vec<Opened>),
}

/// The current step of a lot.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) chunks: Vec<Chunk>,
    /// The chunks that are not complete, each with its last slot, the first to time out first.
    open: BTreeSet<(u64, usize)>,
}

/// A piece of a step's list with its own accepted set.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// What a message has one of for each: items, and in a Shuffle the entries of all its lists.
    pub(crate) len: usize,
    /// The last slot for the keyholder due in it, until it is complete.
    pub(crate) deadline: u64,
    /// Who has acted, in transcript order.
    pub(crate) acts: Vec<KeyholderId>,
    pub(crate) items: Items,
}

#[derive(Debug)]
pub(crate) enum Items {
    Gate(Arc<Wires>),
    Shuffle(Arc<Lists>),
    Blind {
        inputs: Arc<Vec<blind::Item>>,
        sums: Vec<Cipher>,
    },
    Decrypt {
        randomness: Arc<Vec<Element>>,
        masked: Vec<RistrettoPoint>,
        posts: Vec<Arc<decryption_share::Decoded>>,
    },
}

impl Step {
    /// With one deadline for all chunks. Nothing if the list is empty, or lists are not whole: such a
    /// step does not exist.
    pub(crate) fn new(number: u32, chunk_items: usize, work: Work, deadline: u64) -> Option<Self> {
        if work.len() == 0 {
            return None;
        }
        let size = chunk_items.max(1);
        let chunk = |len: usize, items: Items| Chunk { len, deadline, acts: Vec::new(), items };
        let (kind, chunks): (Kind, Vec<Chunk>) = match work {
            Work::Gate(items) => {
                let cut = items.par_chunks(size).map(|piece| {
                    let wires = Wires::fresh(piece);
                    chunk(piece.len(), Items::Gate(Arc::new(wires)))
                });
                (Kind::Gate, cut.collect())
            }
            Work::Shuffle(k, entries) => {
                let all = Lists::new(k, entries)?;
                let lists = size.checked_div(all.length()).unwrap_or(1).max(1);
                let cut = all
                    .cut(lists)
                    .map(|piece| chunk(piece.entries.len(), Items::Shuffle(Arc::new(piece))));
                (Kind::Shuffle, cut.collect())
            }
            Work::Blind(items) => {
                let encoded: Vec<blind::Item> =
                    items.into_par_iter().map(blind::Item::of).collect();
                let cut = encoded.chunks(size).map(|piece| {
                    let inputs = Arc::new(piece.to_vec());
                    let sums = vec![Cipher::zero(); piece.len()];
                    chunk(piece.len(), Items::Blind { inputs, sums })
                });
                (Kind::Blind, cut.collect())
            }
            Work::Decrypt(items) => {
                let cut = items.chunks(size).map(|piece| {
                    let (randomness, masked) = piece.iter().copied().unzip();
                    chunk(
                        piece.len(),
                        Items::Decrypt {
                            randomness: Arc::new(randomness),
                            masked,
                            posts: Vec::new(),
                        },
                    )
                });
                (Kind::Decrypt, cut.collect())
            }
        };
        let open = (0..chunks.len()).map(|at| (deadline, at)).collect();
        Some(Self { number, kind, chunks, open })
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether there is such a chunk, and it is not complete.
    pub(crate) fn is_open(&self, chunk: u32) -> bool {
        let at = usize::try_from(chunk).unwrap_or(usize::MAX);
        self.chunks.get(at).is_some_and(|chunk| self.open.contains(&(chunk.deadline, at)))
    }

    /// The least of the chunks that are not complete.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.open.first().map(|(deadline, _)| *deadline)
    }

    /// The chunks that are not complete.
    pub(crate) fn incomplete(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().map(|(_, at)| *at)
    }

    /// Of these, the ones whose deadline is before `slot`.
    pub(crate) fn expired(&self, slot: u64) -> Vec<usize> {
        let expired = self.open.iter().take_while(|(deadline, _)| *deadline < slot);
        expired.map(|(_, at)| *at).collect()
    }

    /// A chunk that is not complete has another deadline.
    pub(crate) fn prolong(&mut self, at: usize, deadline: u64) {
        if let Some(chunk) = self.chunks.get_mut(at)
            && self.open.remove(&(chunk.deadline, at))
        {
            chunk.deadline = deadline;
            self.open.insert((deadline, at));
        }
    }

    /// A chunk has all acts that it needs.
    pub(crate) fn complete(&mut self, at: usize) {
        if let Some(chunk) = self.chunks.get(at) {
            self.open.remove(&(chunk.deadline, at));
        }
    }

    /// Whom a time-out of these chunks, which are not complete, excludes from the lot.
    pub(crate) fn late(
        &self,
        committee: &Committee,
        excluded: &BTreeSet<KeyholderId>,
        chunks: impl Iterator<Item = usize>,
    ) -> BTreeSet<KeyholderId> {
        let chunks = chunks.filter_map(|at| self.chunks.get(at));
        if self.kind.is_in_turn() {
            chunks.filter_map(|chunk| chunk.due(committee, excluded)).collect()
        } else {
            chunks.flat_map(|chunk| chunk.waiting(committee, excluded)).collect()
        }
    }

    /// The chunks in which it is the turn of one of those who are late, who are not out yet.
    pub(crate) fn lose_their_turn(
        &self,
        committee: &Committee,
        excluded: &BTreeSet<KeyholderId>,
        late: &BTreeSet<KeyholderId>,
    ) -> BTreeSet<usize> {
        let is_late = |at: &usize| {
            let due = self.chunks.get(*at).and_then(|chunk| chunk.due(committee, excluded));
            due.is_some_and(|due| late.contains(&due))
        };
        self.incomplete().filter(|at| self.kind.is_in_turn() && is_late(at)).collect()
    }

    /// What the completed step leaves. Nothing if an accepted set contradicts itself.
    pub(crate) fn done(self) -> Option<Done> {
        Some(match self.kind {
            Kind::Gate => {
                let wires = self.chunks.into_iter().map(|chunk| match chunk.items {
                    Items::Gate(wires) => Some(wires),
                    _ => None,
                });
                Done::Gate(wires.collect::<Option<_>>()?)
            }
            Kind::Shuffle => {
                let lists = self.chunks.into_iter().map(|chunk| match chunk.items {
                    Items::Shuffle(lists) => Some(Arc::unwrap_or_clone(lists).into_entries()),
                    _ => None,
                });
                Done::Shuffle(lists.collect::<Option<Vec<_>>>()?.concat())
            }
            Kind::Blind => {
                let sums = self.chunks.into_iter().map(|chunk| match chunk.items {
                    Items::Blind { sums, .. } => Some(sums),
                    _ => None,
                });
                Done::Blind(sums.collect::<Option<Vec<_>>>()?.concat())
            }
            Kind::Decrypt => {
                let mut opened = Vec::new();
                for chunk in &self.chunks {
                    opened.extend(chunk.open()?);
                }
                Done::Decrypt(opened)
            }
        })
    }
}

impl Chunk {
    fn acts_of(&self, group: u16) -> usize {
        self.acts.iter().filter(|id| id.group == group).count()
    }

    /// Whether the keyholder's group still lacks acts.
    pub(crate) fn lacks(&self, committee: &Committee, group: u16) -> bool {
        self.acts_of(group) < committee.threshold(group)
    }

    /// Every keyholder who is in, has not acted, and whose group lacks acts, in turn order.
    pub(crate) fn waiting<'a>(
        &'a self,
        committee: &'a Committee,
        excluded: &'a BTreeSet<KeyholderId>,
    ) -> impl Iterator<Item = KeyholderId> + 'a {
        committee.keyholders().filter(move |id| {
            !excluded.contains(id) && !self.has_acted(*id) && self.lacks(committee, id.group)
        })
    }

    /// The least of them: where keyholders take turns, the one due.
    pub(crate) fn due(
        &self,
        committee: &Committee,
        excluded: &BTreeSet<KeyholderId>,
    ) -> Option<KeyholderId> {
        self.waiting(committee, excluded).next()
    }

    pub(crate) fn has_acted(&self, id: KeyholderId) -> bool {
        self.acts.contains(&id)
    }

    pub(crate) fn is_complete(&self, committee: &Committee) -> bool {
        committee.seats().all(|(group, seats)| self.acts_of(group) >= seats.threshold)
    }

    /// Whether one more act of this group completes it.
    pub(crate) fn completes_with(&self, committee: &Committee, group: u16) -> bool {
        committee.seats().all(|(g, seats)| {
            let more = usize::from(g == group);
            self.acts_of(g).saturating_add(more) >= seats.threshold
        })
    }

    /// Opens every item of a completed Decrypt chunk.
    fn open(&self) -> Option<Vec<Opened>> {
        let Items::Decrypt { masked, posts, .. } = &self.items else {
            return None;
        };
        let opening = Opening::new(&self.acts)?;
        let open = |(at, e): (usize, &RistrettoPoint)| {
            let shares =
                posts.iter().filter_map(|post| post.shares.get(at).map(|share| share.point));
            opening.open(e, shares)
        };
        Some(masked.par_iter().enumerate().map(open).collect())
    }
}

/// Whether a sum of blindings has cancelled.
pub(crate) fn cancelled(sums: &[Cipher]) -> Option<usize> {
    sums.iter().position(|sum| sum.r.is_identity())
}
