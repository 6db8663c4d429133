// What a team would have on a server after some weeks: for the pictures of the screens, and for flows that need company.

const NOTES = 'Customers see the total twice when a voucher covers all of it.\n\nThe second line comes from the old template, see https://example.com/basket.';

/** Custom fields come from the Asana interface, as a script that moves to Signalbox would make them. */
async function fields(stage, project) {
  const workspace = (await stage.api('GET', '/api/1.0/workspaces')).data[0].gid;
  const make = (name, more) => stage.api('POST', '/api/1.0/custom_fields', { data: { workspace, name, ...more } }).then(made => made.data);
  const priority = await make('Priority', { resource_subtype: 'enum', enum_options: [{ name: 'Urgent' }, { name: 'High' }, { name: 'Normal' }] });
  const points = await make('Points', { resource_subtype: 'number', precision: 0 });
  for (const field of [priority, points]) {
    await stage.api('POST', `/api/1.0/projects/${project.id}/addCustomFieldSetting`, { data: { custom_field: field.gid, is_important: true } });
  }
  return (task, option, number) => stage.api('PUT', `/api/1.0/tasks/${task}`, {
    data: { custom_fields: { [priority.gid]: priority.enum_options[option].gid, [points.gid]: number } },
  });
}

/** A file of a task: a picture of one pixel. */
export async function picture(stage, task, name) {
  const body = new FormData();
  body.set('parent', task);
  body.set('file', new Blob([Buffer.from(PIXEL, 'base64')], { type: 'image/png' }), name);
  const answer = await fetch(stage.url + '/api/1.0/attachments', { method: 'POST', body, headers: { authorization: `Bearer ${stage.tokens.alice}` } });
  if (!answer.ok) throw new Error(`attachment: ${answer.status} ${await answer.text()}`);
}

export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** People, projects with a history, deployments that passed and failed, locks with a discussion. Returns the ids that screens need. */
export async function team(stage) {
  await stage.api('PATCH', '/api/v1/users/me', { name: 'Alice Lindqvist' });
  await stage.person('bob', 'Bob Okafor');
  await stage.person('chiara', 'Chiara Rossi');
  await stage.person('guest', 'Dmitri Volkov', 'guest');
  const crew = await stage.api('POST', '/api/v1/teams', { name: 'Web crew', description: 'Who builds the shop' });
  await stage.api('POST', `/api/v1/teams/${crew.id}/members`, { user: stage.people.bob });

  const shop = await stage.project('Shop', {
    'To do': [
      { name: 'Gift cards cannot be combined with vouchers', assignee: 'bob@hub.example', due_on: stage.day(2), notes: NOTES },
      { name: 'Delivery date is wrong over public holidays', assignee: 'chiara@hub.example', due_on: stage.day(-1) },
      { name: 'Ask the designers about the empty basket page', assignee: 'alice@hub.example', due_on: stage.day(0) },
      { name: 'Search finds boots when people type shoes', due_on: stage.day(6) },
    ],
    Doing: [{ name: 'Explain why a card was declined', assignee: 'alice@hub.example', due_on: stage.day(1) }, 'Speed up the search for shoe sizes'],
    Done: [{ name: 'Round totals half to even', assignee: 'bob@hub.example', completed: true }],
  }, { notes: 'What customers see.', color: 'dark-blue' });
  const operations = await stage.project('Operations', { Planned: [{ name: 'Renew the certificate of the pickup service', assignee: 'alice@hub.example', due_on: stage.day(3) }, 'Rehearse restoring the backup'] });
  const first = shop.tasks['Gift cards cannot be combined with vouchers'];
  const set = await fields(stage, shop);
  await set(first, 0, 5);
  await set(shop.tasks['Delivery date is wrong over public holidays'], 1, 3);
  await stage.task({ name: 'Write down what the old template did', parent: first });
  await stage.comment(first, 'I can see it with voucher 1141, but not with 1142.', 'bob');
  await stage.comment(first, 'Then it is the rounding. Looking at it today.', 'alice');
  await picture(stage, first, 'basket.png');
  await stage.api('POST', `/api/v1/projects/${shop.id}/rules`, { name: 'Done is done', when: { on: 'completed' }, then: [{ do: 'move_to_section', section: shop.sections.Done }] });
  const form = await stage.api('POST', `/api/v1/projects/${shop.id}/forms`, { name: 'Report a problem', description: 'We read every report within a day.', questions: [{ key: 'what', label: 'What happened?', kind: 'line', is_required: true, target: 'name' }, { key: 'more', label: 'Tell us more', kind: 'text', target: 'notes' }] });

  // A day of deployments: one that went well, one that failed, and production closed with a reason that people discuss.
  const script = text => `echo "building $SIGNALBOX_COMMIT"; echo "copying to web-1"; ${text}`;
  await stage.deploy('beta', script('echo done'));
  await stage.deploy('production', script('echo done'));
  stage.commit('Accept gift cards at checkout');
  const commit = stage.commit('Show the delivery date on the order page');
  await stage.deploy('beta', script('echo "web-2: no space left on device" >&2; exit 3'));
  await stage.deploy('beta', script('echo done'));
  const lock = await stage.api('POST', '/api/v1/environments/production/locks', { reason: 'Migration 0187 is still rewriting the notifications table' });
  await stage.comment(lock.id, 'About two hours to go.', 'bob');
  const deployments = (await stage.api('GET', '/api/v1/deployments?environment=beta')).data;
  await stage.comment(first, 'Alice, can you look at this today?', 'chiara');
  const trashed = await stage.task({ name: 'Nobody needs this any more' }, shop, 'To do');
  await stage.api('DELETE', `/api/v1/tasks/${trashed}`);
  return { shop, operations, first, lock: String(lock.id), form, deployments, commit };
}
