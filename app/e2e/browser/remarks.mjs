// A run is talked about and labelled on its page; a job that is frozen says so, and is started all the same only with a reason.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, eventually, flow } from './kit.mjs';
import { git } from './serve.mjs';

const HOSTILE = '<img src=x onerror="window.__pwned=1"> & </textarea><script>window.__pwned=1</script>';

await flow(async theatre => {
  const { stage } = theatre;
  await stage.person('bob', 'Bob Okafor');
  theatre.at('two jobs are committed, one frozen around the other');
  const soon = new Date(Date.now() + 40 * 60_000);
  const cron = `${soon.getUTCMinutes()} ${soon.getUTCHours()} * * *`;
  writeFileSync(join(stage.repository, 'signalbox.yaml'), `name: beta-push
title: Beta
on: [{cron: "*/5 * * * *", tz: UTC}, manual]
permissions: {schedule: [alice@hub.example]}
agent: none-has-this
freeze: [{from: 90m before prod-push, until: prod-push finished}]
steps: [{run: 'true'}]
---
name: prod-push
title: Production
on: [{cron: "${cron}", tz: UTC}, manual]
agent: none-has-this
steps: [{run: 'true'}]
`);
  git(stage.repository, 'add', '--all');
  git(stage.repository, 'commit', '--quiet', '--message', 'Jobs');
  await stage.api('POST', '/api/v1/repositories/web/fetch');
  await eventually('both jobs', async () => (await stage.api('GET', '/api/v1/jobs')).data.length === 2);
  const alice = await theatre.enter('alice'), bob = await theatre.enter('bob');
  const { page } = alice;

  theatre.at('the page of the job says that it is frozen, and which fires are');
  await alice.go('/jobs/beta-push');
  await alice.sees(page.getByText(/Frozen until prod-push has finished, which runs at \d\d:\d\d \(UTC\)\./));
  await alice.sees('Frozen from 1 h 30 min before prod-push until it has finished.');
  assert.equal(await page.locator('.fires li', { hasText: 'frozen' }).count(), 5);

  theatre.at('who may not pause it is told why, and is offered nothing');
  await bob.go('/jobs/beta-push');
  await bob.page.getByRole('link', { name: 'Run now' }).click();
  await bob.sees(bob.page.locator('dialog#run .note', { hasText: 'Beta is frozen until prod-push has finished' }));
  assert.equal(await bob.page.locator('dialog#run .btn.primary').count(), 0);

  theatre.at('who may starts it all the same, with a reason');
  await alice.go('/jobs/beta-push');
  await page.getByRole('link', { name: 'Run now' }).click();
  await page.getByLabel('Why it is to run all the same').fill('The shop is down');
  await page.getByRole('button', { name: 'Run Beta all the same' }).click();
  await alice.sees('although it was frozen: The shop is down');
  const run = alice.address;

  theatre.at('the timetable says it of each fire');
  await alice.go('/');
  await alice.sees('Timetable');
  assert.ok((await page.content()).includes('Beta is frozen until prod-push has finished'), 'in its words');
  await alice.go(run);

  theatre.at('a comment is written, seen by others at once, and no part of it is run');
  await bob.go(run);
  await page.getByRole('textbox', { name: 'A comment' }).fill(`Look at this\n${HOSTILE}`);
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await alice.sees(page.locator('.remarks p', { hasText: HOSTILE }));
  await bob.sees(bob.page.locator('.remarks p', { hasText: 'Look at this' }));
  assert.equal(await page.getByRole('textbox', { name: 'A comment' }).inputValue(), '', 'the field is empty again');
  assert.equal(await bob.page.getByRole('button', { name: /Remove the comment/ }).count(), 0, 'it is not his');

  theatre.at('a label is put on, and taken off');
  await bob.page.getByRole('textbox', { name: 'A label' }).fill('release-1.4 <b>');
  await bob.page.getByRole('button', { name: 'Add' }).click();
  await bob.sees(bob.page.locator('#labels .chip', { hasText: 'release-1.4 <b>' }));
  await alice.sees(page.locator('#labels .chip', { hasText: 'release-1.4 <b>' }));
  await page.getByRole('button', { name: 'Take off the label release-1.4 <b>' }).click();
  await alice.misses(page.locator('#labels .chip'));

  theatre.at('a comment is removed by who wrote it');
  await page.getByRole('button', { name: /Remove the comment/ }).click();
  await alice.misses(page.locator('.remarks p'));
  await bob.misses(bob.page.locator('.remarks p'));

  theatre.at('without scripts the same forms work, and a phone shows them');
  const plain = await theatre.enter('bob', { scripts: false, width: 390, height: 844 });
  await plain.go(run);
  await plain.page.locator('textarea[name=text]').fill('From a phone');
  await plain.page.getByRole('button', { name: 'Comment', exact: true }).click();
  await plain.sees(plain.page.locator('.remarks p', { hasText: 'From a phone' }));
  await plain.page.locator('#labels input[name=name]').fill('a-label-that-is-much-longer-than-the-screen-of-a-phone-is-wide-and-has-no-space-in-it');
  await plain.press('Enter');
  await plain.sees(plain.page.locator('#labels .chip'));
  const phone = await theatre.enter('bob', { width: 390, height: 844 });
  await phone.go(run);
  const wide = await phone.page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels wide`);
});
