//! What a board signs: checkpoints, and receipts under them. The page believes one if the board's key of the terms
//! signed it, and it says of the transcript what the page's own replay says.

use crate::{fault::Fault, follower::Follower};
use talea_protocol::bytes::Digest;
use talea_replay::{
    checkpoint::{Checkpoint, Receipt},
    merkle,
};
use talea_text::failure::Code;

/// Whether the board signed this of the history that was replayed. False if the replay has not come so far yet;
/// nothing can be said then.
///
/// # Errors
/// `board.invalid` if this board did not sign it for this auction; `board.rewritten` if it signed another history.
pub fn checkpoint_is_kept(checkpoint: &Checkpoint, follower: &Follower) -> Result<bool, Fault> {
    let board = follower.board()?;
    let auction = follower.auction().id().to_string();
    if checkpoint.auction != auction || !checkpoint.is_signed_by(&board.key) {
        let sentence = "the board of this auction did not sign this checkpoint";
        return Err(Fault::new(Code::BoardInvalid, sentence));
    }
    let Some(root) = follower.root_after(checkpoint.entries) else { return Ok(false) };
    if checkpoint.root != root.to_string() {
        let sentence = format!(
            "the board signed another history: its root over {} entries is {}, and that of what it \
             shows here is {root}",
            checkpoint.entries, checkpoint.root
        );
        return Err(Fault::new(Code::BoardRewritten, sentence));
    }
    Ok(true)
}

/// Whether a receipt's checkpoint is kept, and it is for this entry, and this instruction if one is named. What is kept
/// must convict the board before others too, so it has to hold by itself. False if the replay has not come so far.
///
/// # Errors
/// As [`checkpoint_is_kept`]; `receipt.invalid` if it is for something else, or does not hold by itself.
pub fn receipt_is_kept(
    receipt: &Receipt,
    follower: &Follower,
    entry: u64,
    instruction: Option<&Digest>,
) -> Result<bool, Fault> {
    let wrong = |why: &str| Fault::new(Code::Receipt, why);
    if receipt.board != follower.board()?.key.to_string() {
        return Err(wrong("the receipt is of another board"));
    }
    if receipt.entry != entry {
        let (asked, found) = (entry, receipt.entry);
        return Err(wrong(&format!("expected the receipt of entry {asked}, found {found}")));
    }
    receipt.verify()?;
    if !checkpoint_is_kept(&receipt.checkpoint, follower)? {
        return Ok(false);
    }
    let leaf = hex::decode(&receipt.body).ok().map(|body| merkle::leaf(&body));
    if leaf.is_none() || leaf != follower.leaf_of(receipt.entry) {
        return Err(wrong("the receipt is for another entry than the transcript holds there"));
    }
    if instruction.is_some_and(|id| follower.entry_of(id) != Some(receipt.entry)) {
        return Err(wrong("the receipt is for another instruction"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Market;

    #[test]
    fn a_receipt_is_kept_if_it_is_of_the_entry_asked_for_and_convicts_by_itself() {
        let market = Market::at_commits();
        let feed = market.shown();
        let follower = feed.follower().unwrap();
        let last = follower.entries();
        assert!(last > 1, "a path has to have a hash");
        let receipt = market.receipt(follower, last);
        assert!(receipt_is_kept(&receipt, follower, last, None).unwrap());

        let wrong = |receipt: &Receipt, entry: u64| {
            let fault = receipt_is_kept(receipt, follower, entry, None).unwrap_err();
            assert_eq!(fault.code, "receipt.invalid");
            fault.sentence
        };
        let sentence = wrong(&market.receipt(follower, 1), last);
        assert!(sentence.contains(&format!("of entry {last}, found 1")), "{sentence}");
        for path in [Vec::new(), vec!["00".repeat(32)], vec!["hash".into()]] {
            let sentence = wrong(&Receipt { path, ..receipt.clone() }, last);
            assert!(sentence.contains("its path") || sentence.contains("`path`"), "{sentence}");
        }
        wrong(&Receipt { schema: "talea-receipt/1".into(), ..receipt.clone() }, last);
        // Before others it counts as another history, or as none, so it is not kept.
        let checkpoint = |of: Checkpoint| Receipt { checkpoint: of, ..receipt.clone() };
        let root = receipt.checkpoint.root.to_uppercase();
        wrong(&checkpoint(Checkpoint { root, ..receipt.checkpoint.clone() }), last);
        wrong(&Receipt { body: receipt.body.to_uppercase(), ..receipt.clone() }, last);
        let other = Digest([7; 32]);
        assert!(receipt_is_kept(&receipt, follower, last, Some(&other)).is_err());
    }
}
