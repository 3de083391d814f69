//! What was checked, what is still to be checked, and the first failure of all.
//!
//! Cheap checks are decided at once. Proofs are *deferred*: the replay continues as if they held,
//! and they are verified later, many at a time, on all cores. Every check has a position, by
//! place in the file and then in the order in which the specification performs them; whatever the
//! order in which proofs are verified, the failure with the least position is the one reported,
//! and only checks before it are counted. So neither threads nor thresholds show in a report.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use talea_protocol::{
    bytes::{Digest, Point, Scalar as WireScalar},
    check::Check,
    setup::CompactProof,
};

use crate::{
    batch,
    failure::{Failure, Position, Refusal, Stop, Subject},
    fiat_shamir::Context,
    group::{Element, QuorumKey},
    proofs::{ProofError, blind, decryption_share, gate, possession, range, shuffle},
};

/// How often a check was performed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// In all.
    pub performed: u64,
    /// Of these, how often it failed where the specification does not refuse: a bid closed as
    /// invalid (**R3** to **R5**), a lot halted (**K10**, **K11**, **K13**).
    pub adverse: u64,
}

/// A check that did not stop the replay.
#[derive(Clone, Copy)]
enum Verdict {
    Held,
    Adverse,
}

/// A deal, owned, so that both its proofs can wait.
#[derive(Debug)]
pub(crate) struct DealStatement {
    pub(crate) group: u16,
    pub(crate) member: u16,
    pub(crate) encryption_keys: Arc<Vec<Point>>,
    pub(crate) commitments: Vec<Point>,
    pub(crate) ephemeral: Point,
    pub(crate) shares: Vec<WireScalar>,
}

/// A proof to be verified.
pub(crate) enum Task {
    Possession {
        context: Context,
        of: possession::Of,
        deal: Arc<DealStatement>,
        proof: CompactProof,
    },
    Range {
        context: Context,
        key: Arc<QuorumKey>,
        levels: u32,
        /// In a later round.
        active: Option<Element>,
        post: Box<range::Decoded>,
    },
    Gate {
        context: Context,
        head: Digest,
        chunk: u32,
        key: Arc<QuorumKey>,
        /// The outputs of the turn before, if there was one: one place in memory, by which turns in a row
        /// are folded as one.
        inputs: Arc<gate::Wires>,
        post: Arc<gate::Decoded>,
    },
    Shuffle {
        context: Context,
        head: Digest,
        chunk: u32,
        key: Arc<QuorumKey>,
        /// As in a gate.
        inputs: Arc<shuffle::Lists>,
        post: Arc<shuffle::Decoded>,
    },
    Blind {
        context: Context,
        head: Digest,
        chunk: u32,
        inputs: Arc<Vec<blind::Item>>,
        post: Arc<blind::Decoded>,
    },
    Decrypt {
        context: Context,
        head: Digest,
        chunk: u32,
        key: Element,
        randomness: Arc<Vec<Element>>,
        post: Arc<decryption_share::Decoded>,
    },
}

/// A turn on a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) lot: u32,
    pub(crate) step: u32,
    pub(crate) chunk: u32,
}

impl Task {
    fn run(&self) -> Result<(), ProofError> {
        match self {
            Self::Possession { context, of, deal, proof } => {
                let statement = possession::Statement {
                    group: deal.group,
                    member: deal.member,
                    encryption_keys: &deal.encryption_keys,
                    commitments: &deal.commitments,
                    ephemeral: deal.ephemeral,
                    shares: &deal.shares,
                };
                possession::verify(context, *of, &statement, proof)
            }
            // Folded with their like.
            Self::Range { .. } | Self::Gate { .. } | Self::Shuffle { .. } => Ok(()),
            Self::Blind { context, head, chunk, inputs, post } => {
                blind::verify_decoded(context, head, *chunk, inputs, post)
            }
            Self::Decrypt { context, head, chunk, key, randomness, post } => {
                decryption_share::verify_decoded(context, head, *chunk, key, randomness, post)
            }
        }
    }

    /// Where turns are taken, whose turns it is one of.
    fn turn(&self) -> Option<Turn> {
        match self {
            Self::Gate { context, chunk, .. } | Self::Shuffle { context, chunk, .. } => {
                Some(Turn { lot: context.lot, step: context.step, chunk: *chunk })
            }
            Self::Possession { .. }
            | Self::Range { .. }
            | Self::Blind { .. }
            | Self::Decrypt { .. } => None,
        }
    }

    /// The memory that it takes, in bytes, approximately.
    fn weight(&self) -> usize {
        let items = match self {
            Self::Possession { deal, .. } => deal.shares.len(),
            Self::Range { .. } => 10,
            Self::Gate { inputs, .. } => inputs.points.len().saturating_mul(5),
            Self::Shuffle { inputs, .. } => inputs.entries.len().saturating_mul(5),
            Self::Blind { inputs, .. } => inputs.len().saturating_mul(4),
            Self::Decrypt { randomness, .. } => randomness.len().saturating_mul(2),
        };
        items.saturating_mul(192).saturating_add(256)
    }
}

struct Deferred {
    position: Position,
    subject: Subject,
    check: Check,
    task: Task,
}

/// The tally and the waiting proofs.
pub(crate) struct Docket {
    subject: Subject,
    ordinal: u32,
    /// Settled for good.
    counts: BTreeMap<Check, Count>,
    /// Settled since the last flush: they count only if nothing before them fails.
    recent: Vec<(Position, Check, Verdict)>,
    waiting: Vec<Deferred>,
    weight: usize,
    /// Of the weight, what was left waiting on purpose.
    kept: usize,
}

impl Docket {
    pub(crate) fn new(subject: Subject) -> Self {
        Self {
            subject,
            ordinal: 0,
            counts: BTreeMap::new(),
            recent: Vec::new(),
            waiting: Vec::new(),
            weight: 0,
            kept: 0,
        }
    }

    /// Turns to the next record.
    pub(crate) fn enter(&mut self, subject: Subject) {
        self.subject = subject;
        self.ordinal = 0;
    }

    /// Knows more about the record at hand.
    pub(crate) fn describe(&mut self, describe: impl FnOnce(&mut Subject)) {
        describe(&mut self.subject);
    }

    /// The position of the next check.
    pub(crate) fn position(&mut self) -> Position {
        let position = (self.subject.place, self.ordinal);
        self.ordinal = self.ordinal.saturating_add(1);
        position
    }

    /// Counts a check that held.
    pub(crate) fn pass(&mut self, check: Check) {
        let position = self.position();
        self.recent.push((position, check, Verdict::Held));
    }

    /// Counts a check of the position given, which held or had a consequence other than refusal.
    pub(crate) fn judged(&mut self, position: Position, check: Check, held: bool) {
        let verdict = if held { Verdict::Held } else { Verdict::Adverse };
        self.recent.push((position, check, verdict));
    }

    /// A refusal under `check`, here.
    pub(crate) fn refuse(&mut self, check: Check, sentence: String) -> Stop {
        Stop::Refused(Refusal {
            position: self.position(),
            failure: Failure { check, subject: self.subject, sentence },
            counted: false,
        })
    }

    /// Counts a check if it holds, and stops the replay otherwise.
    pub(crate) fn require(
        &mut self,
        check: Check,
        holds: bool,
        sentence: impl FnOnce() -> String,
    ) -> Result<(), Stop> {
        if holds {
            self.pass(check);
            return Ok(());
        }
        Err(self.refuse(check, sentence()))
    }

    /// Defers a proof: it counts as holding until the flush.
    pub(crate) fn defer(&mut self, check: Check, task: Task) {
        let position = self.position();
        self.recent.push((position, check, Verdict::Held));
        self.weight = self.weight.saturating_add(task.weight());
        self.waiting.push(Deferred { position, subject: self.subject, check, task });
    }

    /// Whether more has come to wait than is worth it.
    pub(crate) fn has_enough(&self) -> bool {
        self.weight >= self.kept.saturating_add(batch::proof_bytes())
    }

    /// Whether nothing more should wait.
    pub(crate) fn is_full(&self) -> bool {
        self.weight >= batch::MOST_PROOF_BYTES || self.recent.len() >= batch::CHECKS
    }

    /// Verifies proofs that wait, without those that had better wait for `more`, so that they leave memory.
    /// Counts are not settled. Whether all hold: if not, they wait to be found by a flush.
    pub(crate) fn relieve(&mut self, more: impl Fn(&Turn) -> bool) -> bool {
        let waits = |deferred: &Deferred| deferred.task.turn().is_some_and(|turn| more(&turn));
        let (kept, now): (Vec<Deferred>, Vec<Deferred>) =
            std::mem::take(&mut self.waiting).into_iter().partition(waits);
        let hold = faults(&now).is_empty();
        self.waiting = kept;
        if !hold {
            self.waiting.extend(now);
            self.waiting.sort_by_key(|deferred| deferred.position);
        }
        self.weight =
            self.waiting.iter().fold(0, |sum, deferred| sum.saturating_add(deferred.task.weight()));
        self.kept = self.weight;
        hold
    }

    /// Verifies everything that waits. Settles the counts, up to the first failure: the least of
    /// those found here and of the `stopped` one.
    pub(crate) fn flush(&mut self, stopped: Option<Refusal>) -> Result<(), Refusal> {
        (self.weight, self.kept) = (0, 0);
        let waiting = std::mem::take(&mut self.waiting);
        let found = faults(&waiting)
            .into_iter()
            .map(|(deferred, error)| Refusal {
                position: deferred.position,
                failure: Failure {
                    check: deferred.check,
                    subject: deferred.subject,
                    sentence: error.to_string(),
                },
                counted: false,
            })
            .min_by_key(|refusal| refusal.position);
        let first = [found, stopped].into_iter().flatten().min_by_key(|refusal| refusal.position);
        for (position, check, verdict) in self.recent.drain(..) {
            if first.as_ref().is_some_and(|refusal| position >= refusal.position) {
                continue;
            }
            let count = self.counts.entry(check).or_default();
            count.performed = count.performed.saturating_add(1);
            if matches!(verdict, Verdict::Adverse) {
                count.adverse = count.adverse.saturating_add(1);
            }
        }
        match first {
            None => Ok(()),
            Some(mut refusal) => {
                let count = self.counts.entry(refusal.failure.check).or_default();
                let more = u64::from(!refusal.counted);
                count.performed = count.performed.saturating_add(more);
                refusal.counted = true;
                Err(refusal)
            }
        }
    }

    /// How often each check was performed, as far as settled.
    pub(crate) fn counts(&self) -> &BTreeMap<Check, Count> {
        &self.counts
    }
}

/// Verifies all on all cores; those that fail, in no order. Range proofs are folded among
/// themselves, turns on gates among themselves, and turns on lists.
fn faults(waiting: &[Deferred]) -> Vec<(&Deferred, ProofError)> {
    let mut ranges = Vec::new();
    let mut gates = Vec::new();
    let mut shuffles = Vec::new();
    let mut others = Vec::new();
    for deferred in waiting {
        match &deferred.task {
            Task::Range { context, key, levels, active, post } => {
                let claim = range::Claim {
                    context: *context,
                    quorum_key: key.wire,
                    levels: *levels,
                    active: *active,
                    post,
                };
                ranges.push((deferred, claim));
            }
            Task::Gate { context, head, chunk, key, inputs, post } => {
                let message = gate::Message {
                    context: *context,
                    head: *head,
                    chunk: *chunk,
                    quorum_key: key,
                    inputs,
                    post,
                };
                gates.push((deferred, message));
            }
            Task::Shuffle { context, head, chunk, key, inputs, post } => {
                let message = shuffle::Message {
                    context: *context,
                    head: *head,
                    chunk: *chunk,
                    quorum_key: key,
                    inputs,
                    post,
                };
                shuffles.push((deferred, message));
            }
            _ => others.push(deferred),
        }
    }
    let (range_tasks, claims): (Vec<&Deferred>, Vec<_>) = ranges.into_iter().unzip();
    let (gate_tasks, gates): (Vec<&Deferred>, Vec<_>) = gates.into_iter().unzip();
    let (shuffle_tasks, shuffles): (Vec<&Deferred>, Vec<_>) = shuffles.into_iter().unzip();
    let alone = || -> Vec<Option<ProofError>> {
        others.par_iter().with_max_len(1).map(|deferred| deferred.task.run().err()).collect()
    };
    let in_turn = || rayon::join(|| gate::judge(&gates), || shuffle::judge(&shuffles));
    let ((of_gates, of_shuffles), (of_ranges, of_others)) =
        rayon::join(in_turn, || rayon::join(|| range::judge(&claims), alone));
    let judged = (gate_tasks.into_iter().zip(of_gates))
        .chain(shuffle_tasks.into_iter().zip(of_shuffles))
        .chain(range_tasks.into_iter().zip(of_ranges))
        .chain(others.iter().copied().zip(of_others));
    judged.filter_map(|(deferred, fault)| Some((deferred, fault?))).collect()
}
