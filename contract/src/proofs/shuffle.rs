//! Lists shuffled by switches, for "is the count at most M?" (spec section 11, K12).
//!
//! A switch raises two ciphertexts to secret powers and outputs them straight or crossed:
//! an OR of two ways, each two equalities of logarithms over both halves. That the first half of an
//! output is not `O` shows that its power is not zero. After the switches nobody can tell which
//! entry of a list was which, and every entry that was not zero is random.

use super::{ProofFault, announcement};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::decode_scalar,
};
use alloc::vec::Vec;
use curve25519_dalek::{scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    ranking::Switch,
    sealed_bid::Ciphertext as WireCiphertext,
};

/// The two ciphertexts that a switch takes, or puts out.
pub type Pair<T> = [T; 2];

/// For every switch `outputs[i xor b] = s_i * inputs[i]` for some `b` and both `i`.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `X_0`, `X_1` of every switch.
    pub inputs: &'a [Pair<WireCiphertext>],
    /// `Z_0`, `Z_1` of every switch.
    pub outputs: &'a [Pair<WireCiphertext>],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir) {
        let Self { head, chunk, inputs, outputs } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        fs.count(b"switches", inputs.len());
        for ([x_0, x_1], [z_0, z_1]) in inputs.iter().zip(*outputs) {
            fs.ciphertext(b"x-0", x_0);
            fs.ciphertext(b"x-1", x_1);
            fs.ciphertext(b"z-0", z_0);
            fs.ciphertext(b"z-1", z_1);
        }
    }
}

/// The pairs of places that the switches of a list of `2^k` entries join: layer by layer, and in a
/// layer by ascending first place.
pub fn network(k: u32) -> impl Iterator<Item = Pair<usize>> {
    (0..k).flat_map(move |layer| {
        let (entries, distance) = (power_of_two(k), power_of_two(layer));
        (0..entries)
            .filter(move |place| place & distance == 0)
            .map(move |place| [place, place | distance])
    })
}

/// Switches in the network of a list of `2^k` entries: `k * 2^(k-1)`.
pub fn switches(k: u32) -> usize {
    let layers = usize::try_from(k).unwrap_or(usize::MAX);
    layers.saturating_mul(power_of_two(k.saturating_sub(1)))
}

fn power_of_two(k: u32) -> usize {
    1usize.checked_shl(k).unwrap_or(usize::MAX)
}

/// A switch of decoded elements.
struct Decoded {
    outputs: Pair<Ciphertext>,
    c_straight: Scalar,
    responses: [Pair<Scalar>; 2],
}

impl Decoded {
    fn decode(switch: &Switch) -> Option<Self> {
        let Switch { low, high, c_straight, z_straight, z_crossed } = switch;
        let pair = |[z_0, z_1]: &Pair<WireScalar>| Some([decode_scalar(z_0)?, decode_scalar(z_1)?]);
        Some(Self {
            outputs: [Ciphertext::decode(low)?, Ciphertext::decode(high)?],
            c_straight: decode_scalar(c_straight)?,
            responses: [pair(z_straight)?, pair(z_crossed)?],
        })
    }
}

/// Verifies the shuffle of every list, and returns the output lists, with
/// their encodings.
///
/// # Errors
/// The fault that was found first. An empty chunk is refused.
pub fn verify(
    context: &Context,
    (head, chunk): (Digest, u32),
    lists: &[Vec<(Ciphertext, WireCiphertext)>],
    switches: &[Switch],
    challenge: &WireScalar,
) -> Result<Vec<Vec<(Ciphertext, WireCiphertext)>>, ProofFault> {
    let entries = lists.first().map_or(0, Vec::len);
    let k = entries.checked_ilog2().unwrap_or(0);
    for list in lists {
        ProofFault::unless_length(power_of_two(k.max(1)), list.len())?;
    }
    let expected = lists.len().saturating_mul(self::switches(k));
    ProofFault::unless_complete(expected, switches.len())?;
    let decoded: Option<Vec<Decoded>> = switches.iter().map(Decoded::decode).collect();
    let decoded = decoded.ok_or(ProofFault::NotCanonical)?;
    let challenge = decode_scalar(challenge).ok_or(ProofFault::NotCanonical)?;

    // Every switch's inputs are what the layer before put out.
    let mut shuffled = lists.to_vec();
    let mut inputs: Vec<Pair<(Ciphertext, WireCiphertext)>> = Vec::with_capacity(expected);
    let mut turns = decoded.iter().zip(switches);
    for list in &mut shuffled {
        for [low, high] in network(k) {
            let Some((turn, wire)) = turns.next() else { break };
            let [z_low, z_high] = turn.outputs;
            let pair = list.get(low).copied().zip(list.get(high).copied());
            inputs.extend(pair.map(|(x_low, x_high)| [x_low, x_high]));
            for (place, output) in [(low, (z_low, wire.low)), (high, (z_high, wire.high))] {
                if let Some(entry) = list.get_mut(place) {
                    *entry = output;
                }
            }
        }
    }
    let outputs = decoded.iter().flat_map(|turn| &turn.outputs);
    if inputs.iter().flatten().map(|(x, _)| x).chain(outputs).any(|c| c.r.is_identity()) {
        return Err(ProofFault::Identity);
    }

    let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, context);
    let wire_inputs: Vec<_> = inputs.iter().map(|pair| pair.map(|(_, wire)| wire)).collect();
    let wire_outputs: Vec<_> = switches.iter().map(|switch| [switch.low, switch.high]).collect();
    let statement = Statement { head, chunk, inputs: &wire_inputs, outputs: &wire_outputs };
    statement.absorb(&mut fs);
    for (pair, turn) in inputs.iter().zip(&decoded) {
        let Decoded { outputs: [low, high], c_straight, responses: [straight, crossed] } = turn;
        // A_(b,i) = z_(b,i) X_i - c_b Z_(i xor b)
        let ways =
            [(straight, *c_straight, [low, high]), (crossed, challenge - c_straight, [high, low])];
        for (responses, c, images) in ways {
            for ((z, (x, _)), image) in responses.iter().zip(pair).zip(images) {
                let announced = Ciphertext {
                    r: announcement(z, &x.r, &c, &image.r),
                    e: announcement(z, &x.e, &c, &image.e),
                };
                fs.ciphertext(b"announcement", &announced.encode());
            }
        }
    }
    ProofFault::unless(fs.challenge(b"challenge") == challenge)?;
    Ok(shuffled)
}
