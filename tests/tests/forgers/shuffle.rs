//! Forgers of turns on lists to be shuffled: a zero that vanishes says that a count is above the
//! limit, a zero out of nothing that it is not. Either moves the price.

use super::{blind::Stuck, *};
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::shuffle::{network, switches, verify},
};
use talea_parties::{choices::Crossing, masks::Masks, proofs::shuffle as prover};
use talea_protocol::{
    bytes::Scalar as WireScalar, labels, ranking::Switch, sealed_bid::Ciphertext as Wire,
};
use talea_verifier::proofs::shuffle as second;

/// A post of turns on lists.
#[derive(Clone)]
pub(crate) struct Shuffle {
    pub(crate) context: Context,
    pub(crate) chunk: u32,
    pub(crate) lists: Vec<Vec<Ciphertext>>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) challenge: WireScalar,
    /// What flawed verifiers let the prover say besides: a share of the challenge per switch.
    pub(crate) claimed: Vec<Scalar>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcements are hashed.
    OnlyAnnouncementsHashed,
    /// No output is hashed.
    OutputsUnhashed,
    /// An output may have `O` for its first component.
    ZeroAllowed,
    /// An input may have `O` for its first component.
    PublicInputAllowed,
    /// The equations of both components are added.
    ComponentsMerged,
    /// The equations of `R` are not checked.
    FirstHalfUnchecked,
    /// The equations of `E` are not checked.
    SecondHalfUnchecked,
    /// The equations of both entries are added: one power for a linear combination of them.
    EntriesMerged,
    /// The challenge of "crossed" is the prover's own, not what "straight" leaves.
    SharesFree,
    /// Each output is shown to be a power of one of the inputs, and each with a share of its own.
    OutputsProvedApart,
}

/// What a switch takes, what it puts out, and what it answers.
struct AppliedSwitch {
    inputs: [Ciphertext; 2],
    outputs: [Ciphertext; 2],
    c_straight: Scalar,
    responses: [[Scalar; 2]; 2],
}

/// Announcements of a switch, `A_(b,i)`.
type Announcements = [[Ciphertext; 2]; 2];

impl Shuffle {
    fn encoded(&self) -> Vec<Vec<(Ciphertext, Wire)>> {
        let encode = |list: &Vec<Ciphertext>| list.iter().map(|c| (*c, c.encode())).collect();
        self.lists.iter().map(encode).collect()
    }

    /// Every switch with its inputs, which are what the layer before put out; nothing if something
    /// is not canonical or missing.
    fn applied(&self) -> Option<Vec<AppliedSwitch>> {
        let entries = self.lists.first()?.len();
        let k = entries.checked_ilog2().filter(|k| *k >= 1 && entries == 1 << k)?;
        let complete = self.switches.len() == self.lists.len() * switches(k)
            && self.lists.iter().all(|list| list.len() == entries);
        let mut wires = self.switches.iter().filter(|_| complete);
        let mut applied = Vec::new();
        for list in &self.lists {
            let mut list = list.clone();
            for [low, high] in network(k) {
                let Switch { low: z_0, high: z_1, c_straight, z_straight, z_crossed } =
                    wires.next()?;
                let outputs = [Ciphertext::decode(z_0)?, Ciphertext::decode(z_1)?];
                let pair = |[a, b]: &[WireScalar; 2]| Some([decode_scalar(a)?, decode_scalar(b)?]);
                applied.push(AppliedSwitch {
                    inputs: [list[low], list[high]],
                    outputs,
                    c_straight: decode_scalar(c_straight)?,
                    responses: [pair(z_straight)?, pair(z_crossed)?],
                });
                [list[low], list[high]] = outputs;
            }
        }
        Some(applied)
    }

    /// The lists as this post leaves them.
    fn shuffled(&self) -> Vec<Vec<Ciphertext>> {
        let mut outputs = self.applied().unwrap().into_iter().map(|switch| switch.outputs);
        let mut shuffled = self.lists.clone();
        for list in &mut shuffled {
            for [low, high] in network(list.len().ilog2()) {
                [list[low], list[high]] = outputs.next().unwrap();
            }
        }
        shuffled
    }

    fn challenge(
        &self,
        applied: &[AppliedSwitch],
        announced: &[Announcements],
        flaw: Option<Flaw>,
    ) -> Scalar {
        let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, &self.context);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.digest(b"head", &HEAD);
            fs.integer(b"chunk", self.chunk);
            fs.count(b"switches", applied.len());
            for AppliedSwitch { inputs: [x_0, x_1], outputs: [z_0, z_1], .. } in applied {
                fs.ciphertext(b"x-0", &x_0.encode());
                fs.ciphertext(b"x-1", &x_1.encode());
                if !matches!(flaw, Some(Flaw::OutputsUnhashed)) {
                    fs.ciphertext(b"z-0", &z_0.encode());
                    fs.ciphertext(b"z-1", &z_1.encode());
                }
            }
        }
        let mut absorb = |a: &Ciphertext| match flaw {
            Some(Flaw::ComponentsMerged) => fs.element(b"announcement", &(a.r + a.e)),
            Some(Flaw::FirstHalfUnchecked) => fs.element(b"announcement", &a.e),
            Some(Flaw::SecondHalfUnchecked) => fs.element(b"announcement", &a.r),
            _ => fs.ciphertext(b"announcement", &a.encode()),
        };
        for way in announced.iter().flatten() {
            match flaw {
                Some(Flaw::EntriesMerged) => absorb(&(way[0] + way[1])),
                _ => way.iter().for_each(&mut absorb),
            }
        }
        fs.challenge(b"challenge")
    }

    /// The shares of the challenge in the four announcements of a switch.
    fn shares(
        &self,
        at: usize,
        switch: &AppliedSwitch,
        c: &Scalar,
        flaw: Option<Flaw>,
    ) -> [[Scalar; 2]; 2] {
        let straight = switch.c_straight;
        let claimed = || self.claimed.get(at).copied().unwrap_or_default();
        match flaw {
            Some(Flaw::SharesFree) => [[straight; 2], [claimed(); 2]],
            // Of output 0 the first and the last, of output 1 those between.
            Some(Flaw::OutputsProvedApart) => {
                [[straight, claimed()], [c - claimed(), c - straight]]
            }
            _ => [[straight; 2], [c - straight; 2]],
        }
    }

    /// Proves the only switch as the protocol does, claiming that it raised its inputs to these
    /// powers, straight or crossed; the other way is simulated.
    fn prove_knowing(&mut self, is_crossed: bool, powers: [Scalar; 2], flaw: Option<Flaw>) {
        let mut rng = rng(90);
        let applied = self.applied().unwrap();
        let [AppliedSwitch { inputs, outputs, .. }] = &applied[..] else {
            unreachable!("one switch")
        };
        let mut scalar = || scalar(&mut rng);
        let (k, z, c_other) = ([scalar(), scalar()], [scalar(), scalar()], scalar());
        let taken = [0, 1].map(|i| inputs[i].scaled(&k[i]));
        let simulated = [0, 1].map(|i| {
            let image = outputs[if is_crossed { i } else { 1 - i }];
            inputs[i].scaled(&z[i]) - image.scaled(&c_other)
        });
        let ways = if is_crossed { [simulated, taken] } else { [taken, simulated] };
        let c = self.challenge(&applied, &[ways], flaw);
        let c_taken = c - c_other;
        let answers = [0, 1].map(|i| k[i] + c_taken * powers[i]);
        let (c_straight, straight, crossed) =
            if is_crossed { (c_other, z, answers) } else { (c_taken, answers, z) };
        self.answer(c, c_straight, [straight, crossed]);
    }

    /// Writes the answers of the only switch.
    fn answer(&mut self, c: Scalar, c_straight: Scalar, responses: [[Scalar; 2]; 2]) {
        self.challenge = encode_scalar(&c);
        let [straight, crossed] = responses.map(|pair| pair.map(|z| encode_scalar(&z)));
        let switch = &mut self.switches[0];
        switch.c_straight = encode_scalar(&c_straight);
        (switch.z_straight, switch.z_crossed) = (straight, crossed);
    }

    fn put_out(&mut self, outputs: [Ciphertext; 2]) {
        let [low, high] = outputs.map(|output| output.encode());
        (self.switches[0].low, self.switches[0].high) = (low, high);
    }
}

impl Artefact for Shuffle {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        let place = (HEAD, self.chunk);
        verify(&self.context, place, &self.encoded(), &self.switches, &self.challenge).map(|_| ())
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let encode = |list: &Vec<Ciphertext>| list.iter().map(Ciphertext::encode).collect();
        let lists: Vec<Vec<Wire>> = self.lists.iter().map(encode).collect();
        let context = place(&self.context);
        second::verify(&context, &HEAD, self.chunk, &lists, &self.switches, &self.challenge)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let (Some(applied), Some(c)) = (self.applied(), decode_scalar(&self.challenge)) else {
            return false;
        };
        let public = |of: fn(&AppliedSwitch) -> &[Ciphertext; 2]| {
            applied.iter().flat_map(of).any(Ciphertext::is_public)
        };
        let identity = match flaw {
            Some(Flaw::PublicInputAllowed) => false,
            Some(Flaw::ZeroAllowed) => public(|switch| &switch.inputs),
            _ => public(|switch| &switch.inputs) || public(|switch| &switch.outputs),
        };
        let announced = applied.iter().enumerate().map(|(at, switch)| {
            let shares = self.shares(at, switch, &c, flaw);
            [0, 1].map(|b| {
                [0, 1].map(|i| {
                    let image = switch.outputs[i ^ b].scaled(&shares[b][i]);
                    switch.inputs[i].scaled(&switch.responses[b][i]) - image
                })
            })
        });
        let announced: Vec<Announcements> = announced.collect();
        !identity && self.challenge(&applied, &announced, flaw) == c
    }
}

/// Lists of `2^k` counts under a known secret: entry `i` encrypts `i`, so that the first is zero.
fn lists(count: usize, k: u32) -> (Vec<Vec<Ciphertext>>, Scalar) {
    let mut rng = rng(91);
    let secret = scalar(&mut rng);
    let key = generators().key * secret;
    let mut entry = |m: u64| encrypt(&key, &Scalar::from(m), &scalar(&mut rng));
    let lists = (0..count).map(|_| (0..1 << k).map(&mut entry).collect()).collect();
    (lists, secret)
}

/// Turns by these crossings, proved by the protocol.
fn proved(context: Context, lists: Vec<Vec<Ciphertext>>, crossings: Vec<Crossing>) -> Shuffle {
    let witness = prover::Witness { crossings };
    let mut shuffle = Shuffle {
        context,
        chunk: 1,
        lists,
        switches: Vec::new(),
        challenge: encode_scalar(&Scalar::ZERO),
        claimed: Vec::new(),
    };
    let prover::Shuffled { switches, challenge } =
        prover::prove(&context, (HEAD, 1), &shuffle.encoded(), &witness, &mut rng(92));
    (shuffle.switches, shuffle.challenge) = (switches, challenge);
    shuffle
}

/// Honest applied, every second switch crossed.
pub(crate) fn honest(count: usize, k: u32) -> Shuffle {
    let mut rng = rng(93);
    let crossings = (0..count * switches(k))
        .map(|at| Crossing::chosen(at % 2 == 1, [scalar(&mut rng), scalar(&mut rng)]));
    proved(context(), lists(count, k).0, crossings.collect())
}

/// The only switch, its outputs replaced by what is made of its inputs 0 and 1. Nothing is proved.
fn unproved(outputs: impl FnOnce([Ciphertext; 2]) -> [Ciphertext; 2]) -> Shuffle {
    let mut shuffle = honest(1, 1);
    let [x_0, x_1] = shuffle.lists[0][..] else { unreachable!("two entries") };
    shuffle.put_out(outputs([x_0, x_1]));
    shuffle
}

const POWERS: [u64; 2] = [5, 7];

fn powers() -> [Scalar; 2] {
    POWERS.map(Scalar::from)
}

/// How many entries open to zero: an honest turn leaves one.
fn zeros(shuffle: &Shuffle) -> usize {
    let secret = lists(1, 1).1;
    let shuffled = shuffle.shuffled();
    shuffled.iter().flatten().filter(|entry| decrypt(&secret, entry).is_identity()).count()
}

/// Outputs 0 and 1 as the protocol makes them, and a message of 1 added to the entry that was zero.
fn without_its_zero([x_0, x_1]: [Ciphertext; 2]) -> [Ciphertext; 2] {
    let [s_0, s_1] = powers();
    [x_0.scaled(&s_0) + Ciphertext::trivial(generators().value), x_1.scaled(&s_1)]
}

#[test]
fn honest_turns_pass() {
    for (count, k) in [(1, 1), (3, 1), (2, 2), (1, 3)] {
        let shuffle = honest(count, k);
        shuffle.check_honest();
        assert_eq!(zeros(&shuffle), count);
    }
    // And so does the prover kept here.
    for is_crossed in [false, true] {
        let mut shuffle = unproved(|[x_0, x_1]| {
            let [s_0, s_1] = powers();
            let raised = [x_0.scaled(&s_0), x_1.scaled(&s_1)];
            if is_crossed { [raised[1], raised[0]] } else { raised }
        });
        shuffle.prove_knowing(is_crossed, powers(), None);
        shuffle.check_honest();
        shuffle.prove_knowing(!is_crossed, powers(), None);
        shuffle.check_refused();
    }
}

/// An entry exchanged for an encryption of something else, whichever way is claimed: the zero is
/// hidden, and a count of at most `M` reads as more.
#[test]
fn a_zero_that_vanishes() {
    let mut shuffle = unproved(without_its_zero);
    assert_eq!(zeros(&shuffle), 0, "the attack is alive");
    for is_crossed in [false, true] {
        shuffle.prove_knowing(is_crossed, powers(), None);
        shuffle.check_refused();
    }
}

/// E3: zero is a power like any other to a proof of equality, and makes a zero of everything: a
/// count above the limit reads as at most `M`.
#[test]
fn a_power_of_zero() {
    let [s_0, _] = powers();
    for is_crossed in [false, true] {
        let crossing = Crossing::chosen(is_crossed, [s_0, Scalar::ZERO]);
        let shuffle = proved(context(), lists(1, 1).0, vec![crossing]);
        shuffle.check_forgery(Flaw::ZeroAllowed);
        shuffle.check_identity_refused();
        assert_eq!(zeros(&shuffle), 2);
    }
}

/// A power of zero in an early layer: what comes out in the end is as public as what went in there.
#[test]
fn a_power_of_zero_between_the_layers() {
    for at in 0..switches(2) {
        let crossings = (0..switches(2)).map(|switch| {
            let powers = if switch == at { [Scalar::ONE, Scalar::ZERO] } else { powers() };
            Crossing::chosen(switch % 2 == 0, powers)
        });
        let shuffle = proved(context(), lists(1, 2).0, crossings.collect());
        shuffle.check_refused();
        shuffle.check_identity_refused();
    }
}

/// E3, E6: an entry without randomness is for everybody to read, and stays so: it shows where it
/// went.
#[test]
fn an_entry_without_randomness() {
    let mut lists = lists(1, 1).0;
    lists[0][1] = Ciphertext::trivial(generators().value);
    let shuffle = proved(context(), lists, vec![Crossing::chosen(true, powers())]);
    shuffle.check_forgery(Flaw::PublicInputAllowed);
    shuffle.check_identity_refused();
    assert!(shuffle.shuffled()[0][0].is_public());
}

/// F15: the equations of both components are added with weight one, so that a shift of `+D` in the
/// one and `-D` in the other is not seen.
#[test]
fn a_shift_between_the_halves_of_an_entry() {
    let shift = Ciphertext { r: generators().value, e: -generators().value };
    let mut shuffle = unproved(|[x_0, x_1]| {
        let [s_0, s_1] = powers();
        [x_0.scaled(&s_0) + shift, x_1.scaled(&s_1)]
    });
    shuffle.prove_knowing(false, powers(), Some(Flaw::ComponentsMerged));
    shuffle.check_forgery(Flaw::ComponentsMerged);
    assert_eq!(zeros(&shuffle), 0);
}

/// Halves of an entry that change places add up as before.
#[test]
fn halves_that_are_swapped() {
    let mut shuffle = unproved(|[x_0, x_1]| {
        let [s_0, s_1] = powers();
        let Ciphertext { r, e } = x_0.scaled(&s_0);
        [Ciphertext { r: e, e: r }, x_1.scaled(&s_1)]
    });
    shuffle.prove_knowing(false, powers(), Some(Flaw::ComponentsMerged));
    shuffle.check_forgery(Flaw::ComponentsMerged);
    assert_eq!(zeros(&shuffle), 0);
}

/// One half raised to another power than the other: what was zero is no more.
#[test]
fn halves_raised_to_different_powers() {
    let [s_0, s_1] = powers();
    for (flaw, r, e) in [
        (Flaw::FirstHalfUnchecked, s_0 + Scalar::ONE, s_0),
        (Flaw::SecondHalfUnchecked, s_0, s_0 + Scalar::ONE),
    ] {
        let mut shuffle =
            unproved(|[x_0, x_1]| [Ciphertext { r: x_0.r * r, e: x_0.e * e }, x_1.scaled(&s_1)]);
        shuffle.prove_knowing(false, powers(), Some(flaw));
        shuffle.check_forgery(flaw);
        assert_eq!(zeros(&shuffle), 0);
        for power in [r, e] {
            shuffle.prove_knowing(false, [power, s_1], None);
            shuffle.check_refused();
        }
    }
}

/// F4: "the sum of the outputs is a power of the sum of the inputs" is what a careless shuffle
/// proves. What is taken from one entry is added to the other.
#[test]
fn a_message_moved_from_one_entry_to_the_other() {
    let shift = Ciphertext::trivial(generators().value);
    let [s, _] = powers();
    let mut shuffle = unproved(|[x_0, x_1]| [x_0.scaled(&s) + shift, x_1.scaled(&s) - shift]);
    shuffle.prove_knowing(false, [s, s], Some(Flaw::EntriesMerged));
    shuffle.check_forgery(Flaw::EntriesMerged);
    assert_eq!(zeros(&shuffle), 0);
    // Nor need the inputs come out at all.
    let mut shuffle = unproved(|[x_0, x_1]| [(x_0 + x_1).scaled(&s), shift - shift]);
    shuffle.prove_knowing(true, [s, s], Some(Flaw::EntriesMerged));
    shuffle.check_refused();
}

/// Shares of the challenge that need not add up to it: both ways are simulated.
#[test]
fn shares_of_the_challenge_that_are_free() {
    let mut rng = rng(94);
    let mut shuffle = unproved(without_its_zero);
    let applied = shuffle.applied().unwrap();
    let [AppliedSwitch { inputs, outputs, .. }] = &applied[..] else { unreachable!("one switch") };
    let shares = [scalar(&mut rng), scalar(&mut rng)];
    let responses = [(); 2].map(|()| [scalar(&mut rng), scalar(&mut rng)]);
    let announced = [0, 1].map(|b| {
        [0, 1].map(|i| inputs[i].scaled(&responses[b][i]) - outputs[i ^ b].scaled(&shares[b]))
    });
    let c = shuffle.challenge(&applied, &[announced], Some(Flaw::SharesFree));
    shuffle.claimed = vec![shares[1]];
    shuffle.answer(c, shares[0], responses);
    shuffle.check_forgery(Flaw::SharesFree);
    assert_eq!(zeros(&shuffle), 0);
    // A share that is what the other leaves does not help who chose it before.
    shuffle.answer(c, c - shares[1], responses);
    shuffle.check_refused();
}

/// Each output is a power of one of the inputs; but of the same one. The other, the zero, is gone.
/// And the other way round there are two of it.
#[test]
fn an_entry_that_comes_out_twice() {
    for (kept, expected) in [(1, 0), (0, 2)] {
        let mut rng = rng(95);
        let [s_0, s_1] = powers();
        let mut shuffle = unproved(|inputs| [inputs[kept].scaled(&s_0), inputs[kept].scaled(&s_1)]);
        assert_eq!(zeros(&shuffle), expected);
        let flaw = Flaw::OutputsProvedApart;
        let applied = shuffle.applied().unwrap();
        let [AppliedSwitch { inputs, outputs, .. }] = &applied[..] else {
            unreachable!("one switch")
        };
        let mut scalar = || scalar(&mut rng);
        // Of both outputs: the nonce of the input it came from, and the simulated other.
        let (k, z, share) = ([scalar(), scalar()], [scalar(), scalar()], [scalar(), scalar()]);
        let other = 1 - kept;
        let real = [0, 1].map(|o| inputs[kept].scaled(&k[o]));
        let simulated = [0, 1].map(|o| inputs[other].scaled(&z[o]) - outputs[o].scaled(&share[o]));
        // The announcement of input i and output o stands at (i xor o, i).
        let mut announced = [[Ciphertext::zero(); 2]; 2];
        for o in [0, 1] {
            announced[kept ^ o][kept] = real[o];
            announced[other ^ o][other] = simulated[o];
        }
        let c = shuffle.challenge(&applied, &[announced], Some(flaw));
        let mut responses = [[Scalar::ZERO; 2]; 2];
        for (o, s) in [s_0, s_1].into_iter().enumerate() {
            responses[kept ^ o][kept] = k[o] + (c - share[o]) * s;
            responses[other ^ o][other] = z[o];
        }
        // The share of (0, 0) is output 0's, that of (0, 1) output 1's.
        let of_input = |input: usize, o: usize| if input == kept { c - share[o] } else { share[o] };
        shuffle.claimed = vec![of_input(1, 1)];
        shuffle.answer(c, of_input(0, 0), responses);
        shuffle.check_forgery(flaw);
        // Whichever way is claimed instead, it is not the truth.
        for is_crossed in [false, true] {
            shuffle.prove_knowing(is_crossed, [s_0, s_1], None);
            shuffle.check_refused();
        }
    }
}

/// F1, F7: the second half of an output is chosen after the challenge, to fit a random announcement.
#[test]
fn an_entry_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::OutputsUnhashed] {
        let mut rng = rng(96);
        let [s_0, s_1] = powers();
        let mut shuffle = honest(1, 1);
        let [x_0, x_1] = shuffle.lists[0][..] else { unreachable!("two entries") };
        let mut scalar = || scalar(&mut rng);
        let (k, z) = ([scalar(), scalar()], [scalar(), scalar()]);
        let second = element(&mut rng);
        // The whole challenge falls to "straight".
        let straight = [Ciphertext { r: x_0.r * k[0], e: second }, x_1.scaled(&k[1])];
        let crossed = [x_0.scaled(&z[0]), x_1.scaled(&z[1])];
        let c = shuffle.challenge(&shuffle.applied().unwrap(), &[[straight, crossed]], Some(flaw));
        let answers = [k[0] + c * s_0, k[1] + c * s_1];
        let e = (x_0.e * answers[0] - second) * c.invert();
        shuffle.put_out([Ciphertext { r: x_0.r * s_0, e }, x_1.scaled(&s_1)]);
        shuffle.answer(c, c, [answers, z]);
        shuffle.check_forgery(flaw);
        assert_eq!(zeros(&shuffle), 0);
    }
}

/// A turn on one list shown for another, or for the same list in another order.
#[test]
fn a_turn_on_other_lists() {
    let shuffle = honest(2, 1);
    let mut other = shuffle.clone();
    other.lists.swap(0, 1);
    other.check_refused();
    let mut other = shuffle.clone();
    other.lists[0].swap(0, 1);
    other.check_refused();
    let mut other = shuffle.clone();
    other.chunk += 1;
    other.check_refused();
    // A switch more or less.
    let mut other = shuffle.clone();
    other.switches.push(shuffle.switches[0]);
    other.check_refused();
    let mut other = shuffle;
    other.switches.pop();
    other.check_refused();
}

/// E8: one power on two inputs: what is opened gives the ratio of two counts away, where it should
/// say only that neither is zero. The keyholder's masks differ even if its generator is stuck.
#[test]
fn a_power_that_serves_twice() {
    let (lists, secret) = lists(1, 2);
    let [_, _, two, three] = lists[0][..] else { unreachable!("four entries") };
    let [list, retry] = [vec![vec![two, three]], vec![vec![three, two]]];
    // 3 times what 2 became is 2 times what 3 became: everybody reads the ratio 2 : 3.
    let ratio_shows = |one: &Shuffle, other: &Shuffle| {
        let opened = |shuffle: &Shuffle| {
            let shuffled = shuffle.shuffled().concat();
            shuffled.iter().map(|entry| decrypt(&secret, entry)).collect::<Vec<_>>()
        };
        let (one, other) = (opened(one), opened(other));
        one.iter().any(|a| {
            let threefold = a * Scalar::from(3u8);
            other.iter().any(|b| threefold == b * Scalar::from(2u8))
        })
    };
    let same = || vec![Crossing::chosen(false, powers())];
    let [first, second] = [&list, &retry].map(|list| proved(context(), list.clone(), same()));
    assert!(ratio_shows(&first, &second), "the attack is alive");

    let masks = Masks::new(labels::KIND_SHUFFLE, &[7; 32], &context(), &HEAD, 1, 0);
    let drawn = |list: &Vec<Vec<Ciphertext>>| {
        let encoded: Vec<Vec<Wire>> =
            list.iter().map(|list| list.iter().map(Ciphertext::encode).collect()).collect();
        proved(context(), list.clone(), masks.crossings(&encoded, &mut Stuck))
    };
    assert!(!ratio_shows(&drawn(&list), &drawn(&retry)));
    assert!(!ratio_shows(&drawn(&list), &drawn(&list)), "nor within a list");
    // The same list in another place of the chunk is another occasion.
    let twice = [list.clone(), list.clone()].concat();
    let shuffle = drawn(&twice);
    let shuffled = shuffle.shuffled();
    assert!(shuffled[0].iter().all(|entry| !shuffled[1].contains(entry)));
}
