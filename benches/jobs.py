#!/usr/bin/env python3
"""Measures jobs in the release build from outside: many schedules, small runs, long logs; with --peer Buildbot in the same run. See README.md."""
import argparse, contextlib, json, os, pathlib, random, re, shutil, signal, sqlite3, subprocess, tempfile, threading, time, urllib.request

import peer_buildbot
from run import Hub, cookie_of

PER_FILE = 100
ROWS = []


def row(name, budget=""):
    def register(measure):
        ROWS.append((name, budget, measure))
        return measure
    return register


def figures(seconds):
    """p50, p99 and max of some lengths of time, in words."""
    if not seconds:
        return "nothing"
    ordered = sorted(seconds)
    at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))]
    return f"p50 {words(at(.5))}, p99 {words(at(.99))}, max {words(ordered[-1])}"


def words(seconds):
    return f"{seconds * 1000:,.0f} ms" if abs(seconds) < 10 else f"{seconds:,.1f} s"


def load_average():
    return os.getloadavg()[0]


class Process:
    """Memory and processor time of a process, watched while something happens."""

    def __init__(self, pid):
        self.pid, self.seen, self.ends = pid, [], threading.Event()

    def resident(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def processor(self):
        """Seconds of this process and of those that it has waited for."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        self.before = self.processor()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        while not self.ends.wait(0.05):
            with contextlib.suppress(OSError, TypeError):
                self.seen.append(self.resident())

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()
        with contextlib.suppress(OSError):
            self.took = self.processor() - self.before

    def memory(self):
        return f"{self.seen[0]:.0f} MB before, {max(self.seen):.0f} MB at most, {self.seen[-1]:.0f} MB after" if self.seen else "?"


class Site:
    """A server, an agent in a process of its own, and a git repository with jobs."""

    def __init__(self, options, slots=8):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="signalbox-jobs-"))
        self.marks = self.folder / "marks"
        self.marks.touch()
        self.hub = Hub(options, words=["--agents", "0"])
        self.agent = None
        if slots:
            token = self.hub.make("agents/tokens", {})["token"]
            self.agent_log = open(self.folder / "agent.log", "ab")
            self.agent = subprocess.Popen([options.bin, "agent", "--server", f"http://127.0.0.1:{self.hub.port}", "--token", token, "--slots", str(slots),
                                           "--data", str(self.folder / "agent")], stdin=subprocess.DEVNULL, stdout=self.agent_log, stderr=subprocess.STDOUT,
                                          env=dict(os.environ, SIGNALBOX_AGENT_NAME="bench"))
            wait("the agent", lambda: self.get("agents")["data"])

    def git(self, repository, *words):
        return subprocess.run(["git", "-c", "user.name=Ann", "-c", "user.email=ann@hub.example", "-c", "gc.auto=0", *words], cwd=self.folder / repository, check=True,
                              capture_output=True, text=True).stdout.strip()

    def get(self, path):
        status, text, _ = self.hub.ask("GET", "/api/v1/" + path)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text.decode()[:300]}")
        return json.loads(text)

    def database(self):
        return contextlib.closing(sqlite3.connect(f"file:{self.hub.data}/signalbox.db?mode=ro", uri=True, timeout=30))

    def ask(self, sql, *params):
        with self.database() as database:
            return database.execute(sql, params).fetchall()

    def commit(self, files, repository="web"):
        """Commits files, has them fetched, and returns how long it took until the jobs were what they say."""
        head = self.write(files, repository)
        start = time.monotonic()
        self.fetch(repository)
        wait("the job files to be read", lambda: self.is_read([(head, len(files))]), 600)
        return time.monotonic() - start

    def commit_all(self, files):
        """The same for many repositories, each with its files."""
        heads = [(self.write(own, repository), len(own)) for repository, own in files.items()]
        start = time.monotonic()
        for repository in files:
            self.fetch(repository)
        wait("the job files to be read", lambda: self.is_read(heads), 600)
        return time.monotonic() - start

    def write(self, files, repository):
        folder = self.folder / repository
        if not folder.exists():
            folder.mkdir()
            self.git(repository, "init", "-q", "-b", "main")
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-q", "-m", "jobs")
        return self.git(repository, "rev-parse", "HEAD")

    def fetch(self, repository):
        if self.ask("select count(*) from repository where name = ?", repository)[0][0] == 0:
            self.hub.make("repositories", {"name": repository, "url": str(self.folder / repository), "default_branch": "main", "poll_seconds": 0})
        else:
            self.hub.make(f"repositories/{repository}/fetch", {})

    def is_read(self, heads):
        read = dict(self.ask("select commit_id, count(*) from job_file group by commit_id"))
        return all(read.get(head, 0) >= count for head, count in heads)

    def started(self):
        """When each run's process said that it had begun, by its job."""
        found = {}
        for line in self.marks.read_text().splitlines():
            job, at = line.split()
            found.setdefault(job, []).append(float(at))
        return found

    def stop(self):
        if self.agent and self.agent.poll() is None:
            for _ in range(2):
                self.agent.send_signal(signal.SIGTERM)
            try:
                self.agent.wait(30)
            except subprocess.TimeoutExpired:
                self.agent.kill()
                self.agent.wait()
        self.hub.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def site(options, **more):
    made = Site(options, **more)
    try:
        yield made
    finally:
        made.stop()


def wait(what, seen, most=120, pause=0.02):
    until = time.monotonic() + most
    while not (found := seen()):
        if time.monotonic() > until:
            raise RuntimeError(f"waited {most} s for {what}")
        time.sleep(pause)
    return found


def many(count, cron, step):
    """Job files with `count` jobs; `cron(n)` is the expression of each."""
    files = {}
    for first in range(0, count, PER_FILE):
        documents = [f"name: job-{n}\non: [{{cron: '{cron(n)}', tz: UTC, dialect: seconds}}]\nsteps: [{{run: '{step}', shell: bash}}]\n"
                     for n in range(first, min(first + PER_FILE, count))]
        files[f"signalbox/jobs-{first // PER_FILE}.yaml"] = "---\n".join(documents)
    return files


def teams(count, cron, step):
    """The same jobs as `many` makes, each file in a repository of its own."""
    return {f"team-{n}": {"signalbox.yaml": text} for n, text in enumerate(many(count, cron, step).values())}


def mark(made):
    """A step that says when it began: the shell's own clock, without another process."""
    return f"echo $SIGNALBOX_JOB $EPOCHREALTIME >> {made.marks}"


@row("10,000 jobs are read from 100 files", "seconds")
def read(options):
    with site(options, slots=0) as made:
        first = made.commit(many(options.jobs, lambda n: "0 0 0 1 1 *", "true"))
        with Process(made.hub.process.pid) as server:
            again = made.commit(many(options.jobs, lambda n: "0 0 0 2 1 *", "true"))
            same = made.commit({**many(options.jobs, lambda n: "0 0 0 2 1 *", "true"), "signalbox/other.yaml": "name: other\nsteps: [{run: 'true'}]\n"})
        size = os.path.getsize(f"{made.hub.data}/signalbox.db") / 1e6
        shown = page(made)
        time.sleep(3)
        before = server.processor()
        time.sleep(10)
        idle = (server.processor() - before) * 10
        return (f"{words(first)}; all changed {words(again)}; one of them changed {words(same)}; {size:.0f} MB of data; jobs page {shown}; "
                f"idle: {server.resident():.0f} MB, {idle:.1f} % of a processor")


def page(made):
    """How long the page of all jobs takes an administrator."""
    cookie, took = {"Cookie": cookie_of(made.hub), "Authorization": ""}, []
    for _ in range(30):
        start = time.monotonic()
        status, body, _ = made.hub.ask("GET", "/jobs", headers=cookie)
        took.append(time.monotonic() - start)
        assert status == 200, status
    return f"{figures(took)} ({len(body) / 1000:.0f} kB)"


def due(options, through):
    """10,000 schedules that are due evenly through so many seconds, at whole ones as cron has them; 1 is all of them at once."""
    with site(options, slots=options.slots) as made:
        took = made.commit_all(teams(options.jobs, lambda n: "0 0 0 1 1 *", mark(made)))
        begins = (int(time.time() + 2 * took) // 60 + 2) * 60
        second = lambda n: begins + n * through // options.jobs
        clock = lambda n: time.strftime("%S %M *" if through > 60 else "%S %M %H", time.gmtime(second(n)))
        made.commit_all(teams(options.jobs, lambda n: clock(n) + " * * *", mark(made)))
        if time.time() > begins - 1:
            raise RuntimeError("reading the files took too long for the minute that was meant")
        seconds = min(through, 120)
        wanted = sum(second(n) < begins + seconds for n in range(options.jobs))
        time.sleep(max(0, begins - time.time() - 0.5))
        with Process(made.hub.process.pid) as server, Process(made.agent.pid) as agent:
            time.sleep(seconds)
            with contextlib.suppress(RuntimeError):
                over = "select count(*) from run where ended_at is not null and scheduled_at >= ?"
                wait("all runs to be over", lambda: made.ask(over, begins * 1000)[0][0] >= wanted, 900, 0.5)
        time.sleep(1)
        rows = made.ask("select job.name, fire.scheduled_at, fire.decided_at, run.id from fire join job on job.id = fire.job_id"
                        " join run on run.id = fire.run_id where fire.scheduled_at >= ? and fire.scheduled_at < ?", begins * 1000, (begins + seconds) * 1000)
        given = dict(made.ask("select run_id, leased_at from attempt"))
        begun = made.started()
        fires = [(decided - at) / 1000 for _, at, decided, _ in rows]
        leased = [(given[run] - at) / 1000 for _, at, _, run in rows if run in given]
        starts = [begun[job][0] - at / 1000 for job, at, _, _ in rows if job in begun]
        doubles = sum(len(begun[job]) - 1 for job, *_ in rows if job in begun)
        text = f"due to run made {figures(fires)}; due to given to the agent {figures(leased)}; due to process begun {figures(starts)}"
        if through == 1 and starts:
            text += f" = {len(starts) / max(starts):,.0f} starts/s"
        each = 1000 / max(1, len(starts))
        return (text + f"; {wanted:,} due, {len(fires):,} runs, {len(starts):,} processes, {doubles} twice; processor time of a run: server {server.took * each:.1f} ms, "
                f"agent with its jobs {agent.took * each:.1f} ms; server {server.memory()}")


@row("10,000 schedules, due through an hour (2.8/s)", "p99 < 100 ms")
def due_through_an_hour(options):
    return due(options, 3_600)


@row("10,000 schedules, due through a minute (167/s)", "")
def due_through_a_minute(options):
    return due(options, 60)


@row("10,000 schedules, due at one second", "")
def due_at_once(options):
    return due(options, 1)


@row("trigger to process begun, one after the other", "p50 <= 15 ms")
def trigger(options):
    with site(options) as made:
        made.commit({"signalbox.yaml": f"name: small\nsteps: [{{run: '{mark(made)}', shell: bash}}]\n"})
        took = []
        for n in range(options.triggers):
            asked = time.time()
            made.hub.make("jobs/small/runs", {})
            begun = wait("the process", lambda: made.started().get("small", [])[n:], pause=0.001)[0]
            took.append(begun - asked)
            wait("the end", lambda: made.ask("select count(*) from run where ended_at is not null")[0][0] > n, pause=0.005)
        return figures(took)


@row("runs of `true`, 8 at once", ">= 200/s")
def trivial(options):
    with site(options) as made:
        made.commit({"signalbox.yaml": many(8, lambda n: "0 0 0 1 1 *", "true").popitem()[1]})
        with Process(made.hub.process.pid) as server, Process(made.agent.pid) as agent:
            start = time.monotonic()
            lanes = [threading.Thread(target=lambda n=n: [made.hub.make(f"jobs/job-{n}/runs", {}) for _ in range(options.runs // 8)]) for n in range(8)]
            [lane.start() for lane in lanes]
            [lane.join() for lane in lanes]
            count = options.runs // 8 * 8
            wait("the runs", lambda: made.ask("select count(*) from run where state = 'succeeded'")[0][0] == count, 600)
            took = time.monotonic() - start
        each = 1000 / count
        return f"{count / took:,.0f}/s ({count} runs); processor time of a run: server {server.took * each:.1f} ms, agent with its jobs {agent.took * each:.1f} ms"


# Lines as scripts print them, a stamp among each thousand; most of the machine's time is for what carries them.
PRINTER = """import sys, time
lines, rate = int(sys.argv[1]), float(sys.argv[2])
out, begun = sys.stdout, time.time()
for n in range(0, lines, 1000):
    out.write("".join(f"line {i} of a job that prints\\n" for i in range(n + 1, min(n + 1000, lines))) + f"line {n + 1000} at={time.time():.4f}\\n")
    out.flush()
    if rate and (ahead := begun + (n + 1000) / rate - time.time()) > 0:
        time.sleep(ahead)
open(sys.argv[3], "w").write(f"{begun} {time.time()}")
"""


class Viewer:
    """Somebody who watches a log in the browser: server-sent events, and how far behind the stamps in it are."""

    def __init__(self, made, run):
        self.lags, self.first, self.ended = [], None, None
        self.made, self.run = made, run
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.made.hub.port}/api/v1/runs/{self.run}/log?follow=1",
                                         headers={"Authorization": "Bearer " + self.made.hub.token})
        with urllib.request.urlopen(request, timeout=600) as answer:
            for line in answer:
                if line.startswith(b"data:"):
                    self.first = self.first or time.time()
                    stamp = line.rfind(b"at=1")
                    if stamp > 0:
                        self.lags.append(time.time() - float(line[stamp + 3:].split(b"\\n", 1)[0]))
                elif line.startswith(b"event:") and b"end" in line:
                    self.ended = time.time()
                    return


def printing(made, lines, rate):
    """One run that prints; what was seen of it."""
    told = made.folder / "printed"
    told.unlink(missing_ok=True)
    made.write({"printer.py": PRINTER}, "web")
    made.commit({"signalbox.yaml": f"name: long\nsteps: [{{run: 'python3 printer.py {lines} {rate} {told}'}}]\n"})
    with Process(made.hub.process.pid) as server, Process(made.agent.pid) as agent:
        id = made.hub.make("jobs/long/runs", {})["id"]
        viewer = Viewer(made, id)
        wait("the run to be over", lambda: made.get(f"runs/{id}")["over"], 600, 0.01)
        over = time.time()
        wait("the log to be kept", lambda: made.ask("select log_blob from attempt where run_id = ? and log_blob is not null", int(id)), 120, 0.01)
        kept = time.time()
        viewer.thread.join(60)
    begun, printed = map(float, told.read_text().split())
    return {"id": id, "begun": begun, "printed": printed, "over": over, "kept": kept, "viewer": viewer, "server": server, "agent": agent}


@row("one run prints 1,000,000 lines", "> 200,000/s, viewer < 1 s")
def lines(options):
    with site(options, slots=1) as made:
        seen = printing(made, options.lines, 0)
        size, hash = made.ask("select log_bytes, log_blob from attempt where run_id = ?", int(seen["id"]))[0]
        (blob,) = pathlib.Path(made.hub.data).rglob(hash)
        start = time.monotonic()
        whole = made.hub.ask("GET", f"/api/v1/runs/{seen['id']}/log")[1]
        reading = time.monotonic() - start
        assert len(whole) == size and whole.count(b" of a job that prints") == options.lines - options.lines // 1000, (len(whole), size)
        parts = []
        for _ in range(100):
            at = random.randrange(size - 65_536)
            start = time.monotonic()
            status, part, _ = made.hub.ask("GET", f"/api/v1/runs/{seen['id']}/log", headers={"Range": f"bytes={at}-{at + 65_535}"})
            parts.append(time.monotonic() - start)
            assert status == 206 and part == whole[at:at + 65_536]
        viewer = seen["viewer"]
        return (f"{options.lines / (seen['over'] - seen['begun']):,.0f} lines/s until the run was over, {size / 1e6:.0f} MB (printing alone took {words(seen['printed'] - seen['begun'])}); "
                f"viewer behind {figures(viewer.lags)}; kept {words(seen['kept'] - seen['over'])} later in {os.path.getsize(blob) / 1e6:.1f} MB, "
                f"ratio {size / os.path.getsize(blob):.1f}; read whole {words(reading)}, 64 kB anywhere {figures(parts)}; server {seen['server'].memory()}, "
                f"agent {seen['agent'].memory()}; processor time: server {seen['server'].took:.2f} s, agent with the printing {seen['agent'].took:.2f} s")


@row("viewer of 2,000 lines/s", "< 1 s")
def viewer(options):
    with site(options, slots=1) as made:
        seen = printing(made, 20_000, 2_000)
        return f"behind {figures(seen['viewer'].lags)}"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bin", required=True)
    options.add_argument("--peer", action="store_true", help="measure Buildbot in the same run")
    options.add_argument("--install", action="store_true", help="install Buildbot from PyPI into --cache first")
    options.add_argument("--cache", default=os.path.expanduser("~/.cache/signalbox-bench/buildbot"), help="where Buildbot's environment is")
    options.add_argument("--jobs", type=int, default=10_000)
    options.add_argument("--slots", type=int, default=8)
    options.add_argument("--triggers", type=int, default=100)
    options.add_argument("--runs", type=int, default=1_000)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("only", nargs="?", default="")
    options = options.parse_args()
    options.bin = os.path.abspath(options.bin)
    table = []
    for name, budget, measure in ROWS:
        if options.only in name:
            print("measuring:", name, flush=True)
            before = load_average()
            try:
                text = measure(options)
            except Exception as problem:
                text = f"not measured: {problem!r}"
            table.append((name, budget, text))
            print(f"   {text} [load {before:.1f} before]", flush=True)
    if options.peer or options.install:
        print("measuring: Buildbot", flush=True)
        title, theirs = peer_buildbot.measure(options, PRINTER)
        for name, text in theirs.items():
            print(f"   {name}: {text}", flush=True)
    print(f"\n{os.cpu_count()} cores, release build, SQLite with synchronous=FULL, agent in a process of its own with {options.slots} slots; load at the end {load_average():.1f}")
    for name, budget, text in table:
        print(f"| {name} | {budget} | {text} |")
        if (options.peer or options.install) and name in theirs:
            print(f"| ... {title} | | {theirs[name]} |")


if __name__ == "__main__":
    main()
