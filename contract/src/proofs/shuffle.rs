//! Lists whose entries were moved and raised to secret powers, for "is the count at most M?" (spec section 11, K12).
//!
//! A list of `2^k` entries is moved by a mask of `k` bits: the entry at `i` goes to `i xor r`. That the first
//! half of an output is not `O` says that its power is not zero. Afterwards nobody can tell which entry of a
//! list was which, and every entry that was not zero is anything.
//!
//! The prover commits to the bits of the masks and to the powers before it knows the weights of the places. The
//! weight of place `j` is a product over the bits of `j`, so the weight of `i xor r` is a product of `k` linear
//! functions of the bits of `r`: with masked bits a polynomial of degree `k`, and with a masked power of degree
//! `k + 1`, whose leading coefficient is what the statement says.

use super::{
    ProofFault,
    masked::{self, Fold, Opening, Squares, absorb_bases, absorb_blindings},
};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir, Weights},
    group::{Generators, decode_point, decode_scalar},
};
use alloc::vec::Vec;
use core::iter;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::Digest,
    labels,
    limits::MAX_VECTOR,
    masked::{Masked, Quadratic, VectorOpening},
    ranking::{ShuffleProof, ShuffleTerm},
    sealed_bid::Ciphertext as WireCiphertext,
};

/// A list of `2^k` ciphertexts with their encodings.
pub type List = Vec<(Ciphertext, WireCiphertext)>;

/// `Z[i xor r] = s_i * X[i]` for every list and all `i`, no `s_i` zero.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// `X`, lists of one length `2^k`.
    pub lists: &'a [List],
    /// `Z`, list by list, as posted.
    pub outputs: &'a [WireCiphertext],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { head, chunk, quorum_key, lists, outputs } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        absorb_bases(fs, gens, quorum_key);
        fs.count(b"lists", lists.len());
        fs.count(b"length", lists.first().map_or(0, Vec::len));
        for (_, entry) in lists.iter().flatten() {
            fs.ciphertext(b"entry-in", entry);
        }
        for output in *outputs {
            fs.ciphertext(b"entry-out", output);
        }
    }
}

/// The weights of one proof.
#[derive(Clone, Debug)]
pub struct ListWeights {
    /// `y_l`: what bit `l` of a place counts.
    pub places: Vec<Scalar>,
    /// What each list counts.
    pub lists: Vec<Scalar>,
    /// What the equation of each bit of a move counts.
    pub bits: Vec<Scalar>,
}

impl ListWeights {
    /// The weight of a place: the product of the `y_l` of its bits.
    #[must_use]
    pub fn of_place(&self, place: usize) -> Scalar {
        let bits = self.places.iter().enumerate();
        bits.filter(|(l, _)| place >> l & 1 == 1).map(|(_, y)| y).product()
    }
}

/// Absorbs the commitments to moves and powers and draws the weights of `lists` lists of `2^k` entries.
pub fn absorb_commitments(
    fs: &mut FiatShamir,
    moves: &[VectorOpening],
    powers: &[VectorOpening],
    (lists, k): (usize, usize),
) -> ListWeights {
    for (count, label, vectors) in [
        (b"vectors" as &[u8], b"vector" as &[u8], moves),
        (b"power-vectors", b"power-vector", powers),
    ] {
        fs.count(count, vectors.len());
        for vector in vectors {
            fs.point(label, &vector.commitment);
        }
    }
    let mut places =
        fs.weights(b"weights", k.saturating_add(lists.saturating_mul(k.saturating_add(1))));
    let mut lists_and_bits = places.split_off(k.min(places.len()));
    let bits = lists_and_bits.split_off(lists.min(lists_and_bits.len()));
    ListWeights { places, lists: lists_and_bits, bits }
}

/// Absorbs the announcements and draws `c`.
pub fn absorb_announcements(
    fs: &mut FiatShamir,
    moves: &[VectorOpening],
    powers: &[VectorOpening],
    squares: &Quadratic,
    polynomial: &[ShuffleTerm],
) -> Scalar {
    for vector in moves {
        fs.point(b"vector-announcement", &vector.announcement);
    }
    for vector in powers {
        fs.point(b"power-announcement", &vector.announcement);
    }
    fs.point(b"linear", &squares.linear);
    fs.point(b"constant", &squares.constant);
    fs.count(b"polynomial", polynomial.len());
    for ShuffleTerm { ciphertext, mask } in polynomial {
        fs.ciphertext(b"polynomial-term", ciphertext);
        fs.point(b"polynomial-mask", mask);
    }
    fs.weight(b"challenge")
}

/// Absorbs the responses: the last bytes of the message, before any weight of the verifier's own.
pub fn absorb_responses(fs: &mut FiatShamir, proof: &ShuffleProof) {
    for bit in proof.masked.iter() {
        fs.masked(b"bit", bit);
    }
    for power in proof.raised.iter() {
        fs.scalar(b"power", power);
    }
    absorb_blindings(fs, proof.moves.iter().chain(proof.powers.iter()), &proof.squares);
    fs.scalar(b"mask", &proof.mask);
}

/// A proof of decoded elements.
struct Decoded {
    outputs: Vec<Ciphertext>,
    moves: Vec<Opening>,
    squares: Squares,
    powers: Vec<Opening>,
    polynomial: Vec<(Ciphertext, RistrettoPoint)>,
    masked: Vec<Scalar>,
    raised: Vec<Scalar>,
    mask: Scalar,
}

impl Decoded {
    fn decode(outputs: &[WireCiphertext], proof: &ShuffleProof) -> Option<Self> {
        let ShuffleProof { moves, squares, powers, polynomial, masked, raised, mask } = proof;
        let term = |term: &ShuffleTerm| {
            Some((Ciphertext::decode(&term.ciphertext)?, decode_point(&term.mask)?))
        };
        Some(Self {
            outputs: masked::all(outputs, Ciphertext::decode)?,
            moves: masked::all(moves.iter(), Opening::decode)?,
            squares: Squares::decode(squares)?,
            powers: masked::all(powers.iter(), Opening::decode)?,
            polynomial: masked::all(polynomial.iter(), term)?,
            masked: masked.iter().map(|bit: &Masked| masked::decode(bit)).collect(),
            raised: masked::all(raised.iter(), decode_scalar)?,
            mask: decode_scalar(mask)?,
        })
    }
}

/// `k`, where a list has `2^k` entries.
#[must_use]
pub fn bits_of(length: usize) -> usize {
    usize::try_from(length.checked_ilog2().unwrap_or(0)).unwrap_or(usize::MAX)
}

/// `k`, where every list has `2^k` entries and `k` is at least 1.
fn list_bits(lists: &[List]) -> Result<usize, ProofFault> {
    let k = bits_of(lists.first().map_or(0, Vec::len)).max(1);
    let length = u32::try_from(k).ok().and_then(|k| 1usize.checked_shl(k)).unwrap_or(usize::MAX);
    for list in lists {
        ProofFault::unless_length(length, list.len())?;
    }
    Ok(k)
}

/// Verifies a chunk's shuffle, and gives the lists back as it left them, with their encodings.
///
/// # Errors
/// The fault that was found first. An empty chunk is refused.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    proof: &ShuffleProof,
) -> Result<Vec<List>, ProofFault> {
    let Statement { quorum_key, lists, outputs, .. } = statement;
    let k = list_bits(lists)?;
    let length = lists.first().map_or(1, Vec::len).max(1);
    let entries = lists.len().saturating_mul(length);
    let bits = lists.len().saturating_mul(k);
    ProofFault::unless_complete(entries, outputs.len())?;
    ProofFault::unless_length(bits.div_ceil(MAX_VECTOR), proof.moves.len())?;
    ProofFault::unless_length(entries.div_ceil(MAX_VECTOR), proof.powers.len())?;
    ProofFault::unless_length(k.saturating_add(1), proof.polynomial.len())?;
    ProofFault::unless_length(bits, proof.masked.len())?;
    ProofFault::unless_length(entries, proof.raised.len())?;
    let decoded = Decoded::decode(outputs, proof).ok_or(ProofFault::NotCanonical)?;
    let inputs = lists.iter().flatten().map(|(entry, _)| entry);
    if inputs.chain(&decoded.outputs).any(|entry| entry.r.is_identity()) {
        return Err(ProofFault::Identity);
    }

    let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, context);
    statement.absorb(&mut fs, gens);
    let of = absorb_commitments(&mut fs, &proof.moves, &proof.powers, (lists.len(), k));
    let challenge = absorb_announcements(
        &mut fs,
        &proof.moves,
        &proof.powers,
        &proof.squares,
        &proof.polynomial,
    );
    absorb_responses(&mut fs, proof);
    let mut weights = Weights::after(iter::once(fs));

    let mut fold = Fold::with_capacity(entries.saturating_mul(4).saturating_add(64));
    // sum z_l V_l + w*H = A + c*S, for each vector
    for (vector, masked) in decoded.moves.iter().zip(decoded.masked.chunks(MAX_VECTOR)) {
        fold.add_opening(weights.draw(), challenge, masked, vector);
    }
    for (vector, raised) in decoded.powers.iter().zip(decoded.raised.chunks(MAX_VECTOR)) {
        fold.add_opening(weights.draw(), challenge, raised, vector);
    }
    // (sum e (z^2 - c z))*G + t*H = c*T_1 + T_0
    let value = of.bits.iter().zip(&decoded.masked).map(|(e, z)| e * z * (z - challenge)).sum();
    fold.add_squares(weights.draw(), challenge, value, &decoded.squares);
    // h*G = sum c^e N_e
    // sum over lists, i of F_i z_i X_i + h*(K, PK) = c^(k+1) * sum over lists, j of u_j Z_j + sum c^e D_e
    let [of_n, of_r, of_e] = [weights.draw(), weights.draw(), weights.draw()];
    fold.value += of_n * decoded.mask;
    fold.key += of_r * decoded.mask;
    fold.quorum_key += of_e * decoded.mask;
    let mut power = Scalar::ONE;
    for (term, mask) in &decoded.polynomial {
        fold.add(-of_n * power, *mask);
        fold.add(-of_r * power, term.r);
        fold.add(-of_e * power, term.e);
        power *= challenge;
    }
    // `power` is c^(k+1) now.
    let places: Vec<Scalar> = (0..length).map(|place| of.of_place(place)).collect();
    let chunks = lists.iter().zip(decoded.masked.chunks(k)).zip(&of.lists);
    let chunks = chunks.zip(decoded.raised.chunks(length)).zip(decoded.outputs.chunks(length));
    for ((((list, bits), of_list), raised), outputs) in chunks {
        let moved = moved_weights(&of.places, bits, &challenge);
        for (((entry, _), moved), z) in list.iter().zip(&moved).zip(raised) {
            let scalar = of_list * moved * z;
            fold.add(of_r * scalar, entry.r);
            fold.add(of_e * scalar, entry.e);
        }
        for (output, place) in outputs.iter().zip(&places) {
            let scalar = power * of_list * place;
            fold.add(-of_r * scalar, output.r);
            fold.add(-of_e * scalar, output.e);
        }
    }
    fold.vanishes(gens, quorum_key)?;

    let outputs: List = decoded.outputs.into_iter().zip(outputs.iter().copied()).collect();
    Ok(outputs.chunks(length).map(<[_]>::to_vec).collect())
}

/// `F_i(c)`, the weight of the place to which `i` moves, for every `i`: the product over the bits `l` of `i` of
/// `c - z_l + y_l z_l` where it is 0, and of `(c - z_l) y_l + z_l` where it is 1.
fn moved_weights(places: &[Scalar], bits: &[Scalar], challenge: &Scalar) -> Vec<Scalar> {
    let mut weights = alloc::vec![Scalar::ONE];
    for (y, z) in places.iter().zip(bits) {
        let stays = challenge - z;
        let (of_0, of_1) = (stays + y * z, stays * y + z);
        let upper: Vec<Scalar> = weights.iter().map(|weight| weight * of_1).collect();
        weights.iter_mut().for_each(|weight| *weight *= of_0);
        weights.extend(upper);
    }
    weights
}
