use super::render::{Target, TargetKind};
use super::*;

fn bob(id: i64) -> Option<Target> {
    (id == 7).then(|| Target { kind: TargetKind::User, name: "Bob".to_owned(), href: "/people/7".to_owned() })
}

#[test]
fn what_is_not_in_the_subset_is_refused() {
    for bad in [
        "",
        "plain",
        "<body>",
        "<body></body><body></body>",
        "<body></body>x",
        "<p>x</p>",
        "<body><b>x</b></body>",
        "<body><br/></body>",
        "<body><p>x</p></body>",
        "<body><STRONG>x</STRONG></body>",
        "<body><strong class=\"x\">x</strong></body>",
        "<body x='1'/>",
        "<body><strong>x</body></strong>",
        "<body><a>x</a></body>",
        "<body><a href=\"javascript:alert(1)\">x</a></body>",
        "<body><a href=\" JaVaScRiPt:alert(1)\">x</a></body>",
        "<body><a href=\"data:text/html,x\">x</a></body>",
        "<body><a href=\"/x\" onclick=\"y\">x</a></body>",
        "<body><a data-asana-gid=\"x\"/></body>",
        "<body>&nbsp;</body>",
        "<body>a & b</body>",
        "<body>a\u{0}b</body>",
        "<body>&#0;</body>",
        "<!DOCTYPE body [<!ENTITY a \"b\">]><body>&a;</body>",
        "<?xml version=\"1.0\"?><body/>",
        "<body><script>x</script></body>",
        "<body><body/></body>",
    ] {
        let error = RichText::parse(bad, Flavour::Notes).expect_err(bad);
        assert_eq!(error.kind(), base::Kind::Invalid, "{bad}");
    }
    assert!(
        RichText::parse("<body><h1>x</h1></body>", Flavour::Comment).is_err(),
        "headings are for descriptions"
    );
    let deep = format!("<body>{}{}</body>", "<em>".repeat(5_000), "</em>".repeat(5_000));
    assert!(RichText::parse(&deep, Flavour::Notes).is_err());
}

#[test]
fn texts_are_shown_four_ways() {
    let given = "<body>See <strong>diff</strong> &lt;1&gt;\nby <a data-asana-gid=\"7\"/> and <a data-asana-gid=\"8\">x</a> \
                 <a href=\"https://e.org/?a=1&amp;b=2\">there</a><ul><li>one</li><li>two</li></ul><hr/></body>";
    let text = RichText::parse(given, Flavour::Notes).expect("valid");
    assert_eq!(text.mentions(), [7, 8]);
    assert_eq!(text.plain(&bob), "See diff <1>\nby @Bob and Private Link there\none\ntwo");
    assert_eq!(
        text.expanded(&bob),
        "<body>See <strong>diff</strong> &lt;1&gt;\nby <a href=\"/people/7\" data-asana-accessible=\"true\" data-asana-dynamic=\"true\" \
         data-asana-type=\"user\" data-asana-gid=\"7\">@Bob</a> and <a data-asana-accessible=\"false\" data-asana-dynamic=\"true\" \
         data-asana-gid=\"8\">Private Link</a> <a href=\"https://e.org/?a=1&amp;b=2\">there</a><ul><li>one</li><li>two</li></ul><hr/></body>"
    );
    let stored = text.to_stored();
    assert_eq!(RichText::parse(&stored, Flavour::Notes).expect("stored text is valid"), text);
    let again =
        RichText::parse(&text.expanded(&bob), Flavour::Notes).expect("what is read may be written back");
    assert_eq!(again.mentions(), [7, 8]);
    let html = text.html(&bob);
    assert!(html.contains("<a href=\"/people/7\" class=\"mention\">@Bob</a>"), "{html}");
    assert!(html.contains("rel=\"noopener noreferrer nofollow\">there</a>"), "{html}");
}

#[test]
fn plain_text_is_escaped_and_comes_back() {
    let given = "a <b> & \"c\"\nd";
    let xml = from_plain(given);
    assert_eq!(xml, "<body>a &lt;b&gt; &amp; &quot;c&quot;\nd</body>");
    assert_eq!(RichText::parse(&xml, Flavour::Notes).expect("valid").plain(&|_| None), given);
}

#[test]
fn custom_text_of_a_mention_is_kept() {
    let given = "<body><a data-asana-gid=\"7\" data-asana-dynamic=\"false\">him</a></body>";
    let text = RichText::parse(given, Flavour::Comment).expect("valid");
    assert_eq!(text.plain(&bob), "him");
    assert!(text.expanded(&bob).ends_with(">him</a></body>"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = RichText::parse(&text, Flavour::Notes);
        let _ = RichText::parse(&format!("<body>{text}</body>"), Flavour::Notes);
        let xml = from_plain(&text);
        assert!(RichText::parse(&xml, Flavour::Notes).is_ok(), "{xml:?}");
    }
}
