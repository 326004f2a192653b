/* The side panel: search, the slider of phases, and what the chosen plant gives and gets. */
(() => {
  'use strict';
  const sp = symbioplan;
  const MOST = 8; // plants that the search lists
  const byId = (id) => document.getElementById(id);
  const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

  // ---- search: a combobox with a list, as the ARIA Authoring Practices describe it ----------------------
  function found(text) {
    const wanted = folded(text.trim());
    if (!wanted) return [];
    const rank = (party) => {
      const name = folded(party.name);
      if (name.startsWith(wanted)) return 0;
      if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) return 1;
      return name.includes(wanted) ? 2 : folded(party.kind).includes(wanted) ? 3 : 9;
    };
    const ranked = sp.data.parties.map((party, number) => [rank(party), number]).filter(([rank]) => rank < 9);
    return ranked.sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, number]) => number);
  }

  function wireSearch() {
    const [input, list, told] = [byId('sp-search'), byId('sp-found'), byId('sp-told')];
    let [numbers, at] = [[], -1];
    const close = () => {
      list.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    };
    const take = (number) => {
      input.value = sp.data.parties[number].name;
      close();
      sp.choose(number, { zoom: true });
    };
    const mark = (next) => {
      at = next;
      [...list.children].forEach((row, i) => row.setAttribute('aria-selected', String(i === at)));
      if (at >= 0) input.setAttribute('aria-activedescendant', list.children[at].id);
    };
    const open = () => {
      numbers = found(input.value);
      list.replaceChildren();
      numbers.forEach((number, i) => {
        const { name, kind } = sp.data.parties[number];
        const row = sp.element('li', null, list);
        Object.assign(row, { id: `sp-found-${i}` });
        row.setAttribute('role', 'option');
        sp.element('span', name, row);
        sp.element('span', kind, row, 'sp-quiet');
        row.addEventListener('pointerdown', (event) => event.preventDefault()); // the field keeps the focus
        row.addEventListener('click', () => take(number));
      });
      list.hidden = numbers.length === 0;
      input.setAttribute('aria-expanded', String(numbers.length > 0));
      told.textContent = input.value.trim() ? `${numbers.length || 'No'} plants found` : '';
      mark(numbers.length ? 0 : -1);
    };
    input.addEventListener('input', open);
    input.addEventListener('blur', close);
    input.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && numbers.length) mark((at + step + numbers.length) % numbers.length);
      else if (event.key === 'Enter' && at >= 0 && !list.hidden) take(numbers[at]);
      else if (event.key === 'Escape') {
        input.value = '';
        close();
        sp.choose(null);
      } else return;
      event.preventDefault();
    });
  }

  // ---- phases ------------------------------------------------------------------------------------------
  function wirePhases() {
    const slider = byId('sp-phase');
    if (!slider) return;
    slider.value = sp.state.phase;
    slider.addEventListener('input', () => sp.setPhase(Number(slider.value)));
    for (const [id, step] of [['sp-phase-back', -1], ['sp-phase-on', 1]]) {
      byId(id).addEventListener('click', () => {
        slider.value = Number(slider.value) + step;
        sp.setPhase(Number(slider.value));
      });
    }
  }

  function showPhase() {
    const slider = byId('sp-phase');
    if (!slider) return;
    const name = sp.data.phases[sp.state.phase];
    const text = `${name} (${sp.state.phase + 1} of ${sp.data.phases.length})`;
    slider.setAttribute('aria-valuetext', text);
    byId('sp-phase-name').textContent = text;
    byId('sp-phase-back').disabled = sp.state.phase === 0;
    byId('sp-phase-on').disabled = sp.state.phase === sp.data.phases.length - 1;
    byId('sp-figures').replaceChildren();
    sp.table(sp.data.figures[sp.state.phase], byId('sp-figures'));
  }

  // ---- what the chosen party gives and gets --------------------------------------------------------------
  function partner(number, parent) {
    if (number === null) return sp.element('span', 'elsewhere', parent);
    const link = sp.element('a', sp.data.parties[number].name, parent, 'sp-link'); // unlike a button it breaks between lines
    link.href = '#sp-chosen';
    link.addEventListener('click', (event) => {
      event.preventDefault();
      sp.choose(number, { zoom: true, focus: true });
    });
    return link;
  }

  function stream(entry, parent) {
    const item = sp.element('li', null, parent);
    const head = sp.element('p', null, item, 'sp-stream');
    sp.element('span', null, head, 'sp-chip').style.background = entry.colour;
    sp.element('span', entry.name, head, 'sp-name');
    sp.element('span', entry.total, head, 'sp-number');
    const list = sp.element('ul', null, item);
    for (const [number, amount, mode] of entry.lines) {
      const line = sp.element('li', null, list);
      const who = sp.element('span', entry.side === 0 ? 'to ' : 'from ', line, 'sp-name');
      partner(number, who);
      sp.element('span', `, ${mode}`, who, 'sp-quiet');
      sp.element('span', amount, line, 'sp-number');
    }
    if (!entry.left) return;
    const line = sp.element('li', null, list, 'sp-left');
    sp.element('span', entry.side === 0 ? 'left over' : 'bought new', line, 'sp-name');
    sp.element('span', entry.left, line, 'sp-number');
  }

  function balance(number, box) {
    const party = sp.data.parties[number];
    sp.element('h2', party.name, box).tabIndex = -1;
    sp.element('p', party.kind, box, 'sp-quiet');
    const own = sp.data.balances.filter((entry) => entry.party === number && sp.inPhase(entry.phases));
    ['Gives', 'Gets'].forEach((word, side) => {
      const streams = own.filter((entry) => entry.side === side);
      if (!streams.length) return;
      sp.element('h3', word, box);
      const list = sp.element('ul', null, box, 'sp-streams');
      streams.forEach((entry) => stream(entry, list));
    });
    if (!own.length) sp.element('p', 'Nothing given or got here.', box);
    if (party.about.length) sp.table(party.about, sp.element('div', null, box, 'sp-about'));
  }

  sp.showSide = ({ focus = false } = {}) => {
    showPhase();
    const { chosen } = sp.state;
    const [card, box, head] = [byId('sp-chosen'), byId('sp-balance'), byId('sp-head')];
    card.hidden = chosen === null;
    head.hidden = chosen !== null;
    box.replaceChildren();
    if (chosen === null) return;
    balance(chosen, box);
    byId('sp-side-body').scrollTop = 0;
    if (focus) box.querySelector('h2').focus();
  };

  sp.startSide = () => {
    wireSearch();
    wirePhases();
    byId('sp-unchoose').addEventListener('click', () => {
      byId('sp-search').value = '';
      sp.choose(null);
      byId('sp-search').focus();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && sp.state.chosen !== null) sp.choose(null);
    });
    sp.showSide();
  };
})();
