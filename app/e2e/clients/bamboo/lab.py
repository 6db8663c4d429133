# What the scripts in this folder share: a git repository that a server knows as `lab`, the native API, and waiting.
import json, os, pathlib, subprocess, time, urllib.request

S = json.load(open(os.environ["SIGNALBOX_SEED"]))
repository = pathlib.Path(S["data"], "lab")
url = S["base"] + "/bamboo"


def native(method, path, body=None, token="alice"):
    headers = {"Authorization": "Bearer " + S["tokens"][token], "Content-Type": "application/json"}
    request = urllib.request.Request(S["base"] + "/api/v1/" + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request, timeout=30))


def git(*words, who="Ann"):
    name = ["-c", f"user.name={who}", "-c", f"user.email={who.lower()}@hub.example"]
    return subprocess.run(["git", *name, *words], cwd=repository, check=True, capture_output=True, text=True).stdout.strip()


def wait(what, look, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)


def commit(message, who="Ann", **files):
    """Commits files (`__` stands for a dot in their names) and has the server look."""
    for name, text in files.items():
        (repository / name.replace("__", ".")).write_text(text)
    git("add", ".")
    git("commit", "-q", "-m", message, who=who)
    native("POST", "repositories/lab/fetch", {})
    return git("rev-parse", "HEAD")


def begin(text, *jobs):
    """Makes the repository with this job file and waits until its jobs are known."""
    repository.mkdir()
    git("init", "-q", "-b", "main")
    (repository / "signalbox.yaml").write_text(text)
    git("add", ".")
    git("commit", "-q", "-m", "jobs")
    native("POST", "repositories", {"name": "lab", "url": str(repository), "default_branch": "main"})
    native("POST", "repositories/lab/fetch", {})
    wait("reading the job file", lambda: set(jobs) <= {job["name"] for job in native("GET", "jobs")["data"]})
