//! Ranking a lot while its bids stay encrypted. Section 11 of `docs/spec.md`.
//!
//! Encrypted bits add up: the sum over bidders of `U[1][j]` encrypts how many bids have a first digit
//! of at least `j`, a falling staircase. Ranking asks this staircase as few questions as possible,
//! one digit after the other, and every answer is implied by the price and the winner that are
//! published in the end.
//!
//! | file | what it holds |
//! |---|---|
//! | `search` | which points of a staircase to ask at |
//! | `step` | one list of ciphertexts on which a quorum of keyholders acts |
//! | `interpolation` | reading what a quorum opened |

pub(crate) mod interpolation;
pub(crate) mod search;
pub(crate) mod step;

use crate::{elgamal::Ciphertext, refusal::Refusal, setting::Setting};
use alloc::{collections::BTreeSet, sync::Arc, vec, vec::Vec};
use search::Search;
use step::{Opening, Post, Roster, Step, Surroundings, Task, Work};
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, VoidCause},
    price::{PriceLadder, Rung},
    quorum::KeyholderId,
};

/// A bid that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) ladder: Arc<[Ciphertext]>,
}

/// The ranking of one lot, between two steps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranking {
    /// In commit order; never empty.
    bids: Vec<RankedBid>,
    /// Keyholders that let a step of this lot time out.
    out: BTreeSet<KeyholderId>,
    step: Step,
    /// What the current step is for.
    purpose: Purpose,
    tally: Tally,
}

/// What the current step is for, with what its result will be put together with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Purpose {
    /// Gates: the products of this digit.
    Multiply,
    /// Unseal: the signs of these gates, of which some were read already.
    OpenSigns { gated: Vec<(Ciphertext, Ciphertext)>, read: Vec<Option<Opening>> },
    /// Blind: zero-tests at these points, of which some were read already.
    BlindTests { points: Vec<usize>, read: Vec<Option<Opening>> },
    /// Unseal: the answers at these points.
    OpenTests { points: Vec<usize>, read: Vec<Option<Opening>> },
}

/// What is known of the price, and encrypted what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tally {
    /// The price's digits so far.
    digits: Vec<usize>,
    /// `A`: how many bids lie above the price's digits so far, at the current scale.
    above: Ciphertext,
    /// `a_i`: whether bid `i` has these digits, at the current scale.
    flags: Vec<Ciphertext>,
    /// `P[i][j]` for `0 < j < B_t`, bid by bid: whether bid `i` has these digits and then at least `j`.
    products: Vec<Ciphertext>,
    search: Search,
    sought: Sought,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sought {
    /// The price's next digit.
    Digit,
    /// The first bid at this rung.
    Winner(Rung),
}

/// Where the process stands after it went as far as it could without keyholders.
enum Next {
    Step(Work, Purpose),
    End(Ending),
}

impl Ranking {
    /// Starts at `slot`, or ends at once where nothing has to be asked.
    pub(crate) fn begin(
        bids: Vec<RankedBid>,
        around: Surroundings<'_>,
        ladder: &PriceLadder,
        slot: u64,
    ) -> Result<Self, Ending> {
        let first_radix = ladder.shape.radices().next().unwrap_or(0);
        let entries = first_radix.saturating_sub(1);
        let products =
            bids.iter().flat_map(|bid| bid.ladder.iter().take(entries).copied()).collect();
        let one = Ciphertext::trivial(around.setting.generators.value);
        let mut tally = Tally {
            digits: Vec::new(),
            above: Ciphertext::zero(),
            flags: vec![one; bids.len()],
            products,
            search: Search::new(entries),
            sought: Sought::Digit,
        };
        match tally.proceed(&bids, around, ladder) {
            Next::End(ending) => Err(ending),
            Next::Step(work, purpose) => {
                let deadline = slot.saturating_add(duration(around.setting, bids.len()));
                let step = Step { number: 0, deadline, work };
                Ok(Self { bids, out: BTreeSet::new(), step, purpose, tally })
            }
        }
    }

    pub(crate) fn out(&self) -> &BTreeSet<KeyholderId> {
        &self.out
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.step.deadline
    }

    pub(crate) fn step_number(&self) -> u32 {
        self.step.number
    }

    /// What `keyholder` may do now, by chunk.
    pub(crate) fn tasks(
        &self,
        around: Surroundings<'_>,
        keyholder: KeyholderId,
    ) -> Vec<(u32, Task)> {
        self.step.work.tasks(roster(around, &self.out), keyholder)
    }

    /// Takes a keyholder's post.
    pub(crate) fn accept(
        &mut self,
        around: Surroundings<'_>,
        actor: (KeyholderId, PartyKey),
        post: Post,
        slot: u64,
    ) -> Result<(), Refusal> {
        let in_turn = matches!(post, Post::Gate(_));
        self.step.accept(around, roster(around, &self.out), actor, post)?;
        if in_turn {
            self.step.deadline = slot.saturating_add(duration(around.setting, self.bids.len()));
        }
        Ok(())
    }

    /// Goes on if the current step is complete; the lot's ending, if that was the last one.
    pub(crate) fn proceed(
        &mut self,
        around: Surroundings<'_>,
        ladder: &PriceLadder,
        slot: u64,
    ) -> Option<Ending> {
        if !self.step.work.is_complete(roster(around, &self.out)) {
            return None;
        }
        let work = &self.step.work;
        let setting = around.setting;
        let purpose = core::mem::replace(&mut self.purpose, Purpose::Multiply);
        let next = match purpose {
            Purpose::Multiply => {
                let gated = work.gated();
                let (sealed, read) = split_public(gated.iter().map(|(x, _)| *x), setting);
                if sealed.is_empty() {
                    self.tally.multiply(&gated, &read, Vec::new(), &self.bids, around, ladder)
                } else {
                    let work = Work::unseal(&sealed, setting);
                    Next::Step(work, Purpose::OpenSigns { gated, read })
                }
            }
            Purpose::OpenSigns { gated, read } => {
                let opened = work.opened(setting);
                self.tally.multiply(&gated, &read, opened, &self.bids, around, ladder)
            }
            Purpose::BlindTests { points, read } => {
                let work = Work::unseal(&work.blinded(), setting);
                Next::Step(work, Purpose::OpenTests { points, read })
            }
            Purpose::OpenTests { points, read } => {
                self.tally.answer(&points, &read, work.opened(setting));
                self.tally.proceed(&self.bids, around, ladder)
            }
        };
        match next {
            Next::End(ending) => Some(ending),
            Next::Step(work, purpose) => {
                let deadline = slot.saturating_add(duration(setting, self.bids.len()));
                self.step = Step { number: self.step.number.saturating_add(1), deadline, work };
                self.purpose = purpose;
                None
            }
        }
    }

    /// Lets the current step time out at its deadline: those who kept it waiting are out.
    pub(crate) fn time_out(&mut self, around: Surroundings<'_>) -> Option<Ending> {
        let missing = self.step.work.missing(roster(around, &self.out));
        self.out.extend(missing);
        if !roster(around, &self.out).can_act() {
            return Some(Ending::Void(VoidCause::Quorum));
        }
        let duration = duration(around.setting, self.bids.len());
        self.step.deadline = self.step.deadline.saturating_add(duration);
        None
    }
}

fn roster<'a>(around: Surroundings<'a>, out: &'a BTreeSet<KeyholderId>) -> Roster<'a> {
    Roster { quorum: &around.setting.terms.quorum, keys: around.keys, out }
}

/// Slots of one step on a lot of this many bids.
fn duration(setting: &Setting, bids: usize) -> u64 {
    let schedule = &setting.terms.schedule;
    let bids = u64::try_from(bids).unwrap_or(u64::MAX);
    schedule.step_slots.saturating_add(bids.saturating_mul(schedule.step_slots_per_bid))
}

/// Those that keyholders must open, and what everybody can read of the others.
fn split_public(
    ciphertexts: impl Iterator<Item = Ciphertext>,
    setting: &Setting,
) -> (Vec<Ciphertext>, Vec<Option<Opening>>) {
    let mut sealed = Vec::new();
    let read = ciphertexts
        .map(|ciphertext| {
            if ciphertext.is_public() {
                return Some(Opening::read(&ciphertext, &setting.generators.value));
            }
            sealed.push(ciphertext);
            None
        })
        .collect();
    (sealed, read)
}

/// Puts what was read and what was opened back in one order.
fn merge(
    read: &[Option<Opening>],
    opened: Vec<Opening>,
) -> impl Iterator<Item = Opening> + use<'_> {
    let mut opened = opened.into_iter();
    // There is one opening for every ciphertext that was not read.
    read.iter().map(move |read| read.or_else(|| opened.next()).unwrap_or(Opening::Other))
}

impl Tally {
    /// Goes as far as possible without keyholders: to the next step, or to the end.
    fn proceed(
        &mut self,
        bids: &[RankedBid],
        around: Surroundings<'_>,
        ladder: &PriceLadder,
    ) -> Next {
        let setting = around.setting;
        loop {
            if let Some(found) = self.search.found() {
                match self.found(found, bids, setting, ladder) {
                    Some(next) => return next,
                    None => continue,
                }
            }
            let points = self.search.points(setting.terms.fan_out);
            let tests = points.iter().map(|point| self.test(*point, bids.len()));
            let (sealed, read) = split_public(tests, setting);
            if !sealed.is_empty() {
                let work = Work::blind(&sealed, setting);
                return Next::Step(work, Purpose::BlindTests { points, read });
            }
            self.answer(&points, &read, Vec::new());
        }
    }

    /// The ciphertext whose zero-test answers for `point`.
    fn test(&self, point: usize, bids: usize) -> Ciphertext {
        match self.sought {
            // T_j = A + sum over bids of P[i][j]
            Sought::Digit => self.above + self.column(point, bids),
            // S_j = a_0 + ... + a_{j-1}
            Sought::Winner(_) => self.flags.iter().take(point).copied().sum(),
        }
    }

    /// `sum over bids of P[i][j]`; zero for `j = B_t`.
    fn column(&self, j: usize, bids: usize) -> Ciphertext {
        let width = self.products.len().checked_div(bids).unwrap_or(0);
        match j.checked_sub(1).filter(|index| *index < width) {
            Some(index) => self.products.iter().skip(index).step_by(width).copied().sum(),
            None => Ciphertext::zero(),
        }
    }

    fn answer(&mut self, points: &[usize], read: &[Option<Opening>], opened: Vec<Opening>) {
        let sought = self.sought;
        let answers = merge(read, opened).map(|opening| {
            let is_zero = opening == Opening::Zero;
            match sought {
                Sought::Digit => !is_zero,
                Sought::Winner(_) => is_zero,
            }
        });
        self.search.narrow(points.iter().copied().zip(answers));
    }

    /// Takes the result of a search. Nothing if the next search can be asked at once.
    fn found(
        &mut self,
        found: usize,
        bids: &[RankedBid],
        setting: &Setting,
        ladder: &PriceLadder,
    ) -> Option<Next> {
        if let Sought::Winner(rung) = self.sought {
            let won = bids.get(found).zip(ladder.price(rung));
            let ending = won.map(|(bid, price)| Ending::Sold { winner: bid.bidder, rung, price });
            return Some(Next::End(ending.unwrap_or(Ending::Halted)));
        }
        self.take_digit(found, bids.len());
        let Some(radix) = ladder.shape.radices().nth(self.digits.len()) else {
            let rung = rung_of(&self.digits, ladder);
            // K11: range proofs exclude a rung beyond the ladder.
            let Some(rung) = rung.filter(|rung| ladder.price(*rung).is_some()) else {
                return Some(Next::End(Ending::Halted));
            };
            self.sought = Sought::Winner(rung);
            self.search = Search::new(bids.len().saturating_sub(1));
            return None;
        };
        let before: usize =
            ladder.shape.radices().take(self.digits.len()).map(|r| r.saturating_sub(1)).sum();
        let width = radix.saturating_sub(1);
        let factors: Vec<(Ciphertext, Ciphertext)> = bids
            .iter()
            .zip(&self.flags)
            .flat_map(|(bid, flag)| {
                bid.ladder.iter().skip(before).take(width).map(move |bit| (*bit, *flag))
            })
            .collect();
        Some(Next::Step(Work::gates(&factors, setting), Purpose::Multiply))
    }

    /// With the digit `j`: `A` becomes `T_{j+1}`, `a_i` becomes `P[i][j] - P[i][j+1]`.
    fn take_digit(&mut self, j: usize, bids: usize) {
        let next = j.saturating_add(1);
        self.above = self.above + self.column(next, bids);
        let width = self.products.len().checked_div(bids).unwrap_or(0).max(1);
        let first = self.digits.is_empty();
        let flags = self.flags.iter().zip(self.products.chunks(width)).map(|(flag, row)| {
            let product = |j: usize| match j.checked_sub(1) {
                // P[i][0] is the flag itself, at the scale of the products.
                None if first => *flag,
                None => flag.doubled(),
                Some(index) => row.get(index).copied().unwrap_or_else(Ciphertext::zero),
            };
            product(j) - product(next)
        });
        self.flags = flags.collect();
        self.digits.push(j);
    }

    /// `P[i][j] = v*Y_last + Y`, an encryption of `2*x*y`, once the signs `v` are known (K10).
    fn multiply(
        &mut self,
        gated: &[(Ciphertext, Ciphertext)],
        read: &[Option<Opening>],
        opened: Vec<Opening>,
        bids: &[RankedBid],
        around: Surroundings<'_>,
        ladder: &PriceLadder,
    ) -> Next {
        let width = gated.len().checked_div(bids.len()).unwrap_or(0);
        let owners = self.flags.iter().flat_map(|flag| core::iter::repeat_n(flag, width));
        let products: Option<Vec<Ciphertext>> = merge(read, opened)
            .zip(gated)
            .zip(owners)
            .map(|((sign, (_, last)), y)| match sign {
                Opening::PlusOne => Some(*y + *last),
                Opening::MinusOne => Some(*y - *last),
                Opening::Zero | Opening::Other => None,
            })
            .collect();
        let Some(products) = products else {
            return Next::End(Ending::Halted);
        };
        self.products = products;
        // Products are at twice the scale of the flags; forgetting to follow suit gives wrong
        // prices.
        self.above = self.above.doubled();
        self.search = Search::new(width);
        self.proceed(bids, around, ladder)
    }
}

/// `sum of digit_t * 2^(s_t)`.
fn rung_of(digits: &[usize], ladder: &PriceLadder) -> Option<Rung> {
    let value =
        digits.iter().zip(ladder.shape.radices()).try_fold(0u64, |value, (digit, radix)| {
            let radix = u64::try_from(radix).ok()?;
            value.checked_mul(radix)?.checked_add(u64::try_from(*digit).ok()?)
        })?;
    u32::try_from(value).ok().map(Rung)
}
