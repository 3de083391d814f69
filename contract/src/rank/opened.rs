//! What a ciphertext turned out to hold.

use crate::elgamal::Ciphertext;
use curve25519_dalek::{RistrettoPoint, Scalar, traits::IsIdentity as _};

/// An opened message `M`, as `scale * M` beside `scale * G`, `scale` a public number that is not
/// zero and may differ from one opening to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) message: RistrettoPoint,
    pub(crate) unit: RistrettoPoint,
}

impl Opened {
    /// Reads a ciphertext whose randomness is `O`: everybody can.
    pub(crate) fn read(public: &Ciphertext, generator: RistrettoPoint) -> Self {
        Self { message: public.e, unit: generator }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.message.is_identity()
    }

    /// Whether it is `G`, or else `-G`; nothing if it is neither (K10).
    pub(crate) fn is_positive_sign(&self) -> Option<bool> {
        if self.message == self.unit {
            Some(true)
        } else {
            (self.message == -self.unit).then_some(false)
        }
    }

    /// The `n <= most` for which it is `n * scale * G`; nothing if there is none (K13).
    pub(crate) fn count(&self, scale: &Scalar, most: usize) -> Option<usize> {
        let unit = self.unit * scale;
        let mut left = self.message;
        for n in 0..=most {
            if left.is_identity() {
                return Some(n);
            }
            left -= unit;
        }
        None
    }
}
