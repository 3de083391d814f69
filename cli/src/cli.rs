//! The command line: data to stdout, messages to stderr, and an exit status that means something.

use crate::{
    accepted::{Accepted, written},
    agent::Agent,
    answers::Answers,
    arguments::{
        AgentArgs, AgentCommand, AuditCommand, BidArgs, BidderArgs, BidderCommand, BoardCommand,
        BookCommand, ChainCommand, Cli, Command, DecideArgs, DeskArgs, KeyCommand,
        KeyholderCommand, LogLevel, OpenArgs, PATIENCE, PartyArgs, ReceiptCommand, RevealArgs,
        ServeArgs, StandArgs, StatusArgs, TermsCommand, VerifyArgs,
    },
    audit, bids,
    board::{
        access::{Access, path_of},
        address::Location,
        checkpoint::{Checkpoint, Receipt, read_receipt, signatures_over},
        compare::{Side, Verdict, compare},
        folder::Folder,
        http,
        posts::Limits,
        serve,
    },
    book::{self, Book, BookFile},
    chain,
    demo::{self, Bidders},
    desk_lists,
    exports::Export,
    failure::{Code, Exit, Failure},
    files::{self, Readers},
    interrupt,
    interview::interview,
    keys::{Keys, NewPassphrase, PassphraseSource},
    money, names,
    party::{
        agent,
        bidder::{self, Committed},
        custodian,
        desk::{Desk, POLL, order},
        handed::Handed,
        keyholder,
        own_bid::Offer,
        seller,
    },
    progress,
    replica::{Replay, Replica},
    result::Results,
    say::{print, say},
    status::Status,
    terms::{self, Draft, TermsData},
};
use clap::CommandFactory as _;
use std::{
    ffi::OsString,
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use talea_contract::Phase;
use talea_protocol::bytes::PartyKey;
use talea_replay::Signatures;
use talea_report::{Report, verify_file};
use talea_text::{clearing, curve::Steps};

/// What a process says that is told to end.
const GOES_ON: &str = "nothing is lost: what was handed in stays handed in, and the same command \
                       continues where it stopped";
const BOARD_GOES_ON: &str = "nothing is lost: the same command continues where it stopped. Run it \
                             before the next deadline: a board must be running when a deadline passes";
const KEYHOLDER_GOES_ON: &str = "nothing is lost: the same command continues where it stopped. Run it \
                                 before the deadline of what is due";
const AGENT_GOES_ON: &str = "nothing is lost: the same command continues where it stopped. What is not \
                             handed in before the reveals end does not count";
const BIDDER_GOES_ON: &str = "nothing is lost: the same command continues where it stopped. A bid that \
                              is not committed and revealed by its deadlines does not count";

/// The most instructions that wait for one board, and how many MiB of them.
const MOST_POSTS: usize = 16_384;
const MOST_POSTED_MEBIBYTES: usize = 256;

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(&words) {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() };
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", failure.report());
            failure.code.exit().into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    let passphrase = PassphraseSource { file: cli.passphrase_file };
    match cli.command {
        Command::Key(command) => key(command, &passphrase)?,
        Command::Book(command) => address_book(command)?,
        Command::Terms(command) => terms_of(command)?,
        Command::Open(args) => open(&args, &passphrase)?,
        Command::Board(BoardCommand::Run { desk: DeskArgs { board, key }, share, yes }) => {
            let keys = Keys::open(&key, &passphrase)?;
            interrupt::say_when_stopped(BOARD_GOES_ON);
            let folder = Folder::new(Location::read_folder(&board)?).shared(share.share);
            serve::run(&folder, &keys, |question| ask(question, yes))?;
        }
        Command::Board(BoardCommand::Serve(args)) => serve_boards(args, &passphrase)?,
        Command::Fund(args) => {
            let party = names::read_party(&args.whom)?;
            let mut desk = desk(&args.party, &passphrase)?;
            let entry = custodian::fund(&mut desk, party, args.amount)?;
            print(&written(&[Accepted::new("fund", &desk, entry)], args.party.json));
        }
        Command::Reserve(args) => reserve(&args, &passphrase)?,
        Command::Accept(args) => decide(&args, true, &passphrase)?,
        Command::Decline(args) => decide(&args, false, &passphrase)?,
        Command::Bid(args) => bid(&args, false, &passphrase)?,
        Command::Improve(args) => bid(&args, true, &passphrase)?,
        Command::Stand(args) => stand(&args, &passphrase)?,
        Command::Reveal(args) => reveal(&args, &passphrase)?,
        Command::Result(args) => {
            let mut desk = sit_down(&args.desk, PATIENCE, &passphrase, GOES_ON)?;
            if args.wait {
                desk.await_phase(Phase::Closed, 0, true)?;
            }
            let results = Results::of(&desk)?;
            print(&if args.json { results.json() } else { results.text() });
        }
        Command::Bidder(BidderArgs { command }) => {
            let BidderCommand::Run { desk, patience, json, bids } = command;
            let mut desk = sit_down(&desk, patience, &passphrase, BIDDER_GOES_ON)?;
            let (yes, book) = (bids.yes, BookFile::open(bids.book.book.as_deref())?);
            let bids = bids::read(&desk, &bids)?;
            confirm(&desk, &bids, &book, yes)?;
            say_until_when_to_run(&desk);
            bidder::run(&mut desk, &bids)?;
            let results = Results::of(&desk)?;
            print(&if json { results.json() } else { results.text() });
        }
        Command::Keyholder(KeyholderCommand::Run { desk, reveals, tell }) => {
            let desk = sit_down(&desk, PATIENCE, &passphrase, KEYHOLDER_GOES_ON)?;
            keyholder::run(desk, reveals, tell)?;
        }
        Command::Agent(AgentCommand::Run { desk, left, json }) => {
            let mut desk = sit_down(&desk, PATIENCE, &passphrase, AGENT_GOES_ON)?;
            let agent::Tally { revealed, not_accepted } = agent::run(&mut desk, left)?;
            print(&if json {
                let value = serde_json::json!({
                    "schema": "talea-agent/2", "revealed": revealed, "not_accepted": not_accepted,
                });
                format!("{value:#}\n")
            } else {
                format!(
                    "{revealed} sealed bids revealed, {not_accepted} not accepted by the board\n"
                )
            });
        }
        Command::Receipt(command) => receipt(command)?,
        Command::Chain(ChainCommand::Export(args)) => chain::export(&args)?,
        Command::Audit(command) => audit(command, &passphrase)?,
        Command::Status(args) => status(&args)?,
        Command::Watch(args) => watch(&args)?,
        Command::Report { path, out, format, ocds, also, book, reader } => {
            let export = Export::of((&out, reader.into()), format, ocds.as_deref())?;
            return report(&path, &also, (&out, &export), book.as_deref());
        }
        Command::Demo { folder, serve, minutes } => {
            let bidders = serve.map_or(Bidders::Own, |at| Bidders::Anybody { at, minutes });
            play_demo(folder, bidders)?;
        }
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "talea", &mut out);
            print(&String::from_utf8_lossy(&out));
        }
        Command::Man { folder } => {
            std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), &folder))
                .map_err(|error| Failure::unwritable(&folder, error))?;
        }
        Command::Verify(args) => return verify(&args),
    }
    Ok(Exit::Ok)
}

fn serve_boards(args: ServeArgs, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let keys = Keys::open(&args.key, passphrase)?;
    interrupt::say_when_stopped(BOARD_GOES_ON);
    let level = match args.log {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt().json().with_max_level(level).with_writer(std::io::stderr).init();
    let folder = |path: &PathBuf| Folder::new(path).shared(args.share.share);
    let folders: Vec<Folder> = args.boards.iter().map(folder).collect();
    let settings = http::Settings {
        listen: args.listen,
        tls: args.certificate.zip(args.certificate_key),
        page: args.page,
        limits: Limits {
            of_address: args.per_address,
            of_key: args.per_key,
            in_all: MOST_POSTS,
            mebibytes: MOST_POSTED_MEBIBYTES,
        },
        bounds: http::Bounds { in_all: args.connections, of_address: args.per_address },
    };
    http::serve(&folders, &keys, settings, |question| ask(question, args.yes))
}

fn play_demo(folder: Option<PathBuf>, bidders: Bidders) -> Result<(), Failure> {
    match folder {
        Some(folder) if folder.exists() => {
            let sentence = format!("{} already exists", folder.display());
            Err(Failure::new(Code::FileExists, sentence))
        }
        Some(folder) => {
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let stop = interrupt::Stop::noted();
            let run = demo::run(&folder, bidders, &stop);
            stop.end_if_told(&format!("what there was until now is in {}", folder.display()));
            run
        }
        None => {
            let stop = interrupt::Stop::noted();
            let folder = tempfile::Builder::new().prefix("talea-demo-").tempdir();
            let folder =
                folder.map_err(|error| Failure::unwritable(&std::env::temp_dir(), error))?;
            let run = demo::run(folder.path(), bidders, &stop);
            // Nothing is left of it when the process ends.
            drop(folder);
            stop.end_if_told("its folder is removed");
            run
        }
    }
}

fn desk(args: &PartyArgs, passphrase: &PassphraseSource) -> Result<Desk, Failure> {
    sit_down(&args.desk, args.patience, passphrase, GOES_ON)
}

fn sit_down(
    args: &DeskArgs,
    patience: u64,
    passphrase: &PassphraseSource,
    when_stopped: &'static str,
) -> Result<Desk, Failure> {
    let keys = Keys::open(&args.key, passphrase)?;
    interrupt::say_when_stopped(when_stopped);
    let access = Access::open(&args.board, &keys.mirrors())?;
    Desk::open(access, keys, Duration::from_secs(patience))
}

fn key(command: KeyCommand, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let (keys, json) = match command {
        KeyCommand::New { file, work_factor, generate_passphrase, force, json } => {
            let by = match generate_passphrase {
                true => NewPassphrase::Drawn,
                false => NewPassphrase::Given,
            };
            let keys = Keys::create(&file, passphrase, by, work_factor, force)?;
            say(&format!(
                "keep a copy of {} in another place, and the passphrase apart from it: nobody can make \
                 these keys again. Whoever has both can sign as this party, and reveal and read its \
                 bids, even years later; the file alone opens nothing. Commands keep their state beside \
                 it, in {}",
                file.display(),
                keys.state_folder().display()
            ));
            (keys, json)
        }
        KeyCommand::Show { file, json } => (Keys::open(&file, passphrase)?, json),
    };
    let (party, keyholder) = (names::party(&keys.party()), names::keyholder(&keys.member()?));
    let agent = keys.agent()?.to_string();
    let auditor = keys.auditor()?.key().to_string();
    print(&if json {
        let value = serde_json::json!({
            "schema": "talea-key/1", "party": party, "keyholder": keyholder, "agent": agent,
            "auditor": auditor,
        });
        format!("{value:#}\n")
    } else {
        format!(
            "party      {party}\nkeyholder  {keyholder}\nagent      {agent}\nauditor    {auditor}\n"
        )
    });
    Ok(())
}

fn address_book(command: BookCommand) -> Result<(), Failure> {
    let (known, book) = match command {
        BookCommand::Add { name, key, how, known } => {
            let mut book = BookFile::open_or_new(known.book.book.as_deref())?;
            book.add(&name, &key, &how)?;
            (known, book)
        }
        BookCommand::Remove { name, known } => {
            let mut book = BookFile::open_or_new(known.book.book.as_deref())?;
            book.remove(&name)?;
            (known, book)
        }
        BookCommand::List { known } => {
            let book = BookFile::open(known.book.book.as_deref())?;
            (known, book)
        }
    };
    say(&format!("the address book is {}", book.path().display()));
    print(&if known.json { book.json() } else { book.text() });
    Ok(())
}

fn terms_of(command: TermsCommand) -> Result<(), Failure> {
    let (terms, book, json) = match command {
        TermsCommand::Example => {
            print(terms::EXAMPLE);
            return Ok(());
        }
        TermsCommand::Import(args) => return desk_lists::import(&args),
        TermsCommand::Export(args) => return desk_lists::export(&args),
        TermsCommand::New { file, out, book, json } => {
            let book = BookFile::open(book.book.as_deref())?;
            let Draft { terms, remarks } = match file {
                Some(file) => terms::read(&file)?,
                None => ask_for_terms(&out)?,
            };
            let bytes = borsh::to_vec(&terms).unwrap_or_default();
            files::write_new(&out, &bytes, Readers::Usual)?;
            remarks.iter().for_each(|remark| say(remark));
            if json {
                print(&TermsData::of(&terms).with_people(&book, &terms).json());
            } else {
                print(&names::shortened(&terms::in_words(&terms, &book)?));
                say(&format!("talea terms show {} prints the keys in full", out.display()));
            }
            return Ok(());
        }
        TermsCommand::Show { path, book, json } => (desk_lists::terms_at(&path)?, book, json),
    };
    let book = BookFile::open(book.book.as_deref())?;
    print(&if json {
        TermsData::of(&terms).with_people(&book, &terms).json()
    } else {
        terms::in_words(&terms, &book)?
    });
    Ok(())
}

/// Asks for terms, and keeps the answers beside them before they are judged as a whole.
fn ask_for_terms(out: &Path) -> Result<Draft, Failure> {
    let beside = |extension: &str| {
        let mut name = out.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    };
    let file = beside(".toml");
    for path in [out, &file] {
        files::require_new(path)?;
    }
    let folder = out.parent().unwrap_or(Path::new(""));
    let mut answers = Answers::open(&beside(".answers"))?;
    let text = interview(std::io::stdin().lock(), std::io::stderr(), &mut answers, folder)?;
    files::write_new(&file, text.as_bytes(), Readers::Usual)?;
    answers.discard();
    let name = file.display().to_string();
    say(&format!("the answers are in {name}"));
    terms::from_text(&name, &text, folder).map_err(|failure| {
        let again = format!("edit {name}, then run: talea terms new {name} --out FILE");
        failure.with_help(again)
    })
}

/// Asks before something binding, on a terminal.
fn ask(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let declined = |why: &str| Err(Failure::new(Code::NotConfirmed, why.to_owned()));
    if !std::io::stdin().is_terminal() {
        return declined(
            "not confirmed: this is binding, and there is no terminal to ask on; --yes \
             confirms it",
        );
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    if ["y", "yes"].contains(&&*answer.trim().to_lowercase()) {
        return Ok(());
    }
    declined("not confirmed: nothing was done")
}

fn open(args: &OpenArgs, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let board = Location::read_folder(&args.board)?;
    let terms = terms::read_bytes(&args.terms)?;
    seller::require_hope(&terms)?;
    // Whoever says yes beforehand has read them.
    if !args.yes {
        let book = BookFile::open(args.book.book.as_deref())?;
        let words = names::shortened(&terms::in_words(&terms, &book)?);
        let path = args.terms.display();
        say(&format!(
            "these terms will bind; talea terms show {path} prints the keys in full:\n\n{words}"
        ));
    }
    ask("Sign them and open the auction?", args.yes)?;
    let keys = Keys::open(&args.key, passphrase)?;
    let folder = Folder::new(board).shared(args.share.share);
    let auction = seller::open(&folder, &keys, &terms)?;
    let id = names::auction(&auction.id());
    print(&if args.json {
        format!("{:#}\n", serde_json::json!({ "schema": "talea-auction/1", "auction": id }))
    } else {
        format!("{id}\n")
    });
    Ok(())
}

/// Asks before bids are committed, and before that whether to bid to keyholders whom the book does not know.
fn confirm(desk: &Desk, bids: &[(u32, Offer)], book: &Book, yes: bool) -> Result<(), Failure> {
    let terms = desk.replica.auction().terms();
    for (number, offer) in bids {
        let lot = usize::try_from(*number).ok().and_then(|at| terms.lots.get(at));
        let Some(lot) = lot else { continue };
        let name = format!("{} ({})", lot.name, lot.identifier);
        match offer {
            Offer::Price(level) => {
                let Some(price) = lot.grid.price(*level) else { continue };
                say(&format!("{}: {name}", money::in_words(terms, lot, price)));
            }
            Offer::Curve(Steps { side, steps }) => {
                for (level, units) in steps {
                    let Some(price) = lot.grid.price(*level) else { continue };
                    let words = money::step_in_words(terms, lot, price, *units);
                    say(&format!("{} {words}: {name}", clearing::side(*side)));
                }
            }
        }
    }
    confirm_keyholders(desk, book, yes)?;
    let deposit = terms.stakes.deposit;
    let locked = if deposit == 0 { String::new() } else { format!(", {deposit} locked for each") };
    ask(&format!("Commit these {} bids{locked}? They cannot be taken back.", bids.len()), yes)
}

/// Says who the parties are, and asks whether to bid to keyholders whom the book does not know.
fn confirm_keyholders(desk: &Desk, book: &Book, yes: bool) -> Result<(), Failure> {
    let terms = desk.replica.auction().terms();
    say(&book::in_a_line(&book.people(terms)));
    if let Some(warning) = book.warning(terms, &desk.keys.member()?) {
        say(&warning);
        ask("Bid to keyholders whom you do not know?", yes)?;
    }
    Ok(())
}

/// The agent with whom bids are to be left, if there is one, after a word on what that means.
fn agent_for(desk: &Desk, args: &AgentArgs, yes: bool) -> Result<Option<Agent>, Failure> {
    let Some(name) = &args.agent else { return Ok(None) };
    let agent = names::read_agent(name)?;
    let (warning, is_grave) = agent::warning(&agent, desk.replica.auction().terms());
    say(&warning);
    if is_grave {
        ask("Leave your sealed bids with it all the same?", yes)?;
    }
    Ok(Some(agent))
}

/// Leaves what was committed with the agent.
fn leave(
    desk: &Desk,
    committed: &[Committed],
    (agent, args): (Option<Agent>, &AgentArgs),
) -> Result<(), Failure> {
    let (Some(agent), Some(path)) = (agent, &args.leave) else { return Ok(()) };
    let files = bidder::leave(desk, committed, &agent, path)?;
    say(&format!(
        "{} sealed bids for the agent are in {}: put them, whole, into the folder that it named. They are of this \
         round alone",
        committed.len(),
        listed(&files)
    ));
    Ok(())
}

/// Files, one after the other.
fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    names.join(", ")
}

fn bid(args: &BidArgs, improves: bool, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let mut desk = desk(&args.party, passphrase)?;
    let book = BookFile::open(args.bids.book.book.as_deref())?;
    let bids = bids::read(&desk, &args.bids)?;
    let agent = agent_for(&desk, &args.agent, args.bids.yes)?;
    confirm(&desk, &bids, &book, args.bids.yes)?;
    desk.await_phase(Phase::Commits, u32::from(improves), args.wait.wait)?;
    let committed = bidder::commit(&mut desk, &bids);
    print_commits("commit", &desk, &committed.done, args.party.json);
    leave(&desk, &committed.done, (agent, &args.agent))?;
    let left = bidder::not_bid_again(&desk);
    if !left.is_empty() {
        say(&format!(
            "no bid was made in this round on: {}. talea stand makes the same bid again; otherwise the \
             bid of the round before counts{}",
            left.join(", "),
            bidder::and_its_deposit(desk.replica.auction().terms())
        ));
    }
    if !committed.done.is_empty() {
        say_when_reveals_are_due(&desk);
    }
    committed.well()
}

/// Makes the bids of the round before again: they were confirmed then, but not to whom they go, nor the agent.
fn stand(args: &StandArgs, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let mut desk = desk(&args.party, passphrase)?;
    let book = BookFile::open(args.book.book.as_deref())?;
    let agent = agent_for(&desk, &args.agent, args.yes)?;
    confirm_keyholders(&desk, &book, args.yes)?;
    desk.await_phase(Phase::Commits, 1, args.wait.wait)?;
    let committed = bidder::stand(&mut desk)?;
    print_commits("commit", &desk, &committed.done, args.party.json);
    leave(&desk, &committed.done, (agent, &args.agent))?;
    if !committed.done.is_empty() {
        say_when_reveals_are_due(&desk);
    }
    committed.well()
}

/// What a bidder must still do, until when, and with what.
fn say_when_reveals_are_due(desk: &Desk) {
    let (auction, clock) = (desk.replica.auction(), desk.replica.board().clock());
    let (Phase::Commits, Some(last)) = (auction.phase(), auction.deadline()) else { return };
    let slots = auction.terms().reveal_slots(auction.round());
    say(&format!(
        "reveals are due from {} to {}: run talea reveal then, on any machine with this key, and with \
         the board's folder or its address. A bid that is not revealed does not count{}",
        clock.time_of(last),
        clock.time_of(last.saturating_add(slots)),
        bidder::and_its_deposit(auction.terms())
    ));
}

/// Until when a bidder that runs by itself must not be stopped, in the first round.
fn say_until_when_to_run(desk: &Desk) {
    let (auction, clock) = (desk.replica.auction(), desk.replica.board().clock());
    if auction.round() > 0 || order(auction.phase()) > order(Phase::Reveals) {
        return;
    }
    let schedule = &auction.terms().schedule;
    let in_rounds = match auction.terms().rounds {
        Some(_) => ", and in each round after",
        None => "",
    };
    say(&format!(
        "this process reveals by itself, from {} to {}{in_rounds}: let it run until it ends. A bid that is not \
         revealed does not count{}",
        clock.time_of(schedule.commits_until),
        clock.time_of(schedule.reveals_until),
        bidder::and_its_deposit(auction.terms())
    ));
}

fn reserve(args: &BidArgs, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let mut desk = desk(&args.party, passphrase)?;
    let named = desk.replica.auction().terms().seller;
    if desk.keys.party() != named {
        return Err(Failure::other_key("seller", &named, &desk.keys.party()));
    }
    let book = BookFile::open(args.bids.book.book.as_deref())?;
    let bids = bids::read(&desk, &args.bids)?;
    let agent = agent_for(&desk, &args.agent, args.bids.yes)?;
    confirm(&desk, &bids, &book, args.bids.yes)?;
    desk.await_phase(Phase::Reserves, 0, args.wait.wait)?;
    let committed = bidder::reserve(&mut desk, &bids);
    print_commits("reserve", &desk, &committed.done, args.party.json);
    leave(&desk, &committed.done, (agent, &args.agent))?;
    committed.well()
}

fn print_commits(what: &'static str, desk: &Desk, committed: &[Committed], json: bool) {
    let accepted = committed.iter().map(|committed| Accepted::commit(what, desk, committed));
    print(&written(&accepted.collect::<Vec<_>>(), json));
}

fn reveal(args: &RevealArgs, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let mut desk = desk(&args.party, passphrase)?;
    for price in &args.prices {
        let (lot, price) = bids::lot_and_price(price)?;
        let (lot, level) = desk.level(lot, price)?;
        desk.remembered.insert(lot, level);
    }
    let json = args.party.json;
    if let Some(path) = &args.to {
        if args.wait.wait {
            desk.await_phase(Phase::Reveals, 0, true)?;
        }
        let (Handed { commits, reveals }, files, trouble) = bidder::hand_over(&desk, path)?;
        let (sealed, commits) = (reveals.len(), commits.len());
        let file = listed(&files);
        print(&if json {
            let value = serde_json::json!({
                "schema": "talea-handed/1", "file": path, "files": files, "sealed_bids": sealed,
                "commits": commits,
            });
            format!("{value:#}\n")
        } else if commits == 0 {
            format!("{sealed} sealed bids in {file}\n")
        } else {
            format!(
                "{sealed} sealed bids and {commits} commits that the board does not show in {file}\n"
            )
        });
        trouble.map_or(Ok(()), Err)?;
        return if commits == 0 { all_taken(&desk) } else { Ok(()) };
    }
    desk.await_phase(Phase::Reveals, 0, args.wait.wait)?;
    let revealed = bidder::reveal(&mut desk);
    let entries = revealed.done.iter().copied();
    let accepted = entries.map(|(entry, count)| Accepted::reveals(&desk, entry, count));
    print(&written(&accepted.collect::<Vec<_>>(), json));
    let is_nothing = revealed.done.is_empty();
    revealed.well()?;
    all_taken(&desk)?;
    if is_nothing && !bidder::has_committed(&desk) {
        let sentence =
            "the board shows no bid of this party in this round: there is nothing to reveal";
        return Err(Failure::new(Code::NoBid, sentence)
            .with_help("talea key show prints whose key this is; talea status shows the auction"));
    }
    if is_nothing {
        say("every bid of this party is already revealed");
    }
    Ok(())
}

/// Says so if the board shows no commit where this party made one: there is nothing to reveal then.
fn all_taken(desk: &Desk) -> Result<(), Failure> {
    let untaken = bidder::untaken(desk)?;
    if untaken.is_empty() {
        return Ok(());
    }
    let sentence = format!("the board shows no commit of this party on: {}", untaken.join(", "));
    Err(Failure::new(Code::NoBid, sentence).with_help(
        "the board never took the commit, or removed it before signing for it; talea bid hands in the \
         same bytes while bids are due",
    ))
}

fn decide(args: &DecideArgs, accept: bool, passphrase: &PassphraseSource) -> Result<(), Failure> {
    let mut desk = desk(&args.party, passphrase)?;
    let (lot, _) = desk.lot(&args.lot)?;
    while args.wait.wait && desk.replica.auction().award_to_decide(lot).is_none() {
        desk.await_phase(Phase::Ranking, 0, true)?;
        std::thread::sleep(POLL);
    }
    let entry = seller::decide(&mut desk, lot, accept)?;
    let word = if accept { "accept" } else { "decline" };
    print(&written(&[Accepted::on_lot(word, &desk, entry, lot)], args.party.json));
    Ok(())
}

fn receipt(command: ReceiptCommand) -> Result<(), Failure> {
    match command {
        ReceiptCommand::New { board, entry, out } => {
            let (replica, checkpoints) = shown(&Folder::new(path_of(&board)?))?;
            let text = Receipt::of(&replica, &checkpoints, entry)?.json();
            match out {
                None => print(&text),
                Some(path) => files::write_new(&path, text.as_bytes(), Readers::Usual)?,
            }
        }
        ReceiptCommand::Check { receipt, board, against, json } => {
            let receipt = read_receipt(&receipt)?;
            if let Some(other) = against {
                receipt.goes_with(&read_receipt(&other)?)?;
            }
            if let Some(board) = board {
                let (replica, checkpoints) = shown(&Folder::new(path_of(&board)?))?;
                receipt.is_kept(&replica, &checkpoints)?;
            }
            let Some((entry, signed, instruction)) = receipt.read_entry() else {
                return Err(Failure::new(
                    Code::Receipt,
                    "its field `body` is not an entry of a transcript",
                ));
            };
            let (kind, signer) = (instruction.kind(), names::party(&signed.signer));
            let Receipt { entry: number, board, checkpoint, .. } = &receipt;
            print(&if json {
                let value = serde_json::json!({
                    "schema": "talea-receipt-check/1", "auction": checkpoint.auction,
                    "board": board, "entry": number, "entries": checkpoint.entries,
                    "kind": kind, "signer": signer, "slot": entry.slot,
                });
                format!("{value:#}\n")
            } else {
                format!(
                    "entry {number}, a {kind} of {signer} in slot {}, is under the root that {board} \
                     signed over {} entries of auction {}\n",
                    entry.slot, checkpoint.entries, checkpoint.auction
                )
            });
        }
        ReceiptCommand::Compare { one, other, signed_by, json } => {
            let board = signed_by.as_deref().map(names::read_party).transpose()?;
            return compare_sides(&one, &other, board, json);
        }
    }
    Ok(())
}

fn audit(command: AuditCommand, passphrase: &PassphraseSource) -> Result<(), Failure> {
    match command {
        AuditCommand::Open(args) => {
            let keys = Keys::open(&args.key, passphrase)?;
            print(&audit::open::run(&args, &keys, |question| ask(question, args.yes))?);
        }
        AuditCommand::Read(args) => {
            let keys = Keys::open(&args.key, passphrase)?;
            print(&audit::read::run(&args, &keys)?);
        }
        AuditCommand::Notices(args) => print(&audit::notices::run(&args)?),
        AuditCommand::Decryptions(args) => print(&audit::decryptions::run(&args)?),
    }
    Ok(())
}

/// What one party has seen.
fn side(written: &Path) -> Result<Side, Failure> {
    let path = path_of(written)?;
    if path.is_dir() { Side::of_folder(&path) } else { Side::of_file(&path) }
}

fn compare_sides(
    one: &Path,
    other: &Path,
    board: Option<PartyKey>,
    json: bool,
) -> Result<(), Failure> {
    let [one, other] = [side(one)?, side(other)?];
    let auction = one.auction.clone();
    match compare(one, other, board)? {
        Verdict::Same(fewer, more) => {
            print(&if json {
                let value = serde_json::json!({
                    "schema": "talea-comparison/1", "auction": auction, "entries": [fewer, more],
                });
                format!("{value:#}\n")
            } else {
                format!(
                    "one history: {fewer} entries of auction {auction} are the first of {more}\n"
                )
            });
            Ok(())
        }
        Verdict::Open => {
            let sentence = "nothing contradicts, and nothing shows that one history holds both";
            Err(Failure::new(Code::NotYet, sentence).with_help(
                "compare with the folder, the mirror or the address of a board that shows the longer history",
            ))
        }
    }
}

/// What a folder shows: the transcript, and what the board signed of it. The signatures are read
/// first: a board that runs appends an entry before it signs it.
fn shown(folder: &Folder) -> Result<(Replica, Vec<Checkpoint>), Failure> {
    let checkpoints = serve::checkpoints(folder);
    Ok((Replica::of(folder)?, checkpoints))
}

/// How an auction goes on: each change as it comes, and on a terminal a bar for what it waits for.
fn watch(args: &StatusArgs) -> Result<(), Failure> {
    interrupt::say_when_stopped("nothing is lost: watching changes nothing");
    let (party, book) = (args.read_party()?, BookFile::open(args.book.book.as_deref())?);
    let access = Access::follow(&args.path)?;
    let mut replica = Replica::of(access.folder())?;
    let bar = progress::Bar::new();
    let mut shown = String::new();
    loop {
        let status = Status::of(&replica).with_party(&replica, party).with_people(&replica, &book);
        let text = if args.json { status.json() } else { status.text() };
        if text != shown {
            bar.aside(|| print(&text));
            shown = text;
        }
        bar.show(&replica);
        if replica.is_closed() {
            return Ok(());
        }
        std::thread::sleep(POLL * 4);
        access.check()?;
        replica.advance()?;
    }
}

/// How the auction of a transcript stands, or of a board's folder.
fn status(args: &StatusArgs) -> Result<(), Failure> {
    let (party, book) = (args.read_party()?, BookFile::open(args.book.book.as_deref())?);
    let show = |replay: &Replay, signatures: Option<Signatures>| {
        let status = Status::of(replay).with_party(replay, party).with_people(replay, &book);
        let status = status.signed(signatures);
        print(&if args.json { status.json() } else { status.text() });
    };
    let path = path_of(&args.path)?;
    if !path.is_dir() {
        show(&Replay::of(&path)?, None);
        return Ok(());
    }
    let (replica, signatures) = signed(&Folder::new(path))?;
    show(&replica, signatures.as_ref().ok().copied());
    signatures.map(drop)
}

/// The report of a transcript, or of a board's folder, with what the board signed of it.
fn report_of(path: &Path) -> Result<Report, Failure> {
    if !path.is_dir() {
        return Ok(Report::of(path)?.0);
    }
    let folder = Folder::new(path);
    // Signatures first: a board that runs appends an entry before it signs it.
    let (checkpoints, others) = serve::checkpoints_and_others(&folder);
    let (report, replay) = Report::of(&folder.transcript())?;
    let Some(replay) = replay.filter(|replay| replay.board().is_some()) else { return Ok(report) };
    let replica = Replica::from_replay(replay)?;
    Ok(report.with_signatures(signatures_over(&replica, (&checkpoints, others))))
}

fn report(
    path: &Path,
    also: &[PathBuf],
    (out, export): (&Path, &Export),
    book: Option<&Path>,
) -> Result<Exit, Failure> {
    if !also.is_empty() && !export.takes_several() {
        let sentence = format!(
            "--also is for FILE.parquet, and with --for regulator for FILE.html and FILE.json; {} is none of them",
            out.display()
        );
        return Err(Failure::new(Code::FileUnwritable, sentence));
    }
    let book = book.map(|book| BookFile::open(Some(book))).transpose()?;
    let report_of = |path: &Path| {
        let report = report_of(&path_of(path)?)?;
        Ok(match &book {
            Some(book) => report.with_names(book),
            None => report,
        })
    };
    let first = report_of(path)?;
    let others = also.iter().map(|path| report_of(path)).collect::<Result<Vec<_>, Failure>>()?;
    let of_all = std::iter::once((path, &first));
    let of_all = of_all.chain(also.iter().map(PathBuf::as_path).zip(&others));
    let mut exit = Ok(Exit::Ok);
    let mut is_objectionable = false;
    for (path, report) in of_all {
        if let (true, Some(why)) = (report.is_invalid(), report.objection()) {
            say(&format!("{} is INVALID: {why}", path.display()));
        }
        is_objectionable |= report.objection().is_some();
        exit = exit.and_then(|so_far: Exit| Ok(so_far.max(report.exit()?)));
    }
    if is_objectionable && !export.shows_objections() {
        say(&format!("{} is not written", out.display()));
        return exit;
    }
    files::write(out, &export.bytes(first, others)?, Readers::Usual)?;
    exit
}

fn verify(args: &VerifyArgs) -> Result<Exit, Failure> {
    let path = path_of(&args.path)?;
    let folder = path.is_dir().then(|| Folder::new(&path));
    let path = folder.as_ref().map_or(path, Folder::transcript);
    let report = verify_file(&path)?;
    let is_invalid = report.exit_code() == 1;
    // What the board signed is compared with what is valid.
    let signatures =
        folder.filter(|_| !is_invalid).map(|folder| signed(&folder).and_then(|(_, found)| found));
    let found = signatures.as_ref().and_then(|signatures| signatures.as_ref().ok());
    print(&if args.json {
        with_signatures(&report.to_json(), found)?
    } else {
        let checks = if args.checks { report.checks_to_text() + "\n" } else { String::new() };
        let found = found.map_or(String::new(), |found| format!("\n{}\n", found.in_words()));
        checks + &report.to_text() + &found
    });
    if is_invalid {
        return Ok(Exit::Invalid);
    }
    signatures.transpose()?;
    Ok(if report.exit_code() == 3 { Exit::NotYet } else { Exit::Ok })
}

/// What the board signed of the transcript in its folder. Every checkpoint in it that the board signed of
/// this auction speaks of that transcript.
fn signed(folder: &Folder) -> Result<(Replica, Result<Signatures, Failure>), Failure> {
    // Signatures first: a board that runs appends an entry before it signs it.
    let (checkpoints, others) = serve::checkpoints_and_others(folder);
    let replica = Replica::of(folder)?;
    let signatures = signatures_over(&replica, (&checkpoints, others));
    Ok((replica, signatures))
}

/// The verifier's report, with what the board signed beside it.
fn with_signatures(report: &str, found: Option<&Signatures>) -> Result<String, Failure> {
    let Some(found) = found else { return Ok(report.to_owned()) };
    let internal = |error: serde_json::Error| Failure::new(Code::Internal, error.to_string());
    let mut report: serde_json::Value = serde_json::from_str(report).map_err(internal)?;
    if let Some(report) = report.as_object_mut() {
        let found = serde_json::to_value(found).map_err(internal)?;
        report.insert("board_signatures".into(), found);
    }
    Ok(format!("{report:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands that run and write no data, or write a file or a format of its own.
    const OTHERS: [&str; 10] = [
        "terms export",
        "terms example",
        "board run",
        "board serve",
        "keyholder run",
        "receipt new",
        "report",
        "demo",
        "completions",
        "man",
    ];

    fn leaves(command: &clap::Command, name: &str, found: &mut Vec<(String, bool)>) {
        let inner: Vec<_> = command.get_subcommands().collect();
        if inner.is_empty() {
            found.push((name.into(), command.get_arguments().any(|flag| flag.get_id() == "json")));
        }
        for next in inner {
            leaves(next, format!("{name} {}", next.get_name()).trim_start(), found);
        }
    }

    #[test]
    fn every_command_writes_json_if_asked() {
        let (command, mut found) = (Cli::command(), Vec::new());
        command.clone().debug_assert();
        leaves(&command, "", &mut found);
        let without: Vec<&str> =
            found.iter().filter(|(_, json)| !json).map(|(name, _)| name.as_str()).collect();
        let is_known = |name: &&str| OTHERS.contains(name);
        assert!(without.iter().all(is_known) && without.len() == OTHERS.len(), "{without:?}");
    }
}
