// Working through a project with the keyboard: add, complete with Space, undo with z, select and act on several.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['Round totals half to even', 'Translate the returns form'], Done: [] });
  const alice = await theatre.enter('alice');
  const { page } = alice, rows = section => page.locator(`#sec-${project.sections[section]} li.tk`);
  const open = async () => (await stage.api('GET', `/api/v1/tasks?project=${project.id}&limit=100`)).data.filter(task => !task.completed).map(task => task.name);
  await alice.go(`/projects/${project.id}`);

  theatre.at('tasks are added one after the other without leaving the line');
  await alice.tabTo(`#add-${project.sections['To do']}`);
  await alice.type('Call the courier in 3 days');
  await alice.press('Enter');
  await eventually('the first row', async () => await rows('To do').count() === 3);
  assert.equal(await page.evaluate(() => document.activeElement.id), `add-${project.sections['To do']}`, 'the focus stays on the line');
  await eventually('an empty line', () => page.evaluate(() => document.activeElement.value === ''));
  await alice.type('Write to the bank @ali');
  await alice.sees(page.locator('.typeahead li', { hasText: 'alice' }));
  await alice.press('Enter', 'Enter');
  await eventually('the second row', async () => await rows('To do').count() === 4);
  const made = rows('To do').filter({ hasText: 'Call the courier' });
  assert.doesNotMatch(await made.innerText(), /in 3 days/, 'the day is not part of the name');
  assert.equal((await stage.api('GET', `/api/v1/tasks?project=${project.id}&limit=100`)).data.find(task => task.name === 'Call the courier')?.due_on, stage.day(3));
  await alice.sees(rows('To do').filter({ hasText: 'Write to the bank' }).getByText(/alice/i));

  theatre.at('a line that cannot be is refused beside the line, and stays');
  alice.expects(400);
  await alice.type('For @nobody.such.person');
  await alice.press('Enter');
  await alice.sees(page.locator('.tk-add .form-problem', { hasText: 'Nobody here is called' }));
  assert.match(await page.locator(`#add-${project.sections['To do']}`).inputValue(), /nobody\.such/);
  await page.locator(`#add-${project.sections['To do']}`).fill('');

  theatre.at('j and k go through the rows, Space completes, z brings back');
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('j');
  const at = () => page.evaluate(() => document.activeElement.closest('li.tk')?.innerText || '');
  await eventually('the first row has the focus', async () => /Round totals/.test(await at()));
  await alice.press('j');
  await eventually('the second row has the focus', async () => /Translate/.test(await at()));
  await alice.press('k', 'Space');
  await eventually('it is complete', async () => !(await open()).includes('Round totals half to even'));
  await alice.sees(page.locator('#toasts .toast', { hasText: 'is complete' }));
  await alice.press('z');
  await eventually('it is open again', async () => (await open()).includes('Round totals half to even'));
  await alice.sees(rows('To do').filter({ hasText: 'Round totals' }));

  theatre.at('several are selected with x and completed at once, and one z brings all back');
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('j', 'x', 'j', 'x');
  await alice.sees('#pick');
  assert.equal(await page.locator('li.tk .check:checked').count(), 2);
  await page.locator('#pick').getByRole('button', { name: 'Complete' }).click();
  await eventually('both are complete', async () => (await open()).length === 2);
  await alice.sees(page.locator('#toasts .toast', { hasText: '2 tasks complete' }));
  await page.evaluate(() => document.activeElement.blur());
  await alice.press('z');
  await eventually('both are open', async () => (await open()).length === 4);

  theatre.at('the list of keys opens with ? and closes with Escape');
  await alice.press('Shift+?');
  await alice.sees('#keys');
  await alice.press('Escape');
  await alice.misses('#keys');
});
