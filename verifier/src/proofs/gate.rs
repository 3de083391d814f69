//! Gate: `X' = v*X + Enc(0; q)` and `Y' = v*Y + Enc(0; q')` with the same `v` in {1, -1}
//! (section 11, **K6**).
//!
//! An OR of two equalities of logarithms, one per sign, over differences that vanish but for
//! re-encryption. All gates of a message share `w` and the challenge.

use curve25519_dalek::scalar::Scalar;
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    ranking::GateTurn,
    sealed_bid::Ciphertext,
};

use super::{ProofError, same_length, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript, Weights},
    group::{Cipher, Fold, QuorumKey, encode_doubles},
};

/// The inputs of a chunk of gates: `(X, Y)` per item.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    /// Decoded.
    pub(crate) points: Vec<(Cipher, Cipher)>,
    encodings: Encodings,
}

#[derive(Clone, Debug)]
enum Encodings {
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

    /// What a turn leaves to the next.
    pub(crate) fn posted(turns: &[Turn]) -> Self {
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

/// A turn, everything canonical.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
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
pub(crate) fn decode(turns: &[GateTurn]) -> Result<Vec<Turn>, ProofError> {
    turns
        .iter()
        .enumerate()
        .map(|(i, turn)| {
            let cipher = |c: &Ciphertext, name: &str| {
                Cipher::decode(c)
                    .ok_or_else(|| ProofError::NotCanonical(format!("{name} of gate {i}")))
            };
            let proof = &turn.proof;
            Ok(Turn {
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

/// Points in the equations of one gate.
const POINTS_PER_GATE: usize = 12;

/// The same, decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    head: &Digest,
    chunk: u32,
    quorum_key: &QuorumKey,
    inputs: &Wires,
    turns: &[Turn],
) -> Result<(), ProofError> {
    same_length("gates", inputs.points.len(), turns.len())?;
    let mut t = ProofTranscript::begin(labels::KIND_GATE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"key-base", &crate::group::bases().k_wire);
    t.point(b"quorum-key", &quorum_key.wire);
    t.integer(b"gates", turns.len());
    for ((x, y), turn) in inputs.encoded().iter().zip(turns) {
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

    let gates = || inputs.points.iter().zip(turns);
    let binding = t.binding();
    let mut weights = Weights::for_proofs([binding].iter());
    let mut fold = Fold::with_capacity(turns.len().saturating_mul(POINTS_PER_GATE));
    for (input, turn) in gates() {
        fold_gate(&mut fold, &mut weights, &w, &c, input, turn);
    }
    if fold.vanishes(&quorum_key.point) {
        return Ok(());
    }
    // Something is wrong. Name the gate.
    let culprit = gates().position(|(input, turn)| {
        let mut fold = Fold::with_capacity(POINTS_PER_GATE);
        fold_gate(&mut fold, &mut weights, &w, &c, input, turn);
        !fold.vanishes(&quorum_key.point)
    });
    Err(ProofError::Equation(match culprit {
        Some(gate) => format!("the proof of gate {gate}"),
        None => "the proof of the gates".into(),
    }))
}

/// Adds the four equations of a gate, each times a weight of its own:
///
/// ```text
/// z_s*K - plus_s.R - c_s*D_s.R,   z_s*PK - plus_s.E - c_s*D_s.E      for both signs s
/// D_plus  = (X' - X) + w (Y' - Y)
/// D_minus = (X' + X) + w (Y' + Y)
/// ```
fn fold_gate(
    fold: &mut Fold,
    weights: &mut Weights,
    w: &Scalar,
    c: &Scalar,
    (x, y): &(Cipher, Cipher),
    turn: &Turn,
) {
    let c_minus = c - turn.c_plus;
    let mut half = |x: &_, y: &_, x_out: &_, y_out: &_, plus: &_, minus: &_| {
        let (p, m) = (weights.next(), weights.next());
        fold.add(-p, plus);
        fold.add(-m, minus);
        let (p_c, m_c) = (p * turn.c_plus, m * c_minus);
        // D_plus and D_minus have X' in common, and X with opposite signs.
        let (out, into) = (-(p_c + m_c), p_c - m_c);
        fold.add(out, x_out);
        fold.add(into, x);
        fold.add(w * out, y_out);
        fold.add(w * into, y);
        p * turn.z_plus + m * turn.z_minus
    };
    let k = half(&x.r, &y.r, &turn.x.r, &turn.y.r, &turn.plus.r, &turn.minus.r);
    let pk = half(&x.e, &y.e, &turn.x.e, &turn.y.e, &turn.plus.e, &turn.minus.e);
    fold.k += k;
    fold.pk += pk;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        group::{bases, encode},
        testing::provers,
    };
    use curve25519_dalek::RistrettoPoint;

    struct Case {
        context: Context,
        head: Digest,
        key: Point,
        inputs: Vec<(Ciphertext, Ciphertext)>,
        turns: Vec<GateTurn>,
    }

    impl Case {
        fn verify(&self) -> Result<(), ProofError> {
            verify(&self.context, &self.head, 1, &self.key, &self.inputs, &self.turns)
        }
    }

    /// Signs as given; `true` is +1.
    fn case(signs: &[bool]) -> Case {
        let mut rng = provers::rng(40);
        let key = RistrettoPoint::random(&mut rng);
        let inputs: Vec<(Cipher, Cipher)> = (0..signs.len())
            .map(|_| (provers::encrypt(&mut rng, &key, 1), provers::encrypt(&mut rng, &key, 2)))
            .collect();
        let context = provers::context(2);
        let head = Digest([6; 32]);
        let turns = provers::gates(&mut rng, &context, &head, 1, &key, &inputs, signs);
        Case {
            context,
            head,
            key: encode(&key),
            inputs: inputs.iter().map(|(x, y)| (x.encode(), y.encode())).collect(),
            turns,
        }
    }

    #[test]
    fn both_signs_pass() {
        assert_eq!(case(&[true, false, false, true]).verify(), Ok(()));
        assert_eq!(case(&[true]).verify(), Ok(()));
    }

    #[test]
    fn the_statement_is_bound() {
        let signs = [true, false];
        let mut other = case(&signs);
        other.head = Digest([7; 32]);
        assert!(other.verify().is_err());
        let mut other = case(&signs);
        other.context.step ^= 1;
        assert!(other.verify().is_err());
        let mut other = case(&signs);
        other.key = bases().g_wire;
        assert!(other.verify().is_err());
        let mut other = case(&signs);
        other.inputs.swap(0, 1);
        assert!(other.verify().is_err());
        let mut other = case(&signs);
        other.turns.swap(0, 1);
        assert!(other.verify().is_err());
        let mut other = case(&signs);
        other.turns.pop();
        assert!(matches!(other.verify(), Err(ProofError::Length { .. })));
        let mut other = case(&signs);
        other.turns[1].proof.c_plus = number(3);
        assert_eq!(other.verify(), Err(ProofError::Equation("the proof of gate 1".into())));
    }

    fn number(n: u64) -> talea_protocol::bytes::Scalar {
        talea_protocol::bytes::Scalar(Scalar::from(n).to_bytes())
    }

    #[test]
    fn the_encodings_of_fresh_inputs_are_those_of_their_elements() {
        let mut rng = provers::rng(41);
        let key = RistrettoPoint::random(&mut rng);
        let half = provers::encrypt(&mut rng, &key, 1);
        let y = provers::encrypt(&mut rng, &key, 1);
        let wires = Wires::fresh([(half, y, y.encode())]);
        assert_eq!(wires.encoded(), vec![(half.doubled().encode(), y.encode())]);
        assert_eq!(wires.points, vec![(half.doubled(), y)]);
        assert_eq!(wires.x_randomness(0), None);
    }
}
