//! What passes `proofs::decryption_share`, and what does not.

use crate::{
    group::{bases, encode},
    proofs::{ProofError, decryption_share::*},
    provers,
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::bytes::{Digest, Point};

#[test]
fn shares_of_the_key_pass_and_no_others() {
    let mut rng = provers::rng(7);
    let context = provers::context(1);
    let head = Digest([3; 32]);
    let x = Scalar::random(&mut rng);
    let key = encode(&(bases().k * x));
    let points: Vec<RistrettoPoint> = (0..4).map(|_| RistrettoPoint::random(&mut rng)).collect();
    let wires: Vec<Point> = points.iter().map(encode).collect();
    let (shares, proof) = provers::decryption_share(&mut rng, &context, &head, 2, &x, &points);
    let check = |key: &Point, wires: &[Point], shares: &[Point]| {
        verify(&context, &head, 2, key, wires, shares, &proof)
    };
    assert_eq!(check(&key, &wires, &shares), Ok(()));
    assert!(check(&bases().g_wire, &wires, &shares).is_err());
    assert!(check(&key, &wires[..3], &shares).is_err());
    assert!(check(&key, &wires[..3], &shares[..3]).is_err());
    assert!(verify(&context, &head, 3, &key, &wires, &shares, &proof).is_err());

    // Errors that cancel in a plain sum (F17 in `docs/security.md`).
    let mut cancelling = shares.clone();
    let decode = |p: &Point| crate::group::decode(p).unwrap();
    cancelling[1] = encode(&(decode(&shares[1]) + bases().g));
    cancelling[2] = encode(&(decode(&shares[2]) - bases().g));
    assert!(check(&key, &wires, &cancelling).is_err());

    let mut zero = shares.clone();
    zero[0] = Point::IDENTITY;
    assert!(matches!(check(&key, &wires, &zero), Err(ProofError::Identity(_))));
}

#[test]
fn an_empty_list_has_no_proof() {
    let mut rng = provers::rng(8);
    let context = provers::context(1);
    let x = Scalar::random(&mut rng);
    let key = encode(&(bases().k * x));
    let (shares, proof) =
        provers::decryption_share(&mut rng, &context, &Digest([3; 32]), 0, &x, &[]);
    assert!(verify(&context, &Digest([3; 32]), 0, &key, &[], &shares, &proof).is_err());
}
