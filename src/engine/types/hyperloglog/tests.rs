use super::*;

const MOST: usize = 3000;

fn seen(elements: std::ops::Range<u32>) -> Vec<u8> {
    let mut bytes = empty();
    for element in elements {
        add(&mut bytes, element.to_string().as_bytes(), MOST).unwrap();
    }
    bytes
}

fn registers(bytes: &[u8]) -> Registers {
    let mut registers = Registers::default();
    registers.merge(bytes).unwrap();
    registers
}

#[test]
fn packing_is_undone_by_unpacking() {
    for start in 0..64 {
        let values = std::array::from_fn(|i| ((start + 7 * i) % 64) as u8);
        assert_eq!(unpack(&pack(&values)), values);
    }
}

#[test]
fn the_bytes_are_those_of_a_server() {
    let mut bytes = empty();
    assert_eq!(bytes, b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    assert_eq!(add(&mut bytes, b"a", MOST), Ok(true));
    assert_eq!(add(&mut bytes, b"b", MOST), Ok(true));
    assert_eq!(add(&mut bytes, b"a", MOST), Ok(false));
    assert_eq!(bytes, b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80q\xa6\x84K\xfb\x80BZ");
    assert_eq!(decode(&bytes), "Z:12711 v:2,1 Z:3068 v:1,1 Z:603");
    let seen = estimate(&bytes).unwrap();
    set_cached(&mut bytes, seen);
    assert_eq!(cached(&bytes), Some(2));
}

#[test]
fn sparse_and_dense_strings_have_the_same_registers() {
    let sparse = seen(0..400);
    assert!(!is_dense(&sparse));
    let mut dense = sparse.clone();
    assert_eq!(make_dense(&mut dense), Ok(true));
    assert_eq!(make_dense(&mut dense), Ok(false));
    assert_eq!(dense.len(), DENSE_LEN);
    assert_eq!(registers(&sparse).values(), registers(&dense).values());
    let mut slowly = seen(0..0);
    make_dense(&mut slowly).unwrap();
    for element in 0..400 {
        add(&mut slowly, element.to_string().as_bytes(), MOST).unwrap();
    }
    assert_eq!(slowly[HEADER..], dense[HEADER..]);
}

#[test]
fn a_string_becomes_dense_when_it_is_too_long_or_a_value_too_high() {
    let long = seen(0..5000);
    assert!(is_dense(&long));
    let mut high = empty();
    assert_eq!(raise(&mut high, 5, VALUE_MAX, MOST), Ok(true));
    assert!(!is_dense(&high));
    assert_eq!(raise(&mut high, 5, VALUE_MAX + 1, MOST), Ok(true));
    assert!(is_dense(&high));
    assert_eq!(registers(&high).values()[5], VALUE_MAX + 1);
}

#[test]
fn estimates_are_near_the_truth() {
    for count in [0, 1, 10, 100, 1000, 10_000, 50_000] {
        let mut bytes = seen(0..count);
        let told = estimate(&bytes).unwrap();
        assert!(told.abs_diff(count.into()) as f64 <= f64::from(count) * 0.03, "{count}: {told}");
        assert_eq!(registers(&bytes).estimate(), told);
        make_dense(&mut bytes).unwrap();
        assert_eq!(estimate(&bytes), Ok(told));
    }
}

#[test]
fn merged_registers_saw_what_each_saw() {
    let mut both = registers(&seen(0..300));
    both.merge(&seen(200..6000)).unwrap();
    assert_eq!(both.values(), registers(&seen(0..6000)).values());
    let mut stored = seen(0..10);
    both.store(&mut stored, false, MOST).unwrap();
    assert!(is_dense(&stored));
    assert_eq!(registers(&stored).values(), both.values());
}

#[test]
fn registers_that_do_not_add_up_are_corrupted() {
    let header = &empty()[..HEADER];
    for runs in [&b""[..], b"\x7f", b"\x7f\xfe", b"\x7f\xff\x00", b"\x7f\xff\x7f\xff", b"\xff", b"\x40"] {
        let mut bytes = [header, runs].concat();
        assert!(is_valid(&bytes));
        assert_eq!(Registers::default().merge(&bytes), Err(Corrupted), "{runs:?}");
        assert_eq!(estimate(&bytes), Err(Corrupted), "{runs:?}");
        assert_eq!(make_dense(&mut bytes), Err(Corrupted), "{runs:?}");
        for index in [0, 1, 8191, 16383] {
            // Some are found in what is there; none panics.
            let _ = raise(&mut bytes.clone(), index, 3, MOST);
        }
        decode(&bytes);
    }
}
