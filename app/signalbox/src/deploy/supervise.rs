//! Runs the command of a deployment that has started, and sees it through to a recorded end.
//!
//! The command is left alone while the server is away. It is stopped only when somebody says so: the server (abort, or
//! the lease is lost) or a signal to this program. Stopping is TERM to the group, the grace, then KILL to everything
//! that descends from the command.

use crate::cli::note;
use crate::client::Client;
use crate::deploy::beat::{self, Lease, News};
use crate::deploy::mask::Secrets;
use crate::deploy::signals::{self, Signals};
use crate::deploy::spool::Spool;
use crate::deploy::start::Started;
use crate::deploy::tree::Tree;
use crate::deploy::upload::{Upload, Uploaded};
use crate::deploy::{Options, command, exit};
use base::Stopwatch;
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, timeout};

/// How long to listen to a pipe that stays open after the command has ended.
const LINGER: Duration = Duration::from_millis(500);
/// How long a killed process may take to disappear.
const VANISH: Duration = Duration::from_secs(5);
/// How often to look whether anything is left of it.
const LOOK: Duration = Duration::from_millis(20);

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// What ended it.
    pub how: How,
    /// What the command ended with, if it did.
    pub child_exit: Option<i32>,
    /// The signal that killed it, if one did.
    pub child_signal: Option<i32>,
    /// Bytes of output.
    pub output_bytes: u64,
    /// Whether the server knows the end and has all of the output.
    pub is_reported: bool,
    /// What the person should know besides, in sentences.
    pub notes: Vec<String>,
}

/// What ended a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The command, by itself.
    Itself,
    /// The command could not be started: the exit code of a shell, and why.
    NeverRan(i32, String),
    /// An abort through the server.
    Aborted(String),
    /// A signal to the wrapper.
    Interrupted(&'static str),
    /// The deployment was not ours any more.
    Lost(String),
}

impl Ended {
    /// The exit code of the contract.
    pub fn exit_code(&self) -> i32 {
        match (&self.how, self.child_exit, self.child_signal) {
            (How::Lost(_), ..) => exit::LEASE_LOST,
            (How::Aborted(_) | How::Interrupted(_), ..) => exit::ABORTED,
            (How::NeverRan(code, _), ..) => *code,
            (How::Itself, Some(code), _) => code,
            (How::Itself, None, Some(signal)) => exit::killed_by(signal),
            (How::Itself, None, None) => exit::OS_ERROR,
        }
    }
}

/// Everything that a run needs.
pub struct Run<'a> {
    /// What the person asked for.
    pub options: &'a Options,
    /// How to reach the server.
    pub client: &'a Client,
    /// The deployment.
    pub started: &'a Started,
    /// What must not be seen in the output.
    pub secrets: Secrets,
    /// Where the output waits.
    pub spool: &'a Spool,
    /// Signals to this program.
    pub signals: &'a mut Signals,
}

impl Run<'_> {
    /// Runs the command to its end and reports it.
    pub async fn see_through(mut self) -> Ended {
        let (tell, mut news) = mpsc::unbounded_channel();
        let lease = Lease {
            id: self.started.id.clone(),
            token: self.started.token,
            length: self.started.lease,
            every: self.started.every,
        };
        let beat = beat::start(self.client, lease, tell.clone());
        let (end, ended) = watch::channel(None);
        let upload = self.start_upload(ended, tell);
        let (how, status) = match &beat {
            Ok(_) => self.run_command(&mut news).await,
            Err(failure) => (How::NeverRan(exit::OS_ERROR, failure.to_string()), None),
        };
        // The receiver is gone only if the upload has ended early, which its result tells.
        let _ = end.send(Some(self.spool.written()));
        let mut ended = Ended {
            how,
            child_exit: status.and_then(|status| status.code()),
            child_signal: status.and_then(|status| status.signal()),
            output_bytes: self.spool.written(),
            is_reported: false,
            notes: Vec::new(),
        };
        self.report(&mut ended, upload).await;
        ended
    }

    fn start_upload(
        &self,
        end: watch::Receiver<Option<u64>>,
        tell: mpsc::UnboundedSender<News>,
    ) -> JoinHandle<Uploaded> {
        let reader = self.spool.reader();
        let (client, started, patience) =
            (self.client.clone(), self.started.clone(), self.options.finish_timeout);
        tokio::spawn(async move {
            let reader = match reader {
                Ok(reader) => reader,
                Err(error) => return Uploaded::Refused(format!("the spool cannot be read: {error}")),
            };
            let upload = Upload { client, id: started.id, token: started.token, reader, end, patience };
            let (outcome, _) = upload.run().await;
            if let Uploaded::Lost(why) = &outcome {
                // Nobody listens any more when the command has ended already.
                let _ = tell.send(News::Lost(why.clone()));
            }
            outcome
        })
    }

    async fn run_command(&mut self, news: &mut mpsc::UnboundedReceiver<News>) -> (How, Option<ExitStatus>) {
        let command::Running { mut child, output } = match command::spawn(self.options, self.started) {
            Ok(running) => running,
            Err(how) => return (how, None),
        };
        let (stop, stopped) = watch::channel(false);
        let pump = command::pump(output, self.options, &self.secrets, self.spool, &stopped);
        let Some(tree) = child.id().and_then(Tree::led_by) else {
            return (How::NeverRan(exit::OS_ERROR, "the command has no process id".to_owned()), None);
        };
        let (how, status) = self.watch(&mut child, tree, news).await;
        drain(pump, stop, how != How::Itself).await;
        (how, status)
    }

    async fn watch(
        &mut self,
        child: &mut Child,
        tree: Tree,
        news: &mut mpsc::UnboundedReceiver<News>,
    ) -> (How, Option<ExitStatus>) {
        let mut how = How::Itself;
        let mut grace: Pin<Box<Sleep>> = Box::pin(sleep(Duration::ZERO));
        let mut is_counting = false;
        let mut tick = tokio::time::interval(Duration::from_secs(30));
        let status = loop {
            let next = tokio::select! {
                status = child.wait() => break status.ok(),
                Some(news) = news.recv() => heard(news),
                signal = self.signals.next() => Some((How::Interrupted(signals::name(signal)), signal)),
                () = &mut grace, if is_counting => {
                    is_counting = false;
                    tree.kill();
                    None
                }
                _ = tick.tick() => {
                    tree.reap();
                    None
                }
            };
            match next {
                Some((why, signal)) if how == How::Itself => {
                    how = why;
                    tree.signal(signal);
                    grace = Box::pin(sleep(self.options.grace));
                    is_counting = true;
                }
                // A lost lease counts more than a wish to stop: the end can't be recorded any more.
                Some((why @ How::Lost(_), _)) => how = why,
                // Whoever signals twice is in a hurry.
                Some((How::Interrupted(_), _)) => tree.kill(),
                Some(_) | None => {}
            }
        };
        if how != How::Itself {
            end_the_rest(tree, grace, is_counting).await;
        }
        (how, status)
    }
}

/// Waits for the rest of the output. A pipe that stays open after the command has ended is listened to for a moment only.
async fn drain(mut pump: JoinHandle<()>, stop: watch::Sender<bool>, is_stopped: bool) {
    if timeout(LINGER, &mut pump).await.is_ok() {
        return;
    }
    stop.send_replace(true);
    // A terminal that takes nothing may hold it up, but not the end of something that was stopped.
    let most = if is_stopped { VANISH } else { Duration::MAX };
    if timeout(most, &mut pump).await.is_err() {
        pump.abort();
    }
}

/// What a piece of news asks for: why to stop and the signal to do it with.
fn heard(news: News) -> Option<(How, Signal)> {
    match news {
        News::Abort(reason) => Some((How::Aborted(reason), Signal::TERM)),
        News::Lost(why) => Some((How::Lost(why), Signal::TERM)),
        News::Silent(why) => {
            note(&format!("the lease is not being renewed, the command goes on: {why}"));
            None
        }
        News::Back => {
            note("the server renews the lease again");
            None
        }
    }
}

/// The command has ended on being told to; what it left behind has the rest of the grace.
async fn end_the_rest(tree: Tree, mut grace: Pin<Box<Sleep>>, is_counting: bool) {
    while is_counting && tree.is_alive() {
        tokio::select! {
            () = &mut grace => break,
            () = sleep(LOOK) => {}
        }
    }
    let killing = Stopwatch::start();
    while tree.is_alive() && killing.elapsed() < VANISH {
        tree.kill();
        sleep(LOOK).await;
    }
}
