//! What a command's arguments are: the line in its row, as the tree that COMMAND DOCS tells.
//!
//! | in the line | what it is |
//! | --- | --- |
//! | `value` | text |
//! | `count:integer` | a value of another type: `integer`, `double`, `pattern`, `unix-time`, `key` |
//! | `key@0` | a key, told of by the row's first key specification |
//! | `by:pattern@1` | a pattern that keys follow from, told of likewise |
//! | `NX`, `change=CH` | a word that stands for itself, named `nx` or as it says |
//! | `EX/seconds:integer` | a value, or what else, behind a word |
//! | `unit<M\|KM>` | one of several |
//! | `data(field value)` | several, one after the other |
//! | `addr"ip:port"` | the name that people are shown |
//! | `GET{6.2.0}`, `old{-2.8.12}` | since when, and deprecated since when |
//! | `key@0...`, `GET/pattern...!` | any number of times; the word each time anew |
//! | `[REV]` | may be left out |

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<'s> {
    /// Its name; of a word that stands for itself in upper case, as it is written.
    pub name: &'s str,
    /// What it is.
    pub kind: Kind<'s>,
    /// The word that it is, or that comes before it.
    pub token: Option<&'s str>,
    /// What people are shown instead of the name.
    pub shown: Option<&'s str>,
    /// The Redis version that brought it, if it is not the command's; or else empty.
    pub since: &'s str,
    /// The Redis version that deprecated it, or else empty.
    pub deprecated: &'s str,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it may come any number of times.
    pub multiple: bool,
    /// Whether its token comes each time anew.
    pub multiple_token: bool,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'s> {
    /// A value of a type: `string`, `integer`, …
    Value(&'s str),
    /// A key that this specification of the row tells of.
    Key(i64),
    /// A pattern that keys follow from, of which this specification of the row tells.
    KeyPattern(i64),
    /// A word that stands for itself.
    Token,
    /// One of several.
    OneOf(Vec<Argument<'s>>),
    /// Several, one after the other.
    Block(Vec<Argument<'s>>),
}

impl Argument<'_> {
    /// The type, in COMMAND DOCS' words.
    pub fn type_name(&self) -> &str {
        match self.kind {
            Kind::Value(name) => name,
            Kind::Key(_) => "key",
            Kind::KeyPattern(_) => "pattern",
            Kind::Token => "pure-token",
            Kind::OneOf(_) => "oneof",
            Kind::Block(_) => "block",
        }
    }

    /// The arguments that it is made of.
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            Kind::OneOf(parts) | Kind::Block(parts) => parts,
            _ => &[],
        }
    }
}

/// Reads a row's line; `None` if it is not one.
pub fn parse(line: &str) -> Option<Vec<Argument<'_>>> {
    let mut reader = Reader { rest: line };
    let mut arguments = Vec::new();
    while !reader.rest.is_empty() {
        if !arguments.is_empty() {
            reader.expect(" ")?;
        }
        arguments.push(reader.argument()?);
    }
    Some(arguments)
}

/// What may come after a name.
const AFTER_NAME: &[char] = &['/', '<', '(', ':', '@', '=', '"', '{', '.', ']', '>', ')', '|', ' '];
/// What may come after a type or the number of a key specification.
const AFTER_TYPE: &[char] = &['@', '"', '{', '.', ']', '>', ')', '|', ' '];

struct Reader<'s> {
    rest: &'s str,
}

impl<'s> Reader<'s> {
    fn take(&mut self, mark: &str) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, mark: &str) -> Option<()> {
        self.take(mark).then_some(())
    }

    /// What comes before the first of these marks, or all.
    fn until(&mut self, marks: &[char]) -> &'s str {
        let (word, rest) = self.rest.split_at(self.rest.find(marks).unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn argument(&mut self) -> Option<Argument<'s>> {
        if self.take("[") {
            let argument = self.argument()?;
            self.expect("]")?;
            return Some(Argument { optional: true, ..argument });
        }
        let mut token = self.take("\"\"").then_some("");
        let mut name = if token.is_none() { self.until(AFTER_NAME) } else { "" };
        if self.take("/") {
            token = token.or(Some(name));
            name = self.until(AFTER_NAME);
        }
        if name.is_empty() {
            return None;
        }
        let kind = if self.take("<") {
            Kind::OneOf(self.parts("|", ">")?)
        } else if self.take("(") {
            Kind::Block(self.parts(" ", ")")?)
        } else if self.take(":") {
            match self.until(AFTER_TYPE) {
                "pattern" if self.take("@") => Kind::KeyPattern(self.until(AFTER_TYPE).parse().ok()?),
                name => Kind::Value(name),
            }
        } else if self.take("@") {
            Kind::Key(self.until(AFTER_TYPE).parse().ok()?)
        } else if self.take("=") {
            token = Some(self.until(&['{', ']', '>', ')', '|', ' ']));
            Kind::Token
        } else if token.is_none() && !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            token = Some(name);
            Kind::Token
        } else {
            Kind::Value("string")
        };
        let mut shown = None;
        if self.take("\"") {
            shown = Some(self.until(&['"']));
            self.expect("\"")?;
        }
        let (mut since, mut deprecated) = ("", "");
        if self.take("{") {
            let versions = self.until(&['}']);
            (since, deprecated) = versions.split_once('-').unwrap_or((versions, ""));
            self.expect("}")?;
        }
        let multiple = self.take("...");
        let multiple_token = multiple && self.take("!");
        let optional = false;
        Some(Argument { name, kind, token, shown, since, deprecated, optional, multiple, multiple_token })
    }

    fn parts(&mut self, between: &str, end: &str) -> Option<Vec<Argument<'s>>> {
        let mut parts = vec![self.argument()?];
        while self.take(between) {
            parts.push(self.argument()?);
        }
        self.expect(end)?;
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn every_row_has_a_line_that_can_be_read() {
        for row in command::all().flat_map(|row| std::iter::once(row).chain(row.subcommands)) {
            assert!(parse(row.syntax).is_some(), "{}: {}", row.display_name(), row.syntax);
        }
    }

    #[test]
    fn a_line_is_a_tree() {
        let line = "key@0 [trim(strategy<MAXLEN|MINID{6.2.0}> [operator<equal==>] threshold:integer)] \
                    [BY/by-pattern:pattern@1\"pattern\"] [old{-2.8.12}] data(field value)... [GET/p...!] id=*";
        let arguments = parse(line).unwrap();
        let types: Vec<_> = arguments.iter().map(Argument::type_name).collect();
        assert_eq!(types, ["key", "block", "pattern", "string", "block", "string", "pure-token"]);
        let [key, trim, by, old, data, get, id] = &arguments[..] else { panic!() };
        assert_eq!((key.name, &key.kind, key.optional), ("key", &Kind::Key(0), false));
        assert!(trim.optional);
        let [strategy, operator, threshold] = trim.parts() else { panic!() };
        assert_eq!((strategy.parts()[1].token, strategy.parts()[1].since), (Some("MINID"), "6.2.0"));
        assert_eq!((operator.parts()[0].name, operator.parts()[0].token), ("equal", Some("=")));
        assert_eq!(threshold.kind, Kind::Value("integer"));
        assert_eq!((by.token, by.shown, &by.kind), (Some("BY"), Some("pattern"), &Kind::KeyPattern(1)));
        assert_eq!((old.since, old.deprecated), ("", "2.8.12"));
        assert_eq!((data.multiple, data.multiple_token), (true, false));
        assert_eq!((get.multiple, get.multiple_token), (true, true));
        assert_eq!((id.name, id.token), ("id", Some("*")));
        for broken in ["[key", "a<b", "a(b", "a@x", "a\"b", "a{1", "a  b", "a]"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
