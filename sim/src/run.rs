//! Runs one scenario: cast, run, audit.

use crate::{
    auditor,
    failure::{Code, Failure},
    scenario::Scenario,
    seed,
    simulate::{self, SimulationError},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};
use talea_parties::board::BoardError;
use talea_protocol::{bytes::PartyKey, terms::Terms, transcript::MAGIC};

/// A scenario that was simulated.
pub struct Run {
    /// The seed that everything followed from.
    pub seed: u64,
    /// The terms.
    pub terms: Terms,
    /// Everybody's name: bidders, keyholders, then those of every auction.
    pub names: Vec<(PartyKey, String)>,
    /// What was simulated.
    pub simulated: simulate::Simulated,
}

/// Runs a scenario from a seed into `transcript`, and compares the outcome with the bids in the
/// clear. `number` tells the runs of one seed apart.
///
/// # Errors
/// [`Failure`] if a party cannot go on, the transcript cannot be written, or the outcome is not
/// the one that the bids imply.
pub fn run<W: Write>(
    scenario: &Scenario,
    (seed, number): (u64, u64),
    transcript: W,
) -> Result<Run, Failure> {
    let rng = &mut seed::generator(seed, number);
    let (cast, plan) = scenario.cast(rng)?;
    let names = scenario.names(&cast);
    let bidders: Vec<PartyKey> =
        (0..scenario.bidders.len()).filter_map(|index| cast.bidder(index)).collect();
    let simulated = simulate::simulate(cast, &plan, transcript, rng).map_err(simulation_failure)?;
    let differences = auditor::differences(&plan, &bidders, &simulated.outcome);
    if !differences.is_empty() {
        return Err(Failure::new(Code::RunDiffers, differences.join("; ")));
    }
    Ok(Run { seed, terms: plan.terms, names, simulated })
}

/// Why a run stopped, told apart by whose fault it is.
#[must_use]
pub fn simulation_failure(error: SimulationError) -> Failure {
    let code = match &error {
        SimulationError::Board(BoardError::Write(_)) => Code::FileUnwritable,
        SimulationError::Board(BoardError::Refused(_))
        | SimulationError::Bid(_)
        | SimulationError::Keyholder(_)
        | SimulationError::TooLarge(_)
        | SimulationError::Terms(_) => Code::RunRefused,
        SimulationError::NoBidder(_) | SimulationError::Stuck | SimulationError::Home(_) => {
            Code::RunStuck
        }
    };
    Failure::new(code, error.to_string())
}

/// Writes a transcript by way of a file beside it, which takes its place when `fill` succeeds.
/// Nothing is left behind otherwise, and nothing but an older transcript is replaced.
///
/// # Errors
/// That of `fill`, `file.unwritable`, or `cli.not-a-transcript`.
pub fn write_transcript<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let unwritable = |error: io::Error| Failure::unwritable(path, &error);
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        // A device or a pipe: it is written to, not replaced.
        let mut writer =
            BufWriter::new(OpenOptions::new().write(true).open(path).map_err(unwritable)?);
        let value = fill(&mut writer)?;
        writer.flush().map_err(unwritable)?;
        return Ok(value);
    }
    if !may_replace(path).map_err(unwritable)? {
        let sentence = format!("{} exists and is not a transcript", path.display());
        return Err(Failure::new(Code::NotATranscript, sentence)
            .with_help("choose another file with --transcript, or move this one"));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial: PathBuf = path.with_file_name(name);
    let mut writer = BufWriter::new(File::create(&partial).map_err(unwritable)?);
    let filled = fill(&mut writer);
    let flushed = writer.flush();
    drop(writer);
    let done = filled.and_then(|value| {
        flushed.and_then(|()| fs::rename(&partial, path)).map_err(unwritable)?;
        Ok(value)
    });
    if done.is_err() {
        // It may be gone already; the failure that matters is the first.
        let _ = fs::remove_file(&partial);
    }
    done
}

/// Whether there is no file here, or an empty one, or a transcript.
fn may_replace(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    let mut beginning = Vec::new();
    let length = u64::try_from(MAGIC.len()).unwrap_or(u64::MAX);
    file.take(length).read_to_end(&mut beginning)?;
    Ok(beginning.is_empty() || beginning == MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::outcome::{Clearing, Ending, LotResult};

    fn scenario(name: &str) -> Scenario {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
        Scenario::read(&folder.join(name).with_extension("toml")).unwrap()
    }

    fn simulate(scenario: &Scenario, seed: u64) -> (Run, Vec<u8>) {
        let mut transcript = Vec::new();
        let run = run(scenario, (seed, 0), &mut transcript).unwrap();
        (run, transcript)
    }

    /// Per lot, who won at what price.
    fn awards(run: &Run) -> Vec<Option<(String, String)>> {
        let lots = run.terms.lots.iter().zip(run.simulated.outcome.lots.iter());
        let name = |key| run.names.iter().find(|(known, _)| *known == key).unwrap().1.clone();
        lots.map(|(lot, result)| match &result.ending {
            Ending::Sold(award) => {
                let winners: Vec<String> =
                    award.sales.iter().map(|sale| name(sale.winner)).collect();
                Some((winners.join(", "), lot.grid.scale.write(award.quote.price)))
            }
            _ => None,
        })
        .collect()
    }

    #[test]
    fn the_bwic_list_has_a_tie_a_lone_bid_and_a_line_that_nobody_wants() {
        let scenario = scenario("bwic");
        assert_eq!((scenario.lots.len(), scenario.bidders.len()), (10, 7));
        let (run, _) = simulate(&scenario, scenario.seed);
        let awards = awards(&run);
        let award =
            |lot: usize| awards[lot].as_ref().map(|(name, price)| (name.as_str(), price.as_str()));
        assert_eq!(award(0), Some(("Cedar", "99.62")));
        assert_eq!(award(3), Some(("Fir", "99-17+")));
        assert_eq!(award(5), Some(("Birch", "100-14")), "of a tie the earlier commit");
        assert_eq!(award(8), None);
        assert_eq!(award(9), Some(("Elm", "83.50")));
        let tied = scenario.bids.iter().filter(|bid| bid.lot == 5).map(|bid| bid.level);
        let best = tied.clone().max();
        assert_eq!(tied.filter(|level| Some(*level) == best).count(), 2);
    }

    #[test]
    fn one_seed_is_one_transcript() {
        let scenario = scenario("seed-story");
        let (run, transcript) = simulate(&scenario, scenario.seed);
        assert_eq!(awards(&run), [Some(("bidder 1".to_owned(), "13.141592653".to_owned()))]);
        assert_eq!(u64::try_from(transcript.len()).unwrap(), run.simulated.bytes);
        assert_eq!(transcript, simulate(&scenario, scenario.seed).1);
        assert_ne!(transcript, simulate(&scenario, scenario.seed + 1).1);
    }

    fn ending(name: &str) -> (Run, Ending) {
        let scenario = scenario(name);
        let (run, _) = simulate(&scenario, scenario.seed);
        let ending = run.simulated.outcome.lots[0].ending.clone();
        (run, ending)
    }

    /// Per trade, who trades how many units.
    fn trades<'a>(run: &'a Run, clearing: &Clearing) -> Vec<(&'a str, u64)> {
        let name = |key| run.names.iter().find(|(known, _)| *known == key).unwrap().1.as_str();
        clearing.trades.iter().map(|trade| (name(trade.party), trade.units())).collect()
    }

    #[test]
    fn a_sale_of_curves_shares_out_what_is_left_at_the_price() {
        let (run, ending) = ending("curves");
        let Ending::Cleared(clearing) = ending else { panic!("{ending:?}") };
        assert_eq!(clearing.price.price.0, 7_000);
        let expected = [("Alder", 24), ("Birch", 25), ("Cedar", 11), ("Elm", 0)];
        assert_eq!(trades(&run, &clearing), expected, "Elm's share is below the least");
    }

    #[test]
    fn buyers_and_sellers_of_power_meet_in_the_middle() {
        let (run, ending) = ending("two-sided");
        let Ending::Cleared(clearing) = ending else { panic!("{ending:?}") };
        assert_eq!(clearing.price.price.0, 8_200);
        let between = clearing.between.unwrap();
        assert_eq!((between.lowest.price.0, between.highest.price.0), (7_400, 9_000));
        let expected =
            [("Alder Wind", 80), ("Birch Gas", 40), ("Cedar Supply", 75), ("Elm Supply", 45)];
        assert_eq!(trades(&run, &clearing), expected);
        assert_eq!(run.simulated.outcome.lots[0].commits, 5, "Fir Steel never revealed");
    }

    #[test]
    fn a_survey_of_pay_tells_no_answer() {
        let (_, ending) = ending("survey");
        let Ending::Surveyed(statistics) = ending else { panic!("{ending:?}") };
        // Levels count from 30.
        assert_eq!(statistics.sum, 351 - 5 * 30);
        assert_eq!(statistics.bins.unwrap().to_vec(), [0, 0, 1, 2, 1, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_tender_is_won_by_the_lowest() {
        let (run, _) = simulate(&scenario("tender"), 1);
        let prices: Vec<String> = awards(&run).into_iter().map(|award| award.unwrap().1).collect();
        assert_eq!(prices, ["3612000", "31977000", "8840000"]);
        assert_eq!(run.simulated.outcome.lots[2].invalid, 1);
    }

    #[test]
    fn three_of_five_and_the_seller_finish_without_the_others() {
        let (run, _) = simulate(&scenario("three-of-five-and-seller"), 1);
        let [crane, parts]: [LotResult; 2] =
            run.simulated.outcome.lots.to_vec().try_into().unwrap();
        assert_eq!((crane.commits, crane.ranked), (5, 4));
        assert_eq!((parts.commits, parts.ranked, parts.invalid), (4, 3, 1));
        let award = |name: &str, price: &str| Some((name.to_owned(), price.to_owned()));
        assert_eq!(awards(&run), [award("Foxglove", "44500"), award("Anise", "310.50")]);
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.talea");
        let failure = write_transcript(&path, |writer| {
            writer.write_all(b"half").unwrap();
            Err::<(), _>(Failure::new(Code::RunStuck, "stop"))
        });
        assert_eq!(failure.unwrap_err().code, Code::RunStuck);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_a_transcript_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.talea");
        let write = |bytes: &[u8]| {
            let unwritable = |error| Failure::unwritable(&path, &error);
            write_transcript(&path, |writer| writer.write_all(bytes).map_err(unwritable))
        };
        write(MAGIC).unwrap();
        write(b"a scenario").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a scenario");
        assert_eq!(write(MAGIC).unwrap_err().code, Code::NotATranscript);
        assert_eq!(fs::read(&path).unwrap(), b"a scenario");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_cannot_be_written_to() {
        let failure = write_transcript(Path::new("/nonexistent/x.talea"), |_| Ok(())).unwrap_err();
        assert_eq!(failure.code, Code::FileUnwritable);
        assert_eq!(failure.code.exit().status(), 4);
    }
}
