//! The lots: each with its bids, their ranking, the seller's decision, its ending.

use crate::{
    bids::{BidState, Bids},
    rank::{
        Conclusion, Rankings,
        plan::Purpose,
        program::{Finding, LotSetting},
        roster::Surroundings,
        work::{Post, Task},
    },
    refusal::{Fault, Refusal},
    setting::Setting,
    store::{Cell, Home, Kind, Map, records},
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::{List, PartyKey},
    check::Check,
    outcome::{Award, Disclosed, Ending, LotResult, Quote, ReserveResult, Survey},
    quorum::KeyholderId,
    ranking::Vouch,
    terms::Lot,
};

/// All lots of an auction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lots {
    states: Map<u32, LotState>,
    pub(crate) bids: Bids,
    rankings: Rankings,
    /// Of every round that had one.
    surveys: Map<(u32, u32), Survey>,
    /// What the last ranking opened.
    shown: Map<u32, Shown>,
    progress: Cell<Progress>,
    /// How many there are.
    count: u32,
}

records!(Lots { states, bids, rankings, surveys, shown, progress; count });

/// How far the lots have come that keyholders or the seller work on.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Progress {
    /// The lots that wait for somebody, each by the last slot before time alone changes something; ascending.
    deadlines: Vec<(u64, u32)>,
    /// How many wait for the other lots' surveys.
    surveyed: u32,
}

/// A lot, from its first commit to its ending.
#[derive(Clone, Debug, Default, PartialEq, BorshSerialize, BorshDeserialize)]
pub(crate) struct LotState {
    pub(crate) phase: LotPhase,
    /// Keyholders that let a step of this lot's ranking time out, or the endorsement without which it
    /// ended.
    pub(crate) absent: Absent,
    /// How many surveys there were.
    surveys: u32,
    /// Steps of the current round's ranking that are done.
    steps: u32,
    /// Whether the ranking followed a survey of the same bids.
    is_ranked_after_survey: bool,
    pub(crate) ending: Option<Ending>,
}

#[derive(Clone, Debug, Default, PartialEq, BorshSerialize, BorshDeserialize)]
struct Shown {
    disclosed: Disclosed,
    reserve: Option<Quote>,
}

/// Keyholders whose time ran out.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Absent {
    pub(crate) excluded: BTreeSet<KeyholderId>,
    /// Those of them for whom others vouched each time: the board did not accept their posts.
    pub(crate) excused: BTreeSet<KeyholderId>,
}

impl Absent {
    /// Adds those who missed another deadline. Each deadline is a separate fault: a keyholder excused of one is
    /// not excused of the next.
    pub(crate) fn extend(&mut self, more: &Self) {
        let at_fault: BTreeSet<KeyholderId> = self.at_fault().chain(more.at_fault()).collect();
        self.excluded.extend(&more.excluded);
        self.excused = self.excluded.difference(&at_fault).copied().collect();
    }

    /// Those who lose the bond of a lot that is void.
    pub(crate) fn at_fault(&self) -> impl Iterator<Item = KeyholderId> + '_ {
        self.excluded.difference(&self.excused).copied()
    }
}

/// What an undecided lot waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum LotPhase {
    /// For its bids; or for nothing, once it has ended.
    #[default]
    Idle,
    /// For keyholders.
    Ranking,
    /// For the other lots' surveys.
    Surveyed,
    /// For the seller, until the deadline.
    Deciding {
        /// What there is to accept or decline.
        award: Award,
        /// The last slot for it.
        deadline: u64,
    },
}

/// When something happens, and to which lot.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) line: &'a Lot,
    pub(crate) lot: u32,
    pub(crate) slot: u64,
}

/// The lots of these deadlines, ascending.
fn in_order<'a>(deadlines: impl Iterator<Item = &'a (u64, u32)>) -> Vec<u32> {
    let mut lots: Vec<u32> = deadlines.map(|(_, lot)| *lot).collect();
    lots.sort_unstable();
    lots
}

impl Lots {
    /// So many.
    pub(crate) fn open(lots: u32) -> Self {
        let mut opened = Self::new(lots, Bids::open(lots), None);
        (0..lots).for_each(|lot| opened.states.put(lot, LotState::default()));
        opened
    }

    /// So many, as their home has them.
    pub(crate) fn resume(lots: u32, home: &Arc<Home>) -> Self {
        Self::new(lots, Bids::resume(Some(home)), Some(home))
    }

    fn new(count: u32, bids: Bids, home: Option<&Arc<Home>>) -> Self {
        Self {
            states: Map::new(Kind::Lot, home),
            bids,
            rankings: Rankings::new(home),
            surveys: Map::new(Kind::Survey, home),
            shown: Map::new(Kind::Shown, home),
            progress: Cell::new(Kind::Progress, home),
            count,
        }
    }

    /// The state of a lot; nothing if there is no such lot.
    pub(crate) fn get(&self, lot: u32) -> Option<Arc<LotState>> {
        if lot < self.count { self.states.expect(&lot) } else { None }
    }

    /// The lot, if it has not ended.
    pub(crate) fn undecided(&self, lot: u32) -> Option<Arc<LotState>> {
        self.get(lot).filter(|state| state.ending.is_none())
    }

    /// The first slot before which time alone changes a lot, if there is one.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.progress.get().deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Every lot whose deadline is before `slot`, in order.
    pub(crate) fn expired(&self, slot: u64) -> Vec<u32> {
        let progress = self.progress.get();
        let expired = progress.deadlines.iter().take_while(|(deadline, _)| *deadline < slot);
        in_order(expired)
    }

    /// How many undecided lots are surveyed.
    pub(crate) fn surveyed(&self) -> u32 {
        self.progress.get().surveyed
    }

    /// The lots that are being surveyed or ranked, in order.
    fn ranked(&self) -> impl Iterator<Item = (u32, Arc<LotState>)> {
        let lots = in_order(self.progress.get().deadlines.iter());
        let states = lots.into_iter().filter_map(|lot| Some((lot, self.get(lot)?)));
        states.filter(|(_, state)| state.phase == LotPhase::Ranking)
    }

    /// The number of the current step of a lot.
    fn step(&self, lot: u32) -> Option<u32> {
        self.rankings.of(lot).map(|ranking| ranking.step_number())
    }

    /// What a keyholder may do now, by lot, step and chunk.
    pub(crate) fn tasks(
        &self,
        around: Surroundings<'_>,
        keyholder: KeyholderId,
    ) -> Vec<((u32, u32, u32), Task)> {
        let of_lot = |(lot, state): (u32, Arc<LotState>)| {
            let lot_setting = LotSetting::of(around.setting, &self.bids, lot);
            let tasks = lot_setting
                .map(|of| self.rankings.tasks(of, around, &state.absent, keyholder))
                .unwrap_or_default();
            let step = self.step(lot).unwrap_or_default();
            tasks.into_iter().map(move |(chunk, task)| ((lot, step, chunk), task))
        };
        self.ranked().flat_map(of_lot).collect()
    }

    /// The chunks of current steps that are not complete: lot, step and chunk.
    pub(crate) fn waiting(&self) -> Vec<(u32, u32, u32)> {
        let of_lot = |(lot, _)| {
            let step = self.step(lot).unwrap_or_default();
            self.rankings.waiting(lot).into_iter().map(move |chunk| (lot, step, chunk))
        };
        self.ranked().flat_map(of_lot).collect()
    }

    /// Those whom a chunk of a lot's current step waits for.
    pub(crate) fn late(
        &self,
        around: Surroundings<'_>,
        (lot, step, chunk): (u32, u32, u32),
    ) -> BTreeSet<KeyholderId> {
        let state = self.get(lot).filter(|state| state.phase == LotPhase::Ranking);
        let state = state.filter(|_| self.step(lot) == Some(step));
        state
            .map(|state| self.rankings.late(around, &state.absent, (lot, chunk)))
            .unwrap_or_default()
    }

    /// The award that the seller may accept or decline on a lot.
    pub(crate) fn award_to_decide(&self, lot: u32) -> Option<Award> {
        match &self.get(lot)?.phase {
            LotPhase::Deciding { award, .. } => Some(award.clone()),
            LotPhase::Idle | LotPhase::Ranking | LotPhase::Surveyed => None,
        }
    }

    pub(crate) fn surveys(&self, lot: u32) -> Vec<Survey> {
        let count = self.get(lot).map_or(0, |state| state.surveys);
        let surveys = (0..count).filter_map(|round| self.surveys.expect(&(lot, round)));
        surveys.map(|survey| Survey::clone(&survey)).collect()
    }

    /// Whether a lot's last survey equals the one before it.
    pub(crate) fn is_unmoved(&self, lot: u32) -> bool {
        let count = self.get(lot).map_or(0, |state| state.surveys);
        let before = |rounds| self.surveys.expect(&(lot, count.checked_sub(rounds)?));
        matches!((before(1), before(2)), (Some(last), Some(before)) if last == before)
    }

    /// The last slot before time alone changes this lot, and whether it waits for the others.
    fn waits(&self, lot: u32) -> (Option<u64>, bool) {
        match self.get(lot).as_deref().map(|state| &state.phase) {
            None | Some(LotPhase::Idle) => (None, false),
            Some(LotPhase::Surveyed) => (None, true),
            Some(LotPhase::Deciding { deadline, .. }) => (Some(*deadline), false),
            Some(LotPhase::Ranking) => {
                let ranking = self.rankings.of(lot);
                (ranking.map(|ranking| ranking.deadline()), false)
            }
        }
    }

    /// Does something by which what a lot waits for may change.
    fn moving<T>(&mut self, lot: u32, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.waits(lot);
        let result = work(self);
        let after = self.waits(lot);
        if before != after {
            self.progress.change(|Progress { deadlines, surveyed }| {
                let before_at = before.0.map(|deadline| deadlines.binary_search(&(deadline, lot)));
                if let Some(Ok(at)) = before_at {
                    deadlines.remove(at);
                }
                let (deadline, is_surveyed) = after;
                let after = deadline.map(|deadline| (deadline, lot));
                if let Some((Err(at), after)) =
                    after.map(|after| (deadlines.binary_search(&after), after))
                {
                    deadlines.insert(at, after);
                }
                let others = surveyed.saturating_sub(before.1.into());
                *surveyed = others.saturating_add(is_surveyed.into());
            });
        }
        result
    }

    /// Starts what keyholders do next on a lot in this round: its ending, if nothing has to be asked.
    pub(crate) fn start(&mut self, purpose: Purpose, at: Moment<'_>) -> Option<Ending> {
        self.moving(at.lot, |lots| lots.begin(purpose, at))
    }

    fn begin(&mut self, purpose: Purpose, at: Moment<'_>) -> Option<Ending> {
        let Moment { setting, line, lot, slot } = at;
        let bids = self.bids.in_tie_order(setting, lot);
        let participants = (bids.len(), self.bids.binding_reserve(lot));
        self.bids.ranking.put(lot, &bids);
        let first = self.states.change(&lot, |state| {
            state.is_ranked_after_survey = purpose == (Purpose::Rank { surveyed: true });
            state.steps
        })?;
        let lot_setting = LotSetting { setting, lot: line, index: lot, bids: &self.bids };
        match self.rankings.begin(lot, participants, purpose, lot_setting, (first, slot)) {
            None => {
                self.states.change(&lot, |state| state.phase = LotPhase::Ranking);
                None
            }
            Some(conclusion) => {
                self.bids.ranking.remove(lot);
                self.take(conclusion, purpose == Purpose::Survey, at)
            }
        }
    }

    /// Takes a keyholder's post on a lot.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        actor: (KeyholderId, PartyKey),
        post: &Post,
        slot: u64,
    ) -> Result<(), Refusal> {
        let lot = post.header().lot;
        self.moving(lot, |lots| {
            let unknown = Fault::Unknown { what: "lot being ranked" }.fails(Check::RankPlace);
            let state = lots.get(lot).filter(|state| state.phase == LotPhase::Ranking);
            let lot_setting = LotSetting::of(around.setting, &lots.bids, lot);
            let (state, lot_setting) = state.zip(lot_setting).ok_or(unknown)?;
            lots.rankings.accept(lot_setting, (around, &state.absent), actor, post, slot)
        })
    }

    /// Takes a keyholder's word for others on a chunk of a lot's current step.
    pub(crate) fn vouch(
        &mut self,
        around: Surroundings<'_>,
        keyholder: KeyholderId,
        vouch: &Vouch,
        (lot, step, chunk): (u32, u32, u32),
    ) -> Result<(), Refusal> {
        let rule = "a vouch must be for a lot that is surveyed or ranked";
        let not_due = Fault::Broken { rule }.fails(Check::VouchDue);
        let state = self.get(lot).filter(|state| state.phase == LotPhase::Ranking);
        let absent = &state.ok_or(not_due)?.absent;
        self.rankings.vouch(around, absent, keyholder, vouch, (lot, step, chunk))
    }

    /// Goes on with a lot if its current step is complete: its ending, if that was the last thing to wait for.
    pub(crate) fn proceed(&mut self, at: Moment<'_>) -> Option<Ending> {
        self.moving(at.lot, |lots| {
            lots.get(at.lot).filter(|state| state.phase == LotPhase::Ranking)?;
            let Moment { setting, line, lot, .. } = at;
            let lot_setting = LotSetting { setting, lot: line, index: lot, bids: &lots.bids };
            let conclusion = lots.rankings.proceed(at.lot, lot_setting, at.slot)?;
            lots.conclude(conclusion, at)
        })
    }

    /// Lets time pass on a lot whose deadline has passed: its ending, if that ends it.
    pub(crate) fn time_out(&mut self, around: Surroundings<'_>, at: Moment<'_>) -> Option<Ending> {
        self.moving(at.lot, |lots| {
            let state = lots.undecided(at.lot)?;
            match &state.phase {
                LotPhase::Ranking => {
                    let mut absent = state.absent.clone();
                    let conclusion = lots.rankings.time_out(at.lot, around, &mut absent, at.slot);
                    lots.states.change(&at.lot, |state| state.absent = absent);
                    lots.conclude(conclusion?, at)
                }
                // Silence accepts.
                LotPhase::Deciding { award, .. } => Some(Ending::Sold(award.clone())),
                LotPhase::Idle | LotPhase::Surveyed => None,
            }
        })
    }

    /// Records the end of a survey or a ranking: the lot's ending, unless something is still to come.
    fn conclude(&mut self, conclusion: Conclusion, at: Moment<'_>) -> Option<Ending> {
        let ranking = self.rankings.of(at.lot)?;
        let steps = ranking.step_number().saturating_add(1);
        self.rankings.end(at.lot);
        self.bids.ranking.remove(at.lot);
        self.states.change(&at.lot, |state| {
            state.phase = LotPhase::Idle;
            state.steps = steps;
        });
        self.take(conclusion, ranking.is_survey, at)
    }

    fn take(&mut self, conclusion: Conclusion, is_survey: bool, at: Moment<'_>) -> Option<Ending> {
        let finding = match conclusion {
            Conclusion::Found(finding) => finding,
            Conclusion::Ended(ending) => return Some(ending),
        };
        let Finding { award, disclosed, reserve, ending } = *finding;
        if is_survey {
            let round = self.states.change(&at.lot, |state| {
                state.phase = LotPhase::Surveyed;
                let round = state.surveys;
                state.surveys = round.saturating_add(1);
                round
            })?;
            let survey = Survey { depth: disclosed.depth, cover: disclosed.cover };
            self.surveys.put((at.lot, round), survey);
            return None;
        }
        if ending.is_some() {
            return ending;
        }
        self.shown.put(at.lot, Shown { disclosed, reserve });
        let Some(award) = award else { return Some(Ending::BelowReserve) };
        let Some(acceptance) = at.setting.terms.acceptance else {
            return Some(Ending::Sold(award));
        };
        let deadline = at.slot.saturating_add(acceptance.slots);
        let deciding = LotPhase::Deciding { award, deadline };
        self.states.change(&at.lot, |state| state.phase = deciding);
        None
    }

    /// Ends a lot, for which these keyholders were late besides: all who were on this lot.
    pub(crate) fn end(&mut self, lot: u32, ending: Ending, absent: &Absent) -> Option<Absent> {
        self.moving(lot, |lots| {
            if lots.get(lot).is_some_and(|state| state.phase == LotPhase::Ranking) {
                lots.rankings.end(lot);
                lots.bids.ranking.remove(lot);
            }
            lots.states.change(&lot, |state| {
                state.absent.extend(absent);
                state.phase = LotPhase::Idle;
                state.ending = Some(ending);
                state.absent.clone()
            })
        })
    }

    /// Forgets a lot's round that is over; surveys and who is excluded stay.
    pub(crate) fn await_next_round(&mut self, lot: u32) {
        self.moving(lot, |lots| {
            lots.states.change(&lot, |state| {
                state.phase = LotPhase::Idle;
                state.steps = 0;
            });
        });
    }

    /// A lot's result, once it has ended.
    pub(crate) fn result(&self, lot: u32) -> LotResult {
        let bids: Vec<_> = self.bids.in_order(lot).collect();
        let count = |is: fn(&BidState) -> bool| {
            let number = bids.iter().filter(|bid| is(&bid.state)).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let state = self.states.expect(&lot).unwrap_or_default();
        let shown = self.shown.get(&lot).unwrap_or_default();
        let reserve = match (self.bids.reserve(lot).map(|reserve| reserve.state), shown.reserve) {
            (None, _) => ReserveResult::None,
            (Some(BidState::Open | BidState::Invalid | BidState::Lapsed { .. }), _) => {
                ReserveResult::Lapsed
            }
            (Some(BidState::Ranked(_)), None) => ReserveResult::Sealed,
            (Some(BidState::Ranked(_)), Some(quote)) => ReserveResult::Opened(quote),
        };
        LotResult {
            commits: count(|_| true),
            ranked: count(|state| matches!(state, BidState::Ranked(_))),
            invalid: count(|state| matches!(state, BidState::Invalid)),
            reserve,
            disclosed: self.all_disclosed(lot, &state, &shown),
            // Asked for only when every lot has ended.
            ending: state.ending.clone().unwrap_or(Ending::Halted),
        }
    }

    /// What the last ranking opened, and the surveys before it.
    fn all_disclosed(&self, lot: u32, state: &LotState, shown: &Shown) -> Disclosed {
        let mut disclosed = shown.disclosed.clone();
        let surveys = self.surveys(lot);
        let was_ranked = matches!(
            state.ending,
            Some(Ending::Sold(_) | Ending::Declined(_) | Ending::BelowReserve)
        );
        if was_ranked && state.is_ranked_after_survey {
            disclosed.depth = surveys.last().and_then(|survey| survey.depth.clone());
        }
        // As many as there are rounds, which is within the bound.
        disclosed.surveys = List::new(surveys).unwrap_or_default();
        disclosed
    }
}
