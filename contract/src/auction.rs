//! The program: one match of phase and instruction.
//!
//! ```text
//! Deals -> Complaints -> [Reserves] -> Commits -> Reveals -> Endorsing -> Ranking -> Closed
//!                                         \____________ next round _________/
//!               \________________________________________\__________\_____________/
//! ```
//!
//! Each phase ends at its deadline or when it is complete; a phase that leaves nothing to do is
//! passed over. Section 5 of `docs/spec.md`.

use crate::{
    bids::{self, BidState, CommittedBid, Ground, Seen},
    close::{self, Bonds},
    endorse::Endorsing,
    envelope::{self, Opened},
    ledger::Ledger,
    lot::{Absent, LotState, Stage},
    rank::{
        Ranking,
        program::Purpose,
        roster::Surroundings,
        step::{Post, Task},
    },
    refusal::{Fault, Refusal, require, require_digest, require_number},
    setting::Setting,
    setup::{self, Ceremony, QuorumKeys},
    terms_rules,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point, Signature},
    check::Check,
    commitment::{BidId, Commit},
    instruction::{Fund, Instruction},
    outcome::{Award, Ending, LotResult, Outcome, Survey, VoidCause},
    quorum::KeyholderId,
    ranking::{Decision, Duty, Endorsement, RankHeader, Vouch},
    sealed_bid::Reveals,
    setup::{Complaint, Deal},
    terms::{AuctionId, Lot, Terms},
    transcript::{Entry, genesis_head, next_head},
};

/// An auction, from its opening to its outcome.
///
/// # Invariants
/// It is a pure function of its genesis and the instructions that it accepted. A refused
/// instruction leaves it exactly as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Auction {
    setting: Arc<Setting>,
    state: State,
}

/// Everything that changes.
#[derive(Clone, Debug, PartialEq)]
struct State {
    slot: u64,
    head: Digest,
    phase: Phase,
    round: Round,
    ledger: Ledger,
    ceremony: Ceremony,
    keys: Option<Arc<QuorumKeys>>,
    lots: Vec<LotState>,
    seen: Seen,
    endorsing: Endorsing,
}

/// The current round, and when its bids are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Round {
    number: u32,
    commits_until: u64,
    reveals_until: u64,
}

/// What the auction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Deals of the key ceremony.
    Deals,
    /// Complaints about deals.
    Complaints,
    /// The seller's reserves, before bids.
    Reserves,
    /// Commits: bids are due.
    Commits,
    /// Reveals of sealed bids.
    Reveals,
    /// Endorsements of the transcript so far.
    Endorsing,
    /// Keyholders' work on the lots.
    Ranking,
    /// Nothing: there is an outcome.
    Closed,
}

impl Phase {
    /// Its name in refusals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deals => "Deals",
            Self::Complaints => "Complaints",
            Self::Reserves => "Reserves",
            Self::Commits => "Commits",
            Self::Reveals => "Reveals",
            Self::Endorsing => "Endorsing",
            Self::Ranking => "Ranking",
            Self::Closed => "Closed",
        }
    }
}

/// One thing that a keyholder may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Endorse this head in this round.
    Endorse {
        /// The round.
        round: u32,
        /// The head at the close of reveals.
        head: Digest,
    },
    /// Work on a chunk of a lot's current step.
    Rank {
        /// The header of the post.
        header: RankHeader,
        /// The work.
        task: Task,
    },
}

impl Auction {
    /// Opens an auction at `slot` under terms that the seller signed.
    ///
    /// # Errors
    /// The first of T1 to T6 that fails.
    pub fn open(slot: u64, terms: &[u8], signature: &Signature) -> Result<Self, Refusal> {
        let (terms, auction) = terms_rules::check(slot, terms, signature)?;
        let state = State {
            slot,
            head: genesis_head(&auction, slot, signature),
            phase: Phase::Deals,
            round: Round {
                number: 0,
                commits_until: terms.schedule.commits_until,
                reveals_until: terms.schedule.reveals_until,
            },
            ledger: Ledger::default(),
            ceremony: Ceremony::default(),
            keys: None,
            lots: terms.lots.iter().map(|_| LotState::default()).collect(),
            seen: Seen::default(),
            endorsing: Endorsing::default(),
        };
        Ok(Self { setting: Arc::new(Setting::new(terms, auction)), state })
    }

    /// Applies a signed instruction at `slot` and returns its entry in the transcript.
    ///
    /// # Errors
    /// The first check that fails; then nothing has changed.
    pub fn apply(&mut self, slot: u64, instruction: &[u8]) -> Result<Entry, Refusal> {
        let back = Fault::SlotBack { last: self.state.slot, given: slot };
        require(slot >= self.state.slot, Check::SlotOrder, back)?;
        let malformed = Fault::Malformed { what: "instruction" };
        let opened = envelope::open(&self.setting.auction, instruction)?;
        let bytes = List::new(instruction.to_vec())
            .map_err(|_| malformed.fails(Check::EnvelopeCanonical))?;

        // Handlers check everything before they change anything. Passing a deadline does change
        // things, so that is tried on a copy.
        if self.state.has_expired(&self.setting, slot) {
            let mut later = self.state.clone();
            later.advance(&self.setting, slot);
            later.take(&self.setting, slot, opened, true)?;
            self.state = later;
        } else {
            self.state.take(&self.setting, slot, opened, false)?;
        }
        self.state.slot = slot;
        self.state.head = next_head(&self.state.head, slot, instruction);
        self.state.complete(&self.setting, slot);
        Ok(Entry { slot, instruction: bytes, head: self.state.head })
    }

    /// Who signed an instruction of this auction, and what it says; whether the rules allow it now is
    /// not asked. It costs one signature, and nothing is copied but what it says.
    ///
    /// # Errors
    /// E1 or E2.
    pub fn read(&self, instruction: &[u8]) -> Result<(PartyKey, Instruction), Refusal> {
        let opened = envelope::open(&self.setting.auction, instruction)?;
        Ok((opened.signer, opened.instruction))
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
        self.state.head
    }

    /// The slot of the last accepted instruction.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.state.slot
    }

    /// The current round, from 0.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.state.round.number
    }

    /// What the auction waits for, as of its last accepted instruction.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.phase
    }

    /// The last slot before time alone changes something; nothing once closed.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.state.deadline(&self.setting)
    }

    /// The quorum's keys, once the ceremony is over.
    #[must_use]
    pub fn quorum_keys(&self) -> Option<&QuorumKeys> {
        self.state.keys.as_deref()
    }

    /// The deal of a member, once posted.
    #[must_use]
    pub fn deal_of(&self, member: KeyholderId) -> Option<&Deal> {
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
        let lot = self.state.lot(bid.lot).filter(|lot| lot.ending.is_none());
        lot.is_some_and(|lot| lot.bids.is_open(&bid.bidder, bid.round))
    }

    /// The commitment over which a bidder proves its next bid on a lot: that of its bid which stands.
    #[must_use]
    pub fn standing(&self, lot: u32, bidder: &PartyKey) -> Option<Point> {
        self.state.lot(lot).and_then(|lot| lot.bids.standing(bidder))
    }

    /// Whether keyholders may attest this bid of the current round: its commit is open, or in a later
    /// round there is no commit for a bid that stands (K1).
    #[must_use]
    pub fn is_missing(&self, bid: &BidId) -> bool {
        self.state.is_missing(bid)
    }

    /// Whether a bid stands on an undecided lot for which nothing was committed in the current round: what
    /// keyholders attest of a commit that never came (K1).
    #[must_use]
    pub fn lacks_commit(&self, bid: &BidId) -> bool {
        self.is_missing(bid) && !self.is_open(bid)
    }

    /// Whether a keyholder let a deadline of this lot pass, as far as the transcript shows.
    #[must_use]
    pub fn is_out(&self, lot: u32, keyholder: KeyholderId) -> bool {
        self.absent(lot).is_some_and(|absent| absent.out.contains(&keyholder))
    }

    /// Whether others vouched for one who is out, so that it is not blamed if the lot is void.
    #[must_use]
    pub fn is_excused(&self, lot: u32, keyholder: KeyholderId) -> bool {
        self.absent(lot).is_some_and(|absent| absent.excused.contains(&keyholder))
    }

    fn absent(&self, lot: u32) -> Option<&Absent> {
        let state = self.state.lot(lot)?;
        Some(state.ranking().map_or(&state.absent, Ranking::absent))
    }

    /// The head at the close of the last reveals: what keyholders endorse, and rank under.
    #[must_use]
    pub fn endorsed_head(&self) -> Digest {
        self.state.endorsing.head
    }

    /// What keyholders owe now: their endorsement, or each chunk of the current steps that is not complete.
    #[must_use]
    pub fn duties(&self) -> Vec<Duty> {
        self.state.duties(&self.setting)
    }

    /// Those for whom others may vouch now on this duty: its deadline would put them out.
    #[must_use]
    pub fn late(&self, duty: Duty) -> BTreeSet<KeyholderId> {
        self.state.late(&self.setting, duty)
    }

    /// What is refused of a commit now, if it came from this bidder: E4, or C1 to C8. Nothing changes and
    /// nothing is copied; time is where the last instruction left it.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn check_commit(&self, bidder: &PartyKey, commit: &Commit) -> Result<(), Refusal> {
        let (instruction, phase) = ("a commit", self.state.phase);
        let wrong_phase = Fault::WrongPhase { instruction, phase: phase.name() };
        require(phase == Phase::Commits, Check::EnvelopePhase, wrong_phase)?;
        self.state.check_commit(&self.setting, *bidder, commit).map(|_| ())
    }

    /// What `keyholder` may do now. Everything in it was computed from accepted entries.
    #[must_use]
    pub fn dues(&self, keyholder: KeyholderId) -> Vec<Due> {
        self.state.dues(&self.setting, keyholder)
    }

    /// What the rounds have shown of a lot so far, from round 0.
    #[must_use]
    pub fn surveys(&self, lot: u32) -> &[Survey] {
        self.state.lot(lot).map_or(&[], LotState::surveys)
    }

    /// How a lot ended, once it has.
    #[must_use]
    pub fn ending(&self, lot: u32) -> Option<Ending> {
        self.state.lot(lot).and_then(|lot| lot.ending.clone())
    }

    /// What the seller may accept or decline on a lot, while it may.
    #[must_use]
    pub fn award_to_decide(&self, lot: u32) -> Option<&Award> {
        match &self.state.lot(lot)?.stage {
            Stage::Deciding { award, .. } => Some(award),
            Stage::Idle | Stage::Ranking(_) | Stage::Surveyed => None,
        }
    }

    /// The outcome, once the auction is closed.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        (self.state.phase == Phase::Closed).then(|| self.state.outcome(&self.setting))
    }

    /// Every account, at any time.
    #[must_use]
    pub fn accounts(&self) -> Vec<talea_protocol::outcome::Account> {
        self.state.ledger.accounts()
    }
}

fn index(lot: u32) -> usize {
    usize::try_from(lot).unwrap_or(usize::MAX)
}

impl State {
    fn lot(&self, lot: u32) -> Option<&LotState> {
        self.lots.get(index(lot))
    }

    fn is_missing(&self, bid: &BidId) -> bool {
        let undecided = self.lot(bid.lot).filter(|lot| lot.ending.is_none());
        let is_current = bid.round == self.round.number;
        is_current && undecided.is_some_and(|lot| lot.bids.is_missing(&bid.bidder, bid.round))
    }

    /// The one match of phase and instruction: E4, E3, then the instruction's own checks.
    fn take(
        &mut self,
        setting: &Setting,
        slot: u64,
        opened: Opened,
        passed_a_deadline: bool,
    ) -> Result<(), Refusal> {
        use Instruction as I;
        let Opened { signer, instruction } = opened;
        let wrong_phase =
            Fault::WrongPhase { instruction: name(&instruction), phase: self.phase.name() }
                .fails(Check::EnvelopePhase);
        match (self.phase, instruction) {
            // Also the tick by which the last deadline passed, so that time alone closes an auction.
            (_, I::Tick) if passed_a_deadline => Ok(()),
            (_, I::Tick) | (Phase::Closed, _) => Err(wrong_phase),
            (_, I::Fund(fund)) => self.fund(setting, signer, &fund),

            (Phase::Deals, I::Deal(deal)) => self.deal(setting, signer, deal),
            (Phase::Complaints, I::Complain(complaint)) => {
                self.complain(setting, signer, &complaint)
            }
            (Phase::Reserves, I::Reserve(commit)) => self.reserve(setting, signer, &commit),
            (Phase::Commits, I::Commit(commit)) => self.commit(setting, signer, &commit),
            (Phase::Reveals, I::Reveal(reveals)) => self.reveal(setting, &reveals),
            (Phase::Endorsing, I::Endorse(endorsement)) => {
                self.endorse(setting, signer, &endorsement)
            }
            (Phase::Endorsing | Phase::Ranking, I::Vouch(vouch)) => {
                self.vouch(setting, signer, &vouch)
            }
            (Phase::Ranking, I::Gate(post)) => self.rank(setting, slot, signer, Post::Gate(post)),
            (Phase::Ranking, I::Mix(post)) => self.rank(setting, slot, signer, Post::Mix(post)),
            (Phase::Ranking, I::Decide(decision)) => self.decide(setting, signer, decision),
            (Phase::Ranking, I::Blind(post)) => self.rank(setting, slot, signer, Post::Blind(post)),
            (Phase::Ranking, I::Unseal(post)) => {
                self.rank(setting, slot, signer, Post::Unseal(post))
            }

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
                | I::Mix(_)
                | I::Blind(_)
                | I::Unseal(_)
                | I::Decide(_)
                | I::Vouch(_),
            ) => Err(wrong_phase),
        }
    }

    fn fund(&mut self, setting: &Setting, signer: PartyKey, fund: &Fund) -> Result<(), Refusal> {
        let role = Fault::WrongRole { signer, needed: "the custodian" };
        require(signer == setting.terms.custodian, Check::EnvelopeRole, role)?;
        self.ledger.fund(fund.sequence, fund.party, fund.amount)
    }

    fn deal(&mut self, setting: &Setting, signer: PartyKey, deal: Deal) -> Result<(), Refusal> {
        let terms = &setting.terms;
        let dealer = member_of_quorum(setting, signer)?;
        let twice = Fault::Already { what: "the member dealt" };
        require(!self.ceremony.has_dealt(dealer), Check::DealOnce, twice)?;
        let bonds = bonds_of_all_lots(terms);
        self.ledger.require(signer, bonds, Check::DealOnce)?;
        let parties = (dealer, signer);
        self.ceremony.deal(&setting.generators, setting.auction, &terms.quorum, parties, deal)?;
        self.ledger.lock(signer, bonds);
        Ok(())
    }

    fn complain(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        complaint: &Complaint,
    ) -> Result<(), Refusal> {
        let complainer = member_of_quorum(setting, signer)?;
        let role = Fault::WrongRole { signer, needed: "a member who dealt" };
        require(self.ceremony.has_dealt(complainer), Check::EnvelopeRole, role)?;
        self.ceremony.complain(
            &setting.generators,
            setting.auction,
            &setting.terms.quorum,
            (complainer, signer),
            complaint,
        )
    }

    fn commit(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &Commit,
    ) -> Result<(), Refusal> {
        let committed = self.check_commit(setting, signer, commit)?;
        let stakes = &setting.terms.stakes;
        let Some(state) = self.lots.get_mut(index(commit.lot)) else { return Ok(()) };
        let fee = stakes.fee(state.bids.count());
        state.bids.keep(&mut self.seen, committed);
        if self.round.number == 0 {
            self.ledger.lock(signer, stakes.deposit);
            self.ledger.charge(signer, fee, stakes);
        }
        Ok(())
    }

    /// C1 to C8.
    fn check_commit(
        &self,
        setting: &Setting,
        bidder: PartyKey,
        commit: &Commit,
    ) -> Result<CommittedBid, Refusal> {
        let (lot, state, ground) = self.ground(setting, commit)?;
        let stakes = &setting.terms.stakes;
        // T5 bounds the sum.
        let stake = |commits| stakes.deposit.saturating_add(stakes.fee(commits));
        let has_stake = |commits| self.ledger.require(bidder, stake(commits), Check::CommitStake);
        state.bids.check(&ground, (lot, bidder), commit, has_stake)
    }

    fn reserve(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &Commit,
    ) -> Result<(), Refusal> {
        require_seller(setting, signer)?;
        let (lot, state, ground) = self.ground(setting, commit)?;
        let deposit = setting.terms.stakes.deposit;
        let has_stake = || self.ledger.require(signer, deposit, Check::CommitStake);
        let committed = state.bids.check_reserve(&ground, (lot, signer), commit, has_stake)?;
        if let Some(state) = self.lots.get_mut(index(commit.lot)) {
            state.bids.keep_reserve(&mut self.seen, committed);
        }
        self.ledger.lock(signer, deposit);
        Ok(())
    }

    /// C1: the lot that a commit or a reserve names, in the round that is open, and what it is checked
    /// against.
    fn ground<'a>(
        &'a self,
        setting: &'a Setting,
        commit: &Commit,
    ) -> Result<(&'a Lot, &'a LotState, Ground<'a>), Refusal> {
        let unknown = |what| Fault::Unknown { what }.fails(Check::CommitLot);
        let at = index(commit.lot);
        let lot = setting.terms.lots.get(at).zip(self.lots.get(at));
        let (lot, state) = lot.ok_or(unknown("lot"))?;
        if commit.round != self.round.number {
            return Err(unknown("round"));
        }
        let ended = Fault::Already { what: "the lot ended" };
        require(state.ending.is_none(), Check::CommitLot, ended)?;
        // There are keys from the end of the ceremony on.
        let keys = self.keys.as_deref().ok_or(unknown("quorum key"))?;
        Ok((lot, state, Ground { setting, keys, seen: &self.seen }))
    }

    fn reveal(&mut self, setting: &Setting, reveals: &Reveals) -> Result<(), Refusal> {
        let mut named = BTreeSet::new();
        let mut shown = BTreeSet::new();
        let mut fresh: Vec<(&Lot, &CommittedBid, &_)> = Vec::new();
        for reveal in reveals.iter() {
            let at = index(reveal.bid.lot);
            let lot = setting.terms.lots.get(at).zip(self.lots.get(at));
            let twice = Fault::Already { what: "the instruction revealed this bid" };
            require(named.insert(reveal.bid), Check::RevealCommit, twice)?;
            let bids = lot.map(|(_, state)| &state.bids);
            let bid = bids::check_seal(setting, (bids, self.round.number), reveal)?;
            if bid.state == BidState::Open {
                fresh.extend(lot.map(|(lot, _)| (lot, bid, reveal)));
            } else {
                // Revealed by another instruction: somebody may have copied it out of this one.
                shown.insert(reveal.bid.bidder);
            }
        }
        // Of each bidder something must be new: else one open bid could have everybody's recorded again.
        let stale = Fault::Unknown { what: "open bid of each bidder among these reveals" };
        shown.retain(|bidder| !fresh.iter().any(|(_, bid, _)| bid.bidder == *bidder));
        require(!fresh.is_empty() && shown.is_empty(), Check::RevealCommit, stale)?;
        let Some(keys) = self.keys.clone() else {
            return Ok(());
        };
        let judged = bids::judge(setting, &keys, &fresh);
        let named: Vec<BidId> = fresh.iter().map(|(_, _, reveal)| reveal.bid).collect();
        for (bid, judged) in named.into_iter().zip(judged) {
            let weeded = judged.filter(|judged| bids::weed(&mut self.seen, judged));
            if let Some(lot) = self.lots.get_mut(index(bid.lot)) {
                lot.bids.close(&bid.bidder, weeded);
            }
        }
        Ok(())
    }

    fn endorse(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        endorsement: &Endorsement,
    ) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        let rounds = (self.round.number, endorsement.round);
        require_number(Check::EndorseHead, "the round", rounds)?;
        let are_missing = endorsement.attested.iter().all(|bid| self.is_missing(bid));
        self.endorsing.endorse(&keys, keyholder, endorsement, are_missing)
    }

    fn vouch(&mut self, setting: &Setting, signer: PartyKey, vouch: &Vouch) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        require_number(Check::VouchDue, "the round", (self.round.number, vouch.round))?;
        require_digest(Check::VouchDue, "the head", (self.endorsing.head, vouch.head))?;
        let not_due = |rule| Fault::Broken { rule }.fails(Check::VouchDue);
        match (self.phase, vouch.duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.vouch(&keys, keyholder, vouch),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                let around = self.around(setting, &keys);
                let stage = self.lots.get_mut(index(lot)).map(|state| &mut state.stage);
                let Some(Stage::Ranking(ranking)) = stage else {
                    return Err(not_due("a vouch must be for a lot that is surveyed or ranked"));
                };
                ranking.vouch(around, keyholder, vouch, (step, chunk))
            }
            _ => Err(not_due("a vouch must be for a post that is due in this phase")),
        }
    }

    fn duties(&self, setting: &Setting) -> Vec<Duty> {
        let Some(keys) = self.keys.as_deref() else { return Vec::new() };
        if self.phase == Phase::Endorsing {
            return alloc::vec![Duty::Endorsement];
        }
        let around = self.around(setting, keys);
        self.rankings()
            .flat_map(|(lot, ranking)| {
                let step = ranking.step_number();
                let chunks = ranking.waiting(around).into_iter();
                chunks.map(move |chunk| Duty::Chunk { lot, step, chunk })
            })
            .collect()
    }

    /// The lots that are being surveyed or ranked.
    fn rankings(&self) -> impl Iterator<Item = (u32, &Ranking)> {
        (0u32..).zip(&self.lots).filter_map(|(lot, state)| Some((lot, state.ranking()?)))
    }

    /// What the steps of every lot need to know.
    fn around<'a>(&self, setting: &'a Setting, keys: &'a QuorumKeys) -> Surroundings<'a> {
        Surroundings { setting, keys, round: self.round.number, head: self.endorsing.head }
    }

    fn late(&self, setting: &Setting, duty: Duty) -> BTreeSet<KeyholderId> {
        let Some(keys) = self.keys.as_deref() else { return BTreeSet::new() };
        match (self.phase, duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.late(keys),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                let ranking = self.lot(lot).and_then(LotState::ranking);
                let ranking = ranking.filter(|ranking| ranking.step_number() == step);
                let around = self.around(setting, keys);
                ranking.map(|ranking| ranking.late(around, chunk)).unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }

    fn rank(
        &mut self,
        setting: &Setting,
        slot: u64,
        signer: PartyKey,
        post: Post,
    ) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        let lot = post.header().lot;
        let unknown = Fault::Unknown { what: "lot being ranked" }.fails(Check::RankPlace);
        let around = self.around(setting, &keys);
        let stage = self.lots.get_mut(index(lot)).map(|state| &mut state.stage);
        let Some(Stage::Ranking(ranking)) = stage else {
            return Err(unknown);
        };
        ranking.accept(around, (keyholder, signer), post, slot)
    }

    fn decide(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        decision: Decision,
    ) -> Result<(), Refusal> {
        require_seller(setting, signer)?;
        let unknown = Fault::Unknown { what: "lot waiting for a decision" };
        let stage = self.lots.get(index(decision.lot)).map(|state| &state.stage);
        let Some(Stage::Deciding { award, .. }) = stage else {
            return Err(unknown.fails(Check::DecisionDue));
        };
        let award = award.clone();
        let ending = if decision.accept { Ending::Sold(award) } else { Ending::Declined(award) };
        self.end(setting, BTreeMap::from([(decision.lot, ending)]), &Absent::default());
        Ok(())
    }

    /// The keyholder who signs with this key, if it has a share, and the quorum's keys.
    fn keyholder(
        &self,
        setting: &Setting,
        signer: PartyKey,
    ) -> Result<(KeyholderId, Arc<QuorumKeys>), Refusal> {
        let role = Fault::WrongRole { signer, needed: "a keyholder" };
        setup::keyholder_of(&setting.terms.quorum, &signer)
            .zip(self.keys.clone())
            .filter(|(id, keys)| keys.share_keys.contains_key(id))
            .ok_or(role.fails(Check::EnvelopeRole))
    }

    fn dues(&self, setting: &Setting, keyholder: KeyholderId) -> Vec<Due> {
        let Some(keys) = self.keys.as_deref() else {
            return Vec::new();
        };
        let (round, head) = (self.round.number, self.endorsing.head);
        match self.phase {
            Phase::Endorsing => {
                let endorse = Due::Endorse { round, head };
                let is_wanted = self.endorsing.wants(keys, keyholder);
                if is_wanted { alloc::vec![endorse] } else { Vec::new() }
            }
            Phase::Ranking => self
                .rankings()
                .flat_map(|(lot, ranking)| {
                    let around = self.around(setting, keys);
                    let step = ranking.step_number();
                    ranking.tasks(around, keyholder).into_iter().map(move |(chunk, task)| {
                        let header = RankHeader { lot, round, step, chunk, head };
                        Due::Rank { header, task }
                    })
                })
                .collect(),
            Phase::Deals
            | Phase::Complaints
            | Phase::Reserves
            | Phase::Commits
            | Phase::Reveals
            | Phase::Closed => Vec::new(),
        }
    }

    // ---- time ----

    /// The last slot before time alone changes something.
    fn deadline(&self, setting: &Setting) -> Option<u64> {
        let schedule = &setting.terms.schedule;
        match self.phase {
            Phase::Deals => Some(schedule.deals_until),
            Phase::Complaints => Some(schedule.complaints_until),
            Phase::Reserves => setting.terms.reserve.map(|reserve| reserve.until),
            Phase::Commits => Some(self.round.commits_until),
            Phase::Reveals => Some(self.round.reveals_until),
            Phase::Endorsing => Some(self.endorsing.deadline),
            Phase::Ranking => self.lots.iter().filter_map(LotState::deadline).min(),
            Phase::Closed => None,
        }
    }

    fn has_expired(&self, setting: &Setting, slot: u64) -> bool {
        self.deadline(setting).is_some_and(|deadline| slot > deadline)
    }

    /// Passes every deadline before `slot`, in order. What begins then has its time from `slot`, however
    /// late that is.
    fn advance(&mut self, setting: &Setting, slot: u64) {
        while self.has_expired(setting, slot) {
            match self.phase {
                Phase::Deals => self.phase = Phase::Complaints,
                Phase::Complaints => self.finish_setup(setting),
                Phase::Reserves => self.phase = Phase::Commits,
                Phase::Commits => {
                    self.phase = Phase::Reveals;
                    let slots = setting.terms.reveal_slots(self.round.number);
                    // Of these the slot before this one was the last that had to wait.
                    self.round.reveals_until = slot.saturating_sub(1).saturating_add(slots);
                    if !self.has_open_commits() {
                        self.close_reveals(setting, slot);
                    }
                }
                Phase::Reveals => self.close_reveals(setting, slot),
                Phase::Endorsing => self.give_up_endorsing(setting),
                Phase::Ranking => self.time_out_lots(setting, slot),
                Phase::Closed => return,
            }
        }
    }

    /// Transitions that the instruction just accepted completed.
    fn complete(&mut self, setting: &Setting, slot: u64) {
        match self.phase {
            Phase::Reveals if !self.has_open_commits() => self.close_reveals(setting, slot),
            Phase::Endorsing if self.is_endorsed() => self.start_ranking(setting, slot),
            Phase::Ranking => self.proceed_with_lots(setting, slot),
            Phase::Deals
            | Phase::Complaints
            | Phase::Reserves
            | Phase::Commits
            | Phase::Reveals
            | Phase::Endorsing
            | Phase::Closed => {}
        }
    }

    fn is_endorsed(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| self.endorsing.is_complete(keys))
    }

    fn has_open_commits(&self) -> bool {
        self.lots.iter().any(|state| state.bids.has_open())
    }

    fn finish_setup(&mut self, setting: &Setting) {
        match self.ceremony.finish(&setting.terms.quorum) {
            Some(keys) => {
                self.keys = Some(Arc::new(keys));
                self.phase = match setting.terms.reserve {
                    Some(_) => Phase::Reserves,
                    None => Phase::Commits,
                };
            }
            None => {
                let void = Ending::Void(VoidCause::Setup);
                self.end_lots(setting, &Absent::default(), |_| Some(void.clone()));
            }
        }
    }

    /// Reveals closed at `slot`: by completion, or because its deadline had passed.
    fn close_reveals(&mut self, setting: &Setting, slot: u64) {
        self.phase = Phase::Endorsing;
        let deadline = slot.saturating_add(setting.terms.schedule.endorse_slots);
        self.endorsing = Endorsing::of(self.head, deadline);
        if self.is_last_round(setting) {
            // Nothing of a ladder's randomness comes after.
            self.seen.randomness = BTreeSet::new();
        }
        self.end_lots(setting, &Absent::default(), |state| {
            state.bids.in_order().is_empty().then_some(Ending::Unsold)
        });
    }

    /// Whether no round can follow this one.
    fn is_last_round(&self, setting: &Setting) -> bool {
        let next = self.round.number.saturating_add(1);
        setting.terms.rounds.is_none_or(|rounds| next >= rounds.limit)
    }

    /// Decides, by what is endorsed, which bids stand and which lapsed.
    fn settle_bids(&mut self, setting: &Setting) {
        let (round, endorsing, keys) = (self.round.number, &self.endorsing, self.keys.as_deref());
        for (lot, state) in (0u32..).zip(&mut self.lots) {
            state.bids.settle(round, |bidder| {
                let bid = BidId { lot, round, bidder: *bidder };
                keys.is_some_and(|keys| endorsing.attest(setting, keys, &bid))
            });
        }
    }

    /// Starts the surveys of this round, or in the last one the ranking.
    fn start_ranking(&mut self, setting: &Setting, slot: u64) {
        self.phase = Phase::Ranking;
        self.settle_bids(setting);
        self.end_lots(setting, &Absent::default(), |state| {
            state.bids.ranked().next().is_none().then_some(Ending::Unsold)
        });
        let purpose = if self.is_last_round(setting) {
            Purpose::Rank { surveyed: false }
        } else {
            Purpose::Survey
        };
        self.start_lots(setting, &purpose, slot);
    }

    fn start_lots(&mut self, setting: &Setting, purpose: &Purpose, slot: u64) {
        let mut endings = BTreeMap::new();
        let lots = (0u32..).zip(&mut self.lots).zip(setting.terms.lots.iter());
        for ((lot, state), line) in lots.filter(|((_, state), _)| state.ending.is_none()) {
            let ending = state.start(purpose.clone(), setting, line, lot, slot);
            endings.extend(ending.map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    /// Once every undecided lot is surveyed: the ranking, if nothing moved, or the next round.
    fn close_round(&mut self, setting: &Setting, slot: u64) {
        let undecided = || self.lots.iter().filter(|state| state.ending.is_none());
        let is_surveyed =
            undecided().next().is_some() && undecided().all(|s| s.stage == Stage::Surveyed);
        let Some(rounds) = setting.terms.rounds.filter(|_| is_surveyed) else { return };
        if undecided().all(LotState::is_unmoved) {
            self.start_lots(setting, &Purpose::Rank { surveyed: true }, slot);
            return;
        }
        let commits_until = slot.saturating_add(rounds.commit_slots);
        let number = self.round.number.saturating_add(1);
        // The reveals have their time from when they begin.
        self.round = Round { number, commits_until, reveals_until: u64::MAX };
        self.phase = Phase::Commits;
        self.endorsing = Endorsing::default();
        self.lots.iter_mut().for_each(LotState::await_next_round);
    }

    fn give_up_endorsing(&mut self, setting: &Setting) {
        self.settle_bids(setting);
        let absent = self.keys.as_deref().map(|keys| {
            let out = self.endorsing.late(keys);
            Absent { excused: self.endorsing.excused(setting, keys, &out), out }
        });
        self.end_lots(setting, &absent.unwrap_or_default(), |state| {
            Some(match state.bids.ranked().next() {
                Some(_) => Ending::Void(VoidCause::Endorsement),
                None => Ending::Unsold,
            })
        });
    }

    /// Lets every lot's step or decision whose deadline is before `slot` time out.
    fn time_out_lots(&mut self, setting: &Setting, slot: u64) {
        self.each_lot(setting, slot, |around, state, _| {
            let expires = state.deadline().is_some_and(|deadline| deadline < slot);
            match &mut state.stage {
                Stage::Ranking(ranking) if expires => {
                    let conclusion = ranking.time_out(around, slot)?;
                    state.conclude(conclusion, setting, slot)
                }
                // Silence accepts.
                Stage::Deciding { award, .. } if expires => Some(Ending::Sold(award.clone())),
                Stage::Idle | Stage::Ranking(_) | Stage::Surveyed | Stage::Deciding { .. } => None,
            }
        });
    }

    fn proceed_with_lots(&mut self, setting: &Setting, slot: u64) {
        self.each_lot(setting, slot, |around, state, line| match &mut state.stage {
            Stage::Ranking(ranking) => {
                let conclusion = ranking.proceed(around, line, slot)?;
                state.conclude(conclusion, setting, slot)
            }
            Stage::Idle | Stage::Surveyed | Stage::Deciding { .. } => None,
        });
    }

    fn each_lot(
        &mut self,
        setting: &Setting,
        slot: u64,
        mut visit: impl FnMut(Surroundings<'_>, &mut LotState, &Lot) -> Option<Ending>,
    ) {
        let Some(keys) = self.keys.clone() else {
            return;
        };
        let around = self.around(setting, &keys);
        let mut endings = BTreeMap::new();
        let lots = (0u32..).zip(&mut self.lots).zip(setting.terms.lots.iter());
        for ((lot, state), line) in lots.filter(|((_, state), _)| state.ending.is_none()) {
            endings.extend(visit(around, state, line).map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    // ---- endings ----

    /// Ends every undecided lot to which `ending` gives one.
    fn end_lots(
        &mut self,
        setting: &Setting,
        absent: &Absent,
        ending: impl Fn(&LotState) -> Option<Ending>,
    ) {
        let endings = (0u32..)
            .zip(&self.lots)
            .filter(|(_, state)| state.ending.is_none())
            .filter_map(|(lot, state)| Some((lot, ending(state)?)))
            .collect();
        self.end(setting, endings, absent);
    }

    /// Ends these lots, moves their money, and closes the auction after the last one.
    fn end(&mut self, setting: &Setting, endings: BTreeMap<u32, Ending>, absent: &Absent) {
        let dealers: Vec<KeyholderId> = self.ceremony.dealers().collect();
        for (lot, ending) in endings {
            let Some(state) = self.lots.get_mut(index(lot)) else {
                continue;
            };
            state.remember_absent();
            state.absent.extend(absent);
            state.stage = Stage::Idle;
            let at_fault: BTreeSet<KeyholderId> =
                self.ceremony.at_fault().chain(state.absent.at_fault()).collect();
            let bonds = Bonds { dealers: &dealers, at_fault: &at_fault };
            close::close(setting, &mut self.ledger, &state.bids, &ending, &bonds);
            state.ending = Some(ending);
        }
        if self.lots.iter().all(|state| state.ending.is_some()) {
            self.phase = Phase::Closed;
        }
    }

    fn outcome(&self, setting: &Setting) -> Outcome {
        let lots: Vec<LotResult> = self.lots.iter().map(LotState::result).collect();
        Outcome {
            auction: setting.auction,
            // As many as the terms have, which is within the bound.
            lots: List::new(lots).unwrap_or_default(),
            accounts: self.ledger.accounts(),
        }
    }
}

/// E3 of what only the seller may do.
fn require_seller(setting: &Setting, signer: PartyKey) -> Result<(), Refusal> {
    let role = Fault::WrongRole { signer, needed: "the seller" };
    require(signer == setting.terms.seller, Check::EnvelopeRole, role)
}

fn member_of_quorum(setting: &Setting, signer: PartyKey) -> Result<KeyholderId, Refusal> {
    let role = Fault::WrongRole { signer, needed: "a member of the quorum" };
    setup::keyholder_of(&setting.terms.quorum, &signer).ok_or(role.fails(Check::EnvelopeRole))
}

/// T5 bounds the product.
fn bonds_of_all_lots(terms: &Terms) -> u64 {
    let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    terms.stakes.bond.saturating_mul(lots)
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
        Instruction::Unseal(_) => "an unseal post",
        Instruction::Reserve(_) => "a reserve",
        Instruction::Mix(_) => "a mix post",
        Instruction::Decide(_) => "a decision",
        Instruction::Vouch(_) => "a vouch",
    }
}
