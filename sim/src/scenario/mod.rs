//! A scenario: who takes part, under which terms, and what everybody does.
//!
//! [`file`](mod@file) is what the author wrote, [`Scenario`] what it means. Between the two everything is
//! checked, so that what can still fail afterwards is the auction and not the scenario.

pub mod bids;
pub mod file;
pub mod notation;
pub mod rules;

use crate::{
    failure::{Code, Failure},
    input,
    play::{BidPlan, BidderConduct, Cast, KeyholderConduct, Plan, ReservePlan, Seat},
    suggest::{self, Load},
};
use file::{
    AdmissionFile, GroupFile, KeyholderConductFile, LadderFile, LotParts, MembersFile, PriceText,
    ScenarioFile, ScheduleFile, SideFile, StakesFile,
};
use rand_core::CryptoRngCore;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use talea_protocol::{
    bytes::{List, PartyKey, Text},
    labels::PROTOCOL_VERSION,
    limits::{
        MAX_BIDS_PER_LOT, MAX_CHUNK_ITEMS, MAX_GROUPS, MAX_LISTED_BIDDERS, MAX_LOTS, MAX_MEMBERS,
    },
    notation::Misread,
    price::{Price, PriceLadder, Rung, Scale, Shape, Side},
    quorum::{Group, KeyholderId},
    terms::{
        Acceptance, Admission, Disclosure, Lot, Mechanism, Reserve, Rounds, Schedule, Stakes,
        Terms, Ties,
    },
};

/// Names that belong to parties of every auction.
const RESERVED: [&str; 3] = ["seller", "custodian", "beneficiary"];

/// A scenario that can be played.
///
/// # Invariants
/// Every bid names a bidder, a lot and a rung that exist, and no bidder bids twice for a lot;
/// members sit in the quorum once; all of it keeps the bounds of checks T2 to T5.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about.
    pub title: String,
    /// Where every secret comes from.
    pub seed: u64,
    /// The board.
    pub domain: Text,
    /// The opening's slot.
    pub opening_slot: u64,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What is opened besides winners and price.
    pub disclosure: Disclosure,
    /// Whether the seller may commit reserves.
    pub reserve: Option<Reserve>,
    /// Whether the seller may decline.
    pub acceptance: Option<Acceptance>,
    /// Whether bids can be improved round by round.
    pub rounds: Option<Rounds>,
    /// When phases end.
    pub schedule: Schedule,
    /// What is at stake.
    pub stakes: StakesFile,
    /// Whether only the scenario's bidders may bid.
    pub is_listed: bool,
    /// Commits per lot, at most.
    pub max_bids_per_lot: u32,
    /// Test points asked at once.
    pub fan_out: u16,
    /// Items per chunk.
    pub chunk_items: u16,
    /// The line items.
    pub lots: Vec<Lot>,
    /// Who may decrypt.
    pub groups: Vec<GroupPlan>,
    /// Keyholders who do not behave.
    pub keyholders: BTreeMap<KeyholderId, KeyholderConduct>,
    /// Names of the bidders.
    pub bidders: Vec<String>,
    /// Their bids, in commit order.
    pub bids: Vec<BidPlan>,
    /// What they bid in later rounds, from round 1.
    pub later_bids: Vec<Vec<BidPlan>>,
    /// The seller's reserves.
    pub reserves: Vec<ReservePlan>,
    /// The lots that the seller declines.
    pub declines: BTreeSet<u32>,
}

/// A group of the quorum, before keys are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// What people call it.
    pub name: Text,
    /// How many must act together.
    pub threshold: u16,
    /// How many must endorse.
    pub endorsements: u16,
    /// Whether its word counts for what the board did not take.
    pub is_witness: bool,
    /// Who sits in it.
    pub members: Vec<(String, Seat)>,
}

/// A bid as its author wrote it, with the place to name in a complaint.
struct WrittenBid {
    at: String,
    bidder: usize,
    lot: String,
    price: String,
    conduct: BidderConduct,
}

impl Scenario {
    /// Reads a scenario, and the file of bids beside it if it names one.
    ///
    /// # Errors
    /// [`Failure`], naming the field, and in a file of bids the line.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = input::read_text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_text(&text, folder)
    }

    /// Reads the text of a scenario; files that it names stand in `folder`.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, Failure> {
        let ScenarioFile {
            title,
            seed,
            domain,
            admission,
            max_bids_per_lot,
            fan_out,
            chunk_items,
            mechanism,
            ties,
            disclosure,
            reserve,
            acceptance,
            rounds,
            schedule,
            stakes,
            every_lot,
            lots,
            quorum,
            bidders,
            bids,
        } = ScenarioFile::parse(text)?;
        let title = named("title", &title)?.as_str().to_owned();
        let domain = named("domain", &domain)?;
        within("max_bids_per_lot", max_bids_per_lot, 1, MAX_BIDS_PER_LOT)?;
        within("fan_out", fan_out, 1, 1_023)?;
        within("chunk_items", chunk_items, 1, u16::try_from(MAX_CHUNK_ITEMS).unwrap_or(u16::MAX))?;
        let mechanism = rules::mechanism(mechanism)?;
        let disclosure = rules::disclosure(disclosure)?;
        let acceptance = acceptance.map(rules::acceptance).transpose()?;
        let rounds = rounds.map(|file| rules::rounds(file, &disclosure)).transpose()?;
        let (opening_slot, schedule) = read_schedule(&schedule, rounds)?;
        let reserve = reserve.map(|file| rules::reserve(file, &schedule)).transpose()?;

        let mut names: Vec<String> = Vec::new();
        let mut written: Vec<WrittenBid> = Vec::new();
        let mut later: Vec<(usize, WrittenBid)> = Vec::new();
        for (index, bidder) in bidders.into_iter().enumerate() {
            let at = format!("bidders[{index}]");
            add_bidder(&mut names, &format!("{at}.name"), &bidder.name)?;
            for (lot, bid) in bidder.bids {
                let at = format!("{at}.bids.{lot:?}");
                later.extend((1..).zip(bid.then).map(|(round, (price, conduct))| {
                    let at = format!("{at}.then[{}]", round - 1);
                    let lot = lot.clone();
                    (round, WrittenBid { at, bidder: index, lot, price, conduct })
                }));
                written.push(WrittenBid {
                    at,
                    bidder: index,
                    lot,
                    price: bid.price,
                    conduct: bid.conduct,
                });
            }
        }
        if let Some(file) = bids {
            written.extend(read_bids(&file, folder, &mut names)?);
        }

        let (groups, keyholders) = read_quorum(quorum, &names)?;
        let acts = groups.iter().map(|group| u32::from(group.threshold)).sum();
        let bidders_or_one = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let load = |rungs| Load {
            rungs,
            bidders: bidders_or_one.clamp(1, MAX_BIDS_PER_LOT),
            acts,
            fan_out,
        };
        if lots.is_empty() || lots.len() > MAX_LOTS {
            let sentence = format!("lots: found {}, expected 1 to {MAX_LOTS}", lots.len());
            return Err(Failure::new(Code::ScenarioLots, sentence));
        }
        let mut items: Vec<Lot> = Vec::new();
        let mut reserves = Vec::new();
        let mut declines = BTreeSet::new();
        for (index, lot) in (0u32..).zip(lots) {
            let LotParts { name, identifier, ladder, reserve: reserve_text, declined } =
                lot.split();
            let at = format!("lots[{index}]");
            let identifier = identifier.unwrap_or_else(|| format!("lot {index}"));
            let place = |field: &str| field_of(&at, field);
            let item = read_lot(&place, &name, &identifier, &ladder.or(&every_lot), load)?;
            if let Some(PriceText(text)) = reserve_text {
                let at = format!("{at}.reserve");
                rules::require_table(&at, reserve.is_some(), "reserve")?;
                let rung = read_bid(&at, &item, &text)?;
                reserves.push(ReservePlan { lot: index, rung, is_revealed: true });
            }
            if declined {
                let at = format!("{at}.declined");
                rules::require_table(&at, acceptance.is_some(), "acceptance")?;
                declines.insert(index);
            }
            items.push(item);
        }
        let lots = items;
        let bids = place_bids(written, &lots, &names, max_bids_per_lot)?;
        let later_bids = place_later_bids(later, rounds, &bids, &lots, &names)?;

        let scenario = Self {
            title,
            seed,
            domain,
            opening_slot,
            schedule,
            stakes,
            is_listed: admission == AdmissionFile::Listed,
            max_bids_per_lot,
            fan_out,
            chunk_items,
            mechanism,
            ties: rules::ties(ties),
            disclosure,
            reserve,
            acceptance,
            rounds,
            lots,
            groups,
            keyholders,
            bidders: names,
            bids,
            later_bids,
            reserves,
            declines,
        };
        scenario.check_money()?;
        if scenario.is_listed && scenario.bidders.len() > MAX_LISTED_BIDDERS {
            let sentence = format!(
                "admission: {} bidders are listed, and a list holds {MAX_LISTED_BIDDERS}",
                scenario.bidders.len()
            );
            return Err(Failure::new(Code::ScenarioBound, sentence));
        }
        Ok(scenario)
    }

    /// All money that the custodian will lock must be countable in 64 bits.
    fn check_money(&self) -> Result<(), Failure> {
        let StakesFile { deposit, bond, commit_fee, fee_growth } = self.stakes;
        // The highest fee that a lot can come to.
        let fee =
            commit_fee.saturating_add(fee_growth.saturating_mul(self.max_bids_per_lot.into()));
        let [deposit, bond, fee] = [deposit, bond, fee].map(u128::from);
        let count = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
        let members = self.groups.iter().map(|group| group.members.len()).sum();
        let bids = count(self.bids.len().max(1)).saturating_mul(deposit.saturating_add(fee));
        let reserves = count(self.reserves.len()).saturating_mul(deposit);
        let bonds = count(members).saturating_mul(count(self.lots.len())).saturating_mul(bond);
        if bids.saturating_add(reserves).saturating_add(bonds) > u128::from(u64::MAX) {
            let sentence = "stakes: all deposits, fees and bonds together exceed 2^64 - 1 units";
            return Err(Failure::new(Code::ScenarioStakes, sentence)
                .with_help("state them in a larger unit"));
        }
        Ok(())
    }

    /// Draws everybody's keys and writes the terms and the plan.
    ///
    /// # Errors
    /// [`Failure`] only if a bound of the protocol was overlooked above.
    pub fn cast(&self, rng: &mut impl CryptoRngCore) -> Result<(Cast, Plan), Failure> {
        let seats: Vec<Vec<Seat>> = self
            .groups
            .iter()
            .map(|group| group.members.iter().map(|(_, seat)| *seat).collect())
            .collect();
        let cast = Cast::draw(&seats, self.bidders.len(), rng);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);

        let overlooked =
            || Failure::new(Code::ScenarioBound, "the scenario exceeds a bound of the protocol");
        let groups = self.groups.iter().enumerate().map(|(at, group)| {
            let members = (0..group.members.len()).map(|place| cast.member(at, place));
            let members: Option<Vec<_>> = members.collect();
            Some(Group {
                name: group.name.clone(),
                threshold: group.threshold,
                endorsements: group.endorsements,
                is_witness: group.is_witness,
                members: List::new(members?).ok()?,
            })
        });
        let groups: Option<Vec<Group>> = groups.collect();
        let admission = if self.is_listed {
            let keys = (0..self.bidders.len()).map(|index| cast.bidder(index));
            let mut keys: Vec<PartyKey> = keys.collect::<Option<_>>().ok_or_else(overlooked)?;
            keys.sort();
            Admission::Listed(List::new(keys).map_err(|_| overlooked())?)
        } else {
            Admission::Open
        };
        let StakesFile { deposit, bond, commit_fee, fee_growth } = self.stakes;
        let beneficiary = Some(cast.beneficiary());
        let terms = Terms {
            version: PROTOCOL_VERSION,
            nonce,
            domain: self.domain.clone(),
            seller: cast.seller(),
            custodian: cast.custodian(),
            lots: List::new(self.lots.clone()).map_err(|_| overlooked())?,
            mechanism: self.mechanism,
            ties: self.ties,
            disclosure: self.disclosure,
            reserve: self.reserve,
            acceptance: self.acceptance,
            rounds: self.rounds,
            schedule: self.schedule,
            stakes: Stakes { deposit, bond, commit_fee, fee_growth, beneficiary },
            admission,
            max_bids_per_lot: self.max_bids_per_lot,
            quorum: groups.and_then(|groups| List::new(groups).ok()).ok_or_else(overlooked)?,
            fan_out: self.fan_out,
            chunk_items: self.chunk_items,
        };
        let plan = Plan {
            terms,
            opening_slot: self.opening_slot,
            bids: self.bids.clone(),
            rounds: self.later_bids.clone(),
            reserves: self.reserves.clone(),
            declines: self.declines.clone(),
            keyholders: self.keyholders.clone(),
        };
        Ok((cast, plan))
    }

    /// Who is behind each key of the cast: bidders, keyholders, then those of every auction.
    #[must_use]
    pub fn names(&self, cast: &Cast) -> Vec<(PartyKey, String)> {
        let bidders = self.bidders.iter().enumerate();
        let bidders = bidders.filter_map(|(at, name)| Some((cast.bidder(at)?, name.clone())));
        let members = self.groups.iter().enumerate().flat_map(|(at, group)| {
            let members = group.members.iter().enumerate();
            members.filter_map(move |(place, (name, seat))| {
                let own = (*seat == Seat::Own).then(|| cast.member(at, place))??;
                Some((own.signing, name.clone()))
            })
        });
        let always = [cast.seller(), cast.custodian(), cast.beneficiary()];
        let always = always.into_iter().zip(RESERVED.map(String::from));
        bidders.chain(members).chain(always).collect()
    }

    /// The quorum in words: `[seller 1 of 1] and [buyers 3 of 5]`.
    #[must_use]
    pub fn quorum_in_words(&self) -> String {
        let groups = self.groups.iter().map(|group| {
            format!("[{} {} of {}]", group.name, group.threshold, group.members.len())
        });
        groups.collect::<Vec<_>>().join(" and ")
    }
}

fn named(at: &str, text: &str) -> Result<Text, Failure> {
    Text::new(text).map_err(|fault| Failure::new(Code::ScenarioText, format!("{at}: {fault}")))
}

fn within<N: PartialOrd + std::fmt::Display>(
    at: &str,
    value: N,
    least: N,
    most: N,
) -> Result<(), Failure> {
    if value < least || value > most {
        let sentence = format!("{at} is {value}, and must be {least} to {most}");
        return Err(Failure::new(Code::ScenarioBound, sentence));
    }
    Ok(())
}

fn read_schedule(file: &ScheduleFile, rounds: Option<Rounds>) -> Result<(u64, Schedule), Failure> {
    const PHASE: u64 = 10;
    const LAST: u64 = 1 << 62;
    let opening = file.opening_slot.unwrap_or(0);
    let after = |slot: u64| slot.saturating_add(PHASE);
    let deals_until = file.deals_until.unwrap_or(after(opening));
    let complaints_until = file.complaints_until.unwrap_or(after(deals_until));
    let commits_until = file.commits_until.unwrap_or(after(complaints_until));
    let reveals_until = file.reveals_until.unwrap_or(after(commits_until));
    let fail =
        |what: String| Err(Failure::new(Code::ScenarioSchedule, format!("schedule: {what}")));
    if opening > deals_until {
        return fail(format!("deals_until ({deals_until}) lies before opening_slot ({opening})"));
    }
    let order = [
        ("deals_until", deals_until),
        ("complaints_until", complaints_until),
        ("commits_until", commits_until),
        ("reveals_until", reveals_until),
    ];
    for ((before, earlier), (name, later)) in order.iter().zip(order.iter().skip(1)) {
        if later <= earlier {
            return fail(format!("{name} ({later}) must lie after {before} ({earlier})"));
        }
    }
    if reveals_until > LAST {
        return fail(format!("reveals_until ({reveals_until}) lies beyond 2^62"));
    }
    let endorse_slots = file.endorse_slots.unwrap_or(PHASE);
    let step_slots = file.step_slots.unwrap_or(PHASE);
    let step_slots_per_bid = file.step_slots_per_bid.unwrap_or(1);
    const LONGEST: u64 = 1 << 32;
    within("schedule.endorse_slots", endorse_slots, 1, LONGEST)?;
    within("schedule.step_slots", step_slots, 1, LONGEST)?;
    within("schedule.step_slots_per_bid", step_slots_per_bid, 0, LONGEST)?;
    let shortest = [rounds.map(|r| r.commit_slots), rounds.map(|r| r.reveal_slots)];
    let reveals = reveals_until.saturating_sub(commits_until);
    let shortest = shortest.into_iter().flatten().fold(reveals, u64::min);
    // Slots have no length here, so no time is the most.
    let usual = Schedule::usual_margin(reveals, rounds, u64::MAX);
    let witness_slots = file.witness_slots.unwrap_or(usual);
    within("schedule.witness_slots", witness_slots, 0, shortest.saturating_sub(1).min(LONGEST))?;
    let schedule = Schedule {
        deals_until,
        complaints_until,
        commits_until,
        reveals_until,
        endorse_slots,
        step_slots,
        step_slots_per_bid,
        witness_slots,
    };
    Ok((opening, schedule))
}

fn add_bidder(names: &mut Vec<String>, at: &str, name: &str) -> Result<usize, Failure> {
    named(at, name)?;
    let taken = |what: &str| {
        Err(Failure::new(Code::ScenarioBidder, format!("{at}: the name {name:?} {what}")))
    };
    if RESERVED.contains(&name) {
        return taken("belongs to a party of every auction");
    }
    if names.iter().any(|known| known == name) {
        return taken("occurs twice");
    }
    names.push(name.to_owned());
    Ok(names.len().saturating_sub(1))
}

/// The bids of a CSV file. Where the scenario lists no bidders, they are those of the file.
fn read_bids(
    file: &str,
    folder: &Path,
    names: &mut Vec<String>,
) -> Result<Vec<WrittenBid>, Failure> {
    let rows = bids::read(file, &input::read(&folder.join(file))?)?;
    let are_listed = !names.is_empty();
    let mut places: BTreeMap<String, usize> =
        names.iter().cloned().enumerate().map(|(index, name)| (name, index)).collect();
    let mut written = Vec::new();
    for row in rows {
        let at = format!("{file} line {}", row.line);
        let bidder = match places.get(&row.bidder) {
            Some(index) => *index,
            None if are_listed => {
                let sentence = format!("{at}: there is no bidder {:?} in the scenario", row.bidder);
                return Err(Failure::new(Code::ScenarioBidder, sentence)
                    .with_help("list it under bidders, or remove the list of bidders"));
            }
            None => {
                let index = add_bidder(names, &at, &row.bidder)?;
                places.insert(row.bidder.clone(), index);
                index
            }
        };
        let bids::BidRow { lot, price, conduct, .. } = row;
        written.push(WrittenBid { at, bidder, lot, price, conduct });
    }
    Ok(written)
}

type Quorum = (Vec<GroupPlan>, BTreeMap<KeyholderId, KeyholderConduct>);

fn read_quorum(files: Vec<GroupFile>, bidders: &[String]) -> Result<Quorum, Failure> {
    if files.is_empty() || files.len() > MAX_GROUPS {
        let sentence = format!("quorum: found {} groups, expected 1 to {MAX_GROUPS}", files.len());
        return Err(Failure::new(Code::ScenarioQuorum, sentence));
    }
    let mut groups = Vec::new();
    let mut keyholders = BTreeMap::new();
    let mut seated: BTreeSet<String> = BTreeSet::new();
    for (index, file) in (0u16..).zip(files) {
        let at = format!("quorum[{index}]");
        let GroupFile { name, threshold, endorsements, witness, members, conduct } = file;
        let name = named(&format!("{at}.name"), &name)?;
        let members = read_members(&at, &name, members, bidders)?;
        for (member, _) in &members {
            if !seated.insert(member.clone()) {
                let sentence = format!("{at}.members: {member:?} sits in the quorum twice");
                return Err(Failure::new(Code::ScenarioMember, sentence));
            }
        }
        let endorsements = endorsements.unwrap_or(threshold);
        let count = members.len();
        if threshold < 1 || threshold > endorsements || usize::from(endorsements) > count {
            let sentence = format!(
                "{at} ({name}): a threshold of {threshold} and {endorsements} endorsements cannot be \
                 met by {count} members"
            );
            return Err(Failure::new(Code::ScenarioQuorum, sentence)
                .with_help("1 <= threshold <= endorsements <= number of members"));
        }
        for (who, file) in conduct {
            let at = format!("{at}.conduct.{who:?}");
            let member = place_of(&at, &members, &who)?;
            let conduct = keyholder_conduct(&at, file, &members, member)?;
            keyholders.insert(KeyholderId { group: index, member }, conduct);
        }
        let is_witness = witness.unwrap_or(threshold > 1);
        groups.push(GroupPlan { name, threshold, endorsements, is_witness, members });
    }
    Ok((groups, keyholders))
}

fn read_members(
    at: &str,
    group: &Text,
    members: MembersFile,
    bidders: &[String],
) -> Result<Vec<(String, Seat)>, Failure> {
    let count = match &members {
        MembersFile::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
        MembersFile::Named(names) => names.len(),
    };
    if count == 0 || count > MAX_MEMBERS {
        let sentence = format!("{at}.members: a group has 1 to {MAX_MEMBERS} members, not {count}");
        return Err(Failure::new(Code::ScenarioQuorum, sentence));
    }
    let names = match members {
        MembersFile::Count(_) => (1..=count).map(|place| format!("{group} {place}")).collect(),
        MembersFile::Named(names) => names,
    };
    names
        .into_iter()
        .map(|name| {
            named(&format!("{at}.members"), &name)?;
            let seat = match bidders.iter().position(|bidder| *bidder == name) {
                Some(index) => Seat::Bidder(index),
                None if name == "seller" => Seat::Seller,
                None if RESERVED.contains(&name.as_str()) => {
                    let sentence = format!("{at}.members: the {name} may not hold keys");
                    return Err(Failure::new(Code::ScenarioMember, sentence));
                }
                None => Seat::Own,
            };
            Ok((name, seat))
        })
        .collect()
}

/// The index of a member of a group, from 1.
fn place_of(at: &str, members: &[(String, Seat)], who: &str) -> Result<u16, Failure> {
    let place = (1u16..).zip(members).find(|(_, (name, _))| name == who);
    place.map(|(place, _)| place).ok_or_else(|| {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        Failure::new(Code::ScenarioMember, format!("{at}: the group has no member {who:?}"))
            .with_help(format!("its members are {}", names.join(", ")))
    })
}

fn keyholder_conduct(
    at: &str,
    file: KeyholderConductFile,
    members: &[(String, Seat)],
    own: u16,
) -> Result<KeyholderConduct, Failure> {
    let another = |who: &str| {
        let member = place_of(at, members, who)?;
        if member == own {
            let sentence = format!("{at}: {who:?} cannot do this to itself");
            return Err(Failure::new(Code::ScenarioConduct, sentence));
        }
        Ok(member)
    };
    Ok(match file {
        KeyholderConductFile::Honest => KeyholderConduct::Honest,
        KeyholderConductFile::NeverDeals => KeyholderConduct::NeverDeals,
        KeyholderConductFile::DealsWrongShare { to } => {
            KeyholderConduct::DealsWrongShare { to: another(&to)? }
        }
        KeyholderConductFile::ComplainsFalsely { about } => {
            KeyholderConduct::ComplainsFalsely { about: another(&about)? }
        }
        KeyholderConductFile::NeverEndorses => KeyholderConduct::NeverEndorses,
        KeyholderConductFile::Leaves { from_step } => KeyholderConduct::Leaves { from_step },
        KeyholderConductFile::Ignored { from_step } => KeyholderConduct::Ignored { from_step },
    })
}

/// A field of something; it itself where the field has no name.
fn field_of(at: &str, field: &str) -> String {
    if field.is_empty() { at.to_owned() } else { format!("{at}.{field}") }
}

/// Reads a line item. `at` says where one of its fields stands, or the item itself for an empty name.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn read_lot(
    at: &dyn Fn(&str) -> String,
    name: &str,
    identifier: &str,
    file: &LadderFile,
    load: impl Fn(u32) -> Load,
) -> Result<Lot, Failure> {
    let name = named(&at("name"), name)?;
    let identifier = named(&at("identifier"), identifier)?;
    let quantity = file.quantity.unwrap_or(1);
    if quantity == 0 {
        let sentence = format!("{} ({name}) must be at least 1", at("quantity"));
        return Err(Failure::new(Code::ScenarioQuantity, sentence));
    }
    let missing = |field: &str| {
        let sentence = format!("{} ({name}) is missing", at(field));
        Failure::new(Code::ScenarioField, sentence)
            .with_help(format!("set it here, or for all lots in [every_lot].{field}"))
    };
    let side = match file.side.ok_or_else(|| missing("side"))? {
        SideFile::Sale => Side::HighestWins,
        SideFile::Procurement => Side::LowestWins,
    };
    let text = file.scale.as_deref().ok_or_else(|| missing("scale"))?;
    let scale = notation::scale(text).ok_or_else(|| {
        Failure::new(
            Code::ScenarioScale,
            format!("{} ({name}): {text:?} is not a scale", at("scale")),
        )
        .with_help(notation::SCALES)
    })?;
    let price = |field: &str, text: &PriceText| {
        read_price(&format!("{} ({name})", at(field)), scale, &text.0)
    };
    let start = price("start", file.start.as_ref().ok_or_else(|| missing("start"))?)?;
    let tick = match &file.tick {
        None => 1,
        Some(PriceText(text)) => notation::tick(scale, text).ok_or_else(|| {
            let sentence = format!(
                "{} ({name}): {text:?} is not a positive number of units at the scale {:?}",
                at("tick"),
                notation::scale_name(scale)
            );
            Failure::new(Code::ScenarioTick, sentence)
                .with_help("write an amount such as \"0.05\" or a fraction such as \"1/64\"")
        })?,
    };
    let rungs = match (&file.end, file.rungs) {
        (None, None) => {
            return Err(missing("end")
                .with_help("set the last price (end) or the number of prices (rungs)"));
        }
        (Some(_), Some(_)) => {
            let sentence = format!("{} ({name}) sets both end and rungs", at(""));
            return Err(
                Failure::new(Code::ScenarioLadder, sentence).with_help("remove one of them")
            );
        }
        (None, Some(rungs)) => rungs,
        (Some(end), None) => {
            let end = price("end", end)?;
            rungs_between(&format!("{} ({name})", at("end")), side, scale, (start, end), tick)?
        }
    };
    if rungs < 2 {
        let sentence =
            format!("{} ({name}): a ladder needs at least two rungs, not {rungs}", at(""));
        return Err(Failure::new(Code::ScenarioLadder, sentence));
    }
    let shape = match &file.shape {
        None => suggest::suggest(&load(rungs))?,
        Some(radices) => read_shape(&format!("{} ({name})", at("shape")), radices, rungs)?,
    };
    let ladder = PriceLadder { side, start, tick, rungs, scale, shape };
    if let Some(fault) = ladder.fault() {
        return Err(Failure::new(Code::ScenarioLadder, format!("{} ({name}): {fault}", at(""))));
    }
    Ok(Lot { name, identifier, quantity, ladder })
}

fn read_price(at: &str, scale: Scale, text: &str) -> Result<Price, Failure> {
    scale.read(text).map_err(|why| misread(at, scale, text, why))
}

fn misread(at: &str, scale: Scale, text: &str, why: Misread) -> Failure {
    let neighbours = match why {
        Misread::Between { below, above } => vec![below, above],
        _ => Vec::new(),
    };
    let [sentence, help] = notation::fault(scale, text, why, &neighbours);
    Failure::new(Code::ScenarioPrice, format!("{at}: {sentence}")).with_help(help)
}

fn rungs_between(
    at: &str,
    side: Side,
    scale: Scale,
    (start, end): (Price, Price),
    tick: u64,
) -> Result<u32, Failure> {
    let fail = |what: String| Failure::new(Code::ScenarioLadder, format!("{at}: {what}"));
    let (distance, better) = match side {
        Side::HighestWins => (i128::from(end.0) - i128::from(start.0), "above"),
        Side::LowestWins => (i128::from(start.0) - i128::from(end.0), "below"),
    };
    let (from, to) = (scale.write(start), scale.write(end));
    if distance <= 0 {
        return Err(fail(format!("{to} must be {better} the start, {from}")));
    }
    let tick = i128::from(tick.max(1));
    if distance.rem_euclid(tick) != 0 {
        let whole = distance.div_euclid(tick).saturating_mul(tick);
        let reach = |distance: i128| {
            let minor = match side {
                Side::HighestWins => i128::from(start.0).saturating_add(distance),
                Side::LowestWins => i128::from(start.0).saturating_sub(distance),
            };
            i64::try_from(minor).map_or_else(|_| "beyond".into(), |minor| scale.write(Price(minor)))
        };
        let (near, far) = (reach(whole), reach(whole.saturating_add(tick)));
        return Err(fail(format!("{to} is not a whole number of ticks from the start, {from}"))
            .with_help(format!("the nearest ends are {near} and {far}")));
    }
    let rungs = distance.div_euclid(tick).saturating_add(1);
    u32::try_from(rungs).map_err(|_| {
        fail(format!(
            "the ladder from {from} to {to} has {rungs} rungs, and may have at most 2^32 - 1"
        ))
        .with_help("choose a larger tick or a shorter ladder")
    })
}

fn read_shape(at: &str, radices: &[u32], rungs: u32) -> Result<Shape, Failure> {
    let fail = |what: String| Failure::new(Code::ScenarioShape, format!("{at}: {what}"));
    let bits = radices.iter().map(|radix| {
        if !radix.is_power_of_two() || *radix < 2 {
            return Err(fail(format!("the radix {radix} is not a power of two from 2 to 1024")));
        }
        Ok(u8::try_from(radix.trailing_zeros()).unwrap_or(u8::MAX))
    });
    let bits: Vec<u8> = bits.collect::<Result<_, _>>()?;
    let shape = Shape::new(&bits).map_err(|fault| fail(fault.to_string()))?;
    let product = 1u64.checked_shl(u32::try_from(shape.bits()).unwrap_or(u32::MAX));
    if product.is_some_and(|product| product < u64::from(rungs)) {
        return Err(fail(format!("{shape} holds fewer values than the ladder's {rungs} rungs"))
            .with_help("remove the shape to use the suggested one"));
    }
    Ok(shape)
}

/// Gives every written bid its lot and its rung.
fn place_bids(
    written: Vec<WrittenBid>,
    lots: &[Lot],
    bidders: &[String],
    max_bids_per_lot: u32,
) -> Result<Vec<BidPlan>, Failure> {
    let mut by_identifier: BTreeMap<&str, u32> = BTreeMap::new();
    for (index, lot) in (0u32..).zip(lots) {
        let identifier = lot.identifier.as_str();
        if let Some(before) = by_identifier.insert(identifier, index) {
            let sentence = format!(
                "lots[{index}].identifier: {identifier:?} is also the identifier of lots[{before}]"
            );
            return Err(Failure::new(Code::ScenarioIdentifier, sentence));
        }
    }
    let find = |text: &str| {
        let by_index = || {
            let index: u32 = text.parse().ok()?;
            (usize::try_from(index).ok()? < lots.len()).then_some(index)
        };
        by_identifier.get(text).copied().or_else(by_index)
    };
    let mut taken: BTreeMap<(usize, u32), String> = BTreeMap::new();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    let mut bids = Vec::new();
    for WrittenBid { at, bidder, lot: text, price, conduct } in written {
        let name = bidders.get(bidder).map_or("", String::as_str);
        let found = find(&text).and_then(|lot| Some((lot, lots.get(usize::try_from(lot).ok()?)?)));
        let Some((lot, item)) = found else {
            let sentence = format!("{at}: {name} bids for {text:?}, which is not a lot");
            return Err(Failure::new(Code::ScenarioUnknownLot, sentence).with_help(
                "name a lot by its identifier, or by its index, counted from 0 in the order of lots",
            ));
        };
        if let Some(before) = taken.insert((bidder, lot), at.clone()) {
            let sentence = format!("{at}: {name} already bids for {}, at {before}", item.name);
            return Err(Failure::new(Code::ScenarioBidTwice, sentence)
                .with_help("a bidder has one bid per lot"));
        }
        let count = counts.entry(lot).or_default();
        *count = count.saturating_add(1);
        if *count > max_bids_per_lot {
            let sentence = format!(
                "{at}: {} takes {max_bids_per_lot} bids (max_bids_per_lot), and this is one more",
                item.name
            );
            return Err(Failure::new(Code::ScenarioTooManyBids, sentence));
        }
        let rung = read_bid(&at, item, &price)?;
        bids.push(BidPlan { lot, bidder, rung, conduct });
    }
    Ok(bids)
}

/// Gives every bid of a later round its place: not below the one before.
fn place_later_bids(
    later: Vec<(usize, WrittenBid)>,
    rounds: Option<Rounds>,
    first: &[BidPlan],
    lots: &[Lot],
    bidders: &[String],
) -> Result<Vec<Vec<BidPlan>>, Failure> {
    let most = rounds.map_or(0, |rounds| rounds.limit.saturating_sub(1));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut placed: Vec<Vec<BidPlan>> = Vec::new();
    let mut standing: BTreeMap<(usize, u32), Rung> =
        first.iter().map(|bid| ((bid.bidder, bid.lot), bid.rung)).collect();
    for (round, written) in later {
        let WrittenBid { at, bidder, lot: text, price, conduct } = written;
        if round > most {
            let sentence =
                format!("{at}: there are {most} rounds after the first, and this is one more");
            return Err(
                Failure::new(Code::ScenarioBound, sentence).with_help("raise limit in [rounds]")
            );
        }
        let place = place_bids(
            vec![WrittenBid { at: at.clone(), bidder, lot: text, price, conduct }],
            lots,
            bidders,
            MAX_BIDS_PER_LOT,
        )?;
        for bid in place {
            let before = standing.insert((bidder, bid.lot), bid.rung);
            if before.is_some_and(|before| bid.rung < before) {
                let sentence =
                    format!("{at}: a bid of a later round is not worse than the one before");
                return Err(Failure::new(Code::ScenarioPrice, sentence));
            }
            if placed.len() < round {
                placed.resize(round, Vec::new());
            }
            if let Some(round) = round.checked_sub(1).and_then(|round| placed.get_mut(round)) {
                round.push(bid);
            }
        }
    }
    Ok(placed)
}

/// Reads a price as a rung of a lot's ladder; `at` names the place in a complaint.
///
/// # Errors
/// [`Failure`] if it cannot be read at the lot's scale, or is not on the ladder.
pub fn read_bid(at: &str, lot: &Lot, text: &str) -> Result<Rung, Failure> {
    let ladder = &lot.ladder;
    let scale = ladder.scale;
    // What lies between two minor units is not on the ladder either.
    let around = match scale.read(text) {
        Ok(price) => match ladder.rung(price) {
            Some(rung) => return Ok(rung),
            None => (price, price),
        },
        Err(Misread::Between { below, above }) => (below, above),
        Err(why) => return Err(misread(at, scale, text, why)),
    };
    let last = Rung(ladder.rungs.saturating_sub(1));
    let end = ladder.price(last).map(|price| scale.write(price)).unwrap_or_default();
    let sentence = format!(
        "{at}: {text:?} is not on the ladder of {}, which goes from {} to {end} in steps of {}",
        lot.name,
        scale.write(ladder.start),
        scale.write(Price(i64::try_from(ladder.tick).unwrap_or(i64::MAX))),
    );
    let (below, above) = around;
    let nearest = notation::nearest(ladder, around);
    let [_, help] = notation::fault(scale, text, Misread::Between { below, above }, &nearest);
    Err(Failure::new(Code::ScenarioOffLadder, sentence).with_help(help))
}

#[cfg(test)]
mod tests;
