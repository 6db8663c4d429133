// Where the flows play: a server, people with passwords, and what a team would have on it. All made through the public interfaces.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commit, serve, withEnvironments } from './serve.mjs';

export const PASSWORD = 'correct horse battery';

/** A stage: the server that the harness started, or one of our own. */
export async function stage() {
  const given = process.env.SIGNALBOX_URL;
  const server = given ? harness(given) : await serve();
  const made = new Stage(server);
  made.repository = given ? process.env.SIGNALBOX_REPOSITORY : await withEnvironments(server, made.api);
  return made;
}

/** The server of the harness, with a folder of our own for scripts that deploy. */
function harness(url) {
  const data = mkdtempSync(join(tmpdir(), 'signalbox-browser-'));
  const stop = () => rmSync(data, { recursive: true, force: true });
  return { url, token: process.env.SIGNALBOX_TOKEN, bin: process.env.SIGNALBOX_BIN, data, stop };
}

class Stage {
  constructor(server) {
    Object.assign(this, { server, url: server.url, tokens: { alice: server.token }, people: {} });
    this.api = this.api.bind(this);
  }

  /** Asks the HTTP interface, as alice or whoever is named; anything but 2xx is an error. */
  async api(method, path, body, who = 'alice') {
    const headers = { authorization: `Bearer ${this.tokens[who]}`, 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : null;
  }

  /** Somebody with a password and a token. */
  async person(first, name, role = 'member') {
    const user = await this.api('POST', '/api/v1/users', { email: `${first}@hub.example`, name, role, password: PASSWORD });
    this.tokens[first] = (await this.api('POST', `/api/v1/users/${user.id}/tokens`, { name: 'browser' })).token;
    this.people[first] = user.id;
    return user.id;
  }

  /** A project with sections; `sections` maps their names to names of tasks. Returns ids by name. */
  async project(name, sections = {}, more = {}) {
    const project = await this.api('POST', '/api/v1/projects', { name, default_access: 'editor', ...more });
    const made = { id: String(project.id), sections: {}, tasks: {} };
    for (const [section, tasks] of Object.entries(sections)) {
      made.sections[section] = String((await this.api('POST', `/api/v1/projects/${made.id}/sections`, { name: section })).id);
      for (const task of tasks) made.tasks[task.name || task] = await this.task(typeof task === 'string' ? { name: task } : task, made, section);
    }
    return made;
  }

  /** A task in a section of a project. Returns its id. */
  async task(task, project, section) {
    const place = project ? { project: project.id, section: project.sections[section] } : {};
    return String((await this.api('POST', '/api/v1/tasks', { ...place, ...task })).id);
  }

  /** Says something about a task. */
  comment(task, text, who) { return this.api('POST', `/api/v1/tasks/${task}/comments`, { text }, who); }

  /** Commits to the repository of the environments. */
  commit(title) { return commit(this.repository, title); }

  /** Runs a real `signalbox deploy` of a shell script; gives its exit code and all it said. */
  deploy(environment, script, words = ['--ref', 'main']) {
    const file = join(mkdtempSync(join(this.server.data, 'deploy-')), 'run.sh');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    const env = { ...process.env, SIGNALBOX_URL: this.url, SIGNALBOX_TOKEN: this.tokens.alice, SIGNALBOX_SPOOL: join(this.server.data, 'spool'), HOME: this.server.data };
    const child = spawn(this.server.bin, ['deploy', '--env', environment, ...words, '--', file], { cwd: this.repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', piece => { said += piece; });
    process.on('exit', () => child.kill('SIGKILL'));
    return new Promise((done, failed) => child.on('error', failed).on('close', code => done({ code, said })));
  }

  /** A day from today, as the interfaces write it. */
  day(from) { return new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10); }
}
