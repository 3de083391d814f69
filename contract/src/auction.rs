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
    bids::{self, CommittedBid, Seen},
    close::{self, Bonds},
    envelope::{self, Opened},
    ledger::Ledger,
    lot::{LotState, Stage},
    rank::{
        Ranking,
        program::Purpose,
        roster::Surroundings,
        step::{Post, Task},
    },
    refusal::{Fault, Refusal, require},
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
    ranking::{Decision, Endorsement, RankHeader},
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

/// The endorsements of the head at the close of reveals.
#[derive(Clone, Debug, Default, PartialEq)]
struct Endorsing {
    head: Digest,
    deadline: u64,
    by: BTreeMap<KeyholderId, BTreeSet<BidId>>,
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

    /// Whether a keyholder let a deadline of this lot pass, and so is blamed if the lot is void.
    #[must_use]
    pub fn is_out(&self, lot: u32, keyholder: KeyholderId) -> bool {
        self.state.lot(lot).is_some_and(|state| {
            let out = state.ranking().map_or(&state.out, Ranking::out);
            out.contains(&keyholder)
        })
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
                | I::Decide(_),
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
        let round = self.round.number;
        let (lot, state) = lot_of_commit(setting, &mut self.lots, (commit, round))?;
        let stakes = &setting.terms.stakes;
        // T5 bounds the sum.
        let stake = stakes.deposit.saturating_add(stakes.commit_fee);
        let ledger = &self.ledger;
        let has_stake = || ledger.require(signer, stake, Check::CommitStake);
        state.bids.commit(setting, &mut self.seen, (lot, signer), commit, has_stake)?;
        if self.round.number > 0 {
            return Ok(());
        }
        self.ledger.lock(signer, stakes.deposit);
        self.ledger.charge(signer, stakes.commit_fee, stakes.fallback);
        Ok(())
    }

    fn reserve(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        commit: &Commit,
    ) -> Result<(), Refusal> {
        require_seller(setting, signer)?;
        let round = self.round.number;
        let (lot, state) = lot_of_commit(setting, &mut self.lots, (commit, round))?;
        let deposit = setting.terms.stakes.deposit;
        let ledger = &self.ledger;
        let has_stake = || ledger.require(signer, deposit, Check::CommitStake);
        state.bids.reserve_at(setting, &mut self.seen, (lot, signer), commit, has_stake)?;
        self.ledger.lock(signer, deposit);
        Ok(())
    }

    fn reveal(&mut self, setting: &Setting, reveals: &Reveals) -> Result<(), Refusal> {
        let empty = Fault::Unknown { what: "reveal in an empty list" };
        require(!reveals.is_empty(), Check::RevealCommit, empty)?;
        let mut named = BTreeSet::new();
        let mut found: Vec<(&Lot, &CommittedBid, &_)> = Vec::new();
        for reveal in reveals.iter() {
            let at = index(reveal.bid.lot);
            let lot = setting.terms.lots.get(at).zip(self.lots.get(at));
            let twice = Fault::Already { what: "the bid was revealed" };
            require(named.insert(reveal.bid), Check::RevealCommit, twice)?;
            let bids = lot.map(|(_, state)| &state.bids);
            bids::check_seal(setting, (bids, self.round.number), reveal)?;
            let known =
                lot.and_then(|(lot, state)| Some((lot, state.bids.of(&reveal.bid.bidder)?)));
            found.extend(known.map(|(lot, bid)| (lot, bid, reveal)));
        }
        let Some(keys) = self.keys.clone() else {
            return Ok(());
        };
        let judged = bids::judge(setting, &keys, &found);
        for (reveal, judged) in reveals.iter().zip(judged) {
            let weeded = judged.filter(|judged| bids::weed(&mut self.seen, judged));
            if let Some(lot) = self.lots.get_mut(index(reveal.bid.lot)) {
                lot.bids.close(&reveal.bid.bidder, weeded);
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
        let keyholder = self.keyholder(setting, signer)?;
        let place = |what| Fault::Differs { what }.fails(Check::EndorseHead);
        if endorsement.round != self.round.number {
            return Err(place("the round"));
        }
        if endorsement.head != self.endorsing.head {
            return Err(place("the head"));
        }
        let attested = &endorsement.attested;
        let in_order = attested.is_sorted_by(|a, b| a < b);
        if !in_order || !attested.iter().all(|bid| self.is_missing(bid)) {
            return Err(place("the list of bids attested"));
        }
        let refuse = |why| Fault::NotDue { keyholder, why }.fails(Check::EndorseOnce);
        if self.endorsing.by.contains_key(&keyholder) {
            return Err(refuse("it has endorsed"));
        }
        if !self.endorsing.group_wants(setting, keyholder.group) {
            return Err(refuse("its group has all the endorsements that it wants"));
        }
        self.endorsing.by.insert(keyholder, attested.iter().copied().collect());
        Ok(())
    }

    fn rank(
        &mut self,
        setting: &Setting,
        slot: u64,
        signer: PartyKey,
        post: Post,
    ) -> Result<(), Refusal> {
        let keyholder = self.keyholder(setting, signer)?;
        let lot = post.header().lot;
        let unknown = Fault::Unknown { what: "lot being ranked" }.fails(Check::RankPlace);
        let Some(keys) = self.keys.clone() else {
            return Err(unknown);
        };
        let (round, head) = (self.round.number, self.endorsing.head);
        let around = Surroundings { setting, keys: &keys, round, head };
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
        self.end(setting, BTreeMap::from([(decision.lot, ending)]), &BTreeSet::new());
        Ok(())
    }

    /// The keyholder who signs with this key, if it is in.
    fn keyholder(&self, setting: &Setting, signer: PartyKey) -> Result<KeyholderId, Refusal> {
        let role = Fault::WrongRole { signer, needed: "a keyholder who is in" };
        setup::keyholder_of(&setting.terms.quorum, &signer)
            .filter(|id| self.keys.as_ref().is_some_and(|keys| keys.share_keys.contains_key(id)))
            .ok_or(role.fails(Check::EnvelopeRole))
    }

    fn dues(&self, setting: &Setting, keyholder: KeyholderId) -> Vec<Due> {
        let Some(keys) = self.keys.as_deref() else {
            return Vec::new();
        };
        let (round, head) = (self.round.number, self.endorsing.head);
        match self.phase {
            Phase::Endorsing => {
                let wanted = keys.share_keys.contains_key(&keyholder)
                    && !self.endorsing.by.contains_key(&keyholder)
                    && self.endorsing.group_wants(setting, keyholder.group);
                let endorse = Due::Endorse { round, head };
                if wanted { alloc::vec![endorse] } else { Vec::new() }
            }
            Phase::Ranking => (0u32..)
                .zip(&self.lots)
                .filter_map(|(lot, state)| Some((lot, state.ranking()?)))
                .flat_map(|(lot, ranking)| {
                    let around = Surroundings { setting, keys, round, head };
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

    /// Passes every deadline before `slot`, in order.
    fn advance(&mut self, setting: &Setting, slot: u64) {
        while let Some(deadline) = self.deadline(setting).filter(|deadline| slot > *deadline) {
            match self.phase {
                Phase::Deals => self.phase = Phase::Complaints,
                Phase::Complaints => self.finish_setup(setting),
                Phase::Reserves => self.phase = Phase::Commits,
                Phase::Commits => {
                    self.phase = Phase::Reveals;
                    if !self.has_open_commits() {
                        self.close_reveals(setting, deadline);
                    }
                }
                Phase::Reveals => self.close_reveals(setting, deadline),
                Phase::Endorsing => self.give_up_endorsing(setting),
                Phase::Ranking => self.time_out_lots(setting, deadline),
                Phase::Closed => return,
            }
        }
    }

    /// Transitions that the instruction just accepted completed.
    fn complete(&mut self, setting: &Setting, slot: u64) {
        match self.phase {
            Phase::Reveals if !self.has_open_commits() => self.close_reveals(setting, slot),
            Phase::Endorsing if self.endorsing.is_complete(setting) => {
                self.start_ranking(setting, slot);
            }
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
                self.end_lots(setting, &BTreeSet::new(), |_| Some(void.clone()));
            }
        }
    }

    /// Reveals closed at `slot`: by completion, or by its deadline.
    fn close_reveals(&mut self, setting: &Setting, slot: u64) {
        self.phase = Phase::Endorsing;
        self.endorsing.head = self.head;
        self.endorsing.deadline = slot.saturating_add(setting.terms.schedule.endorse_slots);
        if self.is_last_round(setting) {
            // Nothing of a ladder's randomness comes after.
            self.seen.randomness = BTreeSet::new();
        }
        self.end_lots(setting, &BTreeSet::new(), |state| {
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
        let (round, endorsing) = (self.round.number, &self.endorsing);
        for (lot, state) in (0u32..).zip(&mut self.lots) {
            state.bids.settle(round, |bidder| {
                endorsing.attest(setting, &BidId { lot, round, bidder: *bidder })
            });
        }
    }

    /// Starts the surveys of this round, or in the last one the ranking.
    fn start_ranking(&mut self, setting: &Setting, slot: u64) {
        self.phase = Phase::Ranking;
        self.settle_bids(setting);
        self.end_lots(setting, &BTreeSet::new(), |state| {
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
        self.end(setting, endings, &BTreeSet::new());
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
        self.round = Round {
            number: self.round.number.saturating_add(1),
            commits_until,
            reveals_until: commits_until.saturating_add(rounds.reveal_slots),
        };
        self.phase = Phase::Commits;
        self.endorsing = Endorsing::default();
        self.lots.iter_mut().for_each(LotState::await_next_round);
    }

    fn give_up_endorsing(&mut self, setting: &Setting) {
        self.settle_bids(setting);
        let in_short_groups: BTreeSet<KeyholderId> = self
            .keys
            .iter()
            .flat_map(|keys| keys.share_keys.keys().copied())
            .filter(|id| self.endorsing.group_wants(setting, id.group))
            .filter(|id| !self.endorsing.by.contains_key(id))
            .collect();
        self.end_lots(setting, &in_short_groups, |state| {
            Some(match state.bids.ranked().next() {
                Some(_) => Ending::Void(VoidCause::Endorsement),
                None => Ending::Unsold,
            })
        });
    }

    /// Lets every lot's step or decision that expires at `deadline` time out.
    fn time_out_lots(&mut self, setting: &Setting, deadline: u64) {
        self.each_lot(setting, deadline, |around, state, _| {
            let expires = state.deadline().is_some_and(|at| at <= deadline);
            match &mut state.stage {
                Stage::Ranking(ranking) if expires => {
                    let conclusion = ranking.time_out(around)?;
                    state.conclude(conclusion, setting, deadline)
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
        let (round, head) = (self.round.number, self.endorsing.head);
        let around = Surroundings { setting, keys: &keys, round, head };
        let mut endings = BTreeMap::new();
        let lots = (0u32..).zip(&mut self.lots).zip(setting.terms.lots.iter());
        for ((lot, state), line) in lots.filter(|((_, state), _)| state.ending.is_none()) {
            endings.extend(visit(around, state, line).map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &BTreeSet::new());
        self.close_round(setting, slot);
    }

    // ---- endings ----

    /// Ends every undecided lot to which `ending` gives one.
    fn end_lots(
        &mut self,
        setting: &Setting,
        missing: &BTreeSet<KeyholderId>,
        ending: impl Fn(&LotState) -> Option<Ending>,
    ) {
        let endings = (0u32..)
            .zip(&self.lots)
            .filter(|(_, state)| state.ending.is_none())
            .filter_map(|(lot, state)| Some((lot, ending(state)?)))
            .collect();
        self.end(setting, endings, missing);
    }

    /// Ends these lots, moves their money, and closes the auction after the last one.
    fn end(
        &mut self,
        setting: &Setting,
        endings: BTreeMap<u32, Ending>,
        missing: &BTreeSet<KeyholderId>,
    ) {
        let dealers: Vec<KeyholderId> = self.ceremony.dealers().collect();
        for (lot, ending) in endings {
            let Some(state) = self.lots.get_mut(index(lot)) else {
                continue;
            };
            keep_out(state);
            state.out.extend(missing);
            state.stage = Stage::Idle;
            let at_fault: BTreeSet<KeyholderId> = dealers
                .iter()
                .filter(|id| self.ceremony.was_expelled(**id))
                .chain(&state.out)
                .copied()
                .collect();
            let (round, endorsing) = (self.round.number, &self.endorsing);
            close::close(
                setting,
                &mut self.ledger,
                &state.bids,
                &ending,
                |bidder| endorsing.attest(setting, &BidId { lot, round, bidder: *bidder }),
                &Bonds { dealers: &dealers, at_fault: &at_fault },
            );
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

impl Endorsing {
    fn of_group(&self, group: u16) -> impl Iterator<Item = &BTreeSet<BidId>> {
        self.by.iter().filter(move |(id, _)| id.group == group).map(|(_, attested)| attested)
    }

    fn group_wants(&self, setting: &Setting, group: u16) -> bool {
        let wanted = setting.terms.quorum.get(usize::from(group)).map_or(0, |g| g.endorsements);
        self.of_group(group).count() < usize::from(wanted)
    }

    fn is_complete(&self, setting: &Setting) -> bool {
        let mut groups = (0u16..).zip(setting.terms.quorum.iter());
        groups.all(|(group, _)| !self.group_wants(setting, group))
    }

    /// Whether in some group a threshold of endorsements attests this bid.
    fn attest(&self, setting: &Setting, bid: &BidId) -> bool {
        (0u16..).zip(setting.terms.quorum.iter()).any(|(index, group)| {
            let attesting = self.of_group(index).filter(|attested| attested.contains(bid));
            attesting.count() >= usize::from(group.threshold)
        })
    }
}

/// Remembers who is out, beyond the ranking.
fn keep_out(state: &mut LotState) {
    if let Stage::Ranking(ranking) = &state.stage {
        state.out = ranking.out().clone();
    }
}

/// C1: the lot that a commit or a reserve names, in the round that is open.
fn lot_of_commit<'a>(
    setting: &'a Setting,
    lots: &'a mut [LotState],
    (commit, round): (&Commit, u32),
) -> Result<(&'a Lot, &'a mut LotState), Refusal> {
    let unknown = |what| Fault::Unknown { what }.fails(Check::CommitLot);
    let at = index(commit.lot);
    let (lot, state) = setting.terms.lots.get(at).zip(lots.get_mut(at)).ok_or(unknown("lot"))?;
    if commit.round != round {
        return Err(unknown("round"));
    }
    let ended = Fault::Already { what: "the lot ended" };
    require(state.ending.is_none(), Check::CommitLot, ended)?;
    Ok((lot, state))
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
    }
}
