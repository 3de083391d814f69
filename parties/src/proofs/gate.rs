//! A keyholder takes its turn on a chunk of conditional gates (Schoenmakers and Tuyls, 2004): multiplies both ciphertexts of each by a secret
//! sign, re-encrypts them, and proves that it was one sign (spec section 11).

use super::nonces;
use crate::choices::Sign;
use curve25519_dalek::{
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
};
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::gate::{Statement, absorb_announcements},
};
use talea_protocol::{
    bytes::{Digest, Point, Scalar as WireScalar},
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

/// What one gate needs between announcement and response.
#[derive(ZeroizeOnDrop)]
struct Secret {
    /// `[v = 1]` and `[v = -1]`.
    is_plus: Scalar,
    is_minus: Scalar,
    /// `q + w q'`, the randomness of the one difference that encrypts zero.
    randomness: Scalar,
    /// The challenge for the sign that is not `v`, chosen beforehand.
    simulated: Scalar,
    /// Nonce for the sign that is `v`, response for the other.
    t_plus: Scalar,
    t_minus: Scalar,
}

/// A proof not made yet.
const BLANK: GateProof = {
    let zero = WireScalar([0; 32]);
    let nothing = WireCiphertext { r: Point::IDENTITY, e: Point::IDENTITY };
    GateProof { plus: nothing, minus: nothing, c_plus: zero, z_plus: zero, z_minus: zero }
};

/// Takes the turn: one witness for each input, in order.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    inputs: &Inputs<'_>,
    witnesses: &[Witness],
    rng: &mut R,
) -> Vec<GateTurn> {
    let Inputs { head, chunk, quorum_key, inputs, inputs_encoded } = *inputs;
    let key = RistrettoBasepointTable::create(&gens.key);
    let quorum = RistrettoBasepointTable::create(&quorum_key);
    let encryption_of_zero = |r: &Scalar| Ciphertext { r: &key * r, e: &quorum * r };

    // X' = v*X + Enc(0; q), Y' = v*Y + Enc(0; q')
    let outputs: Vec<(Ciphertext, Ciphertext)> = inputs
        .iter()
        .zip(witnesses)
        .map(|((x, y), Witness { sign, q_x, q_y })| {
            let v = Zeroizing::new(sign.scalar());
            (x.scaled(&v) + encryption_of_zero(q_x), y.scaled(&v) + encryption_of_zero(q_y))
        })
        .collect();
    let mut turns: Vec<GateTurn> = outputs
        .iter()
        .map(|(x, y)| GateTurn { x: x.encode(), y: y.encode(), proof: BLANK })
        .collect();
    let statement = Statement { head, chunk, quorum_key, inputs, inputs_encoded, turns: &turns };
    let mut fs = FiatShamir::begin(labels::KIND_GATE, context);
    let w = statement.absorb(&mut fs, gens);

    let secret_scalars: Zeroizing<Vec<Scalar>> = Zeroizing::new(
        witnesses.iter().flat_map(|wit| [wit.sign.indicator(), wit.q_x, wit.q_y]).collect(),
    );
    let mut nonces = nonces(&mut fs, secret_scalars.iter(), rng);
    let mut secrets: Vec<Secret> = Vec::with_capacity(witnesses.len());
    for ((((x, y), (x_out, y_out)), witness), turn) in
        inputs.iter().zip(&outputs).zip(witnesses).zip(&mut turns)
    {
        let is_plus = witness.sign.indicator();
        let secret = Secret {
            is_plus,
            is_minus: Scalar::ONE - is_plus,
            randomness: witness.q_x + w * witness.q_y,
            simulated: Scalar::random(&mut nonces),
            t_plus: Scalar::random(&mut nonces),
            t_minus: Scalar::random(&mut nonces),
        };
        // D_plus = (X' - X) + w (Y' - Y), D_minus = (X' + X) + w (Y' + Y)
        let d_plus = (*x_out - *x) + (*y_out - *y).scaled(&w);
        let d_minus = (*x_out + *x) + (*y_out + *y).scaled(&w);
        // t*(K, PK) - [sign is not v] simulated*D: the true announcement where the sign is v, and
        // one that fits the simulated challenge where it is not. One formula, so that nothing
        // branches on v.
        let plus_challenge = Zeroizing::new(secret.is_minus * secret.simulated);
        let minus_challenge = Zeroizing::new(secret.is_plus * secret.simulated);
        let plus = encryption_of_zero(&secret.t_plus) - d_plus.scaled(&plus_challenge);
        let minus = encryption_of_zero(&secret.t_minus) - d_minus.scaled(&minus_challenge);
        turn.proof.plus = plus.encode();
        turn.proof.minus = minus.encode();
        secrets.push(secret);
    }

    let announcements = turns.iter().map(|turn| (&turn.proof.plus, &turn.proof.minus));
    let challenge = absorb_announcements(&mut fs, announcements);
    for (secret, turn) in secrets.iter().zip(&mut turns) {
        // z = t + [sign is v] (c - simulated) (q + w q')
        let real = Zeroizing::new(challenge - secret.simulated);
        let response = Zeroizing::new(*real * secret.randomness);
        let c_plus = secret.is_plus * *real + secret.is_minus * secret.simulated;
        turn.proof.c_plus = encode_scalar(&c_plus);
        turn.proof.z_plus = encode_scalar(&(secret.t_plus + secret.is_plus * *response));
        turn.proof.z_minus = encode_scalar(&(secret.t_minus + secret.is_minus * *response));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::{
        encrypt,
        testing::{
            NO_POINT, NO_SCALAR, bump, context, nudge, other_contexts, other_generators, rng,
        },
    };
    use talea_contract::{
        fiat_shamir::Weights,
        proofs::{
            ProofFault,
            gate::{absorb_responses, verify},
        },
    };

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

        fn verdict(&self, turns: &[GateTurn]) -> Result<(), ProofFault> {
            verify(&Generators::derive(), &context(), &self.statement(turns)).map(|_| ())
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

    fn proved(chunk: &Chunk) -> Vec<GateTurn> {
        let witnesses = witnesses(chunk.inputs.len());
        prove(&Generators::derive(), &context(), &chunk.inputs(), &witnesses, &mut rng(3))
    }

    #[test]
    fn every_number_of_gates_is_proved_and_multiplies_both_halves_by_the_sign() {
        let gens = Generators::derive();
        for gates in [1, 2, 7] {
            let chunk = Chunk::new(gates);
            let turns = proved(&chunk);
            let outputs = verify(&gens, &context(), &chunk.statement(&turns)).unwrap();
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
    fn gates_on_public_ciphertexts_and_on_the_identity_are_proved() {
        let gens = Generators::derive();
        let public = (Ciphertext::trivial(gens.value), Ciphertext::zero());
        let chunk = Chunk::of(Scalar::from(5u8), vec![public]);
        assert_eq!(chunk.verdict(&proved(&chunk)), Ok(()));
        // An output that is public is no fault here either.
        let masks = [Witness { sign: Sign::chosen(false), q_x: Scalar::ZERO, q_y: Scalar::ZERO }];
        let turns = prove(&gens, &context(), &chunk.inputs(), &masks, &mut rng(3));
        assert_eq!(chunk.verdict(&turns), Ok(()));
    }

    #[test]
    fn every_field_of_every_turn_counts() {
        let chunk = Chunk::new(3);
        let turns = proved(&chunk);
        let points: [fn(&mut GateTurn) -> &mut Point; 8] = [
            |t| &mut t.x.r,
            |t| &mut t.x.e,
            |t| &mut t.y.r,
            |t| &mut t.y.e,
            |t| &mut t.proof.plus.r,
            |t| &mut t.proof.plus.e,
            |t| &mut t.proof.minus.r,
            |t| &mut t.proof.minus.e,
        ];
        let scalars: [fn(&mut GateTurn) -> &mut WireScalar; 3] =
            [|t| &mut t.proof.c_plus, |t| &mut t.proof.z_plus, |t| &mut t.proof.z_minus];
        for gate in 0..turns.len() {
            for field in points {
                let mut other = turns.clone();
                let point = field(&mut other[gate]);
                *point = nudge(point);
                assert_eq!(chunk.verdict(&other), Err(ProofFault::False));
                *field(&mut other[gate]) = NO_POINT;
                assert_eq!(chunk.verdict(&other), Err(ProofFault::NotCanonical));
            }
            for field in scalars {
                let mut other = turns.clone();
                let scalar = field(&mut other[gate]);
                *scalar = bump(scalar);
                assert_eq!(chunk.verdict(&other), Err(ProofFault::False));
                *field(&mut other[gate]) = NO_SCALAR;
                assert_eq!(chunk.verdict(&other), Err(ProofFault::NotCanonical));
            }
        }
        let mut other = turns.clone();
        other.swap(0, 1);
        assert_eq!(chunk.verdict(&other), Err(ProofFault::False));
    }

    #[test]
    fn weights_depend_on_every_response() {
        // A verifier alone has them, so neither prover nor vector would notice one left out.
        let turns = proved(&Chunk::new(2));
        let weight = |turns: &[GateTurn]| {
            let mut fs = FiatShamir::begin(labels::KIND_GATE, &context());
            absorb_responses(&mut fs, turns.iter().map(|turn| &turn.proof));
            Weights::after([fs]).draw()
        };
        let fields: [fn(&mut GateProof) -> &mut WireScalar; 3] =
            [|p| &mut p.c_plus, |p| &mut p.z_plus, |p| &mut p.z_minus];
        for gate in 0..turns.len() {
            for field in fields {
                let mut other = turns.clone();
                let response = field(&mut other[gate].proof);
                *response = bump(response);
                assert_ne!(weight(&other), weight(&turns));
            }
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let turns = proved(&Chunk::new(2));
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
            assert_eq!(chunk.verdict(&turns), Err(ProofFault::False), "change {i}");
        }
        let chunk = Chunk::new(2);
        let statement = chunk.statement(&turns);
        for other in other_contexts() {
            let verdict = verify(&gens, &other, &statement);
            assert_eq!(verdict.map(|_| ()), Err(ProofFault::False), "{other:?}");
        }
        let verdict = verify(&other_generators()[2], &context(), &statement);
        assert_eq!(verdict.map(|_| ()), Err(ProofFault::False));
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let gens = Generators::derive();
        let chunk = Chunk::new(2);
        let turns = proved(&chunk);
        let verdict = |statement: Statement<'_>| {
            verify(&gens, &context(), &statement).map(|_| ()).unwrap_err()
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
    }

    #[test]
    fn an_output_with_another_message_is_not_provable_by_following_the_protocol() {
        // The prover signs `X` with -1 and `Y` with +1, in all else honest.
        let gens = Generators::derive();
        let chunk = Chunk::new(1);
        let flipped = Chunk::of(chunk.secret, vec![(-chunk.inputs[0].0, chunk.inputs[0].1)]);
        let turns = prove(&gens, &context(), &flipped.inputs(), &witnesses(1), &mut rng(3));
        assert_eq!(flipped.verdict(&turns), Ok(()));
        assert_eq!(chunk.verdict(&turns), Err(ProofFault::False));
    }
}
