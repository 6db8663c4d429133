// The client that build scripts of Node.js have: it starts builds, asks how they went, and fetches what they made. It sends what it starts as a form,
// asks for `.json`, and takes the name and the password into the address, where no `@` can be.
// needs: npm:bamboo-api@0.0.9
// seconds: 180
const assert = require('assert'), fs = require('fs'), path = require('path'), { execFileSync } = require('child_process');
const Bamboo = require('bamboo-api');

const S = JSON.parse(fs.readFileSync(process.env.SIGNALBOX_SEED));
const repository = path.join(S.data, 'lab');
const FILE = `
name: prov
title: Provision
on: [{push: {branches: [main, topic]}}]
overlap: allow_all
params: {cluster: {default: alpha}}
stages:
  - {name: Test, jobs: [{name: check, steps: [{run: 'echo $PARAM_CLUSTER'}]}]}
  - name: Pack
    manual: true
    jobs:
      - {name: pack, steps: [{run: 'echo "$PARAM_CLUSTER" > report.txt'}], artifacts: [{name: report.txt, pattern: report.txt, shared: true}]}
`;

const git = (...words) => execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@hub.example', ...words], { cwd: repository }).toString().trim();
const native = async (method, where, body) => {
  const headers = { authorization: 'Bearer ' + S.tokens.alice, 'content-type': 'application/json' };
  const answer = await fetch(S.base + '/api/v1/' + where, { method, headers, body: body && JSON.stringify(body) });
  assert(answer.ok, `${method} ${where}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};
const wait = async (what, look, seconds = 60) => {
  for (const end = Date.now() + seconds * 1000; ;) {
    const found = await look();
    if (found) return found;
    assert(Date.now() < end, `${what} did not happen within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
};
const commit = async (message, text) => {
  fs.writeFileSync(path.join(repository, 'a.txt'), text);
  git('add', '.');
  git('commit', '-q', '-m', message);
  await native('POST', 'repositories/lab/fetch', {});
  return git('rev-parse', 'HEAD');
};

/// The client's functions take what is asked first, then a callback, then the rest.
const client = (token) => {
  const own = new Bamboo(S.base.replace(/$/, '/bamboo'), token && 'bob', token);
  return (name, asked, ...rest) => new Promise((done, failed) => {
    const callback = (error, ...answer) => (error ? failed(error) : done(answer.length > 1 ? answer : answer[0]));
    own[name](...(asked === undefined ? [] : [].concat(asked)), callback, ...rest);
  });
};
const refused = async (promise, word) => {
  const error = await promise.then((answer) => assert.fail(`it was not refused: ${JSON.stringify(answer)}`), (error) => error);
  assert(String(error.message || error).includes(word), `${error}`);
};

(async () => {
  fs.mkdirSync(repository);
  git('init', '-q', '-b', 'main');
  fs.writeFileSync(path.join(repository, 'signalbox.yaml'), FILE);
  git('add', '.');
  git('commit', '-q', '-m', 'jobs');
  await native('POST', 'repositories', { name: 'lab', url: repository, default_branch: 'main' });
  await native('POST', 'repositories/lab/fetch', {});
  await wait('reading the job file', async () => (await native('GET', 'jobs')).data.length === 1);
  const bob = client(S.tokens.bob);

  assert.deepStrictEqual(await bob('getAllPlans'), [{ key: 'LAB-PROV', name: 'lab - Provision' }]);
  await refused(client('nonsense')('getAllPlans'), 'Unreachable');
  await refused(bob('getLatestSuccessfulBuildNumber', 'LAB-PROV'), "doesn't contain any");

  const state = (key) => bob('getBuildStatus', key);
  const start = async (form) => JSON.parse(await bob('buildPlan', 'LAB-PROV', {}, form));
  const queued = await start({ executeAllStages: true, 'bamboo.variable.cluster': 'be ta' });
  const key = `LAB-PROV/${queued.buildNumber}`;
  assert.strictEqual(queued.buildResultKey, `LAB-PROV-${queued.buildNumber}`);
  await wait('the build', async () => (await state(key)) === 'Finished');
  assert.strictEqual(await bob('getBuildState', key), 'Successful');
  assert.deepStrictEqual(await bob('getLatestBuildStatus', 'LAB-PROV'), ['Successful', queued.buildNumber]);
  assert.strictEqual(await bob('getLatestSuccessfulBuildNumber', 'LAB-PROV'), queued.buildNumber);
  assert.strictEqual(await bob('getArtifactContent', [`LAB-PROV-${queued.buildNumber}`, 'report.txt']), 'be ta\n');
  assert.deepStrictEqual(await bob('getChangesFromBuild', key), []);
  assert.deepStrictEqual(await bob('getJiraIssuesFromBuild', key), []);

  // A push starts a build, which knows who wrote what is new; it waits at its manual stage.
  const head = await commit('more', '1');
  const pushed = await wait('the push', async () => (await native('GET', 'runs?job=prov')).data.find((run) => run.commit === head));
  await wait('its first stage', async () => (await native('GET', `runs/${pushed.id}`)).state === 'held');
  assert.deepStrictEqual(await bob('getChangesFromBuild', `LAB-PROV/${pushed.number}`), ['Ann']);

  // Branches by the name that the client gives them.
  git('checkout', '-q', '-b', 'topic');
  await commit('topic', '2');
  git('checkout', '-q', 'main');
  const branch = await bob('createBranchPlan', ['LAB-PROV', 'topic', 'refs/heads/topic']);
  assert(/^LAB-PROV\d+$/.test(branch), branch);
  const found = await bob('search', 'branches', { masterPlanKey: 'LAB-PROV', includeMasterBranch: false });
  assert.deepStrictEqual(found.map((one) => [one.key, one.branchName]), [[branch, 'topic']]);
  assert.strictEqual(await bob('enablePlan', branch), true);
  assert.strictEqual(await bob('enablePlan', 'LAB-PROV'), true);
  const onBranch = JSON.parse(await bob('buildPlan', branch, {}, { stage: 'Pack' }));
  await wait('the build of the branch', async () => (await state(`LAB-PROV/${onBranch.buildNumber}`)) === 'Finished');
  await refused(client(S.tokens.guest)('buildPlan', 'LAB-PROV'), 'Unreachable');
})().catch((error) => { console.error(error); process.exit(1); });
