//! `signalbox demo`: two stories, happening. A real repository gets commits, beta is deployed every few seconds, production
//! is closed by a lock and the terminal says why; releasing the lock lets the next deployment pass. Meanwhile a monthly report is pushed
//! to a repository here, fails, tells by mail, is fixed and passes.
//!
//! It is accelerated, and nothing in it is faked: the demonstration starts `signalbox serve` as anybody would, and drives
//! it from outside through the command line and the HTTP interface. It uses no other crate of this program.

mod people;
mod postbox;
mod renewals;
mod source;
mod stage;
mod timetable;
mod work;

use crate::cli::note;
use crate::client::Failure;
use crate::deploy::exit;
use stage::{Stage, is_set};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The options of `signalbox demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
It runs until Ctrl-C, in a temporary directory that is removed at the end. Look at the address that it prints, and
release the lock from another terminal with the command that it prints.")]
pub struct Options {
    /// The address to listen on (default: 127.0.0.1:7070, or the next port that is free).
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// End by itself after this long.
    #[arg(long = "for", value_name = "DURATION", value_parser = base::time::parse_duration)]
    pub length: Option<Duration>,
    /// Have somebody of the demonstration release the lock after this long.
    #[arg(long, value_name = "DURATION", value_parser = base::time::parse_duration)]
    pub release_after: Option<Duration>,
    /// Keep the data at the end and say where it is.
    #[arg(long)]
    pub keep: bool,
}

/// Runs the demonstration and returns the exit code.
pub async fn run(options: Options) -> i32 {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(stop_when_told(stop, options.length));
    let mut stage = match Stage::set_up(options.listen) {
        Ok(stage) => stage,
        Err(failure) => {
            note(&failure.to_string());
            return exit::CANNOT_CREATE;
        }
    };
    let outcome = play(&mut stage, &options, stopped).await;
    let code = match outcome {
        Ok(()) => 0,
        Err(failure) => {
            note(&failure.to_string());
            stage.tell_what_the_server_said();
            failure.exit_code()
        }
    };
    stage.take_down(options.keep).await;
    code
}

async fn play(
    stage: &mut Stage,
    options: &Options,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    // Boxed, because the set-up of a story is a large future.
    let mut opening = stopped.clone();
    let cast = tokio::select! {
        cast = Box::pin(open(stage)) => cast?,
        () = is_set(&mut opening) => return Ok(()),
    };
    stage.announce();
    let scene = Arc::new(timetable::Scene {
        place: stage.place().clone(),
        cast,
        stopped: stopped.clone(),
        release_after: options.release_after,
    });
    let mut loops = JoinSet::new();
    loops.spawn(timetable::commits(scene.clone()));
    loops.spawn(timetable::beta(scene.clone()));
    loops.spawn(timetable::production(scene.clone()));
    loops.spawn(renewals::report(scene));
    let outcome = tokio::select! {
        () = is_set(&mut stopped) => Ok(()),
        status = stage.server_ended() => Err(Failure::Ended(1, format!("the server ended by itself ({status})"))),
        Some(ended) = loops.join_next() => match ended {
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(())) => Ok(()),
            Err(error) => Err(Failure::Ended(1, format!("the demonstration broke: {error}"))),
        },
    };
    // Each loop ends its own subprocess before it ends itself.
    stage.place().stop.send_replace(true);
    while loops.join_next().await.is_some() {}
    outcome
}

async fn open(stage: &mut Stage) -> Result<people::Cast, Failure> {
    let mail = postbox::open(stage.place().path("mail")).await?;
    stage.start_server(mail).await?;
    source::make(stage.place()).await?;
    people::invite(stage.place()).await
}

async fn stop_when_told(stop: watch::Sender<bool>, length: Option<Duration>) {
    let caught =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)) = caught else {
        note("signals cannot be received; the demonstration ends only with --for");
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        () = tokio::time::sleep(length.unwrap_or(Duration::MAX)) => {}
    }
    stop.send_replace(true);
}
