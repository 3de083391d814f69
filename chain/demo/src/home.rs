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
    bytes::{Domain, PartyKey},
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
}

impl OnChain {
    /// Opens an auction. A courier puts `room` bytes of sealed bids into one message, at most.
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
        let mut home = Self { chain, sender, replica, steps: Vec::new(), room };
        home.note("open", signer, genesis.slot, &done);
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

    /// Adds a message that was sent otherwise.
    pub fn note(&mut self, kind: &'static str, signer: PartyKey, slot: u64, done: &Done) {
        let Done { gas, bytes, events: _, written } = *done;
        self.steps.push(Step { kind, signer, slot, gas, bytes, written });
    }

    /// Sends a message and replays what the chain announces: the entry must be the replica's own.
    fn send(
        &mut self,
        slot: u64,
        instruction: &[u8],
        message: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<(), SimulationError> {
        self.chain.advance_to(slot);
        let done = self.chain.execute(&self.sender, message, funds).map_err(failed)?;
        self.replica.submit(slot, instruction)?;
        let shown = shown(&done);
        let [Announced::Entry(Entry { slot: at, instruction: bytes, head })] = &shown[..] else {
            return Err(SimulationError::Home("the chain did not announce one entry".into()));
        };
        let is_same = *at == slot && bytes[..] == *instruction && *head == self.auction().head();
        if !is_same {
            return Err(SimulationError::Home("the chain announced another entry".into()));
        }
        let (kind, signer) = kind_of(instruction);
        self.note(kind, signer, slot, &done);
        Ok(())
    }
}

impl Home for OnChain {
    fn auction(&self) -> &Auction {
        self.replica.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        let message = ExecuteMsg::Apply { instructions: vec![instruction.into()] };
        self.send(slot, instruction, &message, &[])
    }

    fn fund(
        &mut self,
        slot: u64,
        _custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        // The contract signs: its key is everybody's.
        let identity = custodian(&self.auction().terms().domain);
        let mut chain = Custodian::resume(identity, self.auction().next_fund());
        let instruction = chain.fund(&self.auction().id(), party, amount)?;
        let coin = Coin::new(amount, DENOM);
        self.chain.mint(&self.sender, &coin);
        self.send(slot, &instruction, &ExecuteMsg::Fund { party: party.to_string() }, &[coin])
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
    };
    (kind, signed.signer)
}
