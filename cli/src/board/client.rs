//! What a party asks of a board over HTTP, and what can come instead of an answer. Nothing that a server sends is
//! believed here; it is bounded, in bytes and in time.

use crate::{
    board::{
        address::Address,
        checkpoint::{Checkpoint, MAX_RECEIPT},
    },
    failure::{Code, Failure},
    say::excerpt,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};
use talea_protocol::{bytes::Digest, terms::AuctionId};
use ureq::{
    Agent, Body,
    http::{
        Response, StatusCode,
        header::{CONTENT_TYPE, HeaderName, LOCATION, RANGE, RETRY_AFTER},
    },
    tls::{Certificate, RootCerts, TlsConfig},
};

/// How long it may take until there is a connection.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a server may take until it answers, besides the time that it was given.
const ANSWERING: Duration = Duration::from_secs(15);
/// How long the rest of an answer may take. What came of a transcript by then is kept.
const SENDING: Duration = Duration::from_secs(120);
/// How long a server may take to judge what was handed in before it says that it has not.
const JUDGING: Duration = Duration::from_secs(10);
/// The largest answer that is not a transcript, in bytes.
const MAX_ANSWER: u64 = 4 << 20;
/// The largest header of an answer, in bytes.
const MAX_HEADER: usize = 1 << 16;
/// How many connections are kept for later.
const MOST_IDLE: usize = 16;
/// The longest time that a server may ask for, to be left alone.
const LONGEST_REST: Duration = Duration::from_secs(300);
/// The most characters of a stranger's words that are shown.
const SHOWN: usize = 200;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In words.
    pub failure: Failure,
    /// Whether it may be over the next time.
    pub passes: bool,
    /// Whether the board's history seems to be another one, and nothing that the board signed says so: anybody on the
    /// way can bring that about.
    pub is_claim: bool,
    /// How long the server wants to be left alone.
    pub rest: Option<Duration>,
}

impl Trouble {
    /// One that may be over the next time.
    #[must_use]
    pub fn passing(code: Code, sentence: impl Into<String>) -> Self {
        let failure = Failure::new(code, sentence);
        Self { failure, passes: true, is_claim: false, rest: None }
    }

    /// One that stays until somebody does something.
    #[must_use]
    pub fn lasting(code: Code, sentence: impl Into<String>) -> Self {
        Failure::new(code, sentence).into()
    }

    fn with_help(self, help: &str) -> Self {
        Self { failure: self.failure.with_help(help), ..self }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure, passes: false, is_claim: false, rest: None }
    }
}

/// What became of an instruction, as the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is in the transcript.
    Accepted {
        /// Which entry it is, from 1.
        entry: u64,
        /// In which slot.
        slot: u64,
    },
    /// It is refused.
    Refused {
        /// The check, or the code if it is no rule that refuses.
        check: String,
        /// Why.
        sentence: String,
    },
    /// It is not judged yet.
    Waiting,
}

/// What a server says is wrong (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    code: String,
    check: String,
}

#[derive(Debug, Deserialize)]
struct Listed {
    auction: String,
}

#[derive(Debug, Deserialize)]
struct List {
    auctions: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Proof {
    proof: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Accepted {
    entry: u64,
    slot: u64,
}

/// Asks one server about one auction.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    address: Address,
    /// Where the interface has the auction.
    auction: String,
}

/// The certificates that this system trusts, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
fn trusted() -> Result<RootCerts, Failure> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map_or(String::new(), |error| format!(": {error}"));
        let sentence = format!("this system has no certificates that it trusts{why}");
        return Err(Failure::new(Code::BoardCertificate, sentence)
            .with_help("SSL_CERT_FILE names a file of certificates to trust, in PEM"));
    }
    let certificates = found.certs.iter().map(|der| Certificate::from_der(der).to_owned());
    Ok(RootCerts::new_with_certs(&certificates.collect::<Vec<_>>()))
}

fn agent(address: &Address) -> Result<Agent, Failure> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        // An address is what somebody chose to trust with their bids' timing; nobody else chooses another.
        .max_redirects(0)
        .user_agent(concat!("talea/", env!("CARGO_PKG_VERSION")))
        .max_response_header_size(MAX_HEADER)
        .max_idle_connections_per_host(MOST_IDLE)
        .timeout_resolve(Some(CONNECTING))
        .timeout_connect(Some(CONNECTING))
        .timeout_send_request(Some(ANSWERING))
        .timeout_send_body(Some(SENDING))
        .timeout_recv_response(Some(ANSWERING))
        .timeout_recv_body(Some(SENDING));
    if address.is_encrypted() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().root_certs(trusted()?);
        config = config.tls_config(tls.unversioned_rustls_crypto_provider(provider).build());
    }
    Ok(config.build().new_agent())
}

impl Client {
    /// Finds out which auction an address means. One that names none is that of the only auction of its server.
    ///
    /// # Errors
    /// Those of asking; `board.address` if the server has several.
    pub fn find_auction(address: &Address) -> Result<AuctionId, Trouble> {
        if let Some(auction) = address.auction() {
            return Ok(*auction);
        }
        let client =
            Self { agent: agent(address)?, address: address.clone(), auction: String::new() };
        let List { auctions } = client.json(&address.list())?;
        match auctions.as_slice() {
            [Listed { auction }] => {
                auction.parse().map_err(|_| client.no_answer("no auction's name"))
            }
            [] => Err(Trouble::passing(
                Code::BoardUnreachable,
                format!("{address} has no auction now"),
            )),
            several => {
                let sentence = format!("{address} has {} auctions", several.len());
                let some = several.iter().take(3).map(|Listed { auction }| excerpt(auction, SHOWN));
                let some: Vec<String> =
                    some.map(|auction| format!("{address}/a/{auction}")).collect();
                Err(Trouble::lasting(Code::BoardAddress, sentence)
                    .with_help(&format!("name one: {}", some.join(", "))))
            }
        }
    }

    /// Will ask about this auction of the server.
    ///
    /// # Errors
    /// `board.certificate` if nothing is trusted.
    pub fn new(address: &Address, auction: &AuctionId) -> Result<Self, Failure> {
        Ok(Self {
            agent: agent(address)?,
            address: address.of(*auction),
            auction: format!("{}/{auction}", address.list()),
        })
    }

    /// Whom it asks.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The last checkpoint; nothing if there is none so far.
    ///
    /// # Errors
    /// Those of asking.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, Trouble> {
        let url = format!("{}/checkpoint", self.auction);
        let (status, mut response) = self.get(&url, None, Duration::ZERO)?;
        if status == StatusCode::OK {
            return self.read_json(response.into_body()).map(Some);
        }
        let problem = self.problem(&mut response);
        match (status, problem.code.as_str()) {
            (StatusCode::NOT_FOUND, "not-yet") => Ok(None),
            _ => Err(self.refused(&response, &problem)),
        }
    }

    /// A proof that the tree of so many entries is the beginning of the other.
    ///
    /// # Errors
    /// Those of asking.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Digest>, Trouble> {
        let url = format!("{}/consistency?from={from}&to={to}", self.auction);
        let Proof { proof } = self.json(&url)?;
        let hashes = proof.iter().map(|text| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text, &mut bytes).map(|()| Digest(bytes))
        });
        hashes.collect::<Result<_, _>>().map_err(|_| self.no_answer("a proof that holds no hashes"))
    }

    /// The transcript from this byte on, once there is more or so much time is over; nothing if there is no more.
    ///
    /// # Errors
    /// Those of asking.
    pub fn transcript(
        &self,
        from: u64,
        wait: Duration,
    ) -> Result<Option<impl Read + use<>>, Trouble> {
        self.bytes_from(&format!("{}/transcript", self.auction), from, wait)
    }

    /// All checkpoints that the server shows.
    ///
    /// # Errors
    /// Those of asking.
    pub fn checkpoints(&self) -> Result<Option<impl Read>, Trouble> {
        self.bytes_from(&format!("{}/checkpoints", self.auction), 0, Duration::ZERO)
    }

    fn bytes_from(
        &self,
        url: &str,
        from: u64,
        wait: Duration,
    ) -> Result<Option<impl Read + use<>>, Trouble> {
        let url = match wait.as_secs() {
            0 => url.to_owned(),
            seconds => format!("{url}?wait={seconds}"),
        };
        let (status, mut response) = self.get(&url, Some(from), wait)?;
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(None);
        }
        if status == StatusCode::OK && from > 0 {
            // Not every server between knows ranges.
            let skipped =
                io::copy(&mut response.body_mut().as_reader().take(from), &mut io::sink());
            if skipped.map_err(|error| self.broken(&error))? < from {
                return Ok(None);
            }
            return Ok(Some(response.into_body().into_reader()));
        }
        let expected = if from > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let expected = if status == StatusCode::PARTIAL_CONTENT { status } else { expected };
        self.require(status, expected, response).map(|body| Some(body.into_reader()))
    }

    /// Hands in an instruction. The same bytes again have the same answer.
    ///
    /// # Errors
    /// Those of asking.
    pub fn post(&self, instruction: &[u8]) -> Result<Posted, Trouble> {
        let request = self.agent.post(format!("{}/instructions", self.auction));
        let request = request.content_type("application/octet-stream");
        let request = request.config().timeout_recv_response(Some(JUDGING + ANSWERING)).build();
        let mut response = request.send(instruction).map_err(|error| self.unanswered(&error))?;
        let status = response.status();
        match status {
            StatusCode::OK => {
                let Accepted { entry, slot } = self.read_json(response.into_body())?;
                Ok(Posted::Accepted { entry, slot })
            }
            StatusCode::ACCEPTED => Ok(Posted::Waiting),
            StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let Problem { detail, code, check } = self.problem(&mut response);
                if code.is_empty() {
                    return Err(self.not_a_board(status, &response));
                }
                let check = if check.is_empty() { code } else { check };
                Ok(Posted::Refused { check, sentence: detail })
            }
            _ => Err(self.refused_with(response)),
        }
    }

    fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, Trouble> {
        let (status, response) = self.get(url, None, Duration::ZERO)?;
        self.require(status, StatusCode::OK, response).and_then(|body| self.read_json(body))
    }

    fn get(
        &self,
        url: &str,
        from: Option<u64>,
        wait: Duration,
    ) -> Result<(StatusCode, Response<Body>), Trouble> {
        let request = self.agent.get(url);
        let request = match from.filter(|from| *from > 0) {
            None => request,
            Some(from) => request.header(RANGE, format!("bytes={from}-")),
        };
        let request = request.config().timeout_recv_response(Some(ANSWERING + wait)).build();
        let response = request.call().map_err(|error| self.unanswered(&error))?;
        Ok((response.status(), response))
    }

    fn read_json<T: DeserializeOwned>(&self, body: Body) -> Result<T, Trouble> {
        let mut bytes = Vec::new();
        let read = body.into_reader().take(MAX_ANSWER + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.broken(&error))?;
        if bytes.len() as u64 > MAX_ANSWER {
            return Err(self.no_answer(&format!("more than {MAX_ANSWER} bytes")));
        }
        serde_json::from_slice(&bytes)
            .map_err(|_| self.no_answer("something else than was asked for"))
    }

    fn require(
        &self,
        status: StatusCode,
        expected: StatusCode,
        response: Response<Body>,
    ) -> Result<Body, Trouble> {
        if status == expected {
            return Ok(response.into_body());
        }
        Err(self.refused_with(response))
    }

    fn refused_with(&self, mut response: Response<Body>) -> Trouble {
        let problem = self.problem(&mut response);
        self.refused(&response, &problem)
    }

    /// What a status means that is not the one of an answer.
    fn refused(&self, response: &Response<Body>, problem: &Problem) -> Trouble {
        let (address, status) = (&self.address, response.status());
        let number = status.as_u16();
        let Problem { detail, code, .. } = problem;
        if status.is_redirection() {
            let to = header(response, LOCATION);
            let sentence = format!("{address} sends elsewhere, to {to:?}, and no board does that");
            return Trouble::lasting(Code::BoardAnswer, sentence).with_help(
                "if that is the board's address, use it; otherwise somebody else answers",
            );
        }
        let is_passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
        if is_passing.contains(&status) || status.is_server_error() {
            let rest = header(response, RETRY_AFTER).parse().ok().map(Duration::from_secs);
            let why = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            let sentence = format!("{address} cannot answer now (HTTP status {number}{why})");
            let trouble = Trouble::passing(Code::BoardUnreachable, sentence);
            return Trouble { rest: rest.map(|rest| rest.min(LONGEST_REST)), ..trouble };
        }
        if code.is_empty() {
            return self.not_a_board(status, response);
        }
        let sentence = format!("{address} says: {detail} ({code}, HTTP status {number})");
        match status {
            StatusCode::NOT_FOUND => Trouble::lasting(Code::BoardOther, sentence).with_help(
                "the server has not got the auction that the address means; its own page lists those that it has",
            ),
            _ => Trouble::lasting(Code::BoardAnswer, sentence),
        }
    }

    fn not_a_board(&self, status: StatusCode, response: &Response<Body>) -> Trouble {
        let kind = header(response, CONTENT_TYPE);
        self.no_answer(&format!("the HTTP status {} and {kind:?}", status.as_u16()))
    }

    /// Something answers, and it is no board's answer.
    fn no_answer(&self, found: &str) -> Trouble {
        let sentence = format!("{} answers with {found}, and no board does that", self.address);
        Trouble::lasting(Code::BoardAnswer, sentence)
            .with_help("check the address; something between may answer in the board's place")
    }

    /// What is said in the body of a refusal, if it is in the form of a board's.
    fn problem(&self, response: &mut Response<Body>) -> Problem {
        let mut bytes = Vec::new();
        let reader = response.body_mut().as_reader();
        // Whatever does not come whole has no code.
        let _ = reader.take(MAX_ANSWER).read_to_end(&mut bytes);
        let Problem { detail, code, check } = serde_json::from_slice(&bytes).unwrap_or_default();
        let [detail, code, check] = [detail, code, check].map(|text| excerpt(&text, SHOWN));
        Problem { detail, code, check }
    }

    /// An answer that stopped in the middle.
    #[must_use]
    pub fn broken(&self, error: &io::Error) -> Trouble {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
        match inner {
            Some(inner) => self.unanswered(inner),
            None => {
                let sentence =
                    format!("{} stopped in the middle of an answer: {error}", self.address);
                Trouble::passing(Code::BoardUnreachable, sentence)
            }
        }
    }

    /// What went wrong before there was an answer.
    fn unanswered(&self, error: &ureq::Error) -> Trouble {
        let unreachable = |why: String| {
            let sentence = format!("{} cannot be reached: {why}", self.address);
            Trouble::passing(Code::BoardUnreachable, sentence)
        };
        match error {
            ureq::Error::Timeout(_) => unreachable("it does not answer in time".into()),
            ureq::Error::HostNotFound => unreachable("there is no such host".into()),
            ureq::Error::Io(error) => match tls_error(error) {
                Some(error) => self.distrusted(error),
                None => unreachable(error.to_string()),
            },
            ureq::Error::Rustls(error) => self.distrusted(error),
            ureq::Error::Tls(why) => self.distrusted(&rustls::Error::General((*why).into())),
            ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
                self.no_answer("something that is not HTTP")
            }
            other => unreachable(other.to_string()),
        }
    }

    fn distrusted(&self, error: &rustls::Error) -> Trouble {
        let address = &self.address;
        match error {
            rustls::Error::InvalidCertificate(why) => {
                let sentence = format!("the certificate of {address} is not to be trusted: {why}");
                Trouble::lasting(Code::BoardCertificate, sentence).with_help(
                    "nothing was sent to it; a board with a certificate of its own is trusted if SSL_CERT_FILE \
                     names that certificate's file",
                )
            }
            other => {
                let sentence = format!("{address} cannot be spoken to over TLS: {other}");
                Trouble::lasting(Code::BoardCertificate, sentence).with_help(
                    "a board without a certificate has an address that begins with http:",
                )
            }
        }
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A header of an answer, fit to be shown; empty if there is none.
fn header(response: &Response<Body>, name: HeaderName) -> String {
    let value = response.headers().get(name).and_then(|value| value.to_str().ok());
    excerpt(value.unwrap_or_default(), SHOWN)
}

/// No receipt in an answer is larger than an answer may be.
const _: () = assert!(MAX_RECEIPT < MAX_ANSWER);
