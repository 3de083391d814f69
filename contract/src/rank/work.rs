//! What keyholders do in a step: the items of its chunks, and the posts about them. Section 11 of
//! `docs/spec.md`, checks K3 to K9 and K12.

use crate::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::encode_point,
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

/// The work of a step, chunk by chunk.
pub(crate) struct Work {
    pub(crate) kind: WorkKind,
    pub(crate) chunks: Vec<Items>,
}

/// The items of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Items {
    Gate(GateItems),
    Shuffle(ShuffleItems),
    Blind(BlindItems),
    Decrypt(DecryptItems),
}

/// As the last keyholder in turn left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GateItems {
    pairs: Vec<(Ciphertext, Ciphertext)>,
    encoded: Vec<(Encoded, Encoded)>,
}

/// As the last keyholder in turn left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShuffleItems {
    lists: Vec<shuffle::List>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct BlindItems {
    inputs: Vec<Ciphertext>,
    sums: Vec<Ciphertext>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecryptItems {
    sealed: Vec<Ciphertext>,
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

fn decoded(encoded: &Encoded) -> Result<Ciphertext, Error> {
    Ciphertext::decode(encoded).ok_or_else(encoding::malformed)
}

impl BorshSerialize for GateItems {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        self.encoded.serialize(writer)
    }
}

impl BorshDeserialize for GateItems {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        let encoded: Vec<(Encoded, Encoded)> = Vec::deserialize_reader(reader)?;
        let pairs = encoded.iter().map(|(x, y)| Ok::<_, Error>((decoded(x)?, decoded(y)?)));
        Ok(Self { pairs: pairs.collect::<Result<_, _>>()?, encoded })
    }
}

impl BorshSerialize for ShuffleItems {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        let encoded = self.lists.iter().map(|list| list.iter().map(|(_, encoded)| *encoded));
        encoded.map(Iterator::collect).collect::<Vec<Vec<Encoded>>>().serialize(writer)
    }
}

impl BorshDeserialize for ShuffleItems {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        let encoded: Vec<Vec<Encoded>> = Vec::deserialize_reader(reader)?;
        let list = |list: Vec<Encoded>| -> Result<shuffle::List, Error> {
            list.into_iter().map(|encoded| Ok((decoded(&encoded)?, encoded))).collect()
        };
        Ok(Self { lists: encoded.into_iter().map(list).collect::<Result<_, _>>()? })
    }
}

impl BorshSerialize for DecryptItems {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        let items = self.randomness.iter().zip(&self.sealed);
        let encoded = items.map(|(r, sealed)| Encoded { r: *r, e: encode_point(&sealed.e) });
        encoded.collect::<Vec<Encoded>>().serialize(writer)
    }
}

impl BorshDeserialize for DecryptItems {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        let encoded: Vec<Encoded> = Vec::deserialize_reader(reader)?;
        let sealed = encoded.iter().map(decoded).collect::<Result<_, _>>()?;
        Ok(Self { sealed, randomness: encoded.into_iter().map(|encoded| encoded.r).collect() })
    }
}

/// What is to be decrypted, with the encoding of its `R`: of what was posted it is known already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) ciphertext: Ciphertext,
    randomness: Point,
}

impl Sealed {
    /// As it was posted.
    pub(crate) fn posted((ciphertext, encoded): &(Ciphertext, Encoded)) -> Self {
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

impl Work {
    /// Gates over `(2*U - (O, G), y)` for every pair `(U, y)`.
    pub(crate) fn gates(factors: &[(Ciphertext, Ciphertext)], setting: &Setting) -> Self {
        let size = usize::from(setting.terms.chunk_items).max(1);
        let mut previous = None;
        let chunk = |factors| Items::Gate(GateItems::new(factors, &mut previous, setting));
        Self { kind: WorkKind::Gate, chunks: factors.chunks(size).map(chunk).collect() }
    }

    /// Lists to shuffle, all of one length.
    pub(crate) fn shuffle(lists: &[Vec<Ciphertext>], setting: &Setting) -> Self {
        let entries = lists.first().map_or(0, Vec::len);
        let room = usize::from(setting.terms.chunk_items).checked_div(entries).unwrap_or(1);
        let with_encodings =
            |list: &Vec<Ciphertext>| list.iter().map(|c| (*c, c.encode())).collect();
        let chunk = |lists: &[Vec<Ciphertext>]| {
            Items::Shuffle(ShuffleItems { lists: lists.iter().map(with_encodings).collect() })
        };
        Self { kind: WorkKind::Shuffle, chunks: lists.chunks(room.max(1)).map(chunk).collect() }
    }

    pub(crate) fn blind(inputs: &[Ciphertext], setting: &Setting) -> Self {
        let size = usize::from(setting.terms.chunk_items).max(1);
        let chunk = |inputs: &[Ciphertext]| {
            let sums = inputs.iter().map(|_| Ciphertext::zero()).collect();
            Items::Blind(BlindItems { inputs: inputs.to_vec(), sums })
        };
        Self { kind: WorkKind::Blind, chunks: inputs.chunks(size).map(chunk).collect() }
    }

    pub(crate) fn decrypt(sealed: &[Sealed], setting: &Setting) -> Self {
        let size = usize::from(setting.terms.chunk_items).max(1);
        let chunk = |sealed: &[Sealed]| {
            Items::Decrypt(DecryptItems {
                randomness: sealed.iter().map(|sealed| sealed.randomness).collect(),
                sealed: sealed.iter().map(|sealed| sealed.ciphertext).collect(),
            })
        };
        Self { kind: WorkKind::Decrypt, chunks: sealed.chunks(size).map(chunk).collect() }
    }
}

impl Items {
    /// What a keyholder is to do with them.
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Gate(GateItems { pairs, encoded }) => {
                Task::Gate { pairs: pairs.clone(), encoded: encoded.clone() }
            }
            Self::Shuffle(ShuffleItems { lists }) => Task::Shuffle(lists.clone()),
            Self::Blind(BlindItems { inputs, .. }) => Task::Blind(inputs.clone()),
            Self::Decrypt(DecryptItems { sealed, randomness }) => Task::Decrypt {
                randomness: sealed.iter().map(|sealed| sealed.r).collect(),
                encoded: randomness.clone(),
            },
        }
    }

    /// `X` and `Y` of every gate.
    pub(crate) fn gated(&self) -> impl Iterator<Item = (Sealed, Ciphertext)> {
        let gates = if let Self::Gate(gates) = self { Some(gates) } else { None };
        let pairs = gates.into_iter().flat_map(|gates| gates.pairs.iter().zip(&gates.encoded));
        pairs.map(|((x, y), (encoded, _))| (Sealed::posted(&(*x, *encoded)), *y))
    }

    /// Every list.
    pub(crate) fn shuffled(&self) -> impl Iterator<Item = Vec<Sealed>> {
        let lists = if let Self::Shuffle(ShuffleItems { lists }) = self { &lists[..] } else { &[] };
        lists.iter().map(|list| list.iter().map(Sealed::posted).collect())
    }

    /// The sums of all blindings.
    pub(crate) fn blinded(&self) -> &[Ciphertext] {
        if let Self::Blind(BlindItems { sums, .. }) = self { sums } else { &[] }
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

impl GateItems {
    /// Of these factors `(U, y)`. All gates of one bidder share their second one, so the `previous` is kept with
    /// its encoding.
    fn new(
        factors: &[(Ciphertext, Ciphertext)],
        previous: &mut Option<(Ciphertext, Encoded)>,
        setting: &Setting,
    ) -> Self {
        // X = 2U - (O, G) = 2 * (U - (O, G/2)): doubling is what makes encoding in bulk cheap.
        let half = *setting.half_value;
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
        Self { pairs, encoded }
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
                Opened { message: interpolation.open(sealed, &shares), unit, scale }
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

/// What a post made of a chunk.
pub(crate) enum Taken {
    Items(Items),
    Shares(Shares),
}

impl Items {
    /// K3 to K9 and K12 of a post about these items, on which those in `acts` have worked.
    pub(crate) fn accept(
        &self,
        acts: &Acts,
        actor: &Actor<'_>,
        post: &Post,
    ) -> Result<Taken, Refusal> {
        match (self, post) {
            (Self::Gate(items), Post::Gate(post)) => {
                items.accept(acts, actor, post).map(Self::Gate).map(Taken::Items)
            }
            (Self::Shuffle(items), Post::Shuffle(post)) => {
                items.accept(acts, actor, post).map(Self::Shuffle).map(Taken::Items)
            }
            (Self::Blind(items), Post::Blind(post)) => {
                items.accept(acts, actor, post).map(Self::Blind).map(Taken::Items)
            }
            (Self::Decrypt(items), Post::Decrypt(post)) => {
                items.accept(acts, actor, post).map(Taken::Shares)
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
    fn accept(&self, acts: &Acts, actor: &Actor<'_>, post: &GatePost) -> Result<Self, Refusal> {
        actor.may_act(acts, true)?;
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
        let pairs = gate::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::GateProof))?;
        Ok(Self { pairs, encoded: post.turns.iter().map(|turn| (turn.x, turn.y)).collect() })
    }
}

impl ShuffleItems {
    fn accept(&self, acts: &Acts, actor: &Actor<'_>, post: &ShufflePost) -> Result<Self, Refusal> {
        actor.may_act(acts, true)?;
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
        let lists = shuffle::verify(generators, &actor.context, &statement, &post.proof)
            .map_err(actor.proof_fails(Check::ShuffleProof))?;
        Ok(Self { lists })
    }
}

impl BlindItems {
    fn accept(&self, acts: &Acts, actor: &Actor<'_>, post: &BlindPost) -> Result<Self, Refusal> {
        actor.may_act(acts, false)?;
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
        if acts.lacks_one(actor.roster) && sums.iter().any(Ciphertext::is_public) {
            let fault = ProofFault::Identity;
            return Err(Fault::Proof { culprit: actor.signer, fault }.fails(Check::BlindSum));
        }
        Ok(Self { inputs: self.inputs.clone(), sums })
    }
}

impl DecryptItems {
    fn accept(
        &self,
        acts: &Acts,
        actor: &Actor<'_>,
        post: &DecryptionSharePost,
    ) -> Result<Shares, Refusal> {
        actor.may_act(acts, false)?;
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
        Ok(Shares { shares })
    }
}
