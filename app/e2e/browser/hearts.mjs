// A comment is liked, pinned, deleted and taken back; its author hears of the heart without a badge. Tasks are sorted into sections of one's own.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  await stage.person('bob', 'Bob Okafor');
  const project = await stage.project('Shop', { 'To do': [{ name: 'Round totals', assignee: 'alice@hub.example' }] });
  const task = project.tasks['Round totals'];
  const alice = await theatre.enter('alice'), bob = await theatre.enter('bob');
  await stage.comment(task, 'Half to even, please', 'bob');
  const { page } = alice;
  await alice.go(`/tasks/${task}`);

  theatre.at('a heart is pressed and shows on the other screen');
  await bob.go(`/tasks/${task}`);
  await page.getByRole('button', { name: 'Like this comment' }).click();
  await alice.sees(page.getByRole('button', { name: 'Do not like this comment any more' }));
  await bob.sees(bob.page.getByRole('button', { name: /Like this comment, as alice/i }));
  await page.getByRole('button', { name: 'Like this task' }).click();
  await alice.sees(page.getByRole('button', { name: 'Do not like this task any more' }));

  theatre.at('the author reads of it, and nothing is unread');
  await eventually('an item', async () => (await stage.api('GET', '/api/v1/inbox', undefined, 'bob')).data.some(item => /likes your comment/.test(item.text) && !item.unread));
  await bob.go('/inbox');
  await bob.sees(bob.page.getByText('likes your comment'));

  theatre.at('a comment is pinned above the others');
  await page.locator('.talk > li', { hasText: 'Half to even' }).hover();
  await page.locator('.talk summary[aria-label="More about this comment"]').click();
  await page.getByRole('button', { name: 'Pin to the top' }).click();
  await alice.sees('.pinned');
  await page.locator('.pinned').getByRole('button', { name: 'Unpin' }).click();
  await alice.misses('.pinned');

  theatre.at('a deleted comment is taken back from the toast');
  await bob.go(`/tasks/${task}`);
  await bob.page.locator('.talk > li', { hasText: 'Half to even' }).hover();
  await bob.page.locator('.talk summary[aria-label="More about this comment"]').click();
  await bob.page.getByRole('button', { name: 'Delete comment' }).click();
  await bob.sees(bob.page.locator('#toasts .toast', { hasText: 'The comment is deleted' }));
  await bob.misses(bob.page.locator('.talk > li', { hasText: 'Half to even' }));
  await bob.page.locator('#toasts').getByRole('button', { name: 'Undo' }).click();
  await bob.sees(bob.page.locator('.talk > li', { hasText: 'Half to even' }));

  theatre.at('tasks are sorted into sections of one\'s own');
  await alice.go('/my-tasks?by=section');
  await page.getByRole('button', { name: 'Sort into sections' }).click();
  await alice.sees('Recently assigned');
  await page.locator('#add-section').fill('This week');
  await page.keyboard.press('Enter');
  await alice.sees(page.locator('section[aria-label="This week"]'));
  await page.locator(`#t-${task} .name > a`).focus();
  await alice.press('Alt+ArrowDown');
  await alice.sees(page.locator(`section[aria-label="This week"] #t-${task}`));
  await page.reload();
  await alice.sees(page.locator(`section[aria-label="This week"] #t-${task}`));
  assert.equal(await page.locator('section[aria-label="Recently assigned"] li.tk').count(), 0);
});
