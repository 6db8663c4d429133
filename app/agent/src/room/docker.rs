//! A container engine, Docker's or Podman's, through its socket.

mod container;

pub use container::{Container, Plan};

use crate::contract::Pull;
use base::{Error, Result};
use bollard::Docker;
use bollard::query_parameters::{CreateImageOptions, ListContainersOptions, RemoveContainerOptions};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The label that tells this agent's containers from everybody else's.
const OWNER: &str = "signalbox.agent";
/// The label that names the attempt.
const ATTEMPT: &str = "signalbox.attempt";
/// How long the engine may take to answer anything but a pull.
const PATIENCE_S: u64 = 120;
const GREETING: Duration = Duration::from_secs(5);

/// A reachable engine.
#[derive(Clone)]
pub struct Engine {
    docker: Docker,
}

/// An image that is on this machine.
#[derive(Clone, Debug)]
pub struct Image {
    pub name: String,
    /// By what it can be told from every other image of that name.
    pub digest: Option<String>,
}

fn failed(what: impl Into<String>, error: bollard::errors::Error) -> Error {
    let what = what.into();
    Error::unavailable("agent.docker", format!("{what}: {error}")).because(error)
}

/// Where the socket may be.
fn places(chosen: Option<&Path>, runtime_folder: Option<&str>) -> Vec<PathBuf> {
    if let Some(chosen) = chosen {
        return vec![chosen.to_owned()];
    }
    let mut places: Vec<PathBuf> =
        ["/var/run/docker.sock", "/run/podman/podman.sock"].map(PathBuf::from).to_vec();
    if let Some(folder) = runtime_folder {
        places.extend(["docker.sock", "podman/podman.sock"].map(|name| Path::new(folder).join(name)));
    }
    places
}

impl Engine {
    /// Looks for an engine that answers: at the chosen socket, or where they usually are.
    pub async fn find(chosen: Option<&Path>, runtime_folder: Option<&str>) -> Option<Self> {
        for place in places(chosen, runtime_folder).into_iter().filter(|place| place.exists()) {
            let place = place.to_string_lossy();
            let Ok(docker) = Docker::connect_with_unix(&place, PATIENCE_S, bollard::API_DEFAULT_VERSION)
            else {
                continue;
            };
            let greeted = tokio::time::timeout(GREETING, docker.negotiate_version()).await;
            if let Ok(Ok(docker)) = greeted {
                return Some(Self { docker });
            }
        }
        None
    }

    /// Makes sure that an image is here, and tells which one it is.
    pub async fn image(&self, name: &str, pull: Pull) -> Result<Image> {
        if pull != Pull::Always {
            match self.inspect(name).await {
                Ok(image) => return Ok(image),
                Err(error) if !is_missing(&error) => {
                    return Err(failed(format!("The image {name} cannot be read"), error));
                }
                Err(_) if pull == Pull::Never => {
                    let sentence = format!(
                        "The image {name} is not on this machine, and the job says it is never to be pulled"
                    );
                    return Err(Error::missing("image.missing", sentence));
                }
                Err(_) => {}
            }
        }
        let cannot = |error| failed(format!("The image {name} cannot be pulled"), error);
        let options =
            CreateImageOptions { from_image: Some(with_tag(name)), ..CreateImageOptions::default() };
        let mut progress = self.docker.create_image(Some(options), None, None);
        while let Some(step) = progress.next().await {
            let step = step.map_err(cannot)?;
            if let Some(detail) = step.error_detail {
                let why = detail.message.unwrap_or_default();
                return Err(Error::unavailable(
                    "image.pull",
                    format!("The image {name} cannot be pulled: {why}"),
                ));
            }
        }
        self.inspect(name).await.map_err(cannot)
    }

    /// Removes every container that belongs to `owner`.
    pub async fn sweep(&self, owner: &str) {
        let filters = HashMap::from([("label".to_owned(), vec![format!("{OWNER}={owner}")])]);
        let options =
            ListContainersOptions { all: true, filters: Some(filters), ..ListContainersOptions::default() };
        match self.docker.list_containers(Some(options)).await {
            Ok(found) => {
                for id in found.into_iter().filter_map(|container| container.id) {
                    tracing::warn!("removing the container {id}, which an earlier agent left behind");
                    self.remove(&id).await;
                }
            }
            Err(error) => tracing::warn!("the containers of an earlier agent cannot be looked for: {error}"),
        }
    }

    /// Removes a container with everything that runs in it; that there is none is fine.
    pub async fn remove(&self, id: &str) {
        let options = RemoveContainerOptions { v: true, force: true, ..RemoveContainerOptions::default() };
        if let Err(error) = self.docker.remove_container(id, Some(options)).await
            && !is_missing(&error)
        {
            tracing::warn!("the container {id} cannot be removed: {error}");
        }
    }

    async fn inspect(&self, name: &str) -> Result<Image, bollard::errors::Error> {
        let found = self.docker.inspect_image(name).await?;
        let digest = found.repo_digests.and_then(|digests| digests.into_iter().next()).or(found.id);
        Ok(Image { name: name.to_owned(), digest })
    }
}

fn is_missing(error: &bollard::errors::Error) -> bool {
    matches!(error, bollard::errors::Error::DockerResponseServerError { status_code: 404, .. })
}

/// Without a tag, every tag there is would be pulled.
fn with_tag(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_image_is_pulled_and_not_all_of_a_name() {
        assert_eq!(with_tag("busybox"), "busybox:latest");
        assert_eq!(with_tag("registry:5000/team/busybox"), "registry:5000/team/busybox:latest");
        assert_eq!(with_tag("registry:5000/busybox:1"), "registry:5000/busybox:1");
        assert_eq!(with_tag("busybox@sha256:ab"), "busybox@sha256:ab");
    }
}
