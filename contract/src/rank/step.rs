//! One step of a lot's ranking: a list of ciphertexts, cut into chunks, on which a quorum of
//! keyholders acts. Section 11 of `docs/spec.md`, checks K3 to K9.

use crate::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    proofs::{ProofFault, blind, gate, unseal},
    rank::interpolation::Interpolation,
    refusal::{Fault, Refusal, require},
    setting::Setting,
    setup::QuorumKeys,
};
use alloc::{collections::BTreeSet, vec::Vec};
use curve25519_dalek::{RistrettoPoint, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    quorum::{KeyholderId, Quorum},
    ranking::{BlindPost, GatePost, RankHeader, UnsealPost},
    sealed_bid::Ciphertext as Encoded,
};

/// What every step of one lot needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) keys: &'a QuorumKeys,
    /// The endorsed head.
    pub(crate) head: Digest,
}

/// Who may still act on a lot.
#[derive(Clone, Copy)]
pub(crate) struct Roster<'a> {
    pub(crate) quorum: &'a Quorum,
    pub(crate) keys: &'a QuorumKeys,
    pub(crate) out: &'a BTreeSet<KeyholderId>,
}

impl<'a> Roster<'a> {
    fn is_in(self, id: KeyholderId) -> bool {
        self.keys.share_keys.contains_key(&id) && !self.out.contains(&id)
    }

    /// Those who are in, by group and then member.
    fn keyholders(self) -> impl Iterator<Item = KeyholderId> + 'a {
        self.keys.share_keys.keys().copied().filter(move |id| !self.out.contains(id))
    }

    fn threshold(self, group: u16) -> usize {
        self.quorum.get(usize::from(group)).map_or(usize::MAX, |g| usize::from(g.threshold))
    }

    /// Whether every group still has as many keyholders as it needs.
    pub(crate) fn can_act(self) -> bool {
        self.quorum.iter().zip(0u16..).all(|(group, index)| {
            self.keyholders().filter(|id| id.group == index).count() >= usize::from(group.threshold)
        })
    }
}

/// Who acted on a chunk, in transcript order: the first quorum, and nobody after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Acts(Vec<KeyholderId>);

impl Acts {
    fn in_group(&self, group: u16) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().filter(move |id| id.group == group).map(|id| id.member)
    }

    fn wants(&self, roster: Roster<'_>, id: KeyholderId) -> bool {
        !self.0.contains(&id) && self.in_group(id.group).count() < roster.threshold(id.group)
    }

    fn is_complete(&self, roster: Roster<'_>) -> bool {
        let needed: usize = roster.quorum.iter().map(|group| usize::from(group.threshold)).sum();
        self.0.len() >= needed
    }

    /// Whoever could act next, in turn order.
    fn wanted<'a>(&'a self, roster: Roster<'a>) -> impl Iterator<Item = KeyholderId> + 'a {
        roster.keyholders().filter(move |id| self.wants(roster, *id))
    }
}

/// A step. See [`Work`] for what is done in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) number: u32,
    pub(crate) deadline: u64,
    pub(crate) work: Work,
}

/// The three kinds of work that keyholders do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// In turn: multiply both ciphertexts of every item by a secret sign.
    Gate(Vec<GateChunk>),
    /// Side by side: blindings that are summed.
    Blind(Vec<BlindChunk>),
    /// Side by side: decryption shares.
    Unseal(Vec<UnsealChunk>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GateChunk {
    acts: Acts,
    pairs: Vec<(Ciphertext, Ciphertext)>,
    encoded: Vec<(Encoded, Encoded)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlindChunk {
    acts: Acts,
    inputs: Vec<Ciphertext>,
    sums: Vec<Ciphertext>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnsealChunk {
    acts: Acts,
    sealed: Vec<Ciphertext>,
    shares: Vec<(KeyholderId, Vec<RistrettoPoint>)>,
}

/// What a ciphertext turned out to hold, as far as anybody needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// `O`.
    Zero,
    /// `G`.
    PlusOne,
    /// `-G`.
    MinusOne,
    /// Anything else.
    Other,
}

impl Opening {
    /// What `point` is, in multiples of `unit`.
    fn of(point: &RistrettoPoint, unit: &RistrettoPoint) -> Self {
        if point.is_identity() {
            Self::Zero
        } else if point == unit {
            Self::PlusOne
        } else if *point == -unit {
            Self::MinusOne
        } else {
            Self::Other
        }
    }

    /// Reads a ciphertext whose randomness is `O`: everybody can.
    pub(crate) fn read(public: &Ciphertext, generator: &RistrettoPoint) -> Self {
        Self::of(&public.e, generator)
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
    /// Blind these ciphertexts.
    Blind(Vec<Ciphertext>),
    /// Post decryption shares for these points.
    Unseal(Vec<RistrettoPoint>),
}

fn chunks_of<T: Clone, C>(items: &[T], size: u16, chunk: impl Fn(Vec<T>) -> C) -> Vec<C> {
    items.chunks(usize::from(size).max(1)).map(|items| chunk(items.to_vec())).collect()
}

impl Work {
    /// Gates over `(2*U - (O, G), y)` for every pair `(U, y)`.
    pub(crate) fn gates(factors: &[(Ciphertext, Ciphertext)], setting: &Setting) -> Self {
        // X = 2U - (O, G) = 2 * (U - (O, G/2)): doubling is what makes encoding in bulk cheap.
        let half = setting.half_value;
        let halves: Vec<RistrettoPoint> =
            factors.iter().flat_map(|(bit, _)| [bit.r, bit.e - half]).collect();
        let encoded = RistrettoPoint::double_and_compress_batch(&halves);
        let mut encoded = encoded.into_iter().map(|point| talea_protocol::bytes::Point(point.0));
        let mut previous: Option<(Ciphertext, Encoded)> = None;
        let items: Vec<_> = factors
            .iter()
            .map(|(bit, y)| {
                let x = bit.doubled() - Ciphertext::trivial(setting.generators.value);
                let x_encoded = match (encoded.next(), encoded.next()) {
                    (Some(r), Some(e)) => Encoded { r, e },
                    // There are two points per pair.
                    _ => x.encode(),
                };
                // All gates of one bidder share their second factor.
                let y_encoded = match previous {
                    Some((last, encoded)) if last == *y => encoded,
                    _ => y.encode(),
                };
                previous = Some((*y, y_encoded));
                ((x, *y), (x_encoded, y_encoded))
            })
            .collect();
        Self::Gate(chunks_of(&items, setting.terms.chunk_items, |items| {
            let (pairs, encoded) = items.into_iter().unzip();
            GateChunk { acts: Acts::default(), pairs, encoded }
        }))
    }

    pub(crate) fn blind(inputs: &[Ciphertext], setting: &Setting) -> Self {
        Self::Blind(chunks_of(inputs, setting.terms.chunk_items, |inputs| BlindChunk {
            acts: Acts::default(),
            sums: inputs.iter().map(|_| Ciphertext::zero()).collect(),
            inputs,
        }))
    }

    pub(crate) fn unseal(sealed: &[Ciphertext], setting: &Setting) -> Self {
        Self::Unseal(chunks_of(sealed, setting.terms.chunk_items, |sealed| UnsealChunk {
            acts: Acts::default(),
            sealed,
            shares: Vec::new(),
        }))
    }

    fn acts(&self) -> impl Iterator<Item = &Acts> {
        let (gate, blind, unseal): (&[GateChunk], &[BlindChunk], &[UnsealChunk]) = match self {
            Self::Gate(chunks) => (chunks, &[], &[]),
            Self::Blind(chunks) => (&[], chunks, &[]),
            Self::Unseal(chunks) => (&[], &[], chunks),
        };
        let gate = gate.iter().map(|chunk| &chunk.acts);
        let blind = blind.iter().map(|chunk| &chunk.acts);
        gate.chain(blind).chain(unseal.iter().map(|chunk| &chunk.acts))
    }

    pub(crate) fn is_complete(&self, roster: Roster<'_>) -> bool {
        self.acts().all(|acts| acts.is_complete(roster))
    }

    /// Those who let the step time out: in a chain whoever was due, else everybody who was wanted.
    pub(crate) fn missing(&self, roster: Roster<'_>) -> BTreeSet<KeyholderId> {
        let in_turn = matches!(self, Self::Gate(_));
        let limit = if in_turn { 1 } else { usize::MAX };
        self.acts()
            .filter(|acts| !acts.is_complete(roster))
            .flat_map(|acts| acts.wanted(roster).take(limit))
            .collect()
    }

    /// What `id` may do now, by chunk.
    pub(crate) fn tasks(&self, roster: Roster<'_>, id: KeyholderId) -> Vec<(u32, Task)> {
        let in_turn = matches!(self, Self::Gate(_));
        let may = |acts: &Acts| {
            roster.is_in(id)
                && acts.wants(roster, id)
                && (!in_turn || acts.wanted(roster).next() == Some(id))
        };
        let tasks: Vec<Option<Task>> = match self {
            Self::Gate(chunks) => chunks
                .iter()
                .map(|chunk| {
                    let (pairs, encoded) = (chunk.pairs.clone(), chunk.encoded.clone());
                    may(&chunk.acts).then_some(Task::Gate { pairs, encoded })
                })
                .collect(),
            Self::Blind(chunks) => chunks
                .iter()
                .map(|chunk| may(&chunk.acts).then(|| Task::Blind(chunk.inputs.clone())))
                .collect(),
            Self::Unseal(chunks) => chunks
                .iter()
                .map(|chunk| {
                    let randomness = || chunk.sealed.iter().map(|sealed| sealed.r).collect();
                    may(&chunk.acts).then(|| Task::Unseal(randomness()))
                })
                .collect(),
        };
        (0u32..).zip(tasks).filter_map(|(chunk, task)| Some((chunk, task?))).collect()
    }

    /// The pairs as the last keyholder in turn left them.
    pub(crate) fn gated(&self) -> Vec<(Ciphertext, Ciphertext)> {
        match self {
            Self::Gate(chunks) => chunks.iter().flat_map(|c| c.pairs.iter().copied()).collect(),
            Self::Blind(_) | Self::Unseal(_) => Vec::new(),
        }
    }

    /// The sums of all blindings.
    pub(crate) fn blinded(&self) -> Vec<Ciphertext> {
        match self {
            Self::Blind(chunks) => chunks.iter().flat_map(|c| c.sums.iter().copied()).collect(),
            Self::Gate(_) | Self::Unseal(_) => Vec::new(),
        }
    }

    /// What was opened.
    pub(crate) fn opened(&self, setting: &Setting) -> Vec<Opening> {
        match self {
            Self::Unseal(chunks) => chunks.iter().flat_map(|chunk| chunk.open(setting)).collect(),
            Self::Gate(_) | Self::Blind(_) => Vec::new(),
        }
    }
}

impl UnsealChunk {
    fn open(&self, setting: &Setting) -> Vec<Opening> {
        let mut by_group: Vec<&(KeyholderId, Vec<RistrettoPoint>)> = self.shares.iter().collect();
        by_group.sort_by_key(|(id, _)| *id);
        let groups: Vec<Vec<u16>> = (0u16..)
            .zip(setting.terms.quorum.iter())
            .map(|(group, _)| {
                by_group
                    .iter()
                    .filter(|(id, _)| id.group == group)
                    .map(|(id, _)| id.member)
                    .collect()
            })
            .collect();
        let interpolation = Interpolation::at_zero(&groups);
        let unit = interpolation.scaled(&setting.generators.value);
        self.sealed
            .iter()
            .enumerate()
            .map(|(item, sealed)| {
                let shares: Vec<RistrettoPoint> =
                    by_group.iter().filter_map(|(_, shares)| shares.get(item).copied()).collect();
                Opening::of(&interpolation.open(sealed, &shares), &unit)
            })
            .collect()
    }
}

/// A rank message, whichever.
pub(crate) enum Post {
    Gate(GatePost),
    Blind(BlindPost),
    Unseal(UnsealPost),
}

impl Post {
    pub(crate) fn header(&self) -> &RankHeader {
        match self {
            Self::Gate(post) => &post.header,
            Self::Blind(post) => &post.header,
            Self::Unseal(post) => &post.header,
        }
    }
}

impl Step {
    /// K3 to K9: takes a keyholder's post into its chunk.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        roster: Roster<'_>,
        (id, signer): (KeyholderId, PartyKey),
        post: Post,
    ) -> Result<(), Refusal> {
        let header = *post.header();
        let place = |what| Fault::Differs { what }.fails(Check::RankPlace);
        if header.round != 0 {
            return Err(place("the round"));
        }
        if header.step != self.number {
            let (what, expected, actual) = ("the step", self.number.into(), header.step.into());
            return Err(Fault::Count { what, expected, actual }.fails(Check::RankPlace));
        }
        let context = Context {
            auction: around.setting.auction,
            lot: header.lot,
            round: header.round,
            step: header.step,
            signer,
        };
        let actor = Actor { around, roster, id, signer, header, context };
        let index = usize::try_from(header.chunk).unwrap_or(usize::MAX);
        match (&mut self.work, post) {
            (Work::Gate(chunks), Post::Gate(post)) => {
                let chunk = chunks.get_mut(index).ok_or(place("the chunk"))?;
                chunk.accept(&actor, &post)
            }
            (Work::Blind(chunks), Post::Blind(post)) => {
                let chunk = chunks.get_mut(index).ok_or(place("the chunk"))?;
                chunk.accept(&actor, &post)
            }
            (Work::Unseal(chunks), Post::Unseal(post)) => {
                let chunk = chunks.get_mut(index).ok_or(place("the chunk"))?;
                chunk.accept(&actor, &post)
            }
            (Work::Gate(_) | Work::Blind(_) | Work::Unseal(_), _) => {
                Err(place("the kind of work that is due"))
            }
        }
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
        let head = Fault::Differs { what: "the head" };
        require(self.header.head == self.around.head, Check::RankPlace, head)?;
        let refuse = |why| Err(Fault::NotDue { keyholder: self.id, why }.fails(Check::RankActor));
        if !self.roster.is_in(self.id) {
            return refuse("it is out");
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
        self.pairs = gate::verify(&actor.around.setting.generators, &actor.context, &statement)
            .map_err(actor.proof_fails(Check::GateProof))?;
        self.encoded = post.turns.iter().map(|turn| (turn.x, turn.y)).collect();
        self.acts.0.push(actor.id);
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
        let mut acts = self.acts.clone();
        acts.0.push(actor.id);
        if acts.is_complete(actor.roster) && sums.iter().any(Ciphertext::is_public) {
            let fault = ProofFault::Identity;
            return Err(Fault::Proof { culprit: actor.signer, fault }.fails(Check::BlindSum));
        }
        self.sums = sums;
        self.acts = acts;
        Ok(())
    }
}

impl UnsealChunk {
    fn accept(&mut self, actor: &Actor<'_>, post: &UnsealPost) -> Result<(), Refusal> {
        actor.may_act(&self.acts, false)?;
        actor.covers(self.sealed.len(), post.shares.len())?;
        let out = Fault::NotDue { keyholder: actor.id, why: "it has no share" };
        let share_key = actor.around.keys.share_keys.get(&actor.id).copied();
        let share_key = share_key.ok_or(out.fails(Check::RankActor))?;
        let randomness: Vec<RistrettoPoint> = self.sealed.iter().map(|sealed| sealed.r).collect();
        let statement = unseal::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            share_key,
            randomness: &randomness,
            shares: &post.shares,
        };
        let generators = &actor.around.setting.generators;
        let shares = unseal::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::UnsealProof))?;
        self.shares.push((actor.id, shares));
        self.acts.0.push(actor.id);
        Ok(())
    }
}
