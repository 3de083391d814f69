//! Tests of the key ceremony's end: who is a keyholder, who is at fault, how many endorse.

use std::collections::BTreeSet;

use talea_protocol::{
    check::Check,
    instruction::Instruction,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
};

use super::{
    auction::{Auction, BOND, COMPLAINTS, FEE, Rules, bidder, party, report, seat},
    refusals::{id, is_gate, refuse, until},
};
use crate::report::{Report, Verdict};

fn tick(auction: &mut Auction) {
    auction.post(&party("anybody"), &Instruction::Tick);
}

fn deal(auction: &mut Auction, id: KeyholderId, wrong: Option<u16>) {
    auction.bond(id);
    let deal = auction.deal(id, wrong);
    auction.post(&seat(id), &Instruction::Deal(deal));
}

/// The last member of the first group deals so that its own share vanishes.
fn without_a_share(seed: u64, rules: &Rules) -> Auction {
    let mut auction = Auction::open(seed, rules);
    let last = *auction.ids().iter().rfind(|id| id.group == 0).unwrap();
    auction.cancel(last, &[last.member]);
    auction.ceremony();
    auction.begin_commits();
    auction
}

#[track_caller]
fn valid(auction: &Auction) -> Report {
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    report
}

/// What each of the first group's members has lost and has left.
#[track_caller]
fn assert_bonds(auction: &Auction, lost: &[u64]) {
    for (member, lost) in (1..).zip(lost) {
        let account = auction.account(&seat(id(0, member)));
        assert_eq!((account.forfeited, account.available), (*lost, BOND - lost), "{member}");
    }
}

#[test]
fn a_share_of_nothing_harms_its_holder_alone() {
    let mut auction = without_a_share(800, &Rules::default());
    let committee = auction.replay.committee().unwrap();
    let keyholders: Vec<KeyholderId> = committee.keyholders().collect();
    assert_eq!(keyholders, [id(0, 1), id(0, 2)]);
    let hidden = [auction.commit(0, &bidder(0), 6), auction.commit(0, &bidder(1), 9)];
    auction.reveal(&hidden);
    // It is no keyholder, and nobody can vouch for it.
    let endorsement = auction.endorsement(vec![]);
    refuse(&auction, &seat(id(0, 3)), &endorsement, Check::EnvelopeRole);
    let vouch = auction.vouch(talea_protocol::ranking::Duty::Endorsement, &[id(0, 3)]);
    refuse(&auction, &seat(id(0, 1)), &vouch, Check::VouchDue);
    auction.endorse(&[]);
    auction.rank(&BTreeSet::new());
    let report = valid(&auction);
    assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
    assert_bonds(&auction, &[0, 0, 0]);
}

#[test]
fn who_has_no_share_pays_where_a_lot_is_void() {
    let mut auction = without_a_share(801, &Rules::default());
    let hidden = [auction.commit(0, &bidder(0), 6), auction.commit(0, &bidder(1), 9)];
    auction.reveal(&hidden);
    auction.endorse(&[]);
    until(&mut auction, is_gate);
    // The first is due, and late: one is left of two that are needed.
    auction.pass();
    tick(&mut auction);
    let report = valid(&auction);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Quorum)));
    assert_bonds(&auction, &[BOND, 0, BOND]);
}

#[test]
fn too_few_with_a_share_are_too_few() {
    let rules = Rules { groups: vec![(2, 2, 2)], ..Rules::default() };
    let mut auction = Auction::open(802, &rules);
    auction.cancel(id(0, 2), &[2]);
    auction.ceremony();
    tick(&mut auction);
    let report = valid(&auction);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Setup)));
    assert_bonds(&auction, &[0, BOND]);
    assert_eq!(auction.account(&party("beneficiary")).received, BOND);
}

/// Two members of a group of threshold 1 cancel its key by having one of them expelled.
#[test]
fn where_the_groups_key_is_nothing_the_expelled_one_pays() {
    let rules = Rules { groups: vec![(1, 1, 3), (1, 1, 1)], ..Rules::default() };
    let mut auction = Auction::open(803, &rules);
    deal(&mut auction, id(0, 1), Some(3));
    deal(&mut auction, id(0, 2), None);
    auction.cancel_key(id(0, 3), &[id(0, 2)]);
    deal(&mut auction, id(0, 3), None);
    deal(&mut auction, id(1, 1), None);
    auction.slot = COMPLAINTS;
    let complaint = auction.complaint(id(0, 3), id(0, 1));
    auction.post(&seat(id(0, 3)), &Instruction::Complain(complaint));
    auction.slot += 1;
    tick(&mut auction);
    let report = valid(&auction);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Setup)));
    // Nobody of the group has a share, and that is not its holder's doing.
    assert_bonds(&auction, &[BOND, 0, 0]);
}

/// A deal that makes the sum of all constants vanish is refused, also across groups.
#[test]
fn s3_the_last_deal_does_not_cancel_the_whole_key() {
    let rules = Rules { groups: vec![(1, 1, 1), (1, 1, 1)], ..Rules::default() };
    let mut auction = Auction::open(804, &rules);
    auction.cancel_key(id(1, 1), &[id(0, 1)]);
    deal(&mut auction, id(0, 1), None);
    auction.bond(id(1, 1));
    let last = Instruction::Deal(auction.deal(id(1, 1), None));
    refuse(&auction, &seat(id(1, 1)), &last, Check::DealConstant);
}

/// It vanishes all the same where one who dealt is expelled, and that one pays.
#[test]
fn without_a_key_the_auction_is_void() {
    let rules = Rules { groups: vec![(1, 1, 2), (1, 1, 1)], ..Rules::default() };
    let mut auction = Auction::open(804, &rules);
    auction.cancel_key(id(1, 1), &[id(0, 2)]);
    deal(&mut auction, id(0, 1), Some(2));
    deal(&mut auction, id(0, 2), None);
    deal(&mut auction, id(1, 1), None);
    auction.slot = COMPLAINTS;
    let complaint = auction.complaint(id(0, 2), id(0, 1));
    auction.post(&seat(id(0, 2)), &Instruction::Complain(complaint));
    auction.slot += 1;
    tick(&mut auction);
    let report = valid(&auction);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Setup)));
    assert_bonds(&auction, &[BOND, 0]);
}

/// 2 of 3 with 3 endorsements, as two sets of endorsers need to meet; one never deals.
#[test]
fn who_never_dealt_is_not_waited_for() {
    let rules = Rules { groups: vec![(2, 3, 3)], ..Rules::default() };
    for dealers in [2, 3] {
        let mut auction = Auction::open(805, &rules);
        for member in 1..=dealers {
            deal(&mut auction, id(0, member), None);
        }
        auction.begin_commits();
        let hidden = [auction.commit(0, &bidder(0), 6), auction.commit(0, &bidder(1), 9)];
        auction.reveal(&hidden);
        for member in 1..=2 {
            let endorsement = auction.endorsement(vec![]);
            auction.post(&seat(id(0, member)), &endorsement);
        }
        let phase = if dealers == 2 { "Ranking" } else { "Endorsing" };
        assert_eq!(auction.replay.phase().name(), phase);
        if dealers == 3 {
            // Of three keyholders all are waited for, and one voids every lot at its price.
            auction.pass();
            tick(&mut auction);
            let report = valid(&auction);
            assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Endorsement)));
            assert_bonds(&auction, &[0, 0, BOND]);
        }
    }
}

/// Nobody receives what is forfeited, and no unit is lost.
#[test]
fn without_a_beneficiary_nobody_receives() {
    let mut auction = Auction::open_with(806, &Rules::default(), |terms| {
        terms.stakes.beneficiary = None;
    });
    auction.ceremony();
    auction.begin_commits();
    let hidden = [auction.commit(0, &bidder(0), 6), auction.commit(0, &bidder(1), 9)];
    auction.reveal(&hidden);
    auction.endorse(&[]);
    until(&mut auction, is_gate);
    for _ in 0..2 {
        auction.pass();
        tick(&mut auction);
    }
    let report = valid(&auction);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Quorum)));
    assert_bonds(&auction, &[BOND, BOND, 0]);
    assert!(report.accounts.iter().all(|account| account.received == 0));
    assert_eq!(auction.account(&bidder(0)).forfeited, FEE);
    assert_eq!(report.role(&super::auction::key(&party("beneficiary"))), "bidder or other party");
    // Nobody is kept from bidding as a beneficiary that there is not.
    let mut auction = Auction::open_with(807, &Rules::default(), |terms| {
        terms.stakes.beneficiary = None;
    });
    auction.ceremony();
    auction.begin_commits();
    auction.commit(0, &party("beneficiary"), 6);
}
