//! TCP and unix sockets as one.

use std::fs::Permissions;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use burner_engine::network::{Peer, Place};
use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::net::sockopt;
use socket2::{Domain, Socket, Type};

use crate::address::Address;

/// How many clients may knock at a time: `tcp-backlog` of a real server.
const BACKLOG: i32 = 511;

/// What connections come in by.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// The file of a unix socket.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode: what is at the path later may be somebody else's.
    identity: Option<(u64, u64)>,
}

impl SocketFile {
    fn of(path: PathBuf) -> Self {
        let identity = identity(&path);
        Self { path, identity }
    }

    fn remove(self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            // Somebody may have done so.
            let _ = std::fs::remove_file(self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Listener {
    /// Listens there; a port of 0 becomes the one that was free.
    pub(crate) fn bind(address: &Address, unix_permissions: Option<u32>) -> io::Result<(Self, Address)> {
        match address {
            Address::Tcp(address) => {
                let listener = bind_tcp(*address)?;
                let bound = listener.local_addr()?;
                Ok((Self::Tcp(listener), Address::Tcp(bound)))
            }
            Address::Unix(path) => {
                remove_stale(path);
                let listener = Self::Unix(UnixListener::bind(path)?, SocketFile::of(path.clone()));
                if let Some(mode) = unix_permissions
                    && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(mode))
                {
                    listener.close();
                    return Err(error);
                }
                Ok((listener, Address::Unix(path.clone())))
            }
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            Self::Unix(listener, _) => listener.register(registry, token, Interest::READABLE),
        }
    }

    /// Where it listens, as a store is told.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Tcp(listener) => {
                let (host, port) = listener.local_addr().map_or_else(
                    |_| (String::new(), 0),
                    |address| (address.ip().to_string(), address.port()),
                );
                Place::Tcp { host: host.into(), port }
            }
            Self::Unix(_, file) => Place::Unix { path: file.path.display().to_string().into() },
        }
    }

    pub(crate) fn accept(&self) -> io::Result<Arrival> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept()?;
                // Replies leave in one write each turn; there is nothing to gather them for.
                stream.set_nodelay(true)?;
                let peer = Peer {
                    address: address.to_string().into(),
                    local_address: stream.local_addr()?.to_string().into(),
                    fd: stream.as_raw_fd(),
                    is_unix: false,
                };
                let is_local = address.ip().to_canonical().is_loopback();
                Ok(Arrival { stream: Stream::Tcp(stream), peer, is_local })
            }
            Self::Unix(listener, file) => {
                let (stream, _) = listener.accept()?;
                let address: Box<str> = format!("{}:0", file.path.display()).into();
                let fd = stream.as_raw_fd();
                let peer = Peer { local_address: address.clone(), address, fd, is_unix: true };
                Ok(Arrival { stream: Stream::Unix(stream), peer, is_local: true })
            }
        }
    }

    /// Stops listening, and removes the file of a unix socket.
    pub(crate) fn close(self) {
        if let Self::Unix(_, file) = self {
            file.remove();
        }
    }
}

/// Listens on TCP. All addresses of IPv6 are no addresses of IPv4, so that both can be listened at.
fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Removes the socket that a server left behind which is no longer there. Nothing else: to connect to a file of
/// another kind is refused, too.
fn remove_stale(path: &Path) {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == ErrorKind::ConnectionRefused;
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err_and(refused) {
        // If that fails, so does the bind, which says why.
        let _ = std::fs::remove_file(path);
    }
}

/// Who came in.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) stream: Stream,
    pub(crate) peer: Peer,
    /// Whether they are on this machine, as far as the address tells.
    pub(crate) is_local: bool,
}

/// One connection's socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(stream) => stream.register(registry, token, interest),
            Self::Unix(stream) => stream.register(registry, token, interest),
        }
    }
}

impl Stream {
    /// Has the system ask a silent peer after so many seconds whether it is there; never, if 0. A peer that
    /// does not answer three times is taken for gone.
    pub(crate) fn keep_alive(&self, seconds: u64) -> io::Result<()> {
        let Self::Tcp(stream) = self else { return Ok(()) };
        if seconds == 0 {
            return Ok(());
        }
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, Duration::from_secs(seconds))?;
        sockopt::set_tcp_keepintvl(stream, Duration::from_secs((seconds / 3).max(1)))?;
        sockopt::set_tcp_keepcnt(stream, 3)?;
        Ok(())
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&mut &*stream).read(buffer),
            Stream::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&mut &*stream).write(bytes),
            Stream::Unix(stream) => (&mut &*stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether an error of accepting is about one connection, and the next may fare better.
pub(crate) fn is_of_one(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), Interrupted | ConnectionAborted | ConnectionReset)
}
