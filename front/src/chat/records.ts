/** Immutable changes of records. */

/** The record with the key set, or without it (`null`); the same record where nothing changes. */
export function toggled<T>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T | null,
): Readonly<Record<string, T>> {
  if (value !== null) return record[key] === value ? record : { ...record, [key]: value };
  if (!(key in record)) return record;
  const { [key]: _dropped, ...rest } = record;
  return rest;
}
