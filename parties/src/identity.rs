//! A party's signing key.

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRngCore;
use talea_protocol::{
    bytes::{List, PartyKey, Signature},
    instruction::{Instruction, SignedInstruction, signed_bytes},
    terms::AuctionId,
};
use zeroize::Zeroizing;

/// Signs a party's instructions. Erased when dropped.
pub struct Identity(SigningKey);

impl Identity {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The key of this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What to keep, encrypted: the seed.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key by which the party is known.
    #[must_use]
    pub fn party(&self) -> PartyKey {
        PartyKey(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes that begin with a label of the protocol.
    #[must_use]
    pub fn sign_bytes(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// Signs an instruction to an auction: the bytes to submit.
    ///
    /// # Errors
    /// [`TooLarge`] if it exceeds the bound of an instruction.
    pub fn sign(
        &self,
        auction: &AuctionId,
        instruction: &Instruction,
    ) -> Result<Vec<u8>, TooLarge> {
        let payload = borsh::to_vec(instruction).map_err(|_| TooLarge)?;
        let signature = self.sign_bytes(&signed_bytes(auction, &payload));
        let payload = List::new(payload).map_err(|_| TooLarge)?;
        let signed = SignedInstruction { signer: self.party(), signature, payload };
        borsh::to_vec(&signed).map_err(|_| TooLarge)
    }
}

/// An instruction that exceeds its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the instruction is larger than the 1,048,576 bytes that one may have")]
pub struct TooLarge;
