//! From a file of terms to the terms that it means.

use super::{
    fail, field,
    file::{
        AcceptanceFile, BoardFile, ChainFile, GroupFile, LotFile, PartyText, ReserveFile,
        RoundsFile, ScheduleFile, TermsFile, UnitFile,
    },
    in_terms,
    lots::{Item, Place, read_lots_list, says},
    prospects::{hopeless, listed_and_barred},
    time,
    timetable::{Timetable, duration, read_height},
};
use crate::{
    board::{BoardTerms, SlotClock},
    chain::custodian,
    currency,
    failure::{Code, Failure},
    file::{GridFile, OpeningsFile, PriceText, fault_of_toml},
    lot::read_lot,
    markets, names,
    nobody::{has_no_custodian, is_free, nobody},
    notation,
    rules::{self, named},
    suggest::{self, Load},
};
use bech32::{Bech32, primitives::decode::CheckedHrpstring};
use std::time::{SystemTime, UNIX_EPOCH};
use talea_protocol::{
    builder::{FAN_OUT, TermsBuilder},
    bytes::{Domain, List, PartyKey},
    chain::{BadHome, ChainHome, SlotUnit},
    quorum::Group,
    terms::{
        Acceptance, Disclosure, Lot, Mechanism, Money, Openings, Reserve, Rounds, Schedule, Stakes,
        Terms,
    },
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

/// What a file of terms does not say itself.
pub struct Surroundings<'a> {
    /// The time.
    pub now: SystemTime,
    /// 32 random bytes, so that no two auctions share an id.
    pub nonce: [u8; 32],
    /// Finds the list of lots that a file of terms names.
    pub list: &'a dyn Fn(&str) -> Result<FoundList, Failure>,
}

/// A CSV list of lots.
#[derive(Clone, Debug)]
pub struct FoundList {
    /// What complaints call it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads the text of a file of terms called `name`.
///
/// # Errors
/// `terms.field`, `name.malformed`, and whatever its list of lots fails with.
pub fn read(name: &str, text: &str, around: &Surroundings<'_>) -> Result<Draft, Failure> {
    let file = parse(name, text)?;
    let money = money_of(&file)?;
    made_of(name, file, money, around)
}

/// Reads the text of a file of terms called `name` that names no lots: they are those of the list that `around`
/// finds. That list may also say in which money it is: `money` makes of what the file says what the terms say.
///
/// # Errors
/// As [`read()`]; `terms.field` if it has lots of its own; those of `money`.
pub fn read_with_lots(
    name: &str,
    text: &str,
    money: impl FnOnce(Option<Money>) -> Result<Option<Money>, Failure>,
    around: &Surroundings<'_>,
) -> Result<Draft, Failure> {
    let file = parse(name, text)?;
    if !file.lots.is_empty() || file.lots_file.is_some() {
        let why = "it has lots of its own beside those of the list";
        return Err(field(name, why.into()).with_help("remove [[lots]] and lots_file from it"));
    }
    let money = money(money_of(&file)?)?;
    made_of(name, TermsFile { lots_file: Some(String::new()), ..file }, money, around)
}

fn money_of(file: &TermsFile) -> Result<Option<Money>, Failure> {
    file.money.as_ref().map(rules::money).transpose().map_err(in_terms)
}

/// The terms that a file means.
fn made_of(
    name: &str,
    file: TermsFile,
    money: Option<Money>,
    around: &Surroundings<'_>,
) -> Result<Draft, Failure> {
    let Surroundings { now, nonce, list } = *around;
    let (home, mut timetable) = read_home(name, &file, now)?;
    let disclosure = rules::disclosure(file.disclosure).map_err(in_terms)?;
    let rounds = read_rounds(file.rounds.as_ref(), &disclosure, &timetable)?;
    let (schedule, reserve) = read_schedule(&file, rounds, &mut timetable)?;
    let acceptance = read_acceptance(file.acceptance.as_ref(), &timetable)?;
    let bidders = file.bidders.as_ref().map(|names| parties("bidders", names)).transpose()?;
    let quorum = read_quorum(&file.quorum)?;
    let stakes = read_stakes(&file, &home)?;
    let custodian = read_custodian(file.custodian.as_ref(), &home, &stakes)?;
    let load = load(bidders.as_deref(), file.max_bids_per_lot, &quorum);
    let items = items(file.lots, file.lots_file.as_deref(), list)?;
    let mechanism = rules::mechanism(file.mechanism).map_err(in_terms)?;
    let (lots, of_prices) = read_lots(items, &file.every_lot, mechanism, load)?;
    let seller = names::read_party(&file.seller)?;
    let openings = read_openings(file.openings, &home)?;
    let builder = TermsBuilder {
        nonce,
        lots,
        mechanism,
        ties: rules::ties(file.ties),
        openings,
        money,
        disclosure,
        reserve,
        acceptance,
        rounds,
        stakes,
        bidders,
        max_bids_per_lot: file.max_bids_per_lot,
        quorum,
        ..TermsBuilder::new(home.domain()?, seller, custodian, schedule)
    };
    let terms = builder.build().map_err(|fault| field(fault.field, fault.why.to_string()))?;
    markets::judge(&terms).map_err(in_terms)?;
    judge(&terms)?;
    refuse_in_vain(name, &terms, now)?;
    let mut remarks = timetable.into_named();
    remarks.extend(of_prices);
    remarks.extend(money.and_then(|money| currency::remark(money.currency)));
    remarks.extend(has_no_custodian(&terms).then(|| WITHOUT_CUSTODIAN.to_owned()));
    if let Some(board) = file.board.filter(|board| board.starts.is_some()).and(home.board()) {
        remarks.extend(begun(&terms, board, now));
    }
    Ok(Draft { terms, remarks })
}

/// What the author of terms without a custodian is told.
const WITHOUT_CUSTODIAN: &str = "the terms name no custodian, and nothing is at stake: they contain a key whose \
                                 secret half nobody knows";

fn parse(name: &str, text: &str) -> Result<TermsFile, Failure> {
    toml::from_str(text).map_err(|error| {
        field(name, fault_of_toml("the file", text, &error))
            .with_help("talea terms example shows every field")
    })
}

/// What the shape of a lot has to serve.
fn load(
    bidders: Option<&[PartyKey]>,
    max_bids_per_lot: u32,
    quorum: &[Group],
) -> impl Fn(u32) -> Load + Copy + use<> {
    let bidders = bidders
        .map_or(max_bids_per_lot.min(10), |keys| u32::try_from(keys.len()).unwrap_or(u32::MAX));
    let acts = quorum.iter().map(|group| u32::from(group.threshold)).sum();
    move |levels| Load { levels, bidders: bidders.max(1), acts, fan_out: FAN_OUT }
}

/// The line items of the file, and then those of its list.
fn items(
    lots: Vec<LotFile>,
    list: Option<&str>,
    find: &dyn Fn(&str) -> Result<FoundList, Failure>,
) -> Result<Vec<Item>, Failure> {
    let written = (0..).zip(lots);
    let mut items: Vec<Item> =
        written.map(|(at, lot)| Item { place: Place::Item(at), lot }).collect();
    if let Some(name) = list {
        let FoundList { name, bytes } = find(name)?;
        items.extend(read_lots_list(&name, &bytes)?);
    }
    Ok(items)
}

/// Terms under which no auction can be held, or whose list names somebody who may not bid.
fn refuse_in_vain(name: &str, terms: &Terms, now: SystemTime) -> Result<(), Failure> {
    if let Some(hopeless) = hopeless(terms, now) {
        return Err(field(name, hopeless.to_string()).with_help(hopeless.help()));
    }
    if let Some(who) = listed_and_barred(terms) {
        let why = format!("the list includes the {who}, whose bids the rules refuse");
        return Err(field("bidders", why).with_help("remove it"));
    }
    Ok(())
}

/// What the author is told if slot 0 is over.
fn begun(terms: &Terms, board: &BoardTerms, now: SystemTime) -> Option<String> {
    (board.clock().end_of(0) <= now).then(|| {
        format!(
            "board.starts is in the past: it is slot {} now, and the auction must be opened by {}",
            board.clock().slot_at(now),
            board.clock().time_of(terms.schedule.deals_until)
        )
    })
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
    every_lot: &GridFile,
    mechanism: Mechanism,
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
        let own = item.lot.grid();
        let place = |field: &str| {
            if field.is_empty() {
                item.place.whole()
            } else if says(every_lot, field) && !says(&own, field) {
                format!("every_lot.{field}, for {}", item.place.whole())
            } else {
                item.place.field(field)
            }
        };
        let grid = own.clone().or(every_lot);
        let lot = read_lot(&place, &item.lot.name, &identifier, &grid, load)
            .and_then(|lot| suggest::fitted(lot, grid.shape.is_some(), mechanism, load))
            .map_err(in_terms)?;
        let scale = lot.grid.scale;
        let prices = [&grid.start, &grid.tick, &grid.end].into_iter().flatten();
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

fn read_stakes(file: &TermsFile, home: &Home) -> Result<Stakes, Failure> {
    let beneficiary = file.beneficiary.as_deref().map(names::read_party).transpose()?;
    if beneficiary.is_some() && beneficiary == home.board().map(|board| board.key) {
        let why = "the board must not be the beneficiary: it decides which posts and reveals it takes, \
             and so who forfeits";
        return fail("beneficiary", why);
    }
    Ok(rules::stakes(file.stakes, 0, beneficiary))
}

fn read_custodian(
    file: Option<&PartyText>,
    home: &Home,
    stakes: &Stakes,
) -> Result<PartyKey, Failure> {
    match (file, home) {
        (None, Home::Chain(domain)) => Ok(custodian(domain)),
        (Some(_), Home::Chain(_)) => {
            let why = "it is the contract where the auction takes place on a chain";
            Err(field("custodian", why.into()).with_help("remove the field"))
        }
        (Some(name), Home::Board(_)) => names::read_party(name),
        (None, Home::Board(_)) if is_free(stakes) => Ok(nobody()),
        (None, Home::Board(_)) => {
            Err(field("custodian", "it must be set where money is at stake".into())
                .with_help("name the party that locks and reports money, or remove [stakes]"))
        }
    }
}

/// Where the auction takes place.
enum Home {
    Board(BoardTerms),
    Chain(Domain),
}

impl Home {
    fn board(&self) -> Option<&BoardTerms> {
        match self {
            Self::Board(board) => Some(board),
            Self::Chain(_) => None,
        }
    }

    fn domain(&self) -> Result<Domain, Failure> {
        match self {
            Self::Board(board) => board.domain(),
            Self::Chain(domain) => Ok(domain.clone()),
        }
    }
}

/// Where the auction takes place, and the timetable of its clock.
fn read_home(name: &str, file: &TermsFile, now: SystemTime) -> Result<(Home, Timetable), Failure> {
    match (&file.board, &file.chain) {
        (Some(board), None) => {
            let board = read_board(board, now)?;
            Ok((Home::Board(board), Timetable::new(board.clock(), 0)))
        }
        (None, Some(chain)) => {
            Ok((Home::Chain(read_chain(chain)?), timetable_of_chain(chain, now)?))
        }
        (Some(_), Some(_)) => {
            let why = "it has both [board] and [chain], and an auction takes place on one of them";
            Err(field(name, why.into()).with_help("remove one of the tables"))
        }
        (None, None) => {
            let why =
                "it has neither [board] nor [chain], and an auction takes place on one of them";
            Err(field(name, why.into()).with_help("talea terms example shows both tables"))
        }
    }
}

/// What becomes of openings. Only a board keeps a record of them.
fn read_openings(file: OpeningsFile, home: &Home) -> Result<Openings, Failure> {
    match (rules::openings(file), home) {
        (Openings::Recorded, Home::Chain(_)) => {
            let why = "a chain keeps no record of openings, so no auditor's program would read one";
            Err(field("openings", why.into())
                .with_help("leave the field out, or write \"private\""))
        }
        (openings, _) => Ok(openings),
    }
}

fn read_chain(file: &ChainFile) -> Result<Domain, Failure> {
    let ChainFile { id, contract, unit, denom, starts: _ } = file;
    let slots = match unit {
        UnitFile::Seconds => SlotUnit::Seconds,
        UnitFile::Blocks => SlotUnit::Blocks,
    };
    let domain = ChainHome { chain_id: id, contract, slots, denom }.domain();
    let domain = domain.map_err(|fault| {
        let (at, text) = match fault {
            BadHome::ChainId => ("chain.id", id),
            BadHome::Contract => ("chain.contract", contract),
            BadHome::Denom => ("chain.denom", denom),
        };
        field(at, format!("{text:?} cannot stand here: {fault}"))
    })?;
    // Chains write addresses so, and a slip of the pen would make an auction that nobody can open.
    let is_address = CheckedHrpstring::new::<Bech32>(contract).is_ok();
    if !is_address || contract.chars().any(|c| c.is_ascii_uppercase()) {
        let why = format!("{contract:?} is not an address of a contract, or it is mistyped");
        return Err(field("chain.contract", why)
            .with_help("copy it as the chain writes it, in lower case (bech32)"));
    }
    Ok(domain)
}

fn timetable_of_chain(file: &ChainFile, now: SystemTime) -> Result<Timetable, Failure> {
    const AT: &str = "chain.starts";
    let starts = file.starts.as_deref();
    match file.unit {
        UnitFile::Blocks => {
            let origin = starts.map(|text| read_height(AT, text)).transpose()?;
            Ok(Timetable::of_blocks(origin))
        }
        UnitFile::Seconds => {
            let origin = match starts {
                None => SlotClock::SECONDS.slot_at(now),
                Some(text) => time::read(AT, text)? / SlotClock::SECONDS.slot,
            };
            Ok(Timetable::new(SlotClock::SECONDS, origin))
        }
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

fn read_acceptance(
    file: Option<&AcceptanceFile>,
    timetable: &Timetable,
) -> Result<Option<Acceptance>, Failure> {
    let Some(AcceptanceFile { decide }) = file else { return Ok(None) };
    Ok(Some(Acceptance { slots: timetable.slots("acceptance.decide", decide)? }))
}

fn read_rounds(
    file: Option<&RoundsFile>,
    disclosure: &Disclosure,
    timetable: &Timetable,
) -> Result<Option<Rounds>, Failure> {
    let Some(RoundsFile { limit, commits, reveals, cover }) = file else { return Ok(None) };
    let rounds = Rounds {
        limit: *limit,
        commit_slots: timetable.slots("rounds.commits", commits)?,
        reveal_slots: timetable.slots("rounds.reveals", reveals)?,
        cover: *cover,
    };
    rules::rounds(rounds, disclosure).map(Some).map_err(as_terms)
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

/// A fault of a rule that files of terms and scenarios have in common, whose sentence says enough.
fn as_terms(failure: Failure) -> Failure {
    Failure { code: Code::TermsField, ..failure }
}

fn read_quorum(files: &[GroupFile]) -> Result<Vec<Group>, Failure> {
    let groups = files.iter().enumerate().map(|(at, file)| {
        let at = format!("quorum[{at}]");
        let members: Vec<_> = file
            .members
            .iter()
            .map(|name| names::read_keyholder(name))
            .collect::<Result<_, _>>()?;
        let (endorsements, is_witness) =
            file.rules().of(&at, &file.name, members.len()).map_err(as_terms)?;
        Ok(Group {
            name: named(&format!("{at}.name"), &file.name).map_err(as_terms)?,
            threshold: file.threshold,
            endorsements,
            is_witness,
            members: List::new(members).or_else(|error| fail(&format!("{at}.members"), error))?,
        })
    });
    groups.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        book::Book,
        terms::{TermsData, in_words},
    };
    use ed25519_dalek::SigningKey;
    use serde_json::{Value, json};
    use std::time::Duration;
    use talea_contract::group::{Generators, encode_point};
    use talea_protocol::{
        quorum::Member,
        terms::{Currency, Money, Quotation},
    };

    fn key(byte: u8) -> PartyKey {
        PartyKey(SigningKey::from_bytes(&[byte; 32]).verifying_key().to_bytes())
    }

    /// The example with keys, read by a caller whose list of lots has these rows.
    fn example(rows: &str) -> Result<Draft, Failure> {
        with_tables(rows, "")
    }

    /// The same with more tables.
    fn with_tables(rows: &str, tables: &str) -> Result<Draft, Failure> {
        with_head("", rows, tables)
    }

    /// The same with more fields of the file itself.
    pub(in crate::terms) fn with_head(
        head: &str,
        rows: &str,
        tables: &str,
    ) -> Result<Draft, Failure> {
        let encryption = encode_point(&Generators::derive().value);
        let member = Member { signing: key(3), encryption }.to_string();
        let text = format!(
            "{head}seller = \"{}\"\nlots_file = \"lots.csv\"\n\
             [board]\nkey = \"{}\"\nstarts = \"2026-12-01T15:00:00Z\"\n\
             [schedule]\ndeals = \"10m\"\ncomplaints = \"10m\"\ncommits = \"1h\"\nreveals = \"10m\"\n\
             endorsing = \"10m\"\nstep = \"10m\"\n\
             [[quorum]]\nname = \"dealers\"\nthreshold = 1\nmembers = [{member:?}]\n\
             [every_lot]\nside = \"sale\"\nscale = \"decimal 2\"\nstart = \"90\"\nlevels = 8\n{tables}",
            key(1),
            key(2)
        );
        let now = UNIX_EPOCH + Duration::from_secs(1_796_137_000);
        let list = |name: &str| {
            Ok(FoundList { name: format!("handed/{name}"), bytes: rows.as_bytes().to_vec() })
        };
        read("terms.toml", &text, &Surroundings { now, nonce: [5; 32], list: &list })
    }

    #[test]
    fn terms_follow_from_the_text_and_what_is_handed_in_with_it() {
        let Draft { terms, .. } = example("name,quantity\nThule 2035,5\n").unwrap();
        assert_eq!((terms.nonce, terms.lots[0].quantity), ([5; 32], 5));
        let again = example("name,quantity\nThule 2035,5\n").unwrap().terms;
        assert_eq!(again.auction_id(), terms.auction_id());
        let failure = example("name,quantity\nThule 2035,0\n").unwrap_err();
        assert_eq!(failure.code, Code::TermsField);
        assert!(failure.sentence.starts_with("handed/lots.csv line 2"), "{failure}");
    }
    const ROWS: &str = "name,quantity\nThule 2035,5\n";

    #[test]
    fn every_kind_of_price_goes_from_the_file_into_the_terms_into_words_and_into_data() {
        for (price, quotation, words) in [
            ("per-lot", Quotation::Lot, "an amount for the whole lot"),
            ("per-unit", Quotation::Unit, "an amount for each unit of the quantity"),
            ("percent", Quotation::Percent, "per cent of the quantity"),
            ("yield", Quotation::Yield, "a yield, and no amount"),
            ("spread", Quotation::Spread, "a spread over a benchmark, and no amount"),
        ] {
            let table = format!("[money]\ncurrency = \"KWD\"\nprice = {price:?}\n");
            let terms = with_tables(ROWS, &table).unwrap().terms;
            assert_eq!(terms.money, Some(Money { currency: Currency(*b"KWD"), quotation }));
            let again: Terms = borsh::from_slice(&borsh::to_vec(&terms).unwrap()).unwrap();
            assert_eq!(again, terms);
            let shown = in_words(&terms, &Book::default()).unwrap();
            let line = format!("currency      KWD; a price is {words}\n");
            assert!(shown.contains(&line), "{shown}");
            let data: Value = serde_json::from_str(&TermsData::of(&terms).json()).unwrap();
            assert_eq!(data["money"], json!({ "currency": "KWD", "price": price }));
        }
        let silent = example(ROWS).unwrap().terms;
        assert_eq!((silent.money, silent.openings), (None, Openings::Private));
        assert!(!in_words(&silent, &Book::default()).unwrap().contains("currency"));
        let data: Value = serde_json::from_str(&TermsData::of(&silent).json()).unwrap();
        assert_eq!((&data["money"], &data["openings"]), (&Value::Null, &json!("private")));
    }

    #[test]
    fn a_currency_that_is_no_code_and_a_price_that_is_no_kind_are_pointed_out() {
        let refused = |money: &str| with_tables(ROWS, &format!("[money]\n{money}\n")).unwrap_err();
        for (money, sentence) in [
            (
                "currency = \"Dollar\"\nprice = \"per-lot\"",
                "money.currency: \"Dollar\" is no currency code of ISO 4217 (scenario.currency)",
            ),
            ("currency = \"USD\"\nprice = \"each\"", "unknown variant `each`, expected one of"),
            ("currency = \"USD\"", "missing field `price`"),
            ("price = \"yield\"", "missing field `currency`"),
            ("currency = [\"USD\", \"EUR\"]\nprice = \"yield\"", "invalid type"),
        ] {
            let failure = refused(money);
            assert_eq!(failure.code, Code::TermsField);
            assert!(failure.sentence.contains(sentence), "{failure}");
        }
        let old = "[money]\ncurrency = \"HRK\"\nprice = \"per-lot\"\n";
        let Draft { remarks, .. } = with_tables(ROWS, old).unwrap();
        assert!(remarks.iter().any(|remark| remark.starts_with("HRK is listed")), "{remarks:?}");
    }

    #[test]
    fn openings_on_the_record_are_said_before_the_first_table() {
        let text = |openings| format!("openings = {openings:?}\n");
        let read = |openings| with_head(&text(openings), ROWS, "");
        let terms = read("recorded").unwrap().terms;
        assert_eq!(terms.openings, Openings::Recorded);
        let words = in_words(&terms, &Book::default()).unwrap();
        assert!(
            words.contains("openings      of a bid to an auditor alone are on the record"),
            "{words}"
        );
        assert_eq!(TermsData::of(&terms).openings, "recorded");
        assert_eq!(read("private").unwrap().terms.openings, Openings::Private);
        assert!(read("secret").unwrap_err().sentence.contains("unknown variant `secret`"));
    }

    /// A file of terms cannot say so; terms that somebody else made can.
    #[test]
    fn openings_on_the_record_of_no_board_are_a_doubt() {
        let has_doubt = |terms: &Terms| {
            let cautions = TermsData::of(terms).cautions;
            cautions.iter().any(|caution| caution.code == "openings.no-record")
        };
        let recorded = with_head("openings = \"recorded\"\n", ROWS, "").unwrap().terms;
        assert!(!has_doubt(&recorded));
        let (chain_id, contract, denom) = ("testing-1", "cosmos1contract", "uatom");
        let home = ChainHome { chain_id, contract, slots: SlotUnit::Seconds, denom };
        let on_chain = Terms { domain: home.domain().unwrap(), ..recorded };
        assert!(has_doubt(&on_chain));
        assert!(!has_doubt(&Terms { openings: Openings::Private, ..on_chain }));
    }

    #[test]
    fn the_highest_yield_and_a_currency_that_nobody_lists_are_doubts() {
        let codes = |terms: &Terms| -> Vec<&str> {
            let cautions = TermsData::of(terms).cautions.into_iter();
            cautions.map(|caution| caution.code).filter(|code| code.starts_with("money.")).collect()
        };
        let table = |price| format!("[money]\ncurrency = \"USD\"\nprice = {price:?}\n");
        for (price, expected) in [
            ("yield", &["money.highest-yield"][..]),
            ("spread", &["money.highest-yield"]),
            ("percent", &[]),
        ] {
            assert_eq!(codes(&with_tables(ROWS, &table(price)).unwrap().terms), expected);
        }
        let mut terms = with_tables(ROWS, &table("per-lot")).unwrap().terms;
        terms.money = terms.money.map(|money| Money { currency: Currency(*b"AAA"), ..money });
        assert_eq!(codes(&terms), ["money.currency"]);
    }
}
