//! The conditional gate (Schoenmakers and Tuyls, 2004): `X' = v*X + Enc(0; q)` and `Y' = v*Y + Enc(0; q')` with the same `v` in {1, -1}
//! (section 11, **K6**).
//!
//! An OR of two equalities of logarithms, one per sign, over differences that vanish but for
//! re-encryption. All gates of a message share `w` and the challenge.

use std::collections::BTreeMap;

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    ranking::GateTurn,
    sealed_bid::Ciphertext,
};

use super::{ProofError, scalar};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights},
    group::{Cipher, Fold, QuorumKey, encode_doubles},
};

/// The inputs of a chunk of gates: `(X, Y)` per item.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    /// Decoded.
    pub(crate) points: Vec<(Cipher, Cipher)>,
    pub(crate) encodings: Encodings,
}

#[derive(Clone, Debug)]
pub(crate) enum Encodings {
    /// As a keyholder posted them.
    Posted(Vec<(Ciphertext, Ciphertext)>),
    /// Not encoded yet: half of every `X`, and every `Y` encoded.
    Halved(Vec<Cipher>, Vec<Ciphertext>),
}

impl Wires {
    /// What a digit's gates start from: `X = 2 * half`, and `Y` decoded and encoded.
    pub(crate) fn fresh(items: impl IntoIterator<Item = (Cipher, Cipher, Ciphertext)>) -> Self {
        let mut points = Vec::new();
        let mut halves = Vec::new();
        let mut ys = Vec::new();
        for (half, y, y_wire) in items {
            points.push((half.doubled(), y));
            halves.push(half);
            ys.push(y_wire);
        }
        Self { points, encodings: Encodings::Halved(halves, ys) }
    }

    /// One gate's, decoded only.
    fn one(points: &(Cipher, Cipher)) -> Self {
        Self { points: vec![*points], encodings: Encodings::Posted(Vec::new()) }
    }

    /// The outputs of one turn, inputs of the next.
    pub(crate) fn posted(turns: &[DecodedGate]) -> Self {
        Self {
            points: turns.iter().map(|t| (t.x, t.y)).collect(),
            encodings: Encodings::Posted(turns.iter().map(|t| (t.wire.x, t.wire.y)).collect()),
        }
    }

    /// The encodings of every `(X, Y)`.
    pub(crate) fn encoded(&self) -> Vec<(Ciphertext, Ciphertext)> {
        match &self.encodings {
            Encodings::Posted(encoded) => encoded.clone(),
            Encodings::Halved(halves, ys) => {
                encode_doubles(halves).into_iter().zip(ys.iter().copied()).collect()
            }
        }
    }

    /// The encoding of the randomness of the `X` of an item that was posted.
    pub(crate) fn x_randomness(&self, item: usize) -> Option<Point> {
        match &self.encodings {
            Encodings::Posted(encoded) => encoded.get(item).map(|(x, _)| x.r),
            Encodings::Halved(..) => None,
        }
    }
}

/// A keyholder's turn on one gate, decoded and canonical.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecodedGate {
    wire: GateTurn,
    x: Cipher,
    y: Cipher,
    plus: Cipher,
    minus: Cipher,
    c_plus: Scalar,
    z_plus: Scalar,
    z_minus: Scalar,
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(turns: &[GateTurn]) -> Result<Vec<DecodedGate>, ProofError> {
    turns
        .iter()
        .enumerate()
        .map(|(i, turn)| {
            let cipher = |c: &Ciphertext, name: &str| {
                Cipher::decode(c)
                    .ok_or_else(|| ProofError::NotCanonical(format!("{name} of gate {i}")))
            };
            let proof = &turn.proof;
            Ok(DecodedGate {
                wire: *turn,
                x: cipher(&turn.x, "X'")?,
                y: cipher(&turn.y, "Y'")?,
                plus: cipher(&proof.plus, "the plus announcement")?,
                minus: cipher(&proof.minus, "the minus announcement")?,
                c_plus: scalar(&proof.c_plus, || format!("c-plus of gate {i}"))?,
                z_plus: scalar(&proof.z_plus, || format!("z-plus of gate {i}"))?,
                z_minus: scalar(&proof.z_minus, || format!("z-minus of gate {i}"))?,
            })
        })
        .collect()
}

/// Checks a keyholder's turn on a chunk of gates.
///
/// # Errors
/// [`ProofError`] if lengths differ, an encoding is not canonical, or an equation does not hold.
pub fn verify(
    context: &Context,
    head: &Digest,
    chunk: u32,
    quorum_key: &Point,
    inputs: &[(Ciphertext, Ciphertext)],
    turns: &[GateTurn],
) -> Result<(), ProofError> {
    let key = QuorumKey {
        point: super::point(quorum_key, || "the quorum key".into())?,
        wire: *quorum_key,
    };
    let points = inputs
        .iter()
        .enumerate()
        .map(|(i, (x, y))| {
            let cipher = |c: &Ciphertext, name: &str| {
                Cipher::decode(c)
                    .ok_or_else(|| ProofError::NotCanonical(format!("{name} of gate {i}")))
            };
            Ok((cipher(x, "X")?, cipher(y, "Y")?))
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    let wires = Wires { points, encodings: Encodings::Posted(inputs.to_vec()) };
    verify_decoded(context, head, chunk, &key, &wires, &decode(turns)?)
}

/// The same, decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    head: &Digest,
    chunk: u32,
    quorum_key: &QuorumKey,
    inputs: &Wires,
    turns: &[DecodedGate],
) -> Result<(), ProofError> {
    let message = Message {
        context: *context,
        head: *head,
        chunk,
        quorum_key,
        inputs,
        outputs: &Wires::posted(turns),
        turns,
    };
    match judge(&[message]).pop() {
        Some(Some(error)) => Err(error),
        Some(None) | None => Ok(()),
    }
}

/// A keyholder's turn on a chunk, to be judged.
pub(crate) struct Message<'a> {
    pub(crate) context: Context,
    pub(crate) head: Digest,
    pub(crate) chunk: u32,
    pub(crate) quorum_key: &'a QuorumKey,
    /// The outputs of the turn before, if any; the same allocation identifies it.
    pub(crate) inputs: &'a Wires,
    pub(crate) outputs: &'a Wires,
    pub(crate) turns: &'a [DecodedGate],
}

impl Message<'_> {
    /// Whether it has one turn per gate.
    fn covers(&self) -> bool {
        let gates = self.turns.len();
        gates > 0 && self.inputs.points.len() == gates && self.outputs.points.len() == gates
    }
}

/// A message with its challenges.
struct Challenged<'a, 'b> {
    message: &'a Message<'b>,
    w: Scalar,
    c: Scalar,
    binding: Binding,
}

/// Draws the challenges, and the binding after the last response.
fn challenge<'a, 'b>(message: &'a Message<'b>) -> Challenged<'a, 'b> {
    let turns = message.turns;
    let mut t = ProofTranscript::begin(labels::KIND_GATE, &message.context);
    t.digest(b"head", &message.head);
    t.integer(b"chunk", message.chunk);
    t.point(b"key-base", &crate::group::bases().k_wire);
    t.point(b"quorum-key", &message.quorum_key.wire);
    t.integer(b"gates", turns.len());
    for ((x, y), turn) in message.inputs.encoded().iter().zip(turns) {
        t.cipher(b"x-in", x);
        t.cipher(b"y-in", y);
        t.cipher(b"x-out", &turn.wire.x);
        t.cipher(b"y-out", &turn.wire.y);
    }
    let w = t.challenge(b"w");
    for turn in turns {
        t.cipher(b"plus", &turn.wire.proof.plus);
        t.cipher(b"minus", &turn.wire.proof.minus);
    }
    let c = t.challenge(b"challenge");
    for turn in turns {
        t.scalar(b"c-plus", &turn.wire.proof.c_plus);
        t.scalar(b"z-plus", &turn.wire.proof.z_plus);
        t.scalar(b"z-minus", &turn.wire.proof.z_minus);
    }
    Challenged { message, w, c, binding: t.binding() }
}

/// Points that one multi-scalar multiplication should have at least to be worth its buckets.
const FOLD_POINTS: usize = 2048;

/// Points of one turn on one gate, those shared with the turn before not counted.
const POINTS_PER_TURN: usize = 8;

/// Judges messages: nothing for one that holds. Turns on the same chunk are folded together, for
/// what one puts out the next takes in, and then as many as are worth it; where a fold fails, each
/// message by itself. Which share a fold depends on nothing but the messages.
pub(crate) fn judge(messages: &[Message<'_>]) -> Vec<Option<ProofError>> {
    let folds = cut(messages);
    let verdicts: Vec<Vec<(usize, Option<ProofError>)>> = folds
        .into_par_iter()
        .with_max_len(1)
        .map(|fold| {
            let challenged: Vec<(usize, Challenged<'_, '_>)> =
                fold.into_iter().map(|(at, message)| (at, challenge(message))).collect();
            let all: Vec<&Challenged<'_, '_>> = challenged.iter().map(|(_, one)| one).collect();
            if fold_holds(&all) {
                return challenged.iter().map(|(at, _)| (*at, None)).collect();
            }
            challenged.par_iter().map(|(at, one)| (*at, one.fault())).collect()
        })
        .collect();
    let mut verdicts = verdicts.concat();
    verdicts.sort_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Cuts messages into folds, each with the place of its messages among all.
pub(crate) fn cut<'a, 'b>(messages: &'a [Message<'b>]) -> Vec<Vec<(usize, &'a Message<'b>)>> {
    // Turns in a row: a message belongs to the chain whose last outputs are its inputs.
    let mut chains: Vec<Vec<(usize, &Message<'_>)>> = Vec::new();
    let mut chain_of: BTreeMap<*const Wires, usize> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        let known = chain_of.remove(&std::ptr::from_ref(message.inputs));
        let chain = known.unwrap_or(chains.len());
        match chains.get_mut(chain) {
            Some(chain) => chain.push((at, message)),
            None => chains.push(vec![(at, message)]),
        }
        chain_of.insert(std::ptr::from_ref(message.outputs), chain);
    }
    let mut folds: Vec<Vec<(usize, &Message<'_>)>> = Vec::new();
    let mut room = 0usize;
    for chain in chains {
        let gates: usize = chain.iter().map(|(_, message)| message.turns.len()).sum();
        let points = gates.saturating_mul(POINTS_PER_TURN);
        match folds.last_mut().filter(|_| room > 0) {
            Some(fold) => fold.extend(chain),
            None => {
                room = FOLD_POINTS;
                folds.push(chain);
            }
        }
        room = room.saturating_sub(points);
    }
    folds
}

/// Whether all equations of all these messages hold.
fn fold_holds(challenged: &[&Challenged<'_, '_>]) -> bool {
    let Some(first) = challenged.first() else {
        return true;
    };
    if !challenged.iter().all(|one| one.message.covers()) {
        return false;
    }
    let bindings: Vec<Binding> = challenged.iter().map(|one| one.binding).collect();
    let mut weights = Weights::for_proofs(bindings.iter());
    let gates: usize = challenged.iter().map(|one| one.message.turns.len()).sum();
    let mut fold = Fold::with_capacity(gates.saturating_mul(12));
    let mut sums = Sums::default();
    for one in challenged {
        one.fold_into(&mut fold, &mut sums, &mut weights);
    }
    sums.add_to(&mut fold);
    fold.vanishes(&first.message.quorum_key.point)
}

/// What multiplies the wires: `X.R, X.E, Y.R, Y.E` of every gate. Wires between two turns occur in
/// the equations of both and are multiplied once.
#[derive(Default)]
struct Sums<'a> {
    place: BTreeMap<*const Wires, usize>,
    sums: Vec<(&'a Wires, Vec<[Scalar; 4]>)>,
}

impl<'a> Sums<'a> {
    fn of(&mut self, wires: &'a Wires) -> usize {
        let next = self.sums.len();
        let place = *self.place.entry(std::ptr::from_ref(wires)).or_insert(next);
        if place == next {
            self.sums.push((wires, vec![[Scalar::ZERO; 4]; wires.points.len()]));
        }
        place
    }

    fn add(&mut self, place: usize, gate: usize, scalars: [Scalar; 4]) {
        let sum = self.sums.get_mut(place).and_then(|(_, sums)| sums.get_mut(gate));
        // Places and gates are those of the wires' own lists.
        debug_assert!(sum.is_some());
        for (sum, scalar) in sum.into_iter().flatten().zip(scalars) {
            *sum += scalar;
        }
    }

    fn add_to(&self, fold: &mut Fold) {
        for (wires, sums) in &self.sums {
            for ((x, y), [x_r, x_e, y_r, y_e]) in wires.points.iter().zip(sums) {
                fold.add(*x_r, &x.r);
                fold.add(*x_e, &x.e);
                fold.add(*y_r, &y.r);
                fold.add(*y_e, &y.e);
            }
        }
    }
}

impl<'b> Challenged<'_, 'b> {
    /// Adds the four equations of every gate, each times a weight of its own:
    ///
    /// ```text
    /// z_s*K - plus_s.R - c_s*D_s.R,   z_s*PK - plus_s.E - c_s*D_s.E      for both signs s
    /// D_plus  = (X' - X) + w (Y' - Y)
    /// D_minus = (X' + X) + w (Y' + Y)
    /// ```
    fn fold_into(&self, fold: &mut Fold, sums: &mut Sums<'b>, weights: &mut Weights) {
        let into = sums.of(self.message.inputs);
        let out = sums.of(self.message.outputs);
        for (gate, turn) in self.message.turns.iter().enumerate() {
            let c_minus = self.c - turn.c_plus;
            let mut half = |plus: &_, minus: &_| {
                let (p, m) = (weights.next(), weights.next());
                fold.add(-p, plus);
                fold.add(-m, minus);
                let (p_c, m_c) = (p * turn.c_plus, m * c_minus);
                // D_plus and D_minus have X' in common, and X with opposite signs.
                (-(p_c + m_c), p_c - m_c, p * turn.z_plus + m * turn.z_minus)
            };
            let (out_r, into_r, k) = half(&turn.plus.r, &turn.minus.r);
            let (out_e, into_e, pk) = half(&turn.plus.e, &turn.minus.e);
            let w = self.w;
            sums.add(out, gate, [out_r, out_e, w * out_r, w * out_e]);
            sums.add(into, gate, [into_r, into_e, w * into_r, w * into_e]);
            fold.k += k;
            fold.pk += pk;
        }
    }

    /// What is wrong with the message by itself, if something is; the gate, named.
    fn fault(&self) -> Option<ProofError> {
        let message = self.message;
        if !message.covers() {
            let expected = message.inputs.points.len().max(1);
            let actual = message.turns.len();
            return Some(ProofError::Length { what: "gates", expected, actual });
        }
        if fold_holds(&[self]) {
            return None;
        }
        let mut weights = Weights::for_proofs([self.binding].iter());
        let gates = message.inputs.points.iter().zip(message.turns);
        let culprit = gates.clone().position(|(input, turn)| {
            let (inputs, outputs) = (Wires::one(input), Wires::posted(&[*turn]));
            let message = Message {
                context: message.context,
                head: message.head,
                chunk: message.chunk,
                quorum_key: message.quorum_key,
                inputs: &inputs,
                outputs: &outputs,
                turns: std::slice::from_ref(turn),
            };
            let alone =
                Challenged { message: &message, w: self.w, c: self.c, binding: self.binding };
            let mut fold = Fold::with_capacity(12);
            let mut sums = Sums::default();
            alone.fold_into(&mut fold, &mut sums, &mut weights);
            sums.add_to(&mut fold);
            !fold.vanishes(&message.quorum_key.point)
        });
        Some(ProofError::Equation(match culprit {
            Some(gate) => format!("the proof of gate {gate}"),
            None => "the proof of the gates".into(),
        }))
    }
}
