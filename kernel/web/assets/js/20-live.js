// One stream a tab. An event names a topic; the regions that listen to it are fetched again and morphed.
(function (box) {
  const QUIET_MS = 250, LOST_MS = 5000, RETRY_MS = 2000;
  // How far the page is: what it was made with, then what it heard. A stream starts from there, so that nothing falls in between.
  const mark = main => ({ seq: Number(main?.dataset.seq || 0), pulse: Number(main?.dataset.pulse || 0) });
  let known = mark(box.$('#main'));
  let source = null, topics = '', lostSince = 0, lastSeen = new Date(), due = new Map(), timer = 0;
  const wanted = () => [...new Set([...box.$$('[data-topics]').flatMap(e => e.dataset.topics.split(',')), ...box.$$('[data-live]').flatMap(e => e.dataset.live.split(/[\s,]+/))])].filter(Boolean).sort().join(',');
  const clock = at => at.toTimeString().slice(0, 5);

  function connect(from = known) {
    topics = wanted();
    source?.close();
    if (!topics) return;
    source = new EventSource('/events?topics=' + encodeURIComponent(topics) + (from.seq ? `&after=${from.seq}&pulse=${from.pulse}` : ''));
    source.addEventListener('ready', event => { seen(); heard('', event); });
    source.onerror = () => { lostSince ||= Date.now(); setTimeout(lost, LOST_MS); if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(), LOST_MS); };
    for (const topic of topics.split(',')) source.addEventListener(topic, event => { seen(); heard(topic, event); changed(topic); });
  }
  function heard(topic, event) {
    if (topic === 'my-inbox') known.pulse = Number(event.data);
    else known.seq = Math.max(known.seq, Number(event.lastEventId));
  }
  function seen() {
    const wasLost = lostSince && !box.$('#not-live')?.hidden;
    lostSince = 0; lastSeen = new Date();
    const line = box.$('#not-live');
    if (line) line.hidden = true;
    if (wasLost) box.refresh();
  }
  function lost() {
    const line = box.$('#not-live');
    if (!lostSince || !line) return;
    line.textContent = `Not live. Last seen ${clock(lastSeen)}. Trying again.`;
    line.hidden = false;
  }
  function changed(topic) {
    for (const region of box.$$('[data-live]')) {
      if (region.id && region.dataset.live.split(/[\s,]+/).includes(topic)) due.set(region.dataset.src || '', (due.get(region.dataset.src || '') || new Set()).add('#' + region.id));
    }
    document.dispatchEvent(new CustomEvent('box:changed', { detail: topic }));
    clearTimeout(timer);
    timer = setTimeout(flush, QUIET_MS);
  }
  // A hidden tab waits until it is seen, but for what shows in its title.
  const sleeps = name => document.hidden && !box.$(name)?.hasAttribute('data-unseen');
  // A list does not jump under the pointer: it says that there is more, and waits until the pointer leaves.
  const jumps = (page, name) => {
    const list = box.$(name), next = page.querySelector(name);
    return list?.matches('[data-steady]:hover') && next && box.$$('li[id]', next).some(row => !document.getElementById(row.id));
  };
  const later = (address, names) => { if (names.length) due.set(address, new Set([...(due.get(address) || []), ...names])); };
  const again = () => { clearTimeout(timer); timer = setTimeout(flush, RETRY_MS); };
  function flush() {
    if (box.$('.dragging')) { again(); return; }
    const now = due;
    due = new Map();
    for (const [address, all] of now) {
      const names = [...all].filter(name => !sleeps(name));
      later(address, [...all].filter(sleeps));
      if (!names.length) continue;
      box.ask(address || location.href).then(({ page }) => {
        const held = names.filter(name => jumps(page, name)), rest = names.filter(name => !held.includes(name));
        held.forEach(name => box.$(name).classList.add('has-more'));
        later(address, held);
        if (rest.length) box.apply(page, rest.join(' '));
      }).catch(() => { names.forEach(name => box.$(name)?.classList.add('stale')); later(address, names); again(); });
    }
  }
  document.addEventListener('visibilitychange', flush);
  document.addEventListener('pointerout', event => { const list = event.target.closest?.('.has-more'); if (list && !list.contains(event.relatedTarget)) { list.classList.remove('has-more'); setTimeout(flush); } });
  // What was applied may be older than what was heard meanwhile: then it is fetched again.
  document.addEventListener('box:applied', event => {
    const made = mark(event.detail), isOld = made.seq && (made.seq < known.seq || made.pulse < known.pulse);
    if (wanted() !== topics) connect(isOld ? made : known);
    else if (isOld) topics.split(',').forEach(changed);
  });
  addEventListener('pagehide', () => source?.close());
  addEventListener('pageshow', event => { if (event.persisted) connect(); });
  connect();
})(window.signalbox ??= {});
