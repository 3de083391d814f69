//! A small HTTP server over a board's folder that does what a test asks of it: it serves the folder as it should, or
//! answers as no board should.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use talea_cli::board::{
    checkpoint::Checkpoint,
    folder::{Answer, Folder},
    history::History,
};

/// What a server does.
#[derive(Clone, Debug)]
pub enum Conduct {
    /// It serves this folder.
    Serves(PathBuf),
    /// It answers everything with this status, these headers, and this body.
    Says(u16, Vec<(&'static str, String)>, String),
    /// It serves this folder, and the answers to what is handed in are lost on the way.
    Loses(PathBuf),
    /// It serves this folder, and changes the answers to what has this in its address.
    Alters(PathBuf, &'static str, fn(&mut Vec<u8>)),
    /// It takes a request, and says nothing.
    Silent,
    /// It sends bytes without an end.
    Endless,
    /// It says something that is not HTTP.
    Gibberish,
    /// It closes every connection.
    Down,
}

/// A server. It stops with its test.
pub struct Web {
    pub address: SocketAddr,
    conduct: Arc<Mutex<Conduct>>,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
    is_over: Arc<Mutex<bool>>,
}

impl Drop for Web {
    fn drop(&mut self) {
        *self.is_over.lock().unwrap() = true;
        // Wakes whoever accepts.
        let _ = TcpStream::connect(self.address);
    }
}

struct Request {
    line: String,
    range: Option<usize>,
    body: Vec<u8>,
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut source = BufReader::new(stream.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        source.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    source.read_exact(&mut body).ok()?;
    let range = header("range").map(|range| {
        range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
    });
    Some(Request { line: lines.first()?.clone(), range, body })
}

fn respond(
    stream: &mut impl Write,
    status: u16,
    headers: &[(&str, String)],
    body: &[u8],
) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} said\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    )?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}

fn json(stream: &mut impl Write, status: u16, value: &serde_json::Value) -> io::Result<()> {
    respond(
        stream,
        status,
        &[("content-type", "application/json".into())],
        value.to_string().as_bytes(),
    )
}

fn problem(stream: &mut impl Write, status: u16, code: &str, detail: &str) -> io::Result<()> {
    let value = serde_json::json!({ "status": status, "code": code, "detail": detail });
    json(stream, status, &value)
}

fn parameter(query: &str, name: &str) -> Option<u64> {
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found?.parse().ok()
}

/// The last line of a folder's checkpoints that is whole, and the transcript as far as it is signed.
fn signed(folder: &Folder) -> (Option<Checkpoint>, Vec<u8>) {
    let text = fs::read_to_string(folder.checkpoints()).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let checkpoint = whole.lines().last().and_then(|line| serde_json::from_str(line).ok());
    (checkpoint, fs::read(folder.transcript()).unwrap())
}

fn bytes(stream: &mut impl Write, request: &Request, query: &str, path: &Path) -> io::Result<()> {
    let from = request.range.unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(parameter(query, "wait").unwrap_or(0).min(2));
    loop {
        let all = fs::read(path).unwrap_or_default();
        let kind = ("content-type", "application/octet-stream".to_owned());
        match request.range {
            None => return respond(stream, 200, &[kind], &all),
            Some(_) if from < all.len() => return respond(stream, 206, &[kind], &all[from..]),
            Some(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Some(_) => return respond(stream, 416, &[], b""),
        }
    }
}

fn serve(stream: &mut impl Write, request: &Request, folder: &Folder) -> io::Result<()> {
    let target = request.line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let history = History::of(&folder.transcript()).unwrap();
    let auction = history.auction.to_string();
    let Some(rest) = path.strip_prefix("/v1/auctions") else {
        return respond(stream, 404, &[("content-type", "text/html".into())], b"<html>");
    };
    if rest.is_empty() {
        return json(stream, 200, &serde_json::json!({ "auctions": [{ "auction": auction }] }));
    }
    let Some(rest) = rest.strip_prefix(&format!("/{auction}/")) else {
        return problem(stream, 404, "http.not-found", "this server has no such auction");
    };
    match rest {
        "checkpoint" => match signed(folder).0 {
            None => problem(stream, 404, "not-yet", "nothing is signed yet"),
            Some(checkpoint) => json(stream, 200, &serde_json::to_value(checkpoint).unwrap()),
        },
        "checkpoints" => bytes(stream, request, query, &folder.checkpoints()),
        "transcript" => bytes(stream, request, query, &folder.transcript()),
        "consistency" => {
            let [from, to] = ["from", "to"].map(|name| parameter(query, name).unwrap());
            let proof = history.consistency(from, to).unwrap();
            let proof: Vec<String> = proof.iter().map(|hash| hex::encode(hash.0)).collect();
            json(stream, 200, &serde_json::json!({ "proof": proof }))
        }
        "instructions" => {
            let id = folder.hand_in(&request.body).unwrap();
            let since = Instant::now();
            loop {
                match folder.answer(&id) {
                    Some(Answer::Accepted { entry, slot }) => {
                        let value = serde_json::json!({
                            "state": "accepted", "entry": entry, "slot": slot,
                        });
                        return json(stream, 200, &value);
                    }
                    Some(Answer::Refused { check, sentence }) => {
                        let value = serde_json::json!({
                            "code": "refused", "check": check, "detail": sentence,
                        });
                        return json(stream, 422, &value);
                    }
                    None if since.elapsed() > Duration::from_secs(2) => {
                        return json(stream, 202, &serde_json::json!({ "state": "waiting" }));
                    }
                    None => std::thread::sleep(Duration::from_millis(10)),
                }
            }
        }
        _ => problem(stream, 404, "http.not-found", "there is nothing here"),
    }
}

/// Does to one connection what a server does.
fn meet(mut stream: TcpStream, conduct: &Mutex<Conduct>, requests: &Mutex<Vec<(Instant, String)>>) {
    let Some(request) = read_request(&stream) else { return };
    requests.lock().unwrap().push((Instant::now(), request.line.clone()));
    let what = conduct.lock().unwrap().clone();
    // Whoever has asked may be gone by now.
    let _ = match what {
        Conduct::Serves(path) => serve(&mut stream, &request, &Folder::new(path)),
        Conduct::Loses(path) if request.line.starts_with("POST") => {
            Folder::new(path).hand_in(&request.body).map(drop).map_err(io::Error::other)
        }
        Conduct::Loses(path) => serve(&mut stream, &request, &Folder::new(path)),
        Conduct::Alters(path, what, alter) => {
            let mut answer = Vec::new();
            let served = serve(&mut answer, &request, &Folder::new(path));
            if request.line.contains(what) {
                alter(&mut answer);
            }
            served.and_then(|()| stream.write_all(&answer))
        }
        Conduct::Says(status, headers, body) => {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (*name, value.clone())).collect();
            respond(&mut stream, status, &headers, body.as_bytes())
        }
        Conduct::Silent => {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Conduct::Endless => {
            let begin = stream.write_all(b"HTTP/1.1 200 said\r\nconnection: close\r\n\r\n");
            begin.and_then(|()| {
                loop {
                    stream.write_all(&[b'['; 1 << 16])?;
                }
            })
        }
        Conduct::Gibberish => stream.write_all(b"talea has left the building\r\n\r\n"),
        Conduct::Down => Ok(()),
    };
    let _ = stream.shutdown(Shutdown::Both);
}

impl Web {
    pub fn start(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            conduct: Arc::new(Mutex::new(conduct)),
            requests: Arc::default(),
            is_over: Arc::default(),
        };
        let (conduct, requests) = (web.conduct.clone(), web.requests.clone());
        let is_over = web.is_over.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if *is_over.lock().unwrap() {
                    return;
                }
                let (conduct, requests) = (conduct.clone(), requests.clone());
                std::thread::spawn(move || meet(stream.unwrap(), &conduct, &requests));
            }
        });
        web
    }

    /// Serves a folder.
    pub fn over(folder: PathBuf) -> Self {
        Self::start(Conduct::Serves(folder))
    }

    /// Its address, as commands take one.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn now(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    /// What was asked of it, and when.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.requests.lock().unwrap().clone()
    }
}
