/* Names of plants that cover neither each other nor a mark nor a box of the page. */
(() => {
  'use strict';
  const sp = symbioplan;
  const FONT = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  const BROKEN = 130; // pixels: longer names take two lines where that helps
  const WIDEST = 215; // map.css knows it too
  const LINE = 15; // height of a line
  const MOST = 150; // names in one view
  const CELL = 6; // pixels
  // Where a name may stand: how far its near edge or its middle is from the place, right and down, by preference.
  const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]];
  const AWAY = [13, 11];
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

  // A name without what it says in brackets, and on two lines where it is long.
  function lettered(title, pen) {
    const short = title.replace(/\s*[([][^()[\]]*[)\]]/g, '').trim() || title;
    const wide = (text) => Math.ceil(pen.measureText(text).width) + 4;
    let lines = [short];
    const words = short.split(' ');
    if (wide(short) > BROKEN) {
      for (let i = 1; i < words.length; i++) {
        const halves = [words.slice(0, i).join(' '), words.slice(i).join(' ')];
        if (Math.max(...halves.map(wide)) < Math.max(...lines.map(wide))) lines = halves;
      }
    }
    return { text: lines.join('\n'), width: Math.min(Math.max(...lines.map(wide)), WIDEST), height: 3 + LINE * lines.length };
  }

  // Which cells of the view lines and marks take up: names stand beside them where they can.
  function inkOf(map) {
    const { x: columns, y: rows } = map.getSize().divideBy(CELL).ceil();
    const corner = map.containerPointToLayerPoint([0, 0]);
    const inked = new Uint8Array(columns * rows);
    for (const { features = [] } of Object.values(sp.layers)) {
      for (const { seen, kind, ground, shapes, style } of features) {
        if (!seen || ground) continue;
        if (kind === 'mark' && shapes[0]._point) {
          for (let y = -style.size / 2; y <= style.size / 2; y += CELL) {
            dab(shapes[0]._point.add([-style.size / 2, y]), shapes[0]._point.add([style.size / 2, y]));
          }
        } else if (kind === 'line' || kind === 'way') {
          for (const points of shapes[0]._parts || []) {
            for (let i = 1; i < points.length; i++) dab(points[i - 1], points[i]);
          }
        }
      }
    }
    function dab(a, b) {
      const steps = Math.ceil(a.distanceTo(b) / CELL) || 1;
      for (let k = 0; k <= steps; k++) {
        const column = Math.floor((a.x + (b.x - a.x) * k / steps - corner.x) / CELL);
        const row = Math.floor((a.y + (b.y - a.y) * k / steps - corner.y) / CELL);
        if (column >= 0 && column < columns && row >= 0 && row < rows) inked[row * columns + column] = 1;
      }
    }
    return ([left, top, right, bottom]) => {
      let sum = 0;
      for (let row = Math.floor((top - corner.y) / CELL); row <= (bottom - corner.y) / CELL; row++) {
        for (let column = Math.floor((left - corner.x) / CELL); column <= (right - corner.x) / CELL; column++) {
          sum += inked[row * columns + column] || 0;
        }
      }
      return sum;
    };
  }

  sp.Names = L.Layer.extend({
    options: { pane: 'names' },
    initialize(part) {
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = FONT;
      this.names = part.features.map(([, shape, , , , title, , party]) => ({
        party, at: sp.decode(part.shapes[shape], 'name', part.unit), ...lettered(title, pen),
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
      const ink = inkOf(map);
      const placed = [];
      for (const name of near) {
        if (placed.length >= MOST) break;
        const found = this._free(name, taken, ink);
        if (!found) continue;
        taken.push(found.box);
        placed.push({ ...name, ...found });
      }
      this._show(placed);
    },
    // Of the sides that are free and do not run off the map the one with the least of the lines in it.
    _free({ spot, width, height }, taken, ink) {
      const { x: left0, y: top0 } = this._map.containerPointToLayerPoint([0, 0]);
      const { x: wide, y: high } = this._map.getSize();
      let [best, least] = [null, Infinity];
      SIDES.forEach(([right, down], turn) => {
        const away = right && down ? 0.6 : 1;
        const left = spot.x + right * (AWAY[0] * away + width / 2) - width / 2;
        const top = spot.y + down * (AWAY[1] * away + height / 2) - height / 2;
        const box = [left, top, left + width, top + height];
        const inside = box[0] >= left0 && box[2] <= left0 + wide && box[1] >= top0 && box[3] <= top0 + high;
        if (!inside || taken.some((other) => overlaps(box, other))) return;
        const bad = ink(box) + turn;
        if (bad < least) [best, least] = [{ box, align: ['right', 'center', 'left'][right + 1] }, bad];
      });
      return best;
    },
    _show(placed) {
      while (this._nodes.length < placed.length) this._nodes.push(sp.element('div', null, this._box, 'sp-label'));
      this._nodes.forEach((node, i) => {
        node.hidden = i >= placed.length;
        if (node.hidden) return;
        const { text, party, width, align, box } = placed[i];
        node.textContent = text;
        node.classList.toggle('sp-dim', !sp.isLit([party]));
        Object.assign(node.style, { width: `${width}px`, textAlign: align });
        node.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
      });
    },
  });
})();
