//! Forgers of decryption shares: a false share opens a ciphertext to another message.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::decryption_share::{Statement, verify},
};
use talea_parties::proofs::decryption_share as prover;
use talea_protocol::labels;
use talea_verifier::proofs::decryption_share as second;

/// A post of decryption shares.
#[derive(Clone)]
pub(crate) struct DecryptionShares {
    pub(crate) context: Context,
    pub(crate) chunk: u32,
    pub(crate) share_key: RistrettoPoint,
    pub(crate) randomness: Vec<RistrettoPoint>,
    pub(crate) shares: Vec<Point>,
    pub(crate) proof: CompactProof,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcements are hashed.
    OnlyAnnouncementsHashed,
    /// No `D` is hashed, nor the combination of them.
    SharesUnhashed,
    /// No `R` is hashed, nor the combination of them.
    RandomnessUnhashed,
    /// `Y_j` is not hashed.
    KeyUnhashed,
    /// Every weight is 1.
    ConstantWeights,
    /// Weights are drawn before the shares are absorbed.
    WeightsBeforeShares,
    /// `c` is not recomputed.
    ChallengeBelieved,
}

/// The combinations of all pairs, and the state from which the challenge is drawn.
struct Hashed {
    fs: FiatShamir,
    randomness: RistrettoPoint,
    share: RistrettoPoint,
}

impl DecryptionShares {
    fn statement<'a>(&'a self, randomness_encoded: &'a [Point]) -> Statement<'a> {
        let Self { chunk, share_key, ref randomness, ref shares, .. } = *self;
        Statement { head: HEAD, chunk, share_key, randomness, randomness_encoded, shares }
    }

    /// The weights that a verifier with this flaw uses, and what it hashes for the challenge.
    fn hash(&self, shares: &[RistrettoPoint], flaw: Option<Flaw>) -> Hashed {
        let mut fs = FiatShamir::begin(labels::KIND_DECRYPTION_SHARE, &self.context);
        let hashes_shares =
            !matches!(flaw, Some(Flaw::SharesUnhashed | Flaw::OnlyAnnouncementsHashed));
        let hashes_randomness =
            !matches!(flaw, Some(Flaw::RandomnessUnhashed | Flaw::OnlyAnnouncementsHashed));
        let hashes_key = !matches!(flaw, Some(Flaw::KeyUnhashed | Flaw::OnlyAnnouncementsHashed));
        let count = self.randomness.len();
        let mut weights = vec![Scalar::ONE];
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.digest(b"head", &HEAD);
            fs.integer(b"chunk", self.chunk);
            fs.element(b"key-base", &generators().key);
        }
        if hashes_key {
            fs.element(b"share-key", &self.share_key);
        }
        fs.count(b"count", count);
        if matches!(flaw, Some(Flaw::WeightsBeforeShares)) {
            weights.extend((1..count).map(|_| fs.weight(b"weight")));
        }
        for (randomness, share) in self.randomness.iter().zip(shares) {
            if hashes_randomness {
                fs.element(b"randomness", randomness);
            }
            if hashes_shares {
                fs.element(b"decryption-share", share);
            }
        }
        if !matches!(flaw, Some(Flaw::WeightsBeforeShares)) {
            weights.extend((1..count).map(|_| fs.weight(b"weight")));
        }
        if matches!(flaw, Some(Flaw::ConstantWeights)) {
            weights.fill(Scalar::ONE);
        }
        let combine = |points: &[RistrettoPoint]| {
            points.iter().zip(&weights).map(|(point, weight)| point * weight).sum()
        };
        let (randomness, share) = (combine(&self.randomness), combine(shares));
        if hashes_randomness {
            fs.element(b"combined-randomness", &randomness);
        }
        if hashes_shares {
            fs.element(b"combined-share", &share);
        }
        Hashed { fs, randomness, share }
    }

    /// Fixes announcements for `x`, whatever the shares are, and makes the proof.
    fn prove_knowing(&mut self, x: &Scalar, flaw: Option<Flaw>) {
        let shares = decode_all(&self.shares).unwrap();
        let Hashed { mut fs, randomness, .. } = self.hash(&shares, flaw);
        let k = Scalar::from(987_654_321u64);
        fs.element(b"announcement", &(generators().key * k));
        fs.element(b"announcement", &(randomness * k));
        let c = fs.challenge(b"challenge");
        self.proof = compact(&c, &(k + c * x));
    }
}

impl Artefact for DecryptionShares {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        let encoded = encode_all(&self.randomness);
        verify(&generators(), &self.context, &self.statement(&encoded), &self.proof).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Self { ref context, chunk, ref share_key, ref randomness, ref shares, ref proof } =
            *self;
        let (share_key, randomness) = (encode_point(share_key), encode_all(randomness));
        second::verify(&place(context), &HEAD, chunk, &share_key, &randomness, shares, proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let (Some(shares), Some((c, z))) = (decode_all(&self.shares), open(&self.proof)) else {
            return false;
        };
        let complete = !shares.is_empty() && shares.len() == self.randomness.len();
        let mut points = shares.iter().chain(&self.randomness).chain([&self.share_key]);
        if !complete || points.any(|point| point.is_identity()) {
            return false;
        }
        let Hashed { mut fs, randomness, share } = self.hash(&shares, flaw);
        fs.element(b"announcement", &(generators().key * z - self.share_key * c));
        fs.element(b"announcement", &(randomness * z - share * c));
        matches!(flaw, Some(Flaw::ChallengeBelieved)) || fs.challenge(b"challenge") == c
    }
}

/// The true shares of a keyholder for this many ciphertexts, with its secret.
pub(crate) fn honest(count: usize) -> (DecryptionShares, Scalar) {
    let gens = generators();
    let mut rng = rng(60);
    let share = scalar(&mut rng);
    let randomness: Vec<_> = (0..count).map(|_| element(&mut rng)).collect();
    let witness = prover::Witness { share };
    let (shares, proof) = prover::prove(
        &gens,
        &context(),
        HEAD,
        1,
        (&randomness, &encode_all(&randomness)),
        &witness,
        &mut rng,
    );
    let share_key = gens.key * share;
    (DecryptionShares { context: context(), chunk: 1, share_key, randomness, shares, proof }, share)
}

/// Adds `errors` to the true shares, and proves them by the flawed protocol.
fn with_errors(errors: &[RistrettoPoint], flaw: Flaw) -> DecryptionShares {
    let (mut post, x) = honest(errors.len());
    let shares = decode_all(&post.shares).unwrap();
    let false_shares: Vec<_> = shares.iter().zip(errors).map(|(d, error)| d + error).collect();
    post.shares = encode_all(&false_shares);
    post.prove_knowing(&x, Some(flaw));
    post
}

/// One share: the second announcement is fixed without regard to `D`, then `D = (z*R - A2) / c`.
fn share_after_challenge(flaw: Flaw) -> DecryptionShares {
    let (mut post, x) = honest(1);
    let mut rng = rng(61);
    let (k, second) = (scalar(&mut rng), element(&mut rng));
    let Hashed { mut fs, .. } = post.hash(&decode_all(&post.shares).unwrap(), Some(flaw));
    fs.element(b"announcement", &(generators().key * k));
    fs.element(b"announcement", &second);
    let c = fs.challenge(b"challenge");
    let z = k + c * x;
    post.shares = encode_all(&[(post.randomness[0] * z - second) * c.invert()]);
    post.proof = compact(&c, &z);
    post
}

/// One share: `D` and both announcements are fixed, then `R = (A2 + c*D) / z`.
fn randomness_after_challenge() -> DecryptionShares {
    let (mut post, x) = honest(1);
    let mut rng = rng(62);
    let (k, second, share) = (scalar(&mut rng), element(&mut rng), element(&mut rng));
    post.shares = encode_all(&[share]);
    let Hashed { mut fs, .. } = post.hash(&[share], Some(Flaw::RandomnessUnhashed));
    fs.element(b"announcement", &(generators().key * k));
    fs.element(b"announcement", &second);
    let c = fs.challenge(b"challenge");
    let z = k + c * x;
    post.randomness = vec![(second + share * c) * z.invert()];
    post.proof = compact(&c, &z);
    post
}

/// One share `D = x'*R` under a secret that is not the keyholder's, then `Y = (z*K - A1) / c`.
fn key_after_challenge() -> DecryptionShares {
    let (mut post, _) = honest(1);
    let mut rng = rng(63);
    let (other, k, first) = (scalar(&mut rng), scalar(&mut rng), element(&mut rng));
    post.shares = encode_all(&[post.randomness[0] * other]);
    let Hashed { mut fs, randomness, .. } =
        post.hash(&decode_all(&post.shares).unwrap(), Some(Flaw::KeyUnhashed));
    fs.element(b"announcement", &first);
    fs.element(b"announcement", &(randomness * k));
    let c = fs.challenge(b"challenge");
    let z = k + c * other;
    post.share_key = (generators().key * z - first) * c.invert();
    post.proof = compact(&c, &z);
    post
}

/// Whether some share is not `x` times its randomness.
fn is_false(post: &DecryptionShares, x: &Scalar) -> bool {
    post.randomness.iter().zip(&post.shares).any(|(r, d)| encode_point(&(r * x)) != *d)
}

#[test]
fn honest_shares_pass() {
    for count in [1, 2, 5] {
        let (mut post, x) = honest(count);
        post.check_honest();
        assert!(!is_false(&post, &x));
        post.prove_knowing(&x, None);
        post.check_honest();
    }
}

/// F17: two errors that cancel in a batch with constant weights.
#[test]
fn errors_that_cancel_in_a_batch_with_constant_weights() {
    let error = generators().value;
    let post = with_errors(&[error, -error], Flaw::ConstantWeights);
    assert!(is_false(&post, &honest(2).1));
    post.check_forgery(Flaw::ConstantWeights);
}

/// F4, F5: weights that are known before the shares: errors are chosen to cancel under them.
#[test]
fn errors_that_cancel_under_weights_known_beforehand() {
    let (post, x) = honest(3);
    // The flawed weights do not depend on the shares, so they can be asked for.
    let unit = [generators().value, RistrettoPoint::default(), RistrettoPoint::default()];
    let weight = |at: usize| {
        let mut shares = unit;
        shares.rotate_right(at);
        post.hash(&shares, Some(Flaw::WeightsBeforeShares)).share
    };
    // D_1 - (w_2 + w_3)*G, D_2 + G, D_3 + G: the weighted sum of the errors is O.
    let error = generators().value;
    let first = -(weight(1) + weight(2));
    let post = with_errors(&[first, error, error], Flaw::WeightsBeforeShares);
    assert!(is_false(&post, &x));
    post.check_forgery(Flaw::WeightsBeforeShares);
}

/// F1, F7: the share is chosen after the challenge: a false decryption, as at Scytl's.
#[test]
fn a_decryption_share_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::SharesUnhashed] {
        let post = share_after_challenge(flaw);
        assert!(is_false(&post, &honest(1).1));
        post.check_forgery(flaw);
    }
}

/// F7, F9: the ciphertext part that serves as the base is chosen after the challenge.
#[test]
fn a_ciphertext_chosen_after_the_challenge() {
    randomness_after_challenge().check_forgery(Flaw::RandomnessUnhashed);
}

/// F7: the key is chosen after the challenge.
#[test]
fn a_share_key_chosen_after_the_challenge() {
    key_after_challenge().check_forgery(Flaw::KeyUnhashed);
}

/// F10: the challenge is the prover's.
#[test]
fn shares_with_a_challenge_out_of_thin_air() {
    let (mut post, _) = honest(2);
    post.shares.swap(0, 1);
    post.proof = compact(&Scalar::ONE, &Scalar::ONE);
    post.check_forgery(Flaw::ChallengeBelieved);
}

/// D9: shares made with another secret than the share of the key.
#[test]
fn shares_made_with_another_secret() {
    let (mut post, x) = honest(2);
    let other = x + Scalar::ONE;
    post.shares = encode_all(&[post.randomness[0] * other, post.randomness[1] * other]);
    post.prove_knowing(&other, None);
    post.check_refused();
    post.prove_knowing(&x, None);
    post.check_refused();
}

/// E7: a share for one ciphertext of a list is no share for the list without the others.
#[test]
fn a_post_cut_out_of_another() {
    let (mut post, _) = honest(3);
    post.randomness.truncate(2);
    post.shares.truncate(2);
    post.check_refused();
    post.randomness.clear();
    post.shares.clear();
    post.check_refused();
}
