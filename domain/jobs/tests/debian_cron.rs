//! Debian's own cron as the judge: it runs under a clock that is faked and hurried through the hours in which clocks are changed, and must
//! start every job in the minute in which `jobs::cron` says that it fires.
//!
//! Needs root, `unshare`, and the packages cron and libfaketime, which are fetched and unpacked beside the build when they are not installed.
//! Where one of these is missing the test says so and judges nothing.
//!
//! Jobs can't see the faked clock, so they only say their names into a pipe, and so does one that runs in every minute: the n-th of those
//! is the n-th minute, and each other word belongs to the minute whose word came nearest to it. One job that is known to run at
//! minute 55 ties the count to the clock. The one difference that is meant: what a list asks for within one gap runs once here and as often as
//! it is listed there, so both are compared as sets of minutes.

use base::jiff::tz::TimeZone;
use base::{Stopwatch, Time};
use jobs::cron::Schedule;
use jobs::file::Dialect;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How much faster than the machine's the faked clock goes.
const SPEED: u32 = 180;

const EXPRESSIONS: [&str; 22] = [
    "0 2 * * *",
    "30 2 * * *",
    "15 2 * * *",
    "10,50 2 * * *",
    "*/15 2 * * *",
    "*/20 1-3 * * *",
    "0 1,2 * * *",
    "0 2,3 * * *",
    "45 1 * * *",
    "40 1-3 * * *",
    "5-20/5 2 * * *",
    "0 3 * * *",
    "0 * * * *",
    "30 */2 * * *",
    "0-59/10 2 * * *",
    "25 1,2,3 * * 0",
    "25 1,2,3 * * 1",
    "35 2 1,4,5,25,29 * 3",
    "35 2 1 * 0",
    "20 2 */2 * 0",
    "@hourly",
    "50 1 * 3,4,9,10 *",
];

/// A night in which a clock is changed, and how many of its minutes are looked at.
struct Night {
    zone: &'static str,
    /// What the clock shows at the beginning; the 55th minute comes five minutes later.
    start: &'static str,
    minutes: usize,
}

const NIGHTS: [Night; 4] = [
    Night { zone: "Europe/Berlin", start: "2026-03-29T01:50:00", minutes: 40 },
    Night { zone: "Europe/Berlin", start: "2026-10-25T01:50:00", minutes: 140 },
    Night { zone: "Australia/Lord_Howe", start: "2026-10-04T01:50:00", minutes: 45 },
    Night { zone: "Australia/Lord_Howe", start: "2026-04-05T00:50:00", minutes: 140 },
];

#[test]
fn debians_cron_starts_jobs_in_the_same_minutes() {
    let tools = match Tools::find() {
        Ok(tools) => tools,
        Err(reason) => {
            eprintln!("SKIPPED: Debian's cron judged nothing: {reason}");
            return;
        }
    };
    std::thread::scope(|scope| {
        for night in &NIGHTS {
            let tools = &tools;
            scope.spawn(move || {
                // A machine that is busy for a third of a second moves a job into the next minute: once is no verdict.
                if let Err(first) = judge(night, tools)
                    && let Err(second) = judge(night, tools)
                {
                    panic!("{}, {}:\n{first}\nand again:\n{second}", night.zone, night.start);
                }
            });
        }
    });
}

fn judge(night: &Night, tools: &Tools) -> Result<(), String> {
    let zone = TimeZone::get(night.zone).expect("the zone exists");
    let start = night.start.parse::<base::jiff::civil::DateTime>().expect("a date and time");
    let start: Time = zone.to_timestamp(start).expect("in range").into();
    let words = watch(night, tools)?;
    let ticks: Vec<Duration> = words.iter().filter(|(word, _)| word == "tick").map(|(_, at)| *at).collect();
    let nearest = |at: Duration| {
        (0..ticks.len()).min_by_key(|tick| ticks[*tick].abs_diff(at)).expect("there were ticks")
    };
    let anchor = words.iter().find(|(word, _)| word == "anchor").ok_or("the job of minute 55 never ran")?;
    let anchor = nearest(anchor.1);
    let minute = |tick: usize| {
        let minutes = 5 + i64::try_from(tick).expect("few") - i64::try_from(anchor).expect("few");
        Time::from_millis(start.millis() + minutes * 60_000)
    };
    let (from, to) = (minute(0), minute(ticks.len() - 1));
    let mut wrong = String::new();
    for (n, expression) in EXPRESSIONS.iter().enumerate() {
        let started: BTreeSet<Time> = words
            .iter()
            .filter(|(word, _)| *word == n.to_string())
            .map(|(_, at)| minute(nearest(*at)))
            .filter(|at| *at < to)
            .collect();
        let schedule = Schedule::parse(expression, Dialect::Standard, night.zone, "job").expect("it is good");
        let expected: BTreeSet<Time> = schedule.fires(from, to, 1_000).into_iter().collect();
        if started != expected {
            let shown = |times: &BTreeSet<Time>| {
                times.iter().map(|at| schedule.local(*at)).collect::<Vec<_>>().join(", ")
            };
            wrong += &format!(
                "{expression}: cron started it at {}; here it fires at {}\n",
                shown(&started),
                shown(&expected)
            );
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Lets cron run through a night; what its jobs said and when.
fn watch(night: &Night, tools: &Tools) -> Result<Vec<(String, Duration)>, String> {
    let folder = tools.folder.join(format!("{}-{}", night.zone.replace('/', "-"), &night.start[..10]));
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let pipe = folder.join("words");
    run(Command::new("mkfifo").arg(&pipe))?;
    let line = |expression: &str, word: &str| format!("{expression} echo {word} 1<> {}\n", pipe.display());
    let mut table = line("* * * * *", "tick") + &line("55 * * * *", "anchor");
    for (n, expression) in EXPRESSIONS.iter().enumerate() {
        table += &line(expression, &n.to_string());
    }
    fs::write(folder.join("crontab"), table).map_err(|error| error.to_string())?;
    fs::write(folder.join("night.sh"), NIGHT_SH).map_err(|error| error.to_string())?;
    // Both ends are opened here and by the jobs, so that neither reader nor writers ever wait for the other.
    let reader =
        fs::OpenOptions::new().read(true).write(true).open(&pipe).map_err(|error| error.to_string())?;
    let mut cron = Command::new("unshare")
        .args(["-m", "--propagation", "private", "sh"])
        .arg(folder.join("night.sh"))
        .arg(folder.join("crontab"))
        .arg(&tools.cron)
        .env("TZ", night.zone)
        .env("FAKE_LIBRARY", &tools.library)
        .env("FAKE_START", format!("@{} x{SPEED}", night.start.replace('T', " ")))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let watch = Stopwatch::start();
    let mut words = Vec::new();
    let mut ticks = 0;
    // If cron dies this reader would wait for ever: a word of our own ends it.
    let enough = Duration::from_secs(60) * u32::try_from(night.minutes).unwrap_or(0) / SPEED * 5 / 4;
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let mut lines = BufReader::new(reader).lines();
    std::thread::scope(|scope| {
        let (cron, pipe) = (&mut cron, &pipe);
        scope.spawn(move || {
            let _either = is_done.recv_timeout(enough);
            let _gone = cron.kill();
            let _gone = cron.wait();
            let _full = fs::write(pipe, "end\n");
        });
        for line in lines.by_ref() {
            let Ok(word) = line else { break };
            if word == "end" {
                break;
            }
            ticks += usize::from(word == "tick");
            words.push((word, watch.elapsed()));
            if ticks == night.minutes {
                break;
            }
        }
        let _already_over = done.send(());
    });
    if ticks < night.minutes {
        return Err(format!("cron lived for {ticks} of {} minutes", night.minutes));
    }
    Ok(words)
}

/// What happens in the namespace of mounts that cron lives in: its folders are empty but for one table.
const NIGHT_SH: &str = r#"set -e
mount -t tmpfs none /run
mkdir -p /var/spool
mount -t tmpfs none /var/spool
mkdir -p /var/spool/cron/crontabs
if [ -d /etc/cron.d ]; then mount -t tmpfs none /etc/cron.d; fi
if [ -f /etc/crontab ]; then mount --bind /dev/null /etc/crontab; fi
cp "$1" /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
export LD_PRELOAD="$FAKE_LIBRARY" FAKETIME="$FAKE_START"
exec "$2" -f
"#;

struct Tools {
    cron: PathBuf,
    library: PathBuf,
    folder: PathBuf,
}

impl Tools {
    fn find() -> Result<Self, String> {
        let id = Command::new("id").arg("-u").output().map_err(|error| error.to_string())?;
        if id.stdout.trim_ascii() != b"0" {
            return Err("only root may give cron a namespace of its own".to_owned());
        }
        run(Command::new("unshare").args([
            "-m",
            "--propagation",
            "private",
            "mount",
            "-t",
            "tmpfs",
            "none",
            "/run",
        ]))?;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("debian-cron");
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        if let Ok(tools) = Self::inside(Path::new("/"), &folder) {
            return Ok(tools);
        }
        let root = folder.join("root");
        if let Ok(tools) = Self::inside(&root, &folder) {
            return Ok(tools);
        }
        run(Command::new("apt-get").args(["download", "cron", "libfaketime"]).current_dir(&folder))?;
        for package in fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
            if package.path().extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg").arg("-x").arg(package.path()).arg(&root))?;
            }
        }
        Self::inside(&root, &folder)
    }

    fn inside(root: &Path, folder: &Path) -> Result<Self, String> {
        let cron = root.join("usr/sbin/cron");
        let libraries = fs::read_dir(root.join("usr/lib")).map_err(|error| error.to_string())?;
        let library = libraries
            .flatten()
            .map(|entry| entry.path().join("faketime/libfaketime.so.1"))
            .find(|path| path.is_file());
        match library {
            Some(library) if cron.is_file() => Ok(Self { cron, library, folder: folder.to_owned() }),
            _ => Err(format!("{} has no cron and libfaketime", root.display())),
        }
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
