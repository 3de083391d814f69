//! What keyholders decrypted, from the transcript alone: each decryption share, which question it was for, and what
//! was opened.

use super::{transcript_of, verified};
use crate::{
    arguments::AuditDecryptionsArgs,
    failure::{Code, Failure},
    names,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use talea_protocol::{
    bytes::{PartyKey, printable},
    quorum::{KeyholderId, Member, keyholders},
    terms::Terms,
};
use talea_report::verification::verify_file_keeping_decryptions;
use talea_verifier::{
    Report,
    decryptions::{DecryptStep, Decryptions, OpenedItems, Question, SharePost, StepId, Topic},
};

/// The schema of the JSON.
const SCHEMA: &str = "talea-decryptions/1";
/// How many numbers are written out.
const MOST_VALUES: usize = 16;

/// What no transcript shows of decryptions.
const NOT_SHOWN: [&str; 2] = [
    "that keyholders decrypted nothing else: a threshold of every group together can decrypt each revealed bid \
     in private, and leaves no trace",
    "that a keyholder erased its share of the key, or never gave it to others",
];

/// Everything that the command says.
#[derive(Clone, Debug, Serialize)]
struct Decrypted {
    schema: &'static str,
    auction: Option<String>,
    verdict: talea_verifier::Verdict,
    entries: u64,
    keyholders: Vec<Row>,
    steps: Vec<StepRow>,
    not_shown: [&'static str; 2],
}

/// A keyholder, with what it posted.
#[derive(Clone, Debug, Serialize)]
struct Row {
    /// Its group from 0, a point, its number from 1.
    keyholder: String,
    group: String,
    party: String,
    shares: usize,
    posts: Vec<PostRow>,
}

/// Its shares in one entry. That the proof held follows from the verdict.
#[derive(Clone, Debug, Serialize)]
struct PostRow {
    entry: u64,
    slot: u64,
    lot: u32,
    round: u32,
    step: u32,
    chunk: u32,
    shares: usize,
    proof: &'static str,
}

/// A step that asked for shares.
#[derive(Clone, Debug, Serialize)]
struct StepRow {
    lot: u32,
    identifier: String,
    round: u32,
    step: u32,
    #[serde(rename = "for")]
    topic: &'static str,
    question: &'static str,
    limit: Option<u16>,
    items: usize,
    zeros: Option<usize>,
    values: Option<Vec<i64>>,
    /// For people.
    opened: String,
}

/// Lists the decryptions; what the command prints.
///
/// # Errors
/// `board.invalid`, `name.malformed`, `file.*`.
pub fn run(args: &AuditDecryptionsArgs) -> Result<String, Failure> {
    let transcript = transcript_of(&args.path)?;
    let report = verified(&transcript, verify_file_keeping_decryptions)?;
    let (Some(terms), Some(found)) = (&report.terms, &report.decryptions) else {
        return Err(Failure::new(Code::Internal, "a verified transcript has no terms"));
    };
    let only = args.keyholder.as_deref().map(|name| keyholder_of(terms, name)).transpose()?;
    let decrypted = Decrypted::of(&report, terms, found, only);
    Ok(if args.json { talea_text::json::to_json(&decrypted) + "\n" } else { decrypted.text() })
}

/// A keyholder by one of its names, or by its place as in 0.2.
fn keyholder_of(terms: &Terms, name: &str) -> Result<KeyholderId, Failure> {
    let all = || keyholders(&terms.quorum);
    let place = all().find(|(id, _)| place(*id) == name).map(|(id, _)| id);
    if let Some(id) = place {
        return Ok(id);
    }
    let signing = match name.parse::<Member>() {
        Ok(Member { signing, .. }) => signing,
        Err(_) => names::read_party(name).map_err(|failure| {
            failure.with_help(
                "name a keyholder by taleakeyholder1..., by taleaparty1..., or by its place as in 0.2: the \
                 group from 0, the number from 1",
            )
        })?,
    };
    let found = all().find(|(_, member)| member.signing == signing).map(|(id, _)| id);
    found.ok_or_else(|| {
        let sentence = format!(
            "{} is no keyholder of this auction",
            names::shortened(&names::party(&signing))
        );
        Failure::new(Code::NameMalformed, sentence).with_help("talea terms show names them")
    })
}

fn place(id: KeyholderId) -> String {
    format!("{}.{}", id.group, id.member)
}

impl Decrypted {
    fn of(report: &Report, terms: &Terms, found: &Decryptions, only: Option<KeyholderId>) -> Self {
        let is_shown = |id: KeyholderId| only.is_none_or(|only| only == id);
        let shown = keyholders(&terms.quorum).filter(|(id, _)| is_shown(*id));
        let rows = shown.map(|(id, member)| {
            let own = found.posts.iter().filter(|post| post.keyholder == id);
            Row::of(terms, (id, member.signing), own)
        });
        let own = found.posts.iter().filter(|post| is_shown(post.keyholder));
        let own: BTreeSet<StepId> = own.map(|post| post.step).collect();
        let steps = found.steps.iter().filter(|(id, _)| only.is_none() || own.contains(id));
        Self {
            schema: SCHEMA,
            auction: report.auction.as_ref().map(names::auction),
            verdict: report.verdict,
            entries: report.entries,
            keyholders: rows.collect(),
            steps: steps.map(|(id, step)| StepRow::of(terms, *id, step)).collect(),
            not_shown: NOT_SHOWN,
        }
    }

    /// As people read it.
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let steps =
            self.steps.iter().map(|step| ([step.lot, step.round, step.step], step)).collect();
        for row in &self.keyholders {
            let (shares, entries) = (row.shares, row.posts.len());
            writeln!(
                out,
                "keyholder {} of {}, {}: {shares} shares in {entries} entries",
                row.keyholder,
                printable(&row.group),
                row.party
            )?;
            if !row.posts.is_empty() {
                writeln!(out, "{}", self.posts(row, &steps))?;
            }
            writeln!(out)?;
        }
        if self.steps.is_empty() {
            writeln!(out, "no question was put to keyholders that decrypts something")?;
        } else {
            writeln!(out, "what was opened:\n{}", self.opened())?;
        }
        writeln!(out, "\nThe proof of every share listed here held. No transcript can show")?;
        self.not_shown.iter().try_for_each(|sentence| writeln!(out, "  - {sentence}"))
    }

    fn posts(&self, row: &Row, steps: &BTreeMap<[u32; 3], &StepRow>) -> String {
        let line = |post: &PostRow| {
            let step = steps.get(&[post.lot, post.round, post.step]);
            let (lot, what) = step.map_or((String::new(), String::new()), |step| {
                (step.identifier.clone(), format!("{}, {}", step.topic, step.question))
            });
            let numbers = [post.round, post.step, post.chunk].map(|number| number.to_string());
            let (entry, shares) = (post.entry.to_string(), post.shares.to_string());
            [vec![entry, lot], numbers.to_vec(), vec![shares, what, post.proof.into()]].concat()
        };
        let heading = ["entry", "lot", "round", "step", "chunk", "shares", "for", "proof"];
        let rows = row.posts.iter().map(line).collect();
        talea_text::table::table(&heading, rows, &[0, 2, 3, 4, 5])
    }

    fn opened(&self) -> String {
        let line = |step: &StepRow| {
            let numbers = [step.round, step.step].map(|number| number.to_string());
            let what = format!("{}, {}", step.topic, step.question);
            [vec![step.identifier.clone()], numbers.to_vec(), vec![what, step.opened.clone()]]
                .concat()
        };
        let heading = ["lot", "round", "step", "for", "opened"];
        talea_text::table::table(&heading, self.steps.iter().map(line).collect(), &[1, 2])
    }
}

impl Row {
    fn of<'a>(
        terms: &Terms,
        (id, party): (KeyholderId, PartyKey),
        posts: impl Iterator<Item = &'a SharePost>,
    ) -> Self {
        let group = terms.quorum.get(usize::from(id.group));
        let posts: Vec<PostRow> = posts.map(PostRow::of).collect();
        Self {
            keyholder: place(id),
            group: group.map_or_else(String::new, |group| group.name.to_string()),
            party: names::party(&party),
            shares: posts.iter().map(|post| post.shares).sum(),
            posts,
        }
    }
}

impl PostRow {
    fn of(post: &SharePost) -> Self {
        let SharePost { entry, slot, step: StepId { lot, round, step }, chunk, items, .. } = *post;
        Self { entry, slot, lot, round, step, chunk, shares: items, proof: "held" }
    }
}

impl StepRow {
    fn of(terms: &Terms, StepId { lot, round, step }: StepId, what: &DecryptStep) -> Self {
        let DecryptStep { purpose, items, opened } = what;
        let line = usize::try_from(lot).ok().and_then(|at| terms.lots.get(at));
        Self {
            lot,
            identifier: line.map_or_else(|| lot.to_string(), |lot| lot.identifier.to_string()),
            round,
            step,
            topic: purpose.topic.name(),
            question: purpose.question.name(),
            limit: match purpose.question {
                Question::AtMostTest { limit, .. } => Some(limit),
                _ => None,
            },
            items: *items,
            zeros: opened.as_ref().map(|opened| opened.zeros),
            values: opened
                .as_ref()
                .filter(|_| purpose.question == Question::Open)
                .map(|opened| opened.values.clone()),
            opened: opened.as_ref().map_or_else(
                || "nothing: the step was not completed".into(),
                |opened| in_words(purpose.topic, purpose.question, *items, opened),
            ),
        }
    }
}

/// What a step opened, for people.
fn in_words(topic: Topic, question: Question, items: usize, opened: &OpenedItems) -> String {
    let OpenedItems { zeros, values } = opened;
    match question {
        Question::ZeroTest => format!("{zeros} of {items} are zero, and nothing of the others"),
        Question::AtMostTest { limit, length } => {
            let lists = items.checked_div(length).unwrap_or_default();
            format!("{zeros} of {lists} counts are at most {limit}, and nothing of the others")
        }
        Question::Product => format!("{items} signs, each a fair coin"),
        Question::Open => {
            let what = match topic {
                Topic::Winners => "whether each bid is above the price",
                Topic::Depth | Topic::SurveyDepth => "how many bids reach each bucket",
                Topic::OpenedReserve => "the digits of the reserve",
                Topic::Everything => "the digits of every bid",
                _ => "numbers",
            };
            let shown: Vec<String> =
                values.iter().take(MOST_VALUES).map(ToString::to_string).collect();
            let more = if values.len() > MOST_VALUES { ", ..." } else { "" };
            format!("{what}: {}{more}", shown.join(" "))
        }
    }
}
