use super::*;

const HEADER: &str = "addonKey,saleDate,saleType,licenseType,hosting,maintenanceStartDate,maintenanceEndDate,purchasePrice,licenseId,company";

fn read(text: &str) -> Vec<Result<(String, String), String>> {
    let header = Header::read(HEADER.as_bytes(), Kind::Transactions).expect("a header");
    let mut out = Vec::new();
    let block = text.as_bytes();
    header.records(block, &mut Fields::default(), &mut |_, _, fields| {
        out.push(fields.map(|fields| {
            let text = |column| String::from_utf8_lossy(fields.get(block, column)).into_owned();
            (text(Column::App), text(Column::Company))
        }));
    });
    out
}

fn ok(app: &str, company: &str) -> Result<(String, String), String> {
    Ok((app.into(), company.into()))
}

#[test]
fn quotes_commas_and_line_ends_are_as_rfc_4180_says() {
    for (text, expected) in [
        ("a,,,,,,,,,Acme\n", vec![ok("a", "Acme")]),
        ("a,,,,,,,,,Acme", vec![ok("a", "Acme")]),
        ("a,,,,,,,,,Acme\r\nb,,,,,,,,,Beta\r\n", vec![ok("a", "Acme"), ok("b", "Beta")]),
        ("a,,,,,,,,,\"Acme, Ltd\"\r\n", vec![ok("a", "Acme, Ltd")]),
        ("a,,,,,,,,,\"say \"\"hi\"\"\"\n", vec![ok("a", "say \"hi\"")]),
        ("\"a\",,,,,,\"x\ny\",,,\"two\nlines\"\nb,,,,,,,,,B\n", vec![ok("a", "two\nlines"), ok("b", "B")]),
        ("a,,,,,,,,,\"\"\n", vec![ok("a", "")]),
        ("\n\r\na,,,,,,,,,Acme\n\n", vec![ok("a", "Acme")]),
        ("a,b\nb,,,,,,,,,B\n", vec![Err("2 fields where the header has 10".into()), ok("b", "B")]),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn fields_are_found_wherever_they_fall_in_a_mask() {
    for pad in 0..140 {
        let text = format!("{},,,,,,,,,\"x,\n\"\"{}\"\nb,,,,,,,,,B\n", "p".repeat(pad), "q".repeat(pad % 7));
        let expected = format!("x,\n\"{}", "q".repeat(pad % 7));
        assert_eq!(read(&text), [ok(&"p".repeat(pad), &expected), ok("b", "B")], "{pad}");
    }
}

#[test]
fn a_header_says_what_it_lacks() {
    let error = Header::read(b"addonKey;saleDate", Kind::Transactions).expect_err("no header");
    assert!(error.contains("semicolons") && error.contains("saleDate"), "{error}");
    let error = Header::read(HEADER.replace("maintenanceEndDate", "x").as_bytes(), Kind::Transactions);
    assert_eq!(
        error.expect_err("no header"),
        "not a transactions export: there is no column maintenanceEndDate"
    );
    assert!(Header::read(format!("{HEADER}\r\n").as_bytes(), Kind::Transactions).is_ok());
}
