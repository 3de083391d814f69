//! Attacks that once worked: on a ceremony, on witnesses, on time, on reveals, on what an outcome can
//! hold. Each is tried as it was; what must come out instead is asserted.

use curve25519_dalek::Scalar;
use talea_contract::{Auction, Phase};
use talea_parties::{keyholder::Candidate, seller};
use talea_protocol::{
    bytes::{Digest, List, PartyKey},
    check::Check,
    limits::{MAX_ACCOUNTS, MAX_LOTS},
    outcome::{
        Account, Award, Disclosed, Ending, LotResult, OpenedBid, Outcome, PriceComparison, Quote,
        ReserveResult, Sale, Survey, VoidCause,
    },
    price::{Level, Price, Shape},
    quorum::keyholders,
    sealed_bid::Reveal,
    terms::{AuctionId, Depth, Disclosure, Rounds, Terms},
    transcript::{Closing, RecordKind},
};
use talea_sim::simulate::Seat;
use talea_tests::{Small, harness::Harness, is_sold_to, list, opinions, replay::Pens};

const BOND: u64 = 30;
const DEPOSIT: u64 = 100;
const FEE: u64 = 1;

/// Eight levels in two digits, so that there are gates, blindings and shares.
fn small(groups: &[(u16, Vec<Seat>)]) -> Small {
    Small { groups: groups.to_vec(), lots: vec![(8, vec![1, 2])], ..Small::default() }
}

fn of(threshold: u16, members: usize) -> Small {
    small(&[(threshold, vec![Seat::Own; members])])
}

fn account(outcome: &Outcome, party: PartyKey) -> Account {
    let found = outcome.accounts.iter().find(|account| account.party == party);
    *found.expect("it has an account")
}

/// What each keyholder forfeited, in turn order.
fn forfeited(terms: &Terms, outcome: &Outcome) -> Vec<u64> {
    let of = |party| outcome.accounts.iter().find(|account| account.party == party);
    let lost = |party| of(party).map_or(0, |account| account.forfeited);
    keyholders(&terms.quorum).map(|(_, member)| lost(member.signing)).collect()
}

/// The outcome, which both verifications find.
fn agreed(harness: Harness) -> Outcome {
    let outcome = harness.auction().outcome().expect("the auction is closed");
    opinions::agree_that_it_is_valid(&harness.board.into_inner().1, &outcome);
    outcome
}

// ---- the last to deal ----

/// The share that the candidate has of the others' deals.
fn sum_received(harness: &Harness, candidate: &Candidate) -> Scalar {
    let quorum = &harness.auction().terms().quorum;
    let received = |id| candidate.received(harness.auction(), id);
    keyholders(quorum).filter_map(|(id, _)| received(id)).sum()
}

/// All but the last member deal; it deals this polynomial, of which it knows what the others sent it.
fn deal_last(harness: &mut Harness, polynomial: impl Fn(Scalar, Scalar) -> Vec<Scalar>) -> Vec<u8> {
    let last = harness.candidates.pop().expect("there are members");
    harness.deal();
    let sum = sum_received(harness, &last);
    let member = harness.auction().terms().quorum[0].members.len() as u64;
    let coefficients = polynomial(sum, Scalar::from(member));
    let dealt =
        last.deal_chosen(harness.board.auction(), &coefficients, |_, s| s, &mut harness.rng);
    let (deal, dealer) = dealt.expect("it is named");
    harness.dealers.push(dealer);
    deal
}

/// A member that deals last and cancels its own share harms nobody but itself.
#[test]
fn a_share_of_nothing_is_its_dealers_own_loss() {
    for (threshold, members) in [(2, 3), (3, 5)] {
        let small = of(threshold, members);
        let terms = small.terms();
        let mut harness = Harness::open(&small, &terms);
        harness.fund_everybody();
        // f(j) = -sum, with a random constant: f(X) = a + X (-sum - a) / j.
        let constant = Scalar::random(&mut harness.rng);
        let deal = deal_last(&mut harness, |sum, at| {
            let mut coefficients = vec![Scalar::ZERO; threshold.into()];
            coefficients[0] = constant;
            coefficients[1] = (-sum - constant) * at.invert();
            coefficients
        });
        harness.submit(&deal);
        let dealers = std::mem::take(&mut harness.dealers);
        while harness.auction().phase() != Phase::Complaints {
            harness.pass();
        }
        for dealer in &dealers {
            let complaints = dealer.complaints(harness.board.auction(), &mut harness.rng).unwrap();
            assert!(complaints.is_empty(), "every share is right");
        }
        harness.dealers = dealers;
        harness.finish_ceremony();
        assert_eq!(harness.auction().phase(), Phase::Commits, "{threshold} of {members}");
        assert_eq!(harness.keyholders.len(), members - 1, "the last has no share");
        let reveals = vec![harness.commit(0, 0, 5), harness.commit(1, 0, 2)];
        harness.pass();
        harness.reveal(reveals);
        let winner = harness.bidder(0);
        let outcome = harness.finish();
        assert!(is_sold_to(&outcome.lots[0].ending, winner));
        assert_eq!(forfeited(&terms, &outcome), vec![0; members], "no lot is void");
        agreed(harness);
    }
}

/// Where one member is a threshold, the last of them cannot make the group's key `O`.
#[test]
fn the_last_deal_cannot_cancel_the_groups_key() {
    let small = of(1, 3);
    let mut harness = Harness::open(&small, &small.terms());
    harness.fund_everybody();
    let deal = deal_last(&mut harness, |sum, _| vec![-sum]);
    let refused = harness.board.submit(harness.slot, &deal);
    assert!(refused.is_err(), "the sum of all constants is nothing");
}

// ---- endorsements ----

/// The terms ask for the endorsement of all three; one never deals. Two are enough to do without it.
#[test]
fn who_never_deals_is_not_waited_for() {
    let small = of(2, 3);
    let mut terms = small.terms();
    let mut groups = terms.quorum.to_vec();
    groups[0].endorsements = 3;
    terms.quorum = list(groups);
    let mut harness = Harness::open(&small, &terms);
    harness.fund_everybody();
    harness.candidates.pop();
    harness.deal();
    harness.finish_ceremony();
    let reveals = vec![harness.commit(0, 0, 5), harness.commit(1, 0, 2)];
    harness.pass();
    harness.reveal(reveals);
    let winner = harness.bidder(0);
    let outcome = harness.finish();
    assert!(is_sold_to(&outcome.lots[0].ending, winner), "{:?}", outcome.lots[0].ending);
    agreed(harness);
}

// ---- another history's key ----

/// A bidder is shown a history without the last deal. What it commits there is refused by the one
/// that goes on, before its deposit is locked.
#[test]
fn a_commit_is_bound_to_the_key_of_its_history() {
    let small = of(2, 3);
    let terms = small.terms();
    let mut main = Harness::at_commits(&small, &terms);
    let mut other = Harness::open(&small, &terms);
    other.fund_everybody();
    other.candidates.pop();
    other.deal();
    other.finish_ceremony();
    let commit = {
        let (auction, rng) = (other.board.auction(), &mut other.rng);
        other.bidders[0].commit(auction, 0, Level(5), rng).expect("a level of the grid").commit
    };
    let before = main.auction().accounts();
    match main.board.submit(main.slot, &commit) {
        Err(talea_parties::board::BoardError::Refused(refusal)) => {
            assert_eq!(refusal.check, Check::CommitRange);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(main.auction().accounts(), before, "nothing is locked");
}

// ---- a copied reveal ----

/// A victim reveals two bids in one instruction. Somebody copies one of them into an instruction of
/// its own, which comes first.
#[test]
fn a_copied_reveal_takes_nothing_else_with_it() {
    let small = Small { lots: vec![(8, vec![1, 2]); 2], ..of(2, 3) };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let victims = [0, 1].map(|lot| harness.commit(0, lot, 6));
    let others = [0, 1].map(|lot| harness.commit(1, lot, 1));
    harness.pass();
    let both = harness.carry(victims.to_vec());
    harness.reveal(vec![victims[0].clone()]);
    harness.submit(&both);
    // Nothing of it is new now.
    let refused = harness.board.submit(harness.slot, &both);
    assert!(refused.is_err());
    harness.reveal(others.to_vec());
    let winner = harness.bidder(0);
    let outcome = harness.finish();
    for lot in outcome.lots.iter() {
        assert!(is_sold_to(&lot.ending, winner), "{:?}", lot.ending);
    }
    assert_eq!(account(&outcome, winner).forfeited, 2 * FEE);
    agreed(harness);
}

// ---- witnesses in their own cause ----

/// The seller is a group by itself. It leaves its reserve and two bids under other keys unrevealed,
/// and attests them.
#[test]
fn a_seller_alone_in_its_group_saves_no_deposit_of_its_own() {
    let groups = [(1, vec![Seat::Seller]), (2, vec![Seat::Own; 3])];
    let small = Small { reserve: Some(false), ..small(&groups) };
    let mut harness = Harness::at_reserves(&small, &small.terms());
    let seller = harness.auction().terms().seller;
    let reserve = harness.reserve(0, 7);
    harness.pass();
    let shills = [0, 1].map(|bidder| harness.commit(bidder, 0, 4 + bidder as u32));
    let honest = harness.commit(2, 0, 3);
    harness.pass();
    harness.reveal(vec![honest]);
    harness.pass();
    let mut attested = vec![reserve.bid, shills[0].bid, shills[1].bid];
    attested.sort();
    // Seat 0 is the seller's; the others hold nothing.
    harness.posts(0, &attested).iter().for_each(|post| harness.submit(post));
    let outcome = harness.finish();
    let lost = |party: PartyKey| account(&outcome, party).forfeited;
    assert_eq!(lost(seller), DEPOSIT);
    assert_eq!(shills.map(|shill| lost(shill.bid.bidder)), [DEPOSIT + FEE; 2]);
    agreed(harness);
}

// ---- posts that a board drops ----

/// Ranking has begun on one lot with two bids.
fn ranking(small: &Small) -> Harness {
    ranking_under(small, &small.terms())
}

fn ranking_under(small: &Small, terms: &Terms) -> Harness {
    let mut harness = Harness::at_commits(small, terms);
    let lots = small.lots.len() as u32;
    let bids = (0..lots).flat_map(|lot| [(0, lot, 5), (1, lot, 2)]);
    let reveals: Vec<Reveal> =
        bids.map(|(bidder, lot, level)| harness.commit(bidder, lot, level)).collect();
    harness.pass();
    harness.reveal(reveals);
    harness.act_until(Phase::Ranking);
    harness
}

/// A board drops everything that keyholders say, and lets time pass. Their bonds reach nobody who
/// could be its ally.
#[test]
fn bonds_that_a_board_takes_reach_no_bidder() {
    let small = of(2, 3);
    let terms = small.terms();
    let mut harness = ranking(&small);
    while harness.auction().phase() != Phase::Closed {
        harness.pass();
    }
    let outcome = agreed(harness);
    assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Quorum));
    assert_eq!(forfeited(&terms, &outcome), [BOND; 3]);
    let beneficiary = small.cast().beneficiary();
    for account in outcome.accounts.iter().filter(|account| account.party != beneficiary) {
        assert_eq!(account.received, 0);
    }
    assert_eq!(account(&outcome, beneficiary).received, 3 * BOND + 2 * FEE);
}

/// Where there are rounds a keyholder can be late twice on one lot: with a turn in the first, and with its
/// endorsement in the next, for want of which the lot is void. It keeps its bond if the others vouched
/// both times: a word for its turn does not pay for a veto later, nor one for its endorsement for its turn.
#[test]
fn a_word_for_one_deadline_excuses_from_no_other() {
    let small = Small {
        lots: vec![(8, vec![2, 1])],
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((4, false)),
        ..of(2, 3)
    };
    for vouched in [[false, false], [true, false], [false, true], [true, true]] {
        let mut harness = ranking(&small);
        let ids = [0, 1, 2].map(|place: usize| harness.keyholders[place].id());
        let vouch = |harness: &mut Harness, voucher: usize, heard: &[usize]| {
            let duty = harness.auction().duties()[0];
            let heard = heard.iter().map(|place| ids[*place]).collect();
            let auction = harness.board.auction();
            let vouch = harness.keyholders[voucher].vouch(auction, duty, &heard).unwrap();
            harness.submit(&vouch);
        };
        // The first one's turn at the lists of the depth.
        if vouched[0] {
            [1, 2].into_iter().for_each(|voucher| vouch(&mut harness, voucher, &[0]));
        }
        harness.pass();
        assert!(harness.auction().is_excluded(0, ids[0]));
        assert_eq!(harness.auction().is_excused(0, ids[0]), vouched[0]);
        harness.act_until(Phase::Commits);
        harness.pass();
        // The endorsements of the first and the second are missing, of whom all vouch for the second.
        assert_eq!((harness.auction().phase(), harness.auction().round()), (Phase::Endorsing, 1));
        assert!(harness.act(2));
        let of_both = if vouched[1] { &[0, 1][..] } else { &[1] };
        vouch(&mut harness, 2, of_both);
        vouch(&mut harness, 0, &[1]);
        if vouched[1] {
            vouch(&mut harness, 1, &[0]);
        }
        harness.pass();
        let is_excused = harness.auction().is_excused(0, ids[0]);
        let outcome = agreed(harness);
        assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Endorsement));
        let lost = if vouched == [true, true] { 0 } else { BOND };
        assert_eq!(forfeited(&small.terms(), &outcome), [lost, 0, 0], "{vouched:?}");
        assert_eq!(is_excused, lost == 0, "{vouched:?}");
    }
}

/// Somebody is due in several chunks. It leaves what it has to say on one with the others alone, who hand it
/// in and vouch for it, and withholds the rest. It is excused if the others vouch for it on each.
#[test]
fn a_word_for_one_chunk_excuses_from_no_other() {
    for vouched in [0, 1, usize::MAX] {
        let groups = [(2, vec![Seat::Own; 2]), (2, vec![Seat::Own; 3])];
        let small = Small { chunk_items: 1, ..small(&groups) };
        let mut terms = small.terms();
        let mut groups = terms.quorum.to_vec();
        groups[0].is_witness = false;
        terms.quorum = list(groups);
        let mut harness = ranking_under(&small, &terms);
        // Gates, one a chunk; the first keyholder, whom nobody can replace, is due in all of them.
        let posts = loop {
            let posts = harness.posts(0, &[]);
            if posts.len() > 2 && harness.posts(1, &[]).is_empty() {
                break posts;
            }
            assert!((0..5).any(|place| harness.act(place)), "somebody is due");
        };
        let first = harness.keyholders[0].id();
        let duties = harness.auction().duties();
        for duty in duties.into_iter().take(vouched) {
            for voucher in [2, 3] {
                let (auction, heard) = (harness.board.auction(), [first].into());
                let vouch = harness.keyholders[voucher].vouch(auction, duty, &heard).unwrap();
                harness.submit(&vouch);
            }
        }
        // The board takes the first; a slot later, so that the second one's time for it ends later.
        harness.slot += 1;
        if vouched == 1 {
            harness.submit(&posts[0]);
        }
        harness.pass();
        let outcome = agreed(harness);
        assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Quorum));
        let lost = if vouched == usize::MAX { 0 } else { BOND };
        assert_eq!(forfeited(&terms, &outcome), [lost, 0, 0, 0, 0]);
    }
}

/// However late a board lets time pass, one instruction passes one deadline of a lot.
#[test]
fn one_instruction_passes_no_two_deadlines_of_a_lot() {
    // Shares of the first digit, then gates, in turn.
    let mut harness = ranking(&of(2, 3));
    harness.act_until_gates();
    harness.slot += 1 << 40;
    harness.pass();
    assert_eq!(harness.auction().ending(0), None, "the second has not been waited for");
    assert!(harness.act(1) && harness.act(2));
    let winner = harness.bidder(0);
    assert!(is_sold_to(&harness.finish().lots[0].ending, winner));
    agreed(harness);
}

/// The same between phases: keyholders have their time for endorsing, however late the end of the
/// reveals is noticed.
#[test]
fn endorsing_has_its_time_however_late_it_begins() {
    let small = of(2, 3);
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = vec![harness.commit(0, 0, 5)];
    harness.commit(1, 0, 2);
    harness.pass();
    harness.reveal(reveals);
    harness.slot = 1 << 40;
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    let winner = harness.bidder(0);
    assert!(is_sold_to(&harness.finish().lots[0].ending, winner));
    agreed(harness);
}

// ---- drip ----

/// A keyholder posts one chunk at each deadline. It is excluded after the first.
#[test]
fn a_chunk_at_a_time_holds_nobody_up() {
    let small = Small { chunk_items: 1, ..of(2, 3) };
    let mut harness = ranking(&small);
    let begun = loop {
        let dues = harness.auction().dues(harness.keyholders[0].id());
        if dues.len() > 3 && harness.posts(1, &[]).is_empty() {
            break harness.auction().deadline().expect("a step has one");
        }
        assert!((0..3).any(|place| harness.act(place)), "somebody is due");
    };
    // Gates, one a chunk; the first keyholder is due in all of them.
    let drips = harness.posts(0, &[]);
    let step = begun - harness.slot;
    for (deadline, drip) in (0..).map(|number| begun + number * step).zip(&drips).take(2) {
        harness.slot = deadline;
        let is_accepted = harness.board.submit(harness.slot, drip).is_ok();
        assert_eq!(is_accepted, deadline == begun, "the others have waited since the beginning");
    }
    harness.slot = begun;
    harness.pass();
    assert!(harness.auction().is_excluded(0, harness.keyholders[0].id()));
    let winner = harness.bidder(0);
    assert!(is_sold_to(&harness.finish().lots[0].ending, winner));
    agreed(harness);
}

// ---- what an outcome can hold ----

/// Rounds that could show more than an outcome's record can hold are refused before they begin.
#[test]
fn terms_whose_outcome_cannot_be_recorded_are_refused() {
    let small = Small {
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        ..of(2, 3)
    };
    let mut terms = small.terms();
    let rounds = Rounds { limit: 64, commit_slots: 5, reveal_slots: 5, cover: true };
    terms.rounds = Some(rounds);
    let mut lot = terms.lots[0].clone();
    lot.grid.shape = Shape::new(&[10]).expect("a possible shape");
    lot.grid.levels = 1024;
    terms.lots = List::new(vec![lot; 1024]).expect("as many as there may be");
    let open = |terms: &Terms| {
        let cast = small.cast();
        let pens = Pens::of(&cast);
        let genesis = seller::open(pens.identity(cast.seller()), terms, 1).expect("small terms");
        Auction::open(genesis.slot, &genesis.terms, &genesis.signature).map(|_| ())
    };
    assert_eq!(open(&terms).map_err(|refusal| refusal.check), Err(Check::TermsRules));
    terms.lots = List::new(terms.lots.iter().take(16).cloned().collect()).unwrap();
    assert_eq!(open(&terms), Ok(()));
}

fn fits(outcome: &Outcome) -> bool {
    let closing = Closing { outcome: outcome.clone(), head: Digest([0; 32]) };
    RecordKind::Closing.write(&borsh::to_vec(&closing).expect("memory suffices")).is_some()
}

/// The largest outcomes that terms allow: as many accounts as there may be, with all the buckets or all
/// the bids that may be shown, and 63 winners on each lot.
#[test]
fn the_largest_outcomes_fit_in_their_record() {
    let party = PartyKey([7; 32]);
    let quote = Quote { level: Level(0), price: Price(0) };
    let account = Account::empty(party);
    let sale = Sale { winner: party, comparison: PriceComparison::AbovePrice };
    let lot = |surveys: usize, buckets: usize, bids: usize| {
        let depth = (buckets > 0).then(|| list(vec![0; buckets]));
        let survey = Survey { depth: depth.clone(), cover: Some(quote) };
        LotResult {
            commits: 0,
            ranked: 0,
            invalid: 0,
            reserve: ReserveResult::Opened(quote),
            disclosed: Disclosed {
                surveys: list(vec![survey; surveys]),
                cover: Some(quote),
                depth,
                bids: (bids > 0).then(|| vec![OpenedBid { bidder: party, quote }; bids]),
            },
            ending: Ending::Sold(Award { quote, sales: list(vec![sale; 63]) }),
        }
    };
    let outcome = |lots: Vec<LotResult>| Outcome {
        auction: AuctionId([0; 32]),
        lots: list(lots),
        accounts: vec![account; MAX_ACCOUNTS + 1],
    };
    // 2^22 buckets: on few lots with long depths, or on all with short ones; the last round shows its own.
    assert!(fits(&outcome(vec![lot(63, 1024, 0); 64])));
    assert!(fits(&outcome(vec![lot(63, 64, 0); MAX_LOTS])));
    assert!(fits(&outcome(vec![lot(0, 0, 512); MAX_LOTS])));
    assert!(!fits(&outcome(vec![lot(63, 1024, 0); 256])), "what T7 refuses would not");
}
