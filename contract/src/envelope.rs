//! Opening the signed envelope: checks E1 and E2 of `docs/spec.md`.

use crate::refusal::{Fault, Refusal, require};
use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};
use talea_protocol::{
    bytes::{PartyKey, Signature},
    check::Check,
    instruction::{Instruction, SignedInstruction, signed_bytes},
    limits::MAX_INSTRUCTION_BYTES,
    terms::AuctionId,
};

/// An instruction whose signature was verified.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) signer: PartyKey,
    pub(crate) instruction: Instruction,
}

/// Decodes an instruction and verifies its signature.
pub(crate) fn open(auction: &AuctionId, bytes: &[u8]) -> Result<Opened, Refusal> {
    let malformed = || Fault::Malformed { what: "instruction" }.fails(Check::EnvelopeCanonical);
    if bytes.len() > MAX_INSTRUCTION_BYTES {
        return Err(malformed());
    }
    let signed: SignedInstruction = borsh::from_slice(bytes).map_err(|_| malformed())?;
    let instruction: Instruction = borsh::from_slice(&signed.payload).map_err(|_| malformed())?;
    let message = signed_bytes(auction, &signed.payload);
    require(
        signature_holds(&signed.signer, &message, &signed.signature),
        Check::EnvelopeSignature,
        Fault::BadSignature { signer: signed.signer },
    )?;
    Ok(Opened { signer: signed.signer, instruction })
}

/// The one reading of a key that every check shares: canonical, on the curve, not of small order.
fn verifying_key(key: &PartyKey) -> Option<VerifyingKey> {
    // `from_bytes` takes some encodings that are not canonical; the key re-encoded must be the key.
    VerifyingKey::from_bytes(&key.0)
        .ok()
        .filter(|k| !k.is_weak() && k.to_edwards().compress().to_bytes() == key.0)
}

/// Whether `key` may identify a party.
pub(crate) fn key_is_valid(key: &PartyKey) -> bool {
    verifying_key(key).is_some()
}

/// Whether this key signed this message. Strict Ed25519: batch and cofactored verification accept other
/// signatures, so neither is used anywhere.
pub fn signature_holds(key: &PartyKey, message: &[u8], signature: &Signature) -> bool {
    let signature = DalekSignature::from_bytes(&signature.0);
    verifying_key(key).is_some_and(|k| k.verify_strict(message, &signature).is_ok())
}
