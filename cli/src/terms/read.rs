//! From a file of terms to the terms that it means.

use super::{
    MAX_FILE, fail, field,
    file::{
        AcceptanceFile, BoardFile, GroupFile, PartyText, ReserveFile, RoundsFile, ScheduleFile,
        StakesFile, TermsFile,
    },
    lots::{Item, Place, read_lots_file, says},
    nobody::{is_free, nobody},
    prospects::{hopeless, listed_and_barred},
    time,
    timetable::{Timetable, duration},
};
use crate::{
    board::clock::{self, BoardTerms},
    failure::Failure,
    files, names,
};
use rand_core::{OsRng, RngCore as _};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};
use talea_protocol::{
    bytes::{List, PartyKey, Text},
    labels::PROTOCOL_VERSION,
    limits::MAX_ROUNDS,
    quorum::Group,
    terms::{Acceptance, Admission, Disclosure, Lot, Reserve, Rounds, Schedule, Stakes, Terms},
};
use talea_sim::{
    scenario::{
        file::{LadderFile, PriceText, fault_of_toml},
        notation, read_lot, rules,
    },
    suggest::Load,
};

/// Terms that were read from a file, and what its author should see before anybody signs them.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The terms.
    pub terms: Terms,
    /// In sentences: what times that the file names came to, and prices by which others would mean other
    /// money.
    pub remarks: Vec<String>,
}

fn parties(at: &str, names: &[PartyText]) -> Result<Vec<PartyKey>, Failure> {
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
pub fn read(path: &Path) -> Result<Draft, Failure> {
    let bytes = files::read(path, MAX_FILE)?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).or_else(|_| fail(&name, "the file is not UTF-8 text"))?;
    from_text(&name, &text, path.parent().unwrap_or(Path::new("")))
}

/// Reads the text of a file of terms called `name`; a list of lots that it names stands in `folder`.
///
/// # Errors
/// As [`read`].
pub fn from_text(name: &str, text: &str, folder: &Path) -> Result<Draft, Failure> {
    let file: TermsFile = toml::from_str(text).or_else(|error| {
        let fault = fault_of_toml("the file", text, &error);
        fail(name, fault).map_err(|f: Failure| f.with_help("talea terms example shows every field"))
    })?;
    let now = clock::now();
    let board = read_board(&file.board, now)?;
    let mut timetable = Timetable::new(board);
    let rounds = read_rounds(file.rounds.as_ref(), &timetable)?;
    let (schedule, reserve) = read_schedule(&file, rounds, &mut timetable)?;
    let disclosure = rules::disclosure(file.disclosure)?;
    if rounds.is_some() && !matches!(disclosure, Disclosure::Facts { depth: Some(_), .. }) {
        return Err(field("rounds", "a depth must be disclosed, to show after each round".into())
            .with_help("set depth_from in [disclosure]"));
    }
    let acceptance = match &file.acceptance {
        None => None,
        Some(AcceptanceFile { decide }) => {
            Some(Acceptance { slots: timetable.slots("acceptance.decide", decide)? })
        }
    };
    let admission = match &file.bidders {
        None => Admission::Open,
        Some(names) => {
            let keys = parties("bidders", names)?;
            Admission::Listed(List::new(keys).or_else(|error| fail("bidders", error))?)
        }
    };
    let groups = read_quorum(&file.quorum)?;
    let stakes = read_stakes(&file, &board)?;
    let custodian = read_custodian(file.custodian.as_ref(), &stakes)?;
    let fan_out = 15;
    let bidders = match &admission {
        Admission::Open => file.max_bids_per_lot.min(10),
        Admission::Listed(keys) => u32::try_from(keys.len()).unwrap_or(u32::MAX),
    };
    let acts = groups.iter().map(|group| u32::from(group.threshold)).sum();
    let load = |rungs| Load { rungs, bidders: bidders.max(1), acts, fan_out };
    let written = (0..).zip(file.lots);
    let mut items: Vec<Item> =
        written.map(|(at, lot)| Item { place: Place::Item(at), lot }).collect();
    if let Some(name) = &file.lots_file {
        items.extend(read_lots_file(&folder.join(name))?);
    }
    let (lots, of_prices) = read_lots(items, &file.every_lot, load)?;
    let mut nonce = [0; 32];
    OsRng.fill_bytes(&mut nonce);
    let terms = Terms {
        version: PROTOCOL_VERSION,
        nonce,
        domain: board.domain()?,
        seller: names::read_party(&file.seller)?,
        custodian,
        lots: List::new(lots).or_else(|error| fail("lots", error))?,
        mechanism: rules::mechanism(file.mechanism)?,
        ties: rules::ties(file.ties),
        disclosure,
        reserve,
        acceptance,
        rounds,
        schedule,
        stakes,
        admission,
        max_bids_per_lot: file.max_bids_per_lot,
        quorum: List::new(groups).or_else(|error| fail("quorum", error))?,
        fan_out,
        chunk_items: 256,
    };
    judge(&terms)?;
    if let Some(hopeless) = hopeless(&terms, &board, now) {
        return Err(field(name, hopeless.to_string()).with_help(hopeless.help()));
    }
    if let Some(who) = listed_and_barred(&terms) {
        let why = format!("the list includes the {who}, whose bids the rules refuse");
        return Err(field("bidders", why).with_help("remove it"));
    }
    let mut remarks = timetable.into_named();
    remarks.extend(of_prices);
    if file.custodian.is_none() {
        let sentence = "the terms name no custodian, and nothing is at stake: they contain a key whose \
                        secret half nobody knows";
        remarks.push(sentence.into());
    }
    if board.end_of(0) <= now && file.board.starts.is_some() {
        let slot = board.slot_at(now);
        remarks.push(format!(
            "board.starts is in the past: it is slot {slot} now, and the auction must be opened by {}",
            board.time_of(terms.schedule.deals_until)
        ));
    }
    Ok(Draft { terms, remarks })
}

/// The program judges terms before anybody signs them: the same checks, whatever the signature.
fn judge(terms: &Terms) -> Result<(), Failure> {
    let bytes = borsh::to_vec(terms).unwrap_or_default();
    let signature = talea_protocol::bytes::Signature([0; 64]);
    match talea_contract::Auction::open(0, &bytes, &signature) {
        Err(refusal) if refusal.check != talea_protocol::check::Check::TermsSignature => {
            fail("terms", refusal)
        }
        _ => Ok(()),
    }
}

fn read_lots(
    items: Vec<Item>,
    every_lot: &LadderFile,
    load: impl Fn(u32) -> Load + Copy,
) -> Result<(Vec<Lot>, Vec<String>), Failure> {
    let (mut lots, mut remarks): (Vec<Lot>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        let identifier = item.identifier(index)?;
        if lots.iter().any(|lot| lot.identifier.as_str() == identifier) {
            return Err(field(
                &item.at_identifier(),
                format!("two lots have the identifier {identifier:?}"),
            )
            .with_help("give each lot its own identifier"));
        }
        let own = item.ladder();
        let place = |field: &str| {
            if field.is_empty() {
                item.place.whole()
            } else if says(every_lot, field) && !says(&own, field) {
                format!("every_lot.{field}, for {}", item.place.whole())
            } else {
                item.place.field(field)
            }
        };
        let ladder = own.clone().or(every_lot);
        let lot = read_lot(&place, &item.lot.name, &identifier, &ladder, load)?;
        let scale = lot.ladder.scale;
        let prices = [&ladder.start, &ladder.tick, &ladder.end].into_iter().flatten();
        for remark in prices.filter_map(|PriceText(text)| notation::remark(scale, text)) {
            // What every lot has is said once.
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        lots.push(lot);
    }
    Ok((lots, remarks))
}

fn read_stakes(file: &TermsFile, board: &BoardTerms) -> Result<Stakes, Failure> {
    let StakesFile { deposit, bond, commit_fee, fee_growth } = file.stakes;
    let beneficiary = file.beneficiary.as_deref().map(names::read_party).transpose()?;
    if beneficiary == Some(board.key) {
        let why = "the board must not be the beneficiary: it decides which posts and reveals it takes, \
             and so who forfeits";
        return fail("beneficiary", why);
    }
    Ok(Stakes { deposit, bond, commit_fee, fee_growth, beneficiary })
}

fn read_custodian(file: Option<&PartyText>, stakes: &Stakes) -> Result<PartyKey, Failure> {
    match file {
        Some(name) => names::read_party(name),
        None if is_free(stakes) => Ok(nobody()),
        None => Err(field("custodian", "it must be set where money is at stake".into())
            .with_help("name the party that locks and reports money, or remove [stakes]")),
    }
}

/// The longest slot, in milliseconds, that begins with a multiple of itself where the terms do not say when.
const LONGEST_ALIGNED: u64 = 3_600_000;

fn read_board(file: &BoardFile, now: SystemTime) -> Result<BoardTerms, Failure> {
    let key = names::read_party(&file.key)?;
    let slot = duration("board.slot", file.slot.as_deref().unwrap_or("1s"))?.as_millis();
    let slot = u64::try_from(slot).unwrap_or(0);
    if slot == 0 {
        return fail("board.slot", "a slot lasts at least a millisecond");
    }
    let starts = match &file.starts {
        None => {
            let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let since = u64::try_from(since).unwrap_or(u64::MAX);
            // Slots then end on whole seconds, or minutes, as the times do that people name. No phase loses by
            // it: the first has the slot beside those that it lasts.
            if slot <= LONGEST_ALIGNED { since - since % slot } else { since }
        }
        Some(text) => time::read("board.starts", text)?,
    };
    Ok(BoardTerms { key, starts, slot })
}

fn read_rounds(
    file: Option<&RoundsFile>,
    timetable: &Timetable,
) -> Result<Option<Rounds>, Failure> {
    let Some(RoundsFile { limit, commits, reveals, cover }) = file else { return Ok(None) };
    if !(2..=MAX_ROUNDS).contains(&usize::try_from(*limit).unwrap_or(usize::MAX)) {
        return fail("rounds.limit", format!("expected 2 to {MAX_ROUNDS}, found {limit}"));
    }
    Ok(Some(Rounds {
        limit: *limit,
        commit_slots: timetable.slots("rounds.commits", commits)?,
        reveal_slots: timetable.slots("rounds.reveals", reveals)?,
        cover: *cover,
    }))
}

/// The longest [usual margin](Schedule::usual_margin), in milliseconds.
const USUAL_MARGIN: u64 = 10_000;

fn read_schedule(
    file: &TermsFile,
    rounds: Option<Rounds>,
    timetable: &mut Timetable,
) -> Result<(Schedule, Option<Reserve>), Failure> {
    let ScheduleFile {
        deals,
        complaints,
        commits,
        reveals,
        endorsing,
        step,
        step_per_bid,
        witness,
    } = &file.schedule;
    let deals_until = timetable.next("schedule.deals", deals)?;
    let complaints_until = timetable.next("schedule.complaints", complaints)?;
    let reserve = match &file.reserve {
        None => None,
        Some(ReserveFile { reserves, opened }) => {
            let until = timetable.next("reserve.reserves", reserves)?;
            Some(Reserve { until, opened: *opened })
        }
    };
    let commits_until = timetable.next("schedule.commits", commits)?;
    let reveals_until = timetable.next("schedule.reveals", reveals)?;
    let most = timetable.whole_slots(USUAL_MARGIN);
    let usual = Schedule::usual_margin(reveals_until - commits_until, rounds, most);
    let slots = |at: &str, text: Option<&str>, usual: u64| {
        text.map_or(Ok(usual), |text| timetable.slots(at, text))
    };
    let schedule = Schedule {
        deals_until,
        complaints_until,
        commits_until,
        reveals_until,
        endorse_slots: timetable.slots("schedule.endorsing", endorsing)?,
        step_slots: timetable.slots("schedule.step", step)?,
        step_slots_per_bid: slots("schedule.step_per_bid", step_per_bid.as_deref(), 0)?,
        witness_slots: slots("schedule.witness", witness.as_deref(), usual)?,
    };
    Ok((schedule, reserve))
}

fn read_quorum(files: &[GroupFile]) -> Result<Vec<Group>, Failure> {
    let groups = files.iter().enumerate().map(|(at, file)| {
        let at = format!("quorum[{at}]");
        let members: Vec<_> = file
            .members
            .iter()
            .map(|name| names::read_keyholder(name))
            .collect::<Result<_, _>>()?;
        let (threshold, count) = (file.threshold, members.len());
        let endorsements = file.endorsements.unwrap_or(threshold);
        if threshold < 1 || endorsements < threshold || usize::from(endorsements) > count {
            let why = format!(
                "a threshold of {threshold} and {endorsements} endorsements cannot be met by {count} members"
            );
            return Err(field(&format!("{at} ({})", file.name), why)
                .with_help("1 <= threshold <= endorsements <= number of members"));
        }
        Ok(Group {
            name: Text::new(&file.name).or_else(|error| fail(&format!("{at}.name"), error))?,
            threshold,
            endorsements,
            is_witness: file.witness.unwrap_or(threshold > 1),
            members: List::new(members).or_else(|error| fail(&format!("{at}.members"), error))?,
        })
    });
    groups.collect()
}
