//! A call of the page: a request, and its answer.
//!
//! A request is the length of its JSON in four bytes, the least significant first, the JSON, and bytes that belong
//! to it. An answer is the same. Its JSON has either `ok` or `fault`.

#[cfg(feature = "bidder")]
mod bidding;
#[cfg(feature = "locks")]
mod locking;
#[cfg(feature = "verifier")]
mod verifying;

use crate::fault::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const LENGTH_BYTES: usize = 4;

/// What the page asks for, of what this build can do.
#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    #[cfg(feature = "verifier")]
    Verifying(verifying::Request),
    #[cfg(feature = "bidder")]
    Bidding(bidding::Request),
    #[cfg(feature = "locks")]
    Locking(locking::Request),
}

/// JSON, and bytes that belong to it.
type Answer = Result<(Value, Vec<u8>), Fault>;

/// Answers a request.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let (json, payload) = match serve(request) {
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

fn serve(request: &[u8]) -> Answer {
    let (json, payload) = parts(request)?;
    let request = serde_json::from_slice(json);
    match request.map_err(|_| Fault::internal("this program does not know the request"))? {
        #[cfg(feature = "verifier")]
        Request::Verifying(request) => verifying::serve(&request, payload),
        #[cfg(feature = "bidder")]
        Request::Bidding(request) => bidding::serve(request, payload),
        #[cfg(feature = "locks")]
        Request::Locking(request) => locking::serve(request, payload),
    }
}

fn value(value: impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::internal(error.to_string()))
}

/// An answer without bytes.
fn only(json: impl Serialize) -> Answer {
    Ok((value(json)?, Vec::new()))
}

#[cfg(all(test, feature = "bidder"))]
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
        let quote = |price: &str| {
            ask(&json!({ "do": "quote", "lot": 0, "price": price }).to_string(), &[]).0
        };
        assert_eq!(quote(best)["ok"]["price"], best);
        let wrong = quote("a lot");
        assert_eq!(wrong["fault"]["code"], "scenario.price");
        assert!(wrong["fault"]["help"].as_str().unwrap().contains("write it"), "{wrong}");
    }
}
