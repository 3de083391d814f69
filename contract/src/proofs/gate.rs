//! Conditional gates (Schoenmakers and Tuyls, ASIACRYPT 2004): two ciphertexts multiplied by the same
//! secret sign and re-encrypted (spec section 11, K6).
//!
//! One proof for all gates of a message. The prover commits to the signs before it knows the weights
//! `e` and `f`, one for each output. With them the outputs of all gates become one linear relation, and
//! that every value committed to is a sign becomes one quadratic equation.

use super::{
    ProofFault,
    masked::{self, Fold, Opening, Squares, absorb_bases, absorb_blindings},
};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir, Weights},
    group::{Generators, decode_scalar},
};
use alloc::vec::Vec;
use core::iter;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::Digest,
    labels,
    limits::MAX_VECTOR,
    masked::{Quadratic, VectorOpening},
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext as WireCiphertext,
};

/// `X' = v*X + Enc(0; q)` and `Y' = v*Y + Enc(0; q')`, `v` in {1, -1}, for every gate.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// `(X, Y)`.
    pub inputs: &'a [(Ciphertext, Ciphertext)],
    /// The encodings of `inputs`, which the caller already has: recomputing them costs a third of
    /// the verification.
    pub inputs_encoded: &'a [(WireCiphertext, WireCiphertext)],
    /// `(X', Y')` and the masked signs, as posted.
    pub turns: &'a [GateTurn],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec. Of the turns only the outputs are read.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { head, chunk, quorum_key, inputs, inputs_encoded, turns } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        absorb_bases(fs, gens, quorum_key);
        fs.count(b"gates", inputs.len());
        for ((x, y), turn) in inputs_encoded.iter().zip(*turns) {
            fs.ciphertext(b"x-in", x);
            fs.ciphertext(b"y-in", y);
            fs.ciphertext(b"x-out", &turn.x);
            fs.ciphertext(b"y-out", &turn.y);
        }
    }
}

/// `e` and `f`: the weights of `X'` and `Y'` of one gate.
pub type OutputWeights = [Scalar; 2];

/// Absorbs the commitments to the signs and draws the weights of every gate's outputs.
pub fn absorb_signs(
    fs: &mut FiatShamir,
    signs: &[VectorOpening],
    gates: usize,
) -> Vec<OutputWeights> {
    fs.count(b"vectors", signs.len());
    for vector in signs {
        fs.point(b"vector", &vector.commitment);
    }
    let weights = fs.weights(b"weights", gates.saturating_mul(2));
    weights.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).collect()
}

/// Absorbs the announcements and draws `c`.
pub fn absorb_announcements(
    fs: &mut FiatShamir,
    signs: &[VectorOpening],
    squares: &Quadratic,
    announcement: &WireCiphertext,
) -> Scalar {
    masked::absorb_announcements(fs, signs, squares);
    fs.ciphertext(b"announcement", announcement);
    fs.weight(b"challenge")
}

/// Absorbs the responses: the last bytes of the message, before any weight of the verifier's own.
pub fn absorb_responses(fs: &mut FiatShamir, turns: &[GateTurn], proof: &GateProof) {
    for turn in turns {
        fs.masked(b"sign", &turn.sign);
    }
    absorb_blindings(fs, proof.signs.iter(), &proof.squares);
    fs.scalar(b"randomness", &proof.randomness);
}

/// A turn of decoded elements.
struct Turn {
    x: Ciphertext,
    y: Ciphertext,
    sign: Scalar,
}

impl Turn {
    fn decode(turn: &GateTurn) -> Option<Self> {
        let GateTurn { x, y, sign } = turn;
        Some(Self {
            x: Ciphertext::decode(x)?,
            y: Ciphertext::decode(y)?,
            sign: masked::decode(sign),
        })
    }
}

/// A proof of decoded elements.
struct Decoded {
    turns: Vec<Turn>,
    signs: Vec<Opening>,
    squares: Squares,
    announcement: Ciphertext,
    randomness: Scalar,
}

impl Decoded {
    fn decode(turns: &[GateTurn], proof: &GateProof) -> Option<Self> {
        let GateProof { signs, squares, announcement, randomness } = proof;
        Some(Self {
            turns: masked::all(turns, Turn::decode)?,
            signs: masked::all(signs.iter(), Opening::decode)?,
            squares: Squares::decode(squares)?,
            announcement: Ciphertext::decode(announcement)?,
            randomness: decode_scalar(randomness)?,
        })
    }
}

/// Verifies all gates of a message at once and gives the outputs back decoded.
///
/// # Errors
/// The fault that was found first. An empty list is refused.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    proof: &GateProof,
) -> Result<Vec<(Ciphertext, Ciphertext)>, ProofFault> {
    let Statement { quorum_key, inputs, inputs_encoded, turns, .. } = statement;
    ProofFault::unless_complete(inputs.len(), turns.len())?;
    ProofFault::unless_length(inputs.len(), inputs_encoded.len())?;
    ProofFault::unless_length(inputs.len().div_ceil(MAX_VECTOR), proof.signs.len())?;
    let decoded = Decoded::decode(turns, proof).ok_or(ProofFault::NotCanonical)?;

    let mut fs = FiatShamir::begin(labels::KIND_GATE, context);
    statement.absorb(&mut fs, gens);
    let output_weights = absorb_signs(&mut fs, &proof.signs, inputs.len());
    let challenge =
        absorb_announcements(&mut fs, &proof.signs, &proof.squares, &proof.announcement);
    absorb_responses(&mut fs, turns, proof);
    let mut weights = Weights::after(iter::once(fs));

    let Decoded { turns, signs, squares, announcement, randomness } = decoded;
    let terms = turns.len().saturating_mul(8).saturating_add(signs.len().saturating_mul(2));
    let mut fold = Fold::with_capacity(terms.saturating_add(4));
    // sum z_l V_l + w*H = A + c*S, for each vector
    for (vector, turns) in signs.iter().zip(turns.chunks(MAX_VECTOR)) {
        let masked: Vec<Scalar> = turns.iter().map(|turn| turn.sign).collect();
        fold.add_opening(weights.draw(), challenge, &masked, vector);
    }
    // (sum e (z^2 - c^2))*G + t*H = c*T_1 + T_0
    let value = (output_weights.iter().zip(&turns))
        .map(|([e, _], turn)| e * (turn.sign * turn.sign - challenge * challenge))
        .sum();
    fold.add_squares(weights.draw(), challenge, value, &squares);
    // sum z (e*X + f*Y) + R*(K, PK) = M + c * sum (e*X' + f*Y'), both halves
    let halves: [Half; 2] = [|c| c.r, |c| c.e];
    let [of_r, of_e] = halves.map(|half| {
        let weight = weights.draw();
        let weighted_challenge = weight * challenge;
        for (((x, y), turn), [e, f]) in inputs.iter().zip(&turns).zip(&output_weights) {
            let weighted_sign = weight * turn.sign;
            fold.add(weighted_sign * e, half(x));
            fold.add(weighted_sign * f, half(y));
            fold.add(-weighted_challenge * e, half(&turn.x));
            fold.add(-weighted_challenge * f, half(&turn.y));
        }
        fold.add(-weight, half(&announcement));
        weight * randomness
    });
    fold.key += of_r;
    fold.quorum_key += of_e;
    fold.vanishes(gens, quorum_key)?;
    Ok(turns.into_iter().map(|turn| (turn.x, turn.y)).collect())
}

/// One half of a ciphertext.
type Half = fn(&Ciphertext) -> RistrettoPoint;
