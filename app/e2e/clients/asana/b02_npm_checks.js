// Asana's own checks of its live interface, carried by the npm package, against the hub: 34 of them, unchanged.
// The package is installed when this runs; what its checks expect to exist is made first.
// needs: npm:asana@3.2.0+mocha@10.8.2+expect.js@0.3.1+dotenv@16.4.5
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const seed = JSON.parse(fs.readFileSync(process.env.SIGNALBOX_SEED));
const modules = process.env.NODE_PATH;
const home = path.join(modules, 'asana');
const api = seed.base + '/api/1.0';

async function call(method, where, data) {
  const headers = { authorization: 'Bearer ' + seed.tokens.alice, 'content-type': 'application/json' };
  const answer = await fetch(api + where, { method, headers, body: data && JSON.stringify({ data }) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(body)}`);
  return body.data;
}

async function main() {
  const field = await call('POST', '/custom_fields', { name: 'Text', resource_subtype: 'text', workspace: seed.workspace });
  const project = await call('POST', '/projects', { name: 'Checks', workspace: seed.workspace, team: seed.team });
  await call('POST', `/projects/${project.gid}/addCustomFieldSetting`, { custom_field: field.gid });
  await call('POST', '/tasks', { name: 'a task with a value', projects: [project.gid], custom_fields: { [field.gid]: 'custom_value' } });

  // The checks import the sources; the package has them built beside. And they speak to the host of the client's default.
  const shim = path.join(seed.data, 'shim.js');
  fs.writeFileSync(shim, `
    const Module = require('module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      return resolve.call(this, name === '../../src/index' ? ${JSON.stringify(path.join(home, 'dist', 'index.js'))} : name, ...rest);
    };
    require(${JSON.stringify(path.join(home, 'dist', 'index.js'))}).ApiClient.instance.basePath = ${JSON.stringify(api)};
  `);
  const checks = ['ProjectsApi.js', 'TasksApi.js'].map((name) => path.join(home, 'build-tests', 'api', name));
  const environment = {
    ...process.env, PERSONAL_ACCESS_TOKEN: seed.tokens.alice, TEAM_GID: seed.team, TEXT_CUSTOM_FIELD_GID: field.gid,
    USER_GID: seed.users.alice, WORKSPACE_GID: seed.workspace,
  };
  const mocha = path.join(modules, 'mocha', 'bin', 'mocha.js');
  const run = spawnSync('node', [mocha, '--timeout', '20000', '--require', shim, '--exit', '--reporter', 'spec', ...checks], { env: environment, encoding: 'utf8' });
  console.log(run.stdout + run.stderr);
  const passing = Number((run.stdout.match(/(\d+) passing/) || [])[1] || 0);
  if (run.status !== 0 || passing !== 34) throw new Error(`${passing} of 34 checks pass, mocha ended with ${run.status}`);
  console.log('34 of 34 checks pass');
}

main().catch((error) => { console.error(String(error && error.message)); process.exit(1); });
