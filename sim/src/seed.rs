//! Where every secret of a simulated auction comes from: one number.
//!
//! A simulation is reproducible, so its secrets are known to whoever knows the seed. Nothing made
//! here protects anybody.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use sha2::{Digest as _, Sha256};

const LABEL: &[u8] = b"talea/sim/v1/seed";

/// The generator of a seed's run number `number`: ChaCha20, keyed with
/// `SHA-256(label || seed u64 || number u64)`, integers little-endian.
#[must_use]
pub fn generator(seed: u64, number: u64) -> ChaCha20Rng {
    let mut hash = Sha256::new();
    hash.update(LABEL);
    hash.update(seed.to_le_bytes());
    hash.update(number.to_le_bytes());
    ChaCha20Rng::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::generator;
    use rand_core::RngCore as _;

    #[test]
    fn one_seed_is_one_stream() {
        let draw = |seed, number| generator(seed, number).next_u64();
        assert_eq!(draw(7, 0), draw(7, 0));
        assert_ne!(draw(7, 0), draw(8, 0));
        assert_ne!(draw(7, 0), draw(7, 1));
    }
}
