//! Signed instructions, one after another.

use crate::{event, refusal::Refusal, state};
use cosmwasm_std::{Binary, Event, Storage};
use ed25519_dalek::Signer as _;
use talea_contract::Auction;
use talea_protocol::{
    bytes::{List, PartyKey, Signature},
    instruction::{Fund, Instruction, SignedInstruction, signed_bytes},
    transcript::Entry,
};

/// Bytes of instructions or terms in one message, at most: the machine reads no response of more than 256 KiB, and
/// what is accepted is announced in it, in base64.
pub const MAX_MESSAGE_BYTES: usize = 180_000;

/// `Err` if a message hands in more than it could announce.
pub(crate) fn require_length(bytes: usize) -> Result<(), Refusal> {
    if bytes > MAX_MESSAGE_BYTES {
        return Err(Refusal::TooLong { bytes, most: MAX_MESSAGE_BYTES });
    }
    Ok(())
}

/// Applies instructions at `slot`: all of them, or an error.
pub(crate) fn all(
    auction: &mut Auction,
    slot: u64,
    instructions: &[Binary],
) -> Result<Vec<Entry>, Refusal> {
    if instructions.is_empty() {
        return Err(Refusal::Empty {});
    }
    require_length(instructions.iter().map(|instruction| instruction.len()).sum())?;
    let apply = |instruction: &Binary| {
        if let Some((_, Instruction::Fund(_))) = SignedInstruction::read_unverified(instruction) {
            return Err(Refusal::FundWithoutCoins {});
        }
        Ok(auction.apply(slot, instruction)?)
    };
    instructions.iter().map(apply).collect()
}

/// Credits `party` with coins that came in: the chain is the custodian.
pub(crate) fn fund(
    auction: &mut Auction,
    slot: u64,
    (party, amount): (PartyKey, u64),
) -> Result<Entry, Refusal> {
    let fund = Fund { sequence: auction.next_fund(), party, amount };
    let unwritable = Refusal::State { what: "instruction" };
    let signed = sign(auction, &Instruction::Fund(fund)).ok_or(unwritable)?;
    Ok(auction.apply(slot, &signed)?)
}

/// An instruction, signed by the chain as a custodian.
fn sign(auction: &Auction, instruction: &Instruction) -> Option<Vec<u8>> {
    let key = state::custodian(&auction.terms().domain);
    let payload = borsh::to_vec(instruction).ok()?;
    let signature = Signature(key.sign(&signed_bytes(&auction.id(), &payload)).to_bytes());
    let signer = PartyKey(key.verifying_key().to_bytes());
    borsh::to_vec(&SignedInstruction { signer, signature, payload: List::new(payload).ok()? }).ok()
}

/// The events of entries, which are counted here.
pub(crate) fn announce(
    storage: &mut dyn Storage,
    entries: &[Entry],
) -> Result<Vec<Event>, Refusal> {
    let numbers = state::count(storage, entries)?;
    Ok(numbers.zip(entries).map(|(number, entry)| event::entry(number, entry)).collect())
}
