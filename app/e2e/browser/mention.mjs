// Two browsers: a comment that mentions bob arrives in his inbox by itself, and what he answers in her pane.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  await stage.person('bob', 'Bob Okafor');
  const project = await stage.project('Shop', { 'To do': ['Round totals half to even'] });
  const task = project.tasks['Round totals half to even'];
  const [alice, bob] = [await theatre.enter('alice'), await theatre.enter('bob')];
  await bob.go('/inbox');
  await bob.page.evaluate(() => { window.__kept = true; });
  assert.equal(await bob.page.locator('#inbox-list .news').count(), 0);
  await alice.go(`/tasks/${task}`);

  theatre.at('typing @ offers people, Enter takes one');
  const box = alice.page.locator('textarea.say');
  await box.click();
  await alice.page.keyboard.type('Can you look at this, @bo', { delay: 20 });
  await alice.sees(alice.page.locator('.typeahead li', { hasText: 'Bob Okafor' }));
  await alice.press('Enter');
  assert.match(await box.inputValue(), /@Bob/);
  await alice.type(' please?');

  theatre.at('the comment appears once it is sent');
  await alice.press('Control+Enter');
  await alice.sees(alice.page.locator('.talk li', { hasText: 'Can you look at this' }));
  await eventually('an empty box', async () => await box.inputValue() === '');

  theatre.at("it arrives in bob's inbox without a reload");
  await bob.sees(bob.page.locator('#inbox-list .news', { hasText: 'Round totals half to even' }));
  assert.match(await bob.page.locator('#inbox-list .news').first().innerText(), /you are mentioned/);
  await eventually('the sidebar counts it', async () => (await bob.page.locator('#my-inbox').innerText()).includes('1'));
  await eventually('the title counts it', async () => /^\(1\) /.test(await bob.page.title()));
  assert.equal(await bob.page.evaluate(() => window.__kept), true, 'the page was not loaded again');

  theatre.at("bob's answer appears on alice's page without a reload");
  await alice.page.evaluate(() => { window.__kept = true; });
  await bob.page.locator('#inbox-list a.ttl').first().click();
  await bob.sees('#task');
  await bob.page.locator('textarea.say').fill('It is the rounding.');
  await bob.page.getByRole('button', { name: 'Comment', exact: true }).click();
  await alice.sees(alice.page.locator('.talk li', { hasText: 'It is the rounding.' }));
  assert.equal(await alice.page.evaluate(() => window.__kept), true, 'the page was not loaded again');

  theatre.at('what alice is typing meanwhile stays');
  await box.fill('A thought that is not sent yet');
  await stage.comment(task, 'One more thing.', 'bob');
  await alice.sees(alice.page.locator('.talk li', { hasText: 'One more thing.' }));
  assert.equal(await box.inputValue(), 'A thought that is not sent yet');
  await alice.page.locator('h1, .pane-head').first().click({ force: true });
  await stage.comment(task, 'And another.', 'bob');
  await alice.sees(alice.page.locator('.talk li', { hasText: 'And another.' }));
  assert.equal(await box.inputValue(), 'A thought that is not sent yet', 'a draft is kept when the box is left');
});
