//! A bid committed and sealed with randomness of the cheat's own choice, which the honest prover never
//! gives: the argument of spec section 9, computed the slow way round.

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRngCore;
use talea_contract::{
    Auction,
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_point, encode_scalar},
    proofs::{
        range,
        unary::{Statement, absorb_announcements, absorb_bits, absorb_entries},
    },
};
use talea_parties::{bidder::BidSecret, proofs::range as proving};
use talea_protocol::{
    bytes::{Digest, Point},
    commitment::{BidId, Commit, CurveStep},
    labels,
    limits::MASKED_BYTES,
    masked::{Masked, Quadratic, VectorOpening},
    price::{Level, Shape},
    sealed_bid::{SealedBid, UnaryArgument},
};

/// `rho` of a bid, which its bidder derives from its key.
pub fn blinding(secret: &BidSecret) -> Scalar {
    let saved = secret.save();
    let bytes = saved.last_chunk().expect("the blinding is last");
    Scalar::from_canonical_bytes(*bytes).expect("it is canonical")
}

/// A commit with `rho` of the cheat's choice, and in a later round a `active` bid with its own; its seal
/// opens to nothing.
pub fn commit(
    auction: &Auction,
    bid: &BidId,
    (level, rho): (Level, Scalar),
    active: Option<(Level, Scalar)>,
    rng: &mut impl CryptoRngCore,
) -> Commit {
    let BidId { lot, round, bidder } = *bid;
    let (setting, grid) = (auction.setting(), &auction.terms().lots[lot as usize].grid);
    let gens = &setting.generators;
    let com = |(level, rho): (Level, Scalar)| {
        encode_point(&(Scalar::from(level.0) * gens.value + rho * gens.blinding))
    };
    let statement = range::Statement {
        levels: grid.levels,
        quorum_key: auction.quorum_keys().expect("the ceremony is over").key,
        commitment: com((level, rho)),
        active: active.map(com),
    };
    let context = Context { auction: auction.id(), lot, round, step: 0, signer: bidder };
    let witness = proving::Witness { level, rho, active };
    let proof = proving::prove(gens, &context, &statement, &witness, rng);
    Commit {
        lot,
        round,
        commitment: statement.commitment,
        range_proof: proof.expect("a level of the grid"),
        seal: Digest::default(),
    }
}

/// A step of a curve of public quantities, with `rho` of the cheat's choice and a proof that it is the step with this
/// number.
pub fn step(
    auction: &Auction,
    bid: &BidId,
    (number, quantity): (u32, u32),
    (level, rho): (Level, Scalar),
    rng: &mut impl CryptoRngCore,
) -> CurveStep {
    let BidId { lot, round, bidder } = *bid;
    let (setting, grid) = (auction.setting(), &auction.terms().lots[lot as usize].grid);
    let gens = &setting.generators;
    let commitment = encode_point(&(Scalar::from(level.0) * gens.value + rho * gens.blinding));
    let statement = range::Statement {
        levels: grid.levels,
        quorum_key: auction.quorum_keys().expect("the ceremony is over").key,
        commitment,
        active: None,
    };
    let context = Context { auction: auction.id(), lot, round, step: number, signer: bidder };
    let witness = proving::Witness { level, rho, active: None };
    let proof = proving::prove(gens, &context, &statement, &witness, rng);
    CurveStep { quantity, commitment, range_proof: proof.expect("a level of the grid") }
}

/// A level, its commitment's blinding, and one scalar of randomness per entry of the unary encoding.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The bid.
    pub level: Level,
    /// `rho`, with `C = level*G + rho*H`.
    pub rho: Scalar,
    /// `r` of every `U[t][j]`, in wire order.
    pub randomness: Vec<Scalar>,
}

/// One bit of the level and its mask: `i`, `a`.
type Bit = [Scalar; 2];

/// A mask that no bit takes out of the interval of responses: neither its highest byte nor what is below 2^144
/// is all zeros or all ones.
fn mask(rng: &mut impl CryptoRngCore) -> Scalar {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes[..MASKED_BYTES]);
    bytes[MASKED_BYTES - 1] = bytes[MASKED_BYTES - 1].clamp(1, 127);
    Scalar::from_bytes_mod_order(bytes)
}

impl Chosen {
    /// Seals the bid for the bidder and lot of `context`.
    pub fn seal(
        &self,
        context: &Context,
        shape: &Shape,
        quorum_key: &RistrettoPoint,
        rng: &mut impl CryptoRngCore,
    ) -> SealedBid {
        let Self { level, rho, randomness } = self;
        let gens = Generators::derive();
        let com = |v: Scalar, r: Scalar| encode_point(&(v * gens.value + r * gens.blinding));
        let enc = |m: Scalar, r: Scalar| {
            Ciphertext { r: r * gens.key, e: m * gens.value + r * quorum_key }.encode()
        };
        let commitment = Scalar::from(level.0) * gens.value + rho * gens.blinding;
        let mut fs = FiatShamir::begin(labels::KIND_UNARY, context);
        Statement { shape, quorum_key: *quorum_key, commitment }.absorb(&mut fs, &gens);

        let digits: Vec<(usize, usize)> = shape.radices().zip(shape.digits_of(*level)).collect();
        let messages = digits.iter().flat_map(|(radix, digit)| (1..*radix).map(|j| *digit >= j));
        let unary: Vec<_> =
            messages.zip(randomness).map(|(m, r)| enc(Scalar::from(u8::from(m)), *r)).collect();
        absorb_entries(&mut fs, &unary);

        let bits: Vec<Bit> =
            (0..shape.bits()).map(|l| [Scalar::from((level.0 >> l) & 1), mask(rng)]).collect();
        let [sigma, alpha, tau_1, tau_0] = std::array::from_fn(|_| Scalar::random(rng));
        let vector = |of: usize, blinding: Scalar| {
            let values = bits.iter().zip(gens.vector.iter()).map(|(bit, base)| bit[of] * base);
            encode_point(&(values.sum::<RistrettoPoint>() + blinding * gens.blinding))
        };
        let zero = encode_scalar(&Scalar::ZERO);
        let opening = VectorOpening {
            commitment: vector(0, sigma),
            announcement: Point::IDENTITY,
            blinding: zero,
        };
        let y = absorb_bits(&mut fs, shape, &opening);

        let (mut linear, mut constant) = (Scalar::ZERO, Scalar::ZERO);
        for (l, [i, a]) in bits.iter().enumerate() {
            let power_of_y = (0..=l).map(|_| y).product::<Scalar>();
            linear += power_of_y * a * (i + i - Scalar::ONE) + Scalar::from(1u64 << l) * a;
            constant += power_of_y * a * a;
        }
        let longest = shape.longest_digit_bits();
        let coefficients = coefficients(shape, &bits, &y);
        let terms: Vec<Scalar> = (0..longest).map(|_| Scalar::random(rng)).collect();
        let polynomial: Vec<_> =
            coefficients.iter().zip(&terms).map(|(sum, r)| enc(*sum, *r)).collect();
        let mut argument = UnaryArgument {
            bits: VectorOpening { announcement: vector(1, alpha), ..opening },
            squares: Quadratic {
                linear: com(linear, tau_1),
                constant: com(constant, tau_0),
                blinding: zero,
            },
            polynomial,
            masked: Vec::new(),
            randomness: zero,
        };
        let x = absorb_announcements(&mut fs, &argument);

        let response = |[i, a]: &Bit| {
            let z = (a + x * i).to_bytes();
            Masked(*z.first_chunk().expect("18 bytes of 32"))
        };
        argument.masked = bits.iter().map(response).collect();
        argument.bits.blinding = encode_scalar(&(alpha + x * sigma));
        argument.squares.blinding = encode_scalar(&(rho * x * x + tau_1 * x + tau_0));
        let mut whole = Scalar::ZERO;
        let (mut position, mut entries) = (Scalar::ONE, randomness.iter());
        for (radix, _) in &digits {
            let mut own = vec![Scalar::ZERO];
            own.extend(entries.by_ref().take(radix - 1));
            own.push(Scalar::ZERO);
            for pair in own.windows(2) {
                whole += position * (pair[0] - pair[1]);
                position *= y;
            }
        }
        let x_to = |c: usize| (0..c).map(|_| x).product::<Scalar>();
        whole = x_to(longest) * whole
            + terms.iter().enumerate().map(|(c, r)| x_to(c) * r).sum::<Scalar>();
        argument.randomness = encode_scalar(&whole);
        SealedBid { unary, argument }
    }
}

/// `sum over t, j of p[t][j][c] * y^position` for `c = 0 .. m - 1`, each `p[t][j]` multiplied out.
fn coefficients(shape: &Shape, bits: &[Bit], y: &Scalar) -> Vec<Scalar> {
    let longest = shape.longest_digit_bits();
    let mut sums = vec![Scalar::ZERO; longest + 1];
    let mut position = Scalar::ONE;
    let mut above = shape.bits();
    for length in shape.digit_bits().iter().map(|bits| usize::from(*bits)) {
        above -= length;
        for j in 0..1usize << length {
            // Ascending; begins as x^(m - m_t).
            let mut product = vec![Scalar::ZERO; longest + 1];
            product[longest - length] = Scalar::ONE;
            for (place, [i, a]) in bits[above..above + length].iter().enumerate() {
                let chosen = (j >> place) & 1 == 1;
                // z_l = i x + a, or x - z_l = (1 - i) x - a.
                let (linear, constant) = if chosen { (*i, *a) } else { (Scalar::ONE - i, -a) };
                let shifted = std::iter::once(Scalar::ZERO).chain(product.iter().copied());
                product = product
                    .iter()
                    .zip(shifted)
                    .map(|(same, lower)| same * constant + lower * linear)
                    .collect();
            }
            for (sum, coefficient) in sums.iter_mut().zip(&product) {
                *sum += position * coefficient;
            }
            position *= y;
        }
    }
    sums.truncate(longest);
    sums
}
