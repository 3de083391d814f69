//! The transcripts of `docs/vectors/transcripts/`, for those who write a verifier: whole auctions of every
//! ending and option, and faults, one each. Both verifications find what the manifest says.
//!
//! To write them anew, an explicit decision because old transcripts stop verifying:
//! `TALEA_WRITE_VECTORS=1 cargo test -p talea-tests --test all transcripts::`.

use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf};
use talea_contract::{Auction, Phase};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Award, Clearing, Ending, LotResult, Outcome, ReserveResult, VoidCause},
};
use talea_tests::{
    on_all_cores,
    onlooker::header_of,
    opinions::{first_opinion, second_opinion},
    replay::{Kind, Replay, Scene},
    spec::table,
};
use talea_verifier::{Place, Report, Verdict};

#[path = "transcripts/auctions.rs"]
mod auctions;
#[path = "transcripts/faults.rs"]
mod faults;
#[path = "transcripts/market_faults.rs"]
mod market_faults;
#[path = "transcripts/markets.rs"]
mod markets;

/// A transcript and what must be found of it.
struct Case {
    file: &'static str,
    title: &'static str,
    verdict: Verdict,
    /// What fails, by its number.
    check: Option<&'static str>,
    transcript: Vec<u8>,
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "docs", "vectors", "transcripts"].iter().collect()
}

fn cases() -> Vec<Case> {
    let of_levels = auctions::cases().into_iter().chain(faults::cases());
    of_levels.chain(markets::cases()).chain(market_faults::cases()).collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Undecided => "undecided",
    }
}

/// What the manifest says of a lot.
fn lot(result: &LotResult) -> Value {
    let of_award = |award: &Award| {
        let winners = award.sales.iter().map(|sale| sale.winner).collect();
        (Some(award.quote.level.0), winners)
    };
    let of_clearing = |clearing: &Clearing| {
        let trading = clearing.trades.iter().filter(|trade| trade.units() > 0);
        (Some(clearing.price.level.0), trading.map(|trade| trade.party).collect())
    };
    let none = || (None, Vec::new());
    let (ending, cause, (level, winners)) = match &result.ending {
        Ending::Sold(award) => ("sold", None, of_award(award)),
        Ending::Declined(award) => ("declined", None, of_award(award)),
        Ending::BelowReserve => ("below-reserve", None, none()),
        Ending::Unsold => ("unsold", None, none()),
        Ending::Void(VoidCause::Setup) => ("void", Some("setup"), none()),
        Ending::Void(VoidCause::Endorsement) => ("void", Some("endorsement"), none()),
        Ending::Void(VoidCause::Quorum) => ("void", Some("quorum"), none()),
        Ending::Halted => panic!("no transcript shows a lot that was halted"),
        Ending::Cleared(clearing) => ("cleared", None, of_clearing(clearing)),
        Ending::NoTrade(clearing) => ("no-trade", None, of_clearing(clearing)),
        Ending::OneSided => ("one-sided", None, none()),
        Ending::Surveyed(_) => ("surveyed", None, none()),
        Ending::TooFewAnswers => ("too-few-answers", None, none()),
    };
    let reserve = match result.reserve {
        ReserveResult::None => "none",
        ReserveResult::Lapsed => "lapsed",
        ReserveResult::Sealed => "sealed",
        ReserveResult::Opened(_) => "opened",
    };
    let hex = |key: [u8; 32]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let winners: Vec<String> = winners.iter().map(|winner: &PartyKey| hex(winner.0)).collect();
    json!({
        "ending": ending,
        "cause": cause,
        "reserve": reserve,
        "level": level,
        "winners": winners,
    })
}

/// What both verifications find, where they agree: the verdict, the check, the entry, the lots.
fn found(
    file: &str,
    transcript: &[u8],
) -> (Verdict, Option<&'static str>, Option<u64>, Vec<Value>) {
    let report: Report = second_opinion(transcript);
    let first: Result<Option<Outcome>, Check> = first_opinion(transcript);
    let failed = report.failure.as_ref().map(|failure| failure.check);
    assert_eq!(first.as_ref().err().copied(), failed, "{file}\n{}", report.to_text());
    let outcome = first.ok().flatten();
    assert_eq!(report.verdict == Verdict::Valid, outcome.is_some(), "{file}");
    let entry = report.failure.as_ref().and_then(|failure| match failure.subject.place {
        Place::Entry(entry) => Some(entry),
        Place::Genesis | Place::Closing | Place::AfterClosing => None,
    });
    let lots = outcome.map_or(Vec::new(), |outcome| outcome.lots.iter().map(lot).collect());
    (report.verdict, failed.map(Check::number), entry, lots)
}

/// What the manifest must say of a case; or what is found instead.
fn line(case: &Case) -> Result<Value, String> {
    let Case { file, title, verdict, check, transcript } = case;
    let (found_verdict, found_check, entry, lots) = found(file, transcript);
    if (found_verdict, found_check) != (*verdict, *check) {
        let text = second_opinion(transcript).to_text();
        return Err(format!("{file}: {found_verdict:?} {found_check:?}\n{text}"));
    }
    Ok(json!({
        "file": file,
        "title": title,
        "verdict": word(*verdict),
        "check": check,
        "entry": entry,
        "lots": lots,
    }))
}

fn manifest() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("manifest.json"));
    serde_json::from_str(&text.expect("the manifest is in the project")).expect("it is a list")
}

fn read(entry: &Value) -> (String, Vec<u8>) {
    let file = entry["file"].as_str().expect("a name").to_owned();
    let bytes = std::fs::read(folder().join(&file)).expect("the manifest names files");
    (file, bytes)
}

/// The runs and faults still come to what the manifest says; with the variable, they are written.
#[test]
fn the_manifest_says_what_was_done() {
    let cases = cases();
    let (lines, others): (Vec<_>, Vec<_>) = cases.iter().map(line).partition(Result::is_ok);
    let others: Vec<String> = others.into_iter().filter_map(Result::err).collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
    let lines: Vec<Value> = lines.into_iter().flatten().collect();
    if std::env::var_os("TALEA_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(folder()).expect("the folder can be made");
        for case in &cases {
            std::fs::write(folder().join(case.file), &case.transcript).expect("it can be written");
        }
        let text = serde_json::to_string_pretty(&lines).expect("it is JSON") + "\n";
        std::fs::write(folder().join("manifest.json"), text).expect("it can be written");
    }
    let kept = manifest();
    for (kept, line) in kept.iter().zip(&lines) {
        assert_eq!(kept, line);
    }
    assert_eq!(kept.len(), lines.len());
}

#[test]
fn both_verifications_find_of_every_transcript_what_the_manifest_says() {
    on_all_cores(&manifest(), |entry| {
        let (file, transcript) = read(entry);
        let (verdict, check, at, lots) = found(&file, &transcript);
        assert_eq!(entry["verdict"], word(verdict), "{file}");
        assert_eq!(entry["check"], json!(check), "{file}");
        assert_eq!(entry["entry"], json!(at), "{file}");
        assert_eq!(entry["lots"], json!(lots), "{file}");
    });
}

/// After every entry both stand in the same phase, round and slot, and wait for the same deadline: among
/// others where one instruction ends the surveys of several lots.
#[test]
fn both_verifications_wait_for_the_same_deadline_after_every_entry() {
    on_all_cores(&manifest(), |entry| {
        if entry["verdict"] == "invalid" {
            return;
        }
        let (file, transcript) = read(entry);
        let replay = Replay::read(&transcript);
        let mut auction = replay.open();
        for (index, entry) in replay.entries.iter().enumerate() {
            auction.apply(entry.slot, &entry.instruction).expect("it was accepted");
            let report = second_opinion(&replay.until(index + 1));
            let progress = report.progress.unwrap_or_else(|| panic!("{file}, entry {}", index + 1));
            let round = auction.terms().rounds.map(|_| auction.round());
            assert_eq!(
                (progress.phase, progress.round, progress.slot, progress.deadline),
                (auction.phase().name(), round, auction.slot(), auction.deadline()),
                "{file}, entry {}",
                index + 1
            );
        }
    });
}

#[test]
fn the_manifest_has_every_ending_every_option_and_as_many_faults() {
    let manifest = manifest();
    let invalid = manifest.iter().filter(|entry| entry["verdict"] == "invalid").count();
    assert!(manifest.len() >= 40 && 2 * invalid >= manifest.len(), "{invalid}");
    assert!(manifest.iter().any(|entry| entry["verdict"] == "undecided"));

    let lots = || manifest.iter().flat_map(|entry| entry["lots"].as_array().expect("a list"));
    let said = |field: &'static str| -> BTreeSet<&str> {
        lots().filter_map(|lot| lot[field].as_str()).collect()
    };
    let endings = [
        "sold",
        "declined",
        "below-reserve",
        "unsold",
        "void",
        "cleared",
        "no-trade",
        "one-sided",
        "surveyed",
        "too-few-answers",
    ];
    assert_eq!(said("ending"), endings.into());
    assert_eq!(said("cause"), ["setup", "endorsement", "quorum"].into());
    assert_eq!(said("reserve"), ["none", "lapsed", "sealed", "opened"].into());

    // What a valid file never fails: alarms, what the reveal puts on the record, and balances.
    let checks: BTreeSet<&str> =
        manifest.iter().filter_map(|entry| entry["check"].as_str()).collect();
    let missing: Vec<&str> = Check::ALL
        .iter()
        .map(|check| check.number())
        .filter(|number| !checks.contains(number))
        .collect();
    assert_eq!(missing, ["M4", "R3", "R4", "R5", "K8", "K10", "K11", "K13", "M3"]);

    let files: BTreeSet<String> = manifest.iter().map(|entry| read(entry).0).collect();
    let here = std::fs::read_dir(folder()).expect("the folder is there");
    let names = here.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.filter(|name| name != "manifest.json").collect();
    assert_eq!(files, names, "no file is left over");
    let bytes: usize = manifest.iter().map(|entry| read(entry).1.len()).sum();
    assert!(bytes < 3 << 20, "{bytes} bytes");
}

#[test]
fn the_specification_lists_the_fields_of_the_manifest() {
    let fields = table(16, &["field", "type", "what it is"]);
    let listed: BTreeSet<&str> = fields.rows.iter().map(|row| row[0].as_str()).collect();
    for entry in manifest() {
        let entry = entry.as_object().expect("an object").clone();
        assert_eq!(entry.keys().map(String::as_str).collect::<BTreeSet<_>>(), listed);
    }
}

// ---- what the specification settles, read from the vectors ----

fn replay(file: &str) -> Replay {
    Replay::read(&std::fs::read(folder().join(file)).expect("the vector is in the project"))
}

fn outcome(file: &str) -> Outcome {
    replay(file).closing.expect("it is closed").outcome
}

/// Section 5: the next round counts from the instruction with which the last lot was surveyed or ended, not from
/// the lot with the highest index.
#[test]
fn a_round_counts_from_the_latest_slot_at_which_a_lot_was_surveyed_or_ended() {
    let (scenes, _) = replay("rounds-several-deadlines.talea").scenes();
    let ends = scenes.iter().position(|scene| {
        let phases = (scene.before.phase(), scene.after().phase());
        phases == (Phase::Ranking, Phase::Commits)
    });
    let ends = &scenes[ends.expect("there is a second round")];
    let after = ends.after();
    let endings = [0, 1, 2].map(|lot| after.ending(lot).is_some());
    assert_eq!(
        endings,
        [true, false, true],
        "two lots ended at once, around the one that was surveyed"
    );
    let rounds = after.terms().rounds.expect("there are rounds");
    assert_eq!(after.deadline(), Some(ends.slot + rounds.commit_slots));
    let middle =
        |scene: &&Scene| header_of(&scene.instruction).is_some_and(|h| h.lot == 1 && h.round == 0);
    let surveyed = scenes.iter().rfind(middle).expect("it was surveyed");
    assert!(surveyed.slot < ends.slot, "earlier");
}

/// Section 11.
#[test]
fn steps_start_again_in_every_round() {
    let (scenes, _) = replay("rounds-moved.talea").scenes();
    let mut steps: Vec<Vec<u32>> = Vec::new();
    for header in scenes.iter().filter_map(|scene| header_of(&scene.instruction)) {
        steps.resize(header.round as usize + 1, Vec::new());
        steps[header.round as usize].push(header.step);
    }
    assert_eq!(steps.len(), 3);
    for steps in steps {
        assert_eq!(steps[0], 0);
        assert!(steps.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] <= pair[0] + 1));
    }
}

/// Section 12.
#[test]
fn an_attested_reserve_does_not_bind_and_its_deposit_is_released() {
    let seller = replay("reserve-attested.talea").open().terms().seller;
    let of_seller = |file| {
        let outcome = outcome(file);
        assert_eq!(outcome.lots[0].reserve, ReserveResult::Lapsed, "{file}");
        // The reserve is the highest level and the best bid is below.
        assert!(matches!(outcome.lots[0].ending, Ending::Sold(_)), "{file}");
        *outcome.accounts.iter().find(|account| account.party == seller).expect("it was funded")
    };
    let [attested, lapsed] = ["reserve-attested.talea", "reserve-lapsed.talea"].map(of_seller);
    assert_eq!((attested.available, attested.forfeited), (attested.funded, 0));
    assert_eq!((lapsed.available, lapsed.forfeited), (0, lapsed.funded));
}

/// Section 9.
#[test]
fn differences_with_equal_randomness_are_no_fault_and_entries_are() {
    let counts = |file| {
        let lot = &outcome(file).lots[0];
        (lot.ranked, lot.invalid)
    };
    assert_eq!(counts("equal-differences.talea"), (2, 0));
    assert_eq!(counts("equal-entries.talea"), (1, 1));
}

/// Section 9: a bid with one bad step is invalid as a whole.
#[test]
fn a_curve_is_ranked_or_invalid_as_a_whole() {
    let lot = &outcome("curves-invalid.talea").lots[0];
    assert_eq!((lot.commits, lot.ranked, lot.invalid), (2, 1, 1));
    let report = second_opinion(&replay("curves-invalid.talea").to_bytes());
    let adverse = report.checks.iter().filter(|row| row.count.adverse > 0);
    assert_eq!(adverse.map(|row| row.check.number()).collect::<Vec<_>>(), ["R3"]);
}

fn clearing(file: &str) -> Clearing {
    match &outcome(file).lots[0].ending {
        Ending::Cleared(clearing) | Ending::NoTrade(clearing) => clearing.clone(),
        other => panic!("{file}: {other:?}"),
    }
}

/// Section 11: the level beyond the grid is asked for, and never the price.
#[test]
fn the_excess_is_opened_beyond_the_grid_too() {
    for file in ["curves.talea", "two-sided-nothing-offered.talea"] {
        let clearing = clearing(file);
        let levels: Vec<u32> = clearing.excess.iter().map(|excess| excess.level.0).collect();
        assert_eq!(levels, [2, 3], "{file}");
        assert_eq!(clearing.price.level.0, 2, "{file}");
    }
    let nothing = clearing("two-sided-nothing-offered.talea");
    assert_eq!(nothing.excess[1].units, 0, "so a high search would go there");
    assert!(clearing("curves-hidden.talea").excess.is_empty());
}

/// Section 11: the terms of two prices and of the bids at the margin are there where the rule has them.
#[test]
fn what_a_rule_discloses_stands_in_the_clearing() {
    let between = clearing("two-sided-middle.talea").between.expect("the rule is Middle");
    assert_eq!((between.lowest.level.0, between.highest.level.0), (0, 2));
    assert_eq!(clearing("two-sided-middle.talea").price.level.0, 1);
    let pairs = |file| {
        let clearing = clearing(file);
        (clearing.margins.is_some(), clearing.trades.len())
    };
    assert_eq!(pairs("reduction.talea"), (true, 2), "one pair of two");
    assert_eq!(pairs("reduction-none.talea"), (true, 2), "the only pair");
    assert_eq!(pairs("reduction-of-the-only-pair.talea"), (true, 0));
    assert_eq!(pairs("reduction-no-pair.talea"), (false, 0));
}

/// Section 11, *Sharing*.
#[test]
fn what_is_at_the_price_is_shared_out_and_nobody_gets_less_than_the_least() {
    let shared = |file| -> Vec<(u64, u64)> {
        let trades = clearing(file).trades.into_iter();
        trades.map(|trade| (trade.at_price, trade.shared)).collect()
    };
    assert_eq!(shared("curves.talea"), [(1, 1), (2, 1)], "of two units a third is 0.67");
    assert_eq!(shared("curves-least.talea"), [(1, 0), (3, 2)], "the first would get a unit");
    assert_eq!(shared("curves-least-of-all.talea"), [(2, 0), (2, 0)]);
}

/// Section 11, *Amounts*: what was bid and not the price, in minor units.
#[test]
fn who_pays_as_bid_pays_for_each_unit_what_it_bid() {
    let amounts = |file| -> Vec<(u64, i64)> {
        let trades = clearing(file).trades.into_iter();
        trades.map(|trade| (trade.units(), trade.amount)).collect()
    };
    // Level 2 is 100.50, level 1 100.25; in the procurement level 2 is 99.50, level 1 99.75.
    assert_eq!(amounts("curves-pay-as-bid.talea"), [(1, 9_950), (1, 9_975)]);
    assert_eq!(amounts("curves-pay-as-bid-not-searched.talea"), [(2, 10_050 + 10_025)]);
    assert_eq!(amounts("curves-sealed.talea"), [(1, 10_050), (1, 10_025)]);
}

/// Section 11, *Survey*.
#[test]
fn a_survey_opens_what_its_terms_ask_for() {
    let statistics = |file| match &outcome(file).lots[0].ending {
        Ending::Surveyed(statistics) => {
            let bins = statistics.bins.as_ref().map(|bins| bins.to_vec());
            (statistics.sum, bins, statistics.squares)
        }
        other => panic!("{file}: {other:?}"),
    };
    assert_eq!(statistics("survey.talea"), (4, None, None));
    let bins = Some(vec![0, 1, 0, 1]);
    assert_eq!(statistics("survey-bins-and-squares.talea"), (4, bins, Some(10)));
    assert_eq!(statistics("survey-one-digit.talea"), (4, Some(vec![1, 1]), Some(10)));
}

/// Section 13.
#[test]
fn who_received_nothing_has_no_account() {
    assert_eq!(outcome("nothing-at-stake.talea").accounts, []);
    // Fees are charged, and nobody is named who would receive them.
    let outcome = outcome("nobody-receives.talea");
    assert!(outcome.accounts.iter().all(|account| account.funded > 0 && account.received == 0));
    assert!(outcome.accounts.iter().any(|account| account.forfeited > 0));
    // A beneficiary is there as soon as it has received a fee.
    let with_fees = replay("first-price.talea");
    let beneficiary = with_fees.open().terms().stakes.beneficiary.expect("there is one");
    let (scenes, end) = with_fees.scenes();
    let has_one = |auction: &Auction| auction.accounts().iter().any(|a| a.party == beneficiary);
    let first = scenes.iter().find(|scene| has_one(&scene.after())).expect("it receives fees");
    assert_eq!(first.kind(), Kind::Commit);
    assert!(!has_one(&first.before) && has_one(&end));
}
