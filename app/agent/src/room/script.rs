//! What a step says, as a command line.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A longer text does not fit into one word of a command line.
const WORD_BYTES_MAX: usize = 100_000;

/// The words of a step's command line; a text that a shell can't take as a word goes to a file in `folder`.
pub fn words(run: &str, shell: Option<&str>, folder: &Path, index: usize) -> std::io::Result<Vec<String>> {
    let shell: Vec<&str> = shell.unwrap_or("sh").split_whitespace().collect();
    let (program, arguments) = shell.split_first().unwrap_or((&"sh", &[]));
    let name = program.rsplit('/').next().unwrap_or(program);
    let strict: &[&str] = match name {
        _ if !arguments.is_empty() => &[],
        "sh" | "dash" | "ash" | "zsh" | "ksh" => &["-e"],
        "bash" => &["--noprofile", "--norc", "-e", "-o", "pipefail"],
        _ => &[],
    };
    let takes_word = !strict.is_empty();
    let mut words: Vec<String> =
        std::iter::once(program).chain(arguments).chain(strict).map(|word| (*word).to_owned()).collect();
    if takes_word && run.len() <= WORD_BYTES_MAX {
        words.extend(["-c".to_owned(), run.to_owned()]);
        return Ok(words);
    }
    let path = folder.join(format!("step-{index}"));
    let mut file =
        std::fs::File::options().create(true).truncate(true).write(true).mode(0o755).open(&path)?;
    file.write_all(run.as_bytes())?;
    let path = path.to_string_lossy().into_owned();
    match words.iter_mut().find(|word| word.contains("{}")) {
        Some(word) => *word = word.replace("{}", &path),
        None => words.push(path),
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_stop_at_the_first_failure_and_programs_get_a_file() {
        let folder = std::env::temp_dir();
        let words = |run: &str, shell| words(run, shell, &folder, 9_999).expect("words").join(" ");
        let file = folder.join("step-9999").display().to_string();
        assert_eq!(words("make", None), "sh -e -c make");
        assert_eq!(words("make", Some("/bin/bash")), "/bin/bash --noprofile --norc -e -o pipefail -c make");
        assert_eq!(words("print(1)", Some("python3")), format!("python3 {file}"));
        assert_eq!(words("x", Some("bash -x")), format!("bash -x {file}"));
        assert_eq!(words("x", Some("perl {} --now")), format!("perl {file} --now"));
        assert_eq!(words(&"#".repeat(200_000), None), format!("sh -e {file}"));
        std::fs::remove_file(file).expect("removed");
    }
}
