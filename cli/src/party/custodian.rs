//! The custodian reports the money that it locked.

use crate::{
    failure::{Code, Failure},
    files::{self, Readers},
    party::desk::Desk,
    say::say,
};
use std::{fs, path::Path};
use talea_parties::custodian::Custodian;
use talea_protocol::{
    bytes::PartyKey,
    instruction::{Instruction, SignedInstruction},
};

/// The largest of its instructions that is kept.
const MAX_FUND: u64 = 1 << 12;

/// "I locked so much for this party." Which entry that became.
///
/// # Errors
/// `key.other`, `refused`, `board.*`.
pub fn fund(desk: &mut Desk, party: PartyKey, amount: u64) -> Result<u64, Failure> {
    let named = desk.replica.auction().terms().custodian;
    if desk.keys.party() != named {
        return Err(Failure::other_key("custodian", &named, &desk.keys.party()));
    }
    // What was handed in and not seen in the transcript is handed in again, as it was: it may have been
    // taken meanwhile, and the same money must not count twice.
    let pending = desk.state()?.join("fund-pending");
    if pending.exists() {
        let bytes = files::read(&pending, MAX_FUND)?;
        let entry = hand_in(desk, &pending, bytes.clone()).map_err(|failure| match failure.code {
            Code::Refused => failure.with_help(
                "this was an earlier report that was still waiting; it is now dropped. Run the command \
                 again",
            ),
            _ => failure,
        })?;
        if read(&bytes) == Some((party, amount)) {
            say(&format!(
                "this was handed in before, as entry {entry}; to report more, run the command again"
            ));
            return Ok(entry);
        }
    }
    let reported = desk.replica.lines().iter().filter(|line| line.kind == "fund").count() as u64;
    let mut custodian = Custodian::resume(desk.keys.identity(), reported);
    let fund = custodian.fund(&desk.replica.auction().id(), party, amount);
    let fund = fund.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    files::write(&pending, &fund, Readers::Owner)?;
    hand_in(desk, &pending, fund)
}

/// Hands it in; once it is taken, or refused by the rules, it is not pending any more.
fn hand_in(desk: &mut Desk, pending: &Path, fund: Vec<u8>) -> Result<u64, Failure> {
    let done = desk.submit(fund);
    if done.as_ref().err().is_none_or(|failure| failure.code == Code::Refused) {
        fs::remove_file(pending).map_err(|error| Failure::unwritable(pending, error))?;
    }
    done
}

/// For whom, and how much.
fn read(fund: &[u8]) -> Option<(PartyKey, u64)> {
    match SignedInstruction::read_unverified(fund)?.1 {
        Instruction::Fund(fund) => Some((fund.party, fund.amount)),
        _ => None,
    }
}
