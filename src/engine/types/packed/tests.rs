use super::*;
use crate::clock::Dice;

fn text(dice: &mut Dice) -> Vec<u8> {
    const NUMBERS: [i64; 16] = [
        0,
        127,
        128,
        -1,
        4095,
        4096,
        -4096,
        -4097,
        32767,
        -32768,
        8_388_607,
        -8_388_609,
        1 << 31,
        -(1 << 31),
        i64::MAX,
        i64::MIN,
    ];
    const LENGTHS: [usize; 10] = [0, 1, 63, 64, 125, 126, 127, 4095, 4096, 16_400];
    if dice.below(2) == 0 {
        NUMBERS[dice.below(NUMBERS.len())].to_string().into_bytes()
    } else {
        vec![b'a' + dice.below(26) as u8; LENGTHS[dice.below(LENGTHS.len())]]
    }
}

#[test]
fn it_holds_what_a_vector_holds() {
    let mut dice = Dice::new(11);
    let (mut packed, mut model) = (Packed::default(), Vec::<Vec<u8>>::new());
    for round in 0..4000 {
        let index = dice.below(model.len() + 1);
        let at = packed.seek(index);
        let text = text(&mut dice);
        let encoded = Encoded::new(&text);
        match dice.below(if round % 1000 < 500 { 3 } else { 6 }) {
            0 | 1 => {
                packed.insert(at, &encoded);
                model.insert(index, text);
            }
            2 if index < model.len() => {
                packed.replace(at, &encoded);
                model[index] = text;
            }
            3 | 4 => {
                let count = dice.below(3).min(model.len() - index);
                packed.remove(at, count);
                model.drain(index..index + count);
            }
            5 => {
                let tail = packed.split_off(at);
                assert_eq!(tail.len(), model.len() - index);
                tail.iter().for_each(|element| packed.push(&Encoded::new(&element.to_vec())));
            }
            _ => {}
        }
        assert_eq!(packed.len(), model.len());
        assert_eq!(packed.end(), model.iter().map(|text| Encoded::new(text).size()).sum::<usize>());
        assert!(packed.bytes() <= 2 * packed.end() + 20_000, "memory comes back");
        if round % 16 == 0 {
            let (forth, back) = (packed.iter(), packed.iter().rev());
            assert!(forth.map(Element::to_vec).eq(model.iter().cloned()));
            assert!(back.map(Element::to_vec).eq(model.iter().rev().cloned()));
        }
    }
}

#[test]
fn equal_texts_are_found_and_removed() {
    let mut packed = Packed::default();
    for text in ["a", "1", "01", "a", "", "1"] {
        packed.push(&Encoded::new(text.as_bytes()));
    }
    assert_eq!(packed.find(&Encoded::new(b"1"), 1), Some(packed.seek(1)));
    assert_eq!(packed.find(&Encoded::new(b"1"), 2), None);
    let mut most = 1;
    packed.remove_equal(&Encoded::new(b"a"), &mut 0, &mut most);
    let texts: Vec<_> = packed.iter().map(Element::to_vec).collect();
    assert_eq!(texts, [&b"1"[..], b"01", b"a", b"", b"1"]);
}
