//! A transcript taken apart, so that a test can stop before any entry and try something else.

use borsh::BorshSerialize;
use std::collections::BTreeMap;
use talea_contract::Auction;
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::{Digest, List, PartyKey},
    instruction::{Instruction, SignedInstruction, signed_bytes},
    terms::AuctionId,
    transcript::{Closing, Entry, Genesis, MAGIC, RECORD_HEADER_BYTES, RecordKind, next_head},
};
use talea_sim::simulate::Cast;

/// A transcript, record by record.
#[derive(Clone, Debug)]
pub struct Replay {
    /// How the auction opened.
    pub genesis: Genesis,
    /// What was accepted.
    pub entries: Vec<Entry>,
    /// What was derived, once the auction is closed.
    pub closing: Option<Closing>,
}

/// An entry, and the auction just before it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The auction just before.
    pub before: Auction,
    /// The entry's slot.
    pub slot: u64,
    /// The signed instruction.
    pub bytes: Vec<u8>,
    /// Who signed.
    pub signer: PartyKey,
    /// What was signed.
    pub instruction: Instruction,
}

/// The kind of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Of [`Instruction::Tick`].
    Tick,
    /// Of [`Instruction::Fund`].
    Fund,
    /// Of [`Instruction::Deal`].
    Deal,
    /// Of [`Instruction::Complain`].
    Complain,
    /// Of [`Instruction::Commit`].
    Commit,
    /// Of [`Instruction::Reveal`].
    Reveal,
    /// Of [`Instruction::Endorse`].
    Endorse,
    /// Of [`Instruction::Gate`].
    Gate,
    /// Of [`Instruction::Blind`].
    Blind,
    /// Of [`Instruction::Decrypt`].
    Decrypt,
    /// Of [`Instruction::Reserve`].
    Reserve,
    /// Of [`Instruction::Shuffle`].
    Shuffle,
    /// Of [`Instruction::Decide`].
    Decide,
    /// Of [`Instruction::Vouch`].
    Vouch,
    /// Of [`Instruction::CommitCurve`].
    CommitCurve,
}

impl Kind {
    /// Every kind that an auction takes whose bids are one level each, in the order of the wire.
    pub const ALL: [Self; 14] = [
        Self::Tick,
        Self::Fund,
        Self::Deal,
        Self::Complain,
        Self::Commit,
        Self::Reveal,
        Self::Endorse,
        Self::Gate,
        Self::Blind,
        Self::Decrypt,
        Self::Reserve,
        Self::Shuffle,
        Self::Decide,
        Self::Vouch,
    ];

    /// The kind of `instruction`.
    pub fn of(instruction: &Instruction) -> Self {
        match instruction {
            Instruction::Tick => Self::Tick,
            Instruction::Fund(_) => Self::Fund,
            Instruction::Deal(_) => Self::Deal,
            Instruction::Complain(_) => Self::Complain,
            Instruction::Commit(_) => Self::Commit,
            Instruction::Reveal(_) => Self::Reveal,
            Instruction::Endorse(_) => Self::Endorse,
            Instruction::Gate(_) => Self::Gate,
            Instruction::Blind(_) => Self::Blind,
            Instruction::Decrypt(_) => Self::Decrypt,
            Instruction::Reserve(_) => Self::Reserve,
            Instruction::Shuffle(_) => Self::Shuffle,
            Instruction::Decide(_) => Self::Decide,
            Instruction::Vouch(_) => Self::Vouch,
            Instruction::CommitCurve(_) => Self::CommitCurve,
        }
    }
}

impl Replay {
    /// Reads a transcript that the board wrote.
    pub fn read(transcript: &[u8]) -> Self {
        let mut rest = transcript.strip_prefix(MAGIC).expect("a transcript begins with the magic");
        let mut genesis = None;
        let mut entries = Vec::new();
        let mut closing = None;
        while let Some((header, tail)) = rest.split_first_chunk::<RECORD_HEADER_BYTES>() {
            let (kind, length) = RecordKind::read_header(header).expect("the board writes headers");
            let (body, tail) = tail.split_at(length);
            rest = tail;
            let whole = "the board writes whole records";
            match kind {
                RecordKind::Genesis => genesis = Some(borsh::from_slice(body).expect(whole)),
                RecordKind::Entry => entries.push(borsh::from_slice(body).expect(whole)),
                RecordKind::Closing => closing = Some(borsh::from_slice(body).expect(whole)),
            }
        }
        Self { genesis: genesis.expect("a transcript has a genesis"), entries, closing }
    }

    /// The transcript up to this entry, which is left out.
    pub fn until(&self, index: usize) -> Vec<u8> {
        let mut transcript = MAGIC.to_vec();
        append(&mut transcript, RecordKind::Genesis, &self.genesis);
        for entry in self.entries.iter().take(index) {
            append(&mut transcript, RecordKind::Entry, entry);
        }
        transcript
    }

    /// The transcript with this instruction in place of entry `index`, its chain right, as the last entry.
    pub fn ending_with(&self, index: usize, instruction: &[u8]) -> Vec<u8> {
        self.ending_at(index, self.entries[index].slot, instruction)
    }

    /// The same with another slot.
    pub fn ending_at(&self, index: usize, slot: u64, instruction: &[u8]) -> Vec<u8> {
        let head = next_head(&self.head_before(index), slot, instruction);
        let instruction = List::new(instruction.to_vec()).expect("within its bound");
        let mut transcript = self.until(index);
        append(&mut transcript, RecordKind::Entry, &Entry { slot, instruction, head });
        transcript
    }

    /// The head before this entry.
    pub fn head_before(&self, index: usize) -> Digest {
        match index.checked_sub(1) {
            Some(last) => self.entries[last].head,
            None => self.open().head(),
        }
    }

    /// The whole transcript.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut transcript = self.until(self.entries.len());
        if let Some(closing) = &self.closing {
            append(&mut transcript, RecordKind::Closing, closing);
        }
        transcript
    }

    /// The auction before its first entry.
    pub fn open(&self) -> Auction {
        let Genesis { slot, terms, signature } = &self.genesis;
        Auction::open(*slot, terms, signature).expect("it was opened before")
    }

    /// Every entry with the auction just before it, and the auction after the last.
    pub fn scenes(&self) -> (Vec<Scene>, Auction) {
        let mut auction = self.open();
        let scenes = self.entries.iter().map(|entry| {
            let (signer, instruction) = opened(&entry.instruction);
            let before = auction.clone();
            auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
            Scene {
                before,
                slot: entry.slot,
                bytes: entry.instruction.to_vec(),
                signer,
                instruction,
            }
        });
        (scenes.collect(), auction)
    }
}

/// Appends a record to a transcript.
pub fn append(transcript: &mut Vec<u8>, kind: RecordKind, body: &impl BorshSerialize) {
    let body = borsh::to_vec(body).expect("to memory");
    transcript.extend(kind.write(&body).expect("within its bound"));
}

impl Scene {
    /// The kind of the instruction.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.instruction)
    }

    /// The auction just after.
    pub fn after(&self) -> Auction {
        let mut auction = self.before.clone();
        auction.apply(self.slot, &self.bytes).expect("it was accepted before");
        auction
    }
}

/// Who signed these bytes, and what.
pub fn opened(signed: &[u8]) -> (PartyKey, Instruction) {
    let signed: SignedInstruction = borsh::from_slice(signed).expect("a signed instruction");
    (signed.signer, borsh::from_slice(&signed.payload).expect("an instruction"))
}

/// The number of the check under which `auction` refuses these bytes at `slot`, leaving everything
/// as it was.
#[track_caller]
pub fn refused(auction: &Auction, slot: u64, bytes: &[u8]) -> &'static str {
    let mut tried = auction.clone();
    let refusal = match tried.apply(slot, bytes) {
        Err(refusal) => refusal,
        Ok(_) => panic!("it was accepted at slot {slot}"),
    };
    assert!(tried == *auction, "a refusal under {} changed the auction", refusal.check);
    refusal.check.number()
}

/// The auction after accepting these bytes at `slot`.
#[track_caller]
pub fn accepted(auction: &Auction, slot: u64, bytes: &[u8]) -> Auction {
    let mut auction = auction.clone();
    match auction.apply(slot, bytes) {
        Ok(_) => auction,
        Err(refusal) => panic!("refused at slot {slot}: {refusal}"),
    }
}

/// Everybody's pen: signs in the name of whoever is in the cast.
pub struct Pens(BTreeMap<PartyKey, Identity>);

impl Pens {
    /// The pens of a cast. The beneficiary has none.
    pub fn of(cast: &Cast) -> Self {
        Self(cast.identities().into_iter().map(|identity| (identity.party(), identity)).collect())
    }

    /// Whether there is one of this party.
    pub fn has(&self, party: PartyKey) -> bool {
        self.0.contains_key(&party)
    }

    /// One party's pen, for good.
    pub fn take(mut self, party: PartyKey) -> Identity {
        self.0.remove(&party).expect("somebody of the cast")
    }

    /// The pen of one party.
    pub fn identity(&self, party: PartyKey) -> &Identity {
        self.0.get(&party).expect("somebody of the cast")
    }

    /// An instruction, signed by `party`.
    pub fn sign(&self, party: PartyKey, auction: &AuctionId, instruction: &Instruction) -> Vec<u8> {
        self.identity(party).sign(auction, instruction).expect("an instruction within its bound")
    }

    /// Any bytes, signed by `party` as if they were an instruction.
    pub fn sign_payload(&self, party: PartyKey, auction: &AuctionId, payload: &[u8]) -> Vec<u8> {
        let signature = self.identity(party).sign_bytes(&signed_bytes(auction, payload));
        let payload = List::new(payload.to_vec()).expect("a payload within its bound");
        borsh::to_vec(&SignedInstruction { signer: party, signature, payload }).expect("to memory")
    }

    /// What `signed` becomes if its instruction is altered and its signer signs again.
    pub fn alter(
        &self,
        auction: &Auction,
        signed: &[u8],
        alter: impl FnOnce(&mut Instruction),
    ) -> Vec<u8> {
        let (signer, mut instruction) = opened(signed);
        alter(&mut instruction);
        self.sign(signer, &auction.id(), &instruction)
    }
}

/// Alters a bounded list.
pub fn edit<T: Clone, const MAX: usize>(list: &mut List<T, MAX>, edit: impl FnOnce(&mut Vec<T>)) {
    let mut items = list.to_vec();
    edit(&mut items);
    *list = List::new(items).expect("a list within its bound");
}
