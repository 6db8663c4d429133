//! A small HTTP client: one kept connection, nothing hidden, and bytes on the wire when a test wants them.

use serde_json::Value;
use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without transfer encoding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of an answer that must be 2xx.
    ///
    /// # Panics
    /// When it is not, with what the server said.
    pub fn expect(self, what: &str) -> Value {
        assert!(self.is_success(), "{what}: {} {}", self.status, self.text());
        self.json()
    }
}

/// A door to one server with one token. Not shared between threads: clone it for each.
#[derive(Debug)]
pub struct Api {
    host: String,
    token: String,
    patience: Duration,
    kept: RefCell<Option<TcpStream>>,
}

impl Clone for Api {
    fn clone(&self) -> Self {
        Self { patience: self.patience, ..Self::new(&self.host, &self.token) }
    }
}

impl Api {
    /// A door to `host` (`127.0.0.1:7070`) with `token`; an empty token sends none.
    pub fn new(host: &str, token: &str) -> Self {
        Self {
            host: host.into(),
            token: token.into(),
            patience: Duration::from_secs(60),
            kept: RefCell::new(None),
        }
    }

    /// The same server with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self::new(&self.host, token)
    }

    /// The same door, giving up on an answer after `patience`.
    #[must_use]
    pub fn waiting(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The token it sends.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for `path`.
    pub fn get(&self, path: &str) -> Answer {
        self.must("GET", path, &[], b"")
    }

    /// Posts JSON.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.must("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Posts JSON with a key that makes a repeat harmless.
    pub fn post_once(&self, path: &str, key: &str, body: &Value) -> io::Result<Answer> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send("POST", path, &headers, body.to_string().as_bytes())
    }

    /// Patches with JSON.
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.must("PATCH", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Deletes `path`.
    pub fn delete(&self, path: &str) -> Answer {
        self.must("DELETE", path, &[], b"")
    }

    /// Every item of a list that pages by `cursor`, following `next`.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = match &cursor {
                Some(cursor) => format!("{path}{joint}limit=100&cursor={cursor}"),
                None => format!("{path}{joint}limit=100"),
            };
            let answer = self.get(&page).expect(path);
            items.extend(answer["data"].as_array().cloned().unwrap_or_default());
            match answer["next"].as_str() {
                Some(next) if cursor.as_deref() != Some(next) => cursor = Some(next.to_string()),
                _ => return items,
            }
        }
    }

    /// Sends a request; a connection that breaks is an error, for tests that break it.
    ///
    /// # Errors
    /// When there is no connection, it breaks, or what comes is no HTTP.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\naccept-encoding: identity\r\n", self.host);
        let has = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !self.token.is_empty() && !has("authorization") {
            request += &format!("authorization: Bearer {}\r\n", self.token);
        }
        if !has("content-length") && (!body.is_empty() || !matches!(method, "GET" | "HEAD" | "DELETE")) {
            request += &format!("content-length: {}\r\n", body.len());
        }
        for (key, value) in headers {
            request += &format!("{key}: {value}\r\n");
        }
        let mut bytes = (request + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.exchange(&bytes, method == "HEAD")
    }

    /// Sends raw bytes and reads one answer.
    ///
    /// # Errors
    /// As [`Api::send`].
    pub fn exchange(&self, bytes: &[u8], is_head: bool) -> io::Result<Answer> {
        let kept = self.kept.borrow_mut().take().filter(is_alive);
        if let Some(stream) = kept {
            match self.over(stream, bytes, is_head) {
                // The server gave the kept connection up while this was under way; on a new one it is a first try.
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {}
                answered => return answered,
            }
        }
        self.over(connect(&self.host, self.patience)?, bytes, is_head)
    }

    fn over(&self, mut stream: TcpStream, bytes: &[u8], is_head: bool) -> io::Result<Answer> {
        // A server may refuse a body before it has come whole; its answer counts, not the broken pipe.
        let written = stream.write_all(bytes);
        let answer = match read_answer(&stream, is_head) {
            Ok(answer) => answer,
            Err(error) => return Err(written.err().unwrap_or(error)),
        };
        if written.is_ok() && answer.header("connection") != Some("close") {
            self.kept.replace(Some(stream));
        }
        Ok(answer)
    }

    fn must(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }
}

fn connect(host: &str, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

/// A kept connection that the server has closed since then gives end of file at once.
fn is_alive(stream: &TcpStream) -> bool {
    let mut byte = [0];
    let alive = stream.set_nonblocking(true).is_ok()
        && matches!(stream.peek(&mut byte), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
    alive && stream.set_nonblocking(false).is_ok()
}

fn read_answer(stream: &TcpStream, is_head: bool) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let status = loop {
        line.clear();
        reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok()).ok_or_else(broken)?;
        let headers = read_headers(&mut reader)?;
        if status >= 200 {
            break (status, headers);
        }
    };
    let (status, headers) = status;
    let mut answer = Answer { status, headers, body: Vec::new() };
    if is_head || matches!(status, 204 | 304) {
        return Ok(answer);
    }
    if answer.header("transfer-encoding").is_some_and(|t| t.eq_ignore_ascii_case("chunked")) {
        read_chunks(&mut reader, &mut answer.body)?;
    } else if let Some(length) = answer.header("content-length").and_then(|l| l.parse::<usize>().ok()) {
        answer.body.resize(length, 0);
        reader.read_exact(&mut answer.body)?;
    } else {
        reader.read_to_end(&mut answer.body)?;
        answer.headers.push(("connection".into(), "close".into()));
    }
    Ok(answer)
}

fn read_headers(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(broken());
        }
        match line.trim_end().split_once(':') {
            Some((key, value)) => headers.push((key.to_ascii_lowercase(), value.trim().to_string())),
            None => return Ok(headers),
        }
    }
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken())?;
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..])?;
        reader.read_exact(&mut [0; 2])?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended before an answer")
}
