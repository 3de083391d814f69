//! Whole auctions: every ending and every option, on grids of four levels.

use super::Case;
use curve25519_dalek::Scalar;
use talea_contract::{Phase, fiat_shamir::Context};
use talea_parties::bidder::PreparedBid;
use talea_protocol::{
    commitment::BidId,
    instruction::Instruction,
    price::{Level, Scale, Side},
    ranking::Endorsement,
    terms::{Depth, Disclosure, Mechanism, Ties},
    transcript::{MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_sim::simulate::{BidPlan, BidderConduct, KeyholderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    Small,
    chosen_unary::{Chosen, blinding},
    harness::Harness,
    list,
    replay::edit,
    rng, with_bidder, with_keyholder,
};
use talea_verifier::Verdict;

const SECOND_PRICE: Mechanism = Mechanism::UniformPrice { units: 1 };
const TWO_UNITS: Mechanism = Mechanism::UniformPrice { units: 2 };
const DEPTH: Option<Depth> = Some(Depth { min_bids: 1 });

/// One lot of four levels as two bits, one keyholder, two bidders.
pub fn small() -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(4, vec![1, 1])],
        bidders: 2,
        ..Small::default()
    }
}

fn three_bidders() -> Small {
    Small { bidders: 3, ..small() }
}

fn three_keyholders() -> Small {
    Small { groups: vec![(2, vec![Seat::Own; 3])], ..small() }
}

/// At most three rounds that show the depth.
pub fn in_rounds() -> Small {
    let disclosure = Disclosure::Facts { cover: false, depth: DEPTH };
    Small { disclosure, rounds: Some((3, false)), ..three_bidders() }
}

fn valid(file: &'static str, title: &'static str, transcript: Vec<u8>) -> Case {
    Case { file, title, verdict: Verdict::Valid, check: None, transcript }
}

pub fn simulated(file: &'static str, title: &'static str, small: &Small, plan: &Plan) -> Case {
    valid(file, title, small.simulate(plan).1)
}

/// Everybody bids these levels, lot by lot.
pub fn bid(file: &'static str, title: &'static str, small: &Small, levels: &[&[u32]]) -> Case {
    simulated(file, title, small, &small.plan(levels))
}

pub fn finished(file: &'static str, title: &'static str, mut harness: Harness) -> Case {
    harness.finish();
    valid(file, title, harness.board.into_inner().1)
}

fn with_reserve(small: &Small, levels: &[u32], reserve: u32, is_revealed: bool) -> Plan {
    let reserves = vec![ReservePlan { lot: 0, level: Level(reserve), is_revealed }];
    Plan { reserves, ..small.plan(&[levels]) }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = mechanisms();
    cases.extend(disclosures());
    cases.extend(reserves());
    cases.extend(keyholders());
    cases.extend(bids());
    cases.extend(rounds());
    cases.push(undecided());
    cases
}

fn mechanisms() -> Vec<Case> {
    let lottery = Small { ties: Ties::Lottery, ..three_bidders() };
    let uniform = Small { mechanism: TWO_UNITS, bidders: 4, ..small() };
    let say = Small { acceptance: true, ..small() };
    let declined = Plan { declines: [0].into(), ..say.plan(&[&[1, 2]]) };
    let mut procurement = Small { side: Side::LowestWins, ..small() }.plan(&[&[1, 2]]);
    edit(&mut procurement.terms.lots, |lots| lots[0].grid.scale = Scale::Binary(5));
    let two_lots = Small { lots: vec![(4, vec![1, 1]), (3, vec![2])], ..small() };
    let chunks = Small { chunk_items: 1, fan_out: 1, mechanism: SECOND_PRICE, ..three_bidders() };
    let mut free = Small { stakes: (0, 0, 0), ..small() }.plan(&[&[1, 2]]);
    free.terms.stakes.beneficiary = None;
    let mut fees = Small { listed: true, ..three_bidders() }.plan(&[&[0, 1, 1]]);
    fees.terms.stakes.fee_growth = 0;
    fees.terms.stakes.beneficiary = None;
    let mut waiting = Harness::at_commits(&say, &say.terms());
    let reveals = vec![waiting.commit(0, 0, 2), waiting.commit(1, 0, 3)];
    waiting.pass();
    waiting.reveal(reveals);
    vec![
        bid("first-price.talea", "a first price; bits", &small(), &[&[1, 2]]),
        simulated(
            "lowest-wins.talea",
            "a procurement in 32nds: the lowest price is the best bid",
            &Small { side: Side::LowestWins, ..small() },
            &procurement,
        ),
        bid(
            "one-digit.talea",
            "a first price; one digit of radix 4",
            &Small { lots: vec![(4, vec![2])], ..small() },
            &[&[3, 0]],
        ),
        bid("tie.talea", "two equal bids; the earlier commit wins", &small(), &[&[2, 2]]),
        bid("tie-by-lottery.talea", "three equal bids; chance decides", &lottery, &[&[2, 2, 2]]),
        bid("alone.talea", "one bid", &small(), &[&[1]]),
        bid(
            "second-price.talea",
            "a uniform price of one unit",
            &Small { mechanism: SECOND_PRICE, ..three_bidders() },
            &[&[1, 3, 2]],
        ),
        bid(
            "uniform-price.talea",
            "a uniform price of two units, one winner above the price and one at it",
            &uniform,
            &[&[1, 3, 1, 1]],
        ),
        bid(
            "uniform-price-not-compared.talea",
            "a uniform price of two units with two bids: nothing is compared",
            &uniform,
            &[&[1, 3]],
        ),
        bid(
            "two-lots.talea",
            "two lots of different shapes, one without bids",
            &two_lots,
            &[&[1, 2]],
        ),
        bid("chunks.talea", "chunks of one item, and bisection", &chunks, &[&[1, 3, 2]]),
        bid(
            "nobody-bids.talea",
            "no commit: the auction closes with the end of the bids",
            &small(),
            &[],
        ),
        simulated(
            "nothing-at-stake.talea",
            "no deposit, no bond, no fee, no beneficiary: nobody has an account",
            &Small { stakes: (0, 0, 0), ..small() },
            &free,
        ),
        simulated(
            "nobody-receives.talea",
            "listed bidders, and fees that nobody receives",
            &Small { listed: true, ..three_bidders() },
            &fees,
        ),
        growing_fee(),
        bid("accepted.talea", "the seller accepts", &say, &[&[1, 2]]),
        simulated("declined.talea", "the seller declines", &say, &declined),
        finished("silence-accepts.talea", "the seller says nothing, and has sold", waiting),
    ]
}

/// The fee of each commit is two units more than that of the last.
fn growing_fee() -> Case {
    let small = small();
    let mut terms = small.terms();
    terms.stakes.fee_growth = 2;
    let mut harness = Harness::at_commits(&small, &terms);
    let reveals = vec![harness.commit(0, 0, 1), harness.commit(1, 0, 2)];
    harness.pass();
    harness.reveal(reveals);
    finished("growing-fee.talea", "a fee that grows with each commit", harness)
}

fn disclosures() -> Vec<Case> {
    let facts = |cover, depth| Disclosure::Facts { cover, depth };
    let with = |disclosure| Small { disclosure, ..three_bidders() };
    let everything = with(Disclosure::Everything);
    let kept = Small { reserve: Some(false), ..everything.clone() };
    vec![
        bid(
            "cover.talea",
            "the best losing price is opened",
            &with(facts(true, None)),
            &[&[1, 3, 2]],
        ),
        bid("depth.talea", "the depth is opened", &with(facts(false, DEPTH)), &[&[1, 3, 0]]),
        bid(
            "cover-and-depth.talea",
            "a second price with cover and depth",
            &Small { mechanism: SECOND_PRICE, ..with(facts(true, DEPTH)) },
            &[&[1, 3, 2]],
        ),
        bid(
            "depth-beyond-the-grid.talea",
            "a shape with room for more than the levels: the second bucket of the depth lies beyond them",
            &Small { lots: vec![(3, vec![1, 2])], ..with(facts(false, DEPTH)) },
            &[&[1, 2, 0]],
        ),
        bid("everything.talea", "every bid is opened", &everything, &[&[1, 3, 2]]),
        simulated(
            "everything-and-the-reserve.talea",
            "every bid is opened, and with them a reserve of which the terms say that it is not",
            &kept,
            &with_reserve(&kept, &[1, 3, 2], 2, true),
        ),
    ]
}

fn reserves() -> Vec<Case> {
    let sealed = Small { reserve: Some(false), ..small() };
    let opened = Small { reserve: Some(true), ..small() };
    let second = Small { reserve: Some(false), mechanism: SECOND_PRICE, ..small() };
    let mut attested = Harness::at_reserves(&sealed, &sealed.terms());
    attested.reserve(0, 3);
    attested.pass();
    let reveals = vec![attested.commit(0, 0, 1), attested.commit(1, 0, 2)];
    attested.pass();
    attested.reveal(reveals);
    attested.pass();
    let bidder = attested.auction().terms().seller;
    attest(&mut attested, vec![BidId { lot: 0, round: 0, bidder }]);
    let unbid = Harness::at_reserves(&sealed, &sealed.terms());
    let unbid = {
        let mut harness = unbid;
        harness.reserve(0, 3);
        harness.pass();
        harness
    };
    vec![
        simulated(
            "reserve-met.talea",
            "a sealed reserve that is met",
            &sealed,
            &with_reserve(&sealed, &[1, 2], 2, true),
        ),
        simulated(
            "reserve-opened.talea",
            "a reserve that is met and opened",
            &opened,
            &with_reserve(&opened, &[1, 2], 1, true),
        ),
        simulated(
            "reserve-sets-the-price.talea",
            "a second price between two bids, at the reserve",
            &second,
            &with_reserve(&second, &[0, 3], 2, true),
        ),
        simulated(
            "below-reserve.talea",
            "a sealed reserve that no bid reaches",
            &sealed,
            &with_reserve(&sealed, &[1, 2], 3, true),
        ),
        simulated(
            "reserve-lapsed.talea",
            "a reserve that is not revealed: its deposit is forfeited, and it does not bind",
            &sealed,
            &with_reserve(&sealed, &[1, 2], 3, false),
        ),
        finished(
            "reserve-attested.talea",
            "a reserve that is not revealed and attested: its deposit is released, and it does not bind",
            attested,
        ),
        finished("reserve-without-bids.talea", "a reserve on which nobody bids", unbid),
    ]
}

/// The first keyholder endorses the head and attests these bids.
fn attest(harness: &mut Harness, attested: Vec<BidId>) {
    let head = harness.auction().endorsed_head();
    let round = harness.auction().round();
    let endorsement = Endorsement { round, head, attested: list(attested) };
    let keyholder = harness.keyholders[0].party();
    let signed = harness.sign(keyholder, &Instruction::Endorse(endorsement));
    harness.submit(&signed);
}

fn keyholders() -> Vec<Case> {
    let small = three_keyholders();
    let plan = || small.plan(&[&[1, 2]]);
    let with = |members: &[u16], conduct| {
        members.iter().fold(plan(), |plan, member| with_keyholder(plan, 0, *member, conduct))
    };
    let case = |file, title, plan| simulated(file, title, &small, &plan);
    let groups = Small {
        groups: vec![(1, vec![Seat::Seller]), (1, vec![Seat::Own, Seat::Bidder(0)])],
        ..self::small()
    };
    use KeyholderConduct::{
        ComplainsFalsely, DealsWrongShare, Ignored, Leaves, NeverDeals, NeverEndorses,
    };
    vec![
        bid("two-of-three.talea", "a quorum of 2 of 3", &small, &[&[1, 2]]),
        bid(
            "two-groups.talea",
            "two groups, with the seller and a bidder in them",
            &groups,
            &[&[1, 2]],
        ),
        case("never-deals.talea", "a member that does not deal", with(&[2], NeverDeals)),
        case(
            "dealer-expelled.talea",
            "a wrong share: a complaint expels the dealer",
            with(&[1], DealsWrongShare { to: 3 }),
        ),
        case(
            "complainer-expelled.talea",
            "a false complaint expels the complainer",
            with(&[3], ComplainsFalsely { about: 1 }),
        ),
        case("void-setup.talea", "too few members deal", with(&[1, 2], NeverDeals)),
        case("void-endorsement.talea", "too few keyholders endorse", with(&[1, 2], NeverEndorses)),
        case(
            "excluded.talea",
            "a keyholder stops, and the others go on",
            with(&[1], Leaves { from_step: 2 }),
        ),
        case(
            "void-quorum.talea",
            "too few keyholders stay",
            with(&[1, 2], Leaves { from_step: 1 }),
        ),
        case(
            "vouched.talea",
            "a keyholder's posts are dropped, and others vouch for it",
            with(&[1], Ignored { from_step: 0 }),
        ),
    ]
}

fn bids() -> Vec<Case> {
    use BidderConduct::{NeverReveals, RevealsRubbish};
    let small = three_bidders();
    let plan = || small.plan(&[&[1, 2, 3]]);
    let hidden = [0, 1, 2].into_iter().fold(plan(), |plan, b| with_bidder(plan, b, NeverReveals));
    let mut attested = Harness::at_commits(&small, &small.terms());
    let reveal = attested.commit(0, 0, 1);
    attested.commit(1, 0, 3);
    attested.pass();
    attested.reveal(vec![reveal]);
    attested.pass();
    let bidder = attested.bidder(1);
    attest(&mut attested, vec![BidId { lot: 0, round: 0, bidder }]);
    vec![
        simulated(
            "never-revealed.talea",
            "the best bid is not revealed, and its deposit is forfeited",
            &small,
            &with_bidder(plan(), 2, NeverReveals),
        ),
        simulated("none-revealed.talea", "no bid is revealed: the lot is unsold", &small, &hidden),
        simulated(
            "invalid.talea",
            "the best bid is revealed and invalid",
            &small,
            &with_bidder(plan(), 2, RevealsRubbish),
        ),
        finished(
            "attested.talea",
            "a bid that the board did not take, and a keyholder attests",
            attested,
        ),
        chosen_randomness(
            "equal-differences.talea",
            "two differences of a unary encoding have the same randomness: the bid is valid",
            [1, 2, 3],
        ),
        chosen_randomness(
            "equal-entries.talea",
            "two entries of a unary encoding have the same randomness: the bid is invalid",
            [1, 2, 1],
        ),
    ]
}

/// A bid of level 2 on a grid of one digit whose three entries have this randomness, and another bid.
fn chosen_randomness(file: &'static str, title: &'static str, randomness: [u64; 3]) -> Case {
    let small = Small { lots: vec![(4, vec![2])], ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let (auction, signer) = (harness.auction(), harness.bidder(0));
    // The bidder derives the same blinding each time.
    let bid = harness.bidders[0].commit(auction, 0, Level(2), &mut rng(9));
    let rho = blinding(&bid.expect("a level of the grid").secret);
    let context = Context { auction: auction.id(), lot: 0, round: 0, step: 0, signer };
    let key = auction.quorum_keys().expect("the ceremony is over").key;
    let shape = auction.terms().lots[0].grid.shape.clone();
    let randomness = randomness.map(|r| Scalar::from(1000 + r)).to_vec();
    let chosen = Chosen { level: Level(2), rho, randomness };
    let sealed = chosen.seal(&context, &shape, &key, &mut rng(8)).to_bytes();
    let reveals = vec![harness.commit_altered(0, 0, 2, |_| sealed), harness.commit(1, 0, 1)];
    harness.pass();
    harness.reveal(reveals);
    finished(file, title, harness)
}

fn rounds() -> Vec<Case> {
    let small = in_rounds();
    let moves = |rounds: &[&[(usize, u32)]]| {
        let conduct = BidderConduct::Honest;
        let bid = |(bidder, level): &_| BidPlan {
            lot: 0,
            bidder: *bidder,
            level: Level(*level),
            conduct,
        };
        let rounds = rounds.iter().map(|round| round.iter().map(bid).collect()).collect();
        Plan { rounds, ..small.plan(&[&[0, 1, 3]]) }
    };
    let mut silent = moves(&[]);
    silent.rounds = vec![vec![BidPlan {
        lot: 0,
        bidder: 2,
        level: Level(3),
        conduct: BidderConduct::NeverReveals,
    }]];
    let cover = Small { rounds: Some((2, true)), mechanism: SECOND_PRICE, ..small.clone() };
    let lottery = Small { ties: Ties::Lottery, ..small.clone() };
    let depth = Some(Depth { min_bids: 4 });
    let few = Small { disclosure: Disclosure::Facts { cover: false, depth }, ..small.clone() };
    vec![
        simulated(
            "rounds-unmoved.talea",
            "two rounds: the second shows the same",
            &small,
            &moves(&[]),
        ),
        simulated(
            "rounds-moved.talea",
            "three rounds, the limit: bids move in the first two",
            &small,
            &moves(&[&[(0, 2)], &[(1, 3)]]),
        ),
        simulated(
            "rounds-default.talea",
            "the leader does not reveal its second bid: the first one stands, and its deposit is lost",
            &small,
            &silent,
        ),
        bid(
            "rounds-cover.talea",
            "a second price in two rounds that show the cover, too",
            &cover,
            &[&[0, 1, 3]],
        ),
        bid(
            "rounds-nothing-shown.talea",
            "fewer bids than the depth asks for: the surveys show nothing, and round 1 is the last",
            &few,
            &[&[0, 1, 3]],
        ),
        bid("rounds-lottery.talea", "rounds in which ties go by lottery", &lottery, &[&[3, 3, 3]]),
        surveys_that_end_together(),
    ]
}

/// Two lots in rounds. In the first survey the keyholder on whom the second lot waits is excluded by the
/// instruction that also ends the first one's survey, so that round 1 begins with it.
fn surveys_that_end_together() -> Case {
    let small = Small {
        groups: vec![(1, vec![Seat::Own]), (1, vec![Seat::Own])],
        lots: vec![(4, vec![1, 1]); 3],
        ..in_rounds()
    };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let bids: Vec<PreparedBid> = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
        .into_iter()
        .map(|(bidder, lot)| {
            let (auction, rng) = (harness.board.auction(), &mut harness.rng);
            let bid = harness.bidders[bidder].commit(auction, lot, Level(lot), rng);
            let bid = bid.expect("a level of the grid");
            harness.submit(&bid.commit);
            bid
        })
        .collect();
    harness.pass();
    harness.reveal(bids.into_iter().map(|bid| bid.reveal).collect());
    harness.act_until(Phase::Ranking);
    // The middle lot is surveyed in time, a few slots before the others run out of it.
    harness.slot += 2;
    let of_middle = |bytes: &Vec<u8>| {
        let (_, instruction) = talea_tests::replay::opened(bytes);
        talea_tests::onlooker::header_of(&instruction).is_some_and(|header| header.lot == 1)
    };
    loop {
        let mut progress = false;
        for place in 0..harness.keyholders.len() {
            for post in harness.posts(place, &[]).iter().filter(|post| of_middle(post)) {
                harness.submit(post);
                progress = true;
            }
        }
        if !progress {
            break;
        }
    }
    // One tick passes the deadlines of the first and the last lot, which end void.
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Commits);
    finished(
        "rounds-several-deadlines.talea",
        "three lots in rounds: one is surveyed, and later one instruction passes the deadlines of the others, \
         which are void; round 1 counts from that instruction",
        harness,
    )
}

/// The first price without its closing.
fn undecided() -> Case {
    let transcript = small().simulate(&small().plan(&[&[1, 2]])).1;
    let mut at = MAGIC.len();
    let mut last = at;
    while let Some(header) = transcript[at..].first_chunk::<RECORD_HEADER_BYTES>() {
        last = at;
        at += RECORD_HEADER_BYTES + RecordKind::read_header(header).expect("a header").1;
    }
    Case {
        file: "undecided.talea",
        title: "all entries and no closing",
        verdict: Verdict::Undecided,
        check: None,
        transcript: transcript[..last].to_vec(),
    }
}
