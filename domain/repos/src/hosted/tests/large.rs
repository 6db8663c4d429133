//! Much at once: what passes through is not kept.

use super::team::{good, team};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A way to the server on which no more than `most` bytes go there; then it only waits. Returns its address.
pub(super) async fn throttled(server: &str, most: usize) -> String {
    let server = server.to_owned();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect(&server).await.expect("it listens");
            tokio::spawn(async move {
                let ((mut from, mut to), (mut back, mut forth)) = (client.into_split(), server.into_split());
                let answers = tokio::spawn(async move { tokio::io::copy(&mut back, &mut to).await });
                let (mut sent, mut piece) = (0, vec![0; 16 * 1024]);
                loop {
                    match from.read(&mut piece).await {
                        Ok(0) | Err(_) => break,
                        // What comes after that is taken and does not arrive.
                        Ok(n) if sent < most => {
                            sent += n;
                            if forth.write_all(&piece[..n]).await.is_err() {
                                break;
                            }
                        }
                        Ok(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    }
                }
                answers.abort();
            });
        }
    });
    address
}

/// The processes that name `mark` in their environment or arguments.
pub(super) fn processes(mark: &str) -> Vec<String> {
    let name = std::path::Path::new(mark).file_name().expect("a name").to_string_lossy().into_owned();
    let folder = std::path::Path::new(mark).parent().expect("a folder").to_string_lossy().into_owned();
    let holds = |path: std::path::PathBuf| {
        let environment = std::fs::read(path.join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        environment.contains(&format!("GIT_PROJECT_ROOT={folder}"))
            && environment.contains(&name)
            && environment.contains("REQUEST_METHOD=POST")
    };
    let all = std::fs::read_dir("/proc").expect("processes").flatten();
    all.filter(|entry| holds(entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("read");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("pages") * 4_096
}

db::on_both! { team;
    async fn a_hundred_megabytes_pass_through_and_the_server_stays_small(team) {
        team.make("tools").await;
        let url = team.url("tools", &team.bob.token);
        let copy = team.copy("bobs", &url).await;
        // What is measured is the server, and not how the client packs noise.
        for setting in ["core.compression", "pack.window"] {
            good(&copy, &["config", setting, "0"]).await;
        }
        for n in 0..10 {
            let noise: Vec<u8> = (0..160).flat_map(|_| base::random::bytes::<65_536>()).collect();
            std::fs::write(copy.join(format!("noise {n}")), &noise).expect("written");
        }
        team.commit(&copy, "file", "large").await;
        let before = resident();
        let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let watch = tokio::spawn({
            let most = most.clone();
            async move {
                loop {
                    most.fetch_max(resident(), std::sync::atomic::Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
        let watched = base::Stopwatch::start();
        good(&copy, &["push", "-q", "origin", "main"]).await;
        let pushed = watched.elapsed();
        good(team.copies.path(), &["clone", "-q", &url, "again"]).await;
        watch.abort();
        let grown = most.load(std::sync::atomic::Ordering::SeqCst).saturating_sub(before);
        println!("100 MiB pushed in {pushed:?}, cloned in {:?}; the server grew by {} KiB", watched.elapsed() - pushed, grown / 1024);
        assert!(grown < 24 * 1024 * 1024, "the server grew by {grown} bytes");
        assert_eq!(good(&team.folder("again"), &["rev-parse", "HEAD"]).await, good(&copy, &["rev-parse", "HEAD"]).await);
    }
}
