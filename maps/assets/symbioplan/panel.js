/* Layers and legend: what is ticked, and the signs of what is seen. */
(() => {
  'use strict';
  const sp = symbioplan;
  const overlays = Object.fromEntries(sp.data.overlays.map((overlay) => [overlay.key, overlay]));
  const counted = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
  const small = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 2 });
  const rounded = (value) => (value >= 10 ? counted : small).format(value);

  sp.startPanel = () => {
    const panel = document.getElementById('sp-panel');
    const { off, on } = sp.state;
    for (const box of panel.querySelectorAll('input[data-layer]')) {
      const { layer, facet, value } = box.dataset;
      const apply = () => {
        if (facet === undefined) {
          on[layer] = box.checked;
          return;
        }
        off[layer] = off[layer] || {};
        const hidden = off[layer][facet] = off[layer][facet] || new Set();
        box.checked ? hidden.delete(Number(value)) : hidden.add(Number(value));
      };
      apply(); // a reloaded page may remember ticks
      box.addEventListener('change', () => {
        apply();
        sp.map.closePopup();
        sp.refresh();
      });
    }
  };

  // How much of each value there is in this phase: of features, and of their amounts.
  function tally(layer) {
    const sums = { all: 0, facets: {} };
    for (const feature of layer.features || []) {
      if (!feature.counted || !sp.inPhase(feature.phases)) continue;
      sums.all += 1;
      feature.facets.forEach((value, facet) => {
        const key = `${facet} ${value}`;
        const [count, amount] = sums.facets[key] || [0, 0];
        sums.facets[key] = [count + 1, amount + feature.amount];
      });
    }
    return sums;
  }

  function showCounts(key, layer) {
    const sums = tally(layer);
    const all = document.querySelector(`.sp-count[data-of="${key}"]`);
    const countable = layer.features && layer.features.some((feature) => feature.counted);
    if (all && countable) all.textContent = sums.all ? counted.format(sums.all) : 'none';
    for (const row of document.querySelectorAll(`.sp-value[data-of="${key}"]`)) {
      const [count, amount] = sums.facets[`${row.dataset.facet} ${row.dataset.value}`] || [0, 0];
      row.hidden = count === 0;
      const { unit } = overlays[key];
      row.querySelector('.sp-count').textContent = unit && amount ? `${rounded(amount)} ${unit}` : counted.format(count);
    }
  }

  // ---- legend --------------------------------------------------------------------------------------------
  function row(list, { colour, sign, label }, ground) {
    const item = sp.element('li', null, list);
    if (colour) {
      sp.element('span', null, item, 'sp-chip').style.background = ground && sp.isDark() ? sp.muted(colour) : colour;
    } else sp.element('span', null, item, 'sp-mark').innerHTML = sign; // drawn by us, no text of the study in it
    sp.element('span', label, item);
  }

  function section(title, rows, ground, note) {
    if (!rows.length && !note) return;
    const legend = document.getElementById('sp-legend');
    sp.element('h2', title, legend);
    const list = sp.element('ul', null, legend, 'sp-key');
    rows.forEach((each) => row(list, each, ground));
    if (note) sp.element('p', note, legend, 'sp-quiet');
  }

  function seenValues(layer, facet) {
    const seen = new Set();
    for (const feature of layer.features) if (feature.seen && feature.facets.length > facet) seen.add(feature.facets[facet]);
    return seen;
  }

  function showLegend() {
    document.getElementById('sp-legend').replaceChildren();
    const [resources, signs, notes, rest] = [new Map(), [], new Set(), []];
    for (const { key, facets, label, swatch, signs: more, note, ground } of sp.data.overlays) {
      const layer = sp.layers[key];
      if (!layer.features || !layer.features.some((feature) => feature.seen)) continue;
      if (swatch) signs.push({ sign: swatch, label }, ...more);
      if (note) notes.add(note);
      facets.forEach((facet, number) => {
        const values = [...seenValues(layer, number)].sort((a, b) => a - b).map((value) => facet.values[value]);
        if (facet.key === 'resource') values.forEach((value) => resources.set(value.label, value));
        else if (values.some((value) => value.colour || value.sign)) rest.push([`${label}: ${facet.label.toLowerCase()}`, values, ground]);
      });
    }
    const sorted = [...resources.values()].sort((a, b) => a.label.localeCompare(b.label, 'en'));
    section('Resources', sorted);
    section('Signs', signs);
    rest.forEach(([title, values, ground]) => section(title, values, ground));
    const legend = document.getElementById('sp-legend');
    notes.forEach((note) => sp.element('p', note, legend, 'sp-quiet'));
  }

  sp.showPanel = () => {
    for (const [key, layer] of Object.entries(sp.layers)) if (overlays[key]) showCounts(key, layer);
    showLegend();
  };
})();
