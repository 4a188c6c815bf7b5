/** The cells of each row of the tables in a document, without their heads. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\|-.*\n((?:\|.*\n?)+)/gm)].flatMap(([, rows = '']) =>
    rows
      .trimEnd()
      .split('\n')
      .map((row) => row.split('|').slice(1, -1)),
  )
}

/** Numbers as they are written, without those in addresses of links. */
export function numbersOf(text: string): readonly string[] {
  return text.replaceAll(/\]\(.*?\)/g, '').match(/\d+(?:[.,]\d+)*/g) ?? []
}
