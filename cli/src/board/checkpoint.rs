//! Checkpoints and receipts as a board signs them and as files hold them.

use crate::{failure::Failure, files, replica::Replica};
use std::path::Path;
use talea_parties::identity::Identity;

pub use talea_replay::checkpoint::{Checkpoint, MAX_RECEIPT, Receipt, forked, signatures_over};

/// Signs how far a board's transcript has come.
#[must_use]
pub fn sign(board: &Identity, replica: &Replica, slot: u64) -> Checkpoint {
    Checkpoint::sign(replica, slot, |bytes| board.sign_bytes(bytes))
}

/// Reads a file that holds a receipt, and checks it by itself.
///
/// # Errors
/// `receipt.invalid`, `file.unreadable`, `file.too-large`.
pub fn read_receipt(path: &Path) -> Result<Receipt, Failure> {
    Receipt::read(&files::read(path, MAX_RECEIPT)?)
}
