//! The signed envelope in which everything travels.

use crate::{
    bytes::{List, PartyKey, Signature},
    commitment::{Commit, CurveCommit},
    labels,
    limits::MAX_INSTRUCTION_BYTES,
    ranking::{
        BlindPost, Decision, DecryptionSharePost, Endorsement, GatePost, ShufflePost, Vouch,
    },
    sealed_bid::Reveals,
    setup::{Complaint, Deal},
    terms::AuctionId,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A signed instruction.
///
/// The payload is kept as the bytes that were signed; nothing is ever re-encoded before a
/// signature is checked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedInstruction {
    /// Who signs.
    pub signer: PartyKey,
    /// Over [`signed_bytes`].
    pub signature: Signature,
    /// Borsh bytes of an [`Instruction`].
    pub payload: List<u8, MAX_INSTRUCTION_BYTES>,
}

impl SignedInstruction {
    /// The instruction in these bytes and its claimed signer; the signature is **not** verified.
    pub fn read_unverified(bytes: &[u8]) -> Option<(Self, Instruction)> {
        let signed: Self = borsh::from_slice(bytes).ok()?;
        let instruction = borsh::from_slice(&signed.payload).ok()?;
        Some((signed, instruction))
    }
}

/// What the signer signs: `label || auction id || payload`. The signer's key is inside Ed25519's
/// own hash.
pub fn signed_bytes(auction: &AuctionId, payload: &[u8]) -> Vec<u8> {
    [labels::INSTRUCTION, &auction.0, payload].concat()
}

/// What the seller signs to open an auction: `label || auction id || slot u64`.
pub fn opening_bytes(auction: &AuctionId, slot: u64) -> Vec<u8> {
    [labels::OPENING, &auction.0, &slot.to_le_bytes()].concat()
}

/// An instruction to the program.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Instruction {
    /// Lets time pass. Accepted from anybody, and only if a deadline has passed.
    Tick,
    /// The custodian locked money for a party.
    Fund(Fund),
    /// A keyholder's contribution to its group's key.
    Deal(Deal),
    /// A keyholder's proof that it was dealt a wrong share.
    Complain(Complaint),
    /// A bid, committed.
    Commit(Commit),
    /// Bids, still encrypted. Accepted from anybody.
    Reveal(Reveals),
    /// A keyholder's word for the transcript so far.
    Endorse(Endorsement),
    /// A keyholder's turn on conditional gates.
    Gate(GatePost),
    /// A keyholder's blinding for zero-tests (plaintext-equality tests with zero).
    Blind(BlindPost),
    /// A keyholder's decryption shares.
    Decrypt(DecryptionSharePost),
    /// The seller's reserve for a lot, committed.
    Reserve(Commit),
    /// A keyholder's turn on lists to be shuffled.
    Shuffle(ShufflePost),
    /// The seller's word on a lot that has an award.
    Decide(Decision),
    /// A keyholder's statement that it holds others' posts which the transcript does not show.
    Vouch(Vouch),
    /// A bid that is a curve, committed.
    CommitCurve(CurveCommit),
}

impl Instruction {
    /// The name of its kind, for people and tools; never hashed.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Fund(_) => "fund",
            Self::Deal(_) => "deal",
            Self::Complain(_) => "complain",
            Self::Reserve(_) => "reserve",
            Self::Commit(_) => "commit",
            Self::Reveal(_) => "reveal",
            Self::Endorse(_) => "endorse",
            Self::Gate(_) => "gate",
            Self::Shuffle(_) => "shuffle",
            Self::Blind(_) => "blind",
            Self::Decrypt(_) => "decrypt",
            Self::Decide(_) => "decide",
            Self::Vouch(_) => "vouch",
            Self::CommitCurve(_) => "commit-curve",
        }
    }
}

/// Money locked outside for a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fund {
    /// Counts the custodian's instructions from 0, so that none is taken twice or left out.
    pub sequence: u64,
    /// For whom.
    pub party: PartyKey,
    /// How much, in units of the custodian's currency; at least 1.
    pub amount: u64,
}
