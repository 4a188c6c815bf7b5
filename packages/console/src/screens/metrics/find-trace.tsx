import { Search } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { pathOf } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import css from './metrics.module.css'

/** Opens the trace of a correlation id. */
export function FindTrace(): ReactNode {
  const [id, setId] = useState('')
  const navigate = useNavigate()
  return (
    <form
      className={css.find}
      onSubmit={(event) => {
        event.preventDefault()
        if (id.trim() !== '') void navigate(pathOf('/metrics/traces/{}', [id.trim()]))
      }}
    >
      <input
        aria-label="Correlation id"
        placeholder="Correlation id of a request"
        value={id}
        onChange={(event) => setId(event.target.value)}
      />
      <Button type="submit" size="small">
        <Search size={14} aria-hidden="true" /> Trace
      </Button>
    </form>
  )
}
