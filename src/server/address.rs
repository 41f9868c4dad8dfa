//! Where a server listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{self, Path, PathBuf};
use std::str::FromStr;

/// What marks a unix socket's path.
const UNIX: &str = "unix:";

/// Where to listen: `127.0.0.1:0`, `[::1]:6379`, `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// An IP address and a port; any free port, if that is 0.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

impl Address {
    /// The URL by which a client on this machine finds who listens there.
    pub fn url(&self) -> String {
        match self {
            Self::Tcp(address) => {
                let mut address = *address;
                match address.ip() {
                    IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
                    IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
                    _ => {}
                }
                format!("redis://{address}")
            }
            Self::Unix(path) => {
                let absolute = path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("unix://{}", quoted(&absolute))
            }
        }
    }
}

/// A path with what means something in a URL, or cannot be printed, as `%` and two digits.
fn quoted(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// A text that names no place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError(String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is neither an IP address with a port nor unix: and a path", self.0)
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix(UNIX) {
            Some("") => Err(AddressError(text.to_owned())),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| AddressError(text.to_owned())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["127.0.0.1:0", "[::1]:6379", "unix:/run/redis.sock", "unix:relative"] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "unix:", "localhost:6379", "127.0.0.1", "/run/redis.sock", "::1:x"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_leads_from_this_machine() {
        for (address, url) in [
            ("0.0.0.0:7", "redis://127.0.0.1:7"),
            ("[::]:7", "redis://[::1]:7"),
            ("10.0.0.1:7", "redis://10.0.0.1:7"),
            ("unix:/a b/%c", "unix:///a%20b/%25c"),
        ] {
            assert_eq!(address.parse::<Address>().map(|address| address.url()), Ok(url.to_owned()));
        }
    }
}
