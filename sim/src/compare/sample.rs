//! Some of the auctions with real cryptography: they come to what they came to in the clear.

use super::{
    Options,
    market::{Held, Market},
    profile::Profile,
    values::{Use, generator},
};
use crate::{
    auditor,
    failure::{Code, Failure},
    run::simulation_failure,
    simulate::{BidPlan, BidderConduct, Plan, simulate},
    verify_after::verify_transcript,
};
use serde::Serialize;
use std::{iter::Sum, ops::Add, path::Path};
use talea_protocol::outcome::{Disclosed, LotResult, Outcome};
use talea_verifier::Options as VerifierOptions;

/// What was simulated with real cryptography, all of it with the result of the auction in the clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Auctions.
    pub auctions: u64,
    /// Entries of their transcripts.
    pub entries: u64,
    /// Bytes of their transcripts.
    pub bytes: u64,
    /// Checks that the independent verifier performed.
    pub checks: u64,
}

impl Add for Sample {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            auctions: self.auctions.saturating_add(other.auctions),
            entries: self.entries.saturating_add(other.entries),
            bytes: self.bytes.saturating_add(other.bytes),
            checks: self.checks.saturating_add(other.checks),
        }
    }
}

impl Sum for Sample {
    fn sum<I: Iterator<Item = Self>>(samples: I) -> Self {
        samples.fold(Self::default(), Add::add)
    }
}

/// What bidders commit, round by round, as they bid in the clear.
fn plan(market: &Market, held: &Held) -> Plan {
    let mut rounds = held.bids.iter().map(|bids| {
        let bids = bids.iter().enumerate();
        let conduct = BidderConduct::Honest;
        bids.map(|(bidder, level)| BidPlan { lot: 0, bidder, level: *level, conduct }).collect()
    });
    Plan {
        terms: market.terms.clone(),
        opening_slot: 0,
        bids: rounds.next().unwrap_or_default(),
        curves: Vec::new(),
        rounds: rounds.collect(),
        reserves: Vec::new(),
        declines: Default::default(),
        keyholders: Default::default(),
    }
}

/// Runs auction `number` of a profile through the contract, has the transcript verified, and
/// compares. `line` tells profiles apart.
///
/// # Errors
/// `run.outcome-differs` if the result is not the one in the clear, `run.transcript-invalid` if the
/// verifier refuses it, or why it could not be simulated.
pub fn simulate_one(
    profile: &Profile,
    options: &Options,
    (line, number): (u32, u32),
) -> Result<Sample, Failure> {
    let called = format!("{}, {}, auction {number}", profile.rules, profile.one);
    let stream = line.saturating_mul(1 << 16).saturating_add(number);
    let rng = &mut generator(options.seed, Use::Secrets, stream);
    let (market, cast) = options.market_with_cast(profile.rules, rng)?;
    let (bidders, _) = profile.bidders(options, number);
    let held = market.hold(&bidders);
    let plan = plan(&market, &held);
    let mut transcript = Vec::new();
    let simulated = simulate(cast, &plan, &mut transcript, rng).map_err(simulation_failure)?;
    compare(&market, &plan, &held, &simulated.outcome).map_err(|differences| {
        Failure::new(Code::RunDiffers, format!("{called}: {differences}"))
    })?;
    // Many are verified at once.
    let one_thread = VerifierOptions { jobs: Some(1) };
    let verified =
        verify_transcript(transcript.as_slice(), Path::new(&called), &one_thread, |_| ())?;
    Ok(Sample {
        auctions: 1,
        entries: simulated.entries,
        bytes: simulated.bytes,
        checks: verified.checks,
    })
}

/// Against the plan, as every run is, and against the auction that the figures are of.
fn compare(market: &Market, plan: &Plan, held: &Held, outcome: &Outcome) -> Result<(), String> {
    let differences = auditor::differences(plan, &market.bidders, outcome);
    if !differences.is_empty() {
        return Err(differences.join("; "));
    }
    let [LotResult { disclosed, ending, .. }] = &*outcome.lots else {
        return Err("there is not exactly one lot".into());
    };
    let Disclosed { surveys, .. } = disclosed;
    if (ending, &**surveys) == (&held.result.ending, held.surveys.as_slice()) {
        Ok(())
    } else {
        Err(format!("{ending:?} after {surveys:?}, but in the clear {held:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{
        market::Rules,
        profile::{ALIKE, DEVIATIONS},
        strategy::Strategy,
    };

    fn options() -> Options {
        Options::new(2, 4, 64, 11, 1).unwrap()
    }

    #[test]
    fn encrypted_auctions_come_to_the_same() {
        let improving = ALIKE.iter().find(|p| p.one == Strategy::Improving).unwrap();
        let units = ALIKE.iter().find(|p| p.rules == Rules::ThreeUnits).unwrap();
        let mixed = DEVIATIONS.iter().find(|p| p.one == Strategy::Creeping).unwrap();
        for (line, profile) in (0..).zip([improving, units, mixed]) {
            let sample = simulate_one(profile, &options(), (line, 1)).unwrap();
            assert_eq!(sample, simulate_one(profile, &options(), (line, 1)).unwrap());
            assert!(sample.auctions == 1 && sample.checks > sample.entries);
        }
    }

    #[test]
    fn another_result_is_found_out() {
        let rng = &mut generator(1, Use::Secrets, 0);
        let profile = &ALIKE[1];
        let (market, cast) = options().market_with_cast(profile.rules, rng).unwrap();
        let held = market.hold(&profile.bidders(&options(), 0).0);
        let outcome = simulate(cast, &plan(&market, &held), Vec::new(), rng).unwrap().outcome;
        compare(&market, &plan(&market, &held), &held, &outcome).unwrap();
        let other = market.hold(&profile.bidders(&options(), 1).0);
        assert!(compare(&market, &plan(&market, &held), &other, &outcome).is_err());
        assert!(compare(&market, &plan(&market, &other), &held, &outcome).is_err());
    }
}
