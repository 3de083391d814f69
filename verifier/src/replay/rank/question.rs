//! The questions of which ranking is made: Open, Zero-test, At-most-test, Product (section 11).
//!
//! A question is about a list of ciphertexts and is answered by a step or two of the keyholders. A
//! ciphertext that is public is read, without keyholders.

use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{check::Check, sealed_bid::Ciphertext};

use std::sync::Arc;

use super::{
    dialogue::{Halt, KeyholderChannel},
    lagrange::{Delta, Opened},
    step::{Done, Work},
};
use crate::{
    group::{Cipher, bases},
    proofs::{blind::Item, decryption_share::Element},
};

/// A ciphertext to be opened: its randomness, encoded too, and its masked message.
type Sealed = (Element, RistrettoPoint);

fn sealed(cipher: Cipher) -> Sealed {
    (Element::of(cipher.r), cipher.e)
}

/// One `y`, and the bits that it is to be multiplied with.
pub(crate) struct Factor {
    pub(crate) y: Cipher,
    pub(crate) bits: Vec<Cipher>,
}

impl KeyholderChannel {
    /// **Open**: `M` of each.
    pub(crate) async fn open(&self, ciphers: Vec<Cipher>) -> Result<Vec<RistrettoPoint>, Halt> {
        let opened = self.decrypt(ciphers.into_par_iter().map(sealed).collect()).await?;
        Ok(opened.par_iter().map(Opened::message).collect())
    }

    /// **Zero-test**: whether each is an encryption of 0.
    pub(crate) async fn are_zero(&self, ciphers: Vec<Cipher>) -> Result<Vec<bool>, Halt> {
        let hidden: Vec<Cipher> = ciphers.iter().filter(|c| !c.is_public()).copied().collect();
        let sums = if hidden.is_empty() {
            Vec::new()
        } else {
            match self.ask(Work::Blind(hidden)).await {
                Done::Blind(sums) => sums,
                _ => return Err(Halt::Lost),
            }
        };
        let mut opened =
            self.decrypt(sums.into_par_iter().map(sealed).collect()).await?.into_iter();
        ciphers
            .iter()
            .map(|cipher| {
                if cipher.is_public() {
                    return Ok(cipher.e.is_identity());
                }
                Ok(opened.next().ok_or(Halt::Lost)?.is_zero())
            })
            .collect()
    }

    /// **At-most-test** for the limit `M`, at a scale `u`: whether each is an encryption of
    /// `u * n` with `n` at most `M`.
    pub(crate) async fn are_at_most(
        &self,
        limit: u16,
        scale: Scalar,
        totals: Vec<Cipher>,
    ) -> Result<Vec<bool>, Halt> {
        if limit == 0 {
            return self.are_zero(totals).await;
        }
        // The least k such that 2^k > M.
        let k = u16::BITS.saturating_sub(limit.leading_zeros());
        let length = 1usize.checked_shl(k).ok_or(Halt::Lost)?;
        // (M - i)*u*G, i = 0 .. 2^k - 1
        let unit = bases().g * scale;
        let first = unit * Scalar::from(limit);
        let shifts: Vec<RistrettoPoint> =
            std::iter::successors(Some(first), |shift| Some(shift - unit)).take(length).collect();

        // X_i = T - (M - i)*u*(O, G): the list of T has one randomness.
        let entries: Vec<Item> = totals
            .par_iter()
            .filter(|total| !total.is_public())
            .flat_map_iter(|total| {
                let list = shifts.iter().map(|shift| Cipher { r: total.r, e: total.e - shift });
                let r = crate::group::encode(&total.r);
                list.map(move |cipher| {
                    let e = crate::group::encode(&cipher.e);
                    Item { cipher, wire: Ciphertext { r, e } }
                })
            })
            .collect();
        let shuffled = if entries.is_empty() {
            Vec::new()
        } else {
            match self.ask(Work::Shuffle(k, entries)).await {
                Done::Shuffle(shuffled) => shuffled,
                _ => return Err(Halt::Lost),
            }
        };
        let shuffled = shuffled
            .into_iter()
            .map(|item| (Element { point: item.cipher.r, wire: item.wire.r }, item.cipher.e));
        let opened = self.decrypt(shuffled.collect()).await?;
        let mut lists = opened.chunks_exact(length);
        totals
            .iter()
            .map(|total| {
                if total.is_public() {
                    return Ok(shifts.contains(&total.e));
                }
                Ok(lists.next().ok_or(Halt::Lost)?.iter().any(Opened::is_zero))
            })
            .collect()
    }

    /// **Product** of bits `x` and any `y`: encryptions of `2*x*y`, in the order of the bits.
    /// **K10**: an opened sign that is none halts the lot.
    pub(crate) async fn products(&self, factors: Vec<Factor>) -> Result<Vec<Vec<Cipher>>, Halt> {
        // X = 2*x - (O, G) = 2*(x - (O, G/2)), Y = y
        let half_g = bases().half_g;
        let items: Vec<(Cipher, Cipher, Ciphertext)> = factors
            .par_iter()
            .flat_map_iter(|Factor { y, bits }| {
                let wire = y.encode();
                bits.iter().map(move |x| (Cipher { r: x.r, e: x.e - half_g }, *y, wire))
            })
            .collect();
        let gates = match self.ask(Work::Gate(items)).await {
            Done::Gate(gates) => gates,
            _ => return Err(Halt::Lost),
        };
        let mut signs = Vec::new();
        for wires in &gates {
            for (at, (x, _)) in wires.points.iter().enumerate() {
                let wire = wires.x_randomness(at).ok_or(Halt::Lost)?;
                signs.push((Element { point: x.r, wire }, x.e));
            }
        }
        let signs = self.decrypt(signs).await?;

        // v*Y_last + y
        let lasts = gates.iter().flat_map(|wires| wires.points.iter());
        let mut turned = lasts.zip(&signs);
        let mut products = Vec::with_capacity(factors.len());
        for Factor { y, bits } in &factors {
            let mut row = Vec::with_capacity(bits.len());
            for _ in bits {
                let ((_, y_last), opened) = turned.next().ok_or(Halt::Lost)?;
                let sign = opened.sign();
                self.judge(Check::SignOpened, sign.is_some())?;
                let signed = if sign == Some(true) { *y_last } else { -*y_last };
                row.push(signed + *y);
            }
            products.push(row);
        }
        Ok(products)
    }

    /// A Decrypt step of those that are not public, and what is read of the others.
    async fn decrypt(&self, sealed: Vec<Sealed>) -> Result<Vec<Opened>, Halt> {
        let is_public = |(r, _): &&Sealed| r.point.is_identity();
        let hidden: Vec<Sealed> = sealed.iter().filter(|s| !is_public(s)).copied().collect();
        let opened = if hidden.is_empty() {
            Vec::new()
        } else {
            match self.ask(Work::Decrypt(hidden)).await {
                Done::Decrypt(opened) => opened,
                _ => return Err(Halt::Lost),
            }
        };
        let read = Arc::new(Delta::none());
        let mut opened = opened.into_iter();
        sealed
            .iter()
            .map(|one| {
                if is_public(&one) {
                    return Ok(Opened { multiple: one.1, delta: Arc::clone(&read) });
                }
                opened.next().ok_or(Halt::Lost)
            })
            .collect()
    }
}
