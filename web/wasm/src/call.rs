//! A call of the page: a request, and its answer.
//!
//! A request is the length of its JSON in four bytes, the least significant first, the JSON, and bytes that belong
//! to it. An answer is the same. The JSON of a request is its name, or an object with the name and the fields; that of
//! an answer has either `ok` or `fault`.

#[cfg(feature = "bidder")]
mod bidding;
#[cfg(feature = "locks")]
mod locking;
#[cfg(feature = "verifier")]
mod verifying;

use crate::fault::Fault;
use serde::Serialize;

const LENGTH_BYTES: usize = 4;

/// JSON, and bytes that belong to it.
type Answer = Result<(String, Vec<u8>), Fault>;

/// Answers a request.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let (json, payload) = match serve(request) {
        Ok((json, payload)) => (format!("{{\"ok\":{json}}}"), payload),
        Err(fault) => {
            let fault = serde_json::to_string(&fault).unwrap_or_default();
            (format!("{{\"fault\":{fault}}}"), Vec::new())
        }
    };
    let mut answer = u32::try_from(json.len()).unwrap_or(0).to_le_bytes().to_vec();
    answer.extend(json.into_bytes());
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

/// One of the requests that this build knows.
fn serve(request: &[u8]) -> Answer {
    let (json, payload) = parts(request)?;
    #[cfg(feature = "verifier")]
    if let Ok(request) = serde_json::from_slice(json) {
        return verifying::serve(&request, payload);
    }
    #[cfg(feature = "bidder")]
    if let Ok(request) = serde_json::from_slice(json) {
        return bidding::of_board(request, payload);
    }
    #[cfg(feature = "bidder")]
    if let Ok(request) = serde_json::from_slice(json) {
        return bidding::of_party(request, payload);
    }
    #[cfg(feature = "locks")]
    if let Ok(request) = serde_json::from_slice(json) {
        return locking::serve(request, payload);
    }
    Err(Fault::internal("this program does not know the request"))
}

fn written(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::internal(error.to_string()))
}

/// An answer without bytes.
fn only(value: impl Serialize) -> Answer {
    Ok((written(&value)?, Vec::new()))
}

/// An answer that is nothing but bytes.
#[cfg(feature = "keys")]
fn bytes(bytes: Vec<u8>) -> Answer {
    Ok(("null".into(), bytes))
}

#[cfg(test)]
#[cfg(feature = "bidder")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

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
        for request in [
            "",
            "{}",
            "[]",
            r#""dance""#,
            r#"{"quote":{"lot":0}}"#,
            r#"{"quote":{"lot":0,"price":"1","more":1}}"#,
        ] {
            assert_eq!(ask(request, &[]).0["fault"]["code"], "internal", "{request}");
        }
        for request in [&b""[..], b"\x01", b"\xff\xff\xff\xff{}"] {
            assert!(answer(request).len() > 4);
        }
        assert_eq!(ask("\"view\"", &[]).0["fault"]["code"], "not-yet");
    }

    #[test]
    fn a_view_has_a_picture_of_each_depth_that_was_disclosed() {
        let transcript = include_bytes!("../../../docs/vectors/transcripts/depth.talea");
        assert_eq!(ask("\"feed\"", transcript).0["ok"], Value::Null);
        let (view, _) = ask("\"view\"", &[]);
        let depths = view["ok"]["lots"][0]["depths"].as_array().unwrap();
        let [picture] = depths.as_slice() else { panic!("{depths:?}") };
        let picture = picture.as_str().unwrap();
        assert!(picture.starts_with("<svg") && picture.contains(">at the end<"), "{picture}");
    }

    #[test]
    fn a_price_is_answered_in_figures_and_a_wrong_one_with_what_to_write() {
        let transcript = include_bytes!("../../../docs/vectors/transcripts/accepted.talea");
        assert_eq!(ask("\"feed\"", transcript).0["ok"], Value::Null);
        let (view, _) = ask("\"view\"", &[]);
        let best = view["ok"]["lots"][0]["to"].as_str().unwrap();
        let quote =
            |price: &str| ask(&json!({ "quote": { "lot": 0, "price": price } }).to_string(), &[]).0;
        assert_eq!(quote(best)["ok"]["price"], best);
        let wrong = quote("a lot");
        assert_eq!(wrong["fault"]["code"], "scenario.price");
        assert!(wrong["fault"]["help"].as_str().unwrap().contains("write it"), "{wrong}");
    }
}
