//! Shuffle: the entries of a list are moved by a secret mask of their places, and every entry is raised to a
//! power other than 0: `Z[i xor r] = s_i*X[i]` (section 11, **K12**).
//!
//! One proof for all lists of a message. Vectors commit to the bits of every `r` and to the powers,
//! [`MAX_VECTOR`] to each; weights drawn after that make one polynomial in the challenge of all lists, whose
//! leading coefficient is the weighted sum of the outputs.

use std::sync::Arc;

use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    limits::MAX_VECTOR,
    masked::Masked,
    ranking::{ShuffleProof, ShuffleTerm},
    sealed_bid::Ciphertext,
};

use super::{
    ProofError,
    blind::Item,
    masked::{Quadratic, VectorOpening, absorb_bases},
    same_length, scalar,
    turns::{self, Items, Sums, Turn, gather},
};
use crate::{
    fiat_shamir::{Binding, Context, ProofTranscript, Weights},
    group::{Cipher, Fold, QuorumKey, encode_scalar, masked_integer},
};

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

    /// How many lists.
    fn count(&self) -> usize {
        self.entries.len().checked_div(self.length()).unwrap_or(0)
    }

    /// `k`, the bits of a place.
    fn bits(&self) -> usize {
        usize::try_from(self.k).unwrap_or(usize::MAX)
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

    /// Whether there are as many lists of the same length.
    ///
    /// # Errors
    /// [`ProofError::Length`] if not.
    pub(crate) fn same_form(&self, outputs: &Self) -> Result<(), ProofError> {
        same_length("terms of the polynomial", self.bits().saturating_add(1), outputs.bits() + 1)?;
        same_length("entries", self.entries.len().max(1), outputs.entries.len())
    }
}

impl Items for Lists {
    fn count(&self) -> usize {
        self.entries.len().saturating_mul(2)
    }

    /// `R`, `E` of every entry.
    fn points(&self) -> impl Iterator<Item = &RistrettoPoint> {
        self.entries.iter().flat_map(|entry| [&entry.cipher.r, &entry.cipher.e])
    }
}

/// A coefficient of the polynomial.
#[derive(Clone, Copy, Debug)]
struct Term {
    wire: ShuffleTerm,
    /// `D_e`.
    cipher: Cipher,
    /// `N_e`.
    mask: RistrettoPoint,
}

impl Term {
    const POINTS: usize = 3;

    fn decode(wire: &ShuffleTerm, e: usize) -> Result<Self, ProofError> {
        let cipher = Cipher::decode(&wire.ciphertext)
            .ok_or_else(|| ProofError::NotCanonical(format!("polynomial term {e}")))?;
        let mask = super::point(&wire.mask, || format!("polynomial mask {e}"))?;
        Ok(Self { wire: *wire, cipher, mask })
    }
}

/// A keyholder's turn on a chunk: every encoding is canonical, no first component of an output is `O`, and
/// there is of everything as much as so many lists of such a length need.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    /// `Z` of every list: the inputs of the next turn.
    pub(crate) outputs: Arc<Lists>,
    moves: Vec<VectorOpening>,
    squares: Quadratic,
    powers: Vec<VectorOpening>,
    polynomial: Vec<Term>,
    masked: Vec<Masked>,
    /// `z_l` of every bit.
    z: Vec<Scalar>,
    /// `p_i` of every entry.
    p: Vec<Scalar>,
    /// `h`.
    mask: Scalar,
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(outputs: &[Ciphertext], proof: &ShuffleProof) -> Result<Decoded, ProofError> {
    let ShuffleProof { moves, squares, powers, polynomial, masked, raised, mask } = proof;
    let entries = outputs
        .iter()
        .enumerate()
        .map(|(i, wire)| entry(wire, || format!("output {i}")))
        .collect::<Result<Vec<_>, _>>()?;
    // There are k + 1 terms.
    let k = polynomial.len().saturating_sub(1);
    let entry_count = entries.len();
    let lists = u32::try_from(k).ok().and_then(|k| Lists::new(k, entries));
    let outputs = lists.ok_or(ProofError::Length {
        what: "terms of the polynomial",
        expected: usize::try_from(entry_count.max(2).ilog2()).unwrap_or(usize::MAX) + 1,
        actual: polynomial.len(),
    })?;
    let bits = outputs.count().saturating_mul(k);
    same_length("move vectors", bits.div_ceil(MAX_VECTOR), moves.len())?;
    same_length("power vectors", entry_count.div_ceil(MAX_VECTOR), powers.len())?;
    same_length("masked bits", bits, masked.len())?;
    same_length("masked powers", entry_count, raised.len())?;
    let openings = |openings: &[talea_protocol::masked::VectorOpening]| {
        openings.iter().map(VectorOpening::decode).collect::<Result<Vec<_>, _>>()
    };
    Ok(Decoded {
        outputs: Arc::new(outputs),
        moves: openings(moves)?,
        squares: Quadratic::decode(squares)?,
        powers: openings(powers)?,
        polynomial: (polynomial.iter().enumerate())
            .map(|(e, term)| Term::decode(term, e))
            .collect::<Result<_, _>>()?,
        z: masked.iter().map(masked_integer).collect(),
        masked: masked.to_vec(),
        p: (raised.iter().enumerate())
            .map(|(i, p)| scalar(p, || format!("masked power {i}")))
            .collect::<Result<_, _>>()?,
        mask: scalar(mask, || "the polynomial's mask".into())?,
    })
}

/// An entry whose first component is not `O`.
fn entry(wire: &Ciphertext, name: impl Fn() -> String) -> Result<Item, ProofError> {
    let cipher = Cipher::decode(wire).ok_or_else(|| ProofError::NotCanonical(name()))?;
    if cipher.r.is_identity() {
        return Err(ProofError::Identity(format!("the randomness of {}", name())));
    }
    Ok(Item { cipher, wire: *wire })
}

/// Checks a keyholder's turn on a chunk of lists, all of them of the same `2^k` entries.
///
/// # Errors
/// [`ProofError`] if the lists have no such length, of anything there is too much or too little, an
/// encoding is not canonical, the randomness of an entry is `O`, or an equation does not hold.
pub fn verify(
    context: &Context,
    head: &Digest,
    chunk: u32,
    quorum_key: &Point,
    inputs: &[Vec<Ciphertext>],
    outputs: &[Ciphertext],
    proof: &ShuffleProof,
) -> Result<(), ProofError> {
    let key = QuorumKey {
        point: super::point(quorum_key, || "the quorum key".into())?,
        wire: *quorum_key,
    };
    let length = inputs.first().map_or(0, Vec::len);
    let expected = length.max(2).checked_next_power_of_two().unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for (at, list) in inputs.iter().enumerate() {
        same_length("entries of a list", expected, list.len())?;
        for (i, wire) in list.iter().enumerate() {
            entries.push(entry(wire, || format!("entry {i} of list {at}"))?);
        }
    }
    let what = "entries of a list";
    let lists = Lists::new(expected.trailing_zeros(), entries);
    let message = Message {
        context: *context,
        head: *head,
        chunk,
        quorum_key: &key,
        inputs: &lists.ok_or(ProofError::Length { what, expected, actual: length })?,
        post: &decode(outputs, proof)?,
    };
    match judge(&[message]).pop() {
        Some(Some(error)) => Err(error),
        Some(None) | None => Ok(()),
    }
}

/// A keyholder's turn on a chunk, to be judged.
pub(crate) struct Message<'a> {
    pub(crate) context: Context,
    pub(crate) head: Digest,
    pub(crate) chunk: u32,
    pub(crate) quorum_key: &'a QuorumKey,
    /// The outputs of the turn before, if any; the same allocation identifies it.
    pub(crate) inputs: &'a Lists,
    pub(crate) post: &'a Decoded,
}

impl Turn for Message<'_> {
    type Items = Lists;

    fn inputs(&self) -> &Lists {
        self.inputs
    }

    fn outputs(&self) -> &Arc<Lists> {
        &self.post.outputs
    }

    fn other_points(&self) -> usize {
        let post = self.post;
        let vectors = post.moves.len().saturating_add(post.powers.len());
        (vectors.saturating_mul(VectorOpening::POINTS))
            .saturating_add(post.polynomial.len().saturating_mul(Term::POINTS))
            .saturating_add(Quadratic::POINTS)
    }
}

/// A message with its challenges.
pub(crate) struct Challenged<'a, 'b> {
    message: &'a Message<'b>,
    /// `y_l` of every bit of a place.
    pub(crate) y: Vec<Scalar>,
    /// `u` of every list.
    pub(crate) u: Vec<Scalar>,
    /// `g` of every bit of every list.
    pub(crate) g: Vec<Scalar>,
    pub(crate) c: Scalar,
    pub(crate) binding: Binding,
}

/// Draws the challenges, and the binding after the last response.
pub(crate) fn challenge<'a, 'b>(message: &'a Message<'b>) -> Challenged<'a, 'b> {
    let post = message.post;
    let (lists, bits) = (post.outputs.count(), post.outputs.bits());
    let mut t = ProofTranscript::begin(labels::KIND_SHUFFLE, &message.context);
    t.digest(b"head", &message.head);
    t.integer(b"chunk", message.chunk);
    absorb_bases(&mut t, &message.quorum_key.wire);
    t.integer(b"lists", lists);
    t.integer(b"length", post.outputs.length());
    message.inputs.entries.iter().for_each(|x| t.cipher(b"entry-in", &x.wire));
    post.outputs.entries.iter().for_each(|z| t.cipher(b"entry-out", &z.wire));

    t.integer(b"vectors", post.moves.len());
    post.moves.iter().for_each(|vector| vector.absorb_commitment(&mut t, b"vector"));
    t.integer(b"power-vectors", post.powers.len());
    post.powers.iter().for_each(|vector| vector.absorb_commitment(&mut t, b"power-vector"));
    let drawn = bits.saturating_add(lists).saturating_add(post.z.len());
    let mut weights = t.weights(b"weights", drawn).into_iter();
    let y = weights.by_ref().take(bits).collect();
    let u = weights.by_ref().take(lists).collect();
    let g = weights.collect();

    (post.moves.iter()).for_each(|v| v.absorb_announcement(&mut t, b"vector-announcement"));
    (post.powers.iter()).for_each(|v| v.absorb_announcement(&mut t, b"power-announcement"));
    post.squares.absorb_announcements(&mut t);
    t.integer(b"polynomial", post.polynomial.len());
    for term in &post.polynomial {
        t.cipher(b"polynomial-term", &term.wire.ciphertext);
        t.point(b"polynomial-mask", &term.wire.mask);
    }
    let c = t.weight(b"challenge");

    // No challenge follows these; the weights of the fold must.
    post.masked.iter().for_each(|z| t.masked(b"bit", z));
    post.p.iter().for_each(|p| t.scalar(b"power", &encode_scalar(p)));
    (post.moves.iter().chain(&post.powers)).for_each(|vector| vector.absorb_response(&mut t));
    post.squares.absorb_response(&mut t);
    t.scalar(b"mask", &encode_scalar(&post.mask));
    Challenged { message, y, u, g, c, binding: t.binding() }
}

/// Judges messages: nothing for one that holds.
pub(crate) fn judge(messages: &[Message<'_>]) -> Vec<Option<ProofError>> {
    turns::judge(messages, challenge, fold_holds, Challenged::fault)
}

/// Whether all equations of all these messages hold.
fn fold_holds(challenged: &[&Challenged<'_, '_>]) -> bool {
    let Some(first) = challenged.first() else {
        return true;
    };
    if challenged.iter().any(|one| one.message.inputs.same_form(&one.message.post.outputs).is_err())
    {
        return false;
    }
    let bindings: Vec<Binding> = challenged.iter().map(|one| one.binding).collect();
    let points = turns::points(challenged.iter().map(|one| one.message));
    turns::fold_vanishes(&bindings, points, first.message.quorum_key, |fold, sums, weights| {
        challenged.iter().for_each(|one| one.fold_into(fold, sums, weights));
    })
}

/// For every place of `2^k`, the product over its bits of one factor where the bit is 0 and of another
/// where it is 1; times `first`. The factors are in order, of the least significant bit first.
fn products(first: Scalar, factors: impl Iterator<Item = [Scalar; 2]>) -> Vec<Scalar> {
    let mut products = vec![first];
    for [zero, one] in factors {
        let high: Vec<Scalar> = products.iter().map(|product| product * one).collect();
        products.iter_mut().for_each(|product| *product *= zero);
        products.extend(high);
    }
    products
}

impl<'b> Challenged<'_, 'b> {
    /// Adds the equations, each times a weight of its own:
    ///
    /// ```text
    /// sum z_l V_l + w*H = A + c*S                                          per vector
    /// sum p_i V_i + w*H = A + c*S                                          per power vector
    /// (sum g (z^2 - c z))*G + t*H = c*T_1 + T_0
    /// h*G = sum c^e N_e
    /// sum u (sum F_i(c) p_i X[i]) + h*(K, PK)
    ///     = c^(k+1) * sum u (sum Y(j) Z[j]) + sum c^e D_e                  in both components
    /// ```
    fn fold_into(&self, fold: &mut Fold, sums: &mut Sums<'b, Lists>, weights: &mut Weights) {
        let Self { message, c, .. } = self;
        let post = message.post;
        for (vector, z) in post.moves.iter().zip(post.z.chunks(MAX_VECTOR)) {
            vector.fold_into(fold, &weights.next(), c, z);
        }
        for (vector, p) in post.powers.iter().zip(post.p.chunks(MAX_VECTOR)) {
            vector.fold_into(fold, &weights.next(), c, p);
        }
        let (square, of_mask) = (weights.next(), weights.next());
        let (of_r, of_e) = (weights.next(), weights.next());

        let squares = self.g.iter().zip(&post.z).map(|(g, z)| g * z * (z - c)).sum();
        post.squares.fold_into(fold, &square, c, &squares);

        let mut c_to_e = Scalar::ONE;
        for term in &post.polynomial {
            fold.subtract(of_mask * c_to_e, &term.mask);
            fold.subtract(of_r * c_to_e, &term.cipher.r);
            fold.subtract(of_e * c_to_e, &term.cipher.e);
            c_to_e *= c;
        }
        // One power more than there are terms.
        let c_to_k_1 = c_to_e;
        fold.g += of_mask * post.mask;
        fold.k += of_r * post.mask;
        fold.pk += of_e * post.mask;

        // F_i(c), times u; with the factors of every bit as the specification has them.
        let factors = |z: &Scalar, y: &Scalar| [(c - z) + y * z, (c - z) * y + z];
        let of_lists = post.z.chunks(self.y.len().max(1)).zip(&self.u);
        let raised = of_lists
            .flat_map(|(z, u)| products(*u, z.iter().zip(&self.y).map(|(z, y)| factors(z, y))));
        for ((sum, f), p) in sums.of(message.inputs).iter_mut().zip(raised).zip(&post.p) {
            let f_p = f * p;
            gather(sum, [of_r * f_p, of_e * f_p]);
        }
        // Y(j), times c^(k+1).
        let (minus_r, minus_e) = (-of_r, -of_e);
        let y = products(c_to_k_1, self.y.iter().map(|y| [Scalar::ONE, *y]));
        let leading = self.u.iter().flat_map(|u| y.iter().map(move |y| u * y));
        for (sum, leading) in sums.of(&post.outputs).iter_mut().zip(leading) {
            gather(sum, [minus_r * leading, minus_e * leading]);
        }
    }

    /// What is wrong with a message that does not hold.
    fn fault(&self) -> ProofError {
        let equation = || ProofError::Equation("the proof of the shuffle".into());
        let same = self.message.inputs.same_form(&self.message.post.outputs);
        same.err().unwrap_or_else(equation)
    }
}
