//! Measures whether the provers take as long whatever their secrets are:
//! `cargo bench -p talea-parties --bench constant_time`, two seconds a row; with `-- SECONDS` as long as that, and with
//! `-- SECONDS NAME` only the rows whose names contain this.
//!
//! The method is that of Reparaz, Balasch and Verbauwhede, "dude, is my code constant time?" (DATE 2017). Secrets of
//! two classes are measured in random order, and Welch's t-test says whether the two distributions of time have one
//! mean. The clock is the processor time of the thread, so other processes disturb less. They still leave a tail, and
//! the test is made on all measurements and on those below some quantiles; the largest |t| counts.
//!
//! |t| above 4.5 is a leak for who is claimed to be constant, if a second measurement, four times as long, says so
//! too. Controls leak on purpose, so that the measurement is known to see something: one that is not seen is a
//! failure as well. The exit status is 1 for either.
//!
//! "Notices" is the least difference of the two means that would have been a leak. What a prover selects by a secret
//! is a far smaller part of its time than that, so the steps which select have rows of their own. The rows of whole
//! provers notice a multiplication in variable time, and no single branch.

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use rustix::time::{ClockId, clock_gettime};
use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::range::Statement as RangeStatement,
};
use talea_parties::{
    choices::{Move, Sign},
    proofs::{blind, complaint, decryption_share, gate, masked, possession, range, shuffle, unary},
};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    price::{Level, Shape},
    sealed_bid::Ciphertext as WireCiphertext,
    terms::AuctionId,
};

/// Above it two means differ (Reparaz, Balasch and Verbauwhede).
const LIMIT: f64 = 4.5;

/// Measurements up to these quantiles are compared.
const QUANTILES: [f64; 6] = [1.0, 0.99, 0.95, 0.9, 0.75, 0.5];

/// Secrets that are drawn before any of them is measured.
const BATCH: usize = 64;

/// Which secret is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The first of the two in the name of the row.
    First,
    /// The second.
    Second,
}

/// What is expected of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Time does not depend on the secret.
    Constant,
    /// Time depends on it, to show that this is seen.
    Control,
}

/// Measures for so long: the times of both classes.
type Measure<'a> = dyn FnMut(&mut ChaCha20Rng, Duration) -> [Vec<f64>; 2] + 'a;

/// One row: how secrets are drawn, and what is done with them.
struct Row<'a> {
    claim: Claim,
    name: &'static str,
    classes: &'static str,
    measure: Box<Measure<'a>>,
}

impl<'a> Row<'a> {
    /// `draw` takes the same steps for both classes, so that memory is laid out alike.
    fn new<S>(
        name: &'static str,
        classes: &'static str,
        draw: impl Fn(Class, &mut ChaCha20Rng) -> S + 'a,
        mut work: impl FnMut(&S) + 'a,
    ) -> Self {
        let measure = move |rng: &mut ChaCha20Rng, time| measure(rng, time, &draw, &mut work);
        Self { claim: Claim::Constant, name, classes, measure: Box::new(measure) }
    }

    fn into_control(self) -> Self {
        Self { claim: Claim::Control, ..self }
    }

    /// Measures and says what came out; whether it is as claimed.
    fn holds(&mut self, rng: &mut ChaCha20Rng, time: Duration) -> bool {
        let mut is_as_claimed = false;
        // What is not as claimed is measured once more.
        for time in [time, time * 4] {
            let times = (self.measure)(rng, time);
            let count: usize = times.iter().map(Vec::len).sum();
            let Comparison { t, noticed } = Comparison::of(&times);
            is_as_claimed = (t > LIMIT) == (self.claim == Claim::Control);
            let verdict = match (self.claim, is_as_claimed) {
                (Claim::Constant, true) => "constant",
                (Claim::Constant, false) => "NOT CONSTANT",
                (Claim::Control, true) => "seen",
                (Claim::Control, false) => "NOT SEEN",
            };
            println!(
                "{:32} {:40} {count:9} {noticed:8.3} % {t:8.2}  {verdict}",
                self.name, self.classes
            );
            if is_as_claimed {
                break;
            }
        }
        is_as_claimed
    }
}

/// Processor time of this thread, in nanoseconds.
fn clock() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// The times of both classes, in the order of measurement.
fn measure<S>(
    rng: &mut ChaCha20Rng,
    time: Duration,
    draw: &impl Fn(Class, &mut ChaCha20Rng) -> S,
    work: &mut impl FnMut(&S),
) -> [Vec<f64>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let begin = Instant::now();
    let mut is_warm = false;
    while begin.elapsed() < time || times[0].is_empty() {
        let secrets: Vec<(usize, S)> = (0..BATCH)
            .map(|_| {
                let class = rng.next_u32() as usize & 1;
                (class, draw([Class::First, Class::Second][class], rng))
            })
            .collect();
        for (class, secret) in &secrets {
            let before = clock();
            work(black_box(secret));
            let after = clock();
            if is_warm {
                times[*class].push(after - before);
            }
        }
        // The first batch fills caches.
        is_warm = true;
    }
    times
}

/// How two classes of times compare.
struct Comparison {
    /// The largest |t| over all quantiles.
    t: f64,
    /// The least difference of means that would have been a leak, in per cent of the time.
    noticed: f64,
}

impl Comparison {
    fn of(times: &[Vec<f64>; 2]) -> Self {
        let mut all = times.concat();
        all.sort_by(f64::total_cmp);
        let mut comparison = Self { t: 0.0, noticed: f64::INFINITY };
        for quantile in QUANTILES {
            let last = ((all.len() as f64 * quantile) as usize).clamp(1, all.len()) - 1;
            let [first, second] = times.each_ref().map(|times| Moments::of(times, all[last]));
            let error = (first.variance / first.count + second.variance / second.count).sqrt();
            // Too few for a test, or all alike.
            if first.count < 10.0 || second.count < 10.0 || error == 0.0 {
                continue;
            }
            // Welch's t.
            comparison.t = comparison.t.max(((first.mean - second.mean) / error).abs());
            let noticed = 100.0 * LIMIT * error / first.mean;
            comparison.noticed = comparison.noticed.min(noticed);
        }
        comparison
    }
}

/// Of the measurements of one class.
struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(times: &[f64], limit: f64) -> Self {
        let kept = || times.iter().filter(|time| **time <= limit);
        let count = kept().count() as f64;
        let mean = kept().sum::<f64>() / count;
        let variance = kept().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { count, mean, variance }
    }
}

/// What the work is done on; nothing in it is secret.
struct Place {
    gens: Generators,
    context: Context,
    quorum_key: RistrettoPoint,
    head: Digest,
    inputs: Vec<(Ciphertext, WireCiphertext)>,
}

impl Place {
    fn draw(rng: &mut ChaCha20Rng) -> Self {
        let gens = Generators::derive();
        let auction = AuctionId([1; 32]);
        let context = Context { auction, lot: 0, round: 0, step: 1, signer: PartyKey([2; 32]) };
        let quorum_key = gens.key * Scalar::random(rng);
        let inputs = (0..256)
            .map(|_| {
                let input =
                    Ciphertext { r: RistrettoPoint::random(rng), e: RistrettoPoint::random(rng) };
                (input, input.encode())
            })
            .collect();
        Self { gens, context, quorum_key, head: Digest([3; 32]), inputs }
    }
}

/// 1 in the first class.
fn one_or_random(class: Class, rng: &mut ChaCha20Rng) -> Scalar {
    [Scalar::ONE, Scalar::random(rng)][usize::from(class == Class::Second)]
}

/// True in the first class.
fn plus_or_random(class: Class, rng: &mut ChaCha20Rng) -> bool {
    (class == Class::First) | (rng.next_u32() & 1 == 1)
}

/// The first level in the first class, in the second the last one or any.
fn first_or(class: Class, other: u32) -> Level {
    Level(u32::from(class == Class::Second) * other)
}

fn signs(place: &Place) -> Vec<Row<'_>> {
    const GATES: usize = 8;
    let classes = "every sign + / random signs";
    let draw = |class, rng: &mut ChaCha20Rng| -> Vec<Sign> {
        place.inputs.iter().map(|_| Sign::chosen(plus_or_random(class, rng))).collect()
    };
    let sign = |signs: &Vec<Sign>| {
        for ((input, _), sign) in place.inputs.iter().zip(signs) {
            black_box((sign.signed(&input.r), sign.signed(&input.e)));
        }
    };
    let witnesses = |class, rng: &mut ChaCha20Rng| -> Vec<gate::Witness> {
        (0..GATES)
            .map(|_| gate::Witness {
                sign: Sign::chosen(plus_or_random(class, rng)),
                q_x: Scalar::random(rng),
                q_y: Scalar::random(rng),
            })
            .collect()
    };
    let pairs: Vec<_> = place.inputs.chunks_exact(2).take(GATES).collect();
    let inputs: Vec<_> = pairs.iter().map(|pair| (pair[0].0, pair[1].0)).collect();
    let inputs_encoded: Vec<_> = pairs.iter().map(|pair| (pair[0].1, pair[1].1)).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let prove = move |witnesses: &Vec<gate::Witness>| {
        let inputs = gate::Inputs {
            head: place.head,
            chunk: 0,
            quorum_key: place.quorum_key,
            inputs: &inputs,
            inputs_encoded: &inputs_encoded,
        };
        let proved = gate::prove(&place.gens, &place.context, &inputs, witnesses, &mut rng);
        black_box(proved).expect("few gates");
    };
    vec![
        Row::new("a sign on 256 ciphertexts", classes, draw, sign),
        Row::new("gate prover", classes, witnesses, prove),
    ]
}

fn responses(_: &Place) -> Vec<Row<'_>> {
    const COUNT: usize = 64;
    type Secret = (Vec<Scalar>, Vec<Scalar>);
    let challenge = Scalar::from(u128::MAX / 3);
    let masks = |rng: &mut ChaCha20Rng| masked::masks(rng, COUNT).to_vec();
    let of_bits = move |class, rng: &mut ChaCha20Rng| -> Secret {
        let bits = (0..COUNT).map(|_| Scalar::from(u8::from(!plus_or_random(class, rng))));
        (bits.collect(), masks(rng))
    };
    let of_signs = move |class, rng: &mut ChaCha20Rng| -> Secret {
        let signs = (0..COUNT).map(|_| Sign::chosen(plus_or_random(class, rng)).scalar());
        (signs.collect(), masks(rng))
    };
    // Too small at the first place, or too large at the last one.
    let refused = move |class, rng: &mut ChaCha20Rng| -> Secret {
        let mut masks = masks(rng);
        let largest = Scalar::from(u128::MAX) + Scalar::from(u128::MAX) * Scalar::from(0xffffu16);
        let (place, mask) =
            [(0, Scalar::ZERO), (COUNT - 1, largest)][usize::from(class == Class::Second)];
        masks[place] = mask;
        (vec![Scalar::ZERO; COUNT], masks)
    };
    let respond = move |(secrets, masks): &Secret| {
        let _ = black_box(masked::respond(masks, &challenge, secrets));
    };
    vec![
        Row::new("responses for bits", "every bit 0 / random bits", of_bits, respond),
        Row::new("responses for signs", "every sign + / random signs", of_signs, respond),
        Row::new(
            "refusal of responses",
            "the first too small / the last too large",
            refused,
            respond,
        ),
    ]
}

fn bids(place: &Place) -> Vec<Row<'_>> {
    const LAST: u32 = 255;
    type Secret = (Level, Scalar);
    let to_last = |class, rng: &mut ChaCha20Rng| (first_or(class, LAST), Scalar::random(rng));
    let to_any = |class, rng: &mut ChaCha20Rng| {
        (first_or(class, rng.next_u32() & LAST), Scalar::random(rng))
    };
    let seal = || {
        let shape = Shape::new(&[2, 2, 1, 1, 1, 1]).expect("a possible shape");
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        move |(level, rho): &Secret| {
            let Place { gens, context, quorum_key, .. } = place;
            let sealed = unary::prove(gens, context, &shape, quorum_key, *level, rho, &mut rng);
            black_box(sealed).expect("the level is on the grid");
        }
    };
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let statement = RangeStatement {
        levels: LAST + 1,
        quorum_key: place.quorum_key,
        commitment: encode_point(&place.gens.blinding),
        active: None,
    };
    let commit = move |(level, rho): &Secret| {
        let witness = range::Witness { level: *level, rho: *rho, active: None };
        let Place { gens, context, .. } = place;
        let proof = range::prove(gens, context, &statement, &witness, &mut rng);
        black_box(proof).expect("the level is on the grid");
    };
    vec![
        Row::new("unary prover", "level 0 / the highest", to_last, seal()),
        Row::new("unary prover", "level 0 / random levels", to_any, seal()),
        Row::new("range prover", "level 0 / the highest", to_last, commit),
    ]
}

fn moves(place: &Place) -> Vec<Row<'_>> {
    const LENGTH: usize = 64;
    let classes = "mask 0 / random masks";
    let mask = |class, rng: &mut ChaCha20Rng| {
        rng.next_u32() as u8 & (u8::MAX * u8::from(class == Class::Second))
    };
    let draw = move |class, rng: &mut ChaCha20Rng| {
        let list: Vec<Ciphertext> =
            place.inputs.iter().take(LENGTH).map(|(entry, _)| *entry).collect();
        (Move::chosen(mask(class, rng), Vec::new()), std::cell::RefCell::new(list))
    };
    let apply = |(chosen, list): &(Move, std::cell::RefCell<Vec<Ciphertext>>)| {
        chosen.apply(black_box(&mut list.borrow_mut()));
    };
    let lists: Vec<_> = place.inputs.chunks_exact(4).take(2).map(<[_]>::to_vec).collect();
    let witness = move |class, rng: &mut ChaCha20Rng| shuffle::Witness {
        moves: (0..2)
            .map(|_| {
                let mask = mask(class, rng);
                Move::chosen(mask, (0..4).map(|_| Scalar::random(rng)).collect())
            })
            .collect(),
    };
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let prove = move |witness: &shuffle::Witness| {
        let Place { gens, context, head, quorum_key, .. } = place;
        let (head, quorum_key) = (*head, *quorum_key);
        let inputs = shuffle::Inputs { head, chunk: 0, quorum_key, lists: &lists };
        black_box(shuffle::prove(gens, context, &inputs, witness, &mut rng)).expect("few lists");
    };
    vec![
        Row::new("move of a list of 64", classes, draw, apply),
        Row::new("shuffle prover", classes, witness, prove),
    ]
}

fn scalars(place: &Place) -> Vec<Row<'_>> {
    const COUNT: usize = 4;
    let Place { gens, context, head, .. } = place;
    let points: Vec<Ciphertext> = place.inputs.iter().take(COUNT).map(|(c, _)| *c).collect();
    let randomness: Vec<RistrettoPoint> = points.iter().map(|c| c.r).collect();
    let encoded: Vec<_> = randomness.iter().map(encode_point).collect();
    let factors = |class, rng: &mut ChaCha20Rng| blind::Witness {
        factors: (0..COUNT).map(|_| one_or_random(class, rng)).collect(),
    };
    let generator = ChaCha20Rng::seed_from_u64;
    let mut rng = generator(5);
    let blind = move |witness: &blind::Witness| {
        black_box(blind::prove(context, *head, 0, &points, witness, &mut rng));
    };
    let share = |class, rng: &mut ChaCha20Rng| decryption_share::Witness {
        share: one_or_random(class, rng),
    };
    let mut rng = generator(6);
    let decrypt = move |witness: &decryption_share::Witness| {
        let shares = decryption_share::prove(
            gens,
            context,
            *head,
            0,
            (&randomness, &encoded),
            witness,
            &mut rng,
        );
        black_box(shares);
    };
    let key = encode_point(&gens.key);
    let logarithm =
        |class, rng: &mut ChaCha20Rng| possession::Witness { logarithm: one_or_random(class, rng) };
    let mut rng = generator(7);
    let possess = move |witness: &possession::Witness| {
        let statement = talea_contract::proofs::possession::Statement {
            group: 0,
            member: 0,
            encryption_keys: &[key],
            commitments: &[key],
            ephemeral: &key,
            shares: &[],
        };
        let secret = talea_contract::proofs::possession::Secret::Constant;
        let proof = possession::prove(gens, context, &statement, secret, witness, &mut rng);
        black_box(proof);
    };
    let encryption_secret = |class, rng: &mut ChaCha20Rng| complaint::Witness {
        encryption_secret: one_or_random(class, rng),
    };
    let mut rng = generator(8);
    let complain = move |witness: &complaint::Witness| {
        let statement = talea_contract::proofs::complaint::Statement {
            group: 0,
            member: 0,
            dealer: 1,
            encryption_key: gens.key,
            ephemeral: gens.value,
            shared: gens.blinding,
        };
        black_box(complaint::prove(gens, context, &statement, witness, &mut rng));
    };
    vec![
        Row::new("blinding factors", "every factor 1 / random factors", factors, blind),
        Row::new("decryption shares", "share 1 / random shares", share, decrypt),
        Row::new("possession of a constant", "constant 1 / random constants", logarithm, possess),
        Row::new("complaint", "secret 1 / random secrets", encryption_secret, complain),
    ]
}

fn controls(place: &Place) -> Vec<Row<'_>> {
    let (point, _) = place.inputs[0];
    let multiply = move |secret: &Scalar| {
        let zero = Scalar::ZERO;
        black_box(RistrettoPoint::vartime_double_scalar_mul_basepoint(secret, &point.r, &zero));
    };
    let draw = |class, rng: &mut ChaCha20Rng| -> Vec<bool> {
        place.inputs.iter().map(|_| plus_or_random(class, rng)).collect()
    };
    let branch = |signs: &Vec<bool>| {
        for ((input, _), is_plus) in place.inputs.iter().zip(signs) {
            if black_box(*is_plus) {
                black_box(input);
            } else {
                black_box(-*input);
            }
        }
    };
    // Both are random, and differ in their length alone.
    let lengths = |class, rng: &mut ChaCha20Rng| {
        let full = Scalar::random(rng);
        let mut bytes = full.to_bytes();
        bytes[31] = 0;
        bytes[30] &= 0xff * u8::from(class == Class::Second);
        Scalar::from_bytes_mod_order(bytes)
    };
    vec![
        Row::new("control: variable-time product", "scalar 1 / random", one_or_random, multiply),
        Row::new("control: variable-time product", "240 bits / 248 bits", lengths, multiply),
        Row::new("control: a branch on a sign", "every sign + / random signs", draw, branch),
    ]
    .into_iter()
    .map(Row::into_control)
    .collect()
}

fn main() -> ExitCode {
    // Cargo itself adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let time = match arguments.next().as_deref().map_or(Ok(2), str::parse) {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            eprintln!(
                "usage: cargo bench -p talea-parties --bench constant_time [-- SECONDS [NAME]]"
            );
            return ExitCode::from(2);
        }
    };
    let name = arguments.next().unwrap_or_default();
    // One thread, whose processor time is all of it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let hold = pool.expect("a thread").install(|| {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let place = Place::draw(&mut rng);
        println!(
            "{:32} {:40} {:>9} {:>10} {:>8}",
            "what", "first class / second class", "measured", "notices", "|t|"
        );
        let rows = [controls, signs, responses, bids, moves, scalars];
        let mut hold = true;
        for mut row in rows.into_iter().flat_map(|rows| rows(&place)) {
            if row.name.contains(&name) {
                hold &= row.holds(&mut rng, time);
            }
        }
        hold
    });
    if hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
