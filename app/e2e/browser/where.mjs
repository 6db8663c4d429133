// A commit that names a task takes it along the line, and the list and the task say so by themselves.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['Keep unread marks', 'Something else'] });
  const task = project.tasks['Keep unread marks'], other = project.tasks['Something else'];
  const alice = await theatre.enter('alice'), { page } = alice;

  theatre.at('without commits there is no column');
  await alice.go(`/projects/${project.id}`);
  assert.equal(await page.locator('.mini').count(), 0);

  theatre.at('a commit that names the task is merged, and the list says so without a reload');
  const commit = stage.commit(`Keep unread marks\n\nFixes: ${task}`);
  const [repository] = (await stage.api('GET', '/api/v1/repositories')).data;
  await stage.api('POST', `/api/v1/repositories/${repository.name}/fetch`);
  await alice.sees(page.locator(`#t-${task} .mini[aria-label="merged"]`));
  await alice.sees(page.locator(`#t-${other} .mini[aria-label="no commit yet"]`));

  theatre.at('a deployment takes it to beta');
  const deployed = await stage.deploy('beta', 'echo deployed', ['--commit', commit]);
  assert.equal(deployed.code, 0, deployed.said);
  await alice.sees(page.locator(`#t-${task} .mini[aria-label="on beta"]`));

  theatre.at('the task says since when, in which commit, and how it came there');
  await page.locator(`#t-${task} a[data-pane]`).click();
  await alice.sees(page.locator('.pane .where', { hasText: /on beta since \d\d:\d\d in/ }));
  await alice.sees(page.locator(`.pane .where a.sha[href$="${commit}"]`));
  await alice.sees(page.locator('.talk', { hasText: 'Reached beta with deployment 1' }));

  theatre.at('a task that locks production is red there');
  const production = await stage.api('GET', '/api/v1/environments/production');
  await stage.api('POST', `/api/v1/tasks/${task}/projects`, { project: production.lock_project.id });
  await eventually('red', async () => { await alice.go(`/projects/${project.id}`); return page.locator(`#t-${task} .mini[aria-label="on beta, blocks production"] i.stop`).count(); });

  theatre.at('a commit is linked and unlinked by hand');
  await alice.go(`/tasks/${other}`);
  await page.getByText('Link a commit').click();
  await page.locator('#link-commit').fill(commit.slice(0, 10));
  await page.getByRole('button', { name: 'Link commit' }).click();
  await alice.sees(page.locator('.where', { hasText: /on beta .*in/ }));
  await page.locator('.where summary').click();
  await page.getByRole('button', { name: 'Unlink' }).click();
  await alice.sees(page.locator('.where', { hasText: 'no commit yet' }));
});
