//! Mix: lists of ciphertexts through a network of switches, each of which takes its two entries
//! straight or crossed and raises both to powers other than 0 (section 11, **K12**).
//!
//! An OR of two permutations per switch, in compact form: the shares of the challenge enter the
//! hash through the announcements that they are recomputed with. All switches of a message share
//! the challenge.

use curve25519_dalek::{scalar::Scalar, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    ranking::Switch,
    sealed_bid::Ciphertext,
};

use super::{ProofError, blind::Item, same_challenge, same_length, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{Cipher, combine2},
};

/// Switches in the network of a list of `2^k` entries: `k` layers of `2^(k-1)` each.
pub(crate) fn switches_of(k: u32) -> usize {
    let layer = 1usize.checked_shl(k.saturating_sub(1)).unwrap_or(usize::MAX);
    usize::try_from(k).unwrap_or(usize::MAX).saturating_mul(layer)
}

/// Lists of `2^k` entries each, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Lists {
    k: u32,
    entries: Vec<Item>,
}

impl Lists {
    /// Nothing unless `k` is at least 1 and the lists are whole.
    pub(crate) fn new(k: u32, entries: Vec<Item>) -> Option<Self> {
        let length = 1usize.checked_shl(k)?;
        (k >= 1 && entries.len().checked_rem(length)? == 0).then_some(Self { k, entries })
    }

    /// The entries of all lists, list by list.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> &[Item] {
        &self.entries
    }

    /// `2^k`.
    pub(crate) fn length(&self) -> usize {
        1usize.checked_shl(self.k).unwrap_or(usize::MAX)
    }

    /// Switches that a turn on all of them has.
    pub(crate) fn switches(&self) -> usize {
        let lists = self.entries.len().checked_div(self.length()).unwrap_or(0);
        lists.saturating_mul(switches_of(self.k))
    }

    /// Cuts them into pieces of so many lists.
    pub(crate) fn cut(&self, lists: usize) -> impl Iterator<Item = Self> {
        let size = self.length().saturating_mul(lists.max(1));
        self.entries.chunks(size).map(|piece| Self { k: self.k, entries: piece.to_vec() })
    }

    /// The entries of all lists, list by list.
    pub(crate) fn into_entries(self) -> Vec<Item> {
        self.entries
    }

    /// Which two entries every switch joins: list by list, layer by layer, and within layer `l`
    /// ascending over all `i` whose bit `l` is 0, those at `i` and `i + 2^l`.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let length = self.length();
        let k = self.k;
        (0..self.entries.len()).step_by(length.max(1)).flat_map(move |start| {
            (0..k).flat_map(move |l| {
                (0..length).filter(move |i| (i >> l) & 1 == 0).map(move |i| {
                    let low = start.saturating_add(i);
                    (low, low.saturating_add(1usize << l))
                })
            })
        })
    }

    /// What every switch of a turn takes in, and what the turn leaves. Nothing if the turn has not
    /// one switch for each of the network.
    pub(crate) fn through(&self, turn: &Decoded) -> Option<(Vec<[Item; 2]>, Self)> {
        if turn.switches.len() != self.switches() {
            return None;
        }
        let mut entries = self.entries.clone();
        let mut inputs = Vec::with_capacity(turn.switches.len());
        for ((low, high), switch) in self.places().zip(&turn.switches) {
            let [z_0, z_1] = switch.outputs;
            let x_0 = std::mem::replace(entries.get_mut(low)?, z_0);
            let x_1 = std::mem::replace(entries.get_mut(high)?, z_1);
            inputs.push([x_0, x_1]);
        }
        Some((inputs, Self { k: self.k, entries }))
    }
}

/// A Mix post's content, every encoding canonical and no first component of an output `O`.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    switches: Vec<DecodedSwitch>,
    /// `c`.
    challenge: Scalar,
}

#[derive(Clone, Debug)]
struct DecodedSwitch {
    /// `Z_0`, `Z_1`.
    outputs: [Item; 2],
    /// `c_0`.
    c_straight: Scalar,
    /// `z_(0,0)`, `z_(0,1)`.
    z_straight: [Scalar; 2],
    /// `z_(1,0)`, `z_(1,1)`.
    z_crossed: [Scalar; 2],
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(switches: &[Switch], challenge: &WireScalar) -> Result<Decoded, ProofError> {
    let switches = switches
        .iter()
        .enumerate()
        .map(|(i, switch)| {
            let output = |wire: &Ciphertext, name: &str| {
                let cipher = Cipher::decode(wire)
                    .ok_or_else(|| ProofError::NotCanonical(format!("{name} of switch {i}")))?;
                if cipher.r.is_identity() {
                    let name = format!("the randomness of {name} of switch {i}");
                    return Err(ProofError::Identity(name));
                }
                Ok(Item { cipher, wire: *wire })
            };
            let number =
                |wire: &WireScalar, name: &str| scalar(wire, || format!("{name} of switch {i}"));
            let [z_00, z_01] = &switch.z_straight;
            let [z_10, z_11] = &switch.z_crossed;
            Ok(DecodedSwitch {
                outputs: [output(&switch.low, "Z_0")?, output(&switch.high, "Z_1")?],
                c_straight: number(&switch.c_straight, "c_0")?,
                z_straight: [number(z_00, "z_(0,0)")?, number(z_01, "z_(0,1)")?],
                z_crossed: [number(z_10, "z_(1,0)")?, number(z_11, "z_(1,1)")?],
            })
        })
        .collect::<Result<_, ProofError>>()?;
    let challenge = scalar(challenge, || "the proof's challenge".into())?;
    Ok(Decoded { switches, challenge })
}

/// Checks a keyholder's turn on a chunk of lists, all of them of the same `2^k` entries.
///
/// # Errors
/// [`ProofError`] if the lists have no such length or the switches are not as many as their
/// networks', an encoding is not canonical, the randomness of an entry is `O`, or the challenge is
/// another.
pub fn verify(
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &[Vec<Ciphertext>],
    switches: &[Switch],
    challenge: &WireScalar,
) -> Result<(), ProofError> {
    let decoded = decode(switches, challenge)?;
    let length = inputs.first().map_or(0, Vec::len);
    let expected = length.max(2).checked_next_power_of_two().unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for (at, list) in inputs.iter().enumerate() {
        same_length("entries of a list", expected, list.len())?;
        for (i, wire) in list.iter().enumerate() {
            let cipher = Cipher::decode(wire)
                .ok_or_else(|| ProofError::NotCanonical(format!("entry {i} of list {at}")))?;
            if cipher.r.is_identity() {
                let name = format!("the randomness of entry {i} of list {at}");
                return Err(ProofError::Identity(name));
            }
            entries.push(Item { cipher, wire: *wire });
        }
    }
    let lists = Lists::new(expected.trailing_zeros(), entries).ok_or(ProofError::Length {
        what: "entries of a list",
        expected,
        actual: length,
    })?;
    verify_decoded(context, head, chunk, &lists, &decoded)
}

/// The same, decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &Lists,
    turn: &Decoded,
) -> Result<(), ProofError> {
    let expected = inputs.switches().max(1);
    let length = ProofError::Length { what: "switches", expected, actual: turn.switches.len() };
    let (pairs, _) = inputs.through(turn).filter(|(pairs, _)| !pairs.is_empty()).ok_or(length)?;
    let mut t = ProofTranscript::begin(labels::KIND_MIX, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.integer(b"switches", turn.switches.len());
    for ([x_0, x_1], switch) in pairs.iter().zip(&turn.switches) {
        let [z_0, z_1] = &switch.outputs;
        t.cipher(b"x-0", &x_0.wire);
        t.cipher(b"x-1", &x_1.wire);
        t.cipher(b"z-0", &z_0.wire);
        t.cipher(b"z-1", &z_1.wire);
    }
    let announcements: Vec<[Ciphertext; 4]> = pairs
        .par_iter()
        .zip(&turn.switches)
        .map(|(inputs, switch)| switch.announcements(inputs, &turn.challenge))
        .collect();
    for announcement in announcements.iter().flatten() {
        t.cipher(b"announcement", announcement);
    }
    same_challenge(&t.challenge(b"challenge"), &turn.challenge)
}

impl DecodedSwitch {
    /// `A_(b,i) = z_(b,i) X_i - c_b Z_(i xor b)`, in the order `A_(0,0)`, `A_(0,1)`, `A_(1,0)`,
    /// `A_(1,1)`, with `c_1 = c - c_0`.
    fn announcements(&self, inputs: &[Item; 2], c: &Scalar) -> [Ciphertext; 4] {
        let [x_0, x_1] = inputs;
        let [z_0, z_1] = &self.outputs;
        let [z_00, z_01] = &self.z_straight;
        let [z_10, z_11] = &self.z_crossed;
        let straight = -self.c_straight;
        let crossed = self.c_straight - c;
        let announcement = |z: &Scalar, x: &Item, minus_c: &Scalar, output: &Item| {
            Cipher {
                r: combine2(z, &x.cipher.r, minus_c, &output.cipher.r),
                e: combine2(z, &x.cipher.e, minus_c, &output.cipher.e),
            }
            .encode()
        };
        [
            announcement(z_00, x_0, &straight, z_0),
            announcement(z_01, x_1, &straight, z_1),
            announcement(z_10, x_0, &crossed, z_1),
            announcement(z_11, x_1, &crossed, z_0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        group::bases,
        testing::provers::{self, Choice},
    };
    use talea_protocol::{bytes::Point, terms::AuctionId};

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
        let (switches, challenge) = provers::mix_with(&mut rng, &context, &head, 6, lists, choose);
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
        for (crossed, order) in
            [(false, [0, 1, 2, 3, 4, 5, 6, 7]), (true, [7, 6, 5, 4, 3, 2, 1, 0])]
        {
            let case = case(&input, |_| one(crossed));
            assert_eq!(case.verify(), Ok(()));
            let entries = input[0].iter().copied().map(Item::of).collect();
            let lists = Lists::new(3, entries).unwrap();
            let turn = decode(&case.switches, &case.challenge).unwrap();
            let (_, left) = lists.through(&turn).unwrap();
            let left: Vec<Ciphertext> = left.entries().iter().map(|entry| entry.wire).collect();
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
            let c_0 = scalar(&c.switches[0].c_straight, String::new).unwrap();
            let all = scalar(&c.challenge, String::new).unwrap();
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
        let nothing = super::tests::case(&[], Choice::random);
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
}
