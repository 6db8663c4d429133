//! Whatever the text, there is an answer, soon, and of bounded size.

use super::super::{limits, parse};
use super::EVERYTHING;
use base::Stopwatch;
use proptest::prelude::*;
use std::time::Duration;

fn quickly(name: &str, text: &str) {
    let watch = Stopwatch::start();
    let parsed = parse(text);
    let took = watch.elapsed();
    // Slow machines and unoptimised builds: the point is that nothing takes minutes.
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    assert!(!parsed.is_good(), "{name} must be refused");
    assert!(parsed.findings.len() <= limits::FINDINGS + 1);
}

#[test]
fn every_limit_is_told_by_name() {
    let job = |rest: &str| format!("name: a\nsteps: [x]\n{rest}");
    let texts = |n: usize| (0..n).map(|n| format!("v{n}")).collect::<Vec<_>>().join(", ");
    for (text, told) in [
        (
            job(&format!("description: \"{}\"", "x".repeat(limits::FILE_BYTES))),
            "the file has 1048610 bytes, and 1048576 are the most",
        ),
        (
            job(&format!("description: \"{}\"", "x".repeat(limits::TEXT_CHARS + 1))),
            "the text is longer than 65536 characters",
        ),
        (
            job(&format!("x-deep: {}{}", "[".repeat(50), "]".repeat(50))),
            "lists and maps are nested more than 40 deep",
        ),
        (
            job(&format!("x-many: [{}]", texts(60_000))),
            "the file has more than 50000 values, with what its aliases repeat",
        ),
        (job(&format!("secrets: [{}]", texts(600))), "the list has 600 entries, and 500 are the most"),
        (
            job(&format!("matrix: {{a: [{0}], b: [{0}]}}", texts(20))),
            "the matrix has more than 256 combinations",
        ),
        (format!("name: a\nsteps: [{}]", texts(300)), "there are 300 steps, and 200 are the most"),
        (
            (0..150).map(|n| format!("name: j{n}\nsteps: [x]\n")).collect::<Vec<_>>().join("---\n"),
            "the file has 150 jobs, and 100 are the most",
        ),
        (
            format!(
                "name: a\njobs:\n{}",
                (0..3)
                    .map(|n| format!("- {{name: p{n}, steps: [x], matrix: {{v: [{}]}}}}\n", texts(100)))
                    .collect::<String>()
            ),
            "the job has more than 256 parts, with its matrix written out",
        ),
        (
            format!(
                "name: a\njobs:\n- {{name: p, steps: [{}], matrix: {{v: [{}]}}}}\n",
                texts(150),
                texts(200)
            ),
            "the job has more than 4000 steps, with its matrix written out",
        ),
    ] {
        let parsed = parse(&text);
        assert!(
            parsed.findings.iter().any(|finding| finding.message == told),
            "{told}: {:?}",
            parsed.findings.first()
        );
        assert!(!parsed.is_good());
    }
}

#[test]
fn bombs_cost_nothing() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        laughs += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    quickly("a billion laughs", &laughs);
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 1_000].join(", "));
    quickly("a long text many times", &long);
    quickly("a tower of lists", &"[".repeat(500_000));
    quickly("a tower of maps", &"{a: ".repeat(200_000));
    quickly("a tower of block lists", &"- ".repeat(300_000));
    quickly("questions", &"? ".repeat(300_000));
    quickly("keys", &(0..100_000).map(|n| format!("k{n}: 1\n")).collect::<String>());
    quickly("one long line", &"a".repeat(1_000_000));
    quickly("colons", &"a: ".repeat(300_000));
    quickly("anchors", &(0..50_000).map(|n| format!("- &a{n} x\n")).collect::<String>());
    quickly("an alias to itself", "a: &a [*a]\n");
    quickly("a merge of itself", "a: &a {<<: *a}\n");
    quickly(
        "merges",
        &format!(
            "a: &a {{{}}}\nb: {{<<: [{}]}}\n",
            (0..1_000).map(|n| format!("k{n}: 1")).collect::<Vec<_>>().join(", "),
            vec!["*a"; 40].join(", ")
        ),
    );
    quickly("documents", &"---\na\n".repeat(100_000));
    quickly("a literal without end", &format!("a: |\n{}", "  x\n".repeat(200_000)));
    quickly("quotes", &"\"".repeat(500_001));
    quickly("tags", &"!a ".repeat(200_000));
    quickly("zero bytes", &"\0".repeat(100_000));
}

fn noise() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("name: a\n".to_owned()),
        Just("steps:\n".to_owned()),
        Just("  - ".to_owned()),
        Just("on: ".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(", ".to_owned()),
        Just(": ".to_owned()),
        Just("\n".to_owned()),
        Just("\n  ".to_owned()),
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("<<: ".to_owned()),
        Just("|\n".to_owned()),
        Just(">-\n".to_owned()),
        Just("---\n".to_owned()),
        Just("...\n".to_owned()),
        Just("? ".to_owned()),
        Just("!x ".to_owned()),
        Just("!!str ".to_owned()),
        Just("%YAML 1.2\n".to_owned()),
        Just("# ".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("\t".to_owned()),
        Just("${matrix.".to_owned()),
        Just("cron".to_owned()),
        "[a-z]{1,8}",
        "[0-9]{1,4}",
        ".{0,4}",
    ];
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_noise_is_answered(text in noise()) {
        let parsed = parse(&text);
        prop_assert!(parsed.is_good() || !parsed.findings.is_empty());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        parse(&String::from_utf8_lossy(&bytes));
    }

    /// A good file with a piece cut out, doubled or put elsewhere.
    #[test]
    fn a_damaged_file_is_answered(from in 0usize..4_000, length in 0usize..300, to in 0usize..4_000, extra in ".{0,3}") {
        let chars: Vec<char> = EVERYTHING.chars().collect();
        let (from, to) = (from.min(chars.len()), to.min(chars.len()));
        let piece: String = chars[from..(from + length).min(chars.len())].iter().collect();
        let mut text: String = chars[..to].iter().collect();
        text.push_str(&piece);
        text.push_str(&extra);
        text.extend(&chars[to..]);
        let parsed = parse(&text);
        for finding in &parsed.findings {
            prop_assert!(finding.line >= 1 && finding.column >= 1);
        }
        for job in &parsed.jobs {
            prop_assert!(job.parts().count() <= limits::PARTS);
        }
    }
}
