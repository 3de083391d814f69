//! Answers that are held in memory whole until they are sent: how much of them there may be, and for how long. A
//! client that reads slowly must not fill the memory.

use super::{
    extract::{HangUp, Peer},
    pool::{Pool, Room},
    problem::Problem,
};
use axum::{
    body::{self, Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::timeout};

/// What an answer may hold without being counted, in bytes. This bounds a connection.
pub(super) const SMALL: usize = 1 << 16;
/// How long a client may take for an answer that is counted.
const SENDING: Duration = Duration::from_secs(120);

/// What bounds large answers.
pub(super) struct Answers {
    pool: Arc<Pool>,
    sending: Duration,
}

impl Answers {
    /// Within this room.
    pub(super) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { pool: Pool::new(room), sending: SENDING })
    }
}

/// Marks an answer whose bytes are those of everybody who asks: a slow reader has none of its own.
#[derive(Clone, Copy, Debug)]
struct IsShared;

/// An answer in JSON whose bytes are kept anyway.
pub(super) fn shared_json(bytes: Bytes) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response();
    response.extensions_mut().insert(IsShared);
    response
}

/// The bytes of an answer with what goes along with them until they are sent.
struct Held<T> {
    bytes: Bytes,
    _with: T,
}

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Counts an answer that is large and no stream until its last byte is sent, and hangs up if that takes too long.
pub(super) async fn hold(
    State(answers): State<Arc<Answers>>,
    Peer(address): Peer,
    hang_up: HangUp,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    // A stream does not say how long it is, and has its own bound.
    let length = response.body().size_hint().exact().and_then(|length| length.try_into().ok());
    let Some(length) = length.filter(|length| *length > SMALL) else { return response };
    if response.extensions().get::<IsShared>().is_some() {
        return response;
    }
    let mut share = answers.pool.share(address);
    if let Err(spent) = share.grow_to(length) {
        return Problem::slow_reader(spent).into_response();
    }
    let (head, body) = response.into_parts();
    let Ok(bytes) = body::to_bytes(body, length).await else {
        return Problem::unreadable(&std::io::ErrorKind::UnexpectedEof.into()).into_response();
    };
    let (is_held, sent) = oneshot::channel::<()>();
    let held = Held { bytes, _with: (share, is_held) };
    let sending = answers.sending;
    tokio::spawn(async move {
        if timeout(sending, sent).await.is_err() {
            hang_up.now();
        }
    });
    Response::from_parts(head, Body::from(Bytes::from_owner(held)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::http::listen::exchange;
    use axum::{Router, middleware, routing::get};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    const LARGE: usize = 3 << 20;

    /// A server of large answers, of which each address may have one and a half.
    fn router(sending: Duration) -> Router {
        let room = Room { of_address: LARGE * 3 / 2, in_all: 4 * LARGE };
        let answers = Arc::new(Answers { pool: Pool::new(room), sending });
        Router::new()
            .route("/large", get(async || vec![b'x'; LARGE]))
            .route("/small", get(async || vec![b'x'; SMALL]))
            .route("/shared", get(async || shared_json(Bytes::from(vec![b'x'; LARGE]))))
            .route_layer(middleware::from_fn_with_state(answers, hold))
    }

    async fn ask(router: &Router, from: u8, path: &str) -> DuplexStream {
        let (mut client, server) = tokio::io::duplex(1 << 10);
        let peer = Peer([127, 0, 0, from].into());
        tokio::spawn(exchange(server, peer, router.clone()));
        let request = format!("GET {path} HTTP/1.1\r\nhost: board\r\nconnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }

    /// The status of an answer: it begins, and is read no further.
    async fn begins(client: &mut DuplexStream) -> String {
        let mut line = [0; 12];
        client.read_exact(&mut line).await.unwrap();
        String::from_utf8(line[9..].to_vec()).unwrap()
    }

    async fn rest(mut client: DuplexStream) -> usize {
        let mut bytes = Vec::new();
        // Whether the end is in order is not asked.
        let _ = client.read_to_end(&mut bytes).await;
        bytes.len()
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn an_address_that_reads_large_answers_slowly_gets_no_more_of_them_and_others_do() {
        run(async {
            let router = router(Duration::from_secs(600));
            let mut slow = ask(&router, 1, "/large").await;
            assert_eq!(begins(&mut slow).await, "200");
            assert_eq!(begins(&mut ask(&router, 1, "/large").await).await, "429");
            for (from, path) in [(1, "/small"), (1, "/shared"), (2, "/large")] {
                let mut other = ask(&router, from, path).await;
                assert_eq!(begins(&mut other).await, "200", "{from} {path}");
            }
            // Once it has read it, there is room again.
            assert!(rest(slow).await > LARGE);
            let mut again = ask(&router, 1, "/large").await;
            assert_eq!(begins(&mut again).await, "200");
        });
    }

    #[test]
    fn a_large_answer_that_is_not_read_in_time_ends_its_connection() {
        run(async {
            let router = router(Duration::from_millis(50));
            let mut slow = ask(&router, 1, "/large").await;
            assert_eq!(begins(&mut slow).await, "200");
            // It reads nothing until there is room for another.
            while begins(&mut ask(&router, 1, "/large").await).await == "429" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(rest(slow).await < LARGE, "it was not cut off");
        });
    }
}
