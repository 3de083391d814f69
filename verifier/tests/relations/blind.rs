//! What passes `proofs::blind`, and what does not.

use crate::{
    fiat_shamir::Context,
    group::{Cipher, bases},
    proofs::{ProofError, blind::*},
    provers,
};
use talea_protocol::{
    bytes::{Digest, Point},
    sealed_bid::Ciphertext,
};

#[test]
fn one_blinding_for_both_parts() {
    let mut rng = provers::rng(6);
    let context = provers::context(1);
    let head = Digest([3; 32]);
    let inputs: Vec<Cipher> =
        (0..3u64).map(|i| provers::encrypt(&mut rng, &bases().h, i)).collect();
    let wires: Vec<Ciphertext> = inputs.iter().map(Cipher::encode).collect();
    let post = provers::blind(&mut rng, &context, &head, 4, &inputs);
    let check = |context: &Context,
                 head: &Digest,
                 chunk,
                 inputs: &[Ciphertext],
                 post: &provers::Blinded| {
        verify(context, head, chunk, inputs, &post.outputs, &post.challenge, &post.responses)
    };
    assert_eq!(check(&context, &head, 4, &wires, &post), Ok(()));
    assert!(check(&provers::context(2), &head, 4, &wires, &post).is_err());
    assert!(check(&context, &Digest([4; 32]), 4, &wires, &post).is_err());
    assert!(check(&context, &head, 5, &wires, &post).is_err());
    assert!(check(&context, &head, 4, &wires[..2], &post).is_err());
    let mut swapped = post.clone();
    swapped.outputs.swap(0, 1);
    assert!(check(&context, &head, 4, &wires, &swapped).is_err());
    let nothing = provers::blind(&mut rng, &context, &head, 4, &[]);
    assert!(check(&context, &head, 4, &[], &nothing).is_err());
    let mut zero = post.clone();
    zero.outputs[1].r = Point::IDENTITY;
    assert!(matches!(check(&context, &head, 4, &wires, &zero), Err(ProofError::Identity(_))));
    let mut other = post;
    other.outputs[2].e = bases().g_wire;
    assert!(check(&context, &head, 4, &wires, &other).is_err());
}
