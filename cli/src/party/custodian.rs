//! The custodian reports the money that it locked.

use crate::{
    failure::{Code, Failure},
    party::desk::Desk,
};
use talea_parties::custodian::Custodian;
use talea_protocol::bytes::PartyKey;

/// "I locked so much for this party." Which entry that became.
///
/// # Errors
/// `key.other`, `refused`, `board.*`.
pub fn fund(desk: &mut Desk, party: PartyKey, amount: u64) -> Result<u64, Failure> {
    if desk.keys.party() != desk.replica.auction().terms().custodian {
        return Err(Failure::new(Code::KeyOther, "the terms name another custodian"));
    }
    let reported = desk.replica.lines().iter().filter(|line| line.kind == "fund").count() as u64;
    let mut custodian = Custodian::resume(desk.keys.identity(), reported);
    let fund = custodian.fund(&desk.replica.auction().id(), party, amount);
    let fund = fund.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    desk.submit(&fund)
}
