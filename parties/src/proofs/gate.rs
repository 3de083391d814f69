//! A keyholder takes its turn on a chunk of conditional gates: multiplies both ciphertexts of each by a secret
//! sign, re-encrypts them, and proves for all at once that each gate had one sign (spec section 11).

use super::{
    masked::{self, Squares, Vectors},
    nonces,
};
use crate::{bases::Bases, choices::Sign};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::gate::{OutputWeights, Statement, absorb_announcements, absorb_signs},
};
use talea_protocol::{
    bytes::{Digest, List, TooLong},
    labels,
    ranking::{GateProof, GateTurn},
    sealed_bid::Ciphertext as WireCiphertext,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The masks of one gate: [`Masks::gates`](crate::masks::Masks::gates) draws them. **They serve one
/// input, once.**
#[derive(Clone, Debug, ZeroizeOnDrop)]
pub struct Witness {
    /// `v`.
    pub sign: Sign,
    /// `q`, which re-encrypts `X`.
    pub q_x: Scalar,
    /// `q'`, which re-encrypts `Y`.
    pub q_y: Scalar,
}

/// The place of the gates, and their inputs.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// `(X, Y)`.
    pub inputs: &'a [(Ciphertext, Ciphertext)],
    /// The encodings of `inputs`.
    pub inputs_encoded: &'a [(WireCiphertext, WireCiphertext)],
}

/// Takes the turn: one witness for each input, in order. At most
/// [`MAX_CHUNK_ITEMS`](talea_protocol::limits::MAX_CHUNK_ITEMS) of them.
///
/// # Errors
/// [`TooLong`] if there are more.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    inputs: &Inputs<'_>,
    witnesses: &[Witness],
    rng: &mut R,
) -> Result<(Vec<GateTurn>, GateProof), TooLong> {
    let Inputs { head, chunk, quorum_key, inputs, inputs_encoded } = *inputs;
    let bases = Bases::new(gens, &quorum_key);

    // X' = v*X + Enc(0; q), Y' = v*Y + Enc(0; q')
    let mut turns: Vec<GateTurn> = inputs
        .par_iter()
        .zip(witnesses)
        .map(|((x, y), Witness { sign, q_x, q_y })| {
            let output = |input: &Ciphertext, q: &Scalar| {
                let signed = Ciphertext { r: sign.signed(&input.r), e: sign.signed(&input.e) };
                (signed + bases.encrypt_zero(q)).encode()
            };
            GateTurn { x: output(x, q_x), y: output(y, q_y), sign: masked::BLANK }
        })
        .collect();
    let statement = Statement { head, chunk, quorum_key, inputs, inputs_encoded, turns: &turns };
    let mut fs = FiatShamir::begin(labels::KIND_GATE, context);
    statement.absorb(&mut fs, gens);

    // S = sum v_l V_l + sigma*H, for each vector
    let secrets: Zeroizing<Vec<Scalar>> = Zeroizing::new(
        witnesses.iter().flat_map(|wit| [wit.sign.indicator(), wit.q_x, wit.q_y]).collect(),
    );
    let mut generator = nonces(&mut fs, secrets.iter(), rng);
    let sum = |witnesses: &[Witness]| {
        witnesses.iter().zip(gens.vector.iter()).map(|(wit, v)| wit.sign.signed(v)).sum()
    };
    let mut vectors = Vectors::commit(&bases, witnesses, sum, &mut generator);
    let weights = absorb_signs(&mut fs, &vectors.openings(), inputs.len());

    // sum (e*q + f*q'), the randomness of the weighed outputs
    let mut randomness = Zeroizing::new(Scalar::ZERO);
    for (Witness { q_x, q_y, .. }, [e, f]) in witnesses.iter().zip(&weights) {
        *randomness += e * q_x + f * q_y;
    }
    let signs: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(witnesses.iter().map(|witness| witness.sign.scalar()).collect());
    let mut generator = nonces(&mut fs, secrets.iter(), rng);
    loop {
        let mut fs = fs.clone();
        let masks = masked::masks(&mut generator, signs.len());
        // A = sum a_l V_l + alpha*H, for each vector
        vectors.announce(gens, &bases, &masks, &mut generator);
        // (a + c*v)^2 - c^2 = 2 a v c + a^2
        let mut linear = Zeroizing::new(Scalar::ZERO);
        let mut constant = Zeroizing::new(Scalar::ZERO);
        for ((a, v), [e, _]) in masks.iter().zip(signs.iter()).zip(&weights) {
            let weighed = Zeroizing::new(e * a);
            *linear += (*weighed + *weighed) * v;
            *constant += *weighed * a;
        }
        let (squares, mut quadratic) =
            Squares::announce(&bases, &linear, &constant, &mut generator);
        // M = sum a (e*X + f*Y) + Enc(0; mu)
        let mu = Zeroizing::new(Scalar::random(&mut generator));
        let announcement = weighed_inputs(inputs, &masks, &weights) + bases.encrypt_zero(&mu);
        let announcement = announcement.encode();
        let challenge =
            absorb_announcements(&mut fs, &vectors.openings(), &quadratic, &announcement);

        // z = a + c*v
        let Some(masked) = masked::respond(&masks, &challenge, signs.iter()) else { continue };
        for (turn, masked) in turns.iter_mut().zip(masked) {
            turn.sign = masked;
        }
        vectors.respond(&challenge);
        squares.respond(&challenge, &Scalar::ZERO, &mut quadratic);
        // R = mu + c * sum (e*q + f*q')
        let randomness = encode_scalar(&(*mu + challenge * *randomness));
        let signs = List::new(vectors.openings())?;
        return Ok((turns, GateProof { signs, squares: quadratic, announcement, randomness }));
    }
}

/// `sum a (e*X + f*Y)`.
fn weighed_inputs(
    inputs: &[(Ciphertext, Ciphertext)],
    masks: &[Scalar],
    weights: &[OutputWeights],
) -> Ciphertext {
    let weighed: Zeroizing<Vec<Scalar>> =
        Zeroizing::new(masks.iter().zip(weights).flat_map(|(a, [e, f])| [a * e, a * f]).collect());
    let of = |half: fn(&Ciphertext) -> RistrettoPoint| {
        let points: Vec<RistrettoPoint> =
            inputs.iter().flat_map(|(x, y)| [half(x), half(y)]).collect();
        masked::combine(&weighed, &points)
    };
    Ciphertext { r: of(|c| c.r), e: of(|c| c.e) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, blur, bump, context, encrypt, nudge, on_threads, other_contexts,
        other_generators, rng,
    };
    use talea_contract::{
        fiat_shamir::Weights,
        proofs::{
            ProofFault,
            gate::{absorb_responses, verify},
        },
    };
    use talea_protocol::{
        bytes::{Point, Scalar as WireScalar},
        limits::{MAX_CHUNK_ITEMS, MAX_VECTOR},
        masked::VectorOpening,
    };

    /// What a keyholder posts.
    type Post = (Vec<GateTurn>, GateProof);

    type VectorChange = fn(&mut VectorOpening);

    /// A chunk of gates with its key.
    struct Chunk {
        head: Digest,
        chunk: u32,
        secret: Scalar,
        quorum_key: RistrettoPoint,
        inputs: Vec<(Ciphertext, Ciphertext)>,
        inputs_encoded: Vec<(WireCiphertext, WireCiphertext)>,
    }

    impl Chunk {
        /// Gates on the messages `(1, 1)`, `(-1, 0)`, `(1, 0)`, ...
        fn new(gates: usize) -> Self {
            let gens = Generators::derive();
            let mut rng = rng(1);
            let secret = Scalar::random(&mut rng);
            let quorum_key = gens.key * secret;
            let mut sealed = |m: Scalar| encrypt(&gens, &quorum_key, &m, &Scalar::random(&mut rng));
            let inputs: Vec<_> = (0..gates)
                .map(|i| {
                    let x = if i % 2 == 0 { Scalar::ONE } else { -Scalar::ONE };
                    (sealed(x), sealed(Scalar::from(u8::from(i % 3 == 0))))
                })
                .collect();
            Self::of(secret, inputs)
        }

        fn of(secret: Scalar, inputs: Vec<(Ciphertext, Ciphertext)>) -> Self {
            let quorum_key = Generators::derive().key * secret;
            let inputs_encoded = inputs.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
            let head = Digest([8; 32]);
            Self { head, chunk: 3, secret, quorum_key, inputs, inputs_encoded }
        }

        fn inputs(&self) -> Inputs<'_> {
            let Self { head, chunk, quorum_key, ref inputs, ref inputs_encoded, .. } = *self;
            Inputs { head, chunk, quorum_key, inputs, inputs_encoded }
        }

        fn statement<'a>(&'a self, turns: &'a [GateTurn]) -> Statement<'a> {
            let Self { head, chunk, quorum_key, ref inputs, ref inputs_encoded, .. } = *self;
            Statement { head, chunk, quorum_key, inputs, inputs_encoded, turns }
        }

        fn verdict(&self, (turns, proof): &Post) -> Result<(), ProofFault> {
            verify(&Generators::derive(), &context(), &self.statement(turns), proof).map(|_| ())
        }

        fn opened(&self, ciphertext: &Ciphertext) -> RistrettoPoint {
            ciphertext.e - ciphertext.r * self.secret
        }
    }

    /// Masks with signs `+ - - + - -` ...
    fn witnesses(gates: usize) -> Vec<Witness> {
        let mut rng = rng(2);
        let mut scalar = || Scalar::random(&mut rng);
        (0..gates)
            .map(|i| Witness { sign: Sign::chosen(i % 3 == 0), q_x: scalar(), q_y: scalar() })
            .collect()
    }

    fn proved(chunk: &Chunk) -> Post {
        let witnesses = witnesses(chunk.inputs.len());
        prove(&Generators::derive(), &context(), &chunk.inputs(), &witnesses, &mut rng(3)).unwrap()
    }

    #[test]
    fn every_number_of_gates_is_proved_and_multiplies_both_halves_by_the_sign() {
        let gens = Generators::derive();
        for gates in [1, 2, 7, MAX_VECTOR, MAX_VECTOR + 1, 2 * MAX_VECTOR] {
            let chunk = Chunk::new(gates);
            let (turns, proof) = proved(&chunk);
            let statement = chunk.statement(&turns);
            let outputs = verify(&gens, &context(), &statement, &proof).unwrap();
            assert_eq!(outputs.len(), gates);
            for (((x, y), (x_out, y_out)), mask) in
                chunk.inputs.iter().zip(&outputs).zip(witnesses(gates))
            {
                let v = mask.sign.scalar();
                assert_eq!(chunk.opened(x_out), chunk.opened(x) * v);
                assert_eq!(chunk.opened(y_out), chunk.opened(y) * v);
                assert_ne!(x_out.r, x.r);
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_turns_on_any_number_of_threads() {
        let chunk = Chunk::new(5 * MAX_VECTOR + 1);
        let post = on_threads(1, || proved(&chunk));
        assert_eq!(chunk.verdict(&post), Ok(()));
        for threads in [2, 7] {
            assert_eq!(on_threads(threads, || proved(&chunk)), post, "{threads} threads");
        }
    }

    #[test]
    fn gates_on_public_ciphertexts_and_on_the_identity_are_proved() {
        let gens = Generators::derive();
        let public = (Ciphertext::trivial(gens.value), Ciphertext::zero());
        let chunk = Chunk::of(Scalar::from(5u8), vec![public]);
        assert_eq!(chunk.verdict(&proved(&chunk)), Ok(()));
        // An output that is public is no fault here either.
        let masks = [Witness { sign: Sign::chosen(false), q_x: Scalar::ZERO, q_y: Scalar::ZERO }];
        let post = prove(&gens, &context(), &chunk.inputs(), &masks, &mut rng(3)).unwrap();
        assert_eq!(chunk.verdict(&post), Ok(()));
    }

    type Field<T> = Box<dyn Fn(&mut Post) -> &mut T>;

    /// A proof with one of its vectors changed.
    fn vector(post: &mut Post, index: usize, change: impl FnOnce(&mut VectorOpening)) {
        let mut signs = post.1.signs.to_vec();
        change(&mut signs[index]);
        post.1.signs = List::new(signs).unwrap();
    }

    #[test]
    fn every_field_of_a_post_counts() {
        let chunk = Chunk::new(3);
        let post = proved(&chunk);
        let mut points: Vec<Field<Point>> = vec![
            Box::new(|(_, p)| &mut p.squares.linear),
            Box::new(|(_, p)| &mut p.squares.constant),
            Box::new(|(_, p)| &mut p.announcement.r),
            Box::new(|(_, p)| &mut p.announcement.e),
        ];
        for gate in 0..post.0.len() {
            points.push(Box::new(move |(t, _)| &mut t[gate].x.r));
            points.push(Box::new(move |(t, _)| &mut t[gate].x.e));
            points.push(Box::new(move |(t, _)| &mut t[gate].y.r));
            points.push(Box::new(move |(t, _)| &mut t[gate].y.e));
        }
        let scalars: [Field<WireScalar>; 2] =
            [Box::new(|(_, p)| &mut p.squares.blinding), Box::new(|(_, p)| &mut p.randomness)];
        let changed = |change: &dyn Fn(&mut Post)| {
            let mut other = post.clone();
            change(&mut other);
            chunk.verdict(&other)
        };
        for (i, field) in points.iter().enumerate() {
            let nudged = changed(&|post| *field(post) = nudge(field(post)));
            assert_eq!(nudged, Err(ProofFault::False), "point {i}");
            let malformed = changed(&|post| *field(post) = NO_POINT);
            assert_eq!(malformed, Err(ProofFault::NotCanonical), "point {i}");
        }
        for (i, field) in scalars.iter().enumerate() {
            let bumped = changed(&|post| *field(post) = bump(field(post)));
            assert_eq!(bumped, Err(ProofFault::False), "scalar {i}");
            let malformed = changed(&|post| *field(post) = NO_SCALAR);
            assert_eq!(malformed, Err(ProofFault::NotCanonical), "scalar {i}");
        }
        let of_vectors: [(VectorChange, ProofFault); 6] = [
            (|v| v.commitment = nudge(&v.commitment), ProofFault::False),
            (|v| v.announcement = nudge(&v.announcement), ProofFault::False),
            (|v| v.blinding = bump(&v.blinding), ProofFault::False),
            (|v| v.commitment = NO_POINT, ProofFault::NotCanonical),
            (|v| v.announcement = NO_POINT, ProofFault::NotCanonical),
            (|v| v.blinding = NO_SCALAR, ProofFault::NotCanonical),
        ];
        for (change, fault) in of_vectors {
            assert_eq!(changed(&|post| vector(post, 0, change)), Err(fault));
        }
        for gate in 0..post.0.len() {
            let blurred = changed(&|post| post.0[gate].sign = blur(&post.0[gate].sign));
            assert_eq!(blurred, Err(ProofFault::False), "sign {gate}");
        }
        assert_eq!(changed(&|post| post.0.swap(0, 1)), Err(ProofFault::False));
    }

    #[test]
    fn weights_depend_on_every_response() {
        // A verifier alone has them, so neither prover nor vector would notice one left out.
        let post = proved(&Chunk::new(2));
        let weight = |(turns, proof): &Post| {
            let mut fs = FiatShamir::begin(labels::KIND_GATE, &context());
            absorb_responses(&mut fs, turns, proof);
            Weights::after([fs]).draw()
        };
        let changes: [fn(&mut Post); 5] = [
            |(turns, _)| turns[0].sign = blur(&turns[0].sign),
            |(turns, _)| turns[1].sign = blur(&turns[1].sign),
            |(_, proof)| proof.squares.blinding = bump(&proof.squares.blinding),
            |(_, proof)| proof.randomness = bump(&proof.randomness),
            |post| vector(post, 0, |v| v.blinding = bump(&v.blinding)),
        ];
        for change in changes {
            let mut other = post.clone();
            change(&mut other);
            assert_ne!(weight(&other), weight(&post));
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let post = proved(&Chunk::new(2));
        let changes: [fn(&mut Chunk); 8] = [
            |c| c.head.0[0] ^= 1,
            |c| c.chunk += 1,
            |c| c.quorum_key += Generators::derive().key,
            |c| c.inputs[0].0.r += Generators::derive().key,
            |c| c.inputs[0].0.e += Generators::derive().value,
            |c| c.inputs[1].1.r += Generators::derive().key,
            |c| c.inputs[1].1.e += Generators::derive().value,
            |c| c.inputs.swap(0, 1),
        ];
        for (i, change) in changes.into_iter().enumerate() {
            let mut chunk = Chunk::new(2);
            change(&mut chunk);
            let encode = |(x, y): &(Ciphertext, Ciphertext)| (x.encode(), y.encode());
            chunk.inputs_encoded = chunk.inputs.iter().map(encode).collect();
            assert_eq!(chunk.verdict(&post), Err(ProofFault::False), "change {i}");
        }
        let chunk = Chunk::new(2);
        let (turns, proof) = &post;
        let statement = chunk.statement(turns);
        for other in other_contexts() {
            let verdict = verify(&gens, &other, &statement, proof);
            assert_eq!(verdict.map(|_| ()), Err(ProofFault::False), "{other:?}");
        }
        let mut other_vector = gens.clone();
        other_vector.vector = gens.vector.with(1, gens.key);
        for other in other_generators().into_iter().chain([other_vector]) {
            let verdict = verify(&other, &context(), &statement, proof);
            assert_eq!(verdict.map(|_| ()), Err(ProofFault::False));
        }
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let gens = Generators::derive();
        let chunk = Chunk::new(2);
        let (turns, proof) = proved(&chunk);
        let verdict = |statement: Statement<'_>| {
            verify(&gens, &context(), &statement, &proof).map(|_| ()).unwrap_err()
        };
        let right = chunk.statement(&turns);
        let length = |expected, actual| ProofFault::Length { expected, actual };
        assert_eq!(verdict(Statement { turns: &turns[..1], ..right }), length(2, 1));
        assert_eq!(verdict(Statement { inputs: &chunk.inputs[..1], ..right }), length(1, 2));
        let encoded = &chunk.inputs_encoded[..1];
        assert_eq!(verdict(Statement { inputs_encoded: encoded, ..right }), length(2, 1));
        let empty = Statement { inputs: &[], inputs_encoded: &[], turns: &[], ..right };
        assert_eq!(verdict(empty), length(1, 0));
        assert_eq!(verdict(Statement { turns: &turns[..1], ..empty }), length(1, 0));
        // A vector too few, and one too many.
        for vectors in [0, 2] {
            let signs = List::new(vec![proof.signs[0]; vectors]).unwrap();
            let other = (turns.clone(), GateProof { signs, ..proof.clone() });
            assert_eq!(chunk.verdict(&other), Err(length(1, vectors)));
        }
    }

    #[test]
    fn an_output_with_another_message_is_not_provable_by_following_the_protocol() {
        // The prover signs `X` with -1 and `Y` with +1, in all else honest.
        let gens = Generators::derive();
        let chunk = Chunk::new(1);
        let flipped = Chunk::of(chunk.secret, vec![(-chunk.inputs[0].0, chunk.inputs[0].1)]);
        let witnesses = witnesses(1);
        let post = prove(&gens, &context(), &flipped.inputs(), &witnesses, &mut rng(3)).unwrap();
        assert_eq!(flipped.verdict(&post), Ok(()));
        assert_eq!(chunk.verdict(&post), Err(ProofFault::False));
    }

    #[test]
    fn more_gates_than_a_chunk_may_hold_are_not_proved() {
        let chunk = Chunk::new(1);
        let many = MAX_CHUNK_ITEMS + MAX_VECTOR;
        let (pair, encoded) = (chunk.inputs[0], chunk.inputs_encoded[0]);
        let chunk =
            Chunk { inputs: vec![pair; many], inputs_encoded: vec![encoded; many], ..chunk };
        let witnesses = witnesses(many);
        let inputs = chunk.inputs();
        let refused = prove(&Generators::derive(), &context(), &inputs, &witnesses, &mut rng(3));
        assert_eq!(refused.unwrap_err(), TooLong { len: 33, max: 32 });
    }
}
