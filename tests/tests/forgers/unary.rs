//! Forgers of sealed bids: a unary encoding that does not spell the committed level, or no level at all.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::{FiatShamir, Weights},
    proofs::unary::{Claim, decode, verify, verify_batch},
};
use talea_parties::proofs::unary as prover;
use talea_protocol::{
    labels,
    price::{Level, Shape},
    sealed_bid::{BitCommitments, BitResponses, Ciphertext as Wire, SealedBid, UnaryArgument},
};
use talea_verifier::proofs::unary as second;

/// A sealed bid with what a verifier knows of it.
#[derive(Clone)]
pub(crate) struct UnaryEncoding {
    pub(crate) context: Context,
    pub(crate) shape: Shape,
    pub(crate) quorum_key: RistrettoPoint,
    pub(crate) commitment: RistrettoPoint,
    pub(crate) sealed_bid: SealedBid,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    /// Nothing of the statement is hashed.
    StatementUnhashed,
    /// The unary encoding is not hashed.
    EntriesUnhashed,
    /// Positions are counted anew in every digit.
    PositionsRestart,
    /// The equations of both components are added with weight one.
    ComponentsMerged,
    /// The equation of the unary encoding's `R` is not checked.
    FirstHalfUnchecked,
    /// The equation of the unary encoding's `E` is not checked.
    SecondHalfUnchecked,
    /// The equations are folded with weights drawn before the responses are absorbed.
    WeightsBeforeResponses,
    /// That the bits sum to `C` is not checked.
    LinkUnchecked,
    /// That bits are bits is not checked.
    SquaresUnchecked,
    /// `R` of an entry may be `O`, and neighbours may share it.
    OpenRandomnessAllowed,
}

/// The challenges of an argument, and the powers of `y` that a verifier with a flaw takes for the
/// positions of the first entries of all digits.
struct Challenges {
    x: Scalar,
    y: Scalar,
    first: Vec<Scalar>,
    /// The state when `x` is drawn, before any response.
    state: FiatShamir,
}

impl UnaryEncoding {
    fn claim(&self) -> Claim<'_> {
        let Self { context, ref shape, commitment, ref sealed_bid, .. } = *self;
        Claim { context, shape, commitment, sealed_bid }
    }

    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let Self { context, ref shape, quorum_key, commitment, ref sealed_bid } = *self;
        let SealedBid { unary, argument } = sealed_bid;
        let mut fs = FiatShamir::begin(labels::KIND_UNARY, &context);
        if flaw != Some(Flaw::StatementUnhashed) {
            let Generators { value, blinding, key } = generators();
            fs.element(b"value-base", &value);
            fs.element(b"blinding-base", &blinding);
            fs.element(b"key-base", &key);
            fs.element(b"quorum-key", &quorum_key);
            fs.count(b"digits", shape.digits());
            shape.digit_bits().iter().for_each(|bits| fs.integer(b"digit-bits", *bits));
            fs.element(b"commitment", &commitment);
            fs.count(b"entries", unary.len());
            if flaw != Some(Flaw::EntriesUnhashed) {
                unary.iter().for_each(|entry| fs.ciphertext(b"ladder", entry));
            }
        }
        fs.count(b"bits", argument.bits.len());
        for BitCommitments { bit, mask, product } in &argument.bits {
            fs.point(b"bit", bit);
            fs.point(b"mask", mask);
            fs.point(b"product", product);
        }
        let y = fs.challenge(b"y");
        fs.count(b"polynomial", argument.polynomial.len());
        for term in &argument.polynomial {
            fs.ciphertext(b"polynomial-term", term);
        }
        let x = fs.challenge(b"x");
        Challenges { x, y, first: first_powers(shape, &y, flaw), state: fs }
    }

    /// How often each entry counts in the sums over all differences:
    /// `x^m (y^position(j) - y^position(j-1))`.
    fn entry_coefficients(&self, Challenges { x, y, first, .. }: &Challenges) -> Vec<Scalar> {
        let x_to_m = power(x, self.shape.longest_digit_bits());
        self.shape
            .radices()
            .zip(first)
            .flat_map(|(radix, first)| {
                (1..radix).map(move |j| x_to_m * first * (power(y, j) - power(y, j - 1)))
            })
            .collect()
    }

    /// Every equation's left side less its right: link, then opening and square of every bit, then
    /// the two of the unary encoding, `R` and `E`.
    fn residues(&self, flaw: Option<Flaw>) -> Option<Vec<RistrettoPoint>> {
        let gens = generators();
        let UnaryArgument { bits, polynomial, responses, randomness } = &self.sealed_bid.argument;
        let challenges = self.challenges(flaw);
        let Challenges { x, y, first, .. } = &challenges;
        let mut link = -self.commitment;
        let mut residues = Vec::new();
        let mut zs = Vec::new();
        for (l, (BitCommitments { bit, mask, product }, BitResponses { z, w, v })) in
            bits.iter().zip(responses).enumerate()
        {
            let [bit, mask, product] =
                [decode_point(bit)?, decode_point(mask)?, decode_point(product)?];
            let [z, w, v] = [decode_scalar(z)?, decode_scalar(w)?, decode_scalar(v)?];
            link += bit * Scalar::from(1u64 << l);
            residues.push(bit * x + mask - gens.value * z - gens.blinding * w);
            residues.push(bit * (x - z) + product - gens.blinding * v);
            zs.push(z);
        }
        residues.insert(0, link);

        let randomness = decode_scalar(randomness)?;
        let mut sum = -Ciphertext { r: gens.key * randomness, e: self.quorum_key * randomness };
        for (c, term) in polynomial.iter().enumerate() {
            sum = sum + Ciphertext::decode(term)?.scaled(&power(x, c));
        }
        for (entry, coefficient) in
            self.sealed_bid.unary.iter().zip(self.entry_coefficients(&challenges))
        {
            sum = sum + Ciphertext::decode(entry)?.scaled(&coefficient);
        }
        // Entry 0 of every digit is (O, G); then the sum over p[t][j](x), entry by entry.
        let m = self.shape.longest_digit_bits();
        let mut shift = self.shape.bits();
        for ((bits, radix), first) in
            self.shape.digit_bits().iter().zip(self.shape.radices()).zip(first)
        {
            let bits = usize::from(*bits);
            shift -= bits;
            let digit = &zs[shift..shift + bits];
            let mut of_value = power(x, m);
            for j in 0..radix {
                let factors = digit.iter().enumerate().map(|(k, z)| match (j >> k) & 1 {
                    1 => *z,
                    _ => x - z,
                });
                of_value -= power(y, j) * power(x, m - bits) * factors.product::<Scalar>();
            }
            sum.e += gens.value * (first * of_value);
        }
        residues.extend([sum.r, sum.e]);
        Some(residues)
    }

    /// The weights of a verifier that draws them too early, in the order of the residues.
    fn early_weights(&self, count: usize) -> Vec<Scalar> {
        let flaw = Some(Flaw::WeightsBeforeResponses);
        let mut weights = Weights::after([self.challenges(flaw).state]);
        (0..count).map(|_| weights.draw()).collect()
    }

    /// Whether some `R` opens an entry or a difference of neighbours.
    fn has_open_randomness(&self) -> bool {
        let mut rest = self.sealed_bid.unary.as_slice();
        self.shape.radices().any(|radix| {
            let (digit, after) = rest.split_at(radix - 1);
            rest = after;
            digit.iter().any(|entry| entry.r == Point::IDENTITY)
                || digit.windows(2).any(|pair| pair[0].r == pair[1].r)
        })
    }

    /// The messages of all entries, times `G`.
    fn opened(&self, secret: &Scalar) -> Vec<RistrettoPoint> {
        let entries = self.sealed_bid.unary.iter();
        entries.map(|entry| decrypt(secret, &Ciphertext::decode(entry).unwrap())).collect()
    }
}

impl Artefact for UnaryEncoding {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&generators(), &self.quorum_key, self.claim()).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Self { ref context, ref shape, quorum_key, commitment, ref sealed_bid } = *self;
        let [quorum_key, commitment] = [quorum_key, commitment].map(|point| encode_point(&point));
        second::verify(&place(context), shape, &quorum_key, &commitment, &sealed_bid.to_bytes())
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let SealedBid { unary, argument } = &self.sealed_bid;
        let is_complete = unary.len() == self.shape.entries()
            && argument.bits.len() == self.shape.bits()
            && argument.responses.len() == self.shape.bits()
            && argument.polynomial.len() == self.shape.longest_digit_bits();
        if !is_complete || flaw != Some(Flaw::OpenRandomnessAllowed) && self.has_open_randomness() {
            return false;
        }
        let Some(mut residues) = self.residues(flaw) else { return false };
        match flaw {
            Some(Flaw::LinkUnchecked) => drop(residues.remove(0)),
            Some(Flaw::FirstHalfUnchecked) => drop(residues.remove(residues.len() - 2)),
            Some(Flaw::SecondHalfUnchecked) => drop(residues.pop()),
            Some(Flaw::SquaresUnchecked) => {
                let squares = 2..=2 * self.shape.bits();
                let mut at = 0;
                residues.retain(|_| {
                    at += 1;
                    !(squares.contains(&(at - 1)) && (at - 1) % 2 == 0)
                });
            }
            Some(Flaw::ComponentsMerged) => {
                let [r, e] = [residues.pop(), residues.pop()].map(Option::unwrap);
                residues.push(r + e);
            }
            Some(Flaw::WeightsBeforeResponses) => {
                let weights = self.early_weights(residues.len());
                residues = vec![residues.iter().zip(weights).map(|(side, w)| side * w).sum()];
            }
            _ => {}
        }
        residues.iter().all(|residue| residue.is_identity())
    }
}

fn power(base: &Scalar, exponent: usize) -> Scalar {
    (0..exponent).fold(Scalar::ONE, |power, _| power * base)
}

/// `y` to the position of the first entry of every digit.
fn first_powers(shape: &Shape, y: &Scalar, flaw: Option<Flaw>) -> Vec<Scalar> {
    let mut position = 0;
    shape
        .radices()
        .map(|radix| {
            let first = position;
            position += if flaw == Some(Flaw::PositionsRestart) { 0 } else { radix };
            power(y, first)
        })
        .collect()
}

/// What a forger may choose of a sealed bid. The default is honest.
struct Recipe {
    shape: Shape,
    /// What `C` commits to.
    committed: Scalar,
    /// With what it is blinded; random if not chosen.
    rho: Option<Scalar>,
    /// What the commitments to bits hold, least significant first.
    bits: Vec<Scalar>,
    /// What the entries encrypt.
    messages: Vec<Scalar>,
    /// Their randomness.
    randomness: Vec<Scalar>,
    /// Added to the entries.
    shifts: Vec<Ciphertext>,
    /// Added to `D_0`.
    term_shift: Ciphertext,
    secret: Scalar,
    context: Context,
}

impl Recipe {
    fn honest(digits: &[u8], level: u32) -> Self {
        let shape = Shape::new(digits).unwrap();
        let mut rng = rng(90);
        let messages: Vec<Scalar> = shape
            .digits_of(Level(level))
            .into_iter()
            .zip(shape.radices())
            .flat_map(|(digit, radix)| (1..radix).map(move |j| u8::from(digit >= j).into()))
            .collect();
        Self {
            committed: level.into(),
            rho: None,
            bits: (0..shape.bits()).map(|l| ((level >> l) & 1).into()).collect(),
            randomness: messages.iter().map(|_| scalar(&mut rng)).collect(),
            shifts: vec![Ciphertext::zero(); messages.len()],
            term_shift: Ciphertext::zero(),
            secret: scalar(&mut rng),
            context: context(),
            messages,
            shape,
        }
    }

    /// A unary encoding of another level than the commitment and its bits say.
    fn spelling(digits: &[u8], level: u32, spelled: u32) -> Self {
        Self { messages: Self::honest(digits, spelled).messages, ..Self::honest(digits, level) }
    }

    /// Follows the protocol, as a verifier with this flaw would have it, on whatever was chosen.
    fn cook(&self, flaw: Option<Flaw>) -> UnaryEncoding {
        let gens = generators();
        let mut rng = rng(91);
        let quorum_key = gens.key * self.secret;
        let commit = |v: &Scalar, r: &Scalar| encode_point(&(gens.value * v + gens.blinding * r));
        let rho = self.rho.unwrap_or_else(|| scalar(&mut rng));
        let mut alphas: Vec<Scalar> = self.bits.iter().map(|_| scalar(&mut rng)).collect();
        let others = alphas.iter().enumerate().skip(1);
        alphas[0] = rho - others.map(|(l, a)| a * Scalar::from(1u64 << l)).sum::<Scalar>();
        let mut draw = || self.bits.iter().map(|_| scalar(&mut rng)).collect::<Vec<_>>();
        let (betas, gammas, deltas) = (draw(), draw(), draw());
        let bit = |l: usize| BitCommitments {
            bit: commit(&self.bits[l], &alphas[l]),
            mask: commit(&betas[l], &gammas[l]),
            product: commit(&(self.bits[l] * betas[l]), &deltas[l]),
        };
        let entry = |at: usize| {
            let sealed = encrypt(&quorum_key, &self.messages[at], &self.randomness[at]);
            (sealed + self.shifts[at]).encode()
        };
        let none = encode_scalar(&Scalar::ZERO);
        let mut unary = UnaryEncoding {
            context: self.context,
            shape: self.shape.clone(),
            quorum_key,
            commitment: gens.value * self.committed + gens.blinding * rho,
            sealed_bid: SealedBid {
                unary: (0..self.messages.len()).map(entry).collect(),
                argument: UnaryArgument {
                    bits: (0..self.bits.len()).map(bit).collect(),
                    polynomial: Vec::new(),
                    responses: Vec::new(),
                    randomness: none,
                },
            },
        };
        let Challenges { y, first, .. } = unary.challenges(flaw);
        let m = self.shape.longest_digit_bits();
        let coefficients = self.coefficients(&betas, &y, &first);
        let term_randomness: Vec<Scalar> = (0..m).map(|_| scalar(&mut rng)).collect();
        let terms = coefficients.iter().zip(&term_randomness);
        let mut terms: Vec<Ciphertext> = terms.map(|(p, r)| encrypt(&quorum_key, p, r)).collect();
        terms[0] = terms[0] + self.term_shift;
        unary.sealed_bid.argument.polynomial = terms.iter().map(Ciphertext::encode).collect();
        let challenges = unary.challenges(flaw);
        let x = challenges.x;
        let response = |l: usize| {
            let z = self.bits[l] * x + betas[l];
            BitResponses {
                z: encode_scalar(&z),
                w: encode_scalar(&(alphas[l] * x + gammas[l])),
                v: encode_scalar(&(alphas[l] * (x - z) + deltas[l])),
            }
        };
        let of_entries = unary.entry_coefficients(&challenges);
        let of_entries = of_entries.iter().zip(&self.randomness).map(|(c, r)| c * r);
        let of_terms = term_randomness.iter().enumerate().map(|(c, r)| power(&x, c) * r);
        let whole: Scalar = of_entries.chain(of_terms).sum();
        unary.sealed_bid.argument.randomness = encode_scalar(&whole);
        unary.sealed_bid.argument.responses = (0..self.bits.len()).map(response).collect();
        unary
    }

    /// The coefficients below `x^m` of the sum over all `p[t][j]`, each multiplied out.
    fn coefficients(&self, betas: &[Scalar], y: &Scalar, first: &[Scalar]) -> Vec<Scalar> {
        let m = self.shape.longest_digit_bits();
        let mut sums = vec![Scalar::ZERO; m + 1];
        let mut shift = self.shape.bits();
        for (bits, first) in self.shape.digit_bits().iter().zip(first) {
            let bits = usize::from(*bits);
            shift -= bits;
            for j in 0..1usize << bits {
                let mut p = vec![Scalar::ZERO; m + 1];
                p[m - bits] = first * power(y, j);
                for k in 0..bits {
                    let (i, beta) = (self.bits[shift + k], betas[shift + k]);
                    let (linear, constant) =
                        if (j >> k) & 1 == 1 { (i, beta) } else { (Scalar::ONE - i, -beta) };
                    for c in (0..=m).rev() {
                        let lower = if c == 0 { Scalar::ZERO } else { p[c - 1] };
                        p[c] = p[c] * constant + lower * linear;
                    }
                }
                sums.iter_mut().zip(&p).for_each(|(sum, p)| *sum += p);
            }
        }
        sums.truncate(m);
        sums
    }
}

pub(crate) fn honest(context: Context) -> UnaryEncoding {
    let gens = generators();
    let mut rng = rng(92);
    let shape = Shape::new(&[2, 1]).unwrap();
    let quorum_key = element(&mut rng);
    let rho = scalar(&mut rng);
    let level = Level(5);
    let commitment = gens.value * Scalar::from(level.0) + gens.blinding * rho;
    let sealed_bid =
        prover::prove(&gens, &context, &shape, &quorum_key, level, &rho, &mut rng).unwrap();
    UnaryEncoding { context, shape, quorum_key, commitment, sealed_bid }
}

/// The messages of an honest unary encoding, times `G`.
fn spells(digits: &[u8], level: u32) -> Vec<RistrettoPoint> {
    Recipe::honest(digits, level).messages.iter().map(|m| generators().value * m).collect()
}

/// All entries but the last are chosen at will; the last is what the equations then ask for.
fn entries_after_challenge(flaw: Flaw) -> UnaryEncoding {
    let recipe = Recipe::honest(&[2, 1], 1);
    let mut unary = recipe.cook(Some(flaw));
    let gens = generators();
    let wish = encrypt(&unary.quorum_key, &Scalar::from(57u8), &Scalar::from(91u8));
    unary.sealed_bid.unary[0] = wish.encode();
    let residues = unary.residues(Some(flaw)).unwrap();
    let [.., r, e] = residues[..] else { unreachable!("two equations of the unary encoding") };
    let last = recipe.messages.len() - 1;
    let coefficient = unary.entry_coefficients(&unary.challenges(Some(flaw)))[last];
    let old = Ciphertext::decode(&unary.sealed_bid.unary[last]).unwrap();
    let new = old - Ciphertext { r, e }.scaled(&coefficient.invert());
    unary.sealed_bid.unary[last] = new.encode();
    assert_eq!(unary.opened(&recipe.secret)[0], gens.value * Scalar::from(57u8));
    unary
}

#[test]
fn honest_unary_encodings_pass() {
    honest(context()).check_honest();
    for (digits, level) in [(&[1u8][..], 1), (&[1, 1], 2), (&[2, 1, 3], 37), (&[3], 7)] {
        let recipe = Recipe::honest(digits, level);
        let unary = recipe.cook(None);
        unary.check_honest();
        assert_eq!(unary.opened(&recipe.secret), spells(digits, level));
    }
}

/// F1, F2: the unary encoding is chosen after the challenges.
#[test]
fn a_unary_encoding_chosen_after_the_challenge() {
    for flaw in [Flaw::StatementUnhashed, Flaw::EntriesUnhashed] {
        entries_after_challenge(flaw).check_forgery(flaw);
    }
}

/// F15: digits that cancel: counted anew in every digit, an entry too much in one digit and an entry
/// too few in the next have the same position. Level 1 was committed and level 2 is ranked.
#[test]
fn digits_that_cancel_when_positions_restart() {
    let recipe = Recipe::spelling(&[1, 1], 1, 2);
    let unary = recipe.cook(Some(Flaw::PositionsRestart));
    unary.check_forgery(Flaw::PositionsRestart);
    assert_eq!(unary.opened(&recipe.secret), spells(&[1, 1], 2));
    // Followed as it should be, the protocol refuses the same unary encoding.
    recipe.cook(None).check_refused();
    // Entries that are no bits at all cancel likewise: 1 + 5 and 0 - 5.
    let five = Scalar::from(5u8);
    let mut recipe = Recipe::honest(&[1, 1], 2);
    recipe.messages = vec![Scalar::ONE + five, -five];
    recipe.cook(Some(Flaw::PositionsRestart)).check_forgery(Flaw::PositionsRestart);
}

/// F15: the two equations of the unary encoding added with weight one: `+D` in `R` and `-D` in `E` is not
/// seen, and the entry opens to something else.
#[test]
fn a_shift_between_the_halves_of_an_entry() {
    let mut recipe = Recipe::honest(&[2, 1], 3);
    recipe.shifts[1] = Ciphertext { r: generators().value, e: -generators().value };
    let unary = recipe.cook(Some(Flaw::ComponentsMerged));
    unary.check_forgery(Flaw::ComponentsMerged);
    assert_ne!(unary.opened(&recipe.secret), spells(&[2, 1], 3));
}

/// Either half of an entry alone decides what it opens to.
#[test]
fn an_error_in_one_half_of_an_entry() {
    let Generators { value, key, .. } = generators();
    let first = Ciphertext { r: key, e: RistrettoPoint::default() };
    for (shift, flaw) in
        [(first, Flaw::FirstHalfUnchecked), (Ciphertext::trivial(value), Flaw::SecondHalfUnchecked)]
    {
        for entry in 0..4 {
            let mut recipe = Recipe::honest(&[2, 1], 3);
            recipe.shifts[entry] = shift;
            let unary = recipe.cook(None);
            unary.check_forgery(flaw);
            assert_ne!(unary.opened(&recipe.secret), spells(&[2, 1], 3));
        }
    }
}

/// A unary encoding in order in itself that spells another level than was committed.
#[test]
fn a_level_other_than_the_committed_one() {
    let recipe = Recipe { committed: Scalar::from(5u8), ..Recipe::honest(&[2, 1], 6) };
    recipe.cook(Some(Flaw::LinkUnchecked)).check_forgery(Flaw::LinkUnchecked);
    // Off the unary encoding, in both directions.
    for committed in [-Scalar::ONE, Scalar::from(8u8)] {
        let recipe = Recipe { committed, ..Recipe::honest(&[2, 1], 6) };
        recipe.cook(None).check_refused();
    }
}

/// A bit that is 2 makes an entry that counts twice: `[b >= j] = 2`.
#[test]
fn a_bit_that_is_two() {
    let mut recipe = Recipe::honest(&[1, 1], 2);
    recipe.bits = vec![Scalar::from(2u8), Scalar::ZERO];
    recipe.messages = vec![Scalar::ZERO, Scalar::from(2u8)];
    recipe.cook(Some(Flaw::SquaresUnchecked)).check_forgery(Flaw::SquaresUnchecked);
}

/// E6: an entry without randomness is for everybody to read.
#[test]
fn an_entry_without_randomness() {
    let mut recipe = Recipe::honest(&[2, 1], 3);
    recipe.randomness[3] = Scalar::ZERO;
    let unary = recipe.cook(None);
    unary.check_forgery(Flaw::OpenRandomnessAllowed);
    unary.check_identity_refused();
    // Everybody reads the last bit of the bid.
    let entry = Ciphertext::decode(&unary.sealed_bid.unary[3]).unwrap();
    assert_eq!(entry.e, generators().value);
}

/// E5: two neighbours with the same randomness: everybody reads their difference.
#[test]
fn neighbours_with_the_same_randomness() {
    let mut recipe = Recipe::honest(&[2, 1], 3);
    recipe.randomness[1] = recipe.randomness[0];
    let unary = recipe.cook(None);
    unary.check_forgery(Flaw::OpenRandomnessAllowed);
    unary.check_identity_refused();
    let [one, two] = [0, 1].map(|j| Ciphertext::decode(&unary.sealed_bid.unary[j]).unwrap());
    assert_eq!(one.e - two.e, generators().value);
}

/// Entries that are no unary encoding: rising, twice the same, more than one.
#[test]
fn entries_that_are_no_unary_encoding() {
    let wrong: [[i8; 3]; 5] = [[0, 1, 1], [0, 0, 1], [2, 1, 0], [1, 0, 1], [-1, 0, 0]];
    for messages in wrong {
        for level in 0..4 {
            let mut recipe = Recipe::honest(&[2], level);
            recipe.messages =
                messages.map(|m| if m < 0 { -Scalar::ONE } else { Scalar::from(m as u8) }).to_vec();
            recipe.cook(None).check_refused();
        }
    }
}

/// E1: a ballot copied under another name, or something made of it: negated, permuted,
/// re-randomised. Each needs an argument of its own, and the copyist has only the victim's.
#[test]
fn a_unary_encoding_made_of_anothers() {
    let victim = Recipe::honest(&[2, 1], 5).cook(None);
    let changes: [fn(&mut Vec<Wire>, RistrettoPoint); 4] = [
        |_, _| (),
        |unary, _| {
            for entry in unary {
                *entry = (-Ciphertext::decode(entry).unwrap()).encode();
            }
        },
        |unary, _| unary.swap(0, 3),
        |unary, quorum_key| {
            for entry in unary {
                let fresh = encrypt(&quorum_key, &Scalar::ZERO, &Scalar::from(17u8));
                *entry = (Ciphertext::decode(entry).unwrap() + fresh).encode();
            }
        },
    ];
    for (change, own_name) in changes.into_iter().zip([false, true, true, true]) {
        let mut copy = victim.clone();
        change(&mut copy.sealed_bid.unary, victim.quorum_key);
        if own_name {
            copy.check_refused();
        }
        copy.context = context_of(9);
        copy.check_refused();
    }
}

/// F5: weights drawn before the responses. An entry of 1 + 1 leaves its error in the last equation;
/// a response `z` that is off by the right amount moves it into the equations of the bit, and `w`
/// covers that up.
#[test]
fn responses_chosen_under_weights_known_beforehand() {
    let (i, alpha) = (Scalar::ONE, Scalar::from(2023u64));
    let mut recipe = Recipe::honest(&[1], 1);
    // With a single bit, alpha = rho.
    recipe.rho = Some(alpha);
    recipe.shifts[0] = Ciphertext::trivial(generators().value);
    let flaw = Flaw::WeightsBeforeResponses;
    let mut unary = recipe.cook(Some(flaw));
    let challenges = unary.challenges(Some(flaw));
    let error = unary.entry_coefficients(&challenges)[0];
    let [_, opening, square, _, of_e] = unary.early_weights(5)[..] else { unreachable!("five") };
    // G:  of_e (error - (y - 1) dz) - opening dz - square i dz = 0
    // H:  opening dw + square alpha dz = 0
    let per_z = opening + square * i + of_e * (challenges.y - Scalar::ONE);
    let dz = of_e * error * per_z.invert();
    let dw = -(square * alpha * dz * opening.invert());
    let BitResponses { z, w, .. } = &mut unary.sealed_bid.argument.responses[0];
    for (response, change) in [(z, dz), (w, dw)] {
        *response = encode_scalar(&(decode_scalar(response).unwrap() + change));
    }
    unary.check_forgery(flaw);
    let two = generators().value + generators().value;
    assert_eq!(unary.opened(&recipe.secret), [two]);
}

/// Two sealed bids verified at once.
struct Batch([UnaryEncoding; 2]);

/// The same weights serve for both arguments.
#[derive(Clone, Copy, Debug)]
struct WeightsShared;

impl Artefact for Batch {
    type Flaw = WeightsShared;

    fn contract(&self) -> Result<(), ProofFault> {
        let decoded: Result<Vec<_>, _> = self.0.iter().map(|unary| decode(unary.claim())).collect();
        verify_batch(&generators(), &self.0[0].quorum_key, &decoded?)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let sealed_bids = self.0.each_ref().map(|unary| unary.sealed_bid.to_bytes());
        let revealed: Vec<_> = self
            .0
            .iter()
            .zip(&sealed_bids)
            .map(|(unary, sealed_bid)| second::Revealed {
                context: place(&unary.context),
                shape: &unary.shape,
                commitment: encode_point(&unary.commitment),
                sealed_bid,
            })
            .collect();
        second::verify_batch(&encode_point(&self.0[0].quorum_key), &revealed)
    }

    fn replica(&self, flaw: Option<WeightsShared>) -> bool {
        let Self([one, two]) = self;
        match (flaw, one.residues(None), two.residues(None)) {
            (None, ..) => one.replica(None) && two.replica(None),
            // Equal weights on equations of the same index: what counts is the sum of the residues.
            (Some(WeightsShared), Some(one), Some(two)) => {
                one.iter().zip(&two).all(|(one, two)| (one + two).is_identity())
            }
            _ => false,
        }
    }
}

/// F4, F5: two arguments with the same weights, or with weights that each draws for itself: an error
/// in the first is made good in the second, whose first term is sent when the first argument's
/// challenges are known.
#[test]
fn errors_that_cancel_between_two_arguments() {
    let error = generators().value;
    let mut first = Recipe::honest(&[2, 1], 3);
    first.shifts[0] = Ciphertext::trivial(error);
    let second = Recipe { context: context_of(9), ..Recipe::honest(&[2, 1], 3) };
    let honest = Batch([Recipe::honest(&[2, 1], 3).cook(None), second.cook(None)]);
    honest.check_honest();

    let false_unary = first.cook(None);
    let coefficient = false_unary.entry_coefficients(&false_unary.challenges(None))[0];
    let second = Recipe { term_shift: Ciphertext::trivial(-(error * coefficient)), ..second };
    let batch = Batch([false_unary, second.cook(None)]);
    batch.check_forgery(WeightsShared);
    // The first unary encoding's first entry opens to 2.
    assert_eq!(batch.0[0].opened(&first.secret)[0], error + error);
}
