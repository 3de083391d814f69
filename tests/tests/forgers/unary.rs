//! Forgers of sealed bids: a unary encoding that does not spell the committed level, or no level at all.

use super::{
    algebra::{
        commit, commit_vector, drawn, integer, is_short, is_within, mask, masked, opening_residue,
        shift, solve, squares_residue,
    },
    *,
};
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::{FiatShamir, Weights},
    proofs::unary::{Claim, decode, verify, verify_batch},
};
use talea_parties::proofs::unary as prover;
use talea_protocol::{
    labels,
    masked::{Quadratic, VectorOpening},
    price::{Level, Shape},
    sealed_bid::{Ciphertext as Wire, SealedBid, UnaryArgument},
};
use talea_verifier::proofs::unary as second;

/// A sealed bid with what a verifier knows of it.
#[derive(Clone)]
pub(crate) struct UnaryEncoding {
    pub(crate) context: Context,
    pub(crate) shape: Shape,
    pub(crate) quorum_key: RistrettoPoint,
    pub(crate) commitment: RistrettoPoint,
    /// Without `z` of the bits.
    pub(crate) sealed_bid: SealedBid,
    /// `z` of every bit. The replica takes longer ones than a sealed bid has room for: it is not the room that
    /// makes an argument sound.
    pub(crate) responses: Vec<Scalar>,
}

/// What the argument's hash absorbs. (All of the context is left to `replay.rs`; generators are nobody's choice.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    QuorumKey,
    /// `C`.
    Commitment,
    Entries,
    /// `S`.
    Vector,
    /// `A`.
    VectorAnnouncement,
    /// `T_1`.
    Linear,
    /// `T_0`.
    Constant,
    /// `D_c`.
    Terms,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    /// This is not hashed.
    Unhashed(Item),
    /// `y` is one.
    PositionsUnweighed,
    /// Positions are counted anew in every digit.
    PositionsRestart,
    /// The opening of the vector is not checked.
    OpeningUnchecked,
    /// The equation of the bits and their sum is not checked.
    SquaresUnchecked,
    /// That bits are bits is left out of it.
    BitsUnchecked,
    /// That they sum to `C` is left out of it.
    LinkUnchecked,
    /// The equations of both components are added with weight one.
    ComponentsMerged,
    /// The equation of the unary encoding's `R` is not checked.
    FirstHalfUnchecked,
    /// The equation of the unary encoding's `E` is not checked.
    SecondHalfUnchecked,
    /// The equations are folded with weights drawn before the responses are absorbed.
    WeightsBeforeResponses,
    /// `R` of an entry may be `O`, and neighbours may share it.
    OpenRandomnessAllowed,
    /// The challenge `x` is what the prover says it is.
    ChallengeGiven(Scalar),
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

/// Every equation's left side less its right.
struct Residues {
    opening: RistrettoPoint,
    squares: RistrettoPoint,
    entries: Ciphertext,
}

impl UnaryEncoding {
    fn claim<'a>(&'a self, sealed_bid: &'a SealedBid) -> Claim<'a> {
        let Self { context, ref shape, commitment, .. } = *self;
        Claim { context, shape, commitment, sealed_bid }
    }

    /// The sealed bid as it is revealed.
    fn revealed(&self) -> SealedBid {
        let mut sealed_bid = self.sealed_bid.clone();
        sealed_bid.argument.masked = self.responses.iter().map(masked).collect();
        sealed_bid
    }

    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let is_hashed = |item| flaw != Some(Flaw::Unhashed(item));
        let Self { context, ref shape, quorum_key, commitment, ref sealed_bid, .. } = *self;
        let SealedBid { unary, argument } = sealed_bid;
        let UnaryArgument { bits, squares, polynomial, .. } = argument;
        let mut fs = FiatShamir::begin(labels::KIND_UNARY, &context);
        let gens = generators();
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.element(b"key-base", &gens.key);
        fs.digest(b"vector-bases", &vector_bases());
        if is_hashed(Item::QuorumKey) {
            fs.element(b"quorum-key", &quorum_key);
        }
        fs.count(b"digits", shape.digits());
        shape.digit_bits().iter().for_each(|bits| fs.integer(b"digit-bits", *bits));
        if is_hashed(Item::Commitment) {
            fs.element(b"commitment", &commitment);
        }
        fs.count(b"entries", unary.len());
        if is_hashed(Item::Entries) {
            unary.iter().for_each(|entry| fs.ciphertext(b"entry", entry));
        }
        fs.count(b"bits", shape.bits());
        if is_hashed(Item::Vector) {
            fs.point(b"vector", &bits.commitment);
        }
        let drawn = fs.challenge(b"y");
        let y = if flaw == Some(Flaw::PositionsUnweighed) { Scalar::ONE } else { drawn };
        if is_hashed(Item::VectorAnnouncement) {
            fs.point(b"vector-announcement", &bits.announcement);
        }
        if is_hashed(Item::Linear) {
            fs.point(b"linear", &squares.linear);
        }
        if is_hashed(Item::Constant) {
            fs.point(b"constant", &squares.constant);
        }
        fs.count(b"polynomial", polynomial.len());
        if is_hashed(Item::Terms) {
            polynomial.iter().for_each(|term| fs.ciphertext(b"polynomial-term", term));
        }
        let drawn = fs.weight(b"x");
        let x = if let Some(Flaw::ChallengeGiven(given)) = flaw { given } else { drawn };
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

    fn residues(&self, challenges: &Challenges, flaw: Option<Flaw>) -> Option<Residues> {
        let gens = generators();
        let UnaryArgument { bits, squares, polynomial, randomness, .. } = &self.sealed_bid.argument;
        let Challenges { x, y, first, .. } = challenges;
        let zs = &self.responses;
        let mut value = Scalar::ZERO;
        for (l, z) in zs.iter().enumerate() {
            if flaw != Some(Flaw::BitsUnchecked) {
                value += power(y, l + 1) * z * (z - x);
            }
            if flaw != Some(Flaw::LinkUnchecked) {
                value += x * Scalar::from(1u64 << l) * z;
            }
        }
        let mut of_squares = squares_residue(squares, &value, x)?;
        if flaw != Some(Flaw::LinkUnchecked) {
            of_squares -= self.commitment * (x * x);
        }

        let randomness = decode_scalar(randomness)?;
        let mut sum = -Ciphertext { r: gens.key * randomness, e: self.quorum_key * randomness };
        for (c, term) in polynomial.iter().enumerate() {
            sum = sum + Ciphertext::decode(term)?.scaled(&power(x, c));
        }
        for (entry, coefficient) in
            self.sealed_bid.unary.iter().zip(self.entry_coefficients(challenges))
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
        let opening = opening_residue(bits, zs, x)?;
        Some(Residues { opening, squares: of_squares, entries: sum })
    }

    /// Chooses an item that does not count in the challenges of a verifier with this flaw so that the equations
    /// that have it hold.
    fn choose(&mut self, item: Item, flaw: Flaw) {
        let challenges = self.challenges(Some(flaw));
        let Residues { opening, squares, entries } = self.residues(&challenges, None).unwrap();
        let last = *self.entry_coefficients(&challenges).last().unwrap();
        let x = challenges.x;
        let SealedBid { unary, argument } = &mut self.sealed_bid;
        let add = |to: &mut Wire, by: Ciphertext| {
            shift(&mut to.r, &by.r);
            shift(&mut to.e, &by.e);
        };
        match item {
            Item::QuorumKey => {
                let randomness = decode_scalar(&argument.randomness).unwrap();
                self.quorum_key += entries.e * randomness.invert();
            }
            Item::Commitment => self.commitment += squares * (x * x).invert(),
            Item::Entries => add(unary.last_mut().unwrap(), entries.scaled(&-last.invert())),
            Item::Vector => shift(&mut argument.bits.commitment, &(opening * x.invert())),
            Item::VectorAnnouncement => shift(&mut argument.bits.announcement, &opening),
            Item::Linear => shift(&mut argument.squares.linear, &(squares * x.invert())),
            Item::Constant => shift(&mut argument.squares.constant, &squares),
            Item::Terms => add(&mut argument.polynomial[0], -entries),
        }
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
        let sealed_bid = self.revealed();
        verify(&generators(), &self.quorum_key, self.claim(&sealed_bid)).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Self { ref context, ref shape, quorum_key, commitment, .. } = *self;
        let [quorum_key, commitment] = [quorum_key, commitment].map(|point| encode_point(&point));
        let sealed_bid = self.revealed().to_bytes();
        second::verify(&place(context), shape, &quorum_key, &commitment, &sealed_bid)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let SealedBid { unary, argument } = &self.sealed_bid;
        let is_complete = unary.len() == self.shape.entries()
            && self.responses.len() == self.shape.bits()
            && argument.polynomial.len() == self.shape.longest_digit_bits();
        if !is_complete || flaw != Some(Flaw::OpenRandomnessAllowed) && self.has_open_randomness() {
            return false;
        }
        let challenges = self.challenges(flaw);
        let Some(residues) = self.residues(&challenges, flaw) else { return false };
        let Residues { mut opening, mut squares, mut entries } = residues;
        let none = RistrettoPoint::default();
        match flaw {
            Some(Flaw::OpeningUnchecked) => opening = none,
            Some(Flaw::SquaresUnchecked) => squares = none,
            Some(Flaw::FirstHalfUnchecked) => entries.r = none,
            Some(Flaw::SecondHalfUnchecked) => entries.e = none,
            Some(Flaw::ComponentsMerged) => {
                entries = Ciphertext { r: entries.r + entries.e, e: none }
            }
            Some(Flaw::WeightsBeforeResponses) => {
                let mut weights = Weights::after([challenges.state]);
                let sides = [opening, squares, entries.r, entries.e];
                let folded: RistrettoPoint = sides.iter().map(|side| side * weights.draw()).sum();
                return folded.is_identity();
            }
            _ => {}
        }
        [opening, squares, entries.r, entries.e].iter().all(|side| side.is_identity())
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
#[derive(Clone)]
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
    /// Whether the bits that the entries would have to have are found when `y` is known.
    is_late: bool,
    secret: Scalar,
    context: Context,
    seed: u64,
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
            is_late: false,
            seed: 91,
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

    /// Follows the protocol, as a verifier with this flaw would have it, on whatever was chosen. Nothing if there
    /// are no late bits that would do.
    fn cook_with(&self, flaw: Option<Flaw>, seed: u64) -> Option<UnaryEncoding> {
        let gens = generators();
        let mut rng = rng(seed);
        let quorum_key = gens.key * self.secret;
        let [drawn, sigma, alpha, tau_1, tau_0] = std::array::from_fn(|_| scalar(&mut rng));
        let rho = self.rho.unwrap_or(drawn);
        let entry = |at: usize| {
            let sealed = encrypt(&quorum_key, &self.messages[at], &self.randomness[at]);
            (sealed + self.shifts[at]).encode()
        };
        let none = encode_scalar(&Scalar::ZERO);
        let [linear, constant, announcement] = [Point::IDENTITY; 3];
        let commitment = encode_point(&commit_vector(&self.bits, &sigma));
        let mut unary = UnaryEncoding {
            context: self.context,
            shape: self.shape.clone(),
            quorum_key,
            commitment: commit(&self.committed, &rho),
            sealed_bid: SealedBid {
                unary: (0..self.messages.len()).map(entry).collect(),
                argument: UnaryArgument {
                    bits: VectorOpening { commitment, announcement, blinding: none },
                    squares: Quadratic { linear, constant, blinding: none },
                    polynomial: Vec::new(),
                    masked: Vec::new(),
                    randomness: none,
                },
            },
            responses: Vec::new(),
        };
        let Challenges { y, first, .. } = unary.challenges(flaw);
        let bits = if self.is_late { self.bits_under(&y, &first)? } else { self.bits.clone() };
        let masks: Vec<Scalar> = bits.iter().map(|_| mask(&mut rng)).collect();
        let (mut t_1, mut t_0) = (Scalar::ZERO, Scalar::ZERO);
        for (l, (i, a)) in bits.iter().zip(&masks).enumerate() {
            if flaw != Some(Flaw::BitsUnchecked) {
                t_1 += power(&y, l + 1) * a * (i + i - Scalar::ONE);
                t_0 += power(&y, l + 1) * a * a;
            }
            if flaw != Some(Flaw::LinkUnchecked) {
                t_1 += Scalar::from(1u64 << l) * a;
            }
        }
        let m = self.shape.longest_digit_bits();
        let coefficients = self.coefficients(&bits, &masks, &y, &first);
        let term_randomness: Vec<Scalar> = (0..m).map(|_| scalar(&mut rng)).collect();
        let terms = coefficients.iter().zip(&term_randomness);
        let mut terms: Vec<Ciphertext> = terms.map(|(p, r)| encrypt(&quorum_key, p, r)).collect();
        terms[0] = terms[0] + self.term_shift;
        let argument = &mut unary.sealed_bid.argument;
        argument.polynomial = terms.iter().map(Ciphertext::encode).collect();
        argument.bits.announcement = encode_point(&commit_vector(&masks, &alpha));
        argument.squares.linear = encode_point(&commit(&t_1, &tau_1));
        argument.squares.constant = encode_point(&commit(&t_0, &tau_0));
        let challenges = unary.challenges(flaw);
        let x = challenges.x;
        unary.responses = bits.iter().zip(&masks).map(|(i, a)| a + x * i).collect();
        let of_entries = unary.entry_coefficients(&challenges);
        let of_entries = of_entries.iter().zip(&self.randomness).map(|(c, r)| c * r);
        let of_terms = term_randomness.iter().enumerate().map(|(c, r)| power(&x, c) * r);
        let whole: Scalar = of_entries.chain(of_terms).sum();
        let of_commitment =
            if flaw == Some(Flaw::LinkUnchecked) { Scalar::ZERO } else { rho * x * x };
        let argument = &mut unary.sealed_bid.argument;
        argument.randomness = encode_scalar(&whole);
        argument.bits.blinding = encode_scalar(&(alpha + x * sigma));
        argument.squares.blinding = encode_scalar(&(of_commitment + tau_1 * x + tau_0));
        Some(unary)
    }

    /// [`Self::cook_with`], trying again until there are late bits that do.
    fn cook(&self, flaw: Option<Flaw>) -> UnaryEncoding {
        let cooked = (self.seed..self.seed + 64).map(|seed| self.cook_with(flaw, seed));
        cooked.flatten().next().expect("half of all numbers have a square root")
    }

    /// Of two digits of one bit: the bits under which the entries, weighed together, are right, and which pass for
    /// those of what was committed.
    fn bits_under(&self, y: &Scalar, first: &[Scalar]) -> Option<Vec<Scalar>> {
        let [one, zero] = [Scalar::ONE, Scalar::ZERO];
        let entries = |bits: &[Scalar]| {
            // The most significant digit comes first, and its bit last.
            let digits = self.messages.iter().zip(bits.iter().rev()).zip(first);
            let errors = digits.map(|((message, i), first)| {
                first * (one - message + y * message - (one - i + y * i))
            });
            errors.sum::<Scalar>()
        };
        let squares = |bits: &[Scalar]| {
            let terms = bits
                .iter()
                .enumerate()
                .map(|(l, i)| power(y, l + 1) * i * (i - one) + Scalar::from(1u64 << l) * i);
            terms.fold(zero - self.committed, |sum, term| sum + term)
        };
        solve(&[&entries], &squares)
    }

    /// The coefficients below `x^m` of the sum over all `p[t][j]`, each multiplied out.
    fn coefficients(
        &self,
        bit_values: &[Scalar],
        masks: &[Scalar],
        y: &Scalar,
        first: &[Scalar],
    ) -> Vec<Scalar> {
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
                    let (i, a) = (bit_values[shift + k], masks[shift + k]);
                    let (linear, constant) =
                        if (j >> k) & 1 == 1 { (i, a) } else { (Scalar::ONE - i, -a) };
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
    let masked = sealed_bid.argument.masked.iter();
    let responses = masked.map(|masked| integer(&masked.0)).collect();
    UnaryEncoding { context, shape, quorum_key, commitment, sealed_bid, responses }
}

/// The messages of an honest unary encoding, times `G`.
fn spells(digits: &[u8], level: u32) -> Vec<RistrettoPoint> {
    Recipe::honest(digits, level).messages.iter().map(|m| generators().value * m).collect()
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

/// F1, F2: every item that counts in the challenges is what it was before them. One that did not count would be
/// chosen last, so that the equations hold: an entry, the commitment, an announcement.
#[test]
fn whatever_is_not_hashed_is_chosen_after_the_challenge() {
    let wrong = |level| {
        let mut recipe = Recipe::honest(&[2, 1], level);
        recipe.messages[0] = Scalar::from(57u8);
        recipe
    };
    let other = Recipe { committed: Scalar::from(5u8), ..Recipe::honest(&[2, 1], 6) };
    let forgeries = [
        (Item::QuorumKey, wrong(1)),
        (Item::Entries, wrong(1)),
        (Item::Terms, wrong(6)),
        (Item::Commitment, bit_of_two()),
        (Item::Linear, bit_of_two()),
        (Item::Constant, bit_of_two()),
        (Item::Linear, other.clone()),
        (Item::Constant, other.clone()),
        (Item::Commitment, other),
    ];
    for (item, recipe) in forgeries {
        let flaw = Flaw::Unhashed(item);
        let mut unary = recipe.cook(Some(flaw));
        unary.choose(item, flaw);
        unary.check_forgery(flaw);
        // Chosen against a verifier that hashes it, it changes the challenges under the forger's hands.
        let mut unary = recipe.cook(None);
        unary.choose(item, flaw);
        unary.check_refused();
    }
}

/// Bits that nothing binds before `y`: then they need not be bits, for the forger finds numbers that pass for them,
/// weighed, and under which wrong entries are right together.
#[test]
fn bits_chosen_after_the_positions_have_weights() {
    let mut recipe = Recipe::honest(&[1, 1], 2);
    recipe.messages[1] = Scalar::from(3u8);
    recipe.is_late = true;
    for item in [Item::Vector, Item::VectorAnnouncement] {
        let flaw = Flaw::Unhashed(item);
        let mut unary = recipe.cook(Some(flaw));
        unary.choose(item, flaw);
        unary.check_forgery(flaw);
        assert!(unary.responses.iter().any(|z| !is_short(z)), "a sealed bid has no room for these");
        assert_ne!(unary.opened(&recipe.secret), spells(&[1, 1], 2));
    }
    let unary = recipe.cook(None);
    unary.check_forgery(Flaw::OpeningUnchecked);
    assert_ne!(unary.opened(&recipe.secret), spells(&[1, 1], 2));
}

/// F4: positions without weights: an entry too much and an entry too few.
#[test]
fn errors_that_cancel_under_known_weights() {
    let mut recipe = Recipe::honest(&[2, 1], 3);
    recipe.messages[1] += Scalar::from(9u8);
    recipe.messages[3] -= Scalar::from(4u8);
    let flaw = Flaw::PositionsUnweighed;
    let unary = recipe.cook(Some(flaw));
    unary.check_forgery(flaw);
    assert_ne!(unary.opened(&recipe.secret), spells(&[2, 1], 3));
    recipe.cook(None).check_refused();
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

/// A commitment to a number below zero, if a range proof ever let one pass: no level is it, not the one of the same
/// bits, and not with a bit that is -1.
#[test]
fn no_sealed_bid_opens_a_commitment_below_zero() {
    for below in [1u8, 2, 8] {
        let committed = -Scalar::from(below);
        for level in 0..8 {
            let recipe = Recipe { committed, ..Recipe::honest(&[2, 1], level) };
            recipe.cook(None).check_forgery(Flaw::SquaresUnchecked);
        }
        let mut recipe = Recipe { committed, ..Recipe::honest(&[2, 1], 0) };
        recipe.bits[0] = committed;
        recipe.cook(None).check_refused();
        recipe.messages[3] = committed;
        recipe.cook(Some(Flaw::BitsUnchecked)).check_forgery(Flaw::BitsUnchecked);
    }
}

/// Level 2 of two bits, of which the lower is 2: it makes an entry that counts twice, `[b >= j] = 2`.
fn bit_of_two() -> Recipe {
    let mut recipe = Recipe::honest(&[1, 1], 2);
    recipe.bits = vec![Scalar::from(2u8), Scalar::ZERO];
    recipe.messages = vec![Scalar::ZERO, Scalar::from(2u8)];
    recipe
}

/// A number that is no bit, with the sum that was committed to.
#[test]
fn a_bit_that_is_two() {
    for flaw in [Flaw::BitsUnchecked, Flaw::SquaresUnchecked] {
        let unary = bit_of_two().cook(Some(flaw));
        unary.check_forgery(flaw);
        assert!(unary.responses.iter().all(is_short), "there is room for it in a sealed bid");
    }
    bit_of_two().cook(None).check_refused();
}

/// A step with more units than its bits hold: behind two digits of a price stand two bits of a quantity. What is
/// committed to is level 2 with no unit, and what is sealed is level 1 with four.
#[test]
fn a_quantity_that_overflows_into_the_level() {
    let step = || {
        let mut recipe = Recipe::honest(&[1, 1, 1, 1], 2 << 2);
        // Least significant first: the quantity's bits are 0 and 2, the level's 1 and 0.
        recipe.bits = [0u8, 2, 1, 0].map(Scalar::from).to_vec();
        recipe.messages = [0u8, 1, 2, 0].map(Scalar::from).to_vec();
        recipe
    };
    for flaw in [Flaw::BitsUnchecked, Flaw::SquaresUnchecked] {
        step().cook(Some(flaw)).check_forgery(flaw);
    }
    step().cook(None).check_refused();
}

/// Whoever revealed it under another's name, or against another commitment, would need another argument.
#[test]
fn an_argument_for_another_commitment() {
    let unary = honest(context());
    let Generators { value, blinding, .. } = generators();
    let c = unary.commitment;
    for commitment in [c + value, c - value, c + blinding, -c, RistrettoPoint::default()] {
        UnaryEncoding { commitment, ..unary.clone() }.check_refused();
    }
    let shape = Shape::new(&[1, 2]).unwrap();
    UnaryEncoding { shape, ..unary }.check_refused();
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

/// F5, F6: weights drawn before the responses. A quorum that knows its secret, or a bidder in league with it, shifts
/// an entry and hides that from both components by one response.
#[test]
fn responses_chosen_under_weights_known_beforehand() {
    let mut recipe = Recipe::honest(&[2, 1], 3);
    let delta = Scalar::from(99u8);
    recipe.shifts[1].r = generators().key * delta;
    let mut unary = recipe.cook(None);
    let flaw = Flaw::WeightsBeforeResponses;
    let challenges = unary.challenges(Some(flaw));
    let shifted = unary.entry_coefficients(&challenges)[1] * delta;
    let mut early = Weights::after([challenges.state]);
    // The opening and the squares come first.
    let [_, _, of_r, of_e] = std::array::from_fn(|_| early.draw());
    // K:  of_r (shifted - change) - of_e secret change = 0
    let change = of_r * shifted * (of_r + of_e * recipe.secret).invert();
    let argument = &mut unary.sealed_bid.argument;
    let randomness = decode_scalar(&argument.randomness).unwrap();
    argument.randomness = encode_scalar(&(randomness + change));
    unary.check_forgery(flaw);
    assert_ne!(unary.opened(&recipe.secret), spells(&[2, 1], 3));
}

/// An argument made without bits, for a challenge that is known.
fn simulated(recipe: &Recipe, x: Scalar) -> UnaryEncoding {
    let flaw = Flaw::ChallengeGiven(x);
    let mut unary = recipe.cook(Some(flaw));
    let mut rng = rng(94);
    // Nothing is left of how it was made.
    unary.responses = unary.responses.iter().map(|_| mask(&mut rng)).collect();
    let random = |rng: &mut ChaCha20Rng| encode_point(&element(rng));
    let argument = &mut unary.sealed_bid.argument;
    (argument.bits, argument.squares) = drawn(&mut rng);
    let terms = argument.polynomial.iter();
    argument.polynomial =
        terms.map(|_| Wire { r: random(&mut rng), e: random(&mut rng) }).collect();
    argument.randomness = encode_scalar(&scalar(&mut rng));
    for item in [Item::VectorAnnouncement, Item::Constant, Item::Terms] {
        unary.choose(item, flaw);
    }
    unary
}

/// Zero knowledge: whoever may say what the challenge is makes an argument that convinces without a bit, for a
/// sealed bid that is in order and for one that is not. So an honest one, whose responses lie in the same interval,
/// tells nothing. (The `D_c` are as random as ciphertexts are.)
#[test]
fn arguments_are_made_without_bits_once_the_challenge_is_known() {
    let x = Scalar::from(u128::MAX - 5);
    for (digits, level) in [(&[1u8][..], 1), (&[1, 1], 2), (&[2, 1, 3], 37)] {
        let unary = simulated(&Recipe::honest(digits, level), x);
        assert!(unary.replica(Some(Flaw::ChallengeGiven(x))));
        unary.check_refused();
        assert!(unary.responses.iter().all(is_within));
        // Of entries that spell nothing, under a commitment to what is no level.
        let mut wrong = Recipe { committed: -Scalar::ONE, ..Recipe::honest(digits, level) };
        wrong.messages[0] = Scalar::from(57u8);
        simulated(&wrong, x).check_forgery(Flaw::ChallengeGiven(x));
    }
    for level in 0..8 {
        let recipe = Recipe::honest(&[2, 1], level);
        let rho = Scalar::from(8u8);
        let (quorum_key, level) = (generators().key * recipe.secret, Level(level));
        let proved = prover::prove(
            &generators(),
            &context(),
            &recipe.shape,
            &quorum_key,
            level,
            &rho,
            &mut rng(95),
        );
        let masked = proved.unwrap().argument.masked;
        assert!(masked.iter().all(|masked| is_within(&integer(&masked.0))));
    }
}

/// Two sealed bids verified at once.
struct Batch([UnaryEncoding; 2]);

/// The same weights serve for both arguments.
#[derive(Clone, Copy, Debug)]
struct WeightsShared;

impl Artefact for Batch {
    type Flaw = WeightsShared;

    fn contract(&self) -> Result<(), ProofFault> {
        let sealed_bids = self.0.each_ref().map(UnaryEncoding::revealed);
        let claims = self.0.iter().zip(&sealed_bids);
        let decoded: Result<Vec<_>, _> =
            claims.map(|(unary, sealed_bid)| decode(unary.claim(sealed_bid))).collect();
        verify_batch(&generators(), &self.0[0].quorum_key, &decoded?)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let sealed_bids = self.0.each_ref().map(|unary| unary.revealed().to_bytes());
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
        let sides = |unary: &UnaryEncoding| {
            let residues = unary.residues(&unary.challenges(None), None)?;
            let Residues { opening, squares, entries } = residues;
            Some([opening, squares, entries.r, entries.e])
        };
        match (flaw, sides(one), sides(two)) {
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
