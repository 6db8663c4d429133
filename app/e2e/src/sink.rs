//! A mail server: it speaks SMTP on this machine and keeps what it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// How a mail server of a test behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It takes everything.
    Takes,
    /// It takes connections and says nothing.
    Silent,
    /// It asks to be tried again.
    PutsOff,
}

/// A mail server. It ends with the test.
pub struct Sink {
    address: SocketAddr,
    kept: Arc<Mutex<(Mood, Vec<String>)>>,
}

impl Sink {
    /// Starts one.
    ///
    /// # Panics
    /// When there is no port.
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let kept = Arc::new(Mutex::new((mood, Vec::new())));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&shared);
                // A client that goes away in the middle is none of the sink's business.
                std::thread::spawn(move || drop(serve(stream, &kept)));
            }
        });
        Self { address, kept }
    }

    /// What a server is told in `SIGNALBOX_MAIL_SERVER`.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// Behaves differently from now on.
    pub fn set(&self, mood: Mood) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).0 = mood;
    }

    /// The mails that arrived, oldest first, as somebody reads them: headers and both bodies, decoded.
    pub fn mails(&self) -> Vec<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).1.iter().map(|mail| decoded(mail)).collect()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<(Mood, Vec<String>)>) -> std::io::Result<()> {
    let mood = kept.lock().unwrap_or_else(PoisonError::into_inner).0;
    let mut write = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    if mood != Mood::Silent {
        write.write_all(b"220 sink\r\n")?;
    }
    let mut body = None::<String>;
    while let Some(line) = lines.next().transpose()? {
        let answer = match (&mut body, line.split(' ').next().unwrap_or_default()) {
            (Some(text), ".") => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).1.push(std::mem::take(text));
                body = None;
                "250 kept"
            }
            (Some(text), _) => {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push('\n');
                continue;
            }
            (None, "RCPT") if mood == Mood::PutsOff => "451 come back later",
            (None, "DATA") => {
                body = Some(String::new());
                "354 go on"
            }
            (None, "QUIT") => return write.write_all(b"221 bye\r\n"),
            (None, _) => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

/// Quoted-printable becomes what it means; a header that goes on in the next line becomes one line.
fn decoded(mail: &str) -> String {
    let joined = mail.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).replace("\n ", " ")
}
