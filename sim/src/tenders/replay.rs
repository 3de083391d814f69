//! The run: many tenders as the lots of one auction, and a comparison with the record.
//!
//! The record lists winners first, so bids are committed in an order drawn from the seed: an award
//! that is reproduced owes nothing to the order of the file. Of equal lowest bids the earliest
//! commit wins, which the record cannot tell; then the price must be the published one and the
//! published winner among the lowest, and the tender is counted as a tie.

use crate::{
    failure::{Code, Failure},
    run,
    scenario::{GroupPlan, LOCKED, Scenario},
    seed,
    simulate::{BidPlan, BidderConduct, Seat},
    tenders::{
        record::Tender,
        submission::{self, NotSubmitted, Skip, Submission},
    },
    verify_after::verify_after,
};
use rand_core::RngCore;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};
use talea_protocol::{
    builder::{CHUNK_ITEMS, FAN_OUT},
    bytes::Text,
    outcome::Ending,
    terms::{Currency, Disclosure, Lot, Mechanism, Money, Openings, Quotation, Schedule, Ties},
};
use talea_text::{ending, file::StakesFile, rules, suggest::Load};

/// How to run a record.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where every secret comes from.
    pub seed: u64,
    /// Run only so many tenders, drawn from the seed.
    pub sample: Option<usize>,
    /// Tenders that share an auction, and with it a key ceremony.
    pub lots_per_auction: usize,
    /// A folder for transcripts, one per auction.
    pub transcripts: Option<PathBuf>,
}

/// The keyholders of every replayed auction: 2 of 3.
const KEYHOLDERS: u16 = 3;
const THRESHOLD: u16 = 2;

/// A record that was simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Tenders in the record.
    pub tenders: usize,
    /// Tenders that are decided by their bids.
    pub decided: usize,
    /// Tenders that were not, by reason.
    pub skipped: BTreeMap<Skip, Vec<String>>,
    /// Tenders that were simulated, in the order of the record.
    pub simulated: Vec<SimulatedTender>,
    /// Auctions held for them.
    pub auctions: usize,
    /// Entries of all transcripts.
    pub entries: u64,
    /// Bytes of all transcripts.
    pub bytes: u64,
}

/// A tender that was simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedTender {
    /// The record's name for it.
    pub auction: String,
    /// Bids of the record.
    pub recorded: usize,
    /// Bids handed in.
    pub bids: usize,
    /// Bids not handed in.
    pub not_submitted: Vec<NotSubmitted>,
    /// Yen per level.
    pub unit: u64,
    /// Levels of the grid.
    pub levels: u32,
    /// Radices of its digits.
    pub shape: Vec<usize>,
    /// Whether a bidder's number occurs twice.
    pub has_twin: bool,
    /// Whether several bids are the lowest.
    pub is_tie: bool,
    /// Winner and price of the record.
    pub published: (String, i64),
    /// Winner and price of the auction, or how else the lot ended.
    pub derived: Result<(String, i64), String>,
    /// Whether the two agree.
    pub is_reproduced: bool,
}

/// Runs a record and compares. `progress` hears how many auctions of how many are over.
///
/// # Errors
/// [`Failure`] if there is nothing to run, a run stops, or a transcript cannot be written or is
/// refused. An award that differs is no failure here.
pub fn replay(
    tenders: &[Tender],
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Replay, Failure> {
    let load = Load { levels: 2, bidders: 1, acts: THRESHOLD.into(), fan_out: FAN_OUT };
    let mut skipped: BTreeMap<Skip, Vec<String>> = BTreeMap::new();
    let mut decided = Vec::new();
    for tender in tenders {
        match submission::prepare(tender, load)? {
            Ok(submission) => decided.push((tender, submission)),
            Err(skip) => skipped.entry(skip).or_default().push(tender.auction.clone()),
        }
    }
    let count = decided.len();
    if let Some(sample) = options.sample {
        decided = draw(decided, sample, &mut seed::generator(options.seed, 0));
    }
    if decided.is_empty() {
        let sentence = "no tender of the record is decided by its bids, or none was sampled";
        return Err(Failure::new(Code::TendersEmpty, sentence));
    }

    let auctions: Vec<&[(&Tender, Submission)]> =
        decided.chunks(options.lots_per_auction.max(1)).collect();
    let over = AtomicUsize::new(0);
    let results: Vec<Result<PlayedAuction, Failure>> = auctions
        .par_iter()
        .with_max_len(1)
        .enumerate()
        .map(|(index, tenders)| {
            let simulated = simulate_auction(tenders, options, index);
            progress(over.fetch_add(1, Ordering::Relaxed).saturating_add(1), auctions.len());
            simulated
        })
        .collect();
    let mut replay = Replay {
        tenders: tenders.len(),
        decided: count,
        skipped,
        simulated: Vec::new(),
        auctions: auctions.len(),
        entries: 0,
        bytes: 0,
    };
    for result in results {
        let PlayedAuction { tenders, entries, bytes } = result?;
        replay.simulated.extend(tenders);
        replay.entries = replay.entries.saturating_add(entries);
        replay.bytes = replay.bytes.saturating_add(bytes);
    }
    Ok(replay)
}

/// Draws `sample` of `items`, which keep their order.
fn draw<T>(items: Vec<T>, sample: usize, rng: &mut impl RngCore) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    shuffle(&mut order, rng);
    let mut chosen = vec![false; items.len()];
    for place in order.into_iter().take(sample) {
        if let Some(mark) = chosen.get_mut(place) {
            *mark = true;
        }
    }
    items
        .into_iter()
        .zip(chosen)
        .filter_map(|(item, is_chosen)| is_chosen.then_some(item))
        .collect()
}

/// Fisher and Yates; the bias of the remainder is below 2^-40 for lists of this size.
fn shuffle<T>(items: &mut [T], rng: &mut impl RngCore) {
    for last in (1..items.len()).rev() {
        let candidates = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let drawn = rng.next_u64().checked_rem(candidates).unwrap_or(0);
        items.swap(last, usize::try_from(drawn).unwrap_or(last));
    }
}

struct PlayedAuction {
    tenders: Vec<SimulatedTender>,
    entries: u64,
    bytes: u64,
}

fn simulate_auction(
    tenders: &[(&Tender, Submission)],
    options: &Options,
    index: usize,
) -> Result<PlayedAuction, Failure> {
    // Run 0 is the draw of the sample.
    let number = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
    let scenario = scenario(tenders, options.seed, number)?;
    let run = (options.seed, number);
    let run = match &options.transcripts {
        None => run::run(&scenario, run, io::sink())?,
        Some(folder) => {
            let path = transcript_path(folder, number);
            let run = run::write_transcript(&path, |file| run::run(&scenario, run, file))?;
            verify_after(&path)?;
            run
        }
    };
    let names: BTreeMap<_, _> = run.names.iter().map(|(key, name)| (*key, name.as_str())).collect();
    let results = tenders.iter().zip(run.simulated.outcome.lots.iter());
    let tenders = results.map(|((tender, submission), result)| {
        let derived = match &result.ending {
            Ending::Sold(award) => {
                let winners = award.sales.iter().filter_map(|sale| names.get(&sale.winner));
                let winners: Vec<&str> = winners.copied().collect();
                Ok((winners.join(", "), award.quote.price.0))
            }
            Ending::Declined(_) => Err("declined".to_owned()),
            Ending::BelowReserve => Err("below the reserve".to_owned()),
            Ending::Unsold => Err("unsold".to_owned()),
            Ending::Void(cause) => Err(format!("void: {cause}")),
            Ending::Halted
            | Ending::Cleared(_)
            | Ending::NoTrade(_)
            | Ending::OneSided
            | Ending::Surveyed(_)
            | Ending::TooFewAnswers => Err(ending::word(&result.ending).to_owned()),
        };
        compare(tender, submission, derived)
    });
    Ok(PlayedAuction {
        tenders: tenders.collect(),
        entries: run.simulated.entries,
        bytes: run.simulated.bytes,
    })
}

/// Where the transcript of an auction goes.
fn transcript_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("tenders-{number:03}.talea"))
}

/// An auction with a lot per tender. A bidder keeps its key from lot to lot.
fn scenario(
    tenders: &[(&Tender, Submission)],
    seed: u64,
    number: u64,
) -> Result<Scenario, Failure> {
    let text = |text: String| {
        Text::new(&text)
            .map_err(|fault| Failure::new(Code::TendersTender, format!("{text:?}: {fault}")))
    };
    let mut bidders: Vec<String> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bids: Vec<BidPlan> = Vec::new();
    let mut lots: Vec<Lot> = Vec::new();
    for (lot, (tender, submission)) in (0u32..).zip(tenders) {
        lots.push(Lot {
            name: text(format!("tender {} of {}", tender.auction, tender.date))?,
            identifier: text(tender.auction.clone())?,
            quantity: 1,
            grid: submission.grid.clone(),
        });
        for (place, level) in &submission.bids {
            let name = tender.bids.get(*place).map_or("", |bid| bid.bidder.as_str());
            let bidder = *places.entry(name).or_insert_with(|| {
                bidders.push(name.to_owned());
                bidders.len().saturating_sub(1)
            });
            bids.push(BidPlan { lot, bidder, level: *level, conduct: BidderConduct::Honest });
        }
    }
    // A stream of its own: the parties draw from the seed's.
    shuffle(&mut bids, &mut seed::generator(seed, number.wrapping_add(1 << 63)));
    let members = (1..=KEYHOLDERS).map(|place| (format!("keyholder {place}"), Seat::Own));
    Ok(Scenario {
        mechanism: Mechanism::FirstPrice,
        ties: Ties::EarliestCommit,
        // Bids of the record are whole yen for the whole contract.
        money: Some(Money { currency: Currency(*b"JPY"), quotation: Quotation::Lot }),
        openings: Openings::Private,
        disclosure: Disclosure::WINNER_AND_PRICE,
        reserve: None,
        acceptance: None,
        rounds: None,
        curves: Vec::new(),
        later_bids: Vec::new(),
        reserves: Vec::new(),
        declines: BTreeSet::new(),
        title: format!("tenders {number}"),
        seed,
        domain: rules::domain("domain", "talea-sim/tenders")?,
        opening_slot: 0,
        schedule: Schedule::even(10),
        stakes: rules::stakes(StakesFile::default(), LOCKED, None),
        is_listed: false,
        max_bids_per_lot: talea_protocol::limits::MAX_BIDS_PER_LOT,
        fan_out: FAN_OUT,
        chunk_items: CHUNK_ITEMS,
        lots,
        groups: vec![GroupPlan {
            name: text("keyholders".into())?,
            threshold: THRESHOLD,
            endorsements: THRESHOLD,
            is_witness: true,
            members: members.collect(),
        }],
        keyholders: BTreeMap::new(),
        bidders,
        bids,
    })
}

fn compare(
    tender: &Tender,
    submission: &Submission,
    derived: Result<(String, i64), String>,
) -> SimulatedTender {
    let winner = tender.winner();
    let published_price = winner.and_then(|bid| i64::try_from(bid.price?).ok()).unwrap_or(0);
    let published = (winner.map_or("", |bid| bid.bidder.as_str()).to_owned(), published_price);
    let is_tie = submission.lowest > 1;
    let is_reproduced = match &derived {
        Ok(derived) if is_tie => {
            derived.1 == published.1
                && submission.bids.iter().any(|(place, _)| {
                    tender.bids.get(*place).is_some_and(|bid| Some(bid) == winner)
                })
        }
        Ok(derived) => *derived == published,
        Err(_) => false,
    };
    SimulatedTender {
        auction: tender.auction.clone(),
        recorded: tender.bids.len(),
        bids: submission.bids.len(),
        not_submitted: submission.not_submitted.clone(),
        unit: submission.grid.tick,
        levels: submission.grid.levels,
        shape: submission.grid.shape.radices().collect(),
        has_twin: tender.bids.iter().any(|bid| bid.bidder.ends_with(')')),
        is_tie,
        published,
        derived,
        is_reproduced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenders::record;

    const EXAMPLE: &[u8] = include_bytes!("../../../scenarios/tenders-example.csv");

    fn options() -> Options {
        Options { seed: 7, sample: None, lots_per_auction: 5, transcripts: None }
    }

    #[test]
    fn the_example_is_reproduced() {
        let tenders = record::read("example", EXAMPLE).unwrap();
        let replay = replay(&tenders, &options(), &|_, _| ()).unwrap();
        let differing: Vec<_> =
            replay.simulated.iter().filter(|tender| !tender.is_reproduced).collect();
        assert!(differing.is_empty(), "{differing:?}");
        assert_eq!(replay.simulated.len(), replay.decided);
        assert_eq!(
            replay.skipped.values().map(Vec::len).sum::<usize>() + replay.decided,
            tenders.len()
        );
        let order: Vec<&str> =
            replay.simulated.iter().map(|tender| tender.auction.as_str()).collect();
        let expected: Vec<&str> = tenders
            .iter()
            .map(|tender| tender.auction.as_str())
            .filter(|auction| order.contains(auction))
            .collect();
        assert_eq!(order, expected, "in the order of the record");
    }

    #[test]
    fn tenders_are_in_yen_for_the_whole_contract() {
        let tenders = record::read("example", EXAMPLE).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = Options { transcripts: Some(folder.path().into()), ..options() };
        replay(&tenders, &options, &|_, _| ()).unwrap();
        let transcript = std::fs::read(transcript_path(folder.path(), 1)).unwrap();
        let verify = talea_verifier::Options::default();
        let report = talea_verifier::verify(&transcript[..], &verify, |_| ()).unwrap();
        let money = Money { currency: Currency(*b"JPY"), quotation: Quotation::Lot };
        assert_eq!(report.terms.unwrap().money, Some(money));
    }

    #[test]
    fn an_award_that_the_bids_do_not_imply_differs() {
        let text = String::from_utf8(EXAMPLE.to_vec()).unwrap();
        let mut lines = text.lines();
        let head = lines.next().unwrap();
        // A dearer bid wins, says the record.
        let rows = "1,20200131,7,900000,1000000,,0,1,0,0\n1,20200131,8,950000,1000000,,0,2,0,1\n";
        let tenders = record::read("t", format!("{head}\n{rows}").as_bytes()).unwrap();
        let replay = replay(&tenders, &options(), &|_, _| ()).unwrap();
        assert!(!replay.simulated[0].is_reproduced);
        assert_eq!(replay.simulated[0].published, ("8".into(), 950_000));
        assert_eq!(replay.simulated[0].derived, Ok(("7".into(), 900_000)));
    }

    #[test]
    fn a_sample_is_drawn_from_the_seed_and_keeps_its_order() {
        let draw_five = |seed| draw((0..100).collect(), 5, &mut seed::generator(seed, 0));
        let five: Vec<i32> = draw_five(1);
        assert_eq!(five.len(), 5);
        assert!(five.is_sorted_by(|a, b| a < b));
        assert_eq!(five, draw_five(1));
        assert_ne!(five, draw_five(2));
        assert_eq!(draw(vec![1, 2], 9, &mut seed::generator(1, 0)), [1, 2]);
    }

    #[test]
    fn nothing_to_play_is_said() {
        let failure = replay(&[], &options(), &|_, _| ()).unwrap_err();
        assert_eq!(failure.code, Code::TendersEmpty);
    }

    /// The record of which `../shared/data/README.md` speaks, where it is at hand. All of it is
    /// simulated by `talea-sim run --tenders`.
    #[test]
    fn a_sample_of_the_real_record_is_reproduced() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
        let Ok(bytes) = std::fs::read(Path::new(folder).join("tsuchiura_tenders.csv")) else {
            return;
        };
        let tenders = record::read("tsuchiura_tenders.csv", &bytes).unwrap();
        assert_eq!(tenders.len(), 522);
        let options = Options { sample: Some(12), ..options() };
        let replay = replay(&tenders, &options, &|_, _| ()).unwrap();
        assert_eq!((replay.decided, replay.simulated.len()), (518, 12));
        assert_eq!(replay.skipped[&Skip::Lottery], ["222", "1373", "1966"]);
        assert_eq!(replay.skipped[&Skip::NoPublishedWinner], ["647"]);
        assert!(
            replay.simulated.iter().all(|tender| tender.is_reproduced),
            "{:?}",
            replay.simulated
        );
    }
}
