//! What the tests with real processes share: a folder with everybody in it, and who runs there.

#![allow(dead_code, reason = "not every file of tests needs everything")]

use crate::steps;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

pub const LIMIT: Duration = Duration::from_secs(240);

/// A folder with everybody's keys, terms and an open board.
pub struct Workspace {
    pub folder: tempfile::TempDir,
    pub bidders: usize,
    pub keyholders: usize,
    pub lots: usize,
}

/// A process that ends with its test.
pub struct Running(pub Option<Child>);

impl Running {
    pub fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What differs from test to test.
pub struct Shape {
    pub bidders: usize,
    pub keyholders: usize,
    pub lots: usize,
    /// Slots of 100 ms for each phase in which time must pass.
    pub patience: u64,
    /// Slots for each step of the ranking, in which nobody waits unless somebody is missing.
    pub step: u64,
    pub more: &'static str,
}

impl Workspace {
    pub fn open(shape: &Shape) -> Self {
        let Shape { bidders, keyholders, lots, patience, step, more } = *shape;
        let folder = tempfile::tempdir().unwrap();
        let workspace = Self { folder, bidders, keyholders, lots };
        fs::write(workspace.path("passphrase"), "correct horse battery\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(workspace.path("passphrase"), private).unwrap();
        }
        let mut parties = vec!["seller".to_owned(), "custodian".into(), "beneficiary".into()];
        parties.push("board".into());
        parties.extend((0..bidders).map(|n| format!("bidder{n}")));
        parties.extend((0..keyholders).map(|n| format!("keyholder{n}")));
        for party in &parties {
            workspace.done(&["key", "new", &format!("{party}.key"), "--work-factor", "4"]);
        }
        let members: Vec<String> = (0..keyholders)
            .map(|n| format!("{:?}", workspace.name(&format!("keyholder{n}"), "keyholder")))
            .collect();
        let names =
            ["seller", "custodian", "beneficiary", "board"].map(|who| workspace.name(who, "party"));
        let [seller, custodian, beneficiary, board] = names;
        let (patience, step) = (patience * 100, step * 100);
        let mut terms = format!(
            "seller = {seller:?}\ncustodian = {custodian:?}\nbeneficiary = {beneficiary:?}\n{more}\n\
             [board]\nkey = {board:?}\nslot = \"100ms\"\n\
             [schedule]\ndeals = \"{patience}ms\"\ncomplaints = \"{patience}ms\"\n\
             commits = \"{patience}ms\"\nreveals = \"{patience}ms\"\n\
             endorsing = \"{step}ms\"\nstep = \"{step}ms\"\n\
             [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nmembers = [{0}]\n\
             [every_lot]\nside = \"sale\"\nscale = \"decimal 2\"\nstart = \"90.00\"\n\
             tick = \"0.25\"\nlevels = 64\nshape = [8, 8]\n",
            members.join(", "),
        );
        for lot in 0..lots {
            terms.push_str(&format!("[[lots]]\nname = \"Bond {lot}\"\nidentifier = \"B{lot}\"\n"));
        }
        fs::write(workspace.path("terms.toml"), terms).unwrap();
        workspace.done(&["terms", "new", "terms.toml", "--out", "terms"]);
        workspace.done(&["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"]);
        workspace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talea"));
        command.current_dir(self.folder.path()).args(["--passphrase-file", "passphrase"]);
        command.args(arguments).stdin(Stdio::null());
        // Whoever writes this file sets everybody's clock.
        command.env("TALEA_CLOCK", self.path("clock"));
        // No address book of whoever runs the tests.
        command.env("XDG_CONFIG_HOME", self.path("settings"));
        // Nor their mirrors of boards.
        command.env("XDG_STATE_HOME", self.path("state"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs what must end well; what it wrote.
    #[track_caller]
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs what must fail like this.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], status: i32, code: &str) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        assert!(said.contains(&format!("error[{code}]")), "{arguments:?}: {said}");
    }

    pub fn name(&self, who: &str, kind: &str) -> String {
        let shown = self.done(&["key", "show", &format!("{who}.key"), "--json"]);
        let keys: serde_json::Value = serde_json::from_str(&shown).unwrap();
        keys[kind].as_str().unwrap().to_owned()
    }

    /// The custodian reports money for somebody.
    pub fn fund(&self, who: &str, amount: u64) {
        let (name, amount) = (self.name(who, "party"), amount.to_string());
        let key = "custodian.key";
        self.done(&["fund", "board", "--key", key, "--for", &name, "--amount", &amount]);
    }

    /// Everybody's arguments: the board, keyholders, bidders. Bidder `n` bids `90 + n + lot/4` or
    /// so, and the last one wins every lot.
    pub fn everybody(&self) -> Vec<Vec<String>> {
        let words = |text: String| text.split(' ').map(String::from).collect::<Vec<_>>();
        let mut all = vec![words("board run board --key board.key --yes".into())];
        for n in 0..self.keyholders {
            all.push(words(format!(
                "keyholder run board --key keyholder{n}.key --reveals reveals"
            )));
        }
        for n in 0..self.bidders {
            let mut arguments = words(format!("bidder run board --key bidder{n}.key --yes"));
            arguments.extend((0..self.lots).map(|lot| format!("B{lot}={}.50", 90 + n)));
            all.push(arguments);
        }
        all
    }

    pub fn spawn(&self, arguments: &[String]) -> Child {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let copy = log.try_clone().unwrap();
        self.command(&words).stdout(log).stderr(copy).spawn().unwrap()
    }

    /// Starts a process whose words are kept.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        Running(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Starts a process whose words go into the log.
    pub fn start_aloud(&self, arguments: &[&str]) -> Running {
        let words: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        Running(Some(self.spawn(&words)))
    }

    /// By how many milliseconds the clock of every process is wrong.
    pub fn set_clock(&self, wrong_by: i64) {
        steps::set(&self.path("clock"), &wrong_by.to_string());
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Lets everybody run until all have ended well. Whoever `kills` picks is killed and started
    /// again.
    pub fn run_to_end(&self, kill: impl FnMut(&mut [Child]) -> Option<usize>) {
        self.play_while(&self.everybody(), kill, |_| ());
    }

    /// Lets these processes run until all have ended well.
    pub fn run_all(&self, arguments: &[Vec<String>]) {
        self.play_while(arguments, |_| None, |_| ());
    }

    /// As [`run`](Self::run), in time that passes by steps: each of them once everybody has done its part, and
    /// at least so many were killed since the last one.
    pub fn play_by_steps(&self, kills: usize, kill: impl FnMut(&mut [Child]) -> Option<usize>) {
        let mut time = steps::Steps::of(self);
        let mut killed_at_step = 0;
        self.play_while(&self.everybody(), kill, |killed| {
            if killed >= killed_at_step + kills && time.step() {
                killed_at_step = killed;
            }
        });
    }

    fn play_while(
        &self,
        arguments: &[Vec<String>],
        mut kill: impl FnMut(&mut [Child]) -> Option<usize>,
        mut look: impl FnMut(usize),
    ) {
        let mut children: Vec<Child> = arguments.iter().map(|words| self.spawn(words)).collect();
        let mut ended = vec![false; children.len()];
        let (since, mut killed) = (Instant::now(), 0);
        while !ended.iter().all(|ended| *ended) {
            if since.elapsed() > LIMIT {
                children.iter_mut().for_each(|child| drop(child.kill()));
                panic!("it came to a stand\n{}", self.log());
            }
            if let Some(victim) = kill(&mut children).filter(|victim| !ended[*victim]) {
                // SIGKILL, on Unix.
                children[victim].kill().unwrap();
                children[victim].wait().unwrap();
                children[victim] = self.spawn(&arguments[victim]);
                killed += 1;
            }
            for (at, child) in children.iter_mut().enumerate() {
                let Some(status) = child.try_wait().unwrap() else { continue };
                if !ended[at] && !status.success() {
                    panic!("{:?} ended with {status}\n{}", arguments[at], self.log());
                }
                ended[at] = true;
            }
            look(killed);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The transcript is valid, every lot went to the last bidder at its price, and every keyholder
    /// has erased its share.
    pub fn check(&self) {
        let report = self.done(&["verify", "board"]);
        assert!(report.starts_with("VALID"), "{report}");
        let status = self.done(&["status", "board", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let winner = self.name(&format!("bidder{}", self.bidders - 1), "party");
        let price = format!("{}.50", 90 + self.bidders - 1);
        for lot in status["lots"].as_array().unwrap() {
            assert_eq!(lot["price"], price, "{lot}\n{}", self.log());
            assert_eq!(lot["winners"], serde_json::json!([winner]), "{lot}");
        }
        for n in 0..self.keyholders {
            let secrets = find(&self.path(&format!("keyholder{n}.key.state")), "coefficients.age");
            assert!(secrets.is_empty(), "{secrets:?}");
        }
        self.no_occasion_twice();
    }

    /// Nobody who holds a key said two things where one is due: no two different posts of one
    /// keyholder for one chunk of one step, not even among those that were refused.
    pub fn no_occasion_twice(&self) {
        use talea_cli::party::journal::{Journal, Note};
        for n in 0..self.keyholders {
            for path in find(&self.path(&format!("keyholder{n}.key.state")), "journal") {
                let journal = Journal::open(&path).unwrap();
                let mut occasions = std::collections::BTreeSet::new();
                for note in journal.notes() {
                    if let Note::Said { occasion, .. } = note {
                        assert!(occasions.insert(*occasion), "{occasion:?} twice");
                    }
                }
                assert!(!occasions.is_empty());
            }
        }
    }
}

/// How a process ended, and words that it said.
#[track_caller]
pub fn ends(output: &Output, status: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "{word:?} is missing in {said}"));
}

/// What a command wrote to stdout.
pub fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Every one of these words stands in the text.
#[track_caller]
pub fn says(text: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(text.contains(word), "{word:?} is missing in {text}"));
}

/// The beginning of a transcript, so many bytes at most, up to the end of a record.
pub fn whole_records(transcript: &[u8], most: usize) -> &[u8] {
    let mut end = talea_protocol::transcript::MAGIC.len();
    let mut rest = &transcript[end..];
    while let Some((_, body)) = talea_cli::replica::read_record(&mut rest).unwrap() {
        let next = transcript.len() - rest.len();
        assert_eq!(next - end, body.len() + 5);
        if next > most {
            break;
        }
        end = next;
    }
    &transcript[..end]
}

pub fn find(folder: &Path, name: &str) -> Vec<PathBuf> {
    let is_it = |path: &PathBuf| path.file_name().is_some_and(|file| file == name);
    files(folder).into_iter().filter(is_it).collect()
}

/// All files in a folder and in those below.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

pub const SMALL: Shape =
    Shape { bidders: 2, keyholders: 2, lots: 1, patience: 40, step: 6_000, more: "" };
