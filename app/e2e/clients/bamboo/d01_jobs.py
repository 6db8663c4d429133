# A job from the view of scripts that were written for Bamboo: found, started, watched, read, stopped, switched off, deployed.
# needs: pypi:atlassian-python-api==5.0.5
# seconds: 240
import requests
from atlassian import Bamboo
from lab import S, git, native, repository, url, wait


def refused(status, call, *arguments, **named):
    try:
        answer = call(*arguments, **named)
    except requests.HTTPError as error:
        assert error.response.status_code == status, (error.response.status_code, error.response.text)
        assert str(error) and "Unknown error" not in str(error), "the client shows the sentence of the server"
        return str(error)
    raise AssertionError(f"it was not refused: {answer}")


FILE = """
name: prov
title: Provision
description: Makes machines
on: [{cron: "0 4 * * *", tz: UTC}]
params: {cluster_name: {default: alpha}}
overlap: buffer_all
stages:
  - name: Validate
    jobs:
      - name: check
        steps: [{name: look, run: 'echo "cluster $PARAM_CLUSTER_NAME <&>"; seq 1 40'}]
  - name: Build
    jobs:
      - name: pack
        steps:
          - run: 'mkdir -p out; echo "<h1>report</h1>" > out/report.html; echo one > out/a.txt; echo two > out/b.txt; sleep "${SLEEP:-0}"; exit "${CODE:-0}"'
            env: {SLEEP: "0", CODE: "0"}
        artifacts:
          - {name: report, pattern: "out/*.html", required: true, shared: true}
          - {name: texts, pattern: "out/*.txt"}
---
name: ship
deploy: beta
steps: [{run: 'echo shipping $SIGNALBOX_COMMIT'}]
"""


def commit(text):
    (repository / "signalbox.yaml").write_text(text)
    git("add", ".")
    git("commit", "-q", "-m", "jobs")
    native("POST", "repositories/lab/fetch", {})
    head = git("rev-parse", "HEAD")
    wait("reading the job file", lambda: any(job["name"] == "prov" for job in native("GET", "jobs")["data"]) and native("GET", "jobs/prov")["source"].strip() in text and native("GET", "jobs/prov")["commit"] == head)


repository.mkdir()
git("init", "-q", "-b", "main")
(repository / "signalbox.yaml").write_text(FILE)
git("add", ".")
git("commit", "-q", "-m", "jobs")
native("POST", "repositories", {"name": "lab", "url": str(repository), "default_branch": "main"})
native("POST", "environments", {"name": "beta", "repository": "lab"})
commit(FILE + "\n")

alice = Bamboo(url=url, token=S["tokens"]["alice"])
bob = Bamboo(url=url, username="bob@hub.example", password=S["tokens"]["bob"])
guest = Bamboo(url=url, token=S["tokens"]["guest"])

# Who is asked, and who asks.
assert alice.server_info()["state"] == "RUNNING"
assert bob.get_current_user()["email"] == "bob@hub.example"
assert Bamboo(url=url, username="bob", password=S["tokens"]["bob"]).get_current_user()["fullName"] == "Bob"
for stranger in (Bamboo(url=url, token="nonsense"), Bamboo(url=url)):
    assert "401" in refused(401, stranger.get_current_user)

# Projects and plans.
assert [(p["key"], p["name"]) for p in alice.projects()] == [("LAB", "lab")]
assert [p["key"] for p in alice.get_projects] == ["LAB"]
assert alice.project("LAB")["plans"]["size"] == 2
assert [p["key"] for p in alice.project_plans("LAB")] == ["LAB-PROV", "LAB-SHIP"]
plans = {plan["key"]: plan for plan in alice.plans(expand="plans.plan")}
assert plans["LAB-PROV"]["shortName"] == "Provision" and plans["LAB-PROV"]["enabled"] is True, plans
plan = alice.get_plan("LAB-PROV", expand="stages,variableContext,actions")
assert plan["description"] == "Makes machines" and plan["projectKey"] == "LAB", plan
assert [stage["name"] for stage in plan["stages"]["stage"]] == ["Validate", "Build"]
assert {"name": "cluster_name", "value": "alpha"}.items() <= plan["variableContext"]["variable"][0].items()
assert alice.get_plan_variables("LAB-PROV")[0]["value"] == "alpha"
assert "name: prov" in alice.get_plan_specs("LAB-PROV")["spec"]["code"]
assert alice.search_plans("provis")["searchResults"][0]["searchEntity"]["key"] == "LAB-PROV"
assert [branch["id"] for branch in alice.search_branches("LAB-PROV")] == ["LAB-PROV"]
assert list(alice.plan_branches("LAB-PROV")) == []
assert alice.get_vcs_branches("LAB-PROV")["branches"]["branch"] == [{"name": "main"}]
refused(404, alice.get_plan, "LAB-NONE")
assert list(guest.plans()) == [] and list(guest.projects()) == []
refused(404, guest.get_plan, "LAB-PROV")

# A build, from its start to its log and its files.
queued = bob.execute_build("LAB-PROV", **{"cluster.name": "be ta+1"})
key = queued["buildResultKey"]
assert queued["planKey"] == "LAB-PROV" and key == f"LAB-PROV-{queued['buildNumber']}", queued
assert queued["link"]["href"].endswith("/rest/api/latest/result/" + key)


def over(key):
    def look():
        result = alice.build_result(key)
        return result if result["lifeCycleState"] in ("Finished", "NotBuilt") else None
    return wait(f"{key} to end", look)


result = over(key)
assert (result["state"], result["buildState"], result["finished"], result["successful"]) == ("Successful", "Successful", True, True), result
assert result["buildCompletedTime"].endswith("Z") and result["buildDuration"] >= 0 and result["vcsRevisionKey"] == git("rev-parse", "HEAD")
assert "Manual run by" in result["buildReason"] and "Bob" in result["buildReason"]
assert result["artifacts"] == {"size": 2, "start-index": 0, "max-result": 0}, result["artifacts"]
whole = alice.build_result(key, expand="stages.stage.results.result.artifacts,artifacts.artifact,variables,labels,changes")
assert [(v["name"], v["value"]) for v in whole["variables"]["variable"]] == [("cluster_name", "be ta+1")]
stages = whole["stages"]["stage"]
assert [(s["name"], s["state"], s["displayMessage"]) for s in stages] == [("Validate", "Successful", "1 job passed"), ("Build", "Successful", "1 job passed")]
pack = stages[1]["results"]["result"][0]
assert pack["key"] == key.replace("PROV", "PROV-PACK") and pack["parent"]["href"].endswith(key) and pack["artifacts"]["size"] == 2, pack
artifacts = {artifact["name"]: artifact for artifact in whole["artifacts"]["artifact"]}
assert artifacts["report"]["shared"] is True and artifacts["report"]["producerJobKey"] == pack["key"], artifacts
report = artifacts["report"]["link"]["href"]
assert alice.get(report, absolute=True, not_json_response=True) == b"<h1>report</h1>\n"
assert alice.get(report + "out/report.html", absolute=True, not_json_response=True) == b"<h1>report</h1>\n"
assert alice.get(report + "report.html", absolute=True, not_json_response=True) == b"<h1>report</h1>\n"
assert alice.get(artifacts["texts"]["link"]["href"] + "b.txt", absolute=True, not_json_response=True) == b"two\n"
assert b"out/a.txt" in alice.get(artifacts["texts"]["link"]["href"], absolute=True, not_json_response=True)
assert alice.get("browse/LAB-PROV/latestSuccessful/artifact/shared/report/report.html", not_json_response=True) == b"<h1>report</h1>\n"
answer = requests.get(report, headers={"Authorization": "Bearer " + S["tokens"]["alice"]}, timeout=30)
assert "sandbox" in answer.headers["content-security-policy"], "nothing in a file runs in the name of the server"
refused(404, alice.get, report + "nothing.html", absolute=True)
refused(404, guest.get, report, absolute=True)

log = alice.get(f"download/LAB-PROV-CHECK/build_logs/LAB-PROV-CHECK-{queued['buildNumber']}.log", not_json_response=True).decode()
lines = [line.split("\t", 2) for line in log.splitlines()]
assert all(len(line) == 3 for line in lines), log
assert ["build", "cluster be ta+1 <&>"] in [[line[0], line[2]] for line in lines], log
assert alice.get(pack["logFiles"][0], absolute=True, not_json_response=True)
job = alice.build_result(f"LAB-PROV-JOB1-{queued['buildNumber']}", expand="logEntries", max_results=250)
entries = job["logEntries"]["logEntry"]
assert job["plan"]["type"] == "job" and job["logEntries"]["size"] == len(entries) == len(lines)
assert any(e["unstyledLog"] == "cluster be ta+1 <&>" and e["log"] == "cluster be ta+1 &lt;&amp;&gt;" for e in entries)
last = alice.build_result(f"LAB-PROV-CHECK-{queued['buildNumber']}", expand="logEntries", max_results=3)["logEntries"]
assert (last["size"], len(last["logEntry"])) == (len(lines), 3) and last["logEntry"][-1]["unstyledLog"] == lines[-1][2], last
sliced = alice.build_result(f"LAB-PROV-CHECK-{queued['buildNumber']}", expand="logEntries[0:2]")["logEntries"]["logEntry"]
assert [e["unstyledLog"] for e in sliced] == [line[2] for line in lines[:2]], sliced
refused(404, alice.get, f"rest/api/latest/result/status/{key}")

# Lists of results.
for newest in (alice.build_latest_result("LAB-PROV"), alice.build_result(key), alice.get("rest/api/latest/result/LAB-PROV-latest")):
    assert newest["key"] == key, newest
assert [r["key"] for r in alice.plan_results("LAB", "PROV")] == [key]
assert [r["key"] for r in alice.results("LAB", "PROV", build_number=queued["buildNumber"])] == [key]
assert [r["key"] for r in alice.latest_results(favourite=True)] == [key]
assert [r["key"] for r in alice.project_latest_results("LAB")] == [key]
assert alice.latest_successful_plan_result("LAB", "PROV")["key"] == key
assert alice.oldest_failed_plan_result("LAB", "PROV") is None

# What somebody says of it.
bob.create_comment("LAB", "PROV", queued["buildNumber"], "the fixed one")
bob.create_label("LAB", "PROV", queued["buildNumber"], "nightly")
assert bob.comments("LAB", "PROV", queued["buildNumber"])["comments"]["comment"][0]["content"] == "the fixed one"
assert bob.labels("LAB", "PROV", queued["buildNumber"])["labels"]["label"] == [{"name": "nightly"}]
assert [r["key"] for r in alice.plan_results("LAB", "PROV", label=["nightly", "other"])] == [key]
bob.delete_label("LAB", "PROV", queued["buildNumber"], "nightly")
assert list(alice.plan_results("LAB", "PROV", label="nightly")) == []

# What is refused, in a sentence.
assert "color" in refused(400, bob.execute_build, "LAB-PROV", color="red")
refused(404, bob.execute_build, "LAB-PROV-PACK")
refused(404, guest.execute_build, "LAB-PROV")
refused(400, bob.execute_build, "LAB-PROV", stage="Nowhere")
refused(400, bob.execute_build, "LAB-PROV", custom_revision="no-such-branch")

# Switched off and on again.
bob.disable_plan("LAB-PROV")
assert bob.get_plan("LAB-PROV")["enabled"] is False
assert "disabled" in refused(400, bob.execute_build, "LAB-PROV")
bob.enable_plan("LAB-PROV")
assert bob.get_plan("LAB-PROV")["enabled"] is True

# A failure, on a branch; then the same again.
git("checkout", "-q", "-b", "broken")
(repository / "signalbox.yaml").write_text(FILE.replace('CODE: "0"', 'CODE: "3"'))
git("commit", "-q", "-am", "break it")
native("POST", "repositories/lab/fetch", {})
git("checkout", "-q", "main")
failed = over(bob.execute_build("LAB-PROV", custom_revision="broken")["buildResultKey"])
assert (failed["lifeCycleState"], failed["state"], failed["restartable"]) == ("Finished", "Failed", True), failed
assert alice.oldest_failed_plan_result("LAB", "PROV")["key"] == failed["key"]
assert [r["key"] for r in alice.plan_results("LAB", "PROV", build_state="Failed")] == [failed["key"]]
again = bob.pause_build_in_queue("LAB", "PROV", failed["number"])
assert again["buildNumber"] == failed["number"] + 1 and over(again["buildResultKey"])["state"] == "Failed"

# One that takes long is stopped; the one behind it never began.
(repository / "signalbox.yaml").write_text(FILE.replace('SLEEP: "0"', 'SLEEP: "300"'))
git("checkout", "-q", "-b", "slow")
git("commit", "-q", "-am", "slow")
native("POST", "repositories/lab/fetch", {})
slow, behind = (bob.execute_build("LAB-PROV", custom_revision="slow") for _ in range(2))
wait("the build to run", lambda: alice.build_result(slow["buildResultKey"])["lifeCycleState"] == "InProgress")
status = alice.get("rest/api/latest/result/status/" + slow["buildResultKey"])
assert status["finished"] is False and status["progress"]["averageBuildDuration"] >= 0, status
waiting = [queued["buildResultKey"] for queued in alice.get_build_queue()["queuedBuilds"]["queuedBuild"]]
assert waiting == [behind["buildResultKey"]], waiting
wait("the embedded agent to be at it", lambda: any(agent["busy"] for agent in alice.agent_status(online=True)))
wait("the same", lambda: alice.activity(busy=True))
bob.remove_build_from_queue("LAB", "PROV", behind["buildNumber"])
stopped = over(behind["buildResultKey"])
assert (stopped["lifeCycleState"], stopped["state"], stopped["finished"]) == ("NotBuilt", "Unknown", False), stopped
bob.stop_build("LAB-PROV")
assert over(slow["buildResultKey"])["lifeCycleState"] == "NotBuilt"
bob.remove_build_from_queue("LAB", "PROV", slow["buildNumber"])
everything = list(alice.plan_results("LAB", "PROV", include_all_states=True))
assert len(everything) == 5 and len(list(alice.plan_results("LAB", "PROV"))) == 3, everything
paged = alice.get("rest/api/latest/result/LAB-PROV", params={"includeAllStates": "True", "start-index": 1, "max-results": 2})["results"]
assert paged["size"] == 5 and [r["key"] for r in paged["result"]] == [r["key"] for r in everything[1:3]]

# Agents.
agent = alice.agent_status()[0]
assert alice.agent_is_online(agent["id"]) is True and any(c["key"] == "os" for c in alice.agent_capabilities(agent["id"]))
alice.agent_disable(agent["id"])
assert alice.agent_details(agent["id"])["enabled"] is False
alice.agent_enable(agent["id"])
refused(403, bob.agent_disable, agent["id"])

# Deployments: a version of a build goes to an environment.
[project] = alice.deployment_projects()
[beta] = project["environments"]
assert (project["name"], beta["name"], project["planKey"]["key"]) == ("lab", "beta", "LAB-PROV"), project
assert [p["id"] for p in alice.get_deployment_projects_for_plan("LAB-PROV")] == [project["id"]]
assert alice.deployment_project(project["id"])["id"] == project["id"]
version = bob.create_deployment_version(project["id"], {"planResultKey": key, "name": "release-1"})
assert version["name"] == "release-1" and bob.get_deployment_version(version["id"])["name"] == "release-1"
assert [v["name"] for v in bob.get_deployment_versions(project["id"])["versions"]] == ["release-1"]
assert bob.labels("LAB", "PROV", queued["buildNumber"])["labels"]["label"] == [], "the name of a version is no label to clients"
started = bob.trigger_deployment_for_version_on_environment(version["id"], beta["id"])


def deployed(id):
    found = [r for r in alice.deployment_environment_results(beta["id"]) if r["id"] == id and r["lifeCycleState"] in ("FINISHED", "NOT_BUILT")]
    return found[0] if found else None


done = wait("the deployment", lambda: deployed(started["deploymentResultId"]))
assert (done["deploymentState"], done["deploymentVersionName"], done["deploymentVersion"]["id"]) == ("SUCCESS", "release-1", version["id"]), done
assert len(list(alice.deployment_environment_results(beta["id"], max_results=1))) == 1, "a run and its deployment are one"
assert native("GET", "deployments?environment=beta")["data"][0]["state"] == "succeeded"
detail = alice.get(f"rest/api/latest/deploy/result/{done['id']}", params={"includeLogs": "true", "max-results": 100})
assert any("shipping" in entry["log"] for entry in detail["logEntries"]["logEntry"]), detail
[board] = alice.deployment_dashboard()
assert board["environmentStatuses"][0]["deploymentResult"]["id"] == done["id"], board

# The gate is asked here, too.
native("POST", "environments/beta/locks", {"reason": "hold: bad build"})
blocked = bob.trigger_deployment_for_version_on_environment(version["id"], beta["id"])
stopped = wait("the gate", lambda: deployed(blocked["deploymentResultId"]))
assert stopped["lifeCycleState"] == "NOT_BUILT" and "hold: bad build" in stopped["reasonSummary"], stopped

# Who may do what.
refused(404, guest.get_plan, "LAB-PROV")
alice.grant_user_permission("plan", "LAB-PROV", "guest@hub.example", ["READ"])
assert guest.get_plan("LAB-PROV")["key"] == "LAB-PROV"
assert [u["permissions"] for u in alice.get_permission_users("plan", "LAB-PROV")["results"]] == [["READ", "VIEWCONFIGURATION"]]
refused(403, guest.execute_build, "LAB-PROV")
alice.revoke_user_permission("plan", "LAB-PROV", "guest@hub.example", ["READ"])
refused(404, guest.get_plan, "LAB-PROV")
assert len(alice.get_users()["results"]) == 3
refused(403, bob.get_users)

# Forms, flags, suffixes, and what is not offered.
form = requests.post(f"{url}/rest/api/latest/queue/LAB-PROV", data={"bamboo.variable.cluster_name": "form"}, headers={"Authorization": "Bearer " + S["tokens"]["bob"]}, timeout=30)
assert form.status_code == 200, form.text
assert over(form.json()["buildResultKey"])["successful"]
xml = requests.get(f"{url}/rest/api/latest/plan", headers={"Authorization": "Bearer " + S["tokens"]["bob"], "Accept": "application/xml"}, timeout=30)
assert xml.status_code == 406 and xml.headers["content-type"] == "application/json;charset=UTF-8", xml.text
refused(404, alice.delete_plan, "LAB-PROV")
refused(404, alice.get_elastic_bamboo)
page = requests.get(f"{url}/browse/{key}", headers={"Authorization": "Bearer " + S["tokens"]["bob"]}, allow_redirects=False, timeout=30)
assert page.status_code == 303 and "/runs/" in page.headers["location"], page.headers
login = requests.get(f"{url}/browse/{key}", headers={"Accept": "text/html"}, allow_redirects=False, timeout=30)
assert login.status_code in (302, 303) and "/login" in login.headers["location"], (login.status_code, login.headers)
