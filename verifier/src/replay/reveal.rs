//! Sealed bids and reserves, revealed and judged (section 9; **R1** to **R5**).
//!
//! A reserve is revealed like a bid, under the seller's name, and binds where a bid is ranked.
//!
//! **R1** and **R2** refuse an entry. A bid that was revealed before passes both and is left as it is,
//! but something in an entry must be new. **R3**, **R4** and **R5** do not: they close the bid as
//! invalid, on the record. So arguments wait for a verdict like proofs, but the verdict decides
//! what is ranked, and is taken at the close of reveals at the latest. **R5** depends on which
//! unary encodings were accepted before, in all rounds, and is judged in the order of the file.

use std::{collections::BTreeSet, sync::Arc};

use talea_protocol::{
    bytes::{PartyKey, Point},
    check::Check,
    commitment::BidId,
    sealed_bid::{Ciphertext, Contribution},
};

use super::{
    Replay,
    bid::{CommitState, Named, Status},
    unary_encoding::Accepted,
};
use crate::{
    failure::{Position, Stop},
    fiat_shamir::Context,
    group::{Cipher, QuorumKey},
    intake::RevealBody,
    proofs::unary::{Claim, Sealed, judge},
};

/// A bid whose form is right and whose argument is to be judged.
#[derive(Debug)]
pub(crate) struct Judging {
    argument_at: Position,
    distinct_at: Position,
    bid: BidId,
    lot: usize,
    commit: Named,
    /// Of every step, in order.
    sealed: Vec<Sealed>,
    contribution: Option<Contribution>,
}

impl Replay {
    pub(crate) fn reveal(&mut self, reveals: Vec<RevealBody>) -> Result<(), Stop> {
        if reveals.is_empty() {
            let sentence = "a reveal must name at least one bid".into();
            return Err(self.docket.refuse(Check::RevealCommit, sentence));
        }
        let mut named = BTreeSet::new();
        let mut open = Vec::new();
        for reveal in reveals {
            let RevealBody { bid, seal, .. } = &reveal;
            let Some((lot, commit, state)) = self.revealed(bid) else {
                let sentence = format!(
                    "lot {}, round {} has no commit of bidder {}; the round is {}",
                    bid.lot, bid.round, bid.bidder, self.round.number
                );
                return Err(self.docket.refuse(Check::RevealCommit, sentence));
            };
            let (status, committed) = (state.status, state.seal);
            let docket = &mut self.docket;
            docket.require(Check::RevealCommit, named.insert(*bid), || {
                format!("lot {} of bidder {} is named twice", bid.lot, bid.bidder)
            })?;
            docket.require(Check::RevealSeal, *seal == committed, || {
                format!("the seal must be {committed} and is {seal}")
            })?;
            if status == Status::Open {
                open.push((lot, commit, reveal));
            }
        }
        let new: BTreeSet<PartyKey> = open.iter().map(|(_, _, reveal)| reveal.bid.bidder).collect();
        if let Some(bid) = named.iter().find(|bid| !new.contains(&bid.bidder)) {
            let sentence = format!("every bid named of bidder {} was revealed before", bid.bidder);
            return Err(self.docket.refuse(Check::RevealCommit, sentence));
        }
        self.take_open(open)
    }

    /// The lot and the commit of the current round that a reveal names, whatever became of it.
    fn revealed(&self, bid: &BidId) -> Option<(usize, Named, &CommitState)> {
        let round = self.round.number;
        let lot = usize::try_from(bid.lot).ok()?;
        let state = self.lots.get(lot).filter(|_| bid.round == round)?;
        let commit = state.named(round, &bid.bidder, &self.facts.terms.seller)?;
        Some((lot, commit, state.at(commit)?))
    }

    /// **R3** of the bids that were open, and what is to be judged of them.
    fn take_open(&mut self, open: Vec<(usize, Named, RevealBody)>) -> Result<(), Stop> {
        for (lot, commit, RevealBody { bid, sealed, contribution, .. }) in open {
            let docket = &mut self.docket;
            let state = self.lots.get_mut(lot).and_then(|lot| lot.at_mut(commit));
            let state = state.ok_or(NO_COMMIT)?;
            self.open_commits = self.open_commits.saturating_sub(1);

            let form_at = docket.position();
            let steps = state.committed.commitments().len();
            let sealed = sealed.ok().filter(|sealed| sealed.len() == steps);
            docket.judged(form_at, Check::RevealForm, sealed.is_some());
            match sealed {
                None => state.status = Status::Invalid,
                Some(sealed) => {
                    state.status = Status::Judging;
                    let points = sealed.iter().map(Sealed::points).fold(0, usize::saturating_add);
                    self.judging_points = self.judging_points.saturating_add(points);
                    self.judging.push(Judging {
                        argument_at: docket.position(),
                        distinct_at: docket.position(),
                        bid,
                        lot,
                        commit,
                        sealed,
                        contribution,
                    });
                }
            }
        }
        Ok(())
    }

    /// Judges every argument that waits.
    pub(crate) fn judge_arguments(&mut self) -> Result<(), Stop> {
        self.judging_points = 0;
        let waiting = std::mem::take(&mut self.judging);
        if waiting.is_empty() {
            return Ok(());
        }
        let facts = Arc::clone(&self.facts);
        let key: &QuorumKey = match &self.committee {
            Some(committee) => &committee.key,
            None => return Err(Stop::Internal("a bid was revealed under no quorum key")),
        };
        let mut claims = Vec::with_capacity(waiting.len());
        for one in &waiting {
            let commit = self.lots.get(one.lot).and_then(|lot| lot.at(one.commit));
            let commitments = commit.ok_or(NO_COMMIT)?.committed.commitments();
            let shape = facts.step_shape(one.bid.lot).ok_or(NO_COMMIT)?;
            let bid = Context::bid(facts.auction, &one.bid);
            for (step, (sealed, commitment)) in (0u32..).zip(one.sealed.iter().zip(commitments)) {
                claims.push(Claim {
                    context: Context { step, ..bid },
                    shape,
                    quorum_key: key,
                    commitment: commitment.wire,
                    commitment_point: commitment.point,
                    sealed,
                });
            }
        }
        let mut verdicts = judge(&claims).into_iter();
        let mut accepted = Accepted::default();
        for one in waiting {
            // A bid with one bad step is invalid.
            let bad = verdicts.by_ref().take(one.sealed.len()).filter(|holds| !holds).count();
            let holds = bad == 0;
            self.docket.judged(one.argument_at, Check::RevealArgument, holds);
            let distinct = holds && self.is_distinct(&one.sealed);
            if holds {
                self.docket.judged(one.distinct_at, Check::RevealDistinct, distinct);
            }
            let lot = self.lots.get_mut(one.lot).ok_or(NO_COMMIT)?;
            let shape = facts.step_shape(one.bid.lot).ok_or(NO_COMMIT)?;
            // Of curves, sums are weighted.
            if distinct
                && matches!(one.commit, Named::Commit(_))
                && facts.terms.mechanism.curve().is_none()
                && let [sealed] = one.sealed.as_slice()
            {
                lot.first_sums.get_or_insert_default().add(sealed.first_digit(shape));
            }
            let state = lot.at_mut(one.commit).ok_or(NO_COMMIT)?;
            if distinct {
                self.randomness.extend(randomness(&one.sealed).copied());
                state.status = Status::Ranked;
                let (encoded, decoded) = entries(one.sealed);
                accepted.add((one.lot, one.commit), (&encoded, decoded), &self.room);
                state.contribution = one.contribution;
            } else {
                state.status = Status::Invalid;
            }
        }
        for ((lot, commit), unary) in accepted.keep() {
            let state = self.lots.get_mut(lot).and_then(|lot| lot.at_mut(commit));
            state.ok_or(NO_COMMIT)?.unary = Some(Arc::new(unary));
        }
        Ok(())
    }

    /// **R5**.
    fn is_distinct(&self, sealed: &[Sealed]) -> bool {
        let mut own = BTreeSet::new();
        randomness(sealed).all(|r| own.insert(r) && !self.randomness.contains(r))
    }
}

/// The encodings of every `R` of the unary encodings of all steps.
fn randomness(steps: &[Sealed]) -> impl Iterator<Item = &Point> {
    steps.iter().flat_map(Sealed::randomness)
}

/// What is left of an accepted bid: the entries of all its steps, encoded and decoded.
fn entries(steps: Vec<Sealed>) -> (Vec<Ciphertext>, Vec<Cipher>) {
    let mut steps = steps.into_iter().map(Sealed::into_unary);
    let (mut encoded, mut decoded) = steps.next().unwrap_or_default();
    for (more_encoded, more_decoded) in steps {
        encoded.extend(more_encoded);
        decoded.extend(more_decoded);
    }
    (encoded, decoded)
}

const NO_COMMIT: Stop = Stop::Internal("a revealed bid has no commit");
