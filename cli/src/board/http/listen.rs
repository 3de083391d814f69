//! Connections: how many there may be, and how long one may take for nothing.

use super::{
    extract::{HangUp, Peer},
    hosted::Shared,
};
use crate::failure::{Code, Failure};
use axum::{Router, body::Body, http::Request};
use futures_util::future::select;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

/// How long a client may take for the head of a request, and for the handshake of TLS.
const HEAD: Duration = Duration::from_secs(15);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// How long to wait where the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);
/// How long a client may take nothing of what it is sent.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(60);
/// Files that a process needs beside its connections.
#[cfg(unix)]
const OTHER_FILES: u64 = 128;

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In all.
    pub in_all: usize,
    /// From one address.
    pub of_address: usize,
}

/// The connections that are open.
struct Open {
    bounds: Bounds,
    counts: Mutex<(usize, BTreeMap<IpAddr, usize>)>,
}

/// One of them.
struct Place {
    open: Arc<Open>,
    address: IpAddr,
}

impl Open {
    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = counts.1.get(&address).copied().unwrap_or(0);
        if counts.0 >= self.bounds.in_all || of_address >= self.bounds.of_address {
            return None;
        }
        counts.0 += 1;
        counts.1.insert(address, of_address + 1);
        Some(Place { open: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.0 = counts.0.saturating_sub(1);
        match counts.1.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.1.remove(&self.address)),
        }
    }
}

/// Reads what TLS needs.
///
/// # Errors
/// `file.unreadable` if a file holds no such thing, `http.listen` if the two do not go together.
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| Failure::unreadable(certificate, error))?;
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| Failure::unreadable(key, error))?;
    let unusable = |error: rustls::Error| {
        let sentence = format!("{} cannot be used: {error}", certificate.display());
        Failure::new(Code::HttpListen, sentence)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Takes connections for ever.
pub(super) async fn listen(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    bounds: Bounds,
    router: Router,
    server: Shared,
) {
    let open = Arc::new(Open { bounds, counts: Mutex::default() });
    loop {
        let Ok((stream, address)) = listener.accept().await else {
            // Too many files are open, or the client was gone already.
            sleep(NO_ROOM).await;
            continue;
        };
        let peer = Peer::of(address.ip());
        let Some(place) = open.take(peer.0) else {
            server.metrics.turned_away.inc();
            continue;
        };
        let (tls, router, server) = (tls.clone(), router.clone(), server.clone());
        tokio::spawn(async move {
            server.metrics.connections.inc();
            serve(stream, tls, peer, router).await;
            server.metrics.connections.dec();
            drop(place);
        });
    }
}

/// Sets what a connection needs. Where the system has no such thing, connections are bounded in number still.
fn set_up(stream: &TcpStream) {
    // An answer leaves at once.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        // Whoever is gone, or reads nothing, is let go of.
        let patience = u32::try_from(STALLED.as_millis()).unwrap_or(u32::MAX);
        let _ = sockopt::set_tcp_user_timeout(stream, patience);
        let _ = sockopt::set_socket_keepalive(stream, true);
    }
}

/// Lets this process have as many connections open as it may, if the system does; how many those are at most.
pub(super) fn room(wanted: usize) -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let files = (wanted as u64).saturating_add(OTHER_FILES);
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.map_or(files, |maximum| files.min(maximum));
        if limit.current.is_some_and(|current| current < most) {
            let raised = Rlimit { current: Some(most), maximum: limit.maximum };
            // What is not raised stays as it is.
            let _ = setrlimit(Resource::Nofile, raised);
        }
        let current = getrlimit(Resource::Nofile).current.unwrap_or(files);
        let room = current.saturating_sub(OTHER_FILES);
        usize::try_from(room).unwrap_or(usize::MAX).clamp(1, wanted.max(1))
    }
    #[cfg(not(unix))]
    wanted
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, peer: Peer, router: Router) {
    set_up(&stream);
    match tls {
        None => exchange(stream, peer, router).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await {
                exchange(stream, peer, router).await;
            }
        }
    }
}

/// Answers the requests of a connection until it ends.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    peer: Peer,
    router: Router,
) {
    let hang_up = HangUp::default();
    let of_requests = hang_up.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(of_requests.clone());
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD)
        // Bodies are written from where they are, so what counts them counts until they are sent.
        .writev(true)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever breaks off has broken off.
    drop(select(pin!(connection), pin!(hang_up.asked())).await);
}

/// Binds an address.
///
/// # Errors
/// `http.listen`.
pub(super) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Code::HttpListen, format!("{address} cannot be listened on: {error}"))
    };
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let bound = listener.local_addr().map_err(unusable)?;
    Ok((listener, bound))
}
