/** A bare pipeline: nothing is kept, and nothing survives the process. The least that a record can cost. @module */

const beyond = 6

export function open() {
  const states = new Map()
  const found = []
  let tell = () => {}
  let done = 0
  const judge = async (text) => {
    const { key, data } = JSON.parse(text)
    const state = states.get(key) ?? { count: 0, mean: 0, squares: 0 }
    states.set(key, state)
    const distance = data.value - state.mean
    const isOdd = state.count > 30 && Math.abs(distance) > beyond * Math.sqrt(state.squares / state.count)
    state.count++
    state.mean += distance / state.count
    state.squares += distance * (data.value - state.mean)
    done++
    if (!isOdd) return
    found.push({ key, at: Date.now() })
    tell(key)
  }
  return {
    append: async (records) => {
      await Promise.all(records.map((record) => judge(JSON.stringify(record))))
    },
    settled: async (count) => {
      if (done < count) throw new Error('Promises are settled at once.')
    },
    onAlert: (listener) => {
      tell = listener
    },
    insights: async () => found,
    spent: async () => ({ calls: 0, input: 0, output: 0 }),
    close: async () => {},
  }
}
