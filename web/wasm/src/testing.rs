//! An auction of two lots that tests follow, with everybody's keys at hand.

use crate::follower::{Feed, Follower};
use rand_core::OsRng;
use talea_contract::{Auction, Phase};
use talea_parties::{
    identity::Identity,
    keyholder::{Candidate, EncryptionSecret},
    seller,
};
use talea_protocol::{
    bytes::List,
    instruction::Instruction,
    terms::{Admission, Terms},
    transcript::{Genesis, MAGIC, RecordKind},
};
use talea_replay::{
    checkpoint::{Checkpoint, Receipt},
    merkle,
};
use talea_text::board::BoardTerms;

/// The auction, and who signs for its seller and its board.
pub struct Market {
    auction: Auction,
    transcript: Vec<u8>,
    bodies: Vec<Vec<u8>>,
    slot: u64,
    seller: Identity,
    board: Identity,
}

impl Market {
    /// It waits for commits, anybody may bid, and nothing is at stake.
    pub fn at_commits() -> Self {
        let [seller, board, holder] = [1, 2, 3].map(|seed| Identity::from_seed(&[seed; 32]));
        let candidate = Candidate::new(holder, EncryptionSecret::generate(&mut OsRng));
        let vector = include_bytes!("../../../docs/vectors/transcripts/two-lots.talea");
        let (header, rest) = vector[MAGIC.len()..].split_first_chunk().unwrap();
        let (_, length) = RecordKind::read_header(header).unwrap();
        let genesis: Genesis = borsh::from_slice(&rest[..length]).unwrap();
        let mut terms: Terms = borsh::from_slice(&genesis.terms).unwrap();
        let home = BoardTerms { key: board.party(), starts: 0, slot: 1_000 };
        terms.domain = home.domain().unwrap();
        terms.seller = seller.party();
        terms.admission = Admission::Open;
        (terms.stakes.deposit, terms.stakes.bond, terms.stakes.commit_fee) = (0, 0, 0);
        let mut group = terms.quorum[0].clone();
        (group.threshold, group.endorsements) = (1, 1);
        group.members = List::new(vec![candidate.member()]).unwrap();
        terms.quorum = List::new(vec![group]).unwrap();

        let genesis = seller::open(&seller, &terms, 1).unwrap();
        let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature).unwrap();
        let record = RecordKind::Genesis.write(&borsh::to_vec(&genesis).unwrap()).unwrap();
        let transcript = [MAGIC.as_slice(), &record].concat();
        let mut market = Self { auction, transcript, bodies: Vec::new(), slot: 1, seller, board };
        let (deal, _) = candidate.deal(&market.auction, &mut OsRng).unwrap();
        market.submit(&deal);
        while market.auction.phase() != Phase::Commits {
            market.pass();
        }
        market
    }

    /// Takes what the rules must accept.
    #[track_caller]
    pub fn submit(&mut self, instruction: &[u8]) {
        let entry = self.auction.apply(self.slot, instruction).unwrap();
        let body = borsh::to_vec(&entry).unwrap();
        self.transcript.extend(RecordKind::Entry.write(&body).unwrap());
        self.bodies.push(body);
    }

    /// Time passes beyond the deadline.
    pub fn pass(&mut self) {
        self.slot = self.auction.deadline().unwrap() + 1;
        let tick = self.seller.sign(&self.auction.id(), &Instruction::Tick).unwrap();
        self.submit(&tick);
    }

    /// What the board shows, fed to a page.
    pub fn shown(&self) -> Feed {
        let mut feed = Feed::default();
        feed.take(&self.transcript).unwrap();
        feed
    }

    /// The board's receipt of an entry, under a checkpoint over all of them.
    pub fn receipt(&self, follower: &Follower, entry: u64) -> Receipt {
        let mut tree = merkle::Tree::default();
        self.bodies.iter().for_each(|body| tree.push(merkle::leaf(body)));
        let entries = follower.entries();
        let roots = (tree.root(entries).unwrap(), follower.auction().head());
        let sign = |bytes: &[u8]| self.board.sign_bytes(bytes);
        let checkpoint = Checkpoint::over(&self.auction.id(), entries, roots, self.slot, sign);
        let body = &self.bodies[usize::try_from(entry - 1).unwrap()];
        Receipt::under(&checkpoint, &self.board.party(), (entry, body), &tree).unwrap()
    }
}
