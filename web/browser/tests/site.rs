//! The page on a static server, as anybody may put it there, and the programs of the command line.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A program of the command line.
pub fn program(name: &str) -> Command {
    let folder =
        env::var_os("TALEA_PROGRAMS").map_or(repository().join("target/release"), PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "{} is not there: run web/test", path.display());
    Command::new(path)
}

/// The page as `web/build` makes it.
pub fn page() -> PathBuf {
    let folder = repository().join("web/dist");
    assert!(folder.join("index.html").exists(), "web/dist is not there: run web/build");
    folder
}

/// A static server; it stops when dropped.
pub struct Site {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Site {
    /// Serves the page, each request on a connection and a thread of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let site = Self { address: listener.local_addr().unwrap(), is_over: is_over.clone() };
        let folder = page();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let folder = folder.clone();
                // A browser that hangs up has what it wanted.
                thread::spawn(move || drop(answer(stream, &folder)));
            }
        });
        site
    }

    /// An address on it.
    pub fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).and_then(|path| path.split('?').next());
    let path = path.unwrap_or_default().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(bytes) => ("200 OK", bytes),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
