//! What can be written after `talea`.

use crate::{board::share::Share, exports::Format, failure::Failure, keys, names};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use std::{ffi::OsString, net::SocketAddr, path::PathBuf};
use talea_protocol::{bytes::PartyKey, commitment::TradeSide};
use talea_report::Reader;

/// How long a party waits for the board to take an instruction, in seconds, if nothing else is said.
pub(crate) const PATIENCE: u64 = 60;

pub(crate) const AFTER: &str = "Exit status, the same for every command:
  0   done, or valid
  1   the record is invalid, or somebody broke the rules of the board
  2   usage
  3   not decidable yet: the auction has not reached that point
  4   a file cannot be read or written
  5   a key problem
  6   the rules refuse
  70  internal error in this program
  130, 143  stopped by Ctrl-C or a signal; nothing is lost, and the same command continues

talea asks for a passphrase on the terminal, or reads it from the first line of --passphrase-file. It
never takes one from a flag or a variable, which others can see.";

/// Hold a sealed-bid auction over a shared folder or over HTTP, with no auctioneer to trust.
#[derive(Debug, Parser)]
#[command(name = "talea", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    /// Read the passphrase of the key from the first line of this file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads what somebody wrote. A board may stand in its place among the words, or after `--board`.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let is_option = |word: &OsString| {
            word.to_str().is_some_and(|word| word == "--board" || word.starts_with("--board="))
        };
        if words.iter().take_while(|word| *word != "--").any(is_option) {
            command = with_board_as_option(command);
        }
        let matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The same commands, where each that asks for a board among its words asks for `--board` instead.
fn with_board_as_option(command: clap::Command) -> clap::Command {
    let is_word = |argument: &clap::Arg| argument.get_id() == BOARD && argument.is_positional();
    let asks = command.get_arguments().any(is_word);
    let command = if asks { command.mut_arg(BOARD, |board| board.long(BOARD)) } else { command };
    command.mut_subcommands(with_board_as_option)
}

/// Where a demonstration is served if nothing else is said.
const DEMO_ADDRESS: &str = "127.0.0.1:8480";

/// The name of the argument that says where a board is.
const BOARD: &str = "board";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make and show keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Keep whose key is whose, in an address book.
    #[command(subcommand)]
    Book(BookCommand),
    /// Write and read terms.
    #[command(subcommand)]
    Terms(TermsCommand),
    /// Seller: open an auction in a folder.
    Open(OpenArgs),
    /// Board: run the one process that orders what parties hand in.
    #[command(subcommand)]
    Board(BoardCommand),
    /// Custodian: report money that was locked for a party.
    Fund(FundArgs),
    /// Seller: commit a price below which a lot does not trade.
    Reserve(BidArgs),
    /// Seller: accept the result of a lot.
    Accept(DecideArgs),
    /// Seller: decline the result of a lot.
    Decline(DecideArgs),
    /// Bidder: commit bids.
    Bid(BidArgs),
    /// Bidder: bid again in a later round, at a price that is not worse.
    Improve(BidArgs),
    /// Bidder: keep the price in a later round, with a fresh commitment that looks like an improvement.
    Stand(StandArgs),
    /// Bidder or seller: hand in the sealed bids that were committed; they stay encrypted.
    Reveal(RevealArgs),
    /// Bidder: show the result of the own bids.
    Result(ResultArgs),
    /// Bidder: commit, reveal, and keep the price in later rounds, until there is an outcome.
    Bidder(BidderArgs),
    /// Keyholder: do everything that is due, until there is an outcome.
    #[command(subcommand)]
    Keyholder(KeyholderCommand),
    /// Agent: hand in what bidders left who cannot come back.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Write or check a receipt: proof that the board took an entry.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Everybody: write the transcript of an auction on a chain.
    #[command(subcommand)]
    Chain(ChainCommand),
    /// Open one's own bid to an auditor alone, read such an opening, and show what keyholders decrypted.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Everybody: show the phase of the auction, who must act, and what its rounds have shown.
    Status(StatusArgs),
    /// Everybody: follow an auction until it is over.
    Watch(StatusArgs),
    /// Everybody: write a report: a page, data, tables, or a publication by a standard.
    ///
    /// The auction need not be over. If the transcript breaks the rules, the report says which rule and where,
    /// and the command ends with status 1; tables and publications are not written then.
    Report {
        /// A transcript, a board's folder, or its address.
        #[arg(id = BOARD, value_name = "BOARD")]
        path: PathBuf,
        /// The report to write: FILE.html, .json, .csv, .xlsx, .parquet or .fix.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
        /// Write FILE.json by a standard: the Open Contracting Data Standard.
        #[arg(long, value_enum, requires = "ocds")]
        format: Option<Format>,
        /// What that standard asks for besides the auction: who publishes, where and when (TOML).
        #[arg(long, value_name = "FILE", requires = "format")]
        ocds: Option<PathBuf>,
        /// Another transcript or board; any number of times. Its lots are added to FILE.parquet; with --for
        /// regulator the report is about all of them, with screens over what they disclosed.
        #[arg(long, value_name = "BOARD")]
        also: Vec<PathBuf>,
        /// An address book, whose names are shown beside the keys as "known as". None if left out.
        #[arg(long, value_name = "FILE")]
        book: Option<PathBuf>,
        /// For whom the page is written.
        #[arg(long = "for", value_name = "READER", default_value = "anybody")]
        reader: ReportReader,
    },
    /// Run a small auction with real processes in a temporary folder, or one in which others bid.
    Demo {
        /// Run it in this folder, which is made and kept.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// Serve the auction over HTTP, with a seller and three keyholders, so that anybody can bid who opens the
        /// address that it prints.
        #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = DEMO_ADDRESS)]
        serve: Option<SocketAddr>,
        /// For how many minutes it takes bids.
        #[arg(long, value_name = "NUMBER", default_value_t = 3, requires = "serve",
              value_parser = clap::value_parser!(u64).range(1..=1_440))]
        minutes: u64,
    },
    /// Write completions for a shell to stdout.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write man pages, one for each command, into a folder.
    Man {
        /// The folder.
        folder: PathBuf,
    },
    /// Everybody: verify a transcript, and the board's signatures over it.
    Verify(VerifyArgs),
}

/// For whom a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportReader {
    /// Whoever asks.
    Anybody,
    /// A regulator: with who could decrypt and who did, defaults, ties and reserves.
    Regulator,
}

impl From<ReportReader> for Reader {
    fn from(reader: ReportReader) -> Self {
        match reader {
            ReportReader::Anybody => Self::Anybody,
            ReportReader::Regulator => Self::Regulator,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChainCommand {
    /// Write the transcript of an auction on a chain, from the events that a node shows.
    ///
    /// The events are applied again by the rules, so nothing that a node makes up or leaves out passes. `talea verify`
    /// verifies the transcript like any other, whether the auction is over or not.
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Files of a node's answers as JSON, one or several in each: tx_search, block_results, or a list of
    /// transactions of the SDK. Hand in every page, in any order.
    #[arg(required = true, value_name = "ANSWERS")]
    pub(crate) answers: Vec<PathBuf>,
    /// The address of the contract, where the answers have events of several.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contract: Option<String>,
    /// The transcript to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: PathBuf,
    /// Replace the transcript if there is one.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write JSON (schema talea-chain-export/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make new keys in a file, encrypted with a passphrase in the age format.
    New {
        /// The new key file. Commands keep their state beside it.
        file: PathBuf,
        /// The work to try one passphrase: 2^N rounds of scrypt.
        #[arg(long, value_name = "N", default_value_t = keys::WORK_FACTOR,
              value_parser = clap::value_parser!(u8).range(4..=20))]
        work_factor: u8,
        /// Make a passphrase of ten words. It is written into the new file that --passphrase-file names, or
        /// shown once on the terminal. An empty answer on the terminal makes one too.
        #[arg(long)]
        generate_passphrase: bool,
        /// Overwrite an existing key file.
        #[arg(long)]
        force: bool,
        /// Write JSON (schema talea-key/1).
        #[arg(long)]
        json: bool,
    },
    /// Show the public keys of a key file.
    Show {
        /// The key file.
        file: PathBuf,
        /// Write JSON (schema talea-key/1).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BookArgs {
    /// The address book, a CSV file; `talea/book.csv` in the user's folder of settings (on Linux ~/.config)
    /// if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) book: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KnownArgs {
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Write JSON (schema talea-book/1): everybody in the book.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BookCommand {
    /// Add somebody whose key you learnt from them, and not from the terms.
    Add {
        /// By which name you know them; nobody else in the book has it.
        name: String,
        /// Their key: taleakeyholder1... of a keyholder, taleaparty1... of anybody else.
        key: String,
        /// How you learnt whose key it is, and when.
        #[arg(long, value_name = "WORDS")]
        how: String,
        #[command(flatten)]
        known: KnownArgs,
    },
    /// Show everybody in the book.
    List {
        #[command(flatten)]
        known: KnownArgs,
    },
    /// Remove somebody.
    Remove {
        /// Their name, as the book has it.
        name: String,
        #[command(flatten)]
        known: KnownArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TermsCommand {
    /// Write terms, from a TOML file and the CSV list of lots that it names, or from questions.
    ///
    /// `talea terms example` shows every field of such a file; docs/terms.md describes them.
    New {
        /// The TOML file. If left out, talea asks questions and keeps the answers in `OUT.toml`; the same
        /// command continues an interview that was stopped.
        file: Option<PathBuf>,
        /// The file of terms to write; it must not exist.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        book: BookArgs,
        /// Write JSON (schema talea-terms/2).
        #[arg(long)]
        json: bool,
    },
    /// Read a desk's list into lots or terms: CSV, a workbook (.xlsx), or a pasted message of a BWIC.
    ///
    /// It shows what was understood, line by line. What can be read in two ways is asked on a terminal, and otherwise
    /// refused with the option that answers it. Nothing is written unless everything was understood; docs/lists.md says
    /// how lists are read.
    Import(ImportArgs),
    /// Write the lots of terms as a desk's list: FILE.csv, FILE.xlsx, or FILE.txt for a message.
    Export(ExportListArgs),
    /// Print an example of a TOML file, with every field and its meaning; fill in the keys.
    Example,
    /// Show terms in words, from a file or from a board.
    Show {
        /// The file of terms, the board's folder, or its address.
        #[arg(id = BOARD, value_name = "BOARD")]
        path: PathBuf,
        #[command(flatten)]
        book: BookArgs,
        /// Write JSON (schema talea-terms/2).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The list, or - for stdin.
    pub(crate) list: PathBuf,
    /// The file to write: a CSV list of lots, which a file of terms names as its lots_file; with --terms whole terms.
    #[arg(long, short, value_name = "FILE", required_unless_present = "preview")]
    pub(crate) out: Option<PathBuf>,
    /// A TOML file of terms without lots: write whole terms, with the lots of the list.
    #[arg(long, value_name = "TOML")]
    pub(crate) terms: Option<PathBuf>,
    /// Show what was understood, and write nothing.
    #[arg(long)]
    pub(crate) preview: bool,
    #[command(flatten)]
    pub(crate) answers: ListAnswers,
    #[command(flatten)]
    pub(crate) more: ImportAnswers,
    /// Replace the file if there is one.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write JSON (schema talea-import/1): what was understood.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Answers to what every list may leave open.
#[derive(Debug, Args)]
pub(crate) struct ListAnswers {
    /// The sheet of a workbook that has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// The mark before decimals: point as in 1,000.50, comma as in 1.000,50.
    #[arg(long, value_name = "MARK", value_parser = ["point", "comma"])]
    pub(crate) decimal: Option<String>,
    /// The identifier that names a lot, where a line has several.
    #[arg(long, value_name = "KIND", value_parser = ["cusip", "isin", "figi", "other"])]
    pub(crate) identifier: Option<String>,
}

/// Answers to what lists of lots may leave open besides.
#[derive(Debug, Args)]
pub(crate) struct ImportAnswers {
    /// In what amounts without a unit are counted: one, thousand (k) or million (mm).
    #[arg(long, value_name = "UNIT", value_parser = ["one", "thousand", "million", "k", "mm"])]
    pub(crate) unit: Option<String>,
    /// What M means after an amount or in a heading: thousand (k) or million (mm).
    #[arg(long, value_name = "UNIT", value_parser = ["thousand", "million", "k", "mm"])]
    pub(crate) letter_m: Option<String>,
    /// The column that says how much is offered, where several do.
    #[arg(long, value_name = "COLUMN", value_parser = ["face", "original", "current"])]
    pub(crate) face: Option<String>,
    /// Whether 03/04/2027 has the day first or the month.
    #[arg(long, value_name = "ORDER", value_parser = ["day-first", "month-first"])]
    pub(crate) date: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportListArgs {
    /// The file of terms, the board's folder, or its address.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// The list to write: FILE.csv, FILE.xlsx or FILE.txt.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace the file if there is one.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoardCommand {
    /// Run a board until its auction is closed.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        #[command(flatten)]
        share: ShareArgs,
        /// Do not ask before a deadline passes that ended while no board ran.
        #[arg(long)]
        yes: bool,
    },
    /// Serve boards over HTTP, until they are stopped.
    ///
    /// Parties reach it with --board URL, and with the page that it shows to browsers. The inboxes of the folders keep
    /// working beside it. It writes the address of each auction to stdout.
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The boards' folders: one for each auction.
    #[arg(required = true, value_name = "FOLDER")]
    pub(crate) boards: Vec<PathBuf>,
    /// The key file of the board.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8480")]
    pub(crate) listen: SocketAddr,
    /// Serve over TLS, with this certificate chain in PEM.
    #[arg(long, value_name = "PEM", requires = "certificate_key")]
    pub(crate) certificate: Option<PathBuf>,
    /// The key of the certificate, in PEM.
    #[arg(long, value_name = "PEM", requires = "certificate")]
    pub(crate) certificate_key: Option<PathBuf>,
    /// Serve the page in this folder instead of the one in this program.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) page: Option<PathBuf>,
    /// The most connections at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 4_096)]
    pub(crate) connections: usize,
    /// The most connections, and the most instructions that wait, from one address. More where many parties share
    /// one, as behind a proxy.
    #[arg(long, value_name = "NUMBER", default_value_t = 256)]
    pub(crate) per_address: usize,
    /// The most instructions that wait, signed with one key.
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    pub(crate) per_key: usize,
    /// How much to log on stderr, in lines of JSON: error, warn, info or debug.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log: LogLevel,
    #[command(flatten)]
    pub(crate) share: ShareArgs,
    /// Do not ask before a deadline passes that ended while no board ran.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What keeps a board from going on.
    Error,
    /// What somebody should look at.
    Warn,
    /// What happens now and then.
    Info,
    /// Every request.
    Debug,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyholderCommand {
    /// Run until there is an outcome, then erase the share of the key.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// A folder in which others may leave what the board does not take: bidders their sealed bids, and in
        /// later rounds commits; other keyholders their posts.
        ///
        /// This keyholder hands it in. If the board still does not take it, it attests or vouches for it.
        #[arg(long, value_name = "FOLDER")]
        reveals: Option<PathBuf>,
        /// The --reveals folder of another keyholder; may be given more than once.
        ///
        /// This keyholder leaves its own posts there if the board does not take them.
        #[arg(long, value_name = "FOLDER")]
        tell: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Hand in the sealed bids in a folder once the reveals have begun, until there is an outcome.
    ///
    /// It opens what bidders encrypted to this key with `talea bid --agent`, and hands in what the board shows
    /// as committed, and nothing else.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// The folder in which bidders leave them.
        #[arg(long, value_name = "FOLDER")]
        left: PathBuf,
        /// Write JSON (schema talea-agent/2): how many the board took.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AgentArgs {
    /// Leave the sealed bids with an agent, taleaagent1..., who hands them in if you cannot come back to
    /// reveal them. It must be neither a keyholder nor the board.
    ///
    /// It can withhold them, and do nothing else by itself. Nobody has one unless you name one.
    #[arg(long, value_name = "AGENT", requires = "leave")]
    pub(crate) agent: Option<String>,
    /// Into this file, encrypted to the agent alone: it goes into the folder that the agent named.
    #[arg(long, value_name = "FILE", requires = "agent")]
    pub(crate) leave: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Write the receipt of an entry.
    New {
        /// The board's folder, or its address.
        board: PathBuf,
        /// The number of the entry, from 1, as printed by talea bid and talea reveal.
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        entry: u64,
        /// The receipt to write; stdout if left out.
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a receipt, by itself or against a board.
    Check {
        /// The receipt.
        receipt: PathBuf,
        /// The board's folder or its address, to check that it still shows the entry.
        #[arg(long, value_name = "BOARD")]
        board: Option<PathBuf>,
        /// Another receipt of the same auction, to check that one history can hold both.
        #[arg(long, value_name = "RECEIPT")]
        against: Option<PathBuf>,
        /// Write JSON (schema talea-receipt-check/1).
        #[arg(long)]
        json: bool,
    },
    /// Compare what two parties have seen of one board: one history, or two that convict it.
    ///
    /// Each is a receipt, a file of checkpoints, a board's folder, a mirror, or an address. Status 1 says that the
    /// board has shown two histories, and status 3 that the two do not show enough.
    Compare {
        /// What one party has seen.
        one: PathBuf,
        /// What another party has seen.
        other: PathBuf,
        /// The board's key, taleaparty1..., where neither of them says whose it is.
        #[arg(long, value_name = "PARTY")]
        signed_by: Option<String>,
        /// Write JSON (schema talea-comparison/1).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Bidder: open a bid of one's own to one auditor, a losing one too. The seller opens its reserve likewise.
    ///
    /// The file is encrypted to the auditor alone, and it convinces the auditor alone: the auditor can tell others
    /// the price, and cannot prove it.
    Open(AuditOpenArgs),
    /// Auditor: verify a transcript, and an opening against the commit in it.
    Read(AuditReadArgs),
    /// Everybody: show which bids were opened to which auditors, where the terms ask for that record.
    ///
    /// It verifies the transcript and the record. No price is on the record.
    Notices(AuditNoticesArgs),
    /// Everybody: show which decryption shares keyholders posted, for which question, and what was opened.
    ///
    /// It reads the transcript alone, and verifies it first. It cannot show that keyholders decrypted nothing else.
    Decryptions(AuditDecryptionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditNoticesArgs {
    /// A board's folder, or a transcript with the record beside it.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// The board's record of openings; the file `notices` beside the transcript if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) notices: Option<PathBuf>,
    /// Write JSON (schema talea-notices/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditDecryptionsArgs {
    /// A transcript, a board's folder, or its address.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// Show this keyholder alone: taleakeyholder1..., taleaparty1..., or its place, as in 0.2: the group from 0, the
    /// number from 1.
    #[arg(long, value_name = "NAME")]
    pub(crate) keyholder: Option<String>,
    /// Write JSON (schema talea-decryptions/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditOpenArgs {
    /// A board's folder, its address, or a transcript.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// The key file of the bidder.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The lot: its identifier or its number.
    #[arg(long, value_name = "LOT")]
    pub(crate) lot: String,
    /// The round of the bid; the last one in which this party committed if left out.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) round: Option<u32>,
    /// The auditor, taleaauditor1..., as the auditor's `talea key show` prints it.
    #[arg(long, value_name = "AUDITOR")]
    pub(crate) auditor: String,
    /// The opening to write, for the auditor; it must not exist.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The notice to write, where the terms ask for a record of openings; `OUT.notice` if left out. It is handed in
    /// to the board as well, if that is a folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) notice: Option<PathBuf>,
    /// Do not ask before a bid is opened on a lot that has not ended.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write JSON (schema talea-opening/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditReadArgs {
    /// The opening, as the bidder made it.
    pub(crate) opening: PathBuf,
    /// A transcript, a board's folder, or its address.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// The key file of the auditor.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The board's record of openings; the file `notices` beside the transcript if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) notices: Option<PathBuf>,
    /// Write JSON (schema talea-audit/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeskArgs {
    /// The board's folder, or its address: http://... or https://... It may also be written as --board BOARD.
    pub(crate) board: PathBuf,
    /// The key file.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PartyArgs {
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    /// How long to wait for the board to take an instruction, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE)]
    pub(crate) patience: u64,
    /// Write JSON (schema talea-accepted/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// Which other users of this machine may read the folder and hand in. If left out, the umask decides.
    #[arg(long, value_name = "WHOM")]
    pub(crate) share: Option<Share>,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The folder of the new board.
    pub(crate) board: PathBuf,
    /// The terms, as `talea terms new` wrote them.
    #[arg(long, value_name = "FILE")]
    pub(crate) terms: PathBuf,
    /// The key file of the seller.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) share: ShareArgs,
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write JSON (schema talea-auction/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FundArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    /// The party whose money is locked: taleaparty1...
    #[arg(long = "for", value_name = "PARTY")]
    pub(crate) whom: String,
    /// The amount, in whole units of the custodian's currency.
    #[arg(long, value_name = "UNITS")]
    pub(crate) amount: u64,
}

#[derive(Debug, Args)]
pub(crate) struct BidArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) bids: BidsArgs,
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Wait until the phase begins.
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BidsArgs {
    /// Lot and price, as in 999101AB4=99.62 or 3=99-17+; of a curve LOT=QUANTITY@PRICE, once for each step.
    ///
    /// A buyer's prices fall from step to step, and a seller's rise: 0=200@99.50 0=100@99.25. An answer to a survey is
    /// LOT=PRICE.
    #[arg(value_name = "LOT=PRICE", required_unless_present_any = ["from", "curve"])]
    pub(crate) bids: Vec<String>,
    /// The steps of a curve from a CSV file with the columns price and quantity; may be given once for each lot.
    #[arg(long, value_name = "LOT=FILE")]
    pub(crate) curve: Vec<String>,
    /// Bid curves to buy, in a market where both sides bid.
    #[arg(long, conflicts_with = "sell")]
    pub(crate) buy: bool,
    /// Bid curves to sell, in a market where both sides bid.
    #[arg(long)]
    pub(crate) sell: bool,
    /// A list of own prices for any number of lots: CSV, a workbook (.xlsx) or a message, or - for stdin.
    ///
    /// A row names its columns, such as CUSIP or Lot, and Price or Bid; docs/lists.md lists the headings. A lot is an
    /// identifier, a number or a name. A line without a price is a pass.
    #[arg(long, value_name = "LIST", visible_alias = "file")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) answers: ListAnswers,
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
}

impl BidsArgs {
    /// The side that was asked for.
    pub(crate) fn side(&self) -> Option<TradeSide> {
        match (self.buy, self.sell) {
            (true, _) => Some(TradeSide::Buy),
            (_, true) => Some(TradeSide::Sell),
            (false, false) => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StandArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    /// Wait for the outcome.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Write JSON (schema talea-result/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BidderArgs {
    #[command(subcommand)]
    pub(crate) command: BidderCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BidderCommand {
    /// Commit, reveal, and keep the price in later rounds, until there is an outcome.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// Seconds until it says that the board does not take an instruction. It keeps trying.
        #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE)]
        patience: u64,
        /// Write JSON (schema talea-result/1).
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        bids: BidsArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RevealArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    /// Write the sealed bids into this file instead, for a courier or a keyholder to hand in. While commits of
    /// a later round are due, write the commits that the board does not take, and no sealed bid.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// A price to try first, where another machine made the bid and the grid is so long that the search
    /// takes long.
    #[arg(long = "price", value_name = "LOT=PRICE")]
    pub(crate) prices: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    /// The lot.
    pub(crate) lot: String,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// A board's folder, or its address; for status also a transcript.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// Show also which bids of this party the board took: taleaparty1... Its key file is not needed.
    #[arg(long, value_name = "PARTY")]
    pub(crate) party: Option<String>,
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Write JSON (schema talea-status/1).
    #[arg(long)]
    pub(crate) json: bool,
}

impl StatusArgs {
    /// Whose bids to say.
    pub(crate) fn read_party(&self) -> Result<Option<PartyKey>, Failure> {
        self.party.as_deref().map(names::read_party).transpose()
    }
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A transcript, a board's folder, or its address.
    #[arg(id = BOARD, value_name = "BOARD")]
    pub(crate) path: PathBuf,
    /// Write every check, passed or not, before the verdict. JSON always has them.
    #[arg(long, conflicts_with = "json")]
    pub(crate) checks: bool,
    /// Write the report as JSON (schema talea-verify/2).
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Cli, clap::Error> {
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        Cli::read(&words)
    }

    /// Where a bid goes, and what it is.
    fn bid(words: &str) -> (PathBuf, Vec<String>) {
        match read(words).unwrap().command {
            Command::Bid(args) => (args.party.desk.board, args.bids.bids),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_board_is_named_by_a_word_or_by_an_option() {
        with_board_as_option(Cli::command()).debug_assert();
        let expected = (PathBuf::from("market"), vec!["B1=99".to_owned(), "B2=98".to_owned()]);
        for words in [
            "talea bid market --key k B1=99 B2=98",
            "talea bid --board market --key k B1=99 B2=98",
            "talea bid --key k B1=99 B2=98 --board=market",
            "talea --passphrase-file p bid B1=99 --board market B2=98 --key k",
        ] {
            assert_eq!(bid(words), expected, "{words}");
        }
        for words in [
            "talea keyholder run --board b --key k",
            "talea status --board b",
            "talea verify --board b",
            "talea watch --board b",
            "talea report --board b --out r.html",
            "talea receipt new --board b 3",
            "talea receipt check r --board b",
            "talea terms show --board b",
            "talea audit open --board b --key k --lot B1 --auditor a --out o",
            "talea audit read o --board b --key k",
            "talea audit decryptions --board b",
            "talea accept --board b --key k B1",
        ] {
            assert!(read(words).is_ok(), "{words}");
        }
        // Once, and somewhere.
        for words in [
            "talea status b --board b",
            "talea status",
            "talea demo --board b",
            "talea bid --key k B1=99",
        ] {
            assert!(read(words).is_err(), "{words}");
        }
    }
}
