//! What the fields mean that files of terms and scenarios have in common.

use crate::{
    currency,
    failure::{Code, Failure},
    file,
};
use talea_protocol::{
    bytes::{Domain, PartyKey, Text},
    limits::{MAX_BIDS_PER_LOT, MAX_QUANTITY_BITS, MAX_ROUNDS, MAX_STEPS, MAX_UNITS},
    mechanism::{ClearingRule, Comparisons, Curve, Pricing, Quantities},
    terms::{Depth, Disclosure, Mechanism, Money, Openings, Quotation, Rounds, Stakes, Ties},
};

/// A text of the protocol; `at` names the field.
///
/// # Errors
/// `scenario.text` if it is empty, too long, or holds control characters.
pub fn named(at: &str, text: &str) -> Result<Text, Failure> {
    text_of(at, text)
}

/// Where an auction takes place; `at` names the field.
///
/// # Errors
/// As [`named`].
pub fn domain(at: &str, text: &str) -> Result<Domain, Failure> {
    text_of(at, text)
}

fn text_of<const MAX: usize>(at: &str, text: &str) -> Result<Text<MAX>, Failure> {
    Text::new(text).map_err(|fault| Failure::new(Code::ScenarioText, format!("{at}: {fault}")))
}

/// Holds a number to its bounds; `at` names the field.
///
/// # Errors
/// `scenario.bound`.
pub fn within<N: PartialOrd + std::fmt::Display>(
    at: &str,
    value: N,
    least: N,
    most: N,
) -> Result<(), Failure> {
    if value < least || value > most {
        let sentence = format!("{at} is {value}, and must be {least} to {most}");
        return Err(Failure::new(Code::ScenarioBound, sentence));
    }
    Ok(())
}

/// How the price follows from the bids.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn mechanism(file: file::MechanismFile) -> Result<Mechanism, Failure> {
    Ok(match file {
        file::MechanismFile::FirstPrice => Mechanism::FirstPrice,
        file::MechanismFile::SecondPrice => Mechanism::UniformPrice { units: 1 },
        file::MechanismFile::UniformPrice { units } => {
            let most = u16::try_from(MAX_UNITS).unwrap_or(u16::MAX);
            within("mechanism.uniform-price.units", units, 1, most)?;
            Mechanism::UniformPrice { units }
        }
        file::MechanismFile::Curves { steps, quantities, pricing, least, comparisons } => {
            within("mechanism.curves.least", least, 1, MOST_UNITS)?;
            Mechanism::Curves {
                curve: curve("mechanism.curves", steps, quantities)?,
                pricing: match pricing {
                    file::PricingFile::Uniform => Pricing::Uniform,
                    file::PricingFile::PayAsBid => Pricing::PayAsBid,
                },
                least,
                comparisons: comparisons_of(comparisons),
            }
        }
        file::MechanismFile::TwoSided { steps, quantities, clearing_price, comparisons } => {
            Mechanism::TwoSided {
                curve: curve("mechanism.two-sided", steps, quantities)?,
                rule: match clearing_price {
                    file::ClearingPriceFile::Lowest => ClearingRule::Lowest,
                    file::ClearingPriceFile::Middle => ClearingRule::Middle,
                    file::ClearingPriceFile::Highest => ClearingRule::Highest,
                    file::ClearingPriceFile::TradeReduction => ClearingRule::TradeReduction,
                },
                comparisons: comparisons_of(comparisons),
            }
        }
        file::MechanismFile::Survey { min_answers, bin_levels, squares } => {
            within("mechanism.survey.min_answers", min_answers, 2, MAX_BIDS_PER_LOT)?;
            Mechanism::Survey { min_answers, bin_levels, squares }
        }
    })
}

/// Units of a public bid, and of the least that is shared out, at most (T8).
const MOST_UNITS: u32 = 1 << 20;

/// What a bid holds; `at` names the mechanism.
fn curve(at: &str, steps: u8, quantities: file::QuantitiesFile) -> Result<Curve, Failure> {
    let most_steps = u8::try_from(MAX_STEPS).unwrap_or(u8::MAX);
    within(&format!("{at}.steps"), steps, 1, most_steps)?;
    let quantities = match quantities {
        file::QuantitiesFile::Public { most } => {
            within(&format!("{at}.quantities.public.most"), most, 1, MOST_UNITS)?;
            Quantities::Public { most }
        }
        file::QuantitiesFile::Sealed { bits } => {
            within(&format!("{at}.quantities.sealed.bits"), bits, 1, MAX_QUANTITY_BITS)?;
            Quantities::Sealed { bits }
        }
    };
    Ok(Curve { steps, quantities })
}

fn comparisons_of(file: file::ComparisonsFile) -> Comparisons {
    match file {
        file::ComparisonsFile::Hidden => Comparisons::Hidden,
        file::ComparisonsFile::Opened => Comparisons::Opened,
    }
}

/// How ties are broken.
#[must_use]
pub fn ties(file: file::TiesFile) -> Ties {
    match file {
        file::TiesFile::EarliestCommit => Ties::EarliestCommit,
        file::TiesFile::Lottery => Ties::Lottery,
    }
}

/// What prices are.
///
/// # Errors
/// As [`currency::read`].
pub fn money(file: &file::MoneyFile) -> Result<Money, Failure> {
    let file::MoneyFile { currency, price } = file;
    let quotation = match price {
        file::QuotationFile::PerLot => Quotation::Lot,
        file::QuotationFile::PerUnit => Quotation::Unit,
        file::QuotationFile::Percent => Quotation::Percent,
        file::QuotationFile::Yield => Quotation::Yield,
        file::QuotationFile::Spread => Quotation::Spread,
    };
    Ok(Money { currency: currency::read("money.currency", currency)?, quotation })
}

/// What becomes of a bid that its bidder opens to an auditor alone.
#[must_use]
pub fn openings(file: file::OpeningsFile) -> Openings {
    match file {
        file::OpeningsFile::Private => Openings::Private,
        file::OpeningsFile::Recorded => Openings::Recorded,
    }
}

/// What is opened besides winners and price.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn disclosure(file: file::DisclosureFile) -> Result<Disclosure, Failure> {
    let file::DisclosureFile { everything, cover, depth_from } = file;
    if everything {
        if cover || depth_from.is_some() {
            let sentence = "disclosure: everything includes cover and depth";
            return Err(Failure::new(Code::ScenarioField, sentence)
                .with_help("remove cover and depth_from, or remove everything"));
        }
        return Ok(Disclosure::Everything);
    }
    if let Some(bids) = depth_from {
        within("disclosure.depth_from", bids, 1, u32::MAX)?;
    }
    Ok(Disclosure::Facts { cover, depth: depth_from.map(|min_bids| Depth { min_bids }) })
}

/// What is at stake, and who receives what is lost; `locked` is the deposit and the bond where the file says
/// nothing.
#[must_use]
pub fn stakes(file: file::StakesFile, locked: u64, beneficiary: Option<PartyKey>) -> Stakes {
    let file::StakesFile { deposit, bond, commit_fee, fee_growth } = file;
    Stakes {
        deposit: deposit.unwrap_or(locked),
        bond: bond.unwrap_or(locked),
        commit_fee: commit_fee.unwrap_or(0),
        fee_growth: fee_growth.unwrap_or(0),
        beneficiary,
    }
}

/// Rounds, which need a depth to show.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn rounds(rounds: Rounds, disclosure: &Disclosure) -> Result<Rounds, Failure> {
    within("rounds.limit", rounds.limit, 2, u32::try_from(MAX_ROUNDS).unwrap_or(u32::MAX))?;
    if !matches!(disclosure, Disclosure::Facts { depth: Some(_), .. }) {
        let sentence = "rounds: a depth must be disclosed, to show after each round";
        return Err(
            Failure::new(Code::ScenarioField, sentence).with_help("set depth_from in [disclosure]")
        );
    }
    Ok(rounds)
}

/// How many of a group must act and endorse, and what its word counts for, as a file says it.
#[derive(Clone, Copy, Debug)]
pub struct GroupRules {
    /// How many must act together.
    pub threshold: u16,
    /// How many must endorse; the threshold if left out.
    pub endorsements: Option<u16>,
    /// Whether its word counts for what the board did not take; if left out, if its threshold is more than 1.
    pub witness: Option<bool>,
}

impl GroupRules {
    /// The endorsements of a group of `count` members, and whether they are witnesses. `at` names the group.
    ///
    /// # Errors
    /// `scenario.quorum` if so few members cannot meet them.
    pub fn of(self, at: &str, name: &str, count: usize) -> Result<(u16, bool), Failure> {
        let Self { threshold, endorsements, witness } = self;
        let endorsements = endorsements.unwrap_or(threshold);
        if threshold < 1 || threshold > endorsements || usize::from(endorsements) > count {
            let sentence = format!(
                "{at} ({name}): a threshold of {threshold} and {endorsements} endorsements cannot be met by \
                 {count} members"
            );
            return Err(Failure::new(Code::ScenarioQuorum, sentence)
                .with_help("1 <= threshold <= endorsements <= number of members"));
        }
        Ok((endorsements, witness.unwrap_or(threshold > 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::StakesFile;

    #[test]
    fn what_is_left_out_of_the_stakes_is_what_the_kind_of_file_locks() {
        let file = StakesFile { bond: Some(7), ..StakesFile::default() };
        for locked in [0, 1_000] {
            let Stakes { deposit, bond, commit_fee, fee_growth, beneficiary } =
                stakes(file, locked, None);
            assert_eq!([deposit, bond, commit_fee, fee_growth], [locked, 7, 0, 0]);
            assert_eq!(beneficiary, None);
        }
    }

    #[test]
    fn a_group_endorses_by_its_threshold_and_is_a_witness_if_that_is_more_than_one() {
        let group = |threshold, endorsements, witness| {
            GroupRules { threshold, endorsements, witness }.of("quorum[0]", "dealers", 3)
        };
        assert_eq!(group(2, None, None), Ok((2, true)));
        assert_eq!(group(1, None, None), Ok((1, false)));
        assert_eq!(group(1, Some(3), Some(true)), Ok((3, true)));
        for (threshold, endorsements) in [(0, None), (4, None), (2, Some(1)), (2, Some(4))] {
            let failure = group(threshold, endorsements, None).unwrap_err();
            assert_eq!(failure.code, Code::ScenarioQuorum);
            assert!(
                failure.sentence.starts_with("quorum[0] (dealers): a threshold of"),
                "{failure}"
            );
        }
    }
}
