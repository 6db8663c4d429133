// Every screen, at three widths, in both themes. usage: node screens.mjs [DIR]; without DIR nothing is kept, all is checked.
// Checked: good manners (no errors, no other host), no sideways scroll at any width, axe-core finds nothing serious or critical.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as modules from './modules.mjs';
import { assert, flow } from './kit.mjs';
import { team } from './team.mjs';

const WIDTHS = { 1440: 900, 1024: 768, 390: 844 };
const folder = process.argv[2] || process.env.SIGNALBOX_SCREENSHOTS;
const EMPTY = { home: '/', inbox: '/inbox', 'my-tasks': '/my-tasks', projects: '/projects', environment: '/environments/beta', deployments: '/environments/beta/deployments', search: '/search', trash: '/trash' };

/** The screens that everybody knows by name. Those of the settings are found by following their links. */
function screens({ shop, first, lock, form, deployments, commit }) {
  const failed = deployments.find(one => one.state === 'failed') || deployments[0];
  const passed = deployments.find(one => one.state === 'succeeded') || deployments[0];
  return {
    home: '/', inbox: '/inbox', 'inbox-archived': '/inbox?show=archived', 'my-tasks': '/my-tasks', 'new-task': '/tasks/new',
    'my-sections': '/my-tasks?by=section', templates: '/templates', 'save-template': `/projects/${shop.id}/template`, projects: '/projects', 'new-project': '/projects/new', project: `/projects/${shop.id}`, 'project-filtered': `/projects/${shop.id}?assignee=me&group=due&sort=due`,
    'project-board': `/projects/${shop.id}?view=board`, 'project-calendar': `/projects/${shop.id}?view=calendar`, 'project-pane': `/projects/${shop.id}?task=${first}`,
    task: `/tasks/${first}`, search: '/search?q=basket', 'search-nothing': '/search?q=xyzzy', trash: '/trash',
    environments: '/environments', 'environment-new': '/environments/new', environment: '/environments/production', 'environment-settings': '/environments/beta/settings',
    'lock-dialog': '/environments/beta?open=lock', 'lock-page': '/environments/beta/lock', 'lock-release': `/locks/${lock}/release`, lock: `/tasks/${lock}`,
    deploy: '/environments/beta/deploy', deployments: '/environments/beta/deployments', deployment: `/environments/beta/deployments/${passed.number}`,
    'deployment-failed': `/environments/beta/deployments/${failed.number}`, 'deployment-find': `/environments/beta/deployments/${failed.number}?find=web`,
    schedule: '/schedules/preview?cron=30+2+1W+*+*&tz=Europe/Zurich', repositories: '/repositories', 'repository-new': '/repositories/new', repository: '/repositories/web', 'repository-settings': '/repositories/web/settings',
    commit: `/repositories/web/commits/${commit}`, 'audit-log': '/audit-log', palette: '/?open=palette', 'public-form': new URL(form.url).pathname,
  };
}

await flow(async theatre => {
  theatre.at('nothing is there yet');
  if (folder) mkdirSync(folder, { recursive: true });
  const alice = await theatre.enter('alice'), stranger = await theatre.enter(null);
  const axe = readFileSync(modules.load.resolve('axe-core/axe.min.js'), 'utf8');
  const found = [];

  const look = async (visitor, name, path, status = 200) => {
    theatre.at(`${name} (${path})`);
    const { page } = visitor;
    await page.setViewportSize({ width: 1440, height: 900 });
    const answer = await page.goto(path, { waitUntil: 'load' });
    if (answer.status() !== status) { found.push(`${name}: ${path} answers ${answer.status()}`); return; }
    await page.evaluate(() => document.fonts.ready);
    for (const theme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: theme });
      // Colours that are on their way to those of the theme are nobody's colours.
      await page.evaluate(() => Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished.catch(() => {}))));
      for (const [width, height] of Object.entries(WIDTHS)) {
        await page.setViewportSize({ width: Number(width), height });
        const sideways = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
        if (sideways > 0 && theme === 'light') found.push(`${name}: scrolls ${sideways} px sideways at ${width} px: ${await widest(page)}`);
        if (folder) await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`) });
        found.push(...await problems(page, axe, theme, `${name}, ${theme}, ${width} px`));
      }
    }
  };
  /** Follows the links of the settings; of things of a kind, such as people, one is enough. */
  const follow = async () => {
    const seen = new Set(), due = ['/settings'];
    for (let path; (path = due.shift());) {
      const kind = path.replace(/\/\d+/g, '/one');
      if (seen.has(kind)) continue;
      seen.add(kind);
      await look(alice, kind.slice(1).replace(/[^a-z0-9]+/gi, '-'), path);
      due.push(...await alice.page.locator('main a[href^="/settings"]').evaluateAll(links => links.map(link => new URL(link.href).pathname)));
    }
  };

  for (const [name, path] of Object.entries(EMPTY)) await look(alice, `empty-${name}`, path);
  theatre.at('a team has worked for some weeks');
  const ids = await team(theatre.stage);
  for (const [name, path] of Object.entries(screens(ids))) await look(alice, name, path);
  await follow();
  await look(stranger, 'login', '/login');
  await look(stranger, 'password', '/password');
  alice.expects(404);
  await look(alice, 'not-found', '/nothing/here', 404);
  await look(alice, 'task-not-found', '/tasks/1', 404);
  await look(alice, 'environment-not-found', '/environments/nowhere', 404);
  theatre.at('no screen has a defect');
  assert.deepEqual([...new Set(found)], []);
});

/** What axe-core finds that keeps somebody from using the page. A theme changes colours and nothing else, so the dark one is asked about those. */
async function problems(page, axe, theme, where) {
  // By the debugger's door: the pages' own policy lets no foreign script in, and it stays as it is.
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const { violations } = await page.evaluate(only => window.axe.run(document, { resultTypes: ['violations'], ...(only && { runOnly: { type: 'rule', values: only } }) }), theme === 'dark' ? ['color-contrast', 'link-in-text-block'] : null);
  return violations.filter(rule => ['serious', 'critical'].includes(rule.impact))
    .map(rule => `${where}: ${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map(node => node.target.join(' ')).join(' | ')}${rule.nodes.length > 3 ? ` and ${rule.nodes.length - 3} more` : ''}${rule.id === 'color-contrast' ? ` (${rule.nodes[0].any[0]?.message})` : ''}`);
}

/** The element that sticks out furthest. */
function widest(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1);
    const last = out.sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0];
    return last ? `${last.tagName.toLowerCase()}.${last.className} "${last.textContent.trim().slice(0, 40)}"` : '?';
  });
}
