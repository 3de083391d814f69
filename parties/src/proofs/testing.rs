//! What the tests of all provers need.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, encode_point},
};
use talea_protocol::{
    bytes::{PartyKey, Point, Scalar as WireScalar},
    masked::Masked,
    terms::AuctionId,
};

/// A generator that a seed determines.
pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// Some place in some auction.
pub(crate) fn context() -> Context {
    Context { auction: AuctionId([1; 32]), lot: 2, round: 0, step: 4, signer: PartyKey([5; 32]) }
}

/// Every context that differs from [`context`] in one field.
pub(crate) fn other_contexts() -> Vec<Context> {
    let changes: [fn(&mut Context); 5] = [
        |c| c.auction.0[31] ^= 1,
        |c| c.lot += 1,
        |c| c.round += 1,
        |c| c.step += 1,
        |c| c.signer.0[0] ^= 1,
    ];
    changes
        .into_iter()
        .map(|change| {
            let mut other = context();
            change(&mut other);
            other
        })
        .collect()
}

/// Every way of putting a wrong generator in a right one's place.
pub(crate) fn other_generators() -> Vec<Generators> {
    let right = Generators::derive();
    let changes: [fn(&mut Generators); 3] =
        [|g| g.value += g.key, |g| g.blinding += g.key, |g| g.key += g.value];
    changes
        .into_iter()
        .map(|change| {
            let mut wrong = right.clone();
            change(&mut wrong);
            wrong.encoded =
                [wrong.value, wrong.blinding, wrong.key].map(|base| encode_point(&base));
            wrong
        })
        .collect()
}

/// Some element of the group.
pub(crate) fn element(rng: &mut ChaCha20Rng) -> RistrettoPoint {
    RistrettoPoint::random(rng)
}

/// Some ciphertext.
pub(crate) fn ciphertext(rng: &mut ChaCha20Rng) -> Ciphertext {
    Ciphertext { r: element(rng), e: element(rng) }
}

/// What `work` gives on this many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// An encoding of no element: 2^255 - 1 is not below the field's prime.
pub(crate) const NO_POINT: Point = Point([0xff; 32]);

/// An encoding of no scalar.
pub(crate) const NO_SCALAR: WireScalar = WireScalar([0xff; 32]);

/// Another scalar, canonical.
pub(crate) fn bump(scalar: &WireScalar) -> WireScalar {
    let scalar = Option::<Scalar>::from(Scalar::from_canonical_bytes(scalar.0)).unwrap();
    WireScalar((scalar + Scalar::ONE).to_bytes())
}

/// Another point, canonical.
pub(crate) fn nudge(point: &Point) -> Point {
    let point = talea_contract::group::decode_point(point).unwrap();
    talea_contract::group::encode_point(&(point + Generators::derive().value))
}

/// `Enc(message; r) = (r*K, message*G + r*PK)`.
pub(crate) fn encrypt(
    gens: &Generators,
    quorum_key: &RistrettoPoint,
    message: &Scalar,
    r: &Scalar,
) -> Ciphertext {
    Ciphertext { r: gens.key * r, e: gens.value * message + quorum_key * r }
}

/// Another masked bit or sign.
pub(crate) fn blur(masked: &Masked) -> Masked {
    let mut other = *masked;
    other.0[3] ^= 1;
    other
}
