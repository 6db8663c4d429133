//! Bamboo's variables as environment variables: `${bamboo.a.b}` and `$bamboo_a_b` are one thing there, and only the second is one here.

use super::emit::{Keys, Out};
use super::note::Notes;
use jobs::file::yaml::Node;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What Bamboo gives every build, and what that is called here.
const SYSTEM: [(&str, &str); 22] = [
    ("buildNumber", "SIGNALBOX_RUN_NUMBER"),
    ("buildResultsUrl", "SIGNALBOX_RUN_URL"),
    ("resultsUrl", "SIGNALBOX_RUN_URL"),
    ("buildResultKey", "SIGNALBOX_RUN"),
    ("buildKey", "SIGNALBOX_PART"),
    ("shortJobName", "SIGNALBOX_PART"),
    ("planKey", "SIGNALBOX_JOB"),
    ("planName", "SIGNALBOX_JOB"),
    ("shortPlanName", "SIGNALBOX_JOB"),
    ("build_working_directory", "SIGNALBOX_WORKSPACE"),
    ("agentWorkingDirectory", "SIGNALBOX_WORKSPACE"),
    ("working_directory", "SIGNALBOX_WORKSPACE"),
    ("planRepository_branch", "SIGNALBOX_REF"),
    ("planRepository_branchName", "SIGNALBOX_REF"),
    ("repository_branch_name", "SIGNALBOX_REF"),
    ("repository_git_branch", "SIGNALBOX_REF"),
    ("planRepository_1_branch", "SIGNALBOX_REF"),
    ("planRepository_1_branchName", "SIGNALBOX_REF"),
    ("planRepository_revision", "SIGNALBOX_COMMIT"),
    ("repository_revision_number", "SIGNALBOX_COMMIT"),
    ("planRepository_1_revision", "SIGNALBOX_COMMIT"),
    ("deploy_environment", "SIGNALBOX_ENVIRONMENT"),
];

/// The variables of a plan or environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    /// Plain ones, by their names in the environment.
    pub plain: BTreeMap<String, String>,
    /// Secret ones: their names in scripts, and what the secrets are called here.
    pub secret: BTreeMap<String, String>,
}

impl Variables {
    pub fn read(node: Option<&Node>, notes: &Notes) -> Self {
        let mut variables = Self::default();
        for entry in node.map(Node::entries).unwrap_or_default() {
            let name = identifier(&entry.key);
            let value = entry.value.text().unwrap_or_default();
            if is_secret(&entry.key) || value.starts_with("BAMSCRT@") {
                let secret = format!("BAMBOO_{}", name.to_ascii_uppercase());
                notes.changed(&entry.value, format!("{} is a secret: set the secret {secret}", entry.key));
                variables.secret.insert(name, secret);
            } else if entry.value.text().is_none() {
                notes.unsupported(&entry.value, format!("the variable {} is no scalar", entry.key));
            } else {
                variables.plain.insert(format!("bamboo_{name}"), value.replace('\0', ""));
            }
        }
        variables
    }

    /// Writes them into a job.
    pub fn put(&self, keys: &mut Keys) {
        let plain = self.plain.iter().map(|(name, value)| (name.clone(), Out::text(value)));
        keys.put_some("env", Out::Map(plain.collect()));
        keys.put_some("secrets", Out::texts(self.secret.values().cloned()));
    }

    /// A text of the configuration with the values that are known when it is read.
    pub fn resolved(&self, text: &str) -> String {
        static USED: LazyLock<regex::Regex> = LazyLock::new(|| {
            regex::Regex::new(r"\$\{bamboo[._]([A-Za-z0-9_.-]+)\}").expect("it is an expression")
        });
        let value = |found: &regex::Captures<'_>| {
            let known = self.plain.get(&format!("bamboo_{}", identifier(&found[1])));
            known.cloned().unwrap_or_else(|| found[0].to_owned())
        };
        // What a value names in turn is not looked up: Bamboo does, once, and nobody relies on it.
        USED.replace_all(text, value).into_owned()
    }

    /// A script with the names that things have here.
    pub fn in_script(&self, script: &str, node: &Node, notes: &Notes) -> String {
        static USED: LazyLock<regex::Regex> = LazyLock::new(|| {
            regex::Regex::new(r"\$\{bamboo[._]([A-Za-z0-9_.-]+)\}|\$bamboo_([A-Za-z0-9_]+)")
                .expect("it is an expression")
        });
        let replaced = USED.replace_all(script, |found: &regex::Captures<'_>| {
            let name = found.get(1).or_else(|| found.get(2)).map(|name| name.as_str()).unwrap_or_default();
            let (written, name) = (name, identifier(name));
            if let Some(secret) = self.secret.get(&name) {
                return format!("${{{secret}}}");
            }
            if let Some((_, ours)) = SYSTEM.iter().find(|(theirs, _)| *theirs == name) {
                return format!("${{{ours}}}");
            }
            let is_known = self.plain.contains_key(&format!("bamboo_{name}")) || name.starts_with("inject_");
            if !is_known {
                notes.changed(
                    node,
                    format!(
                        "bamboo.{written} is used and not set here: set bamboo_{name} under env, or a secret"
                    ),
                );
            }
            format!("${{bamboo_{name}}}")
        });
        replaced.into_owned()
    }
}

/// Bamboo's rule for secrets goes by the name.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passphrase", "secret", "sshkey"].iter().any(|word| name.contains(word))
}

/// A name as a shell can say it.
pub(super) fn identifier(name: &str) -> String {
    let name: String = name.strip_prefix("bamboo.").unwrap_or(name).chars().take(100).collect();
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
