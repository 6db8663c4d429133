// Opens a page in Chromium as somebody who was never there: `node pages.mjs URL TIMES [COOKIE]`. Prints one line of JSON: what the first load asks
// for and weighs, and when the page can be used. Medians of TIMES visits, each with an empty cache.
import { gzipSync } from 'node:zlib';
import * as modules from '../app/e2e/browser/modules.mjs';

const [url, times, cookie] = process.argv.slice(2);
modules.install();
const { chromium } = modules.load('playwright-core');
const browser = await chromium.launch({ executablePath: modules.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'] });
const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const TYPES = { document: 'html', stylesheet: 'css', script: 'js', font: 'font', image: 'image', other: 'icons', fetch: 'fetch', xhr: 'fetch' };

// Interactive: the page's scripts have run, something is painted, and the last task that would keep a click waiting (50 ms) is over.
const WATCH = `
  window.__last = 0;
  new PerformanceObserver(list => { for (const task of list.getEntries()) window.__last = Math.max(window.__last, task.startTime + task.duration); }).observe({ type: 'longtask', buffered: true });`;

async function visit() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  if (cookie) {
    const [name, ...value] = cookie.split('=');
    await context.addCookies([{ name, value: value.join('='), url }]);
  }
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const weights = {}, answers = [];
  page.on('response', response => answers.push((async () => {
    const kind = TYPES[response.request().resourceType()];
    if (!kind || !response.ok() || response.url().startsWith('data:')) return;
    const { responseBodySize: sent } = await response.request().sizes();
    const body = await response.body();
    // What a server sends unpacked is packed here, so that both are weighed alike; fonts and pictures are packed already.
    const packed = kind === 'font' || /png|jpe?g|webp|gif|ico/.test(response.headers()['content-type'] || '') ? body.length : Math.min(gzipSync(body).length, body.length);
    weights[kind] = (weights[kind] || 0) + packed;
    weights.sent = (weights.sent || 0) + sent;
    weights.requests = (weights.requests || 0) + 1;
  })().catch(() => {})));
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForTimeout(1_000); // Tasks that follow the load belong to it.
  await Promise.all(answers);
  const times = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
    return { paint, interactive: Math.max(paint, navigation.domContentLoadedEventEnd, window.__last), elements: document.querySelectorAll('*').length };
  });
  await context.close();
  return { ...weights, ...times, all: [...new Set(Object.values(TYPES))].reduce((sum, kind) => sum + (weights[kind] || 0), 0) };
}

await visit(); // The browser itself starts lazily.
const visits = [];
for (let n = 0; n < Number(times); n += 1) visits.push(await visit());
const keys = [...new Set(visits.flatMap(Object.keys))];
console.log(JSON.stringify(Object.fromEntries(keys.map(key => [key, median(visits.map(one => one[key] || 0))]).concat([['fastest', Math.min(...visits.map(one => one.interactive))]]))));
await browser.close();
