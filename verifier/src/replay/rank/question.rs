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
    step::{Done, Gate, Work},
};
use crate::{
    decryptions::Question,
    group::{Cipher, Element, bases},
    proofs::blind::Item,
};

/// A ciphertext to be opened: its randomness, encoded too, and its masked message.
type Sealed = (Element, RistrettoPoint);

fn sealed(cipher: Cipher) -> Sealed {
    (Element::of(cipher.r), cipher.e)
}

impl KeyholderChannel {
    /// **Open**: `M` of each.
    pub(crate) async fn open(&self, ciphers: Vec<Cipher>) -> Result<Vec<RistrettoPoint>, Halt> {
        let sealed = ciphers.into_par_iter().map(sealed).collect();
        let opened = self.decrypt(Question::Open, sealed).await?;
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
        let sums = sums.into_par_iter().map(sealed).collect();
        let mut opened = self.decrypt(Question::ZeroTest, sums).await?.into_iter();
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
        let question = Question::AtMostTest { limit, length };
        let opened = self.decrypt(question, shuffled.collect()).await?;
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

    /// **Product** of bits `x` and any `y`: encryptions of `2*x*y`, for each `y` as many as it has `bits`, which
    /// `bit` gives by the places of both. **K10**: an opened sign that is none halts the lot.
    pub(crate) async fn products(
        &self,
        ys: &[Cipher],
        bits: usize,
        bit: impl Fn(usize, usize) -> Option<Cipher> + Send + Sync,
    ) -> Result<Vec<Cipher>, Halt> {
        // X = 2*x - (O, G) = 2*(x - (O, G/2)), Y = y
        let half_g = bases().half_g;
        let bit = &bit;
        let items: Option<Vec<Gate>> = ys
            .par_iter()
            .enumerate()
            .flat_map_iter(|(i, y)| {
                let y_wire = y.encode();
                (0..bits).map(move |j| {
                    let x = bit(i, j)?;
                    Some(Gate { half_x: Cipher { r: x.r, e: x.e - half_g }, y: *y, y_wire })
                })
            })
            .collect();
        let ys = ys.iter().flat_map(|y| std::iter::repeat_n(*y, bits));
        self.gated(items.ok_or(Halt::Lost)?, ys).await
    }

    /// **Product** of pairs of a bit and anything. Of none there is none, and no step.
    pub(crate) async fn products_of(
        &self,
        pairs: Vec<(Cipher, Cipher)>,
    ) -> Result<Vec<Cipher>, Halt> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let half_g = bases().half_g;
        let gate = |(x, y): &(Cipher, Cipher)| Gate {
            half_x: Cipher { r: x.r, e: x.e - half_g },
            y: *y,
            y_wire: y.encode(),
        };
        let items = pairs.par_iter().map(gate).collect();
        self.gated(items, pairs.iter().map(|(_, y)| *y)).await
    }

    /// The products that these gates make, whose second wires are the `ys`.
    async fn gated(
        &self,
        items: Vec<Gate>,
        ys: impl Iterator<Item = Cipher>,
    ) -> Result<Vec<Cipher>, Halt> {
        let count = items.len();
        let gates = match self.ask(Work::Gate(items)).await {
            Done::Gate(gates) => gates,
            _ => return Err(Halt::Lost),
        };
        let mut signs = Vec::with_capacity(count);
        let mut turned = Vec::with_capacity(count);
        for wires in gates {
            for ((x, y), (wire, _)) in wires.points.iter().zip(&wires.encoded) {
                signs.push((Element { point: x.r, wire: wire.r }, x.e));
                turned.push(*y);
            }
        }
        let signs = self.decrypt(Question::Product, signs).await?;

        // v*Y_last + y
        let mut products = turned;
        for ((product, y), opened) in products.iter_mut().zip(ys).zip(&signs) {
            let sign = opened.sign();
            self.judge(Check::SignOpened, sign.is_some())?;
            let signed = if sign == Some(true) { *product } else { -*product };
            *product = signed + y;
        }
        if signs.len() == count && products.len() == count { Ok(products) } else { Err(Halt::Lost) }
    }

    /// A Decrypt step of those that are not public, and what is read of the others.
    async fn decrypt(&self, question: Question, sealed: Vec<Sealed>) -> Result<Vec<Opened>, Halt> {
        let count = sealed.len();
        let is_public = |(r, _): &Sealed| r.point.is_identity();
        let public: Vec<(usize, RistrettoPoint)> = sealed
            .iter()
            .enumerate()
            .filter(|(_, one)| is_public(one))
            .map(|(at, (_, e))| (at, *e))
            .collect();
        let mut hidden = sealed;
        hidden.retain(|one| !is_public(one));
        self.will_decrypt(question, !hidden.is_empty());
        let opened = if hidden.is_empty() {
            Vec::new()
        } else {
            match self.ask(Work::Decrypt(hidden)).await {
                Done::Decrypt(opened) => opened,
                _ => return Err(Halt::Lost),
            }
        };
        if public.is_empty() {
            return if opened.len() == count { Ok(opened) } else { Err(Halt::Lost) };
        }
        let read = Arc::new(Delta::none());
        let (mut opened, mut public) = (opened.into_iter(), public.into_iter().peekable());
        (0..count)
            .map(|at| match public.next_if(|(place, _)| *place == at) {
                Some((_, multiple)) => Ok(Opened { multiple, delta: Arc::clone(&read) }),
                None => opened.next().ok_or(Halt::Lost),
            })
            .collect()
    }
}
