//! The entry points.

use crate::{
    apply,
    coins::{self, Claim},
    event,
    message::{ExecuteMsg, InstantiateMsg, QueryMsg},
    query,
    refusal::Refusal,
    state::{self, Home},
};
use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, entry_point};
use talea_contract::{Auction, Fault};
use talea_protocol::{
    bytes::{List, PartyKey, Signature},
    check::Check,
    transcript::Genesis,
};

/// What the chain shows as the name of this contract.
pub const NAME: &str = "talea-chain";

/// Opens an auction under terms that the seller signed.
///
/// # Errors
/// The first of T1 to T6 that fails, or a code of [`refusal`](crate::refusal).
#[entry_point]
pub fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    message: InstantiateMsg,
) -> Result<Response, Refusal> {
    coins::require_none(&info)?;
    let InstantiateMsg { terms, slot, signature } = message;
    apply::require_length(terms.len())?;
    let signature = signature_of(&signature)?;
    let auction = Auction::open(slot, &terms, &signature)?;
    let home = Home::of(auction.terms(), &env)?;
    apply::require_fit(auction.terms())?;
    let now = home.now(&env);
    if slot > now {
        return Err(Refusal::TooEarly { signed: slot, now });
    }
    let malformed = Fault::Malformed { what: "terms" }.fails(Check::TermsCanonical);
    let terms = List::new(terms.into()).map_err(|_| malformed)?;
    let id = auction.id().to_string();
    cw2::set_contract_version(deps.storage, NAME, env!("CARGO_PKG_VERSION"))?;
    home.save(deps.storage)?;
    state::begin(deps.storage, auction)?;
    let event = event::genesis(&Genesis { slot, terms, signature });
    Ok(Response::new().add_attribute("auction", id).add_event(event))
}

/// Does what a message asks for, or changes nothing.
///
/// # Errors
/// The number of the check that an instruction fails, or a code of [`refusal`](crate::refusal).
#[entry_point]
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    message: ExecuteMsg,
) -> Result<Response, Refusal> {
    let home = Home::load(deps.storage)?;
    let slot = home.now(&env);
    match message {
        ExecuteMsg::Apply { instructions } => {
            coins::require_none(&info)?;
            let apply = |auction: &mut Auction| apply::each(auction, slot, &instructions);
            let entries = state::change(deps.storage, apply)?;
            Ok(Response::new().add_events(apply::announce(deps.storage, &entries)?))
        }
        ExecuteMsg::Fund { party } => {
            let credit = (party_of(&party)?, coins::brought(&home, &info)?);
            let fund = |auction: &mut Auction| apply::fund(auction, slot, credit);
            let entry = state::change(deps.storage, fund)?;
            Ok(Response::new().add_events(apply::announce(deps.storage, &[entry])?))
        }
        ExecuteMsg::Claim { party, pocket, to, signature } => {
            coins::require_none(&info)?;
            let (party, signature) = (party_of(&party)?, signature_of(&signature)?);
            let claim = Claim { party, pocket, to, signature };
            let due = state::ask(deps.storage, |auction| claim.due(deps.api, auction))?;
            Ok(Response::new().add_message(claim.pay(deps.storage, &home, due)?))
        }
    }
}

/// Answers, as of the last entry.
///
/// # Errors
/// A code of [`refusal`](crate::refusal).
#[entry_point]
pub fn query(deps: Deps<'_>, env: Env, message: QueryMsg) -> Result<Binary, Refusal> {
    query::answer(deps, &env, message)
}

/// The party of this name.
pub(crate) fn party_of(name: &str) -> Result<PartyKey, Refusal> {
    name.parse().map_err(|error| Refusal::Name { why: format!("{error}") })
}

fn signature_of(bytes: &[u8]) -> Result<Signature, Refusal> {
    let length = bytes.len();
    bytes.try_into().map(Signature).map_err(|_| Refusal::Signature { length })
}
