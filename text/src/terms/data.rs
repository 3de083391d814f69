//! Terms as data: every field by itself, for tools. Keys and ids are spelled as everywhere on the
//! command line, prices in their notation and as decimal numbers, money as text, and times both in
//! slots and, where the terms name a board, by RFC 3339.

use super::{openness::Openness, prospects::doubts};
use crate::{
    board::{BoardTerms, Moment, SlotClock},
    book::{Book, Person},
    json::to_json,
    names,
    nobody::has_no_custodian,
};
use serde::{Serialize, Serializer};
use talea_protocol::{
    bytes::printable,
    caution,
    chain::{ChainHome, SlotUnit},
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Quantities},
    price::{Level, Price, PriceGrid, Scale, Side},
    quorum::Group,
    terms::{
        Acceptance, Admission, Depth, Disclosure, Lot, Money, Openings, Quotation, Reserve, Rounds,
        Schedule, Stakes, Terms, Ties,
    },
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-terms/2";

/// Terms, field by field.
#[derive(Clone, Debug, Serialize)]
pub struct TermsData {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The auction that these terms are.
    pub auction: String,
    /// Version of the protocol.
    pub version: u16,
    /// In hexadecimal.
    pub nonce: String,
    /// The chain or board on which the auction runs.
    pub domain: String,
    /// The board that the domain names, if it names one.
    pub board: Option<BoardData>,
    /// The chain that the domain names, if it names one.
    pub chain: Option<ChainData>,
    /// A party, as are the next two.
    pub seller: String,
    /// Reports money; nobody does where nothing is at stake and nobody is named.
    pub custodian: Option<String>,
    /// Receives forfeits and fees; nobody does if nobody is named.
    pub beneficiary: Option<String>,
    /// How the price follows from the bids.
    pub mechanism: MechanismData,
    /// How ties are broken.
    pub ties: &'static str,
    /// What is opened besides winners and price.
    pub disclosure: DisclosureData,
    /// Whether the seller may commit a reserve.
    pub reserve: Option<ReserveData>,
    /// How long the seller may decline what a lot came to.
    pub acceptance: Option<Span>,
    /// Whether bids can be improved, round by round.
    pub rounds: Option<RoundsData>,
    /// When each phase ends.
    pub schedule: ScheduleData,
    /// In units of the custodian's currency, which the terms name for a chain alone.
    pub stakes: StakesData,
    /// The parties who may bid; nothing if anybody may.
    pub bidders: Option<Vec<String>>,
    /// Commits per lot, at most.
    pub max_bids_per_lot: u32,
    /// Who together may decrypt.
    pub quorum: Vec<GroupData>,
    /// Test points asked at once.
    pub fan_out: u16,
    /// Items in one chunk of a rank message.
    pub chunk_items: u16,
    /// What prices are, if the terms say so.
    pub money: Option<MoneyData>,
    /// What becomes of a bid that its bidder opens to an auditor alone: `private` or `recorded`.
    pub openings: &'static str,
    /// The line items.
    pub lots: Vec<LotData>,
    /// What these terms leave to chance or to others.
    pub cautions: Vec<CautionData>,
    /// Whom they name, and what an address book says of them; nothing where none was asked.
    pub people: Option<Vec<Person>>,
}

/// A board.
#[derive(Clone, Debug, Serialize)]
pub struct BoardData {
    /// Who signs checkpoints.
    pub party: String,
    /// The length of a slot.
    pub slot_milliseconds: u64,
    /// When slot 0 begins, in milliseconds since 1970.
    pub starts_milliseconds: u64,
}

/// A chain.
#[derive(Clone, Debug, Serialize)]
pub struct ChainData {
    /// Its name.
    pub id: String,
    /// The contract's address.
    pub contract: String,
    /// What slots are: `seconds` since 1970, or `blocks`.
    #[serde(serialize_with = "as_shown")]
    pub unit: SlotUnit,
    /// The denomination of the coins in which the terms count.
    pub denom: String,
}

impl ChainData {
    /// The chain of these terms, if they name one.
    #[must_use]
    pub fn of(terms: &Terms) -> Option<Self> {
        let ChainHome { chain_id, contract, slots, denom } = ChainHome::of(&terms.domain)?;
        let [id, contract, denom] = [chain_id, contract, denom].map(printable);
        Some(Self { id, contract, unit: slots, denom })
    }
}

fn as_shown<S: Serializer>(unit: &SlotUnit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(unit)
}

/// So many slots.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
    /// How many.
    pub slots: u64,
    /// How long they last; nothing where the terms name no board.
    pub milliseconds: Option<u64>,
}

/// How the price follows from the bids.
#[derive(Clone, Debug, Serialize)]
pub struct MechanismData {
    /// `first-price`, `uniform-price`, `uniform-price-curves`, `pay-as-bid-curves`, `two-sided` or `survey`.
    pub kind: &'static str,
    /// How many win, at most, where a bid is for one unit; else 1.
    pub units: u16,
    /// What people call it.
    pub name: String,
    /// What a bid holds, where it is a curve.
    pub curve: Option<CurveData>,
    /// Nobody is given fewer units than this by sharing out.
    pub least: Option<u32>,
    /// Of a two-sided market: `lowest`, `middle`, `highest` or `trade-reduction`.
    pub clearing_price: Option<&'static str>,
    /// How sums of quantities are compared: `hidden` or `opened`.
    pub comparisons: Option<&'static str>,
    /// What is opened of answers, where there is no market.
    pub survey: Option<SurveyData>,
    /// What everybody learns and what nobody does, where a mechanism itself says so and not the disclosure.
    pub discloses: Option<Openness>,
}

/// What a bid of several steps holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CurveData {
    /// Steps, at most.
    pub steps: u8,
    /// Who sees the quantities: `public` or `sealed`.
    pub quantities: &'static str,
    /// Units of a whole bid, at most.
    pub most: u64,
    /// Bits of a sealed quantity.
    pub bits: Option<u8>,
}

/// What is opened of answers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SurveyData {
    /// Of fewer nothing is.
    pub min_answers: u32,
    /// Prices in a bin of the histogram; nothing if there is none.
    pub bin_levels: Option<u32>,
    /// Whether the sum of the squares is.
    pub squares: bool,
}

impl MechanismData {
    fn of(mechanism: Mechanism) -> Self {
        let (kind, units, name) = (mechanism.kind(), mechanism.units(), mechanism.name());
        let curve = mechanism.curve().map(CurveData::of);
        let none = Self {
            kind,
            units,
            name,
            curve,
            least: None,
            clearing_price: None,
            comparisons: None,
            survey: None,
            discloses: Openness::of(mechanism),
        };
        match mechanism {
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => none,
            Mechanism::Curves { curve: _, pricing: _, least, comparisons } => {
                Self { least: Some(least), comparisons: Some(compared(comparisons)), ..none }
            }
            Mechanism::TwoSided { curve: _, rule, comparisons } => Self {
                clearing_price: Some(match rule {
                    ClearingRule::Lowest => "lowest",
                    ClearingRule::Middle => "middle",
                    ClearingRule::Highest => "highest",
                    ClearingRule::TradeReduction => "trade-reduction",
                }),
                comparisons: Some(compared(comparisons)),
                ..none
            },
            Mechanism::Survey { min_answers, bin_levels, squares } => {
                let bin_levels = (bin_levels > 0).then_some(bin_levels);
                Self { survey: Some(SurveyData { min_answers, bin_levels, squares }), ..none }
            }
        }
    }
}

impl MechanismData {
    /// Whether a lot's quantity is for sale. In a two-sided market it is what sellers bid, and a survey sells nothing.
    #[must_use]
    pub fn sells_quantity(&self) -> bool {
        self.clearing_price.is_none() && self.survey.is_none()
    }
}

fn compared(comparisons: Comparisons) -> &'static str {
    match comparisons {
        Comparisons::Hidden => "hidden",
        Comparisons::Opened => "opened",
    }
}

impl CurveData {
    fn of(curve: Curve) -> Self {
        let (quantities, bits) = match curve.quantities {
            Quantities::Public { .. } => ("public", None),
            Quantities::Sealed { bits } => ("sealed", Some(bits)),
        };
        Self { steps: curve.steps, quantities, most: curve.most(), bits }
    }
}

/// What is opened besides winners and price.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DisclosureData {
    /// Every bid.
    Everything,
    /// These facts.
    Facts {
        /// Whether the best losing price is.
        cover: bool,
        /// From how many bids on the depth is; nothing if never.
        depth_from_bids: Option<u32>,
    },
}

/// What prices are.
#[derive(Clone, Debug, Serialize)]
pub struct MoneyData {
    /// An ISO 4217 code.
    pub currency: String,
    /// `per-lot`, `per-unit`, `percent`, `yield` or `spread`.
    pub price: &'static str,
}

impl MoneyData {
    fn of(Money { currency, quotation }: Money) -> Self {
        Self { currency: currency.to_string(), price: quotation_name(quotation) }
    }
}

/// What prices are, as a file of terms says it.
#[must_use]
pub fn quotation_name(quotation: Quotation) -> &'static str {
    match quotation {
        Quotation::Lot => "per-lot",
        Quotation::Unit => "per-unit",
        Quotation::Percent => "percent",
        Quotation::Yield => "yield",
        Quotation::Spread => "spread",
    }
}

/// A price below which a lot does not trade.
#[derive(Clone, Debug, Serialize)]
pub struct ReserveData {
    /// Until when it can be committed.
    pub until: Moment,
    /// Whether it is opened at the end.
    pub opened: bool,
}

/// Rounds in which everybody bids again.
#[derive(Clone, Debug, Serialize)]
pub struct RoundsData {
    /// At most so many.
    pub limit: u32,
    /// For the commits of every round but the first.
    pub commits: Span,
    /// For the reveals of every round but the first.
    pub reveals: Span,
    /// Whether the best bid without the winning ones is shown in between.
    pub cover: bool,
}

/// When each phase ends.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleData {
    /// The last slot for deals.
    pub deals_until: Moment,
    /// The last one for complaints.
    pub complaints_until: Moment,
    /// The last one for commits: bids are due.
    pub commits_until: Moment,
    /// The last one for reveals.
    pub reveals_until: Moment,
    /// For endorsing, from the close of reveals.
    pub endorsing: Span,
    /// For each step of ranking a lot.
    pub step: Span,
    /// Added to each step for each revealed bid of the lot.
    pub step_per_bid: Span,
    /// Before a deadline, in which keyholders attest nothing any more.
    pub witness: Span,
}

/// What is at stake.
#[derive(Clone, Debug, Serialize)]
pub struct StakesData {
    /// Locked per commit.
    pub deposit: String,
    /// Locked per keyholder and lot.
    pub bond: String,
    /// Charged per commit.
    pub commit_fee: String,
    /// Added to the fee for each commit that the lot has.
    pub fee_growth: String,
}

/// A group of keyholders.
#[derive(Clone, Debug, Serialize)]
pub struct GroupData {
    /// What people call it.
    pub name: String,
    /// So many decrypt together.
    pub threshold: u16,
    /// So many must endorse.
    pub endorsements: u16,
    /// So many can void every lot by not endorsing.
    pub members_who_can_void: usize,
    /// Whether its members attest and vouch for what they held.
    pub is_witness: bool,
    /// In the order of their numbers, from 1.
    pub members: Vec<MemberData>,
}

/// A keyholder.
#[derive(Clone, Debug, Serialize)]
pub struct MemberData {
    /// Who signs for it.
    pub party: String,
    /// Both of its keys.
    pub keyholder: String,
}

/// A line item.
#[derive(Clone, Debug, Serialize)]
pub struct LotData {
    /// Its number, from 0.
    pub lot: usize,
    /// An identifier such as an ISIN.
    pub identifier: String,
    /// What people call it.
    pub name: String,
    /// How much is for sale, in the unit that the name implies.
    pub quantity: String,
    /// Which bid wins.
    pub side: &'static str,
    /// How prices are written: `decimal 2`, or `binary 5` for 32nds.
    pub scale: String,
    /// What a third digit after two of 32nds counts, where prices are written so: `eighths` of a 32nd, as the
    /// cash market writes.
    pub third_digit: Option<&'static str>,
    /// The price of level 0, the worst for the seller.
    pub first_price: String,
    /// The same as a decimal number.
    pub first_price_decimal: String,
    /// The best price for the seller.
    pub last_price: String,
    /// The same as a decimal number.
    pub last_price_decimal: String,
    /// The distance between neighbouring prices, as a decimal number.
    pub tick_decimal: Option<String>,
    /// How many prices there are.
    pub prices: u32,
    /// Radices of the digits in which a level is encrypted.
    pub shape: Vec<usize>,
}

/// Something that terms leave to chance or to others.
#[derive(Clone, Debug, Serialize)]
pub struct CautionData {
    /// Its stable name.
    pub code: &'static str,
    /// What follows from it.
    pub sentence: String,
}

impl CautionData {
    /// What follows from the protocol alone, and where terms name a board or a chain what follows from it.
    fn all(terms: &Terms, board: Option<&BoardTerms>, is_chain: bool) -> Vec<Self> {
        let cautions = caution::cautions(terms).into_iter();
        let cautions =
            cautions.map(|caution| Self { code: caution.code(), sentence: caution.to_string() });
        let is_home = is_chain || board.is_some();
        let doubts = is_home.then(|| doubts(terms, board.map(|board| board.key)));
        let doubts = doubts
            .into_iter()
            .flatten()
            .map(|doubt| Self { code: doubt.code, sentence: doubt.sentence });
        cautions.chain(doubts).collect()
    }
}

impl TermsData {
    /// Terms, field by field.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        // A new field of the terms must not be forgotten here.
        let Terms {
            version,
            nonce,
            domain,
            seller,
            custodian,
            lots,
            mechanism,
            ties,
            disclosure,
            reserve,
            acceptance,
            rounds,
            schedule,
            stakes,
            admission,
            max_bids_per_lot,
            quorum,
            fan_out,
            chunk_items,
            money,
            openings,
        } = terms;
        let (board, chain) = (BoardTerms::of(terms).ok(), ChainData::of(terms));
        let clock = SlotClock::of(terms);
        let clock = clock.as_ref();
        let cautions = CautionData::all(terms, board.as_ref(), chain.is_some());
        let span = |slots: u64| Span::of(clock, slots);
        Self {
            schema: SCHEMA,
            auction: names::auction(&terms.auction_id()),
            version: *version,
            nonce: hex::encode(nonce),
            domain: domain.to_string(),
            board: board.map(|BoardTerms { key, starts, slot }| BoardData {
                party: names::party(&key),
                slot_milliseconds: slot,
                starts_milliseconds: starts,
            }),
            chain,
            seller: names::party(seller),
            custodian: (!has_no_custodian(terms)).then(|| names::party(custodian)),
            beneficiary: stakes.beneficiary.as_ref().map(names::party),
            mechanism: MechanismData::of(*mechanism),
            ties: match ties {
                Ties::EarliestCommit => "earliest-commit",
                Ties::Lottery => "lottery",
            },
            disclosure: match *disclosure {
                Disclosure::Everything => DisclosureData::Everything,
                Disclosure::Facts { cover, depth } => DisclosureData::Facts {
                    cover,
                    depth_from_bids: depth.map(|Depth { min_bids }| min_bids),
                },
            },
            reserve: reserve.map(|Reserve { until, opened }| ReserveData {
                until: Moment::of(clock, until),
                opened,
            }),
            acceptance: acceptance.map(|Acceptance { slots }| span(slots)),
            rounds: rounds.map(|Rounds { limit, commit_slots, reveal_slots, cover }| RoundsData {
                limit,
                commits: span(commit_slots),
                reveals: span(reveal_slots),
                cover,
            }),
            schedule: ScheduleData::of(clock, schedule),
            stakes: StakesData::of(stakes),
            bidders: match admission {
                Admission::Open => None,
                Admission::Listed(keys) => Some(keys.iter().map(names::party).collect()),
            },
            max_bids_per_lot: *max_bids_per_lot,
            quorum: quorum.iter().map(GroupData::of).collect(),
            fan_out: *fan_out,
            chunk_items: *chunk_items,
            money: money.map(MoneyData::of),
            openings: match openings {
                Openings::Private => "private",
                Openings::Recorded => "recorded",
            },
            lots: lots.iter().enumerate().map(LotData::of).collect(),
            cautions,
            people: None,
        }
    }

    /// With what an address book says of those whom they name.
    #[must_use]
    pub fn with_people(self, book: &Book, terms: &Terms) -> Self {
        Self { people: Some(book.people(terms)), ..self }
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self) + "\n"
    }
}

impl Span {
    pub(super) fn of(clock: Option<&SlotClock>, slots: u64) -> Self {
        Self { slots, milliseconds: clock.map(|clock| slots.saturating_mul(clock.slot)) }
    }

    /// As people read it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.milliseconds {
            Some(milliseconds) => {
                let time = std::time::Duration::from_millis(milliseconds);
                humantime::format_duration(time).to_string()
            }
            None if self.slots == 1 => "1 slot".into(),
            None => format!("{} slots", self.slots),
        }
    }
}

impl ScheduleData {
    fn of(clock: Option<&SlotClock>, schedule: &Schedule) -> Self {
        let Schedule {
            deals_until,
            complaints_until,
            commits_until,
            reveals_until,
            endorse_slots,
            step_slots,
            step_slots_per_bid,
            witness_slots,
        } = *schedule;
        let (moment, span) = (|slot| Moment::of(clock, slot), |slots: u64| Span::of(clock, slots));
        Self {
            deals_until: moment(deals_until),
            complaints_until: moment(complaints_until),
            commits_until: moment(commits_until),
            reveals_until: moment(reveals_until),
            endorsing: span(endorse_slots),
            step: span(step_slots),
            step_per_bid: span(step_slots_per_bid),
            witness: span(witness_slots),
        }
    }
}

impl StakesData {
    fn of(stakes: &Stakes) -> Self {
        // The beneficiary is beside the other parties.
        let Stakes { deposit, bond, commit_fee, fee_growth, beneficiary: _ } = stakes;
        Self {
            deposit: deposit.to_string(),
            bond: bond.to_string(),
            commit_fee: commit_fee.to_string(),
            fee_growth: fee_growth.to_string(),
        }
    }
}

impl GroupData {
    fn of(group: &Group) -> Self {
        let Group { name, threshold, endorsements, is_witness, members } = group;
        Self {
            name: name.to_string(),
            threshold: *threshold,
            endorsements: *endorsements,
            members_who_can_void: group.members_who_can_void(),
            is_witness: *is_witness,
            members: members
                .iter()
                .map(|member| MemberData {
                    party: names::party(&member.signing),
                    keyholder: names::keyholder(member),
                })
                .collect(),
        }
    }
}

impl LotData {
    fn of((lot, line): (usize, &Lot)) -> Self {
        let Lot { name, identifier, quantity, grid } = line;
        let PriceGrid { side, start, tick, levels, scale, shape } = grid;
        let last = grid.price(Level(levels.saturating_sub(1))).unwrap_or(*start);
        Self {
            lot,
            identifier: identifier.to_string(),
            name: name.to_string(),
            quantity: quantity.to_string(),
            side: match side {
                Side::HighestWins => "highest-wins",
                Side::LowestWins => "lowest-wins",
            },
            scale: match scale {
                Scale::Decimal(places) => format!("decimal {places}"),
                Scale::Binary(bits) => format!("binary {bits}"),
            },
            third_digit: match scale {
                Scale::Decimal(_) => None,
                Scale::Binary(_) => Some("eighths"),
            },
            first_price: scale.write(*start),
            first_price_decimal: scale.write_decimal(*start),
            last_price: scale.write(last),
            last_price_decimal: scale.write_decimal(last),
            tick_decimal: i64::try_from(*tick).ok().map(|tick| scale.write_decimal(Price(tick))),
            prices: *levels,
            shape: shape.radices().collect(),
        }
    }
}
