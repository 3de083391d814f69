//! A small auction, held by real processes in a temporary folder while one watches: two lots, two of three
//! keyholders, and three bidders, or whoever comes over HTTP.

use crate::{
    board::folder::Folder,
    book::BookFile,
    failure::{Code, Failure},
    files::{self, Readers},
    interrupt::Stop,
    keys::{Keys, NewPassphrase, PassphraseSource},
    names,
    replica::Replica,
    say::{print, say},
    status::Status,
};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Guessing the demonstration's passphrase protects nobody, so it may be cheap.
const WORK_FACTOR: u8 = 10;
const BIDS: [(&str, [&str; 2]); 3] = [
    ("birch", ["B1=99.25", "B2=97.50"]),
    ("cedar", ["B1=99.50", "B2=97.00"]),
    ("fir", ["B1=98.75", "B2=97.50"]),
];
const KEYHOLDERS: [&str; 3] = ["ash", "oak", "yew"];
/// The longest address that a board says it has.
const MAX_ADDRESS: u64 = 4_096;
const BOOK: &str = "book.csv";
/// How long it waits before it looks again whether a process has ended.
const POLL: Duration = Duration::from_millis(20);

/// How long an auction that was served stays so after its outcome, for whoever looks at it.
const LINGER: Duration = Duration::from_secs(10);

/// Who bids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bidders {
    /// Three of the demonstration's own.
    Own,
    /// Anybody, for so many minutes, over HTTP.
    Anybody {
        /// Where the board listens.
        at: SocketAddr,
        /// For how long it takes bids.
        minutes: u64,
    },
}

/// Runs the demonstration in `folder`, until it is told to stop.
///
/// # Errors
/// Those of every command that it runs; any, if it is told to stop.
pub fn run(folder: &Path, bidders: Bidders, stop: &Stop) -> Result<(), Failure> {
    let demo = Demo::prepare(folder, bidders, stop)?;
    match bidders {
        Bidders::Own => demo.hold()?,
        Bidders::Anybody { at, .. } => demo.serve(at)?,
    }
    let replica = Replica::of(&Folder::new(folder.join("board")))?;
    print(&Status::of(&replica).text());
    Ok(())
}

struct Demo {
    folder: PathBuf,
    passphrase: PathBuf,
    stop: Stop,
}

impl Demo {
    /// Makes everybody's keys and the terms, and opens the auction.
    fn prepare(folder: &Path, bidders: Bidders, stop: &Stop) -> Result<Self, Failure> {
        files::private_folder(folder)?;
        let passphrase = folder.join("passphrase");
        files::write(&passphrase, b"this is only a demonstration\n", Readers::Owner)?;
        let demo = Self { folder: folder.to_owned(), passphrase, stop: stop.clone() };
        say(&format!("all files are in {}", folder.display()));
        let source = PassphraseSource { file: Some(demo.passphrase.clone()) };
        let key = |who: &str| {
            let path = folder.join(format!("{who}.key"));
            Keys::create(&path, &source, NewPassphrase::Given, WORK_FACTOR, false)
        };
        let [seller, board] =
            ["seller", "board"].map(|who| key(who).map(|keys| names::party(&keys.party())));
        if bidders == Bidders::Own {
            BIDS.iter().try_for_each(|(who, _)| key(who).map(drop))?;
        }
        // Bidders who know their keyholders are warned of none.
        let mut book = BookFile::open_or_new(Some(&folder.join(BOOK)))?;
        let mut members = Vec::new();
        for who in KEYHOLDERS {
            let member = names::keyholder(&key(who)?.member()?);
            book.add(who, &member, "its key was made for this demonstration")?;
            members.push(format!("{member:?}"));
        }
        let (commits, reveals) = match bidders {
            Bidders::Own => ("4s".to_owned(), "4s"),
            // A page reveals by itself, as long as it is open.
            Bidders::Anybody { minutes, .. } => (format!("{minutes}m"), "1m"),
        };
        let terms = format!(
            "seller = {:?}\n\
             [board]\nkey = {:?}\nslot = \"100ms\"\n\
             [schedule]\ndeals = \"3s\"\ncomplaints = \"1s\"\ncommits = {commits:?}\nreveals = {reveals:?}\n\
             endorsing = \"10s\"\nstep = \"10s\"\n\
             [disclosure]\ncover = true\ndepth_from = 3\n\
             [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nendorsements = 3\nmembers = [{}]\n\
             [every_lot]\nside = \"sale\"\nscale = \"decimal 2\"\nstart = \"90.00\"\ntick = \"0.25\"\n\
             end = \"105.75\"\nquantity = 1000000\n\
             [[lots]]\nname = \"Larkspur Mill 2031\"\nidentifier = \"B1\"\n\
             [[lots]]\nname = \"Kingdom of Thule 2044\"\nidentifier = \"B2\"\n",
            seller?,
            board?,
            members.join(", ")
        );
        files::write(&folder.join("terms.toml"), terms.as_bytes(), Readers::Everybody)?;
        demo.run(&["terms", "new", "terms.toml", "--out", "terms"])?;
        demo.run(&["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"])?;
        Ok(demo)
    }

    /// Holds the auction over the folder, with bidders of its own.
    fn hold(&self) -> Result<(), Failure> {
        let mut children = Children(Vec::new());
        children.0.push(self.spawn(&["board", "run", "board", "--key", "board.key"])?);
        children.0.extend(self.keyholders("board")?);
        for (who, [first, second]) in BIDS {
            let key = format!("{who}.key");
            let bid =
                ["bidder", "run", "board", "--key", &key, "--book", BOOK, "--yes", first, second];
            children.0.push(self.spawn(&bid)?);
        }
        children.wait("(in the background)", &self.stop)?;
        for (who, _) in BIDS {
            let key = format!("{who}.key");
            self.run(&["result", "board", "--key", &key])?;
        }
        self.check()
    }

    /// Holds the auction over HTTP, with whoever comes.
    fn serve(&self, at: SocketAddr) -> Result<(), Failure> {
        let listen = at.to_string();
        let mut serving = self.command(&[
            "board",
            "serve",
            "board",
            "--key",
            "board.key",
            "--listen",
            &listen,
            "--log",
            "error",
        ])?;
        let mut serving = serving.stdout(Stdio::piped()).spawn().map_err(internal)?;
        let said = serving.stdout.take();
        let _serving = Children(vec![serving]);
        let mut address = String::new();
        if let Some(said) = said {
            BufReader::new(said).take(MAX_ADDRESS).read_line(&mut address).map_err(internal)?;
        }
        let address = address.trim();
        if address.is_empty() {
            let sentence = format!("the board could not be served at {at}");
            return Err(Failure::new(Code::HttpListen, sentence));
        }
        print(&format!("{address}\n"));
        say(&format!(
            "open it in a browser, or bid with: talea bidder run --board {address} --key KEY --yes B1=99.25"
        ));
        // A keyholder is on this machine, wherever others come from.
        let near =
            address.replacen("//0.0.0.0:", "//127.0.0.1:", 1).replacen("//[::]:", "//[::1]:", 1);
        Children(self.keyholders(&near)?).wait("keyholder run", &self.stop)?;
        self.check()?;
        let since = Instant::now();
        while !self.stop.is_told() && since.elapsed() < LINGER {
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn keyholders(&self, board: &str) -> Result<Vec<Child>, Failure> {
        let keyholder = |who| {
            let key = format!("{who}.key");
            self.spawn(&["keyholder", "run", "--board", board, "--key", &key])
        };
        KEYHOLDERS.into_iter().map(keyholder).collect()
    }

    /// Verifies what happened, and writes a report.
    fn check(&self) -> Result<(), Failure> {
        self.run(&["verify", "board"])?;
        self.run(&["report", "board", "--book", BOOK, "--out", "report.html"])
    }

    fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        say(&format!("$ talea {}", arguments.join(" ")));
        let program = std::env::current_exe().map_err(|error| {
            Failure::new(Code::Internal, format!("this program cannot be found again: {error}"))
        })?;
        let mut command = Command::new(program);
        command.current_dir(&self.folder).arg("--passphrase-file").arg(&self.passphrase);
        command.args(arguments).stdin(Stdio::null());
        // Ctrl-C on the terminal is for the demonstration, which ends them: what each would say of going on is
        // not so.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(command)
    }

    fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        let child = self.command(arguments)?.spawn().map_err(internal)?;
        Children(vec![child]).wait(&arguments.join(" "), &self.stop)
    }

    fn spawn(&self, arguments: &[&str]) -> Result<Child, Failure> {
        let mut command = self.command(arguments)?;
        // What bidders learn at the end is shown one by one.
        command.stdout(Stdio::null());
        command.spawn().map_err(internal)
    }
}

fn internal(error: std::io::Error) -> Failure {
    Failure::new(Code::Internal, error.to_string())
}

/// Processes that do not outlive a demonstration that fails.
struct Children(Vec<Child>);

impl Children {
    /// Waits until all have ended well, or one has not, or nobody wants them any more.
    fn wait(&mut self, what: &str, stop: &Stop) -> Result<(), Failure> {
        for child in &mut self.0 {
            let status = loop {
                if stop.is_told() {
                    return Err(Failure::new(Code::Internal, "the demonstration was stopped"));
                }
                match child.try_wait().map_err(internal)? {
                    Some(status) => break status,
                    None => std::thread::sleep(POLL),
                }
            };
            if !status.success() {
                let sentence = format!("talea {what} ended with {status}");
                return Err(Failure::new(Code::Internal, sentence));
            }
        }
        Ok(())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Those that have ended cannot be killed, and need not be.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
