/* Names of plants that cover neither each other nor a mark nor a box of the page. */
(() => {
  'use strict';
  const sp = symbioplan;
  const FONT = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  const WIDEST = 190;
  const HEIGHT = 18;
  const MOST = 150; // names in one view
  const SIDES = [[13, -9], [null, -9], [0, -29], [0, 11]]; // right, left, above, below
  const BOXES = ['sp-side', 'sp-panel', 'sp-tools', 'sp-scale'];

  const overlaps = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

  function boxesOnMap(map) {
    if (document.body.classList.contains('sp-printing')) { // on paper only scale and north lie on the map
      const { x, y } = map.containerPointToLayerPoint([0, map.getSize().y]);
      return [[x, y - 50, x + 170, y], [x + map.getSize().x - 260, y - 18, x + map.getSize().x, y]];
    }
    const origin = map.getContainer().getBoundingClientRect();
    const shift = map.containerPointToLayerPoint([-origin.left, -origin.top]);
    const nodes = [...BOXES.map((id) => document.getElementById(id)), ...document.querySelectorAll('.leaflet-control')];
    return nodes.filter((node) => node && node.offsetWidth).map((node) => {
      const box = node.getBoundingClientRect();
      return [box.left + shift.x - 3, box.top + shift.y - 3, box.right + shift.x + 3, box.bottom + shift.y + 3];
    });
  }

  sp.Names = L.Layer.extend({
    options: { pane: 'names' },
    initialize(part) {
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = FONT;
      this.names = part.features.map(([, shape, , , , title, , party]) => ({
        title, party, at: sp.decode(part.shapes[shape], 'name', part.unit),
        width: Math.min(Math.ceil(pen.measureText(title).width) + 4, WIDEST),
      }));
    },
    onAdd(map) {
      this._box = sp.element('div', null, this.getPane(), 'sp-names');
      this._nodes = [];
      map.on('moveend viewreset resize', this.arrange, this);
    },
    onRemove(map) {
      this._box.remove();
      map.off('moveend viewreset resize', this.arrange, this);
    },
    arrange() {
      const map = this._map;
      if (!map) return;
      const corner = map.containerPointToLayerPoint([0, 0]);
      const size = map.getSize();
      const seen = (p) => p.x > corner.x && p.y > corner.y && p.x < corner.x + size.x && p.y < corner.y + size.y;
      const near = this.names.map((name) => ({ ...name, spot: map.latLngToLayerPoint(name.at) })).filter((n) => seen(n.spot));
      near.sort((a, b) => sp.isLit([b.party]) - sp.isLit([a.party])); // stable: the study's order otherwise
      const taken = near.map(({ spot }) => [spot.x - 8, spot.y - 8, spot.x + 8, spot.y + 8]).concat(boxesOnMap(map));
      const placed = [];
      for (const name of near) {
        if (placed.length >= MOST) break;
        const box = this._free(name, taken);
        if (!box) continue;
        taken.push(box);
        placed.push([name, box]);
      }
      this._show(placed);
    },
    // The first side that is free and does not run off the map.
    _free({ spot, width }, taken) {
      const { x: left0, y: top0 } = this._map.containerPointToLayerPoint([0, 0]);
      const { x: wide, y: high } = this._map.getSize();
      for (const [dx, dy] of SIDES) {
        const left = spot.x + (dx === null ? -13 - width : dx || -width / 2);
        const box = [left, spot.y + dy, left + width, spot.y + dy + HEIGHT];
        const inside = box[0] >= left0 && box[2] <= left0 + wide && box[1] >= top0 && box[3] <= top0 + high;
        if (inside && !taken.some((other) => overlaps(box, other))) return box;
      }
      return null;
    },
    _show(placed) {
      while (this._nodes.length < placed.length) this._nodes.push(sp.element('div', null, this._box, 'sp-label'));
      this._nodes.forEach((node, i) => {
        node.hidden = i >= placed.length;
        if (node.hidden) return;
        const [name, box] = placed[i];
        node.textContent = name.title;
        node.classList.toggle('sp-dim', !sp.isLit([name.party]));
        node.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
      });
    },
  });
})();
