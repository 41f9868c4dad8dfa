//! COMMAND DOCS: what the table says of itself to people.

use crate::args::Args;
use crate::command::Command;
use crate::dispatch::Ctx;
use crate::error::Result;
use crate::sink::{Mark, Shape, Sink};
use crate::syntax::{self, Argument, Kind};

use super::introspection::named_or_all;

/// `COMMAND DOCS [command-name …]`
///
/// What there is not is left out. The histories of commands and what replaces a deprecated one, which are
/// sentences of Redis' own, are not told.
pub(super) fn docs(_: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let named: Vec<_> = named_or_all(args).into_iter().flatten().collect();
    say_docs(&named, sink);
    Ok(())
}

fn say_docs(commands: &[&Command], sink: &mut dyn Sink) {
    sink.map(commands.len());
    for command in commands {
        sink.bulk(command.display_name().as_bytes());
        let mut docs = Fields::open(sink);
        docs.text("summary", command.summary);
        docs.text("since", command.since);
        docs.text("group", command.group.name());
        docs.text("complexity", command.complexity);
        let flags = [("deprecated", !command.deprecated.is_empty()), ("syscmd", command.system)];
        docs.flags("doc_flags", &flags);
        if !command.deprecated.is_empty() {
            docs.text("deprecated_since", command.deprecated);
        }
        let arguments = syntax::parse(command.syntax).unwrap_or_default();
        if !arguments.is_empty() {
            say_arguments(&arguments, docs.name("arguments"));
        }
        if !command.subcommands.is_empty() {
            say_docs(&command.subcommands.iter().collect::<Vec<_>>(), docs.name("subcommands"));
        }
        docs.close();
    }
}

fn say_arguments(arguments: &[Argument<'_>], sink: &mut dyn Sink) {
    sink.array(arguments.len());
    for argument in arguments {
        let mut fields = Fields::open(sink);
        let name = match argument.kind {
            Kind::Token if argument.token == Some(argument.name) => argument.name.to_ascii_lowercase(),
            _ => argument.name.to_owned(),
        };
        fields.text("name", &name);
        fields.text("type", argument.type_name());
        if argument.parts().is_empty() {
            fields.text("display_text", argument.shown.unwrap_or(&name));
        }
        if let Kind::Key(spec) | Kind::KeyPattern(spec) = argument.kind {
            fields.name("key_spec_index").int(spec);
        }
        if let Some(token) = argument.token {
            fields.text("token", token);
        }
        for (field, version) in [("since", argument.since), ("deprecated_since", argument.deprecated)] {
            if !version.is_empty() {
                fields.text(field, version);
            }
        }
        let flags = [
            ("optional", argument.optional),
            ("multiple", argument.multiple),
            ("multiple_token", argument.multiple_token),
        ];
        fields.flags("flags", &flags);
        if !argument.parts().is_empty() {
            say_arguments(argument.parts(), fields.name("arguments"));
        }
        fields.close();
    }
}

/// A map whose length is known once it is said.
struct Fields<'s> {
    sink: &'s mut dyn Sink,
    start: Mark,
    count: usize,
}

impl<'s> Fields<'s> {
    fn open(sink: &'s mut dyn Sink) -> Self {
        let start = sink.open();
        Self { sink, start, count: 0 }
    }

    /// Says a field's name, and gives the sink for its value.
    fn name(&mut self, name: &str) -> &mut dyn Sink {
        self.count += 1;
        self.sink.bulk(name.as_bytes());
        self.sink
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name).bulk(text.as_bytes());
    }

    /// Says those of the flags that are set, if any is.
    fn flags(&mut self, name: &str, flags: &[(&str, bool)]) {
        let set: Vec<_> = flags.iter().filter(|(_, set)| *set).collect();
        if !set.is_empty() {
            let sink = self.name(name);
            sink.set(set.len());
            set.iter().for_each(|(flag, _)| sink.simple(flag));
        }
    }

    fn close(self) {
        self.sink.close_as(self.start, Shape::Map, self.count);
    }
}
