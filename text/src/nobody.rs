//! A custodian where there is nothing for it to do.

use sha2::{Digest as _, Sha256};
use talea_protocol::{
    bytes::PartyKey,
    terms::{Stakes, Terms},
};

/// Its hash is a point of the curve, so it can stand where a key must (T5). The numbers before it are none.
const LABEL: &str = "talea/v2/nobody/2";

/// A public key of which nobody knows the secret one: it is a hash. Terms name it as their custodian where
/// there is none.
#[must_use]
pub fn nobody() -> PartyKey {
    PartyKey(Sha256::digest(LABEL).into())
}

/// Whether no money is at stake, so that no custodian has anything to report.
pub(super) fn is_free(stakes: &Stakes) -> bool {
    let Stakes { deposit, bond, commit_fee, fee_growth, beneficiary: _ } = *stakes;
    [deposit, bond, commit_fee, fee_growth] == [0; 4]
}

/// Whether an auction has no custodian.
#[must_use]
pub fn has_no_custodian(terms: &Terms) -> bool {
    terms.custodian == nobody()
}
