//! What can be written after `talea`.

use crate::{board::share::Share, failure::Failure, keys, names};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use talea_protocol::bytes::PartyKey;

/// How long a party waits for the board to take an instruction, in seconds, if nothing else is said.
pub(crate) const PATIENCE: u64 = 60;

pub(crate) const AFTER: &str = "\
Exit status, the same for every command:
  0   done, or valid
  1   the record is invalid, or somebody broke the rules of the board
  2   usage
  3   not decidable yet, or the auction has not come so far
  4   a file cannot be read or written
  5   a key problem
  6   the rules refuse
  70  a fault of this program
  130, 143  stopped by Ctrl-C, or by a signal to end; nothing is lost, and the same command goes on

A passphrase is asked for on the terminal, or read from the first line of --passphrase-file. It is
never a flag or a variable, which others can see.";

/// Hold a sealed-bid auction over a shared folder, with no auctioneer to trust.
#[derive(Debug, Parser)]
#[command(name = "talea", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    /// A file whose first line is the passphrase of the key.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make and show keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Keep whose key is whose, in an address book.
    #[command(subcommand)]
    Book(BookCommand),
    /// Write terms, and read them.
    #[command(subcommand)]
    Terms(TermsCommand),
    /// Seller: open an auction in a folder.
    Open(OpenArgs),
    /// Run the board: the one process that orders what parties hand in.
    #[command(subcommand)]
    Board(BoardCommand),
    /// Custodian: report money that was locked for a party.
    Fund(FundArgs),
    /// Seller: commit a price below which a lot does not trade.
    Reserve(BidArgs),
    /// Seller: accept what a lot came to.
    Accept(DecideArgs),
    /// Seller: decline what a lot came to.
    Decline(DecideArgs),
    /// Bidder: commit bids.
    Bid(BidArgs),
    /// Bidder: bid again in a later round, not worse than before.
    Improve(BidArgs),
    /// Bidder: bid the same again in a later round; it looks like an improvement.
    Stand(StandArgs),
    /// Bidder or seller: reveal what was committed, still sealed.
    Reveal(RevealArgs),
    /// Bidder: what the own bids came to.
    Result(ResultArgs),
    /// Bidder: commit, reveal and stand, until there is an outcome.
    Bidder(BidderArgs),
    /// Keyholder: do whatever is due, until there is an outcome.
    #[command(subcommand)]
    Keyholder(KeyholderCommand),
    /// Agent: hand in what bidders left who cannot come back.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Write or check a receipt: proof that the board took an entry.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Everybody: how the auction stands, and what its rounds have shown.
    Status(StatusArgs),
    /// Everybody: follow an auction until it is over.
    Watch(StatusArgs),
    /// Everybody: what happened, as one HTML file, as JSON or as CSV.
    ///
    /// An auction that is not over is reported like any other. Of a transcript that breaks the rules the
    /// report says so and why, and the command ends with status 1.
    Report {
        /// A transcript, or a board's folder.
        path: PathBuf,
        /// Where it goes: FILE.html, FILE.json or FILE.csv.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
        /// An address book, whose names are shown beside the keys as "known as". None if left out.
        #[arg(long, value_name = "FILE")]
        book: Option<PathBuf>,
    },
    /// Play a small auction with real processes in a temporary folder.
    Demo {
        /// Play it in this folder, which is made and stays.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
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
    /// Everybody: verify a transcript, and what the board signed of it.
    Verify(VerifyArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Draw new keys into a file, encrypted with a passphrase in the age format.
    New {
        /// The file; its state will stand beside it.
        file: PathBuf,
        /// How much work it is to guess a passphrase: 2^N rounds of scrypt.
        #[arg(long, value_name = "N", default_value_t = keys::WORK_FACTOR,
              value_parser = clap::value_parser!(u8).range(4..=20))]
        work_factor: u8,
        /// Make a passphrase of ten words: into the new file that --passphrase-file names, or shown once
        /// on the terminal. An empty answer on the terminal asks for one too.
        #[arg(long)]
        generate_passphrase: bool,
        /// Overwrite a key file that is there.
        #[arg(long)]
        force: bool,
        /// Write JSON (schema talea-key/1).
        #[arg(long)]
        json: bool,
    },
    /// Show the public keys of a file.
    Show {
        /// The file.
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
    /// Write terms from a TOML file, and the CSV list of lots that it names; or ask for them.
    ///
    /// `talea terms example` shows every field of such a file; docs/terms.md says the same.
    New {
        /// The TOML file. If left out, questions are asked, and the answers kept in `OUT.toml`; whoever
        /// breaks off goes on later with the same command.
        file: Option<PathBuf>,
        /// Where the terms go; never over a file that is there.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        book: BookArgs,
        /// Write JSON (schema talea-terms/2).
        #[arg(long)]
        json: bool,
    },
    /// Print a file of terms in which every field occurs, with what it means; fill in the keys.
    Example,
    /// Show terms in words: of a file, or of a board's folder.
    Show {
        /// The file or the folder.
        path: PathBuf,
        #[command(flatten)]
        book: BookArgs,
        /// Write JSON (schema talea-terms/2).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoardCommand {
    /// Run a board until its auction is closed.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        #[command(flatten)]
        share: ShareArgs,
        /// Do not ask whether to go on where a deadline passed while no board ran.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyholderCommand {
    /// Run until there is an outcome; then erase the share.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// A folder in which others may leave what the board ignores: bidders sealed bids, and in later
        /// rounds commits; other keyholders what they say.
        ///
        /// It is handed in, and if the board ignores it still, attested and vouched for.
        #[arg(long, value_name = "FOLDER")]
        reveals: Option<PathBuf>,
        /// The folder that another keyholder has for that; may be given more than once.
        ///
        /// What this one says and the board does not show is left there.
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
        /// Write JSON (schema talea-agent/1): how many the board took.
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
        /// The board's folder.
        board: PathBuf,
        /// Which entry, from 1; as bid and reveal say it.
        entry: u64,
        /// Where the receipt goes; stdout if left out.
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a receipt, by itself or against a board's folder.
    Check {
        /// The receipt.
        receipt: PathBuf,
        /// The board's folder, as it is shown now.
        #[arg(long, value_name = "FOLDER")]
        board: Option<PathBuf>,
        /// Another receipt of the same auction: can one history hold both?
        #[arg(long, value_name = "RECEIPT")]
        against: Option<PathBuf>,
        /// Write JSON (schema talea-receipt-check/1).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DeskArgs {
    /// The board's folder.
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
    /// Write JSON (schema talea-taken/1).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// Which other users of this machine may read the folder and hand in; as the umask says if left out.
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
    /// For whom: taleaparty1...
    #[arg(long = "for", value_name = "PARTY")]
    pub(crate) whom: String,
    /// How much, in whole units.
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
    /// Wait until it is time.
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BidsArgs {
    /// Lot and price, as in 999101AB4=99.62 or 3=99-17+.
    #[arg(value_name = "LOT=PRICE", required_unless_present = "file")]
    pub(crate) bids: Vec<String>,
    /// A CSV file of bids, in UTF-8 with commas. Its first line names the columns `lot` and `price`, and no
    /// other: a lot's identifier or number, and a price as above.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) book: BookArgs,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StandArgs {
    #[command(flatten)]
    pub(crate) party: PartyArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
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
    /// Commit, reveal, and stand in later rounds, until there is an outcome.
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// After how many seconds to say that the board does not take an instruction. It goes on.
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
    /// Write the sealed bids into this file instead, for a courier or a keyholder to hand in; while
    /// commits of a later round are due, those that the board does not take, and no sealed bid.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// What this party bid on a lot, where another machine made the bid and the ladder is so long that finding
    /// it again takes long. It is only tried first.
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
    /// A board's folder; for status a transcript will do.
    pub(crate) path: PathBuf,
    /// Say also which bids of this party are in: taleaparty1... Its key is not needed.
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
    /// A transcript, or a board's folder.
    pub(crate) path: PathBuf,
    /// Write every check, passed or not, before the verdict. JSON has them always.
    #[arg(long, conflicts_with = "json")]
    pub(crate) checks: bool,
    /// Write the report as JSON (schema talea-verify/1).
    #[arg(long)]
    pub(crate) json: bool,
}
