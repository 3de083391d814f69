//! The conditional gate (Schoenmakers and Tuyls, 2004): `X' = v*X + Enc(0; q)` and `Y' = v*Y + Enc(0; q')` with the same `v` in {1, -1}
//! (section 11, **K6**).
//!
//! One proof for all gates of a message. Vectors commit to the signs, [`MAX_VECTOR`] to each; weights drawn
//! after that make one equation of all outputs, and one of all squares.

use std::sync::Arc;

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::{Digest, Point, Scalar as WireScalar},
    labels,
    limits::MAX_VECTOR,
    masked::Masked,
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext,
};

use super::{
    ProofError,
    masked::{Quadratic, VectorOpening, absorb_bases},
    same_length, scalar,
    turns::{self, Items, Sums, Turn, gather},
};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights},
    group::{Cipher, Fold, QuorumKey, encode_doubles, masked_integer},
};

/// A gate that nobody has had a turn on.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// Half of `X`.
    pub(crate) half_x: Cipher,
    pub(crate) y: Cipher,
    /// `Y`, encoded.
    pub(crate) y_wire: Ciphertext,
}

/// The inputs of a chunk of gates: `(X, Y)` per item.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    /// Decoded.
    pub(crate) points: Vec<(Cipher, Cipher)>,
    /// Encoded.
    pub(crate) encoded: Vec<(Ciphertext, Ciphertext)>,
}

impl Wires {
    /// What a digit's gates start from.
    pub(crate) fn fresh(gates: &[Gate]) -> Self {
        let points = gates.iter().map(|gate| (gate.half_x.doubled(), gate.y)).collect();
        let halves: Vec<Cipher> = gates.iter().map(|gate| gate.half_x).collect();
        let ys = gates.iter().map(|gate| gate.y_wire);
        Self { points, encoded: encode_doubles(&halves).into_iter().zip(ys).collect() }
    }
}

/// A keyholder's turn on a chunk, everything canonical.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    /// `X'`, `Y'` of every gate: the inputs of the next turn.
    pub(crate) outputs: Arc<Wires>,
    signs: Vec<Masked>,
    /// `z` of every gate.
    z: Vec<Scalar>,
    vectors: Vec<VectorOpening>,
    squares: Quadratic,
    announcement_wire: Ciphertext,
    /// `M`.
    announcement: Cipher,
    randomness_wire: WireScalar,
    /// `R`.
    randomness: Scalar,
}

/// Decodes both ciphertexts of gate `i`, each with its name.
fn pair(
    x: (&Ciphertext, &str),
    y: (&Ciphertext, &str),
    i: usize,
) -> Result<(Cipher, Cipher), ProofError> {
    let cipher = |(c, name): (&Ciphertext, &str)| {
        Cipher::decode(c).ok_or_else(|| ProofError::NotCanonical(format!("{name} of gate {i}")))
    };
    Ok((cipher(x)?, cipher(y)?))
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(turns: &[GateTurn], proof: &GateProof) -> Result<Decoded, ProofError> {
    let GateProof { signs: vectors, squares, announcement, randomness } = proof;
    same_length("sign vectors", turns.len().div_ceil(MAX_VECTOR), vectors.len())?;
    let points = turns
        .iter()
        .enumerate()
        .map(|(i, turn)| pair((&turn.x, "X'"), (&turn.y, "Y'"), i))
        .collect::<Result<Vec<_>, ProofError>>()?;
    let encoded = turns.iter().map(|turn| (turn.x, turn.y)).collect();
    let signs: Vec<Masked> = turns.iter().map(|turn| turn.sign).collect();
    Ok(Decoded {
        outputs: Arc::new(Wires { points, encoded }),
        z: signs.iter().map(masked_integer).collect(),
        signs,
        vectors: vectors.iter().map(VectorOpening::decode).collect::<Result<_, _>>()?,
        squares: Quadratic::decode(squares)?,
        announcement_wire: *announcement,
        announcement: Cipher::decode(announcement)
            .ok_or_else(|| ProofError::NotCanonical("the gates' announcement".into()))?,
        randomness_wire: *randomness,
        randomness: scalar(randomness, || "the gates' randomness".into())?,
    })
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
    proof: &GateProof,
) -> Result<(), ProofError> {
    let key = QuorumKey {
        point: super::point(quorum_key, || "the quorum key".into())?,
        wire: *quorum_key,
    };
    let points = inputs
        .iter()
        .enumerate()
        .map(|(i, (x, y))| pair((x, "X"), (y, "Y"), i))
        .collect::<Result<Vec<_>, ProofError>>()?;
    let wires = Wires { points, encoded: inputs.to_vec() };
    let message = Message {
        context: *context,
        head: *head,
        chunk,
        quorum_key: &key,
        inputs: &wires,
        post: &decode(turns, proof)?,
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
    pub(crate) post: &'a Decoded,
}

impl Items for Wires {
    fn count(&self) -> usize {
        self.points.len().saturating_mul(4)
    }

    /// `X.R`, `X.E`, `Y.R`, `Y.E` of every gate.
    fn points(&self) -> impl Iterator<Item = &RistrettoPoint> {
        self.points.iter().flat_map(|(x, y)| [&x.r, &x.e, &y.r, &y.e])
    }
}

impl Message<'_> {
    /// Whether it has one turn per gate.
    fn covers(&self) -> bool {
        let gates = self.post.z.len();
        gates > 0 && self.inputs.points.len() == gates
    }
}

impl Turn for Message<'_> {
    type Items = Wires;

    fn inputs(&self) -> &Wires {
        self.inputs
    }

    fn outputs(&self) -> &Arc<Wires> {
        &self.post.outputs
    }

    fn other_points(&self) -> usize {
        let vectors = self.post.vectors.len().saturating_mul(VectorOpening::POINTS);
        vectors.saturating_add(Quadratic::POINTS + 2)
    }
}

/// A message with its challenges.
pub(crate) struct Challenged<'a, 'b> {
    message: &'a Message<'b>,
    /// `e`, `f` of every gate.
    pub(crate) weights: Vec<Scalar>,
    pub(crate) c: Scalar,
    pub(crate) binding: Binding,
}

/// Draws the challenges, and the binding after the last response.
pub(crate) fn challenge<'a, 'b>(message: &'a Message<'b>) -> Challenged<'a, 'b> {
    let post = message.post;
    let gates = post.z.len();
    let mut t = ProofTranscript::begin(labels::KIND_GATE, &message.context);
    t.digest(b"head", &message.head);
    t.integer(b"chunk", message.chunk);
    absorb_bases(&mut t, &message.quorum_key.wire);
    t.integer(b"gates", gates);
    let (inputs, outputs) = (&message.inputs.encoded, &post.outputs.encoded);
    for ((x, y), (x_out, y_out)) in inputs.iter().zip(outputs) {
        t.cipher(b"x-in", x);
        t.cipher(b"y-in", y);
        t.cipher(b"x-out", x_out);
        t.cipher(b"y-out", y_out);
    }
    t.integer(b"vectors", post.vectors.len());
    post.vectors.iter().for_each(|vector| vector.absorb_commitment(&mut t, b"vector"));
    let weights = t.weights(b"weights", gates.saturating_mul(2));

    (post.vectors.iter()).for_each(|v| v.absorb_announcement(&mut t, b"vector-announcement"));
    post.squares.absorb_announcements(&mut t);
    t.cipher(b"announcement", &post.announcement_wire);
    let c = t.weight(b"challenge");

    // No challenge follows these; the weights of the fold must.
    post.signs.iter().for_each(|sign| t.masked(b"sign", sign));
    post.vectors.iter().for_each(|vector| vector.absorb_response(&mut t));
    post.squares.absorb_response(&mut t);
    t.scalar(b"randomness", &post.randomness_wire);
    Challenged { message, weights, c, binding: t.binding() }
}

/// Judges messages: nothing for one that holds.
pub(crate) fn judge(messages: &[Message<'_>]) -> Vec<Option<ProofError>> {
    turns::judge(messages, challenge, fold_holds, Challenged::fault)
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
    let points = turns::points(challenged.iter().map(|one| one.message));
    turns::fold_vanishes(&bindings, points, first.message.quorum_key, |fold, sums, weights| {
        challenged.iter().for_each(|one| one.fold_into(fold, sums, weights));
    })
}

impl<'b> Challenged<'_, 'b> {
    /// Adds the equations, each times a weight of its own:
    ///
    /// ```text
    /// sum z_l V_l + w*H = A + c*S                                          per vector
    /// (sum e (z^2 - c^2))*G + t*H = c*T_1 + T_0
    /// sum z (e*X + f*Y) + R*(K, PK) = M + c * sum (e*X' + f*Y')            in both components
    /// ```
    fn fold_into(&self, fold: &mut Fold, sums: &mut Sums<'b, Wires>, weights: &mut Weights) {
        let Self { message, c, .. } = self;
        let post = message.post;
        for (vector, z) in post.vectors.iter().zip(post.z.chunks(MAX_VECTOR)) {
            vector.fold_into(fold, &weights.next(), c, z);
        }
        let (square, of_r, of_e) = (weights.next(), weights.next(), weights.next());

        let c_squared = c * c;
        let mut squares = Scalar::ZERO;
        let of_gates = || self.weights.as_chunks::<2>().0.iter().zip(&post.z);
        for (sums, ([e, f], z)) in sums.of(message.inputs).iter_mut().zip(of_gates()) {
            squares += e * (z * z - c_squared);
            let (z_e, z_f) = (z * e, z * f);
            gather(sums, [of_r * z_e, of_e * z_e, of_r * z_f, of_e * z_f]);
        }
        let (r_c, e_c) = (-(of_r * c), -(of_e * c));
        for (sums, ([e, f], _)) in sums.of(&post.outputs).iter_mut().zip(of_gates()) {
            gather(sums, [r_c * e, e_c * e, r_c * f, e_c * f]);
        }
        post.squares.fold_into(fold, &square, c, &squares);
        fold.subtract(of_r, &post.announcement.r);
        fold.subtract(of_e, &post.announcement.e);
        fold.k += of_r * post.randomness;
        fold.pk += of_e * post.randomness;
    }

    /// What is wrong with a message that does not hold.
    fn fault(&self) -> ProofError {
        let message = self.message;
        if !message.covers() {
            let expected = message.inputs.points.len().max(1);
            let actual = message.post.z.len();
            return ProofError::Length { what: "gates", expected, actual };
        }
        ProofError::Equation("the proof of the gates".into())
    }
}
