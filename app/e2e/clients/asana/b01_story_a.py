# The story that the product grew from, by Asana's own client: locks are tasks in a lock project, deployments are tasks in a deployment
# project, and the deploy script is wrapped by the real command. The script knows the hub's address and nothing else of it.
# needs: pypi:asana==5.4.0
import json, os, pathlib, subprocess, urllib.request
import asana

S = json.load(open(os.environ["SIGNALBOX_SEED"]))
work = pathlib.Path(S["data"], "work")
work.mkdir()
configuration = asana.Configuration()
configuration.host, configuration.access_token = S["base"] + "/api/1.0", S["tokens"]["alice"]
tasks, stories = asana.TasksApi(asana.ApiClient(configuration)), asana.StoriesApi(asana.ApiClient(configuration))


def native(method, path, body=None):
    headers = {"Authorization": "Bearer " + S["tokens"]["alice"], "Content-Type": "application/json"}
    request = urllib.request.Request(S["base"] + "/api/v1/" + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request, timeout=10))


def git(*words):
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@hub.example"]
    return subprocess.run(["git", *who, *words], cwd=work / "repository", check=True, capture_output=True, text=True).stdout.strip()


def deploy():
    cluster = work / "cluster"
    command = [S["bin"], "deploy", "--env", "production", "--ref", "main", "--", "sh", "-c", f"cp app.txt {cluster} && echo 12 hosts updated"]
    variables = dict(os.environ, SIGNALBOX_URL=S["base"], SIGNALBOX_TOKEN=S["tokens"]["alice"], SIGNALBOX_SPOOL=str(work / "spool"))
    return subprocess.run(command, cwd=work / "repository", env=variables, capture_output=True, text=True, timeout=60)


(work / "repository").mkdir()
git("init", "-q", "-b", "main")
(work / "repository" / "app.txt").write_text("one\n")
git("add", ".")
git("commit", "-q", "-m", "one")
native("POST", "repositories", {"name": "web", "url": str(work / "repository"), "default_branch": "main"})
native("POST", "environments", {"name": "production", "repository": "web"})
environment = native("GET", "environments/production")
lock_project, deployments = (str(environment[key]["id"]) for key in ("lock_project", "deployment_project"))

# Somebody closes production with the client that everybody has.
lock = tasks.create_task({"data": {"name": "hold: migration running", "projects": [lock_project], "assignee": "bob@hub.example"}}, {})
refused = deploy()
assert refused.returncode == 75, refused
assert "hold: migration running" in refused.stdout + refused.stderr, refused
assert not (work / "cluster").exists()
assert not list(tasks.get_tasks_for_project(deployments, {})), "a refused attempt is no task"

# It is discussed, then completed: that is the release.
stories.create_story_for_task({"data": {"text": "done, rows are copied"}}, lock["gid"], {})
tasks.update_task({"data": {"completed": True}}, lock["gid"], {})
done = deploy()
assert done.returncode == 0, done
assert (work / "cluster").read_text() == "one\n"

pushes = list(tasks.get_tasks_for_project(deployments, {"opt_fields": "name,completed"}))
assert len(pushes) == 1 and pushes[0]["completed"], pushes

# Closing it again by moving an ordinary task into the lock project holds, too; taking it out lets go.
bug = tasks.create_task({"data": {"name": "checkout is broken", "workspace": S["workspace"]}}, {})
tasks.add_project_for_task({"data": {"project": lock_project}}, bug["gid"])
assert deploy().returncode == 75
tasks.remove_project_for_task({"data": {"project": lock_project}}, bug["gid"])
assert deploy().returncode == 0
print("production was closed, opened and deployed by tasks alone")
