/* Numbers of the data as places, and ways over stretches of road that others use as well. */
(() => {
  'use strict';
  const sp = symbioplan;

  // Each number is the difference to the one before.
  function places(numbers, unit) {
    const out = [];
    let [x, y] = [0, 0];
    for (let i = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      out.push(L.latLng(y * unit, x * unit));
    }
    return out;
  }

  sp.decode = (shape, kind, unit) => {
    if (kind === 'mark' || kind === 'name') return L.latLng(shape[1] * unit, shape[0] * unit);
    if (kind === 'line') return shape.map((part) => places(part, unit));
    return shape.map((rings) => rings.map((ring) => places(ring, unit).slice(0, -1)));
  };

  // The stretches of a part: decoded when first asked for, and projected once per view, not once per way.
  sp.Stretches = class {
    constructor({ stretches, unit }) {
      Object.assign(this, { coded: stretches, unit, known: [], view: '', seen: {} });
    }

    places(number) {
      this.known[number] = this.known[number] || places(this.coded[number], this.unit);
      return this.known[number];
    }

    // Points on the screen of stretches run in turn, without what cannot be seen there.
    points(numbers, map, bounds) {
      const view = `${map.getZoom()} ${map.getPixelOrigin()}`;
      if (view !== this.view) Object.assign(this, { view, seen: {} });
      const ring = [];
      for (const number of numbers) {
        const { points, box } = this.seen[number] || this.project(number, map);
        for (let i = ring.length ? 1 : 0; i < points.length; i++) ring.push(points[i]);
        bounds.extend(box);
      }
      return ring;
    }

    project(number, map) {
      const at = number < 0 ? ~number : number;
      const points = L.LineUtil.simplify(this.places(at).map((place) => map.latLngToLayerPoint(place)), 0.5);
      const box = L.bounds(points);
      Object.assign(this.seen, { [at]: { points, box }, [~at]: { points: [...points].reverse(), box } });
      return this.seen[number];
    }

    end(number) {
      const own = this.places(number < 0 ? ~number : number);
      return own[number < 0 ? own.length - 1 : 0];
    }
  };

  sp.Way = L.Polyline.extend({
    initialize(pieces, stretches, options) {
      Object.assign(this, { pieces, stretches });
      const ends = pieces.map((piece) => [...piece.map((n) => stretches.end(n)), stretches.end(~piece[piece.length - 1])]);
      L.Polyline.prototype.initialize.call(this, ends, options);
    },
    _projectLatlngs(_, result, bounds) {
      for (const piece of this.pieces) {
        const ring = this.stretches.points(piece, this._map, bounds);
        result.push(this.options.offset ? sp.aside(ring, this.options.offset * sp.scale) : ring);
      }
    },
    // Where a pop-up opens that no click has placed: half-way, on the road.
    getCenter() {
      const [piece] = this.pieces;
      const number = piece[Math.floor(piece.length / 2)];
      const own = this.stretches.places(number < 0 ? ~number : number);
      return own[Math.floor(own.length / 2)];
    },
  });
})();
