//! Forgers of turns on lists to be shuffled: a zero that vanishes says that a count is above the
//! limit, a zero out of nothing that it is not. Either moves the price.

use super::{
    algebra::{
        Known, Residue, commit, commit_vector, integer, is_short, is_within, line, mask, masked,
        opening_residue, shift, solve, squares_residue,
    },
    blind::Stuck,
    *,
};
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::{FiatShamir, Weights},
    proofs::shuffle::{Statement, verify},
};
use talea_parties::{choices::Move, masks::Masks, proofs::shuffle as prover};
use talea_protocol::{
    bytes::List,
    labels,
    limits::MAX_VECTOR,
    masked::{Quadratic, VectorOpening},
    ranking::{ShuffleProof, ShuffleTerm},
    sealed_bid::Ciphertext as Wire,
};
use talea_verifier::proofs::shuffle as second;

/// A post of turns on lists.
#[derive(Clone)]
pub(crate) struct Shuffle {
    pub(crate) context: Context,
    head: Digest,
    chunk: u32,
    quorum_key: RistrettoPoint,
    lists: Vec<Vec<Ciphertext>>,
    outputs: Vec<Vec<Ciphertext>>,
    /// `z` of every bit. The replica takes longer ones than a message has room for: it is not the room that
    /// makes a proof sound.
    responses: Vec<Scalar>,
    /// Without `z` of the bits.
    proof: ShuffleProof,
}

/// What the proof's hash absorbs. (All of the context is left to `replay.rs`; generators are nobody's choice.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    Head,
    Chunk,
    QuorumKey,
    EntriesIn,
    EntriesOut,
    /// `S` of the bits.
    Moves,
    /// `S` of the powers.
    Powers,
    /// `A` of the bits.
    MoveAnnouncements,
    /// `A` of the powers.
    PowerAnnouncements,
    /// `T_1`.
    Linear,
    /// `T_0`.
    Constant,
    /// `D_e`.
    Terms,
    /// `N_e`.
    TermMasks,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    /// This is not hashed.
    Unhashed(Item),
    /// All places have the weight one.
    PlacesUnweighed,
    /// All lists have the weight one.
    ListsUnweighed,
    /// The equations of all bits have the weight one.
    BitsUnweighed,
    /// The openings of all vectors of a kind are added with weight one.
    OpeningsMerged,
    /// The openings of moves are not checked.
    MovesUnopened,
    /// The openings of powers are not checked.
    PowersUnopened,
    /// That bits are bits is not checked.
    SquaresUnchecked,
    /// The equation of `h` and the `N_e` is not checked.
    MaskUnchecked,
    /// The equations of both components are added.
    ComponentsMerged,
    /// The equation of `R` is not checked.
    FirstHalfUnchecked,
    /// The equation of `E` is not checked.
    SecondHalfUnchecked,
    /// The equations are folded with weights drawn before the responses are absorbed.
    WeightsBeforeResponses,
    /// An output may have `O` for its first component.
    ZeroAllowed,
    /// An input may have `O` for its first component.
    PublicInputAllowed,
    /// The challenge is what the prover says it is.
    ChallengeGiven(Scalar),
}

/// The weights and the challenge of a message, and the hash when the challenge is drawn.
struct Challenges {
    /// `y_l`.
    places: Vec<Scalar>,
    /// `u`.
    lists: Vec<Scalar>,
    /// `e`.
    bits: Vec<Scalar>,
    c: Scalar,
    state: FiatShamir,
}

impl Challenges {
    /// `Y(j)`.
    fn of_place(&self, place: usize) -> Scalar {
        let bits = self.places.iter().enumerate();
        bits.filter(|(l, _)| (place >> l) & 1 == 1).map(|(_, y)| y).product()
    }
}

/// Every equation's left side less its right.
struct Residues {
    moves: Vec<RistrettoPoint>,
    powers: Vec<RistrettoPoint>,
    squares: RistrettoPoint,
    mask: RistrettoPoint,
    entries: Ciphertext,
}

impl Residues {
    /// All of them, in the order in which the contract draws weights for them.
    fn sides(&self) -> impl Iterator<Item = &RistrettoPoint> {
        let Self { moves, powers, squares, mask, entries } = self;
        moves.iter().chain(powers).chain([squares, mask, &entries.r, &entries.e])
    }
}

/// `k` of lists of this length.
fn bits_of(length: usize) -> usize {
    length.ilog2() as usize
}

impl Shuffle {
    /// The proof as it is posted.
    fn posted(&self) -> ShuffleProof {
        let masked = self.responses.iter().map(masked).collect();
        ShuffleProof { masked: List::new(masked).unwrap(), ..self.proof.clone() }
    }

    fn encoded(&self) -> Vec<Vec<(Ciphertext, Wire)>> {
        let encode = |list: &Vec<Ciphertext>| list.iter().map(|c| (*c, c.encode())).collect();
        self.lists.iter().map(encode).collect()
    }

    fn outputs_encoded(&self) -> Vec<Wire> {
        self.outputs.iter().flatten().map(Ciphertext::encode).collect()
    }

    /// The challenges over what a verifier with this flaw hashes.
    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let is_hashed = |item| flaw != Some(Flaw::Unhashed(item));
        let gens = generators();
        let (n, length) = (self.lists.len(), self.lists[0].len());
        let k = bits_of(length);
        let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, &self.context);
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
        fs.count(b"lists", n);
        fs.count(b"length", length);
        for (item, label, entries) in [
            (Item::EntriesIn, b"entry-in" as &[u8], &self.lists),
            (Item::EntriesOut, b"entry-out", &self.outputs),
        ] {
            if is_hashed(item) {
                entries.iter().flatten().for_each(|entry| fs.ciphertext(label, &entry.encode()));
            }
        }
        let ShuffleProof { moves, powers, squares, polynomial, .. } = &self.proof;
        for (item, count, label, vectors) in [
            (Item::Moves, b"vectors" as &[u8], b"vector" as &[u8], moves),
            (Item::Powers, b"power-vectors", b"power-vector", powers),
        ] {
            fs.count(count, vectors.len());
            if is_hashed(item) {
                vectors.iter().for_each(|vector| fs.point(label, &vector.commitment));
            }
        }
        let mut places = fs.weights(b"weights", k + n + n * k);
        let mut lists = places.split_off(k);
        let mut bits = lists.split_off(n);
        match flaw {
            Some(Flaw::PlacesUnweighed) => places.fill(Scalar::ONE),
            Some(Flaw::ListsUnweighed) => lists.fill(Scalar::ONE),
            Some(Flaw::BitsUnweighed) => bits.fill(Scalar::ONE),
            _ => {}
        }
        for (item, label, vectors) in [
            (Item::MoveAnnouncements, b"vector-announcement" as &[u8], moves),
            (Item::PowerAnnouncements, b"power-announcement", powers),
        ] {
            if is_hashed(item) {
                vectors.iter().for_each(|vector| fs.point(label, &vector.announcement));
            }
        }
        if is_hashed(Item::Linear) {
            fs.point(b"linear", &squares.linear);
        }
        if is_hashed(Item::Constant) {
            fs.point(b"constant", &squares.constant);
        }
        fs.count(b"polynomial", polynomial.len());
        for ShuffleTerm { ciphertext, mask } in polynomial.iter() {
            if is_hashed(Item::Terms) {
                fs.ciphertext(b"polynomial-term", ciphertext);
            }
            if is_hashed(Item::TermMasks) {
                fs.point(b"polynomial-mask", mask);
            }
        }
        let drawn = fs.weight(b"challenge");
        let c = if let Some(Flaw::ChallengeGiven(given)) = flaw { given } else { drawn };
        Challenges { places, lists, bits, c, state: fs }
    }

    /// `F_i(c)`, multiplied out bit by bit.
    fn moved_weight(&self, list: usize, entry: usize, challenges: &Challenges) -> Scalar {
        let Challenges { places, c, .. } = challenges;
        let k = places.len();
        let factors = places.iter().zip(&self.responses[list * k..]).enumerate();
        let factors = factors.map(|(l, (y, z))| match (entry >> l) & 1 {
            0 => c - z + y * z,
            _ => (c - z) * y + z,
        });
        factors.product()
    }

    fn residues(&self, challenges: &Challenges) -> Option<Residues> {
        let ShuffleProof { moves, squares, powers, polynomial, raised, mask, .. } = &self.proof;
        let Challenges { lists, bits, c, .. } = challenges;
        let k = challenges.places.len();
        let raised: Vec<Scalar> = raised.iter().map(decode_scalar).collect::<Option<_>>()?;
        let mask = decode_scalar(mask)?;
        let opened = |vectors: &[VectorOpening], values: &[Scalar]| -> Option<Vec<_>> {
            let vectors = vectors.iter().zip(values.chunks(MAX_VECTOR));
            vectors.map(|(vector, values)| opening_residue(vector, values, c)).collect()
        };
        let of_bits = self.responses.iter().zip(bits).map(|(z, e)| e * z * (z - c)).sum();
        let mut masks = generators().value * mask;
        let mut entries = Ciphertext { r: generators().key * mask, e: self.quorum_key * mask };
        let mut power = Scalar::ONE;
        for term in polynomial.iter() {
            masks -= decode_point(&term.mask)? * power;
            entries = entries - Ciphertext::decode(&term.ciphertext)?.scaled(&power);
            power *= c;
        }
        for (list, (inputs, outputs)) in self.lists.iter().zip(&self.outputs).enumerate() {
            let of_list = lists[list];
            for (i, input) in inputs.iter().enumerate() {
                let raised = raised[list * inputs.len() + i];
                let weight = of_list * self.moved_weight(list, i, challenges) * raised;
                entries = entries + input.scaled(&weight);
            }
            for (j, output) in outputs.iter().enumerate() {
                entries = entries - output.scaled(&(of_list * power * challenges.of_place(j)));
            }
        }
        (polynomial.len() == k + 1).then_some(Residues {
            moves: opened(moves, &self.responses)?,
            powers: opened(powers, &raised)?,
            squares: squares_residue(squares, &of_bits, c)?,
            mask: masks,
            entries,
        })
    }

    /// Chooses an item that does not count in the challenges of a verifier with this flaw so that the equations
    /// that have it hold.
    fn choose(&mut self, item: Item, flaw: Flaw) {
        let challenges = self.challenges(Some(flaw));
        let residues = self.residues(&challenges).unwrap();
        let Challenges { ref lists, c, .. } = challenges;
        let of_first = lists[0] * self.moved_weight(0, 0, &challenges);
        let ShuffleProof { moves, powers, squares, polynomial, raised, mask, .. } = &mut self.proof;
        type Field = fn(&mut VectorOpening) -> &mut Point;
        let vectors =
            |vectors: &mut List<VectorOpening, _>, field: Field, by: &[RistrettoPoint], of| {
                let mut changed = vectors.to_vec();
                let all = changed.iter_mut().zip(by);
                all.for_each(|(vector, residue)| shift(field(vector), &(residue * of)));
                *vectors = List::new(changed).unwrap();
            };
        let one = Scalar::ONE;
        let mut terms = polynomial.to_vec();
        match item {
            Item::Head | Item::Chunk => unreachable!("no equation has it"),
            Item::QuorumKey => {
                self.quorum_key -= residues.entries.e * decode_scalar(mask).unwrap().invert();
            }
            Item::EntriesIn => {
                let weight = of_first * decode_scalar(&raised[0]).unwrap();
                let entry = &mut self.lists[0][0];
                *entry = *entry - residues.entries.scaled(&weight.invert());
            }
            Item::EntriesOut => {
                // The first place has the weight one.
                let weight = (0..terms.len()).fold(lists[0], |weight, _| weight * c);
                let entry = &mut self.outputs[0][0];
                *entry = *entry + residues.entries.scaled(&weight.invert());
            }
            Item::Moves => vectors(moves, |v| &mut v.commitment, &residues.moves, c.invert()),
            Item::Powers => vectors(powers, |v| &mut v.commitment, &residues.powers, c.invert()),
            Item::MoveAnnouncements => {
                vectors(moves, |v| &mut v.announcement, &residues.moves, one);
            }
            Item::PowerAnnouncements => {
                vectors(powers, |v| &mut v.announcement, &residues.powers, one);
            }
            Item::Linear => shift(&mut squares.linear, &(residues.squares * c.invert())),
            Item::Constant => shift(&mut squares.constant, &residues.squares),
            Item::Terms => {
                shift(&mut terms[0].ciphertext.r, &residues.entries.r);
                shift(&mut terms[0].ciphertext.e, &residues.entries.e);
            }
            Item::TermMasks => shift(&mut terms[0].mask, &residues.mask),
        }
        self.proof.polynomial = List::new(terms).unwrap();
    }

    /// How many entries open to zero: an honest turn leaves one of each list.
    fn zeros(&self) -> usize {
        let entries = self.outputs.iter().flatten();
        entries.filter(|entry| decrypt(&secret(), entry).is_identity()).count()
    }

    /// [`Artefact::check_forgery`], of something with more or fewer zeros than there were.
    fn check_false(&self, flaw: Flaw) {
        assert_ne!(self.zeros(), self.lists.len(), "{flaw:?}: there is nothing to forge");
        self.check_forgery(flaw);
    }
}

impl Artefact for Shuffle {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        let Self { head, chunk, quorum_key, .. } = *self;
        let (lists, outputs) = (self.encoded(), self.outputs_encoded());
        let statement = Statement { head, chunk, quorum_key, lists: &lists, outputs: &outputs };
        verify(&generators(), &self.context, &statement, &self.posted()).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let encode = |list: &Vec<Ciphertext>| list.iter().map(Ciphertext::encode).collect();
        let lists: Vec<Vec<Wire>> = self.lists.iter().map(encode).collect();
        let Self { head, chunk, quorum_key, .. } = *self;
        let (context, quorum_key) = (place(&self.context), encode_point(&quorum_key));
        let (outputs, proof) = (self.outputs_encoded(), self.posted());
        second::verify(&context, &head, chunk, &quorum_key, &lists, &outputs, &proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let (n, length) = (self.lists.len(), self.lists[0].len());
        let k = bits_of(length);
        let ShuffleProof { moves, powers, polynomial, raised, .. } = &self.proof;
        let is_complete = length == 1 << k
            && self.lists.iter().chain(&self.outputs).all(|list| list.len() == length)
            && self.outputs.len() == n
            && self.responses.len() == n * k
            && raised.len() == n * length
            && polynomial.len() == k + 1
            && moves.len() == (n * k).div_ceil(MAX_VECTOR)
            && powers.len() == (n * length).div_ceil(MAX_VECTOR);
        let is_public =
            |lists: &[Vec<Ciphertext>]| lists.iter().flatten().any(Ciphertext::is_public);
        let has_identity = match flaw {
            Some(Flaw::PublicInputAllowed) => false,
            Some(Flaw::ZeroAllowed) => is_public(&self.lists),
            _ => is_public(&self.lists) || is_public(&self.outputs),
        };
        if !is_complete || has_identity {
            return false;
        }
        let challenges = self.challenges(flaw);
        let Some(mut residues) = self.residues(&challenges) else { return false };
        let none = RistrettoPoint::default();
        match flaw {
            Some(Flaw::OpeningsMerged) => {
                residues.moves = vec![residues.moves.iter().sum()];
                residues.powers = vec![residues.powers.iter().sum()];
            }
            Some(Flaw::MovesUnopened) => residues.moves.clear(),
            Some(Flaw::PowersUnopened) => residues.powers.clear(),
            Some(Flaw::SquaresUnchecked) => residues.squares = none,
            Some(Flaw::MaskUnchecked) => residues.mask = none,
            Some(Flaw::FirstHalfUnchecked) => residues.entries.r = none,
            Some(Flaw::SecondHalfUnchecked) => residues.entries.e = none,
            Some(Flaw::ComponentsMerged) => {
                let Ciphertext { r, e } = residues.entries;
                residues.entries = Ciphertext { r: r + e, e: none };
            }
            Some(Flaw::WeightsBeforeResponses) => {
                let mut weights = Weights::after([challenges.state]);
                let folded: RistrettoPoint =
                    residues.sides().map(|side| side * weights.draw()).sum();
                return folded.is_identity();
            }
            _ => {}
        }
        residues.sides().all(|side| side.is_identity())
    }
}

/// The secret of the quorum.
fn secret() -> Scalar {
    scalar(&mut rng(91))
}

/// What a forger may choose of a post. The default is honest.
#[derive(Clone)]
struct Recipe {
    /// Entry `i` of a list encrypts `i`, so that the first is zero.
    inputs: Vec<Vec<Known>>,
    /// By list: how much of every input is in every output.
    mixed: Vec<Vec<Vec<Scalar>>>,
    /// By list: what is added to every output.
    extras: Vec<Vec<Known>>,
    /// Added to the first output.
    shift: Ciphertext,
    /// The bits of the moves, list by list.
    bits: Vec<Scalar>,
    /// The powers, entry by entry.
    powers: Vec<Scalar>,
    /// Whether the bits that the outputs would have to have are found when the weights are known.
    late_bits: bool,
    /// Whether the powers that the outputs would have to have are found when the weights are known.
    late_powers: Option<Late>,
}

/// Powers found when the weights are known.
#[derive(Clone, Copy, PartialEq)]
enum Late {
    /// Any.
    Free,
    /// Those of the first list, and for each of them one at the same place of the second vector, so that the sum of
    /// both is what it was.
    InPairs,
}

impl Recipe {
    /// Lists of `2^k` entries, moved by 1, 2, 3 and so on.
    fn honest(lists: usize, k: usize) -> Self {
        let mut rng = rng(92);
        let length = 1usize << k;
        let inputs = (0..lists)
            .map(|_| (0..length).map(|m| Known::fresh(Scalar::from(m as u64), &mut rng)).collect())
            .collect();
        let powers: Vec<Scalar> = (0..lists * length).map(|_| scalar(&mut rng)).collect();
        let mask_of = |list: usize| (list + 1) % length;
        let bit = |list: usize, l: usize| Scalar::from(((mask_of(list) >> l) & 1) as u8);
        let bits = (0..lists).flat_map(|list| (0..k).map(move |l| bit(list, l))).collect();
        let mixed = (0..lists)
            .map(|list| {
                let mut mixed = vec![vec![Scalar::ZERO; length]; length];
                for i in 0..length {
                    mixed[i ^ mask_of(list)][i] = powers[list * length + i];
                }
                mixed
            })
            .collect();
        let extras = vec![vec![Known::default(); length]; lists];
        let shift = Ciphertext::zero();
        let (late_bits, late_powers) = (false, None);
        Self { inputs, mixed, extras, shift, bits, powers, late_bits, late_powers }
    }

    /// The list that comes out, as what it encrypts.
    fn outputs(&self, list: usize) -> Vec<Known> {
        let mixed = |row: &Vec<Scalar>| -> Known {
            row.iter().zip(&self.inputs[list]).map(|(share, input)| input.scaled(share)).sum()
        };
        let outputs = self.mixed[list].iter().map(mixed).zip(&self.extras[list]);
        outputs.map(|(output, extra)| output + *extra).collect()
    }

    /// For every entry of a list: what it is multiplied with, besides its power, in the leading coefficient.
    fn leading(bits: &[Scalar], places: &[Scalar], length: usize) -> Vec<Scalar> {
        let one = Scalar::ONE;
        let of_entry = |i: usize| {
            let factors = bits.iter().zip(places).enumerate();
            let factors = factors.map(|(l, (r, y))| match (i >> l) & 1 {
                0 => one - r + y * r,
                _ => (one - r) * y + r,
            });
            factors.product()
        };
        (0..length).map(of_entry).collect()
    }

    /// By how much the outputs, weighed together, are more than the inputs moved by these bits and raised to these
    /// powers.
    fn surplus(&self, challenges: &Challenges, bits: &[Scalar], powers: &[Scalar]) -> Known {
        let (k, length) = (challenges.places.len(), self.inputs[0].len());
        let of_list = |list: usize| {
            let leading = Self::leading(&bits[list * k..][..k], &challenges.places, length);
            let inputs = self.inputs[list].iter().zip(&leading).zip(&powers[list * length..]);
            let inputs: Known = inputs.map(|((x, f), s)| x.scaled(&(f * s))).sum();
            let outputs = self.outputs(list).into_iter().enumerate();
            let outputs: Known = outputs.map(|(j, z)| z.scaled(&challenges.of_place(j))).sum();
            (outputs - inputs).scaled(&challenges.lists[list])
        };
        (0..self.inputs.len()).map(of_list).sum()
    }

    /// The bits under which there is no surplus, of three lists of two; and which pass for bits.
    fn bits_under(&self, challenges: &Challenges) -> Option<Vec<Scalar>> {
        let surplus = |bits: &[Scalar]| self.surplus(challenges, bits, &self.powers);
        let message: Residue<'_> = &|bits| surplus(bits).message;
        let randomness: Residue<'_> = &|bits| surplus(bits).randomness;
        solve(&[message, randomness], &|bits| {
            bits.iter().zip(&challenges.bits).map(|(r, e)| e * r * (r - Scalar::ONE)).sum()
        })
    }

    /// The powers under which there is no surplus, in pairs.
    fn powers_in_pairs(&self, challenges: &Challenges, bits: &[Scalar]) -> Vec<Scalar> {
        let moved = |by: &[Scalar]| {
            let mut powers = self.powers.clone();
            for (at, by) in by.iter().take(2).enumerate() {
                powers[at] += by;
                powers[MAX_VECTOR + at] -= by;
            }
            powers
        };
        let surplus = |by: &[Scalar]| self.surplus(challenges, bits, &moved(by));
        // The third value is not asked for.
        let message: Residue<'_> = &|by| surplus(by).message;
        let randomness: Residue<'_> = &|by| surplus(by).randomness;
        let (found, _) = line(&[message, randomness]).expect("the entries are independent");
        moved(&found)
    }

    /// The powers under which there is no surplus.
    fn powers_under(&self, challenges: &Challenges, bits: &[Scalar]) -> Vec<Scalar> {
        let (k, length) = (challenges.places.len(), self.inputs[0].len());
        let of_list = |(list, mixed): (usize, &Vec<Vec<Scalar>>)| {
            let leading = Self::leading(&bits[list * k..][..k], &challenges.places, length);
            let power = |i: usize| {
                let shares =
                    mixed.iter().enumerate().map(|(j, row)| challenges.of_place(j) * row[i]);
                shares.sum::<Scalar>() * leading[i].invert()
            };
            (0..length).map(power).collect::<Vec<_>>()
        };
        self.mixed.iter().enumerate().flat_map(of_list).collect()
    }

    /// Follows the protocol, as a verifier with this flaw would have it, on whatever was chosen. Nothing if there
    /// are no late bits that would do.
    fn cook_with(&self, flaw: Option<Flaw>, seed: u64) -> Option<Shuffle> {
        let mut rng = rng(seed);
        let quorum_key = generators().key * secret();
        let sealed = |list: &Vec<Known>| -> Vec<Ciphertext> {
            list.iter().map(|known| known.sealed(&quorum_key)).collect()
        };
        let (n, length) = (self.inputs.len(), self.inputs[0].len());
        let k = bits_of(length);
        let mut outputs: Vec<_> = (0..n).map(|list| sealed(&self.outputs(list))).collect();
        outputs[0][0] = outputs[0][0] + self.shift;
        let zero = encode_scalar(&Scalar::ZERO);
        let mut vectors = |values: &[Scalar]| -> (Vec<VectorOpening>, Vec<Scalar>) {
            let vector = |values: &[Scalar]| {
                let sigma = scalar(&mut rng);
                let commitment = encode_point(&commit_vector(values, &sigma));
                (VectorOpening { commitment, announcement: Point::IDENTITY, blinding: zero }, sigma)
            };
            values.chunks(MAX_VECTOR).map(vector).unzip()
        };
        let (mut moves, move_sigmas) = vectors(&self.bits);
        let (mut powers, power_sigmas) = vectors(&self.powers);
        let term = ShuffleTerm { ciphertext: Wire::default(), mask: Point::IDENTITY };
        let [linear, constant] = [Point::IDENTITY; 2];
        let mut shuffle = Shuffle {
            context: context(),
            head: HEAD,
            chunk: 1,
            quorum_key,
            lists: self.inputs.iter().map(sealed).collect(),
            outputs,
            responses: Vec::new(),
            proof: ShuffleProof {
                moves: List::new(moves.clone()).unwrap(),
                squares: Quadratic { linear, constant, blinding: zero },
                powers: List::new(powers.clone()).unwrap(),
                polynomial: List::new(vec![term; k + 1]).unwrap(),
                masked: List::new(Vec::new()).unwrap(),
                raised: List::new(Vec::new()).unwrap(),
                mask: zero,
            },
        };
        let challenges = shuffle.challenges(flaw);
        let late_bits = if self.late_bits { Some(self.bits_under(&challenges)?) } else { None };
        let bits = late_bits.unwrap_or_else(|| self.bits.clone());
        let raised_to = match self.late_powers {
            Some(Late::Free) => self.powers_under(&challenges, &bits),
            Some(Late::InPairs) => self.powers_in_pairs(&challenges, &bits),
            None => self.powers.clone(),
        };
        let surplus = self.surplus(&challenges, &bits, &raised_to);

        let bit_masks: Vec<Scalar> = bits.iter().map(|_| mask(&mut rng)).collect();
        let power_masks: Vec<Scalar> = raised_to.iter().map(|_| scalar(&mut rng)).collect();
        let mut announce = |vectors: &mut [VectorOpening], masks: &[Scalar]| -> Vec<Scalar> {
            let announce = |(vector, masks): (&mut VectorOpening, &[Scalar])| {
                let alpha = scalar(&mut rng);
                vector.announcement = encode_point(&commit_vector(masks, &alpha));
                alpha
            };
            vectors.iter_mut().zip(masks.chunks(MAX_VECTOR)).map(announce).collect()
        };
        let move_alphas = announce(&mut moves, &bit_masks);
        let power_alphas = announce(&mut powers, &power_masks);
        let (mut t_1, mut t_0) = (Scalar::ZERO, Scalar::ZERO);
        for ((r, a), e) in bits.iter().zip(&bit_masks).zip(&challenges.bits) {
            t_1 += e * a * (r + r - Scalar::ONE);
            t_0 += e * a * a;
        }
        let [tau_1, tau_0] = std::array::from_fn(|_| scalar(&mut rng));
        let term_masks: Vec<Scalar> = (0..=k).map(|_| scalar(&mut rng)).collect();
        let terms = self.terms(&challenges, (&bits, &bit_masks), (&raised_to, &power_masks));
        let terms = terms.iter().zip(&term_masks).map(|(term, h)| {
            let masked = *term + Known { message: Scalar::ZERO, randomness: *h };
            let ciphertext = masked.sealed(&quorum_key).encode();
            ShuffleTerm { ciphertext, mask: encode_point(&(generators().value * h)) }
        });
        let proof = &mut shuffle.proof;
        proof.polynomial = List::new(terms.collect()).unwrap();
        proof.squares.linear = encode_point(&commit(&t_1, &tau_1));
        proof.squares.constant = encode_point(&commit(&t_0, &tau_0));
        proof.moves = List::new(moves.clone()).unwrap();
        proof.powers = List::new(powers.clone()).unwrap();
        let Challenges { c, .. } = shuffle.challenges(flaw);

        shuffle.responses = bits.iter().zip(&bit_masks).map(|(r, a)| a + c * r).collect();
        let raised = raised_to.iter().zip(&power_masks).map(|(s, b)| encode_scalar(&(b + c * s)));
        let respond = |vectors: &mut [VectorOpening], alphas: &[Scalar], sigmas: &[Scalar]| {
            for ((vector, alpha), sigma) in vectors.iter_mut().zip(alphas).zip(sigmas) {
                vector.blinding = encode_scalar(&(alpha + c * sigma));
            }
        };
        respond(&mut moves, &move_alphas, &move_sigmas);
        respond(&mut powers, &power_alphas, &power_sigmas);
        let proof = &mut shuffle.proof;
        proof.raised = List::new(raised.collect()).unwrap();
        proof.moves = List::new(moves).unwrap();
        proof.powers = List::new(powers).unwrap();
        proof.squares.blinding = encode_scalar(&(tau_1 * c + tau_0));
        // A surplus of randomness goes into a term of degree k + 1.
        let coefficients = term_masks.iter().chain([&surplus.randomness]).rev();
        proof.mask = encode_scalar(&coefficients.fold(Scalar::ZERO, |sum, h| sum * c + h));
        Some(shuffle)
    }

    /// [`Self::cook_with`], trying again until there are late bits that do.
    fn cook(&self, flaw: Option<Flaw>) -> Shuffle {
        let cooked = (93..157).map(|seed| self.cook_with(flaw, seed));
        cooked.flatten().next().expect("half of all numbers have a square root")
    }

    /// The coefficients of `c^0 .. c^k` of the weighed inputs, every `F_i(c) t_i` multiplied out.
    fn terms(
        &self,
        challenges: &Challenges,
        (bits, bit_masks): (&[Scalar], &[Scalar]),
        (powers, power_masks): (&[Scalar], &[Scalar]),
    ) -> Vec<Known> {
        let (k, length) = (challenges.places.len(), self.inputs[0].len());
        let one = Scalar::ONE;
        let mut terms = vec![Known::default(); k + 2];
        for (list, inputs) in self.inputs.iter().enumerate() {
            for (i, input) in inputs.iter().enumerate() {
                let at = list * length + i;
                let mut product = vec![challenges.lists[list]];
                let mut multiply = |linear: Scalar, constant: Scalar| {
                    let shifted = [Scalar::ZERO].into_iter().chain(product.iter().copied());
                    let same = product.iter().copied().chain([Scalar::ZERO]);
                    product = same.zip(shifted).map(|(p, q)| p * constant + q * linear).collect();
                };
                for (l, y) in challenges.places.iter().enumerate() {
                    let (r, a) = (bits[list * k + l], bit_masks[list * k + l]);
                    match (i >> l) & 1 {
                        0 => multiply(one - r + y * r, (y - one) * a),
                        _ => multiply((one - r) * y + r, (one - y) * a),
                    }
                }
                multiply(powers[at], power_masks[at]);
                for (term, coefficient) in terms.iter_mut().zip(&product) {
                    *term = *term + input.scaled(coefficient);
                }
            }
        }
        terms.truncate(k + 1);
        terms
    }
}

/// Turns by these moves, proved by the protocol.
fn proved(context: Context, lists: Vec<Vec<Ciphertext>>, moves: Vec<Move>) -> Shuffle {
    let length = lists[0].len();
    let mut shuffle = Recipe::honest(1, 1).cook(None);
    (shuffle.context, shuffle.lists) = (context, lists);
    let Shuffle { head, chunk, quorum_key, .. } = shuffle;
    let lists = shuffle.encoded();
    let inputs = prover::Inputs { head, chunk, quorum_key, lists: &lists };
    let witness = prover::Witness { moves };
    let (outputs, proof) =
        prover::prove(&generators(), &context, &inputs, &witness, &mut rng(94)).unwrap();
    let outputs: Vec<Ciphertext> =
        outputs.iter().map(|wire| Ciphertext::decode(wire).unwrap()).collect();
    shuffle.outputs = outputs.chunks(length).map(<[_]>::to_vec).collect();
    shuffle.responses = proof.masked.iter().map(|masked| integer(&masked.0)).collect();
    shuffle.proof = proof;
    shuffle
}

/// Honest turns on this many lists of `2^k` entries, each moved by another mask.
pub(crate) fn honest(count: usize, k: usize) -> Shuffle {
    let mut rng = rng(95);
    let lists = Recipe::honest(count, k).cook(None).lists;
    let moves = (0..count)
        .map(|at| Move::chosen(at as u8, (0..1 << k).map(|_| scalar(&mut rng)).collect()))
        .collect();
    proved(context(), lists, moves)
}

/// One list of two, moved by nothing and raised to 5 and 7.
fn unmoved() -> Recipe {
    let [one, zero] = [Scalar::ONE, Scalar::ZERO];
    let [s_0, s_1] = [5u8, 7].map(Scalar::from);
    let mut recipe = Recipe::honest(1, 1);
    recipe.bits = vec![zero];
    recipe.powers = vec![s_0, s_1];
    recipe.mixed = vec![vec![vec![s_0 * one, zero], vec![zero, s_1]]];
    recipe
}

/// The same, and the entry that was zero is no more.
fn without_its_zero() -> Recipe {
    let mut recipe = unmoved();
    recipe.extras[0][0].message = Scalar::ONE;
    recipe
}

#[test]
fn honest_turns_pass() {
    for (count, k) in [(1, 1), (3, 1), (2, 2), (1, 3), (MAX_VECTOR + 1, 1), (3, 5)] {
        let shuffle = honest(count, k);
        shuffle.check_honest();
        assert_eq!(shuffle.zeros(), count);
        // And so does the prover kept here.
        let shuffle = Recipe::honest(count, k).cook(None);
        shuffle.check_honest();
        assert_eq!(shuffle.zeros(), count);
    }
    unmoved().cook(None).check_honest();
}

/// An entry exchanged for an encryption of something else, whatever move is claimed: the zero is
/// hidden, and a count of at most `M` reads as more.
#[test]
fn a_zero_that_vanishes() {
    for bit in [Scalar::ZERO, Scalar::ONE] {
        let shuffle = Recipe { bits: vec![bit], ..without_its_zero() }.cook(None);
        assert_eq!(shuffle.zeros(), 0, "the attack is alive");
        shuffle.check_refused();
    }
}

/// F1, F7: every item that counts in the challenges is what it was before them. One that did not count would be
/// chosen last, so that the equations hold.
#[test]
fn whatever_is_not_hashed_is_chosen_after_the_challenge() {
    let mut other = unmoved();
    other.extras[0][1].message = Scalar::ONE;
    let forgeries = [
        (Item::QuorumKey, without_its_zero()),
        (Item::EntriesIn, without_its_zero()),
        (Item::EntriesOut, other),
        (Item::Terms, without_its_zero()),
        (Item::Linear, bit_of_two()),
        (Item::Constant, bit_of_two()),
        (Item::TermMasks, zero_out_of_nothing()),
    ];
    for (item, recipe) in forgeries {
        let flaw = Flaw::Unhashed(item);
        let mut shuffle = recipe.cook(Some(flaw));
        shuffle.choose(item, flaw);
        shuffle.check_false(flaw);
        // Chosen against a verifier that hashes it, it changes the challenges under the forger's hands.
        let mut shuffle = recipe.cook(None);
        shuffle.choose(item, flaw);
        shuffle.check_refused();
    }
}

/// F1: a turn shown under another head, in another chunk, on other lists, or on the same in another order.
#[test]
fn a_turn_shown_elsewhere() {
    for item in [Item::Head, Item::Chunk] {
        let flaw = Flaw::Unhashed(item);
        let mut shuffle = Recipe::honest(2, 1).cook(Some(flaw));
        match item {
            Item::Head => shuffle.head.0[0] ^= 1,
            _ => shuffle.chunk += 1,
        }
        shuffle.check_forgery(flaw);
    }
    let shuffle = honest(2, 1);
    let changes: [fn(&mut Shuffle); 10] = [
        |shuffle| shuffle.head.0[31] ^= 0x80,
        |shuffle| shuffle.chunk += 1,
        |shuffle| shuffle.quorum_key += generators().key,
        |shuffle| shuffle.lists.swap(0, 1),
        |shuffle| shuffle.lists[0].swap(0, 1),
        |shuffle| shuffle.outputs.swap(0, 1),
        |shuffle| shuffle.outputs[1].swap(0, 1),
        // An entry, or a list, more or less.
        |shuffle| shuffle.outputs[1].truncate(1),
        |shuffle| shuffle.outputs.truncate(1),
        |shuffle| shuffle.responses.truncate(1),
    ];
    for change in changes {
        let mut other = shuffle.clone();
        change(&mut other);
        other.check_refused();
    }
}

/// Powers that nothing binds before the weights of the places: then each can be what makes up for any mixture of
/// the entries. Here both outputs are the entry that is not zero; then both are the zero.
#[test]
fn powers_chosen_after_the_weights() {
    for (kept, zeros) in [(1, 0), (0, 2)] {
        let mut recipe = unmoved();
        let mut row = vec![Scalar::ZERO; 2];
        row[kept] = Scalar::from(3u8);
        recipe.mixed = vec![vec![row.clone(), row]];
        recipe.late_powers = Some(Late::Free);
        for item in [Item::Powers, Item::PowerAnnouncements] {
            let flaw = Flaw::Unhashed(item);
            let mut shuffle = recipe.cook(Some(flaw));
            shuffle.choose(item, flaw);
            shuffle.check_false(flaw);
            assert_eq!(shuffle.zeros(), zeros);
        }
        let shuffle = recipe.cook(None);
        shuffle.check_false(Flaw::PowersUnopened);
        assert_eq!(shuffle.zeros(), zeros);
        // Powers that were committed to do not do it, whichever they are.
        recipe.late_powers = None;
        for powers in [[0u8, 3], [3, 0], [3, 3]] {
            let powers = powers.map(Scalar::from).to_vec();
            Recipe { powers, ..recipe.clone() }.cook(None).check_refused();
        }
    }
}

/// Moves that nothing binds before the weights: then they need not be moves, for the forger finds numbers that pass
/// for bits, weighed, and under which outputs that mix the entries are right together.
#[test]
fn moves_chosen_after_the_weights() {
    let mut recipe = Recipe::honest(3, 1);
    let mixed = &mut recipe.mixed[0];
    // The zero is gone.
    mixed[0] = vec![Scalar::from(2u8); 2];
    mixed[1] = vec![Scalar::from(3u8); 2];
    recipe.late_bits = true;
    for item in [Item::Moves, Item::MoveAnnouncements] {
        let flaw = Flaw::Unhashed(item);
        let mut shuffle = recipe.cook(Some(flaw));
        shuffle.choose(item, flaw);
        shuffle.check_false(flaw);
        assert!(shuffle.responses.iter().any(|z| !is_short(z)), "the wire has no room for these");
    }
    recipe.cook(None).check_false(Flaw::MovesUnopened);
}

/// F4: vectors with one weight bind the sums of their values, not the values: a power of the first list is moved to one
/// of the second vector, and a zero of the first list is gone.
#[test]
fn powers_moved_from_one_vector_to_the_other() {
    let mut recipe = Recipe::honest(MAX_VECTOR / 2 + 1, 1);
    // The first list was moved by 1, so its zero comes out last.
    recipe.extras[0][1].message = Scalar::ONE;
    recipe.late_powers = Some(Late::InPairs);
    recipe.cook(None).check_false(Flaw::OpeningsMerged);
}

/// F4: bits with one weight: two numbers of which neither is a bit, and of which the one is off by what the other is.
#[test]
fn moves_whose_errors_cancel() {
    let mut recipe = Recipe::honest(2, 1);
    // (6/5)(6/5 - 1) + (3/5)(3/5 - 1) = 0
    let fifth = Scalar::from(5u8).invert();
    recipe.bits = [6u8, 3].map(|r| Scalar::from(r) * fifth).to_vec();
    for (list, r) in recipe.bits.iter().enumerate() {
        let [s_0, s_1] = [recipe.powers[2 * list], recipe.powers[2 * list + 1]];
        let stays = Scalar::ONE - r;
        recipe.mixed[list] = vec![vec![stays * s_0, r * s_1], vec![r * s_0, stays * s_1]];
    }
    let flaw = Flaw::BitsUnweighed;
    recipe.cook(Some(flaw)).check_false(flaw);
    recipe.cook(None).check_refused();
}

/// A move of 2: its outputs mix the entries, and the zero is in neither.
fn bit_of_two() -> Recipe {
    let mut recipe = unmoved();
    let [s_0, s_1] = [recipe.powers[0], recipe.powers[1]];
    recipe.bits = vec![Scalar::from(2u8)];
    // (1 - 2 + 2y) s_0 X_0 + ((1 - 2) y + 2) s_1 X_1
    recipe.mixed = vec![vec![vec![-s_0, s_1 + s_1], vec![s_0 + s_0, -s_1]]];
    recipe
}

#[test]
fn a_move_that_is_no_bit() {
    let shuffle = bit_of_two().cook(None);
    assert_eq!(shuffle.zeros(), 0);
    shuffle.check_false(Flaw::SquaresUnchecked);
    assert!(shuffle.responses.iter().all(is_short), "there is room for it on the wire");
}

/// A power of zero, hidden by an encryption of zero that is added to the output.
fn zero_out_of_nothing() -> Recipe {
    let mut recipe = unmoved();
    recipe.powers[1] = Scalar::ZERO;
    recipe.mixed[0][1][1] = Scalar::ZERO;
    recipe.extras[0][1].randomness = Scalar::from(11u8);
    recipe
}

/// A mask `h` with a term of degree `k + 1`: an output differs from the raised entry by an encryption of zero, so a
/// power may be zero without the output being `O`. A count above the limit reads as at most `M`.
#[test]
fn a_zero_made_where_there_was_none() {
    let shuffle = zero_out_of_nothing().cook(None);
    assert_eq!(shuffle.zeros(), 2);
    shuffle.check_false(Flaw::MaskUnchecked);
}

/// F4: places that weigh the same: what is taken from one entry is added to the other. And lists that do.
#[test]
fn a_message_moved_from_one_entry_to_the_other() {
    let one = Known { message: Scalar::ONE, randomness: Scalar::ZERO };
    let mut recipe = unmoved();
    (recipe.extras[0][0], recipe.extras[0][1]) = (one, -one);
    let flaw = Flaw::PlacesUnweighed;
    recipe.cook(Some(flaw)).check_false(flaw);
    recipe.cook(None).check_refused();
    let mut recipe = Recipe::honest(2, 2);
    (recipe.extras[0][1], recipe.extras[1][1]) = (one, -one);
    let flaw = Flaw::ListsUnweighed;
    // The zero of the first list, which was moved by 1.
    recipe.cook(Some(flaw)).check_false(flaw);
    recipe.cook(None).check_refused();
}

/// E3: zero is a power like any other to the equations, and makes a zero of everything: a
/// count above the limit reads as at most `M`.
#[test]
fn a_power_of_zero() {
    let [one, zero] = [Scalar::ONE, Scalar::ZERO];
    for mask in [0, 1] {
        let lists = unmoved().cook(None).lists;
        let shuffle = proved(context(), lists, vec![Move::chosen(mask, vec![one, zero])]);
        shuffle.check_false(Flaw::ZeroAllowed);
        shuffle.check_identity_refused();
        assert_eq!(shuffle.zeros(), 2);
    }
}

/// E3, E6: an entry without randomness is for everybody to read, and stays so: it shows where it
/// went.
#[test]
fn an_entry_without_randomness() {
    let mut lists = unmoved().cook(None).lists;
    lists[0][1] = Ciphertext::trivial(generators().value);
    let shuffle = proved(context(), lists, vec![Move::chosen(1, vec![Scalar::ONE; 2])]);
    shuffle.check_forgery(Flaw::PublicInputAllowed);
    shuffle.check_identity_refused();
    assert!(shuffle.outputs[0][0].is_public());
}

/// F15: the equations of both components are added with weight one, so that a shift of `+D` in the
/// one and `-D` in the other is not seen. And either component alone decides what an entry opens to.
#[test]
fn an_error_in_one_half_of_an_entry() {
    let Generators { value, key, .. } = generators();
    let none = RistrettoPoint::default();
    for (flaw, shift) in [
        (Flaw::ComponentsMerged, Ciphertext { r: value, e: -value }),
        (Flaw::FirstHalfUnchecked, Ciphertext { r: key, e: none }),
        (Flaw::SecondHalfUnchecked, Ciphertext { r: none, e: value }),
    ] {
        let shuffle = Recipe { shift, ..unmoved() }.cook(None);
        shuffle.check_false(flaw);
        assert_eq!(shuffle.zeros(), 0);
    }
}

/// F5, F6: weights drawn before the responses. A quorum that knows its secret, or a forger in league with it, adds to
/// an entry, and hides that by the mask and by two powers in different vectors.
#[test]
fn responses_chosen_under_weights_known_beforehand() {
    let lists = MAX_VECTOR / 2 + 1;
    let mut recipe = Recipe::honest(lists, 1);
    // The first list was moved by 1, so its zero comes out last.
    recipe.extras[0][1].message = Scalar::ONE;
    let mut shuffle = recipe.cook(None);
    let flaw = Flaw::WeightsBeforeResponses;
    let challenges = shuffle.challenges(Some(flaw));
    let c = challenges.c;
    let of_input = |list: usize| {
        let weight = challenges.lists[list] * shuffle.moved_weight(list, 0, &challenges);
        recipe.inputs[list][0].scaled(&weight)
    };
    let (first, second) = (of_input(0), of_input(lists - 1));
    let mut early = Weights::after([challenges.state.clone()]);
    let [_, of_first, of_second, _, of_n, of_r, of_e] = std::array::from_fn(|_| early.draw());
    // Vectors: of_first change + of_second change' = 0. What a change of one does to the entries:
    let ratio = -of_first * of_second.invert();
    let per_change = first + second.scaled(&ratio);
    // G:      of_n mask + of_e (change m - c^2 u y) = 0
    // K:      (of_r + of_e secret) (mask + change r) = 0, so mask = -change r
    let error = c * c * challenges.lists[0] * challenges.of_place(1);
    let slope = of_e * per_change.message - of_n * per_change.randomness;
    let change = of_e * error * slope.invert();
    assert_ne!(of_r, Scalar::ZERO);
    let mut raised = shuffle.proof.raised.to_vec();
    for (at, by) in [(0, change), (MAX_VECTOR, ratio * change)] {
        raised[at] = encode_scalar(&(decode_scalar(&raised[at]).unwrap() + by));
    }
    shuffle.proof.raised = List::new(raised).unwrap();
    let mask = decode_scalar(&shuffle.proof.mask).unwrap() - change * per_change.randomness;
    shuffle.proof.mask = encode_scalar(&mask);
    shuffle.check_false(flaw);
}

/// A turn made without moves or powers, for a challenge that is known.
fn simulated(recipe: &Recipe, c: Scalar) -> Shuffle {
    let flaw = Flaw::ChallengeGiven(c);
    let mut shuffle = recipe.cook(Some(flaw));
    let mut rng = rng(96);
    // Nothing is left of how it was made.
    shuffle.responses = shuffle.responses.iter().map(|_| mask(&mut rng)).collect();
    let random = |rng: &mut ChaCha20Rng| encode_point(&element(rng));
    let proof = &mut shuffle.proof;
    let mut vectors = |vectors: &[VectorOpening]| {
        let vector = |_: &VectorOpening| VectorOpening {
            commitment: random(&mut rng),
            announcement: random(&mut rng),
            blinding: encode_scalar(&scalar(&mut rng)),
        };
        vectors.iter().map(vector).collect::<Vec<_>>()
    };
    proof.moves = List::new(vectors(&proof.moves)).unwrap();
    proof.powers = List::new(vectors(&proof.powers)).unwrap();
    proof.squares = Quadratic {
        linear: random(&mut rng),
        constant: random(&mut rng),
        blinding: encode_scalar(&scalar(&mut rng)),
    };
    let terms = proof.polynomial.iter().map(|_| ShuffleTerm {
        ciphertext: Wire { r: random(&mut rng), e: random(&mut rng) },
        mask: random(&mut rng),
    });
    proof.polynomial = List::new(terms.collect()).unwrap();
    let raised = proof.raised.iter().map(|_| encode_scalar(&scalar(&mut rng)));
    proof.raised = List::new(raised.collect()).unwrap();
    proof.mask = encode_scalar(&scalar(&mut rng));
    for item in [
        Item::MoveAnnouncements,
        Item::PowerAnnouncements,
        Item::Constant,
        Item::Terms,
        Item::TermMasks,
    ] {
        shuffle.choose(item, flaw);
    }
    shuffle
}

/// Zero knowledge: whoever may say what the challenge is makes a turn that convinces without moves or powers, of
/// what is true and of what is not. So an honest one, whose responses lie in the same interval, tells nothing. (The
/// `D_e` are as random as ciphertexts are, under the masks of the `N_e`.)
#[test]
fn turns_are_made_without_moves_once_the_challenge_is_known() {
    let c = Scalar::from(u128::MAX - 5);
    for (lists, k) in [(1, 1), (3, 2), (MAX_VECTOR + 1, 1)] {
        let shuffle = simulated(&Recipe::honest(lists, k), c);
        assert!(shuffle.replica(Some(Flaw::ChallengeGiven(c))));
        shuffle.check_refused();
        assert!(shuffle.responses.iter().all(is_within));
        assert!(honest(lists, k).responses.iter().all(is_within));
    }
    simulated(&without_its_zero(), c).check_false(Flaw::ChallengeGiven(c));
    simulated(&zero_out_of_nothing(), c).check_false(Flaw::ChallengeGiven(c));
}

/// E8: one power on two inputs: what is opened gives the ratio of two counts away, where it should
/// say only that neither is zero. The keyholder's masks differ even if its generator is stuck.
#[test]
fn a_power_that_serves_twice() {
    let entries = Recipe::honest(1, 2).cook(None).lists;
    let [_, _, two, three] = entries[0][..] else { unreachable!("four entries") };
    let [list, retry] = [vec![vec![two, three]], vec![vec![three, two]]];
    // 3 times what 2 became is 2 times what 3 became: everybody reads the ratio 2 : 3.
    let ratio_shows = |one: &Shuffle, other: &Shuffle| {
        let opened = |shuffle: &Shuffle| {
            let entries = shuffle.outputs.iter().flatten();
            entries.map(|entry| decrypt(&secret(), entry)).collect::<Vec<_>>()
        };
        let (one, other) = (opened(one), opened(other));
        one.iter().any(|a| {
            let threefold = a * Scalar::from(3u8);
            other.iter().any(|b| threefold == b * Scalar::from(2u8))
        })
    };
    let same = || vec![Move::chosen(0, [5u8, 7].map(Scalar::from).to_vec())];
    let [first, second] = [&list, &retry].map(|list| proved(context(), list.clone(), same()));
    assert!(ratio_shows(&first, &second), "the attack is alive");

    let masks = Masks::new(labels::KIND_SHUFFLE, &[7; 32], &context(), &HEAD, 1, 0);
    let drawn = |list: &Vec<Vec<Ciphertext>>| {
        let encoded: Vec<Vec<Wire>> =
            list.iter().map(|list| list.iter().map(Ciphertext::encode).collect()).collect();
        proved(context(), list.clone(), masks.moves(&encoded, &mut Stuck))
    };
    assert!(!ratio_shows(&drawn(&list), &drawn(&retry)));
    assert!(!ratio_shows(&drawn(&list), &drawn(&list)), "nor within a list");
    // The same list in another place of the chunk is another occasion.
    let twice = [list.clone(), list.clone()].concat();
    let shuffle = drawn(&twice);
    assert!(shuffle.outputs[0].iter().all(|entry| !shuffle.outputs[1].contains(entry)));
}
