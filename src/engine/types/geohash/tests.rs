use super::*;
use crate::clock::Dice;

const PALERMO: Place = Place { longitude: 13.361_389, latitude: 38.115_556 };
const CATANIA: Place = Place { longitude: 15.087_269, latitude: 37.502_669 };

#[test]
fn scores_are_those_of_a_server() {
    assert_eq!(PALERMO.score(), 3_479_099_956_230_698.0);
    let read = Place::of_score(PALERMO.score());
    assert_eq!((read.longitude, read.latitude), (13.361_389_338_970_184, 38.115_556_395_496_3));
    assert_eq!(&read.geohash(), b"sqc8b49rny0");
    assert_eq!(Place::new(180.0, 85.051_128_78).map(Place::score), Some(13_510_798_882_111_488.0));
    assert_eq!(Place::new(180.1, 0.0), None);
    assert_eq!(Place::new(0.0, f64::NAN), None);
}

#[test]
fn any_score_is_a_place_on_the_map() {
    for score in
        [f64::NEG_INFINITY, -1e300, -1.0, 0.5, 2f64.powi(52), 2f64.powi(63), 2f64.powi(64), f64::INFINITY]
    {
        let place = Place::of_score(score);
        assert!(Place::new(place.longitude, place.latitude).is_some(), "{score}");
    }
}

#[test]
fn bits_are_spread_and_gathered() {
    for bits in [0, 1, 0x8000_0000, 0xdead_beef, u32::MAX] {
        assert_eq!(gather(spread(bits)), bits);
        assert_eq!(gather(spread(bits) << 1), 0);
    }
}

#[test]
fn an_area_is_covered_by_its_ranges() {
    let mut dice = Dice::new(7);
    let mut random = |most: f64| dice.next_u64() as f64 / u64::MAX as f64 * most;
    for _ in 0..3000 {
        let center = Place::new(random(340.0) - 170.0, random(140.0) - 70.0).unwrap();
        let size = 10f64.powf(random(6.0));
        let shapes = [Shape::Circle { radius: size }, Shape::Box { width: size, height: size / 3.0 }];
        let near = |by: f64| (size / 111_000.0).min(5.0) * by;
        let longitude = center.longitude + near(random(2.0) - 1.0);
        let latitude = center.latitude + near(random(2.0) - 1.0);
        let Some(place) = Place::new(longitude, latitude) else { continue };
        for shape in shapes {
            let area = Area { center, shape };
            if area.distance_within(place).is_some() {
                let score = place.score();
                assert!(area.scores().any(|scores| scores.contains(&score)), "{area:?} {place:?}");
            }
        }
    }
}

#[test]
fn a_box_has_its_corners_and_a_circle_has_not() {
    let distance = PALERMO.distance(CATANIA);
    assert!((distance - 166_274.15).abs() < 1.0);
    let circle = |radius| Area { center: PALERMO, shape: Shape::Circle { radius } };
    assert_eq!(circle(distance).distance_within(CATANIA), Some(distance));
    assert_eq!(circle(distance - 0.1).distance_within(CATANIA), None);
    let boxed = |width, height| Area { center: PALERMO, shape: Shape::Box { width, height } };
    assert!(boxed(310_000.0, 140_000.0).distance_within(CATANIA).is_some());
    assert!(boxed(310_000.0, 130_000.0).distance_within(CATANIA).is_none());
    assert!(boxed(290_000.0, 140_000.0).distance_within(CATANIA).is_none());
}
