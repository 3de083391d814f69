//! Whether what two parties have seen of one board is one history. It takes no rules and no trust: two signatures
//! of the board over histories that contradict each other convict it, whoever shows them.

use crate::{
    board::{
        checkpoint::{Checkpoint, Receipt, forked, read_receipt},
        folder::Folder,
        history::{History, Judgement},
        serve,
    },
    failure::{Code, Failure},
    files, names,
    say::excerpt,
};
use std::{collections::BTreeMap, path::Path};
use talea_protocol::bytes::{Digest, PartyKey};
use talea_replay::merkle;

/// The most that is read of a file with checkpoints or a receipt, in bytes.
const MAX_FILE: u64 = 64 << 20;
/// The most characters of a name that are shown of a stranger's file.
const SHOWN: usize = 120;

/// What one party has seen.
#[derive(Clone, Debug)]
pub struct Side {
    /// What it is called.
    pub name: String,
    /// The auction's id, as text.
    pub auction: String,
    /// The board's key, if something in it says so.
    board: Option<PartyKey>,
    checkpoints: Vec<Checkpoint>,
    history: Option<History>,
    receipt: Option<Receipt>,
}

/// What the two have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One history holds both: so many entries are in the shorter, and so many in the longer.
    Same(u64, u64),
    /// Nothing contradicts, and nothing shows that one history holds both.
    Open,
}

impl Side {
    /// What a board's folder or a mirror shows.
    ///
    /// # Errors
    /// As [`History::of`].
    pub fn of_folder(path: &Path) -> Result<Self, Failure> {
        let folder = Folder::new(path);
        // A board that runs appends an entry before it signs it.
        let checkpoints = serve::checkpoints(&folder);
        let history = History::of(&folder.transcript())?;
        Ok(Self {
            name: path.display().to_string(),
            auction: history.auction.to_string(),
            board: Some(history.board),
            checkpoints,
            history: Some(history),
            receipt: None,
        })
    }

    /// What a file shows: a receipt, or checkpoints, one on each line.
    ///
    /// # Errors
    /// `receipt.invalid`, `file.unreadable`, `file.too-large`.
    pub fn of_file(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = files::read(path, MAX_FILE)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let checkpoints: Vec<Checkpoint> =
            lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let whole = serde_json::from_slice::<Checkpoint>(&bytes).ok();
        let checkpoints =
            if checkpoints.is_empty() { whole.into_iter().collect() } else { checkpoints };
        if let Some(first) = checkpoints.first() {
            let auction = first.auction.clone();
            return Ok(Self {
                name,
                auction,
                board: None,
                checkpoints,
                history: None,
                receipt: None,
            });
        }
        let receipt = read_receipt(path).map_err(|failure| {
            let help = "talea receipt compare takes a receipt, a file of checkpoints, a folder, or an address";
            failure.with_help(help)
        })?;
        Ok(Self {
            name,
            auction: receipt.checkpoint.auction.clone(),
            board: Some(names::read_party(&receipt.board)?),
            checkpoints: vec![receipt.checkpoint.clone()],
            history: None,
            receipt: Some(receipt),
        })
    }

    /// Leaves only what this board signed of this auction.
    fn keep_signed(&mut self, board: &PartyKey) -> Result<(), Failure> {
        let auction = self.auction.clone();
        let before = self.checkpoints.len();
        self.checkpoints
            .retain(|checkpoint| checkpoint.auction == auction && checkpoint.is_signed_by(board));
        if self.checkpoints.is_empty() && (before > 0 || self.history.is_none()) {
            let sentence = format!(
                "nothing in {} is signed by the board {}",
                excerpt(&self.name, SHOWN),
                names::party(board)
            );
            return Err(Failure::new(Code::Receipt, sentence));
        }
        Ok(())
    }

    /// How many entries it speaks of.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let signed = self.checkpoints.iter().map(|checkpoint| checkpoint.entries).max();
        let shown = self.history.as_ref().map(History::entries);
        signed.max(shown).unwrap_or(0)
    }

    /// A signature of the board over what a history shows, over at least so many entries.
    fn signed_over<'a>(history: &History, from: u64, all: &'a [&Side]) -> Option<&'a Checkpoint> {
        all.iter().flat_map(|side| &side.checkpoints).find(|checkpoint| {
            checkpoint.entries >= from && history.judged_by(checkpoint) == Judgement::Covers
        })
    }
}

/// Compares what two parties have seen. `board` is the board's key if nothing that they have names it.
///
/// # Errors
/// `board.forked` if the board signed two histories: the two sides convict it. `board.rewritten` if one side shows a
/// history that the board did not sign, so far as the two show. `receipt.invalid` if they are not of one auction and
/// one board, or the board signed nothing of a side; `not-yet` if nothing says whose the board's key is.
pub fn compare(one: Side, other: Side, board: Option<PartyKey>) -> Result<Verdict, Failure> {
    let (mut one, mut other) = (one, other);
    if one.auction != other.auction {
        let [one, other] = [&one.auction, &other.auction].map(|auction| excerpt(auction, SHOWN));
        let sentence = format!("they are of two auctions: {one} and {other}");
        return Err(Failure::new(Code::Receipt, sentence));
    }
    let named: Vec<PartyKey> = [board, one.board, other.board].into_iter().flatten().collect();
    let Some(board) = named.first() else {
        let sentence = "nothing here says which key the board has, so no signature can be checked";
        return Err(Failure::new(Code::NotYet, sentence)
            .with_help("name it with --signed-by; the terms of the auction have it"));
    };
    if let Some(second) = named.iter().find(|key| *key != board) {
        let [board, second] = [board, second].map(names::party);
        let sentence = format!("they are of two boards: {board} and {second}");
        return Err(Failure::new(Code::Receipt, sentence));
    }
    one.keep_signed(board)?;
    other.keep_signed(board)?;
    judge(&one, &other)
}

fn judge(one: &Side, other: &Side) -> Result<Verdict, Failure> {
    let sides = [one, other];
    two_roots(&sides)?;
    for history in sides.iter().filter_map(|side| side.history.as_ref()) {
        against_checkpoints(history, &sides)?;
        against_receipts(history, &sides)?;
    }
    if let (Some(first), Some(second)) = (&one.receipt, &other.receipt) {
        first.goes_with(second)?;
    }
    if let (Some(first), Some(second)) = (&one.history, &other.history) {
        let both = first.entries().min(second.entries());
        if first.root(both) != second.root(both) {
            let sentence = format!(
                "{} and {} show different histories, and the board's signatures here are over neither \
                 difference",
                one.name, other.name
            );
            return Err(Failure::new(Code::BoardRewritten, sentence));
        }
    }
    let [fewer, more] = [one.entries().min(other.entries()), one.entries().max(other.entries())];
    Ok(if is_one_history(one, other) { Verdict::Same(fewer, more) } else { Verdict::Open })
}

/// Two signatures over as many entries and two roots convict a board by themselves.
fn two_roots(sides: &[&Side]) -> Result<(), Failure> {
    let mut roots = BTreeMap::new();
    for checkpoint in sides.iter().flat_map(|side| &side.checkpoints) {
        let root = roots.entry(checkpoint.entries).or_insert(&checkpoint.root);
        if *root != &checkpoint.root {
            return Err(forked(checkpoint.entries, checkpoint.entries));
        }
    }
    Ok(())
}

fn against_checkpoints(history: &History, sides: &[&Side]) -> Result<(), Failure> {
    for checkpoint in sides.iter().flat_map(|side| &side.checkpoints) {
        if history.judged_by(checkpoint) != Judgement::Contradicts {
            continue;
        }
        return Err(match Side::signed_over(history, checkpoint.entries, sides) {
            Some(signed) => forked(checkpoint.entries, signed.entries),
            None => {
                let sentence = format!(
                    "the board signed another history of {} entries than one that is shown here",
                    checkpoint.entries
                );
                Failure::new(Code::BoardRewritten, sentence).with_help(
                    "a later signature over what is shown would convict the board: keep both",
                )
            }
        });
    }
    Ok(())
}

/// Another entry in the place of one with a receipt is enough, also where the history is shorter than the signature.
fn against_receipts(history: &History, sides: &[&Side]) -> Result<(), Failure> {
    for receipt in sides.iter().filter_map(|side| side.receipt.as_ref()) {
        let own = hex::decode(&receipt.body).ok().map(|body| merkle::leaf(&body));
        let shown: Option<Digest> = history.leaf(receipt.entry);
        if shown.is_some()
            && shown != own
            && let Some(signed) = Side::signed_over(history, receipt.entry, sides)
        {
            return Err(forked(receipt.checkpoint.entries, signed.entries));
        }
    }
    Ok(())
}

/// Whether something on one side speaks of everything that the other one shows.
fn is_one_history(one: &Side, other: &Side) -> bool {
    let covers = |history: &History, side: &Side| {
        let signed = side.checkpoints.iter();
        let all_covered = |mut all: std::slice::Iter<'_, Checkpoint>| {
            all.all(|c| history.judged_by(c) == Judgement::Covers)
        };
        side.history.is_some() || all_covered(signed)
    };
    let by_history = [(one, other), (other, one)]
        .into_iter()
        .any(|(holder, side)| holder.history.as_ref().is_some_and(|history| covers(history, side)));
    let last = |side: &Side| {
        let last = side.checkpoints.iter().max_by_key(|checkpoint| checkpoint.entries);
        last.map(|checkpoint| (checkpoint.entries, checkpoint.root.clone()))
    };
    by_history || (last(one).is_some() && last(one) == last(other))
}
