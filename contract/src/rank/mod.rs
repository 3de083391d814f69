//! Ranking a lot while its bids stay encrypted. Section 11 of `docs/spec.md`.
//!
//! Encrypted bits add up: the sum over bidders of `U[1][j]` encrypts how many bids have a first digit
//! of at least `j`, a falling staircase. Ranking asks this staircase as few questions as possible,
//! one digit after the other, and every answer is implied by what is published in the end.
//!
//! From the whole to its parts:
//!
//! | file | what it holds |
//! |---|---|
//! | `plan` | what a lot is asked, in order, as data |
//! | `mechanism/` | which queries find price and winners, one mechanism to a file |
//! | `program` | a running plan |
//! | `queries/` | the queries: reserve, price, winners, depth, opening, market, answers to a survey |
//! | `question` | a question about a list of ciphertexts, as steps of keyholders |
//! | `step` | one step: a list in chunks, on which a quorum acts |
//! | `vectors` | long lists of a program, in records of their own |
//! | `work` | what keyholders do with the items of a chunk |
//! | `roster` | who may act, and who has |
//! | `opened`, `sums`, `interpolation` | reading what a quorum opened |
//! | `weighted_sum` | sums of steps that count several times |
//! | `sharing` | what is shared out at the price of a market |

mod interpolation;
pub(crate) mod mechanism;
mod opened;
pub(crate) mod plan;
pub(crate) mod program;
mod queries;
mod question;
pub(crate) mod roster;
mod sharing;
mod step;
mod sums;
pub(crate) mod vectors;
mod weighted_sum;
pub(crate) mod work;

use crate::{
    lot::Absent,
    refusal::{Fault, Refusal, require_number},
    setting::Setting,
    store::{Home, Kind, Map, records},
    unary_encoding::EncodingId,
};
use alloc::{boxed::Box, collections::BTreeSet, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use plan::Purpose;
use program::{Finding, LotSetting, Program};
use queries::QueryProgress;
use question::{Pending, QuestionProgress};
use roster::{Roster, Surroundings};
use step::{Chunks, Completed, Step};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::Vouch,
};
use vectors::{LISTS, Vectors};
use work::{Factors, Post, Task, Work};

/// The rankings of all lots that are being surveyed or ranked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rankings {
    rankings: Map<u32, Ranking>,
    programs: Map<u32, Program>,
    vectors: Vectors,
    chunks: Chunks,
}

records!(Rankings { rankings, programs, vectors, chunks });

/// How far the ranking of a lot has come.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Ranking {
    /// How many bids take part.
    bids: u32,
    step: Step,
    /// The question that the step belongs to.
    question: Pending,
    /// Whether this is a survey between rounds.
    pub(crate) is_survey: bool,
    /// How long the program's lists are.
    lists: [u32; LISTS],
}

/// How a ranking ended.
pub(crate) enum Conclusion {
    /// With everything that was asked.
    Found(Box<Finding>),
    /// Early: the lot is void or halted.
    Ended(Ending),
}

/// The next state of the ranking, once it can go no further without keyholders.
enum Next {
    Step(Work, Pending),
    End(Conclusion),
}

/// Continues the program, reading public ciphertexts, until keyholders are needed.
fn go_on(
    program: &mut Program,
    mut turn: QueryProgress<Finding>,
    lot_setting: LotSetting<'_>,
) -> Next {
    loop {
        let ask = match turn {
            QueryProgress::Ask(ask) => ask,
            QueryProgress::Done(finding) => {
                return Next::End(Conclusion::Found(Box::new(finding)));
            }
            QueryProgress::Alarm => return Next::End(Conclusion::Ended(Ending::Halted)),
        };
        match ask.pose(lot_setting.setting) {
            QuestionProgress::Step(work, pending) => return Next::Step(work, pending),
            QuestionProgress::Answer(answer) => turn = program.resume(answer, lot_setting),
            QuestionProgress::Alarm => turn = QueryProgress::Alarm,
        }
    }
}

impl Ranking {
    pub(crate) fn deadline(&self) -> u64 {
        self.step.deadline
    }

    pub(crate) fn step_number(&self) -> u32 {
        self.step.number
    }
}

impl Rankings {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            rankings: Map::new(Kind::Ranking, home),
            programs: Map::new(Kind::Program, home),
            vectors: Vectors::new(home),
            chunks: Chunks::new(home),
        }
    }

    /// The ranking of a lot that has one.
    pub(crate) fn of(&self, lot: u32) -> Option<Arc<Ranking>> {
        self.rankings.expect(&lot)
    }

    /// Starts one of a lot at `slot` with step number `first`, or ends it at once where nothing has to be asked.
    pub(crate) fn begin(
        &mut self,
        lot: u32,
        (bids, reserve): (usize, Option<EncodingId>),
        purpose: Purpose,
        lot_setting: LotSetting<'_>,
        (first, slot): (u32, u64),
    ) -> Option<Conclusion> {
        let setting = lot_setting.setting;
        let count = u32::try_from(bids).unwrap_or(u32::MAX);
        let mut program = Program::new(bids, reserve, purpose, setting);
        let turn = program.proceed(lot_setting);
        match go_on(&mut program, turn, lot_setting) {
            Next::End(conclusion) => Some(conclusion),
            Next::Step(work, pending) => {
                let deadline = slot.saturating_add(duration(setting, count));
                let step = self.chunks.begin(lot, first, (work, 0), deadline);
                let is_survey = purpose == Purpose::Survey;
                let lists = self.vectors.put_away(lot, program.lists(), [0; LISTS]);
                let question = pending;
                self.rankings.put(lot, Ranking { bids: count, step, question, is_survey, lists });
                self.programs.put(lot, program);
                None
            }
        }
    }

    /// Forgets the ranking of a lot that has one.
    pub(crate) fn end(&mut self, lot: u32) {
        if let Some(ranking) = self.of(lot) {
            self.chunks.end(lot, &ranking.step, (false, false));
            self.vectors.put_away(lot, core::iter::empty(), ranking.lists);
        }
        self.rankings.remove(lot);
        self.programs.remove(lot);
    }

    /// Those whom a chunk of the current step of a lot waits for.
    pub(crate) fn late(
        &self,
        around: Surroundings<'_>,
        absent: &Absent,
        (lot, chunk): (u32, u32),
    ) -> BTreeSet<KeyholderId> {
        let late = |ranking: Arc<Ranking>| {
            self.chunks.late(lot, &ranking.step, roster(around, absent), chunk)
        };
        self.of(lot).map(late).unwrap_or_default()
    }

    /// The chunks of the current step of a lot that are not complete.
    pub(crate) fn waiting(&self, lot: u32) -> Vec<u32> {
        self.of(lot).map(|ranking| self.chunks.waiting(lot, &ranking.step)).unwrap_or_default()
    }

    /// The rest of K14, and K15: a keyholder's word for others on a chunk of the current step of a lot.
    pub(crate) fn vouch(
        &mut self,
        around: Surroundings<'_>,
        absent: &Absent,
        keyholder: KeyholderId,
        vouch: &Vouch,
        (lot, step, chunk): (u32, u32, u32),
    ) -> Result<(), Refusal> {
        let none = Fault::Unknown { what: "chunk" }.fails(Check::VouchDue);
        let current = self.of(lot).ok_or(none)?.step;
        require_number(Check::VouchDue, "the step", (current.number, step))?;
        let roster = roster(around, absent);
        self.chunks.vouch((lot, chunk), &current, roster, keyholder, vouch)
    }

    /// What `keyholder` may do now on a lot, by chunk.
    pub(crate) fn tasks(
        &self,
        lot_setting: LotSetting<'_>,
        around: Surroundings<'_>,
        absent: &Absent,
        keyholder: KeyholderId,
    ) -> Vec<(u32, Task)> {
        let roster = roster(around, absent);
        let LotSetting { setting, index: lot, .. } = lot_setting;
        let asked = (&self.programs, &self.vectors);
        let make = |gates| factors(asked, gates, lot_setting);
        let tasks = |ranking: Arc<Ranking>| {
            self.chunks.tasks(lot, &ranking.step, roster, keyholder, (setting, &make))
        };
        self.of(lot).map(tasks).unwrap_or_default()
    }

    /// Takes a keyholder's post on a lot that is being surveyed or ranked.
    pub(crate) fn accept(
        &mut self,
        lot_setting: LotSetting<'_>,
        (around, absent): (Surroundings<'_>, &Absent),
        actor: (KeyholderId, PartyKey),
        post: &Post,
        slot: u64,
    ) -> Result<(), Refusal> {
        let lot = lot_setting.index;
        let none = Fault::Unknown { what: "chunk" }.fails(Check::RankPlace);
        let before = self.of(lot).ok_or(none)?;
        let mut ranking = Ranking::clone(&before);
        let next = slot.saturating_add(duration(around.setting, ranking.bids));
        let roster = roster(around, absent);
        let asked = (&self.programs, &self.vectors);
        let make = |gates| factors(asked, gates, lot_setting);
        self.chunks.accept(around, &mut ranking.step, roster, actor, (post, next), &make)?;
        // A home pays for what it writes.
        if ranking != *before {
            self.rankings.put(lot, ranking);
        }
        Ok(())
    }

    /// Continues with a lot if its current step is complete; the lot's conclusion, if that was the last one.
    pub(crate) fn proceed(
        &mut self,
        lot: u32,
        lot_setting: LotSetting<'_>,
        slot: u64,
    ) -> Option<Conclusion> {
        let ranking = self.of(lot).filter(|ranking| ranking.step.is_complete())?;
        let mut lists = ranking.lists;
        let setting = lot_setting.setting;
        let done = Completed { chunks: &self.chunks, lot, step: ranking.step };
        let next = match ranking.question.proceed(done, setting) {
            QuestionProgress::Step(work, pending) => Next::Step(work, pending),
            QuestionProgress::Answer(answer) => {
                let vectors = &mut self.vectors;
                self.programs.change(&lot, |program| {
                    vectors.hand_out(lot, program.lists(), lists);
                    let turn = program.resume(answer, lot_setting);
                    let next = go_on(program, turn, lot_setting);
                    lists = vectors.put_away(lot, program.lists(), lists);
                    next
                })?
            }
            QuestionProgress::Alarm => Next::End(Conclusion::Ended(Ending::Halted)),
        };
        match next {
            Next::End(conclusion) => {
                self.rankings.change(&lot, |ranking| ranking.lists = lists);
                Some(conclusion)
            }
            Next::Step(work, question) => {
                let deadline = slot.saturating_add(duration(setting, ranking.bids));
                let keeps_gates = question.is_about_gates();
                self.chunks.end(lot, &ranking.step, (work.is_about_before(), keeps_gates));
                let number = ranking.step.number.saturating_add(1);
                let gated = if keeps_gates { ranking.step.gated } else { 0 };
                let step = self.chunks.begin(lot, number, (work, gated), deadline);
                let Ranking { bids, is_survey, .. } = *ranking;
                self.rankings.put(lot, Ranking { bids, step, question, is_survey, lists });
                None
            }
        }
    }

    /// Lets the chunks of a lot time out whose deadline is before `slot`: those who kept them waiting are excluded.
    pub(crate) fn time_out(
        &mut self,
        lot: u32,
        around: Surroundings<'_>,
        absent: &mut Absent,
        slot: u64,
    ) -> Option<Conclusion> {
        let mut ranking = Ranking::clone(&*self.of(lot)?);
        let next = slot.saturating_add(duration(around.setting, ranking.bids));
        let before = roster(around, absent);
        let more = self.chunks.time_out(lot, &mut ranking.step, before, (slot, next));
        absent.extend(&more);
        self.rankings.put(lot, ranking);
        let can_act = roster(around, absent).can_act();
        (!can_act).then_some(Conclusion::Ended(Ending::Void(VoidCause::Quorum)))
    }
}

/// The factors of some of the gates that a lot's program asked for.
fn factors(
    (programs, vectors): (&Map<u32, Program>, &Vectors),
    gates: Range<usize>,
    lot_setting: LotSetting<'_>,
) -> Vec<Factors> {
    let lot = lot_setting.index;
    let lists = |list, at| vectors.get(lot, list, at);
    let program = programs.expect(&lot);
    program.map(|program| program.factors(gates, &lists, lot_setting)).unwrap_or_default()
}

fn roster<'a>(around: Surroundings<'a>, absent: &'a Absent) -> Roster<'a> {
    Roster { quorum: &around.setting.terms.quorum, keys: around.keys, excluded: &absent.excluded }
}

/// Slots of one step on a lot of this many bids.
fn duration(setting: &Setting, bids: u32) -> u64 {
    let schedule = &setting.terms.schedule;
    schedule.step_slots.saturating_add(u64::from(bids).saturating_mul(schedule.step_slots_per_bid))
}
