//! A node's answers as JSON, and the events in them.
//!
//! Nodes answer in several forms (`tx_search`, `block_results`, the SDK's lists of transactions), and they differ
//! in what stands around an event. So events are looked for wherever they stand: an object with a `type` and a
//! list of `attributes`, each with a `key` and a `value`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Deserializer, Value};
use std::collections::BTreeMap;
use talea_protocol::chain::Announced;
use talea_text::failure::{Code, Failure};

/// The attribute by which a chain says which contract an event is of.
const CONTRACT: &str = "_contract_address";

/// The events of one auction, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    wanted: Option<String>,
    contract: Option<String>,
    announced: BTreeMap<u64, Announced>,
}

impl Events {
    /// Events of this contract alone; of the only one that is there, if none is named.
    #[must_use]
    pub fn of(wanted: Option<String>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Takes in what a file holds: one answer of a node, or several one after another. Events that are there
    /// twice count once.
    ///
    /// # Errors
    /// `chain.events` if it is no JSON or an event cannot be read, `chain.several` if there are events of
    /// several contracts, `chain.differs` if one number has two events.
    pub fn read(&mut self, name: &str, answers: &[u8]) -> Result<(), Failure> {
        for answer in Deserializer::from_slice(answers).into_iter::<Value>() {
            let answer = answer.map_err(|error| {
                Failure::new(Code::ChainEvents, format!("{name} is not JSON: {error}"))
            })?;
            self.walk(name, &answer)?;
        }
        Ok(())
    }

    /// What was announced, by number: 0 is the genesis.
    #[must_use]
    pub fn announced(&self) -> &BTreeMap<u64, Announced> {
        &self.announced
    }

    fn walk(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        match value {
            Value::Array(values) => values.iter().try_for_each(|value| self.walk(name, value)),
            Value::Object(fields) => match attributes(value) {
                Some(attributes) => self.take(name, &attributes),
                None => fields.values().try_for_each(|value| self.walk(name, value)),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn take(&mut self, name: &str, attributes: &BTreeMap<&str, &str>) -> Result<(), Failure> {
        let unreadable = |what: &str| {
            let sentence = format!("{name} has an event of an auction without a readable {what}");
            Failure::new(Code::ChainEvents, sentence)
        };
        let get = |key| attributes.get(key).copied();
        let contract = get(CONTRACT).ok_or_else(|| unreadable(CONTRACT))?;
        if self.wanted.as_deref().is_some_and(|wanted| wanted != contract) {
            return Ok(());
        }
        let known = self.contract.get_or_insert_with(|| contract.to_owned());
        if known != contract {
            let sentence = format!("there are events of {known} and of {contract}");
            let help = "name the one that you mean with --contract";
            return Err(Failure::new(Code::ChainSeveral, sentence).with_help(help));
        }
        let number = get(Announced::NUMBER).and_then(|number| number.parse().ok());
        let number: u64 = number.ok_or_else(|| unreadable(Announced::NUMBER))?;
        let record = get(Announced::RECORD).and_then(|record| STANDARD.decode(record).ok());
        let announced = record.and_then(|record| Announced::read(number, &record));
        let announced = announced.ok_or_else(|| unreadable(Announced::RECORD))?;
        match self.announced.insert(number, announced.clone()) {
            Some(before) if before != announced => {
                let sentence = format!("two events are numbered {number} and differ");
                Err(Failure::new(Code::ChainDiffers, sentence))
            }
            _ => Ok(()),
        }
    }
}

/// The attributes of an event of ours. Nothing if this object is none.
fn attributes(value: &Value) -> Option<BTreeMap<&str, &str>> {
    let kind = text(value, "type")?.strip_prefix("wasm-")?;
    let attributes = value.get("attributes").filter(|_| kind == Announced::EVENT)?.as_array()?;
    let of = |attribute| Some((text(attribute, "key")?, text(attribute, "value")?));
    Some(attributes.iter().filter_map(of).collect())
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}
