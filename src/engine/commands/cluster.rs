//! CLUSTER and the other commands of a cluster's nodes, to a server that is none.

use crate::args::Args;
use crate::command::{Command, Flags, Group};
use crate::dispatch::Ctx;
use crate::error::{Error, Result};
use crate::sink::Sink;

/// What the rows of this group have in common: they are refused.
const CLUSTER: Command = Command { group: Group::Cluster, since: "3.0.0", run: refuse, ..Command::BASE };

/// What the commands have in common with which a connection prepares for a cluster.
const CONNECTION: Command = Command { arity: 1, categories: &["connection"], ..CLUSTER };

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "asking",
        flags: Flags::FAST,
        summary: "Announces a command on a slot that is moving here.",
        ..CONNECTION
    },
    Command {
        name: "cluster",
        arity: -2,
        summary: "A container for commands of a cluster's nodes.",
        complexity: "Depends on subcommand.",
        subcommands: SUBCOMMANDS,
        run: CONTAINER.run,
        ..CLUSTER
    },
    Command {
        name: "readonly",
        flags: Flags::FAST.and(Flags::LOADING).and(Flags::STALE),
        summary: "Allows reading from a replica.",
        ..CONNECTION
    },
    Command {
        name: "readwrite",
        flags: Flags::FAST.and(Flags::LOADING).and(Flags::STALE),
        summary: "Reads from masters alone.",
        ..CONNECTION
    },
];

/// What a container answers without a subcommand.
const CONTAINER: Command = Command::BASE;

/// What the subcommands have in common that change a cluster.
const CHANGE: Command =
    Command { flags: Flags::ADMIN.and(Flags::STALE).and(Flags::NO_ASYNC_LOADING), ..CLUSTER };

/// What the subcommands have in common that tell of one.
const TELL: Command = Command { flags: Flags::STALE, ..CLUSTER };

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "addslots",
        full_name: "cluster|addslots",
        arity: -3,
        summary: "Takes hash slots.",
        complexity: "O(N) where N is the total number of hash slot arguments",
        syntax: "slot:integer...",
        ..CHANGE
    },
    Command {
        name: "addslotsrange",
        full_name: "cluster|addslotsrange",
        arity: -4,
        since: "7.0.0",
        summary: "Takes ranges of hash slots.",
        complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        syntax: "range(start-slot:integer end-slot:integer)...",
        ..CHANGE
    },
    Command {
        name: "bumpepoch",
        full_name: "cluster|bumpepoch",
        arity: 2,
        summary: "Advances the configuration epoch.",
        tips: &["nondeterministic_output"],
        ..CHANGE
    },
    Command {
        name: "count-failure-reports",
        full_name: "cluster|count-failure-reports",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::STALE),
        summary: "Counts the reports that a node has failed.",
        complexity: "O(N) where N is the number of failure reports",
        tips: &["nondeterministic_output"],
        syntax: "node-id",
        ..CLUSTER
    },
    Command {
        name: "countkeysinslot",
        full_name: "cluster|countkeysinslot",
        arity: 3,
        summary: "Counts the keys of a hash slot.",
        syntax: "slot:integer",
        ..TELL
    },
    Command {
        name: "delslots",
        full_name: "cluster|delslots",
        arity: -3,
        summary: "Gives hash slots up.",
        complexity: "O(N) where N is the total number of hash slot arguments",
        syntax: "slot:integer...",
        ..CHANGE
    },
    Command {
        name: "delslotsrange",
        full_name: "cluster|delslotsrange",
        arity: -4,
        since: "7.0.0",
        summary: "Gives ranges of hash slots up.",
        complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        syntax: "range(start-slot:integer end-slot:integer)...",
        ..CHANGE
    },
    Command {
        name: "failover",
        full_name: "cluster|failover",
        arity: -2,
        summary: "Makes a replica the master.",
        syntax: "[options<FORCE|TAKEOVER>]",
        ..CHANGE
    },
    Command {
        name: "flushslots",
        full_name: "cluster|flushslots",
        arity: 2,
        summary: "Gives all hash slots up.",
        ..CHANGE
    },
    Command {
        name: "forget",
        full_name: "cluster|forget",
        arity: 3,
        summary: "Forgets a node.",
        syntax: "node-id",
        ..CHANGE
    },
    Command {
        name: "getkeysinslot",
        full_name: "cluster|getkeysinslot",
        arity: 4,
        summary: "Lists keys of a hash slot.",
        complexity: "O(N) where N is the number of requested keys",
        tips: &["nondeterministic_output"],
        syntax: "slot:integer count:integer",
        ..TELL
    },
    Command {
        name: "help",
        full_name: "cluster|help",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "5.0.0",
        summary: "Says what the subcommands do.",
        ..CLUSTER
    },
    Command {
        name: "info",
        full_name: "cluster|info",
        arity: 2,
        summary: "Tells of the cluster.",
        tips: &["nondeterministic_output"],
        ..TELL
    },
    Command {
        name: "keyslot",
        full_name: "cluster|keyslot",
        arity: 3,
        summary: "Returns the hash slot of a key.",
        complexity: "O(N) where N is the number of bytes in the key",
        syntax: "key",
        ..TELL
    },
    Command {
        name: "links",
        full_name: "cluster|links",
        arity: 2,
        since: "7.0.0",
        summary: "Lists the links between nodes.",
        complexity: "O(N) where N is the total number of Cluster nodes",
        tips: &["nondeterministic_output"],
        ..TELL
    },
    Command {
        name: "meet",
        full_name: "cluster|meet",
        arity: -4,
        summary: "Joins a cluster.",
        syntax: "ip port:integer [cluster-bus-port:integer{4.0.0}]",
        ..CHANGE
    },
    Command { name: "myid", full_name: "cluster|myid", arity: 2, summary: "Returns the node's ID.", ..TELL },
    Command {
        name: "myshardid",
        full_name: "cluster|myshardid",
        arity: 2,
        since: "7.2.0",
        summary: "Returns the shard's ID.",
        tips: &["nondeterministic_output"],
        ..TELL
    },
    Command {
        name: "nodes",
        full_name: "cluster|nodes",
        arity: 2,
        summary: "Lists the nodes.",
        complexity: "O(N) where N is the total number of Cluster nodes",
        tips: &["nondeterministic_output"],
        ..TELL
    },
    Command {
        name: "replicas",
        full_name: "cluster|replicas",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::STALE),
        since: "5.0.0",
        summary: "Lists the replicas of a node.",
        complexity: "O(N) where N is the number of replicas.",
        tips: &["nondeterministic_output"],
        syntax: "node-id",
        ..CLUSTER
    },
    Command {
        name: "replicate",
        full_name: "cluster|replicate",
        arity: 3,
        summary: "Makes the node a replica.",
        syntax: "node-id",
        ..CHANGE
    },
    Command {
        name: "reset",
        full_name: "cluster|reset",
        arity: -2,
        flags: Flags::ADMIN.and(Flags::NOSCRIPT).and(Flags::STALE),
        summary: "Leaves the cluster.",
        complexity: "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
        syntax: "[reset-type<HARD|SOFT>]",
        ..CLUSTER
    },
    Command {
        name: "saveconfig",
        full_name: "cluster|saveconfig",
        arity: 2,
        summary: "Saves the configuration.",
        ..CHANGE
    },
    Command {
        name: "set-config-epoch",
        full_name: "cluster|set-config-epoch",
        arity: 3,
        summary: "Sets the configuration epoch.",
        syntax: "config-epoch:integer",
        ..CHANGE
    },
    Command {
        name: "setslot",
        full_name: "cluster|setslot",
        arity: -4,
        summary: "Moves a hash slot.",
        syntax: "slot:integer subcommand<IMPORTING/importing\"node-id\"|MIGRATING/migrating\"node-id\"|\
            NODE/node\"node-id\"|STABLE>",
        ..CHANGE
    },
    Command {
        name: "shards",
        full_name: "cluster|shards",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        since: "7.0.0",
        summary: "Lists the shards.",
        complexity: "O(N) where N is the total number of cluster nodes",
        tips: &["nondeterministic_output"],
        ..CLUSTER
    },
    Command {
        name: "slaves",
        full_name: "cluster|slaves",
        deprecated: "5.0.0",
        arity: 3,
        flags: Flags::ADMIN.and(Flags::STALE),
        summary: "Lists the replicas of a node.",
        complexity: "O(N) where N is the number of replicas.",
        tips: &["nondeterministic_output"],
        syntax: "node-id",
        ..CLUSTER
    },
    Command {
        name: "slots",
        full_name: "cluster|slots",
        deprecated: "7.0.0",
        arity: 2,
        flags: Flags::LOADING.and(Flags::STALE),
        summary: "Lists the hash slots and their nodes.",
        complexity: "O(N) where N is the total number of Cluster nodes",
        tips: &["nondeterministic_output"],
        ..CLUSTER
    },
];

/// Any command of a cluster's node, HELP included.
fn refuse(_: &mut Ctx<'_>, _: &mut Args<'_>, _: &mut dyn Sink) -> Result {
    Err(Error::Fixed("ERR This instance has cluster support disabled"))
}
