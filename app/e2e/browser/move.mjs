// Tasks move between sections: in the list and on the board by dragging, and the same with the keyboard and a menu.
import { eventually, flow } from './kit.mjs';

await flow(async theatre => {
  const { stage } = theatre;
  const names = ['One', 'Two', 'Three', 'Four', 'Five'];
  const project = await stage.project('Shop', { 'To do': names, Doing: ['Somebody at work'], Done: [] });
  const alice = await theatre.enter('alice'), { page } = alice;
  const task = name => project.tasks[name];
  const row = name => page.locator(`#t-${task(name)}`);
  const order = section => page.locator(`#sec-${project.sections[section]} [data-task]`).evaluateAll(rows => rows.map(row => row.dataset.task)).then(ids => ids.map(id => names.find(name => task(name) === id) || '?').join(' '));
  const kept = async (name, section) => {
    const told = (await stage.api('GET', `/api/1.0/tasks/${task(name)}?opt_fields=memberships.section.name`)).data;
    return told.memberships.some(membership => membership.section.name === section);
  };

  theatre.at('a row is dragged above another');
  await alice.go(`/projects/${project.id}`);
  await row('Three').locator('.name').dragTo(row('One').locator('.name'), { targetPosition: { x: 40, y: 3 } });
  await eventually('the new order', async () => await order('To do') === 'Three One Two Four Five');
  await page.reload();
  await eventually('the new order after a reload', async () => await order('To do') === 'Three One Two Four Five');

  theatre.at('a row is dragged into another section');
  await row('Two').locator('.name').dragTo(page.locator(`#t-${project.tasks['Somebody at work']} .name`), { targetPosition: { x: 40, y: 3 } });
  await eventually('it is there', async () => (await order('Doing')).includes('Two') && await kept('Two', 'Doing'));

  theatre.at('a card is dragged to another column');
  await alice.go(`/projects/${project.id}?view=board`);
  await row('Four').dragTo(page.locator(`#sec-${project.sections.Done} ul.cards`));
  await eventually('it is there', async () => (await order('Done')) === 'Four' && await kept('Four', 'Done'));
  await alice.sees(page.locator('#toasts .toast', { hasText: 'Moved to Done' }));
  await alice.press('z');
  await eventually('z takes it back', async () => kept('Four', 'To do'));

  theatre.at('the same with the keyboard: Alt and the arrows carry a row');
  await alice.go(`/projects/${project.id}`);
  await row('Five').locator('a[data-pane]').focus();
  await alice.press('Alt+ArrowUp');
  await eventually('it is one higher', async () => /Five Four$/.test(await order('To do')));
  await eventually('the focus went with it', () => page.evaluate(id => document.activeElement.closest('li.tk')?.id === id, `t-${task('Five')}`));
  await alice.press('Alt+ArrowDown');
  await eventually('it is where it was', async () => /Four Five$/.test(await order('To do')));
  await eventually('the focus went with it', () => page.evaluate(id => document.activeElement.closest('li.tk')?.id === id, `t-${task('Five')}`));
  await alice.press('Alt+ArrowDown');
  await eventually('it is in the next section', async () => (await order('Doing')).startsWith('Five') && await kept('Five', 'Doing'));

  theatre.at('s on a row leads to its section, whatever the pane showed before');
  await row('Three').locator('a[data-pane]').click();
  await alice.sees('aside.pane');
  await row('Five').locator('a[data-pane]').focus();
  await alice.press('s');
  await eventually('the section of this task has the focus', () => page.evaluate(id => document.activeElement.name === 'section' && document.activeElement.form.action.includes(id), task('Five')));

  theatre.at('and with the menu of the pane, which needs no key to be known');
  await alice.go(`/tasks/${task('One')}`);
  await page.getByLabel('Section in Shop').selectOption({ label: 'Doing' });
  await eventually('it moved', () => kept('One', 'Doing'));
});
