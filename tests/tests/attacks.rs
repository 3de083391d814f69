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
        Account, Award, Disclosed, Ending, LotResult, OpenedBid, Outcome, Quote, ReserveResult,
        Sale, Standing, Survey, VoidCause,
    },
    price::{Level, Price, Shape},
    quorum::keyholders,
    sealed_bid::Reveal,
    terms::{AuctionId, Depth, Disclosure, Rounds, Terms},
    transcript::{Closing, RecordKind},
};
use talea_sim::play::Seat;
use talea_tests::{Small, is_sold_to, list, opinions, replay::Pens, stage::Stage};

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
fn agreed(stage: Stage) -> Outcome {
    let outcome = stage.auction().outcome().expect("the auction is closed");
    opinions::agree_that_it_is_valid(&stage.board.into_inner().1, &outcome);
    outcome
}

// ---- the last to deal ----

/// The share that the candidate has of the others' deals.
fn sum_received(stage: &Stage, candidate: &Candidate) -> Scalar {
    let quorum = &stage.auction().terms().quorum;
    let received = |id| candidate.received(stage.auction(), id);
    keyholders(quorum).filter_map(|(id, _)| received(id)).sum()
}

/// All but the last member deal; it deals this polynomial, of which it knows what the others sent it.
fn deal_last(stage: &mut Stage, polynomial: impl Fn(Scalar, Scalar) -> Vec<Scalar>) -> Vec<u8> {
    let last = stage.candidates.pop().expect("there are members");
    stage.deal();
    let sum = sum_received(stage, &last);
    let member = stage.auction().terms().quorum[0].members.len() as u64;
    let coefficients = polynomial(sum, Scalar::from(member));
    let dealt = last.deal_chosen(stage.board.auction(), &coefficients, |_, s| s, &mut stage.rng);
    let (deal, dealer) = dealt.expect("it is named");
    stage.dealers.push(dealer);
    deal
}

/// A member that deals last and cancels its own share harms nobody but itself.
#[test]
fn a_share_of_nothing_is_its_dealers_own_loss() {
    for (threshold, members) in [(2, 3), (3, 5)] {
        let small = of(threshold, members);
        let terms = small.terms();
        let mut stage = Stage::open(&small, &terms);
        stage.fund_everybody();
        // f(j) = -sum, with a random constant: f(X) = a + X (-sum - a) / j.
        let constant = Scalar::random(&mut stage.rng);
        let deal = deal_last(&mut stage, |sum, at| {
            let mut coefficients = vec![Scalar::ZERO; threshold.into()];
            coefficients[0] = constant;
            coefficients[1] = (-sum - constant) * at.invert();
            coefficients
        });
        stage.submit(&deal);
        let dealers = std::mem::take(&mut stage.dealers);
        while stage.auction().phase() != Phase::Complaints {
            stage.pass();
        }
        for dealer in &dealers {
            let complaints = dealer.complaints(stage.board.auction(), &mut stage.rng).unwrap();
            assert!(complaints.is_empty(), "every share is right");
        }
        stage.dealers = dealers;
        stage.finish_ceremony();
        assert_eq!(stage.auction().phase(), Phase::Commits, "{threshold} of {members}");
        assert_eq!(stage.keyholders.len(), members - 1, "the last has no share");
        let reveals = vec![stage.commit(0, 0, 5), stage.commit(1, 0, 2)];
        stage.pass();
        stage.reveal(reveals);
        let winner = stage.bidder(0);
        let outcome = stage.finish();
        assert!(is_sold_to(&outcome.lots[0].ending, winner));
        assert_eq!(forfeited(&terms, &outcome), vec![0; members], "no lot is void");
        agreed(stage);
    }
}

/// Where one member is a threshold, the last of them cannot make the group's key `O`.
#[test]
fn the_last_deal_cannot_cancel_the_groups_key() {
    let small = of(1, 3);
    let mut stage = Stage::open(&small, &small.terms());
    stage.fund_everybody();
    let deal = deal_last(&mut stage, |sum, _| vec![-sum]);
    let refused = stage.board.submit(stage.slot, &deal);
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
    let mut stage = Stage::open(&small, &terms);
    stage.fund_everybody();
    stage.candidates.pop();
    stage.deal();
    stage.finish_ceremony();
    let reveals = vec![stage.commit(0, 0, 5), stage.commit(1, 0, 2)];
    stage.pass();
    stage.reveal(reveals);
    let winner = stage.bidder(0);
    let outcome = stage.finish();
    assert!(is_sold_to(&outcome.lots[0].ending, winner), "{:?}", outcome.lots[0].ending);
    agreed(stage);
}

// ---- another history's key ----

/// A bidder is shown a history without the last deal. What it commits there is refused by the one
/// that goes on, before its deposit is locked.
#[test]
fn a_commit_is_bound_to_the_key_of_its_history() {
    let small = of(2, 3);
    let terms = small.terms();
    let mut main = Stage::at_commits(&small, &terms);
    let mut other = Stage::open(&small, &terms);
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
    let mut stage = Stage::at_commits(&small, &small.terms());
    let victims = [0, 1].map(|lot| stage.commit(0, lot, 6));
    let others = [0, 1].map(|lot| stage.commit(1, lot, 1));
    stage.pass();
    let both = stage.carry(victims.to_vec());
    stage.reveal(vec![victims[0].clone()]);
    stage.submit(&both);
    // Nothing of it is new now.
    let refused = stage.board.submit(stage.slot, &both);
    assert!(refused.is_err());
    stage.reveal(others.to_vec());
    let winner = stage.bidder(0);
    let outcome = stage.finish();
    for lot in outcome.lots.iter() {
        assert!(is_sold_to(&lot.ending, winner), "{:?}", lot.ending);
    }
    assert_eq!(account(&outcome, winner).forfeited, 2 * FEE);
    agreed(stage);
}

// ---- witnesses in their own cause ----

/// The seller is a group by itself. It leaves its reserve and two bids under other keys unrevealed,
/// and attests them.
#[test]
fn a_seller_alone_in_its_group_saves_no_deposit_of_its_own() {
    let groups = [(1, vec![Seat::Seller]), (2, vec![Seat::Own; 3])];
    let small = Small { reserve: Some(false), ..small(&groups) };
    let mut stage = Stage::at_reserves(&small, &small.terms());
    let seller = stage.auction().terms().seller;
    let reserve = stage.reserve(0, 7);
    stage.pass();
    let shills = [0, 1].map(|bidder| stage.commit(bidder, 0, 4 + bidder as u32));
    let honest = stage.commit(2, 0, 3);
    stage.pass();
    stage.reveal(vec![honest]);
    stage.pass();
    let mut attested = vec![reserve.bid, shills[0].bid, shills[1].bid];
    attested.sort();
    // Seat 0 is the seller's; the others hold nothing.
    stage.posts(0, &attested).iter().for_each(|post| stage.submit(post));
    let outcome = stage.finish();
    let lost = |party: PartyKey| account(&outcome, party).forfeited;
    assert_eq!(lost(seller), DEPOSIT);
    assert_eq!(shills.map(|shill| lost(shill.bid.bidder)), [DEPOSIT + FEE; 2]);
    agreed(stage);
}

// ---- posts that a board drops ----

/// Ranking has begun on one lot with two bids.
fn ranking(small: &Small) -> Stage {
    ranking_under(small, &small.terms())
}

fn ranking_under(small: &Small, terms: &Terms) -> Stage {
    let mut stage = Stage::at_commits(small, terms);
    let lots = small.lots.len() as u32;
    let bids = (0..lots).flat_map(|lot| [(0, lot, 5), (1, lot, 2)]);
    let reveals: Vec<Reveal> =
        bids.map(|(bidder, lot, level)| stage.commit(bidder, lot, level)).collect();
    stage.pass();
    stage.reveal(reveals);
    stage.act_until(Phase::Ranking);
    stage
}

/// A board drops everything that keyholders say, and lets time pass. Their bonds reach nobody who
/// could be its ally.
#[test]
fn bonds_that_a_board_takes_reach_no_bidder() {
    let small = of(2, 3);
    let terms = small.terms();
    let mut stage = ranking(&small);
    while stage.auction().phase() != Phase::Closed {
        stage.pass();
    }
    let outcome = agreed(stage);
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
        let mut stage = ranking(&small);
        let ids = [0, 1, 2].map(|place: usize| stage.keyholders[place].id());
        let vouch = |stage: &mut Stage, voucher: usize, heard: &[usize]| {
            let duty = stage.auction().duties()[0];
            let heard = heard.iter().map(|place| ids[*place]).collect();
            let auction = stage.board.auction();
            let vouch = stage.keyholders[voucher].vouch(auction, duty, &heard).unwrap();
            stage.submit(&vouch);
        };
        // The first one's turn at the lists of the depth.
        if vouched[0] {
            [1, 2].into_iter().for_each(|voucher| vouch(&mut stage, voucher, &[0]));
        }
        stage.pass();
        assert!(stage.auction().is_out(0, ids[0]));
        assert_eq!(stage.auction().is_excused(0, ids[0]), vouched[0]);
        stage.act_until(Phase::Commits);
        stage.pass();
        // The endorsements of the first and the second are missing, of whom all vouch for the second.
        assert_eq!((stage.auction().phase(), stage.auction().round()), (Phase::Endorsing, 1));
        assert!(stage.act(2));
        let of_both = if vouched[1] { &[0, 1][..] } else { &[1] };
        vouch(&mut stage, 2, of_both);
        vouch(&mut stage, 0, &[1]);
        if vouched[1] {
            vouch(&mut stage, 1, &[0]);
        }
        stage.pass();
        let is_excused = stage.auction().is_excused(0, ids[0]);
        let outcome = agreed(stage);
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
        let mut stage = ranking_under(&small, &terms);
        // Gates, one a chunk; the first keyholder, whom nobody can replace, is due in all of them.
        let posts = loop {
            let posts = stage.posts(0, &[]);
            if posts.len() > 2 && stage.posts(1, &[]).is_empty() {
                break posts;
            }
            assert!((0..5).any(|place| stage.act(place)), "somebody is due");
        };
        let first = stage.keyholders[0].id();
        let duties = stage.auction().duties();
        for duty in duties.into_iter().take(vouched) {
            for voucher in [2, 3] {
                let (auction, heard) = (stage.board.auction(), [first].into());
                let vouch = stage.keyholders[voucher].vouch(auction, duty, &heard).unwrap();
                stage.submit(&vouch);
            }
        }
        // The board takes the first; a slot later, so that the second one's time for it ends later.
        stage.slot += 1;
        if vouched == 1 {
            stage.submit(&posts[0]);
        }
        stage.pass();
        let outcome = agreed(stage);
        assert_eq!(outcome.lots[0].ending, Ending::Void(VoidCause::Quorum));
        let lost = if vouched == usize::MAX { 0 } else { BOND };
        assert_eq!(forfeited(&terms, &outcome), [lost, 0, 0, 0, 0]);
    }
}

/// However late a board lets time pass, one instruction passes one deadline of a lot.
#[test]
fn one_instruction_passes_no_two_deadlines_of_a_lot() {
    // Shares of the first digit, then gates, in turn.
    let mut stage = ranking(&of(2, 3));
    stage.act_until_gates();
    stage.slot += 1 << 40;
    stage.pass();
    assert_eq!(stage.auction().ending(0), None, "the second has not been waited for");
    assert!(stage.act(1) && stage.act(2));
    let winner = stage.bidder(0);
    assert!(is_sold_to(&stage.finish().lots[0].ending, winner));
    agreed(stage);
}

/// The same between phases: keyholders have their time for endorsing, however late the end of the
/// reveals is noticed.
#[test]
fn endorsing_has_its_time_however_late_it_begins() {
    let small = of(2, 3);
    let mut stage = Stage::at_commits(&small, &small.terms());
    let reveals = vec![stage.commit(0, 0, 5)];
    stage.commit(1, 0, 2);
    stage.pass();
    stage.reveal(reveals);
    stage.slot = 1 << 40;
    stage.pass();
    assert_eq!(stage.auction().phase(), Phase::Endorsing);
    let winner = stage.bidder(0);
    assert!(is_sold_to(&stage.finish().lots[0].ending, winner));
    agreed(stage);
}

// ---- drip ----

/// A keyholder posts one chunk at each deadline. It is out after the first.
#[test]
fn a_chunk_at_a_time_holds_nobody_up() {
    let small = Small { chunk_items: 1, ..of(2, 3) };
    let mut stage = ranking(&small);
    let begun = loop {
        let dues = stage.auction().dues(stage.keyholders[0].id());
        if dues.len() > 3 && stage.posts(1, &[]).is_empty() {
            break stage.auction().deadline().expect("a step has one");
        }
        assert!((0..3).any(|place| stage.act(place)), "somebody is due");
    };
    // Gates, one a chunk; the first keyholder is due in all of them.
    let drips = stage.posts(0, &[]);
    let step = begun - stage.slot;
    for (deadline, drip) in (0..).map(|number| begun + number * step).zip(&drips).take(2) {
        stage.slot = deadline;
        let is_accepted = stage.board.submit(stage.slot, drip).is_ok();
        assert_eq!(is_accepted, deadline == begun, "the others have waited since the beginning");
    }
    stage.slot = begun;
    stage.pass();
    assert!(stage.auction().is_out(0, stage.keyholders[0].id()));
    let winner = stage.bidder(0);
    assert!(is_sold_to(&stage.finish().lots[0].ending, winner));
    agreed(stage);
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
    let sale = Sale { winner: party, standing: Standing::AbovePrice };
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
