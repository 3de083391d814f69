//! A file of terms as its author wrote it: every field, and nothing checked but its type.
//!
//! What stands above a field here is what its author reads: `docs/terms.md` and the file that
//! `talea terms example` prints are made from it.

use serde::{Deserialize, Deserializer, de::Error as _};
use talea_sim::scenario::file::{
    DisclosureFile, LadderFile, MechanismFile, PriceText, SideFile, TiesFile,
};

/// A text in quotes, or a time as TOML itself writes it.
fn text_of<'de, D: Deserializer<'de>>(deserializer: D, what: &str) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(text),
        toml::Value::Datetime(time) => Ok(time.to_string()),
        other => {
            let found = other.type_str();
            Err(D::Error::custom(format!(
                "a {what} is a text in quotes, and this is of type {found}"
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
            pub(super) struct $name(pub(super) String);

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
    /// How long something lasts, such as `"90s"`, `"10m"` or `"1h 30m"`. It is rounded up to whole slots.
    DurationText "duration"
    /// An instant: with an offset from UTC as in RFC 3339, `"2026-12-01T15:30:00Z"` or
    /// `"2026-12-01T10:30-05:00"`, or by the clocks of a place, with the name of its time zone in the IANA
    /// list, `"2026-12-01 10:30 America/New_York"` or `"2026-12-01T10:30[America/New_York]"` (RFC 9557). A
    /// local time that comes twice or never where clocks change is refused.
    TimeText "time"
    /// When a phase ends: a duration, which counts from the deadline before, or a time. The deadline is then
    /// the last slot of the phase that ends at or before that time. Times and durations may follow one
    /// another in any order.
    DeadlineText "deadline"
}

/// The terms of an auction, which the seller signs and everybody is bound to.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct TermsFile {
    /// Who sells, or procures, and opens the auction.
    pub(super) seller: PartyText,
    /// Reports the money that it locked for a party. Where nothing is at stake it may be left out: there is
    /// none then.
    pub(super) custodian: Option<PartyText>,
    /// Receives forfeits and fees, and takes no part. Nobody does if left out.
    pub(super) beneficiary: Option<PartyText>,
    /// Who may bid. Anybody if left out.
    pub(super) bidders: Option<Vec<PartyText>>,
    /// Bids that a lot takes at most, of all bidders together. 1000 if left out.
    #[serde(default = "max_bids_per_lot")]
    pub(super) max_bids_per_lot: u32,
    /// How the price follows from the bids. First price if left out.
    #[serde(default)]
    pub(super) mechanism: MechanismFile,
    /// How ties are broken. By the earliest commit if left out.
    #[serde(default)]
    pub(super) ties: TiesFile,
    /// A CSV list of lots, beside this file, in UTF-8 with commas. Its first line names columns, in any order,
    /// after the fields of `[[lots]]`, `shape` excepted. Lots that stand in this file come first.
    pub(super) lots_file: Option<String>,
    /// Who orders what parties hand in, and when.
    pub(super) board: BoardFile,
    /// When phases end, each in a slot after the one before.
    pub(super) schedule: ScheduleFile,
    /// What is at stake, in whole units of the custodian's currency. Nothing if left out.
    #[serde(default)]
    pub(super) stakes: StakesFile,
    /// What is opened besides winners and price. Nothing if left out.
    #[serde(default)]
    pub(super) disclosure: DisclosureFile,
    /// That the seller may commit to reserves, below which a lot does not trade. It may not if left out.
    pub(super) reserve: Option<ReserveFile>,
    /// That the seller may accept or decline what a lot came to; silence accepts. It may not if left out.
    pub(super) acceptance: Option<AcceptanceFile>,
    /// That bids can be improved in rounds. They cannot if left out. It needs `depth_from` in `[disclosure]`.
    pub(super) rounds: Option<RoundsFile>,
    /// A group of keyholders, who together decrypt what the terms open. With several groups, so many of each as
    /// its threshold says are needed.
    pub(super) quorum: Vec<GroupFile>,
    /// What holds for every lot that does not say otherwise. `side`, `scale`, `start`, and `end` or `rungs` must be
    /// said here or by the lot.
    #[serde(default)]
    pub(super) every_lot: LadderFile,
    /// A line item.
    #[serde(default)]
    pub(super) lots: Vec<LotFile>,
}

fn max_bids_per_lot() -> u32 {
    1_000
}

/// Who orders what parties hand in, and when.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct BoardFile {
    /// Who runs the board; the seller may.
    pub(super) key: PartyText,
    /// When slot 0 begins. If left out, when the terms are made, rounded down to a multiple of the slot.
    pub(super) starts: Option<TimeText>,
    /// The length of a slot, the unit of all times of an auction. One second if left out.
    pub(super) slot: Option<DurationText>,
}

/// When phases end, each in a slot after the one before.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleFile {
    /// Keyholders make their key. The first of the phases counts from the start of slot 0.
    pub(super) deals: DeadlineText,
    /// Keyholders complain of each other.
    pub(super) complaints: DeadlineText,
    /// Bids are due.
    pub(super) commits: DeadlineText,
    /// Bids are revealed, still encrypted.
    pub(super) reveals: DeadlineText,
    /// So long keyholders have for their word on which bids there are, from when the reveals are over.
    pub(super) endorsing: DurationText,
    /// So long keyholders have for each step of the ranking.
    pub(super) step: DurationText,
    /// Added to a step for each bid on the lot. Nothing if left out.
    pub(super) step_per_bid: Option<DurationText>,
    /// So long before the end of reveals, and of a later round's commits, keyholders attest nothing any
    /// more. If left out, a tenth of the shortest of these phases, and ten seconds at most.
    pub(super) witness: Option<DurationText>,
}

/// What is at stake, in whole units of the custodian's currency.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct StakesFile {
    /// Locked for each bid; lost if it is not revealed.
    pub(super) deposit: u64,
    /// Locked for each lot by each keyholder; lost if the keyholder's absence voids the lot.
    pub(super) bond: u64,
    /// Charged for each bid.
    pub(super) commit_fee: u64,
    /// Added to the fee for each bid that the lot has already.
    pub(super) fee_growth: u64,
}

/// Reserves of the seller.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ReserveFile {
    /// Reserves are due, after the complaints and before the bids.
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
    /// So long the seller has for it, from when a lot's ranking is over.
    pub(super) decide: DurationText,
}

/// Rounds in which bids can be improved.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RoundsFile {
    /// Rounds at most, 2 to 64.
    pub(super) limit: u32,
    /// So long bids are due in each round but the first.
    pub(super) commits: DurationText,
    /// So long reveals are due in each round but the first.
    pub(super) reveals: DurationText,
    /// Whether the best bid without the best ones is shown between rounds.
    #[serde(default)]
    pub(super) cover: bool,
}

/// A group of keyholders.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFile {
    /// What people call it.
    pub(super) name: String,
    /// How many of its members decrypt together.
    pub(super) threshold: u16,
    /// How many must endorse which bids there are. As many as the threshold if left out.
    pub(super) endorsements: Option<u16>,
    /// Whether its word counts for what the board did not take. If left out, if its threshold is more than 1.
    pub(super) witness: Option<bool>,
    /// Its members.
    pub(super) members: Vec<KeyholderText>,
}

/// A line item. Of `identifier`, `cusip` and `isin` it has one at most.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct LotFile {
    /// What people call it.
    pub(super) name: String,
    /// An identifier of any kind. `lot 0`, `lot 1` and so on if there is none.
    pub(super) identifier: Option<String>,
    /// A CUSIP, whose check digit is checked.
    pub(super) cusip: Option<String>,
    /// An ISIN, whose check digit is checked.
    pub(super) isin: Option<String>,
    /// Which side bids: `"sale"`, where the highest price wins, or `"procurement"`, where the lowest does.
    pub(super) side: Option<SideFile>,
    /// How prices are written: `"decimal 0"` to `"decimal 12"`, `"32nds"`, `"64ths"`, `"128ths"` or
    /// `"256ths"`.
    pub(super) scale: Option<String>,
    /// The worst price for the seller, with which the ladder begins.
    pub(super) start: Option<PriceText>,
    /// The distance of neighbouring prices: an amount, or a fraction such as `"1/64"`. If left out, the scale's
    /// smallest unit.
    pub(super) tick: Option<PriceText>,
    /// The best price for the seller, with which the ladder ends.
    pub(super) end: Option<PriceText>,
    /// In place of `end`, the number of prices.
    pub(super) rungs: Option<u32>,
    /// Radices of the digits of a price's number, most significant first. If left out, what
    /// `talea-sim suggest` suggests.
    pub(super) shape: Option<Vec<u32>>,
    /// How much is offered. 1 if left out.
    pub(super) quantity: Option<u64>,
}
