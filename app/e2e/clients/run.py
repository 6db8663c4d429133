#!/usr/bin/env python3
"""Runs scripts that use real clients, as a user's own script would, against the real program.

  python3 run.py --bin target/debug/signalbox [--only NAME] [--database URL]

Every script gets a server of its own: empty data, a free loopback port, three people (alice, bob, guest) with tokens. What it needs to
know comes as JSON in the file $SIGNALBOX_SEED. It passes when it exits 0. Comments at the top of a script say what it wants:

  needs: pypi:asana==5.4.0      a client, installed once into $SIGNALBOX_TEST_CACHE; several lines run the script once for each
  serve: --test-clock ...       arguments of the server
  env: NAME=VALUE               a variable of the server
  seconds: 300                  how long it may take (120)

With `--database` every server gets an empty database in that cluster. Closes with "N passed, N failed".
"""
import argparse, contextlib, json, os, pathlib, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("SIGNALBOX_TEST_CACHE") or pathlib.Path.home() / ".cache" / "signalbox-acceptance")


def call(method, url, token, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers), timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def wanted(text, key):
    return re.findall(rf"^(?:#|//) {key}: (.+?)\s*$", text, re.M)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def server(binary, arguments, variables, database):
    """A server on empty data: (address, administrator's token, data folder)."""
    data, port, token = tempfile.mkdtemp(prefix="signalbox-clients-"), free_port(), "adm_" + secrets.token_hex(16)
    command = [binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}", *arguments]
    if database:
        name = "clients_" + secrets.token_hex(6)
        subprocess.run(["psql", "-q", "-X", "-d", database, "-c", f"create database {name}"], check=True)
        command += ["--database", f"{database.rsplit('/', 1)[0]}/{name}"]
    environment = dict(os.environ, SIGNALBOX_ADMIN_EMAIL="alice@hub.example", SIGNALBOX_ADMIN_PASSWORD="correct horse battery",
                       SIGNALBOX_ADMIN_TOKEN=token, **variables)
    with open(os.path.join(data, "server.log"), "wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server is not ready: " + tail(data))
            with contextlib.suppress(OSError):
                urllib.request.urlopen(base + "/readyz", timeout=1).read()
                break
            time.sleep(0.05)
        yield base, token, data
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        if not os.environ.get("KEEP"):
            shutil.rmtree(data, ignore_errors=True)


def tail(data, lines=5):
    text = pathlib.Path(data, "server.log").read_text(errors="replace")
    return " | ".join(text.strip().splitlines()[-lines:])


def seed(base, token):
    """People and places, made through the public interfaces only."""
    tokens, users = {"alice": token}, {"alice": call("GET", base + "/api/1.0/users/me", token)["data"]["gid"]}
    for name, role in (("bob", "member"), ("guest", "guest")):
        made = call("POST", base + "/api/v1/users", token, {"email": f"{name}@hub.example", "name": name.title(), "role": role})
        users[name] = str(made["id"])
        tokens[name] = call("POST", f"{base}/api/v1/users/{made['id']}/tokens", token, {"name": "clients"})["token"]
    workspace = call("GET", base + "/api/1.0/workspaces", token)["data"][0]["gid"]
    team = call("GET", f"{base}/api/1.0/workspaces/{workspace}/teams", token)["data"][0]["gid"]
    return {"base": base, "workspace": workspace, "team": team, "users": users, "tokens": tokens}


def client(need):
    """Installs a client into the cache: (interpreter, environment)."""
    kind, what = need.split(":", 1)
    place = CACHE / re.sub(r"[^A-Za-z0-9.]+", "-", need)
    if not (place / ".done").exists():
        shutil.rmtree(place, ignore_errors=True)
        if kind == "pypi":
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
            subprocess.run([place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *what.split("+")], check=True)
        else:
            place.mkdir(parents=True)
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", place, *what.split("+")], check=True)
        (place / ".done").touch()
    if kind == "pypi":
        return [str(place / "bin" / "python")], {"PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    return ["node"], {"NODE_PATH": str(place / "node_modules")}


def run(path, need, text, options):
    """Runs one script with one client: (whether it passed, what it said, what the server said)."""
    interpreter, variables = client(need)
    arguments = " ".join(wanted(text, "serve")).split()
    limits = dict(line.split("=", 1) for line in wanted(text, "env"))
    seconds = float((wanted(text, "seconds") or ["120"])[0])
    with server(options.bin, arguments, limits, options.database) as (base, token, data):
        try:
            sown = dict(seed(base, token), bin=options.bin, data=data)
            pathlib.Path(data, "seed.json").write_text(json.dumps(sown))
            environment = dict(os.environ, SIGNALBOX_SEED=os.path.join(data, "seed.json"), OAUTHLIB_INSECURE_TRANSPORT="1", PYTHONDONTWRITEBYTECODE="1")
            environment.update(variables)
            done = subprocess.run([*interpreter, str(path)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=seconds)
            return done.returncode == 0, done.stdout.decode(errors="replace"), tail(data)
        except subprocess.TimeoutExpired as late:
            return False, f"not done within {seconds:.0f} s\n" + (late.stdout or b"").decode(errors="replace"), tail(data)
        except urllib.error.HTTPError as refused:
            return False, f"seeding: {refused.url}: {refused.code} {refused.read().decode(errors='replace')}", tail(data)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bin", required=True)
    options.add_argument("--only", default="")
    options.add_argument("--database")
    options = options.parse_args()
    options.bin = os.path.abspath(options.bin)
    passed = failed = 0
    for path in sorted(p for p in HERE.rglob("*") if re.match(r"[a-z]\d\d_.*\.(py|js)$", p.name)):
        if options.only not in path.name:
            continue
        text = path.read_text()
        for need in wanted(text, "needs"):
            try:
                ok, said, server_said = run(path, need, text, options)
            except Exception as problem:
                ok, said, server_said = False, repr(problem), ""
            name = f"{path.parent.name}/{path.stem} [{need}]"
            if ok:
                passed += 1
                last = (said.strip().splitlines() or [""])[-1]
                print("ok    ", name, "-", last[:100])
            else:
                failed += 1
                print("FAILED", name, "\n" + "\n".join("        " + line for line in said.strip().splitlines()[-25:]))
                print("        server:", server_said)
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
