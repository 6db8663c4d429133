// The frame: theme, menu, dialogs, palette, keys.
(function (box) {
  const root = document.documentElement;
  const stored = key => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* Private windows keep nothing. */ } };
  // The theme is a cookie, so that the server paints the first time right.
  const setTheme = name => { root.dataset.theme = name; document.cookie = `signalbox_theme=${name}; Path=/; Max-Age=31536000; SameSite=Lax`; };
  const isDark = () => root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);

  box.dialog = function (id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.opener = document.activeElement;
    dialog.showModal();
    box.$('[autofocus], input:not([type=hidden]), textarea, select', dialog)?.focus();
  };
  document.addEventListener('close', event => event.target.opener?.focus?.(), true);
  document.addEventListener('click', event => {
    const on = selector => event.target.closest(selector);
    if (on('[data-theme-toggle]')) setTheme(isDark() ? 'light' : 'dark');
    if (on('[data-nav]')) root.classList.toggle('nav-open');
    else if (root.classList.contains('nav-open') && !on('.side')) root.classList.remove('nav-open');
    if (on('[data-palette]')) box.dialog('palette');
    if (on('[data-open]')) { event.preventDefault(); box.dialog(on('[data-open]').dataset.open); }
    if (on('[data-close]')) on('dialog')?.close();
    if (event.target.matches('dialog')) event.target.close();
    if (on('[data-copy]')) navigator.clipboard?.writeText(on('[data-copy]').dataset.copy).then(() => box.toast('Copied'));
    const blocked = on('[aria-disabled="true"]');
    if (blocked) { event.preventDefault(); const why = document.getElementById(blocked.getAttribute('aria-describedby') || ''); if (why) { why.scrollIntoView({ block: 'nearest' }); why.focus?.(); } }
  });
  const asked = new URLSearchParams(location.search).get('open');
  if (asked) box.dialog(asked);

  // The palette: what is red now, then what matches, then commands.
  const palette = box.$('#palette');
  if (palette) {
    const input = box.$('input', palette), results = box.$('#palette-results');
    let timer = 0, asked = 0, shown = null;
    const items = () => box.$$('li[role=option]:not([hidden])', palette);
    const mark = to => { items().forEach((item, at) => { item.setAttribute('aria-selected', at === to); if (at === to) { item.id ||= 'pal-' + at; input.setAttribute('aria-activedescendant', item.id); item.scrollIntoView({ block: 'nearest' }); } }); };
    const at = () => items().findIndex(item => item.getAttribute('aria-selected') === 'true');
    const search = async () => {
      const turn = ++asked, words = input.value, text = words.trim().toLowerCase();
      clearTimeout(timer);
      box.$$('#palette-commands li', palette).forEach(item => { item.hidden = text !== '' && !item.textContent.toLowerCase().includes(text); });
      try {
        const answer = await fetch('/palette?q=' + encodeURIComponent(words), { credentials: 'same-origin' });
        if (turn === asked && answer.ok) results.innerHTML = await answer.text();
      } catch { /* The commands are still there. */ }
      if (turn !== asked) return;
      shown = words;
      // Searching everything is for when nothing else fits.
      mark(Math.max(items().findIndex(item => !item.dataset.href.startsWith('/search?q=')), 0));
    };
    const go = (item, away) => { if (!item) return; palette.close(); if (away) open(item.dataset.href); else location.assign(item.dataset.href); };
    input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, 120); });
    palette.addEventListener('keydown', event => {
      const count = items().length;
      if (event.key === 'ArrowDown') { event.preventDefault(); mark((at() + 1) % count); }
      if (event.key === 'ArrowUp') { event.preventDefault(); mark((at() - 1 + count) % count); }
      // What was typed counts, not what was found for the words before.
      if (event.key === 'Enter') { event.preventDefault(); const away = event.metaKey || event.ctrlKey; (shown === input.value ? Promise.resolve() : search()).then(() => go(items()[Math.max(at(), 0)], away)); }
    });
    palette.addEventListener('click', event => go(event.target.closest('li[role=option]'), event.metaKey || event.ctrlKey));
    new MutationObserver(() => { if (palette.open) { input.select(); search(); } }).observe(palette, { attributes: true, attributeFilter: ['open'] });
  }

  // Keys. Single keys count only outside fields; they can be switched off in settings.
  const KEYS = [
    ['⌘K or /', 'search everything, run a command'], ['g h, g i, g t', 'home, inbox, my tasks'], ['g b, g p', 'beta, production'],
    ['q or c', 'new task'], ['m', 'assign to me'], ['j k', 'next, previous'], ['Enter, Esc', 'open in the pane, close it'], ['x', 'select'],
    ['Space', 'complete'], ['a d s', 'assignee, due, section'], ['r', 'comment'], ['f', 'follow or stop following'], ['l b, l p', 'lock beta, lock production'], ['z', 'undo'], ['?', 'this list'],
  ];
  function sheet() {
    let dialog = document.getElementById('keys');
    if (!dialog) {
      dialog = document.createElement('dialog');
      dialog.id = 'keys'; dialog.className = 'dialog'; dialog.setAttribute('aria-label', 'Keyboard'); dialog.setAttribute('data-keys', '');
      const list = document.createElement('dl');
      list.className = 'keys';
      for (const [keys, does] of KEYS) { const dt = document.createElement('dt'), dd = document.createElement('dd'), kbd = document.createElement('kbd'); kbd.textContent = keys; dt.append(kbd); dd.textContent = does; list.append(dt, dd); }
      const title = document.createElement('h2');
      title.textContent = 'Keyboard';
      dialog.append(title, list);
      document.body.append(dialog);
    }
    box.dialog('keys');
  }
  const environment = letter => box.$$('.side .line a').find(link => link.getAttribute('href').split('/').pop().startsWith(letter));
  const go = href => location.assign(href);
  const AFTER = {
    g: { h: () => go('/'), i: () => go('/inbox'), t: () => go('/my-tasks'), e: () => go('/environments') },
    l: {},
  };
  box.keys = { q: () => go('/tasks/new'), c: () => go('/tasks/new'), z: () => box.undo(), '?': sheet, '/': () => box.dialog('palette') };
  let first = '', forget = 0;
  document.addEventListener('keydown', event => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); box.dialog('palette'); return; }
    if ((event.metaKey || event.ctrlKey) && event.key === 'Enter' && event.target.matches('textarea')) { event.preventDefault(); event.target.form?.requestSubmit(); return; }
    if (event.key === 'Escape') {
      if (root.classList.contains('nav-open')) root.classList.remove('nav-open');
      else if (!box.$('dialog[open]') && !event.target.matches('input, textarea, select')) box.$('.pane [data-pane-close]')?.click();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]') || box.$('dialog[open]') || stored('keys') === 'off') return;
    const key = event.key;
    clearTimeout(forget);
    if (first) {
      const before = first;
      first = '';
      const act = AFTER[before][key];
      if (act) { event.preventDefault(); act(); return; }
      const link = environment(key);
      if (link) { event.preventDefault(); go(before === 'l' ? link.getAttribute('href') + '?open=lock' : link.getAttribute('href')); return; }
    }
    if (AFTER[key]) { first = key; forget = setTimeout(() => { first = ''; }, 1500); return; }
    const act = box.keys[key];
    if (act) { const handled = act(event); if (handled !== false) event.preventDefault(); }
  });

  // Settings of this browser alone, and what a form shows before it is sent.
  const settle = () => {
    for (const tick of box.$$('[data-single-keys]')) { tick.disabled = false; tick.checked = stored('keys') !== 'off'; }
    for (const button of box.$$('[data-zone]')) {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, field = document.getElementById(button.dataset.zone);
      button.hidden = !zone || !field || field.value === zone;
      button.textContent = `Use ${zone}, as this browser has it`;
      button.onclick = () => { field.value = zone; button.hidden = true; field.focus(); };
    }
  };
  document.addEventListener('change', event => {
    const field = event.target;
    if (field.matches('[data-single-keys]')) { store('keys', field.checked ? 'on' : 'off'); box.toast(field.checked ? 'Single keys are on' : 'Single keys are off'); }
    if (field.matches('[data-theme-choice]')) setTheme(field.value);
    if (field.matches('[data-preview]') && field.files?.[0]) {
      const image = document.getElementById(field.dataset.preview);
      if (image) { image.onload = () => URL.revokeObjectURL(image.src); image.src = URL.createObjectURL(field.files[0]); image.hidden = false; image.previousElementSibling?.toggleAttribute('hidden', image.previousElementSibling.matches('.av')); }
    }
  });
  document.addEventListener('box:applied', settle);
  settle();

  // The window's name counts what is unread, also while the tab is behind another.
  const count = () => {
    const unread = box.$('#my-inbox')?.textContent.trim(), name = document.title.replace(/^\(\d+\) /, ''), wanted = unread ? `(${unread}) ${name}` : name;
    if (document.title !== wanted) document.title = wanted;
  };
  document.addEventListener('box:applied', count);
})(window.signalbox ??= {});
