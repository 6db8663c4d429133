// What people may write, and how much of it: markup is inert, other scripts read well, long and many things stay usable.
import { assert, flow } from './kit.mjs';
import { picture } from './team.mjs';

const MARKUP = `<script>window.__pwned=1</script><img src=x onerror="window.__pwned=2"><svg onload="window.__pwned=3">"'&amp;</title></textarea>`;
const LINK = 'javascript:window.__pwned=4';
const ARABIC = 'مرحبا بالعالم \u202eevil\u202c';
const EMOJI = '👩‍👩‍👧‍👦 Zo\u0353\u030a\u0321e\u0334 🏳️‍🌈 𝕊𝕚𝕘𝕟𝕒𝕝';
const LONG = 'Donaudampfschifffahrtsgesellschaft'.repeat(300).slice(0, 10_000);

await flow(async theatre => {
  const { stage } = theatre;
  theatre.at('people write what they should not');
  await stage.api('PATCH', '/api/v1/workspace', { name: MARKUP.slice(0, 60) });
  await stage.person('bob', MARKUP.slice(0, 100));
  const title = text => ({ name: text, notes: text, assignee: 'bob@hub.example', due_on: stage.day(1) });
  const project = await stage.project(MARKUP, { [MARKUP]: [title(MARKUP), title(ARABIC), title(EMOJI), title(LONG)], [ARABIC]: [] }, { notes: MARKUP });
  const hostile = project.tasks[MARKUP];
  await stage.comment(hostile, MARKUP, 'bob');
  await stage.comment(hostile, `[click me](${LINK}) ${LINK} @alice`, 'bob');
  await stage.api('POST', '/api/1.0/tasks/' + hostile + '/stories', { data: { html_text: '<body><strong>bold</strong> &lt;script&gt;window.__pwned=5&lt;/script&gt;</body>' } });
  await picture(stage, hostile, '"><img src=x onerror=window.__pwned=6>.png');
  const tag = await stage.api('POST', '/api/1.0/tags', { data: { name: MARKUP.slice(0, 90), workspace: (await stage.api('GET', '/api/1.0/workspaces')).data[0].gid } });
  await stage.api('POST', `/api/1.0/tasks/${hostile}/addTag`, { data: { tag: tag.data.gid } });
  stage.commit(MARKUP);
  const said = await stage.deploy('beta', `echo '${MARKUP.replaceAll("'", '')}'; printf '\\033[31mred\\033[0m \\007\\n'; exit 1`);
  assert.equal(said.code, 1, said.said);
  const lock = await stage.api('POST', '/api/v1/environments/production/locks', { reason: `${MARKUP}\n${LONG}` });

  theatre.at('a thousand comments and two hundred projects');
  const many = await stage.task({ name: 'Much was said' }, project, ARABIC);
  const batch = async (count, make) => { for (let n = 0; n < count; n += 25) await Promise.all(Array.from({ length: Math.min(25, count - n) }, (_, i) => make(n + i))); };
  await batch(1_000, n => stage.comment(many, `Comment ${n} of many`));
  await batch(200, n => stage.api('POST', '/api/v1/projects', { name: `Project ${n}` }));

  const alice = await theatre.enter('alice'), { page } = alice;
  const pages = [
    '/', '/inbox', '/my-tasks', '/projects', `/projects/${project.id}`, `/projects/${project.id}?view=board`, `/projects/${project.id}?view=calendar`,
    `/projects/${project.id}?task=${hostile}`, ...Object.values(project.tasks).map(task => `/tasks/${task}`), `/tasks/${many}`, `/search?q=${encodeURIComponent(MARKUP)}`,
    '/environments', '/environments/beta', '/environments/production', '/environments/production?open=lock', '/environments/beta/deployments/1', `/tasks/${lock.id}`,
    '/repositories', '/repositories/web', '/audit-log', '/settings', `/projects?q=${encodeURIComponent(MARKUP)}`,
  ];
  const wide = [];
  for (const path of pages) {
    theatre.at(`${decodeURIComponent(path).slice(0, 60)} reads well`);
    const answer = await alice.page.goto(path);
    assert.equal(answer.status(), 200, path);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const sideways = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
      if (sideways > 0) wide.push(`${path}: ${sideways} px at ${width}`);
    }
    assert.equal(await page.evaluate(() => window.__pwned), undefined, path);
    assert.equal(await page.locator('main img[src="x"], main script, main svg[onload], a[href^="javascript:"]').count(), 0, `${path}: markup came alive`);
  }

  theatre.at('the texts are there as they were written');
  await alice.go(`/tasks/${hostile}`);
  assert.equal(await page.locator('#title').inputValue(), MARKUP);
  await alice.sees(page.locator('.talk li', { hasText: 'window.__pwned=1' }).first());
  await alice.go(`/projects/${project.id}`);
  await alice.sees(page.locator('li.tk', { hasText: 'مرحبا' }));
  await alice.sees(page.locator('li.tk', { hasText: '👩‍👩‍👧‍👦' }));

  theatre.at('the newest of a thousand comments is seen, the oldest can be reached');
  await alice.go(`/tasks/${many}`);
  await alice.sees(page.locator('.talk li', { hasText: 'Comment 999 of many' }));
  await page.getByText('Show what happened before').click();
  await alice.sees(page.locator('.talk li', { hasText: 'Comment 3 of many' }));

  theatre.at('typing, the palette and toasts stay inert too');
  await alice.go('/');
  await alice.press('Control+k');
  await alice.type('script');
  await alice.sees(page.locator('#palette-results li').first());
  await alice.press('Escape');
  await alice.go(`/projects/${project.id}`);
  await page.locator(`#t-${hostile} button.done`).click();
  await alice.sees('#toasts .toast');
  await alice.go(`/tasks/${many}`);
  await page.locator('textarea.say').click();
  await page.keyboard.type('@<scr', { delay: 20 });
  await alice.press('Escape');
  assert.equal(await page.evaluate(() => window.__pwned), undefined);
  assert.deepEqual(wide, [], 'nothing makes a page scroll sideways');
});
