import { Play } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from '../../kit/button.tsx'
import css from './home.module.css'
import { TryDocument } from './try-document.tsx'
import { TryRequest } from './try-request.tsx'
import { TryStream } from './try-stream.tsx'
import { TryTenant } from './try-tenant.tsx'
import { TryWorkflow } from './try-workflow.tsx'

/** One real call path for each pattern, on sample input that can be changed. */
export function TryThis(): ReactNode {
  const [rounds, setRounds] = useState(0)
  return (
    <section className={css.try} aria-label="Try this">
      <div className={css.tryHead}>
        <div>
          <h2>Try this</h2>
          <p>Each card makes real calls of the API with the input in it, which is yours to change.</p>
        </div>
        <Button look="primary" onClick={() => setRounds((before) => before + 1)}>
          <Play size={15} aria-hidden="true" /> Run all five
        </Button>
      </div>
      <div className={css.cards}>
        <TryRequest round={rounds} />
        <TryDocument round={rounds} />
        <TryWorkflow round={rounds} />
        <TryStream round={rounds} />
        <TryTenant round={rounds} />
      </div>
    </section>
  )
}
