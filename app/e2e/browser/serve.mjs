// A server of one's own: for flows that need one without people, for screenshots, and for work on a flow by hand.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const freePort = () => new Promise((found, failed) => {
  const probe = createServer().on('error', failed).listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => found(port)); });
});

/** Runs git in a folder, untouched by what this machine has configured. */
export function git(folder, ...words) {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', ['-c', 'user.name=Chiara Rossi', '-c', 'user.email=chiara@hub.example', '-c', 'commit.gpgsign=false', ...words], { cwd: folder, env, encoding: 'utf8' }).trim();
}

/** Commits a change and returns its id. */
export function commit(folder, title) {
  writeFileSync(join(folder, 'app.txt'), `${title}\n${Math.random()}\n`);
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', title);
  return git(folder, 'rev-parse', 'HEAD');
}

/** Starts the program on empty data; without an administrator when `admin` is false. */
export async function serve({ admin = true } = {}) {
  const bin = resolve(process.env.SIGNALBOX_BIN || join(import.meta.dirname, '../../../target/debug/signalbox'));
  if (!existsSync(bin)) throw new Error(`${bin} is not built: cargo build -p signalbox, or set SIGNALBOX_BIN`);
  const data = mkdtempSync(join(tmpdir(), 'signalbox-browser-'));
  const port = await freePort(), token = 'adm_' + 'browser'.repeat(5), log = join(data, 'server.log');
  const env = { ...process.env, SIGNALBOX_LIMIT_API_REQUESTS_PER_MINUTE: '100000000' };
  if (admin) Object.assign(env, { SIGNALBOX_ADMIN_EMAIL: 'alice@hub.example', SIGNALBOX_ADMIN_PASSWORD: 'correct horse battery', SIGNALBOX_ADMIN_TOKEN: token });
  const out = openSync(log, 'a');
  const child = spawn(bin, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`], { env, stdio: ['ignore', out, out] });
  const stop = () => { child.kill('SIGKILL'); if (!process.env.KEEP) rmSync(data, { recursive: true, force: true }); };
  process.on('exit', stop);
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 60_000; ;) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the server is not ready:\n${readFileSync(log, 'utf8')}`);
    if (await fetch(url + '/readyz').then(answer => answer.ok, () => false)) break;
    await new Promise(done => setTimeout(done, 20)); // between two questions
  }
  return { url, token, bin, data, log: () => readFileSync(log, 'utf8'), stop };
}

/** What `Hub` of the harness makes: a repository with commits, and the environments beta and production. */
export async function withEnvironments(server, api) {
  const repository = join(server.data, 'work-tree');
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', repository]);
  for (let n = 1; n <= 3; n += 1) commit(repository, `change ${n}`);
  await api('POST', '/api/v1/repositories', { name: 'web', url: repository, default_branch: 'main' });
  await api('POST', '/api/v1/environments', { name: 'beta', repository: 'web' });
  await api('POST', '/api/v1/environments', { name: 'production', repository: 'web', after: 'beta' });
  return repository;
}
