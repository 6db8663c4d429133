//! What people say about runs, and the labels that they put on them.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use reqwest::Method;
use serde_json::json;

/// Says something about a run, takes it back, or lists what was said.
pub(super) async fn comment(
    client: &Client,
    print: &Printer,
    run: &str,
    text: Option<String>,
    remove: Option<String>,
) -> Result<(), Failure> {
    let path = format!("runs/{}/comments", segment(run));
    if let Some(id) = remove {
        let answer = client.json(client.request(Method::DELETE, &format!("{path}/{}", segment(&id)))).await?;
        print.answer(&answer, |_| vec!["the comment is removed".to_owned()]);
        return Ok(());
    }
    let Some(text) = text else {
        let answer = client.list(&path, &[]).await?;
        print.table(&answer, "nobody said anything about the run", |comment| {
            ["id", "by", "at", "text"].map(|name| field(comment, name)).to_vec()
        });
        return Ok(());
    };
    let text = match text.as_str() {
        "-" => std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?,
        _ => text,
    };
    let answer = client.post(&path, &json!({"text": text})).await?;
    print.answer(&answer, |comment| vec![format!("said, as comment {}", field(comment, "id"))]);
    Ok(())
}

/// Puts labels on a run or takes them off, and lists those that it has.
pub(super) async fn label(
    client: &Client,
    print: &Printer,
    run: &str,
    labels: &[String],
    remove: bool,
) -> Result<(), Failure> {
    let path = format!("runs/{}/labels", segment(run));
    let method = if remove { Method::DELETE } else { Method::PUT };
    for label in labels {
        client.json(client.request(method.clone(), &format!("{path}/{}", segment(label)))).await?;
    }
    let answer = client.list(&path, &[]).await?;
    print
        .table(&answer, "the run has no labels", |label| vec![label.as_str().unwrap_or_default().to_owned()]);
    Ok(())
}
