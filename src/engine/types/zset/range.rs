//! What ZRANGEBYSCORE and ZRANGEBYLEX ask for.

/// One end of a range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreBound {
    /// The score.
    pub score: f64,
    /// Whether the score itself is left out.
    pub exclusive: bool,
}

impl ScoreBound {
    /// Whether a score lies below the range that begins here.
    pub fn is_above(self, score: f64) -> bool {
        if self.exclusive { score <= self.score } else { score < self.score }
    }

    /// Whether a score lies above the range that ends here.
    pub fn is_below(self, score: f64) -> bool {
        if self.exclusive { score >= self.score } else { score > self.score }
    }
}

/// A range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    /// Where it begins.
    pub min: ScoreBound,
    /// Where it ends.
    pub max: ScoreBound,
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// `-`: before every member.
    Lowest,
    /// `+`: after every member.
    Highest,
    /// `[member`.
    Including(&'a [u8]),
    /// `(member`.
    Excluding(&'a [u8]),
}

impl LexBound<'_> {
    /// Whether a member lies below the range that begins here.
    pub fn is_above(self, member: &[u8]) -> bool {
        match self {
            Self::Lowest => false,
            Self::Highest => true,
            Self::Including(bound) => member < bound,
            Self::Excluding(bound) => member <= bound,
        }
    }

    /// Whether a member lies above the range that ends here.
    pub fn is_below(self, member: &[u8]) -> bool {
        match self {
            Self::Lowest => true,
            Self::Highest => false,
            Self::Including(bound) => member > bound,
            Self::Excluding(bound) => member >= bound,
        }
    }
}

/// A range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexRange<'a> {
    /// Where it begins.
    pub min: LexBound<'a>,
    /// Where it ends.
    pub max: LexBound<'a>,
}
