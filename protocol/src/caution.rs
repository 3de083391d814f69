//! Risks of valid terms, stated before anybody signs them.
//!
//! Nothing here is refused: who holds a veto, and whether the runtime has finality, is the parties'
//! own choice. Tools show every caution beside the outcome.

use crate::{
    bytes::Text,
    limits::MAX_ROUNDS,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Quantities},
    terms::{Admission, Disclosure, Terms, Ties},
};
use alloc::vec::Vec;
use core::fmt;

/// A consequence of the terms of which their parties should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caution {
    /// A group in which a single member can void every lot: all are needed for ranking, or all must
    /// endorse.
    Veto {
        /// The group's name.
        group: Text,
        /// Its members, all of whom are needed.
        members: usize,
        /// Whether they are needed for ranking too, and not only to endorse.
        for_ranking: bool,
    },
    /// A group of witnesses in which one member's word is enough.
    LoneWitness {
        /// The group's name.
        group: Text,
    },
    /// A group of witnesses that asks for no more endorsements than its threshold, and has members to spare.
    ScarceWitness {
        /// The group's name.
        group: Text,
        /// Endorsements that it asks for.
        endorsements: u16,
    },
    /// A deposit is at stake and no group is a witness.
    NoWitness,
    /// Witnesses, and no time in which they attest nothing any more.
    NoMargin,
    /// A group in which two different heads could both gather enough endorsements although fewer
    /// members than the threshold are dishonest.
    SplitEndorsement {
        /// The group's name.
        group: Text,
        /// Endorsements that the terms ask for.
        endorsements: u16,
        /// The least number with which any two sets of endorsers share an honest member.
        sufficient: usize,
    },
    /// A depth opened for so few bids that it shows where single losers lie.
    NarrowDepth {
        /// Ranked bids from which a depth is opened.
        min_bids: u32,
        /// From so many on at least three bids share what is shown.
        sufficient: u32,
    },
    /// Cover and depth together: the best loser is taken out of the distribution.
    DepthWithCover,
    /// Everything is opened, and with it a reserve that the terms do not open by themselves.
    OpenedReserve,
    /// Between rounds the best bid without the leaders is opened, beside the depth.
    CoverBetweenRounds,
    /// One bid that goes up a bucket a round can keep the rounds going until the last one that the
    /// terms allow, and so know it.
    KnownLastRound {
        /// Rounds at most.
        limit: u32,
        /// From so many on no single bid can.
        sufficient: u32,
    },
    /// Anybody may bid, and the price is another bid than the winner's.
    Shills,
    /// Anybody may bid, and so on both sides of a market.
    BothSides,
    /// Buyers may pay more than sellers are paid.
    Surplus,
    /// Quantities of steps are public from the commit on.
    PublicQuantities,
    /// What is wanted beyond what is offered is opened at every price that a search tests.
    OpenedExcess {
        /// Bids that a lot takes.
        room: u32,
    },
    /// Anybody may answer a survey, as often as there are keys.
    ManyAnswers,
    /// A survey opens statistics of so few answers that those who answered can nearly compute one.
    FewAnswers {
        /// Answers from which statistics are opened.
        min_answers: u32,
    },
    /// A bin of a survey's histogram is a single answer.
    SingleBins,
    /// Anybody may bid, and ties go by a lottery.
    LastReveal,
    /// Anybody may bid, as often as there are keys, and it costs nothing not to reveal.
    FreeBids,
    /// Anybody may bid, and one party may take all the room that a lot has.
    CrowdingOut {
        /// Bids that a lot takes.
        room: u32,
        /// The fees for all of them, in units of the custodian's currency.
        fees: u64,
        /// Deposits for all of them, which come back.
        deposits: u64,
    },
}

impl Caution {
    /// A stable name, for tools.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Veto { .. } => "quorum.veto",
            Self::LoneWitness { .. } => "quorum.lone-witness",
            Self::ScarceWitness { .. } => "quorum.scarce-witness",
            Self::NoWitness => "quorum.no-witness",
            Self::NoMargin => "quorum.no-margin",
            Self::SplitEndorsement { .. } => "quorum.split-endorsement",
            Self::NarrowDepth { .. } => "disclosure.narrow-depth",
            Self::DepthWithCover => "disclosure.depth-with-cover",
            Self::OpenedReserve => "disclosure.opened-reserve",
            Self::CoverBetweenRounds => "rounds.cover",
            Self::KnownLastRound { .. } => "rounds.known-last",
            Self::Shills => "mechanism.shills",
            Self::BothSides => "mechanism.both-sides",
            Self::Surplus => "mechanism.surplus",
            Self::PublicQuantities => "mechanism.public-quantities",
            Self::OpenedExcess { .. } => "mechanism.opened-excess",
            Self::ManyAnswers => "survey.many-answers",
            Self::FewAnswers { .. } => "survey.few-answers",
            Self::SingleBins => "survey.single-bins",
            Self::LastReveal => "ties.last-reveal",
            Self::FreeBids => "stakes.free-bids",
            Self::CrowdingOut { .. } => "stakes.crowding-out",
        }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Veto { group, members, for_ranking } => {
                let who = if *members == 1 { "its one member" } else { "each member" };
                if *for_ranking {
                    write!(
                        f,
                        "group {group} needs all of its members to decrypt: {who} can void a lot by \
                         staying away, even after the first digits of its price are known"
                    )
                } else {
                    write!(
                        f,
                        "group {group} needs all of its members to endorse: {who} can void every lot by \
                         not endorsing, and loses its bonds"
                    )
                }
            }
            Self::LoneWitness { group } => write!(
                f,
                "group {group} is a witness with a threshold of 1: if the other witnesses agree, any \
                 one member decides whose deposit is saved"
            ),
            Self::ScarceWitness { group, endorsements } => write!(
                f,
                "group {group} attests with its first {endorsements} endorsements: a member that \
                 endorses early and attests nothing prevents every attestation, and a member that bids \
                 cannot be attested; ask for one endorsement more"
            ),
            Self::NoWitness => f.write_str(
                "no group is a witness: a bidder whose reveal the board drops loses its deposit",
            ),
            Self::NoMargin => f.write_str(
                "witnesses attest even what they receive in the last slot: a bidder can hand its bid to \
                 them alone when the board can no longer take it, and so withdraw it without losing its \
                 deposit",
            ),
            Self::SplitEndorsement { group, endorsements, sufficient } => write!(
                f,
                "group {group} needs {endorsements} endorsements: unless the runtime has finality, a \
                 board and fewer dishonest members than the threshold can get two sets of bids \
                 endorsed, and compare them; {sufficient} endorsements exclude this"
            ),
            Self::NarrowDepth { min_bids, sufficient } => write!(
                f,
                "a depth of {min_bids} bids can show the bucket of a single loser; from {sufficient} \
                 bids on it holds at least three losers"
            ),
            Self::DepthWithCover => f.write_str(
                "depth and cover together show the best loser's price and where the others lie",
            ),
            Self::OpenedReserve => f.write_str(
                "every bid is opened, and the seller's reserve with them, although the reserve is not to be \
                 opened: where it must stay sealed, not everything can be opened",
            ),
            Self::CoverBetweenRounds => f.write_str(
                "every round opens the exact price of the best bid after the leaders: a leader learns \
                 how much worse it could have bid, and everybody learns which price to beat",
            ),
            Self::KnownLastRound { limit, sufficient } => {
                write!(
                    f,
                    "a bid that moves up one bucket in each round can keep the auction going for \
                     {limit} rounds, and so know which round is the last; "
                )?;
                if usize::try_from(*sufficient).is_ok_and(|limit| limit <= MAX_ROUNDS) {
                    write!(f, "with a limit of {sufficient} no single bid can do this")
                } else {
                    let buckets = MAX_ROUNDS - 2;
                    write!(f, "with a first digit of {buckets} values and the highest limit no single \
                         bid can do this")
                }
            }
            Self::Shills => f.write_str(
                "anybody may bid, so the seller can bid under other keys to raise the price that \
                 the winner pays",
            ),
            Self::BothSides => f.write_str(
                "anybody may bid, so one party can bid on both sides under two keys, and move the price at which \
                 others trade",
            ),
            Self::Surplus => f.write_str(
                "with trade reduction buyers may pay more than sellers are paid: the transcript does not say who \
                 has the difference, and the parties agree on it elsewhere",
            ),
            Self::PublicQuantities => f.write_str(
                "quantities are public: while bids are due everybody sees how much each bidder wants, and in how \
                 many steps",
            ),
            Self::OpenedExcess { room } => {
                f.write_str(
                    "what is wanted beyond what is offered is opened at every price that the search tests: the fewer \
                     bids there are, the more it says of each; of two bids it tells each bidder what the other \
                     wants at these prices",
                )?;
                if *room < FEW_BIDS { write!(f, ", and a lot takes {room}") } else { Ok(()) }
            }
            Self::ManyAnswers => f.write_str(
                "anybody may answer, so one party can give many answers under other keys: it can move the mean, \
                 and make up the least number of answers and so compute what one other said",
            ),
            Self::FewAnswers { min_answers } => {
                let others = min_answers.saturating_sub(1);
                write!(
                    f,
                    "statistics are opened from {min_answers} answers on: then {others} of those who answered, if \
                     they tell one another, compute the last answer from the sum; from {FEW_ANSWERS} on it takes \
                     more of them"
                )
            }
            Self::SingleBins => f.write_str(
                "a bin of the histogram is a single answer: how often each answer was given is shown, though not \
                 by whom",
            ),
            Self::LastReveal => f.write_str(
                "anybody may bid, so the last to reveal can choose between draws by not revealing some \
                 of its bids; it loses their deposits, or nothing if it acts together with the board \
                 and hands the bids to witnesses",
            ),
            Self::FreeBids => f.write_str(
                "anybody may bid and no deposit is at stake: one party can commit many bids and reveal \
                 only those that suit it",
            ),
            Self::CrowdingOut { room, fees, deposits } => write!(
                f,
                "anybody may bid, and a lot takes {room} bids: one party can make all of them and keep \
                 others out, for {fees} in fees and {deposits} in deposits that come back; a fee that \
                 grows as a lot fills, or a list of bidders, prevents this"
            ),
        }
    }
}

/// From so many bids on, how many there are need not be said beside what an opened excess shows.
const FEW_BIDS: u32 = 10;
/// From so many answers on, terms are not warned of how few they are.
const FEW_ANSWERS: u32 = 10;

/// What follows from a mechanism whose bids are curves or answers, whoever may bid.
fn of_mechanism(terms: &Terms) -> Vec<Caution> {
    let mut cautions = Vec::new();
    if let Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. } = terms.mechanism {
        cautions.push(Caution::Surplus);
    }
    // Where every bid is for one unit its quantity says nothing.
    let is_public = |curve: Curve| matches!(curve.quantities, Quantities::Public { most: 2.. });
    if terms.mechanism.curve().is_some_and(is_public) {
        cautions.push(Caution::PublicQuantities);
    }
    match terms.mechanism {
        Mechanism::Curves { comparisons: Comparisons::Opened, .. }
        | Mechanism::TwoSided { comparisons: Comparisons::Opened, .. } => {
            cautions.push(Caution::OpenedExcess { room: terms.max_bids_per_lot });
        }
        Mechanism::Survey { min_answers, bin_levels, .. } => {
            if min_answers < FEW_ANSWERS {
                cautions.push(Caution::FewAnswers { min_answers });
            }
            if bin_levels == 1 {
                cautions.push(Caution::SingleBins);
            }
        }
        Mechanism::FirstPrice
        | Mechanism::UniformPrice { .. }
        | Mechanism::Curves { .. }
        | Mechanism::TwoSided { .. } => {}
    }
    cautions
}

/// What may be done under many keys, where anybody may bid.
fn of_many_keys(mechanism: Mechanism) -> Option<Caution> {
    match mechanism {
        Mechanism::TwoSided { .. } => Some(Caution::BothSides),
        Mechanism::Survey { .. } => Some(Caution::ManyAnswers),
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } | Mechanism::Curves { .. } => {
            (!mechanism.pays_own_bid()).then_some(Caution::Shills)
        }
    }
}

/// The cautions that apply to these terms, in a fixed order.
pub fn cautions(terms: &Terms) -> Vec<Caution> {
    let mut cautions = Vec::new();
    for group in terms.quorum.iter() {
        let members = group.members.len();
        let name = || group.name.clone();
        if group.members_who_can_void() == 1 {
            let for_ranking = usize::from(group.threshold) == members;
            cautions.push(Caution::Veto { group: name(), members, for_ranking });
        }
        if group.is_witness && group.threshold == 1 {
            cautions.push(Caution::LoneWitness { group: name() });
        }
        let endorsements = group.endorsements;
        if group.is_witness
            && endorsements == group.threshold
            && usize::from(endorsements) < members
        {
            cautions.push(Caution::ScarceWitness { group: name(), endorsements });
        }
        let sufficient = group.endorsements_sufficient(members);
        if usize::from(group.endorsements) < sufficient {
            let endorsements = group.endorsements;
            cautions.push(Caution::SplitEndorsement { group: name(), endorsements, sufficient });
        }
    }
    let has_witness = terms.quorum.iter().any(|group| group.is_witness);
    if terms.stakes.deposit > 0 && !has_witness {
        cautions.push(Caution::NoWitness);
    }
    if terms.stakes.deposit > 0 && has_witness && terms.schedule.witness_slots == 0 {
        cautions.push(Caution::NoMargin);
    }
    if let Disclosure::Facts { cover, depth: Some(depth) } = terms.disclosure {
        // The best bids are not in it, and the price is known.
        let sufficient = u32::from(terms.mechanism.units()).saturating_add(3);
        if depth.min_bids < sufficient {
            cautions.push(Caution::NarrowDepth { min_bids: depth.min_bids, sufficient });
        }
        if cover {
            cautions.push(Caution::DepthWithCover);
        }
    }
    let keeps_reserve = terms.reserve.is_some_and(|reserve| !reserve.opened);
    if keeps_reserve && terms.opens_reserves() {
        cautions.push(Caution::OpenedReserve);
    }
    if let Some(rounds) = terms.rounds {
        if rounds.cover {
            cautions.push(Caution::CoverBetweenRounds);
        }
        // Through its buckets a bid moves `buckets - 1` times, in rounds 1 and up. The round after
        // the last move is held too, and must not be the last of the limit.
        let buckets = terms.lots.iter().filter_map(|lot| lot.grid.shape.radices().next()).max();
        let buckets = u32::try_from(buckets.unwrap_or(0)).unwrap_or(u32::MAX);
        let sufficient = buckets.saturating_add(2);
        if rounds.limit < sufficient {
            cautions.push(Caution::KnownLastRound { limit: rounds.limit, sufficient });
        }
    }
    cautions.extend(of_mechanism(terms));
    if terms.admission == Admission::Open {
        cautions.extend(of_many_keys(terms.mechanism));
        if terms.ties == Ties::Lottery {
            cautions.push(Caution::LastReveal);
        }
        if terms.stakes.deposit == 0 {
            cautions.push(Caution::FreeBids);
        }
        let (stakes, room) = (&terms.stakes, terms.max_bids_per_lot);
        let in_all = |each: u64, times: u64| each.saturating_mul(times);
        // The fee grows for each commit but the first.
        let pairs = in_all(room.into(), room.saturating_sub(1).into()) / 2;
        cautions.push(Caution::CrowdingOut {
            room,
            fees: in_all(stakes.commit_fee, room.into())
                .saturating_add(in_all(stakes.fee_growth, pairs)),
            deposits: in_all(stakes.deposit, room.into()),
        });
    }
    cautions
}
