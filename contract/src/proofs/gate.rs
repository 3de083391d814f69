//! The conditional gate (Schoenmakers and Tuyls, 2004): two ciphertexts multiplied by the same secret sign
//! and re-encrypted (spec section 11, K6).
//!
//! An OR of two equality proofs for every gate, in announcement form. A challenge `w`, drawn after
//! all outputs, joins the two halves, so that one equality speaks for both: a sign that differed
//! between them would leave `2m*G` or `2w*m*G` in a difference that must be free of `G`.

use super::{ProofFault, Sum};
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
    /// `(X', Y')` and the proofs, as posted.
    pub turns: &'a [GateTurn],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec, and draws `w` after it. Of the turns only
    /// the outputs are read.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) -> Scalar {
        let Self { head, chunk, quorum_key, inputs, inputs_encoded, turns } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        fs.element(b"key-base", &gens.key);
        fs.element(b"quorum-key", quorum_key);
        fs.count(b"gates", inputs.len());
        for ((x, y), turn) in inputs_encoded.iter().zip(*turns) {
            fs.ciphertext(b"x-in", x);
            fs.ciphertext(b"y-in", y);
            fs.ciphertext(b"x-out", &turn.x);
            fs.ciphertext(b"y-out", &turn.y);
        }
        fs.challenge(b"w")
    }
}

/// Absorbs the announcements of every gate and draws `c`.
pub fn absorb_announcements<'a>(
    fs: &mut FiatShamir,
    announcements: impl IntoIterator<Item = (&'a WireCiphertext, &'a WireCiphertext)>,
) -> Scalar {
    for (plus, minus) in announcements {
        fs.ciphertext(b"plus", plus);
        fs.ciphertext(b"minus", minus);
    }
    fs.challenge(b"challenge")
}

/// Absorbs the responses of every gate: the last bytes of the message, before any weight.
pub fn absorb_responses<'a>(fs: &mut FiatShamir, proofs: impl IntoIterator<Item = &'a GateProof>) {
    for proof in proofs {
        fs.scalar(b"c-plus", &proof.c_plus);
        fs.scalar(b"z-plus", &proof.z_plus);
        fs.scalar(b"z-minus", &proof.z_minus);
    }
}

/// A keyholder's turn on one gate, decoded.
struct DecodedGate {
    x: Ciphertext,
    y: Ciphertext,
    plus: Ciphertext,
    minus: Ciphertext,
    c_plus: Scalar,
    z_plus: Scalar,
    z_minus: Scalar,
}

impl DecodedGate {
    fn decode(turn: &GateTurn) -> Option<Self> {
        let GateTurn { x, y, proof } = turn;
        let GateProof { plus, minus, c_plus, z_plus, z_minus } = proof;
        Some(Self {
            x: Ciphertext::decode(x)?,
            y: Ciphertext::decode(y)?,
            plus: Ciphertext::decode(plus)?,
            minus: Ciphertext::decode(minus)?,
            c_plus: decode_scalar(c_plus)?,
            z_plus: decode_scalar(z_plus)?,
            z_minus: decode_scalar(z_minus)?,
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
) -> Result<Vec<(Ciphertext, Ciphertext)>, ProofFault> {
    let Statement { quorum_key, inputs, inputs_encoded, turns, .. } = statement;
    ProofFault::unless_complete(inputs.len(), turns.len())?;
    ProofFault::unless_length(inputs.len(), inputs_encoded.len())?;
    let decoded: Option<Vec<DecodedGate>> = turns.iter().map(DecodedGate::decode).collect();
    let decoded = decoded.ok_or(ProofFault::NotCanonical)?;

    let mut fs = FiatShamir::begin(labels::KIND_GATE, context);
    let w = statement.absorb(&mut fs, gens);
    let announcements = turns.iter().map(|turn| (&turn.proof.plus, &turn.proof.minus));
    let challenge = absorb_announcements(&mut fs, announcements);
    absorb_responses(&mut fs, turns.iter().map(|turn| &turn.proof));
    let mut weights = Weights::after(iter::once(fs));

    // Per gate and sign, both components of
    //   (z*K, z*PK) = announcement + c_sign * D_sign,
    //   D_plus  = (X' - X) + w (Y' - Y),
    //   D_minus = (X' + X) + w (Y' + Y),
    // each with a weight of its own.
    let terms = decoded.len().saturating_mul(12).saturating_add(2);
    let mut sum = Sum::with_capacity(terms);
    let (mut of_key_base, mut of_quorum_key) = (Scalar::ZERO, Scalar::ZERO);
    for ((x, y), turn) in inputs.iter().zip(&decoded) {
        let c_minus = challenge - turn.c_plus;
        let components: [(Component, &mut Scalar); 2] =
            [(|c| c.r, &mut of_key_base), (|c| c.e, &mut of_quorum_key)];
        for (component, of_base) in components {
            let (plus, minus) = (weights.draw(), weights.draw());
            let (c_plus, c_minus) = (plus * turn.c_plus, minus * c_minus);
            let (output, input) = (c_plus + c_minus, c_minus - c_plus);
            sum.add(output, component(&turn.x));
            sum.add(input, component(x));
            sum.add(w * output, component(&turn.y));
            sum.add(w * input, component(y));
            sum.add(plus, component(&turn.plus));
            sum.add(minus, component(&turn.minus));
            *of_base -= plus * turn.z_plus + minus * turn.z_minus;
        }
    }
    sum.add(of_key_base, gens.key);
    sum.add(of_quorum_key, *quorum_key);
    ProofFault::unless(sum.vanishes())?;
    Ok(decoded.into_iter().map(|turn| (turn.x, turn.y)).collect())
}

/// One half of a ciphertext.
type Component = fn(&Ciphertext) -> RistrettoPoint;
