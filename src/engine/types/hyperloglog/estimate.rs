//! The estimate: Otmar Ertl's "improved raw estimator" (New cardinality estimation algorithms for
//! `HyperLogLog` sketches, 2017), in the order of operations that gives Redis' digits.

use super::{INDEX_BITS, REGISTERS};

/// The highest value of a register that a hash can make, less one.
const TOP: usize = 64 - INDEX_BITS as usize;

/// How many elements were seen, given how many registers have each value.
pub(super) fn of(histogram: &[u32; 64]) -> u64 {
    const ALPHA: f64 = 0.5 / std::f64::consts::LN_2;
    let registers = REGISTERS as f64;
    let mut sum = registers * tau((registers - f64::from(histogram[TOP + 1])) / registers);
    for count in histogram[1..=TOP].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += registers * sigma(f64::from(histogram[0]) / registers);
    (ALPHA * registers * registers / sum).round() as u64
}

/// What the share of registers that are 0 adds to the sum.
fn sigma(share: f64) -> f64 {
    if share == 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut factor, mut sum) = (share, 1.0, share);
    loop {
        let before = sum;
        power *= power;
        sum += power * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

/// What the share of registers that are not at the top adds to the sum.
fn tau(share: f64) -> f64 {
    if share == 0.0 || share == 1.0 {
        return 0.0;
    }
    let (mut root, mut factor, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        let before = sum;
        root = root.sqrt();
        factor *= 0.5;
        sum -= (1.0 - root).powi(2) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}
