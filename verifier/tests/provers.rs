//! Small provers, an oracle for the equations: sections 7 to 11 from the other side.
//!
//! For tests alone: nonces come from a seeded generator and nothing is erased.

use bulletproofs::RangeProof;
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar as WireScalar},
    labels,
    price::{Level, Shape},
    ranking::{GateProof, GateTurn, Switch},
    sealed_bid::{BitCommitments, BitResponses, Ciphertext, SealedBid, UnaryArgument},
    setup::CompactProof,
    terms::AuctionId,
};

use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{Cipher, bases, encode, encode_scalar},
    proofs::{complaint, possession, range},
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

/// A commitment to `level`, its proof, its blinding.
pub(crate) fn range(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    level: u32,
) -> (Point, Vec<u8>, Scalar) {
    range_of(rng, context, quorum_key, levels, (level.into(), (levels - 1 - level).into()))
}

/// The same over a value and what is said to be left to the last level.
fn range_of(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    (value, rest): (u64, u64),
) -> (Point, Vec<u8>, Scalar) {
    let rho = Scalar::random(rng);
    let c = encode(&(bases().g * Scalar::from(value) + bases().h * rho));
    let n = range::bits(levels);
    let mut transcript = range::transcript(context, quorum_key, n, levels, &c, None).into_inner();
    let (bulletproof, pedersen) = range::generators();
    let (proof, _) = RangeProof::prove_multiple_with_rng(
        bulletproof,
        pedersen,
        &mut transcript,
        &[value, rest],
        &[rho, -rho],
        n,
        rng,
    )
    .unwrap();
    (c, proof.to_bytes(), rho)
}

/// A commitment that bids before, and its blinding.
#[derive(Clone, Copy)]
pub(crate) struct Former {
    pub(crate) commitment: Point,
    pub(crate) level: u32,
    pub(crate) rho: Scalar,
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
) -> (Point, Vec<u8>, Scalar) {
    let rho = Scalar::random(rng);
    let c = encode(&(bases().g * Scalar::from(level) + bases().h * rho));
    let n = range::bits(levels);
    let active = Some(&former.commitment);
    let mut transcript = range::transcript(context, quorum_key, n, levels, &c, active).into_inner();
    let (bulletproof, pedersen) = range::generators();
    let values = [level, levels - 1 - level, gain, levels - 1 - gain].map(u64::from);
    let of_gain = rho - former.rho;
    let (proof, _) = RangeProof::prove_multiple_with_rng(
        bulletproof,
        pedersen,
        &mut transcript,
        &values,
        &[rho, -rho, of_gain, -of_gain],
        n,
        rng,
    )
    .unwrap();
    (c, proof.to_bytes(), rho)
}

/// A proof over values that do not add up to `levels - 1`.
pub(crate) fn range_lie(
    rng: &mut Rng,
    context: &Context,
    quorum_key: &Point,
    levels: u32,
    value: u64,
    rest: u64,
) -> (Point, Vec<u8>) {
    let (c, proof, _) = range_of(rng, context, quorum_key, levels, (value, rest));
    (c, proof)
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

pub(crate) fn unary(
    rng: &mut Rng,
    context: &Context,
    shape: &Shape,
    key: &RistrettoPoint,
    commitment: &Point,
    level: Level,
    rho: &Scalar,
) -> SealedBid {
    let g = bases().g;
    let h = bases().h;
    let com = |v: Scalar, r: Scalar| g * v + h * r;
    let bit_count = shape.bits();
    let m = shape.longest_digit_bits();
    let digits = shape.digits_of(level);

    // The unary encoding, and the randomness of U[t][0..=B_t], of which both ends are public.
    let mut entries = Vec::new();
    let mut randomness: Vec<Vec<Scalar>> = Vec::new();
    for (digit, radix) in digits.iter().zip(shape.radices()) {
        let mut of_digit = vec![Scalar::ZERO];
        for j in 1..radix {
            let r = Scalar::random(rng);
            entries.push(encrypt_with(key, u64::from(*digit >= j), &r).encode());
            of_digit.push(r);
        }
        of_digit.push(Scalar::ZERO);
        randomness.push(of_digit);
    }

    let mut t = ProofTranscript::begin(labels::KIND_UNARY, context);
    t.point(b"value-base", &bases().g_wire);
    t.point(b"blinding-base", &bases().h_wire);
    t.point(b"key-base", &bases().k_wire);
    t.point(b"quorum-key", &encode(key));
    t.integer(b"digits", shape.digits());
    for bits in shape.digit_bits() {
        t.integer(b"digit-bits", *bits);
    }
    t.point(b"commitment", commitment);
    t.integer(b"entries", entries.len());
    for entry in &entries {
        t.cipher(b"ladder", entry);
    }

    // Step 1.
    let bit = |l: usize| Scalar::from((level.0 >> l) & 1);
    let mut alpha: Vec<Scalar> = (0..bit_count).map(|_| Scalar::random(rng)).collect();
    let two = Scalar::from(2u8);
    let power = |l: usize| (0..l).fold(Scalar::ONE, |p, _| p * two);
    let sum: Scalar = (1..bit_count).map(|l| power(l) * alpha[l]).sum();
    alpha[0] = rho - sum;
    let beta: Vec<Scalar> = (0..bit_count).map(|_| Scalar::random(rng)).collect();
    let gamma: Vec<Scalar> = (0..bit_count).map(|_| Scalar::random(rng)).collect();
    let delta: Vec<Scalar> = (0..bit_count).map(|_| Scalar::random(rng)).collect();
    let mut bits = Vec::new();
    t.integer(b"bits", bit_count);
    for l in 0..bit_count {
        let commitments = BitCommitments {
            bit: encode(&com(bit(l), alpha[l])),
            mask: encode(&com(beta[l], gamma[l])),
            product: encode(&com(bit(l) * beta[l], delta[l])),
        };
        t.point(b"bit", &commitments.bit);
        t.point(b"mask", &commitments.mask);
        t.point(b"product", &commitments.product);
        bits.push(commitments);
    }
    let y = t.challenge(b"y");

    // Step 2, the polynomials term by term as the text has them.
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
                    [beta[l], bit(l)]
                } else {
                    [-beta[l], Scalar::ONE - bit(l)]
                };
                p = times(&p, &factor);
            }
            let mut lifted = vec![Scalar::ZERO; m - m_t];
            lifted.extend(p);
            let leading = if digits[at] == j { Scalar::ONE } else { Scalar::ZERO };
            assert_eq!(lifted[m], leading, "the digit's own polynomial leads");
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
    let x = t.challenge(b"x");

    // Step 3.
    let responses = (0..bit_count)
        .map(|l| {
            let z = bit(l) * x + beta[l];
            BitResponses {
                z: encode_scalar(&z),
                w: encode_scalar(&(alpha[l] * x + gamma[l])),
                v: encode_scalar(&(alpha[l] * (x - z) + delta[l])),
            }
        })
        .collect();
    let x_to = |c: usize| (0..c).fold(Scalar::ONE, |p, _| p * x);
    let tail: Scalar = (0..m).map(|c| x_to(c) * term_randomness[c]).sum();
    SealedBid {
        unary: entries,
        argument: UnaryArgument {
            bits,
            polynomial,
            responses,
            randomness: encode_scalar(&(x_to(m) * e_sum + tail)),
        },
    }
}

/// Turns on gates; `true` is the sign +1.
pub(crate) fn gates(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    key: &RistrettoPoint,
    inputs: &[(Cipher, Cipher)],
    signs: &[bool],
) -> Vec<GateTurn> {
    struct Secret {
        q: Scalar,
        q_y: Scalar,
        out: (Cipher, Cipher),
    }
    let secrets: Vec<Secret> = inputs
        .iter()
        .zip(signs)
        .map(|((x, y), plus)| {
            let (q, q_y) = (Scalar::random(rng), Scalar::random(rng));
            let signed = |c: &Cipher| if *plus { *c } else { -*c };
            Secret {
                q,
                q_y,
                out: (signed(x) + encrypt_with(key, 0, &q), signed(y) + encrypt_with(key, 0, &q_y)),
            }
        })
        .collect();
    let mut t = ProofTranscript::begin(labels::KIND_GATE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"key-base", &bases().k_wire);
    t.point(b"quorum-key", &encode(key));
    t.integer(b"gates", inputs.len());
    for ((x, y), secret) in inputs.iter().zip(&secrets) {
        t.cipher(b"x-in", &x.encode());
        t.cipher(b"y-in", &y.encode());
        t.cipher(b"x-out", &secret.out.0.encode());
        t.cipher(b"y-out", &secret.out.1.encode());
    }
    let w = t.challenge(b"w");
    // The true sign's branch is honest, the other is simulated: announcement = z*B - c*D.
    struct Announced {
        k: Scalar,
        c_false: Scalar,
        z_false: Scalar,
        plus: Ciphertext,
        minus: Ciphertext,
    }
    let scale = |c: Cipher, s: &Scalar| Cipher { r: c.r * s, e: c.e * s };
    let announced: Vec<Announced> = inputs
        .iter()
        .zip(&secrets)
        .zip(signs)
        .map(|(((x, y), secret), is_plus)| {
            let (x_out, y_out) = secret.out;
            let d_false = if *is_plus {
                x_out + *x + scale(y_out + *y, &w)
            } else {
                x_out - *x + scale(y_out - *y, &w)
            };
            let k = Scalar::random(rng);
            let (c_false, z_false) = (Scalar::random(rng), Scalar::random(rng));
            let honest = encrypt_with(key, 0, &k).encode();
            let simulated = (encrypt_with(key, 0, &z_false) - scale(d_false, &c_false)).encode();
            let (plus, minus) = if *is_plus { (honest, simulated) } else { (simulated, honest) };
            Announced { k, c_false, z_false, plus, minus }
        })
        .collect();
    for a in &announced {
        t.cipher(b"plus", &a.plus);
        t.cipher(b"minus", &a.minus);
    }
    let c = t.challenge(b"challenge");
    secrets
        .iter()
        .zip(&announced)
        .zip(signs)
        .map(|((secret, a), is_plus)| {
            let c_true = c - a.c_false;
            let z_true = a.k + c_true * (secret.q + w * secret.q_y);
            let (c_plus, z_plus, z_minus) =
                if *is_plus { (c_true, z_true, a.z_false) } else { (a.c_false, a.z_false, z_true) };
            GateTurn {
                x: secret.out.0.encode(),
                y: secret.out.1.encode(),
                proof: GateProof {
                    plus: a.plus,
                    minus: a.minus,
                    c_plus: encode_scalar(&c_plus),
                    z_plus: encode_scalar(&z_plus),
                    z_minus: encode_scalar(&z_minus),
                },
            }
        })
        .collect()
}

/// What a keyholder does in a switch.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) crossed: bool,
    /// `s_0`, `s_1`.
    pub(crate) powers: [Scalar; 2],
}

impl Choice {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let crossed = Scalar::random(rng).to_bytes()[0] & 1 == 1;
        Self { crossed, powers: [Scalar::random(rng), Scalar::random(rng)] }
    }
}

pub(crate) fn shuffle(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    lists: &[Vec<Cipher>],
) -> (Vec<Switch>, WireScalar) {
    shuffle_with(rng, context, head, chunk, lists, Choice::random)
}

/// With permutations and powers of the caller's choice.
pub(crate) fn shuffle_with(
    rng: &mut Rng,
    context: &Context,
    head: &Digest,
    chunk: u32,
    lists: &[Vec<Cipher>],
    mut choose: impl FnMut(&mut Rng) -> Choice,
) -> (Vec<Switch>, WireScalar) {
    let scale = |c: &Cipher, s: &Scalar| Cipher { r: c.r * s, e: c.e * s };
    struct Passed {
        x: [Cipher; 2],
        z: [Cipher; 2],
        choice: Choice,
    }
    let mut passed = Vec::new();
    for list in lists {
        let mut list = list.clone();
        let mut stride = 1;
        while stride < list.len() {
            for i in (0..list.len()).filter(|i| i & stride == 0) {
                let choice = choose(rng);
                let x = [list[i], list[i + stride]];
                let mut z = [scale(&x[0], &choice.powers[0]), scale(&x[1], &choice.powers[1])];
                if choice.crossed {
                    z.swap(0, 1);
                }
                [list[i], list[i + stride]] = z;
                passed.push(Passed { x, z, choice });
            }
            stride *= 2;
        }
    }
    let mut t = ProofTranscript::begin(labels::KIND_SHUFFLE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.integer(b"switches", passed.len());
    for Passed { x, z, .. } in &passed {
        t.cipher(b"x-0", &x[0].encode());
        t.cipher(b"x-1", &x[1].encode());
        t.cipher(b"z-0", &z[0].encode());
        t.cipher(b"z-1", &z[1].encode());
    }
    // The permutation that was taken is honest, the other simulated.
    struct Nonces {
        k: [Scalar; 2],
        c_false: Scalar,
        z_false: [Scalar; 2],
    }
    let nonces: Vec<Nonces> = passed
        .iter()
        .map(|_| Nonces {
            k: [Scalar::random(rng), Scalar::random(rng)],
            c_false: Scalar::random(rng),
            z_false: [Scalar::random(rng), Scalar::random(rng)],
        })
        .collect();
    for (Passed { x, z, choice }, nonces) in passed.iter().zip(&nonces) {
        for b in 0..2 {
            for i in 0..2 {
                let announcement = if (b == 1) == choice.crossed {
                    scale(&x[i], &nonces.k[i])
                } else {
                    scale(&x[i], &nonces.z_false[i]) - scale(&z[i ^ b], &nonces.c_false)
                };
                t.cipher(b"announcement", &announcement.encode());
            }
        }
    }
    let c = t.challenge(b"challenge");
    let switches = passed
        .iter()
        .zip(&nonces)
        .map(|(Passed { z, choice, .. }, nonces)| {
            let c_true = c - nonces.c_false;
            let z_true = [0, 1].map(|i: usize| nonces.k[i] + c_true * choice.powers[i]);
            let (c_straight, straight, crossed) = if choice.crossed {
                (nonces.c_false, nonces.z_false, z_true)
            } else {
                (c_true, z_true, nonces.z_false)
            };
            Switch {
                low: z[0].encode(),
                high: z[1].encode(),
                c_straight: encode_scalar(&c_straight),
                z_straight: straight.map(|z| encode_scalar(&z)),
                z_crossed: crossed.map(|z| encode_scalar(&z)),
            }
        })
        .collect();
    (switches, encode_scalar(&c))
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
    let scale = |c: &Cipher, s: &Scalar| Cipher { r: c.r * s, e: c.e * s }.encode();
    let outputs: Vec<Ciphertext> = inputs.iter().zip(a).map(|(c, a)| scale(c, a)).collect();
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
        t.cipher(b"announcement", &scale(input, k));
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
