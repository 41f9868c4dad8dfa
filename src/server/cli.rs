//! The command line: a store of its own behind sockets, until the process is told to end.

use std::ffi::OsString;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;

use burner_engine::config::Parameter;

use crate::descriptors;
use crate::{Address, Host, Options, Server, Solo, SystemClock};

const USAGE: &str = "usage: burner-redis-server [--bind ADDRESS]... [--port PORT] [--unixsocket PATH] \
    [--SETTING VALUE]...";

/// Runs a server as its arguments say, the program's name not among them; what the process is to exit with.
///
/// The arguments are redis-server's: a port of 0 is none, and all settings may be given that CONFIG has.
pub fn serve(args: impl IntoIterator<Item = OsString>) -> u8 {
    let solo = Solo::new(Box::new(SystemClock::new()), SystemClock::random_seed());
    solo.enter(&mut |desk| desk.engine.draw_secrets_from(|bytes| getrandom::fill(bytes).is_ok()));
    let addresses = match begin(args, &solo) {
        Ok(addresses) => addresses,
        Err(error) => {
            eprintln!("burner-redis-server: {error}\n{USAGE}");
            return 2;
        }
    };
    solo.enter(&mut |desk| descriptors::allow(desk.engine.network().max_clients));
    match Server::start(solo, &addresses, &Options::default()) {
        Ok(server) => {
            server.addresses().iter().for_each(|address| println!("listening on {address}"));
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            eprintln!("burner-redis-server: {error}");
            1
        }
    }
}

/// Gives a store its settings; where to listen.
fn begin(args: impl IntoIterator<Item = OsString>, solo: &Solo) -> Result<Vec<Address>, String> {
    let mut args = args.into_iter();
    let (mut hosts, mut port, mut addresses) = (Vec::new(), 6379, Vec::new());
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{} needs a value", arg.display()))?;
        match arg.to_str() {
            Some("--bind") => hosts.push(read::<IpAddr>(&value)?),
            Some("--port") => port = read::<u16>(&value)?,
            Some("--unixsocket") => addresses.push(Address::Unix(PathBuf::from(value))),
            _ => {
                let setting = arg.as_encoded_bytes().strip_prefix(b"--").and_then(Parameter::find);
                let setting = setting.ok_or_else(|| format!("unknown argument {}", arg.display()))?;
                let mut told = Ok(());
                solo.enter(&mut |desk| told = desk.engine.configure(setting, value.as_encoded_bytes()));
                told.map_err(|reason| format!("{}: {reason}", arg.display()))?;
            }
        }
    }
    if hosts.is_empty() {
        hosts.push(Ipv4Addr::LOCALHOST.into());
    }
    if port > 0 {
        addresses.extend(hosts.into_iter().map(|host| Address::Tcp((host, port).into())));
    }
    Ok(addresses)
}

fn read<T: FromStr<Err: Display>>(value: &OsString) -> Result<T, String> {
    let text = value.to_string_lossy();
    text.parse().map_err(|error| format!("'{text}': {error}"))
}
