#!/usr/bin/env python3
"""Measures the release build from outside and prints the table of budgets. See README.md."""
import argparse, contextlib, gzip, http.client, json, os, pathlib, re, secrets, shutil, signal, socket, sqlite3, statistics, subprocess, sys, tempfile, time
import urllib.parse

import peer

ROWS = []


def row(name, budget):
    """Registers a measurement; it returns text for the table, and on the way may say more."""
    def register(measure):
        ROWS.append((name, budget, measure))
        return measure
    return register


class Hub:
    """A server of the release build with an administrator."""

    def __init__(self, options, data=None, words=()):
        self.options, self.data = options, data or tempfile.mkdtemp(prefix="signalbox-bench-")
        self.token = "adm_" + "b" * 32
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        environment = dict(os.environ, SIGNALBOX_ADMIN_EMAIL="alice@hub.example", SIGNALBOX_ADMIN_PASSWORD="correct horse battery",
                           SIGNALBOX_ADMIN_TOKEN=self.token, SIGNALBOX_LIMIT_API_REQUESTS_PER_MINUTE="1000000000")
        start = time.monotonic()
        self.log = open(os.path.join(self.data, "server.log"), "ab")
        self.process = subprocess.Popen([options.bin, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *words], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        while True:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/readyz")[0] == 200:
                    break
            if self.process.poll() is not None or time.monotonic() - start > 120:
                raise RuntimeError("the server does not start, see " + self.log.name)
            time.sleep(0.001)
        self.started_in = time.monotonic() - start

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json", **(headers or {})}
            headers = {name: value for name, value in headers.items() if value}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def make(self, path, body):
        status, text, _ = self.ask("POST", "/api/v1/" + path, body)
        if status >= 300:
            raise RuntimeError(f"{path}: {status} {text.decode()[:300]}")
        return json.loads(text)

    def load(self, clients, seconds, *words, headers=None):
        headers = {"Authorization": "Bearer " + self.token} if headers is None else headers
        return load(self.options, f"127.0.0.1:{self.port}", clients, seconds, *words, headers=headers)

    def stop(self, keep=False):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if not keep:
            shutil.rmtree(self.data, ignore_errors=True)


def load(options, host, clients, seconds, *words, headers):
    flags = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    out = subprocess.run([options.load, *flags, host, str(clients), str(seconds), *words], check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(out)
    if result["failed"]:
        print(f"  note: {result['failed']} of {result['count'] + result['failed']} failed, such as: {result['example_of_failure']}")
    return result


def browse(url, cookie=""):
    """The first load of a page in Chromium, as a sentence."""
    script = pathlib.Path(__file__).with_name("pages.mjs")
    seen = json.loads(subprocess.run(["node", script, url, "7", cookie], check=True, stdout=subprocess.PIPE, text=True).stdout)
    parts = ", ".join(f"{kind} {seen.get(kind, 0) / 1000:.0f}" for kind in ("html", "css", "js", "font", "image", "icons", "fetch") if seen.get(kind))
    return (f"{seen['all'] / 1000:.0f} kB in {seen['requests']:.0f} requests ({parts}), painted after {seen['paint']:.0f} ms, "
            f"usable after {seen['interactive']:.0f} ms (fastest {seen['fastest']:.0f})")


@contextlib.contextmanager
def hub(options):
    server = Hub(options)
    try:
        yield server
    finally:
        server.stop()


def ms(microseconds):
    return f"{microseconds / 1000:.1f} ms"


def with_tasks(server, count):
    """A project with at least `count` tasks, made through the API."""
    project = server.make("projects", {"name": "Big"})["id"]
    made = 0
    while made < count:
        made += server.load(32, 2, "post", "/api/v1/tasks", json.dumps({"name": "task {n}", "projects": [project]}))["count"]
    return str(project), made


@row("idle memory", "< 60 MB")
def idle_memory(options):
    with hub(options) as server:
        time.sleep(2)
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        return f"{resident / 1024:.0f} MB"


@row("start, 1 M tasks", "< 300 ms")
def start(options):
    server = Hub(options)
    data = server.data
    try:
        with_tasks(server, 10_000)
        server.stop(keep=True)
        total = multiply(data, 1_000_000)
        times = []
        for _ in range(5):
            server = Hub(options, data)
            times.append(server.started_in * 1000)
            server.stop(keep=True)
        return f"{statistics.median(times):.0f} ms ({total:,} tasks)"
    finally:
        server.stop()


def multiply(data, wanted):
    """Copies the tasks and memberships in the file until there are enough."""
    (file,) = [path for path in pathlib.Path(data).rglob("*") if path.is_file() and path.open("rb").read(15) == b"SQLite format 3"]
    database = sqlite3.connect(file)
    columns = lambda table: [c[1] for c in database.execute(f"pragma table_info({table})")]
    low, high, count = database.execute("select min(id), max(id), count(*) from task").fetchone()
    stride = high - low + 1
    for copy in range(1, -(-wanted // count)):
        shifted = {"id": f"id + {copy * stride}", "task_id": f"task_id + {copy * stride}", "external_id": "null"}
        for table in ("task", "membership"):
            names = columns(table)
            database.execute(f"insert into {table} ({', '.join(names)}) select {', '.join(shifted.get(n, n) for n in names)} from {table}"
                             f" where {'id' if table == 'task' else 'task_id'} between {low} and {high}")
    database.commit()
    total = database.execute("select count(*) from task").fetchone()[0]
    database.close()
    return total


def cookie_of(server):
    form = urllib.parse.urlencode({"email": "alice@hub.example", "password": "correct horse battery"})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{server.port}"})
    return (connection.getresponse().getheader("set-cookie") or "").split(";")[0]


@row("project page, 10,000 tasks", "p99 < 15 ms, < 100 kB gzip")
def page(options):
    with hub(options) as server:
        project, _ = with_tasks(server, 10_000)
        cookie = {"Cookie": cookie_of(server)}
        status, body, _ = server.ask("GET", f"/projects/{project}", headers={**cookie, "Authorization": ""})
        if status != 200:
            return f"not built yet ({status})"
        shown = len(re.findall(rb"task \d+", body))
        result = server.load(1, 8, "get", f"/projects/{project}", headers=cookie)
        return f"p50 {ms(result['p50_us'])}, p99 {ms(result['p99_us'])}, {len(gzip.compress(body)) / 1000:.0f} kB, {shown} tasks on it"


@row("first load of it in Chromium", "< 100 kB gzip")
def first_load(options):
    with hub(options) as server:
        project, _ = with_tasks(server, 10_000)
        return browse(f"http://127.0.0.1:{server.port}/projects/{project}", cookie_of(server))


@row("create a task, 64 clients", "> 3,000/s")
def create(options):
    with hub(options) as server:
        project = server.make("projects", {"name": "Load"})["id"]
        result = server.load(64, 10, "post", "/api/v1/tasks", json.dumps({"name": "task {n}", "projects": [str(project)]}))
        return f"{result['per_second']:,.0f}/s, p99 {ms(result['p99_us'])}"


@row("the same, Asana's interface", "")
def create_by_facade(options):
    with hub(options) as server:
        project = server.make("projects", {"name": "Load"})["id"]
        result = server.load(64, 10, "post", "/api/1.0/tasks", json.dumps({"data": {"name": "task {n}", "projects": [str(project)]}}))
        return f"{result['per_second']:,.0f}/s, p99 {ms(result['p99_us'])}"


def list_tasks(options, path):
    with hub(options) as server:
        project, _ = with_tasks(server, 10_000)
        result = server.load(64, 10, "get", path.replace("{project}", project))
        return f"{result['per_second']:,.0f}/s, p99 {ms(result['p99_us'])}, {result['bytes_each'] / 1000:.0f} kB each"


@row("list 100 tasks, Asana's interface", "> 8,000/s")
def list_by_facade(options):
    return list_tasks(options, "/api/1.0/tasks?project={project}&limit=100")


@row("list 100 tasks, id and name", "")
def list_names(options):
    return list_tasks(options, "/api/v1/tasks?project={project}&limit=100&fields=id,name")


@row("list 100 tasks, every field", "")
def list_full(options):
    return list_tasks(options, "/api/v1/tasks?project={project}&limit=100")


@row("the smallest answer, 64 clients", "")
def smallest(options):
    with hub(options) as server:
        result = server.load(64, 10, "get", "/healthz")
        return f"{result['per_second']:,.0f}/s"


@row("gate and start, 16 clients", "p99 < 50 ms")
def gate_and_start(options):
    with hub(options) as server, tempfile.TemporaryDirectory() as folder:
        git = lambda *words: subprocess.run(["git", "-c", "user.name=Ann", "-c", "user.email=ann@hub.example", *words], cwd=folder, check=True,
                                            capture_output=True, text=True).stdout.strip()
        git("init", "-q", "-b", "main")
        git("commit", "-q", "--allow-empty", "-m", "one")
        server.make("repositories", {"name": "web", "url": folder, "default_branch": "main"})
        server.make("environments", {"name": "beta", "repository": "web"})
        result = server.load(16, 10, "deploy", "beta", git("rev-parse", "HEAD"))
        return f"p50 {ms(result['p50_us'])}, p99 {ms(result['p99_us'])} ({result['count'] - result['refused']:,} starts, {result['refused']:,} refusals)"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bin", required=True)
    options.add_argument("--peer", action="store_true", help="measure Redmine in the same run")
    options.add_argument("--install", action="store_true", help="install Redmine from Debian's packages first")
    options.add_argument("only", nargs="?", default="")
    options = options.parse_args()
    options.load = str(pathlib.Path(options.bin).with_name("load"))
    options.bin = os.path.abspath(options.bin)
    ours, theirs = {}, {}
    for name, _, measure in ROWS:
        if options.only in name:
            print("measuring:", name)
            try:
                ours[name] = measure(options)
            except Exception as problem:
                ours[name] = f"not measured: {problem}"
            print("  ", ours[name])
    title = ""
    if options.peer or options.install:
        print("measuring: the peer")
        title, theirs = peer.measure(options, load, browse)
    table = [("what", "budget", "Signalbox", *([title] if title else []))]
    table += [(name, budget, ours[name], *([theirs.get(name, "-")] if title else [])) for name, budget, _ in ROWS if name in ours]
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    print()
    print(f"{os.cpu_count()} cores, load from the same machine")
    for number, line in enumerate(table):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    main()
