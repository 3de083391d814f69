//! A file of terms as its author wrote it: every field, and nothing checked but its type.
//!
//! What stands above a field here is what its author reads: `docs/terms.md` and the file that
//! `talea terms example` prints are made from it.

use crate::{
    file::{
        DisclosureFile, GridFile, MechanismFile, MoneyFile, OpeningsFile, StakesFile, TiesFile,
    },
    table_of_group, table_with_grid,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use talea_protocol::builder;

/// A text in quotes, or a time as TOML itself writes it.
fn text_of<'de, D: Deserializer<'de>>(deserializer: D, what: &str) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(text),
        toml::Value::Datetime(time) => Ok(time.to_string()),
        other => {
            let found = other.type_str();
            Err(D::Error::custom(format!(
                "expected a {what} as text in quotes, found a value of type {found}"
            )))
        }
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $shown:literal)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            #[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = $shown))]
            pub struct $name(pub(super) String);

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    text_of(deserializer, $shown).map(Self)
                }
            }

            impl std::ops::Deref for $name {
                type Target = str;

                fn deref(&self) -> &str {
                    &self.0
                }
            }
        )*
    };
}

texts! {
    /// The public key of a party, as `talea key show` prints it: `"taleaparty1..."`.
    PartyText "party"
    /// The public keys of a keyholder, as `talea key show` prints them: `"taleakeyholder1..."`.
    KeyholderText "keyholder"
    /// How long something lasts, such as `"90s"`, `"10m"` or `"1h 30m"`. It is rounded up to whole slots. On a chain
    /// whose unit is blocks, a number of them: `"100 blocks"`.
    DurationText "duration"
    /// An instant. Either with an offset from UTC as in RFC 3339: `"2026-12-01T15:30:00Z"` or
    /// `"2026-12-01T10:30-05:00"`. Or a local time with the IANA name of its time zone:
    /// `"2026-12-01 10:30 America/New_York"` or `"2026-12-01T10:30[America/New_York]"` (RFC 9557). A local time
    /// that occurs twice or never, because clocks change, is refused.
    TimeText "time"
    /// When a phase ends: a duration, counted from the deadline before, or a time. With a time the deadline is
    /// the last slot of the phase that ends at or before it. Times and durations can be mixed in any order. On a
    /// chain whose unit is blocks, a height stands for a time: `"height 1200000"`.
    DeadlineText "deadline"
    /// A time; on a chain whose unit is blocks, a height such as `"height 1200000"`.
    StartText "start"
}

/// The terms of an auction, which the seller signs and everybody is bound to.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct TermsFile {
    /// The party that sells or procures, and opens the auction.
    pub(super) seller: PartyText,
    /// Reports the money that it locked for a party. Optional if nothing is at stake; not set where there is a `[chain]`.
    pub(super) custodian: Option<PartyText>,
    /// Receives forfeits and fees, and takes no part in the auction. Nobody if left out.
    pub(super) beneficiary: Option<PartyText>,
    /// Who may bid. Anybody if left out.
    pub(super) bidders: Option<Vec<PartyText>>,
    /// The most bids that a lot takes, of all bidders together. 1000 if left out.
    #[serde(default = "max_bids_per_lot")]
    pub(super) max_bids_per_lot: u32,
    /// How the price follows from the bids. First price if left out.
    #[serde(default)]
    pub(super) mechanism: MechanismFile,
    /// How ties are broken. The earliest commit wins if left out.
    #[serde(default)]
    pub(super) ties: TiesFile,
    /// Whether a bid that its bidder opens to an auditor alone must be on the board's record. It need not be if
    /// left out. Only a board keeps a record, so it cannot be on a `[chain]`.
    #[serde(default)]
    pub(super) openings: OpeningsFile,
    /// A CSV list of lots, in the folder of this file, in UTF-8 with commas. Its first line names the columns, in
    /// any order: the fields of `[[lots]]`, without `shape`. Lots in this file come first.
    pub(super) lots_file: Option<String>,
    /// The party that orders what parties hand in, and the clock of the auction. It is needed unless there is a
    /// `[chain]`.
    pub(super) board: Option<BoardFile>,
    /// The contract in which the auction takes place, in place of `[board]`. The contract is the custodian, so none is
    /// named.
    pub(super) chain: Option<ChainFile>,
    /// When phases end, each in a slot after the one before.
    pub(super) schedule: ScheduleFile,
    /// What prices are: one currency and one kind of price for all lots, so that currencies cannot be mixed. If left out,
    /// the terms say nothing of it, nothing can be published in a format that asks for a currency, and an amount is known
    /// only of prices in fractions of a point, as per cent of the quantity.
    pub(super) money: Option<MoneyFile>,
    /// What is at stake, in whole units of the custodian's currency, or of the chain's denomination. Nothing if left out.
    #[serde(default)]
    pub(super) stakes: StakesFile,
    /// What is opened in addition to winners and price. Nothing if left out.
    #[serde(default)]
    pub(super) disclosure: DisclosureFile,
    /// Lets the seller commit reserves: a lot does not trade below its reserve. No reserves if left out.
    pub(super) reserve: Option<ReserveFile>,
    /// Lets the seller accept or decline the result of a lot. Silence accepts. The seller cannot decline if left
    /// out.
    pub(super) acceptance: Option<AcceptanceFile>,
    /// Lets bidders improve their bids in rounds. One round if left out. It needs `depth_from` in `[disclosure]`.
    pub(super) rounds: Option<RoundsFile>,
    /// A group of keyholders, who together decrypt what the terms open. With several groups, each group must reach
    /// its threshold.
    pub(super) quorum: Vec<GroupFile>,
    /// Default values for all lots. `side`, `scale`, `start`, and `end` or `levels` must be set here or by the lot.
    #[serde(default)]
    pub(super) every_lot: GridFile,
    /// A line item.
    #[serde(default)]
    pub(super) lots: Vec<LotFile>,
}

fn max_bids_per_lot() -> u32 {
    builder::MAX_BIDS_PER_LOT
}

/// The party that orders what parties hand in, and the clock of the auction.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct BoardFile {
    /// The party that runs the board. It may be the seller.
    pub(super) key: PartyText,
    /// When slot 0 begins. If left out, the time when the terms are made, rounded down to a multiple of the slot.
    pub(super) starts: Option<TimeText>,
    /// The length of a slot, the unit of all times in an auction. One second if left out.
    pub(super) slot: Option<DurationText>,
}

/// The contract in which the auction takes place.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ChainFile {
    /// The chain's own name.
    pub(super) id: String,
    /// The contract's address.
    pub(super) contract: String,
    /// What a slot is.
    pub(super) unit: UnitFile,
    /// The denomination of the coins in which the terms count, as the chain's bank spells it.
    pub(super) denom: String,
    /// From when on the first deadline counts, where it is a duration. If left out, the time when the terms are made;
    /// where the unit is blocks, it is then needed.
    pub(super) starts: Option<StartText>,
}

/// What a slot is on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "unit"))]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnitFile {
    /// A second of the block's time. Deadlines are times and durations, as on a board.
    Seconds,
    /// A block. Deadlines are heights and numbers of blocks.
    Blocks,
}

/// When phases end, each in a slot after the one before.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleFile {
    /// Keyholders make their key. This first phase counts from the start of slot 0; on a chain from `starts`.
    pub(super) deals: DeadlineText,
    /// Keyholders complain about wrong shares of the key.
    pub(super) complaints: DeadlineText,
    /// Bids are due.
    pub(super) commits: DeadlineText,
    /// Bids are revealed, still encrypted.
    pub(super) reveals: DeadlineText,
    /// The time that keyholders have to endorse the set of bids, from the end of the reveals.
    pub(super) endorsing: DurationText,
    /// The time that keyholders have for each step of the ranking.
    pub(super) step: DurationText,
    /// Time added to a step for each bid on the lot. Nothing if left out.
    pub(super) step_per_bid: Option<DurationText>,
    /// The margin of witnesses: keyholders attest nothing that they receive later than this before the end of the
    /// reveals, or of a later round's commits. If left out, a tenth of the shortest of these phases, and at most
    /// ten seconds (on a chain whose unit is blocks, a tenth).
    pub(super) witness: Option<DurationText>,
}

/// Reserves of the seller.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ReserveFile {
    /// Reserves are due. This phase comes after the complaints and before the bids.
    pub(super) reserves: DeadlineText,
    /// Whether they are opened at the end.
    #[serde(default)]
    pub(super) opened: bool,
}

/// The seller's last word.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptanceFile {
    /// The time that the seller has to decide, from the end of a lot's ranking.
    pub(super) decide: DurationText,
}

/// Rounds in which bids can be improved.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RoundsFile {
    /// The most rounds, 2 to 64.
    pub(super) limit: u32,
    /// The time for bids in each round after the first.
    pub(super) commits: DurationText,
    /// The time for reveals in each round after the first.
    pub(super) reveals: DurationText,
    /// Whether the best bid that would not win is shown between rounds.
    #[serde(default)]
    pub(super) cover: bool,
}

table_of_group! {
    /// A group of keyholders.
    #[derive(Debug, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub struct GroupFile {
        /// Its members.
        members: Vec<KeyholderText>
    }
    then {}
}

table_with_grid! {
    /// A line item. Of `identifier`, `cusip` and `isin` it has one at most.
    #[derive(Debug, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub struct LotFile {
        /// Its name.
        pub name: String,
        /// An identifier of any other kind. `lot 0`, `lot 1` and so on if a lot has none.
        pub identifier: Option<String>,
        /// A CUSIP. Its check digit is verified.
        pub cusip: Option<String>,
        /// An ISIN. Its check digit is verified.
        pub isin: Option<String>,
    }
    then {}
}
