//! What passes `proofs::range`, and what does not.

use crate::{
    fiat_shamir::{Context, range_weights},
    group::{bases, decode, encode},
    proofs::range::*,
    provers,
};
use curve25519_dalek::scalar::Scalar;
use talea_protocol::bytes::Point;

/// A quorum key, of which these proofs see the encoding alone.
const KEY: Point = Point([3; 32]);

#[test]
fn bits_and_lengths() {
    for (levels, n, len) in [
        (2, 8, 480),
        (256, 8, 480),
        (257, 16, 544),
        (65_536, 16, 544),
        (65_537, 32, 608),
        (u32::MAX, 32, 608),
    ] {
        assert_eq!(bits(levels), n);
        assert_eq!((proof_len(n), improvement_len(n)), (len, len + 64));
    }
}

#[test]
fn levels_of_the_grid_pass_and_nothing_else() {
    let mut rng = provers::rng(4);
    let context = provers::context(9);
    for (levels, level) in [(2u32, 1u32), (200, 199), (300, 0), (70_000, 69_999)] {
        let (c, proof, _) = provers::range(&mut rng, &context, &KEY, levels, level);
        assert_eq!(verify(&context, &KEY, levels, &c, &proof), Ok(()));
        assert!(verify(&provers::context(8), &KEY, levels, &c, &proof).is_err());
        assert!(verify(&context, &KEY, levels + 1, &c, &proof).is_err());
        let shifted = encode(&(crate::group::decode(&c).unwrap() + bases().g));
        assert!(verify(&context, &KEY, levels, &shifted, &proof).is_err());
        assert!(verify(&context, &KEY, levels, &Point::IDENTITY, &proof).is_err());
        assert!(verify(&context, &KEY, levels, &c, &proof[..proof.len() - 32]).is_err());
        for at in (0..proof.len()).step_by(31) {
            let mut bad = proof.clone();
            bad[at] ^= 1;
            assert!(verify(&context, &KEY, levels, &c, &bad).is_err(), "byte {at}");
        }
    }
}

/// A proof is of one quorum key, in both kinds, for the equations here and for the crate's.
#[test]
fn another_quorum_key_is_another_statement() {
    let context = provers::context(9);
    let (c, proof, _) = provers::range(&mut provers::rng(14), &context, &KEY, 200, 7);
    let (former, better, of_better) = improved(15, &context, 200, 7, 9);
    let former =
        Former { commitment: former.commitment, point: decode(&former.commitment).unwrap() };
    for (commitment, former, proof) in [(c, None, &proof), (better, Some(former), &of_better)] {
        let holds = |quorum_key| {
            let point = decode(&commitment).unwrap();
            let claim =
                Claim { context, quorum_key, levels: 200, commitment, point, former, proof };
            let here = Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]));
            assert_eq!(here, claim.fault().is_none());
            here
        };
        assert!(holds(KEY));
        assert!(!holds(Point([4; 32])));
        assert!(!holds(Point::IDENTITY));
    }
}

/// What the crate folds with depends on the key too.
#[test]
fn the_crates_weights_depend_on_the_quorum_key() {
    use rand_core::RngCore as _;
    let context = provers::context(9);
    let first = |key: &Point| range_weights(&context, key, 8, 200, key, None, &[1]).next_u64();
    let of = |key| range_weights(&context, key, 8, 200, &KEY, None, &[1]).next_u64();
    assert_eq!(of(&KEY), first(&KEY));
    assert_ne!(of(&KEY), of(&Point([4; 32])));
}

#[test]
fn the_generators_are_the_crates() {
    let (crates, _) = generators();
    for (value, chain) in (0..MOST_VALUES).zip(&chains().g) {
        assert!(crates.share(value).G(MOST_BITS).eq(chain));
    }
}

#[test]
fn the_equations_here_and_in_the_crate_agree() {
    let mut rng = provers::rng(6);
    let context = provers::context(9);
    for (levels, level) in [(2u32, 0u32), (256, 17), (65_536, 65_535), (1 << 20, 99)] {
        let (c, proof, _) = provers::range(&mut rng, &context, &KEY, levels, level);
        let point = decode(&c).unwrap();
        let former = None;
        let here = |proof: &[u8]| {
            let claim =
                Claim { context, quorum_key: KEY, levels, commitment: c, point, former, proof };
            Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]))
        };
        let there = |proof: &[u8]| {
            let claim =
                Claim { context, quorum_key: KEY, levels, commitment: c, point, former, proof };
            claim.fault().is_none()
        };
        assert!(here(&proof) && there(&proof));
        // Exchange every part for another valid one of its kind, and for the identity.
        let element = encode(&(bases().g + bases().k)).0;
        for unit in 0..proof.len() / 32 {
            for other in [element, Scalar::from(5u8).to_bytes(), [0; 32], [0xff; 32]] {
                let mut bad = proof.clone();
                bad[unit * 32..][..32].copy_from_slice(&other);
                assert!(!here(&bad), "unit {unit}");
                assert!(!there(&bad), "unit {unit}");
            }
        }
    }
}

/// A commitment of a former round, and one that betters it, with its proof.
fn improved(
    seed: u64,
    context: &Context,
    levels: u32,
    former: u32,
    level: u32,
) -> (provers::Former, Point, Vec<u8>) {
    let mut rng = provers::rng(seed);
    let (commitment, _, rho) = provers::range(&mut rng, context, &KEY, levels, former);
    let former = provers::Former { commitment, level: former, rho };
    let gain = level - former.level;
    let (c, proof, _) = provers::improvement(&mut rng, context, &KEY, levels, level, &former, gain);
    (former, c, proof)
}

#[test]
fn improvements_pass_and_nothing_else() {
    let context = provers::context(9);
    let cases = [(2u32, 0u32, 1u32), (2, 1, 1), (200, 7, 199), (300, 0, 0), (70_000, 3, 69_999)];
    for (levels, old, new) in cases {
        let (former, c, proof) = improved(8, &context, levels, old, new);
        let holds = |context: &Context, levels, c: &Point, former: &Point, proof: &[u8]| {
            verify_improvement(context, &KEY, levels, c, former, proof).is_ok()
        };
        let c_0 = former.commitment;
        assert_eq!(proof.len(), improvement_len(bits(levels)));
        assert!(holds(&context, levels, &c, &c_0, &proof));
        assert!(!holds(&provers::context(8), levels, &c, &c_0, &proof));
        assert!(!holds(&context, levels + 1, &c, &c_0, &proof));
        assert!(!holds(&context, levels, &c_0, &c_0, &proof));
        assert!(!holds(&context, levels, &c, &c, &proof));
        assert!(!holds(&context, levels, &Point::IDENTITY, &c_0, &proof));
        assert!(!holds(&context, levels, &c, &c_0, &proof[..proof.len() - 64]));
        assert!(verify(&context, &KEY, levels, &c, &proof).is_err());
        // A proof of the first round is none of a later one.
        let (plain, of_plain, _) =
            provers::range(&mut provers::rng(9), &context, &KEY, levels, new);
        assert!(!holds(&context, levels, &plain, &c_0, &of_plain));
        for at in (0..proof.len()).step_by(61) {
            let mut bad = proof.clone();
            bad[at] ^= 1;
            assert!(!holds(&context, levels, &c, &c_0, &bad), "byte {at}");
        }
    }
}

#[test]
fn a_worse_bid_has_no_proof() {
    let mut rng = provers::rng(10);
    let context = provers::context(9);
    let (commitment, _, rho) = provers::range(&mut rng, &context, &KEY, 200, 7);
    let former = provers::Former { commitment, level: 7, rho };
    for gain in [0, 199] {
        let (c, proof, _) = provers::improvement(&mut rng, &context, &KEY, 200, 6, &former, gain);
        assert!(verify_improvement(&context, &KEY, 200, &c, &commitment, &proof).is_err());
    }
}

#[test]
fn the_equations_of_improvements_agree_with_the_crates() {
    let context = provers::context(9);
    let element = encode(&(bases().g + bases().k)).0;
    for (levels, old, new) in [(2u32, 0u32, 0u32), (65_536, 17, 65_535), (1 << 20, 99, 100)] {
        let (former, commitment, proof) = improved(11, &context, levels, old, new);
        let former =
            Former { commitment: former.commitment, point: decode(&former.commitment).unwrap() };
        let point = decode(&commitment).unwrap();
        let former = Some(former);
        let here = |proof: &[u8]| {
            let claim =
                Claim { context, quorum_key: KEY, levels, commitment, point, former, proof };
            Parsed::of(&claim).is_some_and(|parsed| fold_holds(&[parsed]))
        };
        let there = |proof: &[u8]| {
            let claim =
                Claim { context, quorum_key: KEY, levels, commitment, point, former, proof };
            claim.fault().is_none()
        };
        assert!(here(&proof) && there(&proof));
        for unit in 0..proof.len() / 32 {
            for other in [element, Scalar::from(5u8).to_bytes(), [0; 32]] {
                let mut bad = proof.clone();
                bad[unit * 32..][..32].copy_from_slice(&other);
                assert!(!here(&bad) && !there(&bad), "unit {unit}");
            }
        }
    }
}

#[test]
fn both_kinds_are_folded_as_one() {
    let context = provers::context(9);
    let (former, better, of_better) = improved(12, &context, 200, 3, 150);
    let (first, of_first, _) = provers::range(&mut provers::rng(13), &context, &KEY, 70_000, 12);
    let former =
        Former { commitment: former.commitment, point: decode(&former.commitment).unwrap() };
    let mut bad = of_better.clone();
    bad[4 * 32] ^= 1;
    let claim = |levels, commitment: Point, former, proof| Claim {
        context,
        quorum_key: KEY,
        levels,
        commitment,
        point: decode(&commitment).unwrap(),
        former,
        proof,
    };
    let good =
        [claim(200, better, Some(former), &of_better), claim(70_000, first, None, &of_first)];
    let parsed: Vec<Parsed<'_, '_>> = good.iter().map(|c| Parsed::of(c).unwrap()).collect();
    assert!(fold_holds(&parsed));
    let mixed = [
        claim(70_000, first, None, &of_first),
        claim(200, better, Some(former), &bad),
        claim(200, better, Some(former), &of_better),
    ];
    let verdicts: Vec<bool> = judge(&mixed).iter().map(Option::is_some).collect();
    assert_eq!(verdicts, [false, true, false]);
}

#[test]
fn in_a_fold_the_bad_ones_are_found_and_only_they() {
    let mut rng = provers::rng(7);
    let context = provers::context(9);
    // More than one fold, and all widths in one.
    let cases: Vec<(u32, Point, Vec<u8>)> = (0..70u32)
        .map(|i| {
            let levels = [200, 50_000, 100_000][i as usize % 3];
            let (c, mut proof, _) = provers::range(&mut rng, &context, &KEY, levels, i);
            if i % 29 == 7 {
                // t^ of the first equation, or an end of the second.
                let at = if i < 30 { 4 * 32 } else { proof.len() - 32 };
                proof[at] ^= 1;
            }
            (levels, c, proof)
        })
        .collect();
    let claims: Vec<Claim<'_>> = cases
        .iter()
        .map(|(levels, c, proof)| Claim {
            context,
            quorum_key: KEY,
            levels: *levels,
            commitment: *c,
            point: decode(c).unwrap(),
            former: None,
            proof,
        })
        .collect();
    let bad: Vec<bool> = judge(&claims).iter().map(Option::is_some).collect();
    let expected: Vec<bool> = (0..70).map(|i| i % 29 == 7).collect();
    assert_eq!(bad, expected);
}

#[test]
fn a_level_beyond_the_grid_has_no_proof() {
    let context = provers::context(9);
    // 199 - 200, proven as if it were 255 and as if it were 0.
    for rest in [255, 0] {
        let mut rng = provers::rng(5);
        let (c, proof, _) = provers::range_of(&mut rng, &context, &KEY, 200, 200, rest);
        assert!(verify(&context, &KEY, 200, &c, &proof).is_err());
    }
}

/// No challenge of the crate's depends on the last two scalars, so nothing but this shows that the weights of a
/// fold do.
#[test]
fn the_weights_depend_on_every_byte_of_the_proof() {
    let context = provers::context(9);
    let (c, honest, _) = provers::range(&mut provers::rng(16), &context, &KEY, 200, 7);
    let point = decode(&c).unwrap();
    let mut seen = Vec::new();
    let element = encode(&(bases().g + bases().k)).0;
    // A, S, T_1, T_2; three scalars; three rounds; a, b.
    for unit in 0..=honest.len() / 32 {
        let mut proof = honest.clone();
        if unit < honest.len() / 32 {
            let is_scalar = (4..7).contains(&unit) || unit >= 13;
            let other = if is_scalar { Scalar::from(5u8).to_bytes() } else { element };
            proof[unit * 32..][..32].copy_from_slice(&other);
        }
        let (quorum_key, proof) = (KEY, &proof[..]);
        let claim =
            Claim { context, quorum_key, levels: 200, commitment: c, point, former: None, proof };
        let binding = Parsed::of(&claim).unwrap().binding;
        assert!(!seen.contains(&binding), "unit {unit}");
        seen.push(binding);
    }
}
