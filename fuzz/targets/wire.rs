//! Every wire type: whatever decodes encodes to the same bytes, and nothing panics.
#![no_main]

use borsh::{BorshDeserialize, BorshSerialize};
use libfuzzer_sys::fuzz_target;
use talea_protocol::{
    instruction::{Instruction, SignedInstruction},
    price::Shape,
    sealed_bid::SealedBid,
    terms::Terms,
    transcript::{Closing, Entry, Genesis},
};

fn canonical<T: BorshDeserialize + BorshSerialize>(bytes: &[u8]) {
    if let Ok(value) = borsh::from_slice::<T>(bytes) {
        assert_eq!(borsh::to_vec(&value).expect("memory takes it"), bytes);
    }
}

fuzz_target!(|data: &[u8]| {
    canonical::<Terms>(data);
    canonical::<Instruction>(data);
    canonical::<SignedInstruction>(data);
    canonical::<Genesis>(data);
    canonical::<Entry>(data);
    canonical::<Closing>(data);
    if let Some((first, rest)) = data.split_first() {
        let digits: Vec<u8> = rest.iter().take(usize::from(first % 9)).copied().collect();
        if let Ok(shape) = Shape::new(&digits)
            && let Some(bid) = SealedBid::from_bytes(rest, &shape)
        {
            assert_eq!(bid.to_bytes(), rest);
        }
    }
});
