//! The program, the contract on the machine and the verifier say the same of every instruction, honest or hostile.
//!
//! Before each honest instruction of an auction hostile ones are tried: bytes flipped in the envelope, bytes flipped
//! in the payload and signed again, somebody else's signature, an instruction again or in another phase. How many in
//! all, says `TALEA_CHAIN_INSTRUCTIONS`.

use crate::common::{code, scenario, sender};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use std::collections::BTreeMap;
use talea_chain::{event, message::ExecuteMsg};
use talea_chain_demo::{
    chain::{Chain, Failed},
    home::OnChain,
};
use talea_contract::Auction;
use talea_parties::{custodian::Custodian, identity::Identity};
use talea_protocol::{
    bytes::{List, PartyKey},
    chain::Announced,
    instruction::{Instruction, SignedInstruction, signed_bytes},
    transcript::{Entry, Genesis, MAGIC, RecordKind, next_head},
};
use talea_sim::simulate::{Home, SimulationError, simulate_in};
use talea_verifier::{Options, verify};

/// An auction on the chain in which strangers interfere.
struct Interfered {
    home: OnChain,
    identities: Vec<Identity>,
    rng: ChaCha20Rng,
    /// Hostile instructions before each honest one.
    hostile: usize,
    /// Accepted before, in order.
    accepted: Vec<Vec<u8>>,
    /// The transcript so far.
    transcript: Vec<u8>,
    /// How often each check refused.
    refusals: BTreeMap<String, usize>,
    tried: usize,
}

impl Interfered {
    fn open(
        genesis: &Genesis,
        identities: Vec<Identity>,
        hostile: usize,
    ) -> Result<Self, SimulationError> {
        let home = OnChain::open(Chain::new(code()), genesis, 8_000)?;
        let opening = RecordKind::Genesis.write(&borsh::to_vec(genesis).unwrap()).unwrap();
        Ok(Self {
            home,
            identities,
            rng: ChaCha20Rng::seed_from_u64(7),
            hostile,
            accepted: Vec::new(),
            transcript: [&MAGIC[..], &opening].concat(),
            refusals: BTreeMap::new(),
            tried: 0,
        })
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound.max(1)
    }

    /// An honest instruction made hostile.
    fn mutant(&mut self, honest: &[u8]) -> Vec<u8> {
        let mut bytes = honest.to_vec();
        match self.below(6) {
            0 => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
                bytes
            }
            1 | 2 => {
                let Ok(mut signed) = borsh::from_slice::<SignedInstruction>(honest) else {
                    return bytes;
                };
                let mut payload = signed.payload.to_vec();
                let at = self.below(payload.len());
                payload[at] ^= 1 << self.below(8);
                let signer =
                    self.identities.iter().find(|identity| identity.party() == signed.signer);
                let Some(signer) = signer else { return bytes };
                signed.signature = signer.sign_bytes(&signed_bytes(&self.auction().id(), &payload));
                signed.payload = List::new(payload).unwrap();
                borsh::to_vec(&signed).unwrap()
            }
            3 => {
                let (_, instruction) = SignedInstruction::read_unverified(honest).unwrap();
                let other = self.below(self.identities.len());
                self.identities[other].sign(&self.auction().id(), &instruction).unwrap()
            }
            4 => {
                let at = self.below(self.accepted.len());
                self.accepted.get(at).cloned().unwrap_or_default()
            }
            _ => {
                bytes.truncate(self.below(bytes.len()));
                bytes
            }
        }
    }

    /// Tries what is not honest: where the program refuses it, the machine and the verifier do, under the same check.
    fn interfere(&mut self, slot: u64, honest: &[u8]) {
        for _ in 0..self.hostile {
            let mutant = self.mutant(honest);
            let is_fund = SignedInstruction::read_unverified(&mutant)
                .is_some_and(|(_, instruction)| matches!(instruction, Instruction::Fund(_)));
            // By no instruction is a party funded on a chain: that is tried elsewhere.
            if is_fund || mutant == honest {
                continue;
            }
            let Err(refusal) = self.auction().clone().apply(slot, &mutant) else { continue };
            self.tried += 1;
            self.home.chain_mut().advance_to(slot);
            let message = ExecuteMsg::Apply { instructions: vec![mutant.as_slice().into()] };
            let failed = self.home.chain_mut().execute(&sender(), &message, &[]);
            assert_eq!(failed, Err(Failed::Refused(refusal.to_string())));
            let check = refusal.check.to_string();
            assert_eq!(self.verifier_names(slot, &mutant), Some(check.clone()), "{refusal}");
            *self.refusals.entry(check).or_default() += 1;
        }
    }

    /// The check under which the verifier refuses the transcript so far with this entry.
    fn verifier_names(&self, slot: u64, instruction: &[u8]) -> Option<String> {
        let entry = self.record(slot, instruction);
        let file = [&self.transcript[..], &entry].concat();
        let report = verify(&file[..], &Options { jobs: Some(1) }, |_| ()).unwrap();
        report.failure.map(|failure| failure.check.to_string())
    }

    fn record(&self, slot: u64, instruction: &[u8]) -> Vec<u8> {
        let head = next_head(&self.auction().head(), slot, instruction);
        let entry = Entry { slot, instruction: List::new(instruction.to_vec()).unwrap(), head };
        RecordKind::Entry.write(&borsh::to_vec(&entry).unwrap()).unwrap()
    }
}

impl Home for Interfered {
    fn auction(&self) -> &Auction {
        self.home.auction()
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        self.interfere(slot, instruction);
        let record = self.record(slot, instruction);
        self.home.submit(slot, instruction)?;
        self.home.finish()?;
        self.transcript.extend(record);
        self.accepted.push(instruction.to_vec());
        Ok(())
    }

    fn fund(
        &mut self,
        slot: u64,
        custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        let before = self.home.chain().transactions().len();
        self.home.fund(slot, custodian, party, amount)?;
        // The contract made the instruction: it is in the event.
        let transaction = &self.home.chain().transactions()[before];
        let [event] = &transaction.events.as_ref().unwrap()[..] else { panic!("one event") };
        let Some(Announced::Entry(entry)) = event::read(event) else { panic!("an entry") };
        let record = RecordKind::Entry.write(&borsh::to_vec(&entry).unwrap()).unwrap();
        self.transcript.extend(record);
        Ok(())
    }

    fn room(&self) -> usize {
        8_000
    }
}

#[test]
fn the_program_the_machine_and_the_verifier_refuse_under_the_same_check() {
    let wanted = std::env::var("TALEA_CHAIN_INSTRUCTIONS").ok();
    let wanted: usize = wanted.and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let (cast, plan, mut rng) = scenario("chain.toml");
    let identities = cast.identities();
    // About seventy instructions are honest, and not every mutant is refused.
    let hostile = wanted.div_ceil(45);
    let open = |genesis: &_| Interfered::open(genesis, identities, hostile);
    let interfered = simulate_in(open, cast, &plan, &mut rng).unwrap();
    println!("{} refused: {:?}", interfered.tried, interfered.refusals);
    assert!(interfered.tried + interfered.accepted.len() >= wanted);
    for check in ["E1", "E2", "E3", "E4"] {
        assert!(interfered.refusals.contains_key(check), "{check}");
    }
    assert!(interfered.refusals.len() >= 8);
    // What was honest all the same came to an outcome.
    assert!(interfered.auction().outcome().is_some());
}
