import type { ReactNode } from 'react'
import { Notice } from '../../kit/states.tsx'
import type { Overview } from './overview.ts'

/** Nobody is to take picked sentences for the words of a language model. */
export function ModelNotice({ models }: { readonly models: Overview['models'] }): ReactNode {
  if (!models.is_extractive) return null
  return (
    <Notice tone="warn">
      Answers come from <code>{models.default_model}</code>, which is built in and <strong>no language model</strong>: it picks
      sentences out of the text that it is given, by rules. Everything else is the real thing. Set <code>PLINTH_MODEL</code> and
      start again for a language model.
    </Notice>
  )
}
