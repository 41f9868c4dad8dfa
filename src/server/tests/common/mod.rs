//! A server of the test's own, and clients that speak to it over real sockets.
#![allow(dead_code, reason = "each test file is a crate that uses its part of this")]
#![allow(clippy::disallowed_methods, reason = "what comes over a socket is waited for by the system's time")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use burner_server::{Address, Host, Options, Server, Solo, SystemClock};

/// For how long a test waits for what is going to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a free port and on a unix socket.
pub struct Site {
    pub host: Arc<Solo>,
    pub server: Server,
    directory: PathBuf,
}

impl Site {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("burner-server-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let host = Solo::new(Box::new(SystemClock::new()), 1);
        let addresses =
            [Address::Tcp("127.0.0.1:0".parse().unwrap()), Address::Unix(directory.join("socket"))];
        let shared: Arc<dyn Host> = Arc::clone(&host) as _;
        let server = Server::start(shared, &addresses, &Options::default()).unwrap();
        Self { host, server, directory }
    }

    pub fn address(&self) -> SocketAddr {
        match &self.server.addresses()[0] {
            Address::Tcp(address) => *address,
            Address::Unix(_) => unreachable!("the first address is TCP's"),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join("socket")
    }

    pub fn connect(&self) -> Client<TcpStream> {
        connect(self.address())
    }

    pub fn connect_unix(&self) -> Client<UnixStream> {
        connect_to(&self.path())
    }

    /// How many sessions the store has.
    pub fn sessions(&self) -> usize {
        let mut count = 0;
        self.host.enter(&mut |desk| count = desk.engine.session_count());
        count
    }

    /// A number that INFO tells.
    pub fn info(&self, field: &str) -> u64 {
        let told = self.connect().ask("INFO");
        let line = told.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("INFO tells no {field}")).parse().unwrap()
    }
}

/// A client of whoever listens there.
pub fn connect(address: SocketAddr) -> Client<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    Client { stream, received: Vec::new() }
}

/// A client of whoever listens there.
pub fn connect_to(path: &Path) -> Client<UnixStream> {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    Client { stream, received: Vec::new() }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.close();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A client that speaks RESP as a person does: inline commands, replies as text.
pub struct Client<S> {
    pub stream: S,
    received: Vec<u8>,
}

impl<S: Read + Write> Client<S> {
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a command, and reads its reply.
    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n"));
        self.reply()
    }

    /// Sends a command whose words are too long for a line, and reads its reply.
    pub fn call(&mut self, words: &[&str]) -> String {
        let bulks = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
        self.send(format!("*{}\r\n{}", words.len(), bulks.collect::<Vec<_>>().concat()));
        self.reply()
    }

    /// The next reply: its lines, with blanks between them; a bulk string as it is.
    pub fn reply(&mut self) -> String {
        let line = self.line();
        let (kind, rest) = line.split_at(1);
        let count = || rest.parse::<i64>().unwrap_or_else(|_| panic!("{line:?} is no head"));
        match kind {
            "$" | "=" if count() >= 0 => {
                let bytes = self.bytes(count() as usize + 2);
                String::from_utf8_lossy(&bytes[..bytes.len() - 2]).into_owned()
            }
            "*" | "~" | ">" => self.several(kind, count()),
            "%" => self.several(kind, count() * 2),
            _ => line,
        }
    }

    fn several(&mut self, kind: &str, count: i64) -> String {
        let parts: Vec<String> = (0..count).map(|_| self.reply()).collect();
        format!("{kind}[{}]", parts.join(" "))
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.bytes(end + 2);
                return String::from_utf8_lossy(&line[..end]).into_owned();
            }
            self.more().expect("the connection lives");
        }
    }

    /// So many bytes as they come.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() < count {
            self.more().expect("the connection lives");
        }
        self.received.drain(..count).collect()
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(())
            }
        }
    }

    /// All that comes up to the end of the connection, however it ends.
    pub fn rest(mut self) -> String {
        loop {
            match self.more() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    panic!("the connection does not end")
                }
                Err(_) => return String::from_utf8_lossy(&self.received).into_owned(),
            }
        }
    }
}
