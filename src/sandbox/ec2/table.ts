/** Things of one kind by id. Records are never changed in place: `put` replaces them. */
export type Table<T extends { id: string }> = {
  get: (id: string) => T | undefined;
  /** Ordered by id, which is no order that means anything. The list changes with the table: copy it before changing that. */
  all: () => readonly T[];
  put: (record: T) => void;
  remove: (id: string) => void;
  /** Goes up with every change. */
  version: () => number;
};

/** `onChange` hears of every record that was put or removed (null). */
export function createTable<T extends { id: string }>(
  start: readonly T[],
  onChange: (id: string, record: T | null) => void,
): Table<T> {
  const records = new Map(start.map((record) => [record.id, record]));
  const ordered = [...records.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  let version = 0;

  function changed(id: string, record: T | null): void {
    version += 1;
    onChange(id, record);
  }
  return {
    get: (id) => records.get(id),
    all: () => ordered,
    put: (record) => {
      ordered.splice(placeOf(ordered, record.id), records.has(record.id) ? 1 : 0, record);
      records.set(record.id, record);
      changed(record.id, record);
    },
    remove: (id) => {
      if (!records.delete(id)) return;
      ordered.splice(placeOf(ordered, id), 1);
      changed(id, null);
    },
    version: () => version,
  };
}

/** Where the first record with this id or a later one is in an ordered list. */
export function placeOf(ordered: readonly { id: string }[], id: string): number {
  let [from, to] = [0, ordered.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((ordered[middle]?.id ?? '') < id) from = middle + 1;
    else to = middle;
  }
  return from;
}
