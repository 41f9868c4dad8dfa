//! `return redis.call(…)` without losing the line it stands on.
//!
//! Lua gives up the frame of a function that ends in a call of a Lua function, and with it the line that
//! error replies name. `redis.call` is a Lua function here. In Redis it is one of C, which keeps the frame;
//! so here such a call is put into parentheses, which makes it an ordinary one. Parentheses also cut the
//! results to one, which these functions give anyway.

/// What a source text is made of, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a [u8]),
    /// A string or a number.
    Literal,
    Symbol(u8),
}

/// The source with its tail calls of the sandbox's functions made ordinary; nothing if it has none.
pub(super) fn keep_frames(source: &[u8]) -> Option<Vec<u8>> {
    let tokens = tokens(source)?;
    let mut kept = Vec::with_capacity(source.len() + 16);
    let mut copied = 0;
    for at in 0..tokens.len() {
        if tokens[at].0 != Token::Name(b"return") {
            continue;
        }
        let Some(end) = single_call(&tokens[at + 1..]) else { continue };
        let (begin, end) = (tokens[at + 1].1, tokens[at + 1 + end].1 + 1);
        kept.extend_from_slice(&source[copied..begin]);
        kept.push(b'(');
        kept.extend_from_slice(&source[begin..end]);
        kept.push(b')');
        copied = end;
    }
    if copied == 0 {
        return None;
    }
    kept.extend_from_slice(&source[copied..]);
    Some(kept)
}

/// The index of the `)` that ends a call of one of the sandbox's functions, if that is all that stands
/// between `return` and the end of its block.
fn single_call(tokens: &[(Token<'_>, usize)]) -> Option<usize> {
    let [(Token::Name(library), _), (Token::Symbol(b'.'), _), (Token::Name(function), _), ..] = tokens else {
        return None;
    };
    let ours = match *library {
        b"redis" => !matches!(*function, b"pcall"),
        b"cjson" => matches!(*function, b"encode" | b"decode"),
        b"bit" => true,
        b"math" => *function == b"random",
        _ => false,
    };
    if !ours || tokens.get(3)?.0 != Token::Symbol(b'(') {
        return None;
    }
    let mut depth = 0;
    for (index, (token, _)) in tokens.iter().enumerate().skip(3) {
        match token {
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let ends = matches!(
                tokens.get(index + 1).map(|(token, _)| *token),
                None | Some(Token::Name(b"end" | b"else" | b"elseif" | b"until") | Token::Symbol(b';'))
            );
            return ends.then_some(index);
        }
    }
    None
}

/// The tokens of a source and where they begin; nothing if a string or a comment does not end.
fn tokens(source: &[u8]) -> Option<Vec<(Token<'_>, usize)>> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = source.get(at) {
        let rest = &source[at..];
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 11 | 12 => 1,
            b'-' if rest.starts_with(b"--") => match long_bracket(&rest[2..]) {
                Some(length) => 2 + length?,
                None => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            },
            b'"' | b'\'' => {
                tokens.push((Token::Literal, at));
                quoted(rest)?
            }
            b'[' if let Some(length) = long_bracket(rest) => {
                tokens.push((Token::Literal, at));
                length?
            }
            b'0'..=b'9' => {
                tokens.push((Token::Literal, at));
                rest.iter().take_while(|byte| is_name(byte) || **byte == b'.').count()
            }
            byte if is_name(byte) => {
                let length = rest.iter().take_while(|byte| is_name(byte)).count();
                tokens.push((Token::Name(&rest[..length]), at));
                length
            }
            byte => {
                tokens.push((Token::Symbol(*byte), at));
                1
            }
        };
        at += length;
    }
    Some(tokens)
}

/// The length of a quoted string.
fn quoted(text: &[u8]) -> Option<usize> {
    let quote = text[0];
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The length of a `[==[…]==]` at the beginning of `text`: nothing if there is none, an inner nothing if it
/// does not end.
#[allow(clippy::option_option, reason = "no bracket and one that does not end are two answers")]
fn long_bracket(text: &[u8]) -> Option<Option<usize>> {
    let level = text.strip_prefix(b"[")?.iter().take_while(|byte| **byte == b'=').count();
    if text.get(level + 1) != Some(&b'[') {
        return None;
    }
    let mut closing = vec![b'='; level + 2];
    closing[0] = b']';
    closing[level + 1] = b']';
    let found = text.windows(closing.len()).position(|window| window == closing);
    Some(found.map(|at| at + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(source: &str) -> String {
        keep_frames(source.as_bytes()).map_or("-".to_owned(), |kept| String::from_utf8(kept).unwrap())
    }

    #[test]
    fn calls_that_end_a_block_are_put_into_parentheses() {
        assert_eq!(kept("return redis.call('a')"), "return (redis.call('a'))");
        assert_eq!(
            kept("if x then return redis.call('get', f(1)) end\nreturn cjson.encode({')'}) ; -- x"),
            "if x then return (redis.call('get', f(1))) end\nreturn (cjson.encode({')'})) ; -- x"
        );
        assert_eq!(
            kept("return--[[ ( ]] redis . call(\n[[)]]\n)"),
            "return--[[ ( ]] (redis . call(\n[[)]]\n))"
        );
    }

    #[test]
    fn nothing_else_is_touched() {
        for source in [
            "return 1",
            "return redis.call('a'), 2",
            "return redis.call('a').x",
            "return redis.call('a')[1]",
            "return redis.call('a') + 1",
            "return redis.pcall('a')",
            "return f(redis.call('a'))",
            "x = 'return redis.call()'",
            "-- return redis.call()",
            "return redis.call(",
            "return redis.call'ping'",
            "return 'abc",
        ] {
            assert_eq!(kept(source), "-", "{source}");
        }
    }
}
