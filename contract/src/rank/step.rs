//! One step of a lot's ranking: a list of ciphertexts, cut into chunks, on which a quorum of
//! keyholders acts. Section 11 of `docs/spec.md`, checks K3 to K9 and K12.

use crate::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::encode_point,
    lot::Absent,
    proofs::{ProofFault, blind, decryption_share, gate, shuffle},
    rank::{
        interpolation::Interpolation,
        opened::Opened,
        roster::{Acts, Roster, Surroundings},
    },
    refusal::{Fault, Refusal, require, require_digest, require_number},
    setting::Setting,
    store::encoding,
};
use alloc::{collections::BTreeSet, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{PartyKey, Point},
    check::Check,
    quorum::KeyholderId,
    ranking::{BlindPost, DecryptionSharePost, GatePost, RankHeader, ShufflePost, Vouch},
    sealed_bid::Ciphertext as Encoded,
};

/// A step. See [`Work`] for what is done in it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Step {
    pub(crate) number: u32,
    pub(crate) work: Work,
}

/// The four kinds of work that keyholders do.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Work {
    /// In turn: multiply both ciphertexts of every item by a secret sign.
    Gate(Vec<GateChunk>),
    /// In turn: permute every list and raise its entries to secret powers.
    Shuffle(Vec<ShuffleChunk>),
    /// Side by side: blindings that are summed.
    Blind(Vec<BlindChunk>),
    /// Side by side: decryption shares.
    Decrypt(Vec<DecryptChunk>),
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct GateChunk {
    acts: Acts,
    pairs: Vec<(Ciphertext, Ciphertext)>,
    encoded: Vec<(Encoded, Encoded)>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ShuffleChunk {
    acts: Acts,
    lists: Vec<shuffle::List>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct BlindChunk {
    acts: Acts,
    inputs: Vec<Ciphertext>,
    sums: Vec<Ciphertext>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct DecryptChunk {
    acts: Acts,
    sealed: Vec<Ciphertext>,
    /// The encodings of their `R`.
    randomness: Vec<Point>,
    shares: Vec<Shares>,
}

/// The shares of one keyholder, item by item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Shares {
    of: KeyholderId,
    #[borsh(
        serialize_with = "encoding::points::write",
        deserialize_with = "encoding::points::read"
    )]
    shares: Vec<RistrettoPoint>,
}

/// What is to be decrypted, with the encoding of its `R`: of what was posted it is known already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) ciphertext: Ciphertext,
    randomness: Point,
}

impl Sealed {
    /// As it was posted.
    fn posted((ciphertext, encoded): &(Ciphertext, Encoded)) -> Self {
        Self { ciphertext: *ciphertext, randomness: encoded.r }
    }
}

impl From<Ciphertext> for Sealed {
    fn from(ciphertext: Ciphertext) -> Self {
        Self { ciphertext, randomness: encode_point(&ciphertext.r) }
    }
}

/// What one keyholder may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Multiply these pairs by secret signs.
    Gate {
        /// `(X, Y)`.
        pairs: Vec<(Ciphertext, Ciphertext)>,
        /// The same, encoded.
        encoded: Vec<(Encoded, Encoded)>,
    },
    /// Shuffle these lists, each of `2^k` ciphertexts with their encodings.
    Shuffle(Vec<shuffle::List>),
    /// Blind these ciphertexts.
    Blind(Vec<Ciphertext>),
    /// Post decryption shares for these points.
    Decrypt {
        /// `R`.
        randomness: Vec<RistrettoPoint>,
        /// The same, encoded.
        encoded: Vec<Point>,
    },
}

fn chunks_of<T: Clone, C>(items: &[T], size: u16, chunk: impl Fn(Vec<T>) -> C) -> Vec<C> {
    items.chunks(usize::from(size).max(1)).map(|items| chunk(items.to_vec())).collect()
}

impl Work {
    /// Gates over `(2*U - (O, G), y)` for every pair `(U, y)`.
    pub(crate) fn gates(factors: &[(Ciphertext, Ciphertext)], setting: &Setting) -> Self {
        let size = usize::from(setting.terms.chunk_items).max(1);
        let mut previous = None;
        let chunk = |factors| GateChunk::new(factors, &mut previous, setting);
        Self::Gate(factors.chunks(size).map(chunk).collect())
    }

    /// Lists to shuffle, all of one length.
    pub(crate) fn shuffle(lists: &[Vec<Ciphertext>], setting: &Setting) -> Self {
        let entries = lists.first().map_or(0, Vec::len);
        let room = usize::from(setting.terms.chunk_items).checked_div(entries).unwrap_or(1);
        let lists: Vec<shuffle::List> =
            lists.iter().map(|list| list.iter().map(|c| (*c, c.encode())).collect()).collect();
        let size = u16::try_from(room.max(1)).unwrap_or(u16::MAX);
        Self::Shuffle(chunks_of(&lists, size, |lists| ShuffleChunk {
            acts: Acts::default(),
            lists,
        }))
    }

    pub(crate) fn blind(inputs: &[Ciphertext], setting: &Setting) -> Self {
        Self::Blind(chunks_of(inputs, setting.terms.chunk_items, |inputs| BlindChunk {
            acts: Acts::default(),
            sums: inputs.iter().map(|_| Ciphertext::zero()).collect(),
            inputs,
        }))
    }

    pub(crate) fn decrypt(sealed: &[Sealed], setting: &Setting) -> Self {
        Self::Decrypt(chunks_of(sealed, setting.terms.chunk_items, |sealed| DecryptChunk {
            acts: Acts::default(),
            randomness: sealed.iter().map(|sealed| sealed.randomness).collect(),
            sealed: sealed.into_iter().map(|sealed| sealed.ciphertext).collect(),
            shares: Vec::new(),
        }))
    }

    fn acts(&self) -> impl Iterator<Item = &Acts> {
        let (gate, shuffle, blind, decrypt): Kinds<'_> = match self {
            Self::Gate(chunks) => (chunks, &[], &[], &[]),
            Self::Shuffle(chunks) => (&[], chunks, &[], &[]),
            Self::Blind(chunks) => (&[], &[], chunks, &[]),
            Self::Decrypt(chunks) => (&[], &[], &[], chunks),
        };
        let gate = gate.iter().map(|chunk| &chunk.acts);
        let shuffle = shuffle.iter().map(|chunk| &chunk.acts);
        let blind = blind.iter().map(|chunk| &chunk.acts);
        gate.chain(shuffle).chain(blind).chain(decrypt.iter().map(|chunk| &chunk.acts))
    }

    fn acts_mut(&mut self) -> Vec<&mut Acts> {
        match self {
            Self::Gate(chunks) => chunks.iter_mut().map(|chunk| &mut chunk.acts).collect(),
            Self::Shuffle(chunks) => chunks.iter_mut().map(|chunk| &mut chunk.acts).collect(),
            Self::Blind(chunks) => chunks.iter_mut().map(|chunk| &mut chunk.acts).collect(),
            Self::Decrypt(chunks) => chunks.iter_mut().map(|chunk| &mut chunk.acts).collect(),
        }
    }

    /// Whether keyholders act one after the other, each on what the one before left.
    pub(crate) fn is_in_turn(&self) -> bool {
        matches!(self, Self::Gate(_) | Self::Shuffle(_))
    }

    pub(crate) fn is_complete(&self, roster: Roster<'_>) -> bool {
        self.acts().all(|acts| acts.is_complete(roster))
    }

    /// The keyholders that a chunk waits for: in turn the one that is due, otherwise all that may act.
    fn waits_for<'a>(
        &self,
        acts: &'a Acts,
        roster: Roster<'a>,
    ) -> impl Iterator<Item = KeyholderId> + 'a {
        let limit = if acts.is_complete(roster) { 0 } else { usize::MAX };
        let limit = if self.is_in_turn() { limit.min(1) } else { limit };
        acts.wanted(roster).take(limit)
    }

    /// What `id` may do now, by chunk.
    pub(crate) fn tasks(&self, roster: Roster<'_>, id: KeyholderId) -> Vec<(u32, Task)> {
        let in_turn = self.is_in_turn();
        let may = |acts: &Acts| {
            roster.is_in(id)
                && acts.wants(roster, id)
                && (!in_turn || acts.wanted(roster).next() == Some(id))
        };
        let tasks: Vec<Option<Task>> = match self {
            Self::Gate(chunks) => chunks
                .iter()
                .map(|chunk| {
                    let GateChunk { acts, pairs, encoded } = chunk;
                    may(acts).then(|| Task::Gate { pairs: pairs.clone(), encoded: encoded.clone() })
                })
                .collect(),
            Self::Shuffle(chunks) => chunks
                .iter()
                .map(|chunk| may(&chunk.acts).then(|| Task::Shuffle(chunk.lists.clone())))
                .collect(),
            Self::Blind(chunks) => chunks
                .iter()
                .map(|chunk| may(&chunk.acts).then(|| Task::Blind(chunk.inputs.clone())))
                .collect(),
            Self::Decrypt(chunks) => chunks
                .iter()
                .map(|chunk| {
                    may(&chunk.acts).then(|| Task::Decrypt {
                        randomness: chunk.sealed.iter().map(|sealed| sealed.r).collect(),
                        encoded: chunk.randomness.clone(),
                    })
                })
                .collect(),
        };
        (0u32..).zip(tasks).filter_map(|(chunk, task)| Some((chunk, task?))).collect()
    }

    /// Every `X`, and every `Y`, as the last keyholder in turn left them.
    pub(crate) fn gated(&self) -> (Vec<Sealed>, Vec<Ciphertext>) {
        let Self::Gate(chunks) = self else { return Default::default() };
        let pairs = chunks.iter().flat_map(|chunk| chunk.pairs.iter().zip(&chunk.encoded));
        pairs.map(|((x, y), (encoded, _))| (Sealed::posted(&(*x, *encoded)), *y)).unzip()
    }

    /// The lists as the last keyholder in turn left them.
    pub(crate) fn shuffled(&self) -> Vec<Vec<Sealed>> {
        let Self::Shuffle(chunks) = self else { return Vec::new() };
        let lists = chunks.iter().flat_map(|chunk| &chunk.lists);
        lists.map(|list| list.iter().map(Sealed::posted).collect()).collect()
    }

    /// The sums of all blindings.
    pub(crate) fn blinded(&self) -> Vec<Ciphertext> {
        match self {
            Self::Blind(chunks) => chunks.iter().flat_map(|c| c.sums.iter().copied()).collect(),
            Self::Gate(_) | Self::Shuffle(_) | Self::Decrypt(_) => Vec::new(),
        }
    }

    /// What was opened.
    pub(crate) fn opened(&self, setting: &Setting) -> Vec<Opened> {
        match self {
            Self::Decrypt(chunks) => chunks.iter().flat_map(|chunk| chunk.open(setting)).collect(),
            Self::Gate(_) | Self::Shuffle(_) | Self::Blind(_) => Vec::new(),
        }
    }
}

impl GateChunk {
    /// Of these factors `(U, y)`. All gates of one bidder share their second one, so the `previous` is kept with
    /// its encoding.
    fn new(
        factors: &[(Ciphertext, Ciphertext)],
        previous: &mut Option<(Ciphertext, Encoded)>,
        setting: &Setting,
    ) -> Self {
        // X = 2U - (O, G) = 2 * (U - (O, G/2)): doubling is what makes encoding in bulk cheap.
        let half = setting.half_value;
        let halves: Vec<RistrettoPoint> =
            factors.iter().flat_map(|(bit, _)| [bit.r, bit.e - half]).collect();
        let encoded = RistrettoPoint::double_and_compress_batch(&halves);
        drop(halves);
        let mut encoded = encoded.into_iter().map(|point| talea_protocol::bytes::Point(point.0));
        let items = factors.iter().map(|(bit, y)| {
            let x = bit.doubled() - Ciphertext::trivial(setting.generators.value);
            let x_encoded = match (encoded.next(), encoded.next()) {
                (Some(r), Some(e)) => Encoded { r, e },
                // There are two points per pair.
                _ => x.encode(),
            };
            let y_encoded = match *previous {
                Some((last, encoded)) if last == *y => encoded,
                _ => y.encode(),
            };
            *previous = Some((*y, y_encoded));
            ((x, *y), (x_encoded, y_encoded))
        });
        let (pairs, encoded) = items.unzip();
        Self { acts: Acts::default(), pairs, encoded }
    }
}

impl DecryptChunk {
    fn open(&self, setting: &Setting) -> Vec<Opened> {
        let mut by_group: Vec<&Shares> = self.shares.iter().collect();
        by_group.sort_by_key(|shares| shares.of);
        let groups: Vec<Vec<u16>> = (0u16..)
            .zip(setting.terms.quorum.iter())
            .map(|(group, _)| {
                by_group
                    .iter()
                    .filter(|shares| shares.of.group == group)
                    .map(|shares| shares.of.member)
                    .collect()
            })
            .collect();
        let interpolation = Interpolation::at_zero(&groups);
        let unit = interpolation.scaled(&setting.generators.value);
        let scale = interpolation.scale();
        self.sealed
            .iter()
            .enumerate()
            .map(|(item, sealed)| {
                let shares: Vec<RistrettoPoint> =
                    by_group.iter().filter_map(|of| of.shares.get(item).copied()).collect();
                Opened { message: interpolation.open(sealed, &shares), unit, scale }
            })
            .collect()
    }
}

/// The chunks of a step, by kind; three of the four are empty.
type Kinds<'a> = (&'a [GateChunk], &'a [ShuffleChunk], &'a [BlindChunk], &'a [DecryptChunk]);

/// A rank message, whichever.
pub(crate) enum Post {
    Gate(GatePost),
    Shuffle(ShufflePost),
    Blind(BlindPost),
    Decrypt(DecryptionSharePost),
}

impl Post {
    pub(crate) fn header(&self) -> &RankHeader {
        match self {
            Self::Gate(post) => &post.header,
            Self::Shuffle(post) => &post.header,
            Self::Blind(post) => &post.header,
            Self::Decrypt(post) => &post.header,
        }
    }
}

impl Step {
    /// A step that begins: each of its chunks has time until `deadline`.
    pub(crate) fn begin(number: u32, mut work: Work, deadline: u64) -> Self {
        work.acts_mut().into_iter().for_each(|acts| acts.deadline = deadline);
        Self { number, work }
    }

    /// The last slot before time alone changes something: the least of the chunks that wait.
    pub(crate) fn deadline(&self, roster: Roster<'_>) -> u64 {
        let waiting = self.work.acts().filter(|acts| !acts.is_complete(roster));
        waiting.map(|acts| acts.deadline).min().unwrap_or(u64::MAX)
    }

    /// The keyholders that a chunk waits for; none if there is no such chunk.
    pub(crate) fn late(&self, roster: Roster<'_>, chunk: u32) -> BTreeSet<KeyholderId> {
        let at = usize::try_from(chunk).unwrap_or(usize::MAX);
        let acts = self.work.acts().nth(at);
        acts.map(|acts| self.work.waits_for(acts, roster).collect()).unwrap_or_default()
    }

    /// The chunks that are not complete.
    pub(crate) fn waiting(&self, roster: Roster<'_>) -> impl Iterator<Item = u32> {
        let chunks = (0u32..).zip(self.work.acts());
        chunks.filter(move |(_, acts)| !acts.is_complete(roster)).map(|(chunk, _)| chunk)
    }

    /// The last clauses of K14, and K15.
    pub(crate) fn vouch(
        &mut self,
        roster: Roster<'_>,
        keyholder: KeyholderId,
        vouch: &Vouch,
        chunk: u32,
    ) -> Result<(), Refusal> {
        let late = self.late(roster, chunk);
        let at = usize::try_from(chunk).unwrap_or(usize::MAX);
        let other = Fault::Unknown { what: "chunk" }.fails(Check::VouchDue);
        let acts = self.work.acts_mut().into_iter().nth(at).ok_or(other)?;
        acts.vouches.check(&late, keyholder, vouch)?;
        acts.vouches.add(keyholder, vouch);
        Ok(())
    }

    /// Lets every chunk time out whose deadline is before `slot`: those who are late, and are excused if they
    /// are of each chunk. If the lot can go on without them, each chunk that waited for one of them waits
    /// until `next`.
    pub(crate) fn time_out(&mut self, roster: Roster<'_>, (slot, next): (u64, u64)) -> Absent {
        let mut absent = Absent::default();
        for acts in self.work.acts().filter(|acts| acts.deadline < slot) {
            let excluded: BTreeSet<KeyholderId> = self.work.waits_for(acts, roster).collect();
            let keyholders = roster.keys.share_keys.keys().copied();
            let excused = acts.vouches.excused(roster.quorum, keyholders, &excluded);
            absent.extend(&Absent { excluded, excused });
        }
        let waited =
            |acts: &Acts| self.work.waits_for(acts, roster).any(|id| absent.excluded.contains(&id));
        let waited: Vec<bool> = self.work.acts().map(waited).collect();
        for (acts, waited) in self.work.acts_mut().into_iter().zip(waited) {
            if waited {
                acts.deadline = next;
            }
        }
        absent
    }

    /// K3 to K9 and K12: takes a keyholder's post into its chunk. Who is next in turn has until `next`.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        roster: Roster<'_>,
        (id, signer): (KeyholderId, PartyKey),
        post: Post,
        next: u64,
    ) -> Result<(), Refusal> {
        let header = *post.header();
        require_number(Check::RankPlace, "the round", (around.round, header.round))?;
        require_number(Check::RankPlace, "the step", (self.number, header.step))?;
        let context = Context {
            auction: around.setting.auction,
            lot: header.lot,
            round: header.round,
            step: header.step,
            signer,
        };
        let actor = Actor { around, roster, id, signer, header, context };
        let index = usize::try_from(header.chunk).unwrap_or(usize::MAX);
        let no_chunk = || Fault::Unknown { what: "chunk" }.fails(Check::RankPlace);
        match (&mut self.work, post) {
            (Work::Gate(chunks), Post::Gate(post)) => {
                let chunk = chunks.get_mut(index).ok_or_else(no_chunk)?;
                chunk.accept(&actor, &post)
            }
            (Work::Shuffle(chunks), Post::Shuffle(post)) => {
                let chunk = chunks.get_mut(index).ok_or_else(no_chunk)?;
                chunk.accept(&actor, &post)
            }
            (Work::Blind(chunks), Post::Blind(post)) => {
                let chunk = chunks.get_mut(index).ok_or_else(no_chunk)?;
                chunk.accept(&actor, &post)
            }
            (Work::Decrypt(chunks), Post::Decrypt(post)) => {
                let chunk = chunks.get_mut(index).ok_or_else(no_chunk)?;
                chunk.accept(&actor, &post)
            }
            (Work::Gate(_) | Work::Shuffle(_) | Work::Blind(_) | Work::Decrypt(_), _) => {
                let rule = "a message must be of the kind that the step asks for";
                Err(Fault::Broken { rule }.fails(Check::RankPlace))
            }
        }?;
        let in_turn = self.work.is_in_turn();
        if let Some(acts) = self.work.acts_mut().into_iter().nth(index) {
            acts.add(id);
            if in_turn {
                acts.deadline = next;
            }
        }
        Ok(())
    }
}

/// Who acts, and where.
struct Actor<'a> {
    around: Surroundings<'a>,
    roster: Roster<'a>,
    id: KeyholderId,
    signer: PartyKey,
    header: RankHeader,
    context: Context,
}

impl Actor<'_> {
    /// The rest of K3, and K4.
    fn may_act(&self, acts: &Acts, in_turn: bool) -> Result<(), Refusal> {
        let done = Fault::Already { what: "the chunk is complete" };
        require(!acts.is_complete(self.roster), Check::RankPlace, done)?;
        require_digest(Check::RankPlace, "the head", (self.around.head, self.header.head))?;
        let refuse = |why| Err(Fault::NotDue { keyholder: self.id, why }.fails(Check::RankActor));
        if !self.roster.is_in(self.id) {
            return refuse("it is excluded");
        }
        if !acts.wants(self.roster, self.id) {
            return refuse("it has acted, or its group is complete");
        }
        if in_turn && acts.wanted(self.roster).next() != Some(self.id) {
            return refuse("it is not its turn");
        }
        Ok(())
    }

    /// K5.
    fn covers(&self, expected: usize, actual: usize) -> Result<(), Refusal> {
        let [expected, actual] = [expected, actual].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        let fault = Fault::Count { what: "items of the chunk", expected, actual };
        require(expected == actual, Check::RankLength, fault)
    }

    fn proof_fails(&self, check: Check) -> impl Fn(ProofFault) -> Refusal {
        let culprit = self.signer;
        move |fault| Fault::Proof { culprit, fault }.fails(check)
    }
}

impl GateChunk {
    fn accept(&mut self, actor: &Actor<'_>, post: &GatePost) -> Result<(), Refusal> {
        actor.may_act(&self.acts, true)?;
        actor.covers(self.pairs.len(), post.turns.len())?;
        let statement = gate::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            quorum_key: actor.around.keys.key,
            inputs: &self.pairs,
            inputs_encoded: &self.encoded,
            turns: &post.turns,
        };
        let generators = &actor.around.setting.generators;
        self.pairs = gate::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::GateProof))?;
        self.encoded = post.turns.iter().map(|turn| (turn.x, turn.y)).collect();
        Ok(())
    }
}

impl ShuffleChunk {
    fn accept(&mut self, actor: &Actor<'_>, post: &ShufflePost) -> Result<(), Refusal> {
        actor.may_act(&self.acts, true)?;
        let entries = self.lists.iter().map(Vec::len).sum();
        actor.covers(entries, post.outputs.len())?;
        let statement = shuffle::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            quorum_key: actor.around.keys.key,
            lists: &self.lists,
            outputs: &post.outputs,
        };
        let generators = &actor.around.setting.generators;
        self.lists = shuffle::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::ShuffleProof))?;
        Ok(())
    }
}

impl BlindChunk {
    fn accept(&mut self, actor: &Actor<'_>, post: &BlindPost) -> Result<(), Refusal> {
        actor.may_act(&self.acts, false)?;
        actor.covers(self.inputs.len(), post.blinded.len())?;
        actor.covers(self.inputs.len(), post.responses.len())?;
        let statement = blind::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            inputs: &self.inputs,
            blinded: &post.blinded,
        };
        let blinded = blind::verify(&actor.context, &statement, &post.challenge, &post.responses)
            .map_err(actor.proof_fails(Check::BlindProof))?;
        let sums: Vec<Ciphertext> =
            self.sums.iter().zip(&blinded).map(|(sum, post)| *sum + *post).collect();
        if self.acts.lacks_one(actor.roster) && sums.iter().any(Ciphertext::is_public) {
            let fault = ProofFault::Identity;
            return Err(Fault::Proof { culprit: actor.signer, fault }.fails(Check::BlindSum));
        }
        self.sums = sums;
        Ok(())
    }
}

impl DecryptChunk {
    fn accept(&mut self, actor: &Actor<'_>, post: &DecryptionSharePost) -> Result<(), Refusal> {
        actor.may_act(&self.acts, false)?;
        actor.covers(self.sealed.len(), post.shares.len())?;
        let out = Fault::NotDue { keyholder: actor.id, why: "it has no share" };
        let share_key = actor.around.keys.share_keys.get(&actor.id).copied();
        let share_key = share_key.ok_or(out.fails(Check::RankActor))?;
        let randomness: Vec<RistrettoPoint> = self.sealed.iter().map(|sealed| sealed.r).collect();
        let statement = decryption_share::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            share_key,
            randomness: &randomness,
            randomness_encoded: &self.randomness,
            shares: &post.shares,
        };
        let generators = &actor.around.setting.generators;
        let shares = decryption_share::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::DecryptionShare))?;
        self.shares.push(Shares { of: actor.id, shares });
        Ok(())
    }
}
