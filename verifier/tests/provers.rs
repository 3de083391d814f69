//! Small provers, an oracle for the equations: sections 7 to 11 from the other side.
//!
//! For tests alone: nonces come from a seeded generator and nothing is erased.

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point, Scalar as WireScalar},
    commitment::RangeProof,
    labels,
    masked::{Masked, Quadratic, VectorOpening},
    price::{Level, Shape},
    ranking::{GateProof, GateTurn, ShuffleProof, ShuffleTerm},
    sealed_bid::{Ciphertext, SealedBid, UnaryArgument},
    setup::CompactProof,
    terms::AuctionId,
};

use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{Cipher, bases, encode, encode_scalar},
    proofs::{complaint, possession},
};

pub(crate) type Rng = ChaCha20Rng;

pub(crate) fn rng(seed: u64) -> Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn context(signer: u8) -> Context {
    Context {
        auction: AuctionId([9; 32]),
        lot: 1,
        round: 0,
        step: 2,
        signer: PartyKey([signer; 32]),
    }
}

fn compact(c: &Scalar, z: &Scalar) -> CompactProof {
    CompactProof { challenge: encode_scalar(c), response: encode_scalar(z) }
}

pub(crate) fn encrypt_with(key: &RistrettoPoint, message: u64, r: &Scalar) -> Cipher {
    Cipher { r: bases().k * r, e: bases().g * Scalar::from(message) + key * r }
}

pub(crate) fn encrypt(rng: &mut Rng, key: &RistrettoPoint, message: u64) -> Cipher {
    encrypt_with(key, message, &Scalar::random(rng))
}

pub(crate) fn possession(
    rng: &mut Rng,
    context: &Context,
    of: possession::Of,
    statement: &possession::Statement<'_>,
    secret: &Scalar,
) -> CompactProof {
    let kind = match of {
        possession::Of::Constant => labels::KIND_CONSTANT,
        possession::Of::Ephemeral => labels::KIND_EPHEMERAL,
    };
    let mut t = ProofTranscript::begin(kind, context);
    t.point(b"key-base", &bases().k_wire);
    t.integer(b"group", statement.group);
    t.integer(b"member", statement.member);
    t.integer(b"members", statement.encryption_keys.len());
    for p in statement.encryption_keys {
        t.point(b"encryption-key", p);
    }
    t.integer(b"threshold", statement.commitments.len());
    for a in statement.commitments {
        t.point(b"commitment", a);
    }
    t.point(b"ephemeral", &statement.ephemeral);
    t.integer(b"shares", statement.shares.len());
    for s in statement.shares {
        t.scalar(b"share", s);
    }
    let k = Scalar::random(rng);
    t.point(b"announcement", &encode(&(bases().k * k)));
    let c = t.challenge(b"challenge");
    compact(&c, &(k + c * secret))
}

pub(crate) fn complaint(
    rng: &mut Rng,
    context: &Context,
    statement: &complaint::Statement,
    p: &Scalar,
) -> CompactProof {
    let mut t = ProofTranscript::begin(labels::KIND_COMPLAINT, context);
    t.point(b"key-base", &bases().k_wire);
    t.integer(b"group", statement.group);
    t.integer(b"member", statement.member);
    t.integer(b"dealer", statement.dealer);
    t.point(b"encryption-key", &statement.encryption_key);
    t.point(b"ephemeral", &statement.ephemeral);
    t.point(b"shared", &statement.shared);
    let k = Scalar::random(rng);
    let r = crate::group::decode(&statement.ephemeral).unwrap();
    t.point(b"announcement", &encode(&(bases().k * k)));
    t.point(b"announcement", &encode(&(r * k)));
    let c = t.challenge(b"challenge");
    compact(&c, &(k + c * p))
}

/// A commitment that bids before, and its blinding.
#[derive(Clone, Copy)]
pub(crate) struct Former {
    pub(crate) commitment: Point,
    pub(crate) level: u32,
    pub(crate) rho: Scalar,
}

/// What a verifier of range proofs may leave out, and a forger counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Omitted {
    /// Of what is hashed, the messages of this label.
    Message(&'static str),
    /// The first equation.
    Vector,
    /// Of the second, that they are bits.
    Squares,
    /// Of the second, that they spell what `C` commits to.
    Value,
    /// Of that, what a bid gained.
    Gain,
    /// The powers of `y` that tell all these apart.
    Powers,
}

impl Omitted {
    /// What the part is multiplied by, where this is left out.
    pub(crate) fn unless(self, omitted: Option<Self>) -> Scalar {
        Scalar::from(u8::from(omitted != Some(self)))
    }
}

/// The hash state of a range proof, without the messages that are omitted.
pub(crate) struct Said {
    t: ProofTranscript,
    omitted: Option<Omitted>,
}

impl Said {
    /// The statement, as it is said.
    pub(crate) fn begin(
        context: &Context,
        quorum_key: &Point,
        levels: u32,
        commitment: &Point,
        active: Option<&Point>,
        omitted: Option<Omitted>,
    ) -> Self {
        let kind = if active.is_some() { labels::KIND_IMPROVEMENT } else { labels::KIND_RANGE };
        let mut said = Self { t: ProofTranscript::begin(kind, context), omitted };
        said.point("value-base", &bases().g_wire);
        said.point("blinding-base", &bases().h_wire);
        said.point("key-base", &bases().k_wire);
        if said.says("vector-bases") {
            said.t.digest(b"vector-bases", &vector_bases());
        }
        said.point("quorum-key", quorum_key);
        said.integer("levels", levels);
        said.point("commitment", commitment);
        if let Some(active) = active {
            said.point("active", active);
        }
        said
    }

    fn says(&self, label: &'static str) -> bool {
        self.omitted != Some(Omitted::Message(label))
    }

    pub(crate) fn integer(&mut self, label: &'static str, value: u32) {
        if self.says(label) {
            self.t.integer(label.as_bytes(), value);
        }
    }

    pub(crate) fn point(&mut self, label: &'static str, point: &Point) {
        if self.says(label) {
            self.t.point(label.as_bytes(), point);
        }
    }

    pub(crate) fn y(&mut self) -> Scalar {
        let y = self.t.challenge(b"y");
        if self.omitted == Some(Omitted::Powers) { Scalar::ONE } else { y }
    }

    pub(crate) fn x(&mut self) -> Scalar {
        self.t.weight(b"x")
    }
}

/// `q_0 .. q_(n-1)`, by the text: the least `n` with `levels <= 2^n`.
pub(crate) fn places(levels: u32) -> Vec<u64> {
    let n = (0..).find(|n| u64::from(levels) <= 1 << n).unwrap();
    let of = |l| if l < n - 1 { 1u64 << l } else { u64::from(levels) - (1 << (n - 1)) };
    (0..n).map(of).collect()
}

/// The bits that an honest prover spells a level with.
pub(crate) fn spelled(levels: u32, level: u32) -> Vec<Scalar> {
    let places = places(levels);
    let (last, powers) = places.split_last().unwrap();
    let half = 1 << powers.len();
    let level = u64::from(level);
    let rest = if level >= half { level - last } else { level };
    let mut bits: Vec<u64> = (0..powers.len()).map(|l| (rest >> l) & 1).collect();
    bits.push(u64::from(level >= half));
    bits.into_iter().map(Scalar::from).collect()
}

/// What a bidder says of its commitment, true or not.
#[derive(Clone)]
pub(crate) struct Spelling {
    pub(crate) levels: u32,
    /// What it commits to.
    pub(crate) value: Scalar,
    /// What is answered for as bits: of the bid, and of what it gained.
    pub(crate) bits: Vec<Scalar>,
    /// What the vector commits to.
    pub(crate) committed: Vec<Scalar>,
    /// The active commitment, in a later round.
    pub(crate) former: Option<Former>,
    /// What the verifier is hoped to leave out.
    pub(crate) omitted: Option<Omitted>,
}

impl Spelling {
    /// A commitment to a value, and bits said to spell it.
    pub(crate) fn of(levels: u32, value: Scalar, bits: Vec<Scalar>) -> Self {
        Self { levels, value, committed: bits.clone(), bits, former: None, omitted: None }
    }

    /// The truth about a bid.
    pub(crate) fn level(levels: u32, level: u32) -> Self {
        Self::of(levels, level.into(), spelled(levels, level))
    }

    /// What is said of a bid that follows a former one; `gain` is true or not.
    pub(crate) fn improvement(levels: u32, level: u32, former: &Former, gain: u32) -> Self {
        let bits = [spelled(levels, level), spelled(levels, gain)].concat();
        Self { former: Some(*former), ..Self::of(levels, level.into(), bits) }
    }
}

/// A commitment to `level`, its proof, its blinding.
pub(crate) fn range(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    level: u32,
) -> (Point, RangeProof, Scalar) {
    range_of(rng, context, quorum_key, &Spelling::level(levels, level))
}

/// A commitment to a `level` that is not below the former one, its proof, its blinding. What a liar
/// claims to have gained is `gain`.
pub(crate) fn improvement(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    level: u32,
    former: &Former,
    gain: u32,
) -> (Point, RangeProof, Scalar) {
    let spelling = Spelling::improvement(levels, level, former, gain);
    range_of(rng, context, quorum_key, &spelling)
}

/// A commitment, and the range proof of whatever a bidder says of it.
pub(crate) fn range_of(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    spelling: &Spelling,
) -> (Point, RangeProof, Scalar) {
    let Spelling { levels, value, bits, committed, former, omitted } = spelling;
    let com = |v: Scalar, r: Scalar| encode(&(bases().g * v + bases().h * r));
    let rho = Scalar::random(rng);
    let commitment = com(*value, rho);
    let active = former.map(|former| former.commitment);
    let mut said =
        Said::begin(context, quorum_key, *levels, &commitment, active.as_ref(), *omitted);

    // Step 1.
    let q: Vec<Scalar> = places(*levels).into_iter().map(Scalar::from).collect();
    let n = q.len();
    let sigma = Scalar::random(rng);
    let commitment_of_bits = encode(&vector(committed, &sigma));
    said.integer("bits", bits.len() as u32);
    said.point("vector", &commitment_of_bits);
    let y = said.y();

    // Step 2.
    let of_value = Omitted::Value.unless(*omitted);
    let u = power(&y, 2 * n + 1) * Omitted::Gain.unless(*omitted);
    let place = |l: usize| of_value * if l < n { q[l] } else { u * q[l - n] };
    let square = |l: usize| Omitted::Squares.unless(*omitted) * power(&y, l + 1);
    let masks: Vec<Scalar> = bits.iter().map(|_| mask(rng)).collect();
    let [alpha, tau_1, tau_0] = [(); 3].map(|()| Scalar::random(rng));
    let announcement = encode(&vector(&masks, &alpha));
    let (mut t_1, mut t_0) = (Scalar::ZERO, Scalar::ZERO);
    for (l, (a, i)) in masks.iter().zip(bits).enumerate() {
        t_1 += square(l) * a * (Scalar::from(2u8) * i - Scalar::ONE) + place(l) * a;
        t_0 += square(l) * a * a;
    }
    let (linear, constant) = (com(t_1, tau_1), com(t_0, tau_0));
    said.point("vector-announcement", &announcement);
    said.point("linear", &linear);
    said.point("constant", &constant);
    let x = said.x();

    // Step 3.
    let z = masks.iter().zip(bits).map(|(a, i)| masked(&(a + x * i)));
    let gained = former.map_or(Scalar::ZERO, |former| u * (rho - former.rho));
    let blinding = of_value * (rho + gained);
    let proof = RangeProof {
        bits: VectorOpening {
            commitment: commitment_of_bits,
            announcement,
            blinding: encode_scalar(&(alpha + sigma * x)),
        },
        squares: Quadratic {
            linear,
            constant,
            blinding: encode_scalar(&(blinding * x * x + tau_1 * x + tau_0)),
        },
        masked: List::new(z.collect()).unwrap(),
    };
    (commitment, proof, rho)
}

/// A mask in the middle of those that may be drawn: no response leaves its bounds.
fn mask(rng: &mut Rng) -> Scalar {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes[..18]);
    bytes[17] = bytes[17] & 0x3f | 0x40;
    Scalar::from_bytes_mod_order(bytes)
}

fn masked(z: &Scalar) -> Masked {
    let (low, high) = z.as_bytes().split_first_chunk().unwrap();
    assert_eq!(high, [0; 14], "a response of 18 bytes");
    Masked(*low)
}

/// `sum s_l V_l + r*H`.
fn vector(scalars: &[Scalar], r: &Scalar) -> RistrettoPoint {
    let terms = scalars.iter().zip(&bases().v).map(|(s, v)| v * s);
    terms.sum::<RistrettoPoint>() + bases().h * r
}

pub(crate) fn power(base: &Scalar, n: usize) -> Scalar {
    (0..n).fold(Scalar::ONE, |product, _| product * base)
}

/// Vectors of 64 values each: their blindings, and they.
fn vectors(rng: &mut Rng, values: &[Scalar]) -> (Vec<Scalar>, Vec<RistrettoPoint>) {
    let vectors = values.chunks(64).map(|values| {
        let blinding = Scalar::random(rng);
        (blinding, vector(values, &blinding))
    });
    vectors.unzip()
}

fn say(t: &mut ProofTranscript, label: &'static [u8], points: &[RistrettoPoint]) {
    points.iter().for_each(|point| t.point(label, &encode(point)));
}

/// The vector bases, as statements name them.
fn vector_bases() -> Digest {
    let encoded: Vec<[u8; 32]> = bases().v.iter().map(|base| encode(base).0).collect();
    Digest(Sha256::digest(encoded.as_flattened()).into())
}

/// Polynomials in `x`, lowest coefficient first.
fn times(a: &[Scalar], b: &[Scalar]) -> Vec<Scalar> {
    let mut product = vec![Scalar::ZERO; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

/// What a bidder says of its bid, true or not.
#[derive(Clone)]
pub(crate) struct Bid {
    /// What is answered for as bits.
    pub(crate) bits: Vec<Scalar>,
    /// What the vector commits to.
    pub(crate) committed: Vec<Scalar>,
    /// What the entries of the unary encoding encrypt.
    pub(crate) entries: Vec<Scalar>,
    /// Added to its first entry.
    pub(crate) surplus: Cipher,
    /// The blinding of the commitment.
    pub(crate) rho: Scalar,
}

impl Bid {
    /// The truth.
    pub(crate) fn of(shape: &Shape, level: Level, rho: &Scalar) -> Self {
        let bits: Vec<Scalar> =
            (0..shape.bits()).map(|l| Scalar::from((level.0 >> l) & 1)).collect();
        let digits = shape.digits_of(level);
        let entries = digits.iter().zip(shape.radices()).flat_map(|(digit, radix)| {
            let digit = *digit;
            (1..radix).map(move |j| Scalar::from(u8::from(digit >= j)))
        });
        let entries = entries.collect();
        Self { committed: bits.clone(), bits, entries, surplus: Cipher::zero(), rho: *rho }
    }
}

pub(crate) fn unary(
    rng: &mut Rng,
    context: &Context,
    shape: &Shape,
    key: &RistrettoPoint,
    commitment: &Point,
    level: Level,
    rho: &Scalar,
) -> SealedBid {
    unary_of(rng, context, shape, key, commitment, &Bid::of(shape, level, rho))
}

/// The argument of whatever a bidder says.
pub(crate) fn unary_of(
    rng: &mut Rng,
    context: &Context,
    shape: &Shape,
    key: &RistrettoPoint,
    commitment: &Point,
    bid: &Bid,
) -> SealedBid {
    let g = bases().g;
    let com = |v: Scalar, r: Scalar| encode(&(g * v + bases().h * r));
    let bit_count = shape.bits();
    let m = shape.longest_digit_bits();

    // The unary encoding, and the randomness of U[t][0..=B_t], of which both ends are public.
    let mut entries = Vec::new();
    let mut randomness: Vec<Vec<Scalar>> = Vec::new();
    for radix in shape.radices() {
        let mut of_digit = vec![Scalar::ZERO];
        for _ in 1..radix {
            let r = Scalar::random(rng);
            let surplus = if entries.is_empty() { bid.surplus } else { Cipher::zero() };
            let message = bid.entries[entries.len()];
            let entry = Cipher { r: bases().k * r, e: g * message + key * r };
            entries.push((entry + surplus).encode());
            of_digit.push(r);
        }
        of_digit.push(Scalar::ZERO);
        randomness.push(of_digit);
    }

    let mut t = ProofTranscript::begin(labels::KIND_UNARY, context);
    t.point(b"value-base", &bases().g_wire);
    t.point(b"blinding-base", &bases().h_wire);
    t.point(b"key-base", &bases().k_wire);
    t.digest(b"vector-bases", &vector_bases());
    t.point(b"quorum-key", &encode(key));
    t.integer(b"digits", shape.digits());
    for bits in shape.digit_bits() {
        t.integer(b"digit-bits", *bits);
    }
    t.point(b"commitment", commitment);
    t.integer(b"entries", entries.len());
    for entry in &entries {
        t.cipher(b"entry", entry);
    }

    // Step 1.
    let bits = &bid.bits;
    let sigma = Scalar::random(rng);
    let commitment_of_bits = encode(&vector(&bid.committed, &sigma));
    t.integer(b"bits", bit_count);
    t.point(b"vector", &commitment_of_bits);
    let y = t.challenge(b"y");

    // Step 2, the polynomials term by term as the text has them.
    let masks: Vec<Scalar> = (0..bit_count).map(|_| mask(rng)).collect();
    let [alpha, tau_1, tau_0] = [(); 3].map(|()| Scalar::random(rng));
    let announcement = encode(&vector(&masks, &alpha));
    let two = Scalar::from(2u8);
    let t_1: Scalar = (0..bit_count)
        .map(|l| {
            power(&y, l + 1) * masks[l] * (two * bits[l] - Scalar::ONE) + power(&two, l) * masks[l]
        })
        .sum();
    let t_0: Scalar = (0..bit_count).map(|l| power(&y, l + 1) * masks[l] * masks[l]).sum();
    let (linear, constant) = (com(t_1, tau_1), com(t_0, tau_0));
    t.point(b"vector-announcement", &announcement);
    t.point(b"linear", &linear);
    t.point(b"constant", &constant);
    let mut coefficients = vec![Scalar::ZERO; m + 1];
    let mut e_sum = Scalar::ZERO;
    let mut y_to_position = Scalar::ONE;
    let mut s_t = bit_count;
    for (at, (m_t, radix)) in shape.digit_bits().iter().zip(shape.radices()).enumerate() {
        let m_t = usize::from(*m_t);
        s_t -= m_t;
        for j in 0..radix {
            let mut p = vec![Scalar::ONE];
            for l in s_t..s_t + m_t {
                let factor = if (j >> (l - s_t)) & 1 == 1 {
                    [masks[l], bits[l]]
                } else {
                    [-masks[l], Scalar::ONE - bits[l]]
                };
                p = times(&p, &factor);
            }
            let mut lifted = vec![Scalar::ZERO; m - m_t];
            lifted.extend(p);
            for (sum, c) in coefficients.iter_mut().zip(&lifted) {
                *sum += y_to_position * c;
            }
            e_sum += y_to_position * (randomness[at][j] - randomness[at][j + 1]);
            y_to_position *= y;
        }
    }
    let term_randomness: Vec<Scalar> = (0..m).map(|_| Scalar::random(rng)).collect();
    let mut polynomial = Vec::new();
    t.integer(b"polynomial", m);
    for c in 0..m {
        let term = Cipher {
            r: bases().k * term_randomness[c],
            e: g * coefficients[c] + key * term_randomness[c],
        }
        .encode();
        t.cipher(b"polynomial-term", &term);
        polynomial.push(term);
    }
    let x = t.weight(b"x");

    // Step 3.
    let z = (0..bit_count).map(|l| masked(&(masks[l] + x * bits[l]))).collect();
    let tail: Scalar = (0..m).map(|c| power(&x, c) * term_randomness[c]).sum();
    SealedBid {
        unary: entries,
        argument: UnaryArgument {
            bits: VectorOpening {
                commitment: commitment_of_bits,
                announcement,
                blinding: encode_scalar(&(alpha + sigma * x)),
            },
            squares: Quadratic {
                linear,
                constant,
                blinding: encode_scalar(&(bid.rho * x * x + tau_1 * x + tau_0)),
            },
            polynomial,
            masked: z,
            randomness: encode_scalar(&(power(&x, m) * e_sum + tail)),
        },
    }
}

/// What a keyholder does in a gate, and says of it.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// What both ciphertexts are multiplied by, and what is answered for.
    pub(crate) sign: Scalar,
    /// What the vector commits to.
    pub(crate) committed: Scalar,
    /// Added to `X'` and to `Y'`.
    pub(crate) surplus: [Cipher; 2],
}

impl Turn {
    /// An honest one; `true` is the sign +1.
    pub(crate) fn of(plus: bool) -> Self {
        let sign = if plus { Scalar::ONE } else { -Scalar::ONE };
        Self { sign, committed: sign, surplus: [Cipher::zero(); 2] }
    }
}

/// Honest turns on gates; `true` is the sign +1.
pub(crate) fn gates(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    inputs: &[(Cipher, Cipher)],
    signs: &[bool],
) -> (Vec<GateTurn>, GateProof) {
    let turns: Vec<Turn> = signs.iter().map(|plus| Turn::of(*plus)).collect();
    gates_of(rng, context, head, chunk, key, inputs, &turns)
}

/// Turns on gates, and the proof of whatever a keyholder says.
pub(crate) fn gates_of(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    inputs: &[(Cipher, Cipher)],
    turns: &[Turn],
) -> (Vec<GateTurn>, GateProof) {
    struct Secret {
        q: Scalar,
        q_y: Scalar,
        out: (Cipher, Cipher),
    }
    let secrets: Vec<Secret> = inputs
        .iter()
        .zip(turns)
        .map(|((x, y), Turn { sign, surplus: [of_x, of_y], .. })| {
            let (q, q_y) = (Scalar::random(rng), Scalar::random(rng));
            let x_out = scale(x, sign) + encrypt_with(key, 0, &q) + *of_x;
            let y_out = scale(y, sign) + encrypt_with(key, 0, &q_y) + *of_y;
            Secret { q, q_y, out: (x_out, y_out) }
        })
        .collect();
    let mut t = ProofTranscript::begin(labels::KIND_GATE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"value-base", &bases().g_wire);
    t.point(b"blinding-base", &bases().h_wire);
    t.point(b"key-base", &bases().k_wire);
    t.digest(b"vector-bases", &vector_bases());
    t.point(b"quorum-key", &encode(key));
    t.integer(b"gates", inputs.len());
    for ((x, y), secret) in inputs.iter().zip(&secrets) {
        t.cipher(b"x-in", &x.encode());
        t.cipher(b"y-in", &y.encode());
        t.cipher(b"x-out", &secret.out.0.encode());
        t.cipher(b"y-out", &secret.out.1.encode());
    }

    // Step 1.
    let vectors: Vec<&[Turn]> = turns.chunks(64).collect();
    let sigmas: Vec<Scalar> = vectors.iter().map(|_| Scalar::random(rng)).collect();
    t.integer(b"vectors", vectors.len());
    let mut commitments = Vec::new();
    for (turns, sigma) in vectors.iter().zip(&sigmas) {
        let signs: Vec<Scalar> = turns.iter().map(|turn| turn.committed).collect();
        let commitment = encode(&vector(&signs, sigma));
        t.point(b"vector", &commitment);
        commitments.push(commitment);
    }
    // e and f in turn.
    let weights = t.weights(b"weights", 2 * turns.len());

    // Step 2.
    let masks: Vec<Scalar> = turns.iter().map(|_| mask(rng)).collect();
    let alphas: Vec<Scalar> = vectors.iter().map(|_| Scalar::random(rng)).collect();
    let mut announcements = Vec::new();
    for (masks, alpha) in masks.chunks(64).zip(&alphas) {
        let announcement = encode(&vector(masks, alpha));
        t.point(b"vector-announcement", &announcement);
        announcements.push(announcement);
    }
    let [tau_1, tau_0, mu] = [(); 3].map(|()| Scalar::random(rng));
    let (mut t_1, mut t_0) = (Scalar::ZERO, Scalar::ZERO);
    let mut announcement = encrypt_with(key, 0, &mu);
    let mut of_q = Scalar::ZERO;
    for (i, (a, turn)) in masks.iter().zip(turns).enumerate() {
        let (e, f) = (weights[2 * i], weights[2 * i + 1]);
        t_1 += Scalar::from(2u8) * e * a * turn.sign;
        t_0 += e * a * a;
        let (x, y) = &inputs[i];
        announcement = announcement + scale(&(scale(x, &e) + scale(y, &f)), a);
        of_q += e * secrets[i].q + f * secrets[i].q_y;
    }
    let com = |v: Scalar, r: Scalar| encode(&(bases().g * v + bases().h * r));
    let (linear, constant) = (com(t_1, tau_1), com(t_0, tau_0));
    let announcement = announcement.encode();
    t.point(b"linear", &linear);
    t.point(b"constant", &constant);
    t.cipher(b"announcement", &announcement);
    let c = t.weight(b"challenge");

    // Step 3.
    let posted = secrets.iter().zip(&masks).zip(turns).map(|((secret, a), turn)| GateTurn {
        x: secret.out.0.encode(),
        y: secret.out.1.encode(),
        sign: masked(&(a + c * turn.sign)),
    });
    let openings = (0..vectors.len()).map(|n| VectorOpening {
        commitment: commitments[n],
        announcement: announcements[n],
        blinding: encode_scalar(&(alphas[n] + c * sigmas[n])),
    });
    let proof = GateProof {
        signs: List::new(openings.collect()).unwrap(),
        squares: Quadratic { linear, constant, blinding: encode_scalar(&(tau_1 * c + tau_0)) },
        announcement,
        randomness: encode_scalar(&(mu + c * of_q)),
    };
    (posted.collect(), proof)
}

/// What a keyholder does to a list of `2^k` entries, and says of it.
#[derive(Clone)]
pub(crate) struct Move {
    /// The bits of `r` that the entries are moved by, least significant first, and that are answered for.
    pub(crate) bits: Vec<Scalar>,
    /// What the vector commits to in their place.
    pub(crate) committed_bits: Vec<Scalar>,
    /// The `s_i` that the entries are raised to, and that are answered for.
    pub(crate) powers: Vec<Scalar>,
    /// What the power vector commits to in their place.
    pub(crate) committed_powers: Vec<Scalar>,
    /// Added to each output.
    pub(crate) surplus: Vec<Cipher>,
    /// `Enc(0; q)` is added to each output, and made up for in `h`.
    pub(crate) hidden: Vec<Scalar>,
}

impl Move {
    /// An honest one.
    pub(crate) fn of(k: usize, r: usize, powers: &[Scalar]) -> Self {
        let bits: Vec<Scalar> = (0..k).map(|l| Scalar::from((r as u64 >> l) & 1)).collect();
        Self {
            committed_bits: bits.clone(),
            bits,
            committed_powers: powers.to_vec(),
            powers: powers.to_vec(),
            surplus: vec![Cipher::zero(); 1 << k],
            hidden: vec![Scalar::ZERO; 1 << k],
        }
    }

    pub(crate) fn random(rng: &mut Rng, k: usize) -> Self {
        let powers: Vec<Scalar> = (0..1 << k).map(|_| Scalar::random(rng)).collect();
        Self::of(k, rng.next_u32() as usize % (1 << k), &powers)
    }

    /// The outputs. A bit that is none moves an entry in parts.
    fn outputs(&self, key: &RistrettoPoint, list: &[Cipher]) -> Vec<Cipher> {
        let part = |from: usize, to: usize| -> Scalar {
            let bits = self.bits.iter().enumerate();
            bits.map(|(l, r)| if (from ^ to) >> l & 1 == 1 { *r } else { Scalar::ONE - r })
                .product()
        };
        (0..list.len())
            .map(|to| {
                let entries = list.iter().zip(&self.powers).enumerate();
                let moved = entries.map(|(from, (x, s))| scale(x, &(part(from, to) * s)));
                let hidden = encrypt_with(key, 0, &self.hidden[to]);
                moved.sum::<Cipher>() + self.surplus[to] + hidden
            })
            .collect()
    }
}

fn scale(c: &Cipher, s: &Scalar) -> Cipher {
    Cipher { r: c.r * s, e: c.e * s }
}

/// Honest turns on lists, moved and raised at random.
pub(crate) fn shuffle(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    lists: &[Vec<Cipher>],
) -> (Vec<Ciphertext>, ShuffleProof) {
    let k = lists[0].len().ilog2() as usize;
    let moves: Vec<Move> = lists.iter().map(|_| Move::random(rng, k)).collect();
    shuffle_of(rng, context, head, chunk, key, lists, &moves)
}

/// Turns on lists, and the proof of whatever a keyholder says.
pub(crate) fn shuffle_of(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    lists: &[Vec<Cipher>],
    moves: &[Move],
) -> (Vec<Ciphertext>, ShuffleProof) {
    shuffle_with(rng, context, head, chunk, key, lists, moves, |_| ())
}

/// What a keyholder says of lists before the challenge.
pub(crate) struct Announced {
    /// `A` of every vector of moves, and then of powers.
    pub(crate) vectors: [Vec<RistrettoPoint>; 2],
    /// `T_0`.
    pub(crate) constant: RistrettoPoint,
    /// `D_e` and `N_e`.
    pub(crate) terms: Vec<(Cipher, RistrettoPoint)>,
}

/// The same, and the announcements changed.
#[allow(clippy::too_many_arguments, reason = "those of the function above, and one")]
pub(crate) fn shuffle_with(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    lists: &[Vec<Cipher>],
    moves: &[Move],
    lie: impl FnOnce(&mut Announced),
) -> (Vec<Ciphertext>, ShuffleProof) {
    let k = moves[0].bits.len();
    let outputs: Vec<Ciphertext> = (lists.iter().zip(moves))
        .flat_map(|(list, of)| of.outputs(key, list))
        .map(|output| output.encode())
        .collect();
    let all = |part: fn(&Move) -> &Vec<Scalar>| -> Vec<Scalar> {
        moves.iter().flat_map(|of| part(of).iter().copied()).collect()
    };
    let (bits, powers) = (all(|of| &of.bits), all(|of| &of.powers));
    let mut t = ProofTranscript::begin(labels::KIND_SHUFFLE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"value-base", &bases().g_wire);
    t.point(b"blinding-base", &bases().h_wire);
    t.point(b"key-base", &bases().k_wire);
    t.digest(b"vector-bases", &vector_bases());
    t.point(b"quorum-key", &encode(key));
    t.integer(b"lists", lists.len());
    t.integer(b"length", 1usize << k);
    lists.iter().flatten().for_each(|x| t.cipher(b"entry-in", &x.encode()));
    outputs.iter().for_each(|z| t.cipher(b"entry-out", z));

    // Step 1.
    t.integer(b"vectors", bits.len().div_ceil(64));
    let of_moves = vectors(rng, &all(|of| &of.committed_bits));
    say(&mut t, b"vector", &of_moves.1);
    t.integer(b"power-vectors", powers.len().div_ceil(64));
    let of_powers = vectors(rng, &all(|of| &of.committed_powers));
    say(&mut t, b"power-vector", &of_powers.1);
    let weights = t.weights(b"weights", k + lists.len() + bits.len());
    let (y, rest) = weights.split_at(k);
    let (u, g) = rest.split_at(lists.len());

    // Step 2.
    let a: Vec<Scalar> = bits.iter().map(|_| mask(rng)).collect();
    let b: Vec<Scalar> = powers.iter().map(|_| Scalar::random(rng)).collect();
    let (move_alphas, move_announcements) = vectors(rng, &a);
    let (power_alphas, power_announcements) = vectors(rng, &b);
    let [tau_1, tau_0] = [(); 2].map(|()| Scalar::random(rng));
    let two = Scalar::from(2u8);
    let of_bits = || g.iter().zip(&a).zip(&bits);
    let t_1: Scalar = of_bits().map(|((g, a), r)| g * a * (two * r - Scalar::ONE)).sum();
    let t_0: Scalar = of_bits().map(|((g, a), _)| g * a * a).sum();
    let com = |v: Scalar, r: Scalar| bases().g * v + bases().h * r;
    let linear = encode(&com(t_1, tau_1));

    let h: Vec<Scalar> = (0..=k).map(|_| Scalar::random(rng)).collect();
    let mut terms: Vec<Cipher> = h.iter().map(|h| encrypt_with(key, 0, h)).collect();
    // What the outputs hide, as the last equation weighs it.
    let mut hidden = Scalar::ZERO;
    for (at, (list, of)) in lists.iter().zip(moves).enumerate() {
        for (i, x) in list.iter().enumerate() {
            let (b, s) = (b[(at << k) + i], of.powers[i]);
            let mut f = vec![b, s];
            let mut weight = u[at];
            for l in 0..k {
                let (a, r, y) = (a[at * k + l], of.bits[l], y[l]);
                // z = a + c*r
                let factor = if i >> l & 1 == 0 {
                    [y * a - a, Scalar::ONE - r + y * r]
                } else {
                    weight *= y;
                    [a - y * a, y - y * r + r]
                };
                f = times(&f, &factor);
            }
            for (term, f) in terms.iter_mut().zip(&f) {
                *term = *term + scale(x, &(u[at] * f));
            }
            hidden += weight * of.hidden[i];
        }
    }
    let mut announced = Announced {
        vectors: [move_announcements, power_announcements],
        constant: com(t_0, tau_0),
        terms: terms.into_iter().zip(h.iter().map(|h| bases().g * h)).collect(),
    };
    lie(&mut announced);
    let Announced { vectors: [move_announcements, power_announcements], constant, terms } =
        announced;
    let constant = encode(&constant);
    say(&mut t, b"vector-announcement", &move_announcements);
    say(&mut t, b"power-announcement", &power_announcements);
    t.point(b"linear", &linear);
    t.point(b"constant", &constant);
    t.integer(b"polynomial", k + 1);
    let mut polynomial = Vec::new();
    for (term, mask) in terms {
        let term = ShuffleTerm { ciphertext: term.encode(), mask: encode(&mask) };
        t.cipher(b"polynomial-term", &term.ciphertext);
        t.point(b"polynomial-mask", &term.mask);
        polynomial.push(term);
    }
    let c = t.weight(b"challenge");

    // Step 3.
    let openings = |(sigmas, commitments): (Vec<Scalar>, Vec<RistrettoPoint>),
                    alphas: Vec<Scalar>,
                    announcements: Vec<RistrettoPoint>| {
        let openings = (0..commitments.len()).map(|n| VectorOpening {
            commitment: encode(&commitments[n]),
            announcement: encode(&announcements[n]),
            blinding: encode_scalar(&(alphas[n] + c * sigmas[n])),
        });
        List::new(openings.collect()).unwrap()
    };
    let z = a.iter().zip(&bits).map(|(a, r)| masked(&(a + c * r)));
    let p = b.iter().zip(&powers).map(|(b, s)| encode_scalar(&(b + c * s)));
    let lower: Scalar = h.iter().enumerate().map(|(e, h)| power(&c, e) * h).sum();
    let proof = ShuffleProof {
        moves: openings(of_moves, move_alphas, move_announcements),
        squares: Quadratic { linear, constant, blinding: encode_scalar(&(tau_1 * c + tau_0)) },
        powers: openings(of_powers, power_alphas, power_announcements),
        polynomial: List::new(polynomial).unwrap(),
        masked: List::new(z.collect()).unwrap(),
        raised: List::new(p.collect()).unwrap(),
        mask: encode_scalar(&(lower + power(&c, k + 1) * hidden)),
    };
    (outputs, proof)
}

#[derive(Clone)]
pub(crate) struct Blinded {
    pub(crate) outputs: Vec<Ciphertext>,
    pub(crate) challenge: WireScalar,
    pub(crate) responses: Vec<WireScalar>,
}

pub(crate) fn blind(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &[Cipher],
) -> Blinded {
    let a: Vec<Scalar> = inputs.iter().map(|_| Scalar::random(rng)).collect();
    blind_with(rng, context, head, chunk, inputs, &a)
}

/// With blindings of the caller's choice.
pub(crate) fn blind_with(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &[Cipher],
    a: &[Scalar],
) -> Blinded {
    let outputs: Vec<Ciphertext> =
        inputs.iter().zip(a).map(|(c, a)| scale(c, a).encode()).collect();
    let mut t = ProofTranscript::begin(labels::KIND_BLIND, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.integer(b"count", inputs.len());
    for (input, output) in inputs.iter().zip(&outputs) {
        t.cipher(b"input", &input.encode());
        t.cipher(b"output", output);
    }
    let k: Vec<Scalar> = inputs.iter().map(|_| Scalar::random(rng)).collect();
    for (input, k) in inputs.iter().zip(&k) {
        t.cipher(b"announcement", &scale(input, k).encode());
    }
    let c = t.challenge(b"challenge");
    Blinded {
        outputs,
        challenge: encode_scalar(&c),
        responses: k.iter().zip(a).map(|(k, a)| encode_scalar(&(k + c * a))).collect(),
    }
}

pub(crate) fn decryption_share(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    x: &Scalar,
    randomness: &[RistrettoPoint],
) -> (Vec<Point>, CompactProof) {
    let shares: Vec<RistrettoPoint> = randomness.iter().map(|r| r * x).collect();
    let wires: Vec<Point> = shares.iter().map(encode).collect();
    let mut t = ProofTranscript::begin(labels::KIND_DECRYPTION_SHARE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"key-base", &bases().k_wire);
    t.point(b"share-key", &encode(&(bases().k * x)));
    t.integer(b"count", randomness.len());
    for (r, d) in randomness.iter().zip(&wires) {
        t.point(b"randomness", &encode(r));
        t.point(b"decryption-share", d);
    }
    let weights: Vec<Scalar> = (0..randomness.len())
        .map(|k| match k {
            0 => Scalar::ONE,
            _ => t.weight(b"weight"),
        })
        .collect();
    let combined: RistrettoPoint = weights.iter().zip(randomness).map(|(w, r)| r * w).sum();
    t.point(b"combined-randomness", &encode(&combined));
    t.point(b"combined-share", &encode(&(combined * x)));
    let k = Scalar::random(rng);
    t.point(b"announcement", &encode(&(bases().k * k)));
    t.point(b"announcement", &encode(&(combined * k)));
    let c = t.challenge(b"challenge");
    (wires, compact(&c, &(k + c * x)))
}
