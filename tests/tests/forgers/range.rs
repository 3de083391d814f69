//! Forgers of range proofs: a committed bid that is no level, and one that is worse than the last.

use super::{
    algebra::{
        Residue, commit, commit_vector, drawn, integer, is_short, is_within, mask, masked,
        opening_residue, shift, solve, squares_residue,
    },
    *,
};
use curve25519_dalek::traits::{Identity as _, IsIdentity as _};
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::range::{Claim, Statement, verify},
};
use talea_parties::proofs::range::{self as prover, Witness};
use talea_protocol::{
    commitment::RangeProof,
    labels,
    masked::{Quadratic, VectorOpening},
    price::Level,
};
use talea_verifier::proofs::range as second;

/// A committed bid with its range proof.
#[derive(Clone)]
pub(crate) struct Range {
    pub(crate) context: Context,
    pub(crate) statement: Statement,
    pub(crate) bits: VectorOpening,
    pub(crate) squares: Quadratic,
    /// `z` of every bit. The replica takes longer ones than a commit has room for.
    pub(crate) responses: Vec<Scalar>,
}

/// What the proof's hash absorbs. (All of the context is left to `replay.rs`; the levels and their number of bits are
/// the terms', and count in the second equation.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    QuorumKey,
    /// `C`.
    Commitment,
    /// `C_0`.
    Active,
    /// `S`.
    Vector,
    /// `A`.
    VectorAnnouncement,
    /// `T_1`.
    Linear,
    /// `T_0`.
    Constant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    /// This is not hashed.
    Unhashed(Item),
    /// `y` is one.
    Unweighed,
    /// `u` is one: both sums of bits count alike.
    SeparatorUnweighed,
    /// The opening of the vector is not checked.
    OpeningUnchecked,
    /// The equation of the bits and their sums is not checked.
    SquaresUnchecked,
    /// That bits are bits is left out of it.
    BitsUnchecked,
    /// That they sum to what is committed to is left out of it.
    LinkUnchecked,
    /// Of a later round's bid it is only proved that it is a level.
    ActiveIgnored,
    /// The place values are powers of two: `2^n` levels pass instead of as many as there are.
    LastLevelIgnored,
    /// The challenge `x` is what the prover says it is.
    ChallengeGiven(Scalar),
}

/// The challenges of a proof.
struct Challenges {
    x: Scalar,
    y: Scalar,
}

/// Both equations' left side less their right.
struct Residues {
    opening: RistrettoPoint,
    squares: RistrettoPoint,
}

/// The least `n` with `levels <= 2^n`.
fn bits_of(levels: u32) -> usize {
    (1..).find(|n| u64::from(levels) <= 1 << n).unwrap()
}

/// Place values whose sums are `0 .. levels - 1`.
fn place_values(levels: u32) -> Vec<u32> {
    let last = bits_of(levels) - 1;
    (0..last).map(|l| 1 << l).chain([levels - (1 << last)]).collect()
}

/// The bits of a number below `levels`, each place taken from the last one on if it is there.
fn spelled(levels: u32, number: u32) -> Vec<Scalar> {
    let values = place_values(levels);
    let mut rest = number;
    let top = u32::from(number >= 1 << (values.len() - 1));
    rest -= top * values[values.len() - 1];
    let lower = (0..values.len() - 1).map(|l| (rest >> l) & 1);
    lower.chain([top]).map(Scalar::from).collect()
}

fn power(base: &Scalar, exponent: usize) -> Scalar {
    (0..exponent).fold(Scalar::ONE, |power, _| power * base)
}

impl Range {
    /// What each bit counts in the second equation, and how often `C` and `C_0` count there.
    fn places(&self, y: &Scalar, flaw: Option<Flaw>) -> (Vec<Scalar>, Scalar, Scalar) {
        let levels = self.statement.levels;
        let values = match flaw {
            Some(Flaw::LastLevelIgnored) => (0..bits_of(levels)).map(|l| 1 << l).collect(),
            _ => place_values(levels),
        };
        let of_bid: Vec<Scalar> = values.into_iter().map(Scalar::from).collect();
        if self.statement.active.is_none() {
            return (of_bid, Scalar::ONE, Scalar::ZERO);
        }
        let separator = match flaw {
            Some(Flaw::SeparatorUnweighed) => Scalar::ONE,
            Some(Flaw::ActiveIgnored) => Scalar::ZERO,
            _ => power(y, 2 * of_bid.len() + 1),
        };
        let of_improvement = of_bid.iter().map(|place| place * separator);
        let places = of_bid.iter().copied().chain(of_improvement).collect();
        (places, Scalar::ONE + separator, -separator)
    }

    fn challenges(&self, flaw: Option<Flaw>) -> Challenges {
        let is_hashed = |item| flaw != Some(Flaw::Unhashed(item));
        let Statement { levels, quorum_key, commitment, active } = self.statement;
        let kind = if active.is_some() { labels::KIND_IMPROVEMENT } else { labels::KIND_RANGE };
        let mut fs = FiatShamir::begin(kind, &self.context);
        let gens = generators();
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.element(b"key-base", &gens.key);
        fs.digest(b"vector-bases", &vector_bases());
        if is_hashed(Item::QuorumKey) {
            fs.element(b"quorum-key", &quorum_key);
        }
        fs.integer(b"levels", levels);
        if is_hashed(Item::Commitment) {
            fs.point(b"commitment", &commitment);
        }
        if let Some(active) = active.filter(|_| is_hashed(Item::Active)) {
            fs.point(b"active", &active);
        }
        let values = if active.is_some() { 2 } else { 1 };
        fs.count(b"bits", bits_of(levels) * values);
        if is_hashed(Item::Vector) {
            fs.point(b"vector", &self.bits.commitment);
        }
        let drawn = fs.challenge(b"y");
        let y = if flaw == Some(Flaw::Unweighed) { Scalar::ONE } else { drawn };
        if is_hashed(Item::VectorAnnouncement) {
            fs.point(b"vector-announcement", &self.bits.announcement);
        }
        if is_hashed(Item::Linear) {
            fs.point(b"linear", &self.squares.linear);
        }
        if is_hashed(Item::Constant) {
            fs.point(b"constant", &self.squares.constant);
        }
        let drawn = fs.weight(b"x");
        let x = if let Some(Flaw::ChallengeGiven(given)) = flaw { given } else { drawn };
        Challenges { x, y }
    }

    fn residues(&self, Challenges { x, y }: &Challenges, flaw: Option<Flaw>) -> Option<Residues> {
        let (places, of_commitment, of_active) = self.places(y, flaw);
        let mut value = Scalar::ZERO;
        for (l, (z, place)) in self.responses.iter().zip(places).enumerate() {
            if flaw != Some(Flaw::BitsUnchecked) {
                value += power(y, l + 1) * z * (z - x);
            }
            if flaw != Some(Flaw::LinkUnchecked) {
                value += x * place * z;
            }
        }
        let mut squares = squares_residue(&self.squares, &value, x)?;
        if flaw != Some(Flaw::LinkUnchecked) {
            let Statement { commitment, active, .. } = &self.statement;
            squares -= decode_point(commitment)? * (x * x * of_commitment);
            if let Some(active) = active {
                squares -= decode_point(active)? * (x * x * of_active);
            }
        }
        let opening = opening_residue(&self.bits, &self.responses, x)?;
        Some(Residues { opening, squares })
    }

    /// Chooses an item that does not count in the challenges of a verifier with this flaw so that the equation that
    /// has it holds.
    fn choose(&mut self, item: Item, flaw: Flaw) {
        let challenges = self.challenges(Some(flaw));
        let Residues { opening, squares } = self.residues(&challenges, None).unwrap();
        let (_, of_commitment, of_active) = self.places(&challenges.y, None);
        let x = challenges.x;
        let statement = &mut self.statement;
        let once = |factor: Scalar| squares * (x * x * factor).invert();
        match item {
            Item::QuorumKey => {}
            Item::Commitment => shift(&mut statement.commitment, &once(of_commitment)),
            Item::Active => shift(statement.active.as_mut().unwrap(), &once(of_active)),
            Item::Vector => shift(&mut self.bits.commitment, &(opening * x.invert())),
            Item::VectorAnnouncement => shift(&mut self.bits.announcement, &opening),
            Item::Linear => shift(&mut self.squares.linear, &(squares * x.invert())),
            Item::Constant => shift(&mut self.squares.constant, &squares),
        }
    }

    /// The proof as it is posted.
    fn posted(&self) -> RangeProof {
        let masked = self.responses.iter().map(masked);
        RangeProof { bits: self.bits, squares: self.squares, masked: talea_tests::list(masked) }
    }

    fn with(&self, change: impl FnOnce(&mut Statement)) -> Self {
        let mut other = self.clone();
        change(&mut other.statement);
        other
    }
}

impl Artefact for Range {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        let Self { context, statement, .. } = *self;
        verify(&generators(), Claim { context, statement, proof: &self.posted() })
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Statement { levels, quorum_key, commitment, active } = self.statement;
        let (place, quorum_key) = (place(&self.context), encode_point(&quorum_key));
        let proof = self.posted();
        match &active {
            None => second::verify(&place, &quorum_key, levels, &commitment, &proof),
            Some(active) => {
                second::verify_improvement(&place, &quorum_key, levels, &commitment, active, &proof)
            }
        }
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let Statement { levels, commitment, active, .. } = self.statement;
        let values = if active.is_some() { 2 } else { 1 };
        if self.responses.len() != bits_of(levels) * values || commitment == Point::IDENTITY {
            return false;
        }
        let Some(residues) = self.residues(&self.challenges(flaw), flaw) else { return false };
        let Residues { mut opening, mut squares } = residues;
        match flaw {
            Some(Flaw::OpeningUnchecked) => opening = RistrettoPoint::identity(),
            Some(Flaw::SquaresUnchecked) => squares = RistrettoPoint::identity(),
            _ => {}
        }
        opening.is_identity() && squares.is_identity()
    }
}

/// What a forger may choose of a commit. The default is honest.
#[derive(Clone)]
struct Recipe {
    levels: u32,
    /// What `C` commits to.
    committed: Scalar,
    /// What `C_0` commits to.
    active: Option<Scalar>,
    /// What the commitment to bits holds.
    bits: Vec<Scalar>,
    /// Whether all bits but one are zero, and that one is found when `y` is known.
    is_late: bool,
    seed: u64,
}

impl Recipe {
    /// A bid of a first round.
    fn first(levels: u32, level: u32) -> Self {
        let bits = spelled(levels, level);
        Self { levels, committed: level.into(), active: None, bits, is_late: false, seed: 101 }
    }

    /// A bid of a later one.
    fn later(levels: u32, level: u32, active: u32) -> Self {
        let first = Self::first(levels, level);
        let bits = [spelled(levels, level), spelled(levels, level - active)].concat();
        Self { active: Some(active.into()), bits, ..first }
    }

    /// Of [`Self::first`] or [`Self::later`] what is committed to is another number.
    fn committing(self, committed: impl Into<Scalar>) -> Self {
        Self { committed: committed.into(), ..self }
    }

    /// Follows the protocol, as a verifier with this flaw would have it, on whatever was chosen. Nothing if there is
    /// no late bit that would do.
    fn cook_with(&self, flaw: Option<Flaw>, seed: u64) -> Option<Range> {
        let mut rng = rng(seed);
        let [rho, rho_0, sigma, alpha, tau_1, tau_0] = std::array::from_fn(|_| scalar(&mut rng));
        let none = encode_scalar(&Scalar::ZERO);
        let [linear, constant, announcement] = [Point::IDENTITY; 3];
        let mut range = Range {
            context: context(),
            statement: Statement {
                levels: self.levels,
                quorum_key: element(&mut rng),
                commitment: encode_point(&commit(&self.committed, &rho)),
                active: self.active.map(|level| encode_point(&commit(&level, &rho_0))),
            },
            bits: VectorOpening {
                commitment: encode_point(&commit_vector(&self.bits, &sigma)),
                announcement,
                blinding: none,
            },
            squares: Quadratic { linear, constant, blinding: none },
            responses: Vec::new(),
        };
        let y = range.challenges(flaw).y;
        let (places, of_commitment, of_active) = range.places(&y, flaw);
        let sum = self.committed * of_commitment + self.active.unwrap_or_default() * of_active;
        let bits = if self.is_late { late_bits(&y, &places, sum)? } else { self.bits.clone() };
        let masks: Vec<Scalar> = bits.iter().map(|_| mask(&mut rng)).collect();
        let (mut t_1, mut t_0) = (Scalar::ZERO, Scalar::ZERO);
        for (l, ((i, a), place)) in bits.iter().zip(&masks).zip(&places).enumerate() {
            if flaw != Some(Flaw::BitsUnchecked) {
                t_1 += power(&y, l + 1) * a * (i + i - Scalar::ONE);
                t_0 += power(&y, l + 1) * a * a;
            }
            if flaw != Some(Flaw::LinkUnchecked) {
                t_1 += place * a;
            }
        }
        range.bits.announcement = encode_point(&commit_vector(&masks, &alpha));
        range.squares.linear = encode_point(&commit(&t_1, &tau_1));
        range.squares.constant = encode_point(&commit(&t_0, &tau_0));
        let x = range.challenges(flaw).x;
        range.responses = bits.iter().zip(&masks).map(|(i, a)| a + x * i).collect();
        let leading = match flaw {
            Some(Flaw::LinkUnchecked) => Scalar::ZERO,
            _ => rho * of_commitment + rho_0 * of_active,
        };
        range.bits.blinding = encode_scalar(&(alpha + x * sigma));
        range.squares.blinding = encode_scalar(&(leading * x * x + tau_1 * x + tau_0));
        Some(range)
    }

    /// [`Self::cook_with`], trying again until there is a late bit that does.
    fn cook(&self, flaw: Option<Flaw>) -> Range {
        let cooked = (self.seed..self.seed + 64).map(|seed| self.cook_with(flaw, seed));
        cooked.flatten().next().expect("half of all numbers have a square root")
    }
}

/// Numbers that pass for the bits of `sum` under these weights, all but the last of them zero.
fn late_bits(y: &Scalar, places: &[Scalar], sum: Scalar) -> Option<Vec<Scalar>> {
    let squares = |bits: &[Scalar]| {
        let terms = bits.iter().zip(places).enumerate();
        let terms = terms.map(|(l, (i, q))| power(y, l + 1) * i * (i - Scalar::ONE) + q * i);
        terms.fold(-sum, |sum, term| sum + term)
    };
    let zeros: Vec<_> = (0..places.len() - 1).map(|l| move |bits: &[Scalar]| bits[l]).collect();
    let zeros: Vec<Residue<'_>> = zeros.iter().map(|zero| zero as Residue<'_>).collect();
    solve(&zeros, &squares)
}

fn proved(context: Context, level: u32, active: Option<u32>) -> Range {
    let mut rng = rng(103);
    let [rho, rho_0] = std::array::from_fn(|_| scalar(&mut rng));
    let commit = |level: u32, rho| encode_point(&commit(&level.into(), rho));
    let statement = Statement {
        levels: 200,
        quorum_key: element(&mut rng),
        commitment: commit(level, &rho),
        active: active.map(|level| commit(level, &rho_0)),
    };
    let active = active.map(|level| (Level(level), rho_0));
    let witness = Witness { level: Level(level), rho, active };
    let proof = prover::prove(&generators(), &context, &statement, &witness, &mut rng).unwrap();
    let RangeProof { bits, squares, masked } = proof;
    let responses = masked.iter().map(|masked| integer(&masked.0)).collect();
    Range { context, statement, bits, squares, responses }
}

pub(crate) fn honest(context: Context) -> Range {
    proved(context, 42, None)
}

/// A bid of level 42 or higher where 42 is active.
pub(crate) fn improvement(context: Context, level: u32) -> Range {
    proved(context, level, Some(42))
}

/// `C` moved by so many levels, and so much blinding.
fn moved(point: &Point, levels: i64, blinding: u8) -> Point {
    let gens = generators();
    let by = gens.value * Scalar::from(levels.unsigned_abs());
    let by = if levels < 0 { -by } else { by };
    let sum = decode_point(point).unwrap() + by + gens.blinding * Scalar::from(blinding);
    encode_point(&sum)
}

#[test]
fn honest_range_proofs_pass() {
    honest(context()).check_honest();
    // So does the forger's, as long as it has nothing to hide.
    for (levels, level) in [(2, 1), (3, 2), (4, 0), (5, 3), (200, 199), (256, 255), (257, 256)] {
        Recipe::first(levels, level).cook(None).check_honest();
        Recipe::later(levels, level, level / 2).cook(None).check_honest();
    }
}

/// A level of the middle has two spellings where the levels are no power of two: both are proofs.
#[test]
fn both_spellings_of_a_level_pass() {
    // Place values 1, 2, 1.
    let [one, zero] = [Scalar::ONE, Scalar::ZERO];
    for bits in [vec![one, zero, zero], vec![zero, zero, one]] {
        Recipe { bits, ..Recipe::first(5, 1) }.cook(None).check_honest();
    }
}

/// F1, F2: every item that counts in the challenges is what it was before them. One that did not count would be
/// chosen last, so that the equations hold: the commitment, an announcement.
#[test]
fn whatever_is_not_hashed_is_chosen_after_the_challenge() {
    let beyond = Recipe::first(200, 42).committing(200u8);
    let worse = Recipe::later(200, 42, 42).committing(41u8);
    let forgeries = [
        (Item::Commitment, bit_of_two()),
        (Item::Linear, bit_of_two()),
        (Item::Constant, bit_of_two()),
        (Item::Linear, beyond.clone()),
        (Item::Constant, beyond.clone()),
        (Item::Commitment, beyond),
        (Item::Linear, worse.clone()),
        (Item::Constant, worse.clone()),
        (Item::Active, worse),
    ];
    for (item, recipe) in forgeries {
        let flaw = Flaw::Unhashed(item);
        let mut range = recipe.cook(Some(flaw));
        range.choose(item, flaw);
        range.check_forgery(flaw);
        // Chosen against a verifier that hashes it, it changes the challenges under the forger's hands.
        let mut range = recipe.cook(None);
        range.choose(item, flaw);
        range.check_refused();
    }
}

/// Bits that nothing binds before `y`: then one of them may be any number, and the forger finds the one under which
/// any number passes for a level.
#[test]
fn bits_chosen_after_they_have_weights() {
    let recipe = Recipe { is_late: true, ..Recipe::first(4, 0).committing(1_000_000u32) };
    for item in [Item::Vector, Item::VectorAnnouncement] {
        let flaw = Flaw::Unhashed(item);
        let mut range = recipe.cook(Some(flaw));
        range.choose(item, flaw);
        range.check_forgery(flaw);
        assert!(range.responses.iter().any(|z| !is_short(z)), "a commit has no room for these");
    }
    recipe.cook(None).check_forgery(Flaw::OpeningUnchecked);
}

/// 4 of 4 levels, of which the lower bit is 2: its square is 2 too much.
fn bit_of_two() -> Recipe {
    let bits = vec![Scalar::from(2u8), Scalar::ONE];
    Recipe { bits, ..Recipe::first(4, 0).committing(4u8) }
}

/// A number that is no bit, with the sum that is committed to.
#[test]
fn a_bit_that_is_two() {
    for flaw in [Flaw::BitsUnchecked, Flaw::SquaresUnchecked] {
        let range = bit_of_two().cook(Some(flaw));
        range.check_forgery(flaw);
        assert!(range.responses.iter().all(is_short), "there is room for it in a commit");
    }
    bit_of_two().cook(None).check_refused();
}

/// F4: without weights the square of a bit that is none makes up for a sum that is another.
#[test]
fn errors_that_cancel_under_known_weights() {
    // 2*1 of the square, and 2 + 2: 6 of 4 levels.
    let recipe = bit_of_two().committing(6u8);
    recipe.cook(Some(Flaw::Unweighed)).check_forgery(Flaw::Unweighed);
    recipe.cook(None).check_refused();
}

/// Bits that are those of a level, where something else was committed to: beyond the grid, below zero, or anything.
#[test]
fn bits_of_another_number_than_the_committed_one() {
    for committed in [Scalar::from(200u8), -Scalar::ONE, Scalar::from(u64::MAX)] {
        for level in [0, 1, 199] {
            let recipe = Recipe::first(200, level).committing(committed);
            recipe.cook(Some(Flaw::LinkUnchecked)).check_forgery(Flaw::LinkUnchecked);
            recipe.cook(None).check_forgery(Flaw::SquaresUnchecked);
        }
    }
}

/// A bid that has the bits but not the level, in a first round and in a later one.
#[test]
fn a_bid_beyond_the_last_level() {
    let flaw = Flaw::LastLevelIgnored;
    let binary = |number: u32| (0..8).map(move |l| Scalar::from((number >> l) & 1));
    for level in [200, 230, 255] {
        let bits: Vec<Scalar> = binary(level).collect();
        let recipe = Recipe { bits, ..Recipe::first(200, 0).committing(level) };
        recipe.cook(Some(flaw)).check_forgery(flaw);
        recipe.cook(None).check_refused();
        let bits: Vec<Scalar> = binary(level).chain(binary(level - 42)).collect();
        let recipe = Recipe { bits, ..Recipe::later(200, 42, 42).committing(level) };
        recipe.cook(Some(flaw)).check_forgery(flaw);
        recipe.cook(None).check_refused();
    }
}

/// A step whose quantity is sealed: a number beyond `levels * 2^bits` is a level that is none, with some quantity. The
/// digits that seal it have room for it.
#[test]
fn a_step_beyond_the_last_level_and_quantity() {
    let flaw = Flaw::LastLevelIgnored;
    let (levels, bits) = (3u32, 2u32);
    let binary = |number: u32| (0..4).map(move |l| Scalar::from((number >> l) & 1));
    for number in levels << bits..16 {
        let bits: Vec<Scalar> = binary(number).collect();
        let recipe = Recipe { bits, ..Recipe::first(levels << 2, 0).committing(number) };
        recipe.cook(Some(flaw)).check_forgery(flaw);
        recipe.cook(None).check_refused();
    }
    Recipe::first(levels << bits, (levels << bits) - 1).cook(None).check_honest();
}

/// No bits sum to a number below zero, or to one beyond the last level.
#[test]
fn no_bits_sum_to_what_is_no_level() {
    for committed in [-Scalar::ONE, -Scalar::from(3u8), Scalar::from(5u8), Scalar::from(8u8)] {
        for bits in 0..8u32 {
            let bits = (0..3).map(|l| Scalar::from((bits >> l) & 1)).collect();
            let recipe = Recipe { bits, ..Recipe::first(5, 0).committing(committed) };
            recipe.cook(None).check_refused();
        }
    }
}

/// A bid that takes back what its bidder offered in the round before: `-1` in the place of what it improves by.
#[test]
fn a_bid_worse_than_the_active_one() {
    let mut recipe = Recipe::later(200, 42, 42).committing(41u8);
    recipe.bits[..8].copy_from_slice(&spelled(200, 41));
    recipe.cook(Some(Flaw::ActiveIgnored)).check_forgery(Flaw::ActiveIgnored);
    for improvement in [0, 1, 41, 199] {
        recipe.bits[8..].copy_from_slice(&spelled(200, improvement));
        recipe.cook(None).check_refused();
    }
}

/// F15: both sums count alike: what one has too little the other has too much.
#[test]
fn sums_that_cancel_without_a_separator() {
    let mut recipe = Recipe::later(200, 42, 42).committing(41u8);
    // 40 instead of 41, and 0 instead of -1.
    recipe.bits[..8].copy_from_slice(&spelled(200, 40));
    let flaw = Flaw::SeparatorUnweighed;
    recipe.cook(Some(flaw)).check_forgery(flaw);
    recipe.cook(None).check_refused();
}

#[test]
fn honest_improvements_pass_and_stand_for_no_other_bid() {
    for level in [42, 43, 199] {
        let bid = improvement(context(), level);
        bid.check_honest();
        let active = bid.statement.active.unwrap();
        let others = [moved(&active, 1, 0), moved(&active, 0, 1), bid.statement.commitment];
        for other in others.into_iter().map(Some).chain([None]) {
            bid.with(|statement| statement.active = other).check_refused();
        }
        // A first bid's proof is no improvement.
        honest(context()).with(|statement| statement.active = Some(active)).check_refused();
    }
}

/// Of a first bid on a grid with as many bits as both numbers of an improvement have together.
#[test]
fn a_first_bid_is_no_improvement_with_as_many_bits() {
    let improvement = improvement(context(), 42);
    let wide = Recipe::first(40_000, 42).cook(None);
    assert_eq!(wide.responses.len(), improvement.responses.len());
    let active = improvement.statement.active;
    wide.with(|statement| {
        statement.levels = 200;
        statement.active = active;
    })
    .check_refused();
}

/// A board shows a bidder one history and puts its commit in another with the same terms, under whose key
/// its bid can never be revealed: its deposit would be lost. A verifier that leaves the key out accepts
/// the proof in every history alike.
#[test]
fn a_proof_for_the_key_of_another_history() {
    let flaw = Flaw::Unhashed(Item::QuorumKey);
    let other = element(&mut rng(105));
    for recipe in [Recipe::first(200, 42), Recipe::later(200, 43, 42)] {
        let forgery = recipe.cook(Some(flaw));
        for quorum_key in [forgery.statement.quorum_key, other] {
            forgery.with(|statement| statement.quorum_key = quorum_key).check_forgery(flaw);
        }
    }
    // An honest proof is one in its own history alone.
    for bid in [honest(context()), improvement(context(), 43)] {
        let key = bid.statement.quorum_key;
        for quorum_key in [other, -key, key + generators().key, RistrettoPoint::identity()] {
            bid.with(|statement| statement.quorum_key = quorum_key).check_refused();
        }
    }
}

/// F2, F3: the statement is changed under a valid proof: a level up or down, more levels, other blinding.
#[test]
fn a_commitment_changed_under_its_proof() {
    let bid = honest(context());
    let c = bid.statement.commitment;
    for commitment in [moved(&c, 1, 0), moved(&c, -1, 0), moved(&c, 0, 1), moved(&c, 158, 0)] {
        bid.with(|statement| statement.commitment = commitment).check_refused();
    }
    for levels in [43, 129, 199, 201, 256, 257] {
        bid.with(|statement| statement.levels = levels).check_refused();
    }
    let identity = bid.with(|statement| statement.commitment = Point::IDENTITY);
    identity.check_refused();
    identity.check_identity_refused();
}

/// F14: a proof with one bit more or less than the statement says.
#[test]
fn a_proof_with_another_number_of_bits() {
    for bid in [honest(context()), improvement(context(), 43)] {
        let mut longer = bid.clone();
        longer.responses.push(Scalar::ZERO);
        longer.check_refused();
        let mut shorter = bid.clone();
        shorter.responses.pop();
        shorter.check_refused();
        let mut none = bid;
        none.responses.clear();
        none.check_refused();
    }
}

/// A proof made without bits, for a challenge that is known.
fn simulated(recipe: &Recipe, x: Scalar) -> Range {
    let flaw = Flaw::ChallengeGiven(x);
    let mut range = recipe.cook(Some(flaw));
    let mut rng = rng(94);
    // Nothing is left of how it was made.
    range.responses = range.responses.iter().map(|_| mask(&mut rng)).collect();
    (range.bits, range.squares) = drawn(&mut rng);
    range.choose(Item::VectorAnnouncement, flaw);
    range.choose(Item::Constant, flaw);
    range
}

/// Zero knowledge: whoever may say what the challenge is makes a proof that convinces without a bit, for a level and
/// for what is none. So an honest one, whose responses lie in the same interval, tells nothing.
#[test]
fn proofs_are_made_without_bits_once_the_challenge_is_known() {
    let x = Scalar::from(u128::MAX - 5);
    let flaw = Flaw::ChallengeGiven(x);
    for recipe in [Recipe::first(200, 42), Recipe::later(200, 43, 42), Recipe::first(3, 2)] {
        let range = simulated(&recipe, x);
        range.check_forgery(flaw);
        assert!(range.responses.iter().all(is_within));
        simulated(&recipe.committing(-Scalar::ONE), x).check_forgery(flaw);
    }
    for level in [42, 43, 199] {
        for bid in [proved(context(), level, None), improvement(context(), level)] {
            assert!(bid.responses.iter().all(is_within));
        }
    }
}
