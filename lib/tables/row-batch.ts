import { type Cell, type TableBatch, type TableColumn } from './table';

/** Collects rows in which any column may be absent into a batch. */
export class RowBatch {
  private readonly cells: Cell[][] = [];
  private count = 0;

  public add(cells: Iterable<readonly [column: number, cell: Cell]>): void {
    for (const [column, cell] of cells) {
      const list = (this.cells[column] ??= []);
      // Rows before this one had no such column.
      while (list.length < this.count) list.push(null);
      list[this.count] = cell;
    }
    this.count += 1;
  }

  public get rows(): number {
    return this.count;
  }

  public build(): TableBatch {
    const { cells, count: rows } = this;
    return {
      rows,
      column: (index) => {
        const list = cells[index];
        while (list !== undefined && list.length < rows) list.push(null);
        return list;
      },
    };
  }
}

/** Places of columns that become known while rows are read. */
export class ColumnPlaces {
  private readonly places = new Map<string, number>();

  public constructor(
    private readonly columns: TableColumn[],
    private readonly maximum: number,
  ) {
    columns.forEach(({ name }, index) => this.places.set(name, index));
  }

  /** @returns undefined when there are too many columns already */
  public of(name: string): number | undefined {
    let place = this.places.get(name);
    if (place === undefined && this.columns.length < this.maximum) {
      place = this.columns.length;
      this.columns.push({ name });
      this.places.set(name, place);
    }
    return place;
  }
}
