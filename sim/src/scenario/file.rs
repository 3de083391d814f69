//! A scenario as its file says it: every field, and nothing checked but its type.

use crate::{
    failure::{Code, Failure},
    simulate::BidderConduct,
};
use serde::{
    Deserialize,
    de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt};
use talea_protocol::builder;
use talea_text::{
    file::{
        DisclosureFile, GridFile, MechanismFile, MoneyFile, OpeningsFile, PriceText, QUOTES,
        StakesFile, TiesFile, fault_of_toml,
    },
    table_of_group, table_with_grid,
};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// What this is about, in a line.
    pub title: String,
    /// Every key and every random number follows from it.
    pub seed: u64,
    /// The board on which the auction runs.
    #[serde(default = "domain")]
    pub domain: String,
    /// Who may bid.
    #[serde(default)]
    pub admission: AdmissionFile,
    /// Commits per lot, at most.
    #[serde(default = "max_bids_per_lot")]
    pub max_bids_per_lot: u32,
    /// Test points asked at once in a search.
    #[serde(default = "fan_out")]
    pub fan_out: u16,
    /// Items in one chunk of a rank message.
    #[serde(default = "chunk_items")]
    pub chunk_items: u16,
    /// How the price follows from the bids.
    #[serde(default)]
    pub mechanism: MechanismFile,
    /// How ties are broken.
    #[serde(default)]
    pub ties: TiesFile,
    /// What prices are; the terms do not say it if left out.
    pub money: Option<MoneyFile>,
    /// Whether private openings of bids are on the record; not if left out.
    #[serde(default)]
    pub openings: OpeningsFile,
    /// What is opened in addition to winners and price.
    #[serde(default)]
    pub disclosure: DisclosureFile,
    /// Reserves; none if left out.
    pub reserve: Option<ReserveFile>,
    /// The seller's say on what a lot came to; none if left out.
    pub acceptance: Option<AcceptanceFile>,
    /// Rounds in which bids can be improved; none if left out.
    pub rounds: Option<RoundsFile>,
    /// When phases end.
    #[serde(default)]
    pub schedule: ScheduleFile,
    /// What is at stake.
    #[serde(default)]
    pub stakes: StakesFile,
    /// What holds for every lot that does not say otherwise.
    #[serde(default)]
    pub every_lot: GridFile,
    /// The line items.
    pub lots: Vec<LotFile>,
    /// Who together may decrypt.
    pub quorum: Vec<GroupFile>,
    /// Who bids. May be left out if there is a file of bids.
    #[serde(default)]
    pub bidders: Vec<BidderFile>,
    /// A CSV file of bids, beside the scenario.
    pub bids: Option<String>,
}

fn domain() -> String {
    "talea-sim".into()
}

fn max_bids_per_lot() -> u32 {
    builder::MAX_BIDS_PER_LOT
}

fn fan_out() -> u16 {
    builder::FAN_OUT
}

fn chunk_items() -> u16 {
    builder::CHUNK_ITEMS
}

/// Who may bid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdmissionFile {
    /// Anybody.
    #[default]
    Open,
    /// The bidders of the scenario and nobody else.
    Listed,
}

/// When reserves are due, and what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReserveFile {
    /// Last slot for them; halfway between complaints and commits if left out.
    pub until: Option<u64>,
    /// Whether they are opened at the end.
    pub opened: bool,
}

/// The seller's say on what a lot came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceFile {
    /// Slots for it.
    pub slots: u64,
}

/// Rounds in which bids can be improved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundsFile {
    /// Rounds at most.
    pub limit: u32,
    /// Slots for commits, of every round but the first; 10 if left out.
    pub commit_slots: Option<u64>,
    /// Slots for reveals, of every round but the first; 10 if left out.
    pub reveal_slots: Option<u64>,
    /// Whether the best bid that would not win is shown between rounds.
    #[serde(default)]
    pub cover: bool,
}

/// When phases end, in slots. What is left out ends ten slots after the phase before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleFile {
    /// The opening's slot; 0 if left out.
    pub opening_slot: Option<u64>,
    /// Last slot for deals.
    pub deals_until: Option<u64>,
    /// Last slot for complaints.
    pub complaints_until: Option<u64>,
    /// Last slot for commits.
    pub commits_until: Option<u64>,
    /// Last slot for reveals.
    pub reveals_until: Option<u64>,
    /// Slots for endorsing; 10 if left out.
    pub endorse_slots: Option<u64>,
    /// Slots for a step of ranking; 10 if left out.
    pub step_slots: Option<u64>,
    /// Slots added to a step per bid; 1 if left out.
    pub step_slots_per_bid: Option<u64>,
    /// Slots before the end of reveals, and of a later round's commits, in which keyholders attest nothing
    /// any more; if left out, a tenth of the shortest of these phases, rounded up.
    pub witness_slots: Option<u64>,
}

table_with_grid! {
    /// A line item.
    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct LotFile {
        /// What people call it.
        pub name: String,
        /// An identifier; `lot 0`, `lot 1` and so on if left out.
        pub identifier: Option<String>,
    }
    then {
        /// The seller's reserve.
        pub reserve: Option<PriceText>,
        /// Whether the seller declines what the lot comes to.
        #[serde(default)]
        pub declined: bool,
    }
}

table_of_group! {
    /// A group of the quorum.
    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct GroupFile {
        /// How many, or who.
        members: MembersFile
    }
    then {
        /// Members who do not behave, by name.
        #[serde(default)]
        pub conduct: BTreeMap<String, KeyholderConductFile>,
    }
}

/// The members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MembersFile {
    /// So many, named after the group.
    Count(u64),
    /// These. A bidder's name or `seller` gives the seat to that party.
    Named(Vec<String>),
}

/// How a keyholder behaves. Members are named as in the group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeyholderConductFile {
    /// As it should.
    Honest,
    /// Takes no part in the key ceremony.
    NeverDeals,
    /// Deals a wrong share to a member.
    DealsWrongShare {
        /// To whom.
        to: String,
    },
    /// Complains about a member who did nothing wrong.
    ComplainsFalsely {
        /// About whom.
        about: String,
    },
    /// Does not endorse.
    NeverEndorses,
    /// Acts, but the board drops what it posts, and the others vouch for it.
    Ignored {
        /// The first step that is dropped.
        from_step: u32,
    },
    /// Stops acting on every lot.
    Leaves {
        /// The first step without it.
        #[serde(default)]
        from_step: u32,
    },
}

/// Somebody who bids.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidderFile {
    /// The name.
    pub name: String,
    /// Bids by lot: a price, or a price and a conduct.
    #[serde(default)]
    pub bids: BTreeMap<String, BidFile>,
}

/// A bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidFile {
    /// What it offers.
    pub offer: OfferFile,
    /// How the bidder behaves with this bid.
    pub conduct: BidderConduct,
    /// What it bids in later rounds, each with a conduct.
    pub then: Vec<(OfferFile, BidderConduct)>,
}

/// What a bid offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferFile {
    /// A price, as people write it.
    Price(String),
    /// A curve.
    Curve {
        /// Whether it buys or sells; what its lot takes if left out.
        side: Option<TradeSideFile>,
        /// Its steps.
        steps: Vec<StepFile>,
    },
}

/// Whether a curve buys or sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TradeSideFile {
    /// It buys.
    Buy,
    /// It sells.
    Sell,
}

/// A step of a curve.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// The price.
    pub price: PriceText,
    /// How many units.
    pub quantity: u32,
}

/// Reads the name of a bidder's conduct.
#[must_use]
pub fn bidder_conduct(text: &str) -> Option<BidderConduct> {
    match text {
        "honest" => Some(BidderConduct::Honest),
        "never-reveals" => Some(BidderConduct::NeverReveals),
        "reveals-rubbish" => Some(BidderConduct::RevealsRubbish),
        _ => None,
    }
}

/// The conducts a bid may have, for help texts.
pub const BIDDER_CONDUCTS: &str = "\"honest\", \"never-reveals\" or \"reveals-rubbish\"";

struct BidVisitor;

impl<'de> Visitor<'de> for BidVisitor {
    type Value = BidFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a price in quotes, { price = \"...\", conduct = \"...\" }, a list of these, round by round, or \
             { steps = [{ price = \"...\", quantity = 1 }] }",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<BidFile, E> {
        let offer = OfferFile::Price(text.into());
        Ok(BidFile { offer, conduct: BidderConduct::Honest, then: Vec::new() })
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<BidFile, E> {
        self.visit_str(&whole.to_string())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<BidFile, E> {
        Err(E::custom(QUOTES))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BidFile, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            price: Option<PriceText>,
            side: Option<TradeSideFile>,
            steps: Option<Vec<StepFile>>,
            conduct: Option<String>,
        }
        let Long { price, side, steps, conduct } =
            Long::deserialize(MapAccessDeserializer::new(map))?;
        let offer = match (price, steps) {
            (Some(PriceText(price)), None) if side.is_none() => OfferFile::Price(price),
            (None, Some(steps)) => OfferFile::Curve { side, steps },
            _ => {
                return Err(de::Error::custom(
                    "a bid has a price, or steps and where it can be both a side",
                ));
            }
        };
        let conduct = match conduct.as_deref() {
            None => BidderConduct::Honest,
            Some(text) => bidder_conduct(text).ok_or_else(|| {
                de::Error::custom(format!("a bid's conduct is {BIDDER_CONDUCTS}, not {text:?}"))
            })?,
        };
        Ok(BidFile { offer, conduct, then: Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rounds: A) -> Result<BidFile, A::Error> {
        let none = || de::Error::custom("a list of bids, round by round, must hold at least one");
        let mut first: BidFile = rounds.next_element()?.ok_or_else(none)?;
        while let Some(BidFile { offer, conduct, then }) = rounds.next_element()? {
            if !then.is_empty() {
                return Err(de::Error::custom("a list of bids holds bids, not lists"));
            }
            first.then.push((offer, conduct));
        }
        Ok(first)
    }
}

impl<'de> Deserialize<'de> for BidFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BidVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = MembersFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of members or a list of their names")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<MembersFile, E> {
        let count = u64::try_from(count)
            .map_err(|_| E::custom("a group cannot have a negative number of members"))?;
        Ok(MembersFile::Count(count))
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<MembersFile, E> {
        Ok(MembersFile::Count(count))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MembersFile, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = seq.next_element()? {
            names.push(name);
        }
        Ok(MembersFile::Named(names))
    }
}

impl<'de> Deserialize<'de> for MembersFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MembersVisitor)
    }
}

impl ScenarioFile {
    /// Reads the text of a scenario.
    ///
    /// # Errors
    /// `scenario.syntax` if it is no TOML, `scenario.field` if a field is missing, unknown or of
    /// another type; both with the line.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Err(error) = text.parse::<toml::Table>() {
            return Err(at_line(text, Code::ScenarioSyntax, &error));
        }
        toml::from_str(text).map_err(|error| at_line(text, Code::ScenarioField, &error))
    }
}

fn at_line(text: &str, code: Code, error: &toml::de::Error) -> Failure {
    Failure::new(code, fault_of_toml("the scenario", text, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> Failure {
        ScenarioFile::parse(text).unwrap_err()
    }

    const HEAD: &str = "title = \"t\"\nseed = 1\n";

    #[test]
    fn syntax_and_fields_are_told_apart() {
        let failure = fails("title = \"t\"\nseed = = 1\n");
        assert_eq!(failure.code, Code::ScenarioSyntax);
        assert!(failure.sentence.contains("line 2"), "{}", failure.sentence);

        let failure = fails(&format!("{HEAD}colour = 3\n"));
        assert_eq!(failure.code, Code::ScenarioField);
        assert!(failure.sentence.contains("line 3"), "{}", failure.sentence);
        assert!(failure.sentence.contains("colour"), "{}", failure.sentence);

        let failure = fails(HEAD);
        assert_eq!(failure.code, Code::ScenarioField);
        assert!(failure.sentence.contains("`lots`"), "{}", failure.sentence);
    }

    #[test]
    fn a_float_is_no_price() {
        let text = format!("{HEAD}lots = [{{ name = \"a\", start = 99.5 }}]\nquorum = []\n");
        let failure = fails(&text);
        assert!(failure.sentence.contains("quotes"), "{}", failure.sentence);
        assert!(failure.sentence.contains("line 3"), "{}", failure.sentence);
    }

    #[test]
    fn types_are_named() {
        for (line, word) in [
            ("seed = -1", "-1"),
            ("seed = \"x\"", "u64"),
            ("admission = \"closed\"", "closed"),
            ("stakes = { deposit = -5 }", "-5"),
            ("stakes = { despot = 5 }", "despot"),
            ("fan_out = 70000", "70000"),
            ("quorum = [{ name = \"g\", threshold = 1, members = \"two\" }]", "two"),
            ("quorum = [{ name = \"g\", threshold = 1, members = -2 }]", "negative"),
            (
                "quorum = [{ name = \"g\", threshold = 1, members = 1, conduct = { a = \"sleeps\" } }]",
                "sleeps",
            ),
            ("bidders = [{ name = \"a\", bids = { x = { prize = \"1\" } } }]", "prize"),
            (
                "bidders = [{ name = \"a\", bids = { x = { price = \"1\", conduct = \"y\" } } }]",
                "conduct",
            ),
            ("bidders = [{ name = \"a\", bids = { x = 1.5 } }]", "quotes"),
        ] {
            let mut text = String::from("title = \"t\"\n");
            if !line.starts_with("seed") {
                text.push_str("seed = 1\n");
            }
            text.push_str(line);
            text.push_str("\nlots = []\n");
            if !line.starts_with("quorum") {
                text.push_str("quorum = []\n");
            }
            let failure = fails(&text);
            assert_eq!(failure.code, Code::ScenarioField, "{line}");
            assert!(failure.sentence.contains(word), "{line}: {}", failure.sentence);
            assert!(failure.sentence.contains("line "), "{line}: {}", failure.sentence);
        }
    }

    #[test]
    fn conducts_read() {
        let text = "name = \"g\"\nthreshold = 1\nmembers = [\"a\", \"b\"]\n[conduct]\n\
                    a = \"never-deals\"\nb = { leaves = { from_step = 3 } }\n";
        let group: GroupFile = toml::from_str(text).unwrap();
        assert_eq!(group.conduct["a"], KeyholderConductFile::NeverDeals);
        assert_eq!(group.conduct["b"], KeyholderConductFile::Leaves { from_step: 3 });
        assert_eq!(group.members, MembersFile::Named(vec!["a".into(), "b".into()]));
    }
}
