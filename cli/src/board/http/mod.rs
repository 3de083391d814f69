//! The board over HTTP: many auctions in one process, each with its folder, its log and its thread. `docs/http.md`
//! describes the interface.
//!
//! | module | what it holds |
//! |---|---|
//! | `listen` | connections, TLS, and what bounds them |
//! | `pool`, `held` | memory for bodies that are read and for answers that are sent |
//! | `hosted`, `extract` | the auctions, and what a request says |
//! | `instructions` | what is posted, and what became of it |
//! | `auctions`, `transcript`, `events` | what is read |
//! | `messages`, `problem` | JSON that goes out |
//! | `page` | the page, and what browsers are told |
//! | `metrics`, `figures`, `openapi` | for tools |

mod auctions;
mod events;
mod extract;
mod figures;
mod held;
mod hosted;
mod instructions;
mod listen;
mod messages;
mod metrics;
mod openapi;
mod page;
mod pool;
mod problem;
mod transcript;

pub use listen::Bounds;
pub use openapi::document;

use crate::{
    board::{folder::Folder, posts::Limits, serve::Board},
    failure::{Code, Failure},
    keys::Keys,
    say::{print, say},
};
use axum::{
    Router,
    extract::Request,
    middleware,
    routing::{get, post},
};
use held::Answers;
use hosted::{Hosted, Server, Shared};
use metrics::Metrics;
use page::Page;
use pool::{Pool, Room};
use problem::Problem;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

/// How many threads read files for those who ask.
const READING_THREADS: usize = 32;

/// The most bytes of bodies that are being read, and the most of large answers that are being sent: each in all.
const MEMORY: usize = 128 << 20;
/// So much of it for each connection that an address may have.
const OF_CONNECTION: usize = 32 << 10;
/// And at least so much for an address: one body or one answer has room in it.
const OF_ADDRESS: usize = 4 << 20;

/// The memory for an address that may have so many connections.
fn room(connections: usize) -> Room {
    let of_address = connections.saturating_mul(OF_CONNECTION).clamp(OF_ADDRESS, MEMORY);
    Room { of_address, in_all: MEMORY }
}

/// How a server is set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// A certificate chain and its key, in PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The page, instead of that of this program.
    pub page: Option<PathBuf>,
    /// How many posts may wait for each board.
    pub limits: Limits,
    /// How many connections there may be.
    pub bounds: Bounds,
}

/// Serves the boards in these folders until none of them can go on. `confirm` is asked where a deadline passed while
/// no board ran.
///
/// # Errors
/// Those of opening a board; `http.listen`; and why the last board stopped.
pub fn serve(
    folders: &[Folder],
    keys: &Keys,
    settings: Settings,
    confirm: impl Fn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut boards = Vec::new();
    for folder in folders {
        let mut board = Board::open(folder, keys)?;
        board.confirm_missed(&confirm)?;
        let window = board.open_window(settings.limits)?;
        let hosted = Arc::new(Hosted::new(&board, folder, window)?);
        boards.push((board, hosted));
    }
    let auctions = boards.iter().map(|(_, hosted)| (hosted.name.clone(), hosted.clone()));
    let room = room(settings.bounds.of_address);
    let server = Arc::new(Server {
        auctions: auctions.collect(),
        metrics: Metrics::new(),
        reading: Pool::new(room),
        answers: Answers::new(room),
    });
    let tls = settings.tls.as_ref().map(|(chain, key)| listen::acceptor(chain, key)).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(READING_THREADS)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    let (listener, bound) = runtime.block_on(listen::bind(settings.listen))?;
    let router = router(server.clone(), Page::new(settings.page));
    let scheme = if tls.is_some() { "https" } else { "http" };
    let names: Vec<String> = server.auctions.keys().cloned().collect();
    let in_all = listen::room(settings.bounds.in_all);
    let bounds = Bounds { in_all, ..settings.bounds };
    tracing::info!(%bound, auctions = names.len(), connections = in_all, "serving");
    runtime.spawn(listen::listen(listener, tls, bounds, router, server));
    for name in names {
        print(&format!("{scheme}://{bound}/a/{name}\n"));
    }
    say("the board is running; it goes on after the auction, until it is stopped");
    run(boards)
}

/// Runs each board in a thread of its own until all have stopped; why the last one did.
fn run(boards: Vec<(Board, Arc<Hosted>)>) -> Result<(), Failure> {
    let (stopped, failures) = mpsc::channel();
    for (board, hosted) in boards {
        let stopped = stopped.clone();
        let thread = thread::Builder::new().name("board".into());
        let run = move || {
            let failure = board.run_behind_window();
            tracing::error!(auction = %hosted.name, code = %failure.code, "the board stopped");
            say(&format!("the board of {} stopped: {}", hosted.name, failure.sentence));
            let _ = stopped.send(failure);
        };
        let started = thread.spawn(run);
        started.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    }
    drop(stopped);
    let silent = || Failure::new(Code::Internal, "a board ended without a word");
    Err(failures.iter().last().unwrap_or_else(silent))
}

fn router(server: Shared, page: Page) -> Router {
    let of_auction = Router::new()
        .route("/", get(auctions::status))
        .route("/terms", get(auctions::terms))
        .route("/transcript", get(transcript::transcript))
        .route("/checkpoints", get(transcript::checkpoints))
        .route("/checkpoint", get(auctions::checkpoint))
        .route("/consistency", get(auctions::consistency))
        .route("/entries", get(auctions::entries))
        .route("/receipts/{entry}", get(auctions::receipt))
        .route("/instructions", post(instructions::post))
        .route("/answers/{id}", get(instructions::answer))
        .route("/dues/{keyholder}", get(auctions::dues))
        .route("/outcome", get(auctions::outcome))
        .route("/events", get(events::events));
    Router::new()
        .route("/v1/auctions", get(auctions::list))
        .nest("/v1/auctions/{auction}", of_auction)
        .route("/openapi.json", get(openapi::openapi))
        .route("/metrics", get(figures::metrics))
        .route("/health", get(health))
        // The page's files are in the program, or streams.
        .route_layer(middleware::from_fn_with_state(server.answers.clone(), held::hold))
        .fallback(move |request: Request| page.answer(request))
        .method_not_allowed_fallback(async || Problem::wrong_method())
        .layer(middleware::from_fn(page::guard))
        .layer(middleware::from_fn_with_state(server.clone(), figures::count))
        .with_state(server)
}

/// Whether the process is there.
#[utoipa::path(get, path = "/health", responses((status = 200, content_type = "text/plain")))]
async fn health() -> &'static str {
    "ok\n"
}
