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
//! | `queries/` | the queries: reserve, price, winners, depth, opening |
//! | `question` | a question about a list of ciphertexts, as steps of keyholders |
//! | `step` | one step: a list in chunks, on which a quorum acts |
//! | `roster` | who may act, and who has |
//! | `opened`, `interpolation` | reading what a quorum opened |

mod interpolation;
pub(crate) mod mechanism;
mod opened;
pub(crate) mod plan;
pub(crate) mod program;
mod queries;
mod question;
pub(crate) mod roster;
pub(crate) mod step;

use crate::{
    lot::Absent,
    refusal::{Refusal, require_number},
    setting::Setting,
    unary_encoding::EncodingId,
};
use alloc::{collections::BTreeSet, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use plan::Purpose;
use program::{Finding, LotSetting, Program, RankedBid};
use queries::QueryProgress;
use question::{Pending, QuestionProgress};
use roster::{Roster, Surroundings};
use step::{Post, Step, Task, Work};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::Vouch,
};

/// The ranking of one lot, between two steps of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Ranking {
    /// How many bids take part.
    bids: usize,
    step: Step,
    /// The last slot before time alone changes something.
    deadline: u64,
    /// The question that the current step belongs to.
    pending: Pending,
    program: Program,
}

/// How a ranking ended.
pub(crate) enum Conclusion {
    /// With everything that was asked.
    Found(Finding),
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
            QueryProgress::Done(finding) => return Next::End(Conclusion::Found(finding)),
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
    /// Starts at `slot` with step number `first`, or ends at once where nothing has to be asked.
    pub(crate) fn begin(
        (bids, reserve): (Vec<RankedBid>, Option<EncodingId>),
        purpose: Purpose,
        lot_setting: LotSetting<'_>,
        (first, slot): (u32, u64),
    ) -> Result<Self, Conclusion> {
        let setting = lot_setting.setting;
        let count = bids.len();
        let mut program = Program::new(bids, reserve, purpose, setting);
        let turn = program.proceed(lot_setting);
        match go_on(&mut program, turn, lot_setting) {
            Next::End(conclusion) => Err(conclusion),
            Next::Step(work, pending) => {
                let deadline = slot.saturating_add(duration(setting, count));
                let step = Step::begin(first, work, deadline);
                Ok(Self { bids: count, step, deadline, pending, program })
            }
        }
    }

    /// Whether this is a survey between rounds.
    pub(crate) fn is_survey(&self) -> bool {
        self.program.is_survey()
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.deadline
    }

    /// Those whom a chunk of the current step waits for.
    pub(crate) fn late(
        &self,
        around: Surroundings<'_>,
        absent: &Absent,
        chunk: u32,
    ) -> BTreeSet<KeyholderId> {
        self.step.late(roster(around, absent), chunk)
    }

    /// The chunks of the current step that are not complete.
    pub(crate) fn waiting(&self, around: Surroundings<'_>, absent: &Absent) -> Vec<u32> {
        self.step.waiting(roster(around, absent)).collect()
    }

    /// The rest of K14, and K15: a keyholder's word for others on a chunk of this step.
    pub(crate) fn vouch(
        &mut self,
        around: Surroundings<'_>,
        absent: &Absent,
        keyholder: KeyholderId,
        vouch: &Vouch,
        (step, chunk): (u32, u32),
    ) -> Result<(), Refusal> {
        require_number(Check::VouchDue, "the step", (self.step.number, step))?;
        self.step.vouch(roster(around, absent), keyholder, vouch, chunk)
    }

    pub(crate) fn step_number(&self) -> u32 {
        self.step.number
    }

    /// What `keyholder` may do now, by chunk.
    pub(crate) fn tasks(
        &self,
        around: Surroundings<'_>,
        absent: &Absent,
        keyholder: KeyholderId,
    ) -> Vec<(u32, Task)> {
        self.step.work.tasks(roster(around, absent), keyholder)
    }

    /// Takes a keyholder's post.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        absent: &Absent,
        actor: (KeyholderId, PartyKey),
        post: Post,
        slot: u64,
    ) -> Result<(), Refusal> {
        let next = slot.saturating_add(duration(around.setting, self.bids));
        let roster = roster(around, absent);
        self.step.accept(around, roster, actor, post, next)?;
        self.deadline = self.step.deadline(roster);
        Ok(())
    }

    /// Continues if the current step is complete; the lot's conclusion, if that was the last one.
    pub(crate) fn proceed(
        &mut self,
        around: Surroundings<'_>,
        absent: &Absent,
        lot_setting: LotSetting<'_>,
        slot: u64,
    ) -> Option<Conclusion> {
        if !self.step.work.is_complete(roster(around, absent)) {
            return None;
        }
        let setting = around.setting;
        let next = match self.pending.proceed(&self.step.work, setting) {
            QuestionProgress::Step(work, pending) => Next::Step(work, pending),
            QuestionProgress::Answer(answer) => {
                let turn = self.program.resume(answer, lot_setting);
                go_on(&mut self.program, turn, lot_setting)
            }
            QuestionProgress::Alarm => Next::End(Conclusion::Ended(Ending::Halted)),
        };
        match next {
            Next::End(conclusion) => Some(conclusion),
            Next::Step(work, pending) => {
                let deadline = slot.saturating_add(duration(setting, self.bids));
                self.step = Step::begin(self.step.number.saturating_add(1), work, deadline);
                self.deadline = deadline;
                self.pending = pending;
                None
            }
        }
    }

    /// Lets the chunks time out whose deadline is before `slot`: those who kept them waiting are excluded.
    pub(crate) fn time_out(
        &mut self,
        around: Surroundings<'_>,
        absent: &mut Absent,
        slot: u64,
    ) -> Option<Conclusion> {
        let next = slot.saturating_add(duration(around.setting, self.bids));
        let more = self.step.time_out(roster(around, absent), (slot, next));
        absent.extend(&more);
        let roster = roster(around, absent);
        if !roster.can_act() {
            return Some(Conclusion::Ended(Ending::Void(VoidCause::Quorum)));
        }
        self.deadline = self.step.deadline(roster);
        None
    }
}

fn roster<'a>(around: Surroundings<'a>, absent: &'a Absent) -> Roster<'a> {
    Roster { quorum: &around.setting.terms.quorum, keys: around.keys, excluded: &absent.excluded }
}

/// Slots of one step on a lot of this many bids.
fn duration(setting: &Setting, bids: usize) -> u64 {
    let schedule = &setting.terms.schedule;
    let bids = u64::try_from(bids).unwrap_or(u64::MAX);
    schedule.step_slots.saturating_add(bids.saturating_mul(schedule.step_slots_per_bid))
}
