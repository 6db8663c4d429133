//! The mail server of the demonstration: it takes every mail, keeps it as a file, and delivers it to nobody.

use crate::client::Failure;
use crate::demo::timetable::tell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// More than this is no mail of this demonstration.
const MAIL_BYTES: usize = 1_048_576;

/// Opens it on a port of this machine; mails become files in `folder`.
pub async fn open(folder: PathBuf) -> Result<SocketAddr, Failure> {
    let failed = |e: std::io::Error| Failure::Ended(1, format!("no mail can be taken: {e}"));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let folder = folder.clone();
            tokio::spawn(async move {
                // A client that goes away in the middle sends it again.
                let _ = take(stream, &folder).await;
            });
        }
    });
    Ok(address)
}

async fn take(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 the demonstration\r\n").await?;
    let (mut to, mut mail) = (String::new(), None::<String>);
    while let Some(line) = lines.next_line().await? {
        let answer = match (&mut mail, line.split(' ').next().unwrap_or_default()) {
            (Some(text), ".") => {
                keep(folder, &to, text)?;
                mail = None;
                "250 kept"
            }
            (Some(text), _) if text.len() > MAIL_BYTES => return Ok(()),
            (Some(text), _) => {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push('\n');
                continue;
            }
            (None, "EHLO") => "250 8BITMIME",
            (None, "RCPT") => {
                to = line
                    .trim_start_matches("RCPT TO:")
                    .split(['<', '>'])
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                "250 fine"
            }
            (None, "DATA") => {
                mail = Some(String::new());
                "354 go on"
            }
            (None, "QUIT") => return write.write_all(b"221 bye\r\n").await,
            (None, _) => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn keep(folder: &Path, to: &str, mail: &str) -> std::io::Result<()> {
    let path = folder.join(format!("{}.eml", base::random::word::<8>()));
    std::fs::write(&path, mail)?;
    let subject = mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
    tell("mail", &format!("to {to}: {subject} ({})", path.display()));
    Ok(())
}
