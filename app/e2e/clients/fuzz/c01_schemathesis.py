# Every operation of the OpenAPI document with made-up input, in bounds and out of bounds: no answer may be a 5xx.
# needs: pypi:schemathesis==4.32.5
# env: SIGNALBOX_LIMIT_API_REQUESTS_PER_MINUTE=100000000
# seconds: 420
import json, os, re, subprocess, sys, urllib.request

S = json.load(open(os.environ["SIGNALBOX_SEED"]))
document = S["base"] + "/api/v1/openapi.json"
headers = {"Authorization": "Bearer " + S["tokens"]["alice"]}
with urllib.request.urlopen(urllib.request.Request(document, headers=headers), timeout=10) as answer:
    paths = len(json.load(answer)["paths"])

# Held connections and waits are bounded by the server's limits, not by this run's patience: they are asked by hand elsewhere.
slow = "(gate/wait|/live|/events|/log$|users/me/sessions|/tokens/[^/]+$)"
examples = os.environ.get("SIGNALBOX_FUZZ_EXAMPLES", "15")
command = [
    "st", "run", document, "-H", "Authorization: " + headers["Authorization"], "--checks", "not_a_server_error", "--max-examples", examples,
    "--phases", "examples,coverage,fuzzing", "--exclude-path-regex", slow, "--request-timeout", "20", "--workers", "2", "--generation-database", "none",
    "--seed", "7", "--no-color", "--continue-on-failure",
]
run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400, cwd=S["data"])
print(run.stdout[-6000:])
log = open(os.path.join(S["data"], "server.log"), errors="replace").read()
assert "panicked" not in log, "the server panicked: " + log[log.find("panicked") - 200 :][:800]
urllib.request.urlopen(urllib.request.Request(S["base"] + "/api/v1/users/me", headers=headers), timeout=10).read()  # else all of it was refused at the door
cases = re.search(r"([\d,]+) generated", run.stdout)
assert cases and int(cases[1].replace(",", "")) > paths, "hardly anything was sent"
if run.returncode != 0:
    sys.exit("schemathesis found something")
print(f"{paths} paths, {cases[0]} cases, no 5xx")
