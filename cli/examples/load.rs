//! How a board over HTTP stands up to load, on this machine: `cargo run --release --locked -p talea-cli --example load`.
//!
//! It opens an auction in a temporary folder, prepares commits with the real prover, runs `talea board serve` as a
//! process of its own on 127.0.0.1, and measures from here:
//!
//! - commits accepted per second, each with its receipt, beside what verifying their proofs alone allows on the same
//!   cores;
//! - how long clients wait who all commit in the last second before the deadline, and whether every receipt is honoured;
//! - reads per second, and the memory of the server.
//!
//! The clients run on the same machine and take their part of it. `docs/http.md` has the figures of one machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rand_core::OsRng;
use rayon::prelude::*;
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use talea_cli::{
    board::{checkpoint::Receipt, folder::Folder, log::Log},
    cli,
    keys::{Keys, PassphraseSource},
    replica::Replica,
};
use talea_contract::{Auction, Phase};
use talea_parties::{bidder::Bidder, identity::Identity};
use talea_protocol::{instruction::Instruction, price::Level};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// Commits on one lot; with more of them there are more lots.
const PER_LOT: usize = 1_000;

struct Options {
    commits: usize,
    connections: usize,
    rush: usize,
    readers: usize,
}

impl Options {
    /// From words such as `--commits 4000`.
    fn read() -> Option<Self> {
        let mut options = Self { commits: 4_000, connections: 512, rush: 1_000, readers: 32 };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--commits" => &mut options.commits,
                "--connections" => &mut options.connections,
                "--rush" => &mut options.rush,
                "--readers" => &mut options.readers,
                _ => return None,
            };
            *place = words.next()?.parse().ok()?;
        }
        (options.commits <= 100_000 && options.connections <= 4_000 && options.rush <= 4_000)
            .then_some(options)
    }
}

fn main() -> ExitCode {
    // The board's process is this program too.
    if env::args().nth(1).is_some_and(|word| word == "--passphrase-file") {
        return cli::main();
    }
    let Some(options) = Options::read() else {
        eprintln!(
            "usage: load [--commits N] [--connections N] [--rush N] [--readers N]\n\
             at most 100000 commits, 4000 connections and 4000 in the rush"
        );
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("{} cores", rayon::current_num_threads());
    throughput(&options, &runtime);
    rush(&options, &runtime);
    ExitCode::SUCCESS
}

// ---- an auction whose commits are due ----

struct Stage {
    folder: tempfile::TempDir,
    auction: Auction,
}

fn talea(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.current_dir(folder).args(["--passphrase-file", "passphrase"]).args(words);
    command.stdin(Stdio::null());
    command
}

fn done(folder: &Path, words: &[&str]) -> String {
    let output = talea(folder, words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Stage {
    /// An auction of so many lots; its commits are due for so long from now on.
    fn open(lots: usize, commits: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("passphrase"), "a passphrase of the load tool\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(path.join("passphrase"), private).unwrap();
        }
        let who = ["seller", "custodian", "board", "keyholder0", "keyholder1"];
        for who in who {
            done(path, &["key", "new", &format!("{who}.key"), "--work-factor", "4"]);
        }
        let name = |who: &str, kind: &str| -> String {
            let shown = done(path, &["key", "show", &format!("{who}.key"), "--json"]);
            let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
            shown[kind].as_str().unwrap().to_owned()
        };
        let mut terms = format!(
            "seller = {:?}\ncustodian = {:?}\nmax_bids_per_lot = {PER_LOT}\n\
             [board]\nkey = {:?}\nslot = \"100ms\"\n\
             [schedule]\ndeals = \"500ms\"\ncomplaints = \"500ms\"\ncommits = \"{}s\"\n\
             reveals = \"600s\"\nendorsing = \"600s\"\nstep = \"600s\"\n\
             [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nmembers = [{:?}, {:?}]\n\
             [every_lot]\nside = \"sale\"\nscale = \"decimal 2\"\nstart = \"90.00\"\n\
             tick = \"0.01\"\nlevels = 1024\nshape = [32, 32]\n",
            name("seller", "party"),
            name("custodian", "party"),
            name("board", "party"),
            commits.as_secs(),
            name("keyholder0", "keyholder"),
            name("keyholder1", "keyholder"),
        );
        for lot in 0..lots {
            terms.push_str(&format!("[[lots]]\nname = \"Bond {lot}\"\nidentifier = \"B{lot}\"\n"));
        }
        fs::write(path.join("terms.toml"), terms).unwrap();
        done(path, &["terms", "new", "terms.toml", "--out", "terms"]);
        done(path, &["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"]);
        let auction = until_commits(path);
        Self { folder, auction }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Commits by so many bidders, a bid each.
    fn commits(&self, count: usize) -> Vec<Arc<[u8]>> {
        let made = (0..count).into_par_iter().map(|number| {
            let bidder = Bidder::new(Identity::generate(&mut OsRng));
            let lot = u32::try_from(number / PER_LOT).unwrap();
            let level = Level(u32::try_from(number % 1_000).unwrap());
            let made = bidder.commit(&self.auction, lot, level, &mut OsRng).unwrap();
            made.commit.into()
        });
        made.collect()
    }

    fn serve(&self) -> Server {
        let words = ["board", "serve", "board", "--key", "board.key", "--listen", "127.0.0.1:0"];
        let more = ["--yes", "--per-address", "100000", "--connections", "10000"];
        let mut command = talea(self.folder.path(), &[&words[..], &more].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.trim().strip_prefix("http://").expect("an address");
        let (address, name) = rest.split_once("/a/").unwrap();
        Server { child, address: address.parse().unwrap(), name: name.to_owned() }
    }
}

fn keys(folder: &Path, who: &str) -> Keys {
    let source = PassphraseSource { file: Some(folder.join("passphrase")) };
    Keys::open(&folder.join(format!("{who}.key")), &source).unwrap()
}

/// Keyholders deal and nobody complains.
fn until_commits(folder: &Path) -> Auction {
    let mut log = Log::open(&Folder::new(folder.join("board"))).unwrap();
    for who in ["keyholder0", "keyholder1"] {
        let auction = log.replica().auction();
        let candidate = keys(folder, who).candidate().unwrap();
        let (deal, _) = candidate.deal(auction, &mut OsRng).unwrap();
        let slot = auction.slot();
        log.append(slot, &deal).unwrap().unwrap();
    }
    let board = keys(folder, "board").identity();
    while log.replica().auction().phase() != Phase::Commits {
        let auction = log.replica().auction();
        let tick = board.sign(&auction.id(), &Instruction::Tick).unwrap();
        let slot = auction.deadline().unwrap() + 1;
        log.append(slot, &tick).unwrap().unwrap();
    }
    log.sync().unwrap();
    log.replica().auction().clone()
}

// ---- the server, and who asks it ----

struct Server {
    child: Child,
    address: SocketAddr,
    name: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn path(&self) -> String {
        format!("/v1/auctions/{}", self.name)
    }

    /// The processor time that it has taken, in seconds, where the system says it.
    fn seconds(&self) -> f64 {
        seconds(&self.child.id().to_string())
    }

    /// A figure of the process in KiB, where the system says it.
    fn kibibytes(&self, figure: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }
}

/// The processor time of a process, in seconds: of each of its threads, Linux counts the nanoseconds.
fn seconds(process: &str) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let of_task = |path: PathBuf| {
        let times = fs::read_to_string(path.join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.filter_map(|task| of_task(task.path())).sum::<f64>() / 1e9
}

/// A connection that is kept, from an address of its own.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(server: SocketAddr, number: usize) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        let [_, _, high, low] = u32::try_from(number + 2).unwrap().to_be_bytes();
        socket.bind((Ipv4Addr::new(127, 1, high, low), 0).into()).unwrap();
        let stream = socket.connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    async fn send(&mut self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let request = [head.as_bytes(), body].concat();
        self.stream.write_all(&request).await.unwrap();
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server broke off");
            if let Some(answer) = self.answer() {
                return answer;
            }
        }
    }

    fn answer(&self) -> Option<(u16, Vec<u8>)> {
        let end = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let length: usize = length.parse().unwrap();
        let body = self.buffer.get(end..end + length)?;
        Some((head[9..12].parse().unwrap(), body.to_vec()))
    }

    async fn post(&mut self, server: &str, commit: &[u8]) -> (u16, Vec<u8>) {
        let head = format!(
            "POST {server}/instructions HTTP/1.1\r\nhost: board\r\n\
             content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
            commit.len()
        );
        self.send(&head, commit).await
    }

    async fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: board\r\n\r\n"), b"").await
    }
}

/// What came of a post: how long it took, the status, and the body.
type Posted = (Duration, u16, Vec<u8>);

/// Posts everything over so many connections, as fast as the server answers; how long that took.
async fn post_all(
    server: &Server,
    commits: Arc<Vec<Arc<[u8]>>>,
    connections: usize,
) -> (Duration, Vec<Posted>) {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|number| {
            let (commits, next) = (commits.clone(), next.clone());
            let (address, path) = (server.address, server.path());
            tokio::spawn(async move {
                let mut client = Client::connect(address, number).await;
                let mut posted = Vec::new();
                while let Some(commit) = commits.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let since = Instant::now();
                    let (status, body) = client.post(&path, commit).await;
                    posted.push((since.elapsed(), status, body));
                }
                posted
            })
        })
        .collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await.unwrap());
    }
    (began.elapsed(), all)
}

fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = ((times.len() as f64 * part).ceil() as usize).clamp(1, times.len());
    times[at - 1]
}

/// Checks each receipt by itself and against the folder; how many there are.
fn honoured(stage: &Stage, posted: &[Posted]) -> usize {
    let replica = Replica::of(&Folder::new(stage.path("board"))).unwrap();
    let receipts = posted.iter().filter(|(_, status, _)| *status == 200).map(|(.., body)| {
        let answer: serde_json::Value = serde_json::from_slice(body).unwrap();
        let receipt: Receipt = serde_json::from_value(answer["receipt"].clone()).unwrap();
        receipt.verify().unwrap();
        receipt.is_kept(&replica, &[]).unwrap();
    });
    receipts.count()
}

// ---- what is measured ----

/// Proofs verified per second by all cores, and nothing else.
fn proofs_per_second(stage: &Stage, commits: &[Arc<[u8]>]) -> f64 {
    let claims: Vec<_> = commits
        .iter()
        .map(|commit| {
            stage.auction.look_ahead(&stage.auction.receive(commit.clone()).unwrap()).unwrap()
        })
        .collect();
    let began = Instant::now();
    let verified = claims.par_iter().filter(|claim| claim.verify().is_some()).count();
    assert_eq!(verified, commits.len());
    per_second(verified, began.elapsed())
}

#[allow(clippy::cast_precision_loss)]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[allow(clippy::cast_precision_loss)]
fn throughput(options: &Options, runtime: &tokio::runtime::Runtime) {
    let stage = Stage::open(options.commits.div_ceil(PER_LOT), Duration::from_secs(3_600));
    let began = Instant::now();
    let commits = Arc::new(stage.commits(options.commits));
    let (count, bytes) = (commits.len(), commits[0].len());
    println!("{count} commits of {bytes} bytes made in {:.1} s", began.elapsed().as_secs_f64());
    let sample = &commits[..count.min(1_000)];
    let since = seconds("self");
    let before = proofs_per_second(&stage, sample);
    let per_proof = (seconds("self") - since) / sample.len() as f64;
    let server = stage.serve();
    let idle = server.kibibytes("VmRSS");
    let begin = [server.seconds(), seconds("self")];
    let (time, mut posted) =
        runtime.block_on(post_all(&server, commits.clone(), options.connections));
    let [of_server, of_clients] = [server.seconds() - begin[0], seconds("self") - begin[1]];
    let after = proofs_per_second(&stage, sample);
    let (rate, proofs) = (per_second(count, time), (before + after) / 2.0);
    let receipts = honoured(&stage, &posted);
    println!("proofs alone: {before:.0} and {after:.0} per second, before and after");
    println!("accepted commits: {rate:.0} per second, {:.2} of proofs alone", rate / proofs);
    let per_commit = of_server / count as f64;
    println!(
        "processor time for each: {:.3} ms for its proof, {:.3} ms of the server in all ({:.2} for its proof), \
         {:.3} ms of the clients",
        per_proof * 1e3,
        per_commit * 1e3,
        per_proof / per_commit,
        of_clients / count as f64 * 1e3
    );
    println!("receipts checked against the transcript: {receipts} of {count}");
    let mut times: Vec<Duration> = posted.drain(..).map(|(time, ..)| time).collect();
    println!(
        "over {} connections a receipt takes {:?} (median), {:?} (p99)",
        options.connections,
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99)
    );
    println!(
        "memory of the server: {} KiB idle, {} KiB with {count} bidders, {} KiB at most",
        idle,
        server.kibibytes("VmRSS"),
        server.kibibytes("VmHWM")
    );
    for path in ["", "/entries?from=1&limit=10", "/receipts/10"] {
        let path = format!("{}{path}", server.path());
        let (reads, time) = runtime.block_on(read_for(&server, options.readers, &path));
        println!("reads of {path}: {:.0} per second", per_second(reads, time));
    }
}

/// Reads an address for some seconds over so many connections.
async fn read_for(server: &Server, readers: usize, path: &str) -> (usize, Duration) {
    let began = Instant::now();
    let readers: Vec<_> = (0..readers)
        .map(|number| {
            let (address, path) = (server.address, path.to_owned());
            tokio::spawn(async move {
                let mut client = Client::connect(address, number).await;
                let mut count = 0;
                while began.elapsed() < Duration::from_secs(3) {
                    assert_eq!(client.get(&path).await.0, 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for reader in readers {
        count += reader.await.unwrap();
    }
    (count, began.elapsed())
}

/// Everybody commits in the last second before the deadline, each over a connection and from an address of its own.
fn rush(options: &Options, runtime: &tokio::runtime::Runtime) {
    let stage = Stage::open(options.rush.div_ceil(PER_LOT), Duration::from_secs(60));
    let commits = stage.commits(options.rush);
    let server = stage.serve();
    let clock = *Replica::open(&stage.path("board/transcript.talea")).unwrap().board();
    let deadline = clock.clock().end_of(stage.auction.deadline().unwrap());
    let last_second = deadline - Duration::from_secs(1);
    let posted = runtime.block_on(async {
        // The server closes connections on which nothing comes.
        let soon = last_second - Duration::from_secs(5);
        let rest = soon.duration_since(SystemTime::now()).expect("prepared in time");
        tokio::time::sleep(rest).await;
        let mut clients = Vec::new();
        for (number, commit) in commits.into_iter().enumerate() {
            let mut client = Client::connect(server.address, number).await;
            let path = server.path();
            let share = Duration::from_secs(1) * u32::try_from(number).unwrap()
                / u32::try_from(options.rush).unwrap();
            // The last of them has half of the last slot for its way.
            let at = last_second + share.mul_f64(0.95);
            clients.push(tokio::spawn(async move {
                let rest = at.duration_since(SystemTime::now()).expect("prepared in time");
                tokio::time::sleep(rest).await;
                let since = Instant::now();
                let (status, body) = client.post(&path, &commit).await;
                (since.elapsed(), status, body)
            }));
        }
        let mut posted: Vec<Posted> = Vec::new();
        for client in clients {
            posted.push(client.await.unwrap());
        }
        posted
    });
    let receipts = honoured(&stage, &posted);
    let of = |wanted: u16| posted.iter().filter(|(_, status, _)| *status == wanted).count();
    println!(
        "{} clients commit in the last second: {} accepted, {} waiting, {} refused, {} turned away",
        options.rush,
        of(200),
        of(202),
        of(422),
        of(429) + of(503)
    );
    println!("receipts checked against the transcript: {receipts} of {}", of(200));
    let mut times: Vec<Duration> = posted.iter().map(|(time, ..)| *time).collect();
    println!(
        "a receipt takes {:?} (median), {:?} (p99)",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99)
    );
}
