//! Forgers of range proofs: a committed bid that is no level, and one that is worse than the last.

use super::*;
use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::{ristretto::CompressedRistretto, traits::MultiscalarMul as _};
use merlin::Transcript;
use rand_core::SeedableRng as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::range::{RangeVerifier, Statement},
};
use talea_parties::proofs::range::{self as prover, Witness};
use talea_protocol::{labels, price::Level};
use talea_verifier::proofs::range as second;

/// A committed bid with its range proof.
#[derive(Clone)]
pub(crate) struct Range {
    pub(crate) context: Context,
    pub(crate) statement: Statement,
    pub(crate) proof: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// The generator in which the crate trusts has a fixed seed.
    FixedSeed,
    /// It is seeded from the statement, not from the proof.
    SeededBeforeProof,
    /// The distance to the last level is left out of account: a first bid is proved to have `n` bits itself.
    LastLevelIgnored,
    /// Of a later round's bid it is only proved that it is a level.
    ActiveIgnored,
    /// The key to which the bid will be encrypted is left out, as is what a history shows beyond its terms.
    KeyIgnored,
}

/// `PK` of the history in which the proof is shown.
const KEY: Point = Point([7; 32]);
/// That of another: whoever was shown it made its proof under this one.
const OTHER_KEY: Point = Point([5; 32]);

impl Range {
    /// The state at which the crate takes over.
    fn begin(&self) -> FiatShamir {
        self.begin_for(None)
    }

    /// The same of a verifier with this flaw.
    fn begin_for(&self, flaw: Option<Flaw>) -> FiatShamir {
        let Statement { levels, bits, quorum_key, commitment, active } = self.statement;
        let kind = if active.is_some() { labels::KIND_IMPROVEMENT } else { labels::KIND_RANGE };
        let mut fs = FiatShamir::begin(kind, &self.context);
        let Generators { value, blinding, .. } = generators();
        fs.element(b"value-base", &value);
        fs.element(b"blinding-base", &blinding);
        if !matches!(flaw, Some(Flaw::KeyIgnored)) {
            fs.point(b"quorum-key", &quorum_key);
        }
        fs.count(b"bits", bits);
        fs.integer(b"levels", levels);
        fs.element(b"commitment", &commitment);
        if let Some(active) = active {
            fs.element(b"active", &active);
        }
        fs
    }

    /// The generator of a verifier with this flaw. Without one it is the contract's, so that a
    /// contract that left the proof out would be beaten too.
    fn generator(&self, flaw: Option<Flaw>) -> ChaCha20Rng {
        if matches!(flaw, Some(Flaw::FixedSeed)) {
            return ChaCha20Rng::from_seed([0; 32]);
        }
        let Context { auction, lot, round, signer, .. } = self.context;
        let Statement { levels, bits, quorum_key, commitment, active } = self.statement;
        let mut state = Transcript::new(labels::RANGE_WEIGHTS);
        state.append_message(b"auction", &auction.0);
        state.append_u64(b"lot", lot.into());
        state.append_u64(b"round", round.into());
        state.append_message(b"signer", &signer.0);
        if !matches!(flaw, Some(Flaw::KeyIgnored)) {
            state.append_message(b"quorum-key", &quorum_key.0);
        }
        state.append_u64(b"bits", bits as u64);
        state.append_u64(b"levels", levels.into());
        state.append_message(b"commitment", &encode_point(&commitment).0);
        if let Some(active) = active {
            state.append_message(b"active", &encode_point(&active).0);
        }
        if !matches!(flaw, Some(Flaw::SeededBeforeProof)) {
            state.append_message(b"proof", &self.proof);
        }
        let mut seed = [0; 32];
        state.challenge_bytes(b"seed", &mut seed);
        ChaCha20Rng::from_seed(seed)
    }

    fn commitments(&self, flaw: Option<Flaw>) -> Vec<CompressedRistretto> {
        let Statement { levels, commitment, active, .. } = self.statement;
        let last = generators().value * Scalar::from(levels - 1);
        let distances = match (flaw, active) {
            (Some(Flaw::LastLevelIgnored), None) => vec![commitment],
            (Some(Flaw::LastLevelIgnored), Some(active)) => vec![commitment - active],
            (Some(Flaw::ActiveIgnored), _) | (_, None) => vec![last - commitment],
            (_, Some(active)) => vec![last - commitment, commitment - active],
        };
        distances.iter().map(RistrettoPoint::compress).collect()
    }
}

impl Artefact for Range {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        RangeVerifier::new().verify(&generators(), &self.context, &self.statement, &self.proof)
    }

    /// The second verifier takes the number of bits from the levels.
    fn verifier(&self) -> Result<(), ProofError> {
        let Statement { levels, bits, quorum_key, commitment, active } = self.statement;
        assert_eq!(bits, second::bits(levels), "the verifier knows no such statement");
        let (place, commitment) = (place(&self.context), encode_point(&commitment));
        match active.as_ref().map(encode_point) {
            None => second::verify(&place, &quorum_key, levels, &commitment, &self.proof),
            Some(active) => second::verify_improvement(
                &place,
                &quorum_key,
                levels,
                &commitment,
                &active,
                &self.proof,
            ),
        }
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let Ok(proof) = RangeProof::from_bytes(&self.proof) else { return false };
        proof
            .verify_multiple_with_rng(
                &BulletproofGens::new(32, 2),
                &PedersenGens::default(),
                self.begin_for(flaw).transcript(),
                &self.commitments(flaw),
                self.statement.bits,
                &mut self.generator(flaw),
            )
            .is_ok()
    }
}

/// The weight that the crate will draw from this generator.
fn weight(mut generator: ChaCha20Rng) -> Scalar {
    Scalar::random(&mut generator)
}

fn inner(a: &[Scalar], b: &[Scalar]) -> Scalar {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn powers(base: Scalar, count: usize) -> Vec<Scalar> {
    std::iter::successors(Some(Scalar::ONE), |power| Some(power * base)).take(count).collect()
}

/// The crate's vectors of generators for `m` values of `n` bits. It keeps half of them to itself;
/// they show in what it commits to.
fn vectors(n: usize, m: usize) -> (Vec<RistrettoPoint>, Vec<RistrettoPoint>) {
    let bulletproof = BulletproofGens::new(n, m);
    let g: Vec<RistrettoPoint> =
        (0..m).flat_map(|j| bulletproof.share(j).G(n).copied().collect::<Vec<_>>()).collect();
    // A = alpha*H + sum over bits of (G_i if the bit is set, else -H_i); the same generator makes
    // the same alpha, so a bit that is set adds G_i + H_i.
    let first_point = |bit: Option<usize>| {
        let mut values = vec![0u64; m];
        if let Some(bit) = bit {
            values[bit / n] = 1 << (bit % n);
        }
        let (proof, _) = RangeProof::prove_multiple_with_rng(
            &bulletproof,
            &PedersenGens::default(),
            &mut Transcript::new(b"any"),
            &values,
            &vec![Scalar::ONE; m],
            n,
            &mut rng(100),
        )
        .unwrap();
        decode_point(&Point(proof.to_bytes()[..32].try_into().unwrap())).unwrap()
    };
    let none = first_point(None);
    let h = (0..n * m).map(|bit| first_point(Some(bit)) - none - g[bit]).collect();
    (g, h)
}

/// A Bulletproof for values of which the first may be anything, against a verifier whose folding
/// weight `c` is known beforehand.
///
/// The verifier adds two equations, the one about `t(x)` times `c` and the one about vectors. The
/// first value is put whole into the lowest "bit": `a_0 = v`, `a_0 - 1` beside it. Bits `a` have
/// `a (a - 1) = 0`; here `v (v - 1)` is left over in `t(x)`, with the factor `y^0 = 1` that does not
/// depend on any challenge. So an error of `c v (v - 1)` times `G` in the first equation is known
/// from the start, and `A`, the first point of the proof, carries it in the second with the other
/// sign.
fn forge(
    transcript: &mut Transcript,
    (v, others): (Scalar, &[u64]),
    blindings: &[Scalar],
    n: usize,
    c: Scalar,
) -> Vec<u8> {
    let PedersenGens { B: value, B_blinding: blinding } = PedersenGens::default();
    let mut rng = rng(101);
    let m = others.len() + 1;
    let size = n * m;
    let (g, h) = vectors(n, m);
    let mut random = |count: usize| (0..count).map(|_| scalar(&mut rng)).collect::<Vec<_>>();
    let multi = |scalars: Vec<Scalar>, points: &[RistrettoPoint]| {
        RistrettoPoint::multiscalar_mul(scalars, points)
    };
    let mut proof = Vec::new();
    let send = |transcript: &mut Transcript, label: &'static [u8], point: RistrettoPoint| {
        let bytes = point.compress().to_bytes();
        transcript.append_message(label, &bytes);
        bytes
    };
    let draw = |transcript: &mut Transcript, label: &'static [u8]| {
        let mut bytes = [0; 64];
        transcript.challenge_bytes(label, &mut bytes);
        Scalar::from_bytes_mod_order_wide(&bytes)
    };

    transcript.append_message(b"dom-sep", b"rangeproof v1");
    transcript.append_u64(b"n", n as u64);
    transcript.append_u64(b"m", m as u64);
    let values = std::iter::once(v).chain(others.iter().map(|v| Scalar::from(*v)));
    for (v, gamma) in values.zip(blindings) {
        send(transcript, b"V", value * v + blinding * gamma);
    }
    let bit = |i: usize| match i.checked_sub(n) {
        None => {
            if i == 0 {
                v
            } else {
                Scalar::ZERO
            }
        }
        Some(rest) => Scalar::from((others[rest / n] >> (rest % n)) & 1),
    };
    let a_l: Vec<Scalar> = (0..size).map(bit).collect();
    let a_r: Vec<Scalar> = a_l.iter().map(|a| a - Scalar::ONE).collect();
    let (s_l, s_r, masks) = (random(size), random(size), random(4));
    let hidden = c * v * (v - Scalar::ONE);
    let a = multi(a_l.clone(), &g) + multi(a_r.clone(), &h) + blinding * masks[0] + value * hidden;
    let s = multi(s_l.clone(), &g) + multi(s_r.clone(), &h) + blinding * masks[1];
    proof.extend(send(transcript, b"A", a));
    proof.extend(send(transcript, b"S", s));
    let (y, z) = (draw(transcript, b"y"), draw(transcript, b"z"));

    let (of_y, of_z, of_2) = (powers(y, size), powers(z, m + 2), powers(Scalar::from(2u8), n));
    let l_0: Vec<_> = a_l.iter().map(|a| a - z).collect();
    let r_0: Vec<_> =
        (0..size).map(|i| of_y[i] * (a_r[i] + z) + of_z[2 + i / n] * of_2[i % n]).collect();
    let r_1: Vec<_> = (0..size).map(|i| of_y[i] * s_r[i]).collect();
    let (t_1, t_2) = (inner(&l_0, &r_1) + inner(&s_l, &r_0), inner(&s_l, &r_1));
    proof.extend(send(transcript, b"T_1", value * t_1 + blinding * masks[2]));
    proof.extend(send(transcript, b"T_2", value * t_2 + blinding * masks[3]));
    let x = draw(transcript, b"x");

    let at_x = |zero: &[Scalar], one: &[Scalar]| {
        zero.iter().zip(one).map(|(zero, one)| zero + one * x).collect::<Vec<_>>()
    };
    let (mut l, mut r) = (at_x(&l_0, &s_l), at_x(&r_0, &r_1));
    let of_values: Scalar = blindings.iter().zip(&of_z[2..]).map(|(gamma, z)| gamma * z).sum();
    let t_blinding = of_values + masks[2] * x + masks[3] * x * x;
    let e_blinding = masks[0] + masks[1] * x;
    for (label, scalar) in
        [(&b"t_x"[..], inner(&l, &r)), (b"t_x_blinding", t_blinding), (b"e_blinding", e_blinding)]
    {
        transcript.append_message(label, scalar.as_bytes());
        proof.extend(scalar.as_bytes());
    }
    let w = draw(transcript, b"w");

    // The inner-product argument, as honest as can be.
    let q = value * w;
    transcript.append_message(b"dom-sep", b"ipp v1");
    transcript.append_u64(b"n", size as u64);
    let mut g = g;
    let mut h: Vec<_> = h.iter().zip(powers(y.invert(), size)).map(|(h, y)| h * y).collect();
    while l.len() > 1 {
        let half = l.len() / 2;
        let fold = |vector: &[Scalar], low: Scalar, high: Scalar| {
            let (a, b) = vector.split_at(half);
            a.iter().zip(b).map(|(a, b)| a * low + b * high).collect::<Vec<_>>()
        };
        let fold_points = |vector: &[RistrettoPoint], low: Scalar, high: Scalar| {
            let (a, b) = vector.split_at(half);
            a.iter().zip(b).map(|(a, b)| a * low + b * high).collect::<Vec<_>>()
        };
        let cross = |a: &[Scalar], b: &[Scalar], g: &[RistrettoPoint], h: &[RistrettoPoint]| {
            multi(a.to_vec(), g) + multi(b.to_vec(), h) + q * inner(a, b)
        };
        let left = cross(&l[..half], &r[half..], &g[half..], &h[..half]);
        let right = cross(&l[half..], &r[..half], &g[..half], &h[half..]);
        proof.extend(send(transcript, b"L", left));
        proof.extend(send(transcript, b"R", right));
        let u = draw(transcript, b"u");
        let v = u.invert();
        (l, r) = (fold(&l, u, v), fold(&r, v, u));
        (g, h) = (fold_points(&g, v, u), fold_points(&h, u, v));
    }
    proof.extend(l[0].as_bytes());
    proof.extend(r[0].as_bytes());
    proof
}

/// A bid of a first round on a grid of 200 levels.
fn first_bid(commitment: RistrettoPoint) -> Statement {
    Statement { levels: 200, bits: 8, quorum_key: KEY, commitment, active: None }
}

/// A bid of 200 on a grid of 200 levels: the distance to the last level is -1. In a later round it is 158 above the
/// active one.
fn one_level_too_many(active: Option<(u32, Scalar)>, flaw: Flaw) -> Range {
    let gens = generators();
    let rho = Scalar::from(123_456u64);
    let commit =
        |(level, rho): (u32, Scalar)| gens.value * Scalar::from(level) + gens.blinding * rho;
    let statement = Statement { active: active.map(commit), ..first_bid(commit((200, rho))) };
    let mut bid = Range { context: context(), statement, proof: Vec::new() };
    let c = weight(bid.generator(Some(flaw)));
    let (others, blindings): (Vec<u64>, Vec<Scalar>) =
        active.iter().map(|(level, rho_0)| (u64::from(200 - level), rho - rho_0)).unzip();
    let blindings = [vec![-rho], blindings].concat();
    bid.proof = forge(bid.begin().transcript(), (-Scalar::ONE, &others), &blindings, 8, c);
    bid
}

/// A proof of the crate of these values, made by a bidder who hashes what a verifier with this flaw does.
fn proved(statement: Statement, flaw: Option<Flaw>, values: &[u64], blindings: &[Scalar]) -> Range {
    let mut bid = Range { context: context(), statement, proof: Vec::new() };
    let (proof, _) = RangeProof::prove_multiple_with_rng(
        &BulletproofGens::new(32, 2),
        &PedersenGens::default(),
        bid.begin_for(flaw).transcript(),
        values,
        blindings,
        8,
        &mut rng(102),
    )
    .unwrap();
    bid.proof = proof.to_bytes();
    bid
}

/// A bid that has 8 bits and lies beyond the last of 200 levels.
fn beyond_the_last_level() -> Range {
    let gens = generators();
    let rho = Scalar::from(123_456u64);
    let commitment = gens.value * Scalar::from(230u8) + gens.blinding * rho;
    proved(first_bid(commitment), None, &[230], &[rho])
}

pub(crate) fn honest(context: Context) -> Range {
    let gens = generators();
    let rho = Scalar::from(77u8);
    let commitment = gens.value * Scalar::from(42u8) + gens.blinding * rho;
    let statement = first_bid(commitment);
    let verifier = RangeVerifier::new();
    let mut rng = rng(103);
    let witness = Witness { level: Level(42), rho, active: None };
    let proof = prover::prove(&verifier, &gens, &context, &statement, &witness, &mut rng).unwrap();
    Range { context, statement, proof }
}

/// A bid of level 42 or higher where 42 stands.
pub(crate) fn improvement(context: Context, level: u32) -> Range {
    let gens = generators();
    let [rho_0, rho] = [77u8, 78].map(Scalar::from);
    let commit = |level: u32, rho| gens.value * Scalar::from(level) + gens.blinding * rho;
    let active = Some(commit(42, rho_0));
    let statement = Statement { active, ..first_bid(commit(level, rho)) };
    let witness = Witness { level: Level(level), rho, active: Some((Level(42), rho_0)) };
    let verifier = RangeVerifier::new();
    let proof =
        prover::prove(&verifier, &gens, &context, &statement, &witness, &mut rng(104)).unwrap();
    Range { context, statement, proof }
}

/// `rho` of the active bid, and of the one after it.
fn blindings() -> [Scalar; 2] {
    [77u8, 78].map(Scalar::from)
}

/// A bid of any level where 42 stands.
fn after_42(level: u8) -> Statement {
    let [rho_0, rho] = blindings();
    let commit =
        |level: u8, rho| generators().value * Scalar::from(level) + generators().blinding * rho;
    Statement { active: Some(commit(42, rho_0)), ..first_bid(commit(level, rho)) }
}

#[test]
fn honest_range_proofs_pass() {
    honest(context()).check_honest();
    // The forger's prover is an honest one as long as it has nothing to hide.
    let gens = generators();
    let rho = Scalar::from(5u8);
    for distance in [0u8, 1] {
        let commitment = gens.value * Scalar::from(199 - distance) + gens.blinding * rho;
        let statement = first_bid(commitment);
        let mut bid = Range { context: context(), statement, proof: Vec::new() };
        let values = (Scalar::from(distance), &[][..]);
        let transcript = &mut bid.begin();
        bid.proof = forge(transcript.transcript(), values, &[-rho], 8, Scalar::ONE);
        bid.check_honest();
    }
}

/// F4, the one to know first: the crate folds its two equations with a weight that it draws from the
/// caller's generator. Known beforehand, it lets -1 pass for a distance to the last level.
#[test]
fn minus_one_under_a_predictable_weight() {
    for flaw in [Flaw::FixedSeed, Flaw::SeededBeforeProof] {
        one_level_too_many(None, flaw).check_forgery(flaw);
        one_level_too_many(Some((42, Scalar::from(77u8))), flaw).check_forgery(flaw);
    }
}

/// F4: the same, for 2^200 as a value of 32 bits, against the crate alone.
#[test]
fn two_to_the_200_under_a_predictable_weight() {
    let v = Scalar::from(1u128 << 100) * Scalar::from(1u128 << 100);
    let rho = Scalar::from(9u8);
    let c = weight(ChaCha20Rng::from_seed([0; 32]));
    let proof = forge(&mut Transcript::new(b"alone"), (v, &[]), &[rho], 32, c);
    let proof = RangeProof::from_bytes(&proof).unwrap();
    let commitment = PedersenGens::default().commit(v, rho).compress();
    let verdict = |mut generator: ChaCha20Rng| {
        let (bulletproof, pedersen) = (BulletproofGens::new(32, 1), PedersenGens::default());
        let transcript = &mut Transcript::new(b"alone");
        proof
            .verify_single_with_rng(
                &bulletproof,
                &pedersen,
                transcript,
                &commitment,
                32,
                &mut generator,
            )
            .is_ok()
    };
    assert!(verdict(ChaCha20Rng::from_seed([0; 32])), "the attack is alive");
    assert!(!verdict(ChaCha20Rng::from_seed([1; 32])));
}

/// A bid that has the bits but not the level, in a first round and in a later one.
#[test]
fn a_bid_beyond_the_last_level() {
    beyond_the_last_level().check_forgery(Flaw::LastLevelIgnored);
    let [rho_0, rho] = blindings();
    let again = proved(after_42(230), None, &[230 - 42], &[rho - rho_0]);
    again.check_forgery(Flaw::LastLevelIgnored);
}

/// A bid that takes back what its bidder offered in the round before.
#[test]
fn a_bid_worse_than_the_one_that_stands() {
    let [_, rho] = blindings();
    proved(after_42(41), None, &[199 - 41], &[-rho]).check_forgery(Flaw::ActiveIgnored);
}

/// The same with both values, of which one is proved for another: `-1` in the place
/// of a number of eight bits.
#[test]
fn a_distance_below_zero() {
    let [rho_0, rho] = blindings();
    for distance in [0u64, 1, 255] {
        for (level, values) in [(41, [199 - 41, distance]), (200, [distance, 200 - 42])] {
            proved(after_42(level), None, &values, &[-rho, rho - rho_0]).check_refused();
        }
    }
}

/// What a proof does not say: that a first bid is not below zero. A bid of -1 is accepted, for its distance to the last
/// level has the bits. `refusals/bids.rs` shows that no sealed bid opens it and that its deposit is lost. Where it
/// would help its bidder, in a later round, it is refused: it is worse than the active one.
#[test]
fn a_bid_below_zero_has_a_proof_and_is_no_improvement() {
    let gens = generators();
    let [rho_0, rho] = blindings();
    let below_zero = |by: u64| gens.blinding * rho - gens.value * Scalar::from(by);
    for by in [1, 56] {
        proved(first_bid(below_zero(by)), None, &[199 + by], &[-rho]).check_honest();
    }
    // 256 has nine bits.
    for distance in [0, 255] {
        proved(first_bid(below_zero(57)), None, &[distance], &[-rho]).check_refused();
    }
    let statement = Statement { commitment: below_zero(1), ..after_42(42) };
    for distance in [0u64, 42, 255] {
        proved(statement, None, &[200, distance], &[-rho, rho - rho_0]).check_refused();
    }
}

#[test]
fn honest_improvements_pass_and_stand_for_no_other_bid() {
    let gens = generators();
    for level in [42, 43, 199] {
        let bid = improvement(context(), level);
        bid.check_honest();
        let active = bid.statement.active;
        let moved = [active.map(|c| c + gens.value), active.map(|c| c - gens.blinding)];
        let itself = Some(bid.statement.commitment);
        for active in moved.into_iter().chain([itself, None]) {
            let statement = Statement { active, ..bid.statement };
            Range { statement, ..bid.clone() }.check_refused();
        }
        // A first bid's proof is no improvement.
        let first = honest(context());
        let statement = Statement { active, ..first.statement };
        Range { statement, ..first }.check_refused();
    }
}

/// A board shows a bidder one history and puts its commit in another with the same terms, under whose key
/// its bid can never be revealed: its deposit would be lost. A verifier that leaves the key out accepts
/// the proof in every history alike.
#[test]
fn a_proof_for_the_key_of_another_history() {
    let [rho_0, rho] = blindings();
    let first = honest(context());
    let again = improvement(context(), 43);
    let flaw = Some(Flaw::KeyIgnored);
    let forgeries = [
        proved(first.statement, flaw, &[157], &[-rho_0]),
        proved(again.statement, flaw, &[156, 1], &[-rho, rho - rho_0]),
    ];
    for forgery in forgeries {
        for quorum_key in [KEY, OTHER_KEY] {
            let statement = Statement { quorum_key, ..forgery.statement };
            Range { statement, ..forgery.clone() }.check_forgery(Flaw::KeyIgnored);
        }
    }
    // An honest proof is one in its own history alone.
    for bid in [first, again] {
        bid.check_honest();
        let near = |bit: usize| {
            let mut key = KEY;
            key.0[bit / 8] ^= 1 << (bit % 8);
            key
        };
        let others = [OTHER_KEY, Point::IDENTITY, Point([0; 32])];
        for quorum_key in others.into_iter().chain([0, 7, 128, 255].map(near)) {
            let statement = Statement { quorum_key, ..bid.statement };
            Range { statement, ..bid.clone() }.check_refused();
        }
    }
}

/// F2, F3: the statement is changed under a valid proof: a tick up or down, the two commitments
/// swapped, more levels, other blinding.
#[test]
fn a_commitment_changed_under_its_proof() {
    let gens = generators();
    let bid = honest(context());
    let c = bid.statement.commitment;
    let last = gens.value * Scalar::from(199u8);
    let moved = [c + gens.value, c - gens.value, last - c, c + gens.blinding, -c];
    for commitment in moved {
        let statement = Statement { commitment, ..bid.statement };
        Range { statement, ..bid.clone() }.check_refused();
    }
    for levels in [43, 199, 201, 256] {
        let statement = Statement { levels, ..bid.statement };
        Range { statement, ..bid.clone() }.check_refused();
    }
}

/// F14: a proof with one round more or less than the statement says.
#[test]
fn a_proof_with_another_number_of_rounds() {
    let bid = honest(context());
    let rounds = 7 * 32..bid.proof.len() - 64;
    let mut longer = bid.clone();
    longer
        .proof
        .splice(rounds.start..rounds.start, bid.proof[rounds.start..rounds.start + 64].to_vec());
    longer.check_refused();
    let mut shorter = bid.clone();
    shorter.proof.drain(rounds.start..rounds.start + 64);
    shorter.check_refused();
    // As many bits as the first number of levels that has more than 8.
    let mut wider = bid.clone();
    wider.statement = Statement { levels: 257, bits: 16, ..bid.statement };
    wider.check_refused();
    // More bits than the levels have: the contract is told the bits, and the verifier derives them,
    // so that nobody can tell it others.
    let mut wider = bid;
    wider.statement.bits = 16;
    assert!(!wider.replica(None), "the replica without a flaw accepts a forgery");
    assert!(wider.contract().is_err(), "THE CONTRACT ACCEPTS A FORGERY");
    assert_eq!(second::bits(wider.statement.levels), 8);
}
