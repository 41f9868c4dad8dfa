//! Places on Earth, which are sorted sets with geohashes for scores.

use std::cmp::Ordering;

use smallvec::SmallVec;

use super::zset::{self, Update};
use super::zset_algebra::store_result;
use crate::args::Args;
use crate::command::{Begin, Command, Find, Flags, Group, KeySpec};
use crate::dispatch::Ctx;
use crate::error::{Error, Result, quoted};
use crate::number::parse_float;
use crate::partial_sort::partial_sort;
use crate::sink::Sink;
use crate::types::ZSet;
use crate::types::geohash::{Area, Place, Shape};
use crate::types::zset::{ScoreBound, ScoreRange};

/// What the rows of this group have in common.
const GEO: Command = Command { group: Group::Geo, since: "3.2.0", ..Command::BASE };

/// What those have in common that only read one key.
const READ: Command = Command { flags: Flags::READONLY, keys: &[KeySpec::one(1, &["RO", "access"])], ..GEO };

/// The key that follows a word, searched for from an argument on.
const fn named_key(word: &'static str, from: i32) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword(word, from),
        find: Find::Range { last: 0, step: 1, limit: 0 },
        flags: &["OW", "update"],
    }
}

const SEARCHED: &str =
    "O(N+log(M)) where N is the number of members in the cells searched and M that of all members";

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "geoadd",
        syntax: "key@0 [condition<NX|XX>{6.2.0}] [change=CH{6.2.0}] \
            data(longitude:double latitude:double member)...",
        arity: -5,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RW", "update"])],
        summary: "Adds places to a sorted set, or moves them.",
        complexity: "O(log(N)) for each place, where N is the number of members.",
        run: geoadd,
        ..GEO
    },
    Command {
        name: "geodist",
        syntax: "key@0 member1 member2 [unit<M|KM|FT|MI>]",
        arity: -4,
        summary: "Returns how far two members of a sorted set are from each other.",
        run: geodist,
        ..READ
    },
    Command {
        name: "geohash",
        syntax: "key@0 [member...]",
        arity: -2,
        summary: "Returns the usual geohashes of members of a sorted set.",
        complexity: "O(1) for each member.",
        run: geohash,
        ..READ
    },
    Command {
        name: "geopos",
        syntax: "key@0 [member...]",
        arity: -2,
        summary: "Returns the longitudes and latitudes of members of a sorted set.",
        complexity: "O(1) for each member.",
        run: geopos,
        ..READ
    },
    Command {
        name: "georadius",
        syntax: "key@0 longitude:double latitude:double radius:double unit<M|KM|FT|MI> [WITHCOORD] [WITHDIST] \
            [WITHHASH] [count-block(COUNT/count:integer [ANY{6.2.0}])] [order<ASC|DESC>] \
            [store<STORE/storekey@1\"key\"|STOREDIST/storedistkey@2\"key\">]",
        deprecated: "6.2.0",
        arity: -6,
        flags: Flags::DENYOOM.and(Flags::MOVABLEKEYS).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RO", "access"]), named_key("STORE", 6), named_key("STOREDIST", 6)],
        summary: "Returns or stores the members around a place.",
        complexity: SEARCHED,
        run: georadius,
        ..GEO
    },
    Command {
        name: "georadius_ro",
        syntax: "key@0 longitude:double latitude:double radius:double unit<M|KM|FT|MI> [WITHCOORD] [WITHDIST] \
            [WITHHASH] [count-block(COUNT/count:integer [ANY{6.2.0}])] [order<ASC|DESC>]",
        deprecated: "6.2.0",
        arity: -6,
        since: "3.2.10",
        summary: "Returns the members around a place.",
        complexity: SEARCHED,
        run: georadius_ro,
        ..READ
    },
    Command {
        name: "georadiusbymember",
        syntax: "key@0 member radius:double unit<M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
            [count-block(COUNT/count:integer [ANY])] [order<ASC|DESC>] \
            [store<STORE/storekey@1\"key\"|STOREDIST/storedistkey@2\"key\">]",
        deprecated: "6.2.0",
        arity: -5,
        flags: Flags::DENYOOM.and(Flags::MOVABLEKEYS).and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["RO", "access"]), named_key("STORE", 5), named_key("STOREDIST", 5)],
        summary: "Returns or stores the members around one of them.",
        complexity: SEARCHED,
        run: georadiusbymember,
        ..GEO
    },
    Command {
        name: "georadiusbymember_ro",
        syntax: "key@0 member radius:double unit<M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
            [count-block(COUNT/count:integer [ANY])] [order<ASC|DESC>]",
        deprecated: "6.2.0",
        arity: -5,
        since: "3.2.10",
        summary: "Returns the members around one of them.",
        complexity: SEARCHED,
        run: georadiusbymember_ro,
        ..READ
    },
    Command {
        name: "geosearch",
        syntax: "key@0 from<FROMMEMBER/member|FROMLONLAT/fromlonlat(longitude:double latitude:double)> \
            by<circle(BYRADIUS/radius:double unit<M|KM|FT|MI>)|\
            box(BYBOX/width:double height:double unit<M|KM|FT|MI>)> \
            [order<ASC|DESC>] [count-block(COUNT/count:integer [ANY])] [WITHCOORD] [WITHDIST] [WITHHASH]",
        arity: -7,
        since: "6.2.0",
        summary: "Returns the members in a circle or a box.",
        complexity: SEARCHED,
        run: geosearch,
        ..READ
    },
    Command {
        name: "geosearchstore",
        syntax: "destination@0 source@1 \
            from<FROMMEMBER/member|FROMLONLAT/fromlonlat(longitude:double latitude:double)> \
            by<circle(BYRADIUS/radius:double unit<M|KM|FT|MI>)|\
            box(BYBOX/width:double height:double unit<M|KM|FT|MI>)> \
            [order<ASC|DESC>] [count-block(COUNT/count:integer [ANY])] [STOREDIST]",
        arity: -8,
        flags: Flags::DENYOOM.and(Flags::WRITE),
        keys: &[KeySpec::one(1, &["OW", "update"]), KeySpec::one(2, &["RO", "access"])],
        since: "6.2.0",
        summary: "Stores the members in a circle or a box.",
        complexity: SEARCHED,
        run: geosearchstore,
        ..GEO
    },
];

/// The next arguments as `longitude latitude`.
fn place(args: &mut Args<'_>) -> Result<Place> {
    let (longitude, latitude) = (args.float()?, args.float()?);
    Place::new(longitude, latitude).ok_or_else(|| {
        Error::text(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"))
    })
}

/// The next argument as a unit, in metres.
fn unit(args: &mut Args<'_>) -> Result<f64> {
    const UNITS: [(&str, f64); 4] = [("M", 1.0), ("KM", 1000.0), ("FT", 0.3048), ("MI", 1609.34)];
    let named = UNITS.into_iter().find(|(name, _)| args.keyword(name));
    let (_, metres) = named.ok_or(Error::Fixed("ERR unsupported unit provided. please use M, KM, FT, MI"))?;
    Ok(metres)
}

/// The next argument as a number, or this error.
fn length(args: &mut Args<'_>, error: &'static str) -> Result<f64> {
    parse_float(args.next()?).ok_or(Error::Fixed(error))
}

/// The next arguments as `radius unit`: the circle, and its unit in metres.
fn circle(args: &mut Args<'_>) -> Result<(Shape, f64)> {
    let radius = length(args, "ERR need numeric radius")?;
    if radius < 0.0 {
        return Err(Error::Fixed("ERR radius cannot be negative"));
    }
    let unit = unit(args)?;
    Ok((Shape::Circle { radius: radius * unit }, unit))
}

/// The next arguments as `width height unit`: the box, and its unit in metres.
fn rectangle(args: &mut Args<'_>) -> Result<(Shape, f64)> {
    let (width, height) = (length(args, "ERR need numeric width")?, length(args, "ERR need numeric height")?);
    if width < 0.0 || height < 0.0 {
        return Err(Error::Fixed("ERR height or width cannot be negative"));
    }
    let unit = unit(args)?;
    Ok((Shape::Box { width: width * unit, height: height * unit }, unit))
}

fn place_of(zset: &ZSet, member: &[u8]) -> Option<Place> {
    zset.score(member).map(Place::of_score)
}

fn say_place(place: Place, sink: &mut dyn Sink) {
    sink.array(2);
    sink.double(place.longitude);
    sink.double(place.latitude);
}

/// Says a distance with four decimals.
fn say_distance(distance: f64, sink: &mut dyn Sink) {
    let scaled = (distance * 10_000.0).round() as i64;
    sink.bulk(format!("{}.{:04}", scaled / 10_000, scaled % 10_000).as_bytes());
}

/// `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member …]`
///
/// Does what ZADD does with the places' scores, and says `zadd`.
fn geoadd(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let key = args.next()?;
    let (mut absent, mut present, mut changes) = (false, false, false);
    loop {
        match () {
            () if args.keyword("NX") => absent = true,
            () if args.keyword("XX") => present = true,
            () if args.keyword("CH") => changes = true,
            () => break,
        }
    }
    if !args.left().is_multiple_of(3) || (absent && present) {
        return Err(Error::Syntax);
    }
    let update = Update { present: (absent || present).then_some(present), ..Update::default() };
    let mut members: SmallVec<[(f64, &[u8]); 4]> = SmallVec::new();
    while !args.is_empty() {
        members.push((place(args)?.score(), args.next()?));
    }
    zset::add(ctx, key, &members, update, changes, sink)
}

/// `GEODIST key member1 member2 [M | KM | FT | MI]`
fn geodist(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let (key, from, to) = (args.next()?, args.next()?, args.next()?);
    let unit = match args.left() {
        0 => 1.0,
        1 => unit(args)?,
        _ => return Err(Error::Syntax),
    };
    let zset = ctx.read::<ZSet>(key)?;
    let places = zset.and_then(|zset| Some((place_of(zset, from)?, place_of(zset, to)?)));
    match places {
        Some((from, to)) => say_distance(from.distance(to) / unit, sink),
        None => sink.null(),
    }
    Ok(())
}

/// `GEOHASH key [member …]`
fn geohash(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let members = args.take_rest();
    sink.array(members.len());
    for member in members {
        let place = zset.and_then(|zset| place_of(zset, member));
        sink.bulk_or_null(place.map(Place::geohash).as_ref().map(<[u8; 11]>::as_slice));
    }
    Ok(())
}

/// `GEOPOS key [member …]`
fn geopos(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let members = args.take_rest();
    sink.array(members.len());
    for member in members {
        match zset.and_then(|zset| place_of(zset, member)) {
            Some(place) => say_place(place, sink),
            None => sink.null_array(),
        }
    }
    Ok(())
}

/// `GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]
/// [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
///
/// As GEOSEARCH and GEOSEARCHSTORE in one.
fn georadius(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    search(ctx, args, Form::Radius { by_member: false, stores: true }, None, sink)
}

/// `GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]
/// [COUNT count [ANY]] [ASC | DESC]`
fn georadius_ro(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    search(ctx, args, Form::Radius { by_member: false, stores: false }, None, sink)
}

/// `GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]
/// [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
///
/// Looks at radius and unit only if the key is there.
fn georadiusbymember(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    search(ctx, args, Form::Radius { by_member: true, stores: true }, None, sink)
}

/// `GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]
/// [COUNT count [ANY]] [ASC | DESC]`
fn georadiusbymember_ro(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    search(ctx, args, Form::Radius { by_member: true, stores: false }, None, sink)
}

/// `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> |
/// BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
///
/// A COUNT without an order gives the nearest, nearest first; with ANY, any that are found.
fn geosearch(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    search(ctx, args, Form::Search, None, sink)
}

/// `GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude>
/// <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC]
/// [COUNT count [ANY]] [STOREDIST]`
///
/// Replaces whatever the destination held; an empty result deletes it.
fn geosearchstore(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let destination = args.next()?;
    search(ctx, args, Form::Search, Some(destination), sink)
}

/// How a search says where it searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In a fixed order, before its options.
    Radius {
        /// Around a member of the sorted set.
        by_member: bool,
        /// Whether STORE and STOREDIST are among its options.
        stores: bool,
    },
    /// By options.
    Search,
}

/// What a search was asked for.
#[derive(Debug, Default)]
struct Query<'a> {
    /// In the middle; nothing for that of a member when there is no sorted set.
    center: Option<Place>,
    shape: Option<Shape>,
    /// The unit of distances, in metres.
    unit: f64,
    details: Details,
    /// Whether nearest or farthest first.
    order: Option<Order>,
    count: Option<usize>,
    any: bool,
    destination: Option<&'a [u8]>,
    /// Whether distances are stored instead of places.
    store_distance: bool,
}

/// What is said of a member beside its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Details {
    distance: bool,
    hash: bool,
    place: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Nearest,
    Farthest,
}

impl<'a> Query<'a> {
    fn parse(
        args: &mut Args<'a>,
        zset: Option<&ZSet>,
        form: Form,
        destination: Option<&'a [u8]>,
    ) -> Result<Self> {
        let name = args.argv()[0];
        let mut query = Self { unit: 1.0, destination, ..Self::default() };
        let (mut by_member, mut by_place) = (false, false);
        match form {
            Form::Search => {}
            Form::Radius { by_member: true, .. } => {
                let mut fixed = Args::new(args.take(3)?, 0);
                if zset.is_some() {
                    query.center = member_of(zset, fixed.next()?)?;
                    query.set_shape(circle(&mut fixed)?);
                }
            }
            Form::Radius { by_member: false, .. } => {
                query.center = Some(place(args)?);
                query.set_shape(circle(args)?);
            }
        }
        let (searches, stores) = (form == Form::Search, matches!(form, Form::Radius { stores: true, .. }));
        while !args.is_empty() {
            let after = args.left() - 1;
            match () {
                () if args.keyword("WITHDIST") => query.details.distance = true,
                () if args.keyword("WITHHASH") => query.details.hash = true,
                () if args.keyword("WITHCOORD") => query.details.place = true,
                () if args.keyword("ANY") => query.any = true,
                () if args.keyword("ASC") => query.order = Some(Order::Nearest),
                () if args.keyword("DESC") => query.order = Some(Order::Farthest),
                () if after >= 1 && args.keyword("COUNT") => {
                    let count = usize::try_from(args.int()?).ok().filter(|count| *count > 0);
                    query.count = Some(count.ok_or(Error::Fixed("ERR COUNT must be > 0"))?);
                }
                () if stores && after >= 1 && args.keyword("STORE") => {
                    (query.destination, query.store_distance) = (Some(args.next()?), false);
                }
                () if stores && after >= 1 && args.keyword("STOREDIST") => {
                    (query.destination, query.store_distance) = (Some(args.next()?), true);
                }
                () if searches && after >= 1 && !by_place && args.keyword("FROMMEMBER") => {
                    by_member = true;
                    query.center = member_of(zset, args.next()?)?;
                }
                () if searches && after >= 2 && !by_member && args.keyword("FROMLONLAT") => {
                    by_place = true;
                    query.center = Some(place(args)?);
                }
                () if searches && after >= 2 && !query.is_box() && args.keyword("BYRADIUS") => {
                    query.set_shape(circle(args)?);
                }
                () if searches && after >= 3 && !query.is_circle() && args.keyword("BYBOX") => {
                    query.set_shape(rectangle(args)?);
                }
                () if searches && destination.is_some() && args.keyword("STOREDIST") => {
                    query.store_distance = true;
                }
                () => return Err(Error::Syntax),
            }
        }
        query.check(name, form, by_member || by_place)?;
        Ok(query)
    }

    /// Looks whether options are missing, or do not go together.
    fn check(&self, name: &[u8], form: Form, has_center: bool) -> Result {
        if self.destination.is_some() && self.details != Details::default() {
            return Err(Error::Fixed(if form == Form::Search {
                "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            } else {
                "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            }));
        }
        let missing = |what: &str| Error::text([what.as_bytes(), quoted(name)].concat());
        if form == Form::Search && !has_center {
            return Err(missing("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "));
        }
        if form == Form::Search && self.shape.is_none() {
            return Err(missing("ERR exactly one of BYRADIUS and BYBOX can be specified for "));
        }
        if self.any && self.count.is_none() {
            return Err(Error::Fixed("ERR the ANY argument requires COUNT argument"));
        }
        Ok(())
    }

    fn set_shape(&mut self, (shape, unit): (Shape, f64)) {
        (self.shape, self.unit) = (Some(shape), unit);
    }

    fn is_box(&self) -> bool {
        matches!(self.shape, Some(Shape::Box { .. }))
    }

    fn is_circle(&self) -> bool {
        matches!(self.shape, Some(Shape::Circle { .. }))
    }

    /// What is found, in the order asked for, as many as asked for.
    fn run<'z>(&self, zset: &'z ZSet) -> Vec<Found<'z>> {
        let (Some(center), Some(shape)) = (self.center, self.shape) else { return Vec::new() };
        let most = self.count.filter(|_| self.any).unwrap_or(usize::MAX);
        let mut found = find(zset, &Area { center, shape }, most);
        let wanted = self.count.map_or(found.len(), |count| count.min(found.len()));
        let nearest_if_counted = (self.count.is_some() && !self.any).then_some(Order::Nearest);
        if let Some(order) = self.order.or(nearest_if_counted) {
            partial_sort(&mut found, 0..wanted, |a, b| {
                let order_of = a.distance.partial_cmp(&b.distance).unwrap_or(Ordering::Equal);
                if order == Order::Nearest { order_of } else { order_of.reverse() }
            });
        }
        found.truncate(wanted);
        found
    }

    fn say(&self, found: &[Found<'_>], sink: &mut dyn Sink) {
        let Details { distance, hash, place } = self.details;
        let details = usize::from(distance) + usize::from(hash) + usize::from(place);
        sink.array(found.len());
        for found in found {
            if details > 0 {
                sink.array(1 + details);
            }
            sink.bulk(found.member);
            if distance {
                say_distance(found.distance / self.unit, sink);
            }
            if hash {
                sink.int(found.score as i64);
            }
            if place {
                say_place(Place::of_score(found.score), sink);
            }
        }
    }
}

/// The place of a member that has to be there; nothing if there is no sorted set.
fn member_of(zset: Option<&ZSet>, member: &[u8]) -> Result<Option<Place>> {
    let Some(zset) = zset else { return Ok(None) };
    let place = place_of(zset, member);
    place.map(Some).ok_or(Error::Fixed("ERR could not decode requested zset member"))
}

/// A member within the area.
#[derive(Clone, Copy, Debug)]
struct Found<'z> {
    member: &'z [u8],
    score: f64,
    /// From the middle, in metres.
    distance: f64,
}

/// The members within an area, in the order of its cells; no more than `most`.
fn find<'z>(zset: &'z ZSet, area: &Area, most: usize) -> Vec<Found<'z>> {
    let mut found = Vec::new();
    for scores in area.scores() {
        let bound = |score, exclusive| ScoreBound { score, exclusive };
        let range = ScoreRange { min: bound(scores.start, false), max: bound(scores.end, true) };
        for (member, score) in zset.range(zset.ranks_by_score(&range)) {
            if let Some(distance) = area.distance_within(Place::of_score(score)) {
                found.push(Found { member, score, distance });
                if found.len() >= most {
                    return found;
                }
            }
        }
    }
    found
}

fn search<'a>(
    ctx: &mut Ctx<'_>,
    args: &mut Args<'a>,
    form: Form,
    destination: Option<&'a [u8]>,
    sink: &mut dyn Sink,
) -> Result {
    let limits = ctx.limits();
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let query = Query::parse(args, zset, form, destination)?;
    let found = zset.map_or_else(Vec::new, |zset| query.run(zset));
    let Some(destination) = query.destination else {
        query.say(&found, sink);
        return Ok(());
    };
    let score_of =
        |found: &Found<'_>| if query.store_distance { found.distance / query.unit } else { found.score };
    let mut members: Vec<_> = found.iter().map(|found| (found.member, score_of(found))).collect();
    ZSet::sort(&mut members);
    let result = ZSet::from_sorted(&members, &limits);
    let event = if form == Form::Search { "geosearchstore" } else { "georadiusstore" };
    store_result(ctx, destination, result, event, sink);
    Ok(())
}
