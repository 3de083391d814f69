//! A call of the page: which there are, what they take, and what they answer.
//!
//! A request is the length of its JSON in four bytes, the least significant first, the JSON, and bytes that belong
//! to it. An answer is the same. Its JSON has either `ok` or `fault`.

use crate::{
    bid,
    checkpoint::{Checkpoint, Receipt},
    fault::Fault,
    follower::Feed,
    host::PageFile,
    key::Key,
    timeline::Timeline,
    verification,
    view::View,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use talea_protocol::bytes::Digest;
use talea_text::{book::Book, failure::Code, terms};

const LENGTH_BYTES: usize = 4;

thread_local! {
    /// The auction that the page follows. A program of the page follows one.
    static FEED: RefCell<Feed> = RefCell::new(Feed::default());
}

/// What the page asks for.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    /// Verifies the file at hand.
    Verify,
    /// Reads the timeline of the file at hand.
    Timeline,
    /// Replays the bytes that follow in the transcript.
    Feed,
    /// How the auction stands.
    View,
    /// The terms in words.
    Terms,
    /// Whether the board's signature is over what was replayed.
    Checkpoint { checkpoint: Checkpoint },
    /// Whether the receipt is for this instruction.
    Receipt { receipt: Receipt, id: String },
    /// New keys.
    NewKey,
    /// The party of a key.
    ReadKey { key: String },
    /// A key file.
    LockKey { key: String, passphrase: String },
    /// The keys in the key file of the payload.
    UnlockKey { passphrase: String },
    /// A price in figures.
    Quote { lot: u32, price: String },
    /// A bid, made but not kept or sent. The payload is what was kept of earlier ones.
    Prepare { key: String, lot: u32, level: u32 },
    /// The commit of the one bid in the payload.
    CommitOf,
    /// Tries some levels for a bid that was not kept.
    Search { key: String, lot: u32, round: u32, from: u32, to: u32 },
    /// What to keep of a bid that was found again.
    Recover { key: String, lot: u32, round: u32, level: u32 },
    /// What is to be revealed, out of the payload.
    Reveal { key: String },
    /// The same for a keyholder to hand in.
    HandOver { key: String },
    /// A party's own part.
    Own { key: String },
}

/// Answers a request.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let (json, payload) = match parts(request).and_then(|(json, payload)| {
        let request = serde_json::from_slice(json);
        serve(request.map_err(|error| Fault::internal(error.to_string()))?, payload)
    }) {
        Ok((value, payload)) => (json!({ "ok": value }), payload),
        Err(fault) => (json!({ "fault": fault }), Vec::new()),
    };
    let json = json.to_string().into_bytes();
    let mut answer = u32::try_from(json.len()).unwrap_or(0).to_le_bytes().to_vec();
    answer.extend(json);
    answer.extend(payload);
    answer
}

fn parts(request: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let parts = || {
        let (length, rest) = request.split_first_chunk::<LENGTH_BYTES>()?;
        rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
    };
    parts().ok_or_else(|| Fault::internal("a request is shorter than it says"))
}

fn value(value: impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::internal(error.to_string()))
}

fn serve(request: Request, payload: &[u8]) -> Result<(Value, Vec<u8>), Fault> {
    let only = |json: Value| Ok((json, Vec::new()));
    match request {
        Request::Verify => {
            let report = verification::report()?;
            let report: Value = serde_json::from_str(&report)
                .map_err(|error| Fault::internal(error.to_string()))?;
            only(report)
        }
        Request::Timeline => only(value(Timeline::read(PageFile))?),
        Request::Feed => FEED.with_borrow_mut(|feed| {
            feed.take(payload)?;
            only(Value::Null)
        }),
        Request::NewKey => {
            let key = Key::generate();
            only(json!({ "key": key.lines(), "party": key.identity().party().to_string() }))
        }
        Request::ReadKey { key } => {
            let key = Key::read(&key)?;
            only(json!({ "party": key.identity().party().to_string() }))
        }
        Request::LockKey { key, passphrase } => {
            Ok((Value::Null, Key::read(&key)?.lock(passphrase)?))
        }
        Request::UnlockKey { passphrase } => {
            let key = Key::unlock(payload, passphrase)?;
            only(json!({ "key": key.lines(), "party": key.identity().party().to_string() }))
        }
        other => FEED.with_borrow(|feed| of_auction(feed, other, payload)),
    }
}

/// Answers what is about the auction that the page follows.
fn of_auction(feed: &Feed, request: Request, payload: &[u8]) -> Result<(Value, Vec<u8>), Fault> {
    let follower = feed.follower()?;
    let only = |json: Value| Ok((json, Vec::new()));
    match request {
        Request::View => only(value(View::of(follower))?),
        Request::Terms => {
            let words = terms::in_words(follower.auction().terms(), &Book::default())?;
            only(json!({ "words": words }))
        }
        Request::Checkpoint { checkpoint } => only(value(checkpoint.is_kept(follower)?)?),
        Request::Receipt { receipt, id } => {
            let mut digest = [0; 32];
            hex::decode_to_slice(&id, &mut digest)
                .map_err(|_| Fault::new(Code::Internal, "an id is not hexadecimal"))?;
            only(value(receipt.is_kept(follower, &Digest(digest))?)?)
        }
        Request::Quote { lot, price } => only(value(bid::quote(follower, lot, &price)?)?),
        Request::Prepare { key, lot, level } => {
            let kept = bid::read_kept(payload)?;
            Ok((Value::Null, bid::prepare(follower, &Key::read(&key)?, (lot, level), &kept)?))
        }
        Request::CommitOf => {
            let kept = bid::read_kept(payload)?;
            let [kept] = kept.as_slice() else {
                return Err(Fault::internal("expected one bid"));
            };
            let (id, level, commit) = bid::commit_of(kept)?;
            Ok((json!({ "id": id, "level": level.0 }), commit.to_vec()))
        }
        Request::Search { key, lot, round, from, to } => {
            only(value(bid::search(follower, &Key::read(&key)?, (lot, round), from..to)?)?)
        }
        Request::Recover { key, lot, round, level } => {
            let kept = bid::recovered(follower, &Key::read(&key)?, (lot, round), level)?;
            Ok((Value::Null, kept))
        }
        Request::Reveal { key } => {
            let kept = bid::read_kept(payload)?;
            let (revealing, bytes) = bid::reveal(follower, &Key::read(&key)?, kept)?;
            Ok((value(revealing)?, bytes))
        }
        Request::HandOver { key } => {
            let kept = bid::read_kept(payload)?;
            Ok((Value::Null, bid::hand_over(follower, &Key::read(&key)?, kept)?))
        }
        Request::Own { key } => {
            let kept = bid::read_kept(payload)?;
            only(value(bid::own(follower, &Key::read(&key)?, &kept)?)?)
        }
        _ => Err(Fault::internal("a request without an answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(json: &str, payload: &[u8]) -> (Value, Vec<u8>) {
        let mut request = u32::try_from(json.len()).unwrap().to_le_bytes().to_vec();
        request.extend(json.as_bytes());
        request.extend(payload);
        let answer = answer(&request);
        let (json, payload) = parts(&answer).unwrap();
        (serde_json::from_slice(json).unwrap(), payload.to_vec())
    }

    #[test]
    fn whatever_is_asked_is_answered() {
        for request in ["", "{}", "[]", r#"{"do":"dance"}"#, r#"{"do":"view","more":1}"#] {
            assert_eq!(ask(request, &[]).0["fault"]["code"], "internal", "{request}");
        }
        for request in [&b""[..], b"\x01", b"\xff\xff\xff\xff{}"] {
            assert!(answer(request).len() > 4);
        }
        assert_eq!(ask(r#"{"do":"view"}"#, &[]).0["fault"]["code"], "not-yet");
    }

    #[test]
    fn a_price_is_answered_in_figures_and_a_wrong_one_with_what_to_write() {
        let transcript = include_bytes!("../../../docs/vectors/transcripts/accepted.talea");
        assert_eq!(ask(r#"{"do":"feed"}"#, transcript).0["ok"], Value::Null);
        let (view, _) = ask(r#"{"do":"view"}"#, &[]);
        let best = view["ok"]["lots"][0]["to"].as_str().unwrap();
        let quote = |price: &str| ask(&json!({ "do": "quote", "lot": 0, "price": price }).to_string(), &[]).0;
        assert_eq!(quote(best)["ok"]["price"], best);
        let wrong = quote("a lot");
        assert_eq!(wrong["fault"]["code"], "scenario.price");
        assert!(wrong["fault"]["help"].as_str().unwrap().contains("write it"), "{wrong}");
    }
}
