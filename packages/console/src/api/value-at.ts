/** A value by the path of its field, such as `limits.requests_per_minute`; undefined where nothing is. */
export function valueAt(whole: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined | null)?.[name], whole)
}
