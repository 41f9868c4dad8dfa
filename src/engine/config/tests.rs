use super::form::{Form, parse_memory};
use super::*;

#[test]
fn names_are_sorted_and_values_read_back() {
    assert!(PARAMETERS.is_sorted_by_key(|parameter| parameter.name));
    let fresh = Config::default();
    for parameter in PARAMETERS.iter().filter(|parameter| parameter.is_fixed().is_none()) {
        let mut config = fresh.clone();
        let value = parameter.get(&fresh).to_owned();
        assert_eq!(parameter.set(&mut config, value.as_bytes()), Ok(()), "{}", parameter.name);
        assert_eq!(config, fresh, "what {} is at first is what the engine goes by", parameter.name);
    }
}

#[test]
fn an_old_name_is_another_name() {
    let mut config = Config::default();
    let named = |name: &str| Parameter::find(name.as_bytes()).expect(name);
    assert_eq!(named("hash-max-ziplist-entries").set(&mut config, b"7"), Ok(()));
    assert_eq!(named("hash-max-listpack-entries").get(&config), "7");
    assert_eq!(config.limits.hash_entries, 7);
}

#[test]
fn what_has_no_effect_is_kept_and_what_would_have_one_is_refused() {
    let mut config = Config::default();
    let mut set = |name: &str, value: &str| {
        let parameter = Parameter::find(name.as_bytes()).expect(name);
        parameter.set(&mut config, value.as_bytes()).map(|()| parameter.get(&config).to_owned())
    };
    for (name, value, told) in [
        ("hz", "1000", "500"),
        ("repl-backlog-size", "1", "16384"),
        ("rdbcompression", "NO", "no"),
        ("loglevel", "DEBUG", "debug"),
        ("save", "", ""),
        ("shutdown-on-sigint", "now nosave", "nosave now"),
        ("latency-tracking-info-percentiles", "0.1234567891 1e1 100", "0.123457 10 100"),
        ("maxmemory-clients", "5%", "5%"),
        (
            "client-output-buffer-limit",
            "replica 1kb 2 3",
            "normal 0 0 0 slave 1024 2 3 pubsub 33554432 8388608 60",
        ),
    ] {
        assert_eq!(set(name, value).as_deref(), Ok(told), "{name}");
    }
    for (name, value, reason) in [
        ("appendonly", "yes", "this server keeps nothing in files"),
        ("port", "6379", "this server listens where it was told to as it started, if anywhere"),
        ("port", "65536", "argument must be between 0 and 65535 inclusive"),
        ("min-slaves-to-write", "1", "this server has no replicas to count"),
        ("save", "900", "Invalid save parameters"),
        ("save", "0 1", "Invalid save parameters"),
    ] {
        assert_eq!(set(name, value), Err(reason.to_owned()), "{name} {value}");
    }
}

#[test]
fn memory_has_units() {
    for (text, bytes) in [
        ("0", Some(0)),
        ("4k", Some(4000)),
        ("4KB", Some(4096)),
        ("1gb", Some(1 << 30)),
        ("-1", None),
        ("1.5k", None),
        ("1tb", None),
        ("99999999999999999999", Some(u64::MAX)),
    ] {
        assert_eq!(parse_memory(text.as_bytes()), bytes, "{text}");
    }
    assert_eq!(Form::Flag.read("no", b"YES").as_deref(), Ok("yes"));
}
