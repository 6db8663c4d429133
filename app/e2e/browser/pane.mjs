// The pane beside a list: its address, Back and reload; the title edited where it is.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['Round totals half to even', 'Translate the returns form'] });
  const task = project.tasks['Round totals half to even'];
  const alice = await theatre.enter('alice'), { page } = alice;
  const name = async () => (await stage.api('GET', `/api/v1/tasks/${task}`)).name;
  await alice.go(`/projects/${project.id}`);
  const home = alice.address;

  theatre.at('a click opens the pane and changes the address');
  await page.evaluate(() => { window.__kept = true; });
  await page.locator(`#t-${task} a[data-pane]`).click();
  await alice.sees('aside.pane');
  await eventually('the address', () => alice.address.includes(`task=${task}`));
  assert.equal(await page.evaluate(() => window.__kept), true, 'the page was not loaded again');
  assert.equal(await page.locator(`#t-${task}`).getAttribute('aria-current'), 'true');

  theatre.at('reload keeps it');
  await page.reload();
  await alice.sees('aside.pane');
  assert.equal(await page.locator('#title').inputValue(), 'Round totals half to even');

  theatre.at('Back closes it and Forward opens it');
  await page.goBack();
  await eventually('closed', async () => alice.address === home && await page.locator('aside.pane').count() === 0);
  await page.goForward();
  await alice.sees('aside.pane');

  theatre.at('Enter saves the title, in the list too');
  await page.locator('#title').fill('Round totals half up');
  await alice.press('Enter');
  await eventually('saved', async () => await name() === 'Round totals half up');
  await alice.sees(page.locator(`#t-${task}`).getByText('Round totals half up'));

  theatre.at('Escape restores it');
  await page.locator('#title').fill('Something hasty');
  await alice.press('Escape');
  await eventually('restored', async () => await page.locator('#title').inputValue() === 'Round totals half up');
  await page.locator('h3, .pane-head').first().click();
  await page.reload();
  assert.equal(await name(), 'Round totals half up');

  theatre.at('leaving the title saves it too');
  await page.locator('#title').fill('Round all totals half up');
  await alice.press('Tab');
  await eventually('saved', async () => await name() === 'Round all totals half up');

  theatre.at('a date is read as people write it, and refused in words');
  await page.getByLabel('Due', { exact: true }).last().fill('tomorrow');
  await alice.press('Enter');
  await eventually('due', async () => (await stage.api('GET', `/api/v1/tasks/${task}`)).due_on === stage.day(1));
  alice.expects(400);
  await page.locator('#f-due input').fill('31 feb');
  await alice.press('Enter');
  await alice.sees(page.locator('#f-due .form-problem'));
  await page.locator('#f-due input').fill('');
  await alice.press('Enter');
  await eventually('no date', async () => !(await stage.api('GET', `/api/v1/tasks/${task}`)).due_on);

  theatre.at('a cell of the list is edited where it is');
  const other = project.tasks['Translate the returns form'];
  await page.locator(`#t-${other} .cell[data-edit=due]`).click();
  await page.locator(`#t-${other} input[name=due]`).fill('tomorrow');
  await alice.press('Enter');
  await eventually('due', async () => (await stage.api('GET', `/api/v1/tasks/${other}`)).due_on === stage.day(1));

  theatre.at('Escape closes the pane');
  await page.locator('body').press('Escape');
  await eventually('closed', async () => await page.locator('aside.pane').count() === 0 && !alice.address.includes('task='));
});
