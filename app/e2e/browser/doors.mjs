// Signing in with a wrong and a right password, signing out, and the link that sets up an empty server.
import { assert, eventually, flow } from './kit.mjs';
import { serve } from './serve.mjs';

await flow(async theatre => {
  theatre.at('a page asks a stranger to sign in and comes back to where they wanted');
  const alice = await theatre.enter(null);
  alice.expects(401);
  await alice.go('/my-tasks');
  assert.match(alice.address, /^\/login\?next=/);
  const { page } = alice;

  theatre.at('a wrong password says so and keeps the email');
  await page.getByLabel('Email').fill('alice@hub.example');
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await alice.sees(page.getByRole('alert'));
  const said = await page.getByRole('alert').innerText();
  assert.match(said, /do not match|does not match/i, said);
  assert.equal(await page.getByLabel('Email').inputValue(), 'alice@hub.example');
  assert.equal(await page.getByLabel('Password').inputValue(), '');

  theatre.at('the right one leads on');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/my-tasks');
  await alice.sees(page.getByRole('heading', { level: 1, name: 'My tasks' }));

  theatre.at('signing out ends it');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
  await alice.go('/my-tasks');
  assert.match(alice.address, /^\/login/);

  theatre.at('an empty server prints a link that makes the first administrator');
  const empty = await serve({ admin: false });
  const link = await eventually('the link is printed', () => /\/setup\/[^\s"]+/.exec(empty.log())?.[0]);
  const first = await theatre.enter(null, { url: empty.url });
  await first.go(link);
  await first.page.getByLabel('Your name').fill('Mei Tanaka');
  await first.page.getByLabel('Email').fill('mei@hub.example');
  await first.page.getByLabel('Password').fill('short');
  first.expects(400);
  await first.page.getByRole('button', { name: 'Start' }).click();
  await first.sees(first.page.getByRole('alert'));
  assert.equal(await first.page.getByLabel('Your name').inputValue(), 'Mei Tanaka');
  await first.page.getByLabel('Password').fill('a longer password');
  await first.page.getByRole('button', { name: 'Start' }).click();
  await eventually('the first page', () => first.address === '/');
  await first.sees('Mei Tanaka');

  theatre.at('and works once');
  const second = await theatre.enter(null, { url: empty.url });
  for (const status of [400, 404, 410, 409, 403, 401]) second.expects(status);
  await second.go(link);
  assert.equal(await second.page.getByLabel('Your name').count(), 0);
});
