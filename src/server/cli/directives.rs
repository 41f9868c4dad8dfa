//! What a server is told as it starts, in redis-server's two forms: `--name value …`, and lines of a file.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use burner_engine::resp::split_line;

/// How deep files may include others.
const DEPTH: usize = 16;

/// One setting as it was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Its name, in lower case.
    pub(super) name: String,
    /// What follows the name; there is something.
    pub(super) values: Vec<Vec<u8>>,
    /// Where it was said.
    pub(super) origin: Origin,
}

/// Where a setting was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// On the command line.
    Argument,
    /// In a file, by its name, in a line, counted from 1.
    Line(String, usize),
}

impl Directive {
    /// The values as one, as CONFIG SET takes them.
    pub(super) fn value(&self) -> Vec<u8> {
        self.values.join(&b' ')
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Argument => write!(f, "--{}", self.name),
            Origin::Line(file, line) => write!(f, "{file}, line {line}: {}", self.name),
        }
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Help,
    Version,
    Serve(Vec<Directive>),
}

/// Why a command line cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It makes no sense.
    Usage(String),
    /// A file cannot be read.
    Unreadable(String),
}

/// Reads a command line, without the program's name, and the files that it names.
pub(super) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Asked, Refusal> {
    let mut args = args.into_iter().peekable();
    let mut directives = Vec::new();
    if let Some(first) = args.next_if(|first| !first.as_bytes().starts_with(b"--")) {
        match first.as_bytes() {
            b"-h" => return Ok(Asked::Help),
            b"-v" => return Ok(Asked::Version),
            b"-" => read_input(&mut directives)?,
            option if option.starts_with(b"-") => {
                return Err(Refusal::Usage(format!("there is no option {}", first.display())));
            }
            _ => read_file(&first, 0, &mut directives)?,
        }
    }
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        let Some(name) = bytes.strip_prefix(b"--").filter(|name| !name.is_empty()) else {
            return Err(Refusal::Usage(format!("'{}' belongs to no --name", arg.display())));
        };
        match name {
            b"help" => return Ok(Asked::Help),
            b"version" => return Ok(Asked::Version),
            _ => {}
        }
        let mut values = Vec::new();
        let name = match name.iter().position(|byte| *byte == b'=') {
            Some(at) => {
                values.push(name[at + 1..].to_vec());
                &name[..at]
            }
            None => name,
        };
        while let Some(value) = args.next_if(|value| !value.as_bytes().starts_with(b"--")) {
            values.push(value.into_vec());
        }
        add(name, values, Origin::Argument, 0, &mut directives)?;
    }
    Ok(Asked::Serve(directives))
}

fn read_input(directives: &mut Vec<Directive>) -> Result<(), Refusal> {
    let mut text = Vec::new();
    match std::io::stdin().lock().read_to_end(&mut text) {
        Ok(_) => read_lines(&text, "standard input", 0, directives),
        Err(error) => Err(Refusal::Unreadable(format!("standard input: {error}"))),
    }
}

fn read_file(path: &OsStr, depth: usize, directives: &mut Vec<Directive>) -> Result<(), Refusal> {
    if depth > DEPTH {
        return Err(Refusal::Usage(format!("{}: files include each other without end", path.display())));
    }
    match std::fs::read(path) {
        Ok(text) => read_lines(&text, &path.to_string_lossy(), depth, directives),
        Err(error) => Err(Refusal::Unreadable(format!("{}: {error}", path.display()))),
    }
}

fn read_lines(text: &[u8], file: &str, depth: usize, directives: &mut Vec<Directive>) -> Result<(), Refusal> {
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let origin = Origin::Line(file.to_owned(), number + 1);
        let mut words = split_line(line)
            .ok_or_else(|| {
                Refusal::Usage(format!("{file}, line {}: the quotes are not balanced", number + 1))
            })?
            .into_iter();
        if let Some(name) = words.next() {
            add(&name, words.collect(), origin, depth, directives)?;
        }
    }
    Ok(())
}

fn add(
    name: &[u8],
    values: Vec<Vec<u8>>,
    origin: Origin,
    depth: usize,
    directives: &mut Vec<Directive>,
) -> Result<(), Refusal> {
    let name = String::from_utf8_lossy(name).to_lowercase();
    let directive = Directive { name, values, origin };
    if directive.values.is_empty() {
        return Err(Refusal::Usage(format!("{directive} needs a value")));
    }
    if directive.name != "include" {
        directives.push(directive);
        return Ok(());
    }
    directive.values.iter().try_for_each(|path| read_file(OsStr::from_bytes(path), depth + 1, directives))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(args: &[&str]) -> Result<Asked, Refusal> {
        read(args.iter().map(OsString::from))
    }

    fn said(args: &[&str]) -> Vec<(String, String)> {
        let Ok(Asked::Serve(directives)) = asked(args) else { panic!("{args:?}") };
        let said = |directive: &Directive| {
            (directive.to_string(), String::from_utf8_lossy(&directive.value()).into_owned())
        };
        directives.iter().map(said).collect()
    }

    #[test]
    fn arguments_are_names_with_values() {
        let pairs = said(&["--port", "0", "--bind", "127.0.0.1", "-::1", "--SAVE", "", "--timeout=5"]);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [("--port", "0"), ("--bind", "127.0.0.1 -::1"), ("--save", ""), ("--timeout", "5")]
        );
        assert_eq!(said(&[]), []);
    }

    #[test]
    fn help_and_version_are_asked_for_in_either_form() {
        for args in [&["--help"][..], &["-h"], &["--port", "0", "--help"]] {
            assert_eq!(asked(args), Ok(Asked::Help), "{args:?}");
        }
        for args in [&["--version"][..], &["-v"]] {
            assert_eq!(asked(args), Ok(Asked::Version), "{args:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (args, reason) in [
            (&["--port"][..], "--port needs a value"),
            (&["--port", "--bind", "::1"], "--port needs a value"),
            (&["-x"], "there is no option -x"),
            (&["--"], "'--' belongs to no --name"),
        ] {
            assert_eq!(asked(args), Err(Refusal::Usage(reason.to_owned())));
        }
        assert!(matches!(asked(&["/no/such/file"]), Err(Refusal::Unreadable(_))));
    }

    #[test]
    fn lines_are_names_with_values() {
        let mut directives = Vec::new();
        let text = b"# a comment\n\n  port 6380\r\nrequirepass \"a \\x41\"\nsave ''\n";
        assert_eq!(read_lines(text, "f", 0, &mut directives), Ok(()));
        let said: Vec<_> = directives.iter().map(|said| (said.to_string(), said.value())).collect();
        assert_eq!(
            said,
            [
                ("f, line 3: port".to_owned(), b"6380".to_vec()),
                ("f, line 4: requirepass".to_owned(), b"a A".to_vec()),
                ("f, line 5: save".to_owned(), Vec::new()),
            ]
        );
        let refused = read_lines(b"\nport \"1\n", "f", 0, &mut directives);
        assert_eq!(refused, Err(Refusal::Usage("f, line 2: the quotes are not balanced".to_owned())));
    }
}
