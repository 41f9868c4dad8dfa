//! Where a server listens, as `bind`, `port` and `unixsocket` say it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;

use super::directives::Directive;
use crate::{Address, Options};

/// The port of a server that is not told another.
const PORT: u16 = 6379;
/// Where it listens that is not told otherwise.
const EVERYWHERE: [&str; 2] = ["*", "-::*"];
/// Where it listens if it may choose the port, too.
const HERE: &str = "127.0.0.1";

/// What was said of the places to listen at.
#[derive(Debug, Default)]
pub(super) struct Places {
    bind: Option<Vec<String>>,
    port: Option<u16>,
    unix: Option<PathBuf>,
    unix_permissions: Option<u32>,
}

impl Places {
    /// Takes note of a directive, if it is about a place.
    pub(super) fn note(&mut self, directive: &Directive) -> Result<(), String> {
        let value = directive.value();
        let text = String::from_utf8_lossy(&value).into_owned();
        match directive.name.as_str() {
            "bind" => self.bind = Some(text.split_whitespace().map(str::to_owned).collect()),
            "port" => self.port = Some(text.parse().map_err(|_| "a port is a number from 0 to 65535")?),
            "unixsocket" => {
                use std::os::unix::ffi::OsStringExt;
                self.unix = (!value.is_empty()).then(|| std::ffi::OsString::from_vec(value).into());
            }
            "unixsocketperm" => {
                let mode = u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o777);
                self.unix_permissions = Some(mode.ok_or("permissions are three digits from 0 to 7")?);
            }
            _ => {}
        }
        Ok(())
    }

    /// What CONFIG GET is to tell.
    pub(super) fn settings(&self) -> [(&'static str, String); 2] {
        [("port", self.port.unwrap_or(PORT).to_string()), ("bind", self.hosts().join(" "))]
    }

    /// What a server is told beside its addresses.
    pub(super) fn options(&self) -> Options {
        Options { unix_permissions: self.unix_permissions }
    }

    fn hosts(&self) -> Vec<String> {
        match (&self.bind, self.port) {
            (Some(hosts), _) => hosts.clone(),
            (None, Some(0)) => vec![HERE.to_owned()],
            (None, _) => EVERYWHERE.map(str::to_owned).to_vec(),
        }
    }

    /// Where to listen, and the addresses that may be missing and are.
    pub(super) fn addresses(&self) -> Result<(Vec<Address>, Vec<IpAddr>), String> {
        let port = self.port.unwrap_or(PORT);
        let (mut addresses, mut missing) = (Vec::new(), Vec::new());
        // As for redis-server, a port of 0 beside a unix socket is none.
        if port != 0 || self.unix.is_none() {
            for host in self.hosts() {
                let (host, may_be_missing) = match host.strip_prefix('-') {
                    Some(host) => (host, true),
                    None => (host.as_str(), false),
                };
                for ip in resolve(host)? {
                    if may_be_missing && TcpListener::bind((ip, 0)).is_err() {
                        missing.push(ip);
                    } else {
                        addresses.push(Address::Tcp(SocketAddr::new(ip, port)));
                    }
                }
            }
        }
        addresses.extend(self.unix.clone().map(Address::Unix));
        if addresses.is_empty() {
            return Err("there is no place to listen at".to_owned());
        }
        Ok((addresses, missing))
    }
}

fn resolve(host: &str) -> Result<Vec<IpAddr>, String> {
    match host {
        "*" => Ok(vec![Ipv4Addr::UNSPECIFIED.into()]),
        "::*" => Ok(vec![Ipv6Addr::UNSPECIFIED.into()]),
        host => match (host, 0).to_socket_addrs() {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(format!("bind: {host}: {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::directives::Origin;
    use super::*;

    fn places(said: &[(&str, &str)]) -> Result<Places, String> {
        let mut places = Places::default();
        for (name, value) in said {
            let values = value.split(' ').map(|value| value.as_bytes().to_vec()).collect();
            places.note(&Directive { name: (*name).to_owned(), values, origin: Origin::Argument })?;
        }
        Ok(places)
    }

    fn addresses(said: &[(&str, &str)]) -> Vec<String> {
        let found = places(said).and_then(|places| places.addresses());
        found.map(|(addresses, _)| addresses.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn places_are_those_of_redis_server() {
        assert_eq!(addresses(&[])[0], "0.0.0.0:6379");
        assert_eq!(addresses(&[("port", "0")]), ["127.0.0.1:0"]);
        assert_eq!(addresses(&[("port", "0"), ("unixsocket", "/s")]), ["unix:/s"]);
        assert_eq!(addresses(&[("bind", "127.0.0.1"), ("port", "7")]), ["127.0.0.1:7"]);
        assert_eq!(addresses(&[("bind", "127.0.0.1"), ("unixsocket", "s")]), ["127.0.0.1:6379", "unix:s"]);
        // An address of documentation, which no machine has.
        assert_eq!(addresses(&[("bind", "-192.0.2.1 127.0.0.1")]), ["127.0.0.1:6379"]);
        assert_eq!(addresses(&[("bind", "-192.0.2.1")]), [""; 0]);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for said in [("port", "-1"), ("port", "65536"), ("port", "x"), ("unixsocketperm", "8")] {
            assert!(places(&[said]).is_err(), "{said:?}");
        }
        assert!(
            places(&[("unixsocketperm", "700")]).is_ok_and(|places| places.unix_permissions == Some(0o700))
        );
    }
}
