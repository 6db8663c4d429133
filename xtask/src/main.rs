#![doc = include_str!("../README.md")]

mod acceptance;
mod bench;
mod ci;
mod deps;
mod machine;
mod postgres;
mod screenshots;
mod shell;
mod test;

use std::process::ExitCode;

/// What a command ends with; an error is a sentence for the person at the terminal.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "usage: cargo xtask COMMAND

  test [--fast] [--full] [FILTER]   set up what the tests need, run them, close with `N passed, N failed`
  deps                              check the arrows between crates, SQL's places, the clock's readers, licences
  ci                                formatting, lints, deps, cargo deny if installed, test
  bench [--peer] [ROW]              print the table of budgets, measured on a release build
  screenshots [DIR]                 picture every screen, wide, narrow, light and dark, and check each one";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", &[][..]),
    };
    let ended = match command {
        "test" => test::Options::parse(rest).and_then(|options| test::run(&options)),
        "deps" => deps::run(),
        "ci" => ci::run(),
        "bench" => bench::run(rest),
        "screenshots" => screenshots::run(rest),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return if command.is_empty() { ExitCode::from(64) } else { ExitCode::SUCCESS };
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}
