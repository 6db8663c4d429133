// A project is saved as a template and made again from another day; the template is deleted and taken back.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Release 7', { Before: [{ name: 'Freeze beta', due_on: stage.day(1), assignee: 'alice@hub.example' }], After: [{ name: 'Tell everybody', due_on: stage.day(3) }] });
  const alice = await theatre.enter('alice');
  const { page } = alice;

  theatre.at('the empty section that every project begins with is not shown beside others');
  await alice.go(`/projects/${project.id}?view=board`);
  await alice.sees('Freeze beta');
  assert.equal(await page.getByText('Untitled section').count(), 0);

  theatre.at('a project is saved as a template with roles');
  await page.locator('summary[aria-label="More about this project"]').click();
  await page.getByRole('link', { name: 'Save as template' }).click();
  await page.getByLabel('Name of the template').fill('Release train');
  await page.getByLabel('Roles, filled each time').check();
  await page.getByRole('button', { name: 'Save the template' }).click();
  await alice.sees(page.getByRole('heading', { name: 'Make a project' }));
  await alice.sees('2 days after the start');
  const template = alice.address;

  theatre.at('a project is made of it, from a day and with a person in the role');
  await page.getByLabel('Name of the project').fill('Release 8');
  await page.getByLabel('Day', { exact: true }).fill(stage.day(10));
  await page.getByRole('textbox', { name: 'What alice did' }).first().fill('me');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Make the project' }).click();
  await alice.sees('Freeze beta');
  const made = /projects\/(\d+)/.exec(alice.address)[1];
  const tasks = (await stage.api('GET', `/api/v1/tasks?project=${made}&limit=100`)).data;
  assert.deepEqual(tasks.map(task => [task.name, task.due_on]), [['Freeze beta', stage.day(10)], ['Tell everybody', stage.day(12)]]);
  assert.ok(tasks[0].assignee);

  theatre.at('it is offered where projects are made, and its deletion is undone');
  await alice.go('/projects/new');
  await alice.sees(page.getByRole('link', { name: 'Release train' }));
  await alice.go(template);
  await page.getByRole('button', { name: 'Delete the template' }).click();
  await alice.sees(page.locator('#toasts .toast', { hasText: 'Release train is deleted' }));
  await page.locator('#toasts').getByRole('button', { name: 'Undo' }).click();
  await eventually('it is back', async () => (await stage.api('GET', '/api/v1/project-templates')).data.length === 1);
});
