/** The graphs that all contenders run, and what a step of them takes. Made by seeded rules: the same again each time. @module */

/** Of a random graph, a step needs up to so many of the steps before it, none of them further away than `reach`. */
const mostNeeds = 3
const reach = 50
const [leastMilliseconds, mostMilliseconds] = [10, 90]

const kinds = { chain, fan, random }

/**
 * A graph by its name, such as `random-1000`: `steps`, in an order in which each needs only earlier ones, and `levels`, ids of those that
 * need nothing, then of those that need only these, and so on.
 */
export function graphOf(name) {
  const [kind, count] = name.split('-')
  const steps = kinds[kind](Number(count))
  const depth = new Map()
  const levels = []
  for (const { id, needs } of steps) {
    const level = needs.reduce((most, needed) => Math.max(most, depth.get(needed) + 1), 0)
    depth.set(id, level)
    levels[level] ??= []
    levels[level].push(id)
  }
  return { name, steps, levels }
}

/** @throws Error for what is no graph's name. */
export function checkGraph(name) {
  const [, kind, count] = /^([a-z]+)-([1-9]\d*)$/.exec(name) ?? []
  if (!Object.hasOwn(kinds, kind ?? '') || Number(count) < 3)
    throw new Error(`There is no graph "${name}": ${Object.keys(kinds).join(', ')}, as in random-1000.`)
  return name
}

/** Each needs the one before. */
function chain(count) {
  return Array.from({ length: count }, (_, at) => ({ id: `s${at}`, needs: at === 0 ? [] : [`s${at - 1}`] }))
}

/** One, then all but two side by side, then one that needs them all. */
function fan(count) {
  const middle = Array.from({ length: count - 2 }, (_, at) => ({ id: `s${at + 1}`, needs: ['s0'] }))
  return [{ id: 's0', needs: [] }, ...middle, { id: `s${count - 1}`, needs: middle.map(({ id }) => id) }]
}

function random(count) {
  const draw = generator(20_261_126)
  return Array.from({ length: count }, (_, at) => {
    const amount = Math.min(at, Math.floor(draw() * (mostNeeds + 1)))
    const needs = new Set(Array.from({ length: amount }, () => `s${at - 1 - Math.floor(draw() * Math.min(reach, at))}`))
    return { id: `s${at}`, needs: [...needs] }
  })
}

/** What each step takes, milliseconds from 10 to 90, by its id. */
export function latenciesOf({ steps }) {
  const draw = generator(7)
  const range = mostMilliseconds - leastMilliseconds + 1
  return new Map(steps.map(({ id }) => [id, leastMilliseconds + Math.floor(draw() * range)]))
}

/** The least that a graph can take: the longest way through it. */
export function criticalPath({ steps }, latencies) {
  const ends = new Map()
  for (const { id, needs } of steps) {
    const start = needs.reduce((latest, needed) => Math.max(latest, ends.get(needed)), 0)
    ends.set(id, start + latencies.get(id))
  }
  return Math.max(...ends.values())
}

/** What a scheduler takes at least that waits for all of a level before it begins the next. */
export function levelPath({ levels }, latencies) {
  return levels.reduce((sum, level) => sum + Math.max(...level.map((id) => latencies.get(id))), 0)
}

/** Mulberry32: numbers from 0 to 1 that look random. */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
