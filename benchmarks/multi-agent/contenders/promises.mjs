/** What no framework can beat: each step is a promise that waits for those of the steps that it needs. Nothing is kept. @module */

export async function open() {
  return {
    prepare: (graph, work) => ({
      run: async () => {
        const running = new Map()
        for (const { id, needs } of graph.steps)
          running.set(
            id,
            Promise.all(needs.map((needed) => running.get(needed))).then(() => work(id)),
          )
        await Promise.all(running.values())
      },
    }),
    close: async () => {},
  }
}
