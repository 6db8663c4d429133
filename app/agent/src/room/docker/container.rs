//! One container for an attempt, and a command in it for every step.
//!
//! A shell that waits for input which never comes keeps the container up. It ignores TERM, so that everything in the
//! container can be asked to end; being killed, the container is started again if there are final steps to run: its files
//! are as they were.

use super::{ATTEMPT, Engine, Image, OWNER, failed};
use crate::contract::Limits;
use crate::output::Output;
use crate::room::{Exit, Launch};
use crate::tree;
use base::{Error, Result};
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{CreateContainerOptions, KillContainerOptions};
use futures_util::{Stream, StreamExt};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;

const IDLE: &str = "trap '' TERM INT HUP; read -r never";
/// The engine carries the two streams apart and loses their order, so a step gets one for both.
const JOINED: [&str; 4] = ["sh", "-c", "exec \"$@\" 2>&1", "sh"];
/// The init, the idle shell and the one that counts.
const COUNT: &str = "set -- /proc/[0-9]*; test $# -le 3";
/// How often is looked whether a silent command has ended, leaving a daemon that holds its output.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long output may still come after everything was killed.
const LAST_OUTPUT: Duration = Duration::from_secs(2);
const REST_WITHIN: Duration = Duration::from_millis(100);

/// What a container has to be like.
pub struct Plan {
    pub name: String,
    pub owner: String,
    pub attempt: String,
    pub image: Image,
    pub user: Option<String>,
    pub network: bool,
    pub limits: Limits,
    /// Folders that are in the container where they are outside.
    pub folders: Vec<PathBuf>,
    pub work: PathBuf,
}

/// A container of ours.
pub struct Container {
    engine: Engine,
    id: String,
    user: Option<String>,
    is_up: bool,
    /// What carries the output of the last command; it goes on when nobody waits for the command any more.
    copying: Option<JoinHandle<Result<()>>>,
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Container {
    /// Makes a container and starts it.
    pub async fn open(engine: Engine, plan: Plan) -> Result<Self> {
        let cannot = |error| failed(format!("No container of {} can be made", plan.image.name), error);
        engine.remove(&plan.name).await;
        let memory = plan.limits.memory.map(signed);
        let bind = |path: &PathBuf| format!("{0}:{0}", path.display());
        let host = HostConfig {
            binds: Some(plan.folders.iter().map(bind).collect()),
            init: Some(true),
            memory,
            memory_swap: memory,
            nano_cpus: plan.limits.cpus_milli.map(|milli| signed(milli.saturating_mul(1_000_000))),
            pids_limit: plan.limits.pids.map(signed),
            network_mode: (!plan.network).then(|| "none".to_owned()),
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        };
        let body = ContainerCreateBody {
            image: Some(plan.image.name.clone()),
            entrypoint: Some(["sh", "-c", IDLE].map(str::to_owned).to_vec()),
            cmd: Some(Vec::new()),
            open_stdin: Some(true),
            tty: Some(false),
            user: plan.user.clone(),
            working_dir: Some(plan.work.display().to_string()),
            labels: Some(HashMap::from([(OWNER.to_owned(), plan.owner), (ATTEMPT.to_owned(), plan.attempt)])),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        };
        let options =
            CreateContainerOptions { name: Some(plan.name.clone()), ..CreateContainerOptions::default() };
        let made = engine.docker.create_container(Some(options), body).await.map_err(cannot)?;
        let mut container = Self { engine, id: made.id, user: plan.user, is_up: false, copying: None };
        if let Err(error) = container.start().await {
            container.close().await;
            return Err(error);
        }
        Ok(container)
    }

    async fn start(&mut self) -> Result<()> {
        if !self.is_up {
            let started = self.engine.docker.start_container(&self.id, None).await;
            started.map_err(|e| failed("The container cannot be started (it needs sh)", e))?;
            self.is_up = true;
        }
        Ok(())
    }

    /// Runs one command line, with its output into the attempt's.
    pub async fn run(&mut self, launch: Launch, output: &Output) -> Result<Exit> {
        self.start().await?;
        let what = launch.words[0].clone();
        let cannot = |error| failed(format!("{what} cannot be run in the container"), error);
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            env: Some(launch.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            cmd: Some(JOINED.iter().map(|word| (*word).to_owned()).chain(launch.words).collect()),
            user: self.user.clone(),
            working_dir: Some(launch.folder.display().to_string()),
            ..CreateExecOptions::default()
        };
        let exec = self.engine.docker.create_exec(&self.id, options).await.map_err(cannot)?.id;
        let options = StartExecOptions { output_capacity: Some(1 << 16), ..StartExecOptions::default() };
        let started = self.engine.docker.start_exec(&exec, Some(options)).await.map_err(cannot)?;
        // The input is kept until the end: some engines take its closing for the end of everything.
        if let StartExecResults::Attached { output: stream, input } = started {
            let pipe = pipe::Sender::from_owned_fd(output.writer()?).map_err(no_pipe)?;
            let copy = copy(self.engine.clone(), exec.clone(), stream, pipe);
            let copying = self.copying.insert(tokio::spawn(async move {
                let _input = input;
                copy.await
            }));
            if let Ok(copied) = copying.await {
                copied?;
            }
            self.copying = None;
        }
        loop {
            match self.engine.docker.inspect_exec(&exec).await.map_err(cannot)? {
                ended if ended.running != Some(true) => {
                    let code = ended.exit_code.and_then(|code| i32::try_from(code).ok()).unwrap_or(-1);
                    return Ok(Exit::told_by_shell(code));
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Asks everything in the container to end and waits for `grace`.
    pub async fn end(&self, grace: Duration) {
        if !self.is_up || self.aside("kill -TERM -1").await.is_none() {
            return;
        }
        let watch = base::Stopwatch::start();
        while watch.elapsed() < grace && self.aside(COUNT).await.is_some_and(|code| code != 0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills everything in the container; whether all is gone.
    pub async fn kill(&mut self) -> bool {
        if !self.is_up {
            return true;
        }
        let options = KillContainerOptions { signal: "KILL".to_owned() };
        if let Err(error) = self.engine.docker.kill_container(&self.id, Some(options)).await {
            tracing::debug!("the container {} was not killed: {error}", self.id);
        }
        self.is_up = false;
        if let Some(mut copying) = self.copying.take()
            && tokio::time::timeout(LAST_OUTPUT, &mut copying).await.is_err()
        {
            copying.abort();
        }
        for _ in 0..500 {
            let found = self.engine.docker.inspect_container(&self.id, None).await;
            let is_running = found.ok().and_then(|found| found.state).and_then(|state| state.running);
            if is_running != Some(true) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// How many processes the kernel has killed for lack of memory, as far as can be told from here.
    pub async fn oom_kills(&self) -> u64 {
        let found = self.engine.docker.inspect_container(&self.id, None).await;
        let Some(state) = found.ok().and_then(|found| found.state) else { return 0 };
        let counted = state.pid.and_then(|pid| u32::try_from(pid).ok()).and_then(tree::oom_kills_around);
        counted.unwrap_or(u64::from(state.oom_killed == Some(true)))
    }

    /// Removes the container.
    pub async fn close(self) {
        self.engine.remove(&self.id).await;
    }

    /// Runs a line of shell beside the steps, as the container's root, and returns its exit code.
    async fn aside(&self, script: &str) -> Option<i64> {
        let options = CreateExecOptions {
            cmd: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
            user: Some("0".to_owned()),
            attach_stdout: Some(true),
            ..CreateExecOptions::default()
        };
        let exec = self.engine.docker.create_exec(&self.id, options).await.ok()?.id;
        if let StartExecResults::Attached { mut output, input: _input } =
            self.engine.docker.start_exec(&exec, None).await.ok()?
        {
            while output.next().await.is_some() {}
        }
        self.engine.docker.inspect_exec(&exec).await.ok()?.exit_code
    }
}

/// Carries the output of a command into the attempt's.
async fn copy(
    engine: Engine,
    exec: String,
    mut stream: impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
    mut pipe: pipe::Sender,
) -> Result<()> {
    let mut patience = LOOK_EVERY;
    loop {
        match tokio::time::timeout(patience, stream.next()).await {
            Ok(Some(Ok(piece))) => pipe.write_all(&piece.into_bytes()).await.map_err(no_pipe)?,
            Ok(Some(Err(error))) => return Err(failed("The output of the container broke off", error)),
            Ok(None) => return Ok(()),
            // It had ended, and what it wrote has come.
            Err(_) if patience == REST_WITHIN => return Ok(()),
            Err(_) => {
                let found = engine.docker.inspect_exec(&exec).await;
                if found.is_ok_and(|found| found.running == Some(false)) {
                    patience = REST_WITHIN;
                }
            }
        }
    }
}

fn no_pipe(error: std::io::Error) -> Error {
    Error::unavailable("agent.pipe", format!("The output of the container cannot be passed on: {error}"))
}
