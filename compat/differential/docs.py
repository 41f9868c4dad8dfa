"""The arguments that commands take, as a server's own COMMAND DOCS tells them.

What redis-server 8.0 tells is kept in ``compat/reference`` too, for cases to be made of it; this
module, run as a program, writes it there: ``python -m compat.differential.docs``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from .facts import COMMANDS, full_name
from .servers import Server
from .sides import ServerSide, Side
from .wire import Reply

REFERENCE = Path(__file__).parents[1] / "reference" / "arguments-redis-8.0.2.json"
"""What the server that decides says of the commands in `facts`."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One node of a command's argument tree."""

    name: str
    kind: str
    """``key``, ``integer``, ``double``, ``string``, ``pattern``, ``unix-time``, ``pure-token``,
    ``oneof`` or ``block``."""
    token: str = ""
    """The word that goes before it, or that it is."""
    optional: bool = False
    multiple: bool = False
    repeats_token: bool = False
    """Whether each repetition has the token again."""
    arguments: tuple[Argument, ...] = ()
    """The alternatives of a ``oneof``, the parts of a ``block``."""


Docs = dict[str, tuple[Argument, ...]]
"""The arguments of each command, by full name (``container|subcommand``)."""


def walk(arguments: Sequence[Argument]) -> Iterator[Argument]:
    """These nodes and all below them."""
    for argument in arguments:
        yield argument
        yield from walk(argument.arguments)


def read(side: Side) -> Docs:
    """What the server says of all its commands."""
    out: Docs = {}
    _add(out, side.ask([[b"COMMAND", b"DOCS"]])[0])
    return out


def plain(side: Side) -> dict[str, object]:
    """All that the server says of each command, but for sentences: those are each server's own."""
    out: dict[str, object] = {}
    _add_plain(out, side.ask([[b"COMMAND", b"DOCS"]])[0])
    return out


_SENTENCES = {b"summary", b"complexity", b"history", b"replaced_by"}


def _add_plain(out: dict[str, object], told: Reply) -> None:
    for name, doc in _pairs(told):
        parts = {key.text: value for key, value in _pairs(doc) if key.text not in _SENTENCES}
        if b"subcommands" in parts:
            _add_plain(out, parts.pop(b"subcommands"))
        out[name.text.decode()] = {key.decode(): value.render() for key, value in parts.items()}


def reference() -> Docs:
    """What is kept of the server that decides."""
    kept = json.loads(REFERENCE.read_text())
    return {name: tuple(map(_kept, arguments)) for name, arguments in kept.items()}


def as_kept(docs: Docs) -> str:
    """The arguments of the commands in `facts` as the text that is kept."""
    rows = {name: [_bare(node) for node in docs[name]] for name in sorted(COMMANDS) if name in docs}
    lines = (f"{json.dumps(name)}: {json.dumps(told)}" for name, told in rows.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _bare(node: Argument) -> dict[str, Any]:
    """A node without what is as mostly."""
    told = {name: value for name, value in asdict(node).items() if value}
    if node.arguments:
        told["arguments"] = [_bare(part) for part in node.arguments]
    return told


def _kept(told: dict[str, Any]) -> Argument:
    parts = tuple(map(_kept, told.get("arguments", ())))
    named = {field.name for field in fields(Argument)} - {"arguments"}
    return Argument(**{name: told[name] for name in named & told.keys()}, arguments=parts)


def tokens(arguments: Sequence[Argument]) -> set[str]:
    """The words that these arguments know, in upper case."""
    # A token may be several words, as FILTERBY's are; some names stand for an empty word.
    return {
        word.upper() for node in walk(arguments) for word in node.token.split() if word.strip('"')
    }


def foreign_words(words: Sequence[bytes], docs: Docs, reference: Docs) -> list[str]:
    """What a command line asks for that only one of the two knows.

    The command's full name, or those of its options.
    """
    named = [word.decode("latin-1").lower() for word in words[:2]]
    name = full_name(words)
    if (sub := "|".join(named)) in docs and sub not in reference:
        return [sub]
    if name is None or name not in reference:
        return []
    if name not in docs:
        return [name]
    foreign = _more(reference[name], docs[name]) | _more(docs[name], reference[name])
    given = {word.decode("latin-1").upper() for word in words[1:]}
    return [f"{name} {word}" for word in sorted(foreign & given)]


def _more(these: Sequence[Argument], than: Sequence[Argument]) -> set[str]:
    # An argument that is any text there may well be one of the words here.
    texts = {node.name for node in walk(than) if node.kind == "string"}
    return tokens([node for node in these if node.name not in texts]) - tokens(than)


def _add(out: Docs, told: Reply) -> None:
    for name, doc in _pairs(told):
        parts = {key.text: value for key, value in _pairs(doc)}
        out[name.text.decode()] = _arguments(parts.get(b"arguments"))
        if b"subcommands" in parts:
            _add(out, parts[b"subcommands"])


def _arguments(told: Reply | None) -> tuple[Argument, ...]:
    return tuple(map(_argument, told.parts)) if told else ()


def _argument(told: Reply) -> Argument:
    parts = {key.text: value for key, value in _pairs(told)}
    flags = {flag.text for flag in parts[b"flags"].parts} if b"flags" in parts else set[bytes]()
    return Argument(
        name=parts[b"name"].text.decode(),
        kind=parts[b"type"].text.decode(),
        token=parts[b"token"].text.decode() if b"token" in parts else "",
        optional=b"optional" in flags,
        multiple=b"multiple" in flags,
        repeats_token=b"multiple_token" in flags,
        arguments=_arguments(parts.get(b"arguments")),
    )


def _pairs(flat: Reply) -> list[tuple[Reply, Reply]]:
    return list(zip(flat.parts[::2], flat.parts[1::2], strict=True))


if __name__ == "__main__":
    _side = ServerSide(Server())
    REFERENCE.write_text(as_kept(read(_side)))
    _side.close()
