//! The auction, derived a second time from its transcript alone.
//!
//! | module | what it holds | section |
//! |---|---|---|
//! | [`terms`] | the opening: terms, and the seller's word for them | 3 |
//! | [`ledger`] | money | 6 |
//! | [`setup`] | the key ceremony | 7 |
//! | [`curve`] | bids of several steps | 8 |
//! | [`lot`], [`bid`] | what is known of a lot, and of a bid or a reserve | |
//! | [`unary_encoding`] | what is kept of a bid that was accepted | |
//! | [`randomness`] | what no other bid may repeat of it | |
//! | [`commit`] | reserves and bids, committed | 8 |
//! | [`reveal`] | sealed bids, revealed and judged | 9 |
//! | [`endorse`] | keyholders' word for the transcript so far | 10 |
//! | [`witness`] | their word for what it does not show | 10 |
//! | [`rank`] | ranking without opening | 11 |
//! | [`decide`] | the seller's say | 11 |
//! | [`rounds`] | which bids are active from one round to the next | 5 |
//! | [`close`] | the end of a lot and of its money | 12, 13 |
//!
//! This file holds the phases and their transitions (section 5). A refused instruction ends the replay, so
//! unlike the contract nothing here needs to be undone.

pub(crate) mod bid;
pub(crate) mod close;
pub(crate) mod commit;
pub(crate) mod curve;
pub(crate) mod decide;
pub(crate) mod endorse;
pub(crate) mod ledger;
pub(crate) mod lot;
pub(crate) mod randomness;
pub(crate) mod rank;
pub(crate) mod reveal;
pub(crate) mod rounds;
pub(crate) mod setup;
pub(crate) mod terms;
pub(crate) mod unary_encoding;
pub(crate) mod witness;

use std::{collections::BTreeSet, sync::Arc};

use borsh::BorshDeserialize as _;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    check::Check,
    instruction::Fund,
    limits::MAX_ACCOUNTS,
    outcome::{Ending, Outcome, VoidCause},
    quorum::KeyholderId,
    transcript::{Closing, Genesis, next_head},
};

use crate::{
    batch,
    decryptions::Decryptions,
    docket::{Docket, Turn},
    failure::{Place, Refusal, Stop, Subject},
    intake::{Body, Envelope, Intake, RawEntry},
};
use endorse::Endorsing;
use ledger::Ledger;
use lot::LotState;
use randomness::Randomness;
use rank::Post;
use reveal::Judging;
use rounds::Round;
use setup::{Committee, Setup};
use terms::Facts;
use unary_encoding::Room;

/// The state of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Deals,
    Complaints,
    Reserves { until: u64 },
    Commits { until: u64 },
    Reveals { until: u64 },
    Endorsing { deadline: u64 },
    Ranking,
    Closed,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deals => "Deals",
            Self::Complaints => "Complaints",
            Self::Reserves { .. } => "Reserves",
            Self::Commits { .. } => "Commits",
            Self::Reveals { .. } => "Reveals",
            Self::Endorsing { .. } => "Endorsing",
            Self::Ranking => "Ranking",
            Self::Closed => "Closed",
        }
    }
}

/// The derived state of an auction.
pub(crate) struct Replay {
    pub(crate) facts: Arc<Facts>,
    pub(crate) docket: Docket,
    phase: Phase,
    pub(crate) round: Round,
    slot: u64,
    head: Digest,
    entries: u64,
    /// Accepted Fund instructions.
    funds: u64,
    pub(crate) ledger: Ledger,
    pub(crate) setup: Setup,
    committee: Option<Arc<Committee>>,
    lots: Vec<LotState>,
    /// Every commitment of the auction, of all rounds, reserves' among them.
    commitments: BTreeSet<Point>,
    /// Commits and reserves of this round that are open, of all lots.
    open_commits: u64,
    /// Bids whose argument is to be judged, in the order of the file.
    judging: Vec<Judging>,
    judging_points: usize,
    /// Every `R` of an accepted unary encoding, of all rounds.
    randomness: Randomness,
    /// For accepted unary encodings, decoded.
    room: Room,
    pub(crate) endorsing: Endorsing,
    /// What was decrypted, if that is asked for.
    pub(crate) decryptions: Option<Decryptions>,
}

impl Replay {
    /// Opens an auction with the body of its genesis.
    pub(crate) fn open(mut docket: Docket, body: &[u8]) -> Result<Self, (Docket, Stop)> {
        let genesis = match Genesis::try_from_slice(body) {
            Ok(genesis) => genesis,
            Err(error) => {
                let sentence = format!("the genesis does not decode: {error}");
                let stop = docket.refuse(Check::RecordFraming, sentence);
                return Err((docket, stop));
            }
        };
        docket.pass(Check::RecordFraming);
        docket.describe(|subject| subject.slot = Some(genesis.slot));
        let (facts, head) = match terms::open(&mut docket, &genesis) {
            Ok(opened) => opened,
            Err(stop) => return Err((docket, stop)),
        };
        Ok(Self {
            docket,
            phase: Phase::Deals,
            round: Round::default(),
            slot: genesis.slot,
            head,
            entries: 0,
            funds: 0,
            ledger: Ledger::new(facts.terms.stakes.beneficiary),
            setup: Setup::default(),
            committee: None,
            lots: facts.terms.lots.iter().map(|_| LotState::default()).collect(),
            commitments: BTreeSet::new(),
            open_commits: 0,
            judging: Vec::new(),
            judging_points: 0,
            randomness: Randomness::default(),
            room: Room::default(),
            endorsing: Endorsing::default(),
            decryptions: None,
            facts: Arc::new(facts),
        })
    }

    /// Applies an entry. The order of steps is section 5's; **X1** and **X2**, which belong to the
    /// record around the instruction, come first.
    pub(crate) fn apply(&mut self, intake: Intake) -> Result<(), Stop> {
        let Intake { raw: RawEntry { slot, instruction, head }, envelope } = intake;
        self.entries = self.entries.saturating_add(1);
        let mut subject = Subject::at(Place::Entry(self.entries));
        subject.slot = Some(slot);
        if let Ok(envelope) = &envelope {
            subject.instruction = Some(envelope.body.name());
            subject.signer = Some(envelope.signer);
        }
        let docket = &mut self.docket;
        docket.enter(subject);
        docket.pass(Check::RecordFraming);
        let after = next_head(&self.head, slot, &instruction);
        drop(instruction);
        docket.require(Check::ChainHead, head == after, || {
            format!("the head after this entry must be {after} and is {head}")
        })?;
        // 1.
        let before = self.slot;
        docket.require(Check::SlotOrder, slot >= before, || {
            format!("the slot must be at least {before} and is {slot}")
        })?;
        self.slot = slot;
        // 2.
        let Envelope { signer, signature, body } = match envelope {
            Ok(envelope) => envelope,
            Err(sentence) => return Err(docket.refuse(Check::EnvelopeCanonical, sentence)),
        };
        docket.pass(Check::EnvelopeCanonical);
        // 3.
        if let Err(sentence) = signature {
            return Err(docket.refuse(Check::EnvelopeSignature, sentence));
        }
        docket.pass(Check::EnvelopeSignature);
        // 4.
        let passed = self.advance(slot)?;
        // 5.
        let accepts = accepts(self.phase, &body, passed);
        let phase = self.phase;
        self.docket.require(Check::EnvelopePhase, accepts, || {
            if matches!(body, Body::Tick) {
                "a Tick is accepted only if a deadline has passed".into()
            } else {
                format!("the phase {} accepts no {}", phase.name(), body.name())
            }
        })?;
        // 6.
        let role = self.role(&signer, &body);
        let wanted = wanted_role(&body);
        self.docket.require(Check::EnvelopeRole, role.is_some(), || {
            format!("the signer must be {wanted} and is not")
        })?;
        let role = role.unwrap_or(Role::Anybody);
        // 7. to 9.
        let effect = self.execute(slot, signer, role, body)?;
        self.head = after;
        self.complete(slot, effect)?;
        self.balance()
    }

    /// Step 7: the instruction's own checks, and what it does.
    fn execute(
        &mut self,
        slot: u64,
        signer: PartyKey,
        role: Role,
        body: Body,
    ) -> Result<Effect, Stop> {
        const NO_SEAT: Stop = Stop::Internal("an instruction of a keyholder has no keyholder");
        let seat = || match role {
            Role::Seat(id) => Ok(id),
            Role::Anybody => Err(NO_SEAT),
        };
        let ranked = |lot| Effect::Ranked(lot);
        match body {
            Body::Tick => Ok(Effect::None),
            Body::Fund(fund) => self.fund(&fund).map(|()| Effect::None),
            Body::Deal(deal) => self.deal(signer, seat()?, deal).map(|()| Effect::None),
            Body::Complain(complaint) => {
                self.complain(signer, seat()?, &complaint).map(|()| Effect::None)
            }
            Body::Reserve(commit) => self.commit_reserve(signer, commit).map(|()| Effect::None),
            Body::Commit(commit) => self.commit(signer, commit).map(|()| Effect::None),
            Body::CommitCurve(curve) => self.commit_curve(signer, curve).map(|()| Effect::None),
            Body::Reveal(reveals) => self.reveal(reveals).map(|()| Effect::Revealed),
            Body::Endorse(endorsement) => {
                self.endorse(seat()?, endorsement).map(|()| Effect::Endorsed)
            }
            Body::Vouch(vouch) => self.vouch(seat()?, vouch).map(|()| Effect::None),
            Body::Gate(body) => self.rank(signer, seat()?, slot, Post::Gate(body)).map(ranked),
            Body::Shuffle(body) => {
                self.rank(signer, seat()?, slot, Post::Shuffle(body)).map(ranked)
            }
            Body::Blind(body) => self.rank(signer, seat()?, slot, Post::Blind(body)).map(ranked),
            Body::Decrypt(body) => {
                self.rank(signer, seat()?, slot, Post::Decrypt(body)).map(ranked)
            }
            Body::Decide(decision) => {
                self.decide(decision).map(|(lot, sells)| Effect::Decided { lot, sells })
            }
        }
    }

    /// Step 9: what completion causes, at this slot, with the new head.
    fn complete(&mut self, slot: u64, effect: Effect) -> Result<(), Stop> {
        match effect {
            Effect::None => Ok(()),
            Effect::Revealed if self.open_commits == 0 => self.close_reveals(slot, self.head),
            Effect::Revealed => Ok(()),
            Effect::Endorsed => self.endorsed(slot),
            Effect::Ranked(lot) => self.ranked(lot, slot),
            Effect::Decided { lot, sells } => {
                self.decided(lot, sells)?;
                self.end_surveys(slot)
            }
        }
    }

    /// Passes every deadline that has expired. Whether there was one. Only slots of the terms can expire
    /// several at once: every other deadline counts from the slot of an instruction, this one's too.
    fn advance(&mut self, slot: u64) -> Result<bool, Stop> {
        let schedule = self.facts.terms.schedule;
        let mut passed = false;
        loop {
            match self.phase {
                Phase::Deals if slot > schedule.deals_until => self.phase = Phase::Complaints,
                Phase::Complaints if slot > schedule.complaints_until => self.end_setup()?,
                Phase::Reserves { until } if slot > until => {
                    self.phase = Phase::Commits { until: schedule.commits_until };
                }
                Phase::Commits { until } if slot > until => {
                    self.phase = Phase::Reveals { until: self.reveals_until(slot) };
                    if self.open_commits == 0 {
                        self.close_reveals(slot, self.head)?;
                    }
                }
                Phase::Reveals { until } if slot > until => {
                    self.close_reveals(slot, self.head)?;
                }
                Phase::Endorsing { deadline } if slot > deadline => self.endorsing_timed_out()?,
                Phase::Ranking => {
                    let mut any = false;
                    for lot in 0..self.lots.len() {
                        any |= self.time_out_lot(lot, slot)?;
                    }
                    if !any {
                        return Ok(passed);
                    }
                    self.end_surveys(slot)?;
                }
                _ => return Ok(passed),
            }
            passed = true;
        }
    }

    /// Complaints has ended.
    fn end_setup(&mut self) -> Result<(), Stop> {
        self.committee = self.setup.end(&self.facts).map(Arc::new);
        if self.committee.is_some() {
            self.phase = match self.facts.terms.reserve {
                Some(reserve) => Phase::Reserves { until: reserve.until },
                None => Phase::Commits { until: self.facts.terms.schedule.commits_until },
            };
            return Ok(());
        }
        for lot in 0..self.lots.len() {
            self.close_lot(lot, Ending::Void(VoidCause::Setup))?;
        }
        self.phase = Phase::Closed;
        Ok(())
    }

    /// **E3**. Nothing if the signer lacks the role.
    fn role(&self, signer: &PartyKey, body: &Body) -> Option<Role> {
        let seat = || self.facts.keyholders.get(signer).copied();
        match body {
            Body::Tick | Body::Commit(_) | Body::CommitCurve(_) | Body::Reveal(_) => {
                Some(Role::Anybody)
            }
            Body::Fund(_) => (*signer == self.facts.terms.custodian).then_some(Role::Anybody),
            Body::Reserve(_) | Body::Decide(_) => {
                (*signer == self.facts.terms.seller).then_some(Role::Anybody)
            }
            Body::Deal(_) => seat().map(Role::Seat),
            Body::Complain(_) => seat().filter(|id| self.setup.dealt(*id)).map(Role::Seat),
            Body::Endorse(_)
            | Body::Vouch(_)
            | Body::Gate(_)
            | Body::Shuffle(_)
            | Body::Blind(_)
            | Body::Decrypt(_) => seat()
                .filter(|id| {
                    self.committee
                        .as_ref()
                        .is_some_and(|committee| committee.share_keys.contains_key(id))
                })
                .map(Role::Seat),
        }
    }

    /// **M1**, **M2** and **M4**.
    pub(crate) fn fund(&mut self, fund: &Fund) -> Result<(), Stop> {
        let expected = self.funds;
        self.docket.require(Check::FundSequence, fund.sequence == expected, || {
            format!("the sequence must be {expected} and is {}", fund.sequence)
        })?;
        let fits = fund.amount >= 1 && self.ledger.has_room(fund.amount);
        self.docket.require(Check::FundAmount, fits, || {
            if fund.amount == 0 {
                "the amount must be at least 1 and is 0".into()
            } else {
                format!("with {} more the sum of all amounts is 2^64 or above", fund.amount)
            }
        })?;
        let has_place = self.ledger.has_place(&fund.party);
        self.docket.require(Check::FundRoom, has_place, || {
            format!("{} has no account and {MAX_ACCOUNTS} parties have one", fund.party)
        })?;
        self.funds = self.funds.saturating_add(1);
        let (party, amount) = (fund.party, fund.amount);
        self.money(|ledger| ledger.fund(party, amount))
    }

    /// Compares the closing, whose framing has passed, with what was derived (**X2**, **X4**).
    pub(crate) fn close(&mut self, body: &[u8]) -> Result<(), Stop> {
        let docket = &mut self.docket;
        docket.enter(Subject::at(Place::Closing));
        let closing = match Closing::try_from_slice(body) {
            Ok(closing) => closing,
            Err(error) => {
                let sentence = format!("the closing does not decode: {error}");
                return Err(docket.refuse(Check::RecordFraming, sentence));
            }
        };
        docket.pass(Check::RecordFraming);
        let head = self.head;
        docket.require(Check::ChainHead, closing.head == head, || {
            format!("the last head must be {head} and is {}", closing.head)
        })?;
        let derived = self.outcome().filter(|_| self.phase == Phase::Closed);
        let phase = self.phase;
        let difference = match &derived {
            None => Some(format!(
                "there is a closing and the auction is not closed: it is in phase {}",
                phase.name()
            )),
            Some(derived) => difference(derived, &closing.outcome),
        };
        self.docket.require(Check::OutcomeDerived, difference.is_none(), || {
            difference.unwrap_or_default()
        })?;
        match self.ledger.balance_all() {
            Ok(()) => {
                self.docket.pass(Check::LedgerBalance);
                Ok(())
            }
            Err(sentence) => Err(self.docket.refuse(Check::LedgerBalance, sentence)),
        }
    }

    /// Judges and verifies all that waits; the first failure of all, `stopped` among them.
    pub(crate) fn flush(&mut self, stopped: Option<Refusal>) -> Result<(), Stop> {
        self.judge_arguments()?;
        self.docket.flush(stopped).map_err(Stop::Refused)
    }

    /// Whether nothing more should wait.
    pub(crate) fn is_full(&self) -> bool {
        self.docket.is_full() || self.judging_points >= batch::argument_points()
    }

    /// Verifies what waits, if that is much. Turns on a chunk are cheaper to verify together, so they wait until
    /// it is complete.
    pub(crate) fn relieve(&mut self) -> Result<(), Stop> {
        if !self.docket.has_enough() {
            return Ok(());
        }
        let lots = &self.lots;
        let is_open = |turn: &Turn| {
            let lot = usize::try_from(turn.lot).ok().and_then(|lot| lots.get(lot));
            let step = lot.and_then(|lot| lot.ranking.as_ref()).map(|ranking| &ranking.step);
            step.is_some_and(|step| step.number == turn.step && step.is_open(turn.chunk))
        };
        if self.docket.relieve(is_open) { Ok(()) } else { self.flush(None) }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    pub(crate) fn head(&self) -> Digest {
        self.head
    }

    pub(crate) fn slot(&self) -> u64 {
        self.slot
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The slot whose passing changes something, if nothing else happens before.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let schedule = &self.facts.terms.schedule;
        match self.phase {
            Phase::Deals => Some(schedule.deals_until),
            Phase::Complaints => Some(schedule.complaints_until),
            Phase::Reserves { until } => Some(until),
            Phase::Commits { until } | Phase::Reveals { until } => Some(until),
            Phase::Endorsing { deadline } => Some(deadline),
            Phase::Ranking => self.lots.iter().filter_map(LotState::deadline).min(),
            Phase::Closed => None,
        }
    }

    /// The state of every lot, in the order of the terms.
    pub(crate) fn lot_states(&self) -> &[LotState] {
        &self.lots
    }

    pub(crate) fn committee(&self) -> Result<Arc<Committee>, Stop> {
        let committee = self.committee.as_ref().map(Arc::clone);
        committee.ok_or(Stop::Internal("there is no committee after setup"))
    }

    fn lot(&self, index: usize) -> Result<&LotState, Stop> {
        self.lots.get(index).ok_or(NO_LOT)
    }

    fn lot_mut(&mut self, index: usize) -> Result<&mut LotState, Stop> {
        self.lots.get_mut(index).ok_or(NO_LOT)
    }
}

const NO_LOT: Stop = Stop::Internal("a lot of the terms has no state");

/// What an instruction may bring to completion.
enum Effect {
    None,
    Revealed,
    Endorsed,
    Ranked(usize),
    Decided { lot: usize, sells: bool },
}

/// In which role a signer acts.
#[derive(Clone, Copy)]
enum Role {
    Anybody,
    Seat(KeyholderId),
}

/// **E4**.
fn accepts(phase: Phase, body: &Body, passed: bool) -> bool {
    match body {
        // In Closed too, if its own slot closed the auction: otherwise nothing could.
        Body::Tick => passed,
        Body::Fund(_) => phase != Phase::Closed,
        Body::Deal(_) => phase == Phase::Deals,
        Body::Complain(_) => phase == Phase::Complaints,
        Body::Reserve(_) => matches!(phase, Phase::Reserves { .. }),
        Body::Commit(_) | Body::CommitCurve(_) => matches!(phase, Phase::Commits { .. }),
        Body::Reveal(_) => matches!(phase, Phase::Reveals { .. }),
        Body::Endorse(_) => matches!(phase, Phase::Endorsing { .. }),
        Body::Vouch(_) => matches!(phase, Phase::Endorsing { .. } | Phase::Ranking),
        Body::Gate(_) | Body::Shuffle(_) | Body::Blind(_) | Body::Decrypt(_) | Body::Decide(_) => {
            phase == Phase::Ranking
        }
    }
}

/// The role for **E3**, in words.
fn wanted_role(body: &Body) -> &'static str {
    match body {
        Body::Tick | Body::Commit(_) | Body::CommitCurve(_) | Body::Reveal(_) => "anybody",
        Body::Fund(_) => "the custodian",
        Body::Reserve(_) | Body::Decide(_) => "the seller",
        Body::Deal(_) => "a member of the quorum",
        Body::Complain(_) => "a member of the quorum who dealt",
        Body::Endorse(_)
        | Body::Vouch(_)
        | Body::Gate(_)
        | Body::Shuffle(_)
        | Body::Blind(_)
        | Body::Decrypt(_) => "a keyholder",
    }
}

/// **X4**: the first difference, in a sentence.
fn difference(derived: &Outcome, claimed: &Outcome) -> Option<String> {
    if derived == claimed {
        return None;
    }
    if derived.auction != claimed.auction {
        return Some(format!(
            "the auction is {} and the outcome is of {}",
            derived.auction, claimed.auction
        ));
    }
    if derived.lots.len() != claimed.lots.len() {
        return Some(format!(
            "there are {} lots and the outcome has {}",
            derived.lots.len(),
            claimed.lots.len()
        ));
    }
    for (at, (a, b)) in derived.lots.iter().zip(claimed.lots.iter()).enumerate() {
        if a != b {
            return Some(format!("lot {at}: expected {a:?}, the record has {b:?}"));
        }
    }
    for (a, b) in derived.accounts.iter().zip(&claimed.accounts) {
        if a != b {
            return Some(format!("expected {a:?}, the record has {b:?}"));
        }
    }
    Some(format!(
        "{} accounts were derived and the record has {}",
        derived.accounts.len(),
        claimed.accounts.len()
    ))
}
