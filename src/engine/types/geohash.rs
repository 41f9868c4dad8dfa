//! Places on Earth as 52-bit geohashes, which are the scores of a sorted set; distances and areas.
//!
//! A geohash halves longitude and latitude in turn, 26 times each, so that the places of a cell of any size
//! have scores next to each other. An area is searched in one cell at least as large and its eight
//! neighbours.

use std::f64::consts::PI;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// How often a score halves longitude and latitude.
const STEPS: u32 = 26;
/// The longitudes of a map.
const LONGITUDES: Span = Span { min: -180.0, max: 180.0 };
/// The latitudes of a square map in Mercator's projection.
const LATITUDES: Span = Span { min: -85.051_128_78, max: 85.051_128_78 };
/// The latitudes of the geohashes that others write.
const ALL_LATITUDES: Span = Span { min: -90.0, max: 90.0 };
/// Of the sphere that stands for Earth, in metres.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
/// Half the width of the map at the equator, in metres.
const MERCATOR_MAX: f64 = 20_037_726.37;

/// A range of degrees.
#[derive(Clone, Copy, Debug)]
struct Span {
    min: f64,
    max: f64,
}

impl Span {
    fn has(self, degrees: f64) -> bool {
        (self.min..=self.max).contains(&degrees)
    }

    /// Which of 2^`steps` equal parts these degrees lie in.
    fn part_of(self, degrees: f64, steps: u32) -> u32 {
        ((degrees - self.min) / (self.max - self.min) * f64::from(1 << steps)) as u32
    }

    /// One of 2^`steps` equal parts.
    fn part(self, index: u32, steps: u32) -> Self {
        let (width, parts) = (self.max - self.min, f64::from(1 << steps));
        let at = |index: f64| self.min + index / parts * width;
        Self { min: at(f64::from(index)), max: at(f64::from(index) + 1.0) }
    }

    fn middle(self) -> f64 {
        self.min.midpoint(self.max)
    }
}

/// A place, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// East of Greenwich.
    pub longitude: f64,
    /// North of the equator.
    pub latitude: f64,
}

impl Place {
    /// A place that is on the map.
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        (LONGITUDES.has(longitude) && LATITUDES.has(latitude)).then_some(Self { longitude, latitude })
    }

    /// The middle of the smallest cell that a score means. Any number means one.
    pub fn of_score(score: f64) -> Self {
        let cell = Cell::of_bits(score_bits(score), STEPS);
        let (longitudes, latitudes) = cell.spans();
        Self {
            longitude: longitudes.middle().clamp(LONGITUDES.min, LONGITUDES.max),
            latitude: latitudes.middle().clamp(LATITUDES.min, LATITUDES.max),
        }
    }

    /// The score of the smallest cell that it lies in.
    pub fn score(self) -> f64 {
        Cell::around(self, STEPS, LATITUDES).bits() as f64
    }

    /// The usual text of a geohash, eleven letters. The last is always `0`, for there are no more bits.
    pub fn geohash(self) -> [u8; 11] {
        const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let bits = Cell::around(self, STEPS, ALL_LATITUDES).bits();
        std::array::from_fn(|letter| {
            ALPHABET[if letter == 10 { 0 } else { (bits >> (47 - 5 * letter) & 0x1f) as usize }]
        })
    }

    /// How far another place is, in metres, over a sphere.
    pub fn distance(self, other: Self) -> f64 {
        let half_sine = |from: f64, to: f64| ((to.to_rad() - from.to_rad()) / 2.0).sin();
        let east = half_sine(self.longitude, other.longitude);
        if east == 0.0 {
            return self.distance_north(other);
        }
        let north = half_sine(self.latitude, other.latitude);
        let cosines = self.latitude.to_rad().cos() * other.latitude.to_rad().cos();
        let a = north * north + cosines * east * east;
        2.0 * EARTH_RADIUS * a.sqrt().asin()
    }

    /// How far another place would be on the same meridian, in metres.
    fn distance_north(self, other: Self) -> f64 {
        EARTH_RADIUS * (other.latitude.to_rad() - self.latitude.to_rad()).abs()
    }
}

/// Degrees as Redis turns them, to the last bit.
trait Degrees {
    fn to_rad(self) -> f64;
    fn to_deg(self) -> f64;
}

impl Degrees for f64 {
    fn to_rad(self) -> f64 {
        self * (PI / 180.0)
    }

    fn to_deg(self) -> f64 {
        self / (PI / 180.0)
    }
}

/// A score as a whole number, whatever it is: cut off, and wrapped around where it is negative.
fn score_bits(score: f64) -> u64 {
    const HALF: f64 = (1u64 << 63) as f64;
    match score {
        _ if score < HALF => score as i64 as u64,
        _ if score < 2.0 * HALF => score as u64,
        _ => 0,
    }
}

/// One of the cells that the map is divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// Counted from the west.
    x: u32,
    /// Counted from the south.
    y: u32,
    /// How often longitude and latitude were halved.
    steps: u32,
}

impl Cell {
    fn around(place: Place, steps: u32, latitudes: Span) -> Self {
        let (x, y) = (LONGITUDES.part_of(place.longitude, steps), latitudes.part_of(place.latitude, steps));
        Self { x, y, steps }
    }

    fn of_bits(bits: u64, steps: u32) -> Self {
        Self { x: gather(bits >> 1), y: gather(bits), steps }
    }

    fn bits(self) -> u64 {
        spread(self.x) << 1 | spread(self.y)
    }

    /// Its longitudes and latitudes.
    fn spans(self) -> (Span, Span) {
        (LONGITUDES.part(self.x, self.steps), LATITUDES.part(self.y, self.steps))
    }

    /// The cell so many to the east and to the north, around the map's edges.
    fn neighbour(self, (east, north): (i32, i32)) -> Self {
        let mask = (1u64 << self.steps) as u32 - 1;
        let moved = |at: u32, by: i32| if by == 0 { at } else { at.wrapping_add_signed(by) & mask };
        Self { x: moved(self.x, east), y: moved(self.y, north), ..self }
    }

    /// The scores of the places in it.
    fn scores(self) -> Range<f64> {
        let shift = 2 * (STEPS - self.steps);
        (self.bits() << shift) as f64..((self.bits() + 1) << shift) as f64
    }
}

/// Puts a zero above each bit.
fn spread(bits: u32) -> u64 {
    [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ]
    .into_iter()
    .fold(u64::from(bits), |bits, (shift, mask)| (bits | bits << shift) & mask)
}

/// Every other bit, the lowest included.
fn gather(bits: u64) -> u32 {
    [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ]
    .into_iter()
    .fold(bits & 0x5555_5555_5555_5555, |bits, (shift, mask)| (bits | bits >> shift) & mask) as u32
}

/// What is searched: all places around one, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The middle.
    pub center: Place,
    /// How far it goes.
    pub shape: Shape,
}

/// The shape of an [`Area`], in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// All that is no further away.
    Circle {
        /// How far that is.
        radius: f64,
    },
    /// All that is no more than half as far to either side.
    Box {
        /// From west to east.
        width: f64,
        /// From south to north.
        height: f64,
    },
}

/// Neighbours to the east and to the north, in the order in which Redis looks at them.
const AROUND: [(i32, i32); 9] =
    [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];

impl Area {
    /// How far a place is from the middle, in metres, if it lies within the area.
    pub fn distance_within(&self, place: Place) -> Option<f64> {
        match self.shape {
            Shape::Circle { radius } => {
                let distance = self.center.distance(place);
                (distance <= radius).then_some(distance)
            }
            Shape::Box { width, height } => {
                if place.distance_north(self.center) > height / 2.0 {
                    return None;
                }
                let east = Place { longitude: self.center.longitude, ..place };
                (place.distance(east) <= width / 2.0).then(|| self.center.distance(place))
            }
        }
    }

    /// The ranges of scores in which all its places lie, beside others, in the order in which Redis looks
    /// through them: a cell that is large enough, and those of its neighbours that the area reaches into.
    pub fn scores(&self) -> impl Iterator<Item = Range<f64>> {
        let cells = self.cells();
        // Of few and large cells, neighbours can be one and the same. As in Redis, each is compared with the
        // one before it, the first excepted.
        let mut last: Option<Cell> = None;
        let distinct = cells.into_iter().enumerate().filter_map(move |(index, cell)| {
            let cell = cell.filter(|cell| last != Some(*cell))?;
            if index > 0 {
                last = Some(cell);
            }
            Some(cell)
        });
        distinct.map(Cell::scores)
    }

    fn cells(&self) -> [Option<Cell>; 9] {
        let (longitudes, latitudes) = self.bounds();
        let mut steps = self.steps();
        let around = |steps| Cell::around(self.center, steps, LATITUDES);
        let mut cell = around(steps);
        let outer = |direction| cell.neighbour(direction).spans();
        let (east, west, north, south) =
            (outer((1, 0)).0, outer((-1, 0)).0, outer((0, 1)).1, outer((0, -1)).1);
        let covered = north.max >= latitudes.max
            && south.min <= latitudes.min
            && east.max >= longitudes.max
            && west.min <= longitudes.min;
        if steps > 1 && !covered {
            steps -= 1;
            cell = around(steps);
        }
        let (own_longitudes, own_latitudes) = cell.spans();
        AROUND.map(|(east, north)| {
            let beyond = own_latitudes.min < latitudes.min && north < 0
                || own_latitudes.max > latitudes.max && north > 0
                || own_longitudes.min < longitudes.min && east < 0
                || own_longitudes.max > longitudes.max && east > 0;
            (steps < 2 || !beyond).then(|| cell.neighbour((east, north)))
        })
    }

    /// How far it reaches from its middle to the sides and up, in metres.
    fn reach(&self) -> (f64, f64) {
        match self.shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Box { width, height } => (width / 2.0, height / 2.0),
        }
    }

    /// Longitudes and latitudes that it lies within. They may leave the map.
    fn bounds(&self) -> (Span, Span) {
        let (aside, up) = self.reach();
        let Place { longitude, latitude } = self.center;
        let up = (up / EARTH_RADIUS).to_deg();
        // It is wider in degrees on the side of the pole.
        let poleward = if latitude < 0.0 { latitude - up } else { latitude + up };
        let aside = (aside / EARTH_RADIUS / poleward.to_rad().cos()).to_deg();
        (
            Span { min: longitude - aside, max: longitude + aside },
            Span { min: latitude - up, max: latitude + up },
        )
    }

    /// How often the map is halved for cells about as large as the area.
    fn steps(&self) -> u32 {
        let mut range = match self.shape {
            Shape::Circle { radius } => radius,
            Shape::Box { .. } => {
                let (aside, up) = self.reach();
                (aside * aside + up * up).sqrt()
            }
        };
        if range == 0.0 {
            return STEPS;
        }
        let mut steps = 1i32;
        while range < MERCATOR_MAX {
            range *= 2.0;
            steps += 1;
        }
        // So that the range fits into the cell whatever side of it the middle lies on; and cells are narrow
        // near the poles.
        steps -= 2;
        let latitude = self.center.latitude.abs();
        steps -= i32::from(latitude > 66.0) + i32::from(latitude > 80.0);
        steps.clamp(1, STEPS as i32) as u32
    }
}
