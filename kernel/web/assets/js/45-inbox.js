// The inbox by keyboard: j and k go through it, Enter opens, e puts away, u marks as read or unread. Opening marks as read.
(function (box) {
  const rows = () => box.$$('#inbox-list .news');
  const at = () => rows().findIndex(row => row.contains(document.activeElement));
  const focus = to => { const all = rows(); all[Math.max(0, Math.min(to, all.length - 1))]?.querySelector('a.ttl')?.focus(); };
  const onInbox = (key, act) => {
    const before = box.keys[key];
    box.keys[key] = event => (box.$('#inbox-list') ? act() : before ? before(event) : false);
  };
  onInbox('j', () => focus(at() + 1));
  onInbox('k', () => focus(at() < 0 ? 0 : at() - 1));
  // The row goes away: the one that takes its place has the focus then.
  const press = async selector => {
    const place = at(), form = rows()[place]?.querySelector(selector)?.closest('form');
    if (!form) return false;
    await box.send(form);
    focus(place);
  };
  onInbox('e', () => press('[data-key=e]'));
  onInbox('u', () => press('[data-key=u]'));
  document.addEventListener('click', event => {
    const row = event.target.closest('#inbox-list a.ttl')?.closest('.news.unread'), read = row && box.$('form[data-read]', row);
    if (!read) return;
    row.classList.remove('unread');
    fetch(`${read.action.split('?')[0]}?quiet=true`, { method: 'POST', credentials: 'same-origin', keepalive: true }).catch(() => {});
  }, true);
})(window.signalbox ??= {});
