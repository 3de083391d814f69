//! What passes `proofs::shuffle`, and what does not.

use crate::{
    fiat_shamir::Context,
    group::{Cipher, bases, decode_scalar},
    proofs::{ProofError, blind::Item, shuffle::*},
    provers::{self, Choice},
};
use curve25519_dalek::scalar::Scalar;
use talea_protocol::{
    bytes::{Digest, Point, Scalar as WireScalar},
    ranking::Switch,
    sealed_bid::Ciphertext,
    terms::AuctionId,
};

struct Case {
    context: Context,
    head: Digest,
    chunk: u32,
    inputs: Vec<Vec<Ciphertext>>,
    switches: Vec<Switch>,
    challenge: WireScalar,
}

/// One part of a case made bad.
type Change = Box<dyn Fn(&mut Case)>;

impl Case {
    fn verify(&self) -> Result<(), ProofError> {
        let Self { context, head, chunk, inputs, switches, challenge } = self;
        verify(context, head, *chunk, inputs, switches, challenge)
    }

    /// Changed like this.
    fn with(&self, change: impl FnOnce(&mut Self)) -> Result<(), ProofError> {
        let mut case = Self {
            context: self.context,
            head: self.head,
            chunk: self.chunk,
            inputs: self.inputs.clone(),
            switches: self.switches.clone(),
            challenge: self.challenge,
        };
        change(&mut case);
        case.verify()
    }
}

fn lists(lists: usize, length: usize) -> Vec<Vec<Cipher>> {
    let mut rng = provers::rng(80);
    let mut list = |_| {
        let entry = |i: usize| provers::encrypt(&mut rng, &bases().h, i as u64);
        (0..length).map(entry).collect()
    };
    (0..lists).map(&mut list).collect()
}

fn case(lists: &[Vec<Cipher>], choose: impl FnMut(&mut provers::Rng) -> Choice) -> Case {
    let mut rng = provers::rng(81);
    let (context, head) = (provers::context(4), Digest([5; 32]));
    let (switches, challenge) = provers::shuffle_with(&mut rng, &context, &head, 6, lists, choose);
    let inputs = lists.iter().map(|list| list.iter().map(Cipher::encode).collect()).collect();
    Case { context, head, chunk: 6, inputs, switches, challenge }
}

fn number(n: u64) -> WireScalar {
    WireScalar(Scalar::from(n).to_bytes())
}

#[test]
fn networks_of_every_length_pass() {
    for (k, switches) in [(1u32, 1), (2, 4), (3, 12), (4, 32), (6, 192)] {
        assert_eq!(switches_of(k), switches);
    }
    for (count, length) in [(1, 2), (3, 2), (2, 4), (1, 8), (2, 8)] {
        let case = case(&lists(count, length), Choice::random);
        assert_eq!(case.verify(), Ok(()), "{count} lists of {length}");
    }
}

/// What a turn leaves is what its switches say, entry by entry.
#[test]
fn a_network_permutes() {
    let input = lists(1, 8);
    let one = |crossed| Choice { crossed, powers: [Scalar::ONE; 2] };
    for (crossed, order) in [(false, [0, 1, 2, 3, 4, 5, 6, 7]), (true, [7, 6, 5, 4, 3, 2, 1, 0])] {
        let case = case(&input, |_| one(crossed));
        assert_eq!(case.verify(), Ok(()));
        let entries = input[0].iter().copied().map(Item::of).collect();
        let lists = Lists::new(3, entries).unwrap();
        let turn = decode(&case.switches, &case.challenge).unwrap();
        let (_, left) = lists.through(&turn).unwrap();
        let left: Vec<Ciphertext> = left.entries.iter().map(|entry| entry.wire).collect();
        assert_eq!(left, order.map(|i| case.inputs[0][i]));
    }
}

#[test]
fn the_statement_is_bound() {
    let case = case(&lists(2, 4), Choice::random);
    assert_eq!(case.verify(), Ok(()));
    assert!(case.with(|c| c.context.step ^= 1).is_err());
    assert!(case.with(|c| c.context.lot ^= 1).is_err());
    assert!(case.with(|c| c.context.signer.0[0] ^= 1).is_err());
    assert!(case.with(|c| c.context.auction = AuctionId([0; 32])).is_err());
    assert!(case.with(|c| c.head = Digest([6; 32])).is_err());
    assert!(case.with(|c| c.chunk += 1).is_err());
    // An entry replaced, two exchanged, lists exchanged.
    for list in 0..2 {
        for i in 0..4 {
            let replaced = case.with(|c| c.inputs[list][i].e = bases().g_wire);
            assert!(matches!(replaced, Err(ProofError::Challenge { .. })));
            assert!(case.with(|c| c.inputs[list][i].r = bases().g_wire).is_err());
        }
    }
    assert!(case.with(|c| c.inputs[0].swap(0, 1)).is_err());
    assert!(case.with(|c| c.inputs.swap(0, 1)).is_err());
    assert!(case.with(|c| c.inputs[1][3].r = Point::IDENTITY).is_err());
}

#[test]
fn every_field_counts() {
    let case = case(&lists(2, 2), Choice::random);
    let changes: [fn(&mut Switch); 9] = [
        |s| s.low.r = bases().g_wire,
        |s| s.low.e = bases().g_wire,
        |s| s.high.r = bases().g_wire,
        |s| s.high.e = bases().g_wire,
        |s| s.c_straight = number(3),
        |s| s.z_straight[0] = number(3),
        |s| s.z_straight[1] = number(3),
        |s| s.z_crossed[0] = number(3),
        |s| s.z_crossed[1] = number(3),
    ];
    for switch in 0..2 {
        for change in changes {
            let changed = case.with(|c| change(&mut c.switches[switch]));
            assert!(matches!(changed, Err(ProofError::Challenge { .. })));
        }
        // Straight for crossed, one for the other half, both halves exchanged.
        for swap in [
            |s: &mut Switch| std::mem::swap(&mut s.z_straight, &mut s.z_crossed),
            |s: &mut Switch| std::mem::swap(&mut s.low, &mut s.high),
            |s: &mut Switch| s.z_straight.swap(0, 1),
            |s: &mut Switch| s.z_crossed.swap(0, 1),
            |s: &mut Switch| std::mem::swap(&mut s.low.r, &mut s.low.e),
        ] {
            assert!(case.with(|c| swap(&mut c.switches[switch])).is_err());
        }
    }
    assert!(case.with(|c| c.challenge = number(3)).is_err());
    assert!(case.with(|c| c.switches.swap(0, 1)).is_err());
    // The share of crossed for that of straight.
    let exchanged = case.with(|c| {
        let c_0 = decode_scalar(&c.switches[0].c_straight).unwrap();
        let all = decode_scalar(&c.challenge).unwrap();
        c.switches[0].c_straight = WireScalar((all - c_0).to_bytes());
    });
    assert!(exchanged.is_err());
}

#[test]
fn form() {
    let case = case(&lists(1, 4), Choice::random);
    let garbage = Point([0xff; 32]);
    let large = WireScalar([0xff; 32]);
    let canonical: [Change; 8] = [
        Box::new(move |c| c.switches[1].low.r = garbage),
        Box::new(move |c| c.switches[1].low.e = garbage),
        Box::new(move |c| c.switches[1].high.r = garbage),
        Box::new(move |c| c.switches[1].c_straight = large),
        Box::new(move |c| c.switches[1].z_straight[1] = large),
        Box::new(move |c| c.switches[1].z_crossed[0] = large),
        Box::new(move |c| c.challenge = large),
        Box::new(move |c| c.inputs[0][2].e = garbage),
    ];
    for change in canonical {
        assert!(matches!(case.with(change), Err(ProofError::NotCanonical(_))));
    }
    let lengths: [Change; 8] = [
        Box::new(|c| c.switches.truncate(3)),
        Box::new(|c| c.switches.push(c.switches[0])),
        Box::new(|c| c.switches.clear()),
        Box::new(|c| c.inputs.clear()),
        Box::new(|c| c.inputs[0].truncate(3)),
        Box::new(|c| c.inputs[0].truncate(1)),
        Box::new(|c| c.inputs.push(vec![c.inputs[0][0]; 2])),
        Box::new(|c| c.inputs.push(Vec::new())),
    ];
    for change in lengths {
        assert!(matches!(case.with(change), Err(ProofError::Length { .. })));
    }
    // A proof about nothing.
    let nothing = self::case(&[], Choice::random);
    assert!(matches!(nothing.verify(), Err(ProofError::Length { .. })));
}

/// A power of 0 has a proof, and is refused for what it leaves.
#[test]
fn a_zero_power_is_refused() {
    for powers in [[Scalar::ZERO, Scalar::ONE], [Scalar::ONE, Scalar::ZERO]] {
        for crossed in [false, true] {
            let case = case(&lists(1, 2), |_| Choice { crossed, powers });
            assert!(matches!(case.verify(), Err(ProofError::Identity(_))));
        }
    }
}

/// Outputs that are no permutation of powers of the inputs, under any choice of the rest.
#[test]
fn what_is_no_permutation_has_no_proof() {
    let input = lists(1, 2);
    let honest = case(&input, |_| Choice { crossed: true, powers: [Scalar::ONE; 2] });
    assert_eq!(honest.verify(), Ok(()));
    let (x_0, x_1) = (honest.inputs[0][0], honest.inputs[0][1]);
    let doubled = |i: usize| input[0][i].doubled().encode();
    for (low, high) in [
        // One entry twice; straight under a crossed proof; another power; components of both.
        (x_0, x_0),
        (x_1, x_1),
        (x_0, x_1),
        (doubled(1), x_0),
        (x_1, doubled(0)),
        (Ciphertext { r: x_0.r, e: x_1.e }, Ciphertext { r: x_1.r, e: x_0.e }),
    ] {
        let changed = honest.with(|c| {
            c.switches[0].low = low;
            c.switches[0].high = high;
        });
        assert!(matches!(changed, Err(ProofError::Challenge { .. })));
    }
}
