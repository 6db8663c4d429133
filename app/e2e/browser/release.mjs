// Two browsers and a command line: a lock closes production everywhere, its release opens it, and a deployment streams its output.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  await stage.person('bob', 'Bob Okafor');
  const first = await stage.deploy('beta', 'echo first');
  assert.equal(first.code, 0, first.said);
  const [alice, bob] = [await theatre.enter('alice'), await theatre.enter('bob')];
  await bob.go('/environments/production');
  await bob.page.evaluate(() => { window.__kept = true; });
  await alice.go('/environments/production');

  theatre.at('the dialog asks why, with the focus in it');
  await alice.page.locator('#actions').getByText('Lock').click();
  await alice.sees('dialog#lock[open]');
  await eventually('the focus is in Why', () => alice.page.evaluate(() => document.activeElement.name === 'reason'));
  await alice.type('Migration 0187 is still running');
  await alice.page.getByRole('button', { name: 'Lock production' }).click();

  theatre.at('it is closed for whoever locked it, in words');
  await alice.sees(alice.page.locator('#gate', { hasText: 'Production is closed' }));
  await alice.misses('dialog#lock[open]');
  await alice.sees(alice.page.locator('#locks', { hasText: 'Migration 0187 is still running' }));
  await alice.sees(alice.page.locator('#toasts .toast', { hasText: 'Production is locked' }));

  theatre.at('and for bob without a reload, Deploy explaining itself');
  await bob.sees(bob.page.locator('#gate', { hasText: 'Production is closed' }));
  await bob.sees(bob.page.locator('#locks', { hasText: 'Migration 0187 is still running' }));
  const deploy = bob.page.locator('#actions').getByText('Deploy');
  await eventually('Deploy is blocked', async () => await deploy.count() === 0 || await bob.page.locator('#actions [aria-disabled=true]').count() === 1);
  await eventually('the sidebar says so', async () => /lock|closed|1/i.test(await bob.page.locator('.side .line').innerText()));
  assert.equal(await bob.page.evaluate(() => window.__kept), true, 'the page was not loaded again');

  theatre.at('bob asks to be told when it opens');
  await bob.page.getByRole('button', { name: 'Tell me when it opens' }).click();
  await bob.sees(bob.page.getByRole('button', { name: 'Don’t tell me' }));

  theatre.at('a deployment is refused with the same reason');
  const refused = await stage.deploy('production', 'echo must not run');
  assert.notEqual(refused.code, 0);
  assert.match(refused.said, /Migration 0187/);
  assert.doesNotMatch(refused.said, /must not run/);

  theatre.at('releasing the lock opens it for both');
  await alice.page.locator('#locks').getByRole('button', { name: 'Release' }).click();
  await alice.sees(alice.page.locator('#gate', { hasText: 'Production is open' }));
  await bob.sees(bob.page.locator('#gate', { hasText: 'Production is open' }));
  assert.equal(await bob.page.evaluate(() => window.__kept), true, 'the page was not loaded again');

  theatre.at('bob is told in his inbox');
  await bob.sees(bob.page.locator('.side a[href="/inbox"] .n', { hasText: '1' }));
  const inbox = await bob.context.newPage();
  bob.watch(inbox);
  await inbox.goto('/inbox');
  await inbox.locator('li.news', { hasText: 'production is open now' }).waitFor();
  await inbox.close();

  theatre.at('a deployment that starts appears on the open page');
  const gate = stage.server.data + '/go-on';
  const deployed = stage.deploy('production', `echo "line one"; while [ ! -e "${gate}" ]; do sleep 0.1; done; echo "line two <b>bold</b>"; while [ ! -e "${gate}-2" ]; do sleep 0.1; done; echo "line three"`);
  await bob.sees(bob.page.locator('#live', { hasText: 'Running now' }));
  await bob.sees(bob.page.locator('#live', { hasText: 'line one' }));

  theatre.at('its own page streams its output, line by line');
  await bob.page.locator('#live').getByText(/^Deployment \d+$/).first().click();
  await bob.sees(bob.page.locator('#log', { hasText: 'line one' }));
  await bob.page.evaluate(() => { window.__kept = true; });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(gate, '');
  await bob.sees(bob.page.locator('#log', { hasText: 'line two <b>bold</b>' }));
  await alice.sees(alice.page.locator('#live', { hasText: 'line two' }));
  writeFileSync(gate + '-2', '');
  await bob.sees(bob.page.locator('#log', { hasText: 'line three' }));

  theatre.at('it ends well without a reload, with every line once and in order');
  assert.equal((await deployed).code, 0, (await deployed).said);
  await bob.sees(bob.page.locator('#deployment h1', { hasText: /succeeded|deployed|went/i }));
  const lines = await bob.page.locator('#log ol').innerText();
  assert.deepEqual(lines.match(/line (one|two|three)/g), ['line one', 'line two', 'line three'], lines);
  assert.equal(await bob.page.evaluate(() => window.__kept), true, 'the page was not loaded again');
  await eventually('production has it', async () => !(await alice.page.locator('#live').isVisible()) && /Deployment|brought|\d/.test(await alice.page.locator('#history').innerText()));
});
