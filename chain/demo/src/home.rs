//! The parties of `talea-sim` in an auction on the chain.

use crate::{
    chain::{CHAIN_ID, Chain, Done, Failed, address},
    gas::Gas,
};
use cosmwasm_std::{Binary, Coin};
use talea_chain::{
    event,
    message::{ExecuteMsg, InstantiateMsg},
};
use talea_contract::Auction;
use talea_parties::{board::Board, custodian::Custodian, identity::Identity};
use talea_protocol::{
    bytes::{Domain, List, PartyKey},
    chain::{Announced, BadHome, ChainHome, SlotUnit, custodian_seed},
    instruction::{Instruction, SignedInstruction},
    transcript::{Entry, Genesis},
};
use talea_sim::simulate::{Home, Plan, SimulationError};

/// The coins of the chain.
pub const DENOM: &str = "utoken";

/// Moves a plan into a contract: the chain is its custodian, and slots are heights of blocks from 1,000.
///
/// # Errors
/// [`BadHome`] if the address is too long for terms.
pub fn settle_on(plan: &mut Plan, contract: &str) -> Result<(), BadHome> {
    const FIRST: u64 = 1_000;
    let by = FIRST.saturating_sub(plan.opening_slot);
    plan.opening_slot = plan.opening_slot.saturating_add(by);
    let terms = &mut plan.terms;
    let schedule = &mut terms.schedule;
    let reserve = terms.reserve.as_mut().map(|reserve| &mut reserve.until);
    let slots = [
        &mut schedule.deals_until,
        &mut schedule.complaints_until,
        &mut schedule.commits_until,
        &mut schedule.reveals_until,
    ];
    for slot in slots.into_iter().chain(reserve) {
        *slot = slot.saturating_add(by);
    }
    let home = ChainHome { chain_id: CHAIN_ID, contract, slots: SlotUnit::Blocks, denom: DENOM };
    terms.domain = home.domain()?;
    terms.custodian = custodian(&terms.domain).party();
    Ok(())
}

/// The chain as a custodian.
fn custodian(domain: &Domain) -> Identity {
    Identity::from_seed(&custodian_seed(domain))
}

/// A message that the chain accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it was.
    pub kind: &'static str,
    /// Instructions in it.
    pub instructions: usize,
    /// Who signed it.
    pub signer: PartyKey,
    /// The slot.
    pub slot: u64,
    /// What it cost.
    pub gas: Gas,
    /// Bytes of the message, as JSON.
    pub bytes: usize,
    /// Records written, and their bytes.
    pub written: (usize, usize),
}

/// An auction on a chain, as its parties see it: they replay what the chain's events show.
pub struct OnChain {
    chain: Chain,
    /// Pays for everything.
    sender: String,
    replica: Board<Vec<u8>>,
    steps: Vec<Step>,
    room: usize,
    /// What the replica has taken and the chain is still to be sent: one signer's, of one slot.
    held: Vec<Held>,
}

/// An instruction that waits for others of its signer.
struct Held {
    slot: u64,
    kind: &'static str,
    signer: PartyKey,
    entry: Entry,
}

impl OnChain {
    /// Opens an auction. One message holds `room` bytes of instructions or sealed bids at most, unless one alone has more.
    ///
    /// # Errors
    /// [`SimulationError`] if the chain or the rules refuse.
    pub fn open(mut chain: Chain, genesis: &Genesis, room: usize) -> Result<Self, SimulationError> {
        let sender = address("sender");
        chain.advance_to(genesis.slot);
        let message = InstantiateMsg {
            terms: Binary::new(genesis.terms.to_vec()),
            slot: genesis.slot,
            signature: Binary::new(genesis.signature.0.to_vec()),
        };
        let done = chain.instantiate(&sender, &message, &[]).map_err(failed)?;
        let shown = shown(&done);
        let [Announced::Genesis(announced)] = &shown[..] else {
            return Err(SimulationError::Home("the chain did not announce the opening".into()));
        };
        if announced != genesis {
            return Err(SimulationError::Home("the chain announced another opening".into()));
        }
        let replica = Board::open(genesis, Vec::new())?;
        let signer = replica.auction().terms().seller;
        let mut home = Self { chain, sender, replica, steps: Vec::new(), room, held: Vec::new() };
        home.note(("open", 1), signer, genesis.slot, &done);
        Ok(home)
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The chain, to go on with.
    pub fn chain_mut(&mut self) -> &mut Chain {
        &mut self.chain
    }

    /// Every message so far.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a message that was sent otherwise: what it was, and how many instructions it held.
    pub fn note(
        &mut self,
        (kind, instructions): (&'static str, usize),
        signer: PartyKey,
        slot: u64,
        done: &Done,
    ) {
        let Done { gas, bytes, events: _, written } = *done;
        self.steps.push(Step { kind, instructions, signer, slot, gas, bytes, written });
    }

    /// Has the replica take an instruction.
    fn take(&mut self, slot: u64, instruction: &[u8]) -> Result<Held, SimulationError> {
        self.replica.submit(slot, instruction)?;
        let (kind, signer) = kind_of(instruction);
        let instruction = List::new(instruction.to_vec())?;
        let entry = Entry { slot, instruction, head: self.auction().head() };
        Ok(Held { slot, kind, signer, entry })
    }

    /// Whether an instruction fits into the message that is held back.
    fn fits(&self, slot: u64, instruction: &[u8]) -> bool {
        let Some(first) = self.held.first() else { return true };
        let bytes: usize = self.held.iter().map(|held| held.entry.instruction.len()).sum();
        let is_own = (first.slot, first.signer) == (slot, kind_of(instruction).1);
        is_own && bytes.saturating_add(instruction.len()) <= self.room
    }

    /// Sends what the replica has taken: the chain must announce the same entries.
    fn send(
        &mut self,
        sent: &[Held],
        message: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<(), SimulationError> {
        let Some(first) = sent.first() else { return Ok(()) };
        self.chain.advance_to(first.slot);
        let done = self.chain.execute(&self.sender, message, funds).map_err(failed)?;
        let expected = sent.iter().map(|held| Announced::Entry(held.entry.clone()));
        if !shown(&done).into_iter().eq(expected) {
            return Err(SimulationError::Home("the chain announced other entries".into()));
        }
        let is_one_kind = sent.iter().all(|held| held.kind == first.kind);
        let kind = if is_one_kind { first.kind } else { "posts" };
        self.note((kind, sent.len()), first.signer, first.slot, &done);
        Ok(())
    }
}

impl Home for OnChain {
    fn auction(&self) -> &Auction {
        self.replica.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        if !self.fits(slot, instruction) {
            self.finish()?;
        }
        let held = self.take(slot, instruction)?;
        self.held.push(held);
        Ok(())
    }

    /// Sends what waited for more.
    fn finish(&mut self) -> Result<(), SimulationError> {
        let held = std::mem::take(&mut self.held);
        let instructions = held.iter().map(|held| Binary::new(held.entry.instruction.to_vec()));
        let message = ExecuteMsg::Apply { instructions: instructions.collect() };
        self.send(&held, &message, &[])
    }

    fn fund(
        &mut self,
        slot: u64,
        _custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        self.finish()?;
        // The contract signs: its key is everybody's.
        let identity = custodian(&self.auction().terms().domain);
        let mut chain = Custodian::resume(identity, self.auction().next_fund());
        let instruction = chain.fund(&self.auction().id(), party, amount)?;
        let coin = Coin::new(amount, DENOM);
        self.chain.mint(&self.sender, &coin);
        let held = self.take(slot, &instruction)?;
        self.send(&[held], &ExecuteMsg::Fund { party: party.to_string() }, &[coin])
    }

    fn room(&self) -> usize {
        self.room
    }
}

fn failed(failed: Failed) -> SimulationError {
    SimulationError::Home(failed.to_string())
}

/// What a message's events announce, in order.
fn shown(done: &Done) -> Vec<Announced> {
    done.events.iter().filter_map(event::read).collect()
}

/// What an instruction is, and who signed it.
fn kind_of(instruction: &[u8]) -> (&'static str, PartyKey) {
    let Some((signed, instruction)) = SignedInstruction::read_unverified(instruction) else {
        return ("unreadable", PartyKey([0; 32]));
    };
    let kind = match instruction {
        Instruction::Tick => "tick",
        Instruction::Fund(_) => "fund",
        Instruction::Deal(_) => "deal",
        Instruction::Complain(_) => "complaint",
        Instruction::Commit(_) => "commit",
        Instruction::Reveal(_) => "reveal",
        Instruction::Endorse(_) => "endorsement",
        Instruction::Gate(_) => "gate",
        Instruction::Blind(_) => "blind",
        Instruction::Decrypt(_) => "decrypt",
        Instruction::Reserve(_) => "reserve",
        Instruction::Shuffle(_) => "shuffle",
        Instruction::Decide(_) => "decision",
        Instruction::Vouch(_) => "vouch",
        Instruction::CommitCurve(_) => "commit of a curve",
    };
    (kind, signed.signer)
}
