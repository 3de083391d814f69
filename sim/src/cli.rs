//! The command line: data to stdout, messages to stderr, and an exit status that means something.

use crate::{
    bench::{
        self, Memory, chart,
        growth::{Growth, Sizes},
        scale::Scale,
    },
    compare,
    failure::{Code, Exit, Failure},
    orders,
    report::{RunReport, SCHEMA},
    run,
    scenario::Scenario,
    screens,
    simulate::SimulationError,
    tenders::{record, replay, report::TendersReport},
    verify_after::verify_after,
};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};
use talea_text::{
    json::to_json,
    suggest::{self, Candidate, Load},
    table::table,
};

const AFTER: &str = "\
Exit status:
  0   done; with --tenders: every award is the published one
  1   an outcome or an award differs from the expected one, or a transcript is invalid
  2   the command line, the scenario or the record is invalid
  4   a file cannot be read or written
  6   the rules of the auction refused what a party did
  70  internal error in this program

All secrets of a simulation follow from its seed. A simulation protects nobody.";

const AFTER_RUN: &str = "\
Examples:
  talea-sim run scenarios/bwic.toml
  talea-sim run scenarios/bwic.toml --seed 8 --transcript /tmp/bwic.talea --json
  talea-sim run --tenders scenarios/tenders-example.csv
  talea-sim run --tenders tsuchiura_tenders.csv --sample 25 --seed 3

The same scenario and the same seed give the same transcript, byte for byte.

A record of tenders has the columns auction, date_yyyymmdd, bidder_id, bid_jpy, reserve_max_jpy,
min_price_jpy, min_price_rule, result_code, below_min, winner. Each tender that its bids decide
becomes a lot with a grid from the ceiling down to the floor and quorum 2 of 3. Void, disqualified
and blank bids are left out. Tenders decided by lottery or without a published winner are skipped and
counted.";

const AFTER_BENCH: &str = "\
Examples:
  talea-sim bench --quick
  talea-sim bench --levels 65536 --bidders 128
  talea-sim bench --chart costs.svg

Figures are ratios of processor time, so other work on the machine disturbs them little. \"x faster\" is by
the clock on the wall, and needs idle cores.";

const AFTER_COMPARE: &str = "\
Values are private, independent and uniform. Every line of a table uses the same auctions, so that
only rules and strategies differ. Means have a 95 % confidence interval.

Revenue, efficiency and the winners' surplus are in per cent of what the best bidders' values add up
to; prices and a deviator's surplus are in levels. Strategies: truthful, shading ((n - 1) / n of the
value), and in rounds holding, improving, sniping in the last round or in round 1, and a creeping
sniper who keeps the rounds going. Rounds are first price; the depth is shown after each.

Two more tables show how often the last revealer of a lottery can win, and what a bidder gains by not
revealing when its value fell. docs/strategies.md discusses the results.

The first auctions of every line are repeated with real cryptography, and their transcripts verified.
If a result differs from the one in the clear, the exit status is 1.

Example:
  talea-sim compare --auctions 20000 --bidders 8 --seed 3 --sample 1";

const AFTER_ORDERS: &str = "\
An order book has the columns side, qty_mwh, price_cent_per_kwh and, if you like, status. Nobody's name is in
it: eight rows of a side, in order, become one bid. Nothing is rounded.

Example:
  talea-sim orders omie_two_sided.csv --status matched --out omie.toml
  talea-sim run omie.toml";

const AFTER_SUGGEST: &str = "\
Costs are sums over one lot, in verifications of a 64-bit Bulletproof: every message is made once and
verified once. Steps are the most round trips to the keyholders that the ranking can take.

Example:
  talea-sim suggest --levels 25600 --bidders 7 --quorum-size 2";

const AFTER_SCREENS: &str = "\
Screens look for red flags in many auctions: missing bids, isolated winners, pockets of low variance, a
winner apart from losers, rotation of winners, declines just above the reserve. docs/screens.md says
where each comes from, and what it needs.

Without --tenders the auctions are simulated, by bidders who compete in equilibrium and by rings. The
table shows how often each screen raises a flag: false alarms where all is honest. With --tenders a
public record is screened, in the format of talea-sim run --tenders. A flag is no proof.

Examples:
  talea-sim screens --auctions 200 --repeats 200
  talea-sim screens --tenders tsuchiura_tenders.csv --out screens.html";

/// Simulates sealed-bid auctions: every party, with real cryptography.
#[derive(Debug, Parser)]
#[command(name = "talea-sim", version, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario, or a public record of tenders, through the whole protocol.
    #[command(after_help = AFTER_RUN)]
    Run(RunArgs),
    /// Make a scenario from a published order book: a two-sided market.
    #[command(after_help = AFTER_ORDERS)]
    Orders(OrdersArgs),
    /// Suggest the digits in which a grid's levels are written, and show what they cost.
    #[command(after_help = AFTER_SUGGEST)]
    Suggest(SuggestArgs),
    /// Compare mechanisms and strategies over many auctions: revenue, efficiency, rounds.
    ///
    /// The auctions are simulated in the clear; some are repeated with real cryptography.
    #[command(after_help = AFTER_COMPARE)]
    Compare(CompareArgs),
    /// Screen simulated auctions for red flags, to count false alarms, or a public record of tenders.
    #[command(after_help = AFTER_SCREENS)]
    Screens(ScreensArgs),
    /// Measure what an auction costs, as ratios to one Bulletproof verification.
    #[command(after_help = AFTER_BENCH)]
    Bench(BenchArgs),
}

/// Which order book becomes a scenario.
#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// The order book.
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,

    /// Take only the rows with this status.
    #[arg(long, value_name = "WORD")]
    pub status: Option<String>,

    /// Write the scenario to this file. If left out, it is printed.
    #[arg(long, value_name = "SCENARIO.toml")]
    pub out: Option<PathBuf>,
}

/// What to run, and where the results go.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The scenario: terms, quorum, bidders, and what each party does.
    #[arg(
        value_name = "SCENARIO.toml",
        required_unless_present = "tenders",
        conflicts_with = "tenders"
    )]
    pub scenario: Option<PathBuf>,

    /// A record of real tenders instead: run them all and compare each award.
    #[arg(long, value_name = "FILE.csv")]
    pub tenders: Option<PathBuf>,

    /// The seed of every key and random number, in place of the scenario's. For tenders it also draws the
    /// sample and the order of commits; 1 if left out.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// The transcript to write. If left out, the scenario's name with .talea, in the current folder.
    #[arg(long, value_name = "PATH", conflicts_with = "tenders")]
    pub transcript: Option<PathBuf>,

    /// Draw the depth, round by round, or the answers to a survey into this SVG file.
    #[arg(long, value_name = "FILE.svg", conflicts_with = "tenders")]
    pub histogram: Option<PathBuf>,

    /// Do not verify the transcript afterwards.
    #[arg(long, conflicts_with = "tenders")]
    pub no_verify: bool,

    /// Run only this many of the tenders, drawn with the seed.
    #[arg(long, value_name = "NUMBER", conflicts_with = "scenario")]
    pub sample: Option<usize>,

    /// Number of tenders that share an auction, and with it a key ceremony.
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with = "scenario",
        default_value_t = 50,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024)
    )]
    pub lots_per_auction: usize,

    /// Keep the transcripts of the tenders in this folder, and verify them.
    #[arg(long, value_name = "FOLDER", conflicts_with = "scenario")]
    pub transcripts: Option<PathBuf>,

    /// Number of threads; all cores if left out.
    #[arg(long, value_name = "NUMBER")]
    pub jobs: Option<usize>,

    /// Write JSON (schema talea-sim/2) instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// What to compare.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Auctions per line of a table, and draws per lottery.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(2..=10_000_000)
    )]
    pub auctions: u32,

    /// Bidders in each auction; a depth and three units need at least four.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 5,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(4..=1000)
    )]
    pub bidders: usize,

    /// Levels of the grid of values and bids.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1_024,
        value_parser = clap::value_parser!(u32).range(16..=16_777_216)
    )]
    pub levels: u32,

    /// Maximum number of rounds, in auctions with rounds.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = compare::market::LIMIT,
        value_parser = clap::value_parser!(u32).range(2..=64)
    )]
    pub rounds: u32,

    /// The seed of every value, draw and secret.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// Auctions of each line that are repeated with real cryptography.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 2,
        value_parser = clap::value_parser!(u32).range(..=10_000)
    )]
    pub sample: u32,

    /// Number of threads; all cores if left out.
    #[arg(long, value_name = "NUMBER")]
    pub jobs: Option<usize>,

    /// Write JSON (schema talea-sim/2) instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// What to screen.
#[derive(Debug, Args)]
pub struct ScreensArgs {
    /// A record of real tenders to screen, in place of simulated auctions.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["auctions", "repeats", "jobs"])]
    pub tenders: Option<PathBuf>,

    /// Write what was found in the tenders to this page, with pictures.
    // A simulation's options waive the requirement by their conflict with it.
    #[arg(
        long,
        value_name = "FILE.html",
        requires = "tenders",
        conflicts_with_all = ["auctions", "repeats", "jobs"]
    )]
    pub out: Option<PathBuf>,

    /// Simulated auctions that are screened together.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub auctions: u32,

    /// How often each market is simulated.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub repeats: u32,

    /// The seed of everything that is drawn.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// Number of threads; all cores if left out.
    #[arg(long, value_name = "NUMBER")]
    pub jobs: Option<usize>,

    /// Write JSON (schema talea-sim/2) instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// What a shape has to serve.
#[derive(Debug, Args)]
pub struct SuggestArgs {
    /// Levels of the grid.
    #[arg(long, value_name = "NUMBER")]
    pub levels: u32,

    /// Bids expected on the lot.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    pub bidders: u32,

    /// Keyholders who act in every step: the sum of the thresholds of all groups.
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub quorum_size: u32,

    /// Test points asked at once in a search.
    #[arg(long, value_name = "NUMBER", default_value_t = 15)]
    pub fan_out: u16,

    /// Number of shapes to show, the best first.
    #[arg(long, value_name = "NUMBER", default_value_t = 6)]
    pub show: usize,

    /// Write JSON (schema talea-sim/2) instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// What to measure.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Measure only the smallest grids and auctions.
    #[arg(long)]
    pub quick: bool,

    /// Measure only grids of this many levels: 256, 1024 or 65536. May be given more than once.
    #[arg(long, value_name = "NUMBER", conflicts_with = "quick")]
    pub levels: Vec<u32>,

    /// Measure auctions of this many bidders, in place of 8, 32 and 128. May be given more than once.
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1000)
    )]
    pub bidders: Vec<usize>,

    /// Write a picture (SVG) of how costs and bytes grow with bidders and with prices, and measure only
    /// this: 8 to 256 bidders, 2^8 to 2^32 prices, with --quick fewer.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["levels", "bidders", "jobs", "scale"])]
    pub chart: Option<PathBuf>,

    /// Measure only one lot of 65,536 prices with this many bidders, up to 16384: memory, and processor time per
    /// bidder. May be given more than once.
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with_all = ["quick", "levels", "bidders", "jobs"],
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=16_384)
    )]
    pub scale: Vec<usize>,

    /// Keep the transcripts of these lots in this folder, as scale-NUMBER.talea, and measure those that
    /// are there.
    #[arg(long, value_name = "FOLDER", requires = "scale")]
    pub transcripts: Option<PathBuf>,

    /// Threads for parallel runs; all cores if left out.
    #[arg(long, value_name = "NUMBER")]
    pub jobs: Option<usize>,

    /// Write JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Reads the command line of this process and does what it says. `memory` knows how much the process
/// holds.
#[must_use]
pub fn main(memory: Option<&dyn Memory>) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version go to stdout with status 0, everything else to stderr with 2.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() };
        }
    };
    match execute(cli.command, memory) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say(&failure.report());
            failure.code.exit().into()
        }
    }
}

/// Does what a command says.
///
/// # Errors
/// [`Failure`], not yet reported.
pub fn execute(command: Command, memory: Option<&dyn Memory>) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => {
            start_threads(args.jobs)?;
            match (&args.scenario, &args.tenders) {
                (Some(path), _) => run_scenario(path, &args),
                (None, Some(path)) => run_tenders(path, &args),
                // Clap asks for one of them.
                (None, None) => Ok(Exit::Usage),
            }
        }
        Command::Orders(args) => orders_scenario(&args),
        Command::Suggest(args) => suggest_shapes(&args),
        Command::Compare(args) => {
            start_threads(args.jobs)?;
            compare_strategies(&args)
        }
        Command::Screens(args) => {
            start_threads(args.jobs)?;
            screen(&args)
        }
        Command::Bench(args) => bench(&args, memory),
    }
}

fn start_threads(jobs: Option<usize>) -> Result<(), Failure> {
    let Some(jobs) = jobs else { return Ok(()) };
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global().map_err(|error| {
        Failure::new(Code::Threads, format!("{jobs} threads cannot be started: {error}"))
    })
}

fn run_scenario(path: &Path, args: &RunArgs) -> Result<Exit, Failure> {
    let scenario = Scenario::read(path)?;
    let transcript = args.transcript.clone().unwrap_or_else(|| default_transcript(path));
    let seed = args.seed.unwrap_or(scenario.seed);
    let run = run::write_transcript(&transcript, |file| run::run(&scenario, (seed, 0), file))?;
    let simulated = &run.simulated;
    let report = RunReport::new(&scenario, &run, &transcript);
    print(if args.json { report.json() } else { report.text() })?;
    if let Some(picture) = &args.histogram {
        let written = fs::write(picture, report.histogram());
        written.map_err(|error| Failure::unwritable(picture, &error))?;
    }
    say(&format!(
        "transcript {}: {} entries, {} bytes, seed {seed}",
        transcript.display(),
        simulated.entries,
        simulated.bytes
    ));
    if !args.no_verify {
        say(&verify_after(&transcript)?);
    }
    Ok(Exit::Ok)
}

/// The scenario's stem with `.talea`, in the current folder.
fn default_transcript(scenario: &Path) -> PathBuf {
    let mut name = scenario.file_stem().unwrap_or_default().to_owned();
    name.push(".talea");
    name.into()
}

fn run_tenders(path: &Path, args: &RunArgs) -> Result<Exit, Failure> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let tenders = record::read(&name, &crate::input::read(path)?)?;
    let options = replay::Options {
        seed: args.seed.unwrap_or(1),
        sample: args.sample,
        lots_per_auction: args.lots_per_auction,
        transcripts: args.transcripts.clone(),
    };
    if let Some(folder) = &options.transcripts {
        std::fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
    }
    let shows_progress = io::stderr().is_terminal();
    let progress = |over: usize, of: usize| {
        if shows_progress {
            let _ = write!(
                io::stderr(),
                "\r{over} of {of} auctions{}",
                if over == of { "\n" } else { "" }
            );
        }
    };
    let replay = replay::replay(&tenders, &options, &progress)?;
    let report = TendersReport::new(&name, options.seed, &replay);
    print(if args.json { report.json() } else { report.text() })?;
    say(&format!("{} entries, {} bytes, seed {}", replay.entries, replay.bytes, options.seed));
    if let Some(folder) = &options.transcripts {
        let count = replay.auctions;
        say(&format!("verified: {count} transcripts VALID, in {}", folder.display()));
    }
    if !report.all_reproduced() {
        let sentence = match report.differing() {
            1 => "1 award differs from the published one".to_owned(),
            count => format!("{count} awards differ from the published ones"),
        };
        return Err(Failure::new(Code::TendersDiffer, sentence));
    }
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct SuggestReport {
    schema: &'static str,
    kind: &'static str,
    levels: u32,
    bidders: u32,
    quorum_size: u32,
    fan_out: u16,
    shapes: Vec<ShapeReport>,
}

#[derive(Serialize)]
struct ShapeReport {
    shape: Vec<usize>,
    work: String,
    commits: String,
    reveals: String,
    gates: String,
    tests: String,
    messages: String,
    steps: u64,
    sealed_bid_bytes: u64,
}

impl ShapeReport {
    fn new(Candidate { shape, cost }: &Candidate) -> Self {
        Self {
            shape: shape.radices().collect(),
            work: thousandths(cost.work()),
            commits: thousandths(cost.commits),
            reveals: thousandths(cost.reveals),
            gates: thousandths(cost.gates),
            tests: thousandths(cost.tests),
            messages: thousandths(cost.messages),
            steps: cost.steps,
            sealed_bid_bytes: cost.sealed_bid_bytes,
        }
    }
}

/// `1234` as `1.23`, rounded down.
fn thousandths(count: u64) -> String {
    let hundredths = count.div_euclid(10);
    format!("{}.{:02}", hundredths.div_euclid(100), hundredths.rem_euclid(100))
}

fn orders_scenario(args: &OrdersArgs) -> Result<Exit, Failure> {
    let name = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy();
    let bytes = crate::input::read(&args.file)?;
    let text = orders::scenario(&name, &bytes, args.status.as_deref())?;
    match &args.out {
        None => print(text.trim_end().to_owned())?,
        Some(path) => {
            std::fs::write(path, text).map_err(|error| Failure::unwritable(path, &error))?
        }
    }
    Ok(Exit::Ok)
}

fn suggest_shapes(args: &SuggestArgs) -> Result<Exit, Failure> {
    let SuggestArgs { levels, bidders, quorum_size, fan_out, show, json } = *args;
    let load = Load { levels, bidders, acts: quorum_size, fan_out };
    let mut candidates = suggest::candidates(&load)?;
    candidates.truncate(show.max(1));
    if json {
        let shapes = candidates.iter().map(ShapeReport::new).collect();
        let kind = "suggest";
        let report =
            SuggestReport { schema: SCHEMA, kind, levels, bidders, quorum_size, fan_out, shapes };
        print(to_json(&report))?;
        return Ok(Exit::Ok);
    }
    let rows = candidates.iter().map(|candidate| {
        let report = ShapeReport::new(candidate);
        let ShapeReport { work, commits, reveals, gates, tests, messages, .. } = report;
        let counts = [report.steps, report.sealed_bid_bytes].map(|count| count.to_string());
        let [steps, bytes] = counts;
        let shape = candidate.shape.to_string();
        vec![shape, work, commits, reveals, gates, tests, messages, steps, bytes]
    });
    let heading = [
        "shape",
        "work",
        "commits",
        "reveals",
        "gates",
        "tests",
        "messages",
        "steps",
        "bytes per bid",
    ];
    let rows = rows.collect();
    print(table(&heading, rows, &[1, 2, 3, 4, 5, 6, 7, 8]))?;
    Ok(Exit::Ok)
}

fn compare_strategies(args: &CompareArgs) -> Result<Exit, Failure> {
    let CompareArgs { auctions, bidders, levels, rounds, seed, sample, jobs: _, json } = *args;
    let options = compare::Options::new(auctions, bidders, levels, seed, sample)?;
    let options = compare::Options { limit: rounds, ..options };
    let report = compare::run(&options, |what| {
        if io::stderr().is_terminal() {
            say(&format!("comparing: {what}"));
        }
    })?;
    print(if json { report.json() } else { report.text() })?;
    Ok(Exit::Ok)
}

fn screen(args: &ScreensArgs) -> Result<Exit, Failure> {
    let Some(path) = &args.tenders else {
        let ScreensArgs { auctions, repeats, seed, .. } = *args;
        let options = screens::rates::Options { auctions, repeats, seed };
        let report = screens::rates::run(&options, |market| {
            if io::stderr().is_terminal() {
                say(&format!("screening: {market}"));
            }
        });
        print(if args.json { report.json() } else { report.text() })?;
        return Ok(Exit::Ok);
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let tenders = record::read(&name, &crate::input::read(path)?)?;
    let screened = screens::tenders::screen(&name, &tenders, args.seed)?;
    if let Some(page) = &args.out {
        let written = fs::write(page, screened.html());
        written.map_err(|error| Failure::unwritable(page, &error))?;
    }
    print(if args.json { screened.json() } else { screened.text() })?;
    Ok(Exit::Ok)
}

fn bench(args: &BenchArgs, memory: Option<&dyn Memory>) -> Result<Exit, Failure> {
    let progress = |what: &str| {
        if io::stderr().is_terminal() {
            say(&format!("measuring {what}"));
        }
    };
    let stuck = |error: SimulationError| Failure::new(Code::RunStuck, error.to_string());
    let unwritable = |_| Failure::new(Code::RunStuck, "a figure is not a number");
    if let Some(picture) = &args.chart {
        // A file that cannot be written is found out before minutes have passed.
        let written =
            |result: io::Result<()>| result.map_err(|error| Failure::unwritable(picture, &error));
        written(fs::write(picture, ""))?;
        let sizes = if args.quick { Sizes::quick() } else { Sizes::default() };
        let growth = Growth::measure(&sizes, progress).map_err(stuck)?;
        written(fs::write(picture, chart::svg(&growth)))?;
        print(if args.json { growth.to_json().map_err(unwritable)? } else { growth.to_text() })?;
        return Ok(Exit::Ok);
    }
    if !args.scale.is_empty() {
        let scale = Scale::measure(&args.scale, args.transcripts.as_deref(), memory, progress)?;
        return print(if args.json {
            scale.to_json().map_err(unwritable)?
        } else {
            scale.to_text()
        })
        .map(|()| Exit::Ok);
    }
    let mut options = if args.quick { bench::Options::quick() } else { bench::Options::default() };
    options.jobs = args.jobs.unwrap_or(0);
    if !args.levels.is_empty() {
        options.grids.retain(|(levels, _)| args.levels.contains(levels));
    }
    if !args.bidders.is_empty() {
        options.bidders.clone_from(&args.bidders);
    }
    let report = bench::run(&options, memory, progress).map_err(stuck)?;
    print(if args.json { report.to_json().map_err(unwritable)? } else { report.to_text() })?;
    Ok(Exit::Ok)
}

/// Data, to stdout. A reader that went away is no failure of ours.
fn print(text: String) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let ended = if text.ends_with('\n') { "" } else { "\n" };
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(ended.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::unwritable(Path::new("standard output"), &error)),
    }
}

/// A message, to stderr. If nobody listens there, nobody can be told.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn one_thing_is_played() {
        let parse = |args: &[&str]| Cli::try_parse_from([&["talea-sim", "run"], args].concat());
        assert!(parse(&["a.toml"]).is_ok());
        assert!(parse(&["--tenders", "a.csv", "--sample", "3"]).is_ok());
        assert!(parse(&[]).is_err());
        assert!(parse(&["a.toml", "--tenders", "a.csv"]).is_err());
        assert!(parse(&["a.toml", "--sample", "3"]).is_err());
        assert!(parse(&["--tenders", "a.csv", "--transcript", "x"]).is_err());
        assert!(parse(&["--tenders", "a.csv", "--lots-per-auction", "0"]).is_err());
    }

    #[test]
    fn a_transcript_goes_to_this_folder() {
        let path = default_transcript(Path::new("/some/where/bwic.toml"));
        assert_eq!(path, Path::new("bwic.talea"));
    }

    #[test]
    fn ratios_are_written_exactly() {
        assert_eq!(thousandths(0), "0.00");
        assert_eq!(thousandths(1_239), "1.23");
        assert_eq!(thousandths(50), "0.05");
    }
}
