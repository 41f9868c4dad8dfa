use super::*;
use crate::clock::Dice;

const FILL: Fill = size(-2);

const fn size(size: i64) -> Fill {
    Fill { size, plain_from: 0 }
}

fn text(dice: &mut Dice) -> Vec<u8> {
    match dice.below(40) {
        0 => vec![b'x'; 9000],
        1..5 => vec![b'y'; 700],
        _ => dice.below(30).to_string().into_bytes(),
    }
}

fn check(list: &List, model: &VecDeque<Vec<u8>>) {
    assert_eq!(list.len(), model.len());
    assert!(list.iter().map(Element::to_vec).eq(model.iter().cloned()));
    assert!(list.iter_back().map(Element::to_vec).eq(model.iter().rev().cloned()));
    let chunks = std::iter::once(&list.first).chain(&list.rest);
    let wanted = Encoded::new(b"7");
    let expected: Vec<usize> = (0..model.len()).filter(|index| model[*index] == b"7").collect();
    assert!(list.positions(&wanted, usize::MAX).eq(expected.iter().copied()));
    assert!(list.positions_back(&wanted, usize::MAX).eq(expected.iter().rev().copied()));
    assert_eq!(list.chunk_bytes, chunks.clone().map(Packed::bytes).sum::<usize>());
    assert!(list.is_empty() || chunks.clone().all(|chunk| !chunk.is_empty()), "no chunk is empty");
    assert!(list.quicklist || list.rest.is_empty(), "a listpack is one allocation");
    assert!(chunks.filter(|chunk| chunk.len() > 1).all(|chunk| chunk.size() <= 8192 + 800));
}

#[test]
fn it_holds_what_a_deque_holds() {
    for (seed, fill) in
        [(1, FILL), (2, size(4)), (3, size(-1)), (4, size(1)), (5, Fill { size: -2, plain_from: 20 })]
    {
        let mut dice = Dice::new(seed);
        let (mut list, mut model) = (List::default(), VecDeque::<Vec<u8>>::new());
        for round in 0..6000 {
            let shrinking = round / 1500 % 2 == 1;
            let index = dice.below(model.len().max(1));
            let text = text(&mut dice);
            match dice.below(if shrinking { 10 } else { 7 }) {
                0 | 1 => {
                    list.push(End::Tail, &[&text, b"t"], fill);
                    model.extend([text, b"t".to_vec()]);
                }
                2 => {
                    list.push(End::Head, &[&text], fill);
                    model.push_front(text);
                }
                3 if index < model.len() => {
                    let after = dice.below(2) == 1;
                    list.insert(index, after, &text, fill);
                    model.insert(index + usize::from(after), text);
                }
                4 if index < model.len() => {
                    list.set(index, &text, fill);
                    model[index] = text;
                }
                5 => {
                    assert_eq!(list.pop(End::Head), model.pop_front());
                    list.repack(fill);
                }
                6 => assert_eq!(list.pop(End::Tail), model.pop_back()),
                7 => {
                    let count = dice.below(20).min(model.len() - index.min(model.len()));
                    list.remove_range(index, count, fill);
                    model.drain(index..index + count);
                }
                8 => {
                    let removed = list.remove_equal(&text, End::Head, 2, fill);
                    assert_eq!(removed, remove(&mut model, &text, 2));
                }
                9 => {
                    let removed = list.remove_equal(&text, End::Tail, 2, fill);
                    model.make_contiguous().reverse();
                    assert_eq!(removed, remove(&mut model, &text, 2));
                    model.make_contiguous().reverse();
                }
                _ => {}
            }
            if round % 32 == 0 {
                check(&list, &model);
                assert_eq!(list.get(index).map(Element::to_vec), model.get(index).cloned());
            }
        }
        list.remove_range(0, usize::MAX, fill);
        assert!(list.is_empty());
    }
}

fn remove(model: &mut VecDeque<Vec<u8>>, text: &[u8], most: usize) -> usize {
    let mut removed = 0;
    model.retain(|element| {
        let goes = element == text && removed < most;
        removed += usize::from(goes);
        !goes
    });
    removed
}

/// The sizes are those that a real server gave.
#[test]
fn encodings_change_where_a_real_server_changes_them() {
    for (text, count) in [(&b"xxxxxxxxxx"[..], 683), (b"1", 4094), (b"123456", 1637), (&[b'y'; 100], 80)] {
        let mut list = List::default();
        while list.encoding() == "listpack" {
            list.push(End::Tail, &[text], FILL);
        }
        assert_eq!(list.len(), count);
        while list.encoding() == "quicklist" {
            list.remove_range(0, 1, FILL);
        }
        assert_eq!(list.len(), 1);
    }
    for (setting, count, back) in [(3, 4, 1), (1, 2, 0), (-1, 1364, 1), (-5, 21844, 1)] {
        let (mut list, fill) = (List::default(), size(setting));
        while list.encoding() == "listpack" {
            list.push(End::Tail, &[b"x"], fill);
        }
        assert_eq!(list.len(), count);
        while list.encoding() == "quicklist" && !list.is_empty() {
            list.remove_range(0, 1, fill);
        }
        assert_eq!(list.len(), back);
    }
}

#[test]
fn a_million_elements_are_reached_from_both_ends_and_their_memory_comes_back() {
    let mut list = List::default();
    for number in 0..1_000_000 {
        list.push(End::Tail, &[number.to_string().as_bytes()], FILL);
    }
    assert_eq!(list.get(765_432), Some(Element::Int(765_432)));
    assert!(list.bytes() < 6_000_000, "{}", list.bytes());
    list.remove_range(10, 999_980, FILL);
    assert_eq!(list.iter().last(), Some(Element::Int(999_999)));
    assert!(list.bytes() < 20_000, "{}", list.bytes());
}
