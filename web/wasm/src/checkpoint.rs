//! What a board signs: checkpoints, and receipts under them. The page believes one if the board's key of the terms
//! signed it, and it says of the transcript what the page's own replay says.

use crate::{fault::Fault, follower::Follower};
use serde::{Deserialize, Serialize};
use talea_contract::signature_holds;
use talea_protocol::{
    bytes::{Digest, PartyKey, Signature},
    terms::AuctionId,
};
use talea_replay::merkle;
use talea_text::failure::Code;

/// Prefix of what a board signs.
pub(crate) const LABEL: &[u8] = b"talea/v2/checkpoint";

/// "So many entries, with this root and this head", as a line of `checkpoints` says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The auction's id.
    pub auction: String,
    /// Entries.
    pub entries: u64,
    /// The root of the Merkle tree over them, in hexadecimal.
    pub root: String,
    /// The head after the last of them.
    pub head: String,
    /// The slot in which it was signed.
    pub slot: u64,
    /// The board's signature.
    pub signature: String,
}

/// The schema of receipts.
pub(crate) const RECEIPT: &str = "talea-receipt/2";

/// Proof that the board took an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// `talea-receipt/2`.
    pub schema: String,
    /// The board's key.
    pub board: String,
    /// Which entry, from 1.
    pub entry: u64,
    /// The entry itself.
    pub body: String,
    /// The hashes beside the way from the leaf to the root, in hexadecimal.
    pub path: Vec<String>,
    /// Whose root it is under.
    pub checkpoint: Checkpoint,
}

fn bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

impl Checkpoint {
    fn is_signed_by(&self, board: &PartyKey) -> bool {
        let check = || {
            let auction: AuctionId = self.auction.parse().ok()?;
            let (root, head): ([u8; 32], [u8; 32]) = (bytes(&self.root)?, bytes(&self.head)?);
            let message = [
                LABEL,
                &auction.0,
                &self.entries.to_le_bytes(),
                &root,
                &head,
                &self.slot.to_le_bytes(),
            ];
            let signature = Signature(bytes(&self.signature)?);
            Some(signature_holds(board, &message.concat(), &signature))
        };
        check().unwrap_or(false)
    }

    /// Whether the board signed this of the history that was replayed. False if the replay has not come so far
    /// yet; nothing can be said then.
    ///
    /// # Errors
    /// `board.invalid` if this board did not sign it for this auction; `board.rewritten` if it signed another history.
    pub fn is_kept(&self, follower: &Follower) -> Result<bool, Fault> {
        let board = follower.board()?;
        if self.auction != follower.auction().id().to_string() || !self.is_signed_by(&board.key) {
            let sentence = "the board of this auction did not sign this checkpoint";
            return Err(Fault::new(Code::BoardInvalid, sentence));
        }
        let Some(root) = follower.root_after(self.entries) else { return Ok(false) };
        if bytes(&self.root) != Some(root.0) {
            let sentence = format!(
                "the board signed another history: its root over {} entries is {}, and that of what it \
                 shows here is {root}",
                self.entries, self.root
            );
            return Err(Fault::new(Code::BoardRewritten, sentence));
        }
        Ok(true)
    }
}

impl Receipt {
    /// Whether its checkpoint is kept, and it is for this entry, and this instruction if one is named. What is kept must
    /// convict the board before others too: they look at its path. False if the replay has not come so far.
    ///
    /// # Errors
    /// As [`Checkpoint::is_kept`]; `receipt.invalid` if it is for something else.
    pub fn is_kept(
        &self,
        follower: &Follower,
        entry: u64,
        instruction: Option<&Digest>,
    ) -> Result<bool, Fault> {
        let wrong = |why: &str| Fault::new(Code::Receipt, why);
        if self.board != follower.board()?.key.to_string() {
            return Err(wrong("the receipt is of another board"));
        }
        if self.schema != RECEIPT {
            return Err(wrong("what the board sent has not the schema of a receipt"));
        }
        if self.entry != entry {
            let (asked, found) = (entry, self.entry);
            return Err(wrong(&format!("expected the receipt of entry {asked}, found {found}")));
        }
        if self.checkpoint.entries < self.entry {
            return Err(wrong("the receipt's checkpoint does not cover its entry"));
        }
        if !self.checkpoint.is_kept(follower)? {
            return Ok(false);
        }
        let leaf = hex::decode(&self.body).ok().map(|body| merkle::leaf(&body));
        if leaf.is_none() || leaf != follower.leaf_of(self.entry) {
            return Err(wrong("the receipt is for another entry than the transcript holds there"));
        }
        if instruction.is_some_and(|id| follower.entry_of(id) != Some(self.entry)) {
            return Err(wrong("the receipt is for another instruction"));
        }
        let root = leaf.and_then(|leaf| self.root(leaf));
        if root.is_none() || root != bytes(&self.checkpoint.root) {
            return Err(wrong(
                "the receipt's path does not lead to the root that the board signed",
            ));
        }
        Ok(true)
    }

    /// The root to which its path leads.
    fn root(&self, leaf: Digest) -> Option<[u8; 32]> {
        let path: Option<Vec<Digest>> =
            self.path.iter().map(|hash| bytes(hash).map(Digest)).collect();
        let at = self.entry.checked_sub(1)?;
        Some(merkle::root_of_path(leaf, at, self.checkpoint.entries, &path?)?.0)
    }
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
        assert!(receipt.is_kept(follower, last, None).unwrap());

        let wrong = |receipt: &Receipt, entry: u64| {
            let fault = receipt.is_kept(follower, entry, None).unwrap_err();
            assert_eq!(fault.code, "receipt.invalid");
            fault.sentence
        };
        let sentence = wrong(&market.receipt(follower, 1), last);
        assert!(sentence.contains(&format!("of entry {last}, found 1")), "{sentence}");
        for path in [Vec::new(), vec!["00".repeat(32)], vec!["hash".into()]] {
            let sentence = wrong(&Receipt { path, ..receipt.clone() }, last);
            assert!(sentence.contains("path does not lead to the root"), "{sentence}");
        }
        wrong(&Receipt { schema: "talea-receipt/1".into(), ..receipt.clone() }, last);
        let other = Digest([7; 32]);
        assert!(receipt.is_kept(follower, last, Some(&other)).is_err());
    }
}
