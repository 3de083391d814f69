//! Answers, as of the last entry.

use crate::{
    contract::party_of,
    message::{
        Account, Accounts, ActiveBid, Bid, BidCommit, Due, Dues, Entries, EntryHead, LotOutcome,
        Outcome, QueryMsg, Status,
    },
    refusal::Refusal,
    state::{self, Home},
};
use cosmwasm_std::{Binary, Deps, Env, Storage, Uint64, to_hex, to_json_binary};
use talea_contract::{self as program, Auction, Phase, Task, standing::Standing};
use talea_protocol::{
    bytes::PartyKey,
    claim::Pocket,
    outcome::{self, Ending, LotResult, Quote},
    quorum::keyholders,
    terms::Lot,
};

/// Items in a page, at most.
const PAGE: u32 = 30;

pub(crate) fn answer(deps: Deps<'_>, env: &Env, message: QueryMsg) -> Result<Binary, Refusal> {
    let storage = deps.storage;
    let page = |limit: Option<u32>| usize::try_from(limit.unwrap_or(PAGE).min(PAGE)).unwrap_or(0);
    let answer = match message {
        QueryMsg::Status {} => to_json_binary(&status(storage, env)?),
        QueryMsg::Dues { keyholder, skip, limit } => {
            let (keyholder, skip) = (party_of(&keyholder)?, skip.unwrap_or(0));
            let dues = |auction: &Auction| dues(auction, &keyholder, skip, page(limit));
            to_json_binary(&state::ask(storage, dues)?)
        }
        QueryMsg::Bid { lot, bidder } => {
            let bidder = party_of(&bidder)?;
            to_json_binary(&state::ask(storage, |auction| bid(auction, lot, &bidder))?)
        }
        QueryMsg::Account { party } => {
            let party = party_of(&party)?;
            let found = state::ask(storage, |auction| Ok(auction.account(&party)))?;
            let found = found.unwrap_or_else(|| outcome::Account::empty(party));
            to_json_binary(&account_of(storage, &found))
        }
        QueryMsg::Accounts { start_after, limit } => {
            let start_after = start_after.map(|party| party_of(&party)).transpose()?;
            let accounts = state::ask(storage, |auction| Ok(auction.accounts()))?;
            let after = |account: &&outcome::Account| Some(account.party) > start_after;
            let accounts = accounts.iter().filter(after).take(page(limit));
            let accounts = accounts.map(|account| account_of(storage, account)).collect();
            to_json_binary(&Accounts { accounts })
        }
        QueryMsg::Outcome { from, limit } => {
            let from = from.unwrap_or(0);
            let outcome = |auction: &Auction| outcome(auction, from, page(limit));
            to_json_binary(&state::ask(storage, outcome)?)
        }
        QueryMsg::Entries { from, limit } => {
            to_json_binary(&entries(storage, from.unwrap_or(1), page(limit))?)
        }
    };
    Ok(answer?)
}

fn status(storage: &dyn Storage, env: &Env) -> Result<Status, Refusal> {
    let home = Home::load(storage)?;
    let (now, entries) = (home.now(env), state::entries(storage)?);
    state::ask(storage, |auction| {
        let deadline = auction.deadline();
        Ok(Status {
            auction: auction.id().to_string(),
            slots: home.slots().to_string(),
            denom: home.denom,
            phase: auction.phase().name().into(),
            round: auction.round(),
            slot: auction.slot(),
            now,
            deadline,
            is_overdue: deadline.is_some_and(|deadline| now > deadline),
            entries,
            head: to_hex(auction.head().0),
        })
    })
}

fn dues(auction: &Auction, party: &PartyKey, skip: u32, limit: usize) -> Result<Dues, Refusal> {
    let mut members = keyholders(&auction.terms().quorum);
    let keyholder = members.find(|(_, member)| member.signing == *party);
    let (id, _) = keyholder.ok_or(Refusal::Unknown { what: "keyholder" })?;
    let dues = auction.dues(id);
    let total = require_page("things due", dues.len(), skip)?;
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    Ok(Dues { total, dues: dues.iter().skip(skip).take(limit).map(due).collect() })
}

fn due(due: &program::Due) -> Due {
    match due {
        program::Due::Endorse { round, head } => {
            Due::Endorse { round: *round, head: to_hex(head.0) }
        }
        program::Due::Rank { header, task } => Due::Rank {
            lot: header.lot,
            round: header.round,
            step: header.step,
            chunk: header.chunk,
            head: to_hex(header.head.0),
            work: match task {
                Task::Gate { .. } => "gate",
                Task::Shuffle(_) => "shuffle",
                Task::Blind(_) => "blind",
                Task::Decrypt { .. } => "decrypt",
            }
            .into(),
        },
    }
}

fn bid(auction: &Auction, index: u32, bidder: &PartyKey) -> Result<Bid, Refusal> {
    lot(auction, index)?;
    let ending = auction.ending(index).map(|ending| ending.kind().into());
    let standing = auction.standing(index, bidder);
    let is_locked = standing.is_some() && ending.is_none();
    let locked = if is_locked { auction.terms().stakes.deposit } else { 0 };
    Ok(Bid {
        commit: standing
            .map(|Standing { round, commit, .. }| BidCommit { round, state: commit.name().into() }),
        active: standing.and_then(|standing| standing.active).map(|active| ActiveBid {
            round: active.round,
            commitment: to_hex(active.commitment.0),
        }),
        is_in_default: standing.is_some_and(|standing| standing.is_in_default),
        locked: Uint64::new(locked),
        ending,
    })
}

fn lot(auction: &Auction, index: u32) -> Result<&Lot, Refusal> {
    let index = usize::try_from(index).ok();
    let lot = index.and_then(|index| auction.terms().lots.get(index));
    lot.ok_or(Refusal::Unknown { what: "lot" })
}

fn account_of(storage: &dyn Storage, account: &outcome::Account) -> Account {
    let outcome::Account { party, funded, received, available, locked, settlement, forfeited } =
        *account;
    Account {
        party: party.to_string(),
        funded: Uint64::new(funded),
        received: Uint64::new(received),
        available: Uint64::new(available),
        locked: Uint64::new(locked),
        settlement: Uint64::new(settlement),
        forfeited: Uint64::new(forfeited),
        is_claimed: state::is_paid(storage, &party, Pocket::Available),
        is_settled: state::is_paid(storage, &party, Pocket::Settlement),
    }
}

fn outcome(auction: &Auction, from: u32, limit: usize) -> Result<Outcome, Refusal> {
    let phase: Phase = auction.phase();
    let outcome = auction.outcome().ok_or(Refusal::NotClosed { phase: phase.name() })?;
    require_page("lots", outcome.lots.len(), from)?;
    let lots = (0u32..).zip(auction.terms().lots.iter()).zip(outcome.lots.iter());
    let lots = lots.skip(usize::try_from(from).unwrap_or(usize::MAX)).take(limit);
    let lots = lots.map(|((index, lot), result)| lot_outcome(index, lot, result));
    Ok(Outcome { lots: lots.collect::<Result<_, _>>()? })
}

fn lot_outcome(index: u32, lot: &Lot, result: &LotResult) -> Result<LotOutcome, Refusal> {
    let bytes = borsh::to_vec(result).map_err(|_| Refusal::State { what: "outcome" })?;
    let (quote, winners) = winners(&result.ending);
    Ok(LotOutcome {
        lot: index,
        identifier: lot.identifier.as_str().into(),
        commits: result.commits,
        ranked: result.ranked,
        invalid: result.invalid,
        ending: result.ending.kind().into(),
        price: quote.map(|quote| lot.grid.scale.write(quote.price)),
        winners: winners.iter().map(ToString::to_string).collect(),
        result: bytes.into(),
    })
}

/// The price of a lot, and who trades at it.
fn winners(ending: &Ending) -> (Option<Quote>, Vec<PartyKey>) {
    match ending {
        Ending::Sold(award) | Ending::Declined(award) => {
            (Some(award.quote), award.sales.iter().map(|sale| sale.winner).collect())
        }
        Ending::Cleared(clearing) | Ending::NoTrade(clearing) => {
            let trading = clearing.trades.iter().filter(|trade| trade.units() > 0);
            (Some(clearing.price), trading.map(|trade| trade.party).collect())
        }
        Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted
        | Ending::OneSided
        | Ending::Surveyed(_)
        | Ending::TooFewAnswers => (None, Vec::new()),
    }
}

fn entries(storage: &dyn Storage, from: u64, limit: usize) -> Result<Entries, Refusal> {
    let total = state::entries(storage)?;
    if from == 0 || from > total.saturating_add(1) {
        return Err(Refusal::Page { what: "entries", total, from });
    }
    let numbers = (from..=total).take(limit);
    let entries = numbers.map(|number| {
        let mark = state::mark(storage, number)?;
        Ok(EntryHead { number, slot: mark.slot, head: to_hex(mark.head.0) })
    });
    Ok(Entries { total, entries: entries.collect::<Result<_, Refusal>>()? })
}

/// `Err` if a page begins beyond the end; how many there are.
fn require_page(what: &'static str, total: usize, from: u32) -> Result<u32, Refusal> {
    let total = u32::try_from(total).unwrap_or(u32::MAX);
    if from > total {
        return Err(Refusal::Page { what, total: total.into(), from: from.into() });
    }
    Ok(total)
}
