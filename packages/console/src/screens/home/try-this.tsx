import { Play } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSession } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import css from './home.module.css'
import { TryDocument } from './try-document.tsx'
import { TryRequest } from './try-request.tsx'
import { TryStream } from './try-stream.tsx'
import { TryTenant } from './try-tenant.tsx'
import { TryWorkflow } from './try-workflow.tsx'

/** The cards, and what each needs. */
const cards = [
  { Card: TryRequest, permissions: ['requests:write', 'requests:read'] },
  { Card: TryDocument, permissions: ['documents:write', 'documents:read', 'rag:read'] },
  { Card: TryWorkflow, permissions: ['workflows:write', 'workflows:read', 'documents:write', 'documents:read'] },
  { Card: TryStream, permissions: ['streams:write', 'streams:read'] },
  { Card: TryTenant, permissions: ['tenants:admin', 'requests:write', 'requests:read'] },
] as const

/** One real call path for each pattern, on sample input that can be changed. */
export function TryThis(): ReactNode {
  const [rounds, setRounds] = useState(0)
  const held = useSession().permissions
  const open = cards.filter(({ permissions }) => permissions.every((one) => held.includes(one))).length
  return (
    <section className={css.try} aria-label="Try this">
      <div className={css.tryHead}>
        <div>
          <h2>Try this</h2>
          <p>
            {open === 0
              ? 'This token may run none of these: each says what is missing.'
              : 'Each card makes real calls of the API with the input in it, which is yours to change.'}
          </p>
        </div>
        {open > 0 && (
          <Button look="primary" onClick={() => setRounds((before) => before + 1)}>
            <Play size={15} aria-hidden="true" />{' '}
            {open === cards.length ? 'Run all five' : `Run the ${open} that this token may run`}
          </Button>
        )}
      </div>
      <div className={css.cards}>
        {cards.map(({ Card, permissions }) => (
          <Card key={permissions.join(' ')} round={rounds} permissions={permissions} />
        ))}
      </div>
    </section>
  )
}
