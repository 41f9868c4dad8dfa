//! Sorting as much of a slice as is asked for, in the order that Redis leaves equal elements in.
//!
//! The algorithm is the quicksort of Bentley and `McIlroy` (Engineering a Sort Function, 1993), which Redis
//! uses for parts: which of two equal elements comes first follows from its steps, so these are the same.

use std::cmp::Ordering;
use std::ops::Range;

/// Below this length elements are sorted by insertion.
const SMALL: usize = 7;
/// Above this length the pivot is the median of nine.
const LARGE: usize = 40;

/// Puts at these indexes what a sort of all would put there; a sort of all is stable.
pub(crate) fn partial_sort<T>(
    items: &mut [T],
    wanted: Range<usize>,
    mut compare: impl FnMut(&T, &T) -> Ordering,
) {
    if wanted == (0..items.len()) {
        items.sort_by(compare);
    } else if !wanted.is_empty() {
        sort_part(items, wanted, &mut compare);
    }
}

/// Sorts by splitting, and what holds none of the indexes wanted no further.
fn sort_part<T>(mut items: &mut [T], mut wanted: Range<usize>, compare: &mut impl FnMut(&T, &T) -> Ordering) {
    while items.len() >= SMALL {
        let (below, above) = split(items, compare);
        let len = items.len();
        if below > 1 && wanted.start < below {
            sort_part(&mut items[..below], wanted.start..wanted.end.min(below), compare);
        }
        let first_above = len - above;
        if above <= 1 || wanted.end <= first_above {
            return;
        }
        items = &mut items[first_above..];
        wanted = wanted.start.saturating_sub(first_above)..wanted.end - first_above;
    }
    for sorted in 1..items.len() {
        let mut at = sorted;
        while at > 0 && compare(&items[at - 1], &items[at]) == Ordering::Greater {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Brings what is less than a pivot to the front and what is greater to the back; how many of each.
fn split<T>(items: &mut [T], compare: &mut impl FnMut(&T, &T) -> Ordering) -> (usize, usize) {
    let len = items.len();
    let pivot = pivot(items, compare);
    items.swap(0, pivot);
    // From left to right: equal, less, not looked at, greater, equal.
    let (mut equal_left, mut left) = (1, 1);
    let (mut right, mut equal_right) = (len - 1, len - 1);
    loop {
        while left <= right {
            match compare(&items[left], &items[0]) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    items.swap(equal_left, left);
                    equal_left += 1;
                }
                Ordering::Less => {}
            }
            left += 1;
        }
        while left <= right {
            match compare(&items[right], &items[0]) {
                Ordering::Less => break,
                Ordering::Equal => {
                    items.swap(right, equal_right);
                    equal_right -= 1;
                }
                Ordering::Greater => {}
            }
            right -= 1;
        }
        if left > right {
            break;
        }
        items.swap(left, right);
        left += 1;
        right -= 1;
    }
    let (below, above) = (left - equal_left, equal_right - right);
    swap_ends(&mut items[..left], equal_left.min(below));
    swap_ends(&mut items[left..], above.min(len - 1 - equal_right));
    (below, above)
}

/// Swaps so many elements at the front with as many at the back, in their order.
fn swap_ends<T>(items: &mut [T], count: usize) {
    let (front, back) = items.split_at_mut(items.len() - count);
    front[..count].swap_with_slice(back);
}

fn pivot<T>(items: &[T], compare: &mut impl FnMut(&T, &T) -> Ordering) -> usize {
    let len = items.len();
    let (mut low, mut middle, mut high) = (0, len / 2, len - 1);
    if len == SMALL {
        return middle;
    }
    let mut order = |a: usize, b: usize| compare(&items[a], &items[b]);
    let mut median = |a: usize, b: usize, c: usize| {
        if order(a, b) == Ordering::Less {
            match order(b, c) {
                Ordering::Less => b,
                _ if order(a, c) == Ordering::Less => c,
                _ => a,
            }
        } else {
            match order(b, c) {
                Ordering::Greater => b,
                _ if order(a, c) == Ordering::Less => a,
                _ => c,
            }
        }
    };
    if len > LARGE {
        let step = len / 8;
        low = median(low, low + step, low + 2 * step);
        middle = median(middle - step, middle, middle + step);
        high = median(high - 2 * step, high - step, high);
    }
    median(low, middle, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Dice;

    #[test]
    fn a_part_is_what_it_is_of_the_whole() {
        let mut dice = Dice::new(3);
        for _ in 0..2000 {
            let (len, kinds) = (dice.below(200) + 1, dice.below(100) + 1);
            let items: Vec<usize> = (0..len).map(|_| dice.below(kinds)).collect();
            let mut sorted = items.clone();
            sorted.sort_unstable();
            let start = dice.below(len);
            let wanted = start..start + dice.below(len - start + 1);
            let mut part = items.clone();
            partial_sort(&mut part, wanted.clone(), Ord::cmp);
            assert_eq!(part[wanted.clone()], sorted[wanted.clone()], "{items:?} {wanted:?}");
            part.sort_unstable();
            assert_eq!(part, sorted);
        }
    }
}
