//! The program: one match of phase and instruction.
//!
//! ```text
//! Deals -> Complaints -> [Reserves] -> Commits -> Reveals -> Endorsing -> Ranking -> Closed
//!                                         \____________ next round _________/
//!               \________________________________________\__________\_____________/
//! ```
//!
//! Each phase ends at its deadline or when it is complete; a phase with nothing to do is
//! skipped. Section 5 of `docs/spec.md`.
//!
//! | file | what it holds |
//! |---|---|
//! | `phase` | what the auction waits for |
//! | `state` | everything that changes, and the one match of phase and instruction |
//! | `setup`, `commit`, `reveal`, `endorse`, `rank` | what is done with an instruction of each phase |
//! | `clock`, `rounds` | deadlines, transitions, from one round to the next |
//! | `dues` | what is due of a keyholder |
//! | `records` | an auction resumed from its records, and what to write of them |
//! | `ending` | how lots end, and the outcome |

mod clock;
mod commit;
mod dues;
mod ending;
mod endorse;
mod phase;
mod rank;
mod records;
mod reveal;
mod rounds;
mod setup;
mod state;

use crate::{
    ahead::{Ahead, Received, Verified},
    envelope::{self, Opened},
    lot::Absent,
    refusal::{Fault, Refusal, require},
    setting::Setting,
    setup::QuorumKeys,
    standing::{self, Standing},
    store::{Header, Home, Kind, Records as _},
    terms_rules,
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use state::State;
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point, Signature},
    check::Check,
    commitment::{BidId, Commit, CurveCommit},
    instruction::Instruction,
    outcome::{Account, Award, Ending, Outcome, Survey},
    quorum::KeyholderId,
    ranking::Duty,
    setup::Deal,
    terms::{AuctionId, Terms},
    transcript::{Entry, genesis_head, next_head},
};

pub use phase::{Due, Phase};

/// An auction, from its opening to its outcome.
///
/// # Invariants
/// It is a pure function of its genesis and the instructions that it accepted. A refused
/// instruction leaves it exactly as it was.
#[derive(Clone, Debug)]
pub struct Auction {
    setting: Header<Arc<Setting>>,
    state: State,
    /// Where what is not held is read from.
    home: Option<Arc<Home>>,
}

/// Whether the state is the same, wherever it is held.
impl PartialEq for Auction {
    fn eq(&self, other: &Self) -> bool {
        self.setting == other.setting && self.state == other.state
    }
}

impl Auction {
    /// Opens an auction at `slot` under terms that the seller signed.
    ///
    /// # Errors
    /// The first of T1 to T6 that fails.
    pub fn open(slot: u64, terms: &[u8], signature: &Signature) -> Result<Self, Refusal> {
        let (terms, auction) = terms_rules::check(slot, terms, signature)?;
        let state = State::open(slot, genesis_head(&auction, slot, signature), &terms);
        let setting = Header::new(Kind::Terms, Arc::new(Setting::new(terms, auction)));
        Ok(Self { setting, state, home: None })
    }

    /// Applies a signed instruction at `slot` and returns its entry in the transcript.
    ///
    /// # Errors
    /// The first check that fails; then nothing has changed.
    pub fn apply(&mut self, slot: u64, instruction: &[u8]) -> Result<Entry, Refusal> {
        let back = Fault::SlotBack { last: self.state.core.slot, given: slot };
        require(slot >= self.state.core.slot, Check::SlotOrder, back)?;
        let opened = envelope::open(&self.setting.auction, instruction)?;
        self.apply_opened(slot, instruction, opened, None)
    }

    /// As [`apply`](Self::apply), and verifies neither the signature nor a proof once more that was verified ahead.
    ///
    /// # Errors
    /// As `apply`.
    pub fn apply_received(
        &mut self,
        slot: u64,
        received: &Received,
        ahead: Option<&Verified>,
    ) -> Result<Entry, Refusal> {
        if received.auction != self.setting.auction {
            return self.apply(slot, &received.bytes);
        }
        let back = Fault::SlotBack { last: self.state.core.slot, given: slot };
        require(slot >= self.state.core.slot, Check::SlotOrder, back)?;
        self.apply_opened(slot, &received.bytes, received.opened.clone(), ahead)
    }

    fn apply_opened(
        &mut self,
        slot: u64,
        instruction: &[u8],
        opened: Opened,
        ahead: Option<&Verified>,
    ) -> Result<Entry, Refusal> {
        let malformed = Fault::Malformed { what: "instruction" };
        let bytes = List::new(instruction.to_vec())
            .map_err(|_| malformed.fails(Check::EnvelopeCanonical))?;

        // Handlers check everything before they change anything. Passing a deadline does change things, and
        // what is refused then must be undone.
        self.state.begin();
        let passes_a_deadline = self.state.has_expired(&self.setting, slot);
        if passes_a_deadline {
            self.state.advance(&self.setting, slot);
        }
        let taken = self.state.take(&self.setting, slot, opened, passes_a_deadline, ahead);
        let ranked = match taken {
            Ok(ranked) => ranked,
            Err(refusal) => {
                self.state.undo();
                return Err(refusal);
            }
        };
        self.state.keep();
        self.state.core.slot = slot;
        self.state.core.head = next_head(&self.state.core.head, slot, instruction);
        self.state.complete(&self.setting, slot, ranked);
        Ok(Entry { slot, instruction: bytes, head: self.state.core.head })
    }

    /// The signer of an instruction of this auction, and its content. Whether the rules allow it now is
    /// not checked. It costs one signature verification and copies only the content.
    ///
    /// # Errors
    /// E1 or E2.
    pub fn read(&self, instruction: &[u8]) -> Result<(PartyKey, Instruction), Refusal> {
        let opened = envelope::open(&self.setting.auction, instruction)?;
        Ok((opened.signer, opened.instruction))
    }

    /// An instruction of this auction, to be applied later. Whether the rules allow it now is not checked.
    ///
    /// # Errors
    /// E1 or E2.
    pub fn receive(&self, instruction: Arc<[u8]>) -> Result<Received, Refusal> {
        let opened = envelope::open(&self.setting.auction, &instruction)?;
        Ok(Received { auction: self.setting.auction, bytes: instruction, opened })
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.setting.terms
    }

    /// The terms' hash.
    #[must_use]
    pub fn id(&self) -> AuctionId {
        self.setting.auction
    }

    /// Everything that never changes.
    #[must_use]
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The chain's head.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.state.core.head
    }

    /// The slot of the last accepted instruction.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.state.core.slot
    }

    /// The current round, from 0.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.state.core.round.number
    }

    /// What the auction waits for, as of its last accepted instruction.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.core.phase
    }

    /// The last slot before time alone changes something; nothing once closed.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.state.deadline(&self.setting)
    }

    /// The quorum's keys, once the ceremony is over.
    #[must_use]
    pub fn quorum_keys(&self) -> Option<Arc<QuorumKeys>> {
        self.state.ceremony.keys()
    }

    /// The deal of a member, once posted.
    #[must_use]
    pub fn deal_of(&self, member: KeyholderId) -> Option<Arc<Deal>> {
        self.state.ceremony.deal_of(member)
    }

    /// Whether a member was expelled in the ceremony.
    #[must_use]
    pub fn was_expelled(&self, member: KeyholderId) -> bool {
        self.state.ceremony.was_expelled(member)
    }

    /// Whether a bid on an undecided lot was committed and not yet revealed or closed.
    #[must_use]
    pub fn is_open(&self, bid: &BidId) -> bool {
        let lots = &self.state.lots;
        lots.undecided(bid.lot).is_some() && lots.bids.is_open(bid)
    }

    /// The commitment over which a bidder proves its next bid on a lot: that of its active bid.
    #[must_use]
    pub fn active_commitment(&self, lot: u32, bidder: &PartyKey) -> Option<Point> {
        self.state.lots.bids.active_commitment(lot, *bidder)
    }

    /// How a bidder's bid on a lot stands; nothing if it committed none.
    #[must_use]
    pub fn standing(&self, lot: u32, bidder: &PartyKey) -> Option<Standing> {
        standing::of(&self.state.lots.bids, lot, *bidder)
    }

    /// Whether keyholders may attest this bid of the current round: its commit is open, or in a later
    /// round there is no commit for an active bid (K1).
    #[must_use]
    pub fn is_missing(&self, bid: &BidId) -> bool {
        self.state.is_missing(bid)
    }

    /// Whether a bid is active on an undecided lot for which nothing was committed in the current round: what
    /// keyholders attest of a missing commit (K1).
    #[must_use]
    pub fn lacks_commit(&self, bid: &BidId) -> bool {
        self.is_missing(bid) && !self.is_open(bid)
    }

    /// Whether a keyholder let a deadline of this lot pass, as far as the transcript shows.
    #[must_use]
    pub fn is_excluded(&self, lot: u32, keyholder: KeyholderId) -> bool {
        self.absent(lot).is_some_and(|absent| absent.excluded.contains(&keyholder))
    }

    /// Whether others vouched for one who is excluded, so that it is not blamed if the lot is void.
    #[must_use]
    pub fn is_excused(&self, lot: u32, keyholder: KeyholderId) -> bool {
        self.absent(lot).is_some_and(|absent| absent.excused.contains(&keyholder))
    }

    fn absent(&self, lot: u32) -> Option<Absent> {
        self.state.lots.get(lot).map(|state| state.absent.clone())
    }

    /// The head at the close of the last reveals: what keyholders endorse, and rank under.
    #[must_use]
    pub fn endorsed_head(&self) -> Digest {
        self.state.endorsing.head()
    }

    /// What keyholders owe now: their endorsement, or each chunk of the current steps that is not complete.
    #[must_use]
    pub fn duties(&self) -> Vec<Duty> {
        self.state.duties()
    }

    /// The keyholders for whom others may vouch now on this duty: its deadline would exclude them.
    #[must_use]
    pub fn late(&self, duty: Duty) -> BTreeSet<KeyholderId> {
        self.state.late(&self.setting, duty)
    }

    /// Checks a commit as if this bidder had sent it now: E4, and C1 to C9. Nothing changes and
    /// nothing is copied; the time is that of the last instruction.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn check_commit(&self, bidder: &PartyKey, commit: &Commit) -> Result<(), Refusal> {
        self.require_commits("a commit")?;
        self.state.check_commit(&self.setting, *bidder, commit, None).map(|_| ())
    }

    /// The same of a curve's commit.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn check_commit_curve(
        &self,
        bidder: &PartyKey,
        commit: &CurveCommit,
    ) -> Result<(), Refusal> {
        self.require_commits("a commit of a curve")?;
        self.state.check_commit_curve(&self.setting, *bidder, commit).map(|_| ())
    }

    fn require_commits(&self, instruction: &'static str) -> Result<(), Refusal> {
        let phase = self.state.core.phase;
        let wrong_phase = Fault::WrongPhase { instruction, phase: phase.name() };
        require(phase == Phase::Commits, Check::EnvelopePhase, wrong_phase)
    }

    /// The proof of a commit, to be verified ahead; nothing for what is no commit, or is refused before its proof is
    /// looked at as things stand now.
    #[must_use]
    pub fn look_ahead(&self, received: &Received) -> Option<Ahead> {
        let Instruction::Commit(commit) = received.instruction() else { return None };
        if received.auction != self.setting.auction {
            return None;
        }
        if self.state.core.phase != Phase::Commits {
            return None;
        }
        let claim = self.state.claim_of_commit(&self.setting, received.signer(), commit)?;
        Some(Ahead::new(Arc::clone(&self.setting), &claim))
    }

    /// What `keyholder` may do now. Everything in it was computed from accepted entries.
    #[must_use]
    pub fn dues(&self, keyholder: KeyholderId) -> Vec<Due> {
        self.state.dues(&self.setting, keyholder)
    }

    /// The surveys of a lot so far, from round 0.
    #[must_use]
    pub fn surveys(&self, lot: u32) -> Vec<Survey> {
        self.state.lots.surveys(lot)
    }

    /// The ending of a lot, once it has ended.
    #[must_use]
    pub fn ending(&self, lot: u32) -> Option<Ending> {
        self.state.lots.get(lot).and_then(|state| state.ending.clone())
    }

    /// The award that the seller may accept or decline on a lot, while it may.
    #[must_use]
    pub fn award_to_decide(&self, lot: u32) -> Option<Award> {
        self.state.lots.award_to_decide(lot)
    }

    /// The outcome, once the auction is closed.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        (self.state.core.phase == Phase::Closed).then(|| self.state.outcome(&self.setting))
    }

    /// The account of a party, if it has one.
    #[must_use]
    pub fn account(&self, party: &PartyKey) -> Option<Account> {
        self.state.ledger.account(party)
    }

    /// The sequence number that the custodian's next instruction must have.
    #[must_use]
    pub fn next_fund(&self) -> u64 {
        self.state.ledger.next_sequence()
    }

    /// Every account, at any time.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.state.ledger.accounts()
    }
}
