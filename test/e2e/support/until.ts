/** Looks again and again until there is something to see; a test never waits for a fixed time. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | false> | Found | undefined | false,
  options: { readonly within?: number; readonly every?: number } = {},
): Promise<Found> {
  const { within = 30_000, every = 20 } = options
  const deadline = Date.now() + within
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`Not within ${within} ms: ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
