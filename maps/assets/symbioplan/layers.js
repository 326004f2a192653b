/* Layers from the data in the page: their shapes, pop-ups, and the keys that open them.
   Text of the study reaches the page only through textContent. */
(() => {
  'use strict';
  const sp = symbioplan;
  let shared = null; // the canvas of a crowded map
  sp.redrawNow = () => shared && shared._redraw(); // else a frame later
  const hover = window.matchMedia('(hover: hover)');

  function canvas() {
    shared = shared || L.canvas({ pane: 'crowd', padding: 0.25, tolerance: 3 });
    return shared;
  }

  function popup(feature) {
    const box = sp.element('div', null, null, 'sp-popup');
    sp.element('h3', feature.title, box);
    sp.table(feature.rows, box);
    return box;
  }

  sp.table = (rows, parent) => {
    const body = sp.element('tbody', null, sp.element('table', null, parent));
    for (const [label, value] of rows) {
      const row = sp.element('tr', null, body);
      sp.element('th', label, row).scope = 'row';
      sp.element('td', value, row);
    }
  };

  // Arrays of the data as what they mean; the order is that of ``maps/sheets.py``.
  function feature(part, [phases, shape, style, facets, parties, title, words, party, amount]) {
    const rows = [];
    for (let i = 0; i < words.length; i += 2) rows.push([part.labels[words[i]], words[i + 1]]);
    return { phases, shape: part.shapes[shape], style: part.styles[style], facets, parties, title, rows, party, amount };
  }

  function shapesOf(own, part, layer) {
    const alive = own.title !== '';
    const crowd = sp.data.crowded;
    const renderer = crowd ? canvas() : undefined;
    const options = {
      fill: false, opacity: 1, ...own.style, pane: part.pane, renderer, interactive: alive, bubblingMouseEvents: false,
    };
    if (crowd) options.pane = 'crowd';
    const at = sp.decode(own.shape, part.kind, part.unit);
    if (part.kind === 'mark') {
      const [, , turn = 0, dx = 0, dy = 0] = own.shape;
      Object.assign(options, { fill: true, turn, dx, dy, radius: own.style.size / 2, className: 'sp-mark-path' });
      return [new sp.Mark(at, options)];
    }
    if (part.kind === 'area') return [L.polygon(at, options)];
    const line = L.polyline(at, options);
    if (!options.casing || crowd) return [line];
    const weight = options.weight + 1.6;
    const below = { ...options, weight, interactive: false, className: 'sp-casing', dashArray: null, below: true };
    layer.under.push([own, L.polyline(at, below)]);
    return [line];
  }

  function bind(own, shape, kind) {
    shape.options.label = own.title;
    if (own.party >= 0) shape.on('click', () => sp.choose(own.party));
    else shape.bindPopup(() => {
      Object.assign(shape.getPopup().options, sp.clearOfBoxes()); // Leaflet reads them after the content
      return popup(own);
    }, { maxWidth: 330, minWidth: 180 });
    if (kind !== 'area' && hover.matches) {
      shape.bindTooltip(() => sp.element('span', own.title), { sticky: true, className: 'sp-tip' });
    }
    if (kind === 'line') {
      const { weight } = own.style;
      shape.on('mouseover', () => shape.setStyle({ weight: weight + 2 }));
      shape.on('mouseout', () => shape.setStyle({ weight }));
    }
    shape.on('add', () => keys(own, shape, kind));
  }

  function keys(own, shape, kind) {
    const node = shape._path;
    if (!node || kind === 'area') return;
    for (const [name, value] of [['tabindex', '0'], ['role', 'button'], ['aria-label', own.title]]) {
      node.setAttribute(name, value);
    }
    node.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      if (own.party >= 0) sp.choose(own.party, { focus: true });
      else shape.openPopup();
    });
  }

  // One layer of the panel. Its features stay on the map; view.js hides and dims them.
  sp.layer = (key) => {
    const sheet = JSON.parse(document.getElementById(`sp-data-${key}`).textContent);
    if (sheet.parts[0].kind === 'name') return new sp.Names(sheet.parts[0]);
    const layer = L.featureGroup();
    Object.assign(layer, { key, features: [], under: [], ground: sheet.ground });
    for (const part of sheet.parts) {
      layer.under = [];
      const shapes = [];
      for (const row of part.features) {
        const own = feature(part, row);
        own.counted = part.counted;
        own.shapes = shapesOf(own, part, layer);
        if (own.title !== '') bind(own, own.shapes[0], part.kind);
        shapes.push(own.shapes[0]);
        layer.features.push(own);
      }
      for (const [own, below] of layer.under) {
        own.shapes.push(below);
        layer.addLayer(below);
      }
      shapes.forEach((shape) => layer.addLayer(shape));
    }
    return layer;
  };
})();
