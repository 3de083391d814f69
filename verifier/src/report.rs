//! What a verification found, for people and for tools.
//!
//! Both views are functions of the transcript and of this program's version alone: no clock, no
//! path, no thread shows in them.

mod json;
mod lot;
mod market;

use std::fmt::Write as _;

use ed25519_dalek::SigningKey;
use serde::Serialize;
use talea_protocol::{
    bytes::{Digest, PartyKey, printable},
    caution::{Caution, cautions},
    chain::{ChainHome, custodian_seed},
    check::Check,
    outcome::{Account, Disclosed, Ending, ReserveResult},
    terms::{AuctionId, Lot, Mechanism, Terms},
};

use crate::{
    decryptions::Decryptions,
    docket::{Count, Docket},
    failure::{Failure, Place, Subject},
    replay::{Replay, bid::Status as CommitStatus, close::reserve, lot::LotState, terms::Facts},
};

/// Name of the JSON view's schema; a change that could break a reader changes it.
pub const SCHEMA: &str = "talea-verify/2";

/// Name of this tool.
pub const TOOL: &str = "talea-verify";

/// Version of this tool.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What no transcript can show.
const NOT_VERIFIED: &[&str] = &[
    "that the board took every commit, reveal and keyholder's post that was handed in, and ordered them \
     fairly within a slot",
    "that keyholders attested and vouched for everything that they received in time, and for nothing \
     else",
    "that slots correspond to real time",
    HELD_BY_CUSTODIAN,
    "who is behind a key, and whether two keys belong to one party",
    "that keyholders decrypted no more than the transcript shows: secrecy rests on every group \
     having fewer than its threshold of dishonest members",
    "that others saw the same head: compare it with theirs, or the board may have forked",
];

/// Of money, where somebody keeps it.
const HELD_BY_CUSTODIAN: &str = "that the custodian holds the money that it reported";
/// Of money, where a chain does.
fn held_by_chain(home: &ChainHome<'_>) -> String {
    let [chain, contract, denom] = [home.chain_id, home.contract, home.denom].map(printable);
    format!(
        "that the coins of {denom} which the custodian reported came in: that is the word of chain {chain} about contract \
         {contract}, and its signatures say nothing, for everybody has its key"
    )
}

/// The verdict on a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every check passed, and the outcome is the one derived.
    Valid,
    /// A check failed.
    Invalid,
    /// Every check so far passed, and the auction's outcome is not in the file.
    Undecided,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// It was performed, and held whenever it had to.
    Pass,
    /// It failed, and stopped the replay.
    Fail,
    /// Nothing in the transcript called for it.
    NotNeeded,
    /// The replay stopped before anything called for it.
    NotReached,
}

impl CheckStatus {
    fn in_words(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NotNeeded => "not needed",
            Self::NotReached => "not reached",
        }
    }
}

/// One numbered check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// Which.
    pub check: Check,
    /// How it fared.
    pub status: CheckStatus,
    /// How often it was performed.
    pub count: Count,
}

/// What became of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRow {
    /// The lot in the terms.
    pub lot: Lot,
    /// How it is ranked.
    pub mechanism: Mechanism,
    /// Commits accepted.
    pub commits: usize,
    /// Bids ranked.
    pub ranked: usize,
    /// Bids closed as invalid.
    pub invalid: usize,
    /// The last slot for the seller's decision, while the lot waits for it.
    pub decision_until: Option<u64>,
    /// What became of the seller's reserve. Nothing if the lot has not ended.
    pub reserve: Option<ReserveResult>,
    /// What the terms have opened besides.
    pub disclosed: Disclosed,
    /// How it ended. Nothing if it has not ended, or if that was not derived.
    pub ending: Option<Ending>,
}

/// The progress of an auction whose outcome is not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The phase after the last entry.
    pub phase: &'static str,
    /// The round, if the terms have rounds.
    pub round: Option<u32>,
    /// The last entry's slot, or the opening's.
    pub slot: u64,
    /// The next deadline, if the auction is not closed.
    pub deadline: Option<u64>,
}

/// What a verification found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the file begins as a transcript does. What does not is invalid, and most likely another file.
    pub is_transcript: bool,
    /// SHA-256 and length of the file. Nothing if an invalid file could not be read to its end.
    pub file: Option<(Digest, u64)>,
    /// Entries that were applied. The one that failed, if one did, is counted.
    pub entries: u64,
    /// The terms, once they passed.
    pub terms: Option<Terms>,
    /// The auction's id, once the terms passed.
    pub auction: Option<AuctionId>,
    /// The head after the last entry, if all entries passed.
    pub head: Option<Digest>,
    /// SHA-256 of the outcome's bytes, if it was derived.
    pub outcome: Option<Digest>,
    /// Every check, in the specification's order.
    pub checks: Vec<CheckRow>,
    /// The first that failed.
    pub failure: Option<Failure>,
    /// Of an undecided auction.
    pub progress: Option<Progress>,
    /// The lots. After a failure none has an ending.
    pub lots: Vec<LotRow>,
    /// The accounts of a valid transcript.
    pub accounts: Vec<Account>,
    /// What keyholders decrypted, where that was asked for and nothing failed. It is in neither view.
    pub decryptions: Option<Decryptions>,
}

impl Report {
    pub(crate) fn new(
        file: Option<(Digest, u64)>,
        docket: &Docket,
        replay: Option<&Replay>,
        closed: bool,
        failure: Option<Failure>,
    ) -> Self {
        let verdict = match (&failure, closed) {
            (Some(_), _) => Verdict::Invalid,
            (None, true) => Verdict::Valid,
            (None, false) => Verdict::Undecided,
        };
        let failed = failure.as_ref().map(|failure| failure.check);
        let row = |check: &Check| {
            let count = docket.counts().get(check).copied().unwrap_or_default();
            let status = match (failed, count.performed) {
                (Some(failed), _) if failed == *check => CheckStatus::Fail,
                (_, 1..) => CheckStatus::Pass,
                (Some(_), 0) => CheckStatus::NotReached,
                (None, 0) => CheckStatus::NotNeeded,
            };
            CheckRow { check: *check, status, count }
        };
        let sound = replay.filter(|_| verdict != Verdict::Invalid);
        let derived = replay.filter(|_| verdict == Verdict::Valid).and_then(Replay::outcome);
        let entries = match failure.as_ref().map(|failure| failure.subject.place) {
            None => replay.map_or(0, Replay::entries),
            Some(Place::Genesis) => 0,
            Some(Place::Entry(index)) => index,
            Some(Place::Closing | Place::AfterClosing) => replay.map_or(0, Replay::entries),
        };
        Self {
            verdict,
            is_transcript: true,
            file,
            entries,
            terms: replay.map(|replay| replay.facts.terms.clone()),
            auction: replay.map(|replay| replay.facts.auction),
            head: sound.map(Replay::head),
            outcome: derived
                .as_ref()
                .and_then(|outcome| borsh::to_vec(outcome).ok())
                .map(|bytes| Digest::of(&[&bytes])),
            checks: Check::ALL.iter().map(row).collect(),
            failure,
            progress: sound.filter(|_| verdict == Verdict::Undecided).map(|replay| Progress {
                phase: replay.phase().name(),
                round: replay.facts.terms.rounds.map(|_| replay.round.number),
                slot: replay.slot(),
                deadline: replay.next_deadline(),
            }),
            lots: sound.map(lots).unwrap_or_default(),
            accounts: derived.map(|outcome| outcome.accounts).unwrap_or_default(),
            decryptions: sound.and_then(|replay| replay.decryptions.clone()),
        }
    }

    /// The exit code of `docs`: 0 valid, 1 invalid, 3 not decidable yet.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Valid => 0,
            Verdict::Invalid => 1,
            Verdict::Undecided => 3,
        }
    }

    /// What the terms leave open.
    pub fn cautions(&self) -> Vec<Caution> {
        self.terms.as_ref().map(cautions).unwrap_or_default()
    }

    /// Which part a key has in this auction.
    pub fn role(&self, key: &PartyKey) -> String {
        self.terms.as_ref().map_or_else(|| "unknown".into(), |terms| role(terms, key))
    }

    /// For people. Of the checks it has the counts, and the one that failed: see
    /// [`checks_to_text`](Self::checks_to_text).
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut text);
        text
    }

    /// Every check, for people, a line each. It is long: what it comes to belongs after it.
    pub fn checks_to_text(&self) -> String {
        let mut text = String::new();
        let _ = self.write_checks(&mut text);
        text
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}", self.headline())?;
        if let Some(failure) = &self.failure {
            self.write_failure(out, failure)?;
        }
        writeln!(out)?;
        match &self.file {
            Some((digest, bytes)) => {
                writeln!(out, "file     {digest}  SHA-256 of {bytes} bytes")?;
            }
            None => writeln!(out, "file     could not be read to its end")?,
        }
        if let Some(auction) = &self.auction {
            writeln!(out, "terms    {auction}  auction id")?;
        }
        if let Some(outcome) = &self.outcome {
            writeln!(out, "outcome  {outcome}  SHA-256")?;
        }
        if let Some(head) = &self.head {
            writeln!(out, "head     {head}  after {} entries", self.entries)?;
        }
        writeln!(out, "tool     {TOOL} {VERSION}")?;
        if self.is_transcript {
            writeln!(out, "checks   {}; --checks lists them", self.tally())?;
        }

        if !self.lots.is_empty() {
            writeln!(out, "\nLots")?;
            for (index, row) in self.lots.iter().enumerate() {
                let (name, id) = (&row.lot.name, &row.lot.identifier);
                writeln!(out, "  {index}  {name} ({id}), {}", row.lot.quantity)?;
                for line in lot::lines(row) {
                    writeln!(out, "     {line}")?;
                }
            }
        }
        if !self.accounts.is_empty() {
            writeln!(out, "\nAccounts, in units of the custodian's currency")?;
            for a in &self.accounts {
                writeln!(out, "  {} ({})", a.party, self.role(&a.party))?;
                writeln!(
                    out,
                    "     funded {}, received {}, to be released {}, held for settlement {}, forfeited {}",
                    a.funded, a.received, a.available, a.settlement, a.forfeited
                )?;
            }
        }

        // Of what is refused nothing is left open, and nothing was shown.
        if self.verdict == Verdict::Invalid {
            return Ok(());
        }
        let cautions = self.cautions();
        if !cautions.is_empty() {
            writeln!(out, "\nLeft open by these terms")?;
            for caution in cautions {
                writeln!(out, "  - {}", caution)?;
            }
        }
        writeln!(out, "\nNot verified, because no transcript can show it")?;
        for sentence in self.not_verified() {
            writeln!(out, "  - {sentence}")?;
        }
        Ok(())
    }

    /// What no transcript can show.
    #[must_use]
    pub fn not_verified(&self) -> Vec<String> {
        let chain = self.terms.as_ref().and_then(custodian_chain);
        let item = |sentence: &str| match &chain {
            Some(home) if sentence == HELD_BY_CUSTODIAN => held_by_chain(home),
            _ => sentence.to_owned(),
        };
        NOT_VERIFIED.iter().copied().map(item).collect()
    }

    /// How many checks fared how, those left out of which there is none.
    fn tally(&self) -> String {
        let statuses =
            [CheckStatus::Pass, CheckStatus::Fail, CheckStatus::NotNeeded, CheckStatus::NotReached];
        let counts = statuses.into_iter().filter_map(|status| {
            let count = self.checks.iter().filter(|row| row.status == status).count();
            (count > 0).then(|| format!("{count} {}", status.in_words()))
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    fn write_checks(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "Checks")?;
        for row in &self.checks {
            let status = row.status.in_words();
            let count = match row.count.performed {
                0 => String::new(),
                n => n.to_string(),
            };
            writeln!(
                out,
                "  {:<3} {status:<11} {count:>8}  {}{}",
                row.check,
                row.check.sentence(),
                note(row)
            )?;
        }
        Ok(())
    }

    /// The verdict in a sentence or two.
    pub fn headline(&self) -> String {
        match (self.verdict, &self.progress) {
            (Verdict::Valid, _) => {
                let halted = |row: &LotRow| row.ending == Some(Ending::Halted);
                let alarm = if self.lots.iter().any(halted) {
                    " A lot was HALTED: something was opened that the mathematics excludes."
                } else {
                    ""
                };
                format!("VALID: the outcome is the one derived from the entries.{alarm}")
            }
            (Verdict::Invalid, _) if !self.is_transcript => {
                "INVALID: this is not a transcript. Is it the right file?".into()
            }
            (Verdict::Invalid, _) => "INVALID: a check failed.".into(),
            (Verdict::Undecided, Some(progress)) => {
                let until = match progress.deadline {
                    Some(deadline) => format!("; its next deadline is slot {deadline}"),
                    None => String::new(),
                };
                let round = match progress.round {
                    Some(round) => format!(" of round {round}"),
                    None => String::new(),
                };
                format!(
                    "UNDECIDED: every check so far passed and the file ends without an outcome. \
                     The auction is in phase {}{round} at slot {}{until}.",
                    progress.phase, progress.slot
                )
            }
            (Verdict::Undecided, None) => {
                "UNDECIDED: every check so far passed and the file ends without an outcome.".into()
            }
        }
    }

    fn write_failure(&self, out: &mut String, failure: &Failure) -> std::fmt::Result {
        let Subject { place, slot, instruction, signer } = failure.subject;
        writeln!(out, "\n  {} {}", failure.check, failure.check.sentence())?;
        write!(out, "  at {place}")?;
        if let Some(slot) = slot {
            write!(out, ", slot {slot}")?;
        }
        if let Some(instruction) = instruction {
            write!(out, ", {instruction}")?;
        }
        if let Some(signer) = signer {
            write!(out, " signed by {signer} ({})", self.role(&signer))?;
        }
        writeln!(out, "\n  {}", printable(&failure.sentence))
    }

    /// For tools: JSON of schema [`SCHEMA`], numbers that are money or prices as strings.
    pub fn to_json(&self) -> String {
        let view = json::View::of(self);
        let mut json = serde_json::to_string_pretty(&view).unwrap_or_default();
        json.push('\n');
        json
    }
}

fn lots(replay: &Replay) -> Vec<LotRow> {
    let states = replay.lot_states();
    let row = |(lot, state): (&Lot, &LotState)| LotRow {
        lot: lot.clone(),
        mechanism: replay.facts.terms.mechanism,
        commits: state.commits.len(),
        ranked: state.count(CommitStatus::Ranked),
        invalid: state.count(CommitStatus::Invalid),
        decision_until: state.waiting.as_ref().map(|waiting| waiting.deadline),
        reserve: state.ending.as_ref().map(|_| reserve(state)),
        disclosed: state.disclosed(),
        ending: state.ending.clone(),
    };
    let facts: &Facts = &replay.facts;
    facts.terms.lots.iter().zip(states).map(row).collect()
}

/// The chain that is the custodian of these terms, if one is (spec section 6).
fn custodian_chain(terms: &Terms) -> Option<ChainHome<'_>> {
    let seed = custodian_seed(&terms.domain);
    let key = SigningKey::from_bytes(&seed).verifying_key();
    ChainHome::of(&terms.domain).filter(|_| terms.custodian.0 == key.to_bytes())
}

fn role(terms: &Terms, key: &PartyKey) -> String {
    let mut roles = Vec::new();
    if *key == terms.seller {
        roles.push("seller".into());
    }
    if *key == terms.custodian {
        roles.push(match custodian_chain(terms) {
            None => "custodian".into(),
            Some(ChainHome { chain_id, contract, .. }) => {
                format!(
                    "custodian: contract {} on chain {}",
                    printable(contract),
                    printable(chain_id)
                )
            }
        });
    }
    if Some(*key) == terms.stakes.beneficiary {
        roles.push("beneficiary".into());
    }
    for (id, member) in talea_protocol::quorum::keyholders(&terms.quorum) {
        if member.signing == *key {
            let group = terms.quorum.get(usize::from(id.group));
            let name = group.map_or_else(String::new, |group| group.name.to_string());
            roles.push(format!("keyholder {} of {name}", id.member));
        }
    }
    if roles.is_empty() {
        return "bidder or other party".into();
    }
    roles.join(", ")
}

/// What a count does not say by itself.
fn note(row: &CheckRow) -> String {
    match (row.count.adverse, row.check) {
        (0, _) => String::new(),
        (n, Check::SignOpened | Check::PriceOnGrid | Check::CountOpened) => {
            format!(" (halted {n})")
        }
        (n, _) => format!(" (closed {n} as invalid)"),
    }
}
