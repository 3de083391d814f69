//! What keyholders do in a step: the items of its chunks, and the posts about them. Section 11 of
//! `docs/spec.md`, checks K3 to K9 and K12.

use crate::{
    elgamal::{Ciphertext, Held},
    fiat_shamir::Context,
    proofs::{ProofFault, blind, decryption_share, gate, shuffle},
    rank::{
        interpolation::Interpolation,
        opened::Opened,
        roster::{Acts, Roster, Surroundings},
    },
    refusal::{Fault, Refusal, require, require_digest},
    setting::Setting,
    store::encoding,
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Error, Read, Write},
};
use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{PartyKey, Point},
    check::Check,
    quorum::KeyholderId,
    ranking::{BlindPost, DecryptionSharePost, GatePost, RankHeader, ShufflePost},
    sealed_bid::Ciphertext as Encoded,
};

/// The four kinds of work that keyholders do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum WorkKind {
    /// In turn: multiply both ciphertexts of every item by a secret sign.
    Gate,
    /// In turn: permute every list and raise its entries to secret powers.
    Shuffle,
    /// Side by side: blindings that are summed.
    Blind,
    /// Side by side: decryption shares.
    Decrypt,
}

impl WorkKind {
    /// Whether keyholders act one after the other, each on what the one before left.
    pub(crate) fn is_in_turn(self) -> bool {
        matches!(self, Self::Gate | Self::Shuffle)
    }
}

/// The work of a step.
pub(crate) struct Work {
    pub(crate) kind: WorkKind,
    pub(crate) chunks: Chunked,
}

/// What is in the chunks of a step.
pub(crate) enum Chunked {
    /// These items.
    Items(Vec<Items>),
    /// So many gates, cut into so many chunks; whoever asked makes them.
    Gates { gates: u32, chunks: u32 },
    /// What the step before left in its chunks, of which there are so many: the signs of gates, or blinded ciphertexts.
    Before { chunks: u32 },
}

/// The items of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Items {
    Gate(GateItems),
    Shuffle(ShuffleItems),
    Blind(BlindItems),
    Decrypt(DecryptItems),
}

/// What a gate multiplies: `x`, an encryption of 0 or 1, and `y`.
pub(crate) struct Factors {
    pub(crate) x: Ciphertext,
    pub(crate) y: Held,
}

/// `X` and `Y` of every gate, as the last keyholder in turn left them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct GateItems {
    pairs: Vec<(Held, Held)>,
}

/// As the last keyholder in turn left them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ShuffleItems {
    lists: Vec<Vec<Held>>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct BlindItems {
    inputs: Vec<Held>,
    /// None as long as nobody has acted.
    sums: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecryptItems {
    sealed: Vec<Held>,
    /// The encodings of their `R`.
    randomness: Vec<Point>,
}

/// The shares of one keyholder for a chunk, item by item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Shares {
    #[borsh(
        serialize_with = "encoding::points::write",
        deserialize_with = "encoding::points::read"
    )]
    shares: Vec<RistrettoPoint>,
}

impl BorshSerialize for DecryptItems {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        self.sealed.serialize(writer)
    }
}

impl BorshDeserialize for DecryptItems {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        Vec::deserialize_reader(reader).map(Self::new)
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

fn chunk_size(setting: &Setting) -> usize {
    usize::from(setting.terms.chunk_items).max(1)
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl Work {
    /// So many gates over `(2*x - (O, G), y)`.
    pub(crate) fn gates(gates: usize, setting: &Setting) -> Self {
        let chunks = number(gates.div_ceil(chunk_size(setting)));
        Self { kind: WorkKind::Gate, chunks: Chunked::Gates { gates: number(gates), chunks } }
    }

    /// Decryption of what the step before left in so many chunks.
    pub(crate) fn decrypt_before(chunks: u32) -> Self {
        Self { kind: WorkKind::Decrypt, chunks: Chunked::Before { chunks } }
    }

    /// Whether it is about what the step before left.
    pub(crate) fn is_about_before(&self) -> bool {
        matches!(self.chunks, Chunked::Before { .. })
    }

    /// Lists to shuffle, all of one length.
    pub(crate) fn shuffle(lists: &[Vec<Ciphertext>], setting: &Setting) -> Self {
        let entries = lists.first().map_or(0, Vec::len);
        let room = usize::from(setting.terms.chunk_items).checked_div(entries).unwrap_or(1);
        let with_encodings =
            |list: &Vec<Ciphertext>| list.iter().map(|c| Held::both(*c, c.encode())).collect();
        let chunk = |lists: &[Vec<Ciphertext>]| {
            Items::Shuffle(ShuffleItems { lists: lists.iter().map(with_encodings).collect() })
        };
        let chunks = lists.chunks(room.max(1)).map(chunk).collect();
        Self { kind: WorkKind::Shuffle, chunks: Chunked::Items(chunks) }
    }

    pub(crate) fn blind(inputs: Vec<Held>, setting: &Setting) -> Self {
        let chunk = |inputs: &[Held]| {
            Items::Blind(BlindItems { inputs: inputs.to_vec(), sums: Vec::new() })
        };
        let chunks = inputs.chunks(chunk_size(setting)).map(chunk).collect();
        Self { kind: WorkKind::Blind, chunks: Chunked::Items(chunks) }
    }

    pub(crate) fn decrypt(sealed: &[Held], setting: &Setting) -> Self {
        let chunk = |sealed: &[Held]| Items::Decrypt(DecryptItems::new(sealed.to_vec()));
        let chunks = sealed.chunks(chunk_size(setting)).map(chunk).collect();
        Self { kind: WorkKind::Decrypt, chunks: Chunked::Items(chunks) }
    }
}

impl Items {
    /// What a keyholder is to do with them.
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Gate(gates) => Task::Gate { pairs: gates.decoded(), encoded: gates.encoded() },
            Self::Shuffle(ShuffleItems { lists }) => {
                Task::Shuffle(lists.iter().map(|list| in_both_forms(list)).collect())
            }
            Self::Blind(BlindItems { inputs, .. }) => Task::Blind(decoded(inputs)),
            Self::Decrypt(items) => Task::Decrypt {
                randomness: items.decoded_randomness(),
                encoded: items.randomness.clone(),
            },
        }
    }

    fn gates(&self) -> &[(Held, Held)] {
        if let Self::Gate(GateItems { pairs }) = self { pairs } else { &[] }
    }

    /// Every `X`.
    pub(crate) fn signs(&self) -> impl Iterator<Item = Held> {
        self.gates().iter().map(|(x, _)| *x)
    }

    /// Every `Y`.
    pub(crate) fn gated(&self) -> impl Iterator<Item = Ciphertext> {
        self.gates().iter().map(|(_, y)| y.get())
    }

    /// What is left here, to be decrypted: the signs of gates, or the sums of all blindings.
    pub(crate) fn to_decrypt(&self) -> Self {
        let sums = if let Self::Blind(BlindItems { sums, .. }) = self { &sums[..] } else { &[] };
        Self::Decrypt(DecryptItems::new(self.signs().chain(sums.iter().copied()).collect()))
    }

    /// Whether a sign can be read.
    pub(crate) fn show_a_sign(&self) -> bool {
        self.signs().any(|sign| sign.is_public())
    }

    /// Every list.
    pub(crate) fn shuffled(&self) -> &[Vec<Held>] {
        if let Self::Shuffle(ShuffleItems { lists }) = self { lists } else { &[] }
    }

    /// What these shares open.
    pub(crate) fn opened(
        &self,
        shares: Vec<(KeyholderId, Arc<Shares>)>,
        setting: &Setting,
    ) -> Vec<Opened> {
        if let Self::Decrypt(items) = self { items.open(shares, setting) } else { Vec::new() }
    }
}

fn decoded(held: &[Held]) -> Vec<Ciphertext> {
    held.iter().map(Held::get).collect()
}

fn in_both_forms(held: &[Held]) -> shuffle::List {
    held.iter().map(|held| (held.get(), held.encoded())).collect()
}

impl GateItems {
    /// Gates over `(2*x - (O, G), y)`.
    pub(crate) fn new(factors: &[Factors], setting: &Setting) -> Self {
        // X = 2x - (O, G) = 2 * (x - (O, G/2)): doubling is what makes encoding in bulk cheap.
        let half = *setting.half_value;
        let halves: Vec<RistrettoPoint> =
            factors.iter().flat_map(|Factors { x, .. }| [x.r, x.e - half]).collect();
        let encoded = RistrettoPoint::double_and_compress_batch(&halves);
        let encoded = encoded
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[r, e]| Encoded { r: Point(r.0), e: Point(e.0) });
        let pairs = factors.iter().zip(encoded).map(|(Factors { x, y }, encoded)| {
            let x = x.doubled() - Ciphertext::trivial(setting.generators.value);
            (Held::both(x, encoded), y.in_both_forms())
        });
        Self { pairs: pairs.collect() }
    }

    fn decoded(&self) -> Vec<(Ciphertext, Ciphertext)> {
        self.pairs.iter().map(|(x, y)| (x.get(), y.get())).collect()
    }

    fn encoded(&self) -> Vec<(Encoded, Encoded)> {
        self.pairs.iter().map(|(x, y)| (x.encoded(), y.encoded())).collect()
    }
}

impl DecryptItems {
    fn new(sealed: Vec<Held>) -> Self {
        Self { randomness: sealed.iter().map(Held::encoded_randomness).collect(), sealed }
    }

    fn decoded_randomness(&self) -> Vec<RistrettoPoint> {
        self.sealed.iter().map(Held::randomness).collect()
    }
}

impl DecryptItems {
    fn open(&self, mut shares: Vec<(KeyholderId, Arc<Shares>)>, setting: &Setting) -> Vec<Opened> {
        shares.sort_by_key(|(of, _)| *of);
        let groups: Vec<Vec<u16>> = (0u16..)
            .zip(setting.terms.quorum.iter())
            .map(|(group, _)| {
                let of_group = shares.iter().filter(|(of, _)| of.group == group);
                of_group.map(|(of, _)| of.member).collect()
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
                    shares.iter().filter_map(|(_, of)| of.shares.get(item).copied()).collect();
                Opened { message: interpolation.open(&sealed.masked(), &shares), unit, scale }
            })
            .collect()
    }
}

/// A rank message, whichever.
pub(crate) enum Post {
    Gate(GatePost),
    Shuffle(ShufflePost),
    Blind(BlindPost),
    Decrypt(DecryptionSharePost),
}

impl Post {
    pub(crate) fn kind(&self) -> WorkKind {
        match self {
            Self::Gate(_) => WorkKind::Gate,
            Self::Shuffle(_) => WorkKind::Shuffle,
            Self::Blind(_) => WorkKind::Blind,
            Self::Decrypt(_) => WorkKind::Decrypt,
        }
    }

    pub(crate) fn header(&self) -> &RankHeader {
        match self {
            Self::Gate(post) => &post.header,
            Self::Shuffle(post) => &post.header,
            Self::Blind(post) => &post.header,
            Self::Decrypt(post) => &post.header,
        }
    }
}

/// Who acts, and where.
pub(crate) struct Actor<'a> {
    pub(crate) around: Surroundings<'a>,
    pub(crate) roster: Roster<'a>,
    pub(crate) id: KeyholderId,
    pub(crate) signer: PartyKey,
    pub(crate) header: RankHeader,
    pub(crate) context: Context,
}

impl Actor<'_> {
    /// The rest of K3, and K4.
    pub(crate) fn may_act(&self, acts: &Acts, in_turn: bool) -> Result<(), Refusal> {
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

/// What a post made of a chunk.
pub(crate) enum Taken {
    Items(Items),
    Shares(Shares),
}

impl Items {
    /// K5 to K9 and K12 of a post about these items, on which those in `acts` have worked, by one who may act on them.
    pub(crate) fn accept(
        &self,
        acts: &Acts,
        actor: &Actor<'_>,
        post: &Post,
    ) -> Result<Taken, Refusal> {
        match (self, post) {
            (Self::Gate(items), Post::Gate(post)) => {
                items.accept(actor, post).map(Self::Gate).map(Taken::Items)
            }
            (Self::Shuffle(items), Post::Shuffle(post)) => {
                items.accept(actor, post).map(Self::Shuffle).map(Taken::Items)
            }
            (Self::Blind(items), Post::Blind(post)) => {
                items.accept(acts, actor, post).map(Self::Blind).map(Taken::Items)
            }
            (Self::Decrypt(items), Post::Decrypt(post)) => {
                items.accept(actor, post).map(Taken::Shares)
            }
            (Self::Gate(_) | Self::Shuffle(_) | Self::Blind(_) | Self::Decrypt(_), _) => {
                Err(other_kind())
            }
        }
    }
}

/// Of a post that is not of the kind of the step.
pub(crate) fn other_kind() -> Refusal {
    let rule = "a message must be of the kind that the step asks for";
    Fault::Broken { rule }.fails(Check::RankPlace)
}

impl GateItems {
    fn accept(&self, actor: &Actor<'_>, post: &GatePost) -> Result<Self, Refusal> {
        actor.covers(self.pairs.len(), post.turns.len())?;
        let statement = gate::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            quorum_key: actor.around.keys.key,
            inputs: &self.decoded(),
            inputs_encoded: &self.encoded(),
            turns: &post.turns,
        };
        let generators = &actor.around.setting.generators;
        let pairs = gate::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::GateProof))?;
        let pairs = pairs.into_iter().zip(post.turns.iter());
        let pairs = pairs.map(|((x, y), turn)| (Held::both(x, turn.x), Held::both(y, turn.y)));
        Ok(Self { pairs: pairs.collect() })
    }
}

impl ShuffleItems {
    fn accept(&self, actor: &Actor<'_>, post: &ShufflePost) -> Result<Self, Refusal> {
        let entries = self.lists.iter().map(Vec::len).sum();
        actor.covers(entries, post.outputs.len())?;
        let statement = shuffle::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            quorum_key: actor.around.keys.key,
            lists: &self.lists.iter().map(|list| in_both_forms(list)).collect::<Vec<_>>(),
            outputs: &post.outputs,
        };
        let generators = &actor.around.setting.generators;
        let lists = shuffle::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::ShuffleProof))?;
        let held =
            |list: shuffle::List| list.into_iter().map(|(c, encoded)| Held::both(c, encoded));
        Ok(Self { lists: lists.into_iter().map(|list| held(list).collect()).collect() })
    }
}

impl BlindItems {
    fn accept(&self, acts: &Acts, actor: &Actor<'_>, post: &BlindPost) -> Result<Self, Refusal> {
        actor.covers(self.inputs.len(), post.blinded.len())?;
        actor.covers(self.inputs.len(), post.responses.len())?;
        let statement = blind::Statement {
            head: actor.header.head,
            chunk: actor.header.chunk,
            inputs: &decoded(&self.inputs),
            blinded: &post.blinded,
        };
        let blinded = blind::verify(&actor.context, &statement, &post.challenge, &post.responses)
            .map_err(actor.proof_fails(Check::BlindProof))?;
        let sum = |(item, post): (usize, &Ciphertext)| {
            Held::from(self.sums.get(item).map_or(*post, |sum| sum.get() + *post))
        };
        let sums: Vec<Held> = blinded.iter().enumerate().map(sum).collect();
        let completes = acts.lacks_one(actor.roster);
        if completes && sums.iter().any(Held::is_public) {
            let fault = ProofFault::Identity;
            return Err(Fault::Proof { culprit: actor.signer, fault }.fails(Check::BlindSum));
        }
        // Of a chunk that is complete the sums are all that counts, and a home pays for what it writes.
        Ok(Self { inputs: if completes { Vec::new() } else { self.inputs.clone() }, sums })
    }
}

impl DecryptItems {
    fn accept(&self, actor: &Actor<'_>, post: &DecryptionSharePost) -> Result<Shares, Refusal> {
        actor.covers(self.sealed.len(), post.shares.len())?;
        let out = Fault::NotDue { keyholder: actor.id, why: "it has no share" };
        let share_key = actor.around.keys.share_keys.get(&actor.id).copied();
        let share_key = share_key.ok_or(out.fails(Check::RankActor))?;
        let randomness = self.decoded_randomness();
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
        Ok(Shares { shares })
    }
}
