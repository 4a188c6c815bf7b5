import type { ReactNode } from 'react'
import { CodeBlock } from '../../kit/copy.tsx'
import { formatCounted } from '../../kit/format.ts'
import type { Explanation } from './answer.ts'
import css from './knowledge.module.css'

/** What the model was sent, message by message. */
export function PromptView({ explanation }: { readonly explanation: Explanation }): ReactNode {
  const { prompt, searched } = explanation
  return (
    <details className={css.options}>
      <summary>
        Prompt{' '}
        <small>{prompt ? `about ${formatCounted(prompt.tokens, 'token')}, as it was sent` : 'none: no model was asked'}</small>
      </summary>
      <div className={css.stack}>
        <p className={css.muted}>
          Searched for: <q>{searched}</q>
        </p>
        {prompt?.messages.map(({ role, text }) => (
          <div key={`${role} ${text}`} className={css.stack}>
            <h3>{role}</h3>
            <CodeBlock text={text} what={`the ${role} message`} />
          </div>
        ))}
      </div>
    </details>
  )
}
