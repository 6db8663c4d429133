// The kit of the flows: one browser, people in it, and what no page may ever do.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as modules from './modules.mjs';
import { PASSWORD, stage } from './stage.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** How long a person waits for anything. Generous: machines that test are busy. */
export const PATIENCE = 15_000;

/** Runs a flow: `play(theatre)`. Prints its steps; ends the process with 0 only when it and every page were well behaved. */
export async function flow(play) {
  const name = basename(process.argv[1], '.mjs');
  const theatre = new Theatre();
  let code = 0;
  try {
    await theatre.open();
    await play(theatre);
    await theatre.close();
    console.log(`${name}: all well`);
  } catch (error) {
    code = 1;
    console.log(`${name}: FAILED ${theatre.step ? `at "${theatre.step}"` : 'before its first step'}\n${error.stack || error}`);
    await theatre.tell(name);
  }
  await theatre.browser?.close().catch(() => {});
  theatre.stage?.server.stop();
  process.exit(code);
}

class Theatre {
  visitors = [];

  async open() {
    if (!modules.chromium) throw new Error('chromium is missing (Debian: chromium)');
    modules.install();
    const { chromium } = modules.load('playwright-core');
    this.browser = await chromium.launch({ executablePath: modules.chromium, args: FLAGS });
    this.stage = await stage();
  }

  /** Names what comes next, so that a failure says how far it went. */
  at(step) {
    if (this.step) console.log(`  ok  ${this.step}`);
    this.step = step;
  }

  /** Somebody opens a browser of their own; signed in when `who` is an email's first word. */
  async enter(who, options = {}) {
    const { width = 1440, height = 900, dark = false, scripts = true } = options;
    const context = await this.browser.newContext({
      viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', javaScriptEnabled: scripts, locale: 'en-GB', reducedMotion: 'reduce', baseURL: options.url || this.stage.url,
      permissions: [], hasTouch: width < 700,
    });
    const visitor = new Visitor(context, options.url || this.stage.url);
    this.visitors.push(visitor);
    if (who) {
      const answer = await context.request.post('/login', { form: { email: `${who}@hub.example`, password: PASSWORD }, headers: { origin: visitor.origin }, maxRedirects: 0 });
      assert.equal(answer.status(), 303, `${who} signs in`);
    }
    visitor.page = await context.newPage();
    visitor.watch(visitor.page);
    return visitor;
  }

  async close() {
    this.at('good manners');
    for (const visitor of this.visitors) await visitor.checkManners();
    this.at('');
  }

  /** What a failure needs to be understood: the address, the page as text, and a picture. */
  async tell(name) {
    const folder = process.env.SIGNALBOX_SCREENSHOTS || join(tmpdir(), 'signalbox-browser-failures');
    mkdirSync(folder, { recursive: true });
    for (const [n, { page, rude }] of this.visitors.entries()) {
      const picture = join(folder, `failed-${name}-${n}.png`);
      await page.screenshot({ path: picture, timeout: 5_000 }).catch(() => {});
      const text = await page.locator('body').innerText({ timeout: 5_000 }).catch(() => '');
      console.log(`-- page ${n}: ${page.url()} (${picture})\n${rude.join('\n')}\n${text.split('\n').filter(line => line.trim()).slice(0, 60).join('\n')}`);
    }
  }
}

class Visitor {
  rude = [];
  expected = [];

  constructor(context, origin) { Object.assign(this, { context, origin }); }

  /** No page may log an error, throw, ask another host, get a 5xx, or open a dialog of the browser. */
  watch(page) {
    const own = url => url.startsWith(this.origin + '/') || /^(data|blob|about):/.test(url);
    page.on('console', message => { if (message.type() === 'error' && !this.isExpected(message.text())) this.rude.push(`console: ${message.text()} (${message.location().url})`); });
    page.on('pageerror', error => this.rude.push(`thrown: ${error.message}`));
    page.on('request', request => { if (!own(request.url())) this.rude.push(`asked another host: ${request.url()}`); });
    page.on('response', response => { if (response.status() >= 400 && !this.isExpected(`status of ${response.status()}`)) this.rude.push(`${response.status()}: ${response.url()}`); });
    page.on('dialog', dialog => { this.rude.push(`a dialog opened: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  }

  /** The next steps provoke an answer with this status on purpose. */
  expects(status) { this.expected.push(`status of ${status}`); }

  isExpected(text) { return this.expected.some(part => text.includes(part)); }

  async checkManners() {
    assert.deepEqual([...new Set(this.rude)], [], 'every page was well behaved');
    const executed = await this.page.evaluate(() => window.__pwned).catch(() => undefined);
    assert.equal(executed, undefined, 'nothing that somebody wrote was executed');
  }

  async go(path) {
    await this.page.goto(path, { waitUntil: 'load' });
    // The stream that never ends is part of a page, so there is no idle network to wait for.
    return this.page;
  }

  /** Waits until this is seen: a text, a selector, or a locator. */
  async sees(what, more = {}) { await this.find(what).first().waitFor({ state: 'visible', timeout: PATIENCE, ...more }); }

  /** Waits until it is not seen any more. */
  async misses(what) { await eventually(`${what} is gone`, async () => !(await this.find(what).filter({ visible: true }).count())); }

  find(what) {
    if (typeof what !== 'string') return what;
    return /^[#.[]|^[a-z]+[#.[:]|^css=/.test(what) ? this.page.locator(what) : this.page.getByText(what);
  }

  /** The path and query of the address. */
  get address() { const url = new URL(this.page.url()); return url.pathname + url.search; }

  press(...keys) { return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve()); }

  type(text) { return this.page.keyboard.type(text); }

  /** Presses Tab until the focus is on what the selector names; a person without a mouse does the same. */
  async tabTo(selector, most = 150, key = 'Tab') {
    for (let n = 0; n < most; n += 1) {
      if (await this.page.evaluate(wanted => document.activeElement?.matches(wanted), selector)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${most} times ${key} do not lead to ${selector}`);
  }

  /** What has the focus, in words for a failure. */
  focused() { return this.page.evaluate(() => { const e = document.activeElement; return `${e.tagName.toLowerCase()}#${e.id}.${e.className} "${(e.getAttribute('aria-label') || e.textContent || '').trim().slice(0, 60)}"`; }); }
}

/** Asks again and again until `check` gives something true. */
export async function eventually(what, check, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (let last; ;) {
    try { const found = await check(); if (found) return found; last = found; } catch (error) { last = error; }
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s in vain: ${what} (last: ${last?.message ?? last})`);
    await new Promise(done => setTimeout(done, 50)); // between two questions
  }
}

export { assert };
