// What the browser tests need from npm, installed once into the tests' cache, and where Chromium is.
// As a program: installs what is missing; exits 0 when everything is there, 1 with a sentence when it is not.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = ['playwright-core@1.65.1', 'axe-core@4.14.1'];
const cache = process.env.SIGNALBOX_TEST_CACHE || join(homedir(), '.cache', 'signalbox-acceptance');
const place = join(cache, 'npm-' + PACKAGES.join('-').replace(/[^A-Za-z0-9.]+/g, '-'));

/** Loads one of the packages. */
export const load = createRequire(join(place, 'package.json'));

/** Where Chromium is; nothing when it is nowhere. */
export const chromium = [process.env.SIGNALBOX_CHROMIUM, ...['chromium', 'chromium-browser', 'google-chrome'].flatMap(name =>
  (process.env.PATH || '').split(':').map(folder => join(folder, name)))].find(path => path && existsSync(path));

/** Sees to it that the packages are there. Several processes may do so at once: whoever is second finds the work done. */
export function install() {
  if (existsSync(join(place, 'node_modules', 'axe-core', 'axe.min.js'))) return;
  mkdirSync(dirname(place), { recursive: true });
  const fresh = mkdtempSync(place + '-');
  const npm = spawnSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', fresh, ...PACKAGES], { encoding: 'utf8' });
  if (npm.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`npm cannot install ${PACKAGES.join(' and ')}: ${(npm.stderr || npm.error?.message || '').trim().split('\n')[0]}`);
  }
  try { renameSync(fresh, place); } catch { rmSync(fresh, { recursive: true, force: true }); }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (!chromium) throw new Error('chromium is missing (Debian: chromium)');
    install();
    console.log(execFileSync(chromium, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
  } catch (error) {
    console.log(error.message);
    process.exitCode = 1;
  }
}
