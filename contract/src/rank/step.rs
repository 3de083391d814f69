//! One step of a lot's ranking: a list of ciphertexts, cut into chunks, on which a quorum of
//! keyholders acts. Section 11 of `docs/spec.md`.

use crate::{
    elgamal::{Ciphertext, Held},
    fiat_shamir::Context,
    lot::Absent,
    rank::{
        opened::Opened,
        roster::{Acts, Roster, Surroundings},
        work::{
            Actor, Chunked, Factors, GateItems, Items, Post, Shares, Taken, Task, Work, WorkKind,
            other_kind,
        },
    },
    refusal::{Fault, Refusal, require_number},
    setting::Setting,
    store::{Home, Kind, Map, records},
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use talea_protocol::{bytes::PartyKey, check::Check, quorum::KeyholderId, ranking::Vouch};

/// A step. What is in its chunks stands in [`Chunks`].
///
/// The chunks that are not complete are a queue: a deadline is the slot of a post and the duration of a step, so
/// one that is set anew is never before those that were set already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Step {
    pub(crate) number: u32,
    kind: WorkKind,
    pub(crate) chunks: u32,
    source: Source,
    /// Chunks of gates that are kept for this step.
    pub(crate) gated: u32,
    /// Whether the sign of a gate of this step can be read.
    shows_signs: bool,
    /// The chunk whose deadline comes first; none once all are complete.
    first: Option<u32>,
    last: Option<u32>,
    /// Of the first one: the last slot before time alone changes something.
    pub(crate) deadline: u64,
}

/// Where the items of a step come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Source {
    /// They are kept from the beginning of the step on.
    Kept,
    /// There are so many gates, and those of a chunk are made when somebody first acts on it.
    Made { gates: u32 },
    /// They are what the step before left.
    Before,
}

/// Makes gates of a step: their factors, by their places in its list.
pub(crate) type Make<'a> = &'a dyn Fn(Range<usize>) -> Vec<Factors>;

/// The chunks of every lot's current step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunks {
    acts: Map<(u32, u32), Queued>,
    /// Gates on which somebody has acted. They are kept until their signs are known.
    gates: Map<(u32, u32), Items>,
    /// All other items.
    items: Map<(u32, u32), Items>,
    shares: Map<(u32, u32, KeyholderId), Shares>,
}

records!(Chunks { acts, gates, items, shares });

/// Who acted on a chunk, and its place in the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Queued {
    acts: Acts,
    before: Option<u32>,
    after: Option<u32>,
}

impl Chunks {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            acts: Map::new(Kind::ChunkActs, home),
            gates: Map::new(Kind::ChunkGates, home),
            items: Map::new(Kind::ChunkItems, home),
            shares: Map::new(Kind::ChunkShares, home),
        }
    }

    /// Begins a step of a lot: each of its chunks has time until `deadline`. The step before left `gated` chunks of
    /// gates for it.
    pub(crate) fn begin(
        &mut self,
        lot: u32,
        number: u32,
        (work, gated): (Work, u32),
        deadline: u64,
    ) -> Step {
        let Work { kind, chunks } = work;
        let (source, chunks, gated) = match chunks {
            Chunked::Items(items) => {
                let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
                for (chunk, items) in (0u32..).zip(items) {
                    self.items.put((lot, chunk), items);
                }
                (Source::Kept, count, gated)
            }
            Chunked::Gates { gates, chunks } => (Source::Made { gates }, chunks, chunks),
            Chunked::Before { chunks } => (Source::Before, chunks, gated),
        };
        for chunk in 0..chunks {
            let acts = Acts { deadline, ..Acts::default() };
            let after = chunk.checked_add(1).filter(|after| *after < chunks);
            let queued = Queued { acts, before: chunk.checked_sub(1), after };
            self.acts.put((lot, chunk), queued);
        }
        let (first, last) = (Some(0).filter(|_| chunks > 0), chunks.checked_sub(1));
        let shows_signs = false;
        Step { number, kind, chunks, source, gated, shows_signs, first, last, deadline }
    }

    /// Forgets a step of a lot that is over, but for what the next one is about, and for gates if they are needed.
    pub(crate) fn end(&mut self, lot: u32, step: &Step, (keeps_items, keeps_gates): (bool, bool)) {
        for chunk in 0..step.chunks {
            if step.kind == WorkKind::Decrypt {
                for of in self.acts_of(lot, chunk).by {
                    self.shares.remove((lot, chunk, of));
                }
            }
            self.acts.remove((lot, chunk));
            if !keeps_items && step.has_items() {
                self.items.remove((lot, chunk));
            }
        }
        if !keeps_gates {
            (0..step.gated).for_each(|chunk| self.gates.remove((lot, chunk)));
        }
    }

    /// The items of a chunk.
    fn items_of(
        &self,
        lot: u32,
        step: &Step,
        chunk: u32,
        (setting, make): (&Setting, Make<'_>),
    ) -> Option<Arc<Items>> {
        match step.source {
            Source::Kept => self.items.expect(&(lot, chunk)),
            Source::Before => {
                let left = if step.has_items() { &self.items } else { &self.gates };
                Some(Arc::new(left.expect(&(lot, chunk))?.to_decrypt()))
            }
            Source::Made { gates } => self.gates.get(&(lot, chunk)).or_else(|| {
                let size = usize::from(setting.terms.chunk_items).max(1);
                let from = usize::try_from(chunk).ok()?.checked_mul(size)?;
                let end = usize::try_from(gates).ok()?.min(from.saturating_add(size));
                Some(Arc::new(Items::Gate(GateItems::new(&make(from..end), setting))))
            }),
        }
    }

    /// Nothing if the step has no such chunk.
    fn queued(&self, lot: u32, step: &Step, chunk: u32) -> Option<Arc<Queued>> {
        if chunk < step.chunks { self.acts.expect(&(lot, chunk)) } else { None }
    }

    fn acts_of(&self, lot: u32, chunk: u32) -> Acts {
        self.acts.expect(&(lot, chunk)).map(|queued| queued.acts.clone()).unwrap_or_default()
    }

    /// Takes a chunk out of the queue.
    fn leave(&mut self, lot: u32, step: &mut Step, chunk: u32) {
        let links =
            self.acts.change(&(lot, chunk), |queued| (queued.before.take(), queued.after.take()));
        let Some((before, after)) = links else { return };
        match before {
            Some(before) => {
                self.acts.change(&(lot, before), |queued| queued.after = after);
            }
            None => step.first = after,
        }
        match after {
            Some(after) => {
                self.acts.change(&(lot, after), |queued| queued.before = before);
            }
            None => step.last = before,
        }
        self.find_deadline(lot, step);
    }

    /// Puts a chunk that left the queue at its end.
    fn join(&mut self, lot: u32, step: &mut Step, chunk: u32, deadline: u64) {
        let before = step.last.replace(chunk);
        self.acts.change(&(lot, chunk), |queued| {
            queued.acts.deadline = deadline;
            queued.before = before;
        });
        match before {
            Some(before) => {
                self.acts.change(&(lot, before), |queued| queued.after = Some(chunk));
            }
            None => step.first = Some(chunk),
        }
        self.find_deadline(lot, step);
    }

    fn find_deadline(&self, lot: u32, step: &mut Step) {
        let first = step.first.and_then(|first| self.acts.expect(&(lot, first)));
        step.deadline = first.map_or(u64::MAX, |first| first.acts.deadline);
    }

    /// The chunks that are not complete, by their deadlines.
    fn queue(&self, lot: u32, step: &Step) -> Vec<(u32, Arc<Queued>)> {
        let read = |chunk: Option<u32>| {
            let chunk = chunk?;
            Some((chunk, self.acts.expect(&(lot, chunk))?))
        };
        let next = |(_, queued): &(u32, Arc<Queued>)| read(queued.after);
        // No more than there are, whatever a home holds.
        let limit = usize::try_from(step.chunks).unwrap_or(usize::MAX);
        core::iter::successors(read(step.first), next).take(limit).collect()
    }

    /// The chunks that are not complete, in order.
    pub(crate) fn waiting(&self, lot: u32, step: &Step) -> Vec<u32> {
        let queue = self.queue(lot, step).into_iter();
        let mut chunks: Vec<u32> = queue.map(|(chunk, _)| chunk).collect();
        chunks.sort_unstable();
        chunks
    }

    /// The keyholders that a chunk waits for; none if there is no such chunk.
    pub(crate) fn late(
        &self,
        lot: u32,
        step: &Step,
        roster: Roster<'_>,
        chunk: u32,
    ) -> BTreeSet<KeyholderId> {
        let queued = self.queued(lot, step, chunk);
        queued
            .map(|queued| waits_for(step.kind, &queued.acts, roster).collect())
            .unwrap_or_default()
    }

    /// What `id` may do now, by chunk.
    pub(crate) fn tasks(
        &self,
        lot: u32,
        step: &Step,
        roster: Roster<'_>,
        id: KeyholderId,
        from: (&Setting, Make<'_>),
    ) -> Vec<(u32, Task)> {
        let may = |acts: &Acts| {
            roster.is_in(id)
                && acts.wants(roster, id)
                && (!step.kind.is_in_turn() || acts.wanted(roster).next() == Some(id))
        };
        let chunks = 0..step.chunks;
        let chunks = chunks.filter(|chunk| may(&self.acts_of(lot, *chunk)));
        let task = |chunk| Some((chunk, self.items_of(lot, step, chunk, from)?.task()));
        chunks.filter_map(task).collect()
    }

    /// The last clauses of K14, and K15.
    pub(crate) fn vouch(
        &mut self,
        (lot, chunk): (u32, u32),
        step: &Step,
        roster: Roster<'_>,
        keyholder: KeyholderId,
        vouch: &Vouch,
    ) -> Result<(), Refusal> {
        let late = self.late(lot, step, roster, chunk);
        let other = Fault::Unknown { what: "chunk" }.fails(Check::VouchDue);
        let queued = self.queued(lot, step, chunk).ok_or(other)?;
        queued.acts.vouches.check(&late, keyholder, vouch)?;
        self.acts.change(&(lot, chunk), |queued| queued.acts.vouches.add(keyholder, vouch));
        Ok(())
    }

    /// Lets every chunk time out whose deadline is before `slot`: those who are late, and are excused if they
    /// are of each chunk. If the lot can go on without them, each chunk that waited for one of them waits
    /// until `next`.
    pub(crate) fn time_out(
        &mut self,
        lot: u32,
        step: &mut Step,
        roster: Roster<'_>,
        (slot, next): (u64, u64),
    ) -> Absent {
        let mut absent = Absent::default();
        let queue = self.queue(lot, step);
        for (_, queued) in queue.iter().take_while(|(_, queued)| queued.acts.deadline < slot) {
            let excluded: BTreeSet<KeyholderId> =
                waits_for(step.kind, &queued.acts, roster).collect();
            let keyholders = roster.keys.share_keys.keys().copied();
            let excused = queued.acts.vouches.excused(roster.quorum, keyholders, &excluded);
            absent.extend(&Absent { excluded, excused });
        }
        for (chunk, queued) in queue {
            let waited =
                waits_for(step.kind, &queued.acts, roster).any(|id| absent.excluded.contains(&id));
            if waited {
                self.leave(lot, step, chunk);
                self.join(lot, step, chunk, next);
            }
        }
        absent
    }

    /// K3 to K9 and K12: takes a keyholder's post into its chunk. Who is next in turn has until `next`.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        step: &mut Step,
        roster: Roster<'_>,
        (id, signer): (KeyholderId, PartyKey),
        (post, next): (&Post, u64),
        make: Make<'_>,
    ) -> Result<(), Refusal> {
        let header = *post.header();
        require_number(Check::RankPlace, "the round", (around.round, header.round))?;
        require_number(Check::RankPlace, "the step", (step.number, header.step))?;
        if post.kind() != step.kind {
            return Err(other_kind());
        }
        let (lot, chunk) = (header.lot, header.chunk);
        let context = Context {
            auction: around.setting.auction,
            lot,
            round: header.round,
            step: header.step,
            signer,
        };
        let actor = Actor { around, roster, id, signer, header, context };
        let no_chunk = Fault::Unknown { what: "chunk" }.fails(Check::RankPlace);
        let queued = self.queued(lot, step, chunk);
        let mut acts = queued.ok_or(no_chunk.clone())?.acts.clone();
        // Before its items are made: whoever may not act makes nobody work.
        actor.may_act(&acts, step.kind.is_in_turn())?;
        let items = self.items_of(lot, step, chunk, (around.setting, make)).ok_or(no_chunk)?;
        match items.accept(&acts, &actor, post)? {
            Taken::Items(items) if step.kind == WorkKind::Gate => {
                step.shows_signs |= items.show_a_sign();
                self.gates.put((lot, chunk), items);
            }
            Taken::Items(items) => self.items.put((lot, chunk), items),
            Taken::Shares(shares) => self.shares.put((lot, chunk, id), shares),
        }
        acts.by.push(id);
        let is_complete = acts.is_complete(roster);
        self.acts.change(&(lot, chunk), |queued| queued.acts = acts);
        if is_complete || step.kind.is_in_turn() {
            self.leave(lot, step, chunk);
        }
        if !is_complete && step.kind.is_in_turn() {
            self.join(lot, step, chunk, next);
        }
        Ok(())
    }
}

/// The keyholders that a chunk waits for: in turn the one that is due, otherwise all that may act.
fn waits_for<'a>(
    kind: WorkKind,
    acts: &'a Acts,
    roster: Roster<'a>,
) -> impl Iterator<Item = KeyholderId> + 'a {
    let limit = if acts.is_complete(roster) { 0 } else { usize::MAX };
    let limit = if kind.is_in_turn() { limit.min(1) } else { limit };
    acts.wanted(roster).take(limit)
}

impl Step {
    /// Whether its chunks have items that are no gates.
    fn has_items(&self) -> bool {
        self.gated == 0 || self.source == Source::Kept
    }

    /// Whether every chunk is.
    pub(crate) fn is_complete(&self) -> bool {
        self.first.is_none()
    }
}

/// A step that is complete.
#[derive(Clone, Copy)]
pub(crate) struct Completed<'a> {
    pub(crate) chunks: &'a Chunks,
    pub(crate) lot: u32,
    pub(crate) step: Step,
}

impl Completed<'_> {
    fn items(&self) -> impl Iterator<Item = Arc<Items>> {
        let Self { chunks, lot, step } = *self;
        (0..step.chunks).filter_map(move |chunk| chunks.items.expect(&(lot, chunk)))
    }

    fn gates(&self) -> impl Iterator<Item = Arc<Items>> {
        let Self { chunks, lot, step } = *self;
        (0..step.gated).filter_map(move |chunk| chunks.gates.expect(&(lot, chunk)))
    }

    /// How many there are.
    pub(crate) fn chunks(&self) -> u32 {
        self.step.chunks
    }

    /// Whether the sign of a gate can be read, or could be before the last turn.
    pub(crate) fn shows_signs(&self) -> bool {
        self.step.shows_signs
    }

    /// Every `X`, as the last keyholder in turn left it.
    pub(crate) fn signs(&self) -> Vec<Held> {
        self.gates().flat_map(|gates| gates.signs().collect::<Vec<_>>()).collect()
    }

    /// Every `Y`, as the last keyholder in turn left it.
    pub(crate) fn gated(&self) -> Vec<Ciphertext> {
        self.gates().flat_map(|gates| gates.gated().collect::<Vec<_>>()).collect()
    }

    /// The lists as the last keyholder in turn left them.
    pub(crate) fn shuffled(&self) -> Vec<Vec<Held>> {
        self.items().flat_map(|items| items.shuffled().to_vec()).collect()
    }

    /// What was opened.
    pub(crate) fn opened(&self, setting: &Setting) -> Vec<Opened> {
        let Self { chunks, lot, step } = *self;
        let open = |chunk| {
            let none: Make<'_> = &|_| Vec::new();
            let items = chunks.items_of(lot, &step, chunk, (setting, none))?;
            let by = chunks.acts_of(lot, chunk).by.into_iter();
            let shares = by.filter_map(|of| Some((of, chunks.shares.expect(&(lot, chunk, of))?)));
            Some(items.opened(shares.collect(), setting))
        };
        (0..step.chunks).filter_map(open).flatten().collect()
    }
}
