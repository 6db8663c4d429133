# What came into builds, branches of plans, builds that stop on their way, and plans that are switched off.
# needs: pypi:atlassian-python-api==5.0.5
# seconds: 240
import os, subprocess
import requests
from atlassian import Bamboo
from lab import S, begin, commit, git, native, url, wait

FILE = """
name: prov
title: Provision
on: [{push: {branches: [main, "topic/*"]}}]
overlap: buffer_all
steps: [{run: 'echo hello'}]
---
name: rel
stages:
  - {name: Test, jobs: [{name: check, steps: [{run: 'true'}]}]}
  - {name: Beta, manual: true, jobs: [{name: to-beta, steps: [{run: 'true'}]}]}
  - {name: Production, manual: true, jobs: [{name: to-production, steps: [{run: 'true'}]}]}
"""
begin(FILE, "prov", "rel")
alice = Bamboo(url=url, token=S["tokens"]["alice"])
bob = Bamboo(url=url, username="bob@hub.example", password=S["tokens"]["bob"])


def refused(status, call, *arguments, **named):
    try:
        answer = call(*arguments, **named)
    except requests.HTTPError as error:
        assert error.response.status_code == status, (error.response.status_code, error.response.text)
        return str(error)
    raise AssertionError(f"it was not refused: {answer}")


def over(key, expand="changes"):
    def look():
        result = alice.build_result(key, expand=expand)
        return result if result["lifeCycleState"] in ("Finished", "NotBuilt") else None
    return wait(f"{key} to end", look)


def built(head):
    """The result of the build that a push started."""
    def look():
        for result in alice.plan_results("LAB", "PROV", include_all_states=True):
            if result["vcsRevisionKey"] == head:
                return result["key"]
    return over(wait("the push to start a build", look), expand="changes.change.files")


# Commits since the build before, on the same branch.
first = over(bob.execute_build("LAB-PROV")["buildResultKey"])
assert first["changes"]["size"] == 0 and first["changes"]["change"] == [], first["changes"]
(one, two) = (commit("Say hello\n\nto <everybody> & all", a__txt="1"), None)
built(one)
git("commit", "-q", "--allow-empty", "-m", "Nothing at all", who="Bea")
two = commit("Say more", who="Bea", b__txt="2", c__txt="3")
result = built(two)
changes = result["changes"]["change"]
assert result["changes"]["size"] == 2 and [c["comment"] for c in changes] == ["Say more", "Nothing at all"], changes
assert (changes[0]["changesetId"], changes[0]["author"], changes[0]["fullName"], changes[0]["userName"]) == (two, "Bea", "Bea", "bea@hub.example"), changes
page = requests.get(changes[0]["commitUrl"], headers={"Accept": "text/html"}, allow_redirects=False, timeout=30)
assert changes[0]["date"].endswith("Z") and "/login" in page.headers.get("location", ""), (changes[0], page.status_code, page.headers)
assert [f["name"] for f in changes[0]["files"]["file"]] == ["b.txt", "c.txt"], changes
assert alice.build_result(result["key"])["changes"] == {"size": 2, "start-index": 0, "max-result": 0}
job = alice.build_result(result["key"].replace("PROV", "PROV-JOB1"), expand="changes.change")
assert [c["changesetId"] for c in job["changes"]["change"]] == [c["changesetId"] for c in changes], "a job's are its plan's"
assert built(one)["changes"]["change"][0]["comment"] == "Say hello\n\nto <everybody> & all"

# Branches: those that pushes start the plan on, and nothing is invented.
assert list(alice.plan_branches("LAB-PROV")) == []
git("checkout", "-q", "-b", "lonely")
git("commit", "-q", "--allow-empty", "-m", "nobody builds this")
git("checkout", "-q", "-b", "topic/faster", "main")
tip = commit("Faster", d__txt="4")
topic = built(tip)
assert topic["changes"]["size"] == 0, "the first build of a branch has nothing before it"
tip = commit("Faster still", who="Bea", d__txt="5")
assert [c["comment"] for c in built(tip)["changes"]["change"]] == ["Faster still"], "what happened on main is not the branch's"
git("checkout", "-q", "main")
[branch] = alice.plan_branches("LAB-PROV")
key = branch["key"]
assert (branch["shortName"], branch["enabled"], branch["type"]) == ("topic/faster", True, "chain_branch"), branch
assert key.startswith("LAB-PROV") and branch["master"]["key"] == "LAB-PROV", branch
assert alice.get_branch_info("LAB-PROV", "topic-faster")["key"] == key
assert alice.get_plan("LAB-PROV", expand="branches")["branches"]["branch"][0]["key"] == key
plan = alice.get_plan(key)
assert (plan["key"], plan["shortName"], plan["master"]["key"]) == (key, "topic/faster", "LAB-PROV"), plan
assert [b["id"] for b in alice.search_branches("LAB-PROV")] == ["LAB-PROV", key]
assert {b["name"] for b in alice.get_vcs_branches("LAB-PROV")["branches"]["branch"]} == {"main", "lonely", "topic/faster"}
assert alice.create_branch("LAB-PROV", "topic-faster", vcs_branch="refs/heads/topic/faster", enabled=True)["key"] == key
why = refused(400, alice.create_branch, "LAB-PROV", "lonely", vcs_branch="lonely")
assert "on: push: branches" in why and "signalbox.yaml" in why, why
assert "no branch nowhere" in refused(400, alice.create_branch, "LAB-PROV", "nowhere", vcs_branch="nowhere")
queued = bob.execute_build(key)
assert over(queued["buildResultKey"])["vcsRevisionKey"] == tip, "a branch is built by its key"
assert {r["vcsRevisionKey"] for r in alice.plan_results("LAB", key.split("-")[1])} == {topic["vcsRevisionKey"], tip}
assert alice.build_latest_result(key)["vcsRevisionKey"] == tip
bob.enable_plan(key)
assert "on: push: branches" in refused(400, bob.disable_plan, key)
assert over(bob.execute_build("LAB-PROV", custom_revision="lonely")["buildResultKey"])["successful"]
asked = {b["shortName"]: b for b in alice.plan_branches("LAB-PROV")}
assert set(asked) == {"lonely", "topic/faster"} and asked["lonely"]["enabled"] is False, "somebody had it built, pushes do not"


# Stages: a build goes as far as it is asked to.
def states(key):
    return [(s["name"], s["state"]) for s in alice.build_result(key, expand="stages.stage")["stages"]["stage"]]


def waits(key):
    return wait(f"{key} to wait", lambda: alice.build_result(key)["continuable"])


key = bob.execute_build("LAB-REL", stage="Beta")["buildResultKey"]
waits(key)
assert states(key) == [("Test", "Successful"), ("Beta", "Successful"), ("Production", "Unknown")], states(key)
bob.pause_build_in_queue("LAB", "REL", key.split("-")[-1])
wait("the last stage", lambda: states(key)[2] == ("Production", "Successful"))
key = bob.execute_build("LAB-REL", stage="Test")["buildResultKey"]
waits(key)
assert states(key)[1] == ("Beta", "Unknown"), states(key)
bob.put(f"rest/api/latest/queue/{key}", params={"executeAllStages": "true"})
wait("all of them", lambda: states(key)[2] == ("Production", "Successful"))
assert alice.build_result(key)["continuable"] is False
key = bob.execute_build("LAB-REL")["buildResultKey"]
wait("this client's own default, all stages", lambda: states(key)[2] == ("Production", "Successful"))
assert "There is no stage Moon" in refused(400, bob.execute_build, "LAB-REL", stage="Moon")

# Switched off: for clients, people, scripts and pushes alike.
count = len(list(alice.plan_results("LAB", "PROV", include_all_states=True)))
bob.disable_plan("LAB-PROV")
why = refused(400, alice.execute_build, "LAB-PROV")
assert "Provision is disabled: Bob switched it off on " in why, why
page = requests.post(S["base"] + "/api/v1/jobs/prov/runs", json={}, headers={"Authorization": "Bearer " + S["tokens"]["alice"]}, timeout=30)
assert page.status_code == 409 and "Bob switched it off" in page.json()["detail"], page.text


def signalbox(*words):
    environment = dict(os.environ, SIGNALBOX_URL=S["base"], SIGNALBOX_TOKEN=S["tokens"]["alice"])
    done = subprocess.run([S["bin"], *words], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


code, said = signalbox("job", "run", "prov")
assert code != 0 and "Bob switched it off" in said, (code, said)
last = commit("While it is off", e__txt="6")
assert native("GET", "jobs/prov")["disabled"] is True
code, said = signalbox("job", "enable", "prov")
assert code == 0 and alice.get_plan("LAB-PROV")["enabled"] is True, said
after = commit("And on again", e__txt="7")
assert [c["comment"] for c in built(after)["changes"]["change"]] == ["And on again", "While it is off"]
commits = [r["vcsRevisionKey"] for r in alice.plan_results("LAB", "PROV", include_all_states=True)]
assert last not in commits and len(commits) == count + 1, "what was pushed meanwhile was not built by itself"

# The same button stands on the page of the job, and says who pressed it.
browser = requests.Session()
browser.headers.update({"Accept": "text/html", "Origin": S["base"], "Sec-Fetch-Site": "same-origin"})
assert browser.post(S["base"] + "/login", data={"email": "alice@hub.example", "password": "correct horse battery"}, timeout=60).ok
assert browser.post(S["base"] + "/jobs/prov/disable", data={"reason": "the lab moves"}, timeout=60).ok
page = browser.get(S["base"] + "/jobs/prov", timeout=60).text
assert "switched it off on" in page and "the lab moves" in page and "/jobs/prov/enable" in page and "Run now" not in page, page
assert "the lab moves" in refused(400, bob.execute_build, "LAB-PROV"), "whoever pressed it, clients are told"
assert browser.post(S["base"] + "/jobs/prov/enable", timeout=60).ok and "Run now" in browser.get(S["base"] + "/jobs/prov", timeout=60).text
assert over(bob.execute_build("LAB-PROV")["buildResultKey"])["successful"]
