//! What was sent and what it cost, for people.

use crate::home::Step;
use talea_text::{money::grouped, table::table};

/// Steps of one kind, in the order in which kinds first occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind<'a> {
    /// What they are.
    pub name: &'static str,
    /// All of them.
    pub steps: Vec<&'a Step>,
}

/// All kinds of these steps.
#[must_use]
pub fn kinds(steps: &[Step]) -> Vec<Kind<'_>> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for step in steps {
        match kinds.iter_mut().find(|kind| kind.name == step.kind) {
            Some(kind) => kind.steps.push(step),
            None => kinds.push(Kind { name: step.kind, steps: vec![step] }),
        }
    }
    kinds
}

impl Kind<'_> {
    /// The gas of all of them.
    #[must_use]
    pub fn gas(&self) -> u64 {
        self.steps.iter().map(|step| step.gas.total()).sum()
    }

    /// The most of something that one of them has.
    fn most(&self, of: impl Fn(&Step) -> u64) -> u64 {
        self.steps.iter().map(|step| of(step)).max().unwrap_or(0)
    }
}

/// The table of what was sent: what, by whom, how often, at what cost. `named` names a signer.
#[must_use]
pub fn steps(steps: &[Step], who: impl Fn(&Step) -> String) -> String {
    let rows = kinds(steps).into_iter().map(|kind| {
        let mut signers: Vec<String> = Vec::new();
        for step in &kind.steps {
            let signer = who(step);
            if !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        vec![
            kind.name.to_owned(),
            signers.join(", "),
            kind.steps.len().to_string(),
            digits(kind.most(|step| step.gas.machine)),
            digits(kind.most(|step| step.gas.storage)),
            digits(kind.most(|step| step.gas.total())),
            digits(kind.gas()),
            digits(kind.most(|step| u64::try_from(step.bytes).unwrap_or(u64::MAX))),
        ]
    });
    let heading = [
        "step",
        "signed by",
        "messages",
        "machine",
        "storage",
        "most gas",
        "gas of all",
        "most bytes",
    ];
    table(&heading, rows.collect(), &[2, 3, 4, 5, 6, 7])
}

/// A number with commas between its thousands.
#[must_use]
pub fn digits(number: u64) -> String {
    grouped(number.into())
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [0, 7, 999, 1_000, 12_345, 1_234_567];
        let expected = ["0", "7", "999", "1,000", "12,345", "1,234,567"];
        assert_eq!(numbers.map(digits), expected);
    }
}
