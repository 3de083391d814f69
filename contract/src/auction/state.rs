//! Everything that changes, and the one match of phase and instruction.

use super::Phase;
use crate::{
    ahead::Verified,
    bids::Seen,
    endorse::Endorsing,
    envelope::Opened,
    ledger::Ledger,
    lot::Lots,
    rank::work::Post,
    refusal::{Fault, Refusal, require},
    setting::Setting,
    setup::Ceremony,
    store::{Corrupt, Header, Home, Kind, records},
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    instruction::{Fund, Instruction},
    terms::{Lot, Schedule, Terms},
};

/// Everything that changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) core: Header<Core>,
    pub(super) ledger: Ledger,
    pub(super) ceremony: Ceremony,
    pub(super) lots: Lots,
    pub(super) seen: Seen,
    pub(super) endorsing: Endorsing,
}

records!(State { core, ledger, ceremony, lots, seen, endorsing });

/// What every instruction needs to know, and most of them change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Core {
    pub(super) slot: u64,
    pub(super) head: Digest,
    pub(super) phase: Phase,
    pub(super) round: Round,
    /// Bids and reserves that are neither revealed nor closed.
    pub(super) open: u64,
    /// Lots that have not ended.
    pub(super) undecided: u32,
    /// Accepted instructions that revealed a bid.
    pub(super) reveals: u32,
}

/// The current round, and when its bids are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Round {
    pub(super) number: u32,
    pub(super) commits_until: u64,
    pub(super) reveals_until: u64,
}

/// A lot as the terms have it.
pub(super) fn line(setting: &Setting, lot: u32) -> Option<&Lot> {
    usize::try_from(lot).ok().and_then(|lot| setting.terms.lots.get(lot))
}

/// Every lot.
pub(super) fn lots(setting: &Setting) -> impl Iterator<Item = u32> + use<> {
    0..number_of_lots(&setting.terms)
}

fn number_of_lots(terms: &Terms) -> u32 {
    u32::try_from(terms.lots.len()).unwrap_or(u32::MAX)
}

impl State {
    /// Of an auction that opens under these terms.
    pub(super) fn open(slot: u64, head: Digest, terms: &Terms) -> Self {
        let Schedule { commits_until, reveals_until, .. } = terms.schedule;
        let lots = number_of_lots(terms);
        let core = Core {
            slot,
            head,
            phase: Phase::Deals,
            round: Round { number: 0, commits_until, reveals_until },
            open: 0,
            undecided: lots,
            reveals: 0,
        };
        Self::new(Header::new(Kind::Core, core), Lots::open(lots), None)
    }

    /// As its home has it.
    pub(super) fn resume(terms: &Terms, home: &Arc<Home>) -> Result<Self, Corrupt> {
        let core = Header::read(Kind::Core, home.read(Kind::Core)?);
        Ok(Self::new(core, Lots::resume(number_of_lots(terms), home), Some(home)))
    }

    fn new(core: Header<Core>, lots: Lots, home: Option<&Arc<Home>>) -> Self {
        Self {
            core,
            ledger: Ledger::new(home),
            ceremony: Ceremony::new(home),
            lots,
            seen: Seen::new(home),
            endorsing: Endorsing::new(home),
        }
    }

    /// The lots that have not ended.
    pub(super) fn undecided(&self, setting: &Setting) -> Vec<u32> {
        lots(setting).filter(|lot| self.lots.undecided(*lot).is_some()).collect()
    }

    /// The one match of phase and instruction: E4, E3, then the instruction's own checks. Gives the lot on which
    /// a keyholder worked.
    pub(super) fn take(
        &mut self,
        setting: &Setting,
        slot: u64,
        opened: Opened,
        passed_a_deadline: bool,
        ahead: Option<&Verified>,
    ) -> Result<Option<u32>, Refusal> {
        use Instruction as I;
        let Opened { signer, instruction } = opened;
        let wrong_phase =
            Fault::WrongPhase { instruction: name(&instruction), phase: self.core.phase.name() }
                .fails(Check::EnvelopePhase);
        match (self.core.phase, instruction) {
            // Also the tick by which the last deadline passed, so that time alone closes an auction.
            (_, I::Tick) if passed_a_deadline => Ok(()),
            (_, I::Tick) | (Phase::Closed, _) => Err(wrong_phase),
            (_, I::Fund(fund)) => self.fund(setting, signer, &fund),

            (Phase::Deals, I::Deal(deal)) => self.deal(setting, signer, deal),
            (Phase::Complaints, I::Complain(complaint)) => {
                self.complain(setting, signer, &complaint)
            }
            (Phase::Reserves, I::Reserve(commit)) => self.reserve(setting, signer, &commit),
            (Phase::Commits, I::Commit(commit)) => self.commit(setting, signer, &commit, ahead),
            (Phase::Commits, I::CommitCurve(commit)) => self.commit_curve(setting, signer, &commit),
            (Phase::Reveals, I::Reveal(reveals)) => self.reveal(setting, &reveals),
            (Phase::Endorsing, I::Endorse(endorsement)) => {
                self.endorse(setting, signer, &endorsement)
            }
            (Phase::Endorsing | Phase::Ranking, I::Vouch(vouch)) => {
                self.vouch(setting, signer, &vouch)
            }
            (Phase::Ranking, I::Gate(post)) => {
                return self.rank(setting, slot, signer, Post::Gate(post));
            }
            (Phase::Ranking, I::Shuffle(post)) => {
                return self.rank(setting, slot, signer, Post::Shuffle(post));
            }
            (Phase::Ranking, I::Blind(post)) => {
                return self.rank(setting, slot, signer, Post::Blind(post));
            }
            (Phase::Ranking, I::Decrypt(post)) => {
                return self.rank(setting, slot, signer, Post::Decrypt(post));
            }
            (Phase::Ranking, I::Decide(decision)) => self.decide(setting, signer, decision),

            (
                Phase::Deals
                | Phase::Complaints
                | Phase::Reserves
                | Phase::Commits
                | Phase::Reveals
                | Phase::Endorsing
                | Phase::Ranking,
                I::Deal(_)
                | I::Complain(_)
                | I::Reserve(_)
                | I::Commit(_)
                | I::Reveal(_)
                | I::Endorse(_)
                | I::Gate(_)
                | I::Shuffle(_)
                | I::Blind(_)
                | I::Decrypt(_)
                | I::Decide(_)
                | I::Vouch(_)
                | I::CommitCurve(_),
            ) => Err(wrong_phase),
        }
        .map(|()| None)
    }

    fn fund(&mut self, setting: &Setting, signer: PartyKey, fund: &Fund) -> Result<(), Refusal> {
        let role = Fault::WrongRole { signer, needed: "the custodian" };
        require(signer == setting.terms.custodian, Check::EnvelopeRole, role)?;
        self.ledger.fund(fund.sequence, fund.party, fund.amount)
    }
}

/// E3 of what only the seller may do.
pub(super) fn require_seller(setting: &Setting, signer: PartyKey) -> Result<(), Refusal> {
    let role = Fault::WrongRole { signer, needed: "the seller" };
    require(signer == setting.terms.seller, Check::EnvelopeRole, role)
}

/// The kind of an instruction, for refusals.
fn name(instruction: &Instruction) -> &'static str {
    match instruction {
        Instruction::Tick => "a tick",
        Instruction::Fund(_) => "a fund",
        Instruction::Deal(_) => "a deal",
        Instruction::Complain(_) => "a complaint",
        Instruction::Commit(_) => "a commit",
        Instruction::Reveal(_) => "a reveal",
        Instruction::Endorse(_) => "an endorsement",
        Instruction::Gate(_) => "a gate post",
        Instruction::Blind(_) => "a blind post",
        Instruction::Decrypt(_) => "a post of decryption shares",
        Instruction::Reserve(_) => "a reserve",
        Instruction::Shuffle(_) => "a shuffle post",
        Instruction::Decide(_) => "a decision",
        Instruction::Vouch(_) => "a vouch",
        Instruction::CommitCurve(_) => "a commit of a curve",
    }
}
