//! The published schema says what the reader does.

use super::super::yaml::{self, Node};
use super::super::{parse, schema};
use super::EVERYTHING;
use serde_json::{Value as Json, json};

#[test]
fn the_published_schema_is_what_the_table_says() {
    let written = serde_json::to_string_pretty(&schema::write()).expect("it is JSON") + "\n";
    if written != schema::PUBLISHED {
        let place = std::env::temp_dir().join("signalbox.schema.json");
        std::fs::write(&place, &written).expect("the temporary folder can be written");
        panic!("the table has changed: copy {} to domain/jobs/assets", place.display());
    }
}

fn validator() -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(schema::PUBLISHED).expect("it is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("it is a schema");
    jsonschema::draft202012::new(&schema).expect("it is a schema")
}

fn tree(text: &str) -> Node {
    yaml::read(text).0.remove(0)
}

#[test]
fn what_the_reader_takes_is_good_by_the_schema_too() {
    let validator = validator();
    for text in [
        EVERYTHING,
        "name: hello\nsteps: echo hello\n",
        "name: a\non: push\njobs: {name: p, steps: [x]}\n",
        "name: a\non: {webhook: }\nstages: [{name: s, jobs: [{name: p, steps: [{run: x}]}]}]\nowner:\n",
        "name: a\nx-anything: [1]\nsteps: [x]\ntimeout: 90\nlimits: {memory: 1.5 GB}\nretry: 3\nagent: docker\n",
    ] {
        assert!(parse(text).is_good(), "{text}: {:?}", parse(text).findings);
        let document = tree(text).to_json();
        let wrong: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{text}\n{}", wrong.join("\n"));
    }
}

/// Whatever the schema refuses the reader refuses: each value of a full file is replaced by wrong ones in turn.
#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let validator = validator();
    let good = tree(EVERYTHING).to_json();
    let mut places = Vec::new();
    walk(&good, String::new(), &mut places);
    let wrong = [json!({"zzz": 1}), json!([["x"]]), json!(-12345678.5), json!("~ not this ~")];
    let (mut tried, mut refused) = (0, 0);
    for place in &places {
        for value in &wrong {
            let mut document = good.clone();
            *document.pointer_mut(place).expect("the place is there") = value.clone();
            tried += 1;
            if validator.is_valid(&document) {
                continue;
            }
            refused += 1;
            let text = document.to_string();
            assert!(
                !parse(&text).is_good(),
                "the schema refuses {value} at {place}, and the reader takes it"
            );
        }
        let mut document = good.clone();
        if let Some(Json::Object(map)) = document.pointer_mut(place) {
            map.insert("zzz".to_owned(), json!({"zzz": ["zzz"]}));
            if !validator.is_valid(&document) {
                assert!(!parse(&document.to_string()).is_good(), "an unknown key at {place}");
            }
        }
    }
    assert!(refused > 500 && tried > refused, "{refused} of {tried} were refused");
}

fn walk(value: &Json, path: String, into: &mut Vec<String>) {
    match value {
        Json::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                walk(item, format!("{path}/{n}"), into);
            }
        }
        Json::Object(map) => {
            for (key, item) in map.iter().filter(|(key, _)| !key.starts_with("x-")) {
                walk(item, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        _ => {}
    }
    into.push(path);
}
