//! Forgers of turns on gates: a gate whose halves took different signs, or anything but a sign,
//! moves the price.

use super::{blind::Stuck, *};
use talea_contract::{
    fiat_shamir::{FiatShamir, Weights},
    proofs::gate::{Statement, verify},
};
use talea_parties::{choices::Sign, masks::Masks, proofs::gate as prover};
use talea_protocol::{
    labels,
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext as Wire,
};
use talea_verifier::proofs::gate as second;

/// A post of turns on gates.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) context: Context,
    pub(crate) chunk: u32,
    pub(crate) quorum_key: RistrettoPoint,
    pub(crate) inputs: Vec<(Ciphertext, Ciphertext)>,
    pub(crate) turns: Vec<GateTurn>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Nothing of the statement is hashed.
    OnlyAnnouncementsHashed,
    /// No output is hashed.
    OutputsUnhashed,
    /// The halves are joined with `w = 1`.
    KnownFold,
    /// The equations of both components are added with weight one.
    ComponentsMerged,
    /// The equations of `R` are not checked.
    FirstHalfUnchecked,
    /// The equations of `E` are not checked.
    SecondHalfUnchecked,
    /// The equations are folded with weights drawn before the responses are absorbed.
    WeightsBeforeResponses,
}

/// The challenges of a message, and the weights of a verifier that draws them too early.
struct Challenges {
    w: Scalar,
    c: Scalar,
    early_weights: [Scalar; 4],
}

impl Gate {
    fn encoded(&self) -> Vec<(Wire, Wire)> {
        self.inputs.iter().map(|(x, y)| (x.encode(), y.encode())).collect()
    }

    fn with_statement<T>(&self, use_it: impl FnOnce(&Statement<'_>) -> T) -> T {
        let encoded = self.encoded();
        let Self { chunk, quorum_key, ref inputs, ref turns, .. } = *self;
        let statement =
            Statement { head: HEAD, chunk, quorum_key, inputs, inputs_encoded: &encoded, turns };
        use_it(&statement)
    }

    /// The challenges over what a verifier with this flaw hashes.
    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let mut fs = FiatShamir::begin(labels::KIND_GATE, &self.context);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.digest(b"head", &HEAD);
            fs.integer(b"chunk", self.chunk);
            fs.element(b"key-base", &generators().key);
            fs.element(b"quorum-key", &self.quorum_key);
            fs.count(b"gates", self.inputs.len());
            for ((x, y), turn) in self.encoded().iter().zip(&self.turns) {
                fs.ciphertext(b"x-in", x);
                fs.ciphertext(b"y-in", y);
                if !matches!(flaw, Some(Flaw::OutputsUnhashed)) {
                    fs.ciphertext(b"x-out", &turn.x);
                    fs.ciphertext(b"y-out", &turn.y);
                }
            }
        }
        let drawn = fs.challenge(b"w");
        let w = if matches!(flaw, Some(Flaw::KnownFold)) { Scalar::ONE } else { drawn };
        for turn in &self.turns {
            fs.ciphertext(b"plus", &turn.proof.plus);
            fs.ciphertext(b"minus", &turn.proof.minus);
        }
        let c = fs.challenge(b"challenge");
        let mut weights = Weights::after([fs]);
        Challenges { w, c, early_weights: std::array::from_fn(|_| weights.draw()) }
    }

    /// `D_plus` and `D_minus` of a gate.
    fn differences(&self, gate: usize, w: &Scalar) -> Option<[Ciphertext; 2]> {
        let (x, y) = self.inputs.get(gate)?;
        let turn = self.turns.get(gate)?;
        let (x_out, y_out) = (Ciphertext::decode(&turn.x)?, Ciphertext::decode(&turn.y)?);
        Some([(x_out - *x) + (y_out - *y).scaled(w), (x_out + *x) + (y_out + *y).scaled(w)])
    }

    /// `(z*K, z*PK)`.
    fn encryption_of_zero(&self, z: &Scalar) -> Ciphertext {
        Ciphertext { r: generators().key * z, e: self.quorum_key * z }
    }

    /// Proves the only gate as the protocol does, claiming that `D_sign = (s*K, s*PK)`; the other
    /// sign is simulated.
    fn prove_knowing(&mut self, is_plus: bool, s: impl Fn(&Scalar) -> Scalar, flaw: Option<Flaw>) {
        let mut rng = rng(80);
        let (k, z_other, c_other) = (scalar(&mut rng), scalar(&mut rng), scalar(&mut rng));
        let w = self.challenges(flaw).w;
        let [d_plus, d_minus] = self.differences(0, &w).unwrap();
        let other = if is_plus { d_minus } else { d_plus };
        let real = self.encryption_of_zero(&k).encode();
        let simulated = (self.encryption_of_zero(&z_other) - other.scaled(&c_other)).encode();
        let proof = &mut self.turns[0].proof;
        (proof.plus, proof.minus) = if is_plus { (real, simulated) } else { (simulated, real) };
        let Challenges { c, .. } = self.challenges(flaw);
        let c_real = c - c_other;
        let z_real = k + c_real * s(&w);
        let (c_plus, z_plus, z_minus) =
            if is_plus { (c_real, z_real, z_other) } else { (c_other, z_other, z_real) };
        let proof = &mut self.turns[0].proof;
        proof.c_plus = encode_scalar(&c_plus);
        proof.z_plus = encode_scalar(&z_plus);
        proof.z_minus = encode_scalar(&z_minus);
    }

    /// The four sides that must be `O` in an honest gate, in the order in which the contract draws
    /// weights for them: `R` of plus and minus, then `E` of both.
    fn residues(&self, gate: usize, w: &Scalar, c: &Scalar) -> Option<[RistrettoPoint; 4]> {
        let [d_plus, d_minus] = self.differences(gate, w)?;
        let GateProof { plus, minus, c_plus, z_plus, z_minus } = self.turns.get(gate)?.proof;
        let c_plus = decode_scalar(&c_plus)?;
        let side = |announcement: &Wire, c: Scalar, z: Scalar, d: Ciphertext| {
            let announcement = Ciphertext::decode(announcement)?;
            Some(self.encryption_of_zero(&z) - announcement - d.scaled(&c))
        };
        let plus = side(&plus, c_plus, decode_scalar(&z_plus)?, d_plus)?;
        let minus = side(&minus, c - c_plus, decode_scalar(&z_minus)?, d_minus)?;
        Some([plus.r, minus.r, plus.e, minus.e])
    }
}

impl Artefact for Gate {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        self.with_statement(|statement| verify(&generators(), &self.context, statement).map(|_| ()))
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let quorum_key = encode_point(&self.quorum_key);
        let context = place(&self.context);
        second::verify(&context, &HEAD, self.chunk, &quorum_key, &self.encoded(), &self.turns)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let none = RistrettoPoint::default();
        let Challenges { w, c, early_weights } = self.challenges(flaw);
        let complete = !self.inputs.is_empty() && self.inputs.len() == self.turns.len();
        complete
            && (0..self.turns.len()).all(|gate| {
                let Some(sides) = self.residues(gate, &w, &c) else { return false };
                let [plus_r, minus_r, plus_e, minus_e] = sides;
                match flaw {
                    Some(Flaw::ComponentsMerged) => {
                        plus_r + plus_e == none && minus_r + minus_e == none
                    }
                    Some(Flaw::FirstHalfUnchecked) => [plus_e, minus_e] == [none; 2],
                    Some(Flaw::SecondHalfUnchecked) => [plus_r, minus_r] == [none; 2],
                    Some(Flaw::WeightsBeforeResponses) => {
                        let weighted = sides.iter().zip(&early_weights).map(|(s, w)| s * w);
                        weighted.sum::<RistrettoPoint>() == none
                    }
                    _ => sides == [none; 4],
                }
            })
    }
}

/// A proof not made yet.
const BLANK: GateProof = {
    use talea_protocol::bytes::Scalar;
    let (zero, nothing) = (Scalar([0; 32]), Wire { r: Point::IDENTITY, e: Point::IDENTITY });
    GateProof { plus: nothing, minus: nothing, c_plus: zero, z_plus: zero, z_minus: zero }
};

/// The scalars of a forged turn.
struct Knows {
    secret: Scalar,
    q_x: Scalar,
    q_y: Scalar,
}

/// One gate on the messages `x = -1`, `y = 1`, not turned yet: outputs are inputs.
fn unturned() -> (Gate, Knows) {
    let mut rng = rng(81);
    let secret = scalar(&mut rng);
    let quorum_key = generators().key * secret;
    let x = encrypt(&quorum_key, &-Scalar::ONE, &scalar(&mut rng));
    let y = encrypt(&quorum_key, &Scalar::ONE, &scalar(&mut rng));
    let turns = vec![GateTurn { x: x.encode(), y: y.encode(), proof: BLANK }];
    let gate = Gate { context: context(), chunk: 1, quorum_key, inputs: vec![(x, y)], turns };
    (gate, Knows { secret, q_x: scalar(&mut rng), q_y: scalar(&mut rng) })
}

/// Honest turns with these signs.
pub(crate) fn honest(signs: &[bool]) -> Gate {
    let (mut gate, _) = unturned();
    let mut rng = rng(82);
    gate.inputs = signs
        .iter()
        .map(|_| {
            let mut bit = |m: u8| encrypt(&gate.quorum_key, &m.into(), &scalar(&mut rng));
            (bit(1), bit(0))
        })
        .collect();
    let encoded = gate.encoded();
    let inputs = prover::Inputs {
        head: HEAD,
        chunk: gate.chunk,
        quorum_key: gate.quorum_key,
        inputs: &gate.inputs,
        inputs_encoded: &encoded,
    };
    let witnesses: Vec<_> = signs
        .iter()
        .map(|is_plus| prover::Witness {
            sign: Sign::chosen(*is_plus),
            q_x: scalar(&mut rng),
            q_y: scalar(&mut rng),
        })
        .collect();
    gate.turns = prover::prove(&generators(), &gate.context, &inputs, &witnesses, &mut rng);
    gate
}

/// `X' = X` and `Y' = -Y - 2X`, re-encrypted: under `w = 1` the sum looks like the sign -1.
fn different_signs() -> (Gate, Knows) {
    let (mut gate, knows) = unturned();
    let [(x, y)] = gate.inputs[..] else { unreachable!("one gate") };
    let x_out = x + gate.encryption_of_zero(&knows.q_x);
    let y_out = -y - x.doubled() + gate.encryption_of_zero(&knows.q_y);
    (gate.turns[0].x, gate.turns[0].y) = (x_out.encode(), y_out.encode());
    (gate, knows)
}

/// `X' = X + shift` and `Y' = Y`, re-encrypted.
fn shifted(shift: Ciphertext) -> (Gate, Knows) {
    let (mut gate, knows) = unturned();
    let [(x, y)] = gate.inputs[..] else { unreachable!("one gate") };
    let x_out = x + gate.encryption_of_zero(&knows.q_x) + shift;
    let y_out = y + gate.encryption_of_zero(&knows.q_y);
    (gate.turns[0].x, gate.turns[0].y) = (x_out.encode(), y_out.encode());
    (gate, knows)
}

/// All challenges are known before `X'` is chosen to fit a random announcement:
/// `D_plus = ((z*K, z*PK) - announcement) / c`. The whole challenge falls to the sign +1.
fn outputs_after_challenge(flaw: Flaw) -> Gate {
    let (mut gate, knows) = unturned();
    let mut rng = rng(83);
    let [(x, y)] = gate.inputs[..] else { unreachable!("one gate") };
    let (z_plus, z_minus) = (scalar(&mut rng), scalar(&mut rng));
    let plus = Ciphertext { r: element(&mut rng), e: element(&mut rng) };
    let minus = gate.encryption_of_zero(&z_minus);
    gate.turns[0].proof.plus = plus.encode();
    gate.turns[0].proof.minus = minus.encode();
    let Challenges { w, c, .. } = gate.challenges(Some(flaw));
    let d_plus = (gate.encryption_of_zero(&z_plus) - plus).scaled(&c.invert());
    let y_out = y + gate.encryption_of_zero(&knows.q_y);
    let x_out = d_plus + x - (y_out - y).scaled(&w);
    let turn = &mut gate.turns[0];
    (turn.x, turn.y) = (x_out.encode(), y_out.encode());
    turn.proof.c_plus = encode_scalar(&c);
    turn.proof.z_plus = encode_scalar(&z_plus);
    turn.proof.z_minus = encode_scalar(&z_minus);
    gate
}

/// The messages of both outputs, times `G`.
fn opened(gate: &Gate, secret: &Scalar) -> [RistrettoPoint; 2] {
    let GateTurn { x, y, .. } = &gate.turns[0];
    [x, y].map(|output| decrypt(secret, &Ciphertext::decode(output).unwrap()))
}

/// Whether the outputs are the inputs times one and the same sign.
fn is_one_sign(gate: &Gate, secret: &Scalar) -> bool {
    let (x, y) = gate.inputs[0];
    let [x, y] = [x, y].map(|input| decrypt(secret, &input));
    let outputs = opened(gate, secret);
    outputs == [x, y] || outputs == [-x, -y]
}

#[test]
fn honest_turns_pass() {
    honest(&[true]).check_honest();
    honest(&[false, true, false]).check_honest();
    // And so does the prover kept here.
    let (mut gate, knows) = shifted(Ciphertext::zero());
    gate.prove_knowing(true, |w| knows.q_x + w * knows.q_y, None);
    gate.check_honest();
    assert!(is_one_sign(&gate, &knows.secret));
}

/// F4: the factor that joins the halves is known before the outputs, so a wrong sign in one half is
/// made good in the other. With `x = -1`, `y = 1` the outputs are `-1` and `1`: each taken by itself
/// is a possible output, of different signs.
#[test]
fn a_sign_that_differs_between_the_halves() {
    let (mut gate, knows) = different_signs();
    gate.prove_knowing(false, |w| knows.q_x + w * knows.q_y, Some(Flaw::KnownFold));
    gate.check_forgery(Flaw::KnownFold);
    let value = generators().value;
    assert_eq!(opened(&gate, &knows.secret), [-value, value]);
    // It passes as the sign -1, under which (-1, 1) would have become (1, -1).
    gate.prove_knowing(false, |w| knows.q_x + w * knows.q_y, None);
    gate.check_refused();
}

/// F15: the equations of both components added with weight one: `+D` in the one and `-D` in the
/// other is not seen, and the output opens to whatever the forger likes.
#[test]
fn a_shift_between_the_halves_of_an_output() {
    let shift = Ciphertext { r: generators().value, e: -generators().value };
    let (mut gate, knows) = shifted(shift);
    gate.prove_knowing(true, |w| knows.q_x + w * knows.q_y, Some(Flaw::ComponentsMerged));
    gate.check_forgery(Flaw::ComponentsMerged);
    assert!(!is_one_sign(&gate, &knows.secret));
}

/// Either half of an output alone decides what it opens to.
#[test]
fn an_error_in_one_half_of_an_output() {
    let Generators { value, key, .. } = generators();
    let first = Ciphertext { r: key, e: RistrettoPoint::default() };
    for (shift, flaw) in
        [(first, Flaw::FirstHalfUnchecked), (Ciphertext::trivial(value), Flaw::SecondHalfUnchecked)]
    {
        let (mut gate, knows) = shifted(shift);
        gate.prove_knowing(true, |w| knows.q_x + w * knows.q_y, None);
        gate.check_forgery(flaw);
        assert!(!is_one_sign(&gate, &knows.secret));
    }
}

/// F5, F6: weights drawn before the responses: two responses to two signs have freedom enough to
/// hide any shift along `K`.
#[test]
fn responses_chosen_under_weights_known_beforehand() {
    let delta = Scalar::from(99u8);
    let shift = Ciphertext { r: generators().key * delta, e: RistrettoPoint::default() };
    let (mut gate, knows) = shifted(shift);
    let flaw = Flaw::WeightsBeforeResponses;
    gate.prove_knowing(true, |w| knows.q_x + w * knows.q_y, Some(flaw));
    // With residue -c_plus*delta*K in the first equation alone, find changes of z_plus and z_minus:
    // K:  w1 (dz+ - c_plus delta) + w2 dz- = 0,   PK:  w3 dz+ + w4 dz- = 0.
    let [w1, w2, w3, w4] = gate.challenges(Some(flaw)).early_weights;
    let proof = &mut gate.turns[0].proof;
    let [c_plus, z_plus, z_minus] =
        [proof.c_plus, proof.z_plus, proof.z_minus].map(|s| decode_scalar(&s).unwrap());
    let plus = w1 * c_plus * delta * (w1 - w2 * w3 * w4.invert()).invert();
    let minus = -(w3 * plus * w4.invert());
    proof.z_plus = encode_scalar(&(z_plus + plus));
    proof.z_minus = encode_scalar(&(z_minus + minus));
    gate.check_forgery(flaw);
    assert!(!is_one_sign(&gate, &knows.secret));
}

/// F1: the outputs are chosen after all challenges.
#[test]
fn outputs_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::OutputsUnhashed] {
        let gate = outputs_after_challenge(flaw);
        gate.check_forgery(flaw);
        assert!(!is_one_sign(&gate, &unturned().1.secret));
    }
}

/// What is no sign at all: the doubled input, zero, another bidder's bit.
#[test]
fn a_factor_that_is_no_sign() {
    let (gate, knows) = unturned();
    let (x, _) = gate.inputs[0];
    let other = encrypt(&gate.quorum_key, &Scalar::ONE, &Scalar::from(6u8));
    for shift in [x, -x, x.doubled(), other - x] {
        let (mut gate, _) = shifted(shift);
        for is_plus in [true, false] {
            gate.prove_knowing(is_plus, |w| knows.q_x + w * knows.q_y, None);
            gate.check_refused();
        }
    }
}

/// E8: the same masks on two inputs, after a lost race or a reorganisation. The re-encryptions
/// cancel in the difference of the posts, everybody compares it with the difference of the inputs,
/// and reads the sign. The keyholder's masks differ even if its generator is stuck.
#[test]
fn masks_that_serve_twice() {
    let (gate, knows) = unturned();
    let (first, _) = gate.inputs[0];
    // The input that another order of turns would have brought.
    let second = encrypt(&gate.quorum_key, &Scalar::ONE, &Scalar::from(31u8));
    let turned = |input: Ciphertext, masks: &prover::Witness| {
        input.scaled(&masks.sign.scalar()) + gate.encryption_of_zero(&masks.q_x)
    };
    // What an onlooker computes from two posts, without any key.
    let sign_read = |one: Ciphertext, two: Ciphertext| {
        [first - second, second - first].iter().position(|d| *d == one - two).map(|at| at == 0)
    };
    for is_plus in [true, false] {
        let masks = prover::Witness { sign: Sign::chosen(is_plus), q_x: knows.q_x, q_y: knows.q_y };
        let read = sign_read(turned(first, &masks), turned(second, &masks));
        assert_eq!(read, Some(is_plus), "the attack is alive");
    }

    let masks = Masks::new(labels::KIND_GATE, &[7; 32], &context(), &HEAD, 1, 0);
    let gates = |x: &Ciphertext| masks.gates(&[(x.encode(), gate.turns[0].y)], &mut Stuck);
    let (one, two) = (gates(&first), gates(&second));
    assert_eq!(sign_read(turned(first, &one[0]), turned(second, &two[0])), None);
}
