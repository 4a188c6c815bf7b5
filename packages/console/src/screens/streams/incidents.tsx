import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { itemsOf, useList } from '../../api/lists.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Row, Stack } from '../../kit/page.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { streamPath } from './addresses.ts'
import type { Insight } from './answers.ts'
import { IncidentCard } from './incident-card.tsx'
import css from './streams.module.css'

/** What was found in a stream: an incident a card, with an insight for each of its keys. */
export function Incidents({ name }: { readonly name: string }): ReactNode {
  const [query, setQuery] = useSearchParams()
  const key = query.get('of') ?? undefined
  const path = streamPath(name, '/insights')
  const list = useList<Insight>(path, { key }, { refetchInterval: 5_000 })
  return (
    <Loaded query={list}>
      {() => {
        const incidents = Map.groupBy(itemsOf(list), ({ evidence }) => evidence.incident_id)
        return (
          <Stack>
            <Row>
              {key !== undefined && (
                <>
                  <span>Those of the key {key}</span>
                  <Button
                    size="small"
                    onClick={() =>
                      setQuery((before) => {
                        before.delete('of')
                        return before
                      })
                    }
                  >
                    Show all
                  </Button>
                </>
              )}
              <CopyCall call={{ method: 'GET', path }} />
            </Row>
            {incidents.size === 0 ? (
              <Empty title="Nothing unusual was found.">
                What is usual is learnt as values come; after some hundred of a key, what isn’t is told. Put a fault in under Live
                to see one.
              </Empty>
            ) : (
              <div className={css.incidents}>
                {[...incidents].map(([id, insights]) => (
                  <IncidentCard key={id} insights={insights} />
                ))}
              </div>
            )}
            {list.hasNextPage && (
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show earlier ones
              </Button>
            )}
          </Stack>
        )
      }}
    </Loaded>
  )
}
