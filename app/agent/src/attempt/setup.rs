//! Everything before the first step: the source, the files of earlier stages, the room.

use super::artifacts::digest;
use super::ending::Cause;
use super::unpack;
use crate::contract::{Assignment, Isolation};
use crate::folder::{Home, Kept};
use crate::output::Output;
use crate::room::{Container, Local, Plan, Room, fence};
use crate::server::{Backoff, Refusal, Server};
use crate::site::Site;
use crate::tree::Tree;
use base::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::StreamExt;
use reqwest::Method;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

/// A source of so many bytes is unpacked from memory.
const SMALL: usize = 1 << 20;

fn trouble(code: &'static str, sentence: impl Into<String>) -> Cause {
    Cause::Trouble { code, sentence: sentence.into() }
}

/// An error of the machine as the cause of a failure.
pub fn because(code: &'static str) -> impl Fn(Error) -> Cause {
    move |error| {
        tracing::warn!("{error:?}");
        trouble(code, error.message())
    }
}

/// The first line of a log: where it runs, and what.
pub fn heading(site: &Site, assignment: &Assignment) -> String {
    let how = match assignment.isolation {
        Isolation::None => "",
        Isolation::Bwrap => ", behind bubblewrap",
        Isolation::Docker => ", in a container",
    };
    let source = assignment.source.as_ref().map(|source| format!(", commit {}", source.commit));
    format!("signalbox: agent {}{how}{}", site.name, source.unwrap_or_default())
}

/// Lays out the source and the files of earlier stages.
pub async fn lay_out(site: &Site, assignment: &Assignment, home: &Home) -> Result<(), Cause> {
    if assignment.source.is_some() {
        let tar = home.source();
        let came = assignment.source.as_ref().and_then(|source| BASE64.decode(source.archive.as_ref()?).ok());
        let small = match came {
            Some(archive) => Some(archive),
            None => fetch(&site.server, assignment, "source", &tar, SMALL)
                .await
                .map_err(|e| cause("source", "The source", e))?,
        };
        let (from, into, limit) = (tar.clone(), home.work(), assignment.limits.disk);
        let is_file = small.is_none();
        let unpacked = tokio::task::spawn_blocking(move || match small {
            Some(bytes) => unpack::unpack(bytes.as_slice(), &into, limit),
            None => unpack::unpack_file(&from, &into, limit),
        });
        unpacked.await.map_err(|e| trouble("source", e.to_string()))?.map_err(because("source"))?;
        if is_file {
            // Its room is wanted for the job; the folder's removal takes it otherwise.
            let _ = std::fs::remove_file(&tar);
        }
    }
    for input in &assignment.inputs {
        let to = unpack::place(&home.work(), &input.path).map_err(because("input"))?;
        let what = format!("inputs/{}", input.sha256);
        let part = home.source();
        fetch(&site.server, assignment, &what, &part, 0).await.map_err(|e| cause("input", &input.path, e))?;
        let (from, expected) = (part.clone(), input.sha256.clone());
        let found = tokio::task::spawn_blocking(move || digest(&from)).await;
        let is_right = matches!(found, Ok(Ok((size, sha256))) if sha256 == expected && size == input.size);
        if !is_right {
            return Err(trouble("input", format!("{} did not arrive as it was kept", input.path)));
        }
        std::fs::rename(&part, &to)
            .map_err(|e| trouble("input", format!("{} cannot be placed: {e}", input.path)))?;
    }
    Ok(())
}

fn cause(code: &'static str, what: &str, refusal: Refusal) -> Cause {
    match refusal {
        Refusal::Fenced => Cause::Abandoned,
        refusal => trouble(code, format!("{what} could not be fetched: {refusal}")),
    }
}

/// Fetches what the server keeps for the attempt, however often it breaks off. What is no larger than `small` is returned, and else
/// written to `to`.
async fn fetch(
    server: &Server,
    assignment: &Assignment,
    what: &str,
    to: &Path,
    small: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let mut backoff = Backoff::default();
    loop {
        let request = server.about(Method::GET, assignment.attempt, assignment.epoch, what);
        match download(request, to, small).await {
            Err(refusal) if refusal.is_passing() => {
                tracing::debug!(attempt = %assignment.attempt, "{what} has not come yet: {refusal}");
                backoff.pause().await;
            }
            other => return other,
        }
    }
}

async fn download(
    request: reqwest::RequestBuilder,
    to: &Path,
    small: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let cannot = |e: std::io::Error| Refusal::Strange(format!("{} cannot be written: {e}", to.display()));
    let mut body = Server::send(request).await?.bytes_stream();
    let mut first = Vec::new();
    while let Some(piece) = body.next().await {
        first.extend_from_slice(&piece?);
        if first.len() > small {
            break;
        }
    }
    if first.len() <= small && small > 0 {
        return Ok(Some(first));
    }
    let mut file = tokio::fs::File::create(to).await.map_err(cannot)?;
    file.write_all(&first).await.map_err(cannot)?;
    while let Some(piece) = body.next().await {
        file.write_all(&piece?).await.map_err(cannot)?;
    }
    file.flush().await.map_err(cannot)?;
    Ok(None)
}

/// Opens the room that the steps run in; the digest of its image, if it has one.
pub async fn open(
    site: &Site,
    assignment: &Assignment,
    home: &Home,
    kept: Kept,
    output: &Output,
) -> Result<(Room, Option<String>), Cause> {
    if assignment.isolation == Isolation::Docker {
        return open_container(site, assignment, home, kept, output).await;
    }
    let fence = match assignment.isolation {
        Isolation::Bwrap if !site.has_bwrap => {
            return Err(trouble("isolation", "This agent's machine has no bubblewrap that works"));
        }
        Isolation::Bwrap => fence(home, &hidden(site), assignment.network),
        Isolation::None | Isolation::Docker => Vec::new(),
    };
    if assignment.isolation == Isolation::None && !assignment.network {
        let sentence =
            "Without isolation a job cannot be kept from the network; say isolation: bwrap or give an image";
        return Err(trouble("isolation", sentence));
    }
    if assignment.user.is_some() {
        let sentence = "Only in a container can a job run as another user; give an image";
        return Err(trouble("isolation", sentence));
    }
    let tree = Tree::prepare(&site.containment, assignment.attempt, &kept.tree.marker, assignment.limits);
    let tree = tree.map_err(because("isolation"))?;
    if assignment.limits.memory.is_some() && !tree.is_limited_as_a_whole() {
        output
            .say("signalbox: this machine can limit the memory of each process only, not of all together")
            .await;
    }
    Ok((Room::Local(Box::new(Local::new(tree, home.clone(), kept, fence))), None))
}

/// What a fenced job must not see: the agent's token and other attempts, and what the agent's owner named.
fn hidden(site: &Site) -> Vec<PathBuf> {
    std::iter::once(site.folder.path().to_owned()).chain(site.hidden.iter().cloned()).collect()
}

async fn open_container(
    site: &Site,
    assignment: &Assignment,
    home: &Home,
    kept: Kept,
    output: &Output,
) -> Result<(Room, Option<String>), Cause> {
    let engine = site.engine().await;
    let engine = engine
        .ok_or_else(|| trouble("isolation", "This agent's machine has no container engine that answers"))?;
    let name = assignment.image.as_deref().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| trouble("image", "The job runs in a container and names no image"))?;
    let image = engine.image(name, assignment.pull).await.map_err(because("image"))?;
    let digest = image.digest.clone();
    output.say(format!("signalbox: image {name} ({})", digest.as_deref().unwrap_or("no digest"))).await;
    let user = assignment.user.clone().unwrap_or_else(own_user);
    hand_over(home, &user);
    home.keep(&Kept { has_begun: true, ..kept }).map_err(because("agent"))?;
    let plan = Plan {
        name: container_name(site, assignment),
        owner: site.instance.clone(),
        attempt: assignment.attempt.to_string(),
        image,
        user: Some(user),
        network: assignment.network,
        limits: assignment.limits,
        folders: vec![home.work(), home.exchange()],
        work: home.work(),
    };
    let container = Container::open(engine, plan).await.map_err(because("image"))?;
    Ok((Room::Container(container), digest))
}

fn container_name(site: &Site, assignment: &Assignment) -> String {
    format!("signalbox-{}-{}-{}", site.instance, assignment.attempt, assignment.epoch)
}

/// Takes back what an opening may have left behind that was broken off.
pub async fn undo(site: &Site, assignment: &Assignment) {
    if assignment.isolation == Isolation::Docker
        && let Some(engine) = site.engine().await
    {
        engine.remove(&container_name(site, assignment)).await;
    }
}

/// The agent's own user, so that the files in the workspace stay its own.
fn own_user() -> String {
    format!("{}:{}", rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw())
}

/// Lets the container's user write to the attempt's folders. Nobody else gets to them: the folder above is closed.
fn hand_over(home: &Home, user: &str) {
    use std::os::unix::fs::PermissionsExt;
    if user == own_user() {
        return;
    }
    let mut numbers = user.splitn(2, ':').map(|part| part.parse::<u32>().ok());
    let (uid, gid) = (numbers.next().flatten(), numbers.next().flatten());
    let open = |path: &Path| {
        let is_theirs = uid.is_some() && std::os::unix::fs::lchown(path, uid, gid).is_ok();
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        if !is_theirs
            && !is_link
            && let Ok(found) = std::fs::metadata(path)
        {
            let mode = found.permissions().mode();
            // The user is known to the image only, so everybody inside may do what the owner may.
            let owners = mode & 0o700;
            let _ =
                std::fs::set_permissions(path, PermissionsExt::from_mode(mode | owners >> 3 | owners >> 6));
        }
    };
    for folder in [home.work(), home.exchange()] {
        every(&folder, &open);
    }
}

fn every(path: &Path, with: &dyn Fn(&Path)) {
    with(path);
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        std::fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| every(&entry.path(), with));
    }
}
