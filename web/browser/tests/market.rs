//! An auction that a board serves over HTTP with the page, with keyholders as processes of the command line.

use crate::site::{page, program};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The auction.
pub struct Market {
    folder: tempfile::TempDir,
    running: Vec<Running>,
    /// What the server writes; it must not lose its reader.
    said: Option<BufReader<ChildStdout>>,
    /// The page's address for it.
    pub address: String,
}

/// How long each phase lasts in which time must pass, in milliseconds.
pub struct Times {
    pub deals: u32,
    pub commits: u32,
    pub reveals: u32,
}

const KEYHOLDERS: usize = 3;

impl Market {
    /// Opens an auction of one bond; anybody may bid.
    pub fn open(times: &Times, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut market = Self { folder, running: Vec::new(), said: None, address: String::new() };
        let passphrase = market.path("passphrase");
        fs::write(&passphrase, "correct horse battery\n").unwrap();
        fs::set_permissions(passphrase, fs::Permissions::from_mode(0o600)).unwrap();
        let keyholders: Vec<String> = (0..KEYHOLDERS).map(|n| format!("keyholder{n}")).collect();
        for party in ["seller", "board"].into_iter().chain(keyholders.iter().map(String::as_str)) {
            market.done(&["key", "new", &format!("{party}.key"), "--work-factor", "4"]);
        }
        let members: Vec<String> =
            keyholders.iter().map(|who| format!("{:?}", market.name(who, "keyholder"))).collect();
        let Times { deals, commits, reveals } = times;
        let terms = format!(
            "seller = {:?}\n{more}\n[board]\nkey = {:?}\nslot = \"100ms\"\n\
             [schedule]\ndeals = \"{deals}ms\"\ncomplaints = \"500ms\"\ncommits = \"{commits}ms\"\n\
             reveals = \"{reveals}ms\"\nendorsing = \"30s\"\nstep = \"30s\"\n\
             [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nmembers = [{}]\n\
             [[lots]]\nname = \"Kingdom of Thule 2035\"\nisin = \"XS0004120779\"\nquantity = 5000000\n\
             side = \"sale\"\nscale = \"256ths\"\ntick = \"1/64\"\nstart = \"90-00\"\nend = \"107-31\"\n",
            market.name("seller", "party"),
            market.name("board", "party"),
            members.join(", "),
        );
        fs::write(market.path("terms.toml"), terms).unwrap();
        market.done(&["terms", "new", "terms.toml", "--out", "terms"]);
        market.done(&["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"]);
        market.serve();
        for who in keyholders {
            let key = format!("{who}.key");
            market.start(&["keyholder", "run", "board", "--key", &key], Stdio::null());
        }
        market
    }

    /// A path in the folder where everybody's files are.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of `talea` in that folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program("talea");
        command.current_dir(self.folder.path()).args(["--passphrase-file", "passphrase"]);
        // No address book of whoever runs the tests.
        command.env("XDG_CONFIG_HOME", self.path("settings"));
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs what must end well; what it wrote.
    #[track_caller]
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn name(&self, who: &str, kind: &str) -> String {
        let shown = self.done(&["key", "show", &format!("{who}.key"), "--json"]);
        let keys: serde_json::Value = serde_json::from_str(&shown).unwrap();
        keys[kind].as_str().unwrap().to_owned()
    }

    fn start(&mut self, arguments: &[&str], stdout: Stdio) -> Option<ChildStdout> {
        let errors =
            fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let mut child = self.command(arguments).stdout(stdout).stderr(errors).spawn().unwrap();
        let stdout = child.stdout.take();
        self.running.push(Running(child));
        stdout
    }

    fn serve(&mut self) {
        let page = page().display().to_string();
        let arguments = [
            "board",
            "serve",
            "board",
            "--key",
            "board.key",
            "--listen",
            "127.0.0.1:0",
            "--yes",
            "--page",
            &page,
        ];
        let mut said = BufReader::new(self.start(&arguments, Stdio::piped()).unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        self.said = Some(said);
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        self.address =
            address.unwrap_or_else(|| panic!("no address in {line:?}: {}", self.log())).to_owned();
    }

    /// What the processes said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}
