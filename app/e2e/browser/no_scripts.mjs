// Without scripts everything is read, and simple things are done: links, forms, redirects.
import { assert, flow } from './kit.mjs';
import { team } from './team.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const { shop, first, deployments } = await team(stage);
  const alice = await theatre.enter('alice', { scripts: false }), { page } = alice;

  const reads = [
    ['/', /production/i], ['/inbox', /Inbox/], ['/my-tasks', /Explain why a card was declined/], ['/projects', /Operations/],
    [`/projects/${shop.id}`, /Speed up the search/], [`/projects/${shop.id}?view=board`, /Speed up the search/], [`/projects/${shop.id}?view=calendar`, /Gift cards/],
    [`/projects/${shop.id}?task=${first}`, /voucher 1141/], [`/tasks/${first}`, /voucher 1141/], ['/search?q=voucher', /Gift cards/],
    ['/environments', /Production/], ['/environments/production', /Migration 0187/], [`/environments/beta/deployments/${deployments[0].number}`, /copying to web-1/],
    ['/repositories', /web/], ['/repositories/web', /Accept gift cards/], ['/trash', /Nobody needs this/], ['/audit-log', /Alice/], ['/settings', /Settings|Profile/],
  ];
  for (const [path, text] of reads) {
    theatre.at(`${path} is read`);
    const answer = await page.goto(path);
    assert.equal(answer.status(), 200);
    assert.match(await page.locator('#main').innerText(), text);
  }

  theatre.at('a task is added');
  await alice.go(`/projects/${shop.id}`);
  await page.locator(`#add-${shop.sections['To do']}`).fill('Written without scripts');
  await alice.press('Enter');
  await alice.sees(page.locator('li.tk', { hasText: 'Written without scripts' }));

  theatre.at('it is completed and brought back');
  await page.locator('li.tk', { hasText: 'Written without scripts' }).locator('button.done').click();
  await alice.sees(page.locator('#toasts .toast', { hasText: 'is complete' }));
  await page.locator('#toasts').getByRole('button', { name: 'Undo' }).click();
  await alice.sees(page.locator('li.tk', { hasText: 'Written without scripts' }));

  theatre.at('its name is changed and something is said');
  await page.locator('li.tk', { hasText: 'Written without scripts' }).locator('a[data-pane]').click();
  await page.getByRole('button', { name: 'Save name' }).waitFor();
  await page.locator('#title').fill('Changed without scripts');
  await page.getByRole('button', { name: 'Save name' }).click();
  await alice.sees(page.locator('li.tk', { hasText: 'Changed without scripts' }));
  await page.locator('textarea.say').fill('Said without scripts');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await alice.sees(page.locator('.talk li', { hasText: 'Said without scripts' }));

  theatre.at('an environment is locked and the lock released');
  await alice.go('/environments/beta');
  await page.locator('#actions').getByText('Lock').click();
  await page.getByLabel('Why').fill('Testing by hand');
  await page.getByRole('button', { name: 'Lock beta' }).click();
  await alice.sees(page.locator('#gate', { hasText: 'Beta is closed' }));
  await page.locator('#locks').getByRole('button', { name: 'Release' }).click();
  await alice.sees(page.locator('#gate', { hasText: 'Beta is open' }));

  theatre.at('signing out works');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await alice.sees(page.getByLabel('Password'));
});
