use super::*;

fn read(text: &str, is_lines: bool) -> Vec<Result<(String, String), String>> {
    let mut out = Vec::new();
    let block = text.as_bytes();
    Reader::default().records(block, is_lines, &mut Fields::default(), &mut |_, _, fields| {
        out.push(fields.map(|fields| {
            let text = |column| String::from_utf8_lossy(fields.value(block, column)).into_owned();
            (text(Column::Company), text(Column::Price))
        }));
    });
    out
}

fn ok(company: &str, price: &str) -> Result<(String, String), String> {
    Ok((company.into(), price.into()))
}

#[test]
fn members_are_found_at_their_places_in_any_order() {
    let plain = r#"{"transactionId":"AT-1","customerDetails":{"company":"Acme","x":{"company":"no"}},"purchaseDetails":{"purchasePrice":12.50,"discounts":[{"company":"no"}]}}"#;
    let other = r#" { "purchaseDetails" : { "purchasePrice" : -3 } , "partnerDetails":{"company":"no"}, "customerDetails" : { "company" : "say \"h\u00e9\"" } } "#;
    assert_eq!(read(&format!("{plain},\n{other}"), false), [ok("Acme", "12.50"), ok("say \"hé\"", "-3")]);
    assert_eq!(read(&format!("{plain}\n{other}\n"), true), [ok("Acme", "12.50"), ok("say \"hé\"", "-3")]);
}

#[test]
fn nothing_is_nothing() {
    let text = r#"{"customerDetails":null,"purchaseDetails":{"purchasePrice":null}} {"customerDetails":{"company":"NA"}} {}"#;
    assert_eq!(read(text, false), [ok("", ""), ok("", ""), ok("", "")]);
}

#[test]
fn a_bad_record_does_not_take_the_next_with_it() {
    for (text, is_lines, reason) in [
        ("{\"company\":}\n{\"company\":\"B\"}", true, "`}` where a value is wanted"),
        ("{\"company\":\"A\" \"x\":1},{\"company\":\"B\"}", false, "`\\\"` where `,` or `}` is wanted"),
        ("{\"company\":\"A\"} x\n{\"company\":\"B\"}", true, "something follows the object on its line"),
        ("17,{\"company\":\"B\"}", false, "`1` where `{` is wanted"),
        ("{\"company\":\"A\n{\"company\":\"B\"}", true, "`c` where `,` or `}` is wanted"),
    ] {
        assert_eq!(read(text, is_lines), [Err(reason.to_string()), ok("B", "")], "{text}");
    }
    assert_eq!(read("{\"company\":\"A", true), [Err("a string is not closed".to_string())]);
}
