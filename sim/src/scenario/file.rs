//! A scenario as its file says it: every field, and nothing checked but its type.

use crate::{
    failure::{Code, Failure},
    play::BidderConduct,
};
use serde::{
    Deserialize,
    de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt};

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
    pub every_lot: LadderFile,
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
    1_000
}

fn fan_out() -> u16 {
    15
}

fn chunk_items() -> u16 {
    256
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

/// How the price follows from the bids.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "mechanism"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MechanismFile {
    /// The best bid wins and pays what it bid.
    #[default]
    FirstPrice,
    /// The best bid wins and pays the best losing one.
    SecondPrice,
    /// The best `units` bids win and pay the best losing one.
    UniformPrice {
        /// Units of each lot.
        units: u16,
    },
}

/// How ties are broken.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ties"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TiesFile {
    /// The earliest commit wins.
    #[default]
    EarliestCommit,
    /// A lottery decides.
    Lottery,
}

/// What is opened in addition to winners and price.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisclosureFile {
    /// Every bid, and the reserve. It includes `cover` and `depth_from`, which are then not set.
    pub everything: bool,
    /// The best losing price.
    pub cover: bool,
    /// The depth: how many bids lie in each price bucket, opened if there are at least this many bids.
    pub depth_from: Option<u32>,
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

/// What is at stake, in whole units of the custodian's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StakesFile {
    /// Locked per bid.
    pub deposit: u64,
    /// Locked per keyholder and lot.
    pub bond: u64,
    /// Charged per bid.
    pub commit_fee: u64,
    /// Added to it for each bid that the lot has already.
    pub fee_growth: u64,
}

impl Default for StakesFile {
    fn default() -> Self {
        Self { deposit: 1_000, bond: 1_000, commit_fee: 0, fee_growth: 0 }
    }
}

/// A price ladder, or the part of it that holds for every lot.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderFile {
    /// Which side bids: `"sale"` (the highest price wins) or `"procurement"` (the lowest price wins).
    pub side: Option<SideFile>,
    /// How prices are written: `"decimal 0"` to `"decimal 12"`, `"32nds"`, `"64ths"`, `"128ths"` or
    /// `"256ths"`.
    pub scale: Option<String>,
    /// The first price of the ladder, the worst for the seller.
    pub start: Option<PriceText>,
    /// The distance between neighbouring prices: an amount, or a fraction such as `"1/64"`. If left out, the
    /// smallest unit of the scale.
    pub tick: Option<PriceText>,
    /// The last price of the ladder, the best for the seller.
    pub end: Option<PriceText>,
    /// The number of prices, in place of `end`.
    pub rungs: Option<u32>,
    /// Radices of the digits in which a price's number is written, most significant first. If left out, those
    /// that `talea-sim suggest` suggests.
    pub shape: Option<Vec<u32>>,
    /// How much is offered. 1 if left out.
    pub quantity: Option<u64>,
}

impl LadderFile {
    /// What this says, and `common` where it says nothing. An end and a number of rungs exclude
    /// each other, so either of them here sets aside both there.
    #[must_use]
    pub fn or(self, common: &Self) -> Self {
        let common = common.clone();
        let own_length = self.end.is_some() || self.rungs.is_some();
        let (end, rungs) =
            if own_length { (self.end, self.rungs) } else { (common.end, common.rungs) };
        Self {
            side: self.side.or(common.side),
            scale: self.scale.or(common.scale),
            start: self.start.or(common.start),
            tick: self.tick.or(common.tick),
            end,
            rungs,
            shape: self.shape.or(common.shape),
            quantity: self.quantity.or(common.quantity),
        }
    }
}

/// A line item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotFile {
    /// What people call it.
    pub name: String,
    /// An identifier; `lot 0`, `lot 1` and so on if left out.
    pub identifier: Option<String>,
    /// Which side bids.
    pub side: Option<SideFile>,
    /// What a minor unit is.
    pub scale: Option<String>,
    /// The worst price for the seller: rung 0.
    pub start: Option<PriceText>,
    /// The distance of neighbouring prices; one minor unit if left out.
    pub tick: Option<PriceText>,
    /// The last price.
    pub end: Option<PriceText>,
    /// Or the number of prices.
    pub rungs: Option<u32>,
    /// Radices of the digits, most significant first; suggested if left out.
    pub shape: Option<Vec<u32>>,
    /// How much is offered; 1 if left out.
    pub quantity: Option<u64>,
    /// The seller's reserve.
    pub reserve: Option<PriceText>,
    /// Whether the seller declines what the lot comes to.
    #[serde(default)]
    pub declined: bool,
}

/// A line item, taken apart.
pub struct LotParts {
    /// What people call it.
    pub name: String,
    /// Its identifier, if it has one.
    pub identifier: Option<String>,
    /// Its ladder.
    pub ladder: LadderFile,
    /// The seller's reserve.
    pub reserve: Option<PriceText>,
    /// Whether the seller declines what the lot comes to.
    pub declined: bool,
}

impl LotFile {
    /// What belongs together.
    #[must_use]
    pub fn split(self) -> LotParts {
        let Self {
            name,
            identifier,
            side,
            scale,
            start,
            tick,
            end,
            rungs,
            shape,
            quantity,
            reserve,
            declined,
        } = self;
        let ladder = LadderFile { side, scale, start, tick, end, rungs, shape, quantity };
        LotParts { name, identifier, ladder, reserve, declined }
    }
}

/// Which side of the market bids.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "side"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideFile {
    /// Buyers bid; the highest price wins.
    Sale,
    /// Suppliers bid; the lowest price wins.
    Procurement,
}

/// A group of the quorum.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFile {
    /// What people call it.
    pub name: String,
    /// How many must act together.
    pub threshold: u16,
    /// How many must endorse; the threshold if left out.
    pub endorsements: Option<u16>,
    /// Whether its word counts for what the board did not take; if left out, if its threshold is more than 1.
    pub witness: Option<bool>,
    /// How many, or who.
    pub members: MembersFile,
    /// Members who do not behave, by name.
    #[serde(default)]
    pub conduct: BTreeMap<String, KeyholderConductFile>,
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
    /// The price, as people write it.
    pub price: String,
    /// How the bidder behaves with this bid.
    pub conduct: BidderConduct,
    /// What it bids in later rounds, each a price and a conduct.
    pub then: Vec<(String, BidderConduct)>,
}

/// A price that the scale has exactly, in any of its spellings, such as `"99.50"`, `"99 1/2"` or `"99-16+"`.
/// Whole numbers may stand without quotes.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "price"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceText(pub String);

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

const QUOTES: &str =
    "write a price with a fraction in quotes, as in \"99.50\": a float is not exact";

struct PriceVisitor;

impl Visitor<'_> for PriceVisitor {
    type Value = PriceText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PriceText, E> {
        Ok(PriceText(text.into()))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<PriceText, E> {
        Ok(PriceText(whole.to_string()))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<PriceText, E> {
        Ok(PriceText(whole.to_string()))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<PriceText, E> {
        Err(E::custom(QUOTES))
    }
}

impl<'de> Deserialize<'de> for PriceText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PriceVisitor)
    }
}

struct BidVisitor;

impl<'de> Visitor<'de> for BidVisitor {
    type Value = BidFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a price in quotes, { price = \"...\", conduct = \"...\" }, or a list of these, round by round",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<BidFile, E> {
        Ok(BidFile { price: text.into(), conduct: BidderConduct::Honest, then: Vec::new() })
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<BidFile, E> {
        let price = whole.to_string();
        Ok(BidFile { price, conduct: BidderConduct::Honest, then: Vec::new() })
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<BidFile, E> {
        Err(E::custom(QUOTES))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BidFile, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            price: PriceText,
            conduct: Option<String>,
        }
        let long = Long::deserialize(MapAccessDeserializer::new(map))?;
        let conduct = match long.conduct.as_deref() {
            None => BidderConduct::Honest,
            Some(text) => bidder_conduct(text).ok_or_else(|| {
                de::Error::custom(format!("a bid's conduct is {BIDDER_CONDUCTS}, not {text:?}"))
            })?,
        };
        Ok(BidFile { price: long.price.0, conduct, then: Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rounds: A) -> Result<BidFile, A::Error> {
        let none = || de::Error::custom("a list of bids, round by round, must hold at least one");
        let mut first: BidFile = rounds.next_element()?.ok_or_else(none)?;
        while let Some(BidFile { price, conduct, then }) = rounds.next_element()? {
            if !then.is_empty() {
                return Err(de::Error::custom("a list of bids holds bids, not lists"));
            }
            first.then.push((price, conduct));
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

/// A fault of TOML in one sentence: the line, what stands there, and what is wrong with it; `whole` names the
/// file where it is about no line.
#[must_use]
pub fn fault_of_toml(whole: &str, text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    let start = error.span().map(|span| span.start).filter(|start| *start > 0);
    let Some(before) = start.and_then(|start| text.get(..start)) else {
        return format!("{whole}: {message}");
    };
    let number = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or("").trim();
    let shown: String = line.chars().take(60).collect();
    format!("line {number} ({shown}): {message}")
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

    #[test]
    fn a_lots_own_length_sets_aside_the_common_one() {
        let common = LadderFile {
            end: Some(PriceText("5".into())),
            quantity: Some(3),
            ..LadderFile::default()
        };
        let own = LadderFile { rungs: Some(9), ..LadderFile::default() };
        let both = own.or(&common);
        assert_eq!((both.end, both.rungs, both.quantity), (None, Some(9), Some(3)));
        let neither = LadderFile::default().or(&common);
        assert_eq!(neither.end, Some(PriceText("5".into())));
    }
}
