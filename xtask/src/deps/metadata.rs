//! What `cargo metadata` says, reduced to what the rules ask.

use crate::{Result, shell};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its name, as other crates write it in `Cargo.toml`.
    pub name: String,
    /// Its folder, relative to the workspace: `domain/work`.
    pub place: String,
    /// Names of the packages it depends on, with the kind (`normal`, `dev`, `build`).
    pub needs: Vec<(String, String)>,
    /// Its folder.
    pub folder: PathBuf,
}

/// A package from a registry.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name and version.
    pub name: String,
    /// Its licence expression, if it states one.
    pub licence: Option<String>,
}

/// The workspace's crates and every package they end up with.
pub struct Metadata {
    /// The workspace's crates.
    pub crates: Vec<Crate>,
    /// Packages from registries.
    pub packages: Vec<Package>,
}

/// Asks cargo. Offline, what is not in the lock file's cache would fail the build as well.
pub fn read() -> Result<Metadata> {
    let text = shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--quiet"]))?;
    let json: Value = serde_json::from_str(&text).map_err(|e| format!("`cargo metadata`: {e}"))?;
    Ok(from_json(&json, &shell::root()))
}

fn from_json(json: &Value, root: &Path) -> Metadata {
    let mut metadata = Metadata { crates: Vec::new(), packages: Vec::new() };
    for package in json["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().map(String::from);
        let name = text("name").unwrap_or_default();
        if package["source"].is_null() {
            let manifest = PathBuf::from(text("manifest_path").unwrap_or_default());
            let folder = manifest.parent().map(PathBuf::from).unwrap_or_default();
            let place = folder.strip_prefix(root).unwrap_or(&folder).to_string_lossy().into_owned();
            let needs = package["dependencies"].as_array().into_iter().flatten().map(|need| {
                let kind = need["kind"].as_str().unwrap_or("normal");
                (need["name"].as_str().unwrap_or_default().to_string(), kind.to_string())
            });
            metadata.crates.push(Crate { name, place, needs: needs.collect(), folder });
        } else {
            let version = text("version").unwrap_or_default();
            metadata.packages.push(Package { name: format!("{name} {version}"), licence: text("license") });
        }
    }
    metadata.crates.sort_by(|a, b| a.place.cmp(&b.place));
    metadata
}
