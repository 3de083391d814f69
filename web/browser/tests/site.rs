//! The page on a static server, as anybody may put it there, and the programs of the command line.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
};
use tiny_http::{Header, Response, Server};

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
    server: Arc<Server>,
}

impl Site {
    /// Serves the page.
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let (site, folder) = (Self { server: server.clone() }, page());
        thread::spawn(move || {
            for request in server.incoming_requests() {
                let path = request.url().split('?').next().unwrap_or("/").trim_start_matches('/');
                let path = if path.is_empty() { "index.html" } else { path };
                let kind = match path.rsplit('.').next() {
                    Some("html") => "text/html; charset=utf-8",
                    Some("js") => "text/javascript",
                    Some("css") => "text/css",
                    Some("svg") => "image/svg+xml",
                    Some("wasm") => "application/wasm",
                    _ => "application/octet-stream",
                };
                let _ = match fs::read(folder.join(path)) {
                    Ok(bytes) => request.respond(
                        Response::from_data(bytes)
                            .with_header(Header::from_bytes("Content-Type", kind).unwrap()),
                    ),
                    Err(_) => request.respond(Response::empty(404)),
                };
            }
        });
        site
    }

    /// An address on it.
    pub fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.server_addr())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.unblock();
    }
}
