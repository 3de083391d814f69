//! Shuffle: lists of ciphertexts through a network of switches, each of which takes its two entries
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
    /// List by list.
    pub(crate) entries: Vec<Item>,
}

impl Lists {
    /// Nothing unless `k` is at least 1 and the lists are whole.
    pub(crate) fn new(k: u32, entries: Vec<Item>) -> Option<Self> {
        let length = 1usize.checked_shl(k)?;
        (k >= 1 && entries.len().checked_rem(length)? == 0).then_some(Self { k, entries })
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

/// A Shuffle post's content, every encoding canonical and no first component of an output `O`.
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
    let mut t = ProofTranscript::begin(labels::KIND_SHUFFLE, context);
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
