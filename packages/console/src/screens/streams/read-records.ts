/** A list of records, or one with them in it; else a record a line. An error says what is wrong with the text, and in which line. */
export function readRecords(text: string): readonly unknown[] | Error {
  try {
    const whole = jsonIn(text)
    if (Array.isArray(whole)) return whole
    if (typeof whole === 'object' && whole !== null && 'records' in whole && Array.isArray(whole.records)) return whole.records
    return [whole]
  } catch (error) {
    const lines = text.split('\n')
    const begins = lines.filter((line) => line.trim().startsWith('{')).length
    const isByLine = begins > 1 && !text.trim().startsWith('[') && lines.some(isValue)
    return isByLine ? recordsOf(lines) : asError(error)
  }
}

function recordsOf(lines: readonly string[]): readonly unknown[] | Error {
  const records: unknown[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    try {
      records.push(jsonIn(line))
    } catch (error) {
      return new Error(`Line ${index + 1} is no record: ${asError(error).message}`)
    }
  }
  return records
}

function isValue(line: string): boolean {
  try {
    return line.trim() !== '' && JSON.parse(line) !== undefined
  } catch {
    return false
  }
}

/** A number that JavaScript can't hold would be sent as null. */
function jsonIn(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${name} is a number that is too large.`)
    return value
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
