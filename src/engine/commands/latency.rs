//! LATENCY: how long events and commands took.

use std::fmt::Write;

use crate::args::Args;
use crate::command::{self, Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::slowlog::Series;
use crate::stats::CommandStats;

/// What LATENCY's subcommands have in common.
const LATENCY: Command = Command {
    group: Group::Server,
    flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::LOADING).and(Flags::STALE),
    since: "2.8.13",
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    ..Command::BASE
};

pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "latency",
    arity: -2,
    flags: Flags::NONE,
    summary: "A container of commands about how long events and commands take.",
    complexity: "Depends on subcommand.",
    tips: &[],
    subcommands: SUBCOMMANDS,
    ..LATENCY
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "doctor",
        full_name: "latency|doctor",
        arity: 2,
        summary: "Returns a report for people.",
        run: doctor,
        ..LATENCY
    },
    Command {
        name: "graph",
        full_name: "latency|graph",
        arity: 3,
        summary: "Draws how long an event took, time after time.",
        syntax: "event",
        run: graph,
        ..LATENCY
    },
    Command {
        name: "help",
        full_name: "latency|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        summary: "Says what the subcommands are.",
        tips: &[],
        run: help,
        ..LATENCY
    },
    Command {
        name: "histogram",
        full_name: "latency|histogram",
        arity: -2,
        since: "7.0.0",
        summary: "Counts the runs of commands by how long they took.",
        complexity: "O(N) where N is the number of commands with latency information being retrieved.",
        syntax: "[command...]",
        run: histogram,
        ..LATENCY
    },
    Command {
        name: "history",
        full_name: "latency|history",
        arity: 3,
        summary: "Returns how long an event took, time after time.",
        syntax: "event",
        run: history,
        ..LATENCY
    },
    Command {
        name: "latest",
        full_name: "latency|latest",
        arity: 2,
        summary: "Returns how long each event took last.",
        run: latest,
        ..LATENCY
    },
    Command {
        name: "reset",
        full_name: "latency|reset",
        arity: -2,
        summary: "Forgets how long events took.",
        syntax: "[event...]",
        tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
        run: reset,
        ..LATENCY
    },
];

/// The samples of the event that is named next, if there are any.
fn series<'c>(ctx: &'c Ctx<'_>, name: &[u8]) -> Option<(&'static str, &'c Series)> {
    let mut events = ctx.state.latencies.iter();
    events.find(|(event, _)| event.as_bytes() == name).map(|(event, series)| (*event, series))
}

/// `LATENCY LATEST`
fn latest(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    sink.array(ctx.state.latencies.len());
    for (event, series) in &ctx.state.latencies {
        let (second, ms) = series.samples.back().copied().unwrap_or_default();
        sink.array(4);
        sink.bulk(event.as_bytes());
        [second, ms as i64, series.longest_ms as i64].into_iter().for_each(|number| sink.int(number));
    }
    Ok(())
}

/// `LATENCY HISTORY event`
fn history(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let Some((_, series)) = series(ctx, args.next()?) else {
        sink.array(0);
        return Ok(());
    };
    sink.array(series.samples.len());
    for (second, ms) in &series.samples {
        sink.array(2);
        sink.int(*second);
        sink.int(*ms as i64);
    }
    Ok(())
}

/// `LATENCY RESET [event …]`
///
/// Of all events, without; answers how many had samples.
fn reset(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let named = args.take_rest();
    let latencies = &mut ctx.state.latencies;
    let before = latencies.len();
    latencies.retain(|event, _| !named.is_empty() && !named.contains(&event.as_bytes()));
    sink.int((before - latencies.len()) as i64);
    Ok(())
}

/// `LATENCY GRAPH event`
///
/// A column for each sample, the last one on the right, with the seconds since below it.
fn graph(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let name = args.next()?;
    let now = ctx.now_ms() / 1000;
    let Some((event, series)) = series(ctx, name) else {
        return Err(Error::quoting("ERR No samples available for event '", name, "'"));
    };
    sink.verbatim("txt", drawn(event, series, now).as_bytes());
    Ok(())
}

/// How many samples a graph shows.
const COLUMNS: usize = 80;
/// How high a graph is, in lines; each tells four heights apart.
const LINES: usize = 4;

fn drawn(event: &str, series: &Series, now: i64) -> String {
    const LEVELS: [char; 4] = ['_', 'o', 'O', '#'];
    let skipped = series.samples.len().saturating_sub(COLUMNS);
    let shown: Vec<(i64, u64)> = series.samples.iter().skip(skipped).copied().collect();
    let low = shown.iter().map(|(_, ms)| *ms).min().unwrap_or_default();
    let high = shown.iter().map(|(_, ms)| *ms).max().unwrap_or_default();
    let mut text = format!(
        "{event} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        series.longest_ms,
        "-".repeat(COLUMNS)
    );
    let steps = (LINES * LEVELS.len() - 1) as u64;
    let height = |ms: u64| ((ms - low).saturating_mul(steps) / (high - low).max(1)) as usize;
    for line in (0..LINES).rev() {
        let level = |(_, ms): &(i64, u64)| {
            let (at, level) = (height(*ms) / LEVELS.len(), height(*ms) % LEVELS.len());
            match at.cmp(&line) {
                std::cmp::Ordering::Greater => '|',
                std::cmp::Ordering::Equal => LEVELS[level],
                std::cmp::Ordering::Less => ' ',
            }
        };
        text.extend(shown.iter().map(level));
        text.push('\n');
    }
    let ages: Vec<Vec<char>> = shown.iter().map(|(second, _)| age(now - second).chars().collect()).collect();
    for line in 0..ages.iter().map(Vec::len).max().unwrap_or_default() {
        text.push('\n');
        text.extend(ages.iter().map(|age| age.get(line).copied().unwrap_or(' ')));
    }
    text.push('\n');
    text
}

/// How long ago, in the largest unit that fits.
fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// `LATENCY DOCTOR`
fn doctor(ctx: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let mut report = String::new();
    if ctx.state.config.latency_threshold_ms == 0 {
        report.push_str(
            "Latency is not monitored. CONFIG SET latency-monitor-threshold to a number of milliseconds ",
        );
        report.push_str("has events that take so long noted.\n");
    } else if ctx.state.latencies.is_empty() {
        report.push_str("No event has taken as long as latency-monitor-threshold allows.\n");
    }
    for (event, series) in &ctx.state.latencies {
        let samples = &series.samples;
        let mean = samples.iter().map(|(_, ms)| *ms).sum::<u64>() / (samples.len() as u64).max(1);
        let (seconds, longest) = (samples.len(), series.longest_ms);
        let _ = writeln!(
            report,
            "{event}: {seconds} seconds with events that took long, {mean} ms on average, {longest} ms at most."
        );
    }
    if !ctx.state.latencies.is_empty() {
        report.push_str("SLOWLOG GET shows which commands took long.\n");
    }
    sink.verbatim("txt", report.as_bytes());
    Ok(())
}

/// `LATENCY HISTOGRAM [command …]`
///
/// A name of a container stands for its subcommands; what is not there or was never run is left out.
fn histogram(ctx: &mut Ctx<'_>, args: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    let named = args.take_rest();
    let stats = &ctx.state.stats;
    let timed =
        |command: &&'static Command| stats.used(command).is_some_and(|stats| stats.histogram.is_some());
    let mut chosen: Vec<&'static Command> = Vec::new();
    if named.is_empty() {
        chosen.extend(command::all().flat_map(Command::with_subcommands).filter(timed));
    }
    for name in named {
        chosen.extend(command::named(name).into_iter().flat_map(Command::with_subcommands).filter(timed));
    }
    sink.map(chosen.len());
    for command in chosen {
        sink.bulk(command.display_name().as_bytes());
        if let Some(stats) = stats.used(command) {
            say_histogram(stats, sink);
        }
    }
    Ok(())
}

/// Runs by how long they took at most; where not all were measured, as many more as there were runs.
fn say_histogram(stats: &CommandStats, sink: &mut dyn Sink) {
    let Some(histogram) = &stats.histogram else { return };
    let (doublings, measured) = (histogram.by_doublings(), histogram.total().max(1));
    let of_all = |count: u64| (u128::from(count) * u128::from(stats.calls) / u128::from(measured)) as i64;
    sink.map(2);
    sink.bulk(b"calls");
    sink.int(stats.calls as i64);
    sink.bulk(b"histogram_usec");
    sink.map(doublings.len());
    for (power, count) in doublings {
        // The upper end of what Redis counts together, in whole microseconds.
        sink.int(((1032_i64 << power) - 1) / 1000);
        sink.int(of_all(count));
    }
}

/// `LATENCY HELP`
fn help(_: &mut Ctx<'_>, _: &mut Args<'_>, sink: &mut dyn Sink) -> Result {
    super::say_help(
        sink,
        "LATENCY",
        &[
            "DOCTOR",
            "    Return a human readable latency analysis report.",
            "GRAPH <event>",
            "    Return an ASCII latency graph for the <event> class.",
            "HISTORY <event>",
            "    Return time-latency samples for the <event> class.",
            "LATEST",
            "    Return the latest latency samples for all events.",
            "RESET [<event> ...]",
            "    Reset latency data of one or more <event> classes.",
            "    (default: reset all data for all event classes)",
            "HISTOGRAM [COMMAND ...]",
            "    Return a cumulative distribution of latencies in the format of a histogram for the specified \
             command names.",
            "    If no commands are specified then all histograms are replied.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Shell;

    #[test]
    fn events_are_kept_second_by_second() {
        let mut shell = Shell::new();
        shell.run("DEBUG SLEEP 1");
        assert_eq!(shell.run("LATENCY LATEST"), "*0", "nobody asked for them");
        shell.run("CONFIG SET latency-monitor-threshold 100");
        for (seconds, ms) in [(0, 0.2), (0, 0.3), (0, 0.25), (5, 0.15), (60, 0.05)] {
            shell.clock.advance(seconds * 1_000_000);
            shell.run(&format!("DEBUG SLEEP {ms}"));
        }
        assert_eq!(shell.run("LATENCY LATEST"), "*1 *4 $7 command :1700000005 :150 :300");
        assert_eq!(shell.run("LATENCY HISTORY command"), "*2 *2 :1700000000 :300 *2 :1700000005 :150");
        let graph = shell.run("LATENCY GRAPH command");
        assert!(graph.contains("command - high 300 ms, low 150 ms (all time high 300 ms)"), "{graph}");
        assert_eq!(shell.run("LATENCY GRAPH nosuch"), "-ERR No samples available for event 'nosuch'");
        assert_eq!(shell.run("LATENCY RESET nosuch"), ":0");
        assert_eq!(shell.run("LATENCY RESET"), ":1");
        assert_eq!(shell.run("LATENCY HISTORY command"), "*0");
    }

    #[test]
    fn histograms_count_all_calls() {
        let mut shell = Shell::new();
        (0..100).for_each(|_| _ = shell.run("GET k"));
        shell.run("CONFIG GET timeout");
        shell.run("DEBUG SLEEP 0.001");
        assert_eq!(
            shell.run("LATENCY HISTOGRAM get"),
            "*2 $3 get *4 $5 calls :100 $14 histogram_usec *2 :1 :100"
        );
        assert_eq!(
            shell.run("LATENCY HISTOGRAM config debug nosuch"),
            "*4 $10 config|get *4 $5 calls :1 $14 histogram_usec *2 :1 :1 \
             $5 debug *4 $5 calls :1 $14 histogram_usec *2 :1056 :1"
        );
    }
}
