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

    // Points on the screen of stretches run in turn, each with the pixels by which it is moved to its right.
    points(uses, map, bounds) {
      const view = `${map.getZoom()} ${map.getPixelOrigin()}`;
      if (view !== this.view) Object.assign(this, { view, seen: {} });
      const near = Math.min(Math.max((map.getZoom() - 6) / 6, 0.5), 1); // from afar a bundle would hide the land
      const spread = near * sp.scale ** 2;
      const ring = [];
      let run = [];
      for (let i = 0; i < uses.length; i += 2) {
        const { points, box } = this.seen[uses[i]] || this.project(uses[i], map);
        for (let k = run.length ? 1 : 0; k < points.length; k++) run.push(points[k]);
        bounds.extend(box);
        if (uses[i + 1] === uses[i + 3]) continue;
        const moved = uses[i + 1] ? sp.aside(run, uses[i + 1] * spread) : run;
        for (const point of moved) ring.push(point);
        run = [];
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
      const ends = pieces.map((uses) => {
        const numbers = uses.filter((_, i) => i % 2 === 0);
        return [...numbers, ~numbers[numbers.length - 1]].map((number) => stretches.end(number));
      });
      L.Polyline.prototype.initialize.call(this, ends, options);
    },
    _projectLatlngs(_, result, bounds) {
      for (const uses of this.pieces) result.push(this.stretches.points(uses, this._map, bounds));
    },
    // Where a pop-up opens that no click has placed: half-way, on the road.
    getCenter() {
      const [uses] = this.pieces;
      const number = uses[2 * Math.floor(uses.length / 4)];
      const own = this.stretches.places(number < 0 ? ~number : number);
      return own[Math.floor(own.length / 2)];
    },
  });
})();
