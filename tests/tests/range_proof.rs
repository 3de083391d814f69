//! Section 18 of the specification against the proofs of the vectors: its table is executed line by line,
//! its generators are made as it says, and its two equations are computed term by term. What holds by it is
//! what the program accepts.

use curve25519_dalek::{RistrettoPoint, Scalar, traits::Identity as _};
use merlin::Transcript;
use sha3::{
    Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use std::{collections::BTreeMap, path::PathBuf};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, decode_scalar},
    proofs::range::{RangeVerifier, Statement},
};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    instruction::Instruction,
    terms::Terms,
};
use talea_tests::{replay::Replay, spec::table};

/// A commit or a reserve of a vector: what is proved, for whom, and the proof.
struct Proved {
    context: Context,
    statement: Statement,
    proof: Vec<u8>,
}

/// Every range proof of a transcript of the vectors.
fn proved(file: &str) -> Vec<Proved> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "docs", "vectors", "transcripts", file].iter().collect();
    let replay = Replay::read(&std::fs::read(folder).expect("the vectors are in the project"));
    let terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
    let (scenes, _) = replay.scenes();
    let commits = scenes.iter().filter_map(|scene| {
        let (Instruction::Commit(commit) | Instruction::Reserve(commit)) = &scene.instruction
        else {
            return None;
        };
        let (signer, auction) = (scene.signer, &scene.before);
        let grid = &terms.lots[commit.lot as usize].grid;
        let active = auction.active_commitment(commit.lot, &signer).filter(|_| commit.round > 0);
        Some(Proved {
            context: Context {
                auction: auction.id(),
                lot: commit.lot,
                round: commit.round,
                step: 0,
                signer,
            },
            statement: Statement {
                levels: grid.levels,
                bits: grid.range_bits(),
                quorum_key: auction.quorum_keys().expect("the ceremony is over").encoded,
                commitment: decode_point(&commit.commitment).expect("it was accepted"),
                active: active.map(|point| decode_point(&point).expect("it was accepted")),
            },
            proof: commit.range_proof.to_vec(),
        })
    });
    commits.collect()
}

/// The first generators of a chain, as section 18 makes them.
fn chain(letter: &str, value: u32, bits: usize) -> Vec<RistrettoPoint> {
    let mut hash = Shake256::default();
    [&b"GeneratorsChain"[..], letter.as_bytes(), &value.to_le_bytes()]
        .into_iter()
        .for_each(|part| hash.update(part));
    let mut output = hash.finalize_xof();
    let generator = |_| {
        let mut bytes = [0; 64];
        output.read(&mut bytes);
        RistrettoPoint::from_uniform_bytes(&bytes)
    };
    (0..bits).map(generator).collect()
}

/// The values of the table by their names, as bytes.
type Values = BTreeMap<String, [u8; 32]>;

/// Cuts a proof into the units of the text; nothing if there are too few or too many.
fn units(proof: &[u8], rounds: usize) -> Option<Values> {
    let mut names: Vec<String> =
        ["A", "S", "T_1", "T_2", "t_x", "t_x_blinding", "e_blinding"].map(Into::into).into();
    names.extend((1..=rounds).flat_map(|r| [format!("L_{r}"), format!("R_{r}")]));
    names.extend(["a", "b"].map(Into::into));
    let whole = proof.len() == 32 * names.len();
    let units = proof.chunks_exact(32).map(|unit| unit.try_into().expect("32 bytes"));
    whole.then(|| names.into_iter().zip(units).collect())
}

fn label(text: &str) -> &'static [u8] {
    Box::leak(text.to_owned().into_boxed_str()).as_bytes()
}

/// Executes the table: absorbs what it says, and gives the challenges by their names.
fn challenges(
    transcript: &mut Transcript,
    values: &Values,
    n: usize,
    m: usize,
    k: usize,
) -> BTreeMap<String, Scalar> {
    let rows = table(18, &["call", "label", "data"]).rows;
    let inner = rows.iter().position(|row| row[0].starts_with("for each round r = 1 .. k"));
    let inner = inner.expect("the rounds");
    let mut drawn = BTreeMap::new();
    let mut run = |row: &Vec<String>, round: Option<usize>| {
        let (call, name, data) = (row[0].as_str(), label(&row[1]), row[2].as_str());
        let numbered = |text: &str| match round {
            Some(r) => text.replace("_r", &format!("_{r}")),
            None => text.to_owned(),
        };
        match call {
            "append_u64" => {
                let value = match data {
                    "n" => n,
                    "m" => m,
                    "n*m" => n * m,
                    other => panic!("{other} is no number of the text"),
                };
                transcript.append_u64(name, value as u64);
            }
            "append_message" => match data.split_once(", ") {
                Some((text, length)) => {
                    assert_eq!(length, format!("{} bytes", text.len()));
                    transcript.append_message(name, text.as_bytes());
                }
                None => transcript.append_message(name, &values[&numbered(data)]),
            },
            "append_message, for each j" => {
                for j in 0..m {
                    transcript.append_message(name, &values[&data.replace("_j", &format!("_{j}"))]);
                }
            }
            "challenge" => {
                let mut bytes = [0; 64];
                transcript.challenge_bytes(name, &mut bytes);
                let of_round = round.map_or(String::new(), |r| format!("_{r}"));
                let drawn_as = format!("{}{of_round}", row[1]);
                drawn.insert(drawn_as, Scalar::from_bytes_mod_order_wide(&bytes));
            }
            other => panic!("{other} is no call"),
        }
    };
    rows[..inner].iter().for_each(|row| run(row, None));
    for r in 1..=k {
        rows[inner + 1..].iter().for_each(|row| run(row, Some(r)));
    }
    drawn
}

fn power(base: &Scalar, exponent: usize) -> Scalar {
    (0..exponent).map(|_| base).product()
}

/// Whether the proof holds by the text alone.
fn holds(proved: &Proved, gens: &Generators) -> bool {
    let Proved { context, statement, proof } = proved;
    let committed = statement.commitments(gens);
    let (n, m) = (statement.bits, committed.len());
    let k = (n * m).ilog2() as usize;
    let Some(mut values) = units(proof, k) else { return false };
    values.extend((0..).zip(&committed).map(|(j, v)| (format!("V_{j}"), v.to_bytes())));

    let is_point = |name: &str| {
        ["A", "S", "T_1", "T_2"].contains(&name) || name.starts_with("L_") || name.starts_with("R_")
    };
    // Canonical, and no point is O.
    for (name, bytes) in &values {
        let is_right = if is_point(name) {
            decode_point(&Point(*bytes)).is_some_and(|point| point != RistrettoPoint::identity())
        } else {
            name.starts_with("V_") || decode_scalar(&WireScalar(*bytes)).is_some()
        };
        if !is_right {
            return false;
        }
    }
    let point = |name: &str| decode_point(&Point(values[name])).expect("it is canonical");
    let scalar = |name: &str| decode_scalar(&WireScalar(values[name])).expect("it is canonical");

    let mut fs = FiatShamir::begin(statement.kind(), context);
    statement.absorb(&mut fs, gens);
    let drawn = challenges(fs.transcript(), &values, n, m, k);
    let (y, z, x, w) = (drawn["y"], drawn["z"], drawn["x"], drawn["w"]);
    let u = |r: usize| drawn[&format!("u_{r}")];
    let (a, b, t_x) = (scalar("a"), scalar("b"), scalar("t_x"));

    // The first equation.
    let two = Scalar::from(2u64);
    let ones = power(&two, n) - Scalar::ONE;
    let delta = (z - z * z) * (0..n * m).map(|i| power(&y, i)).sum::<Scalar>()
        - (0..m).map(|j| power(&z, 3 + j) * ones).sum::<Scalar>();
    let left = t_x * gens.value + scalar("t_x_blinding") * gens.blinding;
    let right = (0..m).map(|j| power(&z, 2 + j) * point(&format!("V_{j}"))).sum::<RistrettoPoint>()
        + delta * gens.value
        + x * point("T_1")
        + x * x * point("T_2");
    if left != right {
        return false;
    }

    // The second.
    let chains = |letter| -> Vec<RistrettoPoint> {
        (0..m).flat_map(|j| chain(letter, j as u32, n)).collect()
    };
    let (g, h) = (chains("G"), chains("H"));
    let mut left =
        point("A") + x * point("S") - scalar("e_blinding") * gens.blinding + w * t_x * gens.value;
    let mut right = w * a * b * gens.value;
    for i in 0..n * m {
        let j = i / n;
        let y_i = power(&y.invert(), i);
        left += -z * g[i] + (z + y_i * power(&z, 2 + j) * power(&two, i % n)) * h[i];
        let s: Scalar =
            (1..=k).map(|r| if (i >> (k - r)) & 1 == 1 { u(r) } else { u(r).invert() }).product();
        right += a * s * g[i] + b * s.invert() * y_i * h[i];
    }
    for r in 1..=k {
        let square = u(r) * u(r);
        left += square * point(&format!("L_{r}")) + square.invert() * point(&format!("R_{r}"));
    }
    left == right
}

#[test]
fn a_proof_holds_by_the_text_if_and_only_if_the_program_accepts_it() {
    let gens = Generators::derive();
    let program = RangeVerifier::new();
    let accepts = |Proved { context, statement, proof }: &Proved| {
        program.verify(&gens, context, statement, proof).is_ok()
    };
    let files = ["lowest-wins.talea", "reserve-met.talea", "rounds-moved.talea"];
    let all: Vec<Proved> = files.into_iter().flat_map(proved).collect();
    let improvements = all.iter().filter(|one| one.statement.active.is_some()).count();
    assert!(improvements > 0 && improvements < all.len(), "of both kinds");
    for one in &all {
        assert!(accepts(one) && holds(one, &gens));
    }
    // A bit of every unit, O in place of every unit, a unit less and a unit more; the same for another.
    let mut sizes = std::collections::BTreeSet::new();
    for one in all.iter().filter(|one| sizes.insert(one.proof.len())) {
        let with = |proof: Vec<u8>| Proved { proof, statement: one.statement, ..*one };
        let refused = |proof: Vec<u8>, what: &str| {
            let altered = with(proof);
            assert!(!holds(&altered, &gens) && !accepts(&altered), "{what}");
        };
        for at in (0..one.proof.len()).step_by(32) {
            let mut flipped = one.proof.clone();
            flipped[at + at / 32 % 31] ^= 1 << (at % 7);
            refused(flipped, &format!("a bit of the unit at {at}"));
            let mut zero = one.proof.clone();
            zero[at..at + 32].fill(0);
            refused(zero, &format!("zeros at {at}"));
            let mut beyond = one.proof.clone();
            beyond[at..at + 32].fill(0xff);
            refused(beyond, &format!("no encoding at {at}"));
        }
        refused(one.proof[32..].to_vec(), "a unit less");
        refused([&one.proof[..], &[0; 32]].concat(), "a unit more");
        let mut other = with(one.proof.clone());
        other.context.signer.0[0] ^= 1;
        assert!(!holds(&other, &gens) && !accepts(&other), "another bidder");
    }
}
