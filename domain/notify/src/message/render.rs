//! A message as text and as HTML. Nothing in it is taken for markup.

use super::{Block, Message};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The message for who reads plain text. `link` makes an address of a path.
pub(crate) fn text(message: &Message, link: impl Fn(&str) -> String) -> String {
    let mut text = format!("{}\n\n{}\n", message.sentence, link(&message.path));
    if !message.facts.is_empty() {
        text.push('\n');
    }
    let width = message.facts.iter().map(|fact| fact.name.chars().count() + 1).max().unwrap_or(0);
    for fact in &message.facts {
        let name = format!("{}:", fact.name);
        text.push_str(&format!("{name:width$}  {}\n", fact.value));
        if let Some(path) = &fact.path {
            text.push_str(&format!("{:width$}  {}\n", "", link(path)));
        }
    }
    for block in &message.blocks {
        text.push_str(&format!("\n{}\n", block.title));
        for line in &block.lines {
            text.push_str(&format!("    {line}\n"));
        }
    }
    // What follows this line is left out of answers.
    text.push_str("\n-- \n");
    for note in &message.notes {
        text.push_str(&format!("{note}\n"));
    }
    if let Some(path) = &message.stop_path {
        text.push_str(&format!("{}\n", link(path)));
    }
    text
}

const BODY: &str = "margin:0;padding:16px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif";
const PRE: &str = "margin:0;padding:12px;border-radius:6px;background:#1b1f24;color:#e6e8eb;font:12.5px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere";

/// The message for who reads HTML: no pictures, no scripts, nothing that is fetched.
pub(crate) fn html(message: &Message, link: impl Fn(&str) -> String) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="color-scheme" content="light dark"; title { (message.title) } }
            body style=(BODY) {
                div style="max-width:44rem" {
                    p style="font-size:17px;margin:0 0 12px" { strong { (message.sentence) } }
                    p style="margin:0 0 16px" { a href=(link(&message.path)) { (link(&message.path)) } }
                    @if !message.facts.is_empty() { (facts(message, &link)) }
                    @for block in &message.blocks { (block_of(block)) }
                    p style="margin:24px 0 0;font-size:13px;opacity:.75" {
                        @for note in &message.notes { (note) br; }
                        @if let Some(path) = &message.stop_path { a href=(link(path)) { (link(path)) } }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn facts(message: &Message, link: &impl Fn(&str) -> String) -> Markup {
    html! {
        table role="presentation" style="border-collapse:collapse;margin:0 0 16px" {
            @for fact in &message.facts {
                tr {
                    td style="padding:2px 16px 2px 0;opacity:.75;vertical-align:top;white-space:nowrap" { (fact.name) }
                    td style="padding:2px 0;vertical-align:top" {
                        @match &fact.path { Some(path) => a href=(link(path)) { (fact.value) }, None => (fact.value) }
                    }
                }
            }
        }
    }
}

fn block_of(block: &Block) -> Markup {
    html! {
        p style="margin:16px 0 6px" { strong { (block.title) } }
        @if block.is_output {
            pre style=(PRE) { @for line in &block.lines { (line) (PreEscaped("\n")) } }
        } @else {
            ul style="margin:0;padding-left:20px" { @for line in &block.lines { li { (line) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::failure;

    #[test]
    fn a_message_reads_the_same_as_text_and_as_html_and_is_never_markup() {
        let mut message = failure();
        message.sentence = "Run 3 of <script>alert(1)</script> failed".to_owned();
        let link = |path: &str| format!("https://box.example.com{path}");
        let (text, html) = (text(&message, link), html(&message, link));
        for said in ["https://box.example.com/runs/3", "Traceback & more", "Schedule", "You are its owner."] {
            let escaped = said.replace('&', "&amp;");
            assert!(text.contains(said) && html.contains(&escaped), "{said}\n{text}\n{html}");
        }
        assert!(text.contains("<script>") && !html.contains("<script>"), "{html}");
    }
}
