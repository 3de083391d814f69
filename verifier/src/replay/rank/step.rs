//! A step: items in a fixed order, cut into chunks that stand by themselves (section 11).

use std::sync::Arc;

use curve25519_dalek::{RistrettoPoint, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{quorum::KeyholderId, sealed_bid::Ciphertext};

use super::{super::setup::Committee, lagrange::Opening};
use crate::{
    group::Cipher,
    proofs::{
        blind,
        gate::Wires,
        unseal::{self, Element},
    },
};

/// What a step asks of keyholders.
pub(crate) enum Work {
    /// Half of `X`; `Y`; `Y` encoded.
    Gate(Vec<(Cipher, Cipher, Ciphertext)>),
    /// Ciphertexts to be blinded, none public.
    Blind(Vec<Cipher>),
    /// Ciphertexts to be opened, none public: randomness, masked message.
    Unseal(Vec<(Element, RistrettoPoint)>),
}

impl Work {
    fn len(&self) -> usize {
        match self {
            Self::Gate(items) => items.len(),
            Self::Blind(items) => items.len(),
            Self::Unseal(items) => items.len(),
        }
    }
}

/// What kind of message a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gate,
    Blind,
    Unseal,
}

/// What a completed step leaves.
pub(crate) enum Done {
    /// The last items of every gate, chunk by chunk.
    Gate(Vec<Arc<Wires>>),
    /// The sum of the accepted posts per item.
    Blind(Vec<Cipher>),
    /// `delta * M` per item, and `delta * G` of its chunk.
    Unseal(Vec<(RistrettoPoint, RistrettoPoint)>),
}

/// The current step of a lot.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) chunks: Vec<Chunk>,
}

/// A piece of a step's list with its own accepted set.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) len: usize,
    /// Who has acted, in transcript order.
    pub(crate) acts: Vec<KeyholderId>,
    pub(crate) items: Items,
}

#[derive(Debug)]
pub(crate) enum Items {
    Gate(Arc<Wires>),
    Blind {
        inputs: Arc<Vec<blind::Item>>,
        sums: Vec<Cipher>,
    },
    Unseal {
        randomness: Arc<Vec<Element>>,
        masked: Vec<RistrettoPoint>,
        posts: Vec<Arc<unseal::Decoded>>,
    },
}

impl Step {
    /// Nothing if the list is empty: such a step does not exist.
    pub(crate) fn new(number: u32, chunk_items: usize, work: Work) -> Option<Self> {
        if work.len() == 0 {
            return None;
        }
        let size = chunk_items.max(1);
        let chunk = |len: usize, items: Items| Chunk { len, acts: Vec::new(), items };
        let (kind, chunks) = match work {
            Work::Gate(items) => {
                let cut = items.chunks(size).map(|piece| {
                    let wires = Wires::fresh(piece.iter().copied());
                    chunk(piece.len(), Items::Gate(Arc::new(wires)))
                });
                (Kind::Gate, cut.collect())
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
            Work::Unseal(items) => {
                let cut = items.chunks(size).map(|piece| {
                    let (randomness, masked) = piece.iter().copied().unzip();
                    chunk(
                        piece.len(),
                        Items::Unseal {
                            randomness: Arc::new(randomness),
                            masked,
                            posts: Vec::new(),
                        },
                    )
                });
                (Kind::Unseal, cut.collect())
            }
        };
        Some(Self { number, kind, chunks })
    }

    pub(crate) fn is_complete(&self, committee: &Committee) -> bool {
        self.chunks.iter().all(|chunk| chunk.is_complete(committee))
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
            Kind::Blind => {
                let sums = self.chunks.into_iter().map(|chunk| match chunk.items {
                    Items::Blind { sums, .. } => Some(sums),
                    _ => None,
                });
                Done::Blind(sums.collect::<Option<Vec<_>>>()?.concat())
            }
            Kind::Unseal => {
                let mut opened = Vec::new();
                for chunk in &self.chunks {
                    opened.extend(chunk.open()?);
                }
                Done::Unseal(opened)
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

    /// Opens every item of a completed Unseal chunk.
    fn open(&self) -> Option<Vec<(RistrettoPoint, RistrettoPoint)>> {
        let Items::Unseal { masked, posts, .. } = &self.items else {
            return None;
        };
        let opening = Opening::new(&self.acts)?;
        let open = |(at, e): (usize, &RistrettoPoint)| {
            let shares =
                posts.iter().filter_map(|post| post.shares.get(at).map(|share| share.point));
            (opening.open(e, shares), *opening.one())
        };
        Some(masked.par_iter().enumerate().map(open).collect())
    }
}

/// Whether a sum of blindings has cancelled.
pub(crate) fn cancelled(sums: &[Cipher]) -> Option<usize> {
    sums.iter().position(|sum| sum.r.is_identity())
}
