/**
 * One way to look at a field: how far is this number from all that were seen, and from those of this time of the day and the week.
 * Both are told relative to the range of what was seen, so that fields of any scale compare.
 * @module
 */
import { cellsInRow, distanceToMarked, isEmptyRow, markCell, markedRange, moveMarks, wordsInRow } from './cells.ts'
import { daysInWeek, hoursInDay, liveRows, Memory, ownNumbers, viewNumbers, views, wordsInHour } from './memory.ts'

/** What a novelty was found in. */
export const aspects = { range: 0, day: 1, week: 2 } as const

/** One value, however far, widens the range by twice the range at most: a few outliers don't make it blind. */
const widening = 2
/** As a share of the greatest number: what was always the same may move by as much without a word, such as the used share of a disk. */
const leastRange = 1 / 256
/** What novelty is usual in a day, or a week, is held against it, with this margin. */
const margin = 1.75
/** So many days, and weeks, tell what is usual: the mean of their greatest novelties. */
const usualDays = 7
const usualWeeks = 4

// Where each number lies among those of a view.
const count = 0
const last = 1
const low = 2
const high = 3
const youngLow = 4
const youngHigh = 5
const origin = 6
const width = 7
const base = 8
const lowBefore = 9
const highBefore = 10
const aspect = 11
// Of the day that goes on, the greatest novelty; then the mean of those of earlier days, and of how many. The same of weeks.
const dayTop = 12
const dayMean = 13
const weekTop = 15
const weekMean = 16

/**
 * Scores a number, then learns it.
 * @param length one number in so many is independent of the one before.
 * @returns its novelty, in [0,1): the share of a range that would hold it which is new, or its distance to what was seen at this
 * time of day or week as a share of the range, as far as it exceeds what is usual.
 */
export function novelty(memory: Memory, view: number, value: number, length: number): number {
  const { numbers } = memory
  const at = ownNumbers + view * viewNumbers
  const seen = numbers[at + count] as number
  numbers[at + count] = seen + 1
  if (seen === 0) {
    begin(numbers, at, value)
    return 0
  }
  const lowest = numbers[at + low] as number
  const highest = numbers[at + high] as number
  const range = highest - lowest
  const outside = value > highest ? value - highest : value < lowest ? lowest - value : 0
  const least = leastOf(numbers)
  let kept = value
  let found = 0
  numbers[at + aspect] = aspects.range
  numbers[at + lowBefore] = lowest
  numbers[at + highBefore] = highest
  if (outside > 0) {
    found = outside / (Math.max(range, least) + outside)
    if (range > 0) kept = Math.min(highest + widening * range, Math.max(lowest - widening * range, value))
  }
  learnRange(memory, view, at, kept)
  const wide = (numbers[at + high] as number) - (numbers[at + low] as number)
  if (wide > 0) found = Math.max(found, seasonNovelty(memory, view, at, kept, Math.max(wide, least), found))
  // Of n numbers in any order, the next is the greatest or the smallest with probability 2 / (n + 1).
  return Math.max(0, found - (2 * length) / (seen + length))
}

/** No range counts as less: all views are in the unit of the first. */
function leastOf(numbers: Float64Array): number {
  return leastRange * Math.max(Math.abs(numbers[ownNumbers + low] as number), Math.abs(numbers[ownNumbers + high] as number))
}

/** The last number of a view, as it was learnt. */
export function learnt(memory: Memory, view: number): number {
  return memory.numbers[ownNumbers + view * viewNumbers + last] as number
}

/** The width of all that was seen. */
export function rangeOf(memory: Memory, view: number): number {
  const at = ownNumbers + view * viewNumbers
  return (memory.numbers[at + high] as number) - (memory.numbers[at + low] as number)
}

/** What the last number's novelty was found in, and between what it was expected to be. */
export function expectation(
  memory: Memory,
  view: number,
): { readonly aspect: number; readonly low: number; readonly high: number } {
  const { numbers, live } = memory
  const at = ownNumbers + view * viewNumbers
  const found = numbers[at + aspect] as number
  const marked = found === aspects.range ? undefined : markedRange(live, liveRow(view, found - 1))
  if (!marked) return { aspect: aspects.range, low: numbers[at + lowBefore] as number, high: numbers[at + highBefore] as number }
  return {
    aspect: found,
    low: Math.max(edge(numbers, at, marked[0]), numbers[at + low] as number),
    high: Math.min(edge(numbers, at, marked[1] + 1), numbers[at + high] as number),
  }
}

/**
 * Between what the last number was expected to be before it came: within all that was seen, and not further from what was seen at this time
 * of the day and of the week than is usual. Undefined for the first.
 */
export function expectedBefore(memory: Memory, view: number): readonly [low: number, high: number] | undefined {
  const { numbers, live } = memory
  const at = ownNumbers + view * viewNumbers
  if ((numbers[at + count] as number) < 2) return undefined
  let lowest = numbers[at + lowBefore] as number
  let highest = numbers[at + highBefore] as number
  const range = highest - lowest
  for (const [row, usual] of [
    [0, dayMean],
    [1, weekMean],
  ] as const) {
    const marked = markedRange(live, liveRow(view, row))
    if (!marked) continue
    // Next to a cell that was seen is as good as in it.
    const room = margin * (numbers[at + usual] as number) * range
    lowest = Math.max(lowest, edge(numbers, at, marked[0] - 1) - room)
    highest = Math.min(highest, edge(numbers, at, marked[1] + 2) + room)
  }
  return [lowest, highest]
}

/** Where a cell of a view's rows begins. */
function edge(numbers: Float64Array, at: number, cell: number): number {
  return (numbers[at + origin] as number) + (cell + (numbers[at + base] as number)) * (numbers[at + width] as number)
}

/** An hour has ended, counted since 1970: what came in it now belongs to its place in the week. */
export function keepHour(memory: Memory, hour: number): void {
  const day = Math.floor(hour / hoursInDay)
  const rows = memory.dayToWrite(weekdayOf(day))
  const hourOfDay = hour - day * hoursInDay
  for (let view = 0; view < views; view++) {
    const from = liveRow(view, 2)
    const to = Memory.rowOf(hourOfDay, view)
    for (let word = 0; word < wordsInRow; word++) {
      rows[to + word] = (rows[to + word] as number) | (memory.live[from + word] as number)
      memory.live[from + word] = 0
    }
  }
}

/** An hour begins: what earlier days, and weeks, had in it is laid ready. */
export function recallHour(memory: Memory, hour: number): void {
  const { live, days } = memory
  const day = Math.floor(hour / hoursInDay)
  const weekday = weekdayOf(day)
  const start = (hour - day * hoursInDay) * wordsInHour
  for (let view = 0; view < views; view++) live.fill(0, liveRow(view, 0), liveRow(view, 2))
  for (let index = 0; index < days.length; index++) {
    const rows = days[index]
    if (!rows) continue
    const isToday = index % daysInWeek === weekday
    for (let view = 0; view < views; view++) {
      const from = start + view * wordsInRow
      const to = liveRow(view, 0)
      for (let word = 0; word < wordsInRow; word++) {
        const cells = rows[from + word] as number
        if (cells === 0) continue
        live[to + word] = (live[to + word] as number) | cells
        if (isToday) live[to + wordsInRow + word] = (live[to + wordsInRow + word] as number) | cells
      }
    }
  }
}

/** A day has ended, and perhaps a week: how new was the newest in it? */
export function keepUsual(memory: Memory, weekEnded: boolean): void {
  const { numbers } = memory
  for (let view = 0; view < views; view++) {
    const at = ownNumbers + view * viewNumbers
    if (numbers[at + count] === 0) continue
    closePeriod(numbers, at + dayTop, usualDays)
    if (weekEnded) closePeriod(numbers, at + weekTop, usualWeeks)
  }
}

/** What only the older generation knew is forgotten; the range may become narrower, and its cells finer. */
export function keepYounger(memory: Memory): void {
  memory.forget()
  const { numbers } = memory
  for (let view = 0; view < views; view++) {
    const at = ownNumbers + view * viewNumbers
    if (numbers[at + count] === 0) continue
    numbers[at + low] = numbers[at + youngLow] as number
    numbers[at + high] = numbers[at + youngHigh] as number
    numbers[at + youngLow] = numbers[at + youngHigh] = numbers[at + last] as number
    const range = rangeOf(memory, view)
    while (range > 0 && range / (numbers[at + width] as number) < cellsInRow / 4) {
      const old = numbers[at + base] as number
      const middle = ((numbers[at + low] as number) + (numbers[at + high] as number)) / 2 - (numbers[at + origin] as number)
      numbers[at + width] = (numbers[at + width] as number) / 2
      numbers[at + base] = Math.floor(middle / (numbers[at + width] as number)) - cellsInRow / 2
      const moved = numbers[at + base] as number
      moveView(memory, view, (cell) => 2 * (cell + old) - moved, 2)
    }
  }
}

function begin(numbers: Float64Array, at: number, value: number): void {
  for (const each of [last, low, high, youngLow, youngHigh, origin]) numbers[at + each] = value
  // Until a day or a week has shown what is usual, anything may be.
  for (const period of [dayTop, weekTop]) {
    numbers[at + period] = -1
    numbers[at + period + 1] = 1
    numbers[at + period + 2] = 1
  }
}

function closePeriod(numbers: Float64Array, top: number, usual: number): void {
  const greatest = numbers[top] as number
  if (greatest < 0) return
  const periods = Math.min((numbers[top + 2] as number) + 1, usual)
  numbers[top + 2] = periods
  numbers[top + 1] = (numbers[top + 1] as number) + (greatest - (numbers[top + 1] as number)) / periods
  numbers[top] = -1
}

/** Widens the range to the value, and the cells with it. */
function learnRange(memory: Memory, view: number, at: number, value: number): void {
  const { numbers } = memory
  numbers[at + last] = value
  if (value < (numbers[at + youngLow] as number)) numbers[at + youngLow] = value
  if (value > (numbers[at + youngHigh] as number)) numbers[at + youngHigh] = value
  if (value >= (numbers[at + low] as number) && value <= (numbers[at + high] as number)) return
  if (value < (numbers[at + low] as number)) numbers[at + low] = value
  if (value > (numbers[at + high] as number)) numbers[at + high] = value
  if (numbers[at + width] === 0) beginCells(numbers, at)
  for (;;) {
    const first = place(numbers, at, numbers[at + low] as number)
    const final = place(numbers, at, numbers[at + high] as number)
    const old = numbers[at + base] as number
    if (final - first < cellsInRow) {
      if (first >= old && final < old + cellsInRow) return
      const centred = Math.floor((first + final + 1) / 2) - cellsInRow / 2
      const moved = Math.min(first, Math.max(final - cellsInRow + 1, centred))
      numbers[at + base] = moved
      moveView(memory, view, (cell) => cell + old - moved)
      return
    }
    const folded = Math.floor(old / 2)
    numbers[at + base] = folded
    numbers[at + width] = (numbers[at + width] as number) * 2
    moveView(memory, view, (cell) => Math.floor((cell + old) / 2) - folded)
  }
}

/** The first range takes half of a row, so that it can grow. */
function beginCells(numbers: Float64Array, at: number): void {
  const range = (numbers[at + high] as number) - (numbers[at + low] as number)
  // A difference at the very edge of what numbers can tell is none.
  numbers[at + width] = Math.max(range / (cellsInRow / 2), 2 ** -1022)
  numbers[at + base] = place(numbers, at, numbers[at + low] as number) - cellsInRow / 4
}

function place(numbers: Float64Array, at: number, value: number): number {
  return Math.floor((value - (numbers[at + origin] as number)) / (numbers[at + width] as number))
}

function seasonNovelty(memory: Memory, view: number, at: number, value: number, range: number, found: number): number {
  const { numbers, live } = memory
  const cell = place(numbers, at, value) - (numbers[at + base] as number)
  const row = liveRow(view, 0)
  const share = (numbers[at + width] as number) / range
  let greatest = found
  if (!isEmptyRow(live, row)) {
    // Next to a cell that was seen may be as good as in it.
    const inDay = Math.max(0, distanceToMarked(live, row, cell) - 1) * share
    if (inDay > (numbers[at + dayTop] as number)) numbers[at + dayTop] = inDay
    const beyondDay = inDay - margin * (numbers[at + dayMean] as number)
    if (beyondDay > greatest) {
      greatest = beyondDay
      numbers[at + aspect] = aspects.day
    }
    if (!isEmptyRow(live, row + wordsInRow)) {
      const inWeek = Math.max(0, distanceToMarked(live, row + wordsInRow, cell) - 1) * share
      if (inWeek > (numbers[at + weekTop] as number)) numbers[at + weekTop] = inWeek
      const beyondWeek = inWeek - margin * (numbers[at + weekMean] as number)
      if (beyondWeek > greatest) {
        greatest = beyondWeek
        numbers[at + aspect] = aspects.week
      }
    }
  }
  markCell(live, liveRow(view, 2), cell)
  return greatest
}

/** Moves the marks of a view in all rows. */
function moveView(memory: Memory, view: number, to: (cell: number) => number, times = 1): void {
  for (let row = 0; row < liveRows; row++) moveMarks(memory.live, liveRow(view, row), to, times)
  for (const day of memory.days) {
    if (day) for (let hour = 0; hour < hoursInDay; hour++) moveMarks(day, Memory.rowOf(hour, view), to, times)
  }
}

function liveRow(view: number, row: number): number {
  return (view * liveRows + row) * wordsInRow
}

function weekdayOf(day: number): number {
  return ((day % daysInWeek) + daysInWeek) % daysInWeek
}
