/** Seeded random numbers. One named stream per use, so that a new use never shifts the numbers of another. */
export class Random {
  private state: number;

  public constructor(
    private readonly seed: number,
    name = '',
  ) {
    let hash = 0x811c9dc5 ^ seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    this.state = hash >>> 0;
  }

  public stream(name: string): Random {
    return new Random(this.seed, name);
  }

  /** Uniform in [0, 1): mulberry32. */
  public next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Uniform integer in [0, bound). */
  public integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** UUID version 4 made of this stream. */
  public uuid(): string {
    const hex = Array.from({ length: 32 }, (_, i) => (i === 12 ? 4 : i === 16 ? 8 + this.integer(4) : this.integer(16)).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
