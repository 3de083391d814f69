//! What goes wrong, as `application/problem+json` (RFC 9457) with a stable code.

use super::pool::Spent;
use crate::{
    board::posts::Full,
    failure::{Code, Failure},
};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How long whoever is told that there is no room should wait, in seconds.
pub(super) const RETRY_AFTER: u64 = 2;

/// Something went wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: `code` says which problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, in one sentence.
    detail: String,
    /// Its stable name, as docs/errors.md has it.
    code: &'static str,
    /// The check that refuses, such as `C5`, where a rule of the auction refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
    /// What to do next, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// A header that goes with it.
    #[serde(skip)]
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("problem"),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.name(),
            check: None,
            help: None,
            header: None,
        }
    }

    pub(super) fn with_header(self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        Self { header: Some((name, value.into())), ..self }
    }

    /// A request that asks for something impossible.
    pub(super) fn request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::HttpRequest, detail)
    }

    /// There is no such thing here.
    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::HttpNotFound, what)
    }

    /// An address takes other requests.
    pub(super) fn wrong_method() -> Self {
        let sentence = "this address does not take such a request";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::HttpMethod, sentence)
    }

    /// It comes later.
    pub(super) fn not_yet(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotYet, detail)
    }

    /// A rule refuses.
    pub(super) fn refused(check: impl Into<String>, sentence: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::Refused, sentence);
        Self { check: Some(check.into()), ..problem }
    }

    /// The board has stopped. What its files are called is nobody else's business.
    pub(super) fn stopped(why: &Failure) -> Self {
        let sentence = format!("the board has stopped: {}", why.code.meaning());
        Self::new(StatusCode::SERVICE_UNAVAILABLE, why.code, sentence)
    }

    /// A file could not be read.
    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        // Where the file is, is nobody else's business.
        let sentence = format!("a file of the board cannot be read: {error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::FileUnreadable, sentence)
    }

    /// There is no room for more.
    pub(super) fn busy(full: Full) -> Self {
        let (status, sentence) = match full {
            Full::Address => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many instructions from this address wait to be judged",
            ),
            Full::Key => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many instructions signed with this key wait to be judged",
            ),
            Full::Board => (
                StatusCode::SERVICE_UNAVAILABLE,
                "more instructions wait to be judged than this board has room for",
            ),
            Full::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "the board has stopped"),
        };
        Self::come_back(status, sentence)
    }

    fn come_back(status: StatusCode, sentence: &str) -> Self {
        Self::new(status, Code::HttpBusy, sentence).with_header(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// There is no room to read more of a body.
    pub(super) fn slow_body(spent: Spent) -> Self {
        let (status, sentence) = match spent {
            Spent::Address => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many bytes of instructions from this address are being read",
            ),
            Spent::Pool => (
                StatusCode::SERVICE_UNAVAILABLE,
                "more bytes of instructions are being read than this server has room for",
            ),
        };
        Self::come_back(status, sentence)
    }

    /// There is no room for a large answer.
    pub(super) fn slow_reader(spent: Spent) -> Self {
        let (status, sentence) = match spent {
            Spent::Address => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many large answers are being sent to this address",
            ),
            Spent::Pool => (
                StatusCode::SERVICE_UNAVAILABLE,
                "more large answers are being sent than this server has room for",
            ),
        };
        Self::come_back(status, sentence)
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let header = self.header.take();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
