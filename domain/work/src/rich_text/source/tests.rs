//! What a source promises.

use super::*;
use crate::rich_text::render::{Target, TargetKind};

fn known() -> Known {
    Known {
        people: vec![("Jonas".to_owned(), 7), ("Jonas Berg".to_owned(), 8)],
        origin: "https://hub.example".to_owned(),
    }
}

fn stored(source: &str) -> String {
    read(source, Flavour::Notes, &known()).to_stored()
}

#[test]
fn marks_become_the_subset_and_nothing_else_does() {
    for (typed, xml) in [
        ("plain\ntext", "plain\ntext"),
        (
            "a **b** _c_ *c* __d__ ~~e~~ `f*g*`",
            "a <strong>b</strong> <em>c</em> <em>c</em> <u>d</u> <s>e</s> <code>f*g*</code>",
        ),
        ("snake_case_name 2*3*4 __init", "snake_case_name 2*3*4 __init"),
        ("\\*not\\* \\`code\\`", "*not* `code`"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("list\n- a\n  - b\n- c\nend", "list<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>end"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> q\n> r", "<blockquote>q\nr</blockquote>"),
        ("```\na < b\n```", "<pre>a &lt; b</pre>"),
        ("# h\n## i\n---", "<h1>h</h1><h2>i</h2><hr/>"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](https://a.example/b)", "<a href=\"https://a.example/b\">x</a>"),
        ("see https://a.example/b.", "see <a href=\"https://a.example/b\">https://a.example/b</a>."),
        ("https://hub.example/tasks/12", "<a href=\"/tasks/12\" data-asana-gid=\"12\"></a>"),
        ("hi @jonas berg, @Jonas!", "hi <a data-asana-gid=\"8\"></a>, <a data-asana-gid=\"7\"></a>!"),
        ("a@jonas @nobody", "a@jonas @nobody"),
    ] {
        assert_eq!(stored(typed), format!("<body>{xml}</body>"), "{typed}");
        assert!(RichText::parse(&stored(typed), Flavour::Notes).is_ok(), "{typed}");
    }
    assert!(read("no marks", Flavour::Comment, &known()).is_plain());
    assert_eq!(
        read("# h", Flavour::Comment, &known()).to_stored(),
        "<body># h</body>",
        "comments have no headings"
    );
}

#[test]
fn a_text_comes_back_from_its_source() {
    let lookup = |id: i64| {
        let kind = if id == 7 { TargetKind::User } else { TargetKind::Task };
        let (name, href) = if id == 7 { ("Jonas", "/people/7") } else { ("A [task]", "/tasks/12") };
        Some(Target { kind, name: name.to_owned(), href: href.to_owned() })
    };
    for typed in [
        "a **b** _c_\n\n- x\n  - y\n- z\n1. one\n> q\n> r\n```\ncode *x*\n```\n# h",
        "hi @Jonas see [A task](/tasks/12) and https://a.example/x_y_z",
        "\\*literally\\* snake_case \\_x\\_ \\# no",
    ] {
        let text = read(typed, Flavour::Notes, &known());
        let again = read(&text.source(&lookup), Flavour::Notes, &known());
        assert_eq!(again.to_stored(), text.to_stored(), "{typed}\n{}", text.source(&lookup));
    }
}
