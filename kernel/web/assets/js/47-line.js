// What runs: logs that grow, the timetable's now, and the lamp of the browser's tab.
(function (box) {
  const KEPT = 2000;
  const parse = text => new DOMParser().parseFromString(text, 'text/html');
  const thin = n => String(n).replace(/\B(?=(\d{3})+$)/g, '\u2009');

  // Lines are appended, and followed only if the reader is at the end. What is known of the log stands in its attributes, so
  // that a morph that replaces it meanwhile is right, and an answer that comes after that is not used.
  const asking = new WeakSet();
  async function more(log) {
    if (asking.has(log) || document.hidden) return;
    asking.add(log);
    try {
      const { follow, offset, line } = log.dataset, list = box.$$('ol', log).at(-1);
      const answer = await fetch(`${follow}?from=${offset}&line=${line}`, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
      const next = answer.ok && parse(await answer.text()).querySelector('ol');
      if (!next || !log.isConnected || log.dataset.offset !== offset || log.dataset.line !== line) return;
      const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 24;
      box.$$('li.open', list).forEach(item => item.remove());
      list.append(...[...next.children].map(item => document.importNode(item, true)));
      while (list.children.length > KEPT) list.firstElementChild.remove();
      log.dataset.offset = next.dataset.offset;
      log.dataset.line = next.dataset.line;
      const count = box.$('.log-lines', log);
      if (count) count.textContent = `${thin(next.dataset.line)} line${next.dataset.line === '1' ? '' : 's'}`;
      if (list.children.length) box.$('.log-none[data-until]', log)?.remove();
      if (next.dataset.ended) log.removeAttribute('data-follow');
      if (atEnd) list.scrollTop = list.scrollHeight;
    } finally { asking.delete(log); }
  }
  const all = () => box.$$('[data-follow]').forEach(log => more(log).catch(() => {}));
  setInterval(all, 1000);
  document.addEventListener('box:changed', all);
  document.addEventListener('visibilitychange', all);
  const toEnd = () => box.$$('[data-follow]').map(log => box.$$('ol', log).at(-1)).filter(Boolean).forEach(list => { list.scrollTop = list.scrollHeight; });
  toEnd();
  all();

  // The line of now moves; a narrow screen starts at it.
  setInterval(() => { if (!document.hidden && !box.$('.dragging')) for (const region of box.$$('[data-every-minute]')) box.refresh('#' + region.id); }, 60000);
  const plot = box.$('.tt-scroll[data-now]');
  if (plot && plot.scrollWidth > plot.clientWidth) plot.scrollLeft = plot.scrollWidth * parseFloat(plot.dataset.now) / 100 - plot.clientWidth / 2;

  // The tab shows what the brand's signal shows.
  document.addEventListener('box:applied', () => {
    const lamp = box.$('.brand .signal')?.dataset.is, icon = box.$('#favicon');
    if (lamp && icon) icon.href = icon.href.replace(/favicon-\w+\.svg/, `favicon-${lamp}.svg`);
  });
})(window.signalbox ??= {});
