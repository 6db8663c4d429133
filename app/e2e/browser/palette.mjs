// The palette finds things and runs commands, by keyboard alone.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['Round totals half to even', 'Translate the returns form'] });
  const alice = await theatre.enter('alice'), { page } = alice;
  await alice.go('/');

  theatre.at('Control K opens it with the focus in its field');
  await alice.press('Control+k');
  await alice.sees('#palette');
  await eventually('the focus', () => page.evaluate(() => Boolean(document.activeElement.closest('#palette'))));

  theatre.at('it finds a task by words of its name, and Enter opens it');
  await alice.type('returns form');
  await alice.sees(page.locator('#palette-results li', { hasText: 'Translate the returns form' }));
  await eventually('the first result is chosen', () => page.evaluate(() => document.querySelector('#palette li[aria-selected=true]')?.textContent.includes('Translate')));
  await alice.press('Enter');
  await page.waitForURL(url => url.href.includes(project.tasks['Translate the returns form']));
  await alice.sees('#task');

  theatre.at('a slash opens it too; a project is found');
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('/');
  await alice.sees('#palette');
  await alice.type('sho');
  await alice.sees(page.locator('#palette-results li', { hasText: 'Shop' }));
  await alice.press('Escape');
  await alice.misses('#palette');

  theatre.at('a command runs: Lock production opens the dialog there');
  await alice.press('Control+k');
  await alice.type('lock prod');
  const chosen = () => page.evaluate(() => document.querySelector('#palette li[aria-selected=true]')?.textContent || '');
  await eventually('only what fits is offered', async () => await page.locator('#palette-commands li:visible').count() === 1 && await page.locator('#palette-results li', { hasText: 'Shop' }).count() === 0);
  for (let n = 0; n < 10 && !(await chosen()).includes('Lock production'); n += 1) await alice.press('ArrowDown');
  await alice.press('Enter');
  await page.waitForURL('**/environments/production?open=lock');
  await alice.sees('dialog#lock[open]');
  await alice.press('Escape');

  theatre.at('who types fast and presses Enter gets what was typed');
  await alice.press('Control+k');
  await alice.type('my tasks');
  await alice.press('Enter');
  await page.waitForURL('**/my-tasks');
  await alice.go('/');

  theatre.at('g and a letter go somewhere');
  await eventually('the dialog is closed', async () => await page.locator('dialog[open]').count() === 0);
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('g', 't');
  await page.waitForURL('**/my-tasks');
  assert.equal(alice.address, '/my-tasks');
});
