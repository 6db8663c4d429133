//! Tasks as steps. What can't be translated becomes a step that fails and says so.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, worded};
use super::variables::{Variables, identifier, quoted};
use jobs::file::yaml::{Node, Value};

/// What tasks need to know.
pub(super) struct Tasks<'a> {
    pub notes: &'a Notes,
    pub variables: &'a Variables,
    /// The repository that is checked out by itself.
    pub repository: Option<String>,
}

impl Tasks<'_> {
    /// The steps of a list of tasks.
    pub fn steps(&self, node: Option<&Node>) -> Vec<Out> {
        node.map(many).unwrap_or_default().into_iter().filter_map(|task| self.step(task)).collect()
    }

    fn step(&self, task: &Node) -> Option<Out> {
        let Some((kind, inner)) = worded(task) else {
            self.notes.unsupported(task, "this is no task");
            return None;
        };
        match (kind, inner) {
            ("script", Some(inner)) => Some(self.script(inner)),
            ("command", Some(inner)) => Some(self.command(inner)),
            ("maven", Some(inner)) => Some(self.maven(inner)),
            ("inject-variables", Some(inner)) => Some(self.inject(inner)),
            ("checkout", inner) => self.checkout(inner),
            ("clean", _) => None,
            ("test-parser", _) => {
                self.notes.ignored(task, "test results are not read; the files can be kept as artifacts");
                None
            }
            ("artifact-download", inner) => self.download(task, inner),
            (other, _) => Some(self.missing(task, other)),
        }
    }

    fn missing(&self, node: &Node, kind: &str) -> Out {
        let kind: String = kind.chars().take(60).filter(|c| !c.is_control()).collect();
        self.notes.unsupported(node, format!("the task {kind} can't be translated"));
        let mut step = Keys::default();
        step.put("name", Out::text(format!("Not translated: {kind}")));
        let said = quoted(&format!("this was the task {kind}; write here what it did"));
        step.put("run", Out::text(format!("echo {said} >&2; exit 1")));
        step.out()
    }

    fn script(&self, node: &Node) -> Out {
        let lines =
            |node: &Node| many(node).iter().filter_map(|item| item.text()).collect::<Vec<_>>().join("\n");
        if !matches!(node.value, Value::Map(_)) {
            return self.step_of(node, &lines(node), Keys::default());
        }
        let task = Taken::new(node, "script");
        let argument = task.text("argument").unwrap_or_default();
        let script = match (task.get("scripts").or_else(|| task.get("body")), task.text("file")) {
            (Some(scripts), _) => lines(scripts),
            (None, Some(file)) => {
                let file = quoted(file);
                format!("chmod +x {file}\n./{file} {argument}").trim_end().to_owned()
            }
            (None, None) => String::new(),
        };
        let mut keys = Keys::default();
        match task.text("interpreter").unwrap_or("SHELL") {
            "SHELL" | "LEGACY_SH_BAT" => {}
            path => {
                let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
                keys.put("shell", Out::text(name));
                if name.starts_with("cmd") || name.to_ascii_lowercase().contains("powershell") {
                    self.notes.unsupported(node, format!("{name} is not a shell of this program's agents"));
                }
            }
        }
        let script = self.under_conditions(&task, &script);
        let out = self.finish(&task, &script, keys);
        task.rest(self.notes);
        out
    }

    fn command(&self, node: &Node) -> Out {
        let task = Taken::new(node, "command");
        let executable = task.text("executable").unwrap_or_default();
        self.notes
            .changed(node, format!("{executable:?} was a capability of agents; here it must be a command"));
        let script = format!("{executable} {}", task.text("argument").unwrap_or_default());
        let script = self.under_conditions(&task, script.trim());
        let out = self.finish(&task, &script, Keys::default());
        task.rest(self.notes);
        out
    }

    fn maven(&self, node: &Node) -> Out {
        let task = Taken::new(node, "maven");
        let goal = task.text("goal").or_else(|| node.text()).unwrap_or("verify");
        let mut script = "mvn --batch-mode".to_owned();
        if let Some(file) = task.text("project-file") {
            script.push_str(&format!(" --file {}", quoted(file)));
        }
        script.push_str(&format!(" {goal}"));
        if let Some(jdk) = task.text("jdk") {
            self.notes.changed(node, format!("the image or agent must have {jdk} and Maven"));
        }
        task.pass(&["executable", "use-return-code", "tests"]);
        let script = self.under_conditions(&task, &script);
        let out = self.finish(&task, &script, Keys::default());
        task.rest(self.notes);
        out
    }

    /// Variables from a file, for the steps that follow.
    fn inject(&self, node: &Node) -> Out {
        let task = Taken::new(node, "inject-variables");
        let file = node.text().or_else(|| task.text("file")).unwrap_or_default();
        let namespace = identifier(task.text("namespace").unwrap_or("inject"));
        if task.text("scope").is_some_and(|scope| scope.eq_ignore_ascii_case("RESULT")) {
            self.notes.changed(
                node,
                "variables of the scope RESULT reach the later steps of this job, and no other job",
            );
        }
        let script = format!(
            "while IFS='=' read -r key value; do\n  case \"$key\" in ''|\\#*) continue ;; esac\n  \
             printf 'bamboo_{namespace}_%s=%s\\n' \"$(printf %s \"$key\" | tr -c 'A-Za-z0-9' _)\" \"$value\" >> \"$SIGNALBOX_ENV\"\n\
             done < {}\n",
            quoted(&file.replace('\\', "/"))
        );
        let script = self.under_conditions(&task, &script);
        let mut keys = Keys::default();
        keys.put("name", Out::text(format!("Variables from {}", one_line(file))));
        keys.put("run", Out::text(script));
        task.pass(&["description"]);
        if !node.entries().is_empty() {
            task.rest(self.notes);
        }
        keys.out()
    }

    /// The repository of the job is there by itself.
    fn checkout(&self, inner: Option<&Node>) -> Option<Out> {
        let node = inner.filter(|node| !node.is_null())?;
        let task = Taken::new(node, "checkout");
        let repository = node.text().or_else(|| task.text("repository")).unwrap_or("default");
        // A plan that lists no repositories has the one that it is stored in.
        let is_own =
            repository == "default" || self.repository.as_deref().is_none_or(|own| own == repository);
        let path = task.text("path").filter(|path| !matches!(*path, "" | "."));
        task.pass(&["force-clean-build", "description"]);
        if is_own && path.is_none() {
            task.rest(self.notes);
            return None;
        }
        Some(self.missing(node, &format!("checkout of {repository} into {}", path.unwrap_or("."))))
    }

    /// Shared artifacts of earlier stages are there by themselves; those of other plans are not.
    fn download(&self, task: &Node, inner: Option<&Node>) -> Option<Out> {
        let taken = inner.map(|node| Taken::new(node, "artifact-download"));
        if let Some(plan) = taken.as_ref().and_then(|taken| taken.text("source-plan")) {
            return Some(self.missing(task, &format!("artifact-download of {plan}")));
        }
        self.notes.changed(
            task,
            "shared artifacts of earlier stages are in the workspace, where their patterns found them",
        );
        None
    }

    /// A script that does nothing unless its conditions hold.
    fn under_conditions(&self, task: &Taken<'_>, script: &str) -> String {
        let mut guards = String::new();
        for condition in task.get("conditions").map(many).unwrap_or_default() {
            let Some(variable) = condition.get("variable") else {
                self.notes.unsupported(condition, "the condition can't be translated");
                continue;
            };
            for entry in variable.entries() {
                match (entry.key.as_str(), entry.value.text(), entry.value.entries()) {
                    ("exists", Some(name), _) => {
                        guards += &format!("[ -n \"${{bamboo_{}:-}}\" ] || exit 0\n", identifier(name));
                    }
                    ("equals", None, pairs) if !pairs.is_empty() => {
                        for pair in pairs {
                            let (name, value) =
                                (identifier(&pair.key), pair.value.text().unwrap_or_default());
                            let name = self.variables.in_script(
                                &format!("${{bamboo.{name}}}"),
                                &pair.value,
                                self.notes,
                            );
                            guards += &format!("[ \"{name}\" = {} ] || exit 0\n", quoted(value));
                        }
                    }
                    _ => self.notes.unsupported(&entry.value, "the condition can't be translated"),
                }
            }
        }
        // A script that names its interpreter must keep doing so in its first line.
        match script.split_once('\n').filter(|_| script.starts_with("#!") && !guards.is_empty()) {
            Some((first, rest)) => format!("{first}\n{guards}{rest}"),
            None => guards + script,
        }
    }

    fn finish(&self, task: &Taken<'_>, script: &str, mut keys: Keys) -> Out {
        if let Some(folder) = task.text("working-dir").filter(|folder| !matches!(*folder, "" | ".")) {
            keys.put("workdir", Out::text(folder.replace('\\', "/")));
        }
        if let Some(environment) = task.text("environment") {
            let pairs = assignments(environment).into_iter();
            let pairs = pairs.map(|(name, value)| {
                (identifier(&name), Out::text(self.variables.in_script(&value, task.node, self.notes)))
            });
            keys.put_some("env", Out::Map(pairs.collect()));
        }
        if let Some(description) = task.text("description").filter(|text| !text.trim().is_empty()) {
            keys.0.insert(0, ("name".to_owned(), Out::text(one_line(description))));
        }
        self.step_of(task.node, script, keys)
    }

    fn step_of(&self, node: &Node, script: &str, mut keys: Keys) -> Out {
        let script = self.variables.in_script(script, node, self.notes).replace('\0', "");
        if script.trim().is_empty() {
            self.notes.changed(node, "the script is empty");
        }
        let script = if script.trim().is_empty() { "true".to_owned() } else { script };
        if keys.0.is_empty() {
            return Out::Text(script);
        }
        keys.put("run", Out::Text(script));
        keys.out()
    }
}

/// `A=1 B="x y"` as pairs.
fn assignments(text: &str) -> Vec<(String, String)> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() || c == ';' => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    let pair = |word: String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    words.into_iter().filter_map(pair).filter(|(name, _)| !name.is_empty()).collect()
}

/// The beginning of a text, on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(150)
        .collect()
}
