//! What passes `proofs::complaint`, and what does not.

use crate::{
    group::{bases, encode},
    proofs::complaint::*,
    provers,
};
use curve25519_dalek::scalar::Scalar;

#[test]
fn only_the_point_between_the_two_passes() {
    let mut rng = provers::rng(3);
    let context = provers::context(5);
    let k = bases().k;
    let (p, r) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
    let statement = Statement {
        group: 0,
        member: 2,
        dealer: 1,
        encryption_key: encode(&(k * p)),
        ephemeral: encode(&(k * r)),
        shared: encode(&(k * (p * r))),
    };
    let proof = provers::complaint(&mut rng, &context, &statement, &p);
    assert_eq!(verify(&context, &statement, &proof), Ok(()));
    assert!(verify(&provers::context(6), &statement, &proof).is_err());
    let changes = [
        Statement { group: 1, ..statement },
        Statement { member: 3, ..statement },
        Statement { dealer: 3, ..statement },
        Statement { encryption_key: bases().g_wire, ..statement },
        Statement { ephemeral: bases().g_wire, ..statement },
        Statement { shared: bases().g_wire, ..statement },
    ];
    for change in changes {
        assert!(verify(&context, &change, &proof).is_err());
    }
    // A prover who knows `p` cannot show another `S`.
    let lie = Statement { shared: encode(&(k * p)), ..statement };
    let proof = provers::complaint(&mut rng, &context, &lie, &p);
    assert!(verify(&context, &lie, &proof).is_err());
}
