/* Shapes that Leaflet lacks: lines moved aside, lines with a pale edge, marks from a path; and their data. */
var symbioplan = {};
(() => {
  'use strict';
  const sp = symbioplan;
  const EDGE = 1.6; // pixels by which a line's pale edge is wider
  const BOX = 24; // marks are drawn in a box of 24 by 24

  sp.data = JSON.parse(document.getElementById('sp-data').textContent);
  const drawn = Object.fromEntries(Object.entries(sp.data.marks).map(([name, path]) => [name, new Path2D(path)]));

  // ---- lines moved aside by a number of pixels -------------------------------------------------------
  // Each vertex moves along the mean normal of its two sides; mitres are cut at twice the distance.
  sp.aside = (points, distance) => {
    const ring = L.LineUtil.simplify(points, 1.5);
    const normals = [];
    const kept = ring.filter((p, i) => i === 0 || p.distanceTo(ring[i - 1]) > 0.01);
    if (kept.length < 2) return points;
    for (let i = 1; i < kept.length; i++) {
      const way = kept[i].subtract(kept[i - 1]);
      normals.push(L.point(-way.y, way.x).divideBy(Math.hypot(way.x, way.y)));
    }
    return kept.map((p, i) => {
      const a = normals[Math.max(i - 1, 0)];
      const b = normals[Math.min(i, normals.length - 1)];
      const sum = a.add(b);
      const size = Math.hypot(sum.x, sum.y) / 2; // cosine of half the bend
      const unit = size < 1e-6 ? b : sum.divideBy(2 * size);
      return p.add(unit.multiplyBy(distance / Math.max(size, 0.5)));
    });
  };

  const project = L.Polyline.prototype._projectLatlngs;
  const hitLine = L.Polyline.prototype._containsPoint;
  L.Polyline.include({
    _projectLatlngs(latlngs, result, bounds) {
      const from = result.length;
      project.call(this, latlngs, result, bounds);
      const flat = latlngs.length > 0 && latlngs[0] instanceof L.LatLng; // parts of a multi-line come back here
      if (!flat || !this.options.offset) return;
      for (let i = from; i < result.length; i++) result[i] = sp.aside(result[i], this.options.offset * sp.scale);
    },
    _containsPoint(point, closed) {
      return !this.hidden && hitLine.call(this, point, closed);
    },
  });
  const hitArea = L.Polygon.prototype._containsPoint;
  L.Polygon.include({
    _containsPoint(point) {
      return !this.hidden && hitArea.call(this, point);
    },
  });

  // ---- the canvas of a crowded map -----------------------------------------------------------------------
  // Lines are thinner and marks smaller in a view of everything, and grow as the reader comes nearer.
  sp.scale = 1;
  sp.scaleFrom = (zoom) => {
    if (!sp.data.crowded) return;
    const grown = () => { sp.scale = Math.min(Math.max(0.4 + 0.2 * (sp.map.getZoom() - zoom), 0.4), 1); };
    sp.map.on('viewprereset zoomanim zoomend', grown);
    grown();
  };

  // What is hidden stays where it is in the order of drawing. A view that the canvas already holds is not drawn anew.
  sp.Crowd = L.Canvas.extend({
    _update() {
      const { _map: map, _bounds: held, _zoom: zoom } = this;
      const corner = map.containerPointToLayerPoint([0, 0]);
      const holds = held && zoom === map.getZoom() && held.contains(L.bounds(corner, corner.add(map.getSize())));
      if (!holds || !this._drawn) {
        this._drawn = true;
        L.Canvas.prototype._update.call(this);
      }
    },
    _updatePoly(layer, closed) {
      if (!layer.hidden) L.Canvas.prototype._updatePoly.call(this, layer, closed);
    },
    _fillStroke(ctx, layer) {
      const { casing, weight, opacity } = layer.options;
      if (casing && sp.scale > 0.7) {
        Object.assign(ctx, { globalAlpha: opacity, lineWidth: weight * sp.scale + EDGE, strokeStyle: sp.casing, lineJoin: 'round' });
        ctx.setLineDash([]);
        ctx.stroke();
      }
      layer.options.weight = weight * sp.scale;
      L.Canvas.prototype._fillStroke.call(this, ctx, layer);
      layer.options.weight = weight;
    },
  });

  sp.hide = (layer, hidden) => {
    if (Boolean(layer.hidden) === hidden) return;
    layer.hidden = hidden;
    if (layer._path) layer._path.style.display = hidden ? 'none' : '';
    else if (layer._map) layer._renderer._requestRedraw(layer);
  };
  L.Path.addInitHook(function hiddenFromTheStart() {
    this.on('add', () => {
      if (this.hidden && this._path) this._path.style.display = 'none';
    });
  });

  // ---- marks: a path about a place, of the same size at every zoom -------------------------------------
  sp.Mark = L.CircleMarker.extend({
    _project() {
      const { dx = 0, dy = 0 } = this.options;
      this._point = this._map.latLngToLayerPoint(this._latlng).add([dx, dy]);
      this._updateBounds();
    },
    _containsPoint(point) {
      return !this.hidden && L.CircleMarker.prototype._containsPoint.call(this, point);
    },
    _updatePath() {
      if (this._path) this._asElement();
      else if (!this.hidden && !this._empty()) this._onCanvas(this._renderer._ctx);
    },
    _asElement() {
      const { mark, size, turn = 0 } = this.options;
      if (!this._path.hasAttribute('d')) this._path.setAttribute('d', sp.data.marks[mark]);
      const { x, y } = this._point;
      const scale = size / BOX;
      this._path.setAttribute('transform', `translate(${x} ${y}) rotate(${turn}) scale(${scale}) translate(-12 -12)`);
    },
    _onCanvas(ctx) {
      const { turn = 0, opacity } = this.options;
      const { picture, side } = sprite(this.options);
      const wide = side * sp.scale;
      ctx.globalAlpha = opacity;
      ctx.save();
      ctx.translate(this._point.x, this._point.y);
      if (turn) ctx.rotate(turn * Math.PI / 180);
      ctx.drawImage(picture, -wide / 2, -wide / 2, wide, wide);
      ctx.restore();
    },
  });

  // A mark as a picture, made once for each style.
  const sprites = new Map();
  function sprite({ mark, size, fillColor, fillOpacity, opacity, color, weight }) {
    const solid = opacity ? fillOpacity / opacity : 0; // a dimmed mark is the same picture, fainter
    const key = [mark, size, fillColor, solid.toFixed(2), color, weight].join(' ');
    if (sprites.has(key)) return sprites.get(key);
    const picture = document.createElement('canvas');
    const side = size + 2 * weight;
    const fine = 2 * (window.devicePixelRatio || 1);
    picture.width = picture.height = Math.ceil(side * fine);
    const ctx = picture.getContext('2d');
    ctx.scale(picture.width / side, picture.width / side);
    ctx.translate(weight, weight);
    ctx.scale(size / BOX, size / BOX);
    ctx.globalAlpha = solid;
    ctx.fillStyle = fillColor;
    ctx.fill(drawn[mark], 'evenodd');
    Object.assign(ctx, { globalAlpha: 1, strokeStyle: color, lineWidth: weight * BOX / size, lineJoin: 'round' });
    ctx.stroke(drawn[mark]);
    sprites.set(key, { picture, side });
    return sprites.get(key);
  }

  // ---- colours of the ground in the dark: the same hue, as dark as it was light --------------------------
  sp.muted = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
    const light = (high + low) / 2;
    const spread = high - low;
    const saturation = spread === 0 ? 0 : spread / (1 - Math.abs(2 * light - 1));
    const sextant = { [b]: 4 + (r - g) / spread, [g]: 2 + (b - r) / spread, [r]: (g - b) / spread };
    const hue = spread === 0 ? 0 : (60 * sextant[high] + 360) % 360;
    return `hsl(${hue.toFixed()} ${(60 * saturation).toFixed()}% ${(15 + 40 * (1 - light)).toFixed()}%)`;
  };

  sp.element = (tag, text, parent, className) => {
    const made = document.createElement(tag);
    if (text !== undefined && text !== null) made.textContent = text; // never as markup
    if (className) made.className = className;
    if (parent) parent.appendChild(made);
    return made;
  };
})();
