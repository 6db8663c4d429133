// A picture from the clipboard becomes part of a comment.
import { assert, eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const project = await stage.project('Shop', { 'To do': ['The basket page is empty'] });
  const alice = await theatre.enter('alice'), { page } = alice;
  await alice.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: alice.origin });
  await alice.go(`/tasks/${project.tasks['The basket page is empty']}`);

  theatre.at('a picture is on the clipboard');
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 160 });
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#248'; pen.fillRect(0, 0, 320, 160); pen.fillStyle = '#fff'; pen.fillText('basket', 20, 40);
    const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
  });

  theatre.at('it is pasted and shown before it is sent');
  await page.locator('textarea.say').click();
  await alice.type('It looks like this:');
  await alice.press('Control+v');
  await alice.sees('.say-box .previews img');

  theatre.at('the comment shows it');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  const shown = page.locator('.talk li', { hasText: 'It looks like this:' }).locator('img[src^="/attachments/"]').first();
  await alice.sees(shown);
  await shown.scrollIntoViewIfNeeded();
  await eventually('the picture is painted', () => shown.evaluate(image => image.complete && image.naturalWidth === 320));
  assert.equal(await page.locator('.say-box .previews img').count(), 0, 'the box is empty again');

  theatre.at('and so does the page after a reload');
  await page.reload();
  await alice.sees(page.locator('.talk img[src^="/attachments/"]').first());
});
