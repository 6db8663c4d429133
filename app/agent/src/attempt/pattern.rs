//! Ant's patterns: `*` and `?` inside a name, `**` for any folders, and a folder's name for everything in it.

/// A pattern of relative paths.
#[derive(Clone, Debug)]
pub struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; `None` when it could only match outside the folder it is applied to.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('/') {
            return None;
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        let mut parts: Vec<String> =
            text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect();
        if parts.iter().any(|part| part == "..") {
            return None;
        }
        if text.ends_with('/') || parts.is_empty() {
            parts.push("**".to_owned());
        }
        Some(Self { parts })
    }

    /// Whether it matches the file `path`, or a folder that the file is in.
    pub fn matches(&self, path: &[&str]) -> bool {
        // A name without wildcards may be a folder; then everything in it is meant.
        let is_plain = !self.parts.iter().any(|part| part.contains(['*', '?']));
        match_parts(&self.parts, path)
            || (is_plain && path.len() > self.parts.len() && starts(&self.parts, path))
    }
}

fn starts(parts: &[String], path: &[&str]) -> bool {
    parts.iter().zip(path).all(|(part, name)| part == name)
}

fn match_parts(parts: &[String], path: &[&str]) -> bool {
    match (parts.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((part, rest)), _) if part == "**" => {
            match_parts(rest, path) || path.split_first().is_some_and(|(_, inner)| match_parts(parts, inner))
        }
        (Some((part, rest)), Some((name, inner))) => match_name(part, name) && match_parts(rest, inner),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Matches one name, going back to the last star only, so that no pattern takes long.
fn match_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_ant_says() {
        for (pattern, path, expected) in [
            ("*.xml", "a.xml", true),
            ("*.xml", "d/a.xml", false),
            ("**/*.xml", "a.xml", true),
            ("**/*.xml", "d/e/a.xml", true),
            ("d/**", "d/e/f", true),
            ("d/**", "e/d", false),
            ("d/", "d/e/f", true),
            ("d", "d/e/f", true),
            ("d", "d", true),
            ("d", "dd/e", false),
            ("./out/report-?.html", "out/report-1.html", true),
            ("out/report-?.html", "out/report-12.html", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b/**/c", "a/x/b/y/z/c", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("**", "any/thing", true),
            (".", "any/thing", true),
        ] {
            let path: Vec<&str> = path.split('/').collect();
            let found = Pattern::parse(pattern).expect("a pattern").matches(&path);
            assert_eq!(found, expected, "{pattern} on {path:?}");
        }
        for outside in ["/etc/*", "../x", "a/../../x", ""] {
            assert!(Pattern::parse(outside).is_none(), "{outside}");
        }
    }
}
