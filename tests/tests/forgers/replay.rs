//! Proofs shown where they were not made: under another auction, lot, round, step or party.
//!
//! The flawed verifier believes the prover where the proof belongs; the real ones take the place
//! from the board.

use super::*;

/// An honest proof of some relation, and the verdict of both verifiers when it is shown in a place.
struct Exhibit {
    name: &'static str,
    shown_in: Box<dyn Fn(Context) -> bool>,
}

/// A verdict on an artefact shown in another context.
macro_rules! exhibit {
    ($name:literal, $artefact:expr) => {{
        let artefact = $artefact;
        Exhibit {
            name: $name,
            shown_in: Box::new(move |context| {
                let mut artefact = artefact.clone();
                artefact.context = context;
                let verdict = artefact.contract().is_ok();
                let second = artefact.verifier().is_ok();
                assert_eq!(second, verdict, "{}: contract and verifier disagree", $name);
                assert_eq!(artefact.replica(None), verdict, "{}: verifiers disagree", $name);
                verdict
            }),
        }
    }};
}

/// An honest proof of every relation, made in [`context`].
fn exhibits() -> Vec<Exhibit> {
    use talea_contract::proofs::possession::Secret;
    vec![
        exhibit!("possession of the constant", possession_here(Secret::Constant)),
        exhibit!("possession of the ephemeral", possession_here(Secret::Ephemeral)),
        exhibit!("complaint", complaint::honest_in(context())),
        exhibit!("range", range::honest(context())),
        exhibit!("improvement", range::improvement(context(), 43)),
        exhibit!("unary encoding", unary::honest(context())),
        exhibit!("gate", gate::honest(&[true, false])),
        exhibit!("shuffle", shuffle::honest(2, 2)),
        exhibit!("blind", blind::honest(2)),
        exhibit!("decryption share", decryption_share::honest(2).0),
        exhibit!("opening", opening::honest(context())),
    ]
}

fn possession_here(secret: talea_contract::proofs::possession::Secret) -> possession::Possession {
    possession::honest_in(secret, 2, context())
}

/// E1, S15, D12: a proof replayed elsewhere. Whoever believes the copyist where the proof was made
/// accepts each of them; nobody else does.
#[test]
fn a_proof_replayed_elsewhere() {
    for Exhibit { name, shown_in } in exhibits() {
        // The flawed verifier asks the prover for the context.
        assert!(shown_in(context()), "{name}: the attack is alive");
        for (place, context) in elsewhere() {
            assert!(!shown_in(context), "{name} was accepted in {place}");
        }
    }
}

/// E1: a commit copied by another bidder. The range proof falls, so the copy never takes the
/// victim's place (check C7 comes after C6).
#[test]
fn a_commit_copied_by_another_bidder() {
    let victim = range::honest(context_of(1));
    victim.check_honest();
    let copy = range::Range { context: context_of(2), ..victim };
    copy.check_refused();
}

/// E1: a sealed bid copied by another bidder, who committed to the same point.
#[test]
fn a_sealed_bid_copied_by_another_bidder() {
    let victim = unary::honest(context_of(1));
    victim.check_honest();
    let copy = unary::UnaryEncoding { context: context_of(2), ..victim };
    copy.check_refused();
}
