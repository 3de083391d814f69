//! Forgers of blindings: whoever blinds with what it likes decides the zero-test, or reads more
//! from it than zero or not.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::blind::{Statement, verify},
};
use talea_parties::{masks::Masks, proofs::blind as prover};
use talea_protocol::{bytes::Scalar as WireScalar, labels, sealed_bid::Ciphertext as Wire};
use talea_verifier::proofs::blind as second;

/// A post of blinded ciphertexts.
#[derive(Clone)]
pub(crate) struct Blind {
    pub(crate) context: Context,
    pub(crate) chunk: u32,
    pub(crate) inputs: Vec<Ciphertext>,
    pub(crate) blinded: Vec<Wire>,
    pub(crate) challenge: WireScalar,
    pub(crate) responses: Vec<WireScalar>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcements are hashed.
    OnlyAnnouncementsHashed,
    /// No output is hashed.
    OutputsUnhashed,
    /// An output may have `O` for its first component.
    ZeroAllowed,
    /// An input may have `O` for its first component.
    PublicInputAllowed,
    /// The party is not hashed.
    PartyUnhashed,
    /// The equations of both components are added, and one announcement serves for both.
    ComponentsMerged,
}

impl Blind {
    fn statement(&self) -> Statement<'_> {
        let Self { chunk, ref inputs, ref blinded, .. } = *self;
        Statement { head: HEAD, chunk, inputs, blinded }
    }

    fn challenge(&self, announcements: &[Ciphertext], flaw: Option<Flaw>) -> Scalar {
        let signer = match flaw {
            Some(Flaw::PartyUnhashed) => PartyKey([0; 32]),
            _ => self.context.signer,
        };
        let context = Context { signer, ..self.context };
        let mut fs = FiatShamir::begin(labels::KIND_BLIND, &context);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.digest(b"head", &HEAD);
            fs.integer(b"chunk", self.chunk);
            fs.count(b"count", self.inputs.len());
            for (input, output) in self.inputs.iter().zip(&self.blinded) {
                fs.ciphertext(b"input", &input.encode());
                if !matches!(flaw, Some(Flaw::OutputsUnhashed)) {
                    fs.ciphertext(b"output", output);
                }
            }
        }
        for announcement in announcements {
            match flaw {
                Some(Flaw::ComponentsMerged) => {
                    fs.element(b"announcement", &(announcement.r + announcement.e));
                }
                _ => fs.ciphertext(b"announcement", &announcement.encode()),
            }
        }
        fs.challenge(b"challenge")
    }

    /// Makes the proof for these factors, whatever the outputs are.
    fn prove_knowing(&mut self, factors: &[Scalar], flaw: Option<Flaw>) {
        let k = Scalar::from(1_000_003u64);
        let announcements: Vec<_> = self.inputs.iter().map(|input| input.scaled(&k)).collect();
        let c = self.challenge(&announcements, flaw);
        self.challenge = encode_scalar(&c);
        self.responses = factors.iter().map(|a| encode_scalar(&(k + c * a))).collect();
    }

    fn outputs(&self) -> Option<Vec<Ciphertext>> {
        self.blinded.iter().map(Ciphertext::decode).collect()
    }
}

impl Artefact for Blind {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&self.context, &self.statement(), &self.challenge, &self.responses).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Self { ref context, chunk, ref inputs, ref blinded, ref challenge, ref responses } =
            *self;
        let inputs: Vec<_> = inputs.iter().map(Ciphertext::encode).collect();
        second::verify(&place(context), &HEAD, chunk, &inputs, blinded, challenge, responses)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let responses: Option<Vec<_>> = self.responses.iter().map(decode_scalar).collect();
        let (Some(outputs), Some(c), Some(responses)) =
            (self.outputs(), decode_scalar(&self.challenge), responses)
        else {
            return false;
        };
        let count = self.inputs.len();
        let complete = count > 0 && outputs.len() == count && responses.len() == count;
        let zero = outputs.iter().any(Ciphertext::is_public)
            && !matches!(flaw, Some(Flaw::ZeroAllowed | Flaw::PublicInputAllowed));
        let public = self.inputs.iter().any(Ciphertext::is_public)
            && !matches!(flaw, Some(Flaw::PublicInputAllowed));
        let announcements: Vec<_> = self
            .inputs
            .iter()
            .zip(&outputs)
            .zip(&responses)
            .map(|((input, output), z)| input.scaled(z) - output.scaled(&c))
            .collect();
        complete && !zero && !public && self.challenge(&announcements, flaw) == c
    }
}

/// Ciphertexts of 0, 1, 2, ... under a known secret.
fn inputs(count: usize) -> (Vec<Ciphertext>, Scalar) {
    let mut rng = rng(70);
    let secret = scalar(&mut rng);
    let key = generators().key * secret;
    let inputs =
        (0..count as u64).map(|m| encrypt(&key, &Scalar::from(m), &scalar(&mut rng))).collect();
    (inputs, secret)
}

/// Blindings by these factors, proved by the protocol.
fn proved(context: Context, inputs: Vec<Ciphertext>, factors: &[Scalar]) -> Blind {
    let witness = prover::Witness { factors: factors.to_vec() };
    let prover::Blinded { blinded, challenge, responses } =
        prover::prove(&context, HEAD, 1, &inputs, &witness, &mut rng(71));
    Blind { context, chunk: 1, inputs, blinded, challenge, responses }
}

pub(crate) fn honest(count: usize) -> Blind {
    let mut rng = rng(72);
    let factors: Vec<_> = (0..count).map(|_| scalar(&mut rng)).collect();
    proved(context(), inputs(count).0, &factors)
}

/// One item: the second announcement is fixed without regard to the output, which is then chosen
/// to fit. The result is the first half blinded and the second a random point.
fn output_after_challenge(flaw: Flaw) -> Blind {
    let mut rng = rng(73);
    let mut post = honest(1);
    let (a, k, second) = (scalar(&mut rng), scalar(&mut rng), element(&mut rng));
    let [input] = post.inputs[..] else { unreachable!("one item") };
    let c = post.challenge(&[Ciphertext { r: input.r * k, e: second }], Some(flaw));
    let z = k + c * a;
    let output = Ciphertext { r: input.r * a, e: (input.e * z - second) * c.invert() };
    post.blinded = vec![output.encode()];
    post.challenge = encode_scalar(&c);
    post.responses = vec![encode_scalar(&z)];
    post
}

#[test]
fn honest_blindings_pass() {
    for count in [1, 4] {
        honest(count).check_honest();
    }
    let mut post = honest(2);
    let factors = [Scalar::from(5u8), Scalar::from(6u8)];
    let blinded = post.inputs.iter().zip(&factors).map(|(c, a)| c.scaled(a).encode());
    post.blinded = blinded.collect();
    post.prove_knowing(&factors, None);
    post.check_honest();
}

/// E3: zero is a factor like any other to a proof of equality, and turns everything into zero.
#[test]
fn a_blinding_factor_of_zero() {
    let post = proved(context(), inputs(2).0, &[Scalar::ONE, Scalar::ZERO]);
    post.check_forgery(Flaw::ZeroAllowed);
    post.check_identity_refused();
    // What was 1 now reads as zero.
    let output = post.outputs().unwrap()[1];
    assert!(decrypt(&inputs(2).1, &output).is_identity());
}

/// E3, E6: a ciphertext without randomness is for everybody to read, never to blind: its blinding
/// would be without randomness again.
#[test]
fn a_blinding_of_a_public_ciphertext() {
    let public = Ciphertext::trivial(generators().value);
    let post = proved(context(), vec![public], &[Scalar::from(7u8)]);
    post.check_forgery(Flaw::PublicInputAllowed);
    post.check_identity_refused();
}

/// E3: two keyholders in league blind with `a` and `-a`. Both proofs hold; the sum is `(O, O)`, which
/// would read as zero. Check K8 of the program refuses the sum, and these are the numbers it sees.
#[test]
fn blindings_that_cancel() {
    let (inputs, _) = inputs(2);
    let a = scalar(&mut rng(74));
    let one = proved(context_of(1), vec![inputs[1]], &[a]);
    let two = proved(context_of(2), vec![inputs[1]], &[-a]);
    one.check_honest();
    two.check_honest();
    let sum = one.outputs().unwrap()[0] + two.outputs().unwrap()[0];
    // A program without K8 takes this for a public encryption of zero. The message was 1.
    let without_k8 = |sum: &Ciphertext| sum.is_public() && sum.e.is_identity();
    let with_k8 = |sum: &Ciphertext| !sum.is_public();
    assert!(without_k8(&sum), "the attack is alive");
    assert!(!with_k8(&sum));
}

/// E9: a keyholder that has nothing to hide from an accomplice posts what another posted, so that
/// the sum is no fresh blinding but twice the other's. The proof names its maker.
#[test]
fn a_blinding_copied_from_another_keyholder() {
    let mut victim = Blind { context: context_of(1), ..honest(2) };
    let factors = [Scalar::from(11u8), Scalar::from(13u8)];
    let blinded = victim.inputs.iter().zip(&factors).map(|(c, a)| c.scaled(a).encode());
    victim.blinded = blinded.collect();
    // To a verifier that does not hash the party, the victim's own proof is the copyist's.
    victim.prove_knowing(&factors, Some(Flaw::PartyUnhashed));
    let copy = Blind { context: context_of(2), ..victim.clone() };
    copy.check_forgery(Flaw::PartyUnhashed);
    victim.prove_knowing(&factors, None);
    victim.check_honest();
    let copy = Blind { context: context_of(2), ..victim };
    copy.check_refused();
}

/// E9: the last to move posts less than the sum of the others, to cancel them, without knowing any
/// factor. It has no proof but theirs, turned round.
#[test]
fn a_blinding_that_cancels_what_others_posted() {
    let victim = honest(2);
    let mut last = Blind { context: context_of(9), ..victim.clone() };
    last.blinded = victim.outputs().unwrap().iter().map(|c| (-*c).encode()).collect();
    let turned = |s: &WireScalar| encode_scalar(&-decode_scalar(s).unwrap());
    let responses: Vec<_> = victim.responses.iter().map(turned).collect();
    for challenge in [victim.challenge, turned(&victim.challenge)] {
        for responses in [&victim.responses, &responses] {
            last.challenge = challenge;
            last.responses = responses.clone();
            last.check_refused();
        }
    }
}

/// F1, F7: the output is chosen after the challenge.
#[test]
fn a_blinded_ciphertext_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::OutputsUnhashed] {
        output_after_challenge(flaw).check_forgery(flaw);
    }
}

/// F15: the equations of both components are added with weight one, so that a shift of `+D` in the
/// one and `-D` in the other is not seen.
#[test]
fn a_shift_between_the_halves_of_a_blinding() {
    let mut post = honest(1);
    let factor = Scalar::from(5u8);
    let shift = Ciphertext { r: generators().value, e: -generators().value };
    post.blinded = vec![(post.inputs[0].scaled(&factor) + shift).encode()];
    post.prove_knowing(&[factor], Some(Flaw::ComponentsMerged));
    post.check_forgery(Flaw::ComponentsMerged);
}

/// Two factors for one: a different factor in each half.
#[test]
fn halves_blinded_by_different_factors() {
    let mut post = honest(1);
    let (a, b) = (Scalar::from(5u8), Scalar::from(6u8));
    let [input] = post.inputs[..] else { unreachable!("one item") };
    post.blinded = vec![Ciphertext { r: input.r * a, e: input.e * b }.encode()];
    for factor in [a, b] {
        post.prove_knowing(&[factor], None);
        post.check_refused();
    }
}

/// E8: one factor on two inputs: what is opened gives the ratio of the messages away, where it
/// should say only that neither is zero. The keyholder's masks differ even if its generator is
/// stuck.
#[test]
fn a_factor_that_serves_twice() {
    let (inputs, secret) = inputs(4);
    let a = scalar(&mut rng(75));
    let opened = |m: usize, a: &Scalar| decrypt(&secret, &inputs[m].scaled(a));
    // 3 times what 2 became is 2 times what 3 became: everybody reads the ratio 2 : 3.
    let ratio_shows = |two: RistrettoPoint, three: RistrettoPoint| {
        two * Scalar::from(3u8) == three * Scalar::from(2u8)
    };
    assert!(ratio_shows(opened(2, &a), opened(3, &a)), "the attack is alive");

    let masks = Masks::new(labels::KIND_BLIND, &[7; 32], &context(), &HEAD, 1, 0);
    let encoded = [inputs[2].encode(), inputs[3].encode()];
    let factors = masks.factors(&encoded, &mut Stuck);
    assert!(!ratio_shows(opened(2, &factors[0]), opened(3, &factors[1])));
    // Nor does a retry after a reorganisation, over another input in the same place.
    let retry = masks.factors(&[inputs[3].encode()], &mut Stuck);
    assert!(!ratio_shows(opened(2, &factors[0]), opened(3, &retry[0])));
}

/// The operating system's generator, stuck.
pub(crate) struct Stuck;

impl rand_core::RngCore for Stuck {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill(0);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        dest.fill(0);
        Ok(())
    }
}

impl rand_core::CryptoRng for Stuck {}
