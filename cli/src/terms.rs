//! Terms: from a TOML file and a CSV list of lots to the bytes that the seller signs, and into words.

use crate::{
    board::clock::BoardTerms,
    failure::{Code, Failure},
    files, names,
};
use rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use talea_protocol::{
    bytes::{List, PartyKey, Text},
    caution,
    labels::PROTOCOL_VERSION,
    limits::{MAX_LOTS, MAX_TERMS_BYTES},
    price::{Rung, Side},
    quorum::Group,
    terms::{
        Acceptance, Admission, Disclosure, Lot, Mechanism, Reserve, Rounds, Schedule, Stakes,
        Terms, Ties,
    },
};
use talea_sim::{
    scenario::{
        file::{DisclosureFile, LadderFile, MechanismFile, PriceText, SideFile, TiesFile},
        read_lot, rules,
    },
    suggest::Load,
};

/// The largest file of terms, or list of lots, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// What a file of terms says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsFile {
    seller: String,
    custodian: String,
    /// Receives forfeits and fees; nobody does if left out.
    beneficiary: Option<String>,
    board: BoardFile,
    schedule: ScheduleFile,
    #[serde(default)]
    stakes: StakesFile,
    /// Public keys of those who may bid; anybody if left out.
    bidders: Option<Vec<String>>,
    #[serde(default = "max_bids_per_lot")]
    max_bids_per_lot: u32,
    #[serde(default)]
    mechanism: MechanismFile,
    #[serde(default)]
    ties: TiesFile,
    #[serde(default)]
    disclosure: DisclosureFile,
    reserve: Option<ReserveFile>,
    acceptance: Option<AcceptanceFile>,
    rounds: Option<RoundsFile>,
    quorum: Vec<GroupFile>,
    #[serde(default)]
    every_lot: LadderFile,
    /// A CSV file of lots, beside this one.
    lots_file: Option<String>,
    #[serde(default)]
    lots: Vec<LotFile>,
}

fn max_bids_per_lot() -> u32 {
    1_000
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFile {
    key: String,
    /// When slot 0 begins, such as `2026-12-01T14:00:00Z`; now if left out.
    starts: Option<String>,
    /// The length of a slot; one second if left out.
    slot: Option<String>,
}

/// Durations such as `"90s"`, `"10m"`, `"2h"`, each phase after the one before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleFile {
    deals: String,
    complaints: String,
    commits: String,
    reveals: String,
    endorsing: String,
    step: String,
    step_per_bid: Option<String>,
    /// So long before the end of reveals, and of a later round's commits, keyholders attest nothing any
    /// more; if left out a tenth of the shortest of these phases, and ten seconds at most.
    witness: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StakesFile {
    deposit: u64,
    bond: u64,
    commit_fee: u64,
    /// Added to the fee for each bid that the lot has already.
    fee_growth: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReserveFile {
    /// How long reserves can be committed, after the complaints; bids follow.
    reserves: String,
    #[serde(default)]
    opened: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptanceFile {
    decide: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoundsFile {
    limit: u32,
    commits: String,
    reveals: String,
    #[serde(default)]
    cover: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    name: String,
    threshold: u16,
    endorsements: Option<u16>,
    /// Whether its word counts for what the board did not take; if left out, if its threshold is more than 1.
    witness: Option<bool>,
    members: Vec<String>,
}

/// A line item; the same columns make a CSV file of lots.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LotFile {
    name: String,
    /// An identifier of any kind, or one with a check digit.
    identifier: Option<String>,
    cusip: Option<String>,
    isin: Option<String>,
    side: Option<SideFile>,
    scale: Option<String>,
    start: Option<PriceText>,
    tick: Option<PriceText>,
    end: Option<PriceText>,
    rungs: Option<u32>,
    shape: Option<Vec<u32>>,
    quantity: Option<u64>,
}

pub(crate) fn fail<T>(at: &str, why: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::new(Code::TermsField, format!("{at}: {why}")))
}

/// The digits of a character in a CUSIP or an ISIN.
fn value_of(c: char) -> Option<u32> {
    match c {
        '*' => Some(36),
        '@' => Some(37),
        '#' => Some(38),
        c => c.to_digit(36).filter(|_| !c.is_ascii_lowercase()),
    }
}

/// Whether the ninth character of a CUSIP checks the eight before it.
#[must_use]
pub fn is_cusip(text: &str) -> bool {
    let values: Option<Vec<u32>> = text.chars().map(value_of).collect();
    let Some([body @ .., check]) = values.as_deref() else { return false };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(at, value)| value * if at % 2 == 1 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    body.len() == 8 && *check == (10 - sum % 10) % 10
}

/// Whether the last digit of an ISIN checks the eleven characters before it (ISO 6166).
#[must_use]
pub fn is_isin(text: &str) -> bool {
    let letters = text.chars().take(2).all(|c| c.is_ascii_uppercase());
    let values: Option<Vec<u32>> =
        text.chars().map(|c| value_of(c).filter(|value| *value < 36)).collect();
    let Some(values) = values.filter(|values| values.len() == 12 && letters) else { return false };
    let digits = values.iter().flat_map(|value| match value {
        0..10 => vec![*value],
        _ => vec![value / 10, value % 10],
    });
    let digits: Vec<u32> = digits.collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| digit * if at % 2 == 1 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    values.last().is_some_and(|check| *check < 10) && sum.is_multiple_of(10)
}

impl LotFile {
    fn identifier(&self, at: &str, index: usize) -> Result<String, Failure> {
        let Self { identifier, cusip, isin, .. } = self;
        match (identifier, cusip, isin) {
            (None, None, None) => Ok(format!("lot {index}")),
            (Some(any), None, None) => Ok(any.clone()),
            (None, Some(cusip), None) if is_cusip(cusip) => Ok(cusip.clone()),
            (None, Some(cusip), None) => {
                fail(&format!("{at}.cusip"), format!("the check digit of {cusip:?} is wrong"))
            }
            (None, None, Some(isin)) if is_isin(isin) => Ok(isin.clone()),
            (None, None, Some(isin)) => {
                fail(&format!("{at}.isin"), format!("the check digit of {isin:?} is wrong"))
            }
            _ => fail(at, "one of identifier, cusip and isin is enough"),
        }
    }

    fn ladder(self) -> LadderFile {
        let Self { side, scale, start, tick, end, rungs, shape, quantity, .. } = self;
        LadderFile { side, scale, start, tick, end, rungs, shape, quantity }
    }
}

/// A row of a CSV file of lots. Empty fields are left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LotRow {
    name: String,
    identifier: Option<String>,
    cusip: Option<String>,
    isin: Option<String>,
    side: Option<SideFile>,
    scale: Option<String>,
    start: Option<String>,
    tick: Option<String>,
    end: Option<String>,
    rungs: Option<u32>,
    quantity: Option<u64>,
}

impl From<LotRow> for LotFile {
    fn from(row: LotRow) -> Self {
        let LotRow {
            name,
            identifier,
            cusip,
            isin,
            side,
            scale,
            start,
            tick,
            end,
            rungs,
            quantity,
        } = row;
        let [start, tick, end] = [start, tick, end].map(|text| text.map(PriceText));
        let shape = None;
        Self {
            name,
            identifier,
            cusip,
            isin,
            side,
            scale,
            start,
            tick,
            end,
            rungs,
            shape,
            quantity,
        }
    }
}

pub(crate) fn read_lots_file(path: &Path) -> Result<Vec<LotFile>, Failure> {
    let bytes = files::read(path, MAX_FILE)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&bytes[..]);
    let rows = reader.deserialize::<LotRow>().enumerate().map(|(row, lot)| {
        let at = format!("{}, line {}", path.display(), row + 2);
        lot.map(LotFile::from).or_else(|error| fail(&at, error))
    });
    rows.take(MAX_LOTS + 1).collect()
}

/// Durations into slots, rounded up.
pub(crate) struct Slots {
    /// Of a slot.
    pub(crate) length: Duration,
}

impl Slots {
    pub(crate) fn of(&self, at: &str, text: &str) -> Result<u64, Failure> {
        let duration = duration(at, text)?;
        let slots = duration.as_millis().div_ceil(self.length.as_millis().max(1));
        match u64::try_from(slots).ok().filter(|slots| (1..=1 << 32).contains(slots)) {
            Some(slots) => Ok(slots),
            None => fail(at, format!("{text:?} is {slots} slots, and must be 1 to 2^32")),
        }
    }
}

fn duration(at: &str, text: &str) -> Result<Duration, Failure> {
    humantime::parse_duration(text).or_else(|error| {
        fail(at, format!("{text:?} is no duration ({error}); write it as in \"90s\" or \"10m\""))
    })
}

fn parties(at: &str, names: &[String]) -> Result<Vec<PartyKey>, Failure> {
    let mut keys: Vec<PartyKey> =
        names.iter().map(|name| names::read_party(name)).collect::<Result<_, _>>()?;
    keys.sort();
    if let Some((twice, _)) = keys.iter().zip(keys.iter().skip(1)).find(|(a, b)| a == b) {
        return fail(at, format!("{} is listed twice", names::party(twice)));
    }
    Ok(keys)
}

/// Reads a file of terms; a list of lots that it names stands beside it.
///
/// # Errors
/// `terms.field`, `name.malformed`, `file.*`.
pub fn read(path: &Path) -> Result<Terms, Failure> {
    let bytes = files::read(path, MAX_FILE)?;
    let text =
        String::from_utf8(bytes).or_else(|_| fail(&path.display().to_string(), "not UTF-8"))?;
    from_text(&text, path.parent().unwrap_or(Path::new("")))
}

/// Reads the text of a file of terms.
///
/// # Errors
/// As [`read`].
pub fn from_text(text: &str, folder: &Path) -> Result<Terms, Failure> {
    let file: TermsFile =
        toml::from_str(text).or_else(|error| fail("terms", error.to_string().trim_end()))?;
    let board = read_board(&file.board)?;
    let slots = Slots { length: Duration::from_millis(board.slot) };
    let rounds = read_rounds(file.rounds.as_ref(), &slots)?;
    let schedule = read_schedule(&file.schedule, file.reserve.as_ref(), rounds, &slots)?;
    let reserve = match &file.reserve {
        None => None,
        Some(ReserveFile { reserves, opened }) => {
            let until = schedule.complaints_until + slots.of("reserve.reserves", reserves)?;
            Some(Reserve { until, opened: *opened })
        }
    };
    let disclosure = rules::disclosure(file.disclosure)?;
    let acceptance = match &file.acceptance {
        None => None,
        Some(acceptance) => {
            Some(Acceptance { slots: slots.of("acceptance.decide", &acceptance.decide)? })
        }
    };
    let admission = match &file.bidders {
        None => Admission::Open,
        Some(names) => {
            let keys = parties("bidders", names)?;
            Admission::Listed(List::new(keys).or_else(|error| fail("bidders", error))?)
        }
    };
    let bidders = match &admission {
        Admission::Open => file.max_bids_per_lot.min(10),
        Admission::Listed(keys) => u32::try_from(keys.len()).unwrap_or(u32::MAX),
    };
    let groups = read_quorum(&file.quorum)?;
    let acts = groups.iter().map(|group| u32::from(group.threshold)).sum();
    let fan_out = 15;
    let load = |rungs| Load { rungs, bidders: bidders.max(1), acts, fan_out };
    let mut lines = file.lots;
    if let Some(name) = &file.lots_file {
        lines.extend(read_lots_file(&folder.join(name))?);
    }
    let mut lots: Vec<Lot> = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        let at = format!("lots[{index}]");
        let (name, identifier) = (line.name.clone(), line.identifier(&at, index)?);
        if lots.iter().any(|lot| lot.identifier.as_str() == identifier) {
            return fail(&at, format!("there are two lots {identifier:?}"));
        }
        lots.push(read_lot(&at, &name, &identifier, &line.ladder().or(&file.every_lot), load)?);
    }
    let mut nonce = [0; 32];
    OsRng.fill_bytes(&mut nonce);
    let StakesFile { deposit, bond, commit_fee, fee_growth } = file.stakes;
    let beneficiary = file.beneficiary.as_deref().map(names::read_party).transpose()?;
    if beneficiary == Some(board.key) {
        let why = "the board decides which posts and reveals it takes, and so who forfeits: it must not receive forfeits";
        return fail("beneficiary", why);
    }
    let terms = Terms {
        version: PROTOCOL_VERSION,
        nonce,
        domain: board.domain()?,
        seller: names::read_party(&file.seller)?,
        custodian: names::read_party(&file.custodian)?,
        lots: List::new(lots).or_else(|error| fail("lots", error))?,
        mechanism: rules::mechanism(file.mechanism)?,
        ties: rules::ties(file.ties),
        disclosure,
        reserve,
        acceptance,
        rounds,
        schedule,
        stakes: Stakes { deposit, bond, commit_fee, fee_growth, beneficiary },
        admission,
        max_bids_per_lot: file.max_bids_per_lot,
        quorum: List::new(groups).or_else(|error| fail("quorum", error))?,
        fan_out,
        chunk_items: 256,
    };
    // The program judges them before anybody signs: the same checks, whatever the signature.
    let bytes = borsh::to_vec(&terms).unwrap_or_default();
    let signature = talea_protocol::bytes::Signature([0; 64]);
    match talea_contract::Auction::open(0, &bytes, &signature) {
        Err(refusal) if refusal.check != talea_protocol::check::Check::TermsSignature => {
            fail("terms", refusal)
        }
        _ => Ok(terms),
    }
}

fn read_board(file: &BoardFile) -> Result<BoardTerms, Failure> {
    let key = names::read_party(&file.key)?;
    let starts = match &file.starts {
        None => SystemTime::now(),
        Some(text) => humantime::parse_rfc3339_weak(text).or_else(|error| {
            fail(
                "board.starts",
                format!("{text:?} is no time ({error}); write 2026-12-01T14:00:00Z"),
            )
        })?,
    };
    let starts = starts.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let slot = duration("board.slot", file.slot.as_deref().unwrap_or("1s"))?.as_millis();
    let slot = u64::try_from(slot).unwrap_or(0);
    if slot == 0 {
        return fail("board.slot", "a slot lasts at least a millisecond");
    }
    Ok(BoardTerms { key, starts: u64::try_from(starts).unwrap_or(u64::MAX), slot })
}

fn read_rounds(file: Option<&RoundsFile>, slots: &Slots) -> Result<Option<Rounds>, Failure> {
    let Some(RoundsFile { limit, commits, reveals, cover }) = file else { return Ok(None) };
    Ok(Some(Rounds {
        limit: *limit,
        commit_slots: slots.of("rounds.commits", commits)?,
        reveal_slots: slots.of("rounds.reveals", reveals)?,
        cover: *cover,
    }))
}

/// The longest time before a deadline in which keyholders attest nothing, where the terms do not say.
const USUAL_MARGIN: Duration = Duration::from_secs(10);

fn read_schedule(
    file: &ScheduleFile,
    reserve: Option<&ReserveFile>,
    rounds: Option<Rounds>,
    slots: &Slots,
) -> Result<Schedule, Failure> {
    let deals_until = slots.of("schedule.deals", &file.deals)?;
    let complaints_until = deals_until + slots.of("schedule.complaints", &file.complaints)?;
    let reserves = match reserve {
        None => 0,
        Some(file) => slots.of("reserve.reserves", &file.reserves)?,
    };
    let commits_until =
        complaints_until + reserves + slots.of("schedule.commits", &file.commits)?;
    let reveals_until = commits_until + slots.of("schedule.reveals", &file.reveals)?;
    let per_bid = file.step_per_bid.as_deref();
    let of_rounds = rounds.map(|rounds| rounds.commit_slots.min(rounds.reveal_slots));
    let shortest = (reveals_until - commits_until).min(of_rounds.unwrap_or(u64::MAX));
    let most = u64::try_from(USUAL_MARGIN.as_millis() / slots.length.as_millis().max(1));
    let usual = most.unwrap_or(u64::MAX).min(shortest.div_ceil(10)).max(1);
    let usual = usual.min(shortest.saturating_sub(1));
    let witness = file.witness.as_deref();
    Ok(Schedule {
        deals_until,
        complaints_until,
        commits_until,
        reveals_until,
        endorse_slots: slots.of("schedule.endorsing", &file.endorsing)?,
        step_slots: slots.of("schedule.step", &file.step)?,
        step_slots_per_bid: per_bid
            .map_or(Ok(0), |text| slots.of("schedule.step_per_bid", text))?,
        witness_slots: witness.map_or(Ok(usual), |text| slots.of("schedule.witness", text))?,
    })
}

fn read_quorum(files: &[GroupFile]) -> Result<Vec<Group>, Failure> {
    let groups = files.iter().enumerate().map(|(at, file)| {
        let at = format!("quorum[{at}]");
        let members: Vec<_> = file
            .members
            .iter()
            .map(|name| names::read_keyholder(name))
            .collect::<Result<_, _>>()?;
        Ok(Group {
            name: Text::new(&file.name).or_else(|error| fail(&format!("{at}.name"), error))?,
            threshold: file.threshold,
            endorsements: file.endorsements.unwrap_or(file.threshold),
            is_witness: file.witness.unwrap_or(file.threshold > 1),
            members: List::new(members).or_else(|error| fail(&format!("{at}.members"), error))?,
        })
    });
    groups.collect()
}

/// Reads the bytes of terms, as `talea terms new` wrote them.
///
/// # Errors
/// `terms.field`, `file.*`.
pub fn read_bytes(path: &Path) -> Result<Terms, Failure> {
    let bytes = files::read(path, MAX_TERMS_BYTES as u64)?;
    borsh::from_slice(&bytes).or_else(|_| {
        let why = "these are no terms as \"talea terms new\" writes them";
        fail(&path.display().to_string(), why)
    })
}

/// The schema of terms in JSON.
pub const SCHEMA: &str = "talea-terms/1";

/// Terms in words, for somebody who is about to agree.
#[derive(Clone, Debug, Serialize)]
pub struct InWords {
    schema: &'static str,
    facts: Vec<Fact>,
    lots: Vec<LotInWords>,
    left_open: Vec<LeftOpen>,
}

#[derive(Clone, Debug, Serialize)]
struct Fact {
    /// Empty where it goes on from the one before.
    what: &'static str,
    words: String,
}

#[derive(Clone, Debug, Serialize)]
struct LotInWords {
    lot: usize,
    identifier: String,
    name: String,
    quantity: String,
    first_price: String,
    last_price: String,
    prices: u32,
    side: &'static str,
}

/// Something that these terms leave to chance or to others.
#[derive(Clone, Debug, Serialize)]
struct LeftOpen {
    code: &'static str,
    sentence: String,
}

/// The terms in words, as people read them.
///
/// # Errors
/// As [`BoardTerms::of`].
pub fn in_words(terms: &Terms) -> Result<String, Failure> {
    Ok(InWords::of(terms)?.text())
}

impl InWords {
    /// As tools read them.
    #[must_use]
    pub fn json(&self) -> String {
        talea_sim::report::to_json(self) + "\n"
    }

    /// As people read them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for Fact { what, words } in &self.facts {
            let _ = writeln!(text, "{what:<14}{words}");
        }
        text.push('\n');
        for row in &self.lots {
            let LotInWords { lot, identifier, name, quantity, first_price, last_price, .. } = row;
            let _ = writeln!(
                text,
                "lot {lot}  {identifier}  {quantity} x {name}: {first_price} to {last_price}, {} prices, {}",
                row.prices, row.side
            );
        }
        if !self.left_open.is_empty() {
            text.push_str("\nLeft open by these terms\n");
            for LeftOpen { sentence, .. } in &self.left_open {
                let _ = writeln!(text, "  - {sentence}");
            }
        }
        text
    }

    /// Terms in words.
    ///
    /// # Errors
    /// As [`BoardTerms::of`].
    pub fn of(terms: &Terms) -> Result<Self, Failure> {
        let facts = facts(terms)?;
        let lots = terms.lots.iter().enumerate().map(|(lot, line)| {
            let ladder = &line.ladder;
            let write =
                |rung| ladder.price(Rung(rung)).map_or(String::new(), |p| ladder.scale.write(p));
            LotInWords {
                lot,
                identifier: line.identifier.to_string(),
                name: line.name.to_string(),
                quantity: line.quantity.to_string(),
                first_price: write(0),
                last_price: write(ladder.rungs.saturating_sub(1)),
                prices: ladder.rungs,
                side: match ladder.side {
                    Side::HighestWins => "highest wins",
                    Side::LowestWins => "lowest wins",
                },
            }
        });
        let left_open = caution::cautions(terms)
            .into_iter()
            .map(|caution| LeftOpen { code: caution.code(), sentence: caution.to_string() });
        Ok(Self { schema: SCHEMA, facts, lots: lots.collect(), left_open: left_open.collect() })
    }
}

fn facts(terms: &Terms) -> Result<Vec<Fact>, Failure> {
    let board = BoardTerms::of(terms)?;
    let until = |slot: u64| board.time_of(slot);
    let lasting = |slots: u64| {
        humantime::format_duration(Duration::from_millis(slots.saturating_mul(board.slot)))
    };
    let mut facts = Vec::new();
    let mut line = |what, words| facts.push(Fact { what, words });
    line("auction", names::auction(&terms.auction_id()));
    line("seller", names::party(&terms.seller));
    line("board", names::party(&board.key));
    line("custodian", names::party(&terms.custodian));
    let nobody = || "nobody: what is forfeited is received by nobody".to_owned();
    line("beneficiary", terms.stakes.beneficiary.as_ref().map_or_else(nobody, names::party));
    line("price", mechanism_in_words(terms));
    line("opened", disclosure_in_words(terms));
    line(
        "ties",
        match terms.ties {
            Ties::EarliestCommit => "the earliest commit wins".into(),
            Ties::Lottery => "by lottery".into(),
        },
    );
    for group in terms.quorum.iter() {
        let Group { name, threshold, endorsements, is_witness, members } = group;
        let witnesses = if *is_witness { ", witnesses" } else { "" };
        let words = format!(
            "{name}: {threshold} of {} decrypt together, {endorsements} endorse, {} can void every lot \
             by not endorsing{witnesses}",
            members.len(),
            group.members_who_can_void()
        );
        line("keyholders", words);
        members.iter().for_each(|member| line("", names::keyholder(member)));
    }
    let who = match &terms.admission {
        Admission::Open => "anybody".to_owned(),
        Admission::Listed(keys) => format!("{} listed parties", keys.len()),
    };
    line("bidders", format!("{who}, {} bids per lot at most", terms.max_bids_per_lot));
    if let Admission::Listed(keys) = &terms.admission {
        keys.iter().for_each(|key| line("", names::party(key)));
    }
    let Stakes { deposit, bond, commit_fee, fee_growth, .. } = terms.stakes;
    let grows = match fee_growth {
        0 => String::new(),
        growth => format!(" and {growth} more for each bid that the lot has"),
    };
    let words = format!("{deposit} per bid, {bond} per keyholder and lot, fee {commit_fee}{grows}");
    line("at stake", words);
    line("deals", format!("until {}", until(terms.schedule.deals_until)));
    line("complaints", format!("until {}", until(terms.schedule.complaints_until)));
    if let Some(reserve) = terms.reserve {
        let opened = if terms.opens_reserves() { "opened at the end" } else { "never opened" };
        line("reserves", format!("until {}, {opened}", until(reserve.until)));
    }
    line("bids", format!("until {}", until(terms.schedule.commits_until)));
    line("reveals", format!("until {}", until(terms.schedule.reveals_until)));
    let Schedule { endorse_slots, step_slots, step_slots_per_bid, witness_slots, .. } =
        terms.schedule;
    let margin = lasting(witness_slots);
    line("witnesses", format!("attest what they held {margin} before a deadline, or earlier"));
    let per_bid = match step_slots_per_bid {
        0 => String::new(),
        slots => format!(" and {} per bid", lasting(slots)),
    };
    let (endorsing, step) = (lasting(endorse_slots), lasting(step_slots));
    line("ranking", format!("{endorsing} to endorse, {step}{per_bid} for each step at most"));
    if let Some(Rounds { limit, commit_slots, reveal_slots, cover }) = terms.rounds {
        let cover = if cover { ", with the cover shown in between" } else { "" };
        let words = format!(
            "{limit} at most, {} to bid and {} to reveal in each{cover}",
            lasting(commit_slots),
            lasting(reveal_slots)
        );
        line("rounds", words);
    }
    if let Some(acceptance) = terms.acceptance {
        line(
            "seller's say",
            format!("{} to accept or decline; silence accepts", lasting(acceptance.slots)),
        );
    }
    Ok(facts)
}

fn mechanism_in_words(terms: &Terms) -> String {
    match terms.mechanism {
        Mechanism::FirstPrice => "the best bid wins and pays what it bid".into(),
        Mechanism::UniformPrice { units: 1 } => {
            "the best bid wins and pays the best losing one".into()
        }
        Mechanism::UniformPrice { units } => {
            format!("the best {units} bids win and pay the best losing one")
        }
    }
}

fn disclosure_in_words(terms: &Terms) -> String {
    match terms.disclosure {
        Disclosure::Everything => "every bid".into(),
        Disclosure::Facts { cover, depth } => {
            let mut facts = vec!["winners and price".to_owned()];
            if cover {
                facts.push("the best losing price".into());
            }
            if let Some(depth) = depth {
                facts.push(format!("the depth of {} bids or more", depth.min_bids));
            }
            facts.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        // Published numbers: Apple, US Treasury, and those of the standards' own examples.
        for cusip in ["037833100", "912828XG0", "38259P508"] {
            assert!(is_cusip(cusip), "{cusip}");
        }
        for isin in ["US0378331005", "AU0000XVGZA3", "GB0002634946"] {
            assert!(is_isin(isin), "{isin}");
        }
        for wrong in ["037833101", "03783310", "0378331000", "", "912828xg0"] {
            assert!(!is_cusip(wrong), "{wrong}");
        }
        for wrong in ["US0378331006", "US037833100", "0378331005US", "", "US037833100A"] {
            assert!(!is_isin(wrong), "{wrong}");
        }
    }
}
