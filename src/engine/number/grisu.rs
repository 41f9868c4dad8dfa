//! The decimal digits of a double, as servers find them: by Grisu2.
//!
//! (Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", 2010.)
//! Its digits always read back as the same number and are the shortest in all but one of some thousand
//! cases, in which this function, too, gives the longer ones: `-174082.02837` has 17 digits.

use smallvec::SmallVec;

/// A number as `significand * 2^exponent`.
#[derive(Clone, Copy)]
struct Float {
    significand: u64,
    exponent: i32,
}

impl Float {
    /// The same number with its highest bit set.
    fn normalized(self) -> Self {
        let shift = self.significand.leading_zeros();
        Self { significand: self.significand << shift, exponent: self.exponent - shift as i32 }
    }

    /// The product, rounded to 64 bits.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.significand) * u128::from(other.significand);
        Self {
            significand: ((product + (1 << 63)) >> 64) as u64,
            exponent: self.exponent + other.exponent + 64,
        }
    }
}

/// The digits of a number: no more than 17.
pub(super) type Digits = SmallVec<[u8; 24]>;

/// The digits of a positive, finite number, and the power of ten that the last one stands for.
pub(super) fn digits(number: f64) -> (Digits, i32) {
    const FRACTION_BITS: u32 = 52;
    const HIDDEN: u64 = 1 << FRACTION_BITS;
    let bits = number.to_bits();
    let (fraction, biased) = (bits & (HIDDEN - 1), (bits >> FRACTION_BITS) as i32);
    let value = match biased {
        0 => Float { significand: fraction, exponent: -1074 },
        _ => Float { significand: fraction | HIDDEN, exponent: biased - 1075 },
    };
    // Half way to the neighbours; the lower one is nearer where the exponent changes.
    let upper =
        Float { significand: (value.significand << 1) + 1, exponent: value.exponent - 1 }.normalized();
    let nearer = 1 + u32::from(value.significand == HIDDEN);
    let lower = (value.significand << nearer) - 1;
    let lower_exponent = value.exponent - nearer as i32;
    let lower = Float { significand: lower << (lower_exponent - upper.exponent), exponent: upper.exponent };

    let (power, scale) = power_of_ten(upper.exponent);
    let value = value.normalized().times(power);
    let upper = upper.times(power);
    let lower = lower.times(power);
    Search::new(value, lower.significand + 1, upper.significand - 1).run(-scale)
}

/// The generation of digits between two bounds.
struct Search {
    /// How many bits of the numbers stand after the point: 32 to 60.
    point: u32,
    /// What is left of the upper bound after the digits so far.
    rest: u64,
    /// How far below the upper bound a number may be.
    delta: u64,
    /// How far below the upper bound the true value is.
    distance: u64,
    digits: Digits,
}

impl Search {
    fn new(value: Float, lower: u64, upper: u64) -> Self {
        Self {
            point: value.exponent.unsigned_abs(),
            rest: upper,
            delta: upper - lower,
            distance: upper - value.significand,
            digits: Digits::new(),
        }
    }

    fn run(mut self, scale: i32) -> (Digits, i32) {
        // Before the point there are at most 32 bits, which are ten digits.
        let point = self.point;
        let mut whole = (self.rest >> point) as u32;
        let mut place = whole.checked_ilog10().map_or(0, |place| place + 1);
        let fraction = self.rest & ((1 << point) - 1);
        while place > 0 {
            place -= 1;
            let unit = 10u32.pow(place);
            self.digits.push(b'0' + (whole / unit) as u8);
            whole %= unit;
            self.rest = (u64::from(whole) << point) + fraction;
            if self.rest <= self.delta {
                return self.rounded(u64::from(unit) << point, scale + place as i32);
            }
        }
        // What is left is less than 2^60, and so is the delta: both have room for one more digit.
        let one = 1 << point;
        let mut place = 0;
        loop {
            place -= 1;
            self.rest *= 10;
            self.delta *= 10;
            self.distance *= 10;
            let digit = (self.rest >> point) as u8;
            if digit != 0 || !self.digits.is_empty() {
                self.digits.push(b'0' + digit);
            }
            self.rest &= one - 1;
            if self.rest < self.delta {
                return self.rounded(one, scale + place);
            }
        }
    }

    /// Counts the last digit down for as long as that comes nearer to the true value.
    fn rounded(mut self, unit: u64, scale: i32) -> (Digits, i32) {
        let Self { mut rest, delta, distance, .. } = self;
        while rest < distance
            && delta - rest >= unit
            && (unit < distance - rest || distance - rest > unit - (distance - rest))
        {
            if let Some(last) = self.digits.last_mut() {
                *last -= 1;
            }
            rest += unit;
        }
        (self.digits, scale)
    }
}

/// A power of ten that brings a number of this exponent to between 32 and 60 bits after the point, and
/// which it is.
fn power_of_ten(exponent: i32) -> (Float, i32) {
    let power = |at: usize| FIRST + STEP * at as i32;
    // Rounded to integers, 2^p is what 10^k is with p = k * log2(10).
    let exponent_of = |at: usize| ((power(at) * 217_706) >> 16) - 63;
    let product = |at: usize| exponent + exponent_of(at) + 64;
    // The first to try, as servers choose it; more than one may do.
    let first_try = -(f64::from(exponent + POWERS.len() as i32) * std::f64::consts::LOG10_2) as i32;
    let mut at = ((first_try - FIRST) / STEP) as usize;
    while product(at) < -60 {
        at += 1;
    }
    while product(at) > -32 {
        at -= 1;
    }
    (Float { significand: POWERS[at], exponent: exponent_of(at) }, power(at))
}

/// The first of [`POWERS`].
const FIRST: i32 = -348;
/// From one of [`POWERS`] to the next.
const STEP: i32 = 8;

/// The highest 64 bits of 10^-348, 10^-340, … 10^340, rounded.
#[rustfmt::skip]
const POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288, 0xbaae_e17f_a23e_bf76, 0x8b16_fb20_3055_ac76, 0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d, 0xe61a_cf03_3d1a_45df, 0xab70_fe17_c79a_c6ca, 0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c, 0x8dd0_1fad_907f_fc3c, 0xd351_5c28_3155_9a83, 0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb, 0xaecc_4991_4078_536d, 0x823c_1279_5db6_ce57, 0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f, 0xd774_85cb_2582_3ac7, 0xa086_cfcd_97bf_97f4, 0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e, 0x84c8_d4df_d2c6_3f3b, 0xc5dd_4427_1ad3_cdba, 0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584, 0xa3ab_6658_0d5f_daf6, 0xf3e2_f893_dec3_f126, 0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b, 0xc9bc_ff60_34c1_3053, 0x964e_858c_91ba_2655, 0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f, 0xf8a9_5fcf_8874_7d94, 0xb944_7093_8fa8_9bcf, 0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6, 0x993f_e2c6_d07b_7fac, 0xe45c_10c4_2a2b_3b06, 0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e, 0xbce5_0864_9211_1aeb, 0x8cbc_cc09_6f50_88cc, 0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000, 0xe8d4_a510_0000_0000, 0xad78_ebc5_ac62_0000, 0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3, 0x8f7e_32ce_7bea_5c70, 0xd5d2_38a4_abe9_8068, 0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27, 0xb0de_6538_8cc8_ada8, 0x83c7_088e_1aab_65db, 0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758, 0xda01_ee64_1a70_8dea, 0xa26d_a399_9aef_774a, 0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877, 0x865b_8692_5b9b_c5c2, 0xc835_53c5_c896_5d3d, 0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3, 0xa59b_c234_db39_8c25, 0xf6c6_9a72_a398_9f5c, 0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2, 0xcc20_ce9b_d35c_78a5, 0x9816_5af3_7b21_53df, 0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396, 0xfb9b_7cd9_a4a7_443c, 0xbb76_4c4c_a7a4_4410, 0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c, 0x9b10_a4e5_e991_3129, 0xe710_9bfb_a19c_0c9d, 0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85, 0xbf21_e440_03ac_dd2d, 0x8e67_9c2f_5e44_ff8f, 0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9, 0xeb96_bf6e_badf_77d9, 0xaf87_023b_9bf0_ee6b,
];
