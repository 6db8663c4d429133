// Fetches what a link or form asks for and morphs the page; without scripts the same links and forms just work.
// An element opts in: <form data-morph> (or data-morph="#gate #locks"), <a data-pane href>.
(function (box) {
  const root = document.documentElement;
  box.$ = (selector, within = document) => within.querySelector(selector);
  box.$$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const parse = text => new DOMParser().parseFromString(text, 'text/html');
  let waiting = 0;

  // The line at the top appears after 300 ms; most answers are there before.
  box.busy = function () {
    waiting += 1;
    const timer = setTimeout(() => { if (!box.$('.busy')) document.body.insertAdjacentHTML('beforeend', '<div class="busy" aria-hidden="true"></div>'); }, 300);
    return () => { waiting -= 1; clearTimeout(timer); if (waiting <= 0) box.$('.busy')?.remove(); };
  };

  box.toast = function (text, bad = false, undo = null) {
    const toasts = box.$('#toasts');
    if (!toasts) return;
    const toast = document.createElement('div');
    toast.className = bad ? 'toast bad' : 'toast';
    toast.setAttribute('role', bad ? 'alert' : 'status');
    toast.append(text + ' ');
    if (undo) {
      const button = document.createElement('button');
      button.textContent = 'Undo';
      button.addEventListener('click', () => { toast.remove(); undo(); });
      toast.append(button);
      toast.undo = undo;
    }
    toasts.replaceChildren(toast);
    settle(toast);
  };
  const settle = toast => setTimeout(() => toast.remove(), toast.classList.contains('bad') ? 20000 : 10000);

  box.undo = function () {
    const toast = box.$('#toasts .toast');
    if (!toast) return;
    if (toast.undo) { toast.remove(); toast.undo(); return; }
    const form = box.$('form', toast);
    if (form) form.requestSubmit();
  };

  // Never touch what somebody is using: a focused field, an open dialog or menu, a selection.
  const inUse = element => element === document.activeElement && element.matches('input:not([type=checkbox]), textarea, select, [contenteditable]')
    || element.matches('dialog[open], details[open][data-keep], .dragging');
  box.morph = function (now, next) {
    Idiomorph.morph(now, next, {
      morphStyle: 'outerHTML',
      // What is being typed stays; a button that was pressed becomes what the answer says.
      ignoreActiveValue: Boolean(document.activeElement?.matches('input, textarea, select, [contenteditable]')),
      callbacks: { beforeNodeMorphed: (a, b) => {
        if (a.nodeType !== 1) return true;
        if (a.tagName === 'DETAILS' && b.nodeType === 1 && a.open !== b.hasAttribute('open') && a.hasAttribute('data-keep')) b.toggleAttribute('open', a.open);
        return !inUse(a) || a.tagName === 'DETAILS';
      }, beforeNodeRemoved: node => !(node.nodeType === 1 && inUse(node)) },
    });
  };

  // Puts the parts of an answer where they belong: the named regions, or the whole page below the header.
  box.apply = function (page, regions) {
    const names = regions ? regions.split(/\s+/) : ['#main'];
    for (const name of names) {
      const now = box.$(name), next = page.querySelector(name);
      if (now && next) { now.classList.remove('stale'); box.morph(now, next); }
      else if (now && !next && name !== '#main' && name !== '#toasts') now.remove();
    }
    const said = page.querySelector('#toasts .toast');
    if (said) { box.$('#toasts').replaceChildren(document.importNode(said, true)); settle(box.$('#toasts .toast')); }
    document.dispatchEvent(new CustomEvent('box:applied', { detail: page.querySelector('#main') }));
  };

  box.problem = function (page, response) {
    const said = page?.querySelector('#problem')?.textContent;
    return said || (response && response.status >= 500 ? 'Something went wrong inside Signalbox. Nothing was lost.' : 'That did not work. Try again.');
  };

  // One request; the answer is parsed, and a refusal becomes an error with the server's own sentence.
  box.ask = async function (address, options = {}) {
    const done = box.busy();
    try {
      const response = await fetch(address, { credentials: 'same-origin', ...options, headers: { Accept: 'text/html', 'X-Signalbox-Part': '1', ...options.headers } });
      const page = parse(await response.text());
      if (new URL(response.url).pathname === '/login') { location.assign(response.url); throw new Error('Sign in again.'); }
      if (!response.ok) throw new Error(box.problem(page, response));
      return { page, url: response.url };
    } catch (error) {
      throw error instanceof TypeError ? new Error('The server cannot be reached. Nothing was changed.') : error;
    } finally { done(); }
  };

  box.refresh = regions => box.ask(location.href).then(({ page }) => box.apply(page, regions)).catch(() => {
    for (const name of (regions || '#main').split(/\s+/)) box.$(name)?.classList.add('stale');
  });

  box.send = async function (form, submitter) {
    const button = submitter || box.$('button:not([type=button])', form);
    const data = new FormData(form, submitter);
    const isFile = form.enctype === 'multipart/form-data';
    const post = form.method.toLowerCase() === 'post';
    let address = form.getAttribute('action') || location.pathname + location.search;
    const body = isFile ? data : new URLSearchParams(data);
    if (!post) { address += (address.includes('?') ? '&' : '?') + body; }
    button?.setAttribute('aria-busy', 'true');
    try {
      const { page, url } = await box.ask(address, post ? { method: 'POST', body } : {});
      const regions = form.dataset.morph;
      const there = new URL(url);
      if (!regions && there.pathname + there.search !== location.pathname + location.search) history.pushState({}, '', there);
      if (!regions && page.title) document.title = page.title;
      box.apply(page, regions);
      form.closest('dialog')?.close();
      if (form.hasAttribute('data-reset')) form.reset();
      return true;
    } catch (error) {
      const note = box.$('.form-problem', form);
      if (note) { note.textContent = error.message; note.hidden = false; } else box.toast(error.message, true);
      form.dispatchEvent(new CustomEvent('box:refused', { bubbles: true }));
      return false;
    } finally { button?.removeAttribute('aria-busy'); }
  };

  document.addEventListener('submit', event => {
    const form = event.target;
    if (event.defaultPrevented || !form.hasAttribute('data-morph')) return;
    event.preventDefault();
    if (event.submitter?.getAttribute('aria-disabled') === 'true') return;
    box.send(form, event.submitter);
  });
  // A checkbox or select that is a form of its own.
  document.addEventListener('change', event => { if (event.target.closest('[data-send]')) event.target.form?.requestSubmit(); });

  box.open = async function (href, push = true) {
    try {
      const { page, url } = await box.ask(href);
      const row = box.$('.pane') && box.$('#content [aria-current="true"][id]')?.id;
      if (push) history.pushState({}, '', url);
      document.title = page.title || document.title;
      box.apply(page);
      const pane = box.$('.pane');
      root.classList.toggle('pane-open', Boolean(pane));
      pane?.querySelector('h1, [tabindex="-1"]')?.focus({ preventScroll: true });
      // Whoever closes a pane is back on the row that it was about.
      if (row && !pane) document.getElementById(row)?.querySelector('a[data-pane]')?.focus({ preventScroll: true });
    } catch (error) { box.toast(error.message, true); }
  };
  document.addEventListener('click', event => {
    const link = event.target.closest('a[data-pane]');
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0 && matchMedia('(min-width: 700px)').matches) { event.preventDefault(); box.open(link.href); }
  });
  addEventListener('popstate', () => { if (box.$('#main')) box.open(location.href, false); });
  root.classList.toggle('pane-open', Boolean(box.$('.pane')));
  box.$$('#toasts .toast').forEach(settle);
})(window.signalbox ??= {});
