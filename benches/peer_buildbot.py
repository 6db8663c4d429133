"""The peer for jobs: Buildbot from PyPI, a master on SQLite and one worker, in a virtual environment, with fresh data, on free loopback ports."""
import json, os, pathlib, shutil, signal, socket, subprocess, tempfile, threading, time, urllib.request

PACKAGES = ["buildbot", "buildbot-www", "buildbot-worker"]

CONFIG = """
from buildbot.plugins import *
def factory(*command):
    made = util.BuildFactory()
    made.addStep(steps.ShellCommand(command=list(command), logEnviron=False))
    return made
def builder(name, *command):
    return util.BuilderConfig(name=name, workernames=["w"], factory=factory(*command))
builders = [builder("mark", "bash", "-c", "echo mark $EPOCHREALTIME >> {marks}"), builder("long", "python3", "{printer}", "{lines}", "0", "{told}")]
builders += [builder("true-%d" % n, "true") for n in range(8)]
c = BuildmasterConfig = {{
    "workers": [worker.Worker("w", "secret", max_builds=8)],
    "protocols": {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}},
    "builders": builders,
    "schedulers": [schedulers.ForceScheduler(name="force-" + b.name, builderNames=[b.name]) for b in builders],
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "www": {{"port": "tcp:{web}:interface=127.0.0.1"}},
    "buildbotURL": "http://127.0.0.1:{web}/",
    "buildbotNetUsageData": None,
    "title": "bench",
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measure(options, printer):
    """(title, text for each row). Says plainly when there is nothing to measure."""
    bin = pathlib.Path(options.cache) / "venv" / "bin"
    if options.install:
        bin.parent.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["python3", "-m", "venv", str(bin.parent)], check=True)
        subprocess.run([bin / "pip", "install", "-q", "--upgrade", *PACKAGES], check=True)
    if not (bin / "buildbot").exists():
        print(f"  Buildbot is not installed in {bin.parent} (--install does that, from PyPI); no peer is measured")
        return "", {}
    shown = subprocess.run([bin / "buildbot", "--version"], check=True, capture_output=True, text=True).stdout
    peer = Buildbot(options, printer)
    try:
        peer.start(bin)
        return "Buildbot " + shown.split("version:")[1].split()[0], peer.rows()
    finally:
        peer.stop()


class Buildbot:
    def __init__(self, options, printer):
        self.options, self.folder = options, pathlib.Path(tempfile.mkdtemp(prefix="buildbot-bench-"))
        self.marks, self.told = self.folder / "marks", self.folder / "printed"
        self.marks.touch()
        (self.folder / "printer.py").write_text(printer)
        self.log, self.processes, self.web = open(self.folder / "log", "wb"), [], free_port()

    def start(self, bin):
        pb = free_port()
        master, worker = self.folder / "master", self.folder / "worker"
        quietly = dict(check=True, stdout=subprocess.DEVNULL)
        subprocess.run([bin / "buildbot", "create-master", "-r", master], **quietly)
        (master / "master.cfg").write_text(CONFIG.format(marks=self.marks, printer=self.folder / "printer.py", lines=self.options.lines, told=self.told, pb=pb, web=self.web))
        subprocess.run([bin / "buildbot-worker", "create-worker", worker, f"127.0.0.1:{pb}", "w", "secret"], **quietly)
        inside = dict(stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        for program, place in (("buildbot", master), ("buildbot-worker", worker)):
            self.processes.append(subprocess.Popen([bin / program, "start", "--nodaemon", place], **inside))
            if program == "buildbot":
                self.until("the master", lambda: self.get("forceschedulers"))
        self.until("the worker", lambda: any(worker["connected_to"] for worker in self.get("workers")["workers"]))

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/api/v2/{path}", timeout=60) as answer:
                return json.load(answer)
        except OSError:
            return None

    def until(self, what, seen, most=600, pause=0.02):
        until = time.monotonic() + most
        while not (found := seen()):
            if time.monotonic() > until or any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f"waited for {what} of Buildbot: " + (self.folder / "master" / "twistd.log").read_text(errors="replace")[-1500:])
            time.sleep(pause)
        return found

    def force(self, name):
        body = {"id": 1, "jsonrpc": "2.0", "method": "force", "params": {"username": "Ann <ann@hub.example>", "reason": "bench"}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}/api/v2/forceschedulers/force-{name}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["result"][0]

    def idle(self, pause=0.02):
        self.until("the end of its builds", lambda: not self.get("buildrequests?complete=false&limit=1")["buildrequests"], pause=pause)

    def rows(self):
        from jobs import Process, figures, words
        found = {}
        took, triggers = [], max(10, self.options.triggers // 4)
        for n in range(triggers):
            asked = time.time()
            self.force("mark")
            begun = self.until("the process", lambda: self.marks.read_text().splitlines()[n:], pause=0.001)[0]
            took.append(float(begun.split()[1]) - asked)
            self.idle()
        found["trigger to process begun, one after the other"] = f"{figures(took)} ({triggers} times)"
        master, worker = self.processes
        count = max(8, self.options.runs // 10 // 8 * 8)
        with Process(master.pid) as of_master, Process(worker.pid) as of_worker:
            start = time.monotonic()
            lanes = [threading.Thread(target=lambda n=n: [self.force(f"true-{n}") for _ in range(count // 8)]) for n in range(8)]
            [lane.start() for lane in lanes]
            [lane.join() for lane in lanes]
            self.idle(0.1)
            all = time.monotonic() - start
        each = 1000 / count
        found["runs of `true`, 8 at once"] = (f"{count / all:,.1f}/s ({count} builds, one request of each 8 builders after the other); processor time of a build: "
                                              f"master {of_master.took * each:.0f} ms, worker with its jobs {of_worker.took * each:.0f} ms")
        with Process(master.pid) as of_master, Process(worker.pid) as of_worker:
            self.force("long")
            self.until("the printing", self.told.exists)
            self.idle(0.05)
            over = time.time()
        begun, printed = map(float, self.told.read_text().split())
        found["one run prints 1,000,000 lines"] = (f"{self.options.lines / (over - begun):,.0f} lines/s until the build was over (printing took {words(printed - begun)}); "
                                                   f"master {of_master.memory()}, worker {of_worker.memory()}; "
                                                   f"processor time: master {of_master.took:.1f} s, worker with the printing {of_worker.took:.1f} s")
        return found

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
