//! Forgers of turns on gates: a gate whose halves took different signs, or anything but a sign,
//! moves the price.

use super::{
    algebra::{
        Known, Residue, commit, commit_vector, integer, is_short, is_within, mask, masked,
        opening_residue, shift, solve, squares_residue,
    },
    blind::Stuck,
    *,
};
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::{FiatShamir, Weights},
    proofs::gate::{Statement, verify},
};
use talea_parties::{choices::Sign, masks::Masks, proofs::gate as prover};
use talea_protocol::{
    bytes::List,
    labels,
    limits::MAX_VECTOR,
    masked::{Quadratic, VectorOpening},
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext as Wire,
};
use talea_verifier::proofs::gate as second;

/// A post of turns on gates.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) context: Context,
    head: Digest,
    chunk: u32,
    quorum_key: RistrettoPoint,
    inputs: Vec<[Ciphertext; 2]>,
    outputs: Vec<[Ciphertext; 2]>,
    /// `z` of every gate. The replica takes longer ones than a message has room for: it is not the room that
    /// makes a proof sound.
    responses: Vec<Scalar>,
    proof: GateProof,
}

/// What the proof's hash absorbs. (All of the context is left to `replay.rs`; generators are nobody's choice.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    Head,
    Chunk,
    QuorumKey,
    XIn,
    YIn,
    XOut,
    YOut,
    /// `S`.
    Vector,
    /// `A`.
    VectorAnnouncement,
    /// `T_1`.
    Linear,
    /// `T_0`.
    Constant,
    /// `M`.
    Announcement,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    /// This is not hashed.
    Unhashed(Item),
    /// All weights of outputs are one.
    WeightsKnown,
    /// The weights `f` of the `Y'` are zero.
    SecondOutputsUnweighed,
    /// The opening of the vectors is not checked.
    OpeningUnchecked,
    /// The openings of all vectors are added with weight one.
    OpeningsMerged,
    /// The opening of a vector that is shorter than the others is not checked.
    ShortVectorUnchecked,
    /// That signs are signs is not checked.
    SquaresUnchecked,
    /// The equations of both components are added with weight one.
    ComponentsMerged,
    /// The equation of `R` is not checked.
    FirstHalfUnchecked,
    /// The equation of `E` is not checked.
    SecondHalfUnchecked,
    /// The equations are folded with weights drawn before the responses are absorbed.
    WeightsBeforeResponses,
    /// The challenge is what the prover says it is.
    ChallengeGiven(Scalar),
}

/// The weights `(e, f)` and the challenge of a message, and the hash when the challenge is drawn.
struct Challenges {
    weights: Vec<[Scalar; 2]>,
    c: Scalar,
    state: FiatShamir,
}

/// Every equation's left side less its right.
struct Residues {
    openings: Vec<RistrettoPoint>,
    squares: RistrettoPoint,
    outputs: Ciphertext,
}

impl Gate {
    fn turns(&self) -> Vec<GateTurn> {
        let turn = |([x, y], z): (&[Ciphertext; 2], &Scalar)| GateTurn {
            x: x.encode(),
            y: y.encode(),
            sign: masked(z),
        };
        self.outputs.iter().zip(&self.responses).map(turn).collect()
    }

    fn encoded(&self) -> Vec<(Wire, Wire)> {
        self.inputs.iter().map(|[x, y]| (x.encode(), y.encode())).collect()
    }

    /// The challenges over what a verifier with this flaw hashes.
    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let is_hashed = |item| flaw != Some(Flaw::Unhashed(item));
        let gens = generators();
        let mut fs = FiatShamir::begin(labels::KIND_GATE, &self.context);
        if is_hashed(Item::Head) {
            fs.digest(b"head", &self.head);
        }
        if is_hashed(Item::Chunk) {
            fs.integer(b"chunk", self.chunk);
        }
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.element(b"key-base", &gens.key);
        fs.digest(b"vector-bases", &vector_bases());
        if is_hashed(Item::QuorumKey) {
            fs.element(b"quorum-key", &self.quorum_key);
        }
        fs.count(b"gates", self.inputs.len());
        for (inputs, outputs) in self.inputs.iter().zip(&self.outputs) {
            let ([x, y], [x_out, y_out]) = (inputs, outputs);
            for (item, label, ciphertext) in [
                (Item::XIn, b"x-in" as &[u8], x),
                (Item::YIn, b"y-in", y),
                (Item::XOut, b"x-out", x_out),
                (Item::YOut, b"y-out", y_out),
            ] {
                if is_hashed(item) {
                    fs.ciphertext(label, &ciphertext.encode());
                }
            }
        }
        let GateProof { signs, squares, announcement, .. } = &self.proof;
        fs.count(b"vectors", signs.len());
        let hashed = |item| signs.iter().filter(move |_| is_hashed(item));
        hashed(Item::Vector).for_each(|vector| fs.point(b"vector", &vector.commitment));
        let weights = fs.weights(b"weights", 2 * self.inputs.len());
        let weights = weights.chunks(2).map(|pair| match flaw {
            Some(Flaw::WeightsKnown) => [Scalar::ONE; 2],
            Some(Flaw::SecondOutputsUnweighed) => [pair[0], Scalar::ZERO],
            _ => [pair[0], pair[1]],
        });
        let weights = weights.collect();
        hashed(Item::VectorAnnouncement)
            .for_each(|vector| fs.point(b"vector-announcement", &vector.announcement));
        if is_hashed(Item::Linear) {
            fs.point(b"linear", &squares.linear);
        }
        if is_hashed(Item::Constant) {
            fs.point(b"constant", &squares.constant);
        }
        if is_hashed(Item::Announcement) {
            fs.ciphertext(b"announcement", announcement);
        }
        let drawn = fs.weight(b"challenge");
        let c = if let Some(Flaw::ChallengeGiven(given)) = flaw { given } else { drawn };
        Challenges { weights, c, state: fs }
    }

    fn residues(&self, Challenges { weights, c, .. }: &Challenges) -> Option<Residues> {
        let GateProof { signs, squares, announcement, randomness } = &self.proof;
        let vectors = signs.iter().zip(self.responses.chunks(MAX_VECTOR));
        let openings = vectors.map(|(vector, z)| opening_residue(vector, z, c));
        let of_signs = self.responses.iter().zip(weights).map(|(z, [e, _])| e * (z * z - c * c));
        let randomness = decode_scalar(randomness)?;
        let gates = self.inputs.iter().zip(&self.outputs).zip(&self.responses).zip(weights);
        let signed = gates.map(|((([x, y], [x_out, y_out]), z), [e, f])| {
            let signed = (x.scaled(e) + y.scaled(f)).scaled(z);
            signed - (x_out.scaled(e) + y_out.scaled(f)).scaled(c)
        });
        let blinding =
            Ciphertext { r: generators().key * randomness, e: self.quorum_key * randomness };
        Some(Residues {
            openings: openings.collect::<Option<_>>()?,
            squares: squares_residue(squares, &of_signs.sum(), c)?,
            outputs: signed.sum::<Ciphertext>() + blinding - Ciphertext::decode(announcement)?,
        })
    }

    /// Chooses an item that does not count in the challenges of a verifier with this flaw so that the equations
    /// that have it hold.
    fn choose(&mut self, item: Item, flaw: Flaw) {
        let challenges = self.challenges(Some(flaw));
        let Residues { openings, squares, outputs } = self.residues(&challenges).unwrap();
        let Challenges { weights, c, .. } = challenges;
        let ([e, f], z) = (weights[0], self.responses[0]);
        let vectors = |proof: &mut GateProof,
                       change: &dyn Fn(&mut VectorOpening, RistrettoPoint)| {
            let mut signs = proof.signs.to_vec();
            signs.iter_mut().zip(&openings).for_each(|(vector, residue)| change(vector, *residue));
            proof.signs = List::new(signs).unwrap();
        };
        let added =
            |ciphertext: Ciphertext, factor: Scalar| ciphertext + outputs.scaled(&factor.invert());
        let GateProof { squares: Quadratic { linear, constant, .. }, announcement, .. } =
            &mut self.proof;
        match item {
            Item::Head | Item::Chunk => unreachable!("no equation has it"),
            Item::QuorumKey => {
                let randomness = decode_scalar(&self.proof.randomness).unwrap();
                self.quorum_key -= outputs.e * randomness.invert();
            }
            Item::XIn => self.inputs[0][0] = added(self.inputs[0][0], -z * e),
            Item::YIn => self.inputs[0][1] = added(self.inputs[0][1], -z * f),
            Item::XOut => self.outputs[0][0] = added(self.outputs[0][0], c * e),
            Item::YOut => self.outputs[0][1] = added(self.outputs[0][1], c * f),
            Item::Vector => vectors(&mut self.proof, &|vector, residue| {
                shift(&mut vector.commitment, &(residue * c.invert()));
            }),
            Item::VectorAnnouncement => {
                vectors(&mut self.proof, &|vector, residue| {
                    shift(&mut vector.announcement, &residue)
                });
            }
            Item::Linear => shift(linear, &(squares * c.invert())),
            Item::Constant => shift(constant, &squares),
            Item::Announcement => {
                shift(&mut announcement.r, &outputs.r);
                shift(&mut announcement.e, &outputs.e);
            }
        }
    }

    /// The messages of a gate's outputs, times `G`.
    fn opened(&self, gate: usize) -> [RistrettoPoint; 2] {
        self.outputs[gate].map(|output| decrypt(&secret(), &output))
    }

    /// Whether both outputs of every gate are its inputs times one and the same sign.
    fn is_true(&self) -> bool {
        (0..self.inputs.len()).all(|gate| {
            let [x, y] = self.inputs[gate].map(|input| decrypt(&secret(), &input));
            let outputs = self.opened(gate);
            outputs == [x, y] || outputs == [-x, -y]
        })
    }

    /// [`Artefact::check_forgery`], of something that is not true.
    fn check_false(&self, flaw: Flaw) {
        assert!(!self.is_true(), "{flaw:?}: there is nothing to forge");
        self.check_forgery(flaw);
    }
}

impl Artefact for Gate {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        let (inputs_encoded, turns) = (self.encoded(), self.turns());
        let Self { head, chunk, quorum_key, .. } = *self;
        let inputs: Vec<_> = self.inputs.iter().map(|[x, y]| (*x, *y)).collect();
        let statement = Statement {
            head,
            chunk,
            quorum_key,
            inputs: &inputs,
            inputs_encoded: &inputs_encoded,
            turns: &turns,
        };
        verify(&generators(), &self.context, &statement, &self.proof).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Self { head, chunk, quorum_key, ref proof, .. } = *self;
        let (context, quorum_key) = (place(&self.context), encode_point(&quorum_key));
        second::verify(&context, &head, chunk, &quorum_key, &self.encoded(), &self.turns(), proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let gates = self.inputs.len();
        let is_complete = gates > 0
            && gates == self.outputs.len()
            && gates == self.responses.len()
            && self.proof.signs.len() == gates.div_ceil(MAX_VECTOR);
        let challenges = self.challenges(flaw);
        let Some(Residues { mut openings, mut squares, mut outputs }) = self.residues(&challenges)
        else {
            return false;
        };
        let none = RistrettoPoint::default();
        match flaw {
            Some(Flaw::OpeningUnchecked) => openings.clear(),
            Some(Flaw::OpeningsMerged) => openings = vec![openings.iter().sum()],
            Some(Flaw::ShortVectorUnchecked) => openings.truncate(gates / MAX_VECTOR),
            Some(Flaw::SquaresUnchecked) => squares = none,
            Some(Flaw::ComponentsMerged) => {
                outputs = Ciphertext { r: outputs.r + outputs.e, e: none }
            }
            Some(Flaw::FirstHalfUnchecked) => outputs.r = none,
            Some(Flaw::SecondHalfUnchecked) => outputs.e = none,
            Some(Flaw::WeightsBeforeResponses) => {
                let mut weights = Weights::after([challenges.state]);
                let sides = openings.iter().chain([&squares, &outputs.r, &outputs.e]);
                let folded: RistrettoPoint = sides.map(|side| side * weights.draw()).sum();
                return is_complete && folded.is_identity();
            }
            _ => {}
        }
        let sides = openings.iter().chain([&squares, &outputs.r, &outputs.e]);
        is_complete && { sides }.all(|side| side.is_identity())
    }
}

/// The secret of the quorum.
fn secret() -> Scalar {
    scalar(&mut rng(81))
}

/// What a forger may choose of a post. The default is honest.
#[derive(Clone)]
struct Recipe {
    inputs: Vec<[Known; 2]>,
    outputs: Vec<[Known; 2]>,
    /// Added to the first `X'`.
    shift: Ciphertext,
    /// Added to `M`.
    announcement_shift: Ciphertext,
    /// What the vectors hold.
    signs: Vec<Scalar>,
    /// What they would have to hold, as far as it is not that: found when the weights are known.
    late: Vec<usize>,
    /// Where the values found late must leave the sum of those committed to as it is, two by two.
    pairs: Vec<[usize; 2]>,
    seed: u64,
}

impl Recipe {
    /// Gates on `(-1, 1)`, `(1, 1)`, `(-1, 1)` and so on, all with the sign 1.
    fn honest(gates: usize) -> Self {
        let mut rng = rng(82);
        let one = Scalar::ONE;
        let mut known = |message| Known::fresh(message, &mut rng);
        let x = |gate| if gate % 2 == 0 { -one } else { one };
        let inputs: Vec<_> = (0..gates).map(|gate| [known(x(gate)), known(one)]).collect();
        let outputs = inputs.iter().map(|pair| pair.map(|input| known(input.message))).collect();
        let signs = vec![one; gates];
        let (late, pairs) = (Vec::new(), Vec::new());
        let [shift, announcement_shift] = [Ciphertext::zero(); 2];
        Self { inputs, outputs, shift, announcement_shift, signs, late, pairs, seed: 83 }
    }

    /// The first gate's `X'` encrypts this much more.
    fn off_by(mut self, message: Scalar) -> Self {
        self.outputs[0][0].message += message;
        self
    }

    /// Follows the protocol, as a verifier with this flaw would have it, on whatever was chosen. Nothing if there
    /// are no late signs that would do.
    fn cook_with(&self, flaw: Option<Flaw>) -> Option<Gate> {
        let mut rng = rng(self.seed);
        let quorum_key = generators().key * secret();
        let sealed = |pairs: &[[Known; 2]]| -> Vec<[Ciphertext; 2]> {
            pairs.iter().map(|pair| pair.map(|known| known.sealed(&quorum_key))).collect()
        };
        // A forger that is to try again encrypts its outputs anew.
        let mut recipe_outputs = self.outputs.clone();
        recipe_outputs.iter_mut().flatten().for_each(|known| known.randomness += scalar(&mut rng));
        let mut outputs = sealed(&recipe_outputs);
        outputs[0][0] = outputs[0][0] + self.shift;
        let zero = encode_scalar(&Scalar::ZERO);
        let sigmas: Vec<Scalar> = self.signs.chunks(MAX_VECTOR).map(|_| scalar(&mut rng)).collect();
        let vectors = self.signs.chunks(MAX_VECTOR).zip(&sigmas).map(|(signs, sigma)| {
            let commitment = encode_point(&commit_vector(signs, sigma));
            VectorOpening { commitment, announcement: Point::IDENTITY, blinding: zero }
        });
        let mut vectors: Vec<VectorOpening> = vectors.collect();
        let nothing = Wire { r: Point::IDENTITY, e: Point::IDENTITY };
        let [linear, constant] = [Point::IDENTITY; 2];
        let mut gate = Gate {
            context: context(),
            head: HEAD,
            chunk: 1,
            quorum_key,
            inputs: sealed(&self.inputs),
            outputs,
            responses: Vec::new(),
            proof: GateProof {
                signs: List::new(vectors.clone()).unwrap(),
                squares: Quadratic { linear, constant, blinding: zero },
                announcement: nothing,
                randomness: zero,
            },
        };
        let Challenges { weights, .. } = gate.challenges(flaw);
        let weighed = |pairs: &[[Known; 2]], factors: &[Scalar]| -> Known {
            let pairs = pairs.iter().zip(&weights).zip(factors);
            pairs.map(|(([x, y], [e, f]), a)| (x.scaled(e) + y.scaled(f)).scaled(a)).sum()
        };
        let ones = vec![Scalar::ONE; weights.len()];
        let of_outputs = weighed(&recipe_outputs, &ones);
        let signs = self.signs_under(&weights, &of_outputs.message)?;

        let masks: Vec<Scalar> = signs.iter().map(|_| mask(&mut rng)).collect();
        let alphas: Vec<Scalar> = sigmas.iter().map(|_| scalar(&mut rng)).collect();
        for ((vector, masks), alpha) in
            vectors.iter_mut().zip(masks.chunks(MAX_VECTOR)).zip(&alphas)
        {
            vector.announcement = encode_point(&commit_vector(masks, alpha));
        }
        let terms = masks.iter().zip(&signs).zip(&weights);
        let (t_1, t_0) = terms
            .fold((Scalar::ZERO, Scalar::ZERO), |(t_1, t_0), ((a, v), [e, _])| {
                (t_1 + e * a * (v + v), t_0 + e * a * a)
            });
        let [tau_1, tau_0, mu] = std::array::from_fn(|_| scalar(&mut rng));
        gate.proof.squares.linear = encode_point(&commit(&t_1, &tau_1));
        gate.proof.squares.constant = encode_point(&commit(&t_0, &tau_0));
        gate.proof.signs = List::new(vectors.clone()).unwrap();
        let blinding = Known { message: Scalar::ZERO, randomness: mu };
        let announcement = weighed(&self.inputs, &masks) + blinding;
        let announcement = announcement.sealed(&quorum_key) + self.announcement_shift;
        gate.proof.announcement = announcement.encode();
        let Challenges { c, .. } = gate.challenges(flaw);

        gate.responses = masks.iter().zip(&signs).map(|(a, v)| a + c * v).collect();
        for ((vector, alpha), sigma) in vectors.iter_mut().zip(&alphas).zip(&sigmas) {
            vector.blinding = encode_scalar(&(alpha + c * sigma));
        }
        gate.proof.signs = List::new(vectors).unwrap();
        gate.proof.squares.blinding = encode_scalar(&(tau_1 * c + tau_0));
        let of_inputs = weighed(&self.inputs, &signs);
        let randomness = mu + c * (of_outputs.randomness - of_inputs.randomness);
        gate.proof.randomness = encode_scalar(&randomness);
        Some(gate)
    }

    /// The signs under which the outputs, weighed together, encrypt the weighed inputs.
    fn signs_under(&self, weights: &[[Scalar; 2]], of_outputs: &Scalar) -> Option<Vec<Scalar>> {
        if self.late.is_empty() {
            return Some(self.signs.clone());
        }
        let signs = |found: &[Scalar]| {
            let mut signs = self.signs.clone();
            self.late.iter().zip(found).for_each(|(gate, v)| signs[*gate] = *v);
            signs
        };
        let message = |found: &[Scalar]| {
            let gates = self.inputs.iter().zip(weights).zip(signs(found));
            gates.map(|(([x, y], [e, f]), v)| v * (e * x.message + f * y.message)).sum::<Scalar>()
                - of_outputs
        };
        let squares = |found: &[Scalar]| {
            weights.iter().zip(signs(found)).map(|([e, _], v)| e * (v * v - Scalar::ONE)).sum()
        };
        let sum = |of: &[Scalar], [a, b]: [usize; 2]| of[a] + of[b];
        let sums: Vec<_> = self
            .pairs
            .iter()
            .map(|pair| move |found: &[Scalar]| sum(&signs(found), *pair) - sum(&self.signs, *pair))
            .collect();
        let linear: Vec<Residue<'_>> =
            [&message as Residue<'_>].into_iter().chain(sums.iter().map(|sum| sum as _)).collect();
        Some(signs(&solve(&linear, &squares)?))
    }

    /// [`Self::cook_with`], trying again until there are late signs that do.
    fn cook(&self, flaw: Option<Flaw>) -> Gate {
        let seeds = self.seed..self.seed + 64;
        let cooked = seeds.map(|seed| Self { seed, ..self.clone() }.cook_with(flaw));
        cooked.flatten().next().expect("half of all numbers have a square root")
    }
}

/// Honest turns with these signs.
pub(crate) fn honest(signs: &[bool]) -> Gate {
    let mut gate = Recipe::honest(signs.len()).cook(None);
    let mut rng = rng(84);
    let witness = |is_plus: &bool| prover::Witness {
        sign: Sign::chosen(*is_plus),
        q_x: scalar(&mut rng),
        q_y: scalar(&mut rng),
    };
    let witnesses: Vec<_> = signs.iter().map(witness).collect();
    let (inputs, inputs_encoded): (Vec<_>, _) =
        (gate.inputs.iter().map(|[x, y]| (*x, *y)).collect(), gate.encoded());
    let Gate { head, chunk, quorum_key, context, .. } = gate;
    let inputs = prover::Inputs {
        head,
        chunk,
        quorum_key,
        inputs: &inputs,
        inputs_encoded: &inputs_encoded,
    };
    let (turns, proof) =
        prover::prove(&generators(), &context, &inputs, &witnesses, &mut rng).unwrap();
    let output = |wire: &Wire| Ciphertext::decode(wire).unwrap();
    gate.outputs = turns.iter().map(|turn| [output(&turn.x), output(&turn.y)]).collect();
    gate.responses = turns.iter().map(|turn| integer(&turn.sign.0)).collect();
    gate.proof = proof;
    gate
}

#[test]
fn honest_turns_pass() {
    for signs in [vec![true], vec![false, true, false], vec![false; MAX_VECTOR + 2]] {
        let gate = honest(&signs);
        gate.check_honest();
        assert!(gate.is_true());
    }
    // And so does the prover kept here.
    for gates in [1, 3, MAX_VECTOR + 2] {
        let mut recipe = Recipe::honest(gates);
        recipe.cook(None).check_honest();
        let minus = -Scalar::ONE;
        (recipe.signs[0], recipe.outputs[0]) = (minus, recipe.outputs[0].map(|known| -known));
        let gate = recipe.cook(None);
        gate.check_honest();
        assert!(gate.is_true());
    }
}

/// F1: every item that counts in the challenges is what it was before them. One that did not count would be
/// chosen last, so that the equations hold: an output, an input of somebody in league, an announcement.
#[test]
fn whatever_is_not_hashed_is_chosen_after_the_challenge() {
    let doubled = |gates| {
        let mut recipe = Recipe::honest(gates);
        recipe.signs[0] = Scalar::from(2u8);
        recipe.outputs[0] = recipe.inputs[0].map(|input| input + input);
        recipe
    };
    let wrong = Recipe::honest(2).off_by(Scalar::ONE);
    let mut other = Recipe::honest(2);
    other.outputs[0][1].message = Scalar::from(4u8);
    let forgeries = [
        (Item::QuorumKey, wrong.clone()),
        (Item::XIn, wrong.clone()),
        (Item::YIn, wrong.clone()),
        (Item::XOut, other.clone()),
        (Item::YOut, wrong.clone()),
        (Item::Announcement, wrong),
        (Item::Linear, doubled(2)),
        (Item::Constant, doubled(2)),
    ];
    for (item, recipe) in forgeries {
        let flaw = Flaw::Unhashed(item);
        let mut gate = recipe.cook(Some(flaw));
        gate.choose(item, flaw);
        gate.check_false(flaw);
        // Chosen against a verifier that hashes it, it changes the challenges under the forger's hands.
        let mut gate = recipe.cook(None);
        gate.choose(item, flaw);
        gate.check_refused();
    }
}

/// F1: a post shown under another head, or in another chunk.
#[test]
fn a_post_shown_elsewhere() {
    for item in [Item::Head, Item::Chunk] {
        let flaw = Flaw::Unhashed(item);
        let mut gate = Recipe::honest(2).cook(Some(flaw));
        match item {
            Item::Head => gate.head.0[0] ^= 1,
            _ => gate.chunk += 1,
        }
        gate.check_forgery(flaw);
    }
    let gate = honest(&[true, false]);
    let changes: [fn(&mut Gate); 6] = [
        |gate| gate.head.0[31] ^= 0x80,
        |gate| gate.chunk += 1,
        |gate| gate.quorum_key += generators().key,
        |gate| gate.inputs.swap(0, 1),
        |gate| gate.inputs[0].swap(0, 1),
        |gate| gate.outputs.swap(0, 1),
    ];
    for change in changes {
        let mut other = gate.clone();
        change(&mut other);
        other.check_refused();
    }
}

/// Gates whose last two have outputs of two signs, and signs for them that are found when the weights are known.
fn late_signs(gates: usize) -> Recipe {
    let mut recipe = Recipe::honest(gates);
    recipe.outputs[gates - 2][0].message = -recipe.inputs[gates - 2][0].message;
    recipe.late = vec![gates - 2, gates - 1];
    recipe
}

/// Signs that nothing binds before the weights: then they need not be signs at all, for the forger finds numbers
/// whose squares, weighed, add up to those of signs, and under which the wrong outputs are right together.
#[test]
fn signs_chosen_after_the_weights() {
    for item in [Item::Vector, Item::VectorAnnouncement] {
        let flaw = Flaw::Unhashed(item);
        let mut gate = late_signs(2).cook(Some(flaw));
        gate.choose(item, flaw);
        gate.check_false(flaw);
        assert!(gate.responses.iter().any(|z| !is_short(z)), "the wire has no room for these");
    }
    late_signs(2).cook(None).check_false(Flaw::OpeningUnchecked);
    // A vector of its own for the last two gates of a chunk, unchecked.
    late_signs(MAX_VECTOR + 2).cook(None).check_false(Flaw::ShortVectorUnchecked);
}

/// F4: vectors with one weight bind the sums of their values, not the values.
#[test]
fn signs_moved_from_one_vector_to_the_other() {
    let mut recipe = Recipe::honest(MAX_VECTOR + 2);
    recipe.outputs[0][0].message = -recipe.inputs[0][0].message;
    recipe.late = vec![0, MAX_VECTOR, 1, MAX_VECTOR + 1];
    recipe.pairs = vec![[0, MAX_VECTOR], [1, MAX_VECTOR + 1]];
    recipe.cook(None).check_false(Flaw::OpeningsMerged);
}

/// F4: weights known beforehand: what is wrong with one output is made good by another, of the same gate or of
/// the next; and numbers that are no signs have squares that add up to theirs.
#[test]
fn errors_that_cancel_under_known_weights() {
    let five = Scalar::from(5u8);
    for (gate, half) in [(0, 1), (1, 0), (1, 1)] {
        let mut recipe = Recipe::honest(2).off_by(five);
        recipe.outputs[gate][half].message -= five;
        recipe.cook(Some(Flaw::WeightsKnown)).check_false(Flaw::WeightsKnown);
        recipe.cook(None).check_refused();
    }
    // (7/5)^2 + (1/5)^2 = 2
    let mut recipe = Recipe::honest(2);
    recipe.signs = [7u8, 1].map(|v| Scalar::from(v) * five.invert()).to_vec();
    for (outputs, (inputs, v)) in
        recipe.outputs.iter_mut().zip(recipe.inputs.iter().zip(&recipe.signs))
    {
        *outputs = inputs.map(|input| input.scaled(v));
    }
    recipe.cook(Some(Flaw::WeightsKnown)).check_false(Flaw::WeightsKnown);
    recipe.cook(None).check_refused();
}

/// A sign that differs between the halves of a gate. With `x = -1`, `y = 1` the outputs are `-1` and `-1`: each
/// taken by itself is a possible output, of different signs.
#[test]
fn a_sign_that_differs_between_the_halves() {
    let mut recipe = Recipe::honest(2);
    recipe.outputs[0][1].message = -recipe.inputs[0][1].message;
    let gate = recipe.cook(None);
    gate.check_refused();
    assert_eq!(gate.opened(0), [-generators().value; 2]);
    // It passes where the second outputs have no weight.
    let flaw = Flaw::SecondOutputsUnweighed;
    recipe.cook(Some(flaw)).check_false(flaw);
}

/// What is no sign: 2 or 0 doubles an input or wipes it out, and 3 or the half do likewise.
#[test]
fn a_factor_that_is_no_sign() {
    let half = Scalar::from(2u8).invert();
    for v in [Scalar::ZERO, Scalar::from(2u8), Scalar::from(3u8), -Scalar::from(2u8), half] {
        let mut recipe = Recipe::honest(2);
        recipe.signs[1] = v;
        recipe.outputs[1] = recipe.inputs[1].map(|input| input.scaled(&v));
        let gate = recipe.cook(None);
        gate.check_false(Flaw::SquaresUnchecked);
        assert!(
            v == half || gate.responses.iter().all(is_short),
            "there is room for it on the wire"
        );
    }
    // Another's bit in place of an input.
    Recipe::honest(1).off_by(Scalar::from(2u8)).cook(None).check_refused();
}

/// F15: the equations of both components added with weight one: `+D` in the one and `-D` in the
/// other is not seen, and the output opens to whatever the forger likes.
#[test]
fn a_shift_between_the_halves_of_an_output() {
    let shift = Ciphertext { r: generators().value, e: -generators().value };
    let recipe = Recipe { shift, ..Recipe::honest(1) };
    recipe.cook(None).check_false(Flaw::ComponentsMerged);
}

/// Either half of an output alone decides what it opens to.
#[test]
fn an_error_in_one_half_of_an_output() {
    let Generators { value, key, .. } = generators();
    let first = Ciphertext { r: key, e: RistrettoPoint::default() };
    for (shift, flaw) in
        [(first, Flaw::FirstHalfUnchecked), (Ciphertext::trivial(value), Flaw::SecondHalfUnchecked)]
    {
        Recipe { shift, ..Recipe::honest(2) }.cook(None).check_false(flaw);
    }
}

/// F5, F6: weights drawn before the responses. A quorum that knows its secret, or a forger in league with it, shifts
/// an output and hides that from both components by one response.
#[test]
fn responses_chosen_under_weights_known_beforehand() {
    let delta = Scalar::from(99u8);
    let shift = Ciphertext { r: generators().key * delta, e: RistrettoPoint::default() };
    let mut gate = Recipe { shift, ..Recipe::honest(1) }.cook(None);
    let flaw = Flaw::WeightsBeforeResponses;
    let Challenges { weights, c, state } = gate.challenges(Some(flaw));
    let mut early = Weights::after([state]);
    // One vector's opening and the squares come first.
    let [_, _, of_r, of_e] = std::array::from_fn(|_| early.draw());
    // K:  of_r (change - c e delta) + of_e secret change = 0
    let change = of_r * c * weights[0][0] * delta * (of_r + of_e * secret()).invert();
    let randomness = decode_scalar(&gate.proof.randomness).unwrap();
    gate.proof.randomness = encode_scalar(&(randomness + change));
    gate.check_false(flaw);
}

/// Two posts verified at once, as they are where keyholders act one after the other.
struct Batch([Gate; 2]);

/// The same weights serve for both posts.
#[derive(Clone, Copy, Debug)]
struct WeightsShared;

impl Artefact for Batch {
    type Flaw = WeightsShared;

    fn contract(&self) -> Result<(), ProofFault> {
        self.0.iter().try_for_each(Artefact::contract)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        self.0.iter().try_for_each(Artefact::verifier)
    }

    fn replica(&self, flaw: Option<WeightsShared>) -> bool {
        let sides = |gate: &Gate| {
            let Residues { openings, squares, outputs } =
                gate.residues(&gate.challenges(None)).unwrap();
            [openings, vec![squares, outputs.r, outputs.e]].concat()
        };
        match (flaw, self.0.each_ref().map(sides)) {
            (None, _) => self.0.iter().all(|gate| gate.replica(None)),
            // Equal weights on equations of the same index: what counts is the sum of the residues.
            (Some(WeightsShared), [one, two]) => {
                one.iter().zip(&two).all(|(one, two)| (one + two).is_identity())
            }
        }
    }
}

/// F4, F5: two posts with the same weights, or with weights that each draws for itself: an error in the first is made
/// good in the second, whose announcement is made when the first's challenge is known.
#[test]
fn errors_that_cancel_between_two_posts() {
    let honest = || Recipe::honest(2).cook(None);
    Batch([honest(), honest()]).check_honest();
    let first = Recipe::honest(2).off_by(Scalar::ONE).cook(None);
    let announcement_shift = first.residues(&first.challenges(None)).unwrap().outputs;
    let second = Recipe { announcement_shift, ..Recipe::honest(2) }.cook(None);
    let batch = Batch([first, second]);
    assert!(!batch.0[0].is_true());
    batch.check_forgery(WeightsShared);
    batch.0.iter().for_each(Artefact::check_refused);
}

/// A vector that holds more values than there are gates: they have no responses, so they are none.
#[test]
fn a_vector_with_more_values_than_gates() {
    let gate = Recipe::honest(2).cook(None);
    let surplus = *generators().vector.iter().nth(2).unwrap();
    for (to_commitment, to_announcement) in [(1u64, 0u64), (1, 5), (0, 1)] {
        let mut other = gate.clone();
        let mut vector = other.proof.signs[0];
        shift(&mut vector.commitment, &(surplus * Scalar::from(to_commitment)));
        shift(&mut vector.announcement, &(surplus * Scalar::from(to_announcement)));
        other.proof.signs = List::new(vec![vector]).unwrap();
        other.check_refused();
    }
    // Whoever knows the challenge beforehand makes them cancel.
    let c = Scalar::from(77u8);
    let mut gate = simulated(Recipe::honest(2), c);
    let mut vector = gate.proof.signs[0];
    shift(&mut vector.commitment, &surplus);
    shift(&mut vector.announcement, &(-surplus * c));
    gate.proof.signs = List::new(vec![vector]).unwrap();
    // The weights are others now.
    gate.choose(Item::Constant, Flaw::ChallengeGiven(c));
    gate.choose(Item::Announcement, Flaw::ChallengeGiven(c));
    gate.check_forgery(Flaw::ChallengeGiven(c));
    // Vectors, gates or outputs too many or too few.
    let gate = honest(&[true; MAX_VECTOR + 1]);
    let changes: [fn(&mut Gate); 4] = [
        |gate| gate.proof.signs = List::new(gate.proof.signs[..1].to_vec()).unwrap(),
        |gate| {
            let signs = [&gate.proof.signs[..], &gate.proof.signs[1..]].concat();
            gate.proof.signs = List::new(signs).unwrap();
        },
        |gate| {
            gate.outputs.pop();
            gate.responses.pop();
        },
        |gate| {
            gate.inputs.clear();
            gate.outputs.clear();
            gate.responses.clear();
            gate.proof.signs = List::new(Vec::new()).unwrap();
        },
    ];
    for change in changes {
        let mut other = gate.clone();
        change(&mut other);
        other.check_refused();
    }
}

/// A post made without any sign, for a challenge that is known.
fn simulated(recipe: Recipe, c: Scalar) -> Gate {
    let flaw = Flaw::ChallengeGiven(c);
    let mut gate = recipe.cook(Some(flaw));
    let mut rng = rng(85);
    // Nothing is left of how it was made.
    gate.responses = gate.inputs.iter().map(|_| mask(&mut rng)).collect();
    let random = |rng: &mut ChaCha20Rng| encode_point(&element(rng));
    let vector = |_: &VectorOpening| VectorOpening {
        commitment: random(&mut rng),
        announcement: random(&mut rng),
        blinding: encode_scalar(&scalar(&mut rng)),
    };
    gate.proof.signs = List::new(gate.proof.signs.iter().map(vector).collect()).unwrap();
    gate.proof.squares = Quadratic {
        linear: random(&mut rng),
        constant: random(&mut rng),
        blinding: encode_scalar(&scalar(&mut rng)),
    };
    gate.proof.announcement = Wire { r: random(&mut rng), e: random(&mut rng) };
    gate.proof.randomness = encode_scalar(&scalar(&mut rng));
    for item in [Item::VectorAnnouncement, Item::Constant, Item::Announcement] {
        gate.choose(item, flaw);
    }
    gate
}

/// Zero knowledge: whoever may say what the challenge is makes a post that convinces without a sign, of what is
/// true and of what is not. So an honest one, whose responses lie in the same interval, tells nothing.
#[test]
fn posts_are_made_without_signs_once_the_challenge_is_known() {
    let c = Scalar::from(u128::MAX - 5);
    for gates in [1, 3, MAX_VECTOR + 2] {
        let gate = simulated(Recipe::honest(gates), c);
        assert!(gate.replica(Some(Flaw::ChallengeGiven(c))));
        gate.check_refused();
        let wrong = simulated(Recipe::honest(gates).off_by(Scalar::from(7u8)), c);
        wrong.check_false(Flaw::ChallengeGiven(c));
    }
    for sign in [true, false] {
        let gate = honest(&[sign; MAX_VECTOR]);
        assert!(gate.responses.iter().all(is_within), "the interval of responses");
    }
    assert!(simulated(Recipe::honest(9), c).responses.iter().all(is_within));
}

/// E8: the same masks on two inputs, after a lost race or a reorganisation. The re-encryptions
/// cancel in the difference of the posts, everybody compares it with the difference of the inputs,
/// and reads the sign. The keyholder's masks differ even if its generator is stuck.
#[test]
fn masks_that_serve_twice() {
    let gate = Recipe::honest(1).cook(None);
    let [first, other] = gate.inputs[0];
    let zero = |q: &Scalar| encrypt(&gate.quorum_key, &Scalar::ZERO, q);
    // The input that another order of turns would have brought.
    let second = encrypt(&gate.quorum_key, &Scalar::ONE, &Scalar::from(31u8));
    let turned = |input: Ciphertext, masks: &prover::Witness| {
        input.scaled(&masks.sign.scalar()) + zero(&masks.q_x)
    };
    // What an onlooker computes from two posts, without any key.
    let sign_read = |one: Ciphertext, two: Ciphertext| {
        [first - second, second - first].iter().position(|d| *d == one - two).map(|at| at == 0)
    };
    for is_plus in [true, false] {
        let [q_x, q_y] = [5u8, 6].map(Scalar::from);
        let masks = prover::Witness { sign: Sign::chosen(is_plus), q_x, q_y };
        let read = sign_read(turned(first, &masks), turned(second, &masks));
        assert_eq!(read, Some(is_plus), "the attack is alive");
    }

    let masks = Masks::new(labels::KIND_GATE, &[7; 32], &context(), &HEAD, 1, 0);
    let gates = |x: &Ciphertext| masks.gates(&[(x.encode(), other.encode())], &mut Stuck);
    let (one, two) = (gates(&first), gates(&second));
    assert_eq!(sign_read(turned(first, &one[0]), turned(second, &two[0])), None);
}
