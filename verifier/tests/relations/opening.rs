//! What passes `proofs::opening` and `proofs::auditor`, and what does not.

use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{bases, encode, encode_scalar},
    proofs::{ProofError, auditor, opening::*},
    provers::{self, Rng},
};
use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar as WireScalar},
    labels,
    opening::{AuditorKey, OpeningProof, Recipient},
    price::Level,
    setup::CompactProof,
    terms::AuctionId,
};

fn compact(c: Scalar, z: Scalar) -> CompactProof {
    CompactProof { challenge: encode_scalar(&c), response: encode_scalar(&z) }
}

/// An auditor's key, from section 20.
fn key_of(rng: &mut Rng, a: &Scalar) -> AuditorKey {
    let (k, recipient) = (Scalar::random(rng), Recipient([6; 32]));
    let point = encode(&(bases().k * a));
    let nowhere = Context {
        auction: AuctionId([0; 32]),
        lot: 0,
        round: 0,
        step: 0,
        signer: PartyKey([0; 32]),
    };
    let mut t = ProofTranscript::begin(labels::KIND_AUDITOR, &nowhere);
    t.point(b"key-base", &bases().k_wire);
    t.point(b"auditor", &point);
    t.digest(b"recipient", &Digest(recipient.0));
    t.point(b"announcement", &encode(&(bases().k * k)));
    let c = t.challenge(b"challenge");
    AuditorKey { point, recipient, possession: compact(c, k + c * a) }
}

/// The challenge of an opening.
fn challenge(
    context: &Context,
    statement: &Statement<'_>,
    [t_1, t_2]: [RistrettoPoint; 2],
) -> Scalar {
    let auditor = statement.auditor;
    let mut t = ProofTranscript::begin(labels::KIND_OPENING, context);
    t.point(b"value-base", &bases().g_wire);
    t.point(b"blinding-base", &bases().h_wire);
    t.point(b"key-base", &bases().k_wire);
    t.point(b"commitment", &statement.commitment);
    t.integer(b"level", statement.level.0);
    t.point(b"auditor", &auditor.point);
    t.digest(b"recipient", &Digest(auditor.recipient.0));
    t.scalar(b"possession-challenge", &auditor.possession.challenge);
    t.scalar(b"possession-response", &auditor.possession.response);
    t.point(b"bidder-announcement", &encode(&t_1));
    t.point(b"auditor-announcement", &encode(&t_2));
    t.challenge(b"challenge")
}

#[test]
fn an_opening_passes_whoever_made_it_and_every_change_of_it_is_noticed() {
    let mut rng = provers::rng(1);
    let context = Context { step: 0, ..provers::context(7) };
    let (a, r) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
    let auditor = key_of(&mut rng, &a);
    assert_eq!(auditor::verify(&auditor), Ok(()));
    let commitment = encode(&(bases().g * Scalar::from(5u8) + bases().h * r));
    let honest = Statement { commitment, level: Level(5), auditor: &auditor };
    let [k, c, z] = [(); 3].map(|()| Scalar::random(&mut rng));

    // Of the bidder.
    let made_up = bases().k * z - bases().k * a * c;
    let left = challenge(&context, &honest, [bases().h * k, made_up]) - c;
    let own = OpeningProof { bidder: compact(left, k + left * r), auditor: compact(c, z) };
    assert_eq!(verify(&context, &honest, &own), Ok(()));
    // Of the auditor, of a level that is none.
    let lie = Statement { level: Level(6), ..honest };
    let committed = bases().h * r - bases().g;
    let made_up = bases().h * z - committed * c;
    let left = challenge(&context, &lie, [made_up, bases().k * k]) - c;
    let own_of_auditor =
        OpeningProof { bidder: compact(c, z), auditor: compact(left, k + left * a) };
    assert_eq!(verify(&context, &lie, &own_of_auditor), Ok(()));

    for other in [provers::context(7), Context { lot: 9, ..context }] {
        assert!(verify(&other, &honest, &own).is_err());
    }
    let mixed = AuditorKey { recipient: Recipient([7; 32]), ..auditor };
    assert!(auditor::verify(&mixed).is_err());
    for change in [
        lie,
        Statement { commitment: encode(&bases().k), ..honest },
        Statement { auditor: &mixed, ..honest },
    ] {
        assert!(matches!(verify(&context, &change, &own), Err(ProofError::Challenge { .. })));
    }
    for change in [
        OpeningProof { bidder: own.auditor, auditor: own.bidder },
        OpeningProof { bidder: own_of_auditor.bidder, ..own },
        OpeningProof { auditor: own_of_auditor.auditor, ..own },
    ] {
        assert!(verify(&context, &honest, &change).is_err());
    }
}

#[test]
fn openings_to_the_identity_and_rubbish_are_refused() {
    let mut rng = provers::rng(2);
    let context = provers::context(7);
    let auditor = key_of(&mut rng, &Scalar::ZERO);
    assert!(matches!(auditor::verify(&auditor), Err(ProofError::Identity(_))));
    let commitment = encode(&bases().g);
    let nothing = compact(Scalar::ZERO, Scalar::ZERO);
    let proof = OpeningProof { bidder: nothing, auditor: nothing };
    let statement = Statement { commitment, level: Level(1), auditor: &auditor };
    assert!(matches!(verify(&context, &statement, &proof), Err(ProofError::Identity(_))));

    let auditor = key_of(&mut rng, &Scalar::ONE);
    let statement = Statement { auditor: &auditor, ..statement };
    let no_point = Point([0xff; 32]);
    let no_key = AuditorKey { point: no_point, ..auditor };
    for statement in [
        Statement { commitment: no_point, ..statement },
        Statement { auditor: &no_key, ..statement },
    ] {
        assert!(matches!(verify(&context, &statement, &proof), Err(ProofError::NotCanonical(_))));
    }
    let no_scalar = WireScalar([0xff; 32]);
    for change in [
        CompactProof { challenge: no_scalar, ..nothing },
        CompactProof { response: no_scalar, ..nothing },
    ] {
        for proof in
            [OpeningProof { bidder: change, ..proof }, OpeningProof { auditor: change, ..proof }]
        {
            let verdict = verify(&context, &statement, &proof);
            assert!(matches!(verdict, Err(ProofError::NotCanonical(_))), "{verdict:?}");
        }
    }
}
