# Another client of the registry that scripts read builds and deployments with. It knows no path before `/rest`, so that it stands behind the port.
# needs: pypi:bamboo-api==0.0.1+requests
import urllib.parse
from bamboo_api import BambooAPIClient
from lab import S, begin, native, wait

FILE = """
name: prov
overlap: buffer_all
params: {n: {default: "0"}}
steps: [{run: 'echo hello; exit $PARAM_N'}]
---
name: ship
deploy: beta
steps: [{run: 'echo shipping'}]
"""
begin(FILE, "prov", "ship")
native("POST", "environments", {"name": "beta", "repository": "lab"})
at = urllib.parse.urlsplit(S["base"])


def client(name, password):
    return BambooAPIClient(host=f"{at.scheme}://{at.hostname}", port=f"{at.port}/bamboo", user=name, password=password)


def ran(job, **params):
    run = native("POST", f"jobs/{job}/runs", {"params": params})
    return wait("the run to end", lambda: (now := native("GET", f"runs/{run['id']}"))["ended_at"] and now)


bob = client("bob@hub.example", S["tokens"]["bob"])
for _ in range(27):
    native("POST", "jobs/prov/runs", {})
ran("prov", n="3")
ran("ship")
builds = {build["planName"]: build for build in bob.get_builds()}
assert set(builds) == {"prov", "ship"}, builds
assert (builds["prov"]["state"], builds["prov"]["number"]) == ("Failed", 28), builds["prov"]
assert builds["ship"]["buildState"] == "Successful", builds["ship"]
every = list(bob.get_builds(plan_key="LAB-PROV", expand=True))
assert [build["number"] for build in every] == list(range(28, 0, -1)), "the client asks for page after page until one is empty"
assert every[0]["buildCompletedTime"] and every[0]["stages"]["size"] == 1 and every[0]["vcsRevisionKey"], every[0]
[project] = bob.get_deployments()
[beta] = project["environments"]
[done] = bob.get_environment_results(beta["id"])
assert (project["name"], beta["name"], done["deploymentState"]) == ("lab", "beta", "SUCCESS"), done
assert "environments" in list(bob.get_deployments(project_key=project["id"]))
for name, password in (("bob@hub.example", "nonsense"), ("alice@hub.example", S["tokens"]["bob"]), (None, None)):
    try:
        list(client(name, password).get_builds())
        raise SystemExit(f"{name} came in")
    except Exception as error:
        assert "Unauthorized" in str(error), error
assert list(client("guest@hub.example", S["tokens"]["guest"]).get_builds()) == [], "what one may not see is not there"
