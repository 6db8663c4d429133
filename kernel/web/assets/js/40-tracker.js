// The comfort of working through tasks: selection, keys, editing in place, drag and drop, suggestions, pasted pictures.
// Everything here is a shortcut to a link or a form that works without it.
(function (box) {
  const { $, $$ } = box;
  const rows = () => $$('[data-task]').filter(row => row.offsetParent);
  const rowAt = element => element?.closest?.('[data-task]');
  const name = row => $('a[data-pane]', row);
  const current = () => rowAt(document.activeElement);
  const post = (address, values) => {
    const form = document.createElement('form');
    form.method = 'post'; form.action = address; form.dataset.morph = '#list #task';
    for (const [key, value] of Object.entries(values)) { const field = document.createElement('input'); field.name = key; field.value = value; form.append(field); }
    return box.send(form).then(done => { if (!done) box.refresh('#list'); return done; });
  };

  // Selection. It is kept by id, because the list may be fetched again at any time.
  const chosen = new Set();
  let anchor = null;
  function select(row, on = true) { if (row && $('.check', row)) { if (on) chosen.add(row.dataset.task); else chosen.delete(row.dataset.task); anchor = row.dataset.task; } }
  function paint() {
    for (const row of $$('[data-task]')) {
      const check = $('.check', row);
      if (check) { check.checked = chosen.has(row.dataset.task); row.classList.toggle('is-selected', check.checked); }
    }
    const seen = $$('.check:checked[form=pick]').length, bar = $('#pick');
    document.documentElement.classList.toggle('picks', seen > 0);
    $('#list')?.classList.toggle('picking', seen > 0);
    if (bar) $('[data-count]', bar).textContent = seen + ' selected';
  }
  function clear() { chosen.clear(); $$('.picker details[open]').forEach(pop => { pop.open = false; }); paint(); }
  document.addEventListener('click', event => {
    const check = event.target.closest('.check[form=pick]');
    if (check) {
      const all = rows(), from = all.findIndex(row => row.dataset.task === anchor), to = all.indexOf(rowAt(check));
      if (event.shiftKey && from >= 0) all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(row => select(row, check.checked));
      select(rowAt(check), check.checked);
      paint();
    }
    if (event.target.closest('[data-clear]')) clear();
    // At once, then true: the server's answer follows.
    const tick = event.target.closest('.done[form=tick]');
    if (tick) { const on = tick.name === 'complete'; tick.setAttribute('aria-pressed', on); tick.closest('.tk, .card, .sub, .entry')?.classList.toggle('is-done', on); }
    const fold = event.target.closest('[data-fold]');
    if (fold) { if (folded.has(fold.dataset.fold)) folded.delete(fold.dataset.fold); else folded.add(fold.dataset.fold); refold(); }
    const edit = event.target.closest('[data-edit-comment]');
    if (edit) { event.preventDefault(); edit.closest('details').open = false; open(document.getElementById('edit-' + edit.dataset.editComment)); }
    $$('details.menu[open], .picker details[open]').forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
  });
  const open = details => { if (details) { details.open = true; $('textarea, input', details)?.focus(); } };
  const folded = new Set();
  const refold = () => $$('[data-fold]').forEach(button => {
    const closed = folded.has(button.dataset.fold);
    button.setAttribute('aria-expanded', !closed);
    for (const part of [...button.closest('section').children].slice(1)) part.hidden = closed;
  });

  // Cells: the link becomes a field; Enter or leaving saves, Esc restores.
  document.addEventListener('click', event => {
    const cell = event.target.closest('a.cell[data-edit]');
    if (cell && event.button === 0 && !event.metaKey && !event.ctrlKey && matchMedia('(min-width: 761px)').matches && edit(cell)) event.preventDefault();
  });
  function edit(cell) {
    const template = document.getElementById('edit-' + cell.dataset.edit);
    if (!template || $('.editing')) return false;
    const holder = document.createElement('span'), list = $('#list');
    holder.className = 'cell editing';
    holder.append(template.content.cloneNode(true));
    const field = holder.firstElementChild, before = cell.dataset.value;
    delete field.dataset.save; delete field.dataset.send;
    if (field.matches('select')) { const at = [...field.options].find(option => option.text === before); field.value = at ? at.value : ''; } else field.value = before;
    const start = field.value;
    list.id = 'list-in-use'; // Nothing is morphed away under the reader's hands; what was missed is fetched afterwards.
    cell.replaceWith(holder);
    field.focus(); field.select?.();
    let ended = false, missed = false; // Taking a focused field away blurs it, which would end it again.
    const end = save => {
      if (ended || !holder.isConnected) return;
      ended = true;
      const value = field.value;
      hide();
      holder.replaceWith(cell);
      list.id = 'list';
      if (!save || value === start) { if (missed) box.refresh('#list'); } else { cell.textContent = field.matches('select') ? field.selectedOptions[0]?.text : value; cell.classList.add('dim'); post('/tasks/' + rowAt(cell).dataset.task + '/set', { [field.name]: value }); }
      name(rowAt(cell))?.focus({ preventScroll: true });
    };
    document.addEventListener('box:applied', () => { missed = true; }, { once: true });
    field.addEventListener('keydown', event => {
      if (event.defaultPrevented) return;
      if (event.key === 'Enter') { event.preventDefault(); end(true); }
      if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); end(false); }
    });
    field.addEventListener('blur', () => end(true));
    if (field.matches('select')) field.addEventListener('change', event => { event.stopPropagation(); end(true); });
    return true;
  }

  // Fields of the pane.
  document.addEventListener('keydown', event => {
    const field = event.target.closest('[data-save]');
    if (!field || event.defaultPrevented) return;
    if (event.key === 'Enter' && (field.matches('input') || 'oneLine' in field.dataset)) { event.preventDefault(); field.blur(); }
    if (event.key === 'Escape') { field.value = field.defaultValue; field.blur(); }
  });
  document.addEventListener('change', event => { if (event.target.matches('[data-save]')) event.target.form.requestSubmit(); });
  document.addEventListener('box:refused', event => $$('[data-save], select[data-send]', event.target).forEach(field => {
    if (field.matches('select')) field.value = [...field.options].find(option => option.defaultSelected)?.value ?? ''; else field.value = field.defaultValue;
  }));

  // What was typed and not sent outlives a morph, and so does why something was refused; what was sent closes its editor.
  const drafts = new Map(), refused = new Map();
  document.addEventListener('box:refused', event => { const note = $('.form-problem', event.target); if (note) refused.set(event.target, note.textContent); });
  let sent = null;
  document.addEventListener('input', event => { if (event.target.matches('textarea[id]:not([data-save])')) drafts.set(event.target.id, event.target.value); });
  document.addEventListener('reset', event => { drafts.delete($('textarea', event.target)?.id); setTimeout(() => previews(event.target)); });
  document.addEventListener('submit', event => {
    // A toast's undo brings the lists up to date instead of the whole page, where there are lists of tasks.
    if (event.target.closest('#toasts')) { event.preventDefault(); const form = event.target, beside = $('#list') || ($('#task') && form.getAttribute('action').startsWith('/tasks/')); form.dataset.morph = beside ? '#list #task' : ''; form.closest('.toast').remove(); box.send(form); return; }
    sent = event.target;
    refused.delete(sent);
    $$('.form-problem', sent).forEach(note => { note.hidden = true; });
    if (sent.id === 'pick') setTimeout(clear);
  }, true);
  document.addEventListener('box:applied', () => {
    if (sent && !('stay' in sent.dataset)) { const editor = sent.closest('details'); if (editor) editor.open = false; drafts.delete($('textarea[id]', sent)?.id); }
    sent = null;
    for (const [id, text] of drafts) { const field = document.getElementById(id); if (field) field.value = text; }
    for (const [form, text] of refused) { const note = form.isConnected && $('.form-problem', form); if (note) { note.textContent = text; note.hidden = false; } else refused.delete(form); }
    $$('form.in').forEach(previews);
    refold(); paint();
  });

  // Drag and drop, and the same with Alt and the arrows.
  let dragged = null;
  document.addEventListener('dragstart', event => { dragged = rowAt(event.target); if (dragged) { dragged.classList.add('dragging'); event.dataTransfer.effectAllowed = 'move'; event.dataTransfer.setData('text/plain', name(dragged).href); } });
  const unmark = () => $$('.drop-before, .drop-into').forEach(mark => mark.classList.remove('drop-before', 'drop-into'));
  const target = event => ({ row: rowAt(event.target), place: event.target.closest?.('[data-section], [data-drop-due]') });
  document.addEventListener('dragover', event => {
    const { row, place } = target(event);
    if (!dragged || !place) return;
    event.preventDefault(); unmark();
    if (row && row !== dragged && place.dataset.section) row.classList.add('drop-before'); else place.classList.add('drop-into');
  });
  document.addEventListener('dragend', () => { dragged?.classList.remove('dragging'); dragged = null; unmark(); });
  document.addEventListener('drop', event => {
    const { row, place } = target(event);
    if (!dragged || !place) return;
    event.preventDefault();
    const moved = dragged;
    dragged.classList.remove('dragging'); dragged = null; unmark();
    if (row !== moved) put(moved, place, row);
  });
  function put(moved, place, before) {
    const list = $('ul', place);
    if (before) before.before(moved); else list?.append(moved);
    const due = place.dataset.dropDue;
    return post('/tasks/' + moved.dataset.task + '/place', due ? { due } : { section: place.dataset.section, before: before?.dataset.task || '' });
  }
  function shift(row, by) {
    const all = rows().filter(other => other.closest('[data-section], [data-drop-due]')), place = row.closest('[data-section], [data-drop-due]');
    const places = $$('[data-section], [data-drop-due]'), next = all[all.indexOf(row) + by];
    if (!place) return;
    const stays = place.dataset.section && next?.closest('[data-section]') === place;
    const to = stays ? place : places[places.indexOf(place) + by];
    if (!to) return;
    const own = $$('[data-task]', to).filter(other => other !== row);
    const before = stays ? (by < 0 ? next : own[own.indexOf(next) + 1]) : (by < 0 ? null : own[0]);
    put(row, to, before || null).then(() => name(document.getElementById(row.id))?.focus());
  }

  // Keys on rows and in the pane.
  const go = by => {
    const all = rows(), at = all.indexOf(current() || $('[data-task][aria-current]'));
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    name(next)?.focus(); next?.scrollIntoView({ block: 'nearest' });
    return next;
  };
  const onTask = act => () => { const row = current(), pane = $('#task'); if (row) return act(row, null); if (pane) return act(null, pane); return false; };
  const field = (cell, key, picks) => onTask(row => {
    if (chosen.size && $('#pick')) { const pop = $(`#pick details:has([name=${picks}])`); if (pop) open(pop); return undefined; }
    const there = row && $(`[data-edit=${cell}]`, row);
    if (there && edit(there)) return undefined;
    if (!row && !$(`#task [name=${key}]`)) return false;
    inPane(row, key);
    return undefined;
  });
  // A field of the task that has the focus, which need not be the one that the pane shows yet.
  async function inPane(row, key) {
    if (row && $('#task')?.dataset.live !== 'task.' + row.dataset.task) await box.open(name(row).href);
    $(`#task [name=${key}]`)?.focus();
  }
  const taskOf = (row, pane) => row ? row.dataset.task : pane.dataset.live.split('.')[1];
  Object.assign(box.keys, {
    j: () => { go(1); }, k: () => { go(-1); },
    J: () => { select(current()); select(go(1)); paint(); }, K: () => { select(current()); select(go(-1)); paint(); },
    x: onTask(row => { if (!row) return false; select(row, !chosen.has(row.dataset.task)); paint(); return undefined; }),
    ' ': event => { if (event.target.closest('button, summary, input')) return false; return onTask((row, pane) => { (row ? $('.done', row) : $('.pane-head form button', pane))?.click(); })(); },
    a: field('assignee', 'assignee', 'assignee'), d: field('due', 'due', 'due'),
    s: onTask(row => { if (chosen.size && $('#pick [name=section]')) open($('#pick details:has([name=section])')); else inPane(row, 'section'); }),
    m: onTask((row, pane) => { post('/tasks/' + taskOf(row, pane) + '/set', { assignee: 'me' }); }),
    r: () => { const say = $('#task .say'); if (!say) return false; say.focus(); return undefined; },
    f: () => { const follow = $('#task [data-follow-task]'); if (!follow) return false; follow.click(); return undefined; },
  });
  document.addEventListener('keydown', event => {
    const row = current();
    if (row && event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown') && row.draggable) { event.preventDefault(); shift(row, event.key === 'ArrowUp' ? -1 : 1); }
    if (event.key === 'Escape' && !event.defaultPrevented) {
      const menu = event.target.closest('details.menu[open], .picker details[open]');
      if (menu) { menu.open = false; $('summary', menu).focus(); event.stopPropagation(); } else if (chosen.size && !$('.editing') && !event.target.matches('input:not([type=checkbox]), textarea')) { clear(); event.stopImmediatePropagation(); }
    }
  }, true);

  // Suggestions: people after @ in texts, and whatever a field asks for.
  let list = null, wordFrom = 0, forField = null, turn = 0;
  function hide() { list?.remove(); list = null; forField?.removeAttribute('aria-activedescendant'); forField = null; turn += 1; }
  function wanted(field) {
    const text = field.value.slice(0, field.selectionStart);
    if (field.dataset.suggest) { const from = 'several' in field.dataset ? text.lastIndexOf(',') + 1 : 0; return { noun: field.dataset.suggest, from: from + (text.slice(from).match(/^\s*/)[0].length), word: text.slice(from).trim() }; }
    const at = text.match(/(^|[\s(])@([^\s@][^@\n]{0,30})?$/);
    return at ? { noun: 'people', from: text.length - (at[2] || '').length, word: at[2] || '' } : null;
  }
  document.addEventListener('input', async event => {
    const field = event.target;
    if (!field.matches('[data-suggest], [data-mention]')) return;
    const asked = wanted(field), mine = ++turn;
    if (!asked || (field.dataset.suggest && !asked.word)) { hide(); return; }
    const answer = await fetch(`/suggest/${asked.noun}?q=${encodeURIComponent(asked.word)}`, { credentials: 'same-origin' }).catch(() => null);
    const html = answer?.ok ? await answer.text() : '';
    if (mine !== turn || document.activeElement !== field) return;
    hide(); turn = mine;
    if (!html.trim()) return;
    list = document.createElement('ul');
    list.className = 'typeahead'; list.setAttribute('role', 'listbox'); list.setAttribute('aria-label', 'Suggestions'); list.innerHTML = html;
    const at = field.getBoundingClientRect(), up = at.bottom + 260 > innerHeight;
    (field.closest('dialog') || document.body).append(list);
    Object.assign(list.style, { position: 'fixed', left: Math.min(at.left, innerWidth - list.offsetWidth - 8) + 'px', top: (up ? at.top - list.offsetHeight - 4 : at.bottom + 4) + 'px' });
    wordFrom = asked.from; forField = field;
    mark(field.dataset.suggest ? -1 : 0);
  });
  const items = () => $$('li', list);
  function mark(to) { items().forEach((item, at) => { item.setAttribute('aria-selected', at === to); if (at === to) forField.setAttribute('aria-activedescendant', item.id); }); }
  function take(item) {
    const field = forField, mention = 'mention' in field.dataset, end = field.selectionStart;
    field.setRangeText(item.dataset.value + (mention ? ' ' : ''), wordFrom, end, 'end');
    hide();
    if (field.matches('textarea[id]:not([data-save])')) drafts.set(field.id, field.value);
  }
  document.addEventListener('keydown', event => {
    if (!list || event.target !== forField) return;
    const at = items().findIndex(item => item.getAttribute('aria-selected') === 'true'), count = items().length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); mark((at + (event.key === 'ArrowDown' ? 1 : count - 1) + (at < 0 && event.key === 'ArrowUp' ? 1 : 0)) % count); }
    else if ((event.key === 'Enter' || event.key === 'Tab') && at >= 0) { if (event.key === 'Enter' && !forField.matches('.editing *, [data-suggest][data-save]')) event.preventDefault(); take(items()[at]); }
    else if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); hide(); }
  }, true);
  document.addEventListener('mousedown', event => { const item = event.target.closest('.typeahead li'); if (item) { event.preventDefault(); take(item); } });
  document.addEventListener('focusout', event => { if (event.target === forField) hide(); });

  // Pictures that are pasted or dropped come along with the comment; they are seen before it is sent.
  function previews(form) {
    const place = $('.previews', form), files = [...($('input[type=file]', form)?.files || [])];
    if (!place) return;
    $$('img', place).forEach(image => URL.revokeObjectURL(image.src));
    place.replaceChildren(...files.map(file => {
      const shown = document.createElement(file.type.startsWith('image/') ? 'img' : 'span');
      if (shown.tagName === 'IMG') { shown.src = URL.createObjectURL(file); shown.alt = file.name; } else { shown.className = 'chip'; shown.textContent = file.name; }
      return shown;
    }));
  }
  function bring(form, files) {
    const input = $('input[type=file]', form), all = new DataTransfer();
    [...input.files, ...files].forEach(file => all.items.add(file));
    input.files = all.files;
    previews(form);
  }
  document.addEventListener('change', event => { if (event.target.matches('form.in input[type=file]')) previews(event.target.form); });
  document.addEventListener('paste', event => { const say = event.target.closest?.('[data-drop]'); if (say && event.clipboardData.files.length) { event.preventDefault(); bring(say.form, event.clipboardData.files); } });
  const dropBox = event => !dragged && [...(event.dataTransfer?.types || [])].includes('Files') && event.target.closest?.('#task') && $('#task form.in');
  document.addEventListener('dragover', event => { if (dropBox(event)) event.preventDefault(); });
  document.addEventListener('drop', event => { const form = dropBox(event); if (form) { event.preventDefault(); bring(form, event.dataTransfer.files); } });
  document.addEventListener('click', event => { if (event.target.closest('#notes') && !event.target.closest('a') && !String(getSelection())) open($('#compose')); });
  paint();
})(window.signalbox ??= {});
