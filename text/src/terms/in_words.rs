//! Terms in words.

use super::{
    TermsData,
    data::{CautionData, ChainData, LotData, Span},
    openness::Openness,
};
use crate::{
    board::{BoardTerms, SlotClock},
    book::Book,
    chain,
    failure::Failure,
    money::grouped,
    names,
    nobody::has_no_custodian,
    notation,
};
use std::fmt::Write as _;
use talea_protocol::{
    bytes::PartyKey,
    chain::SlotUnit,
    mechanism::{ClearingRule, Curve, Quantities},
    price::Scale,
    quorum::Group,
    terms::{
        Admission, Disclosure, Mechanism, Money, Openings, Quotation, Rounds, Schedule, Stakes,
        Terms, Ties,
    },
};

/// Terms in words, for somebody who is about to agree.
#[derive(Clone, Debug)]
struct InWords {
    facts: Vec<Fact>,
    lots: Vec<LotData>,
    /// What these terms leave to chance or to others.
    left_open: Vec<CautionData>,
}

#[derive(Clone, Debug)]
struct Fact {
    /// Empty where it goes on from the one before.
    what: &'static str,
    words: String,
}

/// The terms in words, as people read them, with what an address book says of those whom they name.
///
/// # Errors
/// As [`BoardTerms::of`].
pub fn in_words(terms: &Terms, book: &Book) -> Result<String, Failure> {
    Ok(InWords::of(terms, book)?.text())
}

impl InWords {
    /// As people read them.
    #[must_use]
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for Fact { what, words } in &self.facts {
            let _ = writeln!(text, "{what:<14}{words}");
        }
        text.push('\n');
        for row in &self.lots {
            let LotData { lot, identifier, name, quantity, first_price, last_price, .. } = row;
            let _ = writeln!(
                text,
                "lot {lot}  {identifier}  {quantity} x {name}: {first_price} to {last_price}, {} prices, {}",
                row.prices,
                row.side.replace('-', " ")
            );
        }
        if !self.left_open.is_empty() {
            text.push_str("\nLeft open by these terms\n");
            for CautionData { sentence, .. } in &self.left_open {
                let _ = writeln!(text, "  - {sentence}");
            }
        }
        text
    }

    /// Terms in words.
    ///
    /// # Errors
    /// As [`BoardTerms::of`].
    fn of(terms: &Terms, book: &Book) -> Result<Self, Failure> {
        let facts = facts(terms, book)?;
        let TermsData { lots, cautions, .. } = TermsData::of(terms);
        Ok(Self { facts, lots, left_open: cautions })
    }
}

/// Where the auction takes place.
enum Place {
    /// On this party's board.
    Board(PartyKey),
    /// On a chain, at a contract's address.
    Chain(ChainData),
}

impl Place {
    fn of(terms: &Terms) -> Result<Self, Failure> {
        match ChainData::of(terms) {
            None => BoardTerms::of(terms).map(|board| Self::Board(board.key)),
            Some(chain) => Ok(Self::Chain(chain)),
        }
    }
}

fn custodian_in_words(terms: &Terms, place: &Place, party: impl Fn(&PartyKey) -> String) -> String {
    match place {
        _ if has_no_custodian(terms) => "nobody: nothing is at stake".into(),
        Place::Chain(ChainData { denom, .. }) if chain::is_custodian(terms) => {
            format!("the contract, which takes coins of {denom} and pays them out")
        }
        Place::Chain(_) => {
            format!("{}, so that no contract opens this auction", party(&terms.custodian))
        }
        Place::Board(_) => party(&terms.custodian),
    }
}

fn facts(terms: &Terms, book: &Book) -> Result<Vec<Fact>, Failure> {
    let party = |key: &PartyKey| format!("{}  {}", names::party(key), book.party(key));
    let place = Place::of(terms)?;
    let clock = SlotClock::of(terms);
    let until = |slot: u64| match &clock {
        Some(clock) => clock.time_of(slot),
        None => format!("slot {slot}"),
    };
    let lasting = |slots: u64| Span::of(clock.as_ref(), slots).in_words();
    let mut facts = Vec::new();
    let mut line = |what, words| facts.push(Fact { what, words });
    line("auction", names::auction(&terms.auction_id()));
    line("seller", party(&terms.seller));
    match &place {
        Place::Board(key) => line("board", party(key)),
        Place::Chain(ChainData { id, contract, unit, .. }) => {
            let slots = match unit {
                SlotUnit::Seconds => "seconds of its blocks' time",
                SlotUnit::Blocks => "heights of its blocks",
            };
            line("chain", format!("{id}, whose slots are {slots}"));
            line("contract", contract.clone());
        }
    }
    line("custodian", custodian_in_words(terms, &place, party));
    let nobody = || "nobody receives forfeits".to_owned();
    line("beneficiary", terms.stakes.beneficiary.as_ref().map_or_else(nobody, party));
    line("price", terms.mechanism.in_words());
    if let Some(money) = terms.money {
        line("currency", money_in_words(money));
    }
    for words in mechanism_in_words(terms.mechanism) {
        line("", words);
    }
    match Openness::of(terms.mechanism) {
        None => line("opened", disclosure_in_words(terms)),
        Some(Openness { opened, kept }) => {
            for (what, sentences) in [("opened", opened), ("not opened", kept)] {
                for (at, words) in sentences.into_iter().enumerate() {
                    line(if at == 0 { what } else { "" }, words.into());
                }
            }
        }
    }
    if terms.openings == Openings::Recorded {
        line("openings", "of a bid to an auditor alone are on the record".into());
    }
    line(
        "ties",
        match terms.ties {
            Ties::EarliestCommit => "the earliest commit wins".into(),
            Ties::Lottery => "by lottery".into(),
        },
    );
    for group in terms.quorum.iter() {
        let Group { name, threshold, endorsements, is_witness, members } = group;
        let witnesses = if *is_witness { ", witnesses" } else { "" };
        let words = format!(
            "{name}: {threshold} of {} decrypt together, {endorsements} endorse, {} can void every lot \
             by not endorsing{witnesses}",
            members.len(),
            group.members_who_can_void()
        );
        line("keyholders", words);
        for member in members.iter() {
            line("", format!("{}  {}", names::keyholder(member), book.keyholder(member)));
        }
    }
    let mut scales: Vec<Scale> = Vec::new();
    for scale in terms.lots.iter().map(|lot| lot.grid.scale) {
        if !scales.contains(&scale) {
            line("written", notation::in_words(scale));
            scales.push(scale);
        }
    }
    let who = match &terms.admission {
        Admission::Open => "anybody".to_owned(),
        Admission::Listed(keys) => format!("{} listed parties", keys.len()),
    };
    line("bidders", format!("{who}, {} bids per lot at most", terms.max_bids_per_lot));
    if let Admission::Listed(keys) = &terms.admission {
        for key in keys.iter() {
            // Of bidders only who is known is of use.
            let known = book.party(key).name().is_some();
            line("", if known { party(key) } else { names::party(key) });
        }
    }
    let Stakes { deposit, bond, commit_fee, fee_growth, .. } = terms.stakes;
    let grows = match fee_growth {
        0 => String::new(),
        growth => format!(" and {growth} more for each bid that the lot has"),
    };
    let words = format!("{deposit} per bid, {bond} per keyholder and lot, fee {commit_fee}{grows}");
    line("at stake", words);
    line("deals", format!("until {}", until(terms.schedule.deals_until)));
    line("complaints", format!("until {}", until(terms.schedule.complaints_until)));
    if let Some(reserve) = terms.reserve {
        let opened = if terms.opens_reserves() { "opened at the end" } else { "never opened" };
        line("reserves", format!("until {}, {opened}", until(reserve.until)));
    }
    line("bids", format!("until {}", until(terms.schedule.commits_until)));
    line("reveals", format!("until {}", until(terms.schedule.reveals_until)));
    let Schedule { endorse_slots, step_slots, step_slots_per_bid, witness_slots, .. } =
        terms.schedule;
    let margin = lasting(witness_slots);
    line("witnesses", format!("attest what they received at least {margin} before a deadline"));
    let per_bid = match step_slots_per_bid {
        0 => String::new(),
        slots => format!(" and {} per bid", lasting(slots)),
    };
    let (endorsing, step) = (lasting(endorse_slots), lasting(step_slots));
    line("ranking", format!("{endorsing} to endorse, {step}{per_bid} for each step at most"));
    if let Some(Rounds { limit, commit_slots, reveal_slots, cover }) = terms.rounds {
        let cover = if cover { ", with the cover shown in between" } else { "" };
        let words = format!(
            "{limit} at most, {} to bid and {} to reveal in each{cover}",
            lasting(commit_slots),
            lasting(reveal_slots)
        );
        line("rounds", words);
    }
    if let Some(acceptance) = terms.acceptance {
        line(
            "seller's say",
            format!("{} to accept or decline; silence accepts", lasting(acceptance.slots)),
        );
    }
    Ok(facts)
}

fn money_in_words(Money { currency, quotation }: Money) -> String {
    let price = match quotation {
        Quotation::Lot => "an amount for the whole lot",
        Quotation::Unit => "an amount for each unit of the quantity",
        Quotation::Percent => "per cent of the quantity",
        Quotation::Yield => "a yield, and no amount",
        Quotation::Spread => "a spread over a benchmark, and no amount",
    };
    format!("{currency}; a price is {price}")
}

fn disclosure_in_words(terms: &Terms) -> String {
    match terms.disclosure {
        Disclosure::Everything => "every bid".into(),
        Disclosure::Facts { cover, depth } => {
            let mut facts = vec!["winners and price".to_owned()];
            if cover {
                facts.push("the best losing price".into());
            }
            if let Some(depth) = depth {
                facts.push(format!("the depth of {} bids or more", depth.min_bids));
            }
            facts.join(", ")
        }
    }
}

/// What there is to say of a mechanism beside its price, in lines.
fn mechanism_in_words(mechanism: Mechanism) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Curve { steps, quantities }) = mechanism.curve() {
        let most = grouped(mechanism.curve().map_or(0, Curve::most).into());
        lines.push(match quantities {
            Quantities::Public { .. } => format!(
                "a bid has 1 to {steps} steps, and {most} units at most; everybody sees quantities from the commit on"
            ),
            Quantities::Sealed { bits } => {
                let of_step = grouped(1u128.checked_shl(bits.into()).unwrap_or(1).saturating_sub(1));
                format!(
                    "a bid has {steps} steps of {of_step} units at most, of which some may hold nothing; \
                     quantities are sealed"
                )
            }
        });
    }
    match mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => {}
        Mechanism::Curves { least, .. } => {
            let not_less = match least {
                0 | 1 => String::new(),
                least => format!(", and nobody is given less than {}", grouped(least.into())),
            };
            lines.push(format!("what is left at the price is shared out in proportion{not_less}"));
        }
        Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. } => lines.push(
            "if need be one pair less trades than could; buyers may then pay more than sellers are paid, and nothing \
             here says who has the rest"
                .into(),
        ),
        Mechanism::TwoSided { .. } => lines.push(
            "all that is better than the price is traded; of the rest, the longer side is shared out in proportion"
                .into(),
        ),
        Mechanism::Survey { bin_levels, .. } => lines.push(match bin_levels {
            0 => "a bid is an answer; there is no histogram".into(),
            1 => "a bid is an answer; each answer is a bin of the histogram".into(),
            levels => format!("a bid is an answer; {} answers are a bin of the histogram", grouped(levels.into())),
        }),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{builder::TermsBuilder, chain::ChainHome};

    fn on_chain(slots: SlotUnit) -> Terms {
        let (chain_id, contract, denom) = ("testing-1", "cosmos1contract", "uatom");
        let home = ChainHome { chain_id, contract, slots, denom };
        let seller = PartyKey([1; 32]);
        let schedule = Schedule {
            deals_until: 1_800_000_000,
            complaints_until: 1_800_000_060,
            commits_until: 1_800_000_120,
            reveals_until: 1_800_000_180,
            ..Schedule::even(90)
        };
        let domain = home.domain().unwrap();
        let custodian = chain::custodian(&domain);
        TermsBuilder::new(domain, seller, custodian, schedule).build().unwrap()
    }

    fn shown(terms: &Terms) -> String {
        in_words(terms, &Book::default()).unwrap()
    }

    #[test]
    fn terms_of_a_chain_name_it_and_their_deadlines_are_those_of_its_clock() {
        let words = shown(&on_chain(SlotUnit::Seconds));
        for expected in [
            "testing-1, whose slots are seconds of its blocks' time",
            "contract      cosmos1contract",
            "the contract, which takes coins of uatom and pays them out",
            "until 2027-01-15T08:00:01Z",
            "1m 30s to endorse",
        ] {
            assert!(words.contains(expected), "{expected} in {words}");
        }
        let words = shown(&on_chain(SlotUnit::Blocks));
        for expected in ["heights of its blocks", "until slot 1800000000", "90 slots to endorse"] {
            assert!(words.contains(expected), "{expected} in {words}");
        }
    }

    #[test]
    fn a_custodian_that_is_not_the_chain_is_shown_as_one() {
        let honest = on_chain(SlotUnit::Seconds);
        let words = shown(&Terms { custodian: PartyKey([2; 32]), ..honest });
        assert!(words.contains("so that no contract opens this auction"), "{words}");
        assert!(!words.contains("the contract, which takes coins"), "{words}");
    }
}
