//! The command line as people type it.

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_tree_of_commands_is_sound() {
    command().debug_assert();
}

#[test]
fn deploy_takes_what_its_contract_names() {
    let cli = parse(
        "signalbox deploy --env beta --ref main --repo . --slot 15m --wait 1h30m --override lock:12 --reason because \
         --result-file r.json --kind rollback --if-busy queue --blocked-exit 0 --mask PIN -- ./deploy.sh --fast",
    );
    let Ok(Cli { command: Command::Deploy(options), .. }) = cli else { panic!("it must be accepted") };
    assert_eq!(options.slot.map(|slot| slot.as_secs()), Some(900));
    assert_eq!(options.wait.map(|wait| wait.as_secs()), Some(5_400));
    assert_eq!(options.command, ["./deploy.sh", "--fast"]);
    assert_eq!(options.overrides, ["lock:12"]);
}

#[test]
fn deploy_refuses_what_makes_no_sense() {
    for line in [
        "signalbox deploy --env beta",
        "signalbox deploy -- true",
        "signalbox deploy --env beta --commit a --ref b -- true",
        "signalbox deploy --env beta --override lock:1 -- true",
        "signalbox deploy --env beta --slot 15x -- true",
        "signalbox deploy --env beta --blocked-exit 256 -- true",
        "signalbox deploy --env beta true",
    ] {
        assert!(parse(line).is_err(), "{line} must be refused");
    }
    assert!(parse("signalbox deploy --env beta --dry-run").is_ok(), "a dry run needs no command");
}

#[test]
fn serve_reads_an_instant_for_its_test_clock() {
    let cli =
        parse("signalbox serve --test-clock 2026-11-01T00:00:00Z --listen 127.0.0.1:0 --roles web,chores");
    let Ok(Cli { command: Command::Serve(options), .. }) = cli else { panic!("it must be accepted") };
    assert_eq!(options.test_clock.map(|at| at.to_string()).as_deref(), Some("2026-11-01T00:00:00.000Z"));
    assert_eq!(options.roles, [Role::Web, Role::Chores]);
    assert!(parse("signalbox serve --tls-cert cert.pem").is_err(), "a certificate needs its key");
}

#[test]
fn what_a_command_takes_is_not_taken_for_the_servers_address() {
    let cli = parse("signalbox repo add shop /srv/shop.git --url http://127.0.0.1:7070");
    let Ok(Cli { command: Command::Repository(repositories::Repository::Add { address, .. }), door }) = cli
    else {
        panic!("it must be accepted")
    };
    assert_eq!((address.as_str(), door.url.as_deref()), ("/srv/shop.git", Some("http://127.0.0.1:7070")));
}
