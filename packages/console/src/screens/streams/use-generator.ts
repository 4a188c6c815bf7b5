import { useEffect, useReducer, useState } from 'react'
import { Generator } from './generator.ts'

/** A generator that ends with the page of its stream. */
export function useGenerator(stream: string): Generator {
  const [, changed] = useReducer((version: number) => version + 1, 0)
  const [generator] = useState(() => new Generator(stream, changed))
  useEffect(() => () => generator.stop(), [generator])
  return generator
}
