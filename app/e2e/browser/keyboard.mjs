// From the sign-in to a lock with the keyboard alone. No step uses a mouse; every focus is seen.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['Round totals half to even', 'Translate the returns form'] });
  const task = project.tasks['Round totals half to even'];
  const alice = await theatre.enter(null), { page } = alice;
  /** What has the focus shows it: an outline, a ring, or a field's own border. */
  const isSeen = () => page.evaluate(() => { const style = getComputedStyle(document.activeElement); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none' || Boolean(document.activeElement.closest('li.tk, label')); });

  theatre.at('sign in');
  alice.expects(401);
  await alice.go('/login');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'email', 'the focus is where one writes first');
  await alice.type('alice@hub.example');
  await alice.tabTo('input[name=password]');
  await alice.type('correct horse battery');
  await alice.press('Enter');
  await page.waitForURL(url => url.pathname === '/'); // loaded: keys before that go nowhere

  theatre.at('the skip link leads into the page');
  await alice.press('Tab');
  assert.match(await alice.focused(), /Skip to content/);
  assert.ok(await isSeen());
  await alice.press('Enter');
  await alice.press('Tab');
  assert.ok(await page.evaluate(() => !document.activeElement.closest('nav.side')), `past the sidebar: ${await alice.focused()}`);

  theatre.at('to the project through the sidebar');
  await alice.go('/projects');
  await alice.tabTo(`main a[href="/projects/${project.id}"], main a[href^="/projects/${project.id}?"]`);
  assert.ok(await isSeen(), await alice.focused());
  await alice.press('Enter');
  await alice.sees(page.locator(`#t-${task}`));

  theatre.at('Enter opens the task beside the list, and the focus goes there');
  await alice.tabTo(`#t-${task} a[data-pane]`);
  assert.ok(await isSeen(), await alice.focused());
  await alice.press('Enter');
  await alice.sees('aside.pane');
  await eventually('the focus is in the pane', () => page.evaluate(() => Boolean(document.activeElement.closest('.pane'))));

  theatre.at('a comment is written and sent');
  await alice.tabTo('textarea.say');
  await alice.type('Written without a mouse');
  await alice.press('Control+Enter');
  await alice.sees(page.locator('.talk li', { hasText: 'Written without a mouse' }));

  theatre.at('Escape closes the pane and the focus returns to the row');
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('Escape');
  await eventually('closed', async () => await page.locator('aside.pane').count() === 0);
  await eventually('the focus is back on the row', () => page.evaluate(id => document.activeElement.closest('li.tk')?.id === id, `t-${task}`));

  theatre.at('to production, and its lock dialog');
  await alice.press('g', 'p');
  await page.waitForURL('**/environments/production');
  await alice.tabTo('#actions [data-open=lock]');
  await alice.press('Enter');
  await alice.sees('dialog#lock[open]');
  await eventually('the focus is in Why', () => page.evaluate(() => document.activeElement.name === 'reason'));

  theatre.at('the focus stays in the dialog, Escape gives it back');
  for (let n = 0; n < 15; n += 1) {
    await alice.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog#lock'))), await alice.focused());
  }
  await alice.press('Escape');
  await alice.misses('dialog#lock[open]');
  await eventually('the focus is back on Lock', () => page.evaluate(() => document.activeElement.matches('[data-open=lock]')));

  theatre.at('l p locks from anywhere');
  await alice.go('/my-tasks');
  await alice.press('l', 'p');
  await alice.sees('dialog#lock[open]');
  await alice.type('Locked by keyboard');
  await alice.tabTo('dialog#lock .btn.primary', 20);
  await alice.press('Enter');
  await alice.sees(page.locator('#gate', { hasText: 'Production is closed' }));
  await alice.tabTo('#locks .lockrow button', 60);
  await alice.press('Enter');
  await alice.sees(page.locator('#gate', { hasText: 'Production is open' }));
});
