//! A keyholder's way through the switches: a chunk of lists, permuted and raised to secret powers
//! (spec section 11).

use super::nonces;
use crate::choices::Crossing;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use subtle::{Choice, ConditionallySelectable};
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::encode_scalar,
    proofs::shuffle::{Pair, Statement, network},
};
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    ranking::Switch,
    sealed_bid::Ciphertext as WireCiphertext,
};
use zeroize::ZeroizeOnDrop;

/// What a switch does: [`Masks::crossings`](crate::masks::Masks::crossings) draws it. **It serves
/// one input, once.**
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// Of every switch, list by list and layer by layer.
    pub crossings: Vec<Crossing>,
}

/// What a post says besides its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shuffled {
    /// Of every switch.
    pub switches: Vec<Switch>,
    /// `c`.
    pub challenge: WireScalar,
}

/// One switch with its inputs and outputs.
struct AppliedSwitch {
    inputs: Pair<Ciphertext>,
    inputs_wire: Pair<WireCiphertext>,
    /// `s_i * X_i`, before they are crossed.
    raised: Pair<Ciphertext>,
    outputs_wire: Pair<WireCiphertext>,
}

/// The nonces of one switch.
#[derive(ZeroizeOnDrop)]
struct Secrets {
    /// Of the way that was taken.
    taken: Pair<Scalar>,
    /// The challenge and the responses of the way that was not.
    challenge: Scalar,
    responses: Pair<Scalar>,
}

/// Takes `lists`, all of one length `2^k`, through their networks, one crossing for each switch, in
/// order. No entry may have `O` for its `R`.
pub fn prove<R: RngCore + CryptoRng>(
    context: &Context,
    (head, chunk): (Digest, u32),
    lists: &[Vec<(Ciphertext, WireCiphertext)>],
    witness: &Witness,
    rng: &mut R,
) -> Shuffled {
    let applied = pass(lists, &witness.crossings);
    let inputs: Vec<_> = applied.iter().map(|switch| switch.inputs_wire).collect();
    let outputs: Vec<_> = applied.iter().map(|switch| switch.outputs_wire).collect();
    let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, context);
    Statement { head, chunk, inputs: &inputs, outputs: &outputs }.absorb(&mut fs);

    let powers = witness.crossings.iter().flat_map(|crossing| &crossing.powers);
    let mut nonces = nonces(&mut fs, powers, rng);
    let mut secrets = Vec::with_capacity(applied.len());
    for (switch, crossing) in applied.iter().zip(&witness.crossings) {
        let mut scalar = || Scalar::random(&mut nonces);
        let secret = Secrets {
            taken: [scalar(), scalar()],
            challenge: scalar(),
            responses: [scalar(), scalar()],
        };
        let [x_0, x_1] = &switch.inputs;
        // Crossed or not, the way that was not taken claims the other's power.
        let [p_0, p_1] = &switch.raised;
        let [k_0, k_1] = &secret.taken;
        let [z_0, z_1] = &secret.responses;
        let simulated = |z: &Scalar, x: &Ciphertext, image: &Ciphertext| {
            x.scaled(z) - image.scaled(&secret.challenge)
        };
        let mut straight = [x_0.scaled(k_0), x_1.scaled(k_1)];
        let mut crossed = [simulated(z_0, x_0, p_1), simulated(z_1, x_1, p_0)];
        swap(&mut straight, &mut crossed, crossing.is_crossed());
        for announcement in straight.iter().chain(&crossed) {
            fs.ciphertext(b"announcement", &announcement.encode());
        }
        secrets.push(secret);
    }
    let challenge = fs.challenge(b"challenge");
    let switches = applied.iter().zip(&witness.crossings).zip(&secrets);
    let switches = switches.map(|((switch, crossing), secret)| {
        let is_crossed = crossing.is_crossed();
        let taken = challenge - secret.challenge;
        // z_i = k_i + c_b s_i
        let [k_0, k_1] = &secret.taken;
        let [s_0, s_1] = &crossing.powers;
        let mut straight = [k_0 + taken * s_0, k_1 + taken * s_1];
        let mut crossed = secret.responses;
        for (straight, crossed) in straight.iter_mut().zip(&mut crossed) {
            Scalar::conditional_swap(straight, crossed, is_crossed);
        }
        let c_straight = Scalar::conditional_select(&taken, &secret.challenge, is_crossed);
        let [low, high] = switch.outputs_wire;
        Switch {
            low,
            high,
            c_straight: encode_scalar(&c_straight),
            z_straight: straight.map(|z| encode_scalar(&z)),
            z_crossed: crossed.map(|z| encode_scalar(&z)),
        }
    });
    Shuffled { switches: switches.collect(), challenge: encode_scalar(&challenge) }
}

/// Passes every list through its network.
fn pass(lists: &[Vec<(Ciphertext, WireCiphertext)>], crossings: &[Crossing]) -> Vec<AppliedSwitch> {
    let mut crossings = crossings.iter();
    let mut applied = Vec::new();
    for list in lists {
        let mut list = list.clone();
        let k = list.len().checked_ilog2().unwrap_or(0);
        for ([low, high], crossing) in network(k).zip(&mut crossings) {
            let ((x_0, x_0_wire), (x_1, x_1_wire)) = (list[low], list[high]);
            let [s_0, s_1] = &crossing.powers;
            let raised = [x_0.scaled(s_0), x_1.scaled(s_1)];
            let [mut z_0, mut z_1] = raised;
            swap_one(&mut z_0, &mut z_1, crossing.is_crossed());
            let outputs_wire = [z_0.encode(), z_1.encode()];
            list[low] = (z_0, outputs_wire[0]);
            list[high] = (z_1, outputs_wire[1]);
            applied.push(AppliedSwitch {
                inputs: [x_0, x_1],
                inputs_wire: [x_0_wire, x_1_wire],
                raised,
                outputs_wire,
            });
        }
    }
    applied
}

/// Swaps if `choice`, without a branch.
fn swap_one(a: &mut Ciphertext, b: &mut Ciphertext, choice: Choice) {
    ConditionallySelectable::conditional_swap(&mut a.r, &mut b.r, choice);
    ConditionallySelectable::conditional_swap(&mut a.e, &mut b.e, choice);
}

fn swap(a: &mut Pair<Ciphertext>, b: &mut Pair<Ciphertext>, choice: Choice) {
    a.iter_mut().zip(b).for_each(|(a, b)| swap_one(a, b, choice));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{NO_POINT, NO_SCALAR, bump, context, nudge, other_contexts, rng};
    use curve25519_dalek::{RistrettoPoint, traits::IsIdentity as _};
    use std::collections::BTreeSet;
    use talea_contract::{
        group::Generators,
        proofs::{
            ProofFault,
            shuffle::{switches, verify},
        },
    };
    use talea_protocol::bytes::Point;

    type Lists = Vec<Vec<(Ciphertext, WireCiphertext)>>;

    const HEAD: Digest = Digest([8; 32]);
    const SECRET: u64 = 5;

    /// Lists of `2^k` counts: entry `i` of each encrypts `i - zero`, so that one is zero.
    fn lists(count: usize, k: u32, zero: u64) -> Lists {
        let Generators { value, key, .. } = Generators::derive();
        let mut rng = rng(1);
        let mut sealed = |m: Scalar| {
            let r = Scalar::random(&mut rng);
            let sealed = Ciphertext { r: key * r, e: value * m + key * (Scalar::from(SECRET) * r) };
            (sealed, sealed.encode())
        };
        let list = |_| {
            (0..1u64 << k).map(|i| sealed(Scalar::from(i) - Scalar::from(zero))).collect::<Vec<_>>()
        };
        (0..count).map(list).collect()
    }

    fn opened(c: &Ciphertext) -> RistrettoPoint {
        c.e - c.r * Scalar::from(SECRET)
    }

    /// Crossings that follow a pattern of bits.
    fn witness(count: usize, k: u32, pattern: u64) -> Witness {
        let mut rng = rng(2);
        let crossings = (0..count * switches(k)).map(|i| {
            let powers = [Scalar::random(&mut rng), Scalar::random(&mut rng)];
            Crossing::chosen(pattern >> (i % 64) & 1 == 1, powers)
        });
        Witness { crossings: crossings.collect() }
    }

    fn proved(lists: &Lists, witness: &Witness) -> Shuffled {
        prove(&context(), (HEAD, 3), lists, witness, &mut rng(3))
    }

    fn verdict(lists: &Lists, shuffled: &Shuffled) -> Result<(), ProofFault> {
        verify(&context(), (HEAD, 3), lists, &shuffled.switches, &shuffled.challenge).map(|_| ())
    }

    #[test]
    fn every_length_is_proved_and_one_entry_stays_zero() {
        for (count, k) in [(1, 1), (3, 1), (2, 2), (1, 3), (1, 6)] {
            let lists = lists(count, k, 1);
            let shuffled = proved(&lists, &witness(count, k, 0b0110_1001_1010));
            let out =
                verify(&context(), (HEAD, 3), &lists, &shuffled.switches, &shuffled.challenge)
                    .unwrap();
            assert_eq!(out.len(), count);
            for list in out {
                assert_eq!(list.len(), 1 << k);
                assert_eq!(list.iter().filter(|(c, _)| opened(c).is_identity()).count(), 1);
                assert!(list.iter().all(|(c, wire)| c.encode() == *wire));
            }
        }
    }

    #[test]
    fn the_network_takes_every_entry_to_every_place_equally_often() {
        for k in 1..=3u32 {
            let all = switches(k);
            for zero in 0..1u64 << k {
                let lists = lists(1, k, zero);
                let mut landed = vec![0usize; 1 << k];
                // Of the largest network a sample of patterns that is balanced in every switch.
                let patterns: Vec<u64> = if all <= 4 {
                    (0..1 << all).collect()
                } else {
                    let one_per_layer = |bits: u64| {
                        (0..3)
                            .map(move |l| if bits >> l & 1 == 1 { 0b1111u64 << (4 * l) } else { 0 })
                    };
                    (0..8).map(|bits| one_per_layer(bits).sum()).collect()
                };
                for pattern in &patterns {
                    let applied = pass(&lists, &witness(1, k, *pattern).crossings);
                    let last = &applied[applied.len() - (1 << (k - 1))..];
                    let outputs: Vec<_> =
                        last.iter().flat_map(|switch| switch.outputs_wire).collect();
                    let is_zero = |wire: &WireCiphertext| {
                        opened(&Ciphertext::decode(wire).unwrap()).is_identity()
                    };
                    landed[outputs.iter().position(is_zero).unwrap()] += 1;
                }
                assert!(landed.iter().all(|n| *n == patterns.len() >> k), "{k} {zero} {landed:?}");
            }
        }
    }

    #[test]
    fn every_field_of_every_switch_counts() {
        let lists = lists(2, 2, 0);
        let shuffled = proved(&lists, &witness(2, 2, 0b1011_0101));
        assert_eq!(verdict(&lists, &shuffled), Ok(()));
        let points: [fn(&mut Switch) -> &mut Point; 4] =
            [|s| &mut s.low.r, |s| &mut s.low.e, |s| &mut s.high.r, |s| &mut s.high.e];
        let scalars: [fn(&mut Switch) -> &mut WireScalar; 5] = [
            |s| &mut s.c_straight,
            |s| &mut s.z_straight[0],
            |s| &mut s.z_straight[1],
            |s| &mut s.z_crossed[0],
            |s| &mut s.z_crossed[1],
        ];
        for at in 0..shuffled.switches.len() {
            for field in points {
                let mut other = shuffled.clone();
                let point = field(&mut other.switches[at]);
                *point = nudge(point);
                assert_eq!(verdict(&lists, &other), Err(ProofFault::False));
                *field(&mut other.switches[at]) = NO_POINT;
                assert_eq!(verdict(&lists, &other), Err(ProofFault::NotCanonical));
            }
            for field in scalars {
                let mut other = shuffled.clone();
                let scalar = field(&mut other.switches[at]);
                *scalar = bump(scalar);
                assert_eq!(verdict(&lists, &other), Err(ProofFault::False));
                *field(&mut other.switches[at]) = NO_SCALAR;
                assert_eq!(verdict(&lists, &other), Err(ProofFault::NotCanonical));
            }
        }
        let mut other = shuffled.clone();
        other.challenge = bump(&other.challenge);
        assert_eq!(verdict(&lists, &other), Err(ProofFault::False));
        let mut other = shuffled;
        other.switches.swap(0, 1);
        assert_eq!(verdict(&lists, &other), Err(ProofFault::False));
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let lists = lists(1, 2, 0);
        let shuffled = proved(&lists, &witness(1, 2, 0b0110));
        let at = |context: &Context, place| {
            verify(context, place, &lists, &shuffled.switches, &shuffled.challenge).map(|_| ())
        };
        assert_eq!(at(&context(), (HEAD, 3)), Ok(()));
        assert_eq!(at(&context(), (HEAD, 4)), Err(ProofFault::False));
        assert_eq!(at(&context(), (Digest([9; 32]), 3)), Err(ProofFault::False));
        for other in other_contexts() {
            assert_eq!(at(&other, (HEAD, 3)), Err(ProofFault::False), "{other:?}");
        }
        let gens = Generators::derive();
        for entry in 0..4 {
            for half in 0..2 {
                let mut other = lists.clone();
                let (c, wire) = &mut other[0][entry];
                if half == 0 {
                    c.r += gens.key
                } else {
                    c.e += gens.value
                }
                *wire = c.encode();
                assert_eq!(verdict(&other, &shuffled), Err(ProofFault::False));
            }
        }
        let mut other = lists.clone();
        other[0].swap(0, 1);
        assert_eq!(verdict(&other, &shuffled), Err(ProofFault::False));
    }

    #[test]
    fn an_identity_or_a_zero_power_is_refused() {
        let lists = lists(1, 1, 0);
        for zero in [[true, false], [false, true], [true, true]] {
            let powers = zero.map(|zero| if zero { Scalar::ZERO } else { Scalar::from(7u8) });
            let witness = Witness { crossings: vec![Crossing::chosen(false, powers)] };
            assert_eq!(verdict(&lists, &proved(&lists, &witness)), Err(ProofFault::Identity));
        }
        let mut public = lists;
        let c = Ciphertext::trivial(Generators::derive().value);
        public[0][1] = (c, c.encode());
        let shuffled = proved(&public, &witness(1, 1, 1));
        assert_eq!(verdict(&public, &shuffled), Err(ProofFault::Identity));
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let all = lists(2, 1, 0);
        let shuffled = proved(&all, &witness(2, 1, 1));
        let verdict = |lists: &Lists, switches: &[Switch]| {
            verify(&context(), (HEAD, 3), lists, switches, &shuffled.challenge)
                .map(|_| ())
                .unwrap_err()
        };
        let length = |expected, actual| ProofFault::Length { expected, actual };
        assert_eq!(verdict(&all, &shuffled.switches[..1]), length(2, 1));
        assert_eq!(verdict(&all[..1].to_vec(), &shuffled.switches), length(1, 2));
        assert_eq!(verdict(&Vec::new(), &[]), length(1, 0));
        let mut ragged = all.clone();
        ragged[1].push(all[0][0]);
        assert_eq!(verdict(&ragged, &shuffled.switches), length(2, 3));
        let single = vec![vec![all[0][0]]];
        assert_eq!(verdict(&single, &[]), length(2, 1));
    }

    #[test]
    fn ways_are_not_told_apart_by_what_is_posted() {
        // All fields but the secrets are fresh in both ways; no field shows which way was taken.
        let lists = lists(1, 1, 0);
        let posts = [0, 1].map(|pattern| proved(&lists, &witness(1, 1, pattern)).switches[0]);
        let mut seen = BTreeSet::new();
        for switch in posts {
            for scalar in
                [switch.c_straight].iter().chain(&switch.z_straight).chain(&switch.z_crossed)
            {
                assert!(seen.insert(scalar.0));
                assert_ne!(scalar.0, [0; 32]);
            }
        }
    }
}
