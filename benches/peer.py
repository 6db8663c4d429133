"""The peer: Redmine as Debian packages it, on SQLite behind Puma, with fresh data, on a free loopback port."""
import http.client, json, os, pathlib, re, secrets, shutil, signal, socket, subprocess, tempfile, time

HOME = pathlib.Path("/usr/share/redmine")
PACKAGES = ["redmine", "redmine-sqlite", "puma"]


def measure(options, load, browse):
    """(title of the column, text for each row). Says plainly when there is nothing to measure."""
    if options.install:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], check=True, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    template = pathlib.Path("/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default")
    if not HOME.exists() or not template.exists() or not shutil.which("puma"):
        print("  Redmine is not installed (Debian: " + " ".join(PACKAGES) + "); no peer is measured")
        return "", {}
    version = (re.search(r"Version: (\S+)", subprocess.run(["dpkg", "-s", "redmine"], capture_output=True, text=True).stdout) or ["", "?"])[1]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="redmine-bench-"))
    redmine = Redmine(folder, template)
    try:
        return f"Redmine {version}", redmine.rows(options, load, browse)
    finally:
        redmine.stop()


class Redmine:
    def __init__(self, folder, template):
        self.folder, self.key = folder, secrets.token_hex(20)
        database = folder / "redmine.db"
        shutil.copy(template, database)
        self.prepare(database)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        site = folder / "site"
        (site / "config").mkdir(parents=True)
        (site / "tmp").mkdir()
        environment = dict(os.environ, RAILS_ENV="production", X_DEBIAN_SITEID="default", DATABASE_URL=f"sqlite3:{database}?timeout=30000",
                           SECRET_KEY_BASE=secrets.token_hex(32), RAILS_LOG_TO_STDOUT="1")
        self.log = open(folder / "puma.log", "wb")
        cores = str(os.cpu_count())
        start = time.monotonic()
        # One thread a worker: Ruby's SQLite waits for a lock with the interpreter's lock held, so threads would wait for each other until time-out.
        self.process = subprocess.Popen(["puma", "-e", "production", "-w", cores, "-t", "1:1", "-b", f"tcp://127.0.0.1:{self.port}", "config.ru"], cwd=HOME,
                                        env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        while True:
            try:
                if self.ask("GET", "/issues.json")[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - start > 180:
                raise RuntimeError("Redmine does not start: " + (folder / "puma.log").read_text(errors="replace")[-1500:])
            time.sleep(0.05)
        self.started_in = time.monotonic() - start

    def prepare(self, file):
        """An administrator with a key, the REST interface switched on, a project."""
        import sqlite3
        database = sqlite3.connect(file)
        admin = database.execute("select id from users where admin limit 1").fetchone()[0]
        now = "2026-01-01 00:00:00"
        database.execute("update users set must_change_passwd = 0 where id = ?", (admin,))
        database.execute("delete from tokens where user_id = ?", (admin,))
        database.execute("insert into tokens (user_id, action, value, created_on, updated_on) values (?, 'api', ?, ?, ?)", (admin, self.key, now, now))
        database.execute("insert into settings (name, value, updated_on) values ('rest_api_enabled', '1', ?)", (now,))
        database.commit()
        database.close()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"X-Redmine-API-Key": self.key, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def rows(self, options, load, browse):
        status, text = self.ask("POST", "/projects.json", {"project": {"name": "Big", "identifier": "big"}})
        if status != 201:
            raise RuntimeError(f"Redmine makes no project: {status} {text[:300]}")
        project = json.loads(text)["project"]["id"]
        body = json.dumps({"issue": {"project_id": project, "subject": "task {n}"}})
        host, key = f"127.0.0.1:{self.port}", {"X-Redmine-API-Key": self.key}
        run = lambda clients, seconds, *words: load(options, host, clients, seconds, *words, headers=key)
        memory = self.memory()
        created = run(64, 10, "post", "/issues.json", body)
        made = created["count"]
        self.fill(project, 10_000 - made)
        listed = run(64, 10, "get", f"/issues.json?project_id={project}&limit=100")
        page = run(1, 8, "get", f"/projects/big/issues?per_page=100")
        show = lambda result: f"{result['per_second']:,.0f}/s, p99 {result['p99_us'] / 1000:.0f} ms"
        return {
            "idle memory": f"{memory:.0f} MB",
            "start, 1 M tasks": f"{self.started_in * 1000:.0f} ms (empty)",
            "project page, 10,000 tasks": f"p50 {page['p50_us'] / 1000:.0f} ms, p99 {page['p99_us'] / 1000:.0f} ms (100 on a page)",
            "create a task, 64 clients": show(created),
            "first load of it in Chromium": browse(f"http://{host}/projects/big/issues?per_page=100"),
            "list 100 tasks, every field": show(listed),
        }

    def fill(self, project, count):
        """The rest of the 10,000, copied in the file: through the interface it would take longer than the whole table."""
        import sqlite3
        database = sqlite3.connect(self.folder / "redmine.db", timeout=60)
        columns = [c[1] for c in database.execute("pragma table_info(issues)") if c[1] != "id"]
        source = database.execute("select min(id) from issues where project_id = ?", (project,)).fetchone()[0]
        shown = [{"root_id": "(select max(id) from issues) + 1"}.get(c, c) for c in columns]
        for _ in range(max(0, count)):
            database.execute(f"insert into issues ({', '.join(columns)}) select {', '.join(shown)} from issues where id = ?", (source,))
        database.commit()
        database.close()

    def memory(self):
        """Resident memory of Puma and its workers."""
        total = 0
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except OSError:
                continue
            parent, pid = re.search(r"PPid:\s+(\d+)", text), int(status.parent.name)
            if pid == self.process.pid or (parent and int(parent[1]) == self.process.pid):
                resident = re.search(r"VmRSS:\s+(\d+)", text)
                total += int(resident[1]) if resident else 0
        return total / 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
