//! Signed instructions, one after another.

use crate::{event, refusal::Refusal, state};
use cosmwasm_std::{Binary, Event, Storage};
use ed25519_dalek::Signer as _;
use talea_contract::Auction;
use talea_protocol::{
    bytes::{List, PartyKey, Signature},
    instruction::{Fund, Instruction, SignedInstruction, signed_bytes},
    sealed_bid::SealedBid,
    terms::Terms,
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

/// Bytes of an instruction besides what it carries, at most.
const FRAME: usize = 1_024;
/// Bytes of one item of a keyholder's longest post, a gate, with its part of the proof, at most.
const GATE: usize = 160;

/// `Err` if some message of an auction under these terms would be too long: nobody could hand it in.
pub(crate) fn require_fit(terms: &Terms) -> Result<(), Refusal> {
    let sealed = terms.lots.iter().map(|lot| SealedBid::encoded_len(&lot.grid.shape)).max();
    let post = usize::from(terms.chunk_items).saturating_mul(GATE);
    for (what, bytes) in [("a sealed bid", sealed.unwrap_or(0)), ("a keyholder's post", post)] {
        let bytes = bytes.saturating_add(FRAME);
        if bytes > MAX_MESSAGE_BYTES {
            return Err(Refusal::Unfit { what, bytes, most: MAX_MESSAGE_BYTES });
        }
    }
    Ok(())
}

/// Applies instructions at `slot`, each that the rules allow. An error if they allow none: the first one's.
///
/// One that is refused does not keep the others out. Otherwise whoever copies one of them, and is first, would stop
/// them all.
pub(crate) fn each(
    auction: &mut Auction,
    slot: u64,
    instructions: &[Binary],
) -> Result<Vec<Entry>, Refusal> {
    if instructions.is_empty() {
        return Err(Refusal::Empty {});
    }
    require_length(instructions.iter().map(|instruction| instruction.len()).sum())?;
    let mut entries = Vec::new();
    let mut refused = None;
    for instruction in instructions {
        match one(auction, slot, instruction) {
            Ok(entry) => entries.push(entry),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) if entries.is_empty() => Err(refusal),
        _ => Ok(entries),
    }
}

fn one(auction: &mut Auction, slot: u64, instruction: &Binary) -> Result<Entry, Refusal> {
    if let Some((_, Instruction::Fund(_))) = SignedInstruction::read_unverified(instruction) {
        return Err(Refusal::FundWithoutCoins {});
    }
    Ok(auction.apply(slot, instruction)?)
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
