//! What the tests need of the machine: looked for, installed where that is allowed, named where it is not.

use crate::shell;
use std::process::{Command, Stdio};

/// Something the tests need: how to see that it is there, Debian's packages that bring it, and what is not tested without it.
struct Need {
    name: &'static str,
    is_there: fn() -> bool,
    packages: &'static [&'static str],
    without: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        name: "git",
        is_there: || shell::has("git"),
        packages: &["git"],
        without: "no repository is tested",
    },
    Need {
        name: "a PostgreSQL server",
        is_there: || crate::postgres::programs().is_some(),
        packages: &["postgresql"],
        without: "nothing is tested on PostgreSQL",
    },
    Need {
        name: "Python with venv",
        is_there: has_venv,
        packages: &["python3", "python3-venv"],
        without: "no Python client is tested",
    },
    Need {
        name: "Node.js with npm",
        is_there: || shell::has("node") && shell::has("npm"),
        packages: &["nodejs", "npm"],
        without: "no Node.js client is tested",
    },
    CHROMIUM,
];

const CHROMIUM: Need = Need {
    name: "Chromium",
    is_there: || ["chromium", "chromium-browser", "google-chrome"].into_iter().any(shell::has),
    packages: &["chromium"],
    without: "nothing is tested in a browser",
};

/// Sees to it that the needs are met and returns a sentence for each that is not.
pub fn prepare() -> Vec<String> {
    let mut missing = meet(NEEDS.iter());
    missing.extend(browser_modules());
    missing
}

/// The same for what drives a browser alone.
pub fn prepare_browser() -> Vec<String> {
    let mut missing =
        meet(NEEDS.iter().filter(|need| need.packages.iter().any(|p| ["nodejs", "chromium"].contains(p))));
    missing.extend(browser_modules());
    missing
}

fn meet<'a>(needs: impl Iterator<Item = &'a Need>) -> Vec<String> {
    let missing: Vec<&Need> = needs.filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    if let Err(why) = install(&packages) {
        println!("note: {why}");
    }
    let still = missing.into_iter().filter(|need| !(need.is_there)());
    still
        .map(|need| {
            format!("{} is missing: {} (Debian: {})", need.name, need.without, need.packages.join(", "))
        })
        .collect()
}

/// Installs playwright-core and axe-core into the tests' cache, where there is a browser to drive.
fn browser_modules() -> Option<String> {
    if !(CHROMIUM.is_there)() || !shell::has("node") || !shell::has("npm") {
        return None; // said already
    }
    let script = shell::root().join("app/e2e/browser/modules.mjs");
    let out = Command::new("node").arg(script).stdin(Stdio::null()).output().ok()?;
    let why = String::from_utf8_lossy(&out.stdout).trim().to_string();
    (!out.status.success()).then(|| format!("{}: {why}", CHROMIUM.without))
}

fn install(packages: &[&str]) -> Result<(), String> {
    if !is_root() || !shell::has("apt-get") {
        return Err(format!("not root on Debian, so nothing is installed; wanted: {}", packages.join(" ")));
    }
    shell::title(&format!("installing {}", packages.join(" ")));
    let apt = |arguments: &[&str]| {
        shell::run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}

/// Whether this runs as root; PostgreSQL then needs another user.
pub fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn has_venv() -> bool {
    let probe = Command::new("python3").args(["-c", "import venv, ensurepip"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}
