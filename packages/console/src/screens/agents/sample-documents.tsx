import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { tell } from '../../kit/toasts.tsx'

/** What the examples ask about. */
const documents = [
  {
    source: 'plant-north.md',
    content:
      '# The plant in the north\n\nThe plant in the north made 4200 valves in May. Its scrap rate was 2.5 %. Its line stood still for 12 hours.',
  },
  {
    source: 'plant-south.md',
    content:
      '# The plant in the south\n\nThe plant in the south made 3900 valves in May. Its scrap rate was 1.5 %. Its line stood still for 4 hours.',
  },
]

/** Without documents an example finds nothing: two short ones are a press away. */
export function SampleDocuments(): ReactNode {
  const may = useMay('documents:write')
  const queries = useQueryClient()
  const add = useAction({
    mutationFn: () => send({ method: 'POST', path: '/api/documents', body: { documents } }),
    onSuccess: () => {
      tell('plant-north.md and plant-south.md are being read.')
      void queries.invalidateQueries({ queryKey: ['/api/documents'] })
    },
    onError: (error) => tell(error.message),
  })
  if (!may) return null
  return (
    <Button
      size="small"
      look="quiet"
      busy={add.isPending}
      title="Two short documents that the examples ask about"
      onClick={() => add.mutate()}
    >
      Add the sample documents
    </Button>
  )
}
