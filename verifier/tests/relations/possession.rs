//! What passes `proofs::possession`, and what does not.

use crate::{
    group::{bases, encode},
    proofs::{ProofError, possession::*},
    provers,
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::bytes::{Point, Scalar as WireScalar};

#[test]
fn an_honest_deal_passes_and_every_change_of_it_is_noticed() {
    let mut rng = provers::rng(1);
    let context = provers::context(7);
    let secrets: Vec<Scalar> = (0..3).map(|_| Scalar::random(&mut rng)).collect();
    let k = bases().k;
    let keys: Vec<Point> = secrets.iter().map(|p| encode(&(k * p))).collect();
    let coefficients = [Scalar::random(&mut rng), Scalar::random(&mut rng)];
    let commitments: Vec<Point> = coefficients.iter().map(|a| encode(&(k * a))).collect();
    let r = Scalar::random(&mut rng);
    let shares: Vec<WireScalar> =
        (0..2).map(|_| WireScalar(Scalar::random(&mut rng).to_bytes())).collect();
    let statement = Statement {
        group: 1,
        member: 2,
        encryption_keys: &keys,
        commitments: &commitments,
        ephemeral: encode(&(k * r)),
        shares: &shares,
    };
    let constant =
        provers::possession(&mut rng, &context, Of::Constant, &statement, &coefficients[0]);
    let ephemeral = provers::possession(&mut rng, &context, Of::Ephemeral, &statement, &r);
    assert_eq!(verify(&context, Of::Constant, &statement, &constant), Ok(()));
    assert_eq!(verify(&context, Of::Ephemeral, &statement, &ephemeral), Ok(()));
    assert!(verify(&context, Of::Constant, &statement, &ephemeral).is_err());
    assert!(verify(&provers::context(8), Of::Constant, &statement, &constant).is_err());

    let mut other_keys = keys.clone();
    other_keys.swap(0, 1);
    let mut other_shares = shares.clone();
    other_shares.swap(0, 1);
    let changes = [
        Statement { group: 0, ..statement },
        Statement { member: 1, ..statement },
        Statement { encryption_keys: &other_keys, ..statement },
        Statement { commitments: &commitments[..1], ..statement },
        Statement { ephemeral: encode(&k), ..statement },
        Statement { shares: &other_shares, ..statement },
        Statement { shares: &shares[..1], ..statement },
    ];
    for change in changes {
        assert!(verify(&context, Of::Constant, &change, &constant).is_err());
    }
}

#[test]
fn the_identity_has_a_logarithm_and_is_refused_all_the_same() {
    let mut rng = provers::rng(2);
    let context = provers::context(7);
    let statement = Statement {
        group: 0,
        member: 1,
        encryption_keys: &[bases().k_wire],
        commitments: &[Point::IDENTITY],
        ephemeral: encode(&RistrettoPoint::random(&mut rng)),
        shares: &[],
    };
    let proof = provers::possession(&mut rng, &context, Of::Constant, &statement, &Scalar::ZERO);
    assert_eq!(
        verify(&context, Of::Constant, &statement, &proof),
        Err(ProofError::Identity("the constant term".into()))
    );
}
