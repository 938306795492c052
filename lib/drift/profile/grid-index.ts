/** Cells of the look-up table per edge. */
const CELLS_PER_EDGE = 8;

/**
 * Finds the bin of a number in constant time: a table of equal cells says how many edges lie below a cell, and what lies inside of it is
 * searched. Cells follow from the same rounded expression for edges and numbers, which never falls, so the answer is exact.
 */
export class GridIndex {
  /** The edges, and infinity as the end of each search. */
  private readonly edges: Float64Array;
  private readonly count: number;
  private readonly first: number;
  private readonly last: number;
  private readonly scale: number;
  /** Edges in the cells before. */
  private readonly before: Uint32Array;

  public constructor(edges: readonly number[]) {
    this.count = edges.length;
    this.edges = Float64Array.from([...edges, Infinity]);
    this.first = edges[0] ?? Infinity;
    this.last = edges[edges.length - 1] ?? -Infinity;
    const cells = edges.length * CELLS_PER_EDGE;
    const scale = (cells - 1) / (this.last - this.first);
    // One edge, or edges too near or too far: a single cell.
    this.scale = Number.isFinite(scale) && scale > 0 ? scale : 0;
    this.before = new Uint32Array((this.scale === 0 ? 1 : cells) + 1);
    for (const edge of edges) this.before[this.cellOf(edge) + 1]! += 1;
    for (let cell = 1; cell < this.before.length; cell++) this.before[cell]! += this.before[cell - 1]!;
  }

  /** The number of edges that are less than or equal to a finite value. */
  public binOf(value: number): number {
    if (value < this.first) return 0;
    if (value >= this.last) return this.count;
    const cell = this.scale === 0 ? 0 : ((value - this.first) * this.scale) | 0;
    let low = this.before[cell]!;
    let high = this.before[cell + 1]!;
    while (high - low > 4) {
      const middle = (low + high) >>> 1;
      if (this.edges[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    while (this.edges[low]! <= value) low += 1;
    return low;
  }

  private cellOf(edge: number): number {
    return this.scale === 0 ? 0 : ((edge - this.first) * this.scale) | 0;
  }
}
