//! Folders that several users or several machines share: who may do what in them, and what a copy does that
//! comes late, in halves, or twice.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Workspace, ends},
    steps::Steps,
};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Long enough that nothing is over before it was tried.
fn patient() -> Workspace {
    let workspace = Workspace::open(&Shape { patience: 6_000, ..SMALL });
    set_mode(workspace.folder.path(), 0o755);
    workspace
}

// ---- users of one machine ----

/// A user of this machine, with keys of its own at home.
struct User<'a> {
    workspace: &'a Workspace,
    uid: u32,
    gid: u32,
    home: PathBuf,
}

impl<'a> User<'a> {
    fn new(workspace: &'a Workspace, (uid, gid): (u32, u32), keys: &[&str]) -> Self {
        let home = workspace.path(&format!("home-{uid}-{gid}"));
        fs::create_dir(&home).unwrap();
        for name in [&["passphrase", "terms"], keys].concat() {
            fs::copy(workspace.path(name), home.join(name)).unwrap();
            set_mode(&home.join(name), 0o600);
            chown(home.join(name), Some(uid), Some(gid)).unwrap();
        }
        chown(&home, Some(uid), Some(gid)).unwrap();
        Self { workspace, uid, gid, home }
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.uid(self.uid).gid(self.gid).current_dir(&self.home).stdin(Stdio::null());
        command.args(["-c", script]);
        command
    }

    /// The program itself may lie where only the user who built it comes.
    fn talea(&self, umask: &str, arguments: &[&str]) -> Command {
        let program = self.workspace.path("talea");
        if !program.exists() {
            // By another process: what other tests start meanwhile would hold the file open for writing, and
            // it could not be run.
            let mut copy = Command::new("cp");
            let copied = copy.arg(env!("CARGO_BIN_EXE_talea")).arg(&program).status().unwrap();
            assert!(copied.success());
            set_mode(&program, 0o755);
        }
        let mut command = self.shell(&format!("umask {umask}; exec \"$0\" \"$@\""));
        command.arg(program).args(["--passphrase-file", "passphrase"]).args(arguments);
        command
    }

    fn run(&self, umask: &str, arguments: &[&str]) -> Output {
        self.talea(umask, arguments).output().unwrap()
    }

    fn start(&self, umask: &str, arguments: &[&str]) -> Running {
        let mut command = self.talea(umask, arguments);
        Running(Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()))
    }
}

/// Whether this process may become somebody else: on CI it may.
fn is_root(workspace: &Workspace) -> bool {
    let is_root = fs::metadata(workspace.path("terms")).unwrap().uid() == 0;
    if !is_root {
        eprintln!("not tried: only root can be two users");
    }
    is_root
}

const HOST: u32 = 4_001;
const GUEST: u32 = 4_002;
const GROUP: u32 = 4_100;

/// A board of one user, shared, and what another user may do there, whatever the umask of either.
fn shares(whom: &str, guest_gid: u32, folder_mode: u32, inbox_mode: u32) {
    let workspace = patient();
    if !is_root(&workspace) {
        return;
    }
    let host = User::new(&workspace, (HOST, GROUP), &["seller.key", "board.key"]);
    let guest = User::new(&workspace, (GUEST, guest_gid), &["custodian.key"]);
    let market = host.home.join("market");
    set_mode(&host.home, 0o711);
    let folder = market.to_str().unwrap();

    let open = ["open", folder, "--terms", "terms", "--key", "seller.key", "--yes"];
    ends(&host.run("077", &[&open[..], &["--share", whom]].concat()), 0, &[]);
    let run = ["board", "run", folder, "--key", "board.key", "--share", whom];
    let board = host.start("077", &run);
    let modes = || ["", "inbox", "answers"].map(|name| mode(&market.join(name)));
    assert_eq!(modes(), [folder_mode, inbox_mode, folder_mode]);

    // It hands in what the board takes, and reads all that there is to read.
    let name = workspace.name("bidder0", "party");
    let fund = ["fund", folder, "--key", "custodian.key", "--for", &name, "--amount", "5"];
    ends(&guest.run("077", &fund), 0, &[]);
    ends(&guest.run("077", &["verify", folder]), 3, &[]);
    ends(&guest.run("077", &["receipt", "new", folder, "1", "--out", "receipt"]), 0, &[]);
    // It removes and replaces nothing of anybody, and writes nowhere else.
    let held = market.join("inbox/.held");
    assert!(host.shell("touch market/inbox/.held").status().unwrap().success());
    for script in [
        "rm inbox/.held",
        "mv answers/* inbox/",
        "touch inbox/mine && mv -f inbox/mine inbox/.held",
        "touch answers/mine",
        "touch mine",
        "mv transcript.talea old",
        "echo >> transcript.talea",
        "echo >> checkpoints",
        "rm -r inbox",
        "mv inbox outbox",
    ] {
        let done = guest.shell(&format!("cd {folder} && {script}")).output().unwrap();
        assert!(!done.status.success(), "{script}");
    }
    assert!(held.exists());

    // What is gone is made again as it was.
    fs::remove_dir_all(market.join("inbox")).unwrap();
    await_mode(&market, inbox_mode);
    ends(&guest.run("077", &fund), 0, &[]);
    drop(board);
}

/// Waits until a board has an inbox with these bits.
fn await_mode(board: &Path, wanted: u32) {
    let (inbox, since) = (board.join("inbox"), Instant::now());
    while !inbox.exists() || mode(&inbox) != wanted {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn another_user_hands_in_where_a_folder_is_shared_with_everybody() {
    shares("everybody", GUEST, 0o755, 0o1777);
}

#[test]
fn a_user_of_the_group_hands_in_where_a_folder_is_shared_with_it() {
    shares("group", GROUP, 0o2750, 0o3770);
}

#[test]
fn who_is_not_let_in_is_told_by_whom() {
    let workspace = patient();
    if !is_root(&workspace) {
        return;
    }
    let host = User::new(&workspace, (HOST, GROUP), &["seller.key", "board.key"]);
    let guest = User::new(&workspace, (GUEST, GUEST), &["custodian.key", "board.key"]);
    set_mode(&host.home, 0o711);
    let open = |name: &str, umask: &str, more: &[&str]| {
        let open = ["open", name, "--terms", "terms", "--key", "seller.key", "--yes"];
        ends(&host.run(umask, &[&open[..], more].concat()), 0, &[]);
        host.home.join(name).to_str().unwrap().to_owned()
    };
    let name = workspace.name("bidder0", "party");
    let fund = |folder: &str| {
        let fund = ["fund", folder, "--key", "custodian.key", "--for", &name, "--amount", "5"];
        guest.run("022", &fund)
    };
    // As the umask says, if nothing is said: others may read, and no more.
    let alone = open("alone", "022", &[]);
    ends(&guest.run("022", &["status", &alone]), 0, &[]);
    ends(&fund(&alone), 4, &["error[file.unwritable]", "talea board run --share group"]);
    // That word is enough, for what is there already.
    let run = ["board", "run", &alone, "--key", "board.key", "--share", "everybody"];
    let board = host.start("077", &run);
    await_mode(Path::new(&alone), 0o1777);
    ends(&fund(&alone), 0, &[]);
    drop(board);
    // A group is a group.
    let grouped = open("grouped", "022", &["--share", "group"]);
    ends(&fund(&grouped), 4, &["error[file.unreadable]", "Permission denied"]);
    // Whoever runs a board must own its folder; a copy of the transcript is enough for that.
    let shared = open("shared", "022", &["--share", "everybody"]);
    let run = ["board", "run", &shared, "--key", "board.key", "--share", "everybody"];
    ends(&guest.run("022", &run), 4, &["error[file.unwritable]", "copy the transcript"]);
    let copied = format!("mkdir own && cp {shared}/transcript.talea own/");
    assert!(guest.shell(&copied).status().unwrap().success());
    let board =
        guest.start("077", &["board", "run", "own", "--key", "board.key", "--share", "everybody"]);
    await_mode(&guest.home.join("own"), 0o1777);
    ends(&fund("own"), 0, &[]);
    drop(board);
}

/// Also where nobody can be two users.
#[test]
fn a_shared_folder_has_the_bits_that_it_needs_and_its_files_can_be_read() {
    let workspace = patient();
    for (whom, folder, inbox) in [("group", 0o2750, 0o3770), ("everybody", 0o755, 0o1777)] {
        let script = "umask 077; exec \"$0\" \"$@\"";
        let open = ["open", whom, "--terms", "terms", "--key", "seller.key", "--yes", "--share"];
        let mut shell = Command::new("sh");
        shell.current_dir(workspace.folder.path()).args([
            "-c",
            script,
            env!("CARGO_BIN_EXE_talea"),
        ]);
        shell.args(["--passphrase-file", "passphrase"]).args(open).arg(whom);
        ends(&shell.stdin(Stdio::null()).output().unwrap(), 0, &[]);
        let found =
            ["", "inbox", "answers"].map(|name| mode(&workspace.path(&format!("{whom}/{name}"))));
        assert_eq!(found, [folder, inbox, folder]);
        assert_eq!(mode(&workspace.path(&format!("{whom}/transcript.talea"))), 0o644);
    }
}

// ---- folders that synchronise ----

/// Puts a file in the place of another as those programs do: beside it, and then by a rename.
fn put(from: &[u8], to: &Path) {
    let draft = to
        .with_file_name(format!(".{}.part", to.file_name().unwrap_or_default().to_string_lossy()));
    fs::write(&draft, from).unwrap();
    fs::rename(draft, to).unwrap();
}

/// Keeps a parties' copy of the board's folder in step, the board's files one way and the inbox the other,
/// and spoils what such programs spoil.
struct Mirror {
    board: PathBuf,
    copy: PathBuf,
    /// What was carried to the board, and is taken away here once the board has taken it.
    carried: BTreeSet<String>,
}

impl Mirror {
    fn new(workspace: &Workspace) -> Self {
        let (board, copy) = (workspace.path("board"), workspace.path("copy"));
        fs::create_dir_all(copy.join("inbox")).unwrap();
        fs::create_dir_all(copy.join("answers")).unwrap();
        let mut mirror = Self { board, copy, carried: BTreeSet::new() };
        mirror.turn();
        // Copies that somebody else's writing came to. They are nobody's.
        for name in ["transcript (conflicted copy).talea", "transcript.sync-conflict-1.talea"] {
            fs::write(mirror.copy.join(name), "another history").unwrap();
            fs::write(mirror.board.join(name), "another history").unwrap();
        }
        fs::write(mirror.board.join("checkpoints (conflicted copy)"), "{}").unwrap();
        mirror
    }

    fn turn(&mut self) {
        // Signatures may come before what they sign, and what they sign before its end is written.
        for name in ["checkpoints", "transcript.talea"] {
            let Ok(bytes) = fs::read(self.board.join(name)) else { continue };
            if fs::read(self.copy.join(name)).ok().as_ref() != Some(&bytes) {
                put(&bytes, &self.copy.join(name));
            }
        }
        for item in fs::read_dir(self.copy.join("inbox")).unwrap().flatten() {
            let name = item.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let there = self.board.join("inbox").join(&name);
            if self.carried.contains(&name) {
                if !there.exists() {
                    fs::remove_file(item.path()).unwrap();
                    self.carried.remove(&name);
                }
                continue;
            }
            let bytes = fs::read(item.path()).unwrap();
            // Half of it first, under its own name; and in the end a second time, under another.
            fs::write(&there, &bytes[..bytes.len() / 2]).unwrap();
            std::thread::sleep(Duration::from_millis(150));
            put(&bytes, &there);
            put(&bytes, &there.with_file_name(format!("{name} (conflicted copy)")));
            self.carried.insert(name);
        }
    }
}

/// Everybody but the board works on a copy in which files are replaced, come late, in halves and twice.
#[test]
fn an_auction_is_held_over_folders_that_are_synchronised() {
    let workspace = Workspace::open(&Shape { patience: 80, ..SMALL });
    let _time = Steps::of(&workspace).by_themselves();
    let mut mirror = Mirror::new(&workspace);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                mirror.turn();
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let everybody = workspace.everybody().into_iter().enumerate();
        let mut running: Vec<Running> = everybody
            .map(|(at, mut words)| {
                let is_board = at == 0;
                if !is_board {
                    words[2] = "copy".into();
                }
                Running(Some(workspace.spawn(&words)))
            })
            .collect();
        let since = Instant::now();
        let ended = |running: &mut Vec<Running>| {
            running.iter_mut().all(|one| {
                let status = one.0.as_mut().unwrap().try_wait().unwrap();
                assert!(status.is_none_or(|status| status.success()), "{}", workspace.log());
                status.is_some()
            })
        };
        while !ended(&mut running) && since.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(50));
        }
        is_over.store(true, Ordering::SeqCst);
        assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
    });
    workspace.check();
    // Of what came twice each counts once.
    let status: serde_json::Value =
        serde_json::from_str(&workspace.done(&["status", "copy", "--json"])).unwrap();
    assert_eq!(status["closed"], true);
    let verified: serde_json::Value =
        serde_json::from_str(&workspace.done(&["verify", "board", "--json"])).unwrap();
    assert_eq!(verified["lots"][0]["commits"], 2);
    let inbox = fs::read_dir(workspace.path("board/inbox")).unwrap().count();
    assert_eq!(inbox, 0, "{}", workspace.log());
}

/// A signature that is there before what it signs looks like entries that were taken back, until they
/// come.
#[test]
fn signatures_that_come_before_their_entries_say_rewritten_until_those_come() {
    let workspace = Workspace::open(&Shape { patience: 6_000, ..SMALL });
    let name = workspace.name("bidder0", "party");
    let board = workspace.start(&["board", "run", "board", "--key", "board.key"]);
    fs::create_dir(workspace.path("copy")).unwrap();
    let copy = |name: &str| {
        let bytes = fs::read(workspace.path(&format!("board/{name}"))).unwrap();
        put(&bytes, &workspace.path(&format!("copy/{name}")));
    };
    copy("transcript.talea");
    workspace.fund("bidder0", 5);
    let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "5"];
    workspace.done(&fund);
    let since = Instant::now();
    while !workspace.run(&["receipt", "new", "board", "2"]).status.success() {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(board);
    copy("checkpoints");
    for command in [["status", "copy"], ["verify", "copy"]] {
        workspace.fails(&command, 1, "board.rewritten");
    }
    copy("transcript.talea");
    workspace.done(&["status", "copy"]);
    assert_eq!(workspace.run(&["verify", "copy"]).status.code(), Some(3));
    // Part of a record, or a copy in halves: what is whole counts.
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    put(&transcript[..transcript.len() - 7], &workspace.path("copy/transcript.talea"));
    fs::remove_file(workspace.path("copy/checkpoints")).unwrap();
    let status: serde_json::Value =
        serde_json::from_str(&workspace.done(&["status", "copy", "--json"])).unwrap();
    assert_eq!(status["entries"], 1);
}
