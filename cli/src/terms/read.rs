//! From a file of terms to the terms that it means.

use super::{
    MAX_FILE, fail,
    file::{BoardFile, GroupFile, ReserveFile, RoundsFile, ScheduleFile, StakesFile, TermsFile},
    lots::read_lots_file,
};
use crate::{board::clock::BoardTerms, failure::Failure, files, names};
use rand_core::{OsRng, RngCore as _};
use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use talea_protocol::{
    bytes::{List, PartyKey, Text},
    labels::PROTOCOL_VERSION,
    quorum::Group,
    terms::{Acceptance, Admission, Lot, Reserve, Rounds, Schedule, Stakes, Terms},
};
use talea_sim::{
    scenario::{read_lot, rules},
    suggest::Load,
};

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
