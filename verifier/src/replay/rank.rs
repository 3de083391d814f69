//! Surveying and ranking a lot: whose turn it is, what a message must be, and time-outs (section 11; **K3** to
//! **K9**, **K12**).
//!
//! | module | what it holds |
//! |---|---|
//! | [`program`] | a lot's questions in order, and what they come to |
//! | [`mechanism`] | how price and winners are found, one mechanism to a file |
//! | [`ties`] | the order in which equal bids win |
//! | [`reserve`] | is any bid at least the reserve? |
//! | [`price`] | the level that at most so many are above, digit by digit |
//! | [`winners`] | who wins at that price |
//! | [`market`] | the level at which what is wanted meets what is offered |
//! | [`trades`] | what bids trade there, and for how much |
//! | [`sharing`] | who is given how much of what is at the price |
//! | [`reading`] | opened integers |
//! | [`depth`] | how many bids lie in each bucket |
//! | [`unary`] | the rows of a digit, and opened levels |
//! | [`search`] | the points of a search, and its narrowing |
//! | [`question`] | Open, Zero-test, At-most-test, Product: what a step or two answers |
//! | [`dialogue`] | the program and the keyholders, in turn |
//! | [`step`] | items, chunks, accepted sets |
//! | [`lagrange`] | opening what a quorum sent shares of |

pub(crate) mod depth;
pub(crate) mod dialogue;
pub(crate) mod lagrange;
pub(crate) mod market;
pub(crate) mod mechanism;
pub(crate) mod price;
pub(crate) mod program;
pub(crate) mod question;
pub(crate) mod reading;
pub(crate) mod reserve;
pub(crate) mod search;
pub(crate) mod sharing;
pub(crate) mod step;
pub(crate) mod ties;
pub(crate) mod trades;
pub(crate) mod unary;
pub(crate) mod winners;

use std::{collections::BTreeSet, sync::Arc};

use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Ending, Survey, VoidCause},
    quorum::KeyholderId,
    ranking::{Duty, RankHeader},
    terms::{Disclosure, Lot},
};

use super::{Replay, bid::Status, setup::Committee};
use crate::{
    decryptions::{DecryptStep, OpenedItems, SharePost, StepId},
    docket::Task,
    failure::Stop,
    fiat_shamir::Context,
    group::Cipher,
    intake::RankBody,
    proofs::{ProofError, blind, decryption_share, gate, shuffle},
};
use dialogue::{Dialogue, DialogueProgress, Halt};
use program::{Bid, BidCurve, Finding, Found, Program, Reserve};
use step::{Chunk, Done, Items, Kind, Step, Work, cancelled};

/// A lot that is being surveyed or ranked.
#[derive(Debug)]
pub(crate) struct Ranking {
    dialogue: Dialogue<Found>,
    pub(crate) step: Step,
    /// `step_slots + n * step_slots_per_bid`.
    dur: u64,
}

/// A rank message's content.
pub(crate) enum Post {
    Gate(RankBody<gate::Decoded>),
    Shuffle(RankBody<shuffle::Decoded>),
    Blind(RankBody<blind::Decoded>),
    Decrypt(RankBody<decryption_share::Decoded>),
}

impl Post {
    fn kind(&self) -> Kind {
        match self {
            Self::Gate(_) => Kind::Gate,
            Self::Shuffle(_) => Kind::Shuffle,
            Self::Blind(_) => Kind::Blind,
            Self::Decrypt(_) => Kind::Decrypt,
        }
    }

    fn header(&self) -> &RankHeader {
        match self {
            Self::Gate(body) => &body.header,
            Self::Shuffle(body) => &body.header,
            Self::Blind(body) => &body.header,
            Self::Decrypt(body) => &body.header,
        }
    }

    fn lengths(&self) -> (usize, usize) {
        match self {
            Self::Gate(body) => body.lengths,
            Self::Shuffle(body) => body.lengths,
            Self::Blind(body) => body.lengths,
            Self::Decrypt(body) => body.lengths,
        }
    }
}

const NO_UNARY: Stop = Stop::Internal("a ranked bid has no unary encoding");
const NOT_RANKING: Stop = Stop::Internal("a lot that is being ranked has no ranking");

impl Replay {
    /// What there is to be asked about a lot, and `step_slots + n * step_slots_per_bid`. The unary encodings
    /// stay with the bids: the next round may need them again.
    fn program(&self, lot: usize) -> Result<(Program, u64), Stop> {
        let terms = &self.facts.terms;
        let Lot { grid, quantity, .. } = terms.lots.get(lot).ok_or(NOT_RANKING)?.clone();
        let state = self.lot(lot)?;
        let bids: Vec<Bid> = state
            .commits
            .iter()
            .filter(|commit| commit.status == Status::Ranked)
            .map(|commit| {
                let unary = commit.unary.as_ref().map(Arc::clone)?;
                let curve = commit.committed.curve().map(|curve| BidCurve {
                    side: curve.side,
                    quantities: curve.quantities.clone(),
                });
                let (bidder, contribution) = (commit.bidder, commit.contribution);
                Some(Bid { bidder, unary, contribution, curve })
            })
            .collect::<Option<_>>()
            .ok_or(NO_UNARY)?;
        // A reserve that was not revealed, or is invalid, does not bind.
        let reserve = state.reserve.as_ref().filter(|reserve| reserve.status == Status::Ranked);
        let opened = terms.reserve.is_some_and(|reserve| reserve.opened);
        let reserve = match reserve {
            Some(reserve) => {
                let unary = reserve.unary.as_ref().map(Arc::clone).ok_or(NO_UNARY)?;
                Some(Reserve { unary, opened })
            }
            None => None,
        };
        // Of curves, ranked steps are counted.
        let steps = |bid: &Bid| bid.curve.as_ref().map_or(1, |curve| curve.quantities.len());
        let n = bids.iter().map(steps).fold(0, usize::saturating_add);
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let schedule = &terms.schedule;
        let dur = schedule.step_slots.saturating_add(n.saturating_mul(schedule.step_slots_per_bid));
        let index = u32::try_from(lot).map_err(|_| NOT_RANKING)?;
        let bids = ties::order(terms.ties, &self.facts.auction, index, bids)
            .ok_or(Stop::Internal("a ranked bid has no contribution to the lottery"))?;
        // Known of the bids of round 0, and only if none was replaced or left out since.
        let first_sums = state.first_sums.clone().filter(|sums| sums.count() == bids.len());
        let program = Program {
            grid,
            quantity,
            mechanism: terms.mechanism,
            disclosure: terms.disclosure,
            fan_out: terms.fan_out,
            bids,
            first_sums,
            reserve,
        };
        Ok((program, dur))
    }

    /// The lot's ranked bids are known, and there may be another round; the first step of its survey
    /// starts at `slot`.
    pub(crate) fn start_survey(&mut self, lot: usize, slot: u64) -> Result<(), Stop> {
        let (program, dur) = self.program(lot)?;
        let cover = self.facts.terms.rounds.is_some_and(|rounds| rounds.cover);
        let mut dialogue = Dialogue::new(|channel| async move {
            program.survey(&channel, cover).await.map(Found::Survey)
        });
        let turn = dialogue.start(&mut self.docket)?;
        self.take_turn(lot, slot, dialogue, dur, 0, turn)
    }

    /// The lot's ranked bids are known; its first step, or the first after its survey, starts at
    /// `slot`.
    pub(crate) fn start_ranking(&mut self, lot: usize, slot: u64) -> Result<(), Stop> {
        let (mut program, dur) = self.program(lot)?;
        if self.survey_of_this_round(lot)?.is_some()
            && let Disclosure::Facts { depth, .. } = &mut program.disclosure
        {
            *depth = None;
        }
        let state = self.lot_mut(lot)?;
        let number = state.steps;
        // No round follows this one.
        for commit in state.commits.iter_mut().chain(&mut state.reserve) {
            commit.unary = None;
        }
        let mut dialogue = Dialogue::new(|channel| program.find(channel));
        let turn = dialogue.start(&mut self.docket)?;
        self.take_turn(lot, slot, dialogue, dur, number, turn)
    }

    /// What a lot's survey in the current round showed, if there was one.
    fn survey_of_this_round(&self, lot: usize) -> Result<Option<&Survey>, Stop> {
        let round = usize::try_from(self.round.number).unwrap_or(usize::MAX);
        Ok(self.lot(lot)?.surveys.get(round))
    }

    /// What the program needs next: a step, which starts at `slot`, or nothing more.
    fn take_turn(
        &mut self,
        lot: usize,
        slot: u64,
        dialogue: Dialogue<Found>,
        dur: u64,
        number: u32,
        turn: DialogueProgress<Found>,
    ) -> Result<(), Stop> {
        match turn {
            DialogueProgress::End(Ok(Found::Survey(survey))) => {
                let state = self.lot_mut(lot)?;
                state.surveys.push(survey);
                state.steps = number;
                Ok(())
            }
            DialogueProgress::End(Ok(Found::Finding(Finding {
                award,
                mut disclosed,
                reserve,
            }))) => {
                if let Some(survey) = self.survey_of_this_round(lot)? {
                    disclosed.depth = survey.depth.clone();
                }
                let state = self.lot_mut(lot)?;
                (state.disclosed, state.opened_reserve) = (disclosed, reserve);
                match award {
                    Some(award) => self.awarded(lot, slot, award),
                    None => self.close_lot(lot, Ending::BelowReserve),
                }
            }
            DialogueProgress::End(Ok(Found::Ending(ending))) => self.close_lot(lot, ending),
            DialogueProgress::End(Err(Halt::Alarm)) => self.close_lot(lot, Ending::Halted),
            DialogueProgress::End(Err(Halt::Lost)) => Err(NOT_RANKING),
            DialogueProgress::Ask(work) => {
                self.note_step(lot, number, &dialogue, &work)?;
                let items = usize::from(self.facts.terms.chunk_items);
                let step = Step::new(number, items, work, slot.saturating_add(dur))
                    .ok_or(Stop::Internal("a step with an empty list was asked for"))?;
                self.lot_mut(lot)?.ranking = Some(Ranking { dialogue, step, dur });
                Ok(())
            }
        }
    }

    /// **K3** to **K9** and **K12**. Gives the lot.
    pub(crate) fn rank(
        &mut self,
        signer: PartyKey,
        id: KeyholderId,
        slot: u64,
        post: Post,
    ) -> Result<usize, Stop> {
        let committee = self.committee()?;
        let header = *post.header();
        let index = usize::try_from(header.lot).unwrap_or(usize::MAX);
        if let Some(sentence) = self.misplaced(&post) {
            return Err(self.docket.refuse(Check::RankPlace, sentence));
        }
        let docket = &mut self.docket;
        docket.pass(Check::RankPlace);
        let state = self.lots.get_mut(index).ok_or(NOT_RANKING)?;
        let ranking = state.ranking.as_mut().ok_or(NOT_RANKING)?;
        let at = usize::try_from(header.chunk).unwrap_or(usize::MAX);
        let chunk = ranking.step.chunks.get_mut(at).ok_or(NOT_RANKING)?;

        let kind = post.kind();
        let idle = idle(chunk, &committee, &state.excluded, id, kind);
        docket.require(Check::RankActor, idle.is_none(), || idle.unwrap_or_default())?;
        let (items, responses) = post.lengths();
        docket.require(Check::RankLength, items == chunk.len && responses == chunk.len, || {
            let what = if kind == Kind::Shuffle { "entries" } else { "items" };
            format!(
                "chunk {at} has {} {what} and the message {items} of them and {responses} \
                 responses",
                chunk.len
            )
        })?;

        let context = Context::rank(self.facts.auction, &header, signer);
        let (head, number) = (header.head, header.chunk);
        let is_decrypt = kind == Kind::Decrypt;
        let completes = chunk.completes_with(&committee, id.group);
        match (post, &mut chunk.items) {
            (Post::Gate(body), Items::Gate(wires)) => {
                let post = canonical(docket, Check::GateProof, body.decoded)?;
                let inputs = std::mem::replace(wires, Arc::clone(&post.outputs));
                let key = Arc::clone(&committee.key);
                docket.defer(
                    Check::GateProof,
                    Task::Gate { context, head, chunk: number, key, inputs, post },
                );
            }
            (Post::Shuffle(body), Items::Shuffle(lists)) => {
                let post = canonical(docket, Check::ShuffleProof, body.decoded)?;
                // How long its lists are the message alone does not say.
                let form = lists.same_form(&post.outputs);
                form.map_err(|error| docket.refuse(Check::ShuffleProof, error.to_string()))?;
                let inputs = std::mem::replace(lists, Arc::clone(&post.outputs));
                let key = Arc::clone(&committee.key);
                docket.defer(
                    Check::ShuffleProof,
                    Task::Shuffle { context, head, chunk: number, key, inputs, post },
                );
            }
            (Post::Blind(body), Items::Blind { inputs, sums }) => {
                let post = canonical(docket, Check::BlindProof, body.decoded)?;
                docket.defer(
                    Check::BlindProof,
                    Task::Blind {
                        context,
                        head,
                        chunk: number,
                        inputs: Arc::clone(inputs),
                        post: Arc::clone(&post),
                    },
                );
                let summed: Vec<Cipher> = sums
                    .iter()
                    .zip(&post.outputs)
                    .map(|(sum, output)| *sum + output.cipher)
                    .collect();
                if completes {
                    let item = cancelled(&summed);
                    docket.require(Check::BlindSum, item.is_none(), || {
                        format!("the blindings of item {} cancel", item.unwrap_or_default())
                    })?;
                }
                *sums = summed;
            }
            (Post::Decrypt(body), Items::Decrypt { randomness, posts, .. }) => {
                let post = canonical(docket, Check::DecryptionShare, body.decoded)?;
                let key = committee.share_keys.get(&id).ok_or(NOT_RANKING)?;
                docket.defer(
                    Check::DecryptionShare,
                    Task::Decrypt {
                        context,
                        head,
                        chunk: number,
                        key: *key,
                        randomness: Arc::clone(randomness),
                        post: Arc::clone(&post),
                    },
                );
                posts.push(post);
            }
            _ => return Err(NOT_RANKING),
        }
        chunk.acts.push(id);
        if completes {
            ranking.step.complete(at);
        } else if kind.is_in_turn() {
            // Every turn has its time, and gives no other chunk more of it.
            ranking.step.prolong(at, slot.saturating_add(ranking.dur));
        }
        if let (Some(decryptions), true) = (&mut self.decryptions, is_decrypt) {
            let RankHeader { lot, round, step, chunk, .. } = header;
            decryptions.posts.push(SharePost {
                entry: self.entries,
                slot,
                keyholder: id,
                signer,
                step: StepId { lot, round, step },
                chunk,
                items,
            });
        }
        Ok(index)
    }

    fn step_id(&self, lot: usize, step: u32) -> Result<StepId, Stop> {
        let lot = u32::try_from(lot).map_err(|_| NOT_RANKING)?;
        Ok(StepId { lot, round: self.round.number, step })
    }

    /// Keeps what a Decrypt step is for, where that is asked for.
    fn note_step(
        &mut self,
        lot: usize,
        number: u32,
        dialogue: &Dialogue<Found>,
        work: &Work,
    ) -> Result<(), Stop> {
        let id = self.step_id(lot, number)?;
        if let (Some(decryptions), Work::Decrypt(items)) = (&mut self.decryptions, work) {
            let purpose = dialogue.purpose();
            let purpose = purpose.ok_or(Stop::Internal("a step was asked for to no end"))?;
            let step = DecryptStep { purpose, items: items.len(), opened: None };
            decryptions.steps.insert(id, step);
        }
        Ok(())
    }

    /// Keeps what a completed step opened, where that is asked for.
    fn note_opened(&mut self, lot: usize, number: u32, done: &Done) -> Result<(), Stop> {
        let id = self.step_id(lot, number)?;
        if let (Some(decryptions), Done::Decrypt(opened)) = (&mut self.decryptions, done)
            && let Some(step) = decryptions.steps.get_mut(&id)
        {
            let zeros = opened.iter().filter(|opened| opened.is_zero()).count();
            step.opened = Some(OpenedItems { zeros, values: Vec::new() });
        }
        Ok(())
    }

    /// Keeps what the program read in it.
    fn note_values(&mut self, id: StepId, values: Vec<i64>) {
        let step = self.decryptions.as_mut().and_then(|found| found.steps.get_mut(&id));
        if let Some(opened) = step.and_then(|step| step.opened.as_mut()) {
            opened.values = values;
        }
    }

    /// **K3**: what is wrong, if something is.
    fn misplaced(&self, post: &Post) -> Option<String> {
        let header = post.header();
        let lot = usize::try_from(header.lot).ok();
        let ranking =
            lot.and_then(|lot| self.lots.get(lot)).and_then(|state| state.ranking.as_ref());
        let Some(ranking) = ranking else {
            return Some(format!("lot {} is not being surveyed or ranked", header.lot));
        };
        let round = self.round.number;
        if header.round != round {
            return Some(format!("the round must be {round} and is {}", header.round));
        }
        let step = &ranking.step;
        if header.step != step.number {
            return Some(format!("the step must be {} and is {}", step.number, header.step));
        }
        if post.kind() != step.kind {
            return Some(format!(
                "step {} takes {:?} messages and this is a {:?}",
                step.number,
                step.kind,
                post.kind()
            ));
        }
        let at = usize::try_from(header.chunk).ok();
        let chunk = at.and_then(|at| step.chunks.get(at));
        let Some(chunk) = chunk else {
            return Some(format!(
                "the chunk must be below {} and is {}",
                step.chunks.len(),
                header.chunk
            ));
        };
        let committee = self.committee.as_ref()?;
        if chunk.is_complete(committee) {
            return Some(format!("chunk {} is complete", header.chunk));
        }
        let head = self.endorsing.head;
        (header.head != head).then(|| format!("the head must be {head} and is {}", header.head))
    }

    /// After an accepted message: the program goes on when its step is complete.
    pub(crate) fn ranked(&mut self, lot: usize, slot: u64) -> Result<(), Stop> {
        let state = self.lot_mut(lot)?;
        let complete = state.ranking.as_ref().is_some_and(|ranking| ranking.step.is_complete());
        if !complete {
            return Ok(());
        }
        // What the step leaves takes memory too, when its proofs do not any more.
        self.relieve()?;
        let Ranking { mut dialogue, step, dur } =
            self.lot_mut(lot)?.ranking.take().ok_or(NOT_RANKING)?;
        self.forget_vouches(lot)?;
        let number = step.number.saturating_add(1);
        let id = self.step_id(lot, step.number)?;
        let done = step.done().ok_or(Stop::Internal("a completed step contradicts itself"))?;
        self.note_opened(lot, id.step, &done)?;
        let turn = dialogue.resume(&mut self.docket, done)?;
        self.note_values(id, dialogue.take_values());
        self.take_turn(lot, slot, dialogue, dur, number, turn)?;
        self.end_surveys(slot)
    }

    /// A step of this lot is over: what was vouched on its chunks is of no use any more.
    fn forget_vouches(&mut self, lot: usize) -> Result<(), Stop> {
        let of = u32::try_from(lot).map_err(|_| NOT_RANKING)?;
        let is_over = |duty: &Duty| matches!(duty, Duty::Chunk { lot, .. } if *lot == of);
        self.endorsing.said.forget(is_over);
        Ok(())
    }

    /// Passes the deadline of a lot, if it is before `slot`. The next one counts from `slot`, so there is
    /// one at most. Whether there was.
    pub(crate) fn time_out_lot(&mut self, lot: usize, slot: u64) -> Result<bool, Stop> {
        let state = self.lot(lot)?;
        if state.waiting.as_ref().is_some_and(|waiting| slot > waiting.deadline) {
            // Silence accepts.
            return self.decided(lot, true).map(|()| true);
        }
        let Some(Ranking { step, .. }) = &state.ranking else {
            return Ok(false);
        };
        let expired = step.expired(slot);
        if expired.is_empty() {
            return Ok(false);
        }
        let committee = self.committee()?;
        // All at once: who is due in one chunk is not changed by a time-out in another.
        let late = step.late(&committee, &state.excluded, expired.iter().copied());
        if late.is_empty() {
            return Err(Stop::Internal("a step timed out and nobody was late"));
        }
        let mut anew = step.lose_their_turn(&committee, &state.excluded, &late);
        anew.extend(expired.iter().copied());
        // A keyholder that is late in several chunks must be excused in each.
        let number = step.number;
        let mut at_fault = BTreeSet::new();
        for at in expired.iter().copied() {
            let late = step.late(&committee, &state.excluded, std::iter::once(at));
            at_fault.extend(self.not_excused(&duty(lot, number, at)?, &late));
        }

        let state = self.lot_mut(lot)?;
        state.excluded.extend(late);
        state.at_fault.extend(at_fault);
        let short = committee.seats().any(|(group, seats)| {
            let left = committee
                .keyholders()
                .filter(|id| id.group == group && !state.excluded.contains(id));
            left.count() < seats.threshold
        });
        if short {
            state.ranking = None;
            self.forget_vouches(lot)?;
            return self.close_lot(lot, Ending::Void(VoidCause::Quorum)).map(|()| true);
        }
        let ranking = state.ranking.as_mut().ok_or(NOT_RANKING)?;
        for at in anew {
            ranking.step.prolong(at, slot.saturating_add(ranking.dur));
        }
        Ok(true)
    }
}

/// A chunk of a lot's step, as a vouch names it.
fn duty(lot: usize, step: u32, chunk: usize) -> Result<Duty, Stop> {
    let [lot, chunk] = [lot, chunk].map(u32::try_from);
    let (lot, chunk) = (lot.map_err(|_| NOT_RANKING)?, chunk.map_err(|_| NOT_RANKING)?);
    Ok(Duty::Chunk { lot, step, chunk })
}

/// **K4**: why the keyholder may not act, if it may not.
fn idle(
    chunk: &Chunk,
    committee: &Committee,
    excluded: &BTreeSet<KeyholderId>,
    id: KeyholderId,
    kind: Kind,
) -> Option<String> {
    if excluded.contains(&id) {
        return Some(format!("{id} is excluded from this lot"));
    }
    if chunk.has_acted(id) {
        return Some(format!("{id} has already acted in this chunk"));
    }
    if !chunk.lacks(committee, id.group) {
        return Some(format!("group {} already has all acts that this chunk needs", id.group));
    }
    let due = chunk.due(committee, excluded)?;
    (kind.is_in_turn() && due != id).then(|| format!("{due} is due and {id} acted"))
}

/// The decoded content, or a refusal under the proof's check.
fn canonical<T>(
    docket: &mut crate::docket::Docket,
    check: Check,
    decoded: Result<Arc<T>, ProofError>,
) -> Result<Arc<T>, Stop> {
    decoded.map_err(|error| docket.refuse(check, error.to_string()))
}
